"""Makes the Word templates in templates/ anew: cover, supplement, and the documents after a conference.

Staff edit the .docx files in Word and never need this script: it is here so that a spoilt template can be rebuilt and so
that the first version can be read as text. It overwrites; run it only to go back to the first version:

    .venv/bin/python scripts/make_templates.py [FOLDER]

The names in double braces are listed in pipeline/adapters/word_templates.py. Body text is 12.5 pt, so that it is still
over 12 pt after the writer has made each page a little smaller to put the stamp below it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the labels are those of this checkout's reader
from pipeline.adapters.booking_word_form import CHILD, CONFERENCE, CONSULTATION, ENQUIRY, FAMILY, LISTS, Field

BODY = Pt(12.5)
INK = RGBColor(0x1B, 0x26, 0x31)
BLUE = RGBColor(0x1D, 0x4E, 0x6B)
RULE = "B8C4CC"
PALE = "EAF1F5"
WARM = "FCEFD9"
FONT = "Arial"  # LibreOffice without Arial uses Liberation Sans, which has the same widths
FULL_CM = 16.6
FIRST_VERSION = datetime(2026, 11, 1)  # noqa: DTZ001 - Word files hold no zone; fixed, so that building twice gives the same file


def main(folder: Path) -> None:
    """Writes every template into the folder."""
    for name, make in TEMPLATES.items():
        make().save(str(folder / f"{name}.docx"))


def _cover() -> Docx:
    doc = _blank()
    _masthead(doc)
    _line(doc, "Prepared for {{ prepared_for }}", bold=True, size=Pt(15), after=Pt(10))
    _particulars(doc)
    _about(doc)
    heading = doc.add_paragraph("Contents", style="Heading 1")
    heading.paragraph_format.page_break_before = True
    _contents(doc)
    _list(doc, "invitees", "People invited", ("Name", "Role", "Agency"),
          ("{{ row.name }}", "{{ row.role }}", "{{ row.agency }}"), (5.6, 5.2, 5.8))
    _list(doc, "reports_table", "Reports received", ("Report", "From", "Received", "In time?"),
          ("{{ row.report }}", "{{ row.agency }}", "{{ row.received }}", "{{ row.verdict }}"), (5.0, 4.8, 4.2, 2.6))
    _list(doc, "awaited", "Reports we are still waiting for", ("Report", "From", "Due"),
          ("{{ row.report }}", "{{ row.agency }}", "{{ row.due }}"), (5.8, 5.6, 5.2))
    return doc


def _supplement() -> Docx:
    doc = _blank()
    _masthead(doc)
    _line(doc, "Prepared for {{ prepared_for }}", bold=True, size=Pt(15), after=Pt(10))
    _line(doc, "Please put these pages with the papers you already have.", after=Pt(10))
    _particulars(doc)
    doc.add_paragraph("Contents", style="Heading 1")
    _contents(doc)
    _list(doc, "awaited", "Reports we are still waiting for", ("Report", "From", "Due"),
          ("{{ row.report }}", "{{ row.agency }}", "{{ row.due }}"), (5.8, 5.6, 5.2))
    _about(doc)
    return doc


def _decision_notice() -> Docx:
    doc = _after("{{ decided }}")
    _each_child(doc, ("reason", "Why"))
    _date_list(doc)
    _paragraph_if(doc, "respond", "How to answer", bold=True)
    _close(doc)
    return doc


def _outline_plan() -> Docx:
    doc = _after("{{ decided }}")
    _each_child(
        doc, ("reason", "Why"), ("danger", "What we are worried about"), ("goal", "What safe looks like"),
        ("contingency", "What happens if this does not work"), actions=True,
        after=(("visits", "Visits"), ("alone", "Who sees the child alone"), ("core_group", "Core group")),
    )  # fmt: skip
    _date_list(doc)
    _close(doc)
    return doc


def _immediate_actions() -> Docx:
    doc = _after()
    _tag(doc, "{%p for sentence in immediate %}")
    doc.add_paragraph("{{ sentence }}", style="List Bullet")
    _tag(doc, "{%p endfor %}")
    _date_list(doc)
    _close(doc)
    return doc


def _outcome_form() -> Docx:
    doc = _after("{{ decided }}")
    _list(doc, "answers", "About the conference", ("Question", "Answer"), ("{{ row.what }}", "{{ row.said }}"), (7.6, 9.0))
    _list(doc, "attended", "Who took part", ("Person", "How"), ("{{ row.who }}", "{{ row.how }}"), (8.6, 8.0))
    _each_child(
        doc, ("grade", "Overall grading"), ("rag", "RAG rating"), ("reason", "Why"), ("worries", "What we are worried about"),
        ("strengths", "What is working well"), ("danger", "Danger statement"), ("goal", "Safety goal"),
        ("views", "What the child said"), ("contingency", "What happens if this does not work"), actions=True,
        after=(("visits", "Visits"), ("alone", "Who sees the child alone"), ("core_group", "Core group")),
    )  # fmt: skip
    _list(doc, "opinions", "What each agency thinks", ("From", "Child", "View", "Reasons"),
          ("{{ row.who }}", "{{ row.child }}", "{{ row.view }}", "{{ row.reasons }}"), (4.2, 3.4, 3.6, 5.4))
    _list(doc, "scale", "Safety scale (0 most worried, 10 safe)", ("From", "Child", "Number"),
          ("{{ row.who }}", "{{ row.child }}", "{{ row.number }}"), (8.0, 6.0, 2.6))
    _tag(doc, "{%p if immediate %}")
    doc.add_paragraph("Immediate actions", style="Heading 1")
    _tag(doc, "{%p for sentence in immediate %}")
    doc.add_paragraph("{{ sentence }}", style="List Bullet")
    _tag(doc, "{%p endfor %}")
    _tag(doc, "{%p endif %}")
    _paragraph_if(doc, "summary", "Summary")
    _paragraph_if(doc, "family_views", "What the family said")
    _date_list(doc)
    _close(doc)
    return doc


def _escalation() -> Docx:
    doc = _after("{{ decided }}")
    _each_child(doc, ("grade", "Overall grading"), ("reason", "Why"), ("danger", "What we are worried about"))
    _date_list(doc)
    _close(doc)
    return doc


def _midpoint_notice() -> Docx:
    doc = _after("{{ midpoint }}")
    _each_child(
        doc, ("rag", "RAG rating"), ("danger", "What we are worried about"), ("goal", "What safe looks like"), actions=True
    )
    _line(doc, "Please bring what you know of each action above: what is done, what is not, and why.")
    _date_list(doc)
    _close(doc)
    return doc


def _timetable() -> Docx:
    doc = _after()
    _date_list(doc)
    _each_child(doc, ("visits", "Visits"), ("alone", "Who sees the child alone"), ("core_group", "Core group"))
    _close(doc)
    return doc


def _invitation_professional() -> Docx:
    doc = _invitation("{{ intro }}")
    _tag(doc, "{%p if report_due %}")
    doc.add_paragraph("Your report", style="Heading 1")
    _line(doc, "{{ report_due }}", bold=True)
    _line(doc, "{{ send_to }}")
    _tag(doc, "{%p if must_say %}")
    _line(doc, "Your report must say:")
    _sentences(doc, "must_say", style="List Bullet")
    _tag(doc, "{%p endif %}")
    _tag(doc, "{%p endif %}")
    _part_of(doc, "section", "What a member of the family must not learn")
    doc.add_paragraph("If you cannot take part", style="Heading 1")
    _line(doc, "Tell us as soon as you can, and send us what you know, so that the {{ chair_word }} has it. If you can, ask "
               "somebody {% if report_due %}who knows your report {% endif %}to take part for you.")
    _standing(doc)
    _close(doc)
    return doc


def _invitation_family() -> Docx:
    doc = _invitation("{{ intro }}")
    for heading, text in (
        ("What the meeting is for", "People who know the children in your family say what is going well and what they are "
         "worried about. Together with you they work out what has to happen so that the children are safe. What you think "
         "matters: you can say it at the meeting, or tell it to the chair or your social worker before."),
        ("Who will be there", "The chair, who leads the meeting; the social worker; and people from services that know the "
         "children, such as their school or their health visitor."),
    ):
        doc.add_paragraph(heading, style="Heading 1")
        _line(doc, text)
    _part_of(doc, "call", "The chair rings you")
    doc.add_paragraph("Taking part", style="Heading 1")
    _line(doc, "If you take part by phone or video, please be in a quiet place where nobody else can listen. If there is "
               "anything that makes it hard for you to take part, or to find care for the children at that time, tell your "
               "social worker before the day.")
    _line(doc, "{{ interpreter }}")
    doc.add_paragraph("Somebody beside you", style="Heading 1")
    _line(doc, "You may bring somebody to support you, or an advocate: somebody who helps you to say what you think. Tell "
               "your social worker who it is before the meeting.")
    _part_of(doc, "reports", "The reports")
    _standing(doc)
    _close(doc)
    return doc


def _invitation_young_person() -> Docx:
    doc = _invitation("{{ intro }}")
    for heading, text in (
        ("What it is for", "Grown-ups who know you talk about what is going well and what worries them. They want to work out "
         "what has to happen so that you are safe."),
        ("What you can do", "You can come, for all of it or a part. You can also write down or draw what you think, or ask "
         "somebody to say it for you. You do not have to come if you do not want to."),
        ("Who can help you", "An advocate is somebody who is on your side and helps you to say what you think. Ask your social "
         "worker for one. You can also talk with the chair, the person who leads the meeting, before it begins. Tell your "
         "social worker if you would like that."),
    ):
        doc.add_paragraph(heading, style="Heading 1")
        _line(doc, text)
    _line(doc, "{{ interpreter }}")
    _part_of(doc, "reports", "The reports")
    _standing(doc)
    _close(doc)
    return doc


def _report_form() -> Docx:
    """What an agency fills in; its headings are numbered, so that an empty one is not answered by the next (report_parts)."""
    doc = _blank()
    doc.core_properties.title = "Report"
    _line(doc, "{{ authority }}", bold=True, colour=BLUE, size=Pt(14), after=Pt(0))
    doc.add_paragraph("{{ title }}", style="Title")
    table = _table(doc, (5.2, FULL_CM - 5.2))
    for label, value in (
        ("Conference reference", "{{ reference }}"), ("Agency", "{{ agency }}"), ("Children", ""), ("Author's name", ""),
        ("Job title", ""), ("Direct line", ""), ("Secure e-mail", ""), ("Date of report", ""),
    ):
        cells = _cells(table, label, value)
        _shade(cells[0], PALE)
        _bold(cells[0])
    _line(doc, "{{ report_due }}", bold=True).paragraph_format.space_before = Pt(10)
    _line(doc, "{{ send_to }}")
    _line(doc, "Write below each heading, and leave the headings as they are. What must not reach a member of the family does "
               "not belong here: ring us first.", after=Pt(10))
    for number, (heading, hint) in enumerate(REPORT_HEADINGS, 1):
        if heading == PARENT_NOT_INCLUDED:
            _tag(doc, "{%p if social_worker %}")
        title = doc.add_paragraph(f"{number}. {heading}", style="Heading 2")
        title.paragraph_format.keep_with_next = True
        if hint:
            _line(doc, f"({hint})").paragraph_format.keep_with_next = True
        _line(doc, "", after=Pt(14))
        if heading == PARENT_NOT_INCLUDED:
            _tag(doc, "{%p endif %}")
    return doc


PARENT_NOT_INCLUDED = "Parent not included"
REPORT_HEADINGS = (
    ("Our involvement", "Since when, how often, last seen, seen alone."),
    ("Health, development and learning", ""),
    ("Wishes and feelings of the child", "How you learned them."),
    ("Parents' views", "What they say themselves, and whether you have shared this report with them."),
    ("What we are worried about", "Keep what you saw, what you were told and what you think apart."),
    ("What is working well", ""),
    ("Is the child at ongoing risk of significant harm?", "Yes, no or not sure, for each child, and why."),
    ("Recommendation", "Whether each child needs a child protection plan, and why."),
    ("What should be in the plan", "And what your agency offers."),
    (PARENT_NOT_INCLUDED, "Where a parent who lives elsewhere is not included: why."),
)


def _invitation(intro: str) -> Docx:
    """The head of an invitation: for whom, when, about whom."""
    doc = _blank()
    _masthead(doc)
    _line(doc, "For {{ prepared_for }}", bold=True, size=Pt(15), after=Pt(10))
    _line(doc, intro, after=Pt(10))
    _particulars(doc)
    return doc


def _part_of(doc: Docx, name: str, heading: str) -> None:
    """A heading and its sentence, both gone where there is none."""
    _tag(doc, "{%p if " + name + " %}")
    doc.add_paragraph(heading, style="Heading 1")
    _line(doc, "{{ " + name + " }}")
    _tag(doc, "{%p endif %}")


def _standing(doc: Docx) -> None:
    """What the authority has each of its invitations say."""
    _tag(doc, "{%p if standing %}")
    doc.add_paragraph("Please also know", style="Heading 1")
    _sentences(doc, "standing")
    _tag(doc, "{%p endif %}")


def _sentences(doc: Docx, name: str, *, style: str = "Normal") -> None:
    _tag(doc, "{%p for sentence in " + name + " %}")
    doc.add_paragraph("{{ sentence }}", style=style)
    _tag(doc, "{%p endfor %}")


def _minutes() -> Docx:
    """The skeleton of the minutes, for a person to edit; `mark` is what the file is known by when it comes back."""
    doc = _blank()
    _masthead(doc)
    _line(doc, "{{ mark }}", bold=True, size=Pt(15), after=Pt(10))
    _tag(doc, "{%p for part in parts %}")
    doc.add_paragraph("{{ part.heading }}", style="Heading 1")
    _tag(doc, "{%p for paragraph in part.paragraphs %}")
    _line(doc, "{{ paragraph.text }}")
    _tag(doc, "{%p endfor %}")
    _tag(doc, "{%p endfor %}")
    return doc


def _minutes_cover() -> Docx:
    """The page before the minutes in a person's copy of them."""
    doc = _after()
    _close(doc)
    return doc


