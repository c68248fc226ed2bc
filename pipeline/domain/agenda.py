"""What ought to happen now, as a pure function of a case. Nothing is stored, no timer exists.

A key is `stream / action / subject / occasion / ordinal` in ids that we gave out. The occasion is the sequence number of
the fact that gave rise to the duty: the same occasion has the same key for ever, a new occasion a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.domain import facts as f
from pipeline.domain.case import Case
from pipeline.domain.completeness import to_examine
from pipeline.domain.copies import outdated, target_of, targets
from pipeline.domain.entitlement import standing_for
from pipeline.domain.gate import after_refusals, closed_because, may_go_at
from pipeline.domain.item import Item, ItemState
from pipeline.domain.judgement import judge, judgement_stands
from pipeline.domain.letters import letter_closed_because, letters_to_write, turning_points
from pipeline.domain.pack import CopyPlan, satisfied
from pipeline.domain.people import PersonId
from pipeline.domain.records import Copy

VERSION = "2"
"""Part of every look: a changed agenda looks at every case again."""

ATTEMPTS = 5
"""After so many attempts that ended without effect an action is held for a person."""

FAILED = "failed"
"""The code of an attempt that raised; the next waits. One that ended in any other way is followed at once."""

BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60))


class Verb(StrEnum):
    """What can be due."""

    INTAKE = "intake"
    JUDGE = "judge"
    SEARCH = "search"
    EXAMINE = "examine"
    VOID = "void"
    COMPOSE = "compose"
    SEND = "send"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do. `subject` is an item, copy or letter id, or a person with a kind; `ordinal` its place in a rhythm."""

    stream: str
    verb: Verb
    subject: str
    occasion: int
    ordinal: int = 0

    @property
    def key(self) -> str:
        """The key by which engine and ledger know it."""
        return f"{self.stream}/{self.verb.value}/{self.subject}/{self.occasion}/{self.ordinal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What is due now, what is held after too many attempts, and the earliest later instant at which this can differ.

    The due set is constant from now until just before `look_again_at` as long as no new fact comes.
    """

    due: tuple[Action, ...]
    look_again_at: datetime | None
    stuck: tuple[Action, ...] = ()
    open: bool = True


Attempts = Mapping[str, Sequence[tuple[f.AttemptEnded, datetime]]]


def attempt_of(attempts: Attempts, key: str) -> int:
    """Returns the number of the attempt that is next or in hand; counted from the ledger, from 1."""
    return 1 + len(attempts.get(key, ()))


def _paced(actions: Iterable[Action], attempts: Attempts, now: datetime) -> tuple[list[Action], list[Action], list[datetime]]:
    """Returns the actions that may start now, those held after too many attempts, and when the others may start."""
    ready: list[Action] = []
    stuck: list[Action] = []
    later: list[datetime] = []
    for action in actions:
        ended = attempts.get(action.key, ())
        if len(ended) >= ATTEMPTS:
            stuck.append(action)
            continue
        if ended and ended[-1][0].code == FAILED:
            at = ended[-1][1] + BACK_OFF[min(len(ended), len(BACK_OFF)) - 1]
            if at > now:
                later.append(at)
                continue
        ready.append(action)
    return ready, stuck, later


def item_agenda(item: Item, now: datetime) -> Agenda:
    """Returns the agenda of a received item: its way on, until it is filed, held or set aside."""
    stream = f"item:{item.id}"
    if item.state not in (ItemState.RECEIVED, ItemState.RESOLVED):
        return Agenda(due=(), look_again_at=None, open=False)
    action = Action(stream=stream, verb=Verb.INTAKE, subject=item.id, occasion=item.state_seq)
    ready, stuck, later = _paced([action], item.attempts, now)
    return Agenda(due=tuple(ready), look_again_at=min(later, default=None), stuck=tuple(stuck))


def agenda(case: Case, now: datetime) -> Agenda:
    """Returns the agenda of a conference at `now`."""
    conference = case.conference
    stream = f"conference:{conference.reference}"
    actions: list[Action] = []
    later: list[datetime] = []
    actions.extend(_on_reports(case, stream))
    ended = now >= conference.end_at
    for copy in conference.copies.values():
        if outdated(case, copy, now):
            actions.append(Action(stream=stream, verb=Verb.VOID, subject=copy.copy, occasion=conference.shaped_seq))
        else:
            actions.extend(_sending(case, copy, stream, now, later))
    actions.extend(_letters(case, stream, now, later))
    if conference.cancelled is None:
        later.append(conference.end_at)
        if case.invitations:
            later.append(conference.start_at)  # nobody is invited any more
        actions.extend(
            Action(stream=stream, verb=Verb.EXAMINE, subject=report.item, occasion=report.filed_seq)
            for report in ([] if ended else to_examine(case))
        )
        for plan in plans(case, now):
            if ended and plan.document in f.OF_REPORTS:
                continue
            later.extend(_expiry(case, plan.person, plan.document, now))
            later.extend(_day_ends(plan))
            if plan.blocked is not None:
                continue
            if plan.compose_at > now:
                later.append(plan.compose_at)
                continue
            actions.append(
                Action(
                    stream=stream,
                    verb=Verb.COMPOSE,
                    subject=f"{plan.person}.{plan.document.value}",
                    occasion=_occasion(case, plan),
                )
            )
    ready, stuck, waits = _paced(actions, conference.attempts, now)
    later = [at for at in (*later, *waits) if at > now]
    return Agenda(due=tuple(ready), look_again_at=min(later, default=None), stuck=tuple(stuck), open=True)


def plans(case: Case, now: datetime) -> list[CopyPlan]:
    """Returns the copies that ought to be composed and are not, in the order of the booking, the chair's first."""
    people = sorted(case.conference.people.values(), key=lambda p: p.role.value != "chair")
    return [plan for person in people for plan in targets(case, person, now) if not satisfied(case, plan)]


