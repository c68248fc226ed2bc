"""`packs doctor`: everything the service relies on, each looked at by itself, each failure with its fix.

Nothing here needs the home to open: a broken key, database or packs.toml is a row among the others. A look changes
nothing in the home, sends nothing and makes nothing in the place of what is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from pipeline.bootstrap import (
    House,
    Parts,
    bring_back_items,
    calendar,
    load_profile,
    machine,
    master_of_kit,
    put_key_back,
)
from pipeline.domain.calendar import spoken, spoken_day, to_local
from pipeline.errors import PacksError, RefusedError
from pipeline.ports import FileKind
from pipeline.settings import MEMORY_FOLDER, Settings, find_home, load_settings, read_settings
from pipeline.settings_file import default_settings_text

OK, WARNING, FAILED = "ok", "warning", "failed"

HOME_NEEDS_BYTES: Final = 200_000_000
HOME_WANTS_BYTES: Final = 2_000_000_000
MEMORY_NEEDS_BYTES: Final = 32_000_000
MEMORY_WANTS_BYTES: Final = 256_000_000
CALENDAR_WANTS_DAYS: Final = 365
"""How far ahead bank holidays should be announced: review conferences are booked up to six months ahead."""

NEED_NO_SETTINGS: Final = frozenset({"key", "sandbox", "libreoffice", "ocr", "fonts", "templates"})

_BACKUP = "Bring it back from the newest backup (README, Recover)."
_KEYS = "Put the right key file back (packs doctor --kit FILE --restore), or the newest backup of the keys database."
_BROKEN_LEDGER = "Stop sending with `packs stop --because …`, then see `packs audit verify` and README, Recover."
_SETUP = "Run: make setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check: what was found, in a sentence without names, and what to do where that is not well."""

    check: str
    state: str
    what: str
    fix: str = ""


Look = Callable[[], Row | Iterator[Row]]


def examine(home: str | None, *, only: Collection[str] | None = None) -> list[dict[str, str]]:
    """Returns a row for each check of the home, in an order that names causes before what follows from them.

    With `only`, the checks of these names alone. Where packs.toml cannot be used, what does not depend on it is looked
    at all the same.

    Raises:
        RefusedError: there is no home there.
    """
    folder = find_home(home)
    settings, rows = _settings(folder)
    if settings is None:
        settings = read_settings(default_settings_text("none", "none", "none@home.example", False), folder, {})
        only = NEED_NO_SETTINGS.intersection(NEED_NO_SETTINGS if only is None else only)
    parts = Parts(settings)
    try:
        for check, look, fix in _checks(settings, parts):
            if only is None or check in only:
                rows += _looked(check, look, fix)
    finally:
        parts.close()
    return [asdict(row) for row in rows]


def check_kit(home: str | None, kit: Path, words: str) -> None:
    """Returns if the kit's text and words give this home's very key.

    Raises:
        KitProblemError: the text is damaged, or the words are not its words.
        RefusedError: the file cannot be read, or the kit opens and is another home's.
        KeyMissingError: the home has no key to compare with; `restore_key` puts it back.
    """
    opened = master_of_kit(machine().read_text_of(kit), words)
    if Parts(load_settings(find_home(home))).master() != opened:
        raise RefusedError("The words open this kit, but it is another home's: its key is not this home's key.")


def restore_key(home: str | None, kit: Path, words: str) -> None:
    """Puts a lost key back from its kit; it is durable on return.

    Raises:
        KitProblemError: as `check_kit`.
        RefusedError: the home still has a key, or the kit's key does not open this home's; nothing was changed.
    """
    settings = load_settings(find_home(home))
    put_key_back(settings, master_of_kit(machine().read_text_of(kit), words))


def rebuild_indexes(house: House) -> tuple[int, int]:
    """Makes the indexes again from facts, and items of what the vault holds and no fact names.

    Returns how many cases will be looked at anew, and how many items were brought back.
    """
    back = bring_back_items(house)
    return house.cases.rebuild(), back


def _settings(folder: Path) -> tuple[Settings | None, list[Row]]:
    try:
        return load_settings(folder), [Row(check="settings", state=OK, what="packs.toml can be used.")]
    except PacksError as error:
        return None, [Row(check="settings", state=FAILED, what=str(error), fix="Correct these lines of packs.toml.")]


def _looked(check: str, look: Look, fix: str) -> list[Row]:
    """Returns what a look found; one that raises is a failed row and never the end of the others."""
    try:
        found = look()
        return [found] if isinstance(found, Row) else list(found)
    except PacksError as error:
        return [Row(check=check, state=FAILED, what=str(error), fix=fix)]
    except Exception as error:  # a look at something broken may trip over anything; its words may hold content
        return [Row(check=check, state=FAILED, what=f"This could not be looked at ({type(error).__name__}).", fix=fix)]


