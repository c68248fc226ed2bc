"""What ought to happen now, and when to look again (DESIGN.md idea 2; promises 4, 10, 11, 13)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    FATHER,
    GP,
    MOTHER,
    PEOPLE,
    REF,
    START,
    SWR,
    Timed,
    accepted,
    at,
    body_started,
    case,
    claimed,
    composed,
    confirmed,
    detail,
    not_taken,
    recorded,
    released,
    report,
    searched,
    unknown,
)
from test_entitlement import histories

from pipeline.domain import facts as f
from pipeline.domain import item as items
from pipeline.domain.agenda import (
    ATTEMPTS,
    BACK_OFF,
    FAILED,
    Action,
    Agenda,
    Verb,
    agenda,
    attempt_of,
    find,
    item_agenda,
    plans,
    subject_person,
)
from pipeline.domain.case import Case
from pipeline.domain.judgement import judge
from pipeline.domain.people import BlobId, CopyId, ExcludedFrom, Exclusion, ItemId, PersonId

MAREN, VANE = MOTHER.email or "", FATHER.email or ""
COMPOSES, GOES = at(26, 17), at(27, 17)
instants = st.sampled_from([at(20), at(25, 9), COMPOSES, at(27, 16, 59, 59), GOES, at(28, 3), START, at(30, 11, 30)])


class Clerk:
    """Carries actions out as the stages would: each leaves the fact that is its effect."""

    def __init__(self, facts: list[Timed], now: datetime) -> None:
        self.facts, self.now, self.made = list(facts), now, 0

    @property
    def case(self) -> Case:
        return case(*self.facts)

    def say(self, fact: f.Fact) -> None:
        self.facts.append((self.now, fact))

    def perform(self, action: Action) -> None:
        """Writes the effect of the action."""
        now = self.case
        match action.verb:
            case Verb.JUDGE:
                self.say(judge(now.conference, now.profile, now.calendar, now.conference.reports[ItemId(action.subject)]))
            case Verb.SEARCH:
                known = [d.id for d in now.conference.protected]
                self.say(searched(action.subject, *known))
            case Verb.VOID:
                self.say(f.CopyVoided(copy=CopyId(action.subject), because="made anew"))
            case Verb.COMPOSE:
                who, document = subject_person(action)
                plan = next(p for p in plans(now, self.now) if p.person == who and p.document.value == document)
                self.made += 1
                self.say(composed(plan, f"k{self.made}"))
            case Verb.SEND:
                address = now.standing(now.conference.copies[CopyId(action.subject)].person).address or ""
                for fact in (claimed(action.subject, address), body_started(action.subject), accepted(action.subject)):
                    self.say(fact)
            case Verb.INTAKE:
                raise AssertionError("a conference takes nothing in")

    def work(self) -> int:
        """Performs what is due until nothing is; returns how many actions that took."""
        for done in range(200):
            due = agenda(self.case, self.now).due
            if not due:
                return done
            self.perform(due[0])
            assert due[0].key not in {a.key for a in agenda(self.case, self.now).due}, "its effect did not settle it"
        raise AssertionError("the agenda never comes to rest")


@st.composite
def stories(draw: st.DrawFn) -> list[Timed]:
    """A history, addresses that hold or expire, and copies on every stretch of their way."""
    facts: list[Timed] = list(draw(histories()))
    ends = st.sampled_from([at(24), GOES, at(28, 3), START, at(30, 10), at(30, 20)])
    for who in (MOTHER, FATHER):
        if draw(st.booleans()):
            facts.append(confirmed(who.email or "", of=who.id, until=draw(ends)))
    clerk = Clerk(facts, draw(st.sampled_from([at(20), COMPOSES, GOES, at(28)])))
    for n in range(draw(st.integers(0, 12))):
        due = agenda(clerk.case, clerk.now).due
        choice = draw(st.sampled_from(["do", "do", "do", "release", "try", "fail", "claim", "doubt", "later", "move"]))
        copies = [c.copy for c in clerk.case.conference.copies.values() if c.live]
        match choice:
            case "do" if due:
                clerk.perform(draw(st.sampled_from(due)))
            case "release" if copies:
                clerk.say(released(draw(st.sampled_from(copies)), "Clerk Two"))
            case "try" if copies:
                clerk.say(not_taken(draw(st.sampled_from(copies)), permanent=draw(st.booleans())))
            case "claim" if copies:
                clerk.say(claimed(draw(st.sampled_from(copies)), MAREN))
            case "doubt" if copies:
                copy = draw(st.sampled_from(copies))
                clerk.say(claimed(copy, MAREN))
                clerk.say(unknown(copy))
            case "fail" if due:
                code = draw(st.sampled_from([FAILED, "ended"]))
                clerk.say(f.AttemptEnded(key=draw(st.sampled_from(due)).key, attempt=1, code=code))
            case "later":
                clerk.now += timedelta(hours=draw(st.sampled_from([1, 5, 24])))
            case "move":
                clerk.say(f.ConferenceMoved(start_at=START + timedelta(days=n % 3), because="x"))
            case _:
                pass
    return clerk.facts


def keys(found: Agenda) -> set[str]:
    return {action.key for action in found.due}


@settings(max_examples=150)
@given(stories(), instants, st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_the_due_set_is_constant_until_the_next_look(facts: list[Timed], now: datetime, places: list[float]) -> None:
    """With no new fact what is due and what is stuck stay the same from now until just before `look_again_at`."""
    made = case(*facts)
    found = agenda(made, now)
    until = found.look_again_at or now + timedelta(days=900)
    assert until > now
    just_before = until - timedelta(microseconds=1)
    for moment in [now + (just_before - now) * place for place in places] + [just_before]:
        then = agenda(made, moment)
        assert keys(then) == keys(found)
        assert {a.key for a in then.stuck} == {a.key for a in found.stuck}


@given(stories(), instants)
def test_the_same_facts_give_the_same_keys(facts: list[Timed], now: datetime) -> None:
    """Keys come from facts alone, each once, and hold only ids that we gave out."""
    one, two = agenda(case(*facts), now), agenda(case(*facts), now)
    assert [a.key for a in one.due] == [a.key for a in two.due]
    assert len(keys(one)) == len(one.due)
    people = "|".join(p.id for p in PEOPLE)
    ids = rf"(?:[rk]\d|mail|(?:{people})\.(?:pack|supplement))"
    verbs = "|".join(verb.value for verb in Verb)
    for key in keys(one):
        assert re.fullmatch(rf"conference:{REF}/(?:{verbs})/{ids}/\d+/\d+", key)
        assert find(one, key) is not None
    assert find(one, "no such key") is None


@settings(max_examples=60)
@given(histories(), instants, st.booleans())
def test_everything_due_comes_to_rest(facts: list[Timed], now: datetime, sure: bool) -> None:
    """Each action disappears once its effect is in the ledger, and doing what is due ends with nothing due."""
    more: list[Timed] = [confirmed(MAREN, of="mother"), confirmed(VANE, of="father")] if sure else []
    Clerk([*facts, *more], now).work()


@settings(max_examples=30)
@given(histories(), st.lists(instants, min_size=2, max_size=4))
def test_an_outage_delays_and_loses_nothing(facts: list[Timed], moments: list[datetime]) -> None:
    """Looking often or only once at the end sends each person the same reports."""
    moments = sorted(m for m in moments if m < START) or [GOES]
    often = Clerk(facts, moments[0])
    for moment in moments:
        often.now = moment
        often.work()
    once = Clerk(facts, moments[-1])
    once.work()
    assert _had(often.case) == _had(once.case)


def _had(made: Case) -> dict[str, set[str]]:
    had: dict[str, set[str]] = {}
    for copy in made.conference.copies.values():
        if copy.accepted is not None:
            had.setdefault(copy.person, set()).update(copy.items)
    return had


# --- in plain words ----------------------------------------------------------------------------------------------------

BASE: list[Timed] = [report("r1", "sw", SWR), confirmed(MAREN, of="mother", until=at(30, 20))]


def due(*facts: Timed, now: datetime) -> list[str]:
    return [f"{a.verb.value} {a.subject}" for a in agenda(case(*facts), now).due]


def settled(*facts: Timed, now: datetime) -> Clerk:
    """The story with all done that is due then."""
    clerk = Clerk(list(facts), now)
    clerk.work()
    return clerk


def test_packs_are_composed_a_working_day_before_they_go() -> None:
    """Nothing before, everyone with a confirmed address from that instant on, the chair first."""
    judged = settled(*BASE, now=at(20)).facts
    early = agenda(case(*judged), COMPOSES - timedelta(seconds=1))
    assert early.due == ()
    assert early.look_again_at == COMPOSES
    assert due(*judged, now=COMPOSES) == [f"compose {p}.pack" for p in ("chair", "sw", "school", "gp", "police", "mother")]


def test_copies_go_at_their_time() -> None:
    """Copies that need no release are sent at Friday's last office moment; the mother's waits for a name."""
    clerk = settled(*BASE, now=COMPOSES)
    before = agenda(clerk.case, GOES - timedelta(seconds=1))
    assert (before.due, before.look_again_at) == ((), GOES)
    sends = [a.subject for a in agenda(clerk.case, GOES).due]
    assert {clerk.case.conference.copies[CopyId(k)].person for k in sends} == {"chair", "sw", "school", "gp", "police"}


def test_a_later_report_goes_as_a_supplement_at_once() -> None:
    """After the packs have gone, a late report is composed for those entitled and sent (R8, promise 11)."""
    clerk = settled(*BASE, now=GOES)
    clerk.now = at(28, 9, 30, 1)
    clerk.say(report("r2", "gp", received_at=clerk.now))
    clerk.work()
    late = [c for c in clerk.case.conference.copies.values() if c.document is f.Document.SUPPLEMENT]
    assert {c.person for c in late} == {"chair", "sw", "school", "gp", "police"}
    assert all(c.items == ("r2",) and c.accepted is not None for c in late)


def test_a_copy_that_is_replaced_is_not_sent_beside() -> None:
    """Where a copy must be withdrawn its sending is not due at the same time."""
    clerk = settled(*BASE, now=COMPOSES)
    clerk.now = GOES
    clerk.say(report("r2", "sw", SWR, received_at=GOES))
    found = agenda(clerk.case, GOES)
    voids = {a.subject for a in found.due if a.verb is Verb.VOID}
    assert voids
    assert not voids & {a.subject for a in found.due if a.verb is Verb.SEND}


def test_moving_there_and_back_tells_people_again() -> None:
    """The same start after a move and a move back is a new occasion: packs are made anew under new keys."""
    clerk = settled(*BASE, now=COMPOSES)
    before = _composed_keys(BASE)
    clerk.say(f.ConferenceMoved(start_at=START + timedelta(days=1), because="chair ill"))
    clerk.work()
    clerk.say(f.ConferenceMoved(start_at=START, because="chair well"))
    voids = [a for a in agenda(clerk.case, clerk.now).due if a.verb is Verb.VOID]
    for action in voids:
        clerk.perform(action)
    again = {a.key for a in agenda(clerk.case, clerk.now).due if a.verb is Verb.COMPOSE}
    assert again
    assert not again & before


def _composed_keys(facts: list[Timed]) -> set[str]:
    judged = settled(*facts, now=at(20)).facts
    return {a.key for a in agenda(case(*judged), COMPOSES).due if a.verb is Verb.COMPOSE}


def test_a_move_has_reports_judged_again_each_time() -> None:
    """Each move that changes the verdict's ground is its own occasion, also back to where it was."""
    clerk = settled(*BASE, now=at(20))
    seen: set[str] = set()
    for days in (1, 0, 1):
        clerk.say(f.ConferenceMoved(start_at=START + timedelta(days=days), because="x"))
        judges = {a.key for a in agenda(clerk.case, clerk.now).due if a.verb is Verb.JUDGE}
        assert len(judges) == 1
        assert not judges & seen
        seen |= judges
        clerk.work()


