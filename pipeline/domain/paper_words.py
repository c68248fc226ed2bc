"""The words of a document after a conference: plain strings for its Word template, from its reader's part of the outcome.

A parent can read them. Nothing says "plan" of a child who has none but the sentence that there is none; what the outcome
leaves open is left out with its heading, never shown empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline.domain.calendar import day_in_full, in_full
from pipeline.domain.case import Case
from pipeline.domain.cover import capital, contact_words
from pipeline.domain.facts import Document
from pipeline.domain.outcome import ChildOutcome, Decision, Outcome, PlanAction, Presence
from pipeline.domain.pack import CopyPlan, conference_words
from pipeline.domain.papers import midpoint, part_of, respond_by
from pipeline.domain.people import ChildId, Person, PersonId, Role
from pipeline.domain.profile import Trigger
from pipeline.domain.timetable import Due, due

TEMPLATES = {
    Document.DECISION_NOTICE: "decision_notice",
    Document.OUTLINE_PLAN: "outline_plan",
    Document.IMMEDIATE_ACTIONS: "immediate_actions",
    Document.OUTCOME_FORM: "outcome_form",
    Document.ESCALATION: "escalation",
    Document.MIDPOINT_NOTICE: "midpoint_notice",
    Document.TIMETABLE: "timetable",
}

_STEPS = (
    ("core-group", Trigger.CORE_GROUP, "Next core group"),
    ("visit", Trigger.VISIT, "Next visit to"),
)
"""The duties that come again after each time, in the timetable's words."""
_MOST_STEPS = 30


def paper_values(
    case: Case, plan: CopyPlan, now: datetime, *, team: str, phone: str, duty_line: str
) -> dict[str, object]:
    """Returns the values of the document's template: strings, and lists of strings or of dicts."""
    conference, profile = case.conference, case.profile
    words, person = profile.authority_words, conference.people[plan.person]
    outcome = conference.outcome
    assert outcome is not None
    part = part_of(outcome, plan.document, plan.children)
    family, chair = person.role.is_family, conference.chair
    answer_by = respond_by(case, plan.document, now)
    kind, short = conference_words(conference.booking.type), words.get(conference.booking.type.value, "")
    middle = midpoint(case) if plan.document is Document.MIDPOINT_NOTICE else None
    rights = plan.document in {Document.DECISION_NOTICE, Document.OUTLINE_PLAN, Document.MINUTES}
    return {
        "title": _title(case, plan.document, part),
        "authority": team,
        "team": words.get("team", ""),
        "conference_type": kind if family or not short or short == kind else f"{kind} ({short})",
        "reference": conference.reference,
        "start": " and ".join(in_full(start) for start in conference.starts_of(person.id)),
        "mode": "",
        "prepared_for": person.name,
        "issue": str(plan.issue),
        "supersedes": f"This replaces issue {plan.supersedes}. Please use this one only." if plan.supersedes else "",
        "chair": chair.name if chair is not None else "",
        "chair_word": capital(words.get("chair", "chair")) if not family else "Chair",
        "contact": contact_words(case, team, phone),
        "duty": duty_line,
        "classification": "Confidential – do not forward",
        "intro": _intro(case, plan.document, part, family=family),
        "decided": f"Decided {in_full(part.decision_at)} by {part.decided_by}." if part.decided_by else "",
        "respond": (
            f"If you want to answer this decision, please tell us by the end of {day_in_full(answer_by)}."
            if answer_by is not None
            else ""
        ),
        "midpoint": f"It is to be held by {day_in_full(middle)}." if middle is not None else "",
        "complaint": _joined(profile.complaint_line, profile.complaint_link) if rights and family else "",
        "escalation": profile.escalation_line if rights and not family else "",
        "summary": part.summary,
        "family_views": part.family_views,
        "outcomes": [_child_row(case, part, child, plan.document) for child in part.children],
        "dates": _dates(case, part, plan.document),
        "immediate": list(part.immediate_actions),
        **_of_the_meeting(case, part),
    }


