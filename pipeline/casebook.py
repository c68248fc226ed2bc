"""Gathers the snapshots that decisions are made from, and writes decisions back against the heads they were read at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain import item as items
from pipeline.domain.calendar import Calendar
from pipeline.domain.case import Case, Contact, FollowUp, House, fold_contact, fold_house
from pipeline.domain.conference import Conference
from pipeline.domain.confidential import Confidential, fold_confidential
from pipeline.domain.facts import Candidate, Fact, Recorded
from pipeline.domain.fold import fold as fold_conference
from pipeline.domain.item import Item, ItemState
from pipeline.domain.people import ConferenceRef, ContactId, ItemId, PersonId
from pipeline.domain.profile import Profile
from pipeline.domain.protected import folded
from pipeline.errors import NotFoundError, StaleHeadError
from pipeline.ports import Clock, Ledger

HOUSE = "house:main"
TRIES = 25
"""How often a decision is made anew when the ledger moved on meanwhile; far more than any real contention needs."""


def conference_stream(reference: str) -> str:
    """Returns the stream of a conference."""
    return f"conference:{reference}"


def confidential_stream(reference: str) -> str:
    """Returns the stream of a conference's confidential requests, which nothing but `confidential` below reads."""
    return f"confidential:{reference}"


def item_stream(item: str) -> str:
    """Returns the stream of an item."""
    return f"item:{item}"


def contact_stream(contact: str) -> str:
    """Returns the stream of a directory contact."""
    return f"contact:{contact}"


