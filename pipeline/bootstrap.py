"""The composition root: the only file that names concrete adapters. Heavy ones are made when first used."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pipeline.casebook import HOUSE, Casebook
from pipeline.desk import SYSTEM, Desk, Office
from pipeline.domain.calendar import Calendar, to_local
from pipeline.domain.facts import ClockSet, HouseFounded, MessageAccepted, SendingStopped
from pipeline.domain.people import Booking, Child, Person
from pipeline.domain.profile import Profile
from pipeline.domain.written import phone_problem
from pipeline.errors import DatabaseUnavailableError, KeyMissingError, RefusedError
from pipeline.ports import Clock, Envelope, Mailer
from pipeline.settings import Settings, find_home, load_settings
from pipeline.settings_file import default_settings_text

if TYPE_CHECKING:
    from pipeline.adapters.conversion import SandboxConverter
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import MasterKey
    from pipeline.adapters.profile_files import ProfileFiles
    from pipeline.adapters.sandbox import Sandbox
    from pipeline.adapters.sql.cases import SqlCases
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.leases import SqlLeases
    from pipeline.adapters.sql.ledger import SqlLedger
    from pipeline.adapters.sql.marks import SqlClockRow
    from pipeline.adapters.vault_files import FileVault
    from pipeline.service import Works

PROGRAM = Path(__file__).parents[1]
TEMPLATES = PROGRAM / "templates"


# --- what needs no home ----------------------------------------------------------------------------------------------------


def own_profiles(home: str | Path | None) -> Path | None:
    """Returns the folder of an installation's own profiles, `profiles/` beside packs.toml; None where there is no home."""
    try:
        return find_home(str(home) if home is not None else None) / "profiles"
    except RefusedError:
        return None


@lru_cache(maxsize=64)
def profile_files(own: Path | None = None) -> ProfileFiles:
    """Returns the delivered profiles, with those of the folder `own` beside them and in place of their namesakes."""
    from pipeline.adapters.profile_files import ProfileFiles

    return ProfileFiles(own=own)


def profile_names(own: Path | None = None) -> tuple[str, ...]:
    """Returns the names of the profiles."""
    return profile_files(own).names()


def load_profile(name: str, own: Path | None = None) -> Profile:
    """Returns a profile. Raises ProfileProblemError where there is none of that name."""
    return profile_files(own).load(name)


def read_profile_file(path: Path) -> Profile:
    """Returns the profile in a file. Raises ProfileProblemError with every problem."""
    from pipeline.adapters.profile_files import read_profile_file as read

    return read(path)


def new_profile(folder: Path, name: str, title: str, copied: Path | None) -> Path:
    """Returns the file of a new profile. Raises ProfileProblemError, and nothing is written."""
    from pipeline.adapters.profile_files import write_profile

    return write_profile(folder, name, title, copied)


def today() -> date:
    """Returns today's date in England by this machine's clock."""
    from pipeline.adapters.clock import real_now

    return to_local(real_now()).date()


@lru_cache(maxsize=1)
def calendar() -> Calendar:
    """Returns the working days of England."""
    from pipeline.adapters.bank_holidays import england_calendar

    return england_calendar()


def read_booking(content: bytes, *, format: Literal["toml", "json"], profiles: Collection[str]) -> Booking:
    """Returns the booking. Raises BookingProblemsError with every problem."""
    from pipeline.adapters.booking_file import read_booking as read

    return read(content, format=format, profiles=profiles)


def booking_schema() -> dict[str, Any]:
    """Returns the JSON schema of a booking."""
    from pipeline.adapters.booking_file import booking_schema as schema

    return schema()


def person_from_fields(fields: Mapping[str, str], children: tuple[Child, ...]) -> Person:
    """Returns a person from words of the command line, checked as in a booking."""
    from pipeline.adapters.booking_file import person_from_fields as person

    return person(fields, children)


# --- a home ----------------------------------------------------------------------------------------------------------------


