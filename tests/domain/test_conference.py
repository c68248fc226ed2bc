"""The folds: a conference, an item, a contact and the house from their facts. Promises 2, 5, 6, 7, 10."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from making import (
    CONVENED,
    FATHER,
    GP,
    MOTHER,
    REF,
    SCHOOL,
    SECRET,
    START,
    accepted,
    allowed,
    at,
    body_started,
    booking,
    case,
    claimed,
    composed,
    conference,
    confirmed,
    contact_facts,
    detail,
    exclusion,
    not_taken,
    plan_for,
    recorded,
    report,
    searched,
    unfiled,
    unknown,
)

from pipeline.domain import facts as f
from pipeline.domain import item as items
from pipeline.domain.addresses import AddressState, Standing, normalised
from pipeline.domain.case import fold_contact, fold_house
from pipeline.domain.conference import Conference, people_with
from pipeline.domain.fold import fold
from pipeline.domain.item import ItemState
from pipeline.domain.people import BlobId, CopyId, DetailId, ItemId, PersonId, Role
from pipeline.domain.records import Copy

MAREN = MOTHER.email or ""


def test_nothing_is_folded_without_its_first_fact() -> None:
    """A stream that does not begin with the convening, receipt or making is nothing at all."""
    stray = f.ConferenceCancelled(because="x")
    assert fold([]) is None
    assert fold(recorded("conference:x", [stray])) is None
    assert items.fold([]) is None
    assert items.fold(recorded("item:x", [stray])) is None
    assert fold_contact(recorded("contact:x", [stray])) is None


def test_a_booking_is_the_beginning() -> None:
    """People, exclusions, details and who was asked when come from the booking and its instant."""
    made = conference(of=booking(exclusions=(exclusion("father"),), protected=(detail("d1", "father"),)))
    assert list(made.people) == ["chair", "sw", "school", "gp", "police", "mother", "father"]
    assert made.asked_at == {PersonId(p): CONVENED for p in ("sw", "school", "gp", "police")}
    assert made.restricted()
    assert not conference().restricted()
    assert made.chair is not None
    assert made.chair.role is Role.CHAIR
    assert made.end_at == START + timedelta(hours=2)
    assert [p.id for p in people_with(made, [FATHER.id, GP.id, PersonId("nobody")])] == ["gp", "father"]


def test_moving_and_ending() -> None:
    """A moved conference ends its slot after the new start; a cancelled or stopped one says why."""
    moved = conference(f.ConferenceMoved(start_at=at(27), because="chair ill"))
    assert (moved.start_at, moved.end_at) == (at(27), at(27, 11))
    assert conference(f.ConferenceCancelled(because="closed")).cancelled == "closed"
    stopped, resumed = f.SendingStopped(because="wait"), f.SendingResumed()
    assert conference(stopped).stopped == "wait"
    assert conference(stopped, resumed).stopped is None


def test_being_asked_later_has_its_own_instant() -> None:
    """Someone asked later was asked then; one no longer asked was not asked; who stays asked keeps the first instant."""
    late = replace(GP, id=PersonId("gp2"))
    made = conference((at(29), f.PersonAdded(person=late)))
    assert made.asked_at[late.id] == at(29)
    dropped = f.PersonChanged(person=replace(GP, asked_for_report=False))
    assert GP.id not in conference(dropped).asked_at
    assert conference((at(27), f.PersonChanged(person=replace(GP, phone="01632 960111")))).asked_at[GP.id] == CONVENED
    assert conference((at(27), dropped), (at(28), f.PersonChanged(person=GP))).asked_at[GP.id] == at(28)


# --- addresses ---------------------------------------------------------------------------------------------------------


def of_mother(made: Conference) -> Standing:
    return made.family_addresses[MOTHER.id]


def test_a_family_address_is_confirmed_in_its_conference() -> None:
    """Unconfirmed when booked, confirmed until just before it expires, suspended at once, confirmed anew."""
    assert of_mother(conference()).state(at(20)) is AddressState.UNCONFIRMED
    yes = (at(17), confirmed(MAREN, of="mother", until=at(28)))
    assert of_mother(conference(yes)).state(at(28) - timedelta(microseconds=1)) is AddressState.CONFIRMED
    assert of_mother(conference(yes)).state(at(28)) is AddressState.EXPIRED
    no = f.AddressSuspended(because="bounced", by="Clerk One", person=MOTHER.id)
    assert of_mother(conference(yes, no)).state(at(20)) is AddressState.SUSPENDED
    assert of_mother(conference(no)).state(at(20)) is AddressState.SUSPENDED
    assert of_mother(conference(yes, no, yes)).state(at(20)) is AddressState.CONFIRMED


def test_changing_an_address_unconfirms_it_also_there_and_back() -> None:
    """A changed address is unconfirmed, one changed back as well; a changed telephone number changes nothing."""
    yes = confirmed(MAREN, of="mother")
    other = f.PersonChanged(person=replace(MOTHER, email="new@webmail.example"))
    back = f.PersonChanged(person=MOTHER)
    assert of_mother(conference(yes, other)).state(at(20)) is AddressState.UNCONFIRMED
    assert of_mother(conference(yes, other, back)).state(at(20)) is AddressState.UNCONFIRMED
    ring = f.PersonChanged(person=replace(MOTHER, phone="07700 900555"))
    assert of_mother(conference(yes, ring)).state(at(20)) is AddressState.CONFIRMED
    gone = f.PersonChanged(person=replace(MOTHER, email=None))
    assert of_mother(conference(yes, gone)).state(at(20)) is AddressState.NONE


def test_a_confirmation_of_another_address_confirms_nothing() -> None:
    """A confirmation holds for the address it names, not for the one that is there now."""
    stale = confirmed("old@webmail.example", of="mother")
    assert of_mother(conference(stale)).state(at(20)) is AddressState.UNCONFIRMED
    assert of_mother(conference(confirmed("maren@WEBMAIL.example", of="mother"))).state(at(20)) is AddressState.CONFIRMED
    assert of_mother(conference(confirmed("Maren@webmail.example", of="mother"))).state(at(20)) is AddressState.UNCONFIRMED


def test_someone_who_becomes_family_has_an_address_to_confirm() -> None:
    """A person booked as a professional and corrected to family keeps the address, unconfirmed, in the conference."""
    made = conference(f.PersonChanged(person=replace(GP, role=Role.CARER, contact=None)))
    assert made.family_addresses[GP.id].address == GP.email
    assert made.family_addresses[GP.id].state(at(20)) is AddressState.UNCONFIRMED
    back = conference(
        confirmed(MAREN, of="mother"),
        f.PersonChanged(person=replace(MOTHER, role=Role.ADVOCATE)),
        f.PersonChanged(person=MOTHER),
    )
    assert of_mother(back).state(at(20)) is AddressState.UNCONFIRMED


@given(st.lists(st.sampled_from(["confirm", "suspend", "change", "back"]), max_size=6))
def test_no_standing_of_an_address_comes_twice(steps: list[str]) -> None:
    """After anything that happened to an address its standing differs from all before, even on a clock that stands still."""
    facts: list[f.Fact] = []
    seen = {repr(of_mother(conference()))}
    for step in steps:
        now = of_mother(conference(*facts)).address or ""
        fact: f.Fact
        match step:
            case "confirm":
                fact = confirmed(now, of="mother")
            case "suspend":
                fact = f.AddressSuspended(because="x", by="y", person=MOTHER.id)
            case _:
                email = MAREN if step == "back" else "new@webmail.example"
                if email == now:
                    continue
                fact = f.PersonChanged(person=replace(MOTHER, email=email))
        facts.append(fact)
        standing = repr(of_mother(conference(*facts)))
        assert standing not in seen
        seen.add(standing)


def test_a_contact_is_shared_and_its_address_never_altered() -> None:
    """An agency's contact is made unconfirmed, with its domain in lower case; confirmed and suspended in its own stream."""
    upper = replace(GP, email="Surgery@GP.example")
    made = fold_contact(contact_facts(upper))
    assert made is not None
    assert made.standing.address == "Surgery@gp.example" == normalised(" Surgery@GP.EXAMPLE ")
    assert made.standing.state(at(20)) is AddressState.UNCONFIRMED
    yes = confirmed("Surgery@gp.example")
    sure = fold_contact(contact_facts(upper, yes))
    assert sure is not None
    assert sure.standing.state(at(20)) is AddressState.CONFIRMED
    off = fold_contact(contact_facts(upper, yes, f.AddressSuspended(because="x", by="y")))
    assert off is not None
    assert off.standing.state(at(20)) is AddressState.SUSPENDED


