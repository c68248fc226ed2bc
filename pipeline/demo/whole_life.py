"""The long play: families F1 to F6 from booking to the review's date, with every replay event.

What the short play shows of F1 and F2 is played here as it is there; the other families, and what goes wrong, come between.

Source: domain.md F.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.demo import incidents as on
from pipeline.demo import reports, reports_all, script
from pipeline.demo.incidents import F4
from pipeline.demo.moves import Add, Allow, Confirm, Convene, Exclude, Include, Readdress, Suspend
from pipeline.demo.moves_conference import Cancel, Conclude, ConfirmDecision, Consult, Done, Respond, Review, Shift
from pipeline.demo.moves_documents import HandOver, Print, Release, WriteMinutes
from pipeline.demo.moves_items import AskConfidential, DecideConfidential, Dismiss, NilReturn, Resolve, Return
from pipeline.demo.play import Play, Scene
from pipeline.demo.reports import F1, F2
from pipeline.demo.reports_all import F3, F5, F6
from pipeline.demo.verdicts import verdicts
from pipeline.domain.calendar import parse_local
from pipeline.domain.facts import Answer, ConsultationHeld, Document, ManagerDecided
from pipeline.domain.item import ItemState
from pipeline.domain.people import ChildId, ExcludedFrom, Person, PersonId, Role

HERE = Path(__file__).parent
BEFORE = "NF-2510-007"
REVIEWS = {F1: "PM-2702-017", F2: "EM-2706-002", F3: "EM-2703-005", F4: "HB-2702-003", F5: "MV-2703-011", F6: "NF-2702-020"}
FAMILY_OF = {F1: "F1", F2: "F2", F3: "F3", F4: "F4", F5: "F5", F6: "F6"}
HELD = ItemState.HELD

CONFIRMATIONS: Sequence[tuple[str, str, str]] = (
    *((F3, person, how) for person, how in (("chair", "in-person"), ("social-worker", "in-person"), ("manager", "in-person"),
                                             ("midwife", "phone"), ("gp", "phone"), ("police", "phone"), ("mother", "in-person"))),
    *((F4, person, how) for person, how in (("chair", "in-person"), ("social-worker", "in-person"), ("manager", "in-person"),
                                             ("school", "reply"), ("gp", "phone"), ("mother", "in-person"),
                                             ("young-person", "in-person"))),
    *((F5, person, how) for person, how in (("chair", "in-person"), ("social-worker", "in-person"), ("manager", "in-person"),
                                             ("school", "reply"), ("health-visitor", "reply"), ("advocate", "phone"),
                                             ("interpreter", "phone"), ("next-team", "in-person"), ("mother", "in-person"),
                                             ("father-1", "phone"))),
    *((F6, person, how) for person, how in (("chair", "in-person"), ("social-worker", "in-person"), ("manager", "in-person"),
                                             ("school", "reply"), ("mother", "in-person"))),
)  # fmt: skip
"""Reference, person, how. F6's surgery was confirmed too long ago; F5's second father has no address and gets paper."""


def _confirmed(*references: str) -> Iterator[Confirm]:
    for reference, person, how, words in script.CONFIRMATIONS:
        if reference in references:
            yield Confirm(reference=reference, person=person, how=how, note=words)
    for reference, person, how in CONFIRMATIONS:
        if reference in references:
            yield Confirm(reference=reference, person=person, how=how, note="told or read back, as the record of contacts says")


def _booking(family: str) -> Path:
    (found,) = [*(HERE / "families").glob(f"{family}-*.toml"), *(HERE / "families-all").glob(f"{family}-*.toml")]
    return found


def _outcome(family: str) -> Path:
    return HERE / "outcomes" / f"{family}.toml"


PROBATION = Person(
    id=PersonId("probation"), name="Bertrand Colefax", role=Role.PROBATION, children=(ChildId("c1"),),
    agency="Region Probation Service", email=on.OLD_PROBATION, phone="01632 960160", asked_for_report=True,
)  # fmt: skip
_INCLUDED = ((F1, "mother"), (F1, "father-1"), (F1, "father-2"), (F4, "mother"), (F6, "mother"))
_MIDVALE_HELD = ConsultationHeld(
    held_at=parse_local("2026-11-27T14:30"), held_by="Perpetua Lyle", recommends="hold the conference", because="risk goes on"
)
_MIDVALE_DECIDED = ManagerDecided(
    decided_at=parse_local("2026-11-27T15:00"), decided_by="Verity Cawthorn", hold=True, because="as the CPC recommends"
)

_NOVEMBER: Sequence[Scene] = (
    Scene(at="2026-11-23T08:30", told="F1, F2, F4 and F6 are convened; addresses are confirmed, requests for reports go",
          moves=(Convene(files=tuple(_booking(family) for family in ("f1", "f2", "f4", "f6"))), *_confirmed(F1, F2, F4, F6),
                 *(Include(reference=reference, person=person, because="a parent whom the children live with or see")
                   for reference, person in _INCLUDED))),
    Scene(at="2026-11-23T10:00", told="requests for reports, in office hours; people release the invitations",
          release=(F1, F2, F4, F6)),
    Scene(at="2026-11-24T10:00", told="F1: probation is asked as well; F4: the young person wants no e-mail any more",
          moves=(*(HandOver(reference=reference, person=person, document=Document.INVITATION, how="at a visit")
                   for reference, person in _INCLUDED),
                 Add(reference=F1, person=PROBATION),
                 Confirm(reference=F1, person="probation", how="phone", note="read back by the unit's desk"),
                 Suspend(reference=F4, person="young-person", because="Jory asked us to write no e-mail to him any more")),
          release=(F1,)),
    Scene(at="2026-11-24T15:00", told="F4: the social worker's report, before its instant; F6: the first reports",
          drop=(f"{F4} social worker.txt", f"{F6} social worker.txt", f"{F6} Northfold Primary School.txt")),
    Scene(at="2026-11-25T09:30", told="F4 is moved to 2 December: past its limit; what is due is counted anew",
          moves=(Shift(reference=F4, start="2026-12-02T10:00", because="the chair cannot come on 1 December"),)),
    Scene(at="2026-11-25T14:30", told="F4 is moved back: only 1 December is within the limit",
          moves=(Shift(reference=F4, start="2026-12-01T10:00", because="another chair's slot was given up for it"),),
          release=(F4,)),
    Scene(at="2026-11-25T16:00", told="F6: surgery and police, on the last working day before",
          drop=(f"{F6} Larkfield Surgery.txt", f"{F6} police.txt"), release=(F6,),
          moves=(Done(reference=F6, duty="chair-briefing", how="the social worker rang the chair"),)),
    Scene(at="2026-11-26T12:00", told="F5 is convened: split in two sessions, BSL, a father kept from the minutes",
          moves=(Convene(files=(_booking("f5"),)), *_confirmed(F5),
                 Confirm(reference=F6, person="gp", how="phone", note="read back again: 13 months had passed", anew=True)),
          release=(F5,)),
    Scene(at="2026-11-26T12:20", told="F1: what is not what it seems: each is held for a person",
          drop=(on.OTHER_FAMILY, on.LOOK_ALIKE, on.FAMILY_REPLY, on.OUT_OF_OFFICE, on.LOCKED_ZIP, on.MACROS, on.ZERO_BYTES),
          ends_as=dict.fromkeys((on.OTHER_FAMILY, on.FAMILY_REPLY, on.OUT_OF_OFFICE, on.LOCKED_ZIP, on.MACROS, on.ZERO_BYTES),
                                HELD)),
    Scene(at="2026-11-26T12:40", told="F1: people say what is no report; housing's corrected report, changes tracked",
          drop=(on.TRACKED,),
          moves=(Dismiss(file=on.FAMILY_REPLY, because="correspondence of the family: passed to the social worker"),
                 Dismiss(file=on.OUT_OF_OFFICE, because="an automatic reply"),
                 Return(reference=F1, person="probation", file=on.ZERO_BYTES, code="empty"))),
    Scene(at="2026-11-26T13:45", told="F6: the chair calls the mother before the conference",
          moves=(Done(reference=F6, duty="call-parents", how="the chair rang her at 13:45"),)),
    Scene(at="2026-11-26T16:00", told="F6: the outcome; Bryn is rated RED",
          moves=(Conclude(reference=F6, file=_outcome("f6")),), release=(F6,)),
    Scene(at="2026-11-27T10:00", told="F6: the social worker hands the plan over; police write about two families at once",
          drop=(on.TWO_FAMILIES,),
          moves=(HandOver(reference=F6, person="mother", document=Document.OUTLINE_PLAN, how="at a visit"),)),
    Scene(at="2026-11-27T10:20", told="F1, F4: a person splits it by hand",
          moves=(Resolve(file=f"{on.TWO_FAMILIES} › {on.FOR_F1}", reference=F1, person="police"),
                 Resolve(file=f"{on.TWO_FAMILIES} › {on.FOR_F4}", reference=F4, person="police"))),
    Scene(at="2026-11-27T15:30", told="F4: the school's report; F5: the chair recommends, the manager decides",
          drop=(f"{F4} Humberly High School.txt",),
          moves=(NilReturn(reference=F4, person="gp", because="neither child was seen this year"),
                 Allow(reference=F4, person="school", file=f"{F4} social worker.txt", because="it is about both children"),
                 Consult(reference=F5, step=_MIDVALE_HELD), Consult(reference=F5, step=_MIDVALE_DECIDED))),
    Scene(at="2026-11-27T17:10", told="F1: probation's pack comes back: a person suspends the address",
          drop=(on.BOUNCE,), ends_as={on.BOUNCE: HELD},
          moves=(Suspend(reference=F1, person="probation", because="the pack of 27 November came back"),)),
    Scene(at="2026-11-28T10:30", told="F1: probation's mail says 08:30 and came at 10:30; its report is a scan",
          drop=(on.EARLY_DATE,), release=(F1,)),
    Scene(at="2026-11-28T11:00", told="F1: the social worker's corrected reports quote the surgery's footer",
          drop=(on.QUOTED_FOOTER,), release=(F1,)),
    Scene(at="2026-11-29T09:29:30", told="F1: police ask for a confidential section, in time",
          moves=(AskConfidential(reference=F1, person="police", ground="an enquiry is in hand",
                                 kept_from=("mother", "father-1", "father-2")),)),
    Scene(at="2026-11-29T09:31:00", told="F1: housing asks for one, a minute late: ring the chair",
          moves=(AskConfidential(reference=F1, person="housing", ground="a neighbour is named",
                                 kept_from=("mother", "father-1", "father-2")),)),
    Scene(at="2026-11-30T09:00", told="F4: people release the packs; F1: the chair decides about the confidential section",
          moves=(DecideConfidential(reference=F1, person="police", how="spoken of with the police alone, before the start",
                                    because="the enquiry would be at risk"),),
          release=(F4,)),
    Scene(at="2026-11-30T10:00", told="F4: the packs' instant", release=(F4,)),
    Scene(at="2026-11-30T12:00", told="F1: the outcome; the plan goes to the agencies",
          moves=(Conclude(reference=F1, file=_outcome("f1")),), release=(F1,)),
)  # fmt: skip

_DECEMBER: Sequence[Scene] = (
    Scene(at="2026-12-01T12:30", told="F4: the outcome; a plan for Jory, none for Wilf",
          moves=(Conclude(reference=F4, file=_outcome("f4")),), release=(F4,)),
    Scene(at="2026-12-01T13:00", told="F4: Jory tells his social worker another address; his plan goes there",
          moves=(Readdress(reference=F4, person="young-person", email="jory.tarn@freemail.example"),
                 Confirm(reference=F4, person="young-person", how="in-person", note="told to his social worker")),
          release=(F4,)),
    Scene(at="2026-12-11T14:00", told="F3, unborn, is convened",
          moves=(Convene(files=(_booking("f3"),)), *_confirmed(F3)), release=(F3,)),
    Scene(at="2026-12-14T11:00", told="F5: all reports are in; F3: the midwife's, of which much is missing",
          drop=(reports_all.F5_SOCIAL_WORKER, f"{F5} Midvale Primary School.txt", f"{F5} health visitor.txt", f"{F5} police.txt",
                f"{F3} midwife.txt")),
    Scene(at="2026-12-15T09:30", told="F5: the report is handed over on paper, two working days before",
          moves=(Print(reference=F5, person="mother", how="at home, with the interpreter"),
                 Print(reference=F5, person="father-2", how="at the office, since he has no e-mail"),
                 Done(reference=F5, duty="SWG-6", how="on paper, to each parent"))),
    Scene(at="2026-12-15T16:00", told="F5: people release the packs", release=(F5,)),
    Scene(at="2026-12-16T10:00", told="F5: the packs go", release=(F5,)),
    Scene(at="2026-12-17T12:30", told="F5: the outcome; Cass is graded 2 and escalated",
          moves=(Conclude(reference=F5, file=_outcome("f5")),
                 Done(reference=F5, duty="allocation", how="to the Child and Young Persons Team"),
                 Done(reference=F5, duty="immediate-actions", how="read to both fathers by the CPC")),
          release=(F5,)),
    Scene(at="2026-12-18T15:30", told="F5: the first visit",
          moves=(Done(reference=F5, duty="first-visit", how="at the sister's home; each child was seen"),)),
    Scene(at="2026-12-29T11:00", told="F3: the social worker's report; surgery and police have nothing to say",
          drop=(f"{F3} social worker.txt",),
          moves=(NilReturn(reference=F3, person="gp", because="registered in December only"),
                 NilReturn(reference=F3, person="police", because="nothing is known"))),
    Scene(at="2026-12-30T15:00", told="F2: the father is kept from the reports; he reads the mailbox that both parents share",
          moves=(Exclude(reference=F2, person="father", from_=(ExcludedFrom.REPORTS,), because="he threatened a witness"),)),
    Scene(at="2026-12-31T10:00", told="F2: the mother has a mailbox of her own, told at a visit",
          moves=(Readdress(reference=F2, person="mother", email="hestia.b@freemail.example"),
                 Confirm(reference=F2, person="mother", how="in-person", note="told to her social worker at a visit")),
          release=(F2,)),
)  # fmt: skip

_LATER: Sequence[Scene] = (
    Scene(at="2027-01-04T12:20", told="F2: the discussions have ended; the chair has decided at 12:15",
          moves=(Done(reference=F2, duty="BAD-2", how="all in one morning"),)),
    Scene(at="2027-01-04T13:30", told="F3: people release the packs; they go", release=(F3,)),
    Scene(at="2027-01-04T14:00", told="F3: the packs' instant", release=(F3,)),
    Scene(at="2027-01-05T09:00", told="F2: the outcome of yesterday, decided at 12:15; notices and plans go",
          moves=(Conclude(reference=F2, file=_outcome("f2")),), release=(F2,)),
    Scene(at="2027-01-04T15:00", told="F5: the social worker hands the plan over, before the first core group",
          moves=tuple(HandOver(reference=F5, person=person, document=Document.OUTLINE_PLAN, how="at home")
                      for person in ("mother", "father-1", "father-2"))),
    Scene(at="2027-01-05T11:30", told="F5: the first core group", moves=(Done(reference=F5, duty="core-group", how="all came"),)),
    Scene(at="2027-01-05T16:00", told="F3: the outcome: a plan from birth on",
          moves=(Conclude(reference=F3, file=_outcome("f3")), Done(reference=F3, duty="BAD-2", how="all in one afternoon")),
          release=(F3,)),
    Scene(at="2027-01-07T15:00", told="F6: the midpoint review of Bryn's plan",
          moves=(Done(reference=F6, duty="NCC-22", how="held; Bryn has not been hurt since", child="c1"),)),
    *(Scene(at=at, told="F5: a visit, every ten working days", moves=(Done(reference=F5, duty="visit", how="each child seen"),))
      for at in ("2027-01-06T16:00", "2027-01-19T16:00", "2027-02-02T16:00", "2027-02-16T16:00", "2027-03-02T16:00")),
    *(Scene(at=at, told="F5: the core group's minutes, within 5 working days",
            moves=(Done(reference=F5, duty="core-group-minutes", how="sent by the social worker"),))
      for at in ("2027-01-08T15:00", "2027-02-01T15:00", "2027-02-26T15:00")),
    *(Scene(at=at, told="F5: a core group, within 28 days", moves=(Done(reference=F5, duty="core-group", how="all came"),))
      for at in ("2027-01-28T11:00", "2027-02-22T11:00")),
    Scene(at="2027-01-29T11:00", told="F5: the mid-way meeting",
          moves=(Done(reference=F5, duty="midway-meeting", how="no drift; the plan goes on"),)),
)  # fmt: skip

_FAMILY_MINUTES = ((F2, "mother"), (F2, "father"), (F2, "young-person"), (F3, "mother"))
_MINUTES: Sequence[Scene] = (
    Scene(at="2026-12-14T15:00", told="F1: the minutes, and a version of each child's part",
          moves=(WriteMinutes(reference=F1),
                 WriteMinutes(reference=F1, for_=("school", "probation", "father-1"), without=("Isla",)),
                 WriteMinutes(reference=F1, for_=("health-visitor", "father-2"), without=("Tobin",))),
          release=(F1,)),
    Scene(at="2026-12-16T11:00", told="F1: housing and probation, who have no confirmed address, get theirs by post",
          moves=(Done(reference=F1, duty="minutes", how="posted to housing and probation"),)),
    Scene(at="2027-01-04T16:00", told="F5: the minutes, of each session to who sat in it; none to Holm Wrayburn",
          moves=(WriteMinutes(reference=F5),
                 WriteMinutes(reference=F5, for_=("school", "advocate"), without=("Cass", "Perrin")),
                 WriteMinutes(reference=F5, for_=("health-visitor",), without=("Odette",)),
                 WriteMinutes(reference=F5, for_=("mother",), without=("Holm", "Ives")),
                 WriteMinutes(reference=F5, for_=("father-2",), without=("Cass", "Perrin", "Briony", "Holm")),
                 Done(reference=F5, duty="minutes-completed", how="approved by the CPC")),
          release=(F5,)),
    Scene(at="2027-01-06T10:00", told="F2: answers to the decision",
          moves=(Respond(reference=F2, person="mother", says=Answer.AGREES, text="We agree."),
                 Respond(reference=F2, person="school-2", says=Answer.DISAGREES, text="Sable still needs support."))),
    Scene(at="2027-01-09T10:00", told="F2: an answer after its time; F3: the mother agrees",
          moves=(Respond(reference=F2, person="gp", says=Answer.AGREES, text="No objection."),
                 Respond(reference=F3, person="mother", says=Answer.AGREES, text="I agree."))),
    Scene(at="2027-01-11T11:00", told="F2, F3: the chair confirms both decisions",
          moves=(ConfirmDecision(reference=F2, because="the school's point is met by the plan for Corwen"),
                 ConfirmDecision(reference=F3, because="nobody disagrees"))),
    Scene(at="2027-01-12T15:00", told="F5: the social worker shares the minutes with the family",
          moves=tuple(HandOver(reference=F5, person=person, document=Document.MINUTES, how="at a visit")
                      for person in ("mother", "father-2"))),
    Scene(at="2027-01-20T10:00", told="F2, F3: the minutes; the family's are held for a person",
          moves=(WriteMinutes(reference=F2),
                 WriteMinutes(reference=F2, for_=("school-1",), without=("Sable", "Fitch")),
                 WriteMinutes(reference=F2, for_=("school-2",), without=("Corwen", "Fitch")),
                 WriteMinutes(reference=F2, for_=("health-visitor",), without=("Corwen", "Sable")),
                 WriteMinutes(reference=F2, for_=("young-person",), without=("Sable", "Fitch")),
                 WriteMinutes(reference=F3))),
    Scene(at="2027-01-20T10:30", told="F2: the professionals' minutes are released",
          moves=tuple(Release(reference=F2, person=person, document=Document.MINUTES)
                      for person in ("social-worker", "manager", "school-1", "school-2", "gp", "health-visitor", "police",
                                     "housing"))),
    Scene(at="2027-02-01T12:00", told="F2, F3: a person lets the family's minutes go, and hands them over",
          moves=tuple(move for reference, person in _FAMILY_MINUTES for move in (
              Release(reference=reference, person=person, document=Document.MINUTES),
              HandOver(reference=reference, person=person, document=Document.MINUTES, how="at the office, on paper")))),
)  # fmt: skip

_REVIEWS: Sequence[Scene] = tuple(
    scene
    for of, convened, packs, starts in (
        (F6, "2027-01-11T10:00", "2027-02-17T14:00", "2027-02-18T14:00"),
        (F4, "2027-01-12T10:00", "2027-02-22T10:00", "2027-02-23T10:00"),
        (F1, "2027-01-13T10:00", "2027-02-23T10:30", "2027-02-24T10:00"),
        (F5, "2027-02-03T10:00", "2027-03-15T10:00", "2027-03-16T10:00"),
        (F3, "2027-02-04T10:00", "2027-03-29T10:00", "2027-03-30T10:00"),
        (F2, "2027-02-05T10:00", "2027-06-14T10:00", "2027-06-15T10:00"),
    )
    for scene in (
        Scene(at=convened, told=f"{FAMILY_OF[of]}: its review is convened", moves=(Review(of=of, reference=REVIEWS[of]),),
              release=(REVIEWS[of],)),
        Scene(at=packs, told=f"{FAMILY_OF[of]}: the review's packs go", release=(REVIEWS[of],)),
        Scene(at=starts, told=f"{FAMILY_OF[of]}: the review's date"),
    )
)


def midvale() -> str:
    """Returns Midvale's own profile: as delivered, but for the family's pack, which it switches on (A00.3)."""
    delivered = (HERE.parent / "profiles" / "sw-guide.toml").read_text(encoding="utf-8")
    before, mark, family = delivered.partition('id = "AUD-FAMILY"\n')
    given = family.replace("contents = []", 'contents = ["social-worker-report"]', 1)
    return before + mark + given


def _in_order(scenes: Iterable[Scene]) -> tuple[Scene, ...]:
    return tuple(sorted(scenes, key=lambda scene: parse_local(scene.at)))


PLAY = Play(
    command="packs demo --all",
    home="demo-all-home",
    references=(*FAMILY_OF, *REVIEWS.values()),
    opening=Scene(
        at="2025-10-20T10:00",
        told="thirteen months before: a surgery's address is confirmed for another conference, which is cancelled",
        moves=(
            Convene(files=(HERE / "families-before" / "northfold.toml",)),
            Confirm(reference=BEFORE, person="gp", how="phone", note="read back by the practice manager"),
            Cancel(reference=BEFORE, because="the family has moved away"),
        ),
    ),
    scenes=_in_order((*script.SCENES, *_NOVEMBER, *_DECEMBER, *_LATER, *_MINUTES, *_REVIEWS)),
    files={**reports.FILES, **reports_all.FILES, **on.FILES},
    opened=(F5, "mother"),
    settings={"letters": "true", "invitations": "true", "stable_seconds": "0.5"},
    profiles={"sw-guide": midvale()},
    verdicts=verdicts,
)
