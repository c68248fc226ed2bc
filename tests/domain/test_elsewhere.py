"""What a linked conference decided about a person: nothing goes to them from here before somebody answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from making import MOTHER, at, case, exclusion

from pipeline.domain import facts as f
from pipeline.domain.duties import duties
from pipeline.domain.entitlement import kept
from pipeline.domain.fold import changes_of
from pipeline.domain.people import ChildId, ConferenceRef, ExcludedFrom, Role

REVIEW = ConferenceRef("PM-2702-017")


def asked(what: f.Elsewhere, *from_: ExcludedFrom) -> f.DecidedElsewhere:
    return f.DecidedElsewhere(conference=REVIEW, person=MOTHER.id, what=what, from_=from_)


def done(person: str | None = "mother", duty: str = f.DECIDED_ELSEWHERE, day: int = 20) -> f.DutyDone:
    return f.DutyDone(
        duty=duty, done_at=at(day), how="the chair says no", by="Clerk",
        person=MOTHER.id if person == "mother" else None,
    )  # fmt: skip


def changed(**words: object) -> f.PersonChanged:
    return f.PersonChanged(person=replace(MOTHER, **words))  # type: ignore[arg-type]


def kept_from(*facts: f.Fact) -> set[f.Document]:
    made = case(*facts)
    return {document for document in f.Document if kept(made, MOTHER.id, document) is not None}


@pytest.mark.parametrize("what", [f.Elsewhere.ADDRESS, f.Elsewhere.NOT_INCLUDED, f.Elsewhere.ROLE])
def test_a_change_elsewhere_stops_everything_until_it_is_answered(what: f.Elsewhere) -> None:
    """Every document waits; a person's answer ends it, one that names nobody does not."""
    assert kept_from(asked(what)) == set(f.Document)
    assert kept_from(asked(what), done("nobody")) == set(f.Document)
    assert kept_from(asked(what), done()) == set()
    assert kept_from(asked(what), done(), asked(what)) == set(f.Document), "what comes after the answer is asked anew"


def test_an_exclusion_elsewhere_stops_what_it_is_from() -> None:
    """From minutes: the minutes and the form that holds the views wait, packs and notices go."""
    assert kept_from(asked(f.Elsewhere.EXCLUDED, ExcludedFrom.MINUTES)) == {f.Document.MINUTES, f.Document.OUTCOME_FORM}
    assert kept_from(asked(f.Elsewhere.EXCLUDED, ExcludedFrom.ALL)) == set(f.Document)


def test_an_answer_is_to_what_it_names_and_to_nothing_later() -> None:
    """Of two kinds each is answered by itself; what was asked after the instant of the answer stays."""
    two = (asked(f.Elsewhere.ADDRESS), asked(f.Elsewhere.EXCLUDED, ExcludedFrom.MINUTES))
    assert kept_from(*two, done(duty="decided-elsewhere:address")) == {f.Document.MINUTES, f.Document.OUTCOME_FORM}
    assert kept_from(*two, done(duty="decided-elsewhere:excluded")) == set(f.Document)
    assert kept_from(*two, done(day=15)) == set(f.Document), "the facts of a case are recorded on the 16th"


ANSWERS = {
    "the same address": (asked(f.Elsewhere.ADDRESS), changed(email="new@webmail.example"), True),
    "another phone": (asked(f.Elsewhere.ADDRESS), changed(phone="01632 960000"), False),
    "not included": (asked(f.Elsewhere.NOT_INCLUDED), changed(include=False), True),
    "another address, not whether included": (asked(f.Elsewhere.NOT_INCLUDED), changed(email="new@webmail.example"), False),
    "another role": (asked(f.Elsewhere.ROLE), changed(role=Role.CARER), True),
    "the same exclusion": (
        asked(f.Elsewhere.EXCLUDED, ExcludedFrom.PLAN),
        f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.PLAN)),
        True,
    ),
    "a wider exclusion": (
        asked(f.Elsewhere.EXCLUDED, ExcludedFrom.PLAN),
        f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.ALL)),
        True,
    ),
    "a narrower exclusion": (
        asked(f.Elsewhere.EXCLUDED, ExcludedFrom.PLAN, ExcludedFrom.MINUTES),
        f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.PLAN)),
        False,
    ),
    "somebody else's exclusion": (
        asked(f.Elsewhere.EXCLUDED, ExcludedFrom.PLAN),
        f.ExclusionMade(exclusion=exclusion("father", ExcludedFrom.ALL)),
        False,
    ),
}


@pytest.mark.parametrize("which", sorted(ANSWERS))
def test_the_same_recorded_here_is_an_answer(which: str) -> None:
    """Whoever records the same, or more, here has answered; anything less leaves the question open."""
    question, answer, answers = ANSWERS[which]
    assert (case(question, answer).conference.elsewhere == []) is answers


def test_the_question_is_a_task_until_it_is_answered() -> None:
    """The agenda says what was decided where, and how to answer, without a name."""
    question = asked(f.Elsewhere.EXCLUDED, ExcludedFrom.MINUTES)
    (task,) = [one for one in duties(case(question), at(20)) if one.duty == f.DECIDED_ELSEWHERE]
    assert (task.person, "minutes" in task.how, REVIEW in task.how) == ("mother", True, True)
    assert "packs done PM-2611-017 decided-elsewhere:excluded --person mother" in task.next_step
    assert not [one for one in duties(case(question, done()), at(20)) if one.duty == f.DECIDED_ELSEWHERE]


def test_what_of_a_change_is_asked_about() -> None:
    """Address, role or children, and no longer being included; not a phone, not being included after all."""
    assert changes_of(MOTHER, replace(MOTHER, phone="1", large_print=True, include=True)) == ()
    assert changes_of(MOTHER, replace(MOTHER, include=False)) == (f.Elsewhere.NOT_INCLUDED,)
    assert changes_of(MOTHER, replace(MOTHER, email=(MOTHER.email or "").upper())) == ()
    assert changes_of(MOTHER, replace(MOTHER, email=None)) == (f.Elsewhere.ADDRESS,)
    assert changes_of(MOTHER, replace(MOTHER, children=(ChildId("c1"),))) == (f.Elsewhere.ROLE,)
    assert changes_of(replace(MOTHER, include=False), MOTHER) == ()
