"""The folder that reports are dropped in: our own scan decides, watchdog only wakes it early. Its only importer.

A file is taken when size, mtime, ctime and inode stayed the same for the stability time: 0 of 95 taken too early
(mail.md section 7), while events alone took 65 too early or missed 10. On a network share, where those numbers may
lag, the content must have stayed the same as well. An empty file waits longer: some programs make the name first and
fill it later.

Accepted: a program that pauses for longer than the stability time is taken too early; its next write makes a new key,
so the rest arrives as another version and nothing is lost. A file that is changed in the instant between the last
comparison and its removal would be; nobody can close that gap in a plain folder.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import select
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.adapters.inbox_notes import write_note
from pipeline.ports import Clock, Scan, StableFile

PROCESSED, PROBLEM = "processed", "problem"
TOO_LARGE_BYTES = 35 * 1024 * 1024
SHARE_STABLE_SECONDS = 5.0
EMPTY_PATIENCE = 3
"""An empty file must stay unchanged for so many times the stability time."""
OFFER_AGAIN_SECONDS = 60.0
EMPTIED_FOLDER_SECONDS = 30.0
SHORTEST_WAIT_SECONDS = 0.1
_LITTER = re.compile(rb"(?is)(?:\.ds_store|\._.*|\.gitkeep|thumbs\.db|desktop\.ini|\.~lock\..*#|~\$.*|\.packs-.*)\Z")
"""What desktops and office programs leave for themselves: never a report, and passed over without a word."""
_UNFINISHED = re.compile(rb"(?is)\.|.*\.(?:tmp|part|partial|crdownload|download|filepart)\Z")
"""Names that programs give to files they are still writing. One that lies still is not taken, but somebody is told."""
_UNFINISHED_WHY = (
    "Its name is one that programs give to unfinished or hidden files, so it was not taken. If it is a report, rename it"
    " (no dot at the beginning; an ending such as .pdf or .docx) and it is taken at once."
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[int, int, int, int]


@dataclass(slots=True, kw_only=True)
class _Sight:
    """What is known of one name in the inbox; `since` and `not_before` are monotonic seconds."""

    key: Key
    first_seen_at: datetime
    since: float
    not_before: float = 0.0
    digest: bytes | None = None
    note: str | None = None
    growing: bool = False


class FolderInbox:
    """Watches one folder tree. One process at a time may do so; that is a lease's business."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        real_now: Callable[[], datetime],
        *,
        stable_seconds: float = 2.0,
        network_share: bool = False,
        largest_bytes: int = TOO_LARGE_BYTES,
    ) -> None:
        """Makes `processed/` and `problem/` if need be; looks at nothing yet.

        Args:
            folder: the inbox, whose whole tree is scanned but for those two.
            clock: governs the first sight of a file.
            real_now: tells real time.
            stable_seconds: real seconds without change before a file is offered.
            network_share: True for SMB or NFS: polls, waits at least 5 seconds, and compares contents too.
            largest_bytes: a larger file is left where it is, with a note.
        """
        self._folder, self._clock, self._real_now = folder, clock, real_now
        self._stable_seconds = max(stable_seconds, SHARE_STABLE_SECONDS) if network_share else stable_seconds
        self._share, self._largest_bytes = network_share, largest_bytes
        self._sights: dict[Path, _Sight] = {}
        self._emptied: dict[Path, float] = {}
        self._noted: set[tuple[int, int]] = set()
        self._observer: Any = None
        self._bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for name in (PROCESSED, PROBLEM):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def scan(self) -> Scan:
        """Looks once. Returns what is stable, oldest change first, how many are not yet, and names of notes it wrote.

        What cannot be looked at (gone meanwhile, a closed folder) is left for the next look.
        """
        present: set[Path] = set()
        stable: list[StableFile] = []
        notes: list[str] = []
        unsettled = 0
        for path, found in self._files(notes):
            present.add(path)
            sight = self._seen(path, found)
            if time.monotonic() < sight.not_before:
                continue
            unfinished = _UNFINISHED.match(os.fsencode(path.name)) is not None
            if not self._is_stable(path, sight):
                unsettled += not (unfinished and sight.growing)  # nobody waits for a download that goes on
            elif unfinished:
                notes.append(self._left(sight, _UNFINISHED_WHY))
            elif found.st_size > self._largest_bytes:
                limit = f"It is larger than {self._largest_bytes // 1_000_000} MB, so it was not taken."
                notes.append(self._left(sight, f"{limit} Ask the sender for it in parts."))
            else:
                stable.append(self._offer(path, sight, found))
        for path in self._sights.keys() - present:
            self._forget(path)
        self._remove_emptied()
        stable.sort(key=lambda file: (file.settled_at, os.fsencode(file.path)))
        return Scan(stable=tuple(stable), unsettled=unsettled, notes=tuple(notes))

    def read(self, file: StableFile) -> bytes | None:
        """Returns the bytes of exactly this file; None if it changed, went away or cannot be read.

        What cannot be read is noted in problem/ and offered again a minute later; what changed, when it is stable.
        """
        try:
            # Neither a link nor a pipe that took the name's place meanwhile is opened for good.
            descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self._unread(file, error)
            return None
        with open(descriptor, "rb") as source:
            try:
                if _key(os.fstat(descriptor)) != file.key:
                    return None
                content = source.read(file.key[0] + 1)
                now = _key(os.lstat(file.path)), _key(os.fstat(descriptor))
            except OSError as error:
                self._unread(file, error)
                return None
        return content if now == (file.key, file.key) and len(content) == file.key[0] else None

    def done(self, file: StableFile, note_name: str, lines: Sequence[str]) -> bool:
        """Notes in processed/ what became of the sealed file, then removes it. False if it had changed and so stays."""
        self._tell(PROCESSED, note_name, lines)
        try:
            if _key(os.lstat(file.path)) != file.key:
                return False
            os.unlink(file.path)
        except OSError:
            if not os.path.lexists(file.path):
                return True
            if (sight := self._sights.get(file.path)) is not None:
                why = "It was sealed and taken in, but it cannot be removed: give the service the right, or remove it yourself."
                self._left(sight, why)
            return False
        _sync_folder(file.path.parent)
        if file.path.parent != self._folder:
            self._emptied[file.path.parent] = time.monotonic()
        self._forget(file.path)
        return True

    def problem(self, file: StableFile, note_name: str, lines: Sequence[str]) -> None:
        """Leaves the file where it is, with a note in problem/. It is offered again a minute later, or when it changes.

        The note goes when the file goes.
        """
        self._tell(PROBLEM, note_name, lines)
        if (sight := self._sights.get(file.path)) is not None:
            self._postpone(sight, note_name)

    def note(self, folder: str, name: str, lines: Sequence[str]) -> None:
        """Writes (or rewrites) `<folder>/<name>.txt`, whole or not at all.

        Raises:
            ValueError: the folder is not one of the two, or the name is not plain letters, digits, `.`, `_`, `-`.
        """
        if folder not in (PROCESSED, PROBLEM):
            raise ValueError("a note goes to processed or problem")
        write_note(self._folder / folder, name, lines)
        _sync_folder(self._folder / folder)

    def wait(self, seconds: float) -> None:
        """Returns after `seconds` of real time, or earlier when the folder changes or somebody calls `wake`."""
        self._watch()
        end = time.monotonic() + seconds
        # A burst of changes must not turn the caller's loop into a busy one.
        time.sleep(max(0.0, min(SHORTEST_WAIT_SECONDS, seconds)))
        select.select([self._bell[0]], [], [], max(0.0, end - time.monotonic()))
        try:
            while os.read(self._bell[0], 4096):
                pass
        except BlockingIOError:
            return

    def wake(self) -> None:
        """Ends a `wait` now. May be called from a signal handler or another thread."""
        try:
            os.write(self._bell[1], b"!")
        except OSError:
            return  # Full (it will wake anyway) or closed.

    def close(self) -> None:
        """Stops watching."""
        if self._observer:
            self._observer.stop()
            self._observer.join(timeout=5.0)
        self._observer = None
        for descriptor in self._bell:
            with suppress(OSError):
                os.close(descriptor)

    # --- one look

    def _files(self, notes: list[str]) -> Iterator[tuple[Path, os.stat_result]]:
        """Yields every regular file but litter; notes what is neither file nor folder, and hidden folders, once."""
        folders = [self._folder]
        while folders:
            folder = folders.pop()
            for entry in _entries(folder):
                if _LITTER.match(os.fsencode(entry.name)):
                    continue
                if folder == self._folder and entry.name in (PROCESSED, PROBLEM):
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(found.st_mode) and not entry.name.startswith("."):
                    folders.append(Path(entry.path))
                elif stat.S_ISREG(found.st_mode):
                    yield Path(entry.path), found
                elif (found.st_dev, found.st_ino) not in self._noted:
                    self._noted.add((found.st_dev, found.st_ino))
                    notes.append(self._odd(found))

    def _seen(self, path: Path, found: os.stat_result) -> _Sight:
        key, sight = _key(found), self._sights.get(path)
        if sight is None or sight.key[3] != key[3]:
            if sight is not None:
                self._forget(path)
            sight = _Sight(key=key, first_seen_at=self._clock.now(), since=time.monotonic())
            self._sights[path] = sight
        elif sight.key != key:
            sight.key, sight.since, sight.not_before, sight.digest = key, time.monotonic(), 0.0, None
            sight.growing = True
        return sight

    def _is_stable(self, path: Path, sight: _Sight) -> bool:
        patience = self._stable_seconds * (1 if sight.key[0] else EMPTY_PATIENCE)
        if time.monotonic() - sight.since < patience:
            return False
        if not self._share or sight.key[0] > self._largest_bytes:
            return True
        digest = _digest(path)
        if digest is None or digest == sight.digest:
            return True  # One that cannot be read is offered, so that the reading notes it.
        sight.digest, sight.since = digest, time.monotonic()
        return False

    def _offer(self, path: Path, sight: _Sight, found: os.stat_result) -> StableFile:
        settled_at = _EPOCH + timedelta(microseconds=found.st_ctime_ns // 1000)
        return StableFile(
            path=path, first_seen_at=sight.first_seen_at, settled_at=min(settled_at, self._real_now()), key=sight.key
        )

    # --- what stays

    def _unread(self, file: StableFile, error: OSError) -> None:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
            return  # Gone, or something else by now: the next look sees what is there.
        if (sight := self._sights.get(file.path)) is not None:
            self._left(sight, "It cannot be read: give the service the right to read it, or drop it again.")

    def _left(self, sight: _Sight, why: str) -> str:
        """Notes that a file stays where it is; told by size and time, because its name may name a child."""
        changed_at = (_EPOCH + timedelta(seconds=sight.key[1] // 10**9)).isoformat()
        name = sight.note or f"left-{sight.key[3]}"
        what = f"A file of {sight.key[0]:,} bytes, last written {changed_at}, is still in the inbox."
        self._tell(PROBLEM, name, [what, why])
        self._postpone(sight, name)
        return name

    def _odd(self, found: os.stat_result) -> str:
        name = f"odd-{found.st_ino}"
        if stat.S_ISDIR(found.st_mode):
            what = "A hidden folder (its name begins with a dot) is in the inbox."
            then = "It is not looked into. If there are reports in it, give it another name."
        else:
            kind = "A link" if stat.S_ISLNK(found.st_mode) else "Something that is neither a file nor a folder"
            what, then = f"{kind} is in the inbox.", "It is never followed. Drop the file itself instead."
        self._tell(PROBLEM, name, [what, then])
        return name

    def _tell(self, folder: str, name: str, lines: Sequence[str]) -> None:
        """As `note`, but a full disk or a closed folder must not keep a sealed file in the inbox."""
        with suppress(OSError):
            self.note(folder, name, lines)

    def _postpone(self, sight: _Sight, note: str) -> None:
        sight.note, sight.not_before = note, time.monotonic() + OFFER_AGAIN_SECONDS

    def _forget(self, path: Path) -> None:
        sight = self._sights.pop(path, None)
        if sight is not None and sight.note is not None:
            with suppress(OSError):
                (self._folder / PROBLEM / f"{sight.note}.txt").unlink(missing_ok=True)

    def _remove_emptied(self) -> None:
        """Removes subfolders that we emptied, some time later: a copy into them may still be going on."""
        for folder, since in list(self._emptied.items()):
            if time.monotonic() - since < EMPTIED_FOLDER_SECONDS:
                continue
            del self._emptied[folder]
            try:
                folder.rmdir()
            except OSError:
                continue
            if folder.parent != self._folder:
                self._emptied[folder.parent] = since

    # --- waking early

    def _watch(self) -> None:
        """Starts the observer once; where the system has no watches left, the scan alone does it."""
        if self._observer is not None:
            return
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        ours = tuple(os.fsencode(self._folder / name) + b"/" for name in (PROCESSED, PROBLEM))

        class Bell(FileSystemEventHandler):
            """Wakes the waiting scan when a stranger changes something."""

            def on_any_event(self_, event: FileSystemEvent) -> None:
                """Wakes, but not for our own notes, nor for reading and removing."""
                told = event.event_type in ("created", "modified", "moved", "closed")
                if told and not event.is_directory and not os.fsencode(event.src_path).startswith(ours):
                    self.wake()

        observer = PollingObserver(timeout=2) if self._share else Observer()
        observer.schedule(Bell(), str(self._folder), recursive=True)
        try:
            observer.start()
        except OSError:
            self._observer = False
            return
        self._observer = observer


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return []  # Gone, or closed to us, since its parent was read.


def _key(found: os.stat_result) -> Key:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _digest(path: Path) -> bytes | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as source:
            return hashlib.file_digest(source, "sha256").digest()
    except OSError:
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
