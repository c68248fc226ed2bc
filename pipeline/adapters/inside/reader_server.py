"""The PDF, picture and OCR work, kept warm: its libraries are loaded once, then a child is forked for every document.

Jobs (`job` of the request), each with its input at `in`; results lie in the folder `out`:

    pdf      a PDF; `ours` if LibreOffice made it here       → pages.pdf, report.json
    picture  a jpg, png or tif                               → pages.pdf, report.json
    marks    a word-processor file of `kind`                 → report.json (flags; `settled`), settled where it had to be
    ocr      a clean PDF and a `page` of it, counted from 0  → report.json (text)

The report of a refused document is `{"why": word}`.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from pipeline.adapters.inside.clean_pdf import clean
from pipeline.adapters.inside.forking import Foreman, Request, channel_from
from pipeline.adapters.inside.marks import HIDDEN, TRACKED, marks_of
from pipeline.adapters.inside.picture import picture_to_pdf
from pipeline.adapters.inside.reading import read_pages, read_picture
from pipeline.adapters.inside.refusal import RefusalError
from pipeline.adapters.inside.settle import settle

LONGEST_WAIT_SECONDS = 5.0


def perform(request: Request) -> None:
    """Does one job in a child of its own and leaves its report."""
    out = Path(request["out"])
    try:
        report = _job(request, Path(request["in"]), out)
    except RefusalError as refusal:
        report = {"why": refusal.why}
    except MemoryError:
        report = {"why": "limit"}
    except Exception:  # a stranger's file can make these libraries raise anything: the host holds the item
        report = {"why": "damaged"}
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")


def _job(request: Request, source: Path, out: Path) -> dict[str, Any]:
    target = out / "pages.pdf"
    match request["job"]:
        case "pdf":
            flags = clean(source, target, ours=bool(request.get("ours")))
            pages = read_pages(target)
            if any(page.pop("hides") for page in pages):
                flags.add(HIDDEN)
            return {"pages": pages, "flags": sorted(flags)}
        case "picture":
            drawn = Path.cwd() / "drawn.pdf"
            picture_to_pdf(source, drawn)
            clean(drawn, target, ours=False)
            return {"pages": read_pages(target), "flags": []}
        case "marks":
            kind, settled = str(request["kind"]), out / "settled"
            flags = marks_of(source, kind)
            done = settle(source, kind, settled, tracked=TRACKED in flags)
            in_place = kind in ("docx", "odt")
            if TRACKED in flags and in_place and (not done or TRACKED in marks_of(settled, kind)):
                raise RefusalError("changes")
            return {"flags": sorted(flags), "settled": done}
        case "ocr":
            return {"text": read_picture(source, int(request["page"]), Path.cwd())}
        case _:
            return {"why": "damaged"}


def main(arguments: list[str]) -> None:
    """Serves until the host hangs up."""
    logging.disable(logging.CRITICAL)  # pypdf and Pillow would quote the document
    foreman = Foreman(channel_from(arguments[0]), perform, readable=("/packages",))
    foreman.report({"ready": True})
    while foreman.turn(LONGEST_WAIT_SECONDS):
        pass
    os._exit(0)
