"""Content-free letters to agencies: which are needed now, and whether one may go. Never to family, never with content.

A letter tells a reference, instants, how to send, and fixed words; so it may go to an address that nobody has confirmed
yet (A00.8). What is needed follows from the case alone: of a rhythm only the latest place that has come, so that a
service that was down sends once what is still needed, and the places before it are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import assert_never

from pipeline.domain.addresses import AddressState, Standing, normalised
from pipeline.domain.calendar import OFFICE_OPENS, Calendar, at_wall, to_local
from pipeline.domain.case import Case
from pipeline.domain.completeness import missing_parts
from pipeline.domain.facts import LetterKind
from pipeline.domain.gate import after_refusals
from pipeline.domain.headings import Part
from pipeline.domain.judgement import due_of
from pipeline.domain.people import CopyId, ItemId, Person, PersonId
from pipeline.domain.records import Letter
from pipeline.domain.timetable import Due

MISSING: Mapping[str, str] = MappingProxyType({part.value: part.words for part in Part})
"""What a report may lack, by the name of the part, in the words of a letter."""

RETURNED: Mapping[str, str] = MappingProxyType(
    {
        "password": "it is locked with a password; send it without one",
        "macros": "it holds macros; save it as a PDF or as a Word document without macros",
        "damaged": "it cannot be opened; send it again",
        "empty": "it is empty; send it again",
        "kind": "it is of a kind that cannot be taken; send a Word document or a PDF",
        "too-large": "it is too large; send it in parts",
        "no-attachment": "nothing was attached; send the report as an attachment",
        "not-this-conference": "it is not for the conference with this reference",
    }
)
"""Why something is of no use as it came, by code, in the words of a letter."""

ASKING = frozenset({LetterKind.REQUEST, LetterKind.CHASE, LetterKind.LATE, LetterKind.LEAD})
"""Letters about a report that has not come: none goes while a held item may be it."""

AT_ONCE = frozenset({LetterKind.RECEIPT})
"""Letters that answer somebody who has just written: at any hour. All others wait for office hours."""

BY_HAND = "letter"
"""The duty of a letter that a person writes, where letters do not go by themselves."""

STOPS_AT = time(18)
"""What fell due at the last office moment (17:00) may still go until this wall time, not included."""

RECEIPT_WITHIN = timedelta(days=3)
"""After so long a receipt says nothing that anybody still waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A letter that is needed from `at` on (UTC). `occasion` and `ordinal` name it for ever; see `agenda`."""

    kind: LetterKind
    person: PersonId
    occasion: int
    ordinal: int
    at: datetime
    due_at: datetime | None = None
    about: ItemId | None = None
    parts: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The subject of its key in the agenda."""
        return f"{self.person}.{self.kind.value}"

    @property
    def letter(self) -> CopyId:
        """Its id."""
        return letter_id(self.subject, self.occasion, self.ordinal)


def letter_id(subject: str, occasion: int, ordinal: int) -> CopyId:
    """Returns the id of the letter of that key."""
    return CopyId(f"letter.{subject}.{occasion}.{ordinal}")


def answered(case: Case, person: PersonId) -> bool:
    """Returns True once the person has sent a report, has nothing to report, or cannot take part: nobody chases them then."""
    conference = case.conference
    return bool(conference.versions(person)) or person in conference.nil_returns or person in conference.apologies


def places(case: Case, person: Person) -> list[Wanted]:
    """Returns every place of the rhythm for a person asked, soonest first, whatever has come meanwhile.

    The request goes when they are first told, again after each move, and again where the due instant that they were told
    is another by now, because a bank holiday was proclaimed or a rule changed. A reminder counts only where it lies a working
    day or more after that, and stands at the last office moment at or before its instant. The late letter goes at the
    first office moment after the due instant, to those who were told before it (A00.15).
    """
    conference, calendar, rhythm = case.conference, case.calendar, case.profile.chasing
    told = conference.told.get(person.id)
    if told is None or person.role.is_family:
        return []
    occasion, told_at = max(told, conference.moved) if conference.moved is not None else told
    when = due_of(conference, case.profile, calendar, person)
    due_at = when.due_at if when is not None else None

    def place(kind: LetterKind, ordinal: int, at: datetime) -> Wanted:
        return Wanted(kind=kind, person=person.id, occasion=occasion, ordinal=ordinal, at=at, due_at=due_at)

    found = [place(LetterKind.REQUEST, 0, calendar.next_office(told_at))]
    if (again := _told_otherwise(case, person.id, occasion, told_at, due_at)) is not None:
        ordinal, at = again
        found.append(place(LetterKind.REQUEST, ordinal, max(at, found[0].at)))
    if due_at is None:
        return found
    for days in rhythm.working_days_before:
        at = calendar.minus_working_days_wall(due_at, days)
        at = calendar.office_due(at) or at
        if calendar.minus_working_days_wall(at, 1) >= told_at:
            found.append(place(LetterKind.CHASE, days, at))
    if rhythm.late_letter and told_at <= due_at:
        found.append(place(LetterKind.LATE, 0, calendar.next_office(due_at + timedelta(seconds=1))))
    return sorted(found, key=lambda one: one.at)


