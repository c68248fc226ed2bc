"""What an order in one conference says of the same people elsewhere: in its review, in the one that it reviews, at one mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.addresses import same_mailbox
from pipeline.domain.conference import Conference
from pipeline.domain.facts import AddressSuspended, DecidedElsewhere, DetailProtected, Elsewhere, Fact
from pipeline.domain.fold import changes_of, covers
from pipeline.domain.people import ConferenceRef, DetailId, ExcludedFrom, Person, ProtectedDetail
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
        return Decision(
            facts={**decision.facts, **self.facts}, expected={**decision.expected, **self.expected}
        )

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
        if _same(conference, person) and not covers(conference, person.id, from_):
            asked = DecidedElsewhere(
                conference=ConferenceRef(reference), person=person.id, what=Elsewhere.EXCLUDED, from_=from_
            )
            also._ask(conference, [asked])
    return also


def changed(reference: str, before: Person, now: Person, desk: Desk) -> Also:
    """Returns the questions to every linked conference that has this person as they were: does the change hold there?

    Nothing is asked where their record says the same already.
    """
    also, here = Also(), changes_of(before, now)
    for conference in _linked(reference, desk):
        if _same(conference, before):
            left = set(changes_of(conference.people[before.id], now)) & set(here)
            asked = [
                DecidedElsewhere(conference=ConferenceRef(reference), person=before.id, what=one) for one in here if one in left
            ]
            also._ask(conference, asked)
    return also


def protected(reference: str, detail: ProtectedDetail, because: str, by: str, desk: Desk) -> Also:
    """Returns the same detail for every linked conference, kept from those of the people who are there too.

    It holds there at once: it only keeps something back, and the refuge's address is as dangerous in the minutes before.
    """
    also, here = Also(), desk.casebook.conference(reference)
    for conference in _linked(reference, desk):
        theirs = tuple(one for one in detail.from_ if _same(conference, here.people[one]))
        if theirs and not any(
            folded(one.detail) == folded(detail.detail) and set(theirs) <= set(one.from_) for one in conference.protected
        ):
            new = ProtectedDetail(id=next_detail(conference), detail=detail.detail, kind=detail.kind, from_=theirs)
            also._write(conference, [DetailProtected(detail=new, because=because, by=by)])
            also.done.append(conference.reference)
    return also


def suspended(reference: str, address: str, because: str, by: str, desk: Desk) -> Also:
    """Returns the suspension of a family mailbox in every other conference, linked or not, that would write to it."""
    also = Also()
    for ref, conference in desk.casebook.open_conferences().items():
        whose = [
            one
            for one, standing in conference.family_addresses.items()
            if standing.address is not None and same_mailbox(standing.address, address) and not standing.suspended
        ]
        if ref != reference and whose:
            also._write(conference, [AddressSuspended(because=because, by=by, person=one) for one in whose])
            also.done.append(ref)
    return also


def next_detail(conference: Conference) -> DetailId:
    """Returns the first id that no protected detail of the conference has."""
    taken = {one.id for one in conference.protected}
    return DetailId(next(f"d{n}" for n in range(1, len(taken) + 2) if f"d{n}" not in taken))


def _linked(reference: str, desk: Desk) -> list[Conference]:
    known = desk.casebook.open_conferences()
    return [known[ref] for ref in desk.casebook.linked(reference) if ref in known]


def _same(conference: Conference, person: Person) -> bool:
    """True where the conference has this person: they are carried over by their id, and name or address says the same."""
    other = conference.people.get(person.id)
    if other is None:
        return False
    address = bool(other.email and person.email and same_mailbox(other.email, person.email))
    return address or folded(other.name) == folded(person.name)
