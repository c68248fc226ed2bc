"""What is overdue, due, coming and done: every entry of the timetable, and what waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    MOTHER,
    PROFILE,
    REF,
    SECRET,
    START,
    SWR,
    Timed,
    accepted,
    at,
    body_started,
    booking,
    case,
    claimed,
    composed,
    confirmed,
    detail,
    gives,
    not_taken,
    plan_for,
    report,
    rule,
    unknown,
)
from test_entitlement import histories
from test_minutes_versions import taken

from pipeline.domain import facts as f
from pipeline.domain.case import Case, FollowUp
from pipeline.domain.course import duties_known, notices_of
from pipeline.domain.duties import duties
from pipeline.domain.duty import Duty, DutyState, is_open, queue_rank, summary
from pipeline.domain.outcome import ChildOutcome, Decision, Outcome
from pipeline.domain.people import BlobId, ConferenceRef, ConferenceType, CopyId, DetailId, ItemId, PersonId
from pipeline.domain.profile import Direction, Route, Statement, Trigger, Unit
from pipeline.domain.timetable import conference_timetable

# Reports are due Sat 28 Nov 09:30 (last office moment Fri 17:00), packs Sun 29 Nov 09:30, the conference is Mon 30 Nov 09:30.
AFTER = {"direction": Direction.AFTER, "trigger": Trigger.CONFERENCE_END}
WHOLE = replace(
    PROFILE,
    rules=(
        *PROFILE.rules,
        rule("hold-conference", 0, unit=Unit.WD_EOD, amount=15, direction=Direction.AFTER, trigger=Trigger.S47_DISCUSSION),
        rule("call-parents", 2),
        rule("decision-notice", 24, **AFTER),
        rule("core-group", 0, unit=Unit.WD_EOD, amount=10, only_with_plan=True, **AFTER),
        rule("visit", 0, unit=Unit.WD_EOD, amount=10, direction=Direction.AFTER, trigger=Trigger.VISIT),
        rule("review-conference", 3, unit=Unit.MONTHS, **AFTER),
    ),
)
ENDED = at(30, 11)


def outcome(*, plan: bool = True, review_at: datetime | None = None) -> f.OutcomeRecorded:
    decision = Decision.PLAN_MADE if plan else Decision.NO_PLAN
    children = tuple(ChildOutcome(child=child.id, decision=decision, reason="r") for child in booking().children)
    return f.OutcomeRecorded(
        outcome=Outcome(ended_at=ENDED, decided_by="the chair", children=children, review_at=review_at), by="Clerk One"
    )


def done(duty: str, when: datetime, **more: object) -> f.DutyDone:
    return f.DutyDone(duty=duty, done_at=when, how="by phone", by="Clerk One", **more)  # type: ignore[arg-type]


def whole(*facts: Timed, **more: object) -> Case:
    return case(*facts, profile=WHOLE, **more)  # type: ignore[arg-type]


def one(made: Case, now: datetime, duty: str, person: str | None = None, held: object = None) -> Duty:
    (found,) = [d for d in duties(made, now, held) if d.duty == duty and d.person == person]  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(26, 23, 59), DutyState.COMING),
        (at(27), DutyState.DUE),
        (at(28, 9, 30), DutyState.DUE),
        (at(28, 9, 30, 1), DutyState.OVERDUE),
    ],
)
def test_due_is_from_the_day_of_the_last_office_moment_to_the_due_instant(now: datetime, state: DutyState) -> None:
    """Coming before the day to act, due on it and up to the instant itself, overdue a second later."""
    found = one(whole(), now, "agency-report", "school")
    assert (found.state, found.due_at, found.hold_by) == (state, at(28, 9, 30), at(27).date())


@pytest.mark.parametrize(
    ("fact", "how"),
    [
        (report("r1", "school"), "filed"),
        (f.NilReturnRecorded(person=PersonId("school"), by="x", because="y"), "nothing to report"),
        (f.ApologyRecorded(person=PersonId("school"), by="x", because="y"), "cannot take part"),
    ],
)
def test_an_answer_is_done(fact: f.Fact, how: str) -> None:
    """A report, a nil return and an apology each end the duty, and say how that is known."""
    found = one(whole(fact), at(29), "agency-report", "school")
    assert (found.state, found.next_step) == (DutyState.DONE, "")
    assert found.how.startswith(how)


def test_a_held_item_that_may_be_the_report_is_the_next_step() -> None:
    """Where an item is held that may be theirs, it is looked at before anybody writes to them."""
    held = {PersonId("school"): [ItemId("i9")], None: [ItemId("i8")]}
    found = one(whole(), at(29), "agency-report", "school", held)
    assert found.next_step == f"packs resolve i9 --conference {REF} --person school --by NAME"
    listed = [d.next_step for d in duties(whole(), at(29), held) if d.duty == "held-item"]
    assert [step.split()[2] for step in listed] == ["i8", "i9"]
    assert [d.person for d in duties(whole(), at(29), held) if d.duty == "letter"].count(PersonId("school")) == 0


def test_letters_that_do_not_go_by_themselves_are_tasks() -> None:
    """`letters = false`: a person writes; done once recorded. With letters on there is no such task."""
    found = one(whole(), at(26, 10), "letter", "school")
    assert (found.state, found.what) == (DutyState.DUE, "write to school: the report has not come")
    told = whole((at(26, 11), done("letter", at(26, 11), person=PersonId("school"))))
    assert one(told, at(26, 12), "letter", "school").state is DutyState.DONE
    assert one(told, at(27, 12), "letter", "school").state is DutyState.DUE
    assert not [d for d in duties(replace(whole(), letters=True), at(26, 10)) if d.duty == "letter"]


def test_a_pack_says_where_it_stands_and_what_to_do() -> None:
    """No address, then a release that is missing, then unknown, then gone."""
    mother: list[Timed] = [report("r1", "sw", SWR), confirmed(MOTHER.email or "", of="mother")]
    assert "address confirm" in one(whole(report("r1", "sw", SWR)), at(27), "pack-family", "mother").next_step
    made = whole(*mother)
    copy: list[Timed] = [*mother, composed(plan_for(made, "mother", at(26, 17)), "k1")]
    waits = one(whole(*copy), at(27), "pack-family", "mother")
    assert (waits.state, waits.next_step) == (DutyState.DUE, f"packs release {REF} mother --by NAME")
    sent: list[Timed] = [*copy, claimed("k1", MOTHER.email or ""), body_started("k1")]
    doubt = whole(*sent, unknown("k1"))
    assert "packs settle" in one(doubt, at(28), "pack-family", "mother").next_step
    assert "packs settle" in one(doubt, at(28), "sending", "mother").next_step
    gone = one(whole(*sent, (at(27, 17), accepted("k1"))), at(28), "pack-family", "mother")
    assert (gone.state, gone.done_at) == (DutyState.DONE, at(27, 17))


def test_a_pack_that_cannot_be_made_says_why_and_can_be_closed() -> None:
    """What stops it is told, not that it happens by itself; after the end it is exported only where there is a copy."""
    found: list[Timed] = [
        f.DetailProtected(detail=detail("d1", "mother")), report("r1", "sw", SWR, searched=(DetailId("d1"),),
        found=(f.Finding(detail=DetailId("d1"), page=1),)), confirmed(MOTHER.email or "", of="mother"),
    ]  # fmt: skip
    stopped = one(whole(*found), at(27), "pack-family", "mother")
    assert "must not reach them" in stopped.how and stopped.next_step == f"packs documents {REF}"
    after = one(whole(*found), at(30, 15), "pack-family", "mother")
    assert after.next_step.startswith(f"packs done {REF} pack-family --person mother") and "export" not in after.next_step
    closed = whole(*found, (at(30, 15), done("pack-family", at(30, 15), person=MOTHER.id)))
    assert one(closed, at(30, 16), "pack-family", "mother").state is DutyState.DONE


def test_a_core_group_says_for_when_it_is_set_and_how_to_record_it() -> None:
    """Until it is recorded the agenda names the date of the outcome and the command; before the outcome neither."""
    recorded = outcome()
    recorded = replace(recorded, outcome=replace(recorded.outcome, core_group_at=datetime(2026, 12, 8, 10, tzinfo=UTC)))
    found = one(whole((ENDED, recorded)), at(30, 15), "core-group")
    assert found.how == "set for Tue 08 Dec 2026 10:00 GMT"
    assert found.next_step == f"packs done {REF} core-group --at LOCAL --how TEXT --by NAME"
    assert one(whole(), at(30, 8), "core-group").next_step == ""


def test_minutes_wait_to_be_approved_as_a_task() -> None:
    """The newest version of each group of readers, until it is approved or another comes."""
    versions = [taken(1), taken(2), taken(3, "mother")]
    made = whole((ENDED, outcome()), *((ENDED, version) for version in versions))
    waiting = [d.next_step for d in duties(made, at(30, 15)) if d.duty == "approve-minutes"]
    assert [step.split("--version ")[1][0] for step in waiting] == ["2", "3"]
    approved = f.MinutesApproved(number=2, by="the chair")
    left = whole((ENDED, outcome()), *((ENDED, version) for version in (*versions, approved)))
    assert len([d for d in duties(left, at(30, 15)) if d.duty == "approve-minutes"]) == 1


def test_an_invitation_that_waits_for_an_address_is_due_now() -> None:
    """Where invitations are made, an address is asked for at once and not for the pack's day."""
    plain = whole(contacts={"school": []})
    assert one(plain, at(17), "confirm-address", "school").state is DutyState.COMING
    profile = replace(WHOLE, documents=(*WHOLE.documents, gives(f.Document.INVITATION, "education")))
    invites = replace(case(contacts={"school": []}, profile=profile), invitations=True)
    assert one(invites, at(17), "confirm-address", "school").state is DutyState.DUE


