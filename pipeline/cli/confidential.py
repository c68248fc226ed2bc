"""Commands about confidential sections. Only these, and the chair's own copy, show that a request exists."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import Because, By, PersonArgument, Reference, listed, said
from pipeline.domain.calendar import parse_local, utc_text
from pipeline.domain.facts import InMinutes, Wish
from pipeline.errors import NotFoundError, RefusedError

Subject = Annotated[str, typer.Argument(metavar="REQUEST|ITEM", help="A request's id, or a filed section's item.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Confidential sections: ask, decide, list, show.")
    group.command("list")(list_)
    group.command("show")(show_one)
    group.command("request")(request)
    group.command("decide")(decide)
    app.add_typer(group, name="confidential")


def list_(ctx: typer.Context, reference: Reference) -> None:
    """Every confidential request and section of a conference, and what is to be done about it."""
    rows = _rows(ctx.obj, reference)
    columns = ["request", "person", "received_at", "verdict", "wish", "kept_from", "sections", "state", "do_now"]
    show(ctx.obj, rows, lambda c: c.print(table(reference, columns, rows)))


def show_one(ctx: typer.Context, reference: Reference, subject: Subject) -> None:
    """One request with its ground, and the chair's decision; that it was looked at is recorded."""
    row = next((r for r in _rows(ctx.obj, reference, looked=subject) if subject in (r["request"], *_items(r))), None)
    if row is None:
        raise NotFoundError(f"There is no confidential request or section {subject!r} in {reference}. Nothing was changed.")
    show(ctx.obj, row, lambda c: [c.print(f"{k}: {v}", markup=False) for k, v in row.items() if v not in (None, [])])


def _items(row: dict[str, object]) -> list[str]:
    sections = row["sections"]
    return sections if isinstance(sections, list) else []


def _rows(frame: Frame, reference: str, looked: str | None = None) -> list[dict[str, object]]:
    from pipeline.bootstrap import opened
    from pipeline.domain.confidential import confidential_view
    from pipeline.orders.confidential import looked_at

    with opened(frame.home) as house:
        book = house.desk.casebook
        rows = confidential_view(book.case(reference), book.confidential(reference), house.desk.clock.now())
        if looked is not None and any(looked in (row["request"], *_items(row)) for row in rows):
            looked_at(reference, looked, house.actor(), house.desk)
    return rows


def request(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    at: Annotated[str, typer.Option("--at", help="When it reached the mailbox, local.")],
    ground: Annotated[str, typer.Option("--ground", help="Why it must be confidential.")],
    kept_from: Annotated[list[str], typer.Option("--kept-from", metavar="IDS", help="Who must not learn of it.")],
    wish: Annotated[str, typer.Option("--wish", help="attend-only, written or read-out.")],
    by: By,
) -> None:
    """Record an agency's request for a confidential section; a late one is a call to the chair, now."""
    from pipeline.bootstrap import opened
    from pipeline.orders.confidential import request as order

    frame: Frame = ctx.obj
    said(ground=ground, by=by)
    if wish not in set(Wish):
        raise RefusedError(f"--wish takes one of {', '.join(Wish)}. Nothing was changed.")
    received_at = parse_local(at)
    with opened(frame.home) as house:
        given = order(
            reference, person, received_at, ground, listed(kept_from), Wish(wish), by, house.actor(by), house.desk
        )
    row = next(r for r in _rows(frame, reference) if r["request"] == given)
    warned = row["warnings"] if isinstance(row["warnings"], list) else []
    lines = [f"{given} is recorded: {row['verdict']}.", row["do_now"], *warned]
    show(frame, row, lambda c: [c.print(str(line), markup=False) for line in lines if line])


def decide(
    ctx: typer.Context,
    reference: Reference,
    subject: Subject,
    decided_by: Annotated[str, typer.Option("--decided-by")],
    how: Annotated[str, typer.Option("--how", help="How it is passed on, or that it is not.")],
    because: Because,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="IDS", help="Who gets the section in writing.")] = None,
    minutes: Annotated[str, typer.Option("--minutes", help="full, none or summary.")] = "none",
    slot: Annotated[str | None, typer.Option("--slot", help="When it is spoken of, local.")] = None,
) -> None:
    """Record the chair's decision whether and how a confidential section is passed on."""
    from pipeline.bootstrap import opened
    from pipeline.domain.confidential import warnings
    from pipeline.orders.confidential import decide as order

    frame: Frame = ctx.obj
    said(decided_by=decided_by, how=how, because=because)
    if minutes not in set(InMinutes):
        raise RefusedError(f"--minutes takes one of {', '.join(InMinutes)}. Nothing was changed.")
    slot_at, people = parse_local(slot) if slot is not None else None, listed(to or [])
    with opened(frame.home) as house:
        items, kept = order(
            reference, subject, decided_by, how, people, because, InMinutes(minutes), slot_at, house.actor(decided_by), house.desk
        )
        said_of_slot = warnings(house.desk.casebook.case(reference), late=False, decided=True, slot_at=slot_at)
    value = {
        "reference": reference, "request": subject, "decided": True, "to": people, "sections": items, "still_withheld": kept,
        "minutes": minutes, "slot_at": utc_text(slot_at) if slot_at is not None else None, "warnings": said_of_slot,
    }  # fmt: skip
    lines = ["Recorded.", *said_of_slot, *(f"{person} does not get it all the same: {why}." for person, why in kept.items())]
    if people and not items:
        lines.append("No section is filed yet: when it comes, decide on it by its item; until then it is for the chair alone.")
    show(frame, value, lambda c: [c.print(line, markup=False) for line in lines])
