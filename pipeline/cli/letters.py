"""Commands about what is to be done: the agenda, and the letters to agencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import By, PersonArgument, Reference, listed, said
from pipeline.domain.facts import LetterKind
from pipeline.errors import RefusedError

if TYPE_CHECKING:
    from pipeline.domain.case import Case


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (agenda, letters, letter):
        app.command()(command)


def agenda(
    ctx: typer.Context, reference: Annotated[str | None, typer.Argument(metavar="[REF]")] = None
) -> None:
    """What is overdue, due, coming and done, each with its next step: of one conference or of all open ones."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import utc_text
    from pipeline.domain.duties import duties
    from pipeline.domain.duty import Duty, DutyState, is_open, order_of, queue_rank, summary

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        book, now = house.desk.casebook, house.desk.clock.now()
        named = [reference] if reference is not None else book.references()
        cases = [case for one in named if is_open(case := book.case(one), now) or reference is not None]
        held = book.held_candidates()
        found = [(case, duties(case, now, held.get(case.conference.reference))) for case in cases]

    def place(case: Case, one: Duty) -> tuple[object, ...]:
        state, *rest = order_of(one)
        return (state, *queue_rank(case, one), *rest, case.conference.reference)

    queue = sorted(((case, one) for case, of_one in found for one in of_one), key=lambda pair: place(*pair))
    first: dict[str, int] = {}
    for case, _ in queue:
        first.setdefault(case.conference.reference, len(first))
    conferences = [
        {
            "reference": case.conference.reference,
            "type": case.conference.booking.type.value,
            "start_at": utc_text(case.conference.start_at),
            "duties": [one.as_json() for one in of_one],
        }
        for case, of_one in sorted(found, key=lambda pair: first.get(pair[0].conference.reference, len(first)))
    ]
    counts = summary([one for _, one in queue])
    shown = [
        {**one.as_json(), "reference": case.conference.reference}
        for case, one in queue
        if reference is not None or one.state in (DutyState.OVERDUE, DutyState.DUE)
    ]
    said = ", ".join(f"{counts[state.value]} {state.value}" for state in DutyState)
    columns = ["state", "due_local", "office_due_local", "rule", "what", "who", "person", "how", "next_step"]

    def human(console: Any) -> None:
        console.print(table(reference or "The team's agenda", columns if reference else ["reference", *columns], shown))
        console.print(f"{said}." if reference else f"{len(conferences)} open conferences: {said}.", highlight=False)

    whole: dict[str, object] = {"now": utc_text(now), "conferences": conferences, "summary": counts}
    show(frame, {"now": utc_text(now), **conferences[0], "summary": counts} if reference is not None else whole, human)


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
