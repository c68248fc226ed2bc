"""The proof of a finished copy: the right one is proved, and each single tampering alone is not (promise 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import REF, detail

from pipeline.domain.facts import Section
from pipeline.domain.people import DetailKind, ItemId, ProtectedDetail
from pipeline.domain.proof import Expected, NotProved, Proved, Seen, prove, stamp

NAME = "Dorrick Vane"
PAGES = 6
SECRET = detail("d1", "father")
SECTIONS = (
    Section(title="Social worker's report: Port Mere", report=ItemId("r1"), from_page=3, to_page=4),
    Section(title="Report: Gullwing Primary School", report=ItemId("r2"), from_page=5, to_page=6),
)
SOURCES = {ItemId("r1"): ("a1", "a2"), ItemId("r2"): ("b1", "b2")}
PRINTS = ("cover", "contents", "a1", "a2", "b1", "b2")


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished copy as an independent reader saw it, and what it should be."""

    expected: Expected
    pages: tuple[Seen, ...]
    outline: tuple[str, ...] = ("Contents", *(s.title for s in SECTIONS))
    metadata: tuple[str, ...] = ("Title: Conference papers", "Lang: en-GB")
    encrypted: bool = True

    def proved(self) -> Proved | NotProved:
        return prove(self.expected, self.pages, self.outline, self.metadata, encrypted=self.encrypted)

    def with_page(self, number: int, **change: str) -> Finished:
        pages = list(self.pages)
        pages[number - 1] = replace(pages[number - 1], **change)  # type: ignore[arg-type]
        return replace(self, pages=tuple(pages))

    def expecting(self, **change: object) -> Finished:
        return replace(self, expected=replace(self.expected, **change))  # type: ignore[arg-type]


def page(
    number: int, text: str = "The child is well.", *, name: str = NAME, of: int = PAGES, ref: str = REF, issue: int = 1
) -> str:
    return f"{text}\n{stamp(name, number, of, ref, issue)}\nConfidential"


def finished(kept: tuple[ProtectedDetail, ...] = (SECRET,)) -> Finished:
    expected = Expected(
        stamp_name=NAME,
        reference=REF,
        issue=1,
        pages=PAGES,
        sections=SECTIONS,
        sources=SOURCES,
        kept_from_reader=kept,
    )
    return Finished(
        expected=expected, pages=tuple(Seen(text=page(n), fingerprint=mark) for n, mark in enumerate(PRINTS, 1))
    )


RIGHT = finished()

TAMPERED: dict[str, tuple[Callable[[Finished], Finished], str]] = {
    "not encrypted": (lambda c: replace(c, encrypted=False), "proof.not-encrypted"),
    "no pages": (lambda c: replace(c.expecting(pages=0, sections=(), sources={}), pages=(), outline=()), "proof.page-count"),
    "a page more": (lambda c: replace(c, pages=(*c.pages, c.pages[-1])), "proof.page-count"),
    "a page fewer": (lambda c: replace(c, pages=c.pages[:-1]), "proof.page-count"),
    "a page without a stamp": (lambda c: c.with_page(4, text="The child is well."), "proof.stamp"),
    "another person's stamp": (lambda c: c.with_page(4, text=page(4, name="Pell Ashgrove")), "proof.stamp"),
    "another page's stamp": (lambda c: c.with_page(4, text=page(3)), "proof.stamp"),
    "another count in the stamp": (lambda c: c.with_page(4, text=page(4, of=7)), "proof.stamp"),
    "another conference's stamp": (lambda c: c.with_page(4, text=page(4, ref="EM-2701-002")), "proof.stamp"),
    "another issue's stamp": (lambda c: c.with_page(4, text=page(4, issue=2)), "proof.stamp"),
    "an issue that begins alike": (lambda c: c.with_page(4, text=page(4, issue=12)), "proof.stamp"),
    "a second person's stamp on the cover": (
        lambda c: c.with_page(1, text=page(1) + "\n" + page(1, name="Pell Ashgrove")),
        "proof.stamp",
    ),
    "a page of another source": (lambda c: c.with_page(4, fingerprint="z9"), "proof.untraced"),
    "two pages exchanged": (
        lambda c: c.with_page(3, fingerprint="a2").with_page(4, fingerprint="a1"),
        "proof.untraced",
    ),
    "two reports exchanged": (
        lambda c: c.expecting(sources={ItemId("r1"): ("b1", "b2"), ItemId("r2"): ("a1", "a2")}),
        "proof.untraced",
    ),
    "a report that is not allowed": (lambda c: c.expecting(sources={ItemId("r1"): ("a1", "a2")}), "proof.not-allowed"),
    "a report that is missing": (
        lambda c: replace(c.expecting(sections=SECTIONS[:1], pages=4), pages=_renumbered(4), outline=c.outline[:2]),
        "proof.missing",
    ),
    "a report that is in it twice": (
        lambda c: c.expecting(sections=(SECTIONS[0], replace(SECTIONS[0], from_page=5, to_page=6), SECTIONS[1])),
        "proof.missing",
    ),
    "a section that ends too early": (
        lambda c: c.expecting(sections=(SECTIONS[0], replace(SECTIONS[1], to_page=5))),
        "proof.untraced",
    ),
    "a page between sections": (
        lambda c: c.expecting(sections=(replace(SECTIONS[0], to_page=3), SECTIONS[1])),
        "proof.untraced",
    ),
    "a page behind all sections": (
        lambda c: c.expecting(sections=SECTIONS[:1], sources={ItemId("r1"): ("a1", "a2")}),
        "proof.untraced",
    ),
    "a protected detail on a report's page": (
        lambda c: c.with_page(5, text=page(5, "now at 14 Gannet\nRow")),
        "proof.protected-detail",
    ),
    "a protected detail on the cover": (lambda c: c.with_page(1, text=page(1, "zz4 7qd")), "proof.protected-detail"),
    "a protected detail across two pages": (
        lambda c: c.with_page(5, text=page(5, "at 14 Gannet").removesuffix("\nConfidential")).with_page(6, text=page(6, "Row")),
        "proof.protected-detail",
    ),
    "a protected detail in a bookmark": (
        lambda c: replace(c, outline=(*c.outline[:-1], "Report: 14 Gannet Row")),
        "proof.protected-detail",
    ),
    "a protected detail in the properties": (
        lambda c: replace(c, metadata=(*c.metadata, "Author: 14 Gannet Row")),
        "proof.protected-detail",
    ),
    "an action": (lambda c: replace(c, metadata=(*c.metadata, "Active: /JavaScript")), "proof.active"),
    "a bookmark more": (lambda c: replace(c, outline=(*c.outline, "Confidential section: Police")), "proof.bookmarks"),
    "a bookmark fewer": (lambda c: replace(c, outline=c.outline[:-1]), "proof.bookmarks"),
    "a bookmark twice": (lambda c: replace(c, outline=(*c.outline, c.outline[-1])), "proof.bookmarks"),
    "bookmarks exchanged": (
        lambda c: replace(c, outline=(c.outline[0], c.outline[2], c.outline[1])),
        "proof.bookmarks",
    ),
    "a bookmark changed": (lambda c: replace(c, outline=(*c.outline[:-1], "Report: GP")), "proof.bookmarks"),
}


