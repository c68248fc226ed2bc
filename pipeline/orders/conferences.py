"""Orders about conferences: convene, move, cancel, exclude, protect, people."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.casebook import Decision, conference_stream, contact_stream
from pipeline.desk import Desk
from pipeline.domain.addresses import normalised
from pipeline.domain.booking_acts import Said, as_it_stands, asks, blocking, said_of_booking, sentences
from pipeline.domain.calendar import spoken, to_local
from pipeline.domain.conference import Conference
from pipeline.domain.consultation import consultation_triggers, steps_said
from pipeline.domain.facts import (
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceMoved,
    ContactMade,
    DetailProtected,
    ExclusionMade,
    Fact,
    PersonAdded,
    PersonChanged,
    SessionSet,
)
from pipeline.domain.opaque import holds_name, words_of
from pipeline.domain.pack import send_at
from pipeline.domain.people import (
    Booking,
    ConferenceRef,
    ContactId,
    DetailId,
    DetailKind,
    ExcludedFrom,
    Exclusion,
    Person,
    PersonId,
    ProtectedDetail,
    Role,
)
from pipeline.domain.written import detail_problem, name_problem
from pipeline.errors import NotFoundError, RefusedError
from pipeline.orders import linked
from pipeline.orders.linked import Also


@dataclass(frozen=True, slots=True, kw_only=True)
class Convened:
    """A convened conference and what the person who booked it should know at once."""

    reference: ConferenceRef
    warnings: tuple[str, ...]


def contact_id(agency: str | None, address: str, desk: Desk) -> ContactId:
    """Returns the directory id of an agency's exact address: the same pair has the same id for ever."""
    pair = f"{(agency or '').strip().casefold()}|{normalised(address)}"
    return ContactId(desk.keys.fingerprint("contact", pair.encode())[:24])


def _in_directory(person: Person, desk: Desk) -> tuple[Person, dict[str, list[Fact]], dict[str, int]]:
    """Returns the person linked to a directory contact, and the facts that make it where it is new."""
    if person.role.is_family or not person.email:
        return replace(person, contact=None), {}, {}
    contact = contact_id(person.agency, person.email, desk)
    stream = contact_stream(contact)
    head = desk.casebook.ledger.head(stream)
    made: dict[str, list[Fact]] = {}
    if head == 0:
        made[stream] = [ContactMade(agency=person.agency or "", address=normalised(person.email))]
    return replace(person, contact=contact), made, {stream: head}


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
                entered, made, heads = _in_directory(person, desk)
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
            facts.update({stream: list(written) for stream, written in more.facts.items()})
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


def _simple(reference: str, actor: str, desk: Desk, facts: Sequence[Fact], also: Callable[[], Also] = Also) -> Also:
    stream, written = conference_stream(reference), Also()

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        if conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        nonlocal written
        written = also()
        return written.beside(Decision(facts={stream: list(facts)}, expected={stream: conference.head}))

    desk.casebook.decide(decision, actor)
    return written


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
    _simple(reference, actor, desk, [moved])
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
    _known(reference, people, desk)
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
    _simple(reference, actor, desk, [SessionSet(name=name, start_at=start_at, people=chosen, because=because)])
    return desk.casebook.conference(reference).in_no_session()


def cancel(reference: str, because: str, actor: str, desk: Desk) -> None:
    """Records that the conference does not take place; nothing more is sent for it."""
    _simple(reference, actor, desk, [ConferenceCancelled(because=because)])


def exclude(
    reference: str,
    person: str,
    from_: Sequence[ExcludedFrom],
    because: str,
    decided_by: str,
    actor: str,
    desk: Desk,
) -> Also:
    """Records the chair's decision to keep a person from something; copies that it makes wrong are withdrawn.

    Returns the linked conferences that are asked whether it holds there as well.
    """
    _known(reference, [person], desk)
    who = desk.casebook.conference(reference).people[PersonId(person)]
    if who.role is Role.CHAIR:
        raise RefusedError(
            "The chair cannot be excluded; nothing was changed. Make another person the chair: `packs person change`."
        )
    exclusion = Exclusion(
        person=PersonId(person), from_=tuple(dict.fromkeys(from_)), because=because, decided_by=decided_by
    )
    return _simple(
        reference, actor, desk, [ExclusionMade(exclusion=exclusion)],
        lambda: linked.excluded(reference, who, exclusion.from_, desk),
    )  # fmt: skip


