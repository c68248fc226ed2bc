"""Reading a report for its parts: a heading or label, and whether anything stands under it.

A heading that nobody answered is as good as none. On doubt neither "there" nor "missing" is said but "not known", for a
person to look. More text never makes a part that is there a missing one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from pipeline.domain.headings import OTHER_HEADINGS, Part
from pipeline.domain.protected import folded


class Found(IntEnum):
    """What is known of a part; of several places in a report the best counts."""

    MISSING = 0
    UNKNOWN = 1
    THERE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The parts of one document. A part in none of the three is not owed: what a plan should hold where none is wanted."""

    has: tuple[Part, ...]
    missing: tuple[Part, ...]
    unknown: tuple[Part, ...]


def examine(
    pages: Sequence[str], headings: Mapping[Part, tuple[str, ...]], *, author: str = "", doubtful: bool = False
) -> Examined:
    """Returns which parts stand in the text of a document's pages.

    `author` is the name of whose report it is. `doubtful`: pages were unreadable or read from a picture, so that what was
    not found may stand there all the same.
    """
    lines = [line for page in pages for raw in page.splitlines() if (line := _tidy(raw)) and not _FURNITURE.fullmatch(line)]
    patterns = {part: _pattern(tuple(phrases)) for part, phrases in headings.items() if phrases}
    known = tuple(patterns.values())
    answers = {part: list(_answers(lines, pattern, known)) for part, pattern in patterns.items()}
    found = {part: max((one.found for one in answers.get(part, ())), default=Found.MISSING) for part in Part}
    found[Part.AUTHOR_PHONE] = _author_phone(lines, author)
    if found[Part.RECOMMENDATION] is Found.MISSING and any(_RECOMMENDS.search(line) for line in lines):
        found[Part.RECOMMENDATION] = Found.UNKNOWN
    if doubtful or not lines:
        found = {part: max(one, Found.UNKNOWN) for part, one in found.items()}
    given = [one.text for one in answers.get(Part.RECOMMENDATION, ()) if one.found is Found.THERE]
    owed = [p for p in Part if not (p is Part.PLAN_CONTENT and given and all(map(_says_no, given)) and found[p] < Found.THERE)]
    return Examined(
        has=tuple(p for p in owed if found[p] is Found.THERE),
        missing=tuple(p for p in owed if found[p] is Found.MISSING),
        unknown=tuple(p for p in owed if found[p] is Found.UNKNOWN),
    )


def passage_under(pages: Sequence[str], phrases: tuple[str, ...], headings: Mapping[Part, tuple[str, ...]]) -> str:
    """Returns what stands under the first of these headings that is answered, until the next heading; empty where none is."""
    lines = [line for page in pages for raw in page.splitlines() if (line := _tidy(raw)) and not _FURNITURE.fullmatch(line)]
    own = _pattern(phrases)
    known = (own, *(_pattern(tuple(each)) for each in headings.values() if each))
    for at in range(len(lines)):
        if (heading := _heading(lines, at, (own,))) is None:
            continue
        below = at + heading.lines
        end = next((n for n in range(below, min(below + _LONGEST, len(lines))) if _ends(lines, n, heading, known)), None)
        said = [heading.rest, *lines[below : end if end is not None else below + _LONGEST]]
        if (text := " ".join(one for one in said if one)) and not _PLACEHOLDER.fullmatch(folded(text)):
            return text
    return ""


_LONGEST = 40
"""How many lines below its heading a passage has at most."""


# --- lines and labels ----------------------------------------------------------------------------------------------------

_BOXES = str.maketrans({"\uf0a8": "☐", "\uf06f": "☐", "\uf0fe": "☒", "\uf0fd": "☒", "\uf0fc": "✓", "\uf052": "☒", "□": "☐"})
_FURNITURE = re.compile(
    r"(?:page\s*)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?|(?:official[\W_]*)?(?:sensitive|restricted)|(?:strictly\s+)?confidential",
    re.IGNORECASE,
)
"""Lines of a page's margin, which answer nothing."""
_NUMBER = re.compile(
    r"(?:(?:section|part|question|q)\s*)?\(?(?:(?P<number>\d{1,2})(?:\.\d{1,2})*[a-z]?[.):]*|[a-z][.)]|[ivx]{1,4}[.)])\s+"
    r"|[•·▪●*–—-]\s*",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"[(\[].*[)\]]|(?:please|guidance|note to author"
    r"|(?:describe|explain|state|record|include) (?:here|below|clearly|the|any|how|what))\b.*",
    re.IGNORECASE,
)
_LOOKS_BACK = re.compile(r"\b(?:last|previous|earlier|past|made by|from the)\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|will|would|can|could|made|followed)\b", re.IGNORECASE)


