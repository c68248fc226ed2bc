"""What a copy holds, in which order, for whom and when (promises 9, 10, 11; domain.md A00.4 to A00.7) and its cover's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import (
    CALENDAR,
    CHAIR,
    FATHER,
    GP,
    MOTHER,
    PEOPLE,
    PROFILE,
    SECRET,
    START,
    SWR,
    Timed,
    accepted,
    allowed,
    at,
    body_started,
    booking,
    case,
    claimed,
    composed,
    confirmed,
    detail,
    exclusion,
    not_taken,
    plan_for,
    released,
    report,
    searched,
    unfiled,
    unknown,
)
from test_entitlement import histories

from pipeline.domain import facts as f
from pipeline.domain.case import Case
from pipeline.domain.cover import contact_words, cover_values, late_words
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Document
from pipeline.domain.pack import (
    compose_at,
    conference_words,
    needs_release,
    outdated,
    satisfied,
    send_at,
    still_right,
    target,
    title_of,
)
from pipeline.domain.people import ConferenceType, CopyId, ExcludedFrom, ItemId, Person

MAREN = MOTHER.email or ""
NOW = at(26, 17)
K = CopyId("k1")
TWO: list[Timed] = [report("r1", "sw", SWR), report("r2", "school")]
SURE: Timed = confirmed(MAREN, of="mother")


# --- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "who", "composed_at", "sent_at"),
    [
        (START, CHAIR, at(26, 17), at(27, 17)),  # due Saturday 09:30
        (START, GP, at(26, 17), at(27, 17)),  # due Sunday 09:30
        (START, MOTHER, at(26, 17), at(27, 17)),
        (at(26, 14), CHAIR, at(23, 14), at(24, 14)),
        (at(26, 14), GP, at(24, 14), at(25, 14)),
        (at(26, 8), GP, at(23, 17), at(24, 17)),  # due Wednesday 08:00, before the office opens
        (datetime(2027, 1, 4, 10, tzinfo=UTC), GP, datetime(2026, 12, 30, 17, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC)),
    ],
)
def test_when_a_pack_is_composed_and_goes(start: datetime, who: Person, composed_at: datetime, sent_at: datetime) -> None:
    """It goes by the last office moment before its due instant, and is composed one working day earlier (A00.5, A00.6)."""
    made = case(f.ConferenceMoved(start_at=start, because="x"))
    assert send_at(made, who) == sent_at
    assert compose_at(CALENDAR, send_at(made, who)) == composed_at


def test_a_silent_profile_gives_a_day() -> None:
    """Where neither source nor profile says, a pack goes 24 elapsed hours before the start (promise 11)."""
    silent = case(profile=replace(PROFILE, rules=()))
    assert {send_at(silent, who) for who in PEOPLE} == {at(27, 17)}
    midweek = case(f.ConferenceMoved(start_at=at(26, 14), because="x"), profile=replace(PROFILE, rules=()))
    assert {send_at(midweek, who) for who in PEOPLE} == {at(25, 14)}


# --- what --------------------------------------------------------------------------------------------------------------


@given(histories())
def test_a_plan_holds_what_its_reader_may_have_now_and_nothing_else(facts: list[f.Fact]) -> None:
    """Each plan is exactly the entitlement to the latest versions; whole only where nothing is withheld."""
    made = case(*facts)
    latest = {r.item for r in made.conference.latest()}
    for who in made.conference.people.values():
        plan = target(made, who, NOW)
        may = entitlement(made, who.id, Document.PACK)
        assert (plan is None) is (not may.document)
        if plan is None:
            continue
        assert set(plan.items) == set(may.allowed) <= latest
        assert len(plan.items) == len(set(plan.items))
        assert plan.left_out == may.withheld
        assert plan.whole is (may.whole and not plan.left_out)


@given(histories(), st.sampled_from([p.id for p in PEOPLE]))
def test_what_goes_next_is_never_what_went_before(facts: list[f.Fact], who: str) -> None:
    """After a pack has gone, a supplement holds only what it did not hold, and no superseded version."""
    plan = target(case(*facts), case(*facts).conference.people[CHAIR.id.__class__(who)], NOW)
    if plan is None:
        return
    later = [report("n1", "school", received_at=at(28)), report("n2", "sw", SWR, received_at=at(28))]
    made = case(*facts, composed(plan, "k1"), *sent("k1"), *later)
    more = target(made, made.conference.people[plan.person], NOW)
    if more is not None:
        assert more.document is Document.SUPPLEMENT
        assert not set(more.items) & set(plan.items)
        assert set(more.items) <= {r.item for r in made.conference.latest()}


def test_newest_versions_only() -> None:
    """A new pack holds each person's latest version and none before it."""
    facts = [*TWO, report("r3", "school", received_at=at(26))]
    assert set(plan_for(case(*facts), "chair", NOW).items) == {"r1", "r3"}


