"""`make bench`: every figure beside its peer's, rounds of both interleaved in the same run, medians, one table.

A figure without its peer says more about the machine than about the program, so read the ratio. Where the peer does less
than we do, the row says so. The whole run takes about three minutes on two cores and needs what `make test` needs.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.acceptance import bookings, files
from tests.acceptance.home import Home
from tests.adapters.pack_sources import copy_text, report_docx

ROUNDS = 3
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PASSPHRASE = "gravel onion lamp elm cat brave"
WORKERS = 2
FEW, MANY = 4, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: our rate and the peer's in the same unit, both medians of the rounds."""

    what: str
    unit: str
    ours: float
    peer: str
    theirs: float

    @property
    def ratio(self) -> float:
        """How many times the peer's rate ours is."""
        return self.ours / self.theirs


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _rates(*works: tuple[Callable[[], object], float], rounds: int = ROUNDS) -> list[float]:
    """Returns for each (work, how much it does) the median rate; in each round all are run, one after the other."""
    for work, _ in works:
        work()  # the first of each pays for what is made once; nobody counts it
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for found, (work, amount) in zip(rates, works, strict=True):
            found.append(amount / _seconds(work))
    return [statistics.median(found) for found in rates]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="packs-bench-") as folder:
        yield Path(folder)


# --- conversions ---------------------------------------------------------------------------------------------------------


