"""Notebooks carried out by Papermill: those of the steps, and templates of reports once they are translated.

Papermill only logs a parameter that the notebook does not know, and a kernel's failure comes as many lines: here both are one
error.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.language import N_, Language
from kpi_toolkit.report import document, qmd

Notebook = Any  # nbformat's NotebookNode, which has no types

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
START_WITHIN = 120  # seconds a kernel may take to start; a busy machine needs more than Jupyter's 60
QUIET = ["--IPKernelApp.log_level=50"]  # a kernel that is shut down while idle says so as an error; failures come as messages
STARTS = 2  # a start that fails is tried once more
DROPPED = ("papermill", "execution", "ExecuteTime")  # metadata with clock times, which Quarto would copy into the page
NUMBERED = ("fig", "tbl", "sec")


class UnknownParameter(KpiError):
    code = "K803"
    message = N_("{file} has no parameter {name}. Its cell tagged `parameters` holds: {known}. Nearest: {near}.")


class NotebookFailed(KpiError):
    code = "K804"
    message = N_("{file} stopped in cell {cell}: {problem}. The notebook as far as it came: {kept}")


class NoKernel(KpiError):
    code = "K805"
    message = N_("No kernel could be started for {file} ({problem}). Run: kpi doctor")


def run_notebook(source: Path, target: Path, parameters: Mapping[str, object]) -> None:
    """Carry out a notebook with its parameters and leave it, executed, at `target`; a failed one stays there too.

    Raises `UnknownParameter`, `NotebookFailed` (with the message of the cell), `NoKernel`.
    """
    _check_parameters(source, parameters)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.stem}.part.ipynb")
    problem: KpiError | None = None
    try:
        _papermill(source, beside, parameters)
    except KpiError as failed:
        problem = failed
    if beside.is_file():
        notebook = document.read(beside)
        _forget_times(notebook)
        document.write(notebook, beside)
        beside.replace(target)
    if problem:
        raise type(problem)(**{**problem.fields, "kept": target}) from problem


def _check_parameters(source: Path, parameters: Mapping[str, object]) -> None:
    import papermill

    known = sorted(papermill.inspect_notebook(str(source)))
    for name in parameters:
        if name not in known:
            raise UnknownParameter(file=source.name, name=name, known=", ".join(known) or "–", near=nearest(name, known))


def _papermill(source: Path, target: Path, parameters: Mapping[str, object]) -> None:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    for attempt in range(1, STARTS + 1):
        try:
            with _environment() as sockets:
                papermill.execute_notebook(
                    str(source),
                    str(target),
                    parameters=dict(parameters),
                    progress_bar=False,
                    log_output=False,
                    start_timeout=START_WITHIN,
                    kernel_name=KERNEL["name"],
                    cwd=str(target.parent),
                    config=_transport(sockets),
                    extra_arguments=QUIET,
                )
            return
        except PapermillExecutionError as failed:
            said = failed.evalue if _is_ours(failed.evalue) else f"{failed.ename}: {failed.evalue}"
            raise NotebookFailed(file=source.name, cell=failed.exec_count, problem=said, kept=target) from failed
        except (DeadKernelError, CellTimeoutError) as failed:
            raise NotebookFailed(file=source.name, cell="–", problem=failed, kept=target) from failed
        except RuntimeError as failed:  # the kernel did not start or did not answer
            if attempt == STARTS:
                raise NoKernel(file=source.name, problem=failed) from failed


def _is_ours(message: str) -> bool:
    """Whether a cell's message is one of the toolkit's, which begins with its code."""
    return message[:1] == "K" and message[1:4].isdigit() and message[4:5] == ":"


def _transport(folder: str) -> Any:
    """Sockets in a folder of the run's own, where the system has them: no race for ports, and no warning at every start."""
    from traitlets.config import Config

    ipc = {"transport": "ipc", "ip": str(Path(folder) / "kernel")}
    return Config({"KernelManager": ipc} if sys.platform == "linux" else {})


@contextmanager
def _environment() -> Iterator[str]:
    """What the kernel inherits: the same order of sets each time, this very package, and a short path for its sockets."""
    with tempfile.TemporaryDirectory(prefix="kpi-") as runtime, _set(_inherited(runtime)):
        yield runtime


def _inherited(runtime: str) -> dict[str, str]:
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "JUPYTER_RUNTIME_DIR": runtime,
    }


@contextmanager
def _set(ours: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for a while; what was there before comes back."""
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _forget_times(notebook: Notebook) -> None:
    for holder in (notebook, *notebook.cells):
        for name in DROPPED:
            holder.metadata.pop(name, None)


def translated(template: Path, language: Language, metadata: Mapping[str, object]) -> Notebook:
    """The template as a notebook in a language: kernelspec, fixed cell ids, tags, and the document's metadata in its first cell.

    Raises `BadTemplate`.
    """
    import jupytext
    import yaml

    text = template.read_text(encoding="utf-8")
    said = qmd.rewrite(text, lambda message, _: language.text(message), template.name)
    notebook: Notebook = jupytext.reads(said, fmt="Rmd")  # reading it as .qmd would call a quarto
    if not notebook.cells or notebook.cells[0].cell_type != "raw":
        raise qmd.BadTemplate(file=template.name, line=1, problem="it must begin with its title between two lines `---`")
    try:
        front: dict[str, Any] = yaml.safe_load(notebook.cells[0].source.strip().strip("-")) or {}
        front |= {"lang": language.code, "language": _crossreferences(language), **metadata}
        notebook.cells[0].source = f"---\n{yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10**6)}---"
        notebook["metadata"] = {"kernelspec": KERNEL}
        for number, cell in enumerate(notebook.cells):
            tags = qmd.options(cell.source).get("tags") if cell.cell_type == "code" else None
            cell["id"], cell["metadata"] = f"cell-{number}", ({"tags": tags} if tags else {})
    except (yaml.YAMLError, AttributeError) as problem:
        raise qmd.BadTemplate(file=template.name, line="–", problem=problem) from problem
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _crossreferences(language: Language) -> dict[str, str]:
    """The words of numbered things, for Quarto and for the embedded renderer."""
    words = {"fig": N_("Figure"), "tbl": N_("Table"), "sec": N_("Section")}
    said = {f"crossref-{kind}-{part}": language.text(words[kind]) for kind in NUMBERED for part in ("title", "prefix")}
    return {**said, "toc-title-document": language.text(N_("Contents"))}
