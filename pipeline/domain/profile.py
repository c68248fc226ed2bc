"""An authority's rules as typed, dated, sourced data: who owes what by when, and which content goes to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType

from pipeline.domain.acting import Act, CaseExample, Condition, Known
from pipeline.domain.calendar import spoken_day, to_local
from pipeline.domain.people import ConferenceType, Role

NOT_IN_SOURCE = "default, not in source"
"""Shown as the source of a rule on which the authority's own document is silent (R11)."""

NO_OFFICE = "none"
"""What an example writes for its last office moment where there is none."""

SOCIAL_WORKER_REPORT = "social-worker-report"
AGENCY_REPORT = "agency-report"
CONFIDENTIAL_SECTION = "confidential-section"
CONTENTS = frozenset({SOCIAL_WORKER_REPORT, AGENCY_REPORT, CONFIDENTIAL_SECTION})
"""The kinds of content that audience rules speak of."""

CHAIR, PROFESSIONAL, FAMILY = "chair", "professional", "family"
READERS = frozenset({PROFESSIONAL, FAMILY, *(role.value for role in Role)})
"""Whom an audience rule may name: a group or one role (the chair is a role); the role wins."""

CORE_GROUP = "core-group"
"""The professionals whom the outcome names for a child's core group: a reader of documents, for the children it names them for."""
DOCUMENT_READERS = READERS | {CORE_GROUP}
DOCUMENTS = frozenset(
    {
        *("invitation", "decision-notice", "outline-plan", "immediate-actions", "outcome-form", "escalation"),
        *("midpoint-notice", "timetable", "minutes"),
    }
)
"""The documents, other than packs, that a document rule may give."""
CHILD_FACTS = frozenset({"plan-made", "grade", "rag"})
"""The facts of one child by which a document rule may choose the children that a document is about."""


class Route(StrEnum):
    """The way of a person's copy: to their own address, by the social worker's hands, or by hand whenever people see fit."""

    EMAIL = "email"
    SOCIAL_WORKER = "social-worker"
    HELD = "held"


class Unit(StrEnum):
    """How a deadline is counted. HOURS elapse in UTC; everything else is counted on London's calendar and clocks."""

    HOURS = "hours"
    WD_WALL = "wd_wall"
    CD_WALL = "cd_wall"
    WD_EOD = "wd_eod"
    CD_EOD = "cd_eod"
    MONTHS = "months"
    CLOCK_ON_NTH_WD = "clock_on_nth_wd"
    CLOCK_ON_NTH_CD = "clock_on_nth_cd"
    SAME_DAY = "same_day"
    AT_TRIGGER = "at_trigger"
    HALFWAY = "halfway"


WITHOUT_AMOUNT = frozenset({Unit.SAME_DAY, Unit.AT_TRIGGER, Unit.HALFWAY})
"""Units that count nothing: the trigger's day, its very instant, and the day half-way to a second (a rule's `until`)."""
FIXED_CLOCK = frozenset({Unit.CLOCK_ON_NTH_WD, Unit.CLOCK_ON_NTH_CD})
"""The units that need a rule's `clock`."""
COUNTED_IN_DAYS = frozenset(Unit) - {Unit.HOURS, Unit.MONTHS} - WITHOUT_AMOUNT
"""The units for which it matters whether the trigger's own day is day 1."""


class Direction(StrEnum):
    """Whether the deadline lies before or after its trigger."""

    BEFORE = "before"
    AFTER = "after"


class Trigger(StrEnum):
    """The instant that a deadline is counted from."""

    CONFERENCE_START = "conference-start"
    CONFERENCE_END = "conference-end"
    DECISION = "decision"
    FIRST_STRATEGY_DISCUSSION = "first-strategy-discussion"
    S47_DISCUSSION = "s47-discussion"
    CONSULTATION_REQUEST = "consultation-request"
    DECISION_TO_PROGRESS = "decision-to-progress"
    NOTICE_SENT = "notice-sent"
    FIRST_CORE_GROUP = "first-core-group"
    CORE_GROUP = "core-group"
    VISIT = "visit"
    SIGNIFICANT_EVENT = "significant-event"
    NEXT_REVIEW = "next-review"


