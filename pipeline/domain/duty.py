"""A duty: what somebody owes by when, where it stands, and how that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from pipeline.domain.calendar import local_text, to_local, utc_text
from pipeline.domain.case import Case
from pipeline.domain.people import ChildId, PersonId
from pipeline.domain.timetable import Due

WITHOUT_REVIEW = timedelta(days=183)


class DutyState(StrEnum):
    """Where a duty stands. DUE: its last office moment is today or past, its due instant is not."""

    OVERDUE = "overdue"
    DUE = "due"
    COMING = "coming"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing that somebody owes. `rule` is empty for a task of the house's own; `due_at` None: the source states none.

    `how` says how it is known, or why it is still open; `next_step` what to do now, empty where nothing is.
    """

    duty: str
    what: str
    who: str
    state: DutyState
    rule: str = ""
    person: PersonId | None = None
    child: ChildId | None = None
    due_at: datetime | None = None
    office_due: datetime | None = None
    hold_by: date | None = None
    done_at: datetime | None = None
    how: str = ""
    next_step: str = ""
    provisional: bool = False

    @property
    def act_by(self) -> datetime | None:
        """When to have done it: the last office moment, else the due instant."""
        return self.office_due or self.due_at

    def as_json(self) -> dict[str, object]:
        """Returns the contract of `packs agenda --json`."""
        return {
            "rule": self.rule or None,
            "duty": self.duty,
            "what": self.what,
            "who": self.who,
            "person": self.person,
            "child": self.child,
            "due_at": utc_text(self.due_at) if self.due_at is not None else None,
            "due_local": local_text(self.due_at) if self.due_at is not None else None,
            "office_due_local": local_text(self.office_due) if self.office_due is not None else None,
            "hold_by": self.hold_by.isoformat() if self.hold_by is not None else None,
            "state": self.state.value,
            "done_at": utc_text(self.done_at) if self.done_at is not None else None,
            "how": self.how or None,
            "next_step": self.next_step or None,
            "provisional": self.provisional,
        }


_ORDER = {state: n for n, state in enumerate(DutyState)}


def order_of(one: Duty) -> tuple[int, bool, str, str, str, str]:
    """Returns the place of a duty among others: its state, the day and instant to act by, then its names."""
    act_by = one.done_at if one.state is DutyState.DONE else one.act_by
    at = utc_text(act_by) if act_by is not None else ""
    return _ORDER[one.state], act_by is None, at, one.rule, one.duty, one.person or ""


def state_of(
    now: datetime, due_at: datetime | None, office_due: datetime | None, *, overdue_at: datetime | None = None
) -> DutyState:
    """Returns where a duty stands that nobody has done; `overdue_at` where it is breached later than it is due."""
    limit = overdue_at or due_at
    if limit is None or due_at is None:
        return DutyState.COMING
    if now > limit:
        return DutyState.OVERDUE
    if office_due is None or to_local(now).date() >= to_local(office_due).date():
        return DutyState.DUE
    return DutyState.COMING


def duty_of_due(when: Due | None, case: Case, now: datetime, *, duty: str, what: str, who: str) -> Duty:
    """Returns the open duty of a due; one without a due instant is never late by itself."""
    if when is None:
        return Duty(duty=duty, what=what, who=who, state=DutyState.COMING)
    state = state_of(now, when.due_at, when.office_due, overdue_at=when.breach_at)
    if state is DutyState.COMING and when.prompt_at is not None:
        office = case.calendar.office_due(when.prompt_at) or when.prompt_at
        state = state_of(now, when.due_at, office, overdue_at=when.breach_at)
    if state is DutyState.DUE and when.due_at > when.trigger_at > now:
        state = DutyState.COMING  # counted from something that is still to come: nobody can do it yet
    return Duty(
        rule=when.rule,
        duty=duty,
        what=what,
        who=who,
        due_at=when.due_at,
        office_due=when.office_due,
        hold_by=when.hold_by,
        state=state,
        provisional=when.provisional,
    )


def as_done(one: Duty, at: datetime | None, how: str) -> Duty:
    """Returns the duty as done, and how that is known."""
    return replace(one, state=DutyState.DONE, done_at=at, how=how, next_step="")


def team_of(case: Case) -> str:
    """Returns the team in the authority's own word."""
    return case.profile.authority_words.get("team", "the team")


def is_open(case: Case, now: datetime) -> bool:
    """Returns True while the team has the conference before it: until its review, or half a year after it where none is set."""
    conference = case.conference
    if conference.cancelled is not None:
        return False
    outcome = conference.outcome
    return outcome is None or now <= (outcome.review_at or outcome.ended_at + WITHOUT_REVIEW)


def queue_rank(case: Case, one: Duty) -> tuple[int, int]:
    """Returns what comes first in the team's queue where the authority says so: a type of conference, its midpoint reviews.

    Source: domain.md NCC-5, NCC-23.
    """
    on, type_ = to_local(case.conference.start_at).date(), case.conference.booking.type.value
    first = case.profile.setting("first-in-queue", on)
    first_midpoints = case.profile.setting("first-midpoints", on) if one.duty == "midway-meeting" else None
    return int(first is not None and first != type_), int(first_midpoints is not None and first_midpoints != type_)


def summary(found: Sequence[Duty]) -> dict[str, int]:
    """Returns how many duties there are in each state."""
    return {state.value: sum(one.state is state for one in found) for state in DutyState}
