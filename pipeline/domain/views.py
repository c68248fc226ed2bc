"""What is shown of a case: plain values for tables and JSON, derived from the folds and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline.domain.addresses import AddressState
from pipeline.domain.agenda import ATTEMPTS, Verb, agenda
from pipeline.domain.calendar import spoken, utc_text
from pipeline.domain.case import Case
from pipeline.domain.completeness import complete, missing_parts, unclear_parts
from pipeline.domain.conference import Copy, Report
from pipeline.domain.facts import Content, Document
from pipeline.domain.gate import closed_because, may_go_at
from pipeline.domain.item import Item, ItemState
from pipeline.domain.judgement import due_of
from pipeline.domain.pack import CopyPlan, goes_at, outdated, releases_missing, satisfied, target
from pipeline.domain.people import Person

Row = dict[str, object]


def _instant(at: datetime | None) -> str | None:
    return utc_text(at) if at is not None else None


def reports_view(case: Case, now: datetime) -> list[Row]:
    """Returns one row per person asked (or whose report is filed), in the order of the booking: promise 7."""
    conference = case.conference
    asked = [
        p
        for p in conference.people.values()
        if p.id in conference.asked_at or any(conference.versions(p.id))
    ]
    return [_report_row(case, person, now) for person in asked]


def _report_row(case: Case, person: Person, now: datetime) -> Row:
    conference = case.conference
    when = due_of(conference, case.profile, case.calendar, person)
    versions = conference.versions(person.id)
    newest = versions[-1] if versions else []
    row: Row = {
        "person": person.id,
        "agency": person.agency,
        "role": person.role.value,
        "state": _report_state(case, person, now, bool(versions)),
        "verdict": None,
        "asked_at": _instant(conference.asked_at.get(person.id)),
        "due_at": _instant(when.due_at if when is not None else None),
        "rule": when.rule if when is not None else None,
        "received_at": None,
        "late_by_seconds": 0,
        "our_outage": False,
        "earliest_received_at": None,
        "version": len(versions) or None,
        "sha256": None,
        "item": None,
        "flags": [],
        "found": [],
        "complete": complete(case, person.id),
        "missing": list(missing_parts(case, person.id)),
        "unclear": list(unclear_parts(case, person.id)),
        "repeats": sum(len(r.repeats) for r in conference.filed(person.id)),
    }
    if newest:
        row.update(_version(newest))
    row["versions"] = [{"version": n, **_version(group)} for n, group in enumerate(versions[:-1], 1)]
    row["confidential"] = [
        _one(report) for report in conference.filed(person.id) if report.filed.content is Content.CONFIDENTIAL_SECTION
    ]
    return row


def _report_state(case: Case, person: Person, now: datetime, received: bool) -> str:
    conference = case.conference
    if received:
        return "received"
    if person.id in conference.nil_returns:
        return "nil-return"
    if person.id in conference.apologies:
        return "apology"
    when = due_of(conference, case.profile, case.calendar, person)
    asked_at = conference.asked_at.get(person.id)
    limit = conference.start_at if when is None or (asked_at is not None and asked_at > when.due_at) else when.due_at
    return "missing" if now > limit else "awaited"


def _one(report: Report) -> Row:
    judged = report.judged
    return {
        "item": report.item,
        "verdict": judged.verdict.value if judged is not None else None,
        "received_at": _instant(report.received_at),
        "late_by_seconds": judged.late_by_seconds if judged is not None else 0,
        "our_outage": judged.our_outage if judged is not None else False,
        "earliest_received_at": _instant(report.filed.earliest_at),
        "sha256": report.filed.sha256,
        "pages": report.filed.pages,
        "flags": list(report.filed.flags),
        "found": sorted({finding.detail for finding in report.found}),
        "judgements": [
            {"verdict": j.verdict.value, "due_at": _instant(j.due_at), "received_at": _instant(j.received_at), "rule": j.rule}
            for j in report.judgements
        ],
    }


def _version(group: list[Report]) -> Row:
    """A version of several parts is as late as its latest part; its first part gives the hash."""
    last = max(group, key=lambda r: r.received_at)
    row = {**_one(group[0]), **{k: v for k, v in _one(last).items() if k not in {"item", "sha256", "found", "flags", "pages"}}}
    if len(group) > 1:
        row["parts"] = [_one(report) for report in group]
        row["pages"] = sum(report.filed.pages for report in group)
        row["found"] = sorted({finding.detail for report in group for finding in report.found})
    return row


def documents_view(case: Case, now: datetime) -> list[Row]:
    """Returns one row per person × document × issue, oldest issue first, and one for each copy that is still to be made."""
    rows: list[Row] = []
    stuck = {a.subject for a in agenda(case, now).stuck if a.verb is Verb.COMPOSE}
    for person in case.conference.people.values():
        for document in Document:
            for copy in case.conference.copies_of(person.id, document):
                rows.append(_copy_row(case, copy, now))
            plan = target(case, person, now)
            if plan is not None and plan.document is document and not satisfied(case, plan):
                rows.append(_planned_row(case, plan, now, stuck=f"{person.id}.{document.value}" in stuck))
    return rows


def _planned_row(case: Case, plan: CopyPlan, now: datetime, *, stuck: bool) -> Row:
    if stuck:
        why = f"composing it failed {ATTEMPTS} times; see the log, then `packs retry`"
    elif plan.blocked is not None:
        why = plan.blocked
    elif plan.compose_at > now:
        why = f"not composed yet: it is made {spoken(plan.compose_at)}"
    else:
        why = "not composed yet: it is due now"
    return {
        "document": plan.document.value,
        "person": plan.person,
        "issue": plan.issue,
        "state": "cancelled" if case.conference.cancelled is not None else "waiting",
        "why": why,
        "pages": None,
        "sections": [],
        "sha256": None,
        "sent_at": None,
        "to": None,
        "send_at": _instant(max(plan.send_at, case.conference.convened_at)),
        "needs_release": plan.needs_release,
        "left_out": [{"report": o.report, "why": o.why} for o in plan.left_out],
        "copy": None,
    }


def copy_state(case: Case, copy: Copy, now: datetime) -> tuple[str, str | None]:
    """Returns the state of a copy in the contract's words, and why where that says more."""
    if copy.accepted is not None:
        return "accepted", None
    if copy.unknown is not None:
        return "unknown", f"no answer after its body was begun ({copy.unknown.code}); settle it with `packs settle`"
    if copy.voided is not None:
        return "cancelled", copy.voided.because
    if copy.failed:
        return "failed", f"the receiving server refused it for good ({copy.not_taken[-1][0].code})"
    if copy.in_hand:
        return "sending", None
    if case.conference.cancelled is not None:
        return "cancelled", "the conference is cancelled"
    if outdated(case, copy, now):
        return "cancelled", "what shaped it has changed; it is made anew if still owed"
    if copy.held is not None:
        return "held", copy.held.why
    if copy.refused is not None:
        return "held", f"a person refused it: {copy.refused.because}"
    state = case.standing(copy.person).state(now) if copy.person in case.conference.people else AddressState.NONE
    if state is not AddressState.CONFIRMED:
        return "waiting", f"no confirmed address ({state.value}): confirm it with `packs address confirm`"
    if missing := releases_missing(case, copy):
        given = len(copy.releases)
        return "composed", f"needs {missing} more release{'' if missing == 1 else 's'}" + (
            f"; {given} given" if given else " (`packs release`)"
        )
    why = closed_because(case, copy, now)
    if why == "it is not yet time":
        why = f"goes {spoken(may_go_at(case, copy))}"
        if copy.not_taken:
            why = f"not taken over yet ({copy.not_taken[-1][0].code}); tried again {spoken(may_go_at(case, copy))}"
    return "released", why


