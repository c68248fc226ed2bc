"""The mails that carry copies: staff's words, frozen bytes, nothing on a lock screen that tells what it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipeline.adapters.envelopes import FAMILY_ATTACHMENT_NAME, TEMPLATES, new_message_id, pack_envelope, render_mail
from pipeline.domain.addresses import ConfirmedAddress
from pipeline.ports import Envelope, Letter

NOBODY_TO_RING = "the person who told you about it"
"""Stands in where neither packs.toml nor the booking nor the profile names a number; `packs doctor` asks for one."""


_WORDS = {
    Letter.FAMILY: "mail_pack_family.txt",
    Letter.PROFESSIONAL: "mail_pack_professional.txt",
    Letter.AFTER: "mail_after_professional.txt",
    Letter.HAND_OVER: "mail_hand_over.txt",
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
        letter: Letter,
        reference: str,
        held: str,
        duty_line: str,
        ring: str,
        attachment: bytes,
        at: datetime,
    ) -> Envelope:
        """Returns the envelope of a copy. See `ports.MailWriter`. Source: domain.md A00.16, A00.17."""
        name = FAMILY_ATTACHMENT_NAME if letter is Letter.FAMILY else f"papers-{reference}.pdf"
        subject, body = render_mail(
            _WORDS[letter],
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
        )
