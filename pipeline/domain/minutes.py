"""The skeleton of the minutes, for a person to edit: plain strings, from the booking, the reports' receipt and the outcome.

It holds every child's part and is for the chair and the minute taker alone. Confidential sections, and requests for one,
are no part of it: what of them stands in the minutes is the chair's decision, and the chair writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.acting import Place, Verb, acts_at
from pipeline.domain.calendar import day_in_full, in_full, to_local
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Verdict
from pipeline.domain.outcome import ChildOutcome, Outcome, PlanAction, Presence
from pipeline.domain.outcome_check import Said, facts_of_all
from pipeline.domain.pack import conference_words
from pipeline.domain.people import ChildId, Person, PersonId, Role
from pipeline.domain.protected import folded

TO_WRITE = "[To be written]"
MINUTES = "minutes"
"""The code of a held item that bears the mark of minutes."""

_REFERENCE = r"([A-Za-z0-9][A-Za-z0-9-]{2,39})"
_DRAFT = re.compile(rf"\bminutes\s+of\s+{_REFERENCE},\s+draft\b", re.IGNORECASE)
_FINAL = re.compile(
    rf"^[ \t]*minutes\s+of\s+(?=\S*\d){_REFERENCE}(?:,\s+(?:draft|final|approved))?[ \t.]*$", re.IGNORECASE | re.MULTILINE
)
"""The mark on a line of its own; whoever ends the draft takes that word out and leaves the rest."""
_PRESENT = {
    Presence.ATTENDED: "Attended",
    Presence.BY_PHONE: "Took part by phone",
    Presence.APOLOGY: "Apologies",
    Presence.ABSENT: "Invited, did not come",
    Presence.EXCLUDED: "Excluded",
}
_IN_TIME = {Verdict.ON_TIME: "in time", Verdict.LATE: "late"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the minutes: a heading and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


def mark_of(reference: str) -> str:
    """Returns the visible line that says of a file that it is the minutes of this conference."""
    return f"Minutes of {reference}, draft"


def bears_mark(pages: Sequence[str]) -> bool:
    """True where any page says of itself that it is minutes of a conference, drafted or done, of whatever conference."""
    return bool(marked(pages))


def says_draft(pages: Sequence[str]) -> bool:
    """True where any page still says that it is a draft."""
    return any(_DRAFT.search(page) for page in pages)


def marked(pages: Sequence[str]) -> frozenset[str]:
    """Returns the references, in capitals, of the conferences whose minutes these pages say that they are."""
    return frozenset(found.upper() for page in pages for mark in (_DRAFT, _FINAL) for found in mark.findall(page))


def headed(pages: Sequence[str]) -> frozenset[str]:
    """Returns the references of the marks that stand on a line of their own on the first page: where the draft has its mark."""
    return frozenset(found.upper() for page in pages[:1] for found in _FINAL.findall(page))


_OWN_HEADINGS = frozenset(
    folded(one)
    for one in (
        *("Who took part", "Reason for the conference", "Family's views", "Each agency's view, with its reasons", "Dissent"),
        "Chair's summary",
    )
)
"""Headings of the draft that no form of an agency's report has."""


def is_built_as_minutes(pages: Sequence[str]) -> bool:
    """True where three or more of the draft's own headings stand there: minutes, whatever became of their mark."""
    lines = {folded(line) for page in pages for line in page.splitlines()}
    return len(_OWN_HEADINGS & lines) >= 3


def forbidden(case: Case) -> tuple[Said, ...]:
    """Returns what the profile says against minutes of the outcome that stands; nothing where there is no outcome (POR-12)."""
    outcome, conference = case.conference.outcome, case.conference
    if outcome is None:
        return ()
    known = facts_of_all(outcome, conference)
    on = to_local(conference.start_at).date()
    found = {
        Said(rule=entry.id, says=act.says): None
        for entry in case.profile.entries(conference.booking.type, on)
        for act in acts_at(entry.acts, Place.MINUTES, known)
        if act.do is Verb.BLOCK
    }
    return tuple(found)


