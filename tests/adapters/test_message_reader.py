"""Reading e-mails in a limited child: what is in them, what they are, and that nothing hostile gets past."""

from __future__ import annotations

import json
import random
import resource
import struct
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.confined_run import confined_runner
from pipeline.adapters.inside import read_message as inside
from pipeline.adapters.message_reader import ChildMessageReader
from pipeline.adapters.sandbox import Sandbox
from pipeline.errors import SandboxMissingError, UnreadableFileError
from pipeline.ports import Message

GATEWAY = "mx.team.example"
DOCX = b"PK\x03\x04" + bytes(range(256)) * 20


def limited(argv: Sequence[str], stdin: bytes, timeout: float) -> bytes:
    """Runs the child with limits on memory and time; the service runs it in its sandbox."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (30, 30))

    return subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout, preexec_fn=bound, check=True).stdout


def read(raw: bytes, *gateways: str) -> Message:
    """The message as the child reads it."""
    return ChildMessageReader(limited).read(raw, gateways)


def mail(**headers: str) -> EmailMessage:
    """A plain mail from an agency."""
    message = EmailMessage(policy=SMTP)
    for name, value in ({"From": "office@agency.example", "Subject": "Report K7M2"} | headers).items():
        message[name.replace("_", "-")] = value
    message.set_content("Please find our report attached.\n")
    return message


# -- what is in a mail -----------------------------------------------------------------------------------------------


def test_a_report_with_two_attachments() -> None:
    """Sender, subject, id, text and both files come out as they went in, in order."""
    message = mail(Message_ID="<r1@agency.example>")
    message.add_attachment(DOCX, maintype="application", subtype="octet-stream", filename="K7M2 school.docx")
    message.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="Zeugnis – ä.pdf")
    got = read(message.as_bytes())
    assert (got.untrusted_sender, got.untrusted_subject) == ("office@agency.example", "Report K7M2")
    assert got.message_id == "<r1@agency.example>"
    assert got.text.strip() == "Please find our report attached."
    assert [(part.name, part.content) for part in got.parts] == [
        ("K7M2 school.docx", DOCX),
        ("Zeugnis – ä.pdf", b"%PDF-1.7 x"),
    ]
    assert (got.received_at, got.automatic, got.sealed, got.decorations) == (None, None, None, 0)


def second(message: EmailMessage) -> EmailMessage:
    """The second part of a mail: its HTML alternative."""
    part = list(message.iter_parts())[1]
    assert isinstance(part, EmailMessage)
    return part


def test_inline_and_unnamed_files_are_not_missed() -> None:
    """A file marked inline, one inside multipart/related, and one without a name are all parts."""
    message = mail()
    message.add_alternative("<p>See <b>attached</b></p>", subtype="html")
    html = second(message)
    html.add_related(b"%PDF-1.7 rel", "application", "pdf", filename="inside.pdf", disposition="inline")
    message.add_attachment(b"\xff\xd8\xff photo", maintype="image", subtype="jpeg", disposition="inline")
    got = read(message.as_bytes())
    assert [part.content for part in got.parts] == [b"%PDF-1.7 rel", b"\xff\xd8\xff photo"]
    assert got.parts[0].name == "inside.pdf"
    assert got.parts[1].name.endswith(".jpg")


def test_only_small_pictures_that_the_text_shows_are_decoration() -> None:
    """A logo shown by the HTML is left out and counted; a large one, or one that is not shown, is a part."""
    message = mail()
    message.add_alternative('<p>Hi</p><img src="cid:logo@x"><img src="CID:scan@x">', subtype="html")
    html = second(message)
    html.add_related(b"L" * 2_000, "image", "png", cid="<logo@x>", filename="logo.png", disposition="attachment")
    html.add_related(b"S" * 60_000, "image", "png", cid="<scan@x>", filename="scan.png")
    html.add_related(b"P" * 2_000, "image", "png", cid="<other@x>", filename="photo.png")
    got = read(message.as_bytes())
    assert [part.name for part in got.parts] == ["scan.png", "photo.png"]
    assert got.decorations == 1


def test_an_attached_mail_is_kept_whole_byte_for_byte() -> None:
    """A forwarded mail comes out as one .eml with its very bytes, its own files not spread into ours."""
    inner = mail(Subject="Inner").as_bytes().replace(b"\r\n", b"\n")
    inner = inner.replace(b"Subject: Inner", b"Subject:   odd   spacing\n\tfolded")
    raw = (
        b"From: office@agency.example\nSubject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n"
        b"--bb\nContent-Type: text/plain\n\nsee below\n--bb\nContent-Type: message/rfc822\n\n" + inner + b"\n--bb--\n"
    )
    got = read(raw)
    assert [part.name for part in got.parts] == ["part-2.eml"]
    assert got.parts[0].content == inner
    again = read(got.parts[0].content)
    assert again.untrusted_subject == "odd spacing folded"


def test_html_alone_becomes_text() -> None:
    """Without a plain text the words of the HTML are the text, without styles, scripts and tags."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "office@agency.example"
    message.set_content(
        "<style>p{x}</style><script>alert(1)</script><p>K7M2 &amp; more</p><div>second&nbsp;line</div><!-- <p>x -->"
        " 1 < 2 <STYLE>p</STYLE>İ<I>end</I>",
        subtype="html",
    )
    assert read(message.as_bytes()).text == "K7M2 & more\nsecond\xa0line\n1 < 2 İend"


