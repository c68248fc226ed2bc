"""The agency's report form: a reference, the agency, when it is due and headings. Nothing about anybody, so it may go in clear.

Filled in it finds its way home: its title block names reference and agency (`identity`), its headings are those that
`report_parts` looks for.
"""

from __future__ import annotations

from pipeline.domain.case import Case
from pipeline.domain.invitation_words import due_words
from pipeline.domain.people import Person, Role


def form_values(case: Case, person: Person, *, team: str, mailbox: str) -> dict[str, object]:
    """Returns the values of the form's template for somebody who is asked for a report."""
    reference = case.conference.reference
    return {
        "classification": "Sensitive when filled in",
        "authority": team,
        "team": "",
        "title": f"Report for {reference}",
        "reference": reference,
        "agency": person.agency or person.role.words,
        "report_due": due_words(case, person),
        "send_to": f"Send it to {mailbox}, with the reference {reference} in the subject.",
        "social_worker": "yes" if person.role is Role.SOCIAL_WORKER else "",
    }


def form_name(reference: str) -> str:
    """Returns the name under which the form travels."""
    return f"report-form-{reference}.docx"
