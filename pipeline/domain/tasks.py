"""What waits for a person in a conference, whatever the authority's rules say: tasks of the house's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.domain.addresses import AddressState
from pipeline.domain.calendar import spoken, to_local
from pipeline.domain.case import Case
from pipeline.domain.conference import Copy
from pipeline.domain.duty import Duty, DutyState, as_done, state_of, team_of
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Content, Document
from pipeline.domain.letters import ASKING, AT_ONCE, letter_task, wanted
from pipeline.domain.pack import send_at
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.views import copy_state, document_due, reached_at

Held = Mapping[PersonId | None, Sequence[ItemId]]
"""Items that wait for a person and may belong to a conference, by whom they may be from."""

BREACH_WITHIN = timedelta(hours=72)
"""How long a breach may wait before the regulator is told. Source: UK GDPR article 33."""

EXPIRES_SOON = timedelta(days=14)

def tasks(case: Case, now: datetime, held: Held) -> Iterator[Duty]:
    """What waits for a person, whatever the authority's rules say."""
    conference = case.conference
    yield from _breaches(case, now)
    yield from _doubtful_sendings(case, now)
    yield from _held_items(case, held)
    if conference.cancelled is not None:
        return
    yield from _addresses(case, now)
    yield from _supplements(case, now)
    yield from _hand_overs(case, now)
    yield from _section_decisions(case, now)
    if conference.outcome is None and now >= conference.end_at:
        late = to_local(now).date() > to_local(conference.end_at).date()
        yield _task(
            case, "record-outcome", "the outcome is not recorded", due_at=conference.end_at,
            state=DutyState.OVERDUE if late else DutyState.DUE, next_step=f"packs outcome {conference.reference} FILE",
        )  # fmt: skip
    if not case.letters:
        yield from _letters_by_hand(case, now, held)


def _letters_by_hand(case: Case, now: datetime, held: Held) -> Iterator[Duty]:
    """Letters that a person writes, since they do not go by themselves; done once recorded, receipts are left to them."""
    written = [fact for fact, _ in case.conference.done if fact.duty == "letter"]
    for one in wanted(case, now):
        if one.kind in AT_ONCE or (one.kind in ASKING and held.get(one.person)):
            continue
        task = _task(case, "letter", letter_task(one), person=one.person, due_at=one.at, state=DutyState.DUE)
        since = [fact for fact in written if fact.person == one.person and fact.done_at >= one.at]
        yield as_done(task, since[0].done_at, f"recorded: {since[0].how}") if since else task


def _task(
    case: Case,
    duty: str,
    what: str,
    *,
    state: DutyState,
    person: PersonId | None = None,
    due_at: datetime | None = None,
    how: str = "",
    next_step: str = "",
) -> Duty:
    office = case.calendar.office_due(due_at) if due_at is not None else None
    return Duty(
        duty=duty, what=what, who=team_of(case), state=state, person=person, due_at=due_at, office_due=office,
        hold_by=to_local(office).date() if office is not None else None, how=how, next_step=next_step,
    )  # fmt: skip


def _breaches(case: Case, now: datetime) -> Iterator[Duty]:
    recorded = [fact.done_at for fact, _ in case.conference.done if fact.duty == "breach"]
    for fact, at in case.conference.breaches:
        due_at = at + BREACH_WITHIN
        one = _task(
            case, "breach", "something reached people that it should not have reached", due_at=due_at,
            state=DutyState.OVERDUE if now > due_at else DutyState.DUE, how=f"item {fact.item}, {len(fact.people)} people have it",
            next_step="warn whoever is at risk first, then tell the data protection officer",
        )  # fmt: skip
        after = [done for done in recorded if done >= at]
        yield as_done(one, min(after), "recorded as dealt with") if after else one


def _doubtful_sendings(case: Case, now: datetime) -> Iterator[Duty]:
    for copy in case.conference.copies.values():
        if copy.voided is None and (copy.unknown is not None or copy.failed):
            named = f"the {copy.document.value}"
            what = f"nobody knows whether {named} arrived" if copy.unknown else f"{named} was refused for good"
            yield _task(
                case, "sending", what, person=copy.person, due_at=copy.claim_at, state=DutyState.DUE,
                how=copy_state(case, copy, now)[1] or "", next_step=repair(case, copy),
            )  # fmt: skip
    for letter in case.conference.letters.values():
        if letter.failed:
            yield _task(
                case, "sending", f"the letter ({letter.kind.value}) was refused for good", person=letter.person,
                due_at=letter.claim_at, state=DutyState.DUE,
                next_step=f"packs person change {case.conference.reference} {letter.person} --email ADDRESS",
            )  # fmt: skip


