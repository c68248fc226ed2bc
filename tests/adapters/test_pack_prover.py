"""The prover: other libraries than the writer's read a copy, in the sandbox."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pack_sources import NAME, PASSPHRASE, TEMPLATES, copy_text, odd_pages, scan
from pypdf import PdfReader

from pipeline.adapters.inside.fingerprint import page_fingerprint
from pipeline.adapters.pack_prover import SandboxProver
from pipeline.adapters.pack_stamp import stamp_line
from pipeline.adapters.pack_writer import PdfPackWriter
from pipeline.adapters.sandbox import Sandbox
from pipeline.errors import UnreadableFileError
from pipeline.ports import ComposedCopy, SectionSource

FRONT_PAGES = 2


def front() -> bytes:
    """A front of two empty pages: these tests need no LibreOffice."""
    with pikepdf.new() as pdf:
        for _ in range(FRONT_PAGES):
            pdf.add_blank_page()
        content = BytesIO()
        pdf.save(content)
    return content.getvalue()


@pytest.fixture(scope="module")
def copy() -> ComposedCopy:
    """A copy with odd pages and a scan."""
    sections = [SectionSource(title="Odd pages", pdf=odd_pages()), SectionSource(title="Drawing", pdf=scan())]
    return PdfPackWriter(TEMPLATES, lambda docx: front()).write(copy_text(), sections, PASSPHRASE)


@pytest.fixture(scope="module")
def prover() -> Iterator[SandboxProver]:
    """A warm prover."""
    made = SandboxProver(Sandbox())
    yield made
    made.close()


def fingerprints(pdf: bytes) -> list[str]:
    """The fingerprints of a source's pages."""
    return [page_fingerprint(page, skip_stamp=False) for page in PdfReader(BytesIO(pdf)).pages]


def changed(copy: ComposedCopy, change: object, *, encrypt: bool = True, **how: object) -> bytes:
    """The copy after someone changed it and sealed it again."""
    with pikepdf.open(BytesIO(copy.sealed), password=PASSPHRASE) as pdf:
        change(pdf)  # type: ignore[operator]
        content = BytesIO()
        options = {"R": 6, "user": PASSPHRASE, "owner": "someone else", **how}
        pdf.save(content, encryption=pikepdf.Encryption(**options) if encrypt else False)  # type: ignore[arg-type]
    return content.getvalue()


def test_it_says_what_is_in_a_copy(prover: SandboxProver, copy: ComposedCopy) -> None:
    """Pages with stamp and fingerprint, bookmarks, the neutral title and the encryption are read back."""
    found = prover.examine(copy.sealed, PASSPHRASE)
    assert [page.fingerprint for page in found.pages] == fingerprints(front()) + fingerprints(odd_pages()) + fingerprints(scan())
    for number, page in enumerate(found.pages, 1):
        assert stamp_line(NAME, number, copy.pages, "PM-2611-017", 2) in page.text
    assert "odd page 2" in found.pages[FRONT_PAGES + 2].text
    assert found.outline == (("Contents", 2), ("Odd pages", 3), ("Drawing", 9))
    assert set(found.metadata) == {"Title: Conference papers", "Lang: en-GB"}
    assert found.encrypted


@pytest.mark.parametrize("passphrase", ["", "wrong", PASSPHRASE + " ", "ŵ"])
def test_a_wrong_passphrase_opens_nothing(prover: SandboxProver, copy: ComposedCopy, passphrase: str) -> None:
    """Without the passphrase a copy cannot be proved, and the error holds neither passphrase nor content."""
    with pytest.raises(UnreadableFileError, match="does not open") as caught:
        prover.examine(copy.sealed, passphrase)
    assert "gravel" not in str(caught.value)


@pytest.mark.parametrize("damage", [b"", b"%PDF-1.7", b"\0" * 5000])
def test_damage_is_unreadable(prover: SandboxProver, damage: bytes) -> None:
    """What is no PDF is an error for the next person, never a proof."""
    with pytest.raises(UnreadableFileError):
        prover.examine(damage, PASSPHRASE)


def test_a_cut_copy_is_unreadable_or_shorter(prover: SandboxProver, copy: ComposedCopy) -> None:
    """A copy that lost its end never passes as the whole copy."""
    for kept in (0.3, 0.9, 0.99):
        with pytest.raises(UnreadableFileError):
            prover.examine(copy.sealed[: int(len(copy.sealed) * kept)], PASSPHRASE)


