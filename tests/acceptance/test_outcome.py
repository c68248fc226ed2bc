"""The outcome of a conference through the command line: blocked, recorded, filled in as a Word form, what is due after it."""

from __future__ import annotations

import io
from pathlib import Path

import docx

from tests.acceptance.bookings import REF, small
from tests.acceptance.home import Home

STARTS, ENDS = "2026-11-30T09:30", "2026-11-30T12:00"
TOML = """
ended = "2026-11-30T11:30"
decided_by = "Rosalind Tarrow"
{dates}
[[child]]
id = "c1"
decision = "plan-made"
category = "neglect"
reason = "Too many days of school missed."
grade = 2
[[attendance]]
person = "mother"
presence = "attended"
[[attendance]]
person = "father"
presence = "absent"
"""
DATES = '[dates]\ncore_group = "2026-12-10T14:00"\nvisit = "2026-12-01T10:00"\nreview = "2027-02-25T10:00"\n'
ANSWERS = {
    "Ended": "30/11/2026 11.30am", "Decided by": "Rosalind Tarrow", "Next core group": "10 December 2026 14:00",
    "First visit": "2026-12-01T10:00", "Next review conference": "25 Feb 2027 at 10:00", "Decision": "Plan made",
    "Category": "Neglect", "Reason": "Too many days of school missed.", "Grade": " 2 ",
}  # fmt: skip
PRESENT = {"mother": "attended", "father": "absent"}


def file(folder: Path, text: str) -> str:
    """Writes an outcome and returns its path."""
    path = folder / "outcome.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def filled(form: bytes) -> bytes:
    """The Word form as somebody fills it in: answers in the middle column, found by their labels."""
    document = docx.Document(io.BytesIO(form))
    for table in document.tables:
        for row in table.rows:
            label = row.cells[0].text.strip()
            answer = next((said for name, said in ANSWERS.items() if label == name or label.startswith(f"{name} (")), None)
            if answer is not None and len(row.cells) == 3:
                row.cells[1].text = answer
            if label in PRESENT and len(row.cells) == 4 and table.rows[0].cells[0].text.startswith("Who took part"):
                row.cells[2].text = PRESENT[label]
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_an_outcome_is_blocked_then_recorded_and_sets_the_course(empty: Home, fork: object, tmp_path: Path) -> None:
    """Without a core group's date nothing is recorded; with it all is due; the Word form says the same as the file."""
    home = fork(empty)  # type: ignore[operator]
    home.convene(small(profile="sw-guide"))
    said = home.refused("outcome", REF, file(tmp_path, TOML.format(dates=DATES)))
    assert "begins" in said
    home.clock(ENDS)
    wrong = TOML.format(dates="").replace("grade = 2", "grade = 11").replace('"neglect"', '"naughty"')
    said = home.refused("outcome", REF, file(tmp_path, wrong))
    assert "line 8: child[1].category" in said and "line 10: child[1].grade" in said and "naughty" not in said
    said = home.refused("outcome", REF, file(tmp_path, TOML.format(dates="")))
    assert all(rule in said for rule in ("SWG-12", "SWG-13", "SWG-14"))
    before = home("timetable", REF)
    checked = home("outcome", REF, file(tmp_path, TOML.format(dates="")), "--check")
    assert checked["recorded"] is False and {one["rule"] for one in checked["blocks"]} == {"SWG-12", "SWG-13", "SWG-14"}
    assert home("timetable", REF) == before

    form = tmp_path / "form.docx"
    home("outcome", REF, "--form", str(form))
    form.write_bytes(filled(form.read_bytes()))
    from_form = home("outcome", REF, str(form), "--check")
    from_file = home("outcome", REF, file(tmp_path, TOML.format(dates=DATES)), "--check")
    assert from_form["blocks"] == [] and from_form == from_file

    recorded = home("outcome", REF, str(form))
    assert recorded["recorded"] is True
    due = {(row["rule"], row["duty"]): row for row in home("timetable", REF)}
    assert due["SWG-18", "escalation"]["due_local"] == "2026-12-01T11:30:00" and due["SWG-18", "escalation"]["child"] == "c1"
    assert due["SWG-16", "minutes-completed"]["due_local"] == "2026-12-15T23:59:59"
    assert "already" in home.refused("outcome", REF, str(form))
    home.clock("2026-12-11T09:00")
    home("done", REF, "SWG-12", "--at", "2026-12-10T14:00", "--how", "all came", "--by", "Ann Clerk")
    after = [row for row in home("timetable", REF) if row["rule"] == "SWG-12" and row["trigger"] == "core-group"]
    assert [row["due_local"] for row in after] == ["2027-01-07T23:59:59"]
    assert home.ended("done", REF, "SWG-12", "--at", "2026-12-12T14:00", "--how", "x", "--by", "Ann Clerk").code == 2
    agenda = {row["rule"]: row["state"] for row in home("agenda", REF)["duties"] if row["rule"]}
    assert agenda["SWG-13"] == "overdue" and agenda["SWG-17"] == "coming"
