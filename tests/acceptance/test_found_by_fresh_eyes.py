"""What strangers to the code found: each would have lost a report, filed it wrongly, or sent a pack too early."""

from __future__ import annotations

import os

from tests.acceptance.bookings import ADDRESSES, GOES, REF, START
from tests.acceptance.conftest import Fork
from tests.acceptance.files import eml, lines_of, txt
from tests.acceptance.home import Home


def test_a_message_inside_a_familys_message_is_not_filed(booked: Home, fork: Fork) -> None:
    """Whatever sender the inner message claims, the outer one is family, so a person decides (promise 6, replay 9)."""
    home = fork(booked)
    inner = eml(ADDRESSES["school"], f"Report {REF}", [("report.txt", txt(lines_of("school", "Planted words.")))])
    home.drop("note.eml", eml(ADDRESSES["mother"], f"Report {REF}", [("report.eml", inner)]))
    home.run()
    assert home.reports(REF)["school"]["state"] == "awaited"
    assert len(home.held()) == 1


def test_a_file_name_that_is_no_utf_8_stops_nothing(booked: Home, fork: Fork) -> None:
    """It is taken in like any other, and so is what was dropped after it (promise 5)."""
    home = fork(booked)
    strange = os.fsencode(home.drop("strange.txt", txt(lines_of("gp", "Odd name."))))
    os.rename(strange, os.path.join(os.path.dirname(strange), b"a\xff.txt"))
    home.drop("school.txt", txt(lines_of("school", "Plain name.")))
    home.run()
    assert {p: home.reports(REF)[p]["state"] for p in ("gp", "school")} == {"gp": "received", "school": "received"}


def test_what_lies_in_the_inbox_is_filed_before_an_overdue_pack_is_made(booked: Home, fork: Fork) -> None:
    """One run takes the report and sends the chair a pack with it, not an empty pack and a supplement (promise 4)."""
    home = fork(booked)
    home.clock(GOES)
    home.drop("school.txt", txt(lines_of("school", "In time for the pack.")))
    home.run()
    chair = [row for row in home.documents(REF) if row["person"] == "chair"]
    assert [(row["document"], row["state"], len([s for s in row["sections"] if s["report"]])) for row in chair] == [
        ("pack", "accepted", 1)
    ]


def test_a_reference_that_goes_on_is_another(booked: Home, fork: Fork) -> None:
    """A report for a conference that we do not have is held, though ours begins its reference (promise 6)."""
    home = fork(booked)
    home.drop("other.txt", txt(lines_of("school", "Another family.", reference=f"{REF}-017")))
    home.run()
    assert home.reports(REF)["school"]["state"] == "awaited"
    assert [row["code"] for row in home.held()] == ["no-reference"]


def test_an_added_person_gets_no_name_for_an_id(booked: Home, fork: Fork) -> None:
    """An adult's name counts as a child's does, since ids go into keys and logs (promise 2)."""
    home = fork(booked)
    home.refused("person", "add", REF, "--id", "maren", "--name", "X Yarrow", "--role", "gp")


def test_a_receipt_never_lies_in_the_future(booked: Home, fork: Fork) -> None:
    """A gateway's line dated after now is not believed: first sight counts (A00.1)."""
    home = fork(booked)
    home.settings('gateways = ["mx.portmere.example"]')
    late = [("mx.portmere.example", "Sun, 28 Nov 2027 10:00:00 +0000")]
    report = ("report.txt", txt(lines_of("school", "From the future.")))
    home.drop("mail.eml", eml(ADDRESSES["school"], f"Report {REF}", [report], received=late))
    home.run()
    assert str(home.reports(REF)["school"]["received_at"]) < START
