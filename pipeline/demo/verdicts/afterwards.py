"""What the families are special for, and the time after their conferences up to the review's date. Source: domain.md F."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pipeline.demo.incidents import F4
from pipeline.demo.reports import F1, F2
from pipeline.demo.reports_all import F3, F5, F6
from pipeline.demo.verdicts.addresses import pack_sent
from pipeline.demo.verdicts.event import Event, Ledger
from pipeline.domain.calendar import local_text, parse_local
from pipeline.domain.calls import backup_calls
from pipeline.domain.consultation import consultation_of
from pipeline.domain.copies import route_of
from pipeline.domain.duties import duties
from pipeline.domain.duty import DutyState
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Document
from pipeline.domain.minutes import skeleton
from pipeline.domain.people import PersonId
from pipeline.domain.responses import decision_word, responses_of


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
    return " + ".join(str(len(call.people)) for call in backup_calls(ledger.case(F6)))


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


def _issues(reference: str, person: str) -> Callable[[Ledger], str]:
    def look(ledger: Ledger) -> str:
        copies = ledger.conference(reference).copies_of(PersonId(person), Document.INVITATION)
        return ", ".join(str(copy.issue) for copy in copies if copy.accepted is not None)

    return look


AFTERWARDS: Sequence[Event] = (
    Event(number="invited", family="F1", what="each by a letter of their own, family's by the social worker's hands",
          look=_sent(F1, Document.INVITATION),
          expected="father-1, father-2, gp, health-visitor, mother, police, probation, school, social-worker; 2026-11-24T10:00:00"),
    Event(number="invited", family="F5", what="to one's own session; who has no e-mail is invited otherwise",
          look=_sent(F5, Document.INVITATION),
          expected="advocate, father-1, health-visitor, manager, mother, next-team, police, school, social-worker;"
          " 2026-11-26T12:00:00"),
    Event(number="invited", family="F4", what="told again with each move", look=_issues(F4, "gp"), expected="1, 2, 3"),
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
    Event(number="feature", family="F2", what="the young person's own pack", look=pack_sent(F2, "young-person"),
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
