"""Reads one .eml from stdin and writes what is in it to stdout. Runs alone in the sandbox: standard library only.

In:  u32 length, JSON {"gateways": [host, ...]}, then the mail's bytes to the end.
Out: u32 length, JSON, then the parts' bytes one after another; or JSON {"refused": CODE}.

Parsed once with policy compat32 (0 exceptions in 1,481 hostile mails; policy.default 61), all parts walked by hand
(iter_attachments() missed 117 of 401 named parts), nothing flattened. An attached mail is kept whole, byte for byte.
Source: mail.md section 2.
"""

from __future__ import annotations

import json
import re
import struct
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.policy import Compat32, Policy
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

MAX_BYTES = 35 * 1024 * 1024
MAX_HEADER_BYTES = 256 * 1024
MAX_PARTS = 1_000
MAX_DEPTH = 30
MAX_TEXT = 5_000_000
MAX_NAME = 150
MAX_SUBJECT = 1_000
DECORATION_BYTES = 30_000
ANSWER_BYTES = 128 * 1024 * 1024
MEMORY_BYTES = 1024**3
CPU_SECONDS = 25

_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "message/rfc822": "eml",
    "message/global": "eml",
}
_ATTACHED_MAIL = ("message/rfc822", "message/global")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_RPMSG = ("message.rpmsg", "message_v2.rpmsg", "message_v4.rpmsg")
_DAEMON = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster)@.*|mailer-daemon|postmaster", re.IGNORECASE)
_BOUND_FOR_PEOPLE = re.compile(r"\s*no\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


class RefusedError(Exception):
    """The mail is outside the limits or cannot be read; the argument is a code."""


class _RawHeaders(Compat32):
    """Policy compat32, but headers that hold raw bytes come out with those bytes instead of question marks."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the policy's signature
        """Returns the value as it was read."""
        return value


class Part(Message):
    """One part. A message/* part looks like a leaf to the parser, which therefore keeps its bytes as they are."""

    depth = 0

    def get_content_type(self) -> str:
        """Returns the type by which the parser goes."""
        declared = self.declared_type()
        return "application/x-kept-whole" if declared.startswith("message/") else declared

    def declared_type(self) -> str:
        """Returns the type that the part claims to have, in lower case."""
        return super().get_content_type()

    def attach(self, payload: Any) -> None:
        """Adds a part one level further in. Raises RefusedError below the depth that is allowed."""
        payload.depth = self.depth + 1
        if payload.depth > MAX_DEPTH:
            raise RefusedError("too-deep")
        super().attach(payload)

    def header(self, name: str) -> str:
        """Returns the first header of that name, unfolded and decoded; empty if there is none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        """Returns every header of that name, top first, unfolded and decoded."""
        return [as_text(str(value)) for key, value in self.raw_items() if key.lower() == name.lower()]

    def content(self) -> bytes:
        """Returns the decoded bytes of a leaf; damaged encodings give what can be had."""
        try:
            decoded = self.get_payload(decode=True)
        except (ValueError, LookupError, AssertionError):
            decoded = None
        if isinstance(decoded, bytes):
            return decoded
        kept = self.get_payload()
        return kept.encode("utf-8", "surrogateescape") if isinstance(kept, str) else b""

    def disposition(self) -> str:
        """Returns `attachment`, `inline` or what else is stated, in lower case; empty if nothing is."""
        return self.header("content-disposition").partition(";")[0].strip().lower()

    def filename(self) -> str:
        """Returns the cleaned name that the part states; empty if it states none."""
        try:
            stated = self.get_filename()
        except (ValueError, LookupError, TypeError, AttributeError):
            stated = None
        return clean_name(as_text(stated)) if stated else ""

    def children(self) -> list[Part] | None:
        """Returns the parts of a multipart; None for a leaf."""
        held = self.get_payload()
        return [child for child in held if isinstance(child, Part)] if isinstance(held, list) else None

    def leaves(self) -> Iterator[Part]:
        """Yields all parts that are not multipart, in order."""
        children = self.children()
        if children is None:
            yield self
        else:
            for child in children:
                yield from child.leaves()


def parse(raw: bytes) -> Part:
    """Returns the mail as a tree within the limits. Raises RefusedError."""
    if not raw.strip():
        raise RefusedError("empty")
    if len(raw) > MAX_BYTES:
        raise RefusedError("too-large")
    head = re.search(rb"\r\n\r\n|\n\n|\r\r", raw[: MAX_HEADER_BYTES + 4])
    if head is None and len(raw) > MAX_HEADER_BYTES:
        raise RefusedError("header-too-large")
    raw_headers = _RawHeaders()
    made = -1  # the parser makes one to see whether it may name a policy

    def new_part(policy: Policy[Any] = raw_headers) -> Part:
        nonlocal made
        made += 1
        if made > MAX_PARTS:
            raise RefusedError("too-many-parts")
        return Part(policy=policy)

    parser = BytesFeedParser(new_part, policy=raw_headers)
    for start in range(0, len(raw), 1 << 20):
        parser.feed(raw[start : start + (1 << 20)])
    tree = parser.close()
    assert isinstance(tree, Part)
    if not any(True for _ in tree.raw_items()):
        raise RefusedError("not-a-mail")
    return tree


def as_text(value: str) -> str:
    """Returns a header's value with its encoded words and raw bytes as characters, on one line."""
    line = re.sub(r"[\r\n]+", " ", value)
    if not line.isascii():
        return decoded(line.encode("utf-8", "surrogateescape"), None)
    if "=?" not in line:
        return line
    try:
        pieces = decode_header(line)
    except (ValueError, LookupError):
        return line
    return "".join(piece if isinstance(piece, str) else decoded(piece, charset) for piece, charset in pieces)


def decoded(content: bytes, charset: str | None) -> str:
    """Returns text by the declared charset, else UTF-8, else Windows-1252 with what does not fit replaced."""
    for guess in (charset, "utf-8"):
        if guess:
            try:
                return content.decode(guess)
            except (LookupError, ValueError):
                continue
    return content.decode("cp1252", "replace")


def clean_name(name: str) -> str:
    """Returns a file name fit to be shown: NFC, no folders, nothing invisible or turning the line, at most 150 long."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(
        " " if mark.isspace() else mark for mark in base if mark.isspace() or unicodedata.category(mark)[0] != "C"
    )
    tidy = re.sub(r" +", " ", seen).strip(" .")
    if len(tidy) > MAX_NAME:
        stem, dot, extension = tidy.rpartition(".")
        keeps = dot and len(extension) <= 10
        tidy = f"{stem[: MAX_NAME - 1 - len(extension)]}.{extension}" if keeps else tidy[:MAX_NAME]
    return unicodedata.normalize("NFC", tidy)


def clean_line(text: str, longest: int) -> str:
    """Returns the text on one line, without control, format or lone surrogate characters, at most `longest` long."""
    seen = "".join(
        " " if mark.isspace() else mark for mark in text if mark.isspace() or unicodedata.category(mark)[0] != "C"
    )
    return re.sub(r" +", " ", seen).strip()[:longest]


_BLOCK = re.compile(r"/?(?:address|article|blockquote|br|d[dlt]|div|h[1-6r]|li|[ou]l|p|pre|table|t[dhr])(?![a-z0-9])")
_OPENS = re.compile(r"[a-z/!?]")


def html_words(markup: str) -> str:
    """Returns the text of HTML without its tags, comments, styles and scripts, blocks on lines of their own.

    One pass, in time linear in the length whatever the input; html.parser takes minutes over 50,000 unclosed tags.
    What is not closed is shown rather than hidden.
    """
    lowered = markup.lower()
    if len(lowered) != len(markup):  # a few letters grow when lowered; only the tags matter here
        lowered = re.sub(r"[A-Z]", lambda letter: letter[0].lower(), markup)
    absent: set[str] = set()

    def after(mark: str, start: int) -> int:
        """Returns where the next `mark` ends; 0 if there is none, which is looked up only once."""
        at = -1 if mark in absent else lowered.find(mark, start)
        if at < 0:
            absent.add(mark)
        return at + len(mark) if at >= 0 else 0

    found: list[str] = []
    here = 0
    while (opened := lowered.find("<", here)) >= 0:
        found.append(re.sub(r"[ \t\r\n]+", " ", markup[here:opened]))
        here = opened + 1
        if not _OPENS.match(lowered, here):
            found.append("<")
            continue
        closed = after("-->", here) if lowered.startswith("!--", here) else 0
        closed = closed or after(">", here)
        if not closed:
            found.append("<")
            continue
        for unseen in ("script", "style"):
            if lowered.startswith((f"{unseen}>", f"{unseen} "), here):
                closed = after(f"</{unseen}>", closed) or closed
        if _BLOCK.match(lowered, here):
            found.append("\n")
        here = closed
    found.append(re.sub(r"[ \t\r\n]+", " ", markup[here:]))
    return re.sub(r"[ \t]*\n[ \t\n]*", "\n", unescape("".join(found))).strip()


def leaf_text(leaf: Part) -> str:
    """Returns the characters of a text leaf."""
    charset = leaf.get_param("charset")
    return decoded(leaf.content(), charset.strip().lower() if isinstance(charset, str) else None)


def is_body(leaf: Part) -> bool:
    """True for text that is meant to be read in the mail itself."""
    plainly = leaf.declared_type() in {"text/plain", "text/html"} and leaf.disposition() != "attachment"
    return (plainly and not leaf.filename()) or leaf.get_content_maintype() == "multipart"


def bodies(part: Part) -> list[str]:
    """Returns the body texts in order; of alternatives the plain one if it says anything."""
    held = part.children()
    if held is not None:
        if part.get_content_subtype() == "alternative":
            plain = [leaf_text(child) for child in held if is_body(child) and child.declared_type() == "text/plain"]
            if "".join(plain).strip():
                return plain
        return [text for child in held for text in bodies(child)]
    if not is_body(part):
        return []
    text = leaf_text(part)
    return [html_words(text) if part.declared_type() == "text/html" else text]


def sender(mail: Part) -> str:
    """Returns the one address of the one From header; empty if there is none, or more than one in any reading."""
    lines = mail.headers("from")
    if len(lines) != 1 or len(lines[0]) > 2_000:
        return ""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', "", lines[0]).strip()
    while line != (shorter := re.sub(r"\([^()]*\)", "", line).strip()):
        line = shorter
    angled = re.fullmatch(r"([^<>]*)<\s*([^<>\s,;:\"()@]+@[^<>\s,;:\"()@]+)\s*>", line)
    if angled:
        return "" if "@" in angled[1] and "," in angled[1] else clean_line(angled[2], 320)
    return clean_line(line, 320) if re.fullmatch(r"[^<>\s,;:\"()@]+@[^<>\s,;:\"()@]+", line) else ""


def automatic(mail: Part, leaves: Sequence[Part]) -> str | None:
    """Returns what kind of machine wrote the mail, by its headers; None if nothing says so."""
    report = mail.declared_type() == "multipart/report"
    kind = str(mail.get_param("report-type") or "").lower()
    if report and kind == "disposition-notification":
        return "read-receipt"
    submitted = mail.header("auto-submitted")
    replied = submitted.lower().lstrip().startswith("auto-replied")
    from_line = re.sub(r"[<>\"]", " ", mail.header("from")).split()
    if (
        report
        or mail.headers("x-failed-recipients")
        or any(_DAEMON.fullmatch(word) for word in from_line if "@" in word or len(from_line) == 1)
        or (mail.header("return-path").strip() == "<>" and not replied)
    ):
        return "bounce"
    if (
        (submitted and not _BOUND_FOR_PEOPLE.fullmatch(submitted))
        or mail.headers("x-autoreply")
        or mail.headers("x-autorespond")
        or mail.header("precedence").strip().lower() == "auto_reply"
    ):
        return "auto-reply"
    invites = [leaf for leaf in leaves if leaf.declared_type() == "text/calendar"]
    if invites and all(leaf in invites or is_body(leaf) for leaf in leaves):
        method = re.compile(r"^METHOD:(?:REQUEST|REPLY|CANCEL)\s*$", re.IGNORECASE | re.MULTILINE)
        for leaf in invites:
            stated = str(leaf.get_param("method") or "").upper() in {"REQUEST", "REPLY", "CANCEL"}
            if stated or method.search(leaf_text(leaf)[:4_000]):
                return "calendar"
    return None


def is_of_a_list(mail: Part) -> bool:
    """Returns True for mail that a list or a bulk sender passed on (RFC 2919, RFC 3834 section 2): nobody answers that."""
    bulk = mail.header("precedence").strip().lower() in {"bulk", "list", "junk"}
    return bulk or bool(mail.headers("list-id") or mail.headers("list-post") or mail.headers("list-unsubscribe"))


def wrapping(leaf: Part, name: str) -> str | None:
    """Returns what wraps the real mail in this leaf, where nothing here can open it."""
    if leaf.declared_type() in _SMIME or name.lower().endswith(".p7m"):
        return "smime"
    if name.lower() in _RPMSG or leaf.declared_type() == "application/x-microsoft-rpmsg-message":
        return "rpmsg"
    if leaf.declared_type() in {"application/ms-tnef", "application/vnd.ms-tnef"} or name.lower() == "winmail.dat":
        return "winmail"
    return "winmail" if leaf.content()[:4] == b"\x78\x9f\x3e\x22" else None


def received_at(mail: Part, gateways: Sequence[str]) -> str | None:
    """Returns the UTC instant of the topmost Received line that one of `gateways` wrote; None without one (A00.1).

    Lines above it are of servers behind the gateway. Ours stands above whatever the sender wrote, so no line below counts.
    """
    ours = {gateway.lower().rstrip(".") for gateway in gateways}
    for line in mail.headers("received")[:100]:
        line = line[:10_000]
        while line != (shorter := re.sub(r"\([^()]*\)", " ", line)):
            line = shorter
        stated, mark, date = line.rpartition(";")
        by = re.match(r"\s*(?:from\s+\S+\s+(?:\[[^\]]*\]\s+)?)?by\s+(\S+)", stated if mark else line, re.IGNORECASE)
        if by is None or by[1].lower().rstrip(".,") not in ours:
            continue
        try:
            instant = parsedate_to_datetime(date.strip())
            return None if not mark or instant.tzinfo is None else str(int(instant.timestamp()))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return None


def read(raw: bytes, gateways: Sequence[str]) -> tuple[dict[str, Any], list[bytes]]:
    """Returns what is in the mail, and the bytes of its parts in the order of `parts`. Raises RefusedError."""
    mail = parse(raw)
    leaves = list(mail.leaves())
    kind = automatic(mail, leaves)
    if kind is None and any(leaf.get_content_maintype() == "multipart" for leaf in leaves):
        raise RefusedError("damaged")  # says multipart and is not: its files cannot be told apart
    shown = {cid for leaf in leaves if leaf.declared_type() == "text/html" for cid in _cids(leaf_text(leaf))}
    names: list[dict[str, Any]] = []
    contents: list[bytes] = []
    sealed: str | None = None
    decorations = 0
    for number, leaf in enumerate(leaves, start=1):
        name = leaf.filename()
        wrapped = wrapping(leaf, name)
        sealed = sealed or wrapped
        if wrapped is not None or is_body(leaf):
            continue
        content = leaf.content()
        cid = leaf.header("content-id").strip().strip("<>").lower()
        small_picture = leaf.get_content_maintype() == "image" and len(content) < DECORATION_BYTES and cid in shown
        if small_picture or leaf.declared_type() in _SIGNATURES:
            decorations += 1
            continue
        names.append({"name": _named(leaf, name, number), "size": len(content)})
        contents.append(content)
    text = (
        "\n\n".join(body for body in bodies(mail) if body.strip())
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\0", "")
    )
    if len(text) > MAX_TEXT:
        raise RefusedError("text-too-long")
    identity = re.search(r"<[^<>\s]{1,300}>", mail.header("message-id")[:2_000])
    return {
        "sender": sender(mail),
        "subject": clean_line(mail.header("subject"), MAX_SUBJECT),
        "message_id": clean_line(identity[0], 302) if identity else "",
        "text": text.encode("utf-8", "replace").decode(),
        "received_at": received_at(mail, gateways),
        "automatic": kind,
        "listed": is_of_a_list(mail),
        "sealed": sealed,
        "decorations": decorations,
        "parts": names,
    }, contents


def _cids(markup: str) -> set[str]:
    return {found.lower() for found in re.findall(r"cid:([^\"'\s>)]{1,300})", markup, re.IGNORECASE)}


def _named(leaf: Part, name: str, number: int) -> str:
    declared = leaf.declared_type()
    if not name:
        name = f"part-{number}.{_EXTENSIONS.get(declared, 'bin')}"
    return f"{name}.eml" if declared in _ATTACHED_MAIL and not name.lower().endswith(".eml") else name


def limit() -> None:
    """Bounds memory, processor time and what can be written, whatever the sandbox around does."""
    import resource

    wanted = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: ANSWER_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


def main() -> None:
    """Reads stdin, writes stdout; ends with 0 also for a refusal."""
    limit()
    given = sys.stdin.buffer.read()
    (size,) = struct.unpack_from(">I", given)
    options = json.loads(given[4 : 4 + size])
    contents: list[bytes] = []
    try:
        found, contents = read(given[4 + size :], options["gateways"])
    except RefusedError as refusal:
        found = {"refused": str(refusal)}
    except (RecursionError, MemoryError):
        found = {"refused": "too-hard"}
    head = json.dumps(found).encode("ascii")
    out = sys.stdout.buffer
    out.write(struct.pack(">I", len(head)) + head)
    for content in contents:
        out.write(content)
    out.flush()


if __name__ == "__main__":
    main()
