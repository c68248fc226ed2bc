"""Orders about paper copies: print one, record that it was handed over."""

from __future__ import annotations

import hashlib
from datetime import datetime

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.facts import Document, PaperCopyHanded, PaperCopyMade, Section
from pipeline.domain.pack import CopyPlan
from pipeline.domain.paper import NotForPaper, paper_plan, paper_still_right, stamp_name
from pipeline.domain.people import PersonId
from pipeline.domain.proof import NotProved
from pipeline.errors import NotFoundError, RefusedError, StaleHeadError
from pipeline.stages.compose import sources_of, text_of
from pipeline.stages.inspect import inspect


def print_copy(
    reference: str, person: str, by: str, also_by: str | None, actor: str, desk: Desk, document: Document
) -> tuple[CopyPlan, bytes]:
    """Returns the plan (its issue is the number) and the unencrypted bytes of a new print, proved as any copy and recorded.

    Raises:
        RefusedError: nothing may be printed for this person, the proof failed, or the conference changed meanwhile.
    """
    case, now = desk.casebook.case(reference), desk.clock.now()
    who = case.conference.people.get(PersonId(person))
    if who is None:
        raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was written.")
    plan = paper_plan(case, who, by, also_by, now, document)
    if isinstance(plan, NotForPaper):
        raise RefusedError(f"No paper copy for {person}: {plan.why}. Nothing was written.")
    passphrase = desk.new_passphrase()  # of the moment: the copy is sealed for its proof alone, and opened again
    text = text_of(case, plan, stamp_name(who, plan.issue), desk)
    sources = sources_of(case, plan, desk)
    made = desk.writer.write(text, sources, passphrase)
    sections = tuple(
        Section(
            title=s.title,
            report=next((item for item in plan.items if item == s.report), None),
            from_page=s.from_page,
            to_page=s.to_page,
        )
        for s in made.sections
    )
    proof = inspect(case, plan, made.sealed, made.pages, sections, passphrase, desk, stamp_name=text.stamp_name)
    if isinstance(proof, NotProved):
        raise RefusedError(f"The print did not pass its proof: {proof.why}. Nothing was written.")
    opened = desk.writer.without_seal(made.sealed, passphrase)
    fact = PaperCopyMade(
        number=plan.issue,
        person=plan.person,
        document=plan.document,
        items=plan.items,
        sha256=hashlib.sha256(opened).hexdigest(),
        pages=made.pages,
        by=by,
        also_by=also_by,
    )
    try:
        desk.casebook.append({conference_stream(reference): [fact]}, case.heads, actor)
    except StaleHeadError:
        raise RefusedError(f"{reference} changed while the copy was made; nothing was written. Print it again.") from None
    return plan, opened


def handed(
    reference: str, person: str, number: int, at: datetime, how: str, by: str, actor: str, desk: Desk
) -> str | None:
    """Records that a print was handed over at `at` (UTC); returns a warning where it holds what its reader may not have.

    Raises:
        RefusedError: it was not made for this person, was handed over before, or the time lies before its making or ahead.
    """
    warned: list[str] = []

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        paper = case.conference.papers.get(number)
        if paper is None or paper.made.person != person:
            raise RefusedError(f"There is no paper copy {number} for {person!r} in {reference}; nothing was changed.")
        if paper.handed is not None:
            raise RefusedError(f"Paper copy {number} is recorded as handed over already; nothing was changed.")
        if not paper.made_at.replace(second=0, microsecond=0) <= at <= desk.clock.now():
            raise RefusedError("It cannot have been handed over before it was made, or in the future; nothing was changed.")
        warned[:] = []
        if not paper_still_right(case, paper):
            warned.append(
                f"Paper copy {number} holds what {person} may not have now: get it back, or tell the chair and open a breach."
            )
        fact = PaperCopyHanded(number=number, person=PersonId(person), at=at, how=how, by=by)
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    return next(iter(warned), None)
