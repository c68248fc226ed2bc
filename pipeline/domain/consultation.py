"""Consultation and threshold discussion: what was asked, advised and decided, each kept for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pipeline.domain import facts as f
from pipeline.domain.calendar import local_text, utc_text
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.people import ConsultationSaid, Decided
from pipeline.domain.profile import Trigger
from pipeline.domain.timetable import due

Step = TypeVar("Step", f.ConsultationRequested, f.ConsultationHeld, f.ManagerDecided)
HOLD, DO_NOT_HOLD = Decided.HOLD.value, Decided.DO_NOT_HOLD.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """What stands: the last request, the last recommendation, the last decision; None where there is none yet."""

    requested: f.ConsultationRequested | None
    held: f.ConsultationHeld | None
    decided: f.ManagerDecided | None


def consultation_of(conference: Conference) -> Consultation:
    """Returns what stands. A recommendation answers the request before it: asked anew, none is held yet."""
    requested = _last(conference, f.ConsultationRequested)
    held = _last(conference, f.ConsultationHeld)
    if requested is not None and held is not None and held.held_at < requested.requested_at:
        held = None
    return Consultation(requested=requested, held=held, decided=_last(conference, f.ManagerDecided))


def consultation_triggers(conference: Conference) -> dict[Trigger, datetime]:
    """Returns the instants (UTC) from which the consultation, and the booking after the decision to hold, are due.

    Source: SWG-1, IRS-1 (the request), IRS-2b (the manager's decision to progress).
    """
    stands = consultation_of(conference)
    found: dict[Trigger, datetime] = {}
    if stands.requested is not None:
        found[Trigger.CONSULTATION_REQUEST] = stands.requested.requested_at
    if stands.decided is not None and stands.decided.hold:
        found[Trigger.DECISION_TO_PROGRESS] = stands.decided.decided_at
    return found


def steps_said(said: ConsultationSaid | None) -> list[f.Fact]:
    """Returns the facts of a consultation that a booking tells of."""
    steps: list[f.Fact] = []
    if said is None:
        return steps
    if said.requested_at is not None and said.requested_by is not None:
        steps.append(f.ConsultationRequested(requested_at=said.requested_at, requested_by=said.requested_by))
    if said.held_at is not None:
        steps.append(
            f.ConsultationHeld(
                held_at=said.held_at,
                held_by=said.held_by or "",
                recommends=said.recommends or "",
                because=said.recommends_because or "",
            )
        )
    if said.decided_at is not None:
        steps.append(
            f.ManagerDecided(
                decided_at=said.decided_at,
                decided_by=said.decided_by or "",
                hold=said.decision is Decided.HOLD,
                because=said.decided_because or "",
            )
        )
    return steps


def trouble_with(conference: Conference, step: f.Fact) -> str | None:
    """Returns why the step cannot follow what is recorded, or None: nothing is held or decided before it was asked for."""
    stands = consultation_of(conference)
    asked_at = stands.requested.requested_at if stands.requested is not None else None
    match step:
        case f.ConsultationHeld() if asked_at is None:
            return "No consultation was requested: record the request first (`packs consultation request`)"
        case f.ConsultationHeld() if asked_at is not None and step.held_at < asked_at:
            return "That is before the consultation was requested"
        case f.ManagerDecided() if asked_at is not None and step.decided_at < asked_at:
            return "That is before the consultation was requested"
        case f.ManagerDecided() if stands.held is not None and step.decided_at < stands.held.held_at:
            return "That is before the consultation was held"
        case _:
            return None


def consultation_view(case: Case) -> dict[str, object]:
    """Returns request, recommendation and decision as they stand, apart, with the due instants that hang on them.

    `earlier` are those that were replaced, oldest first.
    """
    stands = consultation_of(case.conference)
    standing = (stands.requested, stands.held, stands.decided)
    triggers = consultation_triggers(case.conference)
    return {
        "reference": case.conference.reference,
        "requested": _row(stands.requested),
        "due": _due(case, triggers),
        "recommendation": _row(stands.held),
        "decision": _row(stands.decided),
        "earlier": [_row(step) for step in case.conference.consultation if all(step is not one for one in standing)],
    }


def _due(case: Case, triggers: Mapping[Trigger, datetime]) -> list[dict[str, object]]:
    on = case.conference.start_at.date()
    rows: list[dict[str, object]] = []
    for rule in case.profile.rules:
        at = triggers.get(rule.trigger)
        if at is None or case.conference.booking.type not in rule.conference_types or not rule.is_in_force(on):
            continue
        answer = due(rule, at, case.calendar)
        rows.append({"rule": rule.id, "what": rule.what, "due_at": utc_text(answer.due_at), "due_local": answer.due_local})
    return rows


def _row(step: f.ConsultationRequested | f.ConsultationHeld | f.ManagerDecided | None) -> dict[str, object] | None:
    match step:
        case None:
            return None
        case f.ConsultationRequested():
            return {**_when(step.requested_at), "by": step.requested_by}
        case f.ConsultationHeld():
            return {
                **_when(step.held_at), "by": step.held_by, "recommends": step.recommends, "because": step.because,
            }  # fmt: skip
        case f.ManagerDecided():
            decision = HOLD if step.hold else DO_NOT_HOLD
            return {**_when(step.decided_at), "by": step.decided_by, "decision": decision, "because": step.because}


def _when(at: datetime) -> dict[str, object]:
    return {"at": utc_text(at), "at_local": local_text(at)}


def _last(conference: Conference, kind: type[Step]) -> Step | None:
    return next((step for step in reversed(conference.consultation) if isinstance(step, kind)), None)
