"""The settings: what a fresh file says, every problem at once with its line, and no secret shown."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import RefusedError, SettingsProblemError
from pipeline.settings import Settings, find_home, load_settings, read_settings
from pipeline.settings_file import KEYS, default_settings_text, lines_of

HOME = Path("/srv/home")
LEAST = 'profile = "portsmouth"\nteam = "Conference team"\nfrom = "packs@council.example"\n'


def read(more: str = "", environment: dict[str, str] | None = None, *, first: str = "") -> Settings:
    """Reads the least file with something before and after it."""
    return read_settings(first + LEAST + more, HOME, environment or {})


def problems(more: str, environment: dict[str, str] | None = None, *, first: str = "") -> dict[str, int]:
    """Returns where the problems of a file are, with their lines."""
    with pytest.raises(SettingsProblemError) as caught:
        read(more, environment, first=first)
    return {problem.where: problem.line for problem in caught.value.problems}


def test_the_least_file_gives_the_defaults() -> None:
    """Three lines are enough: SQLite under the home, no server, one release."""
    settings = read()
    assert (settings.profile, settings.team, settings.from_address) == (
        "portsmouth", "Conference team", "packs@council.example"
    )  # fmt: skip
    assert settings.database == "sqlite:////srv/home/data/packs.db"
    assert settings.keys_database == "sqlite:////srv/home/data/keys.db"
    assert settings.engine_database == "sqlite:////srv/home/data/engine.db"
    assert settings.database.file == HOME / "data" / "packs.db"
    assert (settings.inbox, settings.outbox, settings.vault) == (HOME / "inbox", HOME / "outbox", HOME / "data/vault")
    assert settings.smtp is None
    assert settings.releases_needed == 1
    assert not settings.rehearsal
    assert settings.host
    assert settings.checkpoints is None


@given(
    team=st.text(
        st.characters(codec="utf-8", min_codepoint=32, exclude_characters="\x7f"), min_size=1
    ).filter(str.strip)
)
def test_a_fresh_file_reads_back_as_what_was_given(team: str) -> None:
    """Any team name, quotes, backslashes and emoji included, survives the writing and reading."""
    text = default_settings_text("barking", team, "o'neil@council.example", True)
    settings = read_settings(text, HOME, {})
    assert (settings.team, settings.from_address, settings.rehearsal) == (team, "o'neil@council.example", True)


def test_a_fresh_file_shows_every_key_with_a_value_that_can_be_used() -> None:
    """With the comment signs off, each key is there and the file is valid TOML."""
    text = default_settings_text("barking", "Team", "a@b.example", False)
    bare = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line or line.startswith("# ["))
    tree = tomllib.loads(bare)
    flat = {f"{a}.{b}" for a, value in tree.items() if isinstance(value, dict) for b in value}
    assert flat | {name for name, value in tree.items() if not isinstance(value, dict)} == set(KEYS)
    assert lines_of(bare).keys() >= set(KEYS)


def test_all_problems_are_reported_together_with_their_lines() -> None:
    """Wrong types, unknown keys, limits and missing keys come in one report."""
    text = (
        'profile = ""\n'
        "team = 7\n"
        "colour = \"red\"\n"
        "releases_needed = 3\n"
        "rehearsal = 1\n"
        "gateways = [\"mx.example\", 2]\n"
        "[smtp]\n"
        'host = "mail.example"\n'
        "port = 70000\n"
        'tls = "none"\n'
        "[smtp.deep]\n"
        "x = 1\n"
        "[extra]\n"
        "y = 1\n"
    )
    with pytest.raises(SettingsProblemError) as caught:
        read_settings(text, HOME, {})
    assert {problem.where: problem.line for problem in caught.value.problems} == {
        "from": 0, "profile": 1, "team": 2, "colour": 3, "releases_needed": 4, "rehearsal": 5, "gateways": 6,
        "smtp.port": 9, "smtp.tls": 10, "smtp.deep": 11, "extra.y": 14,
    }  # fmt: skip
    assert "line 3: colour" in str(caught.value)


def test_what_is_not_toml_is_reported_with_its_line() -> None:
    """An open quote names its line, and the text of the file is not quoted."""
    with pytest.raises(SettingsProblemError) as caught:
        read_settings('profile = "a"\nteam = "secret\n', HOME, {})
    assert caught.value.problems[0].line == 2
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["", "x", "a@b", "Team <a@b.example>", "a@b.example, c@d.example", "a b@c.example"])
def test_from_is_one_bare_address(address: str) -> None:
    """Display names, lists and half addresses are problems."""
    with pytest.raises(SettingsProblemError, match="from"):
        read_settings(LEAST.replace("packs@council.example", address), HOME, {})


@pytest.mark.parametrize(
    "more",
    ['inbox = "x"\noutbox = "x"', 'inbox = "x"\noutbox = "x/y"', 'vault = "inbox/v"', 'inbox = "."', 'inbox = ".."'],
)
def test_folders_lie_apart(more: str) -> None:
    """An inbox inside the vault, or the home as the inbox, would take our own files for reports."""
    assert problems(more)


def test_postgresql_wants_a_second_database_for_keys() -> None:
    """Ledger and keys on PostgreSQL are two databases; the engine shares the ledger's."""
    one, two = "postgresql://u:pw@db.example/packs", "postgresql://u:pw@db.example/keys"
    assert problems(f'database = "{one}"') == {"keys_database": 0}
    assert problems(f'database = "{one}"\nkeys_database = "{one}"') == {"keys_database": 5}
    assert problems(f'database = "{one}"\nkeys_database = "data/keys.db"') == {"keys_database": 5}
    assert problems('database = "postgresql://db.example"\nkeys_database = "mysql://x/y"').keys() == {
        "database", "keys_database"
    }  # fmt: skip
    settings = read(f'database = "{one}"\nkeys_database = "{two}"')
    assert (settings.database, settings.keys_database, settings.engine_database) == (one, two, one)
    assert settings.database.file is None
    told = read("", {"PACKS_DATABASE": one.replace("postgresql:", "postgresql+psycopg:"), "PACKS_KEYS_DATABASE": two})
    assert (told.database, told.keys_database) == (one, two)


