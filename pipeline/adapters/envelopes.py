"""The frozen bytes of one mail to one person: no name, no display name, one recipient, one encrypted attachment.

Or none: a letter is plain words and nothing else (`letter_envelope`), so it may go where no address is confirmed.

The same inputs give the same bytes, Message-ID and Date included, so a mail that is tried again is the same mail.
`verify_envelope` is asked by every mailer before it opens a connection: what the ledger confirmed, what the To header
says and where the bytes go must be one and the same address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, compat32
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from string import Template

from pipeline.domain.addresses import AgencyAddress, ConfirmedAddress
from pipeline.errors import GateClosedError, TemplateError
from pipeline.ports import Envelope, LetterEnvelope, Mail

TEMPLATES = Path(__file__).parents[2] / "templates"
"""Where staff edit the words of mails: `mail_*.txt`, the subject on the first line."""

FAMILY_ATTACHMENT_NAME = "document.pdf"
"""Neutral: it may show on a lock screen. Source: domain.md A00.16."""

_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]{1,100}@[A-Za-z0-9.-]{1,150}>")
_ATTACHMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.pdf")
_BESIDE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(?:ics|docx)")
_KINDS = {
    "ics": ("text", "calendar"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
}
_ONCE = ("From", "To", "Subject", "Date", "Message-ID")
_NEVER = ("Cc", "Bcc", "Sender", "Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-From", "Return-Path")
_PLAIN_WORDS = 'text/plain; charset="utf-8"'
_LONGEST_LINE = 998  # Source: RFC 5322 2.1.1

# Headers are not folded: Python's folding breaks a long Message-ID or address into encoded words. All bytes are ASCII,
# so no server has a reason to recode the body.
_WIRE = SMTP.clone(max_line_length=998, cte_type="7bit")


def is_plain_address(address: str) -> bool:
    """True for one bare ASCII address (`local@domain`): no display name, comment, quote, space or control character."""
    return _ADDRESS.fullmatch(address) is not None


def new_message_id(key: str, domain: str) -> str:
    """Returns the Message-ID in `domain` that belongs to `key` (a copy's id) for ever; it does not tell the key."""
    return f"<{sha256(b'conference-packs/message-id/' + key.encode()).hexdigest()[:40]}@{domain.lower()}>"


def pack_envelope(
    *,
    message_id: str,
    sender: str,
    to: ConfirmedAddress,
    subject: str,
    body: str,
    attachment: bytes,
    attachment_name: str,
    at: datetime,
    team_reply: str | None,
    beside: Mapping[str, bytes] | None = None,
) -> Envelope:
    """Returns the frozen mail: text/plain and one application/pdf, bare addresses, Date from `at` in UTC.

    `beside` are files in clear that name nobody, by their names: a calendar file (.ics), a Word form (.docx).

    `subject` and `body` come from a template and hold no name (`render_mail`); `team_reply` is the bare address of
    Reply-To, None for no such header.

    Raises:
        GateClosedError: an address, id, name or subject cannot be used; nothing was made.
    """
    _refuse_unless(team_reply is None or is_plain_address(team_reply), "the reply address is not a bare ASCII address")
    _refuse_unless(bool(_ATTACHMENT_NAME.fullmatch(attachment_name)), "the attachment's name is not a plain .pdf name")
    _refuse_unless(bool(attachment), "there is no attachment")
    mail = _words(message_id, sender, to.address, subject, body, at, "auto-generated", team_reply)
    mail.add_attachment(attachment, maintype="application", subtype="pdf", filename=attachment_name)
    for name, content in (beside or {}).items():
        _refuse_unless(bool(_BESIDE_NAME.fullmatch(name)), "a file beside it has no plain .ics or .docx name")
        maintype, subtype = _KINDS[name.rpartition(".")[2]]
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    # A boundary of the message's own: a random one would make other bytes of the same mail.
    mail.set_boundary(f"=_{sha256(message_id.encode()).hexdigest()[:40]}")

    envelope = Envelope(message_id=message_id, sender=sender, to=to, raw=mail.as_bytes(policy=_WIRE))
    verify_envelope(envelope)
    return envelope


def letter_envelope(
    *, message_id: str, sender: str, to: AgencyAddress, subject: str, body: str, at: datetime, in_answer: bool
) -> LetterEnvelope:
    """Returns the frozen letter: text/plain alone, bare addresses, Date from `at` in UTC.

    `in_answer`: it answers a mail, so no machine answers it in turn (RFC 3834).

    Raises:
        GateClosedError: an address, id or subject cannot be used; nothing was made.
    """
    submitted = "auto-replied" if in_answer else "auto-generated"
    mail = _words(message_id, sender, to.address, subject, body, at, submitted, None)
    envelope = LetterEnvelope(message_id=message_id, sender=sender, to=to, raw=mail.as_bytes(policy=_WIRE))
    verify_envelope(envelope)
    return envelope


def _words(
    message_id: str, sender: str, to: str, subject: str, body: str, at: datetime, submitted: str, reply: str | None
) -> EmailMessage:
    _refuse_unless(at.tzinfo is not None, "its date carries no zone")
    _refuse_unless(bool(_MESSAGE_ID.fullmatch(message_id)), "its Message-ID is not one of ours")
    _refuse_unless(is_plain_address(sender), "the sending address is not a bare ASCII address")
    _refuse_unless(is_plain_address(to), "the recipient's address is not a bare ASCII address")
    _refuse_unless(bool(subject) and subject.isprintable(), "the subject is empty or holds a control character")
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = sender
    mail["To"] = to
    if reply is not None:
        mail["Reply-To"] = reply
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at.astimezone(UTC))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = submitted
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail.set_content(body.replace("\r\n", "\n").replace("\r", "\n"), charset="utf-8")
    return mail


