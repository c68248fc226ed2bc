"""Promises 9 and 10: who gets what, when, after whose decision; and what stops it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdf
import pytest

from tests.acceptance.bookings import ADDRESSES, COMPOSES, DUE, FAMILY, GOES, PEOPLE, REF, small
from tests.acceptance.conftest import Fork
from tests.acceptance.files import docx, lines_of, pdf, txt
from tests.acceptance.home import Home, attachment, newest, opened_text, opens, squeezed

PROFESSIONALS = ("chair", "social-worker", "school", "gp")
ALL = {"zebra-social-worker", "zebra-school", "zebra-gp"}
MAY = dict.fromkeys(PROFESSIONALS, ALL) | {"mother": {"zebra-social-worker"}}


def zebras(pages: list[str]) -> set[str]:
    """Whose reports' words stand in a copy."""
    return {word for word in ALL if word in squeezed("".join(pages))}


def state_of(home: Home, person: str, document: str = "pack") -> str:
    """The state of a person's newest document."""
    return str(home.document(REF, person, document)["state"])


# --- a number to ring (A00.16)


@pytest.mark.parametrize(
    ("settings", "worker", "told"),
    [
        ('phones = ["01632 960100"]', "01632 960204", "ring 01632 960100"),
        ("", "01632 960204", "ring 01632 960204"),
        ("", "", "ring the person who told you"),
    ],
)
def test_a_familys_mail_gives_a_number_to_ring(
    composed: Home, fork: Fork, settings: str, worker: str, told: str
) -> None:
    """The team's line; where none is set, the social worker's of the booking; and without either, a person."""
    home = fork(composed)
    if settings:
        home.settings(settings)
    if worker:
        home("person", "change", REF, "social-worker", "--phone", worker)
    home.release(REF, "mother")
    home.clock(GOES)
    home.run()
    (message,) = home.sent_to(ADDRESSES["mother"])
    body = message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert text.casefold().count(told.casefold()) == 2, text


# --- when


def test_nothing_is_composed_before_its_time(filed: Home) -> None:
    """Until a working day before they go, all packs wait, and say since when they are due or what they lack."""
    rows = filed.documents(REF)
    assert {row["person"] for row in rows} == set(PEOPLE)
    assert {(row["document"], row["issue"], row["state"]) for row in rows} == {("pack", 1, "waiting")}
    whys = {row["person"]: row["why"] for row in rows}
    assert "address" in whys["father"]
    assert "26 Nov 2026" in whys["chair"]
    keys = {"document", "person", "issue", "state", "why", "pages", "sections", "sha256", "sent_at", "to"}
    assert all(row.keys() >= keys for row in rows)
    filed.refused("export", REF, "chair", "--document", "pack", "--to", str(filed.path.parent / "no.pdf"))


def test_composed_packs_wait_for_release_and_time(composed: Home) -> None:
    """One working day before, packs are composed: family's need release, professionals' are released, the unconfirmed waits."""
    rows = {row["person"]: row for row in composed.documents(REF)}
    assert {p: r["state"] for p, r in rows.items()} == {
        **dict.fromkeys(PROFESSIONALS, "released"), "mother": "composed", "father": "waiting",
    }  # fmt: skip
    assert "address" in rows["father"]["why"]
    assert composed.sent() == []
    gp = rows["gp"]
    titles = [section["title"] for section in gp["sections"] if section["report"]]
    assert len(titles) == 3
    assert gp["sections"][-1]["to_page"] == gp["pages"]
    assert gp["sha256"]
    assert composed.exported(REF, "mother").startswith(b"%PDF")
    composed.refused("export", REF, "father", "--document", "pack", "--to", str(composed.path.parent / "no.pdf"))