def test_a_refused_sending_is_a_task() -> None:
    """550: a person corrects the address."""
    mother: list[Timed] = [report("r1", "sw", SWR), confirmed(MOTHER.email or "", of="mother")]
    copy = composed(plan_for(whole(*mother), "mother", at(26, 17)), "k1")
    made = whole(*mother, copy, claimed("k1", MOTHER.email or ""), not_taken("k1", permanent=True))
    assert one(made, at(28), "sending", "mother").next_step == f"packs person change {REF} mother --email ADDRESS"


def test_what_people_recorded_is_done() -> None:
    """By duty or rule; a duty for each child only when every child is covered; a visit counts since the last one only."""
    assert one(whole(), at(30, 9), "call-parents").state is DutyState.OVERDUE
    for name in ("call-parents", "CALL-PARENTS"):
        assert one(whole(done(name, at(30, 7))), at(30, 9), "call-parents").state is DutyState.DONE
    c1, c2 = (child.id for child in booking().children)
    half = one(whole(done("call-parents", at(30, 7), child=c1)), at(30, 9), "call-parents")
    assert (half.state, half.how) == (DutyState.OVERDUE, "recorded for 1 of 2 children")
    both = whole(done("call-parents", at(30, 7), child=c1), done("call-parents", at(30, 7), child=c2))
    assert one(both, at(30, 9), "call-parents").state is DutyState.DONE
    visited = whole(outcome(), done("visit", at(30, 15)))
    assert one(visited, at(30, 16), "visit").state is DutyState.COMING


