"""Real files as agencies send them, made when asked for; and files that must not be taken for reports."""

from __future__ import annotations

import io
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

from tests.acceptance.bookings import AGENCIES, CHILD, REF


def lines_of(
    person: str, words: str, *, reference: str | None = REF, child: str = CHILD, agency: str | None = None
) -> list[str]:
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
            "content.xml",
            f"{head}{content}<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f'{head}<manifest:manifest xmlns:manifest="{manifest}">{entries}</manifest:manifest>',
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
        "Received: from mail.elsewhere.example (mail.elsewhere.example [192.0.2.7])\r\n"
        f"\tby {host} with ESMTPS id a1;\r\n\t{at}\r\n"
        for host, at in received
    )
    return lines.encode() + message.as_bytes()


def locked_docx() -> bytes:
    """Returns the container that Word puts a document with a password in: OLE, with an encrypted package."""
    streams = {"EncryptionInfo": bytes(range(256)), "EncryptedPackage": bytes(range(255, -1, -1)) * 16}
    fat = [0xFFFFFFFD, 0xFFFFFFFE]
    directory = [_entry("Root Entry", 5, child=1, start=0xFFFFFFFE, size=0)]
    body = b""
    for number, (name, content) in enumerate(streams.items()):
        content = content.ljust(4096, b"\0")
        start, sectors = len(fat), len(content) // 512
        fat += [*range(start + 1, start + sectors), 0xFFFFFFFE]
        right = 2 if number == 0 else 0xFFFFFFFF
        directory.append(_entry(name, 2, right=right, start=start, size=len(content)))
        body += content
    table = struct.pack("<128I", *(fat + [0xFFFFFFFF] * (128 - len(fat))))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    places = struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + places + table + b"".join(directory).ljust(512, b"\0") + body


def _entry(name: str, kind: int, *, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF, start: int, size: int) -> bytes:
    label = (name + "\0").encode("utf-16-le")
    head = label.ljust(64, b"\0") + struct.pack("<HBBIII", len(label), kind, 1, 0xFFFFFFFF, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def doc(lines: Sequence[str]) -> bytes:
    """Returns a Word 97 document, written by LibreOffice."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plain.docx").write_bytes(docx(lines))
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "doc",
             f"{folder}/plain.docx", "--outdir", folder],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return (Path(folder) / "plain.doc").read_bytes()


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
