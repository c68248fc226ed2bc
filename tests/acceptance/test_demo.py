"""The demo as a user starts it: by the command line, twice; and its parts that others rely on."""

from __future__ import annotations

import io
import json
import smtplib
import socket
import ssl
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.bootstrap import profile_names, read_booking
from pipeline.demo.mail_server import delivered, mail_server
from pipeline.demo.opening import opened
from pipeline.demo.reports import F1, F2, FILES
from pipeline.demo.script import CONFIRMATIONS, OPENING, SCENES
from pipeline.domain.calendar import parse_local
from pipeline.errors import DemoStoppedError

PROGRAM = Path(__file__).parents[2]
FAMILIES = sorted((PROGRAM / "pipeline" / "demo" / "families").glob("*.toml"))
MAIL = b"From: a@team.example\r\nTo: b@agency.example\r\nSubject: x\r\nMessage-ID: <1@team.example>\r\n\r\nx\r\n"


def packs(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command."""
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=PROGRAM, capture_output=True, text=True, timeout=300, check=False)


def demo(home: Path) -> Any:
    """Plays the demo in this home and returns its one JSON value."""
    ran = packs("demo", "--home", str(home), "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def listed(home: Path, *arguments: str) -> Any:
    """Returns the JSON of a command."""
    ran = packs(*arguments, "--home", str(home), "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A home in which the demo was played once, and what it printed."""
    home = tmp_path_factory.mktemp("demo") / "home"
    return home, demo(home)


def test_verdicts_are_those_of_the_replay(played: tuple[Path, Any]) -> None:
    """On the deadline's second is on time, one second later is late, the locked and the nameless file are held."""
    _, value = played
    rows = {row["report"]: row for row in value["reports"]}
    assert len(rows) >= 14
    assert rows["letter from the surgery.docx"]["verdict"] == "on-time"
    assert rows["letter from the surgery.docx"]["received"] == rows["letter from the surgery.docx"]["due"]
    assert (late := rows[f"{F1} health visitor.rtf"])["verdict"] == "late"
    assert late["note"] == "late by 1 second"
    assert rows[f"{F1} Harbour Lane Surgery locked.pdf"]["verdict"] == "held"
    assert rows["scan0007.pdf"]["verdict"] == "held"
    assert rows[f"{F1} Gullwing Primary School.docx"]["note"] == "superseded, and kept"
    assert rows[f"{F2} academy again.pdf"]["verdict"] == "repeated"
    assert rows[f"{F2} Eastmarsh Homes.docx"]["due"] == "2026-12-23T10:00:00"


def test_every_entitled_person_with_a_confirmed_address_has_a_pack(played: tuple[Path, Any]) -> None:
    """All packs are sent at the profile's time but the one whose address nobody confirmed; each arrived once."""
    home, value = played
    packs_of = {(row["reference"], row["person"]): row for row in value["documents"] if row["document"] == "pack"}
    waiting = {key for key, row in packs_of.items() if row["state"] != "accepted"}
    assert waiting == {(F1, "housing")}
    assert "no confirmed address" in packs_of[F1, "housing"]["why"]
    sent = {row["sent"] for key, row in packs_of.items() if key[0] == F1 and key not in waiting}
    assert sent == {"2026-11-27T17:00:00"}
    assert packs_of[F2, "mother"]["sent"] == "2026-12-31T17:00:00"
    assert packs_of[F2, "chair"]["sent"] == "2026-12-23T10:00:00"
    assert value["sent"] == value["delivered"] == len(delivered(Path(value["mail"])))
    assert len(list((home / "outbox" / "sent").glob("*.eml"))) == value["sent"]


def test_the_protected_address_never_reaches_the_father(played: tuple[Path, Any], tmp_path: Path) -> None:
    """The GP's letter is in the mother's supplement and in no copy of the father, though it was allowed to both."""
    home, value = played
    letter = "letter from the surgery.docx"
    assert [(row["person"], row["report"]) for row in value["kept_back"]] == [("father-1", letter)]
    item = next(row["item"] for row in value["reports"] if row["report"] == letter)
    held_by = {row["person"] for row in listed(home, "documents", F1) for s in row["sections"] if s["report"] == item}
    assert "mother" in held_by
    assert "father-1" not in held_by
    copy = tmp_path / "father.pdf"
    listed(home, "export", F1, "father-1", "--document", "pack", "--to", str(copy))
    words = listed(home, "passphrase", F1, "father-1", "--by", "Test", "--because", "test")["passphrase"]
    clear = tmp_path / "clear.pdf"
    subprocess.run(["qpdf", f"--password={words}", "--decrypt", str(copy), str(clear)], check=True)
    text = subprocess.run(["pdftotext", str(clear), "-"], capture_output=True, text=True, check=True).stdout
    assert "Dorrick Vane" in text
    assert "Tern Court" not in text


def test_the_confidential_section_is_the_chairs_alone(played: tuple[Path, Any]) -> None:
    """Only a supplement of the chair holds the police's confidential section."""
    home, value = played
    item = next(row["item"] for row in value["reports"] if "confidential section" in row["report"])
    rows = listed(home, "documents", F1)
    assert {row["person"] for row in rows for s in row["sections"] if s["report"] == item} == {"chair"}


def test_it_opens_a_pack_by_other_programs(played: tuple[Path, Any]) -> None:
    """The pack out of the mail is AES-256 (R6), needs its passphrase, and begins with its reader's cover."""
    _, value = played
    seen = value["opened"]
    assert seen["encryption"] == "AES-256 (R6)"
    assert seen["needs_passphrase"] is True
    assert any("Maren Quillfeather" in line for line in seen["first_lines"])
    with pytest.raises(DemoStoppedError):
        opened(Path(seen["file"]), "six words that are not it", Path("/dev/shm"))


@pytest.mark.slow
def test_a_second_time_sends_nothing_and_shows_the_same(played: tuple[Path, Any]) -> None:
    """Played again, the same tables come out, no mail arrives, no process is left, and the ledger verifies."""
    home, value = played
    before = [path.read_bytes() for path in delivered(Path(value["mail"]))]
    again = demo(home)
    assert again["delivered_now"] == 0
    assert (again["reports"], again["documents"]) == (value["reports"], value["documents"])
    assert [path.read_bytes() for path in delivered(Path(value["mail"]))] == before
    assert listed(home, "audit", "verify")["sound"] is True
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(home) not in running


def test_a_home_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    """The demo refuses another home, and --keep refuses to make one; neither changes anything."""
    (tmp_path / "packs.toml").write_text("# somebody's own\n")
    other = packs("demo", "--home", str(tmp_path))
    assert other.returncode == 2
    assert (tmp_path / "packs.toml").read_text() == "# somebody's own\n"
    assert packs("demo", "--keep", "--home", str(tmp_path / "none")).returncode == 2
    assert not (tmp_path / "none").exists()


def test_the_script_runs_forward_and_drops_each_file_once() -> None:
    """Scenes are in order of time after the opening, and every file that can be made is dropped exactly once."""
    instants = [parse_local(at) for at in (OPENING, *(scene.at for scene in SCENES))]
    assert instants == sorted(set(instants))
    dropped = [name for scene in SCENES for name in scene.drop]
    assert sorted(dropped) == sorted(FILES)
    assert len(dropped) >= 14


def test_the_families_are_good_bookings() -> None:
    """Both bookings are taken by their profiles, and confirmed people are people of theirs."""
    bookings = [read_booking(f.read_bytes(), format="toml", profiles=profile_names()) for f in FAMILIES]
    people = {(b.reference, p.id) for b in bookings for p in b.people}
    assert {b.reference: b.profile for b in bookings} == {F1: "portsmouth", F2: "barking-dagenham"}
    assert {(ref, person) for ref, person, _, _ in CONFIRMATIONS} <= people


def test_the_files_are_what_they_say() -> None:
    """Each file begins as its kind does; Word files hold a picture and a table; the photo carries its EXIF note."""
    starts = {"docx": b"PK", "odt": b"PK", "pdf": b"%PDF", "rtf": b"{\\rtf", "jpg": b"\xff\xd8", "eml": b"From: "}
    for name, make in FILES.items():
        assert make().startswith(starts.get(name.rpartition(".")[2], b"Eastmarsh")), name
    with zipfile.ZipFile(io.BytesIO(FILES[f"{F1} Gullwing Primary School.docx"]())) as archive:
        assert any(part.startswith("word/media/") for part in archive.namelist())
        assert b"<w:tbl>" in archive.read("word/document.xml")
    assert b"Exif" in FILES[f"{F1} Port Mere Homes IMG_2041.jpg"]()[:200]
    assert FILES[f"academy/{F2}.pdf"]() == FILES[f"{F2} academy again.pdf"]()


def test_the_mail_server_takes_nothing_without_starttls_and_a_login(tmp_path: Path) -> None:
    """Clear text, a missing login and a wrong password are refused; with both a mail becomes a file."""
    with mail_server(tmp_path / "mail") as server:
        trusted = ssl.create_default_context(cafile=str(server.ca_file))
        with smtplib.SMTP(server.host, server.port, timeout=10) as plain:
            plain.ehlo()
            with pytest.raises(smtplib.SMTPException):
                plain.sendmail("a@team.example", ["b@agency.example"], MAIL)
        with smtplib.SMTP(server.host, server.port, timeout=10) as unknown:
            unknown.starttls(context=trusted)
            with pytest.raises(smtplib.SMTPException):
                unknown.sendmail("a@team.example", ["b@agency.example"], MAIL)
        with smtplib.SMTP(server.host, server.port, timeout=10) as wrong:
            wrong.starttls(context=trusted)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                wrong.login(server.username, "guess")
        assert delivered(server.folder) == []
        with smtplib.SMTP(server.host, server.port, timeout=10) as good:
            good.starttls(context=trusted)
            good.login(server.username, server.password)
            good.sendmail("a@team.example", ["b@agency.example"], MAIL)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                good.sendmail("a@team.example", ["b@real.org"], MAIL)
        assert [path.read_bytes() for path in delivered(server.folder)] == [MAIL]
        port = server.port
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