class _Later:
    """Stands in for an adapter that is made when first used: most commands need few of them."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)

    def made(self) -> Any:
        """Returns the adapter if it was made."""
        return self._made


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An opened home."""

    home: Path
    settings: Settings
    desk: Desk
    database: Database
    keys: SqlKeys
    vault: FileVault
    ledger: SqlLedger
    cases: SqlCases
    leases: SqlLeases
    clock_row: SqlClockRow
    master: MasterKey

    def actor(self, name: str = "") -> str:
        """Returns the opaque id of whoever acts: a keyed hash of the name, or the desk where none is given."""
        bare = " ".join(name.split()).casefold()
        return f"clerk-{self.keys.fingerprint('actor', bare.encode())[:16]}" if bare else "desk"

    def set_clock(self, to: datetime) -> None:
        """Moves the rehearsal clock.

        Raises:
            RefusedError: a real home has no such clock; or it would go back after the first conference or item.
        """
        from pipeline.adapters.clock import real_now

        if not self.settings.rehearsal:
            raise RefusedError("This is a real home; its clock is the machine's. Nothing was changed.")
        now = self.desk.clock.now()
        used = self.ledger.streams("conference:") or self.ledger.streams("item:")
        if to < now and used:
            raise RefusedError(
                "The clock does not go back once there is a conference or an item. Nothing was changed; begin a new"
                " rehearsal home for an earlier time."
            )
        real = real_now()
        self.clock_row.set(to, real)
        self.desk.casebook.report(HOUSE, [ClockSet(to=to, real_at=real)], "desk")


@contextmanager
def opened(home: str | None, *, checkpoint: bool = True) -> Iterator[House]:
    """Opens a home for one command; at its end the heads that changed are written outside the database.

    Raises:
        RefusedError: there is no home there, or its settings have problems.
    """
    house = _open(find_home(home))
    try:
        yield house
        if checkpoint:
            house.ledger.checkpoint()
    finally:
        _close(house)


def _close(house: House) -> None:
    for adapter in (house.desk.converter, house.desk.prover, house.desk.mailer):
        made = cast(_Later, adapter).made()
        if made is not None and hasattr(made, "close"):
            made.close()
    house.database.close()
    house.keys.close()


def _open(home: Path) -> House:
    from pipeline.adapters.clock import RehearsalClock, SystemClock
    from pipeline.adapters.file_structure import StructureExaminer
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import load_master_key
    from pipeline.adapters.passphrases import new_passphrase
    from pipeline.adapters.sql import schema
    from pipeline.adapters.sql.cases import SqlCases
    from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
    from pipeline.adapters.sql.checkpoints import Checkpoints
    from pipeline.adapters.sql.codec import Codec
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.leases import SqlLeases
    from pipeline.adapters.sql.ledger import SqlLedger
    from pipeline.adapters.sql.marks import SqlClockRow
    from pipeline.adapters.sql.notes import SqlNotes
    from pipeline.adapters.vault_files import FileVault

    settings = load_settings(home)
    _log_plainly(home)
    master = load_master_key(settings.data / "key")
    database = Database(settings.database)
    schema.create(database)
    if settings.database.file is None:
        _move_in(settings, database)
    keys = SqlKeys(settings.keys_database, master)
    clock_row = SqlClockRow(database)
    clock: Clock = RehearsalClock(clock_row.now) if settings.rehearsal else SystemClock()
    files = CheckpointFiles(_checkpoint_folder(settings), master.signer(), settings.checkpoints)
    ledger = SqlLedger(database, keys, Codec(), Checkpoints(database, files, clock.now))
    vault = FileVault(settings.vault, keys)
    cases = SqlCases(database)
    sandbox = _Later(_sandbox)
    converter = _Later(lambda: _converter(sandbox, settings))
    mailer, keep = _mailer(settings)
    casebook = Casebook(
        ledger,
        clock,
        partial(load_profile, own=home / "profiles"),
        calendar(),
        releases_needed=settings.releases_needed,
        can_send=settings.smtp is not None or settings.rehearsal,
    )
    desk = Desk(
        casebook=casebook,
        clock=clock,
        keys=keys,
        vault=vault,
        index=SqlNotes(database),
        examiner=StructureExaminer(),
        converter=cast("SandboxConverter", converter),
        reader=cast(Any, _Later(lambda: _reader(sandbox))),
        writer=cast(Any, _Later(lambda: _writer(cast("SandboxConverter", converter)))),
        prover=cast(Any, _Later(lambda: _prover(sandbox, settings))),
        mailer=mailer,
        mails=cast(Any, _Later(lambda: _mails(settings))),
        office=Office(
            sender=settings.from_address,
            team=settings.team,
            gateways=tuple(settings.gateways),
            phone=", ".join(settings.phones),
            rehearsal=settings.rehearsal,
        ),
        clock_at=_clock_at(settings, clock_row),
        new_passphrase=new_passphrase,
        worker=f"{settings.host}:{os.getpid()}",
        kept_copy=keep,
        mark=_marker(settings),
    )
    return House(
        home=home,
        settings=settings,
        desk=desk,
        database=database,
        keys=keys,
        vault=vault,
        ledger=ledger,
        cases=cases,
        leases=SqlLeases(database),
        clock_row=clock_row,
        master=master,
    )


