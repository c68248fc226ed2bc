"""Completeness: what the authority requires of a report, held against what was found in it. Shown and chased, never refused.

Of a version in several documents (one for each child, or a report and its chronology) a part is there for a child if one of
the documents about that child holds it; a number for the author may stand in any.

Source: domain.md POR-9, SWG-4, SWG-7, BAD-5, BAD-6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from pipeline.domain.acting import Known, Place, acts_at
from pipeline.domain.case import Case
from pipeline.domain.facts import Content, ReportExamined
from pipeline.domain.headings import Part, headings_of, version_of
from pipeline.domain.people import ItemId, Person, PersonId, Role
from pipeline.domain.profile import Profile
from pipeline.domain.records import Report
from pipeline.domain.report_parts import Found, examine

_PARTS = {part.fact: part for part in Part}


def examined(
    profile: Profile, item: ItemId, pages: Sequence[str], *, author: str, unreadable: bool, of_pictures: bool
) -> ReportExamined:
    """Returns what was found in a report; `of_pictures` where the text of a page was read by OCR."""
    found = examine(pages, headings_of(profile.headings), author=author, doubtful=unreadable or of_pictures)
    return ReportExamined(
        item=item,
        has=tuple(part.value for part in found.has),
        missing=tuple(part.value for part in found.missing),
        unknown=tuple(part.value for part in found.unknown),
        headings=version_of(profile.headings),
    )


def to_examine(case: Case) -> list[Report]:
    """Returns the filed reports that were never read for their parts, or with other words than today's; none where no rule asks."""
    on = case.conference.start_at.date()
    acts = [act for one in case.profile.entries(case.conference.booking.type, on) for act in one.acts]
    if not any(act.where is Place.INTAKE and any(c.fact in _PARTS for c in act.when) for act in acts):
        return []
    words = version_of(case.profile.headings)
    return [
        report
        for report in case.conference.filed()
        if report.filed.content is not Content.CONFIDENTIAL_SECTION
        and (report.examined is None or report.examined.headings != words)
    ]


def missing_parts(case: Case, person: PersonId) -> tuple[str, ...]:
    """Returns the names of the parts that the person's latest report must hold and does not; empty where none is filed.

    What is only not known is not among them, so that nobody is chased on doubt.
    """
    return _asked(case, person, Found.MISSING)


def unclear_parts(case: Case, person: PersonId) -> tuple[str, ...]:
    """Returns the names of the required parts of which nobody knows yet whether the report holds them; for people to look."""
    missing = missing_parts(case, person)
    return tuple(part for part in _asked(case, person, Found.UNKNOWN) if part not in missing)


def required_parts(case: Case, person: Person) -> tuple[str, ...]:
    """Returns the names of the parts that this person's report must hold, whatever has come of it yet, in the order of Part."""
    social = person.role is Role.SOCIAL_WORKER
    return _wanting(case, Content.SOCIAL_WORKER_REPORT if social else Content.AGENCY_REPORT, frozenset())


def complete(case: Case, person: PersonId) -> bool | None:
    """Returns whether the latest report holds all that is required; None where none is filed, or it is not known."""
    if not case.conference.versions(person):
        return None
    if missing_parts(case, person):
        return False
    return None if unclear_parts(case, person) else True


def lacking_words(parts: Iterable[str]) -> str:
    """Returns parts as people would list them: "the parents' views; what the plan should hold"."""
    return "; ".join(Part(part).words for part in parts)


def _asked(case: Case, person: PersonId, at_most: Found) -> tuple[str, ...]:
    """Returns what the profile would act on if every part not found better than `at_most` were wanting, in the order of Part."""
    versions = case.conference.versions(person)
    if not versions:
        return ()
    there = frozenset(part for part in Part if _found(versions[-1], part) > at_most)
    return _wanting(case, versions[-1][0].filed.content, there)


def _wanting(case: Case, content: Content, there: Set[Part]) -> tuple[str, ...]:
    """Returns the names of the parts that the profile asks of such a report and that are not there, in the order of Part."""
    parents = [p for p in case.conference.people.values() if p.role is Role.PARENT]
    known: dict[str, Known] = {
        "content": content.value,
        "parent-not-resident": any(p.resident is False for p in parents),
        **{part.fact: part in there for part in Part},
    }
    entries = case.profile.entries(case.conference.booking.type, case.conference.start_at.date())
    acts = (act for one in entries for act in acts_at(one.acts, Place.INTAKE, known))
    wanting = {_PARTS[c.fact] for act in acts for c in act.when if c.fact in _PARTS and c.value is False}
    return tuple(part.value for part in Part if part in wanting)


def _found(version: Sequence[Report], part: Part) -> Found:
    """Returns what is known of a part in a version: the best of its documents, for the child of whom it is worst known."""
    if part is Part.AUTHOR_PHONE:
        return max(_in_one(report, part) for report in version)
    children = {child for report in version for child in report.filed.concerns}
    about = [[report for report in version if child in report.filed.concerns] for child in children] or [list(version)]
    return min(max(_in_one(report, part) for report in reports) for reports in about)


def _in_one(report: Report, part: Part) -> Found:
    if part.value in report.affirmed:
        return Found.THERE
    if report.examined is None or part.value in report.examined.unknown:
        return Found.UNKNOWN
    return Found.MISSING if part.value in report.examined.missing else Found.THERE
