"""The heads of streams: where each one ends. Locked in one order by everyone who decides on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby

from pipeline.adapters.sql.chain import NOTHING_BEFORE
from pipeline.adapters.sql.database import Transaction

Head = tuple[int, bytes]
"""The last sequence of a stream and the hash of that fact; (0, zeros) where it has none."""

NO_HEAD: Head = (0, NOTHING_BEFORE)

_HEADS = "SELECT stream, seq, hash FROM heads WHERE stream IN :streams_in ORDER BY stream"
_NEW = "INSERT INTO heads (stream, seq, hash) VALUES (:stream, 0, :hash) ON CONFLICT (stream) DO NOTHING"


def looked_up(tx: Transaction, streams: Collection[str]) -> dict[str, Head]:
    """Returns the head of each stream as of one instant."""
    found: dict[str, Head] = dict.fromkeys(streams, NO_HEAD)
    if streams:
        found |= {stream: (seq, hash_) for stream, seq, hash_ in tx.rows(_HEADS, {"streams_in": sorted(streams)})}
    return found


def held(tx: Transaction, foreseen: Mapping[str, int], written: Collection[str] = ()) -> dict[str, Head]:
    """Returns the heads of all streams in `foreseen`, none of which moves until the transaction ends.

    One that is not in `written` is locked against writers alone, so that all may read the house at once. Locks are
    taken in the order of ids, run by run, whatever their strength, so two transactions never wait for each other. A
    stream foreseen without facts gets a row first, because only a row can be locked.
    """
    if not tx.locks_rows:
        return looked_up(tx, foreseen)
    wanted = sorted(foreseen)
    tx.run_each(_NEW, ({"stream": stream, "hash": NOTHING_BEFORE} for stream in wanted if foreseen[stream] == 0))
    found: dict[str, Head] = dict.fromkeys(wanted, NO_HEAD)
    for is_written, run in groupby(wanted, key=lambda stream: stream in written):
        strength = tx.for_update if is_written else tx.for_share
        for stream, seq, hash_ in tx.rows(_HEADS + strength, {"streams_in": list(run)}):
            found[stream] = (seq, hash_)
    return found
