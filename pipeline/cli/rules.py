"""Commands that need no home: due, profiles. With a home its own profiles are known too."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.frame import Frame, show, table
from pipeline.domain.people import ConferenceType
from pipeline.errors import ProblemsError, ProfileProblemError, ProfileProblemsError, RefusedError

if TYPE_CHECKING:
    from pipeline.domain.acting import Act, CaseExample
    from pipeline.domain.profile import AudienceRule, Profile, Rule, Statement

Folder = Annotated[Path | None, typer.Option("--dir", help="Own profiles here instead of profiles/ beside packs.toml.")]
Name = Annotated[str, typer.Argument(metavar="PROFILE")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(due)
    profiles = typer.Typer(help="The authorities' rules.", invoke_without_command=True)
    profiles.callback()(profiles_default)
    profiles.command("list")(profiles_list)
    profiles.command("show")(profiles_show)
    profiles.command("check")(profiles_check)
    profiles.command("compare")(profiles_compare)
    profiles.command("table")(profiles_table)
    profiles.command("new")(profiles_new)
    app.add_typer(profiles, name="profiles")


def _own(frame: Frame, folder: Path | None) -> Path | None:
    from pipeline.bootstrap import own_profiles

    return folder if folder is not None else own_profiles(frame.home)


def due(
    ctx: typer.Context,
    profile: Annotated[str, typer.Option("--profile")],
    type: Annotated[str, typer.Option("--type", help="initial, review, pre-birth or transfer-in.")],
    rule: Annotated[str, typer.Option("--rule", help="As POR-1 or BAD-4.")],
    at: Annotated[str, typer.Option("--at", help="The rule's trigger, local, YYYY-MM-DDTHH:MM[:SS].")],
    until: Annotated[
        str | None, typer.Option("--until", help="The second instant of a rule between two, local.")
    ] = None,
    trigger: Annotated[str | None, typer.Option("--trigger", help="Which trigger, where a rule has several.")] = None,
    folder: Folder = None,
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
    rules = load_profile(profile, _own(frame, folder))
    dues = due_for(rules, kind, rule, at, calendar(), trigger=trigger, until_local_text=until)
    found = [one.as_json() for one in dues]
    value = found[0] if len(found) == 1 else found
    columns = ["rule", "what", "who", "trigger", "due_local", "due_at", "office_due_local", "reading", "source"]
    show(frame, value, lambda c: c.print(table(profile, columns, found)))


def profiles_default(ctx: typer.Context) -> None:
    """List the profiles where no other command is named."""
    if ctx.invoked_subcommand is None:
        profiles_list(ctx)


def profiles_list(ctx: typer.Context, folder: Folder = None) -> None:
    """The authorities whose rules are here."""
    from pipeline.bootstrap import load_profile, profile_files, profile_names, today

    frame: Frame = ctx.obj
    own, on = _own(frame, folder), today()
    rows = []
    for name in profile_names(own):
        profile = load_profile(name, own)
        rows.append(
            {
                "profile": profile.name,
                "title": profile.title,
                "version": profile.version,
                "rules": len(profile.rules),
                "statements": len(profile.statements),
                "review_on": profile.review_on,
                "from": "own" if profile_files(own).file(name).parent == own else "delivered",
                "warnings": _warnings(profile, on),
            }
        )
    columns = ["profile", "title", "version", "rules", "statements", "review_on", "from", "warnings"]
    show(frame, rows, lambda c: c.print(table("Profiles", columns, rows)))


def profiles_show(ctx: typer.Context, name: Name, folder: Folder = None) -> None:
    """Every rule of an authority with its reading, its source, and what software does about it."""
    from pipeline.bootstrap import load_profile, today
    from pipeline.domain.reading import in_words

    frame: Frame = ctx.obj
    profile = load_profile(name, _own(frame, folder))
    rows = [
        {
            "rule": r.id,
            "what": r.what,
            "who": r.who,
            "to": r.to,
            "duty": r.duty,
            "types": sorted(t.value for t in r.conference_types),
            "trigger": r.trigger.value,
            "until": r.until.value if r.until is not None else None,
            "unit": r.unit.value,
            "amount": r.amount,
            "direction": r.direction.value,
            "reading": f"{in_words(r)}; {r.reading}" if r.reading else in_words(r),
            "contradicts": r.contradicts or None,
            **_common(r),
        }
        for r in profile.rules
    ]
    statements = [
        {"rule": s.id, "what": s.what, "duty": s.duty or None, "reading": s.reading, **_common(s)}
        for s in profile.statements
    ]
    warnings = _warnings(profile, today())
    value = {
        "profile": profile.name,
        "title": profile.title,
        "version": profile.version,
        "review_on": profile.review_on,
        "warnings": warnings,
        "words": dict(profile.authority_words),
        "rules": rows,
        "statements": statements,
    }

    def human(console: Any) -> None:
        for warning in warnings:
            console.print(f"Warning: {warning}.")
        console.print(table(profile.title, ["rule", "what", "types", "reading", "source", "default", "does"], rows))
        console.print(table("Rules without a time", ["rule", "what", "source", "default", "does"], statements))

    show(frame, value, human)


def _common(one: Rule | Statement) -> dict[str, Any]:
    from pipeline.domain.rule_table import acts_words

    return {
        "source": one.source_text,
        "quote": one.quote,
        "default": one.is_default,
        "in_force_from": one.effective_from,
        "in_force_to": one.effective_to,
        "does": acts_words(one),
        "acts": [_act(act) for act in one.acts],
        "cases": [_case(case) for case in one.cases],
        "settings": dict(one.settings),
    }


def _act(act: Act) -> dict[str, Any]:
    return {"do": act.do.value, "where": act.where.value, "when": [one.words for one in act.when], "says": act.says}


def _case(case: CaseExample) -> dict[str, Any]:
    return {
        "case": case.case, "where": case.where.value, "given": dict(case.given), "expect": sorted(case.expect),
    }  # fmt: skip


def _warnings(profile: Profile, on: Any) -> list[str]:
    warning = profile.review_warning(on)
    return [warning] if warning is not None else []


def profiles_check(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[PROFILE|FILE]...")] = None,
    sources: Annotated[
        Path | None, typer.Option("--sources", help="Folder of the source texts (else sources/ beside the profile).")
    ] = None,
    folder: Folder = None,
) -> None:
    """Read profiles, run their examples, find their quotes; exit 2 with every problem where anything is wrong."""
    from pipeline.bootstrap import calendar, profile_files, profile_names, read_profile_file, today
    from pipeline.domain.profile_check import examples_of, failed_examples, quote_problems

    frame: Frame = ctx.obj
    own = _own(frame, folder)
    rows, wrong = [], []
    for name in names or profile_names(own):
        path = Path(name) if name.endswith(".toml") or "/" in name else profile_files(own).file(name)
        try:
            profile = read_profile_file(path)
            texts = _sources(sources or path.parent / "sources", profile)
            if problems := failed_examples(profile, calendar()) + quote_problems(profile, texts):
                raise ProfileProblemsError(problems, f"the profile {profile.name}")
        except ProfileProblemError as error:
            if not isinstance(error, ProblemsError) and len(names or ()) == 1:
                raise
            wrong.append(str(error))
            continue
        rows.append(
            {
                "profile": profile.name,
                "file": str(path),
                "rules": len(profile.rules),
                "statements": len(profile.statements),
                "examples": examples_of(profile),
                "quotes": "checked" if texts else "not checked: the source text is not there",
                "warnings": _warnings(profile, today()),
            }
        )
    if wrong:
        raise ProfileProblemError(" ".join(wrong))
    columns = ["profile", "rules", "statements", "examples", "quotes", "warnings"]
    show(frame, rows, lambda c: c.print(table("Sound", columns, rows)))


def _sources(folder: Path, profile: Profile) -> dict[str, list[str]]:
    cited: tuple[Rule | Statement | AudienceRule, ...] = (*profile.rules, *profile.statements, *profile.audience)
    named = {one.source for one in (*cited, *profile.documents)}
    try:
        return {
            name: (folder / name).read_text(encoding="utf-8").splitlines()
            for name in named
            if name and Path(name).name == name and (folder / name).is_file()
        }
    except (OSError, UnicodeDecodeError):
        raise ProfileProblemError("A source text cannot be read, or is not UTF-8.") from None


def profiles_compare(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="PROFILE...")],
    folder: Folder = None,
) -> None:
    """Set the rules of several authorities side by side, duty by duty; n/s: not stated."""
    from pipeline.bootstrap import load_profile
    from pipeline.domain.rule_table import compared

    frame: Frame = ctx.obj
    chosen = list(dict.fromkeys(names))
    if len(chosen) < 2:
        raise RefusedError("Name two profiles or more to compare.")
    own = _own(frame, folder)
    duties = compared([load_profile(name, own) for name in chosen])
    value = {
        "profiles": chosen,
        "duties": [
            {
                "duty": duty,
                "says": {
                    name: {"says": cell.says, "stated": cell.is_stated, "rules": [_ruled(one) for one in cell.rules]}
                    for name, cell in cells.items()
                },
            }
            for duty, cells in duties
        ],
    }
    rows = [{"duty": duty, **{name: cell.says for name, cell in cells.items()}} for duty, cells in duties]
    show(frame, value, lambda c: c.print(table("n/s: the source does not say", ["duty", *chosen], rows)))


def _ruled(one: Rule | Statement) -> dict[str, Any]:
    from pipeline.domain.profile import Rule
    from pipeline.domain.reading import in_words

    timed = one if isinstance(one, Rule) else None
    return {
        "rule": one.id,
        "what": one.what,
        "reading": in_words(timed) if timed else None,
        "types": sorted(t.value for t in timed.conference_types) if timed else None,
        "trigger": timed.trigger.value if timed else None,
        "contradicts": (timed.contradicts or None) if timed else None,
        "source": one.source_text,
        "default": one.is_default,
    }


def profiles_table(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[PROFILE]...")] = None,
    folder: Folder = None,
) -> None:
    """Every rule with its line in the profile, its example, and where it acts, as the page docs/rules.md."""
    from pipeline.bootstrap import load_profile, profile_names
    from pipeline.domain.rule_table import markdown, rule_rows

    frame: Frame = ctx.obj
    own = _own(frame, folder)
    profiles = [load_profile(name, own) for name in names or profile_names(own)]
    if frame.json:
        show(frame, [{"profile": p.name, **row} for p in profiles for row in rule_rows(p)], None)
    else:
        sys.stdout.write(markdown(profiles))


def profiles_new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    title: Annotated[str, typer.Option("--title", help="For people.")],
    copied: Annotated[str | None, typer.Option("--from", help="The profile whose rules are copied.")] = None,
    folder: Folder = None,
) -> None:
    """Write a profile for another authority, with comments that explain each key; then `packs profiles check` it."""
    from pipeline.bootstrap import new_profile, profile_files, profile_names

    frame: Frame = ctx.obj
    own = _own(frame, folder)
    if own is None:
        raise RefusedError("There is no home here for the profile: give --dir DIR or --home DIR. Nothing was written.")
    if name in profile_names() and copied != name:
        raise RefusedError(
            f"{name} is a delivered profile; give --from {name} to put a copy of yours in its place. Nothing was written."
        )
    source = profile_files(own).file(copied) if copied is not None else None
    path = new_profile(own, name, title, source)
    show(
        frame,
        {"profile": name, "file": str(path)},
        lambda c: c.print(f"{path} is written. Edit it, then run: packs profiles check {path}", soft_wrap=True),
    )
