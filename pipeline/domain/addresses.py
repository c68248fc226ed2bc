"""Where mail may go: the states of an address, and the one place where an address to send to is built, of either kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.people import Role
from pipeline.errors import AddressNotConfirmedError


class AddressState(StrEnum):
    """What we know of an address. Only CONFIRMED may be sent to."""

    NONE = "none"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


class ConfirmationMethod(StrEnum):
    """How an address was confirmed. A reply proves a mailbox, not a person: for agencies only."""

    PHONE = "phone"
    IN_PERSON = "in-person"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of one address as its facts leave it. Instants are UTC; `expires_at` itself is no longer valid.

    `turn` grows with each confirmation, suspension and change, so that what was decided about one standing never counts
    for a later one that looks the same (a rehearsal's clock stands still).
    """

    address: str | None = None
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    method: ConfirmationMethod | None = None
    expires_at: datetime | None = None
    suspended: bool = False
    turn: int = 0

    def state(self, now: datetime) -> AddressState:
        """Returns the state at `now`."""
        if not self.address:
            return AddressState.NONE
        if self.suspended:
            return AddressState.SUSPENDED
        if self.confirmed_at is None or self.expires_at is None:
            return AddressState.UNCONFIRMED
        return AddressState.CONFIRMED if now < self.expires_at else AddressState.EXPIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedAddress:
    """An address that a person confirmed and that has not expired. Built only by `confirmed`."""

    address: str
    confirmed_at: datetime
    expires_at: datetime


def confirmed(standing: Standing, now: datetime) -> ConfirmedAddress:
    """Returns the address as one that may be sent to at `now`.

    Raises:
        AddressNotConfirmedError: it is absent, unconfirmed, expired or suspended.
    """
    state = standing.state(now)
    if (
        state is not AddressState.CONFIRMED
        or standing.address is None
        or standing.confirmed_at is None
        or standing.expires_at is None
    ):
        raise AddressNotConfirmedError(
            f"The address is {state.value}, so nothing was sent. Confirm it with `packs address confirm`."
        )
    return ConfirmedAddress(
        address=standing.address, confirmed_at=standing.confirmed_at, expires_at=standing.expires_at
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyAddress:
    """An agency's address that content-free letters may go to, confirmed or not. Built only by `agency_address`."""

    address: str


def agency_address(role: Role, standing: Standing, now: datetime) -> AgencyAddress:
    """Returns the address as one that a content-free letter may go to at `now`.

    Raises:
        AddressNotConfirmedError: it is a family member's, absent or suspended.

    Source: domain.md A00.8.
    """
    state = standing.state(now)
    if role.is_family or standing.address is None or state in {AddressState.NONE, AddressState.SUSPENDED}:
        said = "a family member's" if role.is_family else state.value
        raise AddressNotConfirmedError(f"The address is {said}, so no letter was sent. See `packs address list`.")
    return AgencyAddress(address=standing.address)


def normalised(address: str) -> str:
    """Returns the address with its domain part in lower case; the local part keeps its case (RFC 5321 2.4)."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{domain.lower()}"


def same_mailbox(known: str, other: str) -> bool:
    """Returns True for one address, small and capital letters alike; a letter of another alphabet that looks alike is another."""
    return other.isascii() and normalised(known).lower() == normalised(other).lower()
