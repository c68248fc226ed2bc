"""The examiner: what a file is by its structure, and what speaks against opening it."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from functools import lru_cache

import docx
import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.file_structure import StructureExaminer
from pipeline.ports import FileKind

EXAMINER = StructureExaminer()
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>'
)


@lru_cache
def word_file() -> bytes:
    document = docx.Document()
    document.add_paragraph("A report.")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], form: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", form) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def open_document(*more: tuple[str, bytes], mimetype: bytes = b"application/vnd.oasis.opendocument.text") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name, content in (("content.xml", b"<a/>"), *more):
            archive.writestr(name, content)
    return made.getvalue()


def compound(streams: dict[str, bytes]) -> bytes:
    """A minimal OLE compound file: 512-byte sectors, one directory sector, one FAT sector, large streams."""
    names = list(streams)
    assert len(names) <= 3
    fat = [0xFFFFFFFD, 0xFFFFFFFE]
    directory = [_entry("Root Entry", 5, child=1 if names else 0xFFFFFFFF, start=0xFFFFFFFE, size=0)]
    body = b""
    for number, name in enumerate(names):
        content = streams[name].ljust(4096, b"\0")
        content = content.ljust(-(-len(content) // 512) * 512, b"\0")
        start, sectors = len(fat), len(content) // 512
        fat += [*range(start + 1, start + sectors), 0xFFFFFFFE]
        right = number + 2 if number + 1 < len(names) else 0xFFFFFFFF
        directory.append(_entry(name, 2, right=right, start=start, size=len(content)))
        body += content
    table = struct.pack("<128I", *(fat + [0xFFFFFFFF] * (128 - len(fat))))
    entries = b"".join(directory).ljust(512, b"\0")
    header = olefile.MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return header + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108) + table + entries + body


def _entry(name: str, kind: int, *, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF, start: int, size: int) -> bytes:
    label = (name + "\0").encode("utf-16-le")
    head = label.ljust(64, b"\0") + struct.pack("<HBBIII", len(label), kind, 1, 0xFFFFFFFF, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def fib(flags: int = 0) -> bytes:
    return struct.pack("<H8xH", 0xA5EC, flags)


MAIL = (
    b"Received: from a.example\r\nFrom: a@a.example\r\nTo: b@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nbody"
)

CASES = [
    ("a.docx", word_file(), FileKind.DOCX, ()),
    ("a.docx", zipped(("[Content_Types].xml", TYPES.encode()), ("word/document.xml", b"<w/>")), FileKind.DOCX, ()),
    ("a.odt", open_document(), FileKind.ODT, ()),
    ("a.pdf", b"%PDF-1.4\n...", FileKind.PDF, ()),
    ("A.PDF", b"%PDF-1.4\n...", FileKind.PDF, ()),
    ("a.jpeg", b"\xff\xd8\xff\xe0....", FileKind.JPEG, ()),
    ("a.png", b"\x89PNG\r\n\x1a\n....", FileKind.PNG, ()),
    ("a.tif", b"II*\0....", FileKind.TIFF, ()),
    ("a.rtf", b"{\\rtf1 x}", FileKind.RTF, ()),
    ("a.txt", "Grüße, 1–2\n".encode(), FileKind.TEXT, ()),
    ("a.txt", b"caf\xe9 \x93quoted\x94", FileKind.TEXT, ()),
    ("a.txt", "Grüße".encode("utf-16"), FileKind.TEXT, ()),
    ("a.txt", b"From: me\nTo: you\nSubject: note\n\ntext", FileKind.TEXT, ()),
    ("a.eml", MAIL, FileKind.EMAIL, ()),
    ("mail", MAIL, FileKind.EMAIL, ()),
    ("a.doc", compound({"WordDocument": fib()}), FileKind.DOC, ()),
    ("report v1.2", b"%PDF-1.4", FileKind.PDF, ()),
    ("", b"", FileKind.OTHER, ("empty",)),
    ("a.pdf", b"", FileKind.OTHER, ("empty",)),
    ("a.doc", b"<html><body>x</body></html>", FileKind.OTHER, ("kind", "disagrees")),
    ("a.html", b"<html><body>x</body></html>", FileKind.OTHER, ("kind",)),
    ("a.fodt", b'<?xml version="1.0"?><office:document/>', FileKind.OTHER, ("kind",)),
    ("a.svg", b"<svg/>", FileKind.OTHER, ("kind",)),
    ("a.zip", zipped(("a.txt", b"x")), FileKind.OTHER, ("kind",)),
    ("a.exe", b"MZ\0\0" + bytes(100), FileKind.OTHER, ("kind",)),
    ("a.docx", bytes(range(256)) * 8, FileKind.OTHER, ("kind", "disagrees")),
    ("a.pdf", word_file(), FileKind.DOCX, ("disagrees",)),
    ("a.docm", word_file(), FileKind.DOCX, ("disagrees",)),
    ("a.docx", word_file()[:9000], FileKind.DOCX, ("damaged",)),
    ("a.docx", compound({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), FileKind.DOCX, ("password",)),
    ("a.doc", compound({"WordDocument": fib(0x0100)}), FileKind.DOC, ("password",)),
    ("a.doc", compound({"WordDocument": fib(), "Macros": b"x"}), FileKind.DOC, ("macros",)),
    ("a.doc", compound({"Workbook": b"x"}), FileKind.OTHER, ("kind", "disagrees")),
    ("a.odt", open_document(("META-INF/manifest.xml", b"<m:encryption-data/>")), FileKind.ODT, ("password",)),
    ("a.odt", open_document(("Basic/Standard/Module1.xml", b"<x/>")), FileKind.ODT, ("macros",)),
    (
        "a.docx",
        zipped(("[Content_Types].xml", TYPES.encode()), ("word/vbaProject.bin", b"x")),
        FileKind.DOCX,
        ("macros",),
    ),
    (
        "a.docm",
        zipped(("[Content_Types].xml", b"application/vnd.ms-word.document.macroEnabled.main+xml")),
        FileKind.OTHER,
        ("macros",),
    ),
]


def _named(value: object) -> str:
    """A test's name holds no byte of a zip, which would tell the time."""
    return type(value).__name__ if isinstance(value, bytes) else str(value)[:24]


