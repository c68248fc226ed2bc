"""The review conference as it follows from the one before it: who and what is carried over, and what a person must look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.domain.booking import ADULT_AT_YEARS, years_old
from pipeline.domain.calendar import to_local
from pipeline.domain.conference import Conference
from pipeline.domain.outcome import Decision
from pipeline.domain.people import (
    Booking,
    Child,
    ChildId,
    ConferenceRef,
    ConferenceType,
    Person,
    PersonId,
    Previous,
    ProtectedDetail,
    Role,
)
from pipeline.domain.protected import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review conference as it would be booked, with what to look at, one sentence each: ids only, never a name."""

    booking: Booking
    to_look_at: tuple[str, ...]


def children_of_review(before: Conference, start_at: datetime) -> tuple[Child, ...]:
    """Returns the children whose plan is to be reviewed then: each has a plan by the outcome that stands, and is under 18."""
    on, outcome = to_local(start_at).date(), before.outcome
    planned = {one.child for one in outcome.children if one.decision.with_plan} if outcome is not None else set()
    return tuple(child for child in before.booking.children if child.id in planned and not _adult(child, on))


def review_of(before: Conference, start_at: datetime, reference: ConferenceRef | None = None) -> Review:
    """Returns the review of a conference that has an outcome with a plan, starting at this instant (UTC).

    Every exclusion and protected detail of somebody who is carried over is carried over with them. What was found out or
    agreed for the conference before alone (its enquiry, its sessions, a reason for its date) is not.
    """
    kept = children_of_review(before, start_at)
    ids = {child.id for child in kept}
    people = tuple(_carried(before, ids))
    here = {person.id for person in people}
    exclusions = tuple(one for one in before.exclusions if one.person in here)
    protected = tuple(
        replace(one, from_=tuple(person for person in one.from_ if person in here))
        for one in before.protected
        if here & set(one.from_)
    )
    booking = Booking(
        profile=before.booking.profile,
        type=ConferenceType.REVIEW,
        start_at=start_at,
        reference=reference,
        slot_minutes=before.booking.slot_minutes,
        mode=None if "split" in folded(before.booking.mode or "").split() else before.booking.mode,
        service=before.booking.service,
        child_care=before.booking.child_care,
        minute_taker=before.booking.minute_taker,
        safety_plan_made=_safety_plan(before),
        # the section 47 enquiry was that of the conference before; whether a child wants to speak is asked anew
        children=tuple(
            replace(child, wants_to_speak=None, seen_alone_on=None, seen_alone_because=None) for child in kept
        ),
        people=people,
        previous=Previous(
            type=before.booking.type, held_on=to_local(before.start_at).date(), plan_since=_plan_since(before, ids)
        ),
        exclusions=exclusions,
        protected=protected,
        household=before.booking.household,
    )
    return Review(booking=booking, to_look_at=tuple(_to_look_at(before, booking)))


def _carried(before: Conference, ids: set[ChildId]) -> Iterator[Person]:
    """The people with a role for a child that is reviewed, cut to those children; the chair and who has no child's role stay."""
    for person in before.people.values():
        children = tuple(child for child in person.children if child in ids)
        if children or not person.children or person.role is Role.CHAIR:
            yield replace(person, children=children, contact=None)


def _plan_since(before: Conference, ids: set[ChildId]) -> date | None:
    """The day of the oldest plan: this decision's, or where a plan was continued the one known before, if any."""
    outcome = before.outcome
    assert outcome is not None
    if any(one.decision is Decision.PLAN_CONTINUED for one in outcome.children if one.child in ids):
        return before.booking.previous.plan_since if before.booking.previous is not None else None
    return to_local(outcome.decision_at).date()


def _safety_plan(before: Conference) -> bool | None:
    outcome = before.outcome
    said = outcome.safety_plan_made if outcome is not None else None
    return before.booking.safety_plan_made if said is None else said


def _adult(child: Child, on: date) -> bool:
    return child.born_on is not None and years_old(child.born_on, on) >= ADULT_AT_YEARS


def _to_look_at(before: Conference, booking: Booking) -> Iterator[str]:
    here = {person.id: person for person in booking.people}
    kept = {child.id for child in booking.children}
    on = to_local(booking.start_at).date()
    outcome = before.outcome
    planned = {one.child for one in outcome.children if one.decision.with_plan} if outcome is not None else set()
    for child in before.booking.children:
        if child.id not in kept:
            why = "18 or older by then" if child.id in planned else "no plan"
            yield f"child {child.id} is left out: {why}"
        elif child.due_on is not None and child.due_on <= on:
            yield f"child {child.id} is still recorded as not yet born, and is due before then"
    for id_ in before.people:
        if id_ not in here:
            yield f"{id_} is left out: no role for a child that is reviewed"
    for exclusion in before.exclusions:
        parts = ", ".join(part.value for part in exclusion.from_)
        if exclusion.person in here:
            yield f"{exclusion.person} is excluded ({parts}) as before: review this exclusion"
        else:
            yield f"the exclusion of {exclusion.person} ({parts}) is not carried over with them: exclude again if they are added"
    for detail in before.protected:
        yield from _about_detail(detail, here)
    for person in here.values():
        if person.role.is_family and person.email and person.include is not False:
            yield f"{person.id}: confirm the address again (`packs address confirm`); until then nothing goes there"
    if before.is_split:
        yield "the conference before was split into sessions; this one is not: say so before anything goes, if it should be"


def _about_detail(detail: ProtectedDetail, here: dict[PersonId, Person]) -> Iterator[str]:
    if here.keys() & set(detail.from_):
        yield f"detail {detail.id} is protected as before: look whether it still needs to be"
    for person in detail.from_:
        if person not in here:
            yield f"detail {detail.id} was protected from {person}, who is left out: protect it again if they are added"
