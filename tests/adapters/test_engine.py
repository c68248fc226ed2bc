"""The engine against real processes and real databases: nothing lost, nothing told, nothing stuck."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.clock import real_now
from pipeline.adapters.engine_dbos import BEAT_SECONDS, MISSED_BEATS, DbosEngine
from pipeline.adapters.sql import schema
from pipeline.adapters.sql.database import Database
from pipeline.errors import ConversionFailedError, RefusedError
from pipeline.ports import Standing
from tests.servers.postgres import postgres

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40.0


def until(true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Waits until the condition holds; fails the test when it does not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@contextmanager
def engine_at(
    folder: Path, perform: Callable[[str, int], None], *, launch: bool = True, concurrency: int = 3
) -> Iterator[DbosEngine]:
    """Yields an engine on its own SQLite file, closed at the end."""
    engine = DbosEngine(
        f"sqlite:///{folder}/engine.db",
        host="here",
        slot_dir=folder / "slots",
        real_now=real_now,
        concurrency=concurrency,
    )
    try:
        if launch:
            engine.launch(perform)
        yield engine
    finally:
        engine.close(finish=True)


def stand(engine: DbosEngine, key: str, attempt: int = 1) -> Standing:
    """Returns where one work stands."""
    return engine.standing([(key, attempt)])[(key, attempt)]


class Worker:
    """A child process with an engine."""

    def __init__(
        self, url: str, folder: Path, *, host: str = "here", seconds: float = 0.02, works: int = 0, beats: str = "-"
    ) -> None:
        """Starts the child."""
        (folder / "effects").mkdir(exist_ok=True)
        arguments = [url, host, str(folder / f"slots-{host}"), str(folder / "effects"), str(seconds), str(works), beats]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.adapters.engine_worker", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def line(self) -> str:
        """Returns the child's next line of output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """Ends the child at once, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> tuple[str, str]:
        """Asks the child to finish; returns the rest of what it wrote."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0, err
        return out, err


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Children that are killed when the test ends."""
    children: list[Worker] = []
    yield children
    for child in children:
        if child.process.poll() is None:
            child.kill()


def done(folder: Path) -> set[str]:
    """Returns the works whose effect exists."""
    return {path.name.removesuffix("#1.done") for path in (folder / "effects").glob("*.done")}


def begun(folder: Path) -> list[str]:
    """Returns one process id for each time a work was begun."""
    return [line for path in (folder / "effects").glob("*.begun") for line in path.read_text().split()]


def in_hand(folder: Path, pid: str) -> set[str]:
    """Returns the works that the process has begun and nobody has done."""
    mine = {path for path in (folder / "effects").glob("*.begun") if pid in path.read_text().split()}
    return {path.name.removesuffix("#1.begun") for path in mine} - done(folder)


def test_a_started_work_is_performed_once_and_then_stands_as_done(tmp_path: Path) -> None:
    """One start leads to one call; two more starts of the same pair lead to none; another attempt is another work."""
    calls: list[tuple[str, int]] = []
    with engine_at(tmp_path, lambda key, attempt: calls.append((key, attempt))) as engine:
        assert stand(engine, "item/convert") is Standing.ABSENT
        engine.start("item/convert", 1)
        engine.start("item/convert", 1)
        until(lambda: stand(engine, "item/convert") is Standing.DONE)
        engine.start("item/convert", 1)
        engine.start("item/convert", 2)
        until(lambda: stand(engine, "item/convert", 2) is Standing.DONE)
    assert calls == [("item/convert", 1), ("item/convert", 2)]


def test_a_started_work_begins_soon(tmp_path: Path) -> None:
    """A work begins well within half a second, the first of a new home as well."""
    seen: dict[str, float] = {}
    with engine_at(tmp_path, lambda key, _: seen.__setitem__(key, time.monotonic())) as engine:
        waits = []
        for number in range(8):
            asked_at = time.monotonic()
            engine.start(f"k{number}", 1)
            until(lambda key=f"k{number}": key in seen)  # type: ignore[misc]
            waits.append(seen[f"k{number}"] - asked_at)
    assert sorted(waits)[4] < 0.25, waits
    assert max(waits) < 0.9, waits


def test_a_work_that_raises_is_failed_and_leaves_only_a_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """No retry by the engine, and the text of the error is neither stored nor printed."""
    calls: list[str] = []

    def perform(key: str, _attempt: int) -> None:
        calls.append(key)
        if key == "ours":
            raise ConversionFailedError("Ada Canary's report")
        raise ValueError("Ada Canary of 1 Secret Street")

    with engine_at(tmp_path, perform) as engine:
        engine.start("ours", 1)
        engine.start("theirs", 1)
        until(lambda: set(engine.standing([("ours", 1), ("theirs", 1)]).values()) == {Standing.FAILED})
        time.sleep(0.5)
    assert sorted(calls) == ["ours", "theirs"]
    with closing(sqlite3.connect(tmp_path / "engine.db")) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        dump = "\n".join(base.iterdump())
    assert "convert.failed" in dump
    assert "fault.ValueError" in dump
    for text in (dump, *capfd.readouterr()):
        assert "Canary" not in text
        assert "Secret" not in text
        assert "Traceback" not in text


