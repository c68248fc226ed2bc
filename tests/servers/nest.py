"""A process that has the program and its packages imported, and hatches a process of its own for each command.

A command of `packs` takes a second to import what it needs and a tenth to do its work; the tests give a thousand. Each still is a
process of its own, with its own arguments, environment, folder and open files, and ends as the interpreter ends; it is forked
where it would have been started. What starts `packs` for good, and the demo, begin from nothing as on an operator's machine.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

PROGRAM = Path(__file__).parents[2]
_ALSO = (
    "aiosmtplib", "dbos", "docxtpl", "holidays.countries.united_kingdom", "psycopg", "pypdf", "rich.console", "rich.table",
    "sqlalchemy", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "watchdog.observers",
)  # fmt: skip
_LONGEST_REQUEST = 1 << 20


class Nest:
    """The side of whoever gives the commands."""

    def __init__(self) -> None:
        """Starts the process; it ends with the one that started it."""
        self._folder = tempfile.TemporaryDirectory(prefix="packs-nest-")
        self._socket = str(Path(self._folder.name) / "s")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.nest", self._socket],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROGRAM, env={**os.environ, "PYTHONPATH": str(PROGRAM)},
        )  # fmt: skip
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said == b"ready\n", said
        atexit.register(self.close)

    def close(self) -> None:
        """Ends the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)
        self._folder.cleanup()

    def run(
        self, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, timeout: float
    ) -> tuple[int, str, str]:
        """Returns the exit code (below 0: the signal that ended it), stdout and stderr of one command.

        Raises:
            TimeoutExpired: it was not done within `timeout` seconds, and was killed.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            request = {"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as channel:
                channel.connect(self._socket)
                channel.settimeout(timeout)
                socket.send_fds(channel, [json.dumps(request).encode()], [given.fileno(), out.fileno(), err.fileno()])
                try:
                    code = json.loads(channel.recv(100))["code"]
                except TimeoutError:
                    raise subprocess.TimeoutExpired(["packs", *arguments], timeout) from None
            return code, _all_of(out), _all_of(err)


def _all_of(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


def nest() -> Nest:
    """Returns this process's nest, started when it is first asked for."""
    global _NEST
    with _LOCK:
        if _NEST is None:
            _NEST = Nest()
        return _NEST


_NEST: Nest | None = None
_LOCK = threading.Lock()


# --- the other side ------------------------------------------------------------------------------------------------------


def _import_all() -> None:
    import pipeline
    from pipeline.adapters.bank_holidays import england_calendar

    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if module.name != "pipeline.__main__" and ".inside." not in module.name:
            importlib.import_module(module.name)
    for name in _ALSO:
        importlib.import_module(name)
    england_calendar()
    gc.collect()
    gc.freeze()  # a child that looked at all of this at its end would copy it, which takes longer than most commands
    assert threading.active_count() == 1, "a process with threads cannot be forked"


def _serve(path: str) -> dict[str, Any] | None:
    """Waits for commands; returns in a child of its own with what is to be done, and None at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(path)
        listening.listen(16)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listening, 0], [], [], 1)
            while _reaped():
                pass
            if 0 in ready:
                return None
            if not ready:
                continue
            channel, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                return _watch(channel)
            channel.close()


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _watch(channel: socket.socket) -> dict[str, Any]:
    """Forks the command and tells how it ended; kills it when nobody waits for it any more. Returns in the command alone."""
    message, files, _, _ = socket.recv_fds(channel, _LONGEST_REQUEST, 3)
    request: dict[str, Any] = json.loads(message)
    command = os.fork()
    if command == 0:
        channel.close()
        for at, file in enumerate(files):
            os.dup2(file, at)
            os.close(file)
        return request
    for file in files:
        os.close(file)
    while True:
        done, status = os.waitpid(command, os.WNOHANG)
        if done:
            channel.send(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode())
            os._exit(0)
        if select.select([channel], [], [], 0.005)[0]:  # the other side hung up
            os.kill(command, signal.SIGKILL)
            os.waitpid(command, 0)
            os._exit(0)
        time.sleep(0.005)


def _main() -> None:
    _import_all()
    request = _serve(sys.argv[1])
    if request is None:
        return
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv = ["packs", *request["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115  theirs for good
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    from pipeline.__main__ import main

    main()


if __name__ == "__main__":
    _main()
