"""Requests for a confidential section, and the chair's decision on them. That one exists is itself restricted.

They lie in a stream of their own, which no other fold, list or view reads: only `packs confidential` and the chair's cover.
Who may have a filed section is still said by need-to-know alone; a decision tells it by allowing named people.

Source: domain.md POR-5 to POR-7, A00.7, C10.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain import facts as f
from pipeline.domain.acting import Known, Place, Verb, acts_at
from pipeline.domain.addresses import AddressState
from pipeline.domain.calendar import utc_text
from pipeline.domain.case import Case
from pipeline.domain.facts import Verdict
from pipeline.domain.judgement import Measured, measure, report_due
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.records import Report
from pipeline.domain.timetable import Due

DUTY = "confidential-section"
UNDECIDED = "The chair has not decided whether and how this is passed on; until then it is for the chair alone."
RING = "Ring the chair now; do not wait for an e-mail."


@dataclass(slots=True, kw_only=True)
class Confidential:
    """What is asked and decided in one conference, oldest first; a later decision on the same subject replaces the earlier."""

    head: int = 0
    asked: dict[str, f.ConfidentialAsked] = field(default_factory=dict)
    decided: dict[str, list[tuple[f.ConfidentialDecided, datetime]]] = field(default_factory=dict)

    def decision(self, subject: str) -> f.ConfidentialDecided | None:
        """Returns the decision that stands on a request or a filed section, or None."""
        return self.decided[subject][-1][0] if self.decided.get(subject) else None


def fold_confidential(recorded: Sequence[f.Recorded]) -> Confidential:
    """Returns what the facts of a confidential stream leave; empty where there are none."""
    made = Confidential()
    for entry in recorded:
        made.head = entry.seq
        match entry.fact:
            case f.ConfidentialAsked() as fact:
                made.asked[fact.request] = fact
            case f.ConfidentialDecided() as fact:
                made.decided.setdefault(fact.subject, []).append((fact, entry.at))
            case _:
                pass
    return made


def judged(case: Case, at: datetime) -> tuple[Measured, Due | None]:
    """Returns whether a request that came at `at` (UTC) is in time as things stand now, and the rule's due instant."""
    when = report_due(case.conference, case.profile, case.calendar, DUTY)
    measured = measure(
        received_at=at, earliest_at=None, asked_at=None, due_at=when.due_at if when is not None else None
    )
    return measured, when


def sections_of(case: Case, known: Confidential, subject: str) -> list[Report]:
    """Returns the filed sections that a request or an item's id speaks of: the item, or all of the person who asked."""
    filed = [r for r in case.conference.filed() if r.filed.content is f.Content.CONFIDENTIAL_SECTION]
    asked = known.asked.get(subject)
    return [r for r in filed if r.item == subject or (asked is not None and r.filed.person == asked.person)]


def warnings(case: Case, *, late: bool, decided: bool, slot_at: datetime | None = None) -> list[str]:
    """Returns what the authority's rules say to people about a request, and about its slot in the conference."""
    facts: dict[str, Known] = {"late": late, "chair-decided": decided, "to-chair": False}
    joins: dict[str, Known] = {"slot-after-family-joins": slot_at is not None and slot_at >= case.conference.start_at}
    said = (*_says(case, Place.CONFIDENTIAL_SECTION, facts), *_says(case, Place.CONFERENCE, joins))
    return list(dict.fromkeys(said if decided or any(said) else (UNDECIDED,)))


def _says(case: Case, place: Place, known: dict[str, Known]) -> Iterable[str]:
    relevant = set(known)
    for one in case.profile.entries(case.conference.booking.type, case.conference.start_at.date()):
        for act in acts_at(one.acts, place, known):
            if act.do in (Verb.BLOCK, Verb.WARN) and relevant & {c.fact for c in act.when}:
                yield act.says


