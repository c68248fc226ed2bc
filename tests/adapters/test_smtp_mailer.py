"""Submission against a real Postfix, and against a peer that fails at every single step."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.envelopes import new_message_id, pack_envelope
from pipeline.adapters.smtp_mailer import SmtpMailer
from pipeline.adapters.smtp_route import is_loopback
from pipeline.domain.addresses import ConfirmedAddress
from pipeline.errors import GateClosedError, MailServerError
from pipeline.ports import Accepted, Envelope, NotTaken, Submission, Unknown
from tests.servers import faulty_smtp as peers
from tests.servers.faulty_smtp import FaultyPeer, faulty_smtp
from tests.servers.postfix import MailServer, mail_server, missing

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
# Dots at the start of lines, also alone, first and last: what a wrong dot-stuffing would cut or lose.
BODY = ".first\n.\n..\nSee the attached document.\n.\n"


def envelope(key: str = "copy-1", address: str = "child@agency.example", size: int = 2_000) -> Envelope:
    """A mail to a confirmed address."""
    return pack_envelope(
        message_id=new_message_id(key, "team.example"),
        sender="conferences@team.example",
        to=ConfirmedAddress(address=address, confirmed_at=AT, expires_at=AT + timedelta(days=300)),
        subject="Papers",
        body=BODY,
        attachment=b"%PDF-1.7" + bytes(range(256)) * (size // 256),
        attachment_name="document.pdf",
        at=AT,
        team_reply=None,
    )


def mailer(peer: FaultyPeer, **changes: object) -> SmtpMailer:
    """A mailer for the peer with right settings and short waits, but for `changes`."""
    settings: dict[str, object] = {
        "host": peer.host,
        "port": peer.port,
        "tls": "starttls",
        "username": peers.USERNAME,
        "password": peers.PASSWORD,
        "ca_file": peer.ca_file,
        "loopback_only": True,
        "timeout_seconds": 0.5,
        "body_timeout_seconds": 0.5,
    } | changes
    return SmtpMailer(**settings)  # type: ignore[arg-type]


def submitted(peer: FaultyPeer, **changes: object) -> tuple[Submission, int]:
    """The outcome of one mail, and how often before_data was called."""
    calls: list[None] = []
    sender = mailer(peer, **changes)
    try:
        return sender.submit(envelope(), lambda: calls.append(None)), len(calls)
    finally:
        sender.close()


# -- the faulty peer: every phase ------------------------------------------------------------------------------------


def test_a_good_peer_takes_the_very_bytes() -> None:
    """With no fault the peer gets exactly the frozen bytes, for one recipient, over TLS and after a login."""
    with faulty_smtp() as peer:
        assert submitted(peer) == (Accepted(reply="250 2.0.0"), 1)
        assert peer.taken == [("conferences@team.example", "child@agency.example", envelope().raw)]
        mail = next(line for line in peer.commands if line.startswith("MAIL"))
    assert f"SIZE={len(envelope().raw)}" in mail
    assert "RET=HDRS" in mail
    assert "ENVID=" in mail


NOT_BEGUN = [
    ("421@banner", "smtp.421", False),
    ("554@banner", "smtp.554", False),
    ("cut@banner", "smtp.connect", False),
    ("hang@banner", "smtp.timeout", False),
    ("garbage@banner", "smtp.desync", False),
    ("cut@ehlo", "smtp.cut", False),
    ("502@ehlo", "smtp.502", False),
    ("no-starttls", "smtp.tls", False),
    ("454@starttls", "smtp.454", False),
    ("cut@starttls", "smtp.tls", False),
    ("hang@starttls", "smtp.tls", False),
    ("no-auth", "smtp.auth", False),
    ("535@auth", "smtp.535", False),
    ("454@auth", "smtp.454", False),
    ("cut@auth", "smtp.cut", False),
    ("450@mail", "smtp.450", False),
    ("550@mail", "smtp.550", True),
    ("530@mail", "smtp.530", False),
    ("421@mail", "smtp.421", False),
    ("450@rcpt", "smtp.450", False),
    ("550@rcpt", "smtp.550", True),
    ("hang@rcpt", "smtp.timeout", False),
    ("cut@rcpt", "smtp.cut", False),
    ("garbage@rcpt", "smtp.desync", False),
]


@pytest.mark.parametrize(("fault", "code", "permanent"), NOT_BEGUN)
def test_a_failure_before_data_takes_nothing_and_marks_nothing(fault: str, code: str, permanent: bool) -> None:
    """Whatever fails before DATA: NotTaken, the ledger's mark is never asked for, and only MAIL or RCPT are final."""
    with faulty_smtp(fault) as peer:
        assert submitted(peer) == (NotTaken(code=code, permanent=permanent), 0)
        assert peer.taken == []


