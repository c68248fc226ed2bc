"""Drives the command line as an operator does: every call is a process of its own, every answer is parsed and checked."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.servers.nest import nest

PROGRAM = Path(__file__).parents[2]
SETTLES_SECONDS = 0.3
"""The stability time of the test homes; the default of 2 seconds has a test of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """Stdout as its one JSON value; anything else on stdout is a failure."""
        return json.loads(self.out)


def packs(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
) -> Ended:
    """Runs one command to its end; stdin is never a terminal."""
    code, out, err = nest().run(arguments, env=_environment(env), cwd=cwd or PROGRAM, stdin=stdin or "", timeout=timeout)
    return Ended(arguments=arguments, code=code, out=out, err=err)


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PACKS_")}
    return {**kept, "PYTHONPATH": str(PROGRAM), **(more or {})}


def done(*arguments: str, **options: Any) -> Any:
    """Runs a command with --json that must end well; returns its value."""
    ended = packs(*arguments, "--json", **options)
    assert ended.code == 0, f"{arguments}: exit {ended.code}\n{ended.out}\n{ended.err}"
    return ended.value


def refused(*arguments: str, **options: Any) -> str:
    """Runs a command that must be refused: exit 2, nothing on stdout, a sentence on stderr, which is returned."""
    ended = packs(*arguments, **options)
    assert ended.code == 2, f"{arguments}: exit {ended.code}\n{ended.out}\n{ended.err}"
    assert ended.out == "", ended.out
    assert ended.err.strip() and "Traceback" not in ended.err, ended.err
    return ended.err.strip()


