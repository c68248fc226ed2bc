"""What a booking must say: ids without names, texts that can be used, and dates that can be true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.booking import (
    Path,
    booking_findings,
    booking_from,
    person_findings,
    reference_or_id_problem,
)
from pipeline.domain.booking_draft import (
    BookingDraft,
    ChildDraft,
    ConsultationDraft,
    DiscussionDraft,
    ExclusionDraft,
    PersonDraft,
    PreviousDraft,
    ProtectedDraft,
    SessionDraft,
)
from pipeline.domain.opaque import holds_name, words_of, words_of_decider
from pipeline.domain.people import Advocacy, Category, ConferenceType, Decided, DetailKind, ExcludedFrom, Role
from pipeline.domain.written import detail_problem, email_problem, name_problem, phone_problem, text_problem, tidied

CHILD = ChildDraft(id="c1", name="Tobin Quillfeather", born_on=date(2019, 3, 4))
CHAIR = PersonDraft(id="chair", name="Rosalind Tarrow", role=Role.CHAIR)
MOTHER = PersonDraft(id="mother", name="Maren Quillfeather", role=Role.PARENT)
DRAFT = BookingDraft(
    profile="portsmouth",
    type=ConferenceType.INITIAL,
    start="2026-11-30T09:30",
    child=(CHILD,),
    person=(CHAIR, MOTHER),
)


def found(draft: BookingDraft) -> list[tuple[str | int, ...]]:
    """Returns the places of all findings."""
    return [finding.path for finding in booking_findings(draft, ["portsmouth"])]


def test_a_faultless_draft_makes_a_booking_with_defaults() -> None:
    """Slot, links and the numbers of details are filled in where the booking leaves them out."""
    protected = ProtectedDraft(detail="14 Tern Court", from_=("mother",))
    draft = replace(DRAFT, protected=(protected, replace(protected, kind=DetailKind.ADDRESS)))
    assert found(draft) == []
    booking = booking_from(draft)
    assert booking.start_at == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    assert booking.slot_minutes == 120
    assert [person.children for person in booking.people] == [("c1",), ("c1",)]
    assert [(detail.id, detail.kind) for detail in booking.protected] == [("d1", "other"), ("d2", "address")]


def test_summer_time_is_an_hour_before_greenwich() -> None:
    """A start in July is converted from British Summer Time."""
    draft = replace(DRAFT, start="2026-07-01T09:30", strategy_discussion=(DiscussionDraft(at="2026-06-20T10:00:30"),))
    booking = booking_from(draft)
    assert booking.start_at == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    assert booking.strategy_discussions[0].at == datetime(2026, 6, 20, 9, 0, 30, tzinfo=UTC)


def test_a_draft_with_findings_makes_no_booking() -> None:
    """Building from a draft that lacks something fails loudly."""
    with pytest.raises(ValueError, match="booking_findings"):
        booking_from(replace(DRAFT, child=(ChildDraft(id="c1", born_on=date(2019, 3, 4)),)))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("tobin", "Tobin Quillfeather"),
        ("TOBIN-1", "Tobin Quillfeather"),
        ("tobin7", "Tobin Quillfeather"),
        ("PM-quillfeather-1", "Tobin Quillfeather"),
        ("quill-feather", "Tobin Quillfeather"),
        ("islawren", "Isla-Wren Quillfeather"),
        ("oneill", "Sean O'Neill"),
        ("neill.2", "Sean O’Neill"),
        ("zoe", "Zoë Brandt"),
        ("soren", "Søren Brandt"),
        ("al-1", "Al Brandt"),
        ("xianx", "Ian Brandt"),
        ("guardian", "Ella Guardian"),
        ("dr", "Ella Dr"),
        ("mueller-2", "Hanno Müller"),
        ("muller", "Hanno Müller"),
        ("pmmueller", "Hanno Mu\u0308ller"),
        ("muller", "Hanno Mueller"),
        ("aase", "Åse Brandt"),
        ("ase", "Aase Brandt"),
        ("soeren", "Søren Brandt"),
        ("soren", "Soeren Brandt"),
        ("jaeger", "Ada Jäger"),
        ("jager", "Ada Jaeger"),
        ("gross", "Ada Groß"),
        ("ager", "Ægir Ager"),
        ("agir", "Ægir Brandt"),
        ("aegir", "Agir Brandt"),
        ("kaerhoej", "Ada Kærhøj"),
        ("karhoj", "Ada Kaerhøj"),
        ("school", "Ada School"),
    ],
)
def test_an_id_that_holds_a_word_of_a_name_is_a_problem(value: str, name: str) -> None:
    """Case, accents, digits, hyphens and neighbours do not hide a name; the answer does not repeat it."""
    problem = reference_or_id_problem(value, ["Rosalind Tarrow", name])
    assert problem is not None
    assert not any(word in problem.lower() for word in words_of(name))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("guardian", "Ian Brandt"),
        ("PM-2611-017", "Pam Brandt"),
        ("alpha", "Al Brandt"),
        ("dr-1", "Dr Brandt"),
        ("mother", "Maren Brandt"),
        ("c1", "C Brandt"),
        ("school-1", "Ol Brandt"),
        ("second-gp", "Coen Brandt"),
        ("s-1", "Sue Brandt"),
    ],
)
def test_plain_words_titles_and_initials_are_no_names(value: str, name: str) -> None:
    """A word of the field may contain somebody's name by chance, and two letters count only as a whole part."""
    assert reference_or_id_problem(value, [name]) is None


