"""The sending gate: every condition that must hold when a sending is claimed, and again just before its first byte."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.domain.addresses import AddressState
from pipeline.domain.case import Case
from pipeline.domain.copies import goes_at, outdated, route_of, shared_mailbox, still_right
from pipeline.domain.entitlement import entitlement, standing_for
from pipeline.domain.facts import OF_REPORTS
from pipeline.domain.pack import releases_missing
from pipeline.domain.profile import Route
from pipeline.domain.records import Copy, Outgoing

RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60))
"""After the n-th attempt that was not taken; the last for every later one (mail.md section 6)."""


OURS = frozenset({"restart", "gate.closed"})
"""Codes of sendings that no server refused: a crash before the body, a gate that closed. No wait follows."""


def may_go_at(case: Case, copy: Copy) -> datetime:
    """Returns from when the copy may go: a pack at its time, a supplement not before the pack's time, retries after a wait.

    What is written from the outcome may go as soon as that is recorded.
    """
    at = goes_at(case, case.conference.people[copy.person], copy.document)
    again = after_refusals(copy)
    return at if again is None else max(at, again)


def after_refusals(outgoing: Outgoing) -> datetime | None:
    """Returns from when a message that was not taken may be tried again; None where nothing is to be waited for."""
    if not outgoing.not_taken or outgoing.not_taken[-1][0].code in OURS:
        return None
    refusals = sum(not_taken.code not in OURS for not_taken, _ in outgoing.not_taken)
    return outgoing.not_taken[-1][1] + RETRY_AFTER[min(refusals, len(RETRY_AFTER)) - 1]


def closed_because(case: Case, copy: Copy, now: datetime, *, address: str | None = None) -> str | None:
    """Returns the first condition that does not hold, in words, or None where the copy may go now.

    `address` is the one already claimed, when asked again before the first byte: it must still be the confirmed one.
    Without it the question is whether a sending may be claimed: never while another is in hand.
    Missing facts count as a condition that does not hold.
    """
    conference = case.conference
    if case.house.stopped is not None:
        return "all sending is stopped (`packs resume`)"
    if conference.stopped is not None:
        return "sending for this conference is stopped (`packs resume REF`)"
    if conference.cancelled is not None:
        return "the conference is cancelled"
    if copy.document in OF_REPORTS and now >= conference.end_at:
        return "the conference has ended; nothing more goes by itself"
    person = conference.people.get(copy.person)
    if person is None:
        return "the person is not of this conference any more"
    if copy.voided is not None:
        return "it was replaced or withdrawn"
    if copy.accepted is not None:
        return "it was sent"
    if copy.unknown is not None:
        return "nobody knows whether it was sent; a person settles it (`packs settle`)"
    if copy.in_hand and (address is None or copy.body_started):
        return "its sending is in hand"
    if copy.failed:
        return "the receiving server refused it for good; correct the address"
    if copy.refused is not None:
        return "a person refused it"
    if copy.composed is None:
        return "it did not pass its proof"
    if missing := releases_missing(case, copy):
        return f"it needs {missing} more release(s) (`packs release`)"
    if route_of(case, person, copy.document) is Route.HELD:
        return "it never goes by itself: hand it over (`packs export`, `packs handed-over`)"
    standing = standing_for(case, copy.person, copy.document)
    state = standing.state(now)
    if state is not AddressState.CONFIRMED:
        return f"no confirmed address ({state.value}): confirm it with `packs address confirm`"
    if address is not None and standing.address != address:
        return "the address changed since the sending was claimed"
    may = entitlement(case, copy.person, copy.document, superseded=True)
    if not may.document:
        return may.because
    if not set(copy.items) <= set(may.allowed):
        return "it holds something this person may no longer have"
    if why := shared_mailbox(case, person, copy):
        return why
    if not still_right(case, copy, now):
        return "something that shaped it has changed since it was composed"
    if outdated(case, copy, now):
        return "it is being replaced: what this person ought to have now is something else"
    if now < may_go_at(case, copy):
        return "it is not yet time"
    if not case.can_send:
        return "no mail server is set for this home: name one under [smtp] in packs.toml"
    return None