def test_what_the_ledger_knows_needs_no_second_record() -> None:
    """A consultation that was held, a pack on paper, a visit where a prompt for the first asks: none stays overdue."""
    rules = (*WHOLE.rules, rule("consultation", 48, direction=Direction.AFTER, trigger=Trigger.CONSULTATION_REQUEST))
    asked = (at(20), f.ConsultationRequested(requested_at=at(20), requested_by="the social worker"))
    held = f.ConsultationHeld(held_at=at(21), held_by="the chair", recommends="hold", because="risk")
    profile = replace(WHOLE, rules=rules)
    assert one(case(asked, profile=profile), at(28), "consultation").state is DutyState.OVERDUE
    assert one(case(asked, (at(21), held), profile=profile), at(28), "consultation").done_at == at(21)

    school, pack = PersonId("school"), f.Document.PACK
    made = f.PaperCopyMade(number=1, person=school, document=pack, items=(), sha256="0" * 64, pages=1, by="Clerk One", also_by=None)
    handed = f.PaperCopyHanded(number=1, person=school, at=at(29, 8), how="at the school", by="Clerk One")
    assert one(case((at(28), made)), at(29, 9), "pack-professional", "school").done_at is None
    on_paper = one(case((at(28), made), (at(29, 8), handed)), at(29, 9), "pack-professional", "school")
    assert (on_paper.state, on_paper.done_at) == (DutyState.DONE, at(29, 8))

    prompt = replace(WHOLE, rules=(*WHOLE.rules, rule("first-visit-prompt", 48, **AFTER)))
    visits = [(at(30, 15), done("visit", at(30, 15))), (at(30, 23), done("visit", at(30, 23)))]
    not_yet = one(case((ENDED, outcome()), profile=prompt), ENDED + timedelta(days=3), "first-visit-prompt")
    assert not_yet.state is DutyState.OVERDUE
    assert one(case((ENDED, outcome()), *visits, profile=prompt), at(30, 23), "first-visit-prompt").done_at == at(30, 15)


