"""What a conference holds beside its people: reports, copies, letters, prints, versions of the minutes, each with its course."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain import facts as f
from pipeline.domain.people import CopyId, DetailId, ItemId, PersonId


@dataclass(slots=True, kw_only=True)
class Report:
    """A filed report (or confidential section) and all that happened to it since."""

    filed: f.ReportFiled
    filed_seq: int
    filed_at: datetime
    received_at: datetime
    received_by_person: bool = False
    judgements: list[f.ReportJudged] = field(default_factory=list)
    searched: set[DetailId] = field(default_factory=set)
    found: set[f.Finding] = field(default_factory=set)
    repeats: list[ItemId] = field(default_factory=list)
    unfiled: bool = False
    examined: f.ReportExamined | None = None
    affirmed: dict[str, f.PartAffirmed] = field(default_factory=dict)
    """The parts that a person found in it."""

    @property
    def item(self) -> ItemId:
        """The item this report is."""
        return self.filed.item

    @property
    def judged(self) -> f.ReportJudged | None:
        """The judgement that stands now."""
        return self.judgements[-1] if self.judgements else None


@dataclass(slots=True, kw_only=True)
class Paper:
    """One numbered print, and its hand-over."""

    made: f.PaperCopyMade
    made_at: datetime
    handed: f.PaperCopyHanded | None = None


@dataclass(slots=True, kw_only=True)
class MinutesVersion:
    """A version of the minutes as it came back, and whether somebody approved it since."""

    taken: f.MinutesTaken
    taken_seq: int
    taken_at: datetime
    searched: set[DetailId] = field(default_factory=set)
    found: set[f.Finding] = field(default_factory=set)
    approved: f.MinutesApproved | None = None
    approved_seq: int = 0
    approved_at: datetime | None = None

    @property
    def number(self) -> int:
        """Its number, from 1, counted over all versions of the conference."""
        return self.taken.number


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """One message to one person, by its id (`copy`): what is known of its sending, whatever it carries."""

    copy: CopyId
    person: PersonId
    claims: int = 0
    """How many sendings of it were claimed; each claim's `attempt` is its own number, so no worker takes another's for its own."""
    claim: f.SendingClaimed | None = None
    claim_at: datetime | None = None
    first_claim_at: datetime | None = None
    """When its sending was first claimed: the date of its mail, the same in every attempt."""
    claimed_address: str | None = None
    """Where the last claim was to go; kept after its result."""
    body_started: bool = False
    accepted: f.MessageAccepted | None = None
    accepted_at: datetime | None = None
    unknown: f.MessageUnknown | None = None
    not_taken: list[tuple[f.MessageNotTaken, datetime]] = field(default_factory=list)
    last_seq: int = 0

    @property
    def failed(self) -> bool:
        """True after a definite refusal."""
        return bool(self.not_taken) and self.not_taken[-1][0].permanent and self.accepted is None

    @property
    def in_hand(self) -> bool:
        """True between the claim and its result."""
        return self.claim is not None and not (self.accepted or self.unknown)

    @property
    def gone(self) -> bool:
        """True when it has left, is leaving, or may have left: it can no longer be withdrawn."""
        return self.accepted is not None or self.unknown is not None or (self.in_hand and self.body_started)


@dataclass(slots=True, kw_only=True)
class Copy(Outgoing):
    """One person's copy of one issue of a document, from composing to the last word about its sending."""

    document: f.Document
    issue: int
    basis: str
    composed_seq: int
    composed_at: datetime
    composed: f.CopyComposed | None = None
    held: f.CopyHeld | None = None
    releases: list[tuple[f.CopyReleased, datetime]] = field(default_factory=list)
    refused: f.CopyRefused | None = None
    voided: f.CopyVoided | None = None
    translation: f.CopyTranslated | None = None
    """The last translation of it."""
    starts: tuple[datetime, ...] = ()
    """When the conference began for its reader (UTC), as the copy was composed: each of their own sessions."""

    @property
    def items(self) -> tuple[ItemId, ...]:
        """The reports in it, in their order."""
        source = self.composed or self.held
        return tuple(s.report for s in source.sections if s.report is not None) if source else ()

    @property
    def live(self) -> bool:
        """True while it can still go or be decided about: not withdrawn, not gone, not failed."""
        return self.voided is None and not self.gone and not self.failed


@dataclass(slots=True, kw_only=True)
class Letter(Outgoing):
    """A content-free message to an agency, from the decision to write it to the last word about its sending."""

    kind: f.LetterKind
    occasion: int
    ordinal: int
    written_seq: int
    written_at: datetime
    due_at: datetime | None = None
    about: ItemId | None = None
    parts: tuple[str, ...] = ()
    withheld: ItemId | None = None
    """The held item for whose sake it does not go, or None."""

    @property
    def live(self) -> bool:
        """True while it can still go: not withheld, not gone, not failed."""
        return self.withheld is None and not self.gone and not self.failed
