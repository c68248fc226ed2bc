"""Facts about a message on its way: claimed, begun, taken over or not. A copy and a letter have the same."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.facts.fact import Fact
from pipeline.domain.people import BlobId, CopyId


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingClaimed(Fact):
    """A worker claimed this sending: the gate held at this instant. `raw` are the frozen bytes."""

    copy: CopyId
    attempt: int
    address: str
    message_id: str
    raw: BlobId
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyStarted(Fact):
    """The mark before DATA: from here on a silence is UNKNOWN."""

    copy: CopyId
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAccepted(Fact):
    """The server took the message over."""

    copy: CopyId
    attempt: int
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageNotTaken(Fact):
    """Nothing was taken over, for certain. `permanent`: a definite refusal, not tried again."""

    copy: CopyId
    attempt: int
    code: str
    permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUnknown(Fact):
    """Nobody knows whether the message was taken over. Shown, never repeated by machine."""

    copy: CopyId
    attempt: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSettled(Fact):
    """A person settled an unknown sending."""

    copy: CopyId
    attempt: int
    accepted: bool
    by: str
    because: str
