"""Specimens: a picture and values made up here, by which `packs doctor` sees whether the machinery works."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Final

_FIELDS: Final = {
    "invitees": ("name", "role", "agency"),
    "reports_table": ("report", "agency", "received", "verdict"),
    "awaited": ("report", "agency", "due"),
    "contents": ("number", "title", "pages"),
    "dates": ("what", "when"),
    "answers": ("what", "said"),
    "attended": ("who", "how"),
    "opinions": ("who", "child", "view", "reasons"),
    "scale": ("who", "child", "number"),
    "subjects": ("id", "name"),
    "attendees": ("id", "name"),
    "view_rows": ("id", "name", "child"),
    "scale_rows": ("id", "name", "child"),
    "action_rows": ("number",),
    "immediate_rows": ("number",),
}
_OF_A_CHILD: Final = (
    *("name", "decision", "category", "reason", "danger", "goal", "worries", "strengths", "views", "contingency", "visits"),
    *("alone", "core_group", "grade", "rag", "family_heading", "other_heading"),
)
_ACTIONS: Final = [dict.fromkeys(("action", "why", "who"), "Example")]
_STRINGS: Final = (
    *("title", "authority", "conference_type", "reference", "start", "prepared_for", "issue", "contact"),
    *("classification", "team", "mode", "supersedes", "chair", "duty", "chair_word", "chair_label", "intro", "decided",
      "respond"),
    *("profile", "midpoint", "complaint", "escalation", "summary", "family_views", "review_word", "plan_word", "decisions"),
    *("categories", "ratings", "presences", "opinion_words", "mark", "report_due", "send_to", "section", "call"),
    *("reports", "interpreter", "agency", "social_worker"),
)
EXAMPLE: Final[Mapping[str, object]] = {
    **dict.fromkeys(_STRINGS, "Example"),
    "children": ["Example"],
    "notes": ["Example"],
    "immediate": ["Example"],
    "must_say": ["Example"],
    "standing": ["Example"],
    "outcomes": [dict.fromkeys(_OF_A_CHILD, "Example") | {"family_actions": _ACTIONS, "other_actions": _ACTIONS}],
    "parts": [{"heading": "Example", "paragraphs": [{"text": "Example"}]}],
    **{name: [dict.fromkeys(fields, "Example")] for name, fields in _FIELDS.items()},
}
"""Values for every name that a Word template may use."""

_LETTERS: Final = {
    "C": (14, 17, 16, 16, 16, 17, 14),
    "D": (30, 17, 17, 17, 17, 17, 30),
    "E": (31, 16, 16, 30, 16, 16, 31),
    "H": (17, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14),
    "L": (16, 16, 16, 16, 16, 16, 31),
    "N": (17, 25, 21, 19, 17, 17, 17),
    "R": (30, 17, 17, 30, 20, 18, 17),
    "T": (31, 4, 4, 4, 4, 4, 4),
    "U": (17, 17, 17, 17, 17, 17, 14),
    " ": (0,) * 7,
}
"""Letters of seven rows, five dots each, the highest bit on the left."""

_WORDS: Final = ("THE CHILD", "IN THE UNIT", "THE UNCLE", "RICH CHILD")
_DOT: Final = 9


def picture_of_words() -> bytes:
    """Returns a PNG of printed words, drawn here so that looking at the reader needs nothing but the reader."""
    across = max(len(line) for line in _WORDS)
    width, blank = (across + 4) * 6 * _DOT, bytes(1)
    rows: list[bytes] = []
    white = blank + b"\xff" * width
    for line in _WORDS:
        rows += [white] * (4 * _DOT)
        for at in range(7):
            dots = "".join(f"{_LETTERS[letter][at]:05b}0" for letter in f"  {line}".ljust(across + 4))
            rows += [blank + b"".join((b"\0" if dot == "1" else b"\xff") * _DOT for dot in dots)] * _DOT
    rows += [white] * (8 * _DOT)
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
