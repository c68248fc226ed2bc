"""Each condition of the sending gate alone: everything open but that one is closed with its own sentence; all open is open.

Promises 9, 10 and 11 of issue 2; domain.md E and replay events 16, 17, 21, 23 and 25.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from making import (
    AFTER_PROFILE,
    AGENCY,
    ENDED,
    FATHER,
    GP,
    MOTHER,
    POLICE,
    SECRET,
    START,
    SWR,
    Timed,
    accepted,
    allowed,
    at,
    body_started,
    booking,
    case,
    claimed,
    composed,
    confirmed,
    detail,
    exclusion,
    gives,
    not_taken,
    outcome,
    paper_for,
    plan_for,
    released,
    report,
    searched,
    unfiled,
    unknown,
)
from test_gate_machine import Gate, conditions, without

from pipeline.domain import facts as f
from pipeline.domain import gate
from pipeline.domain.addresses import confirmed as sendable
from pipeline.domain.case import Case
from pipeline.domain.gate import closed_because, may_go_at
from pipeline.domain.pack import releases_missing
from pipeline.domain.people import ConferenceRef, CopyId, ExcludedFrom, ItemId, PersonId
from pipeline.domain.profile import Route
from pipeline.domain.records import Copy
from pipeline.errors import AddressNotConfirmedError

GOES = at(27, 17)  # Sun 29 Nov 09:30 is the due instant; the last office moment before it is Friday 17:00
MAREN = MOTHER.email or ""
K = CopyId("k1")
BEFORE: Sequence[Timed] = (
    confirmed(MAREN, of="mother"),
    report("r1", "sw", SWR),
    report("r2", "school", AGENCY),
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What stands before a copy is composed, what comes after, and when and how the gate is asked."""

    before: Sequence[Timed] = BEFORE
    after: Sequence[Timed] = (released("k1", "Clerk Two"),)
    house: Sequence[Timed] = ()
    now: datetime = GOES
    address: str | None = None
    who: str = "mother"
    releases_needed: int = 1
    can_send: bool = True
    contacts: dict[str, Sequence[Timed]] = field(default_factory=dict)
    held: bool = False

    def built(self) -> tuple[Case, Copy]:
        """The case and its one copy."""
        more = {"releases_needed": self.releases_needed, "can_send": self.can_send, "contacts": self.contacts}
        plan = plan_for(case(*self.before, **more), self.who, at(26, 17))  # type: ignore[arg-type]
        made: f.Fact = composed(plan, "k1")
        if self.held:
            made = f.CopyHeld(
                copy=K,
                person=plan.person,
                document=plan.document,
                issue=1,
                basis=plan.basis,
                code="proof.stamp",
                why="page 1",
                sections=composed(plan, "k1").sections,
            )
        now = case(*self.before, made, *self.after, house=self.house, **more)  # type: ignore[arg-type]
        return now, now.conference.copies[K]


ASKED_ELSEWHERE = f.DecidedElsewhere(
    conference=ConferenceRef("PM-2702-017"), person=MOTHER.id, what=f.Elsewhere.EXCLUDED, from_=(ExcludedFrom.REPORTS,)
)
OPEN = Setting()
SENT = (released("k1", "Clerk Two"), claimed("k1", MAREN), body_started("k1"))
SHARED = replace(FATHER, email="Maren@WEBMAIL.example")


def ask(setting: Setting, closed: Gate = closed_because) -> str | None:
    made, copy = setting.built()
    return closed(made, copy, setting.now, address=setting.address)


def stranger(setting: Setting, closed: Gate = closed_because) -> str | None:
    """Asks about a copy whose person the conference does not know."""
    made, copy = setting.built()
    copy.person = PersonId("nobody")
    return closed(made, copy, setting.now)


def not_entitled_but_right(setting: Setting, closed: Gate = closed_because) -> str | None:
    """Asks about a copy that holds the section of the police, as if composing had gone wrong."""
    made, copy = setting.built()
    assert copy.composed is not None
    stolen = f.Section(title="x", report=ItemId("r2"), from_page=3, to_page=4)
    copy.composed = replace(copy.composed, sections=(*copy.composed.sections, stolen))
    return closed(made, copy, setting.now)


Case_ = tuple[Setting, str, Callable[..., "str | None"]]

