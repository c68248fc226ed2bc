"""The authorities' rules through the command line: due instants by trigger, checks, comparison, and a sixth authority."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.bookings import BOOKED, REF, small
from tests.acceptance.home import PROGRAM, Home, done, packs, refused

SOURCES = PROGRAM / "tests/data/sources"
SIXTH = """
[[rule]]
id = "SIX-1"
what = "agency report"
who = "agency"
to = "conference team"
duty = "agency-report"
also_duties = ["social-worker-report"]
unit = "wd_wall"
amount = 2
direction = "before"
trigger = "conference-start"
types = ["initial", "review", "pre-birth", "transfer-in"]
line = 1
quote = "two working days before the conference"
acts = [{ do = "CHASE", where = "agenda" }]
examples = [{ at = "2026-11-30T09:30", due = "2026-11-26T09:30" }]

[[rule]]
id = "SIX-2"
what = "pack for each family member"
who = "conference team"
to = "family"
duty = "pack-family"
unit = "clock_on_nth_wd"
amount = 1
direction = "before"
clock = 10:00:00
trigger = "conference-start"
types = ["initial", "review", "pre-birth", "transfer-in"]
line = 2
quote = "at 10 am on the last working day before"
acts = [{ do = "GEN", where = "pack" }, { do = "SEND", where = "pack" }]
examples = [{ at = "2026-11-30T14:00", due = "2026-11-27T10:00" }]
"""
WORDS = "Reports reach us two working days before the conference.\nPacks go at 10 am on the last working day before.\n"


def due(profile: str, kind: str, rule: str, at: str, *more: str) -> Any:
    """`packs due`."""
    return done("due", "--profile", profile, "--type", kind, "--rule", rule, "--at", at, *more)


def no_due(profile: str, kind: str, rule: str, at: str, *more: str) -> str:
    """`packs due`, refused."""
    return refused("due", "--profile", profile, "--type", kind, "--rule", rule, "--at", at, *more, "--json")


# --- due


@pytest.mark.parametrize(
    ("profile", "rule", "at", "more", "local"),
    [
        ("irs", "IRS-1", "2026-11-26T09:00", (), "2026-11-27T23:59:59"),
        ("irs", "IRS-2b", "2026-11-10T15:00", (), "2026-11-10T23:59:59"),
        ("irs", "IRS-4", "2026-12-01T10:00", (), "2026-11-30T10:00:00"),
        ("irs", "IRS-6", "2026-12-01T12:00", (), "2026-12-02T12:00:00"),
        ("portsmouth", "POR-13", "2026-11-30T11:30", (), "2026-12-30T23:59:59"),
        ("sw-guide", "SWG-12", "2026-12-17T12:00", ("--trigger", "conference-end"), "2027-01-05T23:59:59"),
        ("sw-guide", "SWG-12", "2027-01-05T10:00", ("--trigger", "core group"), "2027-02-02T23:59:59"),
        ("sw-guide", "SWG-14", "2026-11-30T12:00", ("--trigger", "conference-end"), "2027-02-28T23:59:59"),
        ("sw-guide", "SWG-15", "2026-12-17T12:00", (), "2026-12-17T23:59:59"),
        ("sw-guide", "SWG-20", "2026-12-21T10:00", ("--trigger", "last-visit"), "2027-01-07T23:59:59"),
        ("sw-guide", "SWG-25", "2026-12-24T16:00", ("--trigger", "event"), "2026-12-29T23:59:59"),
        ("sw-guide", "SWG-27", "2026-12-17T12:00", (), "2026-12-17T23:59:59"),
        ("sw-guide", "SWG-19", "2026-12-17T12:00", ("--until", "2027-03-17T10:00"), "2027-01-31T23:59:59"),
        ("barking-dagenham", "BAD-2", "2027-01-05T14:00", (), "2027-01-07T23:59:59"),
        ("northamptonshire", "NCC-1", "2026-11-26T14:00", (), "2026-11-26T13:45:00"),
        ("northamptonshire", "NCC-7", "2026-11-26T14:00", (), "2026-11-25T23:59:59"),
        ("northamptonshire", "NCC-18", "2026-11-26T16:00", (), "2026-11-26T23:59:59"),
        ("northamptonshire", "NCC-22", "2026-11-26T14:00", ("--until", "2027-02-18T14:00"), "2027-01-07T23:59:59"),
    ],
)
def test_due_of_every_kind_of_rule(profile: str, rule: str, at: str, more: tuple[str, ...], local: str) -> None:
    """Defaults, clock times, months, inclusive starts, half-way days and named triggers give one object each."""
    found = due(profile, "initial", rule, at, *more)
    assert (found["rule"], found["due_local"]) == (rule, local)
    assert found["trigger"]


def test_several_triggers_are_a_list_and_a_named_one_an_object() -> None:
    """Without --trigger each object says its trigger; with it there is the one, and both texts of the source show."""
    both = due("sw-guide", "initial", "SWG-20", "2026-12-17T12:00")
    assert [one["trigger"] for one in both] == ["conference-end", "visit"]
    one = due("sw-guide", "initial", "SWG-20", "2026-12-17T12:00", "--trigger", "conference-end")
    assert one == both[0]
    assert (one["contradicts"], one["prompt_local"], one["breach_local"]) == (
        "SWG-13", "2026-12-19T12:00:00", "2026-12-21T23:59:59"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sw-guide", "initial", "SWG-20", "2026-12-17T12:00", "--trigger", "moon"), "conference-end, visit"),
        (("irs", "initial", "IRS-3", "2026-12-01T10:00", "--trigger", "visit"), "only: conference-start"),
        (("northamptonshire", "initial", "NCC-22", "2026-11-26T14:00"), "--until"),
        (("northamptonshire", "initial", "NCC-22", "2026-11-26T14:00", "--until", "2026-11-26T14:00"), "later"),
        (("northamptonshire", "initial", "NCC-22", "2026-11-26T14:00", "--until", "soon"), "not a local time"),
        (("irs", "initial", "IRS-3", "2026-12-01T10:00", "--until", "2026-12-02T10:00"), "without --until"),
        (("portsmouth", "initial", "POR-6", "2026-11-30T09:30"), "states no time"),
        (("barking-dagenham", "initial", "BAD-16", "2026-11-30T09:30"), "states no time"),
        (("northamptonshire", "initial", "NCC-19", "2026-11-30T09:30"), "no rule of that id"),
    ],
)
def test_what_due_cannot_answer(words: tuple[str, ...], said: str) -> None:
    """An unknown trigger, a missing, early or needless second instant, and a rule without a time are one sentence."""
    assert said in no_due(*words)


# --- profiles


def test_the_delivered_profiles_check_out() -> None:
    """All examples come out and all quotes are found; Northamptonshire's review is past, which is only a warning."""
    rows = {row["profile"]: row for row in done("profiles", "check", "--sources", str(SOURCES))}
    assert set(rows) == {"irs", "portsmouth", "sw-guide", "barking-dagenham", "northamptonshire"}
    assert {row["quotes"] for row in rows.values()} == {"checked"}
    assert [name for name, row in rows.items() if row["warnings"]] == ["northamptonshire"]
    listed = {row["profile"]: row for row in done("profiles", "list")}
    assert listed["northamptonshire"]["warnings"] and not listed["irs"]["warnings"]
    assert done("profiles", "show", "northamptonshire")["warnings"]


