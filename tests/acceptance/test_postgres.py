"""Promise 14: the same main job on PostgreSQL, shared by two hosts of which one dies for good."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.bookings import ADDRESSES, BOOKED, COMPOSES, GOES, PEOPLE, REF, small
from tests.acceptance.home import Home, end_of, wait_until
from tests.acceptance.test_crash import PROFESSIONALS, check_packs, check_reports, drop_reports, packs_of

NewDatabase = Callable[[], str]


def on_postgres(home: Home, ledger: str, keys: str) -> None:
    """Names the two databases."""
    home.settings(f'database = "{ledger}"\nkeys_database = "{keys}"')


@pytest.fixture
def shared(homes: Path, new_postgres: NewDatabase, request: pytest.FixtureRequest) -> Home:
    """A rehearsal home whose ledger and keys are on PostgreSQL, with the small conference booked and confirmed."""
    home = Home.make(homes / f"postgres-{request.node.name.replace('[', '-').strip(']')}")
    on_postgres(home, new_postgres(), new_postgres())
    home.clock(BOOKED)
    home.convene(small())
    home.confirm(REF, *(p for p in PEOPLE if p != "father"))
    return home


def second_host(first: Home) -> Home:
    """Another host's home: its own packs.toml and data, the same key, and the first one's vault, inbox and outbox."""
    path = first.path.with_name(f"{first.path.name}-second")
    (path / "data").mkdir(parents=True)
    path.chmod(0o700)
    (path / "data").chmod(0o700)
    shutil.copy2(first.path / "data" / "key", path / "data" / "key")
    text = (first.path / "packs.toml").read_text()
    shared = "".join(
        f'{name} = "{first.path / folder}"\n'
        for name, folder in (("inbox", "inbox"), ("outbox", "outbox"), ("vault", "data/vault"))
    )
    (path / "packs.toml").write_text(f'host = "second-host"\n{shared}{text}')
    (path / "packs.toml").chmod(0o600)
    first.settings('host = "first-host"')
    return Home(path, env=dict(first.env))


def test_the_whole_job_on_postgresql(shared: Home) -> None:
    """From files to sent packs with ledger, engine and keys on PostgreSQL; nothing of it in SQLite; the chain is sound."""
    drop_reports(shared)
    shared.run()
    check_reports(shared)
    shared.clock(COMPOSES)
    shared.run()
    shared.clock(GOES)
    shared.run()
    check_packs(shared)
    doctor = shared("doctor")
    assert not [row for row in doctor if row["state"] == "failed"]


@pytest.mark.slow
def test_two_hosts_of_which_one_dies_for_good(shared: Home) -> None:
    """Two hosts share the work; one is killed in the middle and never comes back; the other finishes, each action once."""
    other = second_host(shared)
    drop_reports(shared)
    first, second = shared.start(), other.start()
    try:
        notes = shared.path / "inbox" / "processed"
        wait_until(lambda: len(list(notes.glob("*.txt"))) >= 1, seconds=60)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        wait_until(lambda: {r["state"] for r in other.reports(REF).values()} == {"received"}, seconds=180, step=2)
        other.clock(COMPOSES)
        wait_until(lambda: all(row["state"] == "released" for row in packs_of(other).values()), seconds=120, step=2)
        other.clock(GOES)
        wait_until(lambda: len(shared.sent()) == len(PROFESSIONALS), seconds=120, step=1)
        time.sleep(2)
    finally:
        for process in (first, second):
            end_of(process)
    assert second.returncode == 0
    check_reports(other)
    assert Counter(str(m["To"]) for m in shared.sent()) == Counter(ADDRESSES[p] for p in PROFESSIONALS)
    other.sound()


@pytest.mark.slow
@pytest.mark.parametrize("mark", ["file.before-fact", "compose.before-fact"])
def test_a_host_that_dies_with_work_in_hand_is_adopted(shared: Home, mark: str) -> None:
    """A host killed at a marked point with work in hand: another host takes the work over without the dead one."""
    other = second_host(shared)
    drop_reports(shared)
    if mark.startswith("compose"):
        shared.run()
        shared.clock(COMPOSES)
    assert shared.killed(mark)
    other.run(timeout=300)
    check_reports(other)
    other.clock(GOES)
    other.run(timeout=300)
    assert {p: row["state"] for p, row in packs_of(other).items()} == dict.fromkeys(PROFESSIONALS, "accepted")
    other.sound()


@pytest.mark.slow
def test_another_vault_is_refused(shared: Home, homes: Path, new_postgres: NewDatabase) -> None:
    """A folder that is not this database's vault stops `packs run` before anything is done."""
    stranger = Home.make(homes / f"stranger-{shared.path.name}")
    other = second_host(shared)
    text = (other.path / "packs.toml").read_text()
    (other.path / "packs.toml").write_text(
        text.replace(str(shared.path / "data" / "vault"), str(stranger.path / "data" / "vault"))
    )
    ended = other.ended("run", "--once")
    assert ended.code in (1, 2)
    assert "vault" in ended.err
