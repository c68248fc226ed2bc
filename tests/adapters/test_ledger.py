"""The ledger on SQLite and PostgreSQL: one way to write, nobody's update lost, nothing readable without its key."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.ciphers import Signer
from pipeline.adapters.keys_sql import SqlKeys
from pipeline.adapters.master_key import new_master_key
from pipeline.adapters.sql.chain import Clear
from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
from pipeline.adapters.sql.checkpoints import Checkpoints
from pipeline.adapters.sql.codec import Codec
from pipeline.adapters.sql.database import Database, sqlalchemy_url
from pipeline.adapters.sql.ledger import SqlLedger
from pipeline.adapters.sql.schema import create
from pipeline.errors import (
    DatabaseUnavailableError,
    Disposition,
    KeyErasedError,
    KeyMissingError,
    LedgerBrokenError,
    RefusedError,
    StaleHeadError,
)
from tests.adapters.ledger_parts import (
    AT,
    CANARY,
    Counted,
    Home,
    MemoryKeys,
    Noted,
    home,
    open_home,
    postgres_databases,
    url,
)
from tests.adapters.ledger_worker import COUNTER, count

__all__ = ["home", "postgres_databases", "url"]

REPOSITORY = Path(__file__).parents[2]


def worker(task: str, home: Home, *arguments: str) -> subprocess.Popen[str]:
    """Starts a process of its own on the same ledger and returns once it is ready."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.ledger_worker", task, home.url, str(home.folder), *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def deadlocks(home: Home) -> int:
    """Returns how often the server had to break a circle of waiting transactions; closes the other connections."""
    for one in home.opened:
        one.close()  # A connection's statistics are complete once it is closed.
    if home.database.dialect == "sqlite":
        return 0
    time.sleep(0.2)
    with home.database.reading() as tx:
        found = tx.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert found is not None
    return int(found[0])


def test_what_is_appended_is_read_back_in_order(home: Home) -> None:
    """Facts come back equal, in order, with their sequence, instant and actor."""
    home.ledger.append(
        {"conference:a": [Noted(text="one"), Counted(number=2)], "item:b": [Noted(text="ünï")]},
        expected={"conference:a": 0, "item:b": 0, "house:main": 0},
        at=AT,
        actor="service",
    )
    home.note("conference:a", "three")
    read = home.ledger.read("conference:a")
    assert [(one.seq, one.fact) for one in read] == [
        (1, Noted(text="one")),
        (2, Counted(number=2)),
        (3, Noted(text="three")),
    ]
    assert {(one.stream, one.at, one.actor) for one in read[:2]} == {("conference:a", AT, "service")}
    assert [one.seq for one in home.ledger.read("conference:a", after=2)] == [3]
    assert home.ledger.read("conference:none") == []
    assert home.ledger.head("conference:a") == 3
    assert home.ledger.heads(["item:b", "house:main"]) == {"item:b": 1, "house:main": 0}


def test_streams_are_listed_by_prefix_and_in_order(home: Home) -> None:
    """Only streams with facts are listed, sorted by code point on both databases."""
    for stream in ("item:b", "item:B", "item:a_1", "items:x", "contact:a", "item:é"):
        home.note(stream, "x")
    home.ledger.append({}, expected={"item:only-read": 0}, at=AT, actor="test")
    assert home.ledger.streams("item:") == ["item:B", "item:a_1", "item:b", "item:é"]
    assert home.ledger.streams() == sorted(["item:b", "item:B", "item:a_1", "items:x", "contact:a", "item:é"])


@pytest.mark.parametrize("moved", ["conference:a", "house:main"])
def test_a_moved_head_refuses_the_whole_append(home: Home, moved: str) -> None:
    """If a stream that was written or merely read has moved on, nothing at all is written."""
    home.note("conference:a", "x")
    home.note("house:main", "x")
    expected = {"conference:a": 1, "house:main": 1, "item:new": 0}
    home.note(moved, CANARY)
    with pytest.raises(StaleHeadError) as refused:
        home.ledger.append(
            {"conference:a": [Noted(text=CANARY)], "item:new": [Noted(text="x")]}, expected=expected, at=AT, actor="t"
        )
    assert CANARY not in str(refused.value)
    assert home.ledger.head("item:new") == 0
    assert home.ledger.head(moved) == 2


def test_an_expectation_above_the_head_is_stale_too(home: Home) -> None:
    """A ledger that is behind what the decision read, as after a restore, takes nothing."""
    home.note("conference:a", "x")
    with pytest.raises(StaleHeadError):
        home.ledger.append({"conference:a": [Noted(text="y")]}, expected={"conference:a": 2}, at=AT, actor="t")


