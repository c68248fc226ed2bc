"""The form of an outcome: which keys there are and what each may hold. It is filled as that of a booking is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.adapters.booking_form import ABSENT, Day, Id, Tidy, WallTime, as_draft, filled, schema_of
from pipeline.domain.booking import Finding
from pipeline.domain.outcome import Category, Decision, Opinion, Presence, Rag
from pipeline.domain.outcome_check import LONGEST_LINE, LONGEST_PASSAGE, REQUIRED, SCALE
from pipeline.domain.outcome_draft import (
    ActionDraft,
    AttendanceDraft,
    ChildOutcomeDraft,
    DatesDraft,
    OutcomeDraft,
    OutcomeRecord,
    ScaleDraft,
    ViewDraft,
)
from pipeline.domain.written import LONGEST, tidied_passage

Line = Annotated[str, Tidy, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_LINE})]
Passage = Annotated[
    str, AfterValidator(tidied_passage), Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_PASSAGE})
]
ToTen = Annotated[float, Field(json_schema_extra={"minimum": SCALE[0], "maximum": SCALE[1]})]
Ids = Annotated[list[Id], Field(max_length=200, json_schema_extra={"uniqueItems": True})]


def _required(draft: type[OutcomeRecord], *more: str) -> ConfigDict:
    """Returns the strictness of every table, with what the table must say put into its schema."""
    return ConfigDict(strict=True, extra="forbid", json_schema_extra={"required": [*REQUIRED[draft], *more]})


class ChildForm(BaseModel):
    """What was decided about one child; every child of the conference has one."""

    model_config = _required(ChildOutcomeDraft)

    id: Id = Field(ABSENT, description="the child's id in the booking")
    decision: Annotated[Decision, Field(strict=False)] = Field(ABSENT)
    reason: Passage = Field(ABSENT, description="in words that all who have to do with the child may read")
    category: Annotated[Category, Field(strict=False)] = Field(ABSENT, description="needed with a plan")
    grade: ToTen = Field(ABSENT, description="the overall grading")
    rag: Annotated[Rag, Field(strict=False)] = Field(ABSENT)
    danger_statement: Passage = Field(ABSENT)
    safety_goal: Passage = Field(ABSENT)
    worries: Passage = Field(ABSENT)
    strengths: Passage = Field(ABSENT)
    child_views: Passage = Field(ABSENT)
    contingency: Passage = Field(ABSENT)
    visits: Line = Field(ABSENT, description="how often the child is visited, and by whom")
    seen_alone_by: Line = Field(ABSENT)
    core_group: Ids = Field(ABSENT, description="ids of the people who form the core group")


class AttendanceForm(BaseModel):
    """Whether a person took part."""

    model_config = _required(AttendanceDraft)

    person: Id = Field(ABSENT)
    presence: Annotated[Presence, Field(strict=False)] = Field(ABSENT)
    call: Line = Field(ABSENT, description="what a call to the person led to")


class ViewForm(BaseModel):
    """A person's view on the type of plan for one child."""

    model_config = _required(ViewDraft)

    person: Id = Field(ABSENT)
    child: Id = Field(ABSENT)
    opinion: Annotated[Opinion, Field(strict=False)] = Field(ABSENT)
    rationale: Passage = Field(ABSENT)
    dissents: bool = Field(ABSENT, description="they asked that their dissent be recorded")


class ScaleForm(BaseModel):
    """A person's number for one child on the safety scale."""

    model_config = _required(ScaleDraft)

    person: Id = Field(ABSENT)
    child: Id = Field(ABSENT)
    number: ToTen = Field(ABSENT)


class ActionForm(BaseModel):
    """One action of the outline plan."""

    model_config = _required(ActionDraft)

    children: Ids = Field(ABSENT, description="default: every child with a plan")
    action: Passage = Field(ABSENT)
    aim: Passage = Field(ABSENT)
    who: Line = Field(ABSENT)
    by_when: Day = Field(ABSENT)
    measure: Passage = Field(ABSENT, description="how it is seen that it was done")
    by_family: bool = Field(ABSENT, description="family does it, not others; default false")
    rag: Annotated[Rag, Field(strict=False)] = Field(ABSENT)


class DatesForm(BaseModel):
    """The dates that were set; local times, Europe/London, without offset."""

    model_config = _required(DatesDraft)

    core_group: WallTime = Field(ABSENT)
    visit: WallTime = Field(ABSENT)
    review: WallTime = Field(ABSENT)
    late_because: Passage = Field(ABSENT, description="a manager's reason for a date after its limit")


class OutcomeForm(BaseModel):
    """The outcome of a child protection conference, as `packs outcome` takes it in TOML or JSON."""

    model_config = _required(OutcomeDraft, "child")

    ended: WallTime = Field(ABSENT, description="when it ended: local time, Europe/London, without offset")
    decided: WallTime = Field(ABSENT, description="when it was decided, where that is another time")
    decided_by: Annotated[str, Tidy, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST["decided_by"]})] = Field(
        ABSENT, description="the name of who decided"
    )
    quorate: bool = Field(ABSENT)
    quorum_efforts: Passage = Field(ABSENT)
    safety_plan_made: bool = Field(ABSENT, description="a safety plan was made beforehand")
    minute_taker: bool = Field(ABSENT, description="a minute taker took part")
    virtual: bool = Field(ABSENT, description="it was not held face to face")
    summary: Passage = Field(ABSENT)
    family_views: Passage = Field(ABSENT)
    immediate_actions: list[Passage] = Field([], max_length=50, description="sentences for the family")
    child: list[ChildForm] = Field([], max_length=30, json_schema_extra={"minItems": 1})
    attendance: list[AttendanceForm] = Field([], max_length=200)
    view: list[ViewForm] = Field([], max_length=2000)
    scale: list[ScaleForm] = Field([], max_length=2000)
    action: list[ActionForm] = Field([], max_length=200)
    dates: DatesForm = Field(ABSENT)


_FORMS: dict[str, type[BaseModel]] = {
    "child": ChildForm,
    "attendance": AttendanceForm,
    "view": ViewForm,
    "scale": ScaleForm,
    "action": ActionForm,
    "dates": DatesForm,
}


def outcome_draft(untrusted: Mapping[str, Any]) -> tuple[OutcomeDraft, list[Finding]]:
    """Returns what could be read of an outcome, and what is wrong with the keys and types of the rest."""
    form, found = filled(OutcomeForm, untrusted, _FORMS)
    return (
        as_draft(
            OutcomeDraft,
            form,
            child=tuple(as_draft(ChildOutcomeDraft, part) for part in form.child),
            attendance=tuple(as_draft(AttendanceDraft, part) for part in form.attendance),
            view=tuple(as_draft(ViewDraft, part) for part in form.view),
            scale=tuple(as_draft(ScaleDraft, part) for part in form.scale),
            action=tuple(as_draft(ActionDraft, part) for part in form.action),
            dates=form.dates and as_draft(DatesDraft, form.dates),
        ),
        found,
    )


def outcome_schema() -> dict[str, Any]:
    """Returns the JSON schema (draft 2020-12) of an outcome."""
    return schema_of(OutcomeForm)
