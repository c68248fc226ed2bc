"""Bring back: what the vault holds and no fact names becomes items again, after a ledger lost its newest facts.

A ledger that was brought back from a backup does not know what was received since. The sealed originals are still in the
vault and their keys in the keys database: nothing received is lost, only its name, sender and subject are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime

from pipeline.desk import ORIGINAL, SYSTEM, Desk
from pipeline.domain.facts import ItemReceived
from pipeline.domain.people import BlobId, ItemId
from pipeline.errors import BlobDamagedError, KeyMissingError, StaleHeadError
from pipeline.ports import FileKind

_BLOB = re.compile(r"[0-9a-f]{32}")
MOST_PARTS = 500
"""No message has more parts than this (the reader's own limit is lower)."""


def bring_back(desk: Desk, keyed: Iterable[str], stored: Mapping[BlobId, datetime]) -> list[ItemId]:
    """Makes items of the originals that no fact names; returns them. Repeated, it finds nothing.

    `keyed` are the item streams that have a key, `stored` the vault's blobs and when each was written (real time), which
    stands in for the receipt. A message's parts come back with the message, so they are left to it.
    """
    lost = [stream for stream in keyed if desk.casebook.ledger.head(stream) == 0]
    if not lost:
        return []
    named = set(_named(desk))
    found = dict(_originals(desk, lost, [blob for blob in stored if blob not in named]))
    parts = {part for stream, (_, content) in found.items() for part in _parts_of(stream, content, desk)}
    back: list[ItemId] = []
    for stream, (blob, content) in found.items():
        item = ItemId(stream.partition(":")[2])
        if item not in parts and _received(stream, blob, content, desk.clock_at(stored[blob]), desk):
            back.append(item)
    return back


def _received(stream: str, blob: BlobId, content: bytes, at: datetime, desk: Desk) -> bool:
    fact = ItemReceived(
        route="brought-back",
        received_at=min(at, desk.clock.now()).replace(microsecond=0),
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        blob=blob,
        name="brought-back",
    )
    try:
        desk.casebook.append({stream: [fact]}, {stream: 0}, SYSTEM)
    except StaleHeadError:
        return False  # another host brought it back in the same moment
    return True


def _originals(
    desk: Desk, streams: Collection[str], blobs: Collection[BlobId]
) -> Iterator[tuple[str, tuple[BlobId, bytes]]]:
    """Yields, for each stream, the blob that is its original; only the stream's own key tells."""
    for stream in streams:
        for blob in blobs:
            try:
                yield stream, (blob, desk.vault.get(stream, blob, ORIGINAL))
                break
            except (BlobDamagedError, KeyMissingError):
                continue


def _parts_of(stream: str, content: bytes, desk: Desk) -> Iterator[ItemId]:
    """Yields the ids that the parts of a message have (as `open_message` gives them)."""
    if desk.examiner.examine(content, "brought-back").kind is FileKind.EMAIL:
        item = stream.partition(":")[2]
        for number in range(MOST_PARTS):
            yield ItemId(desk.keys.fingerprint("item", f"{item}|{number}".encode())[:24])


def _named(desk: Desk) -> Iterator[BlobId]:
    """Yields every blob that a fact names."""
    ledger = desk.casebook.ledger
    for prefix in ("item:", "conference:"):
        for stream in ledger.streams(prefix):
            for entry in ledger.read(stream):
                yield from _blobs_in(entry.fact)


def _blobs_in(thing: object) -> Iterator[BlobId]:
    if isinstance(thing, str) and _BLOB.fullmatch(thing):
        yield BlobId(thing)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from _blobs_in(getattr(thing, field.name))