BEGUN = [
    ("451@data", NotTaken(code="smtp.451", permanent=False)),
    ("554@data", NotTaken(code="smtp.554", permanent=True)),
    ("421@data", NotTaken(code="smtp.421", permanent=False)),
    ("cut@data", NotTaken(code="smtp.cut", permanent=False)),
    ("hang@data", NotTaken(code="smtp.timeout", permanent=False)),
    ("garbage@data", NotTaken(code="smtp.cut", permanent=False)),
    ("451@dot", NotTaken(code="smtp.451", permanent=False)),
    ("554@dot", NotTaken(code="smtp.554", permanent=True)),
    ("552@dot", NotTaken(code="smtp.552", permanent=True)),
    ("cut@body", Unknown(code="smtp.cut")),
    ("cut@dot", Unknown(code="smtp.cut")),
    ("hang@dot", Unknown(code="smtp.timeout")),
    ("garbage@dot", Unknown(code="smtp.cut")),
    ("251@dot", Unknown(code="smtp.desync")),
]


@pytest.mark.parametrize(("fault", "outcome"), BEGUN)
def test_a_failure_from_data_on(fault: str, outcome: Submission) -> None:
    """After the mark: definite refusals and a cut before the body are NotTaken; lost replies are Unknown."""
    with faulty_smtp(fault) as peer:
        assert submitted(peer) == (outcome, 1)


@pytest.mark.parametrize("fault", ["cut@dot", "hang@dot"])
def test_a_lost_reply_may_hide_an_accepted_mail(fault: str) -> None:
    """The peer did take the mail over: had the outcome been NotTaken, the next try would have doubled it."""
    with faulty_smtp(fault) as peer:
        outcome, _ = submitted(peer)
        assert isinstance(outcome, Unknown)
        assert len(peer.taken) == 1


@pytest.mark.parametrize("fault", ["550@rcpt", "554@dot", "535@auth", "garbage@rcpt"])
def test_no_word_of_the_server_comes_out(fault: str) -> None:
    """The server's text, which names the address, is in no outcome."""
    with faulty_smtp(fault) as peer:
        assert "child" not in repr(submitted(peer))


# -- TLS -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("certificate", ["other-name", "expired", "unknown-ca"])
def test_a_certificate_that_does_not_verify_gets_nothing(certificate: str, tls: str) -> None:
    """Wrong name, expired, unknown authority: no login and no mail, by STARTTLS and on a TLS port alike."""
    with faulty_smtp(certificate=certificate, tls=tls) as peer:
        assert submitted(peer, tls=tls) == (NotTaken(code="smtp.tls", permanent=False), 0)
        assert not any(line.startswith(("AUTH", "MAIL")) for line in peer.commands)


def test_old_tls_gets_nothing() -> None:
    """A server that only speaks TLS 1.1 is refused."""
    with faulty_smtp(tls="old") as peer:
        assert submitted(peer) == (NotTaken(code="smtp.tls", permanent=False), 0)


def test_a_stripped_starttls_gets_neither_password_nor_mail() -> None:
    """Where STARTTLS is not offered, nothing but EHLO is said in clear."""
    with faulty_smtp("no-starttls") as peer:
        submitted(peer)
        assert {line.split(" ")[0] for line in peer.commands} <= {"EHLO", "QUIT"}


def test_a_tls_port_works() -> None:
    """On a port with TLS from the first byte (465) mail goes as well."""
    with faulty_smtp(tls="tls") as peer:
        assert submitted(peer, tls="tls") == (Accepted(reply="250 2.0.0"), 1)


def test_an_absent_ca_file_sends_nothing(tmp_path: Path) -> None:
    """A ca_file that is not there never means 'trust anything'."""
    with faulty_smtp() as peer:
        assert submitted(peer, ca_file=tmp_path / "none.pem") == (NotTaken(code="smtp.tls", permanent=False), 0)
        assert submitted(peer, ca_file=None) == (NotTaken(code="smtp.tls", permanent=False), 0)


# -- the gate --------------------------------------------------------------------------------------------------------


def test_if_before_data_raises_nothing_is_sent_and_the_error_goes_on() -> None:
    """A gate that closes at the last moment: no DATA, a polite end, the gate's own error."""

    def closed() -> None:
        raise GateClosedError("stopped")

    with faulty_smtp() as peer:
        sender = mailer(peer)
        with pytest.raises(GateClosedError, match="stopped"):
            sender.submit(envelope(), closed)
        sender.close()
        assert peer.taken == []
        assert "DATA" not in peer.commands
        assert peer.commands[-1] == "QUIT"