def test_of_alternatives_the_plain_one_counts_unless_it_is_empty() -> None:
    """The plain alternative is the text; if it says nothing, the HTML is."""
    message = mail()
    message.add_alternative("<p>Please find our report attached. In HTML.</p>", subtype="html")
    assert "HTML" not in read(message.as_bytes()).text
    message = mail()
    message.set_content(" \n")
    message.add_alternative("<p>only here</p>", subtype="html")
    assert read(message.as_bytes()).text == "only here"


@pytest.mark.parametrize(
    ("declared", "content", "text"),
    [
        ("; charset=iso-8859-15", b"caf\xe9 \xa4", "café €"),
        ("; charset=utf-8", "café €".encode(), "café €"),
        ("", "café €".encode(), "café €"),
        ("", b"caf\xe9 \x80", "café €"),
        ("; charset=no-such", b"caf\xe9", "café"),
        ("; charset=utf-8", b"caf\xe9", "café"),
        ("; charset=hex", b"cafe", "cafe"),
        ("; charset=us-ascii", "café".encode(), "café"),
    ],
)
def test_the_charset_rule(declared: str, content: bytes, text: str) -> None:
    """Declared charset, else UTF-8, else Windows-1252: no mail is lost to a wrong label."""
    raw = b"From: a@x.example\r\nContent-Type: text/plain" + declared.encode() + b"\r\n\r\n" + content
    assert read(raw).text == text


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'filename="=?utf-8?Q?K7M2_caf=C3=A9.docx?="', "K7M2 café.docx"),
        (b"filename*0*=utf-8''K7M2%20caf; filename*1*=%C3%A9.docx", "K7M2 café.docx"),
        (b'filename="K7M2 caf\xc3\xa9.docx"', "K7M2 café.docx"),
        (b'filename="K7M2 caf\xe9.docx"', "K7M2 café.docx"),
        (b"filename*=utf-8''" + b"cafe%CC%81.docx", "café.docx"),
        (b'filename="../../etc/passwd.docx"', "passwd.docx"),
        (b'filename="C:\\\\Users\\\\x\\\\report.docx"', "report.docx"),
        (b"filename*=utf-8''ann%E2%80%AExcod.exe", "annxcod.exe"),
        (b"filename*=utf-8''K7%E2%80%8BM2%00%0D%0A.docx", "K7M2 .docx"),
        (b'filename="..."', "part-1.docx"),
        (b'filename="' + b"x" * 400 + b'.docx"', "x" * 145 + ".docx"),
    ],
)
def test_file_names_are_decoded_and_cleaned(header: bytes, name: str) -> None:
    """All four ways to write a name are read; folders, turning and invisible characters and excess length go."""
    raw = (
        b"From: a@x.example\r\n"
        b"Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document\r\n"
        b"Content-Disposition: attachment; " + header + b"\r\n\r\ncontent"
    )
    assert [part.name for part in read(raw).parts] == [name]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"office@agency.example", "office@agency.example"),
        (b"<office@agency.example>", "office@agency.example"),
        (b'"Smith, Jane" <Jane.Smith@Agency.example>', "Jane.Smith@Agency.example"),
        (b"=?utf-8?q?J=C3=A4ne?= <jane@agency.example>", "jane@agency.example"),
        (b"Jane (School) <jane@agency.example>", "jane@agency.example"),
        (b'"police@police.example" <x@evil.example>', "x@evil.example"),
        (b"police@police.example, x@evil.example", ""),
        (b"police@police.example, <x@evil.example>", ""),
        (b"police@police.example]<x@evil.example>", "x@evil.example"),
        (b"<police@police.example> <x@evil.example>", ""),
        (b"police@police.example\r\nFrom: x@evil.example", ""),
        (b"undisclosed:;", ""),
        (b"(" * 1500, ""),
        (b"", ""),
    ],
)
def test_the_sender_is_one_address_or_none(value: bytes, address: str) -> None:
    """One From header with one address, by the angle brackets if there are any; anything doubtful gives none."""
    assert read(b"Subject: x\r\nFrom: " + value + b"\r\n\r\nhi").untrusted_sender == address


