"""What the pages of a clean PDF say: their text layer, or, for a page that is a picture, what tesseract reads."""

from __future__ import annotations

import hashlib
import subprocess
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pypdfium2
from pypdf import PdfReader

from pipeline.adapters.inside.fingerprint import page_fingerprint
from pipeline.adapters.inside.refusal import RefusalError
from pipeline.adapters.inside.unseen import unseen

HARDLY_ANY: Final = 20
"""A page with fewer letters and digits in its text layer is looked at as a picture."""

NOTICEABLE: Final = 4
"""So many letters and digits that can be taken from a page, and are not shown on it, are worth a word to a person."""

ALMOST_NOTHING: Final = 10
"""Fewer letters and digits than this, read from a picture, is noise: the page counts as unreadable."""

SURE: Final = 60.0
"""Tesseract's confidence, of 100, from which on a word counts."""

LEAST_WIDTH, LEAST_HEIGHT = 24.0, 6.0
"""A picture beside text that is smaller than this, in points, holds no line of lettering that a person could read."""

OCR_DPI: Final = 250
MAX_TEXT: Final = 2_000_000
MAX_PIXELS: Final = 20_000_000
OCR_SECONDS: Final = 45
OUTLINED_PATHS: Final = 60
"""From this many shapes on, a page without text is taken to hold lettering drawn as shapes."""

_IMAGE, _PATH = 3, 2
_PRIVATE_USE: Final = range(0xE000, 0xF900)


def read_pages(path: Path) -> list[dict[str, Any]]:
    """Returns for each page its `text`, `fingerprint`, `look`: whether it must be read as a picture, and `hides`.

    The text is all that can be taken from the page, also what lies outside of what is shown of it (the proof of a
    finished copy sees that too); what is shown comes first. `hides` says that a person sees noticeably less.

    Raises:
        RefusalError: limit, a page with more text than a search can be asked to read.
    """
    document = pypdfium2.PdfDocument(path)
    pages = []
    seen: set[bytes] = set()
    for page, other in zip(document, PdfReader(path).pages, strict=True):
        words = page.get_textpage()
        if words.count_chars() > MAX_TEXT:
            raise RefusalError("limit")
        shown, everything = tidy(words.get_text_bounded()), tidy(words.get_text_range())
        text = shown if shown.split() == everything.split() else f"{shown}\n{everything}".strip()
        pages.append(
            {
                "text": text,
                "fingerprint": page_fingerprint(other, skip_stamp=False),
                "hides": letters(everything) - letters(shown) + letters(unseen(page, words)) >= NOTICEABLE,
                "look": _is_nonsense(shown) or (letters(shown) < HARDLY_ANY and _shows_something(page)),
                "also_look": _new_pictures(page, seen),
            }
        )
        page.close()
    return pages


def read_picture(path: Path, number: int, room: Path) -> str:
    """Returns what tesseract reads on page `number` (from 0); '' if it is sure of almost nothing."""
    page = pypdfium2.PdfDocument(path)[number]
    width, height = page.get_size()
    scale = min(OCR_DPI / 72, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
    picture = room / "page.png"
    page.render(scale=scale, grayscale=True).to_pil().save(picture, dpi=(72 * scale, 72 * scale), compress_level=1)
    for layout in ("1", "11"):  # as a page, turned upright if need be; else as scattered words
        words = _tesseract(picture, layout)
        if sum(letters(word) for _, word, sure in words if sure) >= ALMOST_NOTHING:
            # Words it is not sure of are kept as well: they may be the ones that a search must find.
            lines = groupby(words, key=lambda found: found[0])
            return tidy("\n".join(" ".join(word for _, word, _ in line) for _, line in lines))
    return ""


def _tesseract(picture: Path, layout: str) -> list[tuple[str, str, bool]]:
    """Returns (line, word, sure) for each word read, in reading order."""
    try:
        ran = subprocess.run(
            ["/usr/bin/tesseract", str(picture), "-", "-l", "eng", "--psm", layout, "tsv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=OCR_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = []
    for row in ran.stdout.decode("utf-8", "replace")[:MAX_TEXT].split("\n"):
        level, *place, confidence, word = [*row.split("\t"), *[""] * 12][:12]
        if level == "5" and word.strip():
            found.append((" ".join(place[:4]), word.strip(), float(confidence or 0) >= SURE))
    return found


def letters(text: str) -> int:
    """Returns how many letters and digits the text has."""
    return sum(map(str.isalnum, text))


def tidy(text: str) -> str:
    """Returns the text with plain line ends, words joined that a line end had parted, and no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    for joiner in ("\ufffe", "\x02", "\u00ad"):
        text = text.replace(f"{joiner}\n", "").replace(joiner, "")
    return "".join(sign for sign in text if sign in "\n\t" or ((sign.isprintable() or sign.isspace()) and sign >= " "))


def _is_nonsense(text: str) -> bool:
    """True where a font gives no letters for its shapes, so that its text layer says nothing of what is seen."""
    strange = sum(1 for sign in text if ord(sign) in _PRIVATE_USE or sign == "\ufffd")
    return strange > HARDLY_ANY and strange * 3 > len(text)


def _new_pictures(page: Any, seen: set[bytes]) -> bool:
    """Returns whether the page holds a picture large enough to hold lettering that no page before held (a logo recurs)."""
    new = False
    for thing in page.get_objects(filter=[_IMAGE], max_depth=4):
        left, bottom, right, top = thing.get_bounds()
        if right - left < LEAST_WIDTH or top - bottom < LEAST_HEIGHT:
            continue
        mark = hashlib.sha256(bytes(thing.get_data())).digest()
        new = new or mark not in seen
        seen.add(mark)
    return new


def _shows_something(page: Any) -> bool:
    things = page.get_objects(filter=[_IMAGE, _PATH], max_depth=4)
    return any(thing.type == _IMAGE or shapes >= OUTLINED_PATHS for shapes, thing in enumerate(things, start=1))
