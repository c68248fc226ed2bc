"""The index of the agenda: what is due, what a new fact marks, and that no mark is lost in a race."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import StaleHeadError
from tests.adapters.ledger_parts import AT, Home, Noted, home, open_home, postgres_databases, url

__all__ = ["home", "postgres_databases", "url"]

HOUR = timedelta(hours=1)


def settled(home: Home, case: str, *, uses: Iterable[str] = (), **changes: object) -> bool:
    """Settles the case as a look at the present state would."""
    seen = home.ledger.heads([case, *uses])
    wanted: dict[str, object] = {"look_again_at": None, "open": True, "version": "1"} | changes
    return home.cases.settle(case, seen=seen, uses=list(uses), **wanted)  # type: ignore[arg-type]


def test_new_conferences_and_items_are_due_at_once(home: Home) -> None:
    """Their first fact makes them a case; contacts, the house and views are none."""
    for stream in ("conference:a", "item:b", "contact:c", "house:main", "access:a"):
        home.note(stream, "x")
    assert home.cases.due(AT) == ["conference:a", "item:b"]
    assert home.cases.open_cases() == ["conference:a", "item:b"]


def test_a_settled_case_is_due_at_its_instant(home: Home) -> None:
    """Before `look_again_at` it is not due, at it and after it is; without an instant never."""
    home.note("conference:a", "x")
    home.note("conference:b", "x")
    assert settled(home, "conference:a", look_again_at=AT + HOUR)
    assert settled(home, "conference:b")
    assert home.cases.due(AT + HOUR - timedelta(microseconds=1)) == []
    assert home.cases.due(AT + HOUR) == home.cases.due(AT + 24 * HOUR) == ["conference:a"]
    assert home.cases.next_look() == AT + HOUR


def test_the_most_overdue_comes_first(home: Home) -> None:
    """Marked cases come first, then by instant."""
    for stream, hours in (("conference:a", 3), ("conference:b", 1), ("conference:c", 2), ("conference:d", 1)):
        home.note(stream, "x")
        settled(home, stream, look_again_at=AT + hours * HOUR)
    home.note("conference:d", "y")
    assert home.cases.due(AT + 5 * HOUR) == ["conference:d", "conference:b", "conference:c", "conference:a"]
    assert home.cases.next_look() == AT + HOUR


def test_another_version_of_the_rules_means_look_now(home: Home) -> None:
    """A case settled under another profile, calendar or agenda is due when asked with today's version."""
    home.note("conference:a", "x")
    settled(home, "conference:a", version="1")
    assert home.cases.due(AT) == home.cases.due(AT, "1") == []
    assert home.cases.due(AT, "2") == ["conference:a"]


@pytest.mark.parametrize("written", ["conference:a", "contact:c", "item:i", "house:main", "house:other"])
def test_a_fact_in_a_used_stream_marks_the_case(home: Home, written: str) -> None:
    """Its own stream, a contact or item it uses, and the house in any case."""
    for stream in ("conference:a", "contact:c", "item:i", "house:main"):
        home.note(stream, "x")
    settled(home, "item:i", open=False)
    settled(home, "conference:a", uses=["contact:c", "item:i"], look_again_at=AT + HOUR)
    assert home.cases.due(AT) == []
    home.note(written, "y")
    assert "conference:a" in home.cases.due(AT)


def test_a_fact_elsewhere_marks_nobody(home: Home) -> None:
    """A contact that the case does not use, or no longer uses, and a view of it, leave it alone."""
    for stream in ("conference:a", "contact:c", "contact:d"):
        home.note(stream, "x")
    settled(home, "conference:a", uses=["contact:c"])
    settled(home, "conference:a", uses=["contact:d"])
    home.note("contact:c", "y")
    home.note("access:a", "y")
    assert home.cases.due(AT) == []
    home.note("contact:d", "y")
    assert home.cases.due(AT) == ["conference:a"]


def test_a_closed_case_is_opened_by_its_own_facts_only(home: Home) -> None:
    """The house and contacts leave it closed; a fact of its own, such as an un-filing, opens it again."""
    for stream in ("conference:a", "contact:c", "house:main"):
        home.note(stream, "x")
    settled(home, "conference:a", uses=["contact:c"], look_again_at=AT, open=False)
    home.note("contact:c", "y")
    home.note("house:main", "y")
    assert home.cases.due(AT + HOUR) == home.cases.open_cases() == []
    assert home.cases.next_look() is None
    home.note("conference:a", "y")
    assert home.cases.due(AT) == home.cases.open_cases() == ["conference:a"]