def test_show_tells_all_of_a_rule() -> None:
    """A rule shows its words, acts and cases; rules without a time are there too."""
    shown = done("profiles", "show", "sw-guide")
    graded = next(row for row in shown["rules"] if row["rule"] == "SWG-18")
    assert graded["acts"] == [{"do": "GEN", "where": "outcome", "when": ["grade <= 2"], "says": ""}]
    assert "SWG-10" in {row["rule"] for row in shown["statements"]}
    assert shown["words"]["chair"] == "CPC"
    assert "Rules without a time" in packs("profiles", "show", "sw-guide").out


def test_compare_shows_what_is_not_stated() -> None:
    """Side by side, a duty that an authority does not state is n/s, and a default is not stated either."""
    value = done("profiles", "compare", "irs", "portsmouth", "barking-dagenham")
    duties = {row["duty"]: row["says"] for row in value["duties"]}
    assert duties["agency-report"]["irs"] == {"says": "n/s", "stated": False, "rules": []}
    assert duties["agency-report"]["portsmouth"]["rules"][0]["rule"] == "POR-1"
    assert duties["minutes"]["portsmouth"]["stated"] is False
    assert duties["minutes"]["barking-dagenham"]["stated"] is True
    shown = packs("profiles", "compare", "irs", "portsmouth").out
    assert "n/s" in shown and "48 h before" in shown
    assert "two profiles" in refused("profiles", "compare", "irs")


def test_the_table_is_the_page() -> None:
    """`profiles table` prints docs/rules.md, and as JSON one row for each rule."""
    assert packs("profiles", "table").out == (PROGRAM / "docs/rules.md").read_text(encoding="utf-8")
    rows = done("profiles", "table", "irs")
    assert {"IRS-0", "IRS-2b", "IRS-8"} <= {row["rule"] for row in rows}


# --- a sixth authority


def convened(home: Home, booking: str) -> list[str]:
    """`packs convene`; returns its warnings."""
    file = home.path.parent / "booking.toml"
    file.write_text(booking, encoding="utf-8")
    warnings: list[str] = home("convene", str(file))["warnings"]
    return warnings


