"""Commands that need no home: due, profiles."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.domain.people import ConferenceType
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(due)
    profiles = typer.Typer(help="The authorities' rules.", invoke_without_command=True)
    profiles.callback()(profiles_default)
    profiles.command("list")(profiles_list)
    profiles.command("show")(profiles_show)
    app.add_typer(profiles, name="profiles")


def due(
    ctx: typer.Context,
    profile: Annotated[str, typer.Option("--profile")],
    type: Annotated[str, typer.Option("--type", help="initial, review, pre-birth or transfer-in.")],
    rule: Annotated[str, typer.Option("--rule", help="As POR-1 or BAD-4.")],
    at: Annotated[str, typer.Option("--at", help="The rule's trigger, local, YYYY-MM-DDTHH:MM[:SS].")],
) -> None:
    """The due instant of a rule, without a conference."""
    from pipeline.bootstrap import calendar, load_profile
    from pipeline.domain.timetable import due_for

    frame: Frame = ctx.obj
    try:
        kind = ConferenceType(type)
    except ValueError:
        known = ", ".join(t.value for t in ConferenceType)
        raise RefusedError(f"--type takes one of {known}, not {type!r}.") from None
    found = [one.as_json() for one in due_for(load_profile(profile), kind, rule, at, calendar())]
    value = found[0] if len(found) == 1 else found
    show(
        frame,
        value,
        lambda c: c.print(
            table(profile, ["rule", "what", "who", "due_local", "due_at", "office_due_local", "reading", "source"], found)
        ),
    )


def profiles_default(ctx: typer.Context) -> None:
    """List the profiles where no other command is named."""
    if ctx.invoked_subcommand is None:
        profiles_list(ctx)


def profiles_list(ctx: typer.Context) -> None:
    """The authorities whose rules are here."""
    from pipeline.bootstrap import load_profile, profile_names

    frame: Frame = ctx.obj
    loaded = [load_profile(name) for name in profile_names()]
    rows = [
        {"profile": p.name, "title": p.title, "version": str(p.version), "rules": len(p.rules), "review_on": p.review_on}
        for p in loaded
    ]
    show(frame, rows, lambda c: c.print(table("Profiles", ["profile", "title", "version", "rules", "review_on"], rows)))


def profiles_show(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="PROFILE")]) -> None:
    """Every rule of an authority with its reading and source."""
    from pipeline.bootstrap import load_profile
    from pipeline.domain.reading import in_words

    frame: Frame = ctx.obj
    profile = load_profile(name)
    rows = [
        {
            "rule": r.id,
            "what": r.what,
            "who": r.who,
            "duty": r.duty,
            "types": sorted(t.value for t in r.conference_types),
            "trigger": r.trigger.value,
            "unit": r.unit.value,
            "amount": r.amount,
            "direction": r.direction.value,
            "reading": r.reading or in_words(r),
            "source": r.source_text,
            "quote": r.quote,
            "default": r.is_default,
            "in_force_from": r.effective_from,
            "in_force_to": r.effective_to,
        }
        for r in profile.rules
    ]
    show(
        frame,
        {"profile": profile.name, "title": profile.title, "version": str(profile.version), "rules": rows},
        lambda c: c.print(table(profile.title, ["rule", "what", "types", "reading", "source", "default"], rows)),
    )
