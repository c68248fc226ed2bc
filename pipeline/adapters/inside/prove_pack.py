"""The prover, kept warm in the sandbox: a child is forked for each finished copy and says what is in it.

Other libraries than the one that wrote the copy look at it: pypdf at its structure, encryption, page fingerprints and
every string; pdfium at the words of its pages (pypdf takes twenty times as long for those). A request names the copy
(`in`), the folder of results (`out`) and the `passphrase`, which so lies in no argument, environment or file. The result
is report.json: what `examine` returns, or `{"why": "password" | "damaged" | "limit"}`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pypdfium2
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
from pipeline.adapters.inside.forking import Foreman, Request, channel_from
from pipeline.adapters.inside.reading import tidy

LONGEST_WAIT_SECONDS: Final = 5.0
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


class NotOpenedError(Exception):
    """The passphrase does not open the copy."""


def examine(sealed: bytes, passphrase: str) -> dict[str, Any]:
    """Returns `pages` (text, fingerprint), `outline` (title, page from 1), `metadata` and `encrypted` of a copy.

    Raises:
        NotOpenedError: the passphrase does not open it.
        Exception: whatever the libraries raise at a damaged file.
    """
    reader = PdfReader(BytesIO(sealed))
    protected = _is_protected(reader, sealed)
    if reader.is_encrypted and reader.decrypt(passphrase) == PasswordType.NOT_DECRYPTED:
        raise NotOpenedError
    texts = _texts(sealed, passphrase)
    prints = [page_fingerprint(page, skip_stamp=True) for page in reader.pages]
    told = list(dict.fromkeys(_told(reader)))
    if sum(map(len, texts)) + sum(map(len, told)) > MOST_CHARACTERS:
        raise ValueError("too much text")
    pages = [list(page) for page in zip(texts, prints, strict=True)]
    return {"pages": pages, "outline": list(_outline(reader)), "metadata": told, "encrypted": protected}


def _texts(sealed: bytes, passphrase: str) -> list[str]:
    """The words of each page, also those that lie outside of what is shown of it."""
    document = pypdfium2.PdfDocument(sealed, password=passphrase)
    return [tidy(page.get_textpage().get_text_range()) for page in document]


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


def perform(request: Request) -> None:
    """Reads one copy in a child of its own and leaves the report."""
    report: dict[str, Any]
    try:
        report = examine(Path(request["in"]).read_bytes(), request["passphrase"])
    except NotOpenedError:
        report = {"why": "password"}
    except MemoryError:
        report = {"why": "limit"}
    except Exception:  # a damaged file can make these libraries raise anything
        report = {"why": "damaged"}
    Path(request["out"], "report.json").write_text(json.dumps(report), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Serves until the host hangs up."""
    logging.disable(logging.CRITICAL)  # pypdf would quote the copy
    foreman = Foreman(channel_from(arguments[0]), perform, readable=("/packages",))
    foreman.report({"ready": True})
    while foreman.turn(LONGEST_WAIT_SECONDS):
        pass
    os._exit(0)
