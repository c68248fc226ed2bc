"""Children, people, their roles, and what a booking says about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

ConferenceRef = NewType("ConferenceRef", str)
PersonId = NewType("PersonId", str)
ChildId = NewType("ChildId", str)
ItemId = NewType("ItemId", str)
ContactId = NewType("ContactId", str)
BlobId = NewType("BlobId", str)
CopyId = NewType("CopyId", str)
DetailId = NewType("DetailId", str)


class ConferenceType(StrEnum):
    """The four kinds of child protection conference."""

    INITIAL = "initial"
    REVIEW = "review"
    PRE_BIRTH = "pre-birth"
    TRANSFER_IN = "transfer-in"


class Role(StrEnum):
    """What a person is to the conference. The last four are family."""

    CHAIR = "chair"
    SOCIAL_WORKER = "social-worker"
    MANAGER = "manager"
    EDUCATION = "education"
    EARLY_YEARS = "early-years"
    GP = "gp"
    HEALTH_VISITOR = "health-visitor"
    SCHOOL_NURSE = "school-nurse"
    MIDWIFE = "midwife"
    MENTAL_HEALTH = "mental-health"
    POLICE = "police"
    PROBATION = "probation"
    HOUSING = "housing"
    CHARITY = "charity"
    ADVOCATE = "advocate"
    INTERPRETER = "interpreter"
    LEGAL = "legal"
    OTHER_PROFESSIONAL = "other-professional"
    PARENT = "parent"
    CARER = "carer"
    YOUNG_PERSON = "young-person"
    FAMILY_MEMBER = "family-member"

    @property
    def words(self) -> str:
        """The role as people write it."""
        return {"gp": "GP"}.get(self.value, self.value.replace("-", " "))

    @property
    def is_family(self) -> bool:
        """True for a parent, carer, young person or other family member."""
        return self in FAMILY_ROLES


FAMILY_ROLES = frozenset({Role.PARENT, Role.CARER, Role.YOUNG_PERSON, Role.FAMILY_MEMBER})


class ExcludedFrom(StrEnum):
    """What an exclusion keeps a person from. Attending and receiving are separate decisions (SWG-8)."""

    ATTENDING = "attending"
    REPORTS = "reports"
    PLAN = "plan"
    MINUTES = "minutes"
    ALL = "all"


class DetailKind(StrEnum):
    """What kind of thing a protected detail is; it decides how text is searched for it."""

    ADDRESS = "address"
    PHONE = "phone"
    EMAIL = "email"
    SCHOOL = "school"
    SURGERY = "surgery"
    WORKPLACE = "workplace"
    NAME = "name"
    OTHER = "other"


class Advocacy(StrEnum):
    """How far the offer of an independent advocate has come for a child (SWG-10)."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFERRED = "referred"


class Category(StrEnum):
    """The category of significant harm that a plan is made under, or that a booking says is considered."""

    NEGLECT = "neglect"
    PHYSICAL_ABUSE = "physical-abuse"
    SEXUAL_ABUSE = "sexual-abuse"
    EMOTIONAL_ABUSE = "emotional-abuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child of the conference; exactly one of `born_on` and `due_on` is set (due: not yet born).

    `seen_alone_on` is the day on which the child was seen alone in the section 47 enquiry, `seen_alone_because` why not
    (SWG-5). `advocacy_consent` is the parents' consent to an advocate, None where nobody said (SWG-10). What stands from
    `school` on is for the team: no document prints it (`packs show`).
    """

    id: ChildId
    name: str
    born_on: date | None = None
    due_on: date | None = None
    wants_to_speak: bool | None = None
    advocacy: Advocacy | None = None
    seen_alone_on: date | None = None
    seen_alone_because: str | None = None
    advocacy_consent: bool | None = None
    school: str | None = None
    gp: str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    language: str | None = None
    disability: str | None = None
    home_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMember:
    """Somebody who lives with the children, or another child of theirs, and is not of the conference; for the team alone."""

    name: str
    relationship: str | None = None
    born_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the conference. `email` of a family member is theirs; of anyone else it is their contact's.

    `include` is the decision on a family member (SWG-4): False gets nothing and is told nothing; None: not decided yet.
    `interpreter` is a language, or BSL. What stands from `relationship` on is for the team: no document prints it. `orders`
    are bail, injunctions and the like; `safe_contact` is how and when the person can be reached safely (C1, C11).
    `lead_email` is the address of the agency's safeguarding lead, who hears of a second reminder (C9).
    """

    id: PersonId
    name: str
    role: Role
    children: tuple[ChildId, ...]
    agency: str | None = None
    email: str | None = None
    phone: str | None = None
    asked_for_report: bool = False
    resident: bool | None = None
    parental_responsibility: bool | None = None
    large_print: bool = False
    contact: ContactId | None = None
    include: bool | None = None
    include_because: str | None = None
    interpreter: str | None = None
    access_needs: str | None = None
    relationship: str | None = None
    born_on: date | None = None
    risk_to_staff: str | None = None
    orders: str | None = None
    safe_contact: str | None = None
    lead_email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A chair's decision that a person does not attend or receive something (SWG-8)."""

    person: PersonId
    from_: tuple[ExcludedFrom, ...]
    because: str
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedDetail:
    """A detail that must not reach the named people in any document."""

    id: DetailId
    detail: str
    kind: DetailKind
    from_: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyDiscussion:
    """A strategy discussion; `initiated_s47` marks the one that began the section 47 enquiry (IRS-2)."""

    at: datetime
    initiated_s47: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The conference before this one, for a case already running, as far as it is known."""

    type: ConferenceType | None = None
    held_on: date | None = None
    plan_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One part of a split conference with its own people (SWG-9); `start_at` is UTC, as booked."""

    name: str
    start_at: datetime
    people: tuple[PersonId, ...]


class Decided(StrEnum):
    """What the manager decided after a consultation."""

    HOLD = "hold"
    DO_NOT_HOLD = "do-not-hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationSaid:
    """What the booking form says of a consultation that took place before; instants are UTC. Each step whole or not at all."""

    requested_at: datetime | None = None
    requested_by: str | None = None
    held_at: datetime | None = None
    held_by: str | None = None
    recommends: str | None = None
    recommends_because: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision: Decided | None = None
    decided_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A conference as booked. `start_at` is UTC; `slot_minutes` is how long it is planned to last.

    `limit_because` and `limit_by` are the manager's reason for a date past the limit (IRS-2). `confidential_slot` and the
    sessions of `split` are instants beside the booked start: a conference that moves takes them along.
    `s47_because` is why the enquiry was made, `category_considered` the category that it points to; of a section somebody
    may ask for, `confidential_section_expected` is the social worker's word, not a request (A00.4).
    """

    profile: str
    type: ConferenceType
    start_at: datetime
    children: tuple[Child, ...]
    people: tuple[Person, ...]
    slot_minutes: int = 120
    reference: ConferenceRef | None = None
    mode: str | None = None
    strategy_discussions: tuple[StrategyDiscussion, ...] = ()
    previous: Previous | None = None
    exclusions: tuple[Exclusion, ...] = ()
    protected: tuple[ProtectedDetail, ...] = ()
    service: str | None = None
    limit_because: str | None = None
    limit_by: str | None = None
    split: tuple[Session, ...] = ()
    confidential_slot: datetime | None = None
    child_care: str | None = None
    safety_plan_made: bool | None = None
    minute_taker: str | None = None
    consultation: ConsultationSaid | None = None
    s47_because: str | None = None
    category_considered: Category | None = None
    confidential_section_expected: bool | None = None
    household: tuple[HouseholdMember, ...] = ()