def test_packs_go_at_their_time_and_not_a_second_before(composed: Home, fork: Fork) -> None:
    """At 16:59:59 nothing has gone; at 17:00 each goes once, in one message to one bare address."""
    home = fork(composed)
    home.clock("2026-11-27T16:59:59")
    home.run()
    assert home.sent() == []
    home.clock(GOES)
    home.run()
    home.run()
    assert sorted(str(m["To"]) for m in home.sent()) == sorted(ADDRESSES[p] for p in PROFESSIONALS)
    assert state_of(home, "mother") == "composed"


def test_what_was_sent(sent: Home, tmp_path: Path) -> None:
    """Who may have it has it: messages without names, copies that hold exactly what each person may have."""
    rows = {row["person"]: row for row in sent.documents(REF)}
    assert {p: r["state"] for p, r in rows.items()} == {**dict.fromkeys(MAY, "accepted"), "father": "waiting"}
    names = [word for name, *_ in PEOPLE.values() for word in name.split()] + ["Fernsby", "Ottilie"]
    words = {person: sent.passphrase(REF, person) for person in MAY}
    assert len(set(words.values())) == len(MAY)
    ids = set()
    for person in MAY:
        (message,) = sent.sent_to(ADDRESSES[person])
        ids.add(str(message["Message-ID"]))
        assert (str(message["From"]), rows[person]["to"]) == ("sqt@portmere.example", ADDRESSES[person])
        assert rows[person]["sent_at"] == "2026-11-27T17:00:00+00:00"
        (part,) = list(message.iter_attachments())
        body = message.get_body(("plain",))
        told = f"{message['Subject']} {part.get_filename()} {body.get_content() if body else ''}"
        assert not [name for name in names if name.lower() in told.lower()]
        if person in FAMILY:
            assert "protection" not in told.lower()
        sealed = attachment(message)
        assert re.fullmatch(r"([a-z]+ ){5}[a-z]+", words[person])
        pages = opened_text(sealed, words[person], tmp_path)
        assert zebras(pages) == MAY[person], person
        assert len(pages) == rows[person]["pages"]
        name = PEOPLE[person][0]
        for number, page in enumerate(pages, 1):
            assert squeezed(f"for {name} · page {number} of {len(pages)} · {REF} · issue 1") in squeezed(page)
        others = {PEOPLE[p][0] for p in PEOPLE if p != person and p not in ("chair",)}
        if person in FAMILY:
            assert not [other for other in others if f"for{squeezed(other)}" in squeezed("".join(pages))]
            assert "Gullwing" not in "".join(pages)
    assert len(ids) == len(MAY)


def test_nobody_elses_words_open_a_copy(sent: Home, tmp_path: Path) -> None:
    """AES-256 (R6); qpdf and pypdf open it with its own words, and with nobody else's or none."""
    mine, theirs = sent.passphrase(REF, "gp"), sent.passphrase(REF, "mother")
    (message,) = sent.sent_to(ADDRESSES["gp"])
    sealed = attachment(message)
    assert opens(sealed, mine, tmp_path)
    assert not opens(sealed, theirs, tmp_path)
    assert not opens(sealed, "", tmp_path)
    reader = pypdf.PdfReader(io.BytesIO(sealed))
    assert reader.is_encrypted
    lock = reader.trailer["/Encrypt"].get_object()
    assert (lock["/V"], lock["/R"]) == (5, 6)  # type: ignore[index]
    assert reader.decrypt(theirs) == pypdf.PasswordType.NOT_DECRYPTED
    assert reader.decrypt(mine) == pypdf.PasswordType.USER_PASSWORD
    titles = [str(o.title) for o in reader.outline if not isinstance(o, list)]
    assert any("Gullwing Primary School" in title for title in titles)
    told = " ".join(str(v) for v in (reader.metadata or {}).values())
    assert not [word for word in ("Fernsby", "Ottilie", "Vane", "Birdwhistle") if word in told]


