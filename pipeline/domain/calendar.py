"""Working days, office moments, Europe/London. Instants are aware UTC in whole seconds; days are local London dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.errors import LocalTimeError

LONDON = ZoneInfo("Europe/London")
OFFICE_OPENS = time(9)
OFFICE_CLOSES = time(17)
END_OF_DAY = time(23, 59, 59)
"""The last second of a day: deadlines "within N days" end here, and receipt in that second is on time (R6)."""
COUNTED_YEARS = range(1972, 2200)
"""The years that a local time may lie in: England's present clock changes began in 1972; the rest stops slips."""

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_LOCAL_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The working days of England: Monday to Friday, no bank holiday of England and Wales.

    `closed` holds the bank holidays (weekends need not be in it). `known_from` and `known_until`, both included,
    bound the days for which they were announced; outside they are computed by rule at best, and every answer that
    touches such a day is provisional.
    """

    closed: frozenset[date]
    known_from: date
    known_until: date

    def is_working_day(self, day: date) -> bool:
        """Returns True for Monday to Friday that is no bank holiday."""
        return day.weekday() < _SATURDAY and day not in self.closed

    def is_known(self, day: date) -> bool:
        """Returns True if the bank holidays around `day` were announced, not computed."""
        return self.known_from <= day <= self.known_until

    def knows_all(self, *days: date) -> bool:
        """Returns True if every day from the earliest to the latest of `days` is known."""
        return all(self.is_known(day) for day in days)

    def working_days_before(self, day: date, n: int, *, inclusive: bool = False) -> date:
        """Returns the Nth working day before `day` (n = 0: `day` itself, working or not).

        `inclusive` lets `day` itself count as the first, if it is a working day.
        """
        return self._walk(day, n, -_ONE_DAY, inclusive=inclusive)

    def working_days_after(self, day: date, n: int, *, inclusive: bool = False) -> date:
        """Returns the Nth working day after `day`; the day after is day 1 (`inclusive`: `day` itself is)."""
        return self._walk(day, n, _ONE_DAY, inclusive=inclusive)

    def _walk(self, day: date, n: int, step: timedelta, *, inclusive: bool) -> date:
        if n < 0:
            raise ValueError("a number of working days cannot be negative")
        left = n
        if inclusive and left and self.is_working_day(day):
            left -= 1
        while left:
            day += step
            if self.is_working_day(day):
                left -= 1
        return day

    def minus_working_days_wall(self, at: datetime, n: int) -> datetime:
        """Returns the same wall-clock time on the Nth working day before `at` (reading R2), in UTC."""
        local = to_local(at)
        return at_wall(self.working_days_before(local.date(), n), local.time())

    def office_due(self, at: datetime, *, after: datetime | None = None) -> datetime | None:
        """Returns the last office moment at or before `at`: Mon-Fri 09:00-17:00 (both ends included) on a working day.

        `after` is the trigger of an after-rule: None is returned where no office moment lies later than it, so that
        nobody is told to act before there was a reason to.

        Source: domain.md R1, A00.6.
        """
        local = to_local(at)
        day, clock = local.date(), min(local.time(), OFFICE_CLOSES)
        if clock < OFFICE_OPENS or not self.is_working_day(day):
            day, clock = self.working_days_before(day, 1), OFFICE_CLOSES
        moment = at_wall(day, clock)
        return None if after is not None and moment <= after else moment

    def next_office(self, at: datetime) -> datetime:
        """Returns the first office moment at or after `at`: Mon-Fri 09:00-17:00 (both ends included) on a working day."""
        local = to_local(at)
        day, clock = local.date(), local.time()
        if self.is_working_day(day) and OFFICE_OPENS <= clock <= OFFICE_CLOSES:
            return at
        if not self.is_working_day(day) or clock > OFFICE_CLOSES:
            day = self.working_days_after(day, 1)
        return at_wall(day, OFFICE_OPENS)

    def office_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Returns how much office time lies between two instants; zero where `end` is not later (A00.6's two hours)."""
        total = timedelta()
        day, last = to_local(start).date(), to_local(end).date()
        while day <= last:
            if self.is_working_day(day):
                opens, closes = at_wall(day, OFFICE_OPENS), at_wall(day, OFFICE_CLOSES)
                total += max(min(end, closes) - max(start, opens), timedelta())
            day += _ONE_DAY
        return total


