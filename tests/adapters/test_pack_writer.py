"""A finished copy, looked at with every reader but the one that wrote it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pack_sources import NAME, PASSPHRASE, TEMPLATES, VALUES, copy_text, odd_pages, report_docx, scan
from pypdf import PdfReader

from pipeline.adapters.inside.fingerprint import page_fingerprint
from pipeline.adapters.pack_stamp import stamp_line
from pipeline.adapters.pack_writer import PdfPackWriter
from pipeline.errors import ConversionFailedError, KeyMissingError, TemplateError
from pipeline.ports import ComposedCopy, SectionSource
from tests.servers.soffice import OneShotOffice

AGENCIES = ("Gullwing Primary School", "Harbour Lane Surgery", "Port Mere Health")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A copy as written, what it was written from, and the way to write more."""

    copy: ComposedCopy
    sections: Sequence[SectionSource]
    front: bytes
    writer: PdfPackWriter
    path: Path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> OneShotOffice:
    """LibreOffice, once per call."""
    return OneShotOffice(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def made(office: OneShotOffice, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A copy of three Word reports, a scan and pages of odd shape."""
    reports = office.convert([report_docx(agency) for agency in AGENCIES])
    sections = [SectionSource(title=f"Report of {a}", pdf=p, report=f"I{a[0]}") for a, p in zip(AGENCIES, reports, strict=True)]
    sections += [SectionSource(title="Drawing by Tobin", pdf=scan()), SectionSource(title="Odd pages", pdf=odd_pages())]
    fronts: list[bytes] = []

    def to_pdf(docx: bytes) -> bytes:
        fronts.append(office(docx))
        return fronts[-1]

    writer = PdfPackWriter(TEMPLATES, to_pdf)
    copy = writer.write(copy_text(), sections, PASSPHRASE)
    path = tmp_path_factory.mktemp("copy") / "copy.pdf"
    path.write_bytes(copy.sealed)
    return Made(copy=copy, sections=sections, front=fronts[-1], writer=writer, path=path)


def opened(sealed: bytes) -> PdfReader:
    """The copy as pypdf sees it."""
    reader = PdfReader(BytesIO(sealed))
    assert reader.decrypt(PASSPHRASE)
    return reader


def page_texts(made: Made, reader: str) -> list[str]:
    """The text of each page by the named reader."""
    if reader == "pypdf":
        return [page.extract_text() for page in opened(made.copy.sealed).pages]
    if reader == "pdfium":
        pdf = pypdfium2.PdfDocument(made.copy.sealed, password=PASSPHRASE)
        return [page.get_textpage().get_text_range() for page in pdf]
    found = subprocess.run(["pdftotext", "-upw", PASSPHRASE, str(made.path), "-"], check=True, capture_output=True)
    return found.stdout.decode().split("\f")[:-1]


@pytest.mark.parametrize("reader", ["pypdf", "pdfium", "pdftotext"])
def test_every_page_carries_the_stamp(made: Made, reader: str) -> None:
    """On each page, turned, cut, scanned or unbalanced, three readers find the exact line, accents included."""
    texts = page_texts(made, reader)
    assert len(texts) == made.copy.pages
    for number, text in enumerate(texts, 1):
        line = f"for {NAME} · page {number} of {made.copy.pages} · PM-2611-017 · issue 2"
        assert line == stamp_line(NAME, number, made.copy.pages, "PM-2611-017", 2)
        assert line in [found.strip() for found in text.split("\n")]


def test_the_stamp_lies_at_the_visible_foot(made: Made) -> None:
    """As shown on a screen, the strip at the foot of every page has ink on white, and a page that was black is not under it."""
    pdf = pypdfium2.PdfDocument(made.copy.sealed, password=PASSPHRASE)
    for page in pdf:
        shown = page.render(scale=2).to_pil().convert("L")
        width, height = shown.size
        unit = 2 if page.get_size()[0] > 1000 else 1
        foot = shown.crop((0, height - 44 * unit, width, height))
        tones = Counter(foot.get_flattened_data() if hasattr(foot, "get_flattened_data") else foot.getdata())
        ink = sum(n for tone, n in tones.items() if tone < 128)
        assert tones[255] > 0.85 * foot.width * foot.height
        assert 0.001 < ink / (foot.width * foot.height) < 0.05


def test_nothing_of_a_page_is_covered_or_uncovered(made: Made) -> None:
    """The lowest line of a page can still be seen above the strip, and what a crop box hid stays hidden."""
    plain, finished = pypdfium2.PdfDocument(odd_pages()), pypdfium2.PdfDocument(made.copy.sealed, password=PASSPHRASE)
    first = made.copy.sections[-1].from_page - 1
    for number in range(4):
        was = _ink(plain[number].render(scale=2).to_pil().convert("L"))
        now_page = finished[first + number].render(scale=2).to_pil().convert("L")
        now = _ink(now_page.crop((0, 0, now_page.width, now_page.height - 46)))
        assert was == pytest.approx(now, rel=0.12)


def _ink(image: object) -> int:
    return sum(image.histogram()[:128])  # type: ignore[attr-defined]


def test_pages_of_sections_are_the_sources_pages(made: Made) -> None:
    """Each page of a section, and of the front, has the fingerprint of the page that it was made from."""
    finished = [page_fingerprint(page, skip_stamp=True) for page in opened(made.copy.sealed).pages]
    for pdf, place in zip(made.sections, made.copy.sections, strict=True):
        source = [page_fingerprint(page, skip_stamp=False) for page in PdfReader(BytesIO(pdf.pdf)).pages]
        assert finished[place.from_page - 1 : place.to_page] == source
        assert (place.title, place.report) == (pdf.title, pdf.report)
    front = [page_fingerprint(page, skip_stamp=False) for page in PdfReader(BytesIO(made.front)).pages]
    assert finished[: len(front)] == front
    assert made.copy.sections[0].from_page == len(front) + 1
    assert made.copy.sections[-1].to_page == made.copy.pages == len(finished)


def test_contents_and_bookmarks_name_the_right_pages(made: Made) -> None:
    """The contents page and the bookmarks say where each section begins, one after the other."""
    contents = page_texts(made, "pdftotext")[1]
    for number, place in enumerate(made.copy.sections, 1):
        pages = f"{place.from_page}" if place.from_page == place.to_page else f"{place.from_page}–{place.to_page}"
        assert place.title in contents
        assert all(re.search(rf"^{found}$", contents, re.MULTILINE) for found in (pages, number))
    reader = opened(made.copy.sealed)
    marks = [(str(item.title), reader.get_destination_page_number(item) + 1) for item in reader.outline]
    assert marks == [("Contents", 2), *((place.title, place.from_page) for place in made.copy.sections)]


def test_it_is_sealed_with_aes_256(made: Made, tmp_path: Path) -> None:
    """qpdf finds revision 6 with AESv3 throughout and no fault; accessibility is allowed; nothing else opens it."""
    found = subprocess.run(["qpdf", f"--password={PASSPHRASE}", "--check", str(made.path)], capture_output=True, check=True)
    assert b"R = 6" in found.stdout and found.stdout.count(b"AESv3") == 3
    assert b"Supplied password is user password" in found.stdout
    assert b"extract for accessibility: allowed" in found.stdout and b"WARNING" not in found.stdout + found.stderr
    for wrong in ("", PASSPHRASE.upper(), "owner"):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(BytesIO(made.copy.sealed), password=wrong)
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(made.copy.sealed, password=wrong or None)
        assert not PdfReader(BytesIO(made.copy.sealed)).decrypt(wrong)
    for name in (b"Quillfeather", b"Secret", b"Port Mere", b"PM-2611", b"Conference papers"):
        assert name not in made.copy.sealed


def test_nothing_tells_of_the_sources(made: Made) -> None:
    """Document information is one neutral title; no metadata, action, attachment, layer or annotation is in the copy."""
    with pikepdf.open(BytesIO(made.copy.sealed), password=PASSPHRASE) as pdf:
        assert {k: str(v) for k, v in pdf.docinfo.items()} == {"/Title": "Conference papers"}
        assert not {"/Metadata", "/Names", "/OpenAction", "/AA", "/AcroForm", "/OCProperties"} & pdf.Root.keys()
        assert not pdf.attachments and not any("/Annots" in page.obj for page in pdf.pages)
        assert pdf.Root.Lang == "en-GB" and pdf.Root.ViewerPreferences.DisplayDocTitle
        everything = b"".join(o.unparse(resolved=True) for o in pdf.objects)
    for name in (b"Secret", b"LibreOffice", b"D:20"):
        assert name not in everything


def test_tags_survive_under_one_document(made: Made) -> None:
    """Every structure element of the sources is in the copy's one tree, and each marked page finds its own elements."""
    before: Counter[str] = Counter()
    for pdf in (made.front, *(section.pdf for section in made.sections)):
        with pikepdf.open(BytesIO(pdf)) as source:
            if "/StructTreeRoot" in source.Root:
                before += Counter(role for _, role in _elements(source))
    with pikepdf.open(BytesIO(made.copy.sealed), password=PASSPHRASE) as pdf:
        root = pdf.Root.StructTreeRoot
        assert root.K.S == "/Document" and root.K.P.objgen == root.objgen and pdf.Root.MarkInfo.Marked
        found = list(_elements(pdf))
        after = Counter(role for _, role in found)
        assert before["/P"] + before["/Standard"] > 50
        assert after - Counter({"/Document": 1, "/Part": 4}) == before - Counter({"/Document": 4})
        keys = pikepdf.NumberTree(root.ParentTree)
        marked = 0
        for page in pdf.pages:
            if "/StructParents" in page.obj:
                marked += 1
                parents = [p for p in keys[int(page.obj.StructParents)] if isinstance(p, pikepdf.Dictionary)]
                assert parents and all(page.obj.objgen in _pages_of(parent) for parent in parents)
        assert marked == 2 + sum(place.to_page - place.from_page + 1 for place in made.copy.sections[:3])
        assert root.ParentTreeNextKey == max(keys.keys()) + 1


def _pages_of(element: pikepdf.Object) -> set[tuple[int, int]]:
    """The pages that an element's own marks lie on; one that runs on has marks on more than one."""
    kids = element.K if isinstance(element.K, pikepdf.Array) else [element.K]
    return {(kid if isinstance(kid, pikepdf.Dictionary) and "/Pg" in kid else element).Pg.objgen for kid in kids}


def _elements(pdf: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, str]]:
    waiting = [pdf.Root.StructTreeRoot.K]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, pikepdf.Array):
            waiting += list(thing)
        elif isinstance(thing, pikepdf.Dictionary) and "/S" in thing:
            yield thing, str(thing.S)
            if "/K" in thing:
                waiting.append(thing.K)


