"""The demo: invented families, booking to encrypted packs; real files, a real watcher, real mail on loopback.

Two plays on one stage: two families up to their packs, and all six through their whole life, each replay event asserted.
"""

from __future__ import annotations

from typing import Protocol


class Asked(Protocol):
    """What was asked on the command line."""

    home: str | None
    json: bool


def play(frame: Asked, *, keep: bool, all_families: bool = False) -> bool:
    """Plays the demo; where its home has played it before, sees that nothing is left to do and shows the same result.

    Returns whether every verdict that the play looks up is the expected one.

    Args:
        frame: `home` is the demo's home, `demo-home` or `demo-all-home` in the current folder unless given; `json` prints
            one JSON value.
        keep: only go on with a home of an earlier demo; never make a new one.
        all_families: play all six families from booking to the review's date.

    Raises:
        RefusedError: the folder holds something else than a home of this play.
        DemoStoppedError: a step did not come to its end; the watcher and the mail server were stopped.
    """
    from pipeline.demo.performance import perform

    if all_families:
        from pipeline.demo.whole_life import PLAY
    else:
        from pipeline.demo.script import PLAY
    return perform(PLAY, frame.home, as_json=frame.json, keep=keep)
