"""The recovery kit: text and words together give the master key back, and nothing less does."""

from __future__ import annotations

import random
import re
import string

import pytest

from pipeline.adapters.master_key import MasterKey, new_master_key
from pipeline.adapters.passphrases import kit_words, word_list
from pipeline.adapters.recovery_kit import Kit, check_kit, make_kit, open_kit
from pipeline.errors import KitProblemError, RefusedError

MASTER = new_master_key()


@pytest.fixture(scope="module")
def kit() -> Kit:
    """A kit of MASTER."""
    return make_kit(MASTER)


def sealed_part(text: str) -> tuple[str, str, str]:
    """Returns the text before, in and after the lines of the kit."""
    found = re.fullmatch(r"(.*BEGIN[^\n]*\n)(.*)(\n-+END.*)", text, re.DOTALL)
    assert found is not None
    return found[1], found[2], found[3]


def test_text_and_words_give_the_key_back(kit: Kit) -> None:
    """The kit opens to the very key, and is told apart from another home's."""
    assert open_kit(kit.text, kit.words) == MASTER
    assert check_kit(kit.text, kit.words, MASTER)
    assert not check_kit(kit.text, kit.words, new_master_key())


def test_neither_text_nor_representation_holds_words_or_key(kit: Kit) -> None:
    """The words stand on the paper only, and the key nowhere in the clear."""
    assert kit.words not in kit.text
    assert kit.words not in repr(kit)
    sealed = sealed_part(kit.text)[1].lower()
    assert not any(word in sealed.split() for word in kit.words.split())
    assert MASTER.secret.hex() not in kit.text
    assert make_kit(MASTER).words != kit.words


@pytest.mark.parametrize(
    "typed",
    [
        str.upper,
        str.title,
        lambda words: "\n".join(words.split()),
        lambda words: f"  \t{words.replace(' ', '   ')}\r\n",
        lambda words: ", ".join(words.split()) + ".",
        lambda words: "\n".join(f"{number}. {word}" for number, word in enumerate(words.split(), start=1)),
        lambda words: words.replace(" ", "\u00a0"),
    ],
)
def test_words_may_be_typed_as_people_type(kit: Kit, typed: object) -> None:
    """Capitals, line breaks, numbers, commas and odd spaces do not matter."""
    assert callable(typed)
    assert open_kit(kit.text, typed(kit.words)) == MASTER


def test_the_text_may_be_typed_in_from_paper(kit: Kit) -> None:
    """Lower case, other grouping, broken lines, Windows line ends, and 0, 1, 8 for O, I, B do not matter."""
    before, lines, after = sealed_part(kit.text)
    key = re.search(r"key: (.*)\n", lines.split("salt")[1])
    assert key is not None
    half = len(key[1]) // 2
    for text in (
        kit.text.lower(),
        kit.text.replace("\n", "\r\n"),
        kit.text.replace(key[1], f"{key[1][:half]}\n    {key[1][half:]}"),
        kit.text.replace(key[1], key[1].replace(" ", "-")),
        kit.text.replace(key[1], key[1].replace("O", "0").replace("I", "1").replace("B", "8")),
        "Forwarded:\n\n" + before[before.index("-----") :] + lines + after,
    ):
        assert open_kit(text, kit.words) == MASTER


def test_wrong_words_are_refused_and_never_repeated(kit: Kit) -> None:
    """Other words, another order, one too few or many, or a typing error: a sentence that does not hold them."""
    words = kit.words.split()
    listed = next(word for word in word_list() if word not in words)
    for wrong, expected in (
        (kit_words(), "very kit"),
        (" ".join(reversed(words)), "very kit"),
        (" ".join([*words[:4], listed, *words[5:]]), "very kit"),
        (" ".join([*words[:2], words[2] + "qx", *words[3:]]), "word 3"),
        (" ".join(words[:-1]), "7 were given"),
        (" ".join([*words, listed]), "9 were given"),
        ("", "0 were given"),
    ):
        with pytest.raises(KitProblemError, match=expected) as caught:
            open_kit(kit.text, wrong)
        assert isinstance(caught.value, RefusedError)
        assert not set(str(caught.value).split()) & {word for word in words if len(word) > 5}


def test_a_typing_error_in_the_text_is_told_from_wrong_words(kit: Kit) -> None:
    """Each of 400 random changes of a letter, and each line left out, is named as a fault of the text."""
    chance = random.Random(5)
    before, lines, after = sealed_part(kit.text)
    letters = [at for at, letter in enumerate(lines) if letter.isalnum()]
    alike = str.maketrans("018", "oib")
    changed = [lines.replace(line + "\n", "") for line in lines.split("\n")[:-1]]
    while len(changed) < 400:
        at, letter = chance.choice(letters), chance.choice(string.ascii_uppercase + "234567")
        if letter.lower().translate(alike) != lines[at].lower().translate(alike):
            changed.append(lines[:at] + letter + lines[at + 1 :])
    for other in changed:
        with pytest.raises(KitProblemError, match=r"check line|BEGIN|later version"):
            open_kit(before + other + after, kit.words)


def test_a_forged_kit_can_neither_swap_the_key_nor_exhaust_the_machine(kit: Kit) -> None:
    """With the check line made to fit, a changed key, id or cost is still refused, and a huge cost is not tried."""
    from pipeline.adapters import recovery_kit

    before, lines, after = sealed_part(kit.text)
    values = dict(line.split(": ", 1) for line in lines.splitlines())
    for name, value in (
        ("key-id", "0" * 16),
        ("salt", make_kit(MASTER).text.split("salt: ")[1].split("\n")[0]),
        ("key", make_kit(new_master_key()).text.split("\nkey: ")[1].split("\n")[0]),
        ("key", "AAAA"),
        ("key", "A"),
        ("argon2id", "m=65536 t=2 p=4"),
        ("argon2id", "m=999999999 t=3 p=4"),
        ("argon2id", "m=65536 t=999999 p=4"),
        ("argon2id", "m=8 t=0 p=4"),
        ("argon2id", "m=8 t=1 p=4"),
        ("argon2id", "anything"),
    ):
        forged = values | {name: value}
        forged["check"] = recovery_kit._check(forged)
        text = before + "\n".join(f"{line}: {forged[line]}" for line in values) + after
        with pytest.raises(KitProblemError):
            open_kit(text, kit.words)


def test_something_else_is_not_a_kit() -> None:
    """An empty file, a letter, or the words themselves are refused with a sentence."""
    for text in (
        "",
        "Dear colleague",
        kit_words(),
        "\x00" * 1000,
        "-----BEGIN PACKS RECOVERY KIT-----\n\n-----END PACKS RECOVERY KIT-----",
    ):
        with pytest.raises(KitProblemError):
            open_kit(text, kit_words())


def test_an_id_is_of_the_key() -> None:
    """Two keys have two ids, the same key one, and the id tells nothing of the key."""
    again = MasterKey(secret=MASTER.secret)
    assert again.id == MASTER.id
    assert new_master_key().id != MASTER.id
    assert MASTER.id not in MASTER.secret.hex()
