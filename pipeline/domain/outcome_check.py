"""What an outcome must say before it is recorded, and what the authority's rules say to it.

First whether it can be true at all: known ids, every child decided once, instants in their order. Then the acts of the
profile at the places of the conference itself: BLOCK refuses, WARN is told. With no plan nothing of a plan is asked for
(A00.10). Findings quote ids, keys and allowed values and nothing else that was written.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial

from pipeline.domain.acting import Known, Place, Verb, acts_at
from pipeline.domain.booking import Finding, Path, about_instant, instant_of, years_old
from pipeline.domain.calendar import spoken, to_local
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.outcome import ChildOutcome, Decision, Outcome, Presence
from pipeline.domain.outcome_draft import (
    ActionDraft,
    AttendanceDraft,
    ChildOutcomeDraft,
    DatesDraft,
    OutcomeDraft,
    OutcomeRecord,
    ScaleDraft,
    ViewDraft,
)
from pipeline.domain.people import Booking, ConferenceType, Person, PersonId, Role
from pipeline.domain.profile import Rule, Statement, Trigger
from pipeline.domain.protected import folded
from pipeline.domain.timetable import Due, conference_timetable
from pipeline.domain.written import LONGEST as LONGEST_OF_A_BOOKING
from pipeline.domain.written import name_problem, passage_problem, text_problem

SCALE = (0, 10)
"""The least and the most of the overall grading (SWG-18) and of the safety scale (NCC-13)."""

LONGEST_LINE, LONGEST_PASSAGE = 300, 4000

REQUIRED: dict[type[OutcomeRecord], tuple[str, ...]] = {
    OutcomeDraft: ("ended", "decided_by"),
    ChildOutcomeDraft: ("id", "decision", "reason"),
    AttendanceDraft: ("person", "presence"),
    ViewDraft: ("person", "child", "opinion"),
    ScaleDraft: ("person", "child", "number"),
    ActionDraft: ("action",),
    DatesDraft: (),
}
"""What each table must say where it is given. What more an authority asks for is its profile's business."""

LINES = frozenset({"call", "who", "seen_alone_by", "visits"})
PASSAGES = frozenset(
    {"reason", "danger_statement", "safety_goal", "worries", "strengths", "child_views", "contingency", "rationale", "action"}
    | {"aim", "measure", "quorum_efforts", "summary", "family_views", "late_because"}
)
_TEXT_RULES: dict[str, Callable[[str], str | None]] = {
    "decided_by": name_problem,
    **dict.fromkeys(LINES, partial(text_problem, longest=LONGEST_LINE)),
    **dict.fromkeys(PASSAGES, partial(passage_problem, longest=LONGEST_PASSAGE)),
}
assert LONGEST_OF_A_BOOKING["decided_by"] == LONGEST_OF_A_BOOKING["name"], "a decider is written as a name"

_NO_PLAN_BEFORE = frozenset({ConferenceType.INITIAL, ConferenceType.PRE_BIRTH})
_GIVE_NO_VIEW = frozenset({Role.CHAIR, Role.INTERPRETER, Role.ADVOCATE, Role.LEGAL})
_CALLED = frozenset({Role.PARENT, Role.CARER, Role.YOUNG_PERSON})


def outcome_findings(draft: OutcomeDraft, conference: Conference, now: datetime) -> tuple[Finding, ...]:
    """Returns every problem of the draft beside this conference; empty where `outcome_from` can build the outcome."""
    parts = (
        _about_frame(draft, conference, now),
        _about_children(draft.child, conference),
        _about_attendance(draft.attendance, conference),
        _about_voices("view", draft.view, conference),
        _about_voices("scale", draft.scale, conference),
        _about_actions(draft, conference),
    )
    return tuple(found for part in parts for found in part)


