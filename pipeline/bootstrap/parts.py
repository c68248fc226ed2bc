"""The parts of a home one by one: for `packs doctor`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pipeline.bootstrap import making
from pipeline.bootstrap.making import TEMPLATES
from pipeline.errors import DatabaseUnavailableError
from pipeline.ports import Mailer
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.adapters.conversion import SandboxConverter
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import MasterKey
    from pipeline.adapters.sandbox import Sandbox
    from pipeline.adapters.sql.database import Database
    from pipeline.adapters.sql.ledger import SqlLedger



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

    def engine_trouble(self) -> str | None:
        """Returns what is wrong with the engine's database in a sentence, or None; an absent one is made by the next run."""
        from pipeline.adapters.sql.database import Database

        file = self._settings.engine_database.file
        if file is None or not file.is_file():
            return None
        engine = Database(self._settings.engine_database)
        try:
            return engine.integrity()
        finally:
            engine.close()

    def ledger(self) -> SqlLedger:
        """Returns the ledger."""
        from pipeline.adapters.sql.checkpoint_files import CheckpointFiles
        from pipeline.adapters.sql.checkpoints import Checkpoints
        from pipeline.adapters.sql.codec import Codec
        from pipeline.adapters.sql.ledger import SqlLedger

        folder, copy = making.checkpoint_folder(self._settings), self._settings.checkpoints
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
        return making.mailer(self._settings)[0]

    def sandbox(self) -> Sandbox:
        """Returns the sandbox."""
        return cast("Sandbox", self._once("sandbox", making.sandbox))

    def converter(self) -> SandboxConverter:
        """Returns the converter."""
        return cast("SandboxConverter", self._once("converter", lambda: making.converter(self.sandbox(), self._settings)))

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

