"""What the tests of the ledger are made of: a few facts, real keys in memory, a ledger on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.adapters.ciphers import Cipher, Signer, derive_key
from pipeline.adapters.sql.cases import SqlCases
from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
from pipeline.adapters.sql.checkpoints import Checkpoints
from pipeline.adapters.sql.codec import Codec
from pipeline.adapters.sql.database import Database
from pipeline.adapters.sql.ledger import SqlLedger
from pipeline.adapters.sql.schema import create
from pipeline.domain.facts import Fact
from pipeline.errors import KeyErasedError, KeyMissingError
from pipeline.ports import Ledger
from tests.servers.postgres import postgres

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CANARY = "Wrenna Oakapple-Thistlewood"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Fact):
    """Something was written down."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Fact):
    """A counter was moved on to `number`, by `by`."""

    number: int
    by: str = ""


@dataclass(slots=True)
class MemoryKeys:
    """Real AES-256-GCM under a key per stream, all derived from one secret, so that processes share them."""

    secret: bytes = b"s" * 32
    erased: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    ensured: list[str] = field(default_factory=list)

    def ensure(self, stream: str) -> None:
        """Notes that the key was asked for."""
        self.ensured.append(stream)

    def rewrap(self, stream: str, under: str | None) -> None:
        """Has nothing to wrap."""

    def seal(self, stream: str, plain: bytes, context: bytes) -> bytes:
        """Seals with the stream's key."""
        return self._cipher(stream).seal(plain, context)

    def open(self, stream: str, sealed: bytes, context: bytes) -> bytes:
        """Opens with the stream's key."""
        plain = self._cipher(stream).open(sealed, context)
        if plain is None:
            raise KeyMissingError("The body does not open.")
        return plain

    def fingerprint(self, purpose: str, value: bytes) -> str:
        """Is not needed here."""
        raise NotImplementedError

    def erase(self, stream: str) -> None:
        """Forgets the key for good."""
        self.erased.add(stream)

    def _cipher(self, stream: str) -> Cipher:
        if stream in self.erased:
            raise KeyErasedError("The key was erased.")
        if stream in self.lost:
            raise KeyMissingError("The key is lost.")
        return Cipher(derive_key(self.secret, info=stream.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A ledger and all that belongs to it. `again` opens the same one anew, as another process would."""

    url: str
    folder: Path
    copy: Path | None
    database: Database
    keys: MemoryKeys
    checkpoints: Checkpoints
    ledger: SqlLedger
    cases: SqlCases
    opened: list[Home] = field(default_factory=list)

    def again(self) -> Home:
        """Returns the same home with connections of its own."""
        self.opened.append(open_home(self.url, self.folder, copy=self.copy))
        return self.opened[-1]

    def close(self) -> None:
        """Closes every connection of this home, however often it was opened."""
        for one in self.opened:
            one.close()
        self.database.close()

    def note(self, stream: str, *texts: str) -> None:
        """Appends a note for each text."""
        self.ledger.append({stream: [Noted(text=text) for text in texts]}, expected={}, at=AT, actor="test")

    def tamper(self, *statements: str, **parameters: object) -> None:
        """Does to the tables what somebody with all rights on the database could do."""
        with self.database.writing() as tx:
            if self.database.dialect == "postgresql":
                tx.run("ALTER TABLE facts DISABLE TRIGGER USER")
            else:
                for name in ("facts_stay", "facts_remain", "facts_once"):
                    tx.run(f"DROP TRIGGER IF EXISTS {name}")
            for statement in statements:
                tx.run(statement, parameters)


def open_home(url: str, folder: Path, *, copy: Path | None = None) -> Home:
    """Returns a home on the database at `url`, checkpoints in `folder`."""
    database = Database(url, wait_seconds=20)
    create(database)
    keys = MemoryKeys()
    checkpoints = Checkpoints(database, CheckpointFiles(folder, Signer(b"c" * 32), copy), lambda: AT)
    ledger = SqlLedger(database, keys, Codec([Noted, Counted]), checkpoints)
    _keeps_the_promises: Ledger = ledger
    return Home(
        url=url,
        folder=folder,
        copy=copy,
        database=database,
        keys=keys,
        checkpoints=checkpoints,
        ledger=ledger,
        cases=SqlCases(database),
    )


@pytest.fixture(scope="module")
def postgres_databases() -> Iterator[Callable[[], str]]:
    """A real PostgreSQL for the module."""
    with postgres() as fresh:
        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on each of the two."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    fresh: Callable[[], str] = request.getfixturevalue("postgres_databases")
    return fresh()


@pytest.fixture
def home(url: str, tmp_path: Path) -> Iterator[Home]:
    """A fresh home with an empty ledger and two folders of checkpoints."""
    made = open_home(url, tmp_path / "checkpoints", copy=tmp_path / "elsewhere")
    yield made
    made.close()