def _about_frame(draft: OutcomeDraft, conference: Conference, now: datetime) -> Iterator[Finding]:
    """The instants: the end after the start and not to come, what was set after the end."""
    yield from _about_record(draft, ())
    ended = instant_of(draft.ended)
    for key, text in (("ended", draft.ended), ("decided", draft.decided)):
        if text is None:
            continue
        yield from about_instant(text, (key,))
        at = instant_of(text)
        if at is not None and at <= conference.start_at:
            yield Finding(path=(key,), message=f"is not after the conference's start, {spoken(conference.start_at)}")
        if at is not None and at > now:
            yield Finding(path=(key,), message="lies in the future")
    for index, text in enumerate(draft.immediate_actions):
        if trouble := passage_problem(text, LONGEST_PASSAGE):
            yield Finding(path=("immediate_actions", index), message=trouble)
    if draft.dates is None:
        return
    yield from _about_record(draft.dates, ("dates",))
    for key in ("core_group", "visit", "review"):
        text = getattr(draft.dates, key)
        if text is None:
            continue
        yield from about_instant(text, ("dates", key))
        at = instant_of(text)
        if at is not None and ended is not None and at <= ended:
            yield Finding(path=("dates", key), message="is not after the end of the conference")


def _about_children(children: Sequence[ChildOutcomeDraft], conference: Conference) -> Iterator[Finding]:
    """Every child of the conference is decided about, once."""
    known = [child.id for child in conference.booking.children]
    ids = [child.id for child in children]
    for index, child in enumerate(children):
        path: Path = ("child", index)
        yield from _about_record(child, path)
        yield from _about_known(child.id, known, (*path, "id"), "child")
        if child.id is not None and child.id in ids[:index]:
            yield Finding(path=(*path, "id"), message=f"'{child.id}' is decided about already; each child once")
        if child.decision is not None and child.decision.with_plan and child.category is None:
            yield Finding(path=(*path, "category"), message="is required where a plan is made or continued", absent_from=path)
        if (
            child.decision in {Decision.PLAN_CONTINUED, Decision.PLAN_ENDED}
            and conference.booking.type in _NO_PLAN_BEFORE
        ):
            yield Finding(path=(*path, "decision"), message="cannot be: there was no plan before this type of conference")
        if child.grade is not None:
            yield from _about_number(child.grade, (*path, "grade"))
        yield from _about_people(child.core_group or (), conference, (*path, "core_group"))
    if None not in ids:
        for missing in known:
            if missing not in ids:
                yield Finding(
                    path=("child",), message=f"says nothing of '{missing}'; each child is decided about", absent_from=("child",)
                )


def _about_attendance(attendance: Sequence[AttendanceDraft], conference: Conference) -> Iterator[Finding]:
    """Each person at most once."""
    for index, one in enumerate(attendance):
        path: Path = ("attendance", index)
        yield from _about_record(one, path)
        yield from _about_known(one.person, conference.people, (*path, "person"), "person")
        if one.person is not None and any(one.person == other.person for other in attendance[:index]):
            yield Finding(path=(*path, "person"), message=f"'{one.person}' has an attendance already")


def _about_voices(
    table: str, voices: Sequence[ViewDraft | ScaleDraft], conference: Conference
) -> Iterator[Finding]:
    """Views and numbers: of a person for a child, once; family for their own children only."""
    children = [child.id for child in conference.booking.children]
    for index, one in enumerate(voices):
        path: Path = (table, index)
        yield from _about_record(one, path)
        yield from _about_known(one.person, conference.people, (*path, "person"), "person")
        yield from _about_known(one.child, children, (*path, "child"), "child")
        if isinstance(one, ScaleDraft) and one.number is not None:
            yield from _about_number(one.number, (*path, "number"))
        if one.person is None or one.child is None:
            continue
        if any((one.person, one.child) == (other.person, other.child) for other in voices[:index]):
            yield Finding(path=(*path, "person"), message=f"'{one.person}' has spoken for '{one.child}' already")
        person = conference.people.get(PersonId(one.person))
        if person is not None and person.role.is_family and one.child in children and one.child not in person.children:
            yield Finding(
                path=(*path, "child"), message=f"'{one.person}' is family and has no link to '{one.child}'; correct one of the two"
            )


