"""Servers that several rooms of tests use: real ones, started once, gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.servers.postfix import MailServer, mail_server, missing
from tests.servers.postgres import postgres


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[[], str]]:
    """Makes a fresh, empty PostgreSQL database at each call, and returns its address as packs.toml takes it."""
    with postgres() as fresh:
        yield lambda: fresh().replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture(scope="session")
def mail_domains() -> tuple[str, ...]:
    """The domains that the mail server has mailboxes in."""
    return (
        "portmere.example",
        "gullwing-primary.example",
        "harbourlane-surgery.example",
        "freemail.example",
    )


@pytest.fixture(scope="session")
def postfix(mail_domains: tuple[str, ...]) -> Iterator[MailServer]:
    """A real Postfix with STARTTLS and AUTH, delivering into a real Dovecot."""
    if why := missing():
        pytest.skip(why)
    with mail_server(mail_domains) as server:
        yield server
