"""Commands about outgoing documents: what there is, release, refuse, export, passphrase, stop, resume, settle."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import Because, By, PersonArgument, Reference, said
from pipeline.domain.facts import Document
from pipeline.errors import RefusedError

if TYPE_CHECKING:
    from pipeline.bootstrap import House

Kind = Annotated[str, typer.Option("--document", help="Which of the person's documents, as `packs documents` names it.")]


def as_document(word: str) -> Document:
    """Returns the document of that name, as `packs documents` shows it."""
    try:
        return Document(word)
    except ValueError:
        known = ", ".join(d.value for d in Document)
        raise RefusedError(f"--document takes one of {known}, not {word!r}. Nothing was changed.") from None


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (documents, release, refuse, export, passphrase, stop, resume, settle):
        app.command()(command)
    app.command("handed-over")(handed_over)


def documents(ctx: typer.Context, reference: Reference) -> None:
    """Every outgoing document: for whom, where it stands, and why."""
    from pipeline.bootstrap import opened
    from pipeline.domain.views import documents_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        rows = documents_view(house.desk.casebook.case(reference), house.desk.clock.now())
    show(
        frame,
        rows,
        lambda c: c.print(
            table(reference, ["document", "person", "issue", "state", "why", "pages", "sent_at"], rows)
        ),
    )


def release(ctx: typer.Context, reference: Reference, person: PersonArgument, by: By, document: Kind = "pack") -> None:
    """Release a person's composed copy: exactly these bytes may go."""
    from pipeline.bootstrap import opened
    from pipeline.stages.release import release as order

    frame: Frame = ctx.obj
    said(by=by)
    kind = as_document(document)
    with opened(frame.home) as house:
        missing, left_out = order(reference, person, kind, by, house.actor(by), house.desk)
    state = "composed" if missing else "released"
    value = {
        "reference": reference, "person": person, "document": document, "state": state, "releases_missing": missing,
        "left_out": [{"report": o.report, "why": o.why} for o in left_out],
    }  # fmt: skip
    show(
        frame,
        value,
        lambda c: c.print(
            f"{person}'s {document} is {state}" + (f"; {missing} more name(s) needed." if missing else ".")
            + (f" Left out: {len(left_out)} report(s)." if left_out else "")
        ),
    )  # fmt: skip


def refuse(
    ctx: typer.Context, reference: Reference, person: PersonArgument, by: By, because: Because, document: Kind = "pack"
) -> None:
    """Refuse to let a person's copy go."""
    from pipeline.bootstrap import opened
    from pipeline.stages.release import refuse as order

    frame: Frame = ctx.obj
    said(by=by, because=because)
    kind = as_document(document)
    with opened(frame.home) as house:
        order(reference, person, kind, by, because, house.actor(by), house.desk)
    show(
        frame,
        {"reference": reference, "person": person, "document": document, "state": "held"},
        lambda c: c.print(f"{person}'s {document} is held."),
    )


def export(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE")],
    document: Kind = "pack",
    issue: Annotated[int | None, typer.Option("--issue", help="The newest unless given.")] = None,
) -> None:
    """Write a person's encrypted copy to a file; the taking out is recorded."""
    from pipeline.bootstrap import opened
    from pipeline.orders.sending import export as order

    frame: Frame = ctx.obj
    kind = as_document(document)
    if to.is_dir() or not to.parent.is_dir():
        raise RefusedError("--to names a file in a folder that exists. Nothing was written.")
    with opened(frame.home) as house:
        not_over_something_else(to, house)
        sealed, warning = order(reference, person, kind, house.actor(), house.desk, issue=issue)
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
    except OSError as error:
        raise RefusedError(f"The file cannot be written ({error.strerror}).") from None
    if warning is not None:
        print(warning, file=sys.stderr)
    show(frame, {"file": str(to), "size_bytes": len(sealed), "warning": warning}, lambda c: c.print(f"Written: {to}"))


