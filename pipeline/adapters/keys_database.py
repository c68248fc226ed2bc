"""The database that the wrapped keys live in: apart from the ledger, with backups of its own, SQLite or PostgreSQL.

Apart, because destroying a key must reach every copy of it: this one is small and its backups are kept for days, while
the ledger and the vault are kept for years. On SQLite what was deleted is overwritten with zeros and the journal
emptied (`secure_delete`, `wal_checkpoint`); on PostgreSQL the table is written anew. What the disk keeps of freed
blocks, and PostgreSQL's archived journal, is for disk encryption and short backups.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import KeyMissingError, KeysUnreachableError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

WAIT_SECONDS: Final = 30
WRITING: Final = "packs_writing"
LOCK_NUMBER: Final = 0x7061636B6579
"""The advisory lock under which one writer at a time changes keys on PostgreSQL ("packey")."""

SQLITE_SETTINGS: Final = (
    f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
)
POSTGRESQL_SETTINGS: Final = (
    # A key is durable before its first use, whatever the server's own setting is.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    f"SET lock_timeout = '{WAIT_SECONDS}s'",
)
SCHEMA: Final = (
    # wrapped_by is 'master' or a stream; kek_id is the master key's id where it is 'master', else empty;
    # generation counts the wrappings of the stream's key from 1.
    (
        "CREATE TABLE IF NOT EXISTS wrapped_keys (stream TEXT PRIMARY KEY, generation INTEGER NOT NULL,"
        " wrapped_by TEXT NOT NULL, kek_id TEXT NOT NULL, wrapped {binary} NOT NULL)"
    ),
    "CREATE TABLE IF NOT EXISTS erased_keys (stream TEXT PRIMARY KEY)",
)


class KeysDatabase:
    """Connections to the keys database, shared by threads; opened at first use."""

    def __init__(self, url: str, *, create: bool) -> None:
        """Names the database (`sqlite:///FILE` or `postgresql://…`); `create` makes absent tables."""
        self._url = url
        self._create = create
        self._lock = Lock()
        self._opened: Engine | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yields a connection to read with."""
        engine = self._engine()
        with _translated(), engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yields a connection in a transaction of which there is one at a time; durable when the block is left."""
        engine = self._engine()
        with _translated(), engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})")
            yield connection

    def scrub(self) -> None:
        """Removes the bytes of deleted rows from the table and the journal.

        Raises:
            KeysUnreachableError: a reader held the journal for too long; the keys are gone, their bytes may not be.
        """
        engine = self._engine()
        statement = (
            "VACUUM (FULL) wrapped_keys" if engine.dialect.name == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
        )
        until = time.monotonic() + WAIT_SECONDS
        with _translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while True:
                result = connection.exec_driver_sql(statement)
                if not result.returns_rows or result.scalar_one() == 0:
                    return
                if time.monotonic() > until:
                    raise KeysUnreachableError(
                        "The key is destroyed, but its bytes may still be in the journal of the keys database because"
                        " another program is reading it. Close that program and run the same command again."
                    )
                time.sleep(0.05)

    def close(self) -> None:
        """Closes all connections; a later use opens them again."""
        with self._lock:
            if self._opened is not None:
                self._opened.dispose()
                self._opened = None

    def _engine(self) -> Engine:
        with self._lock:
            if self._opened is None:
                with _translated():
                    self._opened = self._open()
            return self._opened

    def _open(self) -> Engine:
        from sqlalchemy import create_engine, event, make_url

        url = make_url(self._url)
        postgresql = url.get_backend_name() in ("postgresql", "postgres")
        if postgresql:
            url = url.set(drivername="postgresql+psycopg")
        elif self._create:
            _make_private(Path(url.database or ""))
        elif not Path(url.database or "").is_file():
            raise KeyMissingError(_ABSENT)
        # hide_parameters: what is bound to a statement is a wrapped key, and an error's text goes to the log.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=postgresql)

        @event.listens_for(engine, "connect")
        def configure(raw: Any, _record: object) -> None:
            if not postgresql:
                raw.isolation_level = None  # BEGIN is ours: the driver's own comes too late to lock
            cursor = raw.cursor()
            for setting in POSTGRESQL_SETTINGS if postgresql else SQLITE_SETTINGS:
                cursor.execute(setting)
            cursor.close()
            if postgresql:
                raw.commit()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if not postgresql:
                writing = connection.get_execution_options().get(WRITING)
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

        try:
            self._prepare(engine, postgresql)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _prepare(self, engine: Engine, postgresql: bool) -> None:
        """Makes the tables, or sees that they are there."""
        from sqlalchemy import inspect

        if not self._create:
            if not {"wrapped_keys", "erased_keys"} <= set(inspect(engine).get_table_names()):
                raise KeyMissingError(_ABSENT)
            return
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            if postgresql:
                # CREATE IF NOT EXISTS is not safe against its like on PostgreSQL.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})")
            for statement in SCHEMA:
                connection.exec_driver_sql(statement.format(binary="BYTEA" if postgresql else "BLOB"))


_ABSENT: Final = (
    "The keys database is not there or is empty, so nothing can be opened; nothing was changed and no new keys were"
    " made in its place. Bring it back from the newest backup of `keys_database`."
)


def _make_private(path: Path) -> None:
    """Makes an empty file of mode 0600, so that the database and its journal, which takes its rights, are private."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise KeysUnreachableError(
            f"The keys database cannot be made ({error.strerror}); nothing was changed."
            " Check the folder and its rights."
        ) from error
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translated() -> Iterator[None]:
    from sqlalchemy import exc

    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise KeysUnreachableError(
            "The keys database did not answer in time or cannot be written; nothing was changed."
            " Check that it runs, its disk has room and its rights fit, then run again."
        ) from error
    except exc.SQLAlchemyError as error:
        raise KeyMissingError(
            "The keys database is damaged or is not one; nothing was changed. Bring it back from its newest backup."
        ) from error
