"""A report comes out whole, in one file, the same each time, and nothing that a client's name holds is run."""

from __future__ import annotations

import html as standard
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit.language import Language, load
from kpi_toolkit.report import Rendered, document, execute, fonts, pandoc, plain, quarto, render, report
from tests.report.hostile import LONG, NAMES
from tests.report.opened import HEAD, LAST_FACT, SAMPLE, OpenedQuarter, with_template
from tests.report.page import Page

needs_pdftotext = pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not installed")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[OpenedQuarter, Rendered, list[str]]:
    """The sample report, rendered once by the embedded renderer."""
    here = with_template(tmp_path_factory.mktemp("client"), SAMPLE.read_text(encoding="utf-8"))
    lines: list[str] = []
    return here, report(here, "sample", renderer="pandoc", on_progress=lines.append), lines


@pytest.fixture(scope="module")
def page(made) -> str:
    return made[1].paths[0].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def print_words(made) -> str:
    done = subprocess.run(["pdftotext", "-layout", made[1].paths[1], "-"], capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def test_the_files_stand_where_the_contract_says_and_it_is_told_who_served(made):
    here, rendered, lines = made
    folder = here.folder / "reports"
    assert rendered.paths == (folder / "sample.en.html", folder / "sample.en.pdf")
    assert sorted(path.name for path in folder.iterdir()) == ["sample.en.html", "sample.en.pdf"]
    assert rendered.renderer == "pandoc" and rendered.warnings == ()
    assert rendered.notebook == here.folder / "notebooks" / "sample.en.ipynb" and rendered.notebook.is_file()
    assert lines[0] == "sample (en): reading the results" and "pdf by pandoc" in lines[-1]
    assert '"renderer": "pandoc"' in (here.folder / "manifest.json").read_text(encoding="utf-8")


def test_hostile_names_come_out_of_the_page_as_they_are(page):
    read = Page(page)
    for name in NAMES:
        shown = plain.clean(name)
        assert read.said.count(shown) >= 2, name if name is not LONG else "LONG"
    assert not any(tag in ("script", "iframe", "object") for tag, _ in read.tags)
    assert "root:x:0" not in page  # how /etc/passwd begins
    assert not any(name.startswith("on") for _, attributes in read.tags for name in attributes)


@needs_pdftotext
def test_hostile_names_come_out_of_the_print_as_they_are(print_words):
    said = re.sub(r"\s+", " ", print_words.replace(plain.ZERO_WIDTH_SPACE, ""))
    for name in NAMES:
        if name is not LONG:
            assert f"Client: {plain.clean(name)}." in said
            assert f"Because of {plain.clean(name)}"[:40] in said
    assert "root:x:0" not in said and "Long xxx" in said


def test_the_page_loads_nothing_and_runs_nothing(page):
    assert render.outside(page) == []
    assert "<script" not in page
    assert page.count("@font-face") == 4  # two weights, and Thai since Thai letters stand in it


@pytest.mark.parametrize(
    "loads",
    ['<img src="https://x.org/a.png">', "<script src=a.js>", '<link href="//x.org/a.css" rel=stylesheet>', "<style>a{b:url(http://x)}</style>",
     '<style>@import "x.css"</style>', "<iframe src='http://x'>"],
)  # fmt: skip
def test_what_a_page_would_load_is_found(loads):
    assert len(render.outside(loads)) == 1


def test_links_for_the_reader_and_data_in_the_page_are_no_loads():
    assert (
        render.outside(
            '<a href="https://x.org">x</a><img src="data:image/png;base64,AA"><style>a{b:url("data:x")}</style><use href="#a">'
        )
        == []
    )


def test_captions_are_numbered_and_references_lead_to_them(page):
    read = Page(page)
    ids = {attributes["id"] for _, attributes in read.tags if attributes.get("id")}
    links = [str(attributes["href"])[1:] for tag, attributes in read.tags if tag == "a"]
    assert {"tbl-names", "fig-drawn", "sec-more"} <= set(links) <= ids
    assert "See Table\u00a01, Figure\u00a01 and “More”." in "".join(read.words).replace("\n", " ")
    assert "Table\u00a01. Names of the client's people" in "".join(read.words)


def test_code_and_what_it_prints_stay_hidden(page):
    assert "from kpi_toolkit" not in page and "a stream that no reader sees" not in page


def test_the_contents_list_names_the_sections(page):
    nav = re.search(r'<nav class="contents".*?</nav>', page, re.S)
    assert nav and re.findall(r'href="#(sec-[a-z]+)"', nav[0]) == ["sec-what", "sec-more"]


def test_the_page_says_whose_it_is_of_when_and_which_ledger(page):
    footer = standard.unescape(re.search(r"<footer>.*?</footer>", page, re.S)[0])
    assert "Acme *& Sons* #1 · Q3\u00a02026" in footer
    assert "Data as of 29\u00a0Sep\u00a02026" in footer and HEAD[:12] in footer and HEAD not in footer


@needs_pdftotext
def test_the_print_has_numbered_pages_and_the_same_footer(made, print_words):
    info = subprocess.run(["pdfinfo", made[1].paths[1]], capture_output=True, encoding="utf-8", check=True).stdout
    assert "(A4)" in info and re.search(r"Title:\s+Sample report", info)
    pages = int(re.search(r"Pages:\s+(\d+)", info)[1])
    assert all(f"{number} / {pages}" in re.sub(r" */ *", " / ", print_words) for number in range(1, pages + 1))
    assert print_words.count("Ledger 90f8073301bf") == pages
    assert "Contents" in print_words


@needs_pdftotext
def test_every_letter_of_the_print_has_a_glyph(made, print_words):
    assert "สมชาย รัตนกุล, Nguyễn Thị Thu Hà, Gülşen İpek, Jürgen Groß ₫ ≥ −" in print_words
    listed = subprocess.run(["pdffonts", made[1].paths[1]], capture_output=True, encoding="utf-8", check=True).stdout
    names = {line.split("+")[1].split()[0] for line in listed.splitlines() if "+" in line}
    assert {name.split("-")[0] for name in names} <= {"SourceSans3", "SourceSans3Italic", "NotoSansThai", "DejaVuSansMono"}
    assert not re.search(r" no +\d", listed)  # all embedded, all with a map to Unicode


def test_a_second_run_gives_the_same_bytes(made):
    here, rendered, _ = made
    before = [path.read_bytes() for path in rendered.paths]
    again = report(here, "sample", renderer="pandoc")
    assert [path.read_bytes() for path in again.paths] == before


# ---- what stops a render


def rendered(tmp_path: Path, text: str, kind: str = "html", resources: Path | None = None) -> tuple[str, list[str]]:
    """A document without code by the embedded renderer."""
    source, target = tmp_path / "t.qmd", tmp_path / "out"
    source.write_text(f'---\ntitle: "T"\n---\n\n{text}', encoding="utf-8")
    notebook = execute.translated(source, Language("en", {}), {})
    (tmp_path / "work").mkdir()
    warnings = pandoc.render(notebook, kind, target, tmp_path / "work", render.templates(), resources or tmp_path, LAST_FACT)
    return target.read_bytes().decode("utf-8", "replace"), warnings


@pytest.mark.parametrize("kind", render.KINDS)
@pytest.mark.parametrize("reference", ["@fig-nothing", "@tbl-nothing", "@sec-nothing", "@nobody"])
def test_a_reference_to_nothing_stops_the_render(tmp_path, kind, reference):
    with pytest.raises(pandoc.UnresolvedReference, match=reference[1:]):
        rendered(tmp_path, f"See {reference}.\n", kind)


@pytest.mark.parametrize("kind", render.KINDS)
def test_a_picture_that_is_not_there_stops_the_render(tmp_path, kind):
    with pytest.raises((pandoc.MissingResource, pandoc.RenderFailed), match=r"gone\.png"):
        rendered(tmp_path, "![A picture](gone.png)\n", kind)


@pytest.mark.parametrize("kind", render.KINDS)
def test_a_picture_beside_the_template_is_taken_into_the_file(tmp_path, kind):
    from matplotlib import image

    beside = tmp_path / "client"
    beside.mkdir()
    image.imsave(beside / "logo.png", [[0.0, 1.0]])
    said, warnings = rendered(tmp_path, "![A logo](logo.png)\n", kind, beside)
    assert warnings == []
    assert ("data:image/png;base64," in said) if kind == "html" else ("/Subtype /Image" in said or "/Image" in said)


def test_letters_without_a_glyph_are_told(tmp_path):
    _, warnings = rendered(tmp_path, "Nguyễn, สมชาย, Müller, Иван, 中文\n", "pdf")
    assert warnings == ["letters that the fonts of the print do not have: 中 文"]


def test_a_caption_without_a_label_stops_the_render():
    from types import SimpleNamespace

    output = {"output_type": "display_data", "data": {"text/markdown": "x"}}
    cell = execute.translated(SAMPLE, load("en"), {}).cells[2]
    cell.update(source='#| fig-cap: "Bare"\n1', outputs=[type(cell)(output)])
    with pytest.raises(document.NoLabel, match="Bare"):
        document.markdown(SimpleNamespace(cells=[cell]), Path())


# ---- choices


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"name": "quarterly_raport"}, render.UnknownReport, r"quarterly_report.*Nearest: quarterly_report"),
        ({"name": "../secrets"}, render.UnknownReport, "no report"),
        ({"lang": "xx"}, render.UnknownLanguage, "xx"),
        ({"to": ("html", "odt")}, render.UnknownFormat, r"odt.*html, pdf"),
        ({"renderer": "word"}, render.UnknownFormat, r"word.*auto, quarto, pandoc"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(tmp_path, asked, error, says):
    with pytest.raises(error, match=says):
        report(OpenedQuarter(tmp_path), **asked)
    assert not (tmp_path / "2026Q3").exists()


def test_a_client_s_own_template_serves_instead(tmp_path):
    here = with_template(tmp_path, "x", "quarterly_report")
    assert render.find_template(here.root, "quarterly_report").parent == tmp_path / "templates"
    assert render.find_template(tmp_path / "other", "quarterly_report").parent == render.templates()


def test_the_day_of_the_data_is_asked_of_the_run_and_the_facts_never_of_the_clock(tmp_path):
    here = OpenedQuarter(tmp_path)
    assert render.data_day(here) == LAST_FACT
    assert render.data_day(replace(here, as_of=date(2026, 8, 1))) == date(2026, 8, 1)
    here.table = lambda name: pd.DataFrame({"last_fact": []})
    assert render.data_day(here) == here.quarter.last_day


def test_a_client_without_a_ledger_reads_so(tmp_path):
    assert "No ledger yet" in render.page_words(replace(OpenedQuarter(tmp_path), ledger_head=""), load("en"))["right"]


def test_fonts_are_made_once_and_whole_for_processes_that_ask_together(tmp_path, monkeypatch):
    monkeypatch.setenv(fonts.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(fonts, "CUTS", tuple(cut for cut in fonts.CUTS if cut.package == fonts.THAI))
    monkeypatch.setattr(fonts, "FAMILIES", {"thai": "Noto Sans Thai"})
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: fonts.folder(), range(4)))
    assert len(set(made)) == 1 and sorted(path.name for path in tmp_path.glob("fonts-*")) == [made[0].name]
    first = {path.name: path.read_bytes() for path in made[0].iterdir()}
    made[0].rename(tmp_path / "before")
    assert {path.name: path.read_bytes() for path in fonts.folder().iterdir()} == first


def test_auto_falls_to_the_embedded_renderer_only_where_quarto_does_not_answer(monkeypatch):
    monkeypatch.setattr(quarto, "found", lambda: "/somewhere/quarto")
    assert [render._serving(asked) for asked in render.RENDERERS] == ["quarto", "quarto", "pandoc"]

    def absent() -> str:
        raise quarto.NoQuarto(problem="it is not on PATH")

    monkeypatch.setattr(quarto, "found", absent)
    assert render._serving("auto") == "pandoc"
    with pytest.raises(quarto.NoQuarto, match="--renderer pandoc"):
        render._serving("quarto")
