"""Answers to a decision, from the notice that went to the chair's word on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.bookings import REF
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
    assert home("response", REF, "school", "--at", "2026-12-04T00:00", "--says", "disagrees", *by)["state"] == "late"
    listed = {row["person"]: row for row in home("responses", REF)}
    assert set(listed) == {"mother", "school"} and listed["mother"]["text"] == "I do not agree with the category."
    word = ("--decided-by", "Rosalind Tarrow", "--because", "the school's numbers were wrong")
    assert home("decision", "change", REF, *word)["decision"] == "to be changed"
    assert "already" in home.refused("decision", "change", REF, *word)
    assert "new-outcome" in {row["duty"] for row in home("agenda", REF)["duties"]}
    home.sound()
