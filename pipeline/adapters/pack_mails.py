"""The mails that carry copies, and letters: staff's words, frozen bytes, nothing on a lock screen that tells what it is."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pipeline.adapters.envelopes import (
    FAMILY_ATTACHMENT_NAME,
    TEMPLATES,
    letter_envelope,
    new_message_id,
    pack_envelope,
    render_mail,
)
from pipeline.adapters.word_templates import WordTemplates
from pipeline.domain.addresses import AgencyAddress, ConfirmedAddress
from pipeline.domain.calendar import spoken
from pipeline.domain.facts import LetterKind
from pipeline.domain.letters import MISSING, RETURNED
from pipeline.domain.report_form import Beside, form_name
from pipeline.ports import Envelope, LetterEnvelope, LetterText, Wording

NOBODY_TO_RING = "the person who told you about it"
"""Stands in where neither packs.toml nor the booking nor the profile names a number; `packs doctor` asks for one."""


_WORDS = {
    Wording.FAMILY: "mail_pack_family.txt",
    Wording.PROFESSIONAL: "mail_pack_professional.txt",
    Wording.AFTER: "mail_after_professional.txt",
    Wording.INVITATION: "mail_invitation.txt",
    Wording.HAND_OVER: "mail_hand_over.txt",
}


class PackMails:
    """Implements `ports.MailWriter` from the text templates."""

    def __init__(self, *, sender: str, folder: Path = TEMPLATES) -> None:
        """`sender` is the team's bare address."""
        self._sender = sender
        self._folder = folder

    def pack_mail(
        self,
        *,
        copy: str,
        to: ConfirmedAddress,
        wording: Wording,
        reference: str,
        held: str,
        duty_line: str,
        ring: str,
        attachment: bytes,
        at: datetime,
        beside: Beside | None = None,
    ) -> Envelope:
        """Returns the envelope of a copy. See `ports.MailWriter`. Source: domain.md A00.16, A00.17."""
        name = FAMILY_ATTACHMENT_NAME if wording is Wording.FAMILY else f"papers-{reference}.pdf"
        subject, body = render_mail(
            _WORDS[wording],
            {
                "reference": reference,
                "copy": copy,
                "held_local": held,
                "ring": ring or NOBODY_TO_RING,
                "duty_line": duty_line,
                "attachment_name": name,
            },
            folder=self._folder,
        )
        return pack_envelope(
            message_id=new_message_id(copy, self._sender.rpartition("@")[2]),
            sender=self._sender,
            to=to,
            subject=subject,
            body=body,
            attachment=attachment,
            attachment_name=name,
            at=at,
            team_reply=None,
            beside=self._files(beside, reference) if beside is not None else None,
        )

    def _files(self, beside: Beside, reference: str) -> dict[str, bytes]:
        files = {f"meeting-{reference}.ics": beside.calendar.encode()}
        if beside.report_form is not None:
            files[form_name(reference)] = _undated(WordTemplates(self._folder).render("report_form", beside.report_form))
        return files

    def letter_mail(self, *, key: str, to: AgencyAddress, text: LetterText, at: datetime) -> LetterEnvelope:
        """Returns the envelope of a letter. See `ports.MailWriter`. Source: domain.md A00.8, A00.17, C9."""
        listed = RETURNED if text.kind is LetterKind.RETURNED else MISSING
        subject, body = render_mail(
            f"mail_letter_{text.kind.value}.txt",
            {
                "reference": text.reference,
                "held_local": spoken(text.start_at),
                "due": _due_words(text),
                "due_local": spoken(text.due_at) if text.due_at is not None else "before the conference",
                "arrived": spoken(text.arrived_at) if text.arrived_at is not None else "",
                "list": "\n".join(f"- {listed[code]}" for code in text.parts),
                "team_address": self._sender,
                "duty_line": text.duty_line,
            },
            folder=self._folder,
        )
        return letter_envelope(
            message_id=new_message_id(key, self._sender.rpartition("@")[2]),
            sender=self._sender,
            to=to,
            subject=subject,
            body=body,
            at=at,
            in_answer=text.kind is LetterKind.RECEIPT,
        )


def _undated(word: bytes) -> bytes:
    """Returns the Word file without the times at which its parts were packed, so that the same mail has the same bytes."""
    packed = BytesIO()
    with ZipFile(BytesIO(word)) as before, ZipFile(packed, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(ZipInfo(name), before.read(name), ZIP_DEFLATED)
    return packed.getvalue()


def _due_words(text: LetterText) -> str:
    """Returns when the report is due, and the last office moment before it where that is another."""
    if text.due_at is None:
        return f"before the conference begins ({spoken(text.start_at)})"
    if text.office_due is None or text.office_due == text.due_at:
        return spoken(text.due_at)
    return f"{spoken(text.due_at)} (the last office hour before it is {spoken(text.office_due)})"
