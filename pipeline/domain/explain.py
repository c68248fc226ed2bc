"""In words: what a person was sent, when, why they were entitled to it, and what they did not get and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipeline.domain.calendar import spoken
from pipeline.domain.case import Case
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Document, Omission
from pipeline.domain.minutes_versions import version_of
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.records import Copy
from pipeline.domain.views import copy_state, handed_over


def explain(case: Case, person: PersonId, now: datetime, then: Callable[[int], Case]) -> list[str]:
    """Returns the sentences, oldest document first. Reports are named by their item and their author's id.

    `then` returns the case as it stood after a fact of the conference (its sequence number): a copy's reasons are those
    that it was made for.
    """
    conference = case.conference
    who = conference.people[person]
    lines = [f"{who.id} is {who.role.value} of {conference.reference}, with a role for {', '.join(who.children) or 'no child'}."]
    for exclusion in conference.exclusions:
        if exclusion.person == person:
            kept = ", ".join(kind.value for kind in exclusion.from_)
            lines.append(f"Excluded from {kept}: {exclusion.because} (decided by {exclusion.decided_by}).")
    copies = conference.copies_of(person)
    sent = [copy for copy in copies if copy.accepted is not None]
    if not sent:
        lines.append("No papers were sent to this person." if conference.letters else "Nothing was sent to this person.")
    for copy in copies:
        lines.extend(_copy(case, copy, now, then(copy.composed_seq)))
    for letter in conference.letters.values():
        if letter.person == person and letter.accepted_at is not None:
            kind = letter.kind.value
            lines.append(f"Letter without content ({kind}): sent {spoken(letter.accepted_at)} to {letter.claimed_address}.")
    minutes = entitlement(case, person, Document.MINUTES)
    if conference.minutes and (not minutes.document or minutes.withheld):
        why = minutes.withheld[0].why if minutes.withheld else minutes.because
        lines.append(f"Gets no minutes now: {why}.")
    may = entitlement(case, person, Document.PACK)
    if not may.document:
        lines.append(f"Gets no papers now: {may.because}.")
        return lines
    for omission in may.withheld:
        lines.append(f"Not entitled now to {_named(case, omission.report)}: {omission.why}.")
    return lines


def _named(case: Case, item: ItemId) -> str:
    if (version := version_of(case.conference, item)) is not None:
        return f"{item} (version {version.number} of the minutes)"
    report = case.conference.reports.get(item)
    return f"{item} (from {report.filed.person})" if report is not None else item


def _copy(case: Case, copy: Copy, now: datetime, made_from: Case) -> list[str]:
    state, why = copy_state(case, copy, now)
    head = f"{copy.document.value.capitalize()}, issue {copy.issue}: "
    if copy.accepted_at is not None and copy.claim is not None:
        reply = copy.accepted.reply if copy.accepted else ""
        head += f"sent {spoken(copy.accepted_at)} to {copy.claim.address}, taken over by the server ({reply})."
    else:
        head += f"{state}{f' ({why})' if why else ''}; composed {spoken(copy.composed_at)}."
    lines = [head]
    for release, at in copy.releases:
        lines.append(f"  Released {spoken(at)} by {release.by}.")
    if copy.composed is not None and copy.composed.children:
        because = entitlement(made_from, copy.person, copy.document).because
        lines.append(f"  It tells of {', '.join(copy.composed.children)}: {because}.")
    if copy.composed is not None and copy.composed.supersedes is not None:
        lines.append(f"  It replaces issue {copy.composed.supersedes}.")
    if (handed := handed_over(case, copy)) is not None:
        lines.append(f"  Handed over {spoken(handed.done_at)} by {handed.by}: {handed.how}.")
    if (translated := copy.translation) is not None:
        lines.append(f"  In {translated.language}, put in by {translated.by}: sealed for handing over, not sent.")
    made = copy.composed or copy.held
    reasons = dict(entitlement(made_from, copy.person, copy.document, superseded=True).reasons)
    still = set(entitlement(case, copy.person, copy.document, superseded=True).allowed)
    for section in made.sections if made is not None else ():
        if section.report is not None:
            reason = reasons.get(section.report, "entitled when it was made")
            reason += "" if section.report in still else "; not entitled any more"
            lines.append(
                f"  Pages {section.from_page} to {section.to_page}: {_named(case, section.report)}: {reason}."
            )
    left: tuple[Omission, ...] = made.left_out if made is not None else ()
    for omission in left:
        lines.append(f"  Left out: {_named(case, omission.report)}: {omission.why}.")
    return lines
