"""Units, directions and properties of deadlines, on rules made up for the purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.acting import Condition
from pipeline.domain.calendar import Calendar, local_text, parse_local
from pipeline.domain.deadline import plus_months
from pipeline.domain.people import Booking, ConferenceType, StrategyDiscussion
from pipeline.domain.profile import WITHOUT_AMOUNT, Alternative, Direction, Profile, Rule, Trigger, Unit
from pipeline.domain.timetable import conference_timetable, due, due_for, triggers_of
from pipeline.errors import ProfileProblemError

LONDON = ZoneInfo("Europe/London")
CALENDAR = Calendar(
    closed=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}),
    known_from=date(2026, 1, 1),
    known_until=date(2027, 12, 31),
)
RULE = Rule(
    id="X-1",
    what="report",
    who="agency",
    duty="agency-report",
    unit=Unit.HOURS,
    amount=48,
    direction=Direction.BEFORE,
    trigger=Trigger.CONFERENCE_START,
    conference_types=frozenset(ConferenceType),
    source="invented.txt",
    source_line=3,
    quote="48 hours",
)


def rule(unit: Unit, amount: int, direction: Direction = Direction.BEFORE, **changes: object) -> Rule:
    return replace(RULE, unit=unit, amount=amount, direction=direction, **changes)  # type: ignore[arg-type]


AFTER = Direction.AFTER
HALF = rule(Unit.HALFWAY, 0, AFTER, trigger=Trigger.CONFERENCE_END, until=Trigger.NEXT_REVIEW)


@pytest.mark.parametrize(
    ("made", "at", "local"),
    [
        (rule(Unit.HOURS, 48), "2026-03-30T09:30", "2026-03-28T08:30:00"),
        (rule(Unit.HOURS, 24, AFTER), "2026-10-24T18:00", "2026-10-25T17:00:00"),
        (rule(Unit.WD_WALL, 2), "2026-04-07T10:00", "2026-04-01T10:00:00"),
        (rule(Unit.WD_WALL, 2, AFTER), "2026-04-01T10:00", "2026-04-07T10:00:00"),
        (rule(Unit.CD_WALL, 3), "2026-03-30T09:30", "2026-03-27T09:30:00"),
        (rule(Unit.WD_EOD, 1), "2026-04-07T10:00", "2026-04-02T23:59:59"),
        (rule(Unit.WD_EOD, 3, AFTER, inclusive=True), "2027-01-05T14:00", "2027-01-07T23:59:59"),
        (rule(Unit.WD_EOD, 3, AFTER), "2027-01-05T14:00", "2027-01-08T23:59:59"),
        (rule(Unit.CD_EOD, 1), "2026-04-07T10:00", "2026-04-06T23:59:59"),
        (rule(Unit.CD_EOD, 28, AFTER), "2026-11-27T12:00", "2026-12-25T23:59:59"),
        (rule(Unit.CD_EOD, 28, AFTER, inclusive=True), "2026-11-27T12:00", "2026-12-24T23:59:59"),
        (rule(Unit.MONTHS, 3, AFTER), "2026-11-30T12:00", "2027-02-28T23:59:59"),
        (rule(Unit.MONTHS, 6, AFTER), "2026-08-31T12:00", "2027-02-28T23:59:59"),
        (rule(Unit.CLOCK_ON_NTH_WD, 1, clock=time(10)), "2026-04-07T14:00", "2026-04-02T10:00:00"),
        (rule(Unit.CLOCK_ON_NTH_CD, 1, clock=time(10)), "2026-04-07T14:00", "2026-04-06T10:00:00"),
        (rule(Unit.CLOCK_ON_NTH_CD, 0, clock=time(9, 45)), "2026-04-07T10:00", "2026-04-07T09:45:00"),
        (rule(Unit.SAME_DAY, 0, AFTER), "2026-04-07T10:00", "2026-04-07T23:59:59"),
    ],
)
def test_every_unit(made: Rule, at: str, local: str) -> None:
    """Each unit counts as the notes say, over Easter, Christmas and the clock changes."""
    assert due(made, parse_local(at), CALENDAR).due_local == local


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 29), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 9, 30), 3, date(2026, 12, 30)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
    ],
)
def test_months_clamp_to_the_end_of_the_month(day: date, months: int, expected: date) -> None:
    """The same day number, or the last day of a shorter month (R5)."""
    assert plus_months(day, months) == expected


units = st.sampled_from([unit for unit in Unit if unit not in WITHOUT_AMOUNT])
closed_days = st.frozensets(st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31)), max_size=30)
instants = st.datetimes(min_value=datetime(2026, 3, 1), max_value=datetime(2027, 10, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)


@st.composite
def rules(draw: st.DrawFn, *, only: Unit | None = None) -> Rule:
    unit = only or draw(units)
    fixed = unit in (Unit.CLOCK_ON_NTH_CD, Unit.CLOCK_ON_NTH_WD)
    direction = draw(st.sampled_from(Direction))
    inclusive = draw(st.booleans()) if unit not in (Unit.HOURS, Unit.MONTHS) else False
    amount = draw(st.integers(1, 6 if unit is Unit.MONTHS else 25))
    return rule(unit, amount, direction, inclusive=inclusive, clock=time(10) if fixed else None)


@given(rules(), instants, closed_days, st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31)))
def test_one_more_closed_day_makes_nothing_slacker_before_nor_stricter_after(
    made: Rule, at: datetime, closed: frozenset[date], day: date
) -> None:
    """Closing one more day never makes a before-deadline later nor an after-deadline earlier."""
    plain = Calendar(closed=closed, known_from=CALENDAR.known_from, known_until=CALENDAR.known_until)
    closer = Calendar(closed=closed | {day}, known_from=CALENDAR.known_from, known_until=CALENDAR.known_until)
    before, after = due(made, at, plain).due_at, due(made, at, closer).due_at
    assert after <= before if made.direction is Direction.BEFORE else after >= before


@given(
    st.sampled_from(sorted(WITHOUT_AMOUNT)),
    instants,
    st.timedeltas(timedelta(minutes=1), timedelta(days=200)),
    closed_days,
    st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31)),
)
def test_what_counts_no_days_stays_where_it_is(
    unit: Unit, at: datetime, apart: timedelta, closed: frozenset[date], day: date
) -> None:
    """Closing one more day moves neither the trigger's day nor the half-way day; the day to do it on is never later."""
    made = rule(unit, 0, Direction.BEFORE if unit is Unit.AT_TRIGGER else AFTER, until=HALF.until)
    second = (at + apart).replace(microsecond=0)
    plain = Calendar(closed=closed, known_from=CALENDAR.known_from, known_until=CALENDAR.known_until)
    closer = Calendar(closed=closed | {day}, known_from=CALENDAR.known_from, known_until=CALENDAR.known_until)
    before, after = due(made, at, plain, second), due(made, at, closer, second)
    assert before.due_at == after.due_at >= at
    assert after.hold_by is None or (before.hold_by is not None and after.hold_by <= before.hold_by)
    if unit is Unit.HALFWAY:
        assert local_text(before.due_at) <= local_text(second)[:10] + "T23:59:59"


