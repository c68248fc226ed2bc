"""The engine: DBOS Transact carries out (key, attempt) durably, and knows nothing else. The only importer of dbos.

Why the odd settings (measured, engine.md "Rules"): the application version is fixed for ever, or every deploy strands
the work in hand. Each process has an executor id of its own, guarded by a lock on a slot file, or two processes repeat
each other's work. What an executor had in hand that is gone for good is put back on the queue by `adopt`, because DBOS
leaves it PENDING. The queue has a worker limit, or the first worker takes everything. The serializer is plain JSON, not
pickle.

What a failed work leaves in the engine's history is a code of at most 80 letters, never the text of an error.
Accepted: a work whose record was lost (tables deleted, process killed) is carried out again; the ledger makes that
harmless.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from pipeline.adapters.engine_log import WorkFailedError, log, quieten
from pipeline.adapters.engine_slots import Slots
from pipeline.errors import DatabaseUnavailableError, PacksError, RefusedError
from pipeline.ports import Standing

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

APPLICATION = "packs"
VERSION = "wf-1"
QUEUE = "work"
WORKFLOW = "perform"
RECOVERIES = 20
"""So many deaths of a process in the middle of one work, then the engine gives it up (FAILED)."""
BEAT_SECONDS = 5.0
MISSED_BEATS = 3
SWEEP = "engine.adopt"
SWEEP_SECONDS = 60.0
FINISH_SECONDS = 900
CODE_LETTERS = 80
BATCH = 500

_T = TypeVar("_T")
_STANDING = {
    "PENDING": Standing.RUNNING,
    "ENQUEUED": Standing.RUNNING,
    "DELAYED": Standing.RUNNING,
    "SUCCESS": Standing.DONE,
    "ERROR": Standing.FAILED,
    "CANCELLED": Standing.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": Standing.FAILED,
}
_UNKNOWN_NAMES = {"42P01", "42703", "3F000"}
_ENDED = [status for status, standing in _STANDING.items() if standing is not Standing.RUNNING]


class Leases(Protocol):
    """Who is alive, and who alone may sweep; kept in a database that all hosts see. `real_now` is real time, aware."""

    def take(self, name: str, holder: str, seconds: float, real_now: datetime) -> bool:
        """Returns True if `holder` now holds the lease for `seconds`, False if another does."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Gives the lease up."""
        ...

    def beat(self, host: str, real_now: datetime) -> None:
        """Records that the executor is alive."""
        ...

    def dead(self, real_now: datetime, missed_seconds: float) -> Sequence[str]:
        """Returns the executors whose last beat is `missed_seconds` old or older."""
        ...

    def forget(self, host: str, real_now: datetime, missed_seconds: float) -> bool:
        """Forgets an executor that is still dead."""
        ...


