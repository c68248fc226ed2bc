"""How a fact is bound to its place and to the fact before it: two encodings and a hash, all pure.

Every field is written with its length before it, so that no two facts have the same encoding.
Source: security.md section 6.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NOTHING_BEFORE = bytes(32)
"""What stands in `prev` of the first fact of a stream."""

_BODY_DOMAIN = b"conference-packs/body/1"
_FACT_DOMAIN = b"conference-packs/fact/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """The fields of a fact that anyone may read. `at` is in microseconds since 1970, UTC."""

    stream: str
    seq: int
    at: int
    kind: str
    version: int
    actor: str

    def context(self) -> bytes:
        """Returns the associated data under which the body is sealed: it opens in this place only."""
        return _joined(_BODY_DOMAIN, *self._fields())

    def hash(self, body: bytes, prev: bytes) -> bytes:
        """Returns the SHA-256 that binds clear fields, sealed body and the fact before."""
        return hashlib.sha256(_joined(_FACT_DOMAIN, *self._fields(), body, prev)).digest()

    def _fields(self) -> tuple[bytes, ...]:
        numbers = (self.seq, self.at, self.version)
        return (
            self.stream.encode(),
            *(number.to_bytes(8, "big", signed=True) for number in numbers),
            self.kind.encode(),
            self.actor.encode(),
        )


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)
