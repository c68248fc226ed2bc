"""Every worked example printed in the domain notes (D), and the key instants of the sample conferences F1 to F6."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipeline.adapters.bank_holidays import england_calendar
from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.calendar import local_text, parse_local, spoken, utc_text
from pipeline.domain.deadline import halfway
from pipeline.domain.people import Booking, ConferenceType, StrategyDiscussion
from pipeline.domain.timetable import Due, conference_timetable, due_for
from pipeline.errors import ProfileProblemError

CALENDAR = england_calendar()
FILES = ProfileFiles()

WORKED = [
    # id, profile, type, rule, trigger, due in words, due in UTC
    ("W01", "portsmouth", "initial", "POR-1", "2026-11-26T10:00", "Tue 24 Nov 2026 10:00 GMT", "2026-11-24T10:00:00"),
    (
        "W03",
        "portsmouth",
        "transfer-in",
        "POR-1",
        "2026-03-30T09:30",
        "Sat 28 Mar 2026 08:30 GMT",
        "2026-03-28T08:30:00",
    ),
    ("W06", "portsmouth", "initial", "POR-5", "2026-04-07T10:00", "Mon 06 Apr 2026 10:00 BST", "2026-04-06T09:00:00"),
    (
        "W08",
        "barking-dagenham",
        "review",
        "BAD-4",
        "2026-04-07T10:00",
        "Fri 27 Mar 2026 10:00 GMT",
        "2026-03-27T10:00:00",
    ),
    (
        "W09",
        "barking-dagenham",
        "review",
        "BAD-4",
        "2027-01-04T10:00",
        "Wed 23 Dec 2026 10:00 GMT",
        "2026-12-23T10:00:00",
    ),
    (
        "W13",
        "barking-dagenham",
        "review",
        "BAD-4",
        "2022-09-21T10:00",
        "Tue 13 Sep 2022 10:00 BST",
        "2022-09-13T09:00:00",
    ),
    (
        "W15",
        "barking-dagenham",
        "initial",
        "BAD-1",
        "2026-12-18T15:00",
        "Wed 13 Jan 2027 23:59:59 GMT",
        "2027-01-13T23:59:59",
    ),
    (
        "W17",
        "barking-dagenham",
        "initial",
        "BAD-9",
        "2026-12-24T15:20",
        "Fri 25 Dec 2026 15:20 GMT",
        "2026-12-25T15:20:00",
    ),
    (
        "W19",
        "barking-dagenham",
        "review",
        "BAD-12",
        "2026-12-02T12:00",
        "Mon 04 Jan 2027 23:59:59 GMT",
        "2027-01-04T23:59:59",
    ),
    (
        "W20",
        "barking-dagenham",
        "initial",
        "BAD-9",
        "2026-10-24T18:00",
        "Sun 25 Oct 2026 17:00 GMT",
        "2026-10-25T17:00:00",
    ),
    ("W22", "irs", "initial", "IRS-3", "2026-04-07T10:00", "Tue 31 Mar 2026 10:00 BST", "2026-03-31T09:00:00"),
    ("W26", "sw-guide", "initial", "SWG-12", "2026-12-17T12:00", "Tue 05 Jan 2027 23:59:59 GMT", "2027-01-05T23:59:59"),
    ("W27", "sw-guide", "review", "SWG-12", "2026-11-27T12:00", "Fri 25 Dec 2026 23:59:59 GMT", "2026-12-25T23:59:59"),
    ("W31", "sw-guide", "initial", "SWG-14", "2026-11-30T12:00", "Sun 28 Feb 2027 23:59:59 GMT", "2027-02-28T23:59:59"),
    (
        "W38",
        "northamptonshire",
        "initial",
        "NCC-8",
        "2026-04-07T10:00",
        "Thu 02 Apr 2026 23:59:59 BST",
        "2026-04-02T22:59:59",
    ),
]


def dues(profile: str, type_: str, rule: str, at: str) -> list[Due]:
    return due_for(FILES.load(profile), ConferenceType(type_), rule, at, CALENDAR)


def only(profile: str, type_: str, rule: str, at: str, trigger: str | None = None) -> Due:
    found = [one for one in dues(profile, type_, rule, at) if trigger is None or one.trigger == trigger]
    assert len({(one.due_at, one.trigger) for one in found}) == 1, found
    return found[0]


@pytest.mark.parametrize("example", WORKED, ids=[row[0] for row in WORKED])
def test_worked_example(example: tuple[str, str, str, str, str, str, str]) -> None:
    """The due instant of the printed example comes out, locally and in UTC."""
    _, profile, type_, rule, at, local, utc = example
    trigger = "conference-end" if rule == "SWG-12" else None
    found = only(profile, type_, rule, at, trigger)
    assert spoken(found.due_at) == local
    assert utc_text(found.due_at) == f"{utc}+00:00"
    assert found.source.startswith(f"{profile}.txt:")
    assert not found.default
    assert not found.provisional


@pytest.mark.parametrize(
    ("profile", "type_", "rule", "at", "other"),
    [
        ("portsmouth", "initial", "POR-1", "2026-11-26T10:00", "2026-11-24T10:00:00"),
        ("barking-dagenham", "initial", "BAD-1", "2026-12-18T15:00", "2027-01-12T23:59:59"),
        ("irs", "initial", "IRS-3", "2026-04-07T10:00", "2026-04-04T10:00:00"),
        ("northamptonshire", "initial", "NCC-8", "2026-04-07T10:00", "2026-04-06T23:59:59"),
    ],
    ids=["W01", "W15", "W22", "W38"],
)
def test_other_reading(profile: str, type_: str, rule: str, at: str, other: str) -> None:
    """The other reading printed beside the example is computed too, and is never the due instant's own."""
    (alternative,) = only(profile, type_, rule, at).alternatives
    assert local_text(alternative.due_at) == other


