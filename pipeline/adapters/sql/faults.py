"""What a database driver's errors mean here. They are recognised by their codes, never by their text."""

from __future__ import annotations

import sqlite3

from pipeline.errors import DatabaseUnavailableError, LedgerBrokenError, StaleHeadError

_UNREACHABLE_SQLITE = {
    sqlite3.SQLITE_BUSY: "another process holds its write lock",
    sqlite3.SQLITE_LOCKED: "another process holds its write lock",
    sqlite3.SQLITE_FULL: "its disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_IOERR: "its disk reports a fault",
    sqlite3.SQLITE_PERM: "its file may not be opened",
}
_TAKEN_SQLITE = {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE}
_DAMAGED_SQLITE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

# https://www.postgresql.org/docs/15/errcodes-appendix.html
_LOST_POSTGRESQL = {"40001", "40P01", "23505"}
_UNREACHABLE_POSTGRESQL = ("08", "53", "55P03", "57", "58", "28", "3D", "25006")
_REFUSED_POSTGRESQL = "P0001"
_DAMAGED_POSTGRESQL = "XX"


def unreachable(reason: str) -> DatabaseUnavailableError:
    """Returns the error for a database that does not answer, `reason` being our own words."""
    return DatabaseUnavailableError(
        f"The database cannot be used now: {reason}. Nothing was written; it is tried again. `packs doctor` says more."
    )


def translated(error: Exception, cause: BaseException | None) -> Exception:
    """Returns the house's own error for a driver's, or the error itself if it is a mistake in the program."""
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(error, getattr(cause, "sqlite_errorcode", None))
    return _of_postgresql(error, getattr(cause, "sqlstate", None), type(cause).__name__)


def _of_sqlite(error: Exception, code: int | None) -> Exception:
    primary = (code or 0) & 0xFF
    if code in _TAKEN_SQLITE:
        return _lost()
    if primary in _DAMAGED_SQLITE:
        return LedgerBrokenError("The database file is damaged. Nothing is sent; restore it from a backup.")
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return _rewritten()
    if primary in _UNREACHABLE_SQLITE:
        return unreachable(_UNREACHABLE_SQLITE[primary])
    return error


def _of_postgresql(error: Exception, state: str | None, driver_error: str) -> Exception:
    if state is None:
        # psycopg has no code where no server answered (a refused or lost connection).
        return unreachable("its server does not answer") if driver_error == "OperationalError" else error
    if state in _LOST_POSTGRESQL:
        return _lost()
    if state == _REFUSED_POSTGRESQL:
        return _rewritten()
    if state.startswith(_DAMAGED_POSTGRESQL):
        return LedgerBrokenError(f"The database server reports damage ({state}). Nothing is sent; restore a backup.")
    if state.startswith(_UNREACHABLE_POSTGRESQL):
        return unreachable(f"its server refuses ({state})")
    return error


def _lost() -> StaleHeadError:
    return StaleHeadError("Another writer came first, so nothing was written. It is read and decided again.")


def _rewritten() -> LedgerBrokenError:
    return LedgerBrokenError("A written fact was to be changed, and the database refused. Run `packs audit verify`.")
