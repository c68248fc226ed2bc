"""The fold: a conference from its facts. Read-only once folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.domain import facts as f
from pipeline.domain.addresses import Standing, normalised
from pipeline.domain.outcome import Outcome
from pipeline.domain.people import (
    Booking,
    ConferenceRef,
    CopyId,
    DetailId,
    ExcludedFrom,
    Exclusion,
    ItemId,
    Person,
    PersonId,
    ProtectedDetail,
    Role,
    Session,
)
from pipeline.domain.protected import folded


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


@dataclass(slots=True, kw_only=True)
class Conference:
    """A conference as its facts leave it."""

    reference: ConferenceRef
    booking: Booking
    convened_at: datetime
    start_at: datetime
    head: int = 0
    shaped_seq: int = 1
    cancelled: str | None = None
    stopped: str | None = None
    people: dict[PersonId, Person] = field(default_factory=dict)
    turns: dict[PersonId, int] = field(default_factory=dict)
    """How often a person was changed in anything that may shape their copies; changed back counts as well."""
    asked_at: dict[PersonId, datetime] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)
    protected: list[ProtectedDetail] = field(default_factory=list)
    family_addresses: dict[PersonId, Standing] = field(default_factory=dict)
    reports: dict[ItemId, Report] = field(default_factory=dict)
    nil_returns: dict[PersonId, tuple[f.NilReturnRecorded, datetime]] = field(default_factory=dict)
    apologies: dict[PersonId, tuple[f.ApologyRecorded, datetime]] = field(default_factory=dict)
    allowed: dict[tuple[ItemId, PersonId], f.ReportAllowed] = field(default_factory=dict)
    passphrases: dict[PersonId, str] = field(default_factory=dict)
    copies: dict[CopyId, Copy] = field(default_factory=dict)
    letters: dict[CopyId, Letter] = field(default_factory=dict)
    letters_asked: list[tuple[f.LetterAsked, int, datetime]] = field(default_factory=list)
    told: dict[PersonId, tuple[int, datetime]] = field(default_factory=dict)
    """Per person asked, the fact (its sequence number and instant) since which they, at this address, are to be told so."""
    moved: tuple[int, datetime] | None = None
    """The last move: its sequence number and instant."""
    breaches: list[tuple[f.BreachOpened, datetime]] = field(default_factory=list)
    attempts: dict[str, list[tuple[f.AttemptEnded, datetime]]] = field(default_factory=dict)
    retry_asked: int = 0
    outcomes: list[tuple[f.OutcomeRecorded, int, datetime]] = field(default_factory=list)
    """Every recorded outcome with the sequence number and the instant of its record, oldest first; the last one stands."""
    done: list[tuple[f.DutyDone, int]] = field(default_factory=list)
    """Every duty that a person recorded as done, with its sequence number, oldest first."""
    papers: dict[int, Paper] = field(default_factory=dict)
    """Every paper copy by its number, oldest first."""
    consultation: list[f.ConsultationRequested | f.ConsultationHeld | f.ManagerDecided] = field(default_factory=list)
    """Every request, consultation and manager's decision, in the order in which they were recorded."""
    came_again: dict[ItemId, list[ItemId]] = field(default_factory=dict)
    """Per e-mail, the reports filed before that it carried once more."""
    reviews: list[ConferenceRef] = field(default_factory=list)
    """Every review that was convened of it, oldest first; one may have been cancelled since."""
    minutes: list[MinutesVersion] = field(default_factory=list)
    """Every version of the minutes, oldest first; version n stands at place n - 1."""
    responses: list[tuple[f.ResponseRecorded, int]] = field(default_factory=list)
    """Every answer to the decision with its sequence number, in the order in which they were recorded."""
    reconsidered: list[tuple[f.DecisionReconsidered, int, datetime]] = field(default_factory=list)
    """Every word of the chair on the answers, with its sequence number and instant, oldest first."""

    @property
    def end_at(self) -> datetime:
        """The end: start plus slot, of a session that begins after it its own, until an end is recorded (R7)."""
        if (outcome := self.outcome) is not None:
            return outcome.ended_at
        slot = timedelta(minutes=self.booking.slot_minutes)
        later = max((session.start_at for session in self.sessions), default=self.start_at)
        return self.start_at + slot if later < self.start_at + slot else later + slot

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The parts of a split conference, earliest first, moved along with it; empty where it is not split."""
        by = self.start_at - self.booking.start_at
        moved = (replace(session, start_at=session.start_at + by) for session in self.booking.split)
        return tuple(sorted(moved, key=lambda session: session.start_at))

    @property
    def is_split(self) -> bool:
        """True where it has sessions, or is booked as split and nobody has said yet which."""
        return bool(self.booking.split) or "split" in folded(self.booking.mode or "").split()

    def sits_nowhere(self, who: Person) -> bool:
        """Returns True where nobody has said in which part of a split conference the person sits; the chair sits in all."""
        return self.is_split and who.role is not Role.CHAIR and not self.sessions_of(who.id)

    def sessions_of(self, person: PersonId) -> tuple[Session, ...]:
        """Returns the parts that the person takes part in."""
        return tuple(session for session in self.sessions if person in session.people)

    def starts_of(self, person: PersonId) -> tuple[datetime, ...]:
        """Returns when the conference begins for the person: their own sessions', the conference's where they have none."""
        return tuple(session.start_at for session in self.sessions_of(person)) or (self.start_at,)

    def starts_told(self, person: PersonId) -> tuple[datetime, ...]:
        """Returns when the last invitation that went to the person said that it begins; empty where none went."""
        gone = [copy for copy in self.copies_of(person, f.Document.INVITATION) if copy.gone]
        return gone[-1].starts if gone else ()

    def meets(self, person: PersonId, other: PersonId) -> bool:
        """Returns True where the two sit in one session, or the other's words are for all of a split conference.

        For all are the words of whoever sits in no session or in every one. Somebody in no session meets those alone.
        """
        theirs = self.sessions_of(other)
        if not theirs or len(theirs) == len(self.sessions):
            return True
        return any(person in session.people for session in theirs)

    def heard_all(self, who: Person) -> bool:
        """Returns True for the chair, and for whoever is in every part of a split conference; always where it is not split."""
        return not self.sits_nowhere(who) and (who.role is Role.CHAIR or len(self.sessions_of(who.id)) == len(self.sessions))

    def in_no_session(self) -> tuple[PersonId, ...]:
        """Returns who takes part in a split conference and is named in no part of it."""
        if not self.sessions:
            return ()
        away = self.kept_away()
        return tuple(
            p.id
            for p in self.people.values()
            if p.include is not False and p.id not in away and not self.sessions_of(p.id)
        )

    def kept_away(self) -> set[PersonId]:
        """Returns who does not attend by the chair's decision."""
        return {e.person for e in self.exclusions if {ExcludedFrom.ATTENDING, ExcludedFrom.ALL} & set(e.from_)}

    @property
    def booked(self) -> Booking:
        """The booking with the start as it stands now."""
        return replace(self.booking, start_at=self.start_at)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that stands, or None before one is recorded."""
        return self.outcomes[-1][0].outcome if self.outcomes else None

    @property
    def decision_told(self) -> bool:
        """True once a decision notice went to anybody."""
        return any(copy.document is f.Document.DECISION_NOTICE and copy.gone for copy in self.copies.values())

    @property
    def chair(self) -> Person | None:
        """The chair."""
        return next((p for p in self.people.values() if p.role is Role.CHAIR), None)

    def filed(self, person: PersonId | None = None) -> list[Report]:
        """Returns the reports that stand filed (not undone), oldest first, of one person or all."""
        return [
            r for r in self.reports.values() if not r.unfiled and (person is None or r.filed.person == person)
        ]

    def versions(self, person: PersonId) -> list[list[Report]]:
        """Returns a person's report versions, oldest first; the parts of one e-mail together are one version.

        Oldest by receipt, not by filing: one that was held and filed by a person later is not the newest for that.
        Confidential sections are not versions of a report.
        """
        groups: dict[ItemId, list[Report]] = {}
        for report in self.filed(person):
            if report.filed.content is not f.Content.CONFIDENTIAL_SECTION:
                groups.setdefault(report.filed.group, []).append(report)
        for group, members in groups.items():
            # what came again beside something new is part of the new version; alone it makes none
            again = [self.reports[i] for i in self.came_again.get(group, ()) if i in self.reports]
            members.extend(r for r in again if not r.unfiled and r not in members and r.filed.person == person)
        return sorted(groups.values(), key=lambda parts: max(_came(part) for part in parts))

    def latest(self) -> list[Report]:
        """Returns what a pack is made of: each person's latest version, and every confidential section, oldest first."""
        newest = {r.item for person in self.people for r in (self.versions(person) or [[]])[-1]}
        return [r for r in self.filed() if r.item in newest or r.filed.content is f.Content.CONFIDENTIAL_SECTION]

    def restricted(self) -> bool:
        """True where any exclusion, protected detail or confidential section makes every copy a matter for a person."""
        return bool(
            self.exclusions
            or self.protected
            or any(r.filed.content is f.Content.CONFIDENTIAL_SECTION for r in self.filed())
        )

    def copies_of(self, person: PersonId, document: f.Document | None = None) -> list[Copy]:
        """Returns a person's copies, oldest first."""
        return [
            c for c in self.copies.values() if c.person == person and (document is None or c.document is document)
        ]


