"""LibreOffice started once per call, for tests that need a real PDF and not the warm converter."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_EXPORT = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'


class OneShotOffice:
    """Turns .docx bytes into tagged PDF bytes. `calls` counts the conversions."""

    def __init__(self, folder: Path) -> None:
        """Keeps LibreOffice's profile in the folder."""
        self._profile = folder / "profile"
        self.calls = 0

    def __call__(self, docx: bytes) -> bytes:
        """Returns the one document as PDF."""
        return self.convert([docx])[0]

    def convert(self, documents: Sequence[bytes]) -> list[bytes]:
        """Returns each document as PDF, in one start of LibreOffice."""
        self.calls += 1
        with tempfile.TemporaryDirectory() as work:
            names = [Path(work) / f"d{n}.docx" for n in range(len(documents))]
            for name, content in zip(names, documents, strict=True):
                name.write_bytes(content)
            subprocess.run(
                ["soffice", f"-env:UserInstallation={self._profile.as_uri()}", "--headless", "--convert-to", _EXPORT,
                 "--outdir", work, *map(str, names)],
                check=True, capture_output=True, timeout=120,
            )
            return [name.with_suffix(".pdf").read_bytes() for name in names]
