"""Invitations: nobody of the family before the decision to include them, nobody who is kept away, and nobody else's address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    CALENDAR,
    CONVENED,
    FATHER,
    GP,
    MOTHER,
    PEOPLE,
    PROFILE,
    REF,
    SCHOOL,
    START,
    TOBIN,
    WORKER,
    Timed,
    accepted,
    at,
    body_started,
    booking,
    case,
    claimed,
    composed,
    confirmed,
    detail,
    exclusion,
    gives,
    person,
    released,
    rule,
)

from pipeline.domain import facts as f
from pipeline.domain.acting import Act, Condition, Place, Verb
from pipeline.domain.agenda import agenda
from pipeline.domain.case import Case
from pipeline.domain.copies import must_not_show, outdated, targets
from pipeline.domain.gate import closed_because
from pipeline.domain.invitation_words import by_words, due_words, invitation_template, invitation_values
from pipeline.domain.invitations import call_at, invitation_target
from pipeline.domain.pack import CopyPlan
from pipeline.domain.people import CopyId, ExcludedFrom, Person, PersonId, Role, Session
from pipeline.domain.profile import Route, Statement, Unit
from pipeline.domain.tasks import tasks

INVITATION = f.Document.INVITATION
NOW = CONVENED + timedelta(hours=1)
BOTH_IN = tuple(replace(p, include=True, include_because="lives with them") if p.role.is_family else p for p in PEOPLE)
BRYN = person("bryn", Role.YOUNG_PERSON, name="Tobin Quillfeather", email="tobin@webmail.example", include=True)
SURE = (confirmed(MOTHER.email or "", of="mother"), confirmed(FATHER.email or "", of="father"))
K = CopyId("k1")


def when(fact: str, value: bool) -> tuple[Condition, ...]:
    """One condition."""
    return (Condition(fact=fact, value=value),)


SAYING = Statement(
    id="SAY-1",
    what="what invitations say",
    source="invented.txt",
    source_line=1,
    quote="so",
    acts=(
        Act(do=Verb.GEN, where=Place.INVITATION, when=when("to-agency", True), says="Give us a direct number."),
        Act(do=Verb.GEN, where=Place.INVITATION, when=when("to-young-person", True), says="Ask to speak with the chair."),
        Act(do=Verb.BLOCK, where=Place.INVITATION, when=when("parent-decision-made", False), says="A parent is undecided."),
        Act(do=Verb.CHASE, where=Place.INTAKE, when=when("report-has-parents-views", False)),
    ),
)
INVITING = replace(
    PROFILE,
    statements=(SAYING,),
    documents=tuple(gives(INVITATION, reader) for reader in ("professional", "family")),
    rules=(*PROFILE.rules, rule("call-parents", 1)),
)
LENIENT = replace(INVITING, statements=())


def inviting(*facts: Timed, people: tuple[Person, ...] = BOTH_IN, **more: object) -> Case:
    """A case of a home that makes invitations, both parents to be included and every address confirmed."""
    more.setdefault("profile", INVITING)
    of = more.pop("of", None) or booking(people)
    return replace(case(*SURE, *facts, of=of, **more), invitations=True)  # type: ignore[arg-type]


def plan_of(made: Case, who: str, now: datetime = NOW) -> CopyPlan | None:
    """The invitation that this person ought to have next."""
    return invitation_target(made, made.conference.people[PersonId(who)], now)


def words(made: Case, who: str) -> dict[str, object]:
    """The values of this person's letter."""
    plan = plan_of(made, who)
    assert plan is not None
    return invitation_values(
        made, plan, team="Port Mere", phone="01632 960100", duty_line="Ring 999.", mailbox="sqt@portmere.example"
    )


