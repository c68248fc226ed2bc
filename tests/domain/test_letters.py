"""Letters to agencies: what is needed from the case alone, and to whom one may go (A00.6, A00.8, A00.15, A00.17; C9)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    CALENDAR,
    CONVENED,
    GP,
    MOTHER,
    PEOPLE,
    POLICE,
    PROFILE,
    REF,
    SCHOOL,
    START,
    SWR,
    Timed,
    accepted,
    at,
    body_started,
    booking,
    case,
    claimed,
    confirmed,
    not_taken,
    recorded,
    report,
    rule,
    unknown,
)

from pipeline.domain import facts as f
from pipeline.domain import item as items
from pipeline.domain.addresses import Standing, agency_address
from pipeline.domain.agenda import Action, Verb, agenda
from pipeline.domain.calendar import LONDON
from pipeline.domain.case import Case
from pipeline.domain.duty import DutyState
from pipeline.domain.facts import LetterKind
from pipeline.domain.letters import (
    ASKING,
    RECEIPT_WITHIN,
    Wanted,
    box_of,
    due_of_letter,
    letter_closed_because,
    letters_to_write,
    places,
    wanted,
)
from pipeline.domain.people import BlobId, CopyId, ItemId, PersonId, Role
from pipeline.domain.profile import Chasing, Unit
from pipeline.domain.tasks import tasks
from pipeline.domain.views import letters_view
from pipeline.errors import AddressNotConfirmedError

# START is Monday 30 Nov 09:30; reports are due Sat 28 Nov 09:30. Reminders: Mon 23 (5), Thu 26 (2), Fri 27 (1), all 09:30;
# the late letter Mon 30 Nov 09:00. Convened Mon 16 Nov 09:00.


def on(*facts: Timed, **more: object) -> Case:
    """A case of a home that lets letters go."""
    return replace(case(*facts, **more), letters=True)  # type: ignore[arg-type]


class Post:
    """Writes and sends what is due, leaving the facts that the stages would leave."""

    def __init__(self, *facts: Timed, **more: object) -> None:
        self.facts: list[Timed] = list(facts)
        self.more = more
        self.gone: list[tuple[datetime, str, str]] = []
        self.calendar = CALENDAR

    @property
    def case(self) -> Case:
        return replace(on(*self.facts, **self.more), calendar=self.calendar)

    def run(self, now: datetime) -> Post:
        """Does all that is due of letters at that instant."""
        for _ in range(100):
            due = [a for a in agenda(self.case, now).due if a.verb is Verb.WRITE or a.subject.startswith("letter.")]
            if not due:
                return self
            self._do(due[0], now)
            assert due[0].key not in {a.key for a in agenda(self.case, now).due}, "its effect did not settle it"
        raise AssertionError("the letters never come to rest")

    def _do(self, action: Action, now: datetime) -> None:
        if action.verb is Verb.WRITE:
            one = next(w for w in letters_to_write(self.case, now) if w.subject == action.subject)
            assert (one.occasion, one.ordinal) == (action.occasion, action.ordinal)
            self.facts.append((now, written(one)))
            return
        letter = self.case.conference.letters[CopyId(action.subject)]
        address = box_of(self.case, letter.person, letter.kind).address or ""
        facts = (claimed(letter.copy, address), body_started(letter.copy), accepted(letter.copy))
        self.facts.extend((now, fact) for fact in facts)
        self.gone.append((now, letter.person, letter.kind.value))

    def to(self, person: str) -> list[str]:
        return [kind for _, who, kind in self.gone if who == person]


def written(one: Wanted) -> f.LetterWritten:
    return f.LetterWritten(
        letter=one.letter, person=one.person, kind=one.kind, occasion=one.occasion, ordinal=one.ordinal, due_at=one.due_at,
        about=one.about, parts=one.parts,
    )  # fmt: skip


def moved(to: datetime) -> f.ConferenceMoved:
    return f.ConferenceMoved(start_at=to, because="a room")


NIL = f.NilReturnRecorded(person=PersonId("school"), by="Clerk One", because="never met them")


def rhythm(made: Case, who: str) -> list[tuple[str, int, datetime]]:
    return [(one.kind.value, one.ordinal, one.at) for one in places(made, made.conference.people[PersonId(who)])]


def test_the_rhythm_stands_in_office_hours() -> None:
    """Request when booked; 5, 2 and 1 working days before, at the last office moment; late at the first one after."""
    assert rhythm(on(), "school") == [
        ("request", 0, at(16, 9)),
        ("chase", 5, at(23, 9, 30)),
        ("chase", 2, at(26, 9, 30)),
        ("chase", 1, at(27, 9, 30)),
        ("late", 0, at(30, 9)),
    ]


@pytest.mark.parametrize("who", ["chair", "mother", "father"])
def test_only_agencies_that_were_asked_have_one(who: str) -> None:
    """Nobody who was not asked, and never family, also where a booking asks a parent for a report."""
    asked = tuple(replace(p, asked_for_report=True) if p.id == "mother" else p for p in booking().people)
    made = on(of=booking(asked))
    assert rhythm(made, who) == []
    assert all(not made.conference.people[one.person].role.is_family for one in wanted(made, at(27)))


def test_an_outage_of_three_days_gives_one_letter() -> None:
    """Down from before the 2-day place until after the 1-day place: only the latest place goes, once."""
    post = Post().run(at(16, 9))
    post.run(at(27, 10))
    assert post.to("school") == ["request", "chase"]
    assert [letter.ordinal for letter in post.case.conference.letters.values() if letter.person == "school"] == [0, 1]
    post.run(at(27, 12)).run(at(28, 12)).run(at(30, 9))
    assert post.to("school") == ["request", "chase", "late"]


def test_a_letter_that_could_not_go_in_time_is_passed_over() -> None:
    """Written but not sent before the next place came: it does not go any more, the next one does."""
    made = on()
    old = next(w for w in letters_to_write(made, at(26, 10)) if w.person == "school")
    post = Post((at(26, 10), written(old))).run(at(27, 10))
    assert [w.ordinal for w in wanted(post.case, at(27, 10)) if w.person == "school"] == [1]
    assert post.to("school") == ["chase"]
    assert letter_closed_because(post.case, post.case.conference.letters[old.letter], at(27, 10)) == "it is not needed any more"
    rows = {row["letter"]: row["state"] for row in letters_view(post.case, at(27, 10)) if row["person"] == "school"}
    assert rows[old.letter] == "passed"


@pytest.mark.parametrize(
    "answer",
    [report("r1", "school"), NIL, f.ApologyRecorded(person=PersonId("school"), by="Clerk One", because="ill")],
)
def test_an_answer_ends_chasing(answer: f.Fact) -> None:
    """A filed report, a nil return or an apology: nothing more is asked of them, also not what was written already."""
    post = Post().run(at(16, 9)).run(at(23, 10))
    post.facts.append((at(24), answer))
    for moment in (at(26, 10), at(27, 10), at(30, 9)):
        post.run(moment)
    assert post.to("school") == ["request", "chase"]
    assert "late" in post.to("gp")


def test_a_report_taken_back_is_asked_for_again() -> None:
    """After `packs unfile` the person has sent nothing, and the latest place that has not gone goes."""
    taken = f.ReportUnfiled(item=ItemId("r1"), because="another family's", by="Clerk One")
    post = Post((at(17), report("r1", "school"))).run(at(26, 10))
    assert post.to("school") == []
    post.facts.append((at(26, 11), taken))
    assert post.run(at(26, 12)).to("school") == ["chase"]


def test_moving_away_and_back_tells_again_and_repeats_no_reminder() -> None:
    """A new request for each move; the reminder that went stays one, and none that is still to come is swallowed."""
    post = Post().run(at(16, 9)).run(at(23, 10))
    post.facts.append((at(24, 10), moved(START + timedelta(days=7))))
    post.run(at(24, 10))
    post.facts.append((at(24, 11), moved(START)))
    post.run(at(24, 11)).run(at(25, 10))
    assert post.to("school") == ["request", "chase", "request", "request"]
    post.run(at(26, 10)).run(at(27, 10)).run(at(30, 9))
    assert post.to("school") == ["request", "chase", "request", "request", "chase", "chase", "late"]


def test_no_late_letter_to_those_asked_after_it_was_due() -> None:
    """Asked on Saturday afternoon for a report due that morning: a request, and nothing about lateness (A00.15)."""
    late = replace(SCHOOL, id=PersonId("nurse"), role=Role.SCHOOL_NURSE)
    post = Post((at(28, 15), f.PersonAdded(person=late))).run(at(28, 16)).run(at(30, 9))
    assert post.to("nurse") == ["request"]
    assert "late" in post.to("gp")


@pytest.mark.parametrize("moment", [at(26, 8, 59, 59), at(26, 18), at(26, 23), at(28, 12), at(29, 12)])
def test_nothing_is_chased_at_night_or_on_a_free_day(moment: datetime) -> None:
    """Before nine, from six in the evening, on Saturday and Sunday: it waits for the next office hour."""
    made = on()
    assert letters_to_write(made, moment) == []
    waits = agenda(made, moment).look_again_at
    assert waits is not None
    assert 9 <= waits.astimezone(LONDON).hour < 18


ADDRESS = SCHOOL.email or ""


@pytest.mark.parametrize(
    ("standing", "goes"),
    [
        ([], True),
        ([confirmed(ADDRESS)], True),
        ([confirmed(ADDRESS, until=at(20))], True),
        ([f.AddressSuspended(because="bounced", by="Clerk One")], False),
        ([confirmed(ADDRESS), f.AddressSuspended(because="bounced", by="Clerk One")], False),
    ],
)
def test_unconfirmed_is_enough_and_suspended_gets_nothing(standing: list[Timed], goes: bool) -> None:
    """A letter goes to an agency's unconfirmed or expired address; never to a suspended one (A00.8)."""
    post = Post(contacts={"school": standing}).run(at(26, 10))
    assert bool(post.to("school")) is goes


