"""Open a message: each attachment becomes an item of its own, with the message's sender, subject and receipt time."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pipeline.casebook import Decision, item_head, item_stream
from pipeline.desk import ORIGINAL, SYSTEM, Desk
from pipeline.domain.facts import Candidate, Fact, ItemHeld, ItemReceived, MessageOpened
from pipeline.domain.identity import Evidence, Identified, NeedsPerson, identify
from pipeline.domain.item import Item, ItemState
from pipeline.domain.people import ItemId
from pipeline.domain.screening import Quarantine
from pipeline.domain.screening import screen as decide
from pipeline.ports import Message, MessagePart


def open_message(item: Item, content: bytes, desk: Desk) -> tuple[ItemId, ...]:
    """Opens the e-mail and records its parts as items; returns them, none where the message is held for a person.

    Where a person said whose report a held message is, its parts are that person's; a message without attachments is
    then a report written in the mail itself.
    """
    message = desk.reader.read(content, desk.office.gateways)
    if item.received.parent is not None:
        # a message inside a message says of itself what it likes: sender, subject and receipt are the outer one's
        message = replace(
            message,
            untrusted_sender=item.received.sender or "",
            untrusted_subject=f"{item.received.subject or ''} {message.untrusted_subject}".strip(),
            received_at=None,
        )
    if message.received_at is not None and message.received_at > desk.clock.now():
        message = replace(message, received_at=None)  # nothing is received in the future: first sight counts
    resolved = item.resolved if item.state is ItemState.RESOLVED else None
    parts = message.parts
    if resolved is not None and not parts and message.text.strip():
        parts = (MessagePart(name="message.txt", content=message.text.encode()),)
    held = None if resolved is not None and parts else _held(message, item, desk)
    if held is not None:
        desk.casebook.decide(
            lambda: Decision(facts={item_stream(item.id): [held]}, expected=item_head(item)), SYSTEM
        )
        return ()
    facts: dict[str, list[Fact]] = {}
    expected = dict(item_head(item))
    ids: list[ItemId] = []
    for number, part in enumerate(parts):
        part_id = ItemId(desk.keys.fingerprint("item", f"{item.id}|{number}".encode())[:24])
        stream = item_stream(part_id)
        desk.keys.ensure(stream)
        received = ItemReceived(
            route="attachment" if message.parts else "message-text",
            received_at=item.received_at if item.corrected else message.received_at or item.received_at,
            earliest_at=None if item.corrected or message.received_at else item.received.earliest_at,
            settled_at=item.received.settled_at,
            sha256=hashlib.sha256(part.content).hexdigest(),
            size_bytes=len(part.content),
            blob=desk.vault.put(stream, part.content, ORIGINAL),
            name=part.name,
            parent=item.id,
            sender=message.untrusted_sender,
            subject=message.untrusted_subject,
            message_id=message.message_id,
        )
        facts[stream] = [received] if resolved is None else [received, resolved]
        expected[stream] = 0
        ids.append(part_id)
    facts[item_stream(item.id)] = [
        MessageOpened(
            sender=message.untrusted_sender,
            subject=message.untrusted_subject,
            message_id=message.message_id,
            parts=tuple(ids),
            automatic=message.automatic or ("list" if message.listed else None),
        )
    ]
    desk.mark("open.before-fact")
    desk.casebook.append(facts, expected, SYSTEM)
    return tuple(ids)


def _held(message: Message, item: Item, desk: Desk) -> ItemHeld | None:
    """Returns why a person has to read the message, with what its sender, subject and words say about whose it is."""
    code = (
        "sealed-mail" if message.sealed else "automatic" if message.automatic else None if message.parts else "no-attachment"
    )
    if code is None:
        return None
    decided = decide((code,))
    assert isinstance(decided, Quarantine)
    evidence = Evidence(
        name=item.received.name,
        pages=[message.text],
        sender=message.untrusted_sender,
        subject=message.untrusted_subject,
    )
    found = identify(
        evidence,
        desk.casebook.open_conferences(),
        other_children=desk.casebook.other_children(),
        team_address=desk.office.sender,
    )
    candidates: tuple[Candidate, ...]
    match found:
        case Identified(conference=conference, person=person, evidence=kinds):
            why: tuple[str, ...] = (decided.why,)
            candidates = (Candidate(conference=conference, person=person, because="fits by " + ", ".join(kinds)),)
        case NeedsPerson():
            why, candidates = (decided.why, *found.why), found.candidates
    return ItemHeld(
        code=code,
        why=why,
        candidates=candidates,
        next_step=decided.next_step,
        sender=message.untrusted_sender or None,
    )
