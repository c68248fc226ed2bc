"""Small builders of plain values: a booking, its facts, a Case. No fixture, no clock, no file. All people are invented."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings

from pipeline.domain import facts as f
from pipeline.domain.addresses import ConfirmationMethod
from pipeline.domain.calendar import Calendar
from pipeline.domain.case import Case, fold_contact, fold_house
from pipeline.domain.conference import Conference
from pipeline.domain.fold import fold
from pipeline.domain.outcome import ChildOutcome, Decision, Outcome
from pipeline.domain.pack import CopyPlan, target
from pipeline.domain.papers import paper_target
from pipeline.domain.people import (
    BlobId,
    Booking,
    Child,
    ChildId,
    ConferenceRef,
    ConferenceType,
    ContactId,
    CopyId,
    DetailId,
    DetailKind,
    ExcludedFrom,
    Exclusion,
    ItemId,
    Person,
    PersonId,
    ProtectedDetail,
    Role,
)
from pipeline.domain.profile import AudienceRule, Direction, DocumentRule, Profile, Route, Rule, Trigger, Unit

settings.register_profile("domain", derandomize=True, deadline=None, database=None)
settings.load_profile("domain")

REF = ConferenceRef("PM-2611-017")
START = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)  # a Monday; London is on GMT
CONVENED = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
YEAR_LATER = datetime(2027, 11, 16, tzinfo=UTC)
SHA = "ab" * 32

CALENDAR = Calendar(
    closed=frozenset({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}),
    known_from=date(2026, 1, 1),
    known_until=date(2027, 12, 31),
)

TOBIN = Child(id=ChildId("c1"), name="Tobin Quillfeather", born_on=date(2019, 3, 2))
ISLA = Child(id=ChildId("c2"), name="Isla-Wren Quillfeather", born_on=date(2022, 5, 9))
BOTH = (TOBIN.id, ISLA.id)

SWR, AGENCY, SECRET = f.Content.SOCIAL_WORKER_REPORT, f.Content.AGENCY_REPORT, f.Content.CONFIDENTIAL_SECTION
EVERYTHING = frozenset({SWR.value, AGENCY.value, SECRET.value})


def at(day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """An instant of November 2026, when London and UTC agree."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def person(id_: str, role: Role, *, children: Sequence[ChildId] = BOTH, **more: object) -> Person:
    """A person; an agency's gets a contact of the same id unless told otherwise."""
    given: dict[str, object] = {"name": f"Person {id_.upper()}", "email": f"{id_}@{id_}.example", **more}
    if not role.is_family:
        given.setdefault("contact", ContactId(id_))
        given.setdefault("agency", f"{id_.capitalize()} Agency")
    return Person(id=PersonId(id_), role=role, children=tuple(children), **given)  # type: ignore[arg-type]


CHAIR = person("chair", Role.CHAIR, agency="Port Mere Review Service")
WORKER = person("sw", Role.SOCIAL_WORKER, agency="Port Mere Assessment Team", asked_for_report=True)
SCHOOL = person("school", Role.EDUCATION, agency="Gullwing Primary School", asked_for_report=True)
GP = person("gp", Role.GP, agency="Harbour Lane Surgery", asked_for_report=True)
POLICE = person("police", Role.POLICE, agency="County Police Safeguarding", asked_for_report=True)
MOTHER = person("mother", Role.PARENT, name="Maren Quillfeather", email="maren@webmail.example")
FATHER = person("father", Role.PARENT, name="Dorrick Vane", email="vane@webmail.example", children=(TOBIN.id,))
PEOPLE = (CHAIR, WORKER, SCHOOL, GP, POLICE, MOTHER, FATHER)


