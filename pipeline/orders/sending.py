"""Orders about sending: stop, resume, settle, take a copy out, read a passphrase."""

from __future__ import annotations

from pipeline.casebook import HOUSE, Decision, conference_stream
from pipeline.desk import SEALED_COPY, Desk
from pipeline.domain.calendar import parse_local
from pipeline.domain.copies import not_to_be_handed
from pipeline.domain.entitlement import kept
from pipeline.domain.facts import (
    CopyExported,
    Document,
    DutyDone,
    Fact,
    PassphraseShown,
    SendingResumed,
    SendingSettled,
    SendingStopped,
)
from pipeline.domain.people import PersonId
from pipeline.domain.records import Copy
from pipeline.domain.views import copy_state, hand_over_duty
from pipeline.errors import NotFoundError, RefusedError
from pipeline.stages.compose import passphrase_of


def _stream(reference: str | None, desk: Desk) -> tuple[str, str | None]:
    if reference is None:
        return HOUSE, desk.casebook.house()[0].stopped
    return conference_stream(reference), desk.casebook.conference(reference).stopped


def _switch(reference: str | None, fact: Fact, actor: str, desk: Desk) -> None:
    stream, _ = _stream(reference, desk)
    desk.casebook.decide(
        lambda: Decision(facts={stream: [fact]}, expected={stream: desk.casebook.ledger.head(stream)}), actor
    )


def stop(reference: str | None, because: str, actor: str, desk: Desk) -> None:
    """Halts all sending, of the house or of one conference, from the moment this returns."""
    _switch(reference, SendingStopped(because=because), actor, desk)


def resume(reference: str | None, because: str, actor: str, desk: Desk) -> None:
    """Lets sending go on. Raises RefusedError where it was not stopped."""
    if _stream(reference, desk)[1] is None:
        raise RefusedError("Sending is not stopped here; nothing was changed.")
    _switch(reference, SendingResumed(because=because), actor, desk)


def settle(
    reference: str, person: str, document: Document, by: str, because: str, actor: str, desk: Desk, *, accepted: bool
) -> None:
    """Records what a person found out about a sending of unknown result; sent again only if it was not taken over.

    While all sending is stopped (as after a ledger was brought back from a backup), a copy that waits to go can be settled
    as accepted too: it may have gone after the backup was made.
    """
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        house, house_head = desk.casebook.house()
        conference = desk.casebook.conference(reference)
        copies = conference.copies_of(PersonId(person), document)
        copy = next((c for c in reversed(copies) if c.unknown is not None), None)
        if copy is None and accepted and house.stopped is not None:
            copy = next((c for c in reversed(copies) if c.live and c.composed is not None and not c.in_hand), None)
        if copy is None:
            raise RefusedError("There is no sending of unknown result to settle; nothing was changed.")
        attempt = copy.unknown.attempt if copy.unknown is not None else copy.claims
        fact = SendingSettled(copy=copy.copy, attempt=attempt, accepted=accepted, by=by, because=because)
        return Decision(facts={stream: [fact]}, expected={stream: conference.head, HOUSE: house_head})

    desk.casebook.decide(decision, actor)


def export(
    reference: str, person: str, document: Document, actor: str, desk: Desk, *, issue: int | None
) -> tuple[bytes, str | None]:
    """Returns the sealed copy, from composed on, and why its reader is not to have it any more, or None; it is recorded.

    Raises:
        RefusedError: it waits or is held.
    """
    case = desk.casebook.case(reference)
    if PersonId(person) not in case.conference.people:
        raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was written.")
    copies = [c for c in case.conference.copies_of(PersonId(person), document) if issue in (None, c.issue)]
    present = [c for c in copies if c.voided is None] or copies
    copy: Copy | None = present[-1] if present else None
    state, why = copy_state(case, copy, desk.clock.now()) if copy is not None else ("waiting", "it is not composed")
    if copy is None or copy.composed is None or state in {"waiting", "held"}:
        raise RefusedError(f"The {document.value} of {person} is {state}: {why}. Nothing was written.")
    if state == "cancelled":
        raise RefusedError(f"This {document.value} of {person} was withdrawn: {why}. Nothing was written.")
    sealed = desk.vault.get(conference_stream(reference), copy.composed.blob, SEALED_COPY)
    desk.casebook.report(f"access:{reference}", [CopyExported(copy=copy.copy)], actor)
    why_not = not_to_be_handed(case, copy)
    return sealed, f"{person} is not to have it any more: {why_not}. Do not hand it over." if why_not is not None else None


def hand_over(
    reference: str, person: str, document: Document, at_local: str, how: str, by: str, actor: str, desk: Desk
) -> str | None:
    """Records that the person's present copy was handed to them, when (London time), how and by whom.

    Returns a warning where it was not theirs to have any more: what happened is recorded all the same.

    Raises:
        LocalTimeError: the time is not one.
        RefusedError: there is no copy that people let go, or the time lies before the copy was made or in the future.
    """
    done_at = parse_local(at_local)
    warned: list[str] = []

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        now = desk.clock.now()
        if PersonId(person) not in case.conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        copies = [c for c in case.conference.copies_of(PersonId(person), document) if c.voided is None and c.composed is not None]
        state = copy_state(case, copies[-1], now)[0] if copies else "waiting"
        if state not in {"released", "sending", "accepted", "unknown", "failed"}:
            raise RefusedError(
                f"The {document.value} of {person} is {state}: only a copy that people let go is handed over"
                " (`packs release`). Nothing was changed."
            )
        if not copies[-1].composed_at.replace(second=0, microsecond=0) <= done_at <= now:
            raise RefusedError("--at lies before this copy was made, or in the future. Nothing was changed.")
        why = not_to_be_handed(case, copies[-1])
        warned[:] = [] if why is None else [
            f"{person} was not to have it: {why}. Get it back, tell the chair, and open a breach if it tells them anything."
        ]  # fmt: skip
        fact = DutyDone(
            duty=hand_over_duty(document), done_at=done_at, how=how, by=by, person=PersonId(person)
        )
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    return next(iter(warned), None)


def kept_from(reference: str, person: str, desk: Desk) -> tuple[str, ...]:
    """Returns the kinds of document that a recorded decision keeps from the person: to be known before their words are told."""
    case = desk.casebook.case(reference)
    return tuple(one.value for one in Document if kept(case, PersonId(person), one) is not None)


def passphrase(reference: str, person: str, by: str, because: str, actor: str, desk: Desk) -> str:
    """Returns the six words of a person for this conference; the reading is recorded before it is answered."""
    if PersonId(person) not in desk.casebook.conference(reference).people:
        raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
    words = passphrase_of(reference, person, desk)
    shown = PassphraseShown(person=PersonId(person), by=by, because=because)
    desk.casebook.report(f"access:{reference}", [shown], actor)
    return words
