"""Facts to and from JSON: everything the domain writes comes back equal, for ever, and nothing half-fits."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import ClassVar, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.sql.codec import Codec
from pipeline.domain import facts
from pipeline.domain.facts import Fact
from pipeline.domain.people import Booking, ConferenceRef, ConferenceType, Previous
from pipeline.errors import LedgerBrokenError

Id = NewType("Id", str)
PRIVATE = "Wrenna Oakapple"
BOOKING = Booking(
    profile="portsmouth",
    type=ConferenceType.REVIEW,
    start_at=datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
    children=(),
    people=(),
)


class Colour(StrEnum):
    """An enumeration."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value inside a fact."""

    id: Id
    on: date
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPart:
    """Another value with the same fields."""

    id: Id
    on: date
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(Fact):
    """A fact with a field of every type that facts have."""

    text: str
    at: datetime
    on: date
    flag: bool
    ratio: float
    colour: Colour
    parts: tuple[Part, ...] = ()
    colours: frozenset[Colour] = frozenset()
    ids: frozenset[Id] = frozenset()
    maybe: Part | None = None
    until: datetime | None = None
    pair: tuple[str, int] = ("", 0)
    either: Part | OtherPart | None = None


PARTS = st.builds(Part, id=st.text().map(Id), on=st.dates(), size=st.none() | st.integers())
OTHERS = st.builds(OtherPart, id=st.text().map(Id), on=st.dates())
INSTANTS = st.datetimes(timezones=st.just(UTC))
FACTS = st.builds(
    Everything,
    text=st.text(),
    at=INSTANTS,
    on=st.dates(),
    flag=st.booleans(),
    ratio=st.floats(allow_nan=False, allow_infinity=False),
    colour=st.sampled_from(Colour),
    parts=st.lists(PARTS, max_size=3).map(tuple),
    colours=st.frozensets(st.sampled_from(Colour)),
    ids=st.frozensets(st.text().map(Id), max_size=3),
    maybe=st.none() | PARTS,
    until=st.none() | INSTANTS,
    pair=st.tuples(st.text(), st.integers()),
    either=st.none() | PARTS | OTHERS,
)
CODEC = Codec([Everything])
PLAIN = Everything(
    text=PRIVATE, at=datetime(2026, 1, 1, tzinfo=UTC), on=date(2026, 1, 1), flag=True, ratio=1.0, colour=Colour.RED
)


@given(FACTS)
def test_every_fact_comes_back_equal(fact: Everything) -> None:
    """All types of fields survive, and the same fact gives the same bytes."""
    coded = CODEC.encode(fact)
    back = CODEC.decode(coded.kind, coded.version, coded.body)
    assert back == fact
    assert type(back) is Everything
    assert type(back.either) is type(fact.either)
    assert CODEC.encode(back) == coded
    assert (coded.kind, coded.version) == ("Everything", 1)


def test_an_instant_is_written_in_utc() -> None:
    """Another zone is turned into UTC; the instant is the same."""
    local = datetime(2026, 7, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    assert json.loads(CODEC.encode(_with(at=local)).body)["at"] == "2026-07-01T09:00:00+00:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": datetime(2026, 1, 1)},
        {"until": datetime(2026, 1, 1)},
        {"on": datetime(2026, 1, 1, tzinfo=UTC)},
        {"text": 7},
        {"text": b"bytes"},
        {"text": None},
        {"flag": 1},
        {"parts": [Part(id=Id("x"), on=date(2026, 1, 1))]},
        {"colour": "green"},
        {"maybe": OtherPart(id=Id("x"), on=date(2026, 1, 1))},
        {"ratio": float("nan")},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_would_not_come_back_is_never_written(wrong: dict[str, object]) -> None:
    """A field of the wrong type is refused before it is sealed for ever, and the refusal does not quote it."""
    with pytest.raises(ValueError, match="Everything") as refused:
        CODEC.encode(_with(**wrong))
    assert PRIVATE not in str(refused.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Fact):
    """A fact that is in its third version."""

    VERSION: ClassVar[int] = 3
    to: str
    because: str


