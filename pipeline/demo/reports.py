"""The reports of the two sample families, as files. All people, places and organisations are invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.demo.papers import Words, mail, open_document, photo, plain_text, printed, rich_text, word

F1, F2 = "PM-2611-017", "EM-2701-002"

SEEN = (
    ("Date", "What", "Who was there"),
    ("12 Oct 2026", "Home visit", "child and mother"),
    ("2 Nov 2026", "Office", "mother"),
)


def _f1(agency: str, title: str, about: str, author: str, *sections: tuple[str, str], footer: str = "") -> Words:
    return Words(
        agency=agency, title=title, reference=F1, about=about, author=author, sections=sections, table=SEEN,
        footer=footer,
    )  # fmt: skip


def _f2(agency: str, title: str, about: str, author: str, *sections: tuple[str, str]) -> Words:
    return Words(agency=agency, title=title, reference=F2, about=about, author=author, sections=sections, table=SEEN)


TOBIN, ISLA = "Tobin Quillfeather, born 4 March 2019", "Isla-Wren Quillfeather, born 17 June 2022"
BOTH = f"{TOBIN}; {ISLA}"

# --- F1, Port Mere ---------------------------------------------------------------------------------------------


def _f1_social_worker() -> bytes:
    team = "Port Mere City Children's Services"
    tobin = _f1(
        team, "Social worker's report for the conference", TOBIN, "Devran Oakhollow",
        ("Why we meet", "Tobin was collected late four times in October; on two evenings nobody was at home."),
        ("What is going well", "He likes school, has a friend there, and tells his teacher when he is worried."),
        ("Parents' views", "His mother says that evenings are hard since she changed her shifts; she wants help."),
        ("What we suggest", "A plan under neglect, family support on two evenings a week, a review in three months."),
    )  # fmt: skip
    isla = _f1(
        team, "Social worker's report for the conference", ISLA, "Devran Oakhollow",
        ("Why we meet", "She misses nursery on about one day in three, and two health checks were not kept."),
        ("What is going well", "She is curious, talks more every month and settles quickly with her key worker."),
        ("Parents' views", "Her mother would welcome help with mornings. Her father wishes to see her every week."),
        ("What we suggest", "A plan under neglect, help with mornings, the missed health checks within four weeks."),
    )  # fmt: skip
    return mail(
        "d.oakhollow@portmere.example", "sqt@portmere.example", f"{F1} reports for the conference",
        "Both reports are attached, one for each child.",
        [("report-1-of-2.docx", word(tobin)), ("report-2-of-2.docx", word(isla))], local="2026-11-25T15:19",
    )  # fmt: skip


def _f1_police() -> bytes:
    return printed(_f1(
        "County Police Safeguarding Unit", "Report for the conference", BOTH, "DC Hamish Thornquist",
        ("What we know", "Officers came to the home twice in October. Both children were seen and were well."),
        ("Our view", "We support a plan and will tell the social worker about any further call on the same day."),
    ))  # fmt: skip


def _f1_housing() -> bytes:
    return photo(_f1(
        "Port Mere Homes", "Report for the conference", BOTH, "Yolanda Fenwright",
        ("Tenancy", "The rent is paid. A repair of the heating was done on 9 November 2026."),
        ("Our view", "The home is warm and safe. We can offer a move nearer to the school."),
    ))  # fmt: skip


def _f1_gp(*, closing: str) -> Words:
    return _f1(
        "Harbour Lane Surgery", "Letter for the conference", TOBIN, "Dr Anselm Birdwhistle",
        ("Health", "Tobin is growing well. His asthma needs a review; the last two appointments were missed."),
        ("Our view", closing),
        footer="Registered address of the patient: 14 Tern Court,  Harbour Row, Port Mere  zz4 7qx",
    )  # fmt: skip


def _f1_gp_letter() -> bytes:
    return word(_f1_gp(closing="A plan would help the family to keep appointments. We can see him early in the day."))


def _f1_gp_locked() -> bytes:
    words = _f1_gp(closing="A plan would help the family to keep appointments.")
    return printed(words, password="harbour-lane-only")  # noqa: S106 (a password that nobody is to have)


def _f1_school(version: int) -> bytes:
    more = (
        ("Correction", "The first version counted a school trip as an absence: attendance is 91 per cent, not 88."),
    ) if version > 1 else ()  # fmt: skip
    return word(_f1(
        "Gullwing Primary School", f"Report for the conference{', second version' if version > 1 else ''}", TOBIN,
        "Philippa Marlowe-Dunn",
        ("Attendance", f"{'91' if version > 1 else '88'} per cent since September; late on eleven mornings."),
        ("The child's voice", "“I like it when mum reads to me. I don't like it when it is dark and I wait.”"),
        ("Our view", "We think that a plan would help, with breakfast club every day."),
        *more,
    ))  # fmt: skip


def _f1_health_visitor() -> bytes:
    return rich_text(_f1(
        "Port Mere Community Health", "Report for the conference", ISLA, "Corisande Pike",
        ("Growth and development", "Isla-Wren grows well. The check at two and a half years was missed."),
        ("Our view", "A plan with clear dates would help. We will offer the check at home."),
    ))  # fmt: skip


def _f1_confidential() -> bytes:
    return word(_f1(
        "County Police Safeguarding Unit", "Confidential section for the Chair", BOTH, "DC Hamish Thornquist",
        ("For the Chair alone", "An enquiry about a third person is in hand; to speak of it now could put it at risk."),
        ("Request", "Please decide whether any of this is shared, with whom, and when."),
    ), picture=False)  # fmt: skip


def _no_reference() -> bytes:
    return printed(Words(
        agency="Port Mere Community Health", title="School nurse's letter", reference="not known to us",
        about="a pupil of year 3", author="the school nursing team",
        sections=(("Hearing", "The hearing test of 3 November 2026 was passed. No follow-up is planned."),),
    ))  # fmt: skip


# --- F2, Eastmarsh ---------------------------------------------------------------------------------------------

CORWEN = "Corwen Brambleton-Oke"
ALL_THREE = "Corwen, Sable and Fitch Brambleton-Oke"


def _f2_social_worker() -> bytes:
    team = "Eastmarsh Children's Care and Support"
    report = _f2(
        team, "Social worker's report for the review", ALL_THREE, "Nerys Coldbeck",
        ("Since the last conference", "The core group met three times. Visits took place every ten working days."),
        ("What changed", "Mornings are calmer. Sable is at school on time. Fitch's speech therapy began in November."),
        ("What has not changed", "Corwen still looks after the younger two on most afternoons."),
        ("What we suggest", "The plan goes on for three months, with an after-school place for Corwen."),
    )  # fmt: skip
    own = _f2(
        team, "Corwen's own page", CORWEN, "Corwen, with Nerys Coldbeck",
        ("What I want people to know", "I don't mind helping. I would like two afternoons for football."),
        ("What I would ask the meeting", "Please say out loud what happens next and when."),
    )  # fmt: skip
    return mail(
        "n.coldbeck@eastmarsh.example", "reviews@eastmarsh.example", f"{F2} report, and Corwen's own page",
        "Two attachments: the report on all three children, and a page of Corwen's own.",
        [("report.docx", word(report)), ("own-page.docx", word(own, picture=False))], local="2026-12-21T10:13",
    )  # fmt: skip


def _f2_academy() -> bytes:
    return printed(_f2(
        "Eastmarsh Academy", "Report for the review", CORWEN, "Beatrix Hollingrake",
        ("Attendance", "96 per cent. He is often tired on Mondays."),
        ("Our view", "The plan should go on; we offer a place in the homework club."),
    ))  # fmt: skip


def _f2_primary() -> bytes:
    return open_document(_f2(
        "Reedbank Primary School", "Report for the review", "Sable Brambleton-Oke", "Tamsin Orrell-Vye",
        ("Attendance", "On time since half-term. Sable reads to the younger ones at lunch."),
        ("Our view", "Things are better. We would end the plan at the next review if that lasts."),
    ))  # fmt: skip


def _f2_gp() -> bytes:
    return word(_f2(
        "Marshgate Surgery", "Letter for the review", ALL_THREE, "Dr Ottoline Farrance",
        ("Health", "All three are registered and immunised. No appointment was missed since October."),
        ("Our view", "We have no new worries."),
    ))  # fmt: skip


def _f2_health_visitor() -> bytes:
    return plain_text(_f2(
        "Eastmarsh Community Health", "Report for the review", "Fitch Brambleton-Oke", "Ingram Sallow",
        ("Growth and development", "Fitch uses about thirty words and understands many more. Speech therapy helps."),
        ("Our view", "The plan should go on until the therapy is well under way."),
    ))  # fmt: skip


def _f2_police() -> bytes:
    return word(_f2(
        "County Police Safeguarding Unit", "Report for the review", ALL_THREE, "DS Leocadia Brunt",
        ("What we know", "No call to the address since the last conference."),
        ("Our view", "We have no information that speaks against ending the plan."),
    ))  # fmt: skip


def _f2_housing() -> bytes:
    return word(_f2(
        "Eastmarsh Homes", "Report for the review", ALL_THREE, "Casimir Dowle",
        ("Tenancy", "The family has been offered a flat with a third bedroom from February 2027."),
        ("Our view", "The move would give each child a bed of their own."),
    ), picture=False)  # fmt: skip


FILES: Mapping[str, Callable[[], bytes]] = {
    "social worker's mail.eml": _f1_social_worker,
    f"{F1} County Police Safeguarding Unit.pdf": _f1_police,
    f"{F1} Port Mere Homes IMG_2041.jpg": _f1_housing,
    f"{F1} Harbour Lane Surgery locked.pdf": _f1_gp_locked,
    "scan0007.pdf": _no_reference,
    f"{F1} Gullwing Primary School.docx": lambda: _f1_school(1),
    f"{F1} Gullwing Primary School v2.docx": lambda: _f1_school(2),
    "letter from the surgery.docx": _f1_gp_letter,
    f"{F1} health visitor.rtf": _f1_health_visitor,
    f"{F1} County Police confidential section.docx": _f1_confidential,
    "review, social worker's mail.eml": _f2_social_worker,
    f"academy/{F2}.pdf": _f2_academy,
    f"{F2} Reedbank Primary School.odt": _f2_primary,
    f"{F2} Marshgate Surgery.docx": _f2_gp,
    f"{F2} health visitor.txt": _f2_health_visitor,
    f"{F2} police.docx": _f2_police,
    f"{F2} academy again.pdf": _f2_academy,
    f"{F2} Eastmarsh Homes.docx": _f2_housing,
}
"""Each file's name in the inbox, and what makes it."""
