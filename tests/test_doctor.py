"""The doctor, on homes that are broken for real: each is one failed row with its fix, and hides no other."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.bootstrap import Made, initialise, opened
from pipeline.casebook import HOUSE
from pipeline.doctor import check_kit, examine, rebuild_indexes, restore_key
from pipeline.domain.facts import SendingResumed, SendingStopped
from pipeline.errors import KeyMissingError, KitProblemError, RefusedError
from tests.servers.faulty_smtp import PASSWORD, USERNAME, faulty_smtp

QUICK = {
    *("rights", "kit", "key", "keys", "database", "ledger", "checkpoints", "vault", "clock", "phones", "profile", "calendar"),
    *("engine", "fonts", "templates", "mail", "letters", "disk", "shares"),
}
"""All checks but those that start LibreOffice or the sandbox."""


@pytest.fixture(scope="module")
def templates_of_homes(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Made]:
    """A rehearsal and a real home, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("homes")
    return {
        rehearsal: initialise(
            folder / f"home-{rehearsal}",
            profile="portsmouth",
            team="A team",
            sender="packs@council.example",
            rehearsal=rehearsal,
            kit=folder / f"kit-{rehearsal}.txt",
        )
        for rehearsal in (True, False)
    }


@pytest.fixture
def rehearsal(templates_of_homes: dict[bool, Made], tmp_path: Path) -> Path:
    """A fresh rehearsal home."""
    return _copied(templates_of_homes[True].home, tmp_path / "home")


@pytest.fixture
def real(templates_of_homes: dict[bool, Made], tmp_path: Path) -> Path:
    """A fresh real home."""
    return _copied(templates_of_homes[False].home, tmp_path / "home")


def _copied(home: Path, to: Path) -> Path:
    shutil.copytree(home, to, copy_function=shutil.copy2)
    (to / "data").chmod(0o700)
    (to / "data" / "vault").chmod(0o700)
    return to


def _rows(home: Path, only: set[str] | None = None) -> dict[str, dict[str, str]]:
    """The worst row of each check by its name."""
    order = ["ok", "warning", "failed"]
    worst: dict[str, dict[str, str]] = {}
    for row in examine(str(home), only=QUICK if only is None else only):
        assert set(row) == {"check", "state", "what", "fix"}
        assert row["state"] in order
        assert row["what"]
        assert row["state"] != "failed" or row["fix"], f"{row['check']} fails and names no fix"
        before = worst.get(row["check"])
        if before is None or order.index(row["state"]) > order.index(before["state"]):
            worst[row["check"]] = row
    return worst


def _not_well(home: Path, only: set[str] | None = None) -> dict[str, str]:
    return {name: row["state"] for name, row in _rows(home, only).items() if row["state"] != "ok"}


def _set(home: Path, *lines: str) -> None:
    text = (home / "packs.toml").read_text()
    head, mark, tail = text.partition("\n# inbox")
    (home / "packs.toml").write_text(head + mark + tail + "\n" + "\n".join(lines) + "\n")


def test_a_fresh_rehearsal_home_is_well(rehearsal: Path) -> None:
    """Nothing is amiss in a fresh rehearsal home, and every promised check is there."""
    rows = _rows(rehearsal)
    assert set(rows) == QUICK | {"settings"}
    assert _not_well(rehearsal) == {"phones": "warning"}


def test_sandbox_libreoffice_and_reading_of_pictures_are_tried_for_real() -> None:
    """The command converts a document and reads a picture in the sandbox, and ends with 0."""
    # a home of its own in a process of its own: this is what an operator runs
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        initialise(home, profile="portsmouth", team="T", sender="packs@council.example", rehearsal=True, kit=None)
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "doctor", "--home", str(home), "--json"], capture_output=True, text=True
        )
        rows = {row["check"]: row for row in json.loads(done.stdout)}
        assert [rows[name]["state"] for name in ("sandbox", "libreoffice", "ocr")] == ["ok"] * 3, rows
        assert "fork-server" in rows["libreoffice"]["what"]
        assert done.returncode == 0


def test_a_real_home_is_asked_for_what_a_rehearsal_may_lack(real: Path) -> None:
    """Without a mail server, a second folder of checkpoints and a number to ring a real home gets warnings, not failures."""
    lacking = {"checkpoints": "warning", "mail": "warning"}
    assert _not_well(real, QUICK - {"disk"}) == {**lacking, "phones": "warning"}
    _set(real, 'phones = ["01632 960100"]')
    assert _not_well(real, QUICK - {"disk"}) == lacking


def test_a_kit_left_in_a_real_home_is_a_warning(real: Path) -> None:
    """A kit that lies beside what it is to rescue is pointed out."""
    (real / "recovery-kit.txt").write_text("kit")
    assert _not_well(real, {"kit"}) == {"kit": "warning"}


def _open_key(home: Path) -> None:
    (home / "data" / "key").chmod(0o444)


