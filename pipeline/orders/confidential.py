"""Orders about confidential sections: ask for one, record the chair's decision, look at one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.casebook import Decision, conference_stream, confidential_stream
from pipeline.desk import Desk
from pipeline.domain.conference import Conference
from pipeline.domain.confidential import allowed_before, judged, next_request, sections_of
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import (
    AllowanceEnded,
    ConfidentialAsked,
    ConfidentialDecided,
    ConfidentialShown,
    Document,
    DutyDone,
    Fact,
    InMinutes,
    ReportAllowed,
    Wish,
)
from pipeline.domain.people import PersonId, Role
from pipeline.domain.tasks import SECTION_DECISION
from pipeline.errors import NotFoundError, RefusedError


def request(
    reference: str,
    person: str,
    at: datetime,
    ground: str,
    kept_from: Sequence[str],
    wish: Wish,
    by: str,
    actor: str,
    desk: Desk,
) -> str:
    """Records a request that reached us at `at` (UTC), with its verdict; returns its id. Late is a verdict, never a refusal.

    Raises:
        RefusedError: the time lies in the future, the conference is cancelled, the person is family, or it would be kept
            from the chair or from the one who asks.
    """
    if at > desk.clock.now():
        raise RefusedError("A request cannot have come in the future; nothing was changed.")
    given: list[str] = []

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        _known(case.conference, [person, *kept_from])
        if case.conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        if case.conference.people[PersonId(person)].role.is_family:
            raise RefusedError(f"{person} is family; a confidential section is an agency's. Nothing was changed.")
        if person in kept_from or any(case.conference.people[PersonId(p)].role is Role.CHAIR for p in kept_from):
            raise RefusedError("It cannot be kept from the chair, nor from who asks for it; nothing was changed.")
        known = desk.casebook.confidential(reference)
        measured, when = judged(case, at)
        given[:] = [next_request(known)]
        fact = ConfidentialAsked(
            request=given[0],
            person=PersonId(person),
            at=at,
            ground=ground,
            kept_from=tuple(PersonId(p) for p in dict.fromkeys(kept_from)),
            wish=wish,
            verdict=measured.verdict,
            due_at=when.due_at if when is not None else None,
            by=by,
        )
        stream = confidential_stream(reference)
        return Decision(facts={stream: [fact]}, expected={**case.heads, stream: known.head})

    desk.casebook.decide(decision, actor)
    return given[0]


def decide(
    reference: str,
    subject: str,
    decided_by: str,
    how: str,
    to: Sequence[str],
    because: str,
    minutes: InMinutes,
    slot_at: datetime | None,
    actor: str,
    desk: Desk,
) -> tuple[list[str], dict[str, str]]:
    """Records the chair's decision on a request or a filed section; `to` are those who get the section in writing.

    Whoever an earlier decision let have it and this one does not name loses it again, as far as it has not left. Returns
    the sections that are passed on, and why one of those people does not get one all the same: an exclusion and a protected
    detail are never overruled.

    Raises:
        RefusedError: somebody is named from whom the request keeps it.
    """
    items: list[str] = []

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        known = desk.casebook.confidential(reference)
        sections = sections_of(case, known, subject)
        asked = known.asked.get(subject)
        if asked is None and not sections:
            raise NotFoundError(f"There is no confidential request or section {subject!r} in {reference}. Nothing was changed.")
        _known(case.conference, to)
        people = {report.filed.person for report in sections}
        kept = {p for a in known.asked.values() if a is asked or a.person in people for p in a.kept_from}
        if named := sorted(set(to) & kept):
            raise RefusedError(
                f"The request keeps it from {', '.join(named)}; nothing was changed. Name only others, or record the chair's"
                " different decision on the filed section with `packs allow`."
            )
        items[:] = [report.item for report in sections]
        home: list[Fact] = []
        dropped = allowed_before(known, subject, [r.item for r in sections]) - set(to)
        for report in sections:
            home += [
                AllowanceEnded(item=report.item, person=person, because=because, decided_by=decided_by)
                for person in sorted(dropped)
                if (report.item, person) in case.conference.allowed
            ]
            home += [
                ReportAllowed(item=report.item, person=PersonId(p), decided_by=decided_by, because=because)
                for p in dict.fromkeys(to)
            ]
            home.append(
                DutyDone(
                    duty=SECTION_DECISION,
                    done_at=desk.clock.now(),
                    how="decided by the chair",
                    by=decided_by,
                    person=report.filed.person,
                )
            )
        fact = ConfidentialDecided(
            subject=subject,
            decided_by=decided_by,
            how=how,
            to=tuple(PersonId(p) for p in dict.fromkeys(to)),
            because=because,
            minutes=minutes,
            slot_at=slot_at,
        )
        own, theirs = confidential_stream(reference), conference_stream(reference)
        facts: dict[str, Sequence[Fact]] = {own: [fact], **({theirs: home} if home else {})}
        return Decision(facts=facts, expected={**case.heads, own: known.head})

    desk.casebook.decide(decision, actor)
    return list(items), _kept_back(reference, items, to, desk)


def _kept_back(reference: str, items: Sequence[str], to: Sequence[str], desk: Desk) -> dict[str, str]:
    case = desk.casebook.case(reference)
    back: dict[str, str] = {}
    for person in to:
        may = entitlement(case, PersonId(person), Document.PACK, superseded=True)
        why = may.because if not may.document else next((o.why for o in may.withheld if o.report in items), None)
        if items and why is not None:
            back[person] = why
    return back


def looked_at(reference: str, subject: str, actor: str, desk: Desk) -> None:
    """Records that somebody looked at a request; the looking is as restricted as the request."""
    desk.casebook.report(confidential_stream(reference), [ConfidentialShown(subject=subject)], actor)


def _known(conference: Conference, people: Sequence[str]) -> None:
    for person in people:
        if PersonId(person) not in conference.people:
            raise NotFoundError(f"There is no person {person!r} in {conference.reference}. Nothing was changed.")