ALSO_CALLED: Mapping[str, frozenset[Trigger]] = MappingProxyType(
    {
        "strategy-discussion": frozenset({Trigger.FIRST_STRATEGY_DISCUSSION, Trigger.S47_DISCUSSION}),
        "form-received": frozenset({Trigger.CONSULTATION_REQUEST}),
        "notice": frozenset({Trigger.NOTICE_SENT}),
        "last-core-group": frozenset({Trigger.CORE_GROUP}),
        "last-visit": frozenset({Trigger.VISIT}),
        "event": frozenset({Trigger.SIGNIFICANT_EVENT}),
    }
)
"""Other names under which people ask for a trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another reading of the same words, shown beside ours and never used for a verdict (domain.md A6)."""

    reading: str
    unit: Unit
    amount: int
    inclusive: bool = False
    clock: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueExample:
    """A worked example: local London times as they are written, the trigger `at` and the `due` that must come of it.

    `until` is the second instant where the rule needs one; `office` the last office moment (NO_OFFICE where there is none,
    empty where the example does not say); `others` what the other readings give, in their order.
    """

    at: str
    due: str
    name: str = ""
    type: ConferenceType | None = None
    until: str = ""
    office: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One timed duty of one kind of conference. An id may have several rules (one for each trigger or type).

    `duty` is the key by which software asks; `also_duties` are further keys that the same words settle.
    `effective_from` and `effective_to` are both included; None: without end. `inclusive`: the trigger's own day is
    day 1. `clock` is London wall time, for the units with a fixed clock. `trigger_from` and `trigger_before`
    (included, excluded) limit a rule to triggers at those wall times. `only_with_plan`: only for a child made or kept
    subject to a plan (A00.10). `when` limits it further, to cases with those facts. `until` is the second instant of a
    rule between two. `contradicts` names the rule in which the same source says another time for the same thing.
    `source` is empty where the authority's document is silent; then `is_default` is true. `source_line` 0: none.
    `acts` is what software does about it; `examples` and `cases` are run by `packs profiles check`. `settings` are numbers
    and words of the authority for the program to use. `file_line` is where its table begins in the profile.
    """

    id: str
    what: str
    who: str
    duty: str
    unit: Unit
    amount: int
    direction: Direction
    trigger: Trigger
    conference_types: frozenset[ConferenceType]
    also_duties: tuple[str, ...] = ()
    to: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    source: str = ""
    source_line: int = 0
    quote: str = ""
    reading: str = ""
    is_default: bool = False
    alternatives: tuple[Alternative, ...] = ()
    clock: time | None = None
    inclusive: bool = False
    trigger_from: time | None = None
    trigger_before: time | None = None
    only_with_plan: bool = False
    when: tuple[Condition, ...] = ()
    until: Trigger | None = None
    contradicts: str = ""
    acts: tuple[Act, ...] = ()
    examples: tuple[DueExample, ...] = ()
    cases: tuple[CaseExample, ...] = ()
    settings: tuple[tuple[str, Known], ...] = ()
    file_line: int = field(default=0, compare=False)

    @property
    def source_text(self) -> str:
        """Document and line, 'portsmouth.txt:7', or the words for a default."""
        return f"{self.source}:{self.source_line}" if self.source else NOT_IN_SOURCE

    def settles(self, duty: str) -> bool:
        """Returns True if this rule answers for `duty`."""
        return duty == self.duty or duty in self.also_duties

    def is_in_force(self, on: date) -> bool:
        """Returns True on every day from effective_from to effective_to, both included."""
        return _between(self.effective_from, on, self.effective_to)

    def fits(self, trigger_at: datetime) -> bool:
        """Returns True if a trigger at that instant is one of those that the rule speaks of."""
        clock = to_local(trigger_at).time()
        return (self.trigger_from is None or self.trigger_from <= clock) and (
            self.trigger_before is None or clock < self.trigger_before
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A rule that states no time: its words, what software does about it, and cases that prove that.

    `duty` sets it beside the timed rules of other authorities where it is about the same thing. All else as in a rule.
    """

    id: str
    what: str
    source: str
    source_line: int
    quote: str
    duty: str = ""
    reading: str = ""
    is_default: bool = False
    effective_from: date | None = None
    effective_to: date | None = None
    acts: tuple[Act, ...] = ()
    cases: tuple[CaseExample, ...] = ()
    settings: tuple[tuple[str, Known], ...] = ()
    file_line: int = field(default=0, compare=False)

    @property
    def source_text(self) -> str:
        """Document and line, 'portsmouth.txt:7', or the words for a default."""
        return f"{self.source}:{self.source_line}" if self.source else NOT_IN_SOURCE

    def is_in_force(self, on: date) -> bool:
        """Returns True on every day from effective_from to effective_to, both included."""
        return _between(self.effective_from, on, self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceRule:
    """Which kinds of content a document holds for one kind of reader. `reader` is `professional`, `family` or a role.

    `because` says why where `is_default` is true.
    """

    id: str
    document: str
    reader: str
    conference_types: frozenset[ConferenceType]
    contents: frozenset[str]
    effective_from: date | None = None
    effective_to: date | None = None
    source: str = ""
    source_line: int = 0
    quote: str = ""
    is_default: bool = False
    because: str = ""

    def is_in_force(self, on: date) -> bool:
        """Returns True on every day from effective_from to effective_to, both included."""
        return _between(self.effective_from, on, self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chasing:
    """The rhythm of reminders about a report: so many working days before it is due, and a letter once it is late.

    `is_default` where the authority's document is silent and the rhythm is ours. Source: domain.md C9.
    """

    working_days_before: tuple[int, ...] = (5, 2, 1)
    late_letter: bool = True
    is_default: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRule:
    """Who gets a document and by which route. `reader` is `professional`, `family`, `core-group` or a role.

    `duty` is the one whose due instant it has; empty: none. `release`: each copy waits for a person although nothing is
    restricted. `when` chooses the children it is about, each by its own facts. `because` says why where `is_default`.
    """

    id: str
    document: str
    reader: str
    conference_types: frozenset[ConferenceType]
    route: Route
    duty: str = ""
    release: bool = False
    when: tuple[Condition, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    source: str = ""
    source_line: int = 0
    quote: str = ""
    is_default: bool = False
    because: str = ""
    file_line: int = field(default=0, compare=False)

    def is_in_force(self, on: date) -> bool:
        """Returns True on every day from effective_from to effective_to, both included."""
        return _between(self.effective_from, on, self.effective_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One version of an authority's rules. `review_on` past only warns: the rules stay in force (A00.14).

    `authority_words` are the authority's own words for team, chair, conference and the like. `danger_line` stands in
    every receipt, request and chase (A00.17). `headings` are its own words for the parts of a report (headings.Part).
    """

    name: str
    title: str
    version: str
    authority_words: Mapping[str, str]
    danger_line: str
    complaint_line: str
    rules: tuple[Rule, ...]
    audience: tuple[AudienceRule, ...]
    duty_phone: str = ""
    complaint_link: str = ""
    escalation_line: str = ""
    effective_from: date | None = None
    review_on: date | None = None
    releases_needed: int = 1
    statements: tuple[Statement, ...] = field(default=())
    chasing: Chasing = field(default=Chasing())
    documents: tuple[DocumentRule, ...] = field(default=())
    headings: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        """Closes the words against change."""
        object.__setattr__(self, "authority_words", MappingProxyType(dict(self.authority_words)))

    @property
    def danger_words(self) -> str:
        """The line on immediate danger with the duty number, where the installation has filled it in."""
        return f"{self.danger_line} Duty number: {self.duty_phone}." if self.duty_phone else self.danger_line

    def rules_for(self, duty: str, type_: ConferenceType, on: date) -> tuple[Rule, ...]:
        """Returns every rule in force on `on` that settles `duty` at a conference of that type, in the file's order."""
        return tuple(
            rule
            for rule in self.rules
            if rule.settles(duty) and type_ in rule.conference_types and rule.is_in_force(on)
        )

    def rule_for(self, duty: str, type_: ConferenceType, on: date) -> Rule | None:
        """Returns the rule in force on `on`, or None where the authority states none: the verdict is then `no-rule`."""
        return next(iter(self.rules_for(duty, type_, on)), None)

    def rules_with_id(self, rule_id: str) -> tuple[Rule, ...]:
        """Returns every timed rule of that id, in the file's order; empty where there is none."""
        return tuple(rule for rule in self.rules if rule.id == rule_id)

    def entries(self, type_: ConferenceType, on: date) -> tuple[Rule | Statement, ...]:
        """Returns every rule and statement in force on `on` that speaks of conferences of that type, in the file's order.

        Ask `acting.acts_at(entry.acts, place, known)` of each what software does about it.
        """
        rules = tuple(one for one in self.rules if type_ in one.conference_types and one.is_in_force(on))
        return (*rules, *(one for one in self.statements if one.is_in_force(on)))

    def setting(self, name: str, on: date) -> Known | None:
        """Returns the number or word that a rule in force on `on` sets under that name, or None where none does."""
        entries: tuple[Rule | Statement, ...] = (*self.rules, *self.statements)
        return next((v for one in entries if one.is_in_force(on) for key, v in one.settings if key == name), None)

    def audience_for(self, role: Role, document: str, type_: ConferenceType, on: date) -> AudienceRule | None:
        """Returns the audience rule that decides, a rule for the very role before one for its group, or None.

        Source: domain.md A00.4.
        """
        group = FAMILY if role.is_family else CHAIR if role is Role.CHAIR else PROFESSIONAL
        fitting = [
            rule
            for rule in self.audience
            if rule.document == document and type_ in rule.conference_types and rule.is_in_force(on)
        ]
        for reader in (role.value, group):
            for rule in fitting:
                if rule.reader == reader:
                    return rule
        return None

    def contents_for(self, role: Role, document: str, type_: ConferenceType, on: date) -> frozenset[str]:
        """Returns the kinds of content that a person of that role may find in `document`; none where no rule speaks."""
        rule = self.audience_for(role, document, type_, on)
        return rule.contents if rule is not None else frozenset()

    def document_for(
        self, role: Role, document: str, type_: ConferenceType, on: date, *, in_core_group: bool = False
    ) -> DocumentRule | None:
        """Returns the rule by which a person of that role gets the document, or None: then they do not get it.

        A rule for the very role wins over one for the core group, and that over one for the whole group. An interpreter is
        there for others' words and belongs to no group.
        """
        readers = [role.value]
        if in_core_group and not role.is_family:
            readers.append(CORE_GROUP)
        if role is not Role.INTERPRETER:
            readers.append(FAMILY if role.is_family else CHAIR if role is Role.CHAIR else PROFESSIONAL)
        fitting = [
            one
            for one in self.documents
            if one.document == document and type_ in one.conference_types and one.is_in_force(on)
        ]
        return next((one for reader in readers for one in fitting if one.reader == reader), None)

    def review_overdue(self, on: date) -> bool:
        """Returns True if the authority's own review date lies before `on` (a warning, nothing more)."""
        return self.review_on is not None and self.review_on < on

    def review_warning(self, on: date) -> str | None:
        """Returns the warning in words where `on` lies past the authority's own review date, else None."""
        if self.review_on is None or not self.review_overdue(on):
            return None
        return (
            f"the authority's own review of the rules of {self.name} was due on {spoken_day(self.review_on)}; they stay in"
            " force; ask the authority for its present rules"
        )


def _between(first: date | None, on: date, last: date | None) -> bool:
    return (first is None or first <= on) and (last is None or on <= last)
