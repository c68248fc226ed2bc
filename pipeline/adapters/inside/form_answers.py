"""The answers in a PDF form, brought to where flattening keeps them: into drawings that show them, word for word.

A drawing that shows its field's answer is kept as it is. Where there is none, or it shows something else or only a
part, pdfium draws the answer anew, at the field's own size of type and, if that does not fit, at one that does. An
answer that then still cannot be read in its box is a reason to refuse the form: none is lost or changed in silence.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pipeline.adapters.inside.reading import tidy
from pipeline.adapters.inside.refusal import RefusalError

HIDDEN_FLAGS: Final = 1 | 2  # invisible, hidden

_DEEPEST: Final = 32
_PUSH_BUTTON: Final = 1 << 16
_COMBO: Final = 1 << 17
_NO_SIZE: Final = 1.0
_TYPE_SIZE: Final = re.compile(rb"[-+.\d]+(\s+Tf\b)")
_ANY_TYPE: Final = b"/Helv 0 Tf 0 g"
_NO_WORDS: Final = str.maketrans("", "", "-\u00ad\u2010\u2011\u0002\ufffe\u200b\ufeff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What field `at` (its place among the notes) of page `page` says; both from 0."""

    page: int
    at: int
    says: tuple[str, ...]
    widget: Object


def draw_answers(pdf: Pdf) -> tuple[list[Answer], bool]:
    """Gives every answered field of `pdf` a drawing of its answer; returns the answers, and whether others are hidden.

    Raises:
        RefusalError: form, an answer cannot be drawn.
    """
    form = pdf.Root.get("/AcroForm")
    form = form if isinstance(form, Dictionary) else Dictionary()
    updated = form.get("/NeedAppearances", False) is True
    answers: list[Answer] = []
    hidden = False
    reached: set[tuple[int, int]] = set()
    ticked: dict[object, bool] = {}
    for number, page in enumerate(pdf.pages):
        for at, widget in enumerate(_widgets(page)):
            if widget is None:
                continue
            reached |= {one.objgen for one in _line(widget) if one.is_indirect}
            seen = not _is_hidden(widget)
            if _inherited(widget, "/FT") == Name.Btn:
                _tick(widget, ticked, seen=seen, updated=updated)
            elif says := _says(widget):
                if seen:
                    answers.append(Answer(page=number, at=at, says=says, widget=widget))
                hidden = hidden or not seen
    if not all(ticked.values()) or any(_is_answered(one) for one in _fields(form) if one.objgen not in reached):
        raise RefusalError("form")
    _draw(pdf, form, answers)
    if "/NeedAppearances" in form:
        del form["/NeedAppearances"]  # with it, flattening would leave the fields out
    return answers, hidden


def refuse_if_lost(target: Any, answers: Iterable[Answer]) -> None:
    """Returns if each word of the answers is in the text of its page of the PDF `target`.

    Raises:
        RefusalError: form.
    """
    document = pypdfium2.PdfDocument(target)
    texts: dict[int, str] = {}
    for answer in answers:
        if answer.page not in texts:
            texts[answer.page] = _squeezed(tidy(document[answer.page].get_textpage().get_text_range()))
        words = [word for says in answer.says for word in says.split()]
        if not all(_squeezed(word) in texts[answer.page] for word in words):
            raise RefusalError("form")


def _draw(pdf: Pdf, form: Dictionary, answers: list[Answer]) -> None:
    for answer in answers:
        drawing = _drawing(answer.widget)
        if drawing is not None and "/Resources" not in drawing and "/DR" in form:
            drawing["/Resources"] = form["/DR"]
    missing = _not_shown(answers, [_drawing(answer.widget) for answer in answers])
    for fit in (False, True):
        if not missing:
            return
        with _drawn_by_pdfium(pdf, missing, fit=fit) as drawn:
            drawings = [_drawing(drawn.pages[one.page].obj["/Annots"][one.at]) for one in missing]
            still = _not_shown(missing, drawings)
            for answer, drawing in zip(missing, drawings, strict=True):
                if answer not in still and drawing is not None:
                    answer.widget["/AP"] = Dictionary(N=pdf.copy_foreign(drawing))
        missing = still
    if missing:
        raise RefusalError("form")


