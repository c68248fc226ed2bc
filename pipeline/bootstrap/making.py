"""Makes the adapters of a home from its settings; heavy ones when they are first used."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import RefusedError
from pipeline.ports import Mail, Mailer
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.adapters.conversion import SandboxConverter
    from pipeline.adapters.sandbox import Sandbox
    from pipeline.adapters.sql.marks import SqlClockRow

PROGRAM = Path(__file__).parents[2]
TEMPLATES = PROGRAM / "templates"


class Later:
    """Stands in for an adapter that is made when first used: most commands need few of them."""

    def __init__(self, make: Callable[[], Any]) -> None:
        """Makes nothing yet."""
        self._make = make
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)

    def made(self) -> Any:
        """Returns the adapter if it was made."""
        return self._made


def sandbox() -> Sandbox:
    """Returns the sandbox."""
    from pipeline.adapters.sandbox import Sandbox

    return Sandbox()


def converter(sandbox: Any, settings: Settings) -> SandboxConverter:
    """Returns the converter over the sandbox."""
    from pipeline.adapters.conversion import SandboxConverter

    return SandboxConverter(
        cast("Sandbox", sandbox), at_once=settings.conversion.at_once, seconds=settings.conversion.seconds
    )


def reader(sandbox: Any) -> Any:
    """Returns the reader of messages."""
    from pipeline.adapters.confined_run import confined_runner
    from pipeline.adapters.message_reader import ChildMessageReader

    return ChildMessageReader(confined_runner(cast("Sandbox", sandbox)))


def writer(converter: SandboxConverter) -> Any:
    """Returns the writer of copies, which prints its front through the converter."""
    from pipeline.adapters.pack_writer import PdfPackWriter

    return PdfPackWriter(TEMPLATES, converter.print_ours)


def prover(sandbox: Any, settings: Settings) -> Any:
    """Returns the reader of finished copies."""
    from pipeline.adapters.pack_prover import SandboxProver

    return SandboxProver(cast("Sandbox", sandbox), at_once=settings.conversion.at_once)


def mails(settings: Settings) -> Any:
    """Returns the writer of mails."""
    from pipeline.adapters.pack_mails import PackMails

    return PackMails(sender=settings.from_address, folder=TEMPLATES)


def mailer(settings: Settings) -> tuple[Mailer, Callable[[Mail], None]]:
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
        return cast(Any, Later(outbox if settings.rehearsal else _no_mailer)), lambda _envelope: None
    if settings.rehearsal:
        return cast(Any, Later(smtp)), lambda envelope: outbox().keep(envelope)
    return cast(Any, Later(smtp)), lambda _envelope: None


def _no_mailer() -> Any:
    raise RefusedError("No mail server is set for this home, so nothing is sent. Name one under [smtp] in packs.toml.")


def clock_at(settings: Settings, row: SqlClockRow) -> Callable[[datetime], datetime]:
    """Returns what maps a real instant to that of the governing clock."""
    def same(real: datetime) -> datetime:
        return real

    def rehearsed(real: datetime) -> datetime:
        history = row.history()
        earlier = [at for at, set_at in history if set_at <= real]
        return earlier[-1] if earlier else history[0][0] if history else real

    return rehearsed if settings.rehearsal else same


def marker(settings: Settings) -> Callable[[str], None]:
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


def log_plainly(home: Path) -> None:
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


def checkpoint_folder(settings: Settings) -> Path:
    """Returns where checkpoints lie: with the home, or, where hosts share a database, in a folder that all of them see."""
    return settings.data / "checkpoints" if settings.database.file is not None else settings.vault / "checkpoints"

