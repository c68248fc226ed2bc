"""Reads `profiles/*.toml` into profiles, every problem at once with its line. The format: profiles/README.md."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pipeline.domain.acting import Act, CaseExample, Condition, Known, Place, Verb
from pipeline.domain.calendar import parse_local
from pipeline.domain.headings import Part
from pipeline.domain.people import ConferenceType
from pipeline.domain.profile import (
    NO_OFFICE,
    Alternative,
    AudienceRule,
    Chasing,
    Direction,
    DocumentRule,
    DueExample,
    Profile,
    Route,
    Rule,
    Statement,
    Trigger,
    Unit,
)
from pipeline.domain.profile_troubles import troubles
from pipeline.errors import LocalTimeError, Problem, ProfileProblemError, ProfileProblemsError

PROFILES = Path(__file__).resolve().parent.parent / "profiles"
SKELETON = PROFILES / "skeleton.txt"
COPIED = """\
# The rules of {name}, copied for another authority. Every source, line, quote and word below is still that authority's:
# put this one's in their place, delete what it does not state, then run `packs profiles check`. Format: `packs profiles new`
# without --from writes a file that explains each key.
"""
MOST_DAYS = 60
"""The longest time before a due instant, in working days, at which a reminder may stand."""
REQUIRED_WORDS = ("team", "chair", "conference", *(type_.value for type_ in ConferenceType))

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z_.-]+)\s*\]\]?\s*(#.*)?$")
_CONDITION = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)", re.ASCII)
_TOML_TEXT = r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_KNOWN = (bool, int, float, str)
_Choice = TypeVar("_Choice", bound=StrEnum)


class ProfileFiles:
    """The profiles of a folder, and an installation's own beside them; each read once, changes at the next program start.

    An own profile of a delivered one's name stands in its place.
    """

    def __init__(self, folder: Path = PROFILES, own: Path | None = None) -> None:
        """Keeps the folders; nothing is read yet. `own` need not exist."""
        self._folders = (folder,) if own is None else (own, folder)
        self._read: dict[str, Profile] = {}

    def names(self) -> tuple[str, ...]:
        """Returns the names of the profiles there are, sorted."""
        found = {path.stem for folder in self._folders for path in folder.glob("*.toml")}
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    def file(self, name: str) -> Path:
        """Returns the profile's file.

        Raises:
            ProfileProblemError: no profile of that name; the sentence lists those there are.
        """
        if name not in self.names():
            raise ProfileProblemError(
                f"There is no profile of that name. There are: {', '.join(self.names()) or 'none'}."
            )
        return next(path for folder in self._folders if (path := folder / f"{name}.toml").is_file())

    def load(self, name: str) -> Profile:
        """Returns the profile.

        Raises:
            ProfileProblemError: no profile of that name; the sentence lists those there are.
            ProfileProblemsError: the file has problems, all of them in it.
        """
        if name not in self._read:
            self._read[name] = read_profile_file(self.file(name))
        return self._read[name]


def read_profile_file(path: Path) -> Profile:
    """Returns the profile in a file, which must bear the profile's name.

    Raises:
        ProfileProblemError: the file cannot be read.
        ProfileProblemsError: the file has problems, all of them in it.
    """
    said = f"the profile {path.stem}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ProfileProblemError(f"The file of {said} is absent, not readable for you, or not UTF-8.") from None
    profile = read_profile(text, said)
    if profile.name != path.stem:
        raise ProfileProblemsError((Problem(line=0, where="name", message="must be the file's own name"),), said)
    return profile


def write_profile(folder: Path, name: str, title: str, copied: Path | None = None) -> Path:
    """Returns the file of a new profile, written whole or not at all: a commented skeleton, or a copy of another's rules.

    Raises:
        ProfileProblemError: the name cannot be one, the title is empty, or there is such a file already.
    """
    if not _NAME.fullmatch(name):
        raise ProfileProblemError("A profile's name is lower-case words joined by hyphens. Nothing was written.")
    if not title.strip() or not title.isprintable():
        raise ProfileProblemError("A profile needs a title (--title), in one line. Nothing was written.")
    text = (copied or SKELETON).read_text(encoding="utf-8")
    if copied is not None:
        text = COPIED.format(name=copied.stem) + re.sub(r"\A(?:#[^\n]*\n)+", "", text)
    for key, value in (("name", name), ("title", title.strip()), ("version", "1")):
        quoted = json.dumps(value, ensure_ascii=False)
        said = re.search(rf"(?m)^{key} *= *({_TOML_TEXT})", text)
        if said is not None:
            text = text[: said.start(1)] + quoted + text[said.end(1) :]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.toml").open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ProfileProblemError(
            "There is a profile of that name in the folder already. Nothing was written."
        ) from None
    except OSError:
        raise ProfileProblemError("The folder cannot be written to. Nothing was written.") from None
    return folder / f"{name}.toml"


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

    def optional(self, key: str, kind: type[_Choice]) -> _Choice | None:
        return self.choice(key, kind) if key in self._left else None

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

    def below(self, key: str) -> list[_Table]:
        return [_Table(one, f"{self._where}.{key}", self._line, self._problems) for one in self.tables(key)]

    def knowns(self, key: str) -> tuple[tuple[str, Known], ...]:
        value = self._take(key, dict, "a table { name = value }", required=False)
        said = value if isinstance(value, dict) else {}
        if not all(type(one) in _KNOWN for one in said.values()):
            self.wrong(key, "holds a value that is no yes or no, number or text")
        return tuple((name, one) for name, one in said.items() if isinstance(one, bool | int | float | str))

    def conditions(self, key: str) -> tuple[Condition, ...]:
        return tuple(_condition(fact, value) for fact, value in self.knowns(key))

    def file_line(self) -> int:
        return self._line

    def local(self, key: str, *, required: bool = True, or_word: str = "") -> str:
        said = self.text(key, required=required)
        if said and said != or_word and not _is_local(said):
            self.wrong(key, "must be a local time, YYYY-MM-DDTHH:MM[:SS] in quotes")
        return said

    def locals(self, key: str) -> tuple[str, ...]:
        said = self.texts(key, required=False)
        if not all(_is_local(one) for one in said):
            self.wrong(key, "must be a list of local times, YYYY-MM-DDTHH:MM[:SS] in quotes")
        return said

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

    def chasing(self) -> Chasing:
        value = self._take("chasing", dict, "a table [chasing]", required=False)
        if not isinstance(value, dict):
            return Chasing()
        table = _Table(value, "chasing", self._line, self._problems)
        days = table._take("working_days_before", list, "a list of whole numbers", required=True)
        said = tuple(one for one in days if type(one) is int) if isinstance(days, list) else ()
        if isinstance(days, list) and not (len(said) == len(days) and all(0 < one <= MOST_DAYS for one in said)):
            table.wrong("working_days_before", f"must be a list of whole numbers from 1 to {MOST_DAYS}")
        if len(set(said)) != len(said):
            table.wrong("working_days_before", "names a day twice")
        late = table._take("late_letter", bool, "true or false", required=True)
        made = Chasing(
            working_days_before=tuple(sorted(said, reverse=True)), late_letter=late is True, is_default=table.flag("default")
        )
        table.finish()
        return made

    def headings(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        value = self._take("headings", dict, "a table [headings] of part = [phrases]", required=False)
        said = value if isinstance(value, dict) else {}
        for key, phrases in said.items():
            if key not in {part.value for part in Part if part is not Part.AUTHOR_PHONE}:
                self.wrong("headings", f"{key} is no part of a report that is found by headings; see README.md beside the profiles")
            elif not isinstance(phrases, list) or not all(isinstance(p, str) and re.search(r"\w{3}", p) for p in phrases):
                self.wrong("headings", f"{key} must be a list of phrases in quotes, each with a word")
        return tuple((key, tuple(p for p in said[key] if isinstance(p, str))) for key in said if isinstance(said[key], list))

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
        rules=tuple(_rule(table, source, effective_from) for table in tables("rule")),
        audience=tuple(_audience(table, source, effective_from) for table in tables("audience")),
        statements=tuple(_statement(table, source, effective_from) for table in tables("statement")),
        chasing=top.chasing(),
        documents=tuple(_document(table, source, effective_from) for table in tables("document")),
        headings=top.headings(),
    )
    if profile.releases_needed not in (1, 2):
        top.wrong("releases_needed", "must be 1 or 2")
    top.finish()
    return profile


def _is_local(text: str) -> bool:
    try:
        parse_local(text)
    except LocalTimeError:
        return False
    return True


def _condition(fact: str, value: Known) -> Condition:
    found = _CONDITION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return Condition(fact=fact, value=value)
    return Condition(fact=fact, value=float(found[2]) if "." in found[2] else int(found[2]), comparison=found[1])


def _act(table: _Table) -> Act:
    act = Act(
        do=table.choice("do", Verb),
        where=table.choice("where", Place),
        when=table.conditions("when"),
        says=table.text("says", required=False),
    )
    table.finish()
    return act


def _case(table: _Table) -> CaseExample:
    expect = table.texts("expect", required=True)
    verbs = {verb.value: verb for verb in Verb}
    if not set(expect) <= set(verbs):
        table.wrong("expect", f"can only hold {', '.join(verbs)}")
    case = CaseExample(
        case=table.text("case"),
        where=table.choice("where", Place),
        given=table.knowns("given"),
        expect=frozenset(verbs[one] for one in expect if one in verbs),
    )
    table.finish()
    return case


def _example(table: _Table) -> DueExample:
    example = DueExample(
        at=table.local("at"),
        due=table.local("due"),
        name=table.text("name", required=False),
        type=table.optional("type", ConferenceType),
        until=table.local("until", required=False),
        office=table.local("office", required=False, or_word=NO_OFFICE),
        others=table.locals("others"),
    )
    table.finish()
    return example


def _rule(table: _Table, source: str, effective_from: date | None) -> Rule:
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
        alternatives=tuple(_alternative(one) for one in table.below("alternatives")),
        clock=table.clock("clock"),
        inclusive=table.flag("inclusive"),
        trigger_from=table.clock("trigger_from"),
        trigger_before=table.clock("trigger_before"),
        only_with_plan=table.flag("only_with_plan"),
        when=table.conditions("when"),
        until=table.optional("until", Trigger),
        contradicts=table.text("contradicts", required=False),
        acts=tuple(_act(one) for one in table.below("acts")),
        examples=tuple(_example(one) for one in table.below("examples")),
        cases=tuple(_case(one) for one in table.below("cases")),
        settings=table.knowns("settings"),
        file_line=table.file_line(),
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


def _document(table: _Table, source: str, effective_from: date | None) -> DocumentRule:
    line = table.number("line", 0)
    rule = DocumentRule(
        id=table.text("id"),
        document=table.text("document"),
        reader=table.text("reader"),
        conference_types=table.types(),
        route=table.choice("route", Route),
        duty=table.text("duty", required=False),
        release=table.flag("release"),
        when=table.conditions("when"),
        effective_from=table.day("effective_from") or effective_from,
        effective_to=table.day("effective_to"),
        source=source if line else "",
        source_line=line,
        quote=table.text("quote", required=False),
        is_default=table.flag("default"),
        because=table.text("because", required=False),
        file_line=table.file_line(),
    )
    table.finish()
    return rule


def _statement(table: _Table, source: str, effective_from: date | None) -> Statement:
    line = table.number("line", 0)
    statement = Statement(
        id=table.text("id"),
        what=table.text("what"),
        source=source if line else "",
        source_line=line,
        quote=table.text("quote", required=False),
        duty=table.text("duty", required=False),
        reading=table.text("reading", required=False),
        is_default=table.flag("default"),
        effective_from=table.day("effective_from") or effective_from,
        effective_to=table.day("effective_to"),
        acts=tuple(_act(one) for one in table.below("acts")),
        cases=tuple(_case(one) for one in table.below("cases")),
        settings=table.knowns("settings"),
        file_line=table.file_line(),
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
    tables: Mapping[str, tuple[Rule | AudienceRule | DocumentRule | Statement, ...]] = {
        "rule": profile.rules,
        "audience": profile.audience,
        "statement": profile.statements,
        "document": profile.documents,
    }
    return tables[kind][index].id