class Casebook:
    """Reads and folds streams, remembering opened facts so that only new ones are read again. Thread-safe."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        profiles: Callable[[str], Profile],
        calendar: Calendar,
        *,
        releases_needed: int = 1,
        can_send: bool = True,
        letters: bool = False,
        invitations: bool = False,
    ) -> None:
        """Builds a casebook over a ledger; `profiles` returns a profile by name, `can_send` is False without a mail server.

        `letters` is True where content-free letters go to agencies by themselves, `invitations` where invitations are made.
        """
        self.ledger = ledger
        self.clock = clock
        self.calendar = calendar
        self._profiles = profiles
        self._releases_needed = releases_needed
        self._can_send = can_send
        self.letters = letters
        self.invitations = invitations
        self._read: dict[str, tuple[Recorded, ...]] = {}
        self._folded: dict[str, Conference] = {}
        self._held: dict[str, tuple[int, tuple[Candidate, ...]]] = {}
        self._lock = threading.Lock()

    def facts(self, stream: str) -> Sequence[Recorded]:
        """Returns all facts of a stream, in order."""
        return self._facts(stream, None)

    def _facts(self, stream: str, head: int | None) -> Sequence[Recorded]:
        """Returns the facts; asks the ledger for new ones unless `head` says that there are none."""
        with self._lock:
            known = self._read.get(stream, ())
        after = known[-1].seq if known else 0
        if head is not None and head == after:
            return known
        new = self.ledger.read(stream, after)
        if not new:
            return known
        whole = (*known, *new)
        if not stream.startswith("item:"):
            with self._lock:
                present = self._read.get(stream, ())
                if not present or present[-1].seq < whole[-1].seq:
                    self._read[stream] = whole
        return whole

    def house(self) -> tuple[House, int]:
        """Returns the house and its head."""
        recorded = self.facts(HOUSE)
        return fold_house(recorded), recorded[-1].seq if recorded else 0

    def conference(self, reference: str) -> Conference:
        """Returns a conference; treat it as read-only, it is shared.

        Raises:
            NotFoundError: there is none of this reference.
        """
        return self._conference(reference, None)

    def _conference(self, reference: str, head: int | None) -> Conference:
        stream = conference_stream(reference)
        recorded = self._facts(stream, head)
        with self._lock:
            folded = self._folded.get(stream)
        if folded is not None and recorded and folded.head == recorded[-1].seq:
            return folded
        conference = fold_conference(recorded)
        if conference is None:
            raise NotFoundError(f"There is no conference {reference!r} here. Nothing was changed.")
        with self._lock:
            self._folded[stream] = conference
        return conference

    def profile(self, name: str) -> Profile:
        """Returns the profile of that name."""
        return self._profiles(name)

    def references(self) -> list[ConferenceRef]:
        """Returns all conference references."""
        return [ConferenceRef(s.partition(":")[2]) for s in self.ledger.streams("conference:")]

    def open_conferences(self) -> dict[ConferenceRef, Conference]:
        """Returns all conferences that are not cancelled."""
        references = self.references()
        heads = self.ledger.heads([conference_stream(ref) for ref in references])
        found = {ref: self._conference(ref, heads[conference_stream(ref)]) for ref in references}
        return {ref: conference for ref, conference in found.items() if conference.cancelled is None}

    def cancelled(self) -> list[ConferenceRef]:
        """Returns the references of the conferences that were cancelled."""
        open_ones = self.open_conferences()
        return [ref for ref in self.references() if ref not in open_ones]

    def other_children(self) -> dict[str, ConferenceRef]:
        """Returns the folded full names of all children, each with its conference."""
        return {
            folded(child.name): ref
            for ref, conference in self.open_conferences().items()
            for child in conference.booking.children
        }

    def contact(self, contact: ContactId) -> tuple[Contact | None, int]:
        """Returns a directory contact and its head; None and 0 where there is none."""
        recorded = self.facts(contact_stream(contact))
        return fold_contact(recorded), recorded[-1].seq if recorded else 0

    def case(self, reference: str) -> Case:
        """Returns the snapshot of a conference with all it depends on.

        Raises:
            NotFoundError: there is no such conference.
        """
        conference = self.conference(reference)
        house, house_head = self.house()
        heads: dict[str, int] = {conference_stream(reference): conference.head, HOUSE: house_head}
        contacts: dict[ContactId, Contact] = {}
        for person in conference.people.values():
            if person.contact is not None and person.contact not in contacts:
                contact, head = self.contact(person.contact)
                heads[contact_stream(person.contact)] = head
                if contact is not None:
                    contacts[person.contact] = contact
        return Case(
            conference=conference,
            contacts=contacts,
            house=house,
            profile=self._profiles(conference.booking.profile),
            calendar=self.calendar,
            heads=heads,
            releases_needed=max(self._releases_needed, self._profiles(conference.booking.profile).releases_needed),
            can_send=self._can_send,
            letters=self.letters,
            invitations=self.invitations,
            review=self._review(conference),
        )

    def _review(self, conference: Conference) -> FollowUp | None:
        standing = [one for ref in conference.reviews if (one := self.conference(ref)).cancelled is None]
        if not standing:
            return None
        last = standing[-1]
        ended_at = last.outcome.ended_at if last.outcome is not None else None
        return FollowUp(reference=last.reference, start_at=last.start_at, ended_at=ended_at)

    def linked(self, reference: str) -> list[ConferenceRef]:
        """Returns the other conferences about the same plan: its review, the one that it reviews, and theirs in turn."""
        reviews = {ref: self.conference(ref).reviews for ref in self.references()}
        found, more = {ConferenceRef(reference)}, True
        while more:
            near = {one for ref, after in reviews.items() if found & {ref, *after} for one in (ref, *after)}
            found, more = found | near, not near <= found
        return sorted(found - {reference})

    def confidential(self, reference: str) -> Confidential:
        """Returns what is asked and decided about confidential sections of a conference; only for the chair's eyes."""
        return fold_confidential(self.facts(confidential_stream(reference)))

    def case_after(self, reference: str, seq: int) -> Case:
        """Returns the case with the conference as it stood after its fact `seq`; contacts and house as they are now."""
        recorded = [entry for entry in self.facts(conference_stream(reference)) if entry.seq <= seq]
        conference = fold_conference(recorded)
        assert conference is not None, "seq is that of a fact of this conference"
        return replace(self.case(reference), conference=conference)

    def item(self, item: str) -> Item:
        """Returns a received item.

        Raises:
            NotFoundError: there is none of this id.
        """
        found = items.fold(self.facts(item_stream(item)))
        if found is None:
            raise NotFoundError(f"There is no item {item!r} here. Nothing was changed.")
        return found

    def items(self) -> list[Item]:
        """Returns all items, in the order of their receipt."""
        found = [self.item(stream.partition(":")[2]) for stream in self.ledger.streams("item:")]
        return sorted(found, key=lambda item: (item.received.received_at, item.id))

    def held_candidates(self) -> Mapping[str, Mapping[PersonId | None, list[ItemId]]]:
        """Returns the held items that may belong to a conference, by its reference and the person they may be from."""
        streams = self.ledger.streams("item:")
        heads = self.ledger.heads(streams)
        found: dict[str, dict[PersonId | None, list[ItemId]]] = {}
        for stream in streams:
            with self._lock:
                known = self._held.get(stream)
            if known is None or known[0] != heads[stream]:
                item = items.fold(self.facts(stream))
                held = item.held if item is not None and item.state is ItemState.HELD else None
                known = (heads[stream], held.candidates if held is not None else ())
                with self._lock:
                    self._held[stream] = known
            for candidate in known[1]:
                found.setdefault(candidate.conference, {}).setdefault(candidate.person, []).append(item_id(stream))
        return found

    def held_for(self, reference: str) -> Mapping[PersonId | None, list[ItemId]]:
        """Returns the held items that may belong to this conference, by the person they may be from (None: nobody knows)."""
        return self.held_candidates().get(reference, {})

    def append(self, facts: Mapping[str, Sequence[Fact]], expected: Mapping[str, int], actor: str) -> None:
        """Writes facts against the heads the decision was made at. Raises StaleHeadError if one moved."""
        self.ledger.append(facts, expected=expected, at=self.clock.now(), actor=actor)

    def report(self, stream: str, facts: Sequence[Fact], actor: str) -> None:
        """Writes facts about an outside effect, whatever else happened to the stream meanwhile."""
        self.ledger.append({stream: list(facts)}, expected={}, at=self.clock.now(), actor=actor)

    def decide(self, decision: Callable[[], Decision | None], actor: str) -> bool:
        """Makes a decision and writes it; when the ledger moved on meanwhile, makes it anew. Returns False for None.

        Raises:
            StaleHeadError: the ledger moved on every time.
        """
        for attempt in range(TRIES):
            decided = decision()
            if decided is None:
                return False
            try:
                self.append(decided.facts, decided.expected, actor)
                return True
            except StaleHeadError:
                if attempt == TRIES - 1:
                    raise
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Facts to write, and the head of every stream that the decision read."""

    facts: Mapping[str, Sequence[Fact]]
    expected: Mapping[str, int]


def item_head(item: Item) -> dict[str, int]:
    """Returns the expectation that an item stands as it was read."""
    return {item_stream(item.id): item.head}


def received_now(clock: Clock) -> datetime:
    """Returns the present instant as a receipt time: whole seconds."""
    return clock.now().replace(microsecond=0)


def item_id(stream: str) -> ItemId:
    """Returns the item id of its stream."""
    return ItemId(stream.partition(":")[2])
