"""Answers to a decision: who answered in time, who late, who is awaited; and what the chair made of it (BAD-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.calendar import local_text, utc_text
from pipeline.domain.case import Case
from pipeline.domain.course import NOTICE
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import DecisionReconsidered, Document, ResponseRecorded
from pipeline.domain.people import PersonId, Role
from pipeline.domain.profile import Rule, Trigger
from pipeline.domain.timetable import due
from pipeline.domain.views import reached_at


class ResponseState(StrEnum):
    """Where one person's answer stands. NOT_TOLD: no notice has reached them yet. NO_RULE: the authority gives no time.

    BEFORE_NOTICE: they answered before any notice reached them, so no time ran.
    """

    IN_TIME = "in-time"
    LATE = "late"
    AWAITED = "awaited"
    NO_ANSWER = "no-answer"
    NOT_TOLD = "not-told"
    NO_RULE = "no-rule"
    BEFORE_NOTICE = "before-notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One person's time to answer: from their own notice until `due_at`, inclusive; None where the authority gives none."""

    person: PersonId
    notice_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRow:
    """One answer, or that there is none; the window is that of the notice which the answer is to."""

    person: PersonId
    state: ResponseState
    window: Window | None
    response: ResponseRecorded | None = None

    def as_json(self) -> dict[str, object]:
        """Returns the contract of `packs responses --json`."""
        notice = self.window.notice_at if self.window is not None else None
        due_at = self.window.due_at if self.window is not None else None
        said = self.response
        return {
            "person": self.person,
            "state": self.state.value,
            "notice_at": utc_text(notice) if notice is not None else None,
            "due_at": utc_text(due_at) if due_at is not None else None,
            "due_local": local_text(due_at) if due_at is not None else None,
            "answered_at": utc_text(said.at) if said is not None else None,
            "says": said.says.value if said is not None and said.says is not None else None,
            "text": said.text or None if said is not None else None,
            "item": said.item if said is not None else None,
            "by": said.by if said is not None else None,
        }


def response_rule(case: Case) -> Rule | None:
    """Returns the rule that gives people a time to answer their notice, or None where the authority has none."""
    rules = case.profile.rules_for("decision-response", case.conference.booking.type, case.conference.start_at.date())
    return next((one for one in rules if one.trigger is Trigger.NOTICE_SENT), None)


def windows_of(case: Case, person: PersonId) -> list[Window]:
    """Returns the windows of every notice that reached this person, oldest first: each issue gives its own time."""
    rule = response_rule(case)
    copies = [reached_at(case, copy) for copy in case.conference.copies_of(person, Document.DECISION_NOTICE)]
    by_hand = [fact.done_at for fact, _ in case.conference.done if fact.duty in NOTICE and fact.person == person]
    reached = {*by_hand, *(at for at in copies if at is not None)}
    return [
        Window(person=person, notice_at=at, due_at=due(rule, at, case.calendar).due_at if rule is not None else None)
        for at in sorted(reached)
    ]


def judged(window: Window | None, response: ResponseRecorded) -> ResponseState:
    """Returns whether an answer came in time; at the due instant it did. Before any notice there was no time to keep."""
    if window is None:
        return ResponseState.BEFORE_NOTICE
    if window.due_at is None:
        return ResponseState.NO_RULE
    return ResponseState.IN_TIME if response.at.replace(microsecond=0) <= window.due_at else ResponseState.LATE


def responses_of(case: Case, now: datetime) -> list[ResponseRow]:
    """Returns every answer, and one row for each person who was told and has not answered the last notice.

    The chair has a notice as well, and is who the answers come to: nobody waits for theirs.
    """
    rows: list[ResponseRow] = []
    for person, who in case.conference.people.items():
        windows = windows_of(case, person)
        mine = sorted((r for r, _ in case.conference.responses if r.person == person), key=lambda r: r.at)
        for one in mine:
            open_then = [window for window in windows if window.notice_at <= one.at]
            window = open_then[-1] if open_then else None
            rows.append(ResponseRow(person=person, state=judged(window, one), window=window, response=one))
        if who.role is Role.CHAIR:
            continue
        last = windows[-1] if windows else None
        if last is not None and not any(one.at >= last.notice_at for one in mine):
            rows.append(ResponseRow(person=person, state=_unanswered(last, now), window=last))
        elif last is None and not mine and entitlement(case, person, Document.DECISION_NOTICE).document:
            rows.append(ResponseRow(person=person, state=ResponseState.NOT_TOLD, window=None))
    return rows


def _unanswered(window: Window, now: datetime) -> ResponseState:
    if window.due_at is None:
        return ResponseState.NO_RULE
    return ResponseState.AWAITED if now <= window.due_at else ResponseState.NO_ANSWER


def decision_word(case: Case) -> DecisionReconsidered | None:
    """Returns the chair's last word on the outcome that stands: confirmed, or to be changed; None before there is one."""
    recorded = case.conference.outcomes[-1][1] if case.conference.outcomes else 0
    after = [fact for fact, seq, _ in case.conference.reconsidered if seq > recorded]
    return after[-1] if after else None


def still_open(case: Case, now: datetime) -> list[PersonId]:
    """Returns the people whose time to answer runs and who have not answered, or whom no notice has reached yet."""
    waiting = {ResponseState.AWAITED, ResponseState.NOT_TOLD}
    return list(dict.fromkeys(row.person for row in responses_of(case, now) if row.state in waiting))
