"""Moving a ledger from its SQLite file to a server: every row as it is, so that chains and checkpoints go on unbroken."""

from __future__ import annotations

from pipeline.adapters.sql.database import Database, Transaction

MOVE_LOCK = 4_207_003
"""The PostgreSQL advisory lock that lets one host move a ledger in."""

_COLUMNS = {
    "facts": ("stream", "seq", "at", "kind", "version", "actor", "body", "prev", "hash"),
    "heads": ("stream", "seq", "hash", "checkpointed_seq"),
    "cases": ("stream", "look_again_at", "derived_from", "version", "open", "dirty"),
    "case_uses": ("case_stream", "stream"),
    "clock_settings": ("n", "at", "set_real_at"),
    "marks": ("name", "value"),
}
_BATCH = 500


def is_empty(database: Database) -> bool:
    """Returns True where no fact is in the ledger."""
    with database.reading() as tx:
        return tx.one("SELECT 1 FROM facts LIMIT 1") is None


def move_in(source: Database, target: Database) -> int:
    """Copies everything of the ledger in `source` into the empty one of `target`; returns how many facts.

    All or nothing; `source` is left as it is. A target that is no longer empty is left alone and 0 returned.
    """
    with source.snapshot() as old, target.writing() as new:
        if new.locks_rows:
            new.one(f"SELECT pg_advisory_xact_lock({MOVE_LOCK})")
        if new.one("SELECT 1 FROM facts LIMIT 1") is not None:
            return 0
        new.run("DELETE FROM marks")
        copied = {table: _copy(old, new, table, columns) for table, columns in _COLUMNS.items()}
        return copied["facts"]


def _copy(old: Transaction, new: Transaction, table: str, columns: tuple[str, ...]) -> int:
    names = ", ".join(columns)
    insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + c for c in columns)})"  # noqa: S608 - our own words
    batch: list[dict[str, object]] = []
    count = 0
    for row in old.each(f"SELECT {names} FROM {table}"):  # noqa: S608 - our own words
        batch.append(dict(zip(columns, row, strict=True)))
        count += 1
        if len(batch) == _BATCH:
            new.run_each(insert, batch)
            batch = []
    new.run_each(insert, batch)
    return count
