"""A conference and its review: what is decided about a person in one is never overlooked in the other."""

from __future__ import annotations

import pytest

from tests.acceptance.bookings import ADDRESSES, REF, small
from tests.acceptance.conftest import Fork
from tests.acceptance.home import Home
from tests.acceptance.test_papers import ENDS, MADE, record

REVIEW = "PM-2702-100"
DECIDED = ("--because", "a threat", "--decided-by", "Rosalind Tarrow")
GOING = {"composed", "released", "sending", "accepted"}
LEFT_OUT = ("--not-include", "--include-because", "the chair said so")
BY = ("--because", "a word of hers", "--by", "Ann Clerk")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A conference with its outcome recorded, notices waiting, and its review convened. Not to be changed: fork it."""
    home = Home.make(tmp_path_factory.mktemp("linked") / "home", profile="northamptonshire")
    home.clock("2026-11-30T09:00")
    home.convene(small(profile="northamptonshire"))
    home.confirm(REF, "chair", "social-worker", "mother", "father")
    home.clock(ENDS)
    record(home, MADE)
    home("review", REF, "--reference", REVIEW)
    home.confirm(REVIEW, "mother", "father")
    return home


def states(home: Home, reference: str, person: str) -> dict[str, str]:
    return {row["document"]: row["state"] for row in home.documents(reference) if row["person"] == person}


def asked(home: Home, reference: str) -> list[str]:
    return [row["person"] for row in home("agenda", reference)["duties"] if row["duty"] == "decided-elsewhere"]


def test_a_family_mailbox_is_suspended_wherever_it_is_used(reviewed: Home, fork: Fork) -> None:
    """In the review, in the conference before, and in one of another family; confirmed again it is for one of them."""
    home = fork(reviewed)
    other = {"mother": ADDRESSES["mother"].title()}
    home.convene(small("PM-2612-300", start="2026-12-14T09:30", child="Wilhelmina Drake-Foss", addresses=other))
    home.confirm("PM-2612-300", "mother")
    made = home("address", "suspend", REVIEW, "mother", *BY)
    assert sorted(made["also"]) == [REF, "PM-2612-300"]

    def state(reference: str) -> str:
        return str({row["person"]: row["state"] for row in home("address", "list", reference)}["mother"])

    assert [state(one) for one in (REF, REVIEW, "PM-2612-300")] == ["suspended"] * 3
    home.confirm(REVIEW, "mother")
    assert [state(one) for one in (REF, REVIEW, "PM-2612-300")] == ["suspended", "confirmed", "suspended"]
    home.sound()


def test_a_detail_is_protected_in_both(reviewed: Home, fork: Fork) -> None:
    """It only keeps something back, so it holds at once; once it is known there it is not said twice."""
    home = fork(reviewed)
    detail = ("--detail", "14 Gannet Row, Port Mere, ZZ4 7QD", "--kind", "address", "--from", "father")
    done = home.ended("protect", REVIEW, *detail, *BY, "--json")
    assert done.code == 0, done.err
    assert f"{REF}: the same was recorded there" in done.err
    assert home("protect", REF, *detail, *BY)["also"] == []
    assert "14 Gannet Row" not in done.out + done.err


@pytest.mark.parametrize(("here", "there"), [(REVIEW, REF), (REF, REVIEW)])
def test_an_exclusion_waits_for_an_answer_in_the_other(reviewed: Home, fork: Fork, here: str, there: str) -> None:
    """Nothing that it is from goes to the person from the other conference before somebody says whether it holds there."""
    home = fork(reviewed)
    done = home.ended("exclude", here, "father", "--from", "all", *DECIDED)
    assert done.code == 0, done.err
    assert f"{there}: nothing goes to this person from there" in done.err
    assert asked(home, there) == ["father"]
    assert asked(home, here) == []
    home.run()
    if there == REF:
        assert states(home, REF, "father").get("outline-plan") not in GOING
        assert states(home, REF, "mother")["outline-plan"] in GOING, "nobody else waits"
        assert "still asked about father" in home.refused("review", REF)
    at = "2026-11-30T11:30"
    home.refused("done", there, "decided-elsewhere", "--at", at, "--how", "no", "--by", "Ann Clerk")
    home.refused("done", there, "decided-elsewhere", "--person", "mother", "--at", at, "--how", "no", "--by", "Ann Clerk")
    home("done", there, "decided-elsewhere", "--person", "father", "--at", at, "--how", "it does not hold", "--by", "Ann Clerk")
    assert asked(home, there) == []
    home.run()
    if there == REF:
        assert states(home, REF, "father")["outline-plan"] in GOING
    home.sound()


def test_a_changed_address_or_decision_is_asked_about_in_the_other(reviewed: Home, fork: Fork) -> None:
    """An old address in the conference before is no longer written to until it is the new one too; a phone asks nothing."""
    home = fork(reviewed)
    assert home("person", "change", REVIEW, "mother", "--phone", "01632 960123")["asked"] == []
    assert home("person", "change", REVIEW, "mother", "--email", "maren.new@freemail.example")["asked"] == [REF]
    assert home("person", "change", REVIEW, "father", *LEFT_OUT)["asked"] == [REF]
    assert sorted(asked(home, REF)) == ["father", "mother"]
    assert home("person", "change", REF, "mother", "--email", "maren.new@freemail.example")["asked"] == []
    assert asked(home, REF) == ["father"]
    home("person", "change", REF, "father", *LEFT_OUT)
    assert asked(home, REF) == []


def test_somebody_else_of_the_same_id_is_not_asked_about(reviewed: Home, fork: Fork) -> None:
    """An id alone makes nobody the same person: name or address has to say so too."""
    home = fork(reviewed)
    home("person", "change", REF, "father", "--name", "Pell Ashgrove", "--email", "pell@freemail.example")
    assert home("exclude", REVIEW, "father", "--from", "minutes", *DECIDED)["asked"] == []
