"""The documents after a conference: who gets what of the outcome, when a copy is made anew, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    AFTER_PROFILE,
    BOTH,
    ENDED,
    FATHER,
    GP,
    ISLA,
    MOTHER,
    PEOPLE,
    SCHOOL,
    TOBIN,
    WORKER,
    Timed,
    accepted,
    body_started,
    booking,
    case,
    child_outcome,
    claimed,
    composed,
    confirmed,
    detail,
    exclusion,
    gives,
    outcome,
    paper_for,
    person,
    plan_for,
    released,
    rule,
)

from pipeline.domain import facts as f
from pipeline.domain.acting import Act, Condition, Place, Verb
from pipeline.domain.agenda import agenda
from pipeline.domain.case import Case
from pipeline.domain.copies import must_not_show, outdated, still_right, targets
from pipeline.domain.entitlement import entitlement
from pipeline.domain.gate import closed_because
from pipeline.domain.outcome import (
    Attendance,
    Category,
    Decision,
    Opinion,
    PlanAction,
    Presence,
    Rag,
    ScaleNumber,
    View,
)
from pipeline.domain.paper_words import paper_values
from pipeline.domain.papers import AFTER, paper_target, part_of, respond_by
from pipeline.domain.people import ChildId, CopyId, ExcludedFrom, PersonId, Role
from pipeline.domain.profile import Direction, Route, Statement, Trigger, Unit
from pipeline.domain.protected import found_in
from pipeline.domain.views import documents_view

NOTICE, PLAN, FORM = f.Document.DECISION_NOTICE, f.Document.OUTLINE_PLAN, f.Document.OUTCOME_FORM
MAREN = MOTHER.email or ""
SURE = (confirmed(MAREN, of="mother"), confirmed(FATHER.email or "", of="father"))
NOW = ENDED + timedelta(minutes=5)  # Monday 30 November 2026, 11:35
K = CopyId("k1")

whoever = st.sampled_from(["", "GP"])
decisions = st.sampled_from(Decision)
links = st.dictionaries(st.sampled_from([p.id for p in PEOPLE]), st.sampled_from([(), BOTH[:1], BOTH[1:], BOTH]))


def after(*facts: Timed, recorded: f.OutcomeRecorded | None = None, **more: object) -> Case:
    """A case whose outcome was recorded at its end, with what happened then."""
    return case(*SURE, (ENDED, recorded or outcome()), *facts, **{"profile": AFTER_PROFILE, **more})  # type: ignore[arg-type]


def words_of(made: Case, who: str, document: f.Document, now: datetime = NOW) -> dict[str, object]:
    """The values of the template of a person's copy."""
    return paper_values(made, paper_for(made, who, document, now), now, team="Port Mere", phone="", duty_line="Ring 999.")


