"""What the house needs from outside, named by role. Adapters keep these promises; stages use nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType, Protocol

from pipeline.domain.addresses import AgencyAddress, ConfirmedAddress
from pipeline.domain.facts import Fact, LetterKind, Recorded
from pipeline.domain.people import BlobId
from pipeline.domain.report_form import Beside

StreamId = NewType("StreamId", str)
"""`conference:REF`, `item:ID`, `contact:ID`, `house:main`, `access:REF`, `confidential:REF`."""


class Clock(Protocol):
    """Tells the instant that governs receipt, judgement, agenda and every fact."""

    def now(self) -> datetime:
        """Returns the present instant, aware, UTC, in whole seconds."""
        ...


class Ledger(Protocol):
    """Facts, written once. The only way to change anything."""

    def read(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        """Returns the stream's facts with sequence above `after`, in order, opened. Erased bodies are left out."""
        ...

    def head(self, stream: str) -> int:
        """Returns the last sequence of the stream; 0 where it has none."""
        ...

    def heads(self, streams: Collection[str]) -> Mapping[str, int]:
        """Returns the last sequence of each stream, 0 where it has none; one question for all."""
        ...

    def streams(self, prefix: str = "") -> Sequence[str]:
        """Returns the ids of all streams that begin with `prefix`, sorted."""
        ...

    def append(
        self, facts: Mapping[str, Sequence[Fact]], *, expected: Mapping[str, int], at: datetime, actor: str
    ) -> None:
        """Writes all facts in one transaction if every named head still is as expected.

        `expected` names every stream the decision read, also those not written; a written stream that it leaves out is
        appended whatever its head is (an outside effect that must be reported).

        Raises:
            StaleHeadError: a head moved; nothing was written. Read again and decide again.
        """
        ...

    def verify(self) -> Verification:
        """Walks every chain and every checkpoint; returns what it found. Never raises for a broken chain."""
        ...

    def checkpoint(self, *, full: bool = False) -> None:
        """Signs the heads changed since the last checkpoint and writes them outside the database."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a walk over the ledger found. `first_bad` names stream and sequence, or the checkpoint."""

    facts: int
    streams: int
    checkpoints: int
    first_bad: str | None = None
    why: str | None = None


class Keys(Protocol):
    """Every stream's own key, wrapped by the master key or by another stream's key."""

    def ensure(self, stream: str) -> None:
        """Makes the stream's key if it has none; it is durable on return."""
        ...

    def rewrap(self, stream: str, under: str | None) -> None:
        """Wraps the stream's key under another stream's key (None: the master key) and drops the old wrapping."""
        ...

    def seal(self, stream: str, plain: bytes, context: bytes) -> bytes:
        """Returns `plain` sealed with the stream's key (AES-256-GCM), `context` being its associated data."""
        ...

    def open(self, stream: str, sealed: bytes, context: bytes) -> bytes:
        """Returns the plain bytes. Raises KeyMissingError if the key is gone or the bytes were changed."""
        ...

    def fingerprint(self, purpose: str, value: bytes) -> str:
        """Returns a keyed hash (HMAC-SHA-256, hex) of `value` for `purpose`; equal values of a home give equal hashes."""
        ...

    def erase(self, stream: str) -> None:
        """Destroys the stream's key for good."""
        ...


class Vault(Protocol):
    """Sealed files. A blob is durable before its id is returned; its name is random."""

    def put(self, stream: str, content: bytes, purpose: str) -> BlobId:
        """Seals `content` under the stream's key and returns the blob's id."""
        ...

    def get(self, stream: str, blob: BlobId, purpose: str) -> bytes:
        """Returns the content. Raises BlobDamagedError if absent, altered, cut, or another stream's or purpose's."""
        ...


class Index(Protocol):
    """Derived notes: opaque keys (keyed hashes) to opaque ids or instants. Made again from facts; nothing leaves on its word."""

    def find(self, kind: str, key: str) -> str | None:
        """Returns the note, or None."""
        ...

    def note(self, kind: str, key: str, value: str) -> None:
        """Writes or replaces the note."""
        ...