def _checkpoint_folder(settings: Settings) -> Path:
    """Returns where checkpoints lie: with the home, or, where hosts share a database, in a folder that all of them see."""
    return settings.data / "checkpoints" if settings.database.file is not None else settings.vault / "checkpoints"


def _move_in(settings: Settings, target: Database) -> None:
    """Moves the home's SQLite ledger and keys to the servers that packs.toml names since, the first time they are used.

    Raises:
        RefusedError: the server's ledger is empty and the home has none to move.
    """
    from pipeline.adapters.keys_sql import move_keys
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.moving import is_empty, move_in

    if not is_empty(target):
        return
    old_ledger, old_keys = settings.data / "packs.db", settings.data / "keys.db"
    if not old_ledger.is_file() or not old_keys.is_file():
        raise RefusedError(
            "The database named in packs.toml is empty and this home has no ledger to move into it. Nothing was changed;"
            " name the right database, or make the home anew with `packs init`."
        )
    if settings.keys_database.file is None:
        move_keys(f"sqlite:///{old_keys}", settings.keys_database)
    # the chain of checkpoints goes on where all hosts see it
    shutil.copytree(settings.data / "checkpoints", _checkpoint_folder(settings), dirs_exist_ok=True)
    source = Database(old_ledger)
    try:
        move_in(source, target)
    finally:
        source.close()


def _sandbox() -> Sandbox:
    from pipeline.adapters.sandbox import Sandbox

    return Sandbox()


def _converter(sandbox: Any, settings: Settings) -> SandboxConverter:
    from pipeline.adapters.conversion import SandboxConverter

    return SandboxConverter(
        cast("Sandbox", sandbox), at_once=settings.conversion.at_once, seconds=settings.conversion.seconds
    )


def _reader(sandbox: Any) -> Any:
    from pipeline.adapters.confined_run import confined_runner
    from pipeline.adapters.message_reader import ChildMessageReader

    return ChildMessageReader(confined_runner(cast("Sandbox", sandbox)))


def _writer(converter: SandboxConverter) -> Any:
    from pipeline.adapters.pack_writer import PdfPackWriter

    return PdfPackWriter(TEMPLATES, converter.print_ours)


def _prover(sandbox: Any, settings: Settings) -> Any:
    from pipeline.adapters.pack_prover import SandboxProver

    return SandboxProver(cast("Sandbox", sandbox), at_once=settings.conversion.at_once)


def _mails(settings: Settings) -> Any:
    from pipeline.adapters.pack_mails import PackMails

    return PackMails(sender=settings.from_address, folder=TEMPLATES)


def _mailer(settings: Settings) -> tuple[Mailer, Callable[[Envelope], None]]:
    """Returns the mailer, and what keeps a rehearsal's copy of each accepted message."""

    def outbox() -> Any:
        from pipeline.adapters.outbox_mailer import OutboxMailer

        return OutboxMailer(settings.outbox / "sent")

    def smtp() -> Any:
        from pipeline.adapters.smtp_mailer import SmtpMailer

        assert settings.smtp is not None
        return SmtpMailer(
            host=settings.smtp.host,
            port=settings.smtp.port,
            tls=settings.smtp.tls,
            username=settings.smtp.username,
            password=settings.smtp.password,
            ca_file=settings.smtp.ca_file,
            loopback_only=settings.rehearsal,
        )

    if settings.smtp is None:
        return cast(Any, _Later(outbox if settings.rehearsal else _no_mailer)), lambda _envelope: None
    if settings.rehearsal:
        return cast(Any, _Later(smtp)), lambda envelope: outbox().keep(envelope)
    return cast(Any, _Later(smtp)), lambda _envelope: None