def strings(value: object) -> Iterator[str]:
    """Every string in a template's values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)


def sent(made: Case, who: str, *facts: Timed) -> tuple[Timed, ...]:
    """The facts by which the invitation planned now was sent and taken."""
    plan = plan_of(made, who)
    assert plan is not None
    address = made.standing(PersonId(who)).address or ""
    release = (released(K, "Bea Manager"),) if plan.needs_release else ()
    return (*facts, composed(plan, K), *release, claimed(K, address), body_started(K), accepted(K))


# --- who is invited -------------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(
    decisions=st.dictionaries(st.sampled_from([MOTHER.id, FATHER.id]), st.sampled_from([None, False, True])),
    kept=st.sets(st.sampled_from(ExcludedFrom)),
)
def test_family_is_invited_only_by_a_decision_to_include_them(
    decisions: dict[PersonId, bool | None], kept: set[ExcludedFrom]
) -> None:
    """Whatever else is recorded, a letter to family stands on its reader's own include = true and no exclusion from attending."""
    people = tuple(replace(p, include=decisions.get(p.id)) if p.role.is_family else p for p in PEOPLE)
    more = {"exclusions": (exclusion("mother", *kept),)} if kept else {}
    made = inviting(of=booking(people, **more), profile=LENIENT)
    for who in (MOTHER.id, FATHER.id):
        away = who == MOTHER.id and bool(kept & {ExcludedFrom.ATTENDING, ExcludedFrom.ALL})
        assert (plan_of(made, who) is not None) is (decisions.get(who) is True and not away)


def test_a_parent_without_a_decision_keeps_every_letter_back() -> None:
    """Where the authority says so nobody at all is invited while one parent's decision is open, and each letter says why."""
    people = tuple(replace(p, include=None) if p.id == FATHER.id else p for p in BOTH_IN)
    made = inviting(people=people)
    for who in ("mother", "school", "gp"):
        plan = plan_of(made, who)
        assert plan is not None and plan.blocked == "SAY-1: A parent is undecided"
    assert not [a for a in agenda(made, NOW).due if a.subject.endswith(".invitation")]
    decided = f.PersonChanged(person=replace(FATHER, include=False, include_because="a risk to the mother"))
    made = inviting(decided, people=people)
    assert plan_of(made, "father") is None
    school = plan_of(made, "school")
    assert school is not None and school.blocked is None


def test_a_decision_that_opens_again_stops_what_was_composed() -> None:
    """A letter that waits for its release does not go when a parent turns up of whom nothing is decided."""
    made = inviting()
    plan = plan_of(made, "mother")
    assert plan is not None and plan.needs_release
    late = f.PersonAdded(person=person("stepfather", Role.PARENT, name="Olm Vane"))
    made = inviting(composed(plan, K), released(K, "Bea Manager"), late)
    assert closed_because(made, made.conference.copies[K], NOW) is not None
    assert outdated(made, made.conference.copies[K], NOW)


def test_only_where_home_and_profile_say_so() -> None:
    """Without the setting, or without a table of the profile, nobody is invited; an interpreter and the chair are not anyway."""
    made = inviting()
    assert {who for who in made.conference.people if plan_of(made, who)} == {"sw", "school", "gp", "police", "mother", "father"}
    off = replace(made, invitations=False)
    silent = inviting(profile=PROFILE)
    for one in (off, silent):
        assert not [p for who in one.conference.people.values() for p in targets(one, who, NOW) if p.document is INVITATION]


def test_not_when_cancelled_refused_or_begun() -> None:
    """A cancelled conference, one that the manager decided against, and one that has begun invite nobody any more."""
    cancelled = plan_of(inviting(f.ConferenceCancelled(because="x")), "school")
    assert cancelled is not None and cancelled.blocked == "the conference is cancelled"
    no = f.ManagerDecided(decided_at=CONVENED, decided_by="A Manager", hold=False, because="x")
    refused = plan_of(inviting(no), "school")
    assert refused is not None and "not to be held" in (refused.blocked or "")
    made = inviting()
    assert plan_of(made, "school", START) is None
    waiting = inviting(composed(plan, K)) if (plan := plan_of(made, "school")) else made
    assert closed_because(waiting, waiting.conference.copies[K], START - timedelta(seconds=1)) is None
    assert closed_because(waiting, waiting.conference.copies[K], START) is not None
    assert START in {agenda(replace(waiting, can_send=False), START - timedelta(hours=1)).look_again_at}


