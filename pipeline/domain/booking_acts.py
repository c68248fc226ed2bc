"""What the rules say of a booking: the facts that it tells, and the BLOCK and WARN acts that come of them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from pipeline.domain.acting import Act, Known, Place, Verb
from pipeline.domain.addresses import normalised
from pipeline.domain.booking import years_old
from pipeline.domain.calendar import Calendar, spoken, to_local
from pipeline.domain.conference import Conference
from pipeline.domain.people import Booking, Child, Person, Role
from pipeline.domain.profile import Profile, Rule, Statement, Trigger
from pipeline.domain.protected import folded
from pipeline.domain.timetable import due, triggers_of

HOLD_CONFERENCE, END_OF_DISCUSSIONS, BOOK_CONFERENCE, CALL_PARENTS = (
    "hold-conference",
    "end-of-discussions",
    "book-conference",
    "call-parents",
)
"""Duties of rules whose own instant a booking is held against."""

KEY_AGENCIES, NEXT_TEAM, BUFFER_MINUTES = "key-agencies", "next-team", "buffer-minutes"
"""Settings of a profile: roles that must be there ("police; gp or midwife"), the team that takes over, room between slots."""

LATER = (Place.INVITATION, Place.CONFERENCE)
"""Places after the booking of which a booking may already tell everything that a rule asks."""

_CHILD_FACTS = frozenset({"child-age", "advocacy-offered", "seen-alone", "reason-given"})
_STOPPED = {Place.INVITATION: "the invitations", Place.CONFERENCE: "the conference", Place.CONSULTATION: "the consultation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one rule says at one place. `about` are opaque ids, roles or instants: whom and what it is about."""

    rule: str
    do: Verb
    where: Place
    says: str
    about: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The sentence for people, with the rule's id: 'SWG-10: Offer this child an advocate. (c1)'."""
        about = f" ({', '.join(self.about)})" if self.about else ""
        stops = self.do is Verb.BLOCK and self.where in _STOPPED
        return f"{self.rule}: {self.says}{about}" + (f" This stops {_STOPPED[self.where]}." if stops else "")


@dataclass(slots=True, kw_only=True)
class Told:
    """Facts that are known, by the names of `acting.FACTS`, and of some of them what made them so."""

    known: dict[str, Known] = field(default_factory=dict)
    about: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __or__(self, other: Told) -> Told:
        """Returns both together; the other's word wins."""
        return Told(known=self.known | other.known, about=self.about | other.about)


def as_it_stands(conference: Conference) -> Booking:
    """Returns the booking with the present start and people; sessions and confidential slot have moved along."""
    booking = conference.booking
    by = conference.start_at - booking.start_at
    return replace(
        booking,
        reference=conference.reference,
        start_at=conference.start_at,
        people=tuple(conference.people.values()),
        exclusions=tuple(conference.exclusions),
        split=conference.sessions,
        confidential_slot=booking.confidential_slot + by if booking.confidential_slot is not None else None,
    )


def told_of_booking(booking: Booking, profile: Profile, others: Iterable[Booking] = ()) -> Told:
    """Returns the facts of the conference as a whole; a fact that the booking says nothing about is left out.

    `others` are the other open conferences, for the chair's slots.
    """
    told = Told()
    on = to_local(booking.start_at).date()
    told.known["conference-type"] = booking.type.value
    told.known["limit-reason-given"] = bool(booking.limit_because and booking.limit_by)
    told.known["split-requested"] = bool(booking.split) or folded(booking.mode or "") == "split"
    told.known["interpreter-needed"] = any(p.interpreter and p.include is not False for p in booking.people)
    told.known["child-wants-to-speak"] = any(child.wants_to_speak for child in booking.children)
    told.known["minute-taker"] = booking.minute_taker is not None
    undecided = tuple(p.id for p in booking.people if is_parent(p) and not (p.include is not None and p.include_because))
    told.known["parent-decision-made"] = not undecided
    told.about["parent-decision-made"] = undecided
    overlapping = tuple(
        other.reference or "another of these bookings"
        for other in others
        if slots_overlap(booking, other, timedelta(minutes=_number(profile.setting(BUFFER_MINUTES, on))))
    )
    told.known["slots-overlap"] = bool(overlapping)
    told.about["slots-overlap"] = overlapping
    if booking.service is not None:
        told.known["assessment-service"] = folded(booking.service).startswith("assessment")
        told.known["next-team-invited"] = _is_invited(booking, str(profile.setting(NEXT_TEAM, on) or ""))
    if (groups := profile.setting(KEY_AGENCIES, on)) is not None:
        missing = missing_agencies(booking, str(groups))
        told.known["key-agency-missing"] = bool(missing)
        told.about["key-agency-missing"] = missing
    if booking.safety_plan_made is not None:
        told.known["safety-plan-made"] = booking.safety_plan_made
    if booking.confidential_slot is not None:
        told.known["slot-after-family-joins"] = booking.confidential_slot >= family_joins_at(booking)
    if (virtual := is_virtual(booking.mode)) is not None:
        told.known["virtual"] = virtual
    return told