def _checks(settings: Settings, parts: Parts) -> Iterator[tuple[str, Look, str]]:
    yield "rights", partial(_rights, settings), "Give this user the rights."
    yield "kit", partial(_kit, settings), "Move it away."
    yield "key", partial(_key, settings, parts), "Put the key file back, or: packs doctor --kit FILE --restore"
    yield "keys", partial(_keys, parts), _KEYS
    yield "database", partial(_database, settings, parts), _BACKUP
    yield "ledger", partial(_ledger, parts), _BROKEN_LEDGER
    yield "engine", partial(_engine, parts), "Stop `packs run`, then remove the file: it is only the runner's memory."
    yield "checkpoints", partial(_checkpoints, settings), "Name a folder on another machine as `checkpoints`."
    yield "vault", partial(_vault, parts), "Mount the right folder, or name it as `vault` in packs.toml."
    yield "clock", partial(_clock, settings, parts), "Set the machine's clock right, best by NTP."
    yield "phones", partial(_phones, settings), "Name the team's lines as `phones` in packs.toml."
    yield "profile", partial(_profile, settings, parts), "Name a profile that `packs profiles` lists."
    yield "calendar", partial(_calendar, settings, parts), _SETUP
    yield "sandbox", partial(_sandbox, parts), _SETUP
    yield "libreoffice", partial(_libreoffice, parts), _SETUP
    yield "ocr", partial(_ocr, parts), "Run: apt-get install tesseract-ocr"
    yield "fonts", _fonts, _SETUP
    yield "templates", partial(_templates, parts), "Correct it in Word, or take the one that came with the program."
    yield "mail", partial(_mail, settings, parts), "Correct [smtp] in packs.toml, then run `packs doctor` again."
    yield "letters", partial(_letters, settings), "Write `letters = true` in packs.toml once the team wants them to go."
    yield "disk", partial(_disk, settings), "Make room."
    yield "shares", partial(_shares, settings), "Move it to a local disk."


def _rights(settings: Settings) -> Iterator[Row]:
    looks = machine()
    folders = {
        "home": settings.home,
        "data": settings.data,
        "inbox": settings.inbox,
        "outbox": settings.outbox,
        "vault": settings.vault,
    }
    shut = [name for name, folder in folders.items() if not looks.can_write(folder)]
    if shut:
        yield Row(
            check="rights",
            state=FAILED,
            what=f"This user may not read and write: {', '.join(shut)} (or it is not there).",
            fix="Make this user the owner of: " + ", ".join(str(folders[name]) for name in shut),
        )
    private = {"data": settings.data, "vault": settings.vault, "packs.toml": settings.home / "packs.toml"}
    wide = [name for name, path in private.items() if looks.others_may(path)]
    if wide:
        yield Row(
            check="rights",
            state=WARNING,
            what=f"Other users of this machine have rights on: {', '.join(wide)}.",
            fix="Run: chmod go= " + " ".join(str(private[name]) for name in wide),
        )
    if not shut and not wide:
        yield Row(check="rights", state=OK, what="Home, data, inbox, outbox and vault can be used; what is private is.")


def _kit(settings: Settings) -> Row:
    beside = settings.home / "recovery-kit.txt"
    if beside.exists() and not settings.rehearsal:
        return Row(
            check="kit",
            state=WARNING,
            what="The recovery kit still lies in the home: it would be lost with it.",
            fix=f"Print it, keep it apart from its words, then remove {beside}",
        )
    return Row(check="kit", state=OK, what="Try the recovery kit once a year: packs doctor --kit FILE")


def _key(settings: Settings, parts: Parts) -> Row:
    master = parts.master()
    if machine().mode_of(settings.data / "key") != 0o400:
        return Row(
            check="key",
            state=WARNING,
            what="The key opens, but its file can be written.",
            fix=f"Run: chmod 0400 {settings.data / 'key'}",
        )
    return Row(check="key", state=OK, what=f"The key (id {master.id}) is there, for its owner only.")


def _keys(parts: Parts) -> Row:
    found = parts.keys().verify()
    if found.first_bad is not None:
        return Row(check="keys", state=FAILED, what=f"{found.why} First: {found.first_bad}.", fix=_KEYS)
    return Row(check="keys", state=OK, what=f"All {found.opened} wrapped keys open; {found.erased} were erased.")


def _database(settings: Settings, parts: Parts) -> Row:
    trouble = parts.database().integrity()
    if trouble is not None:
        return Row(check="database", state=FAILED, what=trouble, fix=_BACKUP)
    kind = "SQLite" if settings.database.file else "PostgreSQL"
    return Row(check="database", state=OK, what=f"{kind} answers and is sound.")