def test_whose_standing_counts() -> None:
    """A family member's address is the conference's; anyone else's is the contact's, and none without a contact."""
    assert case().standing(GP.id).state(at(20)) is AddressState.CONFIRMED
    assert case().standing(MOTHER.id).state(at(20)) is AddressState.UNCONFIRMED
    lonely = case(f.PersonChanged(person=replace(GP, contact=None)))
    assert lonely.standing(GP.id).state(at(20)) is AddressState.NONE


def test_the_house_stops_and_resumes() -> None:
    """The house is stopped from the stop to the resume, and lists how its rehearsal clock was set."""
    stop = f.SendingStopped(because="breach")
    clock = f.ClockSet(to=at(20), real_at=at(1))
    assert fold_house(recorded("house:main", [stop])).stopped == "breach"
    house = fold_house(recorded("house:main", [stop, f.SendingResumed(), clock]))
    assert house.stopped is None
    assert house.clock_settings == [clock]


# --- reports -----------------------------------------------------------------------------------------------------------


def test_a_newer_version_supersedes_and_both_are_kept() -> None:
    """The newest version is what packs are made of; the older stays filed (replay event 6)."""
    made = conference(report("v1", "school"), report("v2", "school", received_at=at(28, 8)))
    assert [[r.item for r in group] for group in made.versions(SCHOOL.id)] == [["v1"], ["v2"]]
    assert [r.item for r in made.latest()] == ["v2"]
    assert [r.item for r in made.filed()] == ["v1", "v2"]


