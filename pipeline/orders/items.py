"""Orders about received items and reports: resolve, unfile, correct a receipt, nil return, apology, allow, retry."""

from __future__ import annotations

from datetime import datetime

from pipeline.casebook import Decision, conference_stream, item_head, item_stream
from pipeline.desk import Desk
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import (
    ApologyRecorded,
    BreachOpened,
    Document,
    Fact,
    ItemDismissed,
    ItemResolved,
    ItemUnfiled,
    NilReturnRecorded,
    PartAffirmed,
    ReceiptCorrected,
    ReportAllowed,
    ReportUnfiled,
    RetryAsked,
)
from pipeline.domain.headings import Part
from pipeline.domain.item import ItemState
from pipeline.domain.minutes import MINUTES
from pipeline.domain.people import ConferenceRef, ItemId, PersonId
from pipeline.errors import NotFoundError, RefusedError


def resolve(item_id: str, reference: str, person: str, by: str, actor: str, desk: Desk, *, confidential: bool) -> None:
    """Says whose report a held item is; the next run files it.

    Raises:
        RefusedError: the item is not held, the person is not of the conference, or is family.
    """
    conference = desk.casebook.conference(reference)
    who = conference.people.get(PersonId(person))
    if who is None:
        raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
    if conference.cancelled is not None:
        raise RefusedError(f"{reference} is cancelled; nothing was changed.")
    if who.role.is_family:
        raise RefusedError(f"{person} is family; a report is filed for the agency that wrote it. Nothing was changed.")

    def decision() -> Decision | None:
        item = desk.casebook.item(item_id)
        if item.held is not None and item.held.code == MINUTES:
            raise RefusedError(
                f"Item {item_id} says of itself that it is drafted minutes, so it is filed as nobody's report. Nothing was"
                f" changed; `packs minutes take {reference} {item_id} --by NAME` takes it as minutes."
            )
        if item.state not in (ItemState.HELD, ItemState.DISMISSED):
            raise RefusedError(f"Item {item_id} does not wait for a person (it is {item.state.value}); nothing was changed.")
        fact = ItemResolved(
            conference=ConferenceRef(reference), person=PersonId(person), by=by, confidential=confidential
        )
        return Decision(facts={item_stream(item_id): [fact]}, expected=item_head(item))

    desk.casebook.decide(decision, actor)


def dismiss(item_id: str, because: str, by: str, actor: str, desk: Desk) -> None:
    """Says that a held item is not a report; it is kept and can be resolved later all the same."""

    def decision() -> Decision | None:
        item = desk.casebook.item(item_id)
        if item.state is not ItemState.HELD:
            raise RefusedError(f"Item {item_id} does not wait for a person (it is {item.state.value}); nothing was changed.")
        return Decision(
            facts={item_stream(item_id): [ItemDismissed(because=because, by=by)]}, expected=item_head(item)
        )

    desk.casebook.decide(decision, actor)


def unfile(item_id: str, because: str, by: str, actor: str, desk: Desk) -> list[str]:
    """Undoes a wrong filing; returns the people who already have the report, for whom a breach task is opened.

    Unsent copies that hold it are withdrawn and made anew by the agenda. Nothing is deleted.
    """
    exposed: list[str] = []

    def decision() -> Decision | None:
        item = desk.casebook.item(item_id)
        filed = item.filed or item.repeated
        if filed is None or item.state not in (ItemState.FILED, ItemState.REPEATED):
            raise RefusedError(f"Item {item_id} is not filed (it is {item.state.value}); nothing was changed.")
        case = desk.casebook.case(filed.conference)
        facts: dict[str, list[Fact]] = {item_stream(item_id): [ItemUnfiled(because=because, by=by)]}
        if item.state is ItemState.FILED:
            home: list[Fact] = [ReportUnfiled(item=ItemId(item_id), because=because, by=by)]
            gone = [c for c in case.conference.copies.values() if (c.gone or c.in_hand) and item_id in c.items]
            printed = [p.made.person for p in case.conference.papers.values() if item_id in p.made.items]
            exposed[:] = list(dict.fromkeys([*(c.person for c in gone), *printed]))
            if exposed:
                home.append(
                    BreachOpened(
                        item=ItemId(item_id),
                        copies=tuple(c.copy for c in gone),
                        people=tuple(PersonId(p) for p in exposed),
                        because=because,
                    )
                )
            facts[conference_stream(filed.conference)] = home
        return Decision(facts=facts, expected={**case.heads, **item_head(item)})

    desk.casebook.decide(decision, actor)
    desk.keys.rewrap(item_stream(item_id), None)
    return exposed


def correct_receipt(
    item_id: str, received_at: datetime, because: str, by: str, actor: str, desk: Desk
) -> list[ItemId]:
    """Records when an item truly reached the mailbox (UTC); both times are kept and the verdict is judged again.

    A message's receipt is that of all its parts. Returns every item corrected, the named one first.

    Raises:
        RefusedError: the time lies in the future, or the item repeats one filed before, whose receipt counts.
    """
    if received_at > desk.clock.now():
        raise RefusedError("A receipt cannot lie in the future; nothing was changed.")
    repeats = desk.casebook.item(item_id).repeated
    if repeats is not None and desk.casebook.item(item_id).state is ItemState.REPEATED:
        raise RefusedError(
            f"Item {item_id} repeats {repeats.of}, filed before, whose receipt counts; nothing was changed. Correct that one."
        )
    corrected: list[ItemId] = []

    def decision() -> Decision | None:
        corrected[:] = _with_parts(item_id, desk)
        facts: dict[str, list[Fact]] = {}
        expected: dict[str, int] = {}
        for one in corrected:
            item = desk.casebook.item(one)
            fact = ReceiptCorrected(item=one, received_at=received_at, because=because, by=by)
            facts[item_stream(one)] = [fact]
            expected.update(item_head(item))
            if item.state is ItemState.FILED and item.filed is not None:
                expected.update(desk.casebook.case(item.filed.conference).heads)
                facts.setdefault(conference_stream(item.filed.conference), []).append(fact)
        return Decision(facts=facts, expected=expected)

    desk.casebook.decide(decision, actor)
    return corrected