def protect(
    reference: str, detail: str, kind: DetailKind, from_: Sequence[str], because: str, by: str, actor: str, desk: Desk
) -> tuple[DetailId, Also]:
    """Adds a protected detail; filed reports are searched for it again before anything more is composed.

    Returns its id, and the linked conferences in which it is kept from the same people from now on.
    """
    _known(reference, from_, desk)
    if trouble := detail_problem(detail):
        raise RefusedError(f"The detail {trouble}. Nothing was changed.")
    new = linked.next_detail(desk.casebook.conference(reference))
    protected = ProtectedDetail(id=new, detail=detail, kind=kind, from_=tuple(PersonId(p) for p in dict.fromkeys(from_)))
    also = _simple(
        reference, actor, desk, [DetailProtected(detail=protected, because=because, by=by)],
        lambda: linked.protected(reference, protected, because, by, desk),
    )  # fmt: skip
    return protected.id, also


def _known(reference: str, people: Sequence[str], desk: Desk) -> None:
    conference = desk.casebook.conference(reference)
    for person in people:
        if PersonId(person) not in conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")


def add_person(reference: str, person: Person, actor: str, desk: Desk) -> None:
    """Adds a person. Raises RefusedError where the id is taken (in any case of letters) or a second chair would come."""
    conference = desk.casebook.conference(reference)
    _opaque(conference, person)
    if person.id.casefold() in {known.casefold() for known in conference.people}:
        raise RefusedError(f"There is a person {person.id} in {reference} already; use `packs person change`.")
    _write_person(reference, person, actor, desk, changed=False)


def change_person(reference: str, person: Person, actor: str, desk: Desk) -> Also:
    """Writes the whole record of a person anew; another address is unconfirmed, or another contact's.

    Returns the linked conferences that are asked whether it holds there, of a family member.

    Raises:
        RefusedError: the conference would have no chair, or two; a chair is replaced by changing the chair's own record.
    """
    _known(reference, [person.id], desk)
    _opaque(desk.casebook.conference(reference), person)
    return _write_person(reference, person, actor, desk, changed=True)


def _one_chair(conference: Conference, person: Person) -> None:
    """Refuses what would leave the conference without its chair, or with two."""
    chairs = {p.id for p in conference.people.values() if p.role is Role.CHAIR} - {person.id}
    chairs |= {person.id} if person.role is Role.CHAIR else set()
    if len(chairs) > 1:
        raise RefusedError(f"{conference.reference} has a chair already; nothing was changed.")
    if not chairs:
        raise RefusedError(
            f"{conference.reference} would be without a chair; nothing was changed. Change the chair's own name and address"
            " to those of the new chair."
        )


def _opaque(conference: Conference, person: Person) -> None:
    """Refuses an id, old or new, that holds a word of a name, old or new: ids go into keys and logs."""
    names = _words_of_all(conference, person)
    for one in {person.id, *conference.people, conference.reference, *(c.id for c in conference.booking.children)}:
        if holds_name(one, names):
            raise RefusedError(
                f"The id or reference {one!r} would hold a word of a name of this conference; nothing was changed. Ids go"
                " into keys and logs: choose an opaque one."
            )


def _words_of_all(conference: Conference, person: Person) -> frozenset[str]:
    """Returns the words of all names of a conference, with this person as they will be."""
    people = {**conference.people, person.id: person}
    words: set[str] = set()
    for one in people.values():
        words |= words_of(one.name, one.role)
    for child in conference.booking.children:
        words |= words_of(child.name)
    return frozenset(words)


def _write_person(reference: str, person: Person, actor: str, desk: Desk, *, changed: bool) -> Also:
    stream, also = conference_stream(reference), Also()

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        if conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        _one_chair(conference, person)
        held, made, heads = _in_directory(person, desk)
        fact: Fact = PersonChanged(person=held) if changed else PersonAdded(person=held)
        nonlocal also
        before = conference.people.get(person.id)
        if before is not None and (before.role.is_family or person.role.is_family):
            also = linked.changed(reference, before, person, desk)
        return also.beside(Decision(facts={**made, stream: [fact]}, expected={**heads, stream: conference.head}))

    desk.casebook.decide(decision, actor)
    return also
