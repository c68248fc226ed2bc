"""The facts, as frozen types: what happened, in the past tense. A case is the fold of its facts.

Streams: a *conference*, an *item* (one received file or message), a *contact* (an agency's entry in the directory), the
*house*, and *access* streams (views) that no fold or gate reads. Names inside `by` and `decided_by` are sealed with the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.addresses import ConfirmationMethod
from pipeline.domain.outcome import Outcome
from pipeline.domain.people import (
    BlobId,
    Booking,
    ChildId,
    ConferenceRef,
    CopyId,
    DetailId,
    Exclusion,
    ItemId,
    Person,
    PersonId,
    ProtectedDetail,
)


class Verdict(StrEnum):
    """Whether a report came in time (R6, A00.11, A00.15)."""

    ON_TIME = "on-time"
    LATE = "late"
    NO_RULE = "no-rule"
    ASKED_AFTER_DUE = "asked-after-due"


class Content(StrEnum):
    """What kind of content a filed report is; the profile's audience rules speak of these."""

    SOCIAL_WORKER_REPORT = "social-worker-report"
    AGENCY_REPORT = "agency-report"
    CONFIDENTIAL_SECTION = "confidential-section"


class Document(StrEnum):
    """What kind of document a copy is."""

    PACK = "pack"
    SUPPLEMENT = "supplement"
    INVITATION = "invitation"
    DECISION_NOTICE = "decision-notice"
    OUTLINE_PLAN = "outline-plan"
    IMMEDIATE_ACTIONS = "immediate-actions"
    OUTCOME_FORM = "outcome-form"
    ESCALATION = "escalation"
    MIDPOINT_NOTICE = "midpoint-notice"
    TIMETABLE = "timetable"
    MINUTES = "minutes"


OF_REPORTS = frozenset({Document.PACK, Document.SUPPLEMENT})
"""The documents made of reports, before the conference; every other is written from what was recorded."""


class LetterKind(StrEnum):
    """The closed list of content-free messages to agencies (A00.8)."""

    REQUEST = "request"
    CHASE = "chase"
    LATE = "late"
    LEAD = "lead"
    RECEIPT = "receipt"
    MISSING_PARTS = "missing-parts"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact is. Its body is sealed with its stream's key; only its kind and version are clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A fact as it stands in the ledger. `seq` counts from 1 within its stream; `at` is UTC."""

    stream: str
    seq: int
    at: datetime
    actor: str
    fact: Fact