def test_a_stream_without_expectation_is_appended_where_it_stands(home: Home) -> None:
    """A fact that reports an outside effect is stored whatever the head is; the named heads are still compared."""
    home.note("conference:a", "x", "y")
    home.ledger.append({"conference:a": [Noted(text="z")]}, expected={"house:main": 0}, at=AT, actor="t")
    assert [one.fact for one in home.ledger.read("conference:a", 2)] == [Noted(text="z")]


def test_a_head_that_moves_between_sealing_and_writing_is_sealed_anew(home: Home) -> None:
    """Reports without expectation from many threads at once are all stored, each opening in the place it got."""
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: home.note("item:busy", f"{n}"), range(60)))
    texts = {one.fact.text for one in home.ledger.read("item:busy") if isinstance(one.fact, Noted)}
    assert texts == {f"{n}" for n in range(60)}


def test_a_key_is_made_before_its_first_use_only(home: Home) -> None:
    """A new stream's key is ensured; a stream that has facts gets no second one."""
    home.note("item:a", "x")
    home.note("item:a", "y")
    assert home.keys.ensured == ["item:a"]


@pytest.mark.parametrize("actor", ["Wrenna Oakapple", "wrenna@school.example", ""])
def test_an_actor_that_is_no_opaque_id_is_refused(home: Home, actor: str) -> None:
    """What looks like a name or an address never gets into the clear fields."""
    with pytest.raises(ValueError, match="opaque"):
        home.ledger.append({"item:a": [Noted(text="x")]}, expected={}, at=AT, actor=actor)


def test_an_instant_without_zone_is_refused(home: Home) -> None:
    """A naive instant is a mistake and is never guessed at."""
    with pytest.raises(ValueError, match="zone"):
        home.ledger.append({"item:a": [Noted(text="x")]}, expected={}, at=datetime(2026, 1, 1), actor="t")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET actor = 'other'",
        "DELETE FROM facts",
        "INSERT {or_replace} INTO facts"
        " SELECT stream, seq, at, kind, version, 'other', body, prev, hash FROM facts {upsert}",
        "{truncate}",
    ],
)
def test_the_database_itself_refuses_to_change_a_fact(home: Home, statement: str) -> None:
    """Triggers refuse UPDATE, DELETE, REPLACE, upsert and TRUNCATE on written facts."""
    home.note("item:a", "x")
    sqlite = home.database.dialect == "sqlite"
    words = {
        "or_replace": "OR REPLACE" if sqlite else "",
        "upsert": "" if sqlite else "ON CONFLICT (stream, seq) DO UPDATE SET actor = 'other'",
        "truncate": "DELETE FROM facts WHERE 1" if sqlite else "TRUNCATE facts",
    }
    with pytest.raises(LedgerBrokenError), home.database.writing() as tx:
        tx.run(statement.format(**words))
    assert [one.actor for one in home.ledger.read("item:a")] == ["test"]


def test_processes_that_count_together_lose_no_update(home: Home) -> None:
    """Two processes and two threads decide on the same head again and again: exactly one wins each time."""
    processes = [worker("count", home, name, "40") for name in ("p1", "p2")]
    threads = [threading.Thread(target=count, args=(home.again(), name, 40)) for name in ("t1", "t2")]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for process in processes:
        assert process.wait(60) == 0
        process.communicate()
    facts = [one.fact for one in home.ledger.read(COUNTER)]
    assert [fact.number for fact in facts if isinstance(fact, Counted)] == list(range(1, 161))
    counts = {name: sum(isinstance(f, Counted) and f.by == name for f in facts) for name in ("p1", "p2", "t1", "t2")}
    assert counts == {"p1": 40, "p2": 40, "t1": 40, "t2": 40}


@pytest.mark.parametrize("before", [0, 1])
def test_two_streams_in_opposite_order_never_lock_each_other_out(home: Home, before: int) -> None:
    """One decides on a to write b, the other on b to write a, both reading the house: no deadlock, no write skew."""
    home.note("house:main", "x")
    rounds = 25
    if before:
        for number in range(rounds):
            home.note(f"conference:a{number}", "x")
            home.note(f"item:b{number}", "x")
    start = threading.Barrier(2)

    def decide(written: str, read: str) -> int:
        mine, won = home.again(), 0
        for number in range(rounds):
            start.wait(30)
            streams = [f"{written}{number}", f"{read}{number}", "house:main"]
            try:
                # The rule: only one of the two may ever have a fact more.
                if mine.ledger.head(streams[1]) == before:
                    mine.ledger.append(
                        {streams[0]: [Noted(text="mine")]},
                        expected={streams[0]: before, streams[1]: before, "house:main": 1},
                        at=AT,
                        actor="t",
                    )
                    won += 1
            except StaleHeadError:
                continue
        return won

    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(decide, "conference:a", "item:b"), pool.submit(decide, "item:b", "conference:a")]
        won = [one.result(60) for one in running]
    assert sum(won) == rounds
    assert time.monotonic() - began < 20
    for number in range(rounds):
        heads = home.ledger.heads([f"conference:a{number}", f"item:b{number}"])
        assert sum(heads.values()) == 2 * before + 1
    assert deadlocks(home) == 0


