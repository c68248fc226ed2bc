"""The vault: sealed files in a folder, each under a random name.

A blob is written to a draft in its own folder, synced, renamed, and the folder synced before its id is returned: a kill
leaves the whole blob or a draft that nobody reads. Its key comes from the stream's own key, so wrapping that key anew
(when a report is matched) never touches a blob. A marker file with a random id says which vault this is; nothing is
stored in a folder without it, so that a share that is not mounted is not filled in its place.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from pipeline.adapters.ciphers import framed
from pipeline.adapters.sealing import open_file, seal_file
from pipeline.domain.people import BlobId
from pipeline.errors import BlobDamagedError, RefusedError, VaultUnreachableError

BLOB_ID: Final = re.compile(r"[0-9a-f]{32}")
MARKER: Final = "marker"
DRAFT: Final = ".draft-"


class StreamKeys(Protocol):
    """What the vault needs of the keys."""

    def derive(self, stream: str, salt: bytes, info: bytes) -> bytes:
        """Returns the 32-byte key that the stream's own key gives for `salt` and `info`."""
        ...


class FileVault:
    """Sealed files in a folder of mode 0700, fanned out over 256 folders by the first two letters of their ids."""

    def __init__(self, folder: Path, keys: StreamKeys) -> None:
        """Names the folder; nothing is touched yet."""
        self._folder = folder
        self._keys = keys
        self._marker: str | None = None

    @classmethod
    def create(cls, folder: Path, keys: StreamKeys) -> FileVault:
        """Makes the folder and its marker, both durable on return.

        Raises:
            RefusedError: the folder holds something already; nothing was changed.
        """
        with _reachable():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise RefusedError(f"The vault's folder {folder} is not empty; nothing was changed. Name an empty one.")
            folder.chmod(0o700)
            # All of them now: one made later is durable only once its maker synced it, which another host cannot know.
            for number in range(256):
                (folder / f"{number:02x}").mkdir(mode=0o700)
            _write_whole(folder / MARKER, [secrets.token_hex(16).encode() + b"\n"])
            _sync_folder(folder.parent)
        return cls(folder, keys)

    def marker(self) -> str:
        """Returns the id of this vault, as the folder says now.

        Raises:
            VaultUnreachableError: the folder has no marker, or one that cannot be read.
        """
        try:
            found = (self._folder / MARKER).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            found = ""
        if not BLOB_ID.fullmatch(found):
            raise VaultUnreachableError(
                f"The vault's folder {self._folder} has no readable marker, so it may not be the vault; nothing was"
                " read or stored. Check that the share is mounted and that this user may read it."
            )
        return found

    def put(self, stream: str, content: bytes, purpose: str) -> BlobId:
        """Seals `content` under the stream's key and returns the blob's id once the blob is durable.

        Raises:
            VaultUnreachableError: it could not be stored (no room, no right, another vault); no blob was left.
            KeyMissingError: the stream has no key.
        """
        self._same_vault()
        blob = BlobId(secrets.token_hex(16))
        pieces = seal_file(content, _context(stream, blob, purpose), partial(self._keys.derive, stream))
        path = self._path(blob)
        with _reachable():
            try:
                path.parent.mkdir(mode=0o700)
            except FileExistsError:
                pass
            else:
                _sync_folder(self._folder)
            _write_whole(path, pieces)
        return blob

    def get(self, stream: str, blob: BlobId, purpose: str) -> bytes:
        """Returns the content, every byte of it proved.

        Raises:
            BlobDamagedError: it is absent, altered, cut, or another stream's or purpose's.
            VaultUnreachableError: the folder cannot be read.
            KeyMissingError: the stream's key is gone.
        """
        if not BLOB_ID.fullmatch(blob):
            raise BlobDamagedError("That is not a blob's id; nothing was read.")
        sealed = self._read(blob)
        if sealed is None:
            self.marker()  # an absent blob is damage, an absent vault is not
            raise BlobDamagedError(
                f"Blob {blob} is not in the vault; everything else is untouched. Bring it back from the newest backup."
            )
        content = open_file(sealed, _context(stream, blob, purpose), partial(self._keys.derive, stream))
        if content is None:
            raise BlobDamagedError(
                f"Blob {blob} is damaged or is not {purpose} of {stream}; nothing of it was used."
                " Bring it back from the newest backup."
            )
        return content

    def exists(self, blob: BlobId) -> bool:
        """Returns whether a whole blob of that id is stored; it says nothing about what is in it."""
        return BLOB_ID.fullmatch(blob) is not None and self._path(blob).is_file()

    def ids(self) -> Iterator[BlobId]:
        """Yields the ids of all stored blobs, sorted."""
        with _reachable():
            for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
                yield from (BlobId(path.name) for path in sorted(folder.iterdir()) if BLOB_ID.fullmatch(path.name))

    def stored(self) -> dict[BlobId, datetime]:
        """Returns every stored blob with the instant (UTC, the folder's clock) at which it was written."""
        with _reachable():
            return {blob: datetime.fromtimestamp(self._path(blob).stat().st_mtime, UTC) for blob in self.ids()}

    def sweep(self, *, older_than_seconds: float) -> int:
        """Removes the drafts that killed writers left and returns how many; younger ones may be in the making.

        Their age is measured against the folder's own clock, so that hosts whose clocks differ agree.
        """
        self._same_vault()
        swept = 0
        with _reachable():
            now = self._folder_clock()
            for path in (*self._folder.glob(f"{DRAFT}*"), *self._folder.glob(f"[0-9a-f][0-9a-f]/{DRAFT}*")):
                try:
                    if now - path.stat().st_mtime > older_than_seconds:
                        path.unlink()
                        swept += 1
                except FileNotFoundError:
                    continue  # its writer has just finished, or another host swept it
        return swept

    def _path(self, blob: BlobId) -> Path:
        return self._folder / blob[:2] / blob

    def _read(self, blob: BlobId) -> bytes | None:
        with _reachable():
            try:
                return self._path(blob).read_bytes()
            except FileNotFoundError:
                return None

    def _same_vault(self) -> None:
        """Refuses to go on where the folder is not the vault that it was when first used."""
        found = self.marker()
        if self._marker is None:
            self._marker = found
        if found != self._marker:
            raise VaultUnreachableError(
                f"The vault's folder {self._folder} has become another vault while in use; nothing was stored."
                " Mount the right share, then start again."
            )

    def _folder_clock(self) -> float:
        probe = self._folder / f"{DRAFT}{secrets.token_hex(8)}"
        with probe.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            now = os.fstat(file.fileno()).st_mtime
        probe.unlink(missing_ok=True)
        return now


def _context(stream: str, blob: BlobId, purpose: str) -> bytes:
    return framed("blob", stream, blob, purpose)


def _write_whole(path: Path, pieces: Sequence[bytes]) -> None:
    """Writes a file that is there whole, with mode 0600 and durable, or not at all."""
    draft = path.with_name(DRAFT + secrets.token_hex(16))
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            for piece in pieces:
                _write_all(partial(os.write, handle), piece)
            os.fsync(handle)
        finally:
            os.close(handle)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _write_all(write: Callable[[memoryview], int], piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[write(rest) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _reachable() -> Iterator[None]:
    """Translates what the file system says."""
    try:
        yield
    except OSError as error:
        raise VaultUnreachableError(
            f"The vault's folder cannot be read or written ({error.strerror}); nothing was stored or changed."
            " Check the room on the disk, the rights and the mount, then run again."
        ) from error
