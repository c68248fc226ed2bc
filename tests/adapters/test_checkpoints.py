"""Whatever is done to the ledger or to its checkpoints, the walk names it; what a crash does is no alarm."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.adapters.ciphers import Signer
from pipeline.adapters.sql.chain import NOTHING_BEFORE, Clear
from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
from pipeline.adapters.sql.checkpoints import Checkpoints
from pipeline.errors import CheckpointUnwritableError
from tests.adapters.ledger_parts import AT, CANARY, Home, Noted, home, postgres_databases, url

__all__ = ["home", "postgres_databases", "url"]

STREAM = "conference:b"


@pytest.fixture
def written(home: Home) -> Home:
    """A home with three streams, written over four checkpoints, the third of them full."""
    for number in range(4):
        home.note("conference:a", f"{number}")
        home.note(STREAM, f"{number}", f"{number}+")
        home.note("item:c", f"{number}")
        home.ledger.checkpoint(full=number == 2)
    assert home.ledger.verify().first_bad is None
    return home


def rehashed(home: Home, *, forge: bool = False) -> None:
    """Makes chain and head of STREAM fit again after a change, as a forger who knows the program would.

    `forge` seals each body anew, which only somebody who has the keys too can do.
    """
    with home.database.reading() as tx:
        rows = tx.rows(f"SELECT seq, at, kind, version, actor, body FROM facts WHERE stream = '{STREAM}' ORDER BY seq")
    prev, seq = NOTHING_BEFORE, 0
    for place, (was, at, kind, version, actor, sealed) in enumerate(rows, start=1):
        seq, body = place, sealed
        clear = Clear(stream=STREAM, seq=seq, at=at, kind=kind, version=version, actor=actor)
        if forge:
            body = home.keys.seal(STREAM, json.dumps({"text": "forged"}).encode(), clear.context())
        hash_ = clear.hash(body, prev)
        home.tamper(
            f"UPDATE facts SET seq = :seq, body = :body, prev = :prev, hash = :hash {WHERE} AND seq = :was",
            seq=seq,
            body=body,
            prev=prev,
            hash=hash_,
            was=was,
        )
        prev = hash_
    home.tamper(f"UPDATE heads SET seq = :seq, hash = :hash WHERE stream = '{STREAM}'", seq=seq, hash=prev)


SWAPPED = ("at", "kind", "version", "actor", "body", "prev", "hash")


def swap(home: Home, one: int, other: int) -> None:
    """Exchanges two facts of STREAM, all but their sequence."""
    columns = ", ".join(SWAPPED)
    with home.database.reading() as tx:
        rows = {
            seq: tx.one(f"SELECT {columns} FROM facts WHERE stream = '{STREAM}' AND seq = {seq}") or ()
            for seq in (one, other)
        }
    for seq, row in ((one, rows[other]), (other, rows[one])):
        changes = ", ".join(f"{name} = :{name}" for name in SWAPPED)
        home.tamper(
            f"UPDATE facts SET {changes} WHERE stream = '{STREAM}' AND seq = {seq}",
            **dict(zip(SWAPPED, row, strict=True)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What is done to the tables, and where the walk must say so."""

    statements: tuple[str, ...] = ()
    then_rehash: bool = False
    forge: bool = False
    swapped: tuple[int, int] | None = None
    first_bad: str