def test_family_by_the_social_workers_hands() -> None:
    """Where the social worker shares the letter it goes to their address, and waits for a release as family's copies do."""
    documents = tuple(gives(INVITATION, "family", Route.SOCIAL_WORKER) for _ in range(1))
    made = inviting(profile=replace(INVITING, documents=documents))
    plan = plan_of(made, "mother")
    assert plan is not None and plan.blocked is None and plan.needs_release
    two = (*BOTH_IN, replace(WORKER, id=PersonId("sw2"), email="sw2@sw.example"))
    blocked = plan_of(inviting(people=two, profile=replace(INVITING, documents=documents)), "mother")
    assert blocked is not None and "not just one social worker" in (blocked.blocked or "")


def test_a_mailbox_shared_with_somebody_undecided_is_not_written_to() -> None:
    """The mother's letter does not go to an address that the father reads too, of whom nothing is decided."""
    people = tuple(replace(p, email=MOTHER.email, include=None) if p.id == FATHER.id else p for p in BOTH_IN)
    plan = plan_of(inviting(people=people, profile=LENIENT), "mother")
    assert plan is not None and "is also father's" in (plan.blocked or "")


# --- what makes another letter --------------------------------------------------------------------------------------------


def test_a_move_makes_a_new_issue_that_names_the_one_before() -> None:
    """What was sent is replaced once the start is another; moved back before anything went, nothing goes."""
    made = inviting()
    facts = sent(made, "school")
    assert plan_of(inviting(*facts), "school") is None
    away = f.ConferenceMoved(start_at=START + timedelta(days=1), because="the chair is ill")
    moved = inviting(*facts, away)
    again = plan_of(moved, "school")
    assert again is not None and (again.issue, again.supersedes) == (2, 1)
    assert "issue 1" in str(words(moved, "school")["supersedes"])
    back = f.ConferenceMoved(start_at=START, because="well again")
    assert plan_of(inviting(*facts, away, back), "school") is None


def test_who_is_told_keeps_their_letter_through_other_peoples_changes() -> None:
    """Somebody else who is added, or another e-mail of theirs, does not make anybody's letter go a second time."""
    made = inviting()
    facts = sent(made, "school")
    other = f.PersonAdded(person=person("nurse", Role.SCHOOL_NURSE))
    changed = f.PersonChanged(person=replace(GP, email="new@gp.example"))
    assert plan_of(inviting(*facts, other, changed), "school") is None


@given(hours=st.integers(-200, 400))
def test_due_letters_are_constant_until_the_next_look(hours: int) -> None:
    """What is due stays so until just before the instant at which the agenda looks again."""
    made = inviting()
    now = CONVENED + timedelta(hours=hours)
    first = agenda(made, now)
    if first.look_again_at is not None:
        assert agenda(made, first.look_again_at - timedelta(seconds=1)).due == first.due


# --- what a letter says ---------------------------------------------------------------------------------------------------


@given(order=st.permutations(PEOPLE), large=st.booleans())
def test_no_letter_holds_another_persons_address_or_name(order: list[Person], large: bool) -> None:
    """In no letter stands anybody's e-mail but the team's, and no name but its reader's, the chair's and its children's."""
    by_id = {p.id: p for p in BOTH_IN}
    made = inviting(people=(*(replace(by_id[p.id], large_print=large) for p in order), BRYN), profile=LENIENT)
    for who in made.conference.people.values():
        if plan_of(made, who.id) is None:
            continue
        text = "\n".join(strings(words(made, who.id)))
        assert set(re.findall(r"\S+@\S+", text)) <= {"sqt@portmere.example"}
        for other in made.conference.people.values():
            if other.id not in (who.id, "chair") and other.name not in (TOBIN.name,):
                assert other.name not in text


def test_a_professional_learns_what_when_and_where() -> None:
    """The report's limit with weekday and time, where to, what it must hold, the confidential way, the standing paragraph."""
    said = words(inviting(), "school")
    assert said["report_due"] == (
        "We need your report by Saturday 28 November 2026 at 09:30."
        " The last office hour before that is Friday 27 November 2026 at 17:00."
    )
    assert "sqt@portmere.example" in str(said["send_to"]) and REF in str(said["send_to"])
    assert said["must_say"] == ["the parents' views"]
    assert "by Sunday 29 November 2026 at 09:30" in str(said["section"])
    assert said["standing"] == ["Give us a direct number."]
    assert said["children"] == ["Tobin Quillfeather", "Isla-Wren Quillfeather"]
    bare = replace(LENIENT, rules=())
    said = words(inviting(profile=bare), "school")
    assert said["section"] == "" and "before the conference begins" in str(said["report_due"])


