"""Commands about the ledger: show, verify, explain."""

from __future__ import annotations

import dataclasses
import sys
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import PersonArgument, Reference
from pipeline.errors import NotFoundError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    audit = typer.Typer(help="The ledger: everything that happened, provably.")
    audit.command("show")(audit_show)
    audit.command("verify")(audit_verify)
    audit.command("explain")(audit_explain)
    app.add_typer(audit, name="audit")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value


def audit_show(ctx: typer.Context, reference: Reference) -> None:
    """Every fact of a conference and of what was filed in it, oldest first."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import utc_text

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        book = house.desk.casebook
        conference = book.conference(reference)
        streams = [f"conference:{reference}", f"access:{reference}", *(f"item:{i}" for i in conference.reports)]
        streams += sorted({f"contact:{p.contact}" for p in conference.people.values() if p.contact})
        recorded = sorted(
            (entry for stream in streams for entry in book.ledger.read(stream)), key=lambda e: (e.at, e.stream, e.seq)
        )
    rows = [
        {
            "at": utc_text(entry.at),
            "stream": entry.stream,
            "seq": entry.seq,
            "kind": type(entry.fact).__name__,
            "actor": entry.actor,
            "body": {k: v for k, v in _plain(entry.fact).items() if k not in {"words", "fingerprints"}},
        }
        for entry in recorded
    ]
    show(frame, rows, lambda c: c.print(table(reference, ["at", "stream", "seq", "kind", "actor"], rows)))


def audit_verify(ctx: typer.Context) -> None:
    """Walk every chain and checkpoint; exit 1 with the first bad entry if anything was changed, removed or cut."""
    from pipeline.bootstrap import opened

    frame: Frame = ctx.obj
    with opened(frame.home, checkpoint=False) as house:
        found = house.desk.casebook.ledger.verify()
    value = {
        "sound": found.first_bad is None,
        "facts": found.facts,
        "streams": found.streams,
        "checkpoints": found.checkpoints,
        "first_bad": found.first_bad,
        "why": found.why,
    }
    show(
        frame,
        value,
        lambda c: c.print(f"{found.facts} facts in {found.streams} streams, {found.checkpoints} checkpoints: "
                          + ("sound." if found.first_bad is None else "NOT SOUND.")),
    )  # fmt: skip
    if found.first_bad is not None:
        print(f"The ledger does not verify: first bad entry {found.first_bad}: {found.why}", file=sys.stderr)
        raise typer.Exit(1)


def audit_explain(ctx: typer.Context, reference: Reference, person: PersonArgument) -> None:
    """In words: what a person was sent, when, why they were entitled, and what not and why."""
    from pipeline.bootstrap import opened
    from pipeline.domain.explain import explain
    from pipeline.domain.people import PersonId

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        case = house.desk.casebook.case(reference)
        if PersonId(person) not in case.conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}.")
        then = partial(house.desk.casebook.case_after, reference)
        lines = explain(case, PersonId(person), house.desk.clock.now(), then)
    show(
        frame,
        {"reference": reference, "person": person, "lines": lines},
        lambda c: [c.print(line, markup=False, highlight=False) for line in lines],
    )