def _renumbered(pages: int) -> tuple[Seen, ...]:
    return tuple(Seen(text=page(n, of=pages), fingerprint=mark) for n, mark in enumerate(PRINTS[:pages], 1))


def test_the_right_copy_is_proved() -> None:
    """A copy that is what it should be may leave; without protected details too, and one of own pages only."""
    assert RIGHT.proved() == Proved()
    assert finished(()).proved() == Proved()
    alone = replace(RIGHT.expecting(sections=(), sources={}, pages=2), pages=_renumbered(2), outline=("Contents",))
    assert alone.proved() == Proved()


@pytest.mark.parametrize("what", sorted(TAMPERED))
def test_a_tampered_copy_is_not(what: str) -> None:
    """Each single change of pages, stamps, sections, bookmarks, properties or encryption keeps the copy here."""
    tamper, code = TAMPERED[what]
    found = tamper(RIGHT).proved()
    assert isinstance(found, NotProved)
    assert found.code == code


@given(st.integers(3, PAGES), st.text(alphabet="abcdef0123456789", min_size=1, max_size=8))
def test_any_other_page_is_untraced(number: int, mark: str) -> None:
    """A report's page with any other fingerprint than its source's is never proved."""
    found = RIGHT.with_page(number, fingerprint=f"other-{mark}").proved()
    assert isinstance(found, NotProved)


@given(st.permutations(range(PAGES)))
def test_pages_in_another_order_are_not_proved(order: list[int]) -> None:
    """Only the one order of pages is right."""
    found = replace(RIGHT, pages=tuple(RIGHT.pages[n] for n in order)).proved()
    assert isinstance(found, Proved) is (order == sorted(order))


@pytest.mark.parametrize(
    "text",
    [
        "for Dorrick  Vane\n· page 4 of 6 · PM-2611-017 ·\nissue 1",
        "forDorrickVane·page4of6·PM-2611-017·issue1",
        "for Dorrick Vane · page 4 of 6 · PM-2611-017 · issue 1\n2026 was a good year",
        "It is well.for Dorrick Vane · page 4 of 6 · PM-2611-017 · issue 1 Seen",
    ],
)
def test_a_stamp_is_read_whatever_a_reader_makes_of_spaces(text: str) -> None:
    """Readers of a page differ in where they see spaces; the stamp counts all the same."""
    assert RIGHT.with_page(4, text=text).proved() == Proved()


@pytest.mark.parametrize("name", ["Łucja Żółć-O’Brien", "A. (Ann) B+C", "Zoe\u0301 Vane", "李 小龙"])
def test_any_name_can_be_stamped(name: str) -> None:
    """Accents composed or not, brackets and other scripts are read as they were written."""
    copy = RIGHT.expecting(stamp_name=name)
    pages = tuple(Seen(text=page(n, name=name), fingerprint=mark) for n, mark in enumerate(PRINTS, 1))
    assert replace(copy, pages=pages).proved() == Proved()
    assert isinstance(copy.proved(), NotProved)


def test_a_failure_says_where_and_never_what() -> None:
    """The reason names pages and ids, never the detail, the person or the text."""
    for tamper, _ in TAMPERED.values():
        found = tamper(RIGHT).proved()
        assert isinstance(found, NotProved)
        said = found.why.casefold()
        assert not any(word in said for word in ("gannet", "zz4", "vane", "ashgrove", "gullwing"))


def test_only_the_readers_own_details_matter() -> None:
    """What is protected from somebody else may stand in this copy."""
    copy = finished(()).with_page(5, text=page(5, "now at 14 Gannet Row"))
    assert copy.proved() == Proved()
    phone = detail("d2", text="07700 900123", kind=DetailKind.PHONE)
    assert isinstance(finished((phone,)).with_page(5, text=page(5, "ring +44 7700 900123")).proved(), NotProved)
