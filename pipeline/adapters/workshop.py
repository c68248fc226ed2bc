"""A warm server in the sandbox, seen from outside: hand in a document and an order, get back what came out.

A server that dies is started again at the next order; one whose child had to be killed, or that has done its share of
documents, takes no new order and is ended when it is idle, so that nothing a document left behind lives on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OvertimeError
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from pipeline.adapters.sandbox import Confined, Room, Sandbox

READY_SECONDS: Final = 60
GRACE_SECONDS: Final = 15
SHARE: Final = 300
"""Orders after which a server is replaced."""


class NotReadyError(Exception):
    """The server did not start. Not an error of any document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How an order ended: `done`, `limit` (killed at a limit), `died` (its child broke), `lost` (the server broke)."""

    end: str
    results: Mapping[str, bytes]


@dataclass(slots=True, kw_only=True, eq=False)
class _Server:
    """A running server. `retired`: it takes no new order."""

    confined: Confined
    room: Room
    pending: dict[int, Future[str]] = field(default_factory=dict)
    taken: int = 0
    retired: bool = False
    gone: bool = False
    ending: threading.Lock = field(default_factory=threading.Lock)


class Workshop:
    """Keeps one server warm and gives it at most `at_once` orders at a time. Safe for several threads."""

    def __init__(self, sandbox: Sandbox, module: str, *, at_once: int = 2) -> None:
        """`module` is the server's module under `pipeline.adapters.inside`. Nothing is started yet."""
        self._sandbox = sandbox
        self._module = module
        self._slots = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._all: set[_Server] = set()
        self._numbers = count(1)

    def warm(self) -> None:
        """Starts the server, if none is running.

        Raises:
            NotReadyError: it did not start.
            SandboxMissingError: the sandbox does not work.
        """
        with self._lock:
            self._current()

    def order(
        self,
        content: bytes,
        suffix: str,
        what: Mapping[str, object],
        *,
        seconds: float,
        results: Mapping[str, int],
    ) -> Finished:
        """Hands `content` in, waits, returns the named results of at most so many bytes each; absent ones are left out.

        Raises:
            NotReadyError: no server could be started.
            SandboxMissingError: the sandbox does not work.
        """
        with self._slots:
            server, number, waiting = self._take_on()
            name = server.room.put(content, suffix)
            try:
                order = {**what, "id": number, "seconds": seconds, "in": f"/in/{name}", "out": f"/out/{name}"}
                end = self._await(server, order, waiting, seconds)
                found = {result: server.room.take(name, result, limit) for result, limit in results.items()}
                return Finished(end=end, results={k: v for k, v in found.items() if v is not None})
            finally:
                server.room.drop(name)
                self._let_go(server, number, retire=waiting.done() and waiting.result() != "done")

    def close(self) -> None:
        """Ends every server; orders in work come back as lost."""
        with self._lock:
            self._server = None
            servers = list(self._all)
        for server in servers:
            self._end(server)

    def _take_on(self) -> tuple[_Server, int, Future[str]]:
        with self._lock:
            server = self._current()
            number = next(self._numbers)
            waiting: Future[str] = Future()
            server.pending[number] = waiting
            server.taken += 1
            if server.taken >= SHARE:
                server.retired = True
            return server, number, waiting

    def _await(self, server: _Server, order: Mapping[str, object], waiting: Future[str], seconds: float) -> str:
        channel = server.confined.channel
        assert channel is not None
        try:
            channel.send(json.dumps(order).encode())
            return waiting.result(seconds + GRACE_SECONDS)
        except OSError:
            self._end(server)
        except OvertimeError:
            self._end(server)
            return "limit"
        return "lost"

    def _let_go(self, server: _Server, number: int, *, retire: bool) -> None:
        with self._lock:
            server.pending.pop(number, None)
            server.retired = server.retired or retire
            idle = server.retired and not server.pending
            if server.retired and self._server is server:
                self._server = None
        if idle:
            self._end(server)

    def _current(self) -> _Server:
        if self._server is None or self._server.retired or self._server.gone:
            self._server = self._start()
        return self._server

    def _start(self) -> _Server:
        room = self._sandbox.room()
        try:
            confined = self._sandbox.launch(self._module, room)
        except BaseException:
            room.close()
            raise
        channel = confined.channel
        assert channel is not None
        channel.settimeout(READY_SECONDS)
        try:
            ready = json.loads(channel.recv(4096) or b"{}").get("ready") is True
        except (OSError, ValueError):
            ready = False
        if not ready:
            confined.kill()
            channel.close()
            room.close()
            raise NotReadyError(self._module)
        channel.settimeout(None)
        server = _Server(confined=confined, room=room)
        self._all.add(server)
        threading.Thread(target=self._listen, args=(server,), name=f"{self._module}-reports", daemon=True).start()
        return server

    def _listen(self, server: _Server) -> None:
        channel = server.confined.channel
        assert channel is not None
        while True:
            try:
                message = channel.recv(4096)
                if not message:
                    break
                report = json.loads(message)
            except (OSError, ValueError):
                break
            waiting = server.pending.get(report.get("id"))
            if waiting is not None and not waiting.done():
                waiting.set_result(str(report.get("end")))
        server.gone = True
        channel.close()
        for waiting in list(server.pending.values()):
            if not waiting.done():
                waiting.set_result("lost")
        self._end(server)

    def _end(self, server: _Server) -> None:
        server.gone = True
        with server.ending:  # whoever comes second finds everything wiped
            server.confined.kill()
            server.room.close()
        with self._lock:
            self._all.discard(server)
            if self._server is server:
                self._server = None
