"""The walls of the house, read from its own source: who may import what, who may start processes, what is never there."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import errors
from pipeline.adapters.sql.codec import Codec, _kinds_of_the_domain
from pipeline.domain.facts import Fact
from pipeline.errors import PacksError

ROOT = Path(__file__).parents[2]
SOURCES = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(ROOT.glob("pipeline/**/*.py"))}
TESTS = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(ROOT.glob("tests/**/*.py"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

SHARED = {
    "typer": ("pipeline/cli/*.py", "every group of commands registers itself"),
    "rich": ("pipeline/cli/frame.py pipeline/demo/*.py", "tables of commands and of the demo"),
    "pydantic": (
        "pipeline/adapters/booking_form.py pipeline/adapters/outcome_form.py",
        "the forms of the two files that people write; one fills both",
    ),
    "sqlalchemy": (
        "pipeline/adapters/sql/database.py pipeline/adapters/keys_database.py pipeline/adapters/wrapped_keys.py",
        "ledger and wrapped keys are two databases that share no code, so that neither can reach the other's rows",
    ),
    "pikepdf": (
        "pipeline/adapters/inside/*.py pipeline/adapters/pack_writer.py",
        "inside the sandbox it cleans strangers' files; outside it writes our own copies from what came out clean",
    ),
    "pypdf": ("pipeline/adapters/inside/*.py", "the proof's eyes, in children with limits only"),
    "pypdfium2": ("pipeline/adapters/inside/*.py", "second opener and text, in children with limits only"),
    "olefile": (
        "pipeline/adapters/file_structure.py pipeline/adapters/inside/settle.py",
        "what a .doc is, before it is opened; inside the sandbox, which of its fields must not move",
    ),
    "PIL": ("pipeline/adapters/inside/*.py pipeline/demo/*.py", "re-encodes pictures; draws the demo's phone photo"),
    "reportlab": (
        "pipeline/adapters/pack_stamp.py pipeline/demo/*.py",
        "embeds the fonts of the stamp; makes the demo's PDFs from another maker",
    ),
    "aiosmtpd": ("pipeline/demo/*.py", "the demo's server"),
    "trustme": ("pipeline/demo/*.py", "the demo's certificate"),
    "docx": ("pipeline/demo/*.py", "makes the demo's Word documents"),
}
"""Packages that more than one file may import, or a room other than the adapters: where, and why."""

NEVER_IMPORTED = {"psycopg": "SQLAlchemy loads it by the name in the database's address"}

STARTS_PROCESSES = {
    "pipeline/adapters/sandbox.py": "bubblewrap around everything that opens a stranger's file",
    "pipeline/adapters/pack_prover.py": "the independent reader, in a child with limits",
    "pipeline/adapters/message_reader.py": "names its errors where a runner's child ends badly",
    "pipeline/adapters/inside/reading.py": "tesseract, inside the sandbox",
    "pipeline/demo/opening.py": "opens a pack with qpdf and pdftotext, as a reader would",
    "pipeline/demo/watcher.py": "runs `packs run` beside the demo",
}

FORKS = {"pipeline/adapters/inside/forking.py": "a child for each document, from a server that is already warm"}

LOGGED = {
    *("stream", "key", "attempt", "code", "named(error)", "error.code", "work_id(key, attempt)", "len(names)"),
}
"""Every expression that is handed to a log. A new one is added here by somebody who has seen that it names nobody."""

FORWARDED = {"pipeline/adapters/engine_log.py": {"first", "kind"}}
"""The engine's own lines: it knows keys only, and an error reaches it as a code (test_engine proves both)."""

LOGGING = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})

SQL_WORDS_OF_OURS = {
    "pipeline/adapters/sql/database.py": {"pragma"},
    "pipeline/adapters/sql/moving.py": {"table", "names", "', '.join((':' + c for c in columns))"},
    "pipeline/adapters/keys_database.py": {"WAIT_SECONDS * 1000"},
}
"""What is put into a statement's text besides constants: words of tuples in the same file, never a value from outside."""

_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|LOCK|VACUUM|SET|WITH)\s")
_OURS = re.compile(r"[A-Z_]+")


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def _importers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for file, tree in SOURCES.items():
        for name in _imports(tree):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "pipeline":
                found[top].add(file)
    return found


