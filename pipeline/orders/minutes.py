"""Orders about the minutes of a conference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from pipeline.casebook import Decision, conference_stream, item_stream
from pipeline.desk import ORIGINAL, TEXT, Desk
from pipeline.domain.case import Case
from pipeline.domain.facts import Content, Fact, ItemConverted, ItemReceived, ItemScreened, MinutesApproved
from pipeline.domain.headings import REASON, headings_of
from pipeline.domain.item import Item, ItemState
from pipeline.domain.minutes import TO_WRITE, forbidden, marked, skeleton
from pipeline.domain.minutes_compared import open_points, places_left
from pipeline.domain.minutes_versions import not_yet, superseded_by
from pipeline.domain.people import ConferenceRef, ItemId, PersonId
from pipeline.domain.report_parts import passage_under
from pipeline.errors import ConversionFailedError, NotFoundError, RefusedError, RulesBlockError
from pipeline.ports import FileKind
from pipeline.stages.convert import convert, page_texts
from pipeline.stages.take import HIDDEN, OTHER_FAMILY, TakenVersion, take


def case_for_minutes(reference: str, desk: Desk, *, doing: str = "drafted") -> Case:
    """Returns the case of a conference whose minutes may be drafted (or what `doing` says) now.

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
            f"The minutes of {reference} cannot be {doing}; nothing was changed. {sentences} Record the outcome anew with what"
            " is missing: `packs outcome REF FILE --because TEXT`."
        )
    return case


def reason_reported(case: Case, desk: Desk) -> str:
    """Returns why the conference is held as the newest social worker's report says under that heading; empty where none does."""
    for report in case.conference.latest():
        if report.filed.content is Content.SOCIAL_WORKER_REPORT:
            found = passage_under(page_texts(desk.casebook.item(report.item), desk), REASON, headings_of(case.profile.headings))
            if found:
                return found
    return ""


def take_file(
    reference: str, content: bytes, name: str, for_: Sequence[str], by: str, actor: str, desk: Desk
) -> TakenVersion:
    """Makes a file that a person brings a version of the minutes: sealed, converted in the sandbox, and kept for good.

    Raises:
        NotFoundError: no such conference or person.
        RefusedError: cancelled, no outcome, or the file cannot be opened, or says that it is another conference's minutes.
    """
    case = _taking(reference, for_, desk)
    found = desk.examiner.examine(content, name)
    if found.trouble or found.kind in {FileKind.EMAIL, FileKind.OTHER}:
        said = ", ".join(found.trouble) or found.kind.value
        raise RefusedError(f"The file was not opened ({said}). Nothing was changed; save it in Word as .docx anew.")
    sha256 = hashlib.sha256(content).hexdigest()
    identity = f"minutes|{reference}|{case.conference.head}|{sha256}"
    item_id = ItemId(desk.keys.fingerprint("item", identity.encode())[:24])
    stream, now = item_stream(item_id), desk.clock.now().replace(microsecond=0)
    desk.keys.ensure(stream)
    received = ItemReceived(
        route="minutes", received_at=now, sha256=sha256, size_bytes=len(content),
        blob=desk.vault.put(stream, content, ORIGINAL), name=name,
    )  # fmt: skip
    item = Item(id=item_id, received=received, state_at=now, received_at=now)
    try:
        converted = convert(item, found.kind, desk)
    except ConversionFailedError:
        raise RefusedError(
            "The file could not be turned into pages: hidden text, tracked changes nobody settled, or a damaged file. Nothing was"
            " changed; accept or reject all changes in Word, save it anew, and take that."
        ) from None
    item.converted = converted
    new = (received, ItemScreened(kind=found.kind.value), converted)
    return _taken(item, converted, reference, for_, by, actor, desk, new=new)


def take_item(reference: str, item_id: str, for_: Sequence[str], by: str, actor: str, desk: Desk) -> TakenVersion:
    """Makes a held item a version of the minutes.

    Raises:
        NotFoundError: no such conference, person or item.
        RefusedError: as for a file; or the item does not wait for a person, or has no pages.
    """
    _taking(reference, for_, desk)
    item = desk.casebook.item(item_id)
    if item.state not in (ItemState.HELD, ItemState.DISMISSED) or item.converted is None:
        raise RefusedError(f"Item {item_id} does not wait for a person, or could not be opened. Nothing was changed.")
    return _taken(item, item.converted, reference, for_, by, actor, desk)


