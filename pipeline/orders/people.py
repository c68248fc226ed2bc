"""Orders about the people of a conference: add, change, exclude, protect a detail from them.

Whatever is decided about a person is kept, or asked about, in the linked conferences in the same breath (`linked`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.casebook import Decision, conference_stream, contact_stream
from pipeline.desk import Desk
from pipeline.domain.addresses import normalised
from pipeline.domain.conference import Conference
from pipeline.domain.facts import (
    ContactMade,
    DecidedElsewhere,
    DetailProtected,
    ExclusionMade,
    Fact,
    PersonAdded,
    PersonChanged,
)
from pipeline.domain.opaque import holds_name, words_of
from pipeline.domain.people import (
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
from pipeline.domain.written import detail_problem
from pipeline.errors import NotFoundError, RefusedError
from pipeline.orders import linked
from pipeline.orders.linked import Also


def contact_id(agency: str | None, address: str, desk: Desk) -> ContactId:
    """Returns the directory id of an agency's exact address: the same pair has the same id for ever."""
    pair = f"{(agency or '').strip().casefold()}|{normalised(address)}"
    return ContactId(desk.keys.fingerprint("contact", pair.encode())[:24])


def in_directory(person: Person, desk: Desk) -> tuple[Person, dict[str, list[Fact]], dict[str, int]]:
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


def add_person(reference: str, person: Person, actor: str, desk: Desk) -> Also:
    """Adds a person; what a linked conference decided about them is kept here, or asked about.

    Raises RefusedError where the id is taken (in any case of letters) or a second chair would come.
    """
    conference = desk.casebook.conference(reference)
    _opaque(conference, person)
    if person.id.casefold() in {known.casefold() for known in conference.people}:
        raise RefusedError(f"There is a person {person.id} in {reference} already; use `packs person change`.")
    return _write_person(reference, person, actor, desk, changed=False)


def change_person(reference: str, person: Person, actor: str, desk: Desk) -> Also:
    """Writes the whole record of a person anew; another address is unconfirmed, or another contact's.

    Returns the linked conferences that are asked whether it holds there.

    Raises:
        RefusedError: the conference would have no chair, or two; a chair is replaced by changing the chair's own record.
    """
    known_people(reference, [person.id], desk)
    _opaque(desk.casebook.conference(reference), person)
    return _write_person(reference, person, actor, desk, changed=True)


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
    known_people(reference, [person], desk)
    who = desk.casebook.conference(reference).people[PersonId(person)]
    if who.role is Role.CHAIR:
        raise RefusedError(
            "The chair cannot be excluded; nothing was changed. Make another person the chair: `packs person change`."
        )
    exclusion = Exclusion(
        person=PersonId(person), from_=tuple(dict.fromkeys(from_)), because=because, decided_by=decided_by
    )
    return record(
        reference, actor, desk, [ExclusionMade(exclusion=exclusion)],
        lambda: linked.excluded(reference, who, exclusion.from_, desk),
    )  # fmt: skip


def protect(
    reference: str, detail: str, kind: DetailKind, from_: Sequence[str], because: str, by: str, actor: str, desk: Desk
) -> tuple[DetailId, Also]:
    """Adds a protected detail; filed reports are searched for it again before anything more is composed.

    Returns its id, and the linked conferences in which it is kept from the same people from now on.
    """
    known_people(reference, from_, desk)
    if trouble := detail_problem(detail):
        raise RefusedError(f"The detail {trouble}. Nothing was changed.")
    new = linked.next_detail(desk.casebook.conference(reference))
    protected = ProtectedDetail(id=new, detail=detail, kind=kind, from_=tuple(PersonId(p) for p in dict.fromkeys(from_)))
    also = record(
        reference, actor, desk, [DetailProtected(detail=protected, because=because, by=by)],
        lambda: linked.protected(reference, protected, because, by, desk),
    )  # fmt: skip
    return protected.id, also


def known_people(reference: str, people: Sequence[str], desk: Desk) -> None:
    """Raises NotFoundError where one of the people is not of the conference."""
    conference = desk.casebook.conference(reference)
    for person in people:
        if PersonId(person) not in conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")


def record(reference: str, actor: str, desk: Desk, facts: Sequence[Fact], also: Callable[[], Also] = Also) -> Also:
    """Writes facts to a conference that is not cancelled, and what they say elsewhere; returns that."""
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


def _write_person(reference: str, person: Person, actor: str, desk: Desk, *, changed: bool) -> Also:
    stream, also = conference_stream(reference), Also()

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        if conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        _one_chair(conference, person)
        held, made, heads = in_directory(person, desk)
        facts: list[Fact] = [PersonChanged(person=held) if changed else PersonAdded(person=held)]
        nonlocal also
        before = conference.people.get(person.id)
        if before is not None:
            also = linked.changed(reference, before, person, desk)
        else:
            more = linked.brought(linked.linked_to(reference, desk), [person], conference)
            facts += more
            also = Also(asked=[conference.reference] if any(isinstance(one, DecidedElsewhere) for one in more) else [])
        return also.beside(Decision(facts={**made, stream: facts}, expected={**heads, stream: conference.head}))

    desk.casebook.decide(decision, actor)
    return also
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
