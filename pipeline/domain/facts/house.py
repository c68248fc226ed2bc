"""Facts of the house: founded, clock set, sending stopped and let go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFounded(Fact):
    """The installation was made."""

    profile: str
    team: str
    rehearsal: bool
    marker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet(Fact):
    """The rehearsal clock was moved to `to`; `real_at` is when, by the machine's own clock."""

    to: datetime
    real_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingStopped(Fact):
    """All sending of this stream (the house, or one conference) was halted."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingResumed(Fact):
    """Sending of this stream may go on."""

    because: str = ""
