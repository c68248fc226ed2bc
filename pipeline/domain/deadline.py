"""The arithmetic of deadlines: elapsed hours in UTC, everything else on London's calendar and clocks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import assert_never

from pipeline.domain.calendar import END_OF_DAY, Calendar, at_wall, to_local
from pipeline.domain.profile import Alternative, Direction, Rule, Unit
from pipeline.errors import ProfileProblemError


def due_instant(
    reading: Rule | Alternative,
    direction: Direction,
    trigger_at: datetime,
    calendar: Calendar,
    until_at: datetime | None = None,
) -> datetime:
    """Returns the bare due instant (UTC): elapsed hours in UTC, all else on London's calendar and clocks.

    `until_at` is the second instant of a rule between two. A half-way day that is no working day stays where it is, as
    any day that is counted (R9); the day to do it on is then the working day before (`halfway`).

    Raises:
        ProfileProblemError: the rule lies between two instants and the second is not given, or not later than the first.
    """
    local = to_local(trigger_at)
    day, n, inclusive = local.date(), reading.amount, reading.inclusive
    match reading.unit:
        case Unit.HOURS:
            return trigger_at + _signed(direction, n) * timedelta(hours=1)
        case Unit.WD_WALL:
            return at_wall(_working_day(calendar, direction, day, n, inclusive=inclusive), local.time())
        case Unit.WD_EOD:
            return at_wall(_working_day(calendar, direction, day, n, inclusive=inclusive), END_OF_DAY)
        case Unit.CLOCK_ON_NTH_WD:
            return at_wall(_working_day(calendar, direction, day, n, inclusive=inclusive), _clock(reading))
        case Unit.CD_WALL:
            return at_wall(_calendar_day(direction, day, n, inclusive=inclusive), local.time())
        case Unit.CD_EOD:
            return at_wall(_calendar_day(direction, day, n, inclusive=inclusive), END_OF_DAY)
        case Unit.CLOCK_ON_NTH_CD:
            return at_wall(_calendar_day(direction, day, n, inclusive=inclusive), _clock(reading))
        case Unit.MONTHS:
            return at_wall(plus_months(day, _signed(direction, n)), END_OF_DAY)
        case Unit.SAME_DAY:
            return at_wall(day, END_OF_DAY)
        case Unit.AT_TRIGGER:
            return trigger_at
        case Unit.HALFWAY:
            return at_wall(_middle(day, _second(trigger_at, until_at)), END_OF_DAY)
        case _:
            assert_never(reading.unit)


def plus_months(day: date, months: int) -> date:
    """Returns the same day number that many months on, clamped to the end of a shorter month (R5)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))


def halfway(first: date, second: date, calendar: Calendar) -> date:
    """Returns the day half-way between two conferences, or the last working day before it (NCC-22, SWG-19)."""
    day = _middle(first, second)
    return day if calendar.is_working_day(day) else calendar.working_days_before(day, 1)


def _working_day(calendar: Calendar, direction: Direction, day: date, n: int, *, inclusive: bool) -> date:
    if direction is Direction.BEFORE:
        return calendar.working_days_before(day, n, inclusive=inclusive)
    return calendar.working_days_after(day, n, inclusive=inclusive)


def _calendar_day(direction: Direction, day: date, n: int, *, inclusive: bool) -> date:
    return day + _signed(direction, n - 1 if inclusive and n else n) * timedelta(days=1)


def _middle(first: date, second: date) -> date:
    return first + (second - first) // 2


def _second(trigger_at: datetime, until_at: datetime | None) -> date:
    if until_at is None:
        raise ProfileProblemError("This rule lies between two instants: give the second with --until LOCAL.")
    if until_at <= trigger_at:
        raise ProfileProblemError("This rule lies between two instants: the second (--until) must be the later one.")
    return to_local(until_at).date()


def _signed(direction: Direction, n: int) -> int:
    return -n if direction is Direction.BEFORE else n


def _clock(reading: Rule | Alternative) -> time:
    if reading.clock is None:
        raise ProfileProblemError("A rule with a fixed clock names none; correct the profile and load it again.")
    return reading.clock
