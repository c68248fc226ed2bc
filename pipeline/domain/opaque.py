"""Ids and references that may go into keys and logs because they hold no word of anybody's name.

How a word is looked for (decided here; issue 2, promise 2):

- Words of a name are its runs of letters, folded: case and accents gone, "O'Neill" counting as `neill` and `oneill`,
  "Müller" as `muller` and `mueller`. Single letters are no words, nor is a title at the beginning (Dr, Mrs; Unborn or
  Baby of a child). A word of the bearer's own role is one: "Jo Parent" may not be `parent-1`.
- Who decided an exclusion is written with their post or by it alone ("Sunniva Garth, chair"; "the chair"). Posts are no
  names there where they begin a part between commas, or stand in small letters beside a name in capitals.
- Letters with two usual spellings count as the same both ways: ä/ae, ö/oe, ü/ue, ø/oe, å/aa, æ/ae, ß/ss. For a name
  written with two letters (`Mueller`, `muller`) a part must equal the word, or contain one of four letters or more.
- An id is taken apart at everything that is not a letter. A part that equals a word holds a name. So does a part that
  contains a word of three letters or more, unless the part is a plain word of the field (`guardian` does not name Ian);
  and so do the parts that are no such words put together, for words of four letters or more (`quill-feather`).
- So an id such as `mother`, `chair` or `school-1` is fine until somebody of the conference bears that word as a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipeline.domain.people import Role

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
REFERENCE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]{2,39}$"

_TITLE_WORDS = "dr mr mrs ms miss mx prof professor sir dame rev revd reverend cllr pc dc"
_TITLES_OF_CHILDREN = frozenset({"unborn", "baby"})
_FAMILY_WORDS = (
    "mother father mum dad mam parents stepmother stepfather partner grandmother grandfather grandparent nan aunt uncle"
    " sister brother sibling baby unborn child children foster guardian"
)
_AGENCY_WORDS = (
    "teacher head nursery college primary secondary academy surgery doctor hospital clinic practice midwifery nursing"
    " visiting camhs safeguarding officer team lead service services specialist support care court solicitor council"
    " agency conference review initial psychologist psychiatrist therapist counsellor coordinator administrator admin"
    " drugs alcohol"
)
_TITLES = frozenset(_TITLE_WORDS.split())
_FIELD_WORDS = frozenset(part for role in Role for part in role.value.split("-")) | frozenset(
    (_FAMILY_WORDS + " " + _AGENCY_WORDS).split()
)
_LITTLE_WORDS = "the acting deputy interim of and for on behalf"
_POSTS = frozenset(part for role in Role if not role.is_family for part in role.value.split("-")) | frozenset(
    (_AGENCY_WORDS + " " + _LITTLE_WORDS).split()
)
_PARTS = re.compile(r"[,;:()\[\]/\n]")
_TWO_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_SHORT_SPELLINGS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
NOT_DECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_APOSTROPHES = re.compile("['\u2019\u02bc\u2018`]")


def reference_or_id_problem(value: str, names: Iterable[str]) -> str | None:
    """Returns what speaks against using `value` as an id or reference, or None.

    `names` are the names of all children and people of the conference. The answer never repeats a name.
    """
    if re.fullmatch(ID_PATTERN.strip("^$"), value) is None:
        return "must be 1 to 40 letters, digits, '.', '_' or '-', beginning with a letter or digit"
    words = frozenset[str]().union(*(words_of(name) for name in names))
    return NAME_IN_ID if holds_name(value, words) else None


NAME_IN_ID = "holds a word of a name; it goes into keys and logs, so choose an opaque one such as p1"


def words_of(name: str, role: Role | None = None) -> frozenset[str]:
    """Returns the folded words of a name; `role` is its bearer's, None for a child."""
    titles = _TITLES if role is not None else _TITLES | _TITLES_OF_CHILDREN
    found: set[str] = set()
    plain = unicodedata.normalize("NFC", name).casefold()
    for spelled in (plain, plain.translate(_TWO_SPELLINGS)):
        for text in (_APOSTROPHES.sub(" ", spelled), _APOSTROPHES.sub("", spelled)):
            words = _letters(_folded(text))
            while len(words) > 1 and words[0] in titles:
                del words[0]
            found.update(words)
    return frozenset(word for word in found if len(word) > 1)


def words_of_decider(decided_by: str) -> frozenset[str]:
    """Returns the folded words of the names in who decided something, without the posts beside them."""
    found: set[str] = set()
    for part in _PARTS.split(decided_by):
        words = part.split()
        while words and _is_post(words[0]):
            del words[0]
        if any(word[:1].isupper() for word in words):
            words = [word for word in words if word[:1].isupper() or not _is_post(word)]
        found |= words_of(" ".join(words), Role.CHAIR)
    return frozenset(found)


def _is_post(word: str) -> bool:
    """True for a word, or words joined by a hyphen, of the posts of agencies."""
    letters = _letters(_folded(word))
    return bool(letters) and all(one in _POSTS for one in letters)


def holds_name(value: str, words: frozenset[str]) -> bool:
    """True where `value` holds any of these folded words, as the module says."""
    parts = _letters(_folded(value))
    telling = [part for part in parts if part not in _FIELD_WORDS]
    together = "".join(telling)
    short = [_short(part) for part in telling]
    return any(
        word in parts
        or (len(word) >= 3 and any(word in part for part in telling))
        or (len(word) >= 4 and word in together)
        or _holds_short(short, _short(word))
        for word in words
    )


def _holds_short(parts: list[str], word: str) -> bool:
    """True where parts of an id hold a word, both in their shortest spelling."""
    return (len(word) >= 3 and word in parts) or (len(word) >= 4 and word in "".join(parts))


def _short(word: str) -> str:
    """Returns the word with each letter that may be written as two written as one."""
    for two, one in _SHORT_SPELLINGS:
        word = word.replace(two, one)
    return word


def _folded(text: str) -> str:
    """Returns the text in lower case without accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in spread if not unicodedata.combining(char)).translate(NOT_DECOMPOSED)


def _letters(text: str) -> list[str]:
    """Returns the runs of letters in the text."""
    return "".join(char if char.isalpha() else " " for char in text).split()
