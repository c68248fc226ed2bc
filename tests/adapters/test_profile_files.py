"""Reading profiles: every problem at once, with its line, and nothing from outside in an error."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.adapters.profile_files import PROFILES, ProfileFiles, read_profile
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
