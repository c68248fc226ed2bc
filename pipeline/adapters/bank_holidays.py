"""The bank holidays of England and Wales from the package `holidays`, one-offs included; tested against gov.uk's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from pipeline.domain.calendar import Calendar

ANNOUNCED_FROM = date(2012, 1, 1)
ANNOUNCED_UNTIL = date(2028, 12, 31)
"""First and last day, both included, of the years whose bank holidays gov.uk had announced when this was written
(checked against the list in the package `govuk-bank-holidays`). Outside, the law's own formula is computed and every
answer that touches such a day is marked provisional: no formula can know a one-off day or a moved one. Move it on,
with the packages, when gov.uk announces another year; a one-off day that is announced before a new release goes into
`announced`."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2060


def england_calendar(announced: Iterable[date] = ()) -> Calendar:
    """Returns the working days of England; `announced` adds bank holidays proclaimed since the package was released.

    Weekend originals of substituted holidays are in `closed` too and change nothing. A local closure of one authority
    is no bank holiday and does not belong here (domain.md D).
    """
    return Calendar(
        closed=_bank_holidays() | frozenset(announced), known_from=ANNOUNCED_FROM, known_until=ANNOUNCED_UNTIL
    )


@lru_cache(maxsize=1)
def _bank_holidays() -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(_FIRST_YEAR, _LAST_YEAR + 1)))
