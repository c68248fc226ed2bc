"""Signed checkpoints as lines of files in a folder, outside the database and append-only.

Each full checkpoint begins a file, named by its number; the others follow it, a line each:

    {"full": bool, "heads": {stream: [seq, hash]}, "made_at": ISO, "n": number, "prev": hash of that before, "sig": …}

The signature covers all but itself. A line without its newline at the end of a file is a write that a crash cut off: it
was never a checkpoint, and had it been one, its number would be missing. A second folder, best on another machine, gets
the same bytes; it may lag, never lead.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.adapters.sql.heads import Head
from pipeline.errors import CheckpointUnwritableError

FIRST_PREV = bytes(32)
_DOMAIN = b"conference-packs/checkpoint/1\0"
_TAIL_BLOCK = 65_536


class Signer(Protocol):
    """Signs with a key that is not in the database."""

    def sign(self, message: bytes) -> bytes:
        """Returns the signature of `message`."""
        ...

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Returns whether `signature` is this signer's, for exactly `message`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The last checkpoint: its number, counted from 1, and the hash of its line. Number 0 where there is none."""

    n: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A checkpoint as read. `fault` says in words what is wrong with it; its heads are then not to be believed."""

    n: int
    full: bool
    heads: Mapping[str, Head]
    hash: bytes
    fault: str | None = None


class CheckpointFiles:
    """The folder of checkpoints and its copy. Writing is for one process at a time: the caller holds the lock."""

    def __init__(self, folder: Path, signer: Signer, copy: Path | None = None) -> None:
        """Keeps checkpoints in `folder` and the same in `copy`; both are made when first needed."""
        self._folder = folder
        self._signer = signer
        self._copy = copy

    def last(self) -> Anchor:
        """Returns the last whole checkpoint of the folder."""
        for file in reversed(_files(self._folder)):
            line, _ = _tail(file)
            if line is not None:
                try:
                    return Anchor(n=int(json.loads(line)["n"]), hash=hashlib.sha256(line).digest())
                except (ValueError, KeyError, TypeError):
                    continue  # Damage is for `lines` to report; new checkpoints go on after what can be read.
        return Anchor(n=0, hash=FIRST_PREV)

    def add(self, *, after: Anchor, full: bool, heads: Mapping[str, Head], made_at: str) -> Anchor:
        """Writes the checkpoint that follows `after`; it is durable on return.

        Raises:
            CheckpointUnwritableError: the folder cannot be written.
        """
        fields: dict[str, Any] = {
            "n": after.n + 1,
            "made_at": made_at,
            "full": full,
            "heads": {stream: [seq, hash_.hex()] for stream, (seq, hash_) in heads.items()},
            "prev": after.hash.hex(),
        }
        line = _canonical(fields | {"sig": self._signer.sign(_DOMAIN + _canonical(fields)).hex()})
        files = _files(self._folder)
        # A file to which this line does not belong is left as it is, so that nothing hides what happened to it.
        begins = full or not files or self.last() != after
        try:
            file = self._folder / f"{after.n + 1:010}.jsonl" if begins else files[-1]
            _write_at(file, line + b"\n", _tail(file)[1] if file.exists() else 0)
        except OSError as error:
            raise CheckpointUnwritableError(
                f"The checkpoint could not be written ({error.strerror}). The facts are kept and nothing is sent. "
                "Make room and rights in the folder of checkpoints."
            ) from None
        return Anchor(n=after.n + 1, hash=hashlib.sha256(line).digest())

    def lines(self) -> Iterator[Line]:
        """Yields every checkpoint in order, each with what is wrong with it. A torn last line is left out."""
        before = Anchor(n=0, hash=FIRST_PREV)
        for file in _files(self._folder):
            for raw in _whole_lines(file).splitlines():
                line = self._read(raw, before)
                yield line
                before = Anchor(n=line.n, hash=line.hash)

    def signed_after(self, n: int) -> dict[str, int]:
        """Returns the highest sequence of each stream that a checkpoint numbered above `n` has signed."""
        numbered = [(int(file.stem), file) for file in _files(self._folder) if file.stem.isdigit()]
        signed: dict[str, int] = {}
        for at, (_, file) in enumerate(numbered):
            if at + 1 < len(numbered) and numbered[at + 1][0] <= n + 1:
                continue  # the next file begins before what is asked for
            for raw in _whole_lines(file).splitlines():
                for stream, (seq, _) in self._heads_if_after(raw, n).items():
                    signed[stream] = max(seq, signed.get(stream, 0))
        return signed

    def bring_copy_up(self) -> str | None:
        """Writes to the copy what it has not got yet; returns None, or in words why that was not possible."""
        if self._copy is None:
            return None
        try:
            for file in _files(self._folder):
                copied = self._copy / file.name
                # Whole lines only: what a crash cut off here will be overwritten, and the copy must not keep it.
                whole, known = _tail(file)[1], copied.stat().st_size if copied.exists() else 0
                if known > whole:
                    return f"The second folder of checkpoints holds more in {file.name} than the first."
                if known < whole:
                    with file.open("rb") as opened:
                        opened.seek(known)
                        _write_at(copied, opened.read(whole - known), known)
        except OSError as error:
            return f"The second folder of checkpoints cannot be written: {error.strerror}."
        return None

    def copy_fault(self) -> str | None:
        """Returns in words how the copy contradicts the folder: more or other checkpoints. None if it merely lags."""
        if self._copy is None:
            return None
        try:
            for copied in _files(self._copy):
                original = self._folder / copied.name
                if not original.exists():
                    return f"the second folder holds a file, {copied.name}, that is gone from the first"
                if not _whole_lines(original).startswith(_whole_lines(copied)):
                    return f"the second folder holds checkpoints in {copied.name} that the first has lost or changed"
        except OSError:
            return None  # Away for now: `bring_copy_up` says so, and it proves nothing against the ledger.
        return None

    def _heads_if_after(self, raw: bytes, n: int) -> Mapping[str, Head]:
        try:
            fields = json.loads(raw)
            before = Anchor(n=int(fields["n"]) - 1, hash=bytes.fromhex(fields["prev"]))
        except (ValueError, KeyError, TypeError):
            return {}  # damage is for `lines` to report
        return self._read(raw, before).heads if before.n >= n else {}

    def _read(self, raw: bytes, before: Anchor) -> Line:
        hash_ = hashlib.sha256(raw).digest()
        fault: str | None = None
        try:
            fields = json.loads(raw)
            signature = bytes.fromhex(fields.pop("sig"))
            heads = {stream: (int(seq), bytes.fromhex(text)) for stream, (seq, text) in fields["heads"].items()}
            n, full, prev = int(fields["n"]), bool(fields["full"]), bytes.fromhex(fields["prev"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return Line(n=before.n + 1, full=False, heads={}, hash=hash_, fault="was changed and cannot be read")
        if not self._signer.verify(signature, _DOMAIN + _canonical(fields)):
            fault = "was changed: its signature does not fit"
        elif n != before.n + 1:
            n, fault = before.n + 1, f"is missing: {n} follows {before.n}"
        elif prev != before.hash:
            fault = "does not follow the one before it"
        return Line(n=n, full=full, heads=heads if fault is None else {}, hash=hash_, fault=fault)


def _canonical(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def _whole_lines(file: Path) -> bytes:
    content = file.read_bytes()
    return content[: content.rfind(b"\n") + 1]


def _tail(file: Path) -> tuple[bytes | None, int]:
    """Returns the last line that has its newline, without it, and where it ends; (None, 0) where there is none."""
    with file.open("rb") as opened:
        size = opened.seek(0, os.SEEK_END)
        window = _TAIL_BLOCK
        while True:
            start = max(0, size - window)
            opened.seek(start)
            tail = opened.read(size - start)
            end = tail.rfind(b"\n")
            begin = tail.rfind(b"\n", 0, max(end, 0))
            if end >= 0 and (begin >= 0 or start == 0):
                return tail[begin + 1 : end], start + end + 1
            if start == 0:
                return None, 0
            window *= 8


def _write_at(file: Path, content: bytes, place: int) -> None:
    """Makes `content` the end of the file, from `place` on, durably; whatever a crash left behind it is gone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not file.exists()
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        written = 0
        while written < len(content):
            written += os.pwrite(descriptor, content[written:], place + written)
        os.ftruncate(descriptor, place + written)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