def minutes_values(case: Case, team: str, reason: str = "") -> dict[str, object]:
    """Returns the values of the template of the minutes; `reason` as in `skeleton`."""
    return {
        "classification": "Confidential – do not forward",
        "title": "Minutes",
        "authority": team,
        "team": case.profile.authority_words.get("team", ""),
        "conference_type": conference_words(case.conference.booking.type),
        "reference": case.conference.reference,
        "mark": mark_of(case.conference.reference),
        "parts": [
            {"heading": part.heading, "paragraphs": [{"text": line} for line in part.paragraphs]}
            for part in skeleton(case, reason)
        ],
    }


def skeleton(case: Case, reason: str = "") -> tuple[Part, ...]:
    """Returns the parts of the minutes of a conference with an outcome, in their order; what only a person can say is marked.

    `reason` is why the conference was held in the words of the social worker's report; empty where they were not found.
    """
    conference, outcome = case.conference, case.conference.outcome
    assert outcome is not None
    return (
        Part(
            heading=conference_words(conference.booking.type).capitalize(),
            paragraphs=tuple(_front(case, outcome)),
        ),
        Part(heading="Who took part", paragraphs=tuple(_presence(conference, outcome)) or (TO_WRITE,)),
        Part(heading="Reports", paragraphs=tuple(_reports(conference)) or ("No report was asked for.",)),
        Part(heading="Reason for the conference", paragraphs=(_reason(reason),)),
        *(part for child in outcome.children for part in _of_child(conference, outcome, child)),
        Part(heading="Family's views", paragraphs=(outcome.family_views or TO_WRITE,)),
        Part(heading="Each agency's view, with its reasons", paragraphs=tuple(_views(conference, outcome)) or (TO_WRITE,)),
        Part(heading="Dissent", paragraphs=tuple(_dissent(conference, outcome)) or ("Nobody asked that dissent be recorded.",)),
        Part(heading="Chair's summary", paragraphs=(outcome.summary or TO_WRITE,)),
        *([Part(heading="Immediate actions", paragraphs=outcome.immediate_actions)] if outcome.immediate_actions else []),
        Part(heading="Plan", paragraphs=tuple(_plan(conference, outcome)) or ("There is no child protection plan.",)),
        Part(heading="Dates", paragraphs=tuple(_dates(conference, outcome)) or ("No dates were set.",)),
    )


def _front(case: Case, outcome: Outcome) -> Iterator[str]:
    conference = case.conference
    yield f"Held on {in_full(conference.start_at)}; ended {in_full(outcome.ended_at)}."
    for child in conference.booking.children:
        born = f", born {day_in_full(child.born_on)}" if child.born_on is not None else ", not yet born when booked"
        yield f"Child: {child.name}{born}"
    yield f"Decided by: {outcome.decided_by}"
    if said := _standard_statements(case, outcome):
        yield from said
        return
    if outcome.virtual:
        yield "The conference was held by phone or video, not face to face."
    if outcome.minute_taker is False:
        yield "No minute taker took part. These are the chair's own notes and are not a word-for-word record."


def _reason(reported: str) -> str:
    return f"From the social worker's report: {reported}" if reported else f"{TO_WRITE} From the social worker's report."


def _standard_statements(case: Case, outcome: Outcome) -> tuple[str, ...]:
    """Returns what the authority has minutes say of themselves, in its words, where all that it asks for is known (NCC-14)."""
    known = facts_of_all(outcome, case.conference)
    on = to_local(case.conference.start_at).date()
    acts = [
        act
        for entry in case.profile.entries(case.conference.booking.type, on)
        for act in acts_at(entry.acts, Place.MINUTES, known)
        if act.do is Verb.GEN and act.says and all(condition.fact in known for condition in act.when)
    ]
    return tuple(dict.fromkeys(act.says for act in acts))


def _presence(conference: Conference, outcome: Outcome) -> Iterator[str]:
    said = {one.person: one for one in outcome.attendance}
    for person in conference.people.values():
        one = said.get(person.id)
        if one is not None:
            yield f"{_PRESENT[one.presence]}: {_who(conference, person.id)}{f' ({one.call})' if one.call else ''}"
        elif person.include is not False:
            yield f"Invited: {_who(conference, person.id)} {TO_WRITE}"


