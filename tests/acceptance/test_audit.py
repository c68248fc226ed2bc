"""Promise 12: everything can be proved afterwards, and whoever tampers is found out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.bookings import REF
from tests.acceptance.conftest import Fork
from tests.acceptance.home import Home


def sql(home: Home, *statements: str) -> None:
    """Changes the ledger behind the program's back, its triggers dropped first, as somebody with the file could."""
    connection = sqlite3.connect(home.path / "data" / "packs.db")
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def conference() -> str:
    return f"'conference:{REF}'"


TAMPERINGS: dict[str, tuple[str, ...]] = {
    "body": (f"UPDATE facts SET body = zeroblob(length(body)) WHERE stream = {conference()} AND seq = 3",),
    "kind": (f"UPDATE facts SET kind = 'Nothing' WHERE stream = {conference()} AND seq = 3",),
    "time": (f"UPDATE facts SET at = at + 1000000 WHERE stream = {conference()} AND seq = 3",),
    "actor": (f"UPDATE facts SET actor = 'clerk-0' WHERE stream = {conference()} AND seq = 3",),
    "removed": (f"DELETE FROM facts WHERE stream = {conference()} AND seq = 3",),
    "reordered": (
        f"UPDATE facts SET seq = 999999 WHERE stream = {conference()} AND seq = 3",
        f"UPDATE facts SET seq = 3 WHERE stream = {conference()} AND seq = 4",
        f"UPDATE facts SET seq = 4 WHERE stream = {conference()} AND seq = 999999",
    ),
    "cut": (
        f"DELETE FROM facts WHERE stream = {conference()} AND seq > 4",
        f"UPDATE heads SET seq = 4, hash = (SELECT hash FROM facts WHERE stream = {conference()} AND seq = 4)"
        f" WHERE stream = {conference()}",
    ),
    "stream": (f"DELETE FROM facts WHERE stream = {conference()}", f"DELETE FROM heads WHERE stream = {conference()}"),
    "table": ("DROP TABLE heads",),
    "moved": (f"UPDATE facts SET stream = 'item:0' WHERE stream = {conference()} AND seq = 3",),
}


@pytest.mark.parametrize(
    "tampering",
    [
        t if t in ("body", "removed", "reordered", "cut") else pytest.param(t, marks=pytest.mark.slow)
        for t in sorted(TAMPERINGS)
    ],
)
def test_tampering_is_found(sent: Home, fork: Fork, tampering: str) -> None:
    """Edited, removed, reordered or cut: verify ends with 1 and names the first bad entry."""
    home = fork(sent)
    sql(home, *TAMPERINGS[tampering])
    ended = home.ended("audit", "verify", "--json")
    assert ended.code == 1, (tampering, ended)
    assert ended.value["sound"] is False
    assert REF in str(ended.value["first_bad"]) or tampering in ("moved", "table")
    assert ended.err.strip()


def test_a_whole_older_database_is_found(filed: Home, sent: Home, fork: Fork) -> None:
    """The ledger put back to an earlier day is a cut: the checkpoints outside it know better."""
    home = fork(sent)
    for file in (home.path / "data").glob("packs.db*"):
        file.unlink()
    (home.path / "data" / "packs.db").write_bytes((filed.path / "data" / "packs.db").read_bytes())
    ended = home.ended("audit", "verify", "--json")
    assert ended.code == 1


def test_a_sound_ledger_is_sound(sent: Home) -> None:
    """Nothing to find in a ledger that nobody touched; `show` lists every fact in order."""
    sent.sound()
    rows = sent("audit", "show", REF)
    kinds = [row["kind"] for row in rows]
    for kind in (
        "ConferenceConvened",
        "ReportFiled",
        "CopyComposed",
        "CopyReleased",
        "SendingClaimed",
        "MessageAccepted",
    ):
        assert kind in kinds, kind
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_reading_a_passphrase_and_exporting_are_recorded(sent: Home, fork: Fork, tmp_path: Path) -> None:
    """Whoever was told a passphrase or took a copy out stands in the ledger; the words themselves are never shown there."""
    home = fork(sent)
    words = home.passphrase(REF, "gp")
    home("export", REF, "gp", "--document", "pack", "--to", str(tmp_path / "gp.pdf"))
    shown = home.ended("audit", "show", REF, "--json").out
    assert "PassphraseShown" in shown
    assert "CopyExported" in shown
    assert words not in shown


def test_reasons_are_those_of_the_time(sent: Home, fork: Fork) -> None:
    """A later exclusion does not take away why somebody was entitled when the copy was made; it says that it is no longer so."""
    home = fork(sent)
    home("exclude", REF, "gp", "--from", "reports", "--because", "moved away", "--decided-by", "R Tarrow")
    told = "\n".join(home("audit", "explain", REF, "gp")["lines"])
    assert "audience rules; not entitled any more" in told


def test_explained_in_words(sent: Home) -> None:
    """What a person was sent, when, why they were entitled, and what not and why."""
    explain: Callable[[str], str] = lambda person: "\n".join(sent("audit", "explain", REF, person)["lines"])  # noqa: E731
    gp = explain("gp")
    assert "sent Fri 27 Nov 2026 17:00" in gp
    assert "practice@harbourlane-surgery.example" in gp
    assert "audience rules" in gp
    mother = explain("mother")
    assert "Released" in mother
    assert "Bea Manager" in mother
    assert "does not give agency-report to parent" in mother
    assert "Nothing was sent" in explain("father")
