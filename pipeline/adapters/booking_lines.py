"""Where everything stands in a booking: TOML or JSON with lines. The only file that imports tree-sitter.

The standard library's strict parsers decide whether a file is TOML or JSON at all, and theirs are the values that a
booking is made of. The tree is read for the lines; and where the strict parser refuses the file, also for the values of
all that can be read nevertheless, so that the other problems are reported together with the syntax. What a mistake may
really hide is noted as well, so that only that is not called missing.
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pipeline.adapters.booking_statements import UNPLACED, Spoilt, salvaged, toml_takes
from pipeline.domain.booking import Path
from pipeline.errors import Problem

if TYPE_CHECKING:
    from tree_sitter import Node

Format = Literal["toml", "json"]
MAX_BYTES = 256 * 1024
MAX_DEPTH = 8
MAX_STRETCH = 10
SYNTAX = "syntax"
_SYNTAX = {
    "toml": "cannot be read as TOML: text needs quotes, and a time without quotes needs seconds (2026-11-30T09:30:00)",
    "json": "cannot be read as JSON",
}
_NO_VALUE = object()
_NOWHERE: Path = (UNPLACED,)
_BRACKETS = re.compile(rb"[\[\]{}]")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LONG_DOTTED_KEY = re.compile(
    rb"(?:^|[{,])[ \t\[]*+(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){8}", re.MULTILINE
)


@dataclass(slots=True, kw_only=True)
class ReadFile:
    """A file as read: its values, the line of each (from 1), and what is wrong with its syntax.

    `tables` are the headers of TOML, each its line and path, in the order of lines; `hidden` are the tables and lists of
    which a mistake may hide something, and `all_hidden` says that it may be anything.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    tables: list[tuple[int, Path]] = field(default_factory=list)
    hidden: set[Path] = field(default_factory=set)
    all_hidden: bool = False

    def line_of(self, path: Path) -> int:
        """Returns the line of the key, entry or header at `path`, or of the nearest thing around it; 1 is the file."""
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 1)

    def may_hide(self, path: Path) -> bool:
        """True where something that is missing from the table or list at `path` may stand in what cannot be read."""
        return self.all_hidden or path in self.hidden or (len(path) == 1 and _NOWHERE in self.hidden)

    def spoil(self, spoilt: list[Spoilt]) -> None:
        """Notes the lines that are no TOML, and what each may hide. A long stretch of them is told by its first line."""
        entries = {line: path for path, line in self.lines.items() if path and isinstance(path[-1], int)}
        for one in spoilt:
            before = bisect_right(self.tables, one.line, key=lambda table: table[0])
            table = self.tables[before - 1][1] if before else ()
            if table[:1] == _NOWHERE:
                self.hidden.add(_NOWHERE)
            elif one.entry:
                self.hidden.add(entries.get(one.line, table))
            else:
                self.hidden |= {table, (*table, one.key)} if one.key else {table}
        self.problems += [_problem(line, "toml") for line in _told([one.line for one in spoilt])]


def read_lines(untrusted: bytes, form: Format) -> ReadFile:
    """Returns the file's values and lines; whatever is wrong with its syntax is among its problems. Never raises."""
    content = untrusted.removeprefix(b"\xef\xbb\xbf")
    if trouble := _unreadable(content, form):
        return ReadFile(problems=[trouble], all_hidden=True)
    refused_at: int | None = None  # 0: by the strict parser of TOML, or of JSON for something that has no place
    values: Any = None
    spoilt: list[Spoilt] = []
    try:
        values = tomllib.loads(content.decode()) if form == "toml" else _json(content.decode())
    except RecursionError:
        return ReadFile(problems=[Problem(line=1, where="file", message="is nested too deeply")], all_hidden=True)
    except json.JSONDecodeError as error:
        refused_at = error.lineno
    except ValueError:
        refused_at = 0
    if form == "toml" and refused_at is not None:
        content, spoilt = salvaged(content)
        if toml_takes(content):
            refused_at, values = None, tomllib.loads(content.decode())
            values.pop(UNPLACED, None)
    found = ReadFile()
    root = _tree(content, form)
    _Reader(found=found, form=form, values=refused_at is not None).read(root)
    if refused_at is not None:
        if refused_at:
            # JSON's parser knows better than the tree where its text breaks off.
            found.problems = [problem for problem in found.problems if problem.where != SYNTAX]
            found.all_hidden |= not found.hidden
        if refused_at or not found.problems:
            found.problems.append(_problem(refused_at or _first_refused_line(content, root, form), form))
    elif isinstance(values, dict):
        found.problems, found.hidden, found.all_hidden, found.values = [], set(), False, values
    else:
        found.problems = [Problem(line=1, where="file", message="must be one object of keys and values")]
        found.all_hidden = True
    found.spoil(spoilt)
    return found


