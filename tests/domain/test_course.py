"""The timetable as it is once an outcome, visits, core groups, events and notices were recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import PROFILE, case, claimed, rule

from pipeline.domain import facts as f
from pipeline.domain.acting import Condition
from pipeline.domain.case import Case
from pipeline.domain.course import CourseEntry, course_of, duties_known, duty_meant, notices_of
from pipeline.domain.outcome import Category, ChildOutcome, Decision, Outcome, Rag
from pipeline.domain.people import BlobId, ChildId, CopyId, PersonId
from pipeline.domain.profile import Direction, Rule, Trigger, Unit

END = datetime(2026, 11, 30, 11, 30, tzinfo=UTC)
GROUP = datetime(2026, 12, 8, 10, 0, tzinfo=UTC)
REVIEW = datetime(2027, 2, 18, 10, 0, tzinfo=UTC)


def after(duty: str, trigger: Trigger, **changes: object) -> Rule:
    """A rule of one day after its trigger."""
    return rule(duty, 24, direction=Direction.AFTER, trigger=trigger, **changes)


RULES = (
    after("core-group", Trigger.CONFERENCE_END, id="G-1", only_with_plan=True),
    after("core-group", Trigger.CORE_GROUP, id="G-2", only_with_plan=True),
    after("first-visit", Trigger.CONFERENCE_END, id="V-1", only_with_plan=True),
    after("visit", Trigger.VISIT, id="V-2", only_with_plan=True),
    after("escalation", Trigger.CONFERENCE_END, id="E-1", when=(Condition(fact="grade", value=2, comparison="<="),)),
    after("midway-meeting", Trigger.CONFERENCE_END, id="M-1", only_with_plan=True, until=Trigger.NEXT_REVIEW,
          unit=Unit.HALFWAY, amount=0, when=(Condition(fact="rag", value="RED"),)),
    after("decision-response", Trigger.NOTICE_SENT, id="N-1"),
    after("event-notice", Trigger.SIGNIFICANT_EVENT, id="S-1"),
)  # fmt: skip
RULED = replace(PROFILE, rules=RULES)


def child(id_: str, decision: Decision = Decision.PLAN_MADE, **more: object) -> ChildOutcome:
    """What was decided about a child."""
    return ChildOutcome(child=ChildId(id_), decision=decision, reason="r", category=Category.NEGLECT, **more)  # type: ignore[arg-type]


def outcome(*children: ChildOutcome, **more: object) -> f.OutcomeRecorded:
    """An outcome with a core group, a visit and a review set."""
    dates = {"core_group_at": GROUP, "visit_at": END + timedelta(days=1), "review_at": REVIEW}
    made = Outcome(ended_at=END, decided_by="the chair", children=children or (child("c1"), child("c2")), **{**dates, **more})  # type: ignore[arg-type]
    return f.OutcomeRecorded(outcome=made, by="Clerk One")


def done(duty: str, at: datetime, **more: object) -> f.DutyDone:
    """A duty recorded as done."""
    return f.DutyDone(duty=duty, done_at=at, how="seen", by="Clerk One", **more)  # type: ignore[arg-type]


def of(rule_id: str, found: Case) -> list[CourseEntry]:
    """The entries of a rule."""
    return [entry for entry in course_of(found) if entry.due.rule == rule_id]


def rules_of(*facts: f.Fact) -> list[str]:
    """The rules of the course, each once."""
    return sorted({entry.due.rule for entry in course_of(case(*facts, profile=RULED))})


def test_before_the_outcome_what_may_apply_is_shown_from_the_planned_end() -> None:
    """Plan and grade are not known yet, so nothing is left out for them, and there is one entry for all children."""
    assert rules_of() == ["E-1", "G-1", "V-1"]


def test_with_no_plan_nothing_of_a_plan_is_scheduled() -> None:
    """Only what does not need a plan is left (A00.10)."""
    assert rules_of(outcome(child("c1", Decision.NO_PLAN), child("c2", Decision.CHILD_IN_NEED))) == []


def test_one_child_with_a_plan_is_enough_for_the_core_group() -> None:
    """The core group, the first visit and their chains are there, once for the conference."""
    found = case(outcome(child("c1"), child("c2", Decision.NO_PLAN)), profile=RULED)
    assert [(e.due.rule, e.child) for e in course_of(found)] == [("G-1", None), ("V-1", None), ("V-2", None), ("G-2", None)]


@given(st.floats(0, 10), st.none() | st.floats(0, 10))
def test_escalation_is_for_each_child_graded_two_or_less(first: float, second: float | None) -> None:
    """0, 1 and 2 are escalated, 2.5 and no grade are not; each child by itself (SWG-18)."""
    found = case(outcome(child("c1", grade=first), child("c2", grade=second)), profile=RULED)
    wanted = [id_ for id_, grade in (("c1", first), ("c2", second)) if grade is not None and grade <= 2]
    assert sorted(str(entry.child) for entry in of("E-1", found)) == wanted


@pytest.mark.parametrize(("grade", "escalates"), [(0, True), (2, True), (2.5, False), (3, False)])
def test_the_edge_of_escalation(grade: float, escalates: bool) -> None:
    """2 escalates and 2.5 does not, with a plan or without."""
    assert ("E-1" in rules_of(outcome(child("c1", Decision.NO_PLAN, grade=grade), child("c2")))) is escalates


def test_the_midpoint_is_for_a_child_rated_red_between_end_and_review() -> None:
    """AMBER has none; RED has it, for that child, until the review that was set."""
    found = case(outcome(child("c1", rag=Rag.RED), child("c2", rag=Rag.AMBER)), profile=RULED)
    assert [(entry.child, entry.due.until_at) for entry in of("M-1", found)] == [("c1", REVIEW)]
    assert "M-1" not in rules_of(outcome(child("c1", rag=Rag.RED), child("c2"), review_at=None))


def test_what_comes_again_is_counted_from_the_last_one_done() -> None:
    """Before any was done from the date that was set, then from the last, whatever the order of the records."""
    first, second = GROUP + timedelta(days=1), GROUP + timedelta(days=20)
    assert of("G-2", case(outcome(), profile=RULED))[0].due.trigger_at == GROUP
    found = case(outcome(), done("core-group", second), done("core-group", first), profile=RULED)
    assert of("G-2", found)[0].due.trigger_at == second
    assert of("G-1", found)[0].done_at == first
    assert of("G-2", found)[0].done_at is None


def test_visits_recorded_for_a_child_are_that_childs() -> None:
    """Another child is still waiting for its own."""
    at = END + timedelta(hours=5)
    found = case(outcome(), done("visit", at, child=ChildId("c1")), profile=RULED)
    assert {entry.child: entry.done_at for entry in of("V-1", found)} == {"c1": at, "c2": None}
    assert {entry.child: entry.due.trigger_at for entry in of("V-2", found)} == {"c1": at, "c2": END + timedelta(days=1)}


def test_each_event_and_each_persons_notice_has_a_due_of_its_own() -> None:
    """Two events are two dues; a notice counts for its own person from the first that was accepted or handed over."""
    events = [done("significant-event", END + timedelta(days=n)) for n in (1, 3)]
    handed = done("decision-notice", END + timedelta(hours=2), person=PersonId("mother"))
    composed = f.CopyComposed(
        copy=CopyId("n1"), person=PersonId("gp"), document=f.Document.DECISION_NOTICE, issue=1, basis="b", blob=BlobId("b"),
        sha256="ab" * 32, pages=1, sections=(), left_out=(), needs_release=False,
    )  # fmt: skip
    accepted_at = END + timedelta(hours=1)
    taken = (accepted_at, f.MessageAccepted(copy=CopyId("n1"), attempt=1, reply="250 ok"))
    found = case(outcome(), *events, handed, composed, claimed("n1", "gp@gp.example"), taken, profile=RULED)
    assert len(of("S-1", found)) == 2
    assert notices_of(found) == {"gp": accepted_at, "mother": END + timedelta(hours=2)}
    assert {entry.person: entry.due.trigger_at for entry in of("N-1", found)} == notices_of(found)


def test_a_later_outcome_moves_what_hangs_on_it() -> None:
    """The outcome that was recorded last stands."""
    later = END + timedelta(minutes=20)
    second = replace(outcome(), outcome=replace(outcome().outcome, ended_at=later))
    assert of("G-1", case(outcome(), second, profile=RULED))[0].due.trigger_at == later


def test_the_words_for_what_was_done_are_those_of_the_profile() -> None:
    """Duties, rule ids and triggers are known; the id of one duty means that duty; nothing else is known."""
    found = case(profile=RULED)
    assert {"visit", "V-2", "core-group", "significant-event"} <= duties_known(found)
    assert duty_meant("V-1", found) == "first-visit"
    assert "nonsense" not in duties_known(found)
