"""What is overdue, due, coming and done in a conference: every entry of its timetable, and what waits for a person.

Read from the case and never stored. Where the ledger shows that a duty was done, that is how it is known; else somebody
recorded it as done; else it is open, and its next step is a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.domain.addresses import AddressState
from pipeline.domain.agenda import plans
from pipeline.domain.booking_acts import CALL_PARENTS
from pipeline.domain.calendar import spoken, to_local
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.consultation import consultation_of
from pipeline.domain.course import CORE_GROUP, VISITS, course_of
from pipeline.domain.duty import Duty, DutyState, as_done, duty_of_due, order_of, state_of, team_of
from pipeline.domain.entitlement import entitlement, excluded
from pipeline.domain.facts import Content, Document, DutyDone, Verdict
from pipeline.domain.invitation_tasks import invitation_tasks
from pipeline.domain.invitations import call_due
from pipeline.domain.judgement import due_of
from pipeline.domain.pack import pack_due, reader_duty, send_at, target
from pipeline.domain.people import ItemId, Person, PersonId, Role
from pipeline.domain.profile import Trigger
from pipeline.domain.records import Copy
from pipeline.domain.responses import responses_of
from pipeline.domain.tasks import Held, repair, tasks
from pipeline.domain.timetable import Due
from pipeline.domain.views import copy_state, reached_at

REPORTS = frozenset({"agency-report", "social-worker-report"})
PACKS = frozenset({"pack-chair", "pack-professional", "pack-family"})
FIRST_VISIT = VISITS - {"visit"}
DOCUMENT_OF: Mapping[str, Document] = {
    "decision-notice": Document.DECISION_NOTICE,
    "plan": Document.OUTLINE_PLAN,
    "immediate-actions": Document.IMMEDIATE_ACTIONS,
    "outcome-form": Document.OUTCOME_FORM,
    "escalation": Document.ESCALATION,
    "minutes": Document.MINUTES,
    "family-minutes": Document.MINUTES,
}
"""Duties that are done by sending copies of one document."""


def duties(case: Case, now: datetime, held: Held | None = None) -> list[Duty]:
    """Returns every duty of the conference: overdue first, then due, coming and done, each in the order to act on them.

    `held` are the items that wait for a person and may belong to this conference, by whom they may be from.
    """
    waiting = held or {}
    found = [*tasks(case, now, waiting), *invitation_tasks(case, now)]
    if case.conference.cancelled is None:
        found += _reports(case, now, waiting)
        found += _packs(case, now)
        found += _timetable(case, now)
    return sorted(found, key=order_of)


# --- reports -------------------------------------------------------------------------------------------------------------


def _reports(case: Case, now: datetime, held: Held) -> Iterator[Duty]:
    conference, reference = case.conference, case.conference.reference
    for person in conference.people.values():
        if person.id not in conference.asked_at:
            continue
        when = due_of(conference, case.profile, case.calendar, person)
        social = person.role is Role.SOCIAL_WORKER
        duty = "social-worker-report" if social else "agency-report"
        what = "social worker's report" if social else "agency report"
        one = replace(duty_of_due(when, case, now, duty=duty, what=what, who=person.role.words), person=person.id)
        if when is None and now >= conference.start_at:
            one = replace(one, state=DutyState.OVERDUE)
        versions = conference.versions(person.id)
        if versions:
            yield as_done(one, max(r.received_at for r in versions[0]), f"filed, {_verdict(case, person)}")
        elif person.id in conference.nil_returns:
            yield as_done(one, conference.nil_returns[person.id][1], "nothing to report, as a person recorded")
        elif person.id in conference.apologies:
            yield as_done(one, conference.apologies[person.id][1], "cannot take part, as a person recorded")
        elif items := held.get(person.id):
            step = f"packs resolve {items[0]} --conference {reference} --person {person.id} --by NAME"
            yield replace(one, how="a held item may be it, so nobody is reminded", next_step=step)
        else:
            yield replace(one, how="not received", next_step=f"packs letters {reference}")


def _verdict(case: Case, person: Person) -> str:
    judged = [r.judged.verdict for r in case.conference.versions(person.id)[0] if r.judged is not None]
    return Verdict.LATE.value if Verdict.LATE in judged else judged[0].value if judged else "not judged yet"


# --- packs ---------------------------------------------------------------------------------------------------------------


def _packs(case: Case, now: datetime) -> Iterator[Duty]:
    conference, reference = case.conference, case.conference.reference
    for person in conference.people.values():
        copies = conference.copies_of(person.id, Document.PACK)
        sent = [copy.accepted_at for copy in copies if copy.accepted_at is not None]
        if not sent and not entitlement(case, person.id, Document.PACK).document:
            continue
        going = send_at(case, person)
        one = duty_of_due(
            pack_due(case, person), case, now, duty=reader_duty(person), what=f"pack for {person.role.words}", who=team_of(case)
        )
        if one.due_at is None:
            one = replace(one, due_at=going, office_due=going, hold_by=to_local(going).date(), state=state_of(now, going, going))
        one = replace(one, person=person.id)
        if sent:
            yield as_done(one, min(sent), "sent")
            continue
        if handed := [paper.handed.at for paper in conference.papers.values() if paper.handed and paper.made.person == person.id]:
            yield as_done(one, min(handed), "handed over on paper")
            continue
        recorded = [
            fact for fact, _ in conference.done if fact.duty in {one.duty, one.rule} and fact.person in (None, person.id)
        ]
        if recorded:
            yield as_done(one, recorded[-1].done_at, f"recorded: {recorded[-1].how}")
            continue
        if now >= conference.end_at:
            made = any(copy.live and copy.composed is not None for copy in copies)
            step = f"packs export {reference} {person.id} --to FILE, or " if made else ""
            step += f"packs done {reference} {one.duty} --person {person.id} --at LOCAL --how TEXT --by NAME"
            yield replace(one, how="not sent; nothing goes by itself after the end", next_step=step)
            continue
        why, step = _stands(case, copies, person, now)
        yield replace(one, how=why, next_step=step)


def _stands(case: Case, copies: Sequence[Copy], person: Person, now: datetime) -> tuple[str, str]:
    """Returns where the newest copy stands in words, and the next step."""
    reference = case.conference.reference
    state = case.standing(person.id).state(now)
    confirm = f"packs address confirm {reference} {person.id} --method phone --by NAME --note TEXT"
    live = [copy for copy in copies if copy.voided is None]
    if live and (live[-1].unknown is not None or live[-1].failed):
        return copy_state(case, live[-1], now)[1] or "", repair(case, live[-1])
    if state is not AddressState.CONFIRMED:
        return f"no confirmed address ({state.value})", confirm
    if not live:
        plan = target(case, person, now)
        if plan is not None and plan.blocked is not None:
            return plan.blocked, f"packs documents {reference}"
        return "not composed yet; that happens by itself", ""
    named, why = copy_state(case, live[-1], now)
    step = f"packs release {reference} {person.id} --by NAME" if named == "composed" else "packs documents " + reference
    return why or named, step if named in {"composed", "held"} else ""


# --- all other entries of the timetable ----------------------------------------------------------------------------------


def _timetable(case: Case, now: datetime) -> Iterator[Duty]:
    for entry in course_of(case):
        when = entry.due
        if when.duty in REPORTS | PACKS:
            continue
        if when.duty == CALL_PARENTS and case.conference.is_split:
            yield from _calls(case, now)
            continue
        one = duty_of_due(when, case, now, duty=when.duty, what=when.what, who=when.who)
        yield _followed(case, replace(one, child=entry.child, person=entry.person), when, now)


def _calls(case: Case, now: datetime) -> Iterator[Duty]:
    """Of a split conference the chair calls each parent and carer before their own session."""
    for person in case.conference.people.values():
        when = call_due(case, person)
        if when is None or person.include is False or case.conference.sits_nowhere(person):
            continue
        one = duty_of_due(when, case, now, duty=when.duty, what=when.what, who=when.who)
        yield _followed(case, replace(one, person=person.id), when, now)


def _followed(case: Case, one: Duty, when: Due, now: datetime) -> Duty:
    conference = case.conference
    if (recorded := _as_recorded(conference, one, when)) is not None:
        return recorded
    match one.duty:
        case "hold-conference":
            return _held_in_time(case, one, now)
        case "consultation":
            held = consultation_of(conference).held
            return as_done(one, held.held_at, "held, as recorded") if held is not None else one
        case "book-conference":
            return as_done(one, conference.convened_at, "booked")
        case "confidential-section":
            return _sections(case, one)
        case "forward-social-worker-report":
            return _forwarded(case, one)
        case "review-conference":
            return _review(case, one, now)
        case "decision-response":
            return _answered(case, one)
        case "minutes-completed":
            return _minutes_completed(case, one)
        case duty if duty in DOCUMENT_OF:
            return _sent_copies(case, one, now)
        case _:
            return _by_hand(conference, one, when)


def _by_hand(conference: Conference, one: Duty, when: Due) -> Duty:
    """Of what only a person can say that it was done: the date set for it, where there is one, and the command that records it."""
    outcome, meetings = conference.outcome, one.duty in CORE_GROUP | VISITS
    if one.next_step or (meetings and outcome is None):
        return one
    if outcome is not None and meetings and when.trigger not in {Trigger.CORE_GROUP.value, Trigger.VISIT.value}:
        at = outcome.core_group_at if one.duty in CORE_GROUP else outcome.visit_at
        one = replace(one, how=f"set for {spoken(at)}" if at is not None else one.how)
    whom = (f" --person {one.person}" if one.person else "") + (f" --child {one.child}" if one.child else "")
    return replace(
        one, next_step=f"packs done {conference.reference} {one.duty or one.rule}{whom} --at LOCAL --how TEXT --by NAME"
    )


def _as_recorded(conference: Conference, one: Duty, when: Due) -> Duty | None:
    """Returns the duty as done, or in part, where people recorded that; one that comes again counts only since its trigger."""
    again = when.trigger in {Trigger.CORE_GROUP.value, Trigger.VISIT.value}
    words = {one.duty, one.rule} | (VISITS if one.duty in FIRST_VISIT else set())
    facts = [
        fact
        for fact, _ in conference.done
        if fact.duty in words
        and not (again and fact.done_at <= when.trigger_at)
        and (one.child is None or fact.child in (None, one.child))
        and (one.person is None or fact.person in (None, one.person))
    ]
    if not facts:
        return None
    children = {child.id for child in conference.booking.children} if one.child is None else {one.child}
    for_all = [fact for fact in facts if fact.child is None]
    covered = {fact.child for fact in facts if fact.child is not None}
    # any visit is also the first one that a rule asks for, and of several the earliest was
    last = min(facts, key=_when_done) if one.duty in FIRST_VISIT else max(facts, key=_when_done)
    if for_all or covered >= children:
        return as_done(one, last.done_at, f"recorded: {last.how}")
    return replace(one, how=f"recorded for {len(covered)} of {len(children)} children")


def _when_done(fact: DutyDone) -> datetime:
    return fact.done_at


def _held_in_time(case: Case, one: Duty, now: datetime) -> Duty:
    conference = case.conference
    if conference.outcome is not None:
        return as_done(one, conference.outcome.ended_at, "held, as its outcome says")
    if one.due_at is not None and conference.start_at > one.due_at:
        step = f"packs move {conference.reference} --start LOCAL --because TEXT"
        return replace(one, how=f"booked for {spoken(conference.start_at)}, after the limit", next_step=step)
    state = DutyState.COMING if now < conference.end_at else DutyState.DUE
    return replace(one, state=state, how=f"booked for {spoken(conference.start_at)}, within the limit")


def _sections(case: Case, one: Duty) -> Duty:
    """Nobody owes a confidential section: past its time there is nothing left to do."""
    filed = [r.received_at for r in case.conference.filed() if r.filed.content is Content.CONFIDENTIAL_SECTION]
    if filed:
        return as_done(one, min(filed), "one was sent in")
    return as_done(one, one.due_at, "none was asked for in time") if one.state is DutyState.OVERDUE else one


def _forwarded(case: Case, one: Duty) -> Duty:
    conference = case.conference
    social = {r.item for r in conference.filed() if r.filed.content is Content.SOCIAL_WORKER_REPORT}
    owed = {p.id for p in conference.people.values() if p.role is not Role.SOCIAL_WORKER and _may_read(case, p, social)}
    sent = {c.person: c.accepted_at for c in conference.copies.values() if c.accepted_at is not None and social & set(c.items)}
    if owed and owed <= set(sent):
        return as_done(one, max(sent.values()), "sent with the packs")
    step = "" if social else f"packs reports {conference.reference}"
    return replace(one, how=f"sent to {len(owed & set(sent))} of {len(owed)}" if social else "it has not come", next_step=step)


def _may_read(case: Case, person: Person, items: set[ItemId]) -> bool:
    if person.role.is_family:
        return False
    may = entitlement(case, person.id, Document.PACK)
    return may.document and bool(items & set(may.allowed))


def _review(case: Case, one: Duty, now: datetime) -> Duty:
    """Held is done; a date alone is not: once it or the limit has passed without a review, the duty is due or overdue."""
    outcome, review, reference = case.conference.outcome, case.review, case.conference.reference
    if outcome is None:
        return one
    if review is not None and review.ended_at is not None:
        return as_done(one, review.ended_at, f"held: {review.reference}")
    at = review.start_at if review is not None else outcome.review_at
    if at is None:
        return replace(one, how="no date is set", next_step=f"packs outcome {reference} FILE (review date)")
    said, step = "set", f"packs review {reference}"
    if review is not None:
        said, step = f"{review.reference} is booked", f"packs outcome {review.reference} FILE" if now >= at else ""
    if one.due_at is not None and at > one.due_at:
        earlier = f"packs move {review.reference} --start LOCAL --because TEXT" if review is not None else "set an earlier date"
        return replace(one, how=f"{said} for {spoken(at)}, after the limit", next_step=earlier)
    state = one.state if one.state is DutyState.OVERDUE else DutyState.COMING if now < at else DutyState.DUE
    return replace(one, state=state, how=f"{said} for {spoken(at)}", next_step=step)


def _answered(case: Case, one: Duty) -> Duty:
    """Nobody owes an answer: past its time there is nothing left to wait for."""
    rows = [row for row in responses_of(case, one.due_at or case.conference.end_at) if row.person == one.person]
    answered = [row.response.at for row in rows if row.response is not None]
    if answered:
        return as_done(one, max(answered), "answered")
    if one.state is DutyState.OVERDUE:
        return as_done(one, one.due_at, "no answer came in time")
    return replace(one, next_step=f"packs response {case.conference.reference} {one.person} --at LOCAL --says … --by NAME")


def _minutes_completed(case: Case, one: Duty) -> Duty:
    """Completed is approved: of the whole minutes, the first time, while an outcome stands that they are of."""
    reference, versions = case.conference.reference, [v for v in case.conference.minutes if not v.taken.for_]
    approved = [version.approved_at for version in versions if version.approved_at is not None]
    if approved:
        return as_done(one, min(approved), "approved")
    if not versions:
        return replace(one, how="none has come back", next_step=f"packs minutes draft {reference} --to FILE.docx")
    step = f"packs minutes approve {reference} --version {versions[-1].number} --by NAME"
    return replace(one, how=f"version {versions[-1].number} waits to be approved", next_step=step)


def _sent_copies(case: Case, one: Duty, now: datetime) -> Duty:
    """Done once everybody for whom there is one has it, from the social worker's hand where it goes that way.

    Where the authority has family minutes as a duty of their own, they are family's, and the others are not.
    """
    conference = case.conference
    copies = [c for c in conference.copies.values() if c.document is DOCUMENT_OF[one.duty] and c.voided is None]
    whose = set(conference.people)
    if Document.MINUTES is DOCUMENT_OF[one.duty]:
        whose = _readers_of_minutes(case, one)
        copies = [c for c in copies if c.person in whose]
    when = {c.person: at for c in copies if (at := reached_at(case, c)) is not None}
    waiting = {plan.person for plan in plans(case, now) if plan.document is DOCUMENT_OF[one.duty] and plan.person in whose}
    sent, reached, people = list(when.values()), set(when), {c.person for c in copies} | waiting
    if sent and reached == people:
        return as_done(one, max(sent), f"sent to {len(people)}")
    if people:
        return replace(one, how=f"sent to {len(reached)} of {len(people)}", next_step=f"packs documents {conference.reference}")
    if conference.outcome is None and conference.start_at <= (one.due_at or conference.start_at):
        return replace(one, how="waits for the outcome")
    if Document.MINUTES is DOCUMENT_OF[one.duty] and conference.outcome is not None:
        if not conference.minutes:
            return replace(one, how="none has come back", next_step=f"packs minutes draft {conference.reference} --to FILE.docx")
        if all(excluded(case, person, Document.MINUTES) is not None for person in whose):
            return as_done(one, None, "there is nobody who may have them")
    return one


def _readers_of_minutes(case: Case, one: Duty) -> set[PersonId]:
    people, type_ = case.conference.people.values(), case.conference.booking.type
    if not case.profile.rules_for("family-minutes", type_, case.conference.start_at.date()):
        return {person.id for person in people}
    return {person.id for person in people if person.role.is_family is (one.duty == "family-minutes")}