def _lead(person: Person, come: Sequence[Wanted]) -> list[Wanted]:
    """The letter to the agency's safeguarding lead, at the second reminder of an occasion and never again (C9).

    It counts the places of the rhythm, not the letters: after an outage the lead hears of it with the one that is sent.
    """
    reminders = [one for one in come if one.kind in (LetterKind.CHASE, LetterKind.LATE)]
    if person.lead_email is None or len(reminders) < 2 or person.role.is_family:
        return []
    if person.email and _box(person.email) == _box(person.lead_email):
        return []  # who was reminded is the lead
    return [replace(reminders[1], kind=LetterKind.LEAD, ordinal=0)]


def box_of(case: Case, person: PersonId, kind: LetterKind) -> Standing:
    """Returns the standing of the address that a letter of this kind to this person goes to.

    A lead's has no history of its own, except where it is the address of somebody of the conference: then that one's.
    """
    if kind is not LetterKind.LEAD:
        return case.standing(person)
    who = case.conference.people.get(person)
    if who is None or not who.lead_email:
        return Standing()
    known = [case.standing(one) for one in case.conference.people]
    known += [contact.standing for contact in case.contacts.values()]
    same = [one for one in known if one.address is not None and _box(one.address) == _box(who.lead_email)]
    return next((one for one in same if one.suspended), Standing(address=normalised(who.lead_email)))


def _told_otherwise(
    case: Case, person: PersonId, occasion: int, since: datetime, due_at: datetime | None
) -> tuple[int, datetime] | None:
    """Returns ordinal and instant of the request that tells a due instant anew, or None where what was told last is right.

    One that is gone keeps its place: reminders that lie before it are passed over.
    """
    letters = [
        one
        for one in case.conference.letters.values()
        if one.person == person and one.kind in ASKING - {LetterKind.LEAD} and one.occasion == occasion and one.gone
    ]
    told = [(one.written_at, one.due_at) for one in letters]
    told += [
        (fact.done_at, fact.due_at)
        for fact, _ in case.conference.done
        if fact.duty == BY_HAND and fact.person == person and fact.done_at >= since and fact.due_at is not None
    ]
    if not told:
        return None
    at, last = max(told, key=lambda one: one[0])
    before = max((one.ordinal for one in letters if one.kind is LetterKind.REQUEST), default=0)
    if last != due_at:
        return before + 1, at + timedelta(seconds=1)
    retold = [one.written_at for one in letters if one.kind is LetterKind.REQUEST and one.ordinal == before > 0]
    return (before, max(retold)) if retold else None


def wanted(case: Case, now: datetime) -> list[Wanted]:
    """Returns the letters that are needed at `now`, gone or not: at most one of the rhythm a person, in the booking's order."""
    conference = case.conference
    if conference.cancelled is not None or now >= conference.end_at:
        return []
    found: list[Wanted] = []
    for person in conference.people.values():
        if person.role.is_family:
            continue
        if not answered(case, person.id):
            come = [one for one in places(case, person) if one.at <= now]
            found += come[-1:]
            found += _lead(person, come)
        found += [one for one in _receipts(case, person.id) if now < one.at + RECEIPT_WITHIN]
        found += _lacking(case, person.id, now)
    return found + [one for one in _asked_for(case) if one.person in conference.people]


