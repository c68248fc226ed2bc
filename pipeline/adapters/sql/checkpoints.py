"""Checkpoints of the ledger: which heads go into the next one, and what the database remembers of the last.

The database keeps the number and hash of the last checkpoint (the mark `checkpoint`), so that files which were taken
away are missed. Files may be one ahead of it (a crash in between); behind it they were cut.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.adapters.sql.checkpoint_files import FIRST_PREV, Anchor, CheckpointFiles
from pipeline.adapters.sql.database import Database, Transaction
from pipeline.adapters.sql.heads import Head

CHECKPOINT_LOCK = 4_207_002
"""The PostgreSQL advisory lock that lets one host at a time write a checkpoint."""

_IS_PENDING = "SELECT 1 FROM heads WHERE seq > checkpointed_seq LIMIT 1"
_PENDING = "SELECT stream, seq, hash FROM heads WHERE seq > checkpointed_seq ORDER BY stream"
_ALL = "SELECT stream, seq, hash FROM heads WHERE seq > 0 ORDER BY stream"
_DONE = "UPDATE heads SET checkpointed_seq = :seq WHERE stream = :stream AND checkpointed_seq < :seq"
_REMEMBERED = "SELECT value FROM marks WHERE name = 'checkpoint'"
_REMEMBER = """INSERT INTO marks (name, value) VALUES ('checkpoint', :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""


class Checkpoints:
    """Writes a database's heads into files. Safe between threads, processes, and hosts that share the folder."""

    def __init__(self, database: Database, files: CheckpointFiles, now: Callable[[], datetime]) -> None:
        """Uses `database`, whose tables exist; `now` tells the instant written into a checkpoint."""
        self._database = database
        self._now = now
        self.files = files
        self.copy_trouble: str | None = None
        """In words, why the second folder is behind or wrong after the last `write`; None if it is not."""

    def write(self, *, full: bool = False) -> None:
        """Writes the heads changed since the last checkpoint; durable on return. Does nothing where none changed.

        `full` writes every head, unless the last checkpoint was full and nothing changed since.

        Raises:
            CheckpointUnwritableError: the folder cannot be written; the next one holds what this one did not.
            DatabaseUnavailableError: the database is locked or away.
        """
        if full or self._is_pending():
            # Under the write lock: checkpoints have one order, and its files one writer.
            with self._database.writing() as tx:
                if tx.locks_rows:
                    tx.one(f"SELECT pg_advisory_xact_lock({CHECKPOINT_LOCK})")
                self._write(tx, full)
        self.copy_trouble = self.files.bring_copy_up()

    def remembered(self) -> Anchor:
        """Returns the last checkpoint as the database remembers it."""
        with self._database.reading() as tx:
            return _remembered(tx)[0]

    def unknown_facts(self) -> str | None:
        """Returns the first stream of which a checkpoint, unknown to the database, has signed facts that it has not.

        So it is where the database was restored from a backup, or cut. Once the next checkpoint is written the database
        knows of it, and None is returned again; `verify` sees it for ever.
        """
        with self._database.reading() as tx:
            remembered = _remembered(tx)[0]
            heads = _heads(tx, _ALL)
        signed = self.files.signed_after(remembered.n)
        return next((s for s, seq in sorted(signed.items()) if seq > (heads[s][0] if s in heads else 0)), None)

    def _is_pending(self) -> bool:
        with self._database.reading() as tx:
            return tx.one(_IS_PENDING) is not None

    def _write(self, tx: Transaction, full: bool) -> None:
        pending = _heads(tx, _PENDING)
        after, was_full = _remembered(tx)
        if not pending and (was_full or not full):
            return
        last = self.files.last()
        # Where the files are behind the database they were cut: the gap in the numbers shows it for ever.
        after = last if last.n >= after.n else after
        full = full or after.n == 0 or last != after
        heads = _heads(tx, _ALL) if full else pending
        if not heads:
            return
        written = self.files.add(after=after, full=full, heads=heads, made_at=self._now().astimezone(UTC).isoformat())
        tx.run_each(_DONE, ({"stream": stream, "seq": seq} for stream, (seq, _) in pending.items()))
        tx.run(_REMEMBER, {"value": json.dumps({"n": written.n, "hash": written.hash.hex(), "full": full})})


def _heads(tx: Transaction, query: str) -> dict[str, Head]:
    return {stream: (seq, hash_) for stream, seq, hash_ in tx.rows(query)}


def _remembered(tx: Transaction) -> tuple[Anchor, bool]:
    found = tx.one(_REMEMBERED)
    if found is None:
        return Anchor(n=0, hash=FIRST_PREV), False
    fields = json.loads(found[0])
    return Anchor(n=int(fields["n"]), hash=bytes.fromhex(fields["hash"])), bool(fields["full"])
