"""Reading profiles: every problem at once, with its line, and nothing from outside in an error."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.adapters.profile_files import PROFILES, ProfileFiles, read_profile, read_profile_file, write_profile
from pipeline.domain.people import ConferenceType, Role
from pipeline.errors import ProfileProblemError, ProfileProblemsError

SMALL = """\
name = "small"
title = "Small"
version = "1"
source = "small.txt"
effective_from = 2026-01-01
danger_line = "ring 999"
complaint_line = "complain"

[words]
team = "t"
chair = "c"
conference = "k"
initial = "i"
review = "r"
pre-birth = "p"
transfer-in = "x"

[[rule]]
id = "S-1"
what = "report"
who = "agency"
duty = "agency-report"
unit = "hours"
amount = 48
direction = "before"
trigger = "conference-start"
types = ["initial"]
line = 1
quote = "48 hours"

[[audience]]
id = "A-1"
document = "pack"
reader = "chair"
types = ["initial"]
contents = ["agency-report"]
default = true
because = "nobody says"
"""


def problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ProfileProblemsError) as caught:
        read_profile(text)
    return [(problem.line, problem.where, problem.message) for problem in caught.value.problems]


def test_a_small_profile_is_read() -> None:
    """What the file says is in the profile; a rule without dates takes the file's first day."""
    profile = read_profile(SMALL)
    (rule,) = profile.rules
    assert (rule.amount, rule.source_text, str(rule.effective_from)) == (48, "small.txt:1", "2026-01-01")
    assert profile.authority_words["review"] == "r"
    assert profile.releases_needed == 1


def test_every_problem_is_reported_at_once_with_its_line() -> None:
    """Wrong words, kinds, missing and unknown keys come together, each with the line of its table."""
    text = (
        SMALL.replace('unit = "hours"', 'unit = "fortnights"\ncolour = "red"')
        .replace("amount = 48", "amount = true")
        .replace('types = ["initial"]\ncontents', 'types = ["jury"]\ncontents')
        .replace('review = "r"\n', "")
        .replace('title = "Small"\n', "")
    )
    found = problems(text)
    assert [(line, where) for line, where, _ in found] == [
        (0, "profile.title"),
        (0, "profile.words"),
        (16, "rule S-1.amount"),
        (16, "rule S-1.colour"),
        (16, "rule S-1.unit"),
        (30, "audience A-1.types"),
    ]
    assert not any("fortnights" in message or "jury" in message for _, _, message in found)


def test_what_contradicts_itself_is_reported_with_its_line() -> None:
    """A profile that reads well but gives a confidential section to professionals is refused."""
    text = SMALL.replace('reader = "chair"', 'reader = "professional"').replace(
        '["agency-report"]', '["confidential-section"]'
    )
    ((line, where, message),) = problems(text)
    assert (line, where) == (31, "audience A-1")
    assert "chair only" in message


def test_a_file_that_is_no_toml_names_the_line() -> None:
    """A slip in the TOML itself is one problem with its line and without the file's text."""
    ((line, where, message),) = problems(SMALL.replace('title = "Small"', "title = Small"))
    assert (line, where) == (2, "TOML")
    assert "Small" not in message


def test_an_unknown_profile_lists_those_there_are(tmp_path: Path) -> None:
    """The sentence names what there is and never the name that was asked for; a path is no name."""
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    files = ProfileFiles(tmp_path)
    assert files.load("small") is files.load("small")
    for name in ("large", "../small", "small.toml", ""):
        with pytest.raises(ProfileProblemError, match="There are: small"):
            files.load(name)


def test_a_profile_answers_to_its_files_name(tmp_path: Path) -> None:
    """A copied file whose name was not changed inside is refused."""
    (tmp_path / "copied.toml").write_text(SMALL, encoding="utf-8")
    with pytest.raises(ProfileProblemsError, match="file's own name"):
        ProfileFiles(tmp_path).load("copied")


def test_the_five_profiles_are_sound() -> None:
    """Every profile that is delivered reads without a problem."""
    files = ProfileFiles()
    assert files.names() == ("barking-dagenham", "irs", "northamptonshire", "portsmouth", "sw-guide")
    assert files.names() == tuple(sorted(path.stem for path in PROFILES.glob("*.toml")))
    for name in files.names():
        profile = files.load(name)
        assert profile.rules
        assert "999" in profile.danger_line
        for type_ in ConferenceType:
            chairs = profile.contents_for(Role.CHAIR, "pack", type_, date(2026, 11, 30))
            assert chairs == {"social-worker-report", "agency-report", "confidential-section"}


ACTING = SMALL.replace(
    'quote = "48 hours"\n',
    '''quote = "48 hours"
acts = [
  { do = "WARN", where = "booking", when = { grade = "<= 2.5", child-age = ">= 8", rag = "RED", quorate = false }, says = "w" },
]
examples = [{ at = "2026-11-30T09:30", due = "2026-11-28T09:30", office = "none", type = "initial" }]
cases = [{ case = "c", where = "booking", given = { grade = 2 }, expect = ["WARN"] }]
settings = { slot-minutes = 120 }
''',
)


