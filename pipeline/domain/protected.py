"""Finding protected details in text, whatever became of their case, spacing, line breaks and punctuation.

On doubt it finds: a report that is wrongly left out of a copy is seen by the releaser, one wrongly sent is harm.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from pipeline.domain.facts import Finding
from pipeline.domain.opaque import NOT_DECOMPOSED
from pipeline.domain.people import DetailId, DetailKind, ProtectedDetail

_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})\b", re.IGNORECASE)
_SHORT = 8
"""Below this many letters and digits a needle must begin and end at a word's edge, or it would be found everywhere."""

_STREET = {
    "street": "st", "road": "rd", "avenue": "ave", "lane": "ln", "close": "cl", "court": "ct", "drive": "dr",
    "place": "pl", "square": "sq", "terrace": "terr", "gardens": "gdns", "crescent": "cres", "saint": "st",
    "apartment": "flat", "apt": "flat", "crt": "ct", "av": "ave",
}  # fmt: skip
_PLACES = frozenset({DetailKind.ADDRESS, DetailKind.SCHOOL, DetailKind.SURGERY, DetailKind.WORKPLACE, DetailKind.OTHER})
"""The kinds of which the words are looked for abbreviated too: "St Mary's" is "Saint Mary's"."""
_BESIDE_STREET = frozenset(("row", "way", "hill", "walk", "mews", "park", "view", "green", "rise", "grove", "vale", "yard", "quay"))
_KINDS_OF_STREET = (frozenset(_STREET) | frozenset(_STREET.values()) | _BESIDE_STREET) - {"apartment", "apt", "flat", "saint"}
_HOUSE_AND_STREET = re.compile(rf"\b\d+[a-z]?(?: [a-z]+){{1,4}}? (?:{'|'.join(sorted(_KINDS_OF_STREET))})\b")
_UNIT_ONLY = re.compile(r"(?:flat|apartment|apt|unit|room|floor|block|no|number) ?\w{1,4}|\d+\w?|po box \d+")
_BETWEEN_PHONES = re.compile(r"[/,;|&]|\b(?:or|and)\b|\b(?:ext|extension|x)\b\.?|(?<=\d)x(?=\d)", re.IGNORECASE)


def folded(text: str) -> str:
    """Returns the text in lower case, without accents, every run of anything but letters and digits one space.

    Characters that nobody sees (soft hyphens, zero-width marks) are gone without a space.
    """
    if not text.isascii():
        # compatibility forms may unfold to capitals, and folding to marks: hence on both sides
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
        text = text.translate(NOT_DECOMPOSED)
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _needles(detail: ProtectedDetail) -> Iterable[str]:
    """Yields folded strings, each of which alone gives the detail away."""
    whole = folded(detail.detail)
    yield whole
    if detail.kind is DetailKind.PHONE:
        for part in _BETWEEN_PHONES.split(detail.detail):
            digits = re.sub(r"\D", "", part)
            if len(digits) >= 9:
                yield digits[-9:]  # +44 7700 and 07700 end alike
            elif len(digits) >= 6:
                yield digits
    if detail.kind is DetailKind.ADDRESS:
        for match in _POSTCODE.finditer(detail.detail):
            yield folded(match.group(1) + match.group(2))
        yield from _streets(detail.detail)


def _streets(address: str) -> Iterable[str]:
    """Yields house and street as they stand in the address, and a named house with its street."""
    parts = [folded(part) for part in re.split(r"[,\n;]", address)]
    for part in parts:
        bare = _POSTCODE.sub(" ", part).strip()
        telling = re.search(r"\d", bare) and re.search(r"[a-z]{3}", bare) and not _UNIT_ONLY.fullmatch(bare)
        if telling and len(bare) >= 6:
            yield bare
        yield from _HOUSE_AND_STREET.findall(bare)
    if len(parts) > 2 and not re.search(r"\d", parts[0] + parts[1]):
        yield f"{parts[0]} {parts[1]}"


def _short_streets(spaced: str) -> str:
    return " ".join(_STREET.get(word, word) for word in spaced.split())


@lru_cache(maxsize=4096)
def _pattern(needle: str) -> re.Pattern[str]:
    letters = needle.replace(" ", "")
    body = r" ?".join(re.escape(c) for c in letters)
    return re.compile(rf"(?<![^ ]){body}(?![^ ])") if len(letters) < _SHORT else re.compile(body)


def found_in(text: str, details: Sequence[ProtectedDetail]) -> set[DetailId]:
    """Returns the details of which the text gives any telling part: the whole, a postcode, house and street, a number."""
    spaced = folded(text)
    addresses = any(detail.kind in _PLACES for detail in details)
    abbreviated = _short_streets(spaced) if addresses else ""
    tight, tight_abbreviated = spaced.replace(" ", ""), abbreviated.replace(" ", "")
    return {
        detail.id
        for detail in details
        if any(
            _stands_in(needle, spaced, tight)
            or (
                detail.kind in _PLACES
                and _stands_in(_short_streets(needle), abbreviated, tight_abbreviated)
            )
            for needle in _needles(detail)
        )
    }


def _stands_in(needle: str, spaced: str, tight: str) -> bool:
    letters = needle.replace(" ", "")
    if len(letters) < 3 or letters not in tight:
        return False
    return len(letters) >= _SHORT or _pattern(needle).search(spaced) is not None


def findings(pages: Sequence[str], details: Sequence[ProtectedDetail]) -> tuple[Finding, ...]:
    """Returns where each detail is found. Neighbouring pages are read together too: an address may break across them."""
    found = [
        Finding(detail=detail, page=number)
        for number, page in enumerate(pages, 1)
        for detail in sorted(found_in(page, details))
    ]
    seen = {finding.detail for finding in found}
    for number in range(1, len(pages)):
        across = found_in(pages[number - 1][-400:] + "\n" + pages[number][:400], details) - seen
        found.extend(Finding(detail=detail, page=number) for detail in sorted(across))
    return tuple(found)
