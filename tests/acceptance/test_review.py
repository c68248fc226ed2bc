"""From a recorded outcome to the review conference, through the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.bookings import CHILD, PEOPLE, REF, small
from tests.acceptance.home import Home
from tests.acceptance.test_papers import ENDS, MADE, record

PROFILES = ("irs", "sw-guide", "barking-dagenham", "northamptonshire")


def concluded(folder: Path, profile: str) -> Home:
    """A conference that has just ended, the mother's address confirmed; no outcome yet."""
    home = Home.make(folder, profile=profile)
    home.clock("2026-11-30T09:00")
    home.convene(small(profile=profile))
    home.confirm(REF, "mother")
    home("exclude", REF, "father", "--from", "reports", "--because", "a threat", "--decided-by", "Rosalind Tarrow")
    home.clock(ENDS)
    return home


def test_the_review_is_convened_once_from_the_outcome(tmp_path: Path) -> None:
    """It starts on the outcome's review date, carries the exclusion over to be reviewed, and leaves family unconfirmed."""
    home = concluded(tmp_path / "home", "portsmouth")
    assert "no outcome" in home.refused("review", REF)
    record(home, replace(MADE, review_at=None))
    assert "No review date" in home.refused("review", REF)
    record(home, MADE)
    assert "not after" in home.refused("review", REF, "--start", "2026-11-30T10:00")
    assert "word of a name" in home.refused("review", REF, "--reference", "FERNSBY-2")
    made = home("review", REF, "--reference", "PM-2702-100")
    assert (made["reference"], made["of"], made["start_local"]) == ("PM-2702-100", REF, "2027-02-26T10:00:00")
    assert "father is excluded (reports) as before: review this exclusion" in made["to_look_at"]
    states = {row["person"]: row["state"] for row in home("address", "list", "PM-2702-100")}
    assert (states["mother"], states["father"]) == ("unconfirmed", "unconfirmed")
    assert "PM-2702-100" in home.refused("review", REF, "--start", "2027-03-01T10:00"), "a second one is refused"
    home("cancel", "PM-2702-100", "--because", "another day")
    again = home("review", REF, "--start", "2027-03-01T10:00")
    assert again["reference"] not in {REF, "PM-2702-100"}
    said = str(made) + str(again)
    assert not [name for name in (CHILD, *(one[0] for one in PEOPLE.values())) if name in said], "only ids"
    home.sound()


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_no_authoritys_rule_makes_a_review_impossible(tmp_path: Path, profile: str) -> None:
    """A review can be convened under every profile: what its booking cannot say yet is warned of, not blocked."""
    home = concluded(tmp_path / "home", profile)
    record(home, MADE)
    assert home("review", REF)["of"] == REF
