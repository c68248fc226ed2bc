"""The line at the foot of every page, and the fonts it is written in.

Nothing of a report may be covered by the stamp, and the stamp must be readable on any page. So the page is made a little
smaller (3 % on A4), clipped to what was visible before, and the line is set in the strip that becomes free at its visible
foot. The page's own drawing commands stay as they are: ours lie in streams before and after them that begin with `MARK`,
and our resources have names that begin with `NAMES`; so `inside/fingerprint.py` can tell ours from the page's.

Names are of the whole world: characters that Liberation Sans lacks are taken from DejaVu Sans, and what neither has is
drawn as an empty box, yet keeps its place in the text layer, so that every reader finds the line exactly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import TemplateError

MARK = b"%CPstamp\n"
NAMES = "/CPk"
FONT_FILES = (
    Path("/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
)
STRIP_PT = 24.0
SIZE_PT = 9.5
_INK = "0.11 0.15 0.19 rg"


def stamp_line(name: str, page: int, pages: int, reference: str, issue: int) -> str:
    """Returns the line of a page: `for NAME · page n of m · REF · issue k`.

    The name is normalised (NFC), its runs of blanks become one, and control and formatting characters are dropped: this
    is what a reader finds in the text of the page.
    """
    return f"for {_tidy(name)} · page {page} of {pages} · {_tidy(reference)} · issue {issue}"


def _tidy(text: str) -> str:
    blanks = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in blanks if unicodedata.category(c)[0] != "C").split())


class Box(NamedTuple):
    """A rectangle in the page's own units: left, bottom, right, top."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What a page's own commands leave open: `missing` saved states they restore without saving, then what they left."""

    missing: int = 0
    states: int = 0
    marks: int = 0
    text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How a page is shown. `rotate` is 0, 90, 180 or 270 clockwise; `unit_pt` is the length of a unit in points."""

    visible: Box
    rotate: int
    unit_pt: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as the reader sees them, in the page's units."""
        width, height = self.visible.right - self.visible.left, self.visible.top - self.visible.bottom
        return (width, height) if self.rotate in (0, 180) else (height, width)

    @property
    def strip(self) -> float:
        """Height of the strip in the page's units: 24 pt, on small pages a tenth of the height."""
        return min(STRIP_PT / self.unit_pt, self.size[1] * 0.1)

    @property
    def to_page(self) -> tuple[int, int, int, int, float, float]:
        """The matrix from what the reader sees (origin at the visible foot's left end) to the page's coordinates."""
        box = self.visible
        match self.rotate:
            case 90:
                return (0, 1, -1, 0, box.right, box.bottom)
            case 180:
                return (-1, 0, 0, -1, box.right, box.top)
            case 270:
                return (0, -1, 1, 0, box.left, box.top)
            case _:
                return (1, 0, 0, 1, box.left, box.bottom)


def before(geometry: Geometry, balance: Balance) -> bytes:
    """Returns the stream that goes before the page's own: it makes room at the visible foot and clips."""
    width, height = geometry.size
    a, b, c, d, e, f = geometry.to_page
    scale = (height - geometry.strip) / height
    aside, up = (1 - scale) * width / 2, geometry.strip
    x, y = (1 - scale) * e + a * aside + c * up, (1 - scale) * f + b * aside + d * up
    box = geometry.visible
    clip = f"{_n(box.left)} {_n(box.bottom)} {_n(box.right - box.left)} {_n(box.top - box.bottom)} re W n"
    saves = "q\n" * balance.missing
    return MARK + f"q\n{_n(scale)} 0 0 {_n(scale)} {_n(x)} {_n(y)} cm\n{clip}\n{saves}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFont:
    """A subset as a PDF needs it. `codes` are the two-byte codes of the characters it is used for, from 1 upwards."""

    codes: dict[str, int]
    widths: dict[int, int]
    program: bytes
    to_glyph: bytes
    to_unicode: bytes
    name: str
    bbox: tuple[int, ...]
    ascent: int
    descent: int


