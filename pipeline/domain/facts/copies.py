"""Facts of a conference about copies: composed, proved, released, withdrawn, translated, on paper; and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.facts.fact import Document, Fact
from pipeline.domain.people import BlobId, ChildId, CopyId, ItemId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseMade(Fact):
    """The six words of this person for this conference."""

    person: PersonId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a copy. Pages count from 1, both ends included; `report` is None for our own pages."""

    title: str
    report: ItemId | None
    from_page: int
    to_page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """A report that is not in a copy, and why. Shown to the releaser only."""

    report: ItemId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyComposed(Fact):
    """A person's copy was composed and proved. `basis` is the hash of the plan it was made from.

    `send_at` is when it may go; `sha256` that of the sealed file. Of a document that is not made of reports: `children` are
    those it is about, `said` is the hash of what was recorded that it tells, `supersedes` the sent issue that it replaces.
    """

    copy: CopyId
    person: PersonId
    document: Document
    issue: int
    basis: str
    blob: BlobId
    sha256: str
    pages: int
    sections: tuple[Section, ...]
    left_out: tuple[Omission, ...]
    needs_release: bool
    children: tuple[ChildId, ...] = ()
    said: str = ""
    supersedes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyHeld(Fact):
    """A composed copy did not pass its proof, so it stays here. `why` is a sentence without content."""

    copy: CopyId
    person: PersonId
    document: Document
    issue: int
    basis: str
    code: str
    why: str
    pages: int = 0
    sections: tuple[Section, ...] = ()
    left_out: tuple[Omission, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReleased(Fact):
    """A person released exactly this content (`sha256`)."""

    copy: CopyId
    sha256: str
    by: str
    by_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRefused(Fact):
    """A person refused to let the copy go."""

    copy: CopyId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVoided(Fact):
    """The copy was replaced or withdrawn before a byte of it was sent."""

    copy: CopyId
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachOpened(Fact):
    """Something reached people that it should not have reached. `copies` tells what, `people` who has it."""

    item: ItemId
    copies: tuple[CopyId, ...]
    people: tuple[PersonId, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyTranslated(Fact):
    """A person put a translation of a copy in; it was sealed for the copy's reader, to be handed over. It is never e-mailed."""

    copy: CopyId
    language: str
    blob: BlobId
    sha256: str
    pages: int
    by: str
    also_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopyMade(Fact):
    """A numbered copy was printed for hand-over; numbers count over the conference. `sha256` is of the unencrypted file."""

    number: int
    person: PersonId
    document: Document
    items: tuple[ItemId, ...]
    sha256: str
    pages: int
    by: str
    also_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopyHanded(Fact):
    """A person handed a paper copy over (SWG-6)."""

    number: int
    person: PersonId
    at: datetime
    how: str
    by: str
