"""A throw-away PostgreSQL 15: real, on a free port of loopback, gone when the block ends."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql/15/bin")
UNPRIVILEGED_USERS = ("postgres", "nobody")
READY_WITHIN_SECONDS = 30
FAST_AND_FORGETFUL = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "30s", "shared_buffers": "32MB"}


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Yields a function that creates a fresh, empty database and returns its `postgresql+psycopg://` URL."""
    # Not under pytest's own folder: that one is closed to the user the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="packs-postgres-"))
    run_as = _run_as(folder)
    data = folder / "db"
    try:
        initdb = [f"{BINARIES}/initdb", "-D", f"{data}", "-U", "packs", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run([*run_as, *initdb], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        port = _free_port()
        options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder)}
        settings = [f"-c{name}={value}" for name, value in (FAST_AND_FORGETFUL | options).items()]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*run_as, f"{BINARIES}/postgres", "-D", str(data), *settings], stdout=log, stderr=log, cwd=folder
            )
        try:
            _await_ready(server, port, folder / "log")
            yield lambda: _fresh(port)
        finally:
            server.send_signal(signal.SIGINT)  # Fast shutdown: clients are cut off.
            try:
                server.wait(timeout=15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_as(folder: Path) -> list[str]:
    """Returns the command that drops root, which PostgreSQL refuses to run as; the folder is then that user's."""
    if os.geteuid() != 0:
        return []
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = next(known[name] for name in UNPRIVILEGED_USERS if name in known)
    os.chown(folder, user.pw_uid, user.pw_gid)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--pdeathsig=INT"]  # The server goes when the tests are killed.


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(_conninfo(port), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _fresh(port: int) -> str:
    name = f"packs_{secrets.token_hex(6)}"
    with psycopg.connect(_conninfo(port), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql+psycopg://packs@127.0.0.1:{port}/{name}"


def _conninfo(port: int) -> str:
    return f"host=127.0.0.1 port={port} user=packs dbname=postgres"
