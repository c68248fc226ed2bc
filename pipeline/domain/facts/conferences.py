"""Facts of a conference as such: booked, moved, split, decided about, its people, its outcome and what was done since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.facts.fact import Fact
from pipeline.domain.outcome import Outcome
from pipeline.domain.people import (
    Booking,
    ChildId,
    ConferenceRef,
    ExcludedFrom,
    Exclusion,
    Person,
    PersonId,
    ProtectedDetail,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceConvened(Fact):
    """A conference was booked; everyone marked so is asked for a report from now on.

    `accepted_by` is who accepted the draft of a Word form; empty where the booking came as a file of its own.
    """

    reference: ConferenceRef
    booking: Booking
    accepted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceMoved(Fact):
    """The conference has a new start (UTC). `limit_because` and `limit_by`: a manager's reason for one past the limit."""

    start_at: datetime
    because: str
    limit_because: str | None = None
    limit_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSet(Fact):
    """One part of a split conference has this start (UTC) and these people; without people it is no longer held (SWG-9)."""

    name: str
    start_at: datetime
    people: tuple[PersonId, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceCancelled(Fact):
    """The conference does not take place."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationRequested(Fact):
    """A consultation (or threshold discussion) was asked for at `requested_at` (UTC); `requested_by` asked for it."""

    requested_at: datetime
    requested_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationHeld(Fact):
    """It took place. `recommends` and `because` are the chair's advice, whatever the manager then decides (SWG-2)."""

    held_at: datetime
    held_by: str
    recommends: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerDecided(Fact):
    """The manager decided whether the conference is to be held; kept beside the recommendation (SWG-2)."""

    decided_at: datetime
    decided_by: str
    hold: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded(Fact):
    """A person was added."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(Fact):
    """The whole record of a person as it is from now on."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionMade(Fact):
    """The chair decided that a person is kept from something (SWG-8)."""

    exclusion: Exclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailProtected(Fact):
    """A detail must not reach the named people."""

    detail: ProtectedDetail
    because: str = ""
    by: str = ""


DECIDED_ELSEWHERE = "decided-elsewhere"
"""The duty of saying whether what was decided in a linked conference about a person holds here as well.

With a colon and the kind (`decided-elsewhere:address`) it is about that alone.
"""


class Elsewhere(StrEnum):
    """What was recorded about a person in a linked conference and is asked about in this one."""

    EXCLUDED = "excluded"
    NOT_INCLUDED = "not-included"
    ADDRESS = "address"
    ROLE = "role"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedElsewhere(Fact):
    """In a linked conference (this one's review, or the one that it reviews) something was recorded about a person.

    It goes no further by itself, and nothing goes to the person from here, before somebody says whether it holds here:
    they record the same, or that it does not hold (`answers`). Of an exclusion `from_` is what it keeps the person from.
    """

    conference: ConferenceRef
    person: PersonId
    what: Elsewhere
    from_: tuple[ExcludedFrom, ...] = ()

    @property
    def duty(self) -> str:
        """The duty under which its answer is recorded."""
        return f"{DECIDED_ELSEWHERE}:{self.what.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRecorded(Fact):
    """The chair's outcome was recorded; a later one of the same conference replaces it, and both are kept.

    `overridden` are the rules whose BLOCK the person passed, for the reason in `because`.
    """

    outcome: Outcome
    by: str
    because: str = ""
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDone(Fact):
    """A person recorded that a duty of the timetable was done, and how: a visit, a core group, a paper handed over.

    `person` and `child` say whom it concerned where it concerned one. `done_at` is UTC; of a letter that a person wrote,
    `due_at` is the due instant that it told.
    """

    duty: str
    done_at: datetime
    how: str
    by: str
    person: PersonId | None = None
    child: ChildId | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewConvened(Fact):
    """The review of this conference was convened as `review`."""

    review: ConferenceRef
