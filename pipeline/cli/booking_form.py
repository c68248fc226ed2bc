"""The booking form in Word: `packs convene --form FILE.docx`, and `packs convene FORM.docx`."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.cli.frame import Frame, show
from pipeline.cli.words import said
from pipeline.errors import BookingProblemsError, NotFoundError, RefusedError


def write_empty(frame: Frame, to: Path, profile: str | None) -> None:
    """Writes the empty form of that profile, or of the home's own."""
    from pipeline.bootstrap import empty_booking_form, load_profile, opened, own_profiles

    if profile is not None:
        content = empty_booking_form(load_profile(profile, own_profiles(frame.home)), "")
    else:
        with opened(frame.home) as house:
            own = house.home / "profiles"
            content = empty_booking_form(load_profile(house.settings.profile, own), house.settings.team)
    _write_new(to, content)
    show(frame, {"form": str(to)}, lambda c: c.print("The empty form was written."))


def read_filled(frame: Frame, file: Path, draft: Path | None, *, accepted_by: str | None) -> None:
    """Shows what the form says as a draft, with every problem and warning; convenes it where somebody accepts it."""
    from pipeline.bootstrap import booking_in_word, booking_text, opened, read_bookings
    from pipeline.orders.conferences import convene, looked_at

    if accepted_by is not None:
        said(by=accepted_by)
    content = _content(file)
    forbidden: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    with opened(frame.home) as house:
        desk = house.desk
        taken, own = desk.casebook.references(), house.home / "profiles"
        toml, problems = booking_in_word(content, own)
        try:
            bookings = read_bookings([booking_text(toml)], taken=taken, own=own)
            forbidden, warnings = looked_at(bookings[0], desk)
        except BookingProblemsError as error:
            bookings = ()
            problems += [f"draft line {p.line}, {p.where}: {p.message}" for p in error.problems]
        if accepted_by is not None:
            if problems or not bookings:
                raise RefusedError(
                    f"Nothing was convened, for the form has problems: {'; '.join(problems)}. Put them right in the form, or"
                    " in its draft (--draft FILE.toml), and try again."
                )
            (convened,) = convene(bookings, house.actor(accepted_by), desk, accepted_by=accepted_by)
            for warning in convened.warnings:
                print(f"{convened.reference}: {warning}", file=sys.stderr)
            row = {"reference": convened.reference, "warnings": list(convened.warnings)}
            show(frame, row, lambda c: c.print(convened.reference))
            return
    if draft is not None:
        _write_new(draft, toml.encode())
    for line in (*problems, *forbidden, *warnings):
        print(line, file=sys.stderr)
    print(
        f"This is a draft: nothing was convened. To convene it: packs convene {file.name} --accept --by NAME", file=sys.stderr
    )
    value = {
        "draft": toml,
        "problems": problems,
        "forbidden": list(forbidden),
        "warnings": list(warnings),
        "convened": False,
    }
    if draft is None and not frame.json:
        sys.stdout.write(toml)
        return
    show(frame, value, lambda c: c.print("The draft was written; nothing was convened."))


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise NotFoundError("There is no such form. Nothing was changed.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise RefusedError(f"The form cannot be read ({error.strerror}). Nothing was changed.") from None


def _write_new(to: Path, content: bytes) -> None:
    """Writes a file that is not there yet, for its owner's eyes only."""
    import os

    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
    except FileExistsError:
        raise RefusedError("There is a file of that name already. Nothing was changed; choose another.") from None
    except OSError as error:
        raise RefusedError(f"The file cannot be written ({error.strerror}). Nothing was changed.") from None
