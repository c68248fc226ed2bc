"""What changed between two versions of the minutes, and where they say otherwise than the recorded outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.domain.calendar import in_full
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference, people_with
from pipeline.domain.minutes import TO_WRITE, bears_mark, says_draft
from pipeline.domain.outcome import ChildOutcome
from pipeline.domain.people import ChildId
from pipeline.domain.protected import folded
from pipeline.domain.records import MinutesVersion

_ALIKE = 0.4
"""From how much likeness on two paragraphs count as one that was changed."""

_ENDS = re.compile(r"[.:?!)\]]$")
_NEARLY = 0.85
"""From how much of the widest line's letters on a line counts as full: letters differ in width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A paragraph that came (`before` empty), went (`after` empty), or was changed."""

    before: str
    after: str

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        return "changed" if self.before and self.after else "added" if self.after else "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """Something that the outcome says and that does not stand in the minutes in these words."""

    what: str
    recorded: str
    child: ChildId | None = None


def paragraphs(pages: Sequence[str]) -> list[str]:
    """Returns the paragraphs of the pages, each on one line, without what stands at the head or foot of every page.

    A line goes on where the first word of the next would not have fitted any more, also across pages, but not where it ends
    as a sentence does and the next begins as one: what did not change breaks alike in both versions.
    """
    lines = [line for page in _without_furniture(pages) for line in page]
    widest = max((len(line) for line in lines), default=0)
    found: list[str] = []
    goes_on = False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line:
            found[-1:] = [f"{found[-1]} {line}"] if goes_on else [*found[-1:], line]
        full = bool(line and after) and len(line) + 1 + len(after.split()[0]) >= _NEARLY * widest
        goes_on = full and not (_ENDS.search(line) and not after[0].islower())
    return found


def below_mark(found: Sequence[str]) -> list[str]:
    """Returns the paragraphs that stand below the mark of the minutes, where the draft's own parts begin; all without a mark."""
    at = next((place for place, one in enumerate(found) if bears_mark([one])), -1)
    return list(found[at + 1 :])


def _without_furniture(pages: Sequence[str]) -> list[list[str]]:
    """Returns the lines of each page, stripped; the first or last line that all of several pages share is left out."""
    split = [[line.strip() for line in page.strip().splitlines()] for page in pages]
    full = [lines for lines in split if lines]
    if len(full) < 2:
        return split
    furniture = set.intersection(*({lines[0], lines[-1]} for lines in full))
    return [
        [line for place, line in enumerate(lines) if line not in furniture or place not in {0, len(lines) - 1}] for lines in split
    ]


def changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """Returns what changed from one list of paragraphs to another, in their order; white space counts for nothing."""
    old, new = [" ".join(one.split()) for one in before], [" ".join(one.split()) for one in after]
    found: list[Change] = []
    for kind, i, j, m, n in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            found += _paired(old[i:j], new[m:n])
    return found


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Pairs what was changed in place, in order; the rest came or went."""
    if len(old) == len(new):
        yield from (Change(before=gone, after=come) for gone, come in zip(old, new, strict=True))
        return
    left = list(old)
    for one in new:
        like = next((o for o in left if SequenceMatcher(a=o, b=one, autojunk=False).ratio() >= _ALIKE), None)
        if like is None:
            yield Change(before="", after=one)
            continue
        for gone in left[: left.index(like)]:
            yield Change(before=gone, after="")
        left = left[left.index(like) + 1 :]
        yield Change(before=like, after=one)
    for gone in left:
        yield Change(before=gone, after="")


def otherwise(case: Case, version: MinutesVersion | None, pages: Sequence[str]) -> list[Otherwise]:
    """Returns the decisions and dates of the outcome that do not stand in these pages in the draft's words.

    Of a version made for people only what is about children that each of them has a role for.
    """
    conference = case.conference
    outcome = conference.outcome
    if outcome is None:
        return []
    text, about = f" {folded(' '.join(pages))} ", _children_of(conference, version)
    found = [
        Otherwise(what=what, recorded=words, child=child.child)
        for child in outcome.children
        if child.child in about
        for what, words in _decided(child)
        if not _decided_in(text, conference, child, words)
    ]
    planned = any(child.decision.with_plan for child in outcome.children if child.child in about)
    dates = [
        ("end of the conference", outcome.ended_at),
        ("first core group", outcome.core_group_at if planned else None),
        ("first visit", outcome.visit_at if planned else None),
        ("review conference", outcome.review_at if planned else None),
    ]
    return found + [
        Otherwise(what=what, recorded=in_full(at)) for what, at in dates if at is not None and folded(in_full(at)) not in text
    ]


def _children_of(conference: Conference, version: MinutesVersion | None) -> set[ChildId]:
    every = {child.id for child in conference.booking.children}
    if version is None:
        return every
    readers = people_with(conference, version.taken.for_)
    return every.intersection(*(person.children for person in readers)) if readers else every


def _decided(child: ChildOutcome) -> list[tuple[str, str]]:
    words = [("decision", child.decision.value.replace("-", " "))]
    return words + ([("category", child.category.value.replace("-", " "))] if child.category is not None else [])


def _decided_in(text: str, conference: Conference, child: ChildOutcome, words: str) -> bool:
    """True where the words stand under the child's own heading, or anywhere where there is no such heading any more."""
    name = next((one.name for one in conference.booking.children if one.id == child.child), "")
    _, heading, below = text.partition(f" {folded(f'{name}: Decision')} ")
    return f" {folded(words)} " in (f" {below[:_UNDER_HEADING]} " if heading else text)


_UNDER_HEADING = 120
"""How many characters under a heading are its first paragraph, where the decision stands in the draft."""


def places_left(pages: Sequence[str]) -> int:
    """Returns how many places are still marked as to be written."""
    return sum(" ".join(page.split()).count(TO_WRITE) for page in pages)


def open_points(case: Case, version: MinutesVersion, pages: Sequence[str]) -> list[str]:
    """Returns what to look at before these minutes go, in sentences without content."""
    found = [
        f"The {one.what}{f' of {one.child}' if one.child else ''} does not stand in it as recorded."
        for one in otherwise(case, version, pages)
    ]
    if says_draft(pages):
        found.append("It says of itself that it is a draft: take that word out, unless it is one.")
    if version.taken.flags:
        found.append(f"Look at what was found in the file: {', '.join(version.taken.flags)}.")
    return found
