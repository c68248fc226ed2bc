"""Conversion with the real LibreOffice, in the real sandbox: what becomes of reports, and of documents that attack."""

from __future__ import annotations

import http.server
import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader
from reportlab.pdfgen import canvas

from pipeline.adapters.conversion import SandboxConverter, decoded, rich_text
from pipeline.adapters.inside.fingerprint import STAMP_MARK, page_fingerprint
from pipeline.adapters.sandbox import TMPFS, Sandbox
from pipeline.errors import ConversionFailedError, SandboxMissingError
from pipeline.ports import FileKind, Rendition

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@pytest.fixture(scope="module")
def converter() -> Iterator[SandboxConverter]:
    made = SandboxConverter(Sandbox(), seconds=20)
    made.warm()
    yield made
    made.close()


@pytest.fixture(scope="module")
def one_shot() -> Iterator[SandboxConverter]:
    made = SandboxConverter(Sandbox(), seconds=30, warm_server=False)
    yield made
    made.close()


def picture(text: str = "", size: tuple[int, int] = (800, 400)) -> Image.Image:
    made = Image.new("RGB", size, "white")
    ImageDraw.Draw(made).text((30, 60), text, fill="black", font=ImageFont.truetype(FONT, 32))
    return made


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def word_file(text: str = "The child was seen at home.", *, pages: int = 1, author: str = "Author Canary") -> bytes:
    document = docx.Document()
    document.core_properties.author = author
    document.add_heading("Report of the health visitor", 1)
    document.add_paragraph(text)
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "Weight"
    table.cell(1, 1).text = "7.2 kg"
    document.add_picture(io.BytesIO(encoded(picture("chart"), "PNG")))
    for number in range(2, pages + 1):
        document.add_page_break()
        document.add_paragraph(f"Page {number} of this report, with enough words to be a page.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def drawn_pdf(*texts: str, **metadata: str) -> bytes:
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    sheet.setAuthor(metadata.get("author", "Author Canary"))
    for text in texts:
        sheet.drawString(72, 700, text)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def changed(content: bytes, old: str, new: str, part: str = "word/document.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode(), 1)
            target.writestr(name, data)
    return out.getvalue()


def saved(pdf: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def all_text(rendition: Rendition) -> str:
    return " ".join(" ".join(page.text for page in rendition.pages).split())


def _images(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [thing for thing in pdf.objects if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image"]


def refusal(converter: SandboxConverter, content: bytes, kind: FileKind) -> str:
    with pytest.raises(ConversionFailedError) as raised:
        converter.convert(content, kind)
    return raised.value.why


def test_word_file_with_table_and_picture(converter: SandboxConverter) -> None:
    """A Word report becomes tagged pages with its text and picture, without its author."""
    made = converter.convert(word_file(pages=3), FileKind.DOCX)
    assert converter.mode == "fork-server"
    assert len(made.pages) == 3
    assert made.flags == ()
    assert [page.read_by for page in made.pages] == ["text"] * 3
    for words in ("Report of the health visitor", "seen at home", "Weight", "7.2 kg", "Page 3 of this report"):
        assert words in all_text(made)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages", "/StructTreeRoot", "/MarkInfo", "/Lang"}
        assert "/Info" not in pdf.trailer
        assert any("/XObject" in page.Resources for page in pdf.pages)
    assert b"Canary" not in made.pdf


def test_fingerprints_are_those_of_the_finished_pdf(converter: SandboxConverter) -> None:
    """Each page's fingerprint can be taken again from the rendition, is the page's own, and survives stamping."""
    made = converter.convert(word_file(pages=3), FileKind.DOCX)
    prints = [page.fingerprint for page in made.pages]
    assert len(set(prints)) == 3
    assert [page_fingerprint(page, skip_stamp=False) for page in PdfReader(io.BytesIO(made.pdf)).pages] == prints
    with pikepdf.open(io.BytesIO(made.pdf)) as source:
        for page in source.pages:
            page.contents_add(STAMP_MARK + b"\nq\n", prepend=True)
            page.contents_add(STAMP_MARK + b"\nQ q /CPkName Do Q\n")
            form = source.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 1, 1])
            page.add_resource(form, pikepdf.Name.XObject, pikepdf.Name("/CPkName"))
        sealed = saved(
            source,
            encryption=pikepdf.Encryption(owner="o", user="u", R=6),
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    reader = PdfReader(io.BytesIO(sealed), password="u")
    assert [page_fingerprint(page, skip_stamp=True) for page in reader.pages] == prints
    assert page_fingerprint(reader.pages[0], skip_stamp=False) != prints[0]


def test_fingerprint_sees_every_change() -> None:
    """A change to drawing, picture, font, box or rotation changes the fingerprint, a stranger's stamp mark as well."""

    def one(change: str) -> str:
        with pikepdf.open(io.BytesIO(drawn_pdf("A page of a report."))) as pdf:
            page = pdf.pages[0]
            if change == "text":
                page.contents_add(b"1 0 0 RG 0 0 10 10 re S")
            elif change == "mark":
                page.contents_add(STAMP_MARK + b"\n0 0 10 10 re S")
            elif change == "font":
                page.Resources.Font[next(iter(page.Resources.Font.keys()))].BaseFont = pikepdf.Name.Courier
            elif change == "box":
                page.MediaBox = [0, 0, 300, 300]
            elif change == "turn":
                page.Rotate = 90
            content = saved(pdf)
        return page_fingerprint(PdfReader(io.BytesIO(content)).pages[0], skip_stamp=False)

    changes = ("", "text", "mark", "font", "box", "turn")
    assert len({one(change) for change in changes}) == len(changes)
    assert one("") == one("")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_text_file(converter: SandboxConverter, mark: bytes) -> None:
    """Plain text in any alphabet, with signs that mean something elsewhere and long lines, comes out as it went in."""
    text = (
        "Grüße {a} \\b <c> £5\n\n" + "long " * 300 + "\nПривет مرحبا 😀\n" + "\n".join(f"line {n}" for n in range(120))
    )
    made = converter.convert(mark + text.encode(), FileKind.TEXT)
    assert len(made.pages) >= 3
    said = all_text(made)
    for words in ("Grüße {a} \\b <c> £5", "long long long", "Привет", "line 0 line 1", "line 119"):
        assert words in said
    assert said.count("long") == 300


def test_text_in_windows_letters(converter: SandboxConverter) -> None:
    """Bytes that are no UTF-8 are read as Windows-1252; nothing in them is taken for a command."""
    made = converter.convert(b"caf\xe9 \x93quoted\x94 {\\field{\\*\\fldinst INCLUDEPICTURE x}}", FileKind.TEXT)
    assert all_text(made) == "café “quoted” {\\field{\\*\\fldinst INCLUDEPICTURE x}}"
    assert decoded("x\x00\x07y".encode("utf-16")) == "xy"
    assert rich_text("a").isascii()


def test_rich_text_and_open_document(converter: SandboxConverter) -> None:
    """RTF and ODT become pages; what they hide is flagged."""
    made = converter.convert(b"{\\rtf1\\ansi The rich report was read.\\par}", FileKind.RTF)
    assert "The rich report was read." in all_text(made)
    assert made.flags == ()
    made = converter.convert(b"{\\rtf1\\ansi Shown {\\v hidden} {\\deleted gone}\\par}", FileKind.RTF)
    assert made.flags == ("hidden-text", "tracked-changes")
    odt = _open_document("<text:p>The open report was read.</text:p>")
    assert "The open report was read." in all_text(converter.convert(odt, FileKind.ODT))


def _open_document(body: str) -> bytes:
    out = io.BytesIO()
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("text", "text"), ("draw", "drawing"))
    )
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.text")
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2">'
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
        archive.writestr(
            "styles.xml", f'<office:document-styles {spaces} office:version="1.2"></office:document-styles>'
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.text"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            '<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>',
        )
    return out.getvalue()


def test_word_marks_are_flagged(converter: SandboxConverter) -> None:
    """Tracked changes, comments and hidden runs of a Word file are flags; ordinary formatting is none."""
    whole = word_file("Before SPOT after.")
    spot = "Before SPOT after.</w:t></w:r>"
    w = 'w:id="9" w:author="A" w:date="2026-01-01T00:00:00Z"'
    cases = {
        f"Before</w:t></w:r><w:del {w}><w:r><w:delText>x</w:delText></w:r></w:del>": ("tracked-changes",),
        f"Before</w:t></w:r><w:ins {w}><w:r><w:t>x</w:t></w:r></w:ins>": ("tracked-changes",),
        "Before</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r>": ("hidden-text",),
        'Before</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>x</w:t></w:r>': (),
        "Before</w:t></w:r><w:r><w:rPr><w:webHidden/></w:rPr><w:t>3</w:t></w:r>": (),
    }
    for new, flags in cases.items():
        assert converter.convert(changed(whole, spot, new), FileKind.DOCX).flags == flags, new
    document = docx.Document()
    document.add_comment(document.add_paragraph("Commented.").runs, text="Comment canary", author="A")
    out = io.BytesIO()
    document.save(out)
    made = converter.convert(out.getvalue(), FileKind.DOCX)
    assert made.flags == ("comments",)
    assert "canary" not in all_text(made)


@pytest.mark.slow
def test_legacy_word(converter: SandboxConverter, one_shot: SandboxConverter) -> None:
    """A .doc, made here by LibreOffice itself, becomes pages, and what it hides is found by way of a Word file."""
    office = one_shot._office
    w = 'w:id="9" w:author="A" w:date="2026-01-01T00:00:00Z"'
    gone = f"Before</w:t></w:r><w:del {w}><w:r><w:delText>x</w:delText></w:r></w:del>"
    for source, flags in (
        (word_file("Plain legacy."), ()),
        (changed(word_file("Before SPOT after."), "Before SPOT after.</w:t></w:r>", gone), ("tracked-changes",)),
    ):
        legacy, _ = office._run(source, ".docx", "doc", office._profile())
        assert legacy is not None
        for each in (converter, one_shot):
            made = each.convert(legacy, FileKind.DOC)
            assert made.flags == flags
            assert "Report of the health visitor" in all_text(made)


def test_pdf_from_another_maker(converter: SandboxConverter) -> None:
    """A PDF keeps its pages and text and loses its metadata."""
    made = converter.convert(drawn_pdf("First page of the school's report.", "Second page."), FileKind.PDF)
    assert [page.text.strip() for page in made.pages] == ["First page of the school's report.", "Second page."]
    assert [page.read_by for page in made.pages] == ["text", "text"]
    assert b"Canary" not in made.pdf


def _active_pdf() -> bytes:
    with pikepdf.open(io.BytesIO(drawn_pdf("A report with a life of its own."))) as pdf:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="http://tracker.example/x")
        pdf.Root.OpenAction = script
        pdf.Root.AA = pikepdf.Dictionary(WC=script)
        pdf.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=["a", script]))
        pdf.pages[0].AA = pikepdf.Dictionary(O=script)
        pdf.pages[0].obj.Annots = pdf.make_indirect(
            [
                pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=link),
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], Contents="note canary"
                ),
            ]
        )
        pdf.attachments["a.txt"] = b"attached canary"
        return saved(pdf, compress_streams=False)


