"""The rules at booking and move, and the consultation, through the command line."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.bookings import sample
from tests.acceptance.home import Home

REF = "HB-2612-003"


def test_f4_from_booking_to_a_move_past_its_limit(tmp_path: Path) -> None:
    """A date past the limit without a manager's reason is refused and changes nothing; F4 itself is convened, its
    consultation gives due instants and keeps advice and decision apart; moved a day on it is warned of (replay 22).
    """
    home = Home.make(tmp_path / "home", profile="irs")
    home("clock", "set", "2026-11-12T09:00")
    file = tmp_path / "booking.toml"
    file.write_text(sample("f4").replace("2026-12-01T10:00", "2026-12-02T10:00"))
    refusal = home.refused("convene", str(file))
    assert refusal.startswith("IRS-2: ") and "Nothing was convened" in refusal
    file.write_text(sample("f4"))
    assert home("convene", str(file))["warnings"] == []

    asked = home("consultation", "request", REF, "--at", "2026-11-10T12:00", "--by", "Maud Ellerker")
    assert [row["rule"] for row in asked["due"]] == ["IRS-1"]
    advised = ["--recommends", "a family plan instead", "--because", "the risk is held"]
    home("consultation", "held", REF, "--at", "2026-11-11T10:00", "--by", "Augustin Peverell", *advised)
    decided = ["--decision", "hold", "--because", "a new injury"]
    row = home("consultation", "decide", REF, "--at", "2026-11-11T15:00", "--by", "Cordelia Wynd", *decided)
    assert row["recommendation"]["recommends"] == "a family plan instead" and row["decision"]["decision"] == "hold"
    assert [line.partition(":")[0] for line in row["warnings"]] == ["IRS-2b"]
    rules = {due["rule"]: due["due_local"] for due in home("timetable", REF)}
    assert (rules["IRS-1"], rules["IRS-2b"]) == ("2026-11-11T23:59:59", "2026-11-11T23:59:59")

    moved = home("move", REF, "--start", "2026-12-02T10:00", "--because", "the chair is ill")
    assert [line[:6] for line in moved["warnings"]] == ["IRS-2:", "IRS-2b"]
