"""An outcome as far as it could be read, and the outcome that a faultless one makes.

A value is None where it is absent or where its own type was already reported; so every other problem can still be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from pipeline.domain.calendar import parse_local
from pipeline.domain.outcome import (
    Attendance,
    Category,
    ChildOutcome,
    Decision,
    Opinion,
    Outcome,
    PlanAction,
    Presence,
    Rag,
    ScaleNumber,
    View,
)
from pipeline.domain.people import ChildId, PersonId

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOutcomeDraft:
    """What was decided about one child, as written."""

    id: str | None = None
    decision: Decision | None = None
    reason: str | None = None
    category: Category | None = None
    grade: float | None = None
    rag: Rag | None = None
    danger_statement: str | None = None
    safety_goal: str | None = None
    worries: str | None = None
    strengths: str | None = None
    child_views: str | None = None
    contingency: str | None = None
    visits: str | None = None
    seen_alone_by: str | None = None
    core_group: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceDraft:
    """Whether a person took part, as written."""

    person: str | None = None
    presence: Presence | None = None
    call: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewDraft:
    """A person's view for one child, as written."""

    person: str | None = None
    child: str | None = None
    opinion: Opinion | None = None
    rationale: str | None = None
    dissents: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDraft:
    """A number on the safety scale, as written."""

    person: str | None = None
    child: str | None = None
    number: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDraft:
    """An action of the plan, as written. `children` None: every child with a plan."""

    children: tuple[str, ...] | None = None
    action: str | None = None
    aim: str | None = None
    who: str | None = None
    by_when: date | None = None
    measure: str | None = None
    by_family: bool | None = None
    rag: Rag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesDraft:
    """The dates that were set, as written: local texts, YYYY-MM-DDTHH:MM[:SS]."""

    core_group: str | None = None
    visit: str | None = None
    review: str | None = None
    late_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDraft:
    """An outcome as written; `ended` and `decided` are local texts, YYYY-MM-DDTHH:MM[:SS]."""

    ended: str | None = None
    decided: str | None = None
    decided_by: str | None = None
    quorate: bool | None = None
    quorum_efforts: str | None = None
    safety_plan_made: bool | None = None
    minute_taker: bool | None = None
    virtual: bool | None = None
    summary: str | None = None
    family_views: str | None = None
    immediate_actions: tuple[str, ...] = ()
    child: tuple[ChildOutcomeDraft, ...] = ()
    attendance: tuple[AttendanceDraft, ...] = ()
    view: tuple[ViewDraft, ...] = ()
    scale: tuple[ScaleDraft, ...] = ()
    action: tuple[ActionDraft, ...] = ()
    dates: DatesDraft | None = None


OutcomeRecord = OutcomeDraft | ChildOutcomeDraft | AttendanceDraft | ViewDraft | ScaleDraft | ActionDraft | DatesDraft


def outcome_from(draft: OutcomeDraft) -> Outcome:
    """Returns the outcome of a draft in which nothing was found."""
    dates = draft.dates or DatesDraft()
    planned = tuple(ChildId(_given(c.id)) for c in draft.child if c.decision is not None and c.decision.with_plan)
    return Outcome(
        ended_at=parse_local(_given(draft.ended)),
        decided_at=_instant(draft.decided),
        decided_by=_given(draft.decided_by),
        children=tuple(_child(child) for child in draft.child),
        attendance=tuple(
            Attendance(person=PersonId(_given(a.person)), presence=_given(a.presence), call=a.call or "")
            for a in draft.attendance
        ),
        views=tuple(
            View(
                person=PersonId(_given(v.person)),
                child=ChildId(_given(v.child)),
                opinion=_given(v.opinion),
                rationale=v.rationale or "",
                dissents=v.dissents or False,
            )
            for v in draft.view
        ),
        scale=tuple(
            ScaleNumber(person=PersonId(_given(s.person)), child=ChildId(_given(s.child)), number=_given(s.number))
            for s in draft.scale
        ),
        actions=tuple(
            PlanAction(
                children=tuple(ChildId(child) for child in a.children) if a.children is not None else planned,
                action=_given(a.action),
                aim=a.aim or "",
                who=a.who or "",
                by_when=a.by_when,
                measure=a.measure or "",
                by_family=a.by_family or False,
                rag=a.rag,
            )
            for a in draft.action
        ),
        immediate_actions=draft.immediate_actions,
        quorate=draft.quorate,
        quorum_efforts=draft.quorum_efforts or "",
        safety_plan_made=draft.safety_plan_made,
        minute_taker=draft.minute_taker,
        virtual=draft.virtual,
        summary=draft.summary or "",
        family_views=draft.family_views or "",
        core_group_at=_instant(dates.core_group),
        visit_at=_instant(dates.visit),
        review_at=_instant(dates.review),
        late_because=dates.late_because or "",
    )


def _child(draft: ChildOutcomeDraft) -> ChildOutcome:
    return ChildOutcome(
        child=ChildId(_given(draft.id)),
        decision=_given(draft.decision),
        reason=_given(draft.reason),
        category=draft.category,
        grade=draft.grade,
        rag=draft.rag,
        danger_statement=draft.danger_statement or "",
        safety_goal=draft.safety_goal or "",
        worries=draft.worries or "",
        strengths=draft.strengths or "",
        child_views=draft.child_views or "",
        contingency=draft.contingency or "",
        visits=draft.visits or "",
        seen_alone_by=draft.seen_alone_by or "",
        core_group=tuple(PersonId(person) for person in draft.core_group or ()),
    )


def _instant(text: str | None) -> datetime | None:
    return parse_local(text) if text is not None else None


def _given(value: Value | None) -> Value:
    """Returns a value that the findings have already made sure of."""
    if value is None:
        raise ValueError("a draft with findings makes no outcome: look at outcome_findings first")
    return value
