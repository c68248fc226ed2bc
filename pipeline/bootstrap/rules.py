"""What needs no home: profiles, the calendar, bookings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.domain.calendar import Calendar, to_local
from pipeline.domain.people import Booking, Child, Person
from pipeline.domain.profile import Profile
from pipeline.domain.screening import Accept, Quarantine, screen
from pipeline.errors import RefusedError
from pipeline.settings import find_home

if TYPE_CHECKING:
    from pipeline.adapters.booking_file import BookingFile
    from pipeline.adapters.profile_files import ProfileFiles


def own_profiles(home: str | Path | None) -> Path | None:
    """Returns the folder of an installation's own profiles, `profiles/` beside packs.toml; None where there is no home."""
    try:
        return find_home(str(home) if home is not None else None) / "profiles"
    except RefusedError:
        return None


@lru_cache(maxsize=64)
def profile_files(own: Path | None = None) -> ProfileFiles:
    """Returns the delivered profiles, with those of the folder `own` beside them and in place of their namesakes."""
    from pipeline.adapters.profile_files import ProfileFiles

    return ProfileFiles(own=own)


def profile_names(own: Path | None = None) -> tuple[str, ...]:
    """Returns the names of the profiles."""
    return profile_files(own).names()


def load_profile(name: str, own: Path | None = None) -> Profile:
    """Returns a profile. Raises ProfileProblemError where there is none of that name."""
    return profile_files(own).load(name)


def read_profile_file(path: Path) -> Profile:
    """Returns the profile in a file. Raises ProfileProblemError with every problem."""
    from pipeline.adapters.profile_files import read_profile_file as read

    return read(path)


def new_profile(folder: Path, name: str, title: str, copied: Path | None) -> Path:
    """Returns the file of a new profile. Raises ProfileProblemError, and nothing is written."""
    from pipeline.adapters.profile_files import write_profile

    return write_profile(folder, name, title, copied)


def today() -> date:
    """Returns today's date in England by this machine's clock."""
    from pipeline.adapters.clock import real_now

    return to_local(real_now()).date()


@lru_cache(maxsize=8)
def calendar(announced: tuple[date, ...] = ()) -> Calendar:
    """Returns the working days of England; `announced` are bank holidays proclaimed since the packages were released."""
    from pipeline.adapters.bank_holidays import england_calendar

    return england_calendar(announced)


def read_booking(content: bytes, *, format: Literal["toml", "json"], profiles: Collection[str]) -> Booking:
    """Returns the booking. Raises BookingProblemsError with every problem."""
    from pipeline.adapters.booking_file import read_booking as read

    return read(content, format=format, profiles=profiles)


def read_bookings(
    files: Sequence[BookingFile], *, taken: Collection[str], own: Path | None = None
) -> tuple[Booking, ...]:
    """Returns the bookings of all files. Raises BookingProblemsError with every problem of every file."""
    from pipeline.adapters.booking_file import read_bookings as read

    return read(files, taken=taken, profiles=profile_names(own))


def booking_files(path: Path) -> tuple[list[BookingFile], list[str]]:
    """Returns the bookings at a path, and the names that were passed over. Raises RefusedError where there are none."""
    from pipeline.adapters.booking_file import booking_files as files

    return files(path)


def booking_text(toml: str) -> BookingFile:
    """Returns a booking's text as if it lay in a file."""
    from pipeline.adapters.booking_file import BookingFile

    return BookingFile(name="draft", content=toml.encode(), format="toml")


def empty_booking_form(profile: Profile, team: str) -> bytes:
    """Returns the empty Word form of a booking, in the authority's words."""
    from pipeline.adapters.word_templates import WordTemplates
    from pipeline.bootstrap.making import TEMPLATES

    values = {
        "authority": profile.title,
        "team": team or profile.authority_words.get("team", ""),
        "title": f"Booking and consultation form: {profile.authority_words.get('conference', 'conference')}",
        "duty": profile.danger_words,
        "profile": profile.name,
        "classification": "Confidential – do not forward",
    }
    return WordTemplates(TEMPLATES).render("booking_form", values)


def booking_in_word(content: bytes, own: Path | None = None) -> tuple[str, list[str]]:
    """Returns the booking that a filled-in form holds, as TOML, and what in it could not be understood.

    The words of the form's own authority for types and chair are understood; `own` is the folder of profiles beside ours.

    Raises:
        RefusedError: it cannot be opened as a Word form.
    """
    from pipeline.adapters.booking_word_form import booking_in_form, in_own_words, toml_of
    from pipeline.adapters.confined_run import confined_runner
    from pipeline.adapters.file_structure import StructureExaminer
    from pipeline.adapters.form_reader import read_form_tables
    from pipeline.bootstrap.making import sandbox

    match screen(StructureExaminer().examine(content, "form.docx").trouble):
        case Quarantine(why=why, next_step=next_step):
            raise RefusedError(f"The form was not opened: {why}. Nothing was changed. {next_step}")
        case Accept():
            pass
    room = sandbox()
    try:
        found = booking_in_form(read_form_tables(content, confined_runner(room)))
    finally:
        room.close()
    profile = found.values.get("profile")
    words = load_profile(profile, own).authority_words if profile in profile_names(own) else {}
    return toml_of(in_own_words(found.values, words)), found.problems


def booking_schema() -> dict[str, Any]:
    """Returns the JSON schema of a booking."""
    from pipeline.adapters.booking_file import booking_schema as schema

    return schema()


def person_from_fields(fields: Mapping[str, str], children: tuple[Child, ...]) -> Person:
    """Returns a person from words of the command line, checked as in a booking."""
    from pipeline.adapters.booking_file import person_from_fields as person

    return person(fields, children)

