"""A photo or scan as A4 pages: what it shows and nothing else, upright, encoded anew."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Final

import img2pdf
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from pipeline.adapters.inside.clean_pdf import MAX_PAGES
from pipeline.adapters.inside.refusal import RefusalError

MAX_PIXELS: Final = 50_000_000
LONGEST: Final = 3508
"""Pixels of the longer side of A4 at 300 dpi: more than that is not kept."""

QUALITY: Final = 88
_MARGIN_POINTS: Final = 14.0
_FORMATS: Final = ("JPEG", "PNG", "TIFF", "MPO")


def picture_to_pdf(source: Path, target: Path) -> None:
    """Writes one A4 page for each picture in the file.

    Raises:
        RefusalError: damaged, too-large (over 50 million pixels) or too-long.
    """
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(source, formats=_FORMATS) as picture:
            pages = _pages(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusalError("too-large") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError):
        raise RefusalError("damaged") from None
    paper = (img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297))
    layout = img2pdf.get_layout_fun(
        pagesize=paper, border=(_MARGIN_POINTS, _MARGIN_POINTS), fit=img2pdf.FitMode.into, auto_orient=True
    )
    target.write_bytes(img2pdf.convert(pages, layout_fun=layout, nodate=True, producer=""))


def _pages(picture: Image.Image) -> list[bytes]:
    made: list[bytes] = []
    # A phone's MPO is a photo with a preview behind it: only the first is the page.
    frames = ImageSequence.Iterator(picture) if picture.format == "TIFF" else [picture]
    for frame in frames:
        if len(made) == MAX_PAGES:
            raise RefusalError("too-long")
        if frame.width * frame.height > MAX_PIXELS:
            raise RefusalError("too-large")
        made.append(_encode(frame))
    return made


def _encode(frame: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(frame)
    plain = _without_transparency(upright)
    if max(plain.size) > LONGEST:
        plain = plain.convert("L") if plain.mode == "1" else plain
        plain.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    # A new picture from the pixels alone: nothing that came with the old one can come along.
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    out = io.BytesIO()
    if fresh.mode == "1":
        fresh.save(out, "PNG", optimize=False)
    else:
        fresh.save(out, "JPEG", quality=QUALITY, dpi=(200, 200))
    return out.getvalue()


def _without_transparency(picture: Image.Image) -> Image.Image:
    if picture.mode in ("1", "L", "RGB"):
        return picture.convert("RGB") if "transparency" in picture.info else picture
    if picture.mode.startswith("I") or picture.mode == "F":
        low, high = picture.getextrema()
        span = max(float(high) - float(low), 1.0)  # type: ignore[arg-type]
        return picture.convert("F").point(lambda value: (value - float(low)) * (255.0 / span)).convert("L")  # type: ignore[arg-type]
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(white, over).convert("RGB")
    return picture.convert("RGB")
