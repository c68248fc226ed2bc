"""The calendar of England against gov.uk's own list."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays  # type: ignore[import-untyped]

from pipeline.adapters.bank_holidays import ANNOUNCED_FROM, ANNOUNCED_UNTIL, england_calendar

CALENDAR = england_calendar()
GOV_UK = {
    holiday["date"]
    for holiday in BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
}


@pytest.mark.parametrize("year", range(ANNOUNCED_FROM.year, ANNOUNCED_UNTIL.year + 1))
def test_working_days_are_gov_uks(year: int) -> None:
    """Every day of every announced year, 2018 to 2028 among them, is worked or not as gov.uk's list has it."""
    day = date(year, 1, 1)
    while day.year == year:
        assert CALENDAR.is_working_day(day) == (day.weekday() < 5 and day not in GOV_UK), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    "day",
    [date(2020, 5, 8), date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)],
)
def test_one_off_days_are_closed(day: date) -> None:
    """The one-off bank holidays that no formula knows are no working days."""
    assert not CALENDAR.is_working_day(day)


@pytest.mark.parametrize("day", [date(2020, 5, 4), date(2022, 5, 30), date(2026, 3, 17), date(2026, 7, 13)])
def test_moved_and_other_nations_days_are_worked(day: date) -> None:
    """The Mondays that were moved away, and holidays of Northern Ireland or Scotland, are working days in England."""
    assert CALENDAR.is_working_day(day)


def test_substitutes_over_christmas() -> None:
    """Christmas 2026 and 2027 bring Monday 28 Dec 2026, Monday 27 and Tuesday 28 Dec 2027."""
    for day in (date(2026, 12, 28), date(2027, 12, 27), date(2027, 12, 28)):
        assert not CALENDAR.is_working_day(day)


def test_known_years_are_no_more_than_gov_uk_has_announced() -> None:
    """We never claim a year as announced that the published list does not reach in full."""
    years = {day.year for day in GOV_UK}
    assert set(range(ANNOUNCED_FROM.year, ANNOUNCED_UNTIL.year + 1)) <= years
    assert max(day for day in GOV_UK) >= date(ANNOUNCED_UNTIL.year, 12, 25)
    assert CALENDAR.is_known(ANNOUNCED_UNTIL)
    assert not CALENDAR.is_known(ANNOUNCED_UNTIL + timedelta(days=1))


def test_beyond_the_announced_years_the_formula_holds() -> None:
    """A later Christmas is still closed by rule, although its year is not known."""
    assert not CALENDAR.is_working_day(date(2031, 12, 25))
    assert not CALENDAR.is_known(date(2031, 12, 25))


def test_a_newly_proclaimed_day_can_be_added() -> None:
    """A bank holiday that was announced after the package's release closes that day and nothing else."""
    proclaimed = date(2027, 6, 16)
    assert CALENDAR.is_working_day(proclaimed)
    more = england_calendar([proclaimed])
    assert not more.is_working_day(proclaimed)
    assert more.closed - CALENDAR.closed == {proclaimed}
