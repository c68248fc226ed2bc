"""Orders about addresses: confirm and suspend."""

from __future__ import annotations

from datetime import timedelta

from pipeline.casebook import Decision, conference_stream, contact_stream
from pipeline.desk import Desk
from pipeline.domain.addresses import ConfirmationMethod
from pipeline.domain.facts import AddressConfirmed, AddressSuspended
from pipeline.domain.people import PersonId
from pipeline.errors import NotFoundError, RefusedError
from pipeline.orders import linked
from pipeline.orders.linked import Also

AGENCY_VALID_FOR = timedelta(days=365)
FAMILY_VALID_FOR = timedelta(days=183)
"""A family address is confirmed for one conference, from its booking to its minutes; each conference asks anew (domain.md C.11)."""


def confirm(
    reference: str, person: str, method: ConfirmationMethod, by: str, note: str, actor: str, desk: Desk
) -> None:
    """Confirms the person's present address; a directory contact's for every conference that uses it.

    Raises:
        RefusedError: there is no address, or a reply is offered for a family member.
    """

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        who = case.conference.people.get(PersonId(person))
        if who is None:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        standing = case.standing(who.id)
        if standing.address is None:
            raise RefusedError(f"{person} has no address; give one with `packs person change`. Nothing was changed.")
        if who.role.is_family and method is ConfirmationMethod.REPLY:
            raise RefusedError("A reply proves a mailbox, not a person: confirm a family member by phone or in person.")
        family = who.role.is_family
        fact = AddressConfirmed(
            address=standing.address,
            method=method,
            by=by,
            note=note,
            expires_at=desk.clock.now() + (FAMILY_VALID_FOR if family else AGENCY_VALID_FOR),
            person=who.id if family else None,
        )
        stream = conference_stream(reference) if family else contact_stream(who.contact or "")
        return Decision(facts={stream: [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)


def suspend(reference: str, person: str, because: str, by: str, actor: str, desk: Desk) -> Also:
    """Suspends the person's present address; nothing goes to it until it is confirmed again.

    A family mailbox is suspended in every conference that would write to it, which are returned; each asks anew.
    """
    also = Also()

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        who = case.conference.people.get(PersonId(person))
        if who is None:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        address = case.standing(who.id).address
        if address is None:
            raise RefusedError(f"{person} has no address to suspend. Nothing was changed.")
        family = who.role.is_family
        fact = AddressSuspended(because=because, by=by, person=who.id if family else None)
        stream = conference_stream(reference) if family else contact_stream(who.contact or "")
        nonlocal also
        also = (
            linked.suspended(reference, address, because, by, desk, but=who.id)
            if family
            else linked.suspended_contacts(address, because, by, desk, but=who.contact or "")
        )
        return also.beside(Decision(facts={stream: [fact]}, expected=case.heads))

    desk.casebook.decide(decision, actor)
    return also
