"""What strangers to the code found: each would have lost a report, filed it wrongly, or sent a pack too early."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.bookings import ADDRESSES, AGENCIES, COMPOSES, GOES, REF, START
from tests.acceptance.conftest import Fork
from tests.acceptance.files import docx, eml, lines_of, pdf, txt
from tests.acceptance.home import PROGRAM, Home, opened_text, packs

WHY = ("--because", "as the chair said", "--by", "Ann Clerk")


def test_a_message_inside_a_familys_message_is_not_filed(booked: Home, fork: Fork) -> None:
    """Whatever sender the inner message claims, the outer one is family, so a person decides (promise 6, replay 9)."""
    home = fork(booked)
    inner = eml(ADDRESSES["school"], f"Report {REF}", [("report.txt", txt(lines_of("school", "Planted words.")))])
    home.drop("note.eml", eml(ADDRESSES["mother"], f"Report {REF}", [("report.eml", inner)]))
    home.run()
    assert home.reports(REF)["school"]["state"] == "awaited"
    assert len(home.held()) == 1


def test_a_file_name_that_is_no_utf_8_stops_nothing(booked: Home, fork: Fork) -> None:
    """It is taken in like any other, and so is what was dropped after it (promise 5)."""
    home = fork(booked)
    strange = os.fsencode(home.drop("strange.txt", txt(lines_of("gp", "Odd name."))))
    os.rename(strange, os.path.join(os.path.dirname(strange), b"a\xff.txt"))
    home.drop("school.txt", txt(lines_of("school", "Plain name.")))
    home.run()
    assert {p: home.reports(REF)[p]["state"] for p in ("gp", "school")} == {"gp": "received", "school": "received"}


def test_what_lies_in_the_inbox_is_filed_before_an_overdue_pack_is_made(booked: Home, fork: Fork) -> None:
    """One run takes the report and sends the chair a pack with it, not an empty pack and a supplement (promise 4)."""
    home = fork(booked)
    home.clock(GOES)
    home.drop("school.txt", txt(lines_of("school", "In time for the pack.")))
    home.run()
    chair = [row for row in home.documents(REF) if row["person"] == "chair"]
    assert [(row["document"], row["state"], len([s for s in row["sections"] if s["report"]])) for row in chair] == [
        ("pack", "accepted", 1)
    ]


def test_a_reference_that_goes_on_is_another(booked: Home, fork: Fork) -> None:
    """A report for a conference that we do not have is held, though ours begins its reference (promise 6)."""
    home = fork(booked)
    home.drop("other.txt", txt(lines_of("school", "Another family.", reference=f"{REF}-017")))
    home.run()
    assert home.reports(REF)["school"]["state"] == "awaited"
    assert [row["code"] for row in home.held()] == ["no-reference"]


def test_an_added_person_gets_no_name_for_an_id(booked: Home, fork: Fork) -> None:
    """An adult's name counts as a child's does, since ids go into keys and logs (promise 2)."""
    home = fork(booked)
    home.refused("person", "add", REF, "--id", "maren", "--name", "X Yarrow", "--role", "gp")


def test_a_receipt_never_lies_in_the_future(booked: Home, fork: Fork) -> None:
    """A gateway's line dated after now is not believed: first sight counts (A00.1)."""
    home = fork(booked)
    home.settings('gateways = ["mx.portmere.example"]')
    late = [("mx.portmere.example", "Sun, 28 Nov 2027 10:00:00 +0000")]
    report = ("report.txt", txt(lines_of("school", "From the future.")))
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", [report], received=late))
    home.run()
    assert str(home.reports(REF)["school"]["received_at"]) < START


# --- one chair, always (promises 2 and 9)


