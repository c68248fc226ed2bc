"""What an order in one conference says of the same people elsewhere: in its review, in the one that it reviews, at one mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipeline.casebook import Decision, conference_stream, contact_stream
from pipeline.desk import Desk
from pipeline.domain.addresses import same_mailbox
from pipeline.domain.case import fold_contact
from pipeline.domain.conference import Conference
from pipeline.domain.facts import AddressSuspended, DecidedElsewhere, DetailProtected, Elsewhere, Fact
from pipeline.domain.fold import changes_of, covers
from pipeline.domain.people import Booking, ConferenceRef, DetailId, ExcludedFrom, Person, PersonId, ProtectedDetail
from pipeline.domain.protected import folded


@dataclass(slots=True, kw_only=True)
class Also:
    """What is written in other conferences in the same breath: `done` where it holds at once, `asked` where a person says."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=dict)
    done: list[ConferenceRef] = field(default_factory=list)
    asked: list[ConferenceRef] = field(default_factory=list)

    def beside(self, decision: Decision) -> Decision:
        """Returns the decision together with this."""
        facts = {stream: list(written) for stream, written in decision.facts.items()}
        for stream, more in self.facts.items():
            facts.setdefault(stream, []).extend(more)
        return Decision(facts=facts, expected={**self.expected, **decision.expected})

    def _ask(self, conference: Conference, questions: Sequence[DecidedElsewhere]) -> None:
        if questions:
            self._write(conference, questions)
            self.asked.append(conference.reference)

    def _write(self, conference: Conference, facts: Iterable[Fact]) -> None:
        stream = conference_stream(conference.reference)
        self.facts.setdefault(stream, []).extend(facts)
        self.expected[stream] = conference.head


def excluded(reference: str, person: Person, from_: tuple[ExcludedFrom, ...], desk: Desk) -> Also:
    """Returns the question to every linked conference that has this person: does the exclusion hold there?"""
    also = Also()
    for conference in _linked(reference, desk):
        also._ask(conference, [
            DecidedElsewhere(conference=ConferenceRef(reference), person=one.id, what=Elsewhere.EXCLUDED, from_=from_)
            for one in _same(conference.people.values(), person)
            if one.include is not False and not covers(conference, one.id, from_)
        ])  # fmt: skip
    return also


def changed(reference: str, before: Person, now: Person, desk: Desk) -> Also:
    """Returns the questions to every linked conference that has this person as they were: does the change hold there?

    Nothing is asked where their record says the same already.
    """
    also, here = Also(), set(changes_of(before, now))
    for conference in _linked(reference, desk):
        also._ask(conference, [
            DecidedElsewhere(conference=ConferenceRef(reference), person=one.id, what=what)
            for one in _same(conference.people.values(), before)
            for what in changes_of(one, _as_there(now, conference))
            if what in here
        ])  # fmt: skip
    return also


def brought(others: Iterable[Conference], people: Iterable[Person], here: Conference | Booking) -> list[Fact]:
    """Returns what to write in a conference that these people come to: questions and protected details of the others.

    `here` is the conference as it stands, or as it is about to be booked.
    """
    facts: list[Fact] = []
    taken = {one.id for one in here.protected}
    for other in others:
        for person in people:
            for known in _same(other.people.values(), person):
                facts += _questions(other, known, person, here)
                for detail in other.protected:
                    if known.id in detail.from_ and not _kept(detail, person.id, here):
                        new = replace(detail, id=_free(taken), from_=(person.id,))
                        taken.add(new.id)
                        facts.append(DetailProtected(detail=new, because=f"protected in {other.reference}"))
    return facts


def _questions(
    other: Conference, known: Person, person: Person, here: Conference | Booking
) -> Iterator[DecidedElsewhere]:
    if person.include is False:
        return
    for exclusion in other.exclusions:
        if exclusion.person == known.id and not covers(here, person.id, exclusion.from_):
            yield DecidedElsewhere(
                conference=other.reference, person=person.id, what=Elsewhere.EXCLUDED, from_=exclusion.from_
            )
    shared = tuple(child for child in person.children if child in known.children)
    for what in changes_of(replace(person, children=shared), replace(known, children=shared)):
        yield DecidedElsewhere(conference=other.reference, person=person.id, what=what)


