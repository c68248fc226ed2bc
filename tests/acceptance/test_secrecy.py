"""Promise 15: canaries planted wherever words go in are nowhere to be read afterwards, but where the promise says."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.acceptance.bookings import ADDRESSES, COMPOSES, GOES, small
from tests.acceptance.conftest import Fork
from tests.acceptance.files import docx, eml, pdf, txt
from tests.acceptance.home import Home

REFERENCE = "PM-2611-555"
CANARIES = {
    "child": "Xanthippe Quorndale",
    "person": "Zebulon Thackthwaite",
    "family address": "quokka.mother@freemail.example",
    "agency address": "capybara@gullwing-primary.example",
    "agency": "Vellichor Primary School",
    "report": "narwhal-in-the-report",
    "second report": "pangolin-in-the-pdf",
    "file name": "axolotl-family",
    "subject": "tamandua-subject",
    "note": "okapi-note-by-phone",
    "because": "jerboa-because",
    "detail": "99 Numbat Crescent",
    "exclusion": "kakapo-exclusion",
    "held": "dugong-held-text",
    "clerk": "Wombatina Clerk",
}


def booking() -> str:
    """The small conference with canaries in it."""
    text = small(
        REFERENCE,
        child=CANARIES["child"],
        addresses={"mother": CANARIES["family address"], "school": CANARIES["agency address"]},
        more=f'[[exclusion]]\nperson = "father"\nfrom = ["all"]\nbecause = "{CANARIES["exclusion"]}"\ndecided_by = "Chair"\n'
        f'[[protected]]\ndetail = "{CANARIES["detail"]}"\nkind = "address"\nfrom = ["father"]\n',
    )
    return text.replace("Philippa Marlowe", CANARIES["person"]).replace("Gullwing Primary School", CANARIES["agency"])


@pytest.fixture(scope="module")
def played(empty: Home, fork: Fork) -> Home:
    """The whole main job, from booking to sent packs, with canaries everywhere. Passphrases are canaries too."""
    home = fork(empty)
    home.convene(booking())
    (home.path.parent / f"{home.path.name}-booking.toml").unlink()
    for person in ("chair", "social-worker", "school", "gp", "mother"):
        words = ("--method", "phone", "--by", CANARIES["clerk"], "--note", CANARIES["note"])
        home("address", "confirm", REFERENCE, person, *words)
    lines = [CANARIES["agency"], "Report", REFERENCE, f"About {CANARIES['child']}", CANARIES["report"]]
    home.drop(f"{CANARIES['file name']}.docx", docx(lines))
    letter = pdf(["Harbour Lane Surgery", REFERENCE, CANARIES["second report"], CANARIES["detail"]])
    home.drop(
        "m.eml", eml(ADDRESSES["gp"], f"{CANARIES['subject']} {REFERENCE}", [(f"{CANARIES['file name']}.pdf", letter)])
    )
    home.drop(f"{CANARIES['file name']}2.txt", txt(["no reference", CANARIES["held"]]))
    home.run()
    item = home.held()[0]["item"]
    home("resolve", item, "--not-a-report", "--because", CANARIES["because"], "--by", CANARIES["clerk"])
    home.drop("sw.txt", txt(["Port Mere Children Services", REFERENCE, CANARIES["report"]]))
    home.run()
    home.clock(COMPOSES)
    home.run()
    for person in ("social-worker", "school", "gp", "mother"):
        home("release", REFERENCE, person, "--by", CANARIES["clerk"])
    home.clock(GOES)
    home.run()
    assert len(home.sent()) == 5
    home("audit", "verify")
    home("reports", REFERENCE)
    home("audit", "explain", REFERENCE, "mother")
    home.ended("reports", "NO-SUCH-CONFERENCE")
    return home


def spellings(canary: str) -> Iterator[bytes]:
    """A canary as it could stand in a file: as it is, in UTF-16, in base64 at each offset, as JSON escapes it, in other case."""
    for text in {canary, canary.lower(), canary.upper()}:
        raw = text.encode()
        yield raw
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        yield raw.hex().encode()
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + raw)
            yield coded[4 if offset else 0 : len(coded) // 4 * 4 - 4]
    yield canary.encode().replace(b" ", b"_")


def found(folder: Path, canaries: Mapping[str, str]) -> dict[str, set[str]]:
    """Which canaries stand in which files under a folder, by path; names of files are read too."""
    needles = [
        (name, needle) for name, canary in canaries.items() for needle in set(spellings(canary)) if len(needle) > 7
    ]
    hits: dict[str, set[str]] = {}
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        try:
            content = file.read_bytes() + b"\0" + str(file.relative_to(folder)).encode()
        except OSError:
            continue
        for name, needle in needles:
            if needle in content:
                hits.setdefault(str(file.relative_to(folder)), set()).add(name)
    return hits


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The search itself finds a canary in a database, in UTF-16, and in base64."""
    canary = {"x": CANARIES["report"]}
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (?)", (f"so {canary['x']} it is",))
    connection.commit()
    connection.close()
    (tmp_path / "b").write_bytes(f"ab{canary['x']}".encode("utf-16"))
    for number in range(3):
        (tmp_path / f"c{number}").write_bytes(base64.b64encode(b"-" * number + canary["x"].encode() + b"tail"))
    assert set(found(tmp_path, canary)) == {"a.db", "b", "c0", "c1", "c2"}


