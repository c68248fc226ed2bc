"""Need to know: who may have what, and why (promise 9, domain.md A00.2, A00.4, A00.7, POR-6, POR-8, SWG-8)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import (
    AGENCY,
    BOTH,
    CHAIR,
    CONVENED,
    FATHER,
    GP,
    ISLA,
    MOTHER,
    PEOPLE,
    PROFILE,
    SCHOOL,
    SECRET,
    SWR,
    TOBIN,
    Timed,
    allowed,
    at,
    booking,
    case,
    detail,
    exclusion,
    person,
    plan_for,
    report,
    searched,
    unfiled,
)

from pipeline.domain import facts as f
from pipeline.domain.cover import cover_values
from pipeline.domain.entitlement import details_kept_from, entitlement, excluded
from pipeline.domain.facts import Document
from pipeline.domain.pack import target
from pipeline.domain.people import ChildId, DetailId, ExcludedFrom, ItemId, PersonId, Role

IDS = [p.id for p in PEOPLE]
OWNERS = ["sw", "school", "gp", "police"]
DETAILS = ["d1", "d2"]

people_ids = st.sampled_from(IDS)
some_people = st.lists(people_ids, min_size=1, max_size=3, unique=True)
some_details = st.lists(st.sampled_from(DETAILS), unique=True)


@st.composite
def filings(draw: st.DrawFn, item: str) -> f.ReportFiled:
    """A report or confidential section of anybody asked, about any of the children, searched for some of the details."""
    owner = draw(st.sampled_from(OWNERS))
    content = draw(st.sampled_from([SWR if owner == "sw" else AGENCY] * 3 + [SECRET]))
    known = draw(some_details)
    hits = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    return report(
        item,
        owner,
        content,
        concerns=draw(st.sampled_from([BOTH, (TOBIN.id,), (ISLA.id,)])),
        received_at=at(draw(st.integers(18, 27))),
        group=ItemId(draw(st.sampled_from([item, item, "mail"]))),
        searched=tuple(DetailId(d) for d in known),
        found=tuple(f.Finding(detail=DetailId(d), page=1) for d in hits),
        unreadable=draw(st.sampled_from([(), (), (2,)])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[f.Fact]:
    """Filings with details, exclusions, allowances and unfilings in any order."""
    facts: list[f.Fact] = []
    for n in range(draw(st.integers(1, 5))):
        facts.append(draw(filings(f"r{n}")))
    for name in draw(some_details):
        facts.append(f.DetailProtected(detail=detail(name, *draw(some_people))))
    for who in draw(st.lists(people_ids, max_size=2)):
        facts.append(f.ExclusionMade(exclusion=exclusion(who, draw(st.sampled_from(ExcludedFrom)))))
    for who in draw(st.lists(people_ids, max_size=3)):
        facts.append(allowed(f"r{draw(st.integers(0, 4))}", who))
    if draw(st.booleans()):
        facts.append(unfiled(f"r{draw(st.integers(0, 4))}"))
    return facts


def may(facts: list[f.Fact], who: str, *, superseded: bool = False) -> set[str]:
    return set(entitlement(case(*facts), PersonId(who), Document.PACK, superseded=superseded).allowed)


@given(histories(), people_ids, st.sampled_from(ExcludedFrom))
def test_an_exclusion_never_adds_anything(facts: list[f.Fact], who: str, from_: ExcludedFrom) -> None:
    """After one more exclusion nobody may have anything that they could not have before."""
    more = [*facts, f.ExclusionMade(exclusion=exclusion(who, from_))]
    for id_ in IDS:
        assert may(more, id_) <= may(facts, id_)
        assert may(more, id_, superseded=True) <= may(facts, id_, superseded=True)


@given(histories(), some_people, st.sampled_from(["d1", "d9"]))
def test_a_protected_detail_never_adds_anything(facts: list[f.Fact], from_: list[str], name: str) -> None:
    """After one more protected detail, searched for or not, nobody may have more than before."""
    more = [*facts, f.DetailProtected(detail=detail(name, *from_))]
    for id_ in IDS:
        assert may(more, id_) <= may(facts, id_)


@given(histories())
def test_what_holds_a_protected_detail_never_reaches_those_it_is_protected_from(facts: list[f.Fact]) -> None:
    """Neither entitlement nor plan of a person holds a report with a finding of theirs, whatever was allowed."""
    made = case(*facts)
    for who in made.conference.people.values():
        kept = {d.id for d in details_kept_from(made, who.id)}
        plan = target(made, who, at(26))
        had = {*entitlement(made, who.id, Document.PACK, superseded=True).allowed, *(plan.items if plan else ())}
        for item in had:
            filed = made.conference.reports[item]
            assert not kept & {finding.detail for finding in filed.found}
            assert kept <= filed.searched, "what was not searched for is on doubt not entitled"
            assert not (kept and filed.filed.unreadable), "what nobody could search is on doubt not entitled"


@given(histories())
def test_a_confidential_section_is_the_chairs_alone_until_decided(facts: list[f.Fact]) -> None:
    """Without a recorded decision nobody but the chair has one."""
    made = case(*facts)
    for who in made.conference.people.values():
        for item in entitlement(made, who.id, Document.PACK, superseded=True).allowed:
            if made.conference.reports[item].filed.content is SECRET and who.role is not Role.CHAIR:
                assert (item, who.id) in made.conference.allowed


@given(histories())
def test_children_and_audience_bind_where_nobody_decided(facts: list[f.Fact]) -> None:
    """A report about a child without a link to the person, or of a kind not theirs, needs the chair's decision."""
    made = case(*facts)
    for who in made.conference.people.values():
        for item in entitlement(made, who.id, Document.PACK, superseded=True).allowed:
            filed = made.conference.reports[item].filed
            if who.role is Role.CHAIR or (item, who.id) in made.conference.allowed:
                continue
            assert set(filed.concerns) <= set(who.children)
            assert not (who.role.is_family and filed.content is not SWR)


