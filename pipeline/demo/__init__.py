"""The demo: two invented families, booking to encrypted packs; real files, a real watcher, real mail on loopback."""

from __future__ import annotations

from typing import Protocol


class Asked(Protocol):
    """What was asked on the command line."""

    home: str | None
    json: bool


def play(frame: Asked, *, keep: bool) -> None:
    """Plays the demo; where its home has played it before, sees that nothing is left to do and shows the same result.

    Args:
        frame: `home` is the demo's home, `demo-home` in the current folder unless given; `json` prints one JSON value.
        keep: only go on with a home of an earlier demo; never make a new one.

    Raises:
        RefusedError: the folder holds something else than a demo's home.
        DemoStoppedError: a step did not come to its end; the watcher and the mail server were stopped.
    """
    from pipeline.demo.performance import perform

    perform(frame.home, as_json=frame.json, keep=keep)
