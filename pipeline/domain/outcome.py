"""The outcome of a conference, as its chair records it: who came, what each agency thinks, what was decided, the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.domain.people import Category as Category
from pipeline.domain.people import ChildId, PersonId


class Decision(StrEnum):
    """What was decided about a child."""

    PLAN_MADE = "plan-made"
    PLAN_CONTINUED = "plan-continued"
    PLAN_ENDED = "plan-ended"
    NO_PLAN = "no-plan"
    CHILD_IN_NEED = "child-in-need"

    @property
    def with_plan(self) -> bool:
        """True for a child made, or kept, subject to a child protection plan (A00.10)."""
        return self in {Decision.PLAN_MADE, Decision.PLAN_CONTINUED}


class Rag(StrEnum):
    """The RAG rating of a child's risk, or of an action of a plan (NCC-18)."""

    RED = "RED"
    AMBER = "AMBER"
    GREEN = "GREEN"


class Opinion(StrEnum):
    """What an agency thinks of the type of plan (POR-12)."""

    PROTECTION_PLAN = "child-protection-plan"
    CHILD_IN_NEED_PLAN = "child-in-need-plan"
    NO_PLAN = "no-plan"
    UNSURE = "unsure"


class Presence(StrEnum):
    """Whether a person took part."""

    ATTENDED = "attended"
    BY_PHONE = "by-phone"
    APOLOGY = "apology"
    ABSENT = "absent"
    EXCLUDED = "excluded"

    @property
    def took_part(self) -> bool:
        """True for somebody who was there or was spoken to."""
        return self in {Presence.ATTENDED, Presence.BY_PHONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """Whether a person took part, and what a call to them led to ("reached, views taken", "no answer, tried twice"; BAD-8)."""

    person: PersonId
    presence: Presence
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A person's view for one child with its reasons (POR-12). `dissents`: they asked that their dissent be recorded."""

    person: PersonId
    child: ChildId
    opinion: Opinion
    rationale: str
    dissents: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleNumber:
    """A number that a person offered for one child on the safety scale, 0 (most worried) to 10 (NCC-13)."""

    person: PersonId
    child: ChildId
    number: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAction:
    """One action of the outline plan, for these children. `by_family`: family does it, not others (NCC-17).

    `who`, `by_when` and `measure` may be empty: the profile says whether that warns. `by_when` is a day, included.
    """

    children: tuple[ChildId, ...]
    action: str
    aim: str = ""
    who: str = ""
    by_when: date | None = None
    measure: str = ""
    by_family: bool = False
    rag: Rag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOutcome:
    """What was decided about one child, and why, in words that every recipient with a link to the child may read.

    `grade` is the overall grading, 0 to 10 (SWG-18). `worries` and `strengths` are the chair's summary (NCC-14).
    `core_group` are the people of the conference who form the core group.
    """

    child: ChildId
    decision: Decision
    reason: str
    category: Category | None = None
    grade: float | None = None
    rag: Rag | None = None
    danger_statement: str = ""
    safety_goal: str = ""
    worries: str = ""
    strengths: str = ""
    child_views: str = ""
    contingency: str = ""
    visits: str = ""
    seen_alone_by: str = ""
    core_group: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything recorded of one conference. Instants are UTC; `None` where not set.

    `ended_at` is the recorded end, `decided_at` the recorded decision where it is another instant (BAD-9). `decided_by` is
    a name. `quorate` None: not said. `immediate_actions` are sentences for the family (SWG-15). `late_because` is a
    manager's reason for a date after its limit.
    """

    ended_at: datetime
    decided_by: str
    children: tuple[ChildOutcome, ...]
    decided_at: datetime | None = None
    attendance: tuple[Attendance, ...] = ()
    views: tuple[View, ...] = ()
    scale: tuple[ScaleNumber, ...] = ()
    actions: tuple[PlanAction, ...] = ()
    immediate_actions: tuple[str, ...] = ()
    quorate: bool | None = None
    quorum_efforts: str = ""
    safety_plan_made: bool | None = None
    minute_taker: bool | None = None
    virtual: bool | None = None
    summary: str = ""
    family_views: str = ""
    core_group_at: datetime | None = None
    visit_at: datetime | None = None
    review_at: datetime | None = None
    late_because: str = ""

    @property
    def decision_at(self) -> datetime:
        """When the decision was made: as recorded, else the end (R7)."""
        return self.decided_at or self.ended_at

    @property
    def with_plan(self) -> bool:
        """True where any child was made, or kept, subject to a plan (A00.10)."""
        return any(child.decision.with_plan for child in self.children)

    def of(self, child: ChildId) -> ChildOutcome | None:
        """Returns what was decided about this child, or None."""
        return next((one for one in self.children if one.child == child), None)