def test_a_word_of_the_bearers_own_role_is_a_name() -> None:
    """Jo Parent, a parent, may not be `parent-1`; how an unborn child is spoken of is no name."""
    assert holds_name("parent-1", words_of("Jo Parent", Role.PARENT))
    assert holds_name("police", words_of("Ada Police"))
    assert not holds_name("unborn-1", words_of("Unborn Saltmarsh"))
    assert holds_name("unborn-1", words_of("Ada Unborn", Role.PARENT))


@pytest.mark.parametrize(
    ("decided_by", "words"),
    [
        ("Sunniva Garth, chair", {"sunniva", "garth"}),
        ("the chair", set()),
        ("Chair", set()),
        ("The Chair (Dr Garth)", {"garth"}),
        ("Team manager Sunniva Garth", {"sunniva", "garth"}),
        ("Sunniva Garth on behalf of the chair", {"sunniva", "garth"}),
        ("chair: sunniva garth", {"sunniva", "garth"}),
        ("Jo Police, chair", {"jo", "police"}),
        ("jo police", {"jo", "police"}),
        ("Nan de la Head", {"nan", "de", "la", "head"}),
        ("Social-worker Jörg Vane", {"jorg", "joerg", "vane"}),
    ],
)
def test_who_decided_is_a_name_without_the_post(decided_by: str, words: set[str]) -> None:
    """The post of who decided may be an id of the booking, such as `chair`; their name may not."""
    assert words_of_decider(decided_by) == words


@given(
    word=st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12),
    before=st.sampled_from(["", "x", "p-", "2611.", "_"]),
    after=st.sampled_from(["", "1", "-017", ".b"]),
)
def test_a_word_is_found_wherever_it_stands_alone(word: str, before: str, after: str) -> None:
    """A word of three letters or more is found as a part of any id."""
    before = "" if before == "x" else before
    assert holds_name(f"{before}{word}{after}", words_of(f"Ada {word.title()}"))


@pytest.mark.parametrize("value", ["", "-a", "a/b", "a b", "ä", "a" * 41, "a\n", "..", "a:b"])
def test_an_id_is_safe_in_paths_and_keys(value: str) -> None:
    """Anything but letters, digits, dot, underscore and hyphen is a problem, a line break at the end too."""
    assert reference_or_id_problem(value, []) is not None


