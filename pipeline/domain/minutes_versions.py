"""Versions of the minutes: which one stands for whom, and why a person may not have it (yet).

The whole minutes are for people with a role for every child who sat in every part of a split conference. Anybody else,
and whoever must not learn something that stands in them, gets a version that a person made for them, or none.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.domain.conference import Conference
from pipeline.domain.people import ItemId, Person, PersonId, ProtectedDetail, Role
from pipeline.domain.records import MinutesVersion


def version_of(conference: Conference, item: ItemId) -> MinutesVersion | None:
    """Returns the version that a received item is, or None."""
    return next((one for one in conference.minutes if one.taken.item == item), None)


def standing_version(conference: Conference, person: PersonId) -> MinutesVersion | None:
    """Returns the newest version made for this person, else the newest of the whole minutes; None before any came back."""
    own = [one for one in conference.minutes if person in one.taken.for_]
    fitting = own or [one for one in conference.minutes if not one.taken.for_]
    return fitting[-1] if fitting else None


def superseded_by(conference: Conference, version: MinutesVersion) -> int | None:
    """Returns the number of the version in whose place this one cannot be approved any more, or None.

    Of the whole minutes the next whole one. A version made for people is behind as soon as each of them has a newer one, or
    the whole minutes came back anew: it was cut out of older words.
    """
    later = [one for one in conference.minutes if one.number > version.number]
    whole = next((one.number for one in later if not one.taken.for_), None)
    if whole is not None or not version.taken.for_:
        return whole
    newest = [max((o.number for o in later if who in o.taken.for_), default=None) for who in version.taken.for_]
    return max(one for one in newest if one is not None) if all(one is not None for one in newest) else None


def not_read_by(
    conference: Conference, who: Person, version: MinutesVersion, kept: Iterable[ProtectedDetail]
) -> str | None:
    """Returns why this version is not for this person's eyes, whoever approves it, or None. `kept`: details kept from them."""
    own = f"take a version for them: `packs minutes take {conference.reference} FILE --for {who.id} --by NAME`"
    every = {child.id for child in conference.booking.children}
    if not version.taken.for_ and who.role is not Role.CHAIR and not every <= set(who.children):
        return f"the whole minutes go only to who has a role for every child of the conference; {own}"
    if not version.taken.for_ and not conference.heard_all(who):
        return f"the whole minutes of a split conference go only to who sat in every part of it; {own}"
    details = list(kept)
    hits = {finding.detail for finding in version.found}
    if found := sorted(detail.id for detail in details if detail.id in hits):
        return f"version {version.number} holds a protected detail ({', '.join(found)}) that must not reach this person; {own}"
    if unsearched := sorted(detail.id for detail in details if detail.id not in version.searched):
        return f"version {version.number} has not been searched for {', '.join(unsearched)} yet"
    if details and version.taken.unreadable:
        return f"version {version.number} has pages that nobody could search for the details protected from this person; {own}"
    return None


def not_yet(conference: Conference, version: MinutesVersion) -> str | None:
    """Returns why a version goes to nobody as things stand, or None where it is approved and nothing newer is known."""
    newer = superseded_by(conference, version)
    if newer is not None and version.taken.for_:
        return f"the minutes came back anew as version {newer} after this person's: take theirs anew"
    approve = f"`packs minutes approve {conference.reference} --version {version.number} --by NAME`"
    if version.approved is None:
        return f"version {version.number} of the minutes waits to be approved ({approve})"
    if conference.outcomes and conference.outcomes[-1][1] > version.approved_seq:
        return f"the outcome was recorded anew after version {version.number} was approved: read it again, then {approve}"
    return None
