"""Promises 4 to 8: files come in, are sealed, matched, judged, converted and filed, or wait for a person."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import files
from tests.acceptance.bookings import DUE, REF, small
from tests.acceptance.conftest import Fork
from tests.acceptance.files import docm, docx, eml, lines_of, locked_docx, odt, pdf, rtf, scan, txt, zipped
from tests.acceptance.home import Home

MANY = "PM-2611-110"
AGENCIES = {
    "a-docx": "Alderbrook Nursery",
    "a-doc": "Birchcombe School",
    "a-odt": "Cresswell Clinic",
    "a-rtf": "Dunmere Housing",
    "a-pdf": "Elverton Probation",
    "a-jpg": "Foxdale Midwives",
    "a-png": "Garside Health Visiting",
    "a-tif": "Hexley Drug Service",
    "a-txt": "Inglewood Academy",
    "a-eml": "Jesmond Police Unit",
    "a-eml2": "Kirkfell Surgery",
}
CHILD = "Perpetua Ashdown-Lisle"


def many() -> str:
    """A conference with one asked agency for each kind of file."""
    people = [
        f'[[person]]\nid = "{person}"\nname = "Casper Wintle"\nrole = "other-professional"\nagency = "{agency}"\n'
        f'email = "office@{agency.split()[0].lower()}.example"\nasked_for_report = true\n'
        for person, agency in AGENCIES.items()
    ]
    return small(
        MANY, child=CHILD, leave_out=("gp", "school", "social-worker", "mother", "father"), more="\n".join(people)
    )


def report(person: str, words: str = "It has been a calm month.", **more: str) -> list[str]:
    """The lines of one of these agencies' reports."""
    return lines_of(person, words, reference=more.get("reference", MANY), child=CHILD, agency=AGENCIES[person])


