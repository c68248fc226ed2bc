"""Promise 11: over real SMTP with STARTTLS and AUTH, and against servers that fail where it hurts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.bookings import ADDRESSES, GOES, REF, small
from tests.acceptance.conftest import Fork
from tests.acceptance.files import lines_of, txt
from tests.acceptance.home import Home, attachment, opens
from tests.servers.faulty_smtp import PASSWORD, USERNAME, FaultyPeer, faulty_smtp
from tests.servers.postfix import MailServer

PROFESSIONALS = ("chair", "social-worker", "school", "gp")


def served(home: Home, *, host: str, port: int, username: str, password: str, ca_file: Path) -> Home:
    """Names a server in packs.toml."""
    home.settings(
        f'[smtp]\nhost = "{host}"\nport = {port}\nusername = "{username}"\npassword = "{password}"\nca_file = "{ca_file}"'
    )
    return home


@contextmanager
def failing(home: Home, fault: str, **more: str) -> Iterator[FaultyPeer]:
    """A server on loopback that fails at a named point, set in this home."""
    with faulty_smtp(fault, **more) as peer:
        served(home, host=peer.host, port=peer.port, username=USERNAME, password=PASSWORD, ca_file=peer.ca_file)
        yield peer


@pytest.fixture
def one(filed: Home, fork: Fork) -> Home:
    """Only the chair's address is confirmed, so that one message goes."""
    home = fork(filed)
    for person in ("social-worker", "school", "gp", "mother"):
        home("address", "suspend", REF, person, "--because", "for the test", "--by", "Ann")
    home.clock(GOES)
    return home


def test_over_a_real_server(composed: Home, fork: Fork, postfix: MailServer, tmp_path: Path) -> None:
    """Each pack arrives once in its own mailbox over STARTTLS and AUTH, is the bytes that outbox/sent/ keeps, and opens."""
    home = served(
        fork(composed), host=postfix.host, port=postfix.port, username=postfix.username, password=postfix.password,
        ca_file=postfix.ca_file,
    )  # fmt: skip
    home.release(REF, "mother")
    home.clock(GOES)
    home.run()
    home.run()
    for person in (*PROFESSIONALS, "mother"):
        (raw,) = postfix.wait_delivered(ADDRESSES[person], 1)
        (kept,) = home.sent_to(ADDRESSES[person])
        assert str(kept["Message-ID"]).encode() in raw
        sealed = attachment(kept)
        assert opens(sealed, home.passphrase(REF, person), tmp_path)
    assert {row["state"] for row in home.documents(REF) if row["person"] != "father"} == {"accepted"}
    assert postfix.delivered(ADDRESSES["father"]) == []
    doctor = {str(row["check"]): row["state"] for row in home("doctor")}
    assert doctor
    home.sound()


@pytest.mark.slow
def test_a_real_home_sends_and_keeps_no_mail_outside_the_vault(homes: Path, postfix: MailServer, tmp_path: Path) -> None:
    """A real home, by the real clock: the chair's pack arrives, nothing lies in the outbox, and export gives the same bytes."""
    home = served(
        Home.make(homes / "served", rehearsal=False),
        host=postfix.host,
        port=postfix.port,
        username=postfix.username,
        password=postfix.password,
        ca_file=postfix.ca_file,
    )
    start = (datetime.now() + timedelta(hours=20)).strftime("%Y-%m-%dT12:00")
    chair = {"chair": "real.chair@portmere.example"}
    home.convene(small("PM-2611-901", start=start, addresses=chair, leave_out=("school", "gp", "mother", "father")))
    home.confirm("PM-2611-901", "chair")
    home.drop("sw.txt", txt(lines_of("social-worker", "zebra-social-worker", reference="PM-2611-901")))
    home.run()
    (raw,) = postfix.wait_delivered(chair["chair"], 1)
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert attachment(message) == home.exported("PM-2611-901", "chair")
    assert opens(attachment(message), home.passphrase("PM-2611-901", "chair"), tmp_path)
    assert not list((home.path / "outbox").rglob("*.eml"))
    home.sound()


