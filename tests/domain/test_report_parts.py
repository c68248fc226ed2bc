"""What stands in a report, by headings and labels in many spellings, and what only seems to (POR-9, SWG-7, BAD-5, BAD-6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.headings import HEADINGS, REASON, Part, headings_of, version_of
from pipeline.domain.report_parts import Examined, examine, passage_under

AUTHOR = "Philippa Marlowe"
V, R, P, K, T, D = (
    Part.PARENTS_VIEWS, Part.RECOMMENDATION, Part.PLAN_CONTENT, Part.ONGOING_RISK, Part.AUTHOR_PHONE, Part.PARENT_DECISION,
)  # fmt: skip


def read(*lines: str, doubtful: bool = False) -> Examined:
    return examine(["\n".join(lines)], HEADINGS, author=AUTHOR, doubtful=doubtful)


def state(part: Part, *lines: str) -> str:
    found = read(*lines)
    return next((word for word in ("has", "missing", "unknown") if part in getattr(found, word)), "not owed")


THERE = [
    (V, ("Parents' views", "His mother says that evenings are hard.")),
    (V, ("Parents’ views", "Help wanted")),
    (V, ("PARENT(S)/CARER(S) VIEWS:", "They agree.")),
    (V, ("Views of parents and carers", "Mother: she agrees with it all.")),
    (V, ("4. Views of the parents", "They have read this report.", "5. Health")),
    (V, ("Mother's view: she wants help in the mornings",)),
    (V, ("Father's views He would like to see her every week.",)),
    (V, ("• Parental views – both have read it and agree",)),
    (V, ("Parents & carers' comments (please record clearly)", "Both are content.")),
    (V, ("What are the parents' views?", "Please record what each parent said.", "They are worried about money.")),
    (V, ("the parents' views: they have read this report",)),
    (V, ("Views of", "the parents", "They are pleased with the help.")),
    (V, ("Parents' views of this report", "Not obtained: she did not answer four calls.")),
    (K, ("Is the child at ongoing risk of significant harm? Yes ☒ No ☐",)),
    (K, ("Is the child at ongoing risk of significant", "harm?", "Yes No ☐ ☒")),
    (K, ("Is Tobin at ongoing risk of significant harm?", "[x] Yes  [ ] No")),
    (K, ("Ongoing risk of significant harm: No, since October.",)),
    (K, ("Are Tobin and Isla at continuing risk", "Yes, of neglect.")),
    (R, ("Recommendation", "CP plan under neglect")),
    (R, ("RECOMMENDATIONS", "That a plan is made.")),
    (R, ("Does the child need a child protection plan? Yes",)),
    (R, ("Is a child protection plan needed? \uf0fe Yes \uf0a8 No",)),
    (R, ("6) Agency recommendation: no plan is needed",)),
    (R, ("Recommendation for Tobin", "A plan under neglect.")),
    (R, ("What we suggest", "A plan under neglect, family support on two evenings.")),
    (P, ("What should be in the plan", "Breakfast club every day.")),
    (P, ("What should be included in the plan? Breakfast club.",)),
    (P, ("Proposed plan:", "Help with mornings")),
    (P, ("If yes, what should be included?", "Help with mornings.")),
    (T, ("Contact number for author: 023 9200 0123",)),
    (T, (f"Author: {AUTHOR}", "Tel: 07700 900123")),
    (T, (f"{AUTHOR}, Designated Safeguarding Lead, (023) 9200 0123",)),
    (T, ("Signed", AUTHOR, "Head teacher", "Phone", "+44 23 9200 0123")),
    (T, ("Report completed by", "the school nurse", "Telephone 01632 960123 ext 12")),
    (D, ("Non-resident parent(s)", "Mr Vane is not included: bail conditions forbid contact.")),
    (D, ("Reason for not including a parent: he is not known",)),
]


@pytest.mark.parametrize(("part", "lines"), THERE)
def test_a_part_is_found_in_many_spellings(part: Part, lines: tuple[str, ...]) -> None:
    """A heading, label or question with an answer in its line or below it is that part."""
    assert state(part, "Gullwing Primary School", *lines, "A closing line.") == "has"


NOT_THERE = [
    (V, ("Parents' views", "Health", "He is growing well.")),
    (V, ("Parents' views:", "Recommendation: a plan")),
    (V, ("3. Parents' views", "4. Something of our own", "It goes on.")),
    (V, ("PARENTS' VIEWS", "SCHOOL LIFE SO FAR", "He likes it.")),
    (V, ("Parents' views", "Click or tap here to enter text.")),
    (V, ("Parents' views", "n/a yet")),
    (V, ("Parents' views", "…")),
    (V, ("Parents' views: ………………",)),
    (V, ("Parents' views", "TBC")),
    (V, ("Parents' views", "To be completed after the visit")),
    (V, ("Parents' views", "(please record them clearly)", "Signed: A. Teacher")),
    (V, ("Parents' views",)),
    (V, ("Child's views", "I like it when mum reads to me.")),
    (K, ("Is the child at ongoing risk of significant harm? Yes / No",)),
    (K, ("Is the child at ongoing risk of significant harm?", "☐ Yes", "☐ No", "Recommendation: a plan")),
    (K, ("Is the child at ongoing risk of significant harm? YES/NO (delete as appropriate)",)),
    (K, ("Is the child at ongoing risk of significant", "harm?", "Yes No ☐ ☐")),
    (R, ("The school followed the recommendation of the last conference.",)),
    (R, ("Recommendations of the last conference were carried out.",)),
    (R, ("The", "recommendation that was made then has been kept.")),
    (R, ("Does the child need a child protection plan? Yes / No", "What should be in the plan", "Help.")),
    (R, ("Recommendation: [insert text here]",)),
    (P, ("What should be in the plan Click or tap here to enter text.",)),
    (P, ("What should be in the plan", "Contact number", "023 9200 0123")),
    (T, ("Contact number:", "Email: office@school.example")),
    (T, ("Tel: tbc", AUTHOR)),
    (T, (AUTHOR, "", "", "", "", "Mother's telephone: 07700 900123")),
    (T, (f"Author: {AUTHOR}", "Date: 01/02/2026, NHS number 943 476 5919")),
    (D, ("His father was not at the meeting.",)),
]


@pytest.mark.parametrize(("part", "lines"), NOT_THERE)
def test_a_heading_without_an_answer_is_missing_and_a_word_in_a_sentence_is_no_heading(
    part: Part, lines: tuple[str, ...]
) -> None:
    """An empty heading, a placeholder, an unticked choice, a word inside a sentence, somebody else's number: missing."""
    assert state(part, "Gullwing Primary School", *lines) == "missing"