def _outcome_entry() -> Docx:
    """The form that a chair fills in; pipeline/adapters/outcome_paper.py reads it back by these titles and labels."""
    doc = _blank()
    _masthead(doc)
    _line(doc, "Type your answers into the boxes in the middle and save the file. Leave empty what does not apply. Please do "
               "not change the titles and labels. Days and times: 18 February 2027 14:00 or 18/02/2027 14:00.")
    local, yes_no = "Day and time", "yes or no"
    _questions(doc, "Conference", "", (
        ("Reference", "{{ reference }}", "Leave as it is"), ("Ended", "", local),
        ("Decided at another time", "", local + ", only where it was not decided by the end"),
        ("Decided by", "", "Name, usually the {{ chair_word }}"), ("Quorate", "", yes_no), ("Efforts to be quorate", "", ""),
        ("Safety plan made beforehand", "", yes_no), ("Minute taker", "", yes_no),
        ("Not face to face", "", yes_no), ("Summary", "", ""), ("Views of the family", "", ""),
        ("Next core group", "", local), ("First visit", "", local),
        ("Next review conference ({{ review_word }})", "", local),
        ("Why a date is after its limit", "", "A manager's reason, only where one is"),
    ))  # fmt: skip
    _rows(doc, "attendees", ("Who took part", "Name", "Took part?", "What a call led to"),
          ("{{ row.id }}", "{{ row.name }}", "", ""), (2.8, 5.2, 3.2, 5.4))
    _line(doc, "Took part: {{ presences }}.")
    _tag(doc, "{%p for child in subjects %}")
    _questions(doc, "Child {{ child.id }}", "{{ child.name }}", (
        ("Decision", "", "{{ decisions }}"), ("Category", "", "With a {{ plan_word }}: {{ categories }}"),
        ("Reason", "", "Plain words that the family can read"), ("Grade", "", "0 to 10"), ("RAG", "", "{{ ratings }}"),
        ("Danger statement", "", ""), ("Safety goal", "", ""), ("What we are worried about", "", ""),
        ("What is working well", "", ""), ("The child's views", "", ""), ("Contingency", "", ""),
        ("Visits", "", "How often, and who visits"), ("Seen alone by", "", ""),
        ("Core group", "", "Ids from 'Who took part', with commas"),
    ))  # fmt: skip
    _tag(doc, "{%p endfor %}")
    _rows(doc, "view_rows", ("Views", "Name", "For child", "View", "Reasons", "Dissent?"),
          ("{{ row.id }}", "{{ row.name }}", "{{ row.child }}", "", "", ""), (2.4, 3.6, 1.6, 2.8, 4.1, 2.1))
    _line(doc, "View: {{ opinion_words }}. Leave a row empty where nobody said anything.")
    _rows(doc, "scale_rows", ("Safety scale", "Name", "For child", "Number"),
          ("{{ row.id }}", "{{ row.name }}", "{{ row.child }}", ""), (3.0, 6.6, 3.0, 4.0))
    _line(doc, "0: most worried; 10: safe enough to close.")
    _tag(doc, "{%p for action in action_rows %}")
    _questions(doc, "Action {{ action.number }}", "", (
        ("Children", "", "Ids with commas, or all"), ("Action", "", ""), ("Aim", "", "What it is for"), ("Who", "", ""),
        ("By when", "", "Day"), ("How measured", "", ""), ("By family", "", yes_no), ("RAG", "", "{{ ratings }}"),
    ))  # fmt: skip
    _tag(doc, "{%p endfor %}")
    _rows(doc, "immediate_rows", ("Immediate actions", "One for the family in each row"), ("{{ row.number }}", ""),
          (4.0, FULL_CM - 4.0))
    return doc