def test_family_copies_show_nothing_of_what_was_withheld(sent: Home, tmp_path: Path) -> None:
    """The mother's copy names no other report, awaited or late, and its contents and bookmarks have no gap."""
    (message,) = sent.sent_to(ADDRESSES["mother"])
    words = sent.passphrase(REF, "mother")
    text = "".join(opened_text(attachment(message), words, tmp_path))
    for word in ("Gullwing", "Harbour Lane", "withheld", "awaited", "late", "excluded", "left out"):
        assert word.lower() not in text.lower(), word
    reader = pypdf.PdfReader(io.BytesIO(attachment(message)), password=words)
    titles = [str(o.title) for o in reader.outline if not isinstance(o, list)]
    assert not [t for t in titles if "Gullwing" in t or "Harbour" in t]


def test_chair_sees_late_and_missing(booked: Home, fork: Fork, tmp_path: Path) -> None:
    """The chair's copy lists what is awaited; a late report is told to the chair in a supplement at once."""
    home = fork(booked)
    home.drop("sw.docx", docx(lines_of("social-worker", "zebra-social-worker")))
    home.run()
    home.clock(GOES)
    home.run()
    (message,) = home.sent_to(ADDRESSES["chair"])
    words = home.passphrase(REF, "chair")
    text = "".join(opened_text(attachment(message), words, tmp_path))
    assert "awaited" in text
    assert "Harbour Lane" in text
    home.clock("2026-11-28T11:30")
    home.drop("gp.pdf", pdf(lines_of("gp", "zebra-gp")))
    home.run()
    second = [m for m in home.sent_to(ADDRESSES["chair"]) if str(m["Message-ID"]) != str(message["Message-ID"])]
    assert len(second) == 1
    text = "".join(opened_text(attachment(second[0]), words, tmp_path))
    assert "late by 2 hours" in text
    assert zebras([text]) == {"zebra-gp"}
    assert home.document(REF, "chair", "supplement")["state"] == "accepted"


# --- afterwards, and before


@pytest.mark.slow
def test_a_later_report_goes_as_a_supplement(sent: Home, fork: Fork, tmp_path: Path) -> None:
    """After the packs, a new version goes at once to those entitled to it, and nobody else; an ended conference sends nothing."""
    home = fork(sent)
    home.clock("2026-11-28T09:00")
    home.drop("gp.txt", txt(lines_of("gp", "The newer zebra-gp.")))
    home.run()
    rows = home.documents(REF)
    got = {r["person"]: r["state"] for r in rows if r["document"] == "supplement"}
    assert got == dict.fromkeys(PROFESSIONALS, "accepted")
    assert all(newest(rows, p)["issue"] == 1 for p in PROFESSIONALS)
    message = home.sent_to(ADDRESSES["school"])[-1]
    texts = [
        "".join(opened_text(attachment(m), home.passphrase(REF, "school"), tmp_path))
        for m in home.sent_to(ADDRESSES["school"])
    ]
    assert message is not None
    assert sum("newer" in text for text in texts) == 1
    home.clock("2026-11-30T11:30")
    home.drop("school.txt", txt(lines_of("school", "After the end.")))
    home.run()
    assert len(home.sent_to(ADDRESSES["chair"])) == 2
    assert home.reports(REF)["school"]["version"] == 2
    home.sound()


@pytest.mark.slow
def test_a_later_report_before_sending_makes_the_pack_anew(composed: Home, fork: Fork, tmp_path: Path) -> None:
    """Before they go, packs that nobody released are composed anew with the new version; the old ones are withdrawn."""
    home = fork(composed)
    home.release(REF, "mother")
    home.drop("gp.txt", txt(lines_of("gp", "The newer zebra-gp.")))
    home.drop("sw.txt", txt(lines_of("social-worker", "The newer zebra-social-worker.")))
    home.run()
    rows = [r for r in home.documents(REF) if r["person"] == "chair"]
    assert [r["state"] for r in rows if r["document"] == "pack"][-1] == "released"
    assert all(r["state"] == "cancelled" for r in rows[:-1])
    text = "".join(opened_text(home.exported(REF, "chair"), home.passphrase(REF, "chair"), tmp_path))
    assert text.count("newer") == 2
    mother = [(r["document"], r["state"]) for r in home.documents(REF) if r["person"] == "mother"]
    assert mother == [("pack", "released"), ("supplement", "composed")]
    home.clock(GOES)
    home.run()
    assert state_of(home, "mother") == "accepted"
    assert state_of(home, "mother", "supplement") == "composed"
    home.release(REF, "mother", document="supplement")
    home.run()
    assert state_of(home, "mother", "supplement") == "accepted"


