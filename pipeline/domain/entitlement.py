"""Need to know: who may have what, and why. The only thing the pack builder reads; asked again at the instant of sending.

On doubt nothing: an unknown person, an unreadable page that may hide a protected detail, a report about a child the
person has no link to, are all "not entitled" until the chair decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.domain.acting import Known
from pipeline.domain.addresses import Standing, normalised
from pipeline.domain.case import Case
from pipeline.domain.facts import OF_REPORTS, Content, Document, Elsewhere, Omission
from pipeline.domain.minutes_versions import not_read_by, not_yet, standing_version
from pipeline.domain.outcome import ChildOutcome
from pipeline.domain.people import ChildId, ExcludedFrom, ItemId, Person, PersonId, ProtectedDetail, Role
from pipeline.domain.profile import CORE_GROUP, DocumentRule, Route
from pipeline.domain.records import Report

ON_PAPER = "paper"
"""The document of an audience rule that gives reports in print alone."""

_KEPT_BY = {
    Document.PACK: {ExcludedFrom.REPORTS},
    Document.SUPPLEMENT: {ExcludedFrom.REPORTS},
    Document.INVITATION: {ExcludedFrom.ATTENDING},
    Document.DECISION_NOTICE: set[ExcludedFrom](),
    Document.OUTLINE_PLAN: {ExcludedFrom.PLAN},
    Document.IMMEDIATE_ACTIONS: {ExcludedFrom.PLAN},
    Document.OUTCOME_FORM: {ExcludedFrom.PLAN, ExcludedFrom.MINUTES},
    Document.ESCALATION: set[ExcludedFrom](),
    Document.MIDPOINT_NOTICE: {ExcludedFrom.PLAN},
    Document.TIMETABLE: {ExcludedFrom.PLAN},
    Document.MINUTES: {ExcludedFrom.MINUTES},
}
"""Which exclusions keep a person from which document; ALL keeps from each. The outcome form holds plan and views alike.

A notice tells what was decided and no plan, so an exclusion from the plan leaves it (SWG-8: separate decisions).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """What a person may have. `allowed` in filing order of the case; `withheld` says why not.

    `document` is False where the person gets no such document at all (`because` says why). `whole` is True for a person
    from whom nothing at all is withheld: only such copies list awaited and late reports.
    """

    document: bool
    because: str
    allowed: tuple[ItemId, ...] = ()
    withheld: tuple[Omission, ...] = ()
    reasons: tuple[tuple[ItemId, str], ...] = ()
    whole: bool = False
    held_back: bool = False
    """True where something is withheld that the profile would give."""
    for_chair: bool = False
    """True where some of that is for the chair to decide (`packs allow`); a protected detail never is."""
    children: tuple[ChildId, ...] = ()
    """Of a document that is not made of reports: the children whose outcome the person may have in it."""


def excluded(case: Case, person: PersonId, document: Document) -> str | None:
    """Returns why the person is kept from this kind of document, or None."""
    who = case.conference.people.get(person)
    if who is not None and who.include is False:
        return "not to be included by a recorded decision"
    kept_from = {*_KEPT_BY[document], ExcludedFrom.ALL}
    for exclusion in case.conference.exclusions:
        if exclusion.person == person and kept_from & set(exclusion.from_):
            return "excluded from receiving it by the chair's decision"
    return None


def undecided(case: Case, person: PersonId, document: Document) -> str | None:
    """Returns why nobody knows yet whether the person is kept from it: a linked conference decided, and nobody answered here."""
    kept_from = {*_KEPT_BY[document], ExcludedFrom.ALL}
    for asked, _ in case.conference.elsewhere:
        if asked.person == person and (asked.what is not Elsewhere.EXCLUDED or kept_from & set(asked.from_)):
            return f"{asked.conference} recorded something about this person that nobody has answered here (`packs agenda`)"
    return None


def kept(case: Case, person: PersonId, document: Document) -> str | None:
    """Returns why the person does not have this kind of document, by a decision here or one elsewhere that is open here."""
    return excluded(case, person, document) or undecided(case, person, document)


def details_kept_from(case: Case, person: PersonId) -> list[ProtectedDetail]:
    """Returns the details that must not reach this person."""
    return [detail for detail in case.conference.protected if person in detail.from_]


