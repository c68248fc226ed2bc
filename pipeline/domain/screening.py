"""Facts about a file → open it, or hold it for a person. Nothing is ever refused or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The file may be opened (in the sandbox)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """The file stays closed; a person decides. `why` and `next_step` are sentences without content."""

    code: str
    why: str
    next_step: str


_REASONS = {
    "empty": ("it is empty", "Ask the sender to send it again; an empty file is not a received report."),
    "password": (
        "it is locked with a password",
        "Ask the sender for an unlocked copy; its receipt time is kept.",
    ),
    "macros": ("it carries macros", "Ask the sender for a copy without macros, or as PDF."),
    "bomb": ("it unpacks to far more than it should", "Ask the sender for a plain copy."),
    "disagrees": ("its content is not what its name says", "Ask the sender what it is; do not open it elsewhere."),
    "damaged": ("it is damaged", "Ask the sender to send it again."),
    "kind": (
        "it is of a kind that is not taken",
        "Ask for Word, OpenDocument, RTF, PDF, a picture, plain text or an e-mail.",
    ),
    "too-large": ("it is too large", "Ask the sender to split it or to make its pictures smaller."),
    "sealed-mail": ("it is wrapped for another reader", "Open it in the mail program, save the report and drop that."),
    "automatic": ("it is an automatic message, not a report", "Say so with `packs resolve ITEM --not-a-report`."),
    "no-attachment": (
        "it is a message without an attachment",
        "Read it; a report in its text is filed with `packs resolve`.",
    ),
}


def screen(trouble: Sequence[str]) -> Accept | Quarantine:
    """Returns whether a file with this trouble (codes of the examiner, most serious first) may be opened."""
    for code in trouble:
        why, next_step = _REASONS.get(code, (f"it was stopped at the door ({code})", "Look at it with the sender."))
        return Quarantine(code=code, why=why, next_step=next_step)
    return Accept()
