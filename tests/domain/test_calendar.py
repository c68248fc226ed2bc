"""Working days, office moments and London wall time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.domain.calendar import (
    LONDON,
    Calendar,
    at_wall,
    local_text,
    parse_local,
    spoken,
    utc_text,
)
from pipeline.errors import LocalTimeError

EASTER_2026 = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
CALENDAR = Calendar(
    closed=EASTER_2026 | {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)},
    known_from=date(2026, 1, 1),
    known_until=date(2027, 12, 31),
)

days = st.dates(min_value=date(2015, 1, 1), max_value=date(2035, 12, 31))
instants = st.datetimes(min_value=datetime(2015, 1, 1), max_value=datetime(2035, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
around_clock_changes = st.sampled_from(
    [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2027, 3, 28, tzinfo=UTC)]
).flatmap(lambda night: st.integers(-200_000, 200_000).map(lambda seconds: night + timedelta(seconds=seconds)))
any_instant = st.one_of(instants, around_clock_changes)
calendars = st.frozensets(days, max_size=40).map(
    lambda closed: Calendar(closed=closed, known_from=date(2015, 1, 1), known_until=date(2035, 12, 31))
)


def test_weekends_and_bank_holidays_are_no_working_days() -> None:
    """Easter 2026: Thursday and Tuesday are worked, the four days between are not."""
    around = [date(2026, 4, day) for day in range(2, 8)]
    assert [CALENDAR.is_working_day(day) for day in around] == [True, False, False, False, False, True]


def test_counting_steps_over_the_holidays() -> None:
    """Five working days before Tue 7 Apr 2026 is Fri 27 Mar; ten after Thu 17 Dec 2026 is Tue 5 Jan 2027."""
    assert CALENDAR.working_days_before(date(2026, 4, 7), 5) == date(2026, 3, 27)
    assert CALENDAR.working_days_after(date(2026, 12, 17), 10) == date(2027, 1, 5)
    assert CALENDAR.working_days_after(date(2026, 12, 25), 0) == date(2026, 12, 25)
    assert CALENDAR.working_days_after(date(2027, 1, 5), 0, inclusive=True) == date(2027, 1, 5)


def test_inclusive_counts_the_day_itself_only_if_it_is_worked() -> None:
    """Three working days, the first included: Tue to Thu; begun on a Saturday, Mon to Wed."""
    assert CALENDAR.working_days_after(date(2027, 1, 5), 3, inclusive=True) == date(2027, 1, 7)
    assert CALENDAR.working_days_after(date(2027, 1, 9), 3, inclusive=True) == date(2027, 1, 13)


@given(calendars, days, st.integers(1, 30), st.booleans())
def test_nth_working_day_has_n_working_days_up_to_it(calendar: Calendar, day: date, n: int, inclusive: bool) -> None:
    """The Nth working day is a working day and exactly N lie from the day after (or the day itself) up to it."""
    found = calendar.working_days_after(day, n, inclusive=inclusive)
    first = day if inclusive else day + timedelta(days=1)
    between = [first + timedelta(days=i) for i in range((found - first).days + 1)]
    assert calendar.is_working_day(found)
    assert sum(calendar.is_working_day(one) for one in between) == n


@given(calendars, days, st.integers(0, 30))
def test_before_and_after_meet(calendar: Calendar, day: date, n: int) -> None:
    """Going back N working days from a working day and on again N leads to where one started."""
    assume(calendar.is_working_day(day))
    assert calendar.working_days_after(calendar.working_days_before(day, n), n) == day


@given(calendars, any_instant, st.integers(1, 20))
def test_minus_working_days_keeps_the_wall_clock(calendar: Calendar, at: datetime, n: int) -> None:
    """The result is a working day and shows the same wall time, also across a clock change."""
    found = calendar.minus_working_days_wall(at, n).astimezone(LONDON)
    assert calendar.is_working_day(found.date())
    assert found.time() == at.astimezone(LONDON).time()


@given(calendars, any_instant, st.none() | any_instant)
def test_office_due_is_an_office_moment_not_after_it(calendar: Calendar, at: datetime, after: datetime | None) -> None:
    """The office due is not after the due, in office hours of a working day, and after an after-rule's trigger."""
    found = calendar.office_due(at, after=after)
    if found is None:
        assert after is not None
        assert calendar.office_due(at) <= after  # type: ignore[operator]
        return
    local = found.astimezone(LONDON)
    assert found <= at
    assert calendar.is_working_day(local.date())
    assert time(9) <= local.time() <= time(17)
    assert after is None or found > after
    # nothing between it and the due is an office moment: the office is shut, or it is the due itself
    assert found == at or calendar.office_time_between(found, at) == timedelta()


@pytest.mark.parametrize(
    ("due", "office"),
    [
        ("2026-11-24T10:00", "2026-11-24T10:00:00"),
        ("2026-11-24T09:00", "2026-11-24T09:00:00"),
        ("2026-11-24T08:59:59", "2026-11-23T17:00:00"),
        ("2026-11-24T17:00", "2026-11-24T17:00:00"),
        ("2026-11-24T23:59:59", "2026-11-24T17:00:00"),
        ("2026-11-28T09:30", "2026-11-27T17:00:00"),
        ("2026-04-06T10:00", "2026-04-02T17:00:00"),
    ],
)
def test_office_due_at_the_edges(due: str, office: str) -> None:
    """Both ends of the office day are office moments; before nine it is the working day before at five."""
    found = CALENDAR.office_due(parse_local(due))
    assert found is not None
    assert local_text(found) == office


