"""Calendar entries: instants and a reference, never a name; the same id for ever, a sequence that only grows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from making import (
    AFTER_PROFILE,
    ENDED,
    FATHER,
    ISLA,
    MOTHER,
    PEOPLE,
    REF,
    START,
    TOBIN,
    Timed,
    accepted,
    at,
    booking,
    case,
    child_outcome,
    claimed,
    composed,
    outcome,
    plan_for,
    rule,
)

from pipeline.domain import facts as f
from pipeline.domain.diary import as_icalendar, entries
from pipeline.domain.outcome import Decision
from pipeline.domain.people import Booking, ConferenceRef, Session
from pipeline.domain.profile import Direction, Trigger, Unit

NOW = at(20)
WITH_STEPS = replace(
    AFTER_PROFILE,
    rules=(
        *AFTER_PROFILE.rules,
        rule("core-group", 28, unit=Unit.CD_EOD, direction=Direction.AFTER, trigger=Trigger.CORE_GROUP),
        rule("visit", 10, unit=Unit.WD_EOD, direction=Direction.AFTER, trigger=Trigger.VISIT),
    ),
)
DATES = {
    "core_group_at": ENDED + timedelta(days=9),
    "visit_at": ENDED + timedelta(days=1),
    "review_at": ENDED + timedelta(days=80),
}


def text_of(*facts: Timed) -> str:
    """The calendar file of a case with these facts."""
    return as_icalendar(entries(case(*facts), after=True), NOW, "portmere.example")


def test_the_conference_is_one_entry_in_utc_without_a_name() -> None:
    """Start and end in UTC, an id from the reference, the plain word for a summary, no name or agency of anybody."""
    lines = text_of().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    for line in (
        f"UID:{REF}@portmere.example", "DTSTART:20261130T093000Z", "DTEND:20261130T113000Z", "SEQUENCE:1",
        f"SUMMARY:Meeting\\, reference {REF}", "DTSTAMP:20261120T090000Z",
    ):  # fmt: skip
        assert line in lines
    everything = " ".join(lines)
    for who in PEOPLE:
        assert who.name not in everything and (who.agency or "?") not in everything and (who.email or "?") not in everything
    for child in (TOBIN, ISLA):
        assert not set(child.name.split()) & set(re.findall(r"[\w-]+", everything))


@given(moves=st.lists(st.integers(1, 40), max_size=6), end=st.booleans())
def test_the_sequence_grows_with_each_move_and_the_id_stays(moves: list[int], end: bool) -> None:
    """Each move gives a higher sequence under one id; a cancellation is told in the entry itself."""
    facts: list[Timed] = []
    seen = [entries(case())[0]]
    for days in moves:
        facts.append(f.ConferenceMoved(start_at=START + timedelta(days=days), because="x"))
        seen.append(entries(case(*facts))[0])
    if end:
        facts.append(f.ConferenceCancelled(because="x"))
        seen.append(entries(case(*facts))[0])
        assert "STATUS:CANCELLED" in text_of(*facts)
    assert {one.key for one in seen} == {REF}
    numbers = [one.sequence for one in seen]
    assert numbers == sorted(set(numbers))


def test_a_person_of_a_split_conference_has_their_own_session() -> None:
    """The father's entry begins when his session does; who sits in none has none."""
    later = START + timedelta(hours=2)
    split = (Session(name="two", start_at=later, people=(FATHER.id,)),)
    made = case(of=booking(split=split))
    assert entries(made, made.conference.people[FATHER.id])[0].at == later
    assert entries(made, made.conference.people[MOTHER.id]) == []


def invited(*before: Timed, of: Booking) -> tuple[Timed, ...]:
    """The facts of an invitation that went to the father as things stood after `before`."""
    key = f"k{len(before)}"
    made = replace(composed(plan_for(case(*before, of=of), "father", NOW), key), document=f.Document.INVITATION)
    return (*before, made, claimed(key, FATHER.email or ""), accepted(key))


def test_a_session_that_is_no_more_is_cancelled_in_the_calendar_of_whom_it_was_told() -> None:
    """Of two sessions told, one left: the second id comes as cancelled; none left: both; never told: no entry at all."""
    later = START + timedelta(hours=2)
    here = (FATHER.id,)
    both = booking(split=(Session(name="one", start_at=START, people=here), Session(name="two", start_at=later, people=here)))
    told = invited(of=both)
    gone = [f.SessionSet(name=name, start_at=at, people=(), because="x") for name, at in (("one", START), ("two", later))]

    def seen(*facts: Timed) -> list[tuple[str, datetime | None, bool]]:
        made = case(*facts, of=both)
        return [(one.key, one.at, one.cancelled) for one in entries(made, made.conference.people[FATHER.id])]

    assert seen(*told) == [(REF, START, False), (f"{REF}-part-2", later, False)]
    assert seen(*told, gone[0]) == [(REF, later, False), (f"{REF}-part-2", later, True)]
    mother = f.SessionSet(name="three", start_at=later, people=(MOTHER.id,), because="x")
    assert seen(*told, mother, *gone) == [(REF, START, True), (f"{REF}-part-2", later, True)]
    assert seen(mother, *gone) == []


def test_the_dates_after_are_there_only_with_a_plan() -> None:
    """Core group, visit, review and the last day of each later step; nothing where no child of the reader has a plan."""
    recorded = (ENDED, outcome(child_outcome(TOBIN.id), child_outcome(ISLA.id, Decision.NO_PLAN), **DATES))
    made = case(recorded, profile=WITH_STEPS)
    found = {one.key: one for one in entries(made, after=True)}
    assert len(entries(made)) == 1
    assert found[f"{REF}-review"].at == DATES["review_at"] and found[f"{REF}-review"].until is not None
    assert found[f"{REF}-core-group-1"].at == DATES["core_group_at"]
    second = found[f"{REF}-core-group-2"]
    assert second.at is None and second.on == date(2027, 1, 6)
    assert sum(key.startswith(f"{REF}-visit-") for key in found) > 3
    ours = as_icalendar([second], NOW, "x.example")
    assert "DTSTART;VALUE=DATE:20270106\r\nDTEND;VALUE=DATE:20270107\r\n" in ours
    no_role = replace(made.conference.people[FATHER.id], children=(ISLA.id,))
    assert len(entries(made, no_role, after=True)) == 1


@given(reference=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=90))
def test_no_line_is_too_long_and_nothing_is_lost(reference: str) -> None:
    """Lines hold at most 75 bytes, and unfold to the same entry whatever stands in the summary."""
    one = replace(entries(case())[0], key=ConferenceRef("k"), summary=reference)
    text = as_icalendar([one], NOW, "x.example")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    whole = text.replace("\r\n ", "")
    escaped = reference.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    assert f"SUMMARY:{escaped}\r\n" in whole
