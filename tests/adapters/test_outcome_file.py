"""Outcomes as files: what is read, every problem at once with its line, and the Word form there and back."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.bank_holidays import england_calendar
from pipeline.adapters.booking_file import read_booking
from pipeline.adapters.confined_run import confined_runner
from pipeline.adapters.form_reader import read_form_tables
from pipeline.adapters.inside import form_tables
from pipeline.adapters.outcome_file import outcome_schema, read_outcome, read_outcome_form
from pipeline.adapters.outcome_paper import form_values
from pipeline.adapters.profile_files import ProfileFiles
from pipeline.adapters.sandbox import Sandbox
from pipeline.adapters.word_templates import WordTemplates
from pipeline.domain.case import Case, House
from pipeline.domain.facts import ConferenceConvened, Recorded
from pipeline.domain.fold import fold
from pipeline.domain.outcome import Decision
from pipeline.domain.outcome_draft import OutcomeDraft, outcome_from
from pipeline.domain.people import ConferenceRef
from pipeline.errors import OutcomeProblemsError, RefusedError

ROOT = Path(__file__).resolve().parents[2]
F5 = (ROOT / "tests/data/outcomes/f5.toml").read_text()
NOW = datetime(2026, 12, 17, 12, 30, tzinfo=UTC)


def _case() -> Case:
    booking = read_booking((ROOT / "tests/data/bookings/f5.toml").read_bytes(), format="toml", profiles=("sw-guide",))
    fact = ConferenceConvened(reference=ConferenceRef("MV-2612-011"), booking=booking)
    folded = fold([Recorded(stream="conference:MV-2612-011", seq=1, at=NOW, actor="desk", fact=fact)])
    assert folded is not None
    return Case(
        conference=folded, contacts={}, house=House(), profile=ProfileFiles().load("sw-guide"),
        calendar=england_calendar(), heads={},
    )  # fmt: skip


CASE = _case()


def read(text: str) -> OutcomeDraft:
    """Reads an outcome of F5."""
    return read_outcome(text.encode(), "toml", CASE.conference, NOW)


def problems(text: str) -> list[str]:
    """Every problem of a text: line, place, message."""
    with pytest.raises(OutcomeProblemsError) as refused:
        read(text)
    return [f"{p.line} {p.where}: {p.message}" for p in refused.value.problems]


def test_the_sample_is_read_whole() -> None:
    """Each table of the file is in the outcome; a passage keeps its lines."""
    made = outcome_from(read(F5))
    assert [(c.child, c.decision, c.grade) for c in made.children] == [
        ("c1", Decision.PLAN_MADE, 4), ("c2", Decision.PLAN_MADE, 2), ("c3", Decision.PLAN_MADE, 2.5),
    ]  # fmt: skip
    assert made.summary.count("\n") == 1
    assert made.actions[1].children == ("c1", "c2", "c3")
    assert made.review_at == datetime(2027, 3, 16, 10, 0, tzinfo=UTC)


def test_every_problem_is_told_at_once_with_its_line_and_no_content() -> None:
    """Syntax, types, unknown keys, missing keys and what cannot be are found together, each at its own line."""
    text = F5.replace("grade = 4", 'grade = "Tobin"').replace('id = "c3"', 'id = "c7"').replace("quorate = true", "quorate = 1")
    text = text.replace('category = "physical-abuse"', 'category = "shouting"').replace("decided_by", "decidedby")
    text = text.replace('review = "2027-03-16T10:00"', 'review = "2026-12-01T10:00"').replace("number = 6", "number = 11")
    text += '\n[[view]]\nperson = "father-2"\nchild = "c2"\nopinion = "unsure"\n'
    lines = text.splitlines()
    found = problems(text)

    def at(start: str, place: str, says: str) -> None:
        line = next(n for n, one in enumerate(lines, 1) if one.startswith(start))
        assert any(one.startswith(f"{line} {place}: ") and says in one for one in found), (line, place, found)

    at("decidedby", "decidedby", "is not a known key")
    at("quorate", "quorate", "must be true or false")
    at("grade = ", "child[1].grade", "must be a number")
    at('category = "shouting"', "child[2].category", "must be one of")
    at('id = "c7"', "child[3].id", "is no child of this conference")
    at("review", "dates.review", "is not after the end")
    at("number", "scale[1].number", "from 0 to 10")
    assert any("child[3]" not in one and "says nothing of 'c3'" in one for one in found)
    assert any("decided_by: is required" in one for one in found)
    assert any("view[2].child: 'father-2' is family and has no link to 'c2'" in one for one in found)
    assert not any("Tobin" in one or "shouting" in one for one in found)


def test_a_file_that_breaks_off_is_a_problem_with_its_line() -> None:
    """What the mistake may hide is not called missing."""
    found = problems(F5.replace('decided_by = "Sunniva Garth"', 'decided_by = "Sunniva'))
    assert len(found) == 1 and found[0].startswith("3 syntax: ")


@settings(max_examples=60, deadline=None, database=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: (F5 + t).encode()))
def test_no_bytes_do_anything_but_make_problems(content: bytes) -> None:
    """Whatever is given, it is an outcome or a list of problems."""
    try:
        read_outcome(content, "toml", CASE.conference, NOW)
    except OutcomeProblemsError:
        pass


def test_the_schema_names_what_is_required() -> None:
    """Each table's required keys stand in the schema."""
    schema = outcome_schema()
    assert set(schema["required"]) == {"ended", "decided_by", "child"}
    assert set(schema["$defs"]["ChildForm"]["required"]) == {"id", "decision", "reason"}


