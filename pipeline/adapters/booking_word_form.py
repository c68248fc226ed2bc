"""The booking and consultation form in Word: what its tables are called, and what is written in them as a booking.

Each table says in its first cell what it is. A block has labels beside answers and is one thing ("Child C1"); a list has a
row of labels and then one row for each thing. A code in the form (C1, F2, P3) becomes the id, so no id holds a name.
Labels are compared by their first words, up to a comma, colon or bracket, whatever the letters' case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pipeline.domain.people import ConferenceType, Role
from pipeline.domain.protected import folded

Field = tuple[str, str, str]
"""Label, key of the booking, and kind of answer."""

CONFERENCE: Final[tuple[Field, ...]] = (
    ("Type (initial, review, pre-birth, transfer-in)", "type", "type"),
    ("Date", "date", "day"),
    ("Start time", "time", "time"),
    ("Slot in minutes", "slot_minutes", "number"),
    ("How it is held (in person, virtual, by consultation)", "mode", "text"),
    ("Reference, if there is one", "reference", "text"),
    ("Service the family is with (assessment …)", "service", "text"),
    ("Confidential slot, time before the family joins", "confidential_slot", "time"),
    ("Child care needed", "child_care", "text"),
    ("Safety plan made (yes or no)", "safety_plan_made", "yes"),
    ("Minute taker", "minute_taker", "text"),
    ("Reason for a date past the limit", "limit_because", "text"),
    ("Manager who gave that reason", "limit_by", "text"),
    ("Rules (leave as it is)", "profile", "text"),
)
ENQUIRY: Final[tuple[Field, ...]] = (
    ("Why the section 47 enquiry was made", "s47_because", "text"),
    ("Category considered (neglect, physical abuse, sexual abuse or emotional abuse)", "category_considered", "word"),
    ("Confidential section expected (yes or no)", "confidential_section_expected", "yes"),
)
CONSULTATION: Final[tuple[Field, ...]] = (
    ("Asked for on", "requested_on", "day"),
    ("Asked for at (time)", "requested_time", "time"),
    ("Asked for by", "requested_by", "text"),
    ("Held on", "held_on", "day"),
    ("Held at (time)", "held_time", "time"),
    ("Held by", "held_by", "text"),
    ("Recommendation", "recommends", "text"),
    ("Why it is recommended", "recommends_because", "text"),
    ("Decided on", "decided_on", "day"),
    ("Decided at (time)", "decided_time", "time"),
    ("Decided by (manager)", "decided_by", "text"),
    ("Decision (hold or do not hold)", "decision", "word"),
    ("Why it was decided", "decided_because", "text"),
)
CHILD: Final[tuple[Field, ...]] = (
    ("Name", "name", "text"),
    ("Born on", "born_on", "day"),
    ("Due on, if not yet born", "due_on", "day"),
    ("Seen alone on", "seen_alone_on", "day"),
    ("If not seen alone, why", "seen_alone_because", "text"),
    ("Advocate (offered, accepted, declined or referred)", "advocacy", "word"),
    ("Parents consent to an advocate (yes or no)", "advocacy_consent", "yes"),
    ("School or nursery", "school", "text"),
    ("GP", "gp", "text"),
    ("Gender", "gender", "text"),
    ("Ethnicity", "ethnicity", "text"),
    ("Language at home", "language", "text"),
    ("Disability", "disability", "text"),
    ("Home address", "home_address", "text"),
    ("Wants to speak with the chair (yes or no)", "wants_to_speak", "yes"),
)
FAMILY: Final[tuple[Field, ...]] = (
    ("Name", "name", "text"),
    ("Role (parent, carer, young person, family member)", "role", "role"),
    ("Children (C1, C2 … or all)", "children", "codes"),
    ("Lives with the children (yes or no)", "resident", "yes"),
    ("Parental responsibility (yes or no)", "parental_responsibility", "yes"),
    ("E-mail", "email", "text"),
    ("Phone", "phone", "text"),
    ("To be included (yes or no)", "include", "yes"),
    ("Why, or why not", "include_because", "text"),
    ("Interpreter (language, or BSL)", "interpreter", "text"),
    ("Access needs", "access_needs", "text"),
    ("Relationship to the children", "relationship", "text"),
    ("Born on", "born_on", "day"),
    ("Risk to staff", "risk_to_staff", "text"),
    ("Bail, injunctions, court orders", "orders", "text"),
    ("Safe contact (who else reads mail or phone, safe times, paper)", "safe_contact", "text"),
)
PROFESSIONALS: Final[tuple[Field, ...]] = (
    ("Code", "id", "code"),
    ("Name", "name", "text"),
    ("Role", "role", "role"),
    ("Agency", "agency", "text"),
    ("E-mail", "email", "text"),
    ("Phone", "phone", "text"),
    ("Report asked for (yes or no)", "asked_for_report", "yes"),
    ("Children (C1 … or all)", "children", "codes"),
)
DISCUSSIONS: Final[tuple[Field, ...]] = (
    ("Date", "date", "day"),
    ("Time", "time", "time"),
    ("Began the section 47 enquiry (yes or no)", "initiated_s47", "yes"),
)
HOUSEHOLD: Final[tuple[Field, ...]] = (
    ("Name", "name", "text"),
    ("Relationship to the children", "relationship", "text"),
    ("Born on", "born_on", "day"),
)
EXCLUSIONS: Final[tuple[Field, ...]] = (
    ("Who (F1, P3 …)", "person", "code"),
    ("From (attending, reports, plan, minutes or all)", "from", "words"),
    ("Why", "because", "text"),
    ("Decided by", "decided_by", "text"),
)
SESSIONS: Final[tuple[Field, ...]] = (
    ("Part", "name", "text"),
    ("Date, if another day", "date", "day"),
    ("Start time", "time", "time"),
    ("People (F1, P1 …)", "people", "codes"),
)
PROTECTED: Final[tuple[Field, ...]] = (
    ("Detail", "detail", "text"),
    ("Kind (address, phone, email, school, surgery, workplace, name, other)", "kind", "word"),
    ("Keep from (F1, P3 …)", "from", "codes"),
)
LISTS: Final[Mapping[str, tuple[str, tuple[Field, ...]]]] = {
    "Professionals": ("person", PROFESSIONALS),
    "Others of the household": ("household", HOUSEHOLD),
    "Strategy discussions": ("strategy_discussion", DISCUSSIONS),
    "Exclusions": ("exclusion", EXCLUSIONS),
    "Parts of a split conference": ("split", SESSIONS),
    "Details to keep from somebody": ("protected", PROTECTED),
}

_TYPES = {"icpc": "initial", "rcpc": "review", "ti": "transfer-in", "transfer in": "transfer-in", "pre birth": "pre-birth"}
_ROLES = {folded(role.words): role.value for role in Role} | {
    "school": "education", "nursery": "early-years", "mother": "parent", "father": "parent", "team manager": "manager",
    "doctor": "gp", "midwifery": "midwife", "health visiting": "health-visitor",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
_SPOKEN = re.compile(r"(?:[a-z]+,? )?(\d{1,2})(?:st|nd|rd|th)? (?:of )?([a-z]{3,9}),? (\d{4})")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))? ?([ap])?\.?m?\.?")
_YES, _NO = frozenset({"yes", "y", "true", "x", "☒", "☑", "✓", "✔"}), frozenset({"no", "n", "false"})
_CODE = re.compile(r"\b[cfp]\d{1,3}\b")
_PREPARED_ROLES = frozenset({"chair", "social worker"})
"""Roles that stand in the empty form."""


@dataclass(slots=True, kw_only=True)
class FormRead:
    """A form as read: the values of a booking, and what could not be understood, each with its place in the form."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def booking_in_form(tables: Sequence[Sequence[Sequence[str]]]) -> FormRead:
    """Returns what the form's tables say; tables with another first cell, and rows without an answer, are passed over."""
    read = FormRead()
    children: list[dict[str, Any]] = []
    family: list[dict[str, Any]] = []
    for table in tables:
        title = _folded_title(table)
        code = title.rpartition(" ")[2]
        if title == "conference":
            read.values |= _answers(table, CONFERENCE, "Conference", read)
        elif title == "enquiry":
            read.values |= _answers(table, ENQUIRY, "Enquiry", read)
        elif title == "consultation":
            read.values["consultation"] = _answers(table, CONSULTATION, "Consultation", read) or None
        elif title.startswith("child ") and _CODE.fullmatch(code):
            children += _one(table, CHILD, f"Child {code.upper()}", code, read)
        elif title.startswith("family member ") and _CODE.fullmatch(code):
            family += _one(table, FAMILY, f"Family member {code.upper()}", code, read)
        else:
            for name, (key, fields) in LISTS.items():
                if title == folded(name):
                    read.values.setdefault(key, []).extend(_rows(table, fields, name, read))
    read.values["child"] = children
    read.values["person"] = [*read.values.get("person", []), *family]
    _joined(read, [child["id"] for child in children])
    read.values = {key: value for key, value in read.values.items() if value not in ([], None)}
    return read