def told_of_child(child: Child, on: date) -> Told:
    """Returns the facts of one child on the day of the act; of an unborn child no age is known (R10).

    A child born on 29 February is a year older on 1 March of a common year. Source: domain.md A00.14.
    """
    told = Told()
    if child.born_on is not None:
        told.known["child-age"] = years_old(child.born_on, on)
    told.known["advocacy-offered"] = child.advocacy is not None
    told.known["seen-alone"] = child.seen_alone_on is not None
    told.known["reason-given"] = child.seen_alone_because is not None
    return told


def told_of_rule(
    rule: Rule,
    booking: Booking,
    calendar: Calendar,
    recorded: Mapping[Trigger, datetime] | None = None,
    booked_at: datetime | None = None,
) -> Told:
    """Returns the facts that hang on the rule's own due instant; none where its trigger is not known.

    The start meets the limit of a conference exactly at the due instant; the last session that of a series.
    """
    instants = {**triggers_of(booking), **(recorded or {})}
    at = instants.get(rule.trigger)
    if at is None or rule.until is not None or not rule.fits(at):
        return Told()
    due_at = due(rule, at, calendar).due_at
    limit = (f"due {spoken(due_at)}",)
    match rule.duty:
        case duty if duty == HOLD_CONFERENCE:
            return Told(known={"past-limit": booking.start_at > due_at}, about={"past-limit": limit})
        case duty if duty == END_OF_DISCUSSIONS:
            last = max((session.start_at for session in booking.split), default=booking.start_at)
            return Told(known={"past-limit": last > due_at}, about={"past-limit": limit})
        case duty if duty == BOOK_CONFERENCE:
            return Told(known={"late": booked_at is not None and booked_at > due_at}, about={"late": limit})
        case duty if duty == CALL_PARENTS:
            return Told(known={"start-before-call": booking.start_at < due_at})
        case _:
            return Told()


def said_at(
    where: Place,
    booking: Booking,
    profile: Profile,
    calendar: Calendar,
    on: date,
    *,
    told: Told | None = None,
    recorded: Mapping[Trigger, datetime] | None = None,
    booked_at: datetime | None = None,
    only_told: bool = False,
) -> tuple[Said, ...]:
    """Returns what rules block and warn of at that place, in the profile's order; a child's rule names its children once.

    `on` is the day of the act. `told` are the facts of the conference (else the booking's own); with `only_told` acts
    that ask anything nobody has said are left out, else what nobody has said counts as no.
    """
    told = told if told is not None else told_of_booking(booking, profile)
    found: list[Said] = []
    for entry in profile.entries(booking.type, to_local(booking.start_at).date()):
        of_entry = told
        if isinstance(entry, Rule):
            at = triggers_of(booking).get(entry.trigger)
            if at is not None and not entry.fits(at):
                continue
            of_entry = told | told_of_rule(entry, booking, calendar, recorded, booked_at)
        found += _said_of(entry, where, of_entry, booking.children, on, only_told=only_told)
    return tuple(found)


def said_of_booking(
    booking: Booking,
    profile: Profile,
    calendar: Calendar,
    on: date,
    *,
    others: Iterable[Booking] = (),
    recorded: Mapping[Trigger, datetime] | None = None,
    booked_at: datetime | None = None,
) -> tuple[Said, ...]:
    """Returns what the rules say when a conference is booked or moved, of later places what is told already.

    A rule that acts at the invitation or the conference speaks now where the booking tells everything that it asks.
    """
    told = told_of_booking(booking, profile, others)
    said = said_at(
        Place.BOOKING, booking, profile, calendar, on, told=told, recorded=recorded, booked_at=booked_at
    )
    for place in LATER:
        said += said_at(place, booking, profile, calendar, on, told=told, only_told=True)
    return said


