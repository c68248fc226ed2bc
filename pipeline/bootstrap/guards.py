"""What is looked at before a home is worked with, so that nothing leaves or is lost that should not."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.casebook import HOUSE
from pipeline.desk import SYSTEM
from pipeline.domain.facts import SendingStopped
from pipeline.errors import KeyMissingError, RefusedError

if TYPE_CHECKING:
    from pipeline.bootstrap.home import House



def same_kind(house: House) -> None:
    """Refuses a home whose packs.toml says otherwise than its founding whether it is a rehearsal.

    What was rehearsed (confirmed addresses, releases) must never leave because one line of a file was changed.
    """
    founded = house.desk.casebook.house()[0].founded
    if founded is not None and founded.rehearsal != house.settings.rehearsal:
        kind = "a rehearsal" if founded.rehearsal else "a real home"
        raise RefusedError(
            f"This home was made as {kind}, and packs.toml says otherwise; nothing was done. Put `rehearsal` back, or make"
            " another home with `packs init`."
        )


def same_vault(house: House) -> None:
    """Raises KeyMissingError where the vault's folder is not the one this database was made with."""
    from pipeline.adapters.sql.marks import VAULT_MARK, SqlMarks

    marker = house.vault.marker()
    if SqlMarks(house.database).claim(VAULT_MARK, marker) != marker:
        raise KeyMissingError(
            "The vault's folder is another one than this database's; nothing was started. Mount the right folder, or name"
            " it as `vault` in packs.toml."
        )


def usable(inbox: Path) -> None:
    """Refuses an inbox that is not there (a share that is not mounted?) or cannot be emptied: reports would wait unseen."""
    if not inbox.is_dir():
        raise RefusedError("The inbox is not there, so nothing was started. Mount it, make it, or name it in packs.toml.")
    if not os.access(inbox, os.R_OK | os.W_OK | os.X_OK):
        raise RefusedError("This user may not read and empty the inbox, so nothing was started. Give it the right.")


def stop_if_cut(house: House) -> None:
    """Stops all sending where the ledger is behind its checkpoints: restored from a backup, or cut.

    What was sent since would be sent again. A person compares and resumes; the checkpoint written now ends the matter.
    """
    stream = house.ledger.unknown_facts()
    if stream is not None:
        because = f"facts of {stream} that a checkpoint signed are not in the ledger; see README, Recover"
        house.desk.casebook.report(HOUSE, [SendingStopped(because=because)], SYSTEM)
        back = bring_back_items(house)
        house.ledger.checkpoint()
        logging.getLogger("packs").error("the ledger lacks facts that a checkpoint signed")
        print(
            f"The ledger lacks facts that a checkpoint signed ({stream}): it was brought back from a backup, or cut. All sending"
            f" is stopped; {back} received file(s) that it did not know were brought back. See README, Recover.",
            file=sys.stderr,
        )


def bring_back_items(house: House) -> int:
    """Makes items again of what the vault holds and no fact names; returns how many."""
    from pipeline.orders.recovery import bring_back

    return len(bring_back(house.desk, house.keys.streams("item:"), house.vault.stored()))

