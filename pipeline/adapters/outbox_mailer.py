"""The rehearsal home's own mailer: no server, no network. An accepted mail is one .eml file in outbox/sent/.

A file appears complete and by a link that never replaces, so a mail is there once or not at all, and `look_up` can
prove which. Only the recipient's address in the headers is readable; the attachment is encrypted (promise 15).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pipeline.adapters.envelopes import verify_envelope
from pipeline.errors import MailServerError
from pipeline.ports import Accepted, Mail, NotTaken, Submission, Unknown

_PLAIN_ID = re.compile(r"<([A-Za-z0-9][A-Za-z0-9._@+-]{0,149})>")


class OutboxMailer:
    """Writes each mail into a folder. Safe for several processes and threads on one folder."""

    def __init__(self, folder: Path) -> None:
        """Keeps `folder` (outbox/sent); it is made on first use."""
        self._folder = folder

    def submit(self, envelope: Mail, before_data: Callable[[], None]) -> Submission:
        """Writes the mail; calls `before_data` before the file can be seen. Of one Message-ID the earlier mail stands.

        Raises:
            GateClosedError: the envelope's addresses do not agree; nothing was written.
        """
        verify_envelope(envelope)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            hidden = self._written(envelope)
        except OSError:
            return NotTaken(code="outbox.write", permanent=False)
        try:
            before_data()
            return self._shown(hidden, self.path(envelope.message_id))
        finally:
            with suppress(FileNotFoundError):
                hidden.unlink()

    def keep(self, envelope: Mail) -> Path:
        """Returns the path of the mail's file, written now unless it stands there already.

        For a rehearsal home that sends through a loopback server: outbox/sent/ then also holds what was accepted.

        Raises:
            MailServerError: the folder cannot be written.
        """
        outcome = self.submit(envelope, lambda: None)
        if isinstance(outcome, NotTaken):
            raise MailServerError(self._advice())
        return self.path(envelope.message_id)

    def look_up(self, message_id: str) -> Submission | None:
        """Returns Accepted if the mail's file is there, else NotTaken: here the folder is the whole truth."""
        if self.path(message_id).exists():
            return Accepted(reply="250 2.0.0")
        return NotTaken(code="outbox.absent", permanent=False)

    def check(self) -> str:
        """Returns `outbox` if a file can be written there. Raises MailServerError with the fix."""
        probe = self._folder / f".check-{secrets.token_hex(8)}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            probe.unlink()
        except OSError:
            raise MailServerError(self._advice()) from None
        return "outbox"

    def path(self, message_id: str) -> Path:
        """Returns where the mail's file lies or would lie; different ids never share a path."""
        plain = _PLAIN_ID.fullmatch(message_id)
        stem = plain[1] if plain else "id-" + sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / f"{stem}.eml"

    def _written(self, envelope: Mail) -> Path:
        stem = self.path(envelope.message_id).stem
        for stale in self._folder.glob(f".{stem}.*.tmp"):  # left by a killed process that was writing this very mail
            stale.unlink(missing_ok=True)
        hidden = self._folder / f".{stem}.{secrets.token_hex(8)}.tmp"
        try:
            with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(envelope.raw)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            hidden.unlink(missing_ok=True)
            raise
        return hidden

    def _shown(self, hidden: Path, final: Path) -> Submission:
        try:
            os.link(hidden, final)
        except FileExistsError:
            pass
        except OSError:
            return NotTaken(code="outbox.link", permanent=False)
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError:
            return Unknown(code="outbox.sync")
        return Accepted(reply="250 2.0.0")

    def _advice(self) -> str:
        return (
            "Nothing was sent: the folder outbox/sent cannot be written. Give the account that runs packs the right to "
            "write there, see that the disk is not full, then run `packs doctor`."
        )
