"""The frozen bytes of a mail: same in, same out; one recipient; no name; nothing smuggled into a header."""

from __future__ import annotations

import dataclasses
import string
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.envelopes import (
    FAMILY_ATTACHMENT_NAME,
    is_plain_address,
    new_message_id,
    pack_envelope,
    render_mail,
    verify_envelope,
)
from pipeline.domain.addresses import ConfirmedAddress
from pipeline.errors import GateClosedError, TemplateError
from pipeline.ports import Envelope

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def to(address: str) -> ConfirmedAddress:
    """An address that somebody confirmed."""
    return ConfirmedAddress(address=address, confirmed_at=AT, expires_at=AT + timedelta(days=300))


def packed(**changes: object) -> Envelope:
    """A mail with everything as it should be, but for `changes`."""
    given_: dict[str, object] = {
        "message_id": new_message_id("copy-1", "team.example"),
        "sender": "conferences@team.example",
        "to": to("Surgery.Manager@agency.example"),
        "subject": "Papers, reference K7M2",
        "body": "See the attached document.\n.\nRing 01632 960001 – thank you.\n",
        "attachment": PDF,
        "attachment_name": "K7M2-pack.pdf",
        "at": AT,
        "team_reply": "conferences@team.example",
    } | changes
    return pack_envelope(**given_)  # type: ignore[arg-type]


def test_same_inputs_same_bytes() -> None:
    """Composing the same mail twice gives the same bytes, so that a second try is the same mail."""
    assert packed() == packed()
    assert packed(at=AT.astimezone(timezone(timedelta(hours=5)))) == packed()
    assert packed(message_id=new_message_id("copy-2", "team.example")).raw != packed().raw


def test_the_mail_holds_what_it_should_and_no_display_name() -> None:
    """Bare addresses, our Message-ID and Date, automatic-mail headers, one text and one PDF with the very bytes."""
    mail = message_from_bytes(packed().raw, policy=default)
    assert mail["From"] == "conferences@team.example"
    assert mail["To"] == "Surgery.Manager@agency.example"
    assert mail["Reply-To"] == "conferences@team.example"
    assert [address.display_name for address in mail["To"].addresses] == [""]
    assert mail["Date"] == "Fri, 20 Nov 2026 09:30:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    body, attachment = mail.iter_parts()
    assert body.get_content_type() == "text/plain"
    assert body.get_content().replace("\r\n", "\n") == "See the attached document.\n.\nRing 01632 960001 – thank you.\n"
    assert (attachment.get_content_type(), attachment.get_filename()) == ("application/pdf", "K7M2-pack.pdf")
    assert attachment.get_content() == PDF


def test_a_long_address_is_not_broken_over_lines() -> None:
    """Address and Message-ID stay whole on one line, however long."""
    long = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    raw = packed(to=to(long), message_id=new_message_id("k", f"{'d' * 60}.{'e' * 60}.example")).raw
    assert f"\r\nTo: {long}\r\n".encode() in raw
    assert b"=?" not in raw.partition(b"\r\n\r\n")[0]


def test_message_ids_are_stable_and_apart() -> None:
    """One key has one Message-ID for ever; another key or domain has another; the key is not in it."""
    assert new_message_id("copy-1", "Team.example") == new_message_id("copy-1", "team.example")
    assert new_message_id("copy-1", "team.example") != new_message_id("copy-2", "team.example")
    assert "copy-1" not in new_message_id("copy-1", "team.example")


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Papers\r\nBcc: other@agency.example"},
        {"subject": "Papers\nX: y"},
        {"subject": ""},
        {"sender": "Team <conferences@team.example>"},
        {"sender": "conferences@team.example\r\nX: y"},
        {"to": to("a@agency.example, b@agency.example")},
        {"to": to("Jane <a@agency.example>")},
        {"to": to("a@agency.example\r\nBcc: b@agency.example")},
        {"to": to("sürgery@agency.example")},
        {"to": to("a\u200b@agency.example")},
        {"to": to("")},
        {"team_reply": "x@team.example\nX: y"},
        {"attachment_name": "a.pdf\r\nX: y"},
        {"attachment_name": "../a.pdf"},
        {"attachment_name": "a.exe"},
        {"attachment": b""},
        {"message_id": "<a b@team.example>"},
        {"message_id": "<a@team.example>\r\nX: y"},
        {"at": datetime(2026, 11, 20, 9, 30)},
    ],
)
def test_what_could_smuggle_is_refused(change: dict[str, object]) -> None:
    """Line breaks, second recipients, display names, odd addresses and names never make a mail."""
    with pytest.raises(GateClosedError):
        packed(**change)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"To: Surgery.Manager@agency.example", b"To: other@agency.example"),
        (b"To: Surgery.Manager@agency.example", b"To: surgery.manager@agency.example"),
        (b"To: Surgery", b"To: x@agency.example\r\nTo: Surgery"),
        (b"Subject: ", b"Cc: other@agency.example\r\nSubject: "),
        (b"Subject: ", b"bcc: other@agency.example\r\nSubject: "),
        (b"Subject: ", b"Resent-To: other@agency.example\r\nSubject: "),
        (b"From: conferences@", b"From: other@"),
        (b"Date: ", b"X-Date: "),
        (b"\r\nSubject", b"\nSubject"),
        (b"Subject: Papers", b"Subject: P\xc3\xa4pers"),
        (b"Subject: Papers", b"Subject: Papers\0"),
        (b"Subject: Papers", b"Subject: " + b"p" * 1000),
    ],
)
def test_bytes_that_disagree_with_the_envelope_are_refused(old: bytes, new: bytes) -> None:
    """A mail whose header differs from the confirmed address, or has another recipient, is refused before any wire."""
    envelope = packed()
    assert old in envelope.raw
    verify_envelope(envelope)
    with pytest.raises(GateClosedError) as refusal:
        verify_envelope(dataclasses.replace(envelope, raw=envelope.raw.replace(old, new, 1)))
    assert "agency.example" not in str(refusal.value)