FORM_CM = 25.3
FORM_TEXT = Pt(11)
ROWS = {"Others of the household": 5,
        "Professionals": 14, "Strategy discussions": 4, "Exclusions": 3, "Parts of a split conference": 3,
        "Details to keep from somebody": 3}  # fmt: skip
WIDTHS = {
    "Others of the household": (10.0, 9.0, 6.3),
    "Professionals": (1.6, 4.0, 3.1, 4.1, 4.4, 2.9, 3.2, 2.0), "Strategy discussions": (8.0, 6.0, 11.3),
    "Exclusions": (3.6, 7.0, 9.7, 5.0), "Parts of a split conference": (7.0, 4.8, 4.3, 9.2),
    "Details to keep from somebody": (11.0, 8.3, 6.0),
}  # fmt: skip
BOX = (
    '<w:sdt xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"><w:sdtPr><w14:checkbox><w14:checked w14:val="0"/>'
    '<w14:checkedState w14:val="2612" w14:font="MS Gothic"/><w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/>'
    "</w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>\u2610</w:t></w:r></w:sdtContent></w:sdt>"
)


def _booking_form() -> Docx:
    """The form that a social worker fills in; its labels are those that booking_word_form.py reads."""
    doc = _blank()
    section = doc.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    doc.core_properties.title = "Booking and consultation form"
    _line(doc, "{{ authority }}", bold=True, colour=BLUE, size=Pt(14), after=Pt(0))
    _line(doc, "{{ team }}", after=Pt(0))
    doc.add_paragraph("{{ title }}", style="Title")
    _line(doc, "Fill in what you know, leave the rest empty, and e-mail the form back to us. Write dates as 30 November 2026 "
               "and times as 09:30. Where a table asks who, write the code that stands in this form: C1 for a child, F1 for "
               "a member of the family, P1 for a professional.")
    _line(doc, "{{ duty }}", bold=True)
    _block(doc, "Conference", CONFERENCE)
    _list_of(doc, "Strategy discussions")
    _block(doc, "Enquiry", ENQUIRY)
    _block(doc, "Consultation", CONSULTATION)
    for number in range(1, 7):
        _block(doc, f"Child C{number}", CHILD)
    for number in range(1, 7):
        _block(doc, f"Family member F{number}", FAMILY)
    for name in ROWS:
        if name == "Strategy discussions":
            continue
        _list_of(doc, name)
    return doc


