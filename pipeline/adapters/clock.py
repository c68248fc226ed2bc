"""The clocks: the system's, the rehearsal's, and real time. The only file that asks what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def real_now() -> datetime:
    """Returns the real instant, aware, UTC, with microseconds: for stability, leases and beats, never for a fact."""
    return datetime.now(UTC)


class SystemClock:
    """The clock of a real home."""

    def now(self) -> datetime:
        """Returns the present instant, aware, UTC; fractions of a second are dropped."""
        return real_now().replace(microsecond=0)


class RehearsalClock:
    """The clock of a rehearsal home: it stands still between settings, for all processes of the home."""

    def __init__(self, read: Callable[[], datetime | None], until_set: Callable[[], datetime] = real_now) -> None:
        """`read` returns the shared setting, None while nobody has set it; until then `until_set` tells the time."""
        self._read, self._until_set = read, until_set

    def now(self) -> datetime:
        """Returns the instant that was set last, aware, UTC, in whole seconds.

        Raises:
            ValueError: the setting has no zone.
        """
        instant = self._read() or self._until_set()
        if instant.tzinfo is None:
            raise ValueError("the rehearsal's clock was set to an instant without a zone")
        return instant.astimezone(UTC).replace(microsecond=0)