# --- the house ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFounded(Fact):
    """The installation was made."""

    profile: str
    team: str
    rehearsal: bool
    marker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet(Fact):
    """The rehearsal clock was moved to `to`; `real_at` is when, by the machine's own clock."""

    to: datetime
    real_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingStopped(Fact):
    """All sending of this stream (the house, or one conference) was halted."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingResumed(Fact):
    """Sending of this stream may go on."""

    because: str = ""


# --- an item -----------------------------------------------------------------------------------------------------------


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


# --- a contact, and the addresses of family in their conference -----------------------------------------------------------


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


# --- a conference ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceConvened(Fact):
    """A conference was booked; everyone marked so is asked for a report from now on.

    `accepted_by` is who accepted the draft of a Word form; empty where the booking came as a file of its own.
    """

    reference: ConferenceRef
    booking: Booking
    accepted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceMoved(Fact):
    """The conference has a new start (UTC). `limit_because` and `limit_by`: a manager's reason for one past the limit."""

    start_at: datetime
    because: str
    limit_because: str | None = None
    limit_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSet(Fact):
    """One part of a split conference has this start (UTC) and these people; without people it is no longer held (SWG-9)."""

    name: str
    start_at: datetime
    people: tuple[PersonId, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceCancelled(Fact):
    """The conference does not take place."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationRequested(Fact):
    """A consultation (or threshold discussion) was asked for at `requested_at` (UTC); `requested_by` asked for it."""

    requested_at: datetime
    requested_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationHeld(Fact):
    """It took place. `recommends` and `because` are the chair's advice, whatever the manager then decides (SWG-2)."""

    held_at: datetime
    held_by: str
    recommends: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerDecided(Fact):
    """The manager decided whether the conference is to be held; kept beside the recommendation (SWG-2)."""

    decided_at: datetime
    decided_by: str
    hold: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAdded(Fact):
    """A person was added."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged(Fact):
    """The whole record of a person as it is from now on."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionMade(Fact):
    """The chair decided that a person is kept from something (SWG-8)."""

    exclusion: Exclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailProtected(Fact):
    """A detail must not reach the named people."""

    detail: ProtectedDetail
    because: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A protected detail found on a page (from 1); page 0: the file's name or subject."""

    detail: DetailId
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiled(Fact):
    """A report was filed for a person. `group` is shared by the parts of one e-mail: together they are one version.

    `concerns` are the children the report names, all children when it names none. `searched` are the protected details
    that it was searched for, `found` where they were found; `unreadable` are pages nobody could search.
    """

    item: ItemId
    person: PersonId
    content: Content
    group: ItemId
    sha256: str
    rendition: BlobId
    pages: int
    fingerprints: tuple[str, ...]
    received_at: datetime
    concerns: tuple[ChildId, ...]
    earliest_at: datetime | None = None
    searched: tuple[DetailId, ...] = ()
    found: tuple[Finding, ...] = ()
    unreadable: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    settled_at: datetime | None = None
    from_a_mailbox: bool = False
    """True where it came by an e-mail that no machine wrote, so that its agency may have a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSearched(Fact):
    """A filed report was searched again, after details were added."""

    item: ItemId
    searched: tuple[DetailId, ...]
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExamined(Fact):
    """A filed report was read for the parts that authorities require. Names of parts as in headings.Part.

    `headings` is the version of the words that it was read with. A part in none of the three is not owed.
    """

    item: ItemId
    has: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    headings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAffirmed(Fact):
    """A person read the report and said that a part stands in it after all."""

    item: ItemId
    part: str
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnfiled(Fact):
    """A filing was undone."""

    item: ItemId
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRepeated(Fact):
    """The same bytes came again for the same person. `group` is the e-mail it came in: beside something new it counts."""

    item: ItemId
    of: ItemId
    group: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCorrected(Fact):
    """A person recorded when the report truly reached the mailbox (A00.1). Both times are kept."""

    item: ItemId
    received_at: datetime
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportJudged(Fact):
    """A report was held against the rule in force. Older judgements stay.

    `our_outage` is true where it was late at first sight but may have lain here in time while the service did not watch.
    """

    item: ItemId
    verdict: Verdict
    received_at: datetime
    due_at: datetime | None
    late_by_seconds: int
    rule: str | None
    our_outage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NilReturnRecorded(Fact):
    """The agency has nothing to say (A00.15)."""

    person: PersonId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApologyRecorded(Fact):
    """The person cannot come (A00.15)."""

    person: PersonId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAllowed(Fact):
    """The chair decided that a person may have a report that the rules alone would withhold (POR-6, A00.2)."""

    item: ItemId
    person: PersonId
    decided_by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceEnded(Fact):
    """The chair decided anew: the person may no longer have a report that was allowed to them."""

    item: ItemId
    person: PersonId
    decided_by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRecorded(Fact):
    """The chair's outcome was recorded; a later one of the same conference replaces it, and both are kept.

    `overridden` are the rules whose BLOCK the person passed, for the reason in `because`.
    """

    outcome: Outcome
    by: str
    because: str = ""
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyDone(Fact):
    """A person recorded that a duty of the timetable was done, and how: a visit, a core group, a paper handed over.

    `person` and `child` say whom it concerned where it concerned one. `done_at` is UTC; of a letter that a person wrote,
    `due_at` is the due instant that it told.
    """

    duty: str
    done_at: datetime
    how: str
    by: str
    person: PersonId | None = None
    child: ChildId | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseMade(Fact):
    """The six words of this person for this conference."""

    person: PersonId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a copy. Pages count from 1, both ends included; `report` is None for our own pages."""

    title: str
    report: ItemId | None
    from_page: int
    to_page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """A report that is not in a copy, and why. Shown to the releaser only."""

    report: ItemId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyComposed(Fact):
    """A person's copy was composed and proved. `basis` is the hash of the plan it was made from.

    `send_at` is when it may go; `sha256` that of the sealed file. Of a document that is not made of reports: `children` are
    those it is about, `said` is the hash of what was recorded that it tells, `supersedes` the sent issue that it replaces.
    """

    copy: CopyId
    person: PersonId
    document: Document
    issue: int
    basis: str
    blob: BlobId
    sha256: str
    pages: int
    sections: tuple[Section, ...]
    left_out: tuple[Omission, ...]
    needs_release: bool
    children: tuple[ChildId, ...] = ()
    said: str = ""
    supersedes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyHeld(Fact):
    """A composed copy did not pass its proof, so it stays here. `why` is a sentence without content."""

    copy: CopyId
    person: PersonId
    document: Document
    issue: int
    basis: str
    code: str
    why: str
    pages: int = 0
    sections: tuple[Section, ...] = ()
    left_out: tuple[Omission, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReleased(Fact):
    """A person released exactly this content (`sha256`)."""

    copy: CopyId
    sha256: str
    by: str
    by_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRefused(Fact):
    """A person refused to let the copy go."""

    copy: CopyId
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyVoided(Fact):
    """The copy was replaced or withdrawn before a byte of it was sent."""

    copy: CopyId
    because: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterAsked(Fact):
    """A person asked that an agency be told in a letter what is missing or why something came back.

    `parts` are codes of the closed lists in `domain/letters.py`; `about` is the item where there is one.
    """

    person: PersonId
    kind: LetterKind
    parts: tuple[str, ...]
    by: str
    about: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWritten(Fact):
    """A content-free letter to an agency is to go; its sending is recorded under its id like a copy's.

    `occasion` is the sequence number of the fact that gave rise to it, `ordinal` its place in the rhythm.
    """

    letter: CopyId
    person: PersonId
    kind: LetterKind
    occasion: int
    ordinal: int
    due_at: datetime | None = None
    about: ItemId | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWithheld(Fact):
    """This letter does not go: the held item may be what it would have asked for. The next place of the rhythm asks anew."""

    letter: CopyId
    person: PersonId
    kind: LetterKind
    occasion: int
    ordinal: int
    held: ItemId


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachOpened(Fact):
    """Something reached people that it should not have reached. `copies` tells what, `people` who has it."""

    item: ItemId
    copies: tuple[CopyId, ...]
    people: tuple[PersonId, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyTranslated(Fact):
    """A person put a translation of a copy in; it was sealed for the copy's reader, to be handed over. It is never e-mailed."""

    copy: CopyId
    language: str
    blob: BlobId
    sha256: str
    pages: int
    by: str
    also_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopyMade(Fact):
    """A numbered copy was printed for hand-over; numbers count over the conference. `sha256` is of the unencrypted file."""

    number: int
    person: PersonId
    document: Document
    items: tuple[ItemId, ...]
    sha256: str
    pages: int
    by: str
    also_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopyHanded(Fact):
    """A person handed a paper copy over (SWG-6)."""

    number: int
    person: PersonId
    at: datetime
    how: str
    by: str


# --- confidential sections: a stream of their own, that nothing else reads --------------------------------------------------


class Wish(StrEnum):
    """How an agency would have its confidential section passed on (C10)."""

    ATTEND_ONLY = "attend-only"
    WRITTEN = "written"
    READ_OUT = "read-out"


class InMinutes(StrEnum):
    """What of a confidential section stands in the minutes."""

    FULL = "full"
    NONE = "none"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialAsked(Fact):
    """An agency asked for a confidential section (POR-5). `at` is when it reached us; verdict and due instant as recorded."""

    request: str
    person: PersonId
    at: datetime
    ground: str
    kept_from: tuple[PersonId, ...]
    wish: Wish
    verdict: Verdict
    due_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialDecided(Fact):
    """The chair decided on a request or a filed section (POR-6). `to` are those who get it in writing."""

    subject: str
    decided_by: str
    how: str
    to: tuple[PersonId, ...]
    because: str
    minutes: InMinutes = InMinutes.NONE
    slot_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialShown(Fact):
    """Somebody looked at a request or its decision."""

    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewConvened(Fact):
    """The review of this conference was convened as `review`."""

    review: ConferenceRef


# --- minutes, and the answers to a decision -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesTaken(Fact):
    """A version of the minutes came back from whoever edited it. `number` counts over the conference, from 1.

    `for_` are the people it was made for; empty: the whole minutes. `item` is the received file. `searched` are the
    protected details that it was searched for, `found` where they stand; `unreadable` are pages nobody could search.
    `by` is empty where the file was dropped in the inbox.
    """

    number: int
    item: ItemId
    sha256: str
    rendition: BlobId
    text: BlobId
    pages: int
    fingerprints: tuple[str, ...]
    by: str
    for_: tuple[PersonId, ...] = ()
    searched: tuple[DetailId, ...] = ()
    found: tuple[Finding, ...] = ()
    unreadable: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesSearched(Fact):
    """A version of the minutes was searched again, after details were added."""

    number: int
    searched: tuple[DetailId, ...]
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesApproved(Fact):
    """A person let a version of the minutes count as the minutes of the outcome that stands.

    `because` says why a child of another conference, or words that nobody sees, stand in it rightly, where they do.
    """

    number: int
    by: str
    because: str | None = None


class Answer(StrEnum):
    """What a person says to a decision, where they say it in a word."""

    AGREES = "agrees"
    DISAGREES = "disagrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecorded(Fact):
    """A person answered the decision; `at` is when it reached us (UTC), `text` their own words (BAD-10).

    `item` is the received message or file that is the answer, where there is one.
    """

    person: PersonId
    at: datetime
    by: str
    says: Answer | None = None
    text: str = ""
    item: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReconsidered(Fact):
    """The chair, having the answers, confirmed the decision, or said that it changes: then a new outcome follows (BAD-10)."""

    changed: bool
    decided_by: str
    because: str


# --- access ------------------------------------------------------------------------------------------------------------


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


