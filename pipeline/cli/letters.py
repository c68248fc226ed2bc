"""Commands about what is to be done: the agenda, and the letters to agencies."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.cases import By, PersonArgument, Reference, listed, said
from pipeline.cli.frame import Frame, show, table
from pipeline.domain.facts import LetterKind
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (letters, letter):
        app.command()(command)


def letters(ctx: typer.Context, reference: Reference) -> None:
    """Every content-free letter to agencies: coming, gone, and why not."""
    from pipeline.bootstrap import opened
    from pipeline.domain.views import letters_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        rows = letters_view(house.desk.casebook.case(reference), house.desk.clock.now())
    show(
        frame,
        rows,
        lambda c: c.print(table(reference, ["kind", "person", "state", "at_local", "due_local", "sent_at", "why"], rows)),
    )


def letter(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    by: By,
    missing: Annotated[list[str] | None, typer.Option("--missing", help="What the report lacks, by code; repeatable.")] = None,
    returned: Annotated[list[str] | None, typer.Option("--returned", help="Why it is of no use, by code; repeatable.")] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="ITEM")] = None,
) -> None:
    """Tell an agency, in fixed words, what its report lacks or why something was of no use."""
    from pipeline.bootstrap import opened
    from pipeline.orders.letters import ask

    frame: Frame = ctx.obj
    said(by=by)
    if bool(missing) == bool(returned):
        raise RefusedError("Give --missing or --returned, one of them. Nothing was changed.")
    kind = LetterKind.MISSING_PARTS if missing else LetterKind.RETURNED
    parts = listed(missing or returned or [])
    with opened(frame.home) as house:
        ask(reference, person, kind, parts, item, by, house.actor(by), house.desk)
        goes = house.settings.letters
    show(
        frame,
        {"reference": reference, "person": person, "kind": kind.value, "parts": parts, "goes_by_itself": goes},
        lambda c: c.print("The next run sends it." if goes else "Letters are off (packs.toml): it stands in `packs agenda`."),
    )
