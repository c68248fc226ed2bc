"""A process of its own that works on a ledger: `-m tests.adapters.ledger_worker TASK URL FOLDER [NAME TIMES]`."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.errors import StaleHeadError
from tests.adapters.ledger_parts import AT, CANARY, Counted, Home, Noted, open_home

COUNTER = "conference:counter"


def count(home: Home, name: str, times: int) -> None:
    """Moves the counter on `times` times, deciding anew whenever somebody else was first."""
    done = 0
    while done < times:
        seen = home.ledger.read(COUNTER)
        try:
            home.ledger.append(
                {COUNTER: [Counted(number=len(seen) + 1, by=name)]},
                expected={COUNTER: len(seen)},
                at=AT,
                actor=name,
            )
            done += 1
        except StaleHeadError:
            continue


def write_until_killed(home: Home) -> None:
    """Appends to two streams at a time, with a checkpoint now and then, and says after each append that it stands."""
    number = 0
    while True:
        number += 1
        fact = Noted(text=f"{CANARY} {number}")
        home.ledger.append({"conference:a": [fact, fact], f"item:{number}": [fact]}, expected={}, at=AT, actor="writer")
        if number % 3 == 0:
            home.ledger.checkpoint(full=number % 30 == 0)
        print(number, flush=True)


def main() -> None:
    """Does the task named on the command line."""
    task, url, folder = sys.argv[1:4]
    home = open_home(url, Path(folder))
    print("ready", flush=True)
    if task == "count":
        sys.stdin.readline()
        count(home, sys.argv[4], int(sys.argv[5]))
    else:
        write_until_killed(home)


if __name__ == "__main__":
    main()
