"""Promises 2, 3 and 10 as far as they are about conferences: bookings, due instants, people, addresses."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.bookings import ADDRESSES, PEOPLE, REF, sample, small
from tests.acceptance.conftest import Fork
from tests.acceptance.home import Home, done, packs, refused

DUE_KEYS = {"rule", "what", "who", "due_at", "due_local", "office_due_local", "reading", "source", "default"}


def due(profile: str, kind: str, rule: str, at: str) -> Any:
    """`packs due`."""
    return done("due", "--profile", profile, "--type", kind, "--rule", rule, "--at", at)


def plain(value: Any) -> Any:
    """TOML values as JSON has them."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.fixture(scope="module")
def convened(empty: Home, fork: Fork) -> Home:
    """F1 and the small conference, convened. Not to be changed: fork it."""
    home = fork(empty)
    home.convene(sample("f1"))
    home.convene(small())
    return home


# --- due instants


@pytest.mark.parametrize(
    ("profile", "kind", "rule", "at", "due_at", "office"),
    [
        ("portsmouth", "initial", "POR-1", "2026-11-30T09:30", "2026-11-28T09:30:00+00:00", "2026-11-27T17:00"),
        ("portsmouth", "transfer-in", "POR-1", "2026-03-30T09:30", "2026-03-28T08:30:00+00:00", "2026-03-27T17:00"),
        ("portsmouth", "initial", "POR-5", "2026-04-07T10:00", "2026-04-06T09:00:00+00:00", "2026-04-02T17:00"),
        ("barking-dagenham", "review", "BAD-4", "2027-01-04T10:00", "2026-12-23T10:00:00+00:00", "2026-12-23T10:00"),
        ("barking-dagenham", "review", "BAD-4", "2022-09-21T10:00:00", "2022-09-13T09:00:00+00:00", "2022-09-13T10:00"),
        ("barking-dagenham", "pre-birth", "BAD-3", "2027-01-05T14:00", "2027-01-03T14:00:00+00:00", "2026-12-31T17:00"),
    ],
)
def test_due_instants(profile: str, kind: str, rule: str, at: str, due_at: str, office: str) -> None:
    """A rule's due instant over weekends, holidays and clock changes, with every field the contract names."""
    value = due(profile, kind, rule, at)
    assert value.keys() >= DUE_KEYS
    assert (value["rule"], value["due_at"]) == (rule, due_at)
    assert value["office_due_local"].startswith(office)
    assert value["reading"]
    assert ":" in value["source"]
    assert value["default"] is False


def test_a_rule_with_several_triggers_is_a_list() -> None:
    """Where a rule has several triggers `due` prints a list of objects."""
    value = due("sw-guide", "initial", "SWG-12", "2026-12-17T12:00")
    assert isinstance(value, list)
    assert len(value) > 1
    assert value[0]["due_at"] == "2027-01-05T23:59:59+00:00"


def test_dates_beyond_the_holidays_are_provisional() -> None:
    """Beyond the announced bank holidays a working day is marked provisional, never guessed silently."""
    far = due("barking-dagenham", "review", "BAD-4", "2045-01-04T10:00")
    assert far["provisional"] is True
    assert "provisional" in far["reading"]


@pytest.mark.parametrize(
    "words",
    [
        ("atlantis", "initial", "POR-1", "2026-11-30T09:30"),
        ("portsmouth", "wedding", "POR-1", "2026-11-30T09:30"),
        ("portsmouth", "initial", "POR-99", "2026-11-30T09:30"),
        ("portsmouth", "review", "POR-1", "2026-11-30T09:30"),
        ("portsmouth", "initial", "POR-1", "2026-11-30T09:30+00:00"),
        ("portsmouth", "initial", "POR-1", "2027-03-28T01:30"),
    ],
    ids=lambda w: w[2] if isinstance(w, tuple) else str(w),
)
def test_due_refuses_what_it_does_not_know(words: tuple[str, ...]) -> None:
    """An unknown profile, type, rule, an offset or a time that does not exist is refused."""
    profile, kind, rule, at = words
    refused("due", "--profile", profile, "--type", kind, "--rule", rule, "--at", at, "--json")


