"""One person's copy as PDF: cover and contents, the sections, a stamp on every page, bookmarks, AES-256.

Only pages and their structure tree are taken over from the sections: no catalogue entry, action, attachment, annotation or
metadata of a source survives, and document information is the same neutral title in every copy. Page numbers are those of
the copy, sections are numbered one after the other: nothing shows that something was left out. The tags that make a PDF
readable for a screen reader are kept, which merging tools otherwise drop (pdf.md section 7).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters import pack_stamp
from pipeline.adapters.pack_stamp import Balance, Box, Geometry, StampFonts
from pipeline.adapters.word_templates import WordTemplates, clean
from pipeline.errors import ConversionFailedError, KeyMissingError, TemplateError
from pipeline.ports import ComposedCopy, CopyText, PlacedSection, SectionSource

if TYPE_CHECKING:
    import pikepdf

TITLE = "Conference papers"
LANGUAGE = "en-GB"
CONTENTS = "Contents"
USUAL_FRONT_PAGES = 2
MOST_RENDERINGS = 3
OWNER_PASSWORD_BYTES = 48

_OF_A_PAGE = frozenset(
    {"/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/Contents", "/Resources", "/UserUnit", "/Group", "/StructParents"}
)
_OF_AN_ELEMENT = frozenset(
    {"/Type", "/S", "/P", "/K", "/Pg", "/A", "/C", "/R", "/Alt", "/ActualText", "/E", "/Lang"}
)
# What may lie in any object, is never seen on a page, and tells of its maker or does something.
_NEVER = ("/Metadata", "/PieceInfo", "/AA", "/AF", "/OPI", "/Alternates", "/LastModified")


class PdfPackWriter:
    """Writes copies with pikepdf (`ports.PackWriter`)."""

    def __init__(
        self,
        templates: Path,
        to_pdf: Callable[[bytes], bytes],
        *,
        fonts: Sequence[Path] = pack_stamp.FONT_FILES,
    ) -> None:
        """Keeps the folder of Word templates and the way from .docx to tagged PDF, which may raise any PacksError."""
        self._templates = WordTemplates(templates)
        self._to_pdf = to_pdf
        self._fonts = tuple(fonts)
        self._front_pages: dict[tuple[str, bool], int] = {}

    def write(self, text: CopyText, sections: Sequence[SectionSource], passphrase: str) -> ComposedCopy:
        """Returns the finished, encrypted copy; places and page numbers are those of the copy, from 1.

        Raises:
            TemplateError: the Word template cannot be filled, or its page numbers do not settle.
            ConversionFailedError: a section cannot be opened, has no page, or still holds layers, forms or comments.
            KeyMissingError: the passphrase is empty, not ASCII or longer than 127 bytes.
        """
        _check_passphrase(passphrase)
        import pikepdf

        try:
            return self._write(text, sections, passphrase)
        except pikepdf.PdfError:
            raise _not_a_pdf() from None

    def without_seal(self, sealed: bytes, passphrase: str) -> bytes:
        """Returns the same pages unencrypted, for printing.

        Raises:
            ConversionFailedError: it does not open with the passphrase.
        """
        import pikepdf

        out = BytesIO()
        try:
            with pikepdf.open(BytesIO(sealed), password=passphrase) as copy:
                copy.save(out, encryption=False, deterministic_id=False)
        except pikepdf.PdfError:
            raise _not_a_pdf() from None
        return out.getvalue()

    def _write(self, text: CopyText, sections: Sequence[SectionSource], passphrase: str) -> ComposedCopy:
        import pikepdf

        with ExitStack() as open_files:
            sources = [open_files.enter_context(_opened(section.pdf)) for section in sections]
            lengths = [len(source.pages) for source in sources]
            front = open_files.enter_context(_opened(self._front(text, sections, lengths)))
            placed = _places(sections, lengths, len(front.pages))
            copy = open_files.enter_context(pikepdf.new())
            tags = _Tags(copy)
            for source in (front, *sources):
                _take_pages(copy, source, tags)
            tags.finish()
            _stamp(copy, text, self._fonts)
            if placed or text.contents:
                _bookmark(copy, placed, _contents_page(front) if text.contents else None)
            _finish(copy)
            sealed = _sealed(copy, passphrase)
            return ComposedCopy(sealed=sealed, pages=len(copy.pages), sections=placed)

    def _front(self, text: CopyText, sections: Sequence[SectionSource], lengths: Sequence[int]) -> bytes:
        """Returns cover and contents as PDF; made again while the contents' own length moves the page numbers."""
        kind = (text.template, text.large_print)
        front_pages = self._front_pages.get(kind, USUAL_FRONT_PAGES)
        for _ in range(MOST_RENDERINGS):
            rows = _contents_rows(_places(sections, lengths, front_pages))
            values = dict(text.values) | {"contents": rows}
            pdf = self._to_pdf(self._templates.render(text.template, values, large_print=text.large_print))
            with _opened(pdf) as front:
                pages = len(front.pages)
            if pages == front_pages or not sections:
                self._front_pages[kind] = pages
                return pdf
            front_pages = pages
        raise TemplateError(
            f"The page numbers of the Word template '{text.template}' do not settle: its length changes with them; "
            "nothing was sent. Give its contents table more room in Word, then try again."
        )


