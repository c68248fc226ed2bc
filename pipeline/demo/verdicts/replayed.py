"""The replay events 1 to 25 of the sample families, each looked up in the ledger. Source: domain.md F."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.demo import incidents as on
from pipeline.demo.incidents import F4
from pipeline.demo.reports import F1, F2
from pipeline.demo.reports_all import F3, F5
from pipeline.demo.script import GP_LETTER
from pipeline.demo.verdicts.event import NAMES, Event, Ledger
from pipeline.domain import facts as f
from pipeline.domain.calendar import local_text, parse_local
from pipeline.domain.confidential import confidential_view
from pipeline.domain.cover import late_words
from pipeline.domain.duties import duties
from pipeline.domain.entitlement import entitlement, excluded
from pipeline.domain.facts import Content, Document, LetterKind
from pipeline.domain.people import PersonId
from pipeline.domain.records import Report
from pipeline.domain.views import documents_view
from pipeline.stages.convert import page_texts


def _verdict(report: Report) -> str:
    judged = report.judged
    return judged.verdict.value if judged is not None else "not judged"


def _judged(reference: str, file: str) -> Callable[[Ledger], str]:
    return lambda ledger: f"{_verdict(ledger.report(reference, file))}, received {local_text(ledger.item(file).received_at)}"


def _held(file: str) -> Callable[[Ledger], str]:
    """Says why a file was held, when it came, and whether it was filed all the same."""

    def look(ledger: Ledger) -> str:
        item = ledger.item(file)
        filed = "filed" if item.filed is not None else "filed for nobody"
        return f"held ({item.held.code if item.held is not None else 'no'}) as of {local_text(item.received_at)}; {filed}"

    return look


def _late_and_sent(ledger: Ledger) -> str:
    report = ledger.report(F1, f"{F1} health visitor.rtf")
    late = late_words(report.judged.late_by_seconds) if report.judged is not None else "?"
    copies = ledger.conference(F1).copies.values()
    kinds = {copy.document.value for copy in copies if copy.accepted is not None and report.item in copy.items}
    return f"{_verdict(report)} by {late}; filed; sent as {', '.join(sorted(kinds))}"


def _asked(person: str) -> Callable[[Ledger], str]:
    def look(ledger: Ledger) -> str:
        book, case = ledger.house.desk.casebook, ledger.case(F1)
        rows = confidential_view(case, book.confidential(F1), ledger.house.desk.clock.now())
        row = next(row for row in rows if row["person"] == person)
        sections = {one.item for one in case.conference.filed() if one.filed.content is Content.CONFIDENTIAL_SECTION}
        readers = {c.person for c in case.conference.copies.values() if c.accepted is not None and sections & set(c.items)}
        return f"{row['verdict']}; {row['do_now'] or 'nothing to do at once'}; read by {', '.join(sorted(readers))}"

    return look


def _two_versions(ledger: Ledger) -> str:
    versions = ledger.conference(F1).versions(PersonId("school"))
    names = [ledger.house.desk.casebook.item(group[0].item).received.name.removeprefix(f"{F1} ") for group in versions]
    return f"{len(versions)} kept; the newest is {names[-1]}"


def _flattened(ledger: Ledger) -> str:
    item = ledger.item(on.TRACKED)
    report = ledger.report(F1, on.TRACKED)
    text = " ".join(" ".join(page_texts(item, ledger.house.desk)).split())
    gone = all(words not in text for words in (on.DELETED, on.HIDDEN)) and on.KEPT in text
    return f"filed, flagged {', '.join(sorted(report.filed.flags))}; {'flat' if gone else 'struck or hidden words remain'}"


def _nothing_in_it(ledger: Ledger) -> str:
    item = ledger.item(on.ZERO_BYTES)
    since = [one.kind.value for one in ledger.conference(F1).letters.values()
             if one.person == "probation" and one.accepted_at is not None and one.accepted_at > item.received_at]  # fmt: skip
    filed = "filed" if item.filed is not None else "not received"
    return f"held ({item.held.code if item.held is not None else 'no'}); {filed}; then {', '.join(since[:2])}"


def _split_by_hand(ledger: Ledger) -> str:
    parts = [ledger.item(f"{on.TWO_FAMILIES} › {name}") for name in (on.FOR_F1, on.FOR_F4)]
    codes = {part.held.code for part in parts if part.held is not None}
    where = [NAMES[part.filed.conference] if part.filed is not None else "nowhere" for part in parts]
    by_hand = all(part.resolved is not None for part in parts)
    return f"held ({', '.join(codes)}); {'split by hand' if by_hand else 'not split'}: {' and '.join(where)}"


def _lacks(reference: str, file: str, person: str) -> Callable[[Ledger], str]:
    def look(ledger: Ledger) -> str:
        item = ledger.item(file)
        told = [one for one in ledger.conference(reference).letters.values()
                if one.person == person and one.kind is LetterKind.MISSING_PARTS and one.accepted is not None]  # fmt: skip
        lacking = ", ".join(told[0].parts) if told else "nothing"
        return f"{item.state.value}; told that it lacks {lacking}"

    return look


def _kept_from_vane(ledger: Ledger) -> str:
    file = f"{on.QUOTED_FOOTER} › tobin.txt"
    item = ledger.item(file).id
    withheld = {one.report: one.why for one in entitlement(ledger.case(F1), PersonId("father-1"), Document.PACK).withheld}
    have = ledger.have(F1, file) | ledger.have(F1, GP_LETTER)
    why = "by the protected detail" if "protected detail" in withheld.get(item, "") else "not"
    vane, mother = ("has it" if person in have else "has it not" for person in ("father-1", "mother"))
    return f"blocked {why}; Vane {vane}, the mother {mother}"


def _bounced(ledger: Ledger) -> str:
    item, case = ledger.item(on.BOUNCE), ledger.case(F1)
    since = parse_local("2026-11-27T17:10")
    later = [copy for copy in case.conference.copies_of(PersonId("probation")) if copy.accepted_at and copy.accepted_at > since]
    state = case.standing(PersonId("probation")).state(since).value
    return f"held ({item.held.code if item.held is not None else 'no'}); {state}; {len(later)} sent since"


def _signature(ledger: Ledger) -> str:
    case = ledger.case(F1)
    police, probation = (case.standing(PersonId(person)) for person in ("police", "probation"))
    state = police.state(case.conference.start_at).value
    changed = {police.address, probation.address} & {on.NEW_POLICE, on.NEW_PROBATION}
    return f"{state} as before; {'changed' if changed else 'unchanged'}"


def _joint_mailbox(ledger: Ledger) -> str:
    """Looks at the case as it stood before the mother gave another address: her pack, and who reads what it would go to."""
    case = ledger.case_before(F2, f.PersonChanged)
    rows = documents_view(case, parse_local("2026-12-30T17:00"))
    mine = next(row for row in rows if row["person"] == "mother" and row["state"] != "cancelled")
    later = [c for c in ledger.conference(F2).copies_of(PersonId("mother"), Document.PACK) if c.accepted is not None]
    to = {c.claim.address for c in later if c.claim is not None}
    blocked = "blocked" if "its address is also father's" in str(mine["why"]) else str(mine["why"])
    return f"{blocked}; sent later to {', '.join(to) or 'nobody'}"


def _moved(ledger: Ledger) -> str:
    conference = ledger.conference(F4)
    (report,) = conference.filed(PersonId("social-worker"))
    dues = [local_text(one.due_at) for one in report.judgements if one.due_at is not None]
    past = next(one for one in duties(ledger.case_before(F4, f.ConferenceMoved, 1), parse_local("2026-11-25T10:00"))
                if one.duty == "hold-conference")  # fmt: skip
    told = ledger.letters(F4, "gp", LetterKind.REQUEST)
    warned = "past the limit" if "after the limit" in past.how else past.how
    return f"judged by {', then '.join(dues)}; told {told} times; {warned}"


def _holm(ledger: Ledger) -> str:
    case, holm = ledger.case(F5), PersonId("father-1")
    sent = any(copy.accepted is not None for copy in case.conference.copies_of(holm, Document.PACK))
    minutes = "blocked" if excluded(case, holm, Document.MINUTES) else "not blocked"
    had = any(copy.accepted is not None for copy in case.conference.copies_of(holm, Document.MINUTES))
    return f"pack {'sent' if sent else 'not sent'}; minutes {minutes}{', and sent all the same' if had else ''}"


def _scanned(ledger: Ledger) -> str:
    item = ledger.item(f"{on.EARLY_DATE} › {on.SCANNED}")
    read = item.converted is not None and bool(item.converted.ocr) and not item.converted.unreadable
    return f"{'read by OCR' if read else 'not read'}; filed for {item.filed.person if item.filed is not None else 'nobody'}"


def _one_waits(ledger: Ledger) -> str:
    case, at = ledger.case(F1), parse_local("2026-11-27T17:00")
    packs = [c for c in case.conference.copies.values() if c.document is Document.PACK and c.accepted_at == at]
    waits = not any(c.accepted for c in case.conference.copies_of(PersonId("housing"), Document.PACK))
    shown = [one for one in duties(case, at) if one.duty == "confirm-address" and one.person == "housing"]
    return f"{len(packs)} went; housing {'waits' if waits else 'went'}; {'shown as a task' if shown else 'not shown'}"


EVENTS: Sequence[Event] = (
    Event(number="1", family="F1", what="school's report, Fri 27 Nov 16:12", expected="on-time, received 2026-11-27T16:12:00",
          look=_judged(F1, f"{F1} Gullwing Primary School.docx")),
    Event(number="2", family="F1", what="GP's letter at the due second", expected="on-time, received 2026-11-28T09:30:00",
          look=_judged(F1, GP_LETTER)),
    Event(number="3", family="F1", what="health visitor's report one second later",
          expected="late by 1 second; filed; sent as supplement", look=_late_and_sent),
    Event(number="4", family="F1", what="police ask for a confidential section at 09:29",
          expected="on-time; nothing to do at once; read by chair", look=_asked("police")),
    Event(number="5", family="F1", what="housing asks at 09:31",
          expected="late; Ring the chair now; do not wait for an e-mail.; read by chair", look=_asked("housing")),
    Event(number="6", family="F1", what="school's second version", look=_two_versions,
          expected="2 kept; the newest is Gullwing Primary School v2.docx"),
    Event(number="7", family="F1", what="a report that names a child of another family", look=_held(on.OTHER_FAMILY),
          expected="held (other-family) as of 2026-11-26T12:20:00; filed for nobody"),
    Event(number="8", family="F1", what="a mail from a domain that looks like the school's",
          look=_held(f"{on.LOOK_ALIKE} › report.txt"),
          expected="held (sender-unknown) as of 2026-11-26T12:20:00; filed for nobody"),
    Event(number="9", family="F1", what="the mother answers to the inbox", look=_held(on.FAMILY_REPLY),
          expected="held (no-attachment) as of 2026-11-26T12:20:00; filed for nobody"),
    Event(number="10", family="F1", what="a zip with a password", look=_held(on.LOCKED_ZIP),
          expected="held (password) as of 2026-11-26T12:20:00; filed for nobody"),
    Event(number="11", family="F1", what="a Word file with tracked changes and hidden text", look=_flattened,
          expected="filed, flagged hidden-text, tracked-changes; flat"),
    Event(number="12", family="F1", what="a Word file with macros", look=_held(on.MACROS),
          expected="held (macros) as of 2026-11-26T12:20:00; filed for nobody"),
    Event(number="13", family="F1", what="a PDF of zero bytes", look=_nothing_in_it,
          expected="held (empty); not received; then returned, chase"),
    Event(number="14", family="F1, F4", what="one mail with two families' reports", look=_split_by_hand,
          expected="held (several-references); split by hand: F1 and F4"),
    Event(number="15", family="F1", what="a report without the parents' views",
          look=_lacks(F1, f"{F1} Gullwing Primary School.docx", "school"), expected="filed; told that it lacks parents-views"),
    Event(number="15", family="F3", what="a report without a recommendation for a plan",
          look=_lacks(F3, f"{F3} midwife.txt", "midwife"),
          expected="filed; told that it lacks ongoing-risk, recommendation, plan-content"),
    Event(number="16", family="F1", what="the social worker's report quotes the restricted address", look=_kept_from_vane,
          expected="blocked by the protected detail; Vane has it not, the mother has it"),
    Event(number="17", family="F1", what="probation's pack bounces", look=_bounced,
          expected="held (automatic); suspended; 0 sent since"),
    Event(number="18", family="F1", what="an out-of-office reply", look=_held(on.OUT_OF_OFFICE),
          expected="held (automatic) as of 2026-11-26T12:20:00; filed for nobody"),
    Event(number="19", family="F1", what="a mail dated two hours before it came",
          look=_judged(F1, f"{on.EARLY_DATE} › {on.SCANNED}"), expected="late, received 2026-11-28T10:30:00"),
    Event(number="20", family="F1", what="signatures that tell new addresses", look=_signature,
          expected="confirmed as before; unchanged"),
    Event(number="21", family="F2", what="a mailbox of both parents, one of them excluded", look=_joint_mailbox,
          expected="blocked; sent later to hestia.b@freemail.example"),
    Event(number="22", family="F4", what="moved to 2 December and back", look=_moved,
          expected="judged by 2026-11-26T10:00:00, then 2026-11-27T10:00:00, then 2026-11-26T10:00:00; told 3 times;"
          " past the limit"),
    Event(number="23", family="F5", what="Holm Wrayburn: pack and minutes", look=_holm,
          expected="pack sent; minutes blocked"),
    Event(number="24", family="F1", what="a scan without text", look=_scanned, expected="read by OCR; filed for probation"),
    Event(number="25", family="F1", what="one recipient's address is not confirmed", look=_one_waits,
          expected="10 went; housing waits; shown as a task"),
)  # fmt: skip
