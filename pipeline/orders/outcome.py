"""Orders after the conference: record its outcome, record that a duty was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.calendar import spoken
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.course import CALL_BACK, CANCELLED, CourseEntry, course_of, duties_known, duty_meant
from pipeline.domain.facts import DECIDED_ELSEWHERE, DutyDone, OutcomeRecorded
from pipeline.domain.letters import BY_HAND, due_of_letter
from pipeline.domain.outcome_check import Judged, Said, judged_by_rules, looked_at, outcome_findings
from pipeline.domain.outcome_draft import OutcomeDraft, outcome_from
from pipeline.domain.people import ChildId, PersonId
from pipeline.errors import NotFoundError, RefusedError, RulesBlockError


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeAnswer:
    """What became of an outcome: what the rules said to it, what was passed, and the timetable with it."""

    recorded: bool
    blocks: tuple[Said, ...]
    overridden: tuple[Said, ...]
    warnings: tuple[Said, ...]
    timetable: tuple[CourseEntry, ...]


def case_for_outcome(reference: str, desk: Desk) -> Case:
    """Returns the case of a conference whose outcome can be recorded now.

    Raises:
        NotFoundError: there is no such conference.
        RefusedError: it is cancelled, or has not begun.
    """
    case = desk.casebook.case(reference)
    conference = case.conference
    if conference.cancelled is not None:
        raise RefusedError(f"{reference} is cancelled, so it has no outcome. Nothing was changed.")
    if desk.clock.now() < conference.start_at:
        raise RefusedError(
            f"{reference} begins {spoken(conference.start_at)}; its outcome is recorded after it has begun. Nothing was"
            " changed."
        )
    return case


def check_outcome(reference: str, draft: OutcomeDraft, overrides: Sequence[str], desk: Desk) -> OutcomeAnswer:
    """Returns what the rules say to an outcome, and the timetable as it would be; records nothing."""
    case = case_for_outcome(reference, desk)
    fact = OutcomeRecorded(outcome=outcome_from(draft), by="")
    conference = case.conference
    with_it = replace(conference, outcomes=[*conference.outcomes, (fact, conference.head + 1, desk.clock.now())])
    judged = judged_by_rules(fact.outcome, case)
    return _answer(judged, overrides, replace(case, conference=with_it), recorded=False)


def record_outcome(
    reference: str, draft: OutcomeDraft, by: str, because: str, overrides: Sequence[str], actor: str, desk: Desk
) -> OutcomeAnswer:
    """Records the outcome; one recorded before is replaced by it, and both are kept.

    `overrides` are rules whose BLOCK is passed for the reason in `because`.

    Raises:
        RulesBlockError: rules forbid it that are not passed.
        RefusedError: cancelled, not begun, changed meanwhile, a second outcome or a passed rule without a reason, or a rule
            is passed that forbids nothing.
    """
    judged = Judged()
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        nonlocal judged
        case = case_for_outcome(reference, desk)
        if outcome_findings(draft, case.conference, desk.clock.now()):
            raise RefusedError(f"{reference} was changed meanwhile; the outcome does not fit it. Nothing was recorded; try again.")
        if case.conference.outcome is not None and not because:
            raise RefusedError(
                f"{reference} has an outcome already. Nothing was changed; say with --because why another replaces it."
            )
        if overrides and not because:
            raise RefusedError("A rule is passed for a reason only: --because TEXT. Nothing was changed.")
        outcome = outcome_from(draft)
        judged = judged_by_rules(outcome, case)
        _refuse_blocks(reference, judged, overrides)
        fact = OutcomeRecorded(outcome=outcome, by=by, because=because, overridden=tuple(dict.fromkeys(overrides)))
        return Decision(facts={stream: [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    return _answer(judged, overrides, desk.casebook.case(reference), recorded=True)


def _refuse_blocks(reference: str, judged: Judged, overrides: Sequence[str]) -> None:
    blocking = {said.rule for said in judged.blocks}
    if idle := [rule for rule in overrides if rule not in blocking]:
        raise RefusedError(f"--override {', '.join(idle)}: no such rule forbids this outcome. Nothing was changed.")
    if left := [said for said in judged.blocks if said.rule not in overrides]:
        sentences = " ".join(f"{said.rule}: {said.says}" for said in left)
        raise RulesBlockError(
            f"The outcome of {reference} was not recorded; nothing was changed. {sentences} Put it right, or pass a rule for a"
            " reason: --override RULE --because TEXT --by NAME."
        )


def _answer(judged: Judged, overrides: Sequence[str], case: Case, *, recorded: bool) -> OutcomeAnswer:
    return OutcomeAnswer(
        recorded=recorded,
        blocks=tuple(said for said in judged.blocks if said.rule not in overrides),
        overridden=tuple(said for said in judged.blocks if said.rule in overrides),
        warnings=(*judged.warnings, *looked_at(case.conference.outcomes[-1][0].outcome, case)),
        timetable=tuple(course_of(case)),
    )


def _one_question(conference: Conference, word: str, person: str | None, at: datetime) -> None:
    """Refuses an answer to no question of a linked conference, to several of different kinds, or from before it was asked."""
    reference = conference.reference
    about = [
        (one, since)
        for one, since in conference.elsewhere
        if one.person == person and (word == DECIDED_ELSEWHERE or one.duty == word)
    ]
    if not about:
        raise RefusedError(f"{reference} is asked nothing of that kind about that person (--person ID). Nothing was changed.")
    if len(kinds := sorted({one.duty for one, _ in about})) > 1:
        raise RefusedError(
            f"{reference} is asked several things about {person}; answer each: {', '.join(kinds)}. Nothing was changed."
        )
    if not conference.answered_by(word, PersonId(person or ""), at):
        asked = spoken(min(since for _, since in about))
        raise RefusedError(f"{reference} was asked that {asked}, after --at. Nothing was changed.")


def record_done(
    reference: str,
    word: str,
    at: datetime,
    how: str,
    by: str,
    person: str | None,
    child: str | None,
    actor: str,
    desk: Desk,
) -> str:
    """Records that a duty of the timetable was done at that instant (UTC), and returns the duty; a rule's id means its duty.

    Raises:
        NotFoundError: no such conference, person or child.
        RefusedError: the profile knows no such duty for this conference, it is cancelled, or the instant is to come.
    """
    stream = conference_stream(reference)
    duty = word

    def decision() -> Decision | None:
        nonlocal duty
        case = desk.casebook.case(reference)
        conference = case.conference
        if conference.cancelled is not None and word not in (CANCELLED, CALL_BACK):
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        if conference.cancelled is None and word == CANCELLED:
            raise RefusedError(f"{reference} is not cancelled; nothing was changed.")
        known = duties_known(case)
        if word not in known:
            raise RefusedError(
                f"The rules of {case.profile.name} know no duty {word!r} for this conference. Nothing was changed. There are:"
                f" {', '.join(sorted(known))}."
            )
        if word.partition(":")[0] == DECIDED_ELSEWHERE:
            _one_question(conference, word, person, at)
        if at > desk.clock.now():
            raise RefusedError("--at lies in the future: what is still to come was not done. Nothing was changed.")
        if person is not None and person not in conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        if child is not None and child not in {one.id for one in conference.booking.children}:
            raise NotFoundError(f"There is no child {child!r} in {reference}. Nothing was changed.")
        duty = duty_meant(word, case)
        told = due_of_letter(case, PersonId(person)) if duty == BY_HAND and person is not None else None
        fact = DutyDone(
            duty=duty,
            done_at=at,
            how=how,
            by=by,
            person=PersonId(person) if person is not None else None,
            child=ChildId(child) if child is not None else None,
            due_at=told.due_at if told is not None else None,
        )
        return Decision(facts={stream: [fact]}, expected=case.heads)

    desk.casebook.decide(decision, actor)
    return duty
