"""Reads `profiles/*.toml` into profiles, every problem at once with its line. The format: profiles/README.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pipeline.domain.people import ConferenceType
from pipeline.domain.profile import (
    Alternative,
    AudienceRule,
    Direction,
    Profile,
    Rule,
    Statement,
    Trigger,
    Unit,
)
from pipeline.domain.profile_troubles import troubles
from pipeline.errors import Problem, ProfileProblemError, ProfileProblemsError

PROFILES = Path(__file__).resolve().parent.parent / "profiles"
REQUIRED_WORDS = ("team", "chair", "conference", *(type_.value for type_ in ConferenceType))

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z_.-]+)\s*\]\]?\s*(#.*)?$")
_Choice = TypeVar("_Choice", bound=StrEnum)


class ProfileFiles:
    """The profiles of a folder, each read once; a changed file is seen by the next program start."""

    def __init__(self, folder: Path = PROFILES) -> None:
        """Keeps the folder; nothing is read yet."""
        self._folder = folder
        self._read: dict[str, Profile] = {}

    def names(self) -> tuple[str, ...]:
        """Returns the names of the profiles there are, sorted."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.toml") if _NAME.fullmatch(path.stem)))

    def load(self, name: str) -> Profile:
        """Returns the profile.

        Raises:
            ProfileProblemError: no profile of that name; the sentence lists those there are.
            ProfileProblemsError: the file has problems, all of them in it.
        """
        if name not in self._read:
            if name not in self.names():
                raise ProfileProblemError(
                    f"There is no profile of that name. There are: {', '.join(self.names()) or 'none'}."
                )
            profile = read_profile((self._folder / f"{name}.toml").read_text(encoding="utf-8"), f"the profile {name}")
            if profile.name != name:
                problem = Problem(line=0, where="name", message="must be the file's own name")
                raise ProfileProblemsError((problem,), f"the profile {name}")
            self._read[name] = profile
        return self._read[name]


