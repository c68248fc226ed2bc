"""Strangers' files to clean pages: every byte is parsed in the sandbox, and judged by what came out.

    docx odt       marks (hidden things), settled ─▶ LibreOffice ─▶ clean PDF ─▶ text, fingerprints ─▶ OCR without text
    rtf            the same; one with tracked changes by way of a docx
    doc            LibreOffice (also as docx, for the marks) ─▶ the same
    txt            as rich text ─▶ LibreOffice ─▶ the same
    pdf            clean PDF ─▶ the same
    jpg png tif    pixels alone ─▶ PDF ─▶ the same

Pages show a document's final text: what its author deleted with tracked changes is in none of them (inside/settle.py).
An exit code means nothing here (LibreOffice says 0 and writes no file on one document in twenty): a document is
converted if there is a PDF that two libraries open with at least one page.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, assert_never

from pipeline.adapters.office import MAX_PDF_BYTES, MAX_WORD_BYTES, Office, Written
from pipeline.adapters.sandbox import Sandbox
from pipeline.adapters.workshop import Finished, NotReadyError, Workshop
from pipeline.domain.protected import folded
from pipeline.errors import ConversionFailedError, SandboxMissingError
from pipeline.ports import FileKind, Page, Rendition

MAX_PAGES: Final = 300
MAX_REPORT_BYTES: Final = 64 * 1024 * 1024
TRACKED: Final = "tracked-changes"
PAGE_FLAGS: Final = (TRACKED, "comments", "hidden-text")

_WHY: Final = {
    "password": "The document is protected by a password, so it could not be opened. Ask the sender for an open copy.",
    "damaged": "The document is damaged or not what it says it is, so it has no pages. Ask the sender for it again.",
    "limit": "The document took more time or memory than a report may, so it was stopped. Ask for a PDF of it.",
    "too-long": f"The document has more than {MAX_PAGES} pages. Ask the sender to split it.",
    "too-large": "A picture has more than 50 million pixels. Ask the sender for a smaller one.",
    "layers": "The PDF has layers that are switched off; what they hide would come to light. Ask for a flat copy.",
    "xfa": "The PDF is an XFA form, whose content only its maker's software shows. Ask the sender to print it to PDF.",
    "active": "The PDF holds active content that could not be taken out. Ask the sender to print it to PDF.",
    "annotations": "The PDF has drawings over its text that could not be made part of the page. Ask for a flat copy.",
    "changes": "The document's tracked changes could not be accepted or taken out. Ask for a copy without them.",
    "form": "The PDF form's answers cannot be drawn. Ask the sender to print it to PDF.",
    "kind": "Files of this kind are not turned into pages.",
}


class SandboxConverter:
    """The Converter. Safe for several threads; starts its servers at the first document."""

    def __init__(self, sandbox: Sandbox, *, at_once: int = 2, seconds: float = 60.0, warm_server: bool = True) -> None:
        """At most `at_once` documents are in work, each step of one for at most `seconds` of real time."""
        self._sandbox = sandbox
        self._seconds = seconds
        self._office = Office(sandbox, at_once=at_once, seconds=seconds, warm_server=warm_server)
        self._readers = Workshop(sandbox, "reader_server", at_once=at_once)
        self._eyes = ThreadPoolExecutor(at_once, "ocr")

    @property
    def mode(self) -> str:
        """How LibreOffice is run: 'fork-server', or 'one-shot' after the server failed repeatedly."""
        return self._office.mode

    def warm(self) -> None:
        """Starts the servers, so that the first document need not wait.

        Raises:
            SandboxMissingError: the sandbox does not work.
        """
        self._office.warm()
        try:
            self._readers.warm()
        except NotReadyError:
            raise _no_readers() from None

    def close(self) -> None:
        """Ends the servers and wipes what they had."""
        self._eyes.shutdown(cancel_futures=True)
        self._office.close()
        self._readers.close()

    def convert(self, content: bytes, kind: FileKind) -> Rendition:
        """Returns the document as clean pages. See `ports.Converter`.

        Raises:
            ConversionFailedError: no pages could be made, or not in time; its `why` is a code word.
            SandboxMissingError: the sandbox does not work; nothing was opened.
        """
        match kind:
            case FileKind.DOCX | FileKind.ODT:
                flags, content = self._settled(content, kind)
                return self._with_flags(self._of_office(content, f".{kind}"), flags)
            case FileKind.RTF:
                flags, content = self._settled(content, kind)
                if TRACKED not in flags:
                    return self._with_flags(self._of_office(content, ".rtf"), flags)
                return self._with_flags(self._by_way_of_word(content, ".rtf"), flags)
            case FileKind.DOC:
                if not content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
                    raise _failed("damaged")
                return self._by_way_of_word(self._settled(content, kind)[1], ".doc")
            case FileKind.TEXT:
                return self._of_office(rich_text(decoded(content)), ".rtf")
            case FileKind.PDF:
                return self._read({"job": "pdf"}, content)
            case FileKind.JPEG | FileKind.PNG | FileKind.TIFF:
                return self._read({"job": "picture"}, content)
            case FileKind.EMAIL | FileKind.OTHER:
                raise _failed("kind")
            case _:
                assert_never(kind)

    def print_ours(self, document: bytes) -> bytes:
        """Returns a .docx of our own making (a filled template) as tagged PDF.

        Raises:
            ConversionFailedError: LibreOffice made no PDF of it.
        """
        written = self._office.write_pdf(document, ".docx")
        if not written.pdf:
            raise _failed(written.why)
        return written.pdf

    def _of_office(self, content: bytes, suffix: str) -> Rendition:
        return self._read({"job": "pdf", "ours": True}, self._written(content, suffix, also_word=False).pdf or b"")

    def _by_way_of_word(self, content: bytes, suffix: str) -> Rendition:
        """Returns the pages of a file whose changes can be seen and accepted only in the Word file made of it."""
        written = self._written(content, suffix, also_word=True)
        if not written.word:
            raise _failed("changes")
        flags, settled = self._settled(written.word, FileKind.DOCX)
        if TRACKED in flags:
            return self._with_flags(self._of_office(settled, ".docx"), flags)
        return self._with_flags(self._read({"job": "pdf", "ours": True}, written.pdf or b""), flags)

    def _written(self, content: bytes, suffix: str, *, also_word: bool) -> Written:
        if suffix == ".rtf" and not content.startswith(b"{\\rtf"):
            raise _failed("damaged")
        written = self._office.write_pdf(content, suffix, also_word=also_word)
        if not written.pdf:
            raise _failed(written.why)
        return written

    def _settled(self, content: bytes, kind: FileKind) -> tuple[set[str], bytes]:
        """Returns what the file hides, and the file as its author last saw it."""
        report, results = self._ask({"job": "marks", "kind": str(kind)}, content)
        if report.get("settled") is not True:
            return _flags(report), content
        if "settled" not in results:
            raise _failed("damaged")
        return _flags(report), results["settled"]

    @staticmethod
    def _with_flags(rendition: Rendition, flags: set[str]) -> Rendition:
        return replace(rendition, flags=tuple(sorted({*rendition.flags, *flags})))

    def _read(self, job: dict[str, object], content: bytes) -> Rendition:
        report, results = self._ask(job, content)
        pdf = results.get("pages.pdf")
        found = report.get("pages")
        if not pdf or not isinstance(found, list) or not 1 <= len(found) <= MAX_PAGES:
            raise _failed("damaged")
        looks = [
            self._eyes.submit(self._look, pdf, number)
            if page.get("look") is True or page.get("also_look") is True
            else None
            for number, page in enumerate(found)
        ]
        pages = []
        for page, look in zip(found, looks, strict=True):
            text, fingerprint = page.get("text"), page.get("fingerprint")
            if not isinstance(text, str) or not isinstance(fingerprint, str) or len(fingerprint) != 64:
                raise _failed("damaged")
            if look is None:
                pages.append(Page(text=text, read_by="text", fingerprint=fingerprint))
                continue
            seen = look.result()
            if page.get("look") is not True:
                # a picture beside text: what it says is searched as well, and nothing is missing where it says nothing
                known = folded(text).replace(" ", "")
                new = [line for line in seen.splitlines() if folded(line).replace(" ", "") not in known]
                pages.append(Page(text="\n".join([text, *new]).strip(), read_by="text", fingerprint=fingerprint))
                continue
            # What little the text layer has is kept: a stamp or a page number on a scan is text as well.
            both = f"{text}\n{seen}".strip() if seen else text
            pages.append(Page(text=both, read_by="ocr" if seen else "none", fingerprint=fingerprint))
        return Rendition(pdf=pdf, pages=tuple(pages), flags=tuple(sorted(_flags(report))))

    def _look(self, pdf: bytes, number: int) -> str:
        try:
            report, _ = self._ask({"job": "ocr", "page": number}, pdf)
        except ConversionFailedError:
            return ""  # a page that cannot be read is a page for a person, not a lost document
        text = report.get("text")
        return text if isinstance(text, str) else ""

    def _ask(self, job: dict[str, object], content: bytes) -> tuple[dict[str, Any], Mapping[str, bytes]]:
        finished = self._order(job, content)
        if finished.end == "lost":
            finished = self._order(job, content)  # another document broke the server, or this one: once more
        if finished.end != "done":
            raise _failed("limit" if finished.end == "limit" else "damaged")
        try:
            report = json.loads(finished.results.get("report.json", b"null"))
        except (ValueError, RecursionError):
            report = None
        if not isinstance(report, dict) or not all(isinstance(page, dict) for page in report.get("pages") or []):
            raise _failed("damaged")
        if "why" in report:
            raise _failed(str(report["why"]))
        return report, finished.results

    def _order(self, job: dict[str, object], content: bytes) -> Finished:
        try:
            return self._readers.order(
                content,
                "",
                job,
                seconds=self._seconds,
                results={"report.json": MAX_REPORT_BYTES, "pages.pdf": MAX_PDF_BYTES, "settled": MAX_WORD_BYTES},
            )
        except NotReadyError:
            raise _no_readers() from None


def _failed(why: str) -> ConversionFailedError:
    word = why if why in _WHY else "damaged"
    return ConversionFailedError(f"{_WHY[word]} The original is kept.", why=word)


def _no_readers() -> SandboxMissingError:
    return SandboxMissingError(
        "The reader of PDFs and pictures does not start in the sandbox, so no document is opened. Run: make setup"
    )


def _flags(report: dict[str, Any]) -> set[str]:
    found = report.get("flags")
    return {flag for flag in PAGE_FLAGS if flag in found} if isinstance(found, list) else set()


def decoded(content: bytes) -> str:
    """Returns a text file's text: by its byte order mark, else UTF-8, else Windows-1252; control characters gone."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign in "\n\t\f" or sign.isprintable() or (sign.isspace() and sign > " "))


def rich_text(text: str) -> bytes:
    """Returns plain text as RTF in ASCII: every line a paragraph, a form feed a new page, nothing left to guess."""
    body: list[str] = []
    for sign in text:
        match sign:
            case "\n":
                body.append("\\par\n")
            case "\t":
                body.append("\\tab ")
            case "\f":
                body.append("\\page ")
            case "\\" | "{" | "}":
                body.append(f"\\{sign}")
            case _ if " " <= sign <= "~":
                body.append(sign)
            case _:
                units = sign.encode("utf-16-le", "replace")
                for at in range(0, len(units), 2):
                    body.append(f"\\u{int.from_bytes(units[at : at + 2], 'little', signed=True)}?")
    head = "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0\\fswiss Liberation Sans;}}\\paperw11906\\paperh16838"
    margins = "\\margl1134\\margr1134\\margt1134\\margb1134\\f0\\fs22 "
    return f"{head}{margins}{''.join(body)}}}".encode("ascii")
