"""The command line. Exit status 0 done, 1 the input is at fault (one message), 2 wrong usage."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpi_toolkit import language
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

if TYPE_CHECKING:
    import pandas as pd

    from kpi_toolkit.cycle import Say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help answers in half the time
    pretty_exceptions_enable=False,
    help="Set up and run KPI performance management for sales and marketing teams.",
)

Client = Annotated[str, typer.Argument(help="A folder, or the name of a folder under client_data/.", show_default=False)]
QuarterName = Annotated[str, typer.Argument(metavar="QUARTER", help="Such as 2026Q3.", show_default=False)]


class BadDay(KpiError):
    code = "K701"
    message = N_("--as-of {text!r} is not a day. Write it as 2026-09-10.")


class BadChoice(KpiError):
    code = "K702"
    message = N_("{option} {text!r} is not known. Choose from: {choices}.")


class FileFault(KpiError):
    code = "K703"
    message = N_("{file}: {problem}. Check that the folder is there, that it may be written, and that the disk has room.")


def main() -> None:
    """The command `kpi`: input errors are said once, in the language of KPI_LANG (en, vi), without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except KpiError as error:
        typer.echo(error.worded(language.load(os.environ.get("KPI_LANG", "en"))), err=True)
        sys.exit(1)
    except OSError as error:
        problem = FileFault(file=error.filename or "–", problem=error.strerror or type(error).__name__)
        typer.echo(problem.worded(language.load(os.environ.get("KPI_LANG", "en"))), err=True)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last door: a fault of ours is said in one line, its trace kept for us
        with tempfile.NamedTemporaryFile("w", prefix="kpi-", suffix=".log", delete=False, encoding="utf-8") as log:
            log.write(traceback.format_exc())
        typer.echo(
            f"K999: a fault of kpi_toolkit, not of your data: {type(error).__name__}: {error}. The trace: {log.name}", err=True
        )
        sys.exit(1)


@app.command()
def demo(
    renderer: Annotated[str, typer.Option(help="auto, quarto or pandoc.")] = "auto",
) -> None:
    """Build the demo client, run all steps for two quarters, render the reports, and say where they lie."""
    from kpi_toolkit.demo.play import play

    with telling() as say:
        lines = play(Path("client_data") / "demo", renderer=_choice("--renderer", renderer, RENDERERS), say=say)
    for line in lines:
        typer.echo(line)


@app.command()
def new(client: Client) -> None:
    """Make an engagement folder with a commented engagement.yml to fill in."""
    from kpi_toolkit.onboard import create

    path = create(client, Path.cwd())
    typer.echo(f"Written: {path}")
    typer.echo(f"Next: put the client's exports into {path.parent / 'raw'}, fill in `sources`, then: kpi check {client}")


@app.command()
def check(client: Client) -> None:
    """Read and validate the sources: what was used, what is quarantined and why."""
    from kpi_toolkit import engagement, intake
    from kpi_toolkit.kpis import catalogue

    root = engagement.find(client, Path.cwd())
    settled = engagement.load(root)
    catalogue(settled)  # a KPI that does not exist is said before anything is read
    with telling() as say:
        say(f"reading the sources of {settled.client}")
        tables = intake.read(settled, root / "quarantine")
    show(tables.intake, "Sources")
    if len(tables.findings):
        show(tables.findings, "Findings")
    if len(tables.faults):
        faults = tables.faults.groupby(["table", "column", "code"], dropna=False).size().rename("rows").reset_index()
        show(faults, f"Quarantined rows, kept as they came in {root / 'quarantine'}")
    else:
        typer.echo("No row is quarantined.")
    typer.echo(f"Next: kpi kpis {client}, then kpi run {client} QUARTER")


@app.command()
def kpis(client: Client) -> None:
    """List what can be measured, what cannot, and what is missing for it."""
    from kpi_toolkit import engagement, intake
    from kpi_toolkit.kpis import availability, catalogue

    settled = engagement.load(engagement.find(client, Path.cwd()))
    known = catalogue(settled)
    listed = availability(known, intake.read(settled, None))
    listed.insert(1, "name", [known[kpi].name for kpi in listed["kpi"]])
    show(listed.sort_values(["available", "kpi"], ascending=[False, True]), f"KPIs of {settled.client}")


