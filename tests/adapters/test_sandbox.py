"""The sandbox: what a process inside can do, which is nearly nothing, and that nothing runs outside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.sandbox import ROOM_PREFIX, TMPFS, Room, Sandbox, python_inside, seccomp_filter, sweep
from pipeline.errors import SandboxMissingError

PROBE = """
import ctypes, json, os, socket, sys
tcp, unix, abstract, other, out = sys.argv[1:]
can = {}
def attempt(name, act):
    try: can[name] = bool(act())
    except (OSError, MemoryError): can[name] = False
def connects(family, where):
    with socket.socket(family) as s: s.settimeout(2); s.connect(where); return True
attempt("tcp", lambda: connects(socket.AF_INET, ("127.0.0.1", int(tcp))))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("ipv6", lambda: socket.socket(socket.AF_INET6))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("unix", lambda: connects(socket.AF_UNIX, unix))
attempt("abstract", lambda: connects(socket.AF_UNIX, chr(0) + abstract))
for name, path in (("passwd", "/etc/passwd"), ("other job", other)):
    attempt(name, lambda path=path: open(path, "rb").read())
attempt("processes", lambda: len([name for name in os.listdir("/proc") if name.isdigit()]) > 3)
attempt("list inputs", lambda: os.listdir("/in") is not None)
attempt("list outputs", lambda: os.listdir("/out") is not None)
attempt("loosen inputs", lambda: os.chmod("/in", 0o700) is None)
attempt("write input", lambda: open("/in/new", "w"))
attempt("write system", lambda: open("/usr/bin/new", "w"))
attempt("home", lambda: os.listdir("/root") or os.listdir("/home"))
attempt("environment", lambda: set(os.environ) & {"USER", "SECRET_CANARY", "SSH_AUTH_SOCK"})
libc = ctypes.CDLL(None, use_errno=True)
attempt("user namespace", lambda: libc.unshare(0x10000000) == 0)
attempt("mount", lambda: libc.mount(b"/", b"/tmp", None, 4096, None) == 0)
attempt("trace", lambda: libc.ptrace(0, 0, 0, 0) == 0)
attempt("memory", lambda: bytearray(6 * 1024**3))
def fill():
    with open(out + "/big", "wb") as f:
        for _ in range(300): f.write(bytes(1024**2))
    return True
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
attempt("large file", fill)
os.path.exists(out + "/big") and os.unlink(out + "/big")
can["own"] = True
open(out + "/found", "w").write(json.dumps(can))
"""

SIBLINGS = """
import json, os, sys
sys.path.insert(0, "/code")
from pipeline.adapters.inside.forking import shut_in
mine, other, out = sys.argv[1:]
for name in ("a", "b"): os.mkdir("/tmp/" + name); open("/tmp/" + name + "/x", "w").write("x")
child = os.fork()
if child == 0:
    can = {}
    def attempt(name, act):
        try: act(); can[name] = True
        except OSError: can[name] = False
    shut_in("/in/" + mine, "/out/" + mine, "/tmp/a", seconds=5, readable=("/usr", "/python", "/proc"))
    attempt("own input", lambda: open("/in/" + mine).read())
    attempt("own scratch", lambda: open("/tmp/a/y", "w"))
    attempt("other input", lambda: open("/in/" + other).read())
    attempt("other output", lambda: open("/out/" + other + "/x", "w"))
    attempt("other scratch", lambda: open("/tmp/b/x").read())
    attempt("scratch list", lambda: os.listdir("/tmp"))
    attempt("signal", lambda: os.kill(os.getppid(), 0))
    attempt("parent's memory", lambda: open("/proc/%d/mem" % os.getppid(), "rb"))
    open("/out/" + mine + "/found", "w").write(json.dumps(can))
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture
def room(sandbox: Sandbox) -> Iterator[Room]:
    made = sandbox.room()
    yield made
    made.close()


def test_check_passes(sandbox: Sandbox) -> None:
    """The sandbox works here and its own probe finds it shut."""
    sandbox.check()