def test_naive_clock_arithmetic_would_be_an_hour_wrong() -> None:
    """W03 and W20: 48 and 24 hours elapse, so the wall clock differs by the hour that a clock change takes or gives."""
    assert only("portsmouth", "transfer-in", "POR-1", "2026-03-30T09:30").due_local == "2026-03-28T08:30:00"
    assert only("barking-dagenham", "initial", "BAD-9", "2026-10-24T18:00").due_local == "2026-10-25T17:00:00"


def test_the_one_off_holiday_moves_w13() -> None:
    """W13: without the State Funeral holiday of 19 Sep 2022 the reports would be due a day later."""
    without = england_calendar()
    closed = without.closed - {date(2022, 9, 19)}
    plain = type(without)(closed=closed, known_from=without.known_from, known_until=without.known_until)
    (found,) = due_for(FILES.load("barking-dagenham"), ConferenceType.REVIEW, "BAD-4", "2022-09-21T10:00", plain)
    assert found.due_local == "2022-09-14T10:00:00"


@pytest.mark.parametrize(
    ("profile", "type_", "rule", "at", "office", "hold_by"),
    [
        ("portsmouth", "initial", "POR-5", "2026-04-07T10:00", "2026-04-02T17:00:00", date(2026, 4, 2)),  # W06
        ("barking-dagenham", "initial", "BAD-9", "2026-12-24T15:20", "2026-12-24T17:00:00", date(2026, 12, 24)),  # W17
        ("barking-dagenham", "initial", "BAD-9", "2026-10-24T18:00", None, None),  # W20
        ("sw-guide", "review", "SWG-12", "2026-11-27T12:00", "2026-12-24T17:00:00", date(2026, 12, 24)),  # W27
        ("sw-guide", "initial", "SWG-14", "2026-11-30T12:00", "2027-02-26T17:00:00", date(2027, 2, 26)),  # W31
        ("portsmouth", "initial", "POR-1", "2026-11-30T09:30", "2026-11-27T17:00:00", date(2026, 11, 27)),  # F1, A00.6
    ],
)
def test_office_due(profile: str, type_: str, rule: str, at: str, office: str | None, hold_by: date | None) -> None:
    """The last office moment and the day to hold by are those the notes give; none where no office time is left."""
    found = only(profile, type_, rule, at, "conference-end" if rule == "SWG-12" else None)
    assert found.office_due_local == office
    assert found.hold_by == hold_by
    assert ("arrange cover" in found.reading) is (office is None)


