"""The words of passphrases and kits: ASCII, unmistakable, drawn by chance."""

from __future__ import annotations

import math
import re
from collections import Counter

from pipeline.adapters.passphrases import kit_words, new_passphrase, short_list, word_list


def one_letter_apart(a: str, b: str) -> bool:
    """Returns whether one changed, missing or added letter turns a into b: the slow and obvious way."""
    if len(a) == len(b):
        return sum(x != y for x, y in zip(a, b, strict=True)) == 1
    short, long = sorted((a, b), key=len)
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def test_a_passphrase_is_six_words_that_can_be_read_over_the_telephone() -> None:
    """A thousand passphrases have the form that PDF readers and people can bear: lower-case ASCII, single spaces."""
    drawn = [new_passphrase() for _ in range(1000)]
    assert all(re.fullmatch(r"[a-z]{3,5}( [a-z]{3,5}){5}", phrase) for phrase in drawn)
    assert max(map(len, drawn)) <= 31, "some readers silently cut a passphrase at 32 characters"
    assert len(set(drawn)) == 1000
    assert all(re.fullmatch(r"[a-z]{3,9}( [a-z]{3,9}){7}", kit_words()) for _ in range(100))


def test_the_strength_is_as_documented() -> None:
    """Six words that fit hold at least 60 bits and a kit's eight at least 97, and none comes noticeably oftener."""
    assert 8 * math.log2(len(word_list())) >= 97
    lengths = Counter(map(len, short_list()))
    ways = {0: 1}
    for _ in range(6):
        longer: Counter[int] = Counter()
        for total, count in ways.items():
            for length, words in lengths.items():
                longer[total + length] += count * words
        ways = dict(longer)
    assert math.log2(sum(count for total, count in ways.items() if total + 5 <= 31)) >= 60
    same = [word for word in short_list() if len(word) == 4]
    counts = Counter(word for _ in range(8000) for word in new_passphrase().split() if len(word) == 4)
    assert set(counts) <= set(same)
    expected = sum(counts.values()) / len(same)
    chi_squared = sum((counts[word] - expected) ** 2 / expected for word in same)
    # Chi-squared over n - 1 degrees is about normal; six deviations is one false alarm in 10^9 runs.
    assert abs(chi_squared - len(same)) < 6 * math.sqrt(2 * len(same))


def test_no_word_becomes_another_by_one_letter() -> None:
    """A slip of one letter is never another word of the list, checked for every twentieth word against all."""
    words = word_list()
    pairs = [(a, b) for a in words[::20] for b in words if abs(len(a) - len(b)) <= 1 and one_letter_apart(a, b)]
    assert pairs == []
