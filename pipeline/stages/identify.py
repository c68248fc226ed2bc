"""Identify: whose report is it?"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.desk import Desk
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Candidate, Document
from pipeline.domain.identity import (
    DOMAIN,
    Evidence,
    Identified,
    NeedsPerson,
    by_mailbox,
    holds_confidential_section,
    references_in,
)
from pipeline.domain.identity import identify as decide
from pipeline.domain.item import Item
from pipeline.domain.minutes import MINUTES, is_built_as_minutes
from pipeline.domain.people import ItemId
from pipeline.domain.report_form import unfilled


def identify(item: Item, pages: Sequence[str], desk: Desk) -> Identified | NeedsPerson:
    """Returns whose report the item is, or why a person has to say."""
    evidence = Evidence(
        name=item.received.name, pages=pages, sender=item.received.sender, subject=item.received.subject
    )
    found = decide(
        evidence,
        desk.casebook.open_conferences(),
        other_children=desk.casebook.other_children(),
        team_address=desk.office.sender,
    )
    if isinstance(found, NeedsPerson) and found.code == "no-reference":
        text = "\n".join((evidence.subject or "", evidence.name, *pages))
        closed = references_in(text, desk.casebook.cancelled())
        if closed:
            why = f"it names a conference that was cancelled ({', '.join(sorted(closed))})"
            return NeedsPerson(code="cancelled", why=(why,), candidates=found.candidates)
    if isinstance(found, Identified) and (doubt := _doubt(found, evidence, item, desk)) is not None:
        code, why = doubt
        because = "fits by " + ", ".join(found.evidence)
        likely = Candidate(conference=found.conference, person=found.person, because=because)
        return NeedsPerson(code=code, why=(why,), candidates=(likely,))
    return found


def _doubt(found: Identified, evidence: Evidence, item: Item, desk: Desk) -> tuple[str, str] | None:
    """Returns what a person has to look at although it is plain whose it is: code and sentence, or None."""
    conference = desk.casebook.conference(found.conference)
    reports = conference.reports.values()
    if any(r.unfiled and r.filed.sha256 == item.received.sha256 and r.filed.person == found.person for r in reports):
        return "taken-back", "a person took these very bytes back from this person before"
    if (other := _of_another_mailbox(found, item, conference, desk)) is not None:
        return (
            "another-mailbox",
            f"{other} is of {found.person} too, and of one of the two only the domain is theirs: say which is their report",
        )
    if any(notice.gone for notice in conference.copies_of(found.person, Document.DECISION_NOTICE)):
        return (
            "answer",
            "the decision notice went to this person before it came: it may be an answer (`packs response REF PERSON --item ITEM"
            " --by NAME`) or a report after all",
        )
    if is_built_as_minutes(evidence.pages):
        return MINUTES, "it is built as drafted minutes are, without their mark: `packs minutes take`, or say whose report it is"
    if unfilled(evidence.pages):
        return "unfilled", "it is the empty report form: nothing stands below its headings; ask its sender for the report"
    if not found.confidential and holds_confidential_section(evidence):
        return (
            "confidential-inside",
            "a heading inside it calls a part confidential or for the chair only: ask for that part as a file of its own, or"
            " file it whole, with `--confidential` for the chair alone",
        )
    return None


def _of_another_mailbox(found: Identified, item: Item, conference: Conference, desk: Desk) -> ItemId | None:
    """Returns the report of theirs that this one would supersede, or be superseded by, though one of the two only has the domain.

    What a person filed, and these very bytes again, are no matter of doubt.
    """
    who = conference.people[found.person]
    for report in (conference.versions(who.id) or [[]])[-1]:
        before = desk.casebook.item(report.item)
        sender, again = before.received.sender, report.filed.sha256 == item.received.sha256
        if sender is None or again:
            continue
        if DOMAIN in found.evidence and by_mailbox([who], sender):
            return report.item
        by_domain = before.resolved is None and not by_mailbox([who], sender)
        if "sender" in found.evidence and by_domain and item.received_at < report.received_at:
            return report.item
    return None
