"""Making a home, and putting its key back from the recovery kit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bootstrap import guards
from pipeline.bootstrap.home import close, open_home
from pipeline.bootstrap.rules import load_profile
from pipeline.casebook import HOUSE
from pipeline.domain.facts import HouseFounded
from pipeline.domain.written import phone_problem
from pipeline.errors import RefusedError
from pipeline.settings import Settings, load_settings, read_settings
from pipeline.settings_file import default_settings_text

if TYPE_CHECKING:
    from pipeline.adapters.master_key import MasterKey



@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new home, with the kit's words, which are stored nowhere."""

    home: Path
    kit: Path
    words: str


def initialise(
    home: Path,
    *,
    profile: str,
    team: str,
    sender: str,
    rehearsal: bool,
    kit: Path | None,
    phones: Sequence[str] = (),
) -> Made:
    """Makes a home. `phones` are the lines that mails and covers name for people to ring.

    Raises:
        RefusedError: there is a home already, the folder holds other things' files of these names, or an argument is wrong.
    """
    from pipeline.adapters.clock import real_now
    from pipeline.adapters.envelopes import is_plain_address
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import create_master_key
    from pipeline.adapters.recovery_kit import make_kit
    from pipeline.adapters.vault_files import FileVault

    load_profile(profile, home / "profiles")
    if not is_plain_address(sender):
        raise RefusedError("--from takes one bare address such as team@council.example. Nothing was changed.")
    if any(phone_problem(phone) for phone in phones):
        raise RefusedError("--phone takes a telephone number that people can ring. Nothing was changed.")
    home = home.absolute()
    taken = [name for name in ("packs.toml", "data") if (home / name).exists()]
    if taken or (home.exists() and not home.is_dir()):
        raise RefusedError(f"There is a home already ({', '.join(taken) or 'not a folder'}); nothing was changed.")
    kit = (kit or home / "recovery-kit.txt").absolute()
    if kit.exists():
        raise RefusedError(f"{kit} exists already; nothing was changed. Name another file with --kit.")
    if kit.parent != home and not kit.parent.is_dir():
        raise RefusedError("--kit names a file in a folder that does not exist. Nothing was changed.")
    settings_text = default_settings_text(
        profile=profile, team=team, from_address=sender, rehearsal=rehearsal, phones=phones
    )
    read_settings(settings_text, home, {})  # every problem of what was asked for, before anything is made
    try:
        for name in ("", "inbox", "outbox", "outbox/sent", "data"):
            (home / name).mkdir(mode=0o700, parents=not name, exist_ok=True)
        (home / "data").chmod(0o700)
    except OSError as error:
        raise RefusedError(f"The home cannot be made there ({error.strerror}). Name a folder that you may write.") from None
    master = create_master_key(home / "data" / "key")
    _write_private(home / "packs.toml", settings_text)
    settings = load_settings(home)
    keys = SqlKeys(settings.keys_database, master, create=True)
    keys.ensure(HOUSE)
    vault = FileVault.create(settings.vault, keys)
    keys.close()
    made = make_kit(master)
    _write_private(kit, made.text)
    house = open_home(home, new=True)
    try:
        if rehearsal:
            house.clock_row.set(real_now().replace(microsecond=0), real_now())
        founded = HouseFounded(profile=profile, team=team, rehearsal=rehearsal, marker=vault.marker())
        house.desk.casebook.append({HOUSE: [founded]}, {HOUSE: 0}, "desk")
        guards.same_vault(house)
        house.ledger.checkpoint(full=True)
    finally:
        close(house)
    return Made(home=home, kit=kit, words=made.words)


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def master_of_kit(text: str, words: str) -> MasterKey:
    """Returns the key that a recovery kit's text and words give. Raises KitProblemError if they do not fit."""
    from pipeline.adapters.recovery_kit import open_kit

    return open_kit(text, words)


def put_key_back(settings: Settings, master: MasterKey) -> None:
    """Stores the key of a recovery kit in the home that has lost its own, if it opens every wrapped key of that home.

    Raises:
        RefusedError: there is a key already, or the kit is another home's; nothing was changed.
    """
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import store_master_key

    keys = SqlKeys(settings.keys_database, master)
    try:
        found = keys.verify()
    finally:
        keys.close()
    if found.first_bad is not None or not found.opened:
        raise RefusedError("This kit's key does not open this home's keys: it is another home's. Nothing was changed.")
    store_master_key(settings.data / "key", master)

