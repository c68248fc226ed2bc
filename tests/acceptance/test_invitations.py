"""Invitations through the command line: the sealed letters, what lies beside them, and the form that finds its way home."""

from __future__ import annotations

from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest

from tests.acceptance.bookings import ADDRESSES, BOOKED, CHILD, COMPOSES, PEOPLE, REF, small
from tests.acceptance.files import docx, lines_of, txt
from tests.acceptance.home import Home, opened_text, squeezed

OTHERS = {name for name, *_ in PEOPLE.values()}


def parts(mail: EmailMessage) -> dict[str, bytes]:
    """The attachments of a mail by their names."""
    return {str(part.get_filename()): bytes(part.get_payload(decode=True)) for part in mail.iter_attachments()}  # type: ignore[arg-type]


def filled(form: bytes) -> bytes:
    """The report form with an answer below its headings and the author's name and number."""
    from docx import Document

    doc = Document(BytesIO(form))
    for row in doc.tables[0].rows:
        said = {"Author's name": "Philippa Marlowe", "Direct line": "01632 960177", "Children": CHILD}
        row.cells[1].text = said.get(row.cells[0].text, row.cells[1].text)
    blocks = list(doc.paragraphs)
    for at, paragraph in enumerate(blocks):
        if paragraph.text.endswith("Parents' views"):
            blocks[at + 2].text = "Their mother says that mornings are hard."
    made = BytesIO()
    doc.save(made)
    return made.getvalue()


def test_the_letter_goes_and_its_form_finds_its_way_home(tmp_path: Path) -> None:
    """The school is invited at once, and its filled form is filed; the mother once it is decided, by the social worker's hands."""
    home = Home.make(tmp_path / "home", settings="invitations = true")
    home.clock(BOOKED)
    home.convene(small(leave_out=("gp", "father")))
    home.confirm(REF, "chair", "school", "social-worker", "mother")
    home.run()
    (mail,) = home.sent_to(ADDRESSES["school"])
    found = parts(mail)
    assert list(found) == [f"papers-{REF}.pdf", f"meeting-{REF}.ics", f"report-form-{REF}.docx"]
    text = squeezed("".join(opened_text(found[f"papers-{REF}.pdf"], home.passphrase(REF, "school"), tmp_path)))
    for words in (CHILD, "Monday 30 November 2026 at 09:30", "by Saturday 28 November 2026 at 09:30", "the parents' views"):
        assert squeezed(words) in text
    assert not [name for who, (name, *_) in PEOPLE.items() if who not in ("school", "chair") and squeezed(name) in text]
    assert not [address for address in ADDRESSES.values() if address in text]
    assert not [row for row in home.documents(REF) if row["document"] == "invitation" and row["person"] == "mother"]

    home.drop("empty.docx", found[f"report-form-{REF}.docx"])
    home.drop("scan.docx", filled(found[f"report-form-{REF}.docx"]))
    home("person", "change", REF, "mother", "--include", "--include-because", "she lives with the child")
    home.run()
    school = home.reports(REF)["school"]
    assert (school["state"], school["verdict"], school["complete"]) == ("received", "on-time", True)
    assert [row["code"] for row in home.held()] == ["unfilled"]
    mine = home.document(REF, "mother", "invitation")
    assert (mine["state"], mine["route"], mine["goes_to"]) == ("composed", "social-worker", "social-worker")
    home.release(REF, "mother", document="invitation")
    home.run()
    assert home.sent_to(ADDRESSES["mother"]) == []
    (handing,) = [mail for mail in home.sent_to(ADDRESSES["social-worker"]) if "hand over" in str(mail["Subject"])]
    assert list(parts(handing)) == [f"papers-{REF}.pdf"]
    duty = next(d for d in home("agenda", REF)["duties"] if d["duty"] == "hand-over" and d["person"] == "mother")
    assert "--document invitation" in duty["next_step"]
    home.sound()


@pytest.mark.slow
def test_who_is_kept_from_attending_has_the_papers_and_no_time(tmp_path: Path) -> None:
    """After an exclusion the letter that went is no longer theirs, and the pack's cover says neither when nor that they meet."""
    home = Home.make(tmp_path / "home", settings="invitations = true")
    home.clock(BOOKED)
    home.convene(small(leave_out=("gp", "father", "school")))
    home("person", "change", REF, "mother", "--include", "--include-because", "lives with the child")
    home.confirm(REF, "chair", "social-worker", "mother")
    home.run()
    home.release(REF, "mother", document="invitation")
    home.run()
    out = ("export", REF, "mother", "--to", str(tmp_path / "mine.pdf"), "--document", "invitation")
    assert home(*out)["warning"] is None
    home("exclude", REF, "mother", "--from", "attending", "--because", "a threat", "--decided-by", "Rosalind Tarrow")
    assert "not to have it any more" in home(*out)["warning"]
    home.drop("sw.txt", txt(lines_of("social-worker", "We saw them twice.")))
    home.clock(COMPOSES)
    home.run()
    home.release(REF, "mother")
    home("export", REF, "mother", "--to", str(tmp_path / "pack.pdf"))
    cover = squeezed(" ".join(opened_text((tmp_path / "pack.pdf").read_bytes(), home.passphrase(REF, "mother"), tmp_path)[:1]))
    assert squeezed("Papers for you") in cover
    assert squeezed("your meeting") not in cover and squeezed("30 November 2026 at") not in cover
    home.sound()