@given(rules(only=Unit.WD_WALL), instants, closed_days)
def test_working_day_deadlines_fall_on_working_days(made: Rule, at: datetime, closed: frozenset[date]) -> None:
    """A deadline in working days at the same wall time is a working day and shows the trigger's wall time."""
    calendar = Calendar(closed=closed, known_from=CALENDAR.known_from, known_until=CALENDAR.known_until)
    found = due(made, at, calendar).due_at.astimezone(LONDON)
    assert calendar.is_working_day(found.date())
    assert found.time() == at.astimezone(LONDON).time()


@given(rules(), instants, closed_days)
def test_office_due_and_hold_by_belong_together(made: Rule, at: datetime, closed: frozenset[date]) -> None:
    """Office due lies at or before the due on the day to hold by; both are null together, for after-rules only."""
    found = due(made, at, Calendar(closed=closed, known_from=CALENDAR.known_from, known_until=CALENDAR.known_until))
    if found.office_due is None:
        assert found.hold_by is None
        assert made.direction is Direction.AFTER
        assert "arrange cover" in found.reading
    else:
        assert found.office_due <= found.due_at
        assert local_text(found.office_due)[:10] == str(found.hold_by)
        assert made.direction is Direction.BEFORE or found.office_due > found.trigger_at


@given(rules(only=Unit.HOURS), instants)
def test_hours_elapse(made: Rule, at: datetime) -> None:
    """R1: hours are elapsed hours, whatever clocks and calendars do between."""
    found = due(made, at, CALENDAR)
    assert abs(found.due_at - found.trigger_at) == timedelta(hours=made.amount)
    assert (found.due_at < found.trigger_at) is (made.direction is Direction.BEFORE)


