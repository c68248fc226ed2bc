"""What the demo shows at its end, gathered from the ledger and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pipeline.casebook import Casebook
from pipeline.domain.calendar import local_text
from pipeline.domain.conference import Conference
from pipeline.domain.cover import late_words
from pipeline.domain.entitlement import entitlement
from pipeline.domain.facts import Content, Document, Verdict
from pipeline.domain.item import Item, ItemState
from pipeline.domain.people import ItemId
from pipeline.domain.records import Report
from pipeline.domain.views import addresses_view, documents_view

Row = dict[str, Any]


def name_of(item: Item, items: dict[str, Item]) -> str:
    """Returns the file's name; an attachment's behind that of its mail."""
    parent = items.get(item.received.parent or "")
    return f"{parent.received.name} › {item.received.name}" if parent is not None else item.received.name


def report_rows(book: Casebook) -> list[Row]:
    """Returns one row for each file and attachment that came, in the order of receipt."""
    items = {str(item.id): item for item in book.items()}
    return [
        _report_row(book, item, name_of(item, items))
        for item in sorted(items.values(), key=lambda i: (i.received_at, name_of(i, items)))
        if item.state is not ItemState.OPENED
    ]


def _report_row(book: Casebook, item: Item, name: str) -> Row:
    row: Row = {
        "report": name, "reference": None, "person": None, "agency": None, "due": None,
        "received": local_text(item.received_at), "verdict": item.state.value, "note": "", "item": str(item.id),
    }  # fmt: skip
    if item.held is not None and item.state is ItemState.HELD:
        row["note"] = "; ".join(item.held.why)
        return row
    placed = item.filed or item.repeated
    if placed is None:
        return row
    conference = book.conference(placed.conference)
    person = conference.people[placed.person]
    row.update(reference=str(placed.conference), person=str(person.id), agency=person.agency)
    if item.repeated is not None:
        row["note"] = "the same bytes were filed before"
        return row
    report = conference.reports[ItemId(item.id)]
    if report.judged is not None:
        row["due"] = local_text(report.judged.due_at) if report.judged.due_at is not None else None
        row["verdict"] = report.judged.verdict.value
    row["note"] = ", ".join(_notes(conference, report))
    return row


def _notes(conference: Conference, report: Report) -> Iterable[str]:
    judged = report.judged
    if judged is not None and judged.verdict is Verdict.LATE:
        yield f"late by {late_words(judged.late_by_seconds)}"
    if report.filed.content is Content.CONFIDENTIAL_SECTION:
        yield "for the chair alone"
    elif report not in conference.latest():
        yield "superseded, and kept"
    elif len(conference.versions(report.filed.person)) > 1:
        yield "supersedes the first version"
    if report.found:
        yield "holds a protected detail"


def document_rows(book: Casebook, references: Sequence[str]) -> list[Row]:
    """Returns one row for each copy that was not replaced: address, pages, sent or why not."""
    now = book.clock.now()
    rows: list[Row] = []
    for reference in references:
        case = book.case(reference)
        states = {str(row["person"]): str(row["state"]) for row in addresses_view(case, now)}
        for found in documents_view(case, now):
            if found["state"] == "cancelled":
                continue
            person = case.conference.people[found["person"]]  # type: ignore[index]
            rows.append(
                {
                    "reference": reference,
                    **{key: found[key] for key in ("person", "document", "issue", "pages", "state", "to", "sha256")},
                    "role": person.role.value,
                    "name": person.name,
                    "address_state": states[str(found["person"])],
                    "sent": local_text(sent) if (sent := sent_at(book, reference, found["copy"])) else None,
                    "why": _why(found, states[str(found["person"])]),
                    "left_out": len(found["left_out"]),  # type: ignore[arg-type]
                }
            )
    return rows


def _why(found: Row, address_state: str) -> str | None:
    """Returns why a copy was not sent; the address is named also where by now another reason stands before it."""
    why = found["why"]
    if found["state"] == "waiting" and address_state != "confirmed" and "address" not in str(why):
        return f"no confirmed address ({address_state}); since then {why}"
    return str(why) if why is not None else None


def sent_at(book: Casebook, reference: str, copy: object) -> Any:
    """Returns when the copy was taken over by the server, or None."""
    made = book.conference(reference).copies.get(copy) if copy is not None else None  # type: ignore[call-overload]
    return made.accepted_at if made is not None else None


def detail_rows(book: Casebook, references: Sequence[str]) -> list[Row]:
    """Returns what is kept from somebody because it holds a protected detail."""
    items = {str(item.id): item for item in book.items()}
    rows: list[Row] = []
    for reference in references:
        case = book.case(reference)
        for detail in case.conference.protected:
            for person in detail.from_:
                for omission in entitlement(case, person, Document.PACK).withheld:
                    if "protected detail" in omission.why:
                        name = name_of(items[omission.report], items)
                        row = {"reference": reference, "person": str(person), "report": name, "why": omission.why}
                        rows.append(row)
    return rows


def letters_sent(book: Casebook) -> int:
    """Returns how many letters were taken over by the server, of all conferences."""
    return sum(
        letter.accepted is not None
        for reference in book.references()
        for letter in book.conference(reference).letters.values()
    )


def show_verdicts(console: Any, rows: Sequence[Row]) -> None:
    """Prints the table of events and due instants, and how many are as expected."""
    marks = {True: "ok", False: "NOT OK", None: "not shown"}
    shown = [{**row, "ok": marks[row["ok"]]} for row in rows]
    _table(console, "Events and due instants", ("event", "family", "what", "expected", "found", "ok"), shown)
    told = [f"{sum(row['ok'] is ok for row in rows)} {mark}" for ok, mark in marks.items()]
    console.print(", ".join(told), highlight=False)


def show(console: Any, reports: Sequence[Row], documents: Sequence[Row], details: Sequence[Row]) -> None:
    """Prints the two tables."""
    timed = [{**row, "due": _spaced(row["due"]), "received": _spaced(row["received"])} for row in reports]
    _table(console, "What came in", ("report", "agency", "due", "received", "verdict", "note"), timed)
    shown = [
        {
            **row,
            "address": row["address_state"],
            "sent, or why not": _spaced(row["sent"]) or f"{row['state']}: {row['why']}",
        }
        for row in documents
    ]
    columns = ("person", "address", "document", "issue", "pages", "sent, or why not")
    for reference in dict.fromkeys(row["reference"] for row in documents):
        _table(console, f"What went out: {reference}", columns, [row for row in shown if row["reference"] == reference])
    for row in details:
        told = f"Kept from {row['person']} of {row['reference']}: {row['report']}: {row['why']}."
        console.print(told, highlight=False, markup=False)


_COLOURS = {
    "on-time": "green", "late": "red", "held": "yellow", "repeated": "cyan",
    "confirmed": "green", "unconfirmed": "yellow", "ok": "green", "NOT OK": "red", "not shown": "yellow",
}  # fmt: skip


def _table(console: Any, title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    from rich.markup import escape
    from rich.table import Table

    made = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    for row in rows:
        cells = []
        for column in columns:
            text = "" if row.get(column) is None else escape(str(row[column]))
            cells.append(f"[{_COLOURS[text]}]{text}[/]" if text in _COLOURS else text)
        made.add_row(*cells)
    console.print()
    console.print(made)


_WHOLE = ("event", "family", "ok", "due", "received", "verdict", "person", "address", "document", "issue", "pages")
"""Columns that are not broken into lines, however narrow the terminal is."""


def _spaced(local: str | None) -> str | None:
    return f"{datetime.fromisoformat(local):%d %b %H:%M:%S}" if local is not None else None
