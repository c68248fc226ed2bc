"""The command about translated copies: translated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.documents import Kind, as_document, not_over_something_else
from pipeline.cli.frame import Frame, show
from pipeline.cli.words import By, PersonArgument, Reference, said
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(translated)


def translated(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The translation, a Word document or a PDF.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE.pdf", help="The sealed copy to write, for handing over.")],
    by: By,
    also_by: Annotated[str | None, typer.Option("--also-by", help="The second name, where two release a copy.")] = None,
    document: Kind = "pack",
) -> None:
    """Seal a translation of a person's copy for them, to be handed over; nothing is e-mailed."""
    from pipeline.bootstrap import opened
    from pipeline.bootstrap.outcomes import write_new
    from pipeline.orders.translations import translated as order

    frame: Frame = ctx.obj
    said(by=by)
    if also_by is not None:
        said(by=also_by)
    kind = as_document(document)
    if to.exists() or to.is_symlink() or not to.parent.is_dir():
        raise RefusedError("--to names a new file in a folder that exists; nothing is overwritten. Nothing was written.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RefusedError(f"The translation cannot be read ({error.strerror}). Nothing was written.") from None
    with opened(frame.home) as house:
        not_over_something_else(to, house)
        sealed = order(reference, person, kind, content, file.name, by, also_by, house.actor(by), house.desk)
    write_new(to, sealed, "somebody's")
    value = {"reference": reference, "person": person, "document": document, "file": str(to), "encrypted": True}
    show(frame, value, lambda c: c.print(f"Sealed for {person}: {to}. Hand it over; it opens with their passphrase.", markup=False))