def _check_passphrase(passphrase: str) -> None:
    if not passphrase or not passphrase.isascii() or not passphrase.isprintable() or len(passphrase) > 127:
        raise KeyMissingError(
            "A copy was to be sealed with a passphrase that is empty, too long or not plain ASCII; nothing was written. "
            "Give the person a new passphrase, then compose again."
        )


def _opened(pdf: bytes) -> pikepdf.Pdf:
    import pikepdf

    try:
        source = pikepdf.open(BytesIO(pdf))
        if not len(source.pages):
            raise pikepdf.PdfError
        return source
    except pikepdf.PdfError:
        raise _not_a_pdf() from None


def _not_a_pdf() -> ConversionFailedError:
    return ConversionFailedError(
        "A section of a copy is not a PDF with at least one page that can be merged; nothing was written. Convert the "
        "report again, or ask its author for another file."
    )


def _places(sections: Sequence[SectionSource], lengths: Sequence[int], front_pages: int) -> tuple[PlacedSection, ...]:
    placed: list[PlacedSection] = []
    last = front_pages
    for section, length in zip(sections, lengths, strict=True):
        title = clean(section.title)
        placed.append(PlacedSection(title=title, report=section.report, from_page=last + 1, to_page=last + length))
        last += length
    return tuple(placed)


def _contents_rows(placed: Sequence[PlacedSection]) -> list[dict[str, str]]:
    return [
        {
            "number": str(number),
            "title": place.title,
            "pages": str(place.from_page) if place.from_page == place.to_page else f"{place.from_page}–{place.to_page}",
        }
        for number, place in enumerate(placed, 1)
    ]


def _take_pages(copy: pikepdf.Pdf, source: pikepdf.Pdf, tags: _Tags) -> None:
    """Adds the source's pages with nothing but what is drawn on them, and its structure tree."""
    if "/OCProperties" in source.Root or any(_has_visible_annotation(page) for page in source.pages):
        raise ConversionFailedError(
            "A section of a copy still holds layers, form fields or comments, which look different after merging; nothing "
            "was written. Convert the report again."
        )
    first = len(copy.pages)
    copy.pages.extend(source.pages)
    pages = [copy.pages[number] for number in range(first, len(copy.pages))]
    for page in pages:
        for key in set(page.obj.keys()) - _OF_A_PAGE:
            del page.obj[key]
    tags.take(source, pages)


def _has_visible_annotation(page: pikepdf.Page) -> bool:
    return any(note.get("/Subtype") != "/Link" for note in page.obj.get("/Annots", ()))


