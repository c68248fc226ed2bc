"""The skeleton of the minutes as a Word file that a person edits."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pipeline.domain.minutes import Part


def minutes_file(mark: str, parts: Sequence[Part]) -> bytes:
    """Returns the Word file: the mark as its title and on every page, then each part under its heading."""
    from docx import Document
    from docx.shared import Pt

    paper = Document()
    paper.styles["Normal"].font.size = Pt(12)
    paper.core_properties.title = mark
    paper.core_properties.language = "en-GB"
    paper.core_properties.author = ""
    paper.sections[0].header.paragraphs[0].text = mark
    paper.add_heading(mark, level=0)
    for part in parts:
        paper.add_heading(part.heading, level=1)
        for paragraph in part.paragraphs:
            paper.add_paragraph(paragraph)
    written = io.BytesIO()
    paper.save(written)
    return written.getvalue()