def entitlement(
    case: Case, person: PersonId, document: Document, *, superseded: bool = False, on_paper: bool = False
) -> Entitlement:
    """Returns what `person` may have of the reports filed now, for this kind of document.

    With `superseded`, older versions count as well: a copy that left with one stays lawful when a newer version comes.
    `on_paper` adds what the profile gives in print alone, by the hands of whoever it names (SWG-6).

    Source: domain.md A00.2, A00.4, A00.7, POR-3, POR-6, POR-8, SWG-9; the profile's audience rules.
    """
    who = case.conference.people.get(person)
    if who is None:
        return Entitlement(document=False, because="not a person of this conference")
    if why := kept(case, person, document):
        return Entitlement(document=False, because=why)
    if document is Document.MINUTES:
        return _minutes(case, who, superseded=superseded)
    if document is Document.INVITATION:
        return _before(case, who)
    if document not in OF_REPORTS:
        return _after(case, who, document)
    kinds = ("pack", ON_PAPER) if on_paper else ("pack",)
    on, type_ = case.conference.start_at.date(), case.conference.booking.type
    contents = frozenset[str]().union(*(case.profile.contents_for(who.role, kind, type_, on) for kind in kinds))
    if not contents:
        return Entitlement(document=False, because=f"the profile gives {who.role.value} no reports")
    reports = case.conference.filed() if superseded else case.conference.latest()
    allowed: list[ItemId] = []
    reasons: list[tuple[ItemId, str]] = []
    withheld: list[Omission] = []
    for report in reports:
        why_not = _why_not(case, who, report, contents)
        if why_not is None:
            allowed.append(report.item)
            reasons.append((report.item, _why(case, who, report)))
        else:
            withheld.append(Omission(report=report.item, why=why_not))
    given = [r for o in withheld if (r := case.conference.reports[o.report]).filed.content.value in contents]
    every = {Content.SOCIAL_WORKER_REPORT.value, Content.AGENCY_REPORT.value} <= set(contents)
    return Entitlement(
        document=True,
        because=f"invited as {who.role.value}",
        allowed=tuple(allowed),
        withheld=tuple(withheld),
        reasons=tuple(reasons),
        whole=every and not withheld,
        held_back=bool(given),
        for_chair=any(_by_detail(case, who, report) is None for report in given),
    )


def document_rule(case: Case, who: Person, document: Document) -> DocumentRule | None:
    """Returns the profile's rule by which this person gets such a document, or None."""
    outcome = case.conference.outcome
    member = outcome is not None and any(who.id in child.core_group for child in outcome.children)
    booking = case.conference.booking
    return case.profile.document_for(
        who.role, document.value, booking.type, case.conference.start_at.date(), in_core_group=member
    )


def known_of(child: ChildOutcome) -> Mapping[str, Known]:
    """Returns the facts of one child by which a profile chooses."""
    found: dict[str, Known] = {"plan-made": child.decision.with_plan}
    if child.grade is not None:
        found["grade"] = child.grade
    if child.rag is not None:
        found["rag"] = child.rag.value
    return found


def _before(case: Case, who: Person) -> Entitlement:
    """Whether a person may be invited, and about which children; family only once it is decided to include that very person.

    Source: domain.md A00.2, SWG-4, E15; the profile's document rules.
    """
    rule = document_rule(case, who, Document.INVITATION)
    if rule is None:
        return Entitlement(document=False, because=f"the profile gives {who.role.value} no invitation")
    if who.role.is_family and who.include is not True:
        return Entitlement(document=False, because="no decision to include this person is recorded yet")
    every = tuple(child.id for child in case.conference.booking.children)
    children = tuple(child for child in every if who.role is Role.CHAIR or child in who.children)
    if not children:
        return Entitlement(document=False, because="it is about no child this person has a role for")
    return Entitlement(
        document=True, because=f"invited under {rule.id}", children=children, whole=set(children) == set(every)
    )


def _after(case: Case, who: Person, document: Document) -> Entitlement:
    """What a person may have of the outcome: the children they have a role for, of those that the document is about.

    Source: domain.md A00.2; the profile's document rules.
    """
    rule, outcome = document_rule(case, who, document), case.conference.outcome
    if rule is None:
        return Entitlement(document=False, because=f"the profile gives {who.role.value} no {document.value}")
    if outcome is None:
        return Entitlement(document=False, because="no outcome is recorded yet")
    if document in (Document.OUTCOME_FORM, Document.IMMEDIATE_ACTIONS) and not case.conference.heard_all(who):
        return Entitlement(document=False, because="it tells of every part of a split conference")
    children = tuple(
        child.child
        for child in outcome.children
        if (who.role is Role.CHAIR or child.child in who.children)
        and (rule.reader != CORE_GROUP or who.id in child.core_group)
        and all(condition.holds(known_of(child)) for condition in rule.when)
    )
    if not children:
        return Entitlement(document=False, because="it is about no child this person has a role for")
    return Entitlement(
        document=True,
        because=f"{document.value} goes to {rule.reader} under {rule.id}",
        children=children,
        whole=set(children) == {child.child for child in outcome.children},
    )