def test_two_copies_differ_in_name_and_keys_only(made: Made) -> None:
    """Another person's copy of the same sections has the same pages in the same places and shares no passphrase."""
    other = PdfPackWriter(TEMPLATES, lambda docx: made.front).write(copy_text("Dorrick Vane"), made.sections, "six other words")
    assert other.sections == made.copy.sections
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(other.sealed), password=PASSPHRASE)
    reader = PdfReader(BytesIO(other.sealed), password="six other words")
    assert [page_fingerprint(p, skip_stamp=True) for p in reader.pages] == [
        page_fingerprint(p, skip_stamp=True) for p in opened(made.copy.sealed).pages
    ]
    assert all("Dorrick Vane" in p.extract_text() and "Łucja" not in p.extract_text().splitlines()[-1] for p in reader.pages)


def test_page_numbers_settle_when_the_front_grows(office: OneShotOffice) -> None:
    """A long list of invitees makes the front longer; contents, stamps and places agree with its real length."""
    rows = [{"name": f"Person {n}", "role": "Teacher", "agency": "School"} for n in range(60)]
    calls = office.calls
    copy = PdfPackWriter(TEMPLATES, office).write(
        copy_text(values=dict(VALUES) | {"invitees": rows}), [SectionSource(title="Drawing", pdf=scan())], PASSPHRASE
    )
    reader = opened(copy.sealed)
    assert office.calls == calls + 2 and copy.sections[0].from_page == copy.pages == len(reader.pages) > 3
    assert re.search(rf"1\s+Drawing\s+{copy.pages}\b", reader.pages[1].extract_text())