def _tidy(raw: str) -> str:
    text = unicodedata.normalize("NFKC", raw.translate(_BOXES))
    text = re.sub(r"[\u2018\u2019\u201b`\u00b4]", "'", text)
    return " ".join(re.sub(r"\(s\)", "s", text, flags=re.IGNORECASE).replace("&", " and ").split())


def _bare(text: str) -> str:
    """The text without apostrophes, as phrases are written."""
    return text.replace("'", "")


@lru_cache(maxsize=64)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern of all the phrases of a part; of two that both begin a line the longer counts."""
    each = sorted({_phrase(phrase) for phrase in phrases}, key=len, reverse=True)
    return re.compile(rf"(?:the\s+)?(?:{'|'.join(each)})(?!\w)", re.IGNORECASE)


def _phrase(phrase: str) -> str:
    words = re.findall(r"\*|\w+", _bare(phrase))
    return r"[^\w?:.]+".join(r"[^\s?:.]+(?:\s+[^\s?:.]+){0,3}?" if word == "*" else re.escape(word) for word in words)


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading and what stands behind it in the same line. `lines` are how many lines it takes."""

    rest: str
    number: int | None
    capitals: bool
    lines: int = 1


def _heading(lines: Sequence[str], at: int, patterns: Iterable[re.Pattern[str]]) -> _Heading | None:
    """Returns the heading that begins in this line, also one that runs on into the next; None for any other line."""
    for count in (1, 2):
        if at + count > len(lines) or (count == 2 and len(lines[at]) > _WRAPS):
            return None
        text = _bare(" ".join(lines[at : at + count]))
        numbering = _NUMBER.match(text)
        body = text[numbering.end() :] if numbering else text
        for pattern in patterns:
            match = pattern.match(body)
            if match is None or (count == 2 and match.end() + (numbering.end() if numbering else 0) <= len(_bare(lines[at]))):
                continue
            rest = _behind(body, match.end())
            if rest is not None:
                number = numbering["number"] if numbering else None
                return _Heading(rest, int(number) if number else None, match[0].isupper(), count)
    return None


_WRAPS = 60
"""A longer line does not end in the middle of a label."""
_SHORT = 70


def _behind(body: str, end: int) -> str | None:
    """Returns what is answered in the line behind the words of a label; None where the line is a sentence of its own."""
    rest = body[end:].strip()
    if not rest:
        return ""
    if not body[0].isupper() and rest[0] not in ":?":
        return None
    if qualifier := re.match(r"\([^)]{3,}\)\s*", rest):
        rest = rest[qualifier.end() :]
        if not rest:
            return ""
    if rest[0] in ":?=|>–—-/.":
        return rest.lstrip(":?=|>–—-/. ") if rest[0] not in "–—-/" or rest[1:2] in ("", " ") else None
    if rest[0].isupper() or rest[0].isdigit() or rest[0] in "☐☒☑✓✔\"'“[(<_…" or _OPTION.match(rest):
        return rest
    label = re.match(r"([^.;:?]{0,90})([:?])\s*", rest)
    if label and (label[2] == "?" or not (_VERB.search(label[1]) or _LOOKS_BACK.search(label[1]))):
        return rest[label.end() :]
    if len(body) <= _SHORT and body[-1] not in ".;," and not _VERB.search(rest) and not _LOOKS_BACK.search(rest):
        return "" if re.match(r"(?:of|on|about|for|regarding|to|and|in|as|with|at|from)\b", rest) else None
    return None