def _ledger(parts: Parts) -> Row:
    found = parts.ledger().verify_ends()
    if found.first_bad is not None:
        return Row(
            check="ledger",
            state=FAILED,
            what=f"{found.why} First: {found.first_bad}.",
            fix=_BROKEN_LEDGER,
        )
    what = f"{found.facts} facts in {found.streams} streams, {found.checkpoints} checkpoints (all: packs audit verify)."
    return Row(check="ledger", state=OK, what=what)


def _engine(parts: Parts) -> Row:
    trouble = parts.engine_trouble()
    if trouble is not None:
        return Row(check="engine", state=FAILED, what=trouble, fix="Stop `packs run`, then remove data/engine.db; nothing is lost.")
    return Row(check="engine", state=OK, what="The runner's memory is sound, or not made yet.")


def _checkpoints(settings: Settings) -> Row:
    folder = settings.checkpoints
    if folder is None:
        return Row(
            check="checkpoints",
            state=OK if settings.rehearsal else WARNING,
            what="No second folder of checkpoints is set: whoever controls this machine could cut the ledger unseen.",
            fix="" if settings.rehearsal else "Set `checkpoints` in packs.toml to a folder on another machine.",
        )
    looks = machine()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not looks.can_write(nearest):
        return Row(
            check="checkpoints",
            state=FAILED,
            what="The second folder of checkpoints cannot be written.",
            fix=f"Mount {folder} and give this user the right to write there.",
        )
    if looks.same_disk(nearest, settings.home) and not settings.rehearsal:
        return Row(
            check="checkpoints",
            state=WARNING,
            what="The second folder of checkpoints is on the home's own disk.",
            fix="Set `checkpoints` to a folder on another machine.",
        )
    return Row(check="checkpoints", state=OK, what="The second folder of checkpoints can be written.")


def _vault(parts: Parts) -> Row:
    folder, database = parts.vault_markers()
    if database is None:
        return Row(check="vault", state=WARNING, what="The database knows no vault yet.", fix="Run: packs run --once")
    if folder != database:
        return Row(
            check="vault",
            state=FAILED,
            what="The vault's folder is another one than this database was made with.",
            fix="Mount the right folder, or name it as `vault` in packs.toml.",
        )
    return Row(check="vault", state=OK, what="The vault is this database's.")


def _phones(settings: Settings) -> Row:
    if settings.phones:
        return Row(check="phones", state=OK, what="Mails and covers name a number to ring.")
    return Row(
        check="phones",
        state=WARNING,
        what="No number to ring is set: a family that cannot open its papers is given the social worker's, or none.",
        fix='Set `phones = ["…"]` in packs.toml to the lines that are answered.',
    )


def _clock(settings: Settings, parts: Parts) -> Row:
    if settings.rehearsal:
        stands = parts.rehearsed()
        what = f"A rehearsal's: it stands at {spoken(stands)}." if stands else "A rehearsal's, not set yet."
        return Row(check="clock", state=OK, what=what)
    last, real = parts.ledger().last_at(), parts.real_now()
    if last is not None and real < last:
        return Row(
            check="clock",
            state=FAILED,
            what=f"The machine's clock says {spoken(real)}, before the last fact of {spoken(last)}.",
            fix="Set the machine's clock right, best by NTP; until then everything waits or is judged wrongly.",
        )
    return Row(check="clock", state=OK, what=f"The machine's clock says {spoken(real)}.")


def _profile(settings: Settings, parts: Parts) -> Row:
    profile = load_profile(settings.profile, settings.home / "profiles")
    today = to_local(parts.real_now()).date()
    if profile.review_on is not None and profile.review_overdue(today):
        return Row(
            check="profile",
            state=WARNING,
            what=f"The authority's own review of these rules was due on {spoken_day(profile.review_on)}; they hold.",
            fix="Ask the authority for its present rules and update the profile (pipeline/profiles/README.md).",
        )
    return Row(check="profile", state=OK, what=f"The rules of {settings.profile} are in force.")


def _calendar(settings: Settings, parts: Parts) -> Row:
    at = parts.real_now()
    if settings.rehearsal:
        with suppress(PacksError):  # a broken database is another row's business
            at = parts.rehearsed() or at
    until, today = calendar().known_until, to_local(at).date()
    if (until - today).days < CALENDAR_WANTS_DAYS:
        return Row(
            check="calendar",
            state=WARNING,
            what=f"Bank holidays are known until {spoken_day(until)}; deadlines beyond are marked provisional.",
            fix="Install a newer release of the program, whose lock file has newer bank holidays.",
        )
    return Row(check="calendar", state=OK, what=f"Bank holidays are known until {spoken_day(until)}.")


