"""Versions of the minutes: who may have which, when a copy is made, withdrawn or made anew, and what changed between two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from textwrap import wrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    AFTER_PROFILE,
    BOTH,
    CHAIR,
    ENDED,
    FATHER,
    ISLA,
    MOTHER,
    PEOPLE,
    SCHOOL,
    TOBIN,
    Timed,
    accepted,
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
    released,
    rule,
)

from pipeline.domain import facts as f
from pipeline.domain.agenda import Verb, agenda
from pipeline.domain.calendar import in_full
from pipeline.domain.case import Case
from pipeline.domain.copies import must_not_show, outdated, targets
from pipeline.domain.duties import duties
from pipeline.domain.duty import DutyState
from pipeline.domain.entitlement import entitlement
from pipeline.domain.explain import explain
from pipeline.domain.gate import closed_because
from pipeline.domain.minutes import bears_mark, headed, mark_of, marked, says_draft
from pipeline.domain.minutes_compared import (
    Change,
    below_mark,
    changes,
    open_points,
    otherwise,
    paragraphs,
    places_left,
)
from pipeline.domain.outcome import Decision
from pipeline.domain.pack import CopyPlan
from pipeline.domain.paper import NotForPaper, paper_plan
from pipeline.domain.papers import paper_target
from pipeline.domain.people import BlobId, ChildId, CopyId, DetailId, ExcludedFrom, ItemId, PersonId
from pipeline.domain.profile import Direction, Profile, Route, Trigger, Unit
from pipeline.domain.views import documents_view, minutes_view

MINUTES = f.Document.MINUTES
GIVEN = replace(
    AFTER_PROFILE, documents=tuple(gives(MINUTES, reader) for reader in ("chair", "professional", "family"))
)
SURE = (confirmed(MOTHER.email or "", of="mother"), confirmed(FATHER.email or "", of="father"))
NOW = ENDED + timedelta(hours=1)
K = CopyId("k1")


def taken(number: int, *for_: str, found: tuple[str, ...] = (), searched: tuple[str, ...] = (), **more: object) -> f.MinutesTaken:
    """A version of one page, made for these people; the whole minutes where none is named."""
    return f.MinutesTaken(
        number=number,
        item=ItemId(f"m{number}"),
        sha256=f"{number}" * 64,
        rendition=BlobId(f"r{number}"),
        text=BlobId(f"t{number}"),
        pages=1,
        fingerprints=(f"m{number}-p1",),
        by="The Chair",
        for_=tuple(PersonId(one) for one in for_),
        searched=tuple(DetailId(one) for one in (*searched, *found)),
        found=tuple(f.Finding(detail=DetailId(one), page=1) for one in found),
        **more,  # type: ignore[arg-type]
    )


def approved(number: int) -> f.MinutesApproved:
    return f.MinutesApproved(number=number, by="The Chair")


def after(*facts: Timed, profile: Profile = GIVEN, **more: object) -> Case:
    """A conference whose outcome is recorded, and what happened to its minutes since."""
    return case(*SURE, (ENDED, outcome()), *facts, profile=profile, **more)  # type: ignore[arg-type]


def has(made: Case, who: str) -> tuple[ItemId, ...]:
    return entitlement(made, PersonId(who), MINUTES).allowed


# --- who may have which ---------------------------------------------------------------------------------------------------

ids = st.sampled_from([p.id for p in PEOPLE])
versions = st.lists(st.tuples(st.frozensets(ids, max_size=2), st.booleans(), st.booleans()), max_size=5)


@settings(max_examples=150)
@given(
    versions=versions,
    linked=st.dictionaries(ids, st.sampled_from([(), BOTH[:1], BOTH[1:], BOTH])),
    kept=st.frozensets(ids, max_size=2),
    excluded=st.frozensets(ids, max_size=2),
)
def test_nobody_without_a_role_for_every_child_gets_the_whole_minutes(
    versions: list[tuple[frozenset[PersonId], bool, bool]],
    linked: dict[PersonId, tuple[ChildId, ...]],
    kept: frozenset[PersonId],
    excluded: frozenset[PersonId],
) -> None:
    """Whatever was taken and approved in whatever order: only what is approved, newest, whole for whole roles, free of details."""
    people = tuple(replace(p, children=linked.get(p.id, p.children)) for p in PEOPLE)
    facts: list[Timed] = [f.DetailProtected(detail=detail("d1", *sorted(kept)))] if kept else []
    facts += [f.ExclusionMade(exclusion=exclusion(who, ExcludedFrom.MINUTES)) for who in sorted(excluded)]
    for number, (readers, holds_detail, let) in enumerate(versions, 1):
        facts.append(taken(number, *sorted(readers), searched=("d1",), found=("d1",) if holds_detail else ()))
        facts += [approved(number)] if let else []
    made = after(*facts, of=booking(people))
    for who in people:
        may = entitlement(made, who.id, MINUTES)
        plan = paper_target(made, who, MINUTES, NOW)
        assert (plan.items if plan is not None else ()) == may.allowed
        assert plan is None or bool(plan.blocked) is not bool(plan.items) or plan.blocked
        for item in may.allowed:
            number = int(item[1:])
            readers, holds_detail, let = versions[number - 1]
            assert let and who.id not in excluded
            assert not (holds_detail and who.id in kept)
            assert who.id in readers or (not readers and (who.id == CHAIR.id or set(who.children) == set(BOTH)))
            assert not any(not later for later, _, _ in versions[number:]), "the whole minutes came back since"
            assert not any(who.id in later for later, _, _ in versions[number:]), "they have a newer one of their own"


def test_holms_minutes_are_blocked_and_his_pack_is_not() -> None:
    """Excluded from minutes alone a person has no minutes, not even a version of their own, and a pack as everybody (F5, SWG-8)."""
    made = after(
        f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.MINUTES)), taken(1), approved(1), taken(2, "mother"), approved(2)
    )
    may = entitlement(made, MOTHER.id, MINUTES)
    assert not may.document and "excluded" in may.because
    assert paper_target(made, MOTHER, MINUTES, NOW) is None
    assert entitlement(made, MOTHER.id, f.Document.PACK).document
    assert any("no minutes" in line and "excluded" in line for line in explain(made, MOTHER.id, NOW, lambda _: made))


def test_the_whole_minutes_of_a_split_conference_go_to_who_sat_in_every_part() -> None:
    """The mother heard the first part alone: she waits for her own version; the worker of both parts has the whole."""
    parts = [
        f.SessionSet(name=name, start_at=ENDED - timedelta(hours=2), people=people, because="they cannot meet")  # type: ignore[arg-type]
        for name, people in (("first", ("chair", "sw", "mother")), ("second", ("chair", "sw", "father")))
    ]
    made = after(*parts, taken(1), approved(1))
    assert has(made, "sw") and has(made, "chair")
    assert has(made, "mother") == ()
    assert "every part" in entitlement(made, PersonId("mother"), MINUTES).withheld[0].why
    for whole in (f.Document.OUTCOME_FORM, f.Document.IMMEDIATE_ACTIONS):
        assert not entitlement(after(*parts, profile=AFTER_PROFILE), PersonId("mother"), whole).document
        assert entitlement(after(*parts, profile=AFTER_PROFILE), PersonId("sw"), whole).document
    assert has(after(*parts, taken(1), approved(1), taken(2, "mother"), approved(2)), "mother")
    assert has(after(taken(1), approved(1)), "mother"), "unsplit, she has a role for both children"


def test_a_person_without_a_role_for_every_child_waits_for_a_version_of_their_own() -> None:
    """The father of one child is shown as waiting with the reason, and gets what is then made for him."""
    made = after(taken(1), approved(1))
    row = next(r for r in documents_view(made, NOW) if (r["document"], r["person"]) == ("minutes", "father"))
    assert row["state"] == "waiting" and "--for father" in str(row["why"])
    his = after(taken(1), approved(1), taken(2, "father"), approved(2))
    assert (has(his, "father"), has(his, "mother")) == (("m2",), ("m1",))


def test_a_detail_protected_later_is_searched_for_before_anybody_it_is_kept_from_has_them() -> None:
    """Until the version was searched again nobody from whom the detail is kept has it; it is to be searched."""
    kept = f.DetailProtected(detail=detail("d1", "mother"))
    made = after(taken(1), approved(1), kept)
    assert has(made, "mother") == () and has(made, "school") == ("m1",)
    assert [a.subject for a in agenda(made, NOW).due if a.verb is Verb.SEARCH] == ["m1"]
    clean = f.MinutesSearched(number=1, searched=(DetailId("d1"),), found=())
    assert has(after(taken(1), approved(1), kept, clean), "mother") == ("m1",)
    hit = replace(clean, found=(f.Finding(detail=DetailId("d1"), page=1),))
    assert has(after(taken(1), approved(1), kept, hit), "mother") == ()


def test_a_new_outcome_ends_an_approval() -> None:
    """Minutes approved for one outcome go to nobody after another was recorded, until they are approved again."""
    again = (ENDED + timedelta(minutes=9), outcome(child_outcome(TOBIN.id, Decision.NO_PLAN), child_outcome(BOTH[1])))
    made = after(taken(1), approved(1), again)
    assert has(made, "school") == () and "recorded anew" in str(paper_for(made, "school", MINUTES, NOW).blocked)
    assert has(after(taken(1), approved(1), again, approved(1)), "school") == ("m1",)


def test_another_childs_name_is_on_no_page_of_a_version_for_one_child() -> None:
    """The finished copy of the father of one child is searched for the name of the other: a version cut badly is held."""
    plan = paper_for(after(taken(1, "father"), approved(1)), "father", MINUTES, NOW)
    assert [one.detail for one in must_not_show(after(taken(1, "father"), approved(1)), plan)] == [ISLA.name]


# --- copies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "goes"),
    [((taken(2),), False), ((taken(2), approved(2)), False), ((taken(2, "father"),), True), ((taken(2, "school"),), False)],
)
def test_the_next_version_withdraws_what_is_unsent(later: tuple[f.Fact, ...], goes: bool) -> None:
    """An unsent copy of version N is outdated and closed as soon as N+1 stands for its reader, not for another."""
    plan = paper_for(after(taken(1), approved(1)), "school", MINUTES, NOW)
    assert plan.items == ("m1",) and not plan.needs_release
    made = after(taken(1), approved(1), composed(plan, "k1"), *later)
    assert outdated(made, made.conference.copies[K], NOW) is not goes
    assert (closed_because(made, made.conference.copies[K], NOW) is None) is goes


def test_what_was_sent_is_replaced_by_a_new_issue_and_the_same_bytes_are_not_sent_twice() -> None:
    """Version 2 goes as issue 2 once approved; the same file taken a third time goes to nobody who has it."""
    plan = paper_for(after(taken(1), approved(1)), "school", MINUTES, NOW)
    sent = (taken(1), approved(1), composed(plan, "k1"), claimed("k1", SCHOOL.email or ""), accepted("k1"))
    assert paper_target(after(*sent), SCHOOL, MINUTES, NOW) is None
    anew = paper_for(after(*sent, taken(2), approved(2)), "school", MINUTES, NOW)
    assert (anew.issue, anew.supersedes, anew.items) == (2, 1, ("m2",))
    same = replace(taken(2), sha256=taken(1).sha256)
    assert paper_target(after(*sent, same, approved(2)), SCHOOL, MINUTES, NOW) is None


def test_sent_minutes_never_shape_a_pack() -> None:
    """After minutes are composed packs are planned as before: their pages are no reports."""
    plan = paper_for(after(taken(1), approved(1)), "mother", MINUTES, NOW)
    made = after(taken(1), approved(1), composed(plan, "k1"), released("k1", "Clerk Two"))
    before = {p.document for p in targets(after(taken(1), approved(1)), MOTHER, NOW)} - {MINUTES}
    assert {p.document for p in targets(made, MOTHER, NOW)} - {MINUTES} == before


HELD = replace(
    GIVEN,
    documents=(gives(MINUTES, "professional"), gives(MINUTES, "family", Route.HELD, duty="family-minutes")),
    rules=(
        *GIVEN.rules,
        rule("family-minutes", 0, unit=Unit.WD_EOD, amount=20, direction=Direction.AFTER, trigger=Trigger.CONFERENCE_END),
        rule("minutes", 0, unit=Unit.WD_EOD, amount=20, direction=Direction.AFTER, trigger=Trigger.CONFERENCE_END),
    ),
)


def test_held_family_minutes_never_go_by_themselves_and_are_asked_for_each_week() -> None:
    """Released they still stay; the task is there until they are handed over or refused (BAD-13, A00.13)."""
    facts: tuple[Timed, ...] = (taken(1), approved(1))
    plan = paper_for(after(*facts, profile=HELD), "mother", MINUTES, NOW)
    facts = (*facts, composed(plan, "k1"))

    def task(*more: Timed, days: int = 0) -> list[str]:
        made = after(*facts, *more, profile=HELD)
        found = [d for d in duties(made, NOW + timedelta(days=days)) if d.duty == "family-minutes-decision"]
        return [d.how for d in found if d.person == "mother"]

    let = after(*facts, released("k1", "Clerk Two"), profile=HELD)
    assert "never goes by itself" in str(closed_because(let, let.conference.copies[K], NOW))
    assert task() == [""] and "3 so far" in task(days=54)[0]
    assert task(f.CopyRefused(copy=K, by="The Chair", because="not safe")) == []
    handed = f.DutyDone(duty="hand-over:minutes", done_at=NOW, how="at home", by="Sid Worker", person=MOTHER.id)
    assert task(released("k1", "Clerk Two"), handed) == []
    print_of = f.PaperCopyMade(
        number=1, person=MOTHER.id, document=MINUTES, items=(ItemId("m1"),), sha256="ab" * 32, pages=2, by="Clerk Two"
    )
    given_paper = f.PaperCopyHanded(number=1, person=MOTHER.id, at=NOW, how="at home", by="Sid Worker")
    assert task(print_of) == [""] and task(print_of, given_paper) == []


def test_minutes_are_printed_for_who_may_have_them_only() -> None:
    """After the conference a person's version can be printed, before its approval or past an exclusion it cannot."""

    def plan(*facts: Timed) -> CopyPlan | NotForPaper:
        return paper_plan(after(*facts, profile=HELD), MOTHER, "Clerk Two", None, NOW, MINUTES)

    made = plan(taken(1), approved(1))
    assert isinstance(made, CopyPlan) and (made.items, made.issue, made.children) == (("m1",), 1, BOTH)
    assert "approved" in str(plan(taken(1)))
    assert "excluded" in str(plan(taken(1), approved(1), f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.MINUTES))))
    assert "ended" in str(paper_plan(after(profile=HELD), MOTHER, "Clerk Two", None, NOW))


