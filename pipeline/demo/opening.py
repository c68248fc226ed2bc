"""One pack opened as its reader would: taken out of the mail that arrived, by programs that are none of ours."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path

from pipeline.demo.mail_server import delivered
from pipeline.errors import DemoStoppedError

_WITHIN_SECONDS = 60
_LINES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What other eyes saw. `pages` were counted, `lines` read, by qpdf and pdftotext."""

    file: Path
    encryption: str
    locked: bool
    pages: int
    lines: tuple[str, ...]


def attachment_of(message_id: str, mails: Path, into: Path) -> Path:
    """Takes the attachment of a mail that arrived and writes it, still encrypted, to `into`; returns that file.

    Raises:
        DemoStoppedError: no mail with that Message-ID arrived, or more than one.
    """
    arrived = []
    for path in delivered(mails):
        message = BytesParser(policy=policy.SMTP).parsebytes(path.read_bytes())
        if message["Message-ID"] == message_id:
            arrived.append(message)
    if len(arrived) != 1:
        raise DemoStoppedError(f"The pack to be opened arrived {len(arrived)} times, not once.")
    attached = next(part for part in arrived[0].walk() if part.get_content_type() == "application/pdf")
    into.parent.mkdir(mode=0o700, exist_ok=True)
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    into.write_bytes(content)
    return into


def opened(file: Path, passphrase: str, memory: Path) -> Opened:
    """Opens the file with qpdf and pdftotext; what is readable lies in `memory` meanwhile and is wiped.

    Raises:
        DemoStoppedError: it does not open, or opens without the passphrase.
    """
    room = Path(tempfile.mkdtemp(dir=memory, prefix="packs-demo-"))
    try:
        words = room / "words"
        words.write_text(passphrase)
        clear = room / "clear.pdf"
        locked = _ran("qpdf", "--requires-password", str(file)).returncode == 0
        by_file = f"--password-file={words}"
        told = _ran("qpdf", by_file, "--show-encryption", str(file)).stdout
        if not locked or _ran("qpdf", by_file, "--decrypt", str(file), str(clear)).returncode not in (0, 3):
            raise DemoStoppedError("The pack does not open with its passphrase, or opens without it.")
        pages = int(_ran("qpdf", "--show-npages", str(clear)).stdout or 0)
        text = _ran("pdftotext", "-layout", str(clear), "-").stdout
    finally:
        shutil.rmtree(room, ignore_errors=True)
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    kind = "AES-256 (R6)" if "R = 6" in told and "AESv3" in told else "not AES-256"
    return Opened(file=file, encryption=kind, locked=locked, pages=pages, lines=tuple(lines[:_LINES_SHOWN]))


def _ran(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_WITHIN_SECONDS, check=False
        )
    except FileNotFoundError:
        raise DemoStoppedError(f"{command[0]} is not installed, so the pack was not opened. Run: make setup") from None
    except subprocess.TimeoutExpired:
        raise DemoStoppedError(f"{command[0]} did not end within {_WITHIN_SECONDS} seconds.") from None
