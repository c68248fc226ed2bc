"""Promises 1 and 4 and the frame of every command: homes, clocks, options in any place, exit codes."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acceptance.bookings import BOOKED, REF, small
from tests.acceptance.conftest import Fork
from tests.acceptance.files import lines_of, txt
from tests.acceptance.home import Home, done, end_of, packs, refused, wait_until

INIT = ("--profile", "portsmouth", "--team", "T", "--from", "sqt@portmere.example")


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def facts(home: Home) -> int:
    """How many facts the ledger holds."""
    return int(home("audit", "verify")["facts"])


# --- init and doctor


def test_init_makes_a_home(empty: Home) -> None:
    """init makes packs.toml, inbox/, outbox/, data/ and the key, private to their owner, and names the recovery kit."""
    for name in ("packs.toml", "inbox", "outbox", "data"):
        assert (empty.path / name).exists(), name
    private = [empty.path / "packs.toml", empty.path / "data", empty.path / "data" / "key"]
    assert all(stat.S_IMODE(p.stat().st_mode) & 0o077 == 0 for p in private)
    kit = empty.path / "recovery-kit.txt"
    assert kit.is_file()
    assert all(word not in kit.read_text().split() for word in empty.kit_words.split()[:3])


def test_init_refuses_an_existing_home(empty: Home) -> None:
    """init into a home is refused, and changes no byte of it."""
    before = snapshot(empty.path)
    assert "nothing was changed" in refused("init", "--home", str(empty.path), *INIT).lower()
    assert snapshot(empty.path) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--profile", "atlantis", "--team", "T", "--from", "sqt@portmere.example"),
        ("--profile", "portsmouth", "--team", "T", "--from", "Team <sqt@portmere.example>"),
        ("--profile", "portsmouth", "--team", " ", "--from", "sqt@portmere.example"),
        ("--profile", "portsmouth", "--team", "T"),
    ],
    ids=["profile", "address", "team", "absent"],
)
def test_init_refuses_bad_words(tmp_path: Path, words: tuple[str, ...]) -> None:
    """init with a bad argument is refused and leaves no folder behind."""
    refused("init", "--home", str(tmp_path / "h"), *words)
    assert not (tmp_path / "h").exists()


def test_kit_opens_with_its_words_only(empty: Home) -> None:
    """`doctor --kit` accepts the printed words from stdin and refuses others."""
    kit = str(empty.path / "recovery-kit.txt")
    assert empty("doctor", "--kit", kit, stdin=empty.kit_words + "\n")
    wrong = " ".join(reversed(empty.kit_words.split()))
    ended = empty.ended("doctor", "--kit", kit, stdin=wrong + "\n")
    assert ended.code == 2
    assert ended.err.strip()


def test_doctor_finds_a_good_home_good_and_a_bad_one_bad(empty: Home, fork: Fork) -> None:
    """doctor prints its checks; with readable-by-all key or a broken setting it names the check and the fix, exit 1 or 2."""
    rows = empty("doctor")
    assert isinstance(rows, list)
    checks = " ".join(json.dumps(row).lower() for row in rows)
    for word in ("key", "database", "clock", "libreoffice", "sandbox", "disk"):
        assert word in checks, word
    bad = fork(empty)
    (bad.path / "data" / "key").chmod(0o644)
    ended = bad.ended("doctor", "--json")
    assert ended.code == 1, ended
    failed = [row for row in ended.value if row["state"] == "failed"]
    assert failed
    assert all(row["fix"] for row in failed)


# --- the frame


def test_home_and_json_go_anywhere(booked: Home) -> None:
    """--home and --json are taken before the command, after a group's name, and at the end."""
    h = str(booked.path)
    ways = [
        ("--home", h, "--json", "clock", "show"),
        ("clock", "--home", h, "--json", "show"),
        ("--json", "clock", "show", "--home", h),
        ("clock", "show", f"--home={h}", "--json"),
        ("--home", h, "clock", "--json", "show"),
    ]
    values = []
    for way in ways:
        ended = packs(*way)
        assert ended.code == 0, ended
        values.append(ended.value)
    assert all(v == values[0] for v in values)
    one = done("address", "--home", h, "list", REF)
    assert one == done("--home", h, "address", "list", REF)


