"""What people do in the demo with a conference, from consultation to review; each looks first whether it was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.bootstrap import House, read_outcome
from pipeline.demo.moves import RELEASED_BY
from pipeline.domain.calendar import parse_local
from pipeline.domain.facts import (
    Answer,
    ConsultationHeld,
    ConsultationRequested,
    ManagerDecided,
)
from pipeline.orders import conferences, consultation, outcome, review
from pipeline.orders.responses import reconsider, record_response


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult:
    """A step of the consultation before the conference."""

    reference: str
    step: ConsultationRequested | ConsultationHeld | ManagerDecided

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if self.step in house.desk.casebook.conference(self.reference).consultation:
            return []
        return consultation.record(self.reference, self.step, house.actor(RELEASED_BY), house.desk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Gives a conference another start, local; what the rules say of it is told."""

    reference: str
    start: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        start_at = parse_local(self.start)
        if house.desk.casebook.conference(self.reference).start_at == start_at:
            return []
        return conferences.move(self.reference, start_at, self.because, house.actor(RELEASED_BY), house.desk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Cancels a conference."""

    reference: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if house.desk.casebook.conference(self.reference).cancelled is None:
            conferences.cancel(self.reference, self.because, house.actor(), house.desk)
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """The chair records what the conference decided, from a file; what the rules warn of is told."""

    reference: str
    file: Path

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        if desk.casebook.conference(self.reference).outcome is not None:
            return []
        draft = read_outcome(self.file, outcome.case_for_outcome(self.reference, desk), house)
        name = draft.decided_by or ""
        answer = outcome.record_outcome(self.reference, draft, name, "", [], house.actor(name), desk)
        return [f"{said.rule}: {said.says}" for said in answer.warnings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """A person's answer to the decision reached us, now."""

    reference: str
    person: str
    says: Answer
    text: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        if any(one.person == self.person for one, _ in desk.casebook.conference(self.reference).responses):
            return []
        row = record_response(
            self.reference, self.person, desk.clock.now(), self.says, self.text, None, RELEASED_BY, house.actor(RELEASED_BY),
            desk,
        )
        return [f"answer of {self.person}: {self.says.value}, {row.state.value}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDecision:
    """The chair confirms the decision after the answers."""

    reference: str
    because: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        conference = house.desk.casebook.conference(self.reference)
        if conference.reconsidered or conference.chair is None:
            return []
        chair = conference.chair.name
        reconsider(self.reference, chair, self.because, house.actor(chair), house.desk, changed=False)
        return ["the decision is confirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A duty was done, now: a core group, a visit, something handed over."""

    reference: str
    duty: str
    how: str
    child: str | None = None

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk, now = house.desk, house.desk.clock.now()
        known = desk.casebook.conference(self.reference).done
        if not any((one.how, one.done_at, one.child) == (self.how, now, self.child) for one, _ in known):
            actor = house.actor(RELEASED_BY)
            outcome.record_done(self.reference, self.duty, now, self.how, RELEASED_BY, None, self.child, actor, desk)
        return [f"done: {self.duty}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Convenes the review of a conference on the date that its outcome sets; what a person must look at again is told."""

    of: str
    reference: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        if house.desk.casebook.conference(self.of).reviews:
            return []
        made = review.convene_review(self.of, None, self.reference, house.actor(), house.desk)
        return [f"convened: {made.reference}", *made.to_look_at]
