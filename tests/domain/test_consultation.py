"""Consultation and threshold discussion: each step kept for itself, in an order that can be, with its triggers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain import facts as f
from pipeline.domain.conference import Conference
from pipeline.domain.consultation import consultation_of, consultation_triggers, consultation_view, trouble_with
from pipeline.domain.fold import fold
from pipeline.domain.people import Booking, ConferenceType
from pipeline.domain.profile import Trigger
from pipeline.domain.timetable import conference_timetable
from tests.domain.making import BOTH, CALENDAR, CHAIR, REF, TOBIN, case

ASKED = f.ConsultationRequested(requested_at=datetime(2026, 11, 26, 9, tzinfo=UTC), requested_by="Ptolemy Askew")
HELD = f.ConsultationHeld(
    held_at=datetime(2026, 11, 27, 11, tzinfo=UTC), held_by="Sunniva Garth", recommends="no conference", because="thin"
)
DECIDED = f.ManagerDecided(
    decided_at=datetime(2026, 11, 27, 15, tzinfo=UTC), decided_by="Odo Fell", hold=True, because="new injury"
)
F5 = Booking(
    profile="sw-guide",
    type=ConferenceType.INITIAL,
    start_at=datetime(2026, 12, 17, 10, tzinfo=UTC),
    children=(TOBIN,),
    people=(replace(CHAIR, children=BOTH[:1]),),
)


def conference(*steps: f.Fact) -> Conference:
    """F5's conference with these steps."""
    facts = (f.ConferenceConvened(reference=REF, booking=F5), *steps)
    at = datetime(2026, 11, 26, 8, tzinfo=UTC)
    folded = fold([f.Recorded(stream="s", seq=n, at=at, actor="a", fact=one) for n, one in enumerate(facts, start=1)])
    assert folded is not None
    return folded


def test_recommendation_and_decision_are_kept_apart() -> None:
    """The manager decides against the advice: both stand, each with its own words (SWG-2)."""
    stands = consultation_of(conference(ASKED, HELD, DECIDED))
    assert (stands.requested, stands.held, stands.decided) == (ASKED, HELD, DECIDED)
    later = replace(DECIDED, hold=False, decided_at=datetime(2026, 11, 30, 9, tzinfo=UTC))
    changed = conference(ASKED, HELD, DECIDED, later)
    assert consultation_of(changed).decided == later
    row = consultation_view(replace(case(), conference=changed, profile=ProfileFiles().load("sw-guide")))
    assert [one["decision"] for one in row["earlier"]] == ["hold"]  # type: ignore[index, attr-defined]
    assert row["decision"]["decision"] == "do-not-hold"  # type: ignore[index]
    assert row["recommendation"]["recommends"] == "no conference"  # type: ignore[index]


def test_a_request_makes_the_consultation_due_and_a_decision_to_hold_the_booking() -> None:
    """F5: asked on Thursday 26 November, due by the end of Monday 30 (SWG-1); IRS-2b is due on the decision's day."""
    triggers = consultation_triggers(conference(ASKED))
    assert triggers == {Trigger.CONSULTATION_REQUEST: ASKED.requested_at}
    sw_guide, irs = (ProfileFiles().load(name) for name in ("sw-guide", "irs"))
    dues = {d.rule: d.due_local for d in conference_timetable(F5, sw_guide, CALENDAR, recorded=triggers)}
    assert dues["SWG-1"] == "2026-11-30T23:59:59"
    decided = consultation_triggers(conference(ASKED, HELD, DECIDED))
    dues = {d.rule: d.due_local for d in conference_timetable(F5, irs, CALENDAR, recorded=decided)}
    assert dues["IRS-2b"] == "2026-11-27T23:59:59"
    assert Trigger.DECISION_TO_PROGRESS not in consultation_triggers(conference(ASKED, replace(DECIDED, hold=False)))


def test_nothing_is_held_or_decided_before_it_was_asked_for() -> None:
    """Steps that cannot follow what is recorded are troubles; asked anew, the old advice no longer answers."""
    assert trouble_with(conference(), HELD) is not None
    assert trouble_with(conference(ASKED), HELD) is None
    early = datetime(2026, 11, 26, 8, 59, tzinfo=UTC)
    assert trouble_with(conference(ASKED), replace(HELD, held_at=early)) is not None
    assert trouble_with(conference(ASKED), replace(DECIDED, decided_at=early)) is not None
    assert trouble_with(conference(ASKED, HELD), replace(DECIDED, decided_at=ASKED.requested_at)) is not None
    assert trouble_with(conference(), DECIDED) is None
    again = replace(ASKED, requested_at=datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert consultation_of(conference(ASKED, HELD, again)).held is None