def test_acts_examples_and_cases_are_read() -> None:
    """Comparisons become numbers, everything else stays what it is; each rule knows its line in the file."""
    (rule,) = read_profile(ACTING).rules
    conditions = [(one.fact, one.comparison, one.value) for one in rule.acts[0].when]
    assert conditions == [("grade", "<=", 2.5), ("child-age", ">=", 8), ("rag", "", "RED"), ("quorate", "", False)]
    assert (rule.examples[0].type, rule.examples[0].office) == (ConferenceType.INITIAL, "none")
    assert (rule.cases[0].given, rule.settings, rule.file_line) == ((("grade", 2),), (("slot-minutes", 120),), 18)
    assert read_profile(SMALL).rules[0].acts == ()


def test_every_problem_of_acts_and_examples_is_reported() -> None:
    """Unknown verbs, places and keys, and times that are no local times, come together."""
    text = (
        ACTING.replace('do = "WARN"', 'do = "SHOUT"')
        .replace('case = "c", where = "booking"', 'case = "c", where = "moon"')
        .replace('expect = ["WARN"]', 'expect = ["SHOUT"], colour = "red"')
        .replace('at = "2026-11-30T09:30"', 'at = "2027-03-28T01:30"')
        .replace('office = "none"', 'office = "soon", others = ["later"]')
    )
    found = problems(text)
    assert [where for _, where, _ in found] == [
        "rule S-1.acts.do",
        "rule S-1.cases.colour",
        "rule S-1.cases.expect",
        "rule S-1.cases.where",
        "rule S-1.examples.at",
        "rule S-1.examples.office",
        "rule S-1.examples.others",
    ]
    assert {line for line, _, _ in found} == {18}
    assert not any(word in message for _, _, message in found for word in ("SHOUT", "moon", "soon", "later"))


def test_own_profiles_stand_beside_the_delivered_ones_and_in_their_place(tmp_path: Path) -> None:
    """An own file adds a name, or stands in place of a delivered profile; without the folder nothing is different."""
    delivered, own = tmp_path / "delivered", tmp_path / "own"
    delivered.mkdir()
    (delivered / "small.toml").write_text(SMALL, encoding="utf-8")
    assert ProfileFiles(delivered, own).names() == ("small",)
    own.mkdir()
    (own / "small.toml").write_text(SMALL.replace('"Small"', '"Ours"'), encoding="utf-8")
    (own / "large.toml").write_text(SMALL.replace('"small"', '"large"'), encoding="utf-8")
    files = ProfileFiles(delivered, own)
    assert files.names() == ("large", "small")
    assert (files.load("small").title, files.load("large").title) == ("Ours", "Small")
    assert ProfileFiles(delivered).load("small").title == "Small"


def test_a_new_profile_reads_back(tmp_path: Path) -> None:
    """Skeleton and copy read without a problem under the new name and title, whatever stands in the title."""
    title = 'Eastmarsh "new" \\1 & co'
    for name, copied in (("eastmarsh", None), ("westmarsh", PROFILES / "sw-guide.toml")):
        made = read_profile_file(write_profile(tmp_path / "profiles", name, title, copied))
        assert (made.name, made.title, made.version) == (name, title, "1")
    again = write_profile(tmp_path, "northmarsh", "North", tmp_path / "profiles" / "westmarsh.toml")
    assert len(read_profile_file(again).rules) == len(ProfileFiles().load("sw-guide").rules)
    for name, said in (("eastmarsh", title), ("East", title), ("../e", title), ("e", " "), ("e", "a\nb")):
        with pytest.raises(ProfileProblemError, match="Nothing was written"):
            write_profile(tmp_path / "profiles", name, said)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "eastmarsh.toml", "westmarsh.toml", "northmarsh.toml"
    }  # fmt: skip


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """An absent file, and one that is not UTF-8, are one sentence."""
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    for name in ("odd", "none"):
        with pytest.raises(ProfileProblemError, match="not UTF-8"):
            read_profile_file(tmp_path / f"{name}.toml")


DOCUMENT = """
[[document]]
id = "NEW-1"
document = "decision-notice"
reader = "family"
types = ["initial"]
route = "email"
default = true
because = "invented"
"""


def test_documents_are_read_and_may_be_absent() -> None:
    """A profile without document tables gives packs only; one with them gives what they say, from its own first day."""
    assert read_profile(SMALL).documents == ()
    (only,) = read_profile(SMALL + DOCUMENT + 'when = { grade = "<= 2" }\nrelease = true\n').documents
    assert (only.route.value, only.release, [c.words for c in only.when]) == ("email", True, ["grade <= 2"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"decision-notice"', '"pack"', "the document must be one of"),
        ('reader = "family"', 'reader = "everybody"', "the reader must be"),
        ('reader = "family"\ntypes = ["initial"]\nroute = "email"', 'reader = "gp"\ntypes = ["initial"]\nroute = "social-worker"',
         "only a family's copy"),
        ('route = "email"', 'route = "post"', "must be one of email, social-worker, held"),
        ('because = "invented"', "", "a default must say why"),
        ('because = "invented"', 'because = "x"\nduty = "sing"', "no rule or statement here settles"),
        ('because = "invented"', 'because = "x"\nwhen = { late = true }', "by their own facts only"),
        ('because = "invented"', 'because = "x"\n' + DOCUMENT, "both give decision-notice to family"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_in_a_document_is_found(old: str, new: str, said: str) -> None:
    """Each fault of a document table is told with the line where the table begins."""
    assert old in DOCUMENT
    found = [line for line, _, message in problems(SMALL + DOCUMENT.replace(old, new)) if said in message]
    assert found
    assert all(line > SMALL.count("\n") for line in found)
