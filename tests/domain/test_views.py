"""What people are shown: reports, documents, held items, addresses, explanations, and screening (promises 6, 7, 9, 10, 12)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import (
    FATHER,
    GP,
    MOTHER,
    REF,
    SECRET,
    START,
    SWR,
    Timed,
    accepted,
    at,
    body_started,
    case,
    claimed,
    composed,
    confirmed,
    detail,
    exclusion,
    not_taken,
    plan_for,
    recorded,
    released,
    report,
    searched,
    unfiled,
    unknown,
)
from test_agenda import stories

from pipeline.domain import facts as f
from pipeline.domain import item as items
from pipeline.domain.case import Case
from pipeline.domain.explain import explain
from pipeline.domain.judgement import judge
from pipeline.domain.people import BlobId, CopyId, ItemId, PersonId
from pipeline.domain.screening import Accept, Quarantine, screen
from pipeline.domain.views import addresses_view, copy_state, documents_view, held_view, reports_view

DUE = START - timedelta(hours=48)
NOW, GOES = at(26, 17), at(27, 17)
MAREN = MOTHER.email or ""
SURE = confirmed(MAREN, of="mother")
K = CopyId("k1")
STATES = {"waiting", "composed", "held", "released", "sending", "accepted", "unknown", "failed", "cancelled"}


def row(rows: Sequence[dict[str, Any]], person: str) -> dict[str, Any]:
    return next(r for r in rows if r["person"] == person)


EARLY = at(20)


def of(person: str, *facts: Timed, now: datetime = EARLY) -> dict[str, Any]:
    return row(reports_view(case(*facts), now), person)


# --- reports (promise 7) -----------------------------------------------------------------------------------------------


def judged(item: str, *facts: Timed) -> Timed:
    made = case(*facts)
    return judge(made.conference, made.profile, made.calendar, made.conference.reports[ItemId(item)])


def test_one_row_for_each_person_asked() -> None:
    """In the order of the booking, with when they were asked and when it is due; nobody else has one."""
    rows = reports_view(case(), at(20))
    assert [r["person"] for r in rows] == ["sw", "school", "gp", "police"]
    first = rows[0]
    wanted = {"state": "awaited", "verdict": None, "due_at": "2026-11-28T09:30:00+00:00", "received_at": None, "sha256": None}
    assert {k: first[k] for k in wanted} == wanted
    assert first["asked_at"] == "2026-11-16T09:00:00+00:00"
    assert first["version"] is None
    json.dumps(rows)


@pytest.mark.parametrize(
    ("facts", "now", "state"),
    [
        ((), DUE, "awaited"),
        ((), DUE + timedelta(seconds=1), "missing"),
        ((f.NilReturnRecorded(person=GP.id, by="x", because="y"),), DUE + timedelta(days=1), "nil-return"),
        ((f.ApologyRecorded(person=GP.id, by="x", because="y"),), DUE + timedelta(days=1), "apology"),
        ((report("r", "gp"),), at(20), "received"),
        ((f.NilReturnRecorded(person=GP.id, by="x", because="y"), report("r", "gp")), at(20), "received"),
        ((report("r", "gp"), unfiled("r")), at(20), "awaited"),
        ((f.NilReturnRecorded(person=GP.id, by="x", because="y"), report("r", "gp"), unfiled("r")), at(20), "nil-return"),
        ((f.NilReturnRecorded(person=GP.id, by="x", because="y"), report("c", "gp", SECRET)), at(20), "nil-return"),
        ((report("c", "gp", SECRET),), at(20), "awaited"),
    ],
)
def test_the_state_of_a_report(facts: Sequence[Timed], now: datetime, state: str) -> None:
    """Awaited to the due second, then missing; a nil return and an apology are states of their own (A00.15)."""
    assert of("gp", *facts, now=now)["state"] == state


def test_someone_asked_after_the_due_instant_is_not_missing_before_the_start() -> None:
    """Asked too late, the report is awaited until the conference begins."""
    late = (DUE + timedelta(hours=1), f.PersonAdded(person=replace(GP, id=PersonId("gp2"))))
    assert of("gp2", late, now=START)["state"] == "awaited"
    assert of("gp2", late, now=START + timedelta(seconds=1))["state"] == "missing"


def test_the_latest_version_with_the_older_ones_in_versions() -> None:
    """One object per person: the newest version's instants and hash, older ones in `versions`."""
    late = DUE + timedelta(seconds=1)
    facts: list[Timed] = [report("v1", "school", received_at=at(26)), report("v2", "school", received_at=late)]
    facts = [*facts, judged("v1", *facts), judged("v2", *facts)]
    found = of("school", *facts)
    assert (found["version"], found["verdict"], found["late_by_seconds"]) == (2, "late", 1)
    assert (found["item"], found["received_at"]) == ("v2", "2026-11-28T09:30:01+00:00")
    assert [(v["version"], v["item"], v["verdict"]) for v in found["versions"]] == [(1, "v1", "on-time")]
    assert found["sha256"] != found["versions"][0]["sha256"]


