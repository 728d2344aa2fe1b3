"""A page as a reader's browser takes it: its tags, and the words that are seen."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from kpi_toolkit.report import plain


class Page(HTMLParser):
    """Tags with their attributes, and the words a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._silent += tag in ("style", "script", "title")

    def handle_endtag(self, tag):
        self._silent -= tag in ("style", "script", "title")

    def handle_data(self, data):
        if not self._silent:
            self.words.append(data)

    @property
    def said(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words).replace(plain.ZERO_WIDTH_SPACE, ""))
