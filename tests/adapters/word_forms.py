"""Fills in the booking form as a social worker would in Word. All people are invented."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from docx import Document
from docx.table import Table, _Cell

Place = tuple[str, str] | tuple[str, int, str]
"""Title of a block and the beginning of a label; or title of a list, row from 1, and the beginning of its label."""

FILLED: Mapping[Place, str] = {
    ("Conference", "Type"): "Initial",
    ("Conference", "Date"): "Thursday 17 December 2026",
    ("Conference", "Start time"): "10.00am",
    ("Conference", "How"): "Virtual",
    ("Conference", "Reference"): "MV-2612-011",
    ("Conference", "Service"): "Assessment Service",
    ("Enquiry", "Why the section"): "A burn nobody explains",
    ("Enquiry", "Category"): "Physical abuse",
    ("Enquiry", "Confidential section"): "☒ Yes   ☐ No",
    ("Conference", "Child care"): "for C2",
    ("Conference", "Safety plan"): "☒ Yes   ☐ No",
    ("Strategy discussions", 1, "Date"): "26/11/2026",
    ("Strategy discussions", 1, "Time"): "9am",
    ("Strategy discussions", 1, "Began"): "yes",
    ("Consultation", "Asked for on"): "26 November 2026",
    ("Consultation", "Asked for at"): "09:00",
    ("Consultation", "Asked for by"): "Ptolemy Askew",
    ("Consultation", "Held on"): "26/11/2026",
    ("Consultation", "Held at"): "2pm",
    ("Consultation", "Held by"): "Sunniva Garth",
    ("Consultation", "Recommendation"): "A child in need plan",
    ("Consultation", "Why it is"): "The risk is held",
    ("Consultation", "Decided on"): "26/11/2026",
    ("Consultation", "Decided at"): "16:30",
    ("Consultation", "Decided by"): "Odo Fell",
    ("Consultation", "Decision"): "Hold",
    ("Consultation", "Why it was"): "A new injury",
    ("Child C1", "Name"): "Odette Wrayburn",
    ("Child C1", "Born on"): "11 April 2017",
    ("Child C1", "Seen alone on"): "27/11/2026",
    ("Child C1", "Advocate"): "Referred",
    ("Child C1", "Parents consent"): "yes",
    ("Child C1", "School"): "Tern Lane Primary",
    ("Child C1", "GP"): "Dr Quist, Sandgate Surgery",
    ("Child C1", "Gender"): "girl",
    ("Child C1", "Ethnicity"): "White British",
    ("Child C1", "Language"): "English and BSL",
    ("Child C1", "Disability"): "none known",
    ("Child C1", "Home address"): "2 Tern Lane, Midvale",
    ("Others of the household", 1, "Name"): "Bevis Wrayburn",
    ("Others of the household", 1, "Relationship"): "grandfather",
    ("Others of the household", 1, "Born on"): "3 May 1951",
    ("Family member F1", "Relationship"): "mother",
    ("Family member F1", "Born on"): "2 January 1990",
    ("Family member F1", "Risk to staff"): "none",
    ("Family member F1", "Bail"): "non-molestation order against F3",
    ("Family member F1", "Safe contact"): "text first; not after 5 pm",
    ("Child C1", "Wants to speak"): "☒ Yes   ☐ No",
    ("Child C2", "Name"): "Perrin Wrayburn",
    ("Child C2", "Born on"): "2026-04-08",
    ("Family member F1", "Name"): "Ilse Wrayburn",
    ("Family member F1", "Role"): "Mother",
    ("Family member F1", "Children"): "all",
    ("Family member F1", "Lives with"): "yes",
    ("Family member F1", "Parental"): "yes",
    ("Family member F1", "E-mail"): "ilse.w@freemail.example",
    ("Family member F1", "To be included"): "yes",
    ("Family member F1", "Why"): "Lives with both children",
    ("Family member F1", "Interpreter"): "BSL",
    ("Family member F3", "Name"): "Holm Wrayburn",
    ("Family member F3", "Role"): "Parent",
    ("Family member F3", "Children"): "C1 and C2",
    ("Family member F3", "To be included"): "☐ Yes   ☒ No",
    ("Family member F3", "Why"): "No contact since 2019;\nrisk to the mother",
    ("Professionals", 1, "Name"): "Sunniva Garth",
    ("Professionals", 1, "E-mail"): "s.garth@midvale.example",
    ("Professionals", 2, "Name"): "Ptolemy Askew",
    ("Professionals", 2, "Report"): "yes",
    ("Professionals", 4, "Name"): "Ghislaine Mottram",
    ("Professionals", 4, "Role"): "School",
    ("Professionals", 4, "Report"): "☒ Yes   ☐ No",
    ("Professionals", 4, "Children"): "C1",
    ("Exclusions", 1, "Who"): "F3",
    ("Exclusions", 1, "From"): "reports and minutes",
    ("Exclusions", 1, "Why"): "Threats after the strategy discussion",
    ("Exclusions", 1, "Decided"): "Sunniva Garth, chair",
    ("Parts of a split conference", 1, "Part"): "With the mother",
    ("Parts of a split conference", 1, "Start"): "10:00",
    ("Parts of a split conference", 1, "People"): "P1, F1",
    ("Parts of a split conference", 2, "Part"): "With the school",
    ("Parts of a split conference", 2, "Date"): "18/12/2026",
    ("Parts of a split conference", 2, "Start"): "2pm",
    ("Parts of a split conference", 2, "People"): "P1, P4",
    ("Details to keep from somebody", 1, "Detail"): "14 Tern Court, ZZ3 4AB",
    ("Details to keep from somebody", 1, "Kind"): "address",
    ("Details to keep from somebody", 1, "Keep"): "F3",
}


def filled(empty: bytes, answers: Mapping[Place, str]) -> bytes:
    """Returns the form with these answers written into its cells."""
    document = Document(BytesIO(empty))
    tables: dict[str, Table] = {table.rows[0].cells[0].text: table for table in document.tables}
    for place, answer in answers.items():
        table = tables[place[0]]
        cell = _in_list(table, place[1], place[2]) if len(place) == 3 else _in_block(table, place[1])
        for paragraph in cell.paragraphs[1:]:
            paragraph._p.getparent().remove(paragraph._p)
        for part in list(cell.paragraphs[0]._p):
            cell.paragraphs[0]._p.remove(part)
        cell.paragraphs[0].add_run(answer)
    made = BytesIO()
    document.save(made)
    return made.getvalue()


def _in_block(table: Table, label: str) -> _Cell:
    for row in table.rows[1:]:
        for at in (0, 2):
            if row.cells[at].text.startswith(label):
                return row.cells[at + 1]
    raise KeyError(label)


def _in_list(table: Table, row: int, label: str) -> _Cell:
    at = next(n for n, cell in enumerate(table.rows[1].cells) if cell.text.startswith(label))
    return table.rows[1 + row].cells[at]
