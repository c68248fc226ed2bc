"""A conference and its review: what is decided about a person in one is never overlooked in the other."""

from __future__ import annotations

import pytest

from pipeline.bootstrap import opened
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


@pytest.mark.parametrize(("here", "there"), [(REVIEW, REF), pytest.param(REF, REVIEW, marks=pytest.mark.slow)])
def test_an_exclusion_waits_for_an_answer_in_the_other(reviewed: Home, fork: Fork, here: str, there: str) -> None:
    """Nothing that it is from goes to the person from the other conference before somebody says whether it holds there."""
    home = fork(reviewed)
    done = home.ended("exclude", here, "father", "--from", "all", *DECIDED)
    assert done.code == 0, done.err
    assert f"{there}: nothing that it is about goes to this person" in done.err
    assert asked(home, there) == ["father"]
    assert asked(home, here) == []
    home.run()
    if there == REF:
        assert states(home, REF, "father").get("outline-plan") not in GOING
        assert states(home, REF, "mother")["outline-plan"] in GOING, "nobody else waits"
        assert REVIEW in home.refused("release", REF, "father", "--document", "outline-plan", "--by", "Bea Manager")
        assert "still asked about father" in home.refused("review", REF)
    at = "2026-11-30T11:30"
    before = ("--at", "2026-11-30T09:00", "--how", "no", "--by", "Ann Clerk")
    assert "after --at" in home.refused("done", there, "decided-elsewhere", "--person", "father", *before)
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


def test_a_person_renamed_is_still_the_same(reviewed: Home, fork: Fork) -> None:
    """Whom the review carried over is known by id: another spelling and another address do not cut the link."""
    home = fork(reviewed)
    home("person", "change", REVIEW, "father", "--name", "Dorrick Vayne", "--email", "d.vayne@freemail.example")
    at = ("--person", "father", "--at", "2026-11-30T11:30", "--how", "the old one still", "--by", "Ann Clerk")
    home("done", REF, "decided-elsewhere:address", *at)
    assert home("exclude", REVIEW, "father", "--from", "all", *DECIDED)["asked"] == [REF]
    detail = ("--detail", "Take Ottilie to school", "--kind", "other", "--from", "mother,father")
    assert home("protect", REVIEW, *detail, *BY)["also"] == [REF]
    home("person", "change", REVIEW, "father", "--role", "carer")
    said = home.refused("done", REF, "decided-elsewhere", *at)
    assert "decided-elsewhere:excluded" in said and "decided-elsewhere:role" in said


def test_a_review_convened_again_asks_what_the_cancelled_one_decided(reviewed: Home, fork: Fork) -> None:
    """An exclusion, an address and a detail of a review that was cancelled are not lost with it."""
    home = fork(reviewed)
    home("exclude", REVIEW, "father", "--from", "all", *DECIDED)
    home("person", "change", REVIEW, "mother", "--email", "maren.new@freemail.example")
    for person in ("father", "mother"):
        held = ("--at", "2026-11-30T11:30", "--how", "it was held with them", "--by", "Ann Clerk")
        home("done", REF, "decided-elsewhere", "--person", person, *held)
    home("cancel", REVIEW, "--because", "wrong date")
    again = home("review", REF, "--reference", "PM-2702-101")
    assert [line.partition(":")[0] for line in again["to_look_at"][:2]] == ["father", "mother"]
    assert sorted(asked(home, "PM-2702-101")) == ["father", "mother"]


def test_a_person_who_comes_later_is_asked_about(reviewed: Home, fork: Fork) -> None:
    """Somebody added to one conference brings what the other decided about them, under whatever id they come."""
    home = fork(reviewed)
    gran = ("--name", "Olwen Fernsby", "--role", "family-member", "--email", "olwen@freemail.example", "--children", "c1")
    home("person", "add", REVIEW, "gran", *gran)
    home("exclude", REVIEW, "gran", "--from", "all", *DECIDED)
    home("protect", REVIEW, "--detail", "14 Gannet Row", "--kind", "address", "--from", "gran", *BY)
    assert home("person", "add", REF, "grandmother", *gran)["asked"] == [REF]
    assert asked(home, REF) == ["grandmother"]
    with opened(str(home.path)) as house:
        kept = house.desk.casebook.conference(REF).protected
    assert [one.from_ for one in kept] == [("grandmother",)]


def test_one_mailbox_of_two_parents_is_suspended_for_both(reviewed: Home, fork: Fork) -> None:
    """Whoever else is written to at that mailbox, in the very conference too; an agency under any name of it."""
    home = fork(reviewed)
    home("person", "change", REF, "father", "--email", ADDRESSES["mother"].upper())
    assert home("address", "suspend", REF, "mother", *BY)["also"] == [REF, REVIEW]
    assert {row["person"]: row["state"] for row in home("address", "list", REF)}["father"] == "suspended"
    home("person", "change", REVIEW, "social-worker", "--agency", "Port Mere Children")
    home.confirm(REVIEW, "social-worker")
    home("address", "suspend", REVIEW, "social-worker", *BY)
    assert {row["person"]: row["state"] for row in home("address", "list", REF)}["social-worker"] == "suspended"