def test_minutes_are_completed_when_approved_and_shared_when_everybody_has_them() -> None:
    """The two duties of an authority that has both: approved, and in everybody's hands (SWG-16, SWG-17)."""
    both = replace(
        GIVEN,
        documents=(gives(MINUTES, "education"),),
        rules=tuple(
            rule(duty, 0, unit=Unit.WD_EOD, amount=days, direction=Direction.AFTER, trigger=Trigger.CONFERENCE_END)
            for duty, days in (("minutes-completed", 11), ("minutes", 20))
        ),
    )

    def states(*facts: Timed) -> dict[str, DutyState]:
        return {d.duty: d.state for d in duties(after(*facts, profile=both), NOW) if d.duty.startswith("minutes")}

    assert states() == {"minutes-completed": DutyState.COMING, "minutes": DutyState.COMING}
    plan = paper_for(after(taken(1), approved(1), profile=both), "school", MINUTES, NOW)
    let: tuple[Timed, ...] = (taken(1), approved(1), composed(plan, "k1"))
    assert states(*let) == {"minutes-completed": DutyState.DONE, "minutes": DutyState.COMING}
    gone = (*let, claimed("k1", SCHOOL.email or ""), accepted("k1"))
    assert states(*gone) == {"minutes-completed": DutyState.DONE, "minutes": DutyState.DONE}


