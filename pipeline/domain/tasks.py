"""What waits for a person in a conference, whatever the authority's rules say: tasks of the house's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.domain.addresses import AddressState
from pipeline.domain.calendar import spoken, to_local
from pipeline.domain.case import Case
from pipeline.domain.copies import not_to_be_handed, route_of
from pipeline.domain.course import CALL_BACK, CANCELLED, NOT_HELD
from pipeline.domain.duty import Duty, DutyState, as_done, state_of, team_of
from pipeline.domain.entitlement import entitlement, recipient
from pipeline.domain.facts import DECIDED_ELSEWHERE, OF_REPORTS, Content, Document, Elsewhere
from pipeline.domain.letters import ASKING, AT_ONCE, BY_HAND, letter_task, wanted
from pipeline.domain.pack import send_at
from pipeline.domain.people import ItemId, Person, PersonId
from pipeline.domain.profile import Route
from pipeline.domain.records import Copy
from pipeline.domain.responses import ResponseState, decision_word, response_rule, responses_of
from pipeline.domain.views import copy_state, document_due, reached_at

Held = Mapping[PersonId | None, Sequence[ItemId]]
"""Items that wait for a person and may belong to a conference, by whom they may be from."""

BREACH_WITHIN = timedelta(hours=72)
"""How long a breach may wait before the regulator is told. Source: UK GDPR article 33."""

SECTION_DECISION = "confidential-decision"
"""The duty that the chair's decision about a filed confidential section is."""

EXPIRES_SOON = timedelta(days=14)

def tasks(case: Case, now: datetime, held: Held) -> Iterator[Duty]:
    """What waits for a person, whatever the authority's rules say."""
    conference = case.conference
    yield from _breaches(case, now)
    yield from _doubtful_sendings(case, now)
    yield from _held_items(case, held)
    yield from _hand_overs(case, now)
    if conference.cancelled is not None:
        yield from _to_tell(case, now)
        return
    yield from _elsewhere(case)
    yield from _sessions(case, now)
    yield from _not_held(case, now)
    yield from _closed_days(case, now)
    yield from _addresses(case, now)
    yield from _supplements(case, now)
    yield from _section_decisions(case, now)
    yield from _minutes_to_approve(case)
    yield from _held_minutes(case, now)
    yield from _reconsidering(case, now)
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
    written = [fact for fact, _ in case.conference.done if fact.duty == BY_HAND]
    for one in wanted(case, now):
        if one.kind in AT_ONCE or (one.kind in ASKING and held.get(one.person)):
            continue
        task = _task(case, BY_HAND, letter_task(one), person=one.person, due_at=one.at, state=DutyState.DUE)
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


_DECIDED = {
    Elsewhere.EXCLUDED: "is excluded from something",
    Elsewhere.NOT_INCLUDED: "is not to be included",
    Elsewhere.ADDRESS: "has another address",
    Elsewhere.ROLE: "has another role, or one for other children",
}


def _elsewhere(case: Case) -> Iterator[Duty]:
    """What a linked conference recorded: nothing goes to the person from here before somebody says whether it holds here."""
    reference = case.conference.reference
    asked: dict[tuple[PersonId, str], list[str]] = {}
    for one, _ in case.conference.elsewhere:
        words = ", ".join(word.value for word in one.from_)
        told = _DECIDED[one.what] + (f" ({words})" if words else "") + f" in {one.conference}"
        asked.setdefault((one.person, one.duty), []).append(told)
    for (person, duty), told_of in asked.items():
        yield _task(
            case, DECIDED_ELSEWHERE, "a linked conference decided about this person: say whether it holds here",
            person=person, state=DutyState.DUE, how="; ".join(dict.fromkeys(told_of)) + "; nothing goes to them until then",
            next_step=f"record the same here, or packs done {reference} {duty} --person {person} --at LOCAL --how TEXT --by NAME",
        )  # fmt: skip


def _sessions(case: Case, now: datetime) -> Iterator[Duty]:
    """Of a conference that is to be split: its parts, and who sits in which (SWG-9)."""
    conference = case.conference
    if now >= conference.start_at or not conference.is_split:
        return
    nowhere = conference.in_no_session()
    if conference.sessions and not nowhere:
        return
    what = "say who sits in which session" if conference.sessions else "the conference is split: say which sessions there are"
    yield _task(
        case, "split-sessions", what, due_at=min(send_at(case, person) for person in conference.people.values()),
        state=DutyState.DUE, how=f"in none: {', '.join(nowhere)}" if nowhere else "",
        next_step=f"packs session {conference.reference} NAME --start LOCAL --people IDS --because TEXT",
    )  # fmt: skip