@app.command()
def run(
    client: Client,
    quarter: QuarterName,
    step: Annotated[
        list[str] | None, typer.Option(help="diagnose, propose, target, evaluate, act, renew or all; may be repeated.")
    ] = None,
    as_of: Annotated[str, typer.Option(help="Hide every fact after this day.", metavar="DATE")] = "",
    resume: Annotated[bool, typer.Option(help="Keep steps that ended on the same inputs.")] = False,
) -> None:
    """Measure a quarter and carry out its steps (all six where none is named)."""
    from kpi_toolkit import cycle

    with telling() as say:
        done = cycle.run(client, quarter, step or (), as_of=_day(as_of), resume=resume, say=say)
    typer.echo(f"{done.quarter}: {', '.join(done.done) or 'nothing to do'}. Results: {done.folder / 'results'}")
    typer.echo(f"Next: kpi report {client} {done.quarter}")


@app.command()
def report(
    client: Client,
    quarter: QuarterName,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Reports; quarterly_report where none is named.")
    ] = None,
    to: Annotated[str, typer.Option(help="html, pdf, or both with a comma.")] = "html,pdf",
    lang: Annotated[str, typer.Option(help="vi or en; the engagement's language where none is given.")] = "",
    renderer: Annotated[str, typer.Option(help="auto, quarto or pandoc.")] = "auto",
) -> None:
    """Render a quarter's reports."""
    from kpi_toolkit import report as reports
    from kpi_toolkit import workspace

    formats = [_choice("--to", kind, FORMATS) for kind in to.split(",")]
    if lang:
        _choice("--lang", lang, language.languages())
    here = workspace.open(client, quarter, lang or None)
    for name in names or ["quarterly_report"]:
        with telling() as say:
            rendered = reports.report(
                here, name, to=formats, lang=lang or None, renderer=_choice("--renderer", renderer, RENDERERS), on_progress=say
            )
        for path in rendered.paths:
            typer.echo(f"{path}  (rendered by {rendered.renderer})")


@app.command()
def status(client: Client) -> None:
    """Say where the engagement stands and what comes next."""
    from kpi_toolkit import engagement
    from kpi_toolkit.standing import standing

    root = engagement.find(client, Path.cwd())
    for line in standing(engagement.load(root)):
        typer.echo(line)


@app.command()
def verify(client: Client) -> None:
    """Verify the ledger and the manifests: a changed result is broken, a changed input is changed since."""
    from kpi_toolkit import engagement
    from kpi_toolkit.standing import verified

    root = engagement.find(client, Path.cwd())
    good, lines = verified(engagement.load(root))
    for line in lines:
        typer.echo(line)
    if not good:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what is installed, which renderer serves, what is missing and how to get it."""
    from kpi_toolkit.doctor import examine

    findings = examine()
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        typer.echo(f"{finding.state:<8} {finding.what:<{width}}  {finding.detail}")
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(1)


RENDERERS = ("auto", "quarto", "pandoc")
FORMATS = ("html", "pdf")


def _choice(option: str, text: str, choices: list[str] | tuple[str, ...]) -> str:
    if text.strip() not in choices:
        raise BadChoice(option=option, text=text[:40], choices=", ".join(choices))
    return text.strip()


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as problem:
        raise BadDay(text=text[:40]) from problem


@contextmanager
def telling() -> Iterator[Say]:
    """Progress: a moving line with the time on a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        yield lambda line: typer.echo(line)
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn(), transient=False
    ) as progress:
        tasks: list[int] = []

        def say(line: str) -> None:
            if tasks:
                progress.update(tasks[-1], total=1, completed=1)  # type: ignore[arg-type]
            tasks.append(progress.add_task(line, total=None))

        yield say
        if tasks:
            progress.update(tasks[-1], total=1, completed=1)  # type: ignore[arg-type]


def show(table: pd.DataFrame, title: str) -> None:
    """A table on the terminal; nothing in a cell is read as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title, title_justify="left", show_edge=False)
    for column in table.columns:
        numeric = table[column].dtype.kind in "if"
        shown.add_column(str(column), justify="right" if numeric else "left", overflow="fold")
    for row in table.itertuples(index=False):
        shown.add_row(*(Text(_cell(value)) for value in row))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(shown)


def _cell(value: object) -> str:
    if language.absent(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.3f}"
    return str(value)
