"""What a cell of a report returns: one object that speaks every format.

Its single `text/markdown` output holds a raw HTML and a raw Typst form, and each renderer takes its own; `text/html` beside it
serves JupyterLab and is left out of reports. Words arrive finished (translated, numbers set); nothing in them is markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kpi_toolkit.report import plain
from kpi_toolkit.report.marks import Mark
from kpi_toolkit.report.plain import Rich

PAGE = 180.0  # mm between the margins of A4
SCREEN = 226.0  # widths at which a picture is drawn anew, so that its words keep their size
PHONE = 94.0

Place = Literal["before", "after", "below"]
Phone = Literal["title", "lead", "pair", "half", "wide", "badge", "hide"]


class Block:
    """One object, all dialects. `says` is its short text: what a reader without pictures gets."""

    def html(self) -> str:
        raise NotImplementedError

    def typst(self) -> str:
        raise NotImplementedError

    @property
    def says(self) -> str:
        return ""

    def notebook(self) -> str:
        """The HTML that JupyterLab shows, where no style sheet of ours is."""
        return self.html()

    def markdown(self) -> str:
        return (
            f'::: {{.content-visible when-format="html"}}\n```{{=html}}\n{self.html()}\n```\n:::\n\n'
            f'::: {{.content-visible when-format="typst"}}\n```{{=typst}}\n{self.typst()}\n```\n:::\n'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return {"text/markdown": self.markdown(), "text/html": self.notebook(), "text/plain": self.says}


def rich_html(content: Rich | str) -> str:
    if isinstance(content, str):
        return plain.html(content)
    return "".join(f"<strong>{_inner_html(text)}</strong>" if bold else _inner_html(text) for bold, text in content.parts).strip()


def _inner_html(text: str) -> str:
    """The text of a part, its outer spaces kept: they stand between parts."""
    return (" " if text[:1] == " " else "") + plain.html(text) + (" " if text[-1:] == " " else "")


def rich_typst(content: Rich | str) -> str:
    """A Typst expression."""
    if isinstance(content, str):
        return plain.typst(content)
    return " + ".join(_inner_typst(bold, text) for bold, text in content.parts) or '""'


def _inner_typst(bold: bool, text: str) -> str:
    literal = plain.typst(text)
    spaced = ('" " + ' if text[:1] == " " else "") + (f"strong({literal})" if bold else literal)
    return spaced + (' + " "' if text[-1:] == " " else "")


def mark_html(mark: Mark, kind: str = "") -> str:
    classes = " ".join(name for name in ("m", "fluid" if mark.fluid else "", kind) if name)
    return f'<span class="{classes}" style="--w:{mark.width:g};--h:{mark.height:g}">{mark.svg}</span>'


def mark_typst(mark: Mark) -> str:
    return f"mark({_literal(mark.svg)}, {mark.width:g}mm, {mark.height:g}mm, {plain.typst(mark.alt)})"


def _literal(source: str) -> str:
    """A Typst string of any length, for SVG (whose words are clean already)."""
    return '"' + source.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


@dataclass(frozen=True)
class Cell:
    """Words with a style (`strong grey warning accent lead small`, any of them), a unit behind and a mark beside them."""

    text: Rich | str = ""
    style: str = ""
    unit: str = ""
    mark: Mark | None = None
    place: Place = "before"

    def html(self) -> str:
        words = f'<span class="t {self.style}">{rich_html(self.text)}</span>' if str(self.text) else ""
        words += f' <span class="unit">{plain.html(self.unit)}</span>' if self.unit else ""
        if not self.mark:
            return words
        if self.place == "before":
            return f'<span class="beside">{mark_html(self.mark)}{words}</span>' if words else mark_html(self.mark)
        return words + mark_html(self.mark, self.place)

    def typst(self) -> str:
        parts = []
        if str(self.text):
            words = rich_typst(self.text)
            parts.append(f"styled({plain.typst(self.style)}, {words})" if self.style else words)
        if self.unit:
            parts.append(f"unit({plain.typst(self.unit)})")
        said = " + ".join(parts)
        if not self.mark:
            return said or "none"
        picture = mark_typst(self.mark)
        if not said:
            return picture
        if self.place == "before":
            return f"beside({picture}, {said})"
        return f"{said} + h(2pt) + {picture}" if self.place == "after" else f"under({said}, {picture})"


def _cell(content: Cell | Mark | Rich | str) -> Cell:
    if isinstance(content, Cell):
        return content
    return Cell(mark=content) if isinstance(content, Mark) else Cell(content)


@dataclass(frozen=True)
class Column:
    """A column of `width` mm (None: it takes what is left of 180) with a gap of `gap` mm at its right.

    On a phone each row is a card; `phone` says where the cell goes: `title` and `lead` share the first line (left and right),
    `pair` is the head and the value, `half` the value alone, `wide` a line of its own, `badge` stands before the card, `hide`
    is left out. The first column is the title and the rest pairs, unless said. The title is the row's header to a screen reader.
    """

    name: str
    head: str | Mark = ""
    width: float | None = None
    right: bool = False
    gap: float = 2.6
    phone: Phone | None = None


@dataclass(frozen=True)
class Group:
    """A line over the rows that follow."""

    text: Rich | str


Row = Sequence[Cell | Mark | Rich | str]


@dataclass(frozen=True)
class Table(Block):
    """Rows of cells. `top`: cells of prose, aligned at their top; `joined`: no space between rows, lines go on."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row | Group, ...]
    top: bool = False
    joined: bool = False
    summary: str = ""

    @property
    def says(self) -> str:
        return self.summary or self.name

    def _phone(self, number: int) -> Phone:
        return self.columns[number].phone or ("title" if number == 0 else "pair")

    def html(self) -> str:
        rest = PAGE - sum(column.width or 0 for column in self.columns)
        columns = "".join(f'<col style="width:{100 * (column.width or rest) / PAGE:.2f}%">' for column in self.columns)
        heads = "".join(self._head_html(number) for number in range(len(self.columns)))
        body = "".join(self._row_html(row) for row in self.rows)
        kinds = [kind for kind, on in (("top", self.top), ("joined", self.joined), ("badged", self._badged)) if on]
        label = f' aria-label="{plain.html(self.summary)}"' if self.summary else ""
        return (
            f'<table role="table"{label} data-quarto-disable-processing="true" class="{" ".join(["rows", self.name, *kinds])}">'
            f'<colgroup>{columns}</colgroup><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{body}</tbody></table>'
        )

    @property
    def _badged(self) -> bool:
        return any(self._phone(number) == "badge" for number in range(len(self.columns)))

    def _class(self, number: int) -> str:
        column = self.columns[number]
        return f"c-{column.name} p-{self._phone(number)}" + (" right" if column.right else "")

    def _head_html(self, number: int) -> str:
        head = self.columns[number].head
        inner = mark_html(head) if isinstance(head, Mark) else plain.html(head)
        return f'<th role="columnheader" scope="col" class="{self._class(number)}">{inner}</th>'

    def _row_html(self, row: Row | Group) -> str:
        if isinstance(row, Group):
            span = f'colspan="{len(self.columns)}"'
            return f'<tr role="row" class="group"><th role="rowheader" scope="rowgroup" {span}>{rich_html(row.text)}</th></tr>'
        cells = []
        for number, content in enumerate(row):
            column = self.columns[number]
            tag, role = ("th", 'role="rowheader" scope="row"') if self._phone(number) == "title" else ("td", 'role="cell"')
            label = f' data-label="{plain.html(column.head)}"' if isinstance(column.head, str) and column.head else ""
            cells.append(f'<{tag} {role} class="{self._class(number)}"{label}>{_cell(content).html()}</{tag}>')
        return f'<tr role="row">{"".join(cells)}</tr>'

    def typst(self) -> str:
        widths = _array(f"{column.width:g}mm" if column.width else "1fr" for column in self.columns)
        rights = _array("true" if column.right else "false" for column in self.columns)
        gaps = _array(f"{column.gap:g}mm" for column in self.columns)
        heads = _array(mark_typst(c.head) if isinstance(c.head, Mark) else f"th({plain.typst(c.head)})" for c in self.columns)
        rows = "".join(f"\n  {self._row_typst(row)}," for row in self.rows)
        flags = f"top: {str(self.top).lower()}, joined: {str(self.joined).lower()}"
        return f"#rows(widths: {widths}, rights: {rights}, gaps: {gaps}, {flags},\n  heads: {heads},{rows}\n)"

    def _row_typst(self, row: Row | Group) -> str:
        if isinstance(row, Group):
            return f"group({len(self.columns)}, {rich_typst(row.text)})"
        return ", ".join(_cell(content).typst() for content in row)