def _title(case: Case, document: Document, part: Outcome) -> str:
    match document:
        case Document.OUTLINE_PLAN:
            return capital(case.profile.authority_words.get("plan", "outline plan")) if part.with_plan else "What was decided"
        case Document.DECISION_NOTICE:
            return "What was decided"
        case Document.IMMEDIATE_ACTIONS:
            return "What happens now"
        case Document.OUTCOME_FORM:
            return "Outcome of the conference"
        case Document.ESCALATION:
            return "For your attention"
        case Document.MIDPOINT_NOTICE:
            return "Meeting half-way to the review"
        case Document.MINUTES:
            return "Minutes"
        case _:
            return "Dates to keep" if part.with_plan else "What was decided"


def _intro(case: Case, document: Document, part: Outcome, *, family: bool) -> str:
    names = _list(_name_of(case, child.child) for child in part.children)
    match document:
        case Document.DECISION_NOTICE:
            about = "This letter tells you" if family else "This notice tells you"
            return f"{about} what the conference decided about {names}, and why."
        case Document.OUTLINE_PLAN if part.with_plan:
            return f"This is what has been agreed to keep {_planned(case, part)} safe. A fuller record of the meeting comes later."
        case Document.IMMEDIATE_ACTIONS:
            return f"At the meeting about {names} these things were agreed for now."
        case Document.OUTCOME_FORM:
            return f"What was recorded of the conference about {names}."
        case Document.ESCALATION:
            return f"The grading given for {names} at the conference is low enough that it has to be brought to you."
        case Document.MIDPOINT_NOTICE:
            risk = f"The risk for {names} was rated high (RED)." if any(c.rag == "RED" for c in part.children) else ""
            return _joined(risk, "A meeting is held half-way to the review to look at what has changed.")
        case Document.MINUTES:
            return f"These are the minutes of the meeting about {names}."
        case Document.TIMETABLE if part.with_plan:
            return f"These are the meetings and visits for {_planned(case, part)} until the review."
        case _:
            return f"This is what the conference decided about {names}."


def _planned(case: Case, part: Outcome) -> str:
    return _list(_name_of(case, child.child) for child in part.children if child.decision.with_plan)


def _child_row(case: Case, part: Outcome, child: ChildOutcome, document: Document) -> dict[str, object]:
    name = _name_of(case, child.child)
    actions = [action for action in part.actions if child.child in action.children]
    planned = child.decision.with_plan
    row: dict[str, object] = {
        "name": name,
        "decision": _decision(child.decision, name),
        "category": f"Category: {child.category.value.replace('-', ' ')}." if child.category is not None else "",
        "reason": child.reason,
        "danger": child.danger_statement,
        "goal": child.safety_goal,
        "worries": child.worries,
        "strengths": child.strengths,
        "views": child.child_views,
        "contingency": child.contingency,
        "visits": child.visits if planned or document is Document.OUTCOME_FORM else "",
        "alone": child.seen_alone_by if planned or document is Document.OUTCOME_FORM else "",
        "core_group": _list(_who(case, one) for one in child.core_group) if planned else "",
        "grade": f"{child.grade:g} out of 10" if child.grade is not None else "",
        "rag": child.rag.value if child.rag is not None else "",
        "family_actions": [_action(one) for one in actions if one.by_family],
        "other_actions": [_action(one) for one in actions if not one.by_family],
    }
    row["family_heading"] = "What the family will do" if row["family_actions"] else ""
    row["other_heading"] = "What others will do" if row["other_actions"] else ""
    return row


def _decision(decision: Decision, name: str) -> str:
    match decision:
        case Decision.PLAN_MADE:
            return f"A child protection plan was made for {name}."
        case Decision.PLAN_CONTINUED:
            return f"The child protection plan for {name} continues."
        case Decision.PLAN_ENDED:
            return f"The child protection plan for {name} has ended."
        case Decision.NO_PLAN:
            return f"No child protection plan was made for {name}."
        case Decision.CHILD_IN_NEED:
            return f"{name} is to be helped as a child in need. There is no child protection plan."


def _action(action: PlanAction) -> dict[str, object]:
    by = f"by {day_in_full(action.by_when)}" if action.by_when is not None else ""
    rag = action.rag.value if action.rag is not None else ""
    return {
        "action": _joined(action.action, f"({rag})" if rag else ""),
        "why": _joined(_labelled("Aim", action.aim), _labelled("How we will know", action.measure)),
        "who": ", ".join(one for one in (action.who, by) if one) or "to be agreed",
    }


