"""Invented reports and cover values for the tests of writing and proving a copy."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import img2pdf
import pikepdf
from docx import Document
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from pipeline.ports import CopyText

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PASSPHRASE = "gravel onion lamp elm cat brave"  # pdftotext cuts what it is given at 32 characters
NAME = "Ŵyn Łucja Żółć-O’Brien ŷ"

VALUES: Mapping[str, object] = {
    "title": "Papers for the child protection conference",
    "authority": "Port Mere City Council",
    "team": "Safeguarding and Quality Team",
    "conference_type": "Initial child protection conference",
    "reference": "PM-2611-017",
    "start": "Monday 30 November 2026 at 9:30am",
    "mode": "In person",
    "prepared_for": NAME,
    "issue": "2",
    "supersedes": "This copy replaces issue 1.",
    "chair": "Edwina Sallow",
    "contact": "Ring 01632 960100.",
    "duty": "Ring 999 if a child is in immediate danger.",
    "classification": "Confidential – do not forward",
    "children": ["Tobin Quillfeather", "Isla-Wren Quillfeather"],
    "invitees": [{"name": "Maren Quillfeather", "role": "Parent", "agency": ""}],
    "notes": ["The papers are listed on the next page."],
}


def copy_text(name: str = NAME, template: str = "pack_cover", values: Mapping[str, object] = VALUES) -> CopyText:
    """The words of a copy."""
    return CopyText(template=template, values=values, stamp_name=name, reference="PM-2611-017", issue=2)


def report_docx(agency: str, paragraphs: int = 30) -> bytes:
    """A Word report with headings, a table and enough words for more than one page."""
    document = Document()
    document.core_properties.author = "Secret Author"
    document.core_properties.title = f"Secret title of {agency}"
    document.add_heading(f"Report of {agency}", 1)
    table = document.add_table(rows=3, cols=2)
    for number, row in enumerate(table.rows):
        row.cells[0].text, row.cells[1].text = f"{agency} field {number}", "value"
    for number in range(paragraphs):
        document.add_paragraph(f"{agency} paragraph {number}: Tobin was seen and said how he was. " * 4)
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def scan() -> bytes:
    """A page that is only a picture, black to its very edges."""
    image = Image.new("L", (620, 877), 0)
    ImageDraw.Draw(image).text((100, 400), "scanned", fill=255)
    picture = BytesIO()
    image.save(picture, "JPEG")
    content: bytes = img2pdf.convert(picture.getvalue(), layout_fun=img2pdf.get_layout_fun(A4))
    return content


def odd_pages() -> bytes:
    """Pages turned 90, 180 and 270, one cut by a crop box off the origin, one with a unit of two points, one unbalanced."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    for number in range(6):
        canvas.drawString(200, 400, f"odd page {number}")
        canvas.drawString(100, 5, f"last line {number}")
        canvas.showPage()
    canvas.save()
    with pikepdf.open(made) as pdf:
        for number, turn in enumerate((90, 180, 270)):
            pdf.pages[number].obj.Rotate = turn
        pdf.pages[3].obj.MediaBox = pikepdf.Array([-50, -20, 545, 822])
        pdf.pages[3].obj.CropBox = pikepdf.Array([60, 90, 520, 800])
        pdf.pages[4].obj.UserUnit = 2
        unbalanced = b"Q Q q 0 g BT /F1 12 Tf 3 Tr 20 Tc 100 400 Td (odd page 5) Tj /Span BMC q 0.1 0 0 0.1 0 0 cm 0 0 1 1 re W n"
        pdf.pages[5].obj.Contents = pdf.make_stream(unbalanced)
        content = BytesIO()
        pdf.save(content)
    return content.getvalue()
