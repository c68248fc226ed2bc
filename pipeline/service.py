"""The service: watches the inbox, looks at what is due, and stops without leaving anything half done."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.desk import Desk
from pipeline.domain.item import Item, ItemState
from pipeline.errors import Disposition, PacksError
from pipeline.flow import Cases, index_version, look, perform
from pipeline.ports import Engine, Inbox, StableFile
from pipeline.stages.receive import Arrival, receive, watched

log = logging.getLogger("packs")

WATCH_LEASE_SECONDS = 30.0
CHECKPOINT_SECONDS = 60.0
NOTE_WATCH_SECONDS = 5.0
ADOPT_SECONDS = 5.0
IDLE_SECONDS = 1.0
BUSY_SECONDS = 0.05
SWEEP_SECONDS = 86_400.0
REST_SECONDS = 60.0
FILE_FIRST_SECONDS = 120.0
"""How long a starting service lets packs wait for files that will not settle; `--once` waits for them all."""


class Leases(Protocol):
    """Who does what among several processes and hosts."""

    def take(self, name: str, holder: str, seconds: float, real_now: datetime) -> bool:
        """Takes or renews a lease."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Gives a lease up."""
        ...

    def holder(self, name: str, real_now: datetime | None = None) -> str | None:
        """Returns who has the lease."""
        ...


class Sweepable(Cases, Protocol):
    """The index, which can be made again."""

    def rebuild(self) -> int:
        """Marks every case for a look."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What the service runs on. `inbox_name` returns a file's display name: its path below the inbox."""

    desk: Desk
    engine: Engine
    cases: Sweepable
    inbox: Inbox
    leases: Leases
    holder: str
    real_now: Callable[[], datetime]
    inbox_name: Callable[[StableFile], str]
    seal_kept_copies: Callable[[], int]
    is_gone: Callable[[str], bool]
    """Whether a holder was a process of this machine that does not live any more."""