@pytest.mark.parametrize(
    "change",
    [
        "exclusion",
        "stop",
        *(pytest.param(c, marks=pytest.mark.slow) for c in ("address", "person", "suspend", "refuse", "cancel")),
    ],
)
def test_what_stops_a_released_pack(released: Home, fork: Fork, change: str) -> None:
    """An exclusion, another address, a changed person, a suspension, a refusal, a stop or a cancellation: nothing goes."""
    home = fork(released)
    said = ("--because", "it is so", "--by", "Ann Clerk")
    match change:
        case "exclusion":
            home("exclude", REF, "mother", "--from", "reports", "--because", "risk", "--decided-by", "R Tarrow")
        case "address":
            home("person", "change", REF, "mother", "--email", "maren.new@freemail.example")
            home.confirm(REF, "mother")
        case "person":
            home("person", "change", REF, "mother", "--name", "Maren Fernsby-Marr")
        case "suspend":
            home("address", "suspend", REF, "mother", *said)
        case "refuse":
            home("refuse", REF, "mother", "--document", "pack", *said)
            assert state_of(home, "mother") == "held"
            home.refused("release", REF, "mother", "--by", "Cleo Head")
            home.refused("export", REF, "mother", "--document", "pack", "--to", str(home.path.parent / "no.pdf"))
        case "stop":
            home("stop", REF, "--because", "wait")
        case "cancel":
            home("cancel", REF, "--because", "moved away")
    home.clock(GOES)
    home.run()
    assert home.sent_to(ADDRESSES["mother"]) == []
    assert home.sent_to("maren.new@freemail.example") == []
    if change in ("stop", "cancel"):
        assert home.sent() == []
    if change in ("address", "person"):
        assert state_of(home, "mother") == "composed"
        assert "cancelled" in {r["state"] for r in home.documents(REF) if r["person"] == "mother"}
    if change == "stop":
        home("resume", REF)
        home.run()
        assert len(home.sent_to(ADDRESSES["mother"])) == 1


@pytest.fixture(scope="module")
def released(composed: Home, fork: Fork) -> Home:
    """The mother's copy is released. Not to be changed: fork it."""
    home = fork(composed)
    home.refused("release", REF, "gp", "--by", "Bea Manager")
    home.refused("release", REF, "father", "--by", "Bea Manager")
    home.release(REF, "mother")
    home.refused("release", REF, "mother", "--by", "Bea Manager")
    return home


@pytest.mark.slow
def test_unfile_before_and_after_sending(composed: Home, sent: Home, fork: Fork, tmp_path: Path) -> None:
    """A wrong filing taken back leaves every unsent copy; where it was sent it is a breach that names who has it."""
    home = fork(composed)
    item = home.reports(REF)["gp"]["item"]
    value = home("unfile", item, "--because", "another family's", "--by", "Ann")
    assert value["breach"] is False
    home.clock(GOES)
    home.run()
    for person in PROFESSIONALS:
        (message,) = home.sent_to(ADDRESSES[person])
        assert zebras(opened_text(attachment(message), home.passphrase(REF, person), tmp_path)) == ALL - {"zebra-gp"}
    home = fork(sent)
    value = home("unfile", home.reports(REF)["gp"]["item"], "--because", "another family's", "--by", "Ann")
    assert (value["breach"], sorted(value["who_has_it"])) == (True, sorted(PROFESSIONALS))
    assert "BreachOpened" in home.ended("audit", "show", REF, "--json").out