def strings(value: object) -> Iterator[str]:
    """Every string in a template's values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


@st.composite
def outcomes(draw: st.DrawFn) -> f.OutcomeRecorded:
    """Any outcome of both children; every word of it names its child."""
    children = [
        child_outcome(
            child,
            draw(decisions),
            grade=draw(st.sampled_from([None, 0.0, 2.0, 2.5])),
            rag=draw(st.sampled_from([None, *Rag])),
            safety_goal=draw(st.sampled_from(["", f"Goal of {child}."])),
            category=draw(st.sampled_from([None, *Category])),
            visits=draw(st.sampled_from(["", f"Visits to {child}."])),
            core_group=draw(st.sampled_from([(), (SCHOOL.id,)])),
            child_views=f"Said by {child}.",
        )
        for child in BOTH
    ]
    actions = tuple(
        PlanAction(children=(child,), action=f"Action for {child}.", by_family=draw(st.booleans()), who=draw(whoever))
        for child in draw(st.lists(st.sampled_from(BOTH), max_size=3))
    )
    dates = {name: draw(st.sampled_from([None, ENDED + timedelta(days=9)])) for name in ("core_group_at", "visit_at", "review_at")}
    return outcome(
        *children,
        actions=actions,
        views=tuple(View(person=SCHOOL.id, child=c, opinion=Opinion.UNSURE, rationale=f"View of {c}.") for c in BOTH),
        scale=tuple(ScaleNumber(person=SCHOOL.id, child=c, number=4) for c in BOTH),
        attendance=(Attendance(person=SCHOOL.id, presence=Presence.ATTENDED),),
        immediate_actions=tuple(draw(st.sampled_from([(), ("Ring the school.",)]))),
        **dates,
    )


# --- who gets what --------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(recorded=outcomes(), linked=links)
def test_nobody_gets_the_outcome_of_a_child_they_have_no_role_for(
    recorded: f.OutcomeRecorded, linked: dict[PersonId, tuple[ChildId, ...]]
) -> None:
    """Whatever was decided: no word about a child is in the copy of anybody but the chair who has no role for that child."""
    people = tuple(replace(p, children=linked.get(p.id, p.children)) for p in PEOPLE)
    made = after(recorded=recorded, of=booking(people))
    for who in people:
        for plan in targets(made, who, NOW):
            if plan.document in f.OF_REPORTS:
                continue
            told = " ".join(strings(words_of(made, who.id, plan.document)))
            for child in BOTH:
                if child not in who.children and who.role is not Role.CHAIR:
                    assert child not in plan.children
                    assert f" {child}." not in told
                    assert plan.blocked is not None or "Ring the school." not in told


@settings(max_examples=60)
@given(recorded=outcomes(), kept=st.sampled_from(ExcludedFrom), who=st.sampled_from([p.id for p in PEOPLE[1:]]))
def test_who_is_excluded_gets_nothing_of_that(recorded: f.OutcomeRecorded, kept: ExcludedFrom, who: PersonId) -> None:
    """From all: no document at all. From the plan: nothing that holds the plan, and the notice all the same."""
    made = after(f.ExclusionMade(exclusion=exclusion(who, kept)), recorded=recorded)
    got = {plan.document for plan in targets(made, made.conference.people[who], NOW)}
    if kept is ExcludedFrom.ALL:
        assert not got
    if kept is ExcludedFrom.PLAN:
        assert not got & {PLAN, FORM, f.Document.TIMETABLE, f.Document.IMMEDIATE_ACTIONS, f.Document.MIDPOINT_NOTICE}
        assert NOTICE in got
    if kept is ExcludedFrom.MINUTES:
        assert FORM not in got


@pytest.mark.parametrize(("grade", "told"), [(0, True), (2, True), (2.5, False), (None, False)])
def test_a_document_is_about_the_children_that_the_profile_chooses(grade: float | None, told: bool) -> None:
    """An escalation is about each child graded up to 2, and there is none where no child is (SWG-18)."""
    chosen = gives(f.Document.ESCALATION, "manager", when=(Condition(fact="grade", value=2, comparison="<="),))
    manager = person("boss", Role.MANAGER)
    made = after(
        recorded=outcome(child_outcome(TOBIN.id, grade=grade), child_outcome(ISLA.id, grade=7)),
        of=booking((*PEOPLE, manager)),
        profile=replace(AFTER_PROFILE, documents=(chosen,)),
    )
    plan = paper_target(made, made.conference.people[manager.id], f.Document.ESCALATION, NOW)
    assert (plan.children if plan is not None else ()) == ((TOBIN.id,) if told else ())


def test_the_core_group_is_those_whom_the_outcome_names_for_the_child() -> None:
    """A rule for the core group gives to its professionals, for the children they are named for, and to nobody else."""
    made = after(
        recorded=outcome(child_outcome(TOBIN.id, core_group=(SCHOOL.id, MOTHER.id)), child_outcome(ISLA.id)),
        profile=replace(AFTER_PROFILE, documents=(gives(f.Document.TIMETABLE, "core-group"),)),
    )
    got = {p.id: entitlement(made, p.id, f.Document.TIMETABLE).children for p in PEOPLE}
    assert {who for who, children in got.items() if children} == {SCHOOL.id}
    assert got[SCHOOL.id] == (TOBIN.id,)


def test_an_interpreter_belongs_to_no_group() -> None:
    """What goes to professionals does not go to who is there for others' words."""
    made = after(of=booking((*PEOPLE, person("terp", Role.INTERPRETER))))
    assert targets(made, made.conference.people[PersonId("terp")], NOW)[1:] == []


