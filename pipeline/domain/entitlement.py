"""Need to know: who may have what, and why. The only thing the pack builder reads; asked again at the instant of sending.

On doubt nothing: an unknown person, an unreadable page that may hide a protected detail, a report about a child the
person has no link to, are all "not entitled" until the chair decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.case import Case
from pipeline.domain.conference import Report
from pipeline.domain.facts import Content, Document, Omission
from pipeline.domain.people import ExcludedFrom, ItemId, Person, PersonId, ProtectedDetail, Role

_DOCUMENT_EXCLUSION = {
    Document.PACK: ExcludedFrom.REPORTS,
    Document.SUPPLEMENT: ExcludedFrom.REPORTS,
}


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


def excluded(case: Case, person: PersonId, document: Document) -> str | None:
    """Returns why the person is kept from this kind of document, or None."""
    who = case.conference.people.get(person)
    if who is not None and who.include is False:
        return "not to be included by a recorded decision"
    kept_from = {_DOCUMENT_EXCLUSION[document], ExcludedFrom.ALL}
    for exclusion in case.conference.exclusions:
        if exclusion.person == person and kept_from & set(exclusion.from_):
            return "excluded from receiving it by the chair's decision"
    return None


def details_kept_from(case: Case, person: PersonId) -> list[ProtectedDetail]:
    """Returns the details that must not reach this person."""
    return [detail for detail in case.conference.protected if person in detail.from_]


def entitlement(case: Case, person: PersonId, document: Document, *, superseded: bool = False) -> Entitlement:
    """Returns what `person` may have of the reports filed now, for this kind of document.

    With `superseded`, older versions count as well: a copy that left with one stays lawful when a newer version comes.

    Source: domain.md A00.2, A00.4, A00.7, POR-3, POR-6, POR-8; the profile's audience rules.
    """
    who = case.conference.people.get(person)
    if who is None:
        return Entitlement(document=False, because="not a person of this conference")
    if why := excluded(case, person, document):
        return Entitlement(document=False, because=why)
    contents = case.profile.contents_for(
        who.role, "pack", case.conference.booking.type, case.conference.start_at.date()
    )
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
