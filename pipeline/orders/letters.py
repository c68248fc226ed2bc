"""Orders about letters: ask for one, and settle one whose sending nobody knows the result of."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.facts import LetterAsked, LetterKind, SendingSettled
from pipeline.domain.letters import MISSING, RETURNED
from pipeline.domain.people import CopyId, ItemId, PersonId
from pipeline.errors import NotFoundError, RefusedError


def ask(
    reference: str, person: str, kind: LetterKind, parts: Sequence[str], about: str | None, by: str, actor: str, desk: Desk
) -> None:
    """Records that an agency is to be told what is missing, or why something came back, in the words of a closed list.

    Raises:
        RefusedError: no or another code than the list's, a family member, or a conference that is cancelled or over.
    """
    known = RETURNED if kind is LetterKind.RETURNED else MISSING
    if not parts or not set(parts) <= set(known):
        raise RefusedError(f"Name at least one of {', '.join(known)}, and nothing else. Nothing was changed.")
    if about is not None:
        desk.casebook.item(about)

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        who = case.conference.people.get(PersonId(person))
        if who is None:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        if who.role.is_family:
            raise RefusedError(f"{person} is family; letters go to agencies only. Nothing was changed.")
        if case.conference.cancelled is not None or desk.clock.now() >= case.conference.end_at:
            raise RefusedError(f"{reference} is cancelled or over; no letter goes. Nothing was changed.")
        fact = LetterAsked(
            person=who.id, kind=kind, parts=tuple(dict.fromkeys(parts)), by=by, about=ItemId(about) if about else None
        )
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)


def settle_letter(
    reference: str, person: str, letter: str, by: str, because: str, actor: str, desk: Desk, *, accepted: bool
) -> None:
    """Records what a person found out about a letter of unknown result; it goes again only if it is still needed.

    Raises:
        RefusedError: there is no such letter to this person, or its result is known.
    """
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        found = conference.letters.get(CopyId(letter))
        if found is None or found.person != person or found.unknown is None:
            raise RefusedError("There is no letter of unknown result with this id to this person; nothing was changed.")
        fact = SendingSettled(copy=found.copy, attempt=found.unknown.attempt, accepted=accepted, by=by, because=because)
        return Decision(facts={stream: [fact]}, expected={stream: conference.head})

    desk.casebook.decide(decision, actor)
