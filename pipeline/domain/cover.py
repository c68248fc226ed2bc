"""The words around the reports of a copy: plain strings for the Word template, cut to what its reader may see."""

from __future__ import annotations

from datetime import datetime

from pipeline.domain.calendar import spoken
from pipeline.domain.case import Case
from pipeline.domain.completeness import lacking_words, missing_parts
from pipeline.domain.conference import Conference
from pipeline.domain.confidential import Confidential, chair_notes
from pipeline.domain.facts import Document, Verdict
from pipeline.domain.judgement import due_of
from pipeline.domain.pack import CopyPlan, conference_words
from pipeline.domain.people import Person, PersonId, Role
from pipeline.domain.protected import folded
from pipeline.domain.records import Report


def cover_values(
    case: Case, plan: CopyPlan, now: datetime, *, team: str, phone: str, duty_line: str,
    confidential: Confidential | None = None,
) -> dict[str, object]:
    """Returns the values of the cover's template: strings, and lists of dicts of strings.

    Only a person from whom nothing is withheld gets the lists of received, late and awaited reports, and of who is
    invited; every other copy lists only what is in it. `confidential` is for the chair's copy alone.
    """
    conference, words = case.conference, case.profile.authority_words
    person = conference.people[plan.person]
    chair = conference.chair
    family = person.role.is_family
    comes = person.id not in conference.kept_away()
    supplement = plan.document is Document.SUPPLEMENT
    values: dict[str, object] = {
        "title": "Further papers" if supplement else _title(family=family, comes=comes),
        "authority": team,
        "team": words.get("team", ""),
        "conference_type": conference_words(conference.booking.type),
        "reference": conference.reference,
        "start": starts_words(conference, person.id) if comes else "",
        "mode": mode_words(conference) if comes else "",
        "prepared_for": person.name,
        "issue": str(plan.issue),
        "supersedes": "",  # what was replaced before it left reached nobody, so there is nothing to tell
        "chair": chair.name if chair is not None else "",
        "chair_label": "Chair" if family else capital(words.get("chair", "chair")),
        "contact": contact_words(case, team, phone),
        "duty": duty_line,
        "classification": "Confidential – do not forward",
        "invitees": _invitees(case, person) if plan.whole and not family else [],
        "reports_table": _received(case) if plan.whole else [],
        "awaited": _awaited(case, person, now) if plan.whole else [],
        "notes": _notes(case, plan, confidential or Confidential()),
        "children": [],
    }
    return values


def _title(*, family: bool, comes: bool) -> str:
    """Whoever is kept from attending may have the papers all the same, and no word of when the conference is (SWG-8)."""
    if not family:
        return "Conference papers"
    return "Papers for your meeting" if comes else "Papers for you"


def capital(word: str) -> str:
    """Returns the word with a capital at its beginning, and nothing else changed."""
    return word[:1].upper() + word[1:]


def contact_words(case: Case, team: str, office_phone: str) -> str:
    """Returns whom to ask, and the number to ring; where it is the social worker's, that is said."""
    number = number_to_ring(case, office_phone)
    whose = "the social worker: " if number and not office_phone and number != case.profile.duty_phone else ""
    return " · ".join(part for part in (team, f"{whose}{number}") if part)


def number_to_ring(case: Case, office_phone: str) -> str:
    """Returns the number that a reader rings who needs help: the office's, else the social worker's, else the duty number.

    Empty where the installation has named none and the booking holds none; never one that is protected from anybody.

    Source: domain.md A00.16.
    """
    kept = {_digits(detail.detail) for detail in case.conference.protected}
    workers = (p.phone for p in case.conference.people.values() if p.role is Role.SOCIAL_WORKER and p.phone)
    return office_phone or next((n for n in workers if _digits(n) not in kept), "") or case.profile.duty_phone


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def starts_words(conference: Conference, person: PersonId) -> str:
    """Returns when the conference begins for the person, in words; each of their own sessions and no other is told."""
    return " and ".join(spoken(start) for start in conference.starts_of(person))


def mode_words(conference: Conference) -> str:
    """Returns how the conference is held; that it is split is for nobody to read who sits in one part (domain.md C4)."""
    mode = conference.booking.mode or ""
    return "" if conference.is_split and "split" in folded(mode).split() else mode


def _invitees(case: Case, reader: Person) -> list[dict[str, str]]:
    """Returns who is invited; to whoever sits in a part of a split conference, who sits there too."""
    return [
        {"name": p.name, "role": p.role.words, "agency": p.agency or ""}
        for p in case.conference.people.values()
        if p.include is not False and (reader.role is Role.CHAIR or case.conference.meets(reader.id, p.id))
    ]


def _owner(person: Person) -> str:
    return person.agency or person.role.words


def verdict_words(report: Report) -> str:
    """Returns the verdict in a few words."""
    judged = report.judged
    if judged is None:
        return ""
    match judged.verdict:
        case Verdict.ON_TIME:
            return "in time" + (" (seen late by us)" if judged.our_outage else "")
        case Verdict.LATE:
            return f"late by {late_words(judged.late_by_seconds)}"
        case Verdict.NO_RULE:
            return "received"
        case Verdict.ASKED_AFTER_DUE:
            return "received (asked for late)"


def late_words(seconds: int) -> str:
    """Returns a lateness in its two largest units."""
    parts = []
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "0 seconds"


def _received(case: Case) -> list[dict[str, str]]:
    return [
        {
            "report": capital(case.conference.people[report.filed.person].role.words),
            "agency": case.conference.people[report.filed.person].agency or "",
            "received": spoken(report.received_at),
            "verdict": verdict_words(report),
        }
        for report in case.conference.latest()
    ]


def _awaited(case: Case, reader: Person, now: datetime) -> list[dict[str, str]]:
    rows = []
    for person in case.conference.people.values():
        if person.id not in case.conference.asked_at or case.conference.filed(person.id):
            continue
        if reader.role is not Role.CHAIR and not case.conference.meets(reader.id, person.id):
            continue
        when = due_of(case.conference, case.profile, case.calendar, person)
        nil = person.id in case.conference.nil_returns
        state = "nothing to report" if nil else "missing" if when is not None and now > when.due_at else "awaited"
        rows.append(
            {
                "report": f"{capital(person.role.words)} ({state})",
                "agency": person.agency or "",
                "due": spoken(when.due_at) if when is not None else "",
            }
        )
    return rows


def _notes(case: Case, plan: CopyPlan, confidential: Confidential) -> list[str]:
    person = case.conference.people[plan.person]
    if person.role is not Role.CHAIR:
        return []
    notes = [
        f"{_owner(case.conference.people[r.filed.person])}: {verdict_words(r)}."
        for r in case.conference.latest()
        if r.item in plan.items and r.judged is not None and r.judged.verdict is Verdict.LATE
    ]
    notes.extend(
        f"{_owner(author)}: incomplete, without {lacking_words(missing)}."
        for author in case.conference.people.values()
        if (missing := missing_parts(case, author.id))
        and any(report.item in plan.items for report in case.conference.versions(author.id)[-1])
    )
    notes.extend(chair_notes(case, confidential))
    for owner, (apology, _) in case.conference.apologies.items():
        notes.append(f"{_owner(case.conference.people[owner])} cannot take part: {apology.because}")
    return notes
