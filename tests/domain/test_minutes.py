"""The skeleton of the minutes: what it is filled with, what is left to a person, when it is forbidden, how it is known again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.acting import Act, Condition, Place, Verb
from pipeline.domain.case import Case
from pipeline.domain.minutes import TO_WRITE, bears_mark, forbidden, is_built_as_minutes, mark_of, skeleton
from pipeline.domain.outcome import Attendance, Decision, Opinion, Presence, View
from pipeline.domain.profile import Statement
from tests.domain.making import (
    ISLA,
    PROFILE,
    SCHOOL,
    SECRET,
    TOBIN,
    at,
    case,
    child_outcome,
    outcome,
    report,
)

VIEWS = tuple(
    View(person=SCHOOL.id, child=child.id, opinion=Opinion.PROTECTION_PLAN, rationale="Many days missed.", dissents=child is ISLA)
    for child in (TOBIN, ISLA)
)


def ended(*facts: object, **more: object) -> Case:
    """A conference whose outcome is recorded."""
    given_: dict[str, object] = {"attendance": (Attendance(person=SCHOOL.id, presence=Presence.ATTENDED),), "views": VIEWS, **more}
    return case(*facts, outcome(child_outcome(TOBIN.id), child_outcome(ISLA.id), **given_))  # type: ignore[arg-type]


def words(of: Case) -> str:
    """All that the skeleton says."""
    return "\n".join(line for part in skeleton(of) for line in (part.heading, *part.paragraphs))


def test_what_is_recorded_stands_in_it_and_what_is_not_is_marked() -> None:
    """Children, who came, views with reasons and dissent are filled in; what only a person can say is marked."""
    text = words(ended())
    for said in (TOBIN.name, ISLA.name, f"Attended: {SCHOOL.name}", "Many days missed.", f"dissents, for {ISLA.name}", TO_WRITE):
        assert said in text


@pytest.mark.parametrize("virtual", [True, False])
def test_the_standard_statement_stands_where_it_is_so(virtual: bool) -> None:
    """Minutes of a virtual conference without a minute taker say both, and others say neither (NCC-14)."""
    text = words(ended(virtual=virtual, minute_taker=not virtual))
    assert ("by phone or video, not face to face" in text) is virtual
    assert ("No minute taker took part" in text) is virtual


def test_a_confidential_section_leaves_no_trace() -> None:
    """A section for the chair alone changes no word of the skeleton."""
    assert words(ended(report("i1", "school", SECRET))) == words(ended())


def test_without_a_plan_no_date_and_no_action_stands_in_it() -> None:
    """Where no child has a plan the parts say so, whatever the outcome carries (A00.10)."""
    none = case(
        outcome(child_outcome(TOBIN.id, Decision.NO_PLAN), child_outcome(ISLA.id, Decision.NO_PLAN), review_at=at(30, 12))
    )
    text = words(none)
    assert "There is no child protection plan." in text and "Review conference:" not in text


def test_a_rule_of_the_profile_forbids_minutes_without_views() -> None:
    """The profile's BLOCK at the minutes holds while a view of an agency that took part is blank, and not after (POR-12)."""
    act = Act(
        do=Verb.BLOCK, where=Place.MINUTES, when=(Condition(fact="views-complete", value=False),), says="A view is blank."
    )
    rule = Statement(
        id="R-1", what="views", source="invented.txt", source_line=1, quote="views", acts=(act,)
    )
    profile = replace(PROFILE, statements=(*PROFILE.statements, rule))
    assert [one.rule for one in forbidden(replace(ended(views=VIEWS[:1]), profile=profile))] == ["R-1"]
    assert forbidden(replace(ended(), profile=profile)) == ()


@given(before=st.text(max_size=30), after=st.text(max_size=30), wrapped=st.booleans())
def test_a_file_with_the_mark_is_known_again(before: str, after: str, wrapped: bool) -> None:
    """The mark is found on any page, also where a line breaks in it; ordinary talk of minutes is not it."""
    mark = mark_of("PM-2611-017")
    page = f"{before}\n{mark.replace(' ', chr(10)) if wrapped else mark}\n{after}"
    assert bears_mark(("first page", page))
    assert not bears_mark(("The minutes of the last conference, drafted in May, were read.",))


def test_the_authoritys_own_statement_stands_in_place_of_ours() -> None:
    """Where the profile has words for it the minutes bear those, and only where all that they ask for is known (NCC-14)."""
    act = Act(
        do=Verb.GEN, where=Place.MINUTES, when=(Condition(fact="minute-taker", value=False),), says="The chair took these minutes."
    )
    own = Statement(id="R-2", what="minutes", source="invented.txt", source_line=1, quote="minutes", acts=(act,))
    profile = replace(PROFILE, statements=(own,))
    with_words = words(replace(ended(virtual=True, minute_taker=False), profile=profile))
    assert "The chair took these minutes." in with_words and "No minute taker took part" not in with_words
    assert "The chair took these minutes." not in words(replace(ended(virtual=True), profile=profile))


def test_the_reason_is_the_social_workers_where_it_was_found() -> None:
    """Found in the report it stands there as such, else the place is marked."""
    found = "\n".join(line for part in skeleton(ended(), "He missed school.") for line in part.paragraphs)
    assert "From the social worker's report: He missed school." in found
    assert f"{TO_WRITE} From the social worker's report." in words(ended())


def test_a_report_that_names_the_minutes_is_not_built_as_they_are() -> None:
    """The draft is known by its own headings, without its mark too; a late report that lists it among its papers is not it."""
    drafted = "\n".join(part.heading for part in skeleton(ended()))
    assert is_built_as_minutes([drafted])
    report_ = ("Eastmarsh Care Team", "Documents read:", "Minutes of PM-2611-017", "Parents' views", "Dissent", "Our worries")
    assert not is_built_as_minutes(["\n".join(report_)])
