"""Errors that speak to the consultant: what is wrong, where, what was expected, how to mend it.

Raised at the edge, where file and row are known; caught once, in `cli`. A data fault is a row in quarantine, never an exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

from kpi_toolkit.language import Language, load


class KpiError(Exception):
    """The input is at fault: one clear message, exit status 1.

    A subclass states a `code` and a `message` whose fields are given by name.
    """

    code: ClassVar[str] = "K000"
    message: ClassVar[str] = "{text}"

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.worded(load("en")))

    def worded(self, language: Language) -> str:
        """The message in a language, with its code in front."""
        return f"{self.code}: {language.text(self.message, **self.fields)}"


def nearest(word: str, known: Iterable[str]) -> str:
    """A "did you mean": the nearest known words, or an en dash where none is near."""
    choices = sorted(set(known))
    folded: dict[str, str] = {choice.casefold(): choice for choice in reversed(choices)}
    near = difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.6)
    return ", ".join(folded[hit] for hit in near) or "–"
