"""What people do after a conference that takes Word and words: minutes taken back and approved, answers to a decision."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.bootstrap import House
from pipeline.bootstrap.outcomes import write_minutes_draft
from pipeline.demo.moves import RELEASED_BY
from pipeline.domain.facts import Answer, Document
from pipeline.domain.minutes import TO_WRITE
from pipeline.domain.people import PersonId
from pipeline.orders.minutes import approve, case_for_minutes, reason_reported, take_file
from pipeline.orders.responses import reconsider, record_response
from pipeline.stages.release import release


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteMinutes:
    """The chair writes the minutes out of their draft and approves them; with `for_` a version for these people alone.

    `without` are children's names: in that version nothing stands that names one of them.
    """

    reference: str
    for_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        case = case_for_minutes(self.reference, desk)
        readers = tuple(sorted(PersonId(person) for person in self.for_))
        mine = [one for one in case.conference.minutes if one.taken.for_ == readers]
        chair = case.conference.chair.name if case.conference.chair is not None else RELEASED_BY
        if not mine:
            with tempfile.TemporaryDirectory(dir=house.settings.runtime_dir) as room:
                draft = Path(room) / "minutes.docx"
                write_minutes_draft(draft, case, desk.office.team, reason_reported(case, desk))
                content = written(draft.read_bytes(), self.without)
            take_file(self.reference, content, "minutes.docx", self.for_, chair, house.actor(chair), desk)
            mine = [one for one in desk.casebook.conference(self.reference).minutes if one.taken.for_ == readers]
        if mine[-1].approved is None:
            approve(self.reference, mine[-1].number, chair, house.actor(chair), desk)
        return [f"minutes: version {mine[-1].number}{' for ' + ', '.join(readers) if readers else ''} approved"]


def written(draft: bytes, without: Sequence[str]) -> bytes:
    """Returns the Word file as a person leaves it: nothing is left to write, and nothing names one of `without`."""
    from docx import Document as WordFile

    document = WordFile(io.BytesIO(draft))
    of_another = False
    for paragraph in list(document.paragraphs):
        names_another = any(name in paragraph.text for name in without)
        if paragraph.style is not None and paragraph.style.name.startswith("Heading"):
            of_another = names_another
        if of_another or names_another:
            paragraph._p.getparent().remove(paragraph._p)
        elif TO_WRITE in paragraph.text:
            paragraph.text = paragraph.text.replace(TO_WRITE, "Nothing was said.")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


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
class Release:
    """A person lets one person's copy of a document go."""

    reference: str
    person: str
    document: Document

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        copies = house.desk.casebook.conference(self.reference).copies_of(PersonId(self.person), self.document)
        if copies and not copies[-1].releases and copies[-1].live:
            release(self.reference, PersonId(self.person), self.document, RELEASED_BY, house.actor(RELEASED_BY), house.desk)
        return []