def _receipts(case: Case, person: PersonId) -> Iterator[Wanted]:
    """One for each e-mail that gave a report of somebody asked, at the first filing out of it, and never a second one."""
    conference = case.conference
    if person not in conference.asked_at:
        return
    told = {letter.about: letter for letter in conference.letters.values() if letter.kind is LetterKind.RECEIPT}
    seen: set[ItemId] = set()
    for report in sorted(conference.filed(person), key=lambda one: one.filed_seq):
        group = report.filed.group
        if not report.filed.from_a_mailbox or group in seen:
            continue
        seen.add(group)
        before = told.get(group)
        if before is None or (before.person, before.occasion) == (person, report.filed_seq):
            yield Wanted(
                kind=LetterKind.RECEIPT, person=person, occasion=report.filed_seq, ordinal=0, at=report.filed_at, about=group
            )


def _lacking(case: Case, person: PersonId, now: datetime) -> list[Wanted]:
    """The letter that tells what the newest report lacks of what the authority requires; a person's own word comes first.

    Nothing where it is only not known, and nothing any more once another version came or a person said that it is there.
    """
    conference = case.conference
    parts = tuple(part for part in missing_parts(case, person) if part in MISSING)
    if not parts or person not in conference.asked_at:
        return []
    newest = max(conference.versions(person)[-1], key=lambda one: one.filed_seq)
    by_hand = any(
        fact.kind is LetterKind.MISSING_PARTS and fact.person == person and seq > newest.filed_seq
        for fact, seq, _ in conference.letters_asked
    )
    if by_hand or newest.filed_at > now:
        return []
    return [
        Wanted(
            kind=LetterKind.MISSING_PARTS, person=person, occasion=newest.filed_seq, ordinal=0, at=newest.filed_at,
            about=newest.filed.group, parts=parts,
        )
    ]  # fmt: skip


def _asked_for(case: Case) -> Iterator[Wanted]:
    """What a person asked to be told; what is missing only until another version comes."""
    conference = case.conference
    for fact, seq, at in conference.letters_asked:
        newer = any(report.filed_seq > seq for report in conference.filed(fact.person))
        if fact.kind is LetterKind.MISSING_PARTS and newer:
            continue
        yield Wanted(
            kind=fact.kind, person=fact.person, occasion=seq, ordinal=0, at=at, about=fact.about, parts=fact.parts
        )


def letters_to_write(case: Case, now: datetime) -> list[Wanted]:
    """Returns what is needed, could go now and is not written yet."""
    if not case.letters:
        return []
    unwritten = [one for one in wanted(case, now) if one.letter not in case.conference.letters]
    return [one for one in unwritten if _shut(case, one.person, one.kind, now) is None]


def not_written_because(case: Case, one: Wanted, now: datetime) -> str | None:
    """Returns why a needed letter that is not written cannot be written now, or None."""
    return _shut(case, one.person, one.kind, now)


def letter_task(one: Wanted) -> str:
    """Returns what a person does instead where letters do not go by themselves."""
    match one.kind:
        case LetterKind.REQUEST:
            return f"write to {one.person}: ask for the report"
        case LetterKind.CHASE:
            return f"write to {one.person}: the report has not come"
        case LetterKind.LATE:
            return f"write to {one.person}: the report is overdue"
        case LetterKind.LEAD:
            return f"write to the safeguarding lead of {one.person}'s agency: the second reminder is due and nothing has come"
        case LetterKind.RECEIPT:
            return f"tell {one.person} that their message came"
        case LetterKind.MISSING_PARTS:
            return f"write to {one.person}: the report lacks {', '.join(one.parts)}"
        case LetterKind.RETURNED:
            return f"write to {one.person}: it was of no use ({', '.join(one.parts)})"
        case _:
            assert_never(one.kind)


def letter_closed_because(case: Case, letter: Letter, now: datetime, *, address: str | None = None) -> str | None:
    """Returns the first condition that does not hold, in words, or None where the letter may go now.

    `address` is the one already claimed, when asked again before the first byte. Without it the question is whether a
    sending may be claimed: never while another is in hand. Missing facts count as a condition that does not hold.
    """
    if letter.accepted is not None:
        return "it was sent"
    if letter.unknown is not None:
        return "nobody knows whether it was sent; it is not repeated"
    if letter.in_hand and (address is None or letter.body_started):
        return "its sending is in hand"
    if letter.failed:
        return "the receiving server refused it for good; correct the address"
    if letter.withheld is not None:
        return f"a held item may be what it asks for (`packs held`, {letter.withheld})"
    if letter.copy not in {one.letter for one in wanted(case, now)}:
        return "it is not needed any more"
    if why := _shut(case, letter.person, letter.kind, now):
        return why
    if address is not None and box_of(case, letter.person, letter.kind).address != address:
        return "the address changed since the sending was claimed"
    again = after_refusals(letter)
    return "it is not yet time" if again is not None and now < again else None


