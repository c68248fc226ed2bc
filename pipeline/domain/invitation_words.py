"""The words of an invitation: plain strings for its Word template, of what its reader may know and nothing else.

Nobody else who is invited stands in it but the chair, and no address but the team's own. A parent, and a young person, can
read theirs.
"""

from __future__ import annotations

from datetime import datetime

from pipeline.domain.calendar import END_OF_DAY, day_in_full, in_full, to_local
from pipeline.domain.case import Case
from pipeline.domain.completeness import required_parts
from pipeline.domain.cover import capital, contact_words, mode_words
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Document
from pipeline.domain.headings import Part
from pipeline.domain.invitations import (
    call_at,
    report_is_due,
    section_is_due,
    standing_paragraphs,
)
from pipeline.domain.pack import CopyPlan, conference_words, send_at
from pipeline.domain.people import Person, Role
from pipeline.domain.protected import folded


def invitation_template(person: Person) -> str:
    """Returns the name of the Word template for this reader."""
    if person.role is Role.YOUNG_PERSON:
        return "invitation_young_person"
    return "invitation_family" if person.role.is_family else "invitation_professional"


def invitation_values(
    case: Case, plan: CopyPlan, *, team: str, phone: str, duty_line: str, mailbox: str
) -> dict[str, object]:
    """Returns the values of the invitation's template; `mailbox` is the team's own address, to which reports are sent."""
    conference, profile = case.conference, case.profile
    words, person = profile.authority_words, conference.people[plan.person]
    family = person.role.is_family
    kind, short = conference_words(conference.booking.type), words.get(conference.booking.type.value, "")
    return {
        "title": _title(person, [child.name for child in conference.booking.children if child.id in plan.children]),
        "authority": team,
        "team": words.get("team", ""),
        "conference_type": kind if family or not short or short == kind else f"{kind} ({short})",
        "reference": conference.reference,
        "start": " and ".join(in_full(start) for start in conference.starts_of(person.id)),
        "mode": mode_words(conference),
        "prepared_for": person.name,
        "issue": str(plan.issue),
        "supersedes": f"This replaces what we sent before (issue {plan.supersedes}). Please use this one only."
        if plan.supersedes
        else "",
        "chair": _chair(case, family=family),
        "chair_word": words.get("chair", "chair"),
        "chair_label": "Chair" if family else capital(words.get("chair", "chair")),
        "children": [child.name for child in conference.booking.children if child.id in plan.children],
        "contact": contact_words(case, team, phone),
        "duty": duty_line,
        "classification": "Confidential – do not forward",
        "intro": _intro(case, person, plan),
        "standing": list(standing_paragraphs(case, person)),
        "complaint": " ".join(one for one in (profile.complaint_line, profile.complaint_link) if one) if family else "",
        "escalation": "",
        **(_of_family(case, person) if family else _of_agency(case, person, mailbox)),
    }


def _chair(case: Case, *, family: bool) -> str:
    """The chair's name; to family, who read "chair", with what the authority calls them: they will hear that word."""
    chair, word = case.conference.chair, case.profile.authority_words.get("chair", "chair")
    if chair is None:
        return ""
    return f"{chair.name}, {word}" if family and "chair" not in word.lower() else chair.name


def by_words(at: datetime) -> str:
    """Returns a limit in words: "by Saturday 28 November 2026 at 09:30", "by the end of Friday 27 November 2026"."""
    local = to_local(at)
    return f"by the end of {day_in_full(local.date())}" if local.time() == END_OF_DAY else f"by {in_full(at)}"


def due_words(case: Case, person: Person) -> str:
    """Returns when the report of somebody asked for one is due, in words; empty where none is asked of them."""
    asked_at = case.conference.asked_at.get(person.id)
    if asked_at is None:
        return ""
    when = report_is_due(case, person)
    if when is None:
        return f"We need your report before the conference begins, {by_words(case.conference.starts_of(person.id)[0])}."
    if asked_at > when.due_at:
        return f"We need your report as soon as you can send it. Reports were due {by_words(when.due_at)}."
    office = when.office_due
    last = "" if office is None or office == when.due_at else f" The last office hour before that is {in_full(office)}."
    return f"We need your report {by_words(when.due_at)}.{last}"


def _title(person: Person, children: list[str]) -> str:
    if person.role is Role.YOUNG_PERSON and folded(person.name) in {folded(name) for name in children}:
        return "A meeting about you"
    return "You are invited to a meeting" if person.role.is_family else "Invitation to a conference"


def _intro(case: Case, person: Person, plan: CopyPlan) -> str:
    children = [child.name for child in case.conference.booking.children if child.id in plan.children]
    if person.role is Role.YOUNG_PERSON:
        others = [name for name in children if folded(name) != folded(person.name)]
        about = ["you"] if len(others) < len(children) else []
        return f"There is going to be a meeting about {_list([*about, *others])}. You are invited."
    if person.role.is_family:
        return f"We would like you to take part in a meeting about {_list(children)}."
    asked = person.id in case.conference.asked_at
    because = "your agency is asked to report on" if asked else "your work has to do with"
    return (
        f"You are invited because {because} {_list(children)}. At the conference each agency and the family say what they know, "
        "so that it can be decided whether a plan is needed to keep a child safe, and what has to be in it."
    )


def _of_agency(case: Case, person: Person, mailbox: str) -> dict[str, object]:
    reference, section = case.conference.reference, section_is_due(case)
    asked = person.id in case.conference.asked_at
    return {
        "report_due": due_words(case, person),
        "send_to": f"Send it to {mailbox} as a Word document or PDF, with the reference {reference} in the subject."
        if asked
        else "",
        "must_say": [Part(part).words for part in required_parts(case, person)] if asked else [],
        "section": f"Put nothing of it into a report. Ask us {by_words(section.due_at)} for a confidential section, by e-mail with"
        " the reference in the subject, or ring us. The chair decides whether and how it is shared."
        if section is not None and person.role is not Role.ADVOCATE
        else "",
        "interpreter": "",
        "call": "",
        "reports": "",
    }


def _of_family(case: Case, person: Person) -> dict[str, object]:
    call = call_at(case, person)
    young = person.role is Role.YOUNG_PERSON
    given = entitlement(case, person.id, Document.PACK).document and not young
    return {
        "call": f"The chair rings you on {in_full(call)}. Please keep your phone beside you." if call is not None else "",
        "interpreter": f"We arrange an interpreter for you ({person.interpreter}). Tell your social worker if this is not right."
        if person.interpreter
        else "If you need an interpreter, or something in another form, tell your social worker now.",
        "reports": f"We send you the reports that you may have {by_words(send_at(case, person))}, in the way you agreed with us."
        if given
        else "Ask your social worker what the reports say and when you can read those that you may have.",
        "report_due": "",
        "send_to": "",
        "must_say": [],
        "section": "",
    }


def _list(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
