"""Facts of an item: one received file or message, from its receipt to where it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.facts.fact import Fact
from pipeline.domain.people import BlobId, ConferenceRef, ItemId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReceived(Fact):
    """A file or message was sealed in the vault, before anything parsed it.

    `received_at` is first sight (or our gateway's receipt); `earliest_at` the earliest possible instant when the service
    was not watching (A00.1). `settled_at` is when the file took its present form, by the real clock: of two that came in
    one second it tells the newer. `name`, `sender` and `subject` are from outside and unchecked.
    """

    route: str
    received_at: datetime
    sha256: str
    size_bytes: int
    blob: BlobId
    name: str
    earliest_at: datetime | None = None
    parent: ItemId | None = None
    sender: str | None = None
    subject: str | None = None
    message_id: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOpened(Fact):
    """An e-mail was read and each of its parts became an item of its own."""

    sender: str
    subject: str
    message_id: str
    parts: tuple[ItemId, ...]
    automatic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemScreened(Fact):
    """The structure of the file speaks for opening it."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Whose report it might be, and what speaks for it."""

    conference: ConferenceRef
    person: PersonId | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemHeld(Fact):
    """The item waits for a person. `why` are sentences with opaque ids; `sender` is a held message's, unchecked."""

    code: str
    why: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()
    next_step: str = ""
    sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemConverted(Fact):
    """The document was turned into pages, once; `text` is the blob with the text of each page."""

    rendition: BlobId
    text: BlobId
    pages: int
    fingerprints: tuple[str, ...]
    unreadable: tuple[int, ...] = ()
    ocr: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResolved(Fact):
    """A person said whose report this is (and, where `confidential`, that it is a confidential section)."""

    conference: ConferenceRef
    person: PersonId
    by: str
    confidential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDismissed(Fact):
    """A person said that this is not a report. Nothing is deleted."""

    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFiled(Fact):
    """The item was filed as this person's report for this conference; `evidence` says in codes what spoke for it."""

    conference: ConferenceRef
    person: PersonId
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBecameMinutes(Fact):
    """The item is a version of the minutes of this conference, and no report."""

    conference: ConferenceRef
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUnfiled(Fact):
    """A wrong filing was undone; the item waits for a person again."""

    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRepeated(Fact):
    """The same bytes were filed before for the same conference and person: shown, not filed twice."""

    of: ItemId
    conference: ConferenceRef
    person: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Fact):
    """The engine's work for (key, attempt) ended while the action was still due. Only then does the next attempt exist."""

    key: str
    attempt: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked(Fact):
    """A person put right what stood in the way; what was held after too many attempts is tried again."""

    by: str
    because: str