def _shut(case: Case, person: PersonId, kind: LetterKind, now: datetime) -> str | None:
    """Returns why no letter of this kind may go to the person now, or None."""
    conference = case.conference
    if not case.letters:
        return "letters are off for this home (`letters` in packs.toml)"
    if case.house.stopped is not None:
        return "all sending is stopped (`packs resume`)"
    if conference.stopped is not None:
        return "sending for this conference is stopped (`packs resume REF`)"
    if conference.cancelled is not None:
        return "the conference is cancelled"
    if now >= conference.end_at:
        return "the conference has ended"
    who = conference.people.get(person)
    if who is None:
        return "the person is not of this conference any more"
    if who.role.is_family:
        return "letters never go to family"
    standing = box_of(case, person, kind)
    state = standing.state(now)
    if standing.address is None or state in {AddressState.NONE, AddressState.SUSPENDED}:
        return f"no address to write to ({state.value})"
    if _box(standing.address) in _family_boxes(case):
        return "the address is that of a family member too"
    if _refused(case, person, standing.address, standing.confirmed_at):
        return "the receiving server refused an earlier letter to this address for good; correct it"
    if kind not in AT_ONCE and not _open(case.calendar, now):
        return "it waits for office hours"
    return None if case.can_send else "no mail server is set for this home: name one under [smtp] in packs.toml"


def _family_boxes(case: Case) -> set[str]:
    """The mailboxes of family, as they are compared: in whatever case the letters were written."""
    conference = case.conference
    known = [standing.address for standing in conference.family_addresses.values()]
    known += [p.email for p in conference.people.values() if p.role.is_family]
    return {_box(one) for one in known if one}


def _box(address: str) -> str:
    return normalised(address).casefold()


def _refused(case: Case, person: PersonId, address: str, confirmed_at: datetime | None) -> bool:
    """True where a letter was refused for good at this address and nobody has confirmed it since."""
    return any(
        letter.failed
        and letter.person == person
        and letter.claimed_address is not None
        and _box(letter.claimed_address) == _box(address)
        and (confirmed_at is None or confirmed_at <= letter.not_taken[-1][1])
        for letter in case.conference.letters.values()
    )


def _open(calendar: Calendar, now: datetime) -> bool:
    local = to_local(now)
    return calendar.is_working_day(local.date()) and OFFICE_OPENS <= local.time() < STOPS_AT


def _turns(calendar: Calendar, now: datetime) -> datetime:
    """Returns the next instant at which letters begin or cease to go."""
    day = to_local(now).date()
    if calendar.is_working_day(day):
        for clock in (OFFICE_OPENS, STOPS_AT):
            if (at := at_wall(day, clock)) > now:
                return at
    return at_wall(calendar.working_days_after(day, 1), OFFICE_OPENS)


def turning_points(case: Case, now: datetime) -> list[datetime]:
    """Returns instants, all after `now`, at the earliest of which what is needed or may go can differ without a new fact."""
    conference = case.conference
    points: list[datetime] = []
    for person in conference.people.values():
        if not answered(case, person.id):
            points += [one.at for one in places(case, person)]
        points += [one.at + RECEIPT_WITHIN for one in _receipts(case, person.id)]
    if any(one.letter not in conference.letters or conference.letters[one.letter].live for one in wanted(case, now)):
        points.append(_turns(case.calendar, now))
    return [at for at in points if at > now]


def due_of_letter(case: Case, person: PersonId) -> Due | None:
    """Returns the due that a letter to this person tells, None where the authority states none."""
    who = case.conference.people.get(person)
    return due_of(case.conference, case.profile, case.calendar, who) if who is not None else None


def arrived_at(case: Case, letter: Letter) -> datetime | None:
    """Returns when the e-mail that a letter is about reached us, None where it is about none."""
    came = [r.received_at for r in case.conference.reports.values() if letter.about in (r.filed.group, r.item)]
    return min(came, default=None) if letter.about is not None else None
