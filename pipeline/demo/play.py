"""What a play of the demo is made of: scenes on the rehearsal's clock, each with what is dropped, done and released."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.bootstrap import House
from pipeline.domain.item import ItemState

Row = dict[str, Any]


class Move(Protocol):
    """Something that people do. It looks first whether it was done before: made twice, it changes nothing the second time."""

    def make(self, house: House) -> Sequence[str]:
        """Does it unless it was done; returns in words what came of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One instant. `at` is local; `drop` are files of the play; then come the moves; `release` are conferences."""

    at: str
    told: str
    drop: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    release: tuple[str, ...] = ()
    ends_as: dict[str, ItemState] = field(default_factory=dict)

    def end_of(self, file: str) -> ItemState:
        """Returns how this file must end: a mail opened, any other filed, unless the scene says otherwise."""
        return self.ends_as.get(file, ItemState.OPENED if file.endswith(".eml") else ItemState.FILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A play: what begins it, its scenes in order of time, and what the files of its agencies are made of.

    `command` is what is typed to play it, `home` the folder it plays in unless another is named. `references` are shown at
    the end, as far as they were convened by then; `opened` is the conference and person whose pack is opened at the end.
    `settings` are lines of its packs.toml, `profiles` the installation's own, each by its name. `verdicts` are looked up in
    the ledger at the end, each a row that says whether what came is what was expected.
    """

    command: str
    home: str
    references: Sequence[str]
    opening: Scene
    scenes: Sequence[Scene]
    files: Mapping[str, Callable[[], bytes]]
    opened: tuple[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)
    verdicts: Callable[[House], list[Row]] | None = None