def test_a_system_exit_in_a_work_fails_the_work_and_not_the_engine(tmp_path: Path) -> None:
    """Whatever a work raises, the workers go on."""

    def perform(key: str, _attempt: int) -> None:
        if key == "exit":
            raise SystemExit(3)

    with engine_at(tmp_path, perform, concurrency=1) as engine:
        engine.start("exit", 1)
        engine.start("next", 1)
        until(lambda: stand(engine, "next") is Standing.DONE)
        assert stand(engine, "exit") is Standing.FAILED


def test_a_cancelled_work_is_failed(tmp_path: Path) -> None:
    """Cancelled before or while it is carried out, it stands as failed, and its id is used up."""
    going, go_on = threading.Event(), threading.Event()
    calls: list[str] = []

    def perform(key: str, _attempt: int) -> None:
        calls.append(key)
        going.set()
        go_on.wait(PATIENCE_SECONDS)

    with engine_at(tmp_path, perform, concurrency=1) as engine:
        engine.start("first", 1)
        assert going.wait(PATIENCE_SECONDS)
        engine.start("second", 1)
        engine.cancel("first", 1)
        engine.cancel("second", 1)
        go_on.set()
        until(lambda: set(engine.standing([("first", 1), ("second", 1)]).values()) == {Standing.FAILED})
        engine.start("second", 1)
        time.sleep(0.4)
        assert stand(engine, "second") is Standing.FAILED
    assert calls == ["first"]


def test_no_more_works_at_a_time_than_allowed(tmp_path: Path) -> None:
    """The worker limit holds however many are queued."""
    together: list[int] = []
    now: set[str] = set()
    guard = threading.Lock()

    def perform(key: str, _attempt: int) -> None:
        with guard:
            now.add(key)
            together.append(len(now))
        time.sleep(0.05)
        with guard:
            now.discard(key)

    with engine_at(tmp_path, perform, concurrency=2) as engine:
        works = [(f"k{number}", 1) for number in range(12)]
        for key, attempt in works:
            engine.start(key, attempt)
        until(lambda: set(engine.standing(works).values()) == {Standing.DONE})
    assert max(together) == 2


def test_close_finishes_what_is_in_hand_and_leaves_the_queue(tmp_path: Path) -> None:
    """After a close the begun work is done, the queued ones wait, and the next launch does them."""
    calls: list[str] = []
    going = threading.Event()

    def perform(key: str, _attempt: int) -> None:
        going.set()
        time.sleep(0.5)
        calls.append(key)

    works = [(f"k{number}", 1) for number in range(5)]
    with engine_at(tmp_path, perform, concurrency=1) as engine:
        for key, attempt in works:
            engine.start(key, attempt)
        assert going.wait(PATIENCE_SECONDS)
    first = list(calls)
    assert 1 <= len(first) < 5
    with engine_at(tmp_path, perform, launch=False) as engine:
        standing = engine.standing(works)
        assert {key for (key, _), state in standing.items() if state is Standing.DONE} == set(first)
        assert {state for (key, _), state in standing.items() if key not in first} == {Standing.RUNNING}
    with engine_at(tmp_path, perform) as engine:
        until(lambda: set(engine.standing(works).values()) == {Standing.DONE})
    assert sorted(calls) == sorted(key for key, _ in works)


def test_close_without_finishing_returns_at_once_and_the_work_is_done_again(tmp_path: Path) -> None:
    """What was in hand stays on record as unfinished, and the next launch carries it out."""
    calls: list[str] = []
    going, go_on = threading.Event(), threading.Event()

    def perform(key: str, _attempt: int) -> None:
        calls.append(key)
        going.set()
        go_on.wait(PATIENCE_SECONDS)

    with engine_at(tmp_path, perform) as engine:
        engine.start("k", 1)
        assert going.wait(PATIENCE_SECONDS)
        begun_at = time.monotonic()
        engine.close(finish=False)
        assert time.monotonic() - begun_at < 5.0
        go_on.set()
    with engine_at(tmp_path, perform) as engine:
        until(lambda: stand(engine, "k") is Standing.DONE)
    assert calls == ["k", "k"]


