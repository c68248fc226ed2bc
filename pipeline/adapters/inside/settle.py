"""A word-processor file as its author last saw it: every tracked change accepted, every field that would move frozen.

LibreOffice prints what was deleted, struck through, and fills in a date, a file name or a user name anew: with the day
of the conversion and the sandbox's own names. So such a file is settled before it is printed:

    docx   changes accepted, moving fields replaced by the result stored beside them
    odt    the same
    rtf    moving fields alone } LibreOffice writes a file with changes as docx first, which is settled in turn; it does
    doc    moving fields alone } not keep the stored results, so the fields are frozen before that

Page numbers, contents, references and links stay fields: LibreOffice reckons them for the pages it makes.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import olefile
from lxml import etree

from pipeline.adapters.inside.marks import is_plain, is_word_text, local
from pipeline.adapters.inside.refusal import RefusalError

_W: Final = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"

MOVING: Final = frozenset(
    {"DATE", "TIME", "FILENAME", "SAVEDATE", "PRINTDATE", "CREATEDATE", "EDITTIME"}
    | {"USERNAME", "USERINITIALS", "USERADDRESS", "TEMPLATE"}
)
_MOVING_IN_DOC: Final = frozenset({21, 22, 23, 25, 29, 30, 31, 32, 60, 61, 62})
"""The same fields by their numbers in a .doc."""

_MOVING_IN_OPEN_DOCUMENT: Final = re.compile(
    "date|time|file-name|template-name|editing-duration|author-(?:name|initials)|sender-[a-z-]+"
    "|(?:creation|modification|print)-(?:date|time)"
)

_OPEN_DOCUMENT_FIELD: Final = re.compile(rb"[<:](?:" + _MOVING_IN_OPEN_DOCUMENT.pattern.encode() + rb")[\s/>]")
_WORD_CODE: Final = re.compile(rb"""instrText\b[^>]*>([^<]+)|instr\s*=\s*("[^"]*"|'[^']*')""")

_GONE: Final = frozenset({"del", "moveFrom"})
_STAYS: Final = frozenset({"ins", "moveTo"})
_LEFT_OF_THE_DELETED: Final = frozenset({"delText", "delInstrText"})
_ABOUT_CHANGES: Final = re.compile(
    r"\w+Change|(?:move(?:From|To)|customXml(?:Ins|Del|MoveFrom|MoveTo))Range(?:Start|End)|cell(?:Ins|Del|Merge)"
)
# Between two paragraphs these count as nothing.
_BETWEEN: Final = re.compile(r"(?:bookmark|comment|perm)\w*(?:Start|End)|proofErr")
_HOLDS_ROWS: Final = frozenset({"tr", "tbl", "sdtContent", "sdt", "customXml"})
_PROPERTIES: Final = frozenset({"rPr", "trPr", "numPr", "ctrlPr"})

_FIELD_CODE: Final = re.compile(rb"\{\s*(?:\\\*\s*)?\\fldinst(?![a-z])")
_RTF_SIGN: Final = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\u(-?\d+) ?\??|\\[a-zA-Z]+-?\d* ?|\\\*|\\(.)|([{}])|[\r\n]", re.DOTALL
)
_FIB_TABLES: Final = 0x9A
_FIELDS_OF: Final = (16, 17, 18, 19, 48, 57, 59)
"""Where a .doc says which fields its text, headers, footnotes, comments, endnotes and boxes have."""
_WORD_97: Final = 193
_QUOTE: Final = 35
"""A field of this kind shows the result that is stored with it."""


def settle(source: Path, kind: str, target: Path, *, tracked: bool) -> bool:
    """Writes the settled file to `target` and returns True; False, and nothing written, where nothing had to be.

    `tracked`: the file is known to have changes; only then are those of a docx looked for.

    Raises:
        RefusalError: damaged.
    """
    try:
        match kind:
            case "docx":
                return _settle_archive(source, target, word=True, tracked=tracked)
            case "odt":
                return _settle_archive(source, target, word=False, tracked=tracked)
            case "rtf":
                return _freeze_rich_text(source, target)
            case "doc":
                return _freeze_legacy(source, target)
    except RefusalError:
        raise
    except Exception:  # lxml, zipfile and olefile have a dozen ways to say it
        raise RefusalError("damaged") from None
    return False


def _settle_archive(source: Path, target: Path, *, word: bool, tracked: bool) -> bool:
    with zipfile.ZipFile(source) as archive:
        names = archive.namelist()
        texts = [name for name in names if (is_word_text(name) if word else name in ("content.xml", "styles.xml"))]
        if not tracked and not any(_may_move(archive.read(name), word=word) for name in texts):
            return False
        parts = {name: archive.read(name) for name in names}
    settled = {name: _parsed(parts[name]) for name in texts}
    changed = [_settle_word(root) if word else _settle_open_document(root) for root in settled.values()]
    if not any(changed):
        return False
    if word:
        _drop_notes_of_nothing(list(settled.values()))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, part in parts.items():
            if name in settled:
                part = etree.tostring(settled[name], xml_declaration=True, encoding="UTF-8", standalone=True)
            kept = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            made.writestr(zipfile.ZipInfo(name), part, kept)
    return True


