"""Who does what among several processes and hosts: leases on names, and the heartbeats of hosts. Real time only.

A lease says who should act. It does not stop one that was paused and believes that it still holds it: the ledger's
heads do.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.adapters.sql.database import Database
from pipeline.adapters.sql.schema import micros

_TAKE = """INSERT INTO leases (name, holder, beat_at, expires_at) VALUES (:name, :holder, :now, :expires_at)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, beat_at = excluded.beat_at, expires_at = excluded.expires_at
WHERE leases.holder = excluded.holder OR leases.expires_at <= excluded.beat_at"""
_RELEASE = "DELETE FROM leases WHERE name = :name AND holder = :holder"
_HOLDER = "SELECT holder FROM leases WHERE name = :name"
_UNEXPIRED_HOLDER = "SELECT holder FROM leases WHERE name = :name AND expires_at > :now"
_BEAT = """INSERT INTO beats (host, beat_at) VALUES (:host, :now)
ON CONFLICT (host) DO UPDATE SET beat_at = excluded.beat_at WHERE beats.beat_at < excluded.beat_at"""
_DEAD = "SELECT host FROM beats WHERE beat_at <= :since ORDER BY host"
_FORGET = "DELETE FROM beats WHERE host = :host AND beat_at <= :since"


class SqlLeases:
    """Leases and heartbeats in a database. Instants are real time, aware; the hosts' clocks must agree (NTP)."""

    def __init__(self, database: Database) -> None:
        """Uses `database`, whose tables exist."""
        self._database = database

    def take(self, name: str, holder: str, seconds: float, real_now: datetime) -> bool:
        """Takes the lease, or renews the holder's own, for `seconds` from `real_now`; returns whether `holder` has it.

        At its last instant a lease is over.
        """
        until = micros(real_now + timedelta(seconds=seconds))
        with self._database.writing() as tx:
            taken = tx.run(_TAKE, {"name": name, "holder": holder, "now": micros(real_now), "expires_at": until})
        return taken == 1

    def release(self, name: str, holder: str) -> None:
        """Gives the lease up if `holder` has it."""
        with self._database.writing() as tx:
            tx.run(_RELEASE, {"name": name, "holder": holder})

    def holder(self, name: str, real_now: datetime | None = None) -> str | None:
        """Returns who has the lease, None if nobody; with `real_now`, one that is over counts for nobody."""
        with self._database.reading() as tx:
            if real_now is None:
                found = tx.one(_HOLDER, {"name": name})
            else:
                found = tx.one(_UNEXPIRED_HOLDER, {"name": name, "now": micros(real_now)})
        return None if found is None else str(found[0])

    def beat(self, host: str, real_now: datetime) -> None:
        """Notes that the host is alive."""
        with self._database.writing() as tx:
            tx.run(_BEAT, {"host": host, "now": micros(real_now)})

    def dead(self, real_now: datetime, missed_seconds: float) -> list[str]:
        """Returns the hosts whose last heartbeat is `missed_seconds` old or older, sorted."""
        with self._database.reading() as tx:
            rows = tx.rows(_DEAD, {"since": micros(real_now - timedelta(seconds=missed_seconds))})
        return [row[0] for row in rows]

    def forget(self, host: str, real_now: datetime, missed_seconds: float) -> bool:
        """Forgets a host that is dead; returns False if it came back meanwhile. Do so once its work is adopted."""
        with self._database.writing() as tx:
            return tx.run(_FORGET, {"host": host, "since": micros(real_now - timedelta(seconds=missed_seconds))}) == 1
