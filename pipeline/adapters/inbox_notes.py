"""Notes that tell staff, beside the inbox, what became of a file: no name, nothing from inside it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

NOTE_MODE = 0o644
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def write_note(folder: Path, name: str, lines: Sequence[str]) -> None:
    """Writes `<folder>/<name>.txt`, one line each, durable and whole on return; the caller syncs the folder.

    Raises:
        ValueError: the name is not plain letters, digits, `.`, `_`, `-`.
    """
    if not _PLAIN.fullmatch(name):
        raise ValueError("a note is named by an opaque id")
    folder.mkdir(exist_ok=True)
    unfinished = folder / f".{name}.tmp"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, NOTE_MODE)
    with open(descriptor, "w", encoding="utf-8") as target:
        target.writelines(f"{line}\n" for line in lines)
        target.flush()
        os.fsync(target.fileno())
    unfinished.replace(folder / f"{name}.txt")
