"""The draft of the minutes, from the recorded outcome to the Word file, and what becomes of one in the inbox."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from docx import Document

from pipeline.domain.outcome import Attendance, Opinion, Presence, View
from pipeline.domain.people import PersonId
from tests.acceptance.bookings import CHILD, REF, small
from tests.acceptance.home import Home
from tests.acceptance.test_papers import C1, ENDS, MADE, record

SCHOOL = PersonId("school")


def test_the_draft_waits_for_the_views_and_is_never_filed_as_a_report(tmp_path: Path) -> None:
    """Portsmouth forbids it while a view is blank; then it is written once, and dropped in the inbox it is held."""
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
    (held,) = home.held()
    assert held["code"] == "minutes" and home.reports(REF)["school"]["state"] != "received"
    home.sound()
