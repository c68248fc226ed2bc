"""The proof of a finished copy: every page is ours or traced to an allowed source, stamped, and free of what is protected."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.facts import Finding, Section
from pipeline.domain.people import ItemId, ProtectedDetail
from pipeline.domain.protected import findings, folded, found_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page as an independent reader saw it."""

    text: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the copy must be. `sources` are the page fingerprints of each allowed report, in order."""

    stamp_name: str
    reference: str
    issue: int
    pages: int
    sections: Sequence[Section]
    sources: Mapping[ItemId, Sequence[str]]
    kept_from_reader: Sequence[ProtectedDetail]
    put_right: str = ""
    """What to do about a protected detail on a page of a source that is no report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The copy is what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotProved:
    """It is not, and stays here. `why` names pages and ids, never content."""

    code: str
    why: str


def stamp(name: str, page: int, pages: int, reference: str, issue: int) -> str:
    """Returns the stamp of a page; pages count from 1."""
    return f"for {name} · page {page} of {pages} · {reference} · issue {issue}"


def _plain(text: str) -> str:
    composed = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return "".join(c for c in composed if unicodedata.category(c) not in {"Cc", "Cf"})


def _loosely(text: str) -> str:
    """A pattern of the text with any spacing: readers of a page differ in where they see spaces."""
    return r"\s*".join(re.escape(c) for c in _plain(text) if not c.isspace())


def _bears(page: str, mark: str) -> bool:
    """True where the page bears the stamp, and not one whose last number only begins like it.

    Readers turn the letters of words that are written from right to left: such a word may stand there either way.
    """
    marks = {mark, _RIGHT_TO_LEFT.sub(lambda word: word[0][::-1], mark)}
    return any(re.search(_loosely(one) + r"(?!\d)", _plain(page)) for one in marks)


_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+")


def _stamps(page: str, reference: str) -> int:
    """How many stamps of copies of this conference the page bears, whosever they are."""
    shape = rf"page\s*\d+\s*of\s*\d+\s*·\s*{_loosely(reference)}\s*·\s*issue\s*\d"
    return len(re.findall(shape, _plain(page)))


def prove(
    expected: Expected, seen: Sequence[Seen], outline: Sequence[str], metadata: Sequence[str], *, encrypted: bool
) -> Proved | NotProved:
    """Returns whether the copy may leave. Any doubt is a NotProved."""
    if not encrypted:
        return NotProved(code="proof.not-encrypted", why="the finished copy is not encrypted with AES-256")
    if len(seen) != expected.pages or not seen:
        return NotProved(code="proof.page-count", why=f"it has {len(seen)} pages instead of {expected.pages}")
    of_reports = {n for s in expected.sections if s.report is not None for n in range(s.from_page, s.to_page + 1)}
    for number, page in enumerate(seen, 1):
        mark = stamp(expected.stamp_name, number, len(seen), expected.reference, expected.issue)
        if not _bears(page.text, mark):
            return NotProved(code="proof.stamp", why=f"page {number} does not bear this person's stamp")
        if number not in of_reports and _stamps(page.text, expected.reference) != 1:
            return NotProved(code="proof.stamp", why=f"page {number} bears another copy's stamp")
    untraced = _untraced(expected, seen)
    if untraced is not None:
        return untraced
    if (holding := _holding(expected, seen)) is not None:
        return NotProved(
            code="proof.protected-detail",
            why=f"page {holding.page} holds a protected detail ({holding.detail}); "
            + (
                (expected.put_right or "take the report out with `packs unfile` or ask the author for another copy")
                if of_reports
                else "take it out of what was recorded (the outcome, or a word of the booking), or hand it over in another way"
            ),
        )
    for text in (*outline, *metadata):
        if found := sorted(found_in(text, expected.kept_from_reader)):
            return NotProved(
                code="proof.protected-detail", why=f"its bookmarks or properties hold a protected detail ({found[0]})"
            )
    if any(text.startswith("Active:") for text in metadata):
        return NotProved(code="proof.active", why="it holds an action, a form or an attached file")
    titles = [folded(section.title) for section in expected.sections if section.report is not None]
    marked = [title for title in map(folded, outline) if title not in {"contents", "cover"}]
    if marked != titles:
        return NotProved(code="proof.bookmarks", why="its bookmarks are not those of its sections")
    return Proved()


def _holding(expected: Expected, seen: Sequence[Seen]) -> Finding | None:
    """The first protected detail on a page, or across two pages with the stamp between them."""
    if not expected.kept_from_reader:
        return None
    texts = [page.text for page in seen]
    marks = (stamp(expected.stamp_name, n, len(seen), expected.reference, expected.issue) for n in range(1, len(seen) + 1))
    unstamped = [re.sub(_loosely(mark), " ", _plain(text)) for text, mark in zip(texts, marks, strict=True)]
    found = (*findings(texts, expected.kept_from_reader), *findings(unstamped, expected.kept_from_reader))
    return min(found, key=lambda finding: (finding.page, finding.detail), default=None)


def _untraced(expected: Expected, seen: Sequence[Seen]) -> NotProved | None:
    reports = [section.report for section in expected.sections if section.report is not None]
    if sorted(reports) != sorted(expected.sources):
        if set(reports) - set(expected.sources):
            return NotProved(code="proof.not-allowed", why="it holds a report this person may not have")
        return NotProved(code="proof.missing", why="it does not hold each report that belongs in it once")
    traced: set[int] = set()
    for section in expected.sections:
        if section.report is None:
            traced.update(range(section.from_page, section.to_page + 1))
            continue
        source = expected.sources[section.report]
        found = [page.fingerprint for page in seen[section.from_page - 1 : section.to_page]]
        if list(source) != found:
            return NotProved(
                code="proof.untraced",
                why=f"pages {section.from_page} to {section.to_page} are not the pages of their source",
            )
        traced.update(range(section.from_page, section.to_page + 1))
    first = min((s.from_page for s in expected.sections if s.report is not None), default=len(seen) + 1)
    ours = set(range(1, first))
    if set(range(1, len(seen) + 1)) - traced - ours:
        return NotProved(code="proof.untraced", why="it holds pages that belong to no section")
    return None