def test_the_order_of_a_pack() -> None:
    """The social worker's report, then the agencies as booked, then confidential sections, whatever came first."""
    facts = [report("c", "gp", SECRET), report("g", "gp"), report("a", "school"), report("s", "sw", SWR)]
    assert plan_for(case(*facts), "chair", NOW).items == ("s", "a", "g", "c")


def test_titles_say_whose_report_it_is() -> None:
    """Kind and agency, a part's number where a version has several parts, never a name or a number of what is left out."""
    facts = [
        report("s", "sw", SWR),
        report("a", "school", group=ItemId("mail")),
        report("b", "school", group=ItemId("mail")),
        report("c", "police", SECRET),
    ]
    made = case(*facts)
    titles = [title_of(made, made.conference.reports[ItemId(i)], tuple(map(ItemId, "sabc"))) for i in "sabc"]
    assert titles == [
        "Social worker's report: Port Mere Assessment Team",
        "Report: Gullwing Primary School, part 1",
        "Report: Gullwing Primary School, part 2",
        "Confidential section: County Police Safeguarding",
    ]


def test_every_conference_has_its_words() -> None:
    """Each type is called what the field calls it."""
    assert [conference_words(kind).split()[0] for kind in ConferenceType] == ["Initial", "Review", "Pre-birth", "Transfer-in"]


def sent(copy: str, address: str = "x@x.example") -> list[Timed]:
    return [claimed(copy, address), body_started(copy), accepted(copy)]


def after(*facts: Timed, who: str = "chair", before: Sequence[Timed] = (SURE, *TWO)) -> Case:
    """A case in which this person's pack was composed and then these facts came."""
    return case(*before, composed(plan_for(case(*before), who, NOW), "k1"), *facts)


@pytest.mark.parametrize(("needed", "document"), [(1, Document.SUPPLEMENT), (2, Document.PACK)])
def test_what_one_name_of_two_released_is_made_anew(needed: int, document: Document) -> None:
    """A released copy goes as it is and the newer report as a supplement; one that still needs a name is composed anew."""
    newer = report("r9", "sw", SWR, received_at=at(28))
    first = composed(plan_for(case(SURE, *TWO), "mother", NOW), "k1")
    made = case(SURE, *TWO, first, released("k1", "Clerk Two"), newer, releases_needed=needed)
    plan = plan_for(made, "mother", NOW)
    assert (plan.document, plan.items) == (document, (newer.item,))


ALL_BUT_THE_CHAIR = {"sw", "school", "gp", "police", "mother", "father"}
LATE = report("r9", "gp", received_at=at(28))


@pytest.mark.parametrize(
    ("facts", "document", "items"),
    [
        ((), Document.PACK, ("r1", "r2")),
        ((LATE,), Document.PACK, ("r1", "r2", "r9")),
        (sent("k1"), None, None),
        ((*sent("k1"), LATE), Document.SUPPLEMENT, ("r9",)),
        ((claimed("k1", "x@x.example"), LATE), Document.SUPPLEMENT, ("r9",)),
        ((claimed("k1", "x@x.example"), body_started("k1"), unknown("k1"), LATE), Document.SUPPLEMENT, ("r9",)),
        ((not_taken("k1", permanent=True), LATE), Document.PACK, ("r1", "r2", "r9")),
        ((released("k1", "Clerk Two"), f.CopyRefused(copy=K, by="x", because="y"), LATE), Document.PACK, ("r1", "r2", "r9")),
        ((f.CopyVoided(copy=K, because="x"),), Document.PACK, ("r1", "r2")),
        ((*sent("k1"), report("r8", "school", received_at=at(28))), Document.SUPPLEMENT, ("r8",)),
        ((*sent("k1"), LATE, unfiled("r9")), None, None),
        ((*sent("k1"), unfiled("r2")), None, None),
    ],
)
def test_what_a_person_ought_to_have_next(facts: Sequence[Timed], document: Document | None, items: object) -> None:
    """A pack until one has gone, is going or was released; then what it lacks, as a supplement."""
    plan = target(after(*facts), CHAIR, NOW)
    assert (plan.document if plan else None, plan.items if plan else None) == (document, items)