def test_a_version_of_two_parts_is_as_late_as_its_last() -> None:
    """The parts of one e-mail are one version; its findings and pages are those of all parts."""
    known = {"searched": (detail("d1").id,), "group": ItemId("mail")}
    hit = (f.Finding(detail=detail("d1").id, page=2),)
    facts: list[Timed] = [
        f.DetailProtected(detail=detail("d1", "father")),
        report("a", "school", received_at=at(27), **known, found=hit),
        report("b", "school", received_at=at(28, 10), **known),
    ]
    facts = [*facts, judged("a", *facts), judged("b", *facts)]
    found = of("school", *facts)
    assert (found["version"], found["late_by_seconds"], found["pages"], found["found"]) == (1, 1800, 4, ["d1"])
    assert [part["item"] for part in found["parts"]] == ["a", "b"]


def test_what_else_a_row_tells() -> None:
    """Repeats are counted, confidential sections listed apart, every judgement kept, our outage shown."""
    facts: list[Timed] = [
        report("r", "gp", received_at=at(28, 10), earliest_at=at(27)),
        report("c", "gp", SECRET),
        f.ReportRepeated(item=ItemId("r2"), of=ItemId("r")),
    ]
    facts.append(judged("r", *facts))
    found = of("gp", *facts)
    assert (found["repeats"], [c["item"] for c in found["confidential"]]) == (1, ["c"])
    assert (found["verdict"], found["our_outage"], found["earliest_received_at"]) == ("on-time", True, "2026-11-27T09:00:00+00:00")
    assert [j["verdict"] for j in found["judgements"]] == ["on-time"]


# --- documents (promise 9) ---------------------------------------------------------------------------------------------


def of_copy(*after: Timed, who: str = "mother", before: Sequence[Timed] = (SURE, report("r1", "sw", SWR)), **more: Any) -> Case:
    return case(*before, composed(plan_for(case(*before), who, NOW), "k1"), *after, **more)


RELEASED = released("k1", "Clerk Two")
CLAIMED = (RELEASED, claimed("k1", MAREN))
BEGUN = (*CLAIMED, body_started("k1"))


@pytest.mark.parametrize(
    ("after", "now", "state"),
    [
        ((), NOW, "composed"),
        ((RELEASED,), NOW, "released"),
        (CLAIMED, GOES, "sending"),
        (BEGUN, GOES, "sending"),
        ((*BEGUN, accepted("k1")), GOES, "accepted"),
        ((*BEGUN, unknown("k1")), GOES, "unknown"),
        ((*BEGUN, (GOES, not_taken("k1"))), GOES, "released"),
        ((*BEGUN, not_taken("k1", permanent=True)), GOES, "failed"),
        ((f.CopyVoided(copy=K, because="x"),), NOW, "cancelled"),
        ((RELEASED, f.ConferenceCancelled(because="x")), NOW, "cancelled"),
        ((f.CopyRefused(copy=K, by="x", because="y"),), NOW, "held"),
        ((RELEASED, f.AddressSuspended(because="x", by="y", person=MOTHER.id)), NOW, "cancelled"),
        ((RELEASED, f.SendingStopped(because="x")), GOES, "released"),
    ],
)
def test_the_states_of_a_copy(after: Sequence[Timed], now: datetime, state: str) -> None:
    """The contract's words, each with why where that says more."""
    made = of_copy(*after)
    found, why = copy_state(made, made.conference.copies[K], now)
    assert found == state
    assert (why is None) is (state in {"accepted", "sending"})


