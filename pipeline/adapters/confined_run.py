"""One command in the sandbox with bytes in and bytes out: how message readers run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.adapters.sandbox import Sandbox, python_inside
from pipeline.errors import UnreadableFileError

SCRIPTS = "/code/pipeline/adapters/inside/"
ANSWER_BYTES = 128 * 1024 * 1024

Runner = Callable[[Sequence[str], bytes, float], bytes]


def confined_runner(sandbox: Sandbox) -> Runner:
    """Returns a runner: argv's last word is a script of `inside`, run by the sandbox's own Python with these bytes as stdin.

    The runner raises SandboxMissingError where the sandbox does not work, UnreadableFileError where the child gave up.
    """

    def run(argv: Sequence[str], stdin: bytes, seconds: float) -> bytes:
        room = sandbox.room()
        try:
            name = room.put(stdin)
            script = SCRIPTS + argv[-1].rpartition("/")[2]
            command = [*python_inside(), script]
            line = f'exec "$@" < /in/{name} > /out/{name}/answer 2>/dev/null'
            code = sandbox.run(["/bin/sh", "-c", line, "sh", *command], room, seconds=seconds)
            answer = room.take(name, "answer", ANSWER_BYTES)
            if code != 0 or answer is None:
                raise UnreadableFileError(
                    "The message could not be read within its limits; the original is kept. Open it in the mail program."
                )
            return answer
        finally:
            room.close()

    return run
