"""Orders about conferences: convene, move, cancel, exclude, protect, people."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.casebook import Decision, conference_stream, contact_stream
from pipeline.desk import Desk
from pipeline.domain.addresses import normalised
from pipeline.domain.calendar import spoken
from pipeline.domain.conference import Conference
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
)
from pipeline.errors import NotFoundError, RefusedError


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


def convene(bookings: Sequence[Booking], actor: str, desk: Desk) -> list[Convened]:
    """Convenes all of the bookings, or none.

    Raises:
        RefusedError: a reference is taken, or stands twice among the bookings.
    """
    references = [b.reference for b in bookings if b.reference is not None]
    known = {ref.casefold() for ref in desk.casebook.references()}
    for reference in references:
        if reference.casefold() in known or [r.casefold() for r in references].count(reference.casefold()) > 1:
            raise RefusedError(f"The reference {reference} is taken; nothing was changed. Give another or none.")
    done: list[ConferenceRef] = []

    def decision() -> Decision | None:
        done.clear()
        facts: dict[str, list[Fact]] = {}
        expected: dict[str, int] = {}
        for booking in bookings:
            reference = booking.reference or _new_reference(desk)
            people = []
            for person in booking.people:
                linked, made, heads = _in_directory(person, desk)
                people.append(linked)
                facts.update(made)
                expected.update(heads)
            whole = replace(booking, reference=reference, people=tuple(people))
            facts[conference_stream(reference)] = [ConferenceConvened(reference=reference, booking=whole)]
            expected[conference_stream(reference)] = 0
            done.append(reference)
        return Decision(facts=facts, expected=expected)

    desk.casebook.decide(decision, actor)
    return [Convened(reference=ref, warnings=tuple(_warnings(ref, desk))) for ref in done]


def _warnings(reference: str, desk: Desk) -> list[str]:
    case = desk.casebook.case(reference)
    now = desk.clock.now()
    overdue = case.profile.review_warning(max(now, case.conference.start_at).date())
    warnings = [overdue] if overdue is not None else []
    for person in case.conference.people.values():
        going = send_at(case, person)
        if case.calendar.office_time_between(now, going) < timedelta(hours=2):
            warnings.append(
                f"{person.id}: its pack is to leave {spoken(going)}, under two office hours from now; arrange cover"
            )
    if case.conference.start_at < now:
        warnings.append("the start lies in the past")
    return warnings


def _simple(reference: str, actor: str, desk: Desk, facts: Sequence[Fact]) -> None:
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        if conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        return Decision(facts={stream: list(facts)}, expected={stream: conference.head})

    desk.casebook.decide(decision, actor)


def move(reference: str, start_at: datetime, because: str, actor: str, desk: Desk) -> None:
    """Gives the conference a new start (UTC). Everything due is derived from it anew; old judgements are kept."""
    if desk.casebook.conference(reference).start_at == start_at:
        raise RefusedError(f"{reference} starts then already; nothing was changed.")
    _simple(reference, actor, desk, [ConferenceMoved(start_at=start_at, because=because)])


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
) -> None:
    """Records the chair's decision to keep a person from something; copies that it makes wrong are withdrawn."""
    _known(reference, [person], desk)
    exclusion = Exclusion(
        person=PersonId(person), from_=tuple(dict.fromkeys(from_)), because=because, decided_by=decided_by
    )
    _simple(reference, actor, desk, [ExclusionMade(exclusion=exclusion)])


def protect(
    reference: str, detail: str, kind: DetailKind, from_: Sequence[str], because: str, by: str, actor: str, desk: Desk
) -> DetailId:
    """Adds a protected detail; filed reports are searched for it again before anything more is composed."""
    _known(reference, from_, desk)
    taken = {d.id for d in desk.casebook.conference(reference).protected}
    number = next(n for n in range(1, len(taken) + 2) if f"d{n}" not in taken)
    protected = ProtectedDetail(
        id=DetailId(f"d{number}"), detail=detail, kind=kind, from_=tuple(PersonId(p) for p in dict.fromkeys(from_))
    )
    _simple(reference, actor, desk, [DetailProtected(detail=protected, because=because, by=by)])
    return protected.id


def _known(reference: str, people: Sequence[str], desk: Desk) -> None:
    conference = desk.casebook.conference(reference)
    for person in people:
        if PersonId(person) not in conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")


def add_person(reference: str, person: Person, actor: str, desk: Desk) -> None:
    """Adds a person. Raises RefusedError where the id is taken or a second chair would come."""
    conference = desk.casebook.conference(reference)
    _opaque(conference, person)
    if person.id in conference.people:
        raise RefusedError(f"There is a person {person.id} in {reference} already; use `packs person change`.")
    if person.role.value == "chair" and conference.chair is not None:
        raise RefusedError(f"{reference} has a chair already; nothing was changed.")
    _write_person(reference, person, actor, desk, changed=False)


def change_person(reference: str, person: Person, actor: str, desk: Desk) -> None:
    """Writes the whole record of a person anew; another address is unconfirmed, or another contact's."""
    _known(reference, [person.id], desk)
    _opaque(desk.casebook.conference(reference), person)
    _write_person(reference, person, actor, desk, changed=True)


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


def _write_person(reference: str, person: Person, actor: str, desk: Desk, *, changed: bool) -> None:
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        linked, made, heads = _in_directory(person, desk)
        fact: Fact = PersonChanged(person=linked) if changed else PersonAdded(person=linked)
        return Decision(facts={**made, stream: [fact]}, expected={**heads, stream: conference.head})

    desk.casebook.decide(decision, actor)
