"""An opened home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.bootstrap import guards, making
from pipeline.bootstrap.rules import calendar, load_profile
from pipeline.casebook import HOUSE, Casebook
from pipeline.desk import Desk, Office
from pipeline.domain.facts import ClockSet
from pipeline.errors import DatabaseUnavailableError, RefusedError
from pipeline.ports import Clock
from pipeline.settings import Settings, find_home, load_settings

if TYPE_CHECKING:
    from pipeline.adapters.conversion import SandboxConverter
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import MasterKey
    from pipeline.adapters.sql.cases import SqlCases
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.leases import SqlLeases
    from pipeline.adapters.sql.ledger import SqlLedger
    from pipeline.adapters.sql.marks import SqlClockRow
    from pipeline.adapters.vault_files import FileVault



@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An opened home."""

    home: Path
    settings: Settings
    desk: Desk
    database: Database
    keys: SqlKeys
    vault: FileVault
    ledger: SqlLedger
    cases: SqlCases
    leases: SqlLeases
    clock_row: SqlClockRow
    master: MasterKey

    def actor(self, name: str = "") -> str:
        """Returns the opaque id of whoever acts: a keyed hash of the name, or the desk where none is given."""
        bare = " ".join(name.split()).casefold()
        return f"clerk-{self.keys.fingerprint('actor', bare.encode())[:16]}" if bare else "desk"

    def set_clock(self, to: datetime) -> None:
        """Moves the rehearsal clock.

        Raises:
            RefusedError: a real home has no such clock; or it would go back after the first conference or item.
        """
        from pipeline.adapters.clock import real_now

        if not self.settings.rehearsal:
            raise RefusedError("This is a real home; its clock is the machine's. Nothing was changed.")
        now = self.desk.clock.now()
        used = self.ledger.streams("conference:") or self.ledger.streams("item:")
        if to < now and used:
            raise RefusedError(
                "The clock does not go back once there is a conference or an item. Nothing was changed; begin a new"
                " rehearsal home for an earlier time."
            )
        real = real_now()
        self.clock_row.set(to, real)
        self.desk.casebook.report(HOUSE, [ClockSet(to=to, real_at=real)], "desk")


@contextmanager
def opened(home: str | None, *, checkpoint: bool = True) -> Iterator[House]:
    """Opens a home for one command; at its end the heads that changed are written outside the database.

    Raises:
        RefusedError: there is no home there, or its settings have problems.
    """
    house = open_home(find_home(home))
    try:
        guards.same_kind(house)
        if checkpoint:
            guards.stop_if_cut(house)  # before anything is written: the next checkpoint would hide it
        yield house
        if checkpoint:
            house.ledger.checkpoint()
    finally:
        close(house)


def close(house: House) -> None:
    """Closes what the home has open."""
    for adapter in (house.desk.converter, house.desk.prover, house.desk.mailer):
        made = cast(making.Later, adapter).made()
        if made is not None and hasattr(made, "close"):
            made.close()
    house.database.close()
    house.keys.close()


def open_home(home: Path, *, new: bool = False) -> House:
    """Returns the home with its databases open, to be closed by `close`; with `new` its ledger may be absent and is made."""
    from pipeline.adapters.clock import RehearsalClock, SystemClock
    from pipeline.adapters.file_structure import StructureExaminer
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import load_master_key
    from pipeline.adapters.passphrases import new_passphrase
    from pipeline.adapters.sql import schema
    from pipeline.adapters.sql.cases import SqlCases
    from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
    from pipeline.adapters.sql.checkpoints import Checkpoints
    from pipeline.adapters.sql.codec import Codec
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.leases import SqlLeases
    from pipeline.adapters.sql.ledger import SqlLedger
    from pipeline.adapters.sql.marks import SqlClockRow
    from pipeline.adapters.sql.notes import SqlNotes
    from pipeline.adapters.vault_files import FileVault

    settings = load_settings(home)
    making.log_plainly(home)
    master = load_master_key(settings.data / "key")
    if not new and settings.database.file is not None and not settings.database.file.is_file():
        raise DatabaseUnavailableError(
            "The ledger's database is not there, and none is made in its place. Bring back the newest backup (README, Recover)."
        )
    database = Database(settings.database)
    schema.create(database)
    if settings.database.file is None:
        _move_in(settings, database)
    keys = SqlKeys(settings.keys_database, master)
    clock_row = SqlClockRow(database)
    clock: Clock = RehearsalClock(clock_row.now) if settings.rehearsal else SystemClock()
    files = CheckpointFiles(making.checkpoint_folder(settings), master.signer(), settings.checkpoints)
    ledger = SqlLedger(database, keys, Codec(), Checkpoints(database, files, clock.now))
    vault = FileVault(settings.vault, keys)
    cases = SqlCases(database)
    sandbox = making.Later(making.sandbox)
    converter = making.Later(lambda: making.converter(sandbox, settings))
    mailer, keep = making.mailer(settings)
    casebook = Casebook(
        ledger,
        clock,
        partial(load_profile, own=home / "profiles"),
        calendar(settings.bank_holidays),
        releases_needed=settings.releases_needed,
        can_send=settings.smtp is not None or settings.rehearsal,
        letters=settings.letters,
        invitations=settings.invitations,
    )
    desk = Desk(
        casebook=casebook,
        clock=clock,
        keys=keys,
        vault=vault,
        index=SqlNotes(database),
        examiner=StructureExaminer(),
        converter=cast("SandboxConverter", converter),
        reader=cast(Any, making.Later(lambda: making.reader(sandbox))),
        writer=cast(Any, making.Later(lambda: making.writer(cast("SandboxConverter", converter)))),
        prover=cast(Any, making.Later(lambda: making.prover(sandbox, settings))),
        mailer=mailer,
        mails=cast(Any, making.Later(lambda: making.mails(settings))),
        office=Office(
            sender=settings.from_address,
            team=settings.team,
            gateways=tuple(settings.gateways),
            phone=", ".join(settings.phones),
            rehearsal=settings.rehearsal,
        ),
        clock_at=making.clock_at(settings, clock_row),
        new_passphrase=new_passphrase,
        worker=f"{settings.host}:{os.getpid()}",
        kept_copy=keep,
        mark=making.marker(settings),
    )
    return House(
        home=home,
        settings=settings,
        desk=desk,
        database=database,
        keys=keys,
        vault=vault,
        ledger=ledger,
        cases=cases,
        leases=SqlLeases(database),
        clock_row=clock_row,
        master=master,
    )


def _move_in(settings: Settings, target: Database) -> None:
    """Moves the home's SQLite ledger and keys to the servers that packs.toml names since, the first time they are used.

    Raises:
        RefusedError: the server's ledger is empty and the home has none to move.
    """
    from pipeline.adapters.keys_sql import move_keys
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.moving import is_empty, move_in

    if not is_empty(target):
        return
    old_ledger, old_keys = settings.data / "packs.db", settings.data / "keys.db"
    if not old_ledger.is_file() or not old_keys.is_file():
        raise RefusedError(
            "The database named in packs.toml is empty and this home has no ledger to move into it. Nothing was changed;"
            " name the right database, or make the home anew with `packs init`."
        )
    if settings.keys_database.file is None:
        move_keys(f"sqlite:///{old_keys}", settings.keys_database)
    # the chain of checkpoints goes on where all hosts see it
    shutil.copytree(settings.data / "checkpoints", making.checkpoint_folder(settings), dirs_exist_ok=True)
    source = Database(old_ledger)
    try:
        move_in(source, target)
    finally:
        source.close()

