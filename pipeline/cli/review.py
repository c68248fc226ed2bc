"""The command that convenes the next review: review."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipeline.cli.frame import Frame, show
from pipeline.cli.words import Reference


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(review)


def review(
    ctx: typer.Context,
    reference: Reference,
    start: Annotated[
        str | None, typer.Option("--start", help="Local, YYYY-MM-DDTHH:MM; left out: the outcome's review date.")
    ] = None,
    new: Annotated[str | None, typer.Option("--reference", help="The review's own reference.")] = None,
) -> None:
    """Convene the review of a conference, carrying over its people, exclusions and protected details."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import local_text, parse_local, utc_text
    from pipeline.orders.review import convene_review

    frame: Frame = ctx.obj
    start_at = parse_local(start) if start is not None else None
    with opened(frame.home) as house:
        made = convene_review(reference, start_at, new, house.actor(), house.desk)
    for line in (*made.to_look_at, *made.warnings):
        print(f"{made.reference}: {line}", file=sys.stderr)
    value = {
        "reference": made.reference,
        "of": reference,
        "start_at": utc_text(made.start_at),
        "start_local": local_text(made.start_at),
        "to_look_at": list(made.to_look_at),
        "warnings": list(made.warnings),
    }
    show(frame, value, lambda c: c.print(made.reference, markup=False))