def test_no_secret_shows_in_a_repr(tmp_path: Path) -> None:
    """Passwords of mail server and databases are masked, wherever they came from."""
    (tmp_path / "pw").write_text("hunter2\n")
    text = LEAST + '[smtp]\nhost = "m.example"\nusername = "u"\npassword_file = "pw"\n'
    environment = {
        "PACKS_DATABASE": "postgresql://u:hunter3@db.example/packs",
        "PACKS_KEYS_DATABASE": "postgresql://u:hunter4@db.example/keys",
    }
    settings = read_settings(text, tmp_path, environment)
    assert settings.smtp is not None
    assert settings.smtp.password == "hunter2"
    assert (settings.smtp.port, settings.smtp.tls) == (587, "starttls")
    assert "hunter" not in repr(settings)
    assert "db.example/keys" in repr(settings)
    with pytest.raises(SettingsProblemError) as caught:
        read_settings(text + 'password = "hunter5"\ntls = "hunter6"\n', tmp_path, environment)
    assert "hunter" not in str(caught.value)


def test_the_password_may_come_from_the_environment() -> None:
    """PACKS_SMTP_PASSWORD wins over the file."""
    text = '[smtp]\nhost = "m.example"\nusername = "u"\npassword = "a"\ntls = "tls"'
    settings = read(text, {"PACKS_SMTP_PASSWORD": "b"})
    assert settings.smtp is not None
    assert (settings.smtp.password, settings.smtp.port) == ("b", 465)


def test_half_a_login_and_a_server_without_a_host_are_problems() -> None:
    """A username without a password, an unreadable file, and settings of no server are told."""
    assert problems('[smtp]\nhost = "m.example"\nusername = "u"') == {"smtp.username": 6}
    assert problems('[smtp]\nhost = "m.example"\nusername = "u"\npassword_file = "no"').keys() == {
        "smtp.password_file", "smtp.username"
    }  # fmt: skip
    assert problems('[smtp]\nport = 25') == {"smtp.host": 4}


def test_the_home_is_the_option_then_the_variable_then_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is used only where the one before is not given; a home without packs.toml is refused."""
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "packs.toml").write_text(LEAST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PACKS_HOME", raising=False)
    with pytest.raises(RefusedError, match="no home here"):
        find_home(None)
    monkeypatch.chdir(tmp_path / "three")
    assert find_home(None) == tmp_path / "three"
    monkeypatch.setenv("PACKS_HOME", str(tmp_path / "two"))
    assert find_home(None) == tmp_path / "two"
    assert find_home(str(tmp_path / "one")) == tmp_path / "one"
    assert find_home("../one").resolve() == tmp_path / "one"
    with pytest.raises(RefusedError, match=r"no packs\.toml"):
        find_home(str(tmp_path))
    assert load_settings(find_home(None)).home == tmp_path / "two"


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    """A packs.toml that is not UTF-8 is one sentence, not a traceback."""
    (tmp_path / "packs.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RefusedError, match="UTF-8"):
        load_settings(tmp_path)
