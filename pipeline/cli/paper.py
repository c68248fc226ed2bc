"""Commands about paper copies: print a numbered one, record its hand-over, list them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.cli.documents import not_over_something_else
from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import By, PersonArgument, Reference, said
from pipeline.domain.calendar import parse_local, utc_text
from pipeline.domain.facts import Document
from pipeline.errors import RefusedError

DANGER = "It is NOT encrypted: print it, then delete the file. Everybody who opens it reads it."


class _MakeUnlessNamed(TyperGroup):
    """`packs paper REF PERSON` is `packs paper make REF PERSON`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        named = not args or args[0].startswith("-") or args[0] in self.commands
        return super().resolve_command(ctx, args if named else ["make", *args])


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(cls=_MakeUnlessNamed, help="Paper copies: make (the word may be left out), handed, list.")
    group.command("make")(make)
    group.command("handed")(handed)
    group.command("list")(list_)
    app.add_typer(group, name="paper")


def make(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.pdf")],
    by: By,
    also_by: Annotated[str | None, typer.Option("--also-by", help="The second name, where two release a copy.")] = None,
    document: Annotated[str, typer.Option("--document", help="pack: all that this person may have now; or minutes.")] = "pack",
) -> None:
    """Write a print-ready, numbered copy for hand-over. The file is not encrypted; the printing is recorded."""
    from pipeline.bootstrap import opened
    from pipeline.orders.paper import print_copy

    frame: Frame = ctx.obj
    said(by=by)
    if also_by is not None:
        said(by=also_by)
    if document not in {Document.PACK.value, Document.MINUTES.value}:
        raise RefusedError("Only a pack or the minutes are printed as a numbered paper copy. Nothing was written.")
    if to.exists() or to.is_symlink() or not to.parent.is_dir():
        raise RefusedError("--to names a new file in a folder that exists; nothing is overwritten. Nothing was written.")
    with opened(frame.home) as house:
        not_over_something_else(to, house)
        plan, content = print_copy(reference, person, by, also_by, house.actor(by), house.desk, Document(document))
    number = plan.issue
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        raise RefusedError(
            f"The file cannot be written whole ({error.strerror}); delete what there is of it. Number {number} is used up:"
            " the next print has another."
        ) from None
    value = {
        "reference": reference, "person": person, "number": number, "file": str(to), "encrypted": False, "warning": DANGER,
        "left_out": [{"report": o.report, "why": o.why} for o in plan.left_out],
    }  # fmt: skip
    left = f" Left out: {len(plan.left_out)} report(s)." if plan.left_out else ""
    show(frame, value, lambda c: c.print(f"Paper copy {number} for {person}: {to}.{left}\n{DANGER}", markup=False))


def handed(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    number: Annotated[int, typer.Option("--number", help="The number on its pages.")],
    at: Annotated[str, typer.Option("--at", help="When, local.")],
    how: Annotated[str, typer.Option("--how", help="How: by hand at home, at the office …")],
    by: By,
) -> None:
    """Record that a paper copy was handed over: who, when, how."""
    from pipeline.bootstrap import opened
    from pipeline.orders.paper import handed as order

    frame: Frame = ctx.obj
    said(how=how, by=by)
    when = parse_local(at)
    with opened(frame.home) as house:
        warning = order(reference, person, number, when, how, by, house.actor(by), house.desk)
    value = {"reference": reference, "person": person, "number": number, "handed_at": utc_text(when), "warning": warning}
    show(frame, value, lambda c: c.print(" ".join(filter(None, ("Recorded.", warning))), markup=False))


def list_(ctx: typer.Context, reference: Reference) -> None:
    """Every paper copy of a conference, and where it is."""
    from pipeline.bootstrap import opened
    from pipeline.domain.paper import papers_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        rows = papers_view(house.desk.casebook.case(reference))
    columns = ["number", "person", "document", "state", "made_at", "by", "pages", "handed_at", "how", "still_right"]
    show(frame, rows, lambda c: c.print(table(reference, columns, rows)))
