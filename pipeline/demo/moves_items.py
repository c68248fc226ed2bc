"""What people do in the demo with what agencies send and ask; each looks first whether it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.bootstrap import House
from pipeline.demo.moves import RELEASED_BY, received
from pipeline.domain.facts import (
    InMinutes,
    LetterKind,
    Wish,
)
from pipeline.domain.item import ItemState
from pipeline.orders import confidential, items
from pipeline.orders.letters import ask


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
