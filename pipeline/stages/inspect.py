"""Inspect: a finished copy is opened again by other eyes than the writer's, and proved page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.desk import Desk
from pipeline.domain.case import Case
from pipeline.domain.copies import must_not_show
from pipeline.domain.facts import Document, Section
from pipeline.domain.minutes_versions import version_of
from pipeline.domain.pack import CopyPlan
from pipeline.domain.people import ItemId
from pipeline.domain.proof import Expected, NotProved, Proved, Seen, prove
from pipeline.errors import UnreadableFileError


def inspect(
    case: Case,
    plan: CopyPlan,
    sealed: bytes,
    pages: int,
    sections: Sequence[Section],
    passphrase: str,
    desk: Desk,
    *,
    stamp_name: str | None = None,
    sources: Mapping[ItemId, Sequence[str]] | None = None,
) -> Proved | NotProved:
    """Returns whether the sealed copy is what the plan says, for this person, and nothing else.

    `stamp_name` is what the stamps say where that is not the person's bare name; `sources` are the pages' fingerprints where
    they are not those of the plan's reports.
    """
    person = case.conference.people[plan.person]
    try:
        seen = desk.prover.examine(sealed, passphrase)
    except UnreadableFileError:
        return NotProved(code="proof.unreadable", why="the finished copy does not open with its passphrase")
    expected = Expected(
        stamp_name=stamp_name or person.name,
        reference=case.conference.reference,
        issue=plan.issue,
        pages=pages,
        sections=sections,
        sources=sources if sources is not None else {item: _fingerprints(case, item) for item in plan.items},
        kept_from_reader=must_not_show(case, plan),
        put_right="take a version without it for them" if plan.document is Document.MINUTES else "",
    )
    return prove(
        expected,
        [Seen(text=page.text, fingerprint=page.fingerprint) for page in seen.pages],
        [title for title, _ in seen.outline],
        seen.metadata,
        encrypted=seen.encrypted,
    )


def _fingerprints(case: Case, item: ItemId) -> tuple[str, ...]:
    """Returns those of the pages of a report, or of a version of the minutes."""
    version = version_of(case.conference, item)
    return version.taken.fingerprints if version is not None else case.conference.reports[item].filed.fingerprints