@pytest.mark.parametrize("moved", ["conference:a", "contact:c", "contact:new"])
def test_a_case_whose_streams_moved_during_the_look_stays_due(home: Home, moved: str) -> None:
    """A look at old facts, also at a stream that had none yet, does not clear the mark of a newer one."""
    home.note("conference:a", "x")
    home.note("contact:c", "x")
    uses = ["contact:c", "contact:new"]
    seen = home.ledger.heads(["conference:a", *uses])
    home.note(moved, "y")
    clean = home.cases.settle("conference:a", seen=seen, uses=uses, look_again_at=None, open=False, version="1")
    assert not clean
    assert home.cases.due(AT) == ["conference:a"]
    assert settled(home, "conference:a", uses=uses)
    assert home.cases.due(AT) == []


def test_what_a_case_uses_must_have_been_seen(home: Home) -> None:
    """A stream whose head nobody noted could move unnoticed, so it is refused."""
    with pytest.raises(ValueError, match="derived from"):
        home.cases.settle("conference:a", seen={}, uses=["contact:c"], look_again_at=None, open=True, version="1")


def test_an_append_that_fails_marks_nobody(home: Home) -> None:
    """Marks are part of the transaction that writes the facts."""
    for stream in ("conference:a", "contact:c"):
        home.note(stream, "x")
    settled(home, "conference:a", uses=["contact:c"])
    with pytest.raises(StaleHeadError):
        home.ledger.append({"contact:c": [Noted(text="y")]}, expected={"contact:c": 0}, at=AT, actor="t")
    assert home.cases.due(AT) == []


def test_no_mark_is_lost_when_look_and_fact_race(home: Home) -> None:
    """Facts are written to a contact, new ones among them, while the case is settled repeatedly: the last is seen."""
    home.note("conference:a", "x")
    rounds = 40
    done = threading.Event()

    def write() -> None:
        mine = home.again()
        for number in range(rounds):
            mine.note(f"contact:{number % 8}", f"{number}")
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    looker = home.again()
    contacts = [f"contact:{number}" for number in range(8)]
    derived_from: dict[str, int] = {}
    while True:
        over = done.is_set()
        if looker.cases.due(AT):
            derived_from = dict(looker.ledger.heads(["conference:a", *contacts]))
            looker.cases.settle(
                "conference:a", seen=derived_from, uses=contacts, look_again_at=None, open=True, version="1"
            )
        elif over:
            break
    writer.join(30)
    assert derived_from == home.ledger.heads(["conference:a", *contacts])
    assert sum(derived_from[contact] for contact in contacts) == rounds


def test_a_look_waits_for_a_fact_that_is_being_written(postgres_databases: Callable[[], str], tmp_path: Path) -> None:
    """On PostgreSQL a case is not settled past an append that has locked a used head and not yet committed."""
    made = open_home(postgres_databases(), tmp_path)
    made.note("conference:a", "x")
    made.note("contact:c", "x")
    with ThreadPoolExecutor(1) as pool:
        with made.database.writing() as tx:
            tx.run("UPDATE heads SET seq = 2 WHERE stream = 'contact:c'")
            look = pool.submit(settled, made.again(), "conference:a", uses=["contact:c"])
            time.sleep(0.3)
            assert not look.done()
        assert look.result(20) is False
    assert made.cases.due(AT) == ["conference:a"]
    made.close()


def test_the_index_is_made_again_from_facts(home: Home) -> None:
    """Rebuilding drops what has no facts, brings back what was lost, and makes all of it due."""
    for stream in ("conference:a", "item:b", "contact:c"):
        home.note(stream, "x")
    settled(home, "conference:a", uses=["contact:c"], open=False)
    home.tamper(
        "DELETE FROM cases WHERE stream = 'item:b'",
        "INSERT INTO cases (stream) VALUES ('item:ghost')",
        "INSERT INTO case_uses (case_stream, stream) VALUES ('item:ghost', 'contact:c')",
    )
    assert home.cases.rebuild() == 2
    assert home.cases.due(AT) == ["conference:a", "item:b"]
    home.note("contact:c", "y")
    assert home.cases.open_cases() == ["conference:a", "item:b"]