def _minutes(case: Case, who: Person, *, superseded: bool) -> Entitlement:
    """What a person may have of the minutes: the one version that stands for them, approved; else why not yet.

    With `superseded` every approved version that was for them to read.
    """
    conference, may = case.conference, _after(case, who, Document.MINUTES)
    version = standing_version(conference, who.id)
    if not may.document or version is None:
        return may if not may.document else replace(may, document=False, because="no minutes have come back yet")
    kept = details_kept_from(case, who.id)
    if superseded:
        mine = [v for v in conference.minutes if v.approved and (not v.taken.for_ or who.id in v.taken.for_)]
        allowed = tuple(v.taken.item for v in mine if not_read_by(conference, who, v, kept) is None)
        return replace(may, allowed=allowed, reasons=tuple((item, may.because) for item in allowed))
    why_not = not_read_by(conference, who, version, kept) or not_yet(conference, version)
    item = version.taken.item
    if why_not is not None:
        return replace(may, withheld=(Omission(report=item, why=why_not),))
    return replace(may, allowed=(item,), reasons=((item, may.because),))


def recipient(case: Case, person: PersonId, document: Document) -> PersonId | None:
    """Returns whose address this person's copy goes to: their own, or that of the social worker who hands it over.

    None where it goes by the social worker's hands and there is none with a role for each of the person's children, or
    more than one, or they are themselves kept from it: on doubt it goes to nobody (A00.3).
    """
    who = case.conference.people.get(person)
    rule = None if who is None or document in OF_REPORTS else document_rule(case, who, document)
    if who is None or rule is None or rule.route is not Route.SOCIAL_WORKER:
        return person
    workers = [
        one.id
        for one in case.conference.people.values()
        if one.role is Role.SOCIAL_WORKER
        and set(who.children) <= set(one.children)
        and kept(case, one.id, document) is None
    ]
    return workers[0] if len(workers) == 1 else None


def standing_for(case: Case, person: PersonId, document: Document) -> Standing:
    """Returns the standing of the address that this person's copy of the document goes to."""
    to = recipient(case, person, document)
    return case.standing(to) if to is not None else Standing()


def readers_at(case: Case, person: PersonId, document: Document) -> tuple[PersonId, ...]:
    """Returns the person, whoever hands the copy over, and everybody else whose address is the one that it goes to."""
    to = recipient(case, person, document)
    address = standing_for(case, person, document).address
    others = [
        other
        for other in case.conference.people
        if other not in {person, to}
        and address is not None
        and (theirs := case.standing(other).address) is not None
        and normalised(theirs).casefold() == normalised(address).casefold()
    ]
    return (person, *([to] if to is not None and to != person else []), *others)


def _why_not(case: Case, who: Person, report: Report, contents: frozenset[str]) -> str | None:
    # a protected detail is never overruled by an allowance: nothing passes it
    if why := _by_detail(case, who, report):
        return why
    if (report.item, who.id) in case.conference.allowed:
        return None
    if report.filed.content.value not in contents:
        if report.filed.content is Content.CONFIDENTIAL_SECTION:
            return "a confidential section goes to the chair alone until the chair decides"
        return f"the profile does not give {report.filed.content.value} to {who.role.value}"
    if who.role is not Role.CHAIR and not set(report.filed.concerns) <= set(who.children):
        return "it covers a child this person has no role for; the chair decides"
    if who.role is not Role.CHAIR and not case.conference.meets(who.id, report.filed.person):
        return "its author sits in another session of the conference; the chair decides"
    return None


def _by_detail(case: Case, who: Person, report: Report) -> str | None:
    """Returns why a protected detail keeps the report from this person, or None."""
    kept = details_kept_from(case, who.id)
    hits = {finding.detail for finding in report.found}
    if found := sorted(detail.id for detail in kept if detail.id in hits):
        return f"it holds a protected detail ({', '.join(found)}) that must not reach this person"
    unsearched = sorted(detail.id for detail in kept if detail.id not in report.searched)
    if unsearched:
        return f"it has not been searched for {', '.join(unsearched)} yet"
    if kept and report.filed.unreadable:
        return "it has pages that nobody could search for the details protected from this person"
    return None


def _why(case: Case, who: Person, report: Report) -> str:
    if decision := case.conference.allowed.get((report.item, who.id)):
        return f"allowed by a recorded decision: {decision.because}"
    return f"{report.filed.content.value} goes to {who.role.value} under the profile's audience rules"