def _array(items: Iterable[str]) -> str:
    """A Typst array: the comma behind keeps one item an array."""
    return f"({', '.join(items)},)"


@dataclass(frozen=True)
class Picture(Block):
    """A drawing as wide as the page: `draw` is given a width in mm (screen 226, print 180, phone 94) and draws for it."""

    draw: Callable[[float], Mark]

    @property
    def says(self) -> str:
        return self.draw(PAGE).alt

    def html(self) -> str:
        return "".join(
            mark_html(self.draw(width), name) for width, name in ((SCREEN, "screen"), (PHONE, "narrow"), (PAGE, "print"))
        )

    def typst(self) -> str:
        return f"#{mark_typst(self.draw(PAGE))}"

    def notebook(self) -> str:
        return self.draw(PAGE).svg


@dataclass(frozen=True)
class Tile:
    """A card: a title, its figure (`tone`: ink, accent or warning), a picture and pairs of words (left, right)."""

    title: str
    figure: str
    tone: Literal["ink", "accent", "warning"] = "ink"
    mark: Mark | None = None
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Tiles(Block):
    """Cards side by side, four in a row."""

    tiles: tuple[Tile, ...]

    @property
    def says(self) -> str:
        return "; ".join(f"{tile.title} {tile.figure}" for tile in self.tiles)

    def html(self) -> str:
        return f'<ul class="tiles">{"".join(map(_tile_html, self.tiles))}</ul>'

    def typst(self) -> str:
        return f"#tiles({', '.join(map(_tile_typst, self.tiles))})"


