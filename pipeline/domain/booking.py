"""What a booking must say before a conference can be convened, beyond the type of each field.

Each finding points to its place by path, counted from 0, and says field and rule. It quotes ids, keys and allowed
values and nothing else that was written, because it may end up in a log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import partial

from pipeline.domain.booking_draft import (
    BookingDraft,
    ChildDraft,
    ConsultationDraft,
    DiscussionDraft,
    ExclusionDraft,
    HouseholdDraft,
    PersonDraft,
    PreviousDraft,
    ProtectedDraft,
    SessionDraft,
    booking_from,
    person_from,
)
from pipeline.domain.calendar import parse_local, to_local
from pipeline.domain.opaque import NAME_IN_ID, holds_name, reference_or_id_problem, words_of, words_of_decider
from pipeline.domain.people import DetailKind, Role
from pipeline.domain.written import LONGEST, detail_problem, email_problem, name_problem, phone_problem, text_problem
from pipeline.errors import LocalTimeError

__all__ = [
    "Finding",
    "Path",
    "about_instant",
    "booking_findings",
    "booking_from",
    "instant_of",
    "person_findings",
    "person_from",
    "reference_or_id_problem",
]

Path = tuple[str | int, ...]
ADULT_AT_YEARS = 18
DUE_BEFORE_START, DUE_AFTER_START = timedelta(days=60), timedelta(days=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem. `absent_from`: the table or list that lacks something, of which a syntax error may be the reason."""

    path: Path
    message: str
    absent_from: Path | None = None


Record = (
    BookingDraft
    | ChildDraft
    | PersonDraft
    | DiscussionDraft
    | PreviousDraft
    | ExclusionDraft
    | ProtectedDraft
    | SessionDraft
    | HouseholdDraft
    | ConsultationDraft
)

REQUIRED: dict[type[Record], tuple[str, ...]] = {
    BookingDraft: ("profile", "type", "start"),
    ChildDraft: ("id", "name"),
    PersonDraft: ("id", "name", "role"),
    DiscussionDraft: ("at",),
    PreviousDraft: (),
    ExclusionDraft: ("person", "from", "because", "decided_by"),
    ProtectedDraft: ("detail", "from"),
    HouseholdDraft: ("name",),
    SessionDraft: ("name", "start", "people"),
    ConsultationDraft: (),
}
"""What each table must say where it is given. `kind` of a protected detail is `other` where it is left out."""

_TEXT_RULES: dict[str, Callable[[str], str | None]] = {
    "name": name_problem,
    "email": email_problem,
    "lead_email": email_problem,
    "phone": phone_problem,
    "detail": detail_problem,
    "agency": partial(text_problem, longest=LONGEST["agency"]),
    "mode": partial(text_problem, longest=LONGEST["mode"]),
    "because": partial(text_problem, longest=LONGEST["because"]),
    "decided_by": partial(text_problem, longest=LONGEST["decided_by"]),
    "include_because": partial(text_problem, longest=LONGEST["because"]),
    "interpreter": partial(text_problem, longest=LONGEST["interpreter"]),
    "access_needs": partial(text_problem, longest=LONGEST["access_needs"]),
    "seen_alone_because": partial(text_problem, longest=LONGEST["because"]),
    "service": partial(text_problem, longest=LONGEST["service"]),
    "limit_because": partial(text_problem, longest=LONGEST["because"]),
    "limit_by": partial(text_problem, longest=LONGEST["decided_by"]),
    "child_care": partial(text_problem, longest=LONGEST["child_care"]),
    "requested_by": partial(text_problem, longest=LONGEST["decided_by"]),
    "held_by": partial(text_problem, longest=LONGEST["decided_by"]),
    "recommends": partial(text_problem, longest=LONGEST["because"]),
    "recommends_because": partial(text_problem, longest=LONGEST["because"]),
    "decided_because": partial(text_problem, longest=LONGEST["because"]),
    "minute_taker": partial(text_problem, longest=LONGEST["decided_by"]),
    "school": partial(text_problem, longest=LONGEST["school"]),
    "gp": partial(text_problem, longest=LONGEST["gp"]),
    **{
        key: partial(text_problem, longest=LONGEST[key])
        for key in (
            *("gender", "ethnicity", "language", "disability", "home_address"),
            *("relationship", "risk_to_staff", "orders", "safe_contact"),
        )
    },
    "s47_because": partial(text_problem, longest=LONGEST["because"]),
}