def _block(doc: Docx, title: str, fields: Sequence[Field]) -> None:
    """One thing: labels and answers by turns, two to a row, below its title."""
    table = _titled(doc, title, (5.0, 7.65, 5.0, 7.65))
    labelled = [*fields, *([("", "", "")] if len(fields) % 2 else [])]
    for left, right in zip(labelled[::2], labelled[1::2], strict=True):
        cells = _cells(table, left[0], "", right[0], "")
        for (_, key, kind), label, answer in ((left, *cells[:2]), (right, *cells[2:])):
            _shade(label, PALE)
            if key == "profile":
                answer.paragraphs[0].add_run("{{ profile }}")
            elif kind == "yes":
                _boxes(answer)
        _small(cells)
    for row in table.rows[:-1]:  # a block stays on one page
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True


def _list_of(doc: Docx, name: str) -> None:
    """One row for each thing, below the labels."""
    fields = LISTS[name][1]
    table = _titled(doc, name, WIDTHS[name])
    head = _cells(table, *(label for label, _, _ in fields))
    for cell in head:
        _shade(cell, PALE)
        cell.paragraphs[0].paragraph_format.keep_with_next = True
    _small(head)
    _row_property(table, "w:tblHeader")
    for number in range(1, ROWS[name] + 1):
        row = _cells(table, *([""] * len(fields)))
        for (_, key, kind), cell in zip(fields, row, strict=True):
            if key == "id":
                cell.paragraphs[0].add_run(f"P{number}")
            elif key == "role" and number <= 2:
                cell.paragraphs[0].add_run(("chair", "social worker")[number - 1])
            elif kind == "yes":
                _boxes(cell)
        _small(row)


