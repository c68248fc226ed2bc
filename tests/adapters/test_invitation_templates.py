"""Invitations as Word files: nothing empty, large enough to read, the words of each authority's own profile, tagged pages."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from docx.document import Document as Docx
from docx.table import Table
from pack_sources import TEMPLATES

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.adapters.word_templates import WordTemplates
from pipeline.domain.invitation_words import invitation_template, invitation_values
from pipeline.domain.invitations import invitation_target
from pipeline.domain.people import PersonId, Role
from tests.domain.making import CONVENED, MOTHER, PEOPLE, booking, case, confirmed, person
from tests.servers.soffice import OneShotOffice

AUTHORITIES = ("barking-dagenham", "irs", "northamptonshire", "portsmouth", "sw-guide")
BRYN = person("bryn", Role.YOUNG_PERSON, name="Tobin Quillfeather", email="tobin@webmail.example", interpreter="Polish")
INCLUDED = tuple(replace(p, include=True, include_because="x") if p.role.is_family else p for p in (*PEOPLE, BRYN))
READERS = ("school", "sw", "mother", "bryn")


def letter(authority: str, who: str, *, large_print: bool = False) -> bytes:
    """This reader's letter by this authority's rules."""
    made = case(confirmed(MOTHER.email or "", of="mother"), of=booking(INCLUDED), profile=ProfileFiles().load(authority))
    made = replace(made, invitations=True)
    reader = made.conference.people[PersonId(who)]
    plan = invitation_target(made, reader, CONVENED)
    assert plan is not None
    values = invitation_values(
        made, plan, team="Port Mere City Council", phone="01632 960100", duty_line="Ring 999.", mailbox="sqt@portmere.example"
    )
    return WordTemplates(TEMPLATES).render(invitation_template(reader), values, large_print=large_print)


def sizes_of(word: Docx) -> list[float]:
    """Every size of letter in it, in points."""
    runs = [r for p in (*word.paragraphs, *word.sections[0].header.paragraphs) for r in p.runs]
    runs += [r for t in word.tables for row in t.rows for c in row.cells for p in c.paragraphs for r in p.runs]
    styles = [word.styles[s].font.size.pt for s in ("Normal", "Heading 1", "Heading 2", "Title", "List Bullet")]  # type: ignore[attr-defined]
    return [*styles, *(run.font.size.pt for run in runs if run.font.size)]


@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("authority", AUTHORITIES)
def test_nothing_is_left_empty(authority: str, who: str) -> None:
    """No tag, no empty paragraph or cell, no heading without words below it; each tells when it is, to every reader."""
    word: Docx = Document(BytesIO(letter(authority, who)))
    found = list(word.iter_inner_content())
    text = " ".join(block.text for block in found if not isinstance(block, Table))
    assert not re.search(r"\{\{|\}\}|\{%|None\b", text)
    cells = [cell.text for block in found if isinstance(block, Table) for row in block.rows for cell in row.cells]
    assert all(cell.strip() for cell in cells) and "Monday 30 November 2026 at 09:30" in cells
    for block, following in zip(found, [*found[1:], None], strict=True):
        if isinstance(block, Table):
            continue
        assert block.text.strip() or isinstance(following, Table) or following is None
        if block.style is not None and (block.style.name or "").startswith("Heading"):
            assert following is not None and (isinstance(following, Table) or "Heading" not in str(following.style.name))  # type: ignore[union-attr]


@pytest.mark.parametrize("who", ["school", "mother", "bryn"])
def test_letters_are_large_enough(who: str) -> None:
    """12.5 pt or more; 18 pt or more for a reader who needs that."""
    assert min(sizes_of(Document(BytesIO(letter("portsmouth", who))))) >= 12.5
    assert min(sizes_of(Document(BytesIO(letter("portsmouth", who, large_print=True))))) >= 18


def test_each_authority_says_its_own() -> None:
    """The standing paragraphs, the call and the limits come from the profile, and are in nobody else's letters."""
    said = {
        ("northamptonshire", "mother"): ("somewhere private and quiet", "The chair rings you on Monday 30 November 2026 at 09:45"),
        ("northamptonshire", "school"): ("direct phone number and a secure e-mail", "by the end of Friday 27 November 2026"),
        ("northamptonshire", "bryn"): ("If you want to speak with the chair",),
        ("portsmouth", "school"): ("by Saturday 28 November 2026 at 09:30", "the parents' views", "for a confidential section"),
        ("sw-guide", "sw"): ("whether a child protection plan is recommended",),
        ("sw-guide", "mother"): ("Your social worker talks with you",),
        ("barking-dagenham", "mother"): ("The chair will ring you to hear your views.",),
    }
    text = {
        key: " ".join(p.text for p in Document(BytesIO(letter(*key))).paragraphs)
        for key in ((authority, who) for authority in AUTHORITIES for who in READERS)
    }
    for key, sentences in said.items():
        for sentence in sentences:
            assert sentence in text[key], (key, sentence)
    for own in ("somewhere private and quiet", "The chair rings you", "direct phone number", "a time before the meeting is set"):
        assert {authority for (authority, _), words in text.items() if own in words} == {"northamptonshire"}


def test_the_pages_are_tagged(tmp_path: Path) -> None:
    """Printed, a letter keeps its structure for a screen reader and takes no more than four pages."""
    printed = OneShotOffice(tmp_path).convert([letter("northamptonshire", who, large_print=who == "mother") for who in READERS])
    for pdf in printed:
        with pikepdf.open(BytesIO(pdf)) as opened:
            assert opened.Root.MarkInfo.Marked and "/StructTreeRoot" in opened.Root
            assert len(opened.pages) <= 4
