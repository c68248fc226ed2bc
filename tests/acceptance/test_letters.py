"""Content-free letters to agencies, and the agenda: from the booking to the late letter (A00.8, A00.15, A00.17; C9)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.acceptance.bookings import ADDRESSES, AGENCIES, CHILD, PEOPLE, REF, small
from tests.acceptance.conftest import Fork
from tests.acceptance.files import docx, eml, lines_of
from tests.acceptance.home import Home
from tests.servers.postfix import MailServer

BOXES = {
    "social-worker": "duty.desk@portmere.example",
    "school": "office@gullwing-primary.example",
    "gp": "desk@harbourlane-surgery.example",
    "mother": "maren.letters@freemail.example",
}
"""Mailboxes of their own, so that what other tests send is not counted."""

NAMES = {word for words in PEOPLE.values() for word in words[0].split()} | set(CHILD.split()) | set(AGENCIES.values()) - {""}


def words_of(raw: bytes) -> EmailMessage:
    """Returns the letter, having proved that it names nobody and carries nothing."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.get_content_type() == "text/plain"
    text = message.get_content() + str(message["Subject"])
    assert not [name for name in NAMES if name in text]
    assert REF in str(message["Subject"])
    assert "999" in text
    return message


@pytest.mark.slow
def test_from_the_request_to_the_late_letter(empty: Home, fork: Fork, postfix: MailServer) -> None:
    """To unconfirmed agencies only: a request, one reminder after three days of outage, a receipt, a late letter; no second one."""
    home = fork(empty)
    home.settings("letters = true")
    home.settings(
        f'[smtp]\nhost = "{postfix.host}"\nport = {postfix.port}\nusername = "{postfix.username}"\n'
        f'password = "{postfix.password}"\nca_file = "{postfix.ca_file}"'
    )
    home.convene(small(addresses=BOXES))
    home.clock("2026-11-23T10:00")
    home.run()
    (asked,) = postfix.wait_delivered(BOXES["school"], 1)
    assert "Sat 28 Nov 2026 09:30 GMT" in words_of(asked).get_content()
    assert words_of(asked)["Auto-Submitted"] == "auto-generated"
    home("address", "suspend", REF, "social-worker", "--because", "it came back", "--by", "Ann")

    home.clock("2026-11-27T10:00")
    home.run()
    home.run()
    assert "has not reached us" in " ".join(words_of(postfix.wait_delivered(BOXES["school"], 2)[1]).get_content().split())
    report = docx(lines_of("school", "zebra-school"))
    home.drop("report.eml", eml(BOXES["school"], f"Report {REF}", [("report.docx", report)]))
    home.run()
    receipt = words_of(postfix.wait_delivered(BOXES["school"], 3)[2])
    assert receipt["Auto-Submitted"] == "auto-replied"

    home.clock("2026-11-30T09:00")
    home.run()
    home.run()
    assert "overdue" in str(words_of(postfix.wait_delivered(BOXES["gp"], 3)[2])["Subject"])
    assert [len(postfix.delivered(BOXES[who])) for who in ("social-worker", "school", "gp", "mother")] == [1, 3, 3, 0]
    sent = [(row["person"], row["kind"]) for row in home("letters", REF) if row["state"] == "accepted"]
    assert sorted(sent) == [
        *[("gp", kind) for kind in ("chase", "late", "request")],
        *[("school", kind) for kind in ("chase", "receipt", "request")],
        ("social-worker", "request"),
    ]
    duties = {(d["duty"], d["person"]): d for d in home("agenda", REF)["duties"]}
    assert duties["agency-report", "gp"]["state"] == "overdue"
    assert duties["agency-report", "school"]["state"] == "done"
    team = home("agenda")
    assert [one["reference"] for one in team["conferences"]] == [REF]
    assert team["summary"]["overdue"] >= 1
    home.sound()


@pytest.mark.slow
def test_a_crash_repeats_no_letter_and_a_held_item_stops_one(empty: Home, fork: Fork) -> None:
    """Killed after the mark before the body: each letter once. A held item that names the GP: nobody reminds the GP."""
    home = fork(empty)
    home.convene(small())
    home.clock("2026-11-23T10:00")
    home.run()
    assert home.sent() == []
    tasks = [d["person"] for d in home("agenda", REF)["duties"] if d["duty"] == "letter"]
    assert sorted(tasks) == ["gp", "school", "social-worker"]
    home.settings("letters = true")
    assert home.killed("send.marked")
    home.run()  # settles what was in hand: not in the outbox, so it was not sent
    home("clock", "advance", "5m")
    home.run()
    home.run()
    assert [len(home.sent_to(ADDRESSES[who])) for who in ("social-worker", "school", "gp", "mother")] == [1, 1, 1, 0]

    home.drop("mail.eml", eml(ADDRESSES["gp"], f"About {REF}", []))
    home.clock("2026-11-26T10:00")
    home.run()
    assert [row["candidates"][0]["person"] for row in home.held()] == ["gp"]
    state = {row["person"]: row["state"] for row in home("letters", REF) if row["kind"] == "chase" and row["state"] != "coming"}
    assert state == {"school": "accepted", "gp": "withheld"}
    assert len(home.sent_to(ADDRESSES["gp"])) == 1
    said = home.refused("letter", REF, "mother", "--missing", "plan-content", "--by", "Ann")
    assert "agencies only" in said
    home.refused("letter", REF, "gp", "--missing", "secrets", "--by", "Ann")
    home("letter", REF, "gp", "--returned", "no-attachment", "--by", "Ann")
    home.run()
    assert sorted("nothing was attached" in mail.get_content() for mail in home.sent_to(ADDRESSES["gp"])) == [False, True]
    home.sound()