_SHAPING = (
    f.ConferenceConvened,
    f.ConferenceMoved,
    f.SessionSet,
    f.ConferenceCancelled,
    f.PersonAdded,
    f.PersonChanged,
    f.ExclusionMade,
    f.DetailProtected,
    f.ReportFiled,
    f.ReportSearched,
    f.ReportRepeated,
    f.ReportUnfiled,
    f.ReportAllowed,
    f.OutcomeRecorded,
    f.AllowanceEnded,
    f.MinutesTaken,
    f.MinutesSearched,
    f.MinutesApproved,
    f.AddressConfirmed,
    f.AddressSuspended,
    f.CopyVoided,
    f.SendingResumed,
    f.RetryAsked,
)
"""Facts after which a copy that failed or was made before may have to be made anew: each is a new occasion."""


def fold(recorded: Sequence[f.Recorded]) -> Conference | None:
    """Returns the conference, or None where the facts do not begin with its convening."""
    if not recorded or not isinstance(recorded[0].fact, f.ConferenceConvened):
        return None
    first = recorded[0].fact
    conference = Conference(
        reference=first.reference,
        booking=first.booking,
        convened_at=recorded[0].at,
        start_at=first.booking.start_at,
        exclusions=list(first.booking.exclusions),
        protected=list(first.booking.protected),
    )
    for person in first.booking.people:
        _admit(conference, person, recorded[0].at, recorded[0].seq)
    for entry in recorded:
        _apply(conference, entry)
    return conference