def test_immediate_actions_go_by_hand_to_who_has_no_role_for_some_child() -> None:
    """They do not say which child each is for, so the father of one child gets no copy; the mother of both does."""
    made = after(recorded=outcome(immediate_actions=("Ring the school.",)))
    assert paper_for(made, "mother", f.Document.IMMEDIATE_ACTIONS, NOW).blocked is None
    assert "tell them yourself" in str(paper_for(made, "father", f.Document.IMMEDIATE_ACTIONS, NOW).blocked)


# --- by whose hands -------------------------------------------------------------------------------------------------------

BY_WORKER = replace(AFTER_PROFILE, documents=(gives(PLAN, "family", Route.SOCIAL_WORKER),))


def test_the_familys_copy_goes_to_the_social_worker() -> None:
    """By the social worker's hands: the family's own address need not be confirmed, the worker's must, and it is released."""
    made = case((ENDED, outcome()), profile=BY_WORKER)
    plan = paper_for(made, "mother", PLAN, NOW)
    assert plan.blocked is None and plan.needs_release
    facts = ((ENDED, outcome()), composed(plan, "k1"), released("k1", "Clerk Two"))
    made = case(*facts, profile=BY_WORKER)
    copy = made.conference.copies[K]
    assert closed_because(made, copy, NOW) is None
    assert closed_because(made, copy, NOW, address=MAREN) == "the address changed since the sending was claimed"
    unsure = case((ENDED, outcome()), profile=BY_WORKER, contacts={"sw": []})
    assert "no confirmed address" in str(paper_for(unsure, "mother", PLAN, NOW).blocked)


@pytest.mark.parametrize("what", ["none", "two", "excluded", "other child"])
def test_on_doubt_whose_hands_it_goes_to_nobody(what: str) -> None:
    """No social worker of all the person's children, two of them, or one kept from the plan: the copy waits and says so."""
    people = {
        "none": tuple(p for p in PEOPLE if p.id != WORKER.id),
        "two": (*PEOPLE, person("sw2", Role.SOCIAL_WORKER)),
        "other child": tuple(replace(p, children=BOTH[:1]) if p.id == WORKER.id else p for p in PEOPLE),
    }.get(what, PEOPLE)
    facts = [f.ExclusionMade(exclusion=exclusion("sw", ExcludedFrom.PLAN))] if what == "excluded" else []
    made = case(*facts, (ENDED, outcome()), profile=BY_WORKER, of=booking(people))
    assert "social worker" in str(paper_for(made, "mother", PLAN, NOW).blocked)


def test_a_mailbox_that_another_reads_is_not_used() -> None:
    """The mother's notice about both children does not go to an address that the father of one reads too."""
    joint = replace(FATHER, email="Maren@WEBMAIL.example")
    people = tuple(joint if p.id == FATHER.id else p for p in PEOPLE)
    made = after(of=booking(people))
    assert "is also father's" in str(paper_for(made, "mother", NOTICE, NOW).blocked)


def test_the_proof_looks_for_what_no_reader_of_the_copy_may_see() -> None:
    """Details kept from the reader or the worker who hands it over, and names of children the reader has no role for."""
    facts = (f.DetailProtected(detail=detail("d1", "sw", text="01632 960777")), (ENDED, outcome()))
    made = case(*facts, profile=BY_WORKER)
    plan = paper_for(made, "father", PLAN, NOW)
    told = "Isla-Wren Quillfeather is to ring 01632 960777. Tobin Quillfeather is not."
    assert found_in(told, must_not_show(made, plan)) == {"d1", ISLA.id}
    assert found_in(told, must_not_show(made, paper_for(made, "mother", PLAN, NOW))) == {"d1"}


