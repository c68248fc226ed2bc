"""Commands about the installation: init, doctor, run, clock, demo."""

from __future__ import annotations

import re
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.cli.words import said
from pipeline.domain.calendar import COUNTED_YEARS
from pipeline.errors import RefusedError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(init)
    app.command()(doctor)
    app.command()(run)
    app.command()(demo)
    clock = typer.Typer(help="The clock of a rehearsal home: set, advance, show.")
    clock.command("set")(clock_set)
    clock.command("advance")(clock_advance)
    clock.command("show")(clock_show)
    app.add_typer(clock, name="clock")


def init(
    ctx: typer.Context,
    profile: Annotated[str, typer.Option("--profile", help="The authority's rules.")],
    team: Annotated[str, typer.Option("--team", help="What the team calls itself.")],
    from_: Annotated[str, typer.Option("--from", metavar="ADDRESS", help="The team's sending address.")],
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="Nothing can leave this machine.")] = False,
    kit: Annotated[Path | None, typer.Option("--kit", help="Where the recovery kit is written.")] = None,
    phone: Annotated[list[str] | None, typer.Option("--phone", help="A number that people can ring; may be repeated.")] = None,
) -> None:
    """Make a home: packs.toml, inbox/, outbox/, data/, the key and its recovery kit."""
    from pipeline.bootstrap import initialise
    from pipeline.settings import new_home

    frame: Frame = ctx.obj
    said(team=team)
    home = frame.home or new_home()
    if not home:
        raise RefusedError("Name the new home: packs init --home DIR … Nothing was changed.")
    made = initialise(
        Path(home), profile=profile, team=team, sender=from_, rehearsal=rehearsal, kit=kit, phones=phone or ()
    )
    value = {"home": str(made.home), "kit": str(made.kit), "kit_words": made.words, "rehearsal": rehearsal}

    def human(console: Any) -> None:
        console.print(f"Made: {made.home}")
        console.print(f"Recovery kit: {made.kit} (store it away from this machine)")
        console.print("Its eight words, to be printed on paper and kept apart from the kit:")
        console.print(f"    {made.words}")
        console.print("Type them once to be sure: packs doctor --kit FILE")
        if not phone:
            console.print("No number to ring is set: name the team's lines as `phones` in packs.toml.")

    show(frame, value, human)


def doctor(
    ctx: typer.Context,
    kit: Annotated[Path | None, typer.Option("--kit", help="Check a recovery kit; its words are read from stdin.")] = None,
    words: Annotated[str | None, typer.Option("--words", help="The kit's words, where stdin is not used.")] = None,
    restore: Annotated[bool, typer.Option("--restore", help="With --kit: put a lost key back from its kit.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the indexes again from facts.")] = False,
) -> None:
    """Check everything the service relies on, and name the fix for each failure."""
    from pipeline.bootstrap import opened
    from pipeline.doctor import check_kit, examine, rebuild_indexes, restore_key

    frame: Frame = ctx.obj
    if restore and kit is None:
        raise RefusedError("--restore needs the kit: packs doctor --kit FILE --restore. Nothing was changed.")
    if kit is not None:
        if str(kit) in {"", "."}:
            from pipeline.settings import find_home

            kit = find_home(frame.home) / "recovery-kit.txt"
        if words is None:
            if sys.stdin.isatty():
                print("The kit's words, then Enter:", file=sys.stderr)
            words = sys.stdin.readline() if sys.stdin.isatty() else sys.stdin.read()
        if restore:
            restore_key(frame.home, kit, words)
            show(frame, {"kit": str(kit), "restored": True}, lambda c: c.print("The key is back in its place."))
            return
        check_kit(frame.home, kit, words)
        show(frame, {"kit": str(kit), "opens": True}, lambda c: c.print("The kit's words open this home's key."))
        return
    if rebuild:
        with opened(frame.home) as house:
            count, back = rebuild_indexes(house)
        told = f"{count} cases are looked at anew; {back} received files that no fact named were brought back."
        show(frame, {"rebuilt": count, "brought_back": back}, lambda c: c.print(told))
        return
    rows = examine(frame.home)
    show(frame, rows, lambda c: c.print(table("Doctor", ["check", "state", "what", "fix"], rows)))
    if any(row["state"] == "failed" for row in rows):
        failed = ", ".join(str(row["check"]) for row in rows if row["state"] == "failed")
        print(f"Not all is well: {failed}. Each line above names its fix.", file=sys.stderr)
        raise typer.Exit(1)


