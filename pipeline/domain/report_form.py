"""What travels in clear beside a professional's invitation: a calendar file, and the agency's report form.

The form is a reference, the agency, when it is due and headings: nothing about anybody, so it may go in clear. Filled in
it finds its way home: its title block names reference and agency (`identity`), its headings are those that `report_parts`
looks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.case import Case
from pipeline.domain.diary import as_icalendar, entries
from pipeline.domain.invitation_words import due_words
from pipeline.domain.people import Person, Role

_MARGIN = "Sensitive when filled in"
_HEADINGS_OF_A_FORM = 5
_EDGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Files that name nobody. `report_form` are the values of the form's template; None where no report is asked."""

    calendar: str
    report_form: Mapping[str, object] | None = None


def beside_invitation(case: Case, person: Person, now: datetime, *, team: str, mailbox: str) -> Beside:
    """Returns what goes beside this professional's invitation, made now."""
    asked = person.id in case.conference.asked_at
    return Beside(
        calendar=as_icalendar(entries(case, person), now, mailbox.rpartition("@")[2]),
        report_form=form_values(case, person, team=team, mailbox=mailbox) if asked else None,
    )


def form_values(case: Case, person: Person, *, team: str, mailbox: str) -> dict[str, object]:
    """Returns the values of the form's template for somebody who is asked for a report."""
    reference = case.conference.reference
    return {
        "classification": _MARGIN,
        "authority": team,
        "team": "",
        "title": f"Report for {reference}",
        "reference": reference,
        "agency": person.agency or person.role.words,
        "report_due": due_words(case, person),
        "send_to": f"Send it to {mailbox}, with the reference {reference} in the subject.",
        "social_worker": "yes" if person.role is Role.SOCIAL_WORKER else "",
    }


def unfilled(pages: Sequence[str]) -> bool:
    """True for a numbered form with nothing below any of its headings but hints in brackets: somebody sent it back as it was.

    It takes five numbered headings or more, in order; a line that heads or ends every page is the page's and answers nothing.
    """
    lines = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    furniture = set.intersection(*map(_at_the_edge, lines)) if len(lines) > 1 else {_MARGIN}
    whole = [line for page in lines for line in page if line not in furniture and line != _MARGIN]
    sections: list[list[str]] = []
    for line in whole:
        if line.startswith(f"{len(sections) + 1}. "):
            sections.append([])
        elif sections:
            sections[-1].append(line)
    return len(sections) >= _HEADINGS_OF_A_FORM and all(_only_a_hint(section) for section in sections)


def _at_the_edge(page: Sequence[str]) -> set[str]:
    """The lines at the head and the foot of a page that stand on it once: an answer may be given to several questions."""
    return {line for line in (*page[:_EDGE], *page[-_EDGE:]) if page.count(line) == 1}


def _only_a_hint(section: Sequence[str]) -> bool:
    return re.fullmatch(r"(?:\([^()]*\))?", " ".join(section)) is not None


def form_name(reference: str) -> str:
    """Returns the name under which the form travels."""
    return f"report-form-{reference}.docx"