def test_a_subject_is_one_clean_line() -> None:
    """Encoded words are read, folds and invisible characters are not in it."""
    raw = b"From: a@x.example\r\nSubject: =?utf-8?B?S+KAiw==?=\r\n =?utf-8?Q?7M2?=\r\n  report\x01\r\n\r\nhi"
    assert read(raw).untrusted_subject == "K7M2 report"


# -- when it was received --------------------------------------------------------------------------------------------

OURS = (
    b"Received: from mail.agency.example (mail.agency.example [192.0.2.7])\r\n\tby MX.team.example (Postfix) with"
    b" ESMTPS id 4Z\r\n\tfor <team@team.example>; Fri, 20 Nov 2026 17:00:01 +0100 (CET)\r\n"
)
THEIRS = b"Received: from pc by mail.agency.example with SMTP id 1; Fri, 20 Nov 2026 15:59:00 +0000\r\n"
REST = b"From: a@x.example\r\nDate: Mon, 2 Nov 2026 08:00:00 +0000\r\n\r\nhi"


def test_received_is_our_own_gateways_topmost_line() -> None:
    """The instant of the topmost Received line of our gateway, in UTC, whatever Date says."""
    assert read(OURS + THEIRS + REST, GATEWAY).received_at == datetime(2026, 11, 20, 16, 0, 1, tzinfo=UTC)
    assert read(OURS + THEIRS + REST, "other.example", "MX.TEAM.EXAMPLE.").received_at is not None
    behind = b"Received: from mx by box.team.example with LMTP; Fri, 20 Nov 2026 16:00:09 +0000\r\n"
    later = OURS.replace(b"20 Nov", b"19 Nov")
    assert read(behind + OURS + later + THEIRS + REST, GATEWAY).received_at == datetime(2026, 11, 20, 16, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "gateways"),
    [
        (THEIRS, [GATEWAY]),
        (OURS.replace(b"+0100 (CET)", b"") + OURS, [GATEWAY]),
        (OURS, []),
        (OURS, ["team.example"]),
        (OURS, ["x.mx.team.example"]),
        (b"", [GATEWAY]),
        (OURS.replace(b"20 Nov", b"32 Nov"), [GATEWAY]),
        (OURS.replace(b"+0100 (CET)", b""), [GATEWAY]),
        (OURS.replace(b";", b","), [GATEWAY]),
        (b"Received: from x (by mx.team.example; y) by evil.example; Fri, 20 Nov 2026 16:00:00 +0000\r\n", [GATEWAY]),
        (b"Received: from by mx.team.example by evil.example; Fri, 20 Nov 2026 16:00:00 +0000\r\n", ["by"]),
        (b"X-Received: by mx.team.example; Fri, 20 Nov 2026 16:00:00 +0000\r\n", [GATEWAY]),
    ],
)
def test_received_is_unknown_without_proof(head: bytes, gateways: list[str]) -> None:
    """Only other servers' lines, another host, a broken or zoneless date, or only Date: no receipt time."""
    assert read(head + REST, *gateways).received_at is None