def _ends(lines: Sequence[str], at: int, above: _Heading, known: Sequence[re.Pattern[str]]) -> bool:
    """Returns True where the next heading stands in this line, so that the one above is without an answer."""
    line = lines[at]
    numbering = _NUMBER.match(line)
    body = (line[numbering.end() :] if numbering else line) or line
    if above.number is not None and numbering and numbering["number"] and int(numbering["number"]) == above.number + 1:
        return True
    label, parted, _ = body.partition(":")
    if folded(_bare(body)) in OTHER_HEADINGS or (parted and folded(_bare(label)) in OTHER_HEADINGS):
        return True
    if len(body.split()) <= 10 and body[-1] in ":?" and body[0].isupper():
        return True
    if above.capitals and body.isupper() and len(body) > 3 and not _OPTION.match(body):
        return True
    first = _bare(body)[:1]
    return first.isupper() and _heading(lines, at, known) is not None


# --- answers -------------------------------------------------------------------------------------------------------------

_OPTION = re.compile(r"(?:yes|no|y|n|n/a|tbc|tba|none|nil|agreed?)\b", re.IGNORECASE)
_TICKED = re.compile(r"[☒☑✓✔✗✘🗹🗷]|[(\[]\s*[xX✓]\s*[)\]]")
_YES_NO = re.compile(
    r"[\W_]*(?:yes|y)\b[\W_]*(?:or\b)?[\W_]*(?:no|n)\b[\W_]*"
    r"(?:(?:or\b)?[\W_]*(?:unsure|not sure|dont know|don't know|unknown|n/a|partly)\b[\W_]*)*"
    r"(?:\(?\s*(?:please\s+)?(?:delete|tick|circle|select|highlight|cross)\b[^)]*\)?)?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:click|tap)(?: or tap)?(?: here)?(?: to)? (?:enter|add|type|insert|choose)?.*|click or tap.*|choose an item|select an item"
    r"|(?:enter|type|insert|add) (?:your )?(?:text|here|answer|details|name|number)\b.*|insert .*"
    r"|t ?b ?[cad]|to be (?:confirmed|completed|advised|added|decided|discussed|provided|determined|agreed)(?: .{0,40})?"
    r"|(?:to|will) follow(?: .{0,30})?|awaited|awaiting .{0,40}|pending|n a yet|not applicable yet|none yet|nothing yet"
    r"|not yet(?: (?:known|completed|available|obtained|sought|discussed|written|decided|done|agreed))?|not completed"
    r"|x+|blank|left blank",
)
"""A whole answer, folded, that is none."""
_NOTHING_SAID = frozenset({"n a", "na", "not applicable", "none", "nil", "unknown", "not known", "no comment", "no comments"})
"""A whole answer that may be one: a person looks."""
_RECOMMENDS = re.compile(r"\b(?:i|we)(?: \w+){0,2} recommend\b|\b(?:my|our) recommendation (?:is|would)\b", re.IGNORECASE)
_NO_PLAN = re.compile(
    r"\bno (?:child protection |cp )?plan\b"
    r"|\b(?:not|n't) (?:\w+ ){0,3}(?:recommend|need|require|necessary|subject)|\bend(?:ing)? the plan\b",
    re.IGNORECASE,
)
_ANSWERING = re.compile(r"\b(?:yes|no|plan|agree[ds]?|support|none|risk|attend\w*|happy|refus\w*|declin\w*|help)\b", re.IGNORECASE)
_LINES_BELOW = 4


@dataclass(frozen=True, slots=True)
class _Answer:
    found: Found
    text: str = ""


def _answers(lines: Sequence[str], pattern: re.Pattern[str], known: Sequence[re.Pattern[str]]) -> Iterable[_Answer]:
    """Yields what is answered at every place that one of the part's phrases heads."""
    for at in range(len(lines)):
        if (heading := _heading(lines, at, (pattern,))) is not None:
            yield _answer(lines, at + heading.lines, heading, known)


def _answer(lines: Sequence[str], below: int, heading: _Heading, known: Sequence[re.Pattern[str]]) -> _Answer:
    rest = heading.rest
    # a label that runs on: "… at ongoing risk of significant" / "harm? Yes"
    while not rest and below < len(lines) and (on := re.match(r"[a-z][^.;:?]{0,60}[?:]\s*", lines[below])):
        rest, below = lines[below][on.end() :], below + 1
    said = [rest] if rest else []
    for at in range(below, min(below + _LINES_BELOW, len(lines))):
        if _ends(lines, at, heading, known):
            break
        if not (not said and _INSTRUCTION.fullmatch(lines[at])):
            said.append(lines[at])
    if not said:
        return _Answer(Found.MISSING)
    return _weighed(said, inline=bool(rest), lines=lines, below=below)


