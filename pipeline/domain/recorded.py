"""What has been recorded since the booking, as far as rules count from it or ask for it."""

from __future__ import annotations

from datetime import datetime

from pipeline.domain.acting import Known
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Document
from pipeline.domain.outcome import Rag
from pipeline.domain.profile import Trigger


def recorded_triggers(conference: Conference) -> dict[Trigger, datetime]:
    """Returns the instants that have been recorded since the booking: the end and decision, the dates set, what was done."""
    found: dict[Trigger, datetime] = {}
    outcome = conference.outcome
    if outcome is not None:
        found[Trigger.CONFERENCE_END] = outcome.ended_at
        found[Trigger.DECISION] = outcome.decision_at
        set_dates = {Trigger.NEXT_REVIEW: outcome.review_at, Trigger.FIRST_CORE_GROUP: outcome.core_group_at}
        found |= {trigger: at for trigger, at in set_dates.items() if at is not None}
    notices = [c.accepted_at for c in conference.copies.values() if c.document is Document.DECISION_NOTICE and c.accepted_at]
    if notices:
        found[Trigger.NOTICE_SENT] = min(notices)
    for fact, _ in conference.done:
        for duties_, trigger in _LAST:
            if fact.duty in duties_:
                found[trigger] = max(fact.done_at, found.get(trigger, fact.done_at))
    return found


_LAST = ((frozenset({"core-group"}), Trigger.CORE_GROUP), (frozenset({"visit", "first-visit"}), Trigger.VISIT))
"""Duties that come again: what is next is counted from the last one."""


def known_facts(conference: Conference) -> dict[str, Known]:
    """Returns what the outcome says of the facts that rules of the time after it ask for; nothing before it."""
    outcome = conference.outcome
    if outcome is None:
        return {}
    known: dict[str, Known] = {"plan-made": outcome.with_plan}
    grades = [child.grade for child in outcome.children if child.grade is not None]
    ratings = [child.rag for child in outcome.children if child.rag is not None]
    if grades:
        known["grade"] = min(grades)
    if ratings:
        known["rag"] = (Rag.RED if Rag.RED in ratings else ratings[0]).value
    return known
