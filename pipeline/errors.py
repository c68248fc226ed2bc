"""The tree of errors. Each speaks to the next person and leaks nothing: a code, opaque ids, a next step.

PacksError
├── RefusedError                 the request is refused and nothing was changed: exit code 2
│   ├── ProblemsError            a file that a person wrote, all its problems at once
│   │   ├── BookingProblemsError a booking with every problem in it, each with its line
│   │   ├── OutcomeProblemsError an outcome with every problem in it
│   │   └── SettingsProblemError packs.toml with every problem in it
│   ├── NotFoundError            no such conference, person, item or document
│   ├── ProfileProblemError      a profile or a rule that cannot be used
│   │   └── ProfileProblemsError a profile file with every problem in it, each with its line
│   ├── LocalTimeError           a local time that does not exist, exists twice, or carries an offset
│   ├── AddressNotConfirmedError a sending without a confirmed, unexpired address
│   ├── RulesBlockError          rules of the authority forbid it until it is put right or passed with a reason
│   ├── GateClosedError          the sending gate found a condition that does not hold
│   └── KitProblemError          a recovery kit or its words that do not open
├── StaleHeadError               the ledger moved on: read again and decide again
├── DatabaseUnavailableError     the database is locked, full or unreachable: tried again
├── CheckpointUnwritableError    the folder of checkpoints cannot be written: nothing is sent until it can
├── LedgerBrokenError            the chain of facts does not verify
├── KeyMissingError              a key is absent, damaged or does not open what it should
│   └── KeyErasedError           a key was destroyed on purpose at the end of retention: nothing to repair
├── KeysUnreachableError         the keys database did not answer: nothing was changed, try again
├── BlobDamagedError             a sealed file is absent, altered, cut or in the wrong place
├── VaultUnreachableError        the vault's folder cannot be read or written: nothing was stored
├── UnreadableFileError          a received file that no reader opens: it is held, never lost
├── ConversionFailedError        a document that cannot be turned into pages: it is held
├── SandboxMissingError          nothing may be parsed because the sandbox does not work
├── TemplateError                a Word template with a name that nobody fills
├── MailServerError              the mail server cannot be used as the settings say
├── DemoStoppedError             a step of the demo did not come to its end
└── SettlementNeededError        an outside effect whose result is not known: a person decides
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class Disposition(Enum):
    """What the flow does with an item or action when an error reaches it."""

    RETRY = "retry"
    HOLD = "hold"
    QUARANTINE = "quarantine"
    STOP = "stop"
    REFUSE = "refuse"


class PacksError(Exception):
    """Any error of this system. `str()` is a sentence for the next person and holds opaque ids only."""

    code: ClassVar[str] = "packs.fault"
    disposition: ClassVar[Disposition] = Disposition.HOLD


class RefusedError(PacksError):
    """The request is refused; nothing was changed."""

    code = "request.refused"
    disposition = Disposition.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One problem of a file that a person wrote. `line` counts from 1; 0 means the file as a whole.

    `file` is its name where it is one of several. It may hold a name: for the eyes of who gave the files, never a log.
    """

    file: str = ""
    line: int
    where: str
    message: str


class ProblemsError(RefusedError):
    """A file with problems, all of them reported at once."""

    code = "file.problems"

    def __init__(self, problems: tuple[Problem, ...], source: str = "the file") -> None:
        """Keeps every problem, in the order of files and lines; `source` says which file in words."""
        self.problems = tuple(sorted(problems))
        lines = [
            (f"{p.file}: " if p.file else "") + (f"line {p.line}: " if p.line else "") + f"{p.where}: {p.message}"
            for p in self.problems
        ]
        count = "is 1 problem" if len(lines) == 1 else f"are {len(lines)} problems"
        super().__init__(f"there {count} in {source}; nothing was changed. " + "; ".join(lines))


class BookingProblemsError(ProblemsError):
    """A booking that cannot be convened."""

    code = "booking.problems"


class OutcomeProblemsError(ProblemsError):
    """An outcome that cannot be recorded."""

    code = "outcome.problems"


class SettingsProblemError(ProblemsError):
    """A packs.toml that cannot be used."""

    code = "settings.problems"


