"""What contradicts itself in a profile. Nobody has to trust a data file: it is checked when it is read."""

from __future__ import annotations

from datetime import date, time

from pipeline.domain.acting import FACTS, Act, Verb
from pipeline.domain.people import FAMILY_ROLES
from pipeline.domain.profile import (
    CHAIR,
    CHILD_FACTS,
    CONFIDENTIAL_SECTION,
    CONTENTS,
    COUNTED_IN_DAYS,
    DOCUMENT_READERS,
    DOCUMENTS,
    FAMILY,
    FIXED_CLOCK,
    READERS,
    WITHOUT_AMOUNT,
    Alternative,
    AudienceRule,
    Direction,
    DocumentRule,
    Profile,
    Route,
    Rule,
    Statement,
    Unit,
)

OF_ONE_FACT = {"escalation": "grade", "midpoint-notice": "rag"}
"""Documents that say of each child in them what one fact about it is; so that fact chooses the children."""

_WHEN = {"grade": 'when = { grade = "<= 2" }', "rag": 'when = { rag = "RED" }'}

UNKNOWN_FACT = "asks about a fact that the program does not find out; README.md beside the profiles lists those it does"


def troubles(profile: Profile) -> tuple[tuple[str, int, str], ...]:
    """Returns what contradicts itself as (kind, index, sentence); kind: `rule`, `audience`, `statement` or `document`."""
    found: list[tuple[str, int, str]] = []
    for index, rule in enumerate(profile.rules):
        found += [("rule", index, sentence) for sentence in _rule_troubles(rule)]
        for earlier in profile.rules[:index]:
            if _both_answer(earlier, rule):
                found.append(
                    ("rule", index, f"{rule.id} and {earlier.id} both settle one duty, trigger and type at one time")
                )
            if rule.id == earlier.id and _meet(earlier, rule):
                found.append(("rule", index, f"{rule.id} answers twice for one trigger and type at one time"))
        if rule.contradicts and not any(
            other.contradicts == rule.id for other in profile.rules_with_id(rule.contradicts)
        ):
            found.append(("rule", index, f"{rule.id} contradicts a rule that is not here or does not say so too"))
    for index, audience in enumerate(profile.audience):
        found += [("audience", index, sentence) for sentence in _audience_troubles(audience)]
        for before in profile.audience[:index]:
            same = (before.document, before.reader) == (audience.document, audience.reader)
            if same and before.conference_types & audience.conference_types and _overlap(before, audience):
                found.append(
                    ("audience", index, f"{audience.id} and {before.id} both speak of {audience.reader} at one time")
                )
    for index, document in enumerate(profile.documents):
        found += [("document", index, sentence) for sentence in _document_troubles(document, profile)]
        for other in profile.documents[:index]:
            same = (other.document, other.reader) == (document.document, document.reader)
            if same and other.conference_types & document.conference_types and _overlap(other, document):
                found.append(
                    ("document", index, f"{document.id} and {other.id} both give {document.document} to {document.reader}")
                )
    timed = {rule.id for rule in profile.rules}
    for index, statement in enumerate(profile.statements):
        if statement.id in timed:
            found.append(("statement", index, f"{statement.id} is a timed rule too; keep one of them"))
        if any((before.id, before.quote) == (statement.id, statement.quote) for before in profile.statements[:index]):
            found.append(("statement", index, f"{statement.id} stands there twice with the same words"))
        sentences = _dating_troubles(statement) + _sourcing_troubles(statement) + _acting_troubles(statement)
        found += [("statement", index, sentence) for sentence in sentences]
    return tuple(found)


def _rule_troubles(rule: Rule) -> list[str]:
    found = []
    if rule.unit in WITHOUT_AMOUNT:
        side = Direction.BEFORE if rule.unit is Unit.AT_TRIGGER else Direction.AFTER
        if rule.amount != 0 or rule.direction is not side:
            found.append(f"{rule.unit.value} takes amount 0 and direction {side.value}")
    elif rule.amount < (0 if rule.unit in FIXED_CLOCK else 1):
        found.append("the amount must be 1 or more (0 only on a fixed clock)")
    if (rule.unit is Unit.HALFWAY) != (rule.until is not None):
        found.append("until belongs to halfway, and only to it")
    if any(other.unit is Unit.HALFWAY for other in rule.alternatives):
        found.append("another reading cannot be halfway")
    readings: tuple[Rule | Alternative, ...] = (rule, *rule.alternatives)
    for reading in readings:
        if (reading.unit in FIXED_CLOCK) != (reading.clock is not None):
            found.append("a clock belongs to the fixed-clock units, and only to them")
        if reading.clock is not None and time(1) <= reading.clock < time(2):
            found.append("a clock from 01:00 to 02:00 does not exist, or exists twice, on nights of a clock change")
        if reading.inclusive and reading.unit not in COUNTED_IN_DAYS:
            found.append("only days can be counted with the first day included")
    if not rule.conference_types:
        found.append("name at least one conference type")
    found += [UNKNOWN_FACT for one in rule.when if one.fact not in FACTS]
    return found + _dating_troubles(rule) + _sourcing_troubles(rule) + _acting_troubles(rule)