def read_profile(text: str, source: str = "the profile") -> Profile:
    """Returns the profile written in `text` (TOML).

    Raises:
        ProfileProblemsError: everything that is wrong with it, each with the line where its table begins.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        problem = Problem(line=int(found[1]) if found else 0, where="TOML", message="is not well formed here")
        raise ProfileProblemsError((problem,), source) from None
    lines = _table_lines(text)
    problems: list[Problem] = []
    profile = _profile(_Table(document, "profile", 0, problems), lines, problems)
    if not problems:
        problems += [
            Problem(line=_line(lines, kind, index), where=f"{kind} {_id_of(profile, kind, index)}", message=sentence)
            for kind, index, sentence in troubles(profile)
        ]
    if problems:
        raise ProfileProblemsError(tuple(problems), source)
    return profile


class _Table:
    """One table of the file: each `take` returns a value of the asked kind, or notes a problem and stands in."""

    def __init__(self, content: Mapping[str, object], where: str, line: int, problems: list[Problem]) -> None:
        self._left = dict(content)
        self._where, self._line, self._problems = where, line, problems

    def wrong(self, key: str, message: str) -> None:
        self._problems.append(Problem(line=self._line, where=f"{self._where}.{key}", message=message))

    def _take(self, key: str, kind: type | tuple[type, ...], said: str, *, required: bool) -> object:
        value = self._left.pop(key, None)
        if value is None:
            if required:
                self.wrong(key, f"is missing; write {said}")
            return None
        kinds = kind if isinstance(kind, tuple) else (kind,)
        # exact types: a bool is an int and a datetime is a date for isinstance
        if type(value) not in kinds:
            self.wrong(key, f"must be {said}")
            return None
        return value

    def text(self, key: str, *, required: bool = True) -> str:
        value = self._take(key, str, "a text", required=required)
        if required and value == "":
            self.wrong(key, "must not be empty")
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int | None = None) -> int:
        value = self._take(key, int, "a whole number", required=default is None)
        if isinstance(value, int) and value < 0:
            self.wrong(key, "cannot be negative")
        return value if isinstance(value, int) else default or 0

    def flag(self, key: str) -> bool:
        return self._take(key, bool, "true or false", required=False) is True

    def day(self, key: str) -> date | None:
        value = self._take(key, date, "a date, YYYY-MM-DD without quotes", required=False)
        return value if isinstance(value, date) and not isinstance(value, datetime) else None

    def clock(self, key: str) -> time | None:
        value = self._take(key, time, "a time, HH:MM:SS without quotes", required=False)
        return value if isinstance(value, time) else None

    def texts(self, key: str, *, required: bool) -> tuple[str, ...]:
        value = self._take(key, list, "a list of texts", required=required)
        if not isinstance(value, list):
            return ()
        if not all(isinstance(one, str) for one in value):
            self.wrong(key, "must be a list of texts")
        return tuple(one for one in value if isinstance(one, str))

    def choice(self, key: str, kind: type[_Choice]) -> _Choice:
        said = self.text(key)
        members = list(kind)
        if said and said not in [member.value for member in members]:
            self.wrong(key, f"must be one of {', '.join(member.value for member in members)}")
        return next((member for member in members if member.value == said), members[0])

    def types(self) -> frozenset[ConferenceType]:
        said = self.texts("types", required=True)
        known = {type_.value: type_ for type_ in ConferenceType}
        if unknown := [one for one in said if one not in known]:
            self.wrong("types", f"has {len(unknown)} unknown; there are {', '.join(known)}")
        return frozenset(known[one] for one in said if one in known)

    def tables(self, key: str) -> list[Mapping[str, object]]:
        value = self._take(key, list, f"tables [[{key}]]", required=False)
        if not isinstance(value, list):
            return []
        if not all(isinstance(one, dict) for one in value):
            self.wrong(key, "must be a list of tables")
        return [one for one in value if isinstance(one, dict)]

    def words(self) -> dict[str, str]:
        value = self._take("words", dict, "a table [words]", required=True)
        said = value if isinstance(value, dict) else {}
        for key in REQUIRED_WORDS:
            if value is not None and not said.get(key):
                self.wrong("words", f"lacks {key}")
        for key, word in said.items():
            if not isinstance(word, str):
                self.wrong("words", f"{key} must be a text")
        return {key: word for key, word in said.items() if isinstance(word, str)}

    def finish(self) -> None:
        for key in self._left:
            self.wrong(key, "is no key of this table")


def _profile(top: _Table, lines: Mapping[str, list[int]], problems: list[Problem]) -> Profile:
    source, effective_from = top.text("source"), top.day("effective_from")

    def tables(key: str) -> list[_Table]:
        return [
            _Table(content, f"{key} {content.get('id', index + 1)}", _line(lines, key, index), problems)
            for index, content in enumerate(top.tables(key))
        ]

    profile = Profile(
        name=top.text("name"),
        title=top.text("title"),
        version=top.text("version"),
        effective_from=effective_from,
        review_on=top.day("review_on"),
        releases_needed=top.number("releases_needed", 1),
        danger_line=top.text("danger_line"),
        duty_phone=top.text("duty_phone", required=False),
        complaint_line=top.text("complaint_line"),
        complaint_link=top.text("complaint_link", required=False),
        escalation_line=top.text("escalation_line", required=False),
        authority_words=top.words(),
        rules=tuple(_rule(table, source, effective_from, problems) for table in tables("rule")),
        audience=tuple(_audience(table, source, effective_from) for table in tables("audience")),
        statements=tuple(_statement(table, source) for table in tables("statement")),
    )
    if profile.releases_needed not in (1, 2):
        top.wrong("releases_needed", "must be 1 or 2")
    top.finish()
    return profile


def _rule(table: _Table, source: str, effective_from: date | None, problems: list[Problem]) -> Rule:
    line = table.number("line", 0)
    rule = Rule(
        id=table.text("id"),
        what=table.text("what"),
        who=table.text("who"),
        to=table.text("to", required=False),
        duty=table.text("duty"),
        also_duties=table.texts("also_duties", required=False),
        unit=table.choice("unit", Unit),
        amount=table.number("amount"),
        direction=table.choice("direction", Direction),
        trigger=table.choice("trigger", Trigger),
        conference_types=table.types(),
        effective_from=table.day("effective_from") or effective_from,
        effective_to=table.day("effective_to"),
        source=source if line else "",
        source_line=line,
        quote=table.text("quote", required=False),
        reading=table.text("reading", required=False),
        is_default=table.flag("default"),
        alternatives=tuple(
            _alternative(_Table(one, f"{table._where}.alternatives", table._line, problems))
            for one in table.tables("alternatives")
        ),
        clock=table.clock("clock"),
        inclusive=table.flag("inclusive"),
        trigger_from=table.clock("trigger_from"),
        trigger_before=table.clock("trigger_before"),
        only_with_plan=table.flag("only_with_plan"),
    )
    table.finish()
    return rule


def _alternative(table: _Table) -> Alternative:
    alternative = Alternative(
        reading=table.text("reading"),
        unit=table.choice("unit", Unit),
        amount=table.number("amount"),
        inclusive=table.flag("inclusive"),
        clock=table.clock("clock"),
    )
    table.finish()
    return alternative


def _audience(table: _Table, source: str, effective_from: date | None) -> AudienceRule:
    line = table.number("line", 0)
    rule = AudienceRule(
        id=table.text("id"),
        document=table.text("document"),
        reader=table.text("reader"),
        conference_types=table.types(),
        contents=frozenset(table.texts("contents", required=True)),
        effective_from=table.day("effective_from") or effective_from,
        effective_to=table.day("effective_to"),
        source=source if line else "",
        source_line=line,
        quote=table.text("quote", required=False),
        is_default=table.flag("default"),
        because=table.text("because", required=False),
    )
    table.finish()
    return rule


def _statement(table: _Table, source: str) -> Statement:
    statement = Statement(
        id=table.text("id"),
        what=table.text("what"),
        source=source,
        source_line=table.number("line"),
        quote=table.text("quote"),
    )
    table.finish()
    return statement


def _table_lines(text: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(line):
            found.setdefault(match[1], []).append(number)
    return found


def _line(lines: Mapping[str, list[int]], kind: str, index: int) -> int:
    of_kind = lines.get(kind, [])
    return of_kind[index] if index < len(of_kind) else 0


def _id_of(profile: Profile, kind: str, index: int) -> str:
    tables: Mapping[str, tuple[Rule | AudienceRule | Statement, ...]] = {
        "rule": profile.rules,
        "audience": profile.audience,
        "statement": profile.statements,
    }
    return tables[kind][index].id