def _dates(case: Case, part: Outcome, document: Document) -> list[dict[str, str]]:
    """The dates set, and in the timetable also how late each later step may be; none where no child has a plan (A00.10)."""
    if not part.with_plan:
        return []
    review = "Review conference"
    found = [
        (at, what, in_full(at))
        for at, what in (
            (part.core_group_at, "First core group"),
            (part.visit_at, f"First visit to {_planned(case, part)}"),
            (part.review_at, review),
        )
        if at is not None
    ]
    if document is Document.TIMETABLE:
        found += _steps(case, part)
    return [{"what": what, "when": when} for _, what, when in sorted(found, key=lambda one: one[0])]


def _steps(case: Case, part: Outcome) -> list[tuple[datetime, str, str]]:
    called = {duty: what if duty != "visit" else f"{what} {_planned(case, part)}" for duty, _, what in _STEPS}
    return [
        (when.due_at, called[duty], f"by {day_in_full(when.hold_by) if when.hold_by is not None else in_full(when.due_at)}")
        for duty, when in later_steps(case, part)
    ]


def later_steps(case: Case, part: Outcome) -> list[tuple[str, Due]]:
    """Returns the later steps until the review, each as late as the authority lets it be, from the date set first.

    Each with its duty (`core-group`, `visit`), those of one duty together and soonest first.
    """
    first = {Trigger.CORE_GROUP: part.core_group_at, Trigger.VISIT: part.visit_at}
    found: list[tuple[str, Due]] = []
    for duty, trigger, _ in _STEPS:
        rules = case.profile.rules_for(duty, case.conference.booking.type, case.conference.start_at.date())
        rule, at = next((one for one in rules if one.trigger is trigger), None), first[trigger]
        if rule is None or at is None or part.review_at is None:
            continue
        for _ in range(_MOST_STEPS):
            when = due(rule, at, case.calendar)
            at = when.due_at
            if at >= part.review_at:
                break
            found.append((duty, when))
    return found


def _of_the_meeting(case: Case, part: Outcome) -> dict[str, object]:
    """What only the outcome form holds; everywhere else the part is empty and so are these."""
    answers = [
        ("Enough agencies took part", _answer(part.quorate)),
        ("What was done to reach others", part.quorum_efforts),
        ("Safety plan made before", _answer(part.safety_plan_made)),
        ("Minute taker", _answer(part.minute_taker)),
        ("Held by phone or video", _answer(part.virtual)),
    ]
    return {
        "answers": [{"what": what, "said": said} for what, said in answers if said],
        "attended": [
            {"who": _who(case, one.person), "how": _joined(_presence(one.presence), f"({one.call})" if one.call else "")}
            for one in part.attendance
        ],
        "opinions": [
            {
                "who": _who(case, view.person),
                "child": _name_of(case, view.child),
                "view": view.opinion.value.replace("-", " ") + (" (asked that dissent be recorded)" if view.dissents else ""),
                "reasons": view.rationale,
            }
            for view in part.views
        ],
        "scale": [
            {"who": _who(case, one.person), "child": _name_of(case, one.child), "number": f"{one.number:g}"}
            for one in part.scale
        ],
    }


def _presence(presence: Presence) -> str:
    return {
        Presence.ATTENDED: "took part",
        Presence.BY_PHONE: "by phone",
        Presence.APOLOGY: "sent apologies",
        Presence.ABSENT: "did not come",
        Presence.EXCLUDED: "excluded",
    }[presence]


def _answer(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _name_of(case: Case, child: ChildId) -> str:
    return next((one.name for one in case.conference.booking.children if one.id == child), child)


def _who(case: Case, person: PersonId) -> str:
    known: Person | None = case.conference.people.get(person)
    if known is None:
        return person
    return f"{known.name} ({known.agency or (known.role.words if known.role is not Role.CHAIR else 'chair')})"


def _joined(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text.rstrip('.')}." if text.strip() else ""


def _list(names: Iterable[str]) -> str:
    every = list(names)
    return " and ".join(part for part in (", ".join(every[:-1]), *every[-1:]) if part)