# --- when -----------------------------------------------------------------------------------------------------------------


def test_it_is_composed_and_goes_at_once_though_the_conference_has_ended() -> None:
    """As soon as the outcome is recorded the notice is due; released it goes, at any hour; packs go no more."""
    made = after()
    due = {action.subject for action in agenda(made, NOW).due}
    assert "mother.decision-notice" in due and "gp.outline-plan" in due and "mother.pack" not in due
    plan = paper_for(made, "mother", NOTICE, NOW)
    made = after(composed(plan, "k1"), released("k1", "Clerk Two"))
    assert closed_because(made, made.conference.copies[K], NOW + timedelta(hours=8)) is None
    made = after(composed(paper_for(made, "gp", NOTICE, NOW), "k1"))
    assert closed_because(made, made.conference.copies[K], NOW) is None, "a professional's goes by itself"


def test_the_answers_last_day_is_counted_from_the_day_it_goes() -> None:
    """A notice made on Friday and released on Monday is made anew at midnight after each working day (BAD-10)."""
    friday = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
    assert respond_by(after(), NOTICE, NOW) == date(2026, 12, 3)
    plan = paper_for(after(), "mother", NOTICE, friday)
    made = after((friday, composed(plan, "k1")), released("k1", "Clerk Two"))
    copy = made.conference.copies[K]
    assert "Wednesday 9 December 2026" in str(words_of(after(), "mother", NOTICE, friday)["respond"])
    midnight = datetime(2026, 12, 5, 0, 0, tzinfo=UTC)
    assert agenda(made, friday).look_again_at == midnight
    assert still_right(made, copy, datetime(2026, 12, 6, 23, 59, 59, tzinfo=UTC)), "the weekend moves no working day"
    assert outdated(made, copy, datetime(2026, 12, 7, 0, 0, tzinfo=UTC))
    sending = after((friday, composed(plan, "k1")), released("k1", "Clerk Two"), claimed("k1", MAREN))
    late = closed_because(sending, sending.conference.copies[K], datetime(2026, 12, 7, tzinfo=UTC), address=MAREN)
    assert late == "something that shaped it has changed since it was composed"


def test_a_sent_notice_is_not_made_anew_when_the_day_passes() -> None:
    """What was sent stands, whatever day it is."""
    plan = paper_for(after(), "mother", NOTICE, NOW)
    made = after(composed(plan, "k1"), released("k1", "x"), claimed("k1", MAREN), body_started("k1"), accepted("k1"))
    assert paper_target(made, MOTHER, NOTICE, NOW + timedelta(days=9)) is None


@settings(max_examples=60)
@given(first=outcomes(), then=outcomes(), sent=st.booleans())
def test_a_replaced_outcome_makes_each_copy_anew_that_told_otherwise(
    first: f.OutcomeRecorded, then: f.OutcomeRecorded, sent: bool
) -> None:
    """Unsent copies that told something else are withdrawn; of a sent one there is a new issue that says what it replaces."""
    before = after(recorded=first)
    for document in AFTER:
        plan = paper_target(before, FATHER, document, NOW)
        if plan is None or plan.blocked is not None:
            continue
        going = (claimed("k1", "vane@webmail.example"), body_started("k1"), accepted("k1")) if sent else ()
        made = after(composed(plan, "k1"), *going, (NOW, then), recorded=first)
        same = part_of(first.outcome, document, (TOBIN.id,)) == part_of(then.outcome, document, (TOBIN.id,))
        now = paper_target(made, FATHER, document, NOW)
        gone = document is f.Document.IMMEDIATE_ACTIONS and not then.outcome.immediate_actions
        if sent:
            assert (now is None) == (same or gone)
            assert now is None or now.supersedes == 1
        else:
            assert outdated(made, made.conference.copies[K], NOW) == (not same)
            assert now is None or now.supersedes is None