def verify_envelope(envelope: Mail) -> None:
    """Returns if the address and the To header are one, and the bytes may go on the wire as they are.

    Raises:
        GateClosedError: they differ, a second recipient is named, the bytes are not plain CRLF-ended ASCII lines, or a
            mail to an address that need not be confirmed holds anything but plain words. Source: security.md I2, A00.8.
    """
    raw = envelope.raw
    _refuse_unless(is_plain_address(envelope.to.address), "the recipient's address is not a bare ASCII address")
    _refuse_unless(is_plain_address(envelope.sender), "the sending address is not a bare ASCII address")
    plain = raw.isascii() and b"\0" not in raw and raw.endswith(b"\r\n")
    _refuse_unless(plain and raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"), "its bytes are not CRLF lines")
    _refuse_unless(max(map(len, raw.split(b"\r\n"))) <= _LONGEST_LINE, "a line is longer than 998 bytes")
    headers = BytesHeaderParser(policy=compat32).parsebytes(raw[: raw.find(b"\r\n\r\n") + 4])
    for name in _ONCE:
        _refuse_unless(len(headers.get_all(name, [])) == 1, f"it does not have exactly one {name} header")
    for name in _NEVER:
        _refuse_unless(name not in headers, f"it has a {name} header")
    _refuse_unless(headers["To"] == envelope.to.address, "its To header is not the address it goes to")
    _refuse_unless(headers["From"] == envelope.sender, "its From header is not the sending address")
    _refuse_unless(headers["Message-ID"] == envelope.message_id, "its Message-ID header is another's")
    if isinstance(envelope, LetterEnvelope):
        _refuse_unless(isinstance(envelope.to, AgencyAddress), "a letter goes to an agency's address only")
        _refuse_unless(headers.get_all("Content-Type") == [_PLAIN_WORDS], "a letter holds nothing but plain words")
        _refuse_unless("Content-Disposition" not in headers, "a letter has no attachment")
    else:
        _refuse_unless(isinstance(envelope.to, ConfirmedAddress), "papers go to a confirmed address only")


def _refuse_unless(good: bool, why: str) -> None:
    if not good:
        raise GateClosedError(f"Nothing was sent: the mail cannot go out because {why}. The copy is kept as it is.")


def render_mail(template_name: str, values: Mapping[str, str], *, folder: Path = TEMPLATES) -> tuple[str, str]:
    """Returns subject and body of `templates/<template_name>` with every `$name` filled from `values`.

    The first line is the subject, then an empty line, then the body.

    Raises:
        TemplateError: the file is absent or malformed, asks for a name that `values` lacks, or its subject would span
            lines.
    """
    try:
        text = (folder / template_name).read_text(encoding="utf-8")
        filled = [Template(half).substitute(values) for half in text.partition("\n\n")[::2]]
    except OSError:
        raise TemplateError(f"The mail template {template_name} cannot be read. Restore it in templates/.") from None
    except KeyError as missing:
        raise TemplateError(f"The mail template {template_name} asks for {missing}, which nobody fills.") from None
    except ValueError:
        raise TemplateError(
            f"The mail template {template_name} holds a $ that names nothing; write $$ for it."
        ) from None
    subject, body = filled
    if not subject or not subject.isprintable() or not body.strip():
        raise TemplateError(f"The mail template {template_name} needs one subject line, an empty line, and a body.")
    return subject, body