def test_an_address_of_family_gets_nothing_under_any_name() -> None:
    """Where an agency's address is a family member's too, no letter goes there."""
    people = tuple(replace(p, email=MOTHER.email) if p.id == "school" else p for p in booking().people)
    post = Post(of=booking(people), contacts={"school": []}).run(at(26, 10))
    assert post.to("school") == []
    assert post.to("gp")


@pytest.mark.parametrize("role", [r for r in Role if r.is_family])
def test_an_agencys_address_is_never_made_of_familys(role: Role) -> None:
    """The type that letters go to cannot be built for family, whatever is known of the address."""
    with pytest.raises(AddressNotConfirmedError):
        agency_address(role, Standing(address="a@b.example", confirmed_at=CONVENED, expires_at=START), at(20))


def test_stopped_cancelled_ended_or_off_sends_nothing() -> None:
    """Each alone closes every letter, one that is written as well."""
    one = next(w for w in letters_to_write(on(), at(26, 10)) if w.person == "school")
    said: Timed = (at(26, 10), written(one))
    assert letter_closed_because(on(said), on(said).conference.letters[one.letter], at(26, 10)) is None
    for made in (
        on(said, f.SendingStopped(because="x")),
        on(said, f.ConferenceCancelled(because="x")),
        on(said, house=[f.SendingStopped(because="x")]),
        on(said, can_send=False),
        replace(on(said), letters=False),
    ):
        assert letter_closed_because(made, made.conference.letters[one.letter], at(26, 10))
        assert letters_to_write(made, at(26, 10)) == []
    assert wanted(on(), START + timedelta(hours=2)) == []


