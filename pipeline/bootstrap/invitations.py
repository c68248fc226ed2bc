"""What goes beside an invitation, as files: a calendar entry, and the report form."""

from __future__ import annotations

from pathlib import Path

from pipeline.bootstrap import making
from pipeline.bootstrap.home import House
from pipeline.bootstrap.outcomes import write_new
from pipeline.domain.case import Case
from pipeline.domain.diary import as_icalendar, entries
from pipeline.domain.people import Person
from pipeline.domain.report_form import form_values


def write_calendar(path: Path, case: Case, person: Person | None, house: House, *, after: bool) -> int:
    """Writes the calendar file and returns how many entries are in it; it names nobody.

    Raises:
        RefusedError: there is such a file already, or it cannot be written.
    """
    found = entries(case, person, after=after)
    domain = house.settings.from_address.rpartition("@")[2]
    write_new(path, as_icalendar(found, house.desk.clock.now(), domain).encode(), "somebody's")
    return len(found)


def write_report_form(path: Path, case: Case, person: Person, house: House) -> None:
    """Writes the report form of somebody who is asked for a report; it names nobody but the agency.

    Raises:
        RefusedError: there is such a file already, or it cannot be written.
        TemplateError: somebody spoilt the template.
    """
    from pipeline.adapters.word_templates import WordTemplates

    office = house.desk.office
    values = form_values(case, person, team=office.team, mailbox=office.sender)
    write_new(path, WordTemplates(making.TEMPLATES).render("report_form", values), "a filled-in report")
