"""The vault: what goes in comes out byte for byte, and anything else is refused."""

from __future__ import annotations

import os
import random
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters import sealing
from pipeline.adapters.ciphers import TAG_BYTES, derive_key
from pipeline.adapters.keys_sql import SqlKeys
from pipeline.adapters.master_key import create_master_key, new_master_key
from pipeline.adapters.sealing import CHUNK_BYTES, open_file, seal_file
from pipeline.adapters.vault_files import FileVault
from pipeline.domain.people import BlobId
from pipeline.errors import BlobDamagedError, KeyErasedError, KeyMissingError, RefusedError, VaultUnreachableError

CASE, ITEM, OTHER = "conference:K1", "item:I1", "item:I2"
CANARY = b"Peregrine Falconer-Example lives at 9 Nowhere Lane"


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[SqlKeys]:
    """Keys with a conference and two items."""
    opened = SqlKeys(f"sqlite:///{tmp_path}/keys.db", new_master_key(), create=True, recheck_within=0.0)
    for stream in (CASE, ITEM, OTHER):
        opened.ensure(stream)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the vault is."""
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path, keys: SqlKeys) -> FileVault:
    """A fresh vault."""
    return FileVault.create(folder, keys)


def file_of(folder: Path, blob: BlobId) -> Path:
    """Returns the file that a blob is in."""
    [path] = folder.rglob(blob)
    return path


@pytest.mark.parametrize(
    "size", [0, 1, 300_000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5]
)
def test_what_is_put_is_got(vault: FileVault, size: int) -> None:
    """Around each edge of a chunk the content comes back byte for byte."""
    content = random.Random(size).randbytes(size)
    blob = vault.put(ITEM, content, "original")
    assert vault.exists(blob)
    assert vault.get(ITEM, blob, "original") == content


def test_nothing_readable_lies_in_the_vault(vault: FileVault, folder: Path) -> None:
    """Neither content, stream nor purpose is in a file or file name; the same content twice gives different bytes."""
    first, second = (vault.put(ITEM, CANARY * 100, "original") for _ in range(2))
    on_disk = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path, raw in on_disk.items():
        assert not any(word in raw + path.name.encode() for word in (CANARY[:9], b"item:I1", b"original"))
    assert file_of(folder, first).read_bytes()[200:] != file_of(folder, second).read_bytes()[200:]


def test_files_and_folders_are_their_owners_only(vault: FileVault, folder: Path) -> None:
    """Files have mode 0600 and folders 0700, whatever the umask."""
    before = os.umask(0)
    try:
        vault.put(ITEM, b"content", "original")
    finally:
        os.umask(before)
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_a_blob_opens_for_its_own_stream_purpose_and_id_only(vault: FileVault, folder: Path) -> None:
    """Asked for under another stream or purpose, or moved to another blob's name, it is refused."""
    blob, other = vault.put(ITEM, b"one", "original"), vault.put(OTHER, b"two", "original")
    same = vault.put(ITEM, b"three", "original")
    for stream, purpose in ((OTHER, "original"), (ITEM, "pages"), (CASE, "original")):
        with pytest.raises(BlobDamagedError):
            vault.get(stream, blob, purpose)
    for taken in (other, same):
        moved = file_of(folder, taken)
        moved.write_bytes(file_of(folder, blob).read_bytes())
        for stream in (ITEM, OTHER):
            with pytest.raises(BlobDamagedError):
                vault.get(stream, taken, "original")
    assert vault.get(ITEM, blob, "original") == b"one"


def test_an_absent_blob_and_a_name_that_is_no_id_are_refused(vault: FileVault, folder: Path) -> None:
    """An unknown id is damage; a path in the place of an id is never followed."""
    (folder.parent / "outside").write_bytes(b"x")
    for name in ("0" * 32, "", "marker", "../outside", "a" * 31, "A" * 32, "0" * 32 + "\n", "/etc/passwd"):
        assert not vault.exists(BlobId(name))
        with pytest.raises(BlobDamagedError):
            vault.get(ITEM, BlobId(name), "original")


def test_wrapping_the_key_anew_touches_no_blob(vault: FileVault, folder: Path, keys: SqlKeys) -> None:
    """Matched, un-matched and matched again, the item's blob opens and not a byte or time of its file changed."""
    blob = vault.put(ITEM, b"report", "original")
    path = file_of(folder, blob)
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    for under in (CASE, None, CASE):
        keys.rewrap(ITEM, under)
        assert vault.get(ITEM, blob, "original") == b"report"
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_blob_is_gone_with_the_key_above_it(vault: FileVault, keys: SqlKeys) -> None:
    """Destroying a conference's key makes the blobs of its items unreadable; a stream without a key stores nothing."""
    blob = vault.put(ITEM, b"report", "original")
    keys.rewrap(ITEM, CASE)
    keys.erase(CASE)
    with pytest.raises(KeyErasedError):
        vault.get(ITEM, blob, "original")
    with pytest.raises(KeyErasedError):
        vault.put(ITEM, b"report", "original")
    with pytest.raises(KeyMissingError):
        vault.put("item:none", b"report", "original")
    assert list(vault.ids()) == [blob]


