"""The ledger: facts written once, in one way. Reading, appending, and nothing else.

An append names the head of every stream its decision read. In one transaction the heads are locked in the order of
their ids, compared, the facts inserted, and the cases that use a written stream marked for a look. Whoever comes second
gets StaleHeadError and decides again.

The actor is stored in clear and has to be an opaque id; the name belongs into the fact's body, which is sealed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from pipeline.adapters.sql import cases
from pipeline.adapters.sql.chain import Clear
from pipeline.adapters.sql.checkpoints import Checkpoints
from pipeline.adapters.sql.codec import Codec
from pipeline.adapters.sql.database import Database, Row, Transaction
from pipeline.adapters.sql.heads import Head, held, looked_up
from pipeline.adapters.sql.schema import instant, micros
from pipeline.adapters.sql.verification import verify, verify_ends
from pipeline.domain.facts import Fact, Recorded
from pipeline.errors import KeyErasedError, LedgerBrokenError, StaleHeadError
from pipeline.ports import Keys, Verification

_OPAQUE = re.compile(r"[^\s@\x00-\x1f]{1,200}")

_READ = """SELECT seq, at, kind, version, actor, body FROM facts WHERE stream = :stream AND seq > :after ORDER BY seq"""
_STREAMS = "SELECT stream FROM heads WHERE seq > 0 AND stream >= :first AND stream < :beyond ORDER BY stream"
_LAST_AT = "SELECT max(at) FROM facts"
_ALL_STREAMS = "SELECT stream FROM heads WHERE seq > 0 ORDER BY stream"
_INSERT = """INSERT INTO facts (stream, seq, at, kind, version, actor, body, prev, hash)
VALUES (:stream, :seq, :at, :kind, :version, :actor, :body, :prev, :hash)"""
_MOVE_HEAD = """INSERT INTO heads (stream, seq, hash) VALUES (:stream, :seq, :hash)
ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"""

_Sealed = list[tuple[Clear, bytes]]


class SqlLedger:
    """The ledger in a database. Safe to share between threads."""

    def __init__(self, database: Database, keys: Keys, codec: Codec, checkpoints: Checkpoints) -> None:
        """Writes to `database`, whose tables exist; seals with `keys`."""
        self._database = database
        self._keys = keys
        self._codec = codec
        self._checkpoints = checkpoints

    def read(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        """Returns the facts with sequence above `after`, in order, opened; those of an erased key are left out.

        Raises:
            LedgerBrokenError: a fact is missing, or its kind is unknown here.
            KeyMissingError: a body does not open: the key is lost, or the fact was changed.
        """
        with self._database.reading() as tx:
            rows = tx.rows(_READ, {"stream": stream, "after": after})
        found = []
        for row in _unbroken(stream, after, rows):
            with suppress(KeyErasedError):
                found.append(self._opened(stream, row))
        return found

    def head(self, stream: str) -> int:
        """Returns the last sequence of the stream; 0 where it has none."""
        return self.heads([stream])[stream]

    def heads(self, streams: Collection[str]) -> Mapping[str, int]:
        """Returns the last sequence of each of the streams, all as of one instant; 0 where one has none."""
        with self._database.reading() as tx:
            return {stream: seq for stream, (seq, _) in looked_up(tx, streams).items()}

    def streams(self, prefix: str = "") -> Sequence[str]:
        """Returns the ids of all streams that begin with `prefix`, sorted by code point."""
        with self._database.reading() as tx:
            if prefix:
                rows = tx.rows(_STREAMS, {"first": prefix, "beyond": prefix[:-1] + chr(ord(prefix[-1]) + 1)})
            else:
                rows = tx.rows(_ALL_STREAMS)
        return sorted(row[0] for row in rows)

    def append(
        self, facts: Mapping[str, Sequence[Fact]], *, expected: Mapping[str, int], at: datetime, actor: str
    ) -> None:
        """Writes all facts in one transaction if every named head still is as expected; durable on return.

        `expected` names every stream the decision read, also those not written; a written stream that it leaves out is
        appended whatever its head is (an outside effect that must be reported).

        Raises:
            StaleHeadError: a head moved; nothing was written. Read again and decide again.
            DatabaseUnavailableError: the database is locked or away. If the answer to the commit was lost the facts may
                stand: a fold must bear the same report twice.
            ValueError: an id or actor that is not opaque, an instant without a zone, or a fact that JSON cannot hold.
        """
        written = {stream: facts[stream] for stream in sorted(facts) if facts[stream]}
        for opaque in (actor, *written, *expected):
            if not _OPAQUE.fullmatch(opaque):
                raise ValueError("an actor or a stream must be an opaque id")
        foreseen = dict(expected)
        if unexpected := [stream for stream in written if stream not in expected]:
            foreseen |= self.heads(unexpected)
        for stream in written:
            if foreseen[stream] == 0:
                self._keys.ensure(stream)
        # Sealed before the lock is taken: where a head was foreseen rightly, nothing is left to do under the lock.
        sealed = {stream: self._sealed(stream, foreseen[stream], written[stream], at, actor) for stream in written}
        with self._database.writing() as tx:
            found = held(tx, foreseen, written)
            _compare(expected, found)
            for stream, its_facts in written.items():
                if found[stream][0] != foreseen[stream]:
                    sealed[stream] = self._sealed(stream, found[stream][0], its_facts, at, actor)
            _insert(tx, sealed, found)
            cases.mark(tx, list(written))

    def verify(self) -> Verification:
        """Walks every chain and every checkpoint; returns what it found. Never raises for a broken chain."""
        return verify(self._database, self._keys, self._checkpoints)

    def verify_ends(self) -> Verification:
        """Looks at counts, heads and checkpoints only, and opens no fact: quick, and blind to a changed body."""
        return verify_ends(self._database, self._checkpoints)

    def unknown_facts(self) -> str | None:
        """Returns a stream of which checkpoints signed facts that are not here: restored from a backup, or cut; else None."""
        return self._checkpoints.unknown_facts()

    def last_at(self) -> datetime | None:
        """Returns the instant of the latest fact, None if there is none."""
        with self._database.reading() as tx:
            found = tx.one(_LAST_AT)
        return None if found is None or found[0] is None else instant(found[0])

    def checkpoint(self, *, full: bool = False) -> None:
        """Signs the heads changed since the last checkpoint and writes them outside the database; durable on return.

        Does nothing where no head changed. `full` names every head and begins a new file.

        Raises:
            CheckpointUnwritableError: the folder cannot be written; the next one will hold what this one did not.
        """
        self._checkpoints.write(full=full)

    def _opened(self, stream: str, row: Row) -> Recorded:
        seq, at, kind, version, actor, body = row
        clear = Clear(stream=stream, seq=seq, at=at, kind=kind, version=version, actor=actor)
        fact = self._codec.decode(kind, version, self._keys.open(stream, body, clear.context()))
        return Recorded(stream=stream, seq=seq, at=instant(at), actor=actor, fact=fact)

    def _sealed(self, stream: str, head: int, facts: Sequence[Fact], at: datetime, actor: str) -> _Sealed:
        sealed: _Sealed = []
        for seq, fact in enumerate(facts, start=head + 1):
            coded = self._codec.encode(fact)
            clear = Clear(stream=stream, seq=seq, at=micros(at), kind=coded.kind, version=coded.version, actor=actor)
            sealed.append((clear, self._keys.seal(stream, coded.body, clear.context())))
        return sealed


def _compare(expected: Mapping[str, int], heads: Mapping[str, Head]) -> None:
    for stream in sorted(expected):
        if heads[stream][0] != expected[stream]:
            raise StaleHeadError(
                f"{stream} stands at {heads[stream][0]} and not at {expected[stream]}, so nothing was written. "
                "It is read and decided again."
            )


def _insert(tx: Transaction, sealed: Mapping[str, _Sealed], heads: Mapping[str, Head]) -> None:
    rows: list[dict[str, object]] = []
    moved: list[dict[str, object]] = []
    for stream, bodies in sealed.items():
        prev = heads[stream][1]
        for clear, body in bodies:
            hash_ = clear.hash(body, prev)
            fields = {name: getattr(clear, name) for name in ("stream", "seq", "at", "kind", "version", "actor")}
            rows.append(fields | {"body": body, "prev": prev, "hash": hash_})
            prev = hash_
        moved.append({"stream": stream, "seq": bodies[-1][0].seq, "hash": prev})
    tx.run_each(_INSERT, rows)
    tx.run_each(_MOVE_HEAD, moved)


def _unbroken(stream: str, after: int, rows: Sequence[Row]) -> Sequence[Row]:
    for expected, row in enumerate(rows, start=after + 1):
        if row[0] != expected:
            raise LedgerBrokenError(
                f"Fact {expected} of {stream} is missing. Nothing is sent; run `packs audit verify`."
            )
    return rows
