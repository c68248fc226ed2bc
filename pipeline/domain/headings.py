"""The words by which the parts of a report are found: one table of headings, labels and questions in many spellings.

A phrase is written without apostrophes, brackets and strokes ("parents views" is "Parents' views" and "Parent(s)/ views");
`*` stands for one to four words ("does * need a plan"). A profile adds phrases of its own under `[headings]`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

VERSION = "1"
"""How reports are read with these words; a change has every report of an open conference examined anew."""


class Part(StrEnum):
    """What an authority may require of a report."""

    PARENTS_VIEWS = "parents-views"
    ONGOING_RISK = "ongoing-risk"
    RECOMMENDATION = "recommendation"
    PLAN_CONTENT = "plan-content"
    AUTHOR_PHONE = "author-phone"
    PARENT_DECISION = "parent-decision"

    @property
    def words(self) -> str:
        """The part as people would name it."""
        return _WORDS[self]

    @property
    def fact(self) -> str:
        """The fact by which a profile asks for it (acting.FACTS)."""
        return "report-has-plan" if self is Part.PLAN_CONTENT else f"report-has-{self.value}"


_WORDS = {
    Part.PARENTS_VIEWS: "the parents' views",
    Part.ONGOING_RISK: "whether the child is at ongoing risk of significant harm",
    Part.RECOMMENDATION: "whether a child protection plan is recommended",
    Part.PLAN_CONTENT: "what the plan should hold",
    Part.AUTHOR_PHONE: "a contact number for the author",
    Part.PARENT_DECISION: "why a parent who lives elsewhere is not included",
}

_PARENTS = (
    "parents", "parent", "parents carers", "parent carer", "parents carer", "parent carers", "parents and carers",
    "parent and carer", "parents or carers", "carers", "mother", "mothers", "father", "fathers", "mum", "mums", "dad", "dads",
    "mother and father", "mothers and fathers", "family", "family members", "parent carers", "parents and family",
)  # fmt: skip
_VIEWS = ("views", "view", "comments", "wishes and feelings", "voice", "response", "perspective", "wishes", "account")
_PLAN = ("child protection plan", "cp plan", "protection plan", "plan")

HEADINGS: Mapping[Part, tuple[str, ...]] = MappingProxyType(
    {
        Part.PARENTS_VIEWS: (
            *(f"{who} {what}" for who in _PARENTS for what in _VIEWS),
            *(f"{what} of {the}{who}" for who in _PARENTS for what in _VIEWS for the in ("", "the ")),
            "parental views", "parental view", "parental comments", "views of child and parents", "child and parents views",
            "views of the child and parents", "childs and parents views", "views of the child and family",
            "views of children and parents", "what the parents say", "what parents say", "what the parents think",
            "what parents think", "what the family say", "what the family says", "what do the parents think",
            "what does the mother think", "what does the father think", "what the mother says", "what the father says",
            "discussion with parents", "have the parents views been sought", "what are the parents views", "parents say",
        ),
        Part.ONGOING_RISK: (
            "is * at ongoing risk", "are * at ongoing risk", "is * at continuing risk", "are * at continuing risk",
            "is * at risk of significant harm", "are * at risk of significant harm", "ongoing risk", "at ongoing risk",
            "child at ongoing risk", "risk of significant harm", "ongoing significant harm", "likelihood of significant harm",
            "is * suffering or likely to suffer", "are * suffering or likely to suffer", "is * likely to suffer significant harm",
            "do you consider * at ongoing risk", "do you think * at ongoing risk", "do you assess * at ongoing risk",
            "continuing risk of significant harm", "assessment of ongoing risk", "view on ongoing risk",
        ),
        Part.RECOMMENDATION: (
            "recommendation", "recommendations", "agency recommendation", "agencys recommendation", "our recommendation",
            "my recommendation", "authors recommendation", "social workers recommendation", "recommendation to conference",
            "recommendations to conference", "recommended outcome", "recommended decision", "what we suggest",
            "what we recommend", "what do you recommend", "what does your agency recommend", "conclusion and recommendation",
            "conclusions and recommendations", "conclusion and recommendations", "summary and recommendation",
            "summary and recommendations", "analysis and recommendation", "analysis and recommendations",
            *(f"{ask} * need{to} a {plan}" for ask in ("does", "do") for to in ("", " to be subject to") for plan in _PLAN),
            *(f"{ask} * require a {plan}" for ask in ("does", "do") for plan in _PLAN),
            *(f"{ask} * be subject to a {plan}" for ask in ("should", "does", "do") for plan in _PLAN),
            *(f"{ask} a {plan} {word}" for ask in ("is", "do you think", "do you consider", "view on whether")
              for plan in _PLAN for word in ("needed", "required", "necessary", "is needed", "is required", "is necessary")),
            *(f"{plan} {word}" for plan in _PLAN for word in ("needed", "required", "recommended", "necessary")),
            *(f"need for a {plan}" for plan in _PLAN), *(f"needs a {plan}" for plan in _PLAN),
            *(f"view on the need for a {plan}" for plan in _PLAN), *(f"views on the need for a {plan}" for plan in _PLAN),
        ),
        Part.PLAN_CONTENT: (
            "what should be in the plan", "what should be included in the plan", "what should be included in a plan",
            "what should be in a plan", "what should the plan include", "what should the plan contain",
            "what should the plan hold", "what needs to be in the plan", "what should be included", "what would the plan include",
            "what the plan should hold", "what the plan should include", "what the plan should contain",
            "what should be in the child protection plan", "what should be included in the child protection plan",
            *(f"{word} {plan}" for word in ("proposed", "outline", "draft", "suggested", "recommended") for plan in _PLAN),
            *(f"{what} of the {plan}" for what in ("content", "contents", "elements") for plan in _PLAN),
            *(f"{what} for the {plan}" for what in ("suggestions", "proposals", "proposed actions", "recommended actions",
              "suggested actions", "actions") for plan in _PLAN),
            "plan content", "plan contents", "plan proposed", "proposed actions", "suggested actions", "recommended actions",
            "details of the proposed plan", "if so what should be included", "if yes what should be included",
            "if yes what should be in the plan", "if so what should be in the plan",
        ),
        Part.AUTHOR_PHONE: (),
        Part.PARENT_DECISION: (
            "non resident parent", "non resident parents", "nonresident parent", "nonresident parents", "absent parent",
            "absent parents", "parent not resident", "parents not resident", "parent living elsewhere", "parents living elsewhere",
            "non resident father", "non resident mother", "participation of non resident parent",
            "participation of non resident parents", "attendance of non resident parent", "attendance of non resident parents",
            "inclusion of non resident parent", "inclusion of non resident parents", "parent not included", "parents not included",
            "parent not invited", "parents not invited", "decision not to include", "reason for not including",
            "reasons for not including", "reason for not inviting", "reasons for not inviting", "why * is not included",
            "why * is not invited", "why * not included", "why * not invited", "decision on including parents",
            "decision about including parents", "inclusion of parents", "inclusion of both parents",
        ),
    }
)  # fmt: skip
"""For each part the phrases that head it. A number for the author is sought by its digits instead."""

REASON = (
    *(f"reason for {the}conference" for the in ("", "the ", "this ", "holding the ", "holding this ", "calling the ")),
    *(f"reasons for {the}conference" for the in ("", "the ", "this ")),
    *(f"purpose of {the}conference" for the in ("", "the ", "this ")),
    *(f"reason for {the}{kind} conference" for the in ("", "the ", "this ") for kind in ("child protection", "initial", "review")),
    "why we meet", "why we are meeting", "why are we meeting", "why is the conference held", "why this conference is held",
)  # fmt: skip
"""What heads the reason for the conference in a social worker's report, from where the minutes take it (NCC-14)."""