class _Tags:
    """The structure trees of all sources under one Document element."""

    def __init__(self, copy: pikepdf.Pdf) -> None:
        import pikepdf

        self._pdf = copy
        self._new = pikepdf
        self._document = copy.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.Document))
        self._children: list[pikepdf.Object] = []
        self._parents: list[object] = []
        self._next_key = 0
        self._roles: dict[str, pikepdf.Object] = {}

    def take(self, source: pikepdf.Pdf, pages: Sequence[pikepdf.Page]) -> None:
        """Copies the source's tree, drops what refers to annotations, and moves its keys behind those already there."""
        root = source.Root.get("/StructTreeRoot")
        if not isinstance(root, self._new.Dictionary) or "/K" not in root or "/ParentTree" not in root:
            for page in pages:
                if "/StructParents" in page.obj:
                    del page.obj["/StructParents"]
            return
        copied = self._pdf.copy_foreign(self._pdf_indirect(source, root))
        roles = dict(copied.get("/RoleMap", {}).items())
        self._tidy(copied, {role: new for role, new in roles.items() if str(self._roles.get(role, new)) != str(new)})
        for role, new in roles.items():
            self._roles.setdefault(role, new)
        for child in _kids(copied):
            child.P = self._document
            if child.get("/S") == "/Document":
                child.S = self._new.Name.Part
            self._children.append(child)
        self._move_keys(copied, pages)

    def finish(self) -> None:
        """Puts the one tree into the catalogue, if any source had one."""
        if not self._children:
            return
        root = self._pdf.make_indirect(
            self._new.Dictionary(
                Type=self._new.Name.StructTreeRoot,
                K=self._document,
                ParentTree=self._pdf.make_indirect(self._new.Dictionary(Nums=self._new.Array(self._parents))),
                ParentTreeNextKey=self._next_key,
                RoleMap=self._new.Dictionary(self._roles),
            )
        )
        self._document.P = root
        self._document.K = self._new.Array(self._children)
        self._pdf.Root.StructTreeRoot = root
        self._pdf.Root.MarkInfo = self._new.Dictionary(Marked=True)

    def _pdf_indirect(self, source: pikepdf.Pdf, root: pikepdf.Object) -> pikepdf.Object:
        return root if root.is_indirect else source.make_indirect(root)

    def _tidy(self, root: pikepdf.Object, clashing: Mapping[str, pikepdf.Object]) -> None:
        """Keeps of each element what a screen reader needs; a role that two sources read differently is resolved."""
        seen: set[tuple[int, int]] = set()
        waiting = list(_kids(root))
        while waiting:
            element = waiting.pop()
            if element.objgen in seen and element.is_indirect:
                continue
            seen.add(element.objgen)
            for key in element.keys() - _OF_AN_ELEMENT:
                del element[key]
            role = str(element.get("/S"))
            if role in clashing:
                element.S = clashing[role]
            kids = element.get("/K")
            if isinstance(kids, self._new.Array):
                if any(_is_object_reference(kid) for kid in kids):
                    element.K = self._new.Array([kid for kid in kids if not _is_object_reference(kid)])
            elif _is_object_reference(kids):
                del element["/K"]
            waiting.extend(kid for kid in _kids(element) if kid.get("/Type") != "/MCR")

    def _move_keys(self, root: pikepdf.Object, pages: Sequence[pikepdf.Page]) -> None:
        first, seen = self._next_key, set[tuple[int, int]]()
        for key, parents in self._new.NumberTree(root.ParentTree).items():
            if isinstance(parents, self._new.Array):  # the rest belongs to annotations
                self._parents += [first + key, parents]
                self._next_key = max(self._next_key, first + key + 1)
        for page in pages:
            for owner in (page.obj, *_forms(page)):
                number = owner.get("/StructParents")
                if isinstance(number, int) and owner.objgen not in seen:
                    owner.StructParents = first + number
                    seen.add(owner.objgen)


