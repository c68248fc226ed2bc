"""The settings of a home: `packs.toml` and the environment, read once, every problem reported together.

The only file that reads the environment. Names of variables: PACKS_HOME, PACKS_SMTP_PASSWORD, PACKS_DATABASE,
PACKS_KEYS_DATABASE (both for addresses with a password in them), XDG_RUNTIME_DIR; PACKS_KILL_AT in crash tests only.
"""

from __future__ import annotations

import os
import re
import socket
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import Problem, RefusedError, SettingsProblemError
from pipeline.settings_file import FILE_NAME, KEYS, Key, lines_of

SERVERS = ("postgresql://", "postgresql+psycopg://", "postgres://")
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a memory file system, in a folder of our own
_BARE_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class Secret(str):
    """A string that does not show itself in a repr or a log of settings."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Returns stars."""
        return "'********'"


class DatabaseUrl(str):
    """`sqlite:////absolute/path` or `postgresql://…`; its password does not show in a repr."""

    __slots__ = ()

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self.removeprefix("sqlite:///")) if self.startswith("sqlite:///") else None

    def __repr__(self) -> str:
        """Returns the address with stars for user and password."""
        return repr(re.sub(r"//[^/@]*@", "//********@", str(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The server that takes our mail. `tls` is verified in either form; `tls` speaks it from the first byte."""

    host: str
    port: int
    tls: Literal["starttls", "tls"]
    username: str | None
    password: Secret | None
    ca_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionSettings:
    """Limits of a conversion: real seconds, megabytes of memory, documents at a time, megabytes of a taken file."""

    seconds: int
    memory_mb: int
    at_once: int
    largest_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a home may choose. Folders are absolute. `smtp` is None where no server is set.

    `share` is True where the inbox is a network share; `stable_seconds` are real. `phones` are the lines printed for
    people to call; `gateways` the hosts whose Received lines are believed. `runtime_dir` is on a memory file system.
    """

    home: Path
    profile: str
    team: str
    from_address: str
    rehearsal: bool
    inbox: Path
    outbox: Path
    vault: Path
    share: bool
    stable_seconds: float
    database: DatabaseUrl
    keys_database: DatabaseUrl
    smtp: SmtpSettings | None
    gateways: tuple[str, ...]
    checkpoints: Path | None
    releases_needed: int
    invitations: bool
    phones: tuple[str, ...]
    letters: bool
    bank_holidays: tuple[date, ...]
    conversion: ConversionSettings
    host: str
    works_at_once: int
    runtime_dir: Path
    kill_at: str | None = None
    """For crash tests of a rehearsal: the marked point (`name` or `name:n`) at which the process kills itself."""

    @property
    def data(self) -> Path:
        """The home's own folder for databases, key and slots, on this machine."""
        return self.home / "data"

    @property
    def engine_database(self) -> DatabaseUrl:
        """The engine's database: a file of its own, or its own schema on the same server."""
        return DatabaseUrl(f"sqlite:///{self.data / 'engine.db'}") if self.database.file else self.database


def find_home(option: str | None) -> Path:
    """Returns the home: the option, else PACKS_HOME, else the current folder if it holds `packs.toml`.

    Raises:
        RefusedError: none of the three names a home.
    """
    named = option or os.environ.get("PACKS_HOME")
    home = Path(named).expanduser().absolute() if named else Path.cwd()
    if (home / FILE_NAME).is_file():
        return home
    if named:
        raise RefusedError("The home that was named holds no packs.toml. Make one with `packs init --home DIR …`.")
    raise RefusedError("There is no home here: give --home DIR, set PACKS_HOME, or change to a folder with packs.toml.")


def new_home() -> str | None:
    """Returns where `packs init` makes a home when it is not told: PACKS_HOME, or None."""
    return os.environ.get("PACKS_HOME") or None


def load_settings(home: Path) -> Settings:
    """Returns the settings of the home.

    Raises:
        SettingsProblemError: every problem of packs.toml, each with its line.
        RefusedError: packs.toml cannot be read.
    """
    try:
        text = (home / FILE_NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RefusedError("packs.toml is absent, not readable for you, or not UTF-8. Nothing was done.") from None
    return read_settings(text, home.absolute(), os.environ)


def read_settings(text: str, home: Path, environment: Mapping[str, str]) -> Settings:
    """Returns the settings that `text` and `environment` say. Raises SettingsProblemError as `load_settings`."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        problem = Problem(
            line=int(found[1]) if found else 0, where=FILE_NAME, message="this is not TOML: look for a quote or bracket"
        )
        raise SettingsProblemError((problem,), FILE_NAME) from None
    return _Reading(tree, lines_of(text), home, environment).settings()


class _Reading:
    """One reading of the file: takes values, gathers problems."""

    def __init__(
        self, tree: Mapping[str, Any], lines: Mapping[str, int], home: Path, environment: Mapping[str, str]
    ) -> None:
        self._lines, self._home, self._environment = lines, home, environment
        self._problems: list[Problem] = []
        self._values: dict[str, Any] = {}
        self._flatten(tree, "")
        for name in self._values.keys() - KEYS.keys():
            self._wrong(name, "there is no such setting; see the comments of a fresh packs.toml")
        for name, key in KEYS.items():
            self._check(name, key)

    def settings(self) -> Settings:
        """Returns the settings, or raises all problems at once."""
        inbox, outbox, vault = (self._folder(name) for name in ("inbox", "outbox", "vault"))
        self._apart({"inbox": inbox, "outbox": outbox, "vault": vault})
        database = self._database("database", "PACKS_DATABASE", "packs.db")
        keys_database = self._keys_database(database)
        smtp = self._smtp()
        if self._given("from") and not _BARE_ADDRESS.fullmatch(self._text("from")):
            self._wrong("from", "write a bare address such as packs@council.example, without a display name")
        if self._problems:
            raise SettingsProblemError(tuple(self._problems), FILE_NAME)
        value = self._values
        return Settings(
            home=self._home,
            profile=value["profile"],
            team=value["team"],
            from_address=value["from"],
            rehearsal=value["rehearsal"],
            inbox=inbox,
            outbox=outbox,
            vault=vault,
            share=value["inbox_on_share"],
            stable_seconds=float(value["stable_seconds"]),
            database=database,
            keys_database=keys_database,
            smtp=smtp,
            gateways=tuple(value["gateways"]),
            checkpoints=self._folder("checkpoints") if value["checkpoints"] else None,
            releases_needed=value["releases_needed"],
            invitations=value["invitations"],
            phones=tuple(value["phones"]),
            letters=value["letters"],
            bank_holidays=tuple(date.fromisoformat(day) for day in value["bank_holidays"]),
            conversion=ConversionSettings(
                seconds=value["conversion.seconds"],
                memory_mb=value["conversion.memory_mb"],
                at_once=value["conversion.at_once"],
                largest_mb=value["conversion.largest_mb"],
            ),
            host=value["host"] or socket.gethostname(),
            works_at_once=value["works_at_once"],
            runtime_dir=self._runtime_dir(),
            kill_at=self._environment.get("PACKS_KILL_AT") or None,
        )

    def _flatten(self, tree: Mapping[str, Any], above: str) -> None:
        for name, value in tree.items():
            if isinstance(value, dict) and not above:
                self._flatten(value, f"{name}.")
                if not value and not any(key.startswith(f"{name}.") for key in KEYS):
                    self._values[name] = value
            else:
                self._values[f"{above}{name}"] = value

    def _check(self, name: str, key: Key) -> None:
        """Puts the default where nothing is said, or what is said cannot be used; the latter is reported."""
        if name not in self._values:
            if key.required:
                self._wrong(name, f"this is required: {key.meaning}")
            self._values[name] = key.default
        elif (complaint := key.complaint(self._values[name])) is not None:
            self._wrong(name, complaint)
            self._values[name] = key.default

    def _wrong(self, name: str, message: str) -> None:
        section = name.rpartition(".")[0]
        line = self._lines.get(name, self._lines.get(section, 0) if section else 0)
        self._problems.append(Problem(line=line, where=name, message=message))

    def _given(self, name: str) -> bool:
        return bool(self._values[name])

    def _text(self, name: str) -> str:
        return str(self._values[name])

    def _folder(self, name: str) -> Path:
        return Path(os.path.normpath(self._home / Path(self._text(name)).expanduser()))

    def _apart(self, folders: Mapping[str, Path]) -> None:
        named = list(folders.items())
        for at, (name, folder) in enumerate(named):
            if folder == self._home or folder in self._home.parents:
                self._wrong(name, "this folder may neither be the home nor hold it")
            for other, elsewhere in named[:at]:
                if folder == elsewhere or folder in elsewhere.parents or elsewhere in folder.parents:
                    self._wrong(name, f"this folder and {other} must be apart, neither inside the other")

    def _database(self, name: str, variable: str, file: str) -> DatabaseUrl:
        said = self._environment.get(variable) or self._text(name) or f"data/{file}"
        if said.startswith(SERVERS):
            if not re.fullmatch(r"[a-z+]+://[^/]*/[^/?]+(\?.*)?", said):
                self._wrong(name, "the address names no database: postgresql://user@host:port/database")
            return DatabaseUrl("postgresql://" + said.partition("://")[2])
        path = said.removeprefix("sqlite:///")
        if "://" in path:
            self._wrong(name, 'write "postgresql://…", or the path of an SQLite file on a local disk')
        return DatabaseUrl(f"sqlite:///{os.path.normpath(self._home / path)}")

    def _keys_database(self, database: DatabaseUrl) -> DatabaseUrl:
        name, variable = "keys_database", "PACKS_KEYS_DATABASE"
        if database.file is None and not self._given(name) and not self._environment.get(variable):
            self._wrong(name, "this is required with PostgreSQL: a second database, with backups of its own")
        keys = self._database(name, variable, "keys.db")
        if keys == database:
            self._wrong(name, "the wrapped keys must not lie in the ledger's database: erasing could not be proved")
        if database.file is None and keys.file is not None and self._given(name):
            self._wrong(name, "with PostgreSQL this must be a server too, or the other hosts have no keys")
        return keys

    def _smtp(self) -> SmtpSettings | None:
        value = self._values
        used = [name for name in KEYS if name.startswith("smtp.") and name != "smtp.tls" and name in self._lines]
        if not value["smtp.host"]:
            if used:
                self._wrong("smtp.host", "this is required where other smtp settings are given")
            return None
        password = self._password()
        if bool(value["smtp.username"]) != (password is not None):
            self._wrong("smtp.username", "a login needs a username and a password (or PACKS_SMTP_PASSWORD)")
        tls: Literal["starttls", "tls"] = "tls" if value["smtp.tls"] == "tls" else "starttls"
        return SmtpSettings(
            host=value["smtp.host"],
            port=value["smtp.port"] or (465 if tls == "tls" else 587),
            tls=tls,
            username=value["smtp.username"] or None,
            password=password,
            ca_file=self._folder("smtp.ca_file") if value["smtp.ca_file"] else None,
        )

    def _password(self) -> Secret | None:
        if said := self._environment.get("PACKS_SMTP_PASSWORD"):
            return Secret(said)
        if self._given("smtp.password") and self._given("smtp.password_file"):
            self._wrong("smtp.password", "give the password or the file that holds it, not both")
        if self._given("smtp.password_file"):
            try:
                return Secret(self._folder("smtp.password_file").read_text(encoding="utf-8").rstrip("\r\n"))
            except (OSError, UnicodeDecodeError):
                self._wrong("smtp.password_file", "this file is absent, not readable for this user, or not UTF-8")
        return Secret(self._text("smtp.password")) if self._given("smtp.password") else None

    def _runtime_dir(self) -> Path:
        named = self._environment.get("XDG_RUNTIME_DIR")
        candidates: Sequence[Path] = [MEMORY_FOLDER, *([Path(named)] if named else [])]
        return next((path for path in candidates if path.is_dir() and os.access(path, os.W_OK)), candidates[0])
