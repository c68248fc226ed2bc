"""In time or not: a report held against the rule of its authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.calendar import Calendar
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Content, ReportJudged, Verdict
from pipeline.domain.people import Person, Role
from pipeline.domain.profile import Profile
from pipeline.domain.records import Report
from pipeline.domain.timetable import Due, due


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The verdict with what it rests on. `late_by_seconds` is 0 unless late."""

    verdict: Verdict
    late_by_seconds: int = 0
    our_outage: bool = False


def duty_of(role: Role, content: Content) -> str:
    """Returns the duty by which the profile is asked for the rule."""
    if content is Content.CONFIDENTIAL_SECTION:
        return "confidential-section"
    return "social-worker-report" if role is Role.SOCIAL_WORKER else "agency-report"


def report_due(conference: Conference, profile: Profile, calendar: Calendar, duty: str) -> Due | None:
    """Returns the due instant of a before-duty of this conference, or None where the source states none."""
    on = conference.start_at.date()
    rule = profile.rule_for(duty, conference.booking.type, on)
    return due(rule, conference.start_at, calendar) if rule is not None else None


def due_of(conference: Conference, profile: Profile, calendar: Calendar, person: Person) -> Due | None:
    """Returns when this person's report is due."""
    return report_due(conference, profile, calendar, duty_of(person.role, Content.AGENCY_REPORT))


def measure(
    *, received_at: datetime, earliest_at: datetime | None, asked_at: datetime | None, due_at: datetime | None
) -> Measured:
    """Returns the verdict. All instants UTC; received exactly at the due instant is on time (R6); whole seconds count.

    `earliest_at` is the earliest instant at which it may have lain here while the service did not watch: a lateness that
    vanishes by it is only ours, shown as such and not counted against the agency.

    Source: domain.md R6, R8, A00.1, A00.15.
    """
    if due_at is None:
        return Measured(verdict=Verdict.NO_RULE)
    received_at, due_at = received_at.replace(microsecond=0), due_at.replace(microsecond=0)
    if received_at <= due_at:
        return Measured(verdict=Verdict.ON_TIME)
    if asked_at is not None and asked_at.replace(microsecond=0) > due_at:
        return Measured(verdict=Verdict.ASKED_AFTER_DUE)
    if earliest_at is not None:
        earliest_at = earliest_at.replace(microsecond=0)
        if earliest_at <= due_at:
            return Measured(verdict=Verdict.ON_TIME, our_outage=True)
        # the part of the lateness that our outage may have made is not the agency's either
        return Measured(
            verdict=Verdict.LATE,
            late_by_seconds=int((min(earliest_at, received_at) - due_at).total_seconds()),
            our_outage=earliest_at < received_at,
        )
    return Measured(verdict=Verdict.LATE, late_by_seconds=int((received_at - due_at).total_seconds()))


def judge(conference: Conference, profile: Profile, calendar: Calendar, report: Report) -> ReportJudged:
    """Returns the judgement of a filed report as things stand now."""
    person = conference.people[report.filed.person]
    when = report_due(conference, profile, calendar, duty_of(person.role, report.filed.content))
    measured = measure(
        received_at=report.received_at,
        earliest_at=None if report.received_by_person else report.filed.earliest_at,
        asked_at=conference.asked_at.get(person.id),
        due_at=when.due_at if when is not None else None,
    )
    return ReportJudged(
        item=report.item,
        verdict=measured.verdict,
        received_at=report.received_at,
        due_at=when.due_at if when is not None else None,
        late_by_seconds=measured.late_by_seconds,
        rule=when.rule if when is not None else None,
        our_outage=measured.our_outage,
    )


def judgement_stands(report: Report, now_judged: ReportJudged) -> bool:
    """Returns True where the last judgement says the same as one made now."""
    return report.judged == now_judged
