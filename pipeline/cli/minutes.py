"""Commands about the minutes of a conference: minutes draft, take, list, compare, approve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import By, Reference, listed, said
from pipeline.errors import RefusedError

if TYPE_CHECKING:
    from pipeline.stages.take import TakenVersion


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    minutes = typer.Typer(help="The minutes of a conference: draft them, take them back, compare, approve.")
    minutes.command("draft")(minutes_draft)
    minutes.command("take")(minutes_take)
    minutes.command("list")(minutes_list)
    minutes.command("compare")(minutes_compare)
    minutes.command("approve")(minutes_approve)
    app.add_typer(minutes, name="minutes")


def minutes_draft(
    ctx: typer.Context,
    reference: Reference,
    to: Annotated[Path, typer.Option("--to", help="The Word file to write, FILE.docx; it holds names.")],
) -> None:
    """Write the skeleton of the minutes, filled from booking, reports and outcome, for a person to edit in Word."""
    from pipeline.bootstrap import opened, write_minutes_draft
    from pipeline.orders.minutes import case_for_minutes, reason_reported

    frame: Frame = ctx.obj
    if to.suffix.lower() != ".docx":
        raise RefusedError("--to writes a Word file: name it FILE.docx. Nothing was changed.")
    with opened(frame.home) as house:
        case = case_for_minutes(reference, house.desk)
        write_minutes_draft(to, case, house.desk.office.team, reason_reported(case, house.desk))
    show(
        frame, {"reference": reference, "file": str(to)}, lambda c: c.print(f"The draft minutes of {reference} are written.")
    )


def minutes_take(
    ctx: typer.Context,
    reference: Reference,
    file: Annotated[str, typer.Argument(metavar="FILE|ITEM", help="The edited file, or a held item that is one.")],
    by: By,
    for_: Annotated[
        list[str] | None, typer.Option("--for", metavar="IDS", help="The people it was made for; left out: the whole minutes.")
    ] = None,
) -> None:
    """Take the edited minutes back as their next version; it goes to nobody before it is approved."""
    from pipeline.bootstrap import opened
    from pipeline.orders.minutes import take_file, take_item

    frame: Frame = ctx.obj
    said(by=by)
    readers, path = listed(for_ or []), Path(file)
    if for_ and not readers:
        raise RefusedError("--for names nobody. Nothing was changed.")
    taken: TakenVersion
    with opened(frame.home) as house:
        if path.is_file():
            largest_mb = house.settings.conversion.largest_mb
            if path.stat().st_size > largest_mb * 1_000_000:
                raise RefusedError(f"The file is larger than {largest_mb} MB. Nothing was changed.")
            taken = take_file(reference, path.read_bytes(), path.name, readers, by, house.actor(by), house.desk)
        elif path.suffix:
            raise RefusedError("There is no such file. Nothing was changed.")
        else:
            taken = take_item(reference, file, readers, by, house.actor(by), house.desk)
    value = {"reference": reference, "version": taken.number, "again": taken.again, "for": readers}
    what = "is these very bytes already" if taken.again else "is taken; approve it when it is right"
    show(frame, value, lambda c: c.print(f"Version {taken.number} of the minutes of {reference} {what}."))


def minutes_list(ctx: typer.Context, reference: Reference) -> None:
    """Every version of the minutes: for whom, by whom, and whether it was approved."""
    from pipeline.bootstrap import opened
    from pipeline.domain.views import minutes_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        rows = minutes_view(house.desk.casebook.conference(reference))
    columns = ["version", "for", "state", "why", "taken_at", "by", "approved_at", "approved_by", "pages", "flags"]
    show(frame, rows, lambda c: c.print(table(reference, columns, rows)))


def minutes_compare(
    ctx: typer.Context,
    reference: Reference,
    from_: Annotated[
        int | None, typer.Option("--from", metavar="N", help="The one before --to unless given; 0: the draft.")
    ] = None,
    to: Annotated[int | None, typer.Option("--to", metavar="M", help="The newest unless given.")] = None,
) -> None:
    """Show what changed between two versions, by paragraph, and where the newer differs from the recorded outcome."""
    from pipeline.bootstrap import opened
    from pipeline.domain.minutes_compared import below_mark, changes, otherwise, paragraphs
    from pipeline.orders.minutes import texts

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        case = house.desk.casebook.case(reference)
        versions = case.conference.minutes
        if not versions:
            raise RefusedError(f"No minutes of {reference} have come back yet. Nothing was changed.")
        new = len(versions) if to is None else to
        old = new - 1 if from_ is None else from_
        before, after = texts(reference, old, house.desk), texts(reference, new, house.desk)
        written = [one if number == 0 else paragraphs(one) for number, one in ((old, before), (new, after))]
        found = changes(*(map(below_mark, written) if 0 in {old, new} else written))
        differs = otherwise(case, versions[new - 1] if new else None, after)
    value = {
        "reference": reference, "from": old, "to": new,
        "changes": [{"change": one.kind, "before": one.before, "after": one.after} for one in found],
        "outcome": [{"what": one.what, "child": one.child, "recorded": one.recorded} for one in differs],
    }  # fmt: skip

    def human(console: object) -> None:
        rows = [{"change": one.kind, "before": one.before, "after": one.after} for one in found]
        console.print(table(f"{reference}: version {old} to {new}", ["change", "before", "after"], rows))  # type: ignore[attr-defined]
        for one in differs:
            whose = f" of {one.child}" if one.child else ""
            console.print(f"Not as recorded: the {one.what}{whose}, {one.recorded}.", markup=False)  # type: ignore[attr-defined]

    show(frame, value, human)


def minutes_approve(
    ctx: typer.Context,
    reference: Reference,
    version: Annotated[int, typer.Option("--version", metavar="N", help="Which version.")],
    by: By,
    because: Annotated[str | None, typer.Option(help="Why another family's child, or hidden words, stand in it rightly.")] = None,
) -> None:
    """Approve a version: from then on copies of it are made for those who may have it."""
    from pipeline.bootstrap import opened
    from pipeline.orders.minutes import approve

    frame: Frame = ctx.obj
    said(by=by)
    if because is not None:
        said(because=because)
    with opened(frame.home) as house:
        warnings = approve(reference, version, by, house.actor(by), house.desk, because=because)
    for one in warnings:
        print(one, file=sys.stderr)
    value = {"reference": reference, "version": version, "approved": True, "warnings": list(warnings)}
    show(frame, value, lambda c: c.print(f"Version {version} of the minutes of {reference} is approved."))