def _weighed(said: Sequence[str], *, inline: bool, lines: Sequence[str], below: int) -> _Answer:
    first, whole = said[0], " ".join(said)
    if not _letters(first) and _TICKED.search(first) is None and len(said) > 1:
        return _weighed(said[1:], inline=False, lines=lines, below=below)  # a line of dots, then perhaps words
    if options := _YES_NO.match(whole):
        ticked = _TICKED.search(whole) is not None
        more = len(whole[options.end() : len(first)].split()) >= 2 or whole[options.end() :].lower().startswith("because")
        return _Answer(Found.THERE if ticked else Found.UNKNOWN if more else Found.MISSING, whole)
    said_plainly = folded(first)
    if _TICKED.search(first):
        return _Answer(Found.THERE, whole)
    if not said_plainly or _PLACEHOLDER.fullmatch(said_plainly):
        return _Answer(Found.MISSING)
    if said_plainly in _NOTHING_SAID:
        return _Answer(Found.UNKNOWN)
    if not inline and _may_be_a_heading(said):
        return _Answer(Found.UNKNOWN, whole)
    return _Answer(Found.THERE, whole)


def _letters(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _may_be_a_heading(said: Sequence[str]) -> bool:
    """Returns True for a few words like a heading's above a sentence: nobody can tell whether they answer or head it."""
    title, *more = said
    few = 1 <= len(title.split()) <= 4 and title[0].isupper() and title[-1].isalnum()
    return few and bool(more) and len(more[0].split()) >= 5 and not _ANSWERING.search(title)


def _says_no(answer: str) -> bool:
    """Returns True for an answer that plainly recommends no plan."""
    if options := _YES_NO.match(answer):
        boxes = re.findall(r"[☐☒☑]|[(\[]\s*[xX✓]?\s*[)\]]", options[0])
        return len(boxes) == 2 and not _TICKED.search(boxes[0]) and _TICKED.search(boxes[1]) is not None
    return re.match(r"no\b", answer, re.IGNORECASE) is not None or _NO_PLAN.search(answer) is not None


# --- the author's number -------------------------------------------------------------------------------------------------

_PHONE = re.compile(r"(?<![\w/-])(?:\+44|0044|\(?0)(?:[\s().-]{0,2}\d){9,10}(?![\d/-])")
_EXTENSION = re.compile(r"\bext(?:ension|n)?\.?:?\s*\d{3,6}\b", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?:tel(?:ephone)?|phone|mob(?:ile)?|direct (?:dial|line)|contact (?:no|number|details|tel\w*)|landline|ext(?:ension)?)\b",
    re.IGNORECASE,
)
_OF_AUTHOR = re.compile(
    r"\b(?:author|completed by|prepared by|written by|report(?:ed)? by|report of|signed|signature|print name|job title|designation|"
    r"your (?:name|contact|telephone|phone)|name of (?:worker|professional|person completing)|direct dial|direct line)\b",
    re.IGNORECASE,
)
_OF_FAMILY = re.compile(
    r"\b(?:mother|father|mum|dad|parent|carer|grand\w+|family|child|pupil|patient|next of kin|emergency|home|duty|999|helpline)\b",
    re.IGNORECASE,
)
_NEAR = 4
"""How many lines apart an author and a number may stand to belong together."""


def _author_phone(lines: Sequence[str], author: str) -> Found:
    """Returns whether a number stands with the author: on a line of theirs, or labelled and within a few lines of them."""
    name = f" {folded(author)} " if folded(author) else None
    ours = [n for n, line in enumerate(lines) if _OF_AUTHOR.search(line) or (name and name in f" {folded(line)} ")]
    best = Found.MISSING
    for n, line in enumerate(lines):
        if not (_PHONE.search(line) or _EXTENSION.search(line)):
            continue
        above = lines[n - 1] if n else ""
        if n not in ours and _OF_FAMILY.search(line):
            continue
        labelled = _LABEL.search(line) or (_LABEL.search(above) and not _OF_FAMILY.search(above))
        near = min((abs(n - m) for m in ours), default=_NEAR + 1)
        if near <= (_NEAR if labelled else 1):
            return Found.THERE
        if labelled:
            best = Found.UNKNOWN
    return best
