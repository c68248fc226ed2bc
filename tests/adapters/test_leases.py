"""Leases, heartbeats, marks and the rehearsal clock, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pipeline.adapters.sql.leases import SqlLeases
from pipeline.adapters.sql.marks import VAULT_MARK, SqlClockRow, SqlMarks
from tests.adapters.ledger_parts import AT, Home, home, postgres_databases, url

__all__ = ["home", "postgres_databases", "url"]

SECOND = timedelta(seconds=1)


def test_a_lease_has_one_holder_until_it_is_over(home: Home) -> None:
    """Nobody else gets it before its end; at its end anybody does; the holder may renew and release it."""
    leases = SqlLeases(home.database)
    assert leases.take("inbox", "one", 30, AT)
    assert not leases.take("inbox", "two", 30, AT + 29 * SECOND)
    assert leases.take("inbox", "one", 30, AT + 29 * SECOND)
    assert not leases.take("inbox", "two", 30, AT + 58 * SECOND)
    assert leases.take("inbox", "two", 30, AT + 59 * SECOND)
    assert not leases.take("inbox", "one", 30, AT + 59 * SECOND)
    leases.release("inbox", "one")
    assert leases.holder("inbox") == "two"
    assert leases.holder("inbox", AT + 89 * SECOND) is None
    leases.release("inbox", "two")
    assert leases.holder("inbox") is None
    assert leases.take("other", "one", 30, AT)


def test_one_of_many_gets_a_free_lease(home: Home) -> None:
    """Eight that ask at the same moment: exactly one has it."""

    def ask(number: int) -> bool:
        mine = home.again()
        taken = SqlLeases(mine.database).take("sweeper", f"host-{number}", 30, AT)
        mine.database.close()
        return taken

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(ask, range(8)))
    assert taken.count(True) == 1
    assert SqlLeases(home.database).holder("sweeper") == f"host-{taken.index(True)}"


def test_a_host_that_misses_its_beats_is_dead(home: Home) -> None:
    """A host is dead once its last beat is as old as the limit; one that comes back is not forgotten."""
    leases = SqlLeases(home.database)
    leases.beat("one", AT)
    leases.beat("two", AT + 20 * SECOND)
    leases.beat("two", AT + 5 * SECOND)
    assert leases.dead(AT + 29 * SECOND, 30) == []
    assert leases.dead(AT + 30 * SECOND, 30) == ["one"]
    leases.beat("one", AT + 31 * SECOND)
    assert not leases.forget("one", AT + 32 * SECOND, 30)
    assert leases.dead(AT + 61 * SECOND, 30) == ["one", "two"]
    assert leases.forget("one", AT + 61 * SECOND, 30)
    assert leases.dead(AT + 61 * SECOND, 30) == ["two"]


def test_the_first_claim_of_a_mark_holds(home: Home) -> None:
    """A second process learns the first one's value instead of setting its own."""
    marks = SqlMarks(home.database)
    assert marks.get(VAULT_MARK) is None
    assert marks.claim(VAULT_MARK, "vault-1") == "vault-1"
    assert SqlMarks(home.again().database).claim(VAULT_MARK, "vault-2") == "vault-1"
    assert marks.get(VAULT_MARK) == "vault-1"


def test_the_rehearsal_clock_is_shared_and_remembers(home: Home) -> None:
    """All processes see the last setting; every setting is kept with the real instant of making it."""
    clock = SqlClockRow(home.database)
    assert clock.now() is None
    clock.set(AT, AT + 1000 * SECOND)
    clock.set(AT - 60 * SECOND, AT + 1001 * SECOND)
    assert SqlClockRow(home.again().database).now() == AT - 60 * SECOND
    assert clock.history() == [(AT, AT + 1000 * SECOND), (AT - 60 * SECOND, AT + 1001 * SECOND)]
