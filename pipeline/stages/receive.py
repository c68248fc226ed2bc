"""Receive: a file's original bytes are sealed and in the ledger before anything parses them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pipeline.casebook import item_stream
from pipeline.desk import ORIGINAL, SYSTEM, Desk
from pipeline.domain.facts import ItemReceived
from pipeline.domain.people import ItemId
from pipeline.errors import StaleHeadError

WATCH = "watched-until"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file as it lay in the inbox. `identity` is the same for the same file (path, inode, times), new for a new drop."""

    identity: str
    name: str
    content: bytes
    first_seen_at: datetime
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The item that an arrival became."""

    item: ItemId
    sha256: str


def receive(arrival: Arrival, desk: Desk) -> Taken:
    """Seals the file and records its receipt; called twice for the same file it does nothing the second time.

    Receipt is first sight; where the service was not watching before, the earliest possible instant is recorded too: not
    before it last watched, not before the file took its present form (A00.1).
    """
    sha256 = hashlib.sha256(arrival.content).hexdigest()
    item = ItemId(desk.keys.fingerprint("item", f"{arrival.identity}|{sha256}".encode())[:24])
    stream = item_stream(item)
    if desk.casebook.ledger.head(stream):
        return Taken(item=item, sha256=sha256)
    received_at = arrival.first_seen_at.replace(microsecond=0)
    earliest_at = _earliest(arrival, desk).replace(microsecond=0)
    desk.keys.ensure(stream)
    desk.mark("receive.before-seal")
    blob = desk.vault.put(stream, arrival.content, ORIGINAL)
    desk.mark("receive.after-seal")
    fact = ItemReceived(
        route="folder",
        received_at=received_at,
        earliest_at=earliest_at if earliest_at < received_at else None,
        sha256=sha256,
        size_bytes=len(arrival.content),
        blob=blob,
        name=arrival.name,
        settled_at=arrival.settled_at,
    )
    try:
        desk.casebook.append({stream: [fact]}, {stream: 0}, SYSTEM)
    except StaleHeadError:
        # another process took the same file in the same moment: its receipt stands
        return Taken(item=item, sha256=sha256)
    desk.mark("receive.after-fact")
    return Taken(item=item, sha256=sha256)


def _earliest(arrival: Arrival, desk: Desk) -> datetime:
    settled_at = desk.clock_at(arrival.settled_at)
    watched = desk.index.find(WATCH, "inbox")
    watched_until = datetime.fromisoformat(watched) if watched else None
    earliest = max(settled_at, watched_until) if watched_until is not None else settled_at
    return min(earliest, arrival.first_seen_at)


def watched(desk: Desk, at: datetime) -> None:
    """Records that the inbox was looked at at `at`: what lies there later came later."""
    desk.index.note(WATCH, "inbox", at.isoformat())
