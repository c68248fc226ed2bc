"""The demo as a user starts it: by the command line, twice; and its parts that others rely on."""

from __future__ import annotations

import email
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

from pipeline.adapters.outcome_file import read_outcome
from pipeline.bootstrap import calendar, load_profile, profile_names, read_booking
from pipeline.bootstrap import opened as open_home
from pipeline.demo.mail_server import delivered, mail_server
from pipeline.demo.opening import opened
from pipeline.demo.play import Play
from pipeline.demo.reports import F1, F2, FILES
from pipeline.demo.script import CONFIRMATIONS
from pipeline.demo.script import PLAY as SHORT
from pipeline.demo.verdicts import EVENTS
from pipeline.demo.whole_life import PLAY as WHOLE_LIFE
from pipeline.demo.whole_life import midvale
from pipeline.domain import facts as f
from pipeline.domain.calendar import parse_local
from pipeline.domain.case import Case, fold_house
from pipeline.domain.fold import fold
from pipeline.domain.outcome_check import judged_by_rules
from pipeline.domain.outcome_draft import outcome_from
from pipeline.domain.people import Role
from pipeline.errors import DemoStoppedError
from pipeline.stages.compose import passphrase_of

PROGRAM = Path(__file__).parents[2]
FAMILIES = sorted((PROGRAM / "pipeline" / "demo" / "families").glob("*.toml"))
MAIL = b"From: a@team.example\r\nTo: b@agency.example\r\nSubject: x\r\nMessage-ID: <1@team.example>\r\n\r\nx\r\n"


def packs(*arguments: str, within_seconds: int = 300) -> subprocess.CompletedProcess[str]:
    """Runs a command."""
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=PROGRAM, capture_output=True, text=True, timeout=within_seconds, check=False)


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


@pytest.mark.parametrize("play", [SHORT, WHOLE_LIFE], ids=["short", "whole life"])
def test_the_script_runs_forward_and_drops_each_file_once(play: Play) -> None:
    """Scenes are in order of time after the opening, and every file that can be made is dropped exactly once."""
    instants = [parse_local(at) for at in (play.opening.at, *(scene.at for scene in play.scenes))]
    assert instants == sorted(set(instants))
    dropped = [name for scene in play.scenes for name in scene.drop]
    assert sorted(dropped) == sorted(play.files)
    assert len(dropped) >= 14


def test_every_replay_event_has_a_verdict() -> None:
    """Of the 25 events of the sample families none is left out, and each says what is expected."""
    assert {int(event.number) for event in EVENTS} == set(range(1, 26))
    assert all(event.expected and event.family for event in EVENTS)


@pytest.mark.parametrize("family", ["f1", "f2", "f3", "f4", "f5", "f6"])
def test_the_outcomes_fit_their_bookings_and_no_rule_forbids_them(family: str) -> None:
    """Each outcome says something of every child, with known people, and no rule of the authority blocks it."""
    (file,) = (PROGRAM / "pipeline" / "demo").glob(f"families*/{family}-*.toml")
    booking = read_booking(file.read_bytes(), format="toml", profiles=profile_names())
    assert booking.reference is not None
    convened = f.ConferenceConvened(reference=booking.reference, booking=booking)
    entry = f.Recorded(stream="conference:x", seq=1, at=booking.start_at, actor="desk", fact=convened)
    conference = fold([entry])
    assert conference is not None
    late = parse_local("2027-02-01T09:00")
    draft = read_outcome((PROGRAM / "pipeline" / "demo" / "outcomes" / f"{family}.toml").read_bytes(), "toml", conference, late)
    case = Case(
        conference=conference, contacts={}, house=fold_house([]), profile=load_profile(booking.profile), calendar=calendar(),
        heads={},
    )  # fmt: skip
    judged = judged_by_rules(outcome_from(draft), case)
    assert judged.blocks == ()
    assert {said.rule for said in judged.warnings} <= {"BAD-7", "POR-11"}, "reports are missing here, and nothing else"


