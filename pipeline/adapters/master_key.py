"""The master key of a home: 32 random bytes in a file that only its owner may read.

Everything sealed in the home hangs from it, and nothing in the home holds it. Its id is a short hash by which a wrong
key is told apart from damage: the id is written beside everything the key wraps.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.adapters.ciphers import KEY_BYTES, Cipher, Signer, derive_key, random_key
from pipeline.errors import KeyMissingError, RefusedError

ID_BYTES: Final = 8
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKey:
    """The key that wraps all others. Never printed: its representation shows the id only."""

    secret: bytes = field(repr=False)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Derives the id; refuses a secret that is not 32 bytes."""
        if len(self.secret) != KEY_BYTES:
            raise KeyMissingError(
                f"The master key has {len(self.secret)} bytes instead of {KEY_BYTES}; nothing was opened."
            )
        object.__setattr__(self, "id", self.derive("id")[:ID_BYTES].hex())

    def derive(self, purpose: str) -> bytes:
        """Returns the 32-byte key of this home for `purpose`; the keys of two purposes have nothing in common."""
        return derive_key(self.secret, info=b"packs master 1 " + purpose.encode())

    def wrapping(self) -> Cipher:
        """Returns the cipher that wraps streams' keys."""
        return Cipher(self.derive("wrap"))

    def signer(self, purpose: str = "checkpoint") -> Signer:
        """Returns the signer of this home for `purpose`, the same one on every host that holds the key."""
        return Signer(self.derive("sign " + purpose))


def new_master_key() -> MasterKey:
    """Returns a fresh random key, held in memory only."""
    return MasterKey(secret=random_key())


def create_master_key(path: Path) -> MasterKey:
    """Makes a fresh key and stores it; returns it once it is durable.

    Raises:
        RefusedError: something of that name is there already; it was left untouched.
    """
    master = new_master_key()
    store_master_key(path, master)
    return master


def store_master_key(path: Path, master: MasterKey) -> None:
    """Writes the key with mode 0400, whole or not at all, durable on return; also used after a recovery.

    Raises:
        RefusedError: something of that name is there already, or the folder cannot be written; nothing was changed.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o400)
        try:
            os.fchmod(handle, 0o400)
            os.write(handle, master.secret)
            os.fsync(handle)
        finally:
            os.close(handle)
        # A link, unlike a rename, fails where the name is taken: an existing key is never lost to a second start.
        os.link(draft, path)
    except FileExistsError:
        raise RefusedError(
            f"A master key is already at {path}; it was left as it is."
            " Move it away first if it really is no longer used."
        ) from None
    except OSError as error:
        raise RefusedError(
            f"The master key could not be written to {path} ({error.strerror}); nothing was changed."
            " Name a folder on a local disk that exists and that this user may write."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load_master_key(path: Path) -> MasterKey:
    """Returns the key in the file.

    Raises:
        KeyMissingError: the file is absent, unreadable, of another length, not a plain file, owned by another user, or
            open to group or others. Nothing was opened with it.
    """
    try:
        # Non-blocking, so that a pipe put in the key's place cannot hang the start.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyMissingError(
            f"There is no master key at {path}; nothing was opened. Put the key file back, or make it again from the"
            " recovery kit and its words."
        ) from None
    except OSError as error:
        raise KeyMissingError(
            f"The master key at {path} cannot be read ({error.strerror}); nothing was opened."
            " Start as the user who owns it."
        ) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise KeyMissingError(f"The master key at {path} is not a plain file; nothing was opened.")
        if facts.st_mode & OTHERS:
            raise KeyMissingError(
                f"The master key at {path} is open to other users (mode {stat.S_IMODE(facts.st_mode):04o}); nothing was"
                f" opened. Run: chmod 0400 {path} - and think about who may have read it."
            )
        if facts.st_uid not in (os.geteuid(), 0):
            raise KeyMissingError(
                f"The master key at {path} belongs to another user, who could change its rights; nothing was opened."
                " Start as that user, or make this user the owner."
            )
        secret = os.read(handle, KEY_BYTES + 1)
    finally:
        os.close(handle)
    if len(secret) != KEY_BYTES:
        raise KeyMissingError(
            f"The file at {path} is not a master key: it does not hold exactly {KEY_BYTES} bytes. Nothing was opened."
            " Put the right file back, or make it again from the recovery kit and its words."
        )
    return MasterKey(secret=secret)
