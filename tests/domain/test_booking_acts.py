"""What the rules say of a booking: facts told, ages on the day, limits, slots, and one line per rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.acting import Place, Verb
from pipeline.domain.booking_acts import (
    blocking,
    family_joins_at,
    is_virtual,
    missing_agencies,
    said_at,
    said_of_booking,
    sentences,
    slots_overlap,
    told_of_booking,
    told_of_child,
)
from pipeline.domain.people import (
    Advocacy,
    Booking,
    Child,
    ChildId,
    ConferenceType,
    PersonId,
    Role,
    Session,
    StrategyDiscussion,
)
from pipeline.domain.profile import Profile
from tests.domain.making import CALENDAR, CHAIR, FATHER, GP, MOTHER, POLICE, SCHOOL, WORKER

PROFILES = ProfileFiles()
IRS, SWG, BAD, NCC, POR = (
    PROFILES.load(name) for name in ("irs", "sw-guide", "barking-dagenham", "northamptonshire", "portsmouth")
)
JORY = Child(id=ChildId("c1"), name="Jory Fennimore", born_on=date(2011, 8, 30))
TODAY = date(2026, 11, 23)


def utc(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2026) -> datetime:
    """An instant of a winter, when London and UTC agree."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def booked(profile: Profile = IRS, start: datetime | None = None, **more: object) -> Booking:
    """A booking with every key agency, parents decided about and nothing to warn of."""
    decided = [replace(p, include=True, include_because="Lives with them.") for p in (MOTHER, FATHER)]
    given: dict[str, object] = {
        "type": ConferenceType.INITIAL,
        "children": (replace(JORY, advocacy=Advocacy.ACCEPTED, seen_alone_on=date(2026, 11, 12)),),
        "people": (CHAIR, WORKER, SCHOOL, GP, POLICE, *decided),
        **more,
    }
    return Booking(profile=profile.name, start_at=start or utc(12, 1), **given)  # type: ignore[arg-type]


def rules(booking: Booking, profile: Profile, **more: object) -> dict[str, set[str]]:
    """What each rule does about the booking: verbs by id."""
    found: dict[str, set[str]] = {}
    for one in said_of_booking(booking, profile, CALENDAR, TODAY, **more):  # type: ignore[arg-type]
        found.setdefault(one.rule, set()).add(one.do.value)
    return found


def held(*at: datetime, initiated: int | None = None) -> tuple[StrategyDiscussion, ...]:
    """Strategy discussions, one of which began the enquiry."""
    return tuple(StrategyDiscussion(at=one, initiated_s47=n == initiated) for n, one in enumerate(at))


F4 = held(utc(11, 5, 15), utc(11, 10, 10, 30), initiated=1)


def test_f4_is_in_time_by_the_right_discussion_only() -> None:
    """F4 on its limit's day is in time; moved a day on it needs a manager's reason, and is warned of even with one."""
    assert rules(booked(strategy_discussions=F4), IRS) == {}
    late = booked(start=utc(12, 2), strategy_discussions=F4)
    assert rules(late, IRS) == {"IRS-2": {"WARN", "BLOCK"}}
    assert blocking(said_of_booking(late, IRS, CALENDAR, TODAY))
    reasoned = replace(late, limit_because="The chair is ill.", limit_by="Cordelia Wynd")
    assert rules(reasoned, IRS) == {"IRS-2": {"WARN"}}
    (line,) = sentences(said_of_booking(reasoned, IRS, CALENDAR, TODAY))
    assert line == "IRS-2: The conference would be held after its limit. (due Tue 01 Dec 2026 23:59:59 GMT)"
    assert rules(replace(reasoned, limit_by=None), IRS) == {"IRS-2": {"WARN", "BLOCK"}}


@pytest.mark.parametrize(("start", "expected"), [(utc(1, 13, year=2027), {}), (utc(1, 14, year=2027), {"BAD-1": {"WARN"}})])
def test_w15_counts_from_the_first_discussion(start: datetime, expected: dict[str, set[str]]) -> None:
    """Barking and Dagenham count from the first discussion, over Christmas; a pre-birth conference has no such limit."""
    booking = booked(BAD, start, strategy_discussions=held(utc(12, 18, 15), utc(12, 30), initiated=1))
    assert rules(booking, BAD) == expected
    assert rules(replace(booking, type=ConferenceType.PRE_BIRTH), BAD) == {}


@pytest.mark.parametrize("profile", [POR, SWG, NCC])
def test_the_national_limit_where_the_profile_states_none(profile: Profile) -> None:
    """The 15th working day is in time, the 16th is warned of, and nothing is said without a known discussion."""
    in_time = booked(profile, utc(11, 30), strategy_discussions=held(utc(11, 9), initiated=0))
    assert "NAT-1" not in rules(in_time, profile)
    assert rules(replace(in_time, start_at=utc(12, 1)), profile)["NAT-1"] == {"WARN"}
    assert "NAT-1" not in rules(replace(in_time, start_at=utc(12, 1), strategy_discussions=()), profile)


