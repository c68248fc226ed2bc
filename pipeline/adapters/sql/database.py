"""One database, SQLite or PostgreSQL, behind the few verbs the ledger needs. The only importer of SQLAlchemy.

Queries are plain SQL that both understand, with named parameters (`:name`); a parameter whose name ends in `_in` is a
list of ids. On SQLite a writing transaction begins IMMEDIATE, so it never has to be upgraded and never deadlocks; on
PostgreSQL it is READ COMMITTED and locks rows (`for_update`, `for_share`).
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.adapters.sql.faults import translated, unreachable
from pipeline.errors import Problem, SettingsProblemError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, TextClause

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]

POOLED_CONNECTIONS = 8
EXTRA_CONNECTIONS = 24
STREAMED_ROWS = 1_000
MODE_RETRY_SECONDS = 0.02


def sqlalchemy_url(url: str | Path) -> str:
    """Returns the address as SQLAlchemy wants it: a path means SQLite, `postgresql://` means psycopg.

    Raises:
        SettingsProblemError: the address names neither SQLite nor PostgreSQL.
    """
    if isinstance(url, Path):
        return f"sqlite:///{url.absolute()}"
    scheme, mark, rest = url.partition("://")
    if mark and scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    if mark and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return url
    raise SettingsProblemError(
        (Problem(line=0, where="database", message='write "postgresql://…" or leave it out for SQLite in data/'),),
        "packs.toml",
    )


class Transaction:
    """An open transaction. Rows come back as tuples in the order of the columns asked for."""

    def __init__(self, connection: Connection, dialect: str) -> None:
        """Wraps an open connection."""
        self._connection = connection
        self.for_update = " FOR UPDATE" if dialect == "postgresql" else ""
        self.for_share = " FOR SHARE" if dialect == "postgresql" else ""
        self.locks_rows = dialect == "postgresql"

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Returns all rows of the query."""
        return [tuple(row) for row in self._connection.execute(_statement(sql), dict(parameters or {}))]

    def one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """Returns the first row of the query, None if it has none."""
        found = self._connection.execute(_statement(sql), dict(parameters or {})).first()
        return None if found is None else tuple(found)

    def each(self, sql: str, parameters: Parameters | None = None) -> Iterator[Row]:
        """Yields the rows without holding them all in memory; the transaction must stay open meanwhile."""
        result = self._connection.execute(
            _statement(sql), dict(parameters or {}), execution_options={"yield_per": STREAMED_ROWS}
        )
        try:
            for row in result:
                yield tuple(row)
        finally:
            result.close()

    def run(self, sql: str, parameters: Parameters | None = None) -> int:
        """Carries out the statement; returns how many rows it touched."""
        return int(self._connection.execute(_statement(sql), dict(parameters or {})).rowcount)

    def run_each(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """Carries out the statement once for each set of parameters, in order."""
        sets = [dict(one) for one in parameters]
        if sets:
            self._connection.execute(_statement(sql), sets)


class Database:
    """Connections to one database. Safe to share between threads; never share it across a fork."""

    def __init__(self, url: str | Path, *, wait_seconds: float = 10.0) -> None:
        """Opens nothing yet. `wait_seconds` bounds every wait for a lock."""
        self._url = sqlalchemy_url(url)
        self.dialect = self._url.partition(":")[0].partition("+")[0]
        self._wait_seconds = wait_seconds
        # SQLite has one writer; threads of this process queue here, fairly, and not in its sleeping busy handler.
        self._one_writer = threading.Lock() if self.dialect == "sqlite" else None
        self._engine = (
            _sqlite_engine(self._url, wait_seconds) if self._one_writer else _postgresql_engine(self._url, wait_seconds)
        )

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Yields a transaction for single queries; each sees what is committed when it starts.

        Raises:
            DatabaseUnavailableError: the database does not answer, or not in time.
        """
        options = {"begin": ""} if self.dialect == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        with self._connected(options) as transaction:
            yield transaction

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Yields a read-only transaction whose queries all see the same instant. Raises as `reading`."""
        options: dict[str, Any] = {"begin": "BEGIN"}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._connected(options) as transaction:
            yield transaction

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Yields a transaction that is committed, durably, when the block ends and undone when it raises.

        Raises:
            DatabaseUnavailableError: the database does not answer, or its lock was not free in time.
            StaleHeadError: another writer came first (a unique key, a serialization failure, a deadlock).
        """
        if self._one_writer is None:
            with self._connected({}) as transaction:
                yield transaction
            return
        if not self._one_writer.acquire(timeout=self._wait_seconds):
            raise unreachable("another task of this process holds its write lock")
        try:
            with self._connected({"begin": "BEGIN IMMEDIATE"}) as transaction:
                yield transaction
        finally:
            self._one_writer.release()

    def integrity(self) -> str | None:
        """Returns None if the database answers and its pages are sound, else in words what is wrong."""
        with self.reading() as transaction:
            if self.dialect == "postgresql":
                transaction.one("SELECT 1")
                return None
            found = transaction.rows("PRAGMA quick_check(1)")
        return None if found == [("ok",)] else "The database file is damaged: restore it from a backup."

    def close(self) -> None:
        """Closes every idle connection."""
        self._engine.dispose()

    @contextmanager
    def _connected(self, options: dict[str, Any]) -> Iterator[Transaction]:
        from sqlalchemy import exc

        try:
            with self._engine.connect() as connection:
                connection.execution_options(**options)
                with connection.begin():
                    yield Transaction(connection, self.dialect)
        except exc.DBAPIError as error:
            # The cause is dropped on purpose: a driver's text may quote rows.
            raise translated(error, error.orig) from None
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise translated(error, error) from None  # while the connection was being prepared
        except exc.TimeoutError:
            raise unreachable("all its connections are in use") from None


@lru_cache(maxsize=512)
def _statement(sql: str) -> TextClause:
    from sqlalchemy import String, bindparam, text

    lists: Sequence[str] = re.findall(r":(\w+_in)\b", sql)
    return text(sql).bindparams(*(bindparam(name, expanding=True, type_=String()) for name in dict.fromkeys(lists)))


def _sqlite_engine(url: str, wait_seconds: float) -> Engine:
    from sqlalchemy import create_engine, event

    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=POOLED_CONNECTIONS,
        max_overflow=EXTRA_CONNECTIONS,
        pool_timeout=wait_seconds,
        connect_args={"timeout": wait_seconds, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours alone; sqlite3 must not add its own.
        _keep_journal_ahead(connection, wait_seconds)
        for pragma in (
            f"busy_timeout = {int(wait_seconds * 1000)}",
            "synchronous = FULL",
            "secure_delete = ON",
            "foreign_keys = ON",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        statement = connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")
        if statement:
            connection.exec_driver_sql(statement)

    return engine


def _keep_journal_ahead(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Makes sure of journal mode WAL. SQLite does not wait by itself when several first starts change it at once."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                return
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(MODE_RETRY_SECONDS)


def _postgresql_engine(url: str, wait_seconds: float) -> Engine:
    from sqlalchemy import create_engine, event

    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=POOLED_CONNECTIONS,
        max_overflow=EXTRA_CONNECTIONS,
        pool_timeout=wait_seconds,
        pool_pre_ping=True,
        connect_args={"connect_timeout": max(2, int(wait_seconds))},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # A commit that is not on disk is no fact, whatever the server's default says.
        wanted = {"lock_timeout": f"{int(wait_seconds * 1000)}ms", "synchronous_commit": "on", "timezone": "UTC"}
        for name, value in wanted.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()

    return engine
