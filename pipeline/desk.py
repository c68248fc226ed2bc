"""Everything a stage or an order may use, in one frozen bundle. Built by bootstrap, taken apart by nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pipeline.casebook import Casebook
from pipeline.ports import (
    Clock,
    Converter,
    Examiner,
    Index,
    Keys,
    Mail,
    Mailer,
    MailWriter,
    MessageReader,
    PackWriter,
    Prover,
    Vault,
)

SYSTEM = "system"
"""The actor of what the house does by itself."""

ORIGINAL, RENDITION, TEXT, SEALED_COPY, FROZEN_MAIL = "original", "rendition", "text", "copy", "mail"
"""What a blob is for; bound into its key, so that one cannot stand in for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the profile and settings say about this team. Plain words for covers and mails; no secrets."""

    sender: str
    team: str
    gateways: tuple[str, ...]
    phone: str
    rehearsal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The ports and the casebook over them."""

    casebook: Casebook
    clock: Clock
    keys: Keys
    vault: Vault
    index: Index
    examiner: Examiner
    converter: Converter
    reader: MessageReader
    writer: PackWriter
    prover: Prover
    mailer: Mailer
    mails: MailWriter
    office: Office
    clock_at: Callable[[datetime], datetime]
    """Maps a real instant to the instant of the governing clock (the same one, but for a rehearsal)."""
    new_passphrase: Callable[[], str]
    worker: str
    kept_copy: Callable[[Mail], None]
    """Keeps a rehearsal's copy of an accepted message; does nothing elsewhere."""
    mark: Callable[[str], None]
    """Names a point at which the crash tests may kill the process; does nothing elsewhere."""
