"""What happens in the demo, and when: the moves of agencies and of the team, on the rehearsal's clock.

Source: domain.md F (families F1 and F2, replay events 1, 2, 3, 4, 6, 10, 16, 25).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.demo.moves import Allow, Confirm, Convene
from pipeline.demo.play import Play, Scene
from pipeline.demo.reports import F1, F2, FILES
from pipeline.domain.item import ItemState

REFERENCES = (F1, F2)
FAMILIES = Path(__file__).parent / "families"

CONFIRMATIONS: Sequence[tuple[str, str, str, str]] = (
    (F1, "chair", "in-person", "seen at the team meeting"),
    (F1, "social-worker", "in-person", "seen at the team meeting"),
    (F1, "school", "reply", "answered our question from that address"),
    (F1, "gp", "phone", "the practice manager read it back on the number we hold"),
    (F1, "health-visitor", "reply", "answered our question from that address"),
    (F1, "police", "phone", "read back by the unit's desk"),
    (F1, "mother", "in-person", "told to her social worker at a visit"),
    (F1, "father-1", "phone", "read back on the number from the booking"),
    (F1, "father-2", "phone", "read back on the number from the booking"),
    (F2, "chair", "in-person", "seen at the team meeting"),
    (F2, "social-worker", "in-person", "seen at the team meeting"),
    (F2, "manager", "in-person", "seen at the team meeting"),
    (F2, "school-1", "reply", "answered our question from that address"),
    (F2, "school-2", "reply", "answered our question from that address"),
    (F2, "gp", "phone", "read back by reception on the number we hold"),
    (F2, "health-visitor", "reply", "answered our question from that address"),
    (F2, "housing", "phone", "read back on the number we hold"),
    (F2, "mother", "in-person", "told to her social worker at a visit"),
    (F2, "father", "in-person", "told to the social worker at a visit"),
    (F2, "young-person", "in-person", "told to his social worker, who saw him open a test mail"),
)
"""Reference, person, how, what was done. F1's housing officer is left out; F2's police share F1's contact."""


LOCKED, NAMELESS = f"{F1} Harbour Lane Surgery locked.pdf", "scan0007.pdf"
GP_LETTER, AGAIN = "letter from the surgery.docx", f"{F2} academy again.pdf"
_SHARED = "the letter is about Tobin and both his parents may know of the missed appointments"

OPENING = "2026-11-23T08:30"
SCENES: Sequence[Scene] = (
    Scene(at="2026-11-25T15:20", told="F1: the social worker's e-mail with two attachments, one report for each child",
          drop=("social worker's mail.eml",)),
    Scene(at="2026-11-26T11:05", told="F1: police, housing (a phone's photo), a locked PDF, one without a reference",
          drop=(f"{F1} County Police Safeguarding Unit.pdf", f"{F1} Port Mere Homes IMG_2041.jpg", LOCKED, NAMELESS),
          ends_as={LOCKED: ItemState.HELD, NAMELESS: ItemState.HELD}),
    Scene(at="2026-11-26T17:00", told="F1: packs are composed, one working day before they go"),
    Scene(at="2026-11-27T16:12", told="F1: the school's report; the copies that need it are made anew",
          drop=(f"{F1} Gullwing Primary School.docx",)),
    Scene(at="2026-11-27T16:30", told="F1: people release the packs", release=(F1,)),
    Scene(at="2026-11-27T17:00", told="F1: the last office moment before the conference: the packs go"),
    Scene(at="2026-11-28T08:00", told="F1: the school's second version supersedes the first; the chair has it at once",
          drop=(f"{F1} Gullwing Primary School v2.docx",)),
    Scene(at="2026-11-28T09:30:00", told="F1: the GP's letter on the deadline's second; its footer tells an address",
          drop=(GP_LETTER,)),
    Scene(at="2026-11-28T09:30:01", told="F1: the health visitor's report, one second late",
          drop=(f"{F1} health visitor.rtf",)),
    Scene(at="2026-11-28T10:15", told="F1: the chair lets Tobin's parents have the GP's letter; supplements go",
          moves=(Allow(reference=F1, person="mother", file=GP_LETTER, because=_SHARED),
                 Allow(reference=F1, person="father-1", file=GP_LETTER, because=_SHARED)),
          release=(F1,)),
    Scene(at="2026-11-29T09:29:00", told="F1: a confidential section of the police, in time, for the chair alone",
          drop=(f"{F1} County Police confidential section.docx",)),
    Scene(at="2026-12-21T10:15", told="F2: the social worker's e-mail with two attachments; schools and surgery",
          drop=("review, social worker's mail.eml", f"academy/{F2}.pdf", f"{F2} Reedbank Primary School.odt",
                f"{F2} Marshgate Surgery.docx")),
    Scene(at="2026-12-22T16:40", told="F2: health visitor (txt), police; the academy's report a second time",
          drop=(f"{F2} health visitor.txt", f"{F2} police.docx", AGAIN), ends_as={AGAIN: ItemState.REPEATED}),
    Scene(at="2026-12-23T10:00:00", told="F2: reports are due; the chair's pack goes"),
    Scene(at="2026-12-24T11:20", told="F2: housing, a day late; the chair has it at once as a supplement",
          drop=(f"{F2} Eastmarsh Homes.docx",)),
    Scene(at="2026-12-30T17:00", told="F2: packs are composed; people release the family's copies", release=(F2,)),
    Scene(at="2026-12-31T17:00", told="F2: the last office moment of the year: the packs go"),
)  # fmt: skip

OPENED = (F1, "mother")
"""Whose pack the demo opens at its end."""

PLAY = Play(
    command="packs demo",
    home="demo-home",
    references=REFERENCES,
    opening=Scene(
        at=OPENING,
        told="both conferences are convened; all addresses but one are confirmed",
        moves=(
            Convene(files=tuple(sorted(FAMILIES.glob("*.toml")))),
            *(Confirm(reference=ref, person=person, how=how, note=note) for ref, person, how, note in CONFIRMATIONS),
        ),
    ),
    scenes=SCENES,
    files=FILES,
    opened=OPENED,
)