def test_an_added_detail_has_each_report_searched() -> None:
    """A detail added later is searched for in every filed report, and every unsent copy is made anew."""
    clerk = settled(*BASE, now=COMPOSES)
    clerk.say(f.DetailProtected(detail=detail("d1", "father")))
    assert [w for w in due(*clerk.facts, now=COMPOSES) if w.startswith("search")] == ["search r1"]
    assert len([w for w in due(*clerk.facts, now=COMPOSES) if w.startswith("void")]) == 6
    clerk.say(searched("r1", "d1", found=["d1"]))
    assert not [w for w in due(*clerk.facts, now=COMPOSES) if w.startswith("search")]


def test_an_expiring_address_is_looked_at_when_it_expires() -> None:
    """A pack that could be composed or sent until its address expires is looked at again at that very instant."""
    facts: list[Timed] = [report("r1", "sw", SWR), confirmed(MAREN, of="mother", until=at(28, 3))]
    judged = settled(*facts, now=at(20)).facts
    assert agenda(case(*judged), at(28, 2)).look_again_at == at(28, 3)
    assert "compose mother.pack" in due(*judged, now=at(28, 2, 59))
    assert "compose mother.pack" not in due(*judged, now=at(28, 3))


def test_nothing_is_composed_or_sent_after_the_end_or_a_cancellation() -> None:
    """A cancelled or ended conference makes and sends nothing; a sending in hand is still settled."""
    clerk = settled(*BASE, now=COMPOSES)
    for more, now in (([], START + timedelta(hours=2)), ([f.ConferenceCancelled(because="x")], GOES)):
        assert due(*clerk.facts, *more, now=now) == []
    first = next(iter(clerk.case.conference.copies))
    assert due(*clerk.facts, claimed(first, "chair@chair.example"), now=at(30, 20)) == [f"send {first}"]