def to_do_now(case: Case, *, late: bool, decided: bool, now: datetime) -> str | None:
    """Returns the immediate phone task (A00.7): a late request, or a chair without a confirmed address; None once decided."""
    chair = case.conference.chair
    reachable = chair is not None and case.standing(chair.id).state(now) is AddressState.CONFIRMED
    return RING if not decided and (late or not reachable) else None


def confidential_view(case: Case, known: Confidential, now: datetime) -> list[dict[str, object]]:
    """Returns one row per request, and per filed section of somebody who made none, oldest first."""
    rows = [_row(case, known, now, request, asked.person, asked.at, asked) for request, asked in known.asked.items()]
    asked_by = {asked.person for asked in known.asked.values()}
    for report in case.conference.filed():
        if report.filed.content is f.Content.CONFIDENTIAL_SECTION and report.filed.person not in asked_by:
            rows.append(_row(case, known, now, report.item, report.filed.person, report.received_at, None))
    return rows


def _row(
    case: Case,
    known: Confidential,
    now: datetime,
    subject: str,
    person: PersonId,
    at: datetime,
    asked: f.ConfidentialAsked | None,
) -> dict[str, object]:
    measured, when = judged(case, at)
    late = measured.verdict is Verdict.LATE
    sections = sections_of(case, known, subject)
    decision = known.decision(subject) or next((d for s in sections if (d := known.decision(s.item))), None)
    done = decision is not None
    return {
        "request": subject,
        "person": person,
        "received_at": utc_text(at),
        "due_at": utc_text(when.due_at) if when is not None else None,
        "rule": when.rule if when is not None else None,
        "verdict": measured.verdict.value,
        "late_by_seconds": measured.late_by_seconds,
        "verdict_when_recorded": asked.verdict.value if asked is not None else None,
        "wish": asked.wish.value if asked is not None else None,
        "ground": asked.ground if asked is not None else None,
        "kept_from": list(asked.kept_from) if asked is not None else [],
        "sections": [report.item for report in sections],
        "state": "decided" if done else "undecided",
        "decision": _decision(decision),
        "do_now": to_do_now(case, late=late, decided=done, now=now),
        "warnings": warnings(case, late=late and not done, decided=done, slot_at=decision.slot_at if decision else None),
    }


def _decision(decision: f.ConfidentialDecided | None) -> dict[str, object] | None:
    if decision is None:
        return None
    return {
        "decided_by": decision.decided_by,
        "how": decision.how,
        "to": list(decision.to),
        "because": decision.because,
        "minutes": decision.minutes.value,
        "slot_at": utc_text(decision.slot_at) if decision.slot_at is not None else None,
    }


def chair_notes(case: Case, known: Confidential) -> list[str]:
    """Returns the lines about requests for the cover of the chair's own copy; never for anybody else's."""
    notes = []
    for request, asked in known.asked.items():
        person = case.conference.people.get(asked.person)
        who = (person.agency or person.role.words) if person is not None else "somebody"
        late = judged(case, asked.at)[0].verdict is Verdict.LATE
        decided = "decided" if known.decision(request) is not None else "for you to decide"
        notes.append(f"{who}: confidential request ({asked.wish.value}{', late' if late else ''}), {decided}.")
    return notes


def minutes_of(known: Confidential, subject: str) -> f.InMinutes:
    """Returns how the minutes treat a request or section: nothing of it until the chair decided otherwise."""
    decision = known.decision(subject)
    return decision.minutes if decision is not None else f.InMinutes.NONE


def next_request(known: Confidential) -> str:
    """Returns the id of the next request: q1, then q2, and so on."""
    return f"q{len(known.asked) + 1}"


def allowed_before(known: Confidential, subject: str, items: Iterable[ItemId]) -> set[PersonId]:
    """Returns whom earlier decisions on this subject, or on its sections, let have it in writing."""
    decisions = (known.decision(one) for one in (subject, *items))
    return {person for decision in decisions if decision is not None for person in decision.to}