def test_a_suspended_or_expired_address_makes_a_pack_wait() -> None:
    """The copy for a suspended address is withdrawn and its successor waits; one whose address expired waits itself."""
    off = of_copy(RELEASED, f.AddressSuspended(because="x", by="y", person=MOTHER.id))
    rows = [r for r in documents_view(off, NOW) if r["person"] == "mother"]
    assert [r["state"] for r in rows] == ["cancelled", "waiting"]
    old = of_copy(RELEASED, before=(confirmed(MAREN, of="mother", until=at(27)), report("r1", "sw", SWR)))
    assert copy_state(old, old.conference.copies[K], GOES)[0] == "waiting"


def test_a_copy_that_needs_no_release_goes_straight_to_released() -> None:
    """The chair's copy is released when it is composed, and says when it goes (promise 9)."""
    made = of_copy(who="chair")
    assert copy_state(made, made.conference.copies[K], NOW) == ("released", "goes Fri 27 Nov 2026 17:00 GMT")


def test_without_a_mail_server_documents_stay_released_with_why() -> None:
    """A real home without an SMTP server sends nothing and says so (promise 11)."""
    made = of_copy(RELEASED, can_send=False)
    state, why = copy_state(made, made.conference.copies[K], GOES)
    assert state == "released"
    assert "mail server" in (why or "")


def test_the_first_of_two_names_leaves_it_composed() -> None:
    """With two names asked the first leaves it composed, with how many are missing (promise 10)."""
    made = of_copy(RELEASED, releases_needed=2)
    assert copy_state(made, made.conference.copies[K], NOW) == ("composed", "needs 1 more release; 1 given")


def test_rows_of_what_is_still_to_be_made() -> None:
    """A person whose copy is not composed, or has no confirmed address, waits, and the row says which."""
    rows = documents_view(case(report("r1", "sw", SWR)), at(20))
    assert row(rows, "mother")["state"] == "waiting"
    assert "no confirmed address" in row(rows, "mother")["why"]
    assert row(rows, "chair")["why"] == "not composed yet: it is made Thu 26 Nov 2026 17:00 GMT"
    assert row(documents_view(case(), NOW), "chair")["why"] == "not composed yet: it is due now"
    gone = documents_view(case(f.ConferenceCancelled(because="x")), NOW)
    assert {r["state"] for r in gone} == {"cancelled"}


def test_a_row_tells_where_everything_is() -> None:
    """Sections with their pages, hash, when and where to it was sent, what was left out."""
    barred = f.DetailProtected(detail=detail("d1", "mother"))
    clean = report("r2", "sw", SWR, received_at=at(25, 10), searched=(detail("d1").id,))
    before = (SURE, report("r1", "sw", SWR), barred, searched("r1", "d1", found=["d1"]), clean)
    made = of_copy((GOES, RELEASED), (GOES, CLAIMED[1]), (GOES, BEGUN[2]), (GOES, accepted("k1")), before=before)
    found = row(documents_view(made, GOES), "mother")
    assert (found["document"], found["issue"], found["state"], found["pages"]) == ("pack", 1, "accepted", 4)
    assert found["sections"] == [{"title": "Report 1", "report": "r2", "from_page": 3, "to_page": 4}]
    assert (found["sent_at"], found["to"]) == ("2026-11-27T17:00:00+00:00", MAREN)
    assert found["sha256"] == "ab" * 32
    held = of_copy(report("c", "police", SECRET), who="gp")
    assert row(documents_view(held, NOW), "gp")["copy"] == "k1"


@settings(max_examples=60)
@given(stories(), st.sampled_from([at(20), NOW, GOES, at(29), START + timedelta(hours=3)]))
def test_every_row_is_in_a_known_state_and_unique(facts: list[Timed], now: datetime) -> None:
    """Person × document × issue is unique, oldest issue first, states are the contract's, and all is plain JSON."""
    made = case(*facts)
    rows: list[dict[str, Any]] = documents_view(made, now)
    keys = [(r["person"], r["document"], r["issue"]) for r in rows]
    assert len(keys) == len(set(keys))
    for person, document in {key[:2] for key in keys}:
        issues = [issue for p, d, issue in keys if (p, d) == (person, document)]
        assert issues == sorted(issues)
    assert {r["state"] for r in rows} <= STATES
    assert all(r["why"] for r in rows if r["state"] in {"waiting", "held", "composed", "failed", "unknown", "cancelled"})
    assert all((r["sent_at"] is not None) is (r["state"] == "accepted") for r in rows)
    json.dumps([rows, reports_view(made, now), addresses_view(made, now)])


