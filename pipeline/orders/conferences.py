"""Orders about conferences: convene, move, split into sessions, cancel."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.booking_acts import Said, as_it_stands, asks, blocking, said_of_booking, sentences
from pipeline.domain.calendar import spoken, to_local
from pipeline.domain.conference import Conference
from pipeline.domain.consultation import consultation_triggers, steps_said
from pipeline.domain.facts import (
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceMoved,
    Fact,
    SessionSet,
)
from pipeline.domain.pack import send_at
from pipeline.domain.people import (
    Booking,
    ConferenceRef,
    PersonId,
)
from pipeline.domain.written import name_problem
from pipeline.errors import RefusedError
from pipeline.orders.people import in_directory, known_people, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Convened:
    """A convened conference and what the person who booked it should know at once."""

    reference: ConferenceRef
    warnings: tuple[str, ...]


def _new_reference(desk: Desk) -> ConferenceRef:
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    while True:
        reference = ConferenceRef("CP-" + "".join(secrets.choice(alphabet) for _ in range(8)))
        if desk.casebook.ledger.head(conference_stream(reference)) == 0:
            return reference


def convene(
    bookings: Sequence[Booking],
    actor: str,
    desk: Desk,
    *,
    accepted_by: str = "",
    beside: Callable[[Sequence[ConferenceRef]], Decision] | None = None,
) -> list[Convened]:
    """Convenes all of the bookings, or none. `accepted_by` is who accepted the draft of a form.

    `beside` returns what is written together with them; it is given their references and may refuse.

    Raises:
        RefusedError: references are taken, or stand twice among the bookings, or a rule forbids one of them.
    """
    done: list[ConferenceRef] = []

    def decision() -> Decision | None:
        _free([b.reference for b in bookings if b.reference is not None], desk)
        _permitted(bookings, desk)
        done.clear()
        facts: dict[str, list[Fact]] = {}
        expected: dict[str, int] = {}
        for booking in bookings:
            reference = booking.reference or _new_reference(desk)
            people = []
            for person in booking.people:
                entered, made, heads = in_directory(person, desk)
                people.append(entered)
                facts.update(made)
                expected.update(heads)
            whole = replace(booking, reference=reference, people=tuple(people))
            facts[conference_stream(reference)] = [
                ConferenceConvened(reference=reference, booking=whole, accepted_by=accepted_by),
                *steps_said(booking.consultation),
            ]
            expected[conference_stream(reference)] = 0
            done.append(reference)
        if beside is not None:
            more = beside(done)
            for stream, written in more.facts.items():
                facts.setdefault(stream, []).extend(written)
            expected.update(more.expected)
        return Decision(facts=facts, expected=expected)

    desk.casebook.decide(decision, actor)
    return [Convened(reference=ref, warnings=tuple(_warnings(ref, desk))) for ref in done]


def looked_at(booking: Booking, desk: Desk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns what forbids a booking that is not convened yet, and what the rules warn of; nothing is written."""
    said = _said(booking, _others(booking, "", desk), desk)
    forbidden = blocking(said)
    warned = sentences([one for one in said if one not in forbidden])
    return sentences(forbidden), (*_closed(booking.start_at, desk), *warned)


def _closed(start_at: datetime, desk: Desk) -> tuple[str, ...]:
    """Returns the warning of a start on a day that is no working day."""
    if desk.casebook.calendar.is_working_day(to_local(start_at).date()):
        return ()
    return (f"it starts {spoken(start_at)}, a day when offices are closed",)


def _free(references: Sequence[ConferenceRef], desk: Desk) -> None:
    """Refuses references that are taken, all at once; small and capital letters count as the same."""
    known = {ref.casefold() for ref in desk.casebook.references()}
    times = Counter(reference.casefold() for reference in references)
    taken = [ref for ref in dict.fromkeys(references) if ref.casefold() in known or times[ref.casefold()] > 1]
    if taken:
        raise RefusedError(
            f"Taken already, or given twice: {', '.join(taken)}; nothing was changed. Give another reference or none."
        )


def _permitted(bookings: Sequence[Booking], desk: Desk) -> None:
    """Refuses bookings that a rule of their profile forbids, all at once."""
    forbidden: list[str] = []
    for number, booking in enumerate(bookings, start=1):
        others = [*_others(booking, "", desk), *(one for one in bookings if one is not booking)]
        where = f"{booking.reference or f'booking {number}'}: " if len(bookings) > 1 else ""
        said = booking.consultation
        instants = (said.requested_at, said.held_at, said.decided_at) if said is not None else ()
        if any(at is not None and at > desk.clock.now() for at in instants):
            forbidden.append(f"{where}the consultation lies in the future.")
        forbidden += [where + line for line in sentences(blocking(_said(booking, others, desk)))]
    if forbidden:
        raise RefusedError(
            f"{' '.join(forbidden)} Nothing was convened: put it right in the booking, then convene it again."
        )


