"""Facts of a conference about reports: filed, searched, examined, judged, allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.facts.fact import Content, Fact, Verdict
from pipeline.domain.people import BlobId, ChildId, DetailId, ItemId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A protected detail found on a page (from 1); page 0: the file's name or subject."""

    detail: DetailId
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiled(Fact):
    """A report was filed for a person. `group` is shared by the parts of one e-mail: together they are one version.

    `concerns` are the children the report names, all children when it names none. `searched` are the protected details
    that it was searched for, `found` where they were found; `unreadable` are pages nobody could search.
    """

    item: ItemId
    person: PersonId
    content: Content
    group: ItemId
    sha256: str
    rendition: BlobId
    pages: int
    fingerprints: tuple[str, ...]
    received_at: datetime
    concerns: tuple[ChildId, ...]
    earliest_at: datetime | None = None
    searched: tuple[DetailId, ...] = ()
    found: tuple[Finding, ...] = ()
    unreadable: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    settled_at: datetime | None = None
    from_a_mailbox: bool = False
    """True where it came by an e-mail that no machine wrote, so that its agency may have a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSearched(Fact):
    """A filed report was searched again, after details were added."""

    item: ItemId
    searched: tuple[DetailId, ...]
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExamined(Fact):
    """A filed report was read for the parts that authorities require. Names of parts as in headings.Part.

    `headings` is the version of the words that it was read with. A part in none of the three is not owed.
    """

    item: ItemId
    has: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    headings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAffirmed(Fact):
    """A person read the report and said that a part stands in it after all."""

    item: ItemId
    part: str
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnfiled(Fact):
    """A filing was undone."""

    item: ItemId
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRepeated(Fact):
    """The same bytes came again for the same person. `group` is the e-mail it came in: beside something new it counts."""

    item: ItemId
    of: ItemId
    group: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCorrected(Fact):
    """A person recorded when the report truly reached the mailbox (A00.1). Both times are kept."""

    item: ItemId
    received_at: datetime
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportJudged(Fact):
    """A report was held against the rule in force. Older judgements stay.

    `our_outage` is true where it was late at first sight but may have lain here in time while the service did not watch.
    """

    item: ItemId
    verdict: Verdict
    received_at: datetime
    due_at: datetime | None
    late_by_seconds: int
    rule: str | None
    our_outage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NilReturnRecorded(Fact):
    """The agency has nothing to say (A00.15)."""

    person: PersonId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApologyRecorded(Fact):
    """The person cannot come (A00.15)."""

    person: PersonId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAllowed(Fact):
    """The chair decided that a person may have a report that the rules alone would withhold (POR-6, A00.2)."""

    item: ItemId
    person: PersonId
    decided_by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceEnded(Fact):
    """The chair decided anew: the person may no longer have a report that was allowed to them."""

    item: ItemId
    person: PersonId
    decided_by: str
    because: str
