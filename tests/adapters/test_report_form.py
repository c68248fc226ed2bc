"""The report form in Word: empty it lacks every part, filled in it lacks none and is known for whose it is."""

from __future__ import annotations

from io import BytesIO

import pytest
from docx import Document
from pack_sources import TEMPLATES

from pipeline.adapters.word_templates import WordTemplates
from pipeline.domain.headings import Part, headings_of
from pipeline.domain.identity import Evidence, Identified, identify, is_confidential
from pipeline.domain.report_form import form_values, unfilled
from pipeline.domain.report_parts import examine
from tests.domain.making import PEOPLE, REF, SCHOOL, WORKER, Person, case

OWED = [part for part in Part if part is not Part.PARENT_DECISION]
ANSWERS = {
    "Parents' views": "Their mother says that mornings are hard.",
    "Is the child at ongoing risk of significant harm?": "Yes. Many days of school were missed.",
    "Recommendation": "We recommend a child protection plan.",
    "What should be in the plan": "Help with mornings, and a lift to school.",
    "Parent not included": "He is not to learn where they live.",
}


def form(of: Person, answers: dict[str, str] | None = None) -> list[str]:
    """The lines of this person's form as a page shows them, filled in where answers are given."""
    rendered = WordTemplates(TEMPLATES).render(
        "report_form", form_values(case(), of, team="Port Mere City Council", mailbox="sqt@portmere.example")
    )
    doc = Document(BytesIO(rendered))
    filled = {"Author's name": "Philippa Marlowe", "Direct line": "01632 960177"} if answers else {}
    lines: list[str] = []
    for block in doc.iter_inner_content():
        if hasattr(block, "rows"):
            lines += [f"{row.cells[0].text} {row.cells[1].text or filled.get(row.cells[0].text, '')}" for row in block.rows]
            continue
        lines.append(block.text)
        answer = (answers or {}).get(block.text.partition(". ")[2])
        if answer is not None:
            lines.append(answer)
    return lines


@pytest.mark.parametrize("of", [SCHOOL, WORKER], ids=lambda p: p.id)
def test_an_empty_form_answers_nothing(of: Person) -> None:
    """No heading, hint or label of the form counts as an answer to another."""
    found = examine(["\n".join(form(of))], headings_of(()))
    assert set(found.missing) >= set(OWED)
    assert not found.has


def test_a_filled_form_holds_every_part() -> None:
    """What stands below a heading is found, the author's number with the author; the social worker's has one heading more."""
    found = examine(["\n".join(form(WORKER, ANSWERS))], headings_of(()), author="Philippa Marlowe")
    assert set(found.has) == set(Part)
    school = examine(["\n".join(form(SCHOOL, ANSWERS))], headings_of(()), author="Philippa Marlowe")
    assert set(school.has) == set(OWED)


@pytest.mark.parametrize("of", [p for p in PEOPLE if p.asked_for_report], ids=lambda p: p.id)
def test_a_form_is_known_for_whose_it_is(of: Person) -> None:
    """Title block and text name conference and agency, with or without the sender, and nothing looks confidential."""
    made = case()
    for sender in (None, of.email):
        evidence = Evidence(name="scan.docx", pages=["\n".join(form(of, ANSWERS))], sender=sender)
        found = identify(evidence, {REF: made.conference}, other_children={})
        assert isinstance(found, Identified) and found.person == of.id
        assert not is_confidential(evidence)


@pytest.mark.parametrize("of", [SCHOOL, WORKER], ids=lambda p: p.id)
def test_an_empty_form_is_no_report(of: Person) -> None:
    """Sent back as it was it is known, also over two pages; with one answer it is a report, and so is any other text."""
    lines = form(of)
    whole = ["\n".join(lines)]
    half = len(lines) * 2 // 3
    over_two = [f"Sensitive when filled in\n{chr(10).join(part)}" for part in (lines[:half], lines[half:])]
    assert unfilled(whole) and unfilled(over_two)
    for heading, answer in ANSWERS.items():
        if of is WORKER or heading != "Parent not included":
            assert not unfilled(["\n".join(form(of, {heading: answer}))])
    same = form(of, dict.fromkeys(ANSWERS, "None known."))
    for cut in range(half, len(same) - 3):
        assert not unfilled(["\n".join(same[:cut]), "\n".join(same[cut:])]), "the same answer everywhere is an answer"
    assert not unfilled([]) and not unfilled([""]) and not unfilled(["1. One\n2. Two\n3. Three"])


def test_the_form_holds_nothing_about_anybody() -> None:
    """No name of a child or person stands in it, and of addresses only the team's."""
    text = "\n".join(form(SCHOOL))
    made = case().conference
    names = {child.name for child in made.booking.children} | {p.name for p in made.people.values()}
    assert not [name for name in names if name in text]
    assert not [p.email for p in made.people.values() if p.email in text]
    assert "by Saturday 28 November 2026 at 09:30" in text
