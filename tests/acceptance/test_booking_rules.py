"""The rules at booking and move, and the consultation, through the command line."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.bookings import sample
from tests.acceptance.home import Home
from tests.adapters.word_forms import FILLED, filled

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

    not_held = ["--decision", "do-not-hold", "--because", "the injury is explained"]
    row = home("consultation", "decide", REF, "--by", "Cordelia Wynd", *not_held)
    assert (row["decision"]["at_local"], row["decision"]["decision"]) == ("2026-11-12T09:00:00", "do-not-hold")
    assert row["recommendation"]["recommends"] == "a family plan instead" and "packs cancel" in row["next_step"]
    home("consultation", "decide", REF, "--at", "2026-11-11T15:00", "--by", "Cordelia Wynd", *decided)

    moved = home("move", REF, "--start", "2026-12-02T10:00", "--because", "the chair is ill")
    assert [line[:6] for line in moved["warnings"]] == ["IRS-2:", "IRS-2b"]


def test_a_word_form_becomes_a_draft_and_when_accepted_a_conference(tmp_path: Path) -> None:
    """The empty form is filled in and read: a draft that records nothing, with what the rules say; accepted by name it is
    convened, and its timetable shows; who is not included has no document.
    """
    home = Home.make(tmp_path / "home", profile="sw-guide")
    home("clock", "set", "2026-11-27T09:00")
    empty, form, draft = (tmp_path / name for name in ("empty.docx", "form.docx", "draft.toml"))
    home("convene", "--form", str(empty))
    form.write_bytes(filled(empty.read_bytes(), FILLED))
    shown = home("convene", str(form), "--draft", str(draft))
    assert (shown["problems"], shown["forbidden"], shown["convened"]) == ([], [], False)
    assert [line.partition(":")[0] for line in shown["warnings"]] == ["SWG-11"]
    assert draft.read_text() == shown["draft"] and draft.stat().st_mode & 0o077 == 0
    home.refused("timetable", "MV-2612-011")

    home.refused("convene", str(form), "--accept")
    form.write_bytes(filled(empty.read_bytes(), {**FILLED, ("Conference", "Date"): "soon"}))
    assert "Conference, Date: is no day" in home.refused("convene", str(form), "--accept", "--by", "Hilda Marrable")
    form.write_bytes(filled(empty.read_bytes(), FILLED))
    accepted = home("convene", str(form), "--accept", "--by", "Hilda Marrable")
    assert accepted["reference"] == "MV-2612-011"
    due = {row["rule"]: row["due_local"] for row in home("timetable", "MV-2612-011")}
    assert due["NAT-1"] == "2026-12-17T23:59:59"
    assert due["SWG-1"] == "2026-11-30T23:59:59"
    consulted = home("consultation", "show", "MV-2612-011")
    assert (consulted["recommendation"]["by"], consulted["decision"]["decision"]) == ("Sunniva Garth", "hold")
    known = home("show", "MV-2612-011")
    assert (known["household"], known["start_at"]) == (
        [{"name": "Bevis Wrayburn", "relationship": "grandfather", "born_on": "1951-05-03"}], "2026-12-17T10:00:00"
    )  # fmt: skip
    mother = next(one for one in known["people"] if one["id"] == "f1")
    assert (mother["orders"], mother["safe_contact"]) == ("non-molestation order against F3", "text first; not after 5 pm")
    assert known["children"][0]["home_address"] == "2 Tern Lane, Midvale" and "detail" not in str(known["protected"])
    home("person", "change", "MV-2612-011", "f1", "--orders", "none any more")
    changed = next(one for one in home("show", "MV-2612-011")["people"] if one["id"] == "f1")
    assert changed == {**mother, "orders": "none any more"}
    people = {row["person"] for row in home("documents", "MV-2612-011")}
    assert "p1" in people and "f3" not in people
    form.write_bytes(b"no Word at all")
    assert "was not opened" in home.refused("convene", str(form))


def test_a_conference_is_split_after_it_was_booked(tmp_path: Path) -> None:
    """Sessions are set one by one until everybody sits somewhere; a wrong one is refused, and without people one ends."""
    home = Home.make(tmp_path / "home", profile="sw-guide")
    home("clock", "set", "2026-11-27T09:00")
    file = tmp_path / "booking.toml"
    file.write_text(sample("f5"))
    home("convene", str(file))
    ref, because = "MV-2612-011", ["--because", "the parents cannot meet"]
    first, second = ["--start", "2026-12-17T10:00"], ["--start", "2026-12-17T11:00"]
    task = next(one for one in home("agenda", ref)["duties"] if one["duty"] == "split-sessions")
    assert task["state"] == "due" and "packs session" in task["next_step"]
    some = "chair,social-worker,school,health-visitor,gp,charity,advocate,interpreter"
    row = home("session", ref, "first", *first, "--people", f"{some},mother,father-2", *because)
    assert row["in_no_session"] == ["father-1"]
    assert home("session", ref, "second", *second, "--people", "chair,social-worker,father-1", *because)["in_no_session"] == []
    assert not [one for one in home("agenda", ref)["duties"] if one["duty"] == "split-sessions"]
    home.refused("session", ref, "third", *first, *because)
    home.refused("session", ref, "third", *first, "--people", "nobody", *because)
    home.refused("session", ref, "first", "--start", "2026-12-16T10:00", "--people", "chair", *because)
    assert home("session", ref, "second", *second, *because)["in_no_session"] == ["father-1"]
