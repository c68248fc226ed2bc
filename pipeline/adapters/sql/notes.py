"""Derived notes beside the ledger: opaque keys to opaque ids or instants. Losing them costs work, never truth."""

from __future__ import annotations

from pipeline.adapters.sql.database import Database


class SqlNotes:
    """Implements `ports.Index` on the marks table."""

    def __init__(self, database: Database) -> None:
        """Builds the index over an existing database."""
        self._database = database

    def find(self, kind: str, key: str) -> str | None:
        """Returns the note, or None."""
        with self._database.reading() as tx:
            row = tx.one("SELECT value FROM marks WHERE name = :name", {"name": f"{kind}:{key}"})
        return str(row[0]) if row is not None else None

    def note(self, kind: str, key: str, value: str) -> None:
        """Writes or replaces the note."""
        with self._database.writing() as tx:
            tx.run(
                "INSERT INTO marks (name, value) VALUES (:name, :value)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                {"name": f"{kind}:{key}", "value": value},
            )