def _lose_key(home: Path) -> None:
    (home / "data" / "key").unlink()


def _other_key(home: Path) -> None:
    (home / "data" / "key").chmod(0o600)
    (home / "data" / "key").write_bytes(os.urandom(32))
    (home / "data" / "key").chmod(0o400)


def _lose_keys_database(home: Path) -> None:
    (home / "data" / "keys.db").unlink()


def _damage_wrapped_key(home: Path) -> None:
    with sqlite3.connect(home / "data" / "keys.db") as keys:
        keys.execute("UPDATE wrapped_keys SET wrapped = substr(wrapped, 1, length(wrapped) - 1) || x'00'")
    keys.close()


def _lose_database(home: Path) -> None:
    (home / "data" / "packs.db").unlink()


def _damage_database(home: Path) -> None:
    file = home / "data" / "packs.db"
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 8] = b"\xff" * 8
    file.write_bytes(content)


def _no_database(home: Path) -> None:
    (home / "data" / "packs.db").write_bytes(b"this is no database at all" * 400)


def _lose_marker(home: Path) -> None:
    (home / "data" / "vault" / "marker").unlink()


def _other_vault(home: Path) -> None:
    (home / "data" / "vault" / "marker").write_text("0" * 32 + "\n")


def _lose_inbox(home: Path) -> None:
    shutil.rmtree(home / "inbox")