def test_issues_count_per_document() -> None:
    """The first supplement is issue 1 whatever the pack's issue was; a pack made anew is the next issue."""
    anew = target(after(f.CopyVoided(copy=K, because="x")), CHAIR, NOW)
    more = target(after(*sent("k1"), LATE), CHAIR, NOW)
    assert anew is not None
    assert more is not None
    assert (anew.document, anew.issue, more.document, more.issue) == (Document.PACK, 2, Document.SUPPLEMENT, 1)


# --- when it is no longer right ----------------------------------------------------------------------------------------


SHRINKING: dict[str, list[Timed]] = {
    "an exclusion": [f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.ALL))],
    "somebody else's exclusion": [f.ExclusionMade(exclusion=exclusion("father"))],
    "a protected detail": [f.DetailProtected(detail=detail("d1", "mother")), searched("r1", "d1"), searched("r2", "d1")],
    "an undone match": [unfiled("r1")],
    "an undone match made again": [unfiled("r1"), report("r1", "sw", SWR)],
    "another name": [f.PersonChanged(person=replace(MOTHER, name="Maren Ashgrove"))],
    "fewer children": [f.PersonChanged(person=replace(MOTHER, children=MOTHER.children[:1]))],
    "no parental responsibility": [f.PersonChanged(person=replace(MOTHER, parental_responsibility=False))],
    "changed there and back": [
        f.PersonChanged(person=replace(MOTHER, children=MOTHER.children[:1])),
        f.PersonChanged(person=MOTHER),
    ],
    "another address": [f.PersonChanged(person=replace(MOTHER, email="new@webmail.example"))],
    "another address there and back": [
        f.PersonChanged(person=replace(MOTHER, email="new@webmail.example")),
        f.PersonChanged(person=MOTHER),
        SURE,
    ],
    "a suspended address": [f.AddressSuspended(because="x", by="y", person=MOTHER.id)],
    "an address confirmed anew": [SURE],
    "a moved start": [f.ConferenceMoved(start_at=START + timedelta(days=1), because="x")],
}
HARMLESS: dict[str, list[Timed]] = {
    "a telephone number": [f.PersonChanged(person=replace(MOTHER, phone="07700 900555"))],
    "somebody else's name": [f.PersonChanged(person=replace(FATHER, name="Dorrick Vayne"))],
    "a judgement": [
        f.ReportJudged(
            item=ItemId("r1"), verdict=f.Verdict.LATE, received_at=at(28), due_at=at(27), late_by_seconds=1, rule="R"
        )
    ],
    "a stop": [f.SendingStopped(because="x")],
    "a passphrase": [f.PassphraseMade(person=MOTHER.id, words="one two")],
    "a report for others": [LATE],
}


@pytest.mark.parametrize("what", sorted(SHRINKING))
@pytest.mark.parametrize("named", [True, False])
def test_what_could_shrink_a_copy_voids_it(what: str, named: bool) -> None:
    """Exclusion, detail, match, person, address, start: the copy is withdrawn, released or not (promise 10)."""
    release = [released("k1", "Clerk Two")] if named else []
    made = after(*release, *SHRINKING[what], who="mother")
    copy = made.conference.copies[K]
    assert not still_right(made, copy)
    assert outdated(made, copy, NOW) or not named


@pytest.mark.parametrize("what", sorted(HARMLESS))
def test_what_cannot_shrink_it_leaves_it(what: str) -> None:
    """Nothing is made anew for what changes nothing of what the person may have."""
    made = after(released("k1", "Clerk Two"), *HARMLESS[what], who="mother")
    copy = made.conference.copies[K]
    assert still_right(made, copy)
    assert not outdated(made, copy, NOW)


