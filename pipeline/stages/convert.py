"""Convert: a document becomes pages and their texts, once per content, in the sandbox."""

from __future__ import annotations

import json

from pipeline.casebook import item_stream
from pipeline.desk import ORIGINAL, RENDITION, TEXT, Desk
from pipeline.domain.facts import ItemConverted
from pipeline.domain.item import Item
from pipeline.errors import BlobDamagedError, KeyMissingError, NotFoundError
from pipeline.ports import FileKind

_CONVERTED = "converted"


def convert(item: Item, kind: FileKind, desk: Desk) -> ItemConverted:
    """Returns the fact of the conversion; pages and texts are in the vault under the item's own key.

    The same bytes are converted once: a second item takes over the pages of the first, under its own key.

    Raises:
        ConversionFailedError: no pages could be made. The original is kept.
    """
    stream = item_stream(item.id)
    content_key = desk.keys.fingerprint("content", f"{kind.value}|{item.received.sha256}".encode())
    if (again := _taken_over(item, content_key, desk)) is not None:
        return again
    content = desk.vault.get(stream, item.received.blob, ORIGINAL)
    rendition = desk.converter.convert(content, kind)
    desk.mark("convert.converted")
    fact = ItemConverted(
        rendition=desk.vault.put(stream, rendition.pdf, RENDITION),
        text=desk.vault.put(stream, json.dumps([page.text for page in rendition.pages]).encode(), TEXT),
        pages=len(rendition.pages),
        fingerprints=tuple(page.fingerprint for page in rendition.pages),
        unreadable=tuple(n for n, page in enumerate(rendition.pages, 1) if page.read_by == "none"),
        ocr=tuple(n for n, page in enumerate(rendition.pages, 1) if page.read_by == "ocr"),
        flags=rendition.flags,
    )
    desk.index.note(_CONVERTED, content_key, item.id)
    return fact


def _taken_over(item: Item, content_key: str, desk: Desk) -> ItemConverted | None:
    earlier_id = desk.index.find(_CONVERTED, content_key)
    if earlier_id is None or earlier_id == item.id:
        return None
    try:
        earlier = desk.casebook.item(earlier_id)
        if earlier.converted is None or earlier.received.sha256 != item.received.sha256:
            return None
        theirs, ours = item_stream(earlier.id), item_stream(item.id)
        pdf = desk.vault.get(theirs, earlier.converted.rendition, RENDITION)
        text = desk.vault.get(theirs, earlier.converted.text, TEXT)
    except (NotFoundError, BlobDamagedError, KeyMissingError):
        return None  # erased or moved away meanwhile: converting again is always right
    return ItemConverted(
        rendition=desk.vault.put(ours, pdf, RENDITION),
        text=desk.vault.put(ours, text, TEXT),
        pages=earlier.converted.pages,
        fingerprints=earlier.converted.fingerprints,
        unreadable=earlier.converted.unreadable,
        ocr=earlier.converted.ocr,
        flags=earlier.converted.flags,
    )


def page_texts(item: Item, desk: Desk) -> list[str]:
    """Returns the text of each page of a converted item; nothing for one that is not converted."""
    if item.converted is None:
        return []
    loaded: list[str] = json.loads(desk.vault.get(item_stream(item.id), item.converted.text, TEXT))
    return loaded