def test_midvale_changes_nothing_but_the_familys_pack() -> None:
    """The installation's own profile of the long play differs from the delivered one in one line, and is a good profile."""
    delivered = (PROGRAM / "pipeline" / "profiles" / "sw-guide.toml").read_text(encoding="utf-8").splitlines()
    changed = [pair for pair in zip(delivered, midvale().splitlines(), strict=True) if pair[0] != pair[1]]
    assert changed == [("contents = []", 'contents = ["social-worker-report"]')]


# --- the long play -------------------------------------------------------------------------------------------------------

VANE_MUST_NOT = ("Tern Court", "ZZ4 7QX", "Harbour Row")
THE_CHAIR_ALONE = "An enquiry about a third person is in hand"
SURNAMES = {
    F1: "Quillfeather", F2: "Brambleton", "EM-2701-005": "Saltmarsh", "HB-2612-003": "Fennimore", "MV-2612-011": "Wrayburn",
    "NF-2611-020": "Larkmoor",
}  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A home in which all six families were played once, and what it printed."""
    home = tmp_path_factory.mktemp("all") / "home"
    ran = packs("demo", "--all", "--home", str(home), "--json", within_seconds=1500)
    assert ran.returncode == 0, ran.stderr + ran.stdout[-4000:]
    return home, json.loads(ran.stdout)


@pytest.mark.slow
def test_every_event_of_the_six_families_ends_as_expected(lived: tuple[Path, Any]) -> None:
    """All 25 events, all due instants and the time after are as they ought to be, and none is left out."""
    _, value = lived
    wrong = [row for row in value["events"] if row["ok"] is not True]
    assert not wrong, wrong
    assert {row["event"] for row in value["events"]} >= {str(number) for number in range(1, 26)}
    assert sum(row["event"] == "due" for row in value["events"]) >= 26
    assert value["sent"] == value["delivered"]


@pytest.mark.slow
def test_nothing_protected_reached_anybody_in_the_long_play(lived: tuple[Path, Any], tmp_path: Path) -> None:
    """Every copy that was sent is opened: no protected address at Vane's, no section but at the chair's, no other family."""
    home, value = lived
    mails = [email.message_from_bytes(path.read_bytes()) for path in delivered(Path(value["mail"]))]
    sealed = {mail["Message-ID"]: pdf for mail in mails for pdf in mail.walk() if pdf.get_content_type() == "application/pdf"}
    clear = [str(part.get_payload(decode=True)) for mail in mails for part in mail.walk() if part.get_content_maintype() == "text"]
    told = " ".join((*clear, *(str(mail[name]) for mail in mails for name in ("Subject", "From", "To"))))
    assert not [words for words in (*SURNAMES.values(), *VANE_MUST_NOT, THE_CHAIR_ALONE) if words in told], "in clear"
    opened_copies = 0
    with open_home(str(home)) as house:
        book = house.desk.casebook
        for reference in book.references():
            conference = book.conference(reference)
            surname = next((name for name in SURNAMES.values() if any(name in c.name for c in conference.booking.children)), "")
            for copy in conference.copies.values():
                if copy.accepted is None or copy.claim is None:
                    continue
                content = sealed[copy.claim.message_id].get_payload(decode=True)
                text = text_of(content, passphrase_of(reference, copy.person, house.desk), tmp_path)
                opened_copies += 1
                assert [name for name in SURNAMES.values() if name in text and name != surname] == []
                if copy.person == "father-1" and surname == SURNAMES[F1]:
                    assert not any(words in text for words in VANE_MUST_NOT)
                if conference.people[copy.person].role is not Role.CHAIR:
                    assert THE_CHAIR_ALONE not in text
    assert opened_copies == len(sealed) > 100


def text_of(sealed: object, words: str, room: Path) -> str:
    """Returns the text of a copy as it arrived, opened by qpdf and read by pdftotext."""
    assert isinstance(sealed, bytes)
    locked, clear = room / "sealed.pdf", room / "clear.pdf"
    locked.write_bytes(sealed)
    subprocess.run(["qpdf", f"--password={words}", "--decrypt", str(locked), str(clear)], check=True)
    read = subprocess.run(["pdftotext", str(clear), "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(read.split())


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
