"""The cryptographic primitives, each under the name of what it promises. The only importer of `cryptography`.

Nothing here knows what it protects. Opening returns None where the bytes were changed or the key or context is another
one, so that no caller can forget the case; a caller turns None into an error that says what to do.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


def random_key() -> bytes:
    """Returns 32 fresh random bytes of the operating system."""
    return secrets.token_bytes(KEY_BYTES)


def framed(*parts: str | bytes) -> bytes:
    """Returns the parts as one byte string from which they could be read back: no two lists give the same bytes."""
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in raw)


def derive_key(secret: bytes, *, info: bytes, salt: bytes = b"") -> bytes:
    """Returns the 32-byte key that HKDF-SHA-256 makes of `secret` for `info`; other `info` or `salt`, unrelated key."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt or None, info=info).derive(secret)


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """Returns HMAC-SHA-256 of `message`, 32 bytes."""
    return hmac.digest(key, message, "sha256")


def plain_hash(message: bytes) -> bytes:
    """Returns SHA-256 of `message`, 32 bytes. Tells nothing apart that a stranger could not tell apart too."""
    return hashlib.sha256(message).digest()


class Cipher:
    """AES-256-GCM under one key with a random 96-bit nonce in front of each sealed message.

    Random nonces are safe for up to 2^32 messages of one key; a stream has some thousands.
    """

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Takes a key of 32 bytes."""
        self._aead = AESGCM(key)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Returns nonce, ciphertext and tag; it opens with the same `context` only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Returns the plain bytes, or None if key or context is another, or the bytes were changed."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            return None
        view = memoryview(sealed)
        try:
            return self._aead.decrypt(view[:NONCE_BYTES], view[NONCE_BYTES:], context)
        except InvalidTag:
            return None


class ChunkCipher:
    """The STREAM construction over AES-256-GCM: chunks that cannot be changed, cut, added to, swapped or doubled.

    The nonce is 7 fixed bytes, a counter of 32 bits and a mark on the last chunk, so a key serves one file only.
    Source: Hoang, Reyhanitabar, Rogaway, Vizár, Online Authenticated-Encryption (2015), section 7.
    """

    __slots__ = ("_aead", "_context", "_prefix")

    PREFIX_BYTES: Final = 7

    def __init__(self, key: bytes, prefix: bytes, context: bytes) -> None:
        """Takes the key of this one file, its 7-byte nonce prefix, and what every chunk is bound to."""
        self._aead = AESGCM(key)
        self._prefix = prefix
        self._context = context

    def seal(self, number: int, plain: bytes | memoryview, *, last: bool) -> bytes:
        """Returns chunk `number` (from 0) sealed."""
        return self._aead.encrypt(self._nonce(number, last), plain, self._context)

    def open(self, number: int, sealed: bytes | memoryview, *, last: bool) -> bytes | None:
        """Returns the chunk's plain bytes, or None if it is not that chunk of that file."""
        if len(sealed) < TAG_BYTES:
            return None
        try:
            return self._aead.decrypt(self._nonce(number, last), sealed, self._context)
        except InvalidTag:
            return None

    def _nonce(self, number: int, last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + bytes([last])


class Signer:
    """Ed25519 signatures by a key derived from a secret: the same secret gives the same signer on every host."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        """Takes the 32-byte seed; `public` is the raw 32-byte public key."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Returns the signature, 64 bytes; the same message gives the same signature."""
        return self._private.sign(message)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Returns whether this signer made `signature` for exactly `message`."""
        return signature_fits(self.public, signature, message)


def signature_fits(public: bytes, signature: bytes, message: bytes) -> bool:
    """Returns whether the holder of the key behind `public` (raw, 32 bytes) made `signature` for exactly `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