class NotFoundError(RefusedError):
    """Nothing of that id exists here."""

    code = "request.not_found"


class ProfileProblemError(RefusedError):
    """A profile or rule that does not exist or cannot be used as asked."""

    code = "profile.problem"


class ProfileProblemsError(ProblemsError, ProfileProblemError):
    """A profile file that cannot be used, all its problems at once."""

    code = "profile.problems"


class LocalTimeError(RefusedError):
    """A local time that does not exist, exists twice, or is not written as YYYY-MM-DDTHH:MM[:SS]."""

    code = "time.not_local"


class RulesBlockError(RefusedError):
    """Rules of the authority forbid it until it is put right, or passed by a named person with a reason."""

    code = "rules.block"


class AddressNotConfirmedError(RefusedError):
    """Nothing may be sent: the address is not confirmed, expired or suspended."""

    code = "send.address_not_confirmed"


class GateClosedError(RefusedError):
    """Nothing was sent: a condition of the sending gate does not hold."""

    code = "send.gate_closed"


class KitProblemError(RefusedError):
    """A recovery kit that is damaged, or words that do not open it."""

    code = "kit.problem"


class StaleHeadError(PacksError):
    """The ledger moved on since the decision was made: read again, decide again."""

    code = "ledger.stale_head"
    disposition = Disposition.RETRY


class DatabaseUnavailableError(PacksError):
    """The database is locked, full, read-only or unreachable; nothing was written."""

    code = "database.unavailable"
    disposition = Disposition.RETRY


class CheckpointUnwritableError(PacksError):
    """A checkpoint could not be written; the facts stand and the next checkpoint holds what this one did not."""

    code = "ledger.checkpoint_unwritable"
    disposition = Disposition.RETRY


class LedgerBrokenError(PacksError):
    """The chain of facts does not verify."""

    code = "ledger.broken"
    disposition = Disposition.STOP


class KeyMissingError(PacksError):
    """A key is absent, damaged, or does not open what it should."""

    code = "keys.missing"
    disposition = Disposition.STOP


class KeyErasedError(KeyMissingError):
    """A key was destroyed on purpose; what it sealed is gone for good and nothing is to be repaired."""

    code = "keys.erased"
    disposition = Disposition.HOLD


class KeysUnreachableError(PacksError):
    """The keys database did not answer; nothing was changed."""

    code = "keys.unreachable"
    disposition = Disposition.RETRY


class BlobDamagedError(PacksError):
    """A sealed file is absent, altered, cut, or not the one it claims to be."""

    code = "vault.damaged"


class VaultUnreachableError(PacksError):
    """The vault's folder cannot be read or written, or is not the one of this home; nothing was stored."""

    code = "vault.unreachable"
    disposition = Disposition.RETRY


class UnreadableFileError(PacksError):
    """A received file that no reader opens. The original is kept; a person decides."""

    code = "screen.unreadable"


class ConversionFailedError(PacksError):
    """A document that cannot be turned into pages. The original is kept; a person decides."""

    code = "convert.failed"

    def __init__(self, message: str, *, why: str = "damaged") -> None:
        """Keeps `why`, a stable code word: password, damaged, limit, too-long, too-large, layers, xfa, active."""
        self.why = why
        super().__init__(message)


class SandboxMissingError(PacksError):
    """The sandbox does not work, so no stranger's file is opened. `packs doctor` names the fix."""

    code = "sandbox.missing"
    disposition = Disposition.RETRY


class TemplateError(PacksError):
    """A Word template asks for a name that nobody fills, or cannot be rendered."""

    code = "compose.template"


class MailServerError(PacksError):
    """The mail server cannot be reached, trusted or logged in to as the settings say. Nothing was sent."""

    code = "send.server"
    disposition = Disposition.RETRY


class DemoStoppedError(PacksError):
    """A step of the demo did not come to its end; what it started was stopped, and the home can go on."""

    code = "demo.stopped"
    disposition = Disposition.STOP


class SettlementNeededError(PacksError):
    """The result of an outside effect is not known; it is shown and never repeated by machine."""

    code = "send.unknown"
