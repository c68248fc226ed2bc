"""Answers to a decision: in time, late, awaited, each from that person's own notice; and what the chair makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from making import (
    AFTER_PROFILE,
    ENDED,
    GP,
    MOTHER,
    REF,
    Timed,
    accepted,
    case,
    claimed,
    composed,
    confirmed,
    outcome,
    paper_for,
    released,
)

from pipeline.domain import facts as f
from pipeline.domain.case import Case
from pipeline.domain.duties import duties
from pipeline.domain.people import PersonId
from pipeline.domain.responses import ResponseRow, decision_word, responses_of, still_open

NOTICE = f.Document.DECISION_NOTICE
SURE = (confirmed(MOTHER.email or "", of="mother"),)
TOLD = ENDED + timedelta(minutes=30)  # Monday 30 November: to be answered by the end of Thursday 3 December
DUE = datetime(2026, 12, 3, 23, 59, 59, tzinfo=UTC)


def answer(who: str, at: datetime, says: f.Answer | None = f.Answer.AGREES, text: str = "") -> f.ResponseRecorded:
    return f.ResponseRecorded(person=PersonId(who), at=at, by="Clerk One", says=says, text=text)


def told(*facts: Timed, who: str = "gp", at: datetime = TOLD) -> Case:
    """A case in which this person's notice was taken over at that instant."""
    base: tuple[Timed, ...] = (*SURE, (ENDED, outcome()))
    plan = paper_for(case(*base, profile=AFTER_PROFILE), who, NOTICE, TOLD)
    address = (GP.email if who == "gp" else MOTHER.email) or ""
    gone = [(at, one) for one in (composed(plan, "k1"), released("k1", "x"), claimed("k1", address), accepted("k1"))]
    return case(*base, *gone, *facts, profile=AFTER_PROFILE)


def row_of(made: Case, now: datetime, who: str = "gp") -> ResponseRow:
    (found,) = [row for row in responses_of(made, now) if row.person == who]
    return found


@given(seconds=st.integers(-200_000, 200_000))
def test_an_answer_at_the_due_instant_is_in_time_and_a_second_later_late(seconds: int) -> None:
    """Three working days from that person's own notice, the end of the day included (BAD-10)."""
    at = DUE + timedelta(seconds=seconds)
    row = row_of(told(answer("gp", at)), at)
    assert row.state == ("in-time" if seconds <= 0 else "late")
    assert row.as_json()["due_at"] == "2026-12-03T23:59:59+00:00"


def test_who_has_not_answered_is_awaited_until_their_own_time_ends() -> None:
    """Awaited at the due instant, no answer a second later; whom no notice reached is not told yet."""
    made = told()
    assert row_of(made, DUE).state == "awaited" and row_of(made, DUE + timedelta(seconds=1)).state == "no-answer"
    assert row_of(made, DUE, "mother").state == "not-told"
    assert "gp" in still_open(made, DUE) and "gp" not in still_open(made, DUE + timedelta(seconds=1))


def test_an_answer_before_any_notice_kept_no_time() -> None:
    """It is shown as it came, and nobody waits for that person; a notice that comes later asks them anew."""
    early = answer("mother", ENDED + timedelta(minutes=5))
    assert row_of(told(early), DUE, "mother").state == "before-notice"
    assert "mother" not in still_open(told(early), DUE)
    then = told(early, who="mother", at=TOLD)
    assert [row.state.value for row in responses_of(then, TOLD) if row.person == "mother"] == ["before-notice", "awaited"]


def test_each_notice_gives_its_own_time() -> None:
    """A notice handed over later counts from then for that person, and from its own instant for the other."""
    hand = f.DutyDone(
        duty="hand-over:decision-notice", done_at=datetime(2026, 12, 4, 12, tzinfo=UTC), how="at home", by="x", person=MOTHER.id
    )
    made = told((datetime(2026, 12, 4, 12, tzinfo=UTC), hand))
    window = row_of(made, DUE, "mother").window
    assert window is not None and window.due_at == datetime(2026, 12, 9, 23, 59, 59, tzinfo=UTC)
    assert row_of(made, DUE).window != window


def test_where_the_authority_gives_no_time_nothing_is_late() -> None:
    """An answer is recorded and shown without a verdict."""
    made = replace(told(answer("gp", DUE + timedelta(days=90))), profile=replace(AFTER_PROFILE, rules=()))
    assert row_of(made, DUE).state == "no-rule" and row_of(made, DUE).as_json()["due_at"] is None


def test_the_chair_is_asked_when_nobody_may_answer_any_more() -> None:
    """First then the agenda asks for the chair's word, which ends that; a change asks for the outcome, and that for a word anew."""

    def asked(*facts: Timed, now: datetime = DUE + timedelta(days=30)) -> list[str]:
        by_hand = f.DutyDone(duty="decision-notice", done_at=TOLD, how="by hand", by="x")
        of = told(*((TOLD, replace(by_hand, person=who)) for who in told().conference.people), *facts)
        return [d.duty for d in duties(of, now) if d.duty in {"reconsider-decision", "new-outcome"}]

    confirmed_ = f.DecisionReconsidered(changed=False, decided_by="The Chair", because="no new facts")
    changed = replace(confirmed_, changed=True)
    assert asked(now=DUE) == [] and asked() == ["reconsider-decision"]
    assert asked(confirmed_) == [] and asked(changed) == ["new-outcome"]
    assert asked(changed, (DUE, outcome())) == ["reconsider-decision"]


def test_nobody_waits_for_the_chairs_own_answer() -> None:
    """The chair has a notice as well; the answers come to the chair, who owes none (BAD-10)."""
    by_hand = f.DutyDone(duty="decision-notice", done_at=TOLD, how="by hand", by="x")
    of = told(*((TOLD, replace(by_hand, person=who)) for who in told().conference.people))
    owed = {d.person for d in duties(of, TOLD) if d.duty == "decision-response"}
    assert "gp" in owed and "chair" not in owed


def test_a_word_counts_for_the_outcome_it_was_said_of() -> None:
    """Another outcome has no word of the chair yet."""
    word = f.DecisionReconsidered(changed=True, decided_by="The Chair", because="new facts")
    assert decision_word(told(word)) == word
    assert decision_word(told(word, outcome())) is None


def test_an_answer_holds_its_words() -> None:
    """What a person wrote is shown to the chair as it is."""
    row = row_of(told(answer("gp", TOLD, None, "I do not agree with the category.")), DUE)
    assert row.as_json()["text"] == "I do not agree with the category." and row.as_json()["says"] is None
    assert REF not in str(row.as_json())
