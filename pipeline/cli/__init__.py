"""The command line: one command per task of an operator.

`--home DIR` and `--json` are taken in any place, so they are read before the commands' own options. Exit 0: done; 2: bad
input or refused, one sentence on stderr and nothing changed; 1: a fault.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pipeline.cli.frame import Frame, NeedsValueError, framed


def run(arguments: Sequence[str]) -> int:
    """Carries out one command and returns its exit code."""
    if any("\udc80" <= char <= "\udcff" for word in arguments for char in word):
        print("A word of the command is not valid UTF-8, so it cannot stand in the record. Nothing was changed.", file=sys.stderr)
        return 2
    try:
        frame, rest = framed(arguments)
    except NeedsValueError as error:
        print(str(error), file=sys.stderr)
        return 2
    from pipeline.cli.commands import carry_out

    return carry_out(frame, rest)


__all__ = ["Frame", "run"]
