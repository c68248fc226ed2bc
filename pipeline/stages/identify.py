"""Identify: whose report is it?"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.desk import Desk
from pipeline.domain.identity import Evidence, Identified, NeedsPerson, references_in
from pipeline.domain.identity import identify as decide
from pipeline.domain.item import Item


def identify(item: Item, pages: Sequence[str], desk: Desk) -> Identified | NeedsPerson:
    """Returns whose report the item is, or why a person has to say."""
    evidence = Evidence(
        name=item.received.name, pages=pages, sender=item.received.sender, subject=item.received.subject
    )
    found = decide(evidence, desk.casebook.open_conferences(), other_children=desk.casebook.other_children())
    if isinstance(found, NeedsPerson) and found.code == "no-reference":
        text = "\n".join((evidence.subject or "", evidence.name, *pages))
        closed = references_in(text, desk.casebook.cancelled())
        if closed:
            why = f"it names a conference that was cancelled ({', '.join(sorted(closed))})"
            return NeedsPerson(code="cancelled", why=(why,), candidates=found.candidates)
    return found
