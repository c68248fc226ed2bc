"""What people do in the demo to people and addresses; by the orders of the command line, looking first whether it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.bootstrap import House, profile_names, read_booking
from pipeline.domain.addresses import AddressState, ConfirmationMethod
from pipeline.domain.item import Item
from pipeline.domain.people import ExcludedFrom, ItemId, Person, PersonId
from pipeline.orders import conferences, items, people
from pipeline.orders.addresses import confirm, suspend

CONFIRMED_BY = "Osbert Lunn, business support"
RELEASED_BY = "Hilda Marrable, duty manager"


def received(house: House, name: str) -> list[Item]:
    """Returns the items that came under this name, oldest first; `mail › attachment` names what lay in a mail."""
    parent, _, own = name.rpartition(" › ")
    found = house.desk.casebook.items()
    mails = {item.id for item in found if item.received.name == parent and not item.received.parent}
    if parent:
        return [item for item in found if item.received.name == own and item.received.parent in mails]
    return [item for item in found if item.received.name == own and not item.received.parent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convene:
    """Convenes the bookings in these files, all or none; those that were convened before are left alone."""

    files: tuple[Path, ...]

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        have = set(house.desk.casebook.references())
        bookings = [read_booking(file.read_bytes(), format="toml", profiles=profile_names()) for file in self.files]
        missing = [booking for booking in bookings if booking.reference not in have]
        if missing:
            conferences.convene(missing, house.actor(), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Confirms a person's address that nobody has confirmed yet; `anew` also one that was. `note` says what was done."""

    reference: str
    person: str
    how: str
    note: str
    anew: bool = False

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        standing = desk.casebook.case(self.reference).standing(PersonId(self.person))
        open_ones = {AddressState.UNCONFIRMED} | ({AddressState.EXPIRED, AddressState.SUSPENDED} if self.anew else set())
        if standing.state(desk.clock.now()) in open_ones:
            actor, method = house.actor(CONFIRMED_BY), ConfirmationMethod(self.how)
            confirm(self.reference, self.person, method, CONFIRMED_BY, self.note, actor, desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """Suspends a person's address: nothing goes there until it is confirmed again."""

    reference: str
    person: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        standing = house.desk.casebook.case(self.reference).standing(PersonId(self.person))
        if standing.suspended:
            return []
        suspend(self.reference, self.person, self.because, CONFIRMED_BY, house.actor(CONFIRMED_BY), house.desk)
        return [f"suspended: the address of {self.person}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """The chair's decision that a person may have a report. `file` is its name in the inbox."""

    reference: str
    person: str
    file: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        conference = house.desk.casebook.conference(self.reference)
        item = ItemId(received(house, self.file)[-1].id)
        if (item, PersonId(self.person)) in conference.allowed or conference.chair is None:
            return []
        chair = conference.chair.name
        items.allow(self.reference, self.person, item, chair, self.because, house.actor(chair), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Adds a person to a conference."""

    reference: str
    person: Person

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if self.person.id not in house.desk.casebook.conference(self.reference).people:
            people.add_person(self.reference, self.person, house.actor(), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Readdress:
    """Gives a person another address, which nobody has confirmed yet."""

    reference: str
    person: str
    email: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        who = house.desk.casebook.conference(self.reference).people[PersonId(self.person)]
        if who.email != self.email:
            people.change_person(self.reference, replace(who, email=self.email), house.actor(), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """The decision to include a member of the family, without which nobody invites them."""

    reference: str
    person: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        who = house.desk.casebook.conference(self.reference).people[PersonId(self.person)]
        if who.include is None:
            decided = replace(who, include=True, include_because=self.because)
            people.change_person(self.reference, decided, house.actor(), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """The chair's decision to keep a person from something."""

    reference: str
    person: str
    from_: tuple[ExcludedFrom, ...]
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        conference = house.desk.casebook.conference(self.reference)
        if conference.chair is None or any(one.person == self.person for one in conference.exclusions):
            return []
        chair = conference.chair.name
        actor = house.actor(chair)
        people.exclude(self.reference, self.person, self.from_, self.because, chair, actor, house.desk)
        return [f"excluded: {self.person} from {', '.join(self.from_)}"]
