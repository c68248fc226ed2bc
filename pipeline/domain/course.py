"""The course of a conference: every due instant, counted from what has been recorded since the booking, and what is done.

One entry for the whole conference where a rule says the same for every child; else one for each child or person it is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.acting import Known
from pipeline.domain.calendar import to_local, utc_text
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.consultation import consultation_triggers
from pipeline.domain.entitlement import recipient
from pipeline.domain.facts import DECIDED_ELSEWHERE, Document, DutyDone, Elsewhere
from pipeline.domain.outcome_check import facts_of_all, facts_of_booking, facts_of_child
from pipeline.domain.people import ChildId, PersonId, Role
from pipeline.domain.profile import Profile, Rule, Trigger
from pipeline.domain.timetable import Due, conference_timetable

CORE_GROUP = frozenset({"core-group"})
VISITS = frozenset({"visit", "first-visit", "first-visit-prompt"})
NOTICE = frozenset({"decision-notice", "hand-over:decision-notice"})
EVENT = Trigger.SIGNIFICANT_EVENT.value
RECORDED_BY_NAME = frozenset({Trigger.CONSULTATION_REQUEST, Trigger.DECISION_TO_PROGRESS, Trigger.SIGNIFICANT_EVENT})
"""Triggers that a person records under their own name; other duties are recorded by duty or rule."""

CANCELLED = "cancelled"
"""The duty of telling somebody that the conference is cancelled; recorded of a cancelled conference alone."""

NOT_HELD = "not-held"
"""The duty of telling somebody that the part of a split conference that they were invited to is not held with them."""

CALL_BACK = "call-back"
"""The duty of taking back, from whoever was to hand it over, what must not reach its reader any more."""

OF_THE_HOUSE = frozenset(
    {"breach", "letter", "confidential-decision", "interpreter", "translation", CANCELLED, NOT_HELD, CALL_BACK, DECIDED_ELSEWHERE}
) | {f"{DECIDED_ELSEWHERE}:{one.value}" for one in Elsewhere}
"""Tasks that no rule of an authority speaks of and that a person records as done (`tasks`)."""

_OF_A_CHILD = frozenset({"grade", "rag", "plan-made", "child-age"})
_END_ONLY = frozenset({Trigger.NOTICE_SENT, Trigger.SIGNIFICANT_EVENT})
_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseEntry:
    """A due of the conference, for one child or person where it is theirs alone, and when it was done, if it was."""

    due: Due
    child: ChildId | None = None
    person: PersonId | None = None
    done_at: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """Returns the contract of `packs timetable --json`: that of a due, and whose it is."""
        done = utc_text(self.done_at) if self.done_at is not None else None
        return {**self.due.as_json(), "child": self.child, "person": self.person, "done_at": done}


def recorded_triggers(conference: Conference, child: ChildId | None = None) -> dict[Trigger, datetime]:
    """Returns the instants recorded since the booking, as they are for one child: what rules count from.

    What comes again counts from the last one done; before any was done, from the date that was set.
    """
    found = dict(consultation_triggers(conference))
    outcome = conference.outcome
    groups, visits = _done(conference, CORE_GROUP, child), _done(conference, VISITS, child)
    if outcome is not None:
        found[Trigger.CONFERENCE_END] = outcome.ended_at
        found[Trigger.DECISION] = outcome.decision_at
        planned = {
            Trigger.FIRST_CORE_GROUP: outcome.core_group_at,
            Trigger.CORE_GROUP: outcome.core_group_at,
            Trigger.VISIT: outcome.visit_at,
            Trigger.NEXT_REVIEW: outcome.review_at,
        }
        found |= {trigger: at for trigger, at in planned.items() if at is not None}
    since = [at for at in groups if outcome is None or at > outcome.ended_at]
    if since:
        found[Trigger.FIRST_CORE_GROUP] = min(since)
    if groups:
        found[Trigger.CORE_GROUP] = max(groups)
    if visits:
        found[Trigger.VISIT] = max(visits)
    for trigger in RECORDED_BY_NAME:
        if at_times := _done(conference, {trigger.value}, None):
            found[trigger] = max(at_times)
    return found


def notices_of(case: Case) -> dict[PersonId, datetime]:
    """Returns when each person's first decision notice was accepted by the server, or handed over, the earlier of the two.

    One that goes to the social worker to be handed over has reached nobody before that is recorded (A00.3).
    """
    conference = case.conference
    found: dict[PersonId, datetime] = {}
    sent = [
        (copy.person, copy.accepted_at)
        for copy in conference.copies.values()
        if copy.document is Document.DECISION_NOTICE
        and copy.accepted_at is not None
        and recipient(case, copy.person, copy.document) == copy.person
    ]
    handed = [(fact.person, fact.done_at) for fact, _ in conference.done if fact.duty in NOTICE and fact.person is not None]
    for person, at in (*sent, *handed):
        found[person] = min(at, found.get(person, at))
    return found


def course_of(case: Case) -> list[CourseEntry]:
    """Returns every due of the conference whose trigger is known, soonest first.

    Once an outcome is recorded, what does not apply is left out: nothing of a plan without one, no escalation of a child
    that is not graded so, no midpoint of one that is not rated so. Source: domain.md A00.10, SWG-18, NCC-22.
    """
    conference, profile = case.conference, case.profile
    outcome = conference.outcome
    if outcome is None:
        shared = _counted(case, recorded_triggers(conference), facts_of_booking(conference.booking))
        entries = [CourseEntry(due=due) for due in shared if due.trigger not in _END_ONLY]
    else:
        about_all = facts_of_all(outcome, conference)
        by_child = {
            child.child: _counted(
                case,
                recorded_triggers(conference, child.child),
                {**about_all, **facts_of_child(child, outcome, conference)},
            )
            for child in outcome.children
        }
        entries = _merged(by_child, _childs_own(profile, conference))
    for person, at in notices_of(case).items():
        who = conference.people.get(person)
        chair = who is not None and who.role is Role.CHAIR
        entries += [
            CourseEntry(due=d, person=person)
            for d in _of(case, Trigger.NOTICE_SENT, at)
            if not (chair and d.duty == "decision-response")  # the answers come to the chair, who owes none
        ]
    for fact, _ in conference.done:
        if fact.duty == EVENT:
            entries += [CourseEntry(due=d, child=fact.child) for d in _of(case, Trigger.SIGNIFICANT_EVENT, fact.done_at)]
    done = [_with_what_was_done(entry, case) for entry in entries]
    return sorted(done, key=lambda one: (one.due.due_at, one.due.rule, one.due.duty, one.child or "", one.person or ""))


def duties_known(case: Case) -> frozenset[str]:
    """Returns the words under which a duty of this conference can be recorded as done: duties, rule ids, and triggers."""
    on = to_local(case.conference.start_at).date()
    words: set[str] = set()
    for entry in case.profile.entries(case.conference.booking.type, on):
        words |= {entry.id, entry.duty}
        if isinstance(entry, Rule):
            words |= {*entry.also_duties}
            words |= {entry.trigger.value} if entry.trigger in RECORDED_BY_NAME | {Trigger.CORE_GROUP, Trigger.VISIT} else set()
    return frozenset(words - {""}) | OF_THE_HOUSE


def duty_meant(word: str, case: Case) -> str:
    """Returns the duty that a word of `duties_known` means: of a rule's id its duty, where it has one and only one."""
    on = to_local(case.conference.start_at).date()
    entries = case.profile.entries(case.conference.booking.type, on)
    of_id = {entry.duty for entry in entries if entry.id == word} - {""}
    return of_id.pop() if len(of_id) == 1 else word