def protected(reference: str, detail: ProtectedDetail, because: str, by: str, desk: Desk) -> Also:
    """Returns the same detail for every linked conference, kept from those of the people who are there too.

    It holds there at once: it only keeps something back, and the refuge's address is as dangerous in the minutes before.
    """
    also, here = Also(), desk.casebook.conference(reference)
    for conference in _linked(reference, desk):
        people = conference.people.values()
        theirs = tuple(dict.fromkeys(one.id for kept in detail.from_ for one in _same(people, here.people[kept])))
        if theirs and not all(_kept(detail, one, conference) for one in theirs):
            new = replace(detail, id=next_detail(conference), from_=theirs)
            also._write(conference, [DetailProtected(detail=new, because=because, by=by)])
            also.done.append(conference.reference)
    return also


def _kept(detail: ProtectedDetail, person: PersonId, here: Conference | Booking) -> bool:
    return any(folded(one.detail) == folded(detail.detail) and person in one.from_ for one in here.protected)


def suspended(reference: str, address: str, because: str, by: str, desk: Desk, *, but: PersonId) -> Also:
    """Returns the suspension of a family mailbox for everybody else, in any conference, who is written to there."""
    also = Also()
    for ref, conference in desk.casebook.open_conferences().items():
        whose = [
            one
            for one, standing in conference.family_addresses.items()
            if standing.address is not None and same_mailbox(standing.address, address) and not standing.suspended
            if (ref, one) != (reference, but)
        ]
        if whose:
            also._write(conference, [AddressSuspended(because=because, by=by, person=one) for one in whose])
            also.done.append(ref)
    return also


def suspended_contacts(address: str, because: str, by: str, desk: Desk, *, but: str) -> Also:
    """Returns the suspension of an agency's mailbox under every other name that the directory has it under."""
    also = Also()
    for stream in desk.casebook.ledger.streams("contact:"):
        recorded = desk.casebook.facts(stream)
        contact = fold_contact(recorded)
        if contact is None or stream == contact_stream(but) or contact.standing.address is None:
            continue
        if same_mailbox(contact.standing.address, address) and not contact.standing.suspended:
            also.facts[stream] = [AddressSuspended(because=because, by=by)]
            also.expected[stream] = recorded[-1].seq
    return also


def next_detail(conference: Conference) -> DetailId:
    """Returns the first id that no protected detail of the conference has."""
    return _free({one.id for one in conference.protected})


def _free(taken: set[DetailId]) -> DetailId:
    return DetailId(next(f"d{n}" for n in range(1, len(taken) + 2) if f"d{n}" not in taken))


def _linked(reference: str, desk: Desk) -> list[Conference]:
    known = desk.casebook.open_conferences()
    return [known[ref] for ref in desk.casebook.linked(reference) if ref in known]


def linked_to(reference: str, desk: Desk) -> list[Conference]:
    """Returns the linked conferences, those that were cancelled too: what was decided in them may still be true."""
    return [desk.casebook.conference(ref) for ref in desk.casebook.linked(reference)]


def _as_there(now: Person, conference: Conference) -> Person:
    """Returns the person with a role for the children of the other conference alone."""
    there = {child.id for child in conference.booking.children}
    return replace(now, children=tuple(child for child in now.children if child in there))


def _same(people: Iterable[Person], person: Person) -> list[Person]:
    """Returns who of the people may be this person: the one of their id, by which they are carried over, whatever the name.

    Where nobody has that id, whoever has their name or mailbox: on doubt somebody is asked.
    """
    known = list(people)
    return [one for one in known if one.id == person.id] or [
        one
        for one in known
        if folded(one.name) == folded(person.name)
        or (one.email and person.email and same_mailbox(one.email, person.email))
    ]
