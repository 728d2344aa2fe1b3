"""An executed notebook as what a renderer takes: clean for Quarto, one Markdown text for the embedded Pandoc."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_
from kpi_toolkit.report import plain, qmd

Notebook = Any  # nbformat's NotebookNode, which has no types

PICTURES = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg"}


class NoLabel(KpiError):
    code = "K806"
    message = N_("A cell has a caption ({caption!r}) but no `#| label: fig-…` or `tbl-…`: without it nothing is numbered.")


def read(path: Path) -> Notebook:
    import nbformat

    return nbformat.read(path, nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]


def write(notebook: Notebook, path: Path) -> None:
    import nbformat

    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def metadata(notebook: Notebook) -> dict[str, Any]:
    """What the document's first cell says of it: title, language, words of the page."""
    import yaml

    return yaml.safe_load(notebook.cells[0].source.strip().removeprefix("---").removesuffix("---")) or {}


def for_quarto(notebook: Notebook) -> Notebook:
    """A copy without `text/html` beside Markdown (Quarto would prefer it, and load scripts for it) and without streams."""
    import copy

    clean = copy.deepcopy(notebook)
    for cell in clean.cells:
        if cell.cell_type != "code":
            continue
        cell["outputs"] = [output for output in cell.outputs if output.output_type != "stream"]
        for output in cell.outputs:
            data = output.get("data", {})
            if "text/markdown" in data:
                data.pop("text/html", None)
    return clean


def markdown(notebook: Notebook, folder: Path) -> str:
    """The whole document, its front matter first; a cell with a caption becomes a numbered figure or table.

    Pictures that came as data are written into `folder`. Raises `NoLabel`.
    """
    parts = []
    for number, cell in enumerate(notebook.cells):
        parts.append(_shown(cell, number, folder) if cell.cell_type == "code" else cell.source)
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _shown(cell: Notebook, number: int, folder: Path) -> str:
    said = qmd.options(cell.source)
    if said.get("include") is False or said.get("output") is False:
        return ""
    shown = (_output(output, said, folder / f"picture-{number}-{place}") for place, output in enumerate(cell.outputs))
    body = "\n\n".join(filter(None, shown))
    caption = said.get("fig-cap") or said.get("tbl-cap")
    if not caption or not body:
        return body
    if not said.get("label"):
        raise NoLabel(caption=str(caption)[:60])
    return f"::::::: {{#{said['label']}}}\n{body}\n\n{caption}\n:::::::"


def _output(output: Notebook, said: dict[str, object], picture: Path) -> str:
    data = output.get("data", {})
    if "text/markdown" in data:
        return str(data["text/markdown"])
    for kind, suffix in PICTURES.items():
        if kind in data:
            content = str(data[kind])
            picture.with_suffix(suffix).write_bytes(content.encode() if suffix == ".svg" else base64.b64decode(content))
            alt = plain.markdown(said.get("fig-alt") or said.get("fig-cap") or "")
            return f"![{alt}]({picture.with_suffix(suffix).name}){{width=100%}}"
    return _preformatted(str(data.get("text/plain", "")))


def _preformatted(text: str) -> str:
    """Text as it was printed, in a fence longer than any inside it."""
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 3)
    return f"{fence}\n{text}\n{fence}"