def test_timetable_of_a_conference(convened: Home) -> None:
    """The timetable lists every due instant, each with all fields; F1's reports are due on the Saturday."""
    rows = convened("timetable", "PM-2611-017")
    assert all(row.keys() >= DUE_KEYS for row in rows)
    by_rule = {row["rule"]: row for row in rows}
    assert by_rule["POR-1"]["due_at"] == "2026-11-28T09:30:00+00:00"
    assert by_rule["POR-5"]["due_at"] == "2026-11-29T09:30:00+00:00"
    assert by_rule["PACK-FAMILY"]["default"] is True


# --- bookings


def test_schema_describes_the_samples() -> None:
    """The printed schema is an object schema that names the required fields and every field of the samples."""
    schema = packs("convene", "--schema").value
    assert set(schema["required"]) >= {"profile", "type", "start", "child", "person"}
    for name in ("f1", "f2", "f3", "f4", "f5", "f6"):
        assert set(tomllib.loads(sample(name))) <= set(schema["properties"])


def test_convene_prints_the_reference(empty: Home, fork: Fork, tmp_path: Path) -> None:
    """For people the reference is all there is on stdout; one that was not given is given out, and holds no name."""
    home = fork(empty)
    file = tmp_path / "b.toml"
    file.write_text(small())
    ended = home.ended("convene", str(file))
    assert (ended.code, ended.out) == (0, f"{REF}\n")
    assert "taken" in home.refused("convene", str(file))
    given_out = home.convene(small(None))
    assert given_out != REF
    assert not any(word.lower() in given_out.lower() for words in PEOPLE.values() for word in words[0].split())


def test_json_bookings_are_taken(empty: Home, fork: Fork, tmp_path: Path) -> None:
    """JSON is accepted as TOML is."""
    home = fork(empty)
    file = tmp_path / "b.json"
    file.write_text(json.dumps(plain(tomllib.loads(sample("f2")))))
    assert home("convene", str(file))["reference"] == "EM-2701-002"
    assert {r["person"]: r["due_at"] for r in home("reports", "EM-2701-002")}["gp"] == "2026-12-23T10:00:00+00:00"


BAD = """\
profile = "portsmouth"
type = "wedding"
start = "2027-03-28T01:30"
reference = "PM-quillfeather-1"
colour = "green"

[[child]]
id = "c1"
name = "Tobin Quillfeather"

[[child]]
id = "c2"
name = "Isla Quillfeather"
born_on = 2022-06-31

[[person]]
id = "gp"
name = "Anselm Birdwhistle"
role = "wizard"

[[person]]
id = "mother"
name = "Maren Quillfeather"
role = "parent"

[[exclusion]]
person = "father"
from = "all"
"""


def test_every_problem_at_once_with_its_line(empty: Home, tmp_path: Path) -> None:
    """All problems of a booking are reported together, each with its line, and nothing is taken."""
    file = tmp_path / "bad.toml"
    file.write_text(BAD.replace("born_on = 2022-06-31", 'born_on = "2022-06-31"'))
    said = empty.refused("convene", str(file))
    for line, words in {2: "type", 3: "start", 4: "reference", 5: "colour", 8: "born_on", 14: "born_on", 19: "role", 21: "children",
                        26: "exclusion"}.items():  # fmt: skip
        near = [part for part in said.replace(";", "\n").split("line ") if part.split(":")[0].strip().isdigit()]
        lines = {int(part.split(":")[0]): part for part in near}
        assert any(abs(line - n) <= 2 and words.split(".")[0] in text for n, text in lines.items()), (line, words, said)
    assert "chair" in said
    empty.refused("reports", "PM-quillfeather-1")


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ('start = "2026-11-30T09:30"', 'start = "2026-11-30T09:30+00:00"', "start"),
        ('start = "2026-11-30T09:30"', 'start = "2027-10-31T01:30"', "start"),
        ('id = "gp"', 'id = "birdwhistle"', "id"),
        ('role = "gp"', 'role = "gp"\nbirthday = "today"', "birthday"),
        ('role = "parent"', 'role = "parent"\nemail = "two@a.example, b@b.example"', "email"),
        ('type = "initial"', 'type = "initial"\ntype = "review"', "type"),
    ],
    ids=["offset", "ambiguous", "name-in-id", "unknown-key", "address", "twice"],
)
def test_single_problems(empty: Home, tmp_path: Path, before: str, after: str, word: str) -> None:
    """An offset, an ambiguous time, a name in an id, an unknown key, two addresses in one: each is a problem."""
    file = tmp_path / "bad.toml"
    file.write_text(small().replace(before, after, 1))
    said = empty.refused("convene", str(file))
    assert "line" in said
    assert word in said


