"""Word templates that staff edit, filled with plain strings. The only importer of docxtpl and jinja2.

The names a template may use (`{{ name }}`, or `{%tr for row in name %}` with `{{ row.field }}` in a table):

required strings   title, authority, conference_type, reference, start, prepared_for, issue, contact, classification
optional strings   team, mode, supersedes, chair, duty, profile ("" where not given)
optional lists     children, notes (strings); invitees (name, role, agency); reports_table (report, agency, received,
                   verdict); awaited (report, agency, due); empty where not given, and then their headings vanish
from the writer    contents (number, title, pages)

The templates of the documents after a conference may besides use:

optional strings   chair_word, chair_label, intro, decided, respond, midpoint, complaint, escalation, summary, family_views
optional lists     immediate (strings); dates (what, when); answers (what, said); attended (who, how);
                   opinions (who, child, view, reasons); scale (who, child, number);
                   outcomes (one row for each child: name, decision, category, reason, danger, goal, worries, strengths,
                   views, contingency, visits, alone, core_group, grade, rag, family_heading, other_heading, and the lists
                   family_actions and other_actions: action, why, who)

The invitations, one template for each kind of reader, may besides use:

optional strings   report_due, send_to, section, call, reports, interpreter
optional lists     must_say, standing (strings)

The form in which a chair writes the outcome (outcome_entry) has names of its own, given by outcome_paper.py, the report
form those of domain/report_form.py (agency and social_worker besides), and the
booking form those of booking_word_form.py.

Whoever calls gives only what this reader may see; a template cannot look further than the values it was given.

A template is nearly data: docxtpl's own environment runs code (security.md 4.6), this one has no globals, no methods, no
arithmetic, four filters, and of a value it can read only the fields of a row. A name that nobody fills is an error, never
a blank on a page. Values go in as text: markup, braces and control characters in a name stay what they are or are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import TemplateError

if TYPE_CHECKING:
    from jinja2 import Environment

OPTIONAL_STRINGS = (
    *("team", "mode", "supersedes", "chair", "duty", "profile"),
    *("chair_word", "chair_label", "intro", "decided", "respond", "midpoint", "complaint", "escalation", "summary", "family_views"),
    *("report_due", "send_to", "section", "call", "reports", "interpreter"),
)
OPTIONAL_LISTS = (
    *("children", "notes", "invitees", "reports_table", "awaited"),
    *("immediate", "dates", "answers", "attended", "opinions", "scale", "outcomes", "must_say", "standing"),
)
_FILTERS = ("join", "length", "upper", "lower")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT_LARGER, _HEADS_LARGER, _TEXT_UP_TO = 1.44, 1.2, 30  # the last in half points
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")




class WordTemplates:
    """Fills the Word templates of one folder."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds NAME.docx for each template; it is read anew each time, so an edit needs no restart."""
        self._folder = folder

    def render(self, template: str, values: Mapping[str, object], *, large_print: bool = False) -> bytes:
        """Returns the filled .docx, in `large_print` with letters of 18 pt for 12.5.

        Raises:
            TemplateError: no such template, a name that nobody fills (the message names it), a tag that is not
                understood or not allowed, or a value that is not a plain string, list of strings or list of rows.
        """
        from docxtpl import DocxTemplate  # type: ignore[import-untyped, unused-ignore]
        from jinja2 import TemplateSyntaxError

        context = _plain(values)
        source = self._read(template)
        try:
            document = DocxTemplate(BytesIO(source))
            document.render(context, jinja_env=_environment(), autoescape=True)
            if large_print:
                _enlarge(document.docx)
            filled = BytesIO()
            document.save(filled)
        except _NameNotFilled as missing:
            raise TemplateError(
                f"The Word template '{template}' uses the name '{missing.name}', which nobody fills; nothing was sent. "
                "Correct the name in the template (pipeline/adapters/word_templates.py lists them), then try again."
            ) from None
        except TemplateSyntaxError as wrong:
            raise TemplateError(
                f"The Word template '{template}' has a tag that cannot be read ({wrong.message}); nothing was sent. "
                "Correct the tag in Word, or build the template again with scripts/make_templates.py."
            ) from None
        except Exception as wrong:  # an edited file can trip three parsers, whose words may quote a value
            raise TemplateError(
                f"The Word template '{template}' has a tag that is not allowed or does not work "
                f"({type(wrong).__name__}); nothing was sent. Use only names, 'for' and 'if' in it; "
                "scripts/make_templates.py builds it anew."
            ) from None
        return filled.getvalue()

    def _read(self, template: str) -> bytes:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", template):
            raise TemplateError("A Word template was asked for by a name that is none; nothing was sent.")
        try:
            return (self._folder / f"{template}.docx").read_bytes()
        except OSError:
            raise TemplateError(
                f"The Word template '{template}' is not in the templates folder or cannot be read; nothing was sent. "
                "Put it back, or build it again with scripts/make_templates.py."
            ) from None


