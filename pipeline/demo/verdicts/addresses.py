"""The states of addresses that the sample families hold, each looked up in the ledger. Source: domain.md F."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.demo.incidents import F4
from pipeline.demo.reports import F1
from pipeline.demo.reports_all import F5, F6
from pipeline.demo.verdicts.event import Event, Ledger
from pipeline.domain import facts as f
from pipeline.domain.calendar import local_text
from pipeline.domain.case import fold_contact
from pipeline.domain.facts import Document
from pipeline.domain.people import PersonId


def _expired(ledger: Ledger) -> str:
    """Looks at the surgery's address as it stood before it was confirmed a second time."""
    book, gp = ledger.house.desk.casebook, PersonId("gp")
    recorded = book.facts(f"contact:{ledger.conference(F6).people[gp].contact}")
    again = [entry for entry in recorded if isinstance(entry.fact, f.AddressConfirmed)][1]
    contact = fold_contact([entry for entry in recorded if entry.seq < again.seq])
    state = contact.standing.state(again.at).value if contact is not None else "none"
    return f"{state}; {pack_sent(F6, 'gp')(ledger)}"


def pack_sent(reference: str, person: str) -> Callable[[Ledger], str]:
    """Returns what says to which address a person's last pack went, and when."""

    def look(ledger: Ledger) -> str:
        copies = ledger.conference(reference).copies_of(PersonId(person), Document.PACK)
        sent = [copy for copy in copies if copy.accepted_at is not None]
        to = sent[-1].claim.address if sent and sent[-1].claim is not None else "nobody"
        return f"sent to {to}" + (f" {local_text(sent[-1].accepted_at)}" if sent and sent[-1].accepted_at else "")

    return look


def _on_paper(ledger: Ledger) -> str:
    papers = [one for one in ledger.conference(F5).papers.values() if one.made.person == "father-2"]
    handed = [local_text(one.handed.at) for one in papers if one.handed is not None]
    mails = [copy for copy in ledger.conference(F5).copies_of(PersonId("father-2"), Document.PACK) if copy.accepted is not None]
    return f"handed over {', '.join(handed) or 'never'}; {len(mails)} mailed"


def _withdrawn(ledger: Ledger) -> str:
    """Looks for whatever went to an address after its owner asked for no more e-mail."""
    copies = ledger.conference(F4).copies_of(PersonId("young-person"))
    to = sorted({copy.claim.address for copy in copies if copy.accepted is not None and copy.claim is not None})
    return f"sent to {', '.join(to) or 'nobody'}"


ADDRESSES: Sequence[Event] = (
    Event(number="address", family="F6", what="confirmed 13 months ago, then again", look=_expired,
          expected="expired; sent to reports@larkfield-surgery.example 2026-11-26T12:00:00"),
    Event(number="address", family="F4", what="withdrawn by the young person, who then tells another", look=_withdrawn,
          expected="sent to jory.tarn@freemail.example"),
    Event(number="address", family="F5", what="paper only", look=_on_paper, expected="handed over 2026-12-15T09:30:00; 0 mailed"),
    Event(number="address", family="F1", what="free webmail, confirmed by the social worker", look=pack_sent(F1, "mother"),
          expected="sent to maren.q@freemail.example 2026-11-27T17:00:00"),
    Event(number="address", family="F1", what="a mailbox that many read, confirmed", look=pack_sent(F1, "police"),
          expected="sent to safeguarding@county-police.example 2026-11-27T17:00:00"),
)  # fmt: skip