def named(error: BaseException) -> str:
    """Returns an error's dotted code, or its kind and place: never its words, which may hold content."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace is not None else "?"
    return f"{getattr(error, 'code', type(error).__name__)} at {place}"


class Resting:
    """Cases whose look raised rest for a minute (real time) and are looked at again."""

    def __init__(self) -> None:
        """Begins with none."""
        self._until: dict[str, float] = {}

    def rests(self, stream: str) -> bool:
        """Returns True while the case is left alone."""
        return time.monotonic() < self._until.get(stream, 0.0)

    def met(self, stream: str, error: Exception) -> None:
        """Notes that the look at it raised."""
        self._until[stream] = time.monotonic() + REST_SECONDS
        log.error("look at %s: %s", stream, named(error))


class Service:
    """One process of `packs run`."""

    def __init__(self, works: Works, *, tell: Callable[[str], None] | None) -> None:
        """Starts nothing yet; `tell` gets a line for people now and then."""
        self._w = works
        self._tell = tell or (lambda _line: None)
        self._stopping = threading.Event()
        self._done = {"received": 0, "started": 0, "held": 0, "filed": 0, "failed": 0}
        self._next_watch_note = 0.0
        self._noted_at: datetime | None = None
        self._watching = False
        self._next_lease = 0.0
        self._trouble = Resting()

    def stop(self) -> None:
        """Asks the service to end after what is in hand."""
        self._stopping.set()

    def run(self, *, once: bool) -> dict[str, int]:
        """Works until stopped, or with `once` until nothing is due at the present clock; returns counts."""
        works = self._w
        works.engine.launch(self._perform)
        finish = True
        next_checkpoint = next_adopt = 0.0
        begun = time.monotonic()
        next_sweep = begun + SWEEP_SECONDS
        filing = True
        works.seal_kept_copies()
        if not once:
            self._tell("Watching. Stop with Ctrl-C or SIGTERM.")
        try:
            while not self._stopping.is_set():
                tick = time.monotonic()
                if tick >= next_sweep:
                    works.cases.rebuild()
                    next_sweep = tick + SWEEP_SECONDS
                unsettled = self._take_in()
                if tick >= next_adopt:
                    works.engine.adopt()
                    next_adopt = tick + ADOPT_SECONDS
                found = look(
                    works.desk, works.engine, works.cases, self._note_item, self._trouble, items_only=filing
                )
                self._done["started"] += found.started
                self._done["failed"] += found.failed
                if filing and ((not unsettled and not found.busy) or (not once and tick > begun + FILE_FIRST_SECONDS)):
                    filing = False  # all that lay here when we began is filed or held: now packs may be made
                    continue
                if tick >= next_checkpoint:
                    works.desk.casebook.ledger.checkpoint()
                    next_checkpoint = tick + CHECKPOINT_SECONDS
                if found.busy:
                    works.inbox.wait(BUSY_SECONDS)
                    continue
                if once and not unsettled and not self._anything_due():
                    break
                works.inbox.wait(0.1 if unsettled else IDLE_SECONDS)
        except BaseException:
            finish = False
            raise
        finally:
            works.engine.close(finish=finish)
            if self._watching:
                works.leases.release("watch", works.holder)
            if finish:
                works.desk.casebook.ledger.checkpoint()
        return self._done

    def _anything_due(self) -> bool:
        works = self._w
        due = works.cases.due(works.desk.clock.now(), index_version(works.desk))
        return any(not self._trouble.rests(stream) for stream in due)

    def _perform(self, key: str, attempt: int) -> None:
        """Carries out one action for the engine; what it raises is told in the log by code and key, never by content."""
        try:
            perform(key, self._w.desk)
        except Exception as error:
            log.error("%s attempt %d: %s", key, attempt, named(error))
            raise

    def _take_in(self) -> int:
        """Scans the inbox and receives what is stable; returns how many files are still changing."""
        works = self._w
        if not self._may_watch():
            return 0
        at = works.desk.clock.now()
        scan = works.inbox.scan()
        for note in scan.notes:
            self._tell(f"inbox: {note}")
        for file in scan.stable:
            if self._stopping.is_set():
                break
            self._receive(file)
        if not scan.stable and not scan.unsettled:
            # what lies there and is not taken yet may have come before we watched
            self._note_watch(at)
        return scan.unsettled

    def _may_watch(self) -> bool:
        """One process watches a folder; the lease is renewed at a third of its length."""
        if time.monotonic() >= self._next_lease:
            works = self._w
            self._watching = works.leases.take("watch", works.holder, WATCH_LEASE_SECONDS, works.real_now())
            before = None if self._watching else works.leases.holder("watch")
            if before is not None and works.is_gone(before):
                # it was killed: nobody has to wait for a lease that a dead process holds
                works.leases.release("watch", before)
                self._watching = works.leases.take("watch", works.holder, WATCH_LEASE_SECONDS, works.real_now())
            self._next_lease = time.monotonic() + (WATCH_LEASE_SECONDS / 3 if self._watching else 1.0)
        return self._watching

    def _note_watch(self, at: datetime) -> None:
        if at != self._noted_at and (time.monotonic() >= self._next_watch_note or self._noted_at is None):
            watched(self._w.desk, at)
            self._noted_at = at
            self._next_watch_note = time.monotonic() + NOTE_WATCH_SECONDS

    def _receive(self, file: StableFile) -> None:
        works = self._w
        content = works.inbox.read(file)
        if content is None:
            return
        name = works.inbox_name(file)
        arrival = Arrival(
            identity=f"{name}|{file.settled_at.isoformat()}",
            name=name,
            content=content,
            first_seen_at=file.first_seen_at,
            settled_at=file.settled_at,
        )
        try:
            taken = receive(arrival, works.desk)
        except Exception as error:
            # what cannot be sealed stays where it is, with a note beside it
            log.error("receive: %s", named(error))
            ours = "It could not be sealed for a reason of ours, so it stays here. Nothing is lost; run `packs doctor`."
            said = str(error) if isinstance(error, PacksError) else ours
            what = f"A file of {len(content):,} bytes, last written {file.settled_at.isoformat(timespec='seconds')}, is still here."
            lines = [what, f"sha256: {hashlib.sha256(content).hexdigest()}", said]
            works.inbox.problem(file, f"unsealed-{works.desk.keys.fingerprint('note', name.encode())[:12]}", lines)
            if isinstance(error, PacksError) and error.disposition is Disposition.STOP:
                raise
            return
        works.inbox.done(file, taken.item, _lines(works.desk.casebook.item(taken.item)))
        works.desk.mark("receive.removed")
        self._done["received"] += 1
        self._tell(f"received: item {taken.item}")

    def _note_item(self, item_id: str) -> None:
        """Says in the notes what became of an item, once its way has ended for now."""
        works = self._w
        item = works.desk.casebook.item(item_id)
        if item.state in (ItemState.RECEIVED, ItemState.RESOLVED):
            return
        held = item.state is ItemState.HELD
        works.inbox.note("processed", item.id, _lines(item))
        if item.held is not None:
            works.inbox.note("problem", item.id, _lines(item))
        self._done["held" if held else "filed"] += item.state in (ItemState.HELD, ItemState.FILED)
        self._tell(f"item {item.id}: {item.state.value}" + (f" ({item.held.code})" if held and item.held else ""))


def _lines(item: Item) -> list[str]:
    """Returns a note about an item: its id, its hash, and what became of it. No name."""
    lines = [f"item: {item.id}", f"sha256: {item.received.sha256}", f"size: {item.received.size_bytes} bytes"]
    match item.state:
        case ItemState.RECEIVED | ItemState.RESOLVED:
            lines.append("The original is sealed; it is being worked on.")
        case ItemState.OPENED:
            parts = item.opened.parts if item.opened is not None else ()
            lines.append("It was a message; its parts are items of their own: " + ", ".join(parts))
        case ItemState.HELD:
            why = "; ".join(item.held.why) if item.held is not None else ""
            lines.append(f"It is held for a person: {why.rstrip('.')}.")
            lines.append("Nothing is lost. See `packs held`.")
        case ItemState.FILED:
            assert item.filed is not None
            lines.append(f"It was filed for {item.filed.conference}, person {item.filed.person}.")
        case ItemState.REPEATED:
            assert item.repeated is not None
            lines.append(f"It repeats item {item.repeated.of}, filed before; nothing was filed twice.")
        case ItemState.MINUTES:
            assert item.minutes is not None
            lines.append(f"It is version {item.minutes.number} of the minutes of {item.minutes.conference}.")
        case ItemState.DISMISSED:
            lines.append("A person said that it is not a report. It is kept.")
    return lines