def _tile_html(tile: Tile) -> str:
    figure = f'<span class="figure {tile.tone}">{plain.html(tile.figure)}</span>'
    pairs = "".join(f'<p class="pair"><span>{plain.html(a)}</span><span>{plain.html(b)}</span></p>' for a, b in tile.lines)
    picture = mark_html(tile.mark) if tile.mark else ""
    return f'<li class="tile"><p class="tile-head"><strong>{plain.html(tile.title)}</strong>{figure}</p>{picture}{pairs}</li>'


def _tile_typst(tile: Tile) -> str:
    pairs = _array(f"({plain.typst(a)}, {plain.typst(b)})" for a, b in tile.lines) if tile.lines else "()"
    picture = mark_typst(tile.mark) if tile.mark else "none"
    return f"tile({plain.typst(tile.title)}, {plain.typst(tile.figure)}, {tile.tone}, {picture}, {pairs})"


@dataclass(frozen=True)
class Prose(Block):
    """Markdown: headings, paragraphs, rows of paragraphs. Build its words by `plain.prose`, which escapes what it fills in."""

    text: str

    @property
    def says(self) -> str:
        return self.text

    def markdown(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return {"text/markdown": self.text, "text/plain": self.text}


def heading(words: str, anchor: str, level: int = 2) -> Prose:
    """A heading with its identifier (`sec-…`); the words are Markdown."""
    return Prose(f"{'#' * level} {words} {{#{anchor}}}\n")


def side_by_side(paragraphs: Sequence[str], small: bool = False) -> Prose:
    """Paragraphs of Markdown beside each other (under each other on a phone)."""
    style = ".cell-of .small" if small else ".cell-of"
    cells = "\n\n".join(f"::: {{{style}}}\n{paragraph}\n:::" for paragraph in paragraphs)
    return Prose(f"::::: {{.row .of-{len(paragraphs)}}}\n{cells}\n:::::\n")


def div(kind: str, words: str) -> Prose:
    """A paragraph of Markdown in a style of the house: `kicker`, `sub` or `note`."""
    return Prose(f"::: {{.{kind}}}\n{words}\n:::\n")


def together(*parts: Block) -> Prose:
    """Blocks of one cell, one after the other."""
    return Prose("\n\n".join(part.markdown() for part in parts))
