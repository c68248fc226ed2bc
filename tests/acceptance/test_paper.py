"""Paper copies: a numbered, unencrypted print, proved, recorded, and handed over."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.acceptance.bookings import COMPOSES, REF
from tests.acceptance.conftest import Fork
from tests.acceptance.home import Home, squeezed


def test_a_paper_copy_is_numbered_recorded_and_handed_over(filed: Home, fork: Fork, tmp_path: Path) -> None:
    """Each page bears number and place, the file is the owner's alone and never overwrites, the hand-over is recorded."""
    home = fork(filed)
    home.clock(COMPOSES)
    to = tmp_path / "mother.pdf"
    made = home("paper", REF, "mother", "--to", str(to), "--by", "Devran Oakhollow")
    assert (made["number"], made["encrypted"], "NOT encrypted" in made["warning"]) == (1, False, True)
    assert to.stat().st_mode & 0o777 == 0o600
    pages = subprocess.run(["pdftotext", str(to), "-"], capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    for number, page in enumerate(pages, 1):
        assert squeezed(f"paper copy 1 · page {number} of {len(pages)}") in squeezed(page)
    assert "overwritten" in home.refused("paper", REF, "mother", "--to", str(to), "--by", "Ann Clerk")
    assert home("paper", "make", REF, "mother", "--to", str(tmp_path / "again.pdf"), "--by", "Ann Clerk")["number"] == 2

    words = ("--how", "by hand, at home", "--by", "Devran Oakhollow")
    assert "made" in home.refused("paper", "handed", REF, "mother", "--number", "1", "--at", "2026-11-25T10:00", *words)
    home("paper", "handed", REF, "mother", "--number", "1", "--at", COMPOSES, *words)
    assert "already" in home.refused("paper", "handed", REF, "mother", "--number", "1", "--at", COMPOSES, *words)
    assert [(r["number"], r["state"], r["pages"]) for r in home("paper", "list", REF)] == [
        (1, "handed", len(pages)), (2, "made", len(pages)),
    ]  # fmt: skip
    home.sound()