def _held_items(case: Case, held: Held) -> Iterator[Duty]:
    seen: set[ItemId] = set()
    for person, items in held.items():
        for item in items:
            if item not in seen:
                seen.add(item)
                whose = f" --person {person}" if person is not None else " --person ID"
                yield _task(
                    case, "held-item", f"item {item} is held and may belong here", person=person, state=DutyState.DUE,
                    next_step=f"packs resolve {item} --conference {case.conference.reference}{whose} --by NAME",
                )  # fmt: skip


def _addresses(case: Case, now: datetime) -> Iterator[Duty]:
    """Addresses to be confirmed, and those that expire soon, of people who are to get papers and have not got them."""
    conference, reference = case.conference, case.conference.reference
    if now >= conference.end_at:
        return
    for person in conference.people.values():
        standing = case.standing(person.id)
        state = standing.state(now)
        expires = standing.expires_at
        soon = state is AddressState.CONFIRMED and expires is not None and expires <= max(now, conference.start_at) + EXPIRES_SOON
        if (state is AddressState.CONFIRMED and not soon) or not entitlement(case, person.id, Document.PACK).document:
            continue
        due_at = min(send_at(case, person), expires) if soon and expires is not None else send_at(case, person)
        what = f"the address expires {spoken(expires)}" if soon and expires is not None else f"no confirmed address ({state.value})"
        step = f"packs address confirm {reference} {person.id} --method phone --by NAME --note TEXT"
        if state is AddressState.NONE:
            step = f"packs person change {reference} {person.id} --email ADDRESS"
        one = _task(case, "confirm-address", what, person=person.id, due_at=due_at, state=DutyState.COMING, next_step=step)
        yield replace(one, state=state_of(now, one.due_at, one.office_due))


def _supplements(case: Case, now: datetime) -> Iterator[Duty]:
    """Copies other than packs that wait for a person."""
    reference = case.conference.reference
    for copy in case.conference.copies.values():
        if copy.document is Document.PACK or not copy.live:
            continue
        named, why = copy_state(case, copy, now)
        if named in {"composed", "held"}:
            step = f"packs release {reference} {copy.person} --document {copy.document.value} --by NAME"
            yield _task(
                case, "release", f"{_words(copy)}: a person lets it go", person=copy.person, due_at=copy.composed_at,
                state=DutyState.DUE, how=why or "", next_step=step if named == "composed" else f"packs documents {reference}",
            )  # fmt: skip


def _words(copy: Copy) -> str:
    return copy.document.value.replace("-", " ")


def _hand_overs(case: Case, now: datetime) -> Iterator[Duty]:
    """Copies that went to the social worker and of which nobody has recorded yet that the family has them (A00.3)."""
    reference = case.conference.reference
    for copy in case.conference.copies.values():
        if copy.accepted_at is None or copy.person not in case.conference.people or reached_at(case, copy) is not None:
            continue
        when = document_due(case, case.conference.people[copy.person], copy.document)
        one = _task(
            case, "hand-over", f"{_words(copy)}: the social worker hands it over", person=copy.person,
            due_at=when.due_at if when is not None else None, state=DutyState.DUE, how="sent to the social worker",
            next_step=f"packs handed-over {reference} {copy.person} --document {copy.document.value} --at LOCAL --how TEXT"
            " --by NAME",
        )  # fmt: skip
        yield replace(one, state=state_of(now, one.due_at, one.office_due)) if when is not None else one


def _section_decisions(case: Case, now: datetime) -> Iterator[Duty]:
    """The chair decides about every confidential section before the start."""
    conference = case.conference
    recorded = {fact.person: fact for fact, _ in conference.done if fact.duty == "confidential-decision"}
    for report in conference.filed():
        if report.filed.content is not Content.CONFIDENTIAL_SECTION:
            continue
        one = _task(
            case, "confidential-decision", "the chair decides about a confidential section", person=report.filed.person,
            due_at=conference.start_at, state=DutyState.COMING, how=f"item {report.item}",
        )  # fmt: skip
        one = replace(
            one, who=case.profile.authority_words.get("chair", "chair"), state=state_of(now, one.due_at, one.office_due),
            next_step=f"packs allow {conference.reference} PERSON {report.item} --decided-by NAME --because TEXT",
        )  # fmt: skip
        allowed = any(item == report.item for item, _ in conference.allowed)
        fact = recorded.get(report.filed.person) or recorded.get(None)
        if fact is not None:
            yield as_done(one, fact.done_at, f"recorded: {fact.how}")
        else:
            yield as_done(one, None, "the chair allowed it to somebody") if allowed else one


def repair(case: Case, copy: Copy) -> str:
    """Returns the command that puts right a sending of unknown result, or one that was refused for good."""
    reference = case.conference.reference
    if copy.unknown is not None:
        document = "" if copy.document is Document.PACK else f" --document {copy.document.value}"
        return f"packs settle {reference} {copy.person} --accepted|--not-accepted --by NAME --because TEXT{document}"
    return f"packs person change {reference} {copy.person} --email ADDRESS"
