"""The README says what is there: its commands, options, settings, states, facts and paths are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli.commands import app
from pipeline.domain import facts
from pipeline.settings_file import KEYS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def _commands() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        if hasattr(command, "commands"):
            if getattr(command, "invoke_without_command", False):
                found[" ".join(words)] = command
            for name, below in command.commands.items():
                walk(below, (*words, name))
        else:
            found[" ".join(words)] = command

    walk(typer.main.get_command(app), ())
    return found


COMMANDS = _commands()
WRITTEN = sorted(
    {
        text.replace("\\|", "|")
        for text in (*re.findall(r"`packs ([^`]+)`", README), *re.findall(r"^packs (.+?)(?:  +#.*)?$", README, re.MULTILINE))
    }
)


def _command_of(text: str) -> str:
    words = text.split()
    return next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), "")


@pytest.mark.parametrize("text", WRITTEN)
def test_each_command_of_the_readme_exists_with_its_options(text: str) -> None:
    """A command line in the README names a command there is, and only options it takes."""
    name = _command_of(text)
    assert name, f"there is no command: packs {text}"
    known = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert set(re.findall(r"--[a-z][a-z-]*", text)) <= known | {"--home", "--json"}


def test_every_command_is_in_the_readme() -> None:
    """No command is left out of the contract's table, and none of its required options."""
    for name, command in COMMANDS.items():
        if name == "profiles list":  # what `packs profiles` does by itself
            continue
        lines = [text for text in WRITTEN if _command_of(text) == name]
        assert lines, f"packs {name} is not in the README"
        required = {p.opts[0] for p in command.params if p.required and p.opts and p.opts[0].startswith("--")}
        if name not in ("apology", "person add", "settle"):  # written shorter, beside their like
            assert any(required <= set(re.findall(r"--[a-z][a-z-]*", text)) for text in lines), name


def test_every_setting_is_in_the_readme() -> None:
    """The table of settings holds every key that packs.toml may hold."""
    table = README[README.index("## Settings") : README.index("## Operate")]
    named = set(re.findall(r"`\.?([a-z_.]+)`", table))
    for key in KEYS:
        assert key in named or key.rpartition(".")[2] in named, key


def test_the_facts_that_the_readme_names_exist() -> None:
    """Each fact of the two tables of ways is a class of the domain."""
    ways = README[README.index("## The way of a report") : README.index("## States")]
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z][A-Za-z]+)`", ways))
    assert named
    assert all(isinstance(getattr(facts, name), type) for name in named)


def test_every_path_that_the_readme_names_exists() -> None:
    """Files and folders of the repository that the README points at are there."""
    for name in re.findall(r"`((?:pipeline|tests|templates|scripts)/[\w./-]*)`", README):
        assert "NAME" in name or (ROOT / name).exists(), name
    for name in re.findall(r"`((?:domain|adapters|stages)/[\w./]+)`", README):
        assert (ROOT / "pipeline" / name).exists(), name


def test_every_room_is_on_the_map() -> None:
    """No file or folder of the package's first level is missing from the map of the rooms."""
    rooms = README[README.index("### The rooms") : README.index("## Development")]
    for path in (ROOT / "pipeline").iterdir():
        if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__"):
            assert path.name in rooms or path.name == "__init__.py", path.name


def test_the_make_targets_of_the_readme_exist() -> None:
    """Each `make …` in the README is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_help_of_every_command_can_be_read() -> None:
    """`packs --help` names every group of commands in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert all(name.split()[0] in done.stdout for name in COMMANDS)
