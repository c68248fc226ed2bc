"""Facts about confidential sections: a stream of their own, that nothing else reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.facts.fact import Fact, Verdict
from pipeline.domain.people import PersonId


class Wish(StrEnum):
    """How an agency would have its confidential section passed on (C10)."""

    ATTEND_ONLY = "attend-only"
    WRITTEN = "written"
    READ_OUT = "read-out"


class InMinutes(StrEnum):
    """What of a confidential section stands in the minutes."""

    FULL = "full"
    NONE = "none"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialAsked(Fact):
    """An agency asked for a confidential section (POR-5). `at` is when it reached us; verdict and due instant as recorded."""

    request: str
    person: PersonId
    at: datetime
    ground: str
    kept_from: tuple[PersonId, ...]
    wish: Wish
    verdict: Verdict
    due_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialDecided(Fact):
    """The chair decided on a request or a filed section (POR-6). `to` are those who get it in writing."""

    subject: str
    decided_by: str
    how: str
    to: tuple[PersonId, ...]
    because: str
    minutes: InMinutes = InMinutes.NONE
    slot_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialShown(Fact):
    """Somebody looked at a request or its decision."""

    subject: str
