"""A booking as far as it could be read, and the conference that a faultless one makes.

A value is None where it is absent or where its own type was already reported; so every other problem can still be
found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from pipeline.domain.calendar import parse_local
from pipeline.domain.people import (
    Advocacy,
    Booking,
    Category,
    Child,
    ChildId,
    ConferenceRef,
    ConferenceType,
    ConsultationSaid,
    Decided,
    DetailId,
    DetailKind,
    ExcludedFrom,
    Exclusion,
    HouseholdMember,
    Person,
    PersonId,
    Previous,
    ProtectedDetail,
    Role,
    Session,
    StrategyDiscussion,
)

Value = TypeVar("Value")
DEFAULT_SLOT_MINUTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildDraft:
    """A child as written."""

    id: str | None = None
    name: str | None = None
    born_on: date | None = None
    due_on: date | None = None
    wants_to_speak: bool | None = None
    advocacy: Advocacy | None = None
    seen_alone_on: date | None = None
    seen_alone_because: str | None = None
    advocacy_consent: bool | None = None
    school: str | None = None
    gp: str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    language: str | None = None
    disability: str | None = None
    home_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdDraft:
    """Somebody else of the household as written."""

    name: str | None = None
    relationship: str | None = None
    born_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """A person as written. `children` None: not stated."""

    id: str | None = None
    name: str | None = None
    role: Role | None = None
    agency: str | None = None
    email: str | None = None
    phone: str | None = None
    asked_for_report: bool | None = None
    resident: bool | None = None
    parental_responsibility: bool | None = None
    large_print: bool | None = None
    children: tuple[str, ...] | None = None
    include: bool | None = None
    include_because: str | None = None
    interpreter: str | None = None
    access_needs: str | None = None
    relationship: str | None = None
    born_on: date | None = None
    risk_to_staff: str | None = None
    orders: str | None = None
    safe_contact: str | None = None
    lead_email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscussionDraft:
    """A strategy discussion as written; `at` is local text, YYYY-MM-DDTHH:MM[:SS]."""

    at: str | None = None
    initiated_s47: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousDraft:
    """The conference before this one as written."""

    type: ConferenceType | None = None
    held_on: date | None = None
    plan_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionDraft:
    """An exclusion as written."""

    person: str | None = None
    from_: tuple[ExcludedFrom, ...] | None = None
    because: str | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedDraft:
    """A protected detail as written."""

    detail: str | None = None
    kind: DetailKind | None = None
    from_: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDraft:
    """One part of a split conference as written; `start` is local text."""

    name: str | None = None
    start: str | None = None
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationDraft:
    """A consultation before the booking as written; `_at` are local text."""

    requested_at: str | None = None
    requested_by: str | None = None
    held_at: str | None = None
    held_by: str | None = None
    recommends: str | None = None
    recommends_because: str | None = None
    decided_at: str | None = None
    decided_by: str | None = None
    decision: Decided | None = None
    decided_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDraft:
    """A booking as written; `start` and `confidential_slot` are local text, YYYY-MM-DDTHH:MM[:SS]."""

    profile: str | None = None
    type: ConferenceType | None = None
    start: str | None = None
    slot_minutes: int | None = None
    reference: str | None = None
    mode: str | None = None
    strategy_discussion: tuple[DiscussionDraft, ...] = ()
    child: tuple[ChildDraft, ...] = ()
    person: tuple[PersonDraft, ...] = ()
    previous: PreviousDraft | None = None
    exclusion: tuple[ExclusionDraft, ...] = ()
    protected: tuple[ProtectedDraft, ...] = ()
    service: str | None = None
    limit_because: str | None = None
    limit_by: str | None = None
    split: tuple[SessionDraft, ...] = ()
    confidential_slot: str | None = None
    child_care: str | None = None
    safety_plan_made: bool | None = None
    minute_taker: str | None = None
    consultation: ConsultationDraft | None = None
    s47_because: str | None = None
    category_considered: Category | None = None
    confidential_section_expected: bool | None = None
    household: tuple[HouseholdDraft, ...] = ()


def booking_from(draft: BookingDraft) -> Booking:
    """Returns the booking of a draft in which nothing was found; protected details are numbered d1, d2 ... in order."""
    children = tuple(
        Child(
            id=ChildId(_given(c.id)),
            name=_given(c.name),
            born_on=c.born_on,
            due_on=c.due_on,
            wants_to_speak=c.wants_to_speak,
            advocacy=c.advocacy,
            seen_alone_on=c.seen_alone_on,
            seen_alone_because=c.seen_alone_because,
            advocacy_consent=c.advocacy_consent,
            school=c.school,
            gp=c.gp,
            gender=c.gender,
            ethnicity=c.ethnicity,
            language=c.language,
            disability=c.disability,
            home_address=c.home_address,
        )
        for c in draft.child
    )
    return Booking(
        profile=_given(draft.profile),
        type=_given(draft.type),
        start_at=parse_local(_given(draft.start)),
        slot_minutes=DEFAULT_SLOT_MINUTES if draft.slot_minutes is None else draft.slot_minutes,
        reference=ConferenceRef(draft.reference) if draft.reference is not None else None,
        mode=draft.mode,
        children=children,
        people=tuple(person_from(person, children) for person in draft.person),
        strategy_discussions=tuple(
            StrategyDiscussion(at=parse_local(_given(d.at)), initiated_s47=d.initiated_s47 or False)
            for d in draft.strategy_discussion
        ),
        previous=_previous_from(draft.previous) if draft.previous else None,
        exclusions=tuple(
            Exclusion(
                person=PersonId(_given(e.person)),
                from_=_given(e.from_),
                because=_given(e.because),
                decided_by=_given(e.decided_by),
            )
            for e in draft.exclusion
        ),
        protected=tuple(
            ProtectedDetail(
                id=DetailId(f"d{number}"),
                detail=_given(p.detail),
                kind=p.kind or DetailKind.OTHER,
                from_=tuple(PersonId(person) for person in _given(p.from_)),
            )
            for number, p in enumerate(draft.protected, start=1)
        ),
        service=draft.service,
        limit_because=draft.limit_because,
        limit_by=draft.limit_by,
        split=tuple(
            Session(
                name=_given(s.name),
                start_at=parse_local(_given(s.start)),
                people=tuple(PersonId(person) for person in _given(s.people)),
            )
            for s in draft.split
        ),
        confidential_slot=parse_local(draft.confidential_slot) if draft.confidential_slot is not None else None,
        child_care=draft.child_care,
        safety_plan_made=draft.safety_plan_made,
        minute_taker=draft.minute_taker,
        consultation=_consultation_from(draft.consultation) if draft.consultation else None,
        s47_because=draft.s47_because,
        category_considered=draft.category_considered,
        confidential_section_expected=draft.confidential_section_expected,
        household=tuple(
            HouseholdMember(name=_given(h.name), relationship=h.relationship, born_on=h.born_on) for h in draft.household
        ),
    )


def person_from(draft: PersonDraft, children: Sequence[Child]) -> Person:
    """Returns the person of a draft in which nothing was found; children not stated are all of them."""
    linked = draft.children if draft.children is not None else tuple(child.id for child in children)
    return Person(
        id=PersonId(_given(draft.id)),
        name=_given(draft.name),
        role=_given(draft.role),
        children=tuple(ChildId(child) for child in linked),
        agency=draft.agency,
        email=draft.email,
        phone=draft.phone,
        asked_for_report=draft.asked_for_report or False,
        resident=draft.resident,
        parental_responsibility=draft.parental_responsibility,
        large_print=draft.large_print or False,
        include=draft.include,
        include_because=draft.include_because,
        interpreter=draft.interpreter,
        access_needs=draft.access_needs,
        relationship=draft.relationship,
        born_on=draft.born_on,
        risk_to_staff=draft.risk_to_staff,
        orders=draft.orders,
        safe_contact=draft.safe_contact,
        lead_email=draft.lead_email,
    )


def _consultation_from(draft: ConsultationDraft) -> ConsultationSaid:
    """Returns the consultation before the booking."""
    return ConsultationSaid(
        requested_at=parse_local(draft.requested_at) if draft.requested_at is not None else None,
        requested_by=draft.requested_by,
        held_at=parse_local(draft.held_at) if draft.held_at is not None else None,
        held_by=draft.held_by,
        recommends=draft.recommends,
        recommends_because=draft.recommends_because,
        decided_at=parse_local(draft.decided_at) if draft.decided_at is not None else None,
        decided_by=draft.decided_by,
        decision=draft.decision,
        decided_because=draft.decided_because,
    )


def _previous_from(draft: PreviousDraft) -> Previous:
    """Returns the conference before this one."""
    return Previous(type=draft.type, held_on=draft.held_on, plan_since=draft.plan_since)


def _given(value: Value | None) -> Value:
    """Returns a value that the findings have already made sure of."""
    if value is None:
        raise ValueError("a draft with findings makes no booking: look at booking_findings first")
    return value
