"""The backup call: whom a chair rings when a conference held by phone or video breaks down, and in how many calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.acting import Known, Place, Verb, acts_at
from pipeline.domain.calendar import to_local
from pipeline.domain.case import Case
from pipeline.domain.people import Person, Role

MOST_ON_A_CALL = "professionals-on-backup-call"
"""The setting of a profile: how many professionals one call holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCall:
    """One call, and when the conference or the session that it stands in for begins (UTC)."""

    start_at: datetime
    people: tuple[Person, ...]


def backup_calls(case: Case) -> tuple[BackupCall, ...]:
    """Returns the professionals but the chair, who rings, in the booking's order, as many to a call as the authority says.

    All are on one call where it says nothing; there is none where there are no professionals. Of a split conference each
    session has its own calls, and whoever sits in none is on no call. Source: domain.md NCC-10, SWG-9.
    """
    most = case.profile.setting(MOST_ON_A_CALL, to_local(case.conference.start_at).date())
    found = []
    for start_at, asked in _asked(case):
        size = int(most) if isinstance(most, int | float) and most >= 1 else max(len(asked), 1)
        found += [
            BackupCall(start_at=start_at, people=asked[first : first + size]) for first in range(0, len(asked), size)
        ]
    return tuple(found)


def _asked(case: Case) -> Iterator[tuple[datetime, tuple[Person, ...]]]:
    """When each part begins, and the professionals in it who do not ring."""
    conference = case.conference
    asked = [one for one in conference.people.values() if not one.role.is_family and one.role is not Role.CHAIR]
    if not conference.is_split:
        yield conference.start_at, tuple(asked)
    for session in conference.sessions:
        yield session.start_at, tuple(one for one in asked if one.id in session.people)


def said_of_calls(case: Case) -> tuple[str, ...]:
    """Returns what the rules say of a call that all professionals would be on."""
    known: dict[str, Known] = {"professionals-called": max((len(asked) for _, asked in _asked(case)), default=0)}
    on, type_ = to_local(case.conference.start_at).date(), case.conference.booking.type
    return tuple(
        f"{entry.id}: {act.says}"
        for entry in case.profile.entries(type_, on)
        for act in acts_at(entry.acts, Place.CONFERENCE, known)
        if act.do in (Verb.WARN, Verb.BLOCK) and any(condition.fact in known for condition in act.when)
    )