def test_a_folder_is_taken_whole_or_not_at_all(empty: Home, fork: Fork, tmp_path: Path) -> None:
    """`convene DIR` reports the problems of all files and takes none; without problems it takes all."""
    home = fork(empty)
    (tmp_path / "a.toml").write_text(small("PM-2611-201"))
    (tmp_path / "b.toml").write_text(small("PM-2611-202").replace('type = "initial"', 'type = "inital"'))
    (tmp_path / "c.toml").write_text(small("PM-2611-203").replace('role = "chair"', 'role = "chef"'))
    said = home.refused("convene", str(tmp_path))
    assert "b.toml" in said
    assert "c.toml" in said
    home.refused("reports", "PM-2611-201")
    (tmp_path / "b.toml").write_text(small("PM-2611-202"))
    (tmp_path / "c.toml").write_text(small("PM-2611-201"))
    assert "taken" in home.refused("convene", str(tmp_path))
    home.refused("reports", "PM-2611-202")
    (tmp_path / "c.toml").write_text(small("PM-2611-203"))
    (tmp_path / "d.toml").symlink_to(tmp_path / "gone.toml")
    assert "d.toml: file: cannot be read" in home.refused("convene", str(tmp_path))
    (tmp_path / "d.toml").unlink()
    (tmp_path / "e.toml.txt").write_text(small("PM-2611-204"))
    ended = home.ended("convene", str(tmp_path), "--json")
    assert "e.toml.txt" in ended.err
    rows = json.loads(ended.out)
    assert [row["reference"] for row in rows] == ["PM-2611-201", "PM-2611-202", "PM-2611-203"]
    assert len(home("reports", "PM-2611-203")) == 3


def test_a_folder_with_one_clash_changes_nothing(empty: Home, fork: Fork, tmp_path: Path) -> None:
    """A reference that is already convened stops the whole folder."""
    home = fork(empty)
    home.convene(small("PM-2611-202"))
    for number in (201, 202):
        (tmp_path / f"{number}.toml").write_text(small(f"PM-2611-{number}"))
    home.refused("convene", str(tmp_path))
    home.refused("reports", "PM-2611-201")


def test_a_folder_says_taken_references_with_all_other_problems(empty: Home, fork: Fork, tmp_path: Path) -> None:
    """References taken here or by two files stand beside every other problem, by file and line, and nothing is taken."""
    home = fork(empty)
    home.convene(small("PM-2611-202"))
    (tmp_path / "a.toml").write_text(small("PM-2611-201"))
    (tmp_path / "b.TOML").write_text(small("pm-2611-202").replace('role = "chair"', 'role = "chef"'))
    (tmp_path / "c.toml").write_text(json.dumps(plain(tomllib.loads(small("PM-2611-201"))), indent=1))
    said = home.refused("convene", str(tmp_path))
    assert "there are 4 problems in the bookings; nothing was changed. " in said
    places = [part.split("; ")[-1].split(". ")[-1] for part in said.split(": is taken")[:-1]]
    assert places == ["a.toml: line 4: reference", "b.TOML: line 4: reference", "c.toml: line 5: reference"]
    assert "b.TOML: line 14: person[1].role: must be one of" in said
    home.refused("reports", "PM-2611-201")


# --- later changes


