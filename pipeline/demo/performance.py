"""Plays the script: a home, a mail server, the watcher, each scene; then shows what came of it and opens one pack."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.bootstrap import PROGRAM, House, opened
from pipeline.demo import results
from pipeline.demo.home import made, point_to
from pipeline.demo.mail_server import delivered, mail_server
from pipeline.demo.moves import RELEASED_BY
from pipeline.demo.opening import Opened, attachment_of
from pipeline.demo.opening import opened as opened_by_others
from pipeline.demo.play import Play
from pipeline.demo.stage import Stage
from pipeline.demo.watcher import watcher
from pipeline.domain.calendar import parse_local, spoken
from pipeline.domain.facts import Document
from pipeline.domain.people import PersonId
from pipeline.errors import DemoStoppedError, PacksError
from pipeline.orders.sending import passphrase

NOT_A_TERMINAL_WIDTH = 150


def perform(play: Play, named: str | None, *, as_json: bool, keep: bool) -> bool:
    """Plays it and shows what came of it; returns whether every verdict of the play is the expected one."""
    from rich.console import Console

    began = time.monotonic()
    home = Path(named or play.home).absolute()
    mails = home.with_name(f"{home.name}-mail")
    console = Console(quiet=as_json)
    if not console.is_terminal:
        console = Console(quiet=as_json, width=NOT_A_TERMINAL_WIDTH)
    with _ended_by_signal():
        new = made(home, play, keep=keep)
        console.print(f"{'A new home' if new else 'The home of an earlier demo'}: [bold]{home}[/]", highlight=False)
        before = len(delivered(mails))
        with mail_server(mails) as server:
            point_to(home, server)
            try:
                where = f"{server.host}:{server.port}"
                console.print(f"Mail server: {where}, STARTTLS and a login required", highlight=False)
                with opened(str(home)) as house:
                    _play(play, house, home, console)
                    seen = _look_into(play, house, mails)
            finally:
                point_to(home, None)
        with opened(str(home)) as house:
            book = house.desk.casebook
            shown = [reference for reference in play.references if reference in book.references()]
            reports, documents = results.report_rows(book), results.document_rows(book, shown)
            details = results.detail_rows(book, shown)
            verdicts = play.verdicts(house) if play.verdicts is not None else None
            letters = results.letters_sent(book)
    counted = _counted(documents, letters, mails, home, before)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        value = {
            "home": str(home), "mail": str(mails), "reports": reports, "documents": documents, "kept_back": details,
            **counted, "opened": seen.as_json(), "seconds": seconds,
        }  # fmt: skip
        if verdicts is not None:
            value |= {"letters": letters, "events": verdicts}
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    else:
        results.show(console, reports, documents, details)
        if verdicts is not None:
            results.show_verdicts(console, verdicts)
        _end(console, seen, counted, mails, home, seconds)
    return all(row["ok"] is not False for row in verdicts or ())


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Lets a SIGTERM end the demo as Ctrl-C does: with what it started."""

    def end(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _play(play: Play, house: House, home: Path, console: Any) -> None:
    book = house.desk.casebook
    if not book.references():
        house.set_clock(parse_local(play.opening.at))
    with watcher(home, PROGRAM) as running:
        running.wait_until_watching()
        stage = Stage(house, home / "inbox", running, play)
        with console.status("") as status:

            def said(at: str, told: str, move: Callable[[], list[str]]) -> None:
                line = f"[dim]{spoken(parse_local(at))}[/]  {told}"
                status.update(line)
                try:
                    came_of_it = move()
                except PacksError as error:
                    raise DemoStoppedError(f"The demo stopped at {at} ({told}): {error}") from error
                console.print(line, highlight=False)
                for became in came_of_it:
                    console.print(f"      {became}", style="dim", highlight=False)

            said(play.opening.at, play.opening.told, stage.begin)
            for scene in play.scenes:
                said(scene.at, scene.told, lambda scene=scene: stage.play(scene))  # type: ignore[misc]


# --- the end ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A pack that was opened, and what opens it."""

    reference: str
    person: str
    passphrase: str
    opened: Opened

    def as_json(self) -> dict[str, Any]:
        """Returns it as plain values."""
        return {
            "reference": self.reference, "person": self.person, "file": str(self.opened.file),
            "passphrase": self.passphrase, "encryption": self.opened.encryption, "needs_passphrase": self.opened.locked,
            "pages": self.opened.pages, "first_lines": list(self.opened.lines),
        }  # fmt: skip


def _look_into(play: Play, house: House, mails: Path) -> _Seen:
    """Takes the pack out of the mail that arrived, and has other programs open it with the person's words."""
    reference, person = play.opened
    conference = house.desk.casebook.conference(reference)
    sent = [c for c in conference.copies_of(PersonId(person), Document.PACK) if c.accepted is not None]
    if not sent or sent[-1].claim is None:
        raise DemoStoppedError(f"The pack of {person} was not sent.")
    file = attachment_of(sent[-1].claim.message_id, mails, mails / "opened" / f"{reference}-{person}.pdf")
    why, actor = "the demo shows how a pack opens", house.actor(RELEASED_BY)
    words = passphrase(reference, person, RELEASED_BY, why, actor, house.desk)
    seen = opened_by_others(file, words, house.settings.runtime_dir)
    return _Seen(reference=reference, person=person, passphrase=words, opened=seen)


def _counted(documents: list[dict[str, Any]], letters: int, mails: Path, home: Path, before: int) -> dict[str, int]:
    """Returns how many copies and letters were sent and how many mails arrived.

    Raises:
        DemoStoppedError: the two differ, or the home kept another number.
    """
    sent = sum(row["state"] == "accepted" for row in documents) + letters
    arrived = len(delivered(mails))
    kept = len(list((home / "outbox" / "sent").glob("*.eml")))
    if not sent == arrived == kept:
        raise DemoStoppedError(f"{sent} copies were sent, {arrived} mails arrived, {kept} are in outbox/sent.")
    return {"sent": sent, "delivered": arrived, "delivered_now": arrived - before}


def _end(console: Any, seen: _Seen, counted: dict[str, int], mails: Path, home: Path, seconds: float) -> None:
    def told(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    told("")
    new = counted["delivered_now"]
    now = f"{new} of them now" if new else "nothing was sent a second time"
    told(f"{counted['sent']} copies sent, {counted['delivered']} mails arrived in {mails} ({now}).")
    told(f"\nOpen one yourself: the pack of {seen.person} for {seen.reference}")
    told(f"  file:       {seen.opened.file}")
    told(f"  passphrase: {seen.passphrase}")
    told(f"Opened here by qpdf and pdftotext: {seen.opened.encryption}, {seen.opened.pages} pages. It begins:")
    for line in seen.opened.lines:
        told(f"  | {line}")
    told("\nLook further, for instance:")
    for command in (f"reports {seen.reference}", f"documents {seen.reference}", "held",
                    f"audit explain {seen.reference} father-1", "audit verify"):
        told(f"  packs {command} --home {home}")
    told(f"\n{seconds:.0f} seconds.")
