"""Answers to a decision, from the notice that went to the chair's word on them."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.bookings import ADDRESSES, REF
from tests.acceptance.files import eml
from tests.acceptance.test_papers import ended


@pytest.mark.slow
def test_answers_are_judged_listed_and_the_decision_changed(tmp_path: Path) -> None:
    """In time by a text, late by a word; the chair changes the decision once, and the agenda asks for the new outcome."""
    home = ended(tmp_path, "barking-dagenham", "school")
    home.release(REF, "mother", document="decision-notice")
    home.run()
    home.clock("2026-12-04T10:00")
    words = tmp_path / "words.txt"
    words.write_text("I do not agree with the category.\n")
    by = ("--by", "Ann Clerk")
    assert "future" in home.refused("response", REF, "mother", "--at", "2026-12-05T09:00", "--says", "agrees", *by)
    assert "--says" in home.refused("response", REF, "mother", "--at", "2026-12-03T09:00", *by)
    row = home("response", REF, "mother", "--at", "2026-12-03T23:59:59", "--text-file", str(words), *by)
    assert (row["state"], row["due_local"]) == ("in-time", "2026-12-03T23:59:59")
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = ADDRESSES["mother"], "sqt@portmere.example", f"Re: {REF}"
    reply.set_content("I still do not agree.")
    home.drop("reply.eml", reply.as_bytes())
    home.run()
    (held,) = home.held()
    assert home("response", REF, "mother", "--item", held["item"], "--says", "disagrees", *by)["state"] == "late"
    assert home.held() == []
    assert home("response", REF, "school", "--at", "2026-12-04T00:00", "--says", "disagrees", *by)["state"] == "late"
    answer = [("our answer.txt", f"{REF} Gullwing Primary School. We do not agree with the plan.".encode())]
    home.drop("answer.eml", eml(ADDRESSES["school"], f"Re: decision {REF}", answer))
    home.run()
    (held,) = home.held()
    assert held["code"] == "answer" and home.reports(REF)["school"]["state"] != "received"
    home("response", REF, "school", "--item", held["item"], "--says", "disagrees", *by)
    assert home.held() == []
    listed = [(row["person"], row["state"], row["text"]) for row in home("responses", REF)]
    assert sorted(listed, key=str) == [
        ("mother", "in-time", "I do not agree with the category."), ("mother", "late", None), ("school", "late", None),
        ("school", "late", None),
    ]  # fmt: skip
    word = ("--decided-by", "Rosalind Tarrow", "--because", "the school's numbers were wrong")
    assert home("decision", "change", REF, *word)["decision"] == "to be changed"
    assert "already" in home.refused("decision", "change", REF, *word)
    assert "new-outcome" in {row["duty"] for row in home("agenda", REF)["duties"]}
    home.sound()