@pytest.mark.parametrize(
    "words",
    [
        ("person", "change", REF, "father", "--role", "chair"),
        ("person", "change", REF, "social-worker", "--role", "chair", "--not-asked-for-report"),
        ("person", "change", REF, "chair", "--role", "manager"),
        ("person", "add", REF, "second", "--name", "Q Vole", "--role", "chair"),
        ("person", "add", REF, "GP", "--name", "Q Vole", "--role", "gp"),
        ("exclude", REF, "chair", "--from", "all", "--because", "b", "--decided-by", "R Tarrow"),
        ("protect", REF, "--detail", "J.K", "--kind", "name", "--from", "gp", *WHY),
        ("move", REF, "--start", "2026-12-01T09:30", "--because", "line\nbreak"),
        ("release", REF, "mother", "--by", "..."),
        ("clock", "advance", "99999999999h"),
        ("export", REF, "chair", "--to", "HOME/packs.toml"),
        ("export", REF, "chair", "--to", "HOME/inbox/chair.pdf"),
    ],
    ids=lambda words: "-".join(words[:4]),
)
def test_what_would_do_harm_is_refused(composed: Home, words: tuple[str, ...]) -> None:
    """A second chair or none, a detail that no search finds, an export over the home itself: exit 2 and one sentence."""
    said = composed.refused(*(word.replace("HOME", str(composed.path)) for word in words))
    assert said.count("\n") == 0
    assert (composed.path / "packs.toml").read_text().lstrip().startswith(("stable", "#"))


def test_nothing_is_changed_in_a_cancelled_conference(booked: Home, fork: Fork) -> None:
    """People, nil returns and items of a cancelled conference stay as they are."""
    home = fork(booked)
    home.drop("school.txt", txt(lines_of("school", "words", reference=None)))
    home.run()
    (row,) = home.held()
    home("cancel", REF, "--because", "not needed")
    home.refused("person", "change", REF, "gp", "--phone", "01632 960111")
    home.refused("person", "add", REF, "new", "--name", "Q Vole", "--role", "gp")
    home.refused("nil-return", REF, "gp", *WHY)
    home.refused("resolve", row["item"], "--conference", REF, "--person", "school", "--by", "Ann Clerk")


def test_a_home_is_named_or_not(tmp_path: Path) -> None:
    """An empty --home (an unset variable) makes no home anywhere; PACKS_HOME is where one is made that was not named."""
    words = ("--profile", "portsmouth", "--team", "T", "--from", "a@b.example", "--rehearsal")
    empty = packs("init", "--home", "", *words, cwd=tmp_path)
    assert (empty.code, list(tmp_path.iterdir())) == (2, [])
    assert packs("init", *words, env={"PACKS_HOME": str(tmp_path / "h")}).code == 0
    assert (tmp_path / "h" / "packs.toml").is_file()


@pytest.mark.parametrize("wrong", [("--from", "a@b"), ("--team", "x\ny"), ("--kit", "/nowhere/kit.txt")])
def test_a_refused_init_leaves_nothing(tmp_path: Path, wrong: tuple[str, str]) -> None:
    """After a refusal the corrected command works: nothing was half made."""
    given = {"--profile": "portsmouth", "--team": "T", "--from": "a@b.example"}
    words = [part for pair in (given | dict([wrong])).items() for part in pair]
    assert packs("init", "--home", str(tmp_path / "h"), *words).code == 2
    assert not (tmp_path / "h").exists()


# --- verdicts and receipts (promises 5 and 7)


@pytest.mark.slow
def test_a_move_judges_at_once(booked: Home, fork: Fork) -> None:
    """No verdict stands beside a deadline that it was not made for, not even until the next run; both are kept."""
    home = fork(booked)
    home.clock("2026-11-28T10:00")
    home.drop("school.txt", txt(lines_of("school", "Half an hour late.")))
    home.run()
    assert home.reports(REF)["school"]["verdict"] == "late"
    home("move", REF, "--start", "2026-12-02T09:30", "--because", "the room is flooded")
    row = home.reports(REF)["school"]
    assert (row["verdict"], row["late_by_seconds"]) == ("on-time", 0)
    assert [judged["verdict"] for judged in row["judgements"]] == ["late", "on-time"]


@pytest.mark.slow
def test_a_messages_receipt_is_that_of_its_parts(booked: Home, fork: Fork) -> None:
    """Correcting the mail's own item corrects and judges what came in it; a repeat is corrected at what it repeats."""
    home = fork(booked)
    home.clock("2026-11-28T12:00")
    part = ("report.txt", txt(lines_of("school", "By mail.")))
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", [part]))
    home.run()
    (mail,) = [n.stem for n in (home.path / "inbox" / "processed").glob("*.txt") if "was a message" in n.read_text()]
    assert home.reports(REF)["school"]["verdict"] == "late"
    home("received", mail, "--at", "2026-11-28T09:00", *WHY)
    assert home.reports(REF)["school"]["verdict"] == "on-time"


