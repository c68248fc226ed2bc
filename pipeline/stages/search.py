"""Search: a filed report, or a version of the minutes, is searched for the protected details it has not been searched for yet."""

from __future__ import annotations

import json

from pipeline.casebook import Decision, conference_stream, item_stream
from pipeline.desk import SYSTEM, TEXT, Desk
from pipeline.domain.case import Case
from pipeline.domain.facts import MinutesSearched, ReportSearched
from pipeline.domain.minutes_versions import version_of
from pipeline.domain.people import ItemId
from pipeline.domain.protected import findings
from pipeline.domain.records import MinutesVersion


def search(reference: str, item: str, desk: Desk) -> None:
    """Writes what was searched for and what was found; a finding holds nothing up, need-to-know reads it."""

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        if (version := version_of(case.conference, ItemId(item))) is not None:
            return _of_minutes(case, version, desk)
        report = case.conference.reports.get(ItemId(item))
        details = [d for d in case.conference.protected if report is not None and d.id not in report.searched]
        if report is None or report.unfiled or not details:
            return None
        received = desk.casebook.item(item)
        assert received.converted is not None
        pages = json.loads(desk.vault.get(item_stream(item), received.converted.text, TEXT))
        searched = ReportSearched(
            item=report.item, searched=tuple(d.id for d in details), found=findings(pages, details)
        )
        return Decision(facts={conference_stream(reference): [searched]}, expected=case.heads)

    desk.casebook.decide(decision, SYSTEM)


def _of_minutes(case: Case, version: MinutesVersion, desk: Desk) -> Decision | None:
    details = [detail for detail in case.conference.protected if detail.id not in version.searched]
    if not details:
        return None
    pages = json.loads(desk.vault.get(item_stream(version.taken.item), version.taken.text, TEXT))
    searched = MinutesSearched(
        number=version.number, searched=tuple(d.id for d in details), found=findings(pages, details)
    )
    return Decision(facts={conference_stream(case.conference.reference): [searched]}, expected=case.heads)