def test_without_the_setting_nothing_of_letters_is_due() -> None:
    """`letters = false`: the agenda of a conference is what it was, and the list shows tasks for people."""
    made = case()
    assert not [a for a in agenda(made, at(26, 10)).due if a.verb is Verb.WRITE]
    rows = [row for row in letters_view(made, at(26, 10)) if row["person"] == "school"]
    assert [row["state"] for row in rows] == ["task", "coming", "coming"]
    assert rows[0]["why"] == "write to school: the report has not come"


def test_sending_follows_the_rules_of_copies() -> None:
    """In hand it is settled, unknown it is never repeated, refused for good that address gets nothing more, else it waits."""
    one = next(w for w in letters_to_write(on(), at(26, 10)) if w.person == "school")
    said: Timed = (at(26, 10), written(one))
    claim: Timed = (at(26, 10), claimed(one.letter, ADDRESS))
    verbs = {Verb.WRITE, Verb.SEND}

    def due(*more: Timed, now: datetime | None = None) -> list[str]:
        found = agenda(on(said, claim, *more), now or at(26, 11))
        return [a.verb.value for a in found.due if a.verb in verbs and "school" in a.subject]

    assert due() == ["send"]
    assert due((at(26, 10), body_started(one.letter)), (at(26, 10), unknown(one.letter))) == []
    assert due((at(26, 10), accepted(one.letter))) == []
    refused: Timed = (at(26, 10), not_taken(one.letter, permanent=True))
    assert due(refused) == []
    assert due(refused, now=at(27, 10)) == []
    assert due((at(26, 10, 59, 30), not_taken(one.letter))) == []
    assert due((at(26, 10, 59), not_taken(one.letter))) == ["send"]