def _may_move(part: bytes, *, word: bool) -> bool:
    """False where a look at the bytes rules every moving field out, which saves most reports the reading of their XML."""
    if not is_plain(part):
        return True
    if not word:
        return _OPEN_DOCUMENT_FIELD.search(part) is not None
    told = b"".join(text or attribute for text, attribute in _WORD_CODE.findall(part)).upper()
    return b"&#" in told or any(name.encode() in told for name in MOVING)


def _parsed(part: bytes) -> Any:
    root = etree.fromstring(
        part, etree.XMLParser(resolve_entities=False, huge_tree=True, remove_comments=True, remove_pis=True)
    )
    if root.getroottree().docinfo.doctype:
        raise RefusalError("damaged")
    return root


def _settle_word(root: Any) -> bool:
    accepted = _accept_changes(root)
    return _freeze_fields(root) or accepted


def _accept_changes(root: Any) -> bool:
    rows, cells, marks, gone, stays, about = [], [], [], [], [], []
    for element in root.iter(*_in_word("*")):
        name, parent = local(element.tag), element.getparent()
        above = local(parent.tag) if parent is not None else ""
        if name in _GONE and above == "trPr":
            rows.append(parent.getparent())
        elif name == "cellDel":
            cells.append(parent.getparent())
        elif name in _GONE and above == "rPr" and local(parent.getparent().tag) == "pPr":
            marks.append(parent.getparent().getparent())
        if name in _GONE | _LEFT_OF_THE_DELETED and above not in _PROPERTIES:
            gone.append(element)
        elif name in _STAYS and above not in _PROPERTIES:
            stays.append(element)
        elif name in _GONE | _STAYS or _ABOUT_CHANGES.fullmatch(name):
            about.append(element)
    for element in (*gone, *about):
        _remove(element)
    for element in stays:
        _unwrap(element)
    for outer in (*cells, *rows):
        _remove_with_empty(outer)
    for paragraph in marks:
        _merge_with_next(paragraph)
    return bool(gone or stays or about)


def _remove_with_empty(element: Any) -> None:
    """Removes a cell or row, and whatever has no text left in it then: its row, its table."""
    parent = element.getparent()
    _remove(element)
    if parent is not None and local(parent.tag) in _HOLDS_ROWS and not any(parent.iter(*_in_word("p"))):
        _remove_with_empty(parent)


def _merge_with_next(paragraph: Any) -> None:
    """Gives the paragraph's text to the one after it, whose looks it takes, as Word does where the mark is deleted."""
    after = paragraph.getnext()
    while after is not None and _BETWEEN.fullmatch(local(after.tag)):
        after = after.getnext()
    content = [item for item in paragraph if local(item.tag) != "pPr"]
    ends_section = any(paragraph.iter(*_in_word("sectPr")))
    if after is None or local(after.tag) != "p" or paragraph.getparent() is None or ends_section:
        if not content and not ends_section and after is not None and local(after.tag) != "sectPr":
            _remove(paragraph)
        return
    at = 1 if len(after) and local(after[0].tag) == "pPr" else 0
    after[at:at] = content
    _remove(paragraph)


@dataclass(slots=True, kw_only=True)
class _Field:
    """A field of three marks: what it is told, up to the second, and the result, up to the third."""

    marks: list[Any]
    within_code: bool
    code: list[Any] = field(default_factory=list)
    told: str = ""
    has_result: bool = False


def _freeze_fields(root: Any) -> bool:
    doomed: list[Any] = []
    simple = [one for one in root.iter(*_in_word("fldSimple")) if _moves(_attribute(one, "instr"))]
    opened: list[_Field] = []
    for element in root.iter(*_in_word("fldChar", "instrText", "t", "tab", "br", "sym")):
        kind = _attribute(element, "fldCharType") if local(element.tag) == "fldChar" else ""
        in_code = next((one for one in reversed(opened) if not one.has_result), None)
        if kind == "begin":
            opened.append(_Field(marks=[element], within_code=in_code is not None))
        elif kind in ("separate", "end") and opened:
            opened[-1].marks.append(element)
            opened[-1].has_result = True
            if kind == "end":
                ended = opened.pop()
                if _moves(ended.told) and not ended.within_code:
                    doomed += [*ended.marks, *ended.code]
        elif in_code is not None:
            in_code.code.append(element)
            if in_code is opened[-1] and local(element.tag) == "instrText":
                in_code.told += element.text or ""
    for element in simple:
        _unwrap(element)
    for element in doomed:
        _remove(element)
    return bool(simple or doomed)