def test_a_process_inside_reaches_nothing(sandbox: Sandbox, room: Room, tmp_path: Path) -> None:
    """No network, no unix socket, no other file, no process, no namespace, no more memory or disk than allowed."""
    path = str(tmp_path / "s")
    with (
        sandbox.room() as other,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        unix.bind(path)
        abstract.bind(f"\0{path}")
        unix.listen()
        abstract.listen()
        secret = other.path / "in" / other.put(b"another job's report")
        name = room.put(b"")
        arguments = [str(tcp.getsockname()[1]), path, path, str(secret), f"/out/{name}"]
        assert sandbox.run([*python_inside(), "-c", PROBE, *arguments], room, seconds=30) == 0
        found = json.loads(room.take(name, "found") or b"null")
    assert found.pop("own") is True
    assert [what for what, could in found.items() if could] == []
    assert len(found) == 21


def test_siblings_are_shut_off(sandbox: Sandbox, room: Room) -> None:
    """A child of a warm server reads its own input alone, and can neither read nor signal its neighbours."""
    mine, other = room.put(b"mine"), room.put(b"other")
    assert sandbox.run([*python_inside(), "-c", SIBLINGS, mine, other, "x"], room, seconds=20) == 0
    found = json.loads(room.take(mine, "found") or b"null")
    if not _has_landlock():
        pytest.skip("this kernel has no Landlock: siblings are kept apart by random names alone")
    assert [what for what, could in found.items() if could] == ["own input", "own scratch"]


def _has_landlock() -> bool:
    probe = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"
    return int(subprocess.check_output([sys.executable, "-c", probe])) >= 6


def test_the_limit_ends_everything(sandbox: Sandbox, room: Room) -> None:
    """At the wall clock limit the command dies with all that it started, in whatever session."""
    name = room.put(b"")
    beat = f"while :; do echo . >> /out/{name}/beat; sleep 0.05; done"
    begun = time.monotonic()
    assert sandbox.run(["/usr/bin/sh", "-c", f"setsid sh -c '{beat}' & {beat}"], room, seconds=1) is None
    assert time.monotonic() - begun < 5
    first = room.take(name, "beat")
    assert first
    time.sleep(0.4)
    assert room.take(name, "beat") == first


def test_without_bubblewrap_nothing_runs(room: Room, tmp_path: Path) -> None:
    """Where bubblewrap is absent nothing is started, and the error names the fix."""
    absent = Sandbox(bwrap="bwrap-is-not-here")
    witness = tmp_path / "ran"
    for attempt in (absent.check, lambda: absent.run(["/usr/bin/touch", str(witness)], room, seconds=5)):
        with pytest.raises(SandboxMissingError, match="apt-get install bubblewrap"):
            attempt()
    assert not witness.exists()
    absent.close()


def test_a_sandbox_that_is_none_is_refused(room: Room, tmp_path: Path) -> None:
    """A bubblewrap that only runs the command is found out before any file is opened."""
    false = tmp_path / "bwrap"
    false.write_text(
        '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift 2\nexec ' + sys.executable + ' "$@"\n', encoding="utf-8"
    )
    false.chmod(0o755)
    pretender = Sandbox(bwrap=str(false))
    witness = tmp_path / "ran"
    with pytest.raises(SandboxMissingError, match="not tight"):
        pretender.run(["/usr/bin/touch", str(witness)], room, seconds=5)
    assert not witness.exists()
    pretender.close()


def test_the_filter_is_small_and_repeatable() -> None:
    """The filter is made anew at each start and is always the same."""
    first = seccomp_filter()
    assert first == seccomp_filter()
    assert 0 < len(first) < 4096
    assert len(first) % 8 == 0


def test_a_room_is_private_and_wiped(sandbox: Sandbox) -> None:
    """A room is 0700 on a tmpfs, its folders cannot be listed, and nothing of it is left when it is closed."""
    made = sandbox.room()
    name = made.put(b"content", ".docx")
    assert made.path.parent == TMPFS
    assert made.path.stat().st_mode & 0o777 == 0o700
    assert [(made.path / part).stat().st_mode & 0o777 for part in ("in", "out")] == [0o311, 0o311]
    (made.path / "out" / name / "pages.pdf").write_bytes(b"result")
    assert made.take(name, "pages.pdf") == b"result"
    assert made.take(name, "pages.pdf", 3) is None
    assert made.take(name, "absent") is None
    (made.path / "out" / name / "link").symlink_to("/etc/hostname")
    assert made.take(name, "link") is None
    made.drop(name)
    assert not (made.path / "in" / name).exists()
    made.close()
    assert not made.path.exists()


def test_a_killed_process_leaves_a_room_that_is_swept(sandbox: Sandbox) -> None:
    """The next start wipes what a killed process left, and nothing that is in use."""
    code = (
        "from pipeline.adapters.sandbox import Room; import time; r = Room(); r.put(b'x'); "
        "print(r.path, flush=True); time.sleep(60)"
    )
    with sandbox.room() as mine, subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().decode().strip())
        assert left.name.startswith(ROOM_PREFIX)
        sweep()
        assert left.exists()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert left.exists()
        sweep()
        assert not left.exists()
        assert mine.path.exists()


def test_a_disk_is_refused(tmp_path: Path) -> None:
    """A folder on a disk is no place for a stranger's file in the clear."""
    disk = Path(__file__).parent
    with pytest.raises(SandboxMissingError, match="not a tmpfs"):
        Room(disk)
