"""The inbox against a real folder and real writers: nothing too early, nothing missed, nothing lost."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters import inbox_folder
from pipeline.adapters.clock import real_now
from pipeline.adapters.inbox_folder import FolderInbox
from pipeline.ports import StableFile

STABLE_SECONDS = 0.4
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


class SetClock:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        """Stands at noon."""
        self.at = NOON

    def now(self) -> datetime:
        """Returns where it stands."""
        return self.at


@pytest.fixture
def clock() -> SetClock:
    """A clock at noon."""
    return SetClock()


@pytest.fixture
def inbox(tmp_path: Path, clock: SetClock) -> Iterator[FolderInbox]:
    """An inbox with a short stability time."""
    box = FolderInbox(tmp_path / "inbox", clock, real_now, stable_seconds=STABLE_SECONDS)
    yield box
    box.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of that inbox."""
    return tmp_path / "inbox"


def settled(inbox: FolderInbox, count: int = 1, seconds: float = 8.0) -> list[StableFile]:
    """Returns the stable files as soon as there are `count` of them and nothing is unsettled."""
    end = time.monotonic() + seconds
    while True:
        scan = inbox.scan()
        if len(scan.stable) >= count and not scan.unsettled:
            return list(scan.stable)
        assert time.monotonic() < end, f"{len(scan.stable)} stable, {scan.unsettled} not"
        time.sleep(0.05)


def notes(folder: Path, kind: str) -> dict[str, str]:
    """Returns the notes in one of the two folders by name."""
    return {path.name: path.read_text() for path in (folder / kind).glob("*.txt")}


