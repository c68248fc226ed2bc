"""Inspect: a finished copy is opened again by other eyes than the writer's, and proved page by page."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.entitlement import details_kept_from, readers_at
from pipeline.domain.facts import OF_REPORTS, Section
from pipeline.domain.pack import CopyPlan
from pipeline.domain.people import DetailId, DetailKind, ProtectedDetail
from pipeline.domain.proof import Expected, NotProved, Proved, Seen, prove
from pipeline.errors import UnreadableFileError


def inspect(
    case: Case, plan: CopyPlan, sealed: bytes, pages: int, sections: Sequence[Section], passphrase: str, desk: Desk
) -> Proved | NotProved:
    """Returns whether the sealed copy is what the plan says, for this person, and nothing else."""
    person = case.conference.people[plan.person]
    try:
        seen = desk.prover.examine(sealed, passphrase)
    except UnreadableFileError:
        return NotProved(code="proof.unreadable", why="the finished copy does not open with its passphrase")
    expected = Expected(
        stamp_name=person.name,
        reference=case.conference.reference,
        issue=plan.issue,
        pages=pages,
        sections=sections,
        sources={item: case.conference.reports[item].filed.fingerprints for item in plan.items},
        kept_from_reader=_kept_from_readers(case, plan),
    )
    return prove(
        expected,
        [Seen(text=page.text, fingerprint=page.fingerprint) for page in seen.pages],
        [title for title, _ in seen.outline],
        seen.metadata,
        encrypted=seen.encrypted,
    )


def _kept_from_readers(case: Case, plan: CopyPlan) -> list[ProtectedDetail]:
    """Returns what must be on no page: what is kept from its reader.

    For a document written from the outcome also what is kept from whoever else reads its address, and the names of the
    children that its reader has no role for.
    """
    if plan.document in OF_REPORTS:
        return details_kept_from(case, plan.person)
    kept = {
        detail.id: detail
        for reader in readers_at(case, plan.person, plan.document)
        for detail in details_kept_from(case, reader)
    }
    told = set(plan.children) | set(case.conference.people[plan.person].children)
    others = [
        ProtectedDetail(id=DetailId(child.id), detail=child.name, kind=DetailKind.NAME, from_=(plan.person,))
        for child in case.conference.booking.children
        if child.id not in told
    ]
    return [*kept.values(), *others]
