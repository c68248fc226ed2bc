"""The form of a sealed file: bytes in, bytes out, no disk.

    magic (8) | length of header (u32, big-endian) | header (JSON) | sealed chunk 0 | … | sealed last chunk

A chunk holds 1 MiB of plain bytes, the last one what is left (nothing, for an empty file), and 16 bytes of tag. The
file's key is derived from a stream's key with the header's random salt and from what the file is for; each chunk is
bound to magic, header and that context. So a byte changed, a file cut, added to or with its chunks in another order,
and a file put in another's place do not open. Source: security.md section 5.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Final

from pipeline.adapters.ciphers import TAG_BYTES, ChunkCipher, framed, plain_hash

MAGIC: Final = b"PACKSB1\n"
LENGTH_BYTES: Final = 4
SALT_BYTES: Final = 32
CHUNK_BYTES: Final = 1024 * 1024
HEADER_AT_MOST_BYTES: Final = 4096

Derive = Callable[[bytes, bytes], bytes]
"""Takes a salt and what the key is for; returns the key of 32 bytes."""


def seal_file(content: bytes, context: bytes, derive: Derive) -> list[bytes]:
    """Returns the pieces of the sealed file in order. Sealing the same content twice gives different bytes."""
    salt, prefix = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(ChunkCipher.PREFIX_BYTES)
    header = json.dumps({"prefix": prefix.hex(), "salt": salt.hex()}, separators=(",", ":")).encode()
    head = MAGIC + len(header).to_bytes(LENGTH_BYTES, "big") + header
    cipher = ChunkCipher(derive(salt, context), prefix, plain_hash(framed(head, context)))
    view = memoryview(content)
    starts = range(0, max(len(content), 1), CHUNK_BYTES)
    return [
        head,
        *(
            cipher.seal(number, view[start : start + CHUNK_BYTES], last=start == starts[-1])
            for number, start in enumerate(starts)
        ),
    ]


def open_file(sealed: bytes, context: bytes, derive: Derive) -> bytes | None:
    """Returns the content, every byte of it proved, or None if these are not the sealed bytes of that context."""
    parsed = _head(sealed)
    if parsed is None:
        return None
    head, salt, prefix = parsed
    cipher = ChunkCipher(derive(salt, context), prefix, plain_hash(framed(head, context)))
    body = memoryview(sealed)[len(head) :]
    step = CHUNK_BYTES + TAG_BYTES
    starts = range(0, max(len(body), 1), step)
    plain: list[bytes] = []
    for number, start in enumerate(starts):
        chunk = cipher.open(number, body[start : start + step], last=start == starts[-1])
        if chunk is None:
            return None
        plain.append(chunk)
    return plain[0] if len(plain) == 1 else b"".join(plain)


def _head(sealed: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Returns head, salt and nonce prefix, or None where they cannot be read."""
    at = len(MAGIC) + LENGTH_BYTES
    length = int.from_bytes(sealed[len(MAGIC) : at], "big")
    if not sealed.startswith(MAGIC) or length > HEADER_AT_MOST_BYTES or len(sealed) < at + length:
        return None
    try:
        header = json.loads(sealed[at : at + length])
        salt, prefix = bytes.fromhex(header["salt"]), bytes.fromhex(header["prefix"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if len(salt) != SALT_BYTES or len(prefix) != ChunkCipher.PREFIX_BYTES:
        return None
    return sealed[: at + length], salt, prefix