def _came(report: Report) -> tuple[datetime, datetime]:
    """When a report came: its receipt, and within one second when its file was complete."""
    return report.received_at, report.filed.settled_at or report.received_at


def _admit(conference: Conference, person: Person, at: datetime, seq: int) -> None:
    before = conference.people.get(person.id)
    conference.people[person.id] = person
    if before is not None and _shapes_copies(before) != _shapes_copies(person):
        conference.turns[person.id] = conference.turns.get(person.id, 0) + 1
    if person.asked_for_report:
        conference.asked_at.setdefault(person.id, at)
        if before is None or person.id not in conference.told or before.contact != person.contact:
            conference.told[person.id] = (seq, at)
    elif before is not None:
        conference.asked_at.pop(person.id, None)
        conference.told.pop(person.id, None)
    if person.role.is_family:
        changed = before is None or not before.role.is_family or (before.email or "") != (person.email or "")
        if changed:
            # changing an address un-confirms it, also when it is changed back
            address = normalised(person.email) if person.email else None
            turn = conference.family_addresses.get(person.id, Standing()).turn
            conference.family_addresses[person.id] = Standing(address=address, turn=turn + 1)
    else:
        conference.family_addresses.pop(person.id, None)


def _shapes_copies(person: Person) -> Person:
    return replace(
        person, phone=None, asked_for_report=False, include_because=None, interpreter=None, access_needs=None,
        relationship=None, born_on=None, risk_to_staff=None, orders=None, safe_contact=None, lead_email=None,
    )  # fmt: skip


def confirm(standing: Standing, fact: f.AddressConfirmed, at: datetime) -> Standing:
    """Returns the standing after a confirmation; one of another address than the present one changes nothing."""
    if standing.address is None or normalised(fact.address) != standing.address:
        return standing
    return replace(
        standing,
        confirmed_at=at,
        confirmed_by=fact.by,
        method=fact.method,
        expires_at=fact.expires_at,
        suspended=False,
        turn=standing.turn + 1,
    )


def suspend(standing: Standing) -> Standing:
    """Returns the standing after a suspension."""
    return replace(standing, suspended=True, turn=standing.turn + 1)


