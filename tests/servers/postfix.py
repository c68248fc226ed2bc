"""A real Postfix (submission: STARTTLS required, AUTH) that delivers by LMTP into a real Dovecot, read by IMAP.

Throw-away configurations of mail.md section 10 on free loopback ports. Postfix's master must start as root; `missing()`
says in words what stands in the way here.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

_POSTFIX = "/usr/sbin/postfix"
_DOVECOT = "/usr/sbin/dovecot"
_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str | None:
    """Returns what these servers need and do not find here, in words; None if they can run."""
    if os.geteuid() != 0:
        return "Postfix's master process starts as root only"
    absent = [program for program in (_POSTFIX, _DOVECOT) if not Path(program).exists()]
    return f"not installed: {', '.join(absent)} (scripts/setup installs them)" if absent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where the servers listen and how to log in. Any mailbox of `domains` exists, with the same password for IMAP.

    But `gone@` is refused for good (550) and `full@` for now (450).
    """

    host: str
    port: int
    tls_port: int
    imap_port: int
    username: str
    password: str
    ca_file: Path
    domains: tuple[str, ...]
    folder: Path

    def delivered(self, address: str) -> list[bytes]:
        """Returns the mails in the inbox of `address` as the IMAP server gives them, oldest first."""
        trusted = ssl.create_default_context(cafile=str(self.ca_file))
        box = imaplib.IMAP4_SSL(self.host, self.imap_port, ssl_context=trusted, timeout=10)
        with closing(box.socket()), box:
            box.login(address, self.password)
            box.select("INBOX", readonly=True)
            numbers = box.search(None, "ALL")[1][0].split()
            return [_literal(box.fetch(number, "(RFC822)")[1]) for number in numbers]

    def wait_delivered(self, address: str, count: int, *, within_seconds: float = 20) -> list[bytes]:
        """Returns the mails as soon as there are `count`, or what there is when the time is over."""
        end = time.monotonic() + within_seconds
        while len(mails := self.delivered(address)) < count and time.monotonic() < end:
            time.sleep(0.1)
        return mails

    def log(self) -> str:
        """Returns what Postfix and Dovecot have logged so far."""
        return "".join(file.read_text(errors="replace") for file in self.folder.glob("*.log"))


def _literal(answer: object) -> bytes:
    assert isinstance(answer, list)
    return next(bytes(piece[1]) for piece in answer if isinstance(piece, tuple))


@contextmanager
def mail_server(
    domains: Sequence[str] = ("agency.example", "family.example", "team.example"),
) -> Iterator[MailServer]:
    """Runs both servers in a folder of their own, which is gone afterwards."""
    smtp, smtps, imaps, lmtp, sasl = _free_ports(5)
    password = secrets.token_urlsafe(16)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mail-server-")))
        root.chmod(0o755)
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost", "127.0.0.1", "mx.team.example")
        authority.cert_pem.write_to_path(str(root / "ca.pem"))
        certificate.private_key_pem.write_to_path(str(root / "key.pem"))
        for index, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(str(root / "cert.pem"), append=index > 0)
        (root / "key.pem").chmod(0o600)
        stack.enter_context(_dovecot(root, password, imaps=imaps, lmtp=lmtp, sasl=sasl))
        stack.enter_context(_postfix(root, domains, smtp=smtp, smtps=smtps, lmtp=lmtp, sasl=sasl))
        yield MailServer(
            host="localhost",
            port=smtp,
            tls_port=smtps,
            imap_port=imaps,
            username="team@team.example",
            password=password,
            ca_file=root / "ca.pem",
            domains=tuple(domains),
            folder=root,
        )


@contextmanager
def _dovecot(root: Path, password: str, *, imaps: int, lmtp: int, sasl: int) -> Iterator[None]:
    nobody = pwd.getpwnam("nobody")
    mail = root / "mail"
    mail.mkdir()
    os.chown(mail, nobody.pw_uid, nobody.pw_gid)
    config = root / "dovecot.conf"
    config.write_text(f"""\
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
ssl_min_protocol = TLSv1.2
mail_location = maildir:~/Maildir
mail_home = {mail}/%Ld/%n
mail_uid = {nobody.pw_uid}
mail_gid = {nobody.pw_gid}
first_valid_uid = 1
auth_mechanisms = plain login
auth_failure_delay = 0 secs
disable_plaintext_auth = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={nobody.pw_uid} gid={nobody.pw_gid} home={mail}/%Ld/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
protocol lmtp {{
  postmaster_address = postmaster@team.example
}}
""")
    config.chmod(0o600)
    with _running([_DOVECOT, "-F", "-c", str(config)], root / "dovecot.out", ports=[imaps, lmtp, sasl]):
        yield


@contextmanager
def _postfix(root: Path, domains: Sequence[str], *, smtp: int, smtps: int, lmtp: int, sasl: int) -> Iterator[None]:
    for name in ("etc", "data", "queue"):
        (root / name).mkdir()
    shutil.chown(root / "data", "postfix")
    etc = root / "etc"
    (etc / "main.cf").write_text(f"""\
compatibility_level = 3.6
config_directory = {etc}
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/mail.log
maillog_file_prefixes = /
multi_instance_enable = yes
multi_instance_name = postfix-{root.name.replace("_", "-")}
myhostname = mx.team.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
virtual_mailbox_domains = {", ".join(domains)}
virtual_mailbox_maps = static:OK
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
recipient_delimiter = +
default_transport = discard:
disable_dns_lookups = yes
smtpd_peername_lookup = no
message_size_limit = 52428800
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_protocols = >=TLSv1.2
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient, check_recipient_access texthash:{etc}/refused
""")
    (etc / "refused").write_text("gone@ 550 5.1.1 no such mailbox\nfull@ 450 4.2.2 mailbox full\n")
    (etc / "master.cf").write_text(
        f"127.0.0.1:{smtp} inet n - n - - smtpd\n"
        f"127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n" + _SERVICES
    )
    stop = [_POSTFIX, "-c", str(etc), "stop"]
    with _running([_POSTFIX, "-c", str(etc), "start-fg"], root / "postfix.out", ports=[smtp, smtps], stop=stop):
        yield


@contextmanager
def _running(argv: list[str], output: Path, *, ports: Sequence[int], stop: list[str] | None = None) -> Iterator[None]:
    with output.open("wb") as words:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT)
        try:
            for port in ports:
                _await_port(port, process, output)
            yield
        finally:
            if stop is not None and process.poll() is None:
                subprocess.run(stop, check=False, capture_output=True, timeout=20)
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _await_port(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    log = "".join(file.read_text(errors="replace") for file in output.parent.glob("*.log"))
    raise RuntimeError(f"port {port} did not open: {output.read_text(errors='replace')}{log}")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]
