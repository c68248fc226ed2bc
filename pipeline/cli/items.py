"""Commands about received items and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import Because, By, PersonArgument, Reference, said
from pipeline.errors import RefusedError

ItemArgument = Annotated[str, typer.Argument(metavar="ITEM")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (held, resolve, unfile, received, reports):
        app.command()(command)
    app.command("nil-return")(nil_return)
    app.command()(apology)
    app.command()(allow)
    app.command()(complete)
    app.command()(retry)


def held(ctx: typer.Context) -> None:
    """What waits for a person, with candidates and reasons."""
    from pipeline.bootstrap import opened
    from pipeline.domain.views import held_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        casebook = house.desk.casebook
        items = list(casebook.items())
        asked = {c.conference for one in items if one.held is not None for c in one.held.candidates}
        rows = held_view(items, {one for one in asked if casebook.conference(one).decision_told})
    shown = [
        {**r, "candidates": [f"{c['conference']}/{c['person'] or '?'}" for c in r["candidates"]]}  # type: ignore[attr-defined]
        for r in rows
    ]
    show(
        frame,
        rows,
        lambda c: c.print(table("Held", ["item", "received_at", "from", "why", "candidates", "next_step"], shown)),
    )


def resolve(
    ctx: typer.Context,
    item: ItemArgument,
    by: By,
    conference: Annotated[str | None, typer.Option("--conference", metavar="REF")] = None,
    person: Annotated[str | None, typer.Option("--person", metavar="ID")] = None,
    not_a_report: Annotated[bool, typer.Option("--not-a-report")] = False,
    confidential: Annotated[bool, typer.Option("--confidential", help="It is a confidential section.")] = False,
    because: Annotated[str | None, typer.Option("--because")] = None,
) -> None:
    """Say whose report a held item is, or that it is none."""
    from pipeline.bootstrap import opened
    from pipeline.orders.items import dismiss
    from pipeline.orders.items import resolve as order

    frame: Frame = ctx.obj
    said(by=by)
    if not_a_report:
        if conference or person or confidential:
            raise RefusedError("--not-a-report goes without --conference and --person. Nothing was changed.")
        if not (because or "").strip():
            raise RefusedError("--not-a-report needs --because. Nothing was changed.")
        with opened(frame.home) as house:
            dismiss(item, because or "", by, house.actor(by), house.desk)
        show(frame, {"item": item, "state": "dismissed"}, lambda c: c.print(f"{item} is not a report; it is kept."))
        return
    if not conference or not person:
        raise RefusedError(
            "Give --conference REF and --person ID, or --not-a-report with --because. Nothing was changed."
        )
    with opened(frame.home) as house:
        order(item, conference, person, by, house.actor(by), house.desk, confidential=confidential)
    show(
        frame,
        {"item": item, "state": "resolved", "conference": conference, "person": person},
        lambda c: c.print(f"{item} is {person}'s for {conference}; the next run files it."),
    )


def unfile(ctx: typer.Context, item: ItemArgument, because: Because, by: By) -> None:
    """Undo a wrong filing; unsent copies are made anew, sent ones become a breach task."""
    from pipeline.bootstrap import opened
    from pipeline.orders.items import unfile as order

    frame: Frame = ctx.obj
    said(because=because, by=by)
    with opened(frame.home) as house:
        exposed = order(item, because, by, house.actor(by), house.desk)
    show(
        frame,
        {"item": item, "state": "held", "breach": bool(exposed), "who_has_it": exposed},
        lambda c: c.print(
            f"{item} is taken back." + (f" BREACH: {', '.join(exposed)} already have it." if exposed else "")
        ),
    )


def received(
    ctx: typer.Context,
    item: ItemArgument,
    at: Annotated[str, typer.Option("--at", help="When it reached the mailbox, local.")],
    because: Because,
    by: By,
) -> None:
    """Record when an item truly reached the mailbox; the verdict is judged again."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import parse_local, utc_text
    from pipeline.flow import rejudge
    from pipeline.orders.items import correct_receipt

    frame: Frame = ctx.obj
    said(because=because, by=by)
    received_at = parse_local(at)
    with opened(frame.home) as house:
        for one in correct_receipt(item, received_at, because, by, house.actor(by), house.desk):
            rejudge(one, house.desk)
    show(
        frame,
        {"item": item, "received_at": utc_text(received_at)},
        lambda c: c.print(f"{item}: receipt recorded; both times are kept."),
    )


