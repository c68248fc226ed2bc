"""The draft of the minutes, from the recorded outcome to the Word file, and what becomes of one in the inbox."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document

from pipeline.domain.outcome import Attendance, Opinion, Presence, View
from pipeline.domain.people import PersonId
from tests.acceptance.bookings import CHILD, REF, sample, small
from tests.acceptance.home import Home, newest, squeezed
from tests.acceptance.test_papers import C1, ENDS, MADE, record, text_sent

SCHOOL = PersonId("school")


@pytest.mark.slow
def test_the_draft_waits_for_the_views_and_is_never_filed_as_a_report(tmp_path: Path) -> None:
    """Portsmouth forbids it while a view is blank; then it is written once, and dropped in the inbox it is a version."""
    home = Home.make(tmp_path / "home")
    home.clock("2026-11-30T09:00")
    home.convene(small(leave_out=("gp", "father", "social-worker")))
    home.clock(ENDS)
    file = tmp_path / "minutes.docx"
    assert "no outcome" in home.refused("minutes", "draft", REF, "--to", str(file))
    came = (Attendance(person=SCHOOL, presence=Presence.ATTENDED),)
    record(home, replace(MADE, attendance=came))
    assert "POR-12" in home.refused("minutes", "draft", REF, "--to", str(file)) and not file.exists()
    view = View(person=SCHOOL, child=C1, opinion=Opinion.PROTECTION_PLAN, rationale="Many days missed.")
    record(home, replace(MADE, attendance=came, views=(view,)))
    home("minutes", "draft", REF, "--to", str(file))
    text = "\n".join(one.text for one in Document(io.BytesIO(file.read_bytes())).paragraphs)
    for words in (f"Minutes of {REF}, draft", CHILD, "Many days missed.", "Too many days of school missed."):
        assert words in text
    assert "already" in home.refused("minutes", "draft", REF, "--to", str(file))
    home.drop(f"{REF} Gullwing Primary School.docx", file.read_bytes())
    home.run()
    assert [row["state"] for row in home("minutes", "list", REF)] == ["taken"]
    assert home.held() == [] and home.reports(REF)["school"]["state"] != "received"
    home.sound()


def edited(file: Path, old: str, new: str) -> bytes:
    """The Word file with the words of one paragraph changed and nothing left to write, as a person leaves it."""
    doc = Document(str(file))
    (paragraph,) = [one for one in doc.paragraphs if old in one.text]
    paragraph.text = new
    for one in doc.paragraphs:
        one.text = one.text.replace("[To be written]", "Nothing was said.") if "[To be written]" in one.text else one.text
    made = io.BytesIO()
    doc.save(made)
    return made.getvalue()


def test_edited_minutes_come_back_and_go_to_who_may_have_them(tmp_path: Path) -> None:
    """Dropped in the inbox and once more with another edit: two versions, compared, approved, sent; a third voids what waits.

    Killed while the first is taken, it is one version all the same.
    """
    home = Home.make(tmp_path / "home")
    home.clock("2026-11-30T09:00")
    home.convene(small(leave_out=("gp", "father", "social-worker")))
    home.confirm(REF, "chair", "school", "mother")
    home.clock(ENDS)
    view = View(person=SCHOOL, child=C1, opinion=Opinion.PROTECTION_PLAN, rationale="Many days missed.")
    record(home, replace(MADE, views=(view,)))
    file = tmp_path / "minutes.docx"
    home("minutes", "draft", REF, "--to", str(file))
    home.drop("as the chair left them.docx", edited(file, "From the social worker", "Ottilie missed many days of school."))
    assert home.killed("take.before-fact")
    home.run()
    (first,) = home("minutes", "list", REF)
    assert (first["version"], first["state"], first["by"], first["for"]) == (1, "taken", "dropped in the inbox", [])
    assert "waits to be approved" in home.document(REF, "school", "minutes")["why"]
    second = tmp_path / "second.docx"
    second.write_bytes(edited(file, "From the social worker", "Ottilie missed thirty days of school."))
    assert home("minutes", "take", REF, str(second), "--by", "Rosalind Tarrow")["version"] == 2
    compared = home("minutes", "compare", REF)
    (change,) = compared["changes"]
    assert "many days" in change["before"] and "thirty days" in change["after"] and compared["outcome"] == []
    assert "took the place" in home.refused("minutes", "approve", REF, "--version", "1", "--by", "Rosalind Tarrow")
    home("minutes", "approve", REF, "--version", "2", "--by", "Rosalind Tarrow")
    home.run()
    rows = home.documents(REF)
    assert [newest(rows, who, "minutes")["state"] for who in ("school", "mother")] == ["accepted", "composed"]
    text = text_sent(home, "school", "school", tmp_path)
    assert squeezed("Ottilie missed thirty days of school.") in text and squeezed("If your agency does not agree") in text
    home("minutes", "take", REF, str(file), "--by", "Rosalind Tarrow")
    assert "[To be written]" in home.refused("minutes", "approve", REF, "--version", "3", "--by", "Rosalind Tarrow")
    home.refused("release", REF, "mother", "--document", "minutes", "--by", "Bea Manager")
    home.run()
    waiting = home.document(REF, "mother", "minutes")
    assert waiting["state"] == "waiting" and "version 3" in waiting["why"]
    assert home.sent_to("maren.f@freemail.example") == []
    home.sound()


@pytest.mark.slow
def test_minutes_that_name_a_child_of_another_conference_are_approved_only_with_a_reason(tmp_path: Path) -> None:
    """Taken and flagged; without a reason nobody has them, and nothing was changed by the refusal."""
    home = Home.make(tmp_path / "home")
    home.clock("2026-11-30T09:00")
    other = tmp_path / "other.toml"
    other.write_text(sample("f1"))
    home("convene", str(other))
    home.convene(small(leave_out=("gp", "father", "social-worker")))
    home.confirm(REF, "chair", "school")
    home.clock(ENDS)
    view = View(person=SCHOOL, child=C1, opinion=Opinion.PROTECTION_PLAN, rationale="Many days missed.")
    record(home, replace(MADE, views=(view,)))
    file = tmp_path / "minutes.docx"
    home("minutes", "draft", REF, "--to", str(file))
    second = tmp_path / "second.docx"
    second.write_bytes(edited(file, "From the social worker", "As in the case of Isla-Wren Quillfeather."))
    home("minutes", "take", REF, str(second), "--by", "Rosalind Tarrow")
    approve = ("minutes", "approve", REF, "--version", "1", "--by", "Rosalind Tarrow")
    assert "another conference" in home.refused(*approve)
    home.run()
    assert home.document(REF, "school", "minutes")["state"] == "waiting"
    home(*approve, "--because", "a cousin who lives in the house")
    home.run()
    assert home.document(REF, "school", "minutes")["state"] == "accepted"