def test_numbers_that_never_settle_are_an_error(made: Made) -> None:
    """A front whose length changes each time is a template error, not an endless loop."""
    lengths = iter(range(3, 99))

    def growing(docx: bytes) -> bytes:
        with pikepdf.new() as pdf:
            for _ in range(next(lengths)):
                pdf.add_blank_page()
            content = BytesIO()
            pdf.save(content)
        return content.getvalue()

    with pytest.raises(TemplateError, match="settle"):
        PdfPackWriter(TEMPLATES, growing).write(copy_text(), made.sections, PASSPHRASE)


@pytest.mark.parametrize("name", ["محمد الأحمد", "王小明", "😀 Ann", "A" * 300, "Zoe\u0308 \n Ng", "Siân\u200b", "(a) \\ <b>"])
def test_any_name_can_be_stamped(made: Made, name: str) -> None:
    """Names in any script, very long or untidy, are stamped on every page and keep their characters in the text."""
    copy = PdfPackWriter(TEMPLATES, lambda docx: made.front).write(copy_text(name), made.sections[3:], PASSPHRASE)
    for number, page in enumerate(opened(copy.sealed).pages, 1):
        line = stamp_line(name, number, copy.pages, "PM-2611-017", 2)
        text = page.extract_text()
        if name.startswith("م"):  # readers turn right-to-left runs round
            assert f"page {number} of {copy.pages}" in text
        else:
            assert line in text


