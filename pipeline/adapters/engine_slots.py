"""Slots: which of this machine's processes is which executor, by locks that die with their process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import RefusedError

SLOTS = 64


class Slots:
    """The slot files of one machine. An executor is named `host:slot`."""

    def __init__(self, folder: Path, host: str) -> None:
        """Names the folder, which lies on this machine's own disk; nothing is taken yet."""
        self._folder, self._host = folder, host
        self._mine: int | None = None

    def take(self) -> str:
        """Returns the executor of the lowest free slot, which is ours until `release` or the end of the process.

        Raises:
            RefusedError: no slot is free.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(SLOTS):
            lock = _lock(self._file(number))
            if lock is not None:
                self._mine = lock
                return self._name(number)
        raise RefusedError(f"All {SLOTS} slots of this machine are in use. Nothing was started; stop one `packs run`.")

    def release(self) -> None:
        """Gives our slot up."""
        if self._mine is not None:
            os.close(self._mine)
        self._mine = None

    @contextmanager
    def free(self) -> Iterator[list[str]]:
        """Yields the executors of this machine that do not live, and keeps them from coming back meanwhile."""
        locks: list[int] = []
        names: list[str] = []
        try:
            for number in range(SLOTS):
                path = self._file(number)
                if path.exists() and (lock := _lock(path)) is not None:
                    locks.append(lock)
                    names.append(self._name(number))
            yield names
        finally:
            for lock in locks:
                os.close(lock)

    def _file(self, number: int) -> Path:
        return self._folder / f"{self._host}.{number}.slot"

    def _name(self, number: int) -> str:
        return f"{self._host}:{number}"


def _lock(path: Path) -> int | None:
    """Returns an open, locked file, or None if a living process holds it. The lock dies with its process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
