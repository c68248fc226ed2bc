"""The keys: made once, wrapped anew, destroyed for good; on each database that a home may use."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.adapters.ciphers import Cipher, derive_key, random_key
from pipeline.adapters.keys_sql import SqlKeys
from pipeline.adapters.master_key import MasterKey, create_master_key, load_master_key, new_master_key, store_master_key
from pipeline.errors import KeyErasedError, KeyMissingError, KeysUnreachableError, PacksError, RefusedError
from tests.servers.postgres import postgres

CASE, ITEM, OTHER = "conference:K1", "item:I1", "item:I2"


@pytest.fixture(scope="module")
def fresh_postgresql() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server that gives a new empty database at each call."""
    with postgres() as fresh:
        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty keys database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/keys.db"
    fresh: Callable[[], str] = request.getfixturevalue("fresh_postgresql")
    return fresh()


@pytest.fixture
def master() -> MasterKey:
    """A fresh master key."""
    return new_master_key()


Opener = Callable[..., SqlKeys]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Opens keys as `SqlKeys` does; all are closed after the test."""
    with ExitStack() as stack:

        def open_keys(url: str, master: MasterKey, *, create: bool = False, recheck_within: float = 1.0) -> SqlKeys:
            keys = SqlKeys(url, master, create=create, recheck_within=recheck_within)
            stack.callback(keys.close)
            return keys

        yield open_keys


@pytest.fixture
def keys(url: str, master: MasterKey, opened: Opener) -> SqlKeys:
    """The keys of a fresh home."""
    return opened(url, master, create=True, recheck_within=0.0)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    """Returns what a stranger with the database reads."""
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        found = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return found


def test_what_is_sealed_opens_in_another_process_with_the_same_master_key(
    keys: SqlKeys, url: str, master: MasterKey, opened: Opener
) -> None:
    """A key is durable: whoever holds database and master key opens what it sealed."""
    keys.ensure(CASE)
    sealed = keys.seal(CASE, b"a plain word", b"fact 1")
    assert b"plain" not in sealed
    assert opened(url, master).open(CASE, sealed, b"fact 1") == b"a plain word"


def test_sealed_bytes_open_nowhere_else(keys: SqlKeys) -> None:
    """Another stream, another context, a changed, cut or longer seal is refused, each time."""
    keys.ensure(CASE)
    keys.ensure(ITEM)
    sealed = keys.seal(CASE, b"word", b"fact 1")
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    cut = [sealed[:length] for length in range(len(sealed))]
    for stream, raw, context in [
        (ITEM, sealed, b"fact 1"),
        (CASE, sealed, b"fact 2"),
        (CASE, sealed + b"\0", b"fact 1"),
        *((CASE, raw, b"fact 1") for raw in changed + cut),
    ]:
        with pytest.raises(KeyMissingError):
            keys.open(stream, raw, context)


def test_a_stream_without_a_key_is_refused(keys: SqlKeys) -> None:
    """Sealing, opening and wrapping need a key that was made before."""
    keys.ensure(CASE)
    for act in (
        lambda: keys.seal(ITEM, b"", b""),
        lambda: keys.open(ITEM, b"", b""),
        lambda: keys.derive(ITEM, b"salt", b""),
        lambda: keys.rewrap(ITEM, None),
        lambda: keys.rewrap(CASE, ITEM),
    ):
        with pytest.raises(KeyMissingError):
            act()


def ensure_and_seal(url: str, secret: bytes, ready: object, results: object) -> None:
    """Runs in a process of its own: makes the key at the same moment as the others, then seals."""
    keys = SqlKeys(url, MasterKey(secret=secret), create=True)
    ready.wait()  # type: ignore[attr-defined]
    for number in range(20):
        keys.ensure(f"item:{number}")
    results.put([keys.seal(f"item:{number}", b"mine", b"") for number in range(20)])  # type: ignore[attr-defined]
    keys.close()


def test_processes_that_make_a_key_at_once_end_with_one(url: str, master: MasterKey, opened: Opener) -> None:
    """Three processes make twenty keys at the same moment, tables included; each opens what the others sealed."""
    spawn = multiprocessing.get_context("spawn")
    ready, results = spawn.Barrier(3), spawn.Queue()
    workers = [spawn.Process(target=ensure_and_seal, args=(url, master.secret, ready, results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    sealed = [results.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join(timeout=60)
        assert worker.exitcode == 0
    keys = opened(url, master)
    for own in sealed:
        assert [keys.open(f"item:{number}", raw, b"") for number, raw in enumerate(own)] == [b"mine"] * 20


def test_threads_share_one_adapter(keys: SqlKeys) -> None:
    """Eight threads make, seal, open and re-wrap through one adapter without an error."""
    keys.ensure(CASE)
    faults: list[PacksError] = []

    def work(me: int) -> None:
        try:
            for number in range(8):
                stream = f"item:{(me + number) % 10}"
                keys.ensure(stream)
                sealed = keys.seal(stream, b"word", b"")
                keys.rewrap(stream, CASE if number % 2 else None)
                assert keys.open(stream, sealed, b"") == b"word"
        except PacksError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_rewrapping_keeps_the_key_and_drops_the_old_wrapping(
    keys: SqlKeys, url: str, master: MasterKey, opened: Opener
) -> None:
    """Under a conference and back, and repeated: what was sealed before opens, and there is one wrapping only."""
    keys.ensure(CASE)
    keys.ensure(ITEM)
    sealed, derived = keys.seal(ITEM, b"word", b""), keys.derive(ITEM, b"salt", b"file")
    for under in (CASE, CASE, None, None, CASE):
        keys.rewrap(ITEM, under)
        fresh = opened(url, master)
        assert fresh.open(ITEM, sealed, b"") == b"word"
        assert fresh.derive(ITEM, b"salt", b"file") == derived
    assert rows(url, f"SELECT generation, wrapped_by, kek_id FROM wrapped_keys WHERE stream = '{ITEM}'") == [
        (4, CASE, "")
    ]


def test_keys_cannot_hang_from_each_other(keys: SqlKeys) -> None:
    """A circle of any length, or a key under itself, is refused, and all still open."""
    for stream in ("a:1", "a:2", "a:3"):
        keys.ensure(stream)
    keys.rewrap("a:2", "a:1")
    keys.rewrap("a:3", "a:2")
    for stream, under in (("a:1", "a:3"), ("a:1", "a:2"), ("a:1", "a:1"), ("a:2", "a:3")):
        with pytest.raises(RefusedError):
            keys.rewrap(stream, under)
    assert keys.verify().opened == 3


def test_an_old_or_exchanged_wrapping_put_back_is_refused(
    keys: SqlKeys, url: str, master: MasterKey, opened: Opener
) -> None:
    """A row is bound to its stream, wrapper and generation: an edited table is found, by opening and by `verify`."""
    for stream in (CASE, ITEM, OTHER):
        keys.ensure(stream)
    [(old,)] = rows(url, f"SELECT wrapped FROM wrapped_keys WHERE stream = '{ITEM}'")
    keys.rewrap(ITEM, CASE)
    assert isinstance(old, bytes)
    literal = f"'\\x{old.hex()}'" if url.startswith("postgres") else f"x'{old.hex()}'"
    for edit in (
        f"UPDATE wrapped_keys SET wrapped = {literal} WHERE stream = '{ITEM}'",
        f"UPDATE wrapped_keys SET wrapped_by = 'master', kek_id = '{master.id}' WHERE stream = '{ITEM}'",
        f"UPDATE wrapped_keys SET wrapped_by = '{ITEM}' WHERE stream = '{ITEM}'",
    ):
        rows(url, edit)
        fresh = opened(url, master)
        with pytest.raises(KeyMissingError):
            fresh.seal(ITEM, b"", b"")
        found = fresh.verify()
        assert (found.opened, found.first_bad) == (2, ITEM)
        fresh.seal(OTHER, b"", b"")


def test_an_erased_key_is_gone_with_all_that_hangs_from_it(
    keys: SqlKeys, url: str, master: MasterKey, opened: Opener
) -> None:
    """After `erase` neither this nor another process opens the conference or its items; others are as before."""
    elsewhere = opened(url, master, recheck_within=0.0)
    for stream in (CASE, ITEM, OTHER):
        keys.ensure(stream)
    keys.rewrap(ITEM, CASE)
    sealed = {stream: keys.seal(stream, b"word", b"") for stream in (CASE, ITEM, OTHER)}
    assert elsewhere.open(ITEM, sealed[ITEM], b"") == b"word"
    keys.erase(CASE)
    keys.erase(CASE)
    for opener in (keys, elsewhere, opened(url, master)):
        for stream in (CASE, ITEM):
            with pytest.raises(KeyErasedError):
                opener.open(stream, sealed[stream], b"")
        assert opener.open(OTHER, sealed[OTHER], b"") == b"word"
        with pytest.raises(KeyErasedError):
            opener.ensure(CASE)
        with pytest.raises(KeyErasedError):
            opener.rewrap(ITEM, None)
    found = keys.verify()
    assert (found.opened, found.erased, found.unreachable, found.first_bad) == (1, 1, 1, None)


def test_an_erased_key_is_not_in_the_files_of_the_database(tmp_path: Path, master: MasterKey, opened: Opener) -> None:
    """Of 400 random makings, re-wrappings and erasures no dropped wrapping is in the database or journal afterwards."""
    chance = random.Random(7)
    path = tmp_path / "keys.db"
    keys = opened(f"sqlite:///{path}", master, create=True)
    alive, dropped = [], set()

    def wrapping(stream: str) -> bytes:
        with sqlite3.connect(path) as raw:
            found: bytes = raw.execute("SELECT wrapped FROM wrapped_keys WHERE stream = ?", [stream]).fetchone()[0]
        raw.close()
        return found

    for number in range(400):
        if number < 100 or chance.random() < 0.4:
            alive.append(f"item:{number}-{'x' * chance.randrange(60)}")
            keys.ensure(alive[-1])
            continue
        stream = chance.choice(alive[1:])
        dropped.add(wrapping(stream))
        if chance.random() < 0.5:
            keys.rewrap(stream, alive[0])
            dropped.discard(wrapping(stream))
        else:
            keys.erase(stream)
            alive.remove(stream)
    keys.erase(alive[1])
    on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(dropped) > 100
    assert wrapping(alive[0]) in on_disk
    assert [old for old in dropped if old[12:40] in on_disk] == []


def test_erasing_says_so_while_a_reader_holds_the_journal(
    tmp_path: Path, master: MasterKey, monkeypatch: pytest.MonkeyPatch, opened: Opener
) -> None:
    """A reader that keeps the journal open makes `erase` fail with the next step; run again, it finishes."""
    monkeypatch.setattr("pipeline.adapters.keys_database.WAIT_SECONDS", 0.2)
    monkeypatch.setattr(
        "pipeline.adapters.keys_database.SQLITE_SETTINGS", ("PRAGMA journal_mode = WAL", "PRAGMA busy_timeout = 100")
    )
    path = tmp_path / "keys.db"
    keys = opened(f"sqlite:///{path}", master, create=True)
    keys.ensure(CASE)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    [(wrapped,)] = reader.execute("SELECT wrapped FROM wrapped_keys").fetchall()
    with pytest.raises(KeysUnreachableError, match="run the same command again"):
        keys.erase(CASE)
    with pytest.raises(KeyErasedError):
        keys.seal(CASE, b"", b"")
    reader.rollback()
    reader.close()
    keys.erase(CASE)
    assert wrapped not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_an_erased_key_is_not_in_the_table_file_of_postgresql(
    fresh_postgresql: Callable[[], str], master: MasterKey, opened: Opener
) -> None:
    """After `erase` the file of the table holds no dropped wrapping: it was written anew."""
    url = fresh_postgresql()
    keys = opened(url, master, create=True)
    for stream in (CASE, ITEM, OTHER):
        keys.ensure(stream)
    before = rows(url, "SELECT stream, wrapped FROM wrapped_keys")
    keys.rewrap(ITEM, CASE)
    keys.erase(CASE)
    rows(url, "CHECKPOINT")
    [(on_disk,)] = rows(url, "SELECT pg_read_binary_file(pg_relation_filepath('wrapped_keys'))")
    assert isinstance(on_disk, bytes)
    held = [stream for stream, wrapped in before if isinstance(wrapped, bytes) and wrapped in on_disk]
    assert held == [OTHER]


def test_no_key_can_be_read_from_the_database(keys: SqlKeys, url: str, master: MasterKey, tmp_path: Path) -> None:
    """A stream's key opens what it sealed, and that key is nowhere in the files of the database."""
    keys.ensure(CASE)
    sealed = keys.seal(CASE, b"word", b"")
    secret = keys._key(CASE).secret  # the oracle needs the key itself
    framing = len(CASE).to_bytes(8, "big") + CASE.encode() + (0).to_bytes(8, "big")
    assert Cipher(derive_key(secret, info=b"packs stream 1 seal")).open(sealed, framing) == b"word"
    assert all(secret not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert all(
        secret != wrapped and secret not in bytes(str(wrapped), "utf-8")
        for (wrapped,) in rows(url, "SELECT wrapped FROM wrapped_keys")
    )


def test_another_master_key_is_told_apart_from_damage(keys: SqlKeys, url: str, opened: Opener) -> None:
    """With another home's master key nothing opens and no key is made, and the sentence names both ids."""
    for stream in (CASE, ITEM):
        keys.ensure(stream)
    stranger = new_master_key()
    other = opened(url, stranger)
    for act in (
        lambda: other.seal(CASE, b"", b""),
        lambda: other.ensure(OTHER),
        lambda: other.rewrap(ITEM, CASE),
        lambda: other.rewrap(CASE, ITEM),
    ):
        with pytest.raises(KeyMissingError, match=stranger.id):
            act()
    assert other.verify().first_bad == CASE
    assert keys.verify().opened == 2


def test_a_lost_database_is_not_made_again_in_silence(
    url: str, tmp_path: Path, master: MasterKey, opened: Opener
) -> None:
    """Where the keys should be and are not, opening is refused and no file is made."""
    with pytest.raises(KeyMissingError, match="backup"):
        opened(url, master).ensure(CASE)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_or_unreachable_database_is_named(tmp_path: Path, master: MasterKey, opened: Opener) -> None:
    """A file that is no database is damage; a server that is not there is tried again later."""
    path = tmp_path / "keys.db"
    path.write_bytes(b"not a database, but long enough to look at " * 100)
    with pytest.raises(KeyMissingError):
        opened(f"sqlite:///{path}", master).ensure(CASE)
    with pytest.raises(KeysUnreachableError):
        opened("postgresql://nobody@127.0.0.1:1/none", master).ensure(CASE)


def test_the_database_file_and_its_journal_are_private(tmp_path: Path, master: MasterKey, opened: Opener) -> None:
    """All files of the database are open to their owner only."""
    keys = opened(f"sqlite:///{tmp_path}/keys.db", master, create=True)
    keys.ensure(CASE)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert {"keys.db", "keys.db-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_fingerprints_are_equal_for_equal_values_of_one_home_and_purpose_only(
    keys: SqlKeys, tmp_path: Path, opened: Opener
) -> None:
    """The keyed hash depends on home, purpose and value, and is not a plain hash."""
    same = keys.fingerprint("address", b"office@school.example")
    assert same == keys.fingerprint("address", b"office@school.example")
    stranger = opened(f"sqlite:///{tmp_path}/other.db", new_master_key())
    others = {
        keys.fingerprint("file", b"office@school.example"),
        keys.fingerprint("address", b""),
        stranger.fingerprint("address", b"office@school.example"),
    }
    assert same not in others
    assert len(others) == 3


def test_the_master_key_file_round_trips_and_is_never_overwritten(tmp_path: Path) -> None:
    """A created key is read back the same, has mode 0400, leaves no draft, and a second creation changes nothing."""
    path = tmp_path / "key"
    made = create_master_key(path)
    assert load_master_key(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    with pytest.raises(RefusedError):
        create_master_key(path)
    with pytest.raises(RefusedError):
        store_master_key(path, made)
    assert load_master_key(path) == made
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
    assert made.secret.hex() not in repr(made)
    assert repr(made.secret) not in repr(made)


def test_a_master_key_file_that_cannot_be_trusted_is_refused(tmp_path: Path) -> None:
    """Absent, short, long, open to others, or no plain file: refused, with the fix named."""
    path = tmp_path / "key"
    with pytest.raises(KeyMissingError, match="recovery kit"):
        load_master_key(path)
    for length in (0, 31, 33, 64):
        path.write_bytes(bytes(length))
        path.chmod(0o400)
        with pytest.raises(KeyMissingError, match="recovery kit"):
            load_master_key(path)
        path.unlink()
    path.write_bytes(random_key())
    for mode in (0o440, 0o404, 0o420, 0o401, 0o644):
        path.chmod(mode)
        with pytest.raises(KeyMissingError, match="chmod 0400"):
            load_master_key(path)
    with pytest.raises(KeyMissingError):
        load_master_key(tmp_path)


def test_the_signer_is_the_same_on_every_host_with_the_master_key(master: MasterKey) -> None:
    """Two signers of one master key verify each other; another purpose, message or home does not."""
    signature = master.signer().sign(b"heads")
    again = MasterKey(secret=master.secret).signer()
    assert again.verify(signature, b"heads")
    assert not again.verify(signature, b"headz")
    assert not again.verify(signature[:-1], b"heads")
    assert not master.signer("other").verify(signature, b"heads")
    assert not new_master_key().signer().verify(signature, b"heads")