@pytest.mark.slow
def test_a_persons_receipt_wins_over_the_gateways(booked: Home, fork: Fork) -> None:
    """What a person recorded for a held mail stands when its text is filed, whatever its gateway's line says."""
    home = fork(booked)
    home.settings('gateways = ["mx.portmere.example"]')
    home.clock("2026-11-28T12:00")
    line = [("mx.portmere.example", "Sat, 28 Nov 2026 11:00:00 +0000")]
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", [], received=line))
    home.run()
    (row,) = home.held()
    home("received", row["item"], "--at", "2026-11-28T09:00", *WHY)
    home("resolve", row["item"], "--conference", REF, "--person", "school", "--by", "Ann Clerk")
    home.run()
    found = home.reports(REF)["school"]
    assert (found["verdict"], found["received_at"]) == ("on-time", "2026-11-28T09:00:00+00:00")


def test_parts_of_one_mail_are_one_version_however_deep(booked: Home, fork: Fork) -> None:
    """A file beside a message that holds another file: both came in one mail, so both are the report."""
    home = fork(booked)
    inner = eml(ADDRESSES["school"], "appendix", [("appendix.txt", txt(lines_of("school", "The appendix.")))])
    parts = [("report.txt", txt(lines_of("school", "The report."))), ("forwarded.eml", inner)]
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", parts))
    home.run()
    row = home.reports(REF)["school"]
    assert (row["version"], len(row["parts"])) == (1, 2)


# --- matching (promise 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("report.txt", f"Report {REF} - 27 November 2026"),
        ("report.txt", f"Year 3 - {REF} report"),
        ("report.txt", f"30/11/2026 \N{EN DASH} {REF}"),
        (f"2026-11-27-{REF}-school.txt", "Report"),
        (f"{REF.replace('-', '_')}.txt", "Report"),
        ("report.txt", "Report PM\N{ZERO WIDTH SPACE}-2611-100"),
    ],
)
def test_a_reference_is_found_as_people_write_it(booked: Home, fork: Fork, name: str, subject: str) -> None:
    """Dashes, days and what nobody sees around it do not hide a reference."""
    home = fork(booked)
    content = txt(lines_of("school", "words", reference=None))
    home.drop("mail.eml", eml(ADDRESSES["school"], subject, [(name, content)]))
    home.run()
    assert home.reports(REF)["school"]["state"] == "received"


@pytest.mark.slow
def test_bytes_that_a_person_took_back_are_not_filed_again(booked: Home, fork: Fork) -> None:
    """A mailer that sends the same file once more does not undo what the clerk decided."""
    home = fork(booked)
    content = txt(lines_of("school", "Wrongly filed."))
    home.drop("school.txt", content)
    home.run()
    home("unfile", home.reports(REF)["school"]["item"], *WHY)
    home.drop("again.txt", content)
    home.run()
    assert home.reports(REF)["school"]["state"] == "awaited"
    assert {row["code"] for row in home.held()} == {"unfiled", "taken-back"}


def test_what_stays_closed_has_candidates(booked: Home, fork: Fork) -> None:
    """A file that is stopped at the door still says whose it may be; its note is the same in both folders."""
    home = fork(booked)
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", [("report.docx", b"")]))
    home.run()
    (row,) = home.held()
    assert [(c["conference"], c["person"]) for c in row["candidates"]] == [(REF, "school")]


def test_a_confidential_part_inside_a_report_is_held(booked: Home, fork: Fork) -> None:
    """A heading deep in a report calls a part confidential: nobody gets it until a person has looked (POR-6)."""
    home = fork(booked)
    lines = [*lines_of("school", "Plain words."), *["More words."] * 20, "CONFIDENTIAL SECTION - FOR THE CHAIR ONLY", "Secret."]
    home.drop("school.docx", docx(lines))
    home.run()
    (row,) = home.held()
    assert (row["code"], row["candidates"][0]["person"]) == ("confidential-inside", "school")
    assert home.reports(REF)["school"]["state"] == "awaited"


