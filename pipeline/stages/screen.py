"""Screen: may the file be opened at all? Judged by its structure, before any parser runs."""

from __future__ import annotations

from pipeline.desk import Desk
from pipeline.domain.facts import ItemHeld, ItemScreened
from pipeline.domain.item import Item
from pipeline.domain.screening import Accept, Quarantine
from pipeline.domain.screening import screen as decide
from pipeline.ports import FileKind


def screen(item: Item, content: bytes, desk: Desk) -> ItemScreened | ItemHeld:
    """Returns the fact to write: screened, with the kind of file, or held with the reason and what to do."""
    if item.received.route == "message-text":
        return ItemScreened(kind=FileKind.TEXT.value)
    found = desk.examiner.examine(content, item.received.name)
    match decide(found.trouble):
        case Accept():
            return ItemScreened(kind=found.kind.value)
        case Quarantine(code=code, why=why, next_step=next_step):
            return ItemHeld(code=code, why=(why,), next_step=next_step)
