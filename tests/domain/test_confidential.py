"""Requests for a confidential section, the chair's decision, and that nobody else learns of either (POR-5 to POR-7, A00.7)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import CHAIR, PEOPLE, SECRET, START, Timed, allowed, at, case, plan_for, recorded, report

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain import facts as f
from pipeline.domain.case import Case
from pipeline.domain.confidential import (
    RING,
    Confidential,
    confidential_view,
    fold_confidential,
    judged,
    minutes_of,
    sections_of,
)
from pipeline.domain.cover import cover_values
from pipeline.domain.entitlement import entitlement
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.views import documents_view, reports_view

PORTSMOUTH = ProfileFiles().load("portsmouth")
DUE = at(29)  # Sunday 29 November 2026, 09:00; F1 starts Monday 09:30, so its instant is 09:30


def asked(request: str = "q1", person: str = "police", received_at: datetime = DUE) -> f.ConfidentialAsked:
    """A request of the police that the mother must not learn of."""
    return f.ConfidentialAsked(
        request=request, person=PersonId(person), at=received_at, ground="an enquiry in hand", by="Clerk One",
        kept_from=(PersonId("mother"),), wish=f.Wish.READ_OUT, verdict=f.Verdict.ON_TIME, due_at=None,
    )  # fmt: skip


def decided(subject: str, *to: str, slot_at: datetime | None = None) -> f.ConfidentialDecided:
    """The chair's decision."""
    return f.ConfidentialDecided(
        subject=subject, decided_by="the chair", how="before the family joins", to=tuple(PersonId(p) for p in to),
        because="they need it", minutes=f.InMinutes.SUMMARY, slot_at=slot_at,
    )  # fmt: skip


def known(*facts: Timed) -> Confidential:
    return fold_confidential(recorded("confidential:x", facts))


def ours(*facts: Timed, contacts: dict[str, list[Timed]] | None = None) -> Case:
    return case(*facts, profile=PORTSMOUTH, contacts=contacts)


@pytest.mark.parametrize(
    ("minute", "second", "verdict"), [(29, 0, "on-time"), (30, 0, "on-time"), (30, 1, "late"), (31, 0, "late")]
)
def test_a_request_is_in_time_until_its_instant(minute: int, second: int, verdict: str) -> None:
    """F1, events 4 and 5: police at 09:29 in time, equal in time, housing at 09:31 late."""
    assert judged(ours(), at(29, 9, minute, second))[0].verdict.value == verdict


def test_a_late_request_is_a_call_to_the_chair_until_the_chair_decides() -> None:
    """A00.7: late, or a chair without a confirmed address, is a phone task; a decision ends it."""
    late, early = asked(received_at=at(29, 9, 31)), asked(received_at=at(29, 9, 29))
    assert confidential_view(ours(), known(late), at(29, 10))[0]["do_now"] == RING
    assert confidential_view(ours(), known(early), at(29, 10))[0]["do_now"] is None
    assert confidential_view(ours(contacts={CHAIR.id: []}), known(early), at(29, 10))[0]["do_now"] == RING
    row = confidential_view(ours(), known(late, decided("q1")), at(29, 10))[0]
    assert (row["do_now"], row["state"], row["warnings"]) == (None, "decided", [])


def test_the_authoritys_words_are_said() -> None:
    """POR-5, POR-6 and POR-7 answer in the profile's own sentences."""
    (row,) = confidential_view(ours(), known(asked(received_at=at(29, 9, 31))), at(29, 10))
    assert any("ring the Child Protection Advisor" in str(w) for w in row["warnings"])  # type: ignore[attr-defined]
    assert any("has not decided" in str(w) for w in row["warnings"])  # type: ignore[attr-defined]
    for slot_at, warned in ((START - timedelta(minutes=15), False), (START, True)):
        (row,) = confidential_view(ours(), known(asked(), decided("q1", slot_at=slot_at)), at(29, 10))
        assert bool(row["warnings"]) is warned


def test_a_moved_conference_judges_a_request_anew_and_keeps_the_first_verdict() -> None:
    """A request that was in time stays recorded so, and is late for the earlier start."""
    moved = f.ConferenceMoved(start_at=START - timedelta(hours=5), because="the room")
    (row,) = confidential_view(ours(moved), known(asked()), at(29, 10))
    assert (row["verdict"], row["verdict_when_recorded"]) == ("late", "on-time")


def test_a_filed_section_without_a_request_is_one() -> None:
    """A section that simply came stands in the list by its item; that of somebody who asked stands with the request."""
    sent = report("s1", "police", SECRET, received_at=at(28))
    assert [r["request"] for r in confidential_view(ours(sent), known(), at(29))] == ["s1"]
    (row,) = confidential_view(ours(sent), known(asked()), at(29))
    assert (row["request"], row["sections"]) == ("q1", ["s1"])
    assert [r.item for r in sections_of(ours(sent, report("r1", "police")), known(asked()), "q1")] == ["s1"]


def test_the_minutes_hold_nothing_of_it_until_the_chair_says_so() -> None:
    """Undecided is nothing; the last decision counts."""
    assert minutes_of(known(asked()), "q1") is f.InMinutes.NONE
    assert minutes_of(known(asked(), decided("q1")), "q1") is f.InMinutes.SUMMARY


def test_an_allowance_that_the_chair_ends_is_gone() -> None:
    """After a new decision the section reaches the chair alone again."""
    sent = report("s1", "police", SECRET)
    end = f.AllowanceEnded(item=ItemId("s1"), person=PersonId("gp"), decided_by="the chair", because="anew")
    assert ItemId("s1") in entitlement(ours(sent, allowed("s1", "gp")), PersonId("gp"), f.Document.PACK).allowed
    assert entitlement(ours(sent, allowed("s1", "gp"), end), PersonId("gp"), f.Document.PACK).allowed == ()


@given(st.lists(st.sampled_from(["police", "school", "gp"]), min_size=1, max_size=3), st.sampled_from(PEOPLE[1:]))
def test_no_other_cover_and_no_list_shows_that_a_request_exists(askers: list[str], reader: object) -> None:
    """With and without requests everybody's cover but the chair's is the same, and so are all lists of the case."""
    made = ours(report("r1", "school"), report("r2", "sw", f.Content.SOCIAL_WORKER_REPORT))
    requests = known(*(asked(f"q{n}", who) for n, who in enumerate(askers, 1)))
    before = (reports_view(made, at(26)), documents_view(made, at(26)))

    def cover(of: str, told: Confidential | None) -> dict[str, object]:
        plan = plan_for(made, of, at(26))
        return cover_values(made, plan, at(26), team="T", phone="", duty_line="", confidential=told)

    assert cover(reader.id, requests) == cover(reader.id, None)  # type: ignore[attr-defined]
    assert len(cover(CHAIR.id, requests)["notes"]) == len(askers)  # type: ignore[arg-type]
    assert (reports_view(made, at(26)), documents_view(made, at(26))) == before