def test_who_is_asked_too_late_is_asked_for_it_soon() -> None:
    """Somebody added after reports were due reads no limit that they could not have kept."""
    late = f.PersonAdded(person=person("nurse", Role.SCHOOL_NURSE, asked_for_report=True))
    made = inviting((at(29), late))
    assert str(words(made, "nurse")["report_due"]).startswith("We need your report as soon as you can send it.")


def test_a_limit_at_the_end_of_a_day_is_said_so() -> None:
    """23:59:59 reads as the end of that day."""
    rules = (rule("agency-report", 1, unit=Unit.WD_EOD),)
    said = words(inviting(profile=replace(LENIENT, rules=rules)), "school")
    assert "by the end of Friday 27 November 2026." in str(said["report_due"])
    assert by_words(at(27, 10)) == "by Friday 27 November 2026 at 10:00"
    assert CALENDAR.is_working_day(at(27).date())


def test_a_parent_reads_of_the_call_and_of_their_own_children() -> None:
    """The call's time for parents alone; of the children those that the reader has a role for; nothing for agencies."""
    made = inviting(people=(*BOTH_IN, BRYN))
    mother, father, bryn = (words(made, who) for who in ("mother", "father", "bryn"))
    assert "on Monday 30 November 2026 at 08:30" in str(mother["call"])
    assert bryn["call"] == "" and words(made, "school")["call"] == ""
    assert father["children"] == ["Tobin Quillfeather"] and "Isla" not in "\n".join(strings(father))
    assert mother["standing"] == [] and bryn["standing"] == ["Ask to speak with the chair."]
    assert mother["complaint"] == "You may complain." and mother["report_due"] == "" and mother["section"] == ""
    assert "about you and Isla-Wren Quillfeather" in str(bryn["intro"])
    forms = [invitation_template(made.conference.people[PersonId(who)]) for who in ("mother", "bryn", "school")]
    assert forms == ["invitation_family", "invitation_young_person", "invitation_professional"]


def test_a_reader_without_reports_is_not_promised_any() -> None:
    """Where the profile, or an exclusion, gives no reports the letter promises none."""
    kept = booking(BOTH_IN, exclusions=(exclusion("mother", ExcludedFrom.REPORTS),))
    assert "We send you" in str(words(inviting(), "mother")["reports"])
    assert "We send you" not in str(words(inviting(of=kept), "mother")["reports"])


def test_a_split_conference_tells_each_their_own_time() -> None:
    """Somebody of the second session reads when that begins, also after the whole has moved."""
    later = START + timedelta(hours=2)
    split = (
        Session(name="one", start_at=START, people=(MOTHER.id,)),
        Session(name="two", start_at=later, people=(FATHER.id,)),
    )
    made = inviting(of=booking(BOTH_IN, split=split))
    assert words(made, "father")["start"] == "Monday 30 November 2026 at 11:30"
    assert words(made, "mother")["start"] == "Monday 30 November 2026 at 09:30"
    moved = inviting(f.ConferenceMoved(start_at=START + timedelta(days=1), because="x"), of=booking(BOTH_IN, split=split))
    assert words(moved, "father")["start"] == "Tuesday 1 December 2026 at 11:30"


def test_who_sits_in_no_session_of_a_split_conference_waits() -> None:
    """Nobody reads of a part that may be another's: who is in no session gets no letter yet, nor anybody before there are any."""
    split = (Session(name="one", start_at=START, people=(MOTHER.id,)),)
    father = plan_of(inviting(of=booking(BOTH_IN, split=split, mode="split")), "father")
    assert father is not None and "in which session" in (father.blocked or "")
    made = inviting(of=booking(BOTH_IN, split=split, mode="split"))
    mother = plan_of(made, "mother")
    assert mother is not None and mother.blocked is None and "split" not in "\n".join(strings(words(made, "mother")))
    none_yet = plan_of(inviting(of=booking(BOTH_IN, mode="split")), "mother")
    assert none_yet is not None and "in which session" in (none_yet.blocked or "")


