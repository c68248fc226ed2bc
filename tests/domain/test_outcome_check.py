"""What an outcome must say to be possible at all, and what rules say to it; plain values and an invented profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import PROFILE, SCHOOL, TOBIN, case, conference, exclusion, gives, report, rule

from pipeline.domain import facts as f
from pipeline.domain.acting import Act, Condition, Place, Verb
from pipeline.domain.outcome import Category, Decision, Opinion, Presence
from pipeline.domain.outcome_check import judged_by_rules, looked_at, outcome_findings
from pipeline.domain.outcome_draft import (
    ActionDraft,
    AttendanceDraft,
    ChildOutcomeDraft,
    DatesDraft,
    OutcomeDraft,
    ScaleDraft,
    ViewDraft,
    outcome_from,
)
from pipeline.domain.people import PersonId
from pipeline.domain.profile import Direction, Profile, Trigger, Unit

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PLAN = ChildOutcomeDraft(id="c1", decision=Decision.PLAN_MADE, category=Category.NEGLECT, reason="harm")
NO_PLAN = ChildOutcomeDraft(id="c2", decision=Decision.NO_PLAN, reason="safe enough")
GOOD = OutcomeDraft(ended="2026-11-30T11:30", decided_by="Rosalind Tarrow", child=(PLAN, NO_PLAN))


def found(draft: OutcomeDraft) -> dict[str, str]:
    """The findings of a draft beside family F1: path in words, message."""
    return {"/".join(map(str, one.path)): one.message for one in outcome_findings(draft, conference(), NOW)}


def test_a_whole_outcome_has_nothing_found() -> None:
    """Every child once, instants in their order: nothing is found, and the outcome is what was written."""
    assert found(GOOD) == {}
    made = outcome_from(GOOD)
    assert [child.child for child in made.children] == ["c1", "c2"]
    assert made.ended_at == datetime(2026, 11, 30, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"ended": None}, "ended", "is required"),
        ({"ended": "2026-11-30T09:30"}, "ended", "is not after the conference's start"),
        ({"ended": "2026-11-30T12:01"}, "ended", "lies in the future"),
        ({"decided": "2026-11-30T12:01"}, "decided", "lies in the future"),
        ({"ended": "2026-11-31T12:00"}, "ended", "not in the calendar"),
        ({"decided_by": "!"}, "decided_by", "holds no letter"),
        ({"dates": DatesDraft(review="2026-11-30T11:30")}, "dates/review", "is not after the end"),
        ({"child": (PLAN,)}, "child", "says nothing of 'c2'"),
        ({"child": (PLAN, NO_PLAN, replace(NO_PLAN, id="c1"))}, "child/2/id", "each child once"),
        ({"child": (PLAN, NO_PLAN, replace(NO_PLAN, id="c9"))}, "child/2/id", "is no child of this conference"),
        ({"child": (replace(PLAN, category=None), NO_PLAN)}, "child/0/category", "is required where a plan"),
        ({"child": (replace(PLAN, grade=10.5), NO_PLAN)}, "child/0/grade", "from 0 to 10"),
        ({"child": (replace(PLAN, grade=float("nan")), NO_PLAN)}, "child/0/grade", "from 0 to 10"),
        ({"child": (replace(PLAN, decision=Decision.PLAN_ENDED), NO_PLAN)}, "child/0/decision", "there was no plan before"),
        ({"child": (replace(PLAN, core_group=("nobody",)), NO_PLAN)}, "child/0/core_group/0", "is no person"),
        ({"attendance": (AttendanceDraft(person="gp"),)}, "attendance/0/presence", "is required"),
        (
            {"attendance": (AttendanceDraft(person="gp", presence=Presence.ABSENT),) * 2},
            "attendance/1/person",
            "has an attendance already",
        ),
        ({"view": (ViewDraft(person="father", child="c2", opinion=Opinion.UNSURE),)}, "view/0/child", "has no link to 'c2'"),
        ({"view": (ViewDraft(person="gp", child="c2", opinion=Opinion.UNSURE),) * 2}, "view/1/person", "spoken for 'c2'"),
        ({"scale": (ScaleDraft(person="mother", child="c1", number=-1),)}, "scale/0/number", "from 0 to 10"),
        ({"action": (ActionDraft(action="a", children=("c9",)),)}, "action/0/children/0", "is no child"),
        ({"action": (ActionDraft(action="a", by_when=date(2026, 11, 29)),)}, "action/0/by_when", "before the conference"),
        (
            {"child": (replace(NO_PLAN, id="c1"), NO_PLAN), "action": (ActionDraft(action="a"),)},
            "action/0/children",
            "where no child has a plan",
        ),
    ],
)
def test_what_cannot_be_is_found(changes: dict[str, object], path: str, says: str) -> None:
    """Each thing that cannot be true is found at its own place."""
    messages = found(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert says in messages[path], messages


def test_an_action_without_children_is_for_those_with_a_plan() -> None:
    """Where an action names nobody it is for the children with a plan, and no other."""
    made = outcome_from(replace(GOOD, action=(ActionDraft(action="see the nurse"),)))
    assert made.actions[0].children == ("c1",)


def holds(fact: str, value: bool | int | str = True, comparison: str = "") -> Condition:
    """A condition."""
    return Condition(fact=fact, value=value, comparison=comparison)


def told(draft: OutcomeDraft, *conditions: Condition, where: Place = Place.OUTCOME, facts: tuple[f.Fact, ...] = ()) -> bool:
    """True where a warning with these conditions would be given."""
    act = Act(do=Verb.WARN, where=where, when=conditions, says="said")
    profile = replace(PROFILE, rules=(rule("invented", 1, acts=(act,)),))
    return bool(judged_by_rules(outcome_from(draft), case(*facts, profile=profile)).warnings)


AGENCIES = tuple(AttendanceDraft(person=p, presence=Presence.ATTENDED) for p in ("chair", "sw", "school", "gp"))
VIEWS = tuple(
    ViewDraft(person=p, child=c, opinion=Opinion.UNSURE, rationale="because") for p in ("sw", "school", "gp") for c in ("c1", "c2")
)


def test_views_are_complete_when_each_agency_that_took_part_spoke_for_each_child() -> None:
    """One view missing, or one without reasons, leaves them incomplete; an agency that was not there owes none."""
    complete = holds("views-complete")
    assert told(replace(GOOD, attendance=AGENCIES, view=VIEWS), complete)
    assert not told(replace(GOOD, attendance=AGENCIES, view=VIEWS[1:]), complete)
    assert not told(replace(GOOD, attendance=AGENCIES, view=(replace(VIEWS[0], rationale=None), *VIEWS[1:])), complete)
    assert told(GOOD, complete)


def test_calls_have_an_outcome_when_each_parent_was_there_or_was_rung() -> None:
    """Somebody who was not there needs what their call led to."""
    there = (AttendanceDraft(person="mother", presence=Presence.ATTENDED),)
    silent = (*there, AttendanceDraft(person="father", presence=Presence.ABSENT))
    rung = (*there, AttendanceDraft(person="father", presence=Presence.ABSENT, call="no answer, tried twice"))
    asked = holds("call-has-outcome")
    assert [told(replace(GOOD, attendance=one), asked) for one in (there, silent, rung)] == [False, False, True]


def test_a_report_is_missing_until_it_is_filed_or_there_is_nothing_to_report() -> None:
    """All four that were asked must have spoken."""
    filed: tuple[f.Fact, ...] = tuple(report(p, p) for p in ("sw", "school", "gp"))
    nil = f.NilReturnRecorded(person=PersonId("police"), by="Clerk One", because="not known")
    missing = holds("report-missing")
    assert told(GOOD, missing, where=Place.CONFERENCE, facts=filed)
    assert not told(GOOD, missing, where=Place.CONFERENCE, facts=(*filed, nil))


def test_what_may_be_a_slip_is_told_whatever_the_rules_are() -> None:
    """Dates on closed days, somebody kept away who took part or is in a core group, a view of a child that is not theirs."""
    away = f.ExclusionMade(exclusion=exclusion("father"))
    made = case(away, f.PersonChanged(person=replace(SCHOOL, children=(TOBIN.id,))))
    draft = replace(
        GOOD,
        child=(replace(PLAN, core_group=("school", "father")), NO_PLAN),
        dates=DatesDraft(core_group="2026-12-25T10:00", visit="2026-12-05T10:00", review="2027-02-19T10:00"),
        attendance=(AttendanceDraft(person="father", presence=Presence.ATTENDED),),
        view=tuple(ViewDraft(person="school", child=child, opinion=Opinion.NO_PLAN) for child in ("c1", "c2")),
    )
    said = [one.says for one in looked_at(outcome_from(draft), made)]
    assert len(said) == 5, said
    parts = ("core group is set for Fri 25 Dec", "visit is set for Sat 05 Dec", "father took part", "view of c2", "group of c1")
    for words in parts:
        assert sum(words in one for one in said) == 1, words
    assert looked_at(outcome_from(GOOD), made) == ()


def test_immediate_actions_that_no_document_carries_are_told_of() -> None:
    """An authority without a sheet for them would let them go nowhere in silence."""
    outcome = outcome_from(replace(GOOD, immediate_actions=("Stay with the aunt tonight.",)))
    (said,) = looked_at(outcome, case())
    assert "immediate actions" in said.says
    carried = replace(PROFILE, documents=(gives(f.Document.IMMEDIATE_ACTIONS, "family"),))
    assert looked_at(outcome, case(profile=carried)) == ()


def test_what_nobody_said_counts_as_no() -> None:
    """Quorate, virtual and minute taker are known only where they were recorded."""
    assert told(GOOD, holds("quorate", False), where=Place.CONFERENCE)
    assert not told(replace(GOOD, quorate=True), holds("quorate", False), where=Place.CONFERENCE)
    assert told(replace(GOOD, virtual=True), holds("virtual"))


def test_the_plan_is_asked_about_for_a_child_with_a_plan_only() -> None:
    """An incomplete action of a child without a plan is no matter of the plan."""
    open_action = (ActionDraft(action="a", children=("c2",)),)
    asked = holds("action-complete", False)
    assert not told(replace(GOOD, action=open_action), asked, where=Place.PLAN)
    assert told(replace(GOOD, action=(ActionDraft(action="a", children=("c1",)),)), asked, where=Place.PLAN)


def limited(**changes: object) -> Profile:
    """A profile whose reviews are due within three months, which warns past that and blocks without a date."""
    acts = (
        Act(do=Verb.BLOCK, where=Place.OUTCOME, when=(holds("review-date-set", False),), says="set it"),
        Act(do=Verb.WARN, where=Place.OUTCOME, when=(holds("past-limit"), holds("limit-reason-given", False)), says="late"),
    )
    made = rule("review-conference", 1, acts=acts, unit=Unit.MONTHS, amount=3, direction=Direction.AFTER, id="R-1",
                trigger=Trigger.CONFERENCE_END, only_with_plan=True, **changes)  # fmt: skip
    return replace(PROFILE, rules=(made,))


@pytest.mark.parametrize(
    ("review", "reason", "warns"),
    [("2027-02-28T23:59:59", None, 0), ("2027-03-01T00:00", None, 1), ("2027-03-01T00:00", "no room", 0)],
)
def test_a_date_after_its_limit_warns_without_a_reason(review: str, reason: str | None, warns: int) -> None:
    """At the due instant it is in time, a second later it is late, and a manager's reason settles it."""
    dated = replace(GOOD, dates=DatesDraft(review=review, late_because=reason))
    judged = judged_by_rules(outcome_from(dated), case(profile=limited()))
    assert len(judged.warnings) == warns and not judged.blocks


@given(
    decisions=st.tuples(*[st.sampled_from([Decision.NO_PLAN, Decision.CHILD_IN_NEED])] * 2),
    grade=st.none() | st.floats(0, 10),
    dates=st.sampled_from([None, DatesDraft(review="2028-01-01T10:00")]),
)
def test_with_no_plan_a_rule_for_plans_neither_blocks_nor_warns(
    decisions: tuple[Decision, Decision], grade: float | None, dates: DatesDraft | None
) -> None:
    """Whatever else is recorded, closing without a plan is not stopped by what only a plan needs (A00.10)."""
    children = tuple(
        ChildOutcomeDraft(id=id_, decision=made, reason="r", grade=grade) for id_, made in zip(("c1", "c2"), decisions, strict=True)
    )
    judged = judged_by_rules(outcome_from(replace(GOOD, child=children, dates=dates)), case(profile=limited()))
    assert not judged.blocks and not judged.warnings
