"""Bookings as files: what is read, and that every problem is reported at once with its line."""

from __future__ import annotations

import json
import os
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.adapters.booking_file import (
    BookingFile,
    booking_files,
    booking_schema,
    person_from_fields,
    read_booking,
    read_bookings,
)
from pipeline.adapters.booking_lines import MAX_BYTES, read_lines
from pipeline.domain.people import Booking, Child, ChildId, ExcludedFrom, Previous, Role
from pipeline.errors import BookingProblemsError, Problem

SAMPLES = sorted((Path(__file__).parent.parent / "data" / "bookings").glob("*.toml"))
PROFILES = ("barking-dagenham", "irs", "northamptonshire", "portsmouth", "sw-guide")
LEAST = """\
profile = "portsmouth"
type = "initial"
start = "2026-11-30T09:30"
[[child]]
id = "c1"
name = "Tobin Quillfeather"
born_on = 2019-03-04
[[person]]
id = "chair"
name = "Rosalind Tarrow"
role = "chair"
"""


def read(text: str | bytes, form: Literal["toml", "json"] = "toml") -> Booking:
    """Reads a booking of these profiles."""
    return read_booking(text.encode() if isinstance(text, str) else text, format=form, profiles=PROFILES)


def problems(text: str | bytes, form: Literal["toml", "json"] = "toml") -> tuple[Problem, ...]:
    """Returns the problems of a booking; none where it is read."""
    try:
        read(text, form)
    except BookingProblemsError as error:
        return error.problems
    return ()


def marked(text: str) -> None:
    """Checks that the problems are exactly those marked `#! where: words | where: words` on their lines."""
    expected = [
        (number, mark.strip().split(": ", 1))
        for number, line in enumerate(text.splitlines(), start=1)
        if "#!" in line
        for mark in line.split("#!")[1].split(" | ")
    ]
    got = list(problems(text))
    for number, (where, words) in expected:
        hit = next((p for p in got if (p.line, p.where) == (number, where) and words in p.message), None)
        assert hit is not None, (number, where, words, got)
        got.remove(hit)
    assert got == []


def plain(value: Any) -> Any:
    """Returns TOML values as JSON has them."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_bookings_are_read_alike_from_toml_and_json(path: Path) -> None:
    """The six sample families have no problem, and JSON gives the same booking."""
    booking = read(path.read_bytes())
    values = plain(tomllib.loads(path.read_text()))
    assert read(json.dumps(values), "json") == booking
    assert read(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")) == booking
    assert len(booking.people) >= 5


def test_the_first_family_is_read_as_written() -> None:
    """F1's instants, links, roles and protected address arrive in the domain's types."""
    booking = read(SAMPLES[0].read_bytes())
    assert (booking.reference, booking.start_at) == ("PM-2611-017", datetime(2026, 11, 30, 9, 30, tzinfo=UTC))
    assert [child.born_on for child in booking.children] == [date(2019, 3, 4), date(2022, 6, 17)]
    people = {str(person.id): person for person in booking.people}
    assert people["police"].children == ("c1", "c2")
    assert people["father-1"].children == ("c1",)
    assert people["mother"].role is Role.PARENT
    assert booking.protected[0].from_ == ("father-1",)


def test_exclusions_are_read_as_written() -> None:
    """F5's father is excluded from the minutes only."""
    (exclusion,) = read(SAMPLES[4].read_bytes()).exclusions
    assert (exclusion.person, exclusion.from_) == ("father-1", (ExcludedFrom.MINUTES,))