def test_appends_that_mark_each_others_cases_do_not_deadlock(home: Home) -> None:
    """An item that uses a conference and a conference that uses the item are written at once, many times, in time."""
    for case, other in (("conference:a", "item:b"), ("item:b", "conference:a")):
        home.note(case, "x")
        home.note(other, "x")

    def write(stream: str, other: str) -> None:
        mine = home.again()
        for _ in range(30):
            heads = mine.ledger.heads([stream, other])
            mine.cases.settle(stream, seen=heads, uses=[other], look_again_at=None, open=True, version="1")
            mine.note(stream, "more")

    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(write, "conference:a", "item:b"), pool.submit(write, "item:b", "conference:a")]
        for one in running:
            one.result(60)
    assert time.monotonic() - began < 20
    assert home.cases.due(AT) == ["conference:a", "item:b"]
    assert deadlocks(home) == 0


def test_an_erased_stream_is_left_out_and_still_verifies(home: Home) -> None:
    """Destroying a key takes the people out of the ledger and leaves a chain that holds."""
    home.note("conference:a", CANARY, "more")
    home.note("house:main", "x")
    home.ledger.checkpoint()
    home.keys.erase("conference:a")
    assert home.ledger.read("conference:a") == []
    assert home.ledger.head("conference:a") == 2
    assert home.ledger.verify().first_bad is None


def test_a_lost_key_is_never_taken_for_an_erased_one(home: Home) -> None:
    """Facts whose key is merely gone, such as a stop, must not silently vanish from a fold."""
    home.note("house:main", "stop")
    home.keys.lost.add("house:main")
    with pytest.raises(KeyMissingError):
        home.ledger.read("house:main")
    assert home.ledger.verify().first_bad == "house:main 1"


def test_the_house_keys_erase_a_conference_and_its_items(home: Home, tmp_path: Path) -> None:
    """With the real keys: an item hangs from its conference, and erasing the conference erases both from the ledger."""
    keys = SqlKeys(f"sqlite:///{tmp_path / 'keys.db'}", new_master_key(), create=True)
    ledger = SqlLedger(home.database, keys, Codec([Noted]), home.checkpoints)
    for stream in ("conference:a", "item:b", "item:c"):
        ledger.append({stream: [Noted(text=stream)]}, expected={}, at=AT, actor="t")
    keys.rewrap("item:b", "conference:a")
    ledger.checkpoint()
    assert [one.fact for one in ledger.read("item:b")] == [Noted(text="item:b")]
    keys.erase("conference:a")
    assert [len(ledger.read(stream)) for stream in ("conference:a", "item:b", "item:c")] == [0, 0, 1]
    assert ledger.verify().first_bad is None
    with pytest.raises(KeyErasedError):
        ledger.append({"conference:a": [Noted(text="again")]}, expected={}, at=AT, actor="t")
    keys.close()


@pytest.mark.parametrize("column", ["at = at + 1", "actor = 'other'", "kind = 'Counted'", "version = 2", "seq = 9"])
def test_a_fact_whose_clear_fields_were_changed_is_not_read(home: Home, column: str) -> None:
    """A body opens in the place, at the instant and under the kind it was sealed for, and nowhere else."""
    home.note("item:a", "x")
    home.tamper(f"UPDATE facts SET {column}")
    with pytest.raises((KeyMissingError, LedgerBrokenError)):
        home.ledger.read("item:a")


def test_a_gap_is_noticed_while_reading(home: Home) -> None:
    """A fold never goes on over a fact that is missing."""
    home.note("item:a", "x", "y", "z")
    home.tamper("DELETE FROM facts WHERE seq = 2")
    with pytest.raises(LedgerBrokenError, match="Fact 2"):
        home.ledger.read("item:a")


