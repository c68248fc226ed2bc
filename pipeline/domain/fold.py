"""The fold: a conference from its facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.domain import facts as f
from pipeline.domain.addresses import Standing, normalised, same_mailbox
from pipeline.domain.conference import Conference
from pipeline.domain.people import Booking, ExcludedFrom, Person, PersonId, Session
from pipeline.domain.records import Copy, Letter, MinutesVersion, Outgoing, Paper, Report

_SHAPING = (
    f.ConferenceConvened,
    f.ConferenceMoved,
    f.SessionSet,
    f.ConferenceCancelled,
    f.PersonAdded,
    f.PersonChanged,
    f.ExclusionMade,
    f.DetailProtected,
    f.DecidedElsewhere,
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
            if answered := conference.answered_by(fact.duty, fact.person, fact.done_at):
                # copies that were withdrawn until somebody answered can be made anew
                conference.elsewhere = [one for one in conference.elsewhere if one[0] not in answered]
                conference.shaped_seq = entry.seq
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
            _apply_to_people(conference, entry)
            _apply_to_report(conference, fact)


def _apply_to_people(conference: Conference, entry: f.Recorded) -> None:
    fact = entry.fact
    match fact:
        case f.DecidedElsewhere():
            conference.elsewhere.append((fact, entry.at))
        case f.PersonAdded() | f.PersonChanged():
            before = conference.people.get(fact.person.id)
            _admit(conference, fact.person, entry.at, entry.seq)
            _answered(conference, fact.person.id, changes_of(before, fact.person) if before is not None else ())
        case f.ExclusionMade():
            conference.exclusions.append(fact.exclusion)
            _answered(conference, fact.exclusion.person, (f.Elsewhere.EXCLUDED,))
        case f.DetailProtected():
            conference.protected.append(fact.detail)
        case f.AddressConfirmed() if fact.person is not None:
            standing = conference.family_addresses.get(fact.person, Standing())
            conference.family_addresses[fact.person] = confirm(standing, fact, entry.at)
        case f.AddressSuspended() if fact.person is not None:
            standing = conference.family_addresses.get(fact.person, Standing())
            conference.family_addresses[fact.person] = suspend(standing)
        case _:
            pass


def changes_of(before: Person, now: Person) -> tuple[f.Elsewhere, ...]:
    """Returns what a change of a person's record says that a linked conference has to be asked about."""
    found = []
    if now.include is False and before.include is not False:
        found.append(f.Elsewhere.NOT_INCLUDED)
    if not _one_mailbox(before.email, now.email):
        found.append(f.Elsewhere.ADDRESS)
    if (before.role, set(before.children)) != (now.role, set(now.children)):
        found.append(f.Elsewhere.ROLE)
    return tuple(found)


def _one_mailbox(one: str | None, other: str | None) -> bool:
    return same_mailbox(one, other) if one and other else not one and not other


def covers(conference: Conference | Booking, person: PersonId, from_: Collection[ExcludedFrom]) -> bool:
    """Returns True where the conference, or what is booked, keeps the person from all of these by its own exclusions."""
    kept = {word for one in conference.exclusions if one.person == person for word in one.from_}
    return ExcludedFrom.ALL in kept or set(from_) <= kept


def _answered(conference: Conference, person: PersonId, what: Collection[f.Elsewhere]) -> None:
    """Takes away what was asked because of a linked conference, where the same was recorded here since."""

    def open_still(asked: f.DecidedElsewhere) -> bool:
        same = asked.person == person and asked.what in what
        return not (same and (asked.what is not f.Elsewhere.EXCLUDED or covers(conference, person, asked.from_)))

    conference.elsewhere = [one for one in conference.elsewhere if open_still(one[0])]


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
