"""THE MAP: which stage follows which, and what happens after success, hold, retry and stop.

 a file     receive ▶ screen ▶ (open message ▶ its parts) ▶ convert ▶ identify ▶ file (judged, searched, examined)
            … ▶ convert ▶ take, where it bears the mark of minutes
 a report   judge, search, examine again, whenever what they rest on changed
 a copy     void what is outdated ▶ compose (write, encrypt, inspect) ▶ [a person releases] ▶ send
 a letter   write (decide that it goes) ▶ send

Nothing is started in any other way than by the agenda: `look` starts what is due, `perform` carries one action out. An
action that raises is ended in the ledger by the next look, waits, and after five attempts is held for a person.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from pipeline.casebook import HOUSE, Decision, conference_stream, item_head, item_stream
from pipeline.desk import ORIGINAL, SYSTEM, Desk
from pipeline.domain.agenda import (
    FAILED,
    VERSION,
    Action,
    Agenda,
    Attempts,
    Verb,
    agenda,
    attempt_of,
    item_agenda,
    subject_person,
)
from pipeline.domain.facts import AttemptEnded, Candidate, Fact, ItemHeld
from pipeline.domain.identity import Evidence, Identified, NeedsPerson, is_confidential
from pipeline.domain.item import Item, ItemState
from pipeline.domain.letters import letter_id
from pipeline.domain.minutes import bears_mark
from pipeline.domain.people import CopyId
from pipeline.errors import Disposition, PacksError, StaleHeadError
from pipeline.ports import Engine, FileKind, Standing
from pipeline.stages.compose import compose
from pipeline.stages.convert import convert, page_texts
from pipeline.stages.examine import examine
from pipeline.stages.file import file
from pipeline.stages.identify import identify
from pipeline.stages.judge import judge
from pipeline.stages.open_message import open_message
from pipeline.stages.screen import screen
from pipeline.stages.search import search
from pipeline.stages.send import send
from pipeline.stages.take import take_dropped
from pipeline.stages.void import void
from pipeline.stages.write import write

log = logging.getLogger("packs")


class Cases(Protocol):
    """The index of what to look at: derived, and never more than a hint."""

    def due(self, now: datetime, version: str | None = None) -> Collection[str]:
        """Returns the case streams to look at now, also those last looked at by another version."""
        ...

    def settle(
        self,
        case: str,
        *,
        seen: Mapping[str, int],
        uses: Collection[str],
        look_again_at: datetime | None,
        open: bool,
        version: str,
    ) -> bool:
        """Records that the case was looked at, at these heads; returns whether it is clean."""
        ...


# --- carrying out --------------------------------------------------------------------------------------------------------


def perform(key: str, desk: Desk) -> None:
    """Carries out one action if it is still due. Safe to repeat: every stage decides anew from the ledger."""
    stream, verb, subject = key_parts(key)
    if stream.startswith("item:"):
        intake(subject, desk)
        return
    reference = stream.partition(":")[2]
    match verb:
        case Verb.JUDGE:
            judge(reference, subject, desk)
        case Verb.SEARCH:
            search(reference, subject, desk)
        case Verb.EXAMINE:
            examine(reference, subject, desk)
        case Verb.VOID:
            void(reference, subject, desk)
        case Verb.COMPOSE:
            person, _, document = subject.rpartition(".")
            compose(reference, person, document, desk)
        case Verb.SEND:
            send(reference, subject, desk)
        case Verb.WRITE:
            write(reference, letter_of(key), desk)
        case Verb.INTAKE:
            intake(subject, desk)


def key_parts(key: str) -> tuple[str, Verb, str]:
    """Returns stream, verb and subject of an action's key."""
    stream, verb, subject, _, _ = key.rsplit("/", 4)
    return stream, Verb(verb), subject


def letter_of(key: str) -> CopyId:
    """Returns the id of the letter that this key is to write."""
    _, _, subject, occasion, ordinal = key.rsplit("/", 4)
    return letter_id(subject, int(occasion), int(ordinal))


