"""Write: the decision that a content-free letter goes, or that a held item may be what it would ask for."""

from __future__ import annotations

from pipeline.casebook import Decision, conference_stream
from pipeline.desk import SYSTEM, Desk
from pipeline.domain.facts import Fact, LetterWithheld, LetterWritten
from pipeline.domain.letters import ASKING, letters_to_write
from pipeline.domain.people import CopyId


def write(reference: str, letter: CopyId, desk: Desk) -> None:
    """Records that the letter is to go, if it is still needed; its sending follows by the agenda.

    Nobody is chased for what may lie here: where a held item names the person, this place of the rhythm is passed over.
    """

    def decision() -> Decision | None:
        case = desk.casebook.case(reference)
        one = next((w for w in letters_to_write(case, desk.clock.now()) if w.letter == letter), None)
        if one is None:
            return None
        held = desk.casebook.held_for(reference).get(one.person, []) if one.kind in ASKING else []
        fact: Fact
        if held:
            fact = LetterWithheld(
                letter=letter, person=one.person, kind=one.kind, occasion=one.occasion, ordinal=one.ordinal, held=held[0]
            )
        else:
            fact = LetterWritten(
                letter=letter,
                person=one.person,
                kind=one.kind,
                occasion=one.occasion,
                ordinal=one.ordinal,
                due_at=one.due_at,
                about=one.about,
                parts=one.parts,
            )
        return Decision(facts={conference_stream(reference): [fact]}, expected=case.heads)

    desk.casebook.decide(decision, SYSTEM)
