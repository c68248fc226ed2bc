"""What must have come of the long play, looked up in the ledger: each replay event, each due instant, the time after.

Source: domain.md F (replay events, key due instants) with the rulings of A00.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.bootstrap import House
from pipeline.demo import incidents as on
from pipeline.demo.incidents import F4
from pipeline.demo.moves import received
from pipeline.demo.play import Row
from pipeline.demo.reports import F1, F2
from pipeline.demo.reports_all import F3, F5, F6
from pipeline.demo.script import GP_LETTER
from pipeline.domain import facts as f
from pipeline.domain.calendar import local_text, parse_local
from pipeline.domain.calls import backup_calls
from pipeline.domain.case import Case, fold_contact
from pipeline.domain.conference import Conference, Report
from pipeline.domain.confidential import confidential_view
from pipeline.domain.consultation import consultation_of
from pipeline.domain.copies import route_of
from pipeline.domain.course import course_of
from pipeline.domain.cover import late_words
from pipeline.domain.duties import duties
from pipeline.domain.duty import DutyState
from pipeline.domain.entitlement import entitlement, excluded
from pipeline.domain.facts import Content, Document, LetterKind
from pipeline.domain.item import Item
from pipeline.domain.minutes import skeleton
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.responses import decision_word, responses_of
from pipeline.domain.views import documents_view
from pipeline.stages.convert import page_texts

NAMES = {F1: "F1", F2: "F2", F3: "F3", F4: "F4", F5: "F5", F6: "F6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the verdicts are looked up in: the folds, and nothing that a move answered."""

    house: House

    def case(self, reference: str) -> Case:
        """Returns a conference's case as it stands."""
        return self.house.desk.casebook.case(reference)

    def conference(self, reference: str) -> Conference:
        """Returns a conference as it stands."""
        return self.house.desk.casebook.conference(reference)

    def case_before(self, reference: str, kind: type[f.Fact], which: int = 0) -> Case:
        """Returns the case as it stood before its first (or a later) fact of this kind."""
        book = self.house.desk.casebook
        found = [entry.seq for entry in book.facts(f"conference:{reference}") if isinstance(entry.fact, kind)]
        return book.case_after(reference, found[which] - 1)

    def item(self, file: str) -> Item:
        """Returns the newest item of this name."""
        return received(self.house, file)[-1]

    def report(self, reference: str, file: str) -> Report:
        """Returns the report that a file became."""
        return self.conference(reference).reports[ItemId(self.item(file).id)]

    def have(self, reference: str, file: str) -> set[str]:
        """Returns the people of whom a copy with this file's report was taken over by the mail server."""
        item = ItemId(self.item(file).id)
        copies = self.conference(reference).copies.values()
        return {copy.person for copy in copies if copy.accepted is not None and item in copy.items}

    def letters(self, reference: str, person: str, kind: LetterKind) -> int:
        """Returns how many letters of a kind a person was sent."""
        letters = self.conference(reference).letters.values()
        return sum(one.accepted is not None and (one.person, one.kind) == (person, kind) for one in letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A replay event. `look` returns in words what came of it, to be the words expected; None where it is not shown."""

    number: str
    family: str
    what: str
    expected: str
    look: Callable[[Ledger], str | None]

    def row(self, ledger: Ledger) -> Row:
        """Returns what was expected and what was found, beside each other."""
        found = self.look(ledger)
        return {
            "event": self.number, "family": self.family, "what": self.what, "expected": self.expected,
            "found": "not shown: no part of the program does it yet" if found is None else found,
            "ok": None if found is None else found == self.expected,
        }  # fmt: skip


def verdicts(house: House) -> list[Row]:
    """Returns every event, due instant and fact of the time after, each with what was expected and what was found."""
    ledger = Ledger(house=house)
    return [*(event.row(ledger) for event in (*EVENTS, *ADDRESSES, *AFTERWARDS)), *_due_rows(ledger)]


# --- replay events -------------------------------------------------------------------------------------------------------


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


# --- states of addresses -------------------------------------------------------------------------------------------------


def _expired(ledger: Ledger) -> str:
    """Looks at the surgery's address as it stood before it was confirmed a second time."""
    book, gp = ledger.house.desk.casebook, PersonId("gp")
    recorded = book.facts(f"contact:{ledger.conference(F6).people[gp].contact}")
    again = [entry for entry in recorded if isinstance(entry.fact, f.AddressConfirmed)][1]
    contact = fold_contact([entry for entry in recorded if entry.seq < again.seq])
    state = contact.standing.state(again.at).value if contact is not None else "none"
    return f"{state}; {_pack_sent(F6, 'gp')(ledger)}"


def _pack_sent(reference: str, person: str) -> Callable[[Ledger], str]:
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
    Event(number="address", family="F1", what="free webmail, confirmed by the social worker", look=_pack_sent(F1, "mother"),
          expected="sent to maren.q@freemail.example 2026-11-27T17:00:00"),
    Event(number="address", family="F1", what="a mailbox that many read, confirmed", look=_pack_sent(F1, "police"),
          expected="sent to safeguarding@county-police.example 2026-11-27T17:00:00"),
)  # fmt: skip


