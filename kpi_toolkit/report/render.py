"""A report from its template to its files: find, translate, execute, render by Quarto or the embedded renderer, check."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kpi_toolkit import language, workspace
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.language import N_, Language
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.report import document, execute, pandoc, plain, quarto

if TYPE_CHECKING:
    import pandas as pd

    from kpi_toolkit.engagement import Engagement

KINDS = ("html", "pdf")
RENDERERS = ("auto", "quarto", "pandoc")
HASH_SHOWN = 12  # characters of the ledger's head on a page
# what a page would load when it is opened: sources of elements, style sheets, url() in styles
LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object|link)\b[^>]*?\b(?:src|href|data)\s*=\s*["']?(?!data:|\#)([^"'\s>]+)"""
    r"""|url\(\s*["']?(?!data:|\#)([^"')\s]+)|@import\s+["']([^"']+)""",
    re.I,
)

Progress = Callable[[str], None]


class UnknownReport(KpiError):
    code = "K811"
    message = N_("There is no report {name}. Reports: {known}. Nearest: {near}.")


class UnknownLanguage(KpiError):
    code = "K812"
    message = N_("Reports do not speak {lang}. Languages: {known}.")


class UnknownFormat(KpiError):
    code = "K813"
    message = N_("{what} is not known. Expected: {known}.")


class NotSelfContained(KpiError):
    code = "K814"
    message = N_(
        "The page of {file} would load {name} when it is opened. A report is one file: put the picture beside the template."
    )


class Opened(Protocol):
    """The part of an opened quarter that a report is made from."""

    @property
    def engagement(self) -> Engagement: ...
    @property
    def quarter(self) -> Quarter: ...
    @property
    def language(self) -> Language: ...
    @property
    def root(self) -> Path: ...
    @property
    def folder(self) -> Path: ...
    @property
    def as_of(self) -> date | None: ...
    @property
    def ledger_head(self) -> str: ...
    def table(self, name: str) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Rendered:
    """The files of a report, which renderer served (`quarto` or `pandoc`), the executed notebook, and what was noticed."""

    paths: tuple[Path, ...]
    renderer: str
    notebook: Path
    warnings: tuple[str, ...] = ()


def report(
    here: Opened,
    name: str = "quarterly_report",
    to: Sequence[str] = KINDS,
    lang: str | None = None,
    renderer: str = "auto",
    on_progress: Progress | None = None,
) -> Rendered:
    """Render a report of an opened quarter as `<quarter>/reports/<name>.<lang>.<html|pdf>`; the manifest notes who served.

    `lang` is the engagement's unless given. A template of that name in the client's `templates/` serves instead of ours.
    The same results give the same bytes. Raises `UnknownReport`, `UnknownLanguage`, `UnknownFormat`, and what `execute` and the
    renderers raise.
    """
    say = on_progress or (lambda line: None)
    for what, known in ((renderer, RENDERERS), *((kind, KINDS) for kind in to)):
        if what not in known:
            raise UnknownFormat(what=what, known=", ".join(known))
    speech = _language(here, lang)
    template = find_template(here.root, name)
    serving = _serving(renderer)
    say(f"{name} ({speech.code}): reading the results")
    executed = executed_report(here, template, speech)
    paths, warnings = [], []
    notebook, day = document.read(executed), data_day(here)
    for kind in to:
        say(f"{name} ({speech.code}): {kind} by {serving}")
        target = here.folder / "reports" / f"{name}.{speech.code}.{kind}"
        warnings += _put(notebook, kind, target, serving, template.parent, day)
        paths.append(target)
    workspace.note(here.folder, renderer=serving)
    for warning in dict.fromkeys(warnings):
        say(f"{name} ({speech.code}): {warning}")
    return Rendered(tuple(paths), serving, executed, tuple(dict.fromkeys(warnings)))


def _language(here: Opened, lang: str | None) -> Language:
    known = language.languages()
    if lang and lang not in known:
        raise UnknownLanguage(lang=lang, known=", ".join(known))
    return language.load(lang) if lang else here.language


def _serving(renderer: str) -> str:
    """Who renders: with `auto` Quarto where it answers, else the embedded one. Raises `NoQuarto` where Quarto was asked for."""
    if renderer == "pandoc":
        return renderer
    try:
        quarto.found()
    except quarto.NoQuarto:
        if renderer == "quarto":
            raise
        return "pandoc"
    return "quarto"


def templates() -> Path:
    """The shipped templates, in the checkout or in the installed package."""
    package = Path(__file__).parents[1]
    for folder in (package.parent / "report_templates", package / "_shipped" / "report_templates"):
        if (folder / "theme" / "page.html").is_file():
            return folder
    raise FileNotFoundError("the report templates are neither in the checkout nor in the package: install kpi-toolkit again")


def find_template(root: Path, name: str) -> Path:
    """The client's own template of that name, else the shipped one. Raises `UnknownReport`."""
    known: dict[str, Path] = {}
    for folder in (templates(), root / "templates"):
        known |= {path.stem: path for path in sorted(folder.glob("*.qmd"))}
    if name not in known:
        raise UnknownReport(name=name[:60], known=", ".join(sorted(known)), near=nearest(name, known))
    return known[name]


def executed_report(here: Opened, template: Path, speech: Language) -> Path:
    """Translate and execute a template; returns the executed notebook, kept in the quarter's `notebooks/`."""
    target = here.folder / "notebooks" / f"{template.stem}.{speech.code}.ipynb"
    parameters = {"client": str(here.root.resolve()), "quarter": str(here.quarter), "lang": speech.code}
    notebook = execute.translated(template, speech, page_words(here, speech))
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / f"{template.stem}.ipynb"
        document.write(notebook, source)
        execute.run_notebook(source, target, parameters)
    return target


def page_words(here: Opened, speech: Language) -> dict[str, str]:
    """What stands on every page: client and quarter at the left, the day of the data and the ledger's head at the right."""
    head = here.ledger_head[:HASH_SHOWN]
    dated = speech.text(N_("Data as of {day}"), day=speech.day(data_day(here)))
    ledger = speech.text(N_("Ledger {head}"), head=head) if head else speech.text(N_("No ledger yet"))
    return {
        "left": plain.markdown(f"{here.engagement.client} · {speech.quarter(here.quarter)}"),
        "right": plain.markdown(f"{dated} · {ledger}"),
        "word-theme": speech.text(N_("Theme")),
        "word-auto": speech.text(N_("Auto")),
        "word-light": speech.text(N_("Light")),
        "word-dark": speech.text(N_("Dark")),
    }


def data_day(here: Opened) -> date:
    """Until when the data speak: `--as-of`, else the last fact; at most the quarter's last day. The clock says nothing."""
    days = [day for day in here.table("coverage")["last_fact"] if isinstance(day, date)]
    return min(here.as_of or max(days, default=here.quarter.last_day), here.quarter.last_day)


def _put(notebook: document.Notebook, kind: str, target: Path, serving: str, resources: Path, day: date) -> list[str]:
    """Render beside the target, check, then rename: a reader never meets half a report."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.part")
    engine = quarto.render if serving == "quarto" else pandoc.render
    try:
        with tempfile.TemporaryDirectory() as work:
            warnings = engine(notebook, kind, beside, Path(work), templates(), resources, day)
        if kind == "html" and (loads := outside(beside.read_text(encoding="utf-8"))):
            raise NotSelfContained(file=target.name, name=loads[0][:80])
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return warnings


def outside(page: str) -> list[str]:
    """What a page would load from elsewhere; links that a reader follows do not count."""
    return ["".join(found) for found in LOADED.findall(page)]