def test_stopped_means_not_due_and_resumed_due_again() -> None:
    """While sending is stopped no sending is due; after the resume it is, under the same key."""
    clerk = settled(*BASE, now=COMPOSES)
    open_keys = keys(agenda(clerk.case, GOES))
    clerk.say(f.SendingStopped(because="x"))
    assert agenda(clerk.case, GOES).due == ()
    clerk.say(f.SendingResumed())
    assert keys(agenda(clerk.case, GOES)) == open_keys


# --- attempts ----------------------------------------------------------------------------------------------------------


def test_attempts_are_paced_counted_and_then_held() -> None:
    """A raised attempt waits longer each time; after the set number the action is stuck; a retry is a new occasion."""
    facts = settled(*BASE, now=at(20)).facts
    key = agenda(case(*facts), COMPOSES).due[0].key
    now = COMPOSES
    for n in range(1, ATTEMPTS + 1):
        made = case(*facts)
        assert attempt_of(made.conference.attempts, key) == n
        assert find(agenda(made, now), key) is not None
        facts = [*facts, (now, f.AttemptEnded(key=key, attempt=n, code=FAILED))]
        found = agenda(case(*facts), now)
        assert find(found, key) is None
        now += BACK_OFF[min(n, len(BACK_OFF)) - 1]
        if n < ATTEMPTS:
            assert found.look_again_at is not None
            assert found.look_again_at <= now
    assert [a.key for a in agenda(case(*facts), now).stuck] == [key]
    retried = agenda(case(*facts, f.RetryAsked(by="Clerk One", because="fixed")), now)
    assert not retried.stuck
    assert f"compose {subject_person(retried.due[0])[0]}.pack" in [f"{a.verb.value} {a.subject}" for a in retried.due]


