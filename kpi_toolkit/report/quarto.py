"""Quarto as the renderer: the executed notebook, copied into a project of its own, is rendered and never run again.

Quarto ends with status 0 in spite of a reference to nothing or a missing picture, so what it says is read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_
from kpi_toolkit.report import document, fonts
from kpi_toolkit.report.pandoc import MissingResource, RenderFailed, UnresolvedReference

OLDEST = (1, 6)  # earlier ones do not know what the theme asks for
ANSWER_WITHIN = 30  # seconds to tell the version
WITHIN = 600  # seconds one document may take
TO = {"html": "html", "pdf": "typst"}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
NAME = "report"


class NoQuarto(KpiError):
    code = "K810"
    message = N_(
        "Quarto does not serve here: {problem}. Install it (conda env create -f environment.yml), or ask for --renderer pandoc."
    )


def found() -> str:
    """Path of a Quarto that answers and is new enough. Raises `NoQuarto`, which says why there is none."""
    path = shutil.which("quarto")
    if not path:
        raise NoQuarto(problem="it is not on PATH")
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, encoding="utf-8", errors="replace", timeout=ANSWER_WITHIN, check=True
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise NoQuarto(problem=f"{path} --version: {problem}") from problem
    version = re.search(r"(\d+)\.(\d+)", done.stdout)
    if not version or (int(version[1]), int(version[2])) < OLDEST:
        said = done.stdout.strip()[:40] or "nothing"
        raise NoQuarto(problem=f"{path} is of version {said}, and {'.'.join(map(str, OLDEST))} or newer is needed")
    return path


def render(
    notebook: document.Notebook, kind: str, target: Path, work: Path, templates: Path, resources: Path, day: date
) -> list[str]:
    """Write an executed document as `html` or `pdf`; returns Quarto's warnings. `work` is an empty folder.

    Raises `NoQuarto`, `RenderFailed`, `UnresolvedReference`, `MissingResource`.
    """
    program = found()
    title = str(document.metadata(notebook).get("title", NAME))
    _project(notebook, work, templates, resources)
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(int(noon.timestamp())),
        "TYPST_FONT_PATHS": str(fonts.folder()),
        "QUARTO_PYTHON": sys.executable,
        "NO_COLOR": "1",
    }
    if not os.access(Path.home(), os.W_OK):  # Quarto writes there
        environment["HOME"] = str(work)
    command = [program, "render", f"{NAME}.ipynb", "--to", TO[kind], "--no-execute", "--output-dir", "out"]
    try:
        done = subprocess.run(
            command,
            cwd=work,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=WITHIN,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise RenderFailed(renderer="Quarto", file=title, problem=problem) from problem
    said = COLOURS.sub("", done.stderr)
    warnings = _judged(said, title)
    made = work / "out" / f"{NAME}.{kind}"
    if done.returncode or not made.is_file():
        raise RenderFailed(
            renderer="Quarto", file=title, problem=said.strip()[-400:] or f"status {done.returncode}, no {made.name}"
        )
    shutil.copyfile(made, target)
    return warnings


def _project(notebook: document.Notebook, work: Path, templates: Path, resources: Path) -> None:
    """A Quarto project with the theme, the fonts inside its style sheet, and what lies beside the template."""
    if resources != templates:
        shutil.copytree(resources, work, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.qmd", "_*.yml"))
    shutil.copytree(templates / "theme", work / "theme", dirs_exist_ok=True)
    shutil.copyfile(templates / "_quarto.yml", work / "_quarto.yml")
    palette = work / "theme" / "palette.css"
    source = work / f"{NAME}.ipynb"
    document.write(document.for_quarto(notebook), source)
    palette.write_text(fonts.css(source.read_text(encoding="utf-8")) + palette.read_text(encoding="utf-8"), encoding="utf-8")


def _judged(said: str, title: str) -> list[str]:
    """Warnings that may stand; those that mean a hole in the document raise."""
    if unresolved := re.search(r"[Uu]nable to resolve crossref @([\w-]+)", said):
        raise UnresolvedReference(file=title, name=unresolved[1])
    if lost := re.search(r"(?:Could not fetch resource|Unable to resolve link target|could not find image):? ([^\s:]+)", said):
        raise MissingResource(file=title, name=lost[1])
    return [line.strip() for line in said.splitlines() if re.match(r"\s*(\[?WARN|\(W\))", line)]
