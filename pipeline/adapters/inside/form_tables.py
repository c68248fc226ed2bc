"""Reads one Word form (.docx) from stdin and writes its tables to stdout. Runs alone in the sandbox: standard library only.

Out: JSON, {"tables": [[[cell, …] per row] per table]} in the order of the document, or {"refused": CODE}. A cell is its text
as it stands when all changes are accepted; a check box is ☒ or ☐; a prompt that nobody wrote over is nothing. A table
inside a cell is a table of its own, behind the one that it lies in.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

MAX_BYTES = 25 * 1024 * 1024
MAX_XML_BYTES = 32 * 1024 * 1024
MAX_CELLS = 20_000
MAX_CELL_TEXT = 20_000
"""Far more than any answer may be long: what is cut here is refused as too long later."""

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
TICKED, EMPTY = "☒", "☐"
_GONE = frozenset({f"{W}del", f"{W}moveFrom", f"{W}tbl", f"{W}instrText"})
_YES = frozenset({"1", "true", "on", None})


class NotReadError(Exception):
    """The document is no form that is read here."""


def tables_of(content: bytes) -> list[list[list[str]]]:
    """Returns every table of a .docx, as rows of cell texts."""
    if len(content) > MAX_BYTES:
        raise NotReadError("too-large")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, archive.open("word/document.xml") as part:
            xml = part.read(MAX_XML_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise NotReadError("not-word") from None
    if len(xml) > MAX_XML_BYTES:
        raise NotReadError("too-large")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise NotReadError("damaged")
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 - in the sandbox, without entities
    except ElementTree.ParseError:
        raise NotReadError("damaged") from None
    tables = [[[_text(cell) for cell in _within(row, "tc")] for row in _within(t, "tr")] for t in root.iter(f"{W}tbl")]
    if sum(len(row) for table in tables for row in table) > MAX_CELLS:
        raise NotReadError("too-large")
    return tables


def _within(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Gives the nearest elements of that name, not those of a table further inside."""
    for child in element:
        if child.tag == f"{W}{name}":
            yield child
        elif child.tag not in _GONE and not _is_prompt(child):
            yield from _within(child, name)


def _is_prompt(element: ElementTree.Element) -> bool:
    """Returns True for a content control that still shows the words that ask for an answer."""
    properties = element.find(f"{W}sdtPr") if element.tag == f"{W}sdt" else None
    return properties is not None and properties.find(f"{W}showingPlcHdr") is not None


def _text(cell: ElementTree.Element) -> str:
    return "\n".join(line for p in _within(cell, "p") if (line := "".join(_words(p)).strip()))[:MAX_CELL_TEXT]


def _words(element: ElementTree.Element) -> Iterator[str]:
    for child in element:
        if child.tag in _GONE:
            continue
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag in (f"{W}br", f"{W}cr"):
            yield "\n"
        elif child.tag == f"{W}tab":
            yield " "
        elif child.tag == f"{W}checkBox":
            ticked = child.find(f"{W}checked")
            ticked = ticked if ticked is not None else child.find(f"{W}default")
            yield TICKED if ticked is not None and ticked.get(f"{W}val") in _YES else EMPTY
        elif child.tag == f"{W}sdt":
            properties = child.find(f"{W}sdtPr")
            box = properties.find(f"{W14}checkbox") if properties is not None else None
            if box is not None:
                ticked = box.find(f"{W14}checked")
                yield TICKED if ticked is not None and ticked.get(f"{W14}val") in _YES else EMPTY
            elif properties is None or properties.find(f"{W}showingPlcHdr") is None:
                yield from _words(child)
        else:
            yield from _words(child)


def main() -> None:
    """Answers for what lies in stdin."""
    try:
        answer: dict[str, object] = {"tables": tables_of(sys.stdin.buffer.read(MAX_BYTES + 1))}
    except NotReadError as refused:
        answer = {"refused": str(refused)}
    except RecursionError:
        answer = {"refused": "damaged"}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=True).encode())


if __name__ == "__main__":
    main()
