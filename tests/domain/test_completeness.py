"""Completeness of reports: what the profile asks, held against what was found (POR-9, SWG-4, SWG-7, BAD-5, BAD-6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import (
    FATHER,
    ISLA,
    MOTHER,
    PEOPLE,
    PROFILE,
    SECRET,
    START,
    SWR,
    TOBIN,
    Timed,
    at,
    booking,
    case,
    plan_for,
    report,
    unfiled,
)

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain import facts as f
from pipeline.domain.agenda import Verb, agenda
from pipeline.domain.case import Case
from pipeline.domain.completeness import complete, missing_parts, to_examine, unclear_parts
from pipeline.domain.cover import cover_values
from pipeline.domain.headings import Part, version_of
from pipeline.domain.letters import wanted
from pipeline.domain.people import ConferenceType, ItemId, PersonId
from pipeline.domain.profile import Profile
from pipeline.domain.views import reports_view

FILES = ProfileFiles()
ALL = [part.value for part in Part]
SCHOOL_ID, SW = PersonId("school"), PersonId("sw")


def read(item: str, *has: str, unknown: tuple[str, ...] = (), headings: str = "") -> f.ReportExamined:
    """What was found in a report; all the rest is missing."""
    return f.ReportExamined(
        item=ItemId(item),
        has=has,
        missing=tuple(part for part in ALL if part not in has and part not in unknown),
        unknown=unknown,
        headings=headings or version_of(),
    )


def under(name: str, *facts: Timed, resident: bool | None = None, profile: Profile | None = None) -> Case:
    """F1 under the rules of an authority; `resident` is the father's."""
    people = tuple(replace(p, resident=resident) if p.id == FATHER.id else p for p in PEOPLE)
    return case(*facts, of=booking(people), profile=profile or FILES.load(name))


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("portsmouth", ("parents-views",)),
        ("barking-dagenham", ("ongoing-risk", "recommendation", "plan-content", "author-phone")),
        ("sw-guide", ()),
        ("irs", ()),
    ],
)
def test_an_empty_report_of_an_agency_lacks_what_its_authority_asks(name: str, missing: tuple[str, ...]) -> None:
    """Only what the profile requires of such a report is missing, whatever else was not found in it."""
    found = under(name, report("r1", "school"), read("r1"))
    assert missing_parts(found, SCHOOL_ID) == missing
    assert complete(found, SCHOOL_ID) is (not missing)


def test_the_guide_asks_its_report_of_the_social_worker_alone() -> None:
    """Recommendation and plan are asked of the social worker; the reason about a parent only where one lives elsewhere."""
    facts = (report("r1", "sw", SWR), read("r1"))
    assert missing_parts(under("sw-guide", *facts), SW) == ("recommendation", "plan-content")
    assert missing_parts(under("sw-guide", *facts, resident=True), SW) == ("recommendation", "plan-content")
    assert missing_parts(under("sw-guide", *facts, resident=False), SW)[-1] == "parent-decision"


def test_what_is_not_known_is_shown_and_not_chased() -> None:
    """A part of which nobody knows is not missing, and the report is neither complete nor incomplete."""
    found = under("portsmouth", report("r1", "school"), read("r1", unknown=("parents-views",)))
    assert (missing_parts(found, SCHOOL_ID), unclear_parts(found, SCHOOL_ID)) == ((), ("parents-views",))
    assert complete(found, SCHOOL_ID) is None
    never_read = under("portsmouth", report("r1", "school"))
    assert (missing_parts(never_read, SCHOOL_ID), complete(never_read, SCHOOL_ID)) == ((), None)


def test_nothing_is_missing_in_what_is_not_there() -> None:
    """Without a filed report, or after it was taken back, there is nothing to complete."""
    for found in (under("portsmouth"), under("portsmouth", report("r1", "school"), read("r1"), unfiled("r1"))):
        assert (missing_parts(found, SCHOOL_ID), complete(found, SCHOOL_ID)) == ((), None)


def test_a_person_says_that_a_part_is_there() -> None:
    """A part that a person found is there until the report is filed anew."""
    said = f.PartAffirmed(item=ItemId("r1"), part="parents-views", because="on page 2", by="Clerk One")
    facts = [report("r1", "school"), read("r1"), said]
    assert complete(under("portsmouth", *facts), SCHOOL_ID) is True
    assert complete(under("portsmouth", *facts, unfiled("r1"), report("r1", "school"), read("r1")), SCHOOL_ID) is False


def test_the_latest_version_counts() -> None:
    """What the first version lacked and the second has is not missing, and the other way round."""
    better = [report("r1", "school"), read("r1"), report("r2", "school", received_at=at(26)), read("r2", "parents-views")]
    assert complete(under("portsmouth", *better), SCHOOL_ID) is True
    worse = [report("r1", "school"), read("r1", "parents-views"), report("r2", "school", received_at=at(26)), read("r2")]
    assert complete(under("portsmouth", *worse), SCHOOL_ID) is False


