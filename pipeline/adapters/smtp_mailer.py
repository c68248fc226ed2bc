"""SMTP submission over verified TLS, with the phase of each mail in our own hands.

A cut looks the same to the library whether the server has taken the mail over or not, so what an error means is decided
by where it happened (mail.md section 4):

    connect, EHLO, STARTTLS, AUTH, MAIL, RCPT      anything      NotTaken (permanent: 5xx to MAIL or RCPT)
    before_data() raises                                         the connection is dropped, the error goes on
    DATA, until 354                                anything      NotTaken: no byte of the body was offered
    body, final dot, reply                         4xx / 5xx     NotTaken, for certain
    body, final dot, reply                         cut, silence  Unknown: a person decides, no machine repeats it

One recipient a mail. A connection is kept for the next mail for a short time, which makes a run of small mails about
seven times faster. Each connection has an event loop that only runs while a worker thread is in `submit`.
Outcomes are codes and never the server's words, which can hold addresses.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from pipeline.adapters.envelopes import verify_envelope
from pipeline.adapters.smtp_route import NotReachedError, Resolver, Route, resolved
from pipeline.errors import MailServerError
from pipeline.ports import Accepted, Mail, NotTaken, Submission, Unknown

if TYPE_CHECKING:
    import aiosmtplib

T = TypeVar("T")
_KEPT_AT_MOST = 4
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)")
# These 5xx speak of our own login or encryption, not of this mail: once it is put right, the mail goes. RFC 4954, 3207.
_OURS_TO_FIX = frozenset({530, 534, 535, 538})
# What a kept connection says that the server has ended meanwhile: a new one tells the truth.
_PERHAPS_ENDED = frozenset({"smtp.cut", "smtp.timeout", "smtp.421"})


class SmtpMailer:
    """Submits to one server. Safe for several worker threads; `close` says goodbye to kept connections."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: Literal["starttls", "tls"],
        username: str | None,
        password: str | None,
        ca_file: Path | None,
        loopback_only: bool,
        timeout_seconds: float = 60.0,
        body_timeout_seconds: float = 600.0,
        idle_seconds: float = 30.0,
        resolve: Resolver = resolved,
    ) -> None:
        """Keeps the settings; nothing is opened yet. All lengths are real seconds.

        `ca_file` None means the system's authorities. `loopback_only` refuses every server but 127.0.0.0/8 and ::1,
        whatever `host` says or resolves to. `timeout_seconds` bounds each step up to DATA, `body_timeout_seconds` the
        body with its reply (Source: RFC 5321 4.5.3.2.6, ten minutes). `idle_seconds` is how long a connection is kept.
        """
        self._route = Route(host=host, port=port, ca_file=ca_file, loopback_only=loopback_only, resolve=resolve)
        self._tls, self._username, self._password = tls, username, password
        self._timeout, self._body_timeout, self._idle = timeout_seconds, body_timeout_seconds, idle_seconds
        self._kept: list[tuple[float, _Session]] = []
        self._lock = threading.Lock()

    def submit(self, envelope: Mail, before_data: Callable[[], None]) -> Submission:
        """Hands the envelope over; calls `before_data`, in the calling thread, just before the DATA command.

        Raises:
            GateClosedError: the envelope's addresses do not agree; no connection was opened.
        """
        verify_envelope(envelope)
        try:
            session = self._offered(envelope)
        except NotReachedError as failure:
            return NotTaken(code=failure.code, permanent=failure.permanent)
        try:
            before_data()
        except BaseException:
            session.close(politely=True)
            raise
        try:
            outcome = session.deliver(envelope.raw)
        except BaseException:
            session.close(politely=False)
            raise
        if isinstance(outcome, Accepted):
            self._keep(session)
        else:
            session.close(politely=isinstance(outcome, NotTaken))
        return outcome

    def look_up(self, message_id: str) -> Submission | None:  # noqa: ARG002 - the port's signature
        """Returns None: SMTP has no way to ask what became of a mail."""
        return None

    def check(self) -> str:
        """Logs in and out again; returns server, TLS version and whether a login took place.

        Raises:
            MailServerError: with the step that failed and what to do.
        """
        try:
            session = self._opened()
        except NotReachedError as failure:
            raise MailServerError(
                f"The mail server {self._route} cannot be used ({failure.code}); nothing was sent. {failure.fix()}"
            ) from None
        try:
            login = "logged in" if self._username is not None else "no login set"
            return f"{self._route} answered over {session.tls_version()}, {login}"
        finally:
            session.close(politely=True)

    def close(self) -> None:
        """Ends the kept connections. The mailer can be used again afterwards."""
        with self._lock:
            kept, self._kept = self._kept, []
        for _, session in kept:
            session.close(politely=True)

    def _offered(self, envelope: Mail) -> _Session:
        """Returns a connection on which the server has said yes to sender and recipient."""
        while (session := self._taken()) is not None:
            try:
                session.offer(envelope)
                return session
            except NotReachedError as failure:
                session.close(politely=False)
                if failure.code not in _PERHAPS_ENDED:
                    raise
        session = self._opened()
        try:
            session.offer(envelope)
        except BaseException:
            session.close(politely=True)
            raise
        return session

    def _taken(self) -> _Session | None:
        now = time.monotonic()
        with self._lock:
            fresh = [pair for pair in self._kept if now - pair[0] < self._idle]
            stale = [session for since, session in self._kept if now - since >= self._idle]
            session = fresh.pop()[1] if fresh else None
            self._kept = fresh
        for old in stale:
            old.close(politely=True)
        return session

    def _keep(self, session: _Session) -> None:
        with self._lock:
            if self._idle > 0 and len(self._kept) < _KEPT_AT_MOST:
                self._kept.append((time.monotonic(), session))
                return
        session.close(politely=True)

    def _opened(self) -> _Session:
        sock = self._route.connected(self._timeout)
        session = _Session(sock, timeout=self._timeout, body_timeout=self._body_timeout)
        try:
            session.greet(self._route, self._tls, self._username, self._password)
        except BaseException:
            session.close(politely=False)
            raise
        return session


