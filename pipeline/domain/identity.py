"""Whose report is this? Facts about a file or message → Identified, or NeedsPerson with candidates and reasons.

Two things must agree without contradiction: the conference's reference, and a sender or an agency named in the file that
fits a person asked for a report. Never a surname. A sender fits by the very mailbox; another mailbox of the same domain fits
only whom subject, file name or title name as well, and never by the authority's own domain, which many services share.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.addresses import same_mailbox
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Candidate
from pipeline.domain.people import ConferenceRef, Person, PersonId, Role
from pipeline.domain.protected import folded

TITLE_LINES = 12
"""The title block: the first lines with text of the first page."""
_TITLE_CHARACTERS = 700
_BEFORE, _AFTER = r"(?<![0-9a-z])(?<![0-9]-)", r"(?![0-9a-z]|[-/.][0-9]|[ \t]-[0-9]|-\s[0-9])"
"""A reference does not go on: PM-1 is not named by PM-1-017, PM-1/2, PM-12 or PM-1 -2; a dash with room on both sides parts."""
_DATED = re.compile(r"(?<![0-9])(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}-[0-9]{2,4})-(?=[a-z])")
"""A day in front of something, as in names of files: 2026-11-27-PM-2611-017."""
_LONG_ENOUGH = 8
"""A shorter reference is not looked for with spaces within: two words or numbers would make one too easily."""

_CONFIDENTIAL = re.compile(
    r"""confidential(?:[^\w\n]|_)+(?:\w+(?:[^\w\n]|_)+)?(?:section|slot|annex|addendum|appendix)\b(?!\s*(?:[0-9]|[a-z]\b))
    | confidential\ +(?:section\ +)?request\b
    | confidential(?:[^\w\n]|_)+(?:information|report|papers?)\s+for\s+(?:the\s+)?chair
    | section(?:[^\w\n]|_)+confidential\b
    | (?P<only>for\s+the\s+chair(?:['\u2019]s\s+eyes)?\s+only)""",
    re.IGNORECASE | re.VERBOSE,
)
"""How people head what is for the chair alone (POR-5). "CONFIDENTIAL  Section 1" is a form's own numbering."""
_HEADING_CHARACTERS = 70
_NUMBERING = re.compile(r"(?:part|section|appendix|annex)?[\W\d_]*(?:[a-z][.):])?[\W\d_]*", re.IGNORECASE)

_SHARED_DOMAINS = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "outlook.co.uk", "hotmail.com", "hotmail.co.uk", "live.com", "live.co.uk",
     "msn.com", "icloud.com", "me.com", "mac.com", "yahoo.com", "yahoo.co.uk", "ymail.com", "aol.com", "aol.co.uk", "gmx.com",
     "gmx.co.uk", "mail.com", "protonmail.com", "proton.me", "pm.me", "zoho.com", "fastmail.com", "btinternet.com",
     "btopenworld.com", "virginmedia.com", "blueyonder.co.uk", "ntlworld.com", "sky.com", "talktalk.net", "tiscali.co.uk",
     "plus.com", "plusnet.com", "ee.co.uk", "o2.co.uk", "nhs.net", "cjsm.net"}
)  # fmt: skip
"""Domains of many: the same domain says nothing about the agency."""

