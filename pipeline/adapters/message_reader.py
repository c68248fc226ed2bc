"""Reads an e-mail in a limited child: the parsing happens inside (inside/read_message.py), only lengths are read here.

What the child says is not believed either: sizes, types and names are checked again before anything is made of it.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from pipeline.adapters.inside import read_message as inside
from pipeline.errors import UnreadableFileError
from pipeline.ports import Message, MessagePart

Runner = Callable[[Sequence[str], bytes, float], bytes]
"""Runs argv in the sandbox with these bytes as stdin, at most so many real seconds; returns stdout.

Raises a PacksError (SandboxMissingError goes on to the caller), OSError, TimeoutError or a subprocess error.
"""

SCRIPT = Path(inside.__file__)
WITHIN_SECONDS = 30.0
_KINDS = frozenset({None, "bounce", "auto-reply", "read-receipt", "calendar"})
_SEALS = frozenset({None, "smime", "rpmsg", "winmail"})


class ChildMessageReader:
    """Keeps the port MessageReader with one child per mail."""

    def __init__(
        self,
        runner: Runner,
        *,
        python: str = sys.executable,
        script: Path = SCRIPT,
        within_seconds: float = WITHIN_SECONDS,
    ) -> None:
        """Keeps how to run the child; `python` and `script` are paths as seen from inside the sandbox."""
        self._runner = runner
        self._argv = (python, "-I", "-S", str(script))
        self._within = within_seconds

    def read(self, content: bytes, gateways: Sequence[str]) -> Message:
        """Returns the message; `gateways` are the hosts of our own servers, compared whole and without case.

        Raises:
            UnreadableFileError: not a mail, outside the limits, or the child gave up. The original is kept.
            SandboxMissingError: the runner's sandbox does not work; nothing was opened.
        """
        import subprocess

        if len(content) > inside.MAX_BYTES:
            _unreadable("too-large")
        options = json.dumps({"gateways": list(gateways)}).encode()
        try:
            answer = self._runner(self._argv, struct.pack(">I", len(options)) + options + content, self._within)
        except (OSError, subprocess.SubprocessError):
            _unreadable("gave-up")
        return _message(answer)


def _message(answer: bytes) -> Message:
    try:
        (size,) = struct.unpack_from(">I", answer)
        found = json.loads(answer[4 : 4 + size])
        if "refused" in found:
            _unreadable(found["refused"] if found["refused"] in _REFUSALS else "refused")
        return Message(
            untrusted_sender=_line(found["sender"], 320),
            untrusted_subject=_line(found["subject"], inside.MAX_SUBJECT),
            message_id=_line(found["message_id"], 302),
            text=_string(found["text"], inside.MAX_TEXT),
            parts=_parts(found["parts"], answer[4 + size :]),
            received_at=_instant(found["received_at"]),
            automatic=_one_of(found["automatic"], _KINDS),
            listed=found.get("listed") is True,
            sealed=_one_of(found["sealed"], _SEALS),
            decorations=_count(found["decorations"], inside.MAX_PARTS),
        )
    except (struct.error, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        _unreadable("garbled")


_REFUSALS = frozenset(
    {
        "empty",
        "too-large",
        "header-too-large",
        "too-many-parts",
        "too-deep",
        "too-hard",
        "not-a-mail",
        "damaged",
        "text-too-long",
    }
)


def _parts(listed: list[dict[str, Any]], blobs: bytes) -> tuple[MessagePart, ...]:
    if len(listed) > inside.MAX_PARTS:
        raise ValueError
    parts = []
    start = 0
    for one in listed:
        size = _count(one["size"], inside.MAX_BYTES)
        name = _string(one["name"], inside.MAX_NAME + 4)
        if not name or name != inside.clean_line(name, len(name)) or "/" in name or "\\" in name:
            raise ValueError
        parts.append(MessagePart(name=name, content=blobs[start : start + size]))
        start += size
    if start != len(blobs):
        raise ValueError
    return tuple(parts)


def _string(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError
    value.encode()  # no lone surrogate
    return value


def _line(value: object, longest: int) -> str:
    line = _string(value, longest)
    if line != inside.clean_line(line, longest):
        raise ValueError
    return line


def _count(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError
    return value


def _one_of(value: str | None, words: frozenset[str | None]) -> str | None:
    if value not in words:
        raise ValueError
    return value


def _instant(value: object) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(int(_string(value, 20)), tz=UTC)


def _unreadable(why: str) -> NoReturn:
    raise UnreadableFileError(
        f"The e-mail could not be read ({why}). Its original is kept and a person decides: open it outside this "
        "service, save what belongs to the conference as files of their own, and drop those in the inbox."
    ) from None
