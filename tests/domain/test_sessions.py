"""A split conference: each part has its own people, its own packs and its own times (SWG-9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from making import (
    CONVENED,
    PEOPLE,
    PROFILE,
    START,
    SWR,
    accepted,
    audience,
    booking,
    case,
    claimed,
    composed,
    plan_for,
    report,
    rule,
)

from pipeline.domain import facts as f
from pipeline.domain.cover import cover_values
from pipeline.domain.duties import duties
from pipeline.domain.duty import DutyState
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Document
from pipeline.domain.pack import outdated, still_right
from pipeline.domain.paper import NotForPaper, paper_plan
from pipeline.domain.people import PersonId, Session
from pipeline.domain.profile import Direction, Unit
from pipeline.domain.tasks import tasks

IDS = [p.id for p in PEOPLE]
OPEN = replace(PROFILE, audience=(*(one for one in PROFILE.audience if one.reader != "family"), audience("family", *f.Content)))
"""An authority that gives families every report: only the sessions stand between them."""

HOUR = timedelta(hours=1)
FIRST = Session(name="first", start_at=START, people=tuple(PersonId(p) for p in ("chair", "sw", "school", "mother")))
SECOND = Session(name="second", start_at=START + HOUR, people=tuple(PersonId(p) for p in ("chair", "sw", "police", "father")))
SPLIT = booking(split=(FIRST, SECOND), mode="split")
REPORTS = (report("r-sw", "sw", SWR), report("r-school", "school"), report("r-police", "police"), report("r-gp", "gp"))

some_people = st.lists(st.sampled_from(IDS), unique=True).map(tuple)


def split_case(*facts: object, of: object = SPLIT):  # type: ignore[no-untyped-def]
    """The split conference with these facts, of an authority that gives families every report."""
    return case(*facts, of=of, profile=OPEN)  # type: ignore[arg-type]


def test_a_pack_holds_the_reports_of_those_its_reader_sits_with_and_of_whoever_writes_for_all() -> None:
    """The mother of the first session does not read the police of the second; the absent surgery and the worker write for all."""
    found = split_case(*REPORTS)
    assert set(entitlement(found, PersonId("mother"), Document.PACK).allowed) == {"r-sw", "r-school", "r-gp"}
    may = entitlement(found, PersonId("school"), Document.PACK)
    assert set(may.allowed) == {"r-sw", "r-school", "r-gp"}
    assert not may.whole
    assert may.for_chair
    assert set(entitlement(found, PersonId("chair"), Document.PACK).allowed) == {"r-sw", "r-school", "r-police", "r-gp"}


@given(st.lists(some_people.filter(bool), min_size=1, max_size=4))
def test_nobody_but_the_chair_reads_what_only_another_session_hears(parts: list[tuple[PersonId, ...]]) -> None:
    """A report whose author sits in some sessions but not all reaches only people of one of them."""
    sessions = tuple(
        Session(name=f"s{n}", start_at=START + n * HOUR, people=people) for n, people in enumerate(parts)
    )
    found = split_case(*REPORTS, of=booking(split=sessions))
    for reader in PEOPLE:
        for item in entitlement(found, reader.id, Document.PACK).allowed:
            author = found.conference.reports[item].filed.person
            theirs = [s for s in sessions if author in s.people]
            for_all = len(theirs) in (0, len(sessions))
            assert reader.id == "chair" or for_all or any(reader.id in s.people for s in theirs)


def test_the_cover_tells_a_reader_of_their_own_session_alone() -> None:
    """Neither another session's time, nor who sits there, nor that the conference is split."""
    found = split_case(REPORTS[0], REPORTS[1])
    values = cover_values(found, plan_for(found, "school", CONVENED), START, team="SQT", phone="", duty_line="")
    assert values["start"] == "Mon 30 Nov 2026 09:30 GMT"
    assert values["mode"] == ""
    roles = {row["role"] for row in values["invitees"]}  # type: ignore[attr-defined]
    assert "police" not in roles
    assert {"chair", "education"} <= roles
    chairs = cover_values(found, plan_for(found, "chair", CONVENED), START, team="SQT", phone="", duty_line="")
    assert chairs["start"] == "Mon 30 Nov 2026 09:30 GMT and Mon 30 Nov 2026 10:30 GMT"


def test_an_unsplit_conference_keeps_nothing_apart() -> None:
    """Without sessions everybody meets everybody."""
    found = split_case(*REPORTS, of=booking())
    assert entitlement(found, PersonId("mother"), Document.PACK).whole
    assert all(found.conference.meets(one, other) for one in IDS for other in IDS)


def test_a_session_set_later_voids_what_was_made_for_all() -> None:
    """A pack composed before the split is neither right nor kept; one made after it is."""
    before = split_case(*REPORTS, of=booking())
    made = composed(plan_for(before, "mother", CONVENED), "k1")
    sets = [
        f.SessionSet(name=s.name, start_at=s.start_at, people=s.people, because="asked for by the family")
        for s in (FIRST, SECOND)
    ]
    after = split_case(*REPORTS, made, *sets, of=booking())
    copy = next(iter(after.conference.copies.values()))
    assert not still_right(after, copy)
    assert outdated(after, copy, START - HOUR)
    assert after.conference.sessions == (FIRST, SECOND)