def test_a_held_item_that_may_be_it_lets_the_place_pass() -> None:
    """A withheld place does not go, and is not asked about again; the next place of the rhythm is."""
    one = next(w for w in letters_to_write(on(), at(26, 10)) if w.person == "school")
    held = f.LetterWithheld(
        letter=one.letter, person=one.person, kind=one.kind, occasion=one.occasion, ordinal=one.ordinal, held=ItemId("i9")
    )
    post = Post((at(26, 10), held)).run(at(26, 11))
    assert post.to("school") == []
    (row,) = [r for r in letters_view(post.case, at(26, 11)) if r["letter"] == one.letter]
    assert (row["state"], "i9" in str(row["why"])) == ("withheld", True)
    assert post.run(at(27, 10)).to("school") == ["chase"]


def mailed(item: str, group: str, **more: object) -> f.ReportFiled:
    return report(item, "school", group=ItemId(group), from_a_mailbox=True, **more)


def test_one_receipt_for_each_mail_at_any_hour() -> None:
    """Two parts of one mail, filed at different times: one receipt, at once; the same mail filed anew gives none."""
    post = Post((at(20, 22), mailed("r1", "m1")), (at(20, 23), mailed("r2", "m1"))).run(at(20, 23))
    post.facts += [(at(21), f.ReportUnfiled(item=ItemId(r), because="x", by="y")) for r in ("r1", "r2")]
    post.facts.append((at(21, 12), mailed("r1", "m1")))
    post.run(at(21, 13))
    assert [kind for kind in post.to("school") if kind == "receipt"] == ["receipt"]
    post.facts.append((at(22), mailed("r3", "m2")))
    assert post.run(at(22)).to("school").count("receipt") == 2


@pytest.mark.parametrize(
    ("fact", "now"),
    [
        (report("r1", "school"), at(20, 10)),  # dropped in the inbox, a machine's or a list's
        (mailed("r1", "m1"), at(20, 9) + RECEIPT_WITHIN),
        (report("r1", "chair", from_a_mailbox=True), at(20, 10)),  # nobody asked the chair
    ],
)
def test_no_receipt(fact: f.ReportFiled, now: datetime) -> None:
    """Not for a file nobody mailed, not after three days, not to somebody who was not asked."""
    assert not [one for one in wanted(on((at(20, 9), fact)), now) if one.kind is LetterKind.RECEIPT]


def test_what_is_missing_is_told_once_and_not_after_a_new_version() -> None:
    """A person asks for it; a newer version makes it pointless."""
    lacks = f.LetterAsked(person=PersonId("gp"), kind=LetterKind.MISSING_PARTS, parts=("plan-content",), by="Clerk One")
    post = Post((at(20), report("r1", "gp")), (at(24), lacks)).run(at(24, 10)).run(at(25, 10))
    assert post.to("gp") == ["missing-parts"]
    newer = on((at(20), report("r1", "gp")), (at(24), lacks), (at(24, 9, 30), report("r2", "gp")))
    assert not [one for one in wanted(newer, at(24, 10)) if one.kind is LetterKind.MISSING_PARTS]


