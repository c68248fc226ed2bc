"""What software does about a rule: seven verbs, where in a conference's life they act, and on which facts."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What software does; as the domain notes have it (A)."""

    BLOCK = "BLOCK"
    WARN = "WARN"
    CHASE = "CHASE"
    GEN = "GEN"
    SEND = "SEND"
    SCHED = "SCHED"
    REC = "REC"


class Place(StrEnum):
    """Where in the life of a conference a rule acts, in that order; `profile` is the file itself."""

    CONSULTATION = "consultation"
    BOOKING = "booking"
    INVITATION = "invitation"
    ADDRESS = "address"
    AGENDA = "agenda"
    INTAKE = "intake"
    CONFIDENTIAL_SECTION = "confidential-section"
    PACK = "pack"
    CONFERENCE = "conference"
    OUTCOME = "outcome"
    NOTICE = "notice"
    PLAN = "plan"
    MINUTES = "minutes"
    CORE_GROUP = "core-group"
    VISIT = "visit"
    EVENT = "event"
    PROFILE = "profile"


Known = bool | int | float | str
"""What may be known of a fact: yes or no, a number, or a word."""

FACTS: Mapping[str, str] = {
    "conference-type": "the type of conference: initial, review, pre-birth or transfer-in",
    "past-limit": "the date lies after the rule's due instant",
    "limit-reason-given": "a manager gave a reason for a date after the limit",
    "slots-overlap": "the chair has another conference in the slot or its buffer",
    "consultation-held": "the consultation took place",
    "parent-decision-made": "include or not, with a reason, is recorded for every parent",
    "split-requested": "a split conference is asked for",
    "interpreter-needed": "somebody needs an interpreter",
    "assessment-service": "the family is with the assessment service",
    "next-team-invited": "the team that takes over is invited",
    "key-agency-missing": "a key agency is not invited, or has given no information",
    "child-age": "completed years on the day of the act; not known for an unborn child",
    "advocacy-offered": "an independent advocate was offered to the child",
    "seen-alone": "the date on which the child was seen alone is recorded",
    "reason-given": "a reason is recorded",
    "child-wants-to-speak": "a child or young person wants to speak with the chair",
    "start-before-call": "the conference starts before the chair's call to the parents",
    "to-family": "the recipient is a member of the family",
    "to-young-person": "the recipient is a young person of the family",
    "to-agency": "the recipient works for an agency",
    "to-chair": "the recipient is the chair",
    "by-email": "it is to go by e-mail",
    "address-confirmed": "the recipient's address is confirmed",
    "content": "the kind of content: social-worker-report, agency-report or confidential-section",
    "excluded-from-attending": "an exclusion from attending stands",
    "excluded-from-plan": "an exclusion from receiving the plan stands",
    "excluded-from-minutes": "an exclusion from receiving the minutes stands",
    "report-missing": "a report that was asked for has not come",
    "report-has-parents-views": "the report records the parents' views",
    "report-has-recommendation": "the report recommends whether a plan is needed",
    "report-has-plan": "the report says what the plan should hold",
    "report-has-ongoing-risk": "the report says whether the child is at ongoing risk of significant harm",
    "report-has-author-phone": "the report gives a number for its author",
    "report-has-parent-decision": "the report says why a non-resident parent is not included",
    "parent-not-resident": "a parent of the conference does not live with the child",
    "late": "it came after its due instant",
    "chair-decided": "the chair's decision on the confidential section is recorded",
    "slot-after-family-joins": "a confidential slot is set for after the family joins",
    "cannot-attend": "an agency cannot take part",
    "information-sent": "that agency has sent its information to the chair",
    "safety-plan-made": "a safety plan was made beforehand",
    "professionals-called": "how many professionals a backup call must reach",
    "minute-taker": "a minute taker is allocated",
    "virtual": "the conference is not held face to face",
    "quorate": "the conference is quorate",
    "plan-made": "the child was made, or kept, subject to a plan",
    "core-group-date-set": "the date of the next core group is set",
    "visit-date-set": "the date of the first visit is set",
    "review-date-set": "the date of the review conference is set",
    "views-complete": "each agency's view and reasons are recorded for each child",
    "call-has-outcome": "each call to parents, carers and young people has its outcome recorded",
    "grade": "the overall grading of a child, 0 to 10",
    "rag": "the RAG rating: RED, AMBER or GREEN",
    "action-complete": "each action has who, by when and how measured",
    "bounced": "the message came back",
    "released-by-person": "a person released the copy",
    "plan-shared": "the plan was shared with family and child",
    "last-before-review": "it is the last core group before the review conference",
    "recommendations-discussed": "the core group discussed recommendations for the review",
    "legal-gateway": "the case is to go to the legal gateway panel",
    "chair-views-obtained": "the chair's views were obtained",
    "drift-seen": "drift, delay, unmet requirements or unsafe circumstances were seen",
    "past-review": "the profile's own review date has passed",
}
"""Every fact that a profile may ask about, with its meaning; the program finds them out, a profile only names them."""

_COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One fact and what it must be. `comparison` is empty, for "is", or one of >= <= > <, with a number as `value`."""

    fact: str
    value: Known
    comparison: str = ""

    def holds(self, known: Mapping[str, Known]) -> bool:
        """Returns True if what is known says so; a fact that nobody knows counts as "no" and as no number and no word."""
        said = known.get(self.fact)
        if isinstance(self.value, bool):
            return (said is True) is self.value
        if not self.comparison:
            return said is not None and not isinstance(said, bool) and said == self.value
        if isinstance(said, bool | str) or said is None or isinstance(self.value, str):
            return False
        return bool(_COMPARED[self.comparison](said, self.value))

    def fails(self, known: Mapping[str, Known]) -> bool:
        """Returns True if the fact is known and is not so."""
        return self.fact in known and not self.holds(known)

    @property
    def words(self) -> str:
        """The condition as people would read it: 'grade <= 2', 'virtual', 'not quorate'."""
        if isinstance(self.value, bool):
            return self.fact if self.value else f"not {self.fact}"
        return f"{self.fact} {self.comparison or 'is'} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that software does about a rule at one place; always where `when` is empty, else where all of it holds.

    `says` is the sentence for people; every BLOCK and WARN has one.
    """

    do: Verb
    where: Place
    when: tuple[Condition, ...] = ()
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExample:
    """A case in words with what is known in it, and exactly the verbs that must come of it at that place."""

    case: str
    where: Place
    given: tuple[tuple[str, Known], ...] = ()
    expect: frozenset[Verb] = frozenset()


def acts_at(acts: tuple[Act, ...], where: Place, known: Mapping[str, Known]) -> tuple[Act, ...]:
    """Returns the acts at that place whose conditions all hold, in the profile's order."""
    return tuple(act for act in acts if act.where is where and all(one.holds(known) for one in act.when))