def _reports(conference: Conference) -> Iterator[str]:
    for person in conference.people.values():
        if not person.asked_for_report:
            continue
        versions = conference.versions(person.id)
        who = _who(conference, person.id)
        if not versions:
            nothing = person.id in conference.nil_returns
            yield f"{who}: {'nothing to report' if nothing else 'no report was received'}"
            continue
        came = max(versions[-1], key=lambda report: report.received_at)
        verdict = _IN_TIME.get(came.judged.verdict, "") if came.judged is not None else ""
        yield f"{who}: received {in_full(came.received_at)}{f', {verdict}' if verdict else ''}"


def _of_child(conference: Conference, outcome: Outcome, child: ChildOutcome) -> Iterator[Part]:
    name = next((one.name for one in conference.booking.children if one.id == child.child), child.child)
    category = f" Category: {child.category.value.replace('-', ' ')}." if child.category is not None else ""
    for heading, text in (
        ("Danger statement", child.danger_statement),
        ("What we are worried about", child.worries),
        ("What is working well", child.strengths),
        ("Child's views", child.child_views),
    ):
        yield Part(heading=f"{name}: {heading}", paragraphs=(text or TO_WRITE,))
    numbers = tuple(
        f"{_who(conference, one.person)}: {one.number:g}" for one in outcome.scale if one.child == child.child
    )
    if numbers:
        yield Part(heading=f"{name}: Safety scale, 0 (most worried) to 10", paragraphs=numbers)
    yield Part(
        heading=f"{name}: Decision",
        paragraphs=(f"{child.decision.value.replace('-', ' ').capitalize()}.{category}", child.reason or TO_WRITE),
    )


def _views(conference: Conference, outcome: Outcome) -> Iterator[str]:
    names = {child.id: child.name for child in conference.booking.children}
    for view in outcome.views:
        opinion = view.opinion.value.replace("-", " ")
        yield f"{_who(conference, view.person)}, for {names.get(view.child, view.child)}: {opinion}. {view.rationale or TO_WRITE}"


def _dissent(conference: Conference, outcome: Outcome) -> Iterator[str]:
    names = {child.id: child.name for child in conference.booking.children}
    for view in outcome.views:
        if view.dissents:
            yield f"{_who(conference, view.person)} dissents, for {names.get(view.child, view.child)}."


def _plan(conference: Conference, outcome: Outcome) -> Iterator[str]:
    if not outcome.with_plan:
        return
    names = {child.id: child.name for child in conference.booking.children}
    for heading, by_family in (("Family", True), ("Others", False)):
        for action in outcome.actions:
            if action.by_family is by_family:
                yield f"{heading}: {_action(action, names)}"


def _action(action: PlanAction, names: Mapping[ChildId, str]) -> str:
    for_whom = ", ".join(names.get(child, child) for child in action.children)
    by_when = f"by {day_in_full(action.by_when)}" if action.by_when is not None else ""
    more = "; ".join(one for one in (f"for {for_whom}", action.who, by_when, action.measure) if one)
    return f"{action.action.rstrip('.')} ({more})."


def _dates(conference: Conference, outcome: Outcome) -> Iterator[str]:
    names = {child.id: child.name for child in conference.booking.children}
    planned = ", ".join(names.get(one.child, one.child) for one in outcome.children if one.decision.with_plan)
    for what, at in (
        ("First core group", outcome.core_group_at),
        (f"First visit to {planned}", outcome.visit_at),
        ("Review conference", outcome.review_at),
    ):
        if at is not None and outcome.with_plan:
            yield f"{what}: {in_full(at)}"


def _who(conference: Conference, person: PersonId) -> str:
    known: Person | None = conference.people.get(person)
    if known is None:
        return person
    return f"{known.name} ({known.agency or (known.role.words if known.role is not Role.CHAIR else 'chair')})"