def test_an_envelope_for_another_address_is_refused() -> None:
    """The confirmed address of the envelope must be the one in the bytes."""
    with pytest.raises(GateClosedError):
        verify_envelope(dataclasses.replace(packed(), to=to("other@agency.example")))


@given(st.text(max_size=40))
def test_only_bare_ascii_addresses_pass(text: str) -> None:
    """Whatever the text: what passes is ASCII with one @, and without space, quote, comma, bracket or control."""
    if is_plain_address(text):
        assert text.isascii()
        assert text.count("@") == 1
        assert not set(text) & set(' \t\r\n"(),:;<>[]\\')
        assert text.isprintable()


@pytest.mark.parametrize(
    "address", ["a@x.example", "o'brien+1@x-y.example", "A.B@x.example", "a@" + ".".join(["b" * 50] * 4) + ".example"]
)
def test_ordinary_addresses_pass(address: str) -> None:
    """Addresses as people have them are usable."""
    assert is_plain_address(address)


@pytest.mark.parametrize(
    "address",
    ["a@", "@x", "a..b@x.example", ".a@x.example", "a@x..example", "a@-x.example", "a@x.example\n", "a" * 65 + "@x.e"],
)
def test_broken_addresses_do_not_pass(address: str) -> None:
    """Addresses that a server would read in its own way are not usable."""
    assert not is_plain_address(address)


VALUES = {
    "reference": "K7M2",
    "held_on_local": "",
    "held_local": "Thursday 26 November 2026, 09:30",
    "ring": "01632 960001",
    "attachment_name": FAMILY_ATTACHMENT_NAME,
    "duty_line": "Immediate danger: ring 999; duty number 01632 960999. Nobody reads this mailbox at night.",
}


@pytest.mark.parametrize("name", ["mail_pack_professional.txt", "mail_pack_family.txt"])
def test_templates_fill_and_stay_content_free(name: str) -> None:
    """Both mails fill, fit in a mail, and name no child, team or kind of meeting."""
    subject, body = render_mail(name, VALUES)
    assert "$" not in subject + body
    assert "01632 960001" in body
    mail = message_from_bytes(packed(subject=subject, body=body).raw, policy=default)
    assert mail["Subject"] == subject
    assert "conference" not in (subject + body).lower()


def test_the_family_mail_is_neutral_and_helps() -> None:
    """A lock screen shows nothing; the mail explains iPhone and Android. Source: domain.md A00.16."""
    subject, body = render_mail("mail_pack_family.txt", VALUES)
    shown = (subject + body + FAMILY_ATTACHMENT_NAME).lower()
    for word in ("child", "protection", "social", "safeguard", "team", "council", "pack", "report"):
        assert word not in shown.replace("small", "")
    assert "iPhone" in body
    assert "Android" in body
    assert "K7M2" not in subject


def test_the_professional_mail_carries_the_duty_line() -> None:
    """The profile's line on immediate danger is in the mail. Source: domain.md A00.17."""
    assert VALUES["duty_line"] in render_mail("mail_pack_professional.txt", VALUES)[1]


@pytest.mark.parametrize(
    "text",
    ["Subject $unknown\n\nbody", "Subject\n\n$unknown", "Subject\n\ncosts $ 5", "Subject\nmore\n\nbody", "Subject", ""],
)
def test_a_template_with_a_gap_is_an_error(tmp_path: Path, text: str) -> None:
    """A name nobody fills, a stray $, or a missing subject or body never makes a mail."""
    (tmp_path / "mail_x.txt").write_text(text)
    with pytest.raises(TemplateError):
        render_mail("mail_x.txt", VALUES, folder=tmp_path)


def test_a_value_is_not_filled_again(tmp_path: Path) -> None:
    """A value that looks like a placeholder stays as it is; one that breaks the subject line is refused."""
    (tmp_path / "mail_x.txt").write_text("S\n\n$ring")
    assert render_mail("mail_x.txt", {"ring": "$reference"}, folder=tmp_path) == ("S", "$reference")
    (tmp_path / "mail_x.txt").write_text("S $ring\n\nbody")
    with pytest.raises(TemplateError):
        render_mail("mail_x.txt", {"ring": "1\nX: y"}, folder=tmp_path)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=string.printable + "äöü€–", max_size=400), st.binary(min_size=1, max_size=3000))
def test_any_body_and_attachment_come_back(body: str, attachment: bytes) -> None:
    """Any words and any bytes travel whole, as ASCII lines that no server has to recode."""
    envelope = packed(body=body, attachment=attachment)
    assert envelope.raw.isascii()
    text, file = message_from_bytes(envelope.raw, policy=default).iter_parts()
    assert file.get_content() == attachment
    wanted = body.replace("\r\n", "\n").replace("\r", "\n")
    assert text.get_content().replace("\r\n", "\n").rstrip("\n") == wanted.rstrip("\n")
