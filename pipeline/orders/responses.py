"""Orders about the answers to a decision: record one, confirm the decision or say that it changes."""

from __future__ import annotations

from datetime import datetime

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.facts import Answer, DecisionReconsidered, Fact, ResponseRecorded
from pipeline.domain.outcome_check import LONGEST_PASSAGE
from pipeline.domain.people import PersonId
from pipeline.domain.responses import ResponseRow, decision_word, responses_of, still_open
from pipeline.domain.written import passage_problem, tidied
from pipeline.errors import NotFoundError, RefusedError


def record_response(
    reference: str, person: str, at: datetime, says: Answer | None, text: str, by: str, actor: str, desk: Desk
) -> ResponseRow:
    """Records a person's answer to the decision, that reached us at `at` (UTC); returns it as judged.

    Raises:
        NotFoundError: no such conference or person.
        RefusedError: no outcome, cancelled, an instant before the decision or to come, or words that cannot stand in the record.
    """
    if says is None and not text.strip():
        raise RefusedError("An answer needs words, or --says agrees|disagrees. Nothing was changed.")
    if text and (trouble := passage_problem(tidied(text), LONGEST_PASSAGE)):
        raise RefusedError(f"The text {trouble}. Nothing was changed.")
    fact = ResponseRecorded(person=PersonId(person), at=at, by=by, says=says, text=text.strip())

    def decision() -> Decision | None:
        case = _decided(reference, desk)
        if person not in case.conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        first = case.conference.outcomes[0][0].outcome.decision_at
        if not first <= at <= desk.clock.now():
            raise RefusedError("--at lies before the decision, or in the future. Nothing was changed.")
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    rows = responses_of(desk.casebook.case(reference), desk.clock.now())
    return next(row for row in rows if row.response == fact)


def reconsider(reference: str, decided_by: str, because: str, actor: str, desk: Desk, *, changed: bool) -> list[PersonId]:
    """Records that the chair confirmed the decision, or that it changes; returns whose time to answer has not ended.

    Raises:
        NotFoundError: no such conference.
        RefusedError: no outcome, cancelled, or the same was said of this outcome before.
    """
    waiting: list[PersonId] = []

    def decision() -> Decision | None:
        case = _decided(reference, desk)
        before = decision_word(case)
        if before is not None and before.changed is changed:
            raise RefusedError(
                f"The decision of {reference} is recorded as {'to be changed' if changed else 'confirmed'} already. Nothing was"
                " changed."
            )
        waiting[:] = still_open(case, desk.clock.now())
        fact: Fact = DecisionReconsidered(changed=changed, decided_by=decided_by, because=because)
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    return waiting


def _decided(reference: str, desk: Desk) -> Case:
    case = desk.casebook.case(reference)
    if case.conference.cancelled is not None or case.conference.outcome is None:
        what = "is cancelled" if case.conference.cancelled is not None else "has no outcome yet"
        raise RefusedError(f"{reference} {what}, so there is no decision to answer. Nothing was changed.")
    return case
