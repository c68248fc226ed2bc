"""Outcomes as files: TOML, JSON or the filled-in Word form in, a draft without a fault or every problem out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.adapters.booking_file import first_problems, news
from pipeline.adapters.booking_lines import Format, read_lines, where
from pipeline.adapters.outcome_form import outcome_draft, outcome_schema
from pipeline.adapters.outcome_paper import Answers, answers_of
from pipeline.domain.booking import Finding, Path
from pipeline.domain.conference import Conference
from pipeline.domain.outcome_check import outcome_findings
from pipeline.domain.outcome_draft import OutcomeDraft
from pipeline.errors import OutcomeProblemsError, Problem

__all__ = ["outcome_schema", "read_outcome", "read_outcome_form"]


def read_outcome(content: bytes, form: Format, conference: Conference, now: datetime) -> OutcomeDraft:
    """Returns the outcome written in `content`, in which nothing was found.

    Content that begins with `{` is JSON whatever the file's name.

    Raises:
        OutcomeProblemsError: with every problem, by line, as for a booking; nothing else, whatever the bytes are.
    """
    begins = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    read = read_lines(content, "json" if begins == b"{" else form)

    def problem(path: Path, message: str, absent_from: Path | None) -> Problem | None:
        hidden = absent_from is not None and read.may_hide(absent_from)
        return None if hidden else Problem(line=read.line_of(path), where=where(path), message=message)

    return _judged(read.values, read.problems, problem, conference, now)


def read_outcome_form(tables: Sequence[Sequence[Sequence[str]]], conference: Conference, now: datetime) -> OutcomeDraft:
    """Returns the outcome written into the Word form of this conference, given its tables, rows and cells.

    Raises:
        OutcomeProblemsError: with every problem, by the table and label where it stands.
    """
    answers: Answers = answers_of(tables, conference)

    def problem(path: Path, message: str, _absent_from: Path | None) -> Problem:
        return Problem(line=0, where=answers.place(path), message=message)

    return _judged(answers.values, (), problem, conference, now, answers.found)


def _judged(
    values: Mapping[str, Any],
    problems: Sequence[Problem],
    problem: Callable[[Path, str, Path | None], Problem | None],
    conference: Conference,
    now: datetime,
    unread: Sequence[Finding] = (),
) -> OutcomeDraft:
    draft, form_findings = outcome_draft(values)
    form_findings = [*unread, *form_findings]
    findings = [*form_findings, *news(outcome_findings(draft, conference, now), form_findings)]
    told = [problem(found.path, found.message, found.absent_from) for found in findings]
    everything = {*problems, *(one for one in told if one is not None)}
    if everything:
        raise OutcomeProblemsError(first_problems(everything), "the outcome")
    return draft
