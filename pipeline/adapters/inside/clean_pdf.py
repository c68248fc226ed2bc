"""A stranger's PDF, built anew from what can be seen: no action, script, file, link, comment, layer or metadata.

Pages are not copied blindly. A form field's value and an annotation's drawing become part of the page (a black box
drawn as a comment must stay over what it covers); what would look different without the part we drop is refused, with
a word that says why, and a person decides. Layers that are off, XFA forms and drawings without an appearance are
such.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pipeline.adapters.inside.fingerprint import STAMP_MARK, STAMP_NAMES
from pipeline.adapters.inside.form_answers import HIDDEN_FLAGS, draw_answers, refuse_if_lost
from pipeline.adapters.inside.refusal import RefusalError

MAX_PAGES: Final = 300
MAX_OBJECTS: Final = 2_000_000


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PAGE_KEYS: Final = _names("/Type /Parent /MediaBox /CropBox /Rotate /Contents /Resources /UserUnit /Group")
_TAG_PAGE_KEYS: Final = frozenset({"/StructParents", "/Tabs"})
_FORM_KEYS: Final = _names("/Type /Subtype /FormType /BBox /Matrix /Resources /Group /Length /Filter /DecodeParms")
_IMAGE_KEYS: Final = _names(
    "/Type /Subtype /Width /Height /ColorSpace /BitsPerComponent /Intent /ImageMask /Mask /Decode /Interpolate /SMask "
    "/SMaskInData /Matte /Length /Filter /DecodeParms"
)
_CATALOG_KEYS: Final = frozenset({"/Type", "/Pages"})
_TAG_CATALOG_KEYS: Final = frozenset({"/StructTreeRoot", "/MarkInfo", "/Lang"})
_TAG_KEYS: Final = _names("/Type /S /P /Pg /K /A /C /Lang /MCID /Stm /R")
_TAG_ROOT_KEYS: Final = _names("/Type /K /ParentTree /ParentTreeNextKey /RoleMap")
# Names given by the maker of the file live in these; "/A" there is a picture called A and not an action.
_NAMES: Final = _names("/Font /XObject /ExtGState /ColorSpace /Pattern /Shading /Properties /CharProcs /Colorants")
_DROPPED: Final = _names(
    "/Metadata /PieceInfo /AF /OPI /Ref /Alternates /AA /A /JS /StructParent /StructParents /Thumb /Trans /Annots /B "
    "/Dur /OC /LastModified /Measure /PtData"
)
_ACTIVE: Final = _names(
    "/JS /JavaScript /AA /OpenAction /URI /EmbeddedFiles /EF /RichMediaContent /XFA /AcroForm /Annots /OCProperties "
    "/Launch /GoToR /GoToE /SubmitForm /ImportData /Rendition /Movie /Metadata"
)
# Without a drawing of their own these would vanish with whatever they cover; the others cover nothing.
_COVERS: Final = _names(
    "/Square /Circle /Line /Polygon /PolyLine /Ink /FreeText /Stamp /Redact /StrikeOut /Caret /3D /RichMedia /Screen "
    "/Movie"
)
_SAYS: Final = _names("/Text /FreeText /Highlight /Underline /Squiggly /StrikeOut /Caret /Popup /Stamp /Ink")


def clean(source: Path, target: Path, *, ours: bool) -> set[str]:
    """Writes the clean document to `target`; returns flags. `ours`: LibreOffice made it here, so its tags are kept.

    Raises:
        RefusalError: password, damaged, too-long, xfa, layers, annotations, form or active.
    """
    try:
        return _clean(source, target, ours=ours)
    except pikepdf.PasswordError:
        raise RefusalError("password") from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError):
        again = target.with_name("second")
        _save_again(source, again)
    try:
        return _clean(again, target, ours=ours)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError):
        raise RefusalError("damaged") from None
    finally:
        again.unlink(missing_ok=True)


def _save_again(source: Path, target: Path) -> None:
    """Lets the second opener read and write the file."""
    try:
        document = pypdfium2.PdfDocument(source)
        document.save(target)
    except pypdfium2.PdfiumError as error:
        raise RefusalError("password" if getattr(error, "err_code", None) == 4 else "damaged") from None


def _clean(source: Path, target: Path, *, ours: bool) -> set[str]:
    with pikepdf.open(source) as pdf:
        if not 1 <= len(pdf.pages) <= MAX_PAGES:
            raise RefusalError("too-long" if len(pdf.pages) else "damaged")
        _refuse_what_cannot_be_kept(pdf)
        flags = _look_at_annotations(pdf)
        answers, hidden = draw_answers(pdf)
        if hidden:
            flags.add("hidden-text")
        pdf.flatten_annotations("all")
        made = pdf if ours else _pages_alone(pdf)
        kept = _CATALOG_KEYS | _TAG_CATALOG_KEYS if ours else _CATALOG_KEYS
        _keep(made.Root, kept)
        for page in made.pages:
            _rebuild_page(page, ours=ours)
        if ours and "/StructTreeRoot" in made.Root:
            _prune_tags(made.Root.StructTreeRoot)
        for key in ("/Info", "/ID"):
            if key in made.trailer:
                del made.trailer[key]
        made.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            deterministic_id=True,
            encryption=False,
        )
        pages = len(made.pages)
    _prove_clean(target, pages)
    refuse_if_lost(target, answers)
    return flags


def _pages_alone(pdf: Pdf) -> Pdf:
    made = pikepdf.new()
    for page in pdf.pages:
        made.pages.append(page)
    return made


def _refuse_what_cannot_be_kept(pdf: Pdf) -> None:
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and "/XFA" in form:
        raise RefusalError("xfa")
    layers = pdf.Root.get("/OCProperties")
    if not isinstance(layers, Dictionary):
        return
    default = layers.get("/D", Dictionary())
    off = default.get("/OFF")
    if (
        (off is not None and len(off) > 0)
        or default.get("/BaseState", Name.ON) != Name.ON
        or len(default.get("/AS", []))
    ):
        raise RefusalError("layers")
    for thing in pdf.objects:
        # A membership can hide what every layer shows.
        if not (isinstance(thing, Dictionary) and thing.get("/Type") == Name.OCMD):
            continue
        if "/VE" in thing or thing.get("/P", Name.AnyOn) not in (Name.AnyOn, Name.AllOn):
            raise RefusalError("layers")


def _look_at_annotations(pdf: Pdf) -> set[str]:
    flags: set[str] = set()
    for page in pdf.pages:
        for note in page.obj.get("/Annots", []):
            if not isinstance(note, Dictionary):
                continue
            kind = str(note.get("/Subtype", ""))
            if kind in _SAYS:
                flags.add("comments")
            hidden = int(note.get("/F", 0)) & HIDDEN_FLAGS
            if kind in _COVERS and not hidden and "/N" not in note.get("/AP", Dictionary()):
                raise RefusalError("annotations")
    return flags


def _rebuild_page(page: pikepdf.Page, *, ours: bool) -> None:
    page.contents_coalesce()
    _keep(page.obj, _PAGE_KEYS | _TAG_PAGE_KEYS if ours else _PAGE_KEYS)
    contents = page.obj.get("/Contents")
    if isinstance(contents, Stream) and contents.read_bytes().startswith(STAMP_MARK):
        contents.write(b"\n" + contents.read_bytes())  # that mark is ours alone
    seen: set[tuple[int, int]] = set()
    for key in ("/Resources", "/Group", "/Contents"):
        if key in page.obj:
            _prune(page.obj[key], seen, ours=ours)


def _prune(start: Object, seen: set[tuple[int, int]], *, ours: bool) -> None:
    """Drops from everything reached whatever is not drawn."""
    rest: list[tuple[Object, bool]] = [(start, False)]
    while rest:
        thing, is_names = rest.pop()
        if isinstance(thing, Array):
            rest.extend((item, False) for item in thing if isinstance(item, Array | Dictionary | Stream))
            continue
        if not isinstance(thing, Dictionary | Stream):
            continue
        if thing.is_indirect:
            if thing.objgen in seen:
                continue
            seen.add(thing.objgen)
            if len(seen) > MAX_OBJECTS:
                raise RefusalError("limit")
        if not is_names:
            _prune_one(thing)
        for key in _keys(thing):
            if is_names and key.startswith(STAMP_NAMES):
                raise RefusalError("damaged")
            if key == "/Properties" and not is_names and not ours:
                thing[key] = Dictionary({name: Dictionary() for name in _keys(thing[key])})
                continue
            inner = thing[key]
            if isinstance(inner, Array | Dictionary | Stream):
                rest.append((inner, key in _NAMES and not is_names and isinstance(inner, Dictionary)))


def _prune_one(thing: Object) -> None:
    if isinstance(thing, Stream):
        if ("/F" in thing and "/FFilter" in thing) or isinstance(thing.get("/F"), Dictionary | pikepdf.String):
            raise RefusalError("active")  # its bytes lie in another file
        kind = thing.get("/Subtype")
        if kind == Name.Form:
            _keep(thing, _FORM_KEYS)
        elif kind == Name.Image:
            _keep(thing, _IMAGE_KEYS)
        elif kind == Name.PS:
            raise RefusalError("active")
    for key in _keys(thing):
        if key in _DROPPED:
            del thing[key]


def _prune_tags(root: Object) -> None:
    """Leaves of the tags their structure: what a picture's hidden description says was never seen on a page."""
    _keep(root, _TAG_ROOT_KEYS)
    rest: list[Object] = [root["/K"]] if "/K" in root else []
    seen: set[tuple[int, int]] = set()
    while rest:
        thing = rest.pop()
        if isinstance(thing, Array):
            for at in reversed(range(len(thing))):
                if _is_object_reference(thing[at]):
                    del thing[at]
            rest.extend(item for item in thing if isinstance(item, Array | Dictionary))
        elif isinstance(thing, Dictionary):
            if thing.is_indirect:
                if thing.objgen in seen:
                    continue
                seen.add(thing.objgen)
            described = "/Alt" in thing
            _keep(thing, _TAG_KEYS)
            if described:
                thing["/Alt"] = "Picture"
            if "/K" in thing:
                if _is_object_reference(thing["/K"]):
                    del thing["/K"]
                else:
                    rest.append(thing["/K"])


