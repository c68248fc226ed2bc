"""The key due instants of the sample families, each counted from what was recorded. Source: domain.md F."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.demo.incidents import F4
from pipeline.demo.play import Row
from pipeline.demo.reports import F1, F2
from pipeline.demo.reports_all import F3, F5, F6
from pipeline.demo.verdicts.event import NAMES, Ledger
from pipeline.domain.course import course_of

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


def due_rows(ledger: Ledger) -> Iterator[Row]:
    """Returns a row for each of them: ok where the conference's timetable has it, as it stands now."""
    courses = {reference: course_of(ledger.case(reference)) for reference in NAMES}
    for reference, rule, what, expected in DUE:
        found = sorted({entry.due.due_local for entry in courses[reference] if entry.due.rule == rule})
        yield {
            "event": "due", "family": NAMES[reference], "what": f"{rule}: {what}", "expected": expected,
            "found": expected if expected in found else ", ".join(found) or "nothing", "ok": expected in found,
        }  # fmt: skip