# --- addresses, held items, words ---------------------------------------------------------------------------------------


def test_the_addresses_of_a_conference() -> None:
    """Everyone's address with its state; a family member's is not shared with other conferences."""
    rows: list[dict[str, Any]] = addresses_view(case(SURE, contacts={"gp": ()}), at(20))
    assert len(rows) == 7
    assert (row(rows, "mother")["state"], row(rows, "mother")["shared"]) == ("confirmed", False)
    assert (row(rows, "gp")["state"], row(rows, "gp")["shared"]) == ("unconfirmed", True)
    assert row(rows, "father")["method"] is None


def test_held_lists_only_what_waits_for_a_person() -> None:
    """Item, receipt, from whom, why, candidates and the next step; filed and dismissed items are not in it."""
    received = f.ItemReceived(route="inbox", received_at=at(25), sha256="00", size_bytes=1, blob=BlobId("b"), name="x.docx")
    held = f.ItemHeld(
        code="several-people",
        why=("one", "two"),
        candidates=(f.Candidate(conference=REF, person=GP.id, because="fits by title"),),
    )

    def item(id_: str, *facts: f.Fact) -> items.Item:
        made = items.fold(recorded(f"item:{id_}", [received, *facts]))
        assert made is not None
        return made

    rows = held_view([item("i1", held), item("i2", held, f.ItemDismissed(because="x", by="y")), item("i3")])
    assert [r["item"] for r in rows] == ["i1"]
    assert {k: rows[0][k] for k in ("received_at", "from", "why", "candidates")} == {
        "received_at": "2026-11-25T09:00:00+00:00",
        "from": "dropped in the inbox",
        "why": "one; two",
        "candidates": [{"conference": REF, "person": "gp", "why": "fits by title"}],
    }
    assert "packs resolve" in str(rows[0]["next_step"]) and "packs response" not in str(rows[0]["next_step"])
    (told,) = held_view([item("i1", held)], {REF})
    assert "packs resolve" in str(told["next_step"]) and "packs response" in str(told["next_step"])


def test_an_explanation_says_what_when_why_and_what_not() -> None:
    """What was sent, when, to where, who released it, why they were entitled, and what they did not get and why."""
    before = (SURE, report("r1", "sw", SWR), report("r2", "gp"))
    made = of_copy((GOES, RELEASED), (GOES, CLAIMED[1]), (GOES, BEGUN[2]), (GOES, accepted("k1")), before=before)
    said = "\n".join(explain(made, MOTHER.id, GOES, lambda _seq: made))
    for words in (
        f"Pack, issue 1: sent Fri 27 Nov 2026 17:00 GMT to {MAREN}",
        "Released Fri 27 Nov 2026 17:00 GMT by Clerk Two",
        "Pages 3 to 4: r1 (from sw): social-worker-report goes to parent",
        "Left out: r2 (from gp): the profile does not give agency-report to parent",
    ):
        assert words in said
    excluded = case(f.ExclusionMade(exclusion=exclusion("father")))
    nothing = explain(excluded, FATHER.id, GOES, lambda _seq: excluded)
    assert "Nothing was sent to this person." in nothing
    assert any(line.startswith("Excluded from all: risk (decided by the chair)") for line in nothing)
    assert any(line.startswith("Gets no papers now") for line in nothing)


@pytest.mark.parametrize("code", ["empty", "password", "macros", "bomb", "disagrees", "damaged", "kind", "something new"])
def test_trouble_keeps_a_file_closed(code: str) -> None:
    """The most serious trouble decides; each has a sentence and a next step, also one nobody has heard of."""
    found = screen([code, "kind"])
    assert isinstance(found, Quarantine)
    assert (found.code, bool(found.why), bool(found.next_step)) == (code, True, True)
    assert screen([]) == Accept()
