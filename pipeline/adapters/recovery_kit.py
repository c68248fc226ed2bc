"""The recovery kit: the master key wrapped by eight printed words. The only importer of argon2.

The kit's text holds everything but the words, the paper holds the words: neither alone opens anything. The text can be
printed and typed in again; a check line tells a typing error from wrong words. What it costs to try one set of words is
written in the kit, so a later version opens an older kit.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from pipeline.adapters.ciphers import KEY_BYTES, Cipher, framed, plain_hash
from pipeline.adapters.master_key import MasterKey
from pipeline.adapters.passphrases import KIT_WORDS, kit_words, word_list
from pipeline.errors import KitProblemError

SALT_BYTES: Final = 16
CHECK_BYTES: Final = 5
BEGIN: Final = "-----BEGIN PACKS RECOVERY KIT-----"
END: Final = "-----END PACKS RECOVERY KIT-----"
LINES: Final = ("version", "key-id", "argon2id", "salt", "key", "check")
VERSION: Final = "1"

INSTRUCTIONS: Final = """\
CONFERENCE PACKS - RECOVERY KIT

If the master key of this installation is lost, nothing in it can ever be read again, unless you have this text and
the {words} words that were shown, once, when it was made. The words are not in this text.

Keep two copies of this text and two of the words, all on paper, the text and the words in different locked places.
Whoever holds both can read everything. Try them once now, and once a year:  packs doctor --kit THIS-FILE

Date and signature of the person who wrote the words down: ______________________________________

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A new kit. `words` are shown once, for paper, and stored nowhere; `text` is the file."""

    words: str = field(repr=False)
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one try of a set of words costs by Argon2id. `memory_kib` in KiB, `passes` over it, `lanes` side by side."""

    memory_kib: int
    passes: int
    lanes: int

    def __str__(self) -> str:
        """Returns the cost as the kit has it."""
        return f"m={self.memory_kib} t={self.passes} p={self.lanes}"


# Source: RFC 9106 section 4, second recommended option: 64 MiB, so that any machine can open the kit.
COST: Final = Cost(memory_kib=65_536, passes=3, lanes=4)
COST_AT_MOST: Final = Cost(memory_kib=1_048_576, passes=20, lanes=16)


def make_kit(master: MasterKey) -> Kit:
    """Returns a fresh kit for the key; every call gives other words and another text, and each opens by itself."""
    words = kit_words()
    salt = secrets.token_bytes(SALT_BYTES)
    wrapped = _cipher(words, salt, COST).seal(master.secret, _context(master.id, COST, salt))
    values = {
        "version": VERSION,
        "key-id": master.id,
        "argon2id": str(COST),
        "salt": _spelled(salt),
        "key": _spelled(wrapped),
    }
    values["check"] = _check(values)
    lines = "\n".join(f"{name}: {values[name]}" for name in LINES)
    return Kit(words=words, text=f"{INSTRUCTIONS.format(words=KIT_WORDS)}{BEGIN}\n{lines}\n{END}\n")


def open_kit(text: str, words: str) -> MasterKey:
    """Returns the master key. Case, spaces, line breaks, numbers and punctuation between the words do not matter.

    Raises:
        KitProblemError: the text is damaged or of a later version, or the words are not its words.
    """
    values = _values(text)
    salt, wrapped = _bytes(values["salt"]), _bytes(values["key"])
    cost = _cost(values["argon2id"])
    given = _plain_words(words)
    if len(given) != KIT_WORDS:
        raise KitProblemError(
            f"A kit has {KIT_WORDS} words and {len(given)} were given; nothing was opened. Type all of them."
        )
    secret = _cipher(" ".join(given), salt, cost).open(wrapped, _context(values["key-id"], cost, salt))
    if secret is None or len(secret) != KEY_BYTES:
        unlisted = [str(place) for place, word in enumerate(given, start=1) if word not in word_list()]
        hint = (
            f" Look at word {', '.join(unlisted)}: no kit has it." if unlisted else " Is it the paper of this very kit?"
        )
        raise KitProblemError(f"These words do not open this kit; nothing was opened.{hint}")
    master = MasterKey(secret=secret)
    if master.id != values["key-id"]:
        raise KitProblemError("The kit opens to another key than it names; nothing was used. Take the other copy.")
    return master


