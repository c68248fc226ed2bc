"""Orders about the answers to a decision: record one, confirm the decision or say that it changes."""

from __future__ import annotations

from datetime import datetime

from pipeline.casebook import Decision, conference_stream, item_head, item_stream
from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.facts import Answer, DecisionReconsidered, Fact, ItemDismissed, ResponseRecorded
from pipeline.domain.item import ItemState
from pipeline.domain.outcome_check import LONGEST_PASSAGE
from pipeline.domain.people import PersonId
from pipeline.domain.responses import ResponseRow, decision_word, responses_of, still_open
from pipeline.domain.written import passage_problem, tidied
from pipeline.errors import NotFoundError, RefusedError


def record_response(
    reference: str,
    person: str,
    at: datetime | None,
    says: Answer | None,
    text: str,
    item_id: str | None,
    by: str,
    actor: str,
    desk: Desk,
) -> ResponseRow:
    """Records a person's answer to the decision, that reached us at `at` (UTC); returns it as judged.

    With an item the answer is that held message or file: it is set aside as no report, and came when it was received unless
    `at` says otherwise.

    Raises:
        NotFoundError: no such conference, person or item.
        RefusedError: no outcome, cancelled, an instant before the decision or to come, words that cannot stand in the record,
            or an item that does not wait for a person.
    """
    if says is None and not text.strip() and item_id is None:
        raise RefusedError("An answer needs words, or --says agrees|disagrees, or --item. Nothing was changed.")
    if text and (trouble := passage_problem(tidied(text), LONGEST_PASSAGE)):
        raise RefusedError(f"The text {trouble}. Nothing was changed.")
    written: list[ResponseRecorded] = []

    def decision() -> Decision | None:
        case = _decided(reference, desk)
        if person not in case.conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        item = desk.casebook.item(item_id) if item_id is not None else None
        if item is not None and item.state is not ItemState.HELD:
            raise RefusedError(f"Item {item_id} does not wait for a person. Nothing was changed.")
        came_at = at or (item.received_at if item is not None else None)
        if came_at is None:
            raise RefusedError("Say with --at when the answer reached us. Nothing was changed.")
        first = case.conference.outcomes[0][0].outcome.decision_at
        if not first <= came_at <= desk.clock.now():
            raise RefusedError("The answer came before the decision, or --at lies in the future. Nothing was changed.")
        fact = ResponseRecorded(
            person=PersonId(person), at=came_at, by=by, says=says, text=text.strip(), item=item.id if item is not None else None
        )
        written[:] = [fact]
        facts: dict[str, list[Fact]] = {conference_stream(reference): [fact]}
        expected = dict(case.heads)
        if item is not None:
            facts[item_stream(item.id)] = [ItemDismissed(because="it is an answer to the decision, and recorded as that", by=by)]
            expected |= item_head(item)
        return Decision(facts=facts, expected=expected)

    desk.casebook.decide(decision, actor)
    rows = responses_of(desk.casebook.case(reference), desk.clock.now())
    return next(row for row in rows if row.response == written[0])


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
