"""Named values that the house and its processes agree on through the database, and the rehearsal clock."""

from __future__ import annotations

from datetime import datetime

from pipeline.adapters.sql.database import Database
from pipeline.adapters.sql.schema import instant, micros

VAULT_MARK = "vault"
"""The id that is also written in the vault's folder: both must be the same vault."""

_GET = "SELECT value FROM marks WHERE name = :name"
_CLAIM = "INSERT INTO marks (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"

_LAST = "SELECT n, at FROM clock_settings ORDER BY n DESC LIMIT 1"
_SET = "INSERT INTO clock_settings (n, at, set_real_at) VALUES (:n, :at, :set_real_at)"
_HISTORY = "SELECT at, set_real_at FROM clock_settings ORDER BY n"


class SqlMarks:
    """Values that are written once. Opaque ids only."""

    def __init__(self, database: Database) -> None:
        """Uses `database`, whose tables exist."""
        self._database = database

    def get(self, name: str) -> str | None:
        """Returns the value, None if nobody claimed the name yet."""
        with self._database.reading() as tx:
            found = tx.one(_GET, {"name": name})
        return None if found is None else str(found[0])

    def claim(self, name: str, value: str) -> str:
        """Writes the value if the name has none; returns the value that it has now, ours or the first one's."""
        with self._database.writing() as tx:
            tx.run(_CLAIM, {"name": name, "value": value})
            found = tx.one(_GET, {"name": name})
        return value if found is None else str(found[0])


class SqlClockRow:
    """The instant at which a rehearsal's clock stands, shared by all processes of the home, and how it came there."""

    def __init__(self, database: Database) -> None:
        """Uses `database`, whose tables exist."""
        self._database = database

    def set(self, at: datetime, real_at: datetime) -> None:
        """Sets the clock to `at`; `real_at` is the real instant of doing so. Whether it may go back is not asked here.

        Raises:
            StaleHeadError: another process set it at the same moment; look again.
        """
        with self._database.writing() as tx:
            last = tx.one(_LAST)
            tx.run(_SET, {"n": (last[0] if last else 0) + 1, "at": micros(at), "set_real_at": micros(real_at)})

    def now(self) -> datetime | None:
        """Returns the instant at which the clock stands, None if it was never set."""
        with self._database.reading() as tx:
            found = tx.one(_LAST)
        return None if found is None else instant(found[1])

    def history(self) -> list[tuple[datetime, datetime]]:
        """Returns every setting, the first first: what it was set to, and the real instant of doing so."""
        with self._database.reading() as tx:
            return [(instant(at), instant(real_at)) for at, real_at in tx.rows(_HISTORY)]