def test_a_report_filed_after_release_leaves_the_released_copy() -> None:
    """A released copy stays as it is; an unreleased one is made anew with the newer version."""
    newer = report("r7", "sw", SWR, received_at=at(27))
    kept = after(released("k1", "Clerk Two"), newer, who="mother")
    assert not outdated(kept, kept.conference.copies[K], NOW)
    fresh = after(newer, who="mother")
    assert outdated(fresh, fresh.conference.copies[K], NOW)


def test_what_has_left_or_is_leaving_is_never_withdrawn() -> None:
    """A copy in hand, gone, unknown or failed is not voided any more, whatever changes."""
    barred = SHRINKING["an exclusion"]
    for way in (
        [claimed("k1", MAREN)],
        sent("k1", MAREN),
        [claimed("k1", MAREN), body_started("k1"), unknown("k1")],
        [claimed("k1", MAREN), not_taken("k1", permanent=True)],
    ):
        made = after(*way, *barred, who="mother")
        assert not outdated(made, made.conference.copies[K], NOW)


def test_a_held_or_refused_copy_satisfies_its_plan_until_something_changes() -> None:
    """The same copy is not made over and over; a new report is a reason to make it anew."""
    plan = plan_for(case(*TWO), "chair", NOW)
    held = f.CopyHeld(copy=K, person=CHAIR.id, document=Document.PACK, issue=1, basis=plan.basis, code="x", why="y")
    for facts in ([held], [composed(plan, "k1"), f.CopyRefused(copy=K, by="x", because="y")]):
        same = case(*TWO, *facts)
        assert satisfied(same, plan_for(same, "chair", NOW))
        more = case(*TWO, *facts, LATE)
        assert not satisfied(more, plan_for(more, "chair", NOW))
        assert outdated(more, more.conference.copies[K], NOW)


# --- for whom ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("restriction", "needing"),
    [
        ((), {"mother", "father"}),
        ((f.ExclusionMade(exclusion=exclusion("father", ExcludedFrom.ATTENDING)),), ALL_BUT_THE_CHAIR),
        ((f.DetailProtected(detail=detail("d1", "father")),), ALL_BUT_THE_CHAIR),
        ((report("c", "police", SECRET),), ALL_BUT_THE_CHAIR),
        ((report("c", "police", SECRET), unfiled("c")), {"mother", "father"}),
    ],
)
def test_who_needs_a_release(restriction: Sequence[Timed], needing: set[str]) -> None:
    """Family always; everyone but the chair where anything is restricted (promise 10)."""
    made = case(*restriction)
    assert {p.id for p in made.conference.people.values() if needs_release(made, p)} == needing


@pytest.mark.parametrize(
    ("facts", "who", "now", "why"),
    [
        ((), "mother", NOW, "no confirmed address (unconfirmed)"),
        ((SURE, f.AddressSuspended(because="x", by="y", person=MOTHER.id)), "mother", NOW, "no confirmed address (suspended)"),
        ((confirmed(MAREN, of="mother", until=NOW),), "mother", NOW, "no confirmed address (expired)"),
        ((f.PersonChanged(person=replace(GP, contact=None, email=None)),), "gp", NOW, "no confirmed address (none)"),
        ((f.ConferenceCancelled(because="x"),), "gp", NOW, "the conference is cancelled"),
        ((), "gp", START + timedelta(hours=2), "the conference has ended"),
        ((confirmed(FATHER.email or "", of="father"),), "father", NOW, "what this person might have is held back"),
        ((SURE,), "mother", NOW, None),
        ((), "chair", NOW, None),
    ],
)
def test_why_a_copy_cannot_be_composed(facts: Sequence[Timed], who: str, now: datetime, why: str | None) -> None:
    """Address, cancellation, end, nothing in yet: the plan says which; the others go on."""
    plan = plan_for(case(*TWO, *facts), who, now)
    assert (plan.blocked or "").startswith(why or "")
    assert (plan.blocked is None) is (why is None)