class FileKind(StrEnum):
    """What a file is, judged by its structure."""

    DOCX = "docx"
    DOC = "doc"
    ODT = "odt"
    RTF = "rtf"
    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    TIFF = "tif"
    TEXT = "txt"
    EMAIL = "eml"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a file's structure says, before any parser ran.

    `trouble` holds codes of what speaks against opening it: `empty`, `password`, `macros`, `bomb`, `disagrees`
    (extension and structure differ), `damaged`, `kind` (a kind that is not taken), `too-large`.
    """

    kind: FileKind
    size_bytes: int
    trouble: tuple[str, ...] = ()


class Examiner(Protocol):
    """Looks at a file's structure without parsing it."""

    def examine(self, content: bytes, untrusted_name: str) -> FileFacts:
        """Returns what the structure says. Never raises for a hostile file."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a document. `read_by` says where `text` comes from: `text`, `ocr`, or `none` (unreadable)."""

    text: str
    read_by: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A document as pages. `flags` are codes of what a person should know: `tracked-changes`, `comments`, `hidden-text`."""

    pdf: bytes
    pages: tuple[Page, ...]
    flags: tuple[str, ...] = ()


class Converter(Protocol):
    """Turns a stranger's file into pages, in the sandbox."""

    def convert(self, content: bytes, kind: FileKind) -> Rendition:
        """Returns the rendition: clean PDF, one Page each.

        Raises:
            ConversionFailedError: no pages could be made, or not in time.
            SandboxMissingError: the sandbox does not work; nothing was opened.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePart:
    """A named part of an e-mail; `content` is decoded. `name` is cleaned for display only."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An e-mail read by header, its own words unchecked.

    `received_at` is the instant of the topmost Received line if one of our own gateways wrote it, else None.
    `automatic` is None or one of `bounce`, `auto-reply`, `read-receipt`, `calendar`. `listed`: a mailing list or bulk
    sender passed it on. `sealed` names a wrapping nobody
    can read here (`smime`, `rpmsg`, `winmail`), else None. `decorations` counts what is left out of `parts`: small
    pictures of the HTML body, signatures of S/MIME.
    """

    untrusted_sender: str
    untrusted_subject: str
    message_id: str
    text: str
    parts: tuple[MessagePart, ...]
    received_at: datetime | None = None
    automatic: str | None = None
    listed: bool = False
    sealed: str | None = None
    decorations: int = 0


class MessageReader(Protocol):
    """Reads .eml files in a limited child."""

    def read(self, content: bytes, gateways: Sequence[str]) -> Message:
        """Returns the message. Raises UnreadableFileError if the child gave up within its limits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSource:
    """One section of a pack: its title in the contents and the PDF whose pages it takes."""

    title: str
    pdf: bytes
    report: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSection:
    """Where a section came to lie. Pages count from 1, both ends included."""

    title: str
    report: str | None
    from_page: int
    to_page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyText:
    """The words around the reports of one person's copy: plain strings and lists of dicts of strings for the template."""

    template: str
    values: Mapping[str, object]
    stamp_name: str
    reference: str
    issue: int
    contents: bool = True
    """False for a document without a list of contents: it gets no bookmark for one."""
    large_print: bool = False
    """True for a reader who needs letters of 18 pt: of what we write, not of the reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedCopy:
    """A sealed copy and where everything lies in it."""

    sealed: bytes
    pages: int
    sections: tuple[PlacedSection, ...]


class PackWriter(Protocol):
    """Writes one person's copy: cover and contents from a Word template, sections, stamps, bookmarks, AES-256."""

    def write(self, text: CopyText, sections: Sequence[SectionSource], passphrase: str) -> ComposedCopy:
        """Returns the finished, encrypted copy."""
        ...

    def without_seal(self, sealed: bytes, passphrase: str) -> bytes:
        """Returns the same pages unencrypted, for printing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedCopy:
    """A finished copy read back by an independent reader. `pages` hold the stamped text and the page's own fingerprint."""

    pages: tuple[Page, ...]
    outline: tuple[tuple[str, int], ...]
    metadata: tuple[str, ...]
    encrypted: bool


class Prover(Protocol):
    """Opens a sealed copy with another library than the one that wrote it, in a limited child."""

    def examine(self, sealed: bytes, passphrase: str) -> ExaminedCopy:
        """Returns what is in the copy. Raises UnreadableFileError if it does not open with the passphrase."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Frozen bytes for one recipient. `raw` holds the same address in To, and no name anywhere in its headers."""

    message_id: str
    sender: str
    to: ConfirmedAddress
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterEnvelope:
    """Frozen bytes of a content-free letter to one agency: plain words, nothing attached. Its address need not be confirmed.

    A pack cannot be put into one, nor a letter's address into an `Envelope`: every mailer looks into the bytes before it sends.
    """

    message_id: str
    sender: str
    to: AgencyAddress
    raw: bytes