def held_by_its_route(setting: Setting, closed: Gate = closed_because) -> str | None:
    """Asks about a released notice that the profile never lets go by itself."""
    rules = (gives(f.Document.DECISION_NOTICE, "family", Route.HELD),)
    facts, more = (*setting.before, (ENDED, outcome())), {"profile": replace(AFTER_PROFILE, documents=rules)}
    plan = paper_for(case(*facts, **more), "mother", f.Document.DECISION_NOTICE, ENDED)  # type: ignore[arg-type]
    made = case(*facts, composed(plan, "k1"), *setting.after, **more)  # type: ignore[arg-type]
    return closed(made, made.conference.copies[K], ENDED)


CLOSED: dict[str, Case_] = {
    "the profile never lets it go by itself": (
        OPEN,
        "it never goes by itself: hand it over (`packs export`, `packs handed-over`)",
        held_by_its_route,
    ),
    "the house is stopped": (
        replace(OPEN, house=(f.SendingStopped(because="x"),)),
        "all sending is stopped (`packs resume`)",
        ask,
    ),
    "a newer report for a copy that nobody had to release": (
        replace(OPEN, who="gp", after=(report("r9", "police", AGENCY),)),
        "it is being replaced: what this person ought to have now is something else",
        ask,
    ),
    "the conference is stopped": (
        replace(OPEN, after=(*OPEN.after, f.SendingStopped(because="x"))),
        "sending for this conference is stopped (`packs resume REF`)",
        ask,
    ),
    "the conference is cancelled": (
        replace(OPEN, after=(*OPEN.after, f.ConferenceCancelled(because="x"))),
        "the conference is cancelled",
        ask,
    ),
    "the conference has ended": (
        replace(OPEN, now=START + timedelta(hours=2)),
        "the conference has ended; nothing more goes by itself",
        ask,
    ),
    "the person is unknown": (OPEN, "the person is not of this conference any more", stranger),
    "it is voided": (
        replace(OPEN, after=(*OPEN.after, f.CopyVoided(copy=K, because="x"))),
        "it was replaced or withdrawn",
        ask,
    ),
    "it is sent": (replace(OPEN, after=(*SENT, accepted("k1"))), "it was sent", ask),
    "nobody knows": (
        replace(OPEN, after=(*SENT, unknown("k1"))),
        "nobody knows whether it was sent; a person settles it (`packs settle`)",
        ask,
    ),
    "it is in hand": (replace(OPEN, after=SENT[:2]), "its sending is in hand", ask),
    "its body was begun": (replace(OPEN, after=SENT, address=MAREN), "its sending is in hand", ask),
    "it was refused by the server": (
        replace(OPEN, after=(*SENT, not_taken("k1", permanent=True)), now=GOES + timedelta(hours=2)),
        "the receiving server refused it for good; correct the address",
        ask,
    ),
    "a person refused it": (
        replace(OPEN, after=(*OPEN.after, f.CopyRefused(copy=K, by="Clerk One", because="x"))),
        "a person refused it",
        ask,
    ),
    "its proof failed": (replace(OPEN, held=True), "it did not pass its proof", ask),
    "nobody released it": (replace(OPEN, after=()), "it needs 1 more release(s) (`packs release`)", ask),
    "other bytes were released": (
        replace(OPEN, after=(released("k1", "Clerk Two", sha256="cd" * 32),)),
        "it needs 1 more release(s) (`packs release`)",
        ask,
    ),
    "one name where two are asked": (
        replace(OPEN, releases_needed=2),
        "it needs 1 more release(s) (`packs release`)",
        ask,
    ),
    "the same name twice": (
        replace(OPEN, releases_needed=2, after=(*OPEN.after, *OPEN.after)),
        "it needs 1 more release(s) (`packs release`)",
        ask,
    ),
    "the name that confirmed the address": (
        replace(OPEN, releases_needed=2, after=(*OPEN.after, released("k1", "Clerk One"))),
        "it needs 1 more release(s) (`packs release`)",
        ask,
    ),
    "the address was never confirmed": (
        replace(OPEN, before=BEFORE[1:]),
        "no confirmed address (unconfirmed): confirm it with `packs address confirm`",
        ask,
    ),
    "the address is suspended": (
        replace(OPEN, after=(*OPEN.after, f.AddressSuspended(because="x", by="y", person=MOTHER.id))),
        "no confirmed address (suspended): confirm it with `packs address confirm`",
        ask,
    ),
    "the address has expired": (
        replace(OPEN, before=(confirmed(MAREN, of="mother", until=GOES), *BEFORE[1:])),
        "no confirmed address (expired): confirm it with `packs address confirm`",
        ask,
    ),
    "the address is changed": (
        replace(OPEN, after=(*OPEN.after, f.PersonChanged(person=replace(MOTHER, email="new@webmail.example")))),
        "no confirmed address (unconfirmed): confirm it with `packs address confirm`",
        ask,
    ),
    "it was claimed for another address": (
        replace(OPEN, after=SENT[:2], address="old@webmail.example"),
        "the address changed since the sending was claimed",
        ask,
    ),
    "the person is excluded": (
        replace(OPEN, after=(*OPEN.after, f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.REPORTS)))),
        "excluded from receiving it by the chair's decision",
        ask,
    ),
    "a linked conference excluded the person": (
        replace(OPEN, after=(*OPEN.after, ASKED_ELSEWHERE)),
        "PM-2702-017 recorded something about this person that nobody has answered here (`packs agenda`)",
        ask,
    ),
    "it holds a report nobody gave them": (
        OPEN,
        "it holds something this person may no longer have",
        not_entitled_but_right,
    ),
    "a detail was found in it": (
        replace(
            OPEN,
            after=(
                *OPEN.after,
                f.DetailProtected(detail=detail("d1", "mother")),
                searched("r1", "d1", found=["d1"]),
            ),
        ),
        "it holds something this person may no longer have",
        ask,
    ),
    "its report was taken back": (
        replace(OPEN, after=(*OPEN.after, unfiled("r1"))),
        "it holds something this person may no longer have",
        ask,
    ),
    "another reads the mailbox": (
        replace(
            OPEN,
            before=(*BEFORE, f.PersonChanged(person=SHARED)),
        ),
        "its address is also father's, who may not have the same: give this person an address of their own",
        ask,
    ),
    "somebody else is excluded": (
        replace(OPEN, after=(*OPEN.after, f.ExclusionMade(exclusion=exclusion("father")))),
        "something that shaped it has changed since it was composed",
        ask,
    ),
    "the address was confirmed anew": (
        replace(OPEN, after=(*OPEN.after, confirmed(MAREN, of="mother"))),
        "something that shaped it has changed since it was composed",
        ask,
    ),
    "its time has not come": (replace(OPEN, now=GOES - timedelta(microseconds=1)), "it is not yet time", ask),
    "the last try was just now": (
        replace(
            OPEN,
            after=(SENT[0], *((GOES, fact) for fact in (*SENT[1:], not_taken("k1")))),
            now=GOES + timedelta(seconds=59),
        ),
        "it is not yet time",
        ask,
    ),
    "there is no mail server": (
        replace(OPEN, can_send=False),
        "no mail server is set for this home: name one under [smtp] in packs.toml",
        ask,
    ),
}


