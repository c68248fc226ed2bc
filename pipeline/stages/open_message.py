"""Open a message: each attachment becomes an item of its own, with the message's sender, subject and receipt time."""

from __future__ import annotations

import hashlib

from pipeline.casebook import Decision, item_head, item_stream
from pipeline.desk import ORIGINAL, SYSTEM, Desk
from pipeline.domain.facts import Fact, ItemHeld, ItemReceived, MessageOpened
from pipeline.domain.item import Item
from pipeline.domain.people import ItemId
from pipeline.domain.screening import Quarantine
from pipeline.domain.screening import screen as decide
from pipeline.ports import Message


def open_message(item: Item, content: bytes, desk: Desk) -> tuple[ItemId, ...]:
    """Opens the e-mail and records its parts as items; returns them, none where the message is held for a person."""
    message = desk.reader.read(content, desk.office.gateways)
    held = _held(message)
    if held is not None:
        desk.casebook.decide(
            lambda: Decision(facts={item_stream(item.id): [held]}, expected=item_head(item)), SYSTEM
        )
        return ()
    received_at = message.received_at or item.received_at
    earliest_at = None if message.received_at else item.received.earliest_at
    facts: dict[str, list[Fact]] = {}
    expected = dict(item_head(item))
    parts: list[ItemId] = []
    for number, part in enumerate(message.parts):
        part_id = ItemId(desk.keys.fingerprint("item", f"{item.id}|{number}".encode())[:24])
        stream = item_stream(part_id)
        desk.keys.ensure(stream)
        facts[stream] = [
            ItemReceived(
                route="attachment",
                received_at=received_at,
                earliest_at=earliest_at,
                sha256=hashlib.sha256(part.content).hexdigest(),
                size_bytes=len(part.content),
                blob=desk.vault.put(stream, part.content, ORIGINAL),
                name=part.name,
                parent=item.id,
                sender=message.untrusted_sender,
                subject=message.untrusted_subject,
                message_id=message.message_id,
            )
        ]
        expected[stream] = 0
        parts.append(part_id)
    facts[item_stream(item.id)] = [
        MessageOpened(
            sender=message.untrusted_sender,
            subject=message.untrusted_subject,
            message_id=message.message_id,
            parts=tuple(parts),
        )
    ]
    desk.mark("open.before-fact")
    desk.casebook.append(facts, expected, SYSTEM)
    return tuple(parts)


def _held(message: Message) -> ItemHeld | None:
    code = (
        "sealed-mail" if message.sealed else "automatic" if message.automatic else None if message.parts else "no-attachment"
    )
    if code is None:
        return None
    decided = decide((code,))
    assert isinstance(decided, Quarantine)
    return ItemHeld(code=code, why=(decided.why,), next_step=decided.next_step)
