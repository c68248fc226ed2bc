"""Paper copies: what a person may have, planned for printing, and where each numbered print is (SWG-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.calendar import utc_text
from pipeline.domain.case import Case
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import OF_REPORTS, Document
from pipeline.domain.pack import CopyPlan, basis, in_order, name_key, needs_release
from pipeline.domain.people import Person
from pipeline.domain.records import Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class NotForPaper:
    """No copy may be printed. `why` is a sentence without content."""

    why: str


def paper_plan(
    case: Case, person: Person, by: str, also_by: str | None, now: datetime, document: Document = Document.PACK
) -> CopyPlan | NotForPaper:
    """Returns the plan of the next print for this person: all that they may have now, or the minutes, on one paper copy.

    Whoever prints it releases it by that; where two names are asked for, two different ones must stand. `issue` is the
    number of the print, which counts over the whole conference. Minutes are printed after the conference, packs before.
    """
    conference = case.conference
    if conference.cancelled is not None:
        return NotForPaper(why="the conference is cancelled")
    if document in OF_REPORTS and now >= conference.end_at:
        return NotForPaper(why="the conference has ended; nothing more goes out")
    if case.house.stopped is not None or conference.stopped is not None:
        return NotForPaper(why="all sending is stopped, and paper with it (`packs resume`)")
    if document in OF_REPORTS and conference.sits_nowhere(person):
        return NotForPaper(why="the conference is split, and nobody has said in which session this person sits (`packs session`)")
    may = entitlement(case, person.id, document, on_paper=True)
    if not may.document:
        return NotForPaper(why=may.because)
    if document is Document.MINUTES and not may.allowed:
        return NotForPaper(why=next((omission.why for omission in may.withheld), "they are not there yet"))
    if not may.allowed and not may.whole:
        return NotForPaper(why="nothing this person may have is in yet, or it is held back (see `packs documents`)")
    release = needs_release(case, person, document)
    if release and case.releases_needed > 1 and (also_by is None or name_key(also_by) == name_key(by)):
        return NotForPaper(why="two people release this person's copies: name the second with --also-by")
    items = in_order(case, may.allowed) if document in OF_REPORTS else may.allowed
    return CopyPlan(
        person=person.id,
        document=document,
        issue=1 + len(conference.papers),
        items=items,
        left_out=may.withheld,
        whole=may.whole,
        needs_release=release,
        basis=basis(case, person, document, items, whole=may.whole),
        compose_at=now,
        send_at=now,
        blocked=None,
        children=may.children,
    )


def stamp_name(person: Person, number: int) -> str:
    """Returns what the stamp of each page says of whose copy it is: the name, and the number of the print."""
    return f"{person.name} · paper copy {number}"


def paper_still_right(case: Case, paper: Paper) -> bool:
    """Returns False where a print holds what its reader may not have (any more): it must not be handed over."""
    may = entitlement(case, paper.made.person, paper.made.document, superseded=True, on_paper=True)
    return may.document and set(paper.made.items) <= set(may.allowed)


def papers_view(case: Case) -> list[dict[str, object]]:
    """Returns one row per print, oldest first."""
    return [
        {
            "number": number,
            "person": paper.made.person,
            "document": paper.made.document.value,
            "state": "handed" if paper.handed is not None else "made",
            "made_at": utc_text(paper.made_at),
            "by": paper.made.by,
            "pages": paper.made.pages,
            "sha256": paper.made.sha256,
            "handed_at": utc_text(paper.handed.at) if paper.handed is not None else None,
            "how": paper.handed.how if paper.handed is not None else None,
            "handed_by": paper.handed.by if paper.handed is not None else None,
            "still_right": paper_still_right(case, paper),
        }
        for number, paper in case.conference.papers.items()
    ]