class DbosEngine:
    """Carries out works, `concurrency` at a time in this process. One instance a process may be launched."""

    def __init__(
        self,
        database_url: str,
        *,
        host: str,
        slot_dir: Path,
        real_now: Callable[[], datetime],
        concurrency: int = 3,
        leases: Leases | None = None,
        poll_seconds: float = 0.05,
    ) -> None:
        """Opens nothing yet.

        Args:
            database_url: `sqlite:////path/engine.db`, a file of its own on a local disk, or `postgresql://…`.
            host: this machine's name; no two machines that share a database may have the same.
            slot_dir: a folder on this machine's disk for the slot locks.
            real_now: tells real time, for beats.
            concurrency: works at a time, at least 1.
            leases: beats and the sweeper's lease; None where only this machine uses the database.
            poll_seconds: how often the queue is looked at; the mean wait of a work is about this long.
        """
        self._url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", database_url)
        self._file = Path(self._url.removeprefix("sqlite:///")) if self._url.startswith("sqlite:///") else None
        self._host, self._leases = re.sub(r"[^A-Za-z0-9._-]", "-", host), leases
        self._slots = Slots(slot_dir, self._host)
        self._concurrency, self._poll_seconds = max(1, concurrency), poll_seconds
        self._real_now = real_now
        self._perform: Callable[[str, int], None] | None = None
        self._executor: str | None = None
        self._client: DBOSClient | None = None
        self._inode: int | None = None
        self._guard = threading.RLock()
        self._running = False
        self._in_hand = 0
        self._idle = threading.Condition()
        self._no_more_beats = threading.Event()
        self._beating: threading.Thread | None = None

    @property
    def executor(self) -> str | None:
        """The id under which this process works (`host:slot`), None when it is not launched."""
        return self._executor

    def launch(self, perform: Callable[[str, int], None]) -> None:
        """Starts the workers; also takes up again what this slot had in hand when it died.

        Raises:
            RefusedError: an engine is already launched in this process, or no slot is free.
            DatabaseUnavailableError: the engine's database does not answer.
        """
        global _launched
        with self._guard:
            if _launched is not None:
                raise RefusedError("An engine is already at work in this process. Nothing was started; close it first.")
            self._perform = perform
            self._executor = self._slots.take()
            try:
                self._begin()
            except BaseException:
                self._slots.release()
                self._executor = None
                raise
            _launched = self
            self._start_beating()

    def start(self, key: str, attempt: int) -> None:
        """Queues the work once; a second call for the same pair does nothing, whatever became of the first.

        Raises:
            DatabaseUnavailableError: the engine's database does not answer; nothing was started.
        """
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": work_id(key, attempt),
            "app_version": VERSION,
        }
        self._asked(lambda client: client.enqueue(options, key, attempt))

    def standing(self, works: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], Standing]:
        """Returns where each work stands; what the engine has not heard of is ABSENT. Raises as `start`."""
        ids = {work_id(key, attempt): (key, attempt) for key, attempt in works}
        found = dict.fromkeys(ids.values(), Standing.ABSENT)
        names = list(ids)
        for first in range(0, len(names), BATCH):
            for row in self._listed(workflow_ids=names[first : first + BATCH]):
                found[ids[row[0]]] = _STANDING.get(row[1], Standing.RUNNING)
        return found

    def adopt(self) -> int:
        """Puts the work of executors that are gone back on the queue; returns how much it was.

        Gone is an executor of this machine whose slot lock is free, and one of another machine that has missed three
        beats. A paused one that comes back finds its record taken and, in the ledger, its claim gone.
        """
        with self._slots.free() as free:
            count = self._put_back(free)
        leases, me, missed = self._leases, self._executor or self._host, BEAT_SECONDS * MISSED_BEATS
        if leases is None:
            return count
        silent = [executor for executor in leases.dead(self._real_now(), missed) if executor != me]
        # The engine does not check whose a work is when it is put back, so only one may sweep at a time.
        if silent and leases.take(SWEEP, me, SWEEP_SECONDS, self._real_now()):
            count += self._put_back(silent)
            for executor in silent:
                leases.forget(executor, self._real_now(), missed)
            leases.release(SWEEP, me)
        return count

    def tidy(self, before: datetime) -> int:
        """Deletes the records of works that ended before the real instant `before`; returns how many."""
        limit, count = before.astimezone(UTC).isoformat(), 0
        while names := [row[0] for row in self._listed(status=_ENDED, completed_before=limit, limit=BATCH)]:
            self._asked(lambda client, names=names: client.delete_workflows(names))  # type: ignore[misc]
            count += len(names)
        return count

    def cancel(self, key: str, attempt: int) -> None:
        """Makes the engine give the work up; one that is being carried out goes on to its end unrecorded."""
        self._asked(lambda client: client.cancel_workflow(work_id(key, attempt)))

    def close(self, *, finish: bool) -> None:
        """Stops the workers and frees the slot. Queued works stay queued for the next launch.

        With `finish` what is in hand is finished first (at most 15 minutes). Without, it goes on in its threads, which
        the end of the process waits for, and is carried out again after the next launch.
        """
        global _launched
        # Not under the guard: what is in hand may still ask this engine something before it ends.
        if _launched is self:
            self._end(finish=finish)
            _launched = None
        self._no_more_beats.set()
        if self._beating is not None:
            self._beating.join(timeout=BEAT_SECONDS)
            self._beating = None
        with self._guard:
            self._drop_client()
            self._slots.release()
            self._executor = None

    # --- the life of DBOS in this process

    def _begin(self) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer

        quieten()
        self._prepare()
        DBOS(config={
            "name": APPLICATION,
            "system_database_url": self._url,
            "application_version": VERSION,
            "executor_id": self._executor,
            "log_level": "WARNING",
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "use_listen_notify": False,
            "sys_db_pool_size": self._concurrency + 6,
            "scheduler_polling_interval_sec": 3600.0,
            # A close waits for this listener to wake once; nothing here listens for notifications.
            "notification_listener_polling_interval_sec": 0.5,
        })

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=RECOVERIES)
        def perform(key: str, attempt: int) -> None:
            self._carry_out(key, attempt)

        try:
            DBOS.launch()
        except Exception as error:
            DBOS.destroy(destroy_registry=True)
            raise _unavailable(error) from None
        self._running = True

    def _end(self, *, finish: bool) -> None:
        from dbos import DBOS

        self._running = False
        with self._idle:
            busy = self._in_hand > 0
        # The engine's own wait is in whole seconds, so it is used only when there is something to wait for.
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=FINISH_SECONDS if finish and busy else 0)
        if finish:
            with self._idle:
                self._idle.wait_for(lambda: self._in_hand == 0, timeout=FINISH_SECONDS)

    def _carry_out(self, key: str, attempt: int) -> None:
        perform = self._perform
        with self._idle:
            self._in_hand += 1
        try:
            if perform is not None:
                perform(key, attempt)
        except BaseException as error:  # Whatever it was, only its code may reach the engine's history.
            code = _code(error)
            log.warning("work %s ended with %s", work_id(key, attempt), code)
            raise WorkFailedError(code) from None
        finally:
            with self._idle:
                self._in_hand -= 1
                self._idle.notify_all()

    # --- its database

    def _prepare(self) -> None:
        """Makes the tables and the queue's row; then this process may ask and work."""
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

        try:
            if self._file is not None:
                _make_file(self._file)
            DBOS.migrate(self._url)
            self._drop_client()
            self._client = DBOSClient(
                system_database_url=self._url,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                retry_connection_errors=False,
            )
            # Before the launch: a queue that is registered later is found only at the next whole second.
            self._client.register_queue(
                QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=self._poll_seconds
            )
        except Exception as error:
            raise _unavailable(error) from None
        self._inode = self._file.stat().st_ino if self._file is not None else None

    def _asked(self, question: Callable[[DBOSClient], _T]) -> _T:
        """Returns the answer; where the engine's tables are gone, makes them again and asks once more."""
        with self._guard:
            if self._client is None or self._file_is_gone():
                self._renew()
            try:
                return question(self._asker())
            except Exception as error:
                if not _tables_are_gone(error):
                    raise _unavailable(error) from None
            log.warning("the engine's tables are gone; they are made again")
            self._renew()
            try:
                return question(self._asker())
            except Exception as error:
                raise _unavailable(error) from None

    def _asker(self) -> DBOSClient:
        assert self._client is not None
        return self._client

    def _renew(self) -> None:
        """Makes the tables again. The workers end first: they hold the old file, and their looks slow the making."""
        if _launched is not self:
            quieten()
            self._prepare()
            return
        if self._running:
            self._end(finish=True)
        try:
            self._begin()
        except BaseException:
            self._drop_client()  # So that the next question tries again.
            raise

    def _file_is_gone(self) -> bool:
        if self._file is None:
            return False
        try:
            return self._file.stat().st_ino != self._inode
        except FileNotFoundError:
            return True

    def _listed(
        self,
        *,
        workflow_ids: list[str] | None = None,
        status: list[str] | None = None,
        executors: list[str] | None = None,
        completed_before: str | None = None,
        limit: int | None = None,
    ) -> list[tuple[str, str]]:
        rows = self._asked(lambda client: client.list_workflows(
            workflow_ids=workflow_ids,
            status=status,
            # None-valued filters are left out by the engine, so one question serves all.
            executor_id=executors,
            completed_before=completed_before,
            limit=limit,
            name=WORKFLOW,
            load_input=False,
            load_output=False,
        ))
        return [(row.workflow_id, row.status) for row in rows]

    def _put_back(self, executors: list[str]) -> int:
        names = [row[0] for row in self._listed(status=["PENDING"], executors=executors)] if executors else []
        if names:
            log.warning("%d work(s) of executors that are gone are taken over", len(names))
            self._asked(lambda client: client.resume_workflows(names, queue_name=QUEUE))
        return len(names)

    def _drop_client(self) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client.destroy()
            self._client = None

    # --- beats

    def _start_beating(self) -> None:
        if self._leases is None:
            return
        self._no_more_beats.clear()
        self._beat()
        self._beating = threading.Thread(target=self._beat_on, name="engine-beat", daemon=True)
        self._beating.start()

    def _beat_on(self) -> None:
        while not self._no_more_beats.wait(BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        try:
            if self._leases is not None and self._executor is not None:
                self._leases.beat(self._executor, self._real_now())
        except PacksError as error:
            # A host that cannot beat is adopted by the others, which is right: it cannot write facts either.
            log.warning("a beat was missed: %s", error.code)


_launched: DbosEngine | None = None


def work_id(key: str, attempt: int) -> str:
    """Returns the engine's name for an attempt at an action."""
    return f"{key}#{attempt}"


def _code(error: BaseException) -> str:
    code = error.code if isinstance(error, PacksError) else f"fault.{type(error).__name__}"
    return re.sub(r"[^A-Za-z0-9._-]", "", code)[:CODE_LETTERS]


def _unavailable(error: Exception) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"The engine's database does not answer ({type(error).__name__}). No work was started and none is lost: what "
        "is due is started at the next look. `packs doctor` names the fix; the engine's tables may be deleted."
    )


def _tables_are_gone(error: Exception) -> bool:
    """True for an unknown table, column or schema, by the driver's code."""
    cause = getattr(error, "orig", error)
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return getattr(cause, "sqlstate", None) in _UNKNOWN_NAMES


def _make_file(path: Path) -> None:
    """Makes the file with the write-ahead journal, which persists: 1.7 to 4 times the speed of the engine's default."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        for left in ("-wal", "-shm"):
            # The journal of a deleted file would be replayed into the new one.
            path.with_name(path.name + left).unlink(missing_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, timeout=10.0)) as connection:
        for _ in range(50):
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                return
            except sqlite3.OperationalError:
                time.sleep(0.1)  # Another process is at it: this change does not wait for a lock as statements do.