def strangers() -> dict[str, bytes]:
    """Files that must wait for a person, by name."""
    both = [MANY, "a meeting of Alderbrook Nursery and Birchcombe School", "", "words"]
    late_in_text = ["Minutes", MANY, *(["and so on"] * 20), "Alderbrook Nursery and Birchcombe School were there."]
    damaged = docx(report("a-docx"))
    return {
        "no-reference.docx": docx(
            lines_of("a", "About Perpetua Ashdown-Lisle.", reference=None, agency="Alderbrook Nursery")
        ),
        "no-agency.txt": txt([f"Conference {MANY}", "A report by somebody."]),
        "two-agencies.txt": txt(both),
        "two-in-text.txt": txt(late_in_text),
        "locked.pdf": pdf(report("a-pdf"), password="secret"),
        "locked.docx": locked_docx(),
        "macros.docm": docm(report("a-docx")),
        "archive.zip": zipped("report.docx", damaged),
        "empty.pdf": b"",
        "broken.docx": damaged[: len(damaged) // 2],
        "disguised.pdf": docx(report("a-docx")),
        "other-family.txt": txt([*report("a-docx"), "Her cousin Ottilie Fernsby-Marr came too."]),
        "other-reference.txt": txt([*report("a-docx"), f"See also {REF}."]),
        "unknown-sender.eml": eml("stranger@nowhere.example", f"Report {MANY}", [("r.txt", txt(report("a-docx")))]),
        "look-alike.eml": eml("office@a1derbrook.example", f"Report {MANY}", [("r.txt", txt(report("a-docx")))]),
        "contradiction.eml": eml("office@birchcombe.example", f"Report {MANY}", [("r.txt", txt(report("a-docx")))]),
        "no-attachment.eml": eml("office@birchcombe.example", f"Report {MANY}", []),
    }


@pytest.fixture(scope="module")
def kinds(booked: Home, fork: Fork) -> tuple[Home, dict[str, str]]:
    """A home in which every kind of file was dropped at once; and the SHA-256 of each. Not to be changed: fork it."""
    home = fork(booked)
    home.settings('gateways = ["mx.portmere.example"]')
    home.convene(many())
    home.clock("2026-11-27T12:00")
    ours = ("mx.portmere.example", "Thu, 26 Nov 2026 09:15:42 +0000")
    theirs = ("mx.elsewhere.example", "Wed, 25 Nov 2026 09:00:00 +0000")
    first, second = docx(report("a-eml", "First part.")), pdf(report("a-eml", "Second part."))
    dropped = {
        "a-docx.docx": docx(report("a-docx")),
        "old/letters/a-doc.doc": files.doc(report("a-doc")),
        "a-odt.odt": odt(report("a-odt")),
        "a-rtf.rtf": rtf(report("a-rtf")),
        "a-pdf.PDF": pdf(report("a-pdf")),
        "phone/a-jpg.jpg": scan(report("a-jpg"), "JPEG"),
        "a-png.png": scan(report("a-png"), "PNG"),
        "a-tif.tif": scan(report("a-tif"), "TIFF"),
        "a-txt.txt": txt(report("a-txt")),
        "mail.eml": eml(
            "Front Desk <office@jesmond.example>", f"Report {MANY}", [("one.docx", first), ("two.pdf", second)],
            date="Tue, 24 Nov 2026 06:00:00 +0000", received=[ours, theirs],
        ),
        "mail2.eml": eml(
            "office@kirkfell.example", "Our report", [("report.txt", txt(report("a-eml2")))], received=[theirs]
        ),
        **{f"strangers/{name}": content for name, content in strangers().items()},
    }  # fmt: skip
    for name, content in dropped.items():
        home.drop(name, content)
    home.run(timeout=300)
    return home, {name: hashlib.sha256(content).hexdigest() for name, content in dropped.items()}


@pytest.mark.parametrize("person", [p for p in AGENCIES if not p.startswith("a-eml")])
def test_every_kind_is_filed(kinds: tuple[Home, dict[str, str]], person: str, shown: dict[str, Any]) -> None:
    """A file of each kind, subfolders included, is filed for its agency with the hash of its original bytes."""
    _, hashes = kinds
    (name,) = (n for n in hashes if os.path.splitext(os.path.basename(n))[0] == person)
    row = shown["reports"][person]
    assert (row["state"], row["verdict"], row["version"], row["sha256"]) == ("received", "on-time", 1, hashes[name])
    assert row["received_at"] == "2026-11-27T12:00:00+00:00"


@pytest.fixture(scope="module")
def shown(kinds: tuple[Home, dict[str, str]]) -> dict[str, Any]:
    """What reports and held show of the home, asked once."""
    home, _ = kinds
    return {"reports": home.reports(MANY), "held": home.held()}


def test_mail_counts_from_our_gateway(shown: dict[str, Any]) -> None:
    """A dropped .eml was received when our own gateway says, not when its Date says; without our line, when it was dropped."""
    assert shown["reports"]["a-eml"]["received_at"] == "2026-11-26T09:15:42+00:00"
    assert shown["reports"]["a-eml2"]["received_at"] == "2026-11-27T12:00:00+00:00"


def test_both_attachments_are_filed(shown: dict[str, Any]) -> None:
    """The two attachments of one mail are two parts of one version."""
    row = shown["reports"]["a-eml"]
    assert (row["state"], row["version"]) == ("received", 1)
    parts = row["parts"]
    assert isinstance(parts, list)
    assert len(parts) == 2


@pytest.mark.parametrize("name", sorted(strangers()))
def test_doubtful_files_wait_for_a_person(shown: dict[str, Any], name: str) -> None:
    """Whatever is locked, broken, unknown or contradictory is held with a reason, candidates and the next step."""
    senders = {"unknown-sender.eml": "stranger@", "look-alike.eml": "office@a1", "contradiction.eml": "office@birch"}
    if name in senders:
        rows = [r for r in shown["held"] if senders[name] in str(r["from"]) and str(r["name"]).endswith("r.txt")]
    else:
        rows = [r for r in shown["held"] if str(r["name"]).endswith(f"strangers/{name}")]
    assert rows, (name, list(shown["held"]))
    row = rows[0]
    assert row.keys() >= {"item", "received_at", "from", "why", "candidates", "next_step"}
    assert row["why"]
    assert row["next_step"]
    if name == "no-reference.docx":
        assert {"conference": MANY, "person": "a-docx"}.items() <= row["candidates"][0].items()


def test_nothing_else_is_held_and_the_inbox_is_empty(kinds: tuple[Home, dict[str, str]]) -> None:
    """What was taken has left the inbox; notes tell item and hash and no name; nothing was filed that should wait."""
    home, hashes = kinds
    assert home.inbox() == []
    assert len(home.held()) == len(strangers())
    notes = [p.read_text() for p in (home.path / "inbox").rglob("*.txt")]
    told = "\n".join(notes)
    assert all(digest in told for digest in hashes.values())
    for word in ("Ashdown", "Perpetua", "Ottilie", "Wintle", "a-docx.docx", "strangers"):
        assert word not in told, word
    home.sound()


def test_held_is_resolved_dismissed_and_taken_back(kinds: tuple[Home, dict[str, str]], fork: Fork) -> None:
    """resolve files a held item, --not-a-report sets it aside, unfile takes a filing back; nothing is deleted."""
    home = fork(kinds[0])
    waiting = {os.path.basename(str(row["name"])): row["item"] for row in home.held()}
    item = waiting["no-agency.txt"]
    home.refused("resolve", item, "--conference", MANY, "--person", "nobody", "--by", "Ann")
    home.refused("resolve", item, "--not-a-report", "--by", "Ann")
    home("resolve", item, "--conference", MANY, "--person", "a-docx", "--by", "Ann")
    home("resolve", waiting["two-agencies.txt"], "--not-a-report", "--because", "a flyer", "--by", "Ann")
    home.run()
    row = home.reports(MANY)["a-docx"]
    assert (row["version"], row["item"]) == (2, item)
    assert [v["version"] for v in row["versions"]] == [1]
    left = {row["item"] for row in home.held()}
    assert not {item, waiting["two-agencies.txt"]} & left
    home.refused("resolve", item, "--conference", MANY, "--person", "a-doc", "--by", "Ann")
    home("unfile", item, "--because", "wrong family", "--by", "Ann")
    assert home.reports(MANY)["a-docx"]["version"] == 1
    assert item in {row["item"] for row in home.held()}
    home("resolve", item, "--conference", MANY, "--person", "a-doc", "--by", "Ann")
    home.run()
    assert home.reports(MANY)["a-doc"]["item"] == item
    home.sound()


# --- repeats and versions


def test_repeats_and_versions(booked: Home, fork: Fork) -> None:
    """Same bytes are filed once, other bytes supersede, and a repeat of a superseded version does not become the newest."""
    home = fork(booked)
    one, two = txt(lines_of("gp", "Version one.")), txt(lines_of("gp", "Version two."))
    home.drop("gp.txt", one)
    home.run()
    home.drop("gp again.txt", one)
    home.run()
    row = home.reports(REF)["gp"]
    assert (row["version"], row["repeats"], row["versions"]) == (1, 1, [])
    home.drop("gp.txt", two)
    home.run()
    home.drop("gp.txt", one)
    home.run()
    row = home.reports(REF)["gp"]
    assert (row["version"], row["sha256"]) == (2, hashlib.sha256(two).hexdigest())
    assert [(v["version"], v["sha256"]) for v in row["versions"]] == [(1, hashlib.sha256(one).hexdigest())]
    assert row["repeats"] >= 1
    assert home.held() == []


@pytest.mark.slow
def test_same_bytes_of_another_person_or_reference_are_new(booked: Home, fork: Fork) -> None:
    """The same bytes under another agency's name, or another reference, are items of their own."""
    home = fork(booked)
    home.convene(small("PM-2611-400", child="Wilhelmina Drake-Foss"))
    same = txt(["We have nothing to add.", "Signed"])
    for name in (
        f"{REF} Gullwing Primary School.txt",
        f"{REF} Harbour Lane Surgery.txt",
        "PM-2611-400 Harbour Lane Surgery.txt",
    ):
        home.drop(name, same)
    home.run()
    assert home.held() == []
    first, second = home.reports(REF), home.reports("PM-2611-400")
    assert first["school"]["sha256"] == first["gp"]["sha256"] == second["gp"]["sha256"]
    assert len({first["school"]["item"], first["gp"]["item"], second["gp"]["item"]}) == 3


# --- judgement


def test_the_edge_of_the_deadline(booked: Home, fork: Fork) -> None:
    """Received exactly at the due instant is on time; one second later it is late by one second, and filed all the same."""
    home = fork(booked)
    home.clock(DUE)
    home.run()
    home.drop("gp.txt", txt(lines_of("gp", "On the dot.")))
    home.run()
    home.clock(f"{DUE}:01")
    home.drop("school.txt", txt(lines_of("school", "A second late.")))
    home.run()
    rows = home.reports(REF)
    assert (rows["gp"]["verdict"], rows["gp"]["late_by_seconds"]) == ("on-time", 0)
    assert (rows["school"]["state"], rows["school"]["verdict"], rows["school"]["late_by_seconds"]) == (
        "received",
        "late",
        1,
    )
    assert rows["school"]["due_at"] == "2026-11-28T09:30:00+00:00"
    assert rows["social-worker"]["verdict"] is None


@pytest.mark.slow
def test_lateness_of_our_own_outage_is_not_the_agencys(booked: Home, fork: Fork) -> None:
    """What lay in the inbox before the deadline while nobody watched is shown as our outage, not as late."""
    home = fork(booked)
    home.clock("2026-11-28T09:00")
    home.run()
    home.drop("gp.txt", txt(lines_of("gp", "In time, seen late.")))
    home.clock("2026-11-28T12:00")
    home.run()
    row = home.reports(REF)["gp"]
    assert (row["verdict"], row["our_outage"]) == ("on-time", True)
    assert row["received_at"] == "2026-11-28T12:00:00+00:00"
    assert row["earliest_received_at"] == "2026-11-28T09:00:00+00:00"


@pytest.mark.slow
def test_a_receipt_is_corrected_and_judged_again(booked: Home, fork: Fork) -> None:
    """`received` records the mailbox's time; the verdict changes, both times stay in the ledger; no future, no empty words."""
    home = fork(booked)
    home.clock("2026-11-28T09:31")
    home.drop("gp.txt", txt(lines_of("gp", "Late by file, in time by mail.")))
    home.run()
    row = home.reports(REF)["gp"]
    assert row["verdict"] == "late"
    words = ("--because", "the mailbox says so", "--by", "Ann")
    home.refused("received", row["item"], "--at", "2026-11-29T09:00", *words)
    home("received", row["item"], "--at", "2026-11-28T09:30", *words)
    after = home.reports(REF)["gp"]
    assert (after["verdict"], after["late_by_seconds"], after["received_at"]) == (
        "on-time",
        0,
        "2026-11-28T09:30:00+00:00",
    )
    told = home.ended("audit", "show", REF, "--json").out
    assert "2026-11-28T09:31:00" in told
    assert "2026-11-28T09:30:00" in told


@pytest.mark.slow
def test_states_of_reports(booked: Home, fork: Fork) -> None:
    """awaited becomes missing after the due instant; nil-return and apology are their own states; asked too late is no lateness."""
    home = fork(booked)
    home.refused("nil-return", REF, "chair", "--by", "Ann", "--because", "b")
    home("nil-return", REF, "school", "--by", "Ann", "--because", "not on our roll")
    assert {p: r["state"] for p, r in home.reports(REF).items()}["school"] == "nil-return"
    home.clock("2026-11-28T09:31")
    words = ("--id", "housing", "--name", "Yolanda Fenwright", "--role", "housing", "--agency", "Port Mere Homes")
    home("person", "add", REF, *words, "--asked-for-report")
    home.drop("housing.txt", txt(lines_of("gp", "Asked for too late.", agency="Port Mere Homes")))
    home.run()
    rows = home.reports(REF)
    assert (rows["gp"]["state"], rows["gp"]["verdict"]) == ("missing", None)
    assert rows["housing"]["asked_at"] == "2026-11-28T09:31:00+00:00"
    assert (rows["housing"]["state"], rows["housing"]["verdict"]) == ("received", "asked-after-due")
    home.refused("nil-return", REF, "housing", "--by", "Ann", "--because", "b")


@pytest.mark.slow
def test_no_rule_where_the_source_is_silent(empty: Home, fork: Fork) -> None:
    """Portsmouth says nothing of reports for reviews: the verdict is no-rule, and the report is filed."""
    home = fork(empty)
    more = '[previous]\ntype = "initial"\nheld_on = 2026-09-01\nplan_since = 2026-09-01\n'
    home.convene(small(type="review", more=more))
    home.drop("gp.txt", txt(lines_of("gp", "For a review.")))
    home.run()
    row = home.reports(REF)["gp"]
    assert (row["state"], row["verdict"], row["due_at"]) == ("received", "no-rule", None)


@pytest.mark.slow
def test_a_move_judges_again(booked: Home, fork: Fork) -> None:
    """When the conference moves to an earlier day, what was in time may be late; the old judgement stays in the ledger."""
    home = fork(booked)
    home.clock("2026-11-24T10:00")
    home.drop("gp.txt", txt(lines_of("gp", "Before the move.")))
    home.run()
    home("move", REF, "--start", "2026-11-26T09:30", "--because", "an earlier room")
    home.run()
    row = home.reports(REF)["gp"]
    assert (row["verdict"], row["late_by_seconds"]) == ("late", 1800)
    assert [j["verdict"] for j in row["judgements"]] == ["on-time", "late"]


# --- what cannot be taken


def test_what_cannot_be_sealed_stays(booked: Home, fork: Fork, tmp_path: Path) -> None:
    """A link is never followed, an over-large file stays where it is; both with a note beside them."""
    home = fork(booked)
    home.settings("[conversion]\nlargest_mb = 1")
    (tmp_path / "elsewhere.txt").write_bytes(txt(lines_of("gp", "Not in the inbox.")))
    (home.path / "inbox" / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    home.drop("large.pdf", b"%PDF-1.4\n" + bytes(1_200_000))
    home.run()
    assert (home.path / "inbox" / "large.pdf").exists()
    assert (home.path / "inbox" / "link.txt").is_symlink()
    assert len(list((home.path / "inbox" / "problem").glob("*.txt"))) == 2
    assert home.reports(REF)["gp"]["state"] == "awaited"