def _acting_troubles(entry: Rule | Statement) -> list[str]:
    found = [f"{act.do.value} must say why in words (says)" for act in entry.acts if _is_mute(act)]
    named = [one.fact for act in entry.acts for one in act.when] + [
        fact for case in entry.cases for fact, _ in case.given
    ]
    return found + [UNKNOWN_FACT for fact in named if fact not in FACTS]


def _is_mute(act: Act) -> bool:
    return act.do in (Verb.BLOCK, Verb.WARN) and not act.says


def _audience_troubles(rule: AudienceRule) -> list[str]:
    found = []
    if rule.document not in ("pack", "paper"):
        found.append("the document must be pack or paper")
    if rule.reader not in READERS:
        found.append("the reader must be professional, family or a role")
    if not rule.contents <= CONTENTS:
        found.append(f"contents can only be {', '.join(sorted(CONTENTS))}")
    if CONFIDENTIAL_SECTION in rule.contents and rule.reader != CHAIR:
        found.append("a confidential section goes to the chair only, until the chair decides (POR-6)")
    if rule.is_default and not rule.because:
        found.append("a default must say why (because)")
    if not rule.conference_types:
        found.append("name at least one conference type")
    return found + _dating_troubles(rule) + _sourcing_troubles(rule)


def _document_troubles(rule: DocumentRule, profile: Profile) -> list[str]:
    found = []
    if rule.document not in DOCUMENTS:
        found.append(f"the document must be one of {', '.join(sorted(DOCUMENTS))}")
    if rule.reader not in DOCUMENT_READERS:
        found.append("the reader must be professional, family, core-group or a role")
    if rule.route is Route.SOCIAL_WORKER and rule.reader not in {FAMILY, *(role.value for role in FAMILY_ROLES)}:
        found.append("only a family's copy goes by the social worker's hands")
    stated = any(one.duty == rule.duty for one in profile.statements)
    if rule.duty and not stated and not any(one.settles(rule.duty) for one in profile.rules):
        found.append("its duty is one that no rule or statement here settles")
    if any(one.fact not in CHILD_FACTS for one in rule.when):
        found.append(f"when chooses children by their own facts only: {', '.join(sorted(CHILD_FACTS))}")
    if (fact := OF_ONE_FACT.get(rule.document)) and not any(one.fact == fact for one in rule.when):
        found.append(f"it tells its reader of a child's {fact}: say of which in when, for instance {_WHEN[fact]}")
    if rule.is_default and not rule.because:
        found.append("a default must say why (because)")
    if not rule.conference_types:
        found.append("name at least one conference type")
    return found + _dating_troubles(rule) + _sourcing_troubles(rule)


def _dating_troubles(rule: Rule | AudienceRule | DocumentRule | Statement) -> list[str]:
    turned = (
        rule.effective_from is not None and rule.effective_to is not None and rule.effective_to < rule.effective_from
    )
    return ["effective_to lies before effective_from"] if turned else []


def _sourcing_troubles(rule: Rule | AudienceRule | DocumentRule | Statement) -> list[str]:
    found = []
    if bool(rule.source) != (rule.source_line > 0):
        found.append("source and source_line belong together")
    if not rule.source and not rule.is_default:
        found.append("what no source says is a default: set is_default = true")
    if not rule.is_default and not rule.quote:
        found.append("what a source says is quoted (quote)")
    return found


def _both_answer(one: Rule, other: Rule) -> bool:
    return bool({one.duty, *one.also_duties} & {other.duty, *other.also_duties}) and _meet(one, other)


def _meet(one: Rule, other: Rule) -> bool:
    windows = {(one.trigger_from, one.trigger_before), (other.trigger_from, other.trigger_before)}
    return (
        one.trigger is other.trigger
        and bool(one.conference_types & other.conference_types)
        and len(windows) == 1
        and _overlap(one, other)
    )


def _overlap(one: Rule | AudienceRule | DocumentRule, other: Rule | AudienceRule | DocumentRule) -> bool:
    starts = max(one.effective_from or date.min, other.effective_from or date.min)
    return starts <= min(one.effective_to or date.max, other.effective_to or date.max)
