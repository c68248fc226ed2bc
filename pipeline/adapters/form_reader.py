"""Reads the tables of a Word form in the sandbox. What comes back is not believed: its shape and sizes are checked."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.adapters.confined_run import Runner
from pipeline.adapters.inside import form_tables as inside
from pipeline.errors import RefusedError, UnreadableFileError

WITHIN_SECONDS = 20.0
_WHY = {
    "too-large": "it is too large",
    "not-word": "it is no Word document (.docx)",
    "damaged": "it is damaged",
}

Tables = list[list[list[str]]]


def read_form_tables(content: bytes, runner: Runner) -> Tables:
    """Returns every table of the form, as rows of cell texts.

    Raises:
        RefusedError: it cannot be read; nothing was changed.
        SandboxMissingError: the sandbox does not work; nothing was opened.
    """
    try:
        answer = runner((Path(inside.__file__).name,), content, WITHIN_SECONDS)
        found = json.loads(answer)
        if "refused" in found:
            raise _refused(_WHY.get(found["refused"], "it cannot be read"))
        return _checked(found["tables"])
    except (UnreadableFileError, ValueError, KeyError, TypeError, RecursionError):
        raise _refused("it cannot be read") from None


def _checked(tables: object) -> Tables:
    if not isinstance(tables, list):
        raise TypeError
    cells = 0
    for table in tables:
        for row in table:
            cells += len(row)
            if cells > inside.MAX_CELLS or not all(isinstance(c, str) and len(c) <= inside.MAX_CELL_TEXT for c in row):
                raise ValueError
            for cell in row:
                cell.encode()  # no lone surrogate
    return tables


def _refused(why: str) -> RefusedError:
    return RefusedError(
        f"The form was not taken: {why}. Nothing was changed; have the empty form written anew and save it in Word as .docx."
    )
