"""The order for the review conference that follows from one whose outcome is recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import Desk
from pipeline.domain.conference import Conference
from pipeline.domain.facts import Fact, ReviewConvened
from pipeline.domain.opaque import REFERENCE_PATTERN, reference_or_id_problem
from pipeline.domain.people import ConferenceRef
from pipeline.domain.review import children_of_review, review_of
from pipeline.errors import RefusedError
from pipeline.orders.conferences import convene
from pipeline.orders.linked import brought


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMade:
    """The convened review: its start, what a person must look at because it was carried over, and what the rules warn of."""

    reference: ConferenceRef
    start_at: datetime
    to_look_at: tuple[str, ...]
    warnings: tuple[str, ...]


def convene_review(reference: str, start_at: datetime | None, new: str | None, actor: str, desk: Desk) -> ReviewMade:
    """Convenes the review of a conference; without `start_at` (UTC) it starts on the review date of the outcome.

    Raises:
        NotFoundError: there is no such conference.
        RefusedError: it has no outcome with a plan, was cancelled, has a review already, or no start is known; the start is
            not after it; the new reference is taken or cannot be used; or a rule forbids the review.
    """
    before = desk.casebook.conference(reference)
    start = _start(before, start_at, desk)
    review = review_of(before, start, _reference(new, before))

    def beside(made: Sequence[ConferenceRef]) -> Decision:
        now = desk.casebook.conference(reference)
        if now.head != before.head:
            raise RefusedError(f"{reference} was changed meanwhile. Nothing was changed; try again.")
        fact = ReviewConvened(review=made[0])
        stream = conference_stream(reference)
        # what was decided in a review that was cancelled may still be true: it is asked about, or kept
        earlier = [desk.casebook.conference(one) for one in before.reviews]
        asked = brought(earlier, review.booking.people, review.booking)
        facts: dict[str, list[Fact]] = {stream: [fact], conference_stream(made[0]): asked}
        heads = {conference_stream(one.reference): one.head for one in earlier}
        return Decision(facts=facts, expected={stream: before.head, **heads})

    (convened,) = convene([review.booking], actor, desk, beside=beside)
    questions = sorted({one.person for one, _ in desk.casebook.conference(convened.reference).elsewhere})
    about = [f"{one}: a review that was cancelled decided about this person (`packs agenda`)" for one in questions]
    return ReviewMade(
        reference=convened.reference, start_at=start, to_look_at=(*about, *review.to_look_at), warnings=convened.warnings
    )


def _start(before: Conference, start_at: datetime | None, desk: Desk) -> datetime:
    """Returns when the review starts; refuses where there can be none then."""
    reference = before.reference
    if before.cancelled is not None:
        raise RefusedError(f"{reference} is cancelled, so it has no review. Nothing was changed.")
    if before.outcome is None:
        raise RefusedError(
            f"{reference} has no outcome yet, so nobody knows which child has a plan. Nothing was changed; record it with"
            " `packs outcome`."
        )
    start = start_at or before.outcome.review_at
    if start is None:
        raise RefusedError(f"No review date is recorded for {reference}. Nothing was changed; name the start: --start LOCAL.")
    if start <= before.end_at:
        raise RefusedError(f"That start is not after the end of {reference}. Nothing was changed.")
    if open_still := sorted({one.person for one, _ in before.elsewhere}):
        raise RefusedError(
            f"{reference} is still asked about {', '.join(open_still)} because of a linked conference (`packs agenda {reference}`)."
            " Answer that first; nothing was changed."
        )
    if not children_of_review(before, start):
        raise RefusedError(f"No child of {reference} has a plan to be reviewed then. Nothing was changed.")
    standing = [one for one in before.reviews if desk.casebook.conference(one).cancelled is None]
    if standing:
        raise RefusedError(
            f"{reference} has a review already: {standing[-1]}. Nothing was changed; move it with `packs move`, or cancel it."
        )
    return start


def _reference(new: str | None, before: Conference) -> ConferenceRef | None:
    if new is None:
        return None
    names = [*(child.name for child in before.booking.children), *(one.name for one in before.people.values())]
    if re.fullmatch(REFERENCE_PATTERN.strip("^$"), new) is None:
        raise RefusedError(
            "--reference must be 3 to 40 letters, digits or '-', beginning with a letter or digit. Nothing was changed."
        )
    if trouble := reference_or_id_problem(new, names):
        raise RefusedError(f"--reference {trouble}. Nothing was changed.")
    return ConferenceRef(new)