def test_the_least_booking_is_enough() -> None:
    """What is not required may be left out, and days and times may stand in quotes or not."""
    booking = read(LEAST)
    assert booking.slot_minutes == 120
    unquoted = LEAST.replace('"2026-11-30T09:30"', "2026-11-30T09:30:00").replace("2019-03-04", '"2019-03-04"')
    assert read(unquoted) == booking


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    """Wrong types, unknown keys, missing keys and broken rules of one file all come in one error."""
    marked("""\
profile = "atlantis"  #! profile: known: barking-dagenham, irs | type: is required
kind = "initial"  #! kind: not a known key
start = "2027-03-28T01:30"  #! start: does not exist
slot_minutes = "120"  #! slot_minutes: whole number
reference = "quillfeather-1"  #! reference: word of a name
mode = 7  #! mode: text in quotes

[[strategy_discussion]]  #! strategy_discussion[1].at: is required
initiated_s47 = "yes"  #! strategy_discussion[1].initiated_s47: true or false

[[strategy_discussion]]
at = 2026-11-09T11:00:00+00:00  #! strategy_discussion[2].at: offset

[[child]]  #! child[1].born_on: born_on or due_on is required
id = "c1"
name = "Tobin Quillfeather"

[[child]]
id = "c1"  #! child[2].id: already the id
name = ""  #! child[2].name: is empty
born_on = 2019-03-04
due_on = "2019-02-30"  #! child[2].due_on: YYYY-MM-DD

[[person]]  #! person[1].name: is required | person[1].role: is required
id = "p 1"  #! person[1].id: must be 1 to 40

[[person]]  #! person[2].children: is required for family
id = "mother"
name = "Maren Quillfeather"
role = "parent"
email = "Maren <m@freemail.example>"  #! person[2].email: plain address
asked_for_report = true  #! person[2].asked_for_report: family is not asked

[[person]]
id = "sw"
name = "Devran\\tOakhollow"  #! person[3].name: control
role = "socialworker"  #! person[3].role: must be one of: 'chair', 'social-worker'
children = [
  "c1",
  "c9",  #! person[3].children[2]: no [[child]]
]
"phone number" = "01632 960101"  #! person[3].(a key): not a known key

[previous]
type = "first"  #! previous.type: must be one of: 'initial', 'review'

[[exclusion]]  #! exclusion[1].because: is required | exclusion[1].decided_by: is required
person = "mother"
from = "minutes"  #! exclusion[1].from: must be an array

[[exclusion]]
person = "mother"
from = [ "minutes",
  "letters" ]  #! exclusion[2].from[2]: must be one of: 'attending', 'reports'
because = "Threats."
decided_by = "the chair"

[[protected]]
detail = "ZZ"  #! protected[1].detail: at least 3
kind = "postcode"  #! protected[1].kind: must be one of: 'address'
from = []  #! protected[1].from: at least one
""")


def test_a_booking_without_chair_or_children_says_so_on_the_first_line() -> None:
    """What is missing outside any table is reported on line 1, a missing chair at the first person."""
    assert {(p.line, p.where) for p in problems("")} == {
        (1, "profile"), (1, "type"), (1, "start"), (1, "child"), (1, "person")
    }  # fmt: skip
    (problem,) = problems(LEAST.replace('role = "chair"', 'role = "police"'))
    assert (problem.line, problem.where) == (8, "person")


def test_a_second_chair_is_reported_where_it_stands() -> None:
    """Exactly one chair is needed."""
    marked(
        LEAST + '[[person]]\nid = "p2"\nname = "Umberto Satterley"\nrole = "chair"  #! person[2].role: second chair\n'
    )


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ('"2026-11-30T09:30+00:00"', "offset"),
        ('"2026-11-30T09:30Z"', "offset"),
        ("2026-11-30T09:30:00Z", "offset"),
        ("2026-11-30", "not a local time"),
        ("09:30:00", "text in quotes"),
        ("2026-11-30T09:30:00.5", "not a local time"),
        ('"2026-10-25T01:30"', "exists twice"),
        ('"2027-03-28T01:00"', "does not exist"),
        ('"2026-02-30T10:00"', "not in the calendar"),
        ("20261130", "text in quotes"),
        ("nan", "text in quotes"),
    ],
)
def test_a_start_that_is_no_one_local_instant_is_a_problem(start: str, words: str) -> None:
    """Offsets, skipped and doubled hours, dates without time and other types are refused on the line of `start`."""
    (problem,) = problems(LEAST.replace('"2026-11-30T09:30"', start))
    assert (problem.line, problem.where) == (3, "start")
    assert words in problem.message


def test_tables_of_the_wrong_shape_are_reported() -> None:
    """A single table where a list is due, a list where one table is due, and entries that are no tables."""
    marked(
        LEAST
        + '[protected]  #! protected: [[protected]]\n[[previous]]  #! previous: must be a table\ntype = "initial"\n'
    )
    (problem,) = problems('exclusion = ["mother"]\n' + LEAST)
    assert (problem.line, problem.where) == (1, "exclusion[1]")


