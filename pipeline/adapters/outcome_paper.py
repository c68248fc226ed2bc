"""The outcome form on paper: what is put into the Word template for a conference, and how its answers are read back.

Tables are known by the first cell of their first row, answers by the label beside them or by the ids in their row. Case,
spaces, punctuation and anything in brackets count for nothing in a label; an answer may be written as people write it.
Nothing that stands in the form is passed over in silence: an unknown label with an answer is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.domain.booking import Finding, Path
from pipeline.domain.calendar import spoken
from pipeline.domain.case import Case
from pipeline.domain.conference import Conference
from pipeline.domain.outcome import Category, Decision, Opinion, Presence, Rag
from pipeline.domain.people import Person, Role

ACTIONS = 8
IMMEDIATE_ACTIONS = 6
_EXPECTED_VIEWS = frozenset(Role) - {Role.CHAIR, Role.INTERPRETER, Role.LEGAL}
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_YES = frozenset({"yes", "y", "true", "x", "✓", "✔", "☒", "☑"})
_NO = frozenset({"no", "n", "false"})

_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})")
_SLASHED = re.compile(r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4})")
_NAMED = re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<m>[a-z]{3,9})\.?,? (?P<y>\d{4})")
_DAY_BEFORE = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? ")
_CLOCK = re.compile(r"(?P<h>\d{1,2})(?:[:.](?P<min>\d{2}))?(?::(?P<s>\d{2}))? ?(?P<half>am|pm)?")


class _NotReadError(Exception):
    """An answer that cannot be read; the argument is the rule that it breaks."""


def _passage(text: str) -> str:
    return text


def _truth(text: str) -> bool:
    word = text.casefold().strip(" .")
    if word in _YES or word in _NO:
        return word in _YES
    raise _NotReadError("must be yes or no")


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise _NotReadError("must be a number") from None


def _ids(text: str) -> list[str] | None:
    plain = re.sub(r"\([^)]*\)", " ", text)
    return None if plain.strip().casefold() == "all" else [one for one in re.split(r"[\s,;]+", plain) if one]


def _day(text: str) -> str:
    day, rest = _split_day(text)
    if rest:
        raise _NotReadError("must be a day alone, such as 18 February 2027")
    return day


def _instant(text: str) -> str:
    """Returns YYYY-MM-DDTHH:MM[:SS]; whether there is such a time is judged with all other times."""
    day, rest = _split_day(text)
    found = _CLOCK.fullmatch(rest)
    if found is None or (found["min"] is None and found["half"] is None):
        raise _NotReadError("must be a day and a time of day, such as 18 February 2027 14:00")
    hour = int(found["h"])
    if found["half"] is not None and not 1 <= hour <= 12:
        raise _NotReadError("is no time of day")
    if found["half"] is not None:
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    return f"{day}T{hour:02d}:{found['min'] or '00'}" + (f":{found['s']}" if found["s"] else "")


def _split_day(text: str) -> tuple[str, str]:
    """Returns the day as YYYY-MM-DD and what stands behind it."""
    plain = _DAY_BEFORE.sub("", " ".join(text.casefold().split()))
    for shape in (_ISO, _SLASHED, _NAMED):
        if found := shape.match(plain):
            named = found["m"]
            months = [n for n, name in enumerate(_MONTHS, 1) if name.startswith(named)] if named.isalpha() else [int(named)]
            if months:
                rest = re.sub(r"^(?:t(?=\d)|,? at |,|\s)+", "", plain[found.end() :]).strip()
                return f"{int(found['y']):04d}-{months[0]:02d}-{int(found['d']):02d}", rest
    raise _NotReadError("must be a day, such as 18 February 2027, 18/02/2027 or 2027-02-18")


def _one_of(kind: type[StrEnum]) -> Callable[[str], str]:
    """Returns a reader of a choice, in small or capital letters, with spaces or hyphens; another word stays as it is."""

    def read(text: str) -> str:
        word = re.sub(r"[\s_-]+", "-", text.strip(" .").casefold())
        return next((one.value for one in kind if one.value.casefold() == word), text)

    return read


Reader = Callable[[str], Any]
_Labels = Mapping[str, tuple[tuple[str, ...], Reader]]

_CONFERENCE: _Labels = {
    "ended": (("ended",), _instant),
    "decided at another time": (("decided",), _instant),
    "decided by": (("decided_by",), _passage),
    "quorate": (("quorate",), _truth),
    "efforts to be quorate": (("quorum_efforts",), _passage),
    "safety plan made beforehand": (("safety_plan_made",), _truth),
    "minute taker": (("minute_taker",), _truth),
    "not face to face": (("virtual",), _truth),
    "summary": (("summary",), _passage),
    "views of the family": (("family_views",), _passage),
    "next core group": (("dates", "core_group"), _instant),
    "first visit": (("dates", "visit"), _instant),
    "next review conference": (("dates", "review"), _instant),
    "why a date is after its limit": (("dates", "late_because"), _passage),
}
_CHILD: _Labels = {
    "decision": (("decision",), _one_of(Decision)),
    "category": (("category",), _one_of(Category)),
    "reason": (("reason",), _passage),
    "grade": (("grade",), _number),
    "rag": (("rag",), _one_of(Rag)),
    "danger statement": (("danger_statement",), _passage),
    "safety goal": (("safety_goal",), _passage),
    "what we are worried about": (("worries",), _passage),
    "what is working well": (("strengths",), _passage),
    "the childs views": (("child_views",), _passage),
    "contingency": (("contingency",), _passage),
    "visits": (("visits",), _passage),
    "seen alone by": (("seen_alone_by",), _passage),
    "core group": (("core_group",), _ids),
}
_ACTION: _Labels = {
    "children": (("children",), _ids),
    "action": (("action",), _passage),
    "aim": (("aim",), _passage),
    "who": (("who",), _passage),
    "by when": (("by_when",), _day),
    "how measured": (("measure",), _passage),
    "by family": (("by_family",), _truth),
    "rag": (("rag",), _one_of(Rag)),
}
_ROWS: Mapping[str, tuple[str, Mapping[int, tuple[str, Reader]], int]] = {
    "who took part": ("attendance", {0: ("person", _passage), 2: ("presence", _one_of(Presence)), 3: ("call", _passage)}, 2),
    "views": (
        "view",
        {
            0: ("person", _passage), 2: ("child", _passage), 3: ("opinion", _one_of(Opinion)), 4: ("rationale", _passage),
            5: ("dissents", _truth),
        },
        3,
    ),
    "safety scale": ("scale", {0: ("person", _passage), 2: ("child", _passage), 3: ("number", _number)}, 3),
}  # fmt: skip
"""Tables with a row for each: the list they fill, which column is what, and the first column that is an answer."""


@dataclass(slots=True)
class Answers:
    """What stands in a form, as the values of an outcome file, and what could not be read."""

    values: dict[str, Any] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    places: dict[Path, str] = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """Returns where something stands in the form, in its own words: 'Child c1, Grade'."""
        return next((self.places[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.places), "the form")

    def refuse(self, path: Path, place: str, message: str) -> None:
        """Notes that what stands at a place cannot be used."""
        self.places[path] = place
        self.found.append(Finding(path=path, message=message))


def answers_of(tables: Sequence[Sequence[Sequence[str]]], conference: Conference) -> Answers:
    """Returns the answers in the tables of a form; a form of another conference, or none, is a problem."""
    answers = Answers()
    seen: set[str] = set()
    for number, table in enumerate(tables, 1):
        title = table[0][0] if table and table[0] else ""
        name = _plain(title)
        shown = " ".join(title.split())[:60]
        if name in seen and name:
            answers.refuse((f"table {number}",), shown, "stands in the form twice")
            continue
        seen.add(name)
        if name == "conference":
            _labelled(table, _CONFERENCE, (), "Conference", answers, conference)
        elif name.startswith("child ") and len(title.split()) == 2:
            _entry(table, _CHILD, "child", {"id": title.split()[1]}, f"Child {title.split()[1]}", answers, conference)
        elif name.startswith("action "):
            _entry(table, _ACTION, "action", {}, shown, answers, conference)
        elif name == "immediate actions":
            said = [row[1].strip() for row in table[1:] if len(row) > 1 and row[1].strip()]
            answers.places[("immediate_actions",)] = "Immediate actions"
            answers.values["immediate_actions"] = said
        elif name in _ROWS:
            _rows(table, name, answers)
        elif any(cell.strip() for row in table for cell in row):
            answers.refuse((f"table {number}",), shown or f"table {number}", "is no table of the outcome form")
    if "conference" not in seen:
        answers.refuse(("conference",), "the form", "is not the outcome form: make one with `packs outcome REF --form FILE`")
    return answers


def _entry(
    table: Sequence[Sequence[str]],
    labels: _Labels,
    into: str,
    given: Mapping[str, Any],
    place: str,
    answers: Answers,
    conference: Conference,
) -> None:
    """Reads a labelled table as one entry of a list; one with nothing in it is none, but for what is given."""
    entries = answers.values.setdefault(into, [])
    path: Path = (into, len(entries))
    before = len(answers.found)
    entries.append(dict(given))
    _labelled(table, labels, path, place, answers, conference)
    if not entries[-1] and len(answers.found) == before:
        entries.pop()
    else:
        answers.places[path] = place
        answers.places.setdefault((into,), place)


def _labelled(
    table: Sequence[Sequence[str]], labels: _Labels, at: Path, place: str, answers: Answers, conference: Conference
) -> None:
    target: dict[str, Any] = answers.values if not at else answers.values[str(at[0])][int(at[1])]
    for label, (keys, _) in labels.items():
        answers.places.setdefault((*at, *keys), f"{place}, {label.capitalize()}")
    for row in table[1:]:
        label, answer = _plain(row[0]) if row else "", row[1].strip() if len(row) > 1 else ""
        shown = f"{place}, {' '.join(row[0].split())[:60]}" if row else place
        if label == "reference" and not at:
            if answer.casefold() != conference.reference.casefold():
                answers.refuse(("reference",), shown, f"is not {conference.reference}: this is the form of another conference")
        elif not answer:
            continue
        elif label not in labels:
            answers.refuse((*at, label), shown, "is no label of the form, so its answer would be lost")
        else:
            keys, read = labels[label]
            inner = target
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
            if keys[-1] in inner:
                answers.refuse((*at, *keys), shown, "stands in the form twice")
            _put(inner, keys[-1], answer, read, (*at, *keys), shown, answers)


def _rows(table: Sequence[Sequence[str]], name: str, answers: Answers) -> None:
    into, columns, first_answer = _ROWS[name]
    entries = answers.values.setdefault(into, [])
    heads = [" ".join(cell.split()) for cell in table[0]]
    for row in table[1:]:
        if not any(cell.strip() for cell in row[first_answer:]):
            continue
        path: Path = (into, len(entries))
        entry: dict[str, Any] = {}
        entries.append(entry)
        whose = " ".join(row[0].split())[:40]
        answers.places[path] = f"{heads[0]}, row of {whose}"
        for column, (key, read) in columns.items():
            answer = row[column].strip() if column < len(row) else ""
            shown = f"{heads[0]}, row of {whose}, {heads[column] if column < len(heads) else key}"
            answers.places[(*path, key)] = shown
            if answer:
                _put(entry, key, answer, read, (*path, key), shown, answers)


def _put(inner: dict[str, Any], key: str, answer: str, read: Reader, path: Path, shown: str, answers: Answers) -> None:
    try:
        value = read(answer)
    except _NotReadError as wrong:
        answers.refuse(path, shown, str(wrong))
    else:
        answers.places[path] = shown
        if value is not None:
            inner[key] = value


def _plain(label: str) -> str:
    """Returns a label by which it is known: small letters, without brackets, punctuation and double spaces."""
    return " ".join(re.sub(r"[^\w\s-]", "", re.sub(r"\([^)]*\)", " ", label)).casefold().replace("-", " ").split())


def form_values(case: Case, team: str) -> dict[str, object]:
    """Returns what the Word template of the form is filled with for this conference; names, so it is for the team only."""
    conference, words = case.conference, case.profile.authority_words
    people = list(conference.people.values())
    return {
        "title": "Outcome of the conference",
        "authority": case.profile.title,
        "team": team,
        "conference_type": words.get(conference.booking.type.value, conference.booking.type.value),
        "classification": "Official: sensitive. Holds names: keep it within the team.",
        "reference": conference.reference,
        "start": spoken(conference.start_at),
        "chair_word": words.get("chair-long", words.get("chair", "chair")),
        "review_word": words.get("review", "review conference"),
        "plan_word": words.get("plan", "child protection plan"),
        "decisions": _choices(Decision),
        "categories": _choices(Category),
        "ratings": _choices(Rag),
        "presences": _choices(Presence),
        "opinion_words": _choices(Opinion),
        "subjects": [{"id": child.id, "name": child.name} for child in conference.booking.children],
        "attendees": [_named(person) for person in people],
        "view_rows": [
            {**_named(person), "child": child}
            for person in people
            if person.role in _EXPECTED_VIEWS
            for child in person.children
        ],
        "scale_rows": [
            {**_named(person), "child": child}
            for person in people
            if person.role not in {Role.CHAIR, Role.INTERPRETER}
            for child in person.children
        ],
        "action_rows": [{"number": str(n)} for n in range(1, ACTIONS + 1)],
        "immediate_rows": [{"number": str(n)} for n in range(1, IMMEDIATE_ACTIONS + 1)],
    }


def _named(person: Person) -> dict[str, str]:
    return {"id": person.id, "name": f"{person.name}, {person.role.words}"}


def _choices(kind: type[StrEnum]) -> str:
    return ", ".join(one.value.replace("-", " ") if one.value.islower() else one.value for one in kind)
