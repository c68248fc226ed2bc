"""Send: the claim and the mark before the body are appends, so whatever closed the gate meanwhile makes them fail.

pre: claimed, nothing on the wire yet; a silence here means it was not sent. data: the mark before the body is in the
ledger; a silence from here on is UNKNOWN, shown and never repeated by machine (mail.md section 6).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from pipeline.casebook import TRIES, Decision, conference_stream
from pipeline.desk import FROZEN_MAIL, SEALED_COPY, SYSTEM, Desk
from pipeline.domain.addresses import agency_address, confirmed
from pipeline.domain.case import Case
from pipeline.domain.cover import number_to_ring, starts_words
from pipeline.domain.entitlement import recipient, standing_for
from pipeline.domain.facts import (
    OF_REPORTS,
    BodyStarted,
    Document,
    Fact,
    MessageAccepted,
    MessageNotTaken,
    MessageUnknown,
    SendingClaimed,
)
from pipeline.domain.gate import closed_because
from pipeline.domain.letters import arrived_at, box_of, due_of_letter, letter_closed_because
from pipeline.domain.people import CopyId
from pipeline.domain.records import Copy, Letter
from pipeline.domain.report_form import Beside, beside_invitation
from pipeline.errors import GateClosedError, PacksError, StaleHeadError
from pipeline.ports import Accepted, Envelope, LetterEnvelope, LetterText, Mail, NotTaken, Submission, Unknown, Wording


def send(reference: str, copy_id: str, desk: Desk) -> None:
    """Sends the copy or letter if every condition of its gate holds; first settles a claim left without a result."""
    stream = conference_stream(reference)
    case, copy = _look(reference, copy_id, desk)
    if copy is None:
        return
    if copy.in_hand:
        _settle(case, copy, stream, desk)
        return
    claimed = _claimed(reference, copy_id, desk)
    if claimed is None:
        return
    envelope, attempt = claimed
    desk.mark("send.claimed")
    try:
        result = desk.mailer.submit(envelope, _before_body(reference, copy_id, attempt, envelope, desk))
    except GateClosedError:
        result = NotTaken(code="gate.closed", permanent=False)
    except PacksError as error:
        result = _after_error(reference, copy_id, error, desk)
    desk.mark("send.answered")
    desk.casebook.report(stream, [_result(CopyId(copy_id), attempt, result)], SYSTEM)
    desk.mark("send.recorded")
    if isinstance(result, Accepted):
        desk.kept_copy(envelope)


def _look(reference: str, copy_id: str, desk: Desk) -> tuple[Case, Copy | Letter | None]:
    case = desk.casebook.case(reference)
    id_ = CopyId(copy_id)
    return case, case.conference.copies.get(id_) or case.conference.letters.get(id_)


def _closed(case: Case, outgoing: Copy | Letter, now: datetime, *, address: str | None = None) -> str | None:
    """Asks the gate that is this kind's own."""
    match outgoing:
        case Copy():
            return closed_because(case, outgoing, now, address=address)
        case Letter():
            return letter_closed_because(case, outgoing, now, address=address)
        case _:
            assert_never(outgoing)


def _claimed(reference: str, copy_id: str, desk: Desk) -> tuple[Mail, int] | None:
    """Returns the frozen envelope and the number of its claim, which is in the ledger; None where the gate is closed."""
    stream = conference_stream(reference)
    made: list[tuple[Mail, int]] = []

    def decision() -> Decision | None:
        case, copy = _look(reference, copy_id, desk)
        now = desk.clock.now()
        if copy is None or copy.in_hand or _closed(case, copy, now) is not None:
            return None
        envelope = _freeze(case, copy, now, desk)
        made[:] = [(envelope, copy.claims + 1)]
        claim = SendingClaimed(
            copy=copy.copy,
            attempt=copy.claims + 1,
            address=envelope.to.address,
            message_id=envelope.message_id,
            raw=desk.vault.put(stream, envelope.raw, FROZEN_MAIL),
            worker=desk.worker,
        )
        return Decision(facts={stream: [claim]}, expected=case.heads)

    return made[0] if desk.casebook.decide(decision, SYSTEM) and made else None


def _freeze(case: Case, outgoing: Copy | Letter, now: datetime, desk: Desk) -> Mail:
    match outgoing:
        case Copy():
            return _frozen_copy(case, outgoing, now, desk)
        case Letter():
            return _frozen_letter(case, outgoing, now, desk)
        case _:
            assert_never(outgoing)