def _apply(conference: Conference, entry: f.Recorded) -> None:
    fact = entry.fact
    conference.head = entry.seq
    if isinstance(fact, _SHAPING):
        conference.shaped_seq = entry.seq
    copy_id = getattr(fact, "copy", None)
    if copy_id is not None and not isinstance(fact, (f.CopyComposed, f.CopyHeld)):
        outgoing = conference.copies.get(copy_id) or conference.letters.get(copy_id)
        if outgoing is not None:
            outgoing.last_seq = entry.seq
            if isinstance(outgoing, Copy):
                _apply_to_copy(outgoing, fact, entry.at)
            _apply_to_sending(outgoing, fact, entry.at)
        return
    match fact:
        case f.ConferenceMoved():
            conference.start_at = fact.start_at
            conference.moved = (entry.seq, entry.at)
            if fact.limit_because is not None:
                conference.booking = replace(
                    conference.booking, limit_because=fact.limit_because, limit_by=fact.limit_by
                )
        case f.SessionSet():
            kept = tuple(session for session in conference.booking.split if session.name != fact.name)
            by = conference.start_at - conference.booking.start_at
            new = Session(name=fact.name, start_at=fact.start_at - by, people=fact.people)
            conference.booking = replace(conference.booking, split=(*kept, new) if fact.people else kept)
        case f.ConferenceCancelled():
            conference.cancelled = fact.because
        case f.ConsultationRequested() | f.ConsultationHeld() | f.ManagerDecided():
            conference.consultation.append(fact)
        case f.ReviewConvened():
            conference.reviews.append(fact.review)
        case f.PersonAdded() | f.PersonChanged():
            _admit(conference, fact.person, entry.at, entry.seq)
        case f.ExclusionMade():
            conference.exclusions.append(fact.exclusion)
        case f.DetailProtected():
            conference.protected.append(fact.detail)
        case f.AddressConfirmed() if fact.person is not None:
            standing = conference.family_addresses.get(fact.person, Standing())
            conference.family_addresses[fact.person] = confirm(standing, fact, entry.at)
        case f.AddressSuspended() if fact.person is not None:
            standing = conference.family_addresses.get(fact.person, Standing())
            conference.family_addresses[fact.person] = suspend(standing)
        case f.ReportFiled():
            conference.reports.pop(fact.item, None)
            conference.reports[fact.item] = Report(
                filed=fact,
                filed_seq=entry.seq,
                filed_at=entry.at,
                received_at=fact.received_at,
                searched=set(fact.searched),
                found=set(fact.found),
            )
        case f.NilReturnRecorded():
            conference.nil_returns[fact.person] = (fact, entry.at)
        case f.ApologyRecorded():
            conference.apologies[fact.person] = (fact, entry.at)
        case f.ReportAllowed():
            conference.allowed[(fact.item, fact.person)] = fact
        case f.AllowanceEnded():
            conference.allowed.pop((fact.item, fact.person), None)
        case f.PassphraseMade():
            conference.passphrases.setdefault(fact.person, fact.words)
        case f.CopyComposed() | f.CopyHeld():
            conference.copies[fact.copy] = Copy(
                copy=fact.copy,
                person=fact.person,
                document=fact.document,
                issue=fact.issue,
                basis=fact.basis,
                composed_seq=entry.seq,
                composed_at=entry.at,
                composed=fact if isinstance(fact, f.CopyComposed) else None,
                held=fact if isinstance(fact, f.CopyHeld) else None,
                last_seq=entry.seq,
                starts=conference.starts_of(fact.person),
            )
        case f.LetterWritten() | f.LetterWithheld():
            conference.letters[fact.letter] = _letter(fact, entry)
        case f.LetterAsked():
            conference.letters_asked.append((fact, entry.seq, entry.at))
        case f.PaperCopyMade():
            conference.papers[fact.number] = Paper(made=fact, made_at=entry.at)
        case f.PaperCopyHanded():
            if paper := conference.papers.get(fact.number):
                paper.handed = fact
        case f.OutcomeRecorded():
            conference.outcomes.append((fact, entry.seq, entry.at))
        case f.DutyDone():
            conference.done.append((fact, entry.seq))
        case f.MinutesTaken() | f.MinutesSearched() | f.MinutesApproved():
            _apply_to_minutes(conference, fact, entry)
        case f.ResponseRecorded():
            conference.responses.append((fact, entry.seq))
        case f.DecisionReconsidered():
            conference.reconsidered.append((fact, entry.seq, entry.at))
        case f.SendingStopped():
            conference.stopped = fact.because
        case f.SendingResumed():
            conference.stopped = None
        case f.BreachOpened():
            conference.breaches.append((fact, entry.at))
        case f.AttemptEnded():
            conference.attempts.setdefault(fact.key, []).append((fact, entry.at))
        case f.RetryAsked():
            conference.retry_asked = entry.seq
        case _:
            _apply_to_report(conference, fact)