# -- what kind of mail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "listed"),
    [(b"List-Id: <x.agency.example>", True), (b"Precedence: bulk", True), (b"List-Unsubscribe: <x>", True), (b"X-Other: 1", False)],
)
def test_mail_of_a_list_is_told(head: bytes, listed: bool) -> None:
    """What a list or bulk sender passed on is taken in like any mail, and marked: nobody answers it."""
    got = read(head + b"\r\nFrom: office@agency.example\r\n\r\nhi")
    assert (got.listed, got.automatic) == (listed, None)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"Return-Path: <>", "bounce"),
        (b"X-Failed-Recipients: a@x.example", "bounce"),
        (b"Auto-Submitted: auto-replied", "auto-reply"),
        (b"Return-Path: <>\r\nAuto-Submitted: auto-replied (vacation)", "auto-reply"),
        (b"Auto-Submitted: auto-generated", "auto-reply"),
        (b"X-Autoreply: yes", "auto-reply"),
        (b"Precedence: auto_reply", "auto-reply"),
        (b"Auto-Submitted: no", None),
        (b"Auto-Submitted: NO; because", None),
        (b"Return-Path: <office@agency.example>", None),
        (b"Precedence: bulk", None),
    ],
)
def test_automatic_mails_by_header(head: bytes, kind: str | None) -> None:
    """Bounces and automatic replies are told from mails of people by their headers."""
    assert read(head + b"\r\nFrom: office@agency.example\r\n\r\nhi").automatic == kind


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        (b"MAILER-DAEMON@mx.x.example (Mail Delivery System)", "bounce"),
        (b"Mail Delivery System <mailer-daemon@x.example>", "bounce"),
        (b"Postmaster <postmaster@x.example>", "bounce"),
        (b"Jane Postmaster <jane@x.example>", None),
    ],
)
def test_automatic_mails_by_sender(sender: bytes, kind: str | None) -> None:
    """A daemon's address makes a bounce; a person of that name does not."""
    assert read(b"From: " + sender + b"\r\n\r\nhi").automatic == kind


def report(kind: bytes) -> bytes:
    """A multipart/report as mail servers write it."""
    return (
        b"From: x@x.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type="
        + kind
        + b"; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nnot delivered\r\n--b\r\nContent-Type: message/" + kind + b"\r\n\r\n"
        b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@x.example\r\nAction: failed\r\n\r\n--b--\r\n"
    )


def test_reports_of_servers_and_readers() -> None:
    """A delivery report is a bounce, a disposition notification a read receipt."""
    assert read(report(b"delivery-status")).automatic == "bounce"
    assert read(b"Return-Path: <>\r\n" + report(b"disposition-notification")).automatic == "read-receipt"


def test_a_calendar_reply_is_one_unless_it_brings_a_file() -> None:
    """An invitation or answer is a calendar mail; with a report attached it is a mail like any other."""
    message = mail()
    message.add_alternative("BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n", subtype="calendar")
    assert read(message.as_bytes()).automatic == "calendar"
    message.make_mixed()
    message.add_attachment(DOCX, maintype="application", subtype="octet-stream", filename="r.docx")
    assert read(message.as_bytes()).automatic is None