def test_a_mailbox_of_the_same_domain_takes_no_reports_place(booked: Home, fork: Fork) -> None:
    """Housing writes from the council's domain, a deputy from the school's: neither supersedes what the very mailbox sent."""
    home = fork(booked)
    for person in ("social-worker", "school"):
        mail = eml(ADDRESSES[person], f"Report {REF}", [("report.txt", txt(lines_of(person, "From the mailbox.")))])
        home.drop(f"{person}.eml", mail)
    home.run()
    strange = [f"Port Mere Housing, for {AGENCIES['social-worker']}", "Arrears at the flat."]
    mail = eml("housing@portmere.example", f"Report {REF}", [("report.txt", txt(strange))])
    home.drop("housing.eml", mail)
    mail = eml("deputy@gullwing-primary.example", f"Report {REF}", [("report.txt", txt(lines_of("school", "The deputy's.")))])
    home.drop("deputy.eml", mail)
    home.run()
    rows = home.reports(REF)
    assert [(rows[person]["version"], rows[person]["versions"]) for person in ("social-worker", "school")] == [(1, []), (1, [])]
    held = {row["code"]: row["candidates"][0]["person"] for row in home.held()}
    assert held == {"sender-unknown": "social-worker", "another-mailbox": "school"}


# --- copies (promises 9, 10 and 11)


@pytest.mark.slow
def test_no_number_shows_that_a_part_was_left_out(booked: Home, fork: Fork) -> None:
    """Of a report in two parts the reader who gets one of them sees a whole report, not a part 1."""
    home = fork(booked)
    home("protect", REF, "--detail", "14 Tern Court, Port Mere ZZ4 7QX", "--kind", "address", "--from", "gp", *WHY)
    parts = [("one.txt", txt(lines_of("school", "Plain."))), ("two.txt", txt(lines_of("school", "At 14 Tern Court.")))]
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", parts))
    home.clock(COMPOSES)
    home.run()
    titles = {
        person: [s["title"] for s in home.document(REF, person)["sections"] if s["report"]] for person in ("chair", "gp")
    }
    assert titles["gp"] == ["Report: Gullwing Primary School"]
    assert titles["chair"] == [f"Report: Gullwing Primary School, part {n}" for n in (1, 2)]


@pytest.mark.slow
def test_a_name_from_right_to_left_has_its_pack(booked: Home, fork: Fork, tmp_path: Path) -> None:
    """A parent with a Hebrew or Arabic name gets a pack that bears it."""
    home = fork(booked)
    name = "\u05d3\u05d1\u05d5\u05e8\u05d4 \u05db\u05d4\u05df"
    home("person", "change", REF, "mother", "--name", name)
    home.drop("sw.pdf", pdf(lines_of("social-worker", "Plain.")))
    home.clock(COMPOSES)
    home.run()
    assert home.document(REF, "mother")["state"] == "composed"
    assert opened_text(home.exported(REF, "mother"), home.passphrase(REF, "mother"), tmp_path)


@pytest.mark.slow
def test_two_names_are_two_people(composed: Home, fork: Fork) -> None:
    """However the confirmer's name is spelled, it is not one of the two; after one name a newer report is still taken up."""
    home = fork(composed)
    home.settings("releases_needed = 2")
    for spelled in ("Clerk Ann", "AnnClerk", "clerk, ann"):
        home.refused("release", REF, "mother", "--by", spelled)
    home.release(REF, "mother", by="Bea Manager")
    home.drop("sw.txt", txt(lines_of("social-worker", "A newer report.")))
    home.run()
    rows = [row for row in home.documents(REF) if row["person"] == "mother"]
    assert [(row["document"], row["issue"], row["state"]) for row in rows] == [
        ("pack", 1, "cancelled"),
        ("pack", 2, "composed"),
    ]


@pytest.mark.slow
def test_after_a_move_the_chair_still_gets_each_report_at_once(sent: Home, fork: Fork) -> None:
    """Who has a pack is not made to wait for the new date (A00.5)."""
    home = fork(sent)
    home("move", REF, "--start", "2026-12-10T09:30", "--because", "the chair is ill")
    home.drop("gp.txt", txt(lines_of("gp", "A newer report.")))
    home.run()
    assert home.document(REF, "chair", "supplement")["state"] == "accepted"