@pytest.mark.parametrize("address", ["a@b.example", "first.last+tag@sub.agency.example", "o'neill@agency.example"])
def test_a_bare_address_is_taken(address: str) -> None:
    """Ordinary addresses are no problem."""
    assert email_problem(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@", "a@", "@b.example", "a@b", "a@@b.example", "a@b..example", ".a@b.example", "a.@b.example",
        "a..b@c.example", "Ada <a@b.example>", "<a@b.example>", "a@b.example, c@d.example", "a@b.example;c@d.example",
        "a @b.example", "a@b.example ", " a@b.example", "a@b.example\r\nBcc: c@d.example", "a@b.example\n",
        "a\x00@b.example", "a\u200b@b.example", "ä@b.example", "a@bü.example", '"a b"@c.example', "a@[127.0.0.1]",
        "a@127.0.0.1", "a@-b.example", "a@b-.example", "-a@b.example", "a(c)@b.example", "a@b.example.",
        "a" * 65 + "@b.example", "a@" + "b" * 64 + ".example", "a@" + "b." * 130 + "example",
    ],
)  # fmt: skip
def test_anything_but_one_bare_address_is_a_problem(address: str) -> None:
    """Names, lists, quoting, literals, spaces, line breaks and look-alike characters are refused, without an echo."""
    problem = email_problem(address)
    assert problem is not None
    assert len(address) < 3 or address not in problem


