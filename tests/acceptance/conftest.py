"""Homes brought to a certain point once, and copied for each test that goes on from there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.bookings import ASKED, BOOKED, COMPOSES, DUE, GOES, PEOPLE, REF, small
from tests.acceptance.files import docx, lines_of, pdf
from tests.acceptance.home import Home

Fork = Callable[[Home], Home]


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all homes lie in."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="session")
def fork(homes: Path) -> Fork:
    """Copies a home, so that a test may change it."""
    numbers = itertools.count(1)
    return lambda home: home.copy(homes / f"copy-{next(numbers)}")


@pytest.fixture(scope="session")
def empty(homes: Path) -> Home:
    """A rehearsal home with its clock set, and nothing else. Not to be changed: fork it."""
    home = Home.make(homes / "empty")
    home.clock(BOOKED)
    return home


@pytest.fixture(scope="session")
def booked(empty: Home, fork: Fork) -> Home:
    """The small conference is convened, every address but the father's confirmed. Not to be changed: fork it."""
    home = fork(empty)
    home.convene(small())
    home.confirm(REF, *(p for p in PEOPLE if p != "father"))
    home.run()
    return home


@pytest.fixture(scope="session")
def filed(booked: Home, fork: Fork) -> Home:
    """All three reports are filed, in time. Not to be changed: fork it."""
    home = fork(booked)
    for person in ASKED:
        make = pdf if person == "gp" else docx
        suffix = "pdf" if person == "gp" else "docx"
        home.drop(f"{person}.{suffix}", make(lines_of(person, f"The words of the {person} report are zebra-{person}.")))
    home.run()
    return home


@pytest.fixture(scope="session")
def composed(filed: Home, fork: Fork) -> Home:
    """Thursday 17:00: the packs are composed; nothing has left but nothing needed to. Not to be changed: fork it."""
    home = fork(filed)
    home.clock(COMPOSES)
    home.run()
    return home


@pytest.fixture(scope="session")
def sent(composed: Home, fork: Fork) -> Home:
    """Friday 17:00: what may go has gone; the mother's is released before. Not to be changed: fork it."""
    home = fork(composed)
    home.release(REF, "mother")
    home.clock(GOES)
    home.run()
    return home


__all__ = ["DUE", "Fork"]
