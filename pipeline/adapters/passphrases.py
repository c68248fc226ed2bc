"""Words that a person can read out over the telephone, drawn from the EFF's lists. The only importer of xkcdpass.

A kit's eight words come from the long list. Left out of its 7,776 words: those with a hyphen, and every word that one
wrong, missing or added letter turns into another word of the list (such as acting and aching). 4,603 words remain, all
lower-case ASCII letters, three to nine long: 97 bits in a recovery kit.

A passphrase's six words come from the first short list (1,295 words of three to five letters, made to be told apart), and
are drawn again until they fit in 31 characters: some readers silently cut a longer passphrase at 32 (poppler's tools), and
families type it on a phone. That leaves 60 bits, at a cost to the guesser of an R6 hash a try.
Source: J. Bonneau, EFF's New Wordlists for Random Passphrases (2016).
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Final

from pipeline.errors import PacksError

PASSPHRASE_WORDS: Final = 6
KIT_WORDS: Final = 8
FEWEST_WORDS: Final = 4_000
PASSPHRASE_CHARACTERS: Final = 31
FEWEST_SHORT_WORDS: Final = 1_200


def new_passphrase() -> str:
    """Returns six random words with single spaces between: at most 31 bytes of ASCII, 60 bits of chance."""
    while True:
        words = _draw(PASSPHRASE_WORDS, short_list())
        if len(words) <= PASSPHRASE_CHARACTERS:
            return words


def kit_words() -> str:
    """Returns eight random words with single spaces between, 97 bits of chance, for a recovery kit."""
    return _draw(KIT_WORDS, word_list())


@cache
def word_list() -> tuple[str, ...]:
    """Returns the words that a kit's words are drawn from, sorted.

    Raises:
        PacksError: the installed list is much shorter than the published one, so passphrases would be weak.
    """
    from xkcdpass import xkcd_password

    listed = xkcd_password.generate_wordlist(wordfile="eff-long", min_length=3, max_length=9, valid_chars="[a-z]")
    words = tuple(sorted(_unmistakable(listed)))
    if len(words) < FEWEST_WORDS:
        raise PacksError(
            "The installed word list is too short for safe passphrases; none was made. Install the locked packages."
        )
    return words


@cache
def short_list() -> tuple[str, ...]:
    """Returns the words that passphrases are drawn from, sorted.

    Raises:
        PacksError: the installed list is much shorter than the published one, so passphrases would be weak.
    """
    from xkcdpass import xkcd_password

    listed = xkcd_password.generate_wordlist(wordfile="eff-short", min_length=3, max_length=5, valid_chars="[a-z]")
    if len(set(listed)) < FEWEST_SHORT_WORDS:
        raise PacksError(
            "The installed word list is too short for safe passphrases; none was made. Install the locked packages."
        )
    return tuple(sorted(set(listed)))


def _draw(count: int, words: tuple[str, ...]) -> str:
    from xkcdpass import xkcd_password

    # xkcdpass draws with random.SystemRandom, the source that `secrets` uses; word by word, so repeats are possible.
    return str(xkcd_password.generate_xkcdpassword(words, numwords=count, delimiter=" ", case="lower"))


def _unmistakable(words: list[str]) -> set[str]:
    """Returns the words from which no other word is one letter away (changed, missing or added)."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for word in words:
        neighbours[word].add(word)
        for at in range(len(word)):
            neighbours[word[:at] + word[at + 1 :]].add(word)
            neighbours[f"{word[:at]}_{word[at + 1 :]}"].add(word)
    mistakable = set().union(*(group for group in neighbours.values() if len(group) > 1))
    return set(words) - mistakable
