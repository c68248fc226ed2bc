"""The backup call: whom a chair rings when a conference held by phone or video breaks down, and in how many calls."""

from __future__ import annotations

from pipeline.domain.acting import Known, Place, Verb, acts_at
from pipeline.domain.calendar import to_local
from pipeline.domain.case import Case
from pipeline.domain.people import Person, Role

MOST_ON_A_CALL = "professionals-on-backup-call"
"""The setting of a profile: how many professionals one call holds."""


def backup_calls(case: Case) -> tuple[tuple[Person, ...], ...]:
    """Returns the professionals but the chair, who rings, in the booking's order, as many to a call as the authority says.

    All are on one call where it says nothing; there is none where there are no professionals. Source: domain.md NCC-10.
    """
    conference = case.conference
    asked = [one for one in conference.people.values() if not one.role.is_family and one.role is not Role.CHAIR]
    most = case.profile.setting(MOST_ON_A_CALL, to_local(conference.start_at).date())
    size = int(most) if isinstance(most, int | float) and most >= 1 else max(len(asked), 1)
    return tuple(tuple(asked[first : first + size]) for first in range(0, len(asked), size))


def said_of_calls(case: Case) -> tuple[str, ...]:
    """Returns what the rules say of a call that all professionals would be on."""
    known: dict[str, Known] = {"professionals-called": sum(map(len, backup_calls(case)))}
    on, type_ = to_local(case.conference.start_at).date(), case.conference.booking.type
    return tuple(
        f"{entry.id}: {act.says}"
        for entry in case.profile.entries(type_, on)
        for act in acts_at(entry.acts, Place.CONFERENCE, known)
        if act.do in (Verb.WARN, Verb.BLOCK) and any(condition.fact in known for condition in act.when)
    )
