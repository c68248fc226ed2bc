"""Commands after the conference: outcome, done."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import By, Reference, listed, said
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(outcome)
    app.command()(done)


def outcome(
    ctx: typer.Context,
    reference: Annotated[str | None, typer.Argument(metavar="REF")] = None,
    file: Annotated[Path | None, typer.Argument(metavar="FILE")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who records it; left out: who decided.")] = None,
    because: Annotated[str | None, typer.Option("--because", help="Why it replaces another, or passes a rule.")] = None,
    override: Annotated[
        list[str] | None, typer.Option("--override", help="A rule that is passed with --because; repeatable.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is blocked and warned of; record nothing.")] = False,
    form: Annotated[Path | None, typer.Option("--form", help="Write the Word form to fill in to this .docx.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of an outcome.")] = False,
) -> None:
    """Record what a conference decided, from a TOML or JSON file or the filled-in Word form."""
    frame: Frame = ctx.obj
    from pipeline.bootstrap import opened, outcome_schema, read_outcome, write_outcome_form

    if schema:
        sys.stdout.write(json.dumps(outcome_schema(), indent=2, ensure_ascii=False) + "\n")
        return
    if reference is None or (file is None) == (form is None):
        raise RefusedError("Name the conference, and the outcome's file or --form FILE.docx. Nothing was changed.")
    if form is not None:
        if form.suffix.lower() != ".docx":
            raise RefusedError("--form writes a Word file: name it FILE.docx. Nothing was changed.")
        with opened(frame.home) as house:
            write_outcome_form(form, house.desk.casebook.case(reference), house.desk.office.team)
        show(frame, {"reference": reference, "form": str(form)}, lambda c: c.print(f"The form of {reference} is written."))
        return
    assert file is not None
    given = {name: value for name, value in (("by", by), ("because", because)) if value is not None}
    said(**given)
    overrides = listed(override or [])
    if overrides and (by is None or because is None):
        raise RefusedError("--override needs --by NAME and --because TEXT. Nothing was changed.")
    from pipeline.orders.outcome import case_for_outcome, check_outcome, record_outcome

    with opened(frame.home) as house:
        draft = read_outcome(file, case_for_outcome(reference, house.desk), house)
        name = by or draft.decided_by or ""
        if check:
            answer = check_outcome(reference, draft, overrides, house.desk)
        else:
            answer = record_outcome(reference, draft, name, because or "", overrides, house.actor(name), house.desk)
    for one in answer.warnings:
        print(f"{one.rule}: {one.says}", file=sys.stderr)
    rows = [entry.as_json() for entry in answer.timetable]
    value = {
        "reference": reference,
        "recorded": answer.recorded,
        "blocks": [one.as_json() for one in answer.blocks],
        "overridden": [one.as_json() for one in answer.overridden],
        "warnings": [one.as_json() for one in answer.warnings],
        "timetable": rows,
    }
    title = f"{reference}: the outcome is recorded" if answer.recorded else f"{reference}: nothing was recorded"
    columns = ["rule", "what", "who", "child", "person", "due_local", "office_due_local", "reading", "done_at"]

    def human(console: object) -> None:
        for one in answer.blocks:
            console.print(f"{one.rule} forbids it: {one.says}")  # type: ignore[attr-defined]
        console.print(table(title, columns, rows))  # type: ignore[attr-defined]

    show(frame, value, human)


def done(
    ctx: typer.Context,
    reference: Reference,
    duty: Annotated[str, typer.Argument(metavar="DUTY", help="A duty or rule of the timetable, or significant-event.")],
    at: Annotated[str, typer.Option("--at", help="When, local, YYYY-MM-DDTHH:MM.")],
    how: Annotated[str, typer.Option("--how", help="How, for the record.")],
    by: By,
    person: Annotated[str | None, typer.Option("--person", help="Whom it concerned.")] = None,
    child: Annotated[str | None, typer.Option("--child", help="Which child it concerned.")] = None,
) -> None:
    """Record that a duty was done: a core group, a visit, a copy handed over on paper, a significant event."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import parse_local, utc_text
    from pipeline.orders.outcome import record_done

    frame: Frame = ctx.obj
    said(by=by, how=how)
    done_at = parse_local(at)
    with opened(frame.home) as house:
        made = record_done(reference, duty, done_at, how, by, person, child, house.actor(by), house.desk)
    value = {"reference": reference, "duty": made, "done_at": utc_text(done_at), "person": person, "child": child}
    show(frame, value, lambda c: c.print(f"{made} of {reference} is recorded as done."))