def test_another_version_of_the_rules_sends_nothing_twice() -> None:
    """A sent copy is made anew for a fact only, never because the profile reads otherwise by now."""
    plan = paper_for(after(), "gp", NOTICE, NOW)
    facts = (composed(replace(plan, said="told by an older program"), "k1"), claimed("k1", "gp@gp.example"), body_started("k1"))
    newer = replace(AFTER_PROFILE, version="2")
    assert paper_target(after(*facts, accepted("k1"), profile=newer), GP, NOTICE, NOW) is None


def test_a_cancelled_conference_sends_nothing() -> None:
    """Nothing is composed or sent after the conference was cancelled."""
    made = after(f.ConferenceCancelled(because="x"))
    assert not [a for a in agenda(made, NOW).due if a.verb.value == "compose"]


def test_no_plan_is_issued_that_the_profile_blocks() -> None:
    """Where the authority says so a plan waits for the date of the review, and "no plan" waits for nothing (IRS-8)."""
    says = Act(
        do=Verb.BLOCK, where=Place.PLAN, when=(Condition(fact="review-date-set", value=False),), says="Agree the date first."
    )
    rules = replace(
        AFTER_PROFILE,
        statements=(Statement(id="X-8", what="x", source="x", source_line=1, quote="x", acts=(says,)),),
    )
    assert paper_for(after(profile=rules), "mother", PLAN, NOW).blocked == "Agree the date first"
    dated = outcome(review_at=ENDED + timedelta(days=80))
    assert paper_for(after(profile=rules, recorded=dated), "mother", PLAN, NOW).blocked is None
    none = outcome(child_outcome(TOBIN.id, Decision.NO_PLAN), child_outcome(ISLA.id, Decision.CHILD_IN_NEED))
    assert paper_for(after(profile=rules, recorded=none), "mother", PLAN, NOW).blocked is None


# --- words ----------------------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(recorded=outcomes(), document=st.sampled_from(AFTER), who=st.sampled_from(["mother", "gp", "chair"]))
def test_no_document_claims_a_plan_where_there_is_none(recorded: f.OutcomeRecorded, document: f.Document, who: str) -> None:
    """Of children without a plan each document has a form that speaks of none: no date, no core group, no plan's title."""
    made = after(recorded=recorded)
    plan = paper_target(made, made.conference.people[PersonId(who)], document, NOW)
    if plan is None:
        return
    values = words_of(made, who, document)
    assert values["title"] and values["intro"]
    rows = values["outcomes"]
    assert isinstance(rows, list) and len(rows) == 2
    for row, child in zip(rows, recorded.outcome.children, strict=True):
        assert row["decision"]
        assert bool(row["family_heading"]) == bool(row["family_actions"])
        if not child.decision.with_plan:
            assert not row["core_group"]
    if not recorded.outcome.with_plan:
        assert values["dates"] == []
        own = [values["title"], values["intro"], *(row["decision"] for row in rows)]
        for sentence in own:
            assert "plan" not in re.sub("[Nn]o child protection plan", "", str(sentence)) or "has ended" in str(sentence)


def test_family_reads_how_to_complain_and_agencies_how_to_escalate() -> None:
    """In notice and plan, each in the authority's own words, and neither reads the other's (BAD-14)."""
    profile = replace(AFTER_PROFILE, escalation_line="Use the escalation policy.")
    for document in (NOTICE, PLAN):
        family, agency = (words_of(after(profile=profile), who, document) for who in ("mother", "gp"))
        assert family["complaint"] == "You may complain." and not family["escalation"]
        assert agency["escalation"] == "Use the escalation policy." and not agency["complaint"]