def _titled(doc: Docx, title: str, widths: Sequence[float]) -> Table:
    _line(doc, "", after=Pt(4))
    table = _table(doc, widths)
    cells = _cells(table, title, *([""] * (len(widths) - 1)))
    merged = cells[0].merge(cells[-1])
    for empty in merged.paragraphs[1:]:
        empty._p.getparent().remove(empty._p)
    merged.paragraphs[0].paragraph_format.keep_with_next = True
    _row_property(table, "w:tblHeader")
    _bold(merged)
    _shade(merged, WARM)
    return table


def _boxes(cell: _Cell) -> None:
    paragraph = cell.paragraphs[0]
    for word in ("Yes", "No"):
        paragraph._p.append(parse_xml(BOX))
        paragraph.add_run(f"\u00a0{word}  ")


def _small(cells: Sequence[_Cell]) -> None:
    for cell in cells:
        for run in cell.paragraphs[0].runs:
            run.font.size = FORM_TEXT


TEMPLATES = {
    "pack_cover": _cover,
    "pack_supplement": _supplement,
    "decision_notice": _decision_notice,
    "outline_plan": _outline_plan,
    "immediate_actions": _immediate_actions,
    "outcome_form": _outcome_form,
    "outcome_entry": _outcome_entry,
    "booking_form": _booking_form,
    "escalation": _escalation,
    "midpoint_notice": _midpoint_notice,
    "timetable": _timetable,
    "minutes": _minutes,
    "minutes_cover": _minutes_cover,
    "invitation_professional": _invitation_professional,
    "invitation_family": _invitation_family,
    "invitation_young_person": _invitation_young_person,
    "report_form": _report_form,
}


