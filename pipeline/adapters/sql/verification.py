"""The walk over the whole ledger: every fact against the one before, its seal, its head, and every signed checkpoint.

Who can write to the database but has no key cannot make a body that opens; who has the master key but not yesterday's
checkpoints on another machine cannot make a chain that meets them. What nobody can see here: facts younger than the
last checkpoint that were cut off together with every trace of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from pipeline.adapters.sql.chain import NOTHING_BEFORE, Clear
from pipeline.adapters.sql.checkpoint_files import Anchor, CheckpointFiles
from pipeline.adapters.sql.checkpoints import Checkpoints
from pipeline.adapters.sql.database import Database, Transaction
from pipeline.adapters.sql.heads import Head
from pipeline.errors import KeyErasedError, KeyMissingError, LedgerBrokenError
from pipeline.ports import Keys, Verification

_COUNTS = "SELECT count(*), count(DISTINCT stream) FROM facts"
_HEADS = "SELECT stream, seq, hash FROM heads WHERE seq > 0"
_ENDS = """SELECT h.stream, h.seq, h.hash, f.hash, (SELECT count(*) FROM facts c WHERE c.stream = h.stream)
FROM heads h LEFT JOIN facts f ON f.stream = h.stream AND f.seq = h.seq WHERE h.seq > 0 ORDER BY h.stream"""
_WALK = "SELECT stream, seq, at, kind, version, actor, body, prev, hash FROM facts ORDER BY stream, seq"


_NEEDED = ("facts", "heads", "marks")
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


@dataclass(frozen=True, slots=True)
class _Bad:
    where: str
    why: str


@dataclass(slots=True)
class _Named:
    """All that checkpoints say: for each stream, its heads through time, and by which checkpoint."""

    heads: dict[str, dict[int, tuple[bytes, int]]] = field(default_factory=dict)
    count: int = 0
    last: Anchor = field(default_factory=lambda: Anchor(n=0, hash=NOTHING_BEFORE))
    bad: _Bad | None = None


def verify(database: Database, keys: Keys, checkpoints: Checkpoints) -> Verification:
    """Returns what a walk over the ledger as of one instant found; the first bad entry in the order of streams."""
    if (gone := _table_gone(database)) is not None:
        return gone
    # In this order, so that whatever is written meanwhile makes the ledger run ahead and never behind.
    remembered = checkpoints.remembered()
    named = _named(checkpoints.files)
    try:
        with database.snapshot() as tx:
            found = tx.one(_COUNTS) or (0, 0)
            with closing(_walk(tx, keys, named.heads)) as walk:
                bad = next(walk, None)
    except LedgerBrokenError as error:
        return Verification(facts=0, streams=0, checkpoints=named.count, first_bad="database", why=str(error))
    bad = bad or named.bad or _missing(remembered, named, facts=found[0]) or _contradicted(checkpoints.files)
    return Verification(
        facts=found[0],
        streams=found[1],
        checkpoints=named.count,
        first_bad=bad.where if bad else None,
        why=bad.why if bad else None,
    )


def verify_ends(database: Database, checkpoints: Checkpoints) -> Verification:
    """Returns what a look at both ends of every stream found: nothing is missing, and no checkpoint is contradicted.

    No fact is opened or hashed, so a changed body goes unseen; `verify` sees it.
    """
    if (gone := _table_gone(database)) is not None:
        return gone
    remembered = checkpoints.remembered()
    named = _named(checkpoints.files)
    try:
        with database.snapshot() as tx:
            found = tx.one(_COUNTS) or (0, 0)
            ends = {row[0]: row[1:] for row in tx.rows(_ENDS)}
    except LedgerBrokenError as error:
        return Verification(facts=0, streams=0, checkpoints=named.count, first_bad="database", why=str(error))
    bad = next(_cut(ends, named.heads), None) or named.bad or _missing(remembered, named, facts=found[0])
    bad = bad or _contradicted(checkpoints.files)
    return Verification(
        facts=found[0],
        streams=found[1],
        checkpoints=named.count,
        first_bad=bad.where if bad else None,
        why=bad.why if bad else None,
    )


def _table_gone(database: Database) -> Verification | None:
    """Returns the verdict where a whole table of the ledger is gone."""
    try:
        with database.reading() as tx:
            there = {row[0] for row in tx.rows(_TABLES[database.dialect])}
    except LedgerBrokenError:
        return None  # damage that the walk reports
    gone = next((table for table in _NEEDED if table not in there), None)
    if gone is None:
        return None
    why = f"The table {gone} is gone: somebody removed it. Restore the database from a backup."
    return Verification(facts=0, streams=0, checkpoints=0, first_bad=gone, why=why)


def _cut(
    ends: Mapping[str, tuple[int, bytes, bytes | None, int]], named: Mapping[str, Mapping[int, tuple[bytes, int]]]
) -> Iterator[_Bad]:
    for stream, (seq, head, last, count) in ends.items():
        if count != seq or last != head:
            yield _Bad(f"{stream} {seq}", f"{stream} has {count} facts, its head says {seq}, or another last.")
        signed = max(named.get(stream, {0: None}))
        if signed > seq:
            yield _Bad(f"{stream} {seq + 1}", f"{stream} was cut after fact {seq}: a checkpoint signed fact {signed}.")
    for gone in sorted(set(named) - set(ends)):
        yield _Bad(f"{gone} 1", f"All facts of {gone} are gone.")


def _named(files: CheckpointFiles) -> _Named:
    named = _Named()
    for line in files.lines():
        named.count += 1
        named.last = Anchor(n=line.n, hash=line.hash)
        if line.fault and named.bad is None:
            named.bad = _Bad(f"checkpoint {line.n}", f"Checkpoint {line.n} {line.fault}.")
        for stream, (seq, hash_) in line.heads.items():
            known, _ = named.heads.setdefault(stream, {}).setdefault(seq, (hash_, line.n))
            if known != hash_ and named.bad is None:
                named.bad = _Bad(
                    f"checkpoint {line.n}", f"Checkpoint {line.n} contradicts an earlier one on {stream} {seq}."
                )
    return named


def _missing(remembered: Anchor, named: _Named, *, facts: int) -> _Bad | None:
    if facts and not named.count:
        return _Bad("checkpoint 1", "The ledger holds facts, and there is no checkpoint at all.")
    if named.last.n < remembered.n:
        n = named.last.n + 1
        return _Bad(f"checkpoint {n}", f"Checkpoint {n} is missing: the database remembers checkpoint {remembered.n}.")
    if named.last.n == remembered.n and named.last.hash != remembered.hash:
        return _Bad(
            f"checkpoint {remembered.n}", f"Checkpoint {remembered.n} is not the one that the database remembers."
        )
    return None


def _contradicted(files: CheckpointFiles) -> _Bad | None:
    fault = files.copy_fault()
    return _Bad("checkpoints", f"The two folders of checkpoints differ: {fault}.") if fault else None


def _walk(
    tx: Transaction, keys: Keys, named: Mapping[str, Mapping[int, tuple[bytes, int]]]
) -> Generator[_Bad, None, None]:
    """Yields what is wrong, in the order of streams and, within one, of sequence; what is missing whole comes last."""
    heads: dict[str, Head] = {stream: (seq, hash_) for stream, seq, hash_ in tx.rows(_HEADS)}
    stream, last, before = "", 0, NOTHING_BEFORE
    walked: set[str] = set()
    for row in tx.each(_WALK):
        if row[0] != stream:
            yield from _end(stream, last, before, heads, named)
            stream, last, before = row[0], 0, NOTHING_BEFORE
            walked.add(stream)
        seq, hash_ = row[1], row[8]
        yield from _fact(row, last, before, keys, named.get(stream, {}))
        last, before = seq, hash_
    yield from _end(stream, last, before, heads, named)
    for gone in sorted((set(heads) | set(named)) - walked):
        yield _Bad(f"{gone} 1", f"All facts of {gone} are gone.")


def _fact(
    row: tuple[str, int, int, str, int, str, bytes, bytes, bytes],
    last: int,
    before: bytes,
    keys: Keys,
    named: Mapping[int, tuple[bytes, int]],
) -> Iterator[_Bad]:
    stream, seq, at, kind, version, actor, body, prev, hash_ = row
    clear = Clear(stream=stream, seq=seq, at=at, kind=kind, version=version, actor=actor)
    if seq != last + 1:
        yield _Bad(f"{stream} {last + 1}", f"Fact {last + 1} of {stream} is missing; {seq} follows {last}.")
    elif prev != before:
        yield _Bad(f"{stream} {seq}", f"Fact {seq} of {stream} does not follow the one before it.")
    elif clear.hash(body, prev) != hash_:
        yield _Bad(f"{stream} {seq}", f"Fact {seq} of {stream} was changed: its hash does not fit.")
    elif not _opens(keys, clear, body):
        yield _Bad(f"{stream} {seq}", f"Fact {seq} of {stream} does not open: it was changed, or its key is lost.")
    elif seq in named and named[seq][0] != hash_:
        yield _Bad(f"{stream} {seq}", f"Fact {seq} of {stream} is not the one that checkpoint {named[seq][1]} signed.")


def _end(
    stream: str,
    last: int,
    before: bytes,
    heads: Mapping[str, Head],
    named: Mapping[str, Mapping[int, tuple[bytes, int]]],
) -> Iterator[_Bad]:
    if not stream:
        return
    signed = max(named.get(stream, {0: None}))
    if signed > last:
        n = named[stream][signed][1]
        yield _Bad(f"{stream} {last + 1}", f"{stream} was cut after fact {last}: checkpoint {n} signed fact {signed}.")
    if heads.get(stream) != (last, before):
        yield _Bad(f"{stream} {last}", f"{stream} ends with fact {last}, and its head says otherwise.")


def _opens(keys: Keys, clear: Clear, body: bytes) -> bool:
    try:
        keys.open(clear.stream, body, clear.context())
    except KeyErasedError:
        return True  # Erased at the end of retention: the chain still stands.
    except KeyMissingError:
        return False
    return True
