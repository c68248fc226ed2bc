"""What waits for a person around invitations: the decision to include somebody, an interpreter, papers in another language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pipeline.domain.calendar import to_local
from pipeline.domain.case import Case
from pipeline.domain.duty import Duty, DutyState, as_done, state_of, team_of
from pipeline.domain.entitlement import document_rule
from pipeline.domain.facts import Document, DutyDone
from pipeline.domain.people import Person, PersonId


def invitation_tasks(case: Case, now: datetime) -> Iterator[Duty]:
    """What people decide, book and have translated, so that everybody who is to come can; nothing once it is cancelled."""
    if case.conference.cancelled is None:
        yield from _undecided(case, now)
        yield from _interpreters(case, now)
        yield from _translations(case)


def _undecided(case: Case, now: datetime) -> Iterator[Duty]:
    """Family who would be invited, and of whom nobody has recorded yet whether they are to be included (SWG-4, E15)."""
    conference = case.conference
    if not case.invitations or now >= conference.start_at:
        return
    for person in conference.people.values():
        open_ = person.role.is_family and person.include is None
        if open_ and document_rule(case, person, Document.INVITATION) is not None:
            yield _task(
                case, "include", "include this person or not, and why; nothing invites them before", person=person.id,
                state=DutyState.DUE, how="no decision is recorded", next_step=f"packs person change {conference.reference}"
                f" {person.id} --include|--not-include --include-because TEXT",
            )  # fmt: skip


def _interpreters(case: Case, now: datetime) -> Iterator[Duty]:
    """An interpreter for each person who needs one, booked a working day before; booked again when the conference moves."""
    conference = case.conference
    if now >= conference.end_at:
        return
    moved = conference.moved[0] if conference.moved is not None else 0
    for person in _needing_interpreter(case):
        due_at = case.calendar.minus_working_days_wall(conference.starts_of(person.id)[0], 1)
        one = _task(
            case, "interpreter", f"book an interpreter: {person.interpreter}", person=person.id, due_at=due_at,
            state=DutyState.COMING, next_step=_record_done(case, "interpreter", person.id),
        )  # fmt: skip
        booked = _recorded_since(case, "interpreter", person.id, moved)
        yield as_done(one, booked.done_at, f"recorded: {booked.how}") if booked is not None else replace(
            one, state=state_of(now, one.due_at, one.office_due)
        )


def _translations(case: Case) -> Iterator[Duty]:
    """The papers of each person who needs an interpreter, in their language; a newer paper is a task of its own."""
    for person in _needing_interpreter(case):
        papers = [c for c in case.conference.copies_of(person.id) if c.composed is not None and c.voided is None]
        if not papers:
            continue
        left = [copy for copy in papers if copy.translation is None] or papers
        newest = max(left, key=lambda copy: copy.composed_seq)
        names = ", ".join(dict.fromkeys(copy.document.value.replace("-", " ") for copy in left))
        one = _task(
            case, "translation", f"the papers in {person.interpreter}: {names}", person=person.id, state=DutyState.DUE,
            next_step=f"packs translated {case.conference.reference} {person.id} FILE --document {newest.document.value}"
            f" --to FILE.pdf --by NAME, or {_record_done(case, 'translation', person.id)}",
        )  # fmt: skip
        done = _recorded_since(case, "translation", person.id, newest.composed_seq)
        if newest.translation is not None:
            yield as_done(one, None, "sealed for handing over")
        else:
            yield as_done(one, done.done_at, f"recorded: {done.how}") if done is not None else one


def _needing_interpreter(case: Case) -> list[Person]:
    away = case.conference.kept_away()
    return [p for p in case.conference.people.values() if p.interpreter and p.include is not False and p.id not in away]


def _recorded_since(case: Case, duty: str, person: PersonId, seq: int) -> DutyDone | None:
    found = [fact for fact, at in case.conference.done if fact.duty == duty and fact.person in (None, person) and at > seq]
    return found[-1] if found else None


def _record_done(case: Case, duty: str, person: PersonId) -> str:
    return f"packs done {case.conference.reference} {duty} --person {person} --at LOCAL --how TEXT --by NAME"


def _task(
    case: Case,
    duty: str,
    what: str,
    *,
    person: PersonId,
    state: DutyState,
    next_step: str,
    due_at: datetime | None = None,
    how: str = "",
) -> Duty:
    office = case.calendar.office_due(due_at) if due_at is not None else None
    return Duty(
        duty=duty, what=what, who=team_of(case), state=state, person=person, due_at=due_at, office_due=office,
        hold_by=to_local(office).date() if office is not None else None, how=how, next_step=next_step,
    )  # fmt: skip