def blocking(said: Iterable[Said]) -> tuple[Said, ...]:
    """Returns what forbids the booking itself."""
    return tuple(one for one in said if one.do is Verb.BLOCK and one.where is Place.BOOKING)


def sentences(said: Sequence[Said]) -> tuple[str, ...]:
    """Returns one line per rule, in the order in which rules first speak; nothing is said twice."""
    lines: dict[str, list[str]] = {}
    for one in said:
        words = one.words.removeprefix(f"{one.rule}: ")
        if words not in lines.setdefault(one.rule, []):
            lines[one.rule].append(words)
    return tuple(f"{rule}: {' '.join(words)}" for rule, words in lines.items())


def is_parent(person: Person) -> bool:
    """Returns True for each parent and each other family member with parental responsibility (SWG-4)."""
    return person.role is Role.PARENT or (person.role.is_family and person.parental_responsibility is True)


def slots_overlap(one: Booking, other: Booking, buffer: timedelta) -> bool:
    """Returns True where the same chair has both, and either begins before the other's slot and its buffer are over."""
    chairs = [next((p for p in b.people if p.role is Role.CHAIR), None) for b in (one, other)]
    if not _same_person(*chairs):
        return False
    ends = [b.start_at + timedelta(minutes=b.slot_minutes) + buffer for b in (one, other)]
    return one.start_at < ends[1] and other.start_at < ends[0]


def missing_agencies(booking: Booking, groups: str) -> tuple[str, ...]:
    """Returns the groups of roles ("gp or midwife", parted by ";") of which nobody is in the booking."""
    there = {person.role.value for person in booking.people}
    wanted = [group.strip() for group in groups.split(";") if group.strip()]
    return tuple(group for group in wanted if not there & {role.strip() for role in group.split(" or ")})


def family_joins_at(booking: Booking) -> datetime:
    """Returns when family first joins: the first session with one of them, where the conference is split; else the start."""
    family = {person.id for person in booking.people if person.role.is_family}
    return min((s.start_at for s in booking.split if family & set(s.people)), default=booking.start_at)


def is_virtual(mode: str | None) -> bool | None:
    """Returns whether the conference is held other than face to face, or None where the mode does not say."""
    words = folded(mode or "")
    if "in person" in words or "face to face" in words:
        return False
    away = ("virtual", "video", "telephone", "phone", "call", "consultation", "online", "teams")
    return True if any(word in words for word in away) else None


def _said_of(
    entry: Rule | Statement, where: Place, told: Told, children: Sequence[Child], on: date, *, only_told: bool
) -> Iterator[Said]:
    for act in entry.acts:
        if act.where is not where or act.do not in (Verb.BLOCK, Verb.WARN):
            continue
        if only_told and not (act.when and _is_told(act, told, children)):
            continue
        asked = {condition.fact for condition in act.when}
        if asked & _CHILD_FACTS:
            about: tuple[str, ...] = tuple(c.id for c in children if _holds(act, told | told_of_child(c, on)))
            if not about:
                continue
        elif _holds(act, told):
            about = tuple(dict.fromkeys(word for c in act.when for word in told.about.get(c.fact, ())))
        else:
            continue
        yield Said(rule=entry.id, do=act.do, where=where, says=act.says, about=about)


def _holds(act: Act, told: Told) -> bool:
    return all(condition.holds(told.known) for condition in act.when)


def _is_told(act: Act, told: Told, children: Sequence[Child]) -> bool:
    of_children = _CHILD_FACTS if children else frozenset()
    return all(condition.fact in told.known or condition.fact in of_children for condition in act.when)


def _is_invited(booking: Booking, team: str) -> bool:
    return bool(team) and any(folded(team) in folded(p.agency or "") for p in booking.people if not p.role.is_family)


def _same_person(one: Person | None, other: Person | None) -> bool:
    if one is None or other is None:
        return False
    if one.email and other.email:
        return normalised(one.email).casefold() == normalised(other.email).casefold()
    return folded(one.name) == folded(other.name)


def asks(profile: Profile, fact: str) -> bool:
    """Returns True if any act of the profile asks for that fact."""
    entries: tuple[Rule | Statement, ...] = (*profile.rules, *profile.statements)
    return any(condition.fact == fact for one in entries for act in one.acts for condition in act.when)


def _number(value: Known | None) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0
