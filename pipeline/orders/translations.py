"""The order for a translated copy: a person's translation is proved as far as a machine can, sealed, and never e-mailed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from pipeline.casebook import conference_stream
from pipeline.desk import SEALED_COPY, Desk
from pipeline.domain.calendar import in_full
from pipeline.domain.case import Case
from pipeline.domain.copies import must_not_show
from pipeline.domain.cover import contact_words
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import CopyTranslated, Document, Section
from pipeline.domain.pack import CopyPlan, conference_words, name_key, needs_release
from pipeline.domain.people import DetailId, DetailKind, ItemId, Person, PersonId, ProtectedDetail
from pipeline.domain.proof import NotProved
from pipeline.domain.protected import findings
from pipeline.domain.records import Copy
from pipeline.domain.screening import Quarantine
from pipeline.domain.screening import screen as decide
from pipeline.domain.views import copy_state
from pipeline.errors import ConversionFailedError, NotFoundError, RefusedError, StaleHeadError
from pipeline.ports import CopyText, FileKind, Rendition, SectionSource
from pipeline.stages.compose import passphrase_of
from pipeline.stages.inspect import inspect

LET_GO = frozenset({"released", "sending", "accepted", "unknown", "failed"})
"""The states of a copy that people let go."""

_TRANSLATION = ItemId("translation")
_NOTHING = "Nothing was written."


def translated(
    reference: str, person: str, document: Document, content: bytes, name: str, by: str, also_by: str | None, actor: str, desk: Desk
) -> bytes:
    """Returns the translation of a person's present copy, sealed with their own passphrase, for handing over; it is recorded.

    That it says what the copy says is the word of who puts it in. What the house can see it looks for: what must not reach
    its reader, on every page that can be read.

    Raises:
        NotFoundError: there is no such conference or person.
        RefusedError: the person needs no interpreter, has no copy that people let go and that they may still have, the file
            cannot be opened, or it holds what its reader must not learn, or where somebody else of the family is written to.
    """
    case = desk.casebook.case(reference)
    who = case.conference.people.get(PersonId(person))
    if who is None:
        raise NotFoundError(f"There is no person {person!r} in {reference}. {_NOTHING}")
    copy = _copy(case, who, document, desk.clock.now())
    if needs_release(case, who, document) and case.releases_needed > 1 and (also_by is None or name_key(also_by) == name_key(by)):
        raise RefusedError(f"Two people release this person's copies: name the second with --also-by. {_NOTHING}")
    rendition = _opened(content, name, desk)
    plan = _plan(case, who, copy)
    kept = must_not_show(case, plan)
    if kept and any(page.read_by == "none" for page in rendition.pages):
        raise RefusedError(
            f"It has pages that nobody can search for what must not reach this person. {_NOTHING} Ask for it as a Word document."
        )
    if findings([page.text for page in rendition.pages], _addresses_of_others(case, who)):
        raise RefusedError(f"It holds the e-mail address of somebody else of the family. {_NOTHING} Have it taken out.")
    passphrase = passphrase_of(reference, person, desk)
    text = _text(case, who, copy, desk)
    title = f"{document.value.replace('-', ' ').capitalize()} ({who.interpreter})"
    made = desk.writer.write(text, [SectionSource(title=title, report=_TRANSLATION, pdf=rendition.pdf)], passphrase)
    sections = tuple(
        Section(title=one.title, report=_TRANSLATION, from_page=one.from_page, to_page=one.to_page) for one in made.sections
    )
    sources = {_TRANSLATION: tuple(page.fingerprint for page in rendition.pages)}
    proof = inspect(case, plan, made.sealed, made.pages, sections, passphrase, desk, sources=sources)
    if isinstance(proof, NotProved):
        raise RefusedError(f"The translation did not pass its proof ({proof.code}). {_NOTHING}")
    stream = conference_stream(reference)
    fact = CopyTranslated(
        copy=copy.copy,
        language=who.interpreter or "",
        blob=desk.vault.put(stream, made.sealed, SEALED_COPY),
        sha256=hashlib.sha256(made.sealed).hexdigest(),
        pages=made.pages,
        by=by,
        also_by=also_by,
    )
    try:
        desk.casebook.append({stream: [fact]}, case.heads, actor)
    except StaleHeadError:
        raise RefusedError(f"{reference} changed while the copy was made. {_NOTHING} Try again.") from None
    return made.sealed


def _copy(case: Case, who: Person, document: Document, now: datetime) -> Copy:
    """Returns the copy that is translated: the newest, if people let it go and its reader may still have all of it."""
    if not who.interpreter:
        raise RefusedError(
            f"No language is recorded for {who.id} (`packs person change … --interpreter LANGUAGE`). {_NOTHING}"
        )
    if case.conference.cancelled is not None:
        raise RefusedError(f"{case.conference.reference} is cancelled; nothing more goes out. {_NOTHING}")
    if case.house.stopped is not None or case.conference.stopped is not None:
        raise RefusedError(f"All sending is stopped, and translations with it (`packs resume`). {_NOTHING}")
    copies = [one for one in case.conference.copies_of(who.id, document) if one.voided is None and one.composed is not None]
    state = copy_state(case, copies[-1], now)[0] if copies else "waiting"
    if state not in LET_GO:
        raise RefusedError(
            f"The {document.value} of {who.id} is {state}: only a copy that people let go is translated (`packs release`)."
            f" {_NOTHING}"
        )
    may = entitlement(case, who.id, document, superseded=True)
    if not may.document or not set(copies[-1].items) <= set(may.allowed):
        raise RefusedError(f"{who.id} may not have this {document.value} any more. {_NOTHING}")
    return copies[-1]


def _addresses_of_others(case: Case, who: Person) -> list[ProtectedDetail]:
    """Where the rest of the family are written to: no paper of ours tells it, so no translation of one does."""
    return [
        ProtectedDetail(id=DetailId(other.id), detail=other.email, kind=DetailKind.EMAIL, from_=(who.id,))
        for other in case.conference.people.values()
        if other.role.is_family and other.id != who.id and other.email and other.email != who.email
    ]


def _opened(content: bytes, name: str, desk: Desk) -> Rendition:
    found = desk.examiner.examine(content, name)
    match decide(found.trouble):
        case Quarantine(code=code):
            raise RefusedError(f"The file cannot be used ({code}). {_NOTHING} Send it as a Word document or a PDF.")
        case _:
            pass
    if found.kind in (FileKind.EMAIL, FileKind.OTHER):
        raise RefusedError(f"The file is neither a Word document nor a PDF. {_NOTHING}")
    try:
        return desk.converter.convert(content, found.kind)
    except ConversionFailedError:
        raise RefusedError(f"No pages could be made of the file. {_NOTHING} Send it as a Word document or a PDF.") from None


def _plan(case: Case, who: Person, copy: Copy) -> CopyPlan:
    assert copy.composed is not None
    at = case.conference.convened_at
    return CopyPlan(
        person=who.id, document=copy.document, issue=copy.issue, items=(), left_out=(), whole=False,
        needs_release=copy.composed.needs_release, basis=copy.basis, compose_at=at, send_at=at, children=copy.composed.children,
    )  # fmt: skip


def _text(case: Case, who: Person, copy: Copy, desk: Desk) -> CopyText:
    conference, team = case.conference, desk.office.team
    return CopyText(
        template="pack_supplement",
        values={
            "title": f"In {who.interpreter}",
            "authority": team,
            "team": case.profile.authority_words.get("team", ""),
            "conference_type": conference_words(conference.booking.type),
            "reference": conference.reference,
            "start": " and ".join(in_full(start) for start in conference.starts_of(who.id)),
            "prepared_for": who.name,
            "issue": str(copy.issue),
            "contact": contact_words(case, team, desk.office.phone),
            "duty": case.profile.danger_words,
            "classification": "Confidential – do not forward",
            "notes": ["This is a translation of the paper that you have in English. Ask us if anything in it is unclear."],
        },
        stamp_name=who.name,
        reference=conference.reference,
        issue=copy.issue,
        large_print=who.large_print,
    )