def run(ctx: typer.Context, once: Annotated[bool, typer.Option("--once", help="Until nothing is due, then end.")] = False) -> None:
    """Watch the inbox and do what is due, until stopped; with --once until nothing is due."""
    from pipeline.bootstrap import working
    from pipeline.service import Service

    frame: Frame = ctx.obj
    with working(frame.home) as works:
        service = Service(works, tell=None if frame.json else _tell)

        def stop(_signal: int, _frame: object) -> None:
            service.stop()

        before = {s: signal.signal(s, stop) for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        try:
            done = service.run(once=once)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if done["failed"]:
        told = f"{done['failed']} piece(s) of work failed; they are tried again later. data/packs.log names the codes"
        print(f"{told}, `packs doctor` the fixes. Nothing is lost.", file=sys.stderr)
    show(
        frame,
        done,
        lambda c: c.print(", ".join(f"{v} {k.replace('_', ' ')}" for k, v in done.items() if v) or "Nothing was due."),
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def demo(
    ctx: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the home of the last demo.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="All six families, from booking to the review's date; minutes.")] = False,
) -> None:
    """Rehearse two families from booking to encrypted packs, over real mail on loopback."""
    from pipeline.demo import play

    frame: Frame = ctx.obj
    if not play(frame, keep=keep, all_families=all_):
        print("Not every event ended as expected: the table above says which.", file=sys.stderr)
        raise typer.Exit(1)


_STEP = re.compile(r"(\d+)\s*([wdhms])")
LONGEST_STEP = timedelta(days=3653)
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


def duration(text: str) -> timedelta:
    """Returns a duration such as 5h, 30m, 1d12h or 45s (weeks, days, hours, minutes, seconds).

    Raises:
        RefusedError: it is not written so, or is nothing.
    """
    bare = text.strip().lower()
    steps = _STEP.findall(bare)
    if not steps or _STEP.sub("", bare).strip() or sum(int(n) for n, _ in steps) == 0 or len(bare) > 20:
        raise RefusedError(f"A duration is written as 5h, 30m, 1d12h or 45s, not {text!r}. Nothing was changed.")
    seconds = sum(int(n) * _SECONDS[unit] for n, unit in steps)
    if seconds > LONGEST_STEP.total_seconds():
        raise RefusedError("The clock advances by at most ten years at a time. Nothing was changed.")
    return timedelta(seconds=seconds)


def clock_set(ctx: typer.Context, local: Annotated[str, typer.Argument(metavar="LOCAL")]) -> None:
    """Set the rehearsal clock to a local instant, YYYY-MM-DDTHH:MM[:SS]."""
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import parse_local

    to = parse_local(local)
    with opened(ctx.obj.home) as house:
        house.set_clock(to)
    _show_clock(ctx.obj)


def clock_advance(ctx: typer.Context, by: Annotated[str, typer.Argument(metavar="DURATION")]) -> None:
    """Advance the rehearsal clock by elapsed time, as 5h or 30m."""
    from pipeline.bootstrap import opened

    step = duration(by)
    with opened(ctx.obj.home) as house:
        to = house.desk.clock.now() + step
        if to.year not in COUNTED_YEARS:
            raise RefusedError(f"The clock goes no further than {COUNTED_YEARS[-1]}. Nothing was changed.")
        house.set_clock(to)
    _show_clock(ctx.obj)


def clock_show(ctx: typer.Context) -> None:
    """Tell the time that governs this home."""
    _show_clock(ctx.obj)


def _show_clock(frame: Frame) -> None:
    from pipeline.bootstrap import opened
    from pipeline.domain.calendar import local_text, spoken, utc_text

    with opened(frame.home) as house:
        now, rehearsal = house.desk.clock.now(), house.settings.rehearsal
    value = {"now": utc_text(now), "local": local_text(now), "rehearsal": rehearsal}
    show(frame, value, lambda c: c.print(spoken(now)))
