"""The review that follows from a conference: who is carried over, what stays kept from whom, what a person must look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.addresses import AddressState
from pipeline.domain.conference import Conference
from pipeline.domain.outcome import Decision
from pipeline.domain.people import Booking, ConferenceType, ExcludedFrom, PersonId, Previous
from pipeline.domain.review import children_of_review, review_of
from tests.domain.making import (
    BOTH,
    FATHER,
    ISLA,
    MOTHER,
    START,
    TOBIN,
    at,
    booking,
    case,
    child_outcome,
    conference,
    confirmed,
    detail,
    exclusion,
    outcome,
)

THEN = datetime(2027, 2, 22, 9, 30, tzinfo=UTC)
PLAN, NONE = Decision.PLAN_MADE, Decision.NO_PLAN


def decided(tobin: Decision, isla: Decision, *, of: Booking | None = None) -> Conference:
    """A conference whose outcome is recorded."""
    return conference(outcome(child_outcome(TOBIN.id, tobin), child_outcome(ISLA.id, isla)), of=of)


def test_people_and_children_with_a_plan_are_carried_over() -> None:
    """The review is of the same people and children, knows the conference before it, and nothing of its enquiry."""
    review = review_of(decided(PLAN, PLAN), THEN).booking
    assert (review.type, review.start_at, review.strategy_discussions) == (ConferenceType.REVIEW, THEN, ())
    assert tuple(child.id for child in review.children) == BOTH
    assert [one.id for one in review.people] == [one.id for one in booking().people]
    assert review.previous == Previous(type=ConferenceType.INITIAL, held_on=START.date(), plan_since=START.date())


def test_who_has_a_role_only_for_a_child_without_a_plan_is_left_out() -> None:
    """The father of the boy alone is not of the review of the girl, and his exclusion and protected detail are told of."""
    kept = (detail("d1", "9 Elm Way", "father"),)
    before = decided(NONE, PLAN, of=booking(exclusions=(exclusion("father", ExcludedFrom.ALL),), protected=kept))
    review = review_of(before, THEN)
    assert FATHER.id not in {one.id for one in review.booking.people}
    assert all(set(one.children) <= {ISLA.id} for one in review.booking.people)
    assert (review.booking.exclusions, review.booking.protected) == ((), ())
    said = " ".join(review.to_look_at)
    for words in ("child c1 is left out: no plan", "exclude again if they are added", "protect it again if they are added"):
        assert words in said


@given(
    decisions=st.tuples(st.sampled_from(Decision), st.sampled_from(Decision)),
    excluded=st.lists(st.sampled_from(["father", "mother", "school"]), unique=True),
    kept_from=st.lists(st.sampled_from(["father", "mother", "gp"]), min_size=1, unique=True),
)
def test_nobody_in_a_review_may_have_more_than_before(
    decisions: tuple[Decision, Decision], excluded: list[str], kept_from: list[str]
) -> None:
    """Whoever was excluded or had a detail kept from them, and is in the review, is so there too; children never grow."""
    before = decided(
        *decisions,
        of=booking(
            exclusions=tuple(exclusion(one, ExcludedFrom.REPORTS) for one in excluded),
            protected=(detail("d1", "9 Elm Way", *kept_from),),
        ),
    )
    if not children_of_review(before, THEN):
        return
    review = review_of(before, THEN).booking
    here = {one.id: one for one in review.people}
    assert {one.person for one in review.exclusions} == here.keys() & {PersonId(one) for one in excluded}
    assert {p for one in review.protected for p in one.from_} == here.keys() & {PersonId(one) for one in kept_from}
    planned = {child.id for child in review.children}
    for one in review.people:
        assert set(one.children) <= set(before.people[one.id].children) & planned


def test_an_exclusion_is_to_be_reviewed_and_one_made_since_counts() -> None:
    """A person excluded after the booking is excluded in the review, and the line says to review it."""
    before = decided(PLAN, PLAN)
    before.exclusions.append(exclusion("father", ExcludedFrom.REPORTS))
    review = review_of(before, THEN)
    assert review.booking.exclusions == tuple(before.exclusions)
    assert "father is excluded (reports) as before: review this exclusion" in review.to_look_at


def test_a_familys_confirmed_address_is_unconfirmed_in_the_review() -> None:
    """What was confirmed for the conference before does not count for the next one."""
    now = at(30, 12)
    before = conference(
        confirmed(str(MOTHER.email), of="mother"), outcome(child_outcome(TOBIN.id), child_outcome(ISLA.id))
    )
    assert before.family_addresses[MOTHER.id].state(now) is AddressState.CONFIRMED
    review = review_of(before, THEN)
    assert case(of=review.booking).standing(MOTHER.id).state(now) is AddressState.UNCONFIRMED
    assert any(line.startswith("mother: confirm the address again") for line in review.to_look_at)


@pytest.mark.parametrize("known", [date(2026, 5, 1), None])
def test_a_plan_that_was_continued_keeps_its_first_day(known: date | None) -> None:
    """The day since when there is a plan is the one known before, never the day of a review that continued it."""
    before = decided(
        Decision.PLAN_CONTINUED, NONE, of=booking(type=ConferenceType.REVIEW, previous=Previous(plan_since=known))
    )
    previous = review_of(before, THEN).booking.previous
    assert previous is not None and (previous.type, previous.plan_since) == (ConferenceType.REVIEW, known)


def test_a_child_of_eighteen_by_then_is_left_out() -> None:
    """A plan ends at 18: who has that birthday before the review is not booked into it."""
    grown = replace(TOBIN, born_on=date(2009, 2, 22))
    before = decided(PLAN, PLAN, of=booking(children=(grown, ISLA)))
    review = review_of(before, THEN)
    assert [child.id for child in review.booking.children] == [ISLA.id]
    assert "child c1 is left out: 18 or older by then" in review.to_look_at


def test_a_review_is_not_split_because_the_conference_before_was() -> None:
    """Neither its sessions nor the word is carried over: its packs would wait for sessions that nobody plans; a person is told."""
    before = decided(PLAN, PLAN, of=booking(mode="split"))
    review = review_of(before, THEN)
    assert review.booking.mode is None
    assert not review.booking.split
    assert any("split" in line for line in review.to_look_at)
