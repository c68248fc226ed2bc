"""Promise 13: kill -9 at every marked point and at random; nothing lost, nothing doubled, the chain holds."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.bookings import ADDRESSES, ASKED, COMPOSES, GOES, REF
from tests.acceptance.conftest import Fork
from tests.acceptance.files import docx, eml, lines_of, pdf, txt
from tests.acceptance.home import PROGRAM, Home, attachment, newest
from tests.acceptance.test_sending import failing

INTAKE = (
    "receive.before-seal", "receive.after-seal", "receive.after-fact", "receive.removed", "open.before-fact",
    "convert.converted", "file.before-fact", "file.after-fact",
)  # fmt: skip
COMPOSING = ("compose.written", "compose.before-fact", "compose.after-fact")
TAKING = ("take.before-fact",)
"""Minutes that come back: test_minutes.py kills there."""
SENDING = ("send.claimed", "send.marked", "send.answered", "send.recorded")
PROFESSIONALS = ("chair", "social-worker", "school", "gp")


def test_every_marked_point_is_known_here() -> None:
    """The points that the program marks are the points that are killed at below."""
    found: set[str] = set()
    for file in (PROGRAM / "pipeline").rglob("*.py"):
        found |= set(re.findall(r"\.mark\(\"([a-z.\-]+)\"\)", file.read_text()))
    assert found == {*INTAKE, *COMPOSING, *SENDING, *TAKING}


def drop_reports(home: Home) -> None:
    """A Word file, a PDF, and an e-mail whose attachment is the third report."""
    home.drop("school.docx", docx(lines_of("school", "zebra-school")))
    home.drop("gp.pdf", pdf(lines_of("gp", "zebra-gp")))
    letter = txt(lines_of("social-worker", "zebra-social-worker"))
    home.drop("mail.eml", eml(ADDRESSES["social-worker"], f"Report {REF}", [("report.txt", letter)]))


def kinds(home: Home) -> Counter[str]:
    """How often each kind of fact stands in the conference's story."""
    return Counter(row["kind"] for row in home("audit", "show", REF))


def check_reports(home: Home) -> None:
    """Each report is filed exactly once, nothing waits for a person, nothing is left in the inbox."""
    rows = home.reports(REF)
    assert {p: (rows[p]["state"], rows[p]["version"], rows[p]["repeats"]) for p in ASKED} == dict.fromkeys(
        ASKED, ("received", 1, 0)
    )
    assert kinds(home)["ReportFiled"] == len(ASKED)
    assert home.held() == []
    assert home.inbox() == []


def settled(home: Home) -> dict[str, dict[str, Any]]:
    """Lets retries come due until nothing changes; returns each professional's pack."""
    for _ in range(3):
        rows = packs_of(home)
        if all(r["state"] in ("accepted", "unknown") for r in rows.values()):
            return rows
        home("clock", "advance", "2h")
        home.run()
    return packs_of(home)


def packs_of(home: Home) -> dict[str, dict[str, Any]]:
    """Each professional's newest pack."""
    rows = home.documents(REF)
    return {p: newest(rows, p) for p in PROFESSIONALS}


def check_packs(home: Home, *, unknown: int = 0) -> None:
    """Each pack is accepted exactly once, or shown as unknown; one .eml for each accepted message; the ledger is sound."""
    rows = settled(home)
    states = Counter(r["state"] for r in rows.values())
    assert states["accepted"] + states["unknown"] == len(PROFESSIONALS), {
        p: (r["state"], r["why"]) for p, r in rows.items()
    }
    assert states["unknown"] <= unknown
    accepted = [p for p, r in rows.items() if r["state"] == "accepted"]
    assert sorted(str(m["To"]) for m in home.sent()) == sorted(ADDRESSES[p] for p in accepted)
    assert kinds(home)["MessageAccepted"] == len(accepted)
    assert all(attachment(m).startswith(b"%PDF") for m in home.sent())
    home.sound()