OPENED: dict[str, Setting] = {
    "all is well": OPEN,
    "to the last second": replace(OPEN, now=START + timedelta(hours=2) - timedelta(seconds=1)),
    "late is not never": replace(OPEN, now=at(29, 3)),
    "asked again before its body": replace(OPEN, after=SENT[:2], address=MAREN),
    "two names": replace(OPEN, releases_needed=2, after=(*OPEN.after, released("k1", "Clerk Three"))),
    "the confirmer's name where one is enough": replace(OPEN, after=(released("k1", "Clerk One"),)),
    "stopped and resumed": replace(OPEN, after=(*OPEN.after, f.SendingStopped(because="x"), f.SendingResumed())),
    "house stopped and resumed": replace(OPEN, house=(f.SendingStopped(because="x"), f.SendingResumed())),
    "a minute after the first try": replace(
        OPEN,
        after=(SENT[0], *((GOES, fact) for fact in (*SENT[1:], not_taken("k1")))),
        now=GOES + timedelta(seconds=60),
    ),
    "settled as not sent": replace(
        OPEN,
        after=(*SENT, unknown("k1"), f.SendingSettled(copy=K, attempt=1, accepted=False, by="Clerk One", because="x")),
        now=GOES + timedelta(hours=1),
    ),
    "a report filed after the release goes as a supplement": replace(
        OPEN, after=(*OPEN.after, report("r3", "sw", SWR, received_at=at(27)))
    ),
    "excluded from attending only": replace(
        OPEN, before=(*BEFORE, f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.ATTENDING)))
    ),
    "excluded from the minutes only": replace(
        OPEN, before=(*BEFORE, f.ExclusionMade(exclusion=exclusion("mother", ExcludedFrom.MINUTES)))
    ),
    "a changed telephone number": replace(
        OPEN, after=(*OPEN.after, f.PersonChanged(person=replace(MOTHER, phone="07700 900555")))
    ),
    "the chair needs no release": replace(OPEN, who="chair", after=(), now=at(27, 17)),
    "a professional needs none where nothing is restricted": replace(OPEN, who="gp", after=()),
    "a professional's released copy in a restricted conference": replace(
        OPEN, who="gp", before=(*BEFORE, f.ExclusionMade(exclusion=exclusion("father")))
    ),
}