@pytest.mark.parametrize(
    ("kind", "name", "content", "sealed"),
    [
        ("application/pkcs7-mime", "smime.p7m", b"\x30\x80", "smime"),
        ("application/x-pkcs7-mime", "x", b"\x30\x80", "smime"),
        ("application/octet-stream", "Smime.P7M", b"\x30\x80", "smime"),
        ("application/x-microsoft-rpmsg-message", "message.rpmsg", b"v", "rpmsg"),
        ("application/octet-stream", "message_v4.rpmsg", b"v", "rpmsg"),
        ("application/ms-tnef", "winmail.dat", b"x", "winmail"),
        ("application/octet-stream", "att.dat", b"\x78\x9f\x3e\x22rest", "winmail"),
        ("application/octet-stream", "report.docx", b"PK", None),
    ],
)
def test_wrappings_that_nobody_here_opens(kind: str, name: str, content: bytes, sealed: str | None) -> None:
    """S/MIME, rights-protected and Outlook's own wrapping are recognised by type, name or first bytes."""
    message = mail()
    main, sub = kind.split("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    got = read(message.as_bytes())
    assert got.sealed == sealed
    assert len(got.parts) == (0 if sealed else 1)


def test_a_signature_is_decoration() -> None:
    """The signature of a signed mail is not a document; what was signed is."""
    message = mail()
    message.add_attachment(DOCX, maintype="application", subtype="octet-stream", filename="r.docx")
    message.add_attachment(b"\x30\x80", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    got = read(message.as_bytes())
    assert ([part.name for part in got.parts], got.decorations, got.sealed) == (["r.docx"], 1, None)


# -- limits ----------------------------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    """Multiparts inside multiparts."""
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"From: a@x.example\n" + head + b"\nhi\n"


def many(parts: int) -> bytes:
    """A flat mail of that many parts."""
    return b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * parts + b"--b--\n"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"x" * (inside.MAX_BYTES + 1), "too-large"),
        (b"X: " + b"y" * inside.MAX_HEADER_BYTES + b"\r\n\r\nhi", "header-too-large"),
        (nested(inside.MAX_DEPTH + 2), "too-deep"),
        (nested(5_000), "too-deep"),
        (many(inside.MAX_PARTS), "too-many-parts"),
        (many(200_000), "too-many-parts"),
        (b"%PDF-1.7 this is no mail at all", "not-a-mail"),
        (b"From: a@x.example\nContent-Type: multipart/mixed\n\nno boundary", "damaged"),
        (b"From: a@x.example\n\n" + b"y" * (inside.MAX_TEXT + 1), "text-too-long"),
    ],
)
def test_what_is_outside_the_limits_is_refused(raw: bytes, why: str) -> None:
    """Each limit gives its own code, and never the mail's content."""
    with pytest.raises(UnreadableFileError) as refusal:
        read(raw)
    assert f"({why})" in str(refusal.value)


def test_just_inside_the_limits_is_read() -> None:
    """The limits themselves are allowed."""
    assert read(nested(inside.MAX_DEPTH)).untrusted_sender == "a@x.example"
    assert len(read(many(inside.MAX_PARTS - 1)).text) > inside.MAX_PARTS


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@x.example\nSubject: " + b"=?utf-8?q?x?= " * 15_000 + b"\n\nhi",
        b"From: a@x.example\nContent-Type: text/plain" + b"; a=b" * 20_000 + b"\n\nhi",
        b"From: a@x.example\nTo: " + b"(" * 2_000 + b"\n\nhi",
        b"From: a@x.example\nMessage-ID: " + b"<" * 100_000 + b"\n\nhi",
        b"From: a@x.example\nReceived: " + b"(" * 50_000 + b";\n\nhi",
        b"From: a@x.example\n" + b"Content-Type: message/rfc822\n\n" * 3_000,
        b"From: a@x.example\nContent-Type: text/html\n\n" + b"<" * 200_000,
        b"From: a@x.example\nContent-Type: text/html\n\n" + b"<a b=" * 50_000,
        b"From: a@x.example\nContent-Type: text/html\n\n" + b"<!--<script>" * 50_000,
        b"From: a@x.example\nContent-Type: text/html\n\n" + b"&" * 2_000_000,
        b"From: a@x.example\nContent-Transfer-Encoding: base64\n\n" + b"====A" * 50_000,
        b"From: a@x.example\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n" + b"M" * 50_000,
    ],
    ids=range(12),
)
def test_hostile_mails_end_soon(raw: bytes) -> None:
    """Headers and bodies made to stall a reader give an answer or a refusal within seconds."""
    begun = time.monotonic()
    try:
        read(raw, GATEWAY)
    except UnreadableFileError:
        pass
    assert time.monotonic() - begun < 10