def test_nothing_is_readable_at_rest(played: Home) -> None:
    """Nothing in databases, journals, logs, notes or names of files; a recipient in the headers of what was sent only."""
    people = ("chair", "social-worker", "school", "gp", "mother")
    words = {f"passphrase of {p}": played.passphrase(REFERENCE, p) for p in people}
    hits = found(played.path, {**CANARIES, **words})
    allowed = {"family address", "agency address"}
    wrong = {
        path: names
        for path, names in hits.items()
        if not (path.startswith("outbox/sent/") and path.endswith(".eml") and names <= allowed)
    }
    assert wrong == {}
    assert len(hits) == 2


def test_nothing_is_left_in_temporary_folders(played: Home) -> None:
    """Nothing of it is left in the memory file system or the temporary folder, beside this test's own homes."""
    words = {f"passphrase of {p}": played.passphrase(REFERENCE, p) for p in ("gp", "mother")}
    wanted = {**{k: v for k, v in CANARIES.items() if k not in ("agency",)}, **words}
    assert found(Path("/dev/shm"), wanted) == {}
    ours = {path for path in found_in_tmp(wanted) if not path.startswith("pytest-of-") and "/pytest-of-" not in path}
    assert ours == set()


def found_in_tmp(canaries: Mapping[str, str]) -> set[str]:
    """The files directly under /tmp and in the program's own folders there that hold a canary."""
    hits: set[str] = set()
    for entry in Path("/tmp").iterdir():
        if entry.name.startswith(("pytest-of-", "bash_jobs")):
            continue
        if entry.is_dir() and not entry.name.startswith(("packs", "lu", "tmp", "dbos", "sandbox")):
            continue
        hits |= {f"{entry.name}/{path}" for path in found(entry, canaries)} if entry.is_dir() else set()
    return hits


def test_the_log_holds_codes_only(played: Home) -> None:
    """Whatever went wrong, the log tells ids and codes."""
    log = played.path / "data" / "packs.log"
    if log.exists():
        assert not found(log.parent, CANARIES)


def test_errors_say_no_names(played: Home, tmp_path: Path) -> None:
    """A booking with problems is refused without repeating names or addresses."""
    bad = tmp_path / "bad.toml"
    bad.write_text(booking().replace('type = "initial"', 'type = "inital"').replace('role = "gp"', 'role = "doctor"'))
    said = played.refused("convene", str(bad))
    assert not [canary for canary in CANARIES.values() if canary.lower() in said.lower()]
