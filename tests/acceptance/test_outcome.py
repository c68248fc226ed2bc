"""From the end of a conference on, through the command line: blocked, recorded, its dates, what was done since."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.home import PROGRAM, Home

REF = "MV-2612-011"
DATA = PROGRAM / "tests" / "data"


def test_an_outcome_is_blocked_then_recorded_and_the_timetable_follows(tmp_path: Path) -> None:
    """F5: no outcome before its start; none without its dates; one child is escalated; the next visit counts from the last."""
    home = Home.make(tmp_path / "home", profile="sw-guide")
    home.clock("2026-11-26T09:30")
    home("convene", str(DATA / "bookings" / "f5.toml"))
    file = tmp_path / "f5.toml"
    whole = (DATA / "outcomes" / "f5.toml").read_text()
    file.write_text(whole)
    assert "begins" in home.refused("outcome", REF, str(file))
    before = home("timetable", REF)
    assert {row["child"] for row in before} == {None}
    form = tmp_path / "form.docx"
    home("outcome", REF, "--form", str(form))
    assert form.stat().st_mode & 0o077 == 0
    assert "already" in home.refused("outcome", REF, "--form", str(form))

    home.clock("2026-12-17T12:30")
    assert "Child c1, Decision: is required" in home.refused("outcome", REF, str(form))
    file.write_text(whole.replace('core_group = "2027-01-05T10:00"\n', ""))
    refusal = home.refused("outcome", REF, str(file))
    assert "SWG-12" in refusal and "SWG-14" not in refusal
    checked = home("outcome", REF, str(file), "--check")
    assert checked["recorded"] is False and [one["rule"] for one in checked["blocks"]] == ["SWG-12"]
    assert home("timetable", REF) == before, "neither a refusal nor a check changes anything"
    assert "--because" in home.refused("outcome", REF, str(file), "--override", "SWG-12")

    file.write_text(whole)
    recorded = home("outcome", REF, str(file))
    assert recorded["recorded"] is True and recorded["blocks"] == []
    assert home("timetable", REF) == recorded["timetable"]
    escalated = [row for row in recorded["timetable"] if row["rule"] == "SWG-18"]
    assert [(row["child"], row["due_local"]) for row in escalated] == [("c2", "2026-12-18T12:00:00")]
    assert "already" in home.refused("outcome", REF, str(file))
    assert "taken place" in home.refused("move", REF, "--start", "2026-12-20T10:00", "--because", "too late")

    by = ("--how", "at home", "--by", "Ptolemy Askew")
    assert "future" in home.refused("done", REF, "visit", "--at", "2026-12-21T10:00", *by)
    home.clock("2026-12-21T12:00")
    assert "no duty" in home.refused("done", REF, "party", "--at", "2026-12-21T10:00", *by)
    assert "no child" in home.refused("done", REF, "visit", "--at", "2026-12-21T10:00", "--child", "c9", *by)
    home("done", REF, "visit", "--at", "2026-12-21T10:00", *by)
    handed = home("done", REF, "SWG-6", "--at", "2026-12-15T09:00", "--person", "mother", *by)
    assert handed["duty"] == "paper-report-to-family"
    rows = {(row["rule"], row["duty"]): row for row in home("timetable", REF)}
    assert rows["SWG-20", "first-visit"]["done_at"] == "2026-12-21T10:00:00+00:00"
    assert rows["SWG-20", "visit"]["due_local"] == "2027-01-07T23:59:59"

    file.write_text(whole.replace("2026-12-17T12:00", "2026-12-17T12:15").replace('review = "2027-03-16T10:00"\n', ""))
    passed = home(
        "outcome", REF, str(file), "--override", "SWG-14", "--by", "Sunniva Garth", "--because", "the room is not free"
    )
    assert [one["rule"] for one in passed["overridden"]] == ["SWG-14"]
    home.sound()
