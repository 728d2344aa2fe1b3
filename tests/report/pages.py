"""The quarterly report of made-up artifacts as pages: the shipped template, translated, its cells carried out here."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat

from kpi_toolkit.report import charts, execute, narrative, pandoc, qmd, render, tables
from tests.report.made_up import Here

TEMPLATE = "quarterly_report"


def executed(here: Here) -> Any:
    """The template in the language of the opened quarter, each cell with the output that a kernel would give."""
    template = render.templates() / f"{TEMPLATE}.qmd"
    notebook = execute.translated(template, here.language, _words(here))
    known = {"here": here, "charts": charts, "narrative": narrative, "tables": tables}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        options = qmd.options(cell.source)
        if cell.metadata.get("tags") or options.get("include") is False:
            continue
        block = eval(cell.source, known)  # the template's own cell: one expression
        cell.outputs = [nbformat.v4.new_output("execute_result", data=dict(block._repr_mimebundle_()), execution_count=1)]
    return notebook


def _words(here: Here) -> dict[str, str]:
    return render.page_words(here, here.language) if here.has("coverage") else {}


def written(here: Here, kind: str, folder: Path) -> Path:
    """The report as a file `quarterly_report.<lang>.<kind>` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{TEMPLATE}.{here.language.code}.{kind}"
    with tempfile.TemporaryDirectory() as work:
        pandoc.render(executed(here), kind, target, Path(work), render.templates(), render.templates(), here.quarter.last_day)
    return target
