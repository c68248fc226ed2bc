"""Whose report is it: two things agree without contradiction, or a person says. Promise 6, replay events of domain.md F."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import BOTH, GP, MOTHER, PEOPLE, REF, SCHOOL, TOBIN, booking, conference, person

from pipeline.domain.conference import Conference
from pipeline.domain.identity import (
    Evidence,
    Identified,
    NeedsPerson,
    children_named,
    holds_confidential_section,
    identify,
    is_confidential,
    references_in,
)
from pipeline.domain.people import ConferenceRef, Person, Role
from pipeline.domain.protected import folded

OTHER = ConferenceRef("EM-2701-002")
SECOND_AT_SCHOOL = person("head", Role.EDUCATION, name="Orla Thistlewood", agency="Gullwing Primary School", asked_for_report=True)
HOUSING = person("housing", Role.HOUSING, agency="Port Mere Housing")
CHILDREN = {folded("Tobin Quillfeather"): REF, folded("Jory Fennimore-Tarn"): OTHER}
BODY = "Attendance has been good this term. The child is well."


def judge(
    name: str = "report.docx",
    text: str | list[str] = BODY,
    *,
    sender: str | None = None,
    subject: str | None = None,
    people: tuple[Person, ...] = PEOPLE,
    others: dict[ConferenceRef, Conference] | None = None,
    team: str = "",
) -> Identified | NeedsPerson:
    pages = [text] if isinstance(text, str) else text
    ours = conference(of=booking(people))
    return identify(
        Evidence(name=name, pages=pages, sender=sender, subject=subject),
        {REF: ours, OTHER: conference(of=booking()), **(others or {})},
        other_children=CHILDREN,
        team_address=team,
    )


def filed_for(found: Identified | NeedsPerson) -> str | None:
    return found.person if isinstance(found, Identified) else None


def code(found: Identified | NeedsPerson) -> str | None:
    return found.code if isinstance(found, NeedsPerson) else None


@pytest.mark.parametrize(
    "found",
    [
        judge(f"{REF}.docx", sender="school@school.example"),
        judge(sender="school@school.example", subject=f"Report {REF}"),
        judge(text=f"Conference {REF}\n{BODY}", sender="school@school.example"),
        judge(f"{REF}.docx", f"Gullwing Primary School\n{BODY}", sender="office@SCHOOL.example"),
        judge(f"{REF} Gullwing Primary School.docx", sender="office@school.example"),
        judge(f"{REF}.docx", sender="School@School.Example"),
        judge(f"{REF}.docx", f"Gullwing Primary School\n{BODY}"),
        judge(f"{REF}.docx", [BODY, "by Gullwing Primary School"]),
        judge(f"{REF}_Gullwing_Primary_School.docx"),
        judge(f"gullwing-primary-school-{REF.lower()}-report.pdf"),
        judge(f"Gullwing.Primary.School.{REF}.pdf"),
        judge("GULLWING PRIMARY SCHOOL PM–2611–017.pdf"),
        judge(sender="school@school.example", text="Reference PM-2611-\n017"),
        judge(sender="school@school.example", subject=f"GULLWING primary-school: {REF}"),
    ],
)
def test_reference_and_agency_agreeing_are_filed(found: Identified | NeedsPerson) -> None:
    """The reference in subject, file name or text, with a sender or named agency that fits one person asked, is filed."""
    assert filed_for(found) == "school"


CONTRADICTIONS = {
    "no reference": (judge("Gullwing Primary School.docx", sender="school@school.example"), "no-reference"),
    "nothing but the reference": (judge(f"{REF}.docx"), "no-agency"),
    "another mailbox of the domain, naming nobody": (judge(f"{REF}.docx", sender="office@school.example"), "sender-unknown"),
    "another mailbox of the domain, naming the agency in passing": (
        judge(f"{REF}.docx", [*["\n".join([BODY] * 30)], "seen at Gullwing Primary School"], sender="office@school.example"),
        "sender-unknown",
    ),
    "another mailbox of the domain, addressing them": (
        judge(f"{REF}.docx", f"Dear Person SCHOOL\n{BODY}", sender="kitchen@school.example"),
        "sender-unknown",
    ),
    "an agency that nobody asked writes to one that was": (
        judge(f"{REF}.docx", f"Port Mere Housing\nTo: Gullwing Primary School\n{BODY}", people=(*PEOPLE, HOUSING)),
        "several-people",
    ),
    "another mailbox of the team's domain": (
        judge(f"{REF} Gullwing Primary School.docx", sender="parking@school.example", team="sqt@School.example"),
        "sender-unknown",
    ),
    "another mailbox of the authority's domain": (
        judge(f"{REF}.docx", f"Port Mere Assessment Team\n{BODY}", sender="housing@sw.example"),
        "sender-unknown",
    ),
    "another mailbox of the domain of two, naming a third": (
        judge(f"{REF} Harbour Lane Surgery.docx", sender="office@school.example"),
        "contradiction",
    ),
    "sender against an agency that nobody asked": (
        judge(f"{REF}.docx", f"Port Mere Housing\n{BODY}", sender="school@school.example", people=(*PEOPLE, HOUSING)),
        "contradiction",
    ),
    "an agency that nobody asked heads it": (
        judge(f"{REF}.docx", [f"Port Mere Housing\n{BODY}", "as Gullwing Primary School told us"], people=(*PEOPLE, HOUSING)),
        "no-agency",
    ),
    "look-alike domain": (judge(f"{REF}.docx", sender="office@schoo1.example"), "sender-unknown"),
    "letters that only look alike": (judge(f"{REF}.docx", sender="office@\u017fchool.example"), "sender-unknown"),
    "domain of another country": (judge(f"{REF}.docx", sender="office@school.example.com"), "sender-unknown"),
    "domain inside another": (judge(f"{REF}.docx", sender="office@notschool.example"), "sender-unknown"),
    "stranger naming the school": (
        judge(f"{REF} Gullwing Primary School.docx", "Gullwing Primary School", sender="x@elsewhere.example"),
        "sender-unknown",
    ),
    "family replies": (judge(f"{REF}.docx", "Gullwing Primary School", sender="maren@webmail.example"), "sender-not-asked"),
    "chair's own mail": (judge(f"{REF}.docx", sender="chair@chair.example"), "sender-not-asked"),
    "sender against file name": (judge(f"{REF} Harbour Lane Surgery.docx", sender="school@school.example"), "contradiction"),
    "sender against subject": (judge(sender="school@school.example", subject=f"{REF} Harbour Lane Surgery"), "contradiction"),
    "sender against title block": (
        judge(f"{REF}.docx", f"Harbour Lane Surgery\n{BODY}", sender="school@school.example"),
        "contradiction",
    ),
    "sender against text": (
        judge(f"{REF}.docx", [*["\n".join([BODY] * 30)], "seen at Harbour Lane Surgery"], sender="school@school.example"),
        "contradiction",
    ),
    "file name against title block": (judge(f"{REF} Harbour Lane Surgery.docx", "Gullwing Primary School"), "contradiction"),
    "file name of two agencies": (judge(f"{REF} Harbour Lane Surgery, Gullwing Primary School.docx"), "several-people"),
    "text of two agencies": (
        judge(f"{REF}.docx", "\n".join([BODY] * 30) + " Gullwing Primary School and Harbour Lane Surgery"),
        "several-agencies",
    ),
    "two conferences": (judge(f"{REF}.docx", f"see {OTHER}", sender="school@school.example"), "several-references"),
    "two conferences in one subject": (
        judge(sender="school@school.example", subject=f"{REF} and {OTHER.lower()}"),
        "several-references",
    ),
    "another family's child": (
        judge(f"{REF}.docx", "Jory Fennimore-Tarn was seen", sender="school@school.example"),
        "other-family",
    ),
    "another family's child over a line": (
        judge(f"{REF}.docx", "JORY\nFENNIMORE TARN was seen", sender="school@school.example"),
        "other-family",
    ),
    "another family's child in the subject": (
        judge(sender="school@school.example", subject=f"{REF} Jory Fennimore-Tarn"),
        "other-family",
    ),
    "another family's child in the file name": (
        judge(f"{REF}_Jory_Fennimore-Tarn.docx", sender="school@school.example"),
        "other-family",
    ),
    "two people of one agency": (
        judge(f"{REF}.docx", "Gullwing Primary School", people=(*PEOPLE, SECOND_AT_SCHOOL)),
        "several-people",
    ),
    "a name of an agency inside a word": (judge(f"{REF}.docx", "Gullwing Primary Schoolhouse"), "no-agency"),
}


@pytest.mark.parametrize("what", sorted(CONTRADICTIONS))
def test_anything_less_waits_for_a_person(what: str) -> None:
    """Each missing or contradicting piece of evidence alone holds the item, with the reason in a code."""
    found, expected = CONTRADICTIONS[what]
    assert code(found) == expected


def test_a_parent_who_works_at_an_asked_agency_writes_for_nobody() -> None:
    """A family member's mailbox never speaks for the agency whose domain it happens to have (replay event 9)."""
    people = tuple(
        person("mother", Role.PARENT, email="maren@school.example") if p.id == MOTHER.id else p for p in PEOPLE
    )
    found = judge(f"{REF}.docx", f"Gullwing Primary School\n{BODY}", sender="maren@school.example", people=people)
    assert code(found) == "sender-not-asked"