def test_home_is_found_by_environment_or_folder(booked: Home, tmp_path: Path) -> None:
    """Without --home PACKS_HOME counts, else the current folder if it holds packs.toml, else it is refused."""
    assert done("clock", "show", env={"PACKS_HOME": str(booked.path)}, cwd=tmp_path)["rehearsal"] is True
    assert done("clock", "show", cwd=booked.path)["rehearsal"] is True
    assert "home" in refused("clock", "show", cwd=tmp_path)
    refused("clock", "show", "--home", str(tmp_path))


def test_some_commands_need_no_home(tmp_path: Path) -> None:
    """due, profiles and convene --schema work where there is no home."""
    assert done("profiles", cwd=tmp_path)
    assert packs("convene", "--schema", cwd=tmp_path).value["type"] == "object"
    assert done("convene", "--schema", cwd=tmp_path)["type"] == "object"
    words = ("due", "--profile", "portsmouth", "--type", "initial", "--rule", "POR-1", "--at", "2026-11-30T09:30")
    assert done(*words, cwd=tmp_path)["due_at"] == "2026-11-28T09:30:00+00:00"


REFUSED: tuple[tuple[str, ...], ...] = (
    ("reports", "NO-SUCH"),
    ("documents", "NO-SUCH"),
    ("timetable", "NO-SUCH"),
    ("address", "list", "NO-SUCH"),
    ("nonsense",),
    ("reports",),
    ("reports", REF, "--nonsense"),
    ("clock", "set", "tomorrow"),
    ("clock", "set", "2026-11-20T09:00"),
    ("clock",),
    ("clock", "set", "2026-11-23T09:00+00:00"),
    ("clock", "set", "2026-11-23T09:00Z"),
    ("clock", "set", "2027-03-28T01:30"),
    ("clock", "set", "2027-10-31T01:30"),
    ("clock", "advance", "-5h"),
    ("clock", "advance", "5"),
    ("clock", "advance", "0h"),
    ("move", REF, "--start", "2026-12-01T09:30", "--because", " "),
    ("move", REF, "--start", "2026-12-01T09:30+00:00", "--because", "room"),
    ("exclude", REF, "mother", "--from", "everything", "--because", "b", "--decided-by", "d"),
    ("exclude", REF, "nobody", "--from", "all", "--because", "b", "--decided-by", "d"),
    ("address", "confirm", REF, "mother", "--method", "reply", "--by", "A", "--note", "n"),
    ("address", "confirm", REF, "mother", "--method", "hearsay", "--by", "A", "--note", "n"),
    ("resolve", "deadbeef", "--by", "A"),
    ("resolve", "deadbeef", "--conference", REF, "--person", "gp", "--by", "A"),
    ("unfile", "deadbeef", "--because", "b", "--by", "A"),
    ("received", "deadbeef", "--at", "2026-11-23T08:00", "--because", "b", "--by", "A"),
    ("release", REF, "mother", "--document", "pack", "--by", "A"),
    ("refuse", REF, "mother", "--document", "pack", "--by", "A", "--because", "b"),
    ("export", REF, "mother", "--document", "pack", "--to", "/tmp/never-written.pdf"),
    ("export", REF, "mother", "--document", "poem", "--to", "/tmp/never-written.pdf"),
    ("passphrase", REF, "nobody", "--by", "A", "--because", "b"),
    ("nil-return", REF, "mother", "--by", "A", "--because", "b"),
    ("resume",),
    ("audit", "explain", REF, "nobody"),
    ("person", "change", REF, "gp"),
    ("person", "add", REF, "--id", "gp", "--name", "Someone Else", "--role", "gp"),
    ("convene", "/nowhere/at/all.toml"),
)


def test_refusals_say_so_and_change_nothing(booked: Home, fork: Fork) -> None:
    """Bad input ends with 2, one sentence on stderr, nothing on stdout, no new fact and no file."""
    home = fork(booked)
    before = facts(home)
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda words: home.ended(*words), REFUSED))
    wrong = [e for e in ended if e.code != 2 or e.out or len(e.err.strip().splitlines()) != 1 or "Traceback" in e.err]
    assert not wrong, "\n".join(map(str, wrong))
    assert facts(home) == before
    assert not os.path.exists("/tmp/never-written.pdf")


def test_lists_are_empty_lists(empty: Home) -> None:
    """held prints [] where nothing waits; with --json stdout is that value and nothing else."""
    ended = empty.ended("held", "--json")
    assert (ended.code, ended.value) == (0, [])


def test_output_for_people_is_no_json(booked: Home) -> None:
    """Without --json the answer is for people, and ends well."""
    for words in (("reports", REF), ("documents", REF), ("address", "list", REF), ("timetable", REF), ("held",)):
        ended = booked.ended(*words)
        assert ended.code == 0, ended
        with pytest.raises(ValueError):
            json.loads(ended.out)