# --- the time after ------------------------------------------------------------------------------------------------------


def _sent(reference: str, document: Document) -> Callable[[Ledger], str]:
    """Says to whom a document went, and when the last of them."""

    def look(ledger: Ledger) -> str:
        copies = [c for c in ledger.conference(reference).copies.values() if c.document is document and c.accepted_at is not None]
        last = max((c.accepted_at for c in copies if c.accepted_at is not None), default=None)
        people = ", ".join(sorted({c.person for c in copies}))
        return f"{people or 'nobody'}; {local_text(last) if last is not None else 'never'}"

    return look


def _children(reference: str, document: Document, person: str) -> Callable[[Ledger], str]:
    def look(ledger: Ledger) -> str:
        return ", ".join(entitlement(ledger.case(reference), PersonId(person), document).children) or "none"

    return look


def _planned(reference: str) -> Callable[[Ledger], str]:
    def look(ledger: Ledger) -> str:
        outcome = ledger.conference(reference).outcome
        return ", ".join(one.child for one in outcome.children if one.decision.with_plan) if outcome is not None else "no outcome"

    return look


def _at_the_review(reference: str) -> Callable[[Ledger], str]:
    """Says when the review starts that was convened, and what was overdue in the conference then."""

    def look(ledger: Ledger) -> str:
        reviews = ledger.conference(reference).reviews
        if not reviews:
            return "no review"
        start_at: datetime = ledger.conference(reviews[-1]).start_at
        overdue = sorted({one.duty for one in duties(ledger.case(reference), start_at) if one.state is DutyState.OVERDUE})
        return f"review {local_text(start_at)}; overdue: {', '.join(overdue) or 'nothing'}"

    return look


def _apart(ledger: Ledger) -> str:
    conference = ledger.conference(F5)
    mother, father = PersonId("mother"), PersonId("father-1")
    starts = ", ".join(local_text(at) for person in (mother, father) for at in conference.starts_of(person))
    return f"{starts}; {'together' if conference.meets(mother, father) else 'apart'}"


def _backup_calls(ledger: Ledger) -> str:
    return " + ".join(str(len(call)) for call in backup_calls(ledger.case(F6)))


def _decided_by_manager(ledger: Ledger) -> str:
    stands = consultation_of(ledger.conference(F5))
    held, decided = stands.held, stands.decided
    return f"{held.recommends if held else 'nothing'}; {'hold' if decided and decided.hold else 'no decision'}"


def _familys_reports(ledger: Ledger) -> str:
    """Says which reports family were sent, by whose they are."""
    conference = ledger.conference(F1)
    family = {person.id for person in conference.people.values() if person.role.is_family}
    items = {item for c in conference.copies.values() if c.person in family and c.accepted is not None for item in c.items}
    return ", ".join(sorted({conference.reports[item].filed.person for item in items if item in conference.reports}))


def _worker_report(ledger: Ledger) -> str:
    return ", ".join(sorted(ledger.have(F4, f"{F4} social worker.txt")))


def _unconfirmed_at_review(ledger: Ledger) -> str:
    reviews = ledger.conference(F1).reviews
    return ledger.case(reviews[-1]).standing(PersonId("mother")).state(parse_local("2027-02-23T10:00")).value if reviews else "none"