def test_nothing_active_is_left_of_a_pdf(converter: SandboxConverter) -> None:
    """Scripts, actions, links, notes and attachments are gone; that there were notes is a flag."""
    made = converter.convert(_active_pdf(), FileKind.PDF)
    assert made.flags == ("comments",)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert set(pdf.pages[0].obj.keys()) <= {"/Type", "/Parent", "/MediaBox", "/Contents", "/Resources", "/Rotate"}
        plain = saved(pdf, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for word in (b"JavaScript", b"tracker", b"canary", b"OpenAction", b"/AA", b"/URI"):
        assert word not in plain


def test_what_covers_text_stays_over_it(converter: SandboxConverter) -> None:
    """A black box drawn as a comment becomes part of the page; one without a drawing of its own is refused."""

    def boxed(*, drawn: bool) -> bytes:
        with pikepdf.open(io.BytesIO(drawn_pdf("Secret address"))) as pdf:
            box = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Square, Rect=[60, 680, 300, 720], F=4
            )
            if drawn:
                form = pdf.make_stream(b"0 g 0 0 240 40 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
                form.BBox = [0, 0, 240, 40]
                box.AP = pikepdf.Dictionary(N=form)
            pdf.pages[0].obj.Annots = pdf.make_indirect([pdf.make_indirect(box)])
            return saved(pdf)

    assert refusal(converter, boxed(drawn=False), FileKind.PDF) == "annotations"
    made = converter.convert(boxed(drawn=True), FileKind.PDF)
    import pypdfium2

    page = pypdfium2.PdfDocument(made.pdf)[0]
    seen = page.render(scale=1).to_pil().convert("L")
    assert seen.getpixel((100, round(page.get_height()) - 700)) == 0


def test_form_values_become_text(converter: SandboxConverter) -> None:
    """What was filled into a form is on the page."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    sheet.drawString(72, 760, "Name of the school, as it was filled in:")
    sheet.acroForm.textfield(name="a", x=72, y=700, width=300, height=30, value="Filled by the school")
    sheet.save()
    assert "Filled by the school" in all_text(converter.convert(out.getvalue(), FileKind.PDF))


def test_refused_pdfs(converter: SandboxConverter) -> None:
    """Password, hidden layers, XFA, too many pages and ruins are refused, each with its word."""
    with pikepdf.open(io.BytesIO(drawn_pdf("x"))) as pdf:
        locked = saved(pdf, encryption=pikepdf.Encryption(owner="o", user="u", R=6))
        restricted = saved(pdf, encryption=pikepdf.Encryption(owner="o", user="", R=6))
        group = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="hidden"))
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[group], D=pikepdf.Dictionary(OFF=[group]))
        layers = saved(pdf)
        pdf.Root.OCProperties.D = pikepdf.Dictionary(ON=[group])
        shown = saved(pdf)
        del pdf.Root.OCProperties
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=pdf.make_stream(b"<xdp/>"))
        xfa = saved(pdf)
    assert refusal(converter, locked, FileKind.PDF) == "password"
    assert refusal(converter, layers, FileKind.PDF) == "layers"
    assert refusal(converter, xfa, FileKind.PDF) == "xfa"
    assert refusal(converter, drawn_pdf(*["x"] * 301), FileKind.PDF) == "too-long"
    assert refusal(converter, b"%PDF-1.4 nothing", FileKind.PDF) == "damaged"
    assert len(converter.convert(restricted, FileKind.PDF).pages) == 1
    assert len(converter.convert(shown, FileKind.PDF).pages) == 1


def test_a_damaged_pdf_is_mended(converter: SandboxConverter) -> None:
    """A PDF whose table of objects is gone still opens."""
    content = drawn_pdf("Mended report with some text on it.")
    made = converter.convert(content[: content.rindex(b"xref")], FileKind.PDF)
    assert "Mended report" in all_text(made)


def test_photo_loses_where_it_was_taken(converter: SandboxConverter) -> None:
    """A phone's photo is turned upright, read, and loses place, maker and preview."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = "MakerCanary"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 12.0)
    image = picture("Seen at school on Monday by the nurse", (1000, 600)).rotate(90, expand=True)
    content = encoded(image, "JPEG", exif=exif, quality=90)
    assert b"MakerCanary" in content
    made = converter.convert(content, FileKind.JPEG)
    assert b"Canary" not in made.pdf
    assert b"Exif" not in made.pdf
    assert [page.read_by for page in made.pages] == ["ocr"]
    assert "Seen at school on Monday" in all_text(made)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        raw = _images(pdf)[0].read_raw_bytes()
        box = sorted(float(side) for side in pdf.pages[0].MediaBox)[-2:]
    with Image.open(io.BytesIO(raw)) as inside:
        assert inside.size == (1000, 600)
        assert not inside.getexif()
    assert box == pytest.approx([595.28, 841.89], abs=0.1)


def test_scans_of_several_pages_and_of_none(converter: SandboxConverter) -> None:
    """Each page of a TIFF is a page; one on which nothing can be read says so."""
    pages = [picture("First page of the scan"), picture("Second page of the scan"), Image.new("L", (600, 800), 128)]
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    made = converter.convert(content, FileKind.TIFF)
    assert [page.read_by for page in made.pages] == ["ocr", "ocr", "none"]
    assert "First page" in made.pages[0].text
    assert "Second page" in made.pages[1].text
    for mode, kind in (("1", FileKind.PNG), ("P", FileKind.PNG), ("RGBA", FileKind.PNG), ("CMYK", FileKind.JPEG)):
        form = "PNG" if kind is FileKind.PNG else "JPEG"
        assert "Read in any" in all_text(
            converter.convert(encoded(picture("Read in any mode").convert(mode), form), kind)
        )


def test_scanned_pdf_is_read(converter: SandboxConverter) -> None:
    """A PDF that is a picture alone is read by OCR; one with a text layer is not."""
    out = io.BytesIO()
    picture("The midwife has no concerns", (1240, 1754)).save(out, "PDF", resolution=150)
    made = converter.convert(out.getvalue(), FileKind.PDF)
    assert [page.read_by for page in made.pages] == ["ocr"]
    assert "midwife has no concerns" in all_text(made)


def test_pictures_that_are_too_large_or_broken(converter: SandboxConverter) -> None:
    """A picture of over 50 million pixels is refused before it is unpacked, a cut one is damaged."""
    assert refusal(converter, encoded(Image.new("1", (8000, 8000)), "PNG"), FileKind.PNG) == "too-large"
    assert refusal(converter, encoded(picture("x"), "JPEG")[:2000], FileKind.JPEG) == "damaged"
    assert refusal(converter, b"\x89PNG\r\n\x1a\n", FileKind.PNG) == "damaged"


def test_ruins_are_refused(converter: SandboxConverter, one_shot: SandboxConverter) -> None:
    """Truncated and false documents make no pages, though LibreOffice says that all went well (exit code 0)."""
    broken = changed(word_file(), "</w:body>", "</w:bodi>")
    for each in (converter, one_shot):
        assert refusal(each, word_file()[:8000], FileKind.DOCX) == "damaged"
        assert refusal(each, broken, FileKind.DOCX) == "damaged"
        assert refusal(each, b"random " * 500, FileKind.DOC) == "damaged"
        assert refusal(each, b"random " * 500, FileKind.RTF) == "damaged"
        assert refusal(each, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), FileKind.DOC) == "damaged"
    assert refusal(converter, b"x", FileKind.OTHER) == "kind"
    assert (
        refusal(converter, changed(word_file(), "<w:document ", "<!DOCTYPE x><w:document "), FileKind.DOCX) == "damaged"
    )