def test_an_idle_engine_closes_quickly(tmp_path: Path) -> None:
    """With nothing in hand a close takes no whole seconds of waiting, because `run --once` ends in one."""
    with engine_at(tmp_path, lambda *_: None) as engine:
        engine.start("k", 1)
        until(lambda: stand(engine, "k") is Standing.DONE)
        begun_at = time.monotonic()
        engine.close(finish=True)
        assert time.monotonic() - begun_at < 3.0


def test_a_second_engine_in_one_process_is_refused(tmp_path: Path) -> None:
    """Two launched engines would share the library's one instance; the second says so."""
    with engine_at(tmp_path, lambda *_: None):
        other = DbosEngine(f"sqlite:///{tmp_path}/other.db", host="here", slot_dir=tmp_path / "x", real_now=real_now)
        with pytest.raises(RefusedError):
            other.launch(lambda *_: None)


def test_deleted_between_runs_the_engine_begins_anew(tmp_path: Path) -> None:
    """Without its file the engine has never heard of the work, and starting it again carries it out again."""
    calls: list[str] = []
    with engine_at(tmp_path, lambda key, _: calls.append(key)) as engine:
        engine.start("k", 1)
        until(lambda: stand(engine, "k") is Standing.DONE)
    for path in tmp_path.glob("engine.db*"):
        path.unlink()
    with engine_at(tmp_path, lambda key, _: calls.append(key)) as engine:
        assert stand(engine, "k") is Standing.ABSENT
        engine.start("k", 1)
        until(lambda: stand(engine, "k") is Standing.DONE)
    assert calls == ["k", "k"]


def test_deleted_while_it_works_the_engine_begins_anew(tmp_path: Path) -> None:
    """The file is removed under a launched engine: the next start makes it again and is carried out."""
    calls: list[str] = []
    with engine_at(tmp_path, lambda key, _: calls.append(key)) as engine:
        engine.start("old", 1)
        until(lambda: stand(engine, "old") is Standing.DONE)
        for path in tmp_path.glob("engine.db*"):
            path.unlink()
        engine.start("new", 1)
        until(lambda: stand(engine, "new") is Standing.DONE)
        assert stand(engine, "old") is Standing.ABSENT
    assert calls == ["old", "new"]


def test_dropped_tables_are_made_again_while_it_works(tmp_path: Path) -> None:
    """All tables are dropped under a launched engine: the next question makes them and the work is done."""
    calls: list[str] = []
    with engine_at(tmp_path, lambda key, _: calls.append(key)) as engine:
        with closing(sqlite3.connect(tmp_path / "engine.db", timeout=10)) as base:
            base.execute("PRAGMA foreign_keys = OFF")
            names = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                if not name.startswith("sqlite_"):
                    base.execute(f'DROP TABLE "{name}"')
            base.commit()
        engine.start("k", 1)
        until(lambda: stand(engine, "k") is Standing.DONE)
    assert calls == ["k"]


def test_old_records_are_tidied_away_and_living_ones_kept(tmp_path: Path) -> None:
    """Records of ended works go; a queued one stays."""
    with engine_at(tmp_path, lambda *_: None) as engine:
        engine.start("ended", 1)
        until(lambda: stand(engine, "ended") is Standing.DONE)
    with engine_at(tmp_path, lambda *_: None, launch=False) as engine:
        engine.start("queued", 1)
        assert engine.tidy(real_now() - timedelta(days=1)) == 0
        assert engine.tidy(real_now() + timedelta(seconds=5)) == 1
        assert stand(engine, "ended") is Standing.ABSENT
        assert stand(engine, "queued") is Standing.RUNNING


def test_the_file_is_private_and_journalled_ahead(tmp_path: Path) -> None:
    """Nobody else may read the engine's file, and it uses the write-ahead journal."""
    with engine_at(tmp_path, lambda *_: None):
        assert (tmp_path / "engine.db").stat().st_mode & 0o077 == 0
        with closing(sqlite3.connect(tmp_path / "engine.db")) as base:
            assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_nothing_is_printed(tmp_path: Path, workers: list[Worker]) -> None:
    """A whole life of a worker, a failing work included, prints neither banner nor the error's text."""
    worker = Worker(f"sqlite:///{tmp_path}/engine.db", tmp_path, works=3)
    workers.append(worker)
    assert worker.line() == "here:0"
    assert worker.line() == "started"
    until(lambda: len(done(tmp_path)) == 3)
    out, err = worker.stop()
    assert out == ""
    assert err == ""


