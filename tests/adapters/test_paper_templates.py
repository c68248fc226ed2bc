"""The documents after a conference as Word and LibreOffice make them: every template, with a plan and without one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from docx import Document
from docx.document import Document as Docx
from docx.table import Table
from docx.text.paragraph import Paragraph
from pack_sources import PASSPHRASE, TEMPLATES

from pipeline.adapters.pack_writer import PdfPackWriter
from pipeline.adapters.word_templates import WordTemplates
from pipeline.domain import facts as f
from pipeline.domain import outcome as o
from pipeline.domain.paper_words import TEMPLATES as NAMES
from pipeline.domain.paper_words import paper_values
from pipeline.domain.people import ChildId
from pipeline.ports import CopyText
from tests.domain.making import (
    AFTER_PROFILE,
    BOTH,
    ENDED,
    MOTHER,
    SCHOOL,
    Case,
    case,
    child_outcome,
    confirmed,
    outcome,
    paper_for,
)
from tests.servers.soffice import OneShotOffice

NOW = ENDED + timedelta(minutes=5)
PLAN, NO_PLAN, BARE = "with a plan", "without a plan", "hardly anything said"
READER = {f.Document.OUTCOME_FORM: "chair", f.Document.ESCALATION: "gp", f.Document.MIDPOINT_NOTICE: "gp"}


def whole(decision: o.Decision) -> f.OutcomeRecorded:
    """An outcome that says everything there is to say of both children."""
    children = [
        child_outcome(
            child,
            decision,
            category=o.Category.NEGLECT,
            grade=2,
            rag=o.Rag.RED,
            safety_goal="He gets to school each day and there is food in the house.",
            worries="He has missed many days of school.",
            strengths="His grandmother helps.",
            child_views="He would like to see his friends.",
            contingency="We will meet again at once.",
            visits="Every ten working days.",
            seen_alone_by="The social worker",
            core_group=(SCHOOL.id,),
        )
        for child in BOTH
    ]
    actions = (
        o.PlanAction(
            children=BOTH,
            action="Take the children to school.",
            aim="They learn.",
            who="Mother",
            by_when=date(2026, 12, 7),
            measure="The register",
            by_family=True,
        ),
        o.PlanAction(children=BOTH[:1], action="Visit at home.", who="Health visitor", rag=o.Rag.AMBER),
    )
    view = o.View(person=SCHOOL.id, child=BOTH[0], opinion=o.Opinion.PROTECTION_PLAN, rationale="Too many days missed.")
    return outcome(
        *children,
        actions=actions,
        immediate_actions=("Mother rings the school tomorrow.", "The social worker visits on Tuesday."),
        attendance=(o.Attendance(person=SCHOOL.id, presence=o.Presence.BY_PHONE, call="reached, views taken"),),
        views=tuple(replace(view, child=child) for child in BOTH),
        scale=(o.ScaleNumber(person=MOTHER.id, child=ChildId("c1"), number=4),),
        quorate=True,
        virtual=True,
        summary="The chair's summary.",
        family_views="Their mother agrees.",
        core_group_at=datetime(2026, 12, 10, 10, tzinfo=UTC),
        visit_at=datetime(2026, 12, 1, 10, tzinfo=UTC),
        review_at=datetime(2027, 2, 26, 10, tzinfo=UTC),
    )


def bare(decision: o.Decision) -> f.OutcomeRecorded:
    """An outcome of decisions and nothing else."""
    children = [o.ChildOutcome(child=child, decision=decision, reason="") for child in BOTH]
    return outcome(*children, immediate_actions=("Ring us.",))


OUTCOMES = {
    PLAN: whole(o.Decision.PLAN_MADE),
    NO_PLAN: whole(o.Decision.CHILD_IN_NEED),
    BARE: bare(o.Decision.NO_PLAN),
}


def values_of(document: f.Document, recorded: f.OutcomeRecorded) -> tuple[Case, dict[str, object]]:
    """The case and the values of one reader's copy."""
    made = case(confirmed(MOTHER.email or "", of="mother"), (ENDED, recorded), profile=AFTER_PROFILE)
    plan = paper_for(made, READER.get(document, "mother"), document, NOW)
    return made, paper_values(made, plan, NOW, team="Port Mere City Council", phone="01632 960100", duty_line="Ring 999.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A document as Word has it and as LibreOffice prints it."""

    docx: bytes
    pdf: bytes
    values: dict[str, object]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[f.Document, str], Printed]:
    """Every template with every outcome, printed in one start of LibreOffice."""
    asked = {(document, said): values_of(document, OUTCOMES[said])[1] for document in NAMES for said in OUTCOMES}
    filled = {key: WordTemplates(TEMPLATES).render(NAMES[key[0]], values) for key, values in asked.items()}
    pdfs = OneShotOffice(tmp_path_factory.mktemp("office")).convert(list(filled.values()))
    return {
        key: Printed(docx=docx, pdf=pdf, values=asked[key]) for (key, docx), pdf in zip(filled.items(), pdfs, strict=True)
    }


EVERY = [(document, said) for document in NAMES for said in OUTCOMES]


def blocks(docx: bytes) -> Sequence[Paragraph | Table]:
    """Paragraphs and tables of a document in their order."""
    document: Docx = Document(BytesIO(docx))
    return list(document.iter_inner_content())


def text_of(pdf: bytes) -> str:
    """The text of all pages in one line."""
    opened = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in opened))


