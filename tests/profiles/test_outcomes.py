"""What the five authorities' rules say to the outcomes of their own sample families."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.adapters.bank_holidays import england_calendar
from pipeline.adapters.booking_file import read_booking
from pipeline.adapters.outcome_file import read_outcome
from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.case import Case, House
from pipeline.domain.facts import ConferenceConvened, Recorded
from pipeline.domain.fold import fold
from pipeline.domain.outcome_check import Judged, judged_by_rules
from pipeline.domain.outcome_draft import outcome_from
from pipeline.domain.people import ConferenceRef

BOOKINGS = Path(__file__).resolve().parents[1] / "data" / "bookings"
FILES = ProfileFiles()
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def judged(family: str, profile: str, text: str, *, decision: str = "plan-made") -> Judged:
    """What the rules say to an outcome of a family; every child of it is decided alike."""
    booking = read_booking((BOOKINGS / f"{family}.toml").read_bytes(), format="toml", profiles=(profile,))
    fact = ConferenceConvened(reference=booking.reference or ConferenceRef("X"), booking=booking)
    folded = fold([Recorded(stream="conference:x", seq=1, at=LATER, actor="desk", fact=fact)])
    assert folded is not None
    case = Case(
        conference=folded, contacts={}, house=House(), profile=FILES.load(profile), calendar=england_calendar(), heads={}
    )
    children = "".join(
        f'\n[[child]]\nid = "{child.id}"\ndecision = "{decision}"\ncategory = "neglect"\nreason = "r"\n'
        for child in booking.children
    )
    return judged_by_rules(outcome_from(read_outcome((text + children).encode(), "toml", folded, LATER)), case)


def rules(judged_: Judged) -> tuple[list[str], list[str]]:
    """The rules that block, and those that warn."""
    return [said.rule for said in judged_.blocks], [said.rule for said in judged_.warnings]


def ended(at: str, more: str = "") -> str:
    """The beginning of an outcome."""
    return f'ended = "{at}"\ndecided_by = "the chair"\n{more}\n'


F5_DATES = '[dates]\ncore_group = "{}"\nvisit = "{}"\nreview = "{}"\n'


@pytest.mark.parametrize(
    ("dates", "blocks", "warns"),
    [
        ("", ["SWG-12", "SWG-13", "SWG-14"], []),
        (F5_DATES.format("2027-01-05T23:59:59", "2026-12-21T23:59:59", "2027-03-17T10:00"), [], []),
        (F5_DATES.format("2027-01-06T09:00", "2026-12-22T09:00", "2027-03-18T10:00"), [], ["SWG-12", "SWG-20", "SWG-14"]),
    ],
    ids=["none", "at-the-limits", "past-them"],
)
def test_sw_guide_asks_for_three_dates_and_warns_past_their_limits(dates: str, blocks: list[str], warns: list[str]) -> None:
    """The visit is measured by the later of the source's two texts; every date at its due instant is in time."""
    assert rules(judged("f5", "sw-guide", ended("2026-12-17T12:00", dates))) == (blocks, warns)


@pytest.mark.parametrize(
    ("family", "profile", "end"),
    [
        ("f1", "portsmouth", "2026-11-30T11:30"),
        ("f4", "irs", "2026-12-01T12:00"),
        ("f5", "sw-guide", "2026-12-17T12:00"),
        ("f6", "northamptonshire", "2026-11-26T16:00"),
    ],
)
@pytest.mark.parametrize("decision", ["no-plan", "child-in-need"])
def test_closing_without_a_plan_is_never_blocked(family: str, profile: str, end: str, decision: str) -> None:
    """No date is asked for where no child is made subject to a plan (A00.10)."""
    assert judged(family, profile, ended(end), decision=decision).blocks == ()


def test_irs_asks_for_the_review_before_its_plan_goes_out() -> None:
    """IRS-8 stands at the plan, which is made from what is recorded here."""
    assert rules(judged("f4", "irs", ended("2026-12-01T12:00")))[0] == ["IRS-8"]
    assert rules(judged("f4", "irs", ended("2026-12-01T12:00", '[dates]\nreview = "2027-02-01T10:00"'))) == ([], [])


def test_barking_dagenham_asks_what_each_call_led_to_and_counts_the_window() -> None:
    """Every parent and the young person; discussions into a fourth working day warn, and so do missing reports."""
    calls = "".join(
        f'\n[[attendance]]\nperson = "{person}"\npresence = "by-phone"\ncall = "reached"\n'
        for person in ("mother", "father", "young-person")
    )
    silent = judged("f2", "barking-dagenham", ended("2027-01-06T12:00"), decision="plan-continued")
    assert rules(silent) == (["BAD-8"], ["BAD-7"])
    late = judged("f2", "barking-dagenham", ended("2027-01-07T12:00", calls), decision="plan-continued")
    assert rules(late) == ([], ["BAD-2", "BAD-7"])


def test_portsmouth_blocks_minutes_and_not_the_outcome() -> None:
    """Views that are blank stop the minutes (POR-12); what no key agency told is a warning here."""
    assert rules(judged("f1", "portsmouth", ended("2026-11-30T11:30"))) == ([], ["POR-11"])


def test_northamptonshire_warns_of_quorum_safety_plan_and_actions() -> None:
    """Each is said until it is recorded."""
    action = '\n[[action]]\naction = "Meet weekly."\n'
    said = judged("f6", "northamptonshire", ended("2026-11-26T16:00", action))
    assert rules(said) == ([], ["NCC-9", "NCC-15", "NCC-17"])
    whole = "quorate = true\nsafety_plan_made = true\n"
    assert rules(judged("f6", "northamptonshire", ended("2026-11-26T16:00", whole))) == ([], [])