def test_a_chain_of_kills(booked: Home, fork: Fork) -> None:
    """One home is killed at every marked point in turn, from the first file to the last pack."""
    home = fork(booked)
    drop_reports(home)
    reached = [mark for mark in INTAKE if home.killed(mark)]
    assert set(reached) >= set(INTAKE) - {"receive.removed"}, reached
    home.run()
    check_reports(home)
    home.clock(COMPOSES)
    assert [mark for mark in COMPOSING if not home.killed(mark)] == []
    home.run()
    home.clock(GOES)
    assert [mark for mark in SENDING if not home.killed(mark)] == []
    home.run()
    check_packs(home)
    check_reports(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    "mark", [*INTAKE, "receive.after-fact:3", "convert.converted:2", "file.before-fact:3", "file.after-fact:2"]
)
def test_killed_in_intake(booked: Home, fork: Fork, mark: str) -> None:
    """Killed at one point of intake and started again: every report is filed exactly once."""
    home = fork(booked)
    drop_reports(home)
    assert home.killed(mark)
    home.run()
    check_reports(home)
    home.sound()


@pytest.mark.slow
@pytest.mark.parametrize("mark", [*COMPOSING, "compose.before-fact:3", "compose.after-fact:4"])
def test_killed_composing(filed: Home, fork: Fork, mark: str) -> None:
    """Killed while composing and started again: every pack is composed once and goes once."""
    home = fork(filed)
    home.clock(COMPOSES)
    assert home.killed(mark)
    home.run()
    assert all(row["state"] == "released" for row in packs_of(home).values())
    home.clock(GOES)
    home.run()
    check_packs(home)


@pytest.mark.slow
@pytest.mark.parametrize("mark", [*SENDING, "send.marked:3", "send.answered:4"])
def test_killed_sending(composed: Home, fork: Fork, mark: str) -> None:
    """Killed while sending into the outbox, which can be asked: every pack is accepted exactly once."""
    home = fork(composed)
    home.clock(GOES)
    assert home.killed(mark)
    home.run()
    check_packs(home)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "unknown"), [("send.claimed", 0), ("send.marked", 3), ("send.answered", 3), ("send.recorded", 3)]
)
def test_killed_sending_over_smtp(composed: Home, fork: Fork, mark: str, unknown: int) -> None:
    """Over SMTP nobody can ask afterwards: a kill around the body is shown as unknown, and never sent a second time."""
    home = fork(composed)
    home.clock(GOES)
    with failing(home, "none") as peer:
        assert home.killed(mark)
        home.run()
        check_packs(home, unknown=unknown)
        home.run()
        taken = Counter(to for _, to, _ in peer.taken)
        assert max(taken.values()) == 1
        for person, row in packs_of(home).items():
            state = row["state"]
            assert state == "accepted" or (state == "unknown" and taken[ADDRESSES[person]] <= 1)
            assert state != "accepted" or taken[ADDRESSES[person]] == 1


def killed_at_random(home: Home, *, rounds: int, seed: int) -> None:
    """Starts `packs run` again and again and kills it at random instants."""
    chance = random.Random(seed)
    for _ in range(rounds):
        process = home.start()
        try:
            time.sleep(chance.uniform(0.6, 5.0))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261123, 4711])
def test_killed_at_random(booked: Home, fork: Fork, seed: int) -> None:
    """Killed at random instants from intake to sending: nothing lost, nothing doubled."""
    home = fork(booked)
    drop_reports(home)
    killed_at_random(home, rounds=6, seed=seed)
    home.run()
    check_reports(home)
    home.clock(COMPOSES)
    killed_at_random(home, rounds=4, seed=seed + 1)
    home.clock(GOES)
    killed_at_random(home, rounds=5, seed=seed + 2)
    home.run()
    check_packs(home)
    check_reports(home)


@pytest.mark.slow
def test_no_plaintext_is_left_behind_by_a_kill(booked: Home, fork: Fork) -> None:
    """The next start wipes what a killed process had in its temporary folder."""
    home = fork(booked)
    drop_reports(home)
    assert home.killed("convert.converted")
    home.run()
    left = [p for p in Path("/dev/shm").rglob("*") if p.is_file() and _holds(p, b"zebra-school")]
    assert left == []


def _holds(file: Path, word: bytes) -> bool:
    try:
        return word in file.read_bytes()
    except OSError:
        return False