@given(histories())
def test_every_report_is_allowed_or_withheld_with_a_reason(facts: list[f.Fact]) -> None:
    """Nothing is lost in between; whole means that nothing is withheld and every kind of report is the reader's."""
    made = case(*facts)
    for who in made.conference.people.values():
        found = entitlement(made, who.id, Document.PACK)
        latest = {r.item for r in made.conference.latest()}
        if not found.document:
            assert not (found.allowed or found.withheld or found.whole)
            continue
        assert set(found.allowed) | {o.report for o in found.withheld} == latest
        assert not set(found.allowed) & {o.report for o in found.withheld}
        assert all(o.why for o in found.withheld)
        assert {item for item, _ in found.reasons} == set(found.allowed)
        assert found.whole == (not found.withheld and not who.role.is_family)


@given(histories(), some_people)
def test_excluded_from_reports_means_no_document(facts: list[f.Fact], barred: list[str]) -> None:
    """Neither a pack nor a supplement, not even an empty one, whatever was allowed."""
    facts = [*facts, *(f.ExclusionMade(exclusion=exclusion(who, ExcludedFrom.REPORTS)) for who in barred)]
    made = case(*facts)
    for who in barred:
        for document in Document:
            assert not entitlement(made, PersonId(who), document, superseded=True).document
        assert target(made, made.conference.people[PersonId(who)], at(26)) is None


@given(histories())
def test_undone_filings_are_nobodys(facts: list[f.Fact]) -> None:
    """An unfiled report is in no entitlement, old versions included."""
    made = case(*facts)
    gone = {r.item for r in made.conference.reports.values() if r.unfiled}
    for id_ in IDS:
        assert not gone & set(entitlement(made, id_, Document.PACK, superseded=True).allowed)


# --- plain examples ----------------------------------------------------------------------------------------------------

ALL: list[Timed] = [report("s", "sw", SWR), report("a", "school"), report("c", "police", SECRET)]


@pytest.mark.parametrize(
    ("who", "items", "whole"),
    [
        ("chair", {"s", "a", "c"}, True),
        ("gp", {"s", "a"}, False),
        ("police", {"s", "a"}, False),
        ("sw", {"s", "a"}, False),
        ("mother", {"s"}, False),
        ("father", set(), False),
    ],
)
def test_who_has_what_of_an_ordinary_conference(who: str, items: set[str], whole: bool) -> None:
    """Chair everything; professionals all but the confidential section; family the social worker's report about their own."""
    found = entitlement(case(*ALL), PersonId(who), Document.PACK)
    assert (set(found.allowed), found.whole, found.document) == (items, whole, True)


@pytest.mark.parametrize("from_", list(ExcludedFrom))
def test_what_an_exclusion_keeps_from(from_: ExcludedFrom) -> None:
    """Attending, plan and minutes are decisions of their own (SWG-8); only reports and all end the pack (event 23)."""
    made = case(*ALL, f.ExclusionMade(exclusion=exclusion("mother", from_)))
    barred = from_ in (ExcludedFrom.REPORTS, ExcludedFrom.ALL)
    assert (excluded(made, MOTHER.id, Document.PACK) is not None) is barred
    assert entitlement(made, MOTHER.id, Document.SUPPLEMENT).document is not barred
    assert excluded(made, FATHER.id, Document.PACK) is None


