"""Facts to and from JSON. The only importer of cattrs.

A fact's kind is the name of its class; its version is the class's `VERSION` (1 where it names none). Written versions
are read for ever: an upcaster turns a body of one version into that of the next, so no fact is rewritten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import UTC, date, datetime
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from pipeline.domain import facts as domain_facts
from pipeline.domain.facts import Fact
from pipeline.errors import LedgerBrokenError

if TYPE_CHECKING:
    from cattrs import Converter

Body = dict[str, Any]
Upcaster = Callable[[Body], Body]

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(kind, version) → what makes the body of the next version of it."""

RENAMED: Mapping[str, str] = {}
"""Kind as once written → its name today."""

_TAG = "is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A fact ready to be sealed: its clear kind and version, and its body."""

    kind: str
    version: int
    body: bytes


class Codec:
    """Writes and reads the kinds of facts it was given."""

    def __init__(
        self,
        kinds: Iterable[type[Fact]] | None = None,
        *,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
        renamed: Mapping[str, str] = RENAMED,
    ) -> None:
        """Knows `kinds`, or else every fact of the domain.

        Raises:
            ValueError: two kinds have the same name.
        """
        self._kinds: dict[str, type[Fact]] = {}
        for kind in _kinds_of_the_domain() if kinds is None else kinds:
            if self._kinds.setdefault(kind.__name__, kind) is not kind:
                raise ValueError(f"two kinds of fact are called {kind.__name__}")
        self._upcasters = upcasters
        self._renamed = renamed
        self._converter = _converter()

    def encode(self, fact: Fact) -> Encoded:
        """Returns the fact as kind, version and JSON, having proved that it can be read again.

        Raises:
            ValueError: the fact would not come back equal (a naive instant, a list for a tuple, an unknown kind …).
        """
        kind = type(fact).__name__
        if self._kinds.get(kind) is not type(fact):
            raise ValueError(f"{kind} is not a known kind of fact")
        try:
            plain = self._converter.unstructure(fact)
            body = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            back: object = self._converter.structure(json.loads(body), type(fact))
        except Exception as error:
            raise ValueError(f"a {kind} cannot be written as JSON: {type(error).__name__}") from None
        if back != fact:
            raise ValueError(f"a {kind} would not come back equal from JSON")
        return Encoded(kind=kind, version=_version(type(fact)), body=body)

    def decode(self, kind: str, version: int, body: bytes) -> Fact:
        """Returns the fact, brought up to today's version of its kind.

        Raises:
            LedgerBrokenError: the kind or version is unknown here, or the body does not fit it.
        """
        name = self._renamed.get(kind, kind)
        known = self._kinds.get(name)
        if known is None or version > _version(known):
            raise LedgerBrokenError(
                f"A fact of kind {name}, version {version}, is newer than this program. Nothing was changed: update."
            )
        try:
            plain: Body = json.loads(body)
            for step in range(version, _version(known)):
                plain = self._upcasters[name, step](plain)
            fact: Fact = self._converter.structure(plain, known)
        except Exception as error:
            raise LedgerBrokenError(
                f"A fact of kind {name}, version {version}, cannot be read ({type(error).__name__}). Nothing is sent."
            ) from None
        return fact


def _kinds_of_the_domain() -> list[type[Fact]]:
    found: dict[str, type[Fact]] = {}
    waiting = list(Fact.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        # slots=True makes each class a second time; only the one that the module names is in use.
        if kind.__module__.startswith("pipeline.") and _named(kind) is kind:
            found[f"{kind.__module__}.{kind.__name__}"] = kind
    return [found[name] for name in sorted(found)]


def _named(kind: type[Fact]) -> object:
    import sys

    return getattr(sys.modules.get(kind.__module__, domain_facts), kind.__name__, None)


def _version(kind: type[Fact]) -> int:
    return int(getattr(kind, "VERSION", 1))


def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_unstructure_hook(datetime, _instant_to_text)
    converter.register_structure_hook(datetime, lambda text, _: _text_to_instant(text))
    converter.register_unstructure_hook(date, _date_to_text)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    for plain in (str, int, bool, float):
        converter.register_structure_hook(plain, _exactly)
    converter.register_unstructure_hook(bytes, _refuse_bytes)
    converter.register_structure_hook_factory(_is_choice_of_values, lambda union: _choice_reader(converter, union))
    converter.register_unstructure_hook_factory(_is_choice_of_values, lambda _: _choice_writer(converter))
    converter.register_unstructure_hook_factory(_is_set, lambda _: lambda values: _sorted(converter, values))
    return converter


def _instant_to_text(value: datetime) -> str:
    if value.utcoffset() is None:
        raise ValueError("an instant without a zone")
    return value.astimezone(UTC).isoformat()


def _text_to_instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.utcoffset() is None:
        raise ValueError("an instant without a zone")
    return value.astimezone(UTC)


def _date_to_text(value: date) -> str:
    if type(value) is not date:
        raise TypeError("an instant where a date belongs")
    return value.isoformat()


def _exactly(value: Any, wanted: Any) -> object:
    if wanted not in (str, int, bool, float):
        return wanted(value)  # An enumeration of strings is asked for here too.
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise TypeError("a value of another type than its field")
    return value


def _refuse_bytes(_: bytes) -> str:
    raise TypeError("bytes belong in the vault")


def _is_set(of: Any) -> bool:
    return get_origin(of) in (frozenset, set) or of in (frozenset, set)


def _sorted(converter: Converter, values: Iterable[object]) -> list[Any]:
    return sorted(
        (converter.unstructure(value) for value in values), key=lambda plain: json.dumps(plain, sort_keys=True)
    )


def _is_choice_of_values(of: Any) -> bool:
    """True for a union of two or more dataclasses: which of them it is has to be written down."""
    return get_origin(of) in (Union, UnionType) and len(_values_of(of)) > 1


def _values_of(union: Any) -> dict[str, type]:
    return {one.__name__: one for one in get_args(union) if isinstance(one, type) and is_dataclass(one)}


def _choice_writer(converter: Converter) -> Callable[[object], Any]:
    def write(value: object) -> Any:
        plain = converter.unstructure(value)
        return {_TAG: type(value).__name__, **plain} if is_dataclass(value) else plain

    return write


def _choice_reader(converter: Converter, union: Any) -> Callable[[Any, Any], object]:
    members = _values_of(union)

    def read(plain: Any, _: Any) -> object:
        if plain is None and type(None) in get_args(union):
            return None
        return converter.structure({k: v for k, v in plain.items() if k != _TAG}, members[plain[_TAG]])

    return read
