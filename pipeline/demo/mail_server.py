"""The recipients' mail server, on loopback: STARTTLS and a login are required, and each mail becomes a file.

The only importer of aiosmtpd and trustme. It stands for the world outside, so what it keeps lies outside the home.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

HOST = "127.0.0.1"
USERNAME = "conference-packs"
STARTS_WITHIN_SECONDS = 20.0
LARGEST_BYTES = 60 * 1024 * 1024
_T = TypeVar("_T")
_INVENTED = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+\.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where the server listens and what it asks for. The certificate and the password are new with each start."""

    port: int
    password: str
    ca_file: Path
    folder: Path

    @property
    def host(self) -> str:
        """The numeric loopback address."""
        return HOST

    @property
    def username(self) -> str:
        """The login."""
        return USERNAME


def delivered(folder: Path) -> list[Path]:
    """Returns the mails that the server took over, by mailbox and in their order."""
    return sorted(folder.glob("*/*.eml"))


@contextmanager
def mail_server(folder: Path) -> Iterator[Running]:
    """Runs the server on a port that the system picks; a mail to a@b.example becomes `folder`/a@b.example/NNN.eml."""
    import trustme

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert(HOST, "localhost").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    password = secrets.token_urlsafe(18)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail-server", daemon=True)
    thread.start()
    try:
        server = _in(loop, _listen(folder, context, password))
        try:
            port = server.sockets[0].getsockname()[1]
            yield Running(port=port, password=password, ca_file=ca_file, folder=folder)
        finally:
            _in(loop, _finish(server))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STARTS_WITHIN_SECONDS)
        loop.close()


def _in(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(STARTS_WITHIN_SECONDS)


async def _listen(folder: Path, context: ssl.SSLContext, password: str) -> asyncio.Server:
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

    # it warns of its own deprecated attribute at each login; a fault is still told
    logging.getLogger("mail.log").setLevel(logging.ERROR)

    def login(_server: Any, _session: Any, _envelope: Any, mechanism: str, given: Any) -> Any:
        good = (
            mechanism in ("LOGIN", "PLAIN")
            and isinstance(given, LoginPassword)
            and secrets.compare_digest(given.login, USERNAME.encode())
            and secrets.compare_digest(given.password, password.encode())
        )
        return AuthResult(success=good, handled=False)

    def talk() -> Any:
        return SMTP(
            _Mailboxes(folder),
            hostname="mail.recipients.example",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=login,
            data_size_limit=LARGEST_BYTES,
            loop=asyncio.get_running_loop(),
        )

    return await asyncio.get_running_loop().create_server(talk, HOST, 0)


async def _finish(server: asyncio.Server) -> None:
    """Ends listening, and what is still talking."""
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Mailboxes:
    """Takes mails over: one file a recipient, there before the server says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        """Refuses whatever is not an invented address; it also becomes the name of a folder."""
        if not _INVENTED.fullmatch(address):
            return "550 5.1.1 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 known"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        """Writes the mail into each recipient's mailbox."""
        if session.ssl is None or not session.authenticated:
            return "530 5.7.0 STARTTLS and a login come first"
        for recipient in envelope.rcpt_tos:
            box = self._folder / recipient.lower()
            box.mkdir(mode=0o700, exist_ok=True)
            number = len(list(box.glob("*.eml"))) + 1
            half = box / f".{number:03d}.part"
            half.write_bytes(envelope.original_content)
            half.rename(box / f"{number:03d}.eml")
        return "250 2.0.0 taken over"