def test_a_parent_without_a_link_to_a_child_waits_for_the_chair() -> None:
    """A report that covers the sibling too is withheld until the chair decides (A00.2); then it is theirs."""
    found = entitlement(case(*ALL), FATHER.id, Document.PACK)
    assert [o.why for o in found.withheld if o.report == "s"] == [
        "it covers a child this person has no role for; the chair decides"
    ]
    assert set(entitlement(case(*ALL, allowed("s", "father")), FATHER.id, Document.PACK).allowed) == {"s"}
    own = replace(report("s", "sw", SWR), concerns=(TOBIN.id,))
    assert set(entitlement(case(own), FATHER.id, Document.PACK).allowed) == {"s"}


def test_the_footer_with_the_restricted_address_blocks_one_copy_only() -> None:
    """The social worker's report quotes the address: Vane's copy leaves it out, the mother's does not (event 16)."""
    own = replace(report("s", "sw", SWR), concerns=(TOBIN.id,))
    made = case(own, f.DetailProtected(detail=detail("d1", "father")), searched("s", "d1", found=["d1"]))
    assert entitlement(made, FATHER.id, Document.PACK).allowed == ()
    assert entitlement(made, MOTHER.id, Document.PACK).allowed == ("s",)
    assert entitlement(made, CHAIR.id, Document.PACK).allowed == ("s",)


def test_what_was_not_searched_yet_waits() -> None:
    """Between the protecting and the search nobody it is protected from may have the report; after a clean search they may."""
    own = replace(report("s", "sw", SWR), concerns=(TOBIN.id,))
    added = f.DetailProtected(detail=detail("d1", "father"))
    assert entitlement(case(own, added), FATHER.id, Document.PACK).allowed == ()
    assert entitlement(case(own, added, searched("s", "d1")), FATHER.id, Document.PACK).allowed == ("s",)


def test_strangers_and_readers_without_a_rule_get_nothing() -> None:
    """Someone of another conference, an interpreter, or a role that the profile is silent about: no document."""
    people = (*PEOPLE, person("terp", Role.INTERPRETER))
    made = case(*ALL, allowed("s", "terp"), of=booking(people))
    assert not entitlement(made, PersonId("nobody"), Document.PACK).document
    assert not entitlement(made, PersonId("terp"), Document.PACK).document
    silent = replace(PROFILE, audience=tuple(rule for rule in PROFILE.audience if rule.reader != "professional"))
    assert not entitlement(case(*ALL, profile=silent), GP.id, Document.PACK).document


def test_an_unknown_child_is_nobodys() -> None:
    """A report about a child that no one is linked to goes to the chair alone."""
    made = case(replace(report("s", "sw", SWR), concerns=(ChildId("c9"),)))
    assert [who for who in IDS if entitlement(made, who, Document.PACK).allowed] == ["chair"]


def test_who_is_not_to_be_included_gets_nothing_and_is_on_no_list() -> None:
    """A recorded decision not to include somebody closes every document to them and takes them from others' lists;
    a decision to include them, or none, changes nothing.
    """
    facts = [report("r1", "school")]
    for include, given_document in ((False, False), (True, True), (None, True)):
        decided = replace(MOTHER, include=include, include_because="Decided on Tuesday.")
        made = case(*facts, of=booking([CHAIR, SCHOOL, decided]))
        assert entitlement(made, MOTHER.id, Document.PACK).document is given_document
        assert (target(made, decided, CONVENED) is None) is not given_document
    before = case(*facts, of=booking([CHAIR, SCHOOL, MOTHER]))
    after = case(*facts, f.PersonChanged(person=replace(MOTHER, include=False)), of=booking([CHAIR, SCHOOL, MOTHER]))
    chair = [plan_for(one, CHAIR.id, CONVENED) for one in (before, after)]
    assert chair[0].basis != chair[1].basis
    words = [
        cover_values(one, plan, CONVENED, team="", phone="", duty_line="")
        for one, plan in zip((before, after), chair, strict=True)
    ]
    listed = [[row["name"] for row in one["invitees"]] for one in words]  # type: ignore[attr-defined]
    assert MOTHER.name in listed[0] and MOTHER.name not in listed[1]