def _after(*sentences: str) -> Docx:
    """The head of a document after a conference: for whom, about which conference, and what it is."""
    doc = _blank()
    _masthead(doc)
    _line(doc, "Prepared for {{ prepared_for }}", bold=True, size=Pt(15), after=Pt(10))
    table = _table(doc, (4.6, FULL_CM - 4.6))
    for label, value, only_if in (
        ("Conference", "{{ start }}", ""), ("{{ chair_word }}", "{{ chair }}", "chair"),
        ("Reference", "{{ reference }}", ""), ("Issue", "{{ issue }}", ""),
    ):
        if only_if:
            _cells(table, "{%tr if " + only_if + " %}", "")
        cells = _cells(table, label, value)
        _shade(cells[0], PALE)
        _bold(cells[0])
        if only_if:
            _cells(table, "{%tr endif %}", "")
    _tag(doc, "{%p if supersedes %}")
    _line(doc, "{{ supersedes }}", bold=True).paragraph_format.space_before = Pt(10)
    _tag(doc, "{%p endif %}")
    for sentence in ("{{ intro }}", *sentences):
        _tag(doc, "{%p if " + sentence.strip("{} ") + " %}")
        _line(doc, sentence).paragraph_format.space_before = Pt(8)
        _tag(doc, "{%p endif %}")
    return doc


def _each_child(
    doc: Docx, *parts: tuple[str, str], actions: bool = False, after: Sequence[tuple[str, str]] = ()
) -> None:
    """For each child: the decision, then each part that says something under its heading, and what is to be done."""
    _tag(doc, "{%p for child in outcomes %}")
    doc.add_paragraph("{{ child.name }}", style="Heading 1")
    _line(doc, "{{ child.decision }}", bold=True)
    _tag(doc, "{%p if child.category %}")
    _line(doc, "{{ child.category }}")
    _tag(doc, "{%p endif %}")
    for name, heading in parts:
        _part(doc, name, heading)
    if actions:
        for whose in ("family", "other"):
            _tag(doc, "{%p if child." + whose + "_heading %}")
            doc.add_paragraph("{{ child." + whose + "_heading }}", style="Heading 2")
            _action_rows(doc, f"child.{whose}_actions")
            _tag(doc, "{%p endif %}")
    for name, heading in after:
        _part(doc, name, heading)
    _tag(doc, "{%p endfor %}")


def _part(doc: Docx, name: str, heading: str) -> None:
    _tag(doc, "{%p if child." + name + " %}")
    doc.add_paragraph(heading, style="Heading 2")
    _line(doc, "{{ child." + name + " }}")
    _tag(doc, "{%p endif %}")


def _action_rows(doc: Docx, name: str) -> None:
    table = _table(doc, (10.4, 6.2))
    for cell in _cells(table, "What", "Who and when"):
        _bold(cell)
        _shade(cell, PALE)
    _row_property(table, "w:tblHeader")
    _cells(table, "{%tr for row in " + name + " %}", "")
    cells = _cells(table, "{{ row.action }}", "{{ row.who }}")
    for tag in ("{%p if row.why %}", "{{ row.why }}", "{%p endif %}"):
        cells[0].add_paragraph(tag)
    _cells(table, "{%tr endfor %}", "")


def _date_list(doc: Docx) -> None:
    _list(doc, "dates", "Dates", ("What", "When"), ("{{ row.what }}", "{{ row.when }}"), (7.0, 9.6))


