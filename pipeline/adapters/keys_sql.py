"""Every stream's own key, wrapped by the master key or by another stream's key.

A stream's key never changes: it is made once, wrapped anew at will, and destroyed once. So what a process has unwrapped
stays true until a key is erased, and that is all a process has to notice: it asks for the number of erasures before it
uses a key, at most once in `recheck_within` seconds. A process that had a key in memory may use it for that long after
another process erased it; one that starts later never can. An erased stream gets no new key, under any circumstance.

Keys have three uses that never meet: sealing (`seal`), the vault's files (`derive`) and wrapping other streams' keys.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Final

from pipeline.adapters.ciphers import Cipher, derive_key, framed, keyed_hash, random_key
from pipeline.adapters.keys_database import KeysDatabase
from pipeline.adapters.master_key import MasterKey
from pipeline.adapters.wrapped_keys import (
    MASTER,
    WrappedKey,
    add_row,
    any_master_id,
    chain_of,
    change_row,
    climb,
    count_erased,
    erase_row,
    every_row,
    find_row,
    is_erased,
    remember_erased,
)
from pipeline.errors import KeyErasedError, KeyMissingError, RefusedError

KEPT_AT_MOST: Final = 4096
NOT_ASKED: Final = -1


class StreamKey:
    """A stream's key in memory, split by use."""

    __slots__ = ("sealing", "secret", "wrapping")

    def __init__(self, secret: bytes) -> None:
        """Takes the key of 32 bytes."""
        self.secret = secret
        self.sealing = Cipher(derive_key(secret, info=b"packs stream 1 seal"))
        self.wrapping = Cipher(derive_key(secret, info=b"packs stream 1 wrap"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysFound:
    """What a walk over all wrapped keys found. `unreachable` keys hang from an erased one, as they should."""

    opened: int
    erased: int
    unreachable: int
    first_bad: str | None = None
    why: str | None = None


class SqlKeys:
    """Keeps the promises of `ports.Keys` on SQLite or PostgreSQL; shared by threads, processes and hosts."""

    def __init__(self, url: str, master: MasterKey, *, create: bool = False, recheck_within: float = 1.0) -> None:
        """Names the database and the master key; nothing is opened yet.

        `create` is for a new home only: without it an absent database is an error, because new keys made in the place
        of lost ones would hide the loss.
        """
        self._database = KeysDatabase(url, create=create)
        self._master = master
        self._master_wrapping = master.wrapping()
        self._recheck_within = recheck_within
        self._lock = Lock()
        self._unwrapped: OrderedDict[str, StreamKey] = OrderedDict()
        self._erasures, self._asked_at = NOT_ASKED, float("-inf")
        self._epoch = 0
        self._fingerprint_key = lru_cache(maxsize=64)(lambda purpose: master.derive("fingerprint " + purpose))

    def ensure(self, stream: str) -> None:
        """Makes the stream's key if it has none; it is durable on return.

        Raises:
            KeyErasedError: the stream's key was destroyed; it gets no other.
            KeyMissingError: the database belongs to another master key.
            KeysUnreachableError: the database did not answer; nothing was changed.
        """
        if stream == MASTER:
            raise RefusedError(f"No stream can be called {MASTER}; nothing was changed.")
        if self._known(stream) is not None:
            return
        with self._database.reading() as connection:
            if find_row(connection, stream) is not None:
                return
        with self._database.writing() as connection:
            if find_row(connection, stream) is not None:
                return
            if is_erased(connection, stream):
                raise KeyErasedError(
                    f"The key of {stream} was destroyed at the end of its retention; it gets no other."
                    " Nothing was changed."
                )
            # Keys under two master keys would mean that one of them is lost sooner or later.
            if (used := any_master_id(connection)) not in (None, self._master.id):
                raise KeyMissingError(_other_master(self._master.id, str(used)))
            made = WrappedKey(stream, 1, MASTER, self._master.id, b"")
            add_row(connection, made._replace(wrapped=self._master_wrapping.seal(random_key(), made.context())))

    def rewrap(self, stream: str, under: str | None) -> None:
        """Wraps the stream's key under another stream's key (None: the master key) and drops the old wrapping.

        Done already, it does nothing. The old wrapping's bytes leave the disk with the next `erase`, at the latest.

        Raises:
            RefusedError: the other stream's key is itself wrapped by this one; nothing was changed.
            KeyMissingError: one of the keys is gone; nothing was changed.
        """
        with self._database.writing() as connection:
            own = chain_of(connection, stream)
            if own[0].wrapped_by == (under or MASTER):
                return
            chain = chain_of(connection, under) if under else []
            if any(above.stream == stream for above in chain):
                raise RefusedError(
                    f"The key of {under} is wrapped by that of {stream}, which therefore cannot be wrapped by it;"
                    " nothing was changed."
                )
            secret = self._unwrap(own).secret
            cipher = self._unwrap(chain).wrapping if under else self._master_wrapping
            new = WrappedKey(stream, own[0].generation + 1, under or MASTER, "" if under else self._master.id, b"")
            change_row(connection, new._replace(wrapped=cipher.seal(secret, new.context())))

    def seal(self, stream: str, plain: bytes, context: bytes) -> bytes:
        """Returns `plain` sealed with the stream's key (AES-256-GCM), bound to stream and `context`; 28 bytes longer.

        Raises:
            KeyMissingError: the stream has no key, or (KeyErasedError) has none any more.
        """
        return self._key(stream).sealing.seal(plain, framed(stream, context))

    def open(self, stream: str, sealed: bytes, context: bytes) -> bytes:
        """Returns the plain bytes.

        Raises:
            KeyMissingError: the key is gone, the bytes were changed, or stream or context is another.
        """
        plain = self._key(stream).sealing.open(sealed, framed(stream, context))
        if plain is None:
            raise KeyMissingError(
                f"Sealed bytes of {stream} do not open with its key: they were changed or belong elsewhere. Nothing was"
                " used. Run `packs audit verify`, then bring the database back from its newest backup."
            )
        return plain

    def derive(self, stream: str, salt: bytes, info: bytes) -> bytes:
        """Returns the 32-byte key that the stream's key gives for `salt` and `info`; the vault has its files' so."""
        return derive_key(self._key(stream).secret, salt=salt, info=framed("packs stream 1 derive", info))

    def fingerprint(self, purpose: str, value: bytes) -> str:
        """Returns a keyed hash (HMAC-SHA-256, hex) of `value` for `purpose`: equal values, equal hashes."""
        return keyed_hash(self._fingerprint_key(purpose), value).hex()

    def erase(self, stream: str) -> None:
        """Destroys the stream's key for good, and with it what hangs from it; repeated, it makes sure once more.

        On return the wrapped key is in neither database nor journal. Backups and archived journals are not reached.

        Raises:
            KeysUnreachableError: nothing was changed, or the bytes may linger, as the sentence says; run it again.
        """
        try:
            with self._database.writing() as connection:
                erase_row(connection, stream)
        finally:
            self._forget()
        self._database.scrub()

    def streams(self, prefix: str) -> list[str]:
        """Returns the streams of this prefix that have a key, sorted."""
        with self._database.reading() as connection:
            rows, _ = every_row(connection)
        return sorted(stream for stream in rows if stream.startswith(prefix))

    def verify(self) -> KeysFound:
        """Unwraps every key once; returns what it found. Never raises for a key that does not open."""
        with self._database.reading() as connection:
            rows, erased = every_row(connection)
        opened: dict[str, StreamKey] = {}
        unreachable, first_bad, why = 0, None, None
        for stream in rows:
            try:
                chain = climb(stream, rows.get, erased.__contains__)
                for row in reversed(chain):
                    if row.stream not in opened:
                        opened[row.stream] = self._open_row(row, opened.get(row.wrapped_by))
            except KeyErasedError:
                unreachable += 1
            except KeyMissingError as error:
                first_bad, why = first_bad or stream, why or str(error)
        return KeysFound(opened=len(opened), erased=len(erased), unreachable=unreachable, first_bad=first_bad, why=why)

    def close(self) -> None:
        """Forgets all keys and closes all connections."""
        self._forget()
        self._database.close()

    def _key(self, stream: str) -> StreamKey:
        known = self._known(stream)
        if known is not None:
            return known
        with self._database.reading() as connection:
            erasures = count_erased(connection)
            key = self._unwrap(chain_of(connection, stream))
        with self._lock:
            if erasures == self._erasures:  # else a key was erased in between, and this one may hang from it
                self._unwrapped[stream] = key
                while len(self._unwrapped) > KEPT_AT_MOST:
                    self._unwrapped.popitem(last=False)
        return key

    def _known(self, stream: str) -> StreamKey | None:
        """Returns the key if this process has unwrapped it and no key was erased since, as far as it has asked."""
        with self._lock:
            asked_at, epoch = self._asked_at, self._epoch
        now = time.monotonic()
        if now - asked_at >= self._recheck_within:
            with self._database.reading() as connection:
                erasures = count_erased(connection)
            with self._lock:
                if epoch == self._epoch:  # else this process erased a key while we asked: ask again next time
                    if erasures != self._erasures:
                        self._unwrapped.clear()
                    self._erasures, self._asked_at = erasures, now
        with self._lock:
            return self._unwrapped.get(stream)

    def _forget(self) -> None:
        with self._lock:
            self._unwrapped.clear()
            self._epoch += 1
            self._erasures, self._asked_at = NOT_ASKED, float("-inf")

    def _unwrap(self, chain: list[WrappedKey]) -> StreamKey:
        key: StreamKey | None = None
        for row in reversed(chain):
            key = self._open_row(row, key)
        assert key is not None  # a chain has at least the stream itself
        return key

    def _open_row(self, row: WrappedKey, above: StreamKey | None) -> StreamKey:
        if above is None and row.kek_id != self._master.id:
            raise KeyMissingError(_other_master(self._master.id, row.kek_id))
        cipher = above.wrapping if above else self._master_wrapping
        secret = cipher.open(row.wrapped, row.context())
        if secret is None:
            raise KeyMissingError(
                f"The wrapped key of {row.stream} is damaged; nothing was opened with it. Bring the keys database back"
                " from its newest backup."
            )
        return StreamKey(secret)


def move_keys(source_url: str, target_url: str) -> int:
    """Copies every wrapped key, and what was erased, into an empty keys database; returns how many keys.

    A target that has keys already is left alone. Nothing is unwrapped, and the source is left as it is.
    """
    source, target = KeysDatabase(source_url, create=False), KeysDatabase(target_url, create=True)
    try:
        with source.reading() as old, target.writing() as new:
            if any_master_id(new) is not None:
                return 0
            rows, erased = every_row(old)
            for row in rows.values():
                add_row(new, row)
            for stream in erased:
                remember_erased(new, stream)
            return len(rows)
    finally:
        source.close()
        target.close()


def _other_master(held: str, wanted: str) -> str:
    return (
        f"The master key (id {held}) is not the one that this home's keys are wrapped by (id {wanted}); nothing was"
        " opened or changed. Put the right key file in place, or make it again from the recovery kit and its words."
    )
