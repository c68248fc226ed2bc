"""Finding protected details in text, whatever became of their case, spacing, line breaks and punctuation.

On doubt it finds: a report that is wrongly left out of a copy is seen by the releaser, one wrongly sent is harm.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from pipeline.domain.facts import Finding
from pipeline.domain.people import DetailId, DetailKind, ProtectedDetail

_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})\b", re.IGNORECASE)
_SHORT = 8
"""Below this many letters and digits a needle must begin and end at a word's edge, or it would be found everywhere."""

_STREET = {
    "street": "st", "road": "rd", "avenue": "ave", "lane": "ln", "close": "cl", "court": "ct", "drive": "dr",
    "place": "pl", "square": "sq", "terrace": "terr", "gardens": "gdns", "crescent": "cres", "saint": "st",
    "apartment": "flat", "apt": "flat",
}  # fmt: skip


def folded(text: str) -> str:
    """Returns the text in lower case, without accents, every run of anything but letters and digits one space."""
    text = text.replace("\u00ad", "").replace("\u200b", "").replace("\u200c", "").replace("\u200d", "")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"[^0-9a-z\u00df-\uffff]+", " ", bare).strip()


def _needles(detail: ProtectedDetail) -> Iterable[str]:
    """Yields folded strings, each of which alone gives the detail away."""
    whole = folded(detail.detail)
    yield whole
    if detail.kind is DetailKind.PHONE:
        digits = re.sub(r"\D", "", detail.detail)
        yield digits[-9:] if len(digits) >= 9 else digits
    if detail.kind is DetailKind.ADDRESS:
        for match in _POSTCODE.finditer(detail.detail):
            yield folded(match.group(1) + match.group(2))
        first = re.split(r"[,\n;]", detail.detail)[0]
        if re.search(r"\d", first) and re.search(r"[A-Za-z]{3}", first) and len(folded(first)) >= 6:
            yield folded(first)
            yield " ".join(_STREET.get(word, word) for word in folded(first).split())
    if detail.kind is DetailKind.EMAIL and "@" in detail.detail:
        yield folded(detail.detail)


@lru_cache(maxsize=4096)
def _pattern(needle: str) -> re.Pattern[str]:
    letters = needle.replace(" ", "")
    body = r" ?".join(re.escape(c) for c in letters)
    return re.compile(rf"(?<![^ ]){body}(?![^ ])") if len(letters) < _SHORT else re.compile(body)


def found_in(text: str, details: Sequence[ProtectedDetail]) -> set[DetailId]:
    """Returns the details of which the text gives any telling part: the whole, a postcode, house and street, a number."""
    spaced = folded(text)
    tight = spaced.replace(" ", "")
    hits: set[DetailId] = set()
    for detail in details:
        for needle in _needles(detail):
            letters = needle.replace(" ", "")
            if len(letters) < 3:
                continue
            if letters in tight and (len(letters) >= _SHORT or _pattern(needle).search(spaced)):
                hits.add(detail.id)
                break
    return hits


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
