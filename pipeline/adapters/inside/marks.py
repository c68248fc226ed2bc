"""What a word-processor file holds beside what it shows: tracked changes, comments, hidden text. Read, not repaired."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from pipeline.adapters.inside.refusal import RefusalError

TRACKED: Final = "tracked-changes"
COMMENTS: Final = "comments"
HIDDEN: Final = "hidden-text"

MAX_ELEMENTS: Final = 3_000_000
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_W: Final = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_WORD_CHANGES: Final = frozenset(
    {"ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel", "cellMerge", "rPrChange", "pPrChange", "tblPrChange"}
    | {"trPrChange", "tcPrChange", "sectPrChange", "numberingChange"}
)
_WORD_MARK: Final = re.compile(
    rb"[<:](?:ins|del|moveFrom|moveTo|cellIns|cellDel|cellMerge|\w+Change|comment|commentReference|vanish)[\s/>]"
)
_TEXT_PART: Final = re.compile(r"(?:document|header|footer|footnotes|endnotes|comments)\d*\.xml")
_OFF: Final = frozenset({"0", "false", "off", "none"})


def marks_of(path: Path, kind: str) -> set[str]:
    """Returns the flags of a docx, odt or rtf file; nothing for other kinds.

    Raises:
        RefusalError: damaged (no such file, a document type definition, broken XML) or limit.
    """
    try:
        match kind:
            case "docx":
                return _of_word(path)
            case "odt":
                return _of_open_document(path)
            case "rtf":
                return _of_rich_text(path.read_bytes())
    except RefusalError:
        raise
    except Exception:  # defusedxml, zipfile and expat have a dozen ways to say it
        raise RefusalError("damaged") from None
    return set()


def _of_word(path: Path) -> set[str]:
    flags: set[str] = set()
    budget = [MAX_ELEMENTS]
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        hiding = _hiding_styles(archive, names, budget)
        for name in names:
            if is_word_text(name) and (hiding or _may_be_marked(archive.read(name))):
                flags |= _word_part(archive, name, hiding, budget)
    return flags


def _may_be_marked(part: bytes) -> bool:
    """False where a look at the bytes rules every mark out, which saves most reports the reading of their XML."""
    return not is_plain(part) or _WORD_MARK.search(part) is not None


def is_plain(part: bytes) -> bool:
    """Returns whether the words of the part's XML can be looked for in its bytes."""
    return not (part[:2] in (b"\xff\xfe", b"\xfe\xff") or any(sign in part for sign in (b"\0", b"<!DOCTYPE", b"<![")))


def is_word_text(name: str) -> bool:
    """Returns whether a docx's part of this name holds text."""
    folder, _, base = name.lower().rpartition("/")
    return folder.split("/")[0] == "word" and _TEXT_PART.fullmatch(base) is not None


def _hiding_styles(archive: zipfile.ZipFile, names: list[str], budget: list[int]) -> set[str]:
    hiding: set[str] = set()
    for name in names:
        if name.lower() != "word/styles.xml" or not _may_be_marked(archive.read(name)):
            continue
        for element in _elements(archive, name, budget, {"style"}):
            properties = element.find(f"{_namespace(element)}rPr")
            if properties is not None and _is_hiding(properties):
                hiding.add(element.get(f"{_namespace(element)}styleId", ""))
    return hiding


def _word_part(archive: zipfile.ZipFile, name: str, hiding: set[str], budget: list[int]) -> set[str]:
    flags: set[str] = set()
    for element in _elements(archive, name, budget, {"r", "p"}):
        tag = local(element.tag)
        if tag in _WORD_CHANGES:
            flags.add(TRACKED)
        elif tag in ("comment", "commentReference"):
            flags.add(COMMENTS)
        elif tag == "r":
            w = _namespace(element)
            says = "".join(text.text or "" for text in element if text.tag in (f"{w}t", f"{w}delText")).strip()
            properties = element.find(f"{w}rPr")
            if says and properties is not None:
                style = properties.find(f"{w}rStyle")
                named = style.get(f"{w}val", "") if style is not None else None
                if _is_hiding(properties) or (named in hiding and properties.find(f"{w}vanish") is None):
                    flags.add(HIDDEN)
        elif tag == "p":
            w = _namespace(element)
            style = element.find(f"{w}pPr/{w}pStyle")
            if style is not None and style.get(f"{w}val", "") in hiding and any(element.iter(f"{w}t")):
                flags.add(HIDDEN)
    return flags


def _is_hiding(properties: Element) -> bool:
    w = _namespace(properties)
    hides = properties.find(f"{w}vanish")
    return hides is not None and hides.get(f"{w}val", "true").lower() not in _OFF


def _of_open_document(path: Path) -> set[str]:
    flags: set[str] = set()
    budget = [MAX_ELEMENTS]
    with zipfile.ZipFile(path) as archive:
        for name in ("content.xml", *{"styles.xml"}.intersection(archive.namelist())):  # styles are optional
            for element in _elements(archive, name, budget, set()):
                tag = local(element.tag)
                if tag == "changed-region":
                    flags.add(TRACKED)
                elif tag == "annotation":
                    flags.add(COMMENTS)
                elif tag in ("hidden-text", "hidden-paragraph") or (
                    tag == "text-properties" and any(local(k) == "display" and v == "none" for k, v in element.items())
                ):
                    flags.add(HIDDEN)
    return flags


def _of_rich_text(content: bytes) -> set[str]:
    flags: set[str] = set()
    if re.search(rb"\\(?:revised|deleted)(?!0)(?![a-z])", content):
        flags.add(TRACKED)
    if re.search(rb"\\\*\s*\\annotation(?![a-z])", content):
        flags.add(COMMENTS)
    # The style sheet and list tables may define hidden text that nothing uses; a run that switches it on is text.
    if re.search(rb"\\v(?:1)?(?![a-z0-9-])", re.sub(rb"\{\\stylesheet.*?\}\}", b"", content, flags=re.DOTALL)):
        flags.add(HIDDEN)
    return flags


def _elements(archive: zipfile.ZipFile, name: str, budget: list[int], whole: set[str]) -> Iterator[Element]:
    """Gives the part's elements as they end; what is neither in `whole` nor inside one is then emptied."""
    inside = 0
    with archive.open(name) as part:
        for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
            counts = local(element.tag) in whole
            if event == "start":
                budget[0] -= 1
                if budget[0] < 0:
                    raise RefusalError("limit")
                inside += counts
                continue
            inside -= counts
            yield element
            if not inside:
                element.clear()


def local(tag: str) -> str:
    """Returns the name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def _namespace(element: Element) -> str:
    return _STRICT_W if element.tag.startswith(_STRICT_W) else _W