def test_a_series_of_discussions_runs_for_three_working_days() -> None:
    """BAD-2: the day of the first is day 1, the third is in time, and the fourth is warned of."""
    sessions = [Session(name=f"Day {day}", start_at=utc(12, day), people=(CHAIR.id,)) for day in (1, 3)]
    assert "BAD-2" not in rules(booked(BAD, split=tuple(sessions)), BAD)
    longer = (*sessions, Session(name="Day 4", start_at=utc(12, 4), people=(CHAIR.id,)))
    assert rules(booked(BAD, split=longer), BAD)["BAD-2"] == {"WARN"}


@pytest.mark.parametrize(
    ("born_on", "on", "age"),
    [
        (date(2018, 11, 23), date(2026, 11, 22), 7),
        (date(2018, 11, 23), date(2026, 11, 23), 8),
        (date(2020, 2, 29), date(2028, 2, 28), 7),
        (date(2020, 2, 29), date(2028, 2, 29), 8),
        (date(2018, 2, 28), date(2026, 2, 28), 8),
        (date(2018, 2, 28), date(2026, 2, 27), 7),
        (date(2020, 2, 29), date(2027, 2, 28), 6),
        (date(2020, 2, 29), date(2027, 3, 1), 7),
        (None, date(2026, 11, 23), None),
    ],
)
def test_ages_are_those_of_the_day_of_the_act(born_on: date | None, on: date, age: int | None) -> None:
    """A birthday counts from its own day, one on 29 February from 1 March of a common year; an unborn child has no age."""
    due_on = None if born_on else date(2027, 3, 28)
    child = Child(id=ChildId("c1"), name="Bryn Larkmoor", born_on=born_on, due_on=due_on)
    assert told_of_child(child, on).known.get("child-age") == age


def test_age_rules_name_their_children_in_one_line_per_rule() -> None:
    """SWG-10 from 8 and SWG-5 from 4 name each child once; what is recorded, and an unborn child, are not named."""
    years = {"c1": 2017, "c2": 2018, "c3": 2021, "c4": 2023}
    children = [Child(id=ChildId(i), name=f"Child {i}", born_on=date(y, 4, 11)) for i, y in years.items()]
    children.append(Child(id=ChildId("c5"), name="Unborn Child", due_on=date(2027, 2, 1)))
    said = sentences(said_of_booking(booked(SWG, children=tuple(children)), SWG, CALENDAR, TODAY))
    assert [line.partition(":")[0] for line in said] == ["SWG-5", "SWG-10"]
    assert "(c1, c2, c3)" in said[0] and "(c1, c2)" in said[1]
    done = [replace(c, advocacy=Advocacy.DECLINED, seen_alone_because="In hospital.") for c in children[:4]]
    assert said_of_booking(booked(SWG, children=tuple(done)), SWG, CALENDAR, TODAY) == ()


def test_a_parent_without_a_decision_stops_invitations_and_not_the_booking() -> None:
    """SWG-4 names each parent, and each other relative with parental responsibility, whose decision or reason is missing."""
    people = (CHAIR, WORKER, SCHOOL, GP, POLICE, replace(MOTHER, include=True), FATHER)
    said = said_of_booking(booked(SWG, people=people), SWG, CALENDAR, TODAY)
    assert blocking(said) == ()
    (line,) = sentences(said)
    assert line.startswith("SWG-4: ") and "(mother, father)" in line and line.endswith("This stops the invitations.")
    aunt = replace(MOTHER, id=PersonId("aunt"), role=Role.FAMILY_MEMBER)
    for responsible in (True, False):
        more = (*booked(SWG).people, replace(aunt, parental_responsibility=responsible))
        assert ("SWG-4" in rules(booked(SWG, people=more), SWG)) is responsible
    assert said_at(Place.INVITATION, booked(SWG), SWG, CALENDAR, TODAY) == ()


def test_who_attends_is_the_profiles_word() -> None:
    """SWG-11 names the group that is missing, and wants the next team where the family is with the assessment service."""
    people = tuple(p for p in booked(SWG).people if p.role is not Role.POLICE)
    (line,) = sentences(said_of_booking(booked(SWG, people=people), SWG, CALENDAR, TODAY))
    assert line == "SWG-11: A key agency is not invited. (police)"
    assessed = booked(SWG, service="Assessment Service")
    assert rules(assessed, SWG) == {"SWG-11": {"WARN"}}
    next_team = replace(SCHOOL, id=PersonId("next"), agency="Midvale Child and Young Persons Team")
    assert rules(replace(assessed, people=(*assessed.people, next_team)), SWG) == {}
    assert missing_agencies(booked(SWG), "gp or midwife; housing; police or probation") == ("housing",)


