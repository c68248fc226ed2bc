"""A warm process that forks one child for each document, inside the sandbox. Standard library only.

The child leads its own process group, sees only its own input file and output folder (Landlock, where the kernel
has it), cannot be read or signalled by its siblings, has limits of its own, and is killed with its group at the wall
clock limit; the warm parent never touches a document. Requests and reports are JSON datagrams on a socket that the
server inherited:

    {"id": 7, "seconds": 60, "in": "/in/4f…", "out": "/out/9a…", …}  →  {"id": 7, "end": "done" | "limit" | "died"}

What the child found lies in its output folder; the parent does not look at it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Request = dict[str, Any]

MEMORY_BYTES: Final = 4 * 1024**3
OUTPUT_BYTES: Final = 200 * 1024**2
PROCESSES: Final = 128

_PR_SET_DUMPABLE: Final = 4
_LANDLOCK_CREATE: Final = 444
_LANDLOCK_ADD: Final = 445
_LANDLOCK_RESTRICT: Final = 446
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_O_PATH: Final = 0o10000000
SCRATCH: Final = "/tmp"  # noqa: S108 -- the sandbox's own tmpfs, gone with it
_SHARED: Final = ("/usr", "/etc", "/code", "/python", "/var", "/proc", "/dev", "/lib", "/lib64", f"{SCRATCH}/profile")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True, kw_only=True)
class _Child:
    """A document in work. `deadline` is on the monotonic clock; `room` is its folder for temporary files."""

    request: Request
    pid: int
    pidfd: int
    room: str
    deadline: float
    killed: bool = False


class Foreman:
    """Takes requests from the channel, forks a child for each, and reports how each ended."""

    def __init__(
        self, channel: socket.socket, perform: Callable[[Request], None], readable: tuple[str, ...] = ()
    ) -> None:
        """`perform` runs in the child; `readable` are further folders that it may read."""
        self._channel = channel
        self._perform = perform
        self._readable = (*_SHARED, *readable)
        self._children: dict[int, _Child] = {}
        self._poll = select.poll()
        self._poll.register(channel.fileno(), select.POLLIN | select.POLLHUP)

    def report(self, what: dict[str, Any]) -> None:
        """Sends one datagram to the host."""
        self._channel.send(json.dumps(what).encode())

    def turn(self, seconds: float) -> bool:
        """Waits up to `seconds` for something to do and does it. False: the host has hung up; end."""
        soonest = min((child.deadline for child in self._children.values()), default=time.monotonic() + seconds)
        wait = max(0.0, min(seconds, soonest - time.monotonic()))
        going_on = True
        for fd, _ in self._poll.poll(int(wait * 1000) + 1):
            if fd == self._channel.fileno():
                going_on = self._take()
            elif fd in self._children:
                self._bury(self._children[fd])
        now = time.monotonic()
        for child in list(self._children.values()):
            if child.deadline <= now:
                child.killed = True
                _kill_group(child.pid)
                self._bury(child)
        if not going_on:
            for child in list(self._children.values()):
                _kill_group(child.pid)
        return going_on

    def _take(self) -> bool:
        try:
            message = self._channel.recv(65536)
        except ConnectionError:
            return False
        if not message:
            return False
        request: Request = json.loads(message)
        room = f"{SCRATCH}/{os.urandom(16).hex()}"
        os.mkdir(room, 0o700)
        pid = os.fork()
        if pid == 0:
            self._be_child(request, room)
        _set_group(pid)
        child = _Child(
            request=request,
            pid=pid,
            pidfd=os.pidfd_open(pid),
            room=room,
            deadline=time.monotonic() + float(request["seconds"]),
        )
        self._children[child.pidfd] = child
        self._poll.register(child.pidfd, select.POLLIN)
        return True

    def _be_child(self, request: Request, room: str) -> None:
        code = 70
        try:
            _set_group(0)
            self._channel.close()
            for pidfd in self._children:
                os.close(pidfd)
            os.putenv("TMPDIR", room)
            os.chdir(room)
            shut_in(request["in"], request["out"], room, seconds=float(request["seconds"]), readable=self._readable)
            self._perform(request)
            code = 0
        except MemoryError:
            code = 71
        finally:
            os._exit(code)

    def _bury(self, child: _Child) -> None:
        # The group goes with its leader, whatever it left behind.
        _kill_group(child.pid)
        _, status = os.waitpid(child.pid, 0)
        self._poll.unregister(child.pidfd)
        os.close(child.pidfd)
        del self._children[child.pidfd]
        shutil.rmtree(child.room, ignore_errors=True)
        overtime = child.killed or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
        end = "limit" if overtime else "done" if status == 0 else "died"
        self.report({"id": child.request["id"], "end": end})


def shut_in(source: str, out: str, room: str, *, seconds: float, readable: tuple[str, ...]) -> None:
    """Leaves this process its own document, output folder and temporary folder, and limits of its own, for good."""
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    processor = int(seconds) + 5
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_NPROC, PROCESSES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (lower, lower))
    level = _libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if level < 1:
        return
    kinds = 13 if level < 2 else 14 if level < 3 else 15 if level < 5 else 16
    everything = (1 << kinds) - 1
    # Attributes grew with the level: files; TCP; signals and abstract sockets to strangers.
    fields = [everything] if level < 4 else [everything, 3] if level < 6 else [everything, 3, 3]
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "no ruleset")
    look = _EXECUTE | _READ_FILE | _READ_DIR
    of_a_file = _EXECUTE | (1 << 1) | _READ_FILE | (1 << 14 if level >= 3 else 0) | (1 << 15 if level >= 5 else 0)
    for path, rights in [
        *((path, look) for path in readable),
        ("/dev", everything),
        (source, _READ_FILE),
        (out, everything),
        (room, everything),
    ]:
        try:
            place = os.open(path, _O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        allowed = rights if os.path.isdir(path) else rights & of_a_file
        if _libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, place), 0):
            raise OSError(ctypes.get_errno(), "no rule")
        os.close(place)
    if _libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0):
        raise OSError(ctypes.get_errno(), "not shut in")
    os.close(ruleset)


def _set_group(pid: int) -> None:
    try:
        os.setpgid(pid, pid)
    except (PermissionError, ProcessLookupError):
        return  # both sides of the fork say it: one of them is late


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (PermissionError, ProcessLookupError):
        return


def channel_from(number: str) -> socket.socket:
    """Returns the inherited socket whose file descriptor is `number`."""
    return socket.socket(fileno=int(number))