def _with_parts(item_id: str, desk: Desk) -> list[ItemId]:
    """Returns the item and, where it is an opened message, all that was in it, however deep."""
    item = desk.casebook.item(item_id)
    parts = item.opened.parts if item.state is ItemState.OPENED and item.opened is not None else ()
    return [item.id, *(deeper for part in parts for deeper in _with_parts(part, desk))]


def _about_person(reference: str, person: str, fact: Fact, actor: str, desk: Desk, *, asked: bool) -> None:
    stream = conference_stream(reference)

    def decision() -> Decision | None:
        conference = desk.casebook.conference(reference)
        if conference.cancelled is not None:
            raise RefusedError(f"{reference} is cancelled; nothing was changed.")
        if PersonId(person) not in conference.people:
            raise NotFoundError(f"There is no person {person!r} in {reference}. Nothing was changed.")
        if asked and PersonId(person) not in conference.asked_at:
            raise RefusedError(f"{person} was not asked for a report; nothing was changed.")
        if asked and conference.versions(PersonId(person)):
            raise RefusedError(f"A report of {person} is filed; nothing was changed.")
        return Decision(facts={stream: [fact]}, expected={stream: conference.head})

    desk.casebook.decide(decision, actor)


def nil_return(reference: str, person: str, by: str, because: str, actor: str, desk: Desk) -> None:
    """Records that the agency has nothing to report (A00.15)."""
    fact = NilReturnRecorded(person=PersonId(person), by=by, because=because)
    _about_person(reference, person, fact, actor, desk, asked=True)


def apology(reference: str, person: str, by: str, because: str, actor: str, desk: Desk) -> None:
    """Records that the person cannot come; shown to the chair (A00.15)."""
    fact = ApologyRecorded(person=PersonId(person), by=by, because=because)
    _about_person(reference, person, fact, actor, desk, asked=False)


def allow(
    reference: str, person: str, item: str, decided_by: str, because: str, actor: str, desk: Desk
) -> str | None:
    """Records the chair's decision that a person may have a report that the rules alone withhold (A00.2, POR-6).

    Returns why the person does not get it all the same, or None: an exclusion and a protected detail that was found in it
    are never overruled by this.
    """
    report = desk.casebook.conference(reference).reports.get(ItemId(item))
    if report is None or report.unfiled:
        raise NotFoundError(f"There is no filed report {item!r} in {reference}. Nothing was changed.")
    fact = ReportAllowed(item=ItemId(item), person=PersonId(person), decided_by=decided_by, because=because)
    _about_person(reference, person, fact, actor, desk, asked=False)
    may = entitlement(desk.casebook.case(reference), PersonId(person), Document.PACK, superseded=True)
    if not may.document:
        return may.because
    return next((omission.why for omission in may.withheld if omission.report == item), None)


def affirm(item_id: str, part: Part, because: str, by: str, actor: str, desk: Desk) -> tuple[ConferenceRef, PersonId]:
    """Records that a person found a part in a filed report after all; returns whose report it is.

    Raises:
        RefusedError: the item is not filed, or that part was found there by itself.
    """
    whose: list[tuple[ConferenceRef, PersonId]] = []

    def decision() -> Decision | None:
        filed = desk.casebook.item(item_id).filed
        if filed is None:
            raise RefusedError(f"Item {item_id} is no filed report; nothing was changed.")
        conference = desk.casebook.conference(filed.conference)
        report = conference.reports.get(ItemId(item_id))
        if report is None or report.unfiled:
            raise RefusedError(f"Item {item_id} is no filed report; nothing was changed.")
        found = report.examined is not None and part.value in report.examined.has
        if found or part.value in report.affirmed:
            raise RefusedError(f"{part.value} was found in {item_id} already; nothing was changed.")
        whose[:] = [(filed.conference, filed.person)]
        stream = conference_stream(filed.conference)
        fact = PartAffirmed(item=ItemId(item_id), part=part.value, because=because, by=by)
        return Decision(facts={stream: [fact]}, expected={stream: conference.head})

    desk.casebook.decide(decision, actor)
    return whose[0]


def retry(subject: str, by: str, because: str, actor: str, desk: Desk) -> None:
    """Tries again what was held after too many attempts: an item by its id, or a conference by its reference."""
    fact = RetryAsked(by=by, because=because)
    ledger = desk.casebook.ledger
    if ledger.head(conference_stream(subject)):
        stream = conference_stream(subject)
    elif ledger.head(item_stream(subject)):
        stream = item_stream(subject)
        item = desk.casebook.item(subject)
        if item.state is not ItemState.HELD:
            raise RefusedError(f"Item {subject} does not wait for a person; nothing was changed.")
    else:
        raise NotFoundError(f"There is no conference or item {subject!r} here. Nothing was changed.")
    desk.casebook.decide(lambda: Decision(facts={stream: [fact]}, expected={stream: ledger.head(stream)}), actor)
