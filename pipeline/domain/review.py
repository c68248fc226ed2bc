"""The review conference that follows a conference: who and what is carried over, and what a person looks at again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.calendar import to_local
from pipeline.domain.conference import Conference
from pipeline.domain.people import (
    Booking,
    ChildId,
    ConferenceRef,
    ConferenceType,
    Exclusion,
    PersonId,
    Previous,
    ProtectedDetail,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The booking of the review, and sentences about what was carried over and is to be looked at again."""

    booking: Booking
    look_again: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReview:
    """Why there is nothing to review, in words."""

    why: str


def review_of(conference: Conference, start_at: datetime | None, reference: ConferenceRef | None) -> Following | NoReview:
    """Returns the booking of the review conference, or why there is none.

    Children with a plan are carried over, with the people who have a role for any of them, each for those children.
    Exclusions and protected details stay as they are until a person looks at them again; family addresses are facts of
    their own conference, so they are to be confirmed anew. `start_at` None: the date that the outcome set.

    Source: domain.md A00.9, A00.10, E 8 ("exclusions … reviewed at each conference"), C1.
    """
    outcome = conference.outcome
    if outcome is None:
        return NoReview(why="its outcome is not recorded yet: `packs outcome` first")
    kept = {child.child for child in outcome.children if child.decision.with_plan}
    if not kept:
        return NoReview(why="no child was made or kept subject to a plan, so there is nothing to review")
    start = start_at or outcome.review_at
    if start is None:
        return NoReview(why="its outcome set no date for the review: name one with --start")
    if start <= outcome.ended_at:
        return NoReview(why="the review would not be after the conference")
    people = tuple(
        replace(person, children=tuple(child for child in person.children if child in kept))
        for person in conference.people.values()
        if kept & set(person.children)
    )
    ids = {person.id for person in people}
    exclusions = tuple(one for one in conference.exclusions if one.person in ids)
    protected = tuple(
        replace(one, from_=tuple(person for person in one.from_ if person in ids))
        for one in conference.protected
        if ids & set(one.from_)
    )
    before = conference.booking
    booking = Booking(
        profile=before.profile,
        type=ConferenceType.REVIEW,
        start_at=start,
        children=tuple(child for child in before.children if child.id in kept),
        people=people,
        slot_minutes=before.slot_minutes,
        reference=reference,
        mode=before.mode,
        previous=_previous(conference),
        exclusions=exclusions,
        protected=protected,
        service=before.service,
        child_care=before.child_care,
    )
    return Following(booking=booking, look_again=tuple(_look_again(booking, exclusions, protected, kept)))


def _previous(conference: Conference) -> Previous:
    held_on = to_local(conference.start_at).date()
    earlier = conference.booking.previous
    since = earlier.plan_since if earlier is not None else None
    return Previous(type=conference.booking.type, held_on=held_on, plan_since=since or held_on)


def _look_again(
    booking: Booking, exclusions: tuple[Exclusion, ...], protected: tuple[ProtectedDetail, ...], kept: set[ChildId]
) -> list[str]:
    said = [
        f"{one.person}: the exclusion from {', '.join(part.value for part in one.from_)} is carried over; the chair reviews it"
        for one in exclusions
    ]
    said += [f"{one.id}: the protected detail is carried over; see that it is still right" for one in protected]
    said += [
        f"{child.id}: booked as not yet born; a birth since then is not known here, so no rule of age is asked"
        for child in booking.children
        if child.id in kept and child.born_on is None
    ]
    family: list[PersonId] = [person.id for person in booking.people if person.role.is_family and person.email]
    if family:
        said.append(f"{', '.join(family)}: confirm the address anew, each conference for itself")
    return said