def test_documents_that_went_to_everybody_are_done() -> None:
    """A notice is done when the copy of each person for whom there is one was taken over."""
    told: list[Timed] = [(ENDED, outcome())]
    for n, who in enumerate(("sw", "school")):
        plan = plan_for(whole(report("r1", "sw", SWR)), who, at(26, 17))
        copy = replace(composed(plan, f"n{n}"), document=f.Document.DECISION_NOTICE)
        told += [(at(30, 12), copy), (at(30, 12), claimed(f"n{n}", "a@b.example")), (at(30, 12), body_started(f"n{n}"))]
    first = whole(*told, (at(30, 12), accepted("n0")))
    assert one(first, at(30, 13), "decision-notice").how == "sent to 1 of 2"
    both = whole(*told, (at(30, 12), accepted("n0")), (at(30, 14), accepted("n1")))
    found = one(both, at(30, 15), "decision-notice")
    assert (found.state, found.done_at) == (DutyState.DONE, at(30, 14))


def test_what_the_social_worker_hands_over_is_done_when_that_is_recorded() -> None:
    """Taken over by the server it is with the social worker only: a task until somebody says when and how (A00.3)."""
    rules = (gives(f.Document.DECISION_NOTICE, "family", Route.SOCIAL_WORKER, duty="decision-notice"),)
    profile = replace(WHOLE, documents=rules)
    plan = plan_for(whole(report("r1", "sw", SWR)), "sw", at(26, 17))
    copy = replace(composed(plan, "n0"), person=PersonId("mother"), document=f.Document.DECISION_NOTICE, sections=())
    told: list[Timed] = [(ENDED, outcome()), (at(30, 12), copy), (at(30, 12), claimed("n0", "a@b.example"))]
    told += [(at(30, 12), body_started("n0")), (at(30, 12), accepted("n0"))]
    sent = case(*told, profile=profile)
    assert [d.person for d in duties(sent, at(30, 13)) if d.duty == "hand-over"] == ["mother"]
    assert notices_of(sent) == {}
    handed = case(*told, (at(30, 15), done("hand-over:decision-notice", at(30, 14), person=PersonId("mother"))), profile=profile)
    assert not [d for d in duties(handed, at(30, 16)) if d.duty == "hand-over"]
    assert notices_of(handed) == {"mother": at(30, 14)}


def test_after_the_end_the_outcome_is_asked_for() -> None:
    """From the planned end until it is recorded; then a review without a date, and nothing of a plan where there is none."""
    end = START + timedelta(hours=2)
    assert not [d for d in duties(whole(), end - timedelta(seconds=1)) if d.duty == "record-outcome"]
    assert one(whole(), end, "record-outcome").state is DutyState.DUE
    assert one(whole(), end + timedelta(days=1), "record-outcome").state is DutyState.OVERDUE
    made = whole((ENDED, outcome()))
    assert not [d for d in duties(made, end) if d.duty == "record-outcome"]
    assert one(made, end, "review-conference").how == "no date is set"
    assert one(made, end, "core-group").due_at is not None
    none = whole((ENDED, outcome(plan=False)))
    assert not [d for d in duties(none, end) if d.duty == "core-group"]
    dated = whole((ENDED, outcome(review_at=datetime(2027, 2, 18, 14, tzinfo=UTC))))
    assert one(dated, end, "review-conference").state is DutyState.COMING