def test_the_timetable_goes_on_until_the_review() -> None:
    """Each core group and visit after the first is shown with the last day that the authority leaves for it."""
    chain = rule("visit", 10, unit=Unit.WD_EOD, direction=Direction.AFTER, trigger=Trigger.VISIT)
    made = after(
        recorded=outcome(visit_at=datetime(2026, 12, 1, 10, tzinfo=UTC), review_at=datetime(2027, 1, 8, 10, tzinfo=UTC)),
        profile=replace(AFTER_PROFILE, rules=(*AFTER_PROFILE.rules, chain)),
    )
    assert words_of(made, "gp", f.Document.TIMETABLE)["dates"] == [
        {"what": "First visit to Tobin Quillfeather and Isla-Wren Quillfeather", "when": "Tuesday 1 December 2026 at 10:00"},
        {"what": "Next visit to Tobin Quillfeather and Isla-Wren Quillfeather", "when": "by Tuesday 15 December 2026"},
        {"what": "Next visit to Tobin Quillfeather and Isla-Wren Quillfeather", "when": "by Thursday 31 December 2026"},
        {"what": "Review conference", "when": "Friday 8 January 2027 at 10:00"},
    ]


def test_what_is_shown_of_a_copy_by_hand() -> None:
    """`packs documents` says to whom the copy goes, by which route, and when it was handed over."""
    plan = paper_for(case((ENDED, outcome()), profile=BY_WORKER), "mother", PLAN, NOW)
    done = f.DutyDone(duty="hand-over:outline-plan", done_at=NOW, how="at home", by="Sid Worker", person=MOTHER.id)
    made = case((ENDED, outcome()), composed(plan, "k1"), released("k1", "x"), done, profile=BY_WORKER)
    row = next(r for r in documents_view(made, NOW) if r["document"] == "outline-plan" and r["person"] == "mother")
    assert (row["route"], row["goes_to"], row["state"]) == ("social-worker", "sw", "released")
    assert row["handed_over_at"] == "2026-11-30T11:35:00+00:00" and "handed over" in str(row["why"])


def test_packs_are_planned_as_before() -> None:
    """Before its outcome a conference has packs only."""
    made = case(*SURE, profile=AFTER_PROFILE)
    assert [plan.document for plan in targets(made, MOTHER, NOW - timedelta(days=4))] == [f.Document.PACK]
    assert plan_for(made, "mother", NOW - timedelta(days=4)).children == ()


@settings(max_examples=80)
@given(
    recorded=outcomes(),
    hours=st.integers(0, 200),
    until=st.integers(1, 200),
    made_after=st.integers(0, 60),
    places=st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_what_is_due_after_the_conference_is_constant_until_the_next_look(
    recorded: f.OutcomeRecorded, hours: int, until: int, made_after: int, places: list[float]
) -> None:
    """Midnights, expiring addresses and retries: nothing changes what is due before `look_again_at` without a new fact."""
    facts: list[Timed] = [confirmed(MAREN, of="mother", until=ENDED + timedelta(hours=until)), (ENDED, recorded)]
    then = ENDED + timedelta(hours=made_after)
    for who, copy in (("mother", "k1"), ("gp", "k2")):
        plan = paper_for(case(*facts, profile=AFTER_PROFILE), who, NOTICE, then)
        facts += [(then, composed(plan, copy))]
    facts.append(released("k1", "Clerk Two"))
    made, now = case(*facts, profile=AFTER_PROFILE), then + timedelta(hours=hours)
    found = agenda(made, now)
    end = found.look_again_at or now + timedelta(days=400)
    assert end > now
    for place in places:
        later = now + (end - now - timedelta(microseconds=1)) * place
        assert {a.key for a in agenda(made, later).due} == {a.key for a in found.due}


def test_a_reader_who_needs_large_print_gets_a_copy_of_their_own_making() -> None:
    """Said after a copy was composed, it makes the copy anew."""
    plan = paper_for(after(), "mother", NOTICE, NOW)
    made = after(composed(plan, "k1"), f.PersonChanged(person=replace(MOTHER, large_print=True)))
    assert outdated(made, made.conference.copies[K], NOW)