def intake(item_id: str, desk: Desk) -> None:
    """Carries an item through screen, open or convert, identify and file; each stage's fact is written as it ends."""
    item = desk.casebook.item(item_id)
    if item.state not in (ItemState.RECEIVED, ItemState.RESOLVED):
        return
    stream = item_stream(item_id)
    if item.screened is None:
        fact = screen(item, desk.vault.get(stream, item.received.blob, ORIGINAL), desk)
        if isinstance(fact, ItemHeld):
            fact = replace(fact, candidates=_likely(item, desk))
        item = _write(item, fact, desk)
        if isinstance(fact, ItemHeld):
            return
    assert item.screened is not None
    kind = FileKind(item.screened.kind)
    try:
        if kind is FileKind.EMAIL:
            _open(item, desk)
            return
        if item.converted is None:
            item = _write(item, convert(item, kind, desk), desk)
    except PacksError as error:
        if error.disposition is not Disposition.HOLD:
            raise
        _hold_unopened(item, error, desk)
        return
    _place(item, desk)


def _write(item: Item, fact: Fact, desk: Desk) -> Item:
    desk.casebook.append({item_stream(item.id): [fact]}, item_head(item), SYSTEM)
    return desk.casebook.item(item.id)


def _open(item: Item, desk: Desk) -> None:
    content = desk.vault.get(item_stream(item.id), item.received.blob, ORIGINAL)
    open_message(item, content, desk)


def _hold_unopened(item: Item, error: PacksError, desk: Desk) -> None:
    """Holds an item that gave no pages."""
    held = ItemHeld(
        code=error.code,
        why=(str(error),),
        candidates=_likely(item, desk),
        next_step="Ask the sender for another copy; its receipt time is kept. Then `packs resolve ITEM --not-a-report`.",
    )
    _write(item, held, desk)


def _likely(item: Item, desk: Desk) -> tuple[Candidate, ...]:
    """Returns whose a closed item may be by what its name, sender and subject say."""
    match identify(item, (), desk):
        case Identified(conference=conference, person=person, evidence=evidence):
            return (Candidate(conference=conference, person=person, because="fits by " + ", ".join(evidence)),)
        case NeedsPerson(candidates=candidates):
            return candidates


def _place(item: Item, desk: Desk) -> None:
    pages = page_texts(item, desk)
    if item.state is ItemState.RESOLVED and item.resolved is not None:
        evidence = Evidence(name=item.received.name, pages=pages, subject=item.received.subject)
        chosen = Identified(
            conference=item.resolved.conference,
            person=item.resolved.person,
            evidence=("a person's decision",),
            confidential=item.resolved.confidential or is_confidential(evidence),
        )
        file(item.id, chosen, pages, desk)
        return
    if bears_mark(pages):
        held = take_dropped(item, pages, identify(item, pages, desk), desk)
        if held is not None:
            _write(item, held, desk)
        return
    match identify(item, pages, desk):
        case Identified() as found:
            file(item.id, found, pages, desk)
        case NeedsPerson(code=code, why=why, candidates=candidates):
            _write(item, ItemHeld(code=code, why=why, candidates=candidates), desk)


def rejudge(item_id: str, desk: Desk) -> None:
    """Judges the report that an item became anew, where it is one."""
    item = desk.casebook.item(item_id)
    if item.filed is not None and item.state is ItemState.FILED:
        judge(item.filed.conference, item_id, desk)


def rejudge_all(reference: str, desk: Desk) -> None:
    """Judges every filed report of a conference anew, so that no verdict stands beside a deadline it was not made for."""
    for report in desk.casebook.conference(reference).filed():
        judge(reference, report.item, desk)


# --- looking -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Look:
    """What one look found and did."""

    started: int = 0
    running: int = 0
    ended: int = 0
    failed: int = 0
    stuck: int = 0

    @property
    def busy(self) -> bool:
        """True while something is in hand or was just begun or ended."""
        return bool(self.started or self.running or self.ended)


class Trouble(Protocol):
    """What becomes of a case whose look itself raised: it is left alone for a while, never the service."""

    def rests(self, stream: str) -> bool:
        """Returns True while the case is left alone."""
        ...

    def met(self, stream: str, error: Exception) -> None:
        """Notes that the look at it raised."""
        ...


