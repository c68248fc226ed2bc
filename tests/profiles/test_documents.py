"""Which document each authority gives to whom, and by which route: as its own document says, or as a default that says why."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.adapters.profile_files import ProfileFiles
from pipeline.domain.people import ConferenceType, Role
from pipeline.domain.profile import Route

ON = date(2026, 12, 1)
EMAIL, WORKER, HELD = Route.EMAIL, Route.SOCIAL_WORKER, Route.HELD

GIVEN: dict[str, dict[tuple[str, Role], Route | None]] = {
    "irs": {
        ("invitation", Role.PARENT): WORKER,
        ("invitation", Role.EDUCATION): EMAIL,
        ("invitation", Role.INTERPRETER): None,
        ("decision-notice", Role.EDUCATION): EMAIL,
        ("decision-notice", Role.PARENT): None,  # IRS-6 names partner agencies
        ("outline-plan", Role.PARENT): EMAIL,
        ("outline-plan", Role.SOCIAL_WORKER): EMAIL,
        ("outline-plan", Role.INTERPRETER): None,
        ("minutes", Role.PARENT): HELD,
    },
    "portsmouth": {
        ("outline-plan", Role.GP): EMAIL,
        ("outline-plan", Role.PARENT): None,  # A00.11: family not stated
        ("decision-notice", Role.GP): None,
        ("outcome-form", Role.CHAIR): EMAIL,
        ("minutes", Role.GP): EMAIL,
        ("minutes", Role.PARENT): EMAIL,
    },
    "sw-guide": {
        ("invitation", Role.PARENT): EMAIL,  # SWG-3: the unit's letter
        ("invitation", Role.POLICE): EMAIL,
        ("immediate-actions", Role.PARENT): EMAIL,
        ("immediate-actions", Role.GP): None,
        ("escalation", Role.MANAGER): EMAIL,
        ("escalation", Role.PARENT): None,
        ("outline-plan", Role.YOUNG_PERSON): WORKER,
        ("outline-plan", Role.GP): None,
        ("timetable", Role.SOCIAL_WORKER): EMAIL,
        ("minutes", Role.PARENT): WORKER,
        ("minutes", Role.SOCIAL_WORKER): EMAIL,
        ("timetable", Role.GP): None,  # unless the outcome names them for the core group
    },
    "barking-dagenham": {
        ("decision-notice", Role.PARENT): EMAIL,
        ("decision-notice", Role.POLICE): EMAIL,
        ("outline-plan", Role.PARENT): EMAIL,
        ("minutes", Role.PARENT): HELD,
        ("minutes", Role.POLICE): EMAIL,
    },
    "northamptonshire": {
        ("invitation", Role.PARENT): WORKER,  # NCC-2
        ("invitation", Role.GP): EMAIL,
        ("invitation", Role.CHAIR): None,
        ("outline-plan", Role.PARENT): WORKER,
        ("outline-plan", Role.SOCIAL_WORKER): EMAIL,
        ("outcome-form", Role.CHAIR): EMAIL,
        ("midpoint-notice", Role.CHAIR): EMAIL,
        ("minutes", Role.PARENT): WORKER,
        ("minutes", Role.GP): EMAIL,
        ("midpoint-notice", Role.PARENT): None,
    },
}


@pytest.mark.parametrize(
    ("profile", "document", "role", "route"),
    [(name, *key, route) for name, given in GIVEN.items() for key, route in given.items()],
)
def test_who_gets_which_document(profile: str, document: str, role: Role, route: Route | None) -> None:
    """The reader gets the document by that route at an initial conference, or, where none is named, not at all."""
    rule = ProfileFiles().load(profile).document_for(role, document, ConferenceType.INITIAL, ON)
    assert (rule.route if rule is not None else None) is route


def test_the_core_group_gets_what_its_members_alone_do_not() -> None:
    """Who is in a child's core group has its timetable; an own rule for the role goes before, and family is no member here."""
    guide = ProfileFiles().load("sw-guide")

    def rule_of(role: Role) -> str | None:
        rule = guide.document_for(role, "timetable", ConferenceType.INITIAL, ON, in_core_group=True)
        return rule.id if rule is not None else None

    assert rule_of(Role.GP) == "SWG-12-CORE-GROUP"
    assert rule_of(Role.SOCIAL_WORKER) == "SWG-12-WORKER"
    assert rule_of(Role.PARENT) is None
