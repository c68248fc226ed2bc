"""The profiles against the words of their source documents (tests/data/sources, personal details removed)."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.people import FAMILY_ROLES, ConferenceType, Role
from pipeline.domain.profile import AudienceRule, Rule, Statement, Unit

SOURCES = Path(__file__).resolve().parent.parent / "data" / "sources"
FILES = ProfileFiles()
ON = date(2026, 11, 30)
REPORTS = {"social-worker-report", "agency-report"}
PROFESSIONALS = [role for role in Role if not role.is_family and role not in (Role.CHAIR, Role.INTERPRETER)]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("‘", "'")).strip()


@pytest.mark.parametrize("name", FILES.names())
def test_every_quote_stands_on_its_line(name: str) -> None:
    """What a profile quotes is, word for word, on the line it cites."""
    lines = (SOURCES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    profile = FILES.load(name)
    entries: tuple[Rule | AudienceRule | Statement, ...] = (*profile.rules, *profile.audience, *profile.statements)
    cited = [entry for entry in entries if entry.source_line]
    assert cited
    for entry in cited:
        assert entry.source == f"{name}.txt"
        assert entry.quote, entry.id
        assert plain(entry.quote) in plain(lines[entry.source_line - 1]), entry.id


@pytest.mark.parametrize("name", FILES.names())
def test_what_is_not_default_gives_its_amount_in_the_quote(name: str) -> None:
    """A rule that claims to be the source's own cites words that speak of its amount, or of a day before or a clock."""
    words = {1: "1|before|prior", 2: "2|two", 3: "3", 0: "9.45am"}
    uncounted = {Unit.HALFWAY: "mid-?(way|point)", Unit.AT_TRIGGER: "at or before"}
    for rule in FILES.load(name).rules:
        if not rule.is_default:
            expected = uncounted.get(rule.unit, words.get(rule.amount, str(rule.amount)))
            assert re.search(expected, rule.quote), rule.id


@pytest.mark.parametrize("type_", ConferenceType)
@pytest.mark.parametrize("name", FILES.names())
def test_audiences_are_ruled_as_a00_4(name: str, type_: ConferenceType) -> None:
    """Chair everything, professionals the reports, interpreter nothing, agencies' reports never to family by us."""
    profile = FILES.load(name)
    assert profile.contents_for(Role.CHAIR, "pack", type_, ON) == REPORTS | {"confidential-section"}
    for role in PROFESSIONALS:
        assert profile.contents_for(role, "pack", type_, ON) == REPORTS
    assert profile.contents_for(Role.INTERPRETER, "pack", type_, ON) == frozenset()
    e_mailed = {"social-worker-report"} if name in ("portsmouth", "barking-dagenham") else set()
    for family in FAMILY_ROLES:
        assert profile.contents_for(family, "pack", type_, ON) == e_mailed


@pytest.mark.parametrize("name", FILES.names())
def test_every_audience_says_why_or_cites(name: str) -> None:
    """Every audience rule is either a default with its reason or cites the source; POR-2 alone is the source's own."""
    sourced = []
    for rule in FILES.load(name).audience:
        assert rule.because if rule.is_default else rule.quote
        if not rule.is_default:
            sourced.append(rule.id)
    assert sourced == {"portsmouth": ["AUD-FAMILY-RCPC"], "sw-guide": ["AUD-FAMILY-PAPER"]}.get(name, [])


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("portsmouth", {f"POR-{n}" for n in range(16)}),
        ("barking-dagenham", {f"BAD-{n}" for n in range(1, 17)}),
        ("irs", {f"IRS-{n}" for n in range(9)} | {"IRS-2b"}),
        ("sw-guide", {f"SWG-{n}" for n in range(1, 28)}),
        ("northamptonshire", {f"NCC-{n}" for n in range(1, 27)} - {"NCC-19", "NCC-20", "NCC-21"}),
    ],
)
def test_every_id_of_the_notes_can_be_looked_up(name: str, rows: set[str]) -> None:
    """No row of the notes is missing from a profile, and nothing is there under an invented id."""
    profile = FILES.load(name)
    ids = {rule.id for rule in profile.rules} | {statement.id for statement in profile.statements}
    added = {"NAT-1", "NAT-2", "NAT-3", "PACK-CHAIR", "PACK-PROFESSIONAL", "PACK-FAMILY"}
    assert ids - added == rows