def _paragraph_if(doc: Docx, name: str, heading: str, *, bold: bool = False) -> None:
    _tag(doc, "{%p if " + name + " %}")
    doc.add_paragraph(heading, style="Heading 1")
    _line(doc, "{{ " + name + " }}", bold=bold)
    _tag(doc, "{%p endif %}")


def _close(doc: Docx) -> None:
    _paragraph_if(doc, "complaint", "If you are not happy with this")
    _paragraph_if(doc, "escalation", "If your agency does not agree")
    _about(doc)
def _questions(doc: Docx, title: str, name: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """A table of labels, answers and hints under its title."""
    table = _table(doc, (4.6, 7.6, FULL_CM - 12.2))
    for cell in _cells(table, title, name, "How to answer"):
        _bold(cell)
        _shade(cell, PALE)
    for label, answer, hint in rows:
        _bold(_cells(table, label, answer, hint)[0])
    _line(doc, "")


def _blank() -> Docx:
    doc = Document()
    for paragraph in list(doc.paragraphs):
        paragraph._p.getparent().remove(paragraph._p)
    section = doc.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.6), Cm(1.8)
    section.header_distance = Cm(1.2)
    for name, size, colour, before, after in (
        ("Normal", BODY, INK, 0, 6), ("Title", Pt(27), BLUE, 0, 4), ("Heading 1", Pt(17), BLUE, 14, 6),
        ("Heading 2", Pt(13.5), BLUE, 10, 3), ("List Bullet", BODY, INK, 0, 6),
    ):
        _style(doc, name, size, colour, before, after)
    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _run(head, "{{ classification }}", bold=True, colour=BLUE)
    properties = doc.core_properties
    properties.title, properties.author, properties.comments, properties.last_modified_by = "Conference papers", "", "", ""
    properties.language = "en-GB"
    properties.created = properties.modified = FIRST_VERSION
    return doc


def _style(doc: Docx, name: str, size: Pt, colour: RGBColor, before: int, after: int) -> None:
    style = doc.styles[name]
    assert isinstance(style, ParagraphStyle)
    style.font.name, style.font.size, style.font.color.rgb = FONT, size, colour
    style.font.bold = name not in {"Normal", "List Bullet"}
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.1
    properties = style.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(attribute), None)
    for attribute in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(attribute), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    properties.append(language)
    paragraph = style.element.pPr
    border = None if paragraph is None else paragraph.find(qn("w:pBdr"))
    if border is not None:  # Word's own Title has a rule below it
        paragraph.remove(border)


def _masthead(doc: Docx) -> None:
    line = _line(doc, "{{ authority }}", bold=True, colour=BLUE, size=Pt(14), after=Pt(0))
    line.paragraph_format.space_before = Pt(4)
    _tag(doc, "{%p if team %}")
    _line(doc, "{{ team }}", after=Pt(0))
    _tag(doc, "{%p endif %}")
    title = doc.add_paragraph("{{ title }}", style="Title")
    title.paragraph_format.space_before = Pt(26)
    line = _line(doc, "{{ conference_type }}", size=Pt(15), after=Pt(14))
    _rule_below(line)


def _particulars(doc: Docx) -> None:
    rows = (
        ("When", "{{ start }}", "start"), ("How", "{{ mode }}", "mode"), ("{{ chair_label or 'Chair' }}", "{{ chair }}", "chair"),
        ("Children", "{{ children | join(', ') }}", "children"),
        ("Reference", "{{ reference }}", ""), ("Issue", "{{ issue }}", ""),
    )
    table = _table(doc, (3.6, FULL_CM - 3.6))
    for label, value, only_if in rows:
        if only_if:
            _cells(table, "{%tr if " + only_if + " %}", "")
        cells = _cells(table, label, value)
        _shade(cells[0], PALE)
        _bold(cells[0])
        if only_if:
            _cells(table, "{%tr endif %}", "")
    _tag(doc, "{%p if supersedes %}")
    _line(doc, "{{ supersedes }}", bold=True).paragraph_format.space_before = Pt(10)
    _tag(doc, "{%p endif %}")


