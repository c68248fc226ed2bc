"""The one way in which what runs inside says that a document is not taken."""

from __future__ import annotations


class RefusalError(Exception):
    """The document is not taken. `why` is a word that the host knows."""

    def __init__(self, why: str) -> None:
        """Keeps the word."""
        super().__init__(why)
        self.why = why
