"""Commands about the minutes of a conference: minutes draft."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.cases import Reference
from pipeline.cli.frame import Frame, show
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    minutes = typer.Typer(help="The minutes of a conference.")
    minutes.callback()(_group)
    minutes.command("draft")(minutes_draft)
    app.add_typer(minutes, name="minutes")


def _group() -> None:
    """Keeps the group a group while it has one command."""


def minutes_draft(
    ctx: typer.Context,
    reference: Reference,
    to: Annotated[Path, typer.Option("--to", help="The Word file to write, FILE.docx; it holds names.")],
) -> None:
    """Write the skeleton of the minutes, filled from booking, reports and outcome, for a person to edit in Word."""
    from pipeline.bootstrap import opened, write_minutes_draft
    from pipeline.orders.minutes import case_for_minutes

    frame: Frame = ctx.obj
    if to.suffix.lower() != ".docx":
        raise RefusedError("--to writes a Word file: name it FILE.docx. Nothing was changed.")
    with opened(frame.home) as house:
        write_minutes_draft(to, case_for_minutes(reference, house.desk), house.desk.office.team)
    show(
        frame, {"reference": reference, "file": str(to)}, lambda c: c.print(f"The draft minutes of {reference} are written.")
    )
