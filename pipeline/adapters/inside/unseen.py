"""Words on a page that nobody sees: too small to be read, or in the colour of their ground."""

from __future__ import annotations

from ctypes import c_uint
from math import sqrt
from typing import Any, Final

import pypdfium2.raw as pdfium
from pypdfium2 import PdfiumError

LEAST_POINTS: Final = 3.0
"""Type smaller than this is not read by anybody; footnotes and raised signs are larger."""

PALE: Final = 0xD0
"""A colour of which each part is at least this, of 255, cannot be seen on paper, though it can on a dark ground."""

LEAST_CONTRAST: Final = 12
"""Shades of grey, of 255, between the darkest and the lightest point where a word stands; with fewer there is nothing to see."""

_TEXT, _IMAGE = 1, 3
_WITHOUT_INK: Final = frozenset({pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP})


def unseen(page: Any, words: Any) -> str:
    """Returns the words of the page that are in its text and cannot be seen, run together; `words` is its text page.

    Text without ink is how a scan carries what was read from it: it counts only on a page that holds no picture.
    """
    found, pale = [], []
    scanned: bool | None = None
    for thing in page.get_objects(filter=[_TEXT], max_depth=8, textpage=words):
        if 0 < _points(thing) < LEAST_POINTS:
            found.append(_said(thing))
        elif pdfium.FPDFTextObj_GetTextRenderMode(thing) in _WITHOUT_INK:
            if scanned is None:
                scanned = any(True for _ in page.get_objects(filter=[_IMAGE], max_depth=8))
            if not scanned:
                found.append(_said(thing))
        elif _is_pale(thing):
            pale.append(thing)
    if pale:
        shown = page.render(scale=1, rotation=-page.get_rotation() % 360, grayscale=True).to_pil()
        left, _, _, top = page.get_cropbox()
        found += [_said(thing) for thing in pale if _contrast(shown, thing, left, top) < LEAST_CONTRAST]
    return " ".join(found)


def _said(thing: Any) -> str:
    try:
        return str(thing.extract())
    except PdfiumError:  # a text object of nothing
        return ""


def _points(thing: Any) -> float:
    matrix = thing.get_matrix()
    return float(thing.get_font_size() * sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c)))


def _is_pale(thing: Any) -> bool:
    parts = [c_uint() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetFillColor(thing, *parts):
        return False
    red, green, blue, cover = (part.value for part in parts)
    return min(red, green, blue) >= PALE or cover < 255 - PALE


def _contrast(shown: Any, thing: Any, left: float, top: float) -> int:
    x0, y0, x1, y1 = thing.get_bounds()
    across = max(int(x0 - left), 0), min(int(x1 - left) + 1, shown.width)
    down = max(int(top - y1), 0), min(int(top - y0) + 1, shown.height)
    if across[0] >= across[1] or down[0] >= down[1]:
        return 255  # outside of what is shown, which is told from the page's text
    darkest, lightest = shown.crop((across[0], down[0], across[1], down[1])).getextrema()
    return int(lightest - darkest)