def test_an_attempt_that_ended_without_raising_is_followed_at_once() -> None:
    """A cancelled or orphaned workflow costs an attempt and no wait."""
    facts = settled(*BASE, now=at(20)).facts
    key = agenda(case(*facts), COMPOSES).due[0].key
    ended = (COMPOSES, f.AttemptEnded(key=key, attempt=1, code="ended"))
    assert find(agenda(case(*facts, ended), COMPOSES), key) is not None


def test_a_stuck_sending_is_tried_again_when_a_person_asks() -> None:
    """After too many attempts a sending is stuck; `packs retry` gives it a new key."""
    clerk = settled(*BASE, now=COMPOSES)
    key = next(a.key for a in agenda(clerk.case, GOES).due if a.verb is Verb.SEND)
    for n in range(ATTEMPTS):
        clerk.say(f.AttemptEnded(key=key, attempt=n + 1, code="ended"))
    assert key in {a.key for a in agenda(clerk.case, GOES).stuck}
    clerk.say(f.RetryAsked(by="Clerk One", because="server is back"))
    found = agenda(clerk.case, GOES)
    assert not found.stuck
    assert key not in keys(found)
    assert key.split("/")[2] in {a.subject for a in found.due if a.verb is Verb.SEND}


def test_each_try_that_was_not_taken_has_its_own_key() -> None:
    """The ordinal of a sending is its number of tries, so that a second try is another workflow."""
    clerk = settled(*BASE, now=COMPOSES)
    first = next(a for a in agenda(clerk.case, GOES).due if a.verb is Verb.SEND)
    clerk.now = GOES
    clerk.say(claimed(first.subject, "chair@chair.example"))
    assert find(agenda(clerk.case, GOES), first.key) is not None
    clerk.say(not_taken(first.subject))
    found = agenda(clerk.case, GOES)
    assert first.subject not in {a.subject for a in found.due}
    assert found.look_again_at == GOES + timedelta(minutes=1)
    again = next(a for a in agenda(clerk.case, GOES + timedelta(minutes=1)).due if a.subject == first.subject)
    assert (again.occasion, again.ordinal) == (first.occasion, 1)