def test_a_cut_after_the_dot_is_unknown_and_never_repeated(one: Home) -> None:
    """The server takes the mail over and is gone before it says so: shown as unknown, not sent again by machine."""
    with failing(one, "cut@dot") as peer:
        one.run()
        row = one.document(REF, "chair")
        assert (row["state"], len(peer.taken)) == ("unknown", 1)
        assert row["why"]
        one("clock", "advance", "3h")
        one.run()
        one.run()
        assert len(peer.taken) == 1
        assert one.document(REF, "chair")["state"] == "unknown"
        one.refused("settle", REF, "gp", "--accepted", "--by", "Ann", "--because", "b")
        one("settle", REF, "chair", "--accepted", "--by", "Ann", "--because", "it lies in the mailbox")
        one.run()
        assert (one.document(REF, "chair")["state"], len(peer.taken)) == ("accepted", 1)
    one.sound()


@pytest.mark.slow
def test_a_definite_refusal_is_failed(one: Home) -> None:
    """550 at the recipient: failed, with why, not tried again; another confirmed address makes the pack anew and it goes."""
    with failing(one, "550@rcpt") as peer:
        one.run()
        row = one.document(REF, "chair")
        assert row["state"] == "failed"
        assert row["why"]
        tried = peer.connections
        one("clock", "advance", "5h")
        one.run()
        assert peer.connections == tried
    toml = one.path / "packs.toml"
    toml.write_text(toml.read_text().split("[smtp]")[0])
    one("person", "change", REF, "chair", "--email", "other@portmere.example")
    one.confirm(REF, "chair")
    one.run()
    assert len(one.sent_to("other@portmere.example")) == 1


def test_a_passing_refusal_is_tried_again_later(one: Home) -> None:
    """450: released with why; not again at the same clock, but after the clock has moved on, and then once."""
    with failing(one, "450@rcpt") as peer:
        one.run()
        row = one.document(REF, "chair")
        assert (row["state"], bool(row["why"])) == ("released", True)
        rcpts = sum(c.startswith("RCPT") for c in peer.commands)
        one.run()
        assert sum(c.startswith("RCPT") for c in peer.commands) == rcpts
    toml = one.path / "packs.toml"
    toml.write_text(toml.read_text().split("[smtp]")[0])
    with failing(one, "none") as peer:
        one.run()
        assert peer.taken == []
        one("clock", "advance", "2h")
        one.run()
        one.run()
        assert len(peer.taken) == 1
        assert one.document(REF, "chair")["state"] == "accepted"
        assert len(one.sent()) == 1


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        pytest.param("no-starttls", {}, id="plain"),
        pytest.param("no-auth", {}, id="no-auth", marks=pytest.mark.slow),
        pytest.param("none", {"certificate": "unknown-ca"}, id="untrusted", marks=pytest.mark.slow),
    ],
)
def test_without_verified_tls_nothing_goes(one: Home, fault: str, more: dict[str, str]) -> None:
    """No STARTTLS, no login, or a certificate that nobody vouches for: nothing is sent, and it stays released."""
    with failing(one, fault, **more) as peer:
        one.run()
        assert peer.taken == []
        assert not [c for c in peer.commands if c.startswith(("MAIL", "RCPT", "DATA"))]
    row = one.document(REF, "chair")
    assert (row["state"], bool(row["why"])) == ("released", True)


def test_a_rehearsal_sends_to_loopback_only(one: Home) -> None:
    """Whatever its settings say, a rehearsal home reaches no other machine."""
    served(
        one, host="192.0.2.25", port=587, username="u", password="p", ca_file=Path("/etc/ssl/certs/ca-certificates.crt")
    )
    one.run(timeout=60)
    row = one.document(REF, "chair")
    assert row["state"] == "released"
    assert one.sent() == []
    assert one.ended("doctor", "--json").code == 1