def _moves(told: str) -> bool:
    name = re.match(r"\s*([A-Za-z]+)", told)
    return name is not None and name[1].upper() in MOVING


def _drop_notes_of_nothing(roots: list[Any]) -> None:
    """Drops the notes that only deleted text led to: LibreOffice would hang them on the next reference."""
    for kind in ("footnote", "endnote"):
        led_to = {_attribute(one, "id") for root in roots for one in root.iter(*_in_word(f"{kind}Reference"))}
        for root in roots:
            for note in list(root.iter(*_in_word(kind))):
                if not _attribute(note, "type") and _attribute(note, "id") not in led_to:
                    _remove(note)


def _settle_open_document(root: Any) -> bool:
    doomed: list[Any] = []
    frozen: list[Any] = []
    for element in root.iter(f"{{{_TEXT}}}*"):
        name = local(element.tag)
        if name in ("tracked-changes", "change", "change-start", "change-end"):
            doomed.append(element)
        elif _MOVING_IN_OPEN_DOCUMENT.fullmatch(name):
            frozen.append(element)
    for element in doomed:
        _remove(element)
    for element in frozen:
        _unwrap(element)
    return bool(doomed or frozen)


def _freeze_rich_text(source: Path, target: Path) -> bool:
    content = source.read_bytes()
    kept, done = [], 0
    for start in _FIELD_CODE.finditer(content):
        if start.start() < done:
            continue
        end = _group_end(content, start.end())
        if _moves(_plain(content[start.end() : end - 1])):
            kept.append(content[done : start.start()])
            done = end
    if not done:
        return False
    target.write_bytes(b"".join([*kept, content[done:]]))
    return True


def _group_end(content: bytes, at: int) -> int:
    """Returns where the group that is open at `at` ends, its brace included."""
    depth = 1
    for sign in re.compile(rb"\\.|([{}])", re.DOTALL).finditer(content, at):
        depth += {b"{": 1, b"}": -1}.get(sign[1], 0)
        if not depth:
            return sign.end()
    return len(content)


def _plain(code: bytes) -> str:
    def sign(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return bytes([int(found[1], 16)])
        if found[2]:
            return chr(int(found[2]) & 0x7F).encode()
        return found[3] or b""

    return _RTF_SIGN.sub(sign, code).decode("latin-1")


def _freeze_legacy(source: Path, target: Path) -> bool:
    """Takes from the moving fields of a .doc (Word 97 and later) their kind, so that only their results are left."""
    with olefile.OleFileIO(source) as ole:
        main = ole.openstream("WordDocument").read()
        table = "1Table" if main[0x0B] & 0x02 else "0Table"
        if int.from_bytes(main[2:4], "little") < _WORD_97 or not ole.exists(table):
            return False
        fields = bytearray(ole.openstream(table).read())
    frozen = 0
    for at in _kinds_of_fields(main, len(fields)):
        if fields[at] & 0x1F == 0x13 and fields[at + 1] in _MOVING_IN_DOC:
            fields[at + 1] = _QUOTE
            frozen += 1
    if frozen:
        shutil.copyfile(source, target)
        with olefile.OleFileIO(target, write_mode=True) as ole:
            ole.write_stream(table, bytes(fields))
    return bool(frozen)


def _kinds_of_fields(main: bytes, size: int) -> Iterator[int]:
    for table in _FIELDS_OF:
        at = _FIB_TABLES + table * 8
        begin, length = (int.from_bytes(main[one : one + 4], "little") for one in (at, at + 4))
        count = (length - 4) // 6
        if count > 0 and begin + length <= size:
            yield from range(begin + 4 * (count + 1), begin + length - 1, 2)


def _in_word(*names: str) -> list[str]:
    return [f"{{{space}}}{name}" for space in _W for name in names]


def _attribute(element: Any, name: str) -> str:
    return next((value for space in _W if (value := element.get(f"{{{space}}}{name}")) is not None), "")


def _remove(element: Any) -> None:
    _put_in_place(element, [])


def _unwrap(element: Any) -> None:
    """Leaves the element's text and children where it was."""
    children = list(element)
    if element.text:
        _add_text_before(element, element.text)
    _put_in_place(element, children)


def _put_in_place(element: Any, others: list[Any]) -> None:
    parent = element.getparent()
    if parent is None:
        return
    tail, element.tail = element.tail, None
    if tail:
        if others:
            others[-1].tail = (others[-1].tail or "") + tail
        else:
            _add_text_before(element, tail)
    at = parent.index(element)
    parent[at : at + 1] = others


def _add_text_before(element: Any, text: str) -> None:
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