def test_move_and_cancel(convened: Home, fork: Fork) -> None:
    """A move re-computes what is due; a cancelled conference can no longer be moved, and nothing is awaited to be sent."""
    home = fork(convened)
    home("move", REF, "--start", "2026-12-08T14:00", "--because", "the room is flooded")
    assert home.reports(REF)["gp"]["due_at"] == "2026-12-06T14:00:00+00:00"
    rows = {row["rule"]: row for row in home("timetable", REF)}
    assert rows["POR-1"]["due_at"] == "2026-12-06T14:00:00+00:00"
    home.refused("move", REF, "--start", "2026-12-08T14:00", "--because", "again")
    moved = home("move", REF, "--start", "2026-12-28T14:00", "--because", "no other room")
    assert any("offices are closed" in warning for warning in moved["warnings"])
    home("cancel", REF, "--because", "the child moved away")
    home.refused("move", REF, "--start", "2026-12-09T14:00", "--because", "b")
    home.refused("cancel", REF, "--because", "b")
    assert {d["state"] for d in home.documents(REF)} == {"cancelled"}


def test_person_add_and_change(convened: Home, fork: Fork) -> None:
    """A person is added with the same checks as in a booking, and another address has to be confirmed anew."""
    home = fork(convened)
    words = ("--id", "housing", "--name", "Yolanda Fenwright", "--role", "housing", "--agency", "Port Mere Homes")
    home("person", "add", REF, *words, "--email", "y.fenwright@portmere-homes.example", "--asked-for-report")
    assert home.reports(REF)["housing"]["state"] == "awaited"
    home.refused("person", "add", REF, "--id", "fenwright2", "--name", "Yolanda Fenwright", "--role", "housing")
    home.refused("person", "add", REF, "--id", "chair2", "--name", "Somebody Else", "--role", "chair")
    home.refused("person", "change", REF, "gp", "--role", "wizard")
    home.confirm(REF, "gp", "mother")
    home("person", "change", REF, "gp", "--email", "new@harbourlane-surgery.example")
    home("person", "change", REF, "mother", "--email", "maren.new@freemail.example")
    states = {row["person"]: (row["address"], row["state"]) for row in home("address", "list", REF)}
    assert states["gp"] == ("new@harbourlane-surgery.example", "unconfirmed")
    assert states["mother"] == ("maren.new@freemail.example", "unconfirmed")


def test_contacts_are_shared_family_addresses_are_not(empty: Home, fork: Fork) -> None:
    """Confirming or suspending an agency's contact holds for every conference that uses it; a family address stays in its own."""
    home = fork(empty)
    home.convene(small("PM-2611-301"))
    home.convene(small("PM-2611-302"))
    home.convene(small("PM-2611-303", addresses={"gp": "other@harbourlane-surgery.example"}))

    def state(reference: str, person: str) -> str:
        return {r["person"]: r["state"] for r in home("address", "list", reference)}[person]

    home.confirm("PM-2611-301", "gp", method="reply")
    home.confirm("PM-2611-301", "mother")
    assert state("PM-2611-302", "gp") == "confirmed"
    assert state("PM-2611-303", "gp") == "unconfirmed"
    assert state("PM-2611-302", "mother") == "unconfirmed"
    home("address", "suspend", "PM-2611-302", "gp", "--because", "bounced", "--by", "Ann")
    assert state("PM-2611-301", "gp") == "suspended"
    home("person", "change", "PM-2611-303", "gp", "--email", ADDRESSES["gp"].replace("@h", "@H"))
    assert state("PM-2611-303", "gp") == "suspended"


def test_exclude_is_recorded_and_explained(convened: Home, fork: Fork) -> None:
    """An exclusion is told in words by `audit explain`, and its document is not planned any more."""
    home = fork(convened)
    home.refused("exclude", REF, "father", "--from", "all", "--because", "risk")
    home(
        "exclude",
        REF,
        "father",
        "--from",
        "reports",
        "--from",
        "minutes",
        "--because",
        "risk",
        "--decided-by",
        "R Tarrow",
    )
    text = "\n".join(home("audit", "explain", REF, "father")["lines"])
    assert "Excluded from reports, minutes" in text
    assert "risk" in text
    assert not [d for d in home.documents(REF) if d["person"] == "father"]