@dataclass(slots=True)
class Home:
    """One home, and the words to work it."""

    path: Path
    kit_words: str = ""
    env: dict[str, str] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def make(cls, path: Path, *, profile: str = "portsmouth", settings: str = "", rehearsal: bool = True) -> Home:
        """Makes a home with `packs init`; `settings` are lines put at the end of packs.toml."""
        words = ["init", "--home", str(path), "--profile", profile, "--team", "Safeguarding Quality Team"]
        made = done(*words, "--from", "sqt@portmere.example", *(["--rehearsal"] if rehearsal else []))
        home = cls(path, kit_words=made["kit_words"])
        home.settings(f"stable_seconds = {SETTLES_SECONDS}")
        if settings:
            home.settings(settings)
        return home

    def settings(self, lines: str) -> None:
        """Puts lines into packs.toml: those with a section go to the end, others to the top."""
        file = self.path / "packs.toml"
        text = file.read_text()
        file.write_text(f"{text}\n{lines}\n" if lines.lstrip().startswith("[") else f"{lines}\n{text}")

    def copy(self, to: Path) -> Home:
        """Returns a copy of the whole home, made while no process works in it."""
        shutil.copytree(self.path, to, symlinks=True)
        return Home(to, kit_words=self.kit_words, env=dict(self.env), words=dict(self.words))

    # --- commands

    def __call__(self, *arguments: str, **options: Any) -> Any:
        """Runs a command that must end well; returns its JSON value."""
        return done(*arguments, "--home", str(self.path), env=self.env, **options)

    def ended(self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> Ended:
        """Runs a command, however it ends."""
        return packs(*arguments, "--home", str(self.path), env={**self.env, **(env or {})}, **options)

    def refused(self, *arguments: str, **options: Any) -> str:
        """Runs a command that must be refused; returns what it said."""
        return refused(*arguments, "--home", str(self.path), env=self.env, **options)

    def run(self, **options: Any) -> Any:
        """`packs run --once`."""
        return self("run", "--once", **options)

    def killed(self, mark: str, *, timeout: float = 120) -> bool:
        """`packs run --once` with a kill at a marked point; returns whether it was reached (and so the process killed)."""
        ended = self.ended("run", "--once", env={"PACKS_KILL_AT": mark}, timeout=timeout)
        assert ended.code in (0, -signal.SIGKILL), f"{mark}: exit {ended.code}\n{ended.err}"
        return ended.code == -signal.SIGKILL

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Starts `packs run` (or what is named) in a process group of its own and returns at once."""
        words = arguments or ("run",)
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *words, "--home", str(self.path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=PROGRAM,
            env=_environment({**self.env, **(env or {})}),
            start_new_session=True,
        )

    def clock(self, local: str) -> None:
        """`packs clock set`."""
        self("clock", "set", local)

    def convene(self, toml: str) -> str:
        """Takes a booking and returns its reference."""
        file = self.path.parent / f"{self.path.name}-booking.toml"
        file.write_text(toml)
        return str(self("convene", str(file))["reference"])

    def drop(self, name: str, content: bytes) -> Path:
        """Puts a file in the inbox as a copy from elsewhere does: under another name first."""
        target = self.path / "inbox" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(content)
        part.rename(target)
        return target

    def confirm(self, reference: str, *people: str, by: str = "Ann Clerk", method: str = "phone") -> None:
        """Confirms people's addresses."""
        for person in people:
            self(
                "address",
                "confirm",
                reference,
                person,
                "--method",
                method,
                "--by",
                by,
                "--note",
                "rang the number on file",
            )

    def release(self, reference: str, *people: str, by: str = "Bea Manager", document: str = "pack") -> None:
        """Releases people's copies."""
        for person in people:
            self("release", reference, person, "--document", document, "--by", by)

    # --- what is shown

    def reports(self, reference: str) -> dict[str, dict[str, Any]]:
        """`packs reports`, by person."""
        return {row["person"]: row for row in self("reports", reference)}

    def documents(self, reference: str) -> list[dict[str, Any]]:
        """`packs documents`."""
        rows: list[dict[str, Any]] = self("documents", reference)
        return rows

    def document(self, reference: str, person: str, document: str = "pack") -> dict[str, Any]:
        """The newest issue of a person's document that is not withdrawn."""
        return newest(self.documents(reference), person, document)

    def held(self) -> list[dict[str, Any]]:
        """`packs held`."""
        rows: list[dict[str, Any]] = self("held")
        return rows

    def inbox(self) -> list[str]:
        """The names of what lies in the inbox, but for the notes."""
        root = self.path / "inbox"
        found = (p.relative_to(root) for p in root.rglob("*") if p.is_file())
        return sorted(str(p) for p in found if p.parts[0] not in ("processed", "problem"))

    def sent(self) -> list[EmailMessage]:
        """The accepted messages of a rehearsal, as outbox/sent/ holds them."""
        files = sorted((self.path / "outbox" / "sent").glob("*.eml"))
        return [message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]  # type: ignore[misc]

    def sent_to(self, address: str) -> list[EmailMessage]:
        """Those to one address."""
        return [m for m in self.sent() if str(m["To"]) == address]

    def passphrase(self, reference: str, person: str) -> str:
        """The words that open a person's copies: the last line of what is printed for people. The same for ever, so kept."""
        if (reference, person) in self.words:
            return self.words[reference, person]
        ended = self.ended("passphrase", reference, person, "--by", "Ann Clerk", "--because", "rang back")
        assert ended.code == 0, ended.err
        return self.words.setdefault((reference, person), ended.out.splitlines()[-1])

    def exported(self, reference: str, person: str, document: str = "pack") -> bytes:
        """The sealed copy that `packs export` writes; the file is taken away again."""
        file = self.path.parent / f"{self.path.name}-{person}-{document}.pdf"
        self("export", reference, person, "--document", document, "--to", str(file))
        content = file.read_bytes()
        file.unlink()
        return content

    def sound(self) -> None:
        """`packs audit verify` must find nothing."""
        found = self("audit", "verify")
        assert found["sound"] is True, found
        assert found["first_bad"] is None, found


def newest(rows: Sequence[Mapping[str, Any]], person: str, document: str = "pack") -> dict[str, Any]:
    """The newest issue of a person's document that is not withdrawn."""
    found = [r for r in rows if r["person"] == person and r["document"] == document]
    live = [r for r in found if r["state"] != "cancelled"] or found
    assert live, f"no {document} of {person}"
    return dict(live[-1])


def attachment(message: EmailMessage) -> bytes:
    """The one attachment of a message."""
    (part,) = list(message.iter_attachments())
    content = part.get_content()
    assert isinstance(content, bytes)
    return content


def opened_text(sealed: bytes, passphrase: str, folder: Path) -> list[str]:
    """The text of each page of a sealed copy, by poppler's pdftotext: another program than any that made it."""
    file = folder / "sealed.pdf"
    file.write_bytes(sealed)
    try:
        shown = subprocess.run(
            ["pdftotext", "-layout", "-upw", passphrase, str(file), "-"], capture_output=True, text=True, check=False
        )
    finally:
        file.unlink()
    assert shown.returncode == 0, f"it does not open: {shown.stderr}"
    return shown.stdout.split("\f")[:-1]


def opens(sealed: bytes, passphrase: str, folder: Path) -> bool:
    """Whether qpdf opens the file with the words."""
    file = folder / "tried.pdf"
    file.write_bytes(sealed)
    tried = subprocess.run(["qpdf", f"--password={passphrase}", "--check", str(file)], capture_output=True, check=False)
    file.unlink()
    return tried.returncode == 0


def squeezed(text: str) -> str:
    """Text without white space, so that line breaks do not matter."""
    return re.sub(r"\s+", "", text)


def wait_until(happened: Any, *, seconds: float = 60, step: float = 0.2) -> None:
    """Waits until something is true, or fails."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(step)


def end_of(process: subprocess.Popen[bytes], *, by: int = signal.SIGTERM, seconds: float = 60) -> int:
    """Ends a process that this test started, and waits for it."""
    if process.poll() is None:
        process.send_signal(by)
    return process.wait(seconds)
