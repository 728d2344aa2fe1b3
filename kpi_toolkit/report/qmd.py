"""One .qmd template, many languages: find and replace its translatable text, line for line.

Translatable are the title and subtitle, captions and alternative texts of cells, headings (without their `{#id}`), paragraphs,
list items, cells of pipe tables and titles of callouts. One walk, `rewrite`, serves extraction and translation alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import yaml

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

Swap = Callable[[str, int], str]  # (message, line number) -> the text to put there

YAML_KEYS = frozenset({"title", "subtitle", "description", "abstract"})
OPTION = re.compile(r"#\|\s*(?:fig-cap|tbl-cap|fig-alt|tbl-alt|title):\s*(?P<value>.*)$")
HEADING = re.compile(r"(?P<marks>#{1,6}\s+)(?P<words>.*?)(?P<behind>(?:\s*\{[^{}]*\})?\s*)$")
ITEM = re.compile(r"(?P<marks>\s*(?:(?:>\s?)*(?:[-*+](?:\s+\[[ x]\])?|\d+[.)]|:|\[\^[^]]+\]:)\s+|>\s?))(?P<words>.*)$")
FENCE = re.compile(r"\s*(`{3,}|~{3,})")
DIV_TITLE = re.compile(r'(?<=\btitle=")(?P<words>[^"]*)(?=")')
TABLE_CELL = re.compile(r"(?<=\|)(\s*)([^|\s:-][^|]*?)(\s*)(?=\|)")
# shortcodes, tags, empty spans, pictures, formulas, and what holds no word
NOT_WORDS = re.compile(r"\s*(\{\{<.*>\}\}|<[^>]*>|\[\]\{[^}]*\}|!\[\]\(.*|\$\$.*|[^\w]*|\d[\d.,% ]*)\s*$", re.S)


class BadTemplate(KpiError):
    code = "K802"
    message = N_("Template {file}, line {line}: {problem}")


@dataclass
class _Walk:
    """The state of one pass over a template."""

    swap: Swap
    out: list[str] = field(default_factory=list)
    paragraph: list[str] = field(default_factory=list)
    began: int = 0

    def say(self, words: str, number: int) -> str:
        return words if NOT_WORDS.match(words) else self.swap(words, number)

    def keep(self, line: str) -> None:
        self.flush()
        self.out.append(line)

    def flush(self) -> None:
        """Lines of a paragraph become one message; a line break asked for by a backslash stays."""
        if not self.paragraph:
            return
        first = self.paragraph[0]
        item = ITEM.match(first)
        lead = item["marks"] if item else first[: len(first) - len(first.lstrip())]
        lines = [item["words"] if item else first, *self.paragraph[1:]]
        message = re.sub(r"(?<!\\)\n", " ", "\n".join(line.strip() for line in lines))
        self.out.append("\n".join(self.paragraph) if NOT_WORDS.match(message) else lead + self.swap(message, self.began))
        self.paragraph.clear()


def rewrite(text: str, swap: Swap, file: str = "") -> str:
    """The template with every translatable text passed through `swap`; all else stays as it is.

    Raises `BadTemplate` for a caption that is not one string on one line.
    """
    walk = _Walk(swap)
    state, fence = "markdown", ""
    for number, line in enumerate(text.splitlines(), 1):
        opens = FENCE.match(line)
        if state == "yaml":
            walk.out.append(_front_matter(walk, line, number))
            state = "markdown" if line.rstrip() in ("---", "...") else "yaml"
        elif state == "code":
            if opens and line.strip() == opens[1] and fence.lstrip().startswith(opens[1]):
                state = "markdown"
            walk.out.append(_option(walk, line, number, file) if "{python}" in fence else line)
        elif number == 1 and line.rstrip() == "---":
            state = "yaml"
            walk.out.append(line)
        elif opens:
            state, fence = "code", line
            walk.keep(line)
        else:
            _markdown(walk, line, number)
    walk.flush()
    return "\n".join(walk.out) + "\n"


def _front_matter(walk: _Walk, line: str, number: int) -> str:
    key, _, value = line.partition(":")
    if key not in YAML_KEYS or not value.strip():
        return line
    return f"{key}: {json.dumps(walk.swap(str(yaml.safe_load(value)), number), ensure_ascii=False)}"


def _option(walk: _Walk, line: str, number: int, file: str) -> str:
    option = OPTION.match(line)
    if not option:
        return line
    value = yaml.safe_load(option["value"] or "''")
    if not isinstance(value, str) or option["value"][:1] in ("|", ">", ""):
        raise BadTemplate(file=file, line=number, problem="a caption must be one string on one line, in quotes")
    return line[: option.start("value")] + json.dumps(walk.swap(value, number), ensure_ascii=False)


def _markdown(walk: _Walk, line: str, number: int) -> None:
    heading = HEADING.match(line)
    if line.lstrip().startswith(":::"):
        walk.keep(DIV_TITLE.sub(lambda title: walk.say(title["words"], number).replace('"', "'"), line))
    elif not line.strip():
        walk.keep(line)
    elif heading:
        walk.keep(heading["marks"] + walk.say(heading["words"], number) + heading["behind"])
    elif line.lstrip().startswith("|"):
        walk.keep(TABLE_CELL.sub(lambda cell: cell[1] + walk.say(cell[2], number) + cell[3], line))
    else:
        if ITEM.match(line):
            walk.flush()
        if not walk.paragraph:
            walk.began = number
        walk.paragraph.append(line)


def messages(text: str, file: str = "") -> Iterator[tuple[int, str]]:
    """Every translatable text with its line number."""
    found: list[tuple[int, str]] = []

    def note(message: str, line: int) -> str:
        found.append((line, message))
        return message

    rewrite(text, note, file)
    yield from found


def code_cells(text: str) -> Iterator[tuple[int, str]]:
    """The Python of a template: number of the line before its first, and the source."""
    for cell in re.finditer(r"^```\{python\}.*\n((?:.*\n)*?)```", text, re.M):
        yield text.count("\n", 0, cell.start(1)), cell[1]


def options(source: str) -> dict[str, object]:
    """The `#|` options of a cell. Raises `yaml.YAMLError`."""
    head = re.match(r"(?:#\|.*\n?)*", source)
    return yaml.safe_load(re.sub(r"^#\| ?", "", head[0] if head else "", flags=re.M)) or {}
