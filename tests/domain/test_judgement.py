"""In time or not: R6, R8, A00.1, A00.11, A00.15, promise 7."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import CALENDAR, CONVENED, GP, PROFILE, START, at, booking, conference, report, rule

from pipeline.domain import facts as f
from pipeline.domain.facts import Content, Verdict
from pipeline.domain.judgement import due_of, duty_of, judge, judgement_stands, measure
from pipeline.domain.people import ItemId, Role

DUE = START - timedelta(hours=48)
SECOND = timedelta(seconds=1)
fractions = st.integers(0, 999_999).map(lambda n: timedelta(microseconds=n))
seconds = st.integers(1, 30 * 86_400)


def measured(
    received_at: datetime, *, earliest_at: datetime | None = None, asked_at: datetime | None = CONVENED
) -> tuple[Verdict, int, bool]:
    found = measure(received_at=received_at, earliest_at=earliest_at, asked_at=asked_at, due_at=DUE)
    return found.verdict, found.late_by_seconds, found.our_outage


@given(fractions)
def test_the_due_instant_itself_is_in_time(fraction: timedelta) -> None:
    """Received in the due second is on time, whatever its fraction (R6, replay event 2)."""
    assert measured(DUE + fraction) == (Verdict.ON_TIME, 0, False)


@given(seconds, fractions)
def test_each_second_later_counts(late: int, fraction: timedelta) -> None:
    """One second later is late by one second; fractions are dropped (replay event 3)."""
    assert measured(DUE + timedelta(seconds=late) + fraction) == (Verdict.LATE, late, False)


@given(seconds)
def test_earlier_is_in_time(early: int) -> None:
    """Any second before is on time."""
    assert measured(DUE - timedelta(seconds=early)) == (Verdict.ON_TIME, 0, False)


@given(fractions)
def test_a_fraction_of_the_due_instant_itself_is_dropped(fraction: timedelta) -> None:
    """A due instant with a fraction is its whole second too."""
    found = measure(received_at=DUE + SECOND, earliest_at=None, asked_at=CONVENED, due_at=DUE + fraction)
    assert (found.verdict, found.late_by_seconds) == (Verdict.LATE, 1)


def test_without_a_rule_there_is_no_lateness() -> None:
    """Where the source states no due instant the verdict is no-rule (A00.11)."""
    found = measure(received_at=START, earliest_at=None, asked_at=CONVENED, due_at=None)
    assert (found.verdict, found.late_by_seconds) == (Verdict.NO_RULE, 0)


@given(seconds, seconds)
def test_asked_after_the_due_instant_is_never_late(asked: int, received: int) -> None:
    """Someone asked after the due instant cannot be late (A00.15)."""
    found = measured(DUE + timedelta(seconds=received), asked_at=DUE + timedelta(seconds=asked))
    assert found == (Verdict.ASKED_AFTER_DUE, 0, False)


@given(fractions, seconds)
def test_asked_in_the_due_second_was_asked_in_time(fraction: timedelta, received: int) -> None:
    """Being asked exactly at the due instant is not after it; whole seconds count there as well."""
    assert measured(DUE + timedelta(seconds=received), asked_at=DUE + fraction)[0] is Verdict.LATE


@given(seconds, fractions)
def test_our_outage_is_not_the_agencys(late: int, fraction: timedelta) -> None:
    """What may have lain here in time while nobody watched is on time, and shown as our outage (A00.1)."""
    found = measured(DUE + timedelta(seconds=late), earliest_at=DUE + fraction)
    assert found == (Verdict.ON_TIME, 0, True)


@given(seconds, seconds)
def test_only_the_certain_part_of_a_lateness_counts(first: int, more: int) -> None:
    """Where it cannot have come in time, the lateness counts from its earliest possible instant."""
    earliest = DUE + timedelta(seconds=first)
    assert measured(earliest + timedelta(seconds=more), earliest_at=earliest) == (Verdict.LATE, first, True)


@given(st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 1)), st.booleans())
def test_a_later_receipt_never_improves_a_verdict(moment: datetime, outage: bool) -> None:
    """Lateness grows with the receipt and never shrinks."""
    received = moment.replace(tzinfo=DUE.tzinfo)
    earliest = DUE - SECOND if outage else None
    one = measured(received, earliest_at=earliest)
    two = measured(received + SECOND, earliest_at=earliest)
    assert one[1] <= two[1]
    assert not (one[0] is Verdict.LATE and two[0] is Verdict.ON_TIME)


@pytest.mark.parametrize(
    ("role", "content", "duty"),
    [
        (Role.GP, Content.AGENCY_REPORT, "agency-report"),
        (Role.SOCIAL_WORKER, Content.SOCIAL_WORKER_REPORT, "social-worker-report"),
        (Role.POLICE, Content.CONFIDENTIAL_SECTION, "confidential-section"),
        (Role.SOCIAL_WORKER, Content.CONFIDENTIAL_SECTION, "confidential-section"),
    ],
)
def test_which_duty_a_report_is_held_against(role: Role, content: Content, duty: str) -> None:
    """A confidential section has its own due instant whoever sends it (POR-5)."""
    assert duty_of(role, content) == duty


def judged(*facts: object, profile: object = PROFILE, **more: object) -> f.ReportJudged:
    made = conference(report("r", "gp", **more), *facts)  # type: ignore[arg-type]
    return judge(made, profile, CALENDAR, made.reports[ItemId("r")])  # type: ignore[arg-type]


def test_a_confidential_section_has_a_day_more() -> None:
    """Sunday 09:29 is in time, 09:31 is late by a minute (replay events 4 and 5)."""
    early = judged(content=Content.CONFIDENTIAL_SECTION, received_at=at(29, 9, 29))
    late = judged(content=Content.CONFIDENTIAL_SECTION, received_at=at(29, 9, 31))
    assert (early.verdict, early.rule, early.due_at) == (Verdict.ON_TIME, "CONFIDENTIAL-SECTION", at(29, 9, 30))
    assert (late.verdict, late.late_by_seconds) == (Verdict.LATE, 60)


def test_a_moved_conference_is_judged_anew() -> None:
    """The due instant moves with the start: what was late is in time, and the old judgement no longer stands (R7)."""
    before = judged(received_at=at(28, 10))
    moved = f.ConferenceMoved(start_at=START + timedelta(days=1), because="chair ill")
    after = judged(moved, received_at=at(28, 10))
    assert (before.verdict, before.late_by_seconds) == (Verdict.LATE, 1800)
    assert (after.verdict, after.due_at) == (Verdict.ON_TIME, DUE + timedelta(days=1))
    made = conference(report("r", "gp", received_at=at(28, 10)), before)
    kept = made.reports[ItemId("r")]
    assert judgement_stands(kept, judge(made, PROFILE, CALENDAR, kept))
    assert not judgement_stands(kept, after)


def test_a_corrected_receipt_is_judged_by_what_the_person_said() -> None:
    """The person's instant rules in both directions, and no outage of ours excuses it any more (A00.1)."""
    correct = f.ReceiptCorrected(item=ItemId("r"), received_at=at(28, 9, 31), because="mailbox", by="Clerk One")
    found = judged(correct, received_at=at(28, 12), earliest_at=at(27))
    assert (found.verdict, found.late_by_seconds, found.our_outage) == (Verdict.LATE, 60, False)
    found = judged(replace(correct, received_at=at(28, 9, 30)), received_at=at(28, 12))
    assert found.verdict is Verdict.ON_TIME