@pytest.mark.parametrize("what", sorted(CLOSED))
def test_one_condition_alone_closes_the_gate(what: str) -> None:
    """Everything open except this: the gate is closed and says why."""
    setting, sentence, asked = CLOSED[what]
    assert asked(setting) == sentence


@pytest.mark.parametrize("what", sorted(OPENED))
def test_all_open_is_open(what: str) -> None:
    """Where every condition holds the gate says nothing."""
    assert ask(OPENED[what]) is None


@pytest.mark.parametrize("condition", conditions())
def test_each_condition_is_missed(condition: str) -> None:
    """A gate without this condition answers at least one of the cases above differently."""
    mutant = without(condition)
    assert any(_answer(asked, setting, mutant) != sentence for setting, sentence, asked in CLOSED.values())


def _answer(asked: Callable[..., str | None], setting: Setting, closed: Gate) -> str | None:
    try:
        return asked(setting, closed)
    except (KeyError, AttributeError):
        return "it broke"  # the condition also guards what comes after it


@pytest.mark.parametrize("condition", conditions())
def test_a_mutant_is_the_gate_without_its_condition(condition: str) -> None:
    """The mutants differ from the gate's source in exactly one `if`, so that their deaths mean something."""
    source = inspect.getsource(gate.closed_because)
    assert len(conditions()) == len(set(conditions())) == source.count("    if ")
    assert condition in ast.unparse(ast.parse(source))
    assert without(condition).__name__ == "closed_because"


# --- a few of them in their story ------------------------------------------------------------------------------------------


def test_a_restriction_calls_the_releaser_for_professionals_too() -> None:
    """Any exclusion, protected detail or confidential section: every copy but the chair's needs a name (promise 10)."""
    restrictions: list[Timed] = [
        f.ExclusionMade(exclusion=exclusion("father", ExcludedFrom.ATTENDING)),
        f.DetailProtected(detail=detail("d9", "father")),
        report("s1", "police", SECRET),
    ]
    for restriction in restrictions:
        for who, missing in (("gp", 1), ("mother", 1), ("chair", 0)):
            made, copy = replace(OPEN, who=who, before=(*BEFORE, restriction), after=()).built()
            assert releases_missing(made, copy) == missing, (restriction, who)
    for who, missing in (("gp", 0), ("mother", 1), ("chair", 0)):
        made, copy = replace(OPEN, who=who, after=()).built()
        assert releases_missing(made, copy) == missing


def test_a_release_given_before_a_suspension_is_gone_after_it() -> None:
    """Suspended and confirmed again, even in the same instant of a standing clock, the copy is made and released anew."""
    suspend = f.AddressSuspended(because="x", by="y", person=MOTHER.id)
    told = replace(OPEN, after=(*OPEN.after, suspend, confirmed(MAREN, of="mother")))
    assert ask(told) == "something that shaped it has changed since it was composed"


def test_an_undone_match_that_is_made_again_calls_for_a_new_copy() -> None:
    """Unfiled and filed again for the same person, the copy that held it does not go (promise 6)."""
    again = replace(OPEN, after=(*OPEN.after, unfiled("r1"), report("r1", "sw", SWR)))
    assert ask(again) == "something that shaped it has changed since it was composed"


def test_a_copy_that_lists_more_than_its_reader_may_see_does_not_go() -> None:
    """A professional's copy that lists what is awaited stays when a report comes that is withheld from them."""
    one_child = replace(GP, children=(booking().children[0].id,))
    before = (*BEFORE, f.PersonChanged(person=one_child))
    concerning_both = report("r9", "police", AGENCY)
    about_one = [replace(fact, concerns=one_child.children) if isinstance(fact, f.ReportFiled) else fact for fact in before]
    setting = replace(OPEN, who="gp", before=about_one, after=())
    assert ask(setting) is None
    assert ask(replace(setting, after=(concerning_both,))) == "something that shaped it has changed since it was composed"
    replaced = "it is being replaced: what this person ought to have now is something else"
    assert ask(replace(setting, after=(replace(concerning_both, concerns=one_child.children),))) == replaced


