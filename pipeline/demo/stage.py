"""The home while the demo plays in it: each move, made once, and the wait until the ledger says that all is done.

Every move looks first whether it was made before. So a demo that was broken off goes on, and one that was played to its
end is only looked through: nothing is dropped, released or sent a second time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.bootstrap import House
from pipeline.casebook import item_id
from pipeline.demo.moves import RELEASED_BY, received
from pipeline.demo.play import Play, Scene
from pipeline.demo.watcher import Watcher
from pipeline.domain.agenda import FAILED, agenda
from pipeline.domain.calendar import parse_local
from pipeline.domain.facts import Document
from pipeline.domain.item import Item, ItemState
from pipeline.domain.views import documents_view
from pipeline.errors import DemoStoppedError
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
    of: Play
    looked: dict[str, tuple[int, ItemState]] = field(default_factory=dict)
    """Of each item's stream the head it was last looked at, and its state then: it is read again only where that moved."""
    busy: list[str] = field(default_factory=list)
    """The conference that was last found to have something due, which is where a look begins."""

    def begin(self) -> list[str]:
        """Makes the moves that the play begins with; what was done before is left alone."""
        return [line for move in self.of.opening.moves for line in move.make(self.house)]

    def play(self, scene: Scene) -> list[str]:
        """Plays a scene unless the clock is past it; returns in words what came of it."""
        at, now = parse_local(scene.at), self.house.desk.clock.now()
        if now > at:
            return []
        if now < at:
            self.house.set_clock(at)
        told = self._drop(scene) if scene.drop else []
        for move in scene.moves:
            told += move.make(self.house)
        self._settled()
        released = [line for reference in scene.release for line in self._release(reference)]
        self._settled()
        return told + released + self._sent(scene)

    def _drop(self, scene: Scene) -> list[str]:
        """Drops the scene's files as a scanner or a mail programme does, and waits until all came to their end."""
        for name in scene.drop:
            if not received(self.house, name):
                target = self.inbox / name
                target.parent.mkdir(parents=True, exist_ok=True)
                half = target.with_name(f".{target.name}.part")
                half.write_bytes(self.of.files[name]())
                half.rename(target)
        self._settled()
        told = []
        for name in scene.drop:
            found = received(self.house, name)
            state = found[-1].state if found else None
            if state is not scene.end_of(name):
                raise DemoStoppedError(f"{name!r} ended as {state and state.value}, not as {scene.end_of(name).value}.")
            told.append(f"{name}: {_became(found[-1])}")
        return told

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
        at, book = parse_local(scene.at), self.house.desk.casebook
        conferences = [book.conference(reference) for reference in self._shown()]
        copies = [copy for conference in conferences for copy in conference.copies.values() if copy.accepted_at == at]
        letters = [one for conference in conferences for one in conference.letters.values() if one.accepted_at == at]
        return [f"sent: {copy.document.value} {copy.issue} to {copy.person}" for copy in copies] + (
            [f"letters: {', '.join(f'{one.kind.value} to {one.person}' for one in letters)}"] if letters else []
        )

    def _shown(self) -> list[str]:
        """Returns the references of the play that are convened by now, in its order."""
        have = set(self.house.desk.casebook.references())
        return [reference for reference in self.of.references if reference in have]

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
        if self._items_in_hand():
            return "a received file is still being worked on"
        book = self.house.desk.casebook
        for reference in sorted(book.references(), key=lambda one: one not in self.busy):
            case = book.case(reference)
            due = agenda(case, book.clock.now())
            if due.due:
                self.busy[:] = [reference]
                return f"{len(due.due)} actions are still due for {reference}"
            ended = [fact.code for attempts in case.conference.attempts.values() for fact, _ in attempts]
            if due.stuck or FAILED in ended:
                raise DemoStoppedError(f"an action for {reference} failed. See data/packs.log.")
        return None

    def _items_in_hand(self) -> bool:
        """Returns whether the service still works on an item."""
        book = self.house.desk.casebook
        for stream, head in book.ledger.heads(book.ledger.streams("item:")).items():
            if self.looked.get(stream, (0, None))[0] != head:
                self.looked[stream] = (head, book.item(item_id(stream)).state)
        return any(state in (ItemState.RECEIVED, ItemState.RESOLVED) for _, state in self.looked.values())


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
