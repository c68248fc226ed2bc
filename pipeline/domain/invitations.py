"""Invitations: who ought to be invited now, what their letter rests on, and why it waits.

An invitation to a member of the family is itself a disclosure: it tells that there is a conference, about whom, and that
they are somebody to it. None is planned before the decision to include that very person is recorded.

Source: domain.md C2, E15, SWG-3, SWG-4, SWG-8, NCC-2.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime

from pipeline.domain.acting import Place, Verb, acts_at
from pipeline.domain.addresses import AddressState
from pipeline.domain.booking_acts import CALL_PARENTS, Told, as_it_stands, said_at, told_of_booking
from pipeline.domain.calendar import to_local
from pipeline.domain.case import Case
from pipeline.domain.consultation import consultation_of
from pipeline.domain.cover import mode_words, number_to_ring
from pipeline.domain.entitlement import document_rule, entitlement, recipient, standing_for
from pipeline.domain.facts import Document
from pipeline.domain.judgement import due_of, report_due
from pipeline.domain.pack import CopyPlan, needs_release
from pipeline.domain.papers import read_by_another
from pipeline.domain.people import ChildId, CopyId, ExcludedFrom, Person, Role
from pipeline.domain.profile import Route, Rule, Statement, Trigger
from pipeline.domain.timetable import Due, due

CALLED = frozenset({Role.PARENT, Role.CARER})
"""Whom the chair's call before the conference is for (NCC-1)."""


def call_at(case: Case, person: Person) -> datetime | None:
    """Returns when the chair calls this parent or carer, or None where the authority names no time or it is not for them."""
    when = call_due(case, person)
    return when.due_at if when is not None else None


def call_due(case: Case, person: Person) -> Due | None:
    """Returns by when, before their own first session, the chair calls this parent or carer; None as `call_at`."""
    if person.role not in CALLED:
        return None
    start = case.conference.starts_of(person.id)[0]
    rules = case.profile.rules_for(CALL_PARENTS, case.conference.booking.type, to_local(start).date())
    rule = next((one for one in rules if one.trigger is Trigger.CONFERENCE_START and one.fits(start)), None)
    return due(rule, start, case.calendar) if rule is not None else None


def report_is_due(case: Case, person: Person) -> Due | None:
    """Returns when the report of somebody asked for one is due; None where none is asked, or the authority states no time."""
    if person.id not in case.conference.asked_at:
        return None
    return due_of(case.conference, case.profile, case.calendar, person)


def section_is_due(case: Case) -> Due | None:
    """Returns by when a confidential section is asked for, or None where the authority knows of none."""
    return report_due(case.conference, case.profile, case.calendar, "confidential-section")


def standing_paragraphs(case: Case, person: Person) -> tuple[str, ...]:
    """Returns what the authority has its invitations say to such a person: the words of its GEN acts at the invitation."""
    known = _told(case, person).known
    said = {
        act.says: None
        for one in _entries(case)
        for act in acts_at(one.acts, Place.INVITATION, known)
        if act.do is Verb.GEN and act.says
    }
    return tuple(said)


def forbidden(case: Case, person: Person) -> str | None:
    """Returns what the authority's rules say against this invitation now, or None; age is counted on the day of the booking."""
    said = said_at(
        Place.INVITATION, as_it_stands(case.conference), case.profile, case.calendar, _booked_on(case), told=_told(case, person)
    )
    return next((f"{one.rule}: {one.says.rstrip('.')}" for one in said if one.do is Verb.BLOCK), None)


def invitation_target(case: Case, person: Person, now: datetime, *, but: CopyId | None = None) -> CopyPlan | None:
    """Returns the invitation this person ought to have next, or None: where the last one that went tells the same.

    None too while an earlier issue is being sent, once the conference has begun, and where this home makes none. With
    `but` the answer is as if that copy did not exist.
    """
    conference, document = case.conference, Document.INVITATION
    if not case.invitations or now >= conference.start_at:
        return None
    may = entitlement(case, person.id, document)
    if not may.document:
        return None
    said = _hash(_told_by(case, person, may.children))
    copies = conference.copies_of(person.id, document)
    had = [copy for copy in copies if copy.copy != but and (copy.gone or copy.in_hand)]
    last = had[-1] if had else None
    if last is not None and (not last.gone or (last.composed is not None and last.composed.said == said)):
        return None
    supersedes = last.issue if last is not None else None
    why_not = _not_now(case, person)
    return CopyPlan(
        person=person.id,
        document=document,
        issue=1 + max((copy.issue for copy in copies), default=0),
        items=(),
        left_out=(),
        whole=may.whole,
        needs_release=needs_release(case, person, document),
        basis=_basis(case, person, said, supersedes, why_not),
        compose_at=conference.convened_at,
        send_at=conference.convened_at,
        blocked="the conference is cancelled" if conference.cancelled is not None else why_not or _no_way(case, person, now),
        children=may.children,
        said=said,
        supersedes=supersedes,
    )