def _is_object_reference(thing: Any) -> bool:
    return isinstance(thing, Dictionary) and thing.get("/Type") == Name.OBJR


def _keys(thing: Object) -> list[str]:
    return list(thing.keys())


def _keep(thing: Object, keys: frozenset[str]) -> None:
    for key in _keys(thing):
        if key not in keys:
            del thing[key]


def _prove_clean(target: Path, pages: int) -> None:
    """Opens what was written, by both openers, and looks for anything that is not drawing."""
    with pikepdf.open(target) as pdf:
        for thing in pdf.objects:
            for inner in _dictionaries(thing):
                # A resource may be called anything; what is active hangs on a value that says so.
                if _ACTIVE & set(_keys(inner)) and not _all_resources(inner):
                    raise RefusalError("active")
                if str(inner.get("/S", "")) in _ACTIVE or inner.get("/Type") == Name.Filespec:
                    raise RefusalError("active")
        if len(pdf.pages) != pages:
            raise RefusalError("damaged")
    document = pypdfium2.PdfDocument(target)
    if len(document) != pages:
        raise RefusalError("damaged")


def _dictionaries(thing: Object) -> Iterator[Object]:
    rest = [thing]
    while rest:
        one = rest.pop()
        if isinstance(one, Dictionary | Stream):
            yield one
            inner = [one[key] for key in _keys(one)]
        elif isinstance(one, Array):
            inner = list(one)
        else:
            continue
        rest.extend(item for item in inner if isinstance(item, Array | Dictionary) and not item.is_indirect)


def _all_resources(thing: Object) -> bool:
    """True for a dictionary of names: each value a font, a picture, a pattern … and none an action or a file."""
    kinds = ("/Type", "/Subtype", "/PatternType", "/ShadingType", "/FunctionType", "/Length", "/BM", "/CA", "/LW")
    return all(
        isinstance(value, Array | Name)
        or (isinstance(value, Dictionary | Stream) and any(kind in value for kind in kinds) and "/S" not in value)
        for value in (thing[key] for key in _keys(thing))
    )