def not_over_something_else(to: Path, house: House) -> None:
    """Refuses a target that is the home's own, or an existing file that is no earlier copy."""
    settings, target = house.settings, to.resolve()
    own = (settings.data, settings.vault, settings.inbox, settings.outbox)
    if target == settings.home / "packs.toml" or any(target.is_relative_to(folder.resolve()) for folder in own):
        raise RefusedError("--to lies in the home's own folders; name a file elsewhere. Nothing was written.")
    if to.exists():
        with to.open("rb") as file:
            begins = file.read(5)
        if begins not in (b"", b"%PDF-"):
            raise RefusedError("There is another file of that name already, and it is no PDF. Nothing was written.")


def handed_over(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    document: Kind,
    at: Annotated[str, typer.Option("--at", metavar="LOCAL", help="When, in local time.")],
    how: Annotated[str, typer.Option("--how", metavar="TEXT", help="How it was handed over.")],
    by: By,
) -> None:
    """Record that a person was given their copy by hand: when, how and by whom."""
    from pipeline.bootstrap import opened
    from pipeline.orders.sending import hand_over as order

    frame: Frame = ctx.obj
    said(by=by, how=how)
    kind = as_document(document)
    with opened(frame.home) as house:
        warning = order(reference, person, kind, at, how, by, house.actor(by), house.desk)
    if warning is not None:
        print(warning, file=sys.stderr)
    show(
        frame,
        {"reference": reference, "person": person, "document": document, "handed_over": at, "warning": warning},
        lambda c: c.print(f"Recorded: {person}'s {document} was handed over."),
    )


def passphrase(ctx: typer.Context, reference: Reference, person: PersonArgument, by: By, because: Because) -> None:
    """Print the six words that open a person's copies; the reading is recorded."""
    from pipeline.bootstrap import opened
    from pipeline.orders.sending import kept_from
    from pipeline.orders.sending import passphrase as order

    frame: Frame = ctx.obj
    said(by=by, because=because)
    with opened(frame.home) as house:
        words = order(reference, person, by, because, house.actor(by), house.desk)
        kept = kept_from(reference, person, house.desk)
    if kept:
        print(
            f"{person} is kept from {', '.join(kept)} by a recorded decision. These words open every copy made for {person}:"
            " ask the chair before you tell them.",
            file=sys.stderr,
        )
    if frame.json:
        show(frame, {"person": person, "passphrase": words, "kept_from": list(kept)}, None)
    else:
        print("Tell them by phone or in person, never by e-mail:")
        print(words)


def stop(
    ctx: typer.Context, because: Because, reference: Annotated[str | None, typer.Argument(metavar="[REF]")] = None
) -> None:
    """Halt all sending at once, or that of one conference."""
    from pipeline.bootstrap import opened
    from pipeline.orders.sending import stop as order

    frame: Frame = ctx.obj
    said(because=because)
    with opened(frame.home) as house:
        order(reference, because, house.actor(), house.desk)
    show(frame, {"stopped": reference or "all"}, lambda c: c.print("Sending is stopped."))


def resume(
    ctx: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="[REF]")] = None,
    because: Annotated[str, typer.Option("--because")] = "",
) -> None:
    """Let sending go on."""
    from pipeline.bootstrap import opened
    from pipeline.orders.sending import resume as order

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        order(reference, because, house.actor(), house.desk)
    show(frame, {"resumed": reference or "all"}, lambda c: c.print("Sending goes on."))


def settle(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    by: By,
    because: Because,
    accepted: Annotated[bool, typer.Option("--accepted/--not-accepted", help="What you found out.")],
    document: Kind = "pack",
    letter: Annotated[str | None, typer.Option("--letter", metavar="ID", help="A letter, as `packs letters` names it.")] = None,
) -> None:
    """Settle a sending of unknown result, after asking the server's log or the person."""
    from pipeline.bootstrap import opened
    from pipeline.orders.letters import settle_letter
    from pipeline.orders.sending import settle as order

    frame: Frame = ctx.obj
    said(by=by, because=because)
    kind = as_document(document)
    with opened(frame.home) as house:
        if letter is not None:
            settle_letter(reference, person, letter, by, because, house.actor(by), house.desk, accepted=accepted)
        else:
            order(reference, person, kind, by, because, house.actor(by), house.desk, accepted=accepted)
    show(frame, {"reference": reference, "person": person, "accepted": accepted}, lambda c: c.print("Recorded."))