def booking_findings(draft: BookingDraft, profiles: Collection[str]) -> tuple[Finding, ...]:
    """Returns every problem of the draft; empty where `booking_from` can build the booking."""
    words = frozenset[str]().union(
        *(words_of(child.name) for child in draft.child if child.name),
        *(words_of(person.name, person.role) for person in draft.person if person.name),
        *(words_of_decider(exclusion.decided_by) for exclusion in draft.exclusion if exclusion.decided_by),
        *(words_of(member.name) for member in draft.household if member.name),
        *(words_of_decider(name) for name in (draft.limit_by, draft.minute_taker) if name),
        *(words_of(p.detail) for p in draft.protected if p.detail and p.kind is DetailKind.NAME),
    )
    start = instant_of(draft.start)
    return tuple(
        found
        for part in (
            _about_frame(draft, profiles, words),
            _about_discussions(draft, start),
            _about_children(draft.child, to_local(start).date() if start else None, words),
            _about_people(draft, words),
            _about_previous(draft.previous, to_local(start).date() if start else None),
            _about_exclusions(draft),
            _about_protected(draft),
            _about_split(draft, start),
            _about_household(draft, to_local(start).date() if start else None),
            _about_consultation(draft.consultation),
        )
        for found in part
    )


def person_findings(person: PersonDraft, children: Sequence[ChildDraft]) -> tuple[Finding, ...]:
    """Returns every problem of one person beside these children; its id is checked against their names and its own."""
    words = frozenset[str]().union(
        *(words_of(child.name) for child in children if child.name),
        words_of(person.name, person.role) if person.name else (),
    )
    return tuple(_about_person(person, children, words, ()))


def _about_frame(draft: BookingDraft, profiles: Collection[str], words: frozenset[str]) -> Iterator[Finding]:
    """The fields outside any table."""
    yield from _about_record(draft, ())
    if draft.profile is not None and draft.profile not in profiles:
        yield Finding(
            path=("profile",), message=f"is not a known profile; known: {', '.join(sorted(profiles)) or 'none'}"
        )
    if draft.start is not None:
        yield from about_instant(draft.start, ("start",))
    if draft.reference is not None and holds_name(draft.reference, words):
        yield Finding(path=("reference",), message=NAME_IN_ID)
    if draft.confidential_slot is not None:
        yield from about_instant(draft.confidential_slot, ("confidential_slot",))
        yield from _about_day(draft.confidential_slot, instant_of(draft.start), ("confidential_slot",))
    for field, other in (("limit_because", "limit_by"), ("limit_by", "limit_because")):
        if getattr(draft, field) is not None and getattr(draft, other) is None:
            yield Finding(path=(other,), message=f"is required beside {field}", absent_from=())


def _about_discussions(draft: BookingDraft, start: datetime | None) -> Iterator[Finding]:
    """Strategy discussions: local times before the conference, at most one of which began the section 47 enquiry."""
    initiated = 0
    for index, discussion in enumerate(draft.strategy_discussion):
        path: Path = ("strategy_discussion", index)
        yield from _about_record(discussion, path)
        if discussion.at is not None:
            yield from about_instant(discussion.at, (*path, "at"))
            at = instant_of(discussion.at)
            if at and start and at >= start:
                yield Finding(path=(*path, "at"), message="is not before the conference")
        initiated += discussion.initiated_s47 or False
        if discussion.initiated_s47 and initiated > 1:
            yield Finding(
                path=(*path, "initiated_s47"),
                message="is true for more than one discussion; only one can have begun the section 47 enquiry",
            )


def _about_children(children: Sequence[ChildDraft], on: date | None, words: frozenset[str]) -> Iterator[Finding]:
    """At least one child, each with an id of its own and either a date of birth or a due date."""
    if not children:
        yield Finding(path=("child",), message="at least one [[child]] is required", absent_from=("child",))
    yield from _repeated("child", [child.id for child in children])
    for index, child in enumerate(children):
        path: Path = ("child", index)
        yield from _about_record(child, path)
        yield from _about_id(child.id, words, path)
        if child.born_on is None and child.due_on is None:
            yield Finding(path=(*path, "born_on"), message="born_on or due_on is required", absent_from=path)
        if child.born_on is not None and child.due_on is not None:
            yield Finding(path=(*path, "due_on"), message="born_on and due_on cannot both be given")
        if child.advocacy_consent is not None and child.advocacy is None:
            yield Finding(path=(*path, "advocacy"), message="is required beside advocacy_consent", absent_from=path)
        if child.seen_alone_on is not None and child.due_on is not None:
            yield Finding(path=(*path, "seen_alone_on"), message="cannot be given for a child not yet born")
        if child.seen_alone_on is not None and child.born_on is not None and child.seen_alone_on < child.born_on:
            yield Finding(path=(*path, "seen_alone_on"), message="is before the child was born")
        if on is None:
            continue
        if child.seen_alone_on is not None and child.seen_alone_on > on:
            yield Finding(path=(*path, "seen_alone_on"), message="is after the conference")
        if child.born_on is not None and child.born_on > on:
            yield Finding(
                path=(*path, "born_on"), message="is after the conference; for a child not yet born give due_on"
            )
        if child.born_on is not None and years_old(child.born_on, on) >= ADULT_AT_YEARS:
            yield Finding(path=(*path, "born_on"), message="makes the child 18 or older on the day of the conference")
        if child.due_on is not None and not on - DUE_BEFORE_START <= child.due_on <= on + DUE_AFTER_START:
            yield Finding(path=(*path, "due_on"), message="is too far from the conference to be a due date")


