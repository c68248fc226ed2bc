"""The documents after a conference, from the recorded outcome to the opened copy: released, sent, replaced, handed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.bootstrap import opened
from pipeline.casebook import Decision as Write
from pipeline.casebook import conference_stream
from pipeline.domain.facts import OutcomeRecorded
from pipeline.domain.outcome import Category, ChildOutcome, Decision, Outcome, PlanAction
from pipeline.domain.people import ChildId
from tests.acceptance.bookings import ADDRESSES, CHILD, REF, small
from tests.acceptance.home import Home, attachment, opened_text, opens, squeezed

ENDS = "2026-11-30T11:30"
C1 = ChildId("c1")
MADE = Outcome(
    ended_at=datetime(2026, 11, 30, 11, 30, tzinfo=UTC),
    decided_by="Rosalind Tarrow",
    children=(
        ChildOutcome(child=C1, decision=Decision.PLAN_MADE, reason="Too many days of school missed.", category=Category.NEGLECT),
    ),
    actions=(PlanAction(children=(C1,), action="Take Ottilie to school.", who="Maren Fernsby", by_family=True),),
    review_at=datetime(2027, 2, 26, 10, tzinfo=UTC),
)


def record(home: Home, outcome: Outcome) -> None:
    """Writes the outcome down as the order for it does."""
    with opened(str(home.path)) as house:
        stream, casebook = conference_stream(REF), house.desk.casebook
        fact = OutcomeRecorded(outcome=outcome, by="Rosalind Tarrow")
        casebook.decide(lambda: Write(facts={stream: [fact]}, expected={stream: casebook.ledger.head(stream)}), "a-1")


def ended(folder: Path, profile: str, professional: str) -> Home:
    """A conference of chair, one professional and mother that has just ended, all addresses confirmed, outcome recorded."""
    home = Home.make(folder / profile, profile=profile)
    home.clock("2026-11-30T09:00")
    others = tuple(one for one in ("gp", "father", "school", "social-worker") if one != professional)
    home.convene(small(profile=profile, leave_out=others))
    home.confirm(REF, "chair", professional, "mother")
    home.clock(ENDS)
    record(home, MADE)
    home.run()
    return home


def text_sent(home: Home, to: str, of: str, folder: Path) -> str:
    """The words of every copy in a mailbox that opens with this reader's passphrase."""
    words, sealed = home.passphrase(REF, of), [attachment(mail) for mail in home.sent_to(ADDRESSES[to])]
    return squeezed(" ".join(page for one in sealed if opens(one, words, folder) for page in opened_text(one, words, folder)))


@pytest.mark.slow
def test_the_notice_goes_and_a_changed_decision_replaces_it(tmp_path: Path) -> None:
    """Agencies' notices go at once, the mother's when a person released it; a changed decision goes as a new issue of each."""
    home = ended(tmp_path, "barking-dagenham", "school")
    assert home.document(REF, "school", "decision-notice")["state"] == "accepted"
    mine = home.document(REF, "mother", "decision-notice")
    assert (mine["state"], mine["due_at"], mine["rule"]) == ("composed", "2026-12-01T11:30:00+00:00", "BAD-9")
    assert home.sent_to(ADDRESSES["mother"]) == []
    home.release(REF, "mother", document="decision-notice")
    home.run()
    (mail,) = home.sent_to(ADDRESSES["mother"])
    assert str(mail["Subject"]) == "Document for you"
    assert CHILD.split()[0] not in mail.as_string()
    text = text_sent(home, "mother", "mother", tmp_path)
    for words in (CHILD, "A child protection plan was made", "Too many days", "by the end of Thursday 3 December 2026", "complain"):
        assert squeezed(words) in text
    changed = replace(MADE.children[0], decision=Decision.CHILD_IN_NEED, category=None)
    record(home, replace(MADE, children=(changed,)))
    home.run()
    waiting = home.document(REF, "mother", "decision-notice")
    assert (waiting["issue"], waiting["state"], waiting["supersedes"]) == (2, "composed", 1)
    assert home.document(REF, "school", "decision-notice")["state"] == "accepted"
    text = text_sent(home, "school", "school", tmp_path)
    assert squeezed("This replaces issue 1") in text and squeezed("There is no child protection plan") in text
    assert home.document(REF, "mother", "outline-plan")["state"] == "cancelled", "there is no plan to send any more"
    home.sound()


def test_the_familys_plan_goes_by_the_social_workers_hands(tmp_path: Path) -> None:
    """The mother's plan goes to the social worker, sealed for the mother; that it was handed over is recorded and shown."""
    home = ended(tmp_path, "northamptonshire", "social-worker")
    said = home.refused(
        *("handed-over", REF, "mother", "--document", "outline-plan", "--at", ENDS, "--how", "at home", "--by", "Devran Oakhollow")
    )
    assert "let go" in said
    own = len(home.sent_to(ADDRESSES["social-worker"]))
    home.release(REF, "mother", document="outline-plan")
    home.run()
    assert home.sent_to(ADDRESSES["mother"]) == []
    mails = home.sent_to(ADDRESSES["social-worker"])
    assert len(mails) == own + 1 and sum("hand over" in str(mail["Subject"]) for mail in mails) == 1
    text = text_sent(home, "social-worker", "mother", tmp_path)
    assert squeezed("Prepared for Maren Fernsby") in text and squeezed("Take Ottilie to school.") in text
    home.clock("2026-12-01T16:00")
    at = ("--at", "2026-12-01T15:30", "--how", "at her home", "--by", "Devran Oakhollow")
    home("handed-over", REF, "mother", "--document", "outline-plan", *at)
    row = home.document(REF, "mother", "outline-plan")
    assert (row["state"], row["route"], row["goes_to"]) == ("accepted", "social-worker", "social-worker")
    assert row["handed_over_at"] == "2026-12-01T15:30:00+00:00"
    home.sound()