def test_someone_asked_late_is_judged_so() -> None:
    """A GP added after the due instant is asked after it; the others are judged as ever (A00.15)."""
    late = replace(GP, id=GP.id.__class__("gp2"))
    made = conference(
        (DUE + timedelta(hours=1), f.PersonAdded(person=late)),
        report("r2", "gp2", received_at=DUE + timedelta(hours=2)),
        report("r", "gp", received_at=DUE + timedelta(hours=2)),
    )
    verdicts = {r.item: judge(made, PROFILE, CALENDAR, r).verdict for r in made.filed()}
    assert verdicts == {"r2": Verdict.ASKED_AFTER_DUE, "r": Verdict.LATE}


def test_a_profile_without_the_rule_gives_no_rule() -> None:
    """Not stated for this type or not in force: no-rule, and no due instant is shown (A00.11)."""
    silent = replace(PROFILE, rules=tuple(r for r in PROFILE.rules if r.duty != "agency-report"))
    assert judged(profile=silent).verdict is Verdict.NO_RULE
    later = replace(PROFILE, rules=(rule("agency-report", 48, effective_from=at(30).date() + timedelta(days=1)),))
    assert judged(profile=later).due_at is None
    made = conference(of=booking())
    assert due_of(made, silent, CALENDAR, GP) is None
    found = due_of(made, PROFILE, CALENDAR, GP)
    assert found is not None
    assert found.due_at == DUE