def test_one_shot_makes_the_same_pages(converter: SandboxConverter, one_shot: SandboxConverter) -> None:
    """The fallback says the same words on as many pages."""
    content = word_file(pages=2)
    first, second = converter.convert(content, FileKind.DOCX), one_shot.convert(content, FileKind.DOCX)
    assert one_shot.mode == "one-shot"
    assert [page.text for page in first.pages] == [page.text for page in second.pages]


class _Listener(http.server.BaseHTTPRequestHandler):
    hits: list[str]

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(404)
        self.end_headers()

    do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server on loopback: its address, and the paths it was asked for."""
    hits: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("L", (_Listener,), {"hits": hits}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", hits
    server.shutdown()
    thread.join()
    server.server_close()


def _linked(target: str) -> bytes:
    """A Word file whose picture is only linked."""
    document = docx.Document()
    document.add_paragraph("Linked picture below.")
    document.add_picture(io.BytesIO(encoded(picture("inside"), "PNG")))
    outside = document.part.relate_to(target, RELATIONSHIP_TYPE.IMAGE, is_external=True)
    blip = document.element.body.xpath(".//a:blip")[0]
    name = next(key for key in blip.attrib if key.endswith("embed"))
    del blip.attrib[name]
    blip.set(name.replace("embed", "link"), outside)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_nothing_outside_is_fetched_or_embedded(
    converter: SandboxConverter, one_shot: SandboxConverter, listener: tuple[str, list[str]], tmp_path: Path
) -> None:
    """A link to a picture, on this machine or by http, brings no picture in and no request out."""
    address, hits = listener
    local = tmp_path / "secret.png"
    local.write_bytes(encoded(picture("Secret of another family", (900, 300)), "PNG"))
    image = '<text:p>Text.<draw:frame><draw:image xlink:href="{}" xlink:type="simple"/></draw:frame></text:p>'
    for target in (local.as_uri(), f"{address}/p.png"):
        attacks = [
            (_linked(target), FileKind.DOCX),
            (_rtf_picture(target.removeprefix("file://")), FileKind.RTF),
            (_open_document(image.format(target)), FileKind.ODT),
        ]
        for each in (converter, one_shot):
            for content, kind in attacks:
                made = each.convert(content, kind)
                assert "Secret" not in all_text(made)
                with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
                    sizes = [(int(image.Width), int(image.Height)) for image in _images(pdf)]
                assert (900, 300) not in sizes
                assert not re.search(rb"127\.0\.0\.1|secret\.png", made.pdf)
    assert hits == []


def _rtf_picture(path: str) -> bytes:
    field = f'{{\\field{{\\*\\fldinst INCLUDEPICTURE "{path}" \\\\* MERGEFORMAT \\\\d}}{{\\fldrslt}}}}'
    return b"{\\rtf1\\ansi Before. " + field.encode() + b" After.\\par}"


def test_a_document_without_end_is_stopped_and_others_go_on() -> None:
    """A document that would take for ever is killed at the limit; others are converted beside and after it."""
    converter = SandboxConverter(Sandbox(), seconds=6)
    converter.warm()
    table = "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>" * 1
    cells = "<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 400_000
    endless = changed(word_file(), "<w:body>", f"<w:body>{table}{cells}</w:tc></w:tr></w:tbl>")
    try:
        with ThreadPoolExecutor(2) as both:
            begun = time.monotonic()
            stuck = both.submit(converter.convert, endless, FileKind.DOCX)
            time.sleep(1.5)
            made = converter.convert(word_file("Meanwhile."), FileKind.DOCX)
            assert not stuck.done()
            assert "Meanwhile." in all_text(made)
            with pytest.raises(ConversionFailedError) as raised:
                stuck.result()
        assert raised.value.why == "limit"
        assert time.monotonic() - begun < 25
        assert "Afterwards." in all_text(converter.convert(word_file("Afterwards."), FileKind.DOCX))
        assert converter.mode == "fork-server"
    finally:
        converter.close()


def test_many_at_once_stay_apart(converter: SandboxConverter) -> None:
    """Documents converted at the same time each give their own words."""
    with ThreadPoolExecutor(4) as several:
        made = list(several.map(lambda n: converter.convert(word_file(f"Number {n}."), FileKind.DOCX), range(8)))
    for number, rendition in enumerate(made):
        assert re.findall(r"Number (\d+)", all_text(rendition)) == [str(number)]


def test_a_dead_server_is_replaced() -> None:
    """When the servers are killed between documents, the next one is converted all the same, and rooms are wiped."""
    rooms = []
    converter = SandboxConverter(Sandbox(), seconds=20)
    try:
        converter.convert(word_file(), FileKind.DOCX)
        for workshop in (converter._office._workshop, converter._readers):
            assert workshop._server is not None
            rooms.append(workshop._server.room.path)
            workshop._server.confined.process.kill()
            workshop._server.confined.process.wait()
        assert "seen at home" in all_text(converter.convert(word_file(), FileKind.DOCX))
        assert converter.mode == "fork-server"
        rooms += [workshop._server.room.path for workshop in (converter._office._workshop, converter._readers)]
        assert all(room.parent == TMPFS for room in rooms)
    finally:
        converter.close()
    assert len(set(rooms)) == 4
    assert not any(room.exists() for room in rooms)


def test_without_a_sandbox_nothing_is_opened() -> None:
    """Where the sandbox does not work, every kind is refused as such and not as a damaged document."""
    converter = SandboxConverter(Sandbox(bwrap="bwrap-is-not-here"))
    for content, kind in ((word_file(), FileKind.DOCX), (drawn_pdf("x"), FileKind.PDF), (b"text", FileKind.TEXT)):
        with pytest.raises(SandboxMissingError):
            converter.convert(content, kind)
    converter.close()


def test_errors_say_nothing_of_the_document(converter: SandboxConverter) -> None:
    """An error holds a next step and no word of the document."""
    with pytest.raises(ConversionFailedError) as raised:
        converter.convert(changed(word_file("Canary"), "</w:body>", "</w:bodi>"), FileKind.DOCX)
    assert "Canary" not in str(raised.value)
    assert "Ask the sender" in str(raised.value)


def test_a_picture_beside_text_is_read_as_well(converter: SandboxConverter) -> None:
    """An address pasted as a picture on a page full of text is found by the search; a logo on every page is read once."""
    from docx import Document
    from docx.shared import Inches
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (900, 110), "white")
    font = ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf", 60)
    ImageDraw.Draw(picture).text((20, 20), "14 Lantern Row, ZZ4 7QT", fill="black", font=font)
    pasted = io.BytesIO()
    picture.save(pasted, "PNG")
    document = Document()
    for _ in range(8):
        document.add_paragraph("Ordinary words of a report about how things are going at school and at home.")
    document.add_picture(io.BytesIO(pasted.getvalue()), width=Inches(4))
    document.add_page_break()
    document.add_picture(io.BytesIO(pasted.getvalue()), width=Inches(4))
    made = io.BytesIO()
    document.save(made)
    rendition = converter.convert(made.getvalue(), FileKind.DOCX)
    bare = re.sub(r"\W", "", rendition.pages[0].text.lower())
    assert "14lanternrow" in bare
    assert "zz47qt" in bare
    assert rendition.pages[0].text.count("Ordinary words") == 8


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BY = 'w:id="9" w:author="A" w:date="2026-01-01T00:00:00Z"'


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def _deleted(text: str) -> str:
    return f'<w:del {BY}><w:r><w:delText xml:space="preserve">{text}</w:delText></w:r></w:del>'


def _inserted(text: str) -> str:
    return f"<w:ins {BY}>{_run(text)}</w:ins>"


def _word_of(body: str, footnotes: tuple[str, ...] = ()) -> bytes:
    """A Word file of this body; the notes have the ids 2, 3 …"""
    content = changed(word_file("SPOT"), "<w:p><w:r><w:t>SPOT</w:t></w:r></w:p>", body)
    if not footnotes:
        return content
    notes = "".join(
        f'<w:footnote w:id="{n}"><w:p>{_run(note)}</w:p></w:footnote>' for n, note in enumerate(footnotes, 2)
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    part = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
    content = changed(content, "</Types>", part, "[Content_Types].xml")
    link = f'<Relationship Id="rIdF" Type="{relation}" Target="footnotes.xml"/></Relationships>'
    content = changed(content, "</Relationships>", link, "word/_rels/document.xml.rels")
    out = io.BytesIO(content)
    lines = "".join(
        f'<w:footnote w:type="{kind}" w:id="{n}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for n, kind in enumerate(("separator", "continuationSeparator"))
    )
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/footnotes.xml", f'<w:footnotes xmlns:w="{WORD}">{lines}{notes}</w:footnotes>')
    return out.getvalue()


def _reference(number: int) -> str:
    return f'<w:r><w:footnoteReference w:id="{number}"/></w:r>'


_CHANGED_BODY = (
    f"<w:p>{_run('She was ')}{_deleted('gone-run ')}{_inserted('seen ')}{_run('at home.')}</w:p>"
    f"<w:p><w:pPr><w:rPr><w:del {BY}/></w:rPr></w:pPr>{_run('One sentence')}</w:p><w:p>{_run(' made of two.')}</w:p>"
    f"<w:p><w:moveFrom {BY}><w:r><w:t>gone-place</w:t></w:r></w:moveFrom>{_run('Kept.')}</w:p>"
    f"<w:p><w:moveTo {BY}>{_run('new-place')}</w:moveTo></w:p>"
    f"<w:p><w:pPr><w:pPrChange {BY}><w:pPr/></w:pPrChange></w:pPr>"
    f"<w:r><w:rPr><w:b/><w:rPrChange {BY}><w:rPr/></w:rPrChange></w:rPr><w:t>bold</w:t></w:r></w:p>"
    "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>"
    f"<w:tr><w:trPr><w:del {BY}/></w:trPr><w:tc><w:tcPr/><w:p>{_run('gone-row')}</w:p></w:tc></w:tr>"
    f"<w:tr><w:trPr><w:ins {BY}/></w:trPr><w:tc><w:tcPr/><w:p>{_run('kept-row')}</w:p></w:tc></w:tr></w:tbl><w:p/>"
)


@pytest.mark.parametrize("warm", [True, False])
def test_what_tracked_changes_deleted_is_on_no_page(
    converter: SandboxConverter, one_shot: SandboxConverter, *, warm: bool
) -> None:
    """Pages of a Word file, of a .doc and of an RTF show the final text, and the report is flagged all the same."""
    made_by = converter if warm else one_shot
    source = _word_of(_CHANGED_BODY)
    legacy, _ = one_shot._office._run(source, ".docx", "doc", one_shot._office._profile())
    assert legacy is not None
    for content, kind in ((source, FileKind.DOCX), (legacy, FileKind.DOC)):
        made = made_by.convert(content, kind)
        said = all_text(made)
        assert made.flags == ("tracked-changes",)
        assert "She was seen at home." in said
        assert "One sentence made of two." in said
        assert "gone-run" not in said
        for words in ("Kept.", "new-place", "bold", "kept-row", "7.2 kg"):
            assert words in said
        if kind is FileKind.DOCX:  # LibreOffice's own .doc has no moves and no deleted rows
            assert "gone" not in said
    rich = b"{\\rtf1\\ansi She was {\\deleted gone }{\\revised seen }at home.\\par}"
    made = made_by.convert(rich, FileKind.RTF)
    assert made.flags == ("tracked-changes",)
    assert all_text(made) == "She was seen at home."


@pytest.mark.parametrize("warm", [True, False])
def test_what_an_open_document_deleted_is_on_no_page(
    converter: SandboxConverter, one_shot: SandboxConverter, *, warm: bool
) -> None:
    """Text that an OpenDocument file keeps as deleted is not printed; the text around it is."""
    region = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info>'
        '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">A</dc:creator>'
        '<dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">2026-01-01T00:00:00</dc:date></office:change-info>'
        "<text:p>gone </text:p></text:deletion></text:changed-region></text:tracked-changes>"
    )
    odt = _open_document(f'{region}<text:p>She was <text:change text:change-id="c1"/>seen at home.</text:p>')
    made = (converter if warm else one_shot).convert(odt, FileKind.ODT)
    assert made.flags == ("tracked-changes",)
    assert all_text(made) == "She was seen at home."


def test_notes_of_deleted_text_go_and_the_others_stay_where_they_were(converter: SandboxConverter) -> None:
    """A footnote hung on deleted text is gone with it; the next reference keeps its own note."""
    gone = f"<w:del {BY}>{_reference(2)}</w:del>"
    made = converter.convert(
        _word_of(f"<w:p>{_run('First')}{gone}{_run(' second')}{_reference(3)}</w:p>", ("gone note", "kept note")),
        FileKind.DOCX,
    )
    assert "kept note" in all_text(made)
    assert "gone" not in all_text(made)


def test_changes_that_cannot_be_taken_out_are_refused(converter: SandboxConverter) -> None:
    """A file whose changes are still there after they were accepted is refused rather than printed with them."""
    foreign = f'<w:p><x:del xmlns:x="urn:else">{_run("gone")}</x:del>{_run("kept")}</w:p>'
    assert refusal(converter, _word_of(foreign), FileKind.DOCX) == "changes"


def _field(told: str, result: str) -> str:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = "".join(f'<w:r><w:instrText xml:space="preserve">{part}</w:instrText></w:r>' for part in told.split("|"))
    return f"{mark('begin')}{code}{mark('separate')}{_run(result)}{mark('end')}"


def test_fields_show_what_the_author_saw(converter: SandboxConverter) -> None:
    """Date, file name and user are those stored in the file; page numbers, references and links are made anew."""
    date = _field(' DA|TE \\@ "d MMMM yyyy" '.replace('"', "&quot;"), "3 January 2020")
    name = _field("FILENAME \\p", "C:\\mine.docx")
    user = f'<w:fldSimple w:instr=" UserName ">{_run("Ann Author")}</w:fldSimple>'
    page = _field(" PAGE ", "77")
    body = f"<w:p>{_run('On ')}{date}{_run(' in ')}{name}{_run(' by ')}{user}{_run(' page ')}{page}{_run('.')}</w:p>"
    made = converter.convert(_word_of(body), FileKind.DOCX)
    assert made.flags == ()
    assert "On 3 January 2020 in C:\\mine.docx by Ann Author page 1." in all_text(made)
    rich = (
        b'{\\rtf1\\ansi On {\\field{\\*\\fldinst {\\b  DATE \\\\@ "d MMMM yyyy" }}{\\fldrslt 3 January 2020}} in '
        b"{\\field{\\*\\fldinst FILENAME}{\\fldrslt mine.rtf}} page {\\field{\\*\\fldinst PAGE}{\\fldrslt 77}}.\\par}"
    )
    assert all_text(converter.convert(rich, FileKind.RTF)) == "On 3 January 2020 in mine.rtf page 1."
    odt = _open_document(
        '<text:p>On <text:date>3 January 2020</text:date> in <text:file-name text:display="full">mine.odt'
        "</text:file-name>, page <text:page-number>77</text:page-number>.</text:p>"
    )
    assert all_text(converter.convert(odt, FileKind.ODT)) == "On 3 January 2020 in mine.odt, page 1."


def test_fields_of_a_legacy_word_file_show_what_the_author_saw(
    converter: SandboxConverter, one_shot: SandboxConverter
) -> None:
    """The date of a .doc is the one stored in it, also where its changes have to be accepted."""
    body = f"<w:p>{_run('On ')}{_field('DATE', '3 January 2020')}{_run(' seen.')}{{}}</w:p>"
    for more, flags in (("", ()), (_deleted("gone"), ("tracked-changes",))):
        source = _word_of(body.format(more))
        legacy, _ = one_shot._office._run(source, ".docx", "doc", one_shot._office._profile())
        assert legacy is not None
        code = re.compile(b"\x13\0(?:[^\x14]\0)*D\0A\0T\0E\0(?:[^\x14]\0)*\x14\0((?:[^\x15]\0)*)\x15\0")
        shown = code.search(legacy)
        assert shown is not None
        stored = "3.1.2020".ljust(len(shown[1]) // 2, "!")[: len(shown[1]) // 2].encode("utf-16-le")
        legacy = legacy[: shown.start(1)] + stored + legacy[shown.end(1) :]
        made = converter.convert(legacy, FileKind.DOC)
        assert made.flags == flags
        assert "On 3.1.2020" in all_text(made)
        assert "gone" not in all_text(made)


_SAME_FONT = pikepdf.Dictionary(
    Type=pikepdf.Name.Font,
    Subtype=pikepdf.Name.Type1,
    BaseFont=pikepdf.Name.Helvetica,
    Encoding=pikepdf.Name.WinAnsiEncoding,
)


def _form(kind: str, *, drawn: object = None, updated: bool = False, **field: object) -> bytes:
    """A PDF form of one field. `drawn`: the text its drawing shows, or the drawings of its states."""
    with pikepdf.open(io.BytesIO(drawn_pdf("Answers of the school:"))) as pdf:
        fonts = pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=_SAME_FONT))

        def drawing(content: bytes) -> pikepdf.Object:
            made = pdf.make_stream(content, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
            made.BBox, made.Resources = [0, 0, 300, 40], fonts
            return made

        widget = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, F=4, T="a", Rect=[72, 600, 372, 640]
        )
        widget.FT, widget.DA = pikepdf.Name(f"/{kind}"), "/Helv 11 Tf 0 g"
        for key, value in field.items():
            widget[f"/{key}"] = value
        if isinstance(drawn, str):
            widget.AP = pikepdf.Dictionary(N=drawing(f"BT /Helv 11 Tf 2 5 Td ({drawn}) Tj ET".encode("cp1252")))
        elif isinstance(drawn, dict):
            states = {state: drawing(content) for state, content in drawn.items()}
            widget.AP = pikepdf.Dictionary(N=pikepdf.Dictionary(states))
        made = pdf.make_indirect(widget)
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[made], DR=fonts, DA="/Helv 0 Tf 0 g", NeedAppearances=updated)
        pdf.pages[0].obj.Annots = pikepdf.Array([made])
        return saved(pdf)


@pytest.mark.parametrize("updated", [False, True])
def test_answers_of_a_form_are_never_lost_or_changed(converter: SandboxConverter, *, updated: bool) -> None:
    """Several lines, letters beyond Latin-1, labels of choices and drawings that are right all reach the page."""
    lines = "First line of the answer\rand the second\n" + "which goes on and on " * 12 + "to its end"
    options = pikepdf.Array([pikepdf.Array(["1", "Never"]), pikepdf.Array(["2", "Very often"])])
    cases = (
        (_form("Tx", Ff=1 << 12, V=lines, updated=updated), lines),
        (
            _form("Tx", V="A long answer in one line " * 4 + "end", updated=updated),
            "A long answer in one line " * 4 + "end",
        ),
        (_form("Tx", V="Zoë said – “no” £5", updated=updated), "Zoë said – “no” £5"),
        (_form("Tx", V="Shown already", drawn="Shown  already", updated=updated), "Shown already"),
        (_form("Tx", V="The true answer", drawn="another", updated=updated), "The true answer"),
        (_form("Ch", Ff=1 << 17, V="2", Opt=options, updated=updated), "Very often"),
        (_form("Ch", V="2", I=pikepdf.Array([1]), Opt=options, updated=updated), "Very often"),
    )
    for content, says in cases:
        said = all_text(converter.convert(content, FileKind.PDF))
        assert "".join(says.split()) in "".join(said.split())
        assert "another" not in said


def test_answers_that_cannot_be_drawn_are_refused(converter: SandboxConverter) -> None:
    """Letters no font of the form has, more than fits, a tick without a drawing, a field on no page: ask for a print."""
    with pikepdf.open(io.BytesIO(_form("Tx", V="On no page"))) as pdf:
        del pdf.pages[0].obj.Annots
        nowhere = saved(pdf)
    for content in (
        _form("Tx", V="漢字の答え"),
        _form("Tx", Ff=1 << 12, V="word and " * 900 + "end", Rect=[72, 600, 172, 612]),
        _form("Btn", V=pikepdf.Name.Yes),
        nowhere,
    ):
        assert refusal(converter, content, FileKind.PDF) == "form"


@pytest.mark.parametrize("updated", [False, True])
def test_ticks_of_a_form_stay(converter: SandboxConverter, *, updated: bool) -> None:
    """A check box shows its answer, whether or not its state was set with it; an empty one stays empty."""
    states = {"/Yes": b"BT /Helv 11 Tf 2 5 Td (ticked) Tj ET", "/Off": b"BT /Helv 11 Tf 2 5 Td (empty) Tj ET"}
    for field, says in (
        ({"V": pikepdf.Name.Yes, "AS": pikepdf.Name.Yes}, "ticked"),
        ({"V": pikepdf.Name.Yes}, "ticked"),
        ({"V": pikepdf.Name.Off, "AS": pikepdf.Name.Off}, "empty"),
        ({}, "empty"),
    ):
        made = converter.convert(_form("Btn", drawn=states, updated=updated, **field), FileKind.PDF)
        assert says in all_text(made)
        assert len({"ticked", "empty"} & set(all_text(made).split())) == 1


def test_a_hidden_field_is_flagged(converter: SandboxConverter) -> None:
    """What a form holds in a field that nobody sees is on no page, and a person is told that there is something."""
    made = converter.convert(_form("Tx", V="secret", F=2), FileKind.PDF)
    assert made.flags == ("hidden-text",)
    assert "secret" not in all_text(made)


@pytest.mark.parametrize("how", ["tiny", "white", "without ink", "white, turned"])
def test_words_that_nobody_can_see_are_searched_and_flagged(converter: SandboxConverter, how: str) -> None:
    """Type of one point, white on white, or drawn without ink: in the page's text, and a flag."""
    made = converter.convert(_unseen(how), FileKind.PDF)
    assert made.flags == ("hidden-text",)
    assert "14 Lantern Row" in made.pages[0].text