UPCASTERS = {
    ("Moved", 1): lambda body: {"to": body["where"]},
    ("Moved", 2): lambda body: body | {"because": "not recorded"},
}


def test_a_conference_before_is_read_as_it_was_always_written() -> None:
    """A booking's previous conference, once always with type and day, comes back; so does one of which less is known."""
    for previous in (
        Previous(type=ConferenceType.INITIAL, held_on=date(2026, 10, 6), plan_since=date(2026, 10, 6)),
        Previous(held_on=date(2026, 10, 6)),
    ):
        fact = facts.ConferenceConvened(reference=ConferenceRef("R-1"), booking=replace(BOOKING, previous=previous))
        written = Codec().encode(fact)
        assert Codec().decode(written.kind, written.version, written.body) == fact
    old = b'"previous":{"held_on":"2026-10-06","plan_since":null,"type":"initial"}'
    body = written.body.replace(b'"previous":{"held_on":"2026-10-06","plan_since":null,"type":null}', old)
    assert old in body
    back = Codec().decode(written.kind, 1, body)
    assert isinstance(back, facts.ConferenceConvened)
    assert back.booking.previous == Previous(type=ConferenceType.INITIAL, held_on=date(2026, 10, 6))


def test_old_versions_are_read_for_ever() -> None:
    """Each upcaster takes a body one version on; a renamed kind is found under its new name."""
    codec = Codec([Moved], upcasters=UPCASTERS, renamed={"Shifted": "Moved"})
    wanted = Moved(to="room 2", because="not recorded")
    assert codec.decode("Moved", 1, b'{"where":"room 2"}') == wanted
    assert codec.decode("Moved", 2, b'{"to":"room 2"}') == wanted
    assert codec.decode("Shifted", 1, b'{"where":"room 2"}') == wanted
    assert codec.encode(wanted).version == 3


@pytest.mark.parametrize(
    ("kind", "version", "body"),
    [
        ("Everything", 2, b"{}"),
        ("Unheard", 1, b"{}"),
        ("Everything", 1, b"{}"),
        ("Everything", 1, b"not json"),
        ("Moved", 1, b'{"where":"x","Wrenna Oakapple":1}'),
        ("Moved", 3, b'{"to":"x","because":"y","Wrenna Oakapple":1}'),
    ],
)
def test_what_cannot_be_read_is_said_without_quoting_it(kind: str, version: int, body: bytes) -> None:
    """A newer kind or version, a body that does not fit, or fields that nobody knows are errors, never guesses."""
    codec = Codec([Everything, Moved])
    with pytest.raises(LedgerBrokenError) as refused:
        codec.decode(kind, version, body)
    assert PRIVATE not in str(refused.value)


def test_a_kind_that_was_not_registered_is_not_written() -> None:
    """What could not be read back by name is refused."""
    with pytest.raises(ValueError, match="Moved"):
        Codec([Everything]).encode(Moved(to="x", because="y"))


def test_two_kinds_of_one_name_are_refused() -> None:
    """A kind's name is its identity for ever."""
    other = type("Moved", (Fact,), {})
    with pytest.raises(ValueError, match="Moved"):
        Codec([Moved, other])


def test_every_fact_of_the_domain_is_known() -> None:
    """All facts of the domain, and only those, are found by class name; their hooks can be built."""
    codec = Codec()
    wanted = {
        name for name, one in vars(facts).items() if isinstance(one, type) and issubclass(one, Fact) and one is not Fact
    }
    assert wanted
    for kind in wanted:
        with pytest.raises(LedgerBrokenError, match=f"{kind}, version 1, cannot be read"):
            codec.decode(kind, 1, b'{"no such field":1}')
    with pytest.raises(LedgerBrokenError, match="newer"):
        codec.decode("Everything", 1, b"{}")


def _with(**changes: object) -> Everything:
    fields = {name: getattr(PLAIN, name) for name in Everything.__dataclass_fields__}
    return Everything(**(fields | changes))
