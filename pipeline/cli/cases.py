"""Commands about conferences: convene, show, calls, move, session, cancel, exclude, protect, timetable."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import Because, By, PersonArgument, Reference, choice, listed, said, tell_also
from pipeline.domain.people import DetailKind, ExcludedFrom
from pipeline.domain.written import tidied
from pipeline.errors import RefusedError

MOST_NAMED = 10
def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(convene)
    app.command("show")(show_booking)
    app.command()(calls)
    app.command()(move)
    app.command()(session)
    app.command()(cancel)
    app.command()(exclude)
    app.command()(protect)
    app.command()(timetable)


def convene(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE|DIR")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of a booking.")] = False,
    form: Annotated[Path | None, typer.Option("--form", help="Write the empty Word form of a booking there.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="With --form: whose form.")] = None,
    draft: Annotated[Path | None, typer.Option("--draft", help="Write what a filled-in form says there.")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Convene what a filled-in form says.")] = False,
    by: Annotated[str | None, typer.Option("--by", help="With --accept: who accepts it.")] = None,
) -> None:
    """Take a booking (TOML or JSON) and print the reference; of a folder all, or none; of a Word form show a draft."""
    frame: Frame = ctx.obj
    if form is not None or (file is not None and file.suffix.lower() == ".docx"):
        from pipeline.cli import booking_form

        if form is not None:
            booking_form.write_empty(frame, form, profile)
        elif file is not None:
            booking_form.read_filled(frame, file, draft, accepted_by=(by or "") if accept else None)
        return
    if accept or draft is not None:
        raise RefusedError("--accept and --draft go with a filled-in Word form (.docx). Nothing was changed.")
    from pipeline.bootstrap import booking_schema

    if schema:
        import json

        sys.stdout.write(json.dumps(booking_schema(), indent=2, ensure_ascii=False) + "\n")
        return
    if file is None:
        raise RefusedError("Name the booking's file, or a folder of bookings. Nothing was changed.")
    from pipeline.bootstrap import booking_files, opened, read_bookings
    from pipeline.orders.conferences import convene as order

    files, passed_over = booking_files(file)
    with opened(frame.home) as house:
        bookings = read_bookings(files, taken=house.desk.casebook.references(), own=house.home / "profiles")
        convened = order(bookings, house.actor(), house.desk)
    if passed_over:
        named = ", ".join(passed_over[:MOST_NAMED]) + (" …" if len(passed_over) > MOST_NAMED else "")
        print(f"Not read, for no booking of a folder has such a name ({len(passed_over)}): {named}", file=sys.stderr)
    rows = [{"reference": c.reference, "warnings": list(c.warnings)} for c in convened]
    for row in convened:
        for warning in row.warnings:
            print(f"{row.reference}: {warning}", file=sys.stderr)
    if frame.json:
        show(frame, rows if file.is_dir() else rows[0], None)
    else:
        for row in convened:
            print(row.reference)


def show_booking(ctx: typer.Context, reference: Reference) -> None:
    """What is known of a conference: its children, people, household, sessions and exclusions as they stand; for the team."""
    from pipeline.bootstrap import opened
    from pipeline.domain.booking_view import booking_view

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        found = booking_view(house.desk.casebook.conference(reference))

    def printed(console: Any) -> None:
        plain = [{"": key.replace("_", " "), " ": value} for key, value in found.items() if not isinstance(value, list)]
        console.print(table(reference, ["", " "], plain))
        for title, rows in found.items():
            if isinstance(rows, list) and rows:
                for number, row in enumerate(rows, start=1):
                    said_of = [{"": key.replace("_", " "), " ": text} for key, text in row.items()]
                    console.print(table(f"{title} {number}", ["", " "], said_of))

    show(frame, found, printed)


def calls(ctx: typer.Context, reference: Reference) -> None:
    """Whom the chair rings when a conference by phone or video breaks down, in calls as large as the authority allows.

    Of a split conference, each session has calls of its own.
    """
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import spoken
    from pipeline.domain.calls import backup_calls, said_of_calls

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        case = house.desk.casebook.case(reference)
        groups, warnings = backup_calls(case), said_of_calls(case)
    rows = [
        {
            "call": number, "begins": spoken(one.start_at), "person": p.id, "name": p.name, "role": p.role.value,
            "agency": p.agency, "phone": p.phone,
        }
        for number, one in enumerate(groups, start=1)
        for p in one.people
    ]
    for warning in warnings:
        print(f"{reference}: {warning}", file=sys.stderr)
    found = {"reference": reference, "calls": rows, "warnings": list(warnings)}
    show(frame, found, lambda c: c.print(table(reference, ["call", "begins", "name", "role", "agency", "phone"], rows)))


def move(
    ctx: typer.Context,
    reference: Reference,
    start: Annotated[str, typer.Option("--start", help="The new start, local, YYYY-MM-DDTHH:MM.")],
    because: Because,
    limit_because: Annotated[str | None, typer.Option(help="A manager's reason for a date past the limit.")] = None,
    limit_by: Annotated[str | None, typer.Option(help="That manager.")] = None,
) -> None:
    """Give a conference a new start; what the rules say of it is printed, and stops nothing."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import parse_local, utc_text
    from pipeline.flow import rejudge_all
    from pipeline.orders.conferences import move as order

    frame: Frame = ctx.obj
    said(because=because)
    if limit_because is not None or limit_by is not None:
        said(limit_because=limit_because or "", limit_by=limit_by or "")
    start_at = parse_local(start)
    with opened(frame.home) as house:
        warnings = order(
            reference, start_at, because, house.actor(), house.desk, limit_because=limit_because, limit_by=limit_by
        )
        rejudge_all(reference, house.desk)
    for warning in warnings:
        print(f"{reference}: {warning}", file=sys.stderr)
    show(
        frame,
        {"reference": reference, "start_at": utc_text(start_at), "warnings": list(warnings)},
        lambda c: c.print(f"{reference} moved."),
    )