def test_an_older_version_in_a_copy_does_not_slip_into_a_shared_mailbox() -> None:
    """What the copy holds counts for the other reader too, also where a newer version is harmless (domain.md E)."""
    gp, police = (replace(p, email="desk@health.example", contact=GP.contact) for p in (GP, POLICE))
    people = booking().people
    both = tuple(gp if p.id == GP.id else police if p.id == POLICE.id else p for p in people)
    desk = {"gp": [confirmed("desk@health.example")]}
    known = f.DetailProtected(detail=detail("d1", "police"))
    ids = {"searched": (detail("d1").id,)}
    first = report("r1", "sw", SWR, **ids, found=(f.Finding(detail=detail("d1").id, page=1),))
    newer = report("r3", "sw", SWR, **ids, received_at=at(26))
    start = case(known, first, of=booking(both), contacts=desk)
    made = composed(plan_for(start, "gp", at(26, 17)), "k1")
    now = case(known, first, made, released("k1", "Clerk Two"), newer, of=booking(both), contacts=desk)
    why = closed_because(now, now.conference.copies[K], GOES)
    assert why == "its address is also police's, who may not have the same: give this person an address of their own"


def test_a_joint_parental_mailbox_with_one_exclusion_is_blocked() -> None:
    """Both may have the same: the joint mailbox serves; one of them excluded: it does not (replay event 21)."""
    joint = f.PersonChanged(person=replace(SHARED, children=MOTHER.children))
    assert ask(replace(OPEN, before=(*BEFORE, joint))) is None
    barred = f.ExclusionMade(exclusion=exclusion("father", ExcludedFrom.REPORTS))
    why = ask(replace(OPEN, before=(*BEFORE, joint, barred)))
    assert why is not None
    assert why.startswith("its address is also father's")


def test_one_unconfirmed_address_keeps_nobody_else() -> None:
    """The others go, that one waits (replay event 25)."""
    unsure: dict[str, Sequence[Timed]] = {"gp": ()}
    assert ask(replace(OPEN, contacts=unsure)) is None
    why = ask(replace(OPEN, who="gp", after=(), contacts=unsure))
    assert why == "no confirmed address (unconfirmed): confirm it with `packs address confirm`"


def test_an_allowance_never_passes_a_protected_detail() -> None:
    """The chair's decision opens a withheld report, but none that holds what is protected (promise 9)."""
    decided = (*BEFORE, allowed("r2", "mother"))
    made, copy = replace(OPEN, before=decided).built()
    assert set(copy.items) == {"r1", "r2"}
    assert closed_because(made, copy, GOES) is None
    late = (f.DetailProtected(detail=detail("d1", "mother")), searched("r1", "d1"), searched("r2", "d1", found=["d1"]))
    told = replace(OPEN, before=decided, after=(*OPEN.after, *late))
    assert ask(told) == "it holds something this person may no longer have"


def test_waits_between_tries_grow() -> None:
    """1, 5, 15, 30, then every 60 minutes; never before the copy's own time (mail.md section 6)."""
    tries: list[Timed] = []
    for minutes in (1, 5, 15, 30, 60, 60):
        tries.extend([(GOES, claimed("k1", MAREN)), (GOES, not_taken("k1"))])
        made, copy = replace(OPEN, after=(*OPEN.after, *tries)).built()
        assert may_go_at(made, copy) == GOES + timedelta(minutes=minutes)
    early = [(at(20), claimed("k1", MAREN)), (at(20), not_taken("k1"))]
    made, copy = replace(OPEN, after=(*OPEN.after, *early)).built()
    assert may_go_at(made, copy) == GOES


def test_only_a_confirmed_address_can_be_sent_to() -> None:
    """The type that mail takes is built only from a confirmed, unexpired standing (promise 10)."""
    made, _ = OPEN.built()
    to = sendable(made.standing(MOTHER.id), GOES)
    assert to.address == MAREN
    with pytest.raises(AddressNotConfirmedError):
        sendable(made.standing(MOTHER.id), to.expires_at)
    with pytest.raises(AddressNotConfirmedError):
        sendable(made.standing(FATHER.id), GOES)