Mail = Envelope | LetterEnvelope


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """All that a letter may tell, as fixed types: instants (UTC), codes of closed lists, and numbers of the house.

    `due_at` None: the authority states none. `office_due` is its last office moment; `arrived_at` is told in receipts.
    `duty_line` is the profile's.
    """

    kind: LetterKind
    reference: str
    start_at: datetime
    due_at: datetime | None
    office_due: datetime | None
    arrived_at: datetime | None
    parts: tuple[str, ...]
    duty_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The server took the message over. `reply` is its code and enhanced code only."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """Nothing was taken over, for certain. `permanent`: a definite refusal (5xx)."""

    code: str
    permanent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The connection was lost after the first byte of the body: nobody knows. Never repeated by machine."""

    code: str


Submission = Accepted | NotTaken | Unknown


class Wording(StrEnum):
    """Which of the mails carries a copy: the words differ, none tells what the copy is of."""

    FAMILY = "family"
    PROFESSIONAL = "professional"
    AFTER = "after"
    INVITATION = "invitation"
    HAND_OVER = "hand-over"


class MailWriter(Protocol):
    """Freezes the bytes of one mail to one person."""

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
        """Returns the envelope of a copy; the same copy has the same Message-ID for ever. No name is anywhere in it.

        `wording`: to family; to a professional before the conference, after it, or inviting them; to whoever hands a
        family's copy over.
        `held` tells in words when the conference is; it stands in mails to professionals only. `ring` is the number to
        ring for help; empty: none is known. `beside` is for an invitation to a professional alone.
        """
        ...

    def letter_mail(self, *, key: str, to: AgencyAddress, text: LetterText, at: datetime) -> LetterEnvelope:
        """Returns the envelope of a letter; the same key has the same Message-ID for ever. `at` is its date."""
        ...


class Mailer(Protocol):
    """Submits mail. TLS is required and verified."""

    def submit(self, envelope: Mail, before_data: Callable[[], None]) -> Submission:
        """Hands the envelope over; calls `before_data` just before the first byte of the body.

        If `before_data` raises, nothing of the body was sent, the connection is closed and the error is passed on.
        """
        ...

    def look_up(self, message_id: str) -> Submission | None:
        """Returns what became of an earlier submission where the transport can prove it, else None."""
        ...

    def check(self) -> str:
        """Logs in and out again and returns a short word of what answered. Raises PacksError with the fix."""
        ...


class Engine(Protocol):
    """Carries out actions durably. It knows keys and attempts, never names or content."""

    def launch(self, perform: Callable[[str, int], None]) -> None:
        """Starts the workers; `perform(key, attempt)` does the work of one action."""
        ...

    def start(self, key: str, attempt: int) -> None:
        """Starts the work of (key, attempt) once: a second call for the same pair does nothing."""
        ...

    def standing(self, works: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], Standing]:
        """Returns where each work stands."""
        ...

    def adopt(self) -> int:
        """Takes over the work of hosts that have missed three beats; returns how much."""
        ...

    def close(self, *, finish: bool) -> None:
        """Stops the workers; with `finish` what is in hand is finished first."""
        ...


class Standing(StrEnum):
    """Where a work stands with the engine. ABSENT: the engine has never heard of it (or lost its tables)."""

    ABSENT = "absent"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StableFile:
    """A file in the inbox that did not change for the stability time.

    `first_seen_at` is the first sight of it by the clock; `settled_at` the real instant of its last change (ctime, never
    in the future). `key` is size in bytes, mtime and ctime in nanoseconds, and inode: another key, another file. The name
    in `path` is from outside, unchecked, and may hold any byte.
    """

    path: Path
    first_seen_at: datetime
    settled_at: datetime
    key: tuple[int, int, int, int]


class Inbox(Protocol):
    """The folder that reports are dropped in."""

    def scan(self) -> Scan:
        """Looks once; returns the files that are stable now and how many are not yet."""
        ...

    def wait(self, seconds: float) -> None:
        """Returns after `seconds`, or earlier when the folder changes."""
        ...

    def read(self, file: StableFile) -> bytes | None:
        """Returns the bytes of exactly this file, None if it changed, went away or cannot be read (noted in problem/)."""
        ...

    def done(self, file: StableFile, note_name: str, lines: Sequence[str]) -> bool:
        """Notes in processed/ what became of the sealed file, then removes it; False if it had changed and was left."""
        ...

    def problem(self, file: StableFile, note_name: str, lines: Sequence[str]) -> None:
        """Leaves the file where it is, with a note in problem/; it is offered again a minute later."""
        ...

    def note(self, folder: str, name: str, lines: Sequence[str]) -> None:
        """Writes (or rewrites) a note in `processed` or `problem`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One look at the inbox."""

    stable: tuple[StableFile, ...] = ()
    unsettled: int = 0
    notes: tuple[str, ...] = field(default=())