class _Session:
    """One connection and its event loop. Used by one thread at a time."""

    def __init__(self, sock: socket.socket, *, timeout: float, body_timeout: float) -> None:
        self._sock, self._timeout, self._body_timeout = sock, timeout, body_timeout
        self._loop = asyncio.new_event_loop()
        self._smtp: aiosmtplib.SMTP | None = None
        self._transports: list[Any] = []
        self._step = "connect"

    def greet(
        self,
        route: Route,
        tls: Literal["starttls", "tls"],
        username: str | None,
        password: str | None,
    ) -> None:
        """Brings the connection to where MAIL may be said. Raises NotReachedError."""
        self._stepwise(self._greet(route, tls, username, password))

    def offer(self, envelope: Mail) -> None:
        """Has the server agree to sender and the one recipient. Raises NotReachedError."""
        self._stepwise(self._offer(envelope))

    def deliver(self, raw: bytes) -> Submission:
        """Sends DATA, body and dot; returns what is known then. Never raises for the server's doing."""
        return self._run(self._deliver(raw))

    def tls_version(self) -> str:
        """Returns the version that was negotiated, for instance TLSv1.3."""
        secured = self._live().get_transport_info("ssl_object")
        return str(secured.version())

    def close(self, *, politely: bool) -> None:
        """Ends the connection and the loop; with `politely` says QUIT first, for at most five seconds."""
        import aiosmtplib

        if self._smtp is not None:
            if politely and self._smtp.is_connected:
                with suppress(aiosmtplib.SMTPException, OSError):
                    self._run(self._smtp.quit(timeout=min(self._timeout, 5.0)))
            self._smtp.close()
        for transport in reversed(self._transports):
            transport.abort()
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        for _ in range(5):  # lets the transports see the end, so that nothing is left open behind the loop
            self._run(asyncio.sleep(0))
        self._sock.close()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def _live(self) -> aiosmtplib.SMTP:
        assert self._smtp is not None, "greet comes first"
        return self._smtp

    def _stepwise(self, work: Coroutine[Any, Any, None]) -> None:
        import aiosmtplib

        try:
            self._run(work)
        except aiosmtplib.SMTPResponseException as refusal:
            self._refused(refusal.code)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            secured = (
                self._step == "tls" or isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
            )
            if secured:
                code = "smtp.tls"
            elif self._step == "auth" and not isinstance(error, OSError):
                code = "smtp.auth"
            elif isinstance(error, TimeoutError):
                code = "smtp.timeout"
            else:
                code = "smtp.connect" if self._step == "connect" else "smtp.cut"
            raise NotReachedError(code) from None

    def _refused(self, code: int) -> NoReturn:
        if not 400 <= code <= 599:
            raise NotReachedError("smtp.desync") from None
        about_this_mail = self._step in {"mail", "rcpt"} and code not in _OURS_TO_FIX
        raise NotReachedError(f"smtp.{code}", permanent=about_this_mail and code >= 500) from None

    async def _greet(
        self,
        route: Route,
        tls: Literal["starttls", "tls"],
        username: str | None,
        password: str | None,
    ) -> None:
        import aiosmtplib

        self._step = "tls"
        trusted = route.trusted()
        here = self._sock.getsockname()[0]
        smtp = self._smtp = aiosmtplib.SMTP(
            hostname=route.host,
            sock=self._sock,
            # An address literal: no look-up of our own name, and nothing of it told to the server.
            local_hostname=f"[IPv6:{here}]" if ":" in here else f"[{here}]",
            use_tls=tls == "tls",
            # Not "if offered" (None): the step below demands it, so a stripped STARTTLS ends the connection.
            start_tls=False,
            tls_context=trusted,
            timeout=self._timeout,
        )
        self._step = "connect"
        await smtp.connect()
        self._transports.append(smtp.transport)
        self._step = "ehlo"
        await smtp.ehlo()
        if tls == "starttls":
            self._step = "tls"
            await smtp.starttls()
            self._transports.append(smtp.transport)
            self._step = "ehlo"
            await smtp.ehlo()
        if smtp.get_transport_info("sslcontext") is not trusted:
            raise NotReachedError("smtp.tls")
        if username is not None:
            self._step = "auth"
            await smtp.login(username, password or "")

    async def _offer(self, envelope: Mail) -> None:
        smtp = self._live()
        self._step = "mail"
        options = []
        if smtp.supports_extension("size"):
            options.append(f"SIZE={len(envelope.raw)}")
        if smtp.supports_extension("dsn"):
            # A bounce brings our own headers back, never the body.
            options += ["RET=HDRS", f"ENVID={_xtext(envelope.message_id.strip('<>'))[:100]}"]
        await smtp.mail(envelope.sender, options=options)
        self._step = "rcpt"
        await smtp.rcpt(envelope.to.address)

    async def _deliver(self, raw: bytes) -> Submission:
        import aiosmtplib

        smtp = self._live()
        try:
            reply = await smtp.execute_command(b"DATA")
        except (aiosmtplib.SMTPException, OSError) as error:
            return NotTaken(code="smtp.timeout" if isinstance(error, TimeoutError) else "smtp.cut", permanent=False)
        if reply.code != 354:
            return _definite(reply.code) or NotTaken(code="smtp.desync", permanent=False)
        try:
            protocol = smtp.protocol
            if protocol is None:
                return NotTaken(code="smtp.cut", permanent=False)
            # Not smtp.data(): it raises the same error for a cut before and after the body. The bytes are CRLF lines
            # (verify_envelope), so only dots at the start of a line need doubling.
            protocol.write((b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
            reply = await protocol.read_response(timeout=self._body_timeout)
        except Exception as error:
            return Unknown(code="smtp.timeout" if isinstance(error, TimeoutError) else "smtp.cut")
        if reply.code == 250:
            enhanced = _ENHANCED.match(reply.message)
            return Accepted(reply=f"250 {enhanced[0]}" if enhanced else "250")
        return _definite(reply.code) or Unknown(code="smtp.desync")


def _definite(code: int) -> NotTaken | None:
    return NotTaken(code=f"smtp.{code}", permanent=code >= 500) if 400 <= code <= 599 else None


def _xtext(value: str) -> str:
    """Returns `value` in the form of RFC 3461 section 4: printable ASCII, the rest as +XX."""
    return re.sub(r"[^!-*,-<>-~]", lambda match: f"+{ord(match[0]):02X}", value)
