"""Commands about the answers to a decision: response, responses, decision confirm, decision change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import Because, By, PersonArgument, Reference, said
from pipeline.domain.calendar import parse_local
from pipeline.domain.facts import Answer
from pipeline.errors import RefusedError

LARGEST = 100_000
DecidedBy = Annotated[str, typer.Option("--decided-by", help="Who decided: the chair.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(response)
    app.command()(responses)
    group = typer.Typer(help="What the chair makes of the answers to a decision.")
    group.command("confirm")(confirm)
    group.command("change")(change)
    app.add_typer(group, name="decision")


def response(
    ctx: typer.Context,
    reference: Reference,
    person: PersonArgument,
    by: By,
    at: Annotated[str | None, typer.Option("--at", help="When it reached us, local; an item's receipt unless given.")] = None,
    says: Annotated[str | None, typer.Option("--says", help="agrees or disagrees.")] = None,
    text_file: Annotated[Path | None, typer.Option("--text-file", metavar="FILE", help="Their own words, a text file.")] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="ITEM", help="The held message or file that is the answer.")] = None,
) -> None:
    """Record a person's answer to the decision, judged against the time from their own notice."""
    from pipeline.bootstrap import opened
    from pipeline.orders.responses import record_response

    frame: Frame = ctx.obj
    said(by=by)
    if says is not None and says not in set(Answer):
        raise RefusedError(f"--says takes one of {', '.join(Answer)}. Nothing was changed.")
    answered_at = parse_local(at) if at is not None else None
    text = _text(text_file) if text_file is not None else ""
    answer = Answer(says) if says is not None else None
    with opened(frame.home) as house:
        row = record_response(reference, person, answered_at, answer, text, item, by, house.actor(by), house.desk)
    show(frame, {"reference": reference, **row.as_json()}, lambda c: c.print(f"Recorded: {person}'s answer, {row.state.value}."))


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
        if len(content) > LARGEST:
            raise RefusedError("The text file is too large to be an answer. Nothing was changed.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise RefusedError(f"The text file cannot be read ({error.strerror}). Nothing was changed.") from None
    except UnicodeDecodeError:
        raise RefusedError("The text file is no plain text in UTF-8. Nothing was changed.") from None


def responses(ctx: typer.Context, reference: Reference) -> None:
    """The answers to the decision: in time, late, awaited, each with the instant by which it is due."""
    from pipeline.bootstrap import opened
    from pipeline.domain.responses import decision_word, responses_of

    frame: Frame = ctx.obj
    with opened(frame.home) as house:
        case = house.desk.casebook.case(reference)
        rows = [row.as_json() for row in responses_of(case, house.desk.clock.now())]
        word = decision_word(case)

    def human(console: object) -> None:
        columns = ["person", "state", "notice_at", "due_local", "answered_at", "says", "text"]
        console.print(table(reference, columns, rows))  # type: ignore[attr-defined]
        if word is not None:
            what = "is to be changed" if word.changed else "was confirmed"
            console.print(f"The decision {what} by {word.decided_by}: {word.because}", markup=False)  # type: ignore[attr-defined]

    show(frame, rows, human)


def confirm(ctx: typer.Context, reference: Reference, decided_by: DecidedBy, because: Because) -> None:
    """Record that the chair, having the answers, confirms the decision."""
    _reconsider(ctx.obj, reference, decided_by, because, changed=False)


def change(ctx: typer.Context, reference: Reference, decided_by: DecidedBy, because: Because) -> None:
    """Record that the decision changes; the new outcome is then recorded with `packs outcome`, and makes new notices."""
    _reconsider(ctx.obj, reference, decided_by, because, changed=True)


def _reconsider(frame: Frame, reference: str, decided_by: str, because: str, *, changed: bool) -> None:
    from pipeline.bootstrap import opened
    from pipeline.orders.responses import reconsider

    said(decided_by=decided_by, because=because)
    with opened(frame.home) as house:
        waiting = reconsider(reference, decided_by, because, house.actor(decided_by), house.desk, changed=changed)
    for person in waiting:
        print(f"{person} may still answer.", file=sys.stderr)
    state = "to be changed" if changed else "confirmed"
    step = f"packs outcome {reference} FILE --because TEXT" if changed else None
    value = {"reference": reference, "decision": state, "may_still_answer": waiting, "next_step": step}
    show(
        frame,
        value,
        lambda c: c.print(f"The decision of {reference} is {state}." + (f" Now: {step}" if step else ""), markup=False),
    )
