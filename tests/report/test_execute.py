"""A notebook runs with the parameters it knows, and what goes wrong in it is one message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kpi_toolkit.language import Language
from kpi_toolkit.report import document, execute
from tests.report.opened import SAMPLE

VIETNAMESE = Language(
    "vi", {"Sample report": "Báo cáo mẫu", "What happened": "Điều đã xảy ra", "Figure": "Hình", "one *thing* after": "một *việc*"}
)


def notebook(folder: Path, *cells: str, parameters: str | None = 'client = "x"\nquarter = "2026Q3"') -> Path:
    """An unexecuted notebook; its first cell is tagged `parameters` unless there are none."""
    sources = [*([parameters] if parameters else []), *cells]
    held = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": ["parameters"]} if parameters and number == 0 else {},
         "source": source, "outputs": [], "execution_count": None}
        for number, source in enumerate(sources)
    ]  # fmt: skip
    path = folder / "unit.ipynb"
    path.write_text(
        json.dumps({"cells": held, "metadata": {"kernelspec": execute.KERNEL}, "nbformat": 4, "nbformat_minor": 5}),
        encoding="utf-8",
    )
    return path


def test_a_misspelt_parameter_is_refused_before_anything_runs(tmp_path):
    source = notebook(tmp_path, "1 / 0")
    with pytest.raises(execute.UnknownParameter, match=r"no parameter quater\..*client, quarter\. Nearest: quarter"):
        execute.run_notebook(source, tmp_path / "out.ipynb", {"client": "x", "quater": "2026Q3"})
    assert not (tmp_path / "out.ipynb").exists()


def test_a_notebook_without_a_parameters_cell_is_refused(tmp_path):
    with pytest.raises(execute.UnknownParameter, match="has no parameter client"):
        execute.run_notebook(notebook(tmp_path, "1", parameters=None), tmp_path / "out.ipynb", {"client": "x"})


def test_an_error_in_a_cell_is_one_message_and_the_failed_notebook_stays(tmp_path):
    cells = ("from kpi_toolkit.quarter import Quarter", "print(client, quarter)\nQuarter.parse(quarter)", "never = 1")
    target = tmp_path / "deep" / "out.ipynb"
    with pytest.raises(execute.NotebookFailed) as failed:
        execute.run_notebook(notebook(tmp_path, *cells), target, {"client": "here", "quarter": "soon"})
    assert str(failed.value).startswith("K804: unit.ipynb stopped in cell ")
    assert "K010: 'soon' is not a quarter" in str(failed.value)
    assert str(failed.value).count("K010") == 1 and str(target) in str(failed.value)
    kept = document.read(target)
    assert "here soon" in str(kept) and "never = 1" in str(kept)
    assert not any(name in holder.metadata for holder in (kept, *kept.cells) for name in execute.DROPPED)
    assert [path.name for path in target.parent.iterdir()] == ["out.ipynb"]


def test_the_environment_comes_back_as_it_was(monkeypatch):
    import os

    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with execute._environment():
        assert os.environ["PYTHONHASHSEED"] == "0"
        assert os.environ["PYTHONPATH"].split(os.pathsep)[1:] == ["/somewhere"]
    assert os.environ["PYTHONPATH"] == "/somewhere" and "PYTHONHASHSEED" not in os.environ


def test_a_template_becomes_a_notebook_in_its_language():
    made = execute.translated(SAMPLE, VIETNAMESE, {"left": "Acme"})
    front = document.metadata(made)
    assert front["title"] == "Báo cáo mẫu" and front["lang"] == "vi" and front["left"] == "Acme"
    assert front["language"]["crossref-fig-title"] == "Hình"
    assert front["language"]["crossref-tbl-prefix"] == "Table"
    sources = [cell.source for cell in made.cells]
    assert any(source.startswith("## Điều đã xảy ra {#sec-what}") for source in sources)
    assert [cell.metadata.tags for cell in made.cells if cell.metadata.get("tags")] == [["parameters"]]
    assert made.metadata.kernelspec.name == "python3"
    assert [cell.id for cell in made.cells] == [f"cell-{number}" for number in range(len(made.cells))]