def test_inline_tables_have_lines_too() -> None:
    """People may be written as an array of inline tables; a problem names the line of its key."""
    text = LEAST.split("[[person]]")[0].replace("[[child]]", "person = [\n  {id='chair', name='A B', role='chair'},\n"
        "  {id='p2', name='C D', role='cook'},  #! person[2].role: must be one of\n]\n[[child]]")  # fmt: skip
    marked(text)


def test_unknown_keys_are_problems_at_every_level() -> None:
    """Dotted keys, unknown tables and keys of other tables are reported where they stand."""
    marked(LEAST + "note.deep = 1  #! person[1].note: not a known key\n[extra]  #! extra: not a known key\nx = 1\n")
    marked(LEAST.replace("[[child]]", 'from_ = ["a"]  #! from_: not a known key\n[[child]]'))


def test_syntax_and_other_problems_are_reported_together() -> None:
    """A line that is no TOML hides no other problem, and what it may have held is not called missing."""
    text = LEAST.replace('"initial"', "initial  #! syntax: cannot be read")
    marked(text.replace('role = "chair"', 'role = "cook"  #! person[1].role: one of'))


@pytest.mark.parametrize(
    "text",
    [
        LEAST.replace('"2026-11-30T09:30"', "2026-11-30T09:30  #! syntax: needs seconds"),
        LEAST.replace("born_on = 2019-03-04", "born_on = 2019-13-04  #! syntax: cannot be read"),
        LEAST.replace('type = "initial"', 'type = "initial\\q"  #! syntax: cannot be read'),
        LEAST.replace('type = "initial"', 'type = "initial"\ntype = "review"  #! type: is given twice'),
        LEAST + 'role = "police"  #! person[1].role: is given twice\n',
        LEAST + "[previous]\ntype = 'initial'\nheld_on = 2026-01-01\n[previous]  #! previous: is given twice\n",
        LEAST + "[child]  #! child: is given twice\n",
        LEAST + "previous = = 1  #! syntax: cannot be read\n",
        LEAST + "nonsense  #! syntax: cannot be read\n",
        LEAST + 'children = ["c1", 2019-99-99]  #! syntax: cannot be read\n',
        LEAST + "nonsense  #! syntax: cannot be read\nmore = nonsense  #! syntax: cannot be read\n",
        LEAST + "x = {a = 1}  #! person[1].x: not a known key\nx.b = 2  #! syntax: cannot be read\n",
    ],
)
def test_syntax_problems_name_their_line(text: str) -> None:
    """What the strict parser refuses is reported on the line that a person has to change."""
    marked(text)


FATHER = '[[person]]\nid = "father"\nname = "Ivo Drumgoole"\nrole = "parent"\n'
STRAY = '[[protected]]\ndetail = "ZZ4 7QX"\nfrom = ["nobody"]  #! protected[1].from[1]: no [[person]]\n'


@pytest.mark.parametrize(
    "value",
    ["Ione Drumgoole", '"Ione Drumgoole', "“Ione Drumgoole”", "'Ione Drumgoole", '"""Ione Drumgoole', "‘Ione’", "", "[]]"],
)
def test_a_value_that_cannot_be_read_spoils_its_line_only(value: str) -> None:
    """What stands on the lines below, in the same table and in others, is read and reported as well."""
    marked(
        LEAST.replace("born_on = 2019-03-04\n", "").replace("[[child]]", "[[child]]  #! child[1].born_on: is required")
        + f'[[person]]\nid = "p2"\nname = {value}  #! syntax: cannot be read\n'
        + 'role = "edu"  #! person[2].role: must be one of\nchildren = ["c9"]  #! person[2].children[1]: no [[child]]\n'
        + STRAY
    )


