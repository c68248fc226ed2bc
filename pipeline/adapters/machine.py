"""The machine under a home: rights on files, room, fonts, file systems. Looks only; changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Final

from pipeline.errors import RefusedError

FONTS: Final = {
    "Carlito": "fonts-crosextra-carlito",
    "Caladea": "fonts-crosextra-caladea",
    "LiberationSans": "fonts-liberation2",
}
"""Faces without which the lines of agencies' reports break elsewhere, and the Debian package of each."""

FONT_FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
SHARES: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.glusterfs", "fuse.sshfs"})
MOUNTS: Final = Path("/proc/self/mounts")


def can_write(folder: Path) -> bool:
    """Returns whether this user may make and remove files in the folder, and it is one."""
    return folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def others_may(path: Path) -> int:
    """Returns the rights that group and others have on the file or folder, as bits; 0 if none or it is absent."""
    try:
        return stat.S_IMODE(path.stat().st_mode) & 0o077
    except OSError:
        return 0


def mode_of(path: Path) -> int | None:
    """Returns the rights on the file, None if it is absent."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def free_bytes(folder: Path) -> int:
    """Returns how many bytes the file system of the folder has left. Raises OSError if it is absent."""
    return shutil.disk_usage(folder).free


def same_disk(one: Path, other: Path) -> bool:
    """Returns whether both lie on one file system. Raises OSError if one is absent."""
    return one.stat().st_dev == other.stat().st_dev


def on_share(path: Path, mounts: Path = MOUNTS) -> bool:
    """Returns whether the file system mounted nearest above the path is a network share, as far as the kernel says."""
    wanted = path.resolve()
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        _, point, type_, *_ = line.split()
        plain = point.replace("\\040", " ")
        if wanted.is_relative_to(plain) and len(plain) >= len(best):
            best, kind = plain, type_
    return kind in SHARES


def missing_fonts(folders: tuple[Path, ...] = FONT_FOLDERS) -> list[str]:
    """Returns the Debian packages of the faces that are not installed, sorted."""
    names = {file.stem for folder in folders for file in folder.rglob("*.[to]tf")}
    return sorted(package for face, package in FONTS.items() if not any(name.startswith(face) for name in names))


def read_text_of(path: Path) -> str:
    """Returns the text of a file that a person named.

    Raises:
        RefusedError: it is absent, unreadable, no text, or far too long.
    """
    try:
        with path.open("rb") as file:
            return file.read(1_000_000).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise RefusedError(f"{path} cannot be read as text; nothing was changed. Name the kit's file.") from None