def test_a_version_that_a_person_files_late_is_not_the_newest_for_that() -> None:
    """An older version that was held, and resolved after a newer one was filed, does not supersede it."""
    made = conference(
        (at(28, 9), report("v2", "school", received_at=at(28, 8))),
        (at(28, 10), report("v1", "school", received_at=at(26, 8))),
    )
    assert [r.item for r in made.latest()] == ["v2"]


def test_the_parts_of_one_mail_are_one_version() -> None:
    """Two attachments of one e-mail stand together, and together they are superseded."""
    parts = [report(i, "school", group=ItemId("mail")) for i in ("a", "b")]
    assert [r.item for r in conference(*parts).latest()] == ["a", "b"]
    newer = report("c", "school", received_at=at(26))
    assert [r.item for r in conference(*parts, newer).latest()] == ["c"]


def test_a_confidential_section_is_no_version_and_never_superseded() -> None:
    """A confidential section stands beside the report and beside other sections; it makes every copy a person's matter."""
    made = conference(report("r", "police"), report("s1", "police", SECRET), report("s2", "police", SECRET))
    assert [r.item for r in made.latest()] == ["r", "s1", "s2"]
    assert [[r.item for r in group] for group in made.versions(PersonId("police"))] == [["r"]]
    assert made.restricted()
    gone = conference(report("s1", "police", SECRET), unfiled("s1"))
    assert not gone.restricted()