class OneShot:
    """soffice as a script would call it: a process for each document, no sandbox, its profile kept warm."""

    def __init__(self, folder: Path) -> None:
        """Keeps profile and documents in the folder."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._count = 0

    def __call__(self, document: bytes) -> bytes:
        """Returns the document as PDF."""
        self._count += 1
        source = self._folder / f"{self._count}.docx"
        source.write_bytes(document)
        profile = f"-env:UserInstallation={(self._folder / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(self._folder), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return source.with_suffix(".pdf").read_bytes()


def conversions() -> Iterator[Row]:
    """Documents a second: the warm server in the sandbox, the fallback in the sandbox, and soffice alone."""
    from pipeline.adapters.conversion import SandboxConverter
    from pipeline.adapters.sandbox import Sandbox
    from pipeline.ports import FileKind

    documents = [report_docx(f"Agency {n}", paragraphs=12) for n in range(12)]
    with _folder() as folder, ThreadPoolExecutor(WORKERS) as pool:
        one_shots = [OneShot(folder / str(n)) for n in range(WORKERS)]
        warm = SandboxConverter(Sandbox(), at_once=WORKERS)
        cold = SandboxConverter(Sandbox(), at_once=WORKERS, warm_server=False)
        try:
            ours, fallback, alone = _rates(
                (lambda: list(pool.map(lambda d: warm.convert(d, FileKind.DOCX), documents)), len(documents)),
                (lambda: list(pool.map(lambda d: cold.convert(d, FileKind.DOCX), documents[:2])), 2),
                (lambda: list(pool.map(lambda n: one_shots[n](documents[n]), range(WORKERS))), WORKERS),
            )
        finally:
            warm.close()
            cold.close()
    peer = f"soffice one-shot, {WORKERS} at a time, no sandbox, PDF only"
    yield Row(what="document to clean, read pages (sandbox, warm)", unit="documents/s", ours=ours, peer=peer, theirs=alone)
    yield Row(what="the same, fallback (sandbox, one-shot)", unit="documents/s", ours=fallback, peer=peer, theirs=alone)


# --- the whole intake ----------------------------------------------------------------------------------------------------


def _intake_home(path: Path) -> Home:
    home = Home.make(path, settings=f"works_at_once = {WORKERS}")
    home("clock", "set", bookings.BOOKED)
    booking = path.with_suffix(".toml")
    booking.write_text(bookings.small())
    home("convene", str(booking))
    return home


def _drop(home: Home, count: int, batch: str) -> None:
    for number in range(count):
        person = bookings.ASKED[number % len(bookings.ASKED)]
        lines = files.lines_of(person, f"Batch {batch}, words of report {number}. " * 40)
        make, suffix = (files.pdf, "pdf") if number % 3 == 2 else (files.docx, "docx")
        name = f"{bookings.REF} {bookings.AGENCIES[person]} {batch}-{number}.{suffix}"
        (home.path / "inbox" / name).write_bytes(make(lines))


def intake() -> Iterator[Row]:
    """Reports a second from the inbox to filed, judged and searched: by the difference of a long and a short run."""
    runs: list[float] = []
    slopes: list[float] = []
    alone: list[float] = []
    with _folder() as folder:
        home, one_shot = _intake_home(folder / "home"), OneShot(folder / "peer")
        document = files.docx(files.lines_of("school", "Words of a report. " * 40))
        one_shot(document)
        for turn in range(ROUNDS):
            taken = []
            for count in (FEW, MANY):
                _drop(home, count, f"{turn}-{count}")
                taken.append(_seconds(lambda: home("run", "--once", timeout=300)))
            runs.append(MANY / taken[1])
            slopes.append((MANY - FEW) / (taken[1] - taken[0]))
            alone.append(2 / _seconds(lambda: [one_shot(document) for _ in range(2)]))
        filed = sum(len(row["versions"]) + 1 for row in home("reports", bookings.REF) if row["state"] == "received")
        assert filed == ROUNDS * (FEW + MANY), f"only {filed} reports were filed"
    peer = "soffice one-shot, one at a time, conversion alone"
    theirs = statistics.median(alone)
    rate = statistics.median(slopes)
    yield Row(what="report from inbox to filed, service running", unit="reports/s", ours=rate, peer=peer, theirs=theirs)
    rate = statistics.median(runs)
    yield Row(what=f"the same, {MANY} reports with start and end", unit="reports/s", ours=rate, peer=peer, theirs=theirs)


# --- packs ---------------------------------------------------------------------------------------------------------------


def packs() -> Iterator[Row]:
    """Copies a second of the same six reports: composed, sealed and proved by us; merged and encrypted by peers."""
    from pipeline.adapters.conversion import SandboxConverter
    from pipeline.adapters.pack_prover import SandboxProver
    from pipeline.adapters.pack_writer import PdfPackWriter
    from pipeline.adapters.sandbox import Sandbox
    from pipeline.bootstrap import TEMPLATES
    from pipeline.ports import FileKind, SectionSource

    converter = SandboxConverter(Sandbox(), at_once=WORKERS)
    with _folder() as folder, ThreadPoolExecutor(WORKERS) as pool:
        try:
            pdfs = [converter.convert(report_docx(f"Agency {n}"), FileKind.DOCX).pdf for n in range(6)]
            sections = [SectionSource(title=f"Report {n}", pdf=pdf, report=f"r{n}") for n, pdf in enumerate(pdfs)]
            sources = []
            for number, pdf in enumerate(pdfs):
                sources.append(folder / f"{number}.pdf")
                sources[-1].write_bytes(pdf)
            writer, prover = PdfPackWriter(TEMPLATES, converter.print_ours), SandboxProver(Sandbox(), at_once=WORKERS)

            def proved(number: int) -> None:
                copy = writer.write(copy_text(f"Reader {number}"), sections, PASSPHRASE)
                assert len(prover.examine(copy.sealed, PASSPHRASE).pages) == copy.pages

            def written(number: int) -> None:
                writer.write(copy_text(f"Reader {number}"), sections, PASSPHRASE)

            ours, unproved, qpdf, pypdf = _rates(
                (lambda: list(pool.map(proved, range(4))), 4),
                (lambda: list(pool.map(written, range(4))), 4),
                (lambda: list(pool.map(lambda n: _qpdf(sources, folder / f"q{n}.pdf"), range(4))), 4),
                (lambda: [_pypdf(sources, folder / "p.pdf") for _ in range(2)], 2),
            )
        finally:
            converter.close()
    what, less = "copy: cover from Word, merged, stamped, sealed", "merge + AES-256 only"
    yield Row(what=f"{what}, proved", unit="copies/s", ours=ours, peer=f"qpdf, {less}", theirs=qpdf)
    yield Row(what=f"{what}, proved", unit="copies/s", ours=ours, peer=f"pypdf, {less}", theirs=pypdf)
    yield Row(what=f"{what}, not yet proved", unit="copies/s", ours=unproved, peer=f"qpdf, {less}", theirs=qpdf)


def _qpdf(sources: list[Path], target: Path) -> None:
    lock = ["--encrypt", PASSPHRASE, "owner-of-nothing", "256", "--"]
    subprocess.run(["qpdf", "--empty", "--pages", *map(str, sources), "--", *lock, str(target)], check=True)


def _pypdf(sources: list[Path], target: Path) -> None:
    from pypdf import PdfWriter

    with closing(PdfWriter()) as writer:
        for source in sources:
            writer.append(str(source))
        writer.encrypt(PASSPHRASE, "owner-of-nothing", algorithm="AES-256")
        writer.write(str(target))


# --- vault and ledger ----------------------------------------------------------------------------------------------------


def vault() -> Iterator[Row]:
    """Megabytes a second into the vault, against writing the same bytes durably and in clear."""
    from pipeline.adapters.keys_sql import SqlKeys
    from pipeline.adapters.master_key import new_master_key
    from pipeline.adapters.vault_files import FileVault

    with _folder() as folder:
        keys = SqlKeys(f"sqlite:///{folder / 'keys.db'}", new_master_key(), create=True)
        keys.ensure("item:1")
        sealed = FileVault.create(folder / "vault", keys)
        for size_mb, times in ((32, 2), (1, 16)):
            content = os.urandom(size_mb * 1_000_000)
            works = [
                (lambda c=content, t=times: [sealed.put("item:1", c, "original") for _ in range(t)], size_mb * times),
                (lambda c=content, t=times: [_durably(folder, c) for _ in range(t)], size_mb * times),
            ]
            ours, plain = _rates(*works, rounds=5)
            what = f"seal a file of {size_mb} MB into the vault"
            yield Row(what=what, unit="MB/s", ours=ours, peer="plain write + fsync + rename", theirs=plain)
        keys.close()


def _durably(folder: Path, content: bytes) -> None:
    draft, final = folder / "draft", folder / f"plain-{os.urandom(8).hex()}"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(final)
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    final.unlink()


def ledger() -> Iterator[Row]:
    """Facts a second, each its own durable, sealed, chained append; against a bare durable insert of the same bytes."""
    from tests.adapters.ledger_parts import Noted, open_home

    count = 200
    with _folder() as folder:
        home = open_home(f"sqlite:///{folder / 'ledger.db'}", folder / "checkpoints")
        bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
        bare.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (n INTEGER, body BLOB)")
        text = "x" * 400

        def appended() -> None:
            for _ in range(count):
                home.ledger.append({"conference:1": [Noted(text=text)]}, expected={}, at=AT, actor="bench")

        def inserted() -> None:
            for number in range(count):
                bare.execute("INSERT INTO t VALUES (?, ?)", (number, text.encode()))

        ours, plain = _rates((appended, count), (inserted, count), rounds=5)
        (walked,) = _rates((home.ledger.verify, home.ledger.head("conference:1")))
        bare.close()
        home.close()
    yield Row(what="append a fact to the ledger", unit="facts/s", ours=ours, peer="sqlite3 insert + commit, bare", theirs=plain)
    yield Row(what="verify the whole chain", unit="facts/s", ours=walked, peer="append of the same", theirs=ours)


# --- mail ----------------------------------------------------------------------------------------------------------------


def mail() -> Iterator[Row]:
    """Mails a second into the same Postfix: ours over TLS with AUTH, Postfix's own smtp-source in clear and without."""
    from pipeline.adapters.envelopes import new_message_id, pack_envelope
    from pipeline.adapters.smtp_mailer import SmtpMailer
    from pipeline.domain.addresses import ConfirmedAddress
    from pipeline.ports import Accepted
    from tests.servers.postfix import _free_ports, mail_server, missing

    if (why := missing()) is not None:
        print(f"mail: not measured, {why}", file=sys.stderr)
        return
    to = ConfirmedAddress(address="reader@elsewhere.example", confirmed_at=AT, expires_at=AT + timedelta(days=300))
    count, size = 120, 20_000
    with mail_server() as server, ThreadPoolExecutor(WORKERS) as pool:
        (plain,) = _free_ports(1)
        _also_in_clear(server.folder / "etc", plain)
        mailer = SmtpMailer(
            host=server.host,
            port=server.port,
            tls="starttls",
            username=server.username,
            password=server.password,
            ca_file=server.ca_file,
            loopback_only=True,
        )
        sent = [
            pack_envelope(
                message_id=new_message_id(f"copy-{n}", "team.example"),
                sender="conferences@team.example",
                to=to,
                subject="Papers",
                body="See the attached document.\n",
                attachment=b"%PDF-1.7" + os.urandom(size * 3 // 4),
                attachment_name="document.pdf",
                at=AT,
                team_reply=None,
            )
            for n in range(count)
        ]

        def ours() -> None:
            assert all(isinstance(o, Accepted) for o in pool.map(lambda e: mailer.submit(e, lambda: None), sent))

        def source() -> None:
            command = ["smtp-source", "-d", "-s", str(WORKERS), "-m", str(count), "-l", str(size)]
            words = ["-f", "conferences@team.example", "-t", to.address, f"127.0.0.1:{plain}"]
            subprocess.run([*command, *words], check=True, capture_output=True, timeout=60)

        rate, theirs = _rates((ours, count), (source, count))
        mailer.close()
    what = f"submit a mail of {size // 1000} kB, {WORKERS} at a time (TLS, AUTH)"
    yield Row(what=what, unit="mails/s", ours=rate, peer="smtp-source (clear, no AUTH)", theirs=theirs)


def _also_in_clear(etc: Path, port: int) -> None:
    """Lets the running Postfix listen on one more port, without TLS and login: smtp-source knows neither."""
    options = ["smtpd_tls_security_level=none", "smtpd_sasl_auth_enable=no", "smtpd_client_restrictions=permit_mynetworks,reject"]
    options += ["mynetworks=127.0.0.0/8", "smtpd_relay_restrictions=permit_mynetworks,reject"]
    line = f"127.0.0.1:{port} inet n - n - - smtpd " + " ".join(f"-o {option}" for option in options)
    with (etc / "master.cf").open("a") as file:
        file.write(line + "\n")
    subprocess.run(["/usr/sbin/postfix", "-c", str(etc), "reload"], check=True, capture_output=True, timeout=30)
    time.sleep(1.5)


# --- the table -----------------------------------------------------------------------------------------------------------


def machine() -> str:
    """Returns what the figures were measured on."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{len(os.sched_getaffinity(0))} cores, {pages * size / 2**30:.1f} GiB, Python {platform.python_version()}"


def main() -> None:
    """Measures what the arguments name, or everything, and prints the table."""
    from rich.console import Console
    from rich.table import Table

    every = {f.__name__: f for f in (conversions, intake, packs, vault, ledger, mail)}
    wanted = sys.argv[1:] or list(every)
    if unknown := set(wanted) - set(every):
        sys.exit(f"There is no measurement {', '.join(sorted(unknown))}; there are {', '.join(every)}.")
    absent = [program for program in ("soffice", "qpdf", "bwrap", "smtp-source") if shutil.which(program) is None]
    if absent:
        sys.exit(f"Not installed: {', '.join(absent)}. Run: make bench (it sets the machine up first)")
    table = Table(title=f"Bench: {machine()}; medians of {ROUNDS} to 5 interleaved rounds", title_justify="left")
    for column in ("what", "ours", "peer", "peer's", "ratio"):
        table.add_column(column, justify="right" if column in ("ours", "peer's", "ratio") else "left")
    begun = time.monotonic()
    for name in wanted:
        print(f"measuring {name} …", file=sys.stderr)
        for row in every[name]():
            table.add_row(
                row.what, f"{row.ours:,.1f} {row.unit}", row.peer, f"{row.theirs:,.1f}", f"{row.ratio:.2f} ×"
            )
    Console(width=max(150, shutil.get_terminal_size().columns)).print(table)
    print(f"in {time.monotonic() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