def _held_for_family(ledger: Ledger) -> str:
    case = ledger.case(F2)
    family = [person for person in case.conference.people.values() if person.role.is_family]
    routes = {route_of(case, person, Document.MINUTES).value for person in family}
    mailed = [copy for person in family for copy in case.conference.copies_of(person.id, Document.MINUTES) if copy.accepted]
    return f"{', '.join(sorted(routes))}; {len(mailed)} mailed"


def _answers(ledger: Ledger) -> str:
    case = ledger.case(F2)
    rows = responses_of(case, parse_local("2027-01-11T11:00"))
    said = sorted(f"{row.person} {row.state.value}" for row in rows if row.response is not None)
    word = decision_word(case)
    return f"{', '.join(said)}; {'changed' if word and word.changed else 'confirmed' if word else 'open'}"


def _standard_statement(ledger: Ledger) -> str:
    lines = [line for part in skeleton(ledger.case(F6)) for line in part.paragraphs]
    stated = any("telephone or video" in line and "The chair took these minutes" in line for line in lines)
    return "stated" if stated else "not stated"


AFTERWARDS: Sequence[Event] = (
    Event(number="minutes", family="F2", what="the family's minutes", look=_held_for_family, expected="held; 0 mailed"),
    Event(number="minutes", family="F6", what="held virtually, nobody took minutes", look=_standard_statement, expected="stated"),
    Event(number="minutes", family="F1", what="the minutes, each child's part to who has a role for it",
          look=_sent(F1, Document.MINUTES), expected="chair, father-1, father-2, gp, health-visitor, mother, police, school,"
          " social-worker; 2026-12-14T15:00:00"),
    Event(number="minutes", family="F2", what="the minutes, to professionals", look=_sent(F2, Document.MINUTES),
          expected="chair, gp, health-visitor, housing, manager, police, school-1, school-2, social-worker; 2027-01-20T10:30:00"),
    Event(number="minutes", family="F5", what="the minutes; none to Holm Wrayburn", look=_sent(F5, Document.MINUTES),
          expected="advocate, chair, father-2, health-visitor, manager, mother, next-team, police, school, social-worker;"
          " 2027-01-04T16:00:00"),
    Event(number="answers", family="F2", what="answers within three working days, and one after", look=_answers,
          expected="gp late, mother in-time, school-2 in-time; confirmed"),
    Event(number="feature", family="F5", what="two sessions: the mother, and Holm Wrayburn", look=_apart,
          expected="2026-12-17T10:00:00, 2026-12-17T11:15:00; apart"),
    Event(number="feature", family="F5", what="consultation: the CPC recommends, the manager decides", look=_decided_by_manager,
          expected="hold the conference; hold"),
    Event(number="feature", family="F6", what="five professionals on backup calls of four", look=_backup_calls, expected="4 + 1"),
    Event(number="feature", family="F1", what="whose reports family got: agencies share their own, but what the chair allowed",
          look=_familys_reports, expected="gp, social-worker"),
    Event(number="feature", family="F2", what="the young person's own pack", look=_pack_sent(F2, "young-person"),
          expected="sent to corwen@freemail.example 2026-12-31T17:00:00"),
    Event(number="feature", family="F4", what="who has the social worker's report", look=_worker_report,
          expected="chair, gp, manager, police, school, social-worker"),
    Event(number="feature", family="F1", what="the mother's address at the review", look=_unconfirmed_at_review,
          expected="unconfirmed"),
    Event(number="outcome", family="F4", what="the plan within 24 hours; none of a child without one",
          look=_sent(F4, Document.OUTLINE_PLAN),
          expected="chair, gp, manager, mother, police, school, social-worker, young-person; 2026-12-01T13:00:00"),
    Event(number="outcome", family="F4", what="children with a plan",
          look=_planned(F4), expected="c1"),
    Event(number="outcome", family="F5", what="escalated: Cass alone", look=_children(F5, Document.ESCALATION, "manager"),
          expected="c2"),
    Event(number="outcome", family="F5", what="the escalation within 24 hours", look=_sent(F5, Document.ESCALATION),
          expected="chair, manager; 2026-12-17T12:30:00"),
    Event(number="outcome", family="F6", what="the midpoint notice: Bryn alone",
          look=_children(F6, Document.MIDPOINT_NOTICE, "social-worker"), expected="c1"),
    Event(number="outcome", family="F2", what="notices on the day after", look=_sent(F2, Document.DECISION_NOTICE),
          expected="chair, father, gp, health-visitor, housing, manager, mother, police, school-1, school-2, social-worker,"
          " young-person; 2027-01-05T09:00:00"),
    *(Event(number="review", family=family, what="the review's date", look=_at_the_review(reference),
            expected=f"review {start}; overdue: {overdue}")
      for family, reference, start, overdue in (
          # housing's address was never confirmed, so its pack never went (event 25)
          ("F1", F1, "2027-02-24T10:00:00", "pack-professional"), ("F2", F2, "2027-06-15T10:00:00", "nothing"),
          ("F3", F3, "2027-03-30T10:00:00", "nothing"), ("F4", F4, "2027-02-23T10:00:00", "nothing"),
          ("F5", F5, "2027-03-16T10:00:00", "nothing"), ("F6", F6, "2027-02-18T14:00:00", "nothing"))),
)  # fmt: skip