def test_unfiling_takes_a_report_out_and_keeps_it() -> None:
    """The version before counts again, the record stays, and filed anew it stands where it then belongs."""
    made = conference(report("v1", "school"), report("v2", "school", received_at=at(26)), unfiled("v2"))
    assert [r.item for r in made.latest()] == ["v1"]
    assert made.reports[ItemId("v2")].unfiled
    again = conference(report("x", "school"), unfiled("x"), report("x", "gp"))
    assert again.filed(SCHOOL.id) == []
    assert [r.item for r in again.filed(GP.id)] == ["x"]


def test_a_decision_about_a_filing_ends_with_it() -> None:
    """What the chair allowed of a wrongly filed report is not allowed when it is filed anew."""
    made = conference(report("x", "police", SECRET), allowed("x", "gp"), unfiled("x"), report("x", "police", SECRET))
    assert made.allowed == {}


def test_a_nil_return_stands_until_a_report_replaces_it_in_the_view() -> None:
    """Filing a confidential section, or a filing that is undone, does not lose a recorded nil return (A00.15)."""
    nil = f.NilReturnRecorded(person=GP.id, by="Clerk One", because="not known")
    assert GP.id in conference(nil, report("s", "gp", SECRET)).nil_returns
    assert GP.id in conference(nil, report("x", "gp"), unfiled("x")).nil_returns


def test_searches_judgements_repeats_and_corrections_gather_on_the_report() -> None:
    """Each later fact about a report is kept with it, none replaces another."""
    judged = f.ReportJudged(
        item=ItemId("r"), verdict=f.Verdict.LATE, received_at=at(25), due_at=None, late_by_seconds=1, rule=None
    )
    made = conference(
        report("r", "gp", searched=(DetailId("d0"),)),
        searched("r", "d1", "d2", found=["d2"]),
        judged,
        replace(judged, verdict=f.Verdict.ON_TIME),
        f.ReportRepeated(item=ItemId("again"), of=ItemId("r")),
        f.ReceiptCorrected(item=ItemId("r"), received_at=at(24), because="mailbox", by="Clerk One"),
    )
    found = made.reports[ItemId("r")]
    assert found.searched == {"d0", "d1", "d2"}
    assert {x.detail for x in found.found} == {"d2"}
    assert [j.verdict for j in found.judgements] == [f.Verdict.LATE, f.Verdict.ON_TIME]
    assert found.repeats == ["again"]
    assert (found.received_at, found.received_by_person) == (at(24), True)
    assert found.filed.received_at == at(25)


def test_a_passphrase_is_made_once() -> None:
    """The first words of a person for a conference stay."""
    made = conference(f.PassphraseMade(person=GP.id, words="one two"), f.PassphraseMade(person=GP.id, words="three"))
    assert made.passphrases == {GP.id: "one two"}


# --- copies ------------------------------------------------------------------------------------------------------------


def copy_after(*facts: f.Fact) -> Copy:
    plan = plan_for(case(report("r", "sw")), "chair", at(27))
    return conference(report("r", "sw"), composed(plan, "k1"), *facts).copies[CopyId("k1")]


def test_the_states_of_a_sending() -> None:
    """Claimed, body begun, accepted, not taken, refused for good, unknown: each with what can still be done about it."""
    claim, mark = claimed("k1", "chair@chair.example"), body_started("k1")
    assert copy_after().live
    taken = copy_after(claim)
    assert (taken.in_hand, taken.gone, taken.live) == (True, False, True)
    begun = copy_after(claim, mark)
    assert (begun.in_hand, begun.gone, begun.live) == (True, True, False)
    sent = copy_after(claim, mark, accepted("k1"))
    assert (sent.in_hand, sent.gone, sent.live, sent.failed) == (False, True, False, False)
    later = copy_after(claim, mark, not_taken("k1"))
    assert (later.in_hand, later.gone, later.live, later.failed) == (False, False, True, False)
    never = copy_after(claim, mark, not_taken("k1", permanent=True))
    assert (never.live, never.failed, never.gone) == (False, True, False)
    lost = copy_after(claim, mark, unknown("k1"))
    assert (lost.gone, lost.live, lost.in_hand) == (True, False, False)