def test_a_review_is_done_once_it_was_held() -> None:
    """Set it is coming; its day past it is due, past the limit overdue; booked, moved late and held are told by the review."""
    at = datetime(2027, 2, 18, 14, tzinfo=UTC)
    limit = datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC)
    made = whole((ENDED, outcome(review_at=at)))

    def seen(now: datetime, review: FollowUp | None = None) -> tuple[DutyState, str]:
        found = one(replace(made, review=review), now, "review-conference")
        return found.state, found.next_step

    convene = "packs review PM-2611-017"
    assert seen(at - timedelta(seconds=1)) == (DutyState.COMING, convene)
    assert seen(at) == (DutyState.DUE, convene)
    assert seen(limit + timedelta(seconds=1)) == (DutyState.OVERDUE, convene)
    booked = FollowUp(reference=ConferenceRef("PM-2702-017"), start_at=at)
    assert seen(at - timedelta(days=1), booked) == (DutyState.COMING, "")
    assert seen(at + timedelta(days=1), booked) == (DutyState.DUE, "packs outcome PM-2702-017 FILE")
    late = replace(booked, start_at=limit + timedelta(days=1))
    assert seen(at, late)[1].startswith("packs move PM-2702-017")
    assert seen(limit + timedelta(days=9), replace(late, ended_at=limit + timedelta(days=1)))[0] is DutyState.DONE


def test_a_confidential_section_waits_for_the_chair() -> None:
    """Filed, it is the chair's until the start; the chair's recorded decision ends that. Past its time nobody owes one."""
    made = whole(report("r9", "police", SECRET))
    assert one(made, at(29), "confidential-decision", "police").state is DutyState.COMING
    said = whole(report("r9", "police", SECRET), done("confidential-decision", at(29), person=PersonId("police")))
    assert one(said, at(29), "confidential-decision", "police").state is DutyState.DONE
    assert one(whole(), at(30), "confidential-section").how == "none was asked for in time"


def test_breaches_stay_until_somebody_dealt_with_them() -> None:
    """Open for 72 hours, then overdue; also of a cancelled conference, which owes nothing else."""
    breach = f.BreachOpened(item=ItemId("r1"), copies=(CopyId("k1"),), people=(PersonId("gp"),), because="wrong family")
    made = whole((at(20), breach), f.ConferenceCancelled(because="x"))
    assert [(d.duty, d.state) for d in duties(made, at(21))] == [("breach", DutyState.DUE)]
    assert [d.state for d in duties(made, at(24))] == [DutyState.OVERDUE]
    assert one(whole((at(20), breach), done("breach", at(22))), at(24), "breach").state is DutyState.DONE
    assert not is_open(made, at(21))


def test_the_team_puts_first_what_the_authority_puts_first() -> None:
    """A profile's `first-in-queue` and `first-midpoints`; without them nothing is put first."""
    statement = Statement(id="N5", what="w", source="s", source_line=1, quote="q", settings=(("first-in-queue", "initial"),))
    midpoints = replace(statement, id="N23", settings=(("first-midpoints", "initial"),))
    profile = replace(WHOLE, statements=(statement, midpoints))
    initial, review = (case(of=booking(type=t), profile=profile) for t in (ConferenceType.INITIAL, ConferenceType.REVIEW))
    call = one(initial, at(20), "call-parents")
    midway = replace(call, duty="midway-meeting")
    assert [queue_rank(c, call) for c in (initial, review, whole())] == [(0, 0), (1, 0), (0, 0)]
    assert [queue_rank(c, midway) for c in (initial, review)] == [(0, 0), (1, 1)]


nows = st.datetimes(datetime(2026, 11, 16), datetime(2026, 12, 20), timezones=st.just(UTC)).map(lambda d: d.replace(microsecond=0))


@settings(max_examples=80)
@given(histories(), nows, st.booleans())
def test_no_entry_of_the_timetable_is_missing(facts: list[Timed], now: datetime, ended: bool) -> None:
    """Each rule of the timetable has its duty; every state follows from now and the due instant; each open one is in order."""
    made = whole(*facts, *([(ENDED, outcome())] if ended else []))
    found = duties(made, now)
    if made.conference.cancelled is not None:
        return
    timetable = conference_timetable(replace(made.conference.booking, start_at=made.conference.start_at), WHOLE, made.calendar)
    per_person = {"AGENCY-REPORT", "SOCIAL-WORKER-REPORT", "PACK-CHAIR", "PACK-PROFESSIONAL", "PACK-FAMILY"}
    assert {entry.rule for entry in timetable} - per_person <= {d.rule for d in found}
    for duty in found:
        if duty.rule and duty.state is DutyState.OVERDUE:
            assert duty.due_at is not None
            assert now > duty.due_at
        if duty.state is DutyState.DONE:
            assert duty.how
        duty.as_json()
    assert sum(summary(found).values()) == len(found)
    ranks = [list(DutyState).index(d.state) for d in found]
    assert ranks == sorted(ranks)


