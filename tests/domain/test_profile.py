"""Looking up rules and audiences, and what contradicts itself in a profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from making import gives

from pipeline.domain import facts as f
from pipeline.domain.acting import Act, CaseExample, Condition, Place, Verb
from pipeline.domain.people import ConferenceType, Role
from pipeline.domain.profile import (
    AGENCY_REPORT,
    CONFIDENTIAL_SECTION,
    SOCIAL_WORKER_REPORT,
    Alternative,
    AudienceRule,
    Direction,
    Profile,
    Rule,
    Statement,
    Trigger,
    Unit,
)
from pipeline.domain.profile_troubles import troubles

EVERY = frozenset(ConferenceType)
ON = date(2026, 11, 30)
RULE = Rule(
    id="X-1",
    what="report",
    who="agency",
    duty=AGENCY_REPORT,
    unit=Unit.HOURS,
    amount=48,
    direction=Direction.BEFORE,
    trigger=Trigger.CONFERENCE_START,
    conference_types=frozenset({ConferenceType.INITIAL}),
    source="invented.txt",
    source_line=3,
    quote="48 hours",
)
READING = AudienceRule(
    id="A-1",
    document="pack",
    reader="professional",
    conference_types=EVERY,
    contents=frozenset({SOCIAL_WORKER_REPORT, AGENCY_REPORT}),
    is_default=True,
    because="nobody says",
)


def profile(rules: tuple[Rule, ...] = (), audience: tuple[AudienceRule, ...] = (), **changes: object) -> Profile:
    made = Profile(
        name="invented",
        title="Invented",
        version="1",
        authority_words={"team": "the team"},
        danger_line="ring 999.",
        complaint_line="complain",
        rules=rules,
        audience=audience,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_no_rule_where_none_is_stated() -> None:
    """Another duty, type, or a day out of force finds nothing, and nothing is made up."""
    made = profile((replace(RULE, effective_from=date(2026, 1, 1), effective_to=date(2026, 12, 31)),))
    initial, review = ConferenceType.INITIAL, ConferenceType.REVIEW
    assert made.rule_for(AGENCY_REPORT, initial, date(2026, 1, 1)) is not None
    assert made.rule_for(AGENCY_REPORT, initial, date(2026, 12, 31)) is not None
    assert made.rule_for(AGENCY_REPORT, initial, date(2025, 12, 31)) is None
    assert made.rule_for(AGENCY_REPORT, initial, date(2027, 1, 1)) is None
    assert made.rule_for(AGENCY_REPORT, review, ON) is None
    assert made.rule_for(SOCIAL_WORKER_REPORT, initial, ON) is None


def test_one_rule_may_settle_several_duties() -> None:
    """Words that cover another duty too answer for it."""
    made = profile((replace(RULE, also_duties=(SOCIAL_WORKER_REPORT,)),))
    assert made.rule_for(SOCIAL_WORKER_REPORT, ConferenceType.INITIAL, ON) is made.rules[0]
    assert made.rules_with_id("X-1") == made.rules
    assert made.rules_with_id("X-2") == ()


def test_a_role_wins_over_its_group_and_silence_gives_nothing() -> None:
    """An interpreter's own rule beats the professionals'; where no rule speaks the reader gets nothing."""
    made = profile(audience=(READING, replace(READING, id="A-2", reader="interpreter", contents=frozenset())))
    assert made.contents_for(Role.POLICE, "pack", ConferenceType.REVIEW, ON) == {SOCIAL_WORKER_REPORT, AGENCY_REPORT}
    assert made.contents_for(Role.INTERPRETER, "pack", ConferenceType.REVIEW, ON) == frozenset()
    for role in (Role.CHAIR, Role.PARENT, Role.YOUNG_PERSON):
        assert made.contents_for(role, "pack", ConferenceType.REVIEW, ON) == frozenset()
    assert made.contents_for(Role.POLICE, "minutes", ConferenceType.REVIEW, ON) == frozenset()


def test_a_family_rule_is_for_family_only() -> None:
    """`family` speaks of all four family roles and of nobody else; a rule for one of them wins."""
    family = replace(READING, reader="family", contents=frozenset({SOCIAL_WORKER_REPORT}))
    made = profile(audience=(family, replace(family, id="A-2", reader="young-person", contents=frozenset())))
    having = {role for role in Role if made.contents_for(role, "pack", ConferenceType.INITIAL, ON)}
    assert having == {Role.PARENT, Role.CARER, Role.FAMILY_MEMBER}


def test_audience_rules_are_dated_and_typed() -> None:
    """An audience rule holds for its types and days only."""
    made = profile(audience=(replace(READING, conference_types=frozenset({ConferenceType.REVIEW}), effective_from=ON),))
    assert made.contents_for(Role.GP, "pack", ConferenceType.REVIEW, ON)
    assert not made.contents_for(Role.GP, "pack", ConferenceType.INITIAL, ON)
    assert not made.contents_for(Role.GP, "pack", ConferenceType.REVIEW, date(2026, 11, 29))


def test_danger_words_carry_the_duty_number_where_there_is_one() -> None:
    """The line stands without a number until the installation fills it in (A00.17)."""
    assert profile().danger_words == "ring 999."
    assert profile(duty_phone="01632 960111").danger_words == "ring 999. Duty number: 01632 960111."


def test_a_profile_cannot_be_changed() -> None:
    """The authority's words are closed like everything else."""
    with pytest.raises(TypeError):
        profile().authority_words["team"] = "another"  # type: ignore[index]


