"""Bookings as files: TOML or JSON in, a booking or every problem with its line out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pipeline.adapters.booking_lines import Format, read_lines, where
from pipeline.domain.booking import Finding, Path, booking_findings, booking_from, person_findings, person_from
from pipeline.domain.booking_draft import ChildDraft
from pipeline.domain.people import Booking, Child, Person
from pipeline.errors import BookingProblemsError, Problem

__all__ = ["booking_schema", "person_from_fields", "read_booking"]

MOST_PROBLEMS = 1000
_TRUTHS: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
_TRUE_OR_FALSE = ("asked_for_report", "resident", "parental_responsibility")


def read_booking(content: bytes, *, format: Format, profiles: Collection[str]) -> Booking:
    """Returns the booking written in `content`; `profiles` are the names of the profiles there are.

    Raises:
        BookingProblemsError: with every problem, by line: of a missing key the line of its table's header (the
            first line for what is missing outside any table), of anything else its own line. No message repeats what
            was written but ids, keys and allowed values. Nothing else is raised, whatever the bytes are.
    """
    from pipeline.adapters.booking_form import booking_draft

    read = read_lines(content, format)
    problems = set(read.problems)
    if not read.problems or read.values:
        draft, form_findings = booking_draft(read.values)
        findings = [*form_findings, *_news(booking_findings(draft, profiles), form_findings)]
        problems |= {
            Problem(line=read.line_of(found.path), where=where(found.path), message=found.message)
            for found in findings
            if not (found.absence and read.problems)
        }
    if problems:
        raise BookingProblemsError(_first(problems), "the booking")
    return booking_from(draft)


def person_from_fields(fields: Mapping[str, str], children: tuple[Child, ...]) -> Person:
    """Returns the person of these fields, checked as in a booking beside these children.

    Keys are those of `[[person]]`. An empty text is a field left out; truths are true, false, yes or no; `children` are
    ids apart by commas or spaces.

    Raises:
        BookingProblemsError: with every problem, the field being its place and 0 its line.
    """
    from pipeline.adapters.booking_form import person_draft

    draft, form_findings = person_draft({key: _typed(key, text) for key, text in fields.items() if text.strip()})
    known = [ChildDraft(id=child.id, name=child.name) for child in children]
    findings = [*form_findings, *_news(person_findings(draft, known), form_findings)]
    if findings:
        problems = {Problem(line=0, where=where(found.path), message=found.message) for found in findings}
        raise BookingProblemsError(tuple(problems), "the person")
    return person_from(draft, children)


def booking_schema() -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of a booking."""
    from pipeline.adapters.booking_form import booking_schema as schema

    return schema()


def _news(findings: Iterable[Finding], reported: Iterable[Finding]) -> list[Finding]:
    """Returns the findings about places of which nothing was reported yet: a wrong value is not missing as well."""
    places: set[Path] = {found.path for found in reported}
    around: set[Path] = {path[:end] for path in places for end in range(2, len(path))}
    return [
        found
        for found in findings
        if not any(found.path[:end] in places for end in range(len(found.path) + 1))
        and not (found.absence and found.path in around)
    ]


def _first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Returns the problems by line; beyond a thousand, which no real booking has, their number stands for the rest."""
    kept = sorted(problems)
    if len(kept) <= MOST_PROBLEMS:
        return tuple(kept)
    rest = Problem(
        line=kept[MOST_PROBLEMS].line, where="file", message=f"{len(kept) - MOST_PROBLEMS} more problems follow"
    )
    return (*kept[:MOST_PROBLEMS], rest)


def _typed(key: str, text: str) -> object:
    """Returns the text of a command line as the type that a booking has for this key; else the text itself."""
    if key == "children":
        return text.replace(",", " ").split()
    return _TRUTHS.get(text.strip().lower(), text) if key in _TRUE_OR_FALSE else text
