"""What needs no home: profiles, the calendar, bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.domain.calendar import Calendar
from pipeline.domain.people import Booking, Child, Person
from pipeline.domain.profile import Profile

if TYPE_CHECKING:
    from pipeline.adapters.booking_file import BookingFile


@lru_cache(maxsize=1)
def _profiles() -> Any:
    from pipeline.adapters.profile_files import ProfileFiles

    return ProfileFiles()


def profile_names() -> tuple[str, ...]:
    """Returns the names of the profiles."""
    names: tuple[str, ...] = _profiles().names()
    return names


def load_profile(name: str) -> Profile:
    """Returns a profile. Raises ProfileProblemError where there is none of that name."""
    profile: Profile = _profiles().load(name)
    return profile


@lru_cache(maxsize=1)
def calendar() -> Calendar:
    """Returns the working days of England."""
    from pipeline.adapters.bank_holidays import england_calendar

    return england_calendar()


def read_booking(content: bytes, *, format: Literal["toml", "json"], profiles: Collection[str]) -> Booking:
    """Returns the booking. Raises BookingProblemsError with every problem."""
    from pipeline.adapters.booking_file import read_booking as read

    return read(content, format=format, profiles=profiles)


def read_bookings(files: Sequence[BookingFile], *, taken: Collection[str]) -> tuple[Booking, ...]:
    """Returns the bookings of all files. Raises BookingProblemsError with every problem of every file."""
    from pipeline.adapters.booking_file import read_bookings as read

    return read(files, taken=taken, profiles=profile_names())


def booking_files(path: Path) -> tuple[list[BookingFile], list[str]]:
    """Returns the bookings at a path, and the names that were passed over. Raises RefusedError where there are none."""
    from pipeline.adapters.booking_file import booking_files as files

    return files(path)


def booking_schema() -> dict[str, Any]:
    """Returns the JSON schema of a booking."""
    from pipeline.adapters.booking_file import booking_schema as schema

    return schema()


def person_from_fields(fields: Mapping[str, str], children: tuple[Child, ...]) -> Person:
    """Returns a person from words of the command line, checked as in a booking."""
    from pipeline.adapters.booking_file import person_from_fields as person

    return person(fields, children)

