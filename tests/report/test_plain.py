"""Names stay names, whatever they hold."""

from __future__ import annotations

import html as standard
import json
import subprocess

import pypandoc
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit.language import Language
from kpi_toolkit.report import plain
from tests.report.hostile import LONG, NAMES


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_html_read_back_is_the_cleaned_name(name):
    assert standard.unescape(plain.html(name)) == plain.clean(name)


@given(st.text(max_size=200))
@settings(derandomize=True)
def test_escaped_html_holds_nothing_that_opens_a_tag_an_attribute_a_fence_or_a_shortcode(name):
    assert not set("<>\"'`{}") & set(plain.html(name))


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=80), min_size=1, max_size=20))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_pandoc_reads_escaped_markdown_as_the_words_themselves(names):
    source = "\n\n".join(f"x{plain.markdown(name)}x" for name in names)
    command = [pypandoc.get_pandoc_path(), "-f", "markdown-smart", "-t", "html", "--wrap=none"]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=True)
    got = [standard.unescape(line.removeprefix("<p>").removesuffix("</p>")) for line in done.stdout.decode().splitlines()]
    assert [_whole(line) for line in got] == [_whole(f"x{plain.clean(name)}x") for name in names]


def _whole(words: str) -> str:
    """Without the places to break that long words get."""
    return words.replace(plain.ZERO_WIDTH_SPACE, "")


def test_typst_reads_the_literal_as_the_name():
    names = [name for name in NAMES if name is not LONG]
    source = f"#metadata(({', '.join(map(plain.typst, names))})) <names>"
    got = typst.query(source.encode(), "<names>", field="value", one=True)
    assert json.loads(got) == [plain.clean(name) for name in names]


def test_a_very_long_word_gets_places_to_break_and_an_end():
    literal = plain.typst(LONG)
    assert len(literal) < 2 * plain.LONGEST
    assert max(map(len, literal.replace(plain.ZERO_WIDTH_SPACE, " ").split())) <= plain.LONGEST_WORD + 3
    assert plain.ELLIPSIS in literal


def test_bold_of_the_message_holds_and_stars_of_a_value_are_letters():
    language = Language("en", {})
    words = plain.rich(language, "**{name}** owes *nothing*", name="**a**")
    assert words.parts == ((True, "**a**"), (False, " owes *nothing*"))


def test_values_of_prose_are_text_and_its_own_marks_hold():
    said = plain.prose(Language("en", {"See {x}": "**Xem** {x}, @tbl-a"}), "See {x}", x="@tbl-b*")
    assert said == "**Xem** &#64;tbl&#45;b&#42;, @tbl-a"