def _no_mailer() -> Any:
    raise RefusedError("No mail server is set for this home, so nothing is sent. Name one under [smtp] in packs.toml.")


def _clock_at(settings: Settings, row: SqlClockRow) -> Callable[[datetime], datetime]:
    def same(real: datetime) -> datetime:
        return real

    def rehearsed(real: datetime) -> datetime:
        history = row.history()
        earlier = [at for at, set_at in history if set_at <= real]
        return earlier[-1] if earlier else history[0][0] if history else real

    return rehearsed if settings.rehearsal else same


def _marker(settings: Settings) -> Callable[[str], None]:
    """Returns what a crash test stops the process with; outside a rehearsal it does nothing."""
    wanted = settings.kill_at if settings.rehearsal else None
    if wanted is None:
        return lambda _name: None
    name, _, count = wanted.partition(":")
    left = [int(count or 1)]

    def mark(at: str) -> None:
        if at == name:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), 9)

    return mark


def _log_plainly(home: Path) -> None:
    """Sends our log to data/packs.log; it holds codes and opaque ids only."""
    log = logging.getLogger("packs")
    if log.handlers:
        return
    with suppress(OSError):
        handler = logging.FileHandler(home / "data" / "packs.log", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)sZ %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False


# --- making a home ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new home, with the kit's words, which are stored nowhere."""

    home: Path
    kit: Path
    words: str


def initialise(
    home: Path,
    *,
    profile: str,
    team: str,
    sender: str,
    rehearsal: bool,
    kit: Path | None,
    phones: Sequence[str] = (),
) -> Made:
    """Makes a home. `phones` are the lines that mails and covers name for people to ring.

    Raises:
        RefusedError: there is a home already, the folder holds other things' files of these names, or an argument is wrong.
    """
    from pipeline.adapters.clock import real_now
    from pipeline.adapters.envelopes import is_plain_address
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import create_master_key
    from pipeline.adapters.recovery_kit import make_kit
    from pipeline.adapters.vault_files import FileVault

    load_profile(profile, home / "profiles")
    if not is_plain_address(sender):
        raise RefusedError("--from takes one bare address such as team@council.example. Nothing was changed.")
    if any(phone_problem(phone) for phone in phones):
        raise RefusedError("--phone takes a telephone number that people can ring. Nothing was changed.")
    home = home.absolute()
    taken = [name for name in ("packs.toml", "data") if (home / name).exists()]
    if taken or (home.exists() and not home.is_dir()):
        raise RefusedError(f"There is a home already ({', '.join(taken) or 'not a folder'}); nothing was changed.")
    kit = (kit or home / "recovery-kit.txt").absolute()
    if kit.exists():
        raise RefusedError(f"{kit} exists already; nothing was changed. Name another file with --kit.")
    home.mkdir(parents=True, exist_ok=True)
    if not kit.parent.is_dir():
        raise RefusedError("--kit names a file in a folder that does not exist. Nothing was changed.")
    for name in ("inbox", "outbox", "outbox/sent", "data"):
        (home / name).mkdir(mode=0o700, exist_ok=True)
    (home / "data").chmod(0o700)
    master = create_master_key(home / "data" / "key")
    settings_text = default_settings_text(
        profile=profile, team=team, from_address=sender, rehearsal=rehearsal, phones=phones
    )
    _write_private(home / "packs.toml", settings_text)
    settings = load_settings(home)
    keys = SqlKeys(settings.keys_database, master, create=True)
    keys.ensure(HOUSE)
    vault = FileVault.create(settings.vault, keys)
    keys.close()
    made = make_kit(master)
    _write_private(kit, made.text)
    house = _open(home)
    try:
        if rehearsal:
            house.clock_row.set(real_now().replace(microsecond=0), real_now())
        founded = HouseFounded(profile=profile, team=team, rehearsal=rehearsal, marker=vault.marker())
        house.desk.casebook.append({HOUSE: [founded]}, {HOUSE: 0}, "desk")
        _same_vault(house)
        house.ledger.checkpoint(full=True)
    finally:
        _close(house)
    return Made(home=home, kit=kit, words=made.words)


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _same_vault(house: House) -> None:
    """Raises KeyMissingError where the vault's folder is not the one this database was made with."""
    from pipeline.adapters.sql.marks import VAULT_MARK, SqlMarks

    marker = house.vault.marker()
    if SqlMarks(house.database).claim(VAULT_MARK, marker) != marker:
        raise KeyMissingError(
            "The vault's folder is another one than this database's; nothing was started. Mount the right folder, or name"
            " it as `vault` in packs.toml."
        )


