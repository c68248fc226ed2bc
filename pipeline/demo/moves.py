"""What people do in the demo, by the orders that the command line gives as well; each looks first whether it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.bootstrap import House, profile_names, read_booking, read_outcome
from pipeline.domain.addresses import AddressState, ConfirmationMethod
from pipeline.domain.calendar import local_text, parse_local
from pipeline.domain.facts import (
    ConsultationHeld,
    ConsultationRequested,
    Document,
    InMinutes,
    LetterKind,
    ManagerDecided,
    Wish,
)
from pipeline.domain.item import Item, ItemState
from pipeline.domain.people import ExcludedFrom, ItemId, Person, PersonId
from pipeline.domain.views import handed_over
from pipeline.orders import conferences, confidential, consultation, items, outcome, paper, review
from pipeline.orders.addresses import confirm, suspend
from pipeline.orders.letters import ask
from pipeline.orders.sending import hand_over

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
class Add:
    """Adds a person to a conference."""

    reference: str
    person: Person

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if self.person.id not in house.desk.casebook.conference(self.reference).people:
            conferences.add_person(self.reference, self.person, house.actor(), house.desk)
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
            conferences.change_person(self.reference, replace(who, email=self.email), house.actor(), house.desk)
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
            conferences.change_person(self.reference, decided, house.actor(), house.desk)
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
        conferences.exclude(self.reference, self.person, self.from_, self.because, chair, actor, house.desk)
        return [f"excluded: {self.person} from {', '.join(self.from_)}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskConfidential:
    """An agency asks, now, for a confidential section."""

    reference: str
    person: str
    ground: str
    kept_from: tuple[str, ...]

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk, now = house.desk, house.desk.clock.now()
        known = desk.casebook.confidential(self.reference).asked.values()
        if not any((one.person, one.at) == (self.person, now) for one in known):
            confidential.request(
                self.reference, self.person, now, self.ground, self.kept_from, Wish.WRITTEN, RELEASED_BY,
                house.actor(RELEASED_BY), desk,
            )  # fmt: skip
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideConfidential:
    """The chair decides on an agency's request: nobody gets it in writing."""

    reference: str
    person: str
    how: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        book = house.desk.casebook
        known, chair = book.confidential(self.reference), book.conference(self.reference).chair
        (request,) = [request for request, asked in known.asked.items() if asked.person == self.person]
        if chair is not None and known.decision(request) is None:
            confidential.decide(
                self.reference, request, chair.name, self.how, (), self.because, InMinutes.NONE, None,
                house.actor(chair.name), house.desk,
            )  # fmt: skip
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class NilReturn:
    """An agency has nothing to report."""

    reference: str
    person: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if self.person not in house.desk.casebook.conference(self.reference).nil_returns:
            actor = house.actor(RELEASED_BY)
            items.nil_return(self.reference, self.person, RELEASED_BY, self.because, actor, house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Tells an agency why what it sent is of no use; a person says that it is no report, so the reminders go on."""

    reference: str
    person: str
    file: str
    code: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        item = received(house, self.file)[-1]
        if item.state is ItemState.HELD:
            actor, kind = house.actor(RELEASED_BY), LetterKind.RETURNED
            ask(self.reference, self.person, kind, [self.code], item.id, RELEASED_BY, actor, house.desk)
            items.dismiss(item.id, "nothing is in it; sent back", RELEASED_BY, actor, house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Gives a conference another start, local; what the rules say of it is told."""

    reference: str
    start: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        start_at = parse_local(self.start)
        if house.desk.casebook.conference(self.reference).start_at == start_at:
            return []
        return conferences.move(self.reference, start_at, self.because, house.actor(RELEASED_BY), house.desk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Cancels a conference."""

    reference: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if house.desk.casebook.conference(self.reference).cancelled is None:
            conferences.cancel(self.reference, self.because, house.actor(), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """A person says whose report a held item is. `file` is its name in the inbox, or `mail › attachment`."""

    file: str
    reference: str
    person: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        item = received(house, self.file)[-1]
        if item.state is not ItemState.HELD:
            return []
        actor = house.actor(RELEASED_BY)
        items.resolve(item.id, self.reference, self.person, RELEASED_BY, actor, house.desk, confidential=False)
        return [f"resolved: {self.file} is {self.person}'s of {self.reference}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss:
    """A person says that a held item is no report."""

    file: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        item = received(house, self.file)[-1]
        if item.state is ItemState.HELD:
            items.dismiss(item.id, self.because, RELEASED_BY, house.actor(RELEASED_BY), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult:
    """A step of the consultation before the conference."""

    reference: str
    step: ConsultationRequested | ConsultationHeld | ManagerDecided

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if self.step in house.desk.casebook.conference(self.reference).consultation:
            return []
        return consultation.record(self.reference, self.step, house.actor(RELEASED_BY), house.desk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """Prints a person's copy and hands it to them, now; the print itself is not kept."""

    reference: str
    person: str
    how: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk, actor = house.desk, house.actor(RELEASED_BY)
        made = desk.casebook.conference(self.reference).papers.values()
        if not any(one.made.person == self.person for one in made):
            paper.print_copy(self.reference, self.person, RELEASED_BY, None, actor, desk, Document.PACK)
        mine = [one for one in desk.casebook.conference(self.reference).papers.values() if one.made.person == self.person]
        if mine[-1].handed is None:
            now = desk.clock.now()
            paper.handed(self.reference, self.person, mine[-1].made.number, now, self.how, RELEASED_BY, actor, desk)
        return [f"printed and handed over: copy {mine[-1].made.number} for {self.person}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """The chair records what the conference decided, from a file; what the rules warn of is told."""

    reference: str
    file: Path

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        if desk.casebook.conference(self.reference).outcome is not None:
            return []
        draft = read_outcome(self.file, outcome.case_for_outcome(self.reference, desk), house)
        name = draft.decided_by or ""
        answer = outcome.record_outcome(self.reference, draft, name, "", [], house.actor(name), desk)
        return [f"{said.rule}: {said.says}" for said in answer.warnings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A duty was done, now: a core group, a visit, something handed over."""

    reference: str
    duty: str
    how: str
    child: str | None = None

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk, now = house.desk, house.desk.clock.now()
        known = desk.casebook.conference(self.reference).done
        if not any((one.how, one.done_at, one.child) == (self.how, now, self.child) for one, _ in known):
            actor = house.actor(RELEASED_BY)
            outcome.record_done(self.reference, self.duty, now, self.how, RELEASED_BY, None, self.child, actor, desk)
        return [f"done: {self.duty}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The social worker hands a person their copy, now."""

    reference: str
    person: str
    document: Document
    how: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        case = desk.casebook.case(self.reference)
        copy = case.conference.copies_of(PersonId(self.person), self.document)[-1]
        if handed_over(case, copy) is None:
            at = local_text(desk.clock.now())
            actor = house.actor(RELEASED_BY)
            hand_over(self.reference, self.person, self.document, at, self.how, RELEASED_BY, actor, desk)
        return [f"handed over: the {self.document.value} of {self.person}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Convenes the review of a conference on the date that its outcome sets; what a person must look at again is told."""

    of: str
    reference: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if house.desk.casebook.conference(self.of).reviews:
            return []
        made = review.convene_review(self.of, None, self.reference, house.actor(), house.desk)
        return [f"convened: {made.reference}", *made.to_look_at]
