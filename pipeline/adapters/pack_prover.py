"""Reads a finished copy back with pypdf, another library than the one that wrote it, in a limited child.

A writer's fault must not prove itself. The child has limits of memory and processor time, no file may grow under it, and its
whole group is killed when the wall clock runs out: pypdf has hung on 1 of 2,097 files. The passphrase goes through a pipe,
never through an argument or the environment, and what the child says on stderr is thrown away, for it may quote the copy.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

from pipeline.errors import UnreadableFileError
from pipeline.ports import ExaminedCopy, Page

WITHIN_S = 180.0
_CHILD = "pipeline.adapters.inside.prove_pack"
_NOT_OPENED = 3  # prove_pack.NOT_OPENED; importing it would load pypdf here


class PypdfProver:
    """Opens sealed copies with pypdf (`ports.Prover`)."""

    def __init__(self, *, within_s: float = WITHIN_S, child: str = _CHILD) -> None:
        """`within_s` is the wall-clock limit of one copy in seconds; `child` the module that the child runs."""
        self._within_s = within_s
        self._child = child

    def examine(self, sealed: bytes, passphrase: str) -> ExaminedCopy:
        """Returns what is in the copy.

        Each page's `text` is as pypdf reads it, stamp included, and `fingerprint` leaves the stamp out; `read_by` is `text`.
        `metadata` are all strings that are on no page, as `Key: value` (`Title: Conference papers`, `Lang: en-GB`, the
        words that screen readers say for pictures), and `Active: /Key` for each action, form, layer, annotation,
        attachment or metadata stream. `encrypted`: AES-256 R6 on everything, not opened by an empty password.

        Raises:
            UnreadableFileError: it does not open with the passphrase, is damaged, or could not be read within the limits.
        """
        said = self._ask(json.dumps(passphrase).encode() + b"\n" + sealed)
        return ExaminedCopy(
            pages=tuple(Page(text=text, read_by="text", fingerprint=mark) for text, mark in said["pages"]),
            outline=tuple((title, page) for title, page in said["outline"]),
            metadata=tuple(said["metadata"]),
            encrypted=bool(said["encrypted"]),
        )

    def _ask(self, question: bytes) -> Any:
        child = subprocess.Popen(
            [sys.executable, "-I", "-m", self._child], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd="/", env={"LANG": "C.UTF-8"}, start_new_session=True, close_fds=True,
        )
        try:
            answer, _ = child.communicate(question, timeout=self._within_s)
        except subprocess.TimeoutExpired:
            raise _unreadable("could not be read in the time set for it") from None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
        if child.returncode == _NOT_OPENED:
            raise _unreadable("does not open with its passphrase")
        try:
            if child.returncode == 0:
                return json.loads(answer)
        except ValueError:
            pass
        raise _unreadable("is damaged or larger than the limits set for it")


def _unreadable(why: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"A finished copy {why}, so it cannot be proved; it stays here and nothing was sent. Compose it again; if it happens "
        "twice, keep the copy held and report the fault."
    )
