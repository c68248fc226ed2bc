"""PackPlan: what a copy holds, in which order, for whom, and when. Never bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.domain.addresses import AddressState, normalised
from pipeline.domain.calendar import Calendar
from pipeline.domain.case import Case
from pipeline.domain.entitlement import Entitlement, document_rule, entitlement, standing_for
from pipeline.domain.facts import OF_REPORTS, Content, Document, Omission
from pipeline.domain.people import ChildId, ConferenceType, ItemId, Person, PersonId, Role
from pipeline.domain.protected import folded
from pipeline.domain.records import Copy, Report
from pipeline.domain.timetable import Due, due

FALLBACK_HOURS = 24
"""Where neither source nor profile says when a pack goes: elapsed hours before the start (issue 2, default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """One copy as it ought to be now. Equal plans have equal `basis`."""

    person: PersonId
    document: Document
    issue: int
    items: tuple[ItemId, ...]
    left_out: tuple[Omission, ...]
    whole: bool
    needs_release: bool
    basis: str
    compose_at: datetime
    send_at: datetime
    blocked: str | None = None
    """Why it cannot be composed whatever the time is; None where only the time matters."""
    children: tuple[ChildId, ...] = ()
    """Of a document that is not made of reports: the children it is about."""
    said: str = ""
    """Of such a document: the hash of what was recorded that it tells this reader."""
    supersedes: int | None = None
    """The issue that was sent before and that it replaces."""
    fresh_until: datetime | None = None
    """When the day it was planned for ends, where a date printed in it is counted from the day it goes."""


def reader_duty(person: Person) -> str:
    """Returns the duty by which the profile says when this person's pack goes."""
    if person.role is Role.CHAIR:
        return "pack-chair"
    return "pack-family" if person.role.is_family else "pack-professional"


def pack_due(case: Case, person: Person) -> Due | None:
    """Returns the due of the pack duty for this person, None where the profile states none."""
    rule = case.profile.rule_for(
        reader_duty(person), case.conference.booking.type, case.conference.start_at.date()
    )
    return due(rule, case.conference.start_at, case.calendar) if rule is not None else None


def send_at(case: Case, person: Person) -> datetime:
    """Returns when this person's pack goes: the last office moment at or before its due instant (A00.5, A00.6)."""
    when = pack_due(case, person)
    due_at = when.due_at if when is not None else case.conference.start_at - timedelta(hours=FALLBACK_HOURS)
    return case.calendar.office_due(due_at) or due_at


def goes_at(case: Case, person: Person, document: Document) -> datetime:
    """Returns from when this person's document may go: a pack at its time, a supplement with it, or at once when it is gone.

    Source: domain.md A00.5 ("then each later report at once").
    """
    packs = case.conference.copies_of(person.id, Document.PACK)
    if document is Document.SUPPLEMENT and any(pack.gone for pack in packs):
        return case.conference.convened_at
    return send_at(case, person)


def releases_missing(case: Case, copy: Copy) -> int:
    """Returns how many more names this copy needs before it may go."""
    person = case.conference.people.get(copy.person)
    if person is None or copy.composed is None or not needs_release(case, person, copy.document):
        return 0
    valid = {name_key(release.by) for release, _ in copy.releases if release.sha256 == copy.composed.sha256}
    confirmed_by = standing_for(case, copy.person, copy.document).confirmed_by
    if case.releases_needed > 1 and confirmed_by is not None:
        valid.discard(name_key(confirmed_by))  # where two are asked, who confirmed the address is not one of them
    return max(0, case.releases_needed - len(valid))


def name_key(name: str) -> str:
    """Returns what is the same for one person's name however it is spelled: its letters, in no order ("Ann Clerk", "clerk,ann")."""
    return "".join(sorted(folded(name).replace(" ", "")))


def compose_at(calendar: Calendar, going_at: datetime) -> datetime:
    """Returns when a copy is composed: one working day before it goes, so that people can release it."""
    return calendar.minus_working_days_wall(going_at, 1)


def needs_release(case: Case, person: Person, document: Document = Document.PACK) -> bool:
    """Returns True where a person has to release each copy: all for family, and all but the chair's where restricted.

    The profile may ask for it of other documents than packs, whoever reads them but the chair.
    """
    if person.role is Role.CHAIR:
        return False
    rule = None if document in OF_REPORTS else document_rule(case, person, document)
    return person.role.is_family or case.conference.restricted() or (rule is not None and rule.release)


def basis(case: Case, person: Person, document: Document, items: tuple[ItemId, ...], *, whole: bool) -> str:
    """Returns the hash of everything that shaped a copy and could shrink what the person may have.

    An exclusion, a protected detail, an undone match, a changed person or address, a moved start all change it; so does
    `whole`, because only a copy from which nothing is withheld lists what is awaited and late.
    """
    conference = case.conference
    standing = case.standing(person.id)
    shape = {
        "reference": conference.reference,
        "start": conference.start_at.isoformat(),
        "person": [person.id, person.name, person.role.value, person.agency, sorted(person.children)],
        "turn": conference.turns.get(person.id, 0),
        "address": [standing.address, standing.turn],
        "whole": whole,
        "document": document.value,
        "items": list(items),
        "exclusions": [[e.person, sorted(x.value for x in e.from_)] for e in conference.exclusions],
        "protected": [[d.id, d.kind.value, sorted(d.from_)] for d in conference.protected],
        "confidential": needs_release(case, person),
        "profile": [case.profile.name, str(case.profile.version)],
    }
    if conference.sessions:
        shape["sessions"] = [[s.start_at.isoformat(), sorted(s.people)] for s in conference.sessions]
    if kept_out := sorted(p.id for p in conference.people.values() if p.include is False):
        shape["not_included"] = kept_out  # covers list who is invited; left out where nobody is, as before there was this
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()


def still_right(case: Case, copy: Copy) -> bool:
    """Returns True while a copy that nobody has sent may go as it is: same basis, and still entitled to every part."""
    person = case.conference.people.get(copy.person)
    if person is None:
        return False
    may = entitlement(case, copy.person, copy.document, superseded=True)
    if not may.document or not set(copy.items) <= set(may.allowed):
        return False
    if any(case.conference.reports[item].filed_seq > copy.composed_seq for item in copy.items):
        return False  # its match was undone meanwhile and made anew
    # one that lists less than its reader may see by now is right; one that lists more is not
    whole = entitlement(case, copy.person, copy.document).whole
    return any(
        basis(case, person, copy.document, copy.items, whole=lists) == copy.basis for lists in {False, whole}
    )


def in_order(case: Case, items: tuple[ItemId, ...]) -> tuple[ItemId, ...]:
    """Returns the items as a pack shows them: confidential last, the social worker's report first, then as booked."""
    places = {person: n for n, person in enumerate(case.conference.people)}

    def key(item: ItemId) -> tuple[int, int, int]:
        report = case.conference.reports[item]
        rank = {Content.SOCIAL_WORKER_REPORT: 0, Content.AGENCY_REPORT: 1, Content.CONFIDENTIAL_SECTION: 2}
        return rank[report.filed.content], places.get(report.filed.person, len(places)), report.filed_seq

    return tuple(sorted(items, key=key))


def _next_issue(copies: list[Copy], document: Document) -> int:
    return 1 + max((c.issue for c in copies if c.document is document), default=0)


def target(case: Case, person: Person, now: datetime) -> CopyPlan | None:
    """Returns the copy this person ought to have next beside those that are gone or released, or None.

    A pack first; after a pack is gone, or a person released it, what it does not hold goes as a supplement.
    """
    may = entitlement(case, person.id, Document.PACK)
    if not may.document:
        return None
    copies = [copy for copy in case.conference.copies_of(person.id) if copy.document in OF_REPORTS]
    pinned = [c for c in copies if _pinned(case, c)]
    have = {item for c in pinned for item in c.items}
    pack_stands = any(c.document is Document.PACK for c in pinned)
    items = in_order(case, tuple(i for i in may.allowed if i not in have))
    if pack_stands and not items:
        return None
    return _plan(case, person, may, Document.SUPPLEMENT if pack_stands else Document.PACK, items, copies, now)


def _pinned(case: Case, copy: Copy) -> bool:
    """Returns True for a copy that counts as had: gone, being sent, or released by a person and still right."""
    if copy.gone or copy.in_hand:
        return True
    return _released(case, copy) and still_right(case, copy)


def _released(case: Case, copy: Copy) -> bool:
    """Returns True where people let exactly this copy go: not one name of two, which leaves it composed."""
    person = case.conference.people.get(copy.person)
    asked = person is not None and needs_release(case, person, copy.document)
    return copy.live and copy.composed is not None and asked and copy.refused is None and not releases_missing(case, copy)


def satisfied(case: Case, plan: CopyPlan) -> bool:
    """Returns True where a copy that already is what the plan says waits, is held, or was definitely refused."""
    return any(
        (copy.live or copy.failed) and copy.document is plan.document and copy.basis == plan.basis
        for copy in case.conference.copies_of(plan.person)
    )


def outdated(case: Case, copy: Copy, now: datetime) -> bool:
    """Returns True where a copy that has not left must be withdrawn and made anew."""
    if not copy.live or copy.in_hand:
        return False
    person = case.conference.people.get(copy.person)
    if person is None:
        return True
    if _released(case, copy):
        return not still_right(case, copy)
    plan = target(case, person, now)
    return plan is None or plan.document is not copy.document or plan.basis != copy.basis


def _plan(
    case: Case,
    person: Person,
    may: Entitlement,
    document: Document,
    items: tuple[ItemId, ...],
    copies: list[Copy],
    now: datetime,
) -> CopyPlan:
    going_at = goes_at(case, person, document)
    composing_at = compose_at(case.calendar, going_at)
    return CopyPlan(
        person=person.id,
        document=document,
        issue=_next_issue(copies, document),
        items=items,
        left_out=may.withheld,
        whole=may.whole,
        needs_release=needs_release(case, person),
        basis=basis(case, person, document, items, whole=may.whole),
        compose_at=min(composing_at, going_at),
        send_at=going_at,
        blocked=_blocked(case, person, may, items, now),
    )


def _blocked(
    case: Case, person: Person, may: Entitlement, items: tuple[ItemId, ...], now: datetime
) -> str | None:
    conference = case.conference
    if conference.cancelled is not None:
        return "the conference is cancelled"
    state = case.standing(person.id).state(now)
    ended = "the conference has ended; nothing more goes by itself" if now >= conference.end_at else None
    if state is not AddressState.CONFIRMED:
        confirm = f"no confirmed address ({state.value}): confirm it with `packs address confirm`"
        return f"{confirm}; {ended}" if ended else confirm
    if ended is not None:
        return ended
    if conference.sits_nowhere(person):
        return "the conference is split, and nobody has said in which session this person sits (`packs session`)"
    if why := shared_mailbox(case, person, items):
        return why
    if not items and not may.whole:
        if may.for_chair:
            return "what this person might have is held back for the chair's decision (see left_out; `packs allow`)"
        if may.held_back:
            return "what this person might have holds details that must not reach them (see left_out)"
        return "nothing this person may have is in yet"
    return None


def shared_mailbox(case: Case, person: Person, items: Collection[ItemId]) -> str | None:
    """Returns why the person's address must not be used: another reads it who may not have the same (domain.md E).

    The same is all that the person may have now, and these items, which a copy already holds.
    """
    address = case.standing(person.id).address
    if address is None:
        return None
    mine = {*entitlement(case, person.id, Document.PACK).allowed, *items}
    for other in case.conference.people.values():
        if other.id == person.id:
            continue
        theirs = case.standing(other.id).address
        if theirs is None or normalised(theirs).casefold() != normalised(address).casefold():
            continue
        other_may = entitlement(case, other.id, Document.PACK, superseded=True)
        if not mine <= set(other_may.allowed):
            return f"its address is also {other.id}'s, who may not have the same: give this person an address of their own"
    return None


def title_of(case: Case, report: Report, items: Collection[ItemId]) -> str:
    """Returns the section's title in a copy of these items: whose report it is, never what it says.

    Parts of one e-mail are counted among those that are in this copy: no number shows that one was left out.
    """
    person = case.conference.people[report.filed.person]
    kind = {
        Content.SOCIAL_WORKER_REPORT: "Social worker's report",
        Content.AGENCY_REPORT: "Report",
        Content.CONFIDENTIAL_SECTION: "Confidential section",
    }[report.filed.content]
    versions = case.conference.versions(report.filed.person)
    here = [[part for part in parts if part.item in items] for parts in versions if report in parts]
    several = next((parts for parts in here if len(parts) > 1), None)
    suffix = f", part {several.index(report) + 1}" if several else ""
    return f"{kind}: {person.agency or person.role.value.replace('-', ' ')}{suffix}"


def conference_words(kind: ConferenceType) -> str:
    """Returns the field's own words for a conference type."""
    return {
        ConferenceType.INITIAL: "Initial Child Protection Conference",
        ConferenceType.REVIEW: "Review Child Protection Conference",
        ConferenceType.PRE_BIRTH: "Pre-birth Child Protection Conference",
        ConferenceType.TRANSFER_IN: "Transfer-in Child Protection Conference",
    }[kind]
