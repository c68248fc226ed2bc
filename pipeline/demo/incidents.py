"""What goes wrong on the way in, as files: each replay event that something dropped in the inbox begins.

Source: domain.md F, replay events 7 to 20 and 24. All people, places and organisations are invented.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import format_datetime

from pipeline.demo.papers import Words, mail, photo, plain_text, word
from pipeline.demo.reports import BOTH, F1, ISLA, TOBIN
from pipeline.domain.calendar import parse_local

F4 = "HB-2612-003"
TEAM = "sqt@portmere.example"

OTHER_FAMILY = f"{F1} County Police note.txt"
LOOK_ALIKE, FAMILY_REPLY, OUT_OF_OFFICE = "school mail.eml", "Re your letter.eml", "Automatic reply.eml"
LOCKED_ZIP, MACROS, ZERO_BYTES = f"{F1} reports.zip", f"{F1} Gullwing form.docm", f"{F1} Region Probation Service.pdf"
TRACKED = f"{F1} Port Mere Homes corrected.docx"
TWO_FAMILIES, FOR_F1, FOR_F4 = "police, two families.eml", "report-a.txt", "report-b.txt"
BOUNCE, EARLY_DATE, SCANNED = "Undelivered Mail.eml", "probation mail.eml", "scan.pdf"
QUOTED_FOOTER = "social worker's corrected reports.eml"
OLD_PROBATION, NEW_PROBATION = "b.colefax@probation-region.example", "b.colefax@probation-newregion.example"
NEW_POLICE = "public.protection@county-police-new.example"
DELETED, HIDDEN, KEPT = "moth in the flour", "harebell by the gate", "The heating was repaired on 9 November 2026."


def note(reference: str, agency: str, author: str, about: str, *sections: tuple[str, str], phone: str = "") -> bytes:
    """Returns a report as plain text."""
    signed = f"{author}, telephone {phone}" if phone else author
    return plain_text(Words(
        agency=agency, title="Report for the conference", reference=reference, about=about, author=signed, sections=sections
    ))  # fmt: skip


def text_mail(sender: str, subject: str, text: str, *, local: str, headers: Mapping[str, str] | None = None) -> EmailMessage:
    """Returns a mail without attachments; `local` is what the sender's machine says the time was."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = sender, TEAM, subject, format_datetime(parse_local(local))
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    return message


def _other_family() -> bytes:
    police = "County Police Safeguarding Unit"
    seen = "Tobin was seen at the fair with Jory Fennimore-Tarn, who had been reported missing."
    return note(F1, police, "DC Hamish Thornquist", BOTH, ("What we know", seen))


def _look_alike() -> bytes:
    school = "Gullwing Primary School"
    content = note(F1, school, "Philippa Marlowe-Dunn", TOBIN, ("Attendance", "Please send everything to this new mailbox."))
    sender = "safeguarding@gullwing-prirnary.example"
    return mail(sender, TEAM, f"{F1} report", "Attached.", [("report.txt", content)], local="2026-11-26T12:18")


def _family_reply() -> bytes:
    text = f"Thank you for {F1}. I can come in the morning. Could you ring me about it?"
    return text_mail("maren.q@freemail.example", f"Re: {F1}", text, local="2026-11-26T12:16").as_bytes()


def _out_of_office() -> bytes:
    headers = {"Auto-Submitted": "auto-replied", "X-Autoreply": "yes"}
    sender, text = "y.fenwright@portmere-homes.example", "I am away until Tuesday."
    return text_mail(sender, f"Automatic reply: {F1}", text, local="2026-11-26T12:14", headers=headers).as_bytes()


def _bounce() -> bytes:
    """A delivery status report as RFC 3464 has it."""
    outer = text_mail(
        "MAILER-DAEMON@mail.probation-region.example", "Undelivered Mail Returned to Sender",
        f"Your message to <{OLD_PROBATION}> could not be delivered.", local="2026-11-27T17:04",
        headers={"X-Failed-Recipients": OLD_PROBATION, "Auto-Submitted": "auto-replied"},
    )  # fmt: skip
    return outer.as_bytes()


def _locked_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("report.docx", bytes(range(256)) * 8)
    content = bytearray(made.getvalue())
    # the flag that says "encrypted", in the member's own header and in the directory
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def _with_macros() -> bytes:
    plain = word(_housing_words(KEPT), picture=False)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as before, zipfile.ZipFile(made, "w") as archive:
        for name in before.namelist():
            content = before.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                    b"application/vnd.ms-word.document.macroEnabled.main+xml",
                )
            archive.writestr(name, content)
        archive.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    return made.getvalue()