def test_an_agency_that_nobody_asked_may_be_written_to() -> None:
    """Where a strong place names an asked agency as well, the other one contradicts nothing."""
    text = f"Gullwing Primary School\nTo: Port Mere Housing\n{BODY}"
    people = (*PEOPLE, HOUSING)
    mentioned = ["Housing: Port Mere Housing\n" + "\n".join([BODY] * 30), "Gullwing Primary School"]
    assert filed_for(judge(f"{REF}.docx", mentioned, sender="school@school.example", people=people)) == "school"
    assert filed_for(judge(f"{REF}.docx", text, sender="school@school.example", people=people)) == "school"
    assert filed_for(judge(f"{REF}.docx", text, people=people)) == "school"


def test_a_mail_provider_of_many_says_nothing_about_an_agency() -> None:
    """Another mailbox at a shared provider is a stranger; the very mailbox is not."""
    people = tuple(
        person("gp", Role.GP, agency="Harbour Lane Surgery", email="lane.surgery@nhs.net", asked_for_report=True)
        if p.id == GP.id
        else p
        for p in PEOPLE
    )
    assert code(judge(f"{REF}.docx", sender="else@nhs.net", people=people)) == "sender-unknown"
    assert filed_for(judge(f"{REF}.docx", sender="lane.surgery@nhs.net", people=people)) == "gp"


