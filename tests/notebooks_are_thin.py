"""Notebooks show, they do not compute: `python -m tests.notebooks_are_thin` says where one does not hold to it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import nbformat

FOLDER = Path(__file__).parent.parent / "notebooks"
MOST_LINES = 40


def faults(path: Path) -> list[str]:
    """What is wrong with one notebook, a line each."""
    book = nbformat.read(path, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    lines = sum(1 for cell in code for line in cell.source.splitlines() if line.strip())
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    found = []
    if lines >= MOST_LINES:
        found.append(f"{lines} lines of code, fewer than {MOST_LINES} allowed")
    if any(cell.outputs or cell.execution_count for cell in code):
        found.append("has outputs: clear them before committing")
    if len(tagged) != 1:
        found.append(f"{len(tagged)} cells tagged `parameters`, one needed")
    if book.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("its kernelspec is not python3: Papermill would fail")
    for cell in code:
        defined = [
            node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        ]
        if defined:
            found.append(f"defines a function or class at line {defined[0].lineno} of a cell")
    return [f"{path.name}: {text}" for text in found]


def main() -> int:
    found = [line for path in sorted(FOLDER.glob("*.ipynb")) for line in faults(path)]
    print("\n".join(found) or f"{len(list(FOLDER.glob('*.ipynb')))} notebooks are thin")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
