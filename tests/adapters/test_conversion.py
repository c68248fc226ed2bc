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
