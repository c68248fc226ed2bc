"""File: the item becomes a person's report in the conference, judged, searched and read for its parts in the same breath."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.casebook import Decision, conference_stream, item_head, item_stream
from pipeline.desk import SYSTEM, Desk
from pipeline.domain.case import Case
from pipeline.domain.completeness import examined
from pipeline.domain.conference import Conference
from pipeline.domain.facts import (
    Content,
    Fact,
    ItemFiled,
    ItemRepeated,
    Recorded,
    ReportFiled,
    ReportRepeated,
)
from pipeline.domain.fold import fold as fold_conference
from pipeline.domain.identity import Identified, children_named
from pipeline.domain.item import Item, ItemState, written_by_people
from pipeline.domain.judgement import judge
from pipeline.domain.people import ChildId, ItemId, Role
from pipeline.domain.protected import findings
from pipeline.domain.records import Report


def file(item_id: str, identified: Identified, pages: Sequence[str], desk: Desk) -> None:
    """Files the item for the identified person; the same bytes a second time are a repeat, never a new version.

    The item's key is wrapped under the conference's before the fact that relies on it.
    """
    stream = item_stream(item_id)

    def decision() -> Decision | None:
        item = desk.casebook.item(item_id)
        if item.state not in (ItemState.RECEIVED, ItemState.RESOLVED) or item.converted is None:
            return None
        case = desk.casebook.case(identified.conference)
        expected = {**case.heads, **item_head(item)}
        home = conference_stream(identified.conference)
        same = next(
            (r for r in case.conference.filed(identified.person) if r.filed.sha256 == item.received.sha256), None
        )
        if same is not None:
            repeated = ItemRepeated(of=same.item, conference=identified.conference, person=identified.person)
            again = ReportRepeated(item=item.id, of=same.item, group=_mail_of(item, desk))
            return Decision(facts={stream: [repeated], home: [again]}, expected=expected)
        filed = _filed(case, item, identified, pages, desk)
        facts: list[Fact] = [filed]
        facts.append(judge(_with(case, filed, desk), case.profile, case.calendar, _report(case, filed, desk)))
        if filed.content is not Content.CONFIDENTIAL_SECTION:
            author = case.conference.people[identified.person].name
            of_pictures, unreadable = bool(item.converted.ocr), bool(item.converted.unreadable)
            facts.append(
                examined(case.profile, item.id, pages, author=author, unreadable=unreadable, of_pictures=of_pictures)
            )
        done = ItemFiled(
            conference=identified.conference, person=identified.person, evidence=identified.evidence
        )
        return Decision(facts={stream: [done], home: facts}, expected=expected)

    desk.keys.rewrap(stream, conference_stream(identified.conference))
    desk.mark("file.before-fact")
    desk.casebook.decide(decision, SYSTEM)
    desk.mark("file.after-fact")


def _mail_of(item: Item, desk: Desk) -> ItemId | None:
    """Returns the e-mail that the item came in, the outermost where one lay inside another; None for a dropped file."""
    if item.received.parent is None:
        return None
    return _mail_of(desk.casebook.item(item.received.parent), desk) or item.received.parent


def _around(item: Item, desk: Desk) -> list[Item]:
    """Returns the messages that the item lay in, the innermost first; none for a dropped file."""
    if item.received.parent is None:
        return []
    message = desk.casebook.item(item.received.parent)
    return [message, *_around(message, desk)]


def _filed(case: Case, item: Item, identified: Identified, pages: Sequence[str], desk: Desk) -> ReportFiled:
    converted = item.converted
    assert converted is not None
    person = case.conference.people[identified.person]
    confidential = identified.confidential or bool(item.resolved and item.resolved.confidential)
    content = (
        Content.CONFIDENTIAL_SECTION
        if confidential
        else Content.SOCIAL_WORKER_REPORT
        if person.role is Role.SOCIAL_WORKER
        else Content.AGENCY_REPORT
    )
    return ReportFiled(
        item=item.id,
        person=identified.person,
        content=content,
        group=_mail_of(item, desk) or item.id,
        settled_at=item.received.settled_at,
        sha256=item.received.sha256,
        rendition=converted.rendition,
        pages=converted.pages,
        fingerprints=converted.fingerprints,
        received_at=item.received_at,
        earliest_at=None if item.corrected else item.received.earliest_at,
        concerns=tuple(ChildId(c) for c in children_named(case.conference, pages)),
        searched=tuple(d.id for d in case.conference.protected),
        found=findings(pages, case.conference.protected),
        unreadable=converted.unreadable,
        flags=converted.flags,
        from_a_mailbox=written_by_people(_around(item, desk)),
    )


def _with(case: Case, filed: ReportFiled, desk: Desk) -> Conference:
    """Returns the conference as it will be once this report is filed."""
    recorded = desk.casebook.facts(conference_stream(case.conference.reference))
    upto = [entry for entry in recorded if entry.seq <= case.conference.head]
    next_one = Recorded(
        stream=upto[0].stream, seq=case.conference.head + 1, at=desk.clock.now(), actor=SYSTEM, fact=filed
    )
    folded = fold_conference([*upto, next_one])
    assert folded is not None
    return folded


def _report(case: Case, filed: ReportFiled, desk: Desk) -> Report:
    return _with(case, filed, desk).reports[filed.item]