def test_a_mail_bears_the_date_of_its_sending(sent: Home) -> None:
    """Not that of its composing, which lies before its release."""
    (message,) = sent.sent_to(ADDRESSES["mother"])
    assert str(message["Date"]).startswith("Fri, 27 Nov 2026 17:00:00")


# --- a home that lost something (promises 4, 12 and 13)


def test_a_rehearsal_stays_one(booked: Home, fork: Fork) -> None:
    """One changed line does not make rehearsed confirmations and releases real."""
    home = fork(booked)
    file = home.path / "packs.toml"
    file.write_text(file.read_text().replace("rehearsal = true", "rehearsal = false"))
    assert "made as a rehearsal" in home.refused("reports", REF)
    home.refused("run", "--once")


def test_no_new_ledger_is_made_in_the_place_of_a_lost_one(booked: Home, fork: Fork) -> None:
    """Without its database the service starts nothing, and what lies in the inbox stays there."""
    home = fork(booked)
    for file in (home.path / "data").glob("packs.db*"):
        file.unlink()
    home.drop("school.txt", txt(lines_of("school", "words")))
    ended = home.ended("run", "--once")
    assert (ended.code, home.inbox()) == (1, ["school.txt"])
    assert "backup" in ended.err
    assert not list((home.path / "data").glob("packs.db*"))


@pytest.mark.parametrize("trouble", ["gone", "shut"])
def test_an_inbox_that_cannot_be_watched_is_said(booked: Home, fork: Fork, trouble: str) -> None:
    """A share that is not mounted must not look like a quiet day."""
    home = fork(booked)
    if trouble == "gone":
        shutil.rmtree(home.path / "inbox")
    else:
        (home.path / "inbox").rename(home.path / "elsewhere")
        (home.path / "inbox").write_text("no folder")
    assert "inbox" in home.refused("run", "--once")


def test_after_a_restore_nothing_is_lost_and_nothing_sent_twice(composed: Home, fork: Fork) -> None:
    """An older ledger: reports it never knew come back as items, and what went since is settled, not sent again."""
    home = fork(composed)
    kept = {f.name: f.read_bytes() for f in (home.path / "data").glob("packs.db*")}
    home.drop("school.txt", txt(lines_of("school", "A report after the backup.")))
    home.clock(GOES)
    home.run()
    assert len(home.sent_to(ADDRESSES["gp"])) == 1
    for file in (home.path / "data").glob("packs.db*"):
        file.unlink()
    for name, content in kept.items():
        (home.path / "data" / name).write_bytes(content)
    first = home.ended("clock", "set", GOES)
    assert (first.code, "stopped" in first.err) == (0, True), first  # whatever command comes first sees it
    home.run()
    assert home.reports(REF)["school"]["version"] == 2
    for person in ("chair", "social-worker", "school", "gp"):
        home("settle", REF, person, "--accepted", "--by", "Ann Clerk", "--because", "the server's log")
    home("resume", "--because", "compared")
    home.run()
    assert len(home.sent_to(ADDRESSES["gp"])) == 1
    assert home.document(REF, "gp")["state"] == "accepted"


@pytest.mark.skipif(os.geteuid() != 0, reason="hiding a program from one process takes root")
@pytest.mark.slow
def test_without_the_sandbox_a_report_is_tried_again(booked: Home, fork: Fork, tmp_path: Path) -> None:
    """A machine that lacks its sandbox holds nothing for good: when it is repaired the report is filed by itself."""
    home = fork(booked)
    (tmp_path / "nothing").write_text("")
    home.drop("school.docx", docx(lines_of("school", "words")))
    hidden = f"mount --bind {tmp_path / 'nothing'} $(command -v bwrap) && exec \"$@\""
    command = [sys.executable, "-m", "pipeline", "run", "--once", "--home", str(home.path)]
    ended = subprocess.run(["unshare", "-m", "sh", "-c", hidden, "sh", *command], capture_output=True, text=True, cwd=PROGRAM)
    assert (ended.returncode, home.held()) == (0, [])
    assert "failed" in ended.stderr
    home("clock", "advance", "2m")
    home.run()
    assert home.reports(REF)["school"]["state"] == "received"