# --- the clock


def test_the_clock_stands_still_and_is_shared(empty: Home, fork: Fork) -> None:
    """The rehearsal clock stands where it was set, for every process, and `advance` adds elapsed time over a clock change."""
    home = fork(empty)
    home.clock("2026-10-24T12:00")
    assert home("clock", "show")["now"] == "2026-10-24T11:00:00+00:00"
    home("clock", "advance", "24h")
    assert home("clock", "show")["now"] == "2026-10-25T11:00:00+00:00"
    assert home("clock", "show")["local"].startswith("2026-10-25T11:00")
    home("clock", "set", "2026-11-23T08:30:07")
    assert home("clock", "show")["now"] == "2026-11-23T08:30:07+00:00"


@pytest.mark.slow
def test_a_fresh_clock_goes_anywhere_a_used_one_not_back(empty: Home, fork: Fork) -> None:
    """Before the first conference or item the clock may be set to any instant, afterwards going back is refused."""
    home = fork(empty)
    home.clock("2031-01-01T00:00")
    home.clock("2019-06-01T12:00")
    home.clock(BOOKED)
    home.convene(small())
    home.refused("clock", "set", "2026-11-23T08:29")
    home.clock(BOOKED)
    other = fork(empty)
    other.drop("x.txt", txt(lines_of("gp", "words", reference=None)))
    other.run()
    other.refused("clock", "set", "2026-11-23T08:29")


def test_a_real_home_has_no_rehearsal_clock_and_sends_nothing_unserved(homes: Path) -> None:
    """A real home refuses to have its clock set, and runs without a mail server."""
    home = Home.make(homes / "real", rehearsal=False)
    home.refused("clock", "set", BOOKED)
    home.refused("clock", "advance", "1h")
    assert home("clock", "show")["rehearsal"] is False
    home.run()


# --- run


def test_run_watches_until_sigterm(booked: Home, fork: Fork) -> None:
    """`packs run` takes what is dropped while it watches, and SIGTERM ends it well, with nothing left in hand."""
    home = fork(booked)
    process = home.start()
    try:
        wait_until(lambda: (home.path / "inbox" / "processed").is_dir(), seconds=30)
        home.drop("gp.txt", txt(lines_of("gp", "Seen while watching.")))
        notes = home.path / "inbox" / "processed"
        wait_until(lambda: any("filed for" in n.read_text() for n in notes.glob("*.txt")), seconds=60)
    finally:
        code = end_of(process)
    assert code == 0
    assert home.reports(REF)["gp"]["state"] == "received"
    assert home.reports(REF)["gp"]["earliest_received_at"] is None or home.reports(REF)["gp"]["verdict"] == "on-time"
    home.sound()


@pytest.mark.slow
def test_sigterm_finishes_what_is_in_hand(booked: Home, fork: Fork) -> None:
    """SIGTERM in the middle of intake ends with 0, and the next run goes on where it stopped."""
    home = fork(booked)
    for person in ("school", "gp", "social-worker"):
        home.drop(f"{person}.txt", txt(lines_of(person, "In hand at the end.")))
    process = home.start()
    wait_until(lambda: list((home.path / "inbox").glob("processed/*.txt")), seconds=60)
    assert end_of(process, by=signal.SIGTERM) == 0
    home.run()
    assert {r["state"] for r in home.reports(REF).values()} == {"received"}
    assert home.held() == []


@pytest.mark.slow
def test_default_stability_is_used(booked: Home, fork: Fork) -> None:
    """With the default stability a file that is still being written is not taken in halves."""
    home = fork(booked)
    toml = home.path / "packs.toml"
    toml.write_text(toml.read_text().replace("stable_seconds = 0.3", "stable_seconds = 2.0", 1))
    content = txt(lines_of("school", "Slowly written."))
    slow = home.path / "inbox" / "school.txt"
    writer = subprocess.Popen(
        ["sh", "-c", f'head -c 40 "{home.path}/whole" > "{slow}"; sleep 2.2; tail -c +41 "{home.path}/whole" >> "{slow}"']
    ) if (home.path / "whole").write_bytes(content) else None  # fmt: skip
    assert writer is not None
    wait_until(slow.exists, seconds=10)
    home.run()
    writer.wait()
    home.run()
    assert home.reports(REF)["school"]["state"] == "received"
