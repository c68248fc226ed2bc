"""Facts of a conference about content-free letters to agencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.facts.fact import Fact, LetterKind
from pipeline.domain.people import CopyId, ItemId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterAsked(Fact):
    """A person asked that an agency be told in a letter what is missing or why something came back.

    `parts` are codes of the closed lists in `domain/letters.py`; `about` is the item where there is one.
    """

    person: PersonId
    kind: LetterKind
    parts: tuple[str, ...]
    by: str
    about: ItemId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWritten(Fact):
    """A content-free letter to an agency is to go; its sending is recorded under its id like a copy's.

    `occasion` is the sequence number of the fact that gave rise to it, `ordinal` its place in the rhythm.
    """

    letter: CopyId
    person: PersonId
    kind: LetterKind
    occasion: int
    ordinal: int
    due_at: datetime | None = None
    about: ItemId | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWithheld(Fact):
    """This letter does not go: the held item may be what it would have asked for. The next place of the rhythm asks anew."""

    letter: CopyId
    person: PersonId
    kind: LetterKind
    occasion: int
    ordinal: int
    held: ItemId
