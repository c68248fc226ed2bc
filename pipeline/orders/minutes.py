"""Orders about the minutes of a conference."""

from __future__ import annotations

from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.minutes import forbidden
from pipeline.errors import RefusedError, RulesBlockError


def case_for_minutes(reference: str, desk: Desk) -> Case:
    """Returns the case of a conference whose minutes may be drafted now.

    Raises:
        NotFoundError: there is no such conference.
        RefusedError: it is cancelled, or has no outcome.
        RulesBlockError: a rule of its profile forbids minutes of the outcome that stands.
    """
    case = desk.casebook.case(reference)
    if case.conference.cancelled is not None:
        raise RefusedError(f"{reference} is cancelled, so it has no minutes. Nothing was changed.")
    if case.conference.outcome is None:
        raise RefusedError(
            f"{reference} has no outcome yet, and minutes are written from it. Nothing was changed; record it with"
            " `packs outcome`."
        )
    if said := forbidden(case):
        sentences = " ".join(f"{one.rule}: {one.says}" for one in said)
        raise RulesBlockError(
            f"The minutes of {reference} cannot be drafted; nothing was written. {sentences} Record the outcome anew with what"
            " is missing: `packs outcome REF FILE --because TEXT`."
        )
    return case