@pytest.fixture(scope="module")
def sixth(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a profile of its own, begun with `profiles new` and filled in; no Python."""
    home = Home.make(tmp_path_factory.mktemp("sixth") / "home")
    made = home("profiles", "new", "eastmarsh", "--title", "Eastmarsh Borough")
    assert Path(made["file"]) == home.path / "profiles/eastmarsh.toml"
    file = Path(made["file"])
    assert home("profiles", "check", "eastmarsh")[0]["quotes"].startswith("not checked")
    file.write_text(file.read_text(encoding="utf-8") + SIXTH, encoding="utf-8")
    (home.path / "profiles/sources").mkdir()
    (home.path / "profiles/sources/source.txt").write_text(WORDS, encoding="utf-8")
    return home


def test_a_sixth_authority_needs_no_python(sixth: Home) -> None:
    """Its file checks out, is listed as own, and gives due instants and a timetable: reports two working days before,
    packs at ten on the last working day before.
    """
    (row,) = sixth("profiles", "check", str(sixth.path / "profiles/eastmarsh.toml"))
    assert (row["quotes"], row["warnings"]) == ("checked", [])
    assert {r["profile"]: r["from"] for r in sixth("profiles", "list")}["eastmarsh"] == "own"
    words = ("--profile", "eastmarsh", "--type", "initial", "--rule")
    assert sixth("due", *words, "SIX-1", "--at", "2027-01-04T10:00")["due_local"] == "2026-12-30T10:00:00"
    pack = sixth("due", *words, "SIX-2", "--at", "2027-03-30T14:00")
    assert (pack["due_local"], pack["office_due_local"]) == ("2027-03-25T10:00:00", "2027-03-25T10:00:00")
    sixth.clock(BOOKED)
    assert convened(sixth, small(profile="eastmarsh")) == []
    rows = {row["rule"]: row for row in sixth("timetable", REF)}
    assert rows["SIX-1"]["due_local"] == "2026-11-26T09:30:00"
    assert rows["SIX-2"]["due_local"] == "2026-11-27T10:00:00"
    assert rows["SIX-1"]["source"] == "source.txt:1"
    assert sixth.reports(REF)["school"]["due_at"] == "2026-11-26T09:30:00+00:00"


def test_a_changed_rule_dates_open_conferences_anew(sixth: Home, tmp_path: Path) -> None:
    """Nothing due is stored: with the rule changed in the file, the next look has the new instant, and a past review warns."""
    home = sixth.copy(tmp_path / "home")
    home.clock(BOOKED)
    assert convened(home, small("EM-1", profile="eastmarsh")) == []
    file = home.path / "profiles/eastmarsh.toml"
    text = file.read_text(encoding="utf-8").replace('amount = 2\n', 'amount = 3\n').replace("11-26T09:30", "11-25T09:30")
    file.write_text(text.replace('version = "1"', 'version = "2"\nreview_on = 2026-11-29'), encoding="utf-8")
    ended = home.ended("timetable", "EM-1", "--json")
    rows = {row["rule"]: row for row in ended.value}
    assert rows["SIX-1"]["due_local"] == "2026-11-25T09:30:00"
    assert "review" in ended.err and rows["SIX-1"]["warnings"]
    assert any("own review" in warning for warning in convened(home, small("EM-2", profile="eastmarsh")))


def test_check_reports_every_problem_at_once(sixth: Home, tmp_path: Path) -> None:
    """A wrong example, a quote that is not there, a rule without example and one without acts: exit 2, all of them."""
    text = (sixth.path / "profiles/eastmarsh.toml").read_text(encoding="utf-8")
    text = text.replace("2026-11-26T09:30", "2026-11-28T09:30").replace("at 10 am on", "at 11 am on")
    text = re.sub(r'acts = \[\n  \{ do = "SCHED", where = "booking" \},\n.*\n\]\n', "", text, count=1)
    file = tmp_path / "eastmarsh.toml"
    file.write_text(text, encoding="utf-8")
    said = refused("profiles", "check", str(file), "--sources", str(sixth.path / "profiles/sources"))
    for part in ("SIX-1", "should be 2026-11-28T09:30:00, is 2026-11-26T09:30:00", "SIX-2", "line 2", "NAT-1", "acts"):
        assert part in said, part
    file.write_text(text.replace('unit = "months"', 'unit = "moons"'), encoding="utf-8")
    assert "rule NAT-2.unit" in refused("profiles", "check", str(file))


def test_new_never_writes_over_or_hides_a_profile(tmp_path: Path) -> None:
    """A name twice, a delivered name without --from, no folder to write to: refused, and nothing is written."""
    words = ("--title", "T", "--dir", str(tmp_path))
    done("profiles", "new", "eastmarsh", *words)
    assert "Nothing was written" in refused("profiles", "new", "eastmarsh", *words)
    assert "--from portsmouth" in refused("profiles", "new", "portsmouth", *words)
    assert "There are:" in refused("profiles", "new", "other", *words, "--from", "atlantis")
    assert "--dir" in refused("profiles", "new", "other", "--title", "T", cwd=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["eastmarsh.toml"]
    done("profiles", "new", "portsmouth", *words, "--from", "portsmouth")
    assert done("profiles", "check", "portsmouth", "--dir", str(tmp_path))[0]["rules"] > 10
