"""Backup calls: everybody is rung once, no call is larger than the authority allows (NCC-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from making import CHAIR, MOTHER, START, booking, case, person

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.calls import backup_calls, said_of_calls
from pipeline.domain.people import Role, Session

NORTH = ProfileFiles().load("northamptonshire")


def called(count: int) -> list[int]:
    """The sizes of the calls for so many professionals."""
    people = [CHAIR, *(person(f"p{n}", Role.GP) for n in range(count)), MOTHER]
    return [len(call.people) for call in backup_calls(case(of=booking(people), profile=NORTH))]


def test_five_professionals_are_rung_in_two_calls() -> None:
    """F6: four and one; with four there is one call, and nothing is said."""
    assert called(5) == [4, 1]
    assert called(4) == [4]
    five = case(of=booking([CHAIR, *(person(f"p{n}", Role.GP) for n in range(5))]), profile=NORTH)
    assert [line[:6] for line in said_of_calls(five)] == ["NCC-10"]
    assert said_of_calls(case(of=booking([CHAIR, person("p1", Role.GP)]), profile=NORTH)) == ()


@given(st.integers(0, 30))
def test_nobody_is_left_out_and_no_call_is_too_large(count: int) -> None:
    """Whoever is a professional is on exactly one call of at most four."""
    sizes = called(count)
    assert sum(sizes) == count
    assert all(0 < size <= 4 for size in sizes)


def test_each_session_has_calls_of_its_own() -> None:
    """Nobody is on a call with those they are kept apart from; who sits in both is rung for each, who sits in none for none."""
    people = [CHAIR, *(person(f"p{n}", Role.GP) for n in range(6)), MOTHER]
    ids = [one.id for one in people]
    later = START + timedelta(hours=2)
    parts = (
        Session(name="one", start_at=START, people=tuple(ids[:3])),
        Session(name="two", start_at=later, people=tuple(ids[2:6])),
    )
    found = case(of=booking(people, split=parts), profile=NORTH)
    assert [(call.start_at, [one.id for one in call.people]) for call in backup_calls(found)] == [
        (START, ["p0", "p1"]), (later, ["p1", "p2", "p3", "p4"])
    ]  # fmt: skip
    assert said_of_calls(found) == ()


def test_an_authority_without_a_limit_has_one_call() -> None:
    """Where the source says nothing, all are on one call."""
    found = case(of=booking([CHAIR, *(person(f"p{n}", Role.GP) for n in range(6))]), profile=replace(NORTH, statements=()))
    assert [len(call.people) for call in backup_calls(found)] == [6]
