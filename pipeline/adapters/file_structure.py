"""What a file is and what speaks against opening it, by its structure alone: the look before any parser.

The name decides nothing; it is only compared with what the bytes are. Containers are measured (members, sizes, ratio,
overlaps, elements) by inflating within limits, never by building anything from them. Whether a PDF needs a password is
not seen here: many carry a restriction that an empty password opens; the converter finds out in the sandbox.

Limits and their reasons: security.md 3 and 4.5.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from itertools import pairwise
from typing import Final

import olefile

from pipeline.ports import FileFacts, FileKind

MAX_FILE_BYTES: Final = 25 * 1024 * 1024
MAX_MESSAGE_BYTES: Final = 35 * 1024 * 1024
MAX_UNZIPPED_BYTES: Final = 200 * 1024 * 1024
MAX_PART_BYTES: Final = 64 * 1024 * 1024
MAX_RATIO: Final = 200
RATIO_COUNTS_FROM_BYTES: Final = 1024 * 1024
MAX_MEMBERS: Final = 2_000
MAX_ELEMENTS: Final = 3_000_000
TEXT_LOOK_BYTES: Final = 1024 * 1024
MAX_HEADER_BYTES: Final = 256 * 1024

_CHUNK: Final = 256 * 1024
_SUFFIX_KINDS: Final = {
    "docx": FileKind.DOCX,
    "doc": FileKind.DOC,
    "odt": FileKind.ODT,
    "rtf": FileKind.RTF,
    "pdf": FileKind.PDF,
    "jpg": FileKind.JPEG,
    "jpeg": FileKind.JPEG,
    "jpe": FileKind.JPEG,
    "jfif": FileKind.JPEG,
    "png": FileKind.PNG,
    "tif": FileKind.TIFF,
    "tiff": FileKind.TIFF,
    "txt": FileKind.TEXT,
    "eml": FileKind.EMAIL,
}
_OTHER_SUFFIXES: Final = re.compile(
    "x?html?|mhtm?l?|xml|svg|fod[ts]|doc[mt]|dot|dot[xm]|xls[xmb]?|od[sp]|csv|ppt[xm]?|zip|rar|7z|gz|tar|msg|exe|dll|js|vbs|bat"
    "|cmd|ps1|lnk|iso|img|scr|hta|jar|gif|bmp|webp|hei[cf]|avif|pages|numbers|key"
)
_SIGNATURES: Final = (
    (b"%PDF-", FileKind.PDF),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
    (b"{\\rtf", FileKind.RTF),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_WORD_MAIN: Final = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ODT_MIMETYPE: Final = b"application/vnd.oasis.opendocument.text"
_MARKUP: Final = re.compile(rb"\s*<(?:!doctype|!--|\?xml|html|head|body|svg|script|table|div|meta)", re.IGNORECASE)
_HEADER: Final = re.compile(rb"([!-9;-~]{1,76}):[ \t]?")
_MAIL_HEADERS: Final = frozenset(
    {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"mime-version", b"return-path", b"delivered-to"}
    | {b"content-type", b"reply-to", b"cc", b"sender", b"dkim-signature", b"authentication-results"}
)
_MACHINE_HEADERS: Final = frozenset({b"received", b"message-id", b"mime-version", b"return-path", b"delivered-to"})
_FIB_MAGIC: Final = 0xA5EC
_FIB_ENCRYPTED: Final = 0x0100


class StructureExaminer:
    """The Examiner."""

    def examine(self, content: bytes, untrusted_name: str) -> FileFacts:
        """Returns what the structure says. Never raises for a hostile file."""
        suffix = untrusted_name.rpartition(".")[2].strip().lower() if "." in untrusted_name else ""
        if not content:
            return FileFacts(kind=FileKind.OTHER, size_bytes=0, trouble=("empty",))
        claimed = _SUFFIX_KINDS.get(suffix, FileKind.OTHER)
        try:
            kind, trouble = _look(content, claimed)
        except Exception:  # zipfile and olefile can raise anything on hostile bytes, and each means the same
            kind, trouble = claimed, ["damaged"]
        if len(content) > (MAX_MESSAGE_BYTES if kind is FileKind.EMAIL else MAX_FILE_BYTES):
            trouble.append("too-large")
        if kind is FileKind.OTHER and not trouble:
            trouble.append("kind")
        foreign = kind is not FileKind.OTHER and _OTHER_SUFFIXES.fullmatch(suffix)
        if foreign or (suffix in _SUFFIX_KINDS and kind is not claimed):
            trouble.append("disagrees")
        return FileFacts(kind=kind, size_bytes=len(content), trouble=tuple(dict.fromkeys(trouble)))


def _look(content: bytes, claimed: FileKind) -> tuple[FileKind, list[str]]:
    for start, kind in _SIGNATURES:
        if content.startswith(start):
            return kind, []
    if content.startswith(_OLE):
        return _look_into_ole(content, claimed)
    if content.startswith(_ZIP):
        return _look_into_zip(content, claimed)
    if _is_mail(content, claimed):
        return FileKind.EMAIL, []
    if _is_text(content):
        return FileKind.TEXT, []
    return FileKind.OTHER, []


def _look_into_ole(content: bytes, claimed: FileKind) -> tuple[FileKind, list[str]]:
    """A legacy Word file, or a newer one wrapped by a password, or something else in the same container."""
    with olefile.OleFileIO(io.BytesIO(content)) as ole:
        streams = ["/".join(path).lower() for path in ole.listdir(streams=True, storages=True)]
        if "encryptedpackage" in streams or "encryptioninfo" in streams:
            return (FileKind.DOCX if claimed in (FileKind.DOCX, FileKind.DOC) else FileKind.OTHER), ["password"]
        if "worddocument" not in streams:
            return FileKind.OTHER, ["kind"]
        trouble = []
        head = ole.openstream("WordDocument").read(12)
        magic, flags = struct.unpack("<H8xH", head) if len(head) == 12 else (0, 0)
        if flags & _FIB_ENCRYPTED:
            trouble.append("password")
        if magic != _FIB_MAGIC:
            trouble.append("damaged")
        if any(part.startswith("_vba_project") or part in ("macros", "vba") for s in streams for part in s.split("/")):
            trouble.append("macros")
        return FileKind.DOC, trouble


def _look_into_zip(content: bytes, claimed: FileKind) -> tuple[FileKind, list[str]]:
    """A Word or OpenDocument file, or any other zip."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, EOFError):
        return (claimed if claimed in (FileKind.DOCX, FileKind.ODT) else FileKind.OTHER), ["damaged"]
    with archive:
        members = archive.infolist()
        kind = _zip_kind(archive, members)
        names = [member.filename.replace("\\", "/").lower() for member in members]
        trouble = _container_trouble(content, members, names)
        if "bomb" in trouble or "password" in trouble or "damaged" in trouble:
            return kind, trouble
        trouble += _inflate_all(content, members)
        if kind is FileKind.ODT and b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
            trouble.append("password")
        if any(name.rsplit("/", 1)[-1].startswith("vba") or name.startswith(("basic/", "scripts/")) for name in names):
            trouble.append("macros")
        if kind is FileKind.OTHER and b"macroenabled" in _part(archive, "[Content_Types].xml").lower():
            trouble.append("macros")
        return kind, trouble