@pytest.mark.parametrize("name", ["Quillfeather report.docx", "Tobin Quillfeather - Gullwing Primary School.docx"])
def test_never_by_a_surname(name: str) -> None:
    """A child's or parent's name never stands in for the reference, whoever sends it."""
    found = judge(name, "Tobin Quillfeather, Maren Quillfeather", sender="school@school.example")
    assert code(found) == "no-reference"


def test_never_by_an_authors_surname() -> None:
    """Of two people of one agency a surname singles out nobody; the author's own full name in the title block does."""
    people = (*PEOPLE, SECOND_AT_SCHOOL)
    by_surname = judge(f"{REF}.docx", "Gullwing Primary School\nMrs Thistlewood", people=people)
    by_name = judge(f"{REF}.docx", "Gullwing Primary School\nOrla Thistlewood", people=people)
    assert code(by_surname) == "several-people"
    assert filed_for(by_name) == "head"


def test_a_title_block_singles_one_out() -> None:
    """A report that mentions other agencies further down is its title block's."""
    text = "Harbour Lane Surgery\nReport of the practice\n" + "\n".join([BODY] * 20) + "\nGullwing Primary School rang."
    assert filed_for(judge(f"{REF}.docx", text)) == "gp"


def test_the_longer_agency_is_the_one_meant() -> None:
    """Where one agency's name stands inside another's, only the longer one is named, unless the shorter stands alone."""
    annex = person("annex", Role.EARLY_YEARS, agency="Gullwing Primary School Nursery", asked_for_report=True)
    people = (*PEOPLE, annex)
    assert filed_for(judge(f"{REF}.docx", "Gullwing Primary School Nursery", people=people)) == "annex"
    assert filed_for(judge(f"{REF}.docx", "Gullwing Primary School", people=people)) == "school"
    both = judge(f"{REF}.docx", "Gullwing Primary School Nursery\nGullwing Primary School", people=people)
    assert code(both) == "several-people"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PM-2611-017", {"PM-2611-017"}),
        ("pm-2611-017_school.docx", {"PM-2611-017"}),
        ("_PM-2611-017_", {"PM-2611-017"}),
        ("PM - 2611 - 017", {"PM-2611-017"}),
        ("PM–2611‑017", {"PM-2611-017"}),
        ("PM-2611-0171", set()),
        ("XPM-2611-017", set()),
        ("2PM-2611-017", set()),
        ("PM-2611-01", set()),
        ("PM2611017", set()),
        ("PM-2611-017-2", {"PM-2611-017-2"}),
        ("PM-2611-017-2 and PM-2611-017", {"PM-2611-017-2", "PM-2611-017"}),
        ("PM-2611-017 then PM-2611-017-2", {"PM-2611-017-2", "PM-2611-017"}),
        ("PM-26 11-017", {"PM-2611-017"}),
        ("PM-26 11-0171", set()),
        ("PM-2611-017 -2", {"PM-2611-017-2"}),
        ("PM-2611-01 7-2", {"PM-2611-017-2"}),
        ("PM-2611-017-3", set()),
        ("PM-2611-017/3", set()),
        ("9-PM-2611-017", set()),
        ("school-PM-2611-017-report.docx", {"PM-2611-017"}),
        ("2026-11-27-PM-2611-017-school.docx", {"PM-2611-017"}),
        ("PM-2611-017 - 27 November", {"PM-2611-017"}),
        ("30/11/2026 \u2013 PM-2611-017", {"PM-2611-017"}),
        ("PM-2611-017\n- 3 children", {"PM-2611-017"}),
        ("PM_2611_017_27", {"PM-2611-017"}),
        ("\uff30\uff2d-2611\u00ad-017", {"PM-2611-017"}),
        ("", set()),
    ],
)
def test_a_reference_stands_on_its_own(text: str, expected: set[str]) -> None:
    """Whatever case and dash; never as part of a longer word; the longer of two known ones, and both where both stand."""
    assert references_in(text, {"PM-2611-017", "PM-2611-017-2"}) == expected


