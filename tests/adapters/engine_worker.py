"""A real worker process for the engine's tests: carries out works by making files until it is told to end.

Arguments: database address, host, slot folder, effects folder, seconds a work takes, number of works to start, and for
beats the address of the leases' database (or `-`).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from pipeline.adapters.clock import real_now
from pipeline.adapters.engine_dbos import DbosEngine


def main(url: str, host: str, slots: str, effects: str, seconds: str, works: str, beats: str) -> None:
    """Works until SIGTERM, adopting what is orphaned four times a second."""
    folder = Path(effects)
    leases = None
    if beats != "-":
        from pipeline.adapters.sql.database import Database
        from pipeline.adapters.sql.leases import SqlLeases

        leases = SqlLeases(Database(beats))

    def perform(key: str, attempt: int) -> None:
        with (folder / f"{key}#{attempt}.begun").open("a") as begun:
            begun.write(f"{os.getpid()}\n")
        time.sleep(float(seconds))
        if key.startswith("bad"):
            raise ValueError("Ada Canary of 1 Secret Street")
        (folder / f"{key}#{attempt}.done").touch()

    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    engine = DbosEngine(
        url, host=host, slot_dir=Path(slots), real_now=real_now, concurrency=3, leases=leases
    )
    engine.launch(perform)
    print(engine.executor, flush=True)
    for number in range(int(works)):
        engine.start(f"w{number}", 1)
    print("started", flush=True)
    while not over.wait(0.25):
        engine.adopt()
    engine.close(finish=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
