"""Orders around invitations: whose calendar file and whose report form may be written."""

from __future__ import annotations

from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.entitlement import kept
from pipeline.domain.facts import Document
from pipeline.domain.people import Person, PersonId
from pipeline.errors import NotFoundError, RefusedError


def case_for_diary(reference: str, person: str | None, desk: Desk) -> tuple[Case, Person | None]:
    """Returns the case, and the person where one is named.

    Raises:
        NotFoundError: there is no such conference or person.
        RefusedError: the person is not to come, or sits in no session of a split conference and was told of none.
    """
    case = desk.casebook.case(reference)
    if person is None:
        return case, None
    who = _person(case, person)
    if why := kept(case, who.id, Document.INVITATION):
        raise RefusedError(f"{person} is not to come to {reference}: {why}. Nothing was written.")
    if case.conference.sits_nowhere(who) and not case.conference.starts_told(who.id):
        raise RefusedError(
            f"{reference} is split, and nobody has said in which session {person} sits: `packs session`. Nothing was written."
        )
    return case, who


def case_for_form(reference: str, person: str, desk: Desk) -> tuple[Case, Person]:
    """Returns the case and the person whose report form may be written.

    Raises:
        NotFoundError: there is no such conference or person.
        RefusedError: it is cancelled, or this person is not asked for a report.
    """
    case = desk.casebook.case(reference)
    who = _person(case, person)
    if case.conference.cancelled is not None:
        raise RefusedError(f"{reference} is cancelled; no report is asked for. Nothing was written.")
    if who.id not in case.conference.asked_at or who.role.is_family:
        raise RefusedError(
            f"{person} is not asked for a report. Nothing was written; ask with `packs person change {reference} {person}"
            " --asked-for-report yes`."
        )
    return case, who


def _person(case: Case, person: str) -> Person:
    who = case.conference.people.get(PersonId(person))
    if who is None:
        raise NotFoundError(f"There is no person {person!r} in {case.conference.reference}. Nothing was written.")
    return who