@given(st.text(alphabet=st.sampled_from("abcXYZ0189"), min_size=1, max_size=3), st.booleans())
def test_a_reference_grown_by_letters_or_digits_is_another(more: str, before: bool) -> None:
    """A letter or digit before or behind makes it part of something longer."""
    assert references_in(f"see {more}{REF} here" if before else f"see {REF}{more} here", {REF}) == set()


def test_a_longer_reference_beside_the_shorter_is_two_conferences() -> None:
    """A file that names a conference and its like-named successor is held."""
    longer = ConferenceRef(f"{REF}-2")
    found = judge(
        f"{REF}.docx", f"also {longer}", sender="school@school.example", others={longer: conference(of=booking())}
    )
    assert code(found) == "several-references"


def test_candidates_name_ids_and_no_names() -> None:
    """What a person sees to decide by holds opaque ids and reasons, never a name or an address."""
    found = judge(f"{REF} Harbour Lane Surgery.docx", "Tobin Quillfeather", sender="school@school.example")
    assert isinstance(found, NeedsPerson)
    assert {c.person for c in found.candidates} == {"gp", "school"}
    said = repr(found).casefold()
    assert not any(word in said for word in ("quillfeather", "harbour", "gullwing", "@"))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(name="x.docx", pages=[BODY], subject="Confidential section PM-2611-017"), True),
        (Evidence(name="confidential_section-police.docx", pages=[BODY]), True),
        (Evidence(name="x.docx", pages=["CONFIDENTIAL  SECTION\nFor the chair"]), True),
        (Evidence(name="x.docx", pages=["", "Confidential – section"]), True),
        (Evidence(name="x.docx", pages=[BODY], subject="confidential-slot request"), True),
        (Evidence(name="x.docx", pages=["Confidential\n" + BODY]), False),
        (Evidence(name="x.docx", pages=["CONFIDENTIAL  Section 1: the family"]), False),
        (Evidence(name="x.docx", pages=["CONFIDENTIAL - Request for a report"]), False),
        (Evidence(name="x.docx", pages=["Confidential police section"]), True),
        (Evidence(name="x.docx", pages=["FOR THE CHAIR ONLY"]), True),
        (Evidence(name="x.docx", pages=[BODY], subject="Confidential request PM-2611-017"), True),
        (Evidence(name="report.docx", pages=[BODY, "there is a confidential section of its own"]), False),
    ],
)
def test_a_confidential_section_calls_itself_one(evidence: Evidence, expected: bool) -> None:
    """Subject, file name or title block say that it is a confidential section, however it is written (POR-5)."""
    assert is_confidential(evidence) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CONFIDENTIAL SECTION - FOR THE CHAIR ONLY", True),
        ("4. Confidential section", True),
        ("Part B: Confidential annex", True),
        ("The following is for the chair only", True),
        ("there is a confidential section of its own", False),
        ("If you need a confidential section, send it as a file of its own", False),
        ("CONFIDENTIAL Section 4: views", False),
        ("Confidential", False),
    ],
)
def test_a_heading_deep_in_a_report_calls_a_part_confidential(line: str, expected: bool) -> None:
    """A heading, not a sentence that speaks of such sections, and not a form's numbered section."""
    assert holds_confidential_section(Evidence(name="x.docx", pages=["\n".join([BODY] * 15), line])) is expected
    assert not is_confidential(Evidence(name="x.docx", pages=["\n".join([BODY] * 15), line]))


def test_the_children_a_report_names() -> None:
    """By full or first name, over line breaks; a report that names nobody concerns all (A00.2)."""
    ours = conference()
    assert children_named(ours, ["Tobin was seen"]) == (TOBIN.id,)
    assert children_named(ours, ["TOBIN and Isla-\nWren Quillfeather"]) == BOTH
    assert children_named(ours, ["the children"]) == BOTH
    assert children_named(ours, []) == BOTH


def test_someone_no_longer_asked_is_nobodys_author() -> None:
    """Only those asked for a report can be the author a file is filed for without a person."""
    people = tuple(person("school", Role.EDUCATION, agency=SCHOOL.agency) if p.id == SCHOOL.id else p for p in PEOPLE)
    assert code(judge(f"{REF}.docx", "Gullwing Primary School", people=people)) == "no-agency"
