"""The fold: one received file or message from its facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.domain import facts as f
from pipeline.domain.people import ItemId


class ItemState(StrEnum):
    """Where an item stands. Every received item ends in a state that is shown."""

    RECEIVED = "received"
    RESOLVED = "resolved"
    OPENED = "opened"
    HELD = "held"
    FILED = "filed"
    REPEATED = "repeated"
    DISMISSED = "dismissed"
    MINUTES = "minutes"


@dataclass(slots=True, kw_only=True)
class Item:
    """An item as its facts leave it."""

    id: ItemId
    received: f.ItemReceived
    state: ItemState = ItemState.RECEIVED
    state_seq: int = 1
    state_at: datetime
    head: int = 0
    screened: f.ItemScreened | None = None
    opened: f.MessageOpened | None = None
    converted: f.ItemConverted | None = None
    held: f.ItemHeld | None = None
    resolved: f.ItemResolved | None = None
    dismissed: f.ItemDismissed | None = None
    filed: f.ItemFiled | None = None
    repeated: f.ItemRepeated | None = None
    minutes: f.ItemBecameMinutes | None = None
    received_at: datetime
    corrected: f.ReceiptCorrected | None = None
    attempts: dict[str, list[tuple[f.AttemptEnded, datetime]]] = field(default_factory=dict)
    retry_asked: int = 0


def fold(recorded: Sequence[f.Recorded]) -> Item | None:
    """Returns the item, or None where the facts do not begin with its receipt."""
    if not recorded or not isinstance(recorded[0].fact, f.ItemReceived):
        return None
    first = recorded[0].fact
    item = Item(
        id=ItemId(recorded[0].stream.partition(":")[2]),
        received=first,
        state_at=recorded[0].at,
        received_at=first.received_at,
    )
    for entry in recorded:
        _apply(item, entry)
    return item


def _move(item: Item, state: ItemState, entry: f.Recorded) -> None:
    item.state, item.state_seq, item.state_at = state, entry.seq, entry.at


def _apply(item: Item, entry: f.Recorded) -> None:
    item.head = entry.seq
    match entry.fact:
        case f.ItemScreened() as fact:
            item.screened = fact
        case f.MessageOpened() as fact:
            item.opened = fact
            _move(item, ItemState.OPENED, entry)
        case f.ItemConverted() as fact:
            item.converted = fact
        case f.ItemHeld() as fact:
            item.held = fact
            _move(item, ItemState.HELD, entry)
        case f.ItemResolved() as fact:
            item.resolved = fact
            _move(item, ItemState.RESOLVED, entry)
        case f.ItemDismissed() as fact:
            item.dismissed = fact
            _move(item, ItemState.DISMISSED, entry)
        case f.ItemFiled() as fact:
            item.filed, item.repeated = fact, None
            _move(item, ItemState.FILED, entry)
        case f.ItemRepeated() as fact:
            item.repeated, item.filed = fact, None
            _move(item, ItemState.REPEATED, entry)
        case f.ItemBecameMinutes() as fact:
            item.minutes = fact
            _move(item, ItemState.MINUTES, entry)
        case f.ItemUnfiled():
            item.filed, item.resolved = None, None
            _move(item, ItemState.HELD, entry)
            item.held = f.ItemHeld(
                code="unfiled", why=("it was filed wrongly and taken back",), next_step="packs resolve"
            )
        case f.ReceiptCorrected() as fact:
            item.corrected, item.received_at = fact, fact.received_at
        case f.AttemptEnded() as fact:
            item.attempts.setdefault(fact.key, []).append((fact, entry.at))
        case f.RetryAsked():
            item.retry_asked = entry.seq
            _move(item, ItemState.RECEIVED, entry)
        case _:
            pass


def written_by_people(messages: Sequence[Item]) -> bool:
    """Returns True where something lay in these e-mails, and none of them says that a machine or a list sent it (RFC 3834)."""
    return bool(messages) and all(
        one.opened is not None and one.opened.automatic is None and bool(one.opened.sender) for one in messages
    )