def to_local(at: datetime) -> datetime:
    """Returns `at` as London wall time, fractions of a second dropped.

    Raises:
        ValueError: `at` carries no zone. The program is at fault, not a person.
    """
    if at.tzinfo is None:
        raise ValueError("an instant without a zone is not an instant")
    return at.astimezone(LONDON).replace(microsecond=0)


def at_wall(day: date, clock: time) -> datetime:
    """Returns the UTC instant at which London clocks show `clock` on `day`.

    In the hour that a clock change repeats or skips it is the earlier of the two candidates, the stricter deadline.
    """
    wall = datetime.combine(day, clock.replace(tzinfo=None, fold=0), tzinfo=LONDON)
    return min(wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))


def parse_local(text: str) -> datetime:
    """Returns the UTC instant of a London wall time written YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS.

    Raises:
        LocalTimeError: another form, an offset, no such date, or a time that the clocks skip or show twice that night.
    """
    if not _LOCAL_SHAPE.fullmatch(text):
        if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$", text, re.ASCII | re.IGNORECASE):
            raise LocalTimeError(
                "This time carries an offset; nothing was changed. Write the time that clocks in England show, without "
                "offset or Z: YYYY-MM-DDTHH:MM."
            )
        raise LocalTimeError(
            "This is not a local time; nothing was changed. Write YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS as clocks in "
            "England show it, for example 2026-11-30T09:30."
        )
    try:
        wall = datetime.fromisoformat(text).replace(tzinfo=LONDON)
    except ValueError:
        raise LocalTimeError(
            f"{text} is not in the calendar (no such day or time of day); nothing was changed. Write YYYY-MM-DDTHH:MM."
        ) from None
    if wall.year not in COUNTED_YEARS:
        raise LocalTimeError(
            f"{text} lies outside the years {COUNTED_YEARS[0]} to {COUNTED_YEARS[-1]} that are counted here; nothing "
            "was changed. Write the year in four digits."
        )
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if first == second:
        return first
    if first.astimezone(LONDON).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise LocalTimeError(
            f"{text} does not exist: the clocks go forward from 01:00 to 02:00 that night; nothing was changed. Write "
            "a time before 01:00 or from 02:00 on."
        )
    raise LocalTimeError(
        f"{text} exists twice: the clocks go back from 02:00 to 01:00 that night; nothing was changed. Write a time "
        "before 01:00 or from 02:00 on."
    )


def local_text(at: datetime) -> str:
    """Returns London wall time as YYYY-MM-DDTHH:MM:SS, without offset."""
    return to_local(at).replace(tzinfo=None).isoformat()


def utc_text(at: datetime) -> str:
    """Returns the instant as YYYY-MM-DDTHH:MM:SS+00:00."""
    return to_local(at).astimezone(UTC).isoformat()


def spoken(at: datetime) -> str:
    """Returns the instant for people: 'Tue 24 Nov 2026 10:00 GMT'; seconds are shown where they are not zero."""
    local = to_local(at)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{spoken_day(local.date())} {clock} {local.tzname()}"


def spoken_day(day: date) -> str:
    """Returns the day for people, whatever the language of the machine: 'Tue 24 Nov 2026'."""
    return f"{_DAYS[day.weekday()]} {day.day:02d} {_MONTHS[day.month - 1]} {day.year:04d}"


def in_full(at: datetime) -> str:
    """Returns the instant in words for a letter: 'Tuesday 24 November 2026 at 10:00'."""
    local = to_local(at)
    return f"{day_in_full(local.date())} at {local:%H:%M}"


def day_in_full(day: date) -> str:
    """Returns the day in words for a letter, whatever the language of the machine: 'Tuesday 24 November 2026'."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTH_NAMES[day.month - 1]} {day.year:04d}"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
