"""Outcomes: what must be true of one before it is recorded, what the rules say to it, and the course it sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import ENDED, FATHER, ISLA, MOTHER, SCHOOL, TOBIN, booking, case, child_outcome, outcome

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain import facts as f
from pipeline.domain.case import Case
from pipeline.domain.course import course_of, recorded_triggers
from pipeline.domain.outcome import Attendance, Decision, Opinion, Outcome, PlanAction, Presence, Rag, View
from pipeline.domain.outcome_check import judged_by_rules, outcome_findings
from pipeline.domain.outcome_draft import ChildOutcomeDraft, DatesDraft, OutcomeDraft
from pipeline.domain.people import ChildId, ConferenceType, PersonId
from pipeline.domain.profile import Trigger

FILES = ProfileFiles()
NAMES = ("irs", "portsmouth", "sw-guide", "barking-dagenham", "northamptonshire")
NO_PLAN = (child_outcome(TOBIN.id, Decision.NO_PLAN), child_outcome(ISLA.id, Decision.CHILD_IN_NEED))
NOW = ENDED + timedelta(hours=1)


def under(name: str, *facts: f.Fact, type: ConferenceType = ConferenceType.INITIAL) -> Case:
    """Family F1 under an authority's delivered profile."""
    return case(*facts, of=booking(profile=name, type=type), profile=FILES.load(name))


def of(*children: object, **more: object) -> Outcome:
    """An outcome; of two children with a plan unless told otherwise."""
    return outcome(*children, **more).outcome  # type: ignore[arg-type]


def blocks(name: str, made: Outcome) -> set[str]:
    """The rules that block it."""
    return {said.rule for said in judged_by_rules(made, under(name)).blocks}


def warns(name: str, made: Outcome) -> set[str]:
    """The rules that warn of it."""
    return {said.rule for said in judged_by_rules(made, under(name)).warnings}


DATES = {
    "core_group_at": datetime(2026, 12, 10, 10, tzinfo=UTC),
    "visit_at": datetime(2026, 12, 1, 10, tzinfo=UTC),
    "review_at": datetime(2027, 2, 25, 10, tzinfo=UTC),
}


def test_with_a_plan_the_guide_asks_for_three_dates() -> None:
    """Core group, first visit and review have a date before the conference is closed (SWG-12, SWG-13, SWG-14)."""
    assert blocks("sw-guide", of()) >= {"SWG-12", "SWG-13", "SWG-14"}
    assert blocks("sw-guide", of(**DATES)) == set()
    for missing, rule in (("core_group_at", "SWG-12"), ("visit_at", "SWG-13"), ("review_at", "SWG-14")):
        assert blocks("sw-guide", of(**{**DATES, missing: None})) == {rule}


@given(st.lists(st.sampled_from([Decision.NO_PLAN, Decision.CHILD_IN_NEED]), min_size=2, max_size=2))
def test_without_a_plan_no_date_is_asked_for(decisions: list[Decision]) -> None:
    """With no plan nothing is scheduled and closing is not blocked (A00.10)."""
    made = of(child_outcome(TOBIN.id, decisions[0]), child_outcome(ISLA.id, decisions[1]))
    assert blocks("sw-guide", made) == set()
    after = under("sw-guide", f.OutcomeRecorded(outcome=made, by="x"))
    assert not {entry.due.rule for entry in course_of(after)} & {"SWG-12", "SWG-13", "SWG-14", "SWG-19", "SWG-20", "SWG-22"}


def test_a_plan_for_one_child_is_enough_to_ask() -> None:
    """One child with a plan among others without one: the dates are asked for."""
    made = of(child_outcome(TOBIN.id), child_outcome(ISLA.id, Decision.NO_PLAN))
    assert "SWG-12" in blocks("sw-guide", made)


@pytest.mark.parametrize(("grade", "escalated"), [(0, True), (1, True), (2, True), (2.5, False), (3, False), (None, False)])
def test_grades_of_0_to_2_escalate_for_that_child_alone(grade: float | None, escalated: bool) -> None:
    """0, 1 and 2 are escalated within 24 hours, 2.5 is not; a sister's grade does not count (SWG-18)."""
    made = of(child_outcome(TOBIN.id, grade=grade), child_outcome(ISLA.id, grade=7), **DATES)
    entries = course_of(under("sw-guide", f.OutcomeRecorded(outcome=made, by="x")))
    found = [(entry.child, entry.due.due_at) for entry in entries if entry.due.rule == "SWG-18"]
    assert found == ([(TOBIN.id, ENDED + timedelta(hours=24))] if escalated else [])


