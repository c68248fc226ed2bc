"""What must have come of the long play, looked up in the ledger: replay events, addresses, the time after, due instants."""

from __future__ import annotations

from pipeline.bootstrap import House
from pipeline.demo.play import Row
from pipeline.demo.verdicts.addresses import ADDRESSES
from pipeline.demo.verdicts.afterwards import AFTERWARDS
from pipeline.demo.verdicts.due import due_rows
from pipeline.demo.verdicts.event import Ledger
from pipeline.demo.verdicts.replayed import EVENTS

__all__ = ["EVENTS", "verdicts"]


def verdicts(house: House) -> list[Row]:
    """Returns every event, due instant and fact of the time after, each with what was expected and what was found."""
    ledger = Ledger(house=house)
    return [*(event.row(ledger) for event in (*EVENTS, *ADDRESSES, *AFTERWARDS)), *due_rows(ledger)]
