"""Judge: a filed report is held against the rule in force, again whenever start, receipt or calendar changed."""

from __future__ import annotations

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import SYSTEM, Desk
from pipeline.domain.judgement import judge as decide
from pipeline.domain.judgement import judgement_stands
from pipeline.domain.people import ItemId


def judge(reference: str, item: str, desk: Desk) -> None:
    """Writes the judgement of a filed report if it differs from the last one; earlier ones stay."""

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        report = case.conference.reports.get(ItemId(item))
        if report is None or report.unfiled:
            return None
        judged = decide(case.conference, case.profile, case.calendar, report)
        if judgement_stands(report, judged):
            return None
        return Decision(facts={conference_stream(reference): [judged]}, expected=case.heads)

    desk.casebook.decide(decision, SYSTEM)