def session(
    ctx: typer.Context,
    reference: Reference,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The session's name, for instance: first.")],
    because: Because,
    start: Annotated[str, typer.Option("--start", help="When it begins, local, YYYY-MM-DDTHH:MM.")],
    people: Annotated[list[str] | None, typer.Option("--people", help="Who sits in it, ids; none: it is not held.")] = None,
) -> None:
    """Set one part of a split conference and its people; each reader's pack holds the reports of those they sit with."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import parse_local, utc_text
    from pipeline.orders.conferences import set_session

    frame: Frame = ctx.obj
    said(because=because)
    start_at, named = parse_local(start), listed(people or [])
    with opened(frame.home) as house:
        nowhere = set_session(reference, tidied(name), start_at, named, because, house.actor(), house.desk)
    if nowhere:
        print(f"{reference}: in no session yet: {', '.join(nowhere)}", file=sys.stderr)
    found = {"reference": reference, "session": tidied(name), "start_at": utc_text(start_at), "people": named}
    told = f"{len(named)} people sit in session {tidied(name)}." if named else f"Session {tidied(name)} is not held."
    show(frame, {**found, "in_no_session": list(nowhere)}, lambda c: c.print(told, markup=False))


def cancel(ctx: typer.Context, reference: Reference, because: Because) -> None:
    """Cancel a conference; nothing more is sent for it."""
    from pipeline.bootstrap import opened
    from pipeline.orders.conferences import cancel as order

    frame: Frame = ctx.obj
    said(because=because)
    with opened(frame.home) as house:
        order(reference, because, house.actor(), house.desk)
    show(frame, {"reference": reference, "cancelled": True}, lambda c: c.print(f"{reference} cancelled."))


def exclude(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    because: Because,
    decided_by: Annotated[str, typer.Option("--decided-by", help="Whose decision it is.")],
    from_: Annotated[list[str], typer.Option("--from", help="attending, reports, plan, minutes or all; repeatable.")],
) -> None:
    """Record that a person is kept from attending or receiving something."""
    from pipeline.bootstrap import opened
    from pipeline.orders.people import exclude as order

    frame: Frame = ctx.obj
    said(because=because, decided_by=decided_by)
    kept = [choice(ExcludedFrom, word, "--from") for word in listed(from_)]
    if not kept:
        raise RefusedError("--from names nothing. Nothing was changed.")
    with opened(frame.home) as house:
        also = order(reference, person, kept, because, decided_by, house.actor(decided_by), house.desk)
    tell_also(also)
    show(
        frame,
        {"reference": reference, "person": person, "from": [k.value for k in kept], "asked": also.asked},
        lambda c: c.print(f"{person} is excluded from {', '.join(k.value for k in kept)}."),
    )


def protect(
    ctx: typer.Context,
    reference: Reference,
    detail: Annotated[str, typer.Option("--detail", help="The detail, or - to read it from standard input.")],
    kind: Annotated[str, typer.Option("--kind", help="address, phone, email, school, surgery, workplace, name, other.")],
    from_: Annotated[list[str], typer.Option("--from", help="People it must not reach; repeatable.")],
    because: Because,
    by: By,
) -> None:
    """Protect a detail from people; filed reports are searched for it before anything more goes."""
    from pipeline.bootstrap import opened
    from pipeline.orders.people import protect as order

    frame: Frame = ctx.obj
    said(because=because, by=by)
    words = ", ".join(line.strip() for line in sys.stdin if line.strip()) if detail == "-" else tidied(detail)
    chosen = choice(DetailKind, kind, "--kind")
    with opened(frame.home) as house:
        made, also = order(reference, words, chosen, listed(from_), because, by, house.actor(by), house.desk)
    tell_also(also)
    show(frame, {"reference": reference, "detail": made, "also": also.done}, lambda c: c.print(f"Protected as {made}."))


def timetable(ctx: typer.Context, reference: Reference) -> None:
    """Every due instant of a conference, before and after it, each with its rule, reading and source."""
    from pipeline.bootstrap import opened
    from pipeline.domain.course import course_of

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        entries = course_of(house.desk.casebook.case(reference))
    rows = [entry.as_json() for entry in entries]
    for warning in dict.fromkeys(warning for entry in entries for warning in entry.due.warnings):
        print(f"{reference}: {warning}", file=sys.stderr)
    show(
        frame,
        rows,
        lambda c: c.print(
            table(
                reference,
                ["rule", "what", "who", "child", "due_local", "office_due_local", "reading", "default", "done_at"],
                rows,
            )
        ),
    )