def test_a_tampered_file_never_opens(vault: FileVault, folder: Path) -> None:
    """Of some 300 flips, cuts, additions, swaps, doublings and removals of chunks in a stored file all are refused."""
    chance = random.Random(11)
    content = chance.randbytes(2 * CHUNK_BYTES + 1000)
    blob = vault.put(ITEM, content, "original")
    path = file_of(folder, blob)
    whole = path.read_bytes()
    step = CHUNK_BYTES + TAG_BYTES
    head = len(whole) - 2 * step - 1000 - TAG_BYTES
    first, second, last = whole[head : head + step], whole[head + step : head + 2 * step], whole[head + 2 * step :]
    tampered = [
        whole[:head] + b"".join(order)
        for order in (
            (second, first, last),
            (first, first, last),
            (first, last),
            (first, second),
            (first, second, last, last),
            (first, second, first, last),
            (last,),
            (),
        )
    ]
    tampered += [whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :] for at in range(head)]
    for at in chance.sample(range(head, len(whole)), 60):
        tampered.append(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
        tampered.append(whole[:at])
        tampered.append(whole + chance.randbytes(1 + at % 40))
    for raw in tampered:
        path.write_bytes(raw)
        with pytest.raises(BlobDamagedError):
            vault.get(ITEM, blob, "original")
    assert len(tampered) > 290
    path.write_bytes(whole)
    assert vault.get(ITEM, blob, "original") == content


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200),
    at=st.integers(min_value=0),
    change=st.sampled_from(["flip", "cut", "insert", "remove", "append", "prepend"]),
    value=st.integers(1, 255),
)
def test_any_change_of_small_chunks_is_refused(
    monkeypatch: pytest.MonkeyPatch, content: bytes, at: int, change: str, value: int
) -> None:
    """With chunks of 16 bytes, so that every file has many, no change of any byte or length opens."""
    monkeypatch.setattr(sealing, "CHUNK_BYTES", 16)

    def derive(salt: bytes, info: bytes) -> bytes:
        return derive_key(b"s" * 32, salt=salt, info=info)

    sealed = b"".join(seal_file(content, b"context", derive))
    assert open_file(sealed, b"context", derive) == content
    at %= len(sealed)
    byte = bytes([value])
    changed = {
        "flip": sealed[:at] + bytes([sealed[at] ^ value]) + sealed[at + 1 :],
        "cut": sealed[:at],
        "insert": sealed[:at] + byte + sealed[at:],
        "remove": sealed[:at] + sealed[at + 1 :],
        "append": sealed + byte,
        "prepend": byte + sealed,
    }[change]
    assert open_file(changed, b"context", derive) is None
    assert open_file(sealed, b"contexT", derive) is None


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=300) | st.binary(max_size=80).map(lambda tail: sealing.MAGIC + b"\0\0\0\x10" + tail))
def test_any_bytes_at_all_are_refused_and_raise_nothing(raw: bytes) -> None:
    """Bytes that were never sealed, also behind a true beginning, give None."""
    assert open_file(raw, b"context", lambda salt, _: salt.ljust(32)[:32]) is None


def test_the_marker_says_which_vault_it_is(vault: FileVault, folder: Path, keys: SqlKeys, tmp_path: Path) -> None:
    """The marker stays, differs between vaults, and a vault cannot be made over another or over somebody's files."""
    assert FileVault(folder, keys).marker() == vault.marker()
    assert len(vault.marker()) == 32
    assert FileVault.create(tmp_path / "second", keys).marker() != vault.marker()
    with pytest.raises(RefusedError):
        FileVault.create(folder, keys)


def test_nothing_is_stored_where_the_vault_is_not(vault: FileVault, folder: Path, keys: SqlKeys) -> None:
    """A share that is not mounted, or another vault in its place, takes no blob and accuses none of damage."""
    blob = vault.put(ITEM, b"report", "original")
    folder.rename(folder.with_name("elsewhere"))
    for act in (
        lambda: vault.put(ITEM, b"report", "original"),
        lambda: vault.get(ITEM, blob, "original"),
        lambda: vault.sweep(older_than_seconds=0),
        lambda: FileVault(folder, keys).put(ITEM, b"report", "original"),
    ):
        with pytest.raises(VaultUnreachableError):
            act()
        folder.mkdir(exist_ok=True)
    assert list(folder.iterdir()) == []
    folder.rmdir()
    FileVault.create(folder, keys)
    with pytest.raises(VaultUnreachableError, match="another vault"):
        vault.put(ITEM, b"report", "original")


