"""The Word templates and what may be in them."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from pack_sources import TEMPLATES, VALUES

from pipeline.adapters.word_templates import OPTIONAL_LISTS, OPTIONAL_STRINGS, WordTemplates
from pipeline.errors import TemplateError

CONTENTS = [{"number": "1", "title": "Social worker's report", "pages": "3–9"}]


def words(docx: bytes) -> str:
    """All text of a .docx: headers, paragraphs and cells."""
    document = Document(BytesIO(docx))
    header = [p.text for p in document.sections[0].header.paragraphs]
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([*header, *(p.text for p in document.paragraphs), *cells])


def of_one_tag(folder: Path, tag: str) -> WordTemplates:
    """A template that holds nothing but one paragraph."""
    document = Document()
    document.add_paragraph(tag)
    document.save(str(folder / "one.docx"))
    return WordTemplates(folder)


@pytest.mark.parametrize("template", ["pack_cover", "pack_supplement"])
def test_every_value_reaches_the_page(template: str) -> None:
    """Each string and each row of the lists that the template shows is in the filled document, and no tag is left."""
    found = words(WordTemplates(TEMPLATES).render(template, dict(VALUES) | {"contents": CONTENTS}))
    for name in ("title", "authority", "team", "start", "mode", "chair", "contact", "duty", "classification", "supersedes"):
        assert VALUES[name] in found
    assert "Social worker's report" in found and "3–9" in found and "Tobin Quillfeather, Isla-Wren" in found
    assert "{{" not in found and "{%" not in found


def test_headings_of_empty_lists_vanish() -> None:
    """Where a list is empty its heading, its table and its labels are gone."""
    required = {k: v for k, v in VALUES.items() if k not in (*OPTIONAL_STRINGS, *OPTIONAL_LISTS)}
    found = words(WordTemplates(TEMPLATES).render("pack_cover", required | {"contents": CONTENTS}))
    for heading in ("People invited", "Reports received", "still waiting", "Children", "Chair", "How", "danger now"):
        assert heading not in found
    assert "Contents" in found and "Prepared for" in found


@pytest.mark.parametrize("missing", ["start", "prepared_for", "contents"])
def test_a_name_that_nobody_fills_is_named(missing: str) -> None:
    """A missing value is an error that names it, never a blank on the page."""
    values = {k: v for k, v in (dict(VALUES) | {"contents": CONTENTS}).items() if k != missing}
    with pytest.raises(TemplateError, match=f"'{missing}'"):
        WordTemplates(TEMPLATES).render("pack_cover", values)


def test_a_field_that_a_row_lacks_is_named() -> None:
    """A row without a field the template shows is an error that names the field."""
    with pytest.raises(TemplateError, match="'pages'"):
        WordTemplates(TEMPLATES).render("pack_cover", dict(VALUES) | {"contents": [{"number": "1", "title": "x"}]})


@pytest.mark.parametrize(
    "name",
    ["{{ 7*7 }}", "{% for x in y %}", "{_{ a }_}", "{_% b %_}", "Ann <b> & \"Co\" 'x'", "</w:t>", "&lt;", "{#c#}", "王 😀 ŵ"],
)
def test_values_are_text(name: str) -> None:
    """Tags, markup and docxtpl's own escapes in a value come out as they went in."""
    rows = [{"name": name, "role": name, "agency": ""}]
    values = dict(VALUES) | {"contents": CONTENTS, "prepared_for": name, "invitees": rows, "children": [name, "B"]}
    found = words(WordTemplates(TEMPLATES).render("pack_cover", values))
    assert f"Prepared for {name}\n" in found and f"{name}, B" in found and f"\n{name}\n{name}\n" in found


def test_control_characters_are_dropped() -> None:
    """What XML cannot hold, and what docxtpl would turn into a page break, is not in the document."""
    values = dict(VALUES) | {"contents": CONTENTS, "prepared_for": "A\x00n\x07n\x0c\ud800 B"}
    assert "Prepared for Ann B\n" in words(WordTemplates(TEMPLATES).render("pack_cover", values))


@pytest.mark.parametrize(
    "attack",
    [
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "{{ name.__class__.__mro__ }}", "{{ name.upper() }}",
        "{{ rows.append('x') }}", "{{ 'a' * 1000000000 }}", "{{ 2 ** 99999999 }}", "{{ '%s' % name }}", "{{ range(9) }}",
        "{{ lipsum() }}", "{{ name | center(1000000000) }}", "{{ name | attr('upper') }}", "{{ name ", "{% if %}", "{{ self }}",
        "{% include 'x' %}", "{{ rows | map(attribute='__class__') }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ ''['__class__'] }}", "{{ loop }}",
    ],
)
def test_a_template_cannot_do_anything(tmp_path: Path, attack: str) -> None:
    """Code, methods, arithmetic and other filters in a template are errors, and nothing runs."""
    with pytest.raises(TemplateError):
        of_one_tag(tmp_path, attack).render("one", {"name": "Ann", "rows": [{"a": "b"}]})


def test_a_template_may_use_names_loops_and_the_place_in_a_loop(tmp_path: Path) -> None:
    """What staff need works: names, for, if, loop.index and join."""
    tag = "{% for row in rows %}{{ loop.index }}={{ row.a }};{% endfor %}{% if name %}{{ name | upper }}{% endif %}"
    assert "1=b;2=c;ANN" in words(of_one_tag(tmp_path, tag).render("one", {"name": "Ann", "rows": [{"a": "b"}, {"a": "c"}]}))


@pytest.mark.parametrize("value", [object(), 7, None, [7], [{"a": 7}], b"x", {"a": "b"}])
def test_only_plain_values_are_taken(value: object) -> None:
    """An object, whose methods a template could reach, never gets near one; the error names the value's name only."""
    with pytest.raises(TemplateError, match="'title'"):
        WordTemplates(TEMPLATES).render("pack_cover", dict(VALUES) | {"contents": CONTENTS, "title": value})


@pytest.mark.parametrize("template", ["absent", "../pack_cover", "/etc/passwd", ""])
def test_only_templates_of_the_folder(template: str) -> None:
    """A template that is not there, or a path instead of a name, is a template error."""
    with pytest.raises(TemplateError):
        WordTemplates(TEMPLATES).render(template, VALUES)


def test_a_file_that_is_no_word_file_is_a_template_error(tmp_path: Path) -> None:
    """A spoilt template says how to build it anew."""
    (tmp_path / "one.docx").write_bytes(b"not a zip")
    with pytest.raises(TemplateError, match="make_templates"):
        WordTemplates(tmp_path).render("one", {})


def test_spoilt_templates_can_be_built_again(tmp_path: Path) -> None:
    """The script makes both templates anew, and what it makes can be filled."""
    script = TEMPLATES.parent / "scripts" / "make_templates.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    for template in ("pack_cover", "pack_supplement"):
        filled = WordTemplates(tmp_path).render(template, dict(VALUES) | {"contents": CONTENTS})
        assert "Prepared for" in words(filled)


def test_the_templates_show_nothing_below_twelve_points() -> None:
    """All text of the templates is at least 12 pt after the page was made smaller for the stamp."""
    for template in TEMPLATES.glob("pack_*.docx"):
        document = Document(str(template))
        sizes = [document.styles[s].font.size.pt for s in ("Normal", "Heading 1", "Heading 2", "Title")]
        sizes += [r.font.size.pt for p in document.paragraphs for r in p.runs if r.font.size]
        assert min(sizes) * (842 - 24) / 842 >= 12
