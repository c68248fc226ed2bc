"""The file `packs.toml`: every key it may hold, what is written for a new home, and the line of each key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

FILE_NAME = "packs.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: its meaning in words, its default (which fixes its type), and its limits, both included."""

    meaning: str
    default: bool | int | float | str | tuple[str, ...]
    required: bool = False
    least: float | None = None
    most: float | None = None
    one_of: tuple[str, ...] | None = None
    days: bool = False

    def complaint(self, value: Any) -> str | None:
        """Returns what is wrong with the value, None if it can be used. Never quotes it: it may be a secret."""
        match self.default:
            case bool():
                return None if isinstance(value, bool) else "write true or false"
            case int() | float():
                return self._number(value)
            case str():
                return self._text(value)
            case _:
                return self._list(value)

    def _number(self, value: Any) -> str | None:
        whole = isinstance(self.default, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            return "write a whole number without quotes" if whole else "write a number without quotes"
        if (self.least is not None and not value >= self.least) or (self.most is not None and not value <= self.most):
            return f"write a number from {self.least:g} to {self.most:g}"
        return None

    def _text(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return "write a text in quotes"
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            return "line breaks and control characters are not allowed"
        if self.required and not value.strip():
            return f"this may not be empty: {self.meaning}"
        if self.one_of is not None and value not in self.one_of:
            return f"write one of {', '.join(self.one_of)}"
        return None

    def _list(self, value: Any) -> str | None:
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            return 'write a list of texts: ["…", "…"]'
        if self.days and not all(_is_day(one) for one in value):
            return 'write days: ["2027-06-14", "…"]'
        return "line breaks are not allowed" if any("\n" in one or "\r" in one for one in value) else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


KEYS: Mapping[str, Key] = {
    "profile": Key(meaning="the authority's profile, as `packs profiles` lists them", default="", required=True),
    "team": Key(meaning="the team's name, as people know it", default="", required=True),
    "from": Key(meaning="the bare address that mail comes from", default="", required=True),
    "rehearsal": Key(meaning="a home for practice: a clock set by hand, and nothing leaves the machine", default=False),
    "phones": Key(meaning="telephone lines printed for people to call", default=()),
    "releases_needed": Key(meaning="how many people must release a copy that needs it", default=1, least=1, most=2),
    "invitations": Key(
        meaning="true has invitations made where the profile gives them: each goes by itself to a confirmed address, family's "
        "once a person released it; with false people write them",
        default=False,
    ),
    "letters": Key(
        meaning="true lets requests, reminders and receipts without content go to agencies by themselves, also to addresses "
        "not yet confirmed; with false `packs agenda` shows them as tasks",
        default=False,
    ),
    "bank_holidays": Key(
        meaning="bank holidays proclaimed since this program's packages were released, YYYY-MM-DD; open conferences are dated "
        "anew and agencies told again",
        default=(),
        days=True,
    ),
    "inbox": Key(meaning="the folder that reports are dropped in", default="inbox"),
    "inbox_on_share": Key(meaning="true if the inbox is on a network share (SMB, NFS)", default=False),
    "stable_seconds": Key(meaning="seconds a file must lie unchanged", default=2.0, least=0.2, most=600),
    "outbox": Key(meaning="the folder for what was sent in a rehearsal", default="outbox"),
    "vault": Key(meaning="the folder of sealed files", default="data/vault"),
    "database": Key(meaning="an SQLite file on a local disk, or postgresql://user@host/database", default=""),
    "keys_database": Key(meaning="the wrapped keys, in a database of their own", default=""),
    "checkpoints": Key(meaning="a folder on another machine for a second copy of the checkpoints", default=""),
    "gateways": Key(meaning="hosts of our own whose Received lines are believed", default=()),
    "host": Key(meaning="this machine's name, unlike every other's", default=""),
    "works_at_once": Key(meaning="how many pieces of work are done at a time", default=3, least=1, most=64),
    "smtp.host": Key(meaning="the server that takes our mail", default=""),
    "smtp.port": Key(meaning="its port", default=0, least=1, most=65535),
    "smtp.tls": Key(meaning="how TLS begins", default="starttls", one_of=("starttls", "tls")),
    "smtp.username": Key(meaning="the login", default=""),
    "smtp.password": Key(meaning="its password", default=""),
    "smtp.password_file": Key(meaning="a file that holds the password", default=""),
    "smtp.ca_file": Key(meaning="the certificate authority to trust, where it is not the system's", default=""),
    "conversion.seconds": Key(meaning="seconds for one document", default=60, least=5, most=3600),
    "conversion.memory_mb": Key(meaning="megabytes for one document", default=1536, least=256, most=65536),
    "conversion.at_once": Key(meaning="documents at a time", default=2, least=1, most=64),
    "conversion.largest_mb": Key(meaning="megabytes of the largest file taken", default=35, least=1, most=1024),
}

_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_PART = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_ASSIGNMENT = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")


def lines_of(text: str) -> dict[str, int]:
    """Returns the line, from 1, of each key (`smtp.host`) and section (`smtp`); the first where one is there twice."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if (header := _HEADER.match(line)) and not _ASSIGNMENT.match(line):
            section = _plain(header[1])
            lines.setdefault(section, number)
        elif assignment := _ASSIGNMENT.match(line):
            name = _plain(assignment[1])
            lines.setdefault(f"{section}.{name}" if section else name, number)
    return lines


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def default_settings_text(
    profile: str, team: str, from_address: str, rehearsal: bool, phones: Sequence[str] = ()
) -> str:
    """Returns a commented packs.toml for a new home; what is left out has the value shown behind its `#`."""
    given: dict[str, Any] = {"profile": profile, "team": team, "from": from_address, "rehearsal": rehearsal}
    if phones:
        given["phones"] = tuple(phones)
    parts = ["# The settings of this home. `packs doctor` says whether they work.\n"]
    section = ""
    for name, key in KEYS.items():
        above, _, short = name.rpartition(".")
        if above != section:
            section = above
            parts.append(f"\n# Take the # off the next line to use the settings below it.\n# [{section}]\n")
        parts.append(f"\n# {key.meaning[0].upper()}{key.meaning[1:]}.\n")
        parts.append(f"{short} = {toml_value(given[name])}\n" if name in given else f"# {short} = {_shown(key)}\n")
    parts.append("\n# Rather than here, a password may be in the variable PACKS_SMTP_PASSWORD.\n")
    return "".join(parts)


def toml_value(value: bool | int | float | str | tuple[str, ...]) -> str:
    """Returns the value as TOML, texts escaped."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            # JSON's escapes are TOML's but for DEL, which TOML wants escaped too.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case _:
            return f"[{', '.join(toml_value(one) for one in value)}]"


def _shown(key: Key) -> str:
    return toml_value(587 if key.default == 0 and not isinstance(key.default, bool) else key.default)