def test_another_address_is_told_anew() -> None:
    """A person whose contact changed never got the request: the new address gets it, under a key of its own."""
    other = replace(GP, email="desk@other-surgery.example", contact=None)
    one = on((at(24, 10), f.PersonChanged(person=other))).conference.told[GP.id]
    assert one == (2, at(24, 10))


def test_the_rhythm_is_the_profiles() -> None:
    """Another authority's rhythm, without a late letter; a place keeps its key when others come or go."""
    other = replace(PROFILE, chasing=Chasing(working_days_before=(3, 1), late_letter=False))
    assert [(kind, n) for kind, n, _ in rhythm(on(profile=other), "school")] == [("request", 0), ("chase", 3), ("chase", 1)]


def test_without_a_rule_only_the_request_goes() -> None:
    """Where the authority states no due instant there is nothing to remind of."""
    silent = replace(PROFILE, rules=tuple(r for r in PROFILE.rules if r.duty != "agency-report"))
    assert [kind for kind, *_ in rhythm(on(profile=silent), "school")] == ["request"]


def message(*, automatic: str | None = None, sender: str = "a@b.example") -> items.Item:
    came = f.ItemReceived(route="file", received_at=at(20), sha256="x", size_bytes=1, blob=BlobId("b"), name="mail.eml")
    read = f.MessageOpened(sender=sender, subject="s", message_id="m", parts=(ItemId("r1"),), automatic=automatic)
    made = items.fold(recorded("item:m1", [came, read]))
    assert made is not None
    return made


def test_machines_and_lists_get_no_receipt() -> None:
    """Something that lay in a mail of a machine, of a list or of nobody, at whatever depth, or in no mail: no receipt."""
    assert items.written_by_people([message(), message()])
    for around in ([], [message(automatic="auto-reply")], [message(), message(automatic="list")], [message(sender="")]):
        assert not items.written_by_people(around)


# --- properties --------------------------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2026, 11, 16, 9), datetime(2026, 12, 1), timezones=st.just(UTC)).map(
    lambda d: d.replace(microsecond=0)
)
happenings = st.sampled_from(
    [
        NIL,
        report("r1", "school"),
        mailed("r5", "m5"),
        report("r2", "sw", SWR),
        f.ReportUnfiled(item=ItemId("r1"), because="x", by="y"),
        moved(START + timedelta(days=7)),
        moved(START - timedelta(days=4)),
        moved(START),
        f.SendingStopped(because="x"),
        f.SendingResumed(),
        f.PersonChanged(person=replace(GP, asked_for_report=False)),
        f.PersonChanged(person=GP),
        f.LetterAsked(person=PersonId("gp"), kind=LetterKind.RETURNED, parts=("password",), by="y"),
    ]
)


@st.composite
def stories(draw: st.DrawFn) -> Post:
    """Things that happen in their order, the post worked at some of them."""
    post = Post(contacts={"police": [], "gp": [f.AddressSuspended(because="x", by="y")] if draw(st.booleans()) else []})
    for moment in sorted(draw(st.lists(moments, max_size=6))):
        if draw(st.booleans()):
            post.facts.append((moment, draw(happenings)))
        if draw(st.booleans()):
            post.run(moment)
    return post


def _after(post: Post) -> datetime:
    return max([CONVENED, *(entry[0] for entry in post.facts if isinstance(entry, tuple))])