def test_a_child_that_takes_too_long_or_dies_is_unreadable() -> None:
    """A wall-clock limit, a killed child, no answer and a garbled answer all hold the mail for a person."""

    def slow(argv: Sequence[str], stdin: bytes, timeout: float) -> bytes:
        return limited(["sleep", "30"], stdin, timeout)

    with pytest.raises(UnreadableFileError, match="gave-up"):
        ChildMessageReader(slow, within_seconds=0.2).read(b"From: a@x.example\n\nhi", [])
    with pytest.raises(UnreadableFileError, match="gave-up"):
        ChildMessageReader(limited, python="/bin/false").read(b"From: a@x.example\n\nhi", [])
    with pytest.raises(UnreadableFileError, match="garbled"):
        ChildMessageReader(limited, python="/bin/true").read(b"From: a@x.example\n\nhi", [])


def test_the_child_works_in_the_sandbox() -> None:
    """In the very sandbox of the service: a large mail comes out whole, a hostile one is refused."""
    sandbox = Sandbox()
    try:
        reader = ChildMessageReader(confined_runner(sandbox))
        message = mail()
        message.add_attachment(DOCX * 600, maintype="application", subtype="octet-stream", filename="r.docx")
        got = reader.read(message.as_bytes(), [GATEWAY])
        assert [(part.name, part.content) for part in got.parts] == [("r.docx", DOCX * 600)]
        with pytest.raises(UnreadableFileError, match="too-deep"):
            reader.read(nested(5_000), [GATEWAY])
    finally:
        sandbox.close()


def test_a_missing_sandbox_is_passed_on() -> None:
    """If the runner says that the sandbox does not work, that is what the caller hears."""

    def no_sandbox(argv: Sequence[str], stdin: bytes, timeout: float) -> bytes:
        raise SandboxMissingError("bubblewrap is not installed")

    with pytest.raises(SandboxMissingError):
        ChildMessageReader(no_sandbox).read(b"From: a@x.example\n\nhi", [])


GOOD = {
    "sender": "",
    "subject": "",
    "message_id": "",
    "text": "",
    "received_at": None,
    "automatic": None,
    "sealed": None,
    "decorations": 0,
    "parts": [{"name": "a.pdf", "size": 3}],
}


