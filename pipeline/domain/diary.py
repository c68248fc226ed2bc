"""Entries for people's calendars: instants, a reference and a plain word, never a name or what a meeting is about.

An entry keeps its id for ever; its sequence grows with each move and each outcome, so that a calendar replaces what it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.domain.calendar import to_local
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Document
from pipeline.domain.outcome import Outcome
from pipeline.domain.paper_words import later_steps
from pipeline.domain.papers import part_of
from pipeline.domain.people import Person

MEETING, VISIT, REVIEW = "Meeting", "Visit", "Review meeting"
"""What an entry is called, whoever looks over its reader's shoulder (A00.16)."""

_STEPS = {"core-group": MEETING, "visit": VISIT}
_LONGEST_LINE_BYTES = 75  # Source: RFC 5545 3.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: from `at` to `until` (UTC, None: not known), or the whole of the day `on`. `key` is the same for ever."""

    key: str
    sequence: int
    summary: str
    at: datetime | None = None
    until: datetime | None = None
    on: date | None = None
    cancelled: bool = False


def entries(case: Case, person: Person | None = None, *, after: bool = False) -> list[Entry]:
    """Returns the conference's entry, of a person one for each of their own sessions; `after`: and what follows the outcome.

    What follows are the dates set and, as whole days, the last days for later steps; a person has those of their own children.
    An entry that the person's last invitation told of and that is no more comes as cancelled, since a calendar keeps it else.
    """
    conference = case.conference
    held: tuple[datetime, ...] = (conference.start_at,)
    told: tuple[datetime, ...] = ()
    if person is not None:
        held = () if conference.sits_nowhere(person) else conference.starts_of(person.id)
        told = conference.starts_told(person.id)
    found = [
        Entry(
            key=conference.reference if number == 1 else f"{conference.reference}-part-{number}",
            sequence=conference.shaped_seq,
            summary=_summary(MEETING, conference),
            at=start,
            until=start + timedelta(minutes=conference.booking.slot_minutes),
            cancelled=conference.cancelled is not None or number > len(held),
        )
        for number, start in enumerate((*held, *told[len(held) :]), 1)
    ]
    outcome = conference.outcome
    if after and outcome is not None and conference.cancelled is None:
        every = tuple(child.id for child in conference.booking.children)
        mine = tuple(child for child in every if person is None or child in person.children)
        found += _later(case, part_of(outcome, Document.TIMETABLE, mine))
    return found


def _later(case: Case, part: Outcome) -> Iterator[Entry]:
    conference = case.conference
    reference, sequence = conference.reference, conference.outcomes[-1][1]
    if not part.with_plan:
        return
    review_ends = part.review_at + timedelta(minutes=conference.booking.slot_minutes) if part.review_at is not None else None
    for name, what, at, until in (
        ("core-group-1", MEETING, part.core_group_at, None),
        ("visit-1", VISIT, part.visit_at, None),
        ("review", REVIEW, part.review_at, review_ends),
    ):
        if at is not None:
            yield Entry(
                key=f"{reference}-{name}", sequence=sequence, summary=_summary(what, conference), at=at, until=until
            )
    counts = dict.fromkeys(_STEPS, 1)
    for duty, when in later_steps(case, part):
        counts[duty] += 1
        yield Entry(
            key=f"{reference}-{duty}-{counts[duty]}",
            sequence=sequence,
            summary=_summary(f"{_STEPS[duty]} due", conference),
            on=when.hold_by or to_local(when.due_at).date(),
        )


def _summary(what: str, conference: Conference) -> str:
    return f"{what}, reference {conference.reference}"


def as_icalendar(found: Iterable[Entry], now: datetime, domain: str) -> str:
    """Returns a calendar file (RFC 5545) of the entries; `now` is when it is made, `domain` the house's own for their ids."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Conference Packs//EN", "METHOD:PUBLISH"]
    for one in found:
        lines += ["BEGIN:VEVENT", f"UID:{one.key}@{domain}", f"SEQUENCE:{one.sequence}", f"DTSTAMP:{_utc(now)}"]
        if one.at is not None:
            lines.append(f"DTSTART:{_utc(one.at)}")
        if one.until is not None:
            lines.append(f"DTEND:{_utc(one.until)}")
        if one.on is not None:
            lines += [f"DTSTART;VALUE=DATE:{_day(one.on)}", f"DTEND;VALUE=DATE:{_day(one.on + timedelta(days=1))}"]
        summary = one.summary.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
        status = "CANCELLED" if one.cancelled else "CONFIRMED"
        lines += [f"SUMMARY:{summary}", "CLASS:PRIVATE", f"STATUS:{status}", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _parts(line))


def _parts(line: str) -> Iterator[str]:
    """The line, cut where it is longer than a calendar takes; all of it is ASCII but for an odd reference."""
    while len(line.encode()) > _LONGEST_LINE_BYTES:
        cut = _LONGEST_LINE_BYTES
        while len(line[:cut].encode()) > _LONGEST_LINE_BYTES:
            cut -= 1
        yield line[:cut]
        line = f" {line[cut:]}"
    yield line


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
