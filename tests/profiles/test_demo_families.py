"""All six families of the demo: good bookings, and the instants that their authorities' rules give."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bootstrap import profile_names, read_booking
from tests.profiles.test_worked_examples import CALENDAR, FILES, conference_timetable

DEMO = Path(__file__).parents[2] / "pipeline" / "demo"
BOOKINGS = {
    booking.reference: booking
    for folder in ("families", "families-all")
    for file in sorted((DEMO / folder).glob("*.toml"))
    for booking in [read_booking(file.read_bytes(), format="toml", profiles=profile_names())]
}


def test_the_six_families_are_good_bookings() -> None:
    """Each of the five authorities has a family, and each booking is taken by its profile."""
    assert len(BOOKINGS) == 6
    assert {booking.profile for booking in BOOKINGS.values()} == set(profile_names())


@pytest.mark.parametrize(
    ("reference", "rule", "expected"),
    [
        ("PM-2611-017", "POR-1", "2026-11-28T09:30:00"),
        ("PM-2611-017", "POR-5", "2026-11-29T09:30:00"),
        ("PM-2611-017", "NAT-1", "2026-11-30T23:59:59"),
        ("EM-2701-002", "BAD-4", "2026-12-23T10:00:00"),
        ("EM-2701-002", "BAD-12", "2027-02-01T23:59:59"),
        ("EM-2701-005", "BAD-3", "2027-01-03T14:00:00"),
        ("EM-2701-005", "BAD-2", "2027-01-07T23:59:59"),
        ("HB-2612-003", "IRS-2", "2026-12-01T23:59:59"),
        ("HB-2612-003", "IRS-3", "2026-11-26T10:00:00"),
        ("HB-2612-003", "IRS-6", "2026-12-02T12:00:00"),
        ("MV-2612-011", "SWG-6", "2026-12-15T10:00:00"),
        ("MV-2612-011", "NAT-1", "2026-12-17T23:59:59"),
        ("MV-2612-011", "SWG-13", "2026-12-19T12:00:00"),
        ("MV-2612-011", "SWG-20", "2026-12-21T23:59:59"),
        ("MV-2612-011", "SWG-18", "2026-12-18T12:00:00"),
        ("MV-2612-011", "SWG-12", "2027-01-05T23:59:59"),
        ("MV-2612-011", "SWG-16", "2027-01-06T23:59:59"),
        ("MV-2612-011", "SWG-17", "2027-01-19T23:59:59"),
        ("MV-2612-011", "SWG-14", "2027-03-17T23:59:59"),
        ("NF-2611-020", "NAT-1", "2026-11-26T23:59:59"),
        ("NF-2611-020", "NCC-8", "2026-11-25T23:59:59"),
        ("NF-2611-020", "NCC-1", "2026-11-26T13:45:00"),
    ],
)
def test_a_familys_key_instants_come_out(reference: str, rule: str, expected: str) -> None:
    """The timetable of a family's booking has this rule due at exactly this local time, and only then."""
    booking = BOOKINGS[reference]
    found = conference_timetable(booking, FILES.load(booking.profile), CALENDAR)
    assert {one.due_local for one in found if one.rule == rule} == {expected}


def test_who_is_kept_from_what() -> None:
    """Holm Wrayburn is kept from the minutes alone; the unborn child has a due date and no birthday."""
    (exclusion,) = BOOKINGS["MV-2612-011"].exclusions
    assert (exclusion.person, [kept.value for kept in exclusion.from_]) == ("father-1", ["minutes"])
    (child,) = BOOKINGS["EM-2701-005"].children
    assert child.born_on is None
    assert str(child.due_on) == "2027-03-28"