def _about_people(draft: BookingDraft, words: frozenset[str]) -> Iterator[Finding]:
    """Exactly one chair, and each person with an id of its own."""
    chairs = [index for index, person in enumerate(draft.person) if person.role is Role.CHAIR]
    if not chairs and all(person.role is not None for person in draft.person):
        yield Finding(
            path=("person",),
            message="exactly one person with role chair is required; there is none",
            absent_from=("person",),
        )
    for index in chairs[1:]:
        yield Finding(path=("person", index, "role"), message="a second chair; exactly one is required")
    yield from _repeated("person", [person.id for person in draft.person])
    for index, person in enumerate(draft.person):
        yield from _about_person(person, draft.child, words, ("person", index))


def _about_person(
    person: PersonDraft, children: Sequence[ChildDraft], words: frozenset[str], path: Path
) -> Iterator[Finding]:
    """One person: what is asked of them and which children they have a role for."""
    yield from _about_record(person, path)
    yield from _about_id(person.id, words, path)
    if person.asked_for_report and person.role is not None and (person.role.is_family or person.role is Role.CHAIR):
        whom = "the chair" if person.role is Role.CHAIR else "family"
        yield Finding(path=(*path, "asked_for_report"), message=f"{whom} is not asked for an agency's report")
    if person.lead_email is not None and person.role is not None and person.role.is_family:
        yield Finding(path=(*path, "lead_email"), message="is an agency's; nobody else is told anything about family")
    if person.include is not None and person.role is not None and not person.role.is_family:
        yield Finding(path=(*path, "include"), message="is a decision on family; a professional is excluded or left out")
    if person.include is False and person.include_because is None:
        yield Finding(path=(*path, "include_because"), message="is required where include is false", absent_from=path)
    if person.include is None and person.include_because is not None:
        yield Finding(path=(*path, "include"), message="is required beside include_because", absent_from=path)
    if person.children is not None:
        yield from _about_links(person.children, [child.id for child in children], "child", (*path, "children"))
    elif person.role is not None and person.role.is_family and len(children) > 1:
        message = (
            "is required for family where there is more than one child: the ids of the children they have a role for"
        )
        yield Finding(path=(*path, "children"), message=message, absent_from=path)


def _about_previous(previous: PreviousDraft | None, on: date | None) -> Iterator[Finding]:
    """The conference before this one lies before it."""
    if previous is None:
        return
    yield from _about_record(previous, ("previous",))
    for field, day in (("held_on", previous.held_on), ("plan_since", previous.plan_since)):
        if day and on and day > on:
            yield Finding(path=("previous", field), message="is after the conference that is being booked")


def _about_exclusions(draft: BookingDraft) -> Iterator[Finding]:
    """Who is excluded exists and is not the chair, whose conference it is."""
    for index, exclusion in enumerate(draft.exclusion):
        path: Path = ("exclusion", index)
        yield from _about_record(exclusion, path)
        if exclusion.person is not None:
            yield from _about_links(
                [exclusion.person], [p.id for p in draft.person], "person", (*path, "person"), single=True
            )
            if any(p.id == exclusion.person and p.role is Role.CHAIR for p in draft.person):
                yield Finding(
                    path=(*path, "person"), message="the chair cannot be excluded; book another chair instead"
                )
        if exclusion.from_ is not None:
            yield from _about_list([part.value for part in exclusion.from_], (*path, "from"))


def _about_protected(draft: BookingDraft) -> Iterator[Finding]:
    """A detail is protected from somebody who exists."""
    for index, protected in enumerate(draft.protected):
        path: Path = ("protected", index)
        yield from _about_record(protected, path)
        if protected.from_ is not None:
            yield from _about_links(protected.from_, [p.id for p in draft.person], "person", (*path, "from"))


def _about_household(draft: BookingDraft, on: date | None) -> Iterator[Finding]:
    for index, member in enumerate(draft.household):
        path: Path = ("household", index)
        yield from _about_record(member, path)
        if member.born_on is not None and on is not None and member.born_on > on:
            yield Finding(path=(*path, "born_on"), message="lies after the conference")


