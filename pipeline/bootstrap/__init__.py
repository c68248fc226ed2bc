"""The composition root: the only room that names concrete adapters. Heavy ones are made when first used.

outcomes  outcomes as files, and the Word form for them
invitations  the files beside an invitation: calendar, report form
rules     what needs no home: profiles, the calendar, bookings
making    an adapter from settings, one function each
home      an opened home, its ports in one desk
guards    what is looked at before a home is worked with
founding  making a home; putting its key back
working   what `packs run` works with
parts     the parts one by one, for `packs doctor`
"""

from pipeline.bootstrap.founding import Made, initialise, master_of_kit, put_key_back
from pipeline.bootstrap.guards import bring_back_items
from pipeline.bootstrap.home import House, opened
from pipeline.bootstrap.invitations import write_calendar, write_report_form
from pipeline.bootstrap.making import PROGRAM, TEMPLATES
from pipeline.bootstrap.outcomes import outcome_schema, read_outcome, write_minutes_draft, write_outcome_form
from pipeline.bootstrap.parts import Parts, machine
from pipeline.bootstrap.rules import (
    booking_files,
    booking_in_word,
    booking_schema,
    booking_text,
    calendar,
    empty_booking_form,
    load_profile,
    new_profile,
    own_profiles,
    person_from_fields,
    profile_files,
    profile_names,
    read_booking,
    read_bookings,
    read_profile_file,
    today,
)
from pipeline.bootstrap.working import working

__all__ = [
    "PROGRAM",
    "TEMPLATES",
    "House",
    "Made",
    "Parts",
    "booking_files",
    "booking_in_word",
    "booking_schema",
    "booking_text",
    "bring_back_items",
    "calendar",
    "empty_booking_form",
    "initialise",
    "load_profile",
    "machine",
    "master_of_kit",
    "new_profile",
    "opened",
    "outcome_schema",
    "own_profiles",
    "person_from_fields",
    "profile_files",
    "profile_names",
    "put_key_back",
    "read_booking",
    "read_bookings",
    "read_outcome",
    "read_profile_file",
    "today",
    "working",
    "write_calendar",
    "write_minutes_draft",
    "write_outcome_form",
    "write_report_form",
]
