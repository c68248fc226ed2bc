"""Every copy of every document, by one door: what ought to be composed, what still holds, what must be made anew."""

from __future__ import annotations

from datetime import datetime

from pipeline.domain import pack
from pipeline.domain.case import Case
from pipeline.domain.entitlement import details_kept_from, document_rule, entitlement, readers_at
from pipeline.domain.facts import OF_REPORTS, Document
from pipeline.domain.invitations import invitation_target
from pipeline.domain.pack import CopyPlan
from pipeline.domain.papers import AFTERWARDS, paper_target, read_by_another
from pipeline.domain.people import CopyId, DetailId, DetailKind, Person, ProtectedDetail
from pipeline.domain.profile import Route
from pipeline.domain.records import Copy


def targets(case: Case, person: Person, now: datetime) -> list[CopyPlan]:
    """Returns the copies this person ought to have next: at most one of reports, and one of each other document."""
    found = [
        invitation_target(case, person, now),
        pack.target(case, person, now),
        *(paper_target(case, person, document, now) for document in AFTERWARDS),
    ]
    return [plan for plan in found if plan is not None]


def target_of(case: Case, person: Person, document: Document, now: datetime) -> CopyPlan | None:
    """Returns the copy of this kind of document that the person ought to have next, or None."""
    return pack.target(case, person, now) if document in OF_REPORTS else _written(case, person, document, now)


def _written(
    case: Case, person: Person, document: Document, now: datetime, *, but: CopyId | None = None
) -> CopyPlan | None:
    if document is Document.INVITATION:
        return invitation_target(case, person, now, but=but)
    return paper_target(case, person, document, now, but=but)


def still_right(case: Case, copy: Copy, now: datetime) -> bool:
    """Returns True while a copy that nobody has sent may go as it is."""
    if copy.document in OF_REPORTS:
        return pack.still_right(case, copy)
    person = case.conference.people.get(copy.person)
    plan = _written(case, person, copy.document, now, but=copy.copy) if person is not None else None
    return plan is not None and plan.basis == copy.basis


def outdated(case: Case, copy: Copy, now: datetime) -> bool:
    """Returns True where a copy that has not left must be withdrawn and made anew."""
    if copy.document in OF_REPORTS:
        return pack.outdated(case, copy, now)
    return copy.live and not copy.in_hand and not still_right(case, copy, now)


def goes_at(case: Case, person: Person, document: Document) -> datetime:
    """Returns from when this person's document may go: an invitation at once, what an outcome tells once that is recorded."""
    if document in OF_REPORTS:
        return pack.goes_at(case, person, document)
    if document is Document.INVITATION:
        return case.conference.convened_at
    outcomes = case.conference.outcomes
    return outcomes[-1][2] if outcomes else case.conference.convened_at


def shared_mailbox(case: Case, person: Person, copy: Copy) -> str | None:
    """Returns why the address that the copy goes to must not be used: another reads it who may not have the same."""
    if copy.document in OF_REPORTS:
        return pack.shared_mailbox(case, person, copy.items)
    return read_by_another(case, person.id, copy.document)


def route_of(case: Case, person: Person, document: Document) -> Route:
    """Returns the way of this person's copy; on doubt it stays here."""
    if document in OF_REPORTS:
        return Route.EMAIL
    rule = document_rule(case, person, document)
    return rule.route if rule is not None else Route.HELD


def must_not_show(case: Case, plan: CopyPlan) -> list[ProtectedDetail]:
    """Returns what must be on no page of a finished copy: what is kept from its reader.

    For a document written from the outcome also what is kept from whoever else reads the address it goes to, and the names
    of the children that its reader has no role for: the words of an outcome are people's own.
    """
    if plan.document in OF_REPORTS:
        return details_kept_from(case, plan.person)
    kept = {
        detail.id: detail
        for reader in readers_at(case, plan.person, plan.document)
        for detail in details_kept_from(case, reader)
    }
    known = {*plan.children, *case.conference.people[plan.person].children}
    strangers = [
        ProtectedDetail(id=DetailId(child.id), detail=child.name, kind=DetailKind.NAME, from_=(plan.person,))
        for child in case.conference.booking.children
        if child.id not in known
    ]
    return [*kept.values(), *strangers]


def not_to_be_handed(case: Case, copy: Copy) -> str | None:
    """Returns why a copy that waits with whoever hands it over must not reach its reader any more, or None."""
    conference = case.conference
    if conference.cancelled is not None:
        return "the conference is cancelled"
    may = entitlement(case, copy.person, copy.document, superseded=True)
    if not may.document:
        return may.because
    if not set(copy.items) <= set(may.allowed):
        return "it holds something that this person may not have any more"
    told = copy.composed.children if copy.composed is not None else ()
    if not set(told) <= set(may.children):
        return "it tells of a child that it may not tell this person of any more"
    if copy.document is Document.INVITATION and conference.sessions and not conference.sessions_of(copy.person):
        return "the session that it invites to is not held, or is not this person's any more"
    return None
