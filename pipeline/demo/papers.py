"""Files as agencies make them: Word, PDF from another maker, OpenDocument, rich text, plain text, a photo, mail.

Everything is made when asked for; nothing real is in it. Each maker takes the same `Words`.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape

from pipeline.domain.calendar import parse_local

_CREAM = (244, 240, 230)
_INK = (42, 44, 52)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a report says. `table` has its head as first row; `footer` stands at the foot of each page."""

    agency: str
    title: str
    reference: str
    about: str
    author: str
    sections: Sequence[tuple[str, str]]
    table: Sequence[Sequence[str]] = ()
    footer: str = ""

    @property
    def head(self) -> tuple[str, ...]:
        """The lines of the title block."""
        return (
            self.agency,
            self.title,
            f"Conference reference: {self.reference}",
            f"About: {self.about}",
            f"Written by: {self.author}",
        )

    @property
    def lines(self) -> list[str]:
        """All of it as plain lines."""
        found = [*self.head, ""]
        for heading, text in self.sections:
            found += [heading.upper(), text, ""]
        found += ["   ".join(row) for row in self.table]
        return found + (["", self.footer] if self.footer else [])


def word(words: Words, *, picture: bool = True) -> bytes:
    """Returns a .docx with headings, a table, a picture and a footer."""
    from docx import Document
    from docx.shared import Cm

    document = Document()
    document.add_heading(words.head[0], 0)
    document.add_heading(words.head[1], 1)
    for line in words.head[2:]:
        document.add_paragraph(line)
    for heading, text in words.sections:
        document.add_heading(heading, 2)
        document.add_paragraph(text)
    if words.table:
        _word_table(document, words.table)
    if picture:
        document.add_paragraph("How often seen, month by month:")
        document.add_picture(io.BytesIO(chart(words.title)), width=Cm(11))
    if words.footer:
        document.sections[0].footer.paragraphs[0].text = words.footer
    document.core_properties.author = words.agency
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _word_table(document: Any, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Light Grid Accent 1")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def chart(seed: str) -> bytes:
    """Returns a small bar chart as PNG; another one for each seed, the same one for the same seed."""
    from PIL import Image, ImageDraw

    heights = random.Random(seed)  # noqa: S311 (a drawing, not a secret)
    picture = Image.new("RGB", (660, 260), "white")
    draw = ImageDraw.Draw(picture)
    for n, month in enumerate(("Jun", "Jul", "Aug", "Sep", "Oct", "Nov")):
        left, height = 50 + n * 100, heights.randint(30, 190)
        draw.rectangle((left, 220 - height, left + 56, 220), fill=(68, 114, 150))
        draw.text((left + 16, 228), month, fill="black", font=_font(16))
    draw.line((36, 220, 640, 220), fill="black", width=2)
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def printed(words: Words, *, password: str | None = None) -> bytes:
    """Returns a PDF by another maker than our own; with `password` nobody can open it without."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    styles = getSampleStyleSheet()
    forms = ("Title", "Heading1", "Normal", "Normal", "Normal")
    story: list[Any] = [Paragraph(escape(line), styles[form]) for line, form in zip(words.head, forms, strict=True)]
    for heading, text in words.sections:
        story += [Paragraph(escape(heading), styles["Heading2"]), Paragraph(escape(text), styles["Normal"])]
    if words.table:
        lines = ("GRID", (0, 0), (-1, -1), 0.5, colors.grey)
        grid = TableStyle([lines, ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)])
        story += [Spacer(1, 12), Table([list(row) for row in words.table], style=grid)]
    story += [Spacer(1, 12), Image(io.BytesIO(chart(words.title)), width=300, height=118)]
    made = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword=f"{password}-owner", strength=128) if password else None
    SimpleDocTemplate(made, pagesize=A4, title=words.title, author=words.agency, encrypt=lock, invariant=1).build(story)
    return made.getvalue()


_ODT_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
)
_ODT_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def open_document(words: Words) -> bytes:
    """Returns an .odt with headings and a table."""
    body = [f'<text:h text:outline-level="1">{escape(words.head[0])}</text:h>']
    body += [f"<text:p>{escape(line)}</text:p>" for line in words.head[1:]]
    for heading, text in words.sections:
        body.append(f'<text:h text:outline-level="2">{escape(heading)}</text:h><text:p>{escape(text)}</text:p>')
    if words.table:
        rows = "".join(
            "<table:table-row>"
            + "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in row)
            + "</table:table-row>"
            for row in words.table
        )
        columns = f'<table:table-column table:number-columns-repeated="{len(words.table[0])}"/>'
        body.append(f'<table:table table:name="t1">{columns}{rows}</table:table>')
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODT_SPACES} office:version="1.2">'
        f"<office:body><office:text>{''.join(body)}</office:text></office:body></office:document-content>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", _ODT_MANIFEST)
    return made.getvalue()


def rich_text(words: Words) -> bytes:
    """Returns an .rtf."""
    paragraphs = []
    for line in words.lines:
        coded = "".join(c if c not in "\\{}" else f"\\{c}" for c in line)
        paragraphs.append("".join(c if ord(c) < 128 else f"\\u{ord(c)}?" for c in coded) + "\\par")
    head = "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0\\froman Liberation Serif;}}\\f0\\fs24 "
    return (head + "\n".join(paragraphs) + "}").encode("ascii")


def plain_text(words: Words) -> bytes:
    """Returns a .txt."""
    return "\n".join(words.lines).encode()


def photo(words: Words) -> bytes:
    """Returns a photo of a page as a phone takes it: a little askew, grainy, on its side with an EXIF note."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (1500, 2100), _CREAM)
    draw = ImageDraw.Draw(page)
    top = 120
    for number, line in enumerate(words.lines):
        size = 46 if number < 2 else 36
        for part in _wrapped(line, 64) or [""]:
            draw.text((130, top), part, fill=_INK, font=_font(size))
            top += size + 16
    askew = page.rotate(1.1, expand=True, fillcolor=(92, 78, 64), resample=Image.Resampling.BICUBIC)
    grain = Image.effect_noise(askew.size, 26).convert("RGB")
    shot = Image.blend(askew, grain, 0.08).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side: to be turned a quarter clockwise when shown
    exif[0x010F], exif[0x0110], exif[0x0132] = "Meridian", "Meridian P4", "2026:11:26 10:48:12"
    made = io.BytesIO()
    shot.save(made, "JPEG", quality=80, exif=exif)
    return made.getvalue()


def _wrapped(line: str, width: int) -> list[str]:
    from textwrap import wrap

    return wrap(line, width)


def mail(
    sender: str, to: str, subject: str, text: str, attachments: Sequence[tuple[str, bytes]], *, local: str
) -> bytes:
    """Returns an .eml with attachments; `local` is what the sender's own machine says the time was."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(parse_local(local))
    message["Message-ID"] = f"<{sha256(subject.encode()).hexdigest()[:20]}@{sender.rpartition('@')[2]}>"
    message.set_content(text)
    kinds = {"pdf": "pdf", "docx": "vnd.openxmlformats-officedocument.wordprocessingml.document"}
    for name, content in attachments:
        kind = kinds.get(name.rpartition(".")[2], "octet-stream")
        message.add_attachment(content, maintype="application", subtype=kind, filename=name)
    return message.as_bytes()