def test_the_list_says_where_each_version_stands() -> None:
    """Superseded, approved and waiting are told apart, and a version for people is behind once the whole came back anew."""
    made = after(taken(1), approved(1), taken(2, "father"), approved(2), taken(3))
    assert [(r["version"], r["state"]) for r in minutes_view(made.conference)] == [
        (1, "superseded"), (2, "superseded"), (3, "taken"),
    ]  # fmt: skip
    good = after(taken(1), approved(1), taken(2, "father", "sw"), taken(3, "father"))
    assert [r["state"] for r in minutes_view(good.conference)] == ["approved", "taken", "taken"]


# --- what changed ---------------------------------------------------------------------------------------------------------

sentences = st.lists(st.text("abcdefg hij", min_size=1, max_size=40).map(lambda t: " ".join(f"x{t}".split()) + "."), max_size=8)


@given(before=sentences, after_=sentences)
def test_the_changes_make_one_of_the_other(before: list[str], after_: list[str]) -> None:
    """All that is named as gone stood in the first, all that is named as come in the second, and what is alike in neither."""
    found = changes(before, after_)
    kept_old, kept_new = list(before), list(after_)
    for one in found:
        if one.before:
            kept_old.remove(one.before)
        if one.after:
            kept_new.remove(one.after)
    assert sorted(kept_old) == sorted(kept_new)
    assert bool(found) is (before != after_)