@pytest.mark.parametrize(
    "text",
    [
        # in the very table of the mistake nothing is called missing, in its neighbours it is
        "[[person]]\nid = p2  #! syntax: cannot be read\n[[person]]  #! person[3].name: is required\nid = 'p3'\nrole = 'gp'\n",
        # an id that cannot be read may be the one that is sought
        STRAY.split("#!")[0] + "\n[[person]]\nid = nobody  #! syntax: cannot be read\nname = 'A B'\nrole = 'gp'\n",
        # an array that is broken, or never closed, ends where the next key begins
        STRAY + FATHER + 'children = [\n"c1",\nc2,  #! syntax: cannot be read\n]\nshoe = 1  #! person[2].shoe: not a known key\n',
        STRAY + FATHER + 'children = [  #! syntax: cannot be read\n  "c1",\n\n# or\nshoe = 1  #! person[2].shoe: not a known key\n',
        # a header without its bracket is understood; below one that is not, keys belong to nobody
        STRAY + FATHER.replace("[[person]]", "[[person  #! syntax: cannot be read") + "shoe = 1  #! person[2].shoe: not a known\n",
        STRAY.split("#!")[0] + "\n" + FATHER.replace("[[person]]", "[[some person]]  #! syntax: cannot be read"),
        # a text of many lines is none of this
        STRAY + 'nonsense  #! syntax: cannot be read\n[[protected]]\ndetail = """\\\nfrom = 1\\\n"""\nfrom = ["chair"]\n',
        # a key given twice hides nothing
        STRAY + FATHER + 'name = "A B"  #! person[2].name: is given twice\n[[exclusion]]  #! exclusion[1].because: is required'
        ' | exclusion[1].decided_by: is required\nperson = "father"\nfrom = ["all"]\n',
    ],
)  # fmt: skip
def test_only_what_a_syntax_error_may_explain_is_held_back(text: str) -> None:
    """Everything else is reported at once, whatever line cannot be read."""
    marked(LEAST + text)


def test_syntax_outside_any_table_hides_no_missing_table() -> None:
    """The commonest mistake, a start without quotes and seconds, does not hide that children and chair are missing."""
    start = "start = 2026-11-30T09:30\n"
    assert {(p.line, p.where) for p in problems(start)} == {(1, "syntax"), (1, "child"), (1, "person")}
    assert {(p.line, p.where) for p in problems(start + "child = [{id = c1}]\n")} == {
        (1, "syntax"), (2, "syntax"), (1, "person")
    }  # fmt: skip


def test_a_broken_entry_of_inline_tables_keeps_the_places_of_the_others() -> None:
    """Of an array of inline tables only the entry that cannot be read is left out, closed or not."""
    people = (
        "person = [  #!!\n  {id='chair', name='A B', role='chair'},\n"
        "  {id='p2', name=C D, role='cook'},  #! syntax: cannot be read\n"
        "  {id='p3', name='D E', role='cook'},  #! person[3].role: must be one of\n]\n"
    )
    rest = LEAST.split("[[person]]")[0]
    marked(rest.replace("[[child]]", people.replace("#!!", "# all of them") + "[[child]]"))
    marked(rest.replace("[[child]]", people.replace("!!", "! syntax: cannot be read").replace("]\n", "\n") + "[[child]]"))


def test_prose_is_told_by_its_first_line() -> None:
    """A long stretch that is no TOML is one problem."""
    prose = [p for p in problems("Dear team,\n" * 11 + LEAST) if p.where == "syntax"]
    assert [p.line for p in prose] == [1]


@pytest.mark.parametrize(
    ("text", "line", "where"),
    [
        ('{"profile": "irs",\n "mode": NaN}', 2, "syntax"),
        ('{"profile": "irs",\n "mode": "a",\n "mode": "b"}', 3, "mode"),
        ('{"profile": "irs",\n "mode": "\\ud800"}', 2, "syntax"),
        ("[]", 1, "file"),
        ("7", 1, "file"),
        ("", 1, "syntax"),
        ('{"profile": "irs"\n "mode": "b"}', 2, "syntax"),
        ('{"mode": "a",\n "mode": "b",\n "type": initial}', 2, "mode"),
        ('{"mode": "a",\n "mode": "b",\n "type": initial}', 3, "syntax"),
    ],
)
def test_json_that_cannot_be_read_names_its_line(text: str, line: int, where: str) -> None:
    """NaN, keys given twice, half characters and broken syntax are problems of a JSON booking."""
    assert (line, where) in {(p.line, p.where) for p in problems(text, "json")}


def test_json_problems_have_lines() -> None:
    """Each key of a JSON booking has its own line, and null is as good as nothing."""
    text = json.dumps(plain(tomllib.loads(LEAST)), indent=1).replace(
        '"chair"\n', '"cook",\n   "phone": null,\n   "shoe": 1\n'
    )
    lines = text.splitlines()
    assert {(p.line, p.where) for p in problems(text, "json")} == {
        (lines.index('   "role": "cook",') + 1, "person[1].role"),
        (lines.index('   "shoe": 1') + 1, "person[1].shoe"),
    }


