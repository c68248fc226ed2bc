"""Bookings as files: TOML or JSON in, a booking or every problem with its line out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from pipeline.adapters.booking_lines import Format, read_lines, where
from pipeline.domain.booking import Finding, Path, booking_findings, booking_from, person_findings, person_from
from pipeline.domain.booking_draft import BookingDraft, ChildDraft
from pipeline.domain.people import Booking, Child, Person
from pipeline.errors import BookingProblemsError, NotFoundError, Problem, RefusedError

__all__ = ["BookingFile", "booking_files", "booking_schema", "person_from_fields", "read_booking", "read_bookings"]

ENDINGS = (".toml", ".json")
MOST_PROBLEMS = 1000
_TRUTHS: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
_TRUE_OR_FALSE = ("asked_for_report", "resident", "parental_responsibility", "large_print", "include")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFile:
    """A file as it lies there. `format` is what its name says; `trouble`: why its content could not be had."""

    name: str
    content: bytes
    format: Format
    trouble: str | None = None


def booking_files(path: FilePath) -> tuple[list[BookingFile], list[str]]:
    """Returns the booking at `path`, or all of that folder by name, and the names in the folder that were passed over.

    A folder's bookings are what ends in .toml or .json, in small or capital letters; subfolders are not looked into.
    What has such an ending and cannot be read is among them, with its trouble: a booking is never lost silently. Hidden
    names are passed over without a word.

    Raises:
        RefusedError: there is nothing there, no booking among it, or the folder cannot be listed.
    """
    if not path.is_dir():
        if not path.is_file():
            raise NotFoundError(f"There is no file {path.name!r}. Nothing was changed.")
        return [_file(path)], []
    try:
        names = sorted(path.iterdir())
    except OSError as error:
        raise RefusedError(f"The folder cannot be read ({error.strerror}). Nothing was changed.") from None
    bookings = [one for one in names if one.name.lower().endswith(ENDINGS)]
    if not bookings:
        raise RefusedError("The folder holds no .toml or .json booking. Nothing was changed.")
    passed_over = [one.name for one in names if one not in bookings and not one.name.startswith(".")]
    return [_file(one) for one in bookings], passed_over


def _file(path: FilePath) -> BookingFile:
    """Returns the file with its content, or with why that could not be had."""
    form: Format = "json" if path.name.lower().endswith(".json") else "toml"
    try:
        # Opening a pipe would wait for ever.
        if not path.exists():
            trouble = "cannot be read: it is a link to nothing"
        elif not path.is_file():
            trouble = "cannot be read: it is no file"
        else:
            return BookingFile(name=path.name, content=path.read_bytes(), format=form)
    except OSError as error:
        trouble = f"cannot be read ({error.strerror})"
    return BookingFile(name=path.name, content=b"", format=form, trouble=trouble)


def read_booking(content: bytes, *, format: Format, profiles: Collection[str]) -> Booking:
    """Returns the booking written in `content`; `profiles` are the names of the profiles there are.

    Raises:
        BookingProblemsError: with every problem, by line: of a missing key the line of its table's header (the
            first line for what is missing outside any table), of anything else its own line. No message repeats what
            was written but ids, keys and allowed values. Nothing else is raised, whatever the bytes are.
    """
    file = BookingFile(name="", content=content, format=format)
    return read_bookings([file], taken=(), profiles=profiles)[0]


def read_bookings(
    files: Sequence[BookingFile], *, taken: Collection[str], profiles: Collection[str]
) -> tuple[Booking, ...]:
    """Returns the bookings of all files, in their order; `taken` are the references that no booking may give.

    Content that begins with `{` is JSON whatever the file's name, for no TOML begins so.

    Raises:
        BookingProblemsError: with every problem of every file, as for one booking, each with its file's name where
            there are several files. Only that error holds the names: they may be names of people.
    """
    drafts = [_drafted(file, profiles) for file in files]
    problems = [[*found.problems, *_taken(found, drafts, taken)] for found in drafts]
    if any(problems):
        several = len(files) > 1
        raise BookingProblemsError(
            tuple(
                replace(problem, file=found.file.name if several else "")
                for found, one in zip(drafts, problems, strict=True)
                for problem in first_problems(one)
            ),
            "the bookings" if several else "the booking",
        )
    return tuple(booking_from(found.draft) for found in drafts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drafted:
    """A file as far as it could be read, with all that is wrong within it."""

    file: BookingFile
    draft: BookingDraft
    problems: frozenset[Problem]
    reference_line: int = 0


def _drafted(file: BookingFile, profiles: Collection[str]) -> _Drafted:
    """Returns what could be read of a file, and its problems."""
    from pipeline.adapters.booking_form import booking_draft

    if file.trouble is not None:
        problem = Problem(line=0, where="file", message=file.trouble)
        return _Drafted(file=file, draft=BookingDraft(), problems=frozenset([problem]))
    begins = file.content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    read = read_lines(file.content, "json" if begins == b"{" else file.format)
    draft, form_findings = booking_draft(read.values)
    findings = [*form_findings, *news(booking_findings(draft, profiles), form_findings)]
    problems = {
        Problem(line=read.line_of(found.path), where=where(found.path), message=found.message)
        for found in findings
        if found.absent_from is None or not read.may_hide(found.absent_from)
    }
    return _Drafted(
        file=file,
        draft=draft,
        problems=frozenset({*read.problems, *problems}),
        reference_line=read.line_of(("reference",)),
    )


def _taken(found: _Drafted, drafts: Sequence[_Drafted], taken: Collection[str]) -> list[Problem]:
    """Returns what speaks against the file's reference beside those that exist and those of the other files.

    Small and capital letters count as the same.
    """
    reference = (found.draft.reference or "").casefold()
    if not reference:
        return []
    messages: list[str] = []
    if reference in {one.casefold() for one in taken}:
        messages.append("is taken by a conference that was convened already; give another or none")
    others = (o for o in drafts if o is not found and (o.draft.reference or "").casefold() == reference)
    if other := next(others, None):
        messages.append(f"is taken by another of these bookings too, {other.file.name}; give another or none")
    return [Problem(line=found.reference_line, where="reference", message=message) for message in messages]


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
    findings = [*form_findings, *news(person_findings(draft, known), form_findings)]
    if findings:
        problems = {Problem(line=0, where=where(found.path), message=found.message) for found in findings}
        raise BookingProblemsError(tuple(problems), "the person")
    return person_from(draft, children)


def booking_schema() -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of a booking."""
    from pipeline.adapters.booking_form import booking_schema as schema

    return schema()


def news(findings: Iterable[Finding], reported: Iterable[Finding]) -> list[Finding]:
    """Returns the findings about places of which nothing was reported yet: a wrong value is not missing as well."""
    places: set[Path] = {found.path for found in reported}
    around: set[Path] = {path[:end] for path in places for end in range(2, len(path))}
    return [
        found
        for found in findings
        if not any(found.path[:end] in places for end in range(len(found.path) + 1))
        and not (found.absent_from is not None and found.path in around)
    ]


def first_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
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