def test_a_sound_profile_has_no_troubles() -> None:
    """Rules that differ in duty, trigger, type, day or time of day live side by side."""
    afternoon, morning = replace(RULE, id="X-2", trigger_from=time(12)), replace(RULE, trigger_before=time(12))
    made = profile(
        (
            replace(afternoon, duty="a"),
            replace(morning, duty="a"),
            RULE,
            replace(RULE, id="X-3", conference_types=frozenset({ConferenceType.REVIEW})),
            replace(RULE, id="X-4", duty="other"),
            replace(RULE, id="X-5", trigger=Trigger.DECISION),
            replace(RULE, id="X-6", duty="dated", effective_to=date(2026, 4, 29)),
            replace(RULE, id="X-6", duty="dated", effective_from=date(2026, 4, 30)),
        ),
        (READING, replace(READING, id="A-2", reader="police")),
        statements=(Statement(id="X-9", what="words", source="invented.txt", source_line=1, quote="words"),),
    )
    assert troubles(made) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": 0}, "1 or more"),
        ({"unit": Unit.SAME_DAY, "amount": 1, "direction": Direction.AFTER}, "same_day"),
        ({"unit": Unit.SAME_DAY, "amount": 0}, "same_day"),
        ({"unit": Unit.CLOCK_ON_NTH_WD}, "fixed-clock"),
        ({"clock": time(10)}, "fixed-clock"),
        ({"unit": Unit.CLOCK_ON_NTH_CD, "clock": time(1, 30)}, "01:00 to 02:00"),
        ({"inclusive": True}, "first day included"),
        (
            {"alternatives": (Alternative(reading="r", unit=Unit.HOURS, amount=1, inclusive=True),)},
            "first day included",
        ),
        ({"conference_types": frozenset()}, "conference type"),
        ({"effective_from": ON, "effective_to": date(2026, 11, 29)}, "before effective_from"),
        ({"source": ""}, "belong together"),
        ({"source": "", "source_line": 0}, "is a default"),
        ({"quote": ""}, "quoted"),
        ({"unit": Unit.HALFWAY, "amount": 0, "direction": Direction.AFTER}, "until belongs"),
        ({"until": Trigger.NEXT_REVIEW}, "until belongs"),
        ({"unit": Unit.AT_TRIGGER, "amount": 0, "direction": Direction.AFTER}, "at_trigger takes"),
        ({"contradicts": "X-2"}, "does not say so too"),
        ({"acts": (Act(do=Verb.WARN, where=Place.BOOKING),)}, "say why"),
        ({"acts": (Act(do=Verb.REC, where=Place.BOOKING, when=(Condition(fact="luck", value=True),)),)}, "does not find out"),
        ({"when": (Condition(fact="luck", value=True),)}, "does not find out"),
        ({"cases": (CaseExample(case="c", where=Place.BOOKING, given=(("luck", True),)),)}, "does not find out"),
    ],
)
def test_what_contradicts_itself_in_a_rule(changes: dict[str, object], said: str) -> None:
    """A rule that cannot be counted, dated or sourced as written is named with its reason."""
    made = profile((replace(RULE, **changes),))  # type: ignore[arg-type]
    assert any(said in sentence for kind, index, sentence in troubles(made) if (kind, index) == ("rule", 0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reader": "everybody"}, "reader"),
        ({"contents": frozenset({"minutes"})}, "contents"),
        ({"contents": frozenset({CONFIDENTIAL_SECTION})}, "chair only"),
        ({"reader": "family", "contents": frozenset({CONFIDENTIAL_SECTION})}, "chair only"),
        ({"because": ""}, "because"),
        ({"is_default": False}, "is a default"),
    ],
)
def test_what_contradicts_itself_in_an_audience(changes: dict[str, object], said: str) -> None:
    """No profile can give a confidential section to anyone but the chair, nor name an unknown reader or content."""
    made = profile(audience=(replace(READING, **changes),))  # type: ignore[arg-type]
    assert any(said in sentence for kind, _, sentence in troubles(made) if kind == "audience")


def test_two_answers_to_one_question_are_a_trouble() -> None:
    """Two rules or two audiences that speak of the same thing on the same day are named with both ids."""
    rules = (RULE, replace(RULE, id="X-2", amount=24))
    audience = (READING, replace(READING, id="A-2", effective_from=ON))
    found = troubles(profile(rules, audience))
    assert [(kind, index) for kind, index, _ in found] == [("rule", 1), ("audience", 1)]
    assert "X-2 and X-1" in found[0][2]
    twice = troubles(profile((RULE, replace(RULE, duty="other"))))
    assert twice == (("rule", 1, "X-1 answers twice for one trigger and type at one time"),)
    timed_too = Statement(id="X-1", what="words", source="invented.txt", source_line=1, quote="words")
    assert [kind for kind, *_ in troubles(profile((RULE,), statements=(timed_too,)))] == ["statement"]


def test_a_profile_past_its_review_warns_from_the_day_after() -> None:
    """The warning names the day; on the review day itself, and without one, there is none."""
    made = profile(review_on=ON)
    assert made.review_warning(ON) is None
    assert "was due on Mon 30 Nov 2026" in (made.review_warning(date(2026, 12, 1)) or "")
    assert profile().review_warning(ON) is None


@pytest.mark.parametrize(("document", "fact"), [(f.Document.ESCALATION, "grade"), (f.Document.MIDPOINT_NOTICE, "rag")])
def test_a_document_about_one_fact_says_of_which_children_it_speaks(document: f.Document, fact: str) -> None:
    """An escalation for every child, or a midpoint notice without a rating, would tell an untruth: the profile is refused."""
    bare = gives(document, "chair", quote="words", is_default=False)
    made = replace(profile(), documents=(bare, replace(bare, id="D-2", when=(Condition(fact=fact, value=2, comparison="<="),))))
    assert [index for kind, index, sentence in troubles(made) if kind == "document" and fact in sentence] == [0]