# --- the service -----------------------------------------------------------------------------------------------------------


@contextmanager
def working(home: str | None) -> Iterator[Works]:
    """Opens a home for `packs run`: the engine, the inbox, the leases.

    Raises:
        RefusedError: there is no home, or the vault's folder is not this database's.
    """
    from pipeline.adapters.clock import real_now
    from pipeline.adapters.engine_dbos import DbosEngine
    from pipeline.adapters.inbox_folder import FolderInbox
    from pipeline.service import Works

    with opened(home) as house:
        _same_vault(house)
        _stop_if_cut(house)
        settings = house.settings
        engine = DbosEngine(
            settings.engine_database,
            host=settings.host,
            slot_dir=settings.data / "slots",
            real_now=real_now,
            concurrency=settings.works_at_once,
            leases=house.leases,
        )
        inbox = FolderInbox(
            settings.inbox, house.desk.clock, real_now, stable_seconds=settings.stable_seconds,
            network_share=settings.share,
            largest_bytes=settings.conversion.largest_mb * 1_000_000,
        )  # fmt: skip
        house.vault.sweep(older_than_seconds=3600)
        try:
            yield Works(
                desk=house.desk,
                engine=engine,
                cases=house.cases,
                inbox=inbox,
                leases=house.leases,
                holder=f"{settings.host}:{os.getpid()}",
                real_now=real_now,
                inbox_name=lambda file: os.fsencode(file.path.relative_to(settings.inbox)).decode("utf-8", "replace"),
                seal_kept_copies=lambda: _keep_missing(house),
                is_gone=lambda holder: _is_gone(settings.host, holder),
            )
        finally:
            inbox.close()


def _stop_if_cut(house: House) -> None:
    """Stops all sending where the ledger is behind its checkpoints: restored from a backup, or cut.

    What was sent since would be sent again. A person compares and resumes; the checkpoint written now ends the matter.
    """
    stream = house.ledger.unknown_facts()
    if stream is not None:
        because = f"facts of {stream} that a checkpoint signed are not in the ledger; see README, Recover"
        house.desk.casebook.report(HOUSE, [SendingStopped(because=because)], SYSTEM)
        house.ledger.checkpoint()


def _is_gone(host: str, holder: str) -> bool:
    where, _, number = holder.rpartition(":")
    if where != host or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _keep_missing(house: House) -> int:
    """Writes a rehearsal's missing .eml of accepted messages (a crash may have come between the two); returns how many."""
    if not house.settings.rehearsal or house.settings.smtp is None:
        return 0
    from pipeline.adapters.outbox_mailer import OutboxMailer
    from pipeline.casebook import conference_stream
    from pipeline.desk import FROZEN_MAIL
    from pipeline.domain.addresses import ConfirmedAddress

    outbox = OutboxMailer(house.settings.outbox / "sent")
    written = 0
    for reference in house.desk.casebook.references():
        for copy in house.desk.casebook.conference(reference).copies.values():
            claim = copy.claim
            if not isinstance(copy.accepted, MessageAccepted) or claim is None or outbox.path(claim.message_id).exists():
                continue
            raw = house.vault.get(conference_stream(reference), claim.raw, FROZEN_MAIL)
            at = copy.composed_at
            to = ConfirmedAddress(address=claim.address, confirmed_at=at, expires_at=at)
            outbox.keep(Envelope(message_id=claim.message_id, sender=house.settings.from_address, to=to, raw=raw))
            written += 1
    return written




# --- the parts, one by one -------------------------------------------------------------------------------------------------


