"""Every example of the delivered profiles is run, every rule has one, and docs/rules.md is what the profiles say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.adapters.bank_holidays import england_calendar
from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.acting import Verb
from pipeline.domain.people import ConferenceType
from pipeline.domain.profile import DueExample, Rule
from pipeline.domain.profile_check import entries, examples_of, failed_examples, quote_problems
from pipeline.domain.rule_table import compared, markdown, rule_rows

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {p.name: p.read_text(encoding="utf-8").splitlines() for p in (ROOT / "tests/data/sources").glob("*.txt")}
CALENDAR = england_calendar()
FILES = ProfileFiles()
ENTRIES = [(name, one) for name in FILES.names() for one in entries(FILES.load(name))]
IDS = [f"{name}-{one.id}-{one.file_line}" for name, one in ENTRIES]

PRINTED = {
    "portsmouth": {"POR-1": ["W01", "W03"], "POR-5": ["W06"]},
    "barking-dagenham": {"BAD-4": ["W08", "W09", "W13"], "BAD-1": ["W15"], "BAD-9": ["W17", "W20"], "BAD-12": ["W19"]},
    "irs": {"IRS-3": ["W22"]},
    "sw-guide": {"SWG-12": ["W26", "W27"], "SWG-14": ["W31"]},
    "northamptonshire": {"NCC-8": ["W38"]},
}
"""The worked examples of the domain notes (D), by rule."""

VERBS = {
    "IRS-0": "REC", "IRS-1": "GEN SCHED REC", "IRS-2": "SCHED WARN BLOCK", "IRS-2b": "SCHED WARN", "IRS-3": "CHASE",
    "IRS-4": "SEND", "IRS-5": "SCHED WARN", "IRS-6": "GEN SEND", "IRS-7": "GEN SEND CHASE", "IRS-8": "BLOCK",
    "POR-1": "CHASE", "POR-2": "GEN SEND CHASE", "POR-4": "BLOCK", "POR-6": "BLOCK REC", "POR-7": "WARN",
    "POR-8": "REC", "POR-9": "CHASE", "POR-10": "CHASE", "POR-11": "WARN", "POR-12": "REC BLOCK",
    "POR-13": "GEN SCHED SEND", "POR-14": "BLOCK CHASE", "POR-15": "GEN", "SWG-1": "GEN SCHED CHASE", "SWG-2": "REC",
    "SWG-3": "GEN SCHED", "SWG-4": "BLOCK", "SWG-5": "REC WARN", "SWG-6": "GEN REC", "SWG-8": "BLOCK",
    "SWG-10": "REC", "SWG-11": "WARN", "SWG-12": "BLOCK SCHED", "SWG-14": "SCHED BLOCK WARN", "SWG-15": "GEN",
    "SWG-16": "SCHED CHASE", "SWG-17": "SCHED SEND REC", "SWG-18": "GEN", "SWG-19": "SCHED", "SWG-22": "CHASE",
    "SWG-23": "SCHED", "SWG-24": "WARN", "SWG-25": "GEN", "SWG-26": "BLOCK", "SWG-27": "SCHED", "BAD-1": "SCHED",
    "BAD-2": "WARN", "BAD-3": "CHASE", "BAD-4": "CHASE", "BAD-5": "CHASE", "BAD-8": "BLOCK", "BAD-9": "GEN SEND",
    "BAD-12": "GEN SEND", "NCC-1": "GEN WARN", "NCC-2": "SEND REC", "NCC-6": "SCHED", "NCC-7": "SCHED",
    "NCC-8": "CHASE", "NCC-9": "WARN", "NCC-12": "REC", "NCC-14": "GEN", "NCC-15": "REC", "NCC-17": "WARN",
    "NCC-18": "GEN", "NCC-22": "SCHED", "NCC-25": "WARN",
}  # fmt: skip
"""What the domain notes say that software does, where they name a verb (A1 to A5, with A00)."""


@pytest.mark.parametrize("name", FILES.names())
def test_a_profile_checks_out(name: str) -> None:
    """All its examples come out and all its quotes stand on their lines."""
    profile = FILES.load(name)
    assert failed_examples(profile, CALENDAR) == ()
    assert quote_problems(profile, SOURCES) == ()
    assert examples_of(profile) >= len(profile.rules) + len(profile.statements)


@pytest.mark.parametrize(("name", "one"), ENTRIES, ids=IDS)
def test_every_rule_has_an_example_and_says_what_software_does(name: str, one: Rule) -> None:
    """A rule with a time has an instant, one without a case; both act somewhere; defaults alone have no source."""
    assert one.examples if isinstance(one, Rule) else one.cases
    assert one.acts
    assert one.source == f"{name}.txt" or one.is_default


@pytest.mark.parametrize("name", FILES.names())
def test_every_printed_worked_example_is_in_its_rule(name: str) -> None:
    """The worked examples of the domain notes stand in the profile of their rule, so that `check` runs them."""
    found: dict[str, list[str]] = {}
    for rule in FILES.load(name).rules:
        named = [example.name for example in rule.examples if example.name.startswith("W")]
        if named:
            found.setdefault(rule.id, []).extend(named)
    assert found == PRINTED[name]


def test_the_verbs_are_those_of_the_notes() -> None:
    """Every verb that the domain notes give a rule is among its acts."""
    acting: dict[str, set[Verb]] = {}
    for _, one in ENTRIES:
        acting.setdefault(one.id, set()).update(act.do for act in one.acts)
    for rule, verbs in VERBS.items():
        assert {Verb(verb) for verb in verbs.split()} <= acting[rule], rule


def test_an_example_that_does_not_come_out_is_a_problem() -> None:
    """A wrong due, office moment, other reading, time of day or verb is named with the line of its rule."""
    profile = FILES.load("portsmouth")
    rule = profile.rules_with_id("POR-1")[0]
    good = rule.examples[0]
    for wrong in (
        replace(good, due="2026-11-24T10:01"),
        replace(good, office="none"),
        replace(good, others=("2026-11-24T11:00",)),
        DueExample(at="2020-03-22T10:00", due="2020-03-20T10:00"),
        replace(good, type=ConferenceType.REVIEW),
    ):
        broken = replace(profile, rules=(replace(rule, examples=(wrong,)),), statements=())
        (problem,) = failed_examples(broken, CALENDAR)
        assert (problem.where, problem.line) == ("POR-1", rule.file_line)
    statement = next(one for one in profile.statements if one.id == "POR-4")
    case = replace(statement.cases[0], expect=frozenset({Verb.WARN}))
    broken = replace(profile, rules=(), statements=(replace(statement, cases=(case,)),))
    (problem,) = failed_examples(broken, CALENDAR)
    assert "should give WARN, gives BLOCK" in problem.message
    bare = replace(profile, rules=(replace(rule, examples=(), acts=()),), statements=())
    assert [p.message.split()[1] for p in failed_examples(bare, CALENDAR)] == ["no", "nothing"]


def test_a_quote_on_another_line_is_a_problem() -> None:
    """A quote that is not on its line is named; where the document is not there nothing is claimed."""
    profile = FILES.load("portsmouth")
    rule = replace(profile.rules_with_id("POR-1")[0], source_line=8)
    moved = replace(profile, rules=(rule,), statements=(), audience=())
    (problem,) = quote_problems(moved, SOURCES)
    assert problem.where == "POR-1"
    assert quote_problems(moved, {}) == ()
    (outside,) = quote_problems(replace(moved, rules=(replace(rule, source_line=999),)), SOURCES)
    assert outside.where == "POR-1"


def test_the_page_of_rules_is_what_the_profiles_say() -> None:
    """docs/rules.md is what `packs profiles table` prints today: no row is missing, old or made up."""
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert page == markdown([FILES.load(name) for name in FILES.names()]), "run: packs profiles table > docs/rules.md"
    rows = [line for line in page.splitlines() if re.match(r"\| [A-Z]+-", line)]
    assert len(rows) == len(ENTRIES)
    for name, one in ENTRIES:
        assert any(f"| {one.id} | {name}.toml:{one.file_line} |" in row for row in rows)
    for name in FILES.names():
        text = (ROOT / f"pipeline/profiles/{name}.toml").read_text(encoding="utf-8").splitlines()
        for row in rule_rows(FILES.load(name)):
            line = int(row["profile_line"].rpartition(":")[2])
            assert text[line - 1] in ("[[rule]]", "[[statement]]")
            assert text[line] == f'id = "{row["rule"]}"'
            assert row["example"] and row["acts"]


def test_side_by_side_nothing_is_made_up() -> None:
    """The steps that the notes mark n/s are n/s, and what is a default says so (A5b)."""
    rows = dict(compared([FILES.load(name) for name in FILES.names()]))
    assert {name for name, cell in rows["agency-report"].items() if cell.says == "n/s"} == {"irs", "sw-guide"}
    assert {name for name, cell in rows["core-group"].items() if cell.is_stated} == {"sw-guide"}
    assert {name for name, cell in rows["hold-conference"].items() if cell.is_stated} == {"irs", "barking-dagenham"}
    assert "default, not in source" in rows["hold-conference"]["portsmouth"].says
    assert rows["decision-notice"]["portsmouth"].says == "n/s"
    assert "48 h before the start of the conference" in rows["agency-report"]["portsmouth"].says
    assert rows["plan"]["portsmouth"].says == "POR-14: no time stated"
    assert "otherwise in SWG-20" in rows["first-visit-prompt"]["sw-guide"].says


def test_settings_are_the_authoritys_own_numbers() -> None:
    """What the program asks a profile for is there from the day that its rule is in force, and not before."""
    on = date(2026, 11, 30)
    assert FILES.load("sw-guide").setting("advocate-from-age", on) == 8
    assert FILES.load("northamptonshire").setting("professionals-on-backup-call", on) == 4
    assert FILES.load("northamptonshire").setting("professionals-on-backup-call", date(2020, 3, 22)) is None
    assert FILES.load("portsmouth").setting("advocate-from-age", on) is None
    assert {FILES.load(n).setting("decides", on) for n in FILES.names()} == {None, "chair", "conference"}


def test_rules_are_in_force_from_their_day() -> None:
    """Portsmouth and Northamptonshire from 23 Mar 2020, Northamptonshire's second stage from 30 Apr; the others always."""
    first = {name: {one.effective_from for _, one in ENTRIES if _ == name} for name in FILES.names()}
    assert first["portsmouth"] == {date(2020, 3, 23)}
    assert first["northamptonshire"] == {date(2020, 3, 23), date(2020, 4, 30)}
    assert first["irs"] == first["sw-guide"] == first["barking-dagenham"] == {None}
    stages = [one for _, one in ENTRIES if one.id == "NCC-11"]
    assert [one.effective_from for one in stages] == [date(2020, 3, 23), date(2020, 4, 30)]
    assert not any(one.effective_to for _, one in ENTRIES)
