"""The rehearsal home's folder of sent mails: complete or absent, once, provable."""

from __future__ import annotations

import dataclasses
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.adapters.envelopes import new_message_id, pack_envelope
from pipeline.adapters.outbox_mailer import OutboxMailer
from pipeline.domain.addresses import ConfirmedAddress
from pipeline.errors import GateClosedError, MailServerError
from pipeline.ports import Accepted, Envelope, NotTaken

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def envelope(key: str = "copy-1", body: str = "See the attached document.\n") -> Envelope:
    """A mail to a confirmed address."""
    return pack_envelope(
        message_id=new_message_id(key, "team.example"),
        sender="conferences@team.example",
        to=ConfirmedAddress(address="gp@agency.example", confirmed_at=AT, expires_at=AT + timedelta(days=300)),
        subject="Papers",
        body=body,
        attachment=b"%PDF-1.7 sealed",
        attachment_name="document.pdf",
        at=AT,
        team_reply=None,
    )


def test_a_mail_is_one_private_file_with_the_very_bytes(tmp_path: Path) -> None:
    """After submit there is one .eml for its owner only, byte for byte the envelope, and nothing else."""
    mailer = OutboxMailer(tmp_path / "outbox" / "sent")
    mail = envelope()
    assert mailer.submit(mail, lambda: None) == Accepted(reply="250 2.0.0")
    (file,) = (tmp_path / "outbox" / "sent").iterdir()
    assert file == mailer.path(mail.message_id)
    assert file.suffix == ".eml"
    assert file.read_bytes() == mail.raw
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_before_data_comes_before_the_file_is_seen(tmp_path: Path) -> None:
    """The mark in the ledger is made while nobody can yet see the mail."""
    mailer = OutboxMailer(tmp_path)
    seen: list[bool] = []
    mailer.submit(envelope(), lambda: seen.append(mailer.path(envelope().message_id).exists()))
    assert seen == [False]


def test_if_before_data_raises_nothing_is_left(tmp_path: Path) -> None:
    """A gate that closes at the last moment leaves no mail and no trace, and its error goes on."""

    def closed() -> None:
        raise GateClosedError("stopped")

    with pytest.raises(GateClosedError, match="stopped"):
        OutboxMailer(tmp_path).submit(envelope(), closed)
    assert list(tmp_path.iterdir()) == []


def test_the_same_message_id_twice_leaves_the_earlier_one(tmp_path: Path) -> None:
    """A repeated mail is accepted again and does not replace what was sent."""
    mailer = OutboxMailer(tmp_path)
    mailer.submit(envelope(body="first\n"), lambda: None)
    assert isinstance(mailer.submit(envelope(body="second\n"), lambda: None), Accepted)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == envelope(body="first\n").raw


def test_look_up_proves_either_way(tmp_path: Path) -> None:
    """The folder says for certain whether a mail was taken."""
    mailer = OutboxMailer(tmp_path)
    mail = envelope()
    assert mailer.look_up(mail.message_id) == NotTaken(code="outbox.absent", permanent=False)
    mailer.submit(mail, lambda: None)
    assert isinstance(mailer.look_up(mail.message_id), Accepted)
    assert isinstance(OutboxMailer(tmp_path / "elsewhere").look_up(mail.message_id), NotTaken)


def test_what_a_killed_writer_left_is_swept_and_does_not_count(tmp_path: Path) -> None:
    """A half-written file of a killed process is no proof of a mail and is gone after the next try of the same mail."""
    mailer = OutboxMailer(tmp_path)
    mail = envelope()
    stem = mailer.path(mail.message_id).stem
    (tmp_path / f".{stem}.0011.tmp").write_bytes(mail.raw[:50])
    assert isinstance(mailer.look_up(mail.message_id), NotTaken)
    mailer.submit(mail, lambda: None)
    assert [file.name for file in tmp_path.iterdir()] == [f"{stem}.eml"]


def test_many_threads_and_one_mail_make_one_file(tmp_path: Path) -> None:
    """Different mails at the same time all arrive; none disturbs another."""
    mailer = OutboxMailer(tmp_path)
    outcomes: list[object] = []
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(mailer.submit(envelope(f"copy-{n}"), lambda: None)))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Accepted(reply="250 2.0.0")] * 20
    assert len(list(tmp_path.glob("*.eml"))) == 20 == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize(
    "message_id", ["<../../x@team.example>", "<a/b@team.example>", "x", "<.hidden@x>", "<" + "a" * 200 + "@x>"]
)
def test_a_hostile_id_stays_in_the_folder(tmp_path: Path, message_id: str) -> None:
    """Whatever the id, the path lies directly in the folder and is visible."""
    path = OutboxMailer(tmp_path).path(message_id)
    assert path.parent == tmp_path
    assert path.resolve().parent == tmp_path.resolve()
    assert not path.name.startswith(".")
    assert len(path.name) < 200


def test_an_envelope_that_disagrees_with_itself_is_refused(tmp_path: Path) -> None:
    """A mail whose To header is not the confirmed address is not written."""
    mail = envelope()
    wrong = dataclasses.replace(mail, raw=mail.raw.replace(b"To: gp@", b"To: dr@"))
    with pytest.raises(GateClosedError):
        OutboxMailer(tmp_path).submit(wrong, lambda: None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    """No folder, no mail: the outcome says nothing was taken, and check names the fix."""
    (tmp_path / "file").write_text("not a folder")
    mailer = OutboxMailer(tmp_path / "file" / "sent")
    assert mailer.submit(envelope(), lambda: None) == NotTaken(code="outbox.write", permanent=False)
    with pytest.raises(MailServerError, match="packs doctor"):
        mailer.check()
    with pytest.raises(MailServerError):
        mailer.keep(envelope())


def test_check_and_keep(tmp_path: Path) -> None:
    """A good folder checks clean and leaves nothing; keep writes the mail once and says where."""
    mailer = OutboxMailer(tmp_path / "sent")
    assert mailer.check() == "outbox"
    assert os.listdir(tmp_path / "sent") == []
    assert mailer.keep(envelope()) == mailer.keep(envelope())
    assert mailer.keep(envelope()).read_bytes() == envelope().raw
