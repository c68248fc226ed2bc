"""Letters as bytes: plain words without content, to an agency's address, and no way to put a pack into one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from pipeline.adapters.envelopes import new_message_id, pack_envelope, verify_envelope
from pipeline.adapters.outbox_mailer import OutboxMailer
from pipeline.adapters.pack_mails import PackMails
from pipeline.domain.addresses import AgencyAddress, ConfirmedAddress
from pipeline.domain.facts import LetterKind
from pipeline.domain.letters import MISSING, RETURNED
from pipeline.errors import GateClosedError
from pipeline.ports import Accepted, Envelope, LetterEnvelope, LetterText

AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
TO = AgencyAddress(address="office@agency.example")
MAILS = PackMails(sender="conferences@team.example")
TEXT = LetterText(
    kind=LetterKind.CHASE,
    reference="PM-2611-017",
    start_at=datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
    due_at=datetime(2026, 11, 28, 9, 30, tzinfo=UTC),
    office_due=datetime(2026, 11, 27, 17, tzinfo=UTC),
    arrived_at=AT,
    parts=(),
    duty_line="If a child is in danger now, ring 999 – at once.",
)


def letter(kind: LetterKind = LetterKind.CHASE, **changes: object) -> LetterEnvelope:
    """A letter of that kind."""
    listed = RETURNED if kind is LetterKind.RETURNED else MISSING
    parts = tuple(listed) if kind in (LetterKind.RETURNED, LetterKind.MISSING_PARTS) else ()
    return MAILS.letter_mail(key="k", to=TO, text=replace(TEXT, kind=kind, parts=parts, **changes), at=AT)  # type: ignore[arg-type]


def pack(to: ConfirmedAddress) -> Envelope:
    """A pack's envelope."""
    return pack_envelope(
        message_id=new_message_id("k", "team.example"), sender="conferences@team.example", to=to, subject="Papers", body="See.",
        attachment=b"%PDF-1.7", attachment_name="papers.pdf", at=AT, team_reply=None,
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(LetterKind))
def test_each_kind_is_plain_words_with_the_line_on_danger(kind: LetterKind) -> None:
    """One plain text, reference in the subject, the start in local words, the danger line; the same bytes again."""
    made = letter(kind)
    mail = message_from_bytes(made.raw, policy=default)
    assert (mail.get_content_type(), mail.is_multipart(), mail["To"]) == ("text/plain", False, TO.address)
    assert str(mail["Subject"]).startswith("Reference PM-2611-017: ")
    body = mail.get_content()
    assert "Mon 30 Nov 2026 09:30 GMT" in body
    assert TEXT.duty_line in body
    assert "$" not in body
    assert mail["Auto-Submitted"] == ("auto-replied" if kind is LetterKind.RECEIPT else "auto-generated")
    assert letter(kind) == made


def test_the_due_instant_stands_in_words() -> None:
    """With the last office hour where that is another; without a rule, the beginning of the conference."""
    body = message_from_bytes(letter().raw, policy=default).get_content()
    assert "Sat 28 Nov 2026 09:30 GMT (the last office hour before it is Fri 27 Nov 2026 17:00 GMT)" in body
    request = message_from_bytes(letter(LetterKind.REQUEST, due_at=None, office_due=None).raw, policy=default)
    assert "before the conference begins (Mon 30 Nov 2026 09:30 GMT)" in request.get_content()


def test_only_words_of_the_closed_list_can_be_told() -> None:
    """Anything else than a code of the list cannot be written."""
    with pytest.raises(KeyError):
        MAILS.letter_mail(key="k", to=TO, text=replace(TEXT, kind=LetterKind.RETURNED, parts=("a name",)), at=AT)


def test_a_pack_cannot_go_where_a_letter_may() -> None:
    """A pack's bytes in a letter, a letter's address on a pack: refused by every mailer before anything is opened."""
    sealed = pack(ConfirmedAddress(address=TO.address, confirmed_at=AT, expires_at=AT))
    smuggled = LetterEnvelope(message_id=sealed.message_id, sender=sealed.sender, to=TO, raw=sealed.raw)
    readdressed = Envelope(message_id=sealed.message_id, sender=sealed.sender, to=TO, raw=sealed.raw)  # type: ignore[arg-type]
    dressed_up = replace(letter(), to=ConfirmedAddress(address=TO.address, confirmed_at=AT, expires_at=AT))  # type: ignore[arg-type]
    for wrong in (smuggled, readdressed, dressed_up):
        with pytest.raises(GateClosedError):
            verify_envelope(wrong)
    with pytest.raises(GateClosedError):
        verify_envelope(replace(letter(), to=AgencyAddress(address="other@agency.example")))


def test_the_outbox_takes_a_letter_once(tmp_path: object) -> None:
    """The same letter twice is one file."""
    mailer = OutboxMailer(tmp_path / "sent")  # type: ignore[operator]
    assert isinstance(mailer.submit(letter(), lambda: None), Accepted)
    assert isinstance(mailer.submit(letter(), lambda: None), Accepted)
    assert len(list((tmp_path / "sent").glob("*.eml"))) == 1  # type: ignore[operator]
