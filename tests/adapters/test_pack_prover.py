"""The prover: a second library reads a copy in a limited child."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pack_sources import NAME, PASSPHRASE, TEMPLATES, copy_text, odd_pages, scan
from pypdf import PdfReader

from pipeline.adapters.inside.fingerprint import page_fingerprint
from pipeline.adapters.pack_prover import PypdfProver
from pipeline.adapters.pack_stamp import stamp_line
from pipeline.adapters.pack_writer import PdfPackWriter
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


def test_it_says_what_is_in_a_copy(copy: ComposedCopy) -> None:
    """Pages with stamp and fingerprint, bookmarks, the neutral title and the encryption are read back."""
    found = PypdfProver().examine(copy.sealed, PASSPHRASE)
    assert [page.fingerprint for page in found.pages] == fingerprints(front()) + fingerprints(odd_pages()) + fingerprints(scan())
    for number, page in enumerate(found.pages, 1):
        assert stamp_line(NAME, number, copy.pages, "PM-2611-017", 2) in page.text
    assert "odd page 2" in found.pages[FRONT_PAGES + 2].text
    assert found.outline == (("Contents", 2), ("Odd pages", 3), ("Drawing", 9))
    assert set(found.metadata) == {"Title: Conference papers", "Lang: en-GB"}
    assert found.encrypted


@pytest.mark.parametrize("passphrase", ["", "wrong", PASSPHRASE + " ", "ŵ"])
def test_a_wrong_passphrase_opens_nothing(copy: ComposedCopy, passphrase: str) -> None:
    """Without the passphrase a copy cannot be proved, and the error holds neither passphrase nor content."""
    with pytest.raises(UnreadableFileError, match="does not open") as caught:
        PypdfProver().examine(copy.sealed, passphrase)
    assert "gravel" not in str(caught.value)


@pytest.mark.parametrize("damage", [b"", b"%PDF-1.7", b"\0" * 5000])
def test_damage_is_unreadable(damage: bytes) -> None:
    """What is no PDF is an error for the next person, never a proof."""
    with pytest.raises(UnreadableFileError):
        PypdfProver().examine(damage, PASSPHRASE)


def test_a_cut_copy_is_unreadable_or_shorter(copy: ComposedCopy) -> None:
    """A copy that lost its end never passes as the whole copy."""
    for kept in (0.3, 0.9, 0.99):
        with pytest.raises(UnreadableFileError):
            PypdfProver().examine(copy.sealed[: int(len(copy.sealed) * kept)], PASSPHRASE)


def test_a_foreign_page_is_noticed(copy: ComposedCopy) -> None:
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
        found = PypdfProver().examine(changed(copy, change), PASSPHRASE)
        assert len([page for page in found.pages if page.fingerprint not in sources]) == 1


def test_foreign_words_and_actions_are_told(copy: ComposedCopy) -> None:
    """Metadata, attachments, actions and words for screen readers are all in `metadata`, wherever they hang."""

    def plant(pdf: pikepdf.Pdf) -> None:
        pdf.docinfo["/Author"] = "Planted Author"
        pdf.attachments["planted.txt"] = b"x"
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("planted()"))
        pdf.pages[0].contents_add(b"/Span <</ActualText (Planted words)>> BDC EMC")

    told = PypdfProver().examine(changed(copy, plant), PASSPHRASE).metadata
    for expected in ("Author: Planted Author", "ActualText: Planted words", "JS: planted()", "Active: /OpenAction",
                     "Active: /JavaScript", "Active: /EmbeddedFiles"):
        assert expected in told


@pytest.mark.parametrize("how", [{"encrypt": False}, {"R": 4, "aes": True}, {"user": "", "owner": PASSPHRASE}, {"owner": ""}])
def test_weaker_seals_are_not_encrypted(copy: ComposedCopy, how: dict[str, object]) -> None:
    """No encryption, an older one, or one that the empty password opens, does not count as sealed."""
    weak = changed(copy, lambda pdf: None, **how)  # type: ignore[arg-type]
    assert not PypdfProver().examine(weak, PASSPHRASE).encrypted


def _provers_of_ours() -> list[str]:
    """Returns the provers that this process started and that still live (other tests' children are none of ours)."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"PPid:\t{os.getpid()}\n" in (entry / "status").read_text():
                found.append((entry / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [command for command in found if "prove_pack" in command]


def test_a_child_that_hangs_is_killed(tmp_path: Path, copy: ComposedCopy) -> None:
    """A reader that never ends is killed with its group at the limit, and no child is left."""
    begun = time.monotonic()
    with pytest.raises(UnreadableFileError, match="in the time"):
        PypdfProver(within_s=0.05).examine(copy.sealed, PASSPHRASE)
    assert time.monotonic() - begun < 3
    assert _provers_of_ours() == []


def test_the_passphrase_is_in_no_argument_or_environment(copy: ComposedCopy) -> None:
    """While the child works, neither its command line nor its environment holds the passphrase."""
    work = threading.Thread(target=PypdfProver().examine, args=(copy.sealed, PASSPHRASE))
    work.start()
    seen: set[bytes] = set()
    while work.is_alive():
        with contextlib.suppress(OSError):  # thread or child ended meanwhile
            for child in Path(f"/proc/{os.getpid()}/task/{work.native_id}/children").read_text().split():
                seen |= {Path(f"/proc/{child}/{what}").read_bytes() for what in ("cmdline", "environ")}
        time.sleep(0.01)
    assert any(b"prove_pack" in words for words in seen)
    assert not any(b"gravel" in words for words in seen)


def test_the_child_limits_itself() -> None:
    """Before it reads a byte the child has taken memory, core files and files from itself."""
    child = (
        "import resource as r; from pipeline.adapters.inside import prove_pack as p; p._limit(); "
        "assert 0 < r.getrlimit(r.RLIMIT_AS)[1] <= p.MEMORY_BYTES; "
        "assert r.getrlimit(r.RLIMIT_CORE)[1] == r.getrlimit(r.RLIMIT_FSIZE)[1] == 0"
    )
    subprocess.run([sys.executable, "-I", "-c", child], check=True)