@pytest.mark.parametrize("how", ["small", "white on blue"])
def test_words_that_can_be_seen_are_no_flag(converter: SandboxConverter, how: str) -> None:
    """A footnote's size, and the white headings of a dark table, are read by people."""
    made = converter.convert(_unseen(how), FileKind.PDF)
    assert made.flags == ()
    assert "14 Lantern Row" in made.pages[0].text


def _unseen(how: str) -> bytes:
    """A page with a line that is seen and one set in this way."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    if "turned" in how:
        sheet.setPageRotation(90)
    sheet.drawString(72, 500, "The school's report as it is shown.")
    if how == "white on blue":
        sheet.setFillColorRGB(0, 0, 0.4)
        sheet.rect(60, 390, 300, 40, fill=1)
    if "white" in how:
        sheet.setFillColorRGB(1, 1, 1)
    line = sheet.beginText(72, 400)
    line.setFont("Helvetica", {"tiny": 1, "small": 6}.get(how, 12))
    line.setTextRenderMode(3 if how == "without ink" else 0)
    line.textLine("14 Lantern Row")
    sheet.drawText(line)
    sheet.save()
    return out.getvalue()


def test_text_outside_of_what_is_shown_is_searched_and_flagged(converter: SandboxConverter) -> None:
    """Words beside the page or outside its crop box are in its text, after what is shown, and are a flag."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    sheet.drawString(72, 700, "The school's report as it is shown.")
    sheet.drawString(72, 30, "14 Lantern Row")
    sheet.drawString(2000, 300, "ZZ4 7QT")
    sheet.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        pdf.pages[0].CropBox = [0, 100, 595, 842]
        made = converter.convert(saved(pdf), FileKind.PDF)
    assert made.flags == ("hidden-text",)
    assert made.pages[0].text.startswith("The school's report as it is shown.")
    assert "14 Lantern Row" in made.pages[0].text
    assert "ZZ4 7QT" in made.pages[0].text