SAMPLES = [
    # conference, profile, type, rule, trigger instant, due
    ("F1", "portsmouth", "initial", "NAT-1", "2026-11-09T10:00", "2026-11-30T23:59:59"),
    ("F1", "portsmouth", "initial", "POR-1", "2026-11-30T09:30", "2026-11-28T09:30:00"),
    ("F1", "portsmouth", "initial", "POR-5", "2026-11-30T09:30", "2026-11-29T09:30:00"),
    ("F2", "barking-dagenham", "review", "BAD-4", "2027-01-04T10:00", "2026-12-23T10:00:00"),
    ("F2", "barking-dagenham", "review", "BAD-9", "2027-01-04T12:15", "2027-01-05T12:15:00"),
    ("F2", "barking-dagenham", "review", "BAD-10", "2027-01-05T09:00", "2027-01-08T23:59:59"),
    ("F2", "barking-dagenham", "review", "BAD-12", "2027-01-04T12:00", "2027-02-01T23:59:59"),
    ("F3", "barking-dagenham", "pre-birth", "BAD-3", "2027-01-05T14:00", "2027-01-03T14:00:00"),
    ("F3", "barking-dagenham", "pre-birth", "BAD-2", "2027-01-05T14:00", "2027-01-07T23:59:59"),
    ("F4", "irs", "initial", "IRS-2", "2026-11-10T10:00", "2026-12-01T23:59:59"),
    ("F4", "irs", "initial", "IRS-3", "2026-12-01T10:00", "2026-11-26T10:00:00"),
    ("F4", "irs", "initial", "IRS-7", "2026-12-01T12:00", "2026-12-02T12:00:00"),
    ("F5", "sw-guide", "initial", "NAT-1", "2026-11-26T09:00", "2026-12-17T23:59:59"),
    ("F5", "sw-guide", "initial", "SWG-1", "2026-11-26T09:00", "2026-11-30T23:59:59"),
    ("F5", "sw-guide", "initial", "SWG-6", "2026-12-17T10:00", "2026-12-15T10:00:00"),
    ("F5", "sw-guide", "initial", "SWG-13", "2026-12-17T12:00", "2026-12-19T12:00:00"),
    ("F5", "sw-guide", "initial", "SWG-18", "2026-12-17T12:00", "2026-12-18T12:00:00"),
    ("F5", "sw-guide", "initial", "SWG-16", "2026-12-17T12:00", "2027-01-06T23:59:59"),
    ("F5", "sw-guide", "initial", "SWG-17", "2026-12-17T12:00", "2027-01-19T23:59:59"),
    ("F5", "sw-guide", "initial", "SWG-14", "2026-12-17T12:00", "2027-03-17T23:59:59"),
    ("F6", "northamptonshire", "initial", "NAT-1", "2026-11-05T10:00", "2026-11-26T23:59:59"),
    ("F6", "northamptonshire", "initial", "NCC-8", "2026-11-26T14:00", "2026-11-25T23:59:59"),
    ("F6", "northamptonshire", "initial", "NCC-1", "2026-11-26T14:00", "2026-11-26T13:45:00"),
    ("F6", "northamptonshire", "initial", "NCC-1", "2026-11-26T10:30", "2026-11-26T09:45:00"),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{row[0]}-{row[3]}" for row in SAMPLES])
def test_sample_conference(sample: tuple[str, str, str, str, str, str]) -> None:
    """The key instant printed for the sample conference comes out."""
    _, profile, type_, rule, at, local = sample
    assert only(profile, type_, rule, at).due_local == local


def test_f5_chains_are_told_apart_by_their_trigger() -> None:
    """SWG-12 and SWG-20 have a row for each trigger, and `packs due` gives them all (A00.12)."""
    core = {one.trigger: one.due_local for one in dues("sw-guide", "initial", "SWG-12", "2026-12-17T12:00")}
    assert core == {"conference-end": "2027-01-05T23:59:59", "core-group": "2027-01-14T23:59:59"}
    visits = {one.trigger: one.due_local for one in dues("sw-guide", "initial", "SWG-20", "2026-12-17T12:00")}
    assert visits == {"conference-end": "2026-12-21T23:59:59", "visit": "2027-01-05T23:59:59"}


def test_f4_only_the_right_reading_is_in_time() -> None:
    """F4: the s47 discussion of 10 Nov gives 1 Dec; the first discussion would give 26 Nov, the literal days 25 Nov."""
    profile = FILES.load("irs")
    discussions = (
        StrategyDiscussion(at=parse_local("2026-11-05T10:00")),
        StrategyDiscussion(at=parse_local("2026-11-10T10:00"), initiated_s47=True),
    )
    booking = Booking(
        profile="irs",
        type=ConferenceType.INITIAL,
        start_at=parse_local("2026-12-01T10:00"),
        children=(),
        people=(),
        strategy_discussions=discussions,
    )
    (limit,) = [one for one in conference_timetable(booking, profile, CALENDAR) if one.rule == "IRS-2"]
    assert limit.due_local == "2026-12-01T23:59:59"
    assert [local_text(other.due_at)[:10] for other in limit.alternatives] == ["2026-11-25"]
    assert only("irs", "initial", "IRS-2", "2026-11-05T10:00").due_local == "2026-11-26T23:59:59"


def test_f6_midpoint_is_half_way() -> None:
    """F6: half-way between 26 Nov 2026 and 18 Feb 2027 is Thu 7 Jan 2027; a holiday gives the working day before."""
    assert halfway(date(2026, 11, 26), date(2027, 2, 18), CALENDAR) == date(2027, 1, 7)
    assert halfway(date(2026, 12, 11), date(2027, 1, 11), CALENDAR) == date(2026, 12, 24)


PACKS = [
    ("portsmouth", "initial", "PACK-CHAIR", "2026-11-28T09:30:00", True),
    ("portsmouth", "transfer-in", "PACK-CHAIR", "2026-11-28T09:30:00", True),
    ("portsmouth", "review", "PACK-CHAIR", "2026-11-29T09:30:00", True),
    ("portsmouth", "pre-birth", "PACK-CHAIR", "2026-11-29T09:30:00", True),
    ("barking-dagenham", "initial", "PACK-CHAIR", "2026-11-28T09:30:00", True),
    ("barking-dagenham", "pre-birth", "PACK-CHAIR", "2026-11-28T09:30:00", True),
    ("barking-dagenham", "review", "PACK-CHAIR", "2026-11-23T09:30:00", True),
    ("barking-dagenham", "transfer-in", "PACK-CHAIR", "2026-11-29T09:30:00", True),
    *[
        (profile, type_, rule, "2026-11-29T09:30:00", (profile, type_) != ("portsmouth", "review"))
        for profile in ("portsmouth", "barking-dagenham")
        for type_ in ("initial", "review", "pre-birth", "transfer-in")
        for rule in ("PACK-PROFESSIONAL", "PACK-FAMILY")
    ],
]


@pytest.mark.parametrize(("profile", "type_", "rule", "local", "default"), PACKS)
def test_when_packs_go(profile: str, type_: str, rule: str, local: str, default: bool) -> None:
    """Packs go as A00.5 rules, marked default except where POR-2 is the source (conference Mon 30 Nov 2026 09:30)."""
    found = only(profile, type_, rule, "2026-11-30T09:30")
    assert (found.due_local, found.default) == (local, default)
    assert found.source == ("default, not in source" if default else "portsmouth.txt:9")


@pytest.mark.parametrize(
    ("profile", "type_", "duty", "rule"),
    [
        ("portsmouth", "initial", "agency-report", "POR-1"),
        ("portsmouth", "transfer-in", "agency-report", "POR-1"),
        ("portsmouth", "review", "agency-report", None),
        ("portsmouth", "pre-birth", "agency-report", None),
        ("portsmouth", "initial", "social-worker-report", None),
        ("portsmouth", "review", "social-worker-report", None),
        ("portsmouth", "initial", "confidential-section", "POR-5"),
        ("portsmouth", "review", "confidential-section", "POR-5"),
        ("portsmouth", "review", "forward-social-worker-report", "POR-2"),
        ("barking-dagenham", "initial", "agency-report", "BAD-3"),
        ("barking-dagenham", "pre-birth", "social-worker-report", "BAD-3"),
        ("barking-dagenham", "review", "agency-report", "BAD-4"),
        ("barking-dagenham", "review", "social-worker-report", "BAD-4"),
        ("barking-dagenham", "transfer-in", "agency-report", None),
        ("barking-dagenham", "initial", "confidential-section", None),
        ("barking-dagenham", "pre-birth", "hold-conference", None),
        ("irs", "initial", "social-worker-report", "IRS-3"),
        ("irs", "review", "social-worker-report", None),
        ("irs", "initial", "agency-report", None),
        ("sw-guide", "initial", "social-worker-report", None),
        ("sw-guide", "initial", "confidential-section", None),
        ("northamptonshire", "review", "agency-report", "NCC-8"),
    ],
)
def test_scope(profile: str, type_: str, duty: str, rule: str | None) -> None:
    """A duty has the rule that the source states, and none where it is silent (A00.11): the verdict is then no-rule."""
    found = FILES.load(profile).rule_for(duty, ConferenceType(type_), date(2026, 11, 30))
    assert (found.id if found is not None else None) == rule


@pytest.mark.parametrize(
    ("profile", "type_", "rule", "at", "said"),
    [
        ("portsmouth", "initial", "POR-99", "2026-11-30T09:30", "no rule of that id"),
        ("portsmouth", "initial", "por-5", "2026-11-30T09:30", "Did you mean POR-5?"),
        ("portsmouth", "initial", "POR-4", "2026-11-30T09:30", "states no time"),
        ("portsmouth", "review", "POR-1", "2026-11-30T09:30", "only of: initial, transfer-in"),
        ("portsmouth", "initial", "POR-1", "2020-03-22T09:30", "not in force"),
        ("barking-dagenham", "pre-birth", "BAD-1", "2026-11-30T09:30", "only of: initial"),
    ],
)
def test_what_cannot_be_asked(profile: str, type_: str, rule: str, at: str, said: str) -> None:
    """An unknown rule, one without a time, another type or day is refused with a sentence that says what there is."""
    with pytest.raises(ProfileProblemError, match=said):
        dues(profile, type_, rule, at)


def test_rules_begin_on_their_first_day() -> None:
    """Portsmouth's rules hold from 23 Mar 2020, that day included; Barking & Dagenham's always (A00.14)."""
    assert only("portsmouth", "initial", "POR-1", "2020-03-23T09:30").due_local == "2020-03-21T09:30:00"
    assert only("barking-dagenham", "initial", "BAD-3", "2018-03-23T09:30").due_local == "2018-03-21T09:30:00"


def test_rules_without_end_date_hold_past_their_review() -> None:
    """Past the authority's own review date a rule stays in force and is only warned about (A00.14)."""
    profile = FILES.load("northamptonshire")
    assert profile.review_overdue(date(2020, 7, 1))
    assert not profile.review_overdue(date(2020, 6, 30))
    assert profile.rule_for("agency-report", ConferenceType.INITIAL, date(2026, 11, 30)) is not None


def test_f1_timetable_reads_as_printed() -> None:
    """F1's whole timetable: what is owed, by when, from which words, soonest first."""
    booking = Booking(
        profile="portsmouth",
        type=ConferenceType.INITIAL,
        start_at=parse_local("2026-11-30T09:30"),
        children=(),
        people=(),
        strategy_discussions=(StrategyDiscussion(at=parse_local("2026-11-09T10:00")),),
    )
    found = conference_timetable(booking, FILES.load("portsmouth"), CALENDAR)
    assert [(one.rule, one.due_local, one.source) for one in found] == [
        ("PACK-CHAIR", "2026-11-28T09:30:00", "default, not in source"),
        ("POR-1", "2026-11-28T09:30:00", "portsmouth.txt:7"),
        ("PACK-FAMILY", "2026-11-29T09:30:00", "default, not in source"),
        ("PACK-PROFESSIONAL", "2026-11-29T09:30:00", "default, not in source"),
        ("POR-5", "2026-11-29T09:30:00", "portsmouth.txt:15"),
        ("NAT-1", "2026-11-30T23:59:59", "default, not in source"),
        ("POR-13", "2026-12-30T23:59:59", "portsmouth.txt:23"),
        ("NAT-2", "2027-02-28T23:59:59", "default, not in source"),
    ]
    moved = Booking(
        profile="portsmouth", type=booking.type, start_at=booking.start_at + timedelta(days=1), children=(), people=()
    )
    again = conference_timetable(moved, FILES.load("portsmouth"), CALENDAR)
    assert {one.rule: one.due_local for one in again}["POR-1"] == "2026-11-29T09:30:00"
    assert "NAT-1" not in {one.rule for one in again}
