"""Facts of a contact, and of the addresses of family, which live in their conference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.addresses import ConfirmationMethod
from pipeline.domain.facts.fact import Fact
from pipeline.domain.people import PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMade(Fact):
    """An agency's address entered the directory, unconfirmed."""

    agency: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConfirmed(Fact):
    """A person confirmed the address. `expires_at` is exclusive. `person` is set in a conference, None in a contact."""

    address: str
    method: ConfirmationMethod
    by: str
    note: str
    expires_at: datetime
    person: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSuspended(Fact):
    """Nothing may go to the address until it is confirmed again."""

    because: str
    by: str
    person: PersonId | None = None