def _drawn_by_pdfium(pdf: Pdf, answers: list[Answer], *, fit: bool) -> Pdf:
    """Returns a copy of the document in which pdfium has drawn these answers anew."""
    with pikepdf.open(_saved(pdf)) as copy:
        form = copy.Root.get("/AcroForm")
        if not isinstance(form, Dictionary):
            form = copy.Root["/AcroForm"] = Dictionary(Fields=[])
        form["/NeedAppearances"] = True  # pdfium then draws whatever it shows
        for answer in answers:
            widget = copy.pages[answer.page].obj["/Annots"][answer.at]
            if "/AP" in widget:
                del widget["/AP"]
            if _inherited(widget, "/FT") == Name.Ch and int(_inherited(widget, "/Ff") or 0) & _COMBO:
                widget["/V"] = answer.says[0]  # it would draw the value that is sent, not the label that is read
            type_ = bytes(_inherited(widget, "/DA") or form.get("/DA") or _ANY_TYPE)
            widget["/DA"] = pikepdf.String(_TYPE_SIZE.sub(rb"0\1", type_) if fit else type_)
        document = pypdfium2.PdfDocument(_saved(copy))
    for number in {answer.page for answer in answers}:
        page = document[number]
        page.render(scale=min(1.0, 100 / max(*page.get_size(), 1)), may_draw_forms=False, draw_annots=True)
        page.close()
    made = io.BytesIO()
    document.save(made)
    document.close()
    made.seek(0)
    return pikepdf.open(made)


def _not_shown(answers: list[Answer], drawings: list[Object | None]) -> list[Answer]:
    """Returns the answers that cannot be read in their drawing, each looked at on a page of its own, cut to its box."""
    if not answers:
        return []
    with pikepdf.new() as probe:
        for answer, drawing in zip(answers, drawings, strict=True):
            page = probe.add_blank_page()
            page.obj["/MediaBox"] = Array(_box(answer.widget))
            if drawing is not None:
                note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array(_box(answer.widget)), F=4)
                note["/AP"] = Dictionary(N=probe.copy_foreign(drawing))
                page.obj["/Annots"] = Array([probe.make_indirect(note)])
        probe.flatten_annotations("all")
        document = pypdfium2.PdfDocument(_saved(probe))
    lost = []
    for answer, page in zip(answers, document, strict=True):
        shown = _squeezed(_within(page.get_textpage(), _box(answer.widget)))
        if not all(_squeezed(says) in shown for says in answer.says):
            lost.append(answer)
        page.close()
    return lost


def _within(words: Any, box: list[float]) -> str:
    """Returns the signs that lie in the box, by their middle: of a line that is cut off in half nothing counts."""
    left, bottom, right, top = box
    kept = []
    for number in range(words.count_chars()):
        one_left, one_bottom, one_right, one_top = words.get_charbox(number)
        across, up = (one_left + one_right) / 2, (one_bottom + one_top) / 2
        if left <= across <= right and bottom <= up <= top:
            kept.append(chr(pdfium.FPDFText_GetUnicode(words, number)))
    return "".join(kept)


