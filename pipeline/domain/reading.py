"""A rule's deadline in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from pipeline.domain.profile import Direction, Rule, Trigger, Unit

_TRIGGER_WORDS: Mapping[Trigger, str] = {
    Trigger.CONFERENCE_START: "the start of the conference",
    Trigger.CONFERENCE_END: "the end of the conference",
    Trigger.DECISION: "the decision",
    Trigger.FIRST_STRATEGY_DISCUSSION: "the first strategy discussion",
    Trigger.S47_DISCUSSION: "the strategy discussion that initiated the section 47 enquiry",
    Trigger.CONSULTATION_REQUEST: "the request for a consultation",
    Trigger.DECISION_TO_PROGRESS: "the decision to progress to a conference",
    Trigger.NOTICE_SENT: "the sending of the decision notice to that recipient",
    Trigger.FIRST_CORE_GROUP: "the first core group",
    Trigger.CORE_GROUP: "the last core group",
    Trigger.VISIT: "the last visit",
    Trigger.SIGNIFICANT_EVENT: "the event",
    Trigger.NEXT_REVIEW: "the next review conference",
}


def in_words(rule: Rule) -> str:
    """Returns the rule's amount, unit and trigger as people would say them."""
    trigger, n = _TRIGGER_WORDS[rule.trigger], rule.amount
    side = f"{rule.direction.value} {trigger}"
    first = ", the day itself being day 1" if rule.inclusive else ", the next day being day 1"
    counting = first if rule.direction is Direction.AFTER or rule.inclusive else ""
    match rule.unit:
        case Unit.HOURS:
            return f"{_counted(n, 'elapsed hour')} {side}, nights, weekends and bank holidays included"
        case Unit.WD_WALL:
            return f"the same wall-clock time on the {_ordinal(n)} working day {side}{counting}"
        case Unit.CD_WALL:
            return f"the same wall-clock time on the {_ordinal(n)} calendar day {side}{counting}"
        case Unit.WD_EOD:
            return f"the end (23:59:59) of the {_ordinal(n)} working day {side}{counting}"
        case Unit.CD_EOD:
            return f"the end (23:59:59) of the {_ordinal(n)} calendar day {side}{counting}"
        case Unit.MONTHS:
            return (
                f"the end (23:59:59) of the same day number {_counted(n, 'month')} {side}, or of that month's last day"
            )
        case Unit.CLOCK_ON_NTH_WD | Unit.CLOCK_ON_NTH_CD:
            kind = "working day" if rule.unit is Unit.CLOCK_ON_NTH_WD else "calendar day"
            which = f"the {_ordinal(n)} {kind} {side}" if n else f"the day of {trigger}"
            return f"{rule.clock:%H:%M} on {which}{counting if n else ''}"
        case Unit.SAME_DAY:
            return f"the end (23:59:59) of the day of {trigger}"
        case Unit.AT_TRIGGER:
            return f"at {trigger}"
        case Unit.HALFWAY:
            second = _TRIGGER_WORDS[rule.until] if rule.until is not None else "the second instant"
            return f"the end (23:59:59) of the day half-way between {trigger} and {second}"
        case _:
            assert_never(rule.unit)


def in_short(rule: Rule) -> str:
    """Returns the deadline in a few words, to be set side by side: '48 h before the start of the conference'.

    h: elapsed hours; wd: working days, to their end; cd: calendar days, likewise; mo: months; "same time": at the clock
    time of the trigger.
    """
    n, trigger = rule.amount, _TRIGGER_WORDS[rule.trigger]
    side = f"{rule.direction.value} {trigger}"
    first = ", first day included" if rule.inclusive else ""
    match rule.unit:
        case Unit.HOURS:
            return f"{n} h {side}"
        case Unit.WD_WALL | Unit.CD_WALL:
            return f"{n} {'wd' if rule.unit is Unit.WD_WALL else 'cd'} {side}, same time{first}"
        case Unit.WD_EOD | Unit.CD_EOD:
            return f"{n} {'wd' if rule.unit is Unit.WD_EOD else 'cd'} {side}{first}"
        case Unit.MONTHS:
            return f"{n} mo {side}"
        case Unit.CLOCK_ON_NTH_WD | Unit.CLOCK_ON_NTH_CD:
            kind = "wd" if rule.unit is Unit.CLOCK_ON_NTH_WD else "cd"
            return (
                f"{rule.clock:%H:%M}, {n} {kind} {side}{first}" if n else f"{rule.clock:%H:%M} on the day of {trigger}"
            )
        case Unit.SAME_DAY:
            return f"the day of {trigger}"
        case Unit.AT_TRIGGER:
            return f"at {trigger}"
        case Unit.HALFWAY:
            return f"half-way from {trigger}" + (f" to {_TRIGGER_WORDS[rule.until]}" if rule.until is not None else "")
        case _:
            assert_never(rule.unit)


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
