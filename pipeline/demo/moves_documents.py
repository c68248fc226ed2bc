"""What people do in the demo with documents: print, release, hand over, write minutes; each looks first whether it was done."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.bootstrap import House
from pipeline.bootstrap.outcomes import write_minutes_draft
from pipeline.demo.moves import RELEASED_BY
from pipeline.domain.calendar import local_text
from pipeline.domain.facts import (
    Document,
)
from pipeline.domain.minutes import TO_WRITE
from pipeline.domain.people import PersonId
from pipeline.domain.views import handed_over
from pipeline.orders import paper
from pipeline.orders.minutes import approve, case_for_minutes, reason_reported, take_file
from pipeline.orders.sending import hand_over
from pipeline.stages.release import release


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """Prints a person's copy and hands it to them, now; the print itself is not kept."""

    reference: str
    person: str
    how: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk, actor = house.desk, house.actor(RELEASED_BY)
        made = desk.casebook.conference(self.reference).papers.values()
        if not any(one.made.person == self.person for one in made):
            paper.print_copy(self.reference, self.person, RELEASED_BY, None, actor, desk, Document.PACK)
        mine = [one for one in desk.casebook.conference(self.reference).papers.values() if one.made.person == self.person]
        if mine[-1].handed is None:
            now = desk.clock.now()
            paper.handed(self.reference, self.person, mine[-1].made.number, now, self.how, RELEASED_BY, actor, desk)
        return [f"printed and handed over: copy {mine[-1].made.number} for {self.person}"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The social worker hands a person their copy, now."""

    reference: str
    person: str
    document: Document
    how: str

    def make(self, house: House) -> Sequence[str]:
        """Does it."""
        desk = house.desk
        case = desk.casebook.case(self.reference)
        copy = case.conference.copies_of(PersonId(self.person), self.document)[-1]
        if handed_over(case, copy) is None:
            at = local_text(desk.clock.now())
            actor = house.actor(RELEASED_BY)
            hand_over(self.reference, self.person, self.document, at, self.how, RELEASED_BY, actor, desk)
        return [f"handed over: the {self.document.value} of {self.person}"]


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
