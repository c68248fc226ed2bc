"""What is shown of a case: plain values for tables and JSON, derived from the folds and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from pipeline.domain.addresses import AddressState
from pipeline.domain.agenda import ATTEMPTS, Verb, agenda
from pipeline.domain.calendar import local_text, spoken, utc_text
from pipeline.domain.case import Case
from pipeline.domain.completeness import complete, missing_parts, unclear_parts
from pipeline.domain.conference import Conference
from pipeline.domain.copies import goes_at, outdated, route_of, targets
from pipeline.domain.entitlement import document_rule, recipient, standing_for, undecided
from pipeline.domain.facts import OF_REPORTS, Content, Document, DutyDone, LetterKind
from pipeline.domain.gate import closed_because, may_go_at
from pipeline.domain.item import Item, ItemState
from pipeline.domain.judgement import due_of
from pipeline.domain.letters import answered, letter_closed_because, letter_task, not_written_because, places, wanted
from pipeline.domain.minutes_versions import not_yet, superseded_by
from pipeline.domain.pack import CopyPlan, releases_missing, satisfied
from pipeline.domain.people import ConferenceRef, Person, PersonId
from pipeline.domain.profile import Route, Trigger
from pipeline.domain.records import Copy, Letter, Report
from pipeline.domain.timetable import Due, due

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
        planned = {plan.document: plan for plan in targets(case, person, now) if not satisfied(case, plan)}
        for document in Document:
            for copy in case.conference.copies_of(person.id, document):
                rows.append(_copy_row(case, copy, now))
            if (plan := planned.get(document)) is not None:
                rows.append(_planned_row(case, plan, now, stuck=f"{person.id}.{document.value}" in stuck))
    return rows


def hand_over_duty(document: Document) -> str:
    """Returns the duty under which a hand-over of this document is recorded as done."""
    return f"hand-over:{document.value}"


def handed_over(case: Case, copy: Copy) -> DutyDone | None:
    """Returns the last record of this copy's hand-over, or None: one before it was made was of another."""
    later = [c.composed_seq for c in case.conference.copies_of(copy.person, copy.document) if c.composed_seq > copy.composed_seq]
    until = min(later, default=case.conference.head + 1)
    found = [
        done
        for done, seq in case.conference.done
        if done.duty == hand_over_duty(copy.document) and done.person == copy.person and copy.composed_seq < seq < until
    ]
    return found[-1] if found else None


def reached_at(case: Case, copy: Copy) -> datetime | None:
    """Returns when this copy reached its reader as far as is known, or None.

    That is when a server took it; of one that somebody hands over, when that was recorded (A00.3), also of a print of it.
    """
    handed = handed_over(case, copy)
    if handed is not None:
        return handed.done_at
    for paper in case.conference.papers.values():
        same = (paper.made.person, paper.made.document) == (copy.person, copy.document) and paper.made.items == copy.items
        if same and paper.handed is not None and copy.document not in OF_REPORTS:
            return paper.handed.at
    return copy.accepted_at if recipient(case, copy.person, copy.document) == copy.person else None


def document_due(case: Case, person: Person, document: Document) -> Due | None:
    """Returns when a document written from the outcome is due to this person, or None where the authority states no time."""
    rule = document_rule(case, person, document)
    outcome = case.conference.outcome
    if rule is None or outcome is None or not rule.duty:
        return None
    at = {
        Trigger.CONFERENCE_END: outcome.ended_at,
        Trigger.DECISION: outcome.decision_at,
        Trigger.FIRST_CORE_GROUP: outcome.core_group_at,
        Trigger.CONFERENCE_START: case.conference.start_at,
    }
    for timed in case.profile.rules_for(rule.duty, case.conference.booking.type, case.conference.start_at.date()):
        trigger_at, until = at.get(timed.trigger), outcome.review_at if timed.until is not None else None
        if trigger_at is not None and timed.fits(trigger_at) and (timed.until is None or (until or trigger_at) > trigger_at):
            return due(timed, trigger_at, case.calendar, until)
    return None


def _after_row(case: Case, person: PersonId, document: Document) -> Row:
    """What is shown besides of a document that is not made of reports."""
    who = case.conference.people.get(person)
    if who is None or document in OF_REPORTS:
        return {"route": Route.EMAIL.value, "goes_to": person, "due_at": None, "rule": None}
    when = document_due(case, who, document)
    return {
        "route": route_of(case, who, document).value,
        "goes_to": recipient(case, person, document),
        "due_at": _instant(when.due_at if when is not None else None),
        "rule": when.rule if when is not None else None,
    }


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
        "supersedes": plan.supersedes,
        "handed_over_at": None,
        **_after_row(case, plan.person, plan.document),
    }