def _enlarge(document: Any) -> None:
    """Makes every letter larger, headings less than the text below them."""
    margins = [one for one in document.part.rels.values() if one.reltype.endswith(("/header", "/footer"))]
    headers = [one.target_part.element for one in margins]
    for part in (document.styles.element, document.element, *headers):
        for size in part.iter(f"{_WORD}sz", f"{_WORD}szCs"):
            half_points = int(size.get(f"{_WORD}val"))
            size.set(f"{_WORD}val", str(round(half_points * (_TEXT_LARGER if half_points <= _TEXT_UP_TO else _HEADS_LARGER))))


class _NameNotFilled(Exception):
    """A name in a template without a value."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup, escape

    class NamedUndefined(StrictUndefined):
        """Says which name it was, so that the error can name it without reading a message."""

        __slots__ = ()

        def __init__(
            self,
            hint: str | None = None,
            obj: Any = None,
            name: str | None = None,
            exc: Any = None,  # noqa: ARG002 - jinja2's signature
        ) -> None:
            super().__init__(hint, obj, name, cast(Any, _raiser(name)))

    class PlainEnvironment(ImmutableSandboxedEnvironment):
        """Reads names and fields of rows; calls nothing and calculates nothing."""

        intercepted_binops = frozenset(["*", "**", "+", "-", "/", "//", "%"])

        def getattr(self, obj: Any, attribute: str) -> Any:
            return self.getitem(obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:
            if isinstance(obj, Mapping):
                return obj[argument] if argument in obj else self.undefined(name=str(argument))
            if type(obj).__name__ == "LoopContext":
                return super().getattr(obj, argument)
            return self.undefined(name=str(argument))

        def is_safe_callable(self, _obj: Any) -> bool:
            return False

        def call_binop(self, *_calculation: Any) -> Any:
            raise TypeError("a template does not calculate")

    def literal(value: Any) -> Any:
        """Escapes braces too: docxtpl turns the four characters that look like its own escape into a tag."""
        if not isinstance(value, str | int | StrictUndefined):
            raise TypeError("a template shows strings, and numbers of a loop")
        escaped = str(escape(value)).replace("{", "&#123;").replace("}", "&#125;")
        return Markup(escaped)  # noqa: S704 - escaped in the line before

    environment = PlainEnvironment(autoescape=True, undefined=NamedUndefined, finalize=literal)
    environment.globals.clear()
    for name in set(environment.filters) - set(_FILTERS):
        del environment.filters[name]
    return environment


def _raiser(name: str | None) -> Callable[[str], Exception]:
    return lambda _message: _NameNotFilled(name or "?")


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Returns a copy made of nothing but dict, list and str, optional names filled with nothing."""
    context: dict[str, object] = dict.fromkeys(OPTIONAL_STRINGS, "")
    context |= {name: [] for name in OPTIONAL_LISTS}
    return context | {name: _value(name, value) for name, value in values.items()}


def _value(name: str, value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_row(name, row) for row in value]
    raise _wrong(name)


def _row(name: str, row: object) -> object:
    if isinstance(row, str):
        return clean(row)
    if isinstance(row, Mapping) and all(isinstance(field, str) for field in row):
        return {field: _field(name, value) for field, value in row.items()}
    raise _wrong(name)


def _field(name: str, value: object) -> object:
    """A field of a row: a text, or a list of rows of texts and nothing deeper."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list) and all(
        isinstance(row, Mapping) and all(isinstance(part, str) for pair in row.items() for part in pair) for row in value
    ):
        return [{field: clean(text) for field, text in row.items()} for row in value]
    raise _wrong(name)


def _wrong(name: str) -> TemplateError:
    return TemplateError(
        f"The value '{name}' for a Word template is neither a string nor a list of strings or rows; nothing was sent. "
        "This is a fault of the program."
    )


def clean(text: str) -> str:
    """Returns the text without what XML cannot hold and without control characters; line breaks and tabs stay."""
    return _NOT_IN_XML.sub("", text)
