"""Void: a copy that is no longer right is withdrawn before a byte of it was sent."""

from __future__ import annotations

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import SYSTEM, Desk
from pipeline.domain.copies import outdated
from pipeline.domain.facts import CopyVoided
from pipeline.domain.people import CopyId


def void(reference: str, copy_id: str, desk: Desk) -> None:
    """Withdraws the copy if it is outdated; the agenda then composes what is right."""

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        copy = case.conference.copies.get(CopyId(copy_id))
        if copy is None or not outdated(case, copy, desk.clock.now()):
            return None
        voided = CopyVoided(copy=copy.copy, because="what shaped it has changed; it is made anew if still owed")
        return Decision(facts={conference_stream(reference): [voided]}, expected=case.heads)

    desk.casebook.decide(decision, SYSTEM)
