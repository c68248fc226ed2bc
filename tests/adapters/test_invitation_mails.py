"""The mail of an invitation: the sealed letter, a calendar file and an empty form in clear, which name nobody."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from zipfile import ZipFile

import pytest

from pipeline.adapters.envelopes import new_message_id, pack_envelope
from pipeline.adapters.pack_mails import PackMails
from pipeline.domain.addresses import ConfirmedAddress, confirmed
from pipeline.domain.diary import as_icalendar, entries
from pipeline.domain.report_form import Beside, form_values
from pipeline.errors import GateClosedError
from pipeline.ports import Envelope, Wording
from tests.domain.making import PEOPLE, REF, SCHOOL, at, case

MAILS = PackMails(sender="conferences@team.example")


def to_school() -> ConfirmedAddress:
    """The school's address, confirmed."""
    return confirmed(case().standing(SCHOOL.id), at(20))


def invitation(*, asked: bool) -> Envelope:
    """The mail of the school's invitation."""
    made = case()
    form = form_values(made, SCHOOL, team="Port Mere", mailbox="conferences@team.example") if asked else None
    return MAILS.pack_mail(
        copy="k1",
        to=to_school(),
        wording=Wording.INVITATION,
        reference=REF,
        held="Mon 30 Nov 2026 09:30 GMT",
        duty_line="Ring 999.",
        ring="01632 960100",
        attachment=b"%PDF sealed",
        at=at(20),
        beside=Beside(calendar=as_icalendar(entries(made), at(20), "team.example"), report_form=form),
    )


@pytest.mark.parametrize("asked", [True, False])
def test_the_letter_is_sealed_and_what_lies_beside_it_names_nobody(asked: bool) -> None:
    """One PDF, one calendar file, and where a report is asked one Word form; no name or agency in clear but the reader's own."""
    mail = message_from_bytes(invitation(asked=asked).raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    parts = {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}
    names = [f"papers-{REF}.pdf", f"meeting-{REF}.ics", *([f"report-form-{REF}.docx"] if asked else [])]
    assert list(parts) == names
    calendar = parts[f"meeting-{REF}.ics"]
    assert isinstance(calendar, bytes) and calendar.startswith(b"BEGIN:VCALENDAR\r\n") and b"\r\r" not in calendar
    words = mail.get_body(("plain",)).get_content() + str(mail["Subject"]) + calendar.decode()  # type: ignore[union-attr]
    if asked:
        form = parts[f"report-form-{REF}.docx"]
        assert isinstance(form, bytes)
        words += ZipFile(BytesIO(form)).read("word/document.xml").decode()
    for who in PEOPLE:
        known = [who.name, who.email, who.agency if who.id != SCHOOL.id else None]
        assert not [one for one in known if one and one in words]


def test_the_same_invitation_has_the_same_bytes() -> None:
    """A second try is the same mail: its Word form, too, holds no time at which it was packed."""
    first = invitation(asked=True).raw
    assert invitation(asked=True).raw == first
    mail = message_from_bytes(first, policy=policy.default)
    form = [part.get_payload(decode=True) for part in mail.walk() if str(part.get_filename()).endswith(".docx")]
    packed = ZipFile(BytesIO(bytes(form[0]))).infolist()  # type: ignore[arg-type]
    assert {part.date_time for part in packed} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("name", ["Maren Fernsby.ics", "form.exe", "../x.docx", "form.docx\r\nX: y"])
def test_a_file_of_another_kind_or_name_goes_nowhere(name: str) -> None:
    """Only a calendar file and a Word form of a plain name may travel beside a letter."""
    with pytest.raises(GateClosedError):
        pack_envelope(
            message_id=new_message_id("k1", "team.example"), sender="conferences@team.example", to=to_school(), subject="s",
            body="b", attachment=b"%PDF", attachment_name="papers.pdf", at=at(20), team_reply=None, beside={name: b"x"},
        )  # fmt: skip
