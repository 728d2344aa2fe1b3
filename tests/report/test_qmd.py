"""A template is translated line for line, and nothing but its words changes."""

from __future__ import annotations

import pytest

from kpi_toolkit.report import catalogues, qmd
from kpi_toolkit.report.render import templates
from tests.report.opened import SAMPLE

TEMPLATE = """---
title: "A title"
lang: en
subtitle: Below it
---

# First {#sec-first}

A paragraph of two lines
that is one message.\\
With a break.

- an item
- another, with @tbl-a
  and its second line
1. counted

> a quote

| Head | 12 |
|------|----|
| cell | 3% |

::: {.callout-note title="Mind this"}
{{< include other.qmd >}}
:::

```{python}
#| label: tbl-a
#| tbl-cap: "A caption"
x = "not a message"
# Not a heading
```

```
Not a message either
```

<div>

![](picture.png)

$$x = 1$$
"""
MESSAGES = [
    "A title", "Below it", "First", "A paragraph of two lines that is one message.\\\nWith a break.", "an item",
    "another, with @tbl-a and its second line", "counted", "a quote", "Head", "cell", "Mind this", "A caption",
]  # fmt: skip


def test_every_translatable_text_is_found_and_nothing_else():
    assert [message for _, message in qmd.messages(TEMPLATE)] == MESSAGES


def test_messages_carry_the_line_they_begin_on():
    lines = TEMPLATE.splitlines()
    for number, message in qmd.messages(TEMPLATE):
        assert message.split()[0] in lines[number - 1]


def test_a_translation_replaces_words_and_keeps_marks():
    said = qmd.rewrite(TEMPLATE, lambda message, _: message.upper().replace("@TBL-A", "@tbl-a"))
    for line in (
        'title: "A TITLE"',
        "# FIRST {#sec-first}",
        "- AN ITEM",
        "1. COUNTED",
        "> A QUOTE",
        "| HEAD | 12 |",
        '#| tbl-cap: "A CAPTION"',
    ):
        assert line in said.splitlines()
    for line in (
        "lang: en",
        'x = "not a message"',
        "# Not a heading",
        "Not a message either",
        "{{< include other.qmd >}}",
        "|------|----|",
    ):
        assert line in said.splitlines()


@pytest.mark.parametrize("path", [SAMPLE, *sorted(templates().glob("*.qmd"))], ids=lambda path: path.stem)
def test_a_template_swapped_with_its_own_words_says_the_same(path):
    text = path.read_text(encoding="utf-8")
    once = qmd.rewrite(text, lambda message, _: message)
    assert [message for _, message in qmd.messages(once)] == [message for _, message in qmd.messages(text)]
    assert [source for _, source in qmd.code_cells(once)][:2] == [source for _, source in qmd.code_cells(text)][:2]


def test_a_caption_over_several_lines_is_refused_with_its_line():
    with pytest.raises(qmd.BadTemplate, match=r"x\.qmd, line 2: a caption must be one string"):
        qmd.rewrite("```{python}\n#| fig-cap: |\n#|   long\n```\n", lambda message, _: message, "x.qmd")


def test_options_of_a_cell_are_read():
    assert qmd.options("#| label: fig-a\n#| tags: [parameters]\nx = 1\n") == {"label": "fig-a", "tags": ["parameters"]}
    assert qmd.options("x = 1") == {}


ENTRIES = {
    "whole {n}": catalogues.Entry("trọn {n}", False),
    "fuzzy": catalogues.Entry("mờ", True),
    "empty": catalogues.Entry("", False),
    "field {n}": catalogues.Entry("ô {m}", False),
    "see @tbl-a": catalogues.Entry("xem @tbl-b", False),
    "a [link](x.html)": catalogues.Entry("một [nối](y.html)", False),
}


def test_a_check_names_what_is_missing_fuzzy_or_spoiled(tmp_path):
    texts = [*ENTRIES, "unknown"]
    found = catalogues.faults([catalogues.Said(text, tmp_path / "x.py", 3) for text in texts], ENTRIES)
    problems = {line.rsplit(": ", 1)[1].strip("'"): line.split(": ")[1] for line in found}
    differ = "fields, references or links differ in"
    assert {text: problem.split(" '")[0] for text, problem in problems.items()} == {
        "fuzzy": "fuzzy", "empty": "not translated", "unknown": "not translated", "field {n}": differ, "see @tbl-a": differ,
        "a [link](x.html)": differ,
    }  # fmt: skip
    assert all(line.startswith("x.py:3: ") for line in found)


def test_messages_of_code_are_found_by_its_syntax_tree(tmp_path):
    (tmp_path / "code.py").write_text(
        'X = N_("one")\ny = f"{language.text(\'two\')}"\nz = plain.rich(language, "three", a="no")\n'
        'prose(said, "four")\nother("no")\n',
        encoding="utf-8",
    )
    assert {said.text for said in catalogues.of_code([tmp_path])} == {"one", "two", "three", "four"}


def test_messages_of_a_template_s_cells_count_too(tmp_path):
    (tmp_path / "t.qmd").write_text(
        '---\ntitle: T\n---\n\n```{python}\ncharts.x(language.text("inside"))\n```\n', encoding="utf-8"
    )
    assert [(said.text, said.line) for said in catalogues.of_template(tmp_path / "t.qmd")] == [("T", 2), ("inside", 6)]


def test_the_vietnamese_catalogue_is_whole():
    assert catalogues.check("vi", sorted(templates().glob("*.qmd"))) == []