def _frozen_letter(case: Case, letter: Letter, now: datetime, desk: Desk) -> LetterEnvelope:
    conference = case.conference
    to = agency_address(conference.people[letter.person].role, box_of(case, letter.person, letter.kind), now)
    when = due_of_letter(case, letter.person)
    text = LetterText(
        kind=letter.kind,
        reference=conference.reference,
        start_at=conference.starts_of(letter.person)[0],
        due_at=when.due_at if when is not None else None,
        office_due=when.office_due if when is not None else None,
        arrived_at=arrived_at(case, letter),
        parts=letter.parts,
        duty_line=case.profile.danger_words,
    )
    key = f"{conference.reference}/{letter.copy}"
    return desk.mails.letter_mail(
        key=desk.keys.fingerprint("letter", key.encode()), to=to, text=text, at=letter.first_claim_at or now
    )


def _frozen_copy(case: Case, copy: Copy, now: datetime, desk: Desk) -> Envelope:
    assert copy.composed is not None
    to = confirmed(standing_for(case, copy.person, copy.document), now)
    return desk.mails.pack_mail(
        copy=copy.copy,
        to=to,
        wording=_wording(case, copy),
        reference=case.conference.reference,
        held=starts_words(case.conference, copy.person),
        duty_line=case.profile.danger_words,
        ring=number_to_ring(case, desk.office.phone),
        attachment=desk.vault.get(
            conference_stream(case.conference.reference), copy.composed.blob, SEALED_COPY
        ),
        at=copy.first_claim_at or now,
        beside=_beside(case, copy, copy.first_claim_at or now, desk),
    )


def _beside(case: Case, copy: Copy, at: datetime, desk: Desk) -> Beside | None:
    """What goes in clear beside a professional's invitation; nothing beside any other copy."""
    if _wording(case, copy) is not Wording.INVITATION:
        return None
    return beside_invitation(case, case.conference.people[copy.person], at, team=desk.office.team, mailbox=desk.office.sender)


def _wording(case: Case, copy: Copy) -> Wording:
    if recipient(case, copy.person, copy.document) != copy.person:
        return Wording.HAND_OVER
    if case.conference.people[copy.person].role.is_family:
        return Wording.FAMILY
    if copy.document is Document.INVITATION:
        return Wording.INVITATION
    return Wording.PROFESSIONAL if copy.document in OF_REPORTS else Wording.AFTER


def _before_body(
    reference: str, copy_id: str, attempt: int, envelope: Mail, desk: Desk
) -> Callable[[], None]:
    """Returns the last check: asks the gate again and writes the mark, against the heads it was asked at."""

    def check_and_mark() -> None:
        stream = conference_stream(reference)
        for _ in range(TRIES):
            case, copy = _look(reference, copy_id, desk)
            mine = copy is not None and copy.claim is not None and copy.claim.attempt == attempt and copy.in_hand
            if copy is None or not mine or copy.body_started:
                raise GateClosedError("The claim on this sending is no longer ours, so nothing was sent.")
            why = _closed(case, copy, desk.clock.now(), address=envelope.to.address)
            if why is not None:
                raise GateClosedError(f"Nothing was sent: {why}.")
            try:
                mark = BodyStarted(copy=copy.copy, attempt=attempt)
                desk.casebook.append({stream: [mark]}, case.heads, SYSTEM)
            except StaleHeadError:
                continue
            desk.mark("send.marked")
            return
        raise GateClosedError("The ledger moved on too often; nothing was sent, it is tried again.")

    return check_and_mark


def _after_error(reference: str, copy_id: str, error: PacksError, desk: Desk) -> Submission:
    """Returns what an error of the mailer leaves: before the mark nothing was sent, after it nobody knows."""
    _, copy = _look(reference, copy_id, desk)
    if copy is not None and copy.body_started:
        return Unknown(code=error.code)
    return NotTaken(code=error.code, permanent=False)


def _result(copy: CopyId, attempt: int, result: Submission) -> Fact:
    match result:
        case Accepted(reply=reply):
            return MessageAccepted(copy=copy, attempt=attempt, reply=reply)
        case NotTaken(code=code, permanent=permanent):
            return MessageNotTaken(copy=copy, attempt=attempt, code=code, permanent=permanent)
        case Unknown(code=code):
            return MessageUnknown(copy=copy, attempt=attempt, code=code)
        case _:
            assert_never(result)


def _settle(case: Case, copy: Copy | Letter, stream: str, desk: Desk) -> None:
    """Settles a claim whose worker is gone: not sent before the mark; after it what the transport can prove, else unknown."""
    claim = copy.claim
    assert claim is not None
    result: Submission
    if not copy.body_started:
        result = NotTaken(code="restart", permanent=False)
    else:
        result = desk.mailer.look_up(claim.message_id) or Unknown(code="restart")
    fact = _result(copy.copy, claim.attempt, result)
    try:
        desk.casebook.append({stream: [fact]}, case.heads, SYSTEM)
    except StaleHeadError:
        return  # somebody wrote meanwhile: the next look asks again