def _about_actions(draft: OutcomeDraft, conference: Conference) -> Iterator[Finding]:
    """Actions are for children of the conference and lie after it."""
    children = [child.id for child in conference.booking.children]
    ended = instant_of(draft.ended)
    nobody_has_plan = bool(draft.child) and not any(c.decision is None or c.decision.with_plan for c in draft.child)
    for index, one in enumerate(draft.action):
        path: Path = ("action", index)
        yield from _about_record(one, path)
        if one.children is None and nobody_has_plan:
            yield Finding(path=(*path, "children"), message="is required where no child has a plan", absent_from=path)
        if one.children is not None and not one.children:
            yield Finding(path=(*path, "children"), message="must name at least one")
        for place, child in enumerate(one.children or ()):
            yield from _about_known(child, children, (*path, "children", place), "child")
            if child in (one.children or ())[:place]:
                yield Finding(path=(*path, "children", place), message="is named twice")
        if one.by_when is not None and ended is not None and one.by_when < to_local(ended).date():
            yield Finding(path=(*path, "by_when"), message="lies before the conference")


def _about_record(record: OutcomeRecord, path: Path) -> Iterator[Finding]:
    """What must be there is there, and every text can be used as it stands."""
    for key in REQUIRED[type(record)]:
        if getattr(record, key) is None:
            yield Finding(path=(*path, key), message="is required", absent_from=path)
    for field in fields(record):
        text = getattr(record, field.name)
        rule = _TEXT_RULES.get(field.name)
        if isinstance(text, str) and rule is not None and (trouble := rule(text)):
            yield Finding(path=(*path, field.name), message=trouble)


def _about_people(people: Sequence[str], conference: Conference, path: Path) -> Iterator[Finding]:
    for index, person in enumerate(people):
        yield from _about_known(person, conference.people, (*path, index), "person")
        if person in people[:index]:
            yield Finding(path=(*path, index), message="is named twice")


def _about_known(value: str | None, known: Collection[str], path: Path, what: str) -> Iterator[Finding]:
    if value is not None and value not in known:
        yield Finding(path=path, message=f"is no {what} of this conference; there are: {', '.join(known)}")


