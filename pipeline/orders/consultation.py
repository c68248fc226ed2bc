"""Orders about consultation and threshold discussion: request, held, decide."""

from __future__ import annotations

from datetime import datetime

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.acting import Place, Verb
from pipeline.domain.booking_acts import (
    BOOK_CONFERENCE,
    Said,
    Told,
    as_it_stands,
    said_at,
    sentences,
    told_of_booking,
)
from pipeline.domain.calendar import to_local
from pipeline.domain.consultation import consultation_of, consultation_triggers, trouble_with
from pipeline.domain.facts import ConsultationHeld, ConsultationRequested, ManagerDecided
from pipeline.domain.profile import Trigger
from pipeline.errors import RefusedError


def record(
    reference: str, step: ConsultationRequested | ConsultationHeld | ManagerDecided, actor: str, desk: Desk
) -> tuple[str, ...]:
    """Writes the step down, and returns what the rules say to a manager's decision; nothing is cancelled by it.

    Raises:
        RefusedError: it lies in the future, cannot follow what is recorded, or a rule forbids the decision.
    """
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        if conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        if _instant(step) > desk.clock.now():
            raise RefusedError("That lies in the future; nothing was changed.")
        if trouble := trouble_with(conference, step):
            raise RefusedError(f"{trouble}; nothing was changed.")
        if isinstance(step, ManagerDecided):
            forbidden = sentences([one for one in _said(reference, desk, step) if one.do is Verb.BLOCK])
            if forbidden:
                raise RefusedError(f"{' '.join(forbidden)} Nothing was changed.")
        return Decision(facts={stream: [step]}, expected={stream: conference.head})

    desk.casebook.decide(decision, actor)
    return sentences(_said(reference, desk, step)) if isinstance(step, ManagerDecided) else ()


def _said(reference: str, desk: Desk, step: ManagerDecided) -> tuple[Said, ...]:
    """Returns what the rules say of deciding now: at the consultation, and of a booking that came too late after it."""
    case = desk.casebook.case(reference)
    booking, on = as_it_stands(case.conference), to_local(step.decided_at).date()
    held = consultation_of(case.conference).held is not None
    told = told_of_booking(booking, case.profile) | Told(known={"consultation-held": held})
    said = said_at(Place.CONSULTATION, booking, case.profile, case.calendar, on, told=told)
    if not step.hold:
        return said
    booking_rules = {rule.id for rule in case.profile.rules if rule.settles(BOOK_CONFERENCE)}
    recorded = {**consultation_triggers(case.conference), Trigger.DECISION_TO_PROGRESS: step.decided_at}
    at_booking = said_at(
        Place.BOOKING,
        booking,
        case.profile,
        case.calendar,
        on,
        recorded=recorded,
        booked_at=case.conference.convened_at,
    )
    return (*said, *(one for one in at_booking if one.rule in booking_rules))


def _instant(step: ConsultationRequested | ConsultationHeld | ManagerDecided) -> datetime:
    match step:
        case ConsultationRequested():
            return step.requested_at
        case ConsultationHeld():
            return step.held_at
        case ManagerDecided():
            return step.decided_at
