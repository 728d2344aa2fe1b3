"""The demo client's two quarters, as an engagement would go: draft, sign, measure, decide, renew, report."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from kpi_toolkit import artifacts, cycle, workspace
from kpi_toolkit.cycle import Say
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter

QUARTERS = ("2026Q2", "2026Q3")
LANGUAGES = ("vi", "en")
FORMATS = ("html", "pdf")
SIGNED_ON, DECIDED_ON = 9, 8  # days of the first month: last quarter is decided and renewed before the next is signed
MARK = ".kpi-demo"  # only a folder that the demo made itself is ever removed


class NotOurs(KpiError):
    code = "K650"
    message = N_("{folder} was not made by `kpi demo` and is left alone. Move it away, or work in another folder.")


def play(root: Path, *, renderer: str = "auto", say: Say = lambda line: None) -> list[str]:
    """Rebuild the demo client in a folder, run both quarters, render the reports; returns closing lines for the terminal."""
    from kpi_toolkit import demo

    _clear(root)
    say(f"writing the demo client to {root}")
    demo.generate(root)
    for number, name in enumerate(QUARTERS):
        quarter = Quarter.parse(name)
        _told(say, quarter, root, "diagnose", "propose", "target")
        here = workspace.open(root, name)
        people, proposal = here.table("people"), here.table("proposal")
        demo.sign_goals(root, quarter, here.table("targets"), people, proposal, quarter.first_day.replace(day=SIGNED_ON))
        say(f"{name}: goals proposed and signed")
        if number == 0:  # the first quarter's exceptions are decided, the last one's wait for the reader
            _told(say, quarter, root, "evaluate", "act")
            demo.decide(root, quarter, workspace.open(root, name).table("exceptions"), _decided_on(quarter))
            say(f"{name}: exceptions decided")
        _told(say, quarter, root, "evaluate", "act", "renew")
    paths = _rendered(root, renderer, say)
    served = workspace.read_manifest(root / QUARTERS[-1]).get("renderer")
    return [
        "",
        f"The demo client: {root}  (two quarters, six steps each; rendered by {served})",
        *(f"  {path}" for path in paths),
        f"Open first: {paths[0].resolve()}",
    ]


def _told(say: Say, quarter: Quarter, root: Path, *steps: str) -> None:
    cycle.run(root, str(quarter), steps, say=lambda line: say(f"{quarter}: {line}"))


def _decided_on(quarter: Quarter) -> date:
    return quarter.next.first_day.replace(day=DECIDED_ON)


def _rendered(root: Path, renderer: str, say: Say) -> list[Path]:
    """The reports of both quarters and languages, the latest quarter in Vietnamese as PDF first."""
    from kpi_toolkit.report import report

    paths: list[Path] = []
    for name in reversed(QUARTERS):
        for lang in LANGUAGES:
            say(f"{name}: report in {lang}, {' and '.join(FORMATS)}")
            here = workspace.open(root, name, lang)
            rendered = report(here, "quarterly_report", to=FORMATS, lang=lang, renderer=renderer)
            paths.extend(sorted(rendered.paths, key=lambda path: path.suffix != ".pdf"))
    return paths


def _clear(root: Path) -> None:
    if root.exists() and any(root.iterdir()):
        if not (root / MARK).is_file():
            raise NotOurs(folder=root)
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    artifacts.write_text(root / MARK, "made by `kpi demo`, and removed by it\n")
