"""What the engine's library may say aloud: warnings, one line each, never a banner and never what was in hand."""

from __future__ import annotations

import logging
import time

TOLD_SECONDS = 30.0
TOLD_LINES = 500

log = logging.getLogger("pipeline.engine")


class WorkFailedError(Exception):
    """What the engine stores of a work that raised: the code and nothing else."""


class Forward(logging.Handler):
    """Passes on what the engine warns of: one line, no traceback, because a traceback may quote what was in hand.

    The same line again within half a minute is left out: the engine looks, and complains, many times a second.
    """

    def __init__(self) -> None:
        """Has told nothing yet."""
        super().__init__(level=logging.WARNING)
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Forwards the record unless it repeats a failed work, which is already told by its code."""
        if record.exc_info and isinstance(record.exc_info[1], WorkFailedError):
            return
        first = (record.getMessage().splitlines() or [""])[0][:200]
        kind = type(record.exc_info[1]).__name__ if record.exc_info and record.exc_info[1] else ""
        if time.monotonic() - self._told.get(first, -TOLD_SECONDS) < TOLD_SECONDS:
            return
        if len(self._told) >= TOLD_LINES:
            self._told.clear()
        self._told[first] = time.monotonic()
        log.log(record.levelno, "dbos: %s %s", first, kind)


def quieten() -> None:
    """Before DBOS is made: it adds its own handler to the terminal only where none is."""
    logger = logging.getLogger("dbos")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    if not any(isinstance(handler, Forward) for handler in logger.handlers):
        logger.addHandler(Forward())
