"""Protected details are found whatever became of their case, spacing, line breaks and punctuation: promise 9."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import detail

from pipeline.domain.people import DetailKind
from pipeline.domain.protected import findings, folded, found_in

ADDRESS = "14 Gannet Row, Port Mere, ZZ4 7QD"
DETAILS = {
    DetailKind.ADDRESS: ADDRESS,
    DetailKind.PHONE: "07700 900123",
    DetailKind.EMAIL: "maren.quill@webmail.example",
    DetailKind.SCHOOL: "St Brannoc's Primary School",
    DetailKind.SURGERY: "Harbour Lane Surgery",
    DetailKind.WORKPLACE: "Tideway Café",
    DetailKind.NAME: "José Vane",
    DetailKind.OTHER: "Green Vauxhall, AB12 CDE",
}
FILLER = "The child was seen at home. Attendance has been good this term and no concern was noted by staff."
UNSEEN = ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"]
SPACES = [" ", "  ", "\n", "\t", "\u00a0", "\r\n", "\u2009"]
DASHES = ["-", "–", "\u2011", "—", "."]

details = st.sampled_from(sorted(DETAILS.items()))


def found(text: str, kind: DetailKind, protected: str) -> bool:
    return bool(found_in(text, [detail("d1", text=protected, kind=kind)]))


@given(details, st.data())
def test_a_detail_is_found_in_any_dress(one: tuple[DetailKind, str], data: st.DataObject) -> None:
    """Case, kinds of space, kinds of dash and quote, and characters that nobody sees never hide a detail."""
    kind, protected = one
    dressed = []
    for char in protected:
        if char == " ":
            dressed.append(data.draw(st.sampled_from(SPACES)))
        elif char in "'":
            dressed.append(data.draw(st.sampled_from(["'", "’", "‘", "`", ""])))
        else:
            dressed.append(data.draw(st.sampled_from([char, char.upper(), char.lower()])))
            dressed.append(data.draw(st.sampled_from(["", "", "", *UNSEEN])))
    text = f"{FILLER}\n{''.join(dressed)} {FILLER}"
    assert found(text, kind, protected)


@given(details, st.integers(1, 40), st.sampled_from(["-\n", "\u00ad\n", "\n", "-\r\n  ", "\u2010\n"]))
def test_a_line_break_inside_a_word_does_not_hide_it(one: tuple[DetailKind, str], place: int, broken: str) -> None:
    """A detail that is hyphenated or wrapped at the end of a line is found."""
    kind, protected = one
    place = min(place, len(protected) - 1)
    assert found(f"{FILLER} {protected[:place]}{broken}{protected[place:]} {FILLER}", kind, protected)


@pytest.mark.parametrize(
    ("kind", "protected", "text"),
    [
        (DetailKind.NAME, "José Vane", "Jose Vane came"),
        (DetailKind.NAME, "Jose Vane", "JOSÉ VANE came"),
        (DetailKind.NAME, "Łucja Øre", "Lucja Ore came"),
        (DetailKind.NAME, "Weiss", "Frau Weiß came"),
        (DetailKind.NAME, "Siobhan O'Dell", "Siobhán O’Dell came"),
        (DetailKind.NAME, "Flynn Fife", "ﬂynn ﬁfe came"),
        (DetailKind.NAME, "Ann Vane", "𝐀𝐧𝐧 𝐕𝐚𝐧𝐞 and Ａｎｎ Ｖａｎｅ"),
        (DetailKind.SCHOOL, "St Mary's Primary", "she attends Saint Mary\u2019s primary now"),
        (DetailKind.SURGERY, "Mill Road Surgery", "seen at Mill Rd surgery"),
        (DetailKind.ADDRESS, "14 Tern Court", "now at 14 Tern Crt"),
        (DetailKind.NAME, "Vane", "Mr. VANE's car"),
        (DetailKind.NAME, "Vane", "Mr V a n e"),
        (DetailKind.NAME, "Vane", "“Vane”"),
        (DetailKind.NAME, "Vane", "Smith–Vane"),
        (DetailKind.PHONE, "07700 900123", "ring +44 7700 900 123 now"),
        (DetailKind.PHONE, "07700 900123", "ring +44 (0)7700-900-123"),
        (DetailKind.PHONE, "07700 900123", "ring 0044 7700 900123"),
        (DetailKind.PHONE, "07700 900123", "ring 07700–900–123"),
        (DetailKind.PHONE, "+44 7700 900123", "ring 07700900123"),
        (DetailKind.PHONE, "(01632) 960 456", "tel:01632960456"),
        (DetailKind.PHONE, "01632 960456 ext 12", "ring 01632 960456 and ask"),
        (DetailKind.PHONE, "07700 900123 / 01632 960456", "ring 07700 900123"),
        (DetailKind.PHONE, "07700 900123 / 01632 960456", "ring 01632 960456"),
        (DetailKind.ADDRESS, ADDRESS, "now at zz4 7qd"),
        (DetailKind.ADDRESS, ADDRESS, "now at ZZ47QD."),
        (DetailKind.ADDRESS, ADDRESS, "now at 14 Gannet Row"),
        (DetailKind.ADDRESS, ADDRESS, "now at 14, Gannet\nRow"),
        (DetailKind.ADDRESS, "14 Gannet Road, ZZ4 7QD", "now at 14 Gannet Rd."),
        (DetailKind.ADDRESS, "14 Gannet Rd, ZZ4 7QD", "now at 14 Gannet Road"),
        (DetailKind.ADDRESS, "3 Saint Mary's Road, ZZ4 7QD", "now at 3 St Mary’s Road"),
        (DetailKind.ADDRESS, "Flat 2, 14 Gannet Row, ZZ4 7QD", "now at 14 Gannet Row"),
        (DetailKind.ADDRESS, "14 Gannet Row Port Mere ZZ4 7QD", "now at 14 Gannet Row"),
        (DetailKind.ADDRESS, "Rose Cottage, Mill Lane, Port Mere, ZZ4 7QD", "now at Rose Cottage, Mill Ln"),
        (DetailKind.EMAIL, "Maren@Webmail.example", "maren@webmail.example"),
        (DetailKind.SCHOOL, "St Brannoc's Primary", "ST BRANNOCS PRIMARY"),
    ],
)
def test_another_way_of_writing_it(kind: DetailKind, protected: str, text: str) -> None:
    """Accents, ligatures, typographic quotes and dashes, national and international numbers, parts of an address."""
    assert found(f"{FILLER} {text} {FILLER}", kind, protected)


LONG = "\n".join(
    [
        "Gullwing Primary School. Report for the conference. Attendance 94.2 per cent since 1 September 2026.",
        "The family moved from Port Mere to Eastmarsh in 2024; the house at 41 Harbour Street has three rooms.",
        "Contact 01632 960100 in office hours. Reference PM-2611-017, form 7700 of 14 November 2026, page 12 of 19.",
        "Vanessa from housing rang; the vanes of the mill turned. Gannets were seen in a row. Rosalind wrote it up.",
        "Flat 2 was empty. Unit 7. The surgery in Harbour Road. Mary's road to recovery. Green vans, AB 12.",
        "Joseph van Ees came on 23/09/2026 at 07:70. Score 900 of 1230. ZZ4 is a district; 7 QDs were scanned.",
    ]
    * 20
)


@pytest.mark.parametrize(("kind", "protected"), sorted(DETAILS.items()))
def test_an_unrelated_report_holds_none(kind: DetailKind, protected: str) -> None:
    """A long report that only shares words with the details raises no finding."""
    assert not found(LONG, kind, protected)


@pytest.mark.parametrize(
    ("kind", "protected", "text"),
    [
        (DetailKind.NAME, "Vane", "Vanessa was there"),
        (DetailKind.ADDRESS, "Flat 2, 14 Gannet Row, ZZ4 7QD", "the neighbour in Flat 2, Harbour House"),
        (DetailKind.ADDRESS, ADDRESS, "the family lives in Port Mere"),
        (DetailKind.PHONE, "01632 960456", "01632 960457"),
    ],
)
def test_what_many_share_is_no_finding(kind: DetailKind, protected: str, text: str) -> None:
    """A town, a flat number or a word that begins alike does not give anybody away."""
    assert not found(text, kind, protected)


@given(st.text(alphabet=string.ascii_lowercase + " \n.,", max_size=400))
def test_text_without_digits_holds_no_number(text: str) -> None:
    """A phone number is never found where there is no digit."""
    assert not found(text, DetailKind.PHONE, "07700 900123")


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is folded once is folded, so that details and text always meet in the same form."""
    assert folded(folded(text)) == folded(text)


def test_a_finding_names_its_page_and_one_across_pages_is_found() -> None:
    """Pages count from 1; an address that breaks across two pages is found on the first of them."""
    one = detail("d1", text=ADDRESS)
    assert [x.page for x in findings(["nothing", f"see {ADDRESS}"], [one])] == [2]
    assert [x.page for x in findings(["nothing", "at 14 Gannet", "Row since"], [one])] == [2]
    assert findings(["at 14 Gannet", "nothing", "Row"], [one]) == ()
