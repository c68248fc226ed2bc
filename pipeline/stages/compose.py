"""Compose: one person's copy is planned, written, encrypted, opened again and proved, and only then recorded."""

from __future__ import annotations

import hashlib

from pipeline.casebook import Decision, conference_stream, item_stream
from pipeline.desk import RENDITION, SEALED_COPY, SYSTEM, Desk
from pipeline.domain.case import Case
from pipeline.domain.copies import outdated, target_of
from pipeline.domain.cover import cover_values
from pipeline.domain.facts import (
    OF_REPORTS,
    CopyComposed,
    CopyHeld,
    CopyVoided,
    Document,
    Fact,
    PassphraseMade,
    Section,
)
from pipeline.domain.invitation_words import invitation_template, invitation_values
from pipeline.domain.minutes_versions import version_of
from pipeline.domain.pack import CopyPlan, satisfied, title_of
from pipeline.domain.paper_words import TEMPLATES, paper_values
from pipeline.domain.people import CopyId, ItemId, PersonId
from pipeline.domain.proof import NotProved
from pipeline.ports import CopyText, SectionSource
from pipeline.stages.inspect import inspect

_TEMPLATES = {
    Document.PACK: "pack_cover",
    Document.SUPPLEMENT: "pack_supplement",
    Document.MINUTES: "minutes_cover",
    **TEMPLATES,
}


def compose(reference: str, person: str, document: str, desk: Desk) -> None:
    """Makes the copy that this person ought to have now; does nothing where that is no longer so.

    A copy that fails its proof is recorded as held, with the reason; nothing of it leaves.
    """
    case, plan = _wanted(reference, person, document, desk)
    if plan is None:
        return
    passphrase = passphrase_of(reference, person, desk)
    sources = sources_of(case, plan, desk)
    text = text_of(case, plan, case.conference.people[plan.person].name, desk)
    made = desk.writer.write(text, sources, passphrase)
    desk.mark("compose.written")
    sections = tuple(
        Section(title=s.title, report=_item(s.report, plan), from_page=s.from_page, to_page=s.to_page)
        for s in made.sections
    )
    proof = inspect(case, plan, made.sealed, made.pages, sections, passphrase, desk)
    sha256 = hashlib.sha256(made.sealed).hexdigest()
    copy = CopyId(desk.keys.fingerprint("copy", f"{reference}|{plan.basis}|{plan.issue}|{sha256}".encode())[:24])
    fact: Fact
    if isinstance(proof, NotProved):
        fact = CopyHeld(
            copy=copy,
            person=plan.person,
            document=plan.document,
            issue=plan.issue,
            basis=plan.basis,
            code=proof.code,
            why=proof.why,
            pages=made.pages,
            sections=sections,
            left_out=plan.left_out,
        )
    else:
        fact = CopyComposed(
            copy=copy,
            person=plan.person,
            document=plan.document,
            issue=plan.issue,
            basis=plan.basis,
            blob=desk.vault.put(conference_stream(reference), made.sealed, SEALED_COPY),
            sha256=sha256,
            pages=made.pages,
            sections=sections,
            left_out=plan.left_out,
            needs_release=plan.needs_release,
            children=plan.children,
            said=plan.said,
            supersedes=plan.supersedes,
        )
    desk.mark("compose.before-fact")

    def decision() -> Decision | None:
        now_case, now_plan = _wanted(reference, person, document, desk)
        if now_plan is None or (now_plan.basis, now_plan.issue) != (plan.basis, plan.issue):
            return None  # the world moved on while we wrote; the agenda asks for the right copy again
        # what it replaces is withdrawn in the same breath: never do two copies of one document wait to go
        replaced: list[Fact] = [
            CopyVoided(copy=old.copy, because=f"replaced by issue {plan.issue}")
            for old in now_case.conference.copies_of(plan.person)
            if _of_one_kind(old.document, plan.document) and outdated(now_case, old, desk.clock.now())
        ]
        return Decision(facts={conference_stream(reference): [*replaced, fact]}, expected=now_case.heads)

    desk.casebook.decide(decision, SYSTEM)
    desk.mark("compose.after-fact")


def text_of(case: Case, plan: CopyPlan, stamp_name: str, desk: Desk) -> CopyText:
    """Returns our own words of a copy; `stamp_name` is what the stamps say of whose it is."""
    return CopyText(
        template=_template(case, plan),
        values=_values(case, plan, desk),
        stamp_name=stamp_name,
        reference=case.conference.reference,
        issue=plan.issue,
        contents=plan.document in OF_REPORTS,
        large_print=case.conference.people[plan.person].large_print,
    )


def sources_of(case: Case, plan: CopyPlan, desk: Desk) -> list[SectionSource]:
    """Returns the pages that a copy takes from elsewhere, in its order."""
    return [_source(case, item, plan, desk) for item in plan.items]


def _source(case: Case, item: ItemId, plan: CopyPlan, desk: Desk) -> SectionSource:
    """Returns the pages of a report, or of the version of the minutes that the item is."""
    if plan.document is Document.MINUTES:
        version = version_of(case.conference, item)
        assert version is not None
        title, rendition = "Minutes", version.taken.rendition
    else:
        report = case.conference.reports[item]
        title, rendition = title_of(case, report, plan.items), report.filed.rendition
    return SectionSource(title=title, report=item, pdf=desk.vault.get(item_stream(item), rendition, RENDITION))
def _template(case: Case, plan: CopyPlan) -> str:
    if plan.document is Document.INVITATION:
        return invitation_template(case.conference.people[plan.person])
    return _TEMPLATES[plan.document]


def _values(case: Case, plan: CopyPlan, desk: Desk) -> dict[str, object]:
    now, office, duty_line = desk.clock.now(), desk.office, case.profile.danger_words
    if plan.document is Document.INVITATION:
        return invitation_values(case, plan, team=office.team, phone=office.phone, duty_line=duty_line, mailbox=office.sender)
    if plan.document not in OF_REPORTS:
        return paper_values(case, plan, now, team=office.team, phone=office.phone, duty_line=duty_line)
    confidential = desk.casebook.confidential(case.conference.reference)
    return cover_values(
        case, plan, now, team=office.team, phone=office.phone, duty_line=duty_line, confidential=confidential
    )


def _item(report: str | None, plan: CopyPlan) -> ItemId | None:
    return next((item for item in plan.items if item == report), None)


def _of_one_kind(one: Document, other: Document) -> bool:
    return one is other or {one, other} <= OF_REPORTS


def _wanted(reference: str, person: str, document: str, desk: Desk) -> tuple[Case, CopyPlan | None]:
    case = desk.casebook.case(reference)
    now = desk.clock.now()
    who = case.conference.people.get(PersonId(person))
    plan = target_of(case, who, Document(document), now) if who is not None else None
    if plan is None or plan.blocked is not None or plan.compose_at > now or satisfied(case, plan):
        return case, None
    return case, plan


def passphrase_of(reference: str, person: str, desk: Desk) -> str:
    """Returns the six words of this person for this conference, made on first need."""
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        if PersonId(person) in case.conference.passphrases:
            return None
        made = PassphraseMade(person=PersonId(person), words=desk.new_passphrase())
        return Decision(facts={stream: [made]}, expected={stream: case.conference.head})

    desk.casebook.decide(decision, SYSTEM)
    return desk.casebook.conference(reference).passphrases[PersonId(person)]