class Parts:
    """The adapters of a home, each made by itself: for `packs doctor`, to whom one that is broken must not hide others.

    Every method may raise a PacksError that says what is wrong with this part.
    """

    def __init__(self, settings: Settings) -> None:
        """Makes nothing yet."""
        self._settings = settings
        self._made: dict[str, Any] = {}

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def master(self) -> MasterKey:
        """Returns the home's key."""
        from pipeline.adapters.master_key import load_master_key

        return cast("MasterKey", self._once("master", lambda: load_master_key(self._settings.data / "key")))

    def keys(self) -> SqlKeys:
        """Returns the wrapped keys."""
        from pipeline.adapters.keys_sql import SqlKeys

        return cast("SqlKeys", self._once("keys", lambda: SqlKeys(self._settings.keys_database, self.master())))

    def database(self) -> Database:
        """Returns the database; an absent SQLite file is not made."""
        from pipeline.adapters.sql.database import Database

        file = self._settings.database.file
        if file is not None and not file.is_file():
            raise DatabaseUnavailableError("The database file is not there; nothing was made in its place.")
        return cast("Database", self._once("database", lambda: Database(self._settings.database)))

    def ledger(self) -> SqlLedger:
        """Returns the ledger."""
        from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
        from pipeline.adapters.sql.checkpoints import Checkpoints
        from pipeline.adapters.sql.codec import Codec
        from pipeline.adapters.sql.ledger import SqlLedger

        folder, copy = _checkpoint_folder(self._settings), self._settings.checkpoints
        files = CheckpointFiles(folder, self.master().signer(), copy)
        return SqlLedger(self.database(), self.keys(), Codec(), Checkpoints(self.database(), files, self.real_now))

    def vault_markers(self) -> tuple[str, str | None]:
        """Returns which vault the folder is, and which one the database was made with."""
        from pipeline.adapters.sql.marks import VAULT_MARK, SqlMarks
        from pipeline.adapters.vault_files import FileVault

        return FileVault(self._settings.vault, self.keys()).marker(), SqlMarks(self.database()).get(VAULT_MARK)

    def rehearsed(self) -> datetime | None:
        """Returns where the rehearsal's clock stands, None if nobody has set it."""
        from pipeline.adapters.sql.marks import SqlClockRow

        return SqlClockRow(self.database()).now()

    @staticmethod
    def real_now() -> datetime:
        """Returns the real instant."""
        from pipeline.adapters.clock import real_now

        return real_now()

    def mailer(self) -> Mailer:
        """Returns the way out."""
        return _mailer(self._settings)[0]

    def sandbox(self) -> Sandbox:
        """Returns the sandbox."""
        return cast("Sandbox", self._once("sandbox", _sandbox))

    def converter(self) -> SandboxConverter:
        """Returns the converter."""
        return cast("SandboxConverter", self._once("converter", lambda: _converter(self.sandbox(), self._settings)))

    @staticmethod
    def render_templates() -> int:
        """Fills every Word template with made-up values; returns how many there are."""
        from pipeline.adapters.specimens import EXAMPLE
        from pipeline.adapters.word_templates import WordTemplates

        names = sorted(file.stem for file in TEMPLATES.glob("[!.~]*.docx"))
        for name in names:
            WordTemplates(TEMPLATES).render(name, EXAMPLE)
        return len(names)

    @staticmethod
    def picture_of_words() -> bytes:
        """Returns a picture of printed words, made up."""
        from pipeline.adapters.specimens import picture_of_words

        return picture_of_words()

    def close(self) -> None:
        """Closes what was made."""
        for name in ("converter", "database", "keys"):
            if name in self._made:
                self._made[name].close()


def machine() -> Any:
    """Returns the looks at the machine: rights, room, fonts, file systems."""
    from pipeline.adapters import machine as looks

    return looks


def master_of_kit(text: str, words: str) -> MasterKey:
    """Returns the key that a recovery kit's text and words give. Raises KitProblemError if they do not fit."""
    from pipeline.adapters.recovery_kit import open_kit

    return open_kit(text, words)


def put_key_back(settings: Settings, master: MasterKey) -> None:
    """Stores the key of a recovery kit in the home that has lost its own, if it opens every wrapped key of that home.

    Raises:
        RefusedError: there is a key already, or the kit is another home's; nothing was changed.
    """
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import store_master_key

    keys = SqlKeys(settings.keys_database, master)
    try:
        found = keys.verify()
    finally:
        keys.close()
    if found.first_bad is not None or not found.opened:
        raise RefusedError("This kit's key does not open this home's keys: it is another home's. Nothing was changed.")
    store_master_key(settings.data / "key", master)