def _occasion(case: Case, plan: CopyPlan) -> int:
    """The last fact that shaped this conference, or the copy that went before: either is a new occasion to compose."""
    last = max((c.last_seq for c in case.conference.copies_of(plan.person)), default=0)
    return max(case.conference.shaped_seq, last)


def _on_reports(case: Case, stream: str) -> list[Action]:
    conference = case.conference
    actions: list[Action] = []
    details = {detail.id for detail in conference.protected}
    for version in conference.minutes:
        if details - version.searched:
            actions.append(
                Action(stream=stream, verb=Verb.SEARCH, subject=version.taken.item, occasion=conference.shaped_seq)
            )
    for report in conference.filed():
        if details - report.searched:
            actions.append(
                Action(stream=stream, verb=Verb.SEARCH, subject=report.item, occasion=conference.shaped_seq)
            )
        if not judgement_stands(report, judge(conference, case.profile, case.calendar, report)):
            actions.append(
                Action(
                    stream=stream,
                    verb=Verb.JUDGE,
                    subject=report.item,
                    occasion=max(conference.shaped_seq, report.filed_seq),
                    ordinal=len(report.judgements),
                )
            )
    return actions


def _sending(case: Case, copy: Copy, stream: str, now: datetime, later: list[datetime]) -> list[Action]:
    occasion = max(copy.composed_seq, case.conference.retry_asked)
    send = Action(stream=stream, verb=Verb.SEND, subject=copy.copy, occasion=occasion, ordinal=len(copy.not_taken))
    if copy.in_hand:
        # a claim without a result keeps the sending due: whoever has it finishes it, or the next attempt settles it
        return [send]
    if copy.live and copy.composed is not None and copy.person in case.conference.people:
        later.append(may_go_at(case, copy))
        later.extend(_expiry(case, copy.person, copy.document, now))
        person = case.conference.people[copy.person]
        if (plan := target_of(case, person, copy.document, now)) is not None:
            later.extend(_day_ends(plan))
    return [send] if closed_because(case, copy, now) is None else []


def _letters(case: Case, stream: str, now: datetime, later: list[datetime]) -> list[Action]:
    """Letters to write, whose effect is that they are written; and those to send, as copies are."""
    actions: list[Action] = []
    for letter in case.conference.letters.values():
        occasion = max(letter.written_seq, case.conference.retry_asked)
        again = after_refusals(letter)
        if letter.live and again is not None:
            later.append(again)
        if letter.in_hand or letter_closed_because(case, letter, now) is None:
            actions.append(
                Action(stream=stream, verb=Verb.SEND, subject=letter.copy, occasion=occasion, ordinal=len(letter.not_taken))
            )
    if case.letters:
        later.extend(turning_points(case, now))
    for one in letters_to_write(case, now):
        actions.append(
            Action(stream=stream, verb=Verb.WRITE, subject=one.subject, occasion=one.occasion, ordinal=one.ordinal)
        )
    return actions


def _expiry(case: Case, person: PersonId, document: f.Document, now: datetime) -> list[datetime]:
    """When the copy's address stops being one that may be sent to; nothing where that is not to come."""
    expiry = standing_for(case, person, document).expires_at
    return [expiry] if expiry is not None and expiry > now else []


def _day_ends(plan: CopyPlan) -> list[datetime]:
    """When a copy that prints a date counted from the day it goes is to be made anew."""
    return [plan.fresh_until] if plan.fresh_until is not None else []


def find(due: Agenda, key: str) -> Action | None:
    """Returns the action of this key if it is still due."""
    return next((action for action in due.due if action.key == key), None)


def subject_person(action: Action) -> tuple[str, str]:
    """Returns person and document of a compose action's subject."""
    person, _, document = action.subject.rpartition(".")
    return person, document


__all__ = [
    "ATTEMPTS",
    "FAILED",
    "VERSION",
    "Action",
    "Agenda",
    "Attempts",
    "Verb",
    "agenda",
    "attempt_of",
    "find",
    "item_agenda",
    "plans",
    "subject_person",
]
