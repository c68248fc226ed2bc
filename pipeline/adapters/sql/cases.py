"""The index of the agenda: which cases are to be looked at, and when. Derived; `rebuild` makes it again from the facts.

A row is *dirty* when a stream that its agenda was derived from has new facts: look now. `look_again_at` is empty where
the answer cannot change without a new fact. Nothing leaves on the word of this index.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pipeline.adapters.sql.database import Database, Transaction
from pipeline.adapters.sql.heads import held
from pipeline.adapters.sql.schema import instant, micros

CASE_PREFIXES = ("conference:", "item:")
"""Streams that are a case of their own. A fact in one of them opens its case again."""

HOUSE_PREFIX = "house:"
"""A fact in the house concerns every open case."""

_OPEN_CASE = "INSERT INTO cases (stream) VALUES (:stream) ON CONFLICT (stream) DO NOTHING"

# PostgreSQL: one statement takes all the rows' locks in the order of their ids, so two appends never wait in a circle.
_MARK = """UPDATE cases SET dirty = 1, open = CASE WHEN stream IN :own_in THEN 1 ELSE open END WHERE stream IN (
    SELECT stream FROM cases WHERE stream IN :own_in OR (open = 1 AND dirty = 0 AND stream IN (
        SELECT case_stream FROM case_uses WHERE stream IN :written_in)) ORDER BY stream{lock})"""
_MARK_ALL = """UPDATE cases SET dirty = 1, open = CASE WHEN stream IN :own_in THEN 1 ELSE open END WHERE stream IN (
    SELECT stream FROM cases WHERE stream IN :own_in OR (open = 1 AND dirty = 0) ORDER BY stream{lock})"""

_DUE = """SELECT stream FROM cases WHERE open = 1 AND (dirty = 1 OR look_again_at <= :now)
ORDER BY CASE WHEN dirty = 1 THEN 0 ELSE look_again_at END, stream"""
_DUE_OR_OTHER_VERSION = """SELECT stream FROM cases
WHERE open = 1 AND (dirty = 1 OR look_again_at <= :now OR version <> :version)
ORDER BY CASE WHEN dirty = 1 OR look_again_at IS NULL THEN 0 ELSE look_again_at END, stream"""
_NEXT = "SELECT min(look_again_at) FROM cases WHERE open = 1"
_OPEN = "SELECT stream FROM cases WHERE open = 1 ORDER BY stream"

_SETTLE = """INSERT INTO cases (stream, look_again_at, derived_from, version, open, dirty)
VALUES (:case, :look_again_at, :derived_from, :version, :open, 0) ON CONFLICT (stream) DO UPDATE SET
look_again_at = excluded.look_again_at, derived_from = excluded.derived_from, version = excluded.version,
open = excluded.open, dirty = 0"""
_STILL_DIRTY = "UPDATE cases SET dirty = 1, open = 1 WHERE stream = :case"
_USES = "SELECT stream FROM case_uses WHERE case_stream = :case"
_USE = (
    "INSERT INTO case_uses (case_stream, stream) VALUES (:case, :stream) ON CONFLICT (case_stream, stream) DO NOTHING"
)
_DROP_USE = "DELETE FROM case_uses WHERE case_stream = :case AND stream = :stream"

_FORGET_STRANGERS = """DELETE FROM cases WHERE stream NOT IN (SELECT stream FROM facts WHERE seq = 1)"""
_FORGET_USES = "DELETE FROM case_uses WHERE case_stream NOT IN (SELECT stream FROM cases)"
_OPEN_FROM_FACTS = """INSERT INTO cases (stream)
SELECT stream FROM facts WHERE seq = 1 AND stream LIKE :pattern ORDER BY stream
ON CONFLICT (stream) DO UPDATE SET dirty = 1, open = 1"""


def mark(tx: Transaction, written: Sequence[str]) -> None:
    """Marks, in the transaction that writes facts, every case that has to be looked at because of them.

    A written stream that is a case of its own is opened (again); of the others, the open cases that use one are marked,
    and all open cases where the house was written.
    """
    own = [stream for stream in written if stream.startswith(CASE_PREFIXES)]
    tx.run_each(_OPEN_CASE, ({"stream": stream} for stream in own))
    if any(stream.startswith(HOUSE_PREFIX) for stream in written):
        tx.run(_MARK_ALL.format(lock=tx.for_update), {"own_in": own})
    elif written:
        tx.run(_MARK.format(lock=tx.for_update), {"own_in": own, "written_in": list(written)})


class SqlCases:
    """The index of cases in a database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        """Uses `database`, whose tables exist."""
        self._database = database

    def due(self, now: datetime, version: str | None = None) -> list[str]:
        """Returns the open cases to look at: marked ones first, then those whose instant has come, by instant.

        An instant equal to `now` has come. With `version`, cases that were settled under another version of profile,
        calendar and agenda are due too.
        """
        with self._database.reading() as tx:
            if version is None:
                rows = tx.rows(_DUE, {"now": micros(now)})
            else:
                rows = tx.rows(_DUE_OR_OTHER_VERSION, {"now": micros(now), "version": version})
        return [row[0] for row in rows]

    def settle(
        self,
        case: str,
        *,
        seen: Mapping[str, int],
        uses: Collection[str],
        look_again_at: datetime | None,
        open: bool,
        version: str,
    ) -> bool:
        """Notes what a look at the case found; returns whether the case is clean.

        It stays marked, and False is returned, if a head in `seen` (those that the agenda was derived from) moved on
        meanwhile. `look_again_at` None means: not before a new fact. A case that is not `open` is due again only when
        its own stream gets a fact.

        Raises:
            ValueError: `uses` names a stream whose head is not in `seen`, so nobody could tell whether it moved.
        """
        if not set(uses) <= set(seen):
            raise ValueError("every stream that a case uses must be among the heads it was derived from")
        derived_from = json.dumps(dict(seen), sort_keys=True, separators=(",", ":"))
        with self._database.writing() as tx:
            found = {stream: seq for stream, (seq, _) in held(tx, seen).items()}
            tx.run(
                _SETTLE,
                {
                    "case": case,
                    "look_again_at": None if look_again_at is None else micros(look_again_at),
                    "derived_from": derived_from,
                    "version": version,
                    "open": int(open),
                },
            )
            _note_uses(tx, case, set(uses) if open else set())
            clean = found == dict(seen)
            if not clean:
                tx.run(_STILL_DIRTY, {"case": case})
        return clean

    def open_cases(self) -> list[str]:
        """Returns all open cases, sorted."""
        with self._database.reading() as tx:
            return [row[0] for row in tx.rows(_OPEN)]

    def next_look(self) -> datetime | None:
        """Returns the earliest instant at which an open case is due without a new fact, None if there is none."""
        with self._database.reading() as tx:
            found = tx.one(_NEXT)
        return None if found is None or found[0] is None else instant(found[0])

    def rebuild(self) -> int:
        """Makes the index again: every conference and item of the facts is open and due. Returns how many."""
        with self._database.writing() as tx:
            if tx.locks_rows:
                # All rows in any order: nobody else may hold some of them meanwhile.
                tx.run("LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE")
            tx.run(_FORGET_STRANGERS)
            tx.run(_FORGET_USES)
            for prefix in CASE_PREFIXES:
                tx.run(_OPEN_FROM_FACTS, {"pattern": f"{prefix}%"})
            return len(tx.rows(_OPEN))


def _note_uses(tx: Transaction, case: str, uses: Collection[str]) -> None:
    noted = {row[0] for row in tx.rows(_USES, {"case": case})}
    tx.run_each(_USE, ({"case": case, "stream": stream} for stream in sorted(set(uses) - noted)))
    tx.run_each(_DROP_USE, ({"case": case, "stream": stream} for stream in sorted(noted - set(uses))))