@pytest.mark.parametrize(
    "char", ["\n", "\r", "\t", "\0", "\x1b", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff", "\ud800", "\xad"]
)
def test_characters_that_nobody_sees_are_a_problem(char: str) -> None:
    """Control, format and surrogate characters are refused in every text."""
    text = f"Maren 14{char}Quillfeather"
    assert all(check(text) for check in (name_problem, phone_problem, detail_problem, lambda t: text_problem(t, 99)))


def test_texts_are_composed_and_trimmed() -> None:
    """Two spellings of one letter become one, and spaces around a text go."""
    assert tidied("  Zoe\u0308 ") == "Zo\xeb"


@pytest.mark.parametrize("detail", ["", "ab", "- - -", "1 2", "…!?"])
def test_a_detail_that_would_be_found_everywhere_is_a_problem(detail: str) -> None:
    """A protected detail has three letters or digits at least."""
    assert detail_problem(detail) is not None


def test_names_and_telephone_numbers_hold_letters_and_digits() -> None:
    """A name without a letter and a number without digits are problems; length is bounded."""
    assert all(name_problem(name) for name in ("123", "", "a" * 121))
    assert phone_problem("ring me") is not None
    assert phone_problem("01632 960101 ext 4") is None


def with_child(**changes: Any) -> BookingDraft:
    """The faultless draft with this change to its child."""
    return replace(DRAFT, child=(replace(CHILD, **changes),))


def with_mother(**changes: Any) -> BookingDraft:
    """The faultless draft with this change to the mother."""
    return replace(DRAFT, person=(CHAIR, replace(MOTHER, **changes)))


def with_people(*people: PersonDraft) -> BookingDraft:
    """The faultless draft with other people."""
    return replace(DRAFT, person=people)


def with_exclusion(**changes: Any) -> BookingDraft:
    """The faultless draft with a faultless exclusion, changed so."""
    exclusion = ExclusionDraft(person="mother", from_=(ExcludedFrom.ALL,), because="Threats.", decided_by="the chair")
    return replace(DRAFT, exclusion=(replace(exclusion, **changes),))


def with_protected(**changes: Any) -> BookingDraft:
    """The faultless draft with a faultless protected detail, changed so."""
    protected = ProtectedDraft(detail="ZZ4 7QX", kind=DetailKind.ADDRESS, from_=("mother",))
    return replace(DRAFT, protected=(replace(protected, **changes),))


def with_discussions(*discussions: DiscussionDraft) -> BookingDraft:
    """The faultless draft with these strategy discussions."""
    return replace(DRAFT, strategy_discussion=discussions)


NINTH = DiscussionDraft(at="2026-11-09T10:00", initiated_s47=True)
INITIAL = PreviousDraft(type=ConferenceType.INITIAL, held_on=date(2026, 11, 30), plan_since=date(2026, 11, 30))
LATER = date(2026, 12, 1)
BORN, DUE = ("child", 0, "born_on"), ("child", 0, "due_on")
CHANGES: dict[str, tuple[BookingDraft, list[tuple[str | int, ...]]]] = {
    "profile": (replace(DRAFT, profile="nowhere"), [("profile",)]),
    "no children": (replace(DRAFT, child=()), [("child",)]),
    "no chair": (with_people(MOTHER), [("person",)]),
    "two chairs": (with_people(CHAIR, replace(CHAIR, id="p2")), [("person", 1, "role")]),
    "id twice": (with_people(CHAIR, MOTHER, replace(MOTHER, id="Mother")), [("person", 2, "id")]),
    "child id twice": (replace(DRAFT, child=(CHILD, CHILD), person=(CHAIR,)), [("child", 1, "id")]),
    "no date": (with_child(born_on=None), [BORN]),
    "two dates": (with_child(due_on=date(2026, 12, 25)), [DUE]),
    "not yet born": (with_child(born_on=LATER), [BORN]),
    "born that day": (with_child(born_on=date(2026, 11, 30)), []),
    "18 that day": (with_child(born_on=date(2008, 11, 30)), [BORN]),
    "18 the day after": (with_child(born_on=date(2008, 12, 1)), []),
    "due": (with_child(born_on=None, due_on=date(2027, 3, 28)), []),
    "overdue": (with_child(born_on=None, due_on=date(2026, 11, 20)), []),
    "due too late": (with_child(born_on=None, due_on=date(2030, 3, 28)), [DUE]),
    "skipped hour": (replace(DRAFT, start="2027-03-28T01:30"), [("start",)]),
    "doubled hour": (replace(DRAFT, start="2026-10-25T01:30"), [("start",)]),
    "offset": (replace(DRAFT, start="2026-11-30T09:30Z"), [("start",)]),
    "no such day": (replace(DRAFT, start="2026-11-31T09:30"), [("start",)]),
    "discussion": (with_discussions(NINTH, DiscussionDraft(at="2026-11-30T09:29")), []),
    "discussion after": (with_discussions(DiscussionDraft(at="2026-11-30T09:30")), [("strategy_discussion", 0, "at")]),
    "two beginnings": (with_discussions(NINTH, NINTH), [("strategy_discussion", 1, "initiated_s47")]),
    "previous": (replace(DRAFT, previous=INITIAL), []),
    "previous after": (replace(DRAFT, previous=replace(INITIAL, held_on=LATER)), [("previous", "held_on")]),
    "plan after": (replace(DRAFT, previous=replace(INITIAL, plan_since=LATER)), [("previous", "plan_since")]),
    "previous undated": (replace(DRAFT, previous=replace(INITIAL, held_on=None)), []),
    "family asked": (with_mother(asked_for_report=True), [("person", 1, "asked_for_report")]),
    "chair asked": (with_people(replace(CHAIR, asked_for_report=True)), [("person", 0, "asked_for_report")]),
    "links unstated": (replace(DRAFT, child=(CHILD, replace(CHILD, id="c2"))), [("person", 1, "children")]),
    "links empty": (with_mother(children=()), [("person", 1, "children")]),
    "links twice": (with_mother(children=("c1", "c1")), [("person", 1, "children", 1)]),
    "link to nobody": (with_mother(children=("c1", "c9")), [("person", 1, "children", 1)]),
    "exclusion": (with_exclusion(), []),
    "exclusion of nobody": (with_exclusion(person="p9"), [("exclusion", 0, "person")]),
    "exclusion of the chair": (with_exclusion(person="chair"), [("exclusion", 0, "person")]),
    "exclusion from nothing": (with_exclusion(from_=()), [("exclusion", 0, "from")]),
    "exclusion for no reason": (with_exclusion(because=""), [("exclusion", 0, "because")]),
    "exclusion by nobody": (with_exclusion(decided_by=None), [("exclusion", 0, "decided_by")]),
    "protected": (with_protected(), []),
    "protected from nobody": (with_protected(from_=()), [("protected", 0, "from")]),
    "protected from a stranger": (with_protected(from_=("mother", "p9")), [("protected", 0, "from", 1)]),
    "protected from": (with_protected(from_=None), [("protected", 0, "from")]),
    "id of a protected name": (with_protected(detail="Mother", kind=DetailKind.NAME), [("person", 1, "id")]),
    "name of who decided in reference": (
        replace(with_exclusion(decided_by="Sunniva Garth, chair"), reference="GARTH-1"),
        [("reference",)],
    ),
    "name in reference": (replace(DRAFT, reference="TARROW-1"), [("reference",)]),
    "name of another in id": (with_mother(id="p-tobin"), [("person", 1, "id")]),
}


@pytest.mark.parametrize(("draft", "expected"), CHANGES.values(), ids=CHANGES)
def test_each_rule_alone(draft: BookingDraft, expected: list[tuple[str | int, ...]]) -> None:
    """One change to a faultless draft gives exactly the findings of its rule."""
    assert found(draft) == expected


def test_one_person_is_checked_beside_the_children() -> None:
    """A person added later follows the same rules as one in a booking."""
    twins = (CHILD, replace(CHILD, id="c2", name="Isla-Wren Quillfeather"))
    person = PersonDraft(id="wren", name="Pell Ashgrove", role=Role.PARENT, email="no address")
    assert [f.path for f in person_findings(person, twins)] == [("email",), ("id",), ("children",)]


def test_findings_never_repeat_what_was_written() -> None:
    """No message holds a name, a detail, a reason or an address of the booking."""
    secret = "Zebulon"
    person = PersonDraft(
        id="p1", name=f"{secret}\n", role=Role.PARENT, agency=f"{secret}\t", email=secret, phone=secret
    )
    draft = BookingDraft(
        profile=secret,
        start=secret,
        mode=f"{secret}\n",
        reference=f"R-{secret}",
        child=(ChildDraft(id="c1", name=f"{secret}\x00"),),
        person=(person,),
        exclusion=(ExclusionDraft(person=secret, because=f"{secret}\n", decided_by=f"{secret}\n"),),
        protected=(ProtectedDraft(detail=f"{secret}\n", from_=(secret,)),),
    )
    findings = booking_findings(draft, ["portsmouth"])
    assert len(findings) > 12
    assert not any(secret.lower() in finding.message.lower() for finding in findings)


def test_decisions_and_reasons_come_together() -> None:
    """Not to include needs its reason, a reason needs its decision, only family is decided about; so with a limit's."""
    person: Path = ("person", 1)
    for changes, places in [
        ({"include": False}, [(*person, "include_because")]),
        ({"include_because": "No contact."}, [(*person, "include")]),
        ({"include": False, "include_because": "No contact."}, []),
        ({"include": True}, []),
        ({"include": True, "role": Role.GP}, [(*person, "include")]),
    ]:
        assert found(replace(DRAFT, person=(CHAIR, replace(MOTHER, **changes)))) == places, changes
    assert found(replace(DRAFT, limit_because="Snow.")) == [("limit_by",)]
    assert found(replace(DRAFT, limit_by="Odo Fell")) == [("limit_because",)]


def test_consent_to_an_advocate_stands_beside_what_came_of_the_offer() -> None:
    """Consent without a word on the offer is a finding; with one, and beside school and GP, it is none (SWG-10)."""
    consented = replace(CHILD, advocacy_consent=True, school="Tern Lane Primary", gp="Sandgate Surgery")
    assert found(replace(DRAFT, child=(consented,))) == [("child", 0, "advocacy")]
    told = replace(DRAFT, child=(replace(consented, advocacy=Advocacy.ACCEPTED),), category_considered=Category.NEGLECT)
    assert found(told) == []
    booking = booking_from(replace(told, s47_because="Seen alone.", confidential_section_expected=False))
    child = booking.children[0]
    assert (child.advocacy_consent, child.school, child.gp) == (True, "Tern Lane Primary", "Sandgate Surgery")
    assert (booking.s47_because, booking.category_considered) == ("Seen alone.", Category.NEGLECT)
    assert booking.confidential_section_expected is False
    assert found(replace(DRAFT, s47_because="two\nlines")) == [("s47_because",)]


def test_dates_of_being_seen_alone_and_of_sessions_can_be_true() -> None:
    """Seen alone after birth and not after the conference, never before birth; a session not before the day; a slot on it."""
    seen = [(date(2019, 3, 3), 1), (date(2019, 3, 4), 0), (date(2026, 11, 30), 0), (date(2026, 12, 1), 1)]
    for day, problems in seen:
        assert len(found(replace(DRAFT, child=(replace(CHILD, seen_alone_on=day),)))) == problems, day
    unborn = ChildDraft(id="c1", name="Unborn Fell", due_on=date(2027, 1, 5), seen_alone_on=date(2026, 11, 12))
    assert found(replace(DRAFT, child=(unborn,))) == [("child", 0, "seen_alone_on")]
    session = SessionDraft(name="First part", start="2026-11-30T09:30", people=("chair", "mother"))
    assert found(replace(DRAFT, split=(session, replace(session, start="2026-12-01T09:30")))) == []
    assert found(replace(DRAFT, split=(replace(session, start="2026-11-29T23:59"),))) == [("split", 0, "start")]
    assert found(replace(DRAFT, split=(replace(session, people=("nobody",)),))) == [("split", 0, "people", 0)]
    left_out = replace(MOTHER, include=False, include_because="No contact.")
    assert found(replace(DRAFT, split=(session,), person=(CHAIR, left_out))) == [("split", 0, "people", 1)]
    assert found(replace(DRAFT, confidential_slot="2026-11-30T09:15")) == []
    assert found(replace(DRAFT, confidential_slot="2026-12-01T09:15")) == [("confidential_slot",)]
    assert found(replace(DRAFT, reference="odo-fell-1", minute_taker="Odo Fell")) == [("reference",)]


def test_a_consultation_is_told_in_whole_steps_in_their_order() -> None:
    """A step in part names what is missing; one held without a request, or before it, is a finding; a whole one none."""
    asked = ConsultationDraft(requested_at="2026-11-12T09:00", requested_by="Devran Oakhollow")
    whole = replace(
        asked, held_at="2026-11-12T15:00", held_by="Rosalind Tarrow", recommends="wait", recommends_because="thin",
        decided_at="2026-11-12T16:00", decided_by="Odo Fell", decision=Decided.HOLD, decided_because="new injury",
    )  # fmt: skip
    for consultation, places in [
        (asked, []),
        (whole, []),
        (replace(asked, requested_by=None), ["requested_by"]),
        (replace(whole, requested_at=None, requested_by=None), ["requested_at", "requested_by"]),
        (replace(whole, decision=None), ["decision"]),
        (replace(whole, held_at="2026-11-12T08:59"), ["held_at"]),
        (replace(whole, decided_at="2026-11-12T14:59"), ["decided_at"]),
    ]:
        assert found(replace(DRAFT, consultation=consultation)) == [("consultation", name) for name in places], places
    booking = booking_from(replace(DRAFT, consultation=whole))
    assert booking.consultation is not None and booking.consultation.decision is Decided.HOLD
