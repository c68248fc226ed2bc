"""The home while the demo plays in it: each move, made once, and the wait until the ledger says that all is done.

Every move looks first whether it was made before. So a demo that was broken off goes on, and one that was played to its
end is only looked through: nothing is dropped, released or sent a second time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.bootstrap import House, profile_names, read_booking
from pipeline.demo.reports import FILES
from pipeline.demo.script import CONFIRMATIONS, CONFIRMED_BY, REFERENCES, RELEASED_BY, Allowance, Scene
from pipeline.demo.watcher import Watcher
from pipeline.domain.addresses import AddressState, ConfirmationMethod
from pipeline.domain.agenda import FAILED, agenda
from pipeline.domain.calendar import parse_local
from pipeline.domain.facts import Document
from pipeline.domain.item import Item, ItemState
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.views import documents_view
from pipeline.errors import DemoStoppedError
from pipeline.orders.addresses import confirm
from pipeline.orders.conferences import convene
from pipeline.orders.items import allow
from pipeline.stages.release import release

SCENE_WITHIN_SECONDS = 120.0
LOOK_EACH_SECONDS = 0.2
_FOLDERS_OF_NOTES = ("processed", "problem")


@dataclass(frozen=True, slots=True)
class Stage:
    """The home while the demo plays in it."""

    house: House
    inbox: Path
    watcher: Watcher

    def begin(self) -> list[str]:
        """Convenes both conferences and confirms the addresses; what was done before is left alone."""
        desk = self.house.desk
        have = set(desk.casebook.references())
        families = sorted((Path(__file__).parent / "families").glob("*.toml"))
        bookings = [read_booking(file.read_bytes(), format="toml", profiles=profile_names()) for file in families]
        missing = [booking for booking in bookings if booking.reference not in have]
        if missing:
            convene(missing, self.house.actor(), desk)
        for reference, person, how, note in CONFIRMATIONS:
            standing = desk.casebook.case(reference).standing(PersonId(person))
            if standing.state(desk.clock.now()) is AddressState.UNCONFIRMED:
                actor = self.house.actor(CONFIRMED_BY)
                confirm(reference, person, ConfirmationMethod(how), CONFIRMED_BY, note, actor, desk)
        return []

    def play(self, scene: Scene) -> list[str]:
        """Plays a scene unless the clock is past it; returns in words what came of it."""
        at, now = parse_local(scene.at), self.house.desk.clock.now()
        if now > at:
            return []
        if now < at:
            self.house.set_clock(at)
        told = self._drop(scene) if scene.drop else []
        for decision in scene.allow:
            self._allow(decision)
        self._settled()
        released = [line for reference in scene.release for line in self._release(reference)]
        self._settled()
        return told + released + self._sent(scene)

    def _drop(self, scene: Scene) -> list[str]:
        """Drops the scene's files as a scanner or a mail programme does, and waits until all came to their end."""
        for name in scene.drop:
            if not self._received(name):
                target = self.inbox / name
                target.parent.mkdir(parents=True, exist_ok=True)
                half = target.with_name(f".{target.name}.part")
                half.write_bytes(FILES[name]())
                half.rename(target)
        self._settled()
        told = []
        for name in scene.drop:
            found = self._received(name)
            state = found[-1].state if found else None
            if state is not scene.end_of(name):
                raise DemoStoppedError(f"{name!r} ended as {state and state.value}, not as {scene.end_of(name).value}.")
            told.append(f"{name}: {_became(found[-1])}")
        return told

    def _received(self, name: str) -> list[Item]:
        items = self.house.desk.casebook.items()
        return [item for item in items if item.received.name == name and not item.received.parent]

    def _allow(self, decision: Allowance) -> None:
        book = self.house.desk.casebook
        conference = book.conference(decision.reference)
        item = ItemId(self._received(decision.file)[-1].id)
        if (item, PersonId(decision.person)) in conference.allowed or conference.chair is None:
            return
        chair = conference.chair.name
        actor = self.house.actor(chair)
        allow(decision.reference, decision.person, item, chair, decision.because, actor, self.house.desk)

    def _release(self, reference: str) -> list[str]:
        """Releases every composed copy of a conference that waits for a person's word."""
        desk = self.house.desk
        told = []
        for row in documents_view(desk.casebook.case(reference), desk.clock.now()):
            if row["state"] == "composed":
                kind, person = Document(str(row["document"])), str(row["person"])
                _, left_out = release(reference, person, kind, RELEASED_BY, self.house.actor(RELEASED_BY), desk)
                told.append(f"released: {kind.value} of {person}" + (f", {len(left_out)} left out" if left_out else ""))
        return told

    def _sent(self, scene: Scene) -> list[str]:
        at = parse_local(scene.at)
        return [
            f"sent: {copy.document.value} {copy.issue} to {copy.person}"
            for reference in REFERENCES
            for copy in self.house.desk.casebook.conference(reference).copies.values()
            if copy.accepted_at == at
        ]

    def _settled(self) -> None:
        """Returns when the ledger says that nothing is left to do at this instant.

        Raises:
            DemoStoppedError: that does not come in time, an action failed, or the watcher ended.
        """
        end = time.monotonic() + SCENE_WITHIN_SECONDS
        while (left := self._left_to_do()) is not None:
            self.watcher.check()
            if time.monotonic() > end:
                raise DemoStoppedError(f"after {SCENE_WITHIN_SECONDS:.0f} seconds {left}. See data/packs.log.")
            time.sleep(LOOK_EACH_SECONDS)

    def _left_to_do(self) -> str | None:
        files = (path.relative_to(self.inbox).parts[0] for path in self.inbox.rglob("*") if path.is_file())
        if any(first not in _FOLDERS_OF_NOTES for first in files):
            return "a file still lies in the inbox"
        book = self.house.desk.casebook
        if any(item.state in (ItemState.RECEIVED, ItemState.RESOLVED) for item in book.items()):
            return "a received file is still being worked on"
        for reference in REFERENCES:
            case = book.case(reference)
            due = agenda(case, book.clock.now())
            if due.due:
                return f"{len(due.due)} actions are still due for {reference}"
            ended = [fact.code for attempts in case.conference.attempts.values() for fact, _ in attempts]
            if due.stuck or FAILED in ended:
                raise DemoStoppedError(f"an action for {reference} failed. See data/packs.log.")
        return None


def _became(item: Item) -> str:
    match item.state:
        case ItemState.HELD if item.held is not None:
            return f"held: {'; '.join(item.held.why)}"
        case ItemState.FILED if item.filed is not None:
            return f"filed for {item.filed.person}"
        case ItemState.OPENED if item.opened is not None:
            return f"opened, {len(item.opened.parts)} attachments"
        case ItemState.REPEATED:
            return "a repeat; filed once"
        case _:
            return item.state.value