@pytest.mark.parametrize(("document", "said"), EVERY)
def test_nothing_is_left_empty(printed: dict[tuple[f.Document, str], Printed], document: f.Document, said: str) -> None:
    """No tag, no heading without words below it, no empty cell or paragraph in any form of any document."""
    made = printed[document, said]
    text = text_of(made.pdf)
    assert not re.search(r"\{\{|\}\}|\{%|None\b", text)
    found = blocks(made.docx)
    for block, following in zip(found, [*found[1:], None], strict=True):
        if isinstance(block, Table):
            assert all(cell.text.strip() for row in block.rows for cell in row.cells)
            continue
        assert block.text.strip() or isinstance(following, Table) or following is None
        if (block.style.name if block.style is not None else "") == "Heading 2":
            assert isinstance(following, Table) or (following is not None and following.text.strip())
        if (block.style.name if block.style is not None else "") == "Heading 1":
            assert following is not None
    assert str(made.values["title"]) in text and "Prepared for" in text


@pytest.mark.parametrize(("document", "said"), [key for key in EVERY if key[1] != PLAN])
def test_no_plan_is_claimed(printed: dict[tuple[f.Document, str], Printed], document: f.Document, said: str) -> None:
    """Where no plan was made the document says so, in a sentence, and of a core group, a visit or a review says nothing."""
    text = text_of(printed[document, said].pdf)
    if document is not f.Document.IMMEDIATE_ACTIONS:
        assert re.search("[Nn]o child protection plan", text)
    assert "First core group" not in text and "Review conference" not in text
    assert "Core group" not in text


@pytest.mark.parametrize("document", list(NAMES))
def test_a_parent_can_read_it(printed: dict[tuple[f.Document, str], Printed], document: f.Document) -> None:
    """Letters of 12.5 pt or more, dates in words, tagged for a screen reader."""
    made = printed[document, PLAN]
    word: Docx = Document(BytesIO(made.docx))
    sizes = [word.styles[s].font.size.pt for s in ("Normal", "Heading 1", "Heading 2", "Title", "List Bullet")]  # type: ignore[attr-defined]
    runs = [r for p in word.paragraphs for r in p.runs]
    runs += [r for t in word.tables for row in t.rows for c in row.cells for p in c.paragraphs for r in p.runs]
    assert min([*sizes, *(r.font.size.pt for r in runs if r.font.size)]) >= 12.5
    assert "Monday 30 November 2026 at 09:30" in text_of(made.pdf)
    with pikepdf.open(BytesIO(made.pdf)) as pdf:
        assert pdf.Root.MarkInfo.Marked and "/StructTreeRoot" in pdf.Root


def test_each_says_what_it_is_for(printed: dict[tuple[f.Document, str], Printed]) -> None:
    """With everything recorded each document shows what only it is made for."""
    shows = {
        f.Document.DECISION_NOTICE: ("A child protection plan was made for Tobin", "Thursday 3 December 2026", "You may complain"),
        f.Document.OUTLINE_PLAN: ("What the family will do", "Mother, by Monday 7 December 2026", "Visit at home. (AMBER)"),
        f.Document.IMMEDIATE_ACTIONS: ("Mother rings the school tomorrow.",),
        f.Document.OUTCOME_FORM: ("Too many days missed.", "reached, views taken", "Their mother agrees."),
        f.Document.ESCALATION: ("2 out of 10",),
        f.Document.MIDPOINT_NOTICE: ("rated high (RED)", "Please bring"),
        f.Document.TIMETABLE: ("First core group", "Thursday 10 December 2026 at 10:00"),
    }
    for document, sentences in shows.items():
        text = text_of(printed[document, PLAN].pdf)
        for sentence in sentences:
            assert sentence in text, (document, sentence)


def test_the_sealed_copy_is_titled_tagged_and_has_no_bookmark(printed: dict[tuple[f.Document, str], Printed]) -> None:
    """Written as a copy it keeps its tags, has language and a title without names, and no bookmark of contents it has not."""
    made = printed[f.Document.DECISION_NOTICE, PLAN]
    writer = PdfPackWriter(TEMPLATES, lambda _docx: made.pdf)
    text = CopyText(
        template="decision_notice",
        values=made.values,
        stamp_name="Maren Quillfeather",
        reference="PM-2611-017",
        issue=1,
        contents=False,
    )
    copy = writer.write(text, [], PASSPHRASE)
    with pikepdf.open(BytesIO(copy.sealed), password=PASSPHRASE) as pdf:
        assert str(pdf.docinfo["/Title"]) == "Conference papers" and str(pdf.Root.Lang) == "en-GB"
        assert "/StructTreeRoot" in pdf.Root
        with pdf.open_outline() as outline:
            assert not list(outline.root)


@pytest.mark.parametrize("template", [*NAMES.values()])
def test_large_print_has_letters_of_eighteen_points(template: str) -> None:
    """For a reader who needs them every letter of what we write has 18 pt or more."""
    document = next(one for one, name in NAMES.items() if name == template)
    filled = WordTemplates(TEMPLATES).render(template, values_of(document, OUTCOMES[PLAN])[1], large_print=True)
    word: Docx = Document(BytesIO(filled))
    sizes = [word.styles[s].font.size.pt for s in ("Normal", "Heading 1", "Heading 2", "Title", "List Bullet")]  # type: ignore[attr-defined]
    runs = [r for p in (*word.paragraphs, *word.sections[0].header.paragraphs) for r in p.runs]
    assert min([*sizes, *(r.font.size.pt for r in runs if r.font.size)]) >= 18
