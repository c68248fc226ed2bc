"""The tables of a Word file that a person filled in: parsed in a limited child, and what it says checked again here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from pipeline.adapters.inside import read_tables as inside
from pipeline.errors import RefusedError, UnreadableFileError

Runner = Callable[[Sequence[str], bytes, float], bytes]
Tables = tuple[tuple[tuple[str, ...], ...], ...]

SCRIPT = Path(inside.__file__)
WITHIN_SECONDS = 30.0


class ConfinedTables:
    """Reads the tables of .docx files with one child per file."""

    def __init__(self, runner: Runner) -> None:
        """Keeps how to run the child in the sandbox."""
        self._runner = runner

    def read(self, content: bytes) -> Tables:
        """Returns the tables, each its rows, each its cells as text with a line for each paragraph.

        Raises:
            RefusedError: no Word file, damaged, or outside the limits.
            SandboxMissingError: the sandbox does not work; nothing was opened.
        """
        if len(content) > inside.MAX_BYTES:
            _refuse()
        try:
            answer = self._runner((str(SCRIPT),), content, WITHIN_SECONDS)
            found = json.loads(answer)["tables"]
            return tuple(tuple(tuple(_text(cell) for cell in row) for row in table) for table in found)
        except (UnreadableFileError, OSError, ValueError, KeyError, TypeError, RecursionError):
            _refuse()


def _text(cell: object) -> str:
    if not isinstance(cell, str) or len(cell) > inside.MAX_CELL:
        raise ValueError
    cell.encode()  # no lone surrogate
    return cell


def _refuse() -> NoReturn:
    raise RefusedError(
        "The Word file could not be read: it is damaged, too large, or no .docx. Nothing was changed. Save it in Word as .docx"
        " and try again."
    ) from None
