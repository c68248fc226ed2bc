"""Replay events 4, 5 and 15: incomplete reports are filed and say what they lack; confidential requests stay with the chair."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.bookings import BOOKED, REF, small
from tests.acceptance.files import docx, lines_of
from tests.acceptance.home import Home


def test_an_incomplete_report_is_filed_and_says_what_it_lacks(homes: Path) -> None:
    """Event 15: without recommendation and plan it is filed in time all the same; a person may find a part in it."""
    home = Home.make(homes / "incomplete", profile="barking-dagenham")
    home.clock(BOOKED)
    home.convene(small(profile="barking-dagenham"))
    risk = ["Is the child at ongoing risk of significant harm?", "☒ Yes ☐ No"]
    plan = ["Does the child need a child protection plan? Yes / No", "What should be in the plan", "Click or tap here"]
    author = ["Author: Philippa Marlowe", "Tel: 023 9200 0123"]
    home.drop(f"{REF} school.docx", docx([*lines_of("school", "A calm month."), *risk, *plan, *author]))
    home.run()
    row = home.reports(REF)["school"]
    assert (row["state"], row["verdict"], row["complete"]) == ("received", "on-time", False)
    assert row["missing"] == ["recommendation", "plan-content"]
    assert home.reports(REF)["gp"]["complete"] is None
    shown = home.ended("reports", REF).out
    assert "incomplete" in shown and "plan-content" in shown

    assert "one of parents-views" in home.refused("complete", row["item"], "--part", "x", "--because", "y", "--by", "Ann Clerk")
    said = ("--because", "it is struck out by hand", "--by", "Ann Clerk")
    for part, left in (("recommendation", ["plan-content"]), ("plan-content", [])):
        assert home("complete", row["item"], "--part", part, *said)["missing"] == left
    assert home.reports(REF)["school"]["complete"] is True
    assert "already" in home.refused("complete", row["item"], "--part", "recommendation", *said)
    home.sound()


def test_a_confidential_request_is_judged_decided_and_shown_to_nobody_else(homes: Path) -> None:
    """Events 4 and 5: a minute before its instant in time, a minute after it a call to the chair; no other command tells."""
    home = Home.make(homes / "confidential")
    home.clock(BOOKED)
    home.convene(small())
    section = docx(["Confidential section for the Chair", *lines_of("school", "An enquiry is in hand.")])
    home.drop(f"{REF} school confidential.docx", section)
    home.run()
    home.clock("2026-11-29T09:40")
    told = ("reports", "documents", "held", "audit show", "audit explain")
    lists = {name: home(*name.split(), *([] if name == "held" else [REF]), *(["gp"] if "explain" in name else [])) for name in told}

    def ask(person: str, at: str) -> dict[str, object]:
        words = ("--ground", "an enquiry in hand", "--kept-from", "mother,father", "--wish", "read-out", "--by", "Ann Clerk")
        row: dict[str, object] = home("confidential", "request", REF, person, "--at", at, *words)
        return row

    assert ask("school", "2026-11-29T09:29")["verdict"] == "on-time"
    late = ask("gp", "2026-11-29T09:31")
    assert (late["request"], late["verdict"], "Ring" in str(late["do_now"])) == ("q2", "late", True)
    for name, before in lists.items():
        now = home(*name.split(), *([] if name == "held" else [REF]), *(["gp"] if "explain" in name else []))
        assert json.dumps(now) == json.dumps(before), name

    decide = ("confidential", "decide", REF, "q1", "--decided-by", "Rosalind Tarrow", "--how", "in writing", "--because", "needed")
    assert "mother" in home.refused(*decide, "--to", "gp,mother")
    assert home(*decide, "--to", "gp", "--minutes", "summary", "--slot", "2026-11-30T09:30")["warnings"]
    row = home("confidential", "show", REF, "q1")
    assert (row["state"], row["decision"]["to"], len(row["sections"])) == ("decided", ["gp"], 1)
    assert [r["do_now"] is None for r in home("confidential", "list", REF)] == [True, False]
    withheld = "goes to the chair alone until the chair decides"
    assert withheld in json.dumps(lists["audit explain"])
    assert withheld not in json.dumps(home("audit", "explain", REF, "gp"))
    assert withheld in json.dumps(home("audit", "explain", REF, "father"))
    home(*decide)  # to nobody in writing: decided all the same
    assert {r["state"] for r in home("agenda", REF)["duties"] if r["duty"] == "confidential-decision"} == {"done"}
    home.sound()