@pytest.mark.parametrize(("name", "content", "kind", "trouble"), CASES, ids=_named)
def test_kind_and_trouble(name: str, content: bytes, kind: FileKind, trouble: tuple[str, ...]) -> None:
    """Kind comes from the structure, trouble from what speaks against opening it."""
    facts = EXAMINER.examine(content, name)
    assert (facts.kind, facts.trouble, facts.size_bytes) == (kind, trouble, len(content))


def test_every_cut_of_a_word_file_is_trouble() -> None:
    """A truncated docx is damaged, wherever it was cut."""
    whole = word_file()
    for cut in range(50, len(whole) - 1, len(whole) // 40):
        assert EXAMINER.examine(whole[:cut], "a.docx").trouble, cut


def _docx_with(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    return zipped(("[Content_Types].xml", TYPES.encode()), *members)


def test_bombs() -> None:
    """Too many members, too much inflated, too high a ratio, too many elements, shared bytes: each is a bomb."""
    paragraphs = b"<w:p/>" * 3_100_000
    varied = b"".join(b"<w:p a='%06d'/>" % (n * 7919 % 999983) for n in range(100_000)) * 31
    many = [(f"m{n}", b"") for n in range(2_001)]
    bombs = {
        "ratio": _docx_with(("word/document.xml", bytes(20_000_000))),
        "part": _docx_with(("word/media/a", b"".join(n.to_bytes(4, "big") * 2 for n in range(9_000_000)))),
        "elements": _docx_with(("word/document.xml", paragraphs)),
        "members": _docx_with(*many),
        "varied": _docx_with(("word/document.xml", varied)),
    }
    for what, content in bombs.items():
        assert "bomb" in EXAMINER.examine(content, "a.docx").trouble, what


def test_a_size_lie_is_found() -> None:
    """A directory that claims fewer bytes than inflate is not believed."""
    content = bytearray(_docx_with(("word/document.xml", b"x" * 5000)))
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x05\x06"))
    struct.pack_into("<I", content, at + 24, 10)
    assert EXAMINER.examine(bytes(content), "a.docx").trouble == ("damaged",)


def test_links_doubles_and_locked_members_are_found() -> None:
    """A symbolic link, a doubled name, a path that climbs, and an encrypted member are each trouble."""
    link = zipfile.ZipInfo("word/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert EXAMINER.examine(_docx_with((link, b"/etc/passwd")), "a.docx").trouble == ("damaged",)
    assert EXAMINER.examine(_docx_with(("../up", b"x")), "a.docx").trouble == ("damaged",)
    with pytest.warns(UserWarning, match="Duplicate"):
        double = _docx_with(("a", b"1"), ("a", b"2"))
    assert EXAMINER.examine(double, "a.docx").trouble == ("damaged",)
    locked = bytearray(zipped(("secret.docx", b"x" * 100)))
    locked[6] |= 1
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1
    assert EXAMINER.examine(bytes(locked), "a.zip").trouble == ("password",)


def test_size_limits() -> None:
    """A file may have 25 MiB and a message 35 MiB, both included."""
    assert EXAMINER.examine(b"%PDF-".ljust(25 * 2**20, b"x"), "a.pdf").trouble == ()
    assert EXAMINER.examine(b"%PDF-".ljust(25 * 2**20 + 1, b"x"), "a.pdf").trouble == ("too-large",)
    assert EXAMINER.examine(MAIL.ljust(35 * 2**20, b"x"), "a.eml").trouble == ()
    assert EXAMINER.examine(MAIL.ljust(35 * 2**20 + 1, b"x"), "a.eml").trouble == ("too-large",)


HEADS = [b"", b"PK\x03\x04", olefile.MAGIC, b"%PDF-", b"{\\rtf", b"From: ", word_file()[:4000], compound({"A": b"x"})]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(HEADS), st.binary(max_size=2000), st.text(max_size=30))
def test_never_raises(head: bytes, tail: bytes, name: str) -> None:
    """Whatever the bytes and the name are, there is an answer, and what is not taken says why."""
    facts = EXAMINER.examine(head + tail, name)
    assert facts.kind is not FileKind.OTHER or facts.trouble


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_never_raises_on_changed_containers(data: st.DataObject) -> None:
    """Flipping bytes of a real container never raises."""
    content = bytearray(data.draw(st.sampled_from([word_file(), open_document(), compound({"WordDocument": fib()})])))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    EXAMINER.examine(bytes(content), "a.docx")