def test_json_syntax_holds_back_only_what_it_may_explain() -> None:
    """A value that cannot be read hides what its own table lacks; where a bracket is missing anything may be hidden."""
    values = plain(tomllib.loads(LEAST))
    values["person"].append({"id": "p2", "name": "Ione Drumgoole", "role": "gp"})
    values["protected"] = [{"detail": "ZZ4 7QX"}]
    del values["child"][0]["born_on"]
    text = json.dumps(values, indent=1).replace('"Ione Drumgoole"', "Ione")
    line = 1 + next(number for number, row in enumerate(text.splitlines()) if "Ione" in row)
    found = [(p.line, p.where) for p in problems(text, "json")]
    assert found == [(6, "child[1].born_on"), (line, "syntax"), (line + 5, "protected[1].from")]
    assert {p.where for p in problems(text.rstrip().rstrip("}"), "json")} == {"syntax"}


def test_what_begins_with_a_brace_is_json_whatever_its_name() -> None:
    """A JSON booking under a name of TOML is read as JSON, and the other way round it stays JSON."""
    text = json.dumps(plain(tomllib.loads(LEAST)))
    assert read(f"\ufeff\n {text}", "toml") == read(LEAST)
    assert {p.where for p in problems(LEAST, "json")} == {"syntax"}


def test_nothing_of_the_conference_before_is_required() -> None:
    """Any part of it may be unknown, and the schema says the same."""
    assert read(LEAST + "[previous]\nplan_since = 2026-01-05\n").previous == Previous(plan_since=date(2026, 1, 5))
    assert read(LEAST + "[previous]\n").previous == Previous()
    assert booking_schema()["$defs"]["PreviousForm"]["required"] == []


def test_several_files_are_reported_together_by_file_and_line() -> None:
    """A reference taken here or by another file is a problem beside all others; of one file no name is told."""
    given = LEAST.replace("[[child]]", 'reference = "PM-1"\n[[child]]')
    texts = {
        "a.toml": given.replace("PM-1", "pm-2"),
        "b.toml": given.replace("PM-1", "PM-2").replace('role = "chair"', 'role = "cook"'),
        "c.json": json.dumps(plain(tomllib.loads(given))),
        "d.toml": given.replace('"PM-1"', '"PM-3"').replace('"initial"', "initial"),
    }
    files = [
        BookingFile(name=name, content=text.encode(), format="json" if "json" in name else "toml")
        for name, text in texts.items()
    ]
    files.append(BookingFile(name="e.toml", content=b"", format="toml", trouble="cannot be read"))
    with pytest.raises(BookingProblemsError) as caught:
        read_bookings(files, taken=["pm-1", "PM-3"], profiles=PROFILES)
    assert [(p.file, p.line, p.where) for p in caught.value.problems] == [
        ("a.toml", 4, "reference"), ("b.toml", 4, "reference"), ("b.toml", 12, "person[1].role"),
        ("c.json", 1, "reference"), ("d.toml", 2, "syntax"), ("d.toml", 4, "reference"), ("e.toml", 0, "file"),
    ]  # fmt: skip
    assert str(caught.value).startswith("there are 7 problems in the bookings; nothing was changed. a.toml: line 4: ref")
    assert "b.toml" in caught.value.problems[0].message
    with pytest.raises(BookingProblemsError, match=r"^there is 1 problem in the booking; .* line 1: reference: is taken"):
        read_bookings(files[2:3], taken=["pm-1", "PM-3"], profiles=PROFILES)
    assert [b.reference for b in read_bookings(files[2:3] + files[:1], taken=["PM-9"], profiles=PROFILES)] == ["PM-1", "pm-2"]