def test_an_interpreter_is_named_by_language_only() -> None:
    """Who needs an interpreter reads that one is arranged, in which language."""
    people = tuple(replace(p, interpreter="Polish") if p.id == MOTHER.id else p for p in BOTH_IN)
    assert "(Polish)" in str(words(inviting(people=people), "mother")["interpreter"])


def test_a_finished_letter_is_searched_for_what_its_reader_must_not_learn() -> None:
    """A detail kept from the reader, and the names of children that are none of theirs, may stand on no page."""
    made = inviting(of=booking(BOTH_IN, protected=(detail("d1", "father"),)))
    plan = plan_of(made, "father")
    assert plan is not None
    assert {one.id for one in must_not_show(made, plan)} == {"d1", "c2"}
    assert plan.needs_release and (school := plan_of(made, SCHOOL.id)) is not None and school.needs_release


BY_HAND = replace(
    LENIENT,
    documents=(gives(INVITATION, "professional"), gives(INVITATION, "family", Route.SOCIAL_WORKER)),
)


def handing(*facts: Timed, people: tuple[Person, ...] = BOTH_IN) -> list[tuple[str, str]]:
    """What the agenda says of the mother's letter, which lies with the social worker."""
    made = inviting(profile=BY_HAND, people=people)
    gone = sent(made, "mother")
    found = tasks(inviting(*gone, *facts, profile=BY_HAND, people=people), NOW + timedelta(hours=2), {})
    return [(one.duty, one.how) for one in found if one.person == "mother" and one.duty in ("hand-over", "call-back")]


def test_a_letter_that_lies_with_the_social_worker_is_called_back_when_it_is_not_the_readers_any_more() -> None:
    """Excluded since, not to be included after all, or cancelled: it is not handed over, and a person says so to them."""
    assert [duty for duty, _ in handing()] == ["hand-over"]
    out = replace(next(p for p in BOTH_IN if p.id == "mother"), include=False, include_because="a court order")
    for change in (
        f.ExclusionMade(exclusion=exclusion("mother")),
        f.PersonChanged(person=out),
        f.ConferenceCancelled(because="x"),
    ):
        ((duty, why),) = handing((NOW + timedelta(hours=1), change))
        assert duty == "call-back"
        assert why


def test_whoever_was_invited_is_a_task_when_it_is_cancelled_until_they_were_told() -> None:
    """Nothing tells them by itself, so a person does, once each."""
    made = inviting(profile=LENIENT)
    gone = (*sent(made, "school"), (NOW + timedelta(hours=1), f.ConferenceCancelled(because="x")))
    later = NOW + timedelta(hours=2)

    def told(*facts: Timed) -> list[str | None]:
        found = tasks(inviting(*gone, *facts, profile=LENIENT), later, {})
        return [one.person for one in found if one.duty == "cancelled"]

    assert told() == ["school"]
    done = f.DutyDone(duty="cancelled", done_at=later, how="rang", by="Clerk One", person=PersonId("school"))
    assert told((later, done)) == []


def test_the_chairs_call_is_before_ones_own_session() -> None:
    """The father of the second session is rung an hour before that, and learns of no earlier one."""
    second = START + timedelta(hours=4)
    parts = (
        Session(name="first", start_at=START, people=(PersonId("chair"), PersonId("mother"))),
        Session(name="second", start_at=second, people=(PersonId("chair"), PersonId("father"), PersonId("school"))),
    )
    made = inviting(of=booking(BOTH_IN, split=parts), profile=LENIENT)
    father = made.conference.people[PersonId("father")]
    assert call_at(made, father) == second - timedelta(hours=1)
    school = replace(made.conference.people[PersonId("school")], asked_for_report=True)
    timeless = replace(made, profile=replace(LENIENT, rules=()))
    assert "13:30" in due_words(timeless, school)
    assert "09:30" not in due_words(timeless, school)


def test_an_agency_at_a_parents_mailbox_is_not_invited_there() -> None:
    """Whatever the case of its letters: what a professional is told is not for family."""
    at_mothers = replace(SCHOOL, email=(MOTHER.email or "").upper())
    made = inviting(people=tuple(at_mothers if p.id == "school" else p for p in BOTH_IN), profile=LENIENT)
    plan = plan_of(made, "school")
    assert plan is not None
    assert plan.blocked is not None
    assert "mother" in plan.blocked