def _kids(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
    import pikepdf

    kids = element.get("/K")
    for kid in kids if isinstance(kids, pikepdf.Array) else (kids,):
        if isinstance(kid, pikepdf.Dictionary):
            yield kid


def _is_object_reference(kid: object) -> bool:
    import pikepdf

    return isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR"


def _forms(page: pikepdf.Page) -> Iterator[pikepdf.Object]:
    import pikepdf

    resources = page.obj.get("/Resources")
    drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    for thing in drawn.values() if isinstance(drawn, pikepdf.Dictionary) else ():
        if "/StructParents" in thing:
            yield thing


def _stamp(copy: pikepdf.Pdf, text: CopyText, font_files: Sequence[Path]) -> None:
    """Puts the line on every page, between streams that begin with the mark."""
    import pikepdf

    count = len(copy.pages)
    lines = [pack_stamp.stamp_line(text.stamp_name, n, count, text.reference, text.issue) for n in range(1, count + 1)]
    fonts = StampFonts("".join(lines), font_files)
    objects = [_font_object(copy, font) for font in fonts.embedded]
    for page, line in zip(copy.pages, lines, strict=True):
        geometry, balance = _geometry(page), _balance(page)
        names = _name_fonts(page, objects)
        own = page.obj.get("/Contents")
        streams = [] if own is None else list(own) if isinstance(own, pikepdf.Array) else [own]
        before = copy.make_stream(pack_stamp.before(geometry, balance))
        after = copy.make_stream(pack_stamp.after(geometry, balance, line, fonts, names))
        page.obj.Contents = pikepdf.Array([before, *streams, after])


def _geometry(page: pikepdf.Page) -> Geometry:
    if "/MediaBox" not in page.obj:
        raise _not_a_pdf()
    paper, cut = _box(page.obj.MediaBox), _box(page.obj.get("/CropBox", page.obj.MediaBox))
    visible = Box(
        max(paper.left, cut.left), max(paper.bottom, cut.bottom), min(paper.right, cut.right), min(paper.top, cut.top)
    )
    if visible.right <= visible.left or visible.top <= visible.bottom:
        visible = paper
    unit = float(page.obj.get("/UserUnit", 1))
    return Geometry(visible=visible, rotate=int(page.obj.get("/Rotate", 0)) % 360, unit_pt=unit if unit > 0 else 1.0)


def _box(corners: pikepdf.Object) -> Box:
    x1, y1, x2, y2 = (float(value) for value in corners)  # type: ignore[attr-defined, unused-ignore]
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _balance(page: pikepdf.Page) -> Balance:
    """Counts what the page's commands leave open, so that our line neither inherits it nor is inside of it."""
    import pikepdf

    depth = missing = marks = 0
    text = False
    try:
        found = pikepdf.parse_content_stream(page, "q Q BT ET BMC BDC EMC")
    except pikepdf.PdfError:
        return Balance()
    for instruction in found:
        match str(instruction.operator):
            case "q":
                depth += 1
            case "Q":
                depth -= 1
                missing = max(missing, -depth)
            case "BT" | "ET" as word:
                text = word == "BT"
            case "EMC":
                marks = max(0, marks - 1)
            case _:
                marks += 1
    return Balance(missing=missing, states=depth + missing, marks=marks, text=text)


def _name_fonts(page: pikepdf.Page, objects: Sequence[pikepdf.Object]) -> list[str]:
    """Returns the names that the fonts have on this page; a name that the page already uses is passed over."""
    import pikepdf

    if "/Resources" not in page.obj:
        page.obj.Resources = pikepdf.Dictionary()
    if "/Font" not in page.obj.Resources:
        page.obj.Resources.Font = pikepdf.Dictionary()
    names: list[str] = []
    used = page.obj.Resources.Font
    for font in objects:
        number = 0
        while (name := f"{pack_stamp.NAMES}{number}") in used and used[name].objgen != font.objgen:
            number += 1
        used[name] = font
        names.append(name)
    return names


def _font_object(copy: pikepdf.Pdf, font: pack_stamp.EmbeddedFont) -> pikepdf.Object:
    from pikepdf import Array, Dictionary, Name, String

    name = Name(font.name)
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=name, Flags=4, FontBBox=Array(font.bbox), ItalicAngle=0, Ascent=font.ascent,
        Descent=font.descent, CapHeight=font.ascent, StemV=80,
        FontFile2=copy.make_stream(font.program, Length1=len(font.program)),
    )
    below = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=name, DW=1000,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=copy.make_indirect(descriptor), CIDToGIDMap=copy.make_stream(font.to_glyph),
        W=Array([1, Array([font.widths[code] for code in sorted(font.widths)])]),
    )
    return copy.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=name, Encoding=Name("/Identity-H"),
            DescendantFonts=Array([copy.make_indirect(below)]), ToUnicode=copy.make_stream(font.to_unicode),
        )
    )


def _contents_page(front: pikepdf.Pdf) -> int:
    """Returns the page that the front's own bookmark for its contents names; without one the second, or the only one."""
    import pikepdf

    numbers = {page.obj.objgen: number for number, page in enumerate(front.pages, 1)}
    with front.open_outline() as outline:
        waiting = list(outline.root)
    while waiting:
        item = waiting.pop(0)
        where = item.destination
        if item.title.strip().casefold() == CONTENTS.casefold() and isinstance(where, pikepdf.Array):
            return numbers.get(where[0].objgen, 1)
        waiting = list(item.children) + waiting
    return min(2, len(front.pages))


def _bookmark(copy: pikepdf.Pdf, placed: Sequence[PlacedSection], contents_page: int | None) -> None:
    import pikepdf

    marks = [(CONTENTS, contents_page)] if contents_page is not None else []
    with copy.open_outline() as outline:
        for title, page in (*marks, *((place.title, place.from_page) for place in placed)):
            outline.root.append(pikepdf.OutlineItem(title, page - 1, "Fit"))


def _finish(copy: pikepdf.Pdf) -> None:
    """Sets what a reader program is told about the copy, and takes away what no page shows."""
    import pikepdf

    copy.docinfo["/Title"] = TITLE
    copy.Root.Lang = pikepdf.String(LANGUAGE)
    copy.Root.PageMode = pikepdf.Name.UseOutlines
    copy.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    for thing in copy.objects:
        if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            for key in _NEVER:
                if key in thing:
                    del thing[key]


def _sealed(copy: pikepdf.Pdf, passphrase: str) -> bytes:
    """Returns the copy under AES-256 (R6). The owner password is random and kept by nobody."""
    import pikepdf

    allow = pikepdf.Permissions(
        accessibility=True, extract=True, print_lowres=True, print_highres=True, modify_annotation=False,
        modify_assembly=False, modify_form=False, modify_other=False,
    )
    owner = secrets.token_urlsafe(OWNER_PASSWORD_BYTES)
    sealed = BytesIO()
    copy.save(
        sealed, encryption=pikepdf.Encryption(user=passphrase, owner=owner, R=6, aes=True, metadata=True, allow=allow),
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
    return sealed.getvalue()