@given(rules(), instants, st.integers(0, 999_999))
def test_fractions_of_seconds_are_dropped(made: Rule, at: datetime, micros: int) -> None:
    """Instants are compared in whole seconds, so a fraction on the trigger changes nothing (A00.1)."""
    assert due(made, at.replace(microsecond=micros), CALENDAR) == due(made, at, CALENDAR)


def test_what_lies_beyond_the_announced_holidays_is_provisional() -> None:
    """A due that touches a day outside the calendar's data says so, in its field and in its words."""
    inside = due(rule(Unit.WD_EOD, 5, AFTER), parse_local("2027-12-20T10:00"), CALENDAR)
    across = due(rule(Unit.WD_EOD, 15, AFTER), parse_local("2027-12-20T10:00"), CALENDAR)
    before = due(rule(Unit.HOURS, 48), parse_local("2026-01-02T10:00"), CALENDAR)
    assert (inside.provisional, across.provisional, before.provisional) == (False, True, True)
    assert "provisional" in across.reading
    assert "provisional" not in inside.reading


def test_json_holds_exactly_the_contract() -> None:
    """`as_json` has the keys of the contract, instants with +00:00, local times without offset."""
    made = replace(RULE, is_default=True, reading="[read] so")
    assert due(made, parse_local("2026-07-09T10:00"), CALENDAR).as_json() == {
        "rule": "X-1",
        "what": "report",
        "who": "agency",
        "due_at": "2026-07-07T09:00:00+00:00",
        "due_local": "2026-07-07T10:00:00",
        "office_due_local": "2026-07-07T10:00:00",
        "reading": (
            "48 elapsed hours before the start of the conference, nights, weekends and bank holidays included; "
            "[read] so"
        ),
        "source": "invented.txt:3",
        "default": True,
        "trigger": "conference-start",
        "duty": "agency-report",
        "unit": "hours",
        "hold_by": "2026-07-07",
        "provisional": False,
        "until_local": None,
        "contradicts": None,
        "prompt_local": None,
        "breach_local": None,
        "alternatives": [],
        "warnings": [],
    }
    nobody = due(rule(Unit.HOURS, 24, AFTER), parse_local("2026-11-27T17:30"), CALENDAR).as_json()
    assert (nobody["office_due_local"], nobody["hold_by"]) == (None, None)


def test_a_default_without_words_names_no_document() -> None:
    """Where the source is silent the source field says so instead of citing a line."""
    made = replace(RULE, source="", source_line=0, quote="", is_default=True)
    assert due(made, parse_local("2026-07-09T10:00"), CALENDAR).source == "default, not in source"


def test_other_readings_are_computed_with_it() -> None:
    """An alternative is counted from the same trigger and shown beside the due."""
    made = replace(RULE, alternatives=(Alternative(reading="two working days", unit=Unit.WD_WALL, amount=2),))
    (other,) = due(made, parse_local("2026-11-30T09:30"), CALENDAR).alternatives
    assert (other.reading, local_text(other.due_at)) == ("two working days", "2026-11-26T09:30:00")


