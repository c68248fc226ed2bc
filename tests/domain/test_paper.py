"""Paper copies: what may be printed for whom, and where each print is (SWG-6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from making import FATHER, ISLA, MOTHER, PROFILE, START, SWR, Timed, at, audience, case, exclusion, report
from test_entitlement import histories, people_ids

from pipeline.domain import facts as f
from pipeline.domain.entitlement import entitlement
from pipeline.domain.pack import CopyPlan, target
from pipeline.domain.paper import NotForPaper, paper_plan, papers_view
from pipeline.domain.people import ConferenceType, ItemId, PersonId
from pipeline.domain.profile import AudienceRule

REPORT = report("r1", "sw", SWR)
MADE = f.PaperCopyMade(
    number=1, person=PersonId("mother"), document=f.Document.PACK, items=(ItemId("r1"),), sha256="ab", pages=4, by="Ann Clerk"
)
HANDED = f.PaperCopyHanded(number=1, person=PersonId("mother"), at=at(26, 10), how="at home", by="Devran Oakhollow")


def printed(*facts: Timed, person: str = "mother", also_by: str | None = None, releases_needed: int = 1) -> CopyPlan | NotForPaper:
    made = case(*facts, releases_needed=releases_needed)
    return paper_plan(made, made.conference.people[PersonId(person)], "Ann Clerk", also_by, at(26))


def test_a_print_needs_no_address_and_has_the_next_number() -> None:
    """Paper is for those without a safe address; each print has a number of its own in the conference."""
    plan = printed(REPORT)
    assert isinstance(plan, CopyPlan)
    assert (plan.issue, plan.items) == (1, ("r1",))
    again = printed(REPORT, MADE)
    assert isinstance(again, CopyPlan)
    assert again.issue == 2


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [REPORT, f.ConferenceCancelled(because="x")],
        [REPORT, f.SendingStopped(because="x")],
        [REPORT, f.ExclusionMade(exclusion=exclusion("mother"))],
    ],
)
def test_nothing_is_printed_that_would_not_be_sent(facts: list[f.Fact]) -> None:
    """No paper for a cancelled or stopped conference, for the excluded, or where nothing is in that they may have."""
    assert isinstance(printed(*facts), NotForPaper)


def test_nothing_is_printed_after_the_end() -> None:
    """What ended hands nothing out any more."""
    made = case(REPORT)
    assert isinstance(paper_plan(made, MOTHER, "Ann Clerk", None, START + timedelta(hours=3)), NotForPaper)


def test_two_names_print_where_two_release() -> None:
    """Where two people release a family copy, two different names stand on the print."""
    assert isinstance(printed(REPORT, releases_needed=2), NotForPaper)
    assert isinstance(printed(REPORT, releases_needed=2, also_by="clerk, ann"), NotForPaper)
    assert isinstance(printed(REPORT, releases_needed=2, also_by="Bea Manager"), CopyPlan)


PRINTED = AudienceRule(
    id="AUD-PAPER", document="paper", reader="family", conference_types=frozenset(ConferenceType), contents=frozenset({SWR.value})
)
NO_MAIL = replace(PROFILE, audience=(*(one for one in PROFILE.audience if one.reader != "family"), audience("family"), PRINTED))
"""An authority whose social worker hands the family the report on paper, and that e-mails them none (SWG-6)."""


def test_what_is_given_on_paper_alone_is_printed_and_never_sent() -> None:
    """The social worker's report and no other; its reader has no pack by e-mail; kept from them, it is not printed either."""
    made = case(REPORT, report("r2", "school"), profile=NO_MAIL)
    plan = paper_plan(made, made.conference.people[PersonId("mother")], "Ann Clerk", None, at(26))
    assert isinstance(plan, CopyPlan)
    assert plan.items == ("r1",)
    assert not entitlement(made, PersonId("mother"), f.Document.PACK).document
    assert target(made, MOTHER, at(26)) is None
    printed_ = case(REPORT, MADE, profile=NO_MAIL)
    assert [row["still_right"] for row in papers_view(printed_)] == [True]
    kept = case(REPORT, MADE, f.ExclusionMade(exclusion=exclusion("mother")), profile=NO_MAIL)
    assert isinstance(paper_plan(kept, MOTHER, "Ann Clerk", None, at(26)), NotForPaper)
    assert [row["still_right"] for row in papers_view(kept)] == [False]
    other_child = case(report("r1", "sw", SWR, concerns=(ISLA.id,)), profile=NO_MAIL)
    assert isinstance(paper_plan(other_child, FATHER, "Ann Clerk", None, at(26)), NotForPaper)


@given(histories(), people_ids)
def test_a_print_holds_only_what_its_reader_may_have(facts: list[f.Fact], who: str) -> None:
    """Whatever happened, no page is planned for paper that need-to-know would not give."""
    plan = printed(*facts, person=who)
    if isinstance(plan, CopyPlan):
        assert set(plan.items) <= set(entitlement(case(*facts), PersonId(who), f.Document.PACK).allowed)


def test_the_list_says_where_each_print_is_and_whether_it_is_still_right() -> None:
    """Made, then handed; after an exclusion it is no longer right to hand it over."""
    (row,) = papers_view(case(REPORT, MADE))
    assert (row["state"], row["still_right"], row["handed_at"]) == ("made", True, None)
    (row,) = papers_view(case(REPORT, MADE, HANDED, f.ExclusionMade(exclusion=exclusion("mother"))))
    assert (row["state"], row["still_right"], row["how"]) == ("handed", False, "at home")
