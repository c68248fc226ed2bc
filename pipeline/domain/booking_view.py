"""A conference's booking as it stands, for the people who run it: never for a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from pipeline.domain.booking_acts import as_it_stands
from pipeline.domain.calendar import local_text
from pipeline.domain.conference import Conference

_NOT_SHOWN = {"detail", "contact", "consultation"}
"""A protected detail is told by what it is and from whom it is kept, never itself; a consultation has its own command."""


def booking_view(conference: Conference) -> dict[str, Any]:
    """Returns plain values by name: texts, truths, numbers, and lists of such records; what nobody said is left out.

    Instants are local texts. Protected details are told by kind and by whom they are kept from, not by what they say.
    """
    booking = as_it_stands(conference)
    found = _plain(booking)
    if conference.cancelled is not None:
        found["cancelled"] = conference.cancelled
    order = sorted(found, key=lambda name: isinstance(found[name], list))
    return {name: found[name] for name in order}


def _plain(record: Any) -> dict[str, Any]:
    told = {
        one.name.rstrip("_"): _value(getattr(record, one.name)) for one in fields(record) if one.name not in _NOT_SHOWN
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _value(value: Any) -> Any:
    if is_dataclass(value):
        return ", ".join(f"{name.replace('_', ' ')} {told}" for name, told in _plain(value).items())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return local_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        parts = list(value)
        if any(is_dataclass(part) for part in parts):
            return [_plain(part) for part in parts]
        return ", ".join(str(_value(part)) for part in parts)
    return value