def test_two_children_are_asked_for_one_by_one() -> None:
    """Of two documents in one e-mail, one for each child, each must hold its parts; a document about both serves both."""
    tobin = report("r1", "sw", SWR, group=ItemId("m"), concerns=(TOBIN.id,))
    isla = report("r2", "sw", SWR, group=ItemId("m"), concerns=(ISLA.id,))
    one = under("portsmouth", tobin, isla, read("r1", "parents-views"), read("r2"))
    assert missing_parts(one, SW) == ("parents-views",)
    both = under("portsmouth", replace(tobin, concerns=(TOBIN.id, ISLA.id)), isla, read("r1", "parents-views"), read("r2"))
    assert missing_parts(both, SW) == ()
    phone = under("barking-dagenham", tobin, isla, read("r1", "author-phone"), read("r2"))
    assert "author-phone" not in missing_parts(phone, SW)


def test_an_older_report_is_examined_once_and_again_when_the_words_change() -> None:
    """What was filed before reports were read for their parts is due to be, and so is one read with other words."""
    portsmouth = FILES.load("portsmouth")

    def due(*facts: Timed, profile: Profile = portsmouth) -> list[str]:
        made = under("portsmouth", report("r1", "school"), *facts, profile=profile)
        return [a.subject for a in agenda(made, at(26)).due if a.verb is Verb.EXAMINE]

    assert due() == ["r1"]
    assert due(read("r1")) == []
    assert due(read("r1"), profile=replace(portsmouth, headings=(("parents-views", ("what home says",)),))) == ["r1"]
    assert due(profile=FILES.load("irs")) == due(profile=PROFILE) == []
    ended = agenda(under("portsmouth", report("r1", "school")), START.replace(hour=23)).due
    assert not [a for a in ended if a.verb is Verb.EXAMINE]


def test_a_confidential_section_is_not_examined() -> None:
    """A section for the chair alone is no report, so that nothing of it is chased or listed."""
    made = under("portsmouth", report("r1", "police", SECRET))
    assert to_examine(made) == []
    assert complete(made, PersonId("police")) is None


def test_people_see_what_is_missing() -> None:
    """`packs reports` says it, and the chair's cover whose report lacks what; no other cover does."""
    made = under("portsmouth", report("r1", "school"), read("r1"))
    row = next(r for r in reports_view(made, at(26)) if r["person"] == "school")
    assert (row["complete"], row["missing"], row["unclear"]) == (False, ["parents-views"], [])

    def notes(of: str) -> object:
        return cover_values(made, plan_for(made, of, at(26)), at(26), team="T", phone="", duty_line="")["notes"]

    assert notes("chair") == ["Gullwing Primary School: incomplete, without the parents' views."]
    assert notes("gp") == [] == notes(MOTHER.id)


@given(st.sampled_from(["portsmouth", "sw-guide", "barking-dagenham"]), st.sets(st.sampled_from(ALL)), st.sampled_from(ALL))
def test_finding_more_never_makes_more_missing(name: str, has: set[str], more: str) -> None:
    """A report that holds one part more lacks no more than before."""
    before = under(name, report("r1", "sw", SWR), read("r1", *has), resident=False)
    after = under(name, report("r1", "sw", SWR), read("r1", *has, more), resident=False)
    assert set(missing_parts(after, SW)) <= set(missing_parts(before, SW)) - {more}


def test_the_conference_type_matters_to_no_authority_here() -> None:
    """The same is asked of a report for a review."""
    made = case(
        report("r1", "school"), read("r1"), of=booking(type=ConferenceType.REVIEW), profile=FILES.load("portsmouth")
    )
    assert missing_parts(made, SCHOOL_ID) == ("parents-views",)


def test_what_the_newest_report_lacks_is_asked_for_once() -> None:
    """A letter of its own for each version that lacks something; a person's word, a better version or an affirmation ends it."""

    def told(*facts: Timed) -> list[tuple[str, int, tuple[str, ...]]]:
        letters = wanted(under("portsmouth", *facts), at(26))
        return [(one.person, one.occasion, one.parts) for one in letters if one.kind is f.LetterKind.MISSING_PARTS]

    lacking = (report("r1", "school"), read("r1"))
    assert told(*lacking) == [("school", 2, ("parents-views",))]
    assert told(report("r1", "school"), read("r1", "parents-views")) == []
    assert told(report("r1", "school"), read("r1", unknown=("parents-views",))) == []
    assert told(*lacking, report("r2", "school", received_at=at(25, 12)), read("r2", "parents-views")) == []
    there = f.PartAffirmed(item=ItemId("r1"), part="parents-views", because="page 3", by="Clerk One")
    assert told(*lacking, there) == []
    by_hand = f.LetterAsked(person=PersonId("school"), kind=f.LetterKind.MISSING_PARTS, parts=("recommendation",), by="x")
    assert told(*lacking, by_hand) == [("school", 4, ("recommendation",))]
