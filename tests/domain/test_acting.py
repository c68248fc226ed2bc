"""What software does about a rule: conditions on facts, and the acts that come of them at a place."""

from __future__ import annotations

import pytest

from pipeline.domain.acting import Act, Condition, Known, Place, Verb, acts_at

GRADE = Condition(fact="grade", value=2, comparison="<=")


@pytest.mark.parametrize(
    ("condition", "known", "holds"),
    [
        (GRADE, {"grade": 2}, True),
        (GRADE, {"grade": 0}, True),
        (GRADE, {"grade": 2.5}, False),
        (GRADE, {}, False),
        (GRADE, {"grade": True}, False),
        (GRADE, {"grade": "2"}, False),
        (Condition(fact="child-age", value=8, comparison=">="), {"child-age": 8}, True),
        (Condition(fact="calls", value=4, comparison=">"), {"calls": 4}, False),
        (Condition(fact="calls", value=4, comparison="<"), {"calls": 3}, True),
        (Condition(fact="rag", value="RED"), {"rag": "RED"}, True),
        (Condition(fact="rag", value="RED"), {"rag": "AMBER"}, False),
        (Condition(fact="rag", value="RED"), {}, False),
        (Condition(fact="count", value=1), {"count": True}, False),
        (Condition(fact="quorate", value=False), {}, True),
        (Condition(fact="quorate", value=True), {}, False),
        (Condition(fact="quorate", value=True), {"quorate": True}, True),
    ],
)
def test_condition(condition: Condition, known: dict[str, Known], holds: bool) -> None:
    """A fact nobody knows counts as no, and as no number or word; numbers are compared with their ends as written."""
    assert condition.holds(known) is holds
    assert condition.fails(known) is (condition.fact in known and not holds)


def test_acts_are_those_of_the_place_whose_conditions_all_hold() -> None:
    """Acts of other places, and acts with one condition that does not hold, are left out; the order is the profile's."""
    always = Act(do=Verb.SCHED, where=Place.OUTCOME)
    late = Act(
        do=Verb.BLOCK,
        where=Place.OUTCOME,
        when=(Condition(fact="plan-made", value=True), Condition(fact="review-date-set", value=False)),
        says="set the date",
    )
    acts = (always, Act(do=Verb.WARN, where=Place.BOOKING, says="no"), late)
    assert acts_at(acts, Place.OUTCOME, {"plan-made": True}) == (always, late)
    assert acts_at(acts, Place.OUTCOME, {"plan-made": True, "review-date-set": True}) == (always,)
    assert acts_at(acts, Place.OUTCOME, {}) == (always,)
    assert acts_at(acts, Place.MINUTES, {}) == ()


def test_conditions_read_as_people_say_them() -> None:
    """Words for tables and readings."""
    virtual, quorate = Condition(fact="virtual", value=True), Condition(fact="quorate", value=False)
    said = [one.words for one in (GRADE, virtual, quorate, Condition(fact="rag", value="RED"))]
    assert said == ["grade <= 2", "virtual", "not quorate", "rag is RED"]
