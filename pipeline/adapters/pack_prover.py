"""Reads a finished copy back with other libraries than the one that wrote it, in the sandbox.

A writer's fault must not prove itself. The reader is kept warm and forked for each copy; the child has limits of its own and
its whole group is killed when the wall clock runs out: pypdf has hung on 1 of 2,097 files. The passphrase goes through a
socket, never through an argument, the environment or a file.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pipeline.adapters.sandbox import Sandbox
from pipeline.adapters.workshop import NotReadyError, Workshop
from pipeline.errors import SandboxMissingError, UnreadableFileError
from pipeline.ports import ExaminedCopy, Page

WITHIN_S: Final = 180.0
_REPORT_BYTES: Final = 256 * 1024 * 1024
_WHY: Final = {
    "password": "does not open with its passphrase",
    "limit": "could not be read within the time and memory set for it",
}


class SandboxProver:
    """Opens sealed copies with pypdf and pdfium (`ports.Prover`). Safe for several threads; starts at the first copy."""

    def __init__(self, sandbox: Sandbox, *, at_once: int = 2, within_s: float = WITHIN_S) -> None:
        """At most `at_once` copies are read at a time, each for at most `within_s` seconds of real time."""
        self._readers = Workshop(sandbox, "prove_pack", at_once=at_once)
        self._within_s = within_s

    def examine(self, sealed: bytes, passphrase: str) -> ExaminedCopy:
        """Returns what is in the copy.

        Each page's `text` is as pdfium reads it, stamp included, and `fingerprint` leaves the stamp out; `read_by` is `text`.
        `metadata` are all strings that are on no page, as `Key: value` (`Title: Conference papers`, `Lang: en-GB`, the
        words that screen readers say for pictures), and `Active: /Key` for each action, form, layer, annotation,
        attachment or metadata stream. `encrypted`: AES-256 R6 on everything, not opened by an empty password.

        Raises:
            UnreadableFileError: it does not open with the passphrase, is damaged, or could not be read within the limits.
            SandboxMissingError: the sandbox does not work; nothing was opened.
        """
        said = self._ask(sealed, passphrase)
        return ExaminedCopy(
            pages=tuple(Page(text=text, read_by="text", fingerprint=mark) for text, mark in said["pages"]),
            outline=tuple((title, page) for title, page in said["outline"]),
            metadata=tuple(said["metadata"]),
            encrypted=bool(said["encrypted"]),
        )

    def close(self) -> None:
        """Ends the reader and wipes what it had."""
        self._readers.close()

    def _ask(self, sealed: bytes, passphrase: str) -> Any:
        for _ in range(2):  # another copy may have broken the reader, or this one: once more
            try:
                finished = self._readers.order(
                    sealed, "", {"passphrase": passphrase}, seconds=self._within_s, results={"report.json": _REPORT_BYTES}
                )
            except NotReadyError:
                raise SandboxMissingError(
                    "The reader of finished copies does not start in the sandbox, so none can be proved. Run: make setup"
                ) from None
            if finished.end != "lost":
                break
        if finished.end == "limit":
            raise _unreadable(_WHY["limit"])
        try:
            said = json.loads(finished.results.get("report.json", b"null")) if finished.end == "done" else None
        except ValueError:
            said = None
        if not isinstance(said, dict) or "why" in said:
            why = said["why"] if isinstance(said, dict) else "damaged"
            raise _unreadable(_WHY.get(why, "is damaged or larger than the limits set for it"))
        return said


def _unreadable(why: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"A finished copy {why}, so it cannot be proved; it stays here and nothing was sent. Compose it again; if it happens "
        "twice, keep the copy held and report the fault."
    )