def test_no_canary_is_readable_in_any_file(tmp_path: Path) -> None:
    """A name in a fact's body is in no byte of the database, its journal or the checkpoints."""
    made = open_home(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "checkpoints", copy=tmp_path / "copy")
    made.note("conference:a", *[f"{CANARY} {n}" for n in range(50)])
    made.ledger.checkpoint(full=True)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"ledger.db", "ledger.db-wal"} <= {file.name for file in files}
    for word in CANARY.split():
        assert not [file.name for file in files if word.encode() in file.read_bytes()]
    made.close()


def test_no_canary_is_readable_in_postgresql(postgres_databases: Callable[[], str], tmp_path: Path) -> None:
    """The same, column by column, on PostgreSQL."""
    made = open_home(postgres_databases(), tmp_path / "checkpoints")
    made.note("conference:a", CANARY)
    with made.database.reading() as tx:
        row = tx.one("SELECT * FROM facts") or ()
    assert not [
        value for value in row if CANARY.split()[0] in str(value) or CANARY.split()[0].encode() in str(value).encode()
    ]
    assert CANARY.split()[0].encode() not in next(value for value in row if isinstance(value, bytes))
    made.close()


def test_a_killed_writer_leaves_a_ledger_that_verifies(home: Home) -> None:
    """Kill -9 in mid-append, many times: what was said to stand stands, whole transactions only, the chain holds.

    As in a founded home there is a first checkpoint: before it, a kill between fact and checkpoint shows as none at all.
    """
    home.note("house:main", "founded")
    home.ledger.checkpoint()
    stood = 0
    for delay in random.Random(7).sample(range(5, 120), 6):
        process = worker("write", home)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay / 1000)
        process.kill()
        said, _ = process.communicate()
        stood += 1 + len([line for line in said.splitlines() if line.isdecimal()])
        found = home.ledger.verify()
        assert (found.first_bad, found.why) == (None, None)
    items = sum(home.ledger.heads(home.ledger.streams("item:")).values())
    assert items >= stood
    assert home.ledger.head("conference:a") == 2 * items
    home.ledger.checkpoint()
    assert home.ledger.verify().first_bad is None


def test_a_locked_database_is_waited_for_and_then_tried_again_later(tmp_path: Path) -> None:
    """Another process holding the write lock makes an append wait, not for ever, and says what to do."""
    address = f"sqlite:///{tmp_path / 'ledger.db'}"
    holder = open_home(address, tmp_path / "checkpoints")
    database = Database(address, wait_seconds=0.3)
    waiting = SqlLedger(database, MemoryKeys(), Codec([Noted]), _checkpoints(database, tmp_path))
    with holder.database.writing():
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailableError, match="write lock") as refused:
            waiting.append({"item:a": [Noted(text="x")]}, expected={}, at=AT, actor="t")
        assert 0.2 < time.monotonic() - began < 5
        assert refused.value.disposition is Disposition.RETRY
        assert waiting.head("item:a") == 0
    waiting.append({"item:a": [Noted(text="x")]}, expected={}, at=AT, actor="t")
    database.close()
    holder.close()


def test_a_locked_row_is_waited_for_on_postgresql(postgres_databases: Callable[[], str], tmp_path: Path) -> None:
    """A host that hangs with a lock makes others wait only so long; readers are never held up."""
    address = postgres_databases()
    holder = open_home(address, tmp_path / "checkpoints")
    holder.note("item:a", "x")
    database = Database(address, wait_seconds=0.3)
    waiting = SqlLedger(database, MemoryKeys(), Codec([Noted]), _checkpoints(database, tmp_path))
    with holder.database.writing() as tx:
        tx.rows("SELECT 1 FROM heads WHERE stream = 'item:a' FOR UPDATE")
        with pytest.raises(DatabaseUnavailableError):
            waiting.append({"item:a": [Noted(text="y")]}, expected={}, at=AT, actor="t")
        assert len(waiting.read("item:a")) == 1
    waiting.append({"item:a": [Noted(text="y")]}, expected={}, at=AT, actor="t")
    database.close()
    holder.close()


def test_readers_of_the_house_do_not_wait_for_each_other(postgres_databases: Callable[[], str], tmp_path: Path) -> None:
    """On PostgreSQL two appends that only read the house go on side by side; one that writes it waits for them."""
    made = open_home(postgres_databases(), tmp_path / "checkpoints")
    made.note("house:main", "x")
    other = made.again()
    with made.database.writing() as tx:
        tx.rows("SELECT 1 FROM heads WHERE stream = 'house:main' FOR SHARE")
        began = time.monotonic()
        other.ledger.append({"item:a": [Noted(text="x")]}, expected={"item:a": 0, "house:main": 1}, at=AT, actor="t")
        assert time.monotonic() - began < 5
    made.close()


