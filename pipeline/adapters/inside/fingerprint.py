"""A page's own fingerprint: equal before and after it was stamped, sealed and saved by another library.

The contract between the converter (which takes it from the clean rendition) and the prover (which takes it from the
sealed pack): whoever adds to a page does so in content streams of their own that begin with `STAMP_MARK`, and with
resources whose names begin with `STAMP_NAMES`. Everything else of the page that can be seen is in the fingerprint: page
box, crop box, rotation, unit, transparency group, drawing commands, and all resources reached from the page.
Identity of objects, order of keys, compression and encryption are not.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final
from weakref import WeakKeyDictionary

from pypdf import PageObject, PdfReader
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

STAMP_MARK: Final = b"%CPstamp"
"""The first bytes of every content stream that is ours and not the page's."""

STAMP_NAMES: Final = "/CPk"
"""How the names of resources begin that are ours and not the page's."""

MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 60
MAX_STREAM_BYTES: Final = 400 * 1024 * 1024

_OF_THE_PAGE: Final = ("/MediaBox", "/CropBox", "/UserUnit", "/Group", "/Resources")
_INHERITED: Final = frozenset({"/MediaBox", "/CropBox", "/Resources"})
# Bookkeeping that a merge renumbers, and nothing that can be seen.
_NOT_SEEN: Final = frozenset({"/Parent", "/StructParent", "/StructParents", "/Metadata", "/PieceInfo", "/LastModified"})
_CODING: Final = frozenset({"/Length", "/Filter", "/DecodeParms", "/DL", "/F", "/FFilter", "/FDecodeParms"})
_KEPT_CODED: Final = frozenset({"/DCTDecode", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/DCT", "/CCF"})

_digests: WeakKeyDictionary[PdfReader, dict[int, bytes]] = WeakKeyDictionary()


def page_fingerprint(page: PageObject, skip_stamp: bool) -> str:
    """Returns the page's fingerprint as 64 hex digits.

    Args:
        page: a page of a `pypdf.PdfReader` (decrypted, if it was encrypted).
        skip_stamp: leave out the content streams that begin with `STAMP_MARK`: True on a finished pack, False on a
            rendition, so that a document cannot hide drawing commands from its own fingerprint.

    Raises:
        ValueError: the page is too large or too deep to be read, or a stream does not decode.
    """
    walk = _Walk(page)
    total = hashlib.sha256(b"cp-page-1\n")
    rotate = page.get_inherited("/Rotate", 0)
    total.update(b"rotate %d\n" % (int(rotate) % 360 if isinstance(rotate, int | float) else 0))
    for key in _OF_THE_PAGE:
        value = page.get_inherited(key) if key in _INHERITED else page.get(key)
        if key == "/CropBox" and value is None:
            value = page.get_inherited("/MediaBox")
        total.update(key.encode() + walk.digest(value, 0))
    for content in _contents(page):
        data = content.get_data()
        if not (skip_stamp and data.startswith(STAMP_MARK)):
            total.update(data.strip(b"\r\n \t\0") + b"\n")
    return total.hexdigest()


def _contents(page: PageObject) -> list[StreamObject]:
    """Returns the page's content streams in order."""
    contents = page.get("/Contents")
    found = contents.get_object() if contents is not None else None
    parts = [part.get_object() for part in found] if isinstance(found, ArrayObject) else [found]
    return [part for part in parts if isinstance(part, StreamObject)]


class _Walk:
    """One page's resources as a tree of digests. A stream met again on its own path ends the path."""

    def __init__(self, page: PageObject) -> None:
        reader = page.indirect_reference.pdf if page.indirect_reference is not None else None
        # Fonts and pictures are shared by many pages: their bytes are decoded once a reader.
        self._bytes: dict[int, bytes] = _digests.setdefault(reader, {}) if isinstance(reader, PdfReader) else {}
        self._known: dict[int, bytes] = {}
        self._path: set[int] = set()
        self._nodes = 0
        self._cuts = 0

    def digest(self, value: object, depth: int) -> bytes:
        """Returns 32 bytes that stand for the value and all it reaches; absent, null and empty are the same."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise ValueError("a page's resources are nested too deeply or are too many")
        number = 0
        if isinstance(value, IndirectObject):
            number = value.idnum
            if number in self._known:
                return self._known[number]
            value = value.get_object()
        if not isinstance(value, StreamObject):
            cuts = self._cuts
            found = self._plain(value, depth)
            if number and cuts == self._cuts:
                self._known[number] = found
            return found
        if number in self._path:
            self._cuts += 1
            return hashlib.sha256(b"above").digest()
        self._path.add(number)
        try:
            found = hashlib.sha256(b"stream" + self._dictionary(value, depth) + self._data(value, number)).digest()
        finally:
            self._path.discard(number)
        self._known[number] = found
        return found

    def _plain(self, value: object, depth: int) -> bytes:
        match value:
            case None | NullObject():
                form = b""
            case DictionaryObject():
                form = self._dictionary(value, depth)
            case ArrayObject():
                form = b"[" + b"".join(self.digest(item, depth + 1) for item in list.__iter__(value))
            case BooleanObject():
                form = b"true" if value.value else b"false"
            case NumberObject() | FloatObject():
                form = b"n" + f"{float(value):.4f}".encode()
            case NameObject():
                form = b"/" + str(value).encode("utf-8", "surrogateescape")
            case TextStringObject() | ByteStringObject():
                form = b"(" + value.original_bytes
            case _:
                raise ValueError("a page holds a value of no known kind")
        return hashlib.sha256(form).digest()

    def _dictionary(self, value: DictionaryObject, depth: int) -> bytes:
        unseen = _NOT_SEEN
        if isinstance(value, StreamObject):
            unseen |= (
                {"/Length"} if _is_kept_coded(value) else {"/Length", "/Filter"} if _is_inflated(value) else _CODING
            )
        form = b""
        for key in sorted(value):
            if key in unseen or key.startswith(STAMP_NAMES):
                continue
            inner = value.raw_get(key)
            resolved = inner.get_object() if isinstance(inner, IndirectObject) else inner
            if resolved is None or isinstance(resolved, NullObject) or _is_empty(resolved):
                continue
            form += key.encode("utf-8", "surrogateescape") + b" " + self.digest(inner, depth + 1)
        return b"<" + form if form else b""

    def _data(self, stream: StreamObject, number: int) -> bytes:
        if number in self._bytes:
            return self._bytes[number]
        found = hashlib.sha256(_decoded(stream)).digest()
        if number:
            self._bytes[number] = found
        return found


def _is_empty(value: object) -> bool:
    """True for a dictionary that holds nothing but our own stamps: a page without them would have none."""
    return (
        isinstance(value, DictionaryObject)
        and not isinstance(value, StreamObject)
        and all(key.startswith(STAMP_NAMES) for key in value)
    )


def _filters(stream: StreamObject) -> list[str]:
    named = stream.get("/Filter")
    found = named.get_object() if named is not None else None
    return [str(name) for name in found] if isinstance(found, ArrayObject) else [str(found)] if found else []


def _is_kept_coded(stream: StreamObject) -> bool:
    """True where the bytes are hashed as they lie: coded pictures, which no writer recodes."""
    return any(name in _KEPT_CODED for name in _filters(stream))


def _is_inflated(stream: StreamObject) -> bool:
    """True for a picture of which only the compression is undone: its predictor takes seconds and adds nothing."""
    return _filters(stream) in (["/FlateDecode"], ["/Fl"]) and stream.get("/Subtype") == "/Image"


def _decoded(stream: StreamObject) -> bytes:
    """Returns the bytes to hash: as they lie for coded pictures, else decoded."""
    if _is_kept_coded(stream):
        return bytes(stream._data)
    if _is_inflated(stream):
        inflater = zlib.decompressobj()
        data = inflater.decompress(bytes(stream._data), MAX_STREAM_BYTES)
        if inflater.unconsumed_tail:
            raise ValueError("a picture is too large to be read")
        return data
    return stream.get_data()
