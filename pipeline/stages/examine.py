"""Examine: a filed report is read for the parts that the authority requires, again when the words to look for changed."""

from __future__ import annotations

import json

from pipeline.casebook import Decision, conference_stream, item_stream
from pipeline.desk import SYSTEM, TEXT, Desk
from pipeline.domain.completeness import examined, to_examine
from pipeline.domain.people import ItemId


def examine(reference: str, item: str, desk: Desk) -> None:
    """Writes which parts the report holds; what is missing holds nothing up."""

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        report = next((r for r in to_examine(case) if r.item == item), None)
        if report is None:
            return None
        converted = desk.casebook.item(item).converted
        assert converted is not None
        pages = json.loads(desk.vault.get(item_stream(item), converted.text, TEXT))
        fact = examined(
            case.profile,
            ItemId(item),
            pages,
            author=case.conference.people[report.filed.person].name,
            unreadable=bool(converted.unreadable),
            of_pictures=bool(converted.ocr),
        )
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, SYSTEM)