DOUBT = [
    (V, ("Parents' views", "N/A")),
    (V, ("Parents' views", "Life at school", "He comes in happily and reads well this term.")),
    (K, ("Is the child at ongoing risk of significant harm? Yes / No because evenings are hard",)),
    (R, ("We strongly recommend that the plan goes on.",)),
    (T, (AUTHOR, *["A line between."] * 8, "Tel: 023 9200 0123")),
]


@pytest.mark.parametrize(("part", "lines"), DOUBT)
def test_on_doubt_it_is_not_known(part: Part, lines: tuple[str, ...]) -> None:
    """What may be an answer, or a heading, or another's number is neither there nor missing."""
    assert state(part, *lines) == "unknown"


def test_what_was_read_from_a_picture_is_never_called_missing() -> None:
    """Where pages were unreadable or read by OCR, or there is no text at all, a part that is not found is not known."""
    assert read("A page.", "Recommendation: a plan", doubtful=True).missing == ()
    assert read("A page.", "Recommendation: a plan", doubtful=True).has == (R,)
    assert set(examine(["", " "], HEADINGS).unknown) == set(Part)


@pytest.mark.parametrize(
    "answer", ["No", "No plan is needed.", "We do not recommend a plan.", "Yes No ☐ ☒", "☐ Yes ☒ No", "Ending the plan"]
)
def test_a_report_that_wants_no_plan_owes_no_content_of_one(answer: str) -> None:
    """Where no plan is recommended, what it should hold is neither there nor missing."""
    assert state(P, f"Does the child need a child protection plan? {answer}") == "not owed"
    assert state(P, "Recommendation: a plan for Tobin", f"Recommendation: {answer}") == "missing"


def test_an_authority_adds_its_own_words() -> None:
    """A phrase of a profile heads the part beside the common ones, and changes the version under which reports were read."""
    own = (("parents-views", ("what home tells us",)),)
    said = ["What home tells us\nThey are content."]
    assert V in examine(said, HEADINGS).missing
    assert V in examine(said, headings_of(own)).has
    assert version_of(own) != version_of()


ANY_LINE = st.one_of(
    st.sampled_from([line for _, lines in (*THERE, *NOT_THERE, *DOUBT) for line in lines]),
    st.text(alphabet="abcAB :?/.-☐☒01'\n", max_size=30),
)


@given(st.lists(ANY_LINE, max_size=8), st.lists(ANY_LINE, max_size=8), st.lists(ANY_LINE, max_size=8))
def test_more_text_never_makes_what_is_there_missing(before: list[str], text: list[str], after: list[str]) -> None:
    """Pages put in front of or behind a report take no part away that stands in it."""
    alone = read(*text)
    more = examine(["\n".join(before), "Own page of the report.", "\n".join(text), "\n".join(after)], HEADINGS, author=AUTHOR)
    assert not set(alone.has) & set(more.missing)


@given(st.lists(ANY_LINE, max_size=12))
def test_each_part_is_in_one_state(text: list[str]) -> None:
    """No part is in two states at once, and all but the plan's content are in one."""
    found = read(*text)
    all_of = (*found.has, *found.missing, *found.unknown)
    assert len(all_of) == len(set(all_of))
    assert set(Part) - set(all_of) <= {P}


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("Report\nReason for Conference\nHe missed school.\nHe was seen alone at night.\nStrengths\nHis aunt.",
         "He missed school. He was seen alone at night."),
        ("2. Reason for the conference: He missed school.\n3. Parents' views: She agrees.", "He missed school."),
        ("Why we meet\nTo be completed\nSummary\nx", ""),
        ("The reason for conference was given before.", ""),
        ("Reason for conference\nStrengths\nHis aunt.", ""),
    ],
)  # fmt: skip
def test_the_passage_under_a_heading_ends_at_the_next(page: str, said: str) -> None:
    """All that stands under the heading and nothing of the next part; an unanswered one is as good as none."""
    assert passage_under([page], REASON, HEADINGS) == said