def copy_state(case: Case, copy: Copy, now: datetime) -> tuple[str, str | None]:
    """Returns the state of a copy in the contract's words, and why where that says more."""
    if copy.accepted is not None:
        return "accepted", None
    if copy.unknown is not None:
        return "unknown", f"no answer after its body was begun ({copy.unknown.code}); settle it with `packs settle`"
    if copy.voided is not None:
        return "cancelled", undecided(case, copy.person, copy.document) or copy.voided.because
    if copy.failed:
        return "failed", f"the receiving server refused it for good ({copy.not_taken[-1][0].code})"
    if copy.in_hand:
        return "sending", None
    if case.conference.cancelled is not None:
        return "cancelled", "the conference is cancelled"
    if outdated(case, copy, now):
        why = undecided(case, copy.person, copy.document)
        return "cancelled", why or "what shaped it has changed; it is made anew if still owed"
    if copy.held is not None:
        return "held", copy.held.why
    if copy.refused is not None:
        return "held", f"a person refused it: {copy.refused.because}"
    person = case.conference.people.get(copy.person)
    state = standing_for(case, copy.person, copy.document).state(now) if person is not None else AddressState.NONE
    held = person is not None and route_of(case, person, copy.document) is Route.HELD
    if state is not AddressState.CONFIRMED and not held:
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
    handed = handed_over(case, copy)
    if handed is not None:
        why = f"handed over {spoken(handed.done_at)}" + (f"; {why}" if why else "")
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
        "supersedes": copy.composed.supersedes if copy.composed is not None else None,
        "handed_over_at": _instant(handed.done_at if handed is not None else None),
        **_after_row(case, copy.person, copy.document),
    }


def minutes_view(conference: Conference) -> list[Row]:
    """Returns one row per version of the minutes, oldest first. State: taken, approved, superseded."""
    rows: list[Row] = []
    for version in conference.minutes:
        newer, why = superseded_by(conference, version), not_yet(conference, version)
        state = "superseded" if newer is not None else "approved" if why is None else "taken"
        rows.append(
            {
                "version": version.number,
                "for": list(version.taken.for_),
                "state": state,
                "why": f"version {newer} took its place" if newer is not None else why,
                "taken_at": _instant(version.taken_at),
                "by": version.taken.by or "dropped in the inbox",
                "approved_at": _instant(version.approved_at),
                "approved_by": version.approved.by if version.approved is not None else None,
                "pages": version.taken.pages,
                "sha256": version.taken.sha256,
                "item": version.taken.item,
                "found": sorted({finding.detail for finding in version.found}),
                "flags": list(version.taken.flags),
            }
        )
    return rows


def letters_view(case: Case, now: datetime) -> list[Row]:
    """Returns one row per letter, written or to come, in the order of their instants."""
    written = case.conference.letters
    needed = {one.letter: one for one in wanted(case, now)}
    to_come = {
        one.letter: one
        for person in case.conference.people.values()
        if case.conference.cancelled is None and now < case.conference.end_at and not answered(case, person.id)
        for one in places(case, person)
        if one.at > now
    }
    rows = [_letter_row(case, letter, now) for letter in written.values()]
    for one in (*needed.values(), *to_come.values()):
        if one.letter not in written:
            state = "coming" if one.letter in to_come else "due" if case.letters else "task"
            why = letter_task(one) if state == "task" else not_written_because(case, one, now) if state == "due" else None
            rows.append(_letter_cells(one.letter, one.kind, one.person, one.at, one.due_at, one.parts, state, why))
    return sorted(rows, key=lambda row: (str(row["at"]), str(row["letter"])))


def _letter_row(case: Case, letter: Letter, now: datetime) -> Row:
    why = letter_closed_because(case, letter, now)
    if letter.accepted is not None:
        state = "accepted"
    elif letter.unknown is not None:
        state = "unknown"
    elif letter.failed:
        state = "failed"
    elif letter.in_hand:
        state = "sending"
    elif letter.withheld is not None:
        state = "withheld"
    elif letter.copy not in {one.letter for one in wanted(case, now)}:
        state = "passed"
    else:
        state = "due"
    why = None if state == "accepted" else why
    row = _letter_cells(letter.copy, letter.kind, letter.person, letter.written_at, letter.due_at, letter.parts, state, why)
    sent = letter.accepted_at if letter.accepted is not None else None
    return {**row, "sent_at": _instant(sent), "to": letter.claimed_address}


def _letter_cells(
    letter: str, kind: LetterKind, person: str, at: datetime, due_at: datetime | None, parts: tuple[str, ...], state: str,
    why: str | None,
) -> Row:  # fmt: skip
    return {
        "letter": letter,
        "kind": kind.value,
        "person": person,
        "state": state,
        "at": utc_text(at),
        "at_local": local_text(at),
        "due": _instant(due_at),
        "due_local": local_text(due_at) if due_at is not None else None,
        "parts": list(parts),
        "sent_at": None,
        "to": None,
        "why": why,
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


def held_view(items: Iterable[Item], decided: Collection[ConferenceRef] = ()) -> list[Row]:
    """Returns the items that wait for a person, oldest first: promise 6.

    What may belong to one of `decided`, the conferences whose decision went out, may be an answer to it.
    """
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
            "next_step": (item.held.next_step or _NEXT_STEP)
            + (_OR_AN_ANSWER if any(c.conference in decided for c in item.held.candidates) else ""),
            "name": item.received.name,
            "sha256": item.received.sha256,
        }
        for item in items
        if item.state is ItemState.HELD and item.held is not None
    ]


_NEXT_STEP = "packs resolve ITEM --conference REF --person ID --by NAME, or --not-a-report --because TEXT --by NAME"
_OR_AN_ANSWER = "; if it answers the decision: packs response REF ID --item ITEM --says agrees|disagrees --by NAME"