@given(words=st.lists(st.sampled_from(["one", "two.", "three", "four,"]), min_size=12, max_size=30), narrow=st.integers(8, 40))
def test_a_line_that_breaks_elsewhere_is_no_change(words: list[str], narrow: int) -> None:
    """Paragraphs are the same however their lines and pages are broken, and what heads or ends every page is no part of them."""
    text = " ".join(words)
    for width in (10, narrow):
        broken = wrap(text, width)
        half = len(broken) // 2
        pages = ["\n".join(["Head", *lines, "Foot"]) for lines in (broken[:half], broken[half:])]
        assert paragraphs(["\n".join(broken)]) == paragraphs(pages) == [text]


def test_a_changed_paragraph_is_shown_beside_what_it_was() -> None:
    """One sentence put otherwise is one change, not one that went and one that came."""
    (one,) = changes(["A.", "He missed many days.", "B."], ["A.", "He missed thirty days.", "B."])
    assert (one, one.kind) == (Change(before="He missed many days.", after="He missed thirty days."), "changed")


def test_a_label_and_a_sentence_of_their_own_are_not_joined() -> None:
    """Full lines that end as a sentence stay apart where the next begins as one, and headings stay apart from what they head."""
    said = ["He missed very many days of school in this year.", "She missed very many days of school as well."]
    found = paragraphs(["\n".join(["Minutes of PM-2611-017, draft", "Reason", *said])])
    assert below_mark(found) == ["Reason", *said]
    assert below_mark(["Reason"]) == ["Reason"]