def _said(
    booking: Booking, others: Sequence[Booking], desk: Desk, conference: Conference | None = None
) -> tuple[Said, ...]:
    profile, on = desk.casebook.profile(booking.profile), to_local(desk.clock.now()).date()
    return said_of_booking(
        booking,
        profile,
        desk.casebook.calendar,
        on,
        others=others,
        recorded=consultation_triggers(conference) if conference is not None else None,
        booked_at=conference.convened_at if conference is not None else None,
    )


def _others(booking: Booking, reference: str, desk: Desk) -> list[Booking]:
    """Returns the other open conferences as they stand; none where the profile asks nothing of the chair's slots."""
    if not asks(desk.casebook.profile(booking.profile), "slots-overlap"):
        return []
    return [as_it_stands(c) for ref, c in desk.casebook.open_conferences().items() if ref != reference]


def _rules_warn(reference: str, desk: Desk) -> tuple[str, ...]:
    """Returns what the rules say of the conference as it stands, one line per rule."""
    conference = desk.casebook.conference(reference)
    booking = as_it_stands(conference)
    return sentences(_said(booking, _others(booking, reference, desk), desk, conference))


def _moved_warn(reference: str, desk: Desk) -> tuple[str, ...]:
    return (*_closed(desk.casebook.conference(reference).start_at, desk), *_rules_warn(reference, desk))


def _warnings(reference: str, desk: Desk) -> list[str]:
    case = desk.casebook.case(reference)
    now = desk.clock.now()
    overdue = case.profile.review_warning(max(now, case.conference.start_at).date())
    warnings = [overdue] if overdue is not None else []
    for person in case.conference.people.values():
        if person.include is False:
            continue
        going = send_at(case, person)
        if case.calendar.office_time_between(now, going) < timedelta(hours=2):
            warnings.append(
                f"{person.id}: its pack is to leave {spoken(going)}, under two office hours from now; arrange cover"
            )
    if case.conference.start_at < now:
        warnings.append("the start lies in the past")
    warnings += _closed(case.conference.start_at, desk)
    return [*warnings, *_rules_warn(reference, desk)]


def move(
    reference: str,
    start_at: datetime,
    because: str,
    actor: str,
    desk: Desk,
    *,
    limit_because: str | None = None,
    limit_by: str | None = None,
) -> tuple[str, ...]:
    """Gives the conference a new start (UTC), and returns what the rules say of it.

    Everything due is derived from it anew; old judgements are kept. No rule stops a move: it may be out of our hands.
    """
    conference = desk.casebook.conference(reference)
    if conference.start_at == start_at:
        raise RefusedError(f"{reference} starts then already; nothing was changed.")
    if conference.outcome is not None:
        raise RefusedError(f"{reference} has taken place: its outcome is recorded. Nothing was changed.")
    if any(discussion.at >= start_at for discussion in conference.booking.strategy_discussions):
        raise RefusedError("That is not after the strategy discussions of the booking; nothing was changed.")
    moved = ConferenceMoved(start_at=start_at, because=because, limit_because=limit_because, limit_by=limit_by)
    record(reference, actor, desk, [moved])
    return _moved_warn(reference, desk)


def set_session(
    reference: str, name: str, start_at: datetime, people: Sequence[str], because: str, actor: str, desk: Desk
) -> tuple[str, ...]:
    """Records one part of a split conference with its people, in place of one of that name; returns who is in no part.

    Without people that part is no longer held. Packs are made anew: each reader's holds the reports of those they sit with.

    Raises:
        NotFoundError: a person is not of the conference.
        RefusedError: it begins before the day of the conference, which has taken place, or somebody in it is not included.

    Source: domain.md SWG-9.
    """
    known_people(reference, people, desk)
    conference = desk.casebook.conference(reference)
    if conference.outcome is not None:
        raise RefusedError(f"{reference} has taken place: its outcome is recorded. Nothing was changed.")
    if trouble := name_problem(name):
        raise RefusedError(f"The session's name {trouble}. Nothing was changed.")
    if to_local(start_at).date() < to_local(conference.start_at).date():
        raise RefusedError(f"That is before the day of {reference}; nothing was changed.")
    left_out = [one for one in people if conference.people[PersonId(one)].include is False]
    if left_out:
        raise RefusedError(f"{', '.join(left_out)}: not to be included in the conference. Nothing was changed.")
    if not people and all(session.name != name for session in conference.sessions):
        raise RefusedError(f"{reference} has no session of that name; nothing was changed.")
    chosen = tuple(PersonId(one) for one in dict.fromkeys(people))
    record(reference, actor, desk, [SessionSet(name=name, start_at=start_at, people=chosen, because=because)])
    return desk.casebook.conference(reference).in_no_session()


def cancel(reference: str, because: str, actor: str, desk: Desk) -> None:
    """Records that the conference does not take place; nothing more is sent for it."""
    record(reference, actor, desk, [ConferenceCancelled(because=because)])
