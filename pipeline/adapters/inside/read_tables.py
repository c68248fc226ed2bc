"""Reads the tables of one .docx from stdin and writes their text to stdout. Runs alone in the sandbox: standard library only.

In:  the file's bytes to the end.
Out: JSON {"tables": [[[cell, ...], ...], ...]} in the file's order, or {"refused": CODE}.

A cell is its paragraphs, one a line. What was deleted with tracked changes, and the prompt of a box that nobody filled
in, are not there. A table within a cell is text of that cell. No entity is ever expanded: a file with a document type is
refused, as Word itself never writes one.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import zipfile
from typing import Any
from xml.parsers import expat

MAX_BYTES = 25 * 1024 * 1024
MAX_PART_BYTES = 30 * 1024 * 1024
MAX_CELLS = 50_000
MAX_CELL = 20_000
MEMORY_BYTES = 1024**3
CPU_SECONDS = 20

_W = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_MAIN = ("/officeDocument",)
_NOT_SHOWN = frozenset({"del", "moveFrom", "sdtPr", "Fallback", "instrText", "delText"})


class RefusedError(Exception):
    """The file is outside the limits or cannot be read; the argument is a code."""


class _Tables:
    """Gathers the tables from the events of the parser."""

    def __init__(self) -> None:
        self.tables: list[list[list[str]]] = []
        self._depth = 0  # of tables within tables
        self._hidden = 0  # of elements that are not shown
        self._boxes: list[bool] = []  # for each content control around: does it show its prompt only
        self._cell: list[str] | None = None
        self._in_text = False
        self._cells = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        if tag == "showingPlcHdr" and self._boxes:
            self._boxes[-1] = True
        if tag in _NOT_SHOWN:
            self._hidden += 1
        if space not in _W:
            return
        match tag:
            case "sdt":
                self._boxes.append(False)
            case "tbl":
                self._depth += 1
                if self._depth == 1:
                    self.tables.append([])
            case "tr" if self._depth == 1:
                self.tables[-1].append([])
            case "tc" if self._depth == 1:
                self._cells += 1
                if self._cells > MAX_CELLS:
                    raise RefusedError("too-many-cells")
                self._cell = []
            case "t":
                self._in_text = True
            case "br" | "cr":
                self._add("\n")
            case "tab":
                self._add(" ")
            case _:
                pass

    def end(self, name: str) -> None:
        space, _, tag = name.rpartition(" ")
        if tag in _NOT_SHOWN:
            self._hidden -= 1
        if space not in _W:
            return
        match tag:
            case "sdt":
                self._boxes.pop()
            case "tbl":
                self._depth -= 1
            case "tc" if self._depth == 1 and self._cell is not None:
                text = "".join(self._cell).strip("\n ")
                if len(text) > MAX_CELL:
                    raise RefusedError("too-long")
                self.tables[-1][-1].append(text)
                self._cell = None
            case "t":
                self._in_text = False
            case "p":
                self._add("\n")
            case _:
                pass

    def text(self, text: str) -> None:
        if self._in_text:
            self._add(text)

    def _add(self, text: str) -> None:
        if self._cell is not None and not self._hidden and not any(self._boxes):
            self._cell.append(text)


def read(content: bytes) -> list[list[list[str]]]:
    """Returns the tables. Raises RefusedError where the file is none that can be read."""
    if len(content) > MAX_BYTES:
        raise RefusedError("too-large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            main = _main_part(_part(archive, "_rels/.rels"))
            part = _part(archive, main)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError):
        raise RefusedError("damaged") from None
    except Exception as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError("damaged") from None
    found = _Tables()
    _parse(part, found.start, found.end, found.text)
    return found.tables


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        part = file.read(MAX_PART_BYTES + 1)
    if len(part) > MAX_PART_BYTES:
        raise RefusedError("too-large")
    return part


def _main_part(relations: bytes) -> str:
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == "Relationship" and attributes.get("Type", "").endswith(_MAIN):
            found.append(attributes.get("Target", "").lstrip("/"))

    _parse(relations, start, lambda _name: None, lambda _text: None)
    return found[0] if found else "word/document.xml"


def _parse(part: bytes, start: Any, end: Any, text: Any) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _no_document_type
    try:
        parser.Parse(part, True)
    except expat.ExpatError:
        raise RefusedError("damaged") from None


def _no_document_type(*_declared: object) -> None:
    raise RefusedError("damaged")


def limit() -> None:
    """Bounds memory and processor time, whatever the sandbox around does."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def main() -> None:
    """Reads stdin, writes stdout; ends with 0 also for a refusal."""
    limit()
    found: dict[str, Any]
    try:
        found = {"tables": read(sys.stdin.buffer.read())}
    except RefusedError as refusal:
        found = {"refused": str(refusal)}
    except (RecursionError, MemoryError):
        found = {"refused": "too-hard"}
    sys.stdout.buffer.write(json.dumps(found).encode("ascii"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
