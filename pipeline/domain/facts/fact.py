"""What a fact is, and the words that facts of several streams speak with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a report came in time (R6, A00.11, A00.15)."""

    ON_TIME = "on-time"
    LATE = "late"
    NO_RULE = "no-rule"
    ASKED_AFTER_DUE = "asked-after-due"


class Content(StrEnum):
    """What kind of content a filed report is; the profile's audience rules speak of these."""

    SOCIAL_WORKER_REPORT = "social-worker-report"
    AGENCY_REPORT = "agency-report"
    CONFIDENTIAL_SECTION = "confidential-section"


class Document(StrEnum):
    """What kind of document a copy is."""

    PACK = "pack"
    SUPPLEMENT = "supplement"
    INVITATION = "invitation"
    DECISION_NOTICE = "decision-notice"
    OUTLINE_PLAN = "outline-plan"
    IMMEDIATE_ACTIONS = "immediate-actions"
    OUTCOME_FORM = "outcome-form"
    ESCALATION = "escalation"
    MIDPOINT_NOTICE = "midpoint-notice"
    TIMETABLE = "timetable"
    MINUTES = "minutes"


OF_REPORTS = frozenset({Document.PACK, Document.SUPPLEMENT})
"""The documents made of reports, before the conference; every other is written from what was recorded."""


class LetterKind(StrEnum):
    """The closed list of content-free messages to agencies (A00.8)."""

    REQUEST = "request"
    CHASE = "chase"
    LATE = "late"
    LEAD = "lead"
    RECEIPT = "receipt"
    MISSING_PARTS = "missing-parts"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact is. Its body is sealed with its stream's key; only its kind and version are clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fact as it stands in the ledger. `seq` counts from 1 within its stream; `at` is UTC."""

    stream: str
    seq: int
    at: datetime
    actor: str
    fact: Fact