@pytest.mark.parametrize(
    ("change", "blobs"),
    [
        ({}, b"ab"),
        ({}, b"abcd"),
        ({"parts": [{"name": "../a.pdf", "size": 3}]}, b"abc"),
        ({"parts": [{"name": "a\u202e.pdf", "size": 3}]}, b"abc"),
        ({"parts": [{"name": "a\n.pdf", "size": 3}]}, b"abc"),
        ({"parts": [{"name": "", "size": 3}]}, b"abc"),
        ({"parts": [{"name": "a.pdf", "size": -1}]}, b"abc"),
        ({"parts": [{"name": "a.pdf", "size": True}]}, b"abc"),
        ({"parts": [{"name": "a.pdf", "size": 0}] * 1001}, b""),
        ({"parts": "x"}, b""),
        ({"subject": "a\nb"}, b"abc"),
        ({"subject": "a" * 1001}, b"abc"),
        ({"text": "\ud800"}, b"abc"),
        ({"text": 5}, b"abc"),
        ({"received_at": "9" * 19}, b"abc"),
        ({"received_at": "soon"}, b"abc"),
        ({"automatic": "filed"}, b"abc"),
        ({"sealed": []}, b"abc"),
        ({"decorations": "1"}, b"abc"),
    ],
)
def test_a_lying_child_is_not_believed(change: dict[str, object], blobs: bytes) -> None:
    """An answer with wrong sizes, types, words or names makes no message: a taken-over child gains nothing."""
    head = json.dumps(GOOD | change).encode()
    with pytest.raises(UnreadableFileError):
        ChildMessageReader(lambda *_: struct.pack(">I", len(head)) + head + blobs).read(b"x", [])
    good = json.dumps(GOOD).encode()
    assert (
        ChildMessageReader(lambda *_: struct.pack(">I", len(good)) + good + b"abc").read(b"x", []).parts[0].content
        == b"abc"
    )


# -- any bytes at all ------------------------------------------------------------------------------------------------

SEED = mail(Message_ID="<r1@agency.example>")
SEED.add_alternative('<p>Hi</p><img src="cid:logo@x">', subtype="html")
SEED.add_attachment(DOCX[:300], maintype="application", subtype="octet-stream", filename="K7M2 – ä.docx")
SEED.add_attachment(mail(Subject="Inner"))
PIECES = [
    b"\r\n", b"\n\n", b"--b", b"--b--", b"\n", b": ", b"From: ", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    b"Content-Type: message/rfc822\n\n", b"Content-Type: text/html; charset=utf-7\n\n", b"=?utf-8?q?=ff?=", b"\xff\xfe",
    b"Content-Transfer-Encoding: base64\n\n", b"Content-Disposition: attachment; filename*0*=x''%ff; filename*1=\"\n",
    b"Received: by mx.team.example; Fri, 99 Nov 99999 99:99 +9999\n", b"; report-type=", b"\0", b"(", b"<", b'"', b";",
]  # fmt: skip


def survives(raw: bytes) -> None:
    """The reader's own code answers or refuses; it raises nothing else, so a child never ends in a traceback."""
    try:
        found, contents = inside.read(raw, [GATEWAY])
    except inside.RefusedError:
        return
    head = json.dumps(found).encode()
    answer = struct.pack(">I", len(head)) + head + b"".join(contents)
    ChildMessageReader(lambda *_: answer).read(raw, [GATEWAY])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes(raw: bytes) -> None:
    """Random bytes are read or refused, and what is read passes the outer checks."""
    survives(raw)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=60).map(b"".join))
def test_any_pieces_of_mail(raw: bytes) -> None:
    """Pieces of MIME in any order are read or refused, and what is read passes the outer checks."""
    survives(b"From: a@x.example\n" + raw)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_a_damaged_mail(chance: random.Random, changes: int) -> None:
    """A real mail with bytes changed, cut out or repeated is read or refused."""
    raw = bytearray(SEED.as_bytes())
    for _ in range(changes):
        at = chance.randrange(len(raw))
        match chance.randrange(4):
            case 0:
                raw[at] = chance.randrange(256)
            case 1:
                del raw[at : at + chance.randrange(1, 60)]
            case 2:
                raw[at:at] = chance.choice(PIECES)
            case _:
                raw[at:at] = raw[at : at + chance.randrange(1, 200)]
        raw = raw or bytearray(b"\n")
    survives(bytes(raw))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=60).map(b"".join))
def test_the_child_raises_nothing_but_unreadable(raw: bytes) -> None:
    """Through the real child as well: a message or UnreadableFileError, nothing else."""
    try:
        read(raw, GATEWAY)
    except UnreadableFileError:
        pass
