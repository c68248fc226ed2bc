"""Opening a home for work: a ledger that is behind its checkpoints stops all sending until a person has looked."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.bootstrap import initialise, opened, working
from pipeline.casebook import HOUSE
from pipeline.domain.facts import SendingResumed, SendingStopped


def _stopped(home: Path) -> str | None:
    with opened(str(home)) as house:
        return house.desk.casebook.house()[0].stopped


def _with_a_newer_past(folder: Path) -> Path:
    """A home whose database is a backup from before facts that its checkpoints have signed."""
    home = folder / "home"
    initialise(home, profile="portsmouth", team="T", sender="packs@council.example", rehearsal=True, kit=None)
    shutil.copy2(home / "data" / "packs.db", folder / "backup.db")
    with opened(str(home)) as house:
        facts = [SendingStopped(because="a test"), SendingResumed()]
        house.ledger.append({HOUSE: facts}, expected={}, at=house.desk.clock.now(), actor="desk")
    for file in (home / "data").glob("packs.db*"):
        file.unlink()
    shutil.copy2(folder / "backup.db", home / "data" / "packs.db")
    return home


def test_a_restored_home_sends_nothing_until_a_person_resumes(tmp_path: Path) -> None:
    """What was sent after the backup would be sent again, so whatever command comes first after a restore halts all sending."""
    home = _with_a_newer_past(tmp_path)
    assert "not in the ledger" in (_stopped(home) or "")


def test_a_person_s_resume_is_not_undone_by_the_next_start(tmp_path: Path) -> None:
    """The same finding stops sending once; after a person resumed, the next start leaves it so."""
    home = _with_a_newer_past(tmp_path)
    with working(str(home)):
        pass
    with opened(str(home)) as house:
        at = house.desk.clock.now()
        house.ledger.append({HOUSE: [SendingResumed(because="compared")]}, expected={}, at=at, actor="desk")
    with working(str(home)):
        pass
    assert _stopped(home) is None


def test_a_whole_ledger_is_never_stopped(tmp_path: Path) -> None:
    """An ordinary home, also one whose last checkpoint was not written, starts with sending as it was."""
    home = tmp_path / "home"
    initialise(home, profile="portsmouth", team="T", sender="packs@council.example", rehearsal=True, kit=None)
    with opened(str(home), checkpoint=False) as house:
        at = house.desk.clock.now()
        house.ledger.append({"item:1": [SendingResumed()]}, expected={}, at=at, actor="desk")
    with working(str(home)):
        pass
    assert _stopped(home) is None
