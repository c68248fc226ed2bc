"""Plays the script: a home, a mail server, the watcher; then each scene until the ledger says that all is done.

Every move looks first whether it was made before. So a demo that was broken off goes on, and one that was played to its
end is only looked through: nothing is dropped, released or sent a second time.
"""

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

from pipeline.bootstrap import PROGRAM, House, initialise, opened, profile_names, read_booking
from pipeline.demo import results
from pipeline.demo.mail_server import Running, delivered, mail_server
from pipeline.demo.opening import Opened, attachment_of
from pipeline.demo.opening import opened as opened_by_others
from pipeline.demo.reports import F1, FILES
from pipeline.demo.script import (
    CONFIRMATIONS,
    CONFIRMED_BY,
    OPENED,
    OPENING,
    REFERENCES,
    RELEASED_BY,
    SCENES,
    Allowance,
    Scene,
)
from pipeline.demo.watcher import Watcher, watcher
from pipeline.domain.addresses import AddressState, ConfirmationMethod
from pipeline.domain.agenda import FAILED, agenda
from pipeline.domain.calendar import parse_local, spoken
from pipeline.domain.facts import Document
from pipeline.domain.item import Item, ItemState
from pipeline.domain.people import ItemId, PersonId
from pipeline.domain.views import documents_view
from pipeline.errors import DemoStoppedError, PacksError, RefusedError
from pipeline.orders.addresses import confirm
from pipeline.orders.conferences import convene
from pipeline.orders.items import allow
from pipeline.orders.sending import passphrase
from pipeline.settings_file import FILE_NAME, toml_value
from pipeline.stages.release import release

DEMO_HOME = "demo-home"
MARK = "# This home was made by `packs demo`; everything in it is invented.\n"
SERVER_MARK = "\n# --- the demo's mail server; it runs while the demo does ---\n"
SCENE_WITHIN_SECONDS = 120.0
LOOK_EACH_SECONDS = 0.2
NOT_A_TERMINAL_WIDTH = 150
_FOLDERS_OF_NOTES = ("processed", "problem")


def perform(named: str | None, *, as_json: bool, keep: bool) -> None:
    """Plays the demo and shows what came of it. See `pipeline.demo.play`."""
    from rich.console import Console

    began = time.monotonic()
    home = Path(named or DEMO_HOME).absolute()
    mails = home.with_name(f"{home.name}-mail")
    console = Console(quiet=as_json)
    if not console.is_terminal:
        console = Console(quiet=as_json, width=NOT_A_TERMINAL_WIDTH)
    with _ended_by_signal():
        new = _home(home, keep=keep)
        console.print(f"{'A new home' if new else 'The home of an earlier demo'}: [bold]{home}[/]", highlight=False)
        before = len(delivered(mails))
        with mail_server(mails) as server:
            _point_to(home, server)
            try:
                where = f"{server.host}:{server.port}"
                console.print(f"Mail server: {where}, STARTTLS and a login required", highlight=False)
                with opened(str(home)) as house:
                    _play(house, home, console)
                    seen = _look_into(house, mails)
            finally:
                _point_to(home, None)
        with opened(str(home)) as house:
            book = house.desk.casebook
            reports, documents = results.report_rows(book), results.document_rows(book)
            details = results.detail_rows(book)
    counted = _counted(documents, mails, home, before)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        value = {
            "home": str(home), "mail": str(mails), "reports": reports, "documents": documents, "kept_back": details,
            **counted, "opened": seen.as_json(), "seconds": seconds,
        }  # fmt: skip
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        return
    results.show(console, reports, documents, details)
    _end(console, seen, counted, mails, home, seconds)


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


# --- the home --------------------------------------------------------------------------------------------------


def _home(home: Path, *, keep: bool) -> bool:
    """Makes the home unless it is there; returns whether it was made.

    Raises:
        RefusedError: it is another's home, or there is none and none is to be made.
    """
    file = home / FILE_NAME
    if file.is_file():
        if not file.read_text(encoding="utf-8").startswith(MARK):
            raise RefusedError("That home was not made by the demo, so it is left alone. Nothing was changed.")
        return False
    if keep:
        raise RefusedError("There is no home of an earlier demo to go on with. Leave out --keep. Nothing was changed.")
    team, sender = "Port Mere City SQT admin", "sqt@portmere.example"
    initialise(home, profile="portsmouth", team=team, sender=sender, rehearsal=True, kit=None)
    file.write_text(MARK + file.read_text(encoding="utf-8"), encoding="utf-8")
    return True


