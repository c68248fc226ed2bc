"""Facts of a conference about its minutes, and about the answers to its decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.facts.fact import Fact
from pipeline.domain.facts.reports import Finding
from pipeline.domain.people import BlobId, DetailId, ItemId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesTaken(Fact):
    """A version of the minutes came back from whoever edited it. `number` counts over the conference, from 1.

    `for_` are the people it was made for; empty: the whole minutes. `item` is the received file. `searched` are the
    protected details that it was searched for, `found` where they stand; `unreadable` are pages nobody could search.
    `by` is empty where the file was dropped in the inbox.
    """

    number: int
    item: ItemId
    sha256: str
    rendition: BlobId
    text: BlobId
    pages: int
    fingerprints: tuple[str, ...]
    by: str
    for_: tuple[PersonId, ...] = ()
    searched: tuple[DetailId, ...] = ()
    found: tuple[Finding, ...] = ()
    unreadable: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesSearched(Fact):
    """A version of the minutes was searched again, after details were added."""

    number: int
    searched: tuple[DetailId, ...]
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesApproved(Fact):
    """A person let a version of the minutes count as the minutes of the outcome that stands.

    `because` says why a child of another conference, or words that nobody sees, stand in it rightly, where they do.
    """

    number: int
    by: str
    because: str | None = None


class Answer(StrEnum):
    """What a person says to a decision, where they say it in a word."""

    AGREES = "agrees"
    DISAGREES = "disagrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecorded(Fact):
    """A person answered the decision; `at` is when it reached us (UTC), `text` their own words (BAD-10).

    `item` is the received message or file that is the answer, where there is one.
    """

    person: PersonId
    at: datetime
    by: str
    says: Answer | None = None
    text: str = ""
    item: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReconsidered(Fact):
    """The chair, having the answers, confirmed the decision, or said that it changes: then a new outcome follows (BAD-10)."""

    changed: bool
    decided_by: str
    because: str
