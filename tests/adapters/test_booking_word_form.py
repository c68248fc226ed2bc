"""The booking form in Word: written empty, filled in, read in the sandbox, and a booking by the same checks as a file."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph

from pipeline.adapters.booking_file import BookingFile, read_bookings
from pipeline.adapters.booking_word_form import booking_in_form, day_in, in_own_words, time_in, toml_of, yes_in
from pipeline.adapters.confined_run import confined_runner
from pipeline.adapters.form_reader import read_form_tables
from pipeline.adapters.inside.form_tables import tables_of
from pipeline.adapters.sandbox import Sandbox
from pipeline.bootstrap import empty_booking_form, load_profile
from pipeline.domain.people import Advocacy, Category, ConferenceType, Decided, ExcludedFrom, Role
from pipeline.errors import RefusedError
from tests.adapters.word_forms import FILLED, filled

EMPTY = empty_booking_form(load_profile("sw-guide"), "Midvale Safeguarding Unit")


def words(docx: bytes) -> str:
    """All paragraphs and cells."""
    document = Document(BytesIO(docx))
    lines: list[Paragraph] = [*document.paragraphs]
    tables: list[Table] = document.tables
    lines += [p for t in tables for row in t.rows for cell in row.cells for p in cell.paragraphs]
    return "\n".join(line.text for line in lines)


def test_the_empty_form_speaks_the_authoritys_words_and_says_nothing_yet() -> None:
    """Title, team and danger line come from profile and home; as a booking it holds its profile and no person."""
    text = words(EMPTY)
    assert "Midvale Safeguarding Unit" in text and "{{" not in text and "999" in text
    read = booking_in_form(tables_of(EMPTY))
    assert (read.values, read.problems) == ({"profile": "sw-guide"}, [])


def test_a_filled_in_form_is_a_booking() -> None:
    """Every table comes back: conference, discussions, children, family, professionals, exclusions, parts, details."""
    read = booking_in_form(read_form_tables(filled(EMPTY, FILLED), confined_runner(Sandbox())))
    assert read.problems == []
    draft = BookingFile(name="draft", content=toml_of(read.values).encode(), format="toml")
    (booking,) = read_bookings([draft], taken=(), profiles=("sw-guide",))
    assert (booking.type, booking.start_at.isoformat()) == (ConferenceType.INITIAL, "2026-12-17T10:00:00+00:00")
    assert (booking.service, booking.child_care, booking.safety_plan_made) == ("Assessment Service", "for C2", True)
    assert [(d.at.isoformat(), d.initiated_s47) for d in booking.strategy_discussions] == [
        ("2026-11-26T09:00:00+00:00", True)
    ]
    said = booking.consultation
    assert said is not None and (said.recommends, said.decision) == ("A child in need plan", Decided.HOLD)
    assert said.held_at is not None and said.held_at.isoformat() == "2026-11-26T14:00:00+00:00"
    odette, perrin = booking.children
    assert (odette.id, odette.advocacy, odette.wants_to_speak) == ("c1", Advocacy.REFERRED, True)
    assert (perrin.id, str(perrin.born_on)) == ("c2", "2026-04-08")
    assert (odette.advocacy_consent, odette.school, odette.gp) == (True, "Tern Lane Primary", "Dr Quist, Sandgate Surgery")
    assert (booking.s47_because, booking.category_considered) == ("A burn nobody explains", Category.PHYSICAL_ABUSE)
    assert booking.confidential_section_expected is True
    people = {person.id: person for person in booking.people}
    assert list(people) == ["p1", "p2", "p4", "f1", "f3"]
    assert (people["p1"].role, people["p4"].role, people["p4"].children) == (Role.CHAIR, Role.EDUCATION, ("c1",))
    assert people["p4"].asked_for_report and not people["p1"].asked_for_report
    assert (people["f1"].interpreter, people["f1"].include, people["f1"].children) == ("BSL", True, ("c1", "c2"))
    assert (people["f3"].include, people["f3"].include_because) == (False, "No contact since 2019; risk to the mother")
    assert booking.exclusions[0].from_ == (ExcludedFrom.REPORTS, ExcludedFrom.MINUTES)
    assert [(s.name, s.people, s.start_at.isoformat()) for s in booking.split] == [
        ("With the mother", ("p1", "f1"), "2026-12-17T10:00:00+00:00"),
        ("With the school", ("p1", "p4"), "2026-12-18T14:00:00+00:00"),
    ]
    assert [(d.detail, d.from_) for d in booking.protected] == [("14 Tern Court, ZZ3 4AB", ("f3",))]


def test_what_cannot_be_understood_is_told_by_its_place_without_its_words() -> None:
    """A wrong date, time or yes is left out of the draft and named by table and label; nothing of it is repeated."""
    wrong = {("Conference", "Date"): "31 November 2026", ("Conference", "Start time"): "elevenish",
             ("Child C1", "Wants to speak"): "perhaps Tuesday", ("Family member F1", "Children"): "both"}  # fmt: skip
    read = booking_in_form(tables_of(filled(EMPTY, {**FILLED, **wrong})))
    assert [line.rpartition(": ")[0] for line in read.problems] == [
        "Conference, Date", "Conference, Start time", "Child C1, Wants to speak with the chair",
        "Family member F1, Children",
    ]  # fmt: skip
    assert "start" not in read.values
    assert not any(word in " ".join(read.problems) for word in ("31 ", "elevenish", "perhaps", "both"))


def test_what_is_told_in_part_is_told_as_a_problem() -> None:
    """A day without its time, a role without a name, and a part on a day that cannot be read are never passed over."""
    half = {
        ("Conference", "Date"): "17/12/2026", ("Consultation", "Held on"): "26/11/2026", ("Consultation", "Decided at"): "4pm",
        ("Consultation", "Asked for on"): "26/11/2026", ("Consultation", "Asked for at"): "later",
        ("Professionals", 5, "Role"): "Police", ("Professionals", 6, "Role"): "social worker",
        ("Parts of a split conference", 1, "Part"): "Second", ("Parts of a split conference", 1, "Date"): "the day after",
        ("Parts of a split conference", 1, "Start"): "10:00", ("Exclusions", 1, "Who"): "desc2, F1",
    }  # fmt: skip
    read = booking_in_form(tables_of(filled(EMPTY, half)))
    assert sorted(line.partition(": ")[0] for line in read.problems) == [
        "Consultation, Asked for at", "Consultation, Decided on", "Consultation, Held at",
        "Parts of a split conference, row 1, Date",
    ]  # fmt: skip
    assert read.values["person"] == [{"id": "p5", "role": "police"}]
    assert read.values["split"] == [{"name": "Second"}]
    assert read.values["exclusion"] == [{"person": "f1"}]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("30 November 2026", "2026-11-30"), ("30/11/2026", "2026-11-30"), ("2026-11-30", "2026-11-30"),
        ("Mon 30th Nov 2026", "2026-11-30"), ("Monday, 1st of December 2026", "2026-12-01"), ("1.2.2026", "2026-02-01"),
        ("29 February 2028", "2028-02-29"), ("29 February 2027", None), ("11/30/2026", None), ("30/11/26", None), ("soon", None),
    ],
)  # fmt: skip
def test_days_as_people_write_them(text: str, day: str | None) -> None:
    """The day comes first, years have four digits, and a day that does not exist is none."""
    assert day_in(text) == day


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("09:30", "09:30"), ("9.30am", "09:30"), ("2 pm", "14:00"), ("12.15 p.m.", "12:15"), ("12am", "00:00"),
        ("14.00", "14:00"), ("9", None), ("25:00", None), ("13pm", None), ("10:60", None), ("ten", None),
    ],
)  # fmt: skip
def test_times_as_people_write_them(text: str, time: str | None) -> None:
    """Colon or stop, with am and pm or on 24 hours; an hour alone could be either half of the day."""
    assert time_in(text) == time


@pytest.mark.parametrize(
    ("text", "said"),
    [("☒ Yes   ☐ No", True), ("☐ Yes   ☒ No", False), ("☐ Yes   ☐ No", None), ("☒ Yes ☒ No", None), ("Yes", True),
     ("no", False), ("☒", True), ("maybe", None)],
)  # fmt: skip
def test_yes_and_no(text: str, said: bool | None) -> None:
    """A tick beside a word, or the word; both ticked or none says nothing."""
    assert yes_in(text) is said


def test_deleted_words_prompts_and_unknown_files_are_not_read() -> None:
    """Words struck out and prompts nobody wrote over are gone, inserted ones stay; what is no Word file is refused."""
    run = "<w:r><w:t>{}</w:t></w:r>"
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run.format('Click here')}</w:sdtContent></w:sdt>"
    struck = f"<w:del>{run.format('old')}</w:del><w:ins>{run.format('new')}</w:ins>{prompt}"
    cells = f"<w:tc><w:p>{struck}</w:p></w:tc><w:tc><w:p>{run.format('a')}</w:p><w:p>{run.format('b')}</w:p></w:tc>"
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'<w:document xmlns:w="{main}"><w:body><w:tbl><w:tr>{cells}</w:tr></w:tbl></w:body></w:document>'
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", xml)
    assert tables_of(made.getvalue()) == [[["new", "a\nb"]]]
    runner = confined_runner(Sandbox())
    for content in (b"", b"no zip", filled(EMPTY, {})[:500]):
        with pytest.raises(RefusedError, match="Nothing was changed"):
            read_form_tables(content, runner)


def test_no_answer_can_break_out_of_its_value() -> None:
    """Quotes, brackets, line ends and control characters in an answer stay words of that answer in the draft."""
    hostile = 'A"\n[[person]]\nid = "x" \x7f\\u0041'
    toml = toml_of({"mode": hostile, "child": [{"id": "c1", "name": hostile}]})
    import tomllib

    assert tomllib.loads(toml) == {"mode": hostile, "child": [{"id": "c1", "name": hostile}]}


def test_an_authoritys_own_words_are_understood() -> None:
    """Its words for the types of conference and for the chair stand in its profile, and mean what they mean there."""
    own = {"initial": "First meeting", "review": "review conference", "chair": "Independent Chair"}
    said = {"type": "first-meeting", "person": [{"id": "p1", "role": "independent-chair"}, {"id": "p2", "role": "gp"}]}
    read = in_own_words(said, own)
    assert read == {"type": "initial", "person": [{"id": "p1", "role": "chair"}, {"id": "p2", "role": "gp"}]}
    assert in_own_words({"type": "moot"}, own) == {"type": "moot"}
    assert in_own_words(said, {}) == said