def _not_held(case: Case, now: datetime) -> Iterator[Duty]:
    """Whoever was invited to a part that is not held with them any more has to hear it: nothing tells them by itself."""
    conference = case.conference
    if now >= conference.end_at:
        return
    for person in conference.people.values():
        gone = [copy for copy in conference.copies_of(person.id, Document.INVITATION) if copy.gone]
        if not gone or not conference.sits_nowhere(person):
            continue
        if any(fact.duty == NOT_HELD and fact.person == person.id and seq > gone[-1].last_seq for fact, seq in conference.done):
            continue
        yield _task(
            case, NOT_HELD, "tell this person that what they were invited to is not held with them", person=person.id,
            due_at=gone[-1].starts[0], state=DutyState.DUE, how="they sit in no session of the split conference",
            next_step=f"packs done {conference.reference} {NOT_HELD} --person {person.id} --at LOCAL --how TEXT --by NAME",
        )  # fmt: skip


def _closed_days(case: Case, now: datetime) -> Iterator[Duty]:
    """Meetings to come whose day is no working day, for instance since a bank holiday was proclaimed."""
    conference, outcome = case.conference, case.conference.outcome
    meetings = {"the conference": conference.start_at} if outcome is None else {
        "the core group": outcome.core_group_at, "the review": outcome.review_at
    }  # fmt: skip
    for what, at in meetings.items():
        if at is not None and now < at and not case.calendar.is_working_day(to_local(at).date()):
            step = f"packs move {conference.reference} --start LOCAL --because TEXT" if outcome is None else "agree another day"
            yield _task(
                case, "closed-day", f"{what} is set for a day when offices are closed", due_at=at, state=DutyState.DUE,
                how=spoken(at), next_step=step,
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
        if not soon and _invitation_waits(case, person):
            due_at = min(due_at, now)  # the letter goes as soon as there is an address
        what = f"the address expires {spoken(expires)}" if soon and expires is not None else f"no confirmed address ({state.value})"
        step = f"packs address confirm {reference} {person.id} --method phone --by NAME --note TEXT"
        if state is AddressState.NONE:
            step = f"packs person change {reference} {person.id} --email ADDRESS"
        one = _task(case, "confirm-address", what, person=person.id, due_at=due_at, state=DutyState.COMING, next_step=step)
        yield replace(one, state=state_of(now, one.due_at, one.office_due))


def _invitation_waits(case: Case, person: Person) -> bool:
    gone = any(copy.gone for copy in case.conference.copies_of(person.id, Document.INVITATION))
    own = recipient(case, person.id, Document.INVITATION) == person.id
    return case.invitations and own and not gone and entitlement(case, person.id, Document.INVITATION).document


def _minutes_to_approve(case: Case) -> Iterator[Duty]:
    """The newest version of the minutes for each group of readers, until somebody approves it or the next one comes."""
    newest = {version.taken.for_: version for version in case.conference.minutes}
    for version in newest.values():
        if version.approved is None:
            whom = f" of {', '.join(version.taken.for_)}" if version.taken.for_ else ""
            yield _task(
                case, "approve-minutes", f"version {version.number} of the minutes{whom} waits to be approved",
                state=DutyState.DUE,
                next_step=f"packs minutes approve {case.conference.reference} --version {version.number} --by NAME",
            )  # fmt: skip


def _supplements(case: Case, now: datetime) -> Iterator[Duty]:
    """Copies other than packs that wait for a person."""
    reference = case.conference.reference
    for copy in case.conference.copies.values():
        if copy.document is Document.PACK or not copy.live:
            continue
        reader = case.conference.people.get(copy.person)
        if copy.document is Document.MINUTES and reader is not None and route_of(case, reader, copy.document) is Route.HELD:
            continue  # a task of its own
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
        if why := not_to_be_handed(case, copy):
            called = any(
                fact.duty == CALL_BACK and fact.person == copy.person and fact.done_at >= copy.accepted_at
                for fact, _ in case.conference.done
            )
            if recipient(case, copy.person, copy.document) != copy.person and not called:
                yield _task(
                    case, CALL_BACK, f"{_words(copy)}, issue {copy.issue}: the social worker must not hand it over",
                    person=copy.person, state=DutyState.DUE, how=why,
                    next_step=f"packs done {reference} {CALL_BACK} --person {copy.person} --at LOCAL --how TEXT --by NAME",
                )  # fmt: skip
            continue
        if _newer(case, copy):
            continue
        when = document_due(case, case.conference.people[copy.person], copy.document)
        one = _task(
            case, "hand-over", f"{_words(copy)}: the social worker hands it over", person=copy.person,
            due_at=when.due_at if when is not None else None, state=DutyState.DUE,
            how=f"issue {copy.issue}; sent to the social worker{_older(case, copy)}",
            next_step=f"packs handed-over {reference} {copy.person} --document {copy.document.value} --at LOCAL --how TEXT"
            " --by NAME",
        )  # fmt: skip
        yield replace(one, state=state_of(now, one.due_at, one.office_due)) if when is not None else one


def _newer(case: Case, copy: Copy) -> bool:
    same = case.conference.copies_of(copy.person, copy.document)
    return copy.document not in OF_REPORTS and any(one.gone and one.issue > copy.issue for one in same)


def _older(case: Case, copy: Copy) -> str:
    same = case.conference.copies_of(copy.person, copy.document)
    old = [str(one.issue) for one in same if one.gone and one.issue < copy.issue and copy.document not in OF_REPORTS]
    return f", who destroys issue {', '.join(old)}" if old else ""


def _to_tell(case: Case, now: datetime) -> Iterator[Duty]:
    """Whoever was invited or asked has to hear that a conference is cancelled: nothing tells them by itself."""
    conference = case.conference
    invited = {c.person for c in conference.copies.values() if c.document is Document.INVITATION and c.gone}
    asked = {one.person for one in conference.letters.values() if one.kind in ASKING and one.gone}
    told = {fact.person for fact, _ in conference.done if fact.duty == CANCELLED}
    if now >= conference.end_at or None in told:
        return
    for person in conference.people.values():
        if person.id in invited | asked and person.id not in told:
            yield _task(
                case, CANCELLED, "tell this person that the conference is cancelled", person=person.id,
                due_at=conference.start_at, state=DutyState.DUE, how="they were written to",
                next_step=f"packs done {conference.reference} {CANCELLED} --person {person.id} --at LOCAL --how TEXT --by NAME",
            )  # fmt: skip


def _held_minutes(case: Case, now: datetime) -> Iterator[Duty]:
    """Copies that never go by themselves: asked for each week until let go, handed over or refused (A00.13)."""
    reference = case.conference.reference
    for person in case.conference.people.values():
        if route_of(case, person, Document.MINUTES) is not Route.HELD or not entitlement(case, person.id, Document.MINUTES).allowed:
            continue
        copies = [c for c in case.conference.copies_of(person.id, Document.MINUTES) if c.voided is None and c.composed is not None]
        if not copies or copies[-1].refused is not None or reached_at(case, copies[-1]) is not None:
            continue
        when, released = document_due(case, person, Document.MINUTES), copy_state(case, copies[-1], now)[0] == "released"
        first = when.due_at if when is not None else copies[-1].composed_at
        weeks = max((now - first) // timedelta(days=7), 0)
        of = f"{reference} {person.id} --document minutes"
        step = f"packs release {of} --by NAME, packs paper make {of} --to FILE.pdf --by NAME, or packs refuse {of} --because TEXT"
        if released:
            step = f"packs handed-over {of} --at LOCAL --how TEXT --by NAME"
        what = "minutes for family are handed over" if released else "minutes for family wait for a person's decision"
        one = _task(
            case, "family-minutes-decision", what, person=person.id, due_at=first + timedelta(days=7) * weeks,
            state=DutyState.DUE, how=f"asked again each week, {weeks} so far" if weeks else "", next_step=step,
        )  # fmt: skip
        yield replace(one, state=state_of(now, first, one.office_due)) if when is not None else one


def _reconsidering(case: Case, now: datetime) -> Iterator[Duty]:
    """Once nobody may answer any more, or all have, the chair confirms the decision or changes it (BAD-10)."""
    conference, word = case.conference, decision_word(case)
    if conference.outcome is None or response_rule(case) is None:
        return
    reference, chair = conference.reference, case.profile.authority_words.get("chair", "chair")
    rows = responses_of(case, now)
    waiting = {ResponseState.AWAITED, ResponseState.NOT_TOLD}
    ends = [row.window.due_at for row in rows if row.window is not None and row.window.due_at is not None]
    if word is not None and word.changed:
        yield replace(
            _task(case, "new-outcome", "the decision changes: the new outcome is recorded", state=DutyState.DUE,
                  next_step=f"packs outcome {reference} FILE --because TEXT"), who=chair,
        )  # fmt: skip
    elif rows and word is None and not any(row.state in waiting for row in rows):
        step = f"packs responses {reference}, then packs decision confirm|change {reference} --decided-by NAME --because TEXT"
        yield replace(
            _task(case, "reconsider-decision", "the answers are in or their time has passed: the decision is confirmed or changed",
                  due_at=max(ends, default=None), state=DutyState.DUE, next_step=step), who=chair,
        )  # fmt: skip


def _section_decisions(case: Case, now: datetime) -> Iterator[Duty]:
    """The chair decides about every confidential section before the start."""
    conference = case.conference
    recorded = {fact.person: fact for fact, _ in conference.done if fact.duty == SECTION_DECISION}
    for report in conference.filed():
        if report.filed.content is not Content.CONFIDENTIAL_SECTION:
            continue
        one = _task(
            case, SECTION_DECISION, "the chair decides about a confidential section", person=report.filed.person,
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