def where(path: Path) -> str:
    """Returns a place in words, entries counted from 1: `person[2].email`. An odd key is not repeated."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step + 1}]"
        else:
            words += ("." if words else "") + (step if _PLAIN_KEY.fullmatch(step) else "(a key)")
    return words or "file"


def _unreadable(content: bytes, form: Format) -> Problem | None:
    """Returns why the bytes are not even looked at, or None."""
    if len(content) > MAX_BYTES:
        return Problem(line=1, where="file", message=f"is larger than {MAX_BYTES // 1024} KiB; no file of this kind is")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(line=line, where="file", message="is not text in UTF-8; save it with that encoding")
    if form == "toml" and (dots := _LONG_DOTTED_KEY.search(content)):
        # The standard parser needs time and memory by the square of a dotted key's parts.
        return Problem(line=content.count(b"\n", 0, dots.start()) + 1, where="file", message="is nested too deeply")
    return None


def _tree(content: bytes, form: Format) -> Node:
    """Returns the root of the syntax tree, which stands for broken files too."""
    import tree_sitter_json
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    grammar = tree_sitter_toml.language() if form == "toml" else tree_sitter_json.language()
    return Parser(Language(grammar)).parse(content).root_node


def _refuse_constant(name: str) -> float:
    """Refuses NaN and Infinity, which are no JSON (RFC 8259 section 6)."""
    raise ValueError(name)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses an object that has a key twice, of which another reader might take the other one."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _json(text: str) -> Any:
    """Returns the value of a JSON text.

    Raises:
        ValueError: it is not JSON, has a key twice, or holds half a surrogate pair, which no text may (RFC 8259 8.2).
    """
    value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object_without_repeats)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _problem(line: int, form: Format) -> Problem:
    """Returns the problem of a line that cannot be read."""
    return Problem(line=line, where=SYNTAX, message=_SYNTAX[form])


def _line(node: Node) -> int:
    """Returns the line that the node begins in, from 1."""
    return int(node.start_point[0]) + 1


def _first_refused_line(content: bytes, root: Node, form: Format) -> int:
    """Returns the line of the first statement with which the strict parser no longer takes a TOML file.

    Needed for what the tree does not mind, such as a table defined again in another way. JSON has no statements.
    """
    if form == "json":
        return 1
    statements = [part for top in root.named_children for part in ([top] if top.type == "pair" else top.named_children)]
    low, high = 0, len(statements) - 1
    while low < high:
        middle = (low + high) // 2
        if toml_takes(content[: statements[middle].end_byte]):
            low = middle + 1
        else:
            high = middle
    return _line(statements[low]) if statements else 1


def _told(lines: list[int]) -> list[int]:
    """Returns the lines to tell of: each, but of a stretch of more than ten in a row the first only."""
    stretches: list[list[int]] = []
    for line in lines:
        if stretches and stretches[-1][-1] == line - 1:
            stretches[-1].append(line)
        else:
            stretches.append([line])
    return [line for stretch in stretches for line in (stretch if len(stretch) <= MAX_STRETCH else stretch[:1])]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Walks the tree and notes lines, what cannot be read and, where `values` are wanted, those."""

    found: ReadFile
    form: Format
    values: bool

    def read(self, root: Node) -> None:
        """Reads the whole file."""
        for node in root.children:
            match node.type:
                case "pair":
                    self._pair(node, self.found.values, ())
                case "table" | "table_array_element":
                    self._headed(node)
                case "object":
                    self._pairs(node, self.found.values, ())
                case _ if node.is_error or node.is_missing:
                    self.found.all_hidden = True
                    self._refuse(node, ())

    def _headed(self, node: Node) -> None:
        """Reads a table of TOML under its header; one that cannot be placed is read for its own mistakes only."""
        keys, line = self._keys(node.named_children[0]), _line(node)
        table, path = (self._entered(self.found.values, (), keys[:-1], node) if keys else None) or ({}, _NOWHERE)
        path = (*path, *keys[-1:])
        inner: dict[str, Any] = {}
        if not keys or path[:1] == _NOWHERE:
            path = _NOWHERE
        elif node.type == "table":
            table, path = (table, path) if self._noted(path, line) else ({}, _NOWHERE)
            table[keys[-1]] = inner
        elif node.type == "table_array_element" and isinstance(entries := table.setdefault(keys[-1], []), list):
            self.found.lines.setdefault(path, line)
            path = (*path, len(entries))
            self.found.lines[path] = line
            entries.append(inner)
        else:
            self._refuse(node, _NOWHERE)
            path = _NOWHERE
        if path[:1] == _NOWHERE:
            self.found.hidden.add(_NOWHERE)
            path = (*_NOWHERE, line)
        self.found.tables.append((line, path))
        self._pairs(node, inner, path)

    def _entered(
        self, table: dict[str, Any], path: Path, keys: list[str], node: Node
    ) -> tuple[dict[str, Any], Path] | None:
        """Returns the table under these keys, made where it is new, and its path; of a list of tables the last one."""
        for key in keys:
            path = (*path, key)
            self.found.lines.setdefault(path, _line(node))
            inner = table.setdefault(key, {})
            if isinstance(inner, list) and inner:
                path, inner = (*path, len(inner) - 1), inner[-1]
            if not isinstance(inner, dict):
                self._refuse(node, path[:1])
                return None
            table = inner
        return table, path

    def _pairs(self, node: Node, table: dict[str, Any], path: Path) -> None:
        """Reads every pair directly below the node into the table."""
        for child in node.children:
            if child.type == "pair":
                self._pair(child, table, path)
            elif child.is_error or child.is_missing:
                self._refuse(child, path)

    def _pair(self, node: Node, table: dict[str, Any], path: Path) -> None:
        """Reads one key and its value."""
        line = _line(node)
        parts = [child for child in node.named_children if child.type != "comment"]
        wrong = next((part for part in parts if part.is_error or part.is_missing), None)
        if wrong is not None or len(parts) != 2:
            self._refuse(wrong or node, path)
            return
        keys = self._keys(parts[0])
        entered = self._entered(table, path, keys[:-1], node)
        if not keys or entered is None:
            return
        table, path = entered[0], (*entered[1], keys[-1])
        if self._noted(path, line):
            value = self._value(parts[1], path)
            if value is not _NO_VALUE:
                table[keys[-1]] = value

    def _value(self, node: Node, path: Path) -> object:
        """Returns the value, or `_NO_VALUE` where it cannot be read."""
        if len(path) > MAX_DEPTH:
            return _NO_VALUE
        if node.type in {"object", "inline_table"}:
            table: dict[str, Any] = {}
            self._pairs(node, table, path)
            return table
        if node.type != "array":
            return self._scalar(node, path)
        entries: list[object] = []
        for child in node.children:
            if child.is_error or child.is_missing:
                self._refuse(child, path)
            elif child.is_named and child.type != "comment":
                place = (*path, len(entries))
                self.found.lines[place] = _line(child)
                entries.append(self._value(child, place))
        broken = node.has_error and not any(isinstance(entry, dict) for entry in entries)
        return _NO_VALUE if broken or any(entry is _NO_VALUE for entry in entries) else entries

    def _scalar(self, node: Node, path: Path) -> object:
        """Returns a text, number, truth or date by the strict parser's reading."""
        if not self.values:
            return None
        text = (node.text or b"").decode(errors="replace")
        try:
            return tomllib.loads(f"v = {text}")["v"] if self.form == "toml" else _json(text)
        except (ValueError, RecursionError, KeyError):
            self._refuse(node, path[:-1])
            return _NO_VALUE

    def _keys(self, node: Node) -> list[str]:
        """Returns the parts of a key, read by the strict parser; none where it does not take them."""
        text = (node.text or b"").decode(errors="replace")
        if self.form == "toml" and re.fullmatch(r"[A-Za-z0-9_-]+", text):
            return [text]
        try:
            parsed: Any = tomllib.loads(f"{text} = 0") if self.form == "toml" else {_json(text): 0}
        except (ValueError, RecursionError, TypeError):
            self._refuse(node, ())
            return []
        keys: list[str] = []
        while isinstance(parsed, dict) and parsed:
            key, parsed = next(iter(parsed.items()))
            keys.append(key)
        return keys

    def _noted(self, path: Path, line: int) -> bool:
        """Notes the line of a key; false, and a problem, where the key was there before."""
        if path in self.found.lines:
            self.found.problems.append(Problem(line=line, where=where(path), message="is given twice"))
            return False
        self.found.lines[path] = line
        return True

    def _refuse(self, node: Node, path: Path) -> None:
        """Notes that something in the table or list at `path` cannot be read, and what that may hide.

        Of JSON the tree does not say where an entry ends that lacks its bracket: then it may hide anything.
        """
        self.found.hidden |= {path, path[:1]}
        if self.form == "json":
            self.found.all_hidden |= not path or node.is_missing or _BRACKETS.search(node.text or b"") is not None
            while inner := next((child for child in node.children if child.is_error), None):
                node = inner
        self.found.problems.append(_problem(_line(node), self.form))
