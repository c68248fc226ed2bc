"""`packs run` as a process of its own, as an operator would start it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import DemoStoppedError

STARTS_WITHIN_SECONDS = 60.0
STOPS_WITHIN_SECONDS = 30.0
_TOLD_LINES = 12


class Watcher:
    """The running service. What it tells holds codes and opaque ids only."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Listens to what the process tells."""
        self._process = process
        self._told: deque[str] = deque(maxlen=_TOLD_LINES)
        self._watching = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._told.append(line.rstrip())
            if line.startswith("Watching"):
                self._watching.set()
        self._watching.set()

    def wait_until_watching(self) -> None:
        """Returns when it watches the inbox. Raises DemoStoppedError where it ended, or does not come to it."""
        self._watching.wait(STARTS_WITHIN_SECONDS)
        self.check()
        if not self._watching.is_set():
            raise DemoStoppedError(f"`packs run` does not come to watching. {self._last()}")

    def check(self) -> None:
        """Raises DemoStoppedError where the process has ended."""
        if self._process.poll() is not None:
            self._listener.join(2)
            raise DemoStoppedError(f"`packs run` ended with code {self._process.returncode}. {self._last()}")

    def _last(self) -> str:
        return f"It told: {' | '.join(self._told) or 'nothing'}"

    def stop(self) -> None:
        """Asks it to finish what is in hand; ends it where it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOPS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._listener.join(5)
        if self._process.stderr is not None:
            self._process.stderr.close()


@contextmanager
def watcher(home: Path, program: Path) -> Iterator[Watcher]:
    """Runs the service for this home until the block ends. `program` is the folder that the package lies in."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--home", str(home)],
        cwd=program,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    running = Watcher(process)
    try:
        yield running
    finally:
        running.stop()