def _about_split(draft: BookingDraft, start: datetime | None) -> Iterator[Finding]:
    """No session lies before the conference's day, and each has people of the booking; a series may go on for days."""
    for index, session in enumerate(draft.split):
        path: Path = ("split", index)
        yield from _about_record(session, path)
        if session.start is not None:
            yield from about_instant(session.start, (*path, "start"))
            at = instant_of(session.start)
            if at and start and to_local(at).date() < to_local(start).date():
                yield Finding(path=(*path, "start"), message="is before the day of the conference")
        if session.people is not None:
            yield from _about_links(session.people, [p.id for p in draft.person], "person", (*path, "people"))
            kept_out = {p.id for p in draft.person if p.include is False}
            for place, person in enumerate(session.people):
                if person in kept_out:
                    message = "is not to be included in the conference (include is false)"
                    yield Finding(path=(*path, "people", place), message=message)


_STEPS = (
    ("requested_at", "requested_by"),
    ("held_at", "held_by", "recommends", "recommends_because"),
    ("decided_at", "decided_by", "decision", "decided_because"),
)
"""The steps of a consultation, each told whole, none before the one before it."""


def _about_consultation(consultation: ConsultationDraft | None) -> Iterator[Finding]:
    """Each step is told whole or not at all, one that is held was asked for, and none lies before the one before it."""
    if consultation is None:
        return
    path: Path = ("consultation",)
    yield from _about_record(consultation, path)
    before: datetime | None = None
    for step in _STEPS:
        given = [name for name in step if getattr(consultation, name) is not None]
        wanted = step if given or (step is _STEPS[0] and consultation.held_at is not None) else ()
        for name in wanted:
            if name not in given:
                yield Finding(path=(*path, name), message="is required, for this step is told in part", absent_from=path)
        text = getattr(consultation, step[0])
        if text is None:
            continue
        yield from about_instant(text, (*path, step[0]))
        at = instant_of(text)
        if at is not None and before is not None and at < before:
            yield Finding(path=(*path, step[0]), message="is before the step that it follows")
        before = at or before


def _about_day(text: str, start: datetime | None, path: Path) -> Iterator[Finding]:
    """The local time lies on the day of the conference."""
    at = instant_of(text)
    if at is not None and start is not None and to_local(at).date() != to_local(start).date():
        yield Finding(path=path, message="is not on the day of the conference")


def _about_record(record: Record, path: Path) -> Iterator[Finding]:
    """What must be there is there, and every text can be used as it stands."""
    values = {field.name.rstrip("_"): getattr(record, field.name) for field in fields(record)}
    for field in REQUIRED[type(record)]:
        if values[field] is None:
            yield Finding(path=(*path, field), message="is required", absent_from=path)
    for field, rule in _TEXT_RULES.items():
        text = values.get(field)
        if isinstance(text, str) and (trouble := rule(text)):
            yield Finding(path=(*path, field), message=trouble)


def _about_id(value: str | None, words: frozenset[str], path: Path) -> Iterator[Finding]:
    """The id holds no word of anybody's name."""
    if value is not None and holds_name(value, words):
        yield Finding(path=(*path, "id"), message=NAME_IN_ID)


def _about_links(
    ids: Sequence[str], known: Sequence[str | None], what: str, path: Path, *, single: bool = False
) -> Iterator[Finding]:
    """Every id belongs to somebody; not judged while an id on the other side is missing or could not be read."""
    if not single:
        yield from _about_list(ids, path)
    if not known or None in known:
        return
    for index, value in enumerate(ids):
        if value not in known:
            place = path if single else (*path, index)
            yield Finding(path=place, message=f"no [[{what}]] of this booking has this id", absent_from=(what,))


def _about_list(values: Sequence[str], path: Path) -> Iterator[Finding]:
    """The list names at least one, and none twice."""
    if not values:
        yield Finding(path=path, message="must name at least one")
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Finding(path=(*path, index), message="is named twice")


def _repeated(table: str, ids: Sequence[str | None]) -> Iterator[Finding]:
    """No id is used twice in a table; small and capital letters count as the same, as in the names of files."""
    seen: Counter[str] = Counter()
    for index, value in enumerate(ids):
        if value is None:
            continue
        seen[value.casefold()] += 1
        if seen[value.casefold()] > 1:
            yield Finding(path=(table, index, "id"), message=f"'{value}' is already the id of another {table}")


def about_instant(text: str, path: Path) -> Iterator[Finding]:
    """Gives what is wrong with a local time: it exists, once."""
    try:
        parse_local(text)
    except LocalTimeError as error:
        yield Finding(path=path, message=str(error))


def instant_of(text: str | None) -> datetime | None:
    """Returns the instant, or None where the text is absent or a problem of its own."""
    try:
        return parse_local(text) if text is not None else None
    except LocalTimeError:
        return None


def years_old(born_on: date, on: date) -> int:
    """Returns the age in completed years; one born on 29 February is a year older on 1 March of a common year."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