def test_a_disk_without_room_leaves_nothing(vault: FileVault, folder: Path) -> None:
    """Where the file cannot be written whole, the error says so and neither blob nor draft remains."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(VaultUnreachableError):
            vault.put(ITEM, bytes(300_000), "original")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["marker"]
    vault.put(ITEM, bytes(300_000), "original")


def test_sweeping_removes_old_drafts_only(vault: FileVault, folder: Path) -> None:
    """A draft of an hour ago goes, one of just now and every blob stay."""
    blob = vault.put(ITEM, b"report", "original")
    real = file_of(folder, blob)
    old, young = real.with_name(".draft-old"), real.with_name(".draft-young")
    for path in (old, young, folder / ".draft-root"):
        path.write_bytes(b"half")
    hour_ago = real.stat().st_mtime - 3600
    for path in (old, real, folder / ".draft-root"):
        os.utime(path, (hour_ago, hour_ago))
    assert vault.sweep(older_than_seconds=600) == 2
    assert sorted(path.name for path in real.parent.iterdir()) == [".draft-young", blob]
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["marker"]
    assert list(vault.ids()) == [blob]


WRITER = """
import os, random, sys
from pathlib import Path
from pipeline.adapters.keys_sql import SqlKeys
from pipeline.adapters.master_key import load_master_key
from pipeline.adapters.vault_files import FileVault
home, steps_left = Path(sys.argv[1]), int(sys.argv[2])
keys = SqlKeys(f"sqlite:///{home}/keys.db", load_master_key(home / "key"))
vault, number = FileVault(home / "vault", keys), 0
keys.derive("item:I1", b"", b"")

def counted(step):
    def act(*given):
        global steps_left
        steps_left -= 1
        if steps_left == 0:
            os.kill(os.getpid(), 9)
        return step(*given)
    return act

os.write, os.fsync, os.rename = counted(os.write), counted(os.fsync), counted(os.rename)
while True:
    content = random.Random(number).randbytes(2_500_000)
    print(vault.put("item:I1", content, "original"), number, flush=True)
    number += 1
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[FileVault]:
    """A vault whose master key is in a file, for a process of its own to write to."""
    keys = SqlKeys(f"sqlite:///{tmp_path}/keys.db", create_master_key(tmp_path / "key"), create=True)
    keys.ensure(ITEM)
    yield FileVault.create(tmp_path / "vault", keys)
    keys.close()


def writer(folder: Path, *, steps: int) -> subprocess.Popen[str]:
    """Starts a process that puts blobs until killed; it kills itself before step `steps` (0: never)."""
    command = [sys.executable, "-c", WRITER, str(folder), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())


@pytest.mark.parametrize("step", range(1, 8))
def test_killed_before_each_step_of_a_put_there_is_a_whole_blob_or_none(
    home: FileVault, tmp_path: Path, step: int
) -> None:
    """The steps are four writes, the sync of the file, the rename, the sync of the folder; a draft is never a blob."""
    with writer(tmp_path, steps=step) as killed:
        printed = killed.communicate()[0]
    assert (killed.returncode, printed) == (-signal.SIGKILL, "")
    blobs = list(home.ids())
    assert len(blobs) == (1 if step == 7 else 0)
    assert all(home.get(ITEM, blob, "original") == random.Random(0).randbytes(2_500_000) for blob in blobs)
    assert home.sweep(older_than_seconds=-1) == (0 if step == 7 else 1)
    assert len([path for path in (tmp_path / "vault").rglob("*") if path.is_file()]) == 1 + len(blobs)


def test_killed_at_random_every_blob_that_was_named_is_whole(home: FileVault, tmp_path: Path) -> None:
    """After each of six kills all named blobs open with their content, and so does every other that is visible."""
    chance, named = random.Random(3), 0
    for _ in range(6):
        with writer(tmp_path, steps=0) as killed:
            assert killed.stdout is not None
            printed = [killed.stdout.readline()]
            time.sleep(chance.uniform(0, 0.08))
            killed.kill()
            printed += killed.stdout.read().splitlines(keepends=True)
        for line in (line for line in printed if line.endswith("\n")):
            blob, number = line.split()
            named += 1
            assert home.get(ITEM, BlobId(blob), "original") == random.Random(int(number)).randbytes(2_500_000)
        for seen in home.ids():
            assert len(home.get(ITEM, seen, "original")) == 2_500_000
            file_of(tmp_path / "vault", seen).unlink()
    assert named >= 6
