"""A TOML file that the strict parser refuses, statement by statement: which lines are wrong, and all the rest of it.

The strict parser stops at the first mistake, and a syntax tree takes the neighbours of a mistake for a part of it. Here
each statement is tried alone, so that an unquoted, unclosed or smart-quoted value spoils its own line and nothing else.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

UNPLACED = "\0nowhere"
"""The name of the tables whose header cannot be read."""

_STATEMENT = re.compile(rb"(?:[\w.-]|\"[^\"]*+\"|'[^']*+'|[ \t])++=")
_HEADER = re.compile(rb"[ \t]*\[\[?[ \t]*[A-Za-z_][\w.-]*+[ \t]*(?:\]|#|$)")
_KEY = re.compile(rb"[ \t]*([\w-]{1,40})[ \t]*=")
_TITLE = re.compile(rb"[ \t]*\[{1,2}[ \t]*([A-Za-z_][\w-]{0,39})[ \t]*(?:[\]#]|$)")
_ARRAY = re.compile(rb"[^=]*=[ \t]*\[")
_LONG_TEXT = re.compile(rb"[^=]*=[ \t]*(\"\"\"|''')")
_TRIES = 6
_MOST_SPOILT_ENTRIES, _LONG_ARRAY_BYTES = 20, 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """A line, from 1, that is no TOML. `key`: whose value stands there; `entry`: one table of an array of tables."""

    line: int
    key: str | None = None
    entry: bool = False


def salvaged(content: bytes) -> tuple[bytes, list[Spoilt]]:
    """Returns the file with what is spoilt blanked, line for line, and the lines to be put right.

    A header that cannot be read is replaced by the likeliest, else by one named `UNPLACED`, so that the keys below it
    are not taken for another table's; a spoilt table within an array by an empty one, so that the others keep their
    places.
    """
    lines = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    spoilt: list[Spoilt] = []
    at = 0
    while at < len(lines):
        if toml_takes(lines[at]):
            at += 1
        elif end := _whole(lines, at):
            at = end
        elif _ARRAY.match(lines[at]) and _STATEMENT.match(lines[at]):
            end = _next_statement(lines, at)
            lines[at:end], wrong = _array(lines[at:end], at + 1)
            spoilt += wrong
            at = end
        else:
            spoilt.append(Spoilt(line=at + 1, key=_key(lines[at])))
            is_header = lines[at].lstrip().startswith(b"[") or (b"=" not in lines[at] and b"]" in lines[at])
            lines[at] = _likely_header(lines[at], content) if is_header else b""
            at += 1
    return b"\n".join(lines), spoilt


def toml_takes(part: bytes) -> bool:
    """True where this is valid TOML."""
    try:
        tomllib.loads(part.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _whole(lines: list[bytes], at: int) -> int | None:
    """Returns the end (exclusive) of the statement of several lines that begins here, or None where there is none."""
    if not _STATEMENT.match(lines[at]):
        return None
    ends: list[int] = []
    if text := _LONG_TEXT.match(lines[at]):
        ends = [next((n + 1 for n in range(at + 1, len(lines)) if text[1] in lines[n]), at)]
    elif _ARRAY.match(lines[at]):
        closing = [n + 1 for n in range(at + 1, _next_statement(lines, at)) if b"]" in lines[n]]
        ends = [*closing[-1:], *closing[:_TRIES]]
    return next((end for end in ends if end > at and toml_takes(b"\n".join(lines[at:end]))), None)


def _next_statement(lines: list[bytes], at: int) -> int:
    """Returns where the next key or header after this line stands, or the end of the file."""
    return next(
        (n for n in range(at + 1, len(lines)) if _STATEMENT.match(lines[n]) or _HEADER.match(lines[n])), len(lines)
    )


def _array(lines: list[bytes], first: int) -> tuple[list[bytes], list[Spoilt]]:
    """Returns what stands for the lines of a spoilt array, of which the first is line `first`, and what is wrong."""
    kept, key = list(lines), _key(lines[0])
    most = _MOST_SPOILT_ENTRIES if sum(map(len, lines)) <= _LONG_ARRAY_BYTES else 1
    spoilt: list[Spoilt] = []
    while not toml_takes(b"\n".join(kept)) and len(spoilt) < most:
        wrong = _first_wrong(kept)
        if wrong is None:  # never closed
            spoilt.append(Spoilt(line=first, key=key))
            last = max(number for number, line in enumerate(kept) if line.strip() and line.lstrip()[:1] != b"#")
            if last + 1 < len(kept):  # a blank line or a comment
                kept[last + 1] = b"]"
            else:
                kept[last] += b"]"
            break
        of_tables = kept[wrong].lstrip().startswith(b"{") and kept[wrong].strip() != b"{},"
        spoilt.append(Spoilt(line=first + wrong, key=None if of_tables else key, entry=of_tables))
        if not of_tables:
            break
        kept[wrong] = b"{},"
    if any(line.lstrip().startswith(b"{") for line in lines) and toml_takes(b"\n".join(kept)):
        return kept, spoilt
    return [b""] * len(lines), [Spoilt(line=one.line, key=key) for one in spoilt]


def _first_wrong(lines: list[bytes]) -> int | None:
    """Returns the first line up to which the array cannot be read, were it closed there; None where there is none."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        if toml_takes(b"\n".join([*lines[: middle + 1], b"]"])):
            low = middle + 1
        else:
            high = middle
    return low if low < len(lines) else None


def _key(line: bytes) -> str | None:
    """Returns the plain key that the line begins with, if it does."""
    found = _KEY.match(line)
    return found[1].decode(errors="replace") if found else None


def _likely_header(line: bytes, content: bytes) -> bytes:
    """Returns the header that is likely meant."""
    if found := _TITLE.match(line):
        listed = b"[[" in line or b"]]" in line or b"[[" + found[1] + b"]]" in content
        made: bytes = b"[[%s]]" % found[1] if listed else b"[%s]" % found[1]
        return made
    return b'[["\\u0000nowhere"]]'