def _counted(case: Case, recorded: Mapping[Trigger, datetime], known: Mapping[str, Known]) -> list[Due]:
    told = {trigger: at for trigger, at in recorded.items() if trigger not in _END_ONLY}
    return conference_timetable(case.conference.booked, case.profile, case.calendar, recorded=told, known=known)


def _of(case: Case, trigger: Trigger, at: datetime) -> list[Due]:
    dues = conference_timetable(case.conference.booked, case.profile, case.calendar, recorded={trigger: at})
    return [due for due in dues if due.trigger == trigger.value]


def _done(conference: Conference, duties: Iterable[str], child: ChildId | None) -> list[datetime]:
    named = frozenset(duties)
    return [fact.done_at for fact, _ in conference.done if fact.duty in named and (fact.child in (None, child) or child is None)]


def _key(due: Due) -> _Key:
    return due.rule, due.duty, due.trigger, due.unit


def _childs_own(profile: Profile, conference: Conference) -> frozenset[_Key]:
    """Returns the rules that are about one child: by what they ask of it, or because its visits were recorded apart."""
    apart = any(fact.child is not None and fact.duty in VISITS for fact, _ in conference.done)
    return frozenset(
        (rule.id, rule.duty, rule.trigger.value, rule.unit.value)
        for rule in profile.rules
        if any(condition.fact in _OF_A_CHILD for condition in rule.when)
        or (apart and any(rule.settles(duty) for duty in VISITS))
    )


def _merged(by_child: Mapping[ChildId, list[Due]], own: frozenset[_Key]) -> list[CourseEntry]:
    """Returns one entry where all children to whom a rule applies have the same due, else one for each."""
    entries: dict[_Key, list[CourseEntry]] = {}
    for child, dues in by_child.items():
        for due in dues:
            entries.setdefault(_key(due), []).append(CourseEntry(due=due, child=child))
    found: list[CourseEntry] = []
    for key, of_rule in entries.items():
        same = all(entry.due == of_rule[0].due for entry in of_rule)
        found += [CourseEntry(due=of_rule[0].due)] if same and key not in own else of_rule
    return found


def _with_what_was_done(entry: CourseEntry, case: Case) -> CourseEntry:
    """Returns the entry with the first time since its trigger that the duty was recorded as done."""
    due = entry.due
    rules = [r for r in case.profile.rules_with_id(due.rule) if r.duty == due.duty]
    words = {due.duty, due.rule, *(word for rule in rules for word in rule.also_duties)}
    words |= VISITS if words & VISITS else set()
    is_after = due.due_at >= due.trigger_at
    times = [
        fact.done_at
        for fact, _ in case.conference.done
        if fact.duty in words and _is_for(fact, entry) and not (is_after and fact.done_at <= due.trigger_at)
    ]
    done_at = min(times, default=None)
    return CourseEntry(due=due, child=entry.child, person=entry.person, done_at=done_at)


def _is_for(fact: DutyDone, entry: CourseEntry) -> bool:
    return (entry.child is None or fact.child in (None, entry.child)) and (
        entry.person is None or fact.person in (None, entry.person)
    )
