"""A Case: the snapshot that decisions are made from. Gathered once, named by the heads it was read at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain import facts as f
from pipeline.domain.addresses import Standing, normalised
from pipeline.domain.calendar import Calendar
from pipeline.domain.conference import Conference
from pipeline.domain.fold import confirm, suspend
from pipeline.domain.people import ConferenceRef, ContactId, PersonId
from pipeline.domain.profile import Profile


@dataclass(slots=True, kw_only=True)
class Contact:
    """An agency's entry in the directory."""

    id: ContactId
    agency: str
    standing: Standing


def fold_contact(recorded: Sequence[f.Recorded]) -> Contact | None:
    """Returns the contact, or None where the facts do not begin with its making."""
    if not recorded or not isinstance(recorded[0].fact, f.ContactMade):
        return None
    made = recorded[0].fact
    contact = Contact(
        id=ContactId(recorded[0].stream.partition(":")[2]),
        agency=made.agency,
        standing=Standing(address=normalised(made.address)),
    )
    for entry in recorded:
        match entry.fact:
            case f.AddressConfirmed() as fact:
                contact.standing = confirm(contact.standing, fact, entry.at)
            case f.AddressSuspended():
                contact.standing = suspend(contact.standing)
            case _:
                pass
    return contact


@dataclass(slots=True, kw_only=True)
class House:
    """The installation as its facts leave it."""

    founded: f.HouseFounded | None = None
    stopped: str | None = None
    clock_settings: list[f.ClockSet] = field(default_factory=list)


def fold_house(recorded: Sequence[f.Recorded]) -> House:
    """Returns the house."""
    house = House()
    for entry in recorded:
        match entry.fact:
            case f.HouseFounded() as fact:
                house.founded = fact
            case f.SendingStopped() as fact:
                house.stopped = fact.because
            case f.SendingResumed():
                house.stopped = None
            case f.ClockSet() as fact:
                house.clock_settings.append(fact)
            case _:
                pass
    return house


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The review that follows a conference and stands: when it begins and, once its outcome is recorded, ended (UTC)."""

    reference: ConferenceRef
    start_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conference with everything that decisions about it read. `heads` names every stream it was gathered from."""

    conference: Conference
    contacts: Mapping[ContactId, Contact]
    house: House
    profile: Profile
    calendar: Calendar
    heads: Mapping[str, int]
    releases_needed: int = 1
    can_send: bool = True
    letters: bool = False
    """True where the team lets content-free letters go to agencies by themselves."""
    invitations: bool = False
    """True where the team has invitations made."""
    review: FollowUp | None = None
    """The review convened of it that was not cancelled. Only shown: nothing is decided by it, so `heads` leave it out."""

    def standing(self, person: PersonId) -> Standing:
        """Returns the standing of the address that this person's copies go to."""
        who = self.conference.people[person]
        if who.role.is_family:
            return self.conference.family_addresses.get(person, Standing())
        contact = self.contacts.get(who.contact) if who.contact is not None else None
        return contact.standing if contact is not None else Standing()