def test_a_foreign_page_is_noticed(prover: SandboxProver, copy: ComposedCopy) -> None:
    """A page put in, exchanged or drawn upon has a fingerprint that no source has."""
    sources = {*fingerprints(front()), *fingerprints(odd_pages()), *fingerprints(scan())}

    def insert(pdf: pikepdf.Pdf) -> None:
        pdf.add_blank_page(page_size=(595, 842))

    def draw(pdf: pikepdf.Pdf) -> None:
        pdf.pages[4].contents_add(b"BT /CPk0 9 Tf 50 50 Td <0001> Tj ET")

    def exchange(pdf: pikepdf.Pdf) -> None:
        picture = next(iter(pdf.pages[-1].obj.Resources.XObject.values()))
        picture.write(picture.read_raw_bytes()[:-9] + b"\xff" * 9, filter=pikepdf.Name.DCTDecode)

    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[3].obj.Rotate = 0

    for change in (insert, draw, exchange, turn):
        found = prover.examine(changed(copy, change), PASSPHRASE)
        assert len([page for page in found.pages if page.fingerprint not in sources]) == 1


def test_foreign_words_and_actions_are_told(prover: SandboxProver, copy: ComposedCopy) -> None:
    """Metadata, attachments, actions and words for screen readers are all in `metadata`, wherever they hang."""

    def plant(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo["/Author"] = "Planted Author"
        pdf.attachments["planted.txt"] = b"x"
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("planted()"))
        pdf.pages[0].contents_add(b"/Span <</ActualText (Planted words)>> BDC EMC")

    told = prover.examine(changed(copy, plant), PASSPHRASE).metadata
    for expected in ("Author: Planted Author", "ActualText: Planted words", "JS: planted()", "Active: /OpenAction",
                     "Active: /JavaScript", "Active: /EmbeddedFiles"):
        assert expected in told


@pytest.mark.parametrize("how", [{"encrypt": False}, {"R": 4, "aes": True}, {"user": "", "owner": PASSPHRASE}, {"owner": ""}])
def test_weaker_seals_are_not_encrypted(prover: SandboxProver, copy: ComposedCopy, how: dict[str, object]) -> None:
    """No encryption, an older one, or one that the empty password opens, does not count as sealed."""
    weak = changed(copy, lambda pdf: None, **how)  # type: ignore[arg-type]
    assert not prover.examine(weak, PASSPHRASE).encrypted


def test_words_outside_of_what_is_shown_are_read_too(prover: SandboxProver, copy: ComposedCopy) -> None:
    """Words beyond the edge of the page are in the file, so they are part of its text."""

    def write_beside(pdf: pikepdf.Pdf) -> None:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        pdf.pages[0].obj.Resources.Font.Own = pdf.make_indirect(font)
        pdf.pages[0].contents_add(b"q BT /Own 9 Tf 50 -400 Td (beside the page) Tj ET Q")

    assert "beside the page" in prover.examine(changed(copy, write_beside), PASSPHRASE).pages[0].text


def test_a_child_that_hangs_is_killed(copy: ComposedCopy) -> None:
    """A reader that never ends is killed with its group at the limit, and the next copy is read all the same."""
    hasty = SandboxProver(Sandbox(), within_s=0.001)
    begun = time.monotonic()
    with pytest.raises(UnreadableFileError, match="within the time"):
        hasty.examine(copy.sealed, PASSPHRASE)
    assert time.monotonic() - begun < 20  # the start of the reader is in it
    hasty._within_s = 60
    assert len(hasty.examine(copy.sealed, PASSPHRASE).pages) == copy.pages
    hasty.close()


def test_the_passphrase_is_in_no_argument_or_environment(prover: SandboxProver, copy: ComposedCopy) -> None:
    """While the child works, no command line and no environment on this machine holds the passphrase."""
    work = threading.Thread(target=prover.examine, args=(copy.sealed, PASSPHRASE))
    work.start()
    seen: set[bytes] = set()
    while work.is_alive():
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                seen |= {(process / what).read_bytes() for what in ("cmdline", "environ")}
    assert any(b"prove_pack" in words for words in seen)
    assert not any(b"gravel" in words for words in seen)