def test_a_session_ends_with_its_last_person_and_is_replaced_by_its_name() -> None:
    """Set without people it is no longer held; set again it has the new people."""
    again = f.SessionSet(name="second", start_at=START + 2 * HOUR, people=(PersonId("father"),), because="x")
    assert split_case(again).conference.sessions[1] == Session(
        name="second", start_at=START + 2 * HOUR, people=(PersonId("father"),)
    )
    gone = f.SessionSet(name="second", start_at=START, people=(), because="x")
    assert split_case(again, gone).conference.sessions == (FIRST,)


def test_sessions_move_with_the_conference_and_the_end_waits_for_the_last() -> None:
    """Moved by a day, each session is; one that begins after the planned end has a slot of its own."""
    moved = f.ConferenceMoved(start_at=START + 24 * HOUR, because="x")
    assert split_case(moved).conference.starts_of(PersonId("father")) == (START + 25 * HOUR,)
    late = f.SessionSet(name="third", start_at=START + 72 * HOUR, people=(PersonId("father"),), because="a series")
    found = split_case(moved, late).conference
    assert found.end_at == START + 74 * HOUR
    assert split_case().conference.end_at == START + 2 * HOUR


def test_whoever_is_in_no_session_is_a_task_until_they_are_in_one() -> None:
    """The surgery sits in neither session: a person says where, or the agenda goes on asking; so for a split without parts."""
    def asked(found):  # type: ignore[no-untyped-def]
        return [one for one in tasks(found, START - 48 * HOUR, {}) if one.duty == "split-sessions"]

    (task,) = asked(split_case())
    assert task.state is DutyState.DUE
    assert "gp" in task.how
    assert not asked(split_case(of=booking()))
    assert asked(split_case(of=booking(mode="split")))
    gp = f.SessionSet(name="first", start_at=START, people=(*FIRST.people, PersonId("gp")), because="x")
    assert not asked(split_case(gp))


def test_whoever_was_invited_to_a_part_that_is_dropped_is_told_by_a_person() -> None:
    """A task for each until it is recorded; not for whom no invitation reached; another invitation makes it a new one."""
    def invitation(key: str):  # type: ignore[no-untyped-def]
        made = replace(composed(plan_for(split_case(), "father", CONVENED), key), document=Document.INVITATION)
        return made, claimed(key, "f@x.example"), accepted(key)

    def asked(*facts: object) -> list[str | None]:
        return [one.person for one in tasks(split_case(*facts), START - 48 * HOUR, {}) if one.duty == "not-held"]

    gone = f.SessionSet(name="second", start_at=START + HOUR, people=(), because="x")
    done = f.DutyDone(duty="not-held", done_at=CONVENED, how="rang", by="Ann Clerk", person=PersonId("father"))
    assert asked(*invitation("k1")) == [] and asked(gone) == []
    assert asked(*invitation("k1"), gone) == ["father"]
    assert asked(*invitation("k1"), gone, done) == []
    again = replace(gone, people=SECOND.people)
    assert asked(*invitation("k1"), gone, done, again, *invitation("k2"), gone) == ["father"]


def test_each_parent_is_called_before_their_own_session() -> None:
    """One call of the chair a parent, by the first of their own sessions; recorded for one it is done for that one alone."""
    profile = replace(OPEN, rules=(*OPEN.rules, rule("call-parents", 1, unit=Unit.HOURS, direction=Direction.BEFORE)))
    late = replace(SECOND, start_at=START + 24 * HOUR)
    done = f.DutyDone(duty="call-parents", done_at=CONVENED, how="rang", by="The Chair", person=PersonId("mother"))
    found = case(done, of=booking(split=(FIRST, late)), profile=profile)
    calls = {one.person: (one.due_at, one.state) for one in duties(found, START - 48 * HOUR) if one.duty == "call-parents"}
    assert {who: at for who, (at, _) in calls.items()} == {"mother": START - HOUR, "father": START + 23 * HOUR}
    assert calls[PersonId("mother")][1] is DutyState.DONE and calls[PersonId("father")][1] is DutyState.COMING
    one = case(of=booking(), profile=profile)
    assert [d.person for d in duties(one, START - 48 * HOUR) if d.duty == "call-parents"] == [None]


def test_a_split_of_which_nobody_has_said_the_parts_sends_no_pack_but_the_chairs() -> None:
    """Booked as split, no sessions yet: each pack waits with that reason, on paper too; nobody reads the word on a cover."""
    found = split_case(*REPORTS, of=booking(mode="split (two sessions, by video)"))
    for who in ("school", "gp"):
        assert "in which session" in (plan_for(found, who, CONVENED).blocked or "")
    assert plan_for(found, "chair", CONVENED).blocked is None
    mother = found.conference.people[PersonId("mother")]
    assert isinstance(paper_plan(found, mother, "Ann Clerk", None, CONVENED), NotForPaper)
    assert not found.conference.heard_all(mother)
    values = cover_values(found, plan_for(found, "school", CONVENED), START, team="SQT", phone="", duty_line="")
    assert values["mode"] == ""
    absent = split_case(*REPORTS)
    assert "in which session" in (plan_for(absent, "gp", CONVENED).blocked or "")
    assert plan_for(absent, "school", CONVENED).blocked is None
