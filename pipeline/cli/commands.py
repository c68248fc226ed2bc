"""The app: groups, commands, and how each ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from pipeline.cli import (
    audit,
    cases,
    confidential,
    consultation,
    documents,
    house,
    invitations,
    items,
    letters,
    minutes,
    outcome,
    paper,
    people,
    responses,
    review,
    rules,
    translations,
)
from pipeline.cli.frame import Frame
from pipeline.errors import PacksError, RefusedError

app = typer.Typer(
    name="packs",
    help="Reports come in, the right encrypted packs go out. --home DIR and --json go anywhere.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (
    *(house, cases, people, items, confidential, consultation, documents, invitations, letters, outcome, minutes, paper, responses),
    *(review, translations, audit, rules),
):
    module.register(app)


def carry_out(frame: Frame, arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name; every way to end is one exit code and one sentence."""
    command = typer.main.get_command(app)
    try:
        words = list(arguments) or ([] if frame.json else ["--help"])
        result = command.main(words, prog_name="packs", standalone_mode=False, obj=frame)
        return result if isinstance(result, int) else 0
    except TyperException as error:  # bad usage: an unknown word, a missing or wrong value
        said = error.format_message()
        return _ended(f"{said}{'' if said.endswith(('.', '?')) else '.'} Nothing was changed; see `packs --help`.", 2)
    except typer.Exit as error:
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _ended("Stopped by hand; what was in hand is settled at the next start.", 1)
    except RefusedError as error:
        return _ended(str(error), 2)
    except PacksError as error:
        return _ended(f"{error} [{error.code}]", 1)
    except BrokenPipeError:
        return 1
    except Exception as error:  # an unforeseen fault: its words may hold content, so only its kind is told
        place = _place(error)
        return _ended(
            f"A fault of ours ({type(error).__name__} at {place}). Nothing received is lost. Run `packs doctor`, then try"
            " again. [packs.fault]",
            1,
        )


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"


def _ended(sentence: str, code: int) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return code
