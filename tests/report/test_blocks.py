"""One object, each dialect: the same words in HTML and in Typst, for every reader."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import asdict

import pytest
import yaml

from kpi_toolkit.report import fonts, marks, palette
from kpi_toolkit.report.blocks import (
    Cell,
    Column,
    Group,
    Picture,
    Prose,
    Table,
    Tile,
    Tiles,
    div,
    heading,
    side_by_side,
    together,
)
from kpi_toolkit.report.plain import Rich
from kpi_toolkit.report.render import templates
from tests.report.hostile import NAMES

MARKS = {
    "spark": marks.spark([1, 2, None, 3, 2.5], "a series", low=1, high=3, target=2.2, kind="improve"),
    "one point": marks.spark([2.0], "one"),
    "no point": marks.spark([None], "none"),
    "flat": marks.spark([1.0, 1.0], "flat"),
    "interval": marks.interval(1.02, 0.9, 1.2, "met_unsure", "102%", before=1.3),
    "beyond": marks.interval(3.0, 0.1, 4.0, "met_sure", "300%"),
    "below": marks.interval(-1.0, None, None, "missed_sure", "none"),
    "axis": marks.axis([(0.8, "80%"), (1.0, "100%")]),
    "profile": marks.profile(["met", "near", "missed", None, "exceeded"], "five goals"),
    "flag": marks.flag("a", "note a"),
    "bar": marks.bar(1.7),
    "variation": marks.variation("concern", up=False),
    "assurance": marks.assurance("hitmiss"),
    "verdict": marks.verdict_mark("missed_unsure"),
    "words": marks.Mark(marks.text(0, 8, NAMES[1]) + marks.text(0, 8, "สมชาย x"), 20, 5, NAMES[5]),
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_mark_is_well_formed_and_coloured_from_the_palette_alone(mark):
    tree = ET.fromstring(mark.svg)
    colours = {part.get(name) for part in tree.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert colours <= set(asdict(palette.LIGHT).values())


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_mark_speaks_or_is_hidden_from_those_who_listen(mark):
    tree = ET.fromstring(mark.svg)
    assert tree.get("aria-label") or tree.get("aria-hidden") == "true"


def test_gaps_of_a_series_stay_gaps():
    assert marks.spark([1, 2, None, 3, 2.5], "").body.count("<path") == 2


def test_thai_letters_of_a_picture_name_their_font():
    assert '<tspan font-family="Noto Sans Thai' in marks.text(0, 0, "คุณ A")


def test_text_is_measured_by_the_font_s_own_advances():
    from fontTools.ttLib import TTFont

    font = TTFont(fonts.folder() / "sans-400.ttf")
    advances, letters = font["hmtx"], font.getBestCmap()
    expected = sum(advances[letters[ord(letter)]][0] for letter in "Nguyễn 1") / font["head"].unitsPerEm * 9
    assert marks.text_width("Nguyễn 1", 9) == pytest.approx(expected)


def test_no_two_colours_are_equal_and_words_can_be_read_on_their_ground():
    for colours in (palette.LIGHT, palette.DARK):
        values = asdict(colours)
        assert len(set(values.values())) == len(values)
        for name in ("ink", "grey", "accent", "warning"):
            assert _contrast(values[name], values["paper"]) >= 4.5, name  # WCAG 2.2, 1.4.3


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_theme_s_colours_are_the_palette_s():
    theme = templates() / "theme"
    assert (theme / "palette.css").read_text(encoding="utf-8") == palette.css()
    assert (theme / "palette.typ").read_text(encoding="utf-8") == palette.typst()
    brand = yaml.safe_load((templates() / "_brand.yml").read_text(encoding="utf-8"))["color"]["palette"]
    assert brand.items() <= asdict(palette.LIGHT).items()


TABLE = Table(
    "people",
    (
        Column("name", "Name"),
        Column("why", "Why", 60),
        Column("score", "Score", 20, right=True, phone="lead"),
        Column("x", marks.bar(0.3), 20),
    ),
    (
        Group(Rich(((True, "Team"), (False, " · here")))),
        ("An", Rich(((False, "because "), (True, "so"))), Cell("98,1%", "strong"), marks.bar(0.5)),
    ),
    summary="People",
)


def test_a_table_holds_the_same_words_in_each_dialect():
    for words in ("Name", "Why", "Score", "Team", "An", "because", "so", "98,1%"):
        assert words in TABLE.html()
        assert f'"{words}"' in TABLE.typst()
    assert TABLE.html().count("<svg") == TABLE.typst().count("<svg") == 2


def test_a_table_is_a_table_to_a_screen_reader():
    tree = ET.fromstring(re.sub(r"<col [^>]*>", "", TABLE.html()))
    assert tree.get("aria-label") == "People"
    assert [part.text for part in tree.iter("th") if part.get("role") == "columnheader"][:3] == ["Name", "Why", "Score"]
    assert [part.get("scope") for part in tree.iter("th")][-1] == "row"


def test_a_notebook_gets_html_beside_the_markdown_and_one_drawing():
    picture = Picture(lambda width: marks.Mark(marks.text(0, 8, f"{width:g}"), width, 5, "a drawing"))
    shown = picture._repr_mimebundle_()
    assert shown["text/html"].count("<svg") == 1
    assert shown["text/markdown"].count("<svg") == 4  # three widths for the page, one for the print
    assert shown["text/plain"] == "a drawing"


def test_tiles_and_prose_speak_their_dialects():
    tiles = Tiles((Tile("Thai", "98%", "warning", None, (("1", "2"),)),))
    assert tiles.says == "Thai 98%"
    assert 'class="figure warning"' in tiles.html() and '"98%", warning, none, (("1", "2"),)' in tiles.typst()
    both = together(heading("H", "sec-h"), side_by_side(["a", "b"], small=True), div("note", "n"))
    assert isinstance(both, Prose)
    assert re.findall(r"^(## H \{#sec-h\}|::::: \{\.row \.of-2\}|::: \{\.note\})$", both.text, re.M)
    assert set(both._repr_mimebundle_()) == {"text/markdown", "text/plain"}