class StampFonts:
    """The fonts of one copy: a subset for exactly the characters of its stamps."""

    def __init__(self, characters: str, files: Sequence[Path] = FONT_FILES) -> None:
        """Takes each character from the first file that has it, and from the first file what none has.

        Raises:
            TemplateError: none of the font files is there.
        """
        faces = [_face(str(file)) for file in files if file.is_file()]
        if not faces:
            raise TemplateError(
                "No font for the line at the foot of each page was found; nothing was sent. Install the Debian packages "
                "fonts-liberation2 and fonts-dejavu-core (scripts/setup does it), then try again."
            )
        self._font_of = {
            c: next((n for n, face in enumerate(faces) if ord(c) in face.charToGlyph), 0) for c in sorted(set(characters))
        }
        used = sorted(set(self._font_of.values()) | {0})
        self._slot = {number: slot for slot, number in enumerate(used)}
        self.embedded = tuple(_subset(faces[n], [c for c, m in self._font_of.items() if m == n], n) for n in used)

    def width(self, line: str) -> float:
        """Returns the line's width in thousandths of the font size."""
        return sum(self._embedded(c).widths[self._embedded(c).codes[c]] for c in line)

    def runs(self, line: str) -> list[tuple[int, str]]:
        """Returns (number in `embedded`, hexadecimal string) for each stretch of one font."""
        runs: list[tuple[int, str]] = []
        for c in line:
            slot = self._slot[self._font_of[c]]
            code = f"{self.embedded[slot].codes[c]:04X}"
            if runs and runs[-1][0] == slot:
                runs[-1] = (slot, runs[-1][1] + code)
            else:
                runs.append((slot, code))
        return runs

    def _embedded(self, c: str) -> EmbeddedFont:
        return self.embedded[self._slot[self._font_of[c]]]


def after(geometry: Geometry, balance: Balance, line: str, fonts: StampFonts, names: Sequence[str]) -> bytes:
    """Returns the stream that goes after the page's own: closes what they left open, then the line on white.

    The line is an artifact: a screen reader does not read it out on every page. `names` are the fonts' resource names.
    """
    width, strip = geometry.size[0], geometry.strip
    size = min(SIZE_PT / geometry.unit_pt, strip * 0.45, 0.92 * width * 1000 / fonts.width(line))
    left = (width - size * fonts.width(line) / 1000) / 2
    shows = "".join(f"{names[slot]} {_n(size)} Tf <{text}> Tj\n" for slot, text in fonts.runs(line))
    closes = ("ET\n" if balance.text else "") + "EMC\n" * balance.marks + "Q\n" * (balance.states + 1)
    return MARK + (
        f"{closes}/Artifact <</Type /Pagination /Subtype /Footer>> BDC\nq\n{_matrix(geometry)} cm\n"
        f"1 g 0 0 {_n(width)} {_n(strip)} re f\n{_INK}\nBT\n0 Tc 0 Tw 100 Tz 0 TL 0 Tr 0 Ts\n"
        f"1 0 0 1 {_n(left)} {_n(strip * 0.5)} Tm\n{shows}ET\nQ\nEMC\n"
    ).encode()


def _matrix(geometry: Geometry) -> str:
    return " ".join(_n(part) for part in geometry.to_page)


def _n(number: float) -> str:
    """A number as PDF writes it: no exponent, no trailing noughts."""
    return f"{number:.4f}".rstrip("0").rstrip(".") or "0"


@lru_cache(maxsize=4)
def _face(file: str) -> Any:
    from reportlab.pdfbase.ttfonts import TTFontFile  # type: ignore[import-untyped, unused-ignore]

    return TTFontFile(file)


def _subset(face: Any, characters: Sequence[str], number: int) -> EmbeddedFont:
    points = [ord(c) for c in characters]
    glyphs: dict[int, int] = {0: 0}  # glyph in the whole font -> glyph in the subset, numbered as makeSubset does
    to_glyph = bytearray(2)
    widths: dict[int, int] = {}
    for code, point in enumerate(points, 1):
        whole = face.charToGlyph.get(point, 0)
        to_glyph += glyphs.setdefault(whole, len(glyphs)).to_bytes(2, "big")
        widths[code] = round(face.charWidths[point] if whole else face.defaultWidth)
    program = face.makeSubset(points)
    tag = "CP" + "".join(chr(65 + int(d)) for d in f"{number:04d}")
    family = face.name.decode("latin-1") if isinstance(face.name, bytes) else str(face.name)
    return EmbeddedFont(
        codes={c: code for code, c in enumerate(characters, 1)}, widths=widths, program=program, to_glyph=bytes(to_glyph),
        to_unicode=_to_unicode(characters), name=f"/{tag}+{family}", bbox=tuple(round(v) for v in face.bbox),
        ascent=round(face.ascent), descent=round(face.descent),
    )


def _to_unicode(characters: Sequence[str]) -> bytes:
    lines = [f"<{code:04X}> <{c.encode('utf-16-be').hex().upper()}>" for code, c in enumerate(characters, 1)]
    blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    maps = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{maps}\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()
