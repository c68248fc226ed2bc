"""A conference as its facts leave it. Read-only once folded (`fold`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pipeline.domain import facts as f
from pipeline.domain.addresses import Standing
from pipeline.domain.outcome import Outcome
from pipeline.domain.people import (
    Booking,
    ConferenceRef,
    CopyId,
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
from pipeline.domain.records import Copy, Letter, MinutesVersion, Paper, Report


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
    elsewhere: list[tuple[f.DecidedElsewhere, datetime]] = field(default_factory=list)
    """What was recorded in a linked conference and nobody has answered here, with the instant of it, oldest first."""
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

    def answered_by(self, duty: str, person: PersonId | None, at: datetime) -> list[f.DecidedElsewhere]:
        """Returns the questions of linked conferences that a duty recorded as done at that instant answers: none asked later."""
        return [
            asked
            for asked, since in self.elsewhere
            if asked.person == person and duty in (f.DECIDED_ELSEWHERE, asked.duty) and since.replace(second=0, microsecond=0) <= at
        ]

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


def _came(report: Report) -> tuple[datetime, datetime]:
    """When a report came: its receipt, and within one second when its file was complete."""
    return report.received_at, report.filed.settled_at or report.received_at


def people_with(conference: Conference, ids: Iterable[PersonId]) -> list[Person]:
    """Returns the people of these ids that the conference knows, in its own order."""
    wanted = set(ids)
    return [p for p in conference.people.values() if p.id in wanted]
