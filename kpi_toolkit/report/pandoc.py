"""The embedded renderer: Pandoc for the page, Pandoc and Typst for the print, the engines that Quarto itself wraps."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, time
from pathlib import Path

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_
from kpi_toolkit.report import document, fonts

READ = "markdown-smart-implicit_figures"  # quotes and dashes stand as they were written
STYLES = ("fonts.css", "theme/palette.css", "theme/report.css")
WITHIN = 300  # seconds one document may take
SHOWN_LETTERS = 20


class RenderFailed(KpiError):
    code = "K807"
    message = N_("{renderer} could not render {file}: {problem}")


class UnresolvedReference(KpiError):
    code = "K808"
    message = N_("{file} refers to @{name}, and no figure, table or section has that label.")


class MissingResource(KpiError):
    code = "K809"
    message = N_("{file} shows {name}, which cannot be read. Pictures of a template lie beside it or in a folder below.")


def render(
    notebook: document.Notebook, kind: str, target: Path, work: Path, templates: Path, resources: Path, day: date
) -> list[str]:
    """Write an executed document as `html` or `pdf`; returns warnings. `work` is an empty folder; `day` is the document's date.

    Raises `RenderFailed`, `UnresolvedReference`, `MissingResource`.
    """
    shutil.copytree(templates / "theme", work / "theme")
    text = document.markdown(notebook, work)
    (work / "in.md").write_text(text, encoding="utf-8", newline="\n")
    title = str(document.metadata(notebook).get("title", "report"))
    paths = f"--resource-path={os.pathsep.join(map(str, (work, resources)))}"
    filters = [f"--lua-filter=theme/{name}.lua" for name in ("report", "embedded")]
    asked = ["in.md", f"--from={READ}", "--standalone", "--wrap=none", paths, *filters]
    if kind == "html":
        (work / "fonts.css").write_text(fonts.css(text), encoding="utf-8")
        styles = [f"--css={style}" for style in STYLES]
        more = ["--to=html5", "--template=theme/page.html", "--section-divs", "--embed-resources", "--mathml", *styles]
        warnings = _pandoc([*asked, *more, "--output=out.html"], work, title, day)
        shutil.copyfile(work / "out.html", target)
        return warnings
    more = ["--to=typst-citations", "--template=theme/page.typ", "--extract-media=media"]
    warnings = _pandoc([*asked, *more, "--output=out.typ"], work, title, day)
    return warnings + _typst(work / "out.typ", target, title, day)


def _pandoc(arguments: list[str], work: Path, title: str, day: date) -> list[str]:
    import pypandoc

    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(_noon(day).timestamp()))}
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), *arguments],
        cwd=work,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=WITHIN,
        check=False,
    )
    if unresolved := re.search(r"unresolved reference @([\w-]+)", done.stderr):
        raise UnresolvedReference(file=title, name=unresolved[1])
    if lost := re.search(r"Could not fetch resource ([^\s:]+)", done.stderr):
        raise MissingResource(file=title, name=lost[1])
    if done.returncode:
        raise RenderFailed(renderer="Pandoc", file=title, problem=done.stderr.strip()[:400])
    return [line for line in done.stderr.splitlines() if line.startswith("[WARNING]")]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def _typst(source: Path, target: Path, title: str, day: date) -> list[str]:
    import typst

    try:
        pdf, found = typst.compile_with_warnings(
            str(source),
            root=str(source.parent),
            font_paths=[str(fonts.folder())],
            ignore_system_fonts=True,
            format="pdf",
            timestamp=_noon(day),
        )
    except typst.TypstError as problem:
        raise RenderFailed(
            renderer="Typst", file=title, problem=f"{problem.message} {' '.join(problem.hints)}".strip()[:400]
        ) from problem
    target.write_bytes(pdf)
    warnings = [f"Typst: {warning.message}" for warning in found]
    if strange := fonts.without_glyph(source.read_text(encoding="utf-8")):
        warnings.append(f"letters that the fonts of the print do not have: {' '.join(strange[:SHOWN_LETTERS])}")
    return warnings