def test_the_servers_word_wins_over_a_doubt() -> None:
    """Acceptance after an unknown settles it; nothing that comes after an acceptance takes it back."""
    claim, mark = claimed("k1", "chair@chair.example"), body_started("k1")
    assert copy_after(claim, mark, unknown("k1"), accepted("k1")).unknown is None
    after = copy_after(claim, mark, accepted("k1"), unknown("k1"), not_taken("k1", permanent=True))
    assert after.accepted is not None
    assert after.unknown is None
    assert not after.failed


def test_a_person_settles_an_unknown_sending() -> None:
    """Settled as sent it is sent; settled as not sent it may be tried again."""
    claim, mark = claimed("k1", "chair@chair.example"), body_started("k1")
    settled = f.SendingSettled(copy=CopyId("k1"), attempt=1, accepted=True, by="Clerk One", because="rang")
    assert copy_after(claim, mark, unknown("k1"), settled).accepted is not None
    again = copy_after(claim, mark, unknown("k1"), replace(settled, accepted=False))
    assert (again.live, again.in_hand, again.unknown, len(again.not_taken)) == (True, False, None, 1)


def test_a_fact_about_a_copy_nobody_knows_is_ignored() -> None:
    """A stray fact of another copy changes nothing."""
    assert conference(f.CopyVoided(copy=CopyId("k9"), because="x")).copies == {}


# --- items -------------------------------------------------------------------------------------------------------------

RECEIVED = f.ItemReceived(
    route="inbox", received_at=at(25), sha256="00", size_bytes=1, blob=BlobId("b"), name="report.docx"
)
FILED = f.ItemFiled(conference=REF, person=GP.id)


def item_after(*facts: f.Fact) -> items.Item:
    made = items.fold(recorded("item:i1", [RECEIVED, *facts]))
    assert made is not None
    return made


def test_an_item_ends_in_a_state_that_is_shown() -> None:
    """Each fact leads to its state; unfiled it waits for a person again, retried it is received again."""
    held = f.ItemHeld(code="no-agency", why=("x",))
    resolved = f.ItemResolved(conference=REF, person=GP.id, by="Clerk One")
    repeated = f.ItemRepeated(of=ItemId("i0"), conference=REF, person=GP.id)
    opened = f.MessageOpened(sender="a@b.example", subject="s", message_id="<1>", parts=())
    dismissed = f.ItemDismissed(because="advert", by="Clerk One")
    assert item_after().state is ItemState.RECEIVED
    assert item_after(f.ItemScreened(kind="docx")).state is ItemState.RECEIVED
    assert item_after(opened).state is ItemState.OPENED
    assert item_after(held).state is ItemState.HELD
    assert item_after(held, resolved).state is ItemState.RESOLVED
    assert item_after(held, dismissed).state is ItemState.DISMISSED
    assert item_after(FILED).state is ItemState.FILED
    assert item_after(repeated).state is ItemState.REPEATED
    assert item_after(held, f.RetryAsked(by="x", because="y")).state is ItemState.RECEIVED
    undone = item_after(resolved, FILED, f.ItemUnfiled(because="wrong", by="Clerk One"))
    assert (undone.state, undone.filed, undone.resolved) == (ItemState.HELD, None, None)


def test_a_corrected_receipt_keeps_both_instants() -> None:
    """The recorded mailbox time rules, first sight stays (A00.1)."""
    made = item_after(f.ReceiptCorrected(item=ItemId("i1"), received_at=at(24), because="mailbox", by="Clerk One"))
    assert (made.received_at, made.received.received_at) == (at(24), at(25))