def blank_form() -> Any:
    """The form for F5 as a document."""
    return Document(BytesIO(WordTemplates(ROOT / "templates").render("outcome_entry", form_values(CASE, "Safeguarding Unit"))))


_LABELS = {
    "ended": "Ended", "decided_by": "Decided by", "quorate": "Quorate", "minute_taker": "Minute taker",
    "virtual": "Not face to face", "summary": "Summary", "family_views": "Views of the family",
    "core_group": "Next core group", "visit": "First visit", "review": "Next review conference (RCPC)",
}  # fmt: skip
_CHILD_LABELS = {
    "decision": "Decision", "category": "Category", "reason": "Reason", "grade": "Grade", "visits": "Visits",
    "danger_statement": "Danger statement", "safety_goal": "Safety goal", "seen_alone_by": "Seen alone by",
    "core_group": "Core group",
}  # fmt: skip
_ACTION_LABELS = {
    "children": "Children", "action": "Action", "aim": "Aim", "who": "Who", "by_when": "By when", "measure": "How measured",
    "by_family": "By family",
}  # fmt: skip


def as_people_write(key: str, value: object) -> str:
    """A value as somebody types it into a box."""
    if isinstance(value, bool):
        return " Yes " if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    text = str(value)
    if key == "review":
        return "Tuesday 16 March 2027 at 10am"
    if key == "core_group" and "T" in text:
        return "05/01/2027  10:00"
    if key == "by_when":
        return "22 December 2026"
    return text.replace("plan-made", "Plan  made").replace("by-phone", "By phone")


def filled(document: Any, values: dict[str, Any]) -> bytes:
    """The form filled in by hand with the values of a TOML file."""
    tables = {t.cell(0, 0).text: t for t in document.tables}

    def answer(title: str, labels: dict[str, str], given_: dict[str, Any]) -> None:
        for key, value in given_.items():
            if key in labels:
                row = next(r for r in tables[title].rows if r.cells[0].text == labels[key])
                row.cells[1].text = as_people_write(key, value)

    answer("Conference", _LABELS, {**values, **values["dates"]})
    for child in values["child"]:
        answer(f"Child {child['id']}", _CHILD_LABELS, child)
    for number, action in enumerate(values["action"], 1):
        answer(f"Action {number}", _ACTION_LABELS, action)
    for number, said in enumerate(values["immediate_actions"], 1):
        tables["Immediate actions"].cell(number, 1).text = said
    for one in values["attendance"]:
        row = next(r for r in tables["Who took part"].rows if r.cells[0].text == one["person"])
        row.cells[2].text, row.cells[3].text = as_people_write("", one["presence"]), one.get("call", "")
    for title, key in (("Views", "view"), ("Safety scale", "scale")):
        for one in values[key]:
            row = next(
                r for r in tables[title].rows if (r.cells[0].text, r.cells[2].text) == (one["person"], one["child"])
            )
            answers = [v for k, v in one.items() if k not in ("person", "child")]
            for cell, value in zip(row.cells[3:], answers, strict=True):
                cell.text = as_people_write("", value)
    saved = BytesIO()
    document.save(saved)
    return saved.getvalue()