def _taking(reference: str, for_: Sequence[str], desk: Desk) -> Case:
    case = desk.casebook.case(reference)
    if case.conference.cancelled is not None or case.conference.outcome is None:
        what = "is cancelled" if case.conference.cancelled is not None else "has no outcome yet"
        raise RefusedError(f"{reference} {what}, so it has no minutes. Nothing was changed.")
    for person in for_:
        if PersonId(person) not in case.conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
    return case


def _taken(
    item: Item,
    converted: ItemConverted,
    reference: str,
    for_: Sequence[str],
    by: str,
    actor: str,
    desk: Desk,
    *,
    new: Sequence[Fact] = (),
) -> TakenVersion:
    pages: list[str] = json.loads(desk.vault.get(item_stream(item.id), converted.text, TEXT))
    if others := marked(pages) - {reference.upper()}:
        raise RefusedError(
            f"The file says that it is the minutes of {', '.join(sorted(others))}, not of {reference}. Nothing was changed."
        )
    readers = tuple(sorted({PersonId(one) for one in for_}))
    taken = take(item, converted, pages, ConferenceRef(reference), readers, by, actor, desk, new=new)
    if taken is None:
        raise RefusedError("The file was dealt with meanwhile. Nothing was changed; see `packs minutes list`.")
    return taken


def approve(reference: str, number: int, by: str, actor: str, desk: Desk, *, because: str | None = None) -> tuple[str, ...]:
    """Lets a version count as the minutes of the outcome that stands; returns what to look at in it again.

    Raises:
        NotFoundError: no such conference or version.
        RefusedError: cancelled, approved already, a newer version took its place, or it names a child of another conference
            or holds words that nobody sees and `because` does not say why that is right.
        RulesBlockError: a rule of the profile forbids minutes of the outcome that stands (POR-12).
    """
    warnings: list[str] = []

    def decision() -> Decision | None:
        case = case_for_minutes(reference, desk, doing="approved")
        conference = case.conference
        if not 0 < number <= len(conference.minutes):
            raise NotFoundError(f"There is no version {number} of the minutes of {reference}. Nothing was changed.")
        version = conference.minutes[number - 1]
        if (newer := superseded_by(conference, version)) is not None:
            raise RefusedError(f"Version {newer} took the place of version {number}. Nothing was changed; approve that one.")
        if not_yet(conference, version) is None:
            raise RefusedError(f"Version {number} is approved already. Nothing was changed.")
        if OTHER_FAMILY in version.taken.flags and because is None:
            raise RefusedError(
                f"Version {number} names a child of another conference. Nothing was changed; take it out and take the file anew, or"
                " approve it with --because, which says why the name stands there rightly."
            )
        if HIDDEN in version.taken.flags and because is None:
            raise RefusedError(
                f"Version {number} holds words that cannot be seen: hidden, beside the page, too small or in the colour of the"
                " paper. Its readers could copy them out. Nothing was changed; take them out and take the file anew, or approve it"
                " with --because, which says why they may stay."
            )
        pages: list[str] = json.loads(desk.vault.get(item_stream(version.taken.item), version.taken.text, TEXT))
        if left := places_left(pages):
            raise RefusedError(
                f"Version {number} has {left} place{'' if left == 1 else 's'} marked {TO_WRITE}. Nothing was changed; write them or"
                " take the marks out, and take the file anew."
            )
        warnings[:] = open_points(case, version, pages)
        fact = MinutesApproved(number=number, by=by, because=because)
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    return tuple(warnings)


def texts(reference: str, number: int, desk: Desk) -> list[str]:
    """Returns the text of each page of a version; of 0, the paragraphs of the draft as it would be written now.

    Raises:
        NotFoundError: no such conference or version.
    """
    case = desk.casebook.case(reference)
    if number == 0 and case.conference.outcome is not None:
        return [line for part in skeleton(case, reason_reported(case, desk)) for line in (part.heading, *part.paragraphs)]
    if not 0 < number <= len(case.conference.minutes):
        raise NotFoundError(f"There is no version {number} of the minutes of {reference}. Nothing was changed.")
    taken = case.conference.minutes[number - 1].taken
    pages: list[str] = json.loads(desk.vault.get(item_stream(taken.item), taken.text, TEXT))
    return pages