# --- due instants --------------------------------------------------------------------------------------------------------

DUE: Sequence[tuple[str, str, str, str]] = (
    (F1, "NAT-1", "hold the conference: 15 working days from 9 November", "2026-11-30T23:59:59"),
    (F1, "POR-1", "agency reports", "2026-11-28T09:30:00"),
    (F1, "POR-5", "confidential request", "2026-11-29T09:30:00"),
    (F2, "BAD-4", "reports, over Christmas", "2026-12-23T10:00:00"),
    (F2, "BAD-9", "decision notice, from the decision at 12:15", "2027-01-05T12:15:00"),
    (F2, "BAD-10", "answers, from each one's own notice", "2027-01-08T23:59:59"),
    (F2, "BAD-12", "minutes", "2027-02-01T23:59:59"),
    (F3, "BAD-3", "reports", "2027-01-03T14:00:00"),
    (F3, "BAD-2", "end of the series of discussions", "2027-01-07T23:59:59"),
    (F4, "IRS-2", "hold the conference: from the second discussion", "2026-12-01T23:59:59"),
    (F4, "IRS-3", "social worker's report", "2026-11-26T10:00:00"),
    (F4, "IRS-7", "plan", "2026-12-02T12:00:00"),
    (F5, "NAT-1", "hold the conference", "2026-12-17T23:59:59"),
    (F5, "SWG-1", "consultation", "2026-11-30T23:59:59"),
    (F5, "SWG-6", "report on paper", "2026-12-15T10:00:00"),
    (F5, "SWG-13", "first visit, 48 hours", "2026-12-19T12:00:00"),
    (F5, "SWG-20", "first visit, 2 working days", "2026-12-21T23:59:59"),
    (F5, "SWG-18", "escalation", "2026-12-18T12:00:00"),
    (F5, "SWG-12", "first core group", "2027-01-05T23:59:59"),
    (F5, "SWG-16", "minutes completed", "2027-01-06T23:59:59"),
    (F5, "SWG-17", "minutes shared", "2027-01-19T23:59:59"),
    (F5, "SWG-14", "first RCPC", "2027-03-17T23:59:59"),
    (F6, "NAT-1", "hold the conference", "2026-11-26T23:59:59"),
    (F6, "NCC-1", "the chair's call", "2026-11-26T13:45:00"),
    (F6, "NCC-8", "reports", "2026-11-25T23:59:59"),
    (F6, "NCC-22", "RED: midpoint", "2027-01-07T23:59:59"),
)
"""Reference, rule, what, due local: the key due instants of domain.md F, each counted from what was recorded."""


def _due_rows(ledger: Ledger) -> Iterator[Row]:
    courses = {reference: course_of(ledger.case(reference)) for reference in NAMES}
    for reference, rule, what, expected in DUE:
        found = sorted({entry.due.due_local for entry in courses[reference] if entry.due.rule == rule})
        yield {
            "event": "due", "family": NAMES[reference], "what": f"{rule}: {what}", "expected": expected,
            "found": expected if expected in found else ", ".join(found) or "nothing", "ok": expected in found,
        }  # fmt: skip