@settings(max_examples=120)
@given(stories(), st.integers(0, 9 * 24 * 3600), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_the_due_set_is_constant_until_the_next_look(post: Post, later: int, at_: list[float]) -> None:
    """With no new fact what is due of letters stays the same from now until just before `look_again_at`."""
    made, now = post.case, _after(post) + timedelta(seconds=later)

    def letters(moment: datetime) -> set[str]:
        return {a.key for a in agenda(made, moment).due}

    until = agenda(made, now).look_again_at or now + timedelta(days=30)
    just_before = until - timedelta(microseconds=1)
    for moment in [now + (just_before - now) * place for place in at_] + [just_before]:
        assert letters(moment) == letters(now)


@settings(max_examples=80)
@given(stories(), moments)
def test_keys_are_stable_and_each_effect_comes_once(post: Post, now: datetime) -> None:
    """The same facts give the same keys; no letter goes twice; at most one of the rhythm is needed of a person at a time."""
    now = max(now, _after(post))
    one, two = agenda(post.case, now), agenda(post.case, now)
    assert [a.key for a in one.due] == [a.key for a in two.due]
    ids = rf"(?:letter\.)?[a-z]+\.(?:{'|'.join(kind.value for kind in LetterKind)})"
    for action in one.due:
        if action.verb is Verb.WRITE:
            assert re.fullmatch(rf"conference:{REF}/write/{ids}/\d+/\d+", action.key)
    post.run(now)
    letters = [letter for letter in post.case.conference.letters.values() if letter.accepted is not None]
    assert len({letter.copy for letter in letters}) == len(letters) == len(post.gone)
    asking = [one.person for one in wanted(post.case, now) if one.kind in ASKING]
    assert len(asking) == len(set(asking))


@settings(max_examples=80)
@given(stories(), moments)
def test_never_to_family_nor_to_a_suspended_address(post: Post, now: datetime) -> None:
    """Whatever happened, every letter that is due goes to an agency whose address is not suspended."""
    made = post.run(max(now, _after(post))).case
    for letter in made.conference.letters.values():
        who = made.conference.people[letter.person]
        assert not who.role.is_family
        assert letter.person != "gp" or not made.standing(who.id).suspended


@settings(max_examples=60)
@given(st.lists(moments, min_size=1, max_size=5), moments)
def test_an_outage_sends_no_backlog(looks: list[datetime], back: datetime) -> None:
    """However long nothing ran, the first look after it sends each person at most one letter of the rhythm."""
    post = Post()
    for moment in sorted(looks):
        post.run(moment)
    before = len(post.gone)
    post.run(max(back, *looks))
    later = [who for _, who, _ in post.gone[before:]]
    assert len(later) == len(set(later))


_TWO_DAYS = rule("agency-report", 2, unit=Unit.WD_WALL)
IN_DAYS = replace(PROFILE, rules=(_TWO_DAYS, *(one for one in PROFILE.rules if one.duty != "agency-report")))
"""Reports are due two working days before: Thu 26 Nov 09:30, and a day earlier when Friday is proclaimed a holiday."""


def test_a_proclaimed_bank_holiday_is_told_once_to_whoever_was_told_another_day() -> None:
    """Told of Thursday, then Friday is closed: one more request that tells of Wednesday, and no reminder from before it."""
    post = Post(profile=IN_DAYS).run(at(16, 9)).run(at(19, 10))
    assert post.to("school") == ["request", "chase"]
    post.calendar = replace(CALENDAR, closed=CALENDAR.closed | {date(2026, 11, 27)})
    post.run(at(20, 9))
    assert post.to("school") == ["request", "chase", "request"]
    asked = [one for one in post.case.conference.letters.values() if one.person == "school" and one.kind is LetterKind.REQUEST]
    assert [one.due_at for one in asked] == [at(26, 9, 30), at(25, 9, 30)]
    assert post.run(at(20, 9, 5)).to("school") == ["request", "chase", "request"]
    post.facts.append((at(20, 11), report("r1", "school", received_at=at(20, 10))))
    post.calendar = CALENDAR
    assert post.run(at(20, 12)).to("school") == ["request", "chase", "request"], "who has answered is told nothing more"


@given(st.sets(st.integers(16, 30), max_size=4), st.lists(st.integers(16, 28), min_size=1, max_size=6))
@settings(max_examples=40)
def test_a_changed_calendar_brings_at_most_one_letter_and_the_last_tells_the_present_day(
    closed: set[int], days: list[int]
) -> None:
    """Whatever days close, each agency that is still asked was last told the due instant as it is now, without a storm."""
    post = Post(profile=IN_DAYS)
    for day in sorted(days):
        post.run(at(day, 10))
    before = len(post.to("school"))
    post.calendar = replace(CALENDAR, closed=CALENDAR.closed | {date(2026, 11, day) for day in closed})
    now = post.calendar.next_office(at(max(days), 11))
    post.run(now)
    assert len(post.to("school")) <= before + 1
    sent = [one for one in post.case.conference.letters.values() if one.person == "school" and one.gone]
    due = due_of_letter(post.case, PersonId("school"))
    if sent and due is not None and now < START:
        assert max(sent, key=lambda one: (one.written_at, one.written_seq)).due_at == due.due_at


def test_a_letter_written_by_hand_is_to_be_written_again_when_the_day_changes() -> None:
    """Letters are off: the task is done with the day that was told; another day makes it a task again."""
    told = f.DutyDone(
        duty="letter", done_at=at(16, 10), how="by mail", by="Clerk One", person=PersonId("school"), due_at=at(26, 9, 30)
    )

    def asked(closed: set[date]) -> list[DutyState]:
        made = replace(case((at(16, 10), told), profile=IN_DAYS), calendar=replace(CALENDAR, closed=CALENDAR.closed | closed))
        return [one.state for one in tasks(made, at(16, 11), {}) if one.duty == "letter" and one.person == "school"]

    assert asked(set()) == [DutyState.DONE]
    assert asked({date(2026, 11, 27)}) == [DutyState.DUE]


LED = booking([*(replace(one, lead_email="lead@gullwing.example") if one.id == "school" else one for one in PEOPLE)])


def test_the_lead_hears_once_of_the_second_reminder_at_their_own_address() -> None:
    """Not of the first; once for all later ones; never where the agency has answered or nobody named a lead."""
    post = Post(of=LED)
    for day in (16, 23, 24):
        post.run(at(day, 10))
    assert "lead" not in post.to("school")
    for day in (26, 27, 30):
        post.run(at(day, 9, 15))
    assert post.to("school").count("lead") == 1
    assert "lead" not in post.to("gp")
    lead = next(one for one in post.case.conference.letters.values() if one.kind is LetterKind.LEAD)
    assert box_of(post.case, lead.person, lead.kind).address == "lead@gullwing.example"
    answered_ = Post((at(24), report("r1", "school")), of=LED).run(at(16, 9)).run(at(26, 10)).run(at(27, 10))
    assert "lead" not in answered_.to("school")


def test_after_an_outage_the_lead_hears_with_the_one_reminder_that_goes() -> None:
    """Down from the request to the day before: one reminder, and the lead is told; a held item of the school stops both."""
    post = Post(of=LED).run(at(16, 9)).run(at(27, 10))
    assert sorted(post.to("school")) == ["chase", "lead", "request"]


def test_a_lead_whose_address_is_a_family_members_is_told_nothing() -> None:
    """The mailbox of a parent is never written to, whatever it was entered as."""
    people = [*(replace(one, lead_email=(MOTHER.email or "").title()) if one.id == "school" else one for one in PEOPLE)]
    post = Post(of=booking(people)).run(at(16, 9)).run(at(27, 10))
    assert "lead" not in post.to("school")


def test_no_letter_goes_to_a_suspended_address_by_way_of_a_lead_nor_to_the_asked_person_twice() -> None:
    """The lead's address is that of a suspended contact, or the school's own: the school is reminded, no lead hears."""
    gone = replace(POLICE, email="gone@acorns.example")
    for lead in ("Gone@acorns.example", SCHOOL.email):
        people = [*(replace(one, lead_email=lead) if one.id == "school" else gone if one.id == "police" else one for one in PEOPLE)]
        suspended = {"police": [f.AddressSuspended(because="left", by="Clerk One")]}
        post = Post(of=booking(people), contacts=suspended).run(at(16, 9)).run(at(27, 10))
        assert post.to("school") == ["request", "chase"]