def test_an_empty_pack_goes_only_to_those_who_see_what_is_missing() -> None:
    """With nothing in, the chair still gets the list of what is awaited; family gets nothing."""
    made = case(SURE)
    assert plan_for(made, "chair", NOW).blocked is None
    assert plan_for(made, "mother", NOW).blocked == "nothing this person may have is in yet"


# --- the cover ---------------------------------------------------------------------------------------------------------


def cover(made: Case, who: str) -> dict[str, object]:
    plan = plan_for(made, who, NOW)
    return cover_values(made, plan, NOW, team="Port Mere", phone="01632 960100", duty_line="Ring 999.")


@given(histories(), st.sampled_from([p.id for p in PEOPLE]))
def test_only_a_whole_copy_lists_what_is_not_in_it(facts: list[f.Fact], who: str) -> None:
    """Who is not entitled to every report gets no list of received, late or awaited reports, nor of who is invited."""
    made = case(*facts)
    plan = target(made, made.conference.people[CHAIR.id.__class__(who)], NOW)
    if plan is None:
        return
    values = cover(made, who)
    if not entitlement(made, plan.person, Document.PACK).whole:
        assert (values["awaited"], values["reports_table"], values["invitees"]) == ([], [], [])
    else:
        assert len(values["awaited"]) == len(  # type: ignore[arg-type]
            [p for p in made.conference.asked_at if not made.conference.filed(p)]
        )
    if who != "chair":
        assert values["notes"] == []


def test_who_is_kept_from_attending_reads_no_time_and_no_meeting_of_theirs() -> None:
    """They may have the reports all the same (SWG-8); a cover that says when and where the others meet would be an invitation."""
    away = f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.ATTENDING))
    of = booking(mode="in person")
    told, kept = (cover_values(made, plan_for(made, "mother", NOW), NOW, team="T", phone="", duty_line="") for made in (
        case(*TWO, of=of), case(*TWO, away, of=of)
    ))  # fmt: skip
    assert (told["title"], bool(told["start"]), told["mode"]) == ("Papers for your meeting", True, "in person")
    assert (kept["title"], kept["start"], kept["mode"]) == ("Papers for you", "", "")


def test_the_chair_sees_what_is_late_and_missing() -> None:
    """Late reports, awaited ones and apologies are on the chair's cover (R8, A00.15)."""
    late = f.ReportJudged(
        item=ItemId("r2"), verdict=f.Verdict.LATE, received_at=at(28), due_at=at(27), late_by_seconds=3661, rule="R"
    )
    sorry = f.ApologyRecorded(person=GP.id, by="Clerk One", because="on leave")
    nil = f.NilReturnRecorded(person=GP.id, by="Clerk One", because="not known")
    values = cover(case(*TWO, late, sorry, nil), "chair")
    assert values["notes"] == [
        "Gullwing Primary School: late by 1 hour 1 minute.",
        "Harbour Lane Surgery cannot take part: on leave",
    ]
    awaited = [row["report"].lower() for row in values["awaited"]]  # type: ignore[attr-defined]
    assert awaited == ["gp (nothing to report)", "police (awaited)"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (61, "1 minute 1 second"), (90_061, "1 day 1 hour"), (7200, "2 hours")],
)
def test_lateness_in_words(seconds: int, words: str) -> None:
    """The two largest units, singular where there is one."""
    assert late_words(seconds) == words


def test_an_allowed_section_makes_a_copy_less_whole_for_nobody_else() -> None:
    """A section that the chair allowed one professional is in their copy only; the others' list nothing."""
    made = case(*TWO, report("c", "police", SECRET), allowed("c", "gp"))
    assert plan_for(made, "gp", NOW).whole
    assert not plan_for(made, "school", NOW).whole
    assert cover(made, "school")["awaited"] == []


def test_a_number_is_told_with_whose_it_is() -> None:
    """The office's stands alone; the social worker's, where the office has none, is called theirs."""
    rung = [replace(who, phone="01632 960111") if who.id == "sw" else who for who in PEOPLE]
    made = case(of=booking(rung))
    assert contact_words(made, "SQT", "01632 960100") == "SQT \u00b7 01632 960100"
    assert contact_words(made, "SQT", "") == "SQT \u00b7 the social worker: 01632 960111"
    assert contact_words(case(), "SQT", "") == "SQT"
