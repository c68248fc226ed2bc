"""Facts of the access streams, which no fold or gate reads: who saw a passphrase, who took a copy out."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.facts.fact import Fact
from pipeline.domain.people import CopyId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseShown(Fact):
    """Somebody read a passphrase."""

    person: PersonId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyExported(Fact):
    """Somebody took a copy out of the vault."""

    copy: CopyId