def _copy_row(case: Case, copy: Copy, now: datetime) -> Row:
    state, why = copy_state(case, copy, now)
    made = copy.composed or copy.held
    person = case.conference.people.get(copy.person)
    return {
        "document": copy.document.value,
        "person": copy.person,
        "issue": copy.issue,
        "state": state,
        "why": why,
        "pages": made.pages if made is not None else None,
        "sections": [
            {"title": s.title, "report": s.report, "from_page": s.from_page, "to_page": s.to_page}
            for s in (made.sections if made is not None else ())
        ],
        "sha256": copy.composed.sha256 if copy.composed is not None else None,
        "sent_at": _instant(copy.accepted_at),
        "to": copy.claim.address if copy.claim is not None else None,
        "send_at": _instant(max(goes_at(case, person, copy.document), case.conference.convened_at)) if person is not None else None,
        "needs_release": copy.composed.needs_release if copy.composed is not None else None,
        "left_out": [{"report": o.report, "why": o.why} for o in (made.left_out if made is not None else ())],
        "copy": copy.copy,
    }


def addresses_view(case: Case, now: datetime) -> list[Row]:
    """Returns the address of each person of a conference and its state."""
    rows: list[Row] = []
    for person in case.conference.people.values():
        standing = case.standing(person.id)
        rows.append(
            {
                "person": person.id,
                "role": person.role.value,
                "address": standing.address,
                "state": standing.state(now).value,
                "method": standing.method.value if standing.method is not None else None,
                "confirmed_at": _instant(standing.confirmed_at),
                "expires_at": _instant(standing.expires_at),
                "shared": person.contact is not None,
            }
        )
    return rows


def held_view(items: Iterable[Item]) -> list[Row]:
    """Returns the items that wait for a person, oldest first: promise 6."""
    return [
        {
            "item": item.id,
            "received_at": _instant(item.received_at),
            "from": item.held.sender or item.received.sender or "dropped in the inbox",
            "why": "; ".join(item.held.why),
            "code": item.held.code,
            "candidates": [
                {"conference": c.conference, "person": c.person, "why": c.because} for c in item.held.candidates
            ],
            "next_step": item.held.next_step or _NEXT_STEP,
            "name": item.received.name,
            "sha256": item.received.sha256,
        }
        for item in items
        if item.state is ItemState.HELD and item.held is not None
    ]


_NEXT_STEP = "packs resolve ITEM --conference REF --person ID --by NAME, or --not-a-report --because TEXT --by NAME"
