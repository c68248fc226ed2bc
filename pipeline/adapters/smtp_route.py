"""The way to the mail server: where it may be, and which certificates are believed.

A rehearsal home reaches loopback only, whatever its settings say: the host is resolved here, every address it has must
be loopback, and the very address that was judged is the one connected to. The certificate is still asked for the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Resolver = Callable[[str, int], Sequence[str]]
"""Gives the numeric addresses of a host, in the order to try. Raises OSError if there is none."""

_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def resolved(host: str, port: int) -> Sequence[str]:
    """Returns the numeric addresses that this machine has for `host`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class NotReachedError(Exception):
    """A step before DATA failed: nothing was taken over. `permanent`: a 5xx to MAIL or RCPT."""

    def __init__(self, code: str, *, permanent: bool = False) -> None:
        """Keeps the opaque code."""
        super().__init__(code)
        self.code, self.permanent = code, permanent

    def fix(self) -> str:
        """Returns what a person can do about it."""
        return _FIXES.get(self.code, "See that the server is up and that host, port and tls in packs.toml are right.")


_FIXES = {
    "smtp.not_loopback": "A rehearsal home sends to loopback only: set host to 127.0.0.1, or leave the server out.",
    "smtp.host": "The name has no address here: look for a typing error in host, or for a DNS fault.",
    "smtp.connect": "See that the server is up, that the port is right and that no firewall is in the way.",
    "smtp.tls": "TLS is required and verified: check port, ca_file, and that the certificate bears the host's name.",
    "smtp.auth": "The server offers no login that we can use: check the port and tls.",
    "smtp.535": "The server refused user name or password: put them right, then run `packs doctor` again.",
    "smtp.timeout": "The server does not answer in time: see that it is up and not overloaded.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One server. `ca_file` None means the system's authorities."""

    host: str
    port: int
    ca_file: Path | None
    loopback_only: bool
    resolve: Resolver = resolved

    def __str__(self) -> str:
        """Returns host:port."""
        return f"{self.host}:{self.port}"

    def connected(self, timeout_seconds: float) -> socket.socket:
        """Returns a socket to the server. Raises NotReachedError."""
        try:
            addresses = self.resolve(self.host, self.port)
        except (OSError, UnicodeError):
            raise NotReachedError("smtp.host") from None
        if self.loopback_only and not all(is_loopback(address) for address in addresses):
            raise NotReachedError("smtp.not_loopback")
        for address in addresses:
            with suppress(OSError):
                return socket.create_connection((address, self.port), timeout=timeout_seconds)
        raise NotReachedError("smtp.connect")

    def trusted(self) -> ssl.SSLContext:
        """Returns a context that verifies chain and name, from TLS 1.2 on. Raises OSError for an unusable `ca_file`."""
        context = ssl.create_default_context(cafile=None if self.ca_file is None else str(self.ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def is_loopback(address: str) -> bool:
    """True for a numeric address in 127.0.0.0/8 or ::1, and for no other form."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _LOOPBACK if network.version == parsed.version)
