"""The sandbox: bubblewrap's namespaces, a seccomp filter and limits around every process that opens a stranger's file.

Inside there is no network, no other file than the job's, no capability, no way to make a new user namespace; 57 calls
and every socket family but the local one are refused (security.md 4.2 has the recipe and what was tried against it).
If the sandbox does not work, nothing is opened: there is no way round it in this file.

Jobs lie in a 0700 folder on a tmpfs, outside the home, each input and output under a random name in a folder that
cannot be listed; the folder is wiped when the job ends, and by the next start if a process was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import SandboxMissingError

TMPFS: Final = Path("/dev/shm")  # noqa: S108 -- memory, not disk; each room in it is 0700 and random
ROOM_PREFIX: Final = "conference-packs-"
NEW_ROOM_PREFIX: Final = ".new-conference-packs-"
INSIDE: Final = "/tmp"  # noqa: S108 -- the sandbox's own tmpfs, gone with it
SCRATCH_BYTES: Final = 256 * 1024 * 1024
MEMORY_BYTES: Final = 4 * 1024**3
OUTPUT_BYTES: Final = 200 * 1024 * 1024
OPEN_FILES: Final = 512
CHECK_SECONDS: Final = 20

_TMPFS_MAGIC: Final = "tmpfs"
_NETWORK_FAMILIES: Final = (
    socket.AF_INET,
    socket.AF_INET6,
    socket.AF_NETLINK,
    socket.AF_PACKET,
    socket.AF_VSOCK,
    socket.AF_ALG,
    44,  # AF_XDP
)
_REFUSED_CALLS: Final = """
ptrace process_vm_readv process_vm_writev kcmp process_madvise pidfd_getfd bpf io_uring_setup io_uring_enter
io_uring_register mount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick pivot_root chroot
unshare setns keyctl add_key request_key userfaultfd perf_event_open init_module finit_module delete_module
kexec_load kexec_file_load reboot swapon swapoff syslog acct quotactl quotactl_fd settimeofday clock_settime
clock_adjtime adjtimex stime sethostname setdomainname ioperm iopl name_to_handle_at open_by_handle_at lookup_dcookie
nfsservctl vhangup fanotify_init personality modify_ldt vmsplice
"""

# The probe says "shut" if it could neither read a file of the host, nor reach the network, nor make a namespace.
_PROBE: Final = """
import ctypes, os, socket, sys
found = []
for path in ("/etc/passwd", "/root", "/home", "/work", "/var/lib/postgresql"):
    if os.path.exists(path): found.append("file")
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
    try: socket.socket(family, socket.SOCK_DGRAM); found.append("network")
    except OSError: pass
