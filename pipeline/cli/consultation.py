"""Commands about the consultation before a conference: request, held, decide, show."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from pipeline.cli.frame import Frame, show
from pipeline.cli.words import Because, By, Reference, said
from pipeline.errors import RefusedError

At = Annotated[str, typer.Option("--at", help="When, local, YYYY-MM-DDTHH:MM.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Consultation and threshold discussion: what was asked, recommended and decided.")
    group.command("request")(request)
    group.command("held")(held)
    group.command("decide")(decide)
    group.command("show")(show_consultation)
    app.add_typer(group, name="consultation")


def request(ctx: typer.Context, reference: Reference, at: At, by: By) -> None:
    """Record that a consultation was asked for; the timetable then says when it is due."""
    from pipeline.domain.calendar import parse_local
    from pipeline.domain.facts import ConsultationRequested

    said(by=by)
    _record(ctx, reference, ConsultationRequested(requested_at=parse_local(at), requested_by=by), by)


def held(
    ctx: typer.Context,
    reference: Reference,
    at: At,
    by: By,
    recommends: Annotated[str, typer.Option("--recommends", help="What the chair recommends.")],
    because: Because,
) -> None:
    """Record the consultation and what was recommended."""
    from pipeline.domain.calendar import parse_local
    from pipeline.domain.facts import ConsultationHeld

    said(by=by, recommends=recommends, because=because)
    step = ConsultationHeld(held_at=parse_local(at), held_by=by, recommends=recommends, because=because)
    _record(ctx, reference, step, by)


def decide(
    ctx: typer.Context,
    reference: Reference,
    by: By,
    decision: Annotated[str, typer.Option("--decision", help="hold or do-not-hold.")],
    because: Because,
    at: Annotated[str | None, typer.Option("--at", help="When, local, YYYY-MM-DDTHH:MM; now where it is left out.")] = None,
) -> None:
    """Record the manager's decision beside the recommendation; not to hold it cancels nothing by itself."""
    from pipeline.domain.calendar import parse_local
    from pipeline.domain.consultation import DO_NOT_HOLD, HOLD
    from pipeline.domain.facts import ManagerDecided

    said(by=by, because=because)
    if decision not in (HOLD, DO_NOT_HOLD):
        raise RefusedError(f"--decision takes {HOLD} or {DO_NOT_HOLD}. Nothing was changed.")
    hold = decision == HOLD
    told_at = parse_local(at) if at is not None else None

    def step(now: datetime) -> ManagerDecided:
        return ManagerDecided(decided_at=told_at or now, decided_by=by, hold=hold, because=because)

    next_step = "" if hold else f"The conference still stands: cancel it with `packs cancel {reference} --because TEXT`."
    _record(ctx, reference, step, by, next_step)


def _record(ctx: typer.Context, reference: str, step: Any, by: str, next_step: str = "") -> None:
    from pipeline.bootstrap import opened
    from pipeline.domain.consultation import consultation_view
    from pipeline.orders.consultation import record

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        if callable(step):
            step = step(house.desk.clock.now().replace(microsecond=0))
        warnings = record(reference, step, house.actor(by), house.desk)
        row = consultation_view(house.desk.casebook.case(reference))
    for warning in warnings:
        print(f"{reference}: {warning}", file=sys.stderr)
    value = {**row, "warnings": list(warnings), "next_step": next_step or None}
    show(frame, value, lambda c: c.print(f"{reference}: recorded. {next_step}".strip()))


def show_consultation(ctx: typer.Context, reference: Reference) -> None:
    """Request, recommendation and decision, each for itself, and what is due."""
    from pipeline.bootstrap import opened
    from pipeline.domain.consultation import consultation_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        row: dict[str, Any] = consultation_view(house.desk.casebook.case(reference))

    def human(console: Any) -> None:
        for part in ("requested", "recommendation", "decision"):
            step = row[part]
            words = "; ".join(f"{key} {step[key]}" for key in step if key != "at") if step else "not recorded"
            console.print(f"{part}: {words}", markup=False)
        for one in row["due"]:
            console.print(f"due {one['due_local']}: {one['what']} ({one['rule']})", markup=False)

    show(frame, row, human)