def _about(doc: Docx) -> None:
    _tag(doc, "{%p for note in notes %}")
    _line(doc, "{{ note }}").paragraph_format.space_before = Pt(8)
    _tag(doc, "{%p endfor %}")
    doc.add_paragraph("About this copy", style="Heading 2")
    _line(doc, "This copy is for you only. Every page carries your name and a page number. Please do not forward it, copy it "
               "or leave it where other people can read it. If it reached you by mistake, tell us at once and do not read on.")
    doc.add_paragraph("Questions", style="Heading 2")
    _line(doc, "{{ contact }}")
    _tag(doc, "{%p if duty %}")
    box = _table(doc, (FULL_CM,))
    cell = _cells(box, "If a child is in danger now")[0]
    _bold(cell)
    _shade(cell, WARM)
    cell.paragraphs[0].paragraph_format.space_before = Pt(4)
    cell.add_paragraph("{{ duty }}").paragraph_format.space_after = Pt(4)
    _tag(doc, "{%p endif %}")


def _contents(doc: Docx) -> None:
    _rows(doc, "contents", ("No.", "Paper", "Pages"), ("{{ row.number }}", "{{ row.title }}", "{{ row.pages }}"),
          (1.6, FULL_CM - 4.4, 2.8), last_right=True)


def _list(doc: Docx, name: str, heading: str, heads: Sequence[str], cells: Sequence[str], widths: Sequence[float]) -> None:
    """A heading and its table, both gone where the list is empty."""
    _tag(doc, "{%p if " + name + " %}")
    doc.add_paragraph(heading, style="Heading 1")
    _rows(doc, name, heads, cells, widths)
    _tag(doc, "{%p endif %}")


def _rows(
    doc: Docx, name: str, heads: Sequence[str], cells: Sequence[str], widths: Sequence[float], *, last_right: bool = False
) -> None:
    table = _table(doc, widths)
    head = _cells(table, *heads)
    for cell in head:
        _bold(cell)
        _shade(cell, PALE)
    _row_property(table, "w:tblHeader")
    blanks = [""] * (len(widths) - 1)
    _cells(table, "{%tr for row in " + name + " %}", *blanks)
    body = _cells(table, *cells)
    _cells(table, "{%tr endfor %}", *blanks)
    if last_right:
        for row in (head, body):
            row[-1].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _table(doc: Docx, widths: Sequence[float]) -> Table:
    table: Table = doc.add_table(rows=0, cols=len(widths))
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.autofit = False
    borders = OxmlElement("w:tblBorders")
    for side in ("w:top", "w:bottom", "w:insideH"):
        border = OxmlElement(side)
        for key, value in (("w:val", "single"), ("w:sz", "4"), ("w:space", "0"), ("w:color", RULE)):
            border.set(qn(key), value)
        borders.append(border)
    indent = OxmlElement("w:tblInd")  # else the table begins a cell's margin to the left of the text
    indent.set(qn("w:w"), "108")
    indent.set(qn("w:type"), "dxa")
    for element in (indent, borders):  # Word refuses a file whose properties are not in the order of the schema
        table._tbl.tblPr.find(qn("w:tblLayout")).addprevious(element)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def _cells(table: Table, *texts: str) -> Sequence[_Cell]:
    cells: Sequence[_Cell] = table.add_row().cells  # type: ignore[no-untyped-call]
    for cell, text, column in zip(cells, texts, table.columns, strict=True):
        cell.width = column.width
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
        paragraph.paragraph_format.line_spacing = 1.0
        paragraph.add_run(text)
    _row_property(table, "w:cantSplit")
    return cells


def _row_property(table: Table, name: str) -> None:
    table.rows[-1]._tr.get_or_add_trPr().append(OxmlElement(name))


def _line(
    doc: Docx, text: str, *, bold: bool = False, size: Pt = BODY, colour: RGBColor | None = None, after: Pt | None = None
) -> Paragraph:
    paragraph = doc.add_paragraph()
    _run(paragraph, text, bold=bold, size=size, colour=colour)
    if after is not None:
        paragraph.paragraph_format.space_after = after
    return paragraph


def _run(paragraph: Paragraph, text: str, *, bold: bool = False, size: Pt = BODY, colour: RGBColor | None = None) -> None:
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, size
    if colour is not None:
        run.font.color.rgb = colour


def _tag(doc: Docx, tag: str) -> None:
    doc.add_paragraph(tag)


def _bold(cell: _Cell) -> None:
    for run in cell.paragraphs[0].runs:
        run.bold = True


def _shade(cell: _Cell, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for key, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", colour)):
        shade.set(qn(key), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _rule_below(paragraph: Paragraph) -> None:
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for key, value in (("w:val", "single"), ("w:sz", "12"), ("w:space", "8"), ("w:color", "1D4E6B")):
        bottom.set(qn(key), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().find(qn("w:spacing")).addprevious(borders)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "templates")