def test_a_chairs_slots_with_their_buffer() -> None:
    """IRS-5: the profile's half hour after a slot is kept free, to the minute; another chair's slots do not matter."""
    mine, hers = booked(strategy_discussions=F4), booked(start=utc(12, 1, 12, 29))
    assert rules(mine, IRS, others=[hers]) == {"IRS-5": {"WARN"}}
    assert rules(mine, IRS, others=[replace(hers, start_at=utc(12, 1, 12, 30))]) == {}
    other_chair = replace(CHAIR, name="Blaise Orrin", email="b.orrin@portmere.example")
    assert rules(mine, IRS, others=[replace(hers, people=(other_chair,))]) == {}


@given(apart=st.integers(-400, 400), minutes=st.integers(1, 240), buffer=st.integers(0, 60))
def test_overlap_is_the_same_from_both_sides(apart: int, minutes: int, buffer: int) -> None:
    """Whichever is asked first, two slots overlap or they do not; the same start always overlaps."""
    one = booked(slot_minutes=minutes)
    other = replace(one, start_at=one.start_at + timedelta(minutes=apart), slot_minutes=60)
    room = timedelta(minutes=buffer)
    assert slots_overlap(one, other, room) is slots_overlap(other, one, room)
    assert slots_overlap(one, one, room)


@pytest.mark.parametrize(("hour", "minute", "warned"), [(9, 30, True), (9, 45, False), (13, 44, True), (14, 0, False)])
def test_a_start_before_the_chairs_call(hour: int, minute: int, warned: bool) -> None:
    """NCC-1 warns of a start before 09:45, and of an afternoon's before 13:45, once."""
    found = rules(booked(NCC, utc(11, 26, hour, minute)), NCC)
    assert found == ({"NCC-1": {"WARN"}} if warned else {})


def test_the_confidential_slot_comes_before_the_family() -> None:
    """POR-7 warns of a slot from the instant at which the first session with family begins; other places stay silent."""
    start = utc(11, 30, 9, 30)
    assert rules(booked(POR, start, confidential_slot=start - timedelta(minutes=15)), POR) == {}
    assert rules(booked(POR, start, confidential_slot=start), POR) == {"POR-7": {"WARN"}}
    parts = (
        Session(name="Professionals", start_at=start, people=(CHAIR.id,)),
        Session(name="With family", start_at=start + timedelta(minutes=30), people=(CHAIR.id, MOTHER.id)),
    )
    split = booked(POR, start, confidential_slot=start, split=parts)
    assert family_joins_at(split) == start + timedelta(minutes=30)
    assert rules(split, POR) == {}


def test_what_the_booking_does_not_tell_is_not_warned_of() -> None:
    """NCC-9 asks for a safety plan at the conference: silence says nothing yet, a plain no is told at once."""
    assert rules(booked(NCC, utc(11, 26, 14)), NCC) == {}
    assert rules(booked(NCC, utc(11, 26, 14), safety_plan_made=False), NCC) == {"NCC-9": {"WARN"}}
    assert "key-agency-missing" not in told_of_booking(booked(POR), POR).known


def test_facts_of_the_whole_conference() -> None:
    """Interpreter, split, child, minute taker and mode are facts by their plain meaning."""
    bare = told_of_booking(booked(), IRS).known
    asked = ("interpreter-needed", "split-requested", "child-wants-to-speak", "minute-taker")
    assert [bare[fact] for fact in asked] == [False] * 4
    people = (CHAIR, replace(MOTHER, interpreter="BSL"))
    full = booked(people=people, mode="split", children=(replace(JORY, wants_to_speak=True),), minute_taker="Ida Penn")
    assert all(told_of_booking(full, IRS).known[fact] for fact in asked)
    kept_out = replace(FATHER, interpreter="BSL", include=False, include_because="No contact.")
    assert told_of_booking(booked(people=(CHAIR, kept_out)), IRS).known["interpreter-needed"] is False
    modes = ("virtual", "Telephone call", "in-person", "Face to face", "split", None)
    assert [is_virtual(mode) for mode in modes] == [True, True, False, False, None, None]


def test_nothing_but_block_and_warn_is_said() -> None:
    """What software makes, sends or sets in the diary is not told to the person who books."""
    for profile in (IRS, SWG, BAD, NCC, POR):
        said = said_of_booking(booked(profile), profile, CALENDAR, TODAY)
        assert {one.do for one in said} <= {Verb.BLOCK, Verb.WARN}