def in_own_words(values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Returns the values with an authority's own words for the type of conference and for the chair understood as such."""
    types = {_as_word(words[one.value]): one.value for one in ConferenceType if words.get(one.value)}
    chair = _as_word(words.get("chair", Role.CHAIR.value))
    people = [
        {**person, "role": Role.CHAIR.value} if person.get("role") == chair else person for person in values.get("person", [])
    ]
    found = {**values, **({"person": people} if people else {})}
    if (type_ := values.get("type")) is not None:
        found["type"] = types.get(type_, type_)
    return found


def _as_word(text: str) -> str:
    return folded(text).replace(" ", "-")


def toml_of(values: Mapping[str, Any]) -> str:
    """Returns the booking as TOML, its tables behind its plain keys."""
    plain = [f"{key} = {_toml(v)}" for key, v in values.items() if not _is_tables(v) and not isinstance(v, dict)]
    tables = [
        "\n".join(["", f"[{key}]", *(f"{name} = {_toml(part)}" for name, part in row.items())])
        for key, row in values.items()
        if isinstance(row, dict)
    ]
    tables += [
        "\n".join(["", f"[[{key}]]", *(f"{name} = {_toml(part)}" for name, part in row.items())])
        for key, rows in values.items()
        if _is_tables(rows)
        for row in rows
    ]
    return "\n".join([*plain, *tables, ""])


def day_in(text: str) -> str | None:
    """Returns the day as YYYY-MM-DD: of '2026-11-30', '30/11/2026', 'Mon 30th November 2026'; None where it is none."""
    words = " ".join(text.casefold().split())
    try:
        if found := _ISO.fullmatch(words):
            return date(*map(int, found.groups())).isoformat()
        if found := _SLASHED.fullmatch(words):
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        if (found := _SPOKEN.fullmatch(words)) and found[2][:3] in _MONTHS:
            return date(int(found[3]), _MONTHS.index(found[2][:3]) + 1, int(found[1])).isoformat()
    except ValueError:
        pass
    return None


def time_in(text: str) -> str | None:
    """Returns the time as HH:MM: of '09:30', '9.30am', '2 pm'; None where it is none. An hour alone needs am or pm."""
    found = _CLOCK.fullmatch(" ".join(text.casefold().split()))
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def yes_in(text: str) -> bool | None:
    """Returns what is ticked or written: '☒ Yes ☐ No', 'yes', '☒'; None where nothing, or both, are."""
    boxes = re.findall(r"([☒☑☐])\s*(yes|no)", text.casefold())
    if boxes:
        ticked = {word for box, word in boxes if box != "☐"}
        return (ticked == {"yes"}) if len(ticked) == 1 else None
    word = text.casefold().strip(" .\n")
    return True if word in _YES else False if word in _NO else None


def _folded_title(table: Sequence[Sequence[str]]) -> str:
    return folded(table[0][0]) if table and table[0] else ""


def _label(text: str) -> str:
    return folded(re.split(r"[,:(]", text)[0])


def _answers(table: Sequence[Sequence[str]], fields: Sequence[Field], place: str, read: FormRead) -> dict[str, Any]:
    """Returns what stands beside the labels of a block, label and answer by turns."""
    by_label = {_label(label): (label, key, kind) for label, key, kind in fields}
    found: dict[str, Any] = {}
    for row in table[1:]:
        for label, answer in zip(row[::2], row[1::2], strict=False):
            if (one := by_label.get(_label(label))) is not None:
                _put(found, one, answer, place, read)
    return found


def _one(
    table: Sequence[Sequence[str]], fields: Sequence[Field], place: str, code: str, read: FormRead
) -> list[dict[str, Any]]:
    found = _answers(table, fields, place, read)
    return [{"id": code, **found}] if found else []


def _rows(table: Sequence[Sequence[str]], fields: Sequence[Field], place: str, read: FormRead) -> list[dict[str, Any]]:
    """Returns the rows of a list that say more than their code, or a role that the form came with."""
    if len(table) < 2:
        return []
    by_label = {_label(label): (label, key, kind) for label, key, kind in fields}
    columns = [by_label.get(_label(label)) for label in table[1]]
    found = []
    for number, row in enumerate(table[2:], start=1):
        asked = [(one, cell) for one, cell in zip(columns, row, strict=False) if one and not _is_prepared(one[1], cell)]
        if all(_is_blank(one[2], cell) for one, cell in asked):
            continue
        values: dict[str, Any] = {}
        for one, cell in zip(columns, row, strict=False):
            if one is not None:
                _put(values, one, cell, f"{place}, row {number}", read)
        if any(one[2] == "day" and one[1] not in values and not _is_blank("day", cell) for one, cell in asked):
            values.pop("time", None)  # the day was told and cannot be read: the time is not of the conference's day
        found.append(values)
    return found


def _is_prepared(key: str, text: str) -> bool:
    """Returns True for what the empty form holds already: the rows' codes, and the first two roles."""
    return key == "id" or (key == "role" and folded(text) in _PREPARED_ROLES)


def _put(values: dict[str, Any], one: Field, text: str, place: str, read: FormRead) -> None:
    label, key, kind = one
    text = " ".join(text.split())
    if _is_blank(kind, text):
        return
    value, rule = _understood(kind, text)
    if value is not None:
        values[key] = value
    elif rule:
        read.problems.append(f"{place}, {re.split(r'[,:(]', label)[0].strip()}: {rule}")


def _is_blank(kind: str, text: str) -> bool:
    """Returns True for no answer: nothing written, or boxes of which none is ticked."""
    return not (re.sub(r"☐\s*(yes|no)?", "", text.casefold()) if kind == "yes" else text).strip()


def _understood(kind: str, text: str) -> tuple[Any, str]:
    """Returns the value of an answer of that kind, or None and the rule that it breaks, without the answer itself."""
    match kind:
        case "day":
            return day_in(text), "is no day that can be read, such as 30 November 2026 or 30/11/2026"
        case "time":
            return time_in(text), "is no time that can be read, such as 09:30 or 9.30am"
        case "yes":
            return yes_in(text), "is neither yes nor no"
        case "number":
            return (int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None), "is no whole number"
        case "type":
            words = folded(text)
            return _TYPES.get(words, _as_word(text)), ""
        case "role":
            return _ROLES.get(folded(text), _as_word(text)), ""
        case "word":
            return _as_word(text), ""
        case "words":
            return [word for word in folded(text).split() if word not in ("and", "or")], ""
        case "code" | "codes":
            codes = _CODE.findall(text.casefold())
            if kind == "code":
                return (codes[0] if len(codes) == 1 else None), "must be one code of this form, such as F1"
            return (codes or (["all"] if "all" in folded(text).split() else None)), "must be codes of this form, such as C1"
        case _:
            return text, ""


def _joined(read: FormRead, children: Sequence[str]) -> None:
    """Joins dates with times, and writes out who all the children are."""
    values = read.values
    day, time = values.pop("date", None), values.pop("time", None)
    if day and time:
        values["start"] = f"{day}T{time}"
    if (slot := values.pop("confidential_slot", None)) and day:
        values["confidential_slot"] = f"{day}T{slot}"
    consultation = values.get("consultation") or {}
    for step, words in (("requested", "Asked for"), ("held", "Held"), ("decided", "Decided")):
        on, at = consultation.pop(f"{step}_on", None), consultation.pop(f"{step}_time", None)
        if on and at:
            consultation[f"{step}_at"] = f"{on}T{at}"
        elif on or at:
            lacking = f"Consultation, {words} {'at' if on else 'on'}"
            if not any(problem.startswith(f"{lacking}: ") for problem in read.problems):
                read.problems.append(f"{lacking}: is needed beside the {'day' if on else 'time'}")
    for discussion in values.get("strategy_discussion", []):
        on, at = discussion.pop("date", None), discussion.pop("time", None)
        if on and at:
            discussion["at"] = f"{on}T{at}"
    for session in values.get("split", []):
        on, at = session.pop("date", None) or day, session.pop("time", None)
        if on and at:
            session["start"] = f"{on}T{at}"
    for person in values.get("person", []):
        if person.get("children") == ["all"]:
            person["children"] = list(children)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"[{', '.join(_toml(part) for part in value)}]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