def _dead_mail_server(home: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    _set(home, "[smtp]", 'host = "127.0.0.1"', f"port = {port}")


def _far_mail_server(home: Path) -> None:
    _set(home, "[smtp]", 'host = "192.0.2.1"')


def _outbox_is_a_file(home: Path) -> None:
    shutil.rmtree(home / "outbox")
    (home / "outbox").write_text("")


def _no_settings(home: Path) -> None:
    _set(home, "[smtp]", "nonsense = 1")


def _cut_ledger(home: Path) -> None:
    with sqlite3.connect(home / "data" / "packs.db") as database:
        database.execute("DROP TRIGGER facts_remain")
        database.execute("DELETE FROM facts WHERE seq = 1")
        database.execute("DELETE FROM heads")
    database.close()


def _lose_checkpoints(home: Path) -> None:
    shutil.rmtree(home / "data" / "checkpoints")


@pytest.mark.parametrize(
    ("broken", "failed"),
    [
        (_open_key, {"key", "keys", "ledger", "vault"}),
        (_lose_key, {"key", "keys", "ledger", "vault"}),
        (_other_key, {"keys", "ledger"}),
        (_lose_keys_database, {"keys"}),
        (_damage_wrapped_key, {"keys"}),
        (_lose_database, {"database", "ledger", "vault"}),
        (_damage_database, {"database"}),
        (_no_database, {"database", "ledger", "vault"}),
        (_lose_marker, {"vault"}),
        (_other_vault, {"vault"}),
        (_lose_inbox, {"rights"}),
        (_dead_mail_server, {"mail"}),
        (_far_mail_server, {"mail"}),
        (_outbox_is_a_file, {"rights", "mail"}),
        (_no_settings, {"settings"}),
        (_cut_ledger, {"ledger"}),
        (_lose_checkpoints, {"ledger"}),
    ],
)
def test_each_broken_thing_fails_its_own_check(rehearsal: Path, broken: Callable[[Path], None], failed: set[str]) -> None:
    """What is broken is a failed row with its fix; what does not depend on it is still looked at and well."""
    broken(rehearsal)
    found = {name for name, row in _rows(rehearsal).items() if row["state"] == "failed"}
    assert failed <= found
    # a damaged or lost database takes its dependants with it; nothing else may be called broken
    assert found <= failed | ({"ledger", "vault", "clock"} if "database" in failed else set())


@pytest.mark.parametrize(
    ("password", "server", "state", "word"),
    [
        (PASSWORD, {}, "ok", "logged in"),
        ("wrong", {}, "failed", "smtp.535"),
        (PASSWORD, {"certificate": "other-name"}, "failed", "smtp.tls"),
        (PASSWORD, {"fault": "no-starttls"}, "failed", "smtp.tls"),
    ],
)
def test_the_login_to_the_mail_server_is_tried(
    real: Path, password: str, server: dict[str, str], state: str, word: str
) -> None:
    """A login over verified TLS is well; a wrong password, a strange certificate and no TLS each fail by their code."""
    with faulty_smtp(**server) as peer:
        lines = [f'host = "{peer.host}"', f"port = {peer.port}", f'ca_file = "{peer.ca_file}"', f'username = "{USERNAME}"']
        _set(real, "[smtp]", *lines, f'password = "{password}"')
        row = _rows(real, {"mail"})["mail"]
    assert (row["state"], word in row["what"]) == (state, True), row


def test_a_lost_database_is_not_made_anew(rehearsal: Path) -> None:
    """A look never puts an empty database in the place of a lost one."""
    _lose_database(rehearsal)
    _rows(rehearsal)
    assert not (rehearsal / "data" / "packs.db").exists()


def test_settings_that_cannot_be_used_still_let_the_machine_be_looked_at(rehearsal: Path) -> None:
    """With a broken packs.toml its problem is named with its line, and the key is looked at all the same."""
    _no_settings(rehearsal)
    rows = _rows(rehearsal)
    assert "line" in rows["settings"]["what"]
    assert rows["key"]["state"] == "ok"


def test_a_key_that_can_be_written_is_a_warning(rehearsal: Path) -> None:
    """Mode 0600 works and is warned of; the fix names the command."""
    (rehearsal / "data" / "key").chmod(0o600)
    row = _rows(rehearsal)["key"]
    assert (row["state"], row["fix"].startswith("Run: chmod 0400")) == ("warning", True)


def test_rights_of_others_are_a_warning(rehearsal: Path) -> None:
    """Private folders that others may read are pointed out with the command that shuts them."""
    (rehearsal / "data").chmod(0o755)
    row = _rows(rehearsal)["rights"]
    assert (row["state"], "chmod go=" in row["fix"]) == ("warning", True)


def test_a_clock_behind_the_last_fact_fails(real: Path) -> None:
    """A real home whose machine says a time before the last fact is told so."""
    with opened(str(real)) as house:
        future = house.desk.clock.now() + timedelta(days=400)
        house.ledger.append({HOUSE: [SendingStopped(because="a test")]}, expected={}, at=future, actor="desk")
    assert _not_well(real, {"clock"}) == {"clock": "failed"}


def test_a_second_folder_of_checkpoints_on_the_same_disk_is_a_warning(real: Path) -> None:
    """A copy that burns with the original is pointed out, one that cannot be written fails."""
    text = (real / "packs.toml").read_text()
    (real / "packs.toml").write_text(text.replace('# checkpoints = ""', f'checkpoints = "{real.parent / "copy"}"'))
    assert _not_well(real, {"checkpoints"}) == {"checkpoints": "warning"}
    (real.parent / "copy").write_text("a file in the way")
    assert _not_well(real, {"checkpoints"}) == {"checkpoints": "failed"}


def test_the_kit_of_this_home_opens_and_others_are_refused(templates_of_homes: dict[bool, Made]) -> None:
    """Right words pass; wrong words, a damaged text, no file and another home's kit are refused."""
    mine, other = templates_of_homes[True], templates_of_homes[False]
    check_kit(str(mine.home), mine.kit, mine.words.upper())
    with pytest.raises(KitProblemError):
        check_kit(str(mine.home), mine.kit, "one two three four five six seven eight")
    with pytest.raises(RefusedError, match="another home"):
        check_kit(str(mine.home), other.kit, other.words)
    with pytest.raises(RefusedError, match="cannot be read"):
        check_kit(str(mine.home), mine.kit.with_name("absent.txt"), mine.words)


def test_a_lost_key_comes_back_from_its_kit(rehearsal: Path, templates_of_homes: dict[bool, Made]) -> None:
    """With kit and words the home opens again; another home's kit and a key that is still there are refused."""
    mine, other = templates_of_homes[True], templates_of_homes[False]
    with pytest.raises(RefusedError, match="already"):
        restore_key(str(rehearsal), mine.kit, mine.words)
    before = (rehearsal / "data" / "key").read_bytes()
    _lose_key(rehearsal)
    with pytest.raises(KeyMissingError):
        check_kit(str(rehearsal), mine.kit, mine.words)
    with pytest.raises(RefusedError, match="another home"):
        restore_key(str(rehearsal), other.kit, other.words)
    assert not (rehearsal / "data" / "key").exists()
    restore_key(str(rehearsal), mine.kit, mine.words)
    assert (rehearsal / "data" / "key").read_bytes() == before
    assert _not_well(rehearsal) == {"phones": "warning"}


def test_indexes_are_made_again(rehearsal: Path) -> None:
    """Whatever the index says, a rebuild makes every case due again, and no fact is touched."""
    with opened(str(rehearsal)) as house:
        house.ledger.append({"item:01": [SendingResumed()]}, expected={}, at=house.desk.clock.now(), actor="desk")
        with house.database.writing() as tx:
            tx.run("DELETE FROM cases")
        assert rebuild_indexes(house) == (1, 0)
        assert house.cases.due(house.desk.clock.now()) == ["item:01"]
        assert house.ledger.verify().first_bad is None


def test_the_look_changes_nothing(rehearsal: Path) -> None:
    """No file of the home is other than before, but for the databases' journals."""

    def files() -> Iterator[tuple[str, bytes]]:
        for path in sorted(rehearsal.rglob("*")):
            if path.is_file() and not path.name.endswith(("-wal", "-shm", ".log")):
                yield str(path), path.read_bytes()

    before = dict(files())
    _rows(rehearsal)
    assert dict(files()) == before
