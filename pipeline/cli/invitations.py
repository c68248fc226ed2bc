"""Commands about what goes beside an invitation: calendar, report-form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.frame import Frame, show
from pipeline.cli.words import PersonArgument, Reference
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(calendar)
    app.command("report-form")(report_form)


def calendar(
    ctx: typer.Context,
    reference: Reference,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.ics")],
    person: Annotated[str | None, typer.Argument(metavar="[PERSON]")] = None,
    after: Annotated[bool, typer.Option("--after", help="And the dates after the conference, from its outcome.")] = False,
) -> None:
    """Write a calendar file without names: the conference, or a person's own session of it."""
    from pipeline.bootstrap import opened, write_calendar
    from pipeline.orders.invitations import case_for_diary

    frame: Frame = ctx.obj
    if to.suffix.lower() != ".ics":
        raise RefusedError("--to writes a calendar file: name it FILE.ics. Nothing was written.")
    with opened(frame.home) as house:
        case, who = case_for_diary(reference, person, house.desk)
        count = write_calendar(to, case, who, house, after=after)
    value = {"reference": reference, "person": person, "file": str(to), "entries": count}
    show(frame, value, lambda c: c.print(f"{count} calendar {'entry was' if count == 1 else 'entries were'} written."))


def report_form(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.docx")],
) -> None:
    """Write an agency's report form in Word: reference, agency, due instant and headings, and nothing about anybody."""
    from pipeline.bootstrap import opened, write_report_form
    from pipeline.orders.invitations import case_for_form

    frame: Frame = ctx.obj
    if to.suffix.lower() != ".docx":
        raise RefusedError("--to writes a Word file: name it FILE.docx. Nothing was written.")
    with opened(frame.home) as house:
        case, who = case_for_form(reference, person, house.desk)
        write_report_form(to, case, who, house)
    show(
        frame,
        {"reference": reference, "person": person, "file": str(to)},
        lambda c: c.print(f"The report form of {person} for {reference} is written."),
    )