def test_an_unknown_sending_is_never_due() -> None:
    """UNKNOWN is shown, not repeated by machine (promise 13); settled as not sent it is due again."""
    clerk = settled(*BASE, now=COMPOSES)
    copy = next(iter(clerk.case.conference.copies))
    clerk.now = GOES
    for fact in (claimed(copy, "chair@chair.example"), body_started(copy), unknown(copy)):
        clerk.say(fact)
    assert copy not in {a.subject for a in agenda(clerk.case, at(29)).due}
    clerk.say(f.SendingSettled(copy=CopyId(copy), attempt=1, accepted=False, by="Clerk One", because="rang"))
    assert copy in {a.subject for a in agenda(clerk.case, at(29)).due}


# --- items -------------------------------------------------------------------------------------------------------------


def test_an_item_is_due_until_it_is_filed_held_or_set_aside() -> None:
    """A received or resolved item is taken in under the key of that fact; in any other state nothing is due."""
    received = f.ItemReceived(
        route="inbox", received_at=at(25), sha256="00", size_bytes=1, blob=BlobId("b"), name="report.docx"
    )
    held = f.ItemHeld(code="no-agency", why=("x",))
    resolved = f.ItemResolved(conference=REF, person=GP.id, by="Clerk One")

    def look(*facts: f.Fact) -> list[str]:
        made = items.fold(recorded("item:i1", [received, *facts]))
        assert made is not None
        return [a.key for a in item_agenda(made, at(25)).due]

    assert look() == ["item:i1/intake/i1/1/0"]
    assert look(f.ItemScreened(kind="docx")) == ["item:i1/intake/i1/1/0"]
    assert look(held) == []
    assert look(held, resolved) == ["item:i1/intake/i1/3/0"]
    assert look(held, resolved, held, resolved) == ["item:i1/intake/i1/5/0"]
    assert look(held, f.ItemDismissed(because="x", by="y")) == []
    assert look(f.ItemFiled(conference=REF, person=GP.id)) == []
    assert look(held, f.RetryAsked(by="x", because="y")) == ["item:i1/intake/i1/3/0"]


def test_an_exclusion_after_composing_withdraws_the_copy() -> None:
    """The excluded person's copy is voided and none is made in its place (SWG-8)."""
    clerk = settled(*BASE, now=COMPOSES)
    barred = Exclusion(person=PersonId("gp"), from_=(ExcludedFrom.ALL,), because="x", decided_by="y")
    clerk.say(f.ExclusionMade(exclusion=barred))
    clerk.work()
    assert not [c for c in clerk.case.conference.copies_of(PersonId("gp")) if c.live]
    assert [c for c in clerk.case.conference.copies_of(PersonId("sw")) if c.live]
