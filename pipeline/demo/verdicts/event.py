"""What a verdict is looked up in, and a row of what was expected beside what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.bootstrap import House
from pipeline.demo.incidents import F4
from pipeline.demo.moves import received
from pipeline.demo.play import Row
from pipeline.demo.reports import F1, F2
from pipeline.demo.reports_all import F3, F5, F6
from pipeline.domain import facts as f
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.facts import LetterKind
from pipeline.domain.item import Item
from pipeline.domain.people import ItemId
from pipeline.domain.records import Report

NAMES = {F1: "F1", F2: "F2", F3: "F3", F4: "F4", F5: "F5", F6: "F6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the verdicts are looked up in: the folds, and nothing that a move answered."""

    house: House

    def case(self, reference: str) -> Case:
        """Returns a conference's case as it stands."""
        return self.house.desk.casebook.case(reference)

    def conference(self, reference: str) -> Conference:
        """Returns a conference as it stands."""
        return self.house.desk.casebook.conference(reference)

    def case_before(self, reference: str, kind: type[f.Fact], which: int = 0) -> Case:
        """Returns the case as it stood before its first (or a later) fact of this kind."""
        book = self.house.desk.casebook
        found = [entry.seq for entry in book.facts(f"conference:{reference}") if isinstance(entry.fact, kind)]
        return book.case_after(reference, found[which] - 1)

    def item(self, file: str) -> Item:
        """Returns the newest item of this name."""
        return received(self.house, file)[-1]

    def report(self, reference: str, file: str) -> Report:
        """Returns the report that a file became."""
        return self.conference(reference).reports[ItemId(self.item(file).id)]

    def have(self, reference: str, file: str) -> set[str]:
        """Returns the people of whom a copy with this file's report was taken over by the mail server."""
        item = ItemId(self.item(file).id)
        copies = self.conference(reference).copies.values()
        return {copy.person for copy in copies if copy.accepted is not None and item in copy.items}

    def letters(self, reference: str, person: str, kind: LetterKind) -> int:
        """Returns how many letters of a kind a person was sent."""
        letters = self.conference(reference).letters.values()
        return sum(one.accepted is not None and (one.person, one.kind) == (person, kind) for one in letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A replay event. `look` returns in words what came of it, to be the words expected; None where it is not shown."""

    number: str
    family: str
    what: str
    expected: str
    look: Callable[[Ledger], str | None]

    def row(self, ledger: Ledger) -> Row:
        """Returns what was expected and what was found, beside each other."""
        found = self.look(ledger)
        return {
            "event": self.number, "family": self.family, "what": self.what, "expected": self.expected,
            "found": "not shown: no part of the program does it yet" if found is None else found,
            "ok": None if found is None else found == self.expected,
        }  # fmt: skip
