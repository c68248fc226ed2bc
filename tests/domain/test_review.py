"""The review conference made from the one before it: who is carried over, and what a person looks at again."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from making import ENDED, FATHER, ISLA, MOTHER, START, TOBIN, child_outcome, conference, detail, exclusion, outcome

from pipeline.domain import facts as f
from pipeline.domain.outcome import Decision
from pipeline.domain.people import ConferenceRef, ConferenceType, ExcludedFrom
from pipeline.domain.review import Following, NoReview, review_of

LATER = datetime(2027, 2, 25, 10, tzinfo=UTC)
NEW = ConferenceRef("PM-2702-003")


def follows(*facts: f.Fact, start: datetime | None = LATER) -> Following:
    """The review of family F1."""
    found = review_of(conference(*facts), start, NEW)
    assert isinstance(found, Following)
    return found


@given(st.sampled_from(Decision), st.sampled_from(Decision))
def test_only_children_with_a_plan_and_their_people_are_carried_over(tobin: Decision, isla: Decision) -> None:
    """Nobody is in the review who has a role for none of its children; each is there for those children only."""
    made = outcome(child_outcome(TOBIN.id, tobin), child_outcome(ISLA.id, isla))
    found = review_of(conference(made), LATER, NEW)
    kept = {child for child, said in ((TOBIN.id, tobin), (ISLA.id, isla)) if said.with_plan}
    if not kept:
        assert isinstance(found, NoReview)
        return
    assert isinstance(found, Following)
    assert {child.id for child in found.booking.children} == kept
    assert all(set(person.children) <= kept and person.children for person in found.booking.people)
    assert (FATHER.id in {person.id for person in found.booking.people}) is (TOBIN.id in kept)


def test_it_is_a_review_of_that_conference() -> None:
    """Type, day, the plan's first day, and the date that the outcome set."""
    booking = follows(outcome(review_at=LATER), start=None).booking
    assert (booking.type, booking.start_at, booking.reference) == (ConferenceType.REVIEW, LATER, NEW)
    assert booking.previous is not None
    assert (booking.previous.type, booking.previous.held_on) == (ConferenceType.INITIAL, date(2026, 11, 30))
    assert booking.previous.plan_since == date(2026, 11, 30) and booking.strategy_discussions == ()


def test_exclusions_and_details_stay_until_somebody_looks_at_them() -> None:
    """They are carried over, and said to be looked at again; so is every family address."""
    kept_away = f.ExclusionMade(exclusion=exclusion("father", ExcludedFrom.MINUTES))
    hidden = f.DetailProtected(detail=detail("d1", "father"))
    found = follows(kept_away, hidden, outcome())
    assert [one.person for one in found.booking.exclusions] == ["father"] and found.booking.protected[0].from_ == ("father",)
    assert any("exclusion from minutes" in said for said in found.look_again)
    assert any(said.startswith("d1") for said in found.look_again)
    assert any(MOTHER.id in said and "confirm the address" in said for said in found.look_again)
    assert all("Gannet" not in said and "Maren" not in said for said in found.look_again)


def test_what_concerns_a_child_without_a_plan_is_left_behind() -> None:
    """The father of the child whose plan ended is not told of the sister's review, nor kept from anything in it."""
    made = outcome(child_outcome(TOBIN.id, Decision.NO_PLAN), child_outcome(ISLA.id))
    found = follows(f.ExclusionMade(exclusion=exclusion("father")), f.DetailProtected(detail=detail("d1", "father")), made)
    assert found.booking.exclusions == () and found.booking.protected == ()


def test_there_is_none_without_an_outcome_a_plan_or_a_date() -> None:
    """Each says what is missing."""
    assert isinstance(review_of(conference(), LATER, NEW), NoReview)
    assert isinstance(review_of(conference(outcome()), None, NEW), NoReview)
    assert isinstance(review_of(conference(outcome()), START, NEW), NoReview)
    assert isinstance(review_of(conference(outcome()), ENDED, NEW), NoReview)