def test_the_filled_in_form_gives_the_same_outcome_as_the_file() -> None:
    """Typed by hand, read in the sandbox: yes and no, choices with spaces, days and times as people write them."""
    content = filled(blank_form(), tomllib.loads(F5))
    sandbox = Sandbox()
    try:
        tables = read_form_tables(content, confined_runner(sandbox))
    finally:
        sandbox.close()
    made = outcome_from(read_outcome_form(tables, CASE.conference, NOW))
    wanted = outcome_from(read(F5))
    assert replace(made, actions=()) == replace(wanted, actions=())
    assert made.actions == wanted.actions


def test_the_problems_of_a_form_are_told_by_title_and_label() -> None:
    """What cannot be read, what is missing, another conference's form, and an answer beside a changed label."""
    document = blank_form()
    tables = {t.cell(0, 0).text: t for t in document.tables}
    for row in tables["Conference"].rows:
        if row.cells[0].text in ("Reference", "Ended", "Quorate", "Summary"):
            row.cells[1].text = {"Reference": "XX-1", "Ended": "17 December 2026", "Quorate": "maybe"}.get(row.cells[0].text, "x")
        if row.cells[0].text == "Summary":
            row.cells[0].text = "Resume"
    next(r for r in tables["Child c2"].rows if r.cells[0].text == "Grade").cells[1].text = "two"
    saved = BytesIO()
    document.save(saved)
    with pytest.raises(OutcomeProblemsError) as refused:
        read_outcome_form(form_tables.tables_of(saved.getvalue()), CASE.conference, NOW)
    found = {p.where: p.message for p in refused.value.problems}
    assert "another conference" in found["Conference, Reference"]
    assert "time of day" in found["Conference, Ended"]
    assert found["Conference, Quorate"] == "must be yes or no"
    assert "no label" in found["Conference, Resume"]
    assert found["Child c2, Grade"] == "must be a number"
    assert found["Child c1, Decision"] == "is required"
    assert found["Conference, Decided by"] == "is required"


def test_a_word_file_that_is_no_form_says_so() -> None:
    """Another document is not taken for an empty outcome."""
    other = BytesIO()
    Document().save(other)
    with pytest.raises(OutcomeProblemsError, match="is not the outcome form"):
        read_outcome_form(form_tables.tables_of(other.getvalue()), CASE.conference, NOW)


def with_body(body: str) -> bytes:
    """A .docx whose document part is this XML."""
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", body)
    return made.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def test_only_what_is_shown_is_read() -> None:
    """Deleted text and the prompt of an empty box are no answers; a table in a cell is a table of its own."""
    cell = (
        "<w:tc><w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del></w:p>"
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Click here</w:t></w:r></w:p>"
        "</w:sdtContent></w:sdt>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>inner</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc>"
    )
    assert form_tables.tables_of(with_body(f"<w:d {_W}><w:tbl><w:tr>{cell}</w:tr></w:tbl></w:d>")) == [[["kept"]], [["inner"]]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 and no more",
        with_body("<a"),
        with_body('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'),
    ],
    ids=["empty", "cut", "broken", "entities"],
)
def test_a_hostile_or_broken_file_is_refused_in_a_sentence(content: bytes) -> None:
    """Nothing is expanded and nothing is guessed."""
    with pytest.raises(form_tables.NotReadError):
        form_tables.tables_of(content)
    with pytest.raises(RefusedError, match=r"Nothing was changed"):
        read_form_tables(content, lambda _argv, _stdin, _seconds: b'{"refused": "damaged"}')
