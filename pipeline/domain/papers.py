"""The documents after a conference: one person's part of the outcome, and the copy of it that they ought to have now.

What a copy tells is cut out of the outcome before a word is written: a paper cannot say what its reader's part does not
hold. The hash of that part is kept with the copy, so a sent one is made anew only where it would tell something else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum

from pipeline.domain.acting import Known, Place, Verb, acts_at
from pipeline.domain.addresses import AddressState
from pipeline.domain.calendar import at_wall, to_local
from pipeline.domain.case import Case
from pipeline.domain.entitlement import document_rule, entitlement, readers_at, recipient, standing_for
from pipeline.domain.facts import Document
from pipeline.domain.minutes_versions import standing_version
from pipeline.domain.outcome import ChildOutcome, Outcome
from pipeline.domain.outcome_check import facts_of_all
from pipeline.domain.pack import CopyPlan, needs_release
from pipeline.domain.people import ChildId, CopyId, ItemId, Person, PersonId
from pipeline.domain.profile import Route, Trigger
from pipeline.domain.records import Copy
from pipeline.domain.timetable import due

AFTER = (
    Document.DECISION_NOTICE,
    Document.IMMEDIATE_ACTIONS,
    Document.OUTLINE_PLAN,
    Document.OUTCOME_FORM,
    Document.ESCALATION,
    Document.MIDPOINT_NOTICE,
    Document.TIMETABLE,
)
"""The documents that are written from the outcome as soon as it is recorded, the most urgent first."""

AFTERWARDS = (*AFTER, Document.MINUTES)
"""All documents after a conference: the minutes are written by a person, and wait for their approval."""

_OF_A_CHILD = {
    Document.DECISION_NOTICE: {"decision", "category", "reason"},
    Document.IMMEDIATE_ACTIONS: {"decision"},
    Document.OUTLINE_PLAN: {
        *("decision", "category", "reason", "danger_statement", "safety_goal", "contingency", "visits", "seen_alone_by"),
        "core_group",
    },
    Document.OUTCOME_FORM: {one.name for one in fields(ChildOutcome)},
    Document.ESCALATION: {"decision", "category", "reason", "grade", "danger_statement"},
    Document.MIDPOINT_NOTICE: {"decision", "rag", "danger_statement", "safety_goal"},
    Document.TIMETABLE: {"decision", "visits", "seen_alone_by", "core_group"},
    Document.MINUTES: {"decision"},
}
_WITH_ACTIONS = {Document.OUTLINE_PLAN, Document.MIDPOINT_NOTICE, Document.OUTCOME_FORM}
_PLACE = {Document.DECISION_NOTICE: Place.NOTICE, Document.OUTLINE_PLAN: Place.PLAN, Document.MINUTES: Place.MINUTES}


def part_of(outcome: Outcome, document: Document, children: tuple[ChildId, ...]) -> Outcome:
    """Returns the outcome cut to what this document tells about these children; dates only where one of them has a plan.

    An action for several children is part of the plan of each. What is said of the conference as a whole (who came, views,
    the chair's summary) is in the outcome form alone, and only in that of a reader who may have every child's outcome.

    Source: domain.md A00.2, A00.10.
    """
    wanted = _OF_A_CHILD[document]
    cut = tuple(_child(child, wanted) for child in outcome.children if child.child in children)
    planned = any(child.decision.with_plan for child in cut)
    part = Outcome(
        ended_at=outcome.ended_at,
        decided_at=outcome.decided_at,
        decided_by=outcome.decided_by,
        children=cut,
        actions=tuple(
            replace(action, children=kept)
            for action in (outcome.actions if document in _WITH_ACTIONS else ())
            if (kept := tuple(child for child in action.children if child in children))
        ),
        immediate_actions=outcome.immediate_actions if document is Document.IMMEDIATE_ACTIONS else (),
        core_group_at=outcome.core_group_at if planned else None,
        visit_at=outcome.visit_at if planned else None,
        review_at=outcome.review_at if planned else None,
    )
    if document is not Document.OUTCOME_FORM:
        return part
    part = replace(
        part,
        views=tuple(view for view in outcome.views if view.child in children),
        scale=tuple(number for number in outcome.scale if number.child in children),
    )
    if len(cut) < len(outcome.children):
        return part  # what is said of all children together is for who has a role for all of them
    return replace(
        part,
        attendance=outcome.attendance,
        immediate_actions=outcome.immediate_actions,
        quorate=outcome.quorate,
        quorum_efforts=outcome.quorum_efforts,
        safety_plan_made=outcome.safety_plan_made,
        minute_taker=outcome.minute_taker,
        virtual=outcome.virtual,
        summary=outcome.summary,
        family_views=outcome.family_views,
    )


def _child(child: ChildOutcome, wanted: set[str]) -> ChildOutcome:
    told = {name: getattr(child, name) for name in wanted - {"child", "decision", "reason"}}
    return ChildOutcome(
        child=child.child, decision=child.decision, reason=child.reason if "reason" in wanted else "", **told
    )


def hash_of(part: Outcome) -> str:
    """Returns the hash of all that the part says; a field that says nothing counts as if it did not exist."""
    return hashlib.sha256(json.dumps(_plain(part), sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {one.name: plain for one in fields(value) if (plain := _plain(getattr(value, one.name))) not in (None, "", [])}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def respond_by(case: Case, document: Document, now: datetime) -> date | None:
    """Returns the last day to answer a notice that goes today, or None where the authority gives no such time (BAD-10)."""
    if document is not Document.DECISION_NOTICE:
        return None
    rules = case.profile.rules_for("decision-response", case.conference.booking.type, case.conference.start_at.date())
    rule = next((one for one in rules if one.trigger is Trigger.NOTICE_SENT), None)
    if rule is None:
        return None
    return to_local(due(rule, at_wall(to_local(now).date(), time(0)), case.calendar).due_at).date()


def midpoint(case: Case) -> date | None:
    """Returns the day by which the meeting half-way to the review is to be held, or None where there is none."""
    outcome = case.conference.outcome
    if outcome is None or outcome.review_at is None or outcome.review_at <= outcome.ended_at:
        return None
    rules = case.profile.rules_for("midway-meeting", case.conference.booking.type, case.conference.start_at.date())
    rule = next((one for one in rules if one.until is Trigger.NEXT_REVIEW), None)
    if rule is None:
        return None
    when = due(rule, outcome.ended_at, case.calendar, outcome.review_at)
    return when.hold_by or to_local(when.due_at).date()


def paper_target(
    case: Case, person: Person, document: Document, now: datetime, *, but: CopyId | None = None
) -> CopyPlan | None:
    """Returns the copy this person ought to have next of a document after the conference, or None.

    None too where what was sent tells the same, or while an earlier issue is being sent. With `but` the answer is as if
    that copy did not exist. Of the minutes it holds the version that stands for this person; before one came back, None.
    """
    outcome = case.conference.outcome
    may = entitlement(case, person.id, document) if outcome is not None and document in AFTERWARDS else None
    if outcome is None or may is None or not may.document:
        return None
    part = part_of(outcome, document, may.children)
    if document is Document.IMMEDIATE_ACTIONS and not part.immediate_actions:
        return None
    version = standing_version(case.conference, person.id) if document is Document.MINUTES else None
    said = hash_of(part) if version is None else version.taken.sha256
    copies = case.conference.copies_of(person.id, document)
    had = [copy for copy in copies if copy.copy != but and (copy.gone or copy.in_hand)]
    last = had[-1] if had else None
    if last is not None and (not last.gone or not _tells_otherwise(case, last, said, may.children)):
        return None
    supersedes = last.issue if last is not None else None
    answer_by = respond_by(case, document, now)
    recorded_at = case.conference.outcomes[-1][2]
    if version is not None:
        recorded_at = max(recorded_at, version.approved_at or version.taken_at)
    return CopyPlan(
        person=person.id,
        document=document,
        issue=1 + max((copy.issue for copy in copies), default=0),
        items=may.allowed,
        left_out=(),
        whole=may.whole,
        needs_release=needs_release(case, person, document),
        basis=_basis(case, person, document, said, items=may.allowed, whole=may.whole, supersedes=supersedes, answer_by=answer_by),
        compose_at=recorded_at,
        send_at=recorded_at,
        blocked=next((omission.why for omission in may.withheld), None)
        or _blocked(case, person, document, part, whole=may.whole, now=now),
        children=may.children,
        said=said,
        supersedes=supersedes,
        fresh_until=at_wall(to_local(now).date() + timedelta(days=1), time(0)) if answer_by is not None else None,
    )


def _tells_otherwise(case: Case, sent: Copy, said: str, children: tuple[ChildId, ...]) -> bool:
    """True where what was sent is not so any more. Only facts make it so, never another version of program or profile."""
    assert sent.composed is not None
    if sent.document is Document.MINUTES:
        return sent.composed.said != said  # whose hash is that of a version's own bytes
    changed = case.conference.outcomes[-1][1] > sent.composed_seq or sent.composed.children != children
    return changed and sent.composed.said != said


def _basis(
    case: Case,
    person: Person,
    document: Document,
    said: str,
    *,
    items: tuple[ItemId, ...],
    whole: bool,
    supersedes: int | None,
    answer_by: date | None,
) -> str:
    """The hash of everything that shaped a copy, the day it is to go among it where a printed date is counted from that."""
    conference = case.conference
    rule = document_rule(case, person, document)
    standing = standing_for(case, person.id, document)
    middle = midpoint(case)
    shape = {
        "reference": conference.reference,
        "start": conference.start_at.isoformat(),
        "person": [person.id, person.name, person.role.value, person.agency, sorted(person.children)],
        "turn": conference.turns.get(person.id, 0),
        "to": [recipient(case, person.id, document), standing.address, standing.turn],
        "route": rule.route.value if rule is not None else "",
        "document": document.value,
        "said": said,
        "whole": whole,
        "supersedes": supersedes,
        "answer_by": answer_by.isoformat() if answer_by is not None else None,
        "midpoint": middle.isoformat() if middle is not None else None,
        "people": [[one.id, one.name, one.role.value, one.agency] for one in conference.people.values()],
        "children": [[child.id, child.name] for child in conference.booking.children],
        "exclusions": [[e.person, sorted(x.value for x in e.from_)] for e in conference.exclusions],
        "protected": [[d.id, d.kind.value, sorted(d.from_)] for d in conference.protected],
        "confidential": needs_release(case, person, document),
        "profile": [case.profile.name, str(case.profile.version)],
    }
    if document is Document.MINUTES:
        shape["items"] = list(items)
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()


def _blocked(case: Case, person: Person, document: Document, part: Outcome, *, whole: bool, now: datetime) -> str | None:
    if case.conference.cancelled is not None:
        return "the conference is cancelled"
    if document is Document.IMMEDIATE_ACTIONS and not whole:
        return "the immediate actions do not say which child each is for, and this person has no role for some: tell them yourself"
    why_not = not_allowed(case, person, document, part, now)
    rule = document_rule(case, person, document)
    if rule is not None and rule.route is Route.HELD:
        return why_not
    if recipient(case, person.id, document) is None:
        return "it goes by the social worker's hands, and not just one social worker has a role for all this person's children"
    state = standing_for(case, person.id, document).state(now)
    if state is not AddressState.CONFIRMED:
        return f"no confirmed address ({state.value}): confirm it with `packs address confirm`"
    return why_not or read_by_another(case, person.id, document)


def not_allowed(case: Case, person: Person, document: Document, part: Outcome, now: datetime) -> str | None:
    """Returns why the profile's own words refuse this document now, or None. A plan's conditions ask nothing of "no plan".

    That family's copies wait for a person is the gate's business, so of minutes it counts as done here (BAD-13).
    """
    place = _PLACE.get(document)
    if place is None or (place is Place.PLAN and not part.with_plan):
        return None
    rule = document_rule(case, person, document)
    outcome = case.conference.outcome
    known: dict[str, Known] = {
        **(facts_of_all(outcome, case.conference) if document is Document.MINUTES and outcome is not None else {}),
        "released-by-person": document is Document.MINUTES,
        "plan-made": part.with_plan,
        "review-date-set": part.review_at is not None,
        "core-group-date-set": part.core_group_at is not None,
        "visit-date-set": part.visit_at is not None,
        "to-family": person.role.is_family,
        "to-agency": not person.role.is_family,
        "by-email": rule is not None and rule.route is Route.EMAIL,
        "address-confirmed": standing_for(case, person.id, document).state(now) is AddressState.CONFIRMED,
        "action-complete": all(a.who and a.by_when is not None and a.measure for a in part.actions),
    }
    on, type_ = case.conference.start_at.date(), case.conference.booking.type
    acts = [act for one in case.profile.entries(type_, on) for act in acts_at(one.acts, place, known)]
    return next((act.says.rstrip(".") for act in acts if act.do is Verb.BLOCK), None)


def read_by_another(case: Case, person: PersonId, document: Document) -> str | None:
    """Returns why the address that the copy goes to must not be used: another reads it who may not have the same."""
    own = entitlement(case, person, document)
    mine, held = set(own.children), set(own.allowed)
    to = recipient(case, person, document)
    for other in readers_at(case, person, document):
        if other in {person, to}:
            continue
        theirs = entitlement(case, other, document)
        apart = document is Document.INVITATION and _is_family(case, other) != _is_family(case, person)
        if apart or not theirs.document or not mine <= set(theirs.children) or not held <= set(theirs.allowed):
            return f"its address is also {other}'s, who may not have the same: give this person an address of their own"
    return None


def _is_family(case: Case, person: PersonId) -> bool:
    who = case.conference.people.get(person)
    return who is not None and who.role.is_family
