"""Words that many commands take: a reference, a person, who and why; and what may stand in the record."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.domain.written import LONGEST, name_problem, text_problem, tidied
from pipeline.errors import RefusedError

if TYPE_CHECKING:
    from pipeline.orders.linked import Also

Because = Annotated[str, typer.Option("--because", help="Why, for the record.")]
By = Annotated[str, typer.Option("--by", help="Who, for the record.")]
Reference = Annotated[str, typer.Argument(metavar="REF")]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON")]


def said(**values: str) -> None:
    """Refuses words that cannot stand in the record: empty, too long, with invisible characters; a name needs a letter."""
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        if not value.strip():
            raise RefusedError(f"{option} needs some words. Nothing was changed.")
        trouble = name_problem(tidied(value)) if name in _NAMES else text_problem(tidied(value), LONGEST["because"])
        if trouble:
            raise RefusedError(f"{option} {trouble}. Nothing was changed.")


_NAMES = frozenset({"by", "decided_by", "limit_by"})


def listed(values: list[str]) -> list[str]:
    """Returns what was given by repeating an option or with commas."""
    return [part.strip() for value in values for part in value.replace(",", " ").split() if part.strip()]


def choice(kind: Any, word: str, option: str) -> Any:
    """Returns the member of an enumeration that the word names; an unknown one is refused with those that there are."""
    try:
        return kind(word)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise RefusedError(f"{option} takes one of {known}, not {word!r}. Nothing was changed.") from None


def tell_also(also: Also) -> None:
    """Tells on standard error what was recorded in other conferences at the same time."""
    for reference in also.done:
        print(f"{reference}: the same was recorded there, for the same people.", file=sys.stderr)
    for reference in also.asked:
        print(
            f"{reference}: nothing that it is about goes to this person from there before somebody says whether what a linked"
            f" conference decided holds there too (`packs agenda {reference}`).",
            file=sys.stderr,
        )
