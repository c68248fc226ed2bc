"""The rows of the keys database: every stream's key as wrapped, and the streams whose key was destroyed.

Nothing here can open a key. Callers write inside `KeysDatabase.writing`, where there is one writer at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from pipeline.adapters.ciphers import framed
from pipeline.errors import KeyErasedError, KeyMissingError, KeysUnreachableError

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause

MASTER: Final = "master"

FIND: Final = "SELECT stream, generation, wrapped_by, kek_id, wrapped FROM wrapped_keys WHERE stream = :stream"
FIND_ALL: Final = "SELECT stream, generation, wrapped_by, kek_id, wrapped FROM wrapped_keys ORDER BY stream"
FIND_A_MASTER_ID: Final = "SELECT kek_id FROM wrapped_keys WHERE kek_id <> '' LIMIT 1"
ADD: Final = (
    "INSERT INTO wrapped_keys (stream, generation, wrapped_by, kek_id, wrapped)"
    " VALUES (:stream, :generation, :wrapped_by, :kek_id, :wrapped)"
)
CHANGE: Final = (
    "UPDATE wrapped_keys SET generation = :generation, wrapped_by = :wrapped_by, kek_id = :kek_id, wrapped = :wrapped"
    " WHERE stream = :stream AND generation = :generation - 1"
)
REMOVE: Final = "DELETE FROM wrapped_keys WHERE stream = :stream"
FIND_ERASED: Final = "SELECT 1 FROM erased_keys WHERE stream = :stream"
FIND_ALL_ERASED: Final = "SELECT stream FROM erased_keys"
COUNT_ERASED: Final = "SELECT count(*) FROM erased_keys"
ADD_ERASED: Final = "INSERT INTO erased_keys (stream) VALUES (:stream) ON CONFLICT (stream) DO NOTHING"


class WrappedKey(NamedTuple):
    """A stream's key, wrapped for the `generation`-th time (from 1), by the master key or by another stream's.

    `kek_id` is the master key's id where `wrapped_by` is MASTER, else empty.
    """

    stream: str
    generation: int
    wrapped_by: str
    kek_id: str
    wrapped: bytes

    def context(self) -> bytes:
        """Returns what the wrapping is bound to, so that rows cannot be exchanged or an old one be put back."""
        return framed("packs wrap 1", self.wrapped_by, self.kek_id, self.stream, str(self.generation))


def find_row(connection: Connection, stream: str) -> WrappedKey | None:
    """Returns the stream's row, or None."""
    found = connection.execute(_statement(FIND), {"stream": stream}).one_or_none()
    return None if found is None else WrappedKey(*found)


def every_row(connection: Connection) -> tuple[dict[str, WrappedKey], set[str]]:
    """Returns all rows by stream, and the streams whose key was destroyed."""
    rows = {row.stream: row for row in map(WrappedKey._make, connection.execute(_statement(FIND_ALL)))}
    return rows, set(connection.execute(_statement(FIND_ALL_ERASED)).scalars())


def any_master_id(connection: Connection) -> str | None:
    """Returns the id of the master key in use, or None if none is; asked before each `add_row`, so there is one."""
    found: str | None = connection.execute(_statement(FIND_A_MASTER_ID)).scalar_one_or_none()
    return found


def add_row(connection: Connection, row: WrappedKey) -> None:
    """Stores a new stream's key."""
    connection.execute(_statement(ADD), row._asdict())


def change_row(connection: Connection, row: WrappedKey) -> None:
    """Puts the next generation of a stream's wrapping in the place of the one before."""
    if connection.execute(_statement(CHANGE), row._asdict()).rowcount != 1:
        raise KeysUnreachableError(
            f"The key of {row.stream} was changed meanwhile; nothing was changed by us. Run again."
        )


def remember_erased(connection: Connection, stream: str) -> None:
    """Stores that the stream's key was destroyed, so that it gets no other."""
    connection.execute(_statement(ADD_ERASED), {"stream": stream})


def erase_row(connection: Connection, stream: str) -> None:
    """Removes the stream's key and remembers that it was destroyed; a stream without a key is left alone."""
    if find_row(connection, stream) is not None:
        connection.execute(_statement(ADD_ERASED), {"stream": stream})
        connection.execute(_statement(REMOVE), {"stream": stream})


def is_erased(connection: Connection, stream: str) -> bool:
    """Returns whether the stream's key was destroyed."""
    return connection.execute(_statement(FIND_ERASED), {"stream": stream}).one_or_none() is not None


def count_erased(connection: Connection) -> int:
    """Returns how many keys were destroyed; the number changes with every further one."""
    return int(connection.execute(_statement(COUNT_ERASED)).scalar_one())


def chain_of(connection: Connection, stream: str) -> list[WrappedKey]:
    """Returns the stream's row and those above it, ending with the one that the master key wraps; see `climb`."""
    return climb(stream, lambda name: find_row(connection, name), lambda name: is_erased(connection, name))


def climb(stream: str, find: Callable[[str], WrappedKey | None], erased: Callable[[str], bool]) -> list[WrappedKey]:
    """Returns the rows from the stream's up to the one that the master key wraps.

    Raises:
        KeyErasedError: a key on the way was destroyed.
        KeyMissingError: a key on the way is absent, or they hang from each other in a circle.
    """
    chain: list[WrappedKey] = []
    name = stream
    while name != MASTER or not chain:
        if any(row.stream == name for row in chain):
            raise KeyMissingError(
                f"The keys above {stream} hang from each other. Bring the keys database back from its backup."
            )
        row = find(name)
        if row is None and erased(name):
            raise KeyErasedError(
                f"The key of {name} was destroyed at the end of its retention; what it sealed is gone for good."
            )
        if row is None:
            raise KeyMissingError(
                f"There is no key for {name}; nothing was opened. If it had one, bring the keys database back from its"
                " newest backup."
            )
        chain.append(row)
        name = row.wrapped_by
    return chain


@cache
def _statement(sql: str) -> TextClause:
    from sqlalchemy import text

    return text(sql)