# --- invitations and interpreters -----------------------------------------------------------------------------------------

POLISH = replace(MOTHER, interpreter="Polish")


def test_an_interpreter_is_a_duty_and_booked_again_after_a_move() -> None:
    """Due a working day before the start, done when a person records it, open again once the conference has moved."""
    made = whole(of=booking((POLISH,)))
    duty = one(made, at(20), "interpreter", "mother")
    assert (duty.state, duty.due_at) == (DutyState.COMING, at(27, 9, 30)) and "Polish" in duty.what
    assert one(made, at(28), "interpreter", "mother").state is DutyState.OVERDUE
    booked = done("interpreter", at(21), person=PersonId("mother"))
    assert one(whole(booked, of=booking((POLISH,))), at(22), "interpreter", "mother").state is DutyState.DONE
    moved = f.ConferenceMoved(start_at=START + timedelta(days=1), because="x")
    assert one(whole(booked, moved, of=booking((POLISH,))), at(22), "interpreter", "mother").state is DutyState.COMING
    for not_needed in (replace(POLISH, include=False), MOTHER):
        assert not [d for d in duties(whole(of=booking((not_needed,))), at(22)) if d.duty == "interpreter"]


def test_papers_are_translated_for_who_needs_an_interpreter() -> None:
    """A copy that was made is to be translated; a record of that stands until a newer copy is there."""
    sure = confirmed(MOTHER.email or "", of="mother")
    made = whole(sure, report("r1", "sw", SWR), of=booking((POLISH,)))
    assert not [d for d in duties(made, at(27)) if d.duty == "translation"]
    copy = composed(plan_for(made, "mother", at(27)), "k1")
    made = whole(sure, report("r1", "sw", SWR), copy, of=booking((POLISH,)))
    duty = one(made, at(27), "translation", "mother")
    assert duty.state is DutyState.DUE and "pack" in duty.what
    record = done("translation", at(27), person=PersonId("mother"))
    made = whole(sure, report("r1", "sw", SWR), copy, record, of=booking((POLISH,)))
    assert one(made, at(27), "translation", "mother").state is DutyState.DONE
    put_in = f.CopyTranslated(
        copy=CopyId("k1"), language="Polish", blob=BlobId("b"), sha256="ab", pages=2, by="Clerk One"
    )
    made = whole(sure, report("r1", "sw", SWR), copy, put_in, of=booking((POLISH,)))
    assert one(made, at(27), "translation", "mother").state is DutyState.DONE
    withdrawn = f.CopyVoided(copy=CopyId("k1"), because="x")
    again = replace(copy, copy=CopyId("k2"), issue=2)
    made = whole(sure, report("r1", "sw", SWR), copy, put_in, withdrawn, again, of=booking((POLISH,)))
    assert one(made, at(27), "translation", "mother").state is DutyState.DUE


def test_the_houses_own_tasks_can_be_recorded_as_done() -> None:
    """What the agenda asks a person to record is a duty that `packs done` knows."""
    assert {"breach", "letter", "interpreter", "translation"} <= duties_known(whole())


def test_who_is_to_be_invited_waits_for_the_decision() -> None:
    """Each member of the family of whom nothing is decided is a task, where this home and the profile invite family at all."""
    inviting = replace(WHOLE, documents=(gives(f.Document.INVITATION, "family"),))
    made = replace(case(profile=inviting), invitations=True)
    assert {d.person for d in duties(made, at(20)) if d.duty == "include"} == {"mother", "father"}
    decided = f.PersonChanged(person=replace(MOTHER, include=True, include_because="x"))
    made = replace(case(decided, profile=inviting), invitations=True)
    assert {d.person for d in duties(made, at(20)) if d.duty == "include"} == {"father"}
    assert not [d for d in duties(replace(made, invitations=False), at(20)) if d.duty == "include"]
    assert not [d for d in duties(made, START) if d.duty == "include"]