@pytest.mark.slow
def test_a_move_replaces_the_letter_and_files_beside_it_are_written(tmp_path: Path) -> None:
    """Undecided parents stop every letter; then a move sends a new issue, and calendar and form are written on demand."""
    home = Home.make(tmp_path / "home", profile="sw-guide", settings="invitations = true")
    home.clock(BOOKED)
    home.convene(small(profile="sw-guide", leave_out=("gp", "father")))
    home.confirm(REF, "chair", "school", "social-worker", "mother")
    home.run()
    waits = home.document(REF, "school", "invitation")
    assert waits["state"] == "waiting" and "SWG-4" in waits["why"]
    home("person", "change", REF, "mother", "--not-include", "--include-because", "a risk to the child")
    home.run()
    assert home.document(REF, "school", "invitation")["state"] == "accepted"
    home("move", REF, "--start", "2026-12-01T10:00", "--because", "the chair is ill")
    home.run()
    again = home.document(REF, "school", "invitation")
    assert (again["issue"], again["state"], again["supersedes"]) == (2, "accepted", 1)
    letters = [parts(mail)[f"papers-{REF}.pdf"] for mail in home.sent_to(ADDRESSES["school"])]
    text = squeezed("".join("".join(opened_text(one, home.passphrase(REF, "school"), tmp_path)) for one in letters))
    assert squeezed("Tuesday 1 December 2026 at 10:00") in text and squeezed("issue 1") in text

    file = tmp_path / "meeting.ics"
    assert home("calendar", REF, "school", "--to", str(file), "--after")["entries"] == 1
    calendar = file.read_bytes().decode()
    assert "DTSTART:20261201T100000Z\r\n" in calendar and not [name for name in OTHERS if name in calendar]
    assert "already" in home.refused("calendar", REF, "--to", str(file))
    assert "not to come" in home.refused("calendar", REF, "mother", "--to", str(tmp_path / "other.ics"))
    form = tmp_path / "form.docx"
    home("report-form", REF, "school", "--to", str(form))
    assert form.read_bytes().startswith(b"PK")
    assert "not asked" in home.refused("report-form", REF, "chair", "--to", str(tmp_path / "other.docx"))
    home("cancel", REF, "--because", "no longer needed")
    home.run()
    assert len(home.sent_to(ADDRESSES["school"])) == 2
    home.sound()


@pytest.mark.slow
def test_a_translation_is_sealed_for_its_reader_and_goes_by_hand(tmp_path: Path) -> None:
    """The mother's letter in her language opens with her words alone; one that holds what is kept from her is refused."""
    home = Home.make(tmp_path / "home", settings="invitations = true")
    home.clock(BOOKED)
    home.convene(small(leave_out=("gp", "school")))
    home.confirm(REF, "chair", "social-worker", "mother")
    home("protect", REF, "--detail", "0163 2960 555", "--kind", "phone", "--from", "mother", "--because", "x", "--by", "Ann")
    home("person", "change", REF, "mother", "--include", "--include-because", "lives there", "--interpreter", "Polish")
    home.run()
    file, to = tmp_path / "pl.docx", tmp_path / "sealed.pdf"
    file.write_bytes(docx(["Zaproszenie na spotkanie", "Zapraszamy na spotkanie."]))
    words = ("translated", REF, "mother", str(file), "--to", str(to), "--by", "Bea Manager", "--document", "invitation")
    assert "only a copy that people let go" in home.refused(*words)
    home.release(REF, "mother", document="invitation")
    home.run()
    sent = len(home.sent())
    task = [d for d in home("agenda", REF)["duties"] if d["duty"] in ("interpreter", "translation")]
    assert {d["duty"]: d["state"] for d in task} == {"interpreter": "coming", "translation": "due"}
    told = tmp_path / "told.docx"
    told.write_bytes(docx(["Zaproszenie", "Telefon: 01632 960555"]))
    said = home.refused(*(str(told) if word == str(file) else word for word in words))
    assert "proof.protected-detail" in said and "960555" not in said and not to.exists()
    told.write_bytes(docx(["Zaproszenie", f"Kontakt: {ADDRESSES['father']}"]))
    home("person", "change", REF, "father", "--not-include", "--include-because", "the chair's decision")
    said = home.refused(*(str(told) if word == str(file) else word for word in words))
    assert "somebody else of the family" in said and not to.exists()
    warned = home.ended("passphrase", REF, "father", "--by", "Ann Clerk", "--because", "asked")
    assert "kept from" in warned.err and warned.code == 0
    home(*words)
    text = squeezed("".join(opened_text(to.read_bytes(), home.passphrase(REF, "mother"), tmp_path)))
    assert squeezed("Zapraszamy na spotkanie.") in text and squeezed("Maren Fernsby") in text
    home.run()
    assert len(home.sent()) == sent
    task = [d["state"] for d in home("agenda", REF)["duties"] if d["duty"] == "translation"]
    assert task == ["done"]
    assert "In Polish" in home.ended("audit", "explain", REF, "mother").out
    home.sound()