@pytest.mark.slow
def test_killed_again_and_again_no_work_is_lost(tmp_path: Path, workers: list[Worker]) -> None:
    """Sixty works, four kills -9 at random moments: every effect exists, and few were begun twice."""
    url, chance = f"sqlite:///{tmp_path}/engine.db", random.Random(7)
    for kills in range(4):
        worker = Worker(url, tmp_path, works=60)
        workers.append(worker)
        wanted = len(done(tmp_path)) + chance.randint(3, 10)
        until(lambda wanted=wanted: len(done(tmp_path)) >= wanted)  # type: ignore[misc]
        worker.kill()
        assert len(done(tmp_path)) < 60, kills
    last = Worker(url, tmp_path, works=60)
    workers.append(last)
    until(lambda: len(done(tmp_path)) == 60)
    last.stop()
    assert len(begun(tmp_path)) <= 60 + 4 * 3


@pytest.mark.slow
def test_two_processes_share_one_file_and_one_takes_over_from_the_other(tmp_path: Path, workers: list[Worker]) -> None:
    """Each of 40 works is begun once by two processes; when one is killed the other adopts its work at once."""
    url = f"sqlite:///{tmp_path}/engine.db"
    one = Worker(url, tmp_path, seconds=0.1)
    workers.append(one)
    assert one.line() == "here:0"
    two = Worker(url, tmp_path, seconds=0.1, works=40)
    workers.append(two)
    assert two.line() == "here:1"
    until(lambda: len(done(tmp_path)) == 40)
    pids = begun(tmp_path)
    assert len(pids) == 40
    assert set(pids) == {str(one.process.pid), str(two.process.pid)}
    one.stop()
    two.stop()

    (tmp_path / "second").mkdir()
    one = Worker(url.replace("engine.db", "b.db"), tmp_path / "second", seconds=1.5, works=6)
    workers.append(one)
    until(lambda: len(begun(tmp_path / "second")) >= 3)
    two = Worker(url.replace("engine.db", "b.db"), tmp_path / "second", seconds=0.1)
    workers.append(two)
    two.line()
    one.kill()
    until(lambda: len(done(tmp_path / "second")) == 6, 15)
    two.stop()


@pytest.fixture(scope="module")
def fresh_database() -> Iterator[Callable[[], str]]:
    """A function that makes an empty PostgreSQL database and returns its address."""
    with postgres() as fresh:
        yield fresh


def test_on_postgresql_the_same_promises_hold(tmp_path: Path, fresh_database: Callable[[], str]) -> None:
    """Start, double start, failure and dropped tables, as on SQLite."""
    calls: list[str] = []

    def perform(key: str, _attempt: int) -> None:
        calls.append(key)
        if key == "bad":
            raise ValueError("Ada Canary")

    url = fresh_database()
    engine = DbosEngine(url, host="here", slot_dir=tmp_path, real_now=real_now)
    engine.launch(perform)
    try:
        engine.start("good", 1)
        engine.start("good", 1)
        engine.start("bad", 1)
        until(lambda: engine.standing([("good", 1), ("bad", 1), ("none", 1)]) == {
            ("good", 1): Standing.DONE, ("bad", 1): Standing.FAILED, ("none", 1): Standing.ABSENT
        })  # fmt: skip
        base = Database(url)
        with base.writing() as tx:
            tx.run("DROP SCHEMA dbos CASCADE")
        base.close()
        engine.start("after", 1)
        until(lambda: stand(engine, "after") is Standing.DONE)
    finally:
        engine.close(finish=True)
    assert sorted(calls) == ["after", "bad", "good"]


@pytest.mark.slow
def test_a_host_that_dies_for_good_is_adopted(
    tmp_path: Path, fresh_database: Callable[[], str], workers: list[Worker]
) -> None:
    """Two hosts share one PostgreSQL; one is killed with work in hand and never returns; the other does it all."""
    url = fresh_database()
    base = Database(url)
    schema.create(base)
    base.close()
    one = Worker(url, tmp_path, host="one", seconds=0.8, beats=url)
    two = Worker(url, tmp_path, host="two", seconds=0.8, beats=url)
    workers += [one, two]
    assert (one.line(), two.line()) == ("one:0", "two:0")
    starter = DbosEngine(url, host="three", slot_dir=tmp_path / "three", real_now=real_now)
    works = [(f"w{number}", 1) for number in range(30)]
    for key, attempt in works:
        starter.start(key, attempt)
    mine = str(one.process.pid)
    until(lambda: len(done(tmp_path)) >= 6 and len(in_hand(tmp_path, mine)) >= 2)
    one.kill()
    assert in_hand(tmp_path, mine)
    assert set(begun(tmp_path)) == {mine, str(two.process.pid)}
    killed_at = time.monotonic()
    until(lambda: len(done(tmp_path)) == 30, BEAT_SECONDS * MISSED_BEATS + 20)
    until(lambda: set(starter.standing(works).values()) == {Standing.DONE})
    starter.close(finish=True)
    assert time.monotonic() - killed_at >= BEAT_SECONDS * (MISSED_BEATS - 1), "adopted before three beats were missed"
    assert len(begun(tmp_path)) <= 30 + 3
    two.stop()