def test_two_names(composed: Home, fork: Fork) -> None:
    """Where two names are asked, one leaves it composed; the same twice, and the one who confirmed the address, are refused."""
    home = fork(composed)
    home.settings("releases_needed = 2")
    value = home("release", REF, "mother", "--document", "pack", "--by", "Bea Manager")
    assert value["state"] == "composed"
    row = home.document(REF, "mother")
    assert row["state"] == "composed"
    assert row["why"]
    home.refused("release", REF, "mother", "--by", "bea  manager")
    home.refused("release", REF, "mother", "--by", "Ann Clerk")
    assert home("release", REF, "mother", "--by", "Cleo Head")["state"] == "released"
    home.clock(GOES)
    home.run()
    assert state_of(home, "mother") == "accepted"


def test_a_protected_detail_leaves_the_report_out(filed: Home, fork: Fork, tmp_path: Path) -> None:
    """A detail added later: the report that holds it, however written, is left out of that person's copy; all need release now."""
    home = fork(filed)
    home.drop("gp.txt", txt(lines_of("gp", "She lives at 14, TERN\r\nCourt since May. zebra-gp")))
    home.run()
    words = ("--kind", "address", "--because", "refuge", "--by", "Ann")
    home("protect", REF, "--detail", "14 Tern Court, Port Mere ZZ4 7QX", "--from", "school", *words)
    home.clock(COMPOSES)
    home.run()
    rows = {r["person"]: r for r in home.documents(REF)}
    assert {rows[p]["state"] for p in ("social-worker", "school", "gp", "mother")} == {"composed"}
    assert rows["chair"]["state"] == "released"
    assert zebras(opened_text(home.exported(REF, "school"), home.passphrase(REF, "school"), tmp_path)) == ALL - {
        "zebra-gp"
    }
    assert zebras(opened_text(home.exported(REF, "gp"), home.passphrase(REF, "gp"), tmp_path)) == ALL
    (kept,) = rows["school"]["left_out"]
    decided = home("allow", REF, "school", kept["report"], "--decided-by", "R Tarrow", "--because", "she asked")
    assert "protected detail" in decided["still_withheld"]
    value = home("release", REF, "school", "--by", "Bea Manager")
    assert len(value["left_out"]) == 1
    explained = "\n".join(home("audit", "explain", REF, "school")["lines"])
    assert "protected detail" in explained
    text = "".join(opened_text(home.exported(REF, "school"), home.passphrase(REF, "school"), tmp_path))
    assert "Harbour Lane" not in text
    reader = pypdf.PdfReader(io.BytesIO(home.exported(REF, "school")), password=home.passphrase(REF, "school"))
    assert not [o for o in reader.outline if not isinstance(o, list) and "Harbour" in str(o.title)]


@pytest.mark.slow
def test_a_finished_copy_with_a_detail_is_held(filed: Home, fork: Fork) -> None:
    """A detail that stands on the cover itself is found in the finished copy: held, and no release can pass it."""
    home = fork(filed)
    words = ("--kind", "name", "--because", "b", "--by", "Ann")
    home("protect", REF, "--detail", "Rosalind Tarrow", "--from", "mother", *words)
    home.clock(COMPOSES)
    home.run()
    row = home.document(REF, "mother")
    assert row["state"] == "held"
    assert "protected detail" in row["why"]
    home.refused("release", REF, "mother", "--by", "Bea Manager")
    home.refused("export", REF, "mother", "--document", "pack", "--to", str(home.path.parent / "no.pdf"))
    home.clock(GOES)
    home.run()
    assert home.sent_to(ADDRESSES["mother"]) == []
    assert len(home.sent_to(ADDRESSES["chair"])) == 1


