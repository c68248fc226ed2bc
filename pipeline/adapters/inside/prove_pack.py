"""The child that opens a finished copy with pypdf and says what is in it.

    python -I -m pipeline.adapters.inside.prove_pack < (one line: the passphrase as JSON; then the copy's bytes)

Prints one JSON object. Exit codes: 0 said, `NOT_OPENED` the passphrase does not open it, anything else: it cannot be read.
It limits itself before the first byte is parsed; the parent watches the wall clock, because pypdf has hung (choices.md).
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    ContentStream,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    TextStringObject,
)

from pipeline.adapters.inside.fingerprint import page_fingerprint

NOT_OPENED: Final = 3
MEMORY_BYTES: Final = 3 * 1024**3
CPU_S: Final = 120
MOST_CHARACTERS: Final = 50_000_000
MOST_NODES: Final = 2_000_000

# Things that act or carry something; none may be in a copy wherever it hangs.
_ACTIVE: Final = frozenset(
    {
        "/OpenAction",
        "/AA",
        "/JavaScript",
        "/JS",
        "/EmbeddedFiles",
        "/AcroForm",
        "/XFA",
        "/Annots",
        "/OCProperties",
        "/Collection",
        "/AF",
        "/URI",
        "/Launch",
        "/Metadata",
        "/PieceInfo",
    }
)
_ACTIONS: Final = frozenset(
    {
        "/URI",
        "/Launch",
        "/JavaScript",
        "/GoToR",
        "/GoToE",
        "/SubmitForm",
        "/ImportData",
        "/Rendition",
        "/Named",
        "/Hide",
        "/Movie",
        "/Sound",
    }
)
_DRAWN: Final = frozenset({"/Contents", "/Resources", "/Parent"})
_SPOKEN: Final = (b"/ActualText", b"/Alt", b"/E")


def main() -> int:
    """Reads stdin, prints what the copy holds."""
    _limit()
    passphrase = json.loads(sys.stdin.buffer.readline())
    sealed = sys.stdin.buffer.read()
    reader = PdfReader(BytesIO(sealed))
    protected = _is_protected(reader, sealed)
    if reader.is_encrypted and reader.decrypt(passphrase) == PasswordType.NOT_DECRYPTED:
        return NOT_OPENED
    pages = [[_text(page), page_fingerprint(page, skip_stamp=True)] for page in reader.pages]
    told = list(dict.fromkeys(_told(reader)))
    if sum(len(page[0]) for page in pages) + sum(map(len, told)) > MOST_CHARACTERS:
        raise ValueError("too much text")
    said = {"pages": pages, "outline": list(_outline(reader)), "metadata": told, "encrypted": protected}
    sys.stdout.write(json.dumps(said))
    return 0


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))
    sys.setrecursionlimit(2000)


def _text(page: PageObject) -> str:
    return page.extract_text().encode("utf-8", "replace").decode()


def _is_protected(reader: PdfReader, sealed: bytes) -> bool:
    """True for AES-256, revision 6, on strings, streams and metadata, which the empty password does not open."""
    if not reader.is_encrypted:
        return False
    entry = reader.trailer["/Encrypt"]
    if not isinstance(entry, DictionaryObject):
        return False
    filters, used = entry.get("/CF", {}), (entry.get("/StmF"), entry.get("/StrF"))
    aes = all(name in filters and filters[name].get("/CFM") == "/AESV3" for name in used)
    complete = entry.get("/V") == 5 and entry.get("/R") == 6 and entry.get("/EncryptMetadata", True) in (True, None)
    return aes and bool(complete) and PdfReader(BytesIO(sealed)).decrypt("") == PasswordType.NOT_DECRYPTED


def _outline(reader: PdfReader) -> Iterator[tuple[str, int]]:
    """Every bookmark, depth first, with the page it leads to, from 1; 0 where it leads nowhere."""
    waiting: list[Any] = list(reader.outline)
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            waiting = [*item, *waiting]
            continue
        page = reader.get_destination_page_number(item)
        yield str(item.title), 0 if page is None else page + 1


def _told(reader: PdfReader) -> Iterator[str]:
    """All strings of the file that are on no page, as `Key: value`, and `Active: /Key` for what should not be there."""
    information = reader.trailer.get("/Info")
    seen: set[int] = set()
    nodes = 0
    waiting: list[tuple[str, object]] = [("/Root", reader.trailer.raw_get("/Root"))]
    if information is not None:
        waiting.insert(0, ("/Info", information))
    while waiting:
        key, thing = waiting.pop()
        nodes += 1
        if nodes > MOST_NODES:
            raise ValueError("too many objects")
        if isinstance(thing, IndirectObject):
            if thing.idnum in seen:
                continue
            seen.add(thing.idnum)
            thing = thing.get_object()
        if isinstance(thing, TextStringObject | ByteStringObject):
            yield f"{key[1:]}: {_words(thing)}"
        elif isinstance(thing, ArrayObject):
            waiting += [(key, item) for item in list.__iter__(thing)]
        elif isinstance(thing, DictionaryObject):
            if isinstance(thing, StreamObject):
                yield f"{key[1:]}: {thing.get_data().decode('utf-8', 'replace')}"
            yield from (f"Active: {name}" for name in thing if name in _ACTIVE)
            if thing.get("/S") in _ACTIONS:
                yield f"Active: {thing['/S']}"
            is_bookmark = "/Title" in thing and "/Dest" in thing  # told by `_outline`
            waiting += [(n, thing.raw_get(n)) for n in thing if n not in _DRAWN and not (is_bookmark and n == "/Title")]
    for page in reader.pages:
        yield from _spoken(page, reader)


def _words(text: TextStringObject | ByteStringObject) -> str:
    return str(text) if isinstance(text, TextStringObject) else bytes(text).decode("latin-1")


def _spoken(page: PageObject, reader: PdfReader) -> Iterator[str]:
    """What a screen reader says in place of what is drawn, where the page's own commands hold it."""
    contents = page.get_contents()
    if contents is None or not any(word in contents.get_data() for word in _SPOKEN[:2]):
        return
    for operands, operator in ContentStream(contents, reader).operations:
        if operator == b"BDC" and isinstance(operands[-1], DictionaryObject):
            for word in _SPOKEN:
                if (said := operands[-1].get(word.decode())) is not None:
                    yield f"{word[1:].decode()}: {said}"


if __name__ == "__main__":
    sys.exit(main())