def test_no_office_due_at_or_before_the_trigger() -> None:
    """A decision on Friday at 17:00 leaves no office moment before Saturday 17:00: null, none in the past."""
    friday, saturday = parse_local("2026-11-27T17:00"), parse_local("2026-11-28T17:00")
    assert CALENDAR.office_due(saturday, after=friday) is None
    assert CALENDAR.office_due(saturday, after=friday - timedelta(seconds=1)) == friday


def test_office_time_between() -> None:
    """From Thursday before Easter 16:00 to Tuesday 10:00 there are two hours of office time."""
    start, end = parse_local("2026-04-02T16:00"), parse_local("2026-04-07T10:00")
    assert CALENDAR.office_time_between(start, end) == timedelta(hours=2)
    assert CALENDAR.office_time_between(end, start) == timedelta()


@given(calendars, days, any_instant)
def test_one_more_closed_day_never_makes_the_office_due_later(calendar: Calendar, day: date, at: datetime) -> None:
    """Closing a day can only move the last office moment back."""
    closer = Calendar(closed=calendar.closed | {day}, known_from=calendar.known_from, known_until=calendar.known_until)
    assert closer.office_due(at) <= calendar.office_due(at)  # type: ignore[operator]


@given(any_instant)
def test_parse_local_round_trip(at: datetime) -> None:
    """Every instant's wall time reads back as itself, or is refused because clocks show it twice that night."""
    text = local_text(at)
    try:
        assert parse_local(text) == at
    except LocalTimeError:
        wall = datetime.fromisoformat(text).replace(tzinfo=LONDON)
        assert wall.utcoffset() != wall.replace(fold=1).utcoffset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-24T10:00Z", "offset"),
        ("2026-11-24T10:00+00:00", "offset"),
        ("2026-11-24 10:00+01", "offset"),
        ("2026-11-24T10:00:00.5", "not a local time"),
        ("2026-11-24 10:00", "not a local time"),
        ("2026-11-24", "not a local time"),
        ("24/11/2026 10:00", "not a local time"),
        ("２０２６-11-24T10:00", "not a local time"),
        ("2026-11-24T10:00\n", "not a local time"),
        ("", "not a local time"),
        ("2026-02-30T10:00", "not in the calendar"),
        ("2026-11-24T24:00", "not in the calendar"),
        ("2026-11-24T23:59:60", "not in the calendar"),
        ("0026-11-24T10:00", "outside the years"),
        ("2026-03-29T01:00", "does not exist"),
        ("2026-03-29T01:59:59", "does not exist"),
        ("2026-10-25T01:00", "exists twice"),
        ("2026-10-25T01:59:59", "exists twice"),
    ],
)
def test_what_is_no_local_time(text: str, said: str) -> None:
    """Another form, an offset, or a time that the clocks skip or repeat is refused with a sentence that helps."""
    with pytest.raises(LocalTimeError, match=said):
        parse_local(text)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-29T00:59:59", "2026-03-29T00:59:59+00:00"),
        ("2026-03-29T02:00", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25T00:59:59", "2026-10-24T23:59:59+00:00"),
        ("2026-10-25T02:00", "2026-10-25T02:00:00+00:00"),
        ("2026-07-01T12:00", "2026-07-01T11:00:00+00:00"),
    ],
)
def test_local_times_beside_the_clock_change(text: str, utc: str) -> None:
    """The seconds next to the gap and the fold exist once, and mean one instant."""
    assert utc_text(parse_local(text)) == utc


@given(any_instant, st.integers(1, 240))
def test_elapsed_hours_are_elapsed(at: datetime, hours: int) -> None:
    """R1: N hours earlier is N hours earlier in UTC; wall clocks differ by what clock changes take or give."""
    earlier = at - timedelta(hours=hours)
    wall = datetime.fromisoformat(local_text(at)) - datetime.fromisoformat(local_text(earlier))
    offsets = at.astimezone(LONDON).utcoffset() - earlier.astimezone(LONDON).utcoffset()  # type: ignore[operator]
    assert wall == timedelta(hours=hours) + offsets


def test_wall_time_in_the_gap_and_the_fold_is_the_stricter_instant() -> None:
    """A computed wall time that the clocks skip or repeat becomes the earlier of its two candidates."""
    assert utc_text(at_wall(date(2026, 3, 29), time(1, 30))) == "2026-03-29T00:30:00+00:00"
    assert utc_text(at_wall(date(2026, 10, 25), time(1, 30))) == "2026-10-25T00:30:00+00:00"


def test_spoken_is_english_whatever_the_machine_speaks() -> None:
    """Day, month and zone stand in English; seconds only where they are not zero."""
    assert spoken(parse_local("2026-11-24T10:00")) == "Tue 24 Nov 2026 10:00 GMT"
    assert spoken(parse_local("2026-04-02T23:59:59")) == "Thu 02 Apr 2026 23:59:59 BST"


def test_an_instant_without_zone_is_refused() -> None:
    """A naive datetime is a fault of the program and never guessed at."""
    with pytest.raises(ValueError, match="zone"):
        local_text(datetime(2026, 11, 24, 10))


def test_known_days() -> None:
    """Both ends of the announced years are known; a day beyond is not."""
    assert CALENDAR.knows_all(date(2026, 1, 1), date(2027, 12, 31))
    assert not CALENDAR.is_known(date(2025, 12, 31))
    assert not CALENDAR.knows_all(date(2027, 12, 31), date(2028, 1, 1))
