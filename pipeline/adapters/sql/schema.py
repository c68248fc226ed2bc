"""The tables, and the triggers that keep a written fact as it is.

Instants are whole microseconds since 1970 in UTC (`at`, `look_again_at`, …); flags are 0 or 1. Only `facts` is truth;
all other tables are made from it, or belong to the running of the house (leases, beats, clock, marks).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.adapters.sql.database import Database, Transaction
from pipeline.errors import LedgerBrokenError

SCHEMA_VERSION = 1
SCHEMA_LOCK = 4_207_001
"""The PostgreSQL advisory lock that lets one host at a time make the tables."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (
    stream {id} NOT NULL, seq {int} NOT NULL CHECK (seq > 0), at {int} NOT NULL, kind TEXT NOT NULL,
    version {int} NOT NULL, actor TEXT NOT NULL, body {bytes} NOT NULL, prev {bytes} NOT NULL, hash {bytes} NOT NULL,
    PRIMARY KEY (stream, seq)){clustered};
CREATE TABLE IF NOT EXISTS heads (
    stream {id} NOT NULL PRIMARY KEY, seq {int} NOT NULL, hash {bytes} NOT NULL,
    checkpointed_seq {int} NOT NULL DEFAULT 0){clustered};
CREATE INDEX IF NOT EXISTS heads_to_checkpoint ON heads (stream) WHERE seq > checkpointed_seq;
CREATE TABLE IF NOT EXISTS cases (
    stream {id} NOT NULL PRIMARY KEY, look_again_at {int}, derived_from TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '', open {int} NOT NULL DEFAULT 1, dirty {int} NOT NULL DEFAULT 1){clustered};
CREATE INDEX IF NOT EXISTS cases_to_look_at ON cases (look_again_at) WHERE open = 1;
CREATE INDEX IF NOT EXISTS cases_dirty ON cases (stream) WHERE open = 1 AND dirty = 1;
CREATE TABLE IF NOT EXISTS case_uses (
    case_stream {id} NOT NULL, stream {id} NOT NULL, PRIMARY KEY (case_stream, stream)){clustered};
CREATE INDEX IF NOT EXISTS case_uses_by_stream ON case_uses (stream, case_stream);
CREATE TABLE IF NOT EXISTS leases (
    name {id} NOT NULL PRIMARY KEY, holder TEXT NOT NULL, beat_at {int} NOT NULL, expires_at {int} NOT NULL){clustered};
CREATE TABLE IF NOT EXISTS beats (host {id} NOT NULL PRIMARY KEY, beat_at {int} NOT NULL){clustered};
CREATE TABLE IF NOT EXISTS clock_settings (
    n {int} NOT NULL PRIMARY KEY, at {int} NOT NULL, set_real_at {int} NOT NULL){clustered};
CREATE TABLE IF NOT EXISTS marks (name {id} NOT NULL PRIMARY KEY, value TEXT NOT NULL){clustered};
"""

_SQLITE_WORDS = {"id": "TEXT", "int": "INTEGER", "bytes": "BLOB", "clustered": " WITHOUT ROWID, STRICT"}
_POSTGRESQL_WORDS = {"id": 'TEXT COLLATE "C"', "int": "BIGINT", "bytes": "BYTEA", "clustered": ""}

# REPLACE deletes a row without firing its DELETE trigger, so a taken place is refused before the insert.
_SQLITE_TRIGGERS = (
    "CREATE TRIGGER IF NOT EXISTS facts_stay BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'a fact stays'); END",
    "CREATE TRIGGER IF NOT EXISTS facts_remain BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'a fact is kept'); END",
    """CREATE TRIGGER IF NOT EXISTS facts_once BEFORE INSERT ON facts
    WHEN EXISTS (SELECT 1 FROM facts WHERE stream = NEW.stream AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'a fact is written once'); END""",
)

_POSTGRESQL_TRIGGERS = (
    """CREATE OR REPLACE FUNCTION facts_stay() RETURNS trigger LANGUAGE plpgsql AS
    $body$ BEGIN RAISE EXCEPTION 'a fact is written once' USING ERRCODE = 'P0001'; END $body$""",
    "CREATE OR REPLACE TRIGGER facts_stay BEFORE UPDATE OR DELETE ON facts FOR EACH ROW EXECUTE FUNCTION facts_stay()",
    "CREATE OR REPLACE TRIGGER facts_remain BEFORE TRUNCATE ON facts EXECUTE FUNCTION facts_stay()",
)

_VERSION = "SELECT value FROM marks WHERE name = 'schema'"


def create(database: Database) -> None:
    """Makes every table that is not there yet. Safe to call on each start and from several hosts at once.

    Raises:
        LedgerBrokenError: a newer version of the program made the tables.
        DatabaseUnavailableError: the database does not answer.
    """
    with database.writing() as tx:
        if tx.locks_rows:
            tx.one(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")
        if _is_current(tx, database.dialect):
            return
        sqlite = database.dialect == "sqlite"
        # Rows lie in the order of their key (WITHOUT ROWID), so that a stream is read from neighbouring pages.
        # Ids sort by code point everywhere, as Python sorts them: locks are taken in that order.
        tables = _TABLES.format(**(_SQLITE_WORDS if sqlite else _POSTGRESQL_WORDS))
        for statement in [one.strip() for one in tables.split(";") if one.strip()]:
            tx.run(statement)
        for statement in _SQLITE_TRIGGERS if sqlite else _POSTGRESQL_TRIGGERS:
            tx.run(statement)
        tx.run(
            "INSERT INTO marks (name, value) VALUES ('schema', :version) ON CONFLICT (name) DO NOTHING",
            {"version": str(SCHEMA_VERSION)},
        )


def micros(instant: datetime) -> int:
    """Returns the instant as stored. Raises ValueError if it has no zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone reached the database")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant(stored: int) -> datetime:
    """Returns a stored instant, aware, UTC."""
    return _EPOCH + timedelta(microseconds=stored)


def _is_current(tx: Transaction, dialect: str) -> bool:
    catalogue = (
        "SELECT 1 FROM sqlite_master WHERE name = 'marks'"
        if dialect == "sqlite"
        else "SELECT 1 FROM pg_tables WHERE tablename = 'marks' AND schemaname = current_schema()"
    )
    found = tx.one(_VERSION) if tx.one(catalogue) else None
    if found is not None and int(found[0]) > SCHEMA_VERSION:
        raise LedgerBrokenError(
            "A newer version of packs wrote this database. Nothing was changed; install that version."
        )
    return found is not None and int(found[0]) == SCHEMA_VERSION
