"""Profiles laid out to be read: every rule with its line, example and place, and several profiles side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.acting import CaseExample
from pipeline.domain.people import ConferenceType
from pipeline.domain.profile import DueExample, Profile, Rule, Statement
from pipeline.domain.profile_check import entries
from pipeline.domain.reading import in_short, in_words

NOT_STATED = "n/s"
"""Shown where an authority's profile holds no rule for a duty: nothing is made up."""

_COLUMNS = ("rule", "profile_line", "source", "what", "when", "default", "example", "acts")
_HEADING = """\
# Every rule of the delivered profiles

Made from the profiles themselves by `packs profiles table`; a test fails while this page is not what it prints. Each row is one
table of a profile: where it stands, the line of the authority's document, when it is due, an example that `packs profiles check`
and `tests/profiles/test_examples.py` run, and what software does at which place in a conference's life. "default": the amount,
or the whole rule, is ours and not the source's. Places: `pipeline/profiles/README.md`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one authority says of one duty. `is_stated` is False for defaults and where nothing is said."""

    says: str
    is_stated: bool
    rules: tuple[Rule | Statement, ...] = ()


def rule_rows(profile: Profile) -> list[dict[str, str]]:
    """Returns a row for each rule of the profile, timed or not, in the file's order."""
    return [
        {
            "rule": one.id,
            "profile_line": f"{profile.name}.toml:{one.file_line}",
            "source": one.source_text,
            "what": one.what,
            "when": in_words(one) if isinstance(one, Rule) else "no time",
            "default": "default" if one.is_default else "",
            "example": example_words(one),
            "acts": acts_words(one),
        }
        for one in entries(profile)
    ]


def example_words(one: Rule | Statement) -> str:
    """Returns the first example in words, and how many more there are."""
    timed: tuple[DueExample | CaseExample, ...] = one.examples if isinstance(one, Rule) else ()
    examples = (*timed, *one.cases)
    if not examples:
        return ""
    first = examples[0]
    if isinstance(first, DueExample):
        span = f"{first.at} to {first.until}" if first.until else first.at
        said = f"{first.name}: {span} → {first.due}".removeprefix(": ")
    else:
        said = f"{first.case} → {', '.join(sorted(first.expect)) or 'nothing'}"
    return f"{said} (and {len(examples) - 1} more)" if len(examples) > 1 else said


def acts_words(one: Rule | Statement) -> str:
    """Returns what software does, by place: 'booking: SCHED, WARN if past-limit'."""
    places: dict[str, list[str]] = {}
    for act in one.acts:
        condition = " and ".join(part.words for part in act.when)
        places.setdefault(act.where.value, []).append(f"{act.do.value} if {condition}" if condition else act.do.value)
    return "; ".join(f"{place}: {', '.join(dict.fromkeys(verbs))}" for place, verbs in places.items())


def markdown(profiles: Iterable[Profile]) -> str:
    """Returns the page of all rules: one table for each profile, one row for each rule."""
    parts = [_HEADING]
    for profile in profiles:
        parts += [f"\n## {profile.name}\n\n{profile.title}\n", f"| {' | '.join(_COLUMNS).replace('_', ' ')} |"]
        parts.append("|" + "---|" * len(_COLUMNS))
        parts += [f"| {' | '.join(_cell(row[column]) for column in _COLUMNS)} |" for row in rule_rows(profile)]
    return "\n".join(parts) + "\n"


def compared(profiles: Sequence[Profile]) -> list[tuple[str, dict[str, Cell]]]:
    """Returns each duty with what every profile says of it, by profile name, in the order in which duties first appear."""
    duties = dict.fromkeys(duty for profile in profiles for one in entries(profile) for duty in _duties(one))
    return [(duty, {profile.name: _said(profile, duty) for profile in profiles}) for duty in duties]


def _duties(one: Rule | Statement) -> tuple[str, ...]:
    also = one.also_duties if isinstance(one, Rule) else ()
    return tuple(duty for duty in (one.duty, *also) if duty)


def _said(profile: Profile, duty: str) -> Cell:
    rules = tuple(one for one in entries(profile) if duty in _duties(one))
    if not rules:
        return Cell(says=NOT_STATED, is_stated=False)
    return Cell(
        says="\n".join(_line(one) for one in rules),
        is_stated=any(not one.is_default for one in rules),
        rules=rules,
    )


def _line(one: Rule | Statement) -> str:
    mark = " (default, not in source)" if one.is_default else ""
    if isinstance(one, Statement):
        return f"{one.id}: no time stated{mark}"
    types = ", ".join(type_.value for type_ in ConferenceType if type_ in one.conference_types)
    against = f"; the same source says otherwise in {one.contradicts}" if one.contradicts else ""
    return f"{one.id}: {in_short(one)} [{types}]{mark}{against}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