WHERE = f"WHERE stream = '{STREAM}'"
ATTACKS = {
    "body edited": Attack(statements=(f"UPDATE facts SET body = prev {WHERE} AND seq = 3",), first_bad=f"{STREAM} 3"),
    "instant edited": Attack(
        statements=(f"UPDATE facts SET at = at + 1 {WHERE} AND seq = 3",), first_bad=f"{STREAM} 3"
    ),
    "actor edited": Attack(statements=(f"UPDATE facts SET actor = 'x' {WHERE} AND seq = 3",), first_bad=f"{STREAM} 3"),
    "kind edited": Attack(
        statements=(f"UPDATE facts SET kind = 'Counted' {WHERE} AND seq = 3",), first_bad=f"{STREAM} 3"
    ),
    "edited and rehashed": Attack(
        statements=(f"UPDATE facts SET actor = 'x' {WHERE} AND seq = 3",), then_rehash=True, first_bad=f"{STREAM} 3"
    ),
    "forged with the keys": Attack(then_rehash=True, forge=True, first_bad=f"{STREAM} 2"),
    "first removed": Attack(statements=(f"DELETE FROM facts {WHERE} AND seq = 1",), first_bad=f"{STREAM} 1"),
    "one removed": Attack(statements=(f"DELETE FROM facts {WHERE} AND seq = 4",), first_bad=f"{STREAM} 4"),
    "one removed and rehashed": Attack(
        statements=(f"DELETE FROM facts {WHERE} AND seq = 4",), then_rehash=True, first_bad=f"{STREAM} 4"
    ),
    "reordered": Attack(swapped=(5, 6), first_bad=f"{STREAM} 5"),
    "reordered and rehashed": Attack(swapped=(5, 6), then_rehash=True, first_bad=f"{STREAM} 5"),
    "tail cut": Attack(statements=(f"DELETE FROM facts {WHERE} AND seq > 7",), first_bad=f"{STREAM} 8"),
    "tail cut, head too": Attack(
        statements=(f"DELETE FROM facts {WHERE} AND seq > 7",), then_rehash=True, first_bad=f"{STREAM} 8"
    ),
    "head moved back": Attack(statements=(f"UPDATE heads SET seq = 7 {WHERE}",), first_bad=f"{STREAM} 8"),
    "head removed": Attack(statements=(f"DELETE FROM heads {WHERE}",), first_bad=f"{STREAM} 8"),
    "stream removed": Attack(
        statements=(f"DELETE FROM facts {WHERE}", f"DELETE FROM heads {WHERE}"), first_bad=f"{STREAM} 1"
    ),
    "stream renamed": Attack(
        statements=(f"UPDATE facts SET stream = 'conference:z' {WHERE}",), first_bad="conference:z 1"
    ),
    "everything removed": Attack(statements=("DELETE FROM facts", "DELETE FROM heads"), first_bad="conference:a 1"),
    "a fact inserted": Attack(
        statements=(
            "INSERT INTO facts SELECT stream, 9, at, kind, version, actor, body, hash, hash FROM facts "
            f"{WHERE} AND seq = 8",
        ),
        first_bad=f"{STREAM} 9",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_every_change_to_the_ledger_is_found_where_it_was_made(written: Home, attack: Attack) -> None:
    """Edit, removal, reorder, cut and forgery are found, whether or not hashes and heads were made to fit."""
    written.tamper(*attack.statements)
    if attack.swapped:
        swap(written, *attack.swapped)
    if attack.then_rehash:
        rehashed(written, forge=attack.forge)
    found = written.ledger.verify()
    assert found.first_bad == attack.first_bad, found.why
    assert found.why
    assert CANARY not in found.why


def test_an_edit_is_found_even_before_any_checkpoint_named_it(home: Home) -> None:
    """A body sealed by somebody without the key does not open, so rehashing alone never helps."""
    home.ledger.checkpoint()
    home.note(STREAM, "x", "y")
    home.tamper(f"UPDATE facts SET actor = 'x' {WHERE} AND seq = 2")
    rehashed(home)
    assert home.ledger.verify().first_bad == f"{STREAM} 2"


def test_a_cut_that_grew_again_is_still_found(written: Home) -> None:
    """Facts written after a cut, and checkpoints of them in good faith, do not hide it."""
    written.tamper(f"DELETE FROM facts {WHERE} AND seq > 4")
    rehashed(written)
    written.note(STREAM, *"abcdefgh")
    written.ledger.checkpoint(full=True)
    assert written.ledger.verify().first_bad == f"{STREAM} 6"


def test_verify_counts_what_it_walked(written: Home) -> None:
    """Facts, streams and checkpoints are counted."""
    found = written.ledger.verify()
    assert (found.facts, found.streams, found.checkpoints) == (16, 3, 4)


def test_nothing_new_makes_no_checkpoint(written: Home) -> None:
    """A second call writes nothing; a full one does so once."""
    written.ledger.checkpoint()
    assert written.ledger.verify().checkpoints == 4
    written.ledger.checkpoint(full=True)
    written.ledger.checkpoint(full=True)
    assert written.ledger.verify().checkpoints == 5
    assert written.again().ledger.verify().first_bad is None


def test_an_empty_ledger_verifies_and_needs_no_checkpoint(home: Home) -> None:
    """A new home is in order."""
    home.ledger.checkpoint(full=True)
    found = home.ledger.verify()
    assert (found.first_bad, found.facts, found.checkpoints) == (None, 0, 0)


def test_only_changed_heads_are_written(written: Home) -> None:
    """A checkpoint holds the heads changed since the one before; a full one holds all and begins a file."""
    written.note("item:c", "more")
    written.ledger.checkpoint()
    files = sorted(written.folder.glob("*.jsonl"))
    assert [file.name for file in files] == ["0000000001.jsonl", "0000000003.jsonl"]
    last = json.loads(files[-1].read_text().splitlines()[-1])
    assert list(last["heads"]) == ["item:c"]
    assert last["heads"]["item:c"][0] == 5
    assert (last["n"], last["full"], last["made_at"]) == (5, False, AT.isoformat())
    assert len(json.loads(files[1].read_text().splitlines()[0])["heads"]) == 3


def lines_of(folder: Path) -> list[tuple[Path, list[bytes]]]:
    """Returns each file's lines."""
    return [(file, file.read_bytes().splitlines(keepends=True)) for file in sorted(folder.glob("*.jsonl"))]


def test_an_edited_checkpoint_is_found(written: Home) -> None:
    """A head changed in a checkpoint breaks its signature."""
    shutil.rmtree(written.copy or Path())
    file, lines = lines_of(written.folder)[0]
    file.write_bytes(lines[0] + lines[1].replace(b'"item:c":[2', b'"item:c":[1'))
    found = written.ledger.verify()
    assert found.first_bad == "checkpoint 2"
    assert "signature" in (found.why or "")


def test_a_checkpoint_signed_by_another_key_is_found(written: Home) -> None:
    """A forger's own signature is not ours."""
    shutil.rmtree(written.folder)
    shutil.rmtree(written.copy or Path())
    forger = Checkpoints(written.database, CheckpointFiles(written.folder, Signer(b"f" * 32)), lambda: AT)
    written.tamper("DELETE FROM marks WHERE name = 'checkpoint'", "UPDATE heads SET checkpointed_seq = 0")
    forger.write()
    assert written.ledger.verify().first_bad == "checkpoint 1"


@pytest.mark.parametrize(
    ("gone", "first_bad"), [(0, "checkpoint 1"), (1, "checkpoint 2"), (2, "checkpoint 3"), (3, "checkpoint 4")]
)
def test_a_removed_checkpoint_is_missed(written: Home, gone: int, first_bad: str) -> None:
    """Whichever checkpoint is taken out, first, middle or last, the walk says which."""
    shutil.rmtree(written.copy or Path())
    number = 0
    for file, lines in lines_of(written.folder):
        kept = []
        for line in lines:
            if number != gone:
                kept.append(line)
            number += 1
        file.write_bytes(b"".join(kept))
    assert written.ledger.verify().first_bad == first_bad


def test_a_removed_last_checkpoint_stays_missed_when_more_follow(written: Home) -> None:
    """New checkpoints go on counting after the one that is gone, so the gap never closes."""
    shutil.rmtree(written.copy or Path())
    file, lines = lines_of(written.folder)[-1]
    file.write_bytes(b"".join(lines[:-1]))
    written.note("item:c", "more")
    written.ledger.checkpoint()
    written.note("item:c", "more")
    written.ledger.checkpoint()
    assert written.ledger.verify().first_bad == "checkpoint 4"


def test_checkpoints_that_are_all_gone_are_missed(written: Home) -> None:
    """Facts without any checkpoint are reported, also when the database was made to forget that there were any."""
    shutil.rmtree(written.folder)
    shutil.rmtree(written.copy or Path())
    assert written.ledger.verify().first_bad == "checkpoint 1"
    written.tamper("DELETE FROM marks WHERE name = 'checkpoint'")
    assert written.ledger.verify().first_bad == "checkpoint 1"


def test_a_line_that_a_crash_cut_off_is_no_alarm(written: Home) -> None:
    """Half a line at the end was never a checkpoint; the next one takes its place."""
    file = sorted(written.folder.glob("*.jsonl"))[-1]
    with file.open("ab") as opened:
        opened.write(b'{"n": 5, "heads": {"item:c": [')
    assert written.ledger.verify().first_bad is None
    written.note("item:c", "more")
    written.ledger.checkpoint()
    found = written.ledger.verify()
    assert (found.first_bad, found.checkpoints) == (None, 5)


@pytest.mark.parametrize("full", [False, True])
def test_a_crash_between_file_and_database_is_no_alarm(written: Home, full: bool) -> None:
    """A checkpoint that the database does not remember yet counts; the next one follows it and repeats its heads."""
    with written.database.reading() as tx:
        before = tx.one("SELECT value FROM marks WHERE name = 'checkpoint'") or ()
    written.note("item:c", "more")
    written.ledger.checkpoint()
    written.tamper(
        "UPDATE marks SET value = :value WHERE name = 'checkpoint'",
        "UPDATE heads SET checkpointed_seq = 4 WHERE stream = 'item:c'",
        value=before[0],
    )
    assert written.ledger.verify().first_bad is None
    written.ledger.checkpoint(full=full)
    found = written.ledger.verify()
    assert (found.first_bad, found.checkpoints) == (None, 6)


def test_a_ledger_ahead_of_its_checkpoint_is_no_alarm(written: Home) -> None:
    """Facts written after the last checkpoint, as after a crash, verify."""
    written.note("item:new", "x")
    assert written.ledger.verify().first_bad is None


def test_the_second_folder_gets_the_same_and_catches_up(written: Home) -> None:
    """The copy is byte for byte the same, and after it was away it gets what it missed."""
    copy = written.copy or Path()
    assert lines_of(copy)[0][1] == lines_of(written.folder)[0][1]
    away = copy.rename(copy.with_name("away"))
    copy.write_text("not a folder")
    written.note("item:c", "more")
    written.ledger.checkpoint(full=True)
    assert "cannot be written" in (written.checkpoints.copy_trouble or "")
    copy.unlink()
    away.rename(copy)
    assert written.ledger.verify().first_bad is None
    written.ledger.checkpoint()
    assert written.checkpoints.copy_trouble is None
    assert [lines for _, lines in lines_of(copy)] == [lines for _, lines in lines_of(written.folder)]


def test_a_cut_of_everything_here_is_seen_by_the_second_folder(written: Home) -> None:
    """Ledger, heads, mark and checkpoints set back together to an earlier state contradict the copy elsewhere."""
    for file, lines in lines_of(written.folder)[1:]:
        file.write_bytes(b"".join(lines[:-1]))
    file, lines = lines_of(written.folder)[-1]
    last = CheckpointFiles(written.folder, Signer(b"c" * 32)).last()
    written.tamper(
        "DELETE FROM facts WHERE stream = 'conference:b' AND seq > 6",
        "DELETE FROM facts WHERE stream <> 'conference:b' AND seq > 3",
        "UPDATE heads SET seq = 6 WHERE stream = 'conference:b'",
        "UPDATE heads SET seq = 3 WHERE stream <> 'conference:b'",
        "UPDATE heads SET hash = (SELECT hash FROM facts WHERE facts.stream = heads.stream AND facts.seq = heads.seq)",
        "UPDATE marks SET value = :value WHERE name = 'checkpoint'",
        value=json.dumps({"n": last.n, "hash": last.hash.hex(), "full": True}),
    )
    found = written.ledger.verify()
    assert found.first_bad == "checkpoints"
    written.note("item:c", "x")
    written.ledger.checkpoint()
    assert written.ledger.verify().first_bad == "checkpoints"


def test_a_folder_that_cannot_be_written_stops_and_loses_nothing(written: Home) -> None:
    """The error says what to do; once the folder is back, the next checkpoint holds what the failed one did not."""
    away = written.folder.rename(written.folder.with_name("away"))
    written.folder.write_text("not a folder")
    written.note("item:c", "more")
    with pytest.raises(CheckpointUnwritableError, match="facts are kept"):
        written.ledger.checkpoint()
    written.folder.unlink()
    away.rename(written.folder)
    written.ledger.checkpoint()
    found = written.ledger.verify()
    assert (found.first_bad, found.checkpoints) == (None, 5)


def test_several_processes_write_one_order_of_checkpoints(home: Home) -> None:
    """Checkpoints from many connections at once, while facts are written, make one unbroken chain."""

    def work(number: int) -> None:
        mine = home.again()
        for step in range(8):
            mine.ledger.append({f"item:{number}": [Noted(text=f"{step}")]}, expected={}, at=AT, actor="t")
            mine.ledger.checkpoint(full=step == 5)
        mine.database.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    home.ledger.checkpoint()
    found = home.ledger.verify()
    assert (found.first_bad, found.facts) == (None, 32)
    assert home.ledger.verify().checkpoints >= 8
    assert [lines for _, lines in lines_of(home.copy or Path())] == [lines for _, lines in lines_of(home.folder)]


def test_rights_on_checkpoints_are_the_owners_alone(written: Home) -> None:
    """Folder and files can be read by nobody else."""
    assert written.folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in written.folder.iterdir())