def check_kit(text: str, words: str, master: MasterKey) -> bool:
    """Returns whether text and words give this very master key; False means that the kit is another home's.

    Raises:
        KitProblemError: as `open_kit`.
    """
    return hmac.compare_digest(open_kit(text, words).secret, master.secret)


def _values(text: str) -> dict[str, str]:
    """Returns the kit's lines by name; case and spaces outside names do not matter, the check line does."""
    found = re.search(
        r"BEGIN PACKS RECOVERY KIT[-\s]*\n(.*?)\n[-\s]*END PACKS RECOVERY KIT",
        text.replace("\r", ""),
        re.DOTALL | re.IGNORECASE,
    )
    if found is None:
        raise KitProblemError(
            "That is not the whole text of a recovery kit: its BEGIN or END line is missing. Nothing was opened."
        )
    values: dict[str, str] = {}
    name = ""
    for line in found[1].splitlines():
        label, colon, value = line.partition(":")
        if colon:
            name = label.strip().lower()
            values[name] = value.strip()
        elif name:
            values[name] += " " + line.strip()  # a long line that a printer or mail program broke
    if values.get("version", VERSION) != VERSION:
        raise KitProblemError(
            "This recovery kit was made by a later version; nothing was opened. Install that version first."
        )
    if set(values) != set(LINES) or not hmac.compare_digest(_letters(values["check"]), _letters(_check(values))):
        raise KitProblemError(
            "The text of the recovery kit does not fit its check line: it has a typing error or is damaged. Nothing was"
            " opened. Compare it with the paper, letter by letter, or take the other copy."
        )
    return values


def _check(values: dict[str, str]) -> str:
    plain = [
        _letters(values[name]) if name in ("salt", "key") else "".join(values[name].lower().split())
        for name in LINES[:-1]
    ]
    return _spelled(plain_hash(framed(*plain))[:CHECK_BYTES])


def _spelled(raw: bytes) -> str:
    """Returns the bytes in base 32, in groups of four that can be read out and typed."""
    letters = base64.b32encode(raw).decode().rstrip("=")
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def _letters(spelled: str) -> str:
    """Returns the letters of base 32 alone; the digits that it lacks are read as the letters they look like."""
    return re.sub(r"[\s-]", "", spelled).upper().translate(str.maketrans("018", "OIB"))


def _bytes(spelled: str) -> bytes:
    letters = _letters(spelled)
    try:
        return base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        raise KitProblemError(
            "The text of the recovery kit is damaged; nothing was opened. Take the other copy."
        ) from None


def _cost(written: str) -> Cost:
    found = re.fullmatch(r"m=(\d{1,9}) t=(\d{1,9}) p=(\d{1,9})", " ".join(written.lower().split()))
    if found is None:
        raise KitProblemError("The text of the recovery kit is damaged; nothing was opened. Take the other copy.")
    cost = Cost(memory_kib=int(found[1]), passes=int(found[2]), lanes=int(found[3]))
    # Bounded, for the text may come from anywhere and the check line is no secret.
    bounded = 1 <= cost.passes <= COST_AT_MOST.passes and 1 <= cost.lanes <= COST_AT_MOST.lanes
    if not bounded or not 8 * cost.lanes <= cost.memory_kib <= COST_AT_MOST.memory_kib:
        raise KitProblemError("The recovery kit asks for more memory or time than any kit needs; nothing was opened.")
    return cost


def _plain_words(words: str) -> list[str]:
    return re.findall(r"[a-z]+", unicodedata.normalize("NFKC", words).lower())


def _context(key_id: str, cost: Cost, salt: bytes) -> bytes:
    return framed("packs kit", VERSION, key_id, str(cost), salt)


def _cipher(words: str, salt: bytes, cost: Cost) -> Cipher:
    from argon2.low_level import Type, hash_secret_raw

    return Cipher(
        hash_secret_raw(
            secret=words.encode("ascii"),
            salt=salt,
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=KEY_BYTES,
            type=Type.ID,
        )
    )