def test_a_confidential_section_goes_to_the_chair_alone(filed: Home, fork: Fork, tmp_path: Path) -> None:
    """Until the chair decides it is in the chair's copy only; it is judged by its own rule, and makes releases necessary."""
    home = fork(filed)
    home.drop(f"{REF} Confidential section gp.txt", txt(lines_of("gp", "Only for the chair: okapi.")))
    home.run()
    row = home.reports(REF)["gp"]
    assert row["version"] == 1
    assert len(row["confidential"]) == 1
    home.clock(COMPOSES)
    home.run()
    for person in ("chair", "gp", "mother"):
        text = "".join(opened_text(home.exported(REF, person), home.passphrase(REF, person), tmp_path))
        assert ("okapi" in text) == (person == "chair"), person
        assert ("onfidential section" in text) == (person == "chair"), person
    assert state_of(home, "school") == "composed"
    item = row["confidential"][0]["item"]
    value = home("allow", REF, "social-worker", item, "--decided-by", "R Tarrow", "--because", "she must know")
    assert value["still_withheld"] is None
    home.run()
    text = "".join(opened_text(home.exported(REF, "social-worker"), home.passphrase(REF, "social-worker"), tmp_path))
    assert "okapi" in text


@pytest.mark.slow
def test_a_shared_mailbox_blocks(filed: Home, fork: Fork) -> None:
    """Two parents with one address, of whom one is excluded: nothing goes to that address."""
    home = fork(filed)
    home("person", "change", REF, "father", "--email", ADDRESSES["mother"])
    home.confirm(REF, "father")
    home("exclude", REF, "father", "--from", "reports", "--because", "risk", "--decided-by", "R Tarrow")
    home.clock(GOES)
    home.run()
    row = home.document(REF, "mother")
    assert row["state"] == "waiting"
    assert "address" in row["why"]
    assert home.sent_to(ADDRESSES["mother"]) == []


@pytest.mark.slow
def test_a_late_confirmation_sends_until_the_end(sent: Home, fork: Fork) -> None:
    """What is late for whatever reason still goes at once: an address confirmed on the day itself."""
    home = fork(sent)
    home.clock("2026-11-30T09:00")
    home.confirm(REF, "father")
    home.run()
    home.release(REF, "father")
    home.run()
    assert state_of(home, "father") == "accepted"


@pytest.mark.slow
def test_a_stop_of_everything(composed: Home, fork: Fork) -> None:
    """`stop` without a reference halts all sending at once, `resume` starts it; a released pack says why it stays."""
    home = fork(composed)
    home("stop", "--because", "a doubt")
    home.clock(GOES)
    home.run()
    assert home.sent() == []
    assert "stopped" in home.document(REF, "chair")["why"]
    home("resume")
    home.run()
    assert len(home.sent()) == len(PROFESSIONALS)


@pytest.mark.slow
def test_a_real_home_without_a_server_sends_nothing(homes: Path) -> None:
    """Documents of a real home without an SMTP server stay released, with why."""
    home = Home.make(homes / "unserved", rehearsal=False)
    from datetime import datetime, timedelta

    start = (datetime.now() + timedelta(hours=20)).strftime("%Y-%m-%dT12:00")
    home.convene(small("PM-2611-900", start=start, leave_out=("school", "gp", "mother", "father")))
    home.confirm("PM-2611-900", "chair", "social-worker")
    home.drop("sw.txt", txt(lines_of("social-worker", "words", reference="PM-2611-900")))
    home.run()
    row = home.document("PM-2611-900", "chair")
    assert row["state"] == "released"
    assert "mail server" in row["why"]
    assert not list((home.path / "outbox").rglob("*.eml"))


def test_due_is_the_reports_due(sent: Home) -> None:
    """The due instant that the packs were planned by is the one that is shown."""
    assert sent.reports(REF)["gp"]["due_at"].startswith(DUE)
