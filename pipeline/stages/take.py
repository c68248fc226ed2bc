"""Take: a converted file becomes a version of the minutes; nobody has it before it is approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.casebook import Decision, conference_stream, item_head, item_stream
from pipeline.desk import SYSTEM, Desk
from pipeline.domain.case import Case
from pipeline.domain.facts import Candidate, Fact, ItemBecameMinutes, ItemConverted, ItemHeld, MinutesTaken
from pipeline.domain.identity import Identified, NeedsPerson, strangers_named
from pipeline.domain.item import Item, ItemState
from pipeline.domain.minutes import MINUTES, headed, is_built_as_minutes, marked
from pipeline.domain.people import ConferenceRef, PersonId
from pipeline.domain.protected import findings
from pipeline.domain.records import MinutesVersion

OTHER_FAMILY = "other-family"
"""The flag of a version that names a child of another conference."""

HIDDEN = "hidden-text"
"""The converter's flag of a file that holds words that nobody sees."""

_ITS_OWN_WORDS = {"reference", "text", "title"}
_DOUBTS = {"several-references", "other-family", "cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenVersion:
    """What a file became. `again`: these very bytes are the newest version already, and none was made."""

    number: int
    again: bool


def take(
    item: Item,
    converted: ItemConverted,
    pages: Sequence[str],
    reference: ConferenceRef,
    for_: tuple[PersonId, ...],
    by: str,
    actor: str,
    desk: Desk,
    *,
    new: Sequence[Fact] = (),
) -> TakenVersion | None:
    """Makes the item a version of the minutes of a conference with an outcome; None where it was dealt with meanwhile.

    `new` are the facts of an item that is not in the ledger yet; they are written in the same breath.
    """
    taken: list[TakenVersion] = []
    stream, home = item_stream(item.id), conference_stream(reference)

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        now = item if new else desk.casebook.item(item.id)
        if now.state not in (ItemState.RECEIVED, ItemState.HELD, ItemState.DISMISSED):
            return None
        expected = {**case.heads, **({stream: 0} if new else item_head(now))}
        same = _same(case, item, for_)
        number = same.number if same is not None else len(case.conference.minutes) + 1
        facts: dict[str, list[Fact]] = {stream: [*new, ItemBecameMinutes(conference=reference, number=number)]}
        if same is None:
            facts[home] = [_version(case, item, converted, pages, number, for_, by, desk)]
        taken[:] = [TakenVersion(number=number, again=same is not None)]
        return Decision(facts=facts, expected=expected)

    desk.keys.rewrap(stream, home)
    desk.mark("take.before-fact")
    return taken[0] if desk.casebook.decide(decision, actor) else None


def _same(case: Case, item: Item, for_: tuple[PersonId, ...]) -> MinutesVersion | None:
    """Returns the newest version for the same readers where it is these very bytes and nothing whole came since."""
    versions = case.conference.minutes
    newest = next((one for one in reversed(versions) if one.taken.for_ in {for_, ()}), None)
    fits = newest is not None and newest.taken.for_ == for_ and newest.taken.sha256 == item.received.sha256
    return newest if fits else None


def _version(
    case: Case,
    item: Item,
    converted: ItemConverted,
    pages: Sequence[str],
    number: int,
    for_: tuple[PersonId, ...],
    by: str,
    desk: Desk,
) -> MinutesTaken:
    details = case.conference.protected
    strangers = strangers_named("\n".join(pages), case.conference, desk.casebook.other_children())
    return MinutesTaken(
        number=number,
        item=item.id,
        sha256=item.received.sha256,
        rendition=converted.rendition,
        text=converted.text,
        pages=converted.pages,
        fingerprints=converted.fingerprints,
        by=by,
        for_=for_,
        searched=tuple(detail.id for detail in details),
        found=findings(pages, details),
        unreadable=converted.unreadable,
        flags=(*converted.flags, *([OTHER_FAMILY] if strangers else [])),
    )


def take_dropped(item: Item, pages: Sequence[str], found: Identified | NeedsPerson, desk: Desk) -> ItemHeld | None:
    """Takes a file with the mark of minutes that somebody dropped in the inbox; returns the hold where there is any doubt.

    Never a report: what speaks for an agency's report beside the mark is a doubt, and so is anything that came by e-mail.
    """
    references = marked(pages)
    known = {ref.upper(): ref for ref in desk.casebook.open_conferences()}
    reference = known.get(next(iter(references))) if len(references) == 1 else None
    why = _doubt(item, pages, reference, found, desk)
    if why is None and reference is not None and item.converted is not None:
        take(item, item.converted, pages, reference, (), "", SYSTEM, desk)
        return None
    named = sorted(known[ref] for ref in references if ref in known)
    return ItemHeld(
        code=MINUTES,
        why=(f"it says of itself that it is drafted minutes, so it is no report; {why}",),
        candidates=tuple(Candidate(conference=ref, person=None, because="minutes of it, by their mark") for ref in named),
        next_step="packs minutes take REF ITEM --by NAME, or packs resolve ITEM --not-a-report --because TEXT --by NAME",
    )


def _doubt(
    item: Item, pages: Sequence[str], reference: ConferenceRef | None, found: Identified | NeedsPerson, desk: Desk
) -> str | None:
    if reference is None:
        return "and its mark names no conference of ours, or several"
    if item.received.parent is not None:
        return "and it came by e-mail: a person says whether it is what the chair or the minute taker wrote"
    if desk.casebook.conference(reference).outcome is None:
        return f"and {reference} has no outcome yet"
    if headed(pages) != {reference.upper()}:
        return "and the mark does not head its first page"
    if not is_built_as_minutes(pages):
        return "and yet it is not built as the minutes are: it may be a report that names them"
    match found:
        case Identified(evidence=evidence) if set(evidence) - _ITS_OWN_WORDS:
            return f"and yet its {', '.join(sorted(set(evidence) - _ITS_OWN_WORDS))} fits an agency that was asked for a report"
        case NeedsPerson(code=code, why=why) if code in _DOUBTS:
            return f"and {'; '.join(why)}"
        case _:
            return None