_OF_AUTHORITY = frozenset({Role.CHAIR, Role.SOCIAL_WORKER, Role.MANAGER})
"""Who writes from the authority's own domain, as do its housing, its schools' admissions, its legal team."""
DOMAIN = "sender's domain"
"""The kind of evidence that a mailbox of a person's domain is, where it is nobody's that we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of an item. All of it is from outside; only comparison with what we know makes it worth anything.

    `sender` is None for a dropped file. `pages` are the texts of its pages.
    """

    name: str
    pages: Sequence[str]
    sender: str | None = None
    subject: str | None = None

    @property
    def title_block(self) -> str:
        """The first lines of the first page that has text."""
        first = next((page for page in self.pages if page.strip()), "")
        lines = [line for line in first.splitlines() if line.strip()]
        return "\n".join(lines[:TITLE_LINES])[:_TITLE_CHARACTERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The item is this person's. `evidence` are codes of what spoke for it."""

    conference: ConferenceRef
    person: PersonId
    evidence: tuple[str, ...]
    confidential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsPerson:
    """A person has to say. `why` are sentences with opaque ids only."""

    code: str
    why: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()


def references_in(text: str, known: Collection[str]) -> set[ConferenceRef]:
    """Returns the known references that stand in the text on their own, whatever their case and kind of dash."""
    dashed = _DATED.sub(" ", _with_plain_dashes(text))
    tight = re.sub(r"\s+", "", dashed).replace("_", "-")
    found: set[ConferenceRef] = set()
    # where one reference stands inside another, the longer is the one that is meant; it may still stand alone elsewhere
    for ref in sorted(known, key=len, reverse=True):
        if ref.casefold() in tight:
            spaced = r"\s*[-_]\s*".join(map(re.escape, ref.casefold().split("-")))
            dashed, times = re.subn(rf"{_BEFORE}{spaced}{_AFTER}", "\0", dashed)
            if times:
                found.add(ConferenceRef(ref))
    return found | _torn_apart(dashed, known, found)


def _with_plain_dashes(text: str) -> str:
    """Returns the text in lower case and full letters, every kind of dash a hyphen, without what nobody sees."""
    plain = unicodedata.normalize("NFKC", re.sub(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]", "-", text))
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").casefold()


def _torn_apart(dashed: str, known: Collection[str], found: Collection[str]) -> set[ConferenceRef]:
    """Returns the references that stand there but for spaces within, as a reader of photographs sees them."""
    tight = re.sub(r"\s+", "", dashed)
    torn: set[ConferenceRef] = set()
    for ref in known:
        if ref in found or len(ref) < _LONG_ENOUGH or ref.casefold() not in tight:
            continue
        spaced = "[ \t]?".join(map(re.escape, ref.casefold()))
        if re.search(rf"{_BEFORE}{spaced}{_AFTER}", dashed):
            torn.add(ConferenceRef(ref))
    return torn


def is_confidential(evidence: Evidence) -> bool:
    """Returns True where subject, file name or title block calls it a confidential section (POR-5)."""
    name = re.sub(r"[_\-.]+", " ", evidence.name)
    return any(_CONFIDENTIAL.search(part) for part in (evidence.subject or "", name, evidence.title_block))


def holds_confidential_section(evidence: Evidence) -> bool:
    """Returns True where a line in the text, below the title block, heads a confidential section (POR-5).

    A heading is short and begins with its words, but for a number; "for the chair only" may end a short line.
    """
    title = {line.strip() for line in evidence.title_block.splitlines()}
    lines = (line.strip() for page in evidence.pages for line in page.splitlines())
    for line in lines:
        found = _CONFIDENTIAL.search(line) if len(line) <= _HEADING_CHARACTERS and line not in title else None
        if found and (found["only"] or _NUMBERING.fullmatch(line[: found.start()])):
            return True
    return False


def _names(agency: str | None, text: str) -> bool:
    if not agency:
        return False
    wanted = folded(agency)
    return len(wanted) >= 3 and f" {wanted} " in f" {folded(text)} "


def _by_agency(people: Iterable[Person], text: str) -> set[PersonId]:
    named = [p for p in people if _names(p.agency, text)]
    # "Port Mere Health" also stands inside "Port Mere Health Visiting": the longer name is the one meant
    longer = {folded(p.agency or "") for p in named}
    kept = [
        p
        for p in named
        if not any(
            folded(p.agency or "") != other
            and folded(p.agency or "") in other
            and not _stands_alone(folded(p.agency or ""), longer, text)
            for other in longer
        )
    ]
    return {p.id for p in kept}


def _stands_alone(short: str, names: set[str], text: str) -> bool:
    rest = f" {folded(text)} "
    for other in sorted((n for n in names if n != short and short in n), key=len, reverse=True):
        rest = rest.replace(f" {other} ", " \u0000 ")
    return f" {short} " in rest


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def by_mailbox(people: Iterable[Person], sender: str) -> set[PersonId]:
    """Returns whose very mailbox the sender is."""
    return {p.id for p in people if p.email and same_mailbox(p.email, sender)}


def _by_domain(people: Iterable[Person], sender: str) -> set[PersonId]:
    domain = _domain(sender) if sender.isascii() else ""
    if not domain or domain in _SHARED_DOMAINS:
        return set()
    return {p.id for p in people if p.email and _domain(p.email) == domain}


def identify(
    evidence: Evidence,
    conferences: Mapping[ConferenceRef, Conference],
    *,
    other_children: Mapping[str, ConferenceRef],
    team_address: str = "",
) -> Identified | NeedsPerson:
    """Returns whose report it is, or why a person must say.

    `conferences` are the open ones; `other_children` are folded full names of children and the conference they belong to.
    `team_address` is the team's own: its domain is the authority's.
    """
    text = "\n".join(evidence.pages)
    places = (evidence.subject or "", evidence.name, text)
    found = set().union(*(references_in(place, conferences) for place in places))
    if not found:
        return NeedsPerson(
            code="no-reference",
            why=("no conference reference stands in its subject, name or text",),
            candidates=_guesses(evidence, conferences),
        )
    if len(found) > 1:
        return NeedsPerson(
            code="several-references",
            why=(f"it names {len(found)} conferences: {', '.join(sorted(found))}",),
            candidates=tuple(
                Candidate(conference=ref, person=None, because="its reference is named") for ref in sorted(found)
            ),
        )
    conference = conferences[next(iter(found))]
    strangers = strangers_named(" ".join(places), conference, other_children)
    if strangers:
        return NeedsPerson(
            code="other-family",
            why=(f"it names a child of another conference ({', '.join(strangers)})",),
            candidates=_candidates(conference, _fits(evidence, conference)),
        )
    return _whose(evidence, conference, team_address)


def strangers_named(
    text: str, conference: Conference, other_children: Mapping[str, ConferenceRef]
) -> list[ConferenceRef]:
    """Returns the other conferences of which a child is named in the text by their full name."""
    ours = {folded(child.name) for child in conference.booking.children}
    spaced = f" {folded(text)} "
    return sorted(
        {ref for name, ref in other_children.items() if name not in ours and len(name) > 5 and f" {name} " in spaced}
    )


def _fits(evidence: Evidence, conference: Conference) -> dict[str, set[PersonId]]:
    """Returns, per kind of evidence, the people that it fits: of those asked for a report, or in a strong place of others.

    An agency that nobody asked counts where a strong place names no asked one before it: it speaks against everybody else.
    """
    asked = [p for p in conference.people.values() if p.asked_for_report]
    agencies = {folded(p.agency or "") for p in asked}
    others = [
        p
        for p in conference.people.values()
        if not p.asked_for_report
        and not p.role.is_family
        and p.role not in _OF_AUTHORITY
        and folded(p.agency or "") not in agencies
    ]

    def named(text: str) -> set[PersonId]:
        found, wanted = _by_agency([*asked, *others], text), {p.id for p in asked}
        first = min(found, key=lambda one: _place(conference.people[one], text), default=None)
        return found & wanted if first in wanted else found

    fits = {
        "file name": named(re.sub(r"[_\-.]+", " ", evidence.name)),
        "subject": named(evidence.subject or ""),
        "title": named(evidence.title_block),
        "text": _by_agency(asked, "\n".join(evidence.pages)),
    }
    if evidence.sender is not None:
        fits["sender"] = by_mailbox(asked, evidence.sender)
        everybody = conference.people.values()
        if not by_mailbox(everybody, evidence.sender):
            # a mailbox that we know as somebody's speaks for nobody else by its domain
            fits[DOMAIN] = _by_domain(asked, evidence.sender)
    return fits


def _place(person: Person, text: str) -> int:
    return f" {folded(text)} ".find(f" {folded(person.agency or '')} ")


def _candidates(conference: Conference, fits: Mapping[str, set[PersonId]]) -> tuple[Candidate, ...]:
    reasons: dict[PersonId, list[str]] = {}
    for kind, people in fits.items():
        for person in people:
            reasons.setdefault(person, []).append(kind)
    if not reasons:
        return (Candidate(conference=conference.reference, person=None, because="its reference is named"),)
    return tuple(
        Candidate(conference=conference.reference, person=person, because="fits by " + ", ".join(kinds))
        for person, kinds in sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    )


def _guesses(evidence: Evidence, conferences: Mapping[ConferenceRef, Conference]) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    for conference in conferences.values():
        fits = _fits(evidence, conference)
        if any(fits.values()):
            found.extend(_candidates(conference, fits))
    return tuple(found[:20])


def _whose(evidence: Evidence, conference: Conference, team_address: str) -> Identified | NeedsPerson:
    fits = _fits(evidence, conference)
    candidates = _candidates(conference, fits)

    def doubt(code: str, why: str) -> NeedsPerson:
        return NeedsPerson(code=code, why=(why,), candidates=candidates)

    if evidence.sender is not None and not fits["sender"] and not fits.get(DOMAIN):
        others = [p for p in conference.people.values() if not p.asked_for_report]
        known = by_mailbox(others, evidence.sender)
        if known:
            who = conference.people[sorted(known)[0]]
            kind = "family" if who.role.is_family else "someone not asked for a report"
            return doubt("sender-not-asked", f"its sender is {who.id}, {kind}")
        return doubt("sender-unknown", "its sender fits nobody who was asked for a report")
    strong = [(kind, fits[kind]) for kind in ("sender", DOMAIN, "file name", "subject", "title") if fits.get(kind)]
    if strong:
        agreed = set.intersection(*(people for _, people in strong))
        if not agreed and fits.get("sender", set()) & (fits["text"] | fits["title"]):
            # their very mailbox, and the report names them: an agency that nobody asked is only mentioned in front
            unasked = {p.id for p in conference.people.values() if not p.asked_for_report}
            strong = [(kind, people) for kind, people in strong if not people <= unasked]
            agreed = set.intersection(*(people for _, people in strong))
        kinds = tuple(kind for kind, _ in strong)
        if not agreed:
            return doubt("contradiction", f"its {' and its '.join(kinds)} point to different people")
        if len(agreed) > 1:
            agreed = _by_author(conference, agreed, evidence) or agreed
        if len(agreed) > 1:
            return doubt("several-people", f"its {', '.join(kinds)} fit {len(agreed)} people")
        person = next(iter(agreed))
        if not conference.people[person].asked_for_report:
            return doubt("no-agency", f"its {' and its '.join(kinds)} name an agency that was not asked for a report")
        named = fits["text"] | fits["title"]
        if named and person not in named and not (fits["file name"] | fits["subject"]) & agreed:
            return doubt("contradiction", "its sender is one agency and its text names only another")
        if DOMAIN in kinds and (why := _domain_alone(evidence, conference, person, kinds, team_address)) is not None:
            return doubt("sender-unknown", why)
        return _identified(conference, person, ("reference", *kinds), evidence)
    if len(fits["text"]) == 1:
        return _identified(conference, next(iter(fits["text"])), ("reference", "text"), evidence)
    if len(fits["text"]) > 1:
        return doubt("several-agencies", f"it names {len(fits['text'])} agencies and nothing singles one out")
    return doubt("no-agency", "it names no agency that was asked for a report")


def _domain_alone(
    evidence: Evidence, conference: Conference, person: PersonId, kinds: Sequence[str], team_address: str
) -> str | None:
    """Returns why a sender who only writes from the person's domain does not speak for them; None where it does."""
    authority = [p.email for p in conference.people.values() if p.role in _OF_AUTHORITY and p.email]
    if _domain(evidence.sender or "") in {_domain(address) for address in (*authority, team_address)}:
        return f"its sender only has the domain of {person}, the authority's own, which many services share"
    if not {"file name", "subject", "title"} & set(kinds):
        return f"its sender only has the domain of {person}, whom neither its subject, file name nor title names"
    return None


def _by_author(conference: Conference, people: set[PersonId], evidence: Evidence) -> set[PersonId]:
    """Returns which of several people of one agency signs: their own full name in the title block."""
    title = f" {folded(evidence.title_block)} "
    signed = {p for p in people if f" {folded(conference.people[p].name)} " in title}
    return signed if len(signed) == 1 else set()


def _identified(conference: Conference, person: PersonId, kinds: tuple[str, ...], evidence: Evidence) -> Identified:
    return Identified(
        conference=conference.reference, person=person, evidence=kinds, confidential=is_confidential(evidence)
    )


def children_named(conference: Conference, pages: Sequence[str]) -> tuple[str, ...]:
    """Returns the ids of the children a report names, by full or first name; all of them when it names none (A00.2)."""
    text = f" {folded(' '.join(pages))} "
    named = [
        child.id
        for child in conference.booking.children
        if f" {folded(child.name)} " in text or f" {(folded(child.name).split() or ['?'])[0]} " in text
    ]
    return tuple(named or [child.id for child in conference.booking.children])