def _point_to(home: Path, server: Running | None) -> None:
    """Writes the demo's mail server into the settings, or takes it out again: mail then stays in the outbox."""
    file = home / FILE_NAME
    text = file.read_text(encoding="utf-8").partition(SERVER_MARK)[0]
    if server is not None:
        said: dict[str, str | int] = {
            "host": server.host, "port": server.port, "tls": "starttls", "username": server.username,
            "password": server.password, "ca_file": str(server.ca_file),
        }  # fmt: skip
        text += SERVER_MARK + "[smtp]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in said.items())
    file.write_text(text, encoding="utf-8")


# --- playing ---------------------------------------------------------------------------------------------------


def _play(house: House, home: Path, console: Any) -> None:
    book = house.desk.casebook
    if not book.references():
        house.set_clock(parse_local(OPENING))
    with watcher(home, PROGRAM) as running:
        running.wait_until_watching()
        stage = _Stage(house, home / "inbox", running)
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

            said(OPENING, "both conferences are convened; all addresses but one are confirmed", stage.begin)
            for scene in SCENES:
                said(scene.at, scene.told, lambda scene=scene: stage.play(scene))  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class _Stage:
    """The home while the demo plays in it."""

    house: House
    inbox: Path
    watcher: Watcher

    def begin(self) -> list[str]:
        """Convenes both conferences and confirms the addresses; what was done before is left alone."""
        desk = self.house.desk
        have = set(desk.casebook.references())
        families = sorted((Path(__file__).parent / "families").glob("*.toml"))
        bookings = [read_booking(file.read_bytes(), format="toml", profiles=profile_names()) for file in families]
        missing = [booking for booking in bookings if booking.reference not in have]
        if missing:
            convene(missing, self.house.actor(), desk)
        for reference, person, how, note in CONFIRMATIONS:
            standing = desk.casebook.case(reference).standing(PersonId(person))
            if standing.state(desk.clock.now()) is AddressState.UNCONFIRMED:
                actor = self.house.actor(CONFIRMED_BY)
                confirm(reference, person, ConfirmationMethod(how), CONFIRMED_BY, note, actor, desk)
        return []

    def play(self, scene: Scene) -> list[str]:
        """Plays a scene unless the clock is past it; returns in words what came of it."""
        at, now = parse_local(scene.at), self.house.desk.clock.now()
        if now > at:
            return []
        if now < at:
            self.house.set_clock(at)
        told = self._drop(scene) if scene.drop else []
        for decision in scene.allow:
            self._allow(decision)
        self._settled()
        released = [line for reference in scene.release for line in self._release(reference)]
        self._settled()
        return told + released + self._sent(scene)

    def _drop(self, scene: Scene) -> list[str]:
        """Drops the scene's files as a scanner or a mail programme does, and waits until all came to their end."""
        for name in scene.drop:
            if not self._received(name):
                target = self.inbox / name
                target.parent.mkdir(parents=True, exist_ok=True)
                half = target.with_name(f".{target.name}.part")
                half.write_bytes(FILES[name]())
                half.rename(target)
        self._settled()
        told = []
        for name in scene.drop:
            found = self._received(name)
            state = found[-1].state if found else None
            if state is not scene.end_of(name):
                raise DemoStoppedError(f"{name!r} ended as {state and state.value}, not as {scene.end_of(name).value}.")
            told.append(f"{name}: {_became(found[-1])}")
        return told

    def _received(self, name: str) -> list[Item]:
        items = self.house.desk.casebook.items()
        return [item for item in items if item.received.name == name and not item.received.parent]

    def _allow(self, decision: Allowance) -> None:
        book = self.house.desk.casebook
        conference = book.conference(decision.reference)
        item = ItemId(self._received(decision.file)[-1].id)
        if (item, PersonId(decision.person)) in conference.allowed or conference.chair is None:
            return
        chair = conference.chair.name
        actor = self.house.actor(chair)
        allow(decision.reference, decision.person, item, chair, decision.because, actor, self.house.desk)

    def _release(self, reference: str) -> list[str]:
        """Releases every composed copy of a conference that waits for a person's word."""
        desk = self.house.desk
        told = []
        for row in documents_view(desk.casebook.case(reference), desk.clock.now()):
            if row["state"] == "composed":
                kind, person = Document(str(row["document"])), str(row["person"])
                _, left_out = release(reference, person, kind, RELEASED_BY, self.house.actor(RELEASED_BY), desk)
                told.append(f"released: {kind.value} of {person}" + (f", {len(left_out)} left out" if left_out else ""))
        return told

    def _sent(self, scene: Scene) -> list[str]:
        at = parse_local(scene.at)
        return [
            f"sent: {copy.document.value} {copy.issue} to {copy.person}"
            for reference in REFERENCES
            for copy in self.house.desk.casebook.conference(reference).copies.values()
            if copy.accepted_at == at
        ]

    def _settled(self) -> None:
        """Returns when the ledger says that nothing is left to do at this instant.

        Raises:
            DemoStoppedError: that does not come in time, an action failed, or the watcher ended.
        """
        end = time.monotonic() + SCENE_WITHIN_SECONDS
        while (left := self._left_to_do()) is not None:
            self.watcher.check()
            if time.monotonic() > end:
                raise DemoStoppedError(f"after {SCENE_WITHIN_SECONDS:.0f} seconds {left}. See data/packs.log.")
            time.sleep(LOOK_EACH_SECONDS)

    def _left_to_do(self) -> str | None:
        files = (path.relative_to(self.inbox).parts[0] for path in self.inbox.rglob("*") if path.is_file())
        if any(first not in _FOLDERS_OF_NOTES for first in files):
            return "a file still lies in the inbox"
        book = self.house.desk.casebook
        if any(item.state in (ItemState.RECEIVED, ItemState.RESOLVED) for item in book.items()):
            return "a received file is still being worked on"
        for reference in REFERENCES:
            case = book.case(reference)
            due = agenda(case, book.clock.now())
            if due.due:
                return f"{len(due.due)} actions are still due for {reference}"
            ended = [fact.code for attempts in case.conference.attempts.values() for fact, _ in attempts]
            if due.stuck or FAILED in ended:
                raise DemoStoppedError(f"an action for {reference} failed. See data/packs.log.")
        return None