def renamed_in(target: Path, content: bytes, pause: Callable[[], None]) -> None:
    """Writes beside the target under a hidden name, then renames."""
    hidden = target.with_name(f".{target.name}.part")
    hidden.write_bytes(content[: len(content) // 2])
    pause()
    hidden.write_bytes(content)
    hidden.rename(target)


def moved_in(target: Path, content: bytes, pause: Callable[[], None]) -> None:
    """Moves a finished file in from outside."""
    outside = target.parent.parent / f"outside-{target.name}"
    outside.write_bytes(content)
    pause()
    outside.rename(target)


def chunked(target: Path, content: bytes, pause: Callable[[], None]) -> None:
    """Writes in pieces with pauses, keeping the file open."""
    with target.open("wb") as file:
        for start in range(0, len(content), 1000):
            file.write(content[start : start + 1000])
            file.flush()
            pause()


def opened_again(target: Path, content: bytes, pause: Callable[[], None]) -> None:
    """Opens, writes and closes four times, as scanners do."""
    for part in range(4):
        with target.open("ab") as file:
            file.write(content[part * len(content) // 4 : (part + 1) * len(content) // 4])
        pause()


def preallocated(target: Path, content: bytes, pause: Callable[[], None]) -> None:
    """Makes the file at its full size first, then fills it."""
    with target.open("wb") as file:
        file.truncate(len(content))
        for start in range(0, len(content), 1000):
            file.seek(start)
            file.write(content[start : start + 1000])
            file.flush()
            pause()


def preallocated_with_old_time(target: Path, content: bytes, pause: Callable[[], None]) -> None:
    """As before, and puts the modification time back after each write, as copying programs do."""
    with target.open("wb") as file:
        file.truncate(len(content))
        for start in range(0, len(content), 1000):
            file.seek(start)
            file.write(content[start : start + 1000])
            file.flush()
            os.utime(target, (1_700_000_000, 1_700_000_000))
            pause()


WRITERS = (renamed_in, moved_in, chunked, opened_again, preallocated, preallocated_with_old_time)


def test_no_file_is_read_too_early_and_none_is_missed(inbox: FolderInbox, folder: Path) -> None:
    """Ninety-six files by six kinds of writers, pausing up to 0.2 s, are each taken once, whole, and removed."""
    chance = random.Random(11)
    contents = {f"r{number}.docx": chance.randbytes(4000) for number in range(96)}
    # Most pauses are short and a few nearly half the stability time: any scheduling delay comes on top.
    pauses = [0.01, 0.03, 0.05, 0.2]

    def write(names: list[str], seed: int) -> None:
        own = random.Random(seed)
        for name in names:
            writer = WRITERS[int(name[1:-5]) % len(WRITERS)]
            writer(folder / name, contents[name], lambda: time.sleep(own.choice(pauses)))

    everything = list(contents)
    threads = [threading.Thread(target=write, args=(everything[start::16], start)) for start in range(16)]
    for thread in threads:
        thread.start()
    taken: dict[str, bytes] = {}
    end = time.monotonic() + 40
    while len(taken) < len(contents):
        assert time.monotonic() < end, f"{len(taken)} taken"
        for file in inbox.scan().stable:
            content = inbox.read(file)
            assert content is not None
            assert file.path.name not in taken
            taken[file.path.name] = content
            assert inbox.done(file, f"item-{len(taken)}", ["taken"])
        inbox.wait(0.1)
    for thread in threads:
        thread.join()
    assert taken == contents
    assert len(notes(folder, "processed")) == 96


def test_what_lay_there_before_and_in_subfolders_is_found(tmp_path: Path, clock: SetClock) -> None:
    """Files that were there before the start, at any depth, are offered; the two note folders are not looked at."""
    for name in ("a.pdf", "school/b.pdf", "school/year 5/c.pdf", "processed/d.txt", "problem/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    inbox = FolderInbox(tmp_path, clock, real_now, stable_seconds=0.1)
    files = settled(inbox, 3)
    assert {str(file.path.relative_to(tmp_path)) for file in files} == {"a.pdf", "school/b.pdf", "school/year 5/c.pdf"}
    inbox.close()


@pytest.mark.parametrize(
    "name",
    ["~$report.docx", ".~lock.report.odt#", "Thumbs.db", "desktop.ini", ".DS_Store", "._report.pdf"],
)
def test_what_programs_leave_lying_about_is_ignored(inbox: FolderInbox, folder: Path, name: str) -> None:
    """Lock files and a desktop's own litter are neither offered nor awaited nor told of."""
    (folder / name).write_text("x")
    scan = inbox.scan()
    assert (scan.stable, scan.unsettled, scan.notes) == ((), 0, ())


@pytest.mark.parametrize("name", [".hidden.pdf", "a.TMP", "a.pdf.part", "a.crdownload", "school/.b.docx"])
def test_a_file_that_looks_unfinished_stays_with_a_note_until_it_is_renamed(
    inbox: FolderInbox, folder: Path, name: str
) -> None:
    """It may be a report: it is not taken, somebody is told how to have it taken, and the note goes with the name."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    assert inbox.scan().unsettled == 1
    time.sleep(STABLE_SECONDS * 1.5)
    scan = inbox.scan()
    assert (scan.stable, len(scan.notes)) == ((), 1)
    (note,) = (folder / "problem").iterdir()
    assert "rename it" in note.read_text() and path.name not in note.read_text()
    path.rename(folder / "report.pdf")
    assert [file.path.name for file in settled(inbox, 1)] == ["report.pdf"]
    assert not note.exists()


def test_nobody_waits_for_a_download_that_goes_on(inbox: FolderInbox, folder: Path) -> None:
    """A file of an unfinished name that grows is not waited for; it is told of when it lies still."""
    path = folder / "a.pdf.part"
    path.write_text("x")
    inbox.scan()
    path.write_text("xx")
    scan = inbox.scan()
    assert (scan.stable, scan.unsettled, scan.notes) == ((), 0, ())


def test_a_hidden_folder_is_told_of(inbox: FolderInbox, folder: Path) -> None:
    """What is in it is not looked at, and somebody is told, once."""
    (folder / ".folder").mkdir()
    (folder / ".folder" / "inside.pdf").write_text("x")
    assert (len(inbox.scan().notes), len(inbox.scan().notes)) == (1, 0)
    (note,) = (folder / "problem").iterdir()
    assert "hidden folder" in note.read_text()


def test_names_of_any_bytes_are_taken(inbox: FolderInbox, folder: Path) -> None:
    """Line breaks, emoji, invalid UTF-8 and very long names neither crash nor hide a file, nor reach a note's name."""
    names = [b"a\nb.pdf", "\N{BABY}.pdf".encode(), b"\xff\xfe bad.pdf", b"-rf.pdf", b"x" * 251 + b".pdf", b"..pdf "]
    for name in names:
        with open(os.path.join(os.fsencode(folder), name), "wb") as target:
            target.write(name)
    wanted = [name for name in names if not name.startswith(b".")]
    files = settled(inbox, len(wanted))
    assert sorted(os.fsencode(file.path.name) for file in files) == sorted(wanted)
    for number, file in enumerate(files):
        assert inbox.read(file) == os.fsencode(file.path.name)
        assert inbox.done(file, f"it-{number}", [])
    assert inbox.scan().stable == ()


def test_first_sight_is_the_clocks_and_settling_is_real(inbox: FolderInbox, folder: Path, clock: SetClock) -> None:
    """The first sight stays while the same file grows, and the instant of the last change is real time."""
    before = real_now() - timedelta(seconds=1)
    path = folder / "slow.pdf"
    path.write_bytes(b"half")
    inbox.scan()
    clock.at += timedelta(hours=1)
    with path.open("ab") as file:
        file.write(b" and half")
    (found,) = settled(inbox)
    assert found.first_seen_at == NOON
    assert before < found.settled_at <= real_now()


def test_another_file_under_the_same_name_has_its_own_first_sight(
    inbox: FolderInbox, folder: Path, clock: SetClock
) -> None:
    """A later file that replaces the first by renaming is another arrival."""
    (folder / "r.pdf").write_bytes(b"one")
    inbox.scan()
    clock.at += timedelta(hours=1)
    (folder / ".new").write_bytes(b"two")
    (folder / ".new").rename(folder / "r.pdf")
    (found,) = settled(inbox)
    assert found.first_seen_at == NOON + timedelta(hours=1)


def test_a_file_that_changes_after_the_scan_is_neither_read_nor_removed(inbox: FolderInbox, folder: Path) -> None:
    """The key is compared before and after reading and before removal; the changed file is offered anew."""
    path = folder / "r.pdf"
    path.write_bytes(b"one")
    (first,) = settled(inbox)
    path.write_bytes(b"two")
    assert inbox.read(first) is None
    assert inbox.done(first, "item-1", ["sealed"]) is False
    assert path.read_bytes() == b"two"
    (second,) = settled(inbox)
    assert inbox.read(second) == b"two"
    assert inbox.done(second, "item-2", ["sealed"]) is True
    assert not path.exists()
    assert notes(folder, "processed") == {"item-1.txt": "sealed\n", "item-2.txt": "sealed\n"}


def test_a_file_replaced_while_it_is_read_is_not_taken(inbox: FolderInbox, folder: Path) -> None:
    """However the replacement falls among the reads, what comes back is one whole version or nothing."""
    path = folder / "r.pdf"
    over = threading.Event()
    versions = {bytes([number]) * 2_000_000 for number in range(3)}

    def replace() -> None:
        for number in range(60):
            (folder / ".new").write_bytes(bytes([number % 3]) * 2_000_000)
            (folder / ".new").rename(path)
            time.sleep(0.005)
        over.set()

    path.write_bytes(bytes([0]) * 2_000_000)
    (found,) = settled(inbox)
    thread = threading.Thread(target=replace)
    thread.start()
    reads = []
    while not over.is_set():
        key = os.stat(path)
        file = StableFile(
            path=path, first_seen_at=NOON, settled_at=NOON,
            key=(key.st_size, key.st_mtime_ns, key.st_ctime_ns, key.st_ino),
        )  # fmt: skip
        reads.append(inbox.read(file))
    thread.join()
    assert None in reads
    assert {content for content in reads if content is not None} <= versions
    assert inbox.read(found) is None


def test_a_vanished_file_crashes_nothing(inbox: FolderInbox, folder: Path) -> None:
    """A file or folder that goes between the looks is simply gone."""
    (folder / "sub").mkdir()
    (folder / "sub" / "r.pdf").write_bytes(b"one")
    (found,) = settled(inbox)
    (folder / "sub" / "r.pdf").unlink()
    (folder / "sub").rmdir()
    assert inbox.read(found) is None
    assert inbox.done(found, "item-1", []) is True
    assert inbox.scan().stable == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_noted_and_stays(inbox: FolderInbox, folder: Path) -> None:
    """Without the right to read it stays where it is, with a note that does not name it."""
    path = folder / "Ada Canary.pdf"
    path.write_bytes(b"one")
    path.chmod(0)
    (found,) = settled(inbox)
    assert inbox.read(found) is None
    assert path.exists()
    (note,) = notes(folder, "problem").values()
    assert "Canary" not in note
    assert inbox.scan().stable == ()


def test_links_and_pipes_are_noted_once_and_never_followed(inbox: FolderInbox, folder: Path, tmp_path: Path) -> None:
    """A link to a file outside or to a folder, and a pipe, are not offered; each is noted once."""
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (folder / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.pdf")
    scan = inbox.scan()
    assert (scan.stable, scan.unsettled) == ((), 0)
    assert len(scan.notes) == len(notes(folder, "problem")) == 3
    assert inbox.scan().notes == ()
    assert not any("secret" in text or "link.pdf" in text for text in notes(folder, "problem").values())


def test_a_link_that_takes_a_files_place_is_not_read(inbox: FolderInbox, folder: Path, tmp_path: Path) -> None:
    """Between scan and reading the name may be given to a link; nothing outside the inbox is read."""
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (folder / "r.pdf").write_bytes(b"one")
    (found,) = settled(inbox)
    (folder / "r.pdf").unlink()
    (folder / "r.pdf").symlink_to(tmp_path / "secret.pdf")
    assert inbox.read(found) is None


def test_too_large_a_file_stays_with_a_note(tmp_path: Path, clock: SetClock) -> None:
    """It is not offered, not awaited, noted; a smaller one in its place is taken and the note goes."""
    inbox = FolderInbox(tmp_path, clock, real_now, stable_seconds=0.1, largest_bytes=1000)
    path = tmp_path / "Ada Canary.pdf"
    path.write_bytes(b"x" * 1001)
    inbox.scan()
    time.sleep(0.2)
    scan = inbox.scan()
    assert (scan.stable, scan.unsettled, len(scan.notes)) == ((), 0, 1)
    (note,) = notes(tmp_path, "problem").values()
    assert "1,001 bytes" in note
    assert "Canary" not in note
    path.write_bytes(b"x" * 1000)
    (found,) = settled(inbox)
    assert inbox.done(found, "item-1", [])
    assert notes(tmp_path, "problem") == {}
    inbox.close()


def test_a_problem_leaves_the_file_and_is_offered_again_later(
    inbox: FolderInbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be sealed stays, is not offered again at once, but is offered after a while."""
    monkeypatch.setattr(inbox_folder, "OFFER_AGAIN_SECONDS", 0.5)
    (folder / "r.pdf").write_bytes(b"one")
    (found,) = settled(inbox)
    inbox.problem(found, "sealing-1", ["The vault's disk is full."])
    scan = inbox.scan()
    assert (scan.stable, scan.unsettled) == ((), 0)
    assert notes(folder, "problem") == {"sealing-1.txt": "The vault's disk is full.\n"}
    (again,) = settled(inbox)
    assert again.key == found.key
    assert inbox.done(again, "item-1", [])
    assert notes(folder, "problem") == {}


def test_an_empty_file_waits_longer(inbox: FolderInbox, folder: Path) -> None:
    """A name that is made first and filled a moment later is not taken empty; one that stays empty is offered."""
    (folder / "later.pdf").touch()
    begun = time.monotonic()
    while time.monotonic() - begun < STABLE_SECONDS * 1.8:
        assert inbox.scan().stable == ()
        time.sleep(0.05)
    (found,) = settled(inbox)
    assert inbox.read(found) == b""


def test_emptied_subfolders_go_after_a_while_and_full_ones_stay(
    inbox: FolderInbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dropped folder is removed once all its files were taken, not while a copy into it may go on."""
    monkeypatch.setattr(inbox_folder, "EMPTIED_FOLDER_SECONDS", 0.5)
    (folder / "drop" / "deep").mkdir(parents=True)
    (folder / "own").mkdir()
    (folder / "drop" / "deep" / "a.pdf").write_bytes(b"a")
    (found,) = settled(inbox)
    assert inbox.done(found, "item-1", [])
    inbox.scan()
    assert (folder / "drop" / "deep").is_dir()
    time.sleep(0.6)
    inbox.scan()
    inbox.scan()
    assert not (folder / "drop").exists()
    assert (folder / "own").is_dir()


def test_a_drop_wakes_the_waiting_and_our_own_notes_do_not(inbox: FolderInbox, folder: Path) -> None:
    """A new file ends the wait within a second; reading, removing and noting do not."""
    inbox.wait(0.2)
    (folder / "r.pdf").write_bytes(b"one")
    begun = time.monotonic()
    inbox.wait(5)
    assert time.monotonic() - begun < 1.5
    (found,) = settled(inbox)
    inbox.wait(0.5)
    inbox.read(found)
    inbox.done(found, "item-1", ["x"])
    inbox.note("problem", "n", ["x"])
    begun = time.monotonic()
    inbox.wait(0.6)
    assert time.monotonic() - begun >= 0.55


def test_wake_ends_the_wait(inbox: FolderInbox) -> None:
    """A signal handler can end the wait."""
    threading.Timer(0.3, inbox.wake).start()
    begun = time.monotonic()
    inbox.wait(5)
    assert time.monotonic() - begun < 1.5


def test_on_a_share_the_contents_are_compared_too(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where numbers may lag, a file is offered only after its hash stayed the same for another stability time."""
    monkeypatch.setattr(inbox_folder, "SHARE_STABLE_SECONDS", 0.3)
    inbox = FolderInbox(tmp_path, clock, real_now, stable_seconds=0.3, network_share=True)
    (tmp_path / "r.pdf").write_bytes(b"one")
    begun = time.monotonic()
    (found,) = settled(inbox)
    assert time.monotonic() - begun >= 0.6
    assert inbox.read(found) == b"one"
    inbox.close()


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "a b", "x" * 200, "a\n"])
def test_a_note_is_named_by_an_id_only(inbox: FolderInbox, name: str) -> None:
    """A name with a path, a space or a line break in it is refused."""
    with pytest.raises(ValueError, match="opaque"):
        inbox.note("processed", name, ["x"])


def test_notes_go_to_their_two_folders_only(inbox: FolderInbox) -> None:
    """No other folder is written to."""
    with pytest.raises(ValueError, match="processed or problem"):
        inbox.note("..", "x", ["x"])
