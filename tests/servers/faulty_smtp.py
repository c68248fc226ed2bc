"""A scripted SMTP peer on loopback that fails where it is told to. It speaks real TLS and real AUTH before it does."""

from __future__ import annotations

import base64
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import trustme

USERNAME = "team"
PASSWORD = "orchard-lantern"

Fault = str
"""Where the peer fails. A word of `_Talk` (`cut@rcpt`, `450@rcpt`, `hang@dot` ...) or one of the special words below.

`none`; `cut@WHERE`, `hang@WHERE`, `CODE@WHERE` with WHERE in banner, ehlo, starttls, auth, mail, rcpt, data, body, dot,
noop; `cut@body` cuts in mid-body; `cut@dot` takes the mail over and cuts before it says so. `no-starttls`,
`no-auth`, `garbage@dot`, `once` (421 at the second MAIL of a connection), `late-cut` (takes one mail, then ends the
connection in silence).
"""


@dataclass
class FaultyPeer:
    """Where the peer listens, and what it has taken over so far."""

    host: str
    port: int
    ca_file: Path
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def faulty_smtp(fault: Fault = "none", *, certificate: str = "good", tls: str = "starttls") -> Iterator[FaultyPeer]:
    """Runs the peer. `certificate`: good, other-name, expired, unknown-ca; `tls`: starttls, tls, old."""
    with tempfile.TemporaryDirectory() as folder:
        authority = trustme.CA()
        issuer = trustme.CA() if certificate == "unknown-ca" else authority
        names = ["elsewhere.example"] if certificate == "other-name" else ["localhost", "127.0.0.1"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate == "expired":
            from datetime import UTC, datetime

            issuer.issue_cert(*names, not_after=datetime(2020, 1, 1, tzinfo=UTC)).configure_cert(context)
        else:
            issuer.issue_cert(*names).configure_cert(context)
        if tls == "old":
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.set_ciphers("DEFAULT@SECLEVEL=0")
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
        ca_file = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            peer = FaultyPeer(host="localhost", port=listener.getsockname()[1], ca_file=ca_file)
            talks: list[threading.Thread] = []

            def serve() -> None:
                while True:
                    try:
                        accepted, _ = listener.accept()
                    except OSError:
                        return
                    peer.connections += 1
                    talk = threading.Thread(target=_Talk(accepted, peer, fault, context, tls).run, daemon=True)
                    talk.start()
                    talks.append(talk)

            server = threading.Thread(target=serve, daemon=True)
            server.start()
            try:
                yield peer
            finally:
                peer.stop.set()
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()
                server.join(5)
                for talk in talks:
                    talk.join(5)


class _Cut(Exception):
    """The peer ends the connection here."""


class _Talk:
    """One connection."""

    def __init__(self, sock: socket.socket, peer: FaultyPeer, fault: Fault, context: ssl.SSLContext, tls: str) -> None:
        self.sock, self.peer, self.fault, self.context, self.tls = sock, peer, fault, context, tls
        self.sock.settimeout(20)
        self.mails = 0

    def run(self) -> None:
        with suppress(OSError, _Cut, ssl.SSLError):
            if self.tls == "tls":
                self.sock = self.context.wrap_socket(self.sock, server_side=True)
            self.reader = self.sock.makefile("rb")
            self.reply("banner", "220 peer.example ESMTP")
            while (line := self.reader.readline()) and self.answer(line.decode("ascii").rstrip("\r\n")):
                pass
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        if hasattr(self, "reader"):
            self.reader.close()
        self.sock.close()

    def say(self, text: str) -> None:
        self.sock.sendall(text.encode() + b"\r\n")

    def reply(self, where: str, good: str) -> bool:
        """Gives the good reply, or does what the fault says for this place; returns whether it was good."""
        word, _, place = self.fault.partition("@")
        if place != where:
            self.say(good)
            return True
        if word == "cut":
            raise _Cut
        if word == "hang":
            self.peer.stop.wait(20)
            raise _Cut
        if word == "garbage":
            self.say("what was that")
            return False
        self.say(f"{word} 4.0.0 no, child@agency.example, not now")
        if word == "421":
            raise _Cut
        return False

    def answer(self, line: str) -> bool:
        verb = line.split(" ")[0].upper()
        self.peer.commands.append(line)
        match verb:
            case "EHLO":
                offers = ["peer.example", "SIZE 50000000", "DSN"]
                if self.tls in {"starttls", "old"} and not isinstance(self.sock, ssl.SSLSocket):
                    offers += [] if self.fault == "no-starttls" else ["STARTTLS"]
                elif self.fault != "no-auth":
                    offers.append("AUTH PLAIN")
                self.reply("ehlo", "\r\n".join([f"250-{offer}" for offer in offers] + ["250 HELP"]))
            case "STARTTLS":
                if self.reply("starttls", "220 go on"):
                    self.sock = self.context.wrap_socket(self.sock, server_side=True)
                    self.reader = self.sock.makefile("rb")
            case "AUTH":
                given = base64.b64decode(line.split(" ")[2]).split(b"\0")[1:]
                right = given == [USERNAME.encode(), PASSWORD.encode()]
                self.reply("auth", "235 2.7.0 welcome") if right else self.say("535 5.7.8 no")
            case "MAIL":
                self.mails += 1
                if self.mails == 2 and self.fault == "once":
                    self.say("421 4.7.0 too many mails in this session")
                    return False
                self.sender = line[11 : line.index(">")]
                self.reply("mail", "250 2.1.0 ok")
            case "RCPT":
                self.recipient = line[9 : line.index(">")]
                self.reply("rcpt", "250 2.1.5 ok")
            case "DATA":
                if self.reply("data", "354 go on"):
                    self.body()
                    return self.fault != "late-cut"
            case "NOOP" | "RSET":
                self.reply(verb.lower(), "250 2.0.0 ok")
            case "QUIT":
                self.say("221 2.0.0 bye")
                return False
            case _:
                self.say("502 5.5.2 unknown")
        return True

    def body(self) -> None:
        if self.fault == "cut@body":
            self.reader.read(200)
            raise _Cut
        lines: list[bytes] = []
        while (line := self.reader.readline()) != b".\r\n":
            if not line:
                raise _Cut
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.fault in {"none", "once", "late-cut", "cut@dot", "hang@dot", "garbage@dot"} or "@dot" not in self.fault:
            self.peer.taken.append((self.sender, self.recipient, b"".join(lines)))
        self.reply("dot", "250 2.0.0 ok: queued as 4ZXQ for child@agency.example")
