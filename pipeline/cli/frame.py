"""What every command shares: where the home is, how results are shown, how errors end."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WITHOUT_VALUE = frozenset(
    {"--once", "--rehearsal", "--schema", "--not-a-report", "--all", "--confidential", "--help", "--version", "--full",
     "--resident", "--not-resident", "--asked-for-report", "--not-asked-for-report", "--parental-responsibility",
     "--no-parental-responsibility", "--include", "--not-include", "--accept", "--large-print", "--no-large-print",
     "--accepted", "--not-accepted", "--rebuild", "--keep", "--restore", "--check"}
)  # fmt: skip


class NeedsValueError(Exception):
    """An option stands without its value."""


@dataclass(slots=True, kw_only=True)
class Frame:
    """The options that belong to every command."""

    home: str | None = None
    json: bool = False


def framed(arguments: Sequence[str]) -> tuple[Frame, list[str]]:
    """Takes `--home DIR` and `--json` out of the arguments, wherever they stand, and returns both parts.

    A value of another option is left alone, whatever it looks like; so is everything behind `--`.
    """
    frame, rest = Frame(), []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += [word, *waiting]
            break
        if word == "--json":
            frame.json = True
        elif word == "--home":
            if not waiting:
                raise NeedsValueError("--home needs a folder. Nothing was changed.")
            frame.home = waiting.pop(0)
        elif word.startswith("--home="):
            frame.home = word.partition("=")[2]
        elif word == "--kit" and (not waiting or waiting[0].startswith("-")):
            rest += ["--kit", ""]  # `doctor --kit` alone means the kit in the home
        elif word.startswith("--") and "=" not in word and word not in _WITHOUT_VALUE and waiting:
            rest += [word, waiting.pop(0)] if waiting[0] not in {"--json", "--home"} else [word]
        else:
            rest.append(word)
    if frame.home is not None and not frame.home.strip():
        raise NeedsValueError("--home names no folder (an unset variable?). Nothing was changed.")
    return frame, rest


def show(frame: Frame, value: Any, human: Any) -> None:
    """Prints one JSON value, or calls `human` with the console to print for people."""
    if frame.json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
        return
    from rich.console import Console

    # what is not a terminal has no width of its own: tables are kept readable, not folded to 80 columns
    human(Console(soft_wrap=True, width=None if sys.stdout.isatty() else 180))


def table(title: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Any:
    """Returns a table of rows for people; `columns` are keys."""
    from rich.markup import escape
    from rich.table import Table

    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        made.add_row(*(_cell(row.get(column), escape) for column in columns))
    return made


_COLOURS = {
    "on-time": "green", "accepted": "green", "confirmed": "green", "received": "green", "late": "red", "missing": "red",
    "failed": "red", "unknown": "red", "held": "yellow", "waiting": "yellow", "composed": "yellow", "unconfirmed": "yellow",
    "overdue": "red", "due": "yellow", "done": "green", "suspended": "red", "expired": "yellow",
}  # fmt: skip


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
"""How JSON tells an instant; people read London wall time."""


def _cell(value: Any, escape: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(v) for v in value)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        from datetime import datetime

        from pipeline.domain.calendar import local_text

        return local_text(datetime.fromisoformat(value).replace(microsecond=0)).replace("T", " ")
    text = escape(str(value))
    colour = _COLOURS.get(str(value))
    return f"[{colour}]{text}[/]" if colour else str(text)