def look(
    desk: Desk,
    engine: Engine,
    cases: Cases,
    on_item: Callable[[str], None],
    trouble: Trouble,
    *,
    items_only: bool = False,
) -> Look:
    """Looks at every case that is due: starts what its agenda says, ends attempts whose work ended without effect.

    `on_item` is called with an item's id when nothing of it is in hand, before the look is recorded. With `items_only`
    conferences wait: what was lying in the inbox at the start is filed before a pack is composed.

    Raises:
        PacksError: one whose disposition is STOP; any other is the case's trouble, and the others go on.
    """
    found = Look()
    for stream in cases.due(desk.clock.now(), index_version(desk)):
        if trouble.rests(stream) or (items_only and not stream.startswith("item:")):
            continue
        try:
            _look_at(stream, desk, engine, cases, found, on_item)
        except StaleHeadError:
            found.ended += 1  # it moved on under our eyes; it stays due and is looked at again at once
        except PacksError as error:
            if error.disposition is Disposition.STOP:
                raise
            trouble.met(stream, error)
        except Exception as error:  # a fault of ours in one case must not stand in the way of the others
            trouble.met(stream, error)
    return found


def _look_at(
    stream: str, desk: Desk, engine: Engine, cases: Cases, found: Look, on_item: Callable[[str], None]
) -> None:
    now = desk.clock.now()
    heads, due, attempts, case_open = _agenda_of(stream, desk, now)
    works = [(action.key, attempt_of(attempts, action.key)) for action in due.due]
    standing = engine.standing(works)
    waiting = False
    for action, work in zip(due.due, works, strict=True):
        match standing[work]:
            case Standing.ABSENT:
                if action.verb is Verb.SEND:
                    desk.casebook.ledger.checkpoint()  # outside the database before anything leaves
                engine.start(*work)
                found.started += 1
                waiting = True
            case Standing.RUNNING:
                found.running += 1
                waiting = True
            case Standing.DONE | Standing.FAILED as ended:
                code = FAILED if ended is Standing.FAILED else "ended"
                _end_attempt(stream, action, work[1], code, heads, desk)
                found.ended += 1
                found.failed += ended is Standing.FAILED
                return  # the heads we read are history now: the case stays due
    for action in due.stuck:
        found.stuck += 1
        if action.verb is Verb.INTAKE:
            _hold_stuck(action, desk)
            return
    if not waiting:
        if stream.startswith("item:"):
            on_item(stream.partition(":")[2])
        cases.settle(
            stream,
            seen=heads,
            uses=list(heads),
            look_again_at=due.look_again_at,
            open=case_open,
            version=index_version(desk),
        )


def index_version(desk: Desk) -> str:
    """Returns what a look was made with besides the facts: the agenda's version and the days that the calendar knows as closed."""
    calendar = desk.casebook.calendar
    closed = zlib.crc32(",".join(sorted(day.isoformat() for day in calendar.closed)).encode())
    made_with = f"{VERSION}/{calendar.known_until.isoformat()}/{closed:08x}"
    made_with += "/letters" if desk.casebook.letters else ""
    return f"{made_with}/invitations" if desk.casebook.invitations else made_with


def _agenda_of(stream: str, desk: Desk, now: datetime) -> tuple[dict[str, int], Agenda, Attempts, bool]:
    kind, _, name = stream.partition(":")
    if kind == "item":
        item = desk.casebook.item(name)
        due = item_agenda(item, now)
        return item_head(item), due, item.attempts, due.open
    if kind == "conference":
        case = desk.casebook.case(name)
        due = agenda(case, now)
        return dict(case.heads), due, case.conference.attempts, due.open
    return {stream: desk.casebook.ledger.head(stream)}, Agenda(due=(), look_again_at=None), {}, False


def _end_attempt(
    stream: str, action: Action, attempt: int, code: str, heads: Mapping[str, int], desk: Desk
) -> None:
    ended = AttemptEnded(key=action.key, attempt=attempt, code=code)
    # only this stream is named: another look that ends the same attempt loses here and looks again
    desk.casebook.append({stream: [ended]}, {stream: heads[stream]}, SYSTEM)


def _hold_stuck(action: Action, desk: Desk) -> None:
    def decision() -> Decision | None:
        item = desk.casebook.item(action.subject)
        if item.state not in (ItemState.RECEIVED, ItemState.RESOLVED):
            return None
        held = ItemHeld(
            code="fault",
            why=("working on it failed several times for a reason of ours; nothing of it is lost",),
            next_step="See the log by the item's id, put it right, then `packs retry ITEM`.",
        )
        return Decision(facts={item_stream(item.id): [held]}, expected=item_head(item))

    desk.casebook.decide(decision, SYSTEM)


__all__ = ["HOUSE", "Cases", "Look", "conference_stream", "intake", "look", "perform", "subject_person"]