def booking(**changes: object) -> Booking:
    plain = Booking(
        profile="invented",
        type=ConferenceType.INITIAL,
        start_at=parse_local("2026-11-30T09:30"),
        children=(),
        people=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def profile(*made: Rule) -> Profile:
    return Profile(
        name="invented",
        title="Invented",
        version="1",
        authority_words={},
        danger_line="ring 999",
        complaint_line="complain",
        rules=made,
        audience=(),
    )


def test_triggers_of_a_booking() -> None:
    """The end is start plus slot; discussions sort themselves; the section 47 one is marked, or the only one."""
    first, second = parse_local("2026-11-05T10:00"), parse_local("2026-11-10T10:00")
    both = (StrategyDiscussion(at=second, initiated_s47=True), StrategyDiscussion(at=first))
    found = triggers_of(booking(slot_minutes=90, strategy_discussions=both))
    assert local_text(found[Trigger.CONFERENCE_END]) == "2026-11-30T11:00:00"
    assert found[Trigger.DECISION] == found[Trigger.CONFERENCE_END]
    assert (found[Trigger.FIRST_STRATEGY_DISCUSSION], found[Trigger.S47_DISCUSSION]) == (first, second)
    assert triggers_of(booking(strategy_discussions=both[1:]))[Trigger.S47_DISCUSSION] == first
    unmarked = (StrategyDiscussion(at=first), StrategyDiscussion(at=second))
    assert Trigger.S47_DISCUSSION not in triggers_of(booking(strategy_discussions=unmarked))
    assert Trigger.FIRST_STRATEGY_DISCUSSION not in triggers_of(booking())


def test_timetable_takes_what_applies_soonest_first() -> None:
    """Rules of another type, out of force, without a known trigger, or for another time of day are left out."""
    found = conference_timetable(
        booking(),
        profile(
            replace(RULE, id="LATER", amount=24),
            RULE,
            replace(RULE, id="TYPE", conference_types=frozenset({ConferenceType.REVIEW})),
            replace(RULE, id="OVER", effective_to=date(2026, 11, 29)),
            replace(RULE, id="LAST-DAY", amount=1, effective_to=date(2026, 11, 30)),
            replace(RULE, id="NOTICE", trigger=Trigger.NOTICE_SENT, direction=AFTER),
            replace(RULE, id="AFTERNOON", trigger_from=time(12)),
        ),
        CALENDAR,
    )
    assert [one.rule for one in found] == ["X-1", "LATER", "LAST-DAY"]


def test_what_was_recorded_wins_over_the_booking() -> None:
    """A recorded end moves the after-rules, the decision's too until a decision time is recorded (R7)."""
    made = profile(
        rule(Unit.HOURS, 24, AFTER, id="END", trigger=Trigger.CONFERENCE_END),
        rule(Unit.HOURS, 24, AFTER, id="DECIDED", trigger=Trigger.DECISION),
    )
    ended, decided = parse_local("2026-11-30T12:00"), parse_local("2026-11-30T15:20")
    by_end = conference_timetable(booking(), made, CALENDAR, recorded={Trigger.CONFERENCE_END: ended})
    assert [one.due_local for one in by_end] == ["2026-12-01T12:00:00", "2026-12-01T12:00:00"]
    both = {Trigger.CONFERENCE_END: ended, Trigger.DECISION: decided}
    by_both = conference_timetable(booking(), made, CALENDAR, recorded=both)
    assert {one.rule: one.due_local for one in by_both}["DECIDED"] == "2026-12-01T15:20:00"


def test_half_way_needs_its_second_instant() -> None:
    """The half-way day stays on a Sunday and is held by the Friday; without a second instant, or an earlier one, no answer."""
    first, second = parse_local("2026-12-17T12:00"), parse_local("2027-03-17T10:00")
    found = due(HALF, first, CALENDAR, second)
    assert (found.due_local, str(found.hold_by)) == ("2027-01-31T23:59:59", "2027-01-29")
    assert found.as_json()["until_local"] == "2027-03-17T10:00:00"
    for wrong in (None, first, first - timedelta(days=1)):
        with pytest.raises(ProfileProblemError, match="between two instants"):
            due(HALF, first, CALENDAR, wrong)


def test_a_rule_between_two_waits_for_the_second_and_for_its_facts() -> None:
    """Half-way rules are listed when the next review is known, and left out where the case is known to be another."""
    made = profile(replace(HALF, when=(Condition(fact="rag", value="RED"),)))
    recorded = {Trigger.NEXT_REVIEW: parse_local("2027-02-22T10:00")}
    assert conference_timetable(booking(), made, CALENDAR) == []
    (found,) = conference_timetable(booking(), made, CALENDAR, recorded=recorded)
    assert "only where rag is RED" in found.reading
    assert conference_timetable(booking(), made, CALENDAR, recorded=recorded, known={"rag": "RED"})
    assert conference_timetable(booking(), made, CALENDAR, recorded=recorded, known={"rag": "AMBER"}) == []


def test_two_texts_prompt_at_the_earlier_and_breach_at_the_later() -> None:
    """Where a source says two things, each due names the other and both instants, in a timetable and alone."""
    end = Trigger.CONFERENCE_END
    made = profile(
        rule(Unit.HOURS, 48, AFTER, id="A", duty="prompt", trigger=end, contradicts="B"),
        rule(Unit.WD_EOD, 2, AFTER, id="B", duty="visit", trigger=end, contradicts="A"),
        rule(Unit.WD_EOD, 10, AFTER, id="B", duty="next", trigger=Trigger.VISIT),
    )
    thursday = conference_timetable(booking(start_at=parse_local("2026-12-17T10:00")), made, CALENDAR)
    alone = due_for(made, ConferenceType.INITIAL, "B", "2026-12-17T12:00", CALENDAR, trigger="conference-end")
    for found in (*thursday, *alone):
        assert found.contradicts in ("A", "B")
        assert found.as_json()["prompt_local"] == "2026-12-19T12:00:00"
        assert found.as_json()["breach_local"] == "2026-12-21T23:59:59"
    (visit,) = due_for(made, ConferenceType.INITIAL, "B", "2026-12-17T12:00", CALENDAR, trigger="last visit")
    assert (visit.contradicts, visit.prompt_at, visit.breach_at) == ("", None, None)


def test_a_time_of_day_that_no_rule_speaks_of_is_answered_in_words() -> None:
    """The sentence says which times of day the rule speaks of."""
    made = profile(replace(RULE, trigger_from=time(12), trigger_before=time(16)))
    with pytest.raises(ProfileProblemError, match=r"only of those from 12:00 before 16:00"):
        due_for(made, ConferenceType.INITIAL, "X-1", "2026-11-30T09:30", CALENDAR)


def test_a_profile_past_its_review_warns_in_each_due() -> None:
    """From the day after the authority's review date every due carries the warning; on the day itself none does."""
    made = replace(profile(RULE), review_on=date(2026, 11, 29))
    (late,) = conference_timetable(booking(), made, CALENDAR)
    assert "review of the rules of invented was due on Sun 29 Nov 2026" in late.warnings[0]
    (sound,) = conference_timetable(booking(), replace(made, review_on=date(2026, 11, 30)), CALENDAR)
    assert sound.warnings == ()


@given(instants, st.integers(1, 5))
def test_moving_there_and_back_changes_nothing(at: datetime, days: int) -> None:
    """A timetable depends on the booking alone: moved and moved back it is the same."""
    plain = booking(start_at=at)
    moved = replace(plain, start_at=at + timedelta(days=days))
    back = replace(moved, start_at=moved.start_at - timedelta(days=days))
    made = profile(RULE, rule(Unit.WD_EOD, 5, AFTER, id="X-2", trigger=Trigger.CONFERENCE_END))
    assert conference_timetable(back, made, CALENDAR) == conference_timetable(plain, made, CALENDAR)