def reports(ctx: typer.Context, reference: Reference) -> None:
    """Every report asked for: state, verdict, version."""
    from pipeline.bootstrap import opened
    from pipeline.domain.views import reports_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        rows = reports_view(house.desk.casebook.case(reference), house.desk.clock.now())
    shown = [{**row, "parts": _parts(row)} for row in rows]
    columns = ["person", "agency", "state", "verdict", "due_at", "received_at", "late_by_seconds", "version", "parts"]
    show(frame, rows, lambda c: c.print(table(reference, columns, shown)))


def _parts(row: Mapping[str, Any]) -> str:
    """What the report lacks, or may lack, in a cell."""
    told = ((word, row[key]) for word, key in (("incomplete", "missing"), ("look for", "unclear")) if row[key])
    return "; ".join(f"{word}: {', '.join(parts)}" for word, parts in told) or ("complete" if row["complete"] else "")


def nil_return(ctx: typer.Context, reference: Reference, person: PersonArgument, by: By, because: Because) -> None:
    """Record that an agency has nothing to report."""
    from pipeline.bootstrap import opened
    from pipeline.orders.items import nil_return as order

    frame: Frame = ctx.obj
    said(by=by, because=because)
    with opened(frame.home) as house:
        order(reference, person, by, because, house.actor(by), house.desk)
    show(frame, {"reference": reference, "person": person, "state": "nil-return"}, lambda c: c.print("Recorded."))


def apology(ctx: typer.Context, reference: Reference, person: PersonArgument, by: By, because: Because) -> None:
    """Record that a person cannot come."""
    from pipeline.bootstrap import opened
    from pipeline.orders.items import apology as order

    frame: Frame = ctx.obj
    said(by=by, because=because)
    with opened(frame.home) as house:
        order(reference, person, by, because, house.actor(by), house.desk)
    show(frame, {"reference": reference, "person": person, "state": "apology"}, lambda c: c.print("Recorded."))


def allow(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    item: ItemArgument,
    decided_by: Annotated[str, typer.Option("--decided-by")],
    because: Because,
) -> None:
    """Record the chair's decision that a person may have a report the rules alone withhold."""
    from pipeline.bootstrap import opened
    from pipeline.orders.items import allow as order

    frame: Frame = ctx.obj
    said(decided_by=decided_by, because=because)
    with opened(frame.home) as house:
        kept = order(reference, person, item, decided_by, because, house.actor(decided_by), house.desk)
    show(
        frame,
        {"reference": reference, "person": person, "item": item, "allowed": True, "still_withheld": kept},
        lambda c: c.print(f"Recorded. {person} does not get it all the same: {kept}." if kept else "Recorded."),
    )


def complete(
    ctx: typer.Context,
    item: ItemArgument,
    part: Annotated[str, typer.Option("--part", metavar="NAME", help="The part, as `packs reports` names it.")],
    because: Because,
    by: By,
) -> None:
    """Say that a part which was not found stands in a filed report after all."""
    from pipeline.bootstrap import opened
    from pipeline.domain.completeness import complete as is_complete
    from pipeline.domain.completeness import missing_parts
    from pipeline.domain.headings import Part
    from pipeline.orders.items import affirm

    frame: Frame = ctx.obj
    said(because=because, by=by)
    if part not in set(Part):
        raise RefusedError(f"--part takes one of {', '.join(Part)}. Nothing was changed.")
    with opened(frame.home) as house:
        reference, person = affirm(item, Part(part), because, by, house.actor(by), house.desk)
        case = house.desk.casebook.case(reference)
        still, whole = missing_parts(case, person), is_complete(case, person)
    show(
        frame,
        {"item": item, "reference": reference, "person": person, "part": part, "complete": whole, "missing": list(still)},
        lambda c: c.print("Recorded." + (f" Still missing: {', '.join(still)}." if still else "")),
    )


def retry(
    ctx: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="REF|ITEM")],
    by: By,
    because: Because,
) -> None:
    """Try again what was held after too many attempts."""
    from pipeline.bootstrap import opened
    from pipeline.orders.items import retry as order

    frame: Frame = ctx.obj
    said(by=by, because=because)
    with opened(frame.home) as house:
        order(subject, by, because, house.actor(by), house.desk)
    show(frame, {"subject": subject, "retry": True}, lambda c: c.print(f"{subject} is tried again."))