def _zip_kind(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> FileKind:
    if members and members[0].filename == "mimetype" and _part(archive, "mimetype") == _ODT_MIMETYPE:
        return FileKind.ODT
    if _WORD_MAIN in _part(archive, "[Content_Types].xml"):
        return FileKind.DOCX
    return FileKind.OTHER


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """Returns a small part, at most 1 MiB of it; nothing where it is absent, locked or damaged."""
    try:
        with archive.open(name) as part:
            return part.read(1024 * 1024)
    except (KeyError, RuntimeError, zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, zlib.error):
        return b""


def _container_trouble(content: bytes, members: list[zipfile.ZipInfo], names: list[str]) -> list[str]:
    """What the directory of the container says, before anything is inflated."""
    if any(member.flag_bits & 0x1 for member in members):
        return ["password"]
    if (
        len(members) > MAX_MEMBERS
        or sum(member.file_size for member in members) > MAX_UNZIPPED_BYTES
        or any(_is_bomb(member.file_size, member.compress_size) for member in members)
    ):
        return ["bomb"]
    spans = sorted((member.header_offset, member.header_offset + 30 + member.compress_size) for member in members)
    if any(end > begin for (_, end), (begin, _) in pairwise(spans)):
        return ["bomb"]  # members that share bytes: one way to make much of little
    if spans and spans[-1][1] > len(content):
        return ["damaged"]
    odd = len(set(names)) != len(names) or any(stat.S_ISLNK(member.external_attr >> 16) for member in members)
    strange = any(name.startswith("/") or ".." in name.split("/") for name in names)
    known = all(member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members)
    return ["damaged"] if odd or strange or not known else []


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > MAX_PART_BYTES or (unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO * max(packed, 1))


def _inflate_all(content: bytes, members: list[zipfile.ZipInfo]) -> list[str]:
    """Inflates every part within the limits: sizes in the directory may be lies, and elements cost more than bytes."""
    total = elements = 0
    for member in members:
        at = member.header_offset
        if content[at : at + 4] != b"PK\x03\x04":
            return ["damaged"]
        name_length, extra_length = struct.unpack_from("<HH", content, at + 26)
        begin = at + 30 + name_length + extra_length
        packed = memoryview(content)[begin : begin + member.compress_size]
        if member.compress_type == zipfile.ZIP_STORED:
            unpacked, found = len(packed), _elements(member.filename, bytes(packed))
        else:
            unpacked, found, whole = _inflate(member.filename, packed)
            if not whole:
                return ["bomb" if unpacked > MAX_PART_BYTES else "damaged"]
        total, elements = total + unpacked, elements + found
        if _is_bomb(unpacked, len(packed)) or total > MAX_UNZIPPED_BYTES or elements > MAX_ELEMENTS:
            return ["bomb"]
        if unpacked != member.file_size:
            return ["damaged"]
    return []


def _inflate(name: str, packed: memoryview) -> tuple[int, int, bool]:
    """Returns how many bytes and elements the part has, and whether it ended as it should within the limit."""
    inflater = zlib.decompressobj(-15)
    unpacked = elements = 0
    data: bytes | memoryview = packed
    while data and not inflater.eof and unpacked <= MAX_PART_BYTES:
        try:
            chunk = inflater.decompress(data, _CHUNK)
        except zlib.error:
            return unpacked, elements, False
        unpacked += len(chunk)
        elements += _elements(name, chunk)
        data = inflater.unconsumed_tail
    return unpacked, elements, inflater.eof and unpacked <= MAX_PART_BYTES


def _elements(name: str, chunk: bytes) -> int:
    """Returns how many elements begin in the chunk of an XML part; closing tags are not counted."""
    if not name.lower().endswith((".xml", ".rels")):
        return 0
    return chunk.count(b"<") - chunk.count(b"</")


def _is_mail(content: bytes, claimed: FileKind) -> bool:
    """True where the file begins as an e-mail does: header lines to an empty one, among them those of mail."""
    head = content[:MAX_HEADER_BYTES].removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"From "):
        head = head.partition(b"\n")[2]
    found: set[bytes] = set()
    for line in head.replace(b"\r\n", b"\n").split(b"\n"):
        if not line:
            break
        if line[:1] in (b" ", b"\t"):
            if not found:
                return False
            continue
        header = _HEADER.match(line)
        if not header:
            return False
        found.add(header[1].lower())
    if claimed is FileKind.EMAIL:
        return bool(found & _MAIL_HEADERS)
    # A note that begins "From: … To: …" is a text; a mail has been through machines.
    return len(found & _MAIL_HEADERS) >= 3 and bool(found & _MACHINE_HEADERS)


def _is_text(content: bytes) -> bool:
    """True for plain text: no markup that LibreOffice would follow, hardly any control character."""
    look = content[:TEXT_LOOK_BYTES]
    if look.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = look[: len(look) // 2 * 2].decode("utf-16", "replace")
        look = text.encode("utf-8", "replace")
    look = look.removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(look) or b"\x00" in look:
        return False
    strange = len(look) - len(look.translate(None, bytes(set(range(32)) - {9, 10, 12, 13} | {127})))
    return strange * 100 <= len(look)