def _told_by(case: Case, person: Person, children: tuple[ChildId, ...]) -> list[object]:
    """What makes another letter necessary: when, how, about whom, and by when they are to do what."""
    report, section = report_is_due(case, person), section_is_due(case)
    call, conference = call_at(case, person), case.conference
    return [
        [start.isoformat() for start in conference.starts_of(person.id)],
        mode_words(conference),
        list(children),
        person.id in case.conference.asked_at,
        report.due_at.isoformat() if report is not None else None,
        section.due_at.isoformat() if section is not None and not person.role.is_family else None,
        call.isoformat() if call is not None else None,
    ]


def _basis(case: Case, person: Person, said: str, supersedes: int | None, why_not: str | None) -> str:
    """The hash of everything that shaped the letter; a rule that speaks against it later has it made anew, when it may be."""
    conference, document = case.conference, Document.INVITATION
    rule, standing, chair = document_rule(case, person, document), standing_for(case, person.id, document), conference.chair
    return _hash(
        [
            conference.reference,
            conference.start_at.isoformat(),
            [person.id, person.name, person.role.value, person.agency, sorted(person.children), person.interpreter],
            conference.turns.get(person.id, 0),
            [recipient(case, person.id, document), standing.address, standing.turn],
            rule.route.value if rule is not None else "",
            document.value,
            said,
            supersedes,
            why_not,
            chair.name if chair is not None else "",
            number_to_ring(case, ""),
            entitlement(case, person.id, Document.PACK).document,
            standing_paragraphs(case, person),
            [[child.id, child.name] for child in conference.booking.children],
            [[one.person, sorted(part.value for part in one.from_)] for one in conference.exclusions],
            [[one.id, one.kind.value, sorted(one.from_)] for one in conference.protected],
            needs_release(case, person, document),
            [case.profile.name, str(case.profile.version)],
        ]
    )


def _not_now(case: Case, person: Person) -> str | None:
    """Why nobody may send it whatever its way is."""
    decided = consultation_of(case.conference).decided
    if decided is not None and not decided.hold:
        return "the manager decided that the conference is not to be held: cancel it, or record another decision"
    if case.conference.sits_nowhere(person):
        return "the conference is split, and nobody has said in which session this person sits"
    return forbidden(case, person)


def _no_way(case: Case, person: Person, now: datetime) -> str | None:
    document = Document.INVITATION
    rule = document_rule(case, person, document)
    if rule is not None and rule.route is Route.HELD:
        return None
    if recipient(case, person.id, document) is None:
        return "it goes by the social worker's hands, and not just one social worker has a role for all this person's children"
    state = standing_for(case, person.id, document).state(now)
    if state is not AddressState.CONFIRMED:
        return f"no confirmed address ({state.value}): confirm it with `packs address confirm`"
    return read_by_another(case, person.id, document)


def _told(case: Case, person: Person) -> Told:
    conference = case.conference
    told = told_of_booking(as_it_stands(conference), case.profile)
    kept_from = {part for one in conference.exclusions if one.person == person.id for part in one.from_}
    told.known |= {
        "conference-type": conference.booking.type.value,
        "to-family": person.role.is_family,
        "to-young-person": person.role is Role.YOUNG_PERSON,
        "to-agency": not person.role.is_family and person.role is not Role.CHAIR,
        "to-chair": person.role is Role.CHAIR,
        "excluded-from-attending": bool(kept_from & {ExcludedFrom.ATTENDING, ExcludedFrom.ALL}),
    }
    return told


def _entries(case: Case) -> list[Rule | Statement]:
    conference = case.conference
    found = case.profile.entries(conference.booking.type, to_local(conference.start_at).date())
    return [
        one
        for one in found
        if not (isinstance(one, Rule) and one.trigger is Trigger.CONFERENCE_START and not one.fits(conference.start_at))
    ]


def _booked_on(case: Case) -> date:
    return to_local(case.conference.convened_at).date()


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