@pytest.mark.parametrize("pdf", [b"", b"not a pdf", b"%PDF-1.7\n%%EOF"])
def test_a_section_that_does_not_open_stops_the_copy(made: Made, pdf: bytes) -> None:
    """A section without pages is an error before anything is written."""
    with pytest.raises(ConversionFailedError):
        made.writer.write(copy_text(), [SectionSource(title="x", pdf=pdf)], PASSPHRASE)


@pytest.mark.parametrize("what", ["layer", "comment"])
def test_layers_and_comments_stop_the_copy(made: Made, what: str) -> None:
    """A section that would look different after merging is refused; links are dropped without notice."""
    with pikepdf.open(BytesIO(scan())) as pdf:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 9, 9])
        if what == "layer":
            pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array())
        else:
            pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(note)])
        content = BytesIO()
        pdf.save(content)
    with pytest.raises(ConversionFailedError, match="layers"):
        PdfPackWriter(TEMPLATES, lambda docx: made.front).write(
            copy_text(), [SectionSource(title="x", pdf=content.getvalue())], PASSPHRASE
        )


@pytest.mark.parametrize("passphrase", ["", "ŵords", "x" * 128, "a\nb"])
def test_a_passphrase_that_readers_disagree_on_is_refused(made: Made, passphrase: str) -> None:
    """Only plain ASCII of 1 to 127 characters seals a copy."""
    with pytest.raises(KeyMissingError):
        made.writer.write(copy_text(), made.sections, passphrase)


def test_a_supplement_is_written_with_its_own_template(office: OneShotOffice) -> None:
    """The supplement's template gives cover and contents on one page, bookmarked there."""
    copy = PdfPackWriter(TEMPLATES, office).write(
        copy_text(template="pack_supplement", values=dict(VALUES) | {"children": [], "notes": []}),
        [SectionSource(title="Report of the police", pdf=scan())], PASSPHRASE,
    )
    reader = opened(copy.sealed)
    assert "Please put these pages with the papers" in reader.pages[0].extract_text()
    assert (copy.pages, reader.get_destination_page_number(reader.outline[0])) == (2, 0)


def test_minutes_are_bookmarked_and_a_cover_without_contents_is_not(office: OneShotOffice) -> None:
    """Behind a cover that lists nothing the only bookmark is that of the pages that follow it."""
    values = {**VALUES, "chair_word": "Chair", "intro": "These are the minutes.", "complaint": "", "escalation": ""}
    text = replace(copy_text(template="minutes_cover", values=values), contents=False)
    source = SectionSource(title="Minutes", pdf=odd_pages(), report="m1")
    copy = PdfPackWriter(TEMPLATES, office).write(text, [source], PASSPHRASE)
    reader = PdfReader(BytesIO(copy.sealed), password=PASSPHRASE)
    marks = [(str(item.title), reader.get_destination_page_number(item) + 1) for item in reader.outline]
    assert marks == [("Minutes", copy.sections[0].from_page)]
