"""Quarto is handed the executed document in a project of its own; what it says is read, since it ends well in spite of holes.

The command line is held by a stand-in that records what it is given; a real Quarto renders where one is on PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path

import pytest
import yaml

from kpi_toolkit.language import Language
from kpi_toolkit.report import execute, pandoc, plain, quarto, render, report
from tests.report.hostile import NAMES
from tests.report.opened import LAST_FACT, SAMPLE, with_template
from tests.report.page import Page

STAND_IN = """#!{python}
import json, os, pathlib, sys
if sys.argv[1:] == ["--version"]:
    print("{version}")
    raise SystemExit
said = json.loads(pathlib.Path(__file__).with_name("says.json").read_text())
files = sorted(str(path) for path in pathlib.Path(".").rglob("*") if path.is_file())
pathlib.Path(__file__).with_name("record.json").write_text(json.dumps({{
    "arguments": sys.argv[1:], "files": files, "environment": dict(os.environ),
    "notebook": json.loads(pathlib.Path("report.ipynb").read_text()), "css": pathlib.Path("theme/palette.css").read_text()}}))
sys.stderr.write(said["stderr"])
kind = "pdf" if "typst" in sys.argv else "html"
if said["makes"]:
    pathlib.Path("out").mkdir()
    pathlib.Path("out/report." + kind).write_text("made as " + kind)