def test_before_data_runs_in_the_calling_thread_after_rcpt_and_before_data() -> None:
    """The ledger's mark is made by the worker's own thread between RCPT and DATA."""
    with faulty_smtp() as peer:
        seen: list[tuple[int, str]] = []
        sender = mailer(peer)
        sender.submit(envelope(), lambda: seen.append((threading.get_ident(), peer.commands[-1].split(" ")[0])))
        sender.close()
        assert seen == [(threading.get_ident(), "RCPT")]


def test_an_envelope_that_disagrees_with_itself_opens_no_connection() -> None:
    """A To header other than the confirmed address is found before the wire."""
    mail = envelope()
    with faulty_smtp() as peer:
        with pytest.raises(GateClosedError):
            mailer(peer).submit(dataclasses.replace(mail, raw=mail.raw.replace(b"To: child@", b"To: other@")), print)
        assert peer.connections == 0


# -- rehearsal: loopback only ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::2", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1%lo", False),
        ("localhost", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_what_counts_as_loopback(address: str, loopback: bool) -> None:
    """127.0.0.0/8 and ::1 in their numeric form, and nothing else."""
    assert is_loopback(address) is loopback


@pytest.mark.parametrize("host", ["192.0.2.10", "2001:db8::1", "0.0.0.0", "::ffff:127.0.0.1"])
def test_a_rehearsal_refuses_any_other_server(host: str) -> None:
    """A literal that is not loopback is refused at once, whatever the settings say."""
    with faulty_smtp() as peer:
        sender = mailer(peer, host=host)
        assert sender.submit(envelope(), print) == NotTaken(code="smtp.not_loopback", permanent=False)
        with pytest.raises(MailServerError, match=r"127\.0\.0\.1"):
            sender.check()
        assert peer.connections == 0


@pytest.mark.parametrize("found", [["192.0.2.10"], ["127.0.0.1", "192.0.2.10"], ["192.0.2.10", "127.0.0.1"]])
def test_a_rehearsal_refuses_a_name_that_leads_elsewhere(found: list[str]) -> None:
    """A name is refused if any of its addresses is not loopback, as a line in /etc/hosts could make it."""
    with faulty_smtp() as peer:
        outcome, calls = submitted(peer, resolve=lambda host, port: found)
        assert (outcome, calls) == (NotTaken(code="smtp.not_loopback", permanent=False), 0)
        assert peer.connections == 0


def test_a_rehearsal_connects_to_the_very_address_it_judged() -> None:
    """The name is resolved once: a second answer that leads elsewhere is never asked for."""
    answers = iter([["127.0.0.1"]])
    with faulty_smtp() as peer:
        outcome, _ = submitted(peer, resolve=lambda host, port: next(answers))
        assert isinstance(outcome, Accepted)


def test_a_name_without_an_address_takes_nothing() -> None:
    """An unknown host name is a passing failure."""
    with faulty_smtp() as peer:

        def unknown(host: str, port: int) -> list[str]:
            raise socket.gaierror

        assert submitted(peer, resolve=unknown) == (NotTaken(code="smtp.host", permanent=False), 0)


def test_a_closed_port_takes_nothing() -> None:
    """Nobody listening is a passing failure, and check says so in words."""
    with faulty_smtp() as peer:
        gone = mailer(peer)
    assert gone.submit(envelope(), print) == NotTaken(code="smtp.connect", permanent=False)
    with pytest.raises(MailServerError, match="port"):
        gone.check()


# -- connections kept ------------------------------------------------------------------------------------------------


def test_one_connection_serves_many_mails() -> None:
    """Mails one after another go over one connection, each with its one recipient."""
    with faulty_smtp() as peer:
        sender = mailer(peer)
        for number in range(5):
            assert isinstance(sender.submit(envelope(f"copy-{number}"), lambda: None), Accepted)
        sender.close()
        assert peer.connections == 1
        assert len(peer.taken) == 5
        assert peer.commands[-1] == "QUIT"


@pytest.mark.parametrize("fault", ["once", "late-cut"])
def test_a_connection_that_the_server_ended_is_replaced(fault: str) -> None:
    """A server that ends a kept connection costs nothing: the next mail goes over a new one."""
    with faulty_smtp(fault) as peer:
        sender = mailer(peer)
        for number in range(3):
            assert isinstance(sender.submit(envelope(f"copy-{number}"), lambda: None), Accepted)
        sender.close()
        assert peer.connections == 3
        assert len(peer.taken) == 3


def test_an_idle_connection_is_not_kept() -> None:
    """With no idle time each mail has a connection of its own, and it is ended."""
    with faulty_smtp() as peer:
        sender = mailer(peer, idle_seconds=0)
        sender.submit(envelope("a"), lambda: None)
        sender.submit(envelope("b"), lambda: None)
        assert peer.connections == 2
        assert peer.commands.count("QUIT") == 2


def test_several_threads_never_share_a_connection_at_once() -> None:
    """Mails of several workers at a time all arrive whole, each at its own recipient."""
    with faulty_smtp() as peer:
        sender = mailer(peer, timeout_seconds=10, body_timeout_seconds=10)
        mails = [envelope(f"copy-{n}", f"person{n}@agency.example") for n in range(12)]
        outcomes: list[Submission] = []

        def work(part: list[Envelope]) -> None:
            outcomes.extend(sender.submit(mail, lambda: None) for mail in part)

        threads = [threading.Thread(target=work, args=(mails[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sender.close()
        assert outcomes == [Accepted(reply="250 2.0.0")] * 12
        assert sorted(peer.taken) == sorted((m.sender, m.to.address, m.raw) for m in mails)
        assert peer.connections <= 4


def test_smtp_can_prove_nothing_afterwards() -> None:
    """There is no way to ask a server what became of a mail."""
    with faulty_smtp() as peer:
        assert mailer(peer).look_up(envelope().message_id) is None


@pytest.mark.parametrize("fault", ["cut@banner", "535@auth", "no-starttls", "hang@banner"])
def test_check_names_the_fix(fault: str) -> None:
    """A failing check says what to do and nothing of the server's own words."""
    with faulty_smtp(fault) as peer, pytest.raises(MailServerError) as failure:
        mailer(peer).check()
    assert "nothing was sent" in str(failure.value)
    assert "child" not in str(failure.value)


# -- the real thing --------------------------------------------------------------------------------------------------

needs_postfix = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """A real Postfix and Dovecot for the tests of this file."""
    with mail_server() as running:
        yield running


def real(server: MailServer, **changes: object) -> SmtpMailer:
    """A mailer for the real server."""
    settings: dict[str, object] = {
        "host": server.host,
        "port": server.port,
        "tls": "starttls",
        "username": server.username,
        "password": server.password,
        "ca_file": server.ca_file,
        "loopback_only": True,
        "timeout_seconds": 20.0,
    } | changes
    return SmtpMailer(**settings)  # type: ignore[arg-type]


@needs_postfix
def test_postfix_delivers_the_very_bytes(server: MailServer) -> None:
    """What is read from the mailbox by IMAP ends in the frozen bytes, small mail and 6 MB alike."""
    sender = real(server)
    mails = [envelope("real-small", "gp@agency.example"), envelope("real-big", "gp@agency.example", size=6_000_000)]
    for mail in mails:
        assert sender.submit(mail, lambda: None) == Accepted(reply="250 2.0.0")
    sender.close()
    delivered = server.wait_delivered("gp@agency.example", 2)
    assert len(delivered) == 2
    for mail in mails:
        assert sum(raw.endswith(b"\r\n" + mail.raw) for raw in delivered) == 1


@needs_postfix
def test_postfix_over_a_tls_port(server: MailServer) -> None:
    """The port with TLS from the first byte works with the real server too."""
    sender = real(server, tls="tls", port=server.tls_port)
    assert sender.submit(envelope("real-tls", "parent@family.example"), lambda: None) == Accepted(reply="250 2.0.0")
    sender.close()
    assert len(server.wait_delivered("parent@family.example", 1)) == 1


@needs_postfix
def test_postfix_refusals(server: MailServer) -> None:
    """The real server's refusals are told apart: for good, for now, login, login missing."""
    assert real(server).submit(envelope("g", "gone@agency.example"), print) == NotTaken(code="smtp.550", permanent=True)
    assert real(server).submit(envelope("f", "full@agency.example"), print) == NotTaken(
        code="smtp.450", permanent=False
    )
    wrong = real(server, password="wrong")
    assert wrong.submit(envelope("w"), print) == NotTaken(code="smtp.535", permanent=False)
    with pytest.raises(MailServerError, match="password"):
        wrong.check()
    outcome = real(server, username=None, password=None).submit(envelope("n"), print)
    assert isinstance(outcome, NotTaken)
    assert server.delivered("gone@agency.example") == []


@needs_postfix
def test_check_logs_in(server: MailServer) -> None:
    """A good server checks clean and the word says TLS and login."""
    assert real(server).check() == f"localhost:{server.port} answered over TLSv1.3, logged in"


@needs_postfix
def test_a_stopped_gate_leaves_the_mailbox_empty(server: MailServer) -> None:
    """With the real server too: an error before DATA delivers nothing, and the next mail goes."""

    def closed() -> None:
        raise GateClosedError("stopped")

    sender = real(server)
    with pytest.raises(GateClosedError):
        sender.submit(envelope("never", "chair@team.example"), closed)
    sender.submit(envelope("next", "chair@team.example"), lambda: None)
    sender.close()
    delivered = server.wait_delivered("chair@team.example", 1)
    assert len(delivered) == 1
    assert delivered[0].endswith(envelope("next", "chair@team.example").raw)
