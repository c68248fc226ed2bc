"""LibreOffice in the sandbox: kept warm and forked for each document, or, where that fails, started for each."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.adapters.inside import lok_server
from pipeline.adapters.sandbox import Room, Sandbox
from pipeline.adapters.workshop import NotReadyError, Workshop
from pipeline.errors import SandboxMissingError

FORK_SERVER: Final = "fork-server"
ONE_SHOT: Final = "one-shot"

MAX_PDF_BYTES: Final = 200 * 1024 * 1024
MAX_WORD_BYTES: Final = 100 * 1024 * 1024
STARTS_BEFORE_GIVING_UP: Final = 3
BAKING_RUNS: Final = 3
BAKING_SECONDS: Final = 60.0

_PDF, _WORD = "pages.pdf", "again.docx"
_SOFFICE: Final = (
    f"{lok_server.PROGRAM}/soffice.bin",
    "--headless",
    "--invisible",
    "--nodefault",
    "--nofirststartwizard",
    "--nologo",
    "--norestore",
    "--nolockcheck",
    f"-env:UserInstallation=file://{lok_server.PROFILE}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What LibreOffice made of a document. `pdf` None: nothing, `why` says whether a limit ended it."""

    pdf: bytes | None
    word: bytes | None = None
    why: str = "damaged"


class Office:
    """Turns word-processor files into PDF. Safe for several threads; starts at the first document."""

    def __init__(self, sandbox: Sandbox, *, at_once: int = 2, seconds: float = 60.0, warm_server: bool = True) -> None:
        """At most `at_once` documents are in work, each for at most `seconds` of real time."""
        self._sandbox = sandbox
        self._seconds = seconds
        self._workshop = Workshop(sandbox, "lok_server", at_once=at_once)
        self._one_shots = threading.BoundedSemaphore(at_once)
        self._mode = FORK_SERVER if warm_server else ONE_SHOT
        self._failed_starts = 0
        self._lock = threading.Lock()
        self._baked: Room | None = None

    @property
    def mode(self) -> str:
        """How documents are converted at present: 'fork-server', or 'one-shot' after the server failed repeatedly."""
        return self._mode

    def warm(self) -> None:
        """Starts LibreOffice, so that the first document need not wait for it.

        Raises:
            SandboxMissingError: the sandbox does not work, or LibreOffice does not start in it at all.
        """
        while self._mode == FORK_SERVER:
            try:
                return self._workshop.warm()
            except NotReadyError:
                self._count_failed_start()
        self._profile()

    def write_pdf(self, content: bytes, suffix: str, *, also_word: bool = False) -> Written:
        """Returns the document as PDF, tagged; with `also_word` as Word file too, for a look at what it hides.

        Raises:
            SandboxMissingError: the sandbox does not work, or LibreOffice does not start in it at all.
        """
        while self._mode == FORK_SERVER:
            try:
                finished = self._workshop.order(
                    content,
                    suffix,
                    {"also_word": also_word},
                    seconds=self._seconds,
                    results={_PDF: MAX_PDF_BYTES, _WORD: MAX_WORD_BYTES},
                )
            except NotReadyError:
                self._count_failed_start()
                continue
            self._failed_starts = 0
            if finished.end == "limit":
                return Written(pdf=None, why="limit")
            # A child that died half-way may have left half a PDF; only one that ended well is believed.
            if finished.end == "done" and _PDF in finished.results:
                return Written(pdf=finished.results[_PDF], word=finished.results.get(_WORD))
            break  # it may be LibreOfficeKit's fault: before it is called damaged, the document goes once alone
        return self._alone(content, suffix, also_word=also_word)

    def close(self) -> None:
        """Ends LibreOffice and wipes what it had."""
        self._workshop.close()
        with self._lock:
            if self._baked is not None:
                self._baked.close()
                self._baked = None

    def _count_failed_start(self) -> None:
        with self._lock:
            self._failed_starts += 1
            if self._failed_starts >= STARTS_BEFORE_GIVING_UP:
                self._mode = ONE_SHOT

    def _alone(self, content: bytes, suffix: str, *, also_word: bool) -> Written:
        profile = self._profile()
        with self._one_shots:
            pdf, in_time = self._run(content, suffix, f"pdf:writer_pdf_Export:{lok_server.EXPORT}", profile)
            if pdf is None:
                return Written(pdf=None, why="damaged" if in_time else "limit")
            word = self._run(content, suffix, "docx", profile)[0] if also_word else None
        return Written(pdf=pdf, word=word)

    def _run(self, content: bytes, suffix: str, form: str, profile: Path) -> tuple[bytes | None, bool]:
        room = self._sandbox.room()
        try:
            name = room.put(content, suffix)
            own_profile = room.path / "profile"
            shutil.copytree(profile, own_profile)
            result = f"{Path(name).stem}.{form.partition(':')[0]}"
            ended = self._sandbox.run(
                [*_SOFFICE, "--convert-to", form, "--outdir", f"/out/{name}", f"/in/{name}"],
                room,
                seconds=self._seconds,
                extra=("--bind", str(own_profile), lok_server.PROFILE),
            )
            return (room.take(name, result, MAX_PDF_BYTES) if ended is not None else None), ended is not None
        finally:
            room.close()

    def _profile(self) -> Path:
        """Returns a profile that LibreOffice has finished setting up: on a fresh one it exits without doing its job."""
        with self._lock:
            if self._baked is None:
                self._baked = self._bake()
            return self._baked.path / "profile"

    def _bake(self) -> Room:
        room = self._sandbox.room()
        folder = room.path / "profile"
        lok_server.write_profile(str(folder))
        for _ in range(BAKING_RUNS):
            name = room.put(lok_server.warm_document(), ".docx")
            self._sandbox.run(
                [*_SOFFICE, "--convert-to", "pdf", "--outdir", f"/out/{name}", f"/in/{name}"],
                room,
                seconds=BAKING_SECONDS,
                extra=("--bind", str(folder), lok_server.PROFILE),
            )
            made = room.take(name, f"{Path(name).stem}.pdf")
            room.drop(name)
            if made:
                return room
        room.close()
        raise SandboxMissingError(
            "LibreOffice does not start in the sandbox, so no document is converted. "
            "Run: apt-get install --reinstall libreoffice-writer-nogui"
        )