if ctypes.CDLL(None).unshare(0x10000000) == 0: found.append("namespace")
if len([name for name in os.listdir("/proc") if name.isdigit()]) > 4: found.append("processes")
sys.stdout.write("open:" + ",".join(found) if found else "shut")
"""

_BOOT: Final = (
    "import sys; sys.path[:0] = ['/code', '/packages']; import importlib; "
    "importlib.import_module('pipeline.adapters.inside.' + sys.argv[1]).main(sys.argv[2:])"
)


class Room:
    """A job's folder: `put` a file in under a random name, `take` what came out. Gone when closed."""

    def __init__(self, tmpfs: Path = TMPFS) -> None:
        """Makes the folder, 0700, on a tmpfs. Raises SandboxMissingError where `tmpfs` is a disk."""
        if not _is_tmpfs(tmpfs):
            raise SandboxMissingError(
                f"{tmpfs} is not a tmpfs, so a stranger's file would be written to disk; nothing was opened. "
                f"Mount one there: mount -t tmpfs -o mode=1777 tmpfs {tmpfs}"
            )
        sweep(tmpfs)
        made = Path(tempfile.mkdtemp(prefix=NEW_ROOM_PREFIX, dir=tmpfs))
        self._lock = os.open(made / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Only a room that is locked ever has the name that `sweep` looks for.
        self.path = made.rename(tmpfs / f"{ROOM_PREFIX}{made.name.removeprefix(NEW_ROOM_PREFIX)}")
        for name in ("in", "out"):
            (self.path / name).mkdir(mode=0o300)
            (self.path / name).chmod(0o311)
        self._wipe = weakref.finalize(self, _wipe, self.path, self._lock)

    def put(self, content: bytes, suffix: str = "") -> str:
        """Writes `content` under a random name and returns the name."""
        name = os.urandom(16).hex() + suffix
        fd = os.open(self.path / "in" / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        (self.path / "out" / name).mkdir(mode=0o700)
        return name

    def take(self, name: str, result: str, limit_bytes: int = OUTPUT_BYTES) -> bytes | None:
        """Returns what the job left as `result`: None if nothing, no plain file, or more than `limit_bytes`."""
        try:
            fd = os.open(self.path / "out" / name / result, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(fd, "rb") as file:
            about = os.fstat(fd)
            if not stat.S_ISREG(about.st_mode) or about.st_size > limit_bytes:
                return None
            return file.read(limit_bytes)

    def drop(self, name: str) -> None:
        """Removes the job's input and everything that came out of it."""
        (self.path / "in" / name).unlink(missing_ok=True)
        shutil.rmtree(self.path / "out" / name, ignore_errors=True)

    def close(self) -> None:
        """Removes the folder with all that is in it."""
        self._wipe()

    def __enter__(self) -> Room:
        """Returns the room; it is closed at the end of the block."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Closes the room."""
        self.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """A process in the sandbox. `channel` talks to it where it was asked for."""

    process: subprocess.Popen[bytes]
    channel: socket.socket | None = None

    def wait(self, seconds: float) -> int | None:
        """Returns the exit code, or None where it had to be killed, with all it started, after `seconds`."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self) -> None:
        """Ends the process and everything it started: the sandbox's own process 1 goes, and all the others with it."""
        if self.channel is not None:
            try:
                self.channel.shutdown(socket.SHUT_RDWR)  # wakes the thread that listens on it
            except OSError:
                pass
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()


class Sandbox:
    """Starts processes that can do nothing but read their room's `in` and write its `out`."""

    def __init__(self, tmpfs: Path = TMPFS, bwrap: str = "bwrap") -> None:
        """Rooms are made in `tmpfs`; `bwrap` is bubblewrap's command."""
        self._tmpfs = tmpfs
        self._bwrap = bwrap
        self._filter: bytes | None = None
        self._checked = False
        self._lock = threading.Lock()
        # The kernel ends a sandbox when the *thread* that started it ends, so all are started by one that stays.
        self._starter = ThreadPoolExecutor(1, "sandbox-starter")

    def room(self) -> Room:
        """Returns a new room."""
        return Room(self._tmpfs)

    def check(self) -> None:
        """Returns if a probe inside the sandbox found everything shut.

        Raises:
            SandboxMissingError: it does not start, or something was open; the message names the fix.
        """
        room = self.room()
        try:
            self._check(room)
        finally:
            room.close()

    def _check(self, room: Room) -> None:
        command = self._command(room, cpu_seconds=CHECK_SECONDS, filter_fd="{filter}")
        started = self._start([*command, *python_inside(), "-c", _PROBE], subprocess.PIPE, None)
        try:
            said, complaint = started.process.communicate(timeout=CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            raise SandboxMissingError(
                f"The sandbox did not answer within {CHECK_SECONDS} s, so no received file is opened. Try again when "
                "the machine is less busy."
            ) from None
        if said == b"shut":
            self._checked = True
            return
        if said.startswith(b"open:"):
            raise SandboxMissingError(
                f"The sandbox is not tight ({said[5:60].decode('ascii', 'replace')}), so no received file is opened. Is"
                " this Debian 12's bubblewrap? apt-get install --reinstall bubblewrap libseccomp2"
            )
        hint = (
            "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000"
            if b"namespace" in complaint or b"Operation not permitted" in complaint
            else "apt-get install bubblewrap libseccomp2 libreoffice-writer-nogui"
        )
        raise SandboxMissingError(f"The sandbox does not start, so no received file is opened. Try: {hint}")

    def launch(self, module: str, room: Room, *arguments: str) -> Confined:
        """Starts `pipeline.adapters.inside.<module>` as a server; it gets the channel's number, then `arguments`.

        Raises:
            SandboxMissingError: the sandbox does not work.
        """
        self._be_sure()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = self._command(room, cpu_seconds=None, filter_fd="{filter}")
            started = self._start(
                [*command, *python_inside(), "-c", _BOOT, module, str(theirs.fileno()), *arguments],
                subprocess.DEVNULL,
                theirs.fileno(),
            )
        return Confined(process=started.process, channel=ours)

    def run(self, argv: Sequence[str], room: Room, *, seconds: float, extra: Sequence[str] = ()) -> int | None:
        """Runs one command to its end; None where it was killed after `seconds`. `extra`: further bwrap options.

        Raises:
            SandboxMissingError: the sandbox does not work.
        """
        self._be_sure()
        command = self._command(room, cpu_seconds=int(seconds) + 5, filter_fd="{filter}", extra=extra)
        return self._start([*command, *argv], subprocess.DEVNULL, None).wait(seconds)

    def close(self) -> None:
        """Lets the starting thread go; what it started must be over."""
        self._starter.shutdown()

    def _be_sure(self) -> None:
        with self._lock:
            if not self._checked:
                self.check()

    def _start(self, argv: list[str], stdout: int, channel: int | None) -> Confined:
        """Starts the command line with the filter in the file descriptor that `{filter}` stands for."""
        if self._filter is None:
            self._filter = seccomp_filter()
        fd = os.memfd_create("filter")
        try:
            os.write(fd, self._filter)
            os.lseek(fd, 0, os.SEEK_SET)
            fds = (fd,) if channel is None else (fd, channel)
            command = [str(fd) if word == "{filter}" else word for word in argv]
            return Confined(process=self._starter.submit(_spawn, command, stdout, fds).result())
        finally:
            os.close(fd)

    def _command(
        self,
        room: Room,
        *,
        cpu_seconds: int | None,
        filter_fd: str,
        extra: Sequence[str] = (),
    ) -> list[str]:
        limits = [f"--as={MEMORY_BYTES}", f"--fsize={OUTPUT_BYTES}", f"--nofile={OPEN_FILES}", "--core=0"]
        if cpu_seconds is not None:
            limits.append(f"--cpu={cpu_seconds}")
        return [
            *("prlimit", *limits, "--", self._bwrap),
            *(
                "--unshare-all",
                "--unshare-user",
                "--disable-userns",
                "--die-with-parent",
                "--new-session",
                "--clearenv",
            ),
            *("--cap-drop", "ALL", "--hostname", "sandbox"),
            *("--setenv", "HOME", INSIDE, "--setenv", "PATH", "/usr/bin", "--setenv", "LC_ALL", "C.UTF-8"),
            *("--setenv", "SAL_USE_VCLPLUGIN", "svp", "--setenv", "OMP_THREAD_LIMIT", "1"),
            *("--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"),
            *("--symlink", "usr/bin", "/bin", "--ro-bind-try", "/etc/fonts", "/etc/fonts"),
            *("--ro-bind-try", "/etc/libreoffice", "/etc/libreoffice"),
            *("--ro-bind-try", "/etc/papersize", "/etc/papersize"),
            *("--ro-bind-try", "/var/lib/libreoffice", "/var/lib/libreoffice"),
            *("--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig"),
            *_python_binds(),
            *_office_binds(),
            *("--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH_BYTES), "--tmpfs", INSIDE),
            *("--ro-bind", str(room.path / "in"), "/in", "--bind", str(room.path / "out"), "/out"),
            *extra,
            *("--chdir", INSIDE, "--seccomp", filter_fd, "--"),
        ]


def _spawn(command: list[str], stdout: int, fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE if stdout == subprocess.PIPE else subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=fds,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            cwd="/",
        )
    except FileNotFoundError:
        raise SandboxMissingError(
            "bubblewrap or prlimit is not installed, so no received file is opened. "
            "Run: apt-get install bubblewrap util-linux"
        ) from None


def python_inside() -> list[str]:
    """Returns the command that runs this Python inside, without site packages, settings or byte-code files."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    prefix = sys.base_prefix if _is_in_usr(sys.base_prefix) else "/python"
    return [f"{prefix}/bin/{name}", "-I", "-S", "-B"]


def _python_binds() -> list[str]:
    """Returns the mounts of the interpreter, its packages and the scripts: read-only, at names that tell nothing."""
    binds = ["--ro-bind", str(Path(__file__).parent / "inside"), "/code/pipeline/adapters/inside"]
    if not _is_in_usr(sys.base_prefix):
        binds += ["--ro-bind", sys.base_prefix, "/python"]
    return [*binds, "--ro-bind", sysconfig.get_path("purelib"), "/packages"]


def _office_binds() -> list[str]:
    """Returns the mount that gives LibreOffice without GUI the one window it needs (annotation.ui says why)."""
    windows = Path("/usr/lib/libreoffice/share/config/soffice.cfg/modules/swriter")
    if not windows.is_dir() or (windows / "ui" / "annotation.ui").exists():
        return []
    return ["--ro-bind", str(Path(__file__).parent / "inside" / "swriter"), str(windows)]


def _is_in_usr(path: str) -> bool:
    return Path(path).is_relative_to("/usr")


def seccomp_filter() -> bytes:
    """Returns the filter as BPF: every call is allowed but those that are refused by name.

    Raises:
        SandboxMissingError: libseccomp is absent.
    """
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        raise SandboxMissingError(
            "libseccomp is not installed, so no received file is opened. Run: apt-get install libseccomp2"
        ) from None
    refuse = pyseccomp.ERRNO(1)  # EPERM
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for family in _NETWORK_FAMILIES:
        rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.EQ, int(family)))
    for call in _REFUSED_CALLS.split():
        try:
            rules.add_rule(refuse, call)
        except (OSError, ValueError, RuntimeError):
            continue  # this machine's kernel has no such call
    new_user_namespace = 0x10000000
    rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, new_user_namespace, new_user_namespace))
    # Its flags lie in memory, where a filter cannot look; "not known" makes libc use clone.
    rules.add_rule(pyseccomp.ERRNO(38), "clone3")
    with tempfile.TemporaryFile(dir=TMPFS) as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def sweep(tmpfs: Path = TMPFS) -> None:
    """Removes the rooms of processes that are gone: nobody holds their lock any more."""
    for room in tmpfs.glob(f"{ROOM_PREFIX}*"):
        try:
            lock = os.open(room / "lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # another user's, or just being removed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        _wipe(room, lock)


def _wipe(room: Path, lock: int) -> None:
    for folder in (room / "in", room / "out"):
        if folder.is_dir():
            folder.chmod(0o700)
    shutil.rmtree(room, ignore_errors=True)
    os.close(lock)


def _is_tmpfs(path: Path) -> bool:
    """True where the file system mounted nearest above `path` is in memory."""
    wanted = path.resolve()
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, point, type_, *_ = line.split()
        if wanted.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, type_
    return kind in (_TMPFS_MAGIC, "ramfs")