OTHER_HEADINGS = frozenset(
    {
        "about", "about the child", "about you", "about your agency", "academic progress", "additional information", "agency",
        "analysis", "any other information", "appendix", "attainment", "attendance", "author", "authors name", "background",
        "behaviour", "childs views", "childrens views", "child views", "views of the child", "views of children",
        "views of the children", "childs voice", "the childs voice", "voice of the child", "voice of the children",
        "childs wishes and feelings", "wishes and feelings", "wishes and feelings of the child", "chronology",
        "complicating factors", "conclusion", "conclusions", "contact details", "contact number", "date", "date of report",
        "designation", "development", "education", "email", "email address", "emotional wellbeing", "employment", "family",
        "family and environment", "family composition", "family history", "finance", "growth and development", "harm", "health",
        "housing", "identity", "involvement", "job title", "key dates", "learning", "legal status", "medical history",
        "mobile", "name", "name of author", "name of worker", "needs", "other information", "our view", "agency view", "our views",
        "our involvement", "agency involvement", "parenting capacity", "phone", "position", "presentation", "print name",
        "progress", "protective factors", "reason for conference", "reason for referral", "relationships", "report by",
        "report completed by", "completed by", "prepared by", "risk factors", "risks", "role", "safety", "safety goal",
        "danger statement", "school history", "sign", "signature", "signed", "sources", "special educational needs", "strengths",
        "summary", "summary of involvement", "telephone", "telephone number", "tel", "team", "tenancy", "what changed",
        "what has changed", "what is going well", "what is working well", "what are we worried about",
        "what we are worried about", "what we know", "what needs to change", "what needs to happen", "why we meet", "worries",
    }
)  # fmt: skip
"""Headings of other things, by which an unanswered one is known: nothing stands between it and the next."""


def headings_of(own: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Mapping[Part, tuple[str, ...]]:
    """Returns the table with a profile's own phrases behind the common ones."""
    more = dict(own)
    return {part: (*phrases, *more.get(part.value, ())) for part, phrases in HEADINGS.items()}


def version_of(own: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> str:
    """Returns what the words were when a report was examined: ours by their version, a profile's by their hash."""
    if not own:
        return VERSION
    return f"{VERSION}-{hashlib.sha256(json.dumps(sorted(own)).encode()).hexdigest()[:8]}"
