"""Notebooks stay thin."""

from __future__ import annotations

import nbformat
import pytest

from tests.notebooks_are_thin import FOLDER, faults


def test_every_notebook_is_thin_and_without_outputs():
    paths = sorted(FOLDER.glob("*.ipynb"))
    assert len(paths) == 6
    assert [line for path in paths for line in faults(path)] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda book: book.cells[2].update(source="def f():\n    return 1"), "defines a function"),
        (lambda book: book.cells[2].update(execution_count=3), "has outputs"),
        (lambda book: book.cells[1].metadata.clear(), "0 cells tagged"),
        (lambda book: book.metadata.clear(), "kernelspec"),
        (lambda book: book.cells[2].update(source="x = 1\n" * 40), "lines of code"),
    ],
)
def test_the_check_says_what_is_wrong(tmp_path, change, said):
    book = nbformat.read(FOLDER / "01_diagnose.ipynb", as_version=4)
    change(book)
    nbformat.write(book, tmp_path / "x.ipynb")
    assert any(said in line for line in faults(tmp_path / "x.ipynb"))
