"""Real files as agencies send them, made when asked for; and files that must not be taken for reports."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage

from tests.acceptance.bookings import AGENCIES, CHILD, REF


def lines_of(person: str, words: str, *, reference: str | None = REF, child: str = CHILD, agency: str | None = None) -> list[str]:
    """Returns what a report says, line by line: title block first."""
    lines = [f"{agency or AGENCIES[person]}", "Report for the child protection conference"]
    if reference is not None:
        lines.append(f"Conference reference: {reference}")
    return [*lines, f"About: {child}", "", words, "Parents' views: they have read this report."]


def picture(size: tuple[int, int] = (240, 120)) -> bytes:
    """Returns a small PNG."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((20, 20, size[0] - 20, size[1] - 20), outline="navy", width=6)
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def docx(lines: Sequence[str]) -> bytes:
    """Returns a Word document with a table and a picture."""
    from docx import Document

    document = Document()
    document.add_heading(lines[0], 1)
    for line in lines[1:]:
        document.add_paragraph(line)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Week", "Seen", "1", "yes"), strict=True):
        cell.text = text
    document.add_picture(io.BytesIO(picture()))
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def pdf(lines: Sequence[str], *, password: str | None = None) -> bytes:
    """Returns a PDF by reportlab, locked where a password is given."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    made = io.BytesIO()
    lock = StandardEncryption(password, strength=128) if password else None
    page = canvas.Canvas(made, pagesize=A4, encrypt=lock)
    for number, line in enumerate(lines):
        page.drawString(72, 770 - 18 * number, line)
    page.showPage()
    page.drawString(72, 770, "A second page of the same report.")
    page.showPage()
    page.save()
    return made.getvalue()


def scan(lines: Sequence[str], format: str) -> bytes:
    """Returns a picture of a printed page: JPEG (lying on its side, as a phone stores it), PNG or TIFF."""
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("RGB", (1240, 1754), (246, 243, 236))
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((90, 120 + 64 * number), line, fill=(20, 20, 24), font=ImageFont.load_default(34))
    made = io.BytesIO()
    if format == "JPEG":
        exif = Image.Exif()
        exif[0x0112] = 6
        page.rotate(90, expand=True).save(made, format, quality=88, exif=exif)
    else:
        page.save(made, format)
    return made.getvalue()


def odt(lines: Sequence[str]) -> bytes:
    """Returns an OpenDocument text."""
    kind = "application/vnd.oasis.opendocument.text"
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    body = "".join(f"<text:p>{line}</text:p>" for line in lines)
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    content = f'<office:document-content xmlns:office="{office}" xmlns:text="{text}" office:version="1.2">'
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
    entries += '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "content.xml", f"{head}{content}<office:body><office:text>{body}</office:text></office:body></office:document-content>"
        )
        archive.writestr(
            "META-INF/manifest.xml", f'{head}<manifest:manifest xmlns:manifest="{manifest}">{entries}</manifest:manifest>'
        )
    return made.getvalue()


def rtf(lines: Sequence[str]) -> bytes:
    """Returns rich text."""
    body = "\\par\n".join(line.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}") for line in lines)
    return f"{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0 Liberation Serif;}}}}\\f0\\fs24 {body}\\par}}".encode("ascii")


def txt(lines: Sequence[str]) -> bytes:
    """Returns plain text as Windows writes it."""
    return "\r\n".join(lines).encode("cp1252", "replace")


def eml(
    sender: str,
    subject: str,
    attachments: Sequence[tuple[str, bytes]],
    *,
    date: str = "Mon, 23 Nov 2026 06:00:00 +0000",
    received: Sequence[tuple[str, str]] = (),
    text: str = "Please find attached.",
) -> bytes:
    """Returns an e-mail; `received` are (by which host, when) of its Received lines, topmost first."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = sender, "sqt@portmere.example", subject, date
    message["Message-ID"] = f"<{abs(hash((sender, subject, date)))}@elsewhere.example>"
    message.set_content(text)
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    lines = "".join(
        f"Received: from mail.elsewhere.example (mail.elsewhere.example [192.0.2.7])\r\n\tby {host} with ESMTPS id a1;\r\n\t{at}\r\n"
        for host, at in received
    )
    return lines.encode() + message.as_bytes()


def locked_docx() -> bytes:
    """Returns what a Word document with a password looks like: an OLE container with an encrypted package in it."""
    import subprocess
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.docx"
        plain.write_bytes(docx(lines_of("school", "locked")))
        script = Path(folder) / "lock.py"
        script.write_text(_LOCK)
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "docx:MS Word 2007 XML",
             str(plain), "--outdir", f"{folder}/out"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    return _ENCRYPTED_HEAD


_LOCK = ""
_ENCRYPTED_HEAD = b""


def docm(lines: Sequence[str]) -> bytes:
    """Returns a Word document with a macro project in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx(lines))) as plain, zipfile.ZipFile(made, "w") as archive:
        for name in plain.namelist():
            content = plain.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                    b"application/vnd.ms-word.document.macroEnabled.main+xml",
                )
            archive.writestr(name, content)
        archive.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    return made.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    """Returns a .zip with one file in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
    return made.getvalue()