def _sandbox(parts: Parts) -> Row:
    parts.sandbox().check()
    return Row(check="sandbox", state=OK, what="No file, network or process of the machine can be reached from inside.")


def _libreoffice(parts: Parts) -> Row:
    made = parts.converter().convert(b"One line, to see whether documents become pages.", FileKind.TEXT)
    if "One line" not in made.pages[0].text:
        return Row(check="libreoffice", state=FAILED, what="A page came out without its words.", fix=_SETUP)
    mode = parts.converter().mode
    if mode == "one-shot":
        return Row(
            check="libreoffice",
            state=WARNING,
            what="Documents are converted one by one: the warm server does not start. It is nine times slower.",
            fix="Run: apt-get install --reinstall libreoffice-writer-nogui, then `packs doctor`.",
        )
    return Row(check="libreoffice", state=OK, what=f"A document became a page in the sandbox ({mode}).")


def _ocr(parts: Parts) -> Row:
    seen = parts.converter().convert(parts.picture_of_words(), FileKind.PNG).pages[0]
    if seen.read_by != "ocr":
        return Row(
            check="ocr",
            state=FAILED,
            what="Words in a picture were not read, so every scanned page would be held as unreadable.",
            fix="Run: apt-get install tesseract-ocr",
        )
    return Row(check="ocr", state=OK, what="Words in a picture were read in the sandbox.")


def _fonts() -> Row:
    missing = machine().missing_fonts()
    if missing:
        return Row(
            check="fonts",
            state=WARNING,
            what="Faces are missing that reports are written in: their lines and pages break elsewhere.",
            fix=f"Run: apt-get install {' '.join(missing)}",
        )
    return Row(check="fonts", state=OK, what="The faces that reports are written in are installed.")


def _templates(parts: Parts) -> Row:
    count = parts.render_templates()
    return Row(check="templates", state=OK, what=f"{count} Word templates can be filled.")


def _letters(settings: Settings) -> Row:
    on = "Requests, reminders and receipts without content go to agencies by themselves."
    off = "Requests and reminders to agencies do not go by themselves; `packs agenda` shows them as tasks."
    return Row(check="letters", state=OK, what=on if settings.letters else off)


def _mail(settings: Settings, parts: Parts) -> Row:
    if settings.smtp is None and not settings.rehearsal:
        return Row(
            check="mail",
            state=WARNING,
            what="No mail server is set, so nothing is sent and released copies wait.",
            fix="Set host, username and password under [smtp] in packs.toml.",
        )
    said = parts.mailer().check()
    if settings.smtp is None:
        return Row(check="mail", state=OK, what="No server is set: a rehearsal's mail is written into outbox/sent/.")
    return Row(check="mail", state=OK, what=said)


def _disk(settings: Settings) -> Iterator[Row]:
    looks = machine()
    wants = {"home": (settings.home, HOME_NEEDS_BYTES, HOME_WANTS_BYTES)}
    wants["vault"] = (settings.vault, HOME_NEEDS_BYTES, HOME_WANTS_BYTES)
    memory = settings.runtime_dir if settings.runtime_dir.is_dir() else MEMORY_FOLDER
    wants["memory"] = (memory, MEMORY_NEEDS_BYTES, MEMORY_WANTS_BYTES)
    low = False
    for name, (folder, needs, wanted) in wants.items():
        free = looks.free_bytes(folder)
        if free < wanted:
            low = True
            yield Row(
                check="disk",
                state=FAILED if free < needs else WARNING,
                what=f"The disk of {name} has {free // 1_000_000} MB left; {wanted // 1_000_000} MB are wanted.",
                fix=f"Make room on the file system of {folder}.",
            )
    if not low:
        yield Row(check="disk", state=OK, what="There is room on the disks and in memory.")


def _shares(settings: Settings) -> Iterator[Row]:
    looks = machine()
    files = {"database": settings.database.file, "keys_database": settings.keys_database.file}
    shared = [name for name, path in files.items() if path is not None and looks.on_share(path)]
    for name in shared:
        yield Row(
            check="shares",
            state=FAILED,
            what=f"The {name} is an SQLite file on a network share, where its locks cannot be trusted.",
            fix="Move the home to a local disk, or use PostgreSQL (README, Several hosts).",
        )
    late = looks.on_share(settings.inbox) and not settings.share
    if late:
        yield Row(
            check="shares",
            state=WARNING,
            what="The inbox is on a network share, and packs.toml does not say so.",
            fix="Set inbox_on_share = true in packs.toml: files are then compared by content before they are taken.",
        )
    if not shared and not late:
        yield Row(check="shares", state=OK, what="What must be on a local disk is.")