def test_what_differs_from_the_outcome_is_told() -> None:
    """A decision under the child's own heading that is another, and a date that stands nowhere, are named; what agrees is not."""
    review = ENDED + timedelta(days=80)
    made = case((ENDED, outcome(review_at=review)))
    page = f"{TOBIN.name}: Decision\nPlan made.\nIsla-Wren Quillfeather: Decision\nNo plan.\nEnded {in_full(ENDED)}."
    assert [(o.what, o.child) for o in otherwise(made, None, [page])] == [("decision", "c2"), ("review conference", None)]
    right = page.replace("No plan", "Plan made") + f" Review conference: {in_full(review)}."
    assert otherwise(made, None, [right]) == []


def test_places_nobody_wrote_are_told_before_approval() -> None:
    """A version that calls itself a draft, or in which something was found, says so in sentences without content."""
    made = case((ENDED, outcome()), taken(1, flags=("hidden-text",)))
    page = f"{mark_of('PM-2611-017')} [To be written] and [To be\nwritten]"
    said = open_points(made, made.conference.minutes[0], [page])
    assert places_left([page]) == 2 and any("draft" in one for one in said) and any("hidden-text" in one for one in said)
    assert not any(TOBIN.name in one for one in said)


def test_the_mark_names_its_conference() -> None:
    """Small letters and a broken line change nothing; two marks are two."""
    assert marked(["x\nminutes of\npm-2611-017, Draft\ny"]) == {"PM-2611-017"}
    assert marked([mark_of("A-100"), mark_of("B-200")]) == {"A-100", "B-200"}
    done = "Team\nMinutes of PM-2611-017\nHeld on Monday"
    assert marked([done]) == headed([done]) == {"PM-2611-017"} and not says_draft([done])
    assert headed(["We read the minutes of PM-2611-017, draft, too."]) == headed(["x", done]) == frozenset()
    assert not bears_mark(["We talked about the minutes of the\nlast one, and of minutes of\nPM-2611-017 as well."])
