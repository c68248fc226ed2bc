"""Bookings of invented people, small ones for speed and the sample families of the domain notes."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "bookings"

CHILD = "Ottilie Fernsby-Marr"
PEOPLE = {
    "chair": ("Rosalind Tarrow", "chair", "Port Mere Child Protection Advisors", "r.tarrow@portmere.example"),
    "social-worker": (
        "Devran Oakhollow",
        "social-worker",
        "Port Mere Children Services",
        "d.oakhollow@portmere.example",
    ),
    "school": ("Philippa Marlowe", "education", "Gullwing Primary School", "safeguarding@gullwing-primary.example"),
    "gp": ("Anselm Birdwhistle", "gp", "Harbour Lane Surgery", "practice@harbourlane-surgery.example"),
    "mother": ("Maren Fernsby", "parent", "", "maren.f@freemail.example"),
    "father": ("Dorrick Vane", "parent", "", "dorrick.vane@freemail.example"),
}
FAMILY = ("mother", "father")
ASKED = ("social-worker", "school", "gp")
ADDRESSES = {person: words[3] for person, words in PEOPLE.items()}
AGENCIES = {person: words[2] for person, words in PEOPLE.items()}

REF = "PM-2611-100"
START = "2026-11-30T09:30"
"""A Monday. Portsmouth: reports due Sat 28 Nov 09:30; packs go Fri 27 Nov 17:00, composed Thu 26 Nov 17:00."""
BOOKED = "2026-11-23T08:30"
COMPOSES = "2026-11-26T17:00"
GOES = "2026-11-27T17:00"
DUE = "2026-11-28T09:30"


def small(
    reference: str | None = REF,
    *,
    type: str = "initial",
    start: str = START,
    child: str = CHILD,
    profile: str = "portsmouth",
    leave_out: tuple[str, ...] = (),
    addresses: dict[str, str] | None = None,
    more: str = "",
) -> str:
    """Returns a booking of one child, four professionals and two parents, with no restriction; `more` is put at its end."""
    lines = [f'profile = "{profile}"', f'type = "{type}"', f'start = "{start}"']
    if reference is not None:
        lines.append(f'reference = "{reference}"')
    lines += ["", "[[child]]", 'id = "c1"', f'name = "{child}"', "born_on = 2019-03-04"]
    for person, (name, role, agency, email) in PEOPLE.items():
        if person in leave_out:
            continue
        email = (addresses or {}).get(person, email)
        lines += ["", "[[person]]", f'id = "{person}"', f'name = "{name}"', f'role = "{role}"']
        lines += [f'agency = "{agency}"'] if agency else []
        lines += [f'email = "{email}"'] if email else []
        lines += ["asked_for_report = true"] if person in ASKED else []
    return "\n".join([*lines, "", more, ""])


def sample(name: str) -> str:
    """Returns one of the sample families' bookings: f1 to f6."""
    return (DATA / f"{name}.toml").read_text()