@pytest.mark.parametrize(("rag", "there"), [(Rag.RED, True), (Rag.AMBER, False), (None, False)])
def test_red_has_a_midpoint_half_way_to_the_review(rag: Rag | None, there: bool) -> None:
    """RED is reviewed half-way to the next conference; AMBER is not (NCC-22)."""
    made = of(child_outcome(TOBIN.id, rag=rag), child_outcome(ISLA.id), **DATES)
    entries = course_of(under("northamptonshire", f.OutcomeRecorded(outcome=made, by="x")))
    assert [entry.child for entry in entries if entry.due.rule == "NCC-22"] == ([TOBIN.id] if there else [])


def test_a_review_after_its_limit_is_warned_of() -> None:
    """The last day of the three months is in time, the next day is not."""
    late = datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert "SWG-14" in warns("sw-guide", of(**{**DATES, "review_at": late}))
    last = datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC)
    assert "SWG-14" not in warns("sw-guide", of(**{**DATES, "review_at": last}))


def test_a_call_without_an_outcome_blocks_where_the_chair_calls() -> None:
    """Each parent was there or has a call recorded (BAD-8); elsewhere nobody asks."""
    silent = of(attendance=(Attendance(person=MOTHER.id, presence=Presence.ATTENDED),))
    assert "BAD-8" in blocks("barking-dagenham", silent)
    told = (
        Attendance(person=MOTHER.id, presence=Presence.ATTENDED),
        Attendance(person=PersonId("father"), presence=Presence.ABSENT, call="no answer, tried twice"),
    )
    assert "BAD-8" not in blocks("barking-dagenham", of(attendance=told))
    assert blocks("portsmouth", silent) == set()


def test_nobody_is_to_call_who_is_not_included() -> None:
    """A father who is told nothing by a recorded decision needs no call, so his silence blocks nothing (SWG-4, BAD-8)."""
    silent = of(attendance=(Attendance(person=MOTHER.id, presence=Presence.ATTENDED),))
    kept_out = replace(FATHER, include=False, include_because="No contact since 2019.")
    changed = under("barking-dagenham", f.PersonChanged(person=kept_out))
    assert "BAD-8" not in {said.rule for said in judged_by_rules(silent, changed).blocks}
    included = under("barking-dagenham", f.PersonChanged(person=replace(kept_out, include=True)))
    assert "BAD-8" in {said.rule for said in judged_by_rules(silent, included).blocks}


def test_an_action_without_a_measure_is_warned_of() -> None:
    """A plan's action has who, by when and how measured (NCC-17)."""
    bare = PlanAction(children=(TOBIN.id,), action="Go to the club")
    whole = replace(bare, who="Maren", by_when=datetime(2026, 12, 9, tzinfo=UTC).date(), measure="the club's list")
    assert "NCC-17" in warns("northamptonshire", of(actions=(bare,)))
    assert "NCC-17" not in warns("northamptonshire", of(actions=(whole,)))


@pytest.mark.parametrize(("service", "there"), [("Assessment Service", True), ("Family Safeguarding", False), (None, True)])
def test_a_family_of_another_service_is_not_allocated_anew(service: str | None, there: bool) -> None:
    """Only a family of the assessment service moves to the next team (SWG-27); where nobody said which, the duty is shown."""
    made = case(of=booking(profile="sw-guide", service=service), profile=FILES.load("sw-guide"))
    assert ("SWG-27" in {entry.due.rule for entry in course_of(made)}) is there


def test_what_comes_again_counts_from_the_last_one_done() -> None:
    """The next core group is 28 days after the last one held, and before any was held after the date that was set."""
    fact = f.OutcomeRecorded(outcome=of(**DATES), by="x")
    assert recorded_triggers(under("sw-guide", fact).conference)[Trigger.CORE_GROUP] == DATES["core_group_at"]
    held = datetime(2026, 12, 11, 14, tzinfo=UTC)
    done = f.DutyDone(duty="core-group", done_at=held, how="all came", by="x")
    again = f.DutyDone(duty="core-group", done_at=held + timedelta(days=20), how="all came", by="x")
    assert recorded_triggers(under("sw-guide", fact, done, again).conference)[Trigger.CORE_GROUP] == again.done_at


