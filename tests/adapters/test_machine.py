"""Looks at the machine: rights, file systems, fonts; against real folders and a table of mounts as the kernel writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.adapters import machine
from pipeline.errors import RefusedError

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv/shared nfs4 rw 0 0
/dev/sdb1 /srv/shared/local\\040disk ext4 rw 0 0
//nas/reports /srv/drop\\040box cifs rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        ("/srv/shared/home/data/packs.db", True),
        ("/srv/drop box/inbox", True),
        ("/srv/shared/local disk/home", False),
        ("/srv/sharedness", False),
        ("/home/team", False),
    ],
)
def test_a_share_is_known_by_the_mount_nearest_above(tmp_path: Path, path: str, shared: bool) -> None:
    """The longest mount point above a path decides, also with blanks in its name, and never a mere prefix of a name."""
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    assert machine.on_share(Path(path), table) is shared


def test_the_real_table_of_mounts_can_be_read(tmp_path: Path) -> None:
    """The kernel's own table is understood; a temporary folder is on no share."""
    assert machine.on_share(tmp_path) is False


def test_missing_faces_are_named_by_their_package(tmp_path: Path) -> None:
    """Faces are looked for by file; the packages of those that are absent are named."""
    assert len(machine.missing_fonts((tmp_path,))) == 3
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "Carlito-Regular.ttf").write_bytes(b"")
    assert machine.missing_fonts((tmp_path,)) == ["fonts-crosextra-caladea", "fonts-liberation2"]


def test_rights_of_others_and_of_the_owner(tmp_path: Path) -> None:
    """Bits of group and others are told apart from the owner's; what is absent has none."""
    file = tmp_path / "file"
    file.write_text("")
    file.chmod(0o640)
    assert (machine.others_may(file), machine.mode_of(file)) == (0o040, 0o640)
    assert (machine.others_may(tmp_path / "absent"), machine.mode_of(tmp_path / "absent")) == (0, None)
    assert (machine.can_write(tmp_path), machine.can_write(file)) == (True, False)


def test_a_file_that_a_person_named_is_read_as_text_or_refused(tmp_path: Path) -> None:
    """Absent and binary files are refused with a sentence."""
    (tmp_path / "kit").write_text("words")
    assert machine.read_text_of(tmp_path / "kit") == "words"
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("absent", "binary"):
        with pytest.raises(RefusedError):
            machine.read_text_of(tmp_path / name)
