"""The reports of families F3 to F6, in plain text. All people, places and organisations are invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.demo.incidents import F4, note
from pipeline.demo.papers import mail

F3, F5, F6 = "EM-2701-005", "MV-2612-011", "NF-2611-020"
POLICE = "County Police Safeguarding Unit"
VIEWS = ("Parents' views", "The mother has read this report and agrees with most of it.")
RISK = ("Ongoing risk of significant harm", "Yes: the harm is likely to go on.")
NEEDED = ("Is a child protection plan needed", "Yes, we recommend a child protection plan.")
PLAN = ("What the plan should include", "Weekly visits, a family meeting, and a review in three months.")
FATHERS = ("Parents who do not live with the child", "Both are included; the reasons are on the case file.")

F5_SOCIAL_WORKER = "Midvale, social worker's mail.eml"

_MOTHER_TO_BE, _JORY, _WRAYBURN, _LARKMOOR = (
    "Unborn Saltmarsh",
    "Jory Fennimore-Tarn; Wilf Fennimore-Tarn",
    "Odette Wrayburn; Cass Wrayburn; Perrin Wrayburn",
    "Bryn Larkmoor; Tansy Larkmoor",
)


def _each_child() -> bytes:
    """One report for each child, so that each father has those of his own children."""
    about = (("Odette", "Odette saw it."), ("Cass", "Cass was hurt in November."), ("Perrin", "Two checks were missed."))
    attached = [
        (f"report-{number}-of-3.txt", note(
            F5, "Midvale Assessment Service", "Anselm Doughty", f"{name} Wrayburn", ("Why we meet", why),
            VIEWS, NEEDED, PLAN, FATHERS,
        ))
        for number, (name, why) in enumerate(about, start=1)
    ]  # fmt: skip
    sender, text = "duty@midvale.example", "One report for each child."
    return mail(sender, "unit@midvale.example", f"{F5} reports", text, attached, local="2026-12-14T10:50")


FILES: Mapping[str, Callable[[], bytes]] = {
    f"{F6} social worker.txt": lambda: note(
        F6, "Northfold Children First", "Lowri Pencarrow", _LARKMOOR, ("Why we meet", "Bryn was hurt twice."), VIEWS, NEEDED, PLAN
    ),
    f"{F6} Northfold Primary School.txt": lambda: note(
        F6, "Northfold Primary School", "Fern Aldwinkle", _LARKMOOR, ("The child's voice", "I want it to stop."), VIEWS
    ),
    f"{F6} Larkfield Surgery.txt": lambda: note(
        F6, "Larkfield Surgery", "Dr Cosima Brigstock", _LARKMOOR, ("Health", "Two bruises were seen in October."), VIEWS
    ),
    f"{F6} police.txt": lambda: note(F6, POLICE, "DC Osric Weldon", _LARKMOOR, ("What we know", "One call in October."), VIEWS),
    f"{F4} social worker.txt": lambda: note(
        F4, "Humberly Children's Services", "Bram Ockley", _JORY, ("Why we meet", "Jory was away on six nights."),
        VIEWS, NEEDED, PLAN,
    ),
    f"{F4} Humberly High School.txt": lambda: note(
        F4, "Humberly High School", "Merrin Tolgate", "Jory Fennimore-Tarn", ("Attendance", "61 per cent since September."), VIEWS
    ),
    F5_SOCIAL_WORKER: _each_child,
    f"{F5} Midvale Primary School.txt": lambda: note(
        F5, "Midvale Primary School", "Hollis Brayford", "Odette Wrayburn", ("Attendance", "98 per cent."), VIEWS
    ),
    f"{F5} health visitor.txt": lambda: note(
        F5, "Midvale Community Health", "Juno Castleden", "Cass Wrayburn; Perrin Wrayburn",
        ("Growth", "Perrin gains weight."), VIEWS,
    ),
    f"{F5} police.txt": lambda: note(F5, POLICE, "DS Rafe Underhay", _WRAYBURN, ("What we know", "Three calls in autumn."), VIEWS),
    f"{F3} social worker.txt": lambda: note(
        F3, "Eastmarsh Children's Care and Support", "Nerys Coldbeck", _MOTHER_TO_BE, ("Why we meet", "No help is arranged yet."),
        VIEWS, RISK, NEEDED, PLAN, phone="01632 960302",
    ),
    f"{F3} midwife.txt": lambda: note(
        F3, "Eastmarsh Maternity", "Rosalind Thackery", _MOTHER_TO_BE, ("Health", "All appointments were kept."),
        phone="01632 960310",
    ),
}  # fmt: skip
"""Each file's name in the inbox, and what makes it. The midwife's says nothing of risk, plan or what it should include."""