def _about_number(number: float, path: Path) -> Iterator[Finding]:
    if not (math.isfinite(number) and SCALE[0] <= number <= SCALE[1]):
        yield Finding(path=path, message=f"must be a number from {SCALE[0]} to {SCALE[1]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a rule says to an outcome, in the profile's own sentence."""

    rule: str
    says: str

    def as_json(self) -> dict[str, str]:
        """Returns the contract of `packs outcome --json`."""
        return {"rule": self.rule, "says": self.says}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the rules block and what they warn of, each sentence once, in the profile's order."""

    blocks: tuple[Said, ...] = ()
    warnings: tuple[Said, ...] = ()


def judged_by_rules(outcome: Outcome, case: Case) -> Judged:
    """Returns what the profile's acts at the places of the conference say; those of the plan where one is made.

    A rule for children with a plan only is not asked about another child.
    """
    booking = case.conference.booking
    on = to_local(case.conference.start_at).date()
    limits = _limits(outcome, case)
    about_all = facts_of_all(outcome, case.conference)
    found: dict[Verb, dict[Said, None]] = defaultdict(dict)
    for entry in case.profile.entries(booking.type, on):
        for child in outcome.children:
            if _is_not_for(entry, child):
                continue
            known = {**about_all, **facts_of_child(child, outcome, case.conference), **_past_limit(entry, outcome, limits)}
            places = (Place.CONFERENCE, Place.OUTCOME, *((Place.PLAN,) if child.decision.with_plan else ()))
            for place in places:
                for act in acts_at(entry.acts, place, known):
                    if act.says:
                        found[act.do].setdefault(Said(rule=entry.id, says=act.says))
    return Judged(blocks=tuple(found[Verb.BLOCK]), warnings=tuple(found[Verb.WARN]))


HOUSE = "HOUSE"
"""Stands for a rule's id in what the house itself says to an outcome, whatever the authority's rules are."""


def looked_at(outcome: Outcome, case: Case) -> tuple[Said, ...]:
    """Returns what a person should look at in an outcome although no rule speaks of it: it may be so, and may be a slip."""
    conference = case.conference
    away = conference.kept_away() | {person.id for person in conference.people.values() if person.include is False}
    said = []
    for what, at in (("core group", outcome.core_group_at), ("visit", outcome.visit_at), ("review", outcome.review_at)):
        if at is not None and not case.calendar.is_working_day(to_local(at).date()):
            said.append(f"The {what} is set for {spoken(at)}, a day when offices are closed.")
    if outcome.immediate_actions and not any(one.document == "immediate-actions" for one in case.profile.documents):
        said.append("No document of this authority carries the immediate actions: put what somebody is to do into the plan too.")
    said += [
        f"{one.person} took part, and is kept from attending by a recorded decision."
        for one in outcome.attendance
        if one.presence.took_part and one.person in away
    ]
    said += [
        f"{view.person} gives a view of {view.child}, and has no role for that child."
        for view in outcome.views
        if view.person in conference.people and view.child not in conference.people[view.person].children
    ]
    said += [
        f"{one} is in the core group of {child.child}, and is kept from the conference by a recorded decision."
        for child in outcome.children
        for one in child.core_group
        if one in away
    ]
    return tuple(Said(rule=HOUSE, says=sentence) for sentence in said)


def _is_not_for(entry: Rule | Statement, child: ChildOutcome) -> bool:
    """Source: domain.md A00.10."""
    return isinstance(entry, Rule) and entry.only_with_plan and not child.decision.with_plan


def facts_of_all(outcome: Outcome, conference: Conference) -> dict[str, Known]:
    """Returns the facts that an outcome tells of a whole conference; where it says nothing, those of the booking.

    What neither said is not in it.
    """
    asked = [person for person in conference.people.values() if person.asked_for_report]
    silent = [person for person in asked if not _has_spoken(person, conference)]
    presence = {one.person: one.presence for one in outcome.attendance}
    stayed_away = [
        person
        for person in conference.people.values()
        if not person.role.is_family and presence.get(person.id) in {Presence.APOLOGY, Presence.ABSENT}
    ]
    known: dict[str, Known] = {
        "core-group-date-set": outcome.core_group_at is not None,
        "visit-date-set": outcome.visit_at is not None,
        "review-date-set": outcome.review_at is not None,
        "views-complete": not _views_missing(outcome, conference),
        "call-has-outcome": not _calls_missing(outcome, conference),
        "report-missing": bool(silent),
        "key-agency-missing": any(not _took_part(presence.get(person.id)) for person in silent),
        "cannot-attend": bool(stayed_away),
        "information-sent": all(_has_spoken(person, conference) for person in stayed_away),
        "limit-reason-given": bool(outcome.late_because),
    }
    said = {
        "quorate": outcome.quorate,
        "safety-plan-made": outcome.safety_plan_made,
        "minute-taker": outcome.minute_taker,
        "virtual": outcome.virtual,
    }
    told = {fact: value for fact, value in said.items() if value is not None}
    return {**facts_of_booking(conference.booking), **known, **told}


def facts_of_booking(booking: Booking) -> dict[str, Known]:
    """Returns the facts of a booking that rules of the time after the conference ask for, as far as it tells them."""
    told: dict[str, Known] = {}
    if booking.service is not None:
        told["assessment-service"] = folded(booking.service).startswith("assessment")
    if booking.safety_plan_made is not None:
        told["safety-plan-made"] = booking.safety_plan_made
    if booking.minute_taker is not None:
        told["minute-taker"] = True
    return told


def facts_of_child(child: ChildOutcome, outcome: Outcome, conference: Conference) -> dict[str, Known]:
    """Returns the facts that an outcome tells of one child; a grade or rating that nobody gave is known to be none."""
    own = next((one for one in conference.booking.children if one.id == child.child), None)
    known: dict[str, Known] = {
        "plan-made": child.decision.with_plan,
        "grade": child.grade if child.grade is not None else False,
        "rag": child.rag.value if child.rag is not None else False,
        "reason-given": bool(child.reason),
        "action-complete": all(a.who and a.by_when and a.measure for a in outcome.actions if child.child in a.children),
    }
    if own is not None and own.born_on is not None:
        day = to_local(outcome.ended_at).date()
        known["child-age"] = years_old(own.born_on, day)
    return known


def _took_part(presence: Presence | None) -> bool:
    return presence is not None and presence.took_part


def _has_spoken(person: Person, conference: Conference) -> bool:
    """True for a report that stands filed, or the word that there is nothing to report."""
    return bool(conference.filed(person.id)) or person.id in conference.nil_returns


def _views_missing(outcome: Outcome, conference: Conference) -> bool:
    """True where an agency that took part gave no view with reasons for a child that it has to do with (POR-12)."""
    took_part = {one.person for one in outcome.attendance if one.presence.took_part}
    given = {(view.person, view.child) for view in outcome.views if view.rationale}
    agencies: dict[str, list[Person]] = defaultdict(list)
    for person in conference.people.values():
        if person.id in took_part and not person.role.is_family and person.role not in _GIVE_NO_VIEW:
            agencies[(person.agency or person.id).casefold()].append(person)
    return any(
        all((person.id, child.child) not in given for person in people)
        for people in agencies.values()
        for child in outcome.children
        if any(child.child in person.children for person in people)
    )


def _calls_missing(outcome: Outcome, conference: Conference) -> bool:
    """True where a parent, carer or young person was neither there nor has the outcome of a call recorded (BAD-8).

    Who is not to be included is told nothing, so no rule asks for a call to them (SWG-4).
    """
    told = {
        one.person
        for one in outcome.attendance
        if one.call or one.presence in {Presence.ATTENDED, Presence.EXCLUDED}
    }
    return any(
        p.role in _CALLED and p.include is not False and p.id not in told for p in conference.people.values()
    )


_LimitKey = tuple[str, str, str, str]


def _limits(outcome: Outcome, case: Case) -> Mapping[_LimitKey, Due]:
    """Returns the dues that are counted from the conference, by the rule they are of."""
    booking = case.conference.booked
    recorded = {Trigger.CONFERENCE_END: outcome.ended_at, Trigger.DECISION: outcome.decision_at}
    dues = conference_timetable(booking, case.profile, case.calendar, recorded=recorded)
    return {(one.rule, one.duty, one.trigger, one.unit): one for one in dues}


def _past_limit(entry: Rule | Statement, outcome: Outcome, limits: Mapping[_LimitKey, Due]) -> dict[str, Known]:
    """Returns whether the date that the rule speaks of lies after its due instant; nothing where none is set or meant.

    Where the source says two things, the later counts.
    """
    if not isinstance(entry, Rule):
        return {}
    limit = limits.get((entry.id, entry.duty, entry.trigger.value, entry.unit.value))
    dates = {
        "review-conference": outcome.review_at,
        "core-group": outcome.core_group_at,
        "first-visit": outcome.visit_at,
        "first-visit-prompt": outcome.visit_at,
        "end-of-discussions": outcome.ended_at,
    }
    at = next((at for duty, at in dates.items() if entry.settles(duty)), None)
    if limit is None or at is None:
        return {}
    return {"past-limit": at > (limit.breach_at or limit.due_at)}