def _housing_words(text: str) -> Words:
    return Words(
        agency="Port Mere Homes", title="Report for the conference, corrected", reference=F1, about=BOTH,
        author="Yolanda Fenwright", sections=(("Tenancy", text), ("Parents' views", "Maren has read this report.")),
    )  # fmt: skip


def _tracked() -> bytes:
    """A Word file in which somebody struck words out with changes tracked, and another hid some."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document(io.BytesIO(word(_housing_words(KEPT), picture=False)))
    name = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    by = 'w:id="1" w:author="Y" w:date="2026-11-25T10:00:00Z"'
    paragraph = document.add_paragraph("The rent is paid.")._p
    struck = f"<w:del {name} {by}><w:r><w:delText>{DELETED}</w:delText></w:r></w:del>"
    hidden = f"<w:r {name}><w:rPr><w:vanish/></w:rPr><w:t>{HIDDEN}</w:t></w:r>"
    for part in (struck, hidden):
        paragraph.append(parse_xml(part))
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _two_families() -> bytes:
    police, phone = "County Police Safeguarding Unit", "01632 960140"
    views = ("Parents' views", "Not spoken to.")
    ours = note(F1, police, "DC Hamish Thornquist", BOTH, ("What we know", "One more call, on 25 November 2026."), views)
    theirs = note(
        F4, police, "DC Idony Marsh", "Jory and Wilf Fennimore-Tarn", ("What we know", "Jory was found on six nights."), phone=phone
    )
    text = f"Two reports, for {F1} and {F4}.\n\n-- \nCounty Police Safeguarding Unit\nOur new address: {NEW_POLICE}"
    attached = [(FOR_F1, ours), (FOR_F4, theirs)]
    subject = f"{F1} and {F4}: reports"
    return mail("safeguarding@county-police.example", TEAM, subject, text, attached, local="2026-11-27T09:58")


def _early_date() -> bytes:
    from PIL import Image

    words = Words(
        agency="Region Probation Service", title="Report for the conference", reference=F1, about=TOBIN,
        author="Bertrand Colefax",
        sections=(("What we know", "Dorrick Vane has kept each appointment since June."), ("Parents' views", "Not asked.")),
    )  # fmt: skip
    made = io.BytesIO()
    with Image.open(io.BytesIO(photo(words))) as shot:
        shot.rotate(-90, expand=True).save(made, "PDF", resolution=150)
    text = f"Our report for {F1} is attached.\n\n-- \nBertrand Colefax\nPlease use my new address: {NEW_PROBATION}"
    sent = [(SCANNED, made.getvalue())]
    return mail(OLD_PROBATION, TEAM, f"{F1} report", text, sent, local="2026-11-28T08:30")


def _quoted_footer() -> bytes:
    team, author = "Port Mere City Children's Services", "Devran Oakhollow"
    views = ("Parents' views", "Their mother says that evenings are hard since she changed her shifts.")
    quoted = "The surgery's letter says: registered address of the patient 14 Tern Court, Harbour Row, Port Mere ZZ4 7QX."
    advice = ("What we suggest", "A plan under neglect, family support on two evenings a week.")
    both = [("tobin.txt", note(F1, team, author, TOBIN, ("Health", quoted), views, advice)),
            ("isla-wren.txt", note(F1, team, author, ISLA, ("Health", "One check is kept now."), views, advice))]  # fmt: skip
    sender = "d.oakhollow@portmere.example"
    return mail(sender, TEAM, f"{F1} corrected reports", "Both, corrected.", both, local="2026-11-28T10:58")


FILES: Mapping[str, Callable[[], bytes]] = {
    OTHER_FAMILY: _other_family,
    LOOK_ALIKE: _look_alike,
    FAMILY_REPLY: _family_reply,
    OUT_OF_OFFICE: _out_of_office,
    BOUNCE: _bounce,
    LOCKED_ZIP: _locked_zip,
    MACROS: _with_macros,
    ZERO_BYTES: lambda: b"",
    TRACKED: _tracked,
    TWO_FAMILIES: _two_families,
    EARLY_DATE: _early_date,
    QUOTED_FOOTER: _quoted_footer,
}
"""Each file's name in the inbox, and what makes it."""