def test_a_server_that_is_not_there_is_named_without_its_address(tmp_path: Path) -> None:
    """A database that does not answer is an error to try again, and its address and password stay out of it."""
    database = Database("postgresql://packs:opensesame@127.0.0.1:1/nothing", wait_seconds=2)
    with pytest.raises(DatabaseUnavailableError) as refused:
        create(database)
    assert "opensesame" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_every_way_of_writing_an_address_is_understood(tmp_path: Path) -> None:
    """`postgresql://` works as written in packs.toml; what is neither database is refused with where to look."""
    assert (
        sqlalchemy_url("postgresql://h/d") == sqlalchemy_url("postgresql+psycopg://h/d") == "postgresql+psycopg://h/d"
    )
    assert sqlalchemy_url(tmp_path / "x.db") == f"sqlite:///{tmp_path}/x.db"
    for wrong in ("mysql://h/d", "ledger.db", "sqlite://", "sqlite:///", ""):
        with pytest.raises(RefusedError, match="database"):
            sqlalchemy_url(wrong)


def test_a_plain_postgresql_address_opens(postgres_databases: Callable[[], str], tmp_path: Path) -> None:
    """The address without a driver's name opens the same database."""
    made = open_home(postgres_databases().replace("+psycopg", ""), tmp_path)
    made.note("item:a", "x")
    assert made.database.integrity() is None
    made.close()


def test_many_first_starts_at_once_make_one_schema(url: str, tmp_path: Path) -> None:
    """Eight threads with connections of their own make the tables of an empty database at the same moment."""
    start = threading.Barrier(8)

    def begin(_: int) -> int:
        database = Database(url)
        start.wait(30)
        create(database)
        with database.reading() as tx:
            found = len(tx.rows("SELECT 1 FROM marks WHERE name = 'schema'"))
        database.close()
        return found

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(begin, range(8))) == [1] * 8


def test_a_newer_schema_is_left_alone(home: Home) -> None:
    """A database that a newer version made is refused, not changed."""
    home.tamper("UPDATE marks SET value = '99' WHERE name = 'schema'")
    with pytest.raises(LedgerBrokenError, match="newer version"):
        create(home.database)


def test_sqlite_keeps_what_it_was_told(tmp_path: Path) -> None:
    """The settings that durability and secrecy rest on are in force on a connection."""
    database = Database(tmp_path / "ledger.db")
    with database.reading() as tx:
        found = {
            name: tx.one(f"PRAGMA {name}")
            for name in ("journal_mode", "synchronous", "secure_delete", "trusted_schema")
        }
    assert found == {"journal_mode": ("wal",), "synchronous": (2,), "secure_delete": (1,), "trusted_schema": (0,)}
    database.close()


def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    """A database file with a broken page is found by the quick check or by the walk, never passed over."""
    made = open_home(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "checkpoints")
    for number in range(60):
        made.note(f"item:{number}", "x" * 2000)
    made.ledger.checkpoint()
    assert made.database.integrity() is None
    made.database.close()
    file = tmp_path / "ledger.db"
    content = bytearray(file.read_bytes())
    content[8192 : len(content) - 4096] = random.Random(3).randbytes(len(content) - 12288)
    file.write_bytes(content)
    try:
        opened = made.again()
        found = opened.database.integrity() or opened.ledger.verify().first_bad
    except LedgerBrokenError as error:
        found = str(error)
    assert found
    made.close()


CLEAR = st.builds(
    Clear,
    stream=st.text(max_size=8),
    seq=st.integers(1, 2**40),
    at=st.integers(0, 2**50),
    kind=st.text(max_size=8),
    version=st.integers(1, 9),
    actor=st.text(max_size=8),
)


@given(CLEAR, CLEAR, st.binary(max_size=8), st.binary(max_size=8), st.binary(min_size=1, max_size=4))
def test_no_two_facts_are_bound_alike(one: Clear, other: Clear, body: bytes, prev: bytes, more: bytes) -> None:
    """Different clear fields, bodies or predecessors never share a hash or context, wherever one field ends."""
    assert (one.context() == other.context()) == (one == other)
    assert one.hash(body + more, prev) != one.hash(body, more + prev)
    moved = replace(one, kind=one.kind + "x", actor=one.actor)
    assert moved.hash(body, prev) != replace(one, actor="x" + one.actor).hash(body, prev)


def _checkpoints(database: Database, folder: Path) -> Checkpoints:
    return Checkpoints(database, CheckpointFiles(folder / "checkpoints", Signer(b"c" * 32)), lambda: AT)
