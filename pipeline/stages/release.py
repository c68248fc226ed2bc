"""Release and refuse: a person decides about exactly these bytes."""

from __future__ import annotations

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.copies import outdated
from pipeline.domain.entitlement import standing_for, undecided
from pipeline.domain.facts import CopyRefused, CopyReleased, Document, Omission
from pipeline.domain.pack import name_key, needs_release, releases_missing
from pipeline.domain.people import PersonId
from pipeline.domain.records import Copy
from pipeline.errors import NotFoundError, RefusedError


def release(
    reference: str, person: str, document: Document, by: str, actor: str, desk: Desk
) -> tuple[int, tuple[Omission, ...]]:
    """Records one name's release of the person's present copy; returns how many more names it needs, and what is left out.

    Raises:
        RefusedError: there is nothing to release, it is held or waits, the name released it before, or two names are
            asked for and this one confirmed the address.
    """

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        copy = _present(case, PersonId(person), document, desk)
        if copy.composed is None or copy.refused is not None:
            raise RefusedError("This copy is held, and no release can pass that. See `packs documents` for the reason.")
        if not needs_release(case, case.conference.people[copy.person], copy.document):
            raise RefusedError("This copy needs no release; it goes by itself at its time.")
        if releases_missing(case, copy) == 0:
            raise RefusedError("This copy is released already; nothing was changed.")
        key = name_key(by)
        if any(name_key(given.by) == key for given, _ in copy.releases):
            raise RefusedError("The same name released it before; another person has to.")
        confirmed_by = standing_for(case, copy.person, copy.document).confirmed_by
        if case.releases_needed > 1 and confirmed_by is not None and name_key(confirmed_by) == key:
            raise RefusedError("This name confirmed the address, so another person has to release to it.")
        fact = CopyReleased(copy=copy.copy, sha256=copy.composed.sha256, by=by, by_key=key)
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    case = desk.casebook.case(reference)
    copy = _present(case, PersonId(person), document, desk)
    return releases_missing(case, copy), copy.composed.left_out if copy.composed is not None else ()


def refuse(reference: str, person: str, document: Document, by: str, because: str, actor: str, desk: Desk) -> None:
    """Records that a person refused to let the present copy go; it is held until what shaped it changes."""

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        copy = _present(case, PersonId(person), document, desk)
        if copy.refused is not None:
            raise RefusedError("This copy was refused before; nothing was changed.")
        fact = CopyRefused(copy=copy.copy, by=by, because=because)
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)


def _present(case: Case, person: PersonId, document: Document, desk: Desk) -> Copy:
    """Returns the copy a decision is about: the newest that has not left and is still right."""
    if person not in case.conference.people:
        raise NotFoundError(f"There is no person {person!r} in this conference. Nothing was changed.")
    now = desk.clock.now()
    live = [
        c
        for c in case.conference.copies_of(person, document)
        if c.live and not c.in_hand and not outdated(case, c, now)
    ]
    if why := undecided(case, person, document):
        raise RefusedError(f"This {document.value} waits: {why}. Nothing was changed.")
    if not live:
        raise RefusedError(
            f"There is no composed {document.value} of this person to decide about: it waits, is being made anew, or"
            " has left. See `packs documents`."
        )
    return live[-1]