raise SystemExit(said["status"])
"""
posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in is a script")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A program named quarto, first on PATH; call it with what it is to say."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(version: str = "1.7.34", stderr: str = "", status: int = 0, makes: bool = True) -> Path:
        program = folder / "quarto"
        program.write_text(STAND_IN.format(python=sys.executable, version=version), encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (folder / "says.json").write_text(json.dumps({"stderr": stderr, "status": status, "makes": makes}), encoding="utf-8")
        return folder / "record.json"

    monkeypatch.setenv("PATH", str(folder) + os.pathsep + os.environ["PATH"])
    return make


def rendered(tmp_path: Path, kind: str = "html") -> tuple[str, list[str]]:
    notebook = execute.translated(SAMPLE, Language("vi", {"Sample report": "Báo cáo mẫu"}), {"left": "Acme"})
    output = {
        "output_type": "execute_result",
        "data": {"text/markdown": "สม", "text/html": "<b>x</b>", "text/plain": "x"},
        "metadata": {},
    }
    stream = {"output_type": "stream", "name": "stdout", "text": "noise"}
    cell = notebook.cells[2]
    cell.update(outputs=[type(cell)({**output, "execution_count": 1}), type(cell)(stream)], execution_count=1)
    beside = tmp_path / "templates"
    beside.mkdir(exist_ok=True)
    (beside / "logo.png").write_bytes(b"x")
    (beside / "_quarto.yml").write_text("not: ours", encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    target = tmp_path / "made"
    warnings = quarto.render(notebook, kind, target, work, render.templates(), beside, LAST_FACT)
    return target.read_text(encoding="utf-8"), warnings


@posix
@pytest.mark.parametrize(("kind", "to"), [("html", "html"), ("pdf", "typst")])
def test_the_executed_document_is_rendered_and_not_run_again(tmp_path, stand_in, kind, to):
    record = stand_in()
    made, warnings = rendered(tmp_path, kind)
    told = json.loads(record.read_text(encoding="utf-8"))
    assert (made, warnings) == (f"made as {kind}", [])
    assert told["arguments"] == ["render", "report.ipynb", "--to", to, "--no-execute", "--output-dir", "out"]
    assert {
        "_quarto.yml",
        "report.ipynb",
        "logo.png",
        "theme/report.lua",
        "theme/page.html",
        "theme/page.typ",
        "theme/look.typ",
    } <= set(told["files"])
    assert told["environment"]["SOURCE_DATE_EPOCH"] == "1790683200"  # 2026-09-29T12:00Z
    assert Path(told["environment"]["TYPST_FONT_PATHS"], "sans-400.ttf").is_file()
    assert told["environment"]["QUARTO_PYTHON"] == sys.executable
    assert told["css"].startswith('@font-face{font-family:"Source Sans 3"') and told["css"].count("@font-face") == 4


@posix
def test_the_document_says_its_language_and_keeps_one_dialect_only(tmp_path, stand_in):
    record = stand_in()
    rendered(tmp_path)
    notebook = json.loads(record.read_text(encoding="utf-8"))["notebook"]
    front = yaml.safe_load("".join(notebook["cells"][0]["source"]).strip("-\n"))
    assert (front["title"], front["lang"], front["left"], front["language"]["crossref-fig-title"]) == (
        "Báo cáo mẫu",
        "vi",
        "Acme",
        "Figure",
    )
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert [sorted(output["data"]) for output in outputs] == [["text/markdown", "text/plain"]]


@posix
@pytest.mark.parametrize(
    ("stderr", "error", "says"),
    [
        (
            "\x1b[33mWARNING (/share/filters/main.lua:1) Unable to resolve crossref @fig-lost\x1b[39m\n",
            pandoc.UnresolvedReference,
            "@fig-lost",
        ),
        ("[WARNING] Could not fetch resource lost.png\n", pandoc.MissingResource, r"lost\.png"),
    ],
)
def test_a_hole_that_quarto_only_warns_of_stops_the_render(tmp_path, stand_in, stderr, error, says):
    stand_in(stderr=stderr)
    with pytest.raises(error, match=says):
        rendered(tmp_path)


@posix
@pytest.mark.parametrize("says", [{"status": 1, "stderr": "\x1b[91mERROR: no such thing\x1b[39m"}, {"makes": False}])
def test_a_quarto_that_fails_or_makes_nothing_is_an_error(tmp_path, stand_in, says):
    stand_in(**says)
    with pytest.raises(
        pandoc.RenderFailed, match=r"Quarto could not render Báo cáo mẫu: (ERROR: no such thing|status 0, no report\.html)$"
    ):
        rendered(tmp_path)


@posix
def test_other_warnings_are_handed_on(tmp_path, stand_in):
    stand_in(stderr="pandoc\n  to: html\n\x1b[33mWARN: something odd\x1b[39m\n")
    assert rendered(tmp_path)[1] == ["WARN: something odd"]


@posix
@pytest.mark.parametrize(
    ("version", "serves"), [("1.3.450", False), ("1.6.43", True), ("2.0", True), ("99.9.9", True), ("broken", False)]
)
def test_only_a_new_enough_quarto_serves(stand_in, version, serves):
    stand_in(version=version)
    if serves:
        assert quarto.found().endswith("quarto")
    else:
        with pytest.raises(quarto.NoQuarto, match=r"1\.6 or newer"):
            quarto.found()


def test_no_quarto_on_path_is_said(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(quarto.NoQuarto, match=r"it is not on PATH.*--renderer pandoc"):
        quarto.found()


def test_the_project_names_files_that_are_there():
    project = yaml.safe_load((render.templates() / "_quarto.yml").read_text(encoding="utf-8"))
    formats = project["format"]
    named = [
        *formats["html"]["css"],
        formats["html"]["template"],
        formats["typst"]["template"],
        *(each["path"] for each in project["filters"]),
    ]
    assert all((render.templates() / name).is_file() for name in named)
    assert (
        project["execute"]["echo"] is False
        and formats["html"]["embed-resources"] is True
        and formats["typst"]["papersize"] == "a4"
    )


@pytest.mark.quarto
@pytest.mark.skipif(not shutil.which("quarto"), reason="Quarto is not on PATH: the embedded renderer alone was tried")
def test_a_real_quarto_makes_one_file_of_each_kind_in_which_names_stay_names(tmp_path):
    made = report(with_template(tmp_path, SAMPLE.read_text(encoding="utf-8")), "sample", renderer="quarto")
    page, pdf = (path.read_bytes() for path in made.paths)
    said = Page(page.decode("utf-8"))
    assert made.renderer == "quarto" and pdf.startswith(b"%PDF")
    assert render.outside(page.decode("utf-8")) == [] and not any(tag == "script" for tag, _ in said.tags)
    for words in (*map(plain.clean, NAMES), "Names of the client's people", "See Table\u00a01, Figure\u00a01 and “More”"):
        assert re.sub(r"\s+", " ", words) in said.said
    assert "from kpi_toolkit" not in said.said and "root:x:0" not in said.said