def _became(item: Item) -> str:
    match item.state:
        case ItemState.HELD if item.held is not None:
            return f"held: {'; '.join(item.held.why)}"
        case ItemState.FILED if item.filed is not None:
            return f"filed for {item.filed.person}"
        case ItemState.OPENED if item.opened is not None:
            return f"opened, {len(item.opened.parts)} attachments"
        case ItemState.REPEATED:
            return "a repeat; filed once"
        case _:
            return item.state.value


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


def _look_into(house: House, mails: Path) -> _Seen:
    """Takes the pack out of the mail that arrived, and has other programs open it with the person's words."""
    reference, person = OPENED
    conference = house.desk.casebook.conference(reference)
    sent = [c for c in conference.copies_of(PersonId(person), Document.PACK) if c.accepted is not None]
    if not sent or sent[-1].claim is None:
        raise DemoStoppedError(f"The pack of {person} was not sent.")
    file = attachment_of(sent[-1].claim.message_id, mails, mails / "opened" / f"{reference}-{person}.pdf")
    why, actor = "the demo shows how a pack opens", house.actor(RELEASED_BY)
    words = passphrase(reference, person, RELEASED_BY, why, actor, house.desk)
    seen = opened_by_others(file, words, house.settings.runtime_dir)
    return _Seen(reference=reference, person=person, passphrase=words, opened=seen)


def _counted(documents: list[dict[str, Any]], mails: Path, home: Path, before: int) -> dict[str, int]:
    """Returns how many copies were sent and how many mails arrived.

    Raises:
        DemoStoppedError: the two differ, or the home kept another number.
    """
    sent = sum(row["state"] == "accepted" for row in documents)
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
    for command in (f"reports {F1}", f"documents {F1}", "held", f"audit explain {F1} father-1", "audit verify"):
        told(f"  packs {command} --home {home}")
    told(f"\n{seconds:.0f} seconds.")


__all__ = ["perform"]
