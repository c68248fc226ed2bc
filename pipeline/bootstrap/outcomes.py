"""Outcomes: their schema, their files, and the Word files written from them: the form to fill in, the draft of the minutes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.bootstrap import making
from pipeline.domain.case import Case
from pipeline.domain.outcome_draft import OutcomeDraft
from pipeline.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from pipeline.bootstrap.home import House

WORD = b"PK\x03\x04"


def outcome_schema() -> dict[str, Any]:
    """Returns the JSON schema of an outcome."""
    from pipeline.adapters.outcome_file import outcome_schema as schema

    return schema()


def read_outcome(path: Path, case: Case, house: House) -> OutcomeDraft:
    """Returns the outcome in the file: TOML, JSON, or the Word form, which is opened in the sandbox only.

    Raises:
        OutcomeProblemsError: with every problem in it.
        RefusedError: no such file, or one that cannot be read.
    """
    from pipeline.adapters.outcome_file import read_outcome as read
    from pipeline.adapters.outcome_file import read_outcome_form

    if not path.is_file():
        raise NotFoundError("There is no such file. Nothing was changed.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"The file cannot be read ({error.strerror}). Nothing was changed.") from None
    now = house.desk.clock.now()
    if not content.startswith(WORD):
        return read(content, "json" if path.name.lower().endswith(".json") else "toml", case.conference, now)
    if trouble := house.desk.examiner.examine(content, path.name).trouble:
        raise RefusedError(f"The Word file was not opened ({', '.join(trouble)}). Nothing was changed; save it as .docx anew.")
    from pipeline.adapters.confined_run import confined_runner
    from pipeline.adapters.form_reader import read_form_tables

    sandbox = making.sandbox()
    try:
        tables = read_form_tables(content, confined_runner(sandbox))
    finally:
        sandbox.close()
    return read_outcome_form(tables, case.conference, now)


def write_outcome_form(path: Path, case: Case, team: str) -> None:
    """Writes the Word form for the outcome of this conference; it holds names.

    Raises:
        RefusedError: there is such a file already, or it cannot be written.
        TemplateError: somebody spoilt the template.
    """
    from pipeline.adapters.outcome_paper import form_values
    from pipeline.adapters.word_templates import WordTemplates

    write_new(path, WordTemplates(making.TEMPLATES).render("outcome_entry", form_values(case, team)), "a filled-in form")


def write_minutes_draft(path: Path, case: Case, team: str, reason: str) -> None:
    """Writes the skeleton of the minutes of a conference with an outcome; it holds names. `reason`: why it was held, or empty.

    Raises:
        RefusedError: there is such a file already, or it cannot be written.
        TemplateError: somebody spoilt the template.
    """
    from pipeline.adapters.word_templates import WordTemplates
    from pipeline.domain.minutes import minutes_values

    content = WordTemplates(making.TEMPLATES).render("minutes", minutes_values(case, team, reason))
    write_new(path, content, "minutes that somebody edited")


def write_new(path: Path, content: bytes, perhaps: str) -> None:
    """Writes a file that did not exist; one that does is somebody's work.

    Raises:
        RefusedError: there is such a file already, `perhaps` somebody's work, or it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise RefusedError(f"There is a file of that name already, perhaps {perhaps}. Nothing was changed.") from None
    except OSError as error:
        raise RefusedError(f"The file cannot be written there ({error.strerror}). Nothing was changed.") from None
