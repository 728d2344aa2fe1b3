"""Text as text: whatever a client's name holds, nothing in it is markup to HTML, SVG, Typst, Markdown or Quarto."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kpi_toolkit.language import Language

LONGEST = 400  # characters of a text that a cell, a caption or a line of a picture shows; the artifact holds it whole
LONGEST_WORD = 32  # characters after which a word may be broken: print has no other way to keep it on the page
ELLIPSIS = "…"
ZERO_WIDTH_SPACE = "\u200b"

# control characters, lone surrogates, marks that turn the direction of reading, and what XML does not allow
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_LONG_WORD = re.compile(rf"[^\s\u00a0{ZERO_WIDTH_SPACE}]{{{LONGEST_WORD + 1},}}")
_HTML = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;", "{": "&#123;", "}": "&#125;"}
)
_TYPST = str.maketrans({"\\": "\\\\", '"': '\\"', "`": "\\u{60}", "{": "\\u{7b}", "}": "\\u{7d}"})
_PUNCTUATION = re.compile(r"[!-$&-+./:-@\[-`{-~-]")  # all of ASCII but the percent sign and the comma
_BOLD = re.compile(r"\*\*")


def clean(text: object, longest: int = LONGEST) -> str:
    """One line without control characters, at most `longest` characters."""
    line = _SPACES.sub(" ", _UNSEEN.sub("", str(text))).strip(" ")
    return line if len(line) <= longest else line[: longest - 1].rstrip() + ELLIPSIS


def html(text: object) -> str:
    """For the text and the quoted attributes of HTML and SVG; braces and backticks too, for Quarto and Markdown fences."""
    return clean(text).translate(_HTML)


def typst(text: object) -> str:
    """A Typst string literal, quotes included; a very long word gets places to break."""
    line = _LONG_WORD.sub(lambda word: _broken(word[0]), clean(text))
    return f'"{line.translate(_TYPST)}"'


def _broken(word: str) -> str:
    return ZERO_WIDTH_SPACE.join(word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD))


def markdown(text: object) -> str:
    """For Pandoc's Markdown: every ASCII punctuation mark but `,` and `%` as a character reference."""
    line = _LONG_WORD.sub(lambda word: _broken(word[0]), clean(text))
    return _PUNCTUATION.sub(lambda mark: f"&#{ord(mark[0])};", line)


@dataclass(frozen=True)
class Rich:
    """A line with bold parts: pairs of (bold, text)."""

    parts: tuple[tuple[bool, str], ...]

    def __str__(self) -> str:
        return "".join(text for _, text in self.parts)


def rich(language: Language, message: str, **values: object) -> Rich:
    """A message whose own `**…**` is bold; its fields are filled afterwards, so no value can be markup."""
    pieces = _BOLD.split(language.text(message))
    parts = ((number % 2 == 1, piece.format(**values) if values else piece) for number, piece in enumerate(pieces))
    return Rich(tuple((bold, text) for bold, text in parts if text))


def prose(language: Language, message: str, **values: object) -> str:
    """Markdown of a message: its own marks hold (`**bold**`, `@tbl-people`, links), its values are text."""
    said = language.text(message)
    return said.format(**_escaped(values)) if values else said


def _escaped(values: Mapping[str, object]) -> dict[str, str]:
    return {name: markdown(value) for name, value in values.items()}