def _squeezed(text: str) -> str:
    """Returns the text as far as drawing must keep it: not its spaces, line ends and hyphens at them."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_NO_WORDS).split())


def _tick(widget: Object, ticked: dict[object, bool], *, seen: bool, updated: bool) -> None:
    """Lets a check box or radio button show its field's answer, and notes whether one of the field's shows it."""
    if int(_inherited(widget, "/Ff") or 0) & _PUSH_BUTTON:
        return
    states = widget.get("/AP", Dictionary()).get("/N")
    states = states if isinstance(states, Dictionary) and not isinstance(states, Stream) else Dictionary()
    value = str(_inherited(widget, "/V") or "/Off")
    value = value if value.startswith("/") else f"/{value}"
    if updated or "/AS" not in widget or value != "/Off":
        widget["/AS"] = Name(value) if value in states else Name.Off
    if value != "/Off":
        field = next((one for one in _line(widget) if "/V" in one), widget)
        key = field.objgen if field.is_indirect else id(widget)
        ticked[key] = ticked.get(key, False) or value in states or not seen


def _says(widget: Object) -> tuple[str, ...]:
    """Returns what a text field holds, or the labels of what was chosen; nothing for an empty one or another kind."""
    kind, value = _inherited(widget, "/FT"), _inherited(widget, "/V")
    if kind == Name.Tx:
        says = [_text(value)]
    elif kind == Name.Ch:
        labels = dict(_labels(_inherited(widget, "/Opt")))
        chosen = [_text(one) for one in (value if isinstance(value, Array) else [value])]
        says = [labels.get(one, one) for one in chosen]
    else:
        return ()
    return tuple(one for one in says if one.strip())


def _labels(options: Any) -> Iterator[tuple[str, str]]:
    for option in options if isinstance(options, Array) else ():
        if isinstance(option, Array) and len(option) > 1:
            yield _text(option[0]), _text(option[1])


def _text(value: Any) -> str:
    if isinstance(value, Stream):
        value = pikepdf.String(value.read_bytes())
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")


def _is_answered(field: Object) -> bool:
    if _inherited(field, "/FT") == Name.Btn:
        return str(_inherited(field, "/V") or "/Off").strip("/") not in ("Off", "")
    return bool(_says(field))


def _fields(form: Dictionary) -> Iterator[Object]:
    """Gives the form's last fields, those whose children, if any, are only places on pages."""
    rest: list[Any] = list(form.get("/Fields", Array()))
    seen: set[tuple[int, int]] = set()
    while rest:
        field = rest.pop()
        if not isinstance(field, Dictionary) or (field.is_indirect and field.objgen in seen):
            continue
        seen.add(field.objgen)
        inner = [kid for kid in field.get("/Kids", Array()) if isinstance(kid, Dictionary) and "/T" in kid]
        rest += inner
        if not inner:
            yield field


def _widgets(page: pikepdf.Page) -> Iterator[Object | None]:
    """Gives the page's notes in their order, None for one that is no field."""
    notes = page.obj.get("/Annots")
    for note in notes if isinstance(notes, Array) else ():
        yield note if isinstance(note, Dictionary) and note.get("/Subtype") == Name.Widget else None


def _line(widget: Object) -> Iterator[Object]:
    """Gives the widget and the fields it is a part of, from the inside out."""
    one: Any = widget
    for _ in range(_DEEPEST):
        if not isinstance(one, Dictionary):
            return
        yield one
        one = one.get("/Parent")


def _inherited(widget: Object, key: str) -> Any:
    return next((one[key] for one in _line(widget) if key in one), None)


def _drawing(widget: Object) -> Object | None:
    drawing: Any = widget.get("/AP", Dictionary()).get("/N")
    return drawing if isinstance(drawing, Stream) else None


def _box(widget: Object) -> list[float]:
    place = widget.get("/Rect")
    left, bottom, right, top = map(float, place if isinstance(place, Array) and len(place) == 4 else (0, 0, 0, 0))
    return [min(left, right), min(bottom, top), max(left, right), max(bottom, top)]


def _is_hidden(widget: Object) -> bool:
    left, bottom, right, top = _box(widget)
    return bool(int(widget.get("/F", 0)) & HIDDEN_FLAGS) or right - left < _NO_SIZE or top - bottom < _NO_SIZE


def _saved(pdf: Pdf) -> io.BytesIO:
    made = io.BytesIO()
    pdf.save(made)
    made.seek(0)
    return made
