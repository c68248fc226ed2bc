"""What people write into a booking: which plain text, e-mail address or telephone number can be used as it stands.

Every answer is a sentence without the text itself, because it may end up in a log.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = {
    "name": 120,
    "agency": 160,
    "phone": 60,
    "email": 254,
    "mode": 80,
    "because": 1000,
    "decided_by": 120,
    "detail": 300,
    "service": 80,
    "interpreter": 80,
    "access_needs": 1000,
    "child_care": 1000,
    "school": 160,
    "gp": 160,
    "gender": 60,
    "ethnicity": 120,
    "language": 80,
    "disability": 300,
    "home_address": 300,
    "relationship": 80,
    "risk_to_staff": 1000,
    "orders": 1000,
    "safe_contact": 1000,
}
"""The longest text of each field, in characters."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL_PATTERN = rf"^{_ATEXT}(?:\.{_ATEXT})*@(?:{_LABEL}\.)+{_LABEL}$"


def tidied(text: str) -> str:
    """Returns the text composed (NFC) and without spaces around it."""
    return unicodedata.normalize("NFC", text).strip(" ")


def text_problem(text: str, longest: int) -> str | None:
    """Returns why the text cannot be used: empty, too long, or with characters that nobody sees; else None."""
    if not text:
        return "is empty"
    if len(text) > longest:
        return f"is longer than {longest} characters"
    if any(unicodedata.category(char) in _UNSEEN for char in text):
        return "holds a line break or another control or invisible character; write it on one line"
    return None


def passage_problem(text: str, longest: int) -> str | None:
    """Returns why this cannot be a passage of one or more lines, or None; line breaks apart, as for any text."""
    return text_problem(text.replace("\n", " "), longest)


def tidied_passage(text: str) -> str:
    """Returns the passage composed (NFC), its lines without spaces around them, no line empty."""
    lines = (line.replace("\t", " ").strip() for line in tidied(text).replace("\r\n", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def name_problem(name: str) -> str | None:
    """Returns why this cannot be somebody's name, or None."""
    trouble = text_problem(name, LONGEST["name"])
    if trouble is None and not any(char.isalpha() for char in name):
        return "holds no letter"
    return trouble


def phone_problem(phone: str) -> str | None:
    """Returns why this cannot be a telephone number, or None. Words such as `ext` are allowed beside the digits."""
    trouble = text_problem(phone, LONGEST["phone"])
    if trouble is None and sum(char in "0123456789" for char in phone) < 3:
        return "holds no telephone number"
    return trouble


def detail_problem(detail: str) -> str | None:
    """Returns why a protected detail cannot be searched for, or None.

    Three letters or digits are the least: the search ignores everything else, and less would be found on every page.
    """
    trouble = text_problem(detail, LONGEST["detail"])
    if trouble is None and sum(char.isalnum() for char in detail) < 3:
        return "needs at least 3 letters or digits, or it would be found on every page"
    return trouble


def email_problem(address: str) -> str | None:
    """Returns why this is not one bare address that mail can be sent to, or None.

    One ASCII addr-spec: no display name, comment, quoting, list, space or address literal; a domain of at least two
    labels whose last is no number. Source: RFC 5321 4.1.2 and 4.5.3.1, without quoted local parts.
    """
    if not address.isascii() or not address.isprintable() or " " in address:
        return "must be one plain address in ASCII, without spaces, line breaks or invisible characters"
    local, _, domain = address.rpartition("@")
    if len(address) > LONGEST["email"] or re.fullmatch(EMAIL_PATTERN.strip("^$"), address) is None:
        return "must be one plain address such as someone@agency.example, without a display name"
    if len(local) > 64 or len(domain) > 253 or local.startswith("-") or domain.rpartition(".")[2].isdigit():
        return "is no address that mail can be sent to"
    return None