@pytest.mark.parametrize("name", NAMES)
def test_an_end_recorded_later_moves_what_is_counted_from_it(name: str) -> None:
    """Every due after the conference is as much later, or on the same day's end; none is earlier."""
    def dues(at: datetime) -> dict[tuple[str, str, str], datetime]:
        made = replace(of(child_outcome(TOBIN.id, grade=1, rag=Rag.RED), child_outcome(ISLA.id), **DATES), ended_at=at)
        entries = course_of(under(name, f.OutcomeRecorded(outcome=made, by="x")))
        return {(e.due.rule, e.due.duty, e.due.trigger): e.due.due_at for e in entries if e.due.trigger == "conference-end"}

    early, late = dues(ENDED), dues(ENDED + timedelta(hours=3))
    assert early and early.keys() == late.keys()
    assert all(early[key] <= late[key] <= early[key] + timedelta(hours=3) for key in early)


# --- does it fit the conference ------------------------------------------------------------------------------------------


def draft(**changes: object) -> OutcomeDraft:
    """A faultless draft of both children, without a plan."""
    made = OutcomeDraft(
        ended="2026-11-30T11:30",
        decided_by="Edwina Sallow",
        child=(
            ChildOutcomeDraft(id="c1", decision=Decision.NO_PLAN, reason="All is well."),
            ChildOutcomeDraft(id="c2", decision=Decision.NO_PLAN, reason="All is well."),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def found(**changes: object) -> list[tuple[object, ...]]:
    """The places of the problems."""
    return [one.path for one in outcome_findings(draft(**changes), under("portsmouth").conference, NOW)]


def test_a_good_draft_has_no_problem() -> None:
    """Nothing is found in it."""
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"ended": "2026-11-30T09:30"}, ("ended",)),
        ({"ended": "2026-11-30T23:00"}, ("ended",)),
        ({"ended": "2026-13-01T09:30"}, ("ended",)),
        ({"decided": "2026-11-29T09:00"}, ("decided",)),
        ({"decided_by": None}, ("decided_by",)),
        ({"dates": DatesDraft(review="2026-11-30T11:30")}, ("dates", "review")),
        ({"child": draft().child[:1]}, ("child",)),
        ({"child": (draft().child[0], draft().child[0])}, ("child", 1, "id")),
        ({"child": (draft().child[0], replace(draft().child[1], id="c9"))}, ("child", 1, "id")),
        ({"child": (draft().child[0], replace(draft().child[1], decision=Decision.PLAN_MADE))}, ("child", 1, "category")),
        ({"child": (draft().child[0], replace(draft().child[1], decision=Decision.PLAN_ENDED))}, ("child", 1, "decision")),
        ({"child": (draft().child[0], replace(draft().child[1], grade=10.5))}, ("child", 1, "grade")),
        ({"child": (draft().child[0], replace(draft().child[1], grade=-1))}, ("child", 1, "grade")),
    ],
)
def test_what_cannot_be_is_found_at_its_place(changes: dict[str, object], place: tuple[object, ...]) -> None:
    """Each slip is told at the key it stands at."""
    assert place in found(**changes)


def test_views_are_complete_only_with_reasons_for_each_child() -> None:
    """An agency that took part has a view with reasons for each of its children, or the minutes wait (POR-12)."""
    there = (Attendance(person=SCHOOL.id, presence=Presence.ATTENDED),)

    def view(child: ChildId, rationale: str = "she is safe now") -> View:
        return View(person=SCHOOL.id, child=child, opinion=Opinion.NO_PLAN, rationale=rationale)

    from pipeline.domain.outcome_check import facts_of_all

    def complete(*views: View) -> object:
        made = of(*NO_PLAN, attendance=there, views=views)
        return facts_of_all(made, under("portsmouth").conference)["views-complete"]

    assert complete() is False
    assert complete(view(TOBIN.id)) is False
    assert complete(view(TOBIN.id), view(ISLA.id, "")) is False
    assert complete(view(TOBIN.id), view(ISLA.id)) is True