def _distributions() -> dict[str, str]:
    """Normalised names of all dependencies in pyproject, each with its line there."""
    project = PROJECT["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {re.split(r"[\[<>=!~ ]", entry, maxsplit=1)[0].lower().replace("_", "-"): entry for entry in named}


def test_the_contracts_between_rooms_hold() -> None:
    """import-linter finds every contract of pyproject kept."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_and_every_stage_is_in_a_contract() -> None:
    """A new room or stage cannot be forgotten: the contracts name all there are."""
    layers, *_, stages = PROJECT["tool"]["importlinter"]["contracts"]
    named = set(re.findall(r"pipeline\.\w+", " ".join(layers["layers"])))
    there = {f"pipeline.{module.name}" for module in pkgutil.iter_modules(pipeline.__path__)}
    assert named == there
    assert set(stages["modules"]) == {f"pipeline.stages.{path.stem}" for path in ROOT.glob("pipeline/stages/[!_]*.py")}


def test_each_package_from_outside_has_one_home() -> None:
    """Every third-party package is imported by exactly one file of the adapters, but for the shared ones with a reason."""
    for package, files in _importers().items():
        if package in SHARED:
            allowed = SHARED[package][0].split()
            strays = {file for file in files if not any(fnmatch.fnmatch(file, pattern) for pattern in allowed)}
        else:
            strays = {file for file in files if not file.startswith("pipeline/adapters/")}
            assert len(files) == 1, f"{package} is imported by {sorted(files)}"
        assert not strays, f"{package} is imported by {sorted(strays)}"


def test_every_dependency_is_used_and_every_import_is_a_dependency() -> None:
    """What pyproject asks for is imported somewhere, and what is imported is asked for or comes with something that is."""
    of_package = metadata.packages_distributions()
    wanted = {
        re.split(r"[\[<>=!~ ]", entry, maxsplit=1)[0].lower() for entry in PROJECT["project"]["dependencies"]
    }
    used = {name.lower().replace("_", "-") for package in _importers() for name in of_package.get(package, [package])}
    assert wanted - used == set(NEVER_IMPORTED)
    needed_by_ours = {"jinja2", "markupsafe", "python-docx", "pydantic-core"}  # of docxtpl and pydantic, and part of them
    assert used - wanted <= needed_by_ours


def test_processes_are_started_only_where_it_is_named() -> None:
    """subprocess, fork and their like stand in the files that have a reason for them, and nowhere else."""
    for file, tree in SOURCES.items():
        if "subprocess" in set(_imports(tree)):
            assert file in STARTS_PROCESSES
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
                assert not re.match(r"system|popen|posix_spawn|spawn|exec", node.attr), file
                assert node.attr not in ("fork", "forkpty") or file in FORKS, file
        assert not {"multiprocessing", "pty"} & set(_imports(tree)), file


def test_what_runs_text_as_program_is_never_there() -> None:
    """No shell, no pickle, no eval or exec, no dynamic import by a text from outside."""
    for file, tree in {**SOURCES, **TESTS}.items():
        assert not {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle"} & set(_imports(tree)), file
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                assert isinstance(node.value, ast.Constant), file
                assert node.value.value is not True, file
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and file in SOURCES:
                assert node.func.id not in ("eval", "exec", "compile", "__import__"), f"{file}:{node.lineno}"


def test_statements_hold_no_value_from_outside() -> None:
    """Whatever is put into the text of an SQL statement is a constant or a word of ours; values are parameters."""
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.JoinedStr):
                continue
            first = node.values[0]
            if not (isinstance(first, ast.Constant) and _SQL.match(str(first.value))):
                continue
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    word = ast.unparse(part.value)
                    known = _OURS.fullmatch(word) or word in SQL_WORDS_OF_OURS.get(file, set())
                    assert known, f"{file}:{node.lineno} puts {word} into a statement"


def test_nothing_is_patched() -> None:
    """No mock, and no attribute patched but a limit (a constant of a module) made shorter: real parts, or our own fakes."""
    for file, tree in {**SOURCES, **TESTS}.items():
        assert not any(name.startswith(("unittest", "mock")) for name in _imports(tree)), file
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "monkeypatch":
                assert node.attr not in ("delattr", "setitem", "delitem"), f"{file}:{node.lineno}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "monkeypatch.setattr":
                named = [str(word.value) for word in node.args if isinstance(word, ast.Constant)]
                assert any(_OURS.fullmatch(name.rpartition(".")[2]) for name in named), f"{file}:{node.lineno}"


def test_logs_name_nobody() -> None:
    """A log gets a constant sentence and values of a known short list: ids and codes, no object, no words of an error."""
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            whose = ast.unparse(node.func.value)
            if whose not in ("log", "logger", "logging") or node.func.attr not in LOGGING:
                continue
            assert node.func.attr in ("info", "warning", "error", "log"), f"{file}:{node.lineno}: {node.func.attr}"
            sentence, *values = node.args[node.func.attr == "log" :]
            assert isinstance(sentence, ast.Constant), f"{file}:{node.lineno} builds its sentence"
            assert not node.keywords, f"{file}:{node.lineno}: a trace holds values"
            assert {ast.unparse(value) for value in values} <= LOGGED | FORWARDED.get(file, set()), f"{file}:{node.lineno}"


def test_everything_public_says_what_is_true_on_return() -> None:
    """Every public module, class, function and method has a docstring."""
    missing: list[str] = []
    for file, tree in SOURCES.items():
        if not ast.get_docstring(tree):
            missing.append(file)
        waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in tree.body]
        while waiting:
            node, inside = waiting.pop()
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                missing.append(f"{file}:{node.lineno} {node.name}")
            if isinstance(node, ast.ClassDef) and not inside:
                waiting += [(child, True) for child in node.body]
    assert not missing


def test_nothing_is_left_for_later() -> None:
    """No marker of unfinished work, no function that only raises that it is not there yet."""
    later = re.compile(r"\b(TO" + "DO|FIX" + "ME|X" + "XX|HA" + r"CK)\b")
    for path in (*ROOT.glob("pipeline/**/*"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("scripts/*")):
        if path.is_file() and path.suffix in (".py", ".toml", ".md", ""):
            assert not later.search(path.read_text(errors="replace")), path
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            raised = node.exc if isinstance(node, ast.Raise) else None
            name = raised.func if isinstance(raised, ast.Call) else raised
            assert not (isinstance(name, ast.Name) and name.id == "NotImplementedError"), f"{file}:{node.lineno}"  # type: ignore[attr-defined]


def _all_errors() -> set[type[PacksError]]:
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if module.name not in ("pipeline.__main__",) and ".inside." not in module.name:
            importlib.import_module(module.name)
    found: set[type[PacksError]] = set()
    waiting: list[type[PacksError]] = [PacksError]
    while waiting:
        kind = waiting.pop()
        found.add(kind)
        waiting += kind.__subclasses__()
    return {kind for kind in found if kind.__module__.startswith("pipeline.")}


def test_every_error_has_a_code_of_its_own_and_its_place_in_the_tree() -> None:
    """Errors live in errors.py, each with a dotted code nobody else has, drawn in the tree below one of its bases."""
    kinds = _all_errors()
    assert {kind.__module__ for kind in kinds} == {"pipeline.errors"}
    codes = [kind.__dict__.get("code") for kind in kinds]
    assert None not in codes, "a class takes its parent's code"
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(\.[a-z_]+)+", str(code)) for code in codes)
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+Error)\b", line)
        if found:
            depth = len(found[1])
            above = [(at, name) for at, name in above if at < depth]
            assert found[2] not in drawn, f"{found[2]} is drawn twice"
            drawn[found[2]] = above[-1][1] if above else ""
            above.append((depth, found[2]))
    assert set(drawn) == {kind.__name__ for kind in kinds}
    for kind in kinds - {PacksError}:
        assert drawn[kind.__name__] in {base.__name__ for base in kind.__bases__}, kind.__name__


def test_every_error_speaks_in_a_sentence_of_its_own() -> None:
    """Each error class says in its docstring what it means; none is without a disposition."""
    for kind in _all_errors():
        assert kind.__doc__
        assert isinstance(kind.disposition, errors.Disposition)


def test_every_dependency_says_why_and_is_locked_by_hash() -> None:
    """Each line of pyproject has its reason, and both lock files hold every dependency with hashes."""
    text = (ROOT / "pyproject.toml").read_text()
    for entry in _distributions().values():
        line = next(line for line in text.splitlines() if f'"{entry}"' in line)
        assert re.search(r"#\s+\S+ \S+", line), f"{entry} has no reason"
    for name in ("requirements.lock", "requirements-dev.lock"):
        locked = dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==[^\n]*((?:\n    --hash=\S+)*)", _flat(name), re.MULTILINE))
        assert all(hashes for hashes in locked.values()), [name for name, hashes in locked.items() if not hashes]
        wanted = set(_distributions())
        if name == "requirements.lock":
            dev = PROJECT["project"]["optional-dependencies"]["dev"]
            wanted -= {re.split(r"[<>=]", entry)[0].lower() for entry in dev}
        assert wanted <= {name.lower().replace("_", "-") for name in locked}


def _flat(name: str) -> str:
    return (ROOT / name).read_text().replace(" \\\n", "\n")


def test_nothing_committed_knows_this_machine() -> None:
    """No committed file holds the path of this checkout, of its Python or of the workplace it was made in."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout, so nothing says what is committed")
    strange = [needle.encode() for needle in (f"{ROOT}/", f"{sys.prefix}/", "/wor" + "k/", "/tmp/pl" + "an")]
    for name in listed.stdout.split(b"\0"):
        path = ROOT / name.decode()
        if name and path.is_file():
            content = path.read_bytes()
            assert not any(needle in content for needle in strange), path


_KINDS = _kinds_of_the_domain()
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(date, st.dates())
st.register_type_strategy(float, st.floats(allow_nan=False))
# whatever UTF-8 can hold: half of a surrogate pair is refused long before a fact is made
st.register_type_strategy(str, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_fact_comes_back_equal_from_the_ledgers_form(kind: type[Fact]) -> None:
    """Any fact that its types allow is the same fact after writing and reading, whatever is in its fields."""
    codec = Codec()

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(kind))
    def comes_back(fact: Fact) -> None:
        coded = codec.encode(fact)
        assert codec.decode(coded.kind, coded.version, coded.body) == fact

    comes_back()


def test_every_kind_of_fact_is_frozen_and_slotted() -> None:
    """No fact can be changed after it was made, and none can carry a field that its type does not name."""
    assert len(_KINDS) > 20
    for kind in _KINDS:
        assert kind.__dataclass_params__.frozen, kind.__name__  # type: ignore[attr-defined]
        assert "__slots__" in vars(kind), kind.__name__
        assert all(field.kw_only for field in fields(kind)), kind.__name__