def test_a_folder_loses_no_booking_silently(tmp_path: Path) -> None:
    """Endings count in any case, what cannot be read is there with its trouble, all else is named as passed over."""
    for name in ("b.TOML", "a.json", "notes.txt", "c.toml.bak", ".hidden"):
        (tmp_path / name).write_text("x")
    (tmp_path / "d.toml").symlink_to(tmp_path / "gone.toml")
    (tmp_path / "e.toml").symlink_to(tmp_path / "e.toml")
    (tmp_path / "f.Json").mkdir()
    (tmp_path / "more").mkdir()
    os.mkfifo(tmp_path / "g.toml")
    files, passed_over = booking_files(tmp_path)
    assert [(f.name, f.format, f.trouble is None) for f in files] == [
        ("a.json", "json", True), ("b.TOML", "toml", True), ("d.toml", "toml", False), ("e.toml", "toml", False),
        ("f.Json", "json", False), ("g.toml", "toml", False),
    ]  # fmt: skip
    assert passed_over == ["c.toml.bak", "more", "notes.txt"]


def test_no_message_repeats_what_was_written() -> None:
    """Names, reasons, details and addresses of a faulty booking are in no message."""
    text = (
        Path(SAMPLES[4])
        .read_text()
        .replace("freemail.example", "freemail example")
        .replace('name = "', 'name = "\\u0007')
    )
    text = text.replace('"split"', '"\\u0007split"').replace('because = "', 'because = "\\u0007')
    with pytest.raises(BookingProblemsError) as caught:
        read(text)
    assert len(caught.value.problems) > 15
    for word in ("Wrayburn", "Odette", "Threats", "Sunniva", "freemail", "Calder", "split"):
        assert word.lower() not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"\xff\xfe", "toml"),
        (LEAST.encode("utf-16"), "toml"),
        (LEAST.encode() + b"\xff", "json"),
        (b"\0", "toml"),
        (b"x" * 10_000_000, "toml"),
        (b" " * 10_000_000, "json"),
        (b"[" * MAX_BYTES, "toml"),
        (b"[" * MAX_BYTES, "json"),
        (b"a = " + b"[" * 200_000, "toml"),
        (b'{"a":' * 50_000, "json"),
        (b"a." * 100_000 + b"b = 1", "toml"),
        (b"[" + b"a." * 100_000 + b"b]", "toml"),
        (b"x = {" + b"a." * 100_000 + b"b = 1}", "toml"),
        (b"a = " + b"9" * 200_000, "toml"),
        (b"9" * 200_000, "json"),
        (b'x = """' + b"\n" * 200_000, "toml"),
        (b"=\n" * 100_000, "toml"),
        (b"a = 1\n" * 40_000, "toml"),
        (b"[[person]]\n" * 20_000, "toml"),
        (b'{"\\ud800": 1, "person": [{"\\ud800": "\\ud800"}]}', "json"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_hostile_content_gives_problems_and_nothing_else(content: bytes, form: Literal["toml", "json"]) -> None:
    """Wrong encodings, sizes, nesting and numbers end in the one error, never in a crash."""
    found = problems(content, form)
    assert 0 < len(found) <= 1001
    assert all(problem.line >= 1 for problem in found)


PIECES = """[[person]] [[child]] [previous] [ ] { } = , " ' # . : - id name role from person child 1 true nan null
2026-11-30 T09:30:00 Z \\u0000 é"""
TOKENS = st.sampled_from([*PIECES.split(), '"' * 3, "\n", "\r", "\x00", " "])


@given(
    content=st.one_of(st.binary(max_size=200), st.lists(TOKENS, max_size=60).map(lambda parts: "".join(parts).encode()))
)
@example(content=b"[[a]]\n[a.b]\nc=1")
@example(content=b"a=[]\n[[a]]")
@settings(deadline=None)
def test_random_content_never_raises_anything_else(content: bytes) -> None:
    """Random bytes and random pieces of a booking are read or refused, in both formats."""
    problems(content, "toml")
    problems(content, "json")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["c1", "chair", "2026-11-30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def bent_bookings(draw: st.DrawFn) -> dict[str, Any]:
    """A sample booking in which some values were replaced, removed or added anywhere."""
    values: dict[str, Any] = plain(tomllib.loads(draw(st.sampled_from(SAMPLES)).read_text()))
    for _ in range(draw(st.integers(1, 4))):
        table = values
        if draw(st.booleans()):
            choices = [
                part for value in values.values() if isinstance(value, list) for part in value if isinstance(part, dict)
            ]
            table = draw(st.sampled_from(choices)) if choices else values
        key = draw(st.sampled_from(sorted(table)) if table else st.just("x"))
        if draw(st.booleans()):
            table[key] = draw(VALUES)
        elif draw(st.booleans()):
            table.pop(key, None)
        else:
            table[draw(st.text(max_size=5))] = draw(VALUES)
    return values


@given(values=bent_bookings())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bent_bookings_are_read_or_refused(values: dict[str, Any]) -> None:
    """Any value in any place is taken or reported on a line of the file; a booking that is read has one chair."""
    text = json.dumps(values, indent=1)
    found = problems(text, "json")
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in found)
    if not found:
        assert sum(person.role is Role.CHAIR for person in read(text, "json").people) == 1


@given(cut=st.integers(0, 5000), sample=st.sampled_from(SAMPLES), junk=st.sampled_from(["", "=", "[", '"', "\n]", "x"]))
@settings(deadline=None)
def test_a_damaged_sample_has_lines_within_the_file(cut: int, sample: Path, junk: str) -> None:
    """Cutting into a booking gives problems on lines that exist."""
    text = sample.read_text()[:cut] + junk
    for problem in problems(text):
        assert 1 <= problem.line <= text.count("\n") + 1


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_tolerant_reading_agrees_with_the_strict_one(path: Path) -> None:
    """With one broken line at the end, all the rest of a sample is read as the strict parser reads it."""
    text = path.read_text()
    found = read_lines((text + "broken\n").encode(), "toml")
    assert found.values == tomllib.loads(text)
    assert [problem.line for problem in found.problems] == [text.count("\n") + 1]


CHILDREN = (
    Child(id=ChildId("c1"), name="Tobin Quillfeather", born_on=date(2019, 3, 4)),
    Child(id=ChildId("c2"), name="Isla-Wren Quillfeather", born_on=date(2022, 6, 17)),
)


def test_a_person_is_made_from_fields_of_a_command_line() -> None:
    """Texts become truths and links; empty ones are left out; a professional has a role for all children."""
    fields = {
        "id": "p7",
        "name": "Pell Ashgrove",
        "role": "parent",
        "resident": "no",
        "children": "c1, c2",
        "email": "",
    }
    person = person_from_fields(fields, CHILDREN)
    assert (person.role, person.resident, person.children, person.email) == (Role.PARENT, False, ("c1", "c2"), None)
    nurse = person_from_fields(
        {"id": "p8", "name": "Vashti Corrigall", "role": "school-nurse", "asked_for_report": "true"}, CHILDREN
    )
    assert (nurse.asked_for_report, nurse.children) == (True, ("c1", "c2"))


def test_problems_of_fields_name_the_field() -> None:
    """All problems of one person come at once, with the field as their place and no line."""
    fields = {"id": "wren", "name": "Pell Ashgrove", "role": "parent", "resident": "perhaps", "email": "x", "shoe": "9"}
    with pytest.raises(BookingProblemsError) as caught:
        person_from_fields(fields, CHILDREN)
    assert {(p.line, p.where) for p in caught.value.problems} == {
        (0, "id"), (0, "resident"), (0, "email"), (0, "shoe"), (0, "children")
    }  # fmt: skip


def test_the_schema_says_what_is_required_and_closed() -> None:
    """Every table is closed, required keys are those of the issue, and references lead somewhere."""
    schema = booking_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["profile", "type", "start", "child", "person"]
    assert schema["$defs"]["PersonForm"]["required"] == ["id", "name", "role"]
    assert schema["$defs"]["ExclusionForm"]["required"] == ["person", "from", "because", "decided_by"]
    tables = [schema, *(part for part in schema["$defs"].values() if part["type"] == "object")]
    assert len(tables) == 10
    assert all(table["additionalProperties"] is False for table in tables)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_use_only_what_the_schema_knows(path: Path) -> None:
    """Keys and allowed values of the samples are all in the schema."""
    schema = booking_schema()
    kept(plain(tomllib.loads(path.read_text())), schema, schema["$defs"])


def kept(value: Any, schema: dict[str, Any], defs: dict[str, Any]) -> None:
    """Checks types, keys, required keys and allowed values of a value against its schema."""
    while "$ref" in schema:
        schema = defs[schema["$ref"].removeprefix("#/$defs/")]
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    assert isinstance(value, types[schema["type"]])
    assert value in schema.get("enum", [value])
    if isinstance(value, dict):
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for key, part in value.items():
            kept(part, schema["properties"][key], defs)
    elif isinstance(value, list):
        for part in value:
            kept(part, schema["items"], defs)