def _apply_to_minutes(
    conference: Conference, fact: f.MinutesTaken | f.MinutesSearched | f.MinutesApproved, entry: f.Recorded
) -> None:
    match fact:
        case f.MinutesTaken():
            version = MinutesVersion(taken=fact, taken_seq=entry.seq, taken_at=entry.at)
            version.searched, version.found = set(fact.searched), set(fact.found)
            conference.minutes.append(version)
        case f.MinutesSearched():
            version = conference.minutes[fact.number - 1]
            version.searched.update(fact.searched)
            version.found.update(fact.found)
        case f.MinutesApproved():
            version = conference.minutes[fact.number - 1]
            version.approved, version.approved_seq, version.approved_at = fact, entry.seq, entry.at


def _letter(fact: f.LetterWritten | f.LetterWithheld, entry: f.Recorded) -> Letter:
    letter = Letter(
        copy=fact.letter,
        person=fact.person,
        kind=fact.kind,
        occasion=fact.occasion,
        ordinal=fact.ordinal,
        written_seq=entry.seq,
        written_at=entry.at,
        last_seq=entry.seq,
    )
    match fact:
        case f.LetterWritten():
            letter.due_at, letter.about, letter.parts = fact.due_at, fact.about, fact.parts
        case f.LetterWithheld():
            letter.withheld = fact.held
    return letter


def _apply_to_report(conference: Conference, fact: f.Fact) -> None:
    match fact:
        case f.ReportSearched():
            if report := conference.reports.get(fact.item):
                report.searched.update(fact.searched)
                report.found.update(fact.found)
        case f.ReportExamined():
            if report := conference.reports.get(fact.item):
                report.examined = fact
        case f.PartAffirmed():
            if report := conference.reports.get(fact.item):
                report.affirmed[fact.part] = fact
        case f.ReportUnfiled():
            if report := conference.reports.get(fact.item):
                report.unfiled = True
            # the chair's decision was about this report of this author; filed anew it is decided anew
            for decided in [key for key in conference.allowed if key[0] == fact.item]:
                del conference.allowed[decided]
        case f.ReportRepeated():
            if report := conference.reports.get(fact.of):
                report.repeats.append(fact.item)
                if fact.group is not None:
                    conference.came_again.setdefault(fact.group, []).append(fact.of)
        case f.ReceiptCorrected():
            if report := conference.reports.get(fact.item):
                report.received_at = fact.received_at
                report.received_by_person = True
        case f.ReportJudged():
            if report := conference.reports.get(fact.item):
                report.judgements.append(fact)
        case _:
            pass  # a fact of another stream, or the convening itself


def _apply_to_copy(copy: Copy, fact: f.Fact, at: datetime) -> None:
    match fact:
        case f.CopyReleased():
            copy.releases.append((fact, at))
        case f.CopyRefused():
            copy.refused = fact
        case f.CopyVoided():
            copy.voided = fact
        case f.CopyTranslated():
            copy.translation = fact
        case _:
            pass


def _apply_to_sending(copy: Outgoing, fact: f.Fact, at: datetime) -> None:
    match fact:
        case f.SendingClaimed():
            copy.claims += 1
            copy.first_claim_at = copy.first_claim_at or at
            copy.claim, copy.claim_at, copy.body_started = fact, at, False
            copy.claimed_address = fact.address
        case f.BodyStarted() if _is_present(copy, fact.attempt):
            copy.body_started = True
        case f.MessageAccepted():
            # the server's word wins over an earlier doubt
            copy.accepted, copy.accepted_at, copy.unknown = fact, at, None
        case f.MessageNotTaken() if copy.accepted is None and _is_present(copy, fact.attempt):
            copy.not_taken.append((fact, at))
            copy.claim, copy.body_started, copy.unknown = None, False, None
        case f.MessageUnknown() if copy.accepted is None and _is_present(copy, fact.attempt):
            copy.unknown = fact
        case f.SendingSettled():
            if fact.accepted:
                copy.accepted = f.MessageAccepted(copy=copy.copy, attempt=fact.attempt, reply="settled")
                copy.accepted_at, copy.unknown = at, None
            else:
                copy.not_taken.append(
                    (f.MessageNotTaken(copy=copy.copy, attempt=fact.attempt, code="settled", permanent=False), at)
                )
                copy.claim, copy.body_started, copy.unknown = None, False, None
        case _:
            pass


def _is_present(copy: Outgoing, attempt: int) -> bool:
    """Returns True for the claim that is in hand; what a worker reports of an older one, settled meanwhile, changes nothing."""
    return copy.claim is not None and copy.claim.attempt == attempt


def people_with(conference: Conference, ids: Iterable[PersonId]) -> list[Person]:
    """Returns the people of these ids that the conference knows, in its own order."""
    wanted = set(ids)
    return [p for p in conference.people.values() if p.id in wanted]
