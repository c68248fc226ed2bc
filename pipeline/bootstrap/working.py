"""What `packs run` works with: the engine, the inbox, the leases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.bootstrap import guards
from pipeline.bootstrap.home import opened
from pipeline.domain.addresses import AgencyAddress, ConfirmedAddress
from pipeline.domain.facts import MessageAccepted, SendingClaimed
from pipeline.domain.records import Copy, Letter
from pipeline.ports import Envelope, LetterEnvelope, Mail

if TYPE_CHECKING:
    from pipeline.bootstrap.home import House
    from pipeline.service import Works



@contextmanager
def working(home: str | None) -> Iterator[Works]:
    """Opens a home for `packs run`: the engine, the inbox, the leases.

    Raises:
        RefusedError: there is no home, or the vault's folder is not this database's.
    """
    from pipeline.adapters.clock import real_now
    from pipeline.adapters.engine_dbos import DbosEngine
    from pipeline.adapters.inbox_folder import FolderInbox
    from pipeline.service import Works

    with opened(home) as house:
        settings = house.settings
        guards.usable(settings.inbox)
        guards.same_vault(house)
        engine = DbosEngine(
            settings.engine_database,
            host=settings.host,
            slot_dir=settings.data / "slots",
            real_now=real_now,
            concurrency=settings.works_at_once,
            leases=house.leases,
        )
        inbox = FolderInbox(
            settings.inbox, house.desk.clock, real_now, stable_seconds=settings.stable_seconds,
            network_share=settings.share,
            largest_bytes=settings.conversion.largest_mb * 1_000_000,
        )  # fmt: skip
        house.vault.sweep(older_than_seconds=3600)
        try:
            yield Works(
                desk=house.desk,
                engine=engine,
                cases=house.cases,
                inbox=inbox,
                leases=house.leases,
                holder=f"{settings.host}:{os.getpid()}",
                real_now=real_now,
                inbox_name=lambda file: os.fsencode(file.path.relative_to(settings.inbox)).decode("utf-8", "replace"),
                seal_kept_copies=lambda: _keep_missing(house),
                is_gone=lambda holder: _is_gone(settings.host, holder),
            )
        finally:
            inbox.close()


def _is_gone(host: str, holder: str) -> bool:
    where, _, number = holder.rpartition(":")
    if where != host or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _keep_missing(house: House) -> int:
    """Writes a rehearsal's missing .eml of accepted messages (a crash may have come between the two); returns how many."""
    if not house.settings.rehearsal or house.settings.smtp is None:
        return 0
    from pipeline.adapters.outbox_mailer import OutboxMailer
    from pipeline.casebook import conference_stream
    from pipeline.desk import FROZEN_MAIL

    outbox = OutboxMailer(house.settings.outbox / "sent")
    written = 0
    for reference in house.desk.casebook.references():
        conference = house.desk.casebook.conference(reference)
        gone: list[Copy | Letter] = [*conference.copies.values(), *conference.letters.values()]
        for copy in gone:
            claim = copy.claim
            if not isinstance(copy.accepted, MessageAccepted) or claim is None or outbox.path(claim.message_id).exists():
                continue
            raw = house.vault.get(conference_stream(reference), claim.raw, FROZEN_MAIL)
            outbox.keep(_as_sent(copy, claim, house.settings.from_address, raw))
            written += 1
    return written


def _as_sent(outgoing: Copy | Letter, claim: SendingClaimed, sender: str, raw: bytes) -> Mail:
    """Returns the envelope of what was accepted already, to be kept and never to be sent."""
    if isinstance(outgoing, Letter):
        to = AgencyAddress(address=claim.address)
        return LetterEnvelope(message_id=claim.message_id, sender=sender, to=to, raw=raw)
    at = outgoing.composed_at
    confirmed = ConfirmedAddress(address=claim.address, confirmed_at=at, expires_at=at)
    return Envelope(message_id=claim.message_id, sender=sender, to=confirmed, raw=raw)