def rule(duty: str, hours: int, **changes: object) -> Rule:
    """A before-rule in elapsed hours for every type of conference."""
    made = Rule(
        id=duty.upper(),
        what=duty,
        who="somebody",
        duty=duty,
        unit=Unit.HOURS,
        amount=hours,
        direction=Direction.BEFORE,
        trigger=Trigger.CONFERENCE_START,
        conference_types=frozenset(ConferenceType),
        source="invented.txt",
        source_line=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def audience(reader: str, *contents: f.Content) -> AudienceRule:
    """Who may find what in a pack."""
    return AudienceRule(
        id=f"AUD-{reader}",
        document="pack",
        reader=reader,
        conference_types=frozenset(ConferenceType),
        contents=frozenset(content.value for content in contents),
    )


PROFILE = Profile(
    name="port-mere",
    title="Port Mere",
    version="1",
    authority_words={"team": "SQT"},
    danger_line="If a child is in danger now, ring 999.",
    complaint_line="You may complain.",
    rules=(
        rule("agency-report", 48),
        rule("social-worker-report", 48),
        rule("confidential-section", 24),
        rule("pack-chair", 48),
        rule("pack-professional", 24),
        rule("pack-family", 24),
    ),
    audience=(
        audience("chair", SWR, AGENCY, SECRET),
        audience("professional", SWR, AGENCY),
        audience("family", SWR),
        audience("interpreter"),
    ),
)


def gives(document: f.Document, reader: str, route: Route = Route.EMAIL, **changes: object) -> DocumentRule:
    """A rule by which that reader gets that document at every type of conference."""
    made = DocumentRule(
        id=f"DOC-{document.value}-{reader}",
        document=document.value,
        reader=reader,
        conference_types=frozenset(ConferenceType),
        route=route,
        source="invented.txt",
        source_line=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


ENDED = START + timedelta(hours=2)
AFTER_PROFILE = replace(
    PROFILE,
    rules=(
        *PROFILE.rules,
        rule(
            "decision-response", 3, unit=Unit.WD_EOD, direction=Direction.AFTER, trigger=Trigger.NOTICE_SENT
        ),
    ),
    documents=tuple(
        gives(document, reader)
        for document in f.Document
        if document not in (f.Document.PACK, f.Document.SUPPLEMENT, f.Document.INVITATION, f.Document.MINUTES)
        for reader in ("chair", "professional", "family")
    ),
)
"""Port Mere with every document after the conference for everybody, and three working days to answer a notice."""


def child_outcome(child: ChildId, decision: Decision = Decision.PLAN_MADE, **more: object) -> ChildOutcome:
    """What was decided about a child, with words that are nowhere else."""
    given: dict[str, object] = {"reason": f"Reason for {child}.", "danger_statement": f"Danger of {child}.", **more}
    return ChildOutcome(child=child, decision=decision, **given)  # type: ignore[arg-type]


def outcome(*children: ChildOutcome, **more: object) -> f.OutcomeRecorded:
    """The chair's outcome, recorded; of both children with a plan unless told otherwise."""
    made = Outcome(
        ended_at=ENDED,
        decided_by="Edwina Sallow",
        children=children or (child_outcome(TOBIN.id), child_outcome(ISLA.id)),
        **more,  # type: ignore[arg-type]
    )
    return f.OutcomeRecorded(outcome=made, by="Edwina Sallow")


def paper_for(of: Case, person_: str, document: f.Document, now: datetime) -> CopyPlan:
    """The copy of a document after the conference that this person ought to have next."""
    plan = paper_target(of, of.conference.people[PersonId(person_)], document, now)
    assert plan is not None
    return plan


def booking(people: Sequence[Person] = PEOPLE, **changes: object) -> Booking:
    """Family F1: two children, the chair, four agencies asked, two parents."""
    made = Booking(
        profile=PROFILE.name,
        type=ConferenceType.INITIAL,
        start_at=START,
        children=(TOBIN, ISLA),
        people=tuple(people),
        reference=REF,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def exclusion(person_: str, *from_: ExcludedFrom) -> Exclusion:
    """A chair's exclusion."""
    return Exclusion(person=PersonId(person_), from_=from_ or (ExcludedFrom.ALL,), because="risk", decided_by="the chair")


def detail(
    id_: str, *from_: str, text: str = "14 Gannet Row, Port Mere, ZZ4 7QD", kind: DetailKind = DetailKind.ADDRESS
) -> ProtectedDetail:
    """A protected detail."""
    return ProtectedDetail(id=DetailId(id_), detail=text, kind=kind, from_=tuple(PersonId(p) for p in from_))


def report(item: str, owner: str, content: f.Content = AGENCY, **more: object) -> f.ReportFiled:
    """The filing of a report of two pages that names both children and was searched for nothing."""
    given: dict[str, object] = {
        "group": ItemId(item),
        "sha256": (item * 64)[:64],
        "pages": 2,
        "fingerprints": (f"{item}-p1", f"{item}-p2"),
        "received_at": at(25),
        "concerns": BOTH,
        **more,
    }
    return f.ReportFiled(  # type: ignore[call-arg]
        item=ItemId(item),
        person=PersonId(owner),
        content=content,
        rendition=BlobId(f"r-{item}"),
        **given,  # type: ignore[arg-type]
    )


def confirmed(address: str, *, of: str | None = None, by: str = "Clerk One", until: datetime = YEAR_LATER) -> f.AddressConfirmed:
    """A confirmation by phone; `of` is set for a family member's address."""
    return f.AddressConfirmed(
        address=address,
        method=ConfirmationMethod.PHONE,
        by=by,
        note="rang",
        expires_at=until,
        person=PersonId(of) if of is not None else None,
    )


Timed = f.Fact | tuple[datetime, f.Fact]


def recorded(stream: str, facts: Iterable[Timed]) -> list[f.Recorded]:
    """Facts as the ledger holds them: counted from 1; those without an instant happened when the conference was convened."""
    timed = [entry if isinstance(entry, tuple) else (CONVENED, entry) for entry in facts]
    return [
        f.Recorded(stream=stream, seq=seq, at=when, actor="a-1", fact=fact) for seq, (when, fact) in enumerate(timed, 1)
    ]


def conference(*facts: Timed, of: Booking | None = None) -> Conference:
    """A conference folded from its convening and these facts."""
    first = f.ConferenceConvened(reference=REF, booking=of or booking())
    folded = fold(recorded(f"conference:{REF}", [first, *facts]))
    assert folded is not None
    return folded


def contact_facts(of: Person, *facts: Timed) -> list[f.Recorded]:
    """The stream of an agency's contact."""
    made = f.ContactMade(agency=of.agency or "", address=of.email or "")
    return recorded(f"contact:{of.contact}", [made, *facts])


def case(
    *facts: Timed,
    of: Booking | None = None,
    contacts: Mapping[str, Sequence[Timed]] | None = None,
    house: Sequence[Timed] = (),
    profile: Profile = PROFILE,
    releases_needed: int = 1,
    can_send: bool = True,
) -> Case:
    """A Case. Every agency's address is confirmed unless `contacts` says otherwise for its contact's id."""
    found = conference(*facts, of=of)
    told = contacts or {}
    made = {}
    for who in found.people.values():
        if who.contact is None:
            continue
        own = told.get(who.contact, [confirmed(who.email or "")])
        contact = fold_contact(contact_facts(who, *own))
        assert contact is not None
        made[who.contact] = contact
    return Case(
        conference=found,
        contacts=made,
        house=fold_house(recorded("house:main", house)),
        profile=profile,
        calendar=CALENDAR,
        heads={f"conference:{REF}": found.head},
        releases_needed=releases_needed,
        can_send=can_send,
    )


def composed(plan: CopyPlan, copy: str, *, sha256: str = SHA) -> f.CopyComposed:
    """The fact that the copy of this plan was composed and proved: two pages of ours, two for each report."""
    sections = tuple(
        f.Section(title=f"Report {n}", report=item, from_page=1 + 2 * n, to_page=2 + 2 * n)
        for n, item in enumerate(plan.items, 1)
    )
    return f.CopyComposed(
        copy=CopyId(copy),
        person=plan.person,
        document=plan.document,
        issue=plan.issue,
        basis=plan.basis,
        blob=BlobId(f"b-{copy}"),
        sha256=sha256,
        pages=2 + 2 * len(plan.items),
        sections=sections,
        left_out=plan.left_out,
        needs_release=plan.needs_release,
        children=plan.children,
        said=plan.said,
        supersedes=plan.supersedes,
    )


def plan_for(of: Case, person_: str, now: datetime) -> CopyPlan:
    """The copy that this person ought to have next."""
    plan = target(of, of.conference.people[PersonId(person_)], now)
    assert plan is not None
    return plan


def released(copy: str, by: str, *, sha256: str = SHA) -> f.CopyReleased:
    """One name's release."""
    return f.CopyReleased(copy=CopyId(copy), sha256=sha256, by=by, by_key=by.casefold())


def claimed(copy: str, address: str, attempt: int = 1) -> f.SendingClaimed:
    """A worker's claim."""
    return f.SendingClaimed(
        copy=CopyId(copy), attempt=attempt, address=address, message_id=f"<{copy}@x.example>", raw=BlobId("m"), worker="w1"
    )


def body_started(copy: str, attempt: int = 1) -> f.BodyStarted:
    """The mark before DATA."""
    return f.BodyStarted(copy=CopyId(copy), attempt=attempt)


def accepted(copy: str, attempt: int = 1) -> f.MessageAccepted:
    """The server took it over."""
    return f.MessageAccepted(copy=CopyId(copy), attempt=attempt, reply="250 ok")


def not_taken(copy: str, attempt: int = 1, *, permanent: bool = False) -> f.MessageNotTaken:
    """Nothing was taken over, for certain."""
    return f.MessageNotTaken(copy=CopyId(copy), attempt=attempt, code="451" if not permanent else "550", permanent=permanent)


def unknown(copy: str, attempt: int = 1) -> f.MessageUnknown:
    """Nobody knows."""
    return f.MessageUnknown(copy=CopyId(copy), attempt=attempt, code="cut")


def unfiled(item: str) -> f.ReportUnfiled:
    """A filing undone."""
    return f.ReportUnfiled(item=ItemId(item), because="wrong", by="Clerk One")


def allowed(item: str, person_: str) -> f.ReportAllowed:
    """The chair's decision."""
    return f.ReportAllowed(item=ItemId(item), person=PersonId(person_), decided_by="the chair", because="they need it")


def searched(item: str, *details: str, found: Sequence[str] = ()) -> f.ReportSearched:
    """A search after details were added; what was found stands on page 1."""
    return f.ReportSearched(
        item=ItemId(item),
        searched=tuple(DetailId(d) for d in details),
        found=tuple(f.Finding(detail=DetailId(d), page=1) for d in found),
    )


HOUR = timedelta(hours=1)
