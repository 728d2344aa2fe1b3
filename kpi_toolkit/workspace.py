"""Opens a quarter: engagement, measures, goals and results; saves what a step returns. The only door of notebooks and reports.

A quarter's folder: `results/*.parquet`, `notebooks/`, `reports/`, `quarantine/`, `manifest.json`, and, from the step *target* on,
its own copy of `engagement.yml`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kpi_toolkit import artifacts, engagement, language
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_, Language
from kpi_toolkit.quarter import Quarter

if TYPE_CHECKING:
    import pandas as pd

    from kpi_toolkit.act import Actions
    from kpi_toolkit.diagnose import Diagnosis
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.evaluate import Evaluation
    from kpi_toolkit.exceptions import Exceptions
    from kpi_toolkit.goals import Agreed, Ledger
    from kpi_toolkit.kpis import Measured
    from kpi_toolkit.propose import Proposal
    from kpi_toolkit.renew import Renewal
    from kpi_toolkit.start import Start
    from kpi_toolkit.targets import Targets

PREPARED = ("measures", "people", "presence", "proration", "coverage", "availability", "quotas", "rates", "intake", "findings")
VERSIONS = ("kpi-toolkit", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "scipy")


class BrokenManifest(KpiError):
    code = "K030"
    message = N_("{path} cannot be read ({problem}). Move it away and run the quarter again: kpi run {client} {quarter}")


@runtime_checkable
class Result(Protocol):
    """What a step returns: named result tables."""

    def tables(self) -> Mapping[str, pd.DataFrame]: ...


@dataclass(frozen=True)
class Workspace:
    """One quarter of one engagement, opened. Tables are read when first asked for."""

    engagement: Engagement
    quarter: Quarter
    language: Language
    _read: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def root(self) -> Path:
        return self.engagement.root

    @property
    def folder(self) -> Path:
        return self.root / str(self.quarter)

    @property
    def results(self) -> Path:
        return self.folder / "results"

    # ---- what is there

    def has(self, name: str) -> bool:
        return (self.results / f"{name}.parquet").is_file()

    def table(self, name: str) -> pd.DataFrame:
        """A result table. Raises `MissingArtifact`, which names the step that leaves it."""
        if name not in self._read:
            self._read[name] = artifacts.load(self.results, name)
        return self._read[name].copy(deep=False)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.folder)

    @property
    def as_of(self) -> date | None:
        text = self.manifest.get("as_of")
        return date.fromisoformat(text) if text else None

    @cached_property
    def measured(self) -> Measured:
        from kpi_toolkit.kpis import Measured, catalogue

        return Measured(
            quarter=self.quarter,
            client=self.engagement.client,
            reporting_currency=self.engagement.reporting_currency or next(iter(self._currencies()), ""),
            as_of=self.as_of,
            catalogue=catalogue(self.engagement),
            **{name: self.table(name) for name in PREPARED},
        )

    def _currencies(self) -> list[str]:
        rates = self.table("rates")
        return [str(code) for code in rates.loc[rates["rate"].eq(1.0), "currency"]]

    @cached_property
    def history(self) -> Measured:
        """Only complete periods that end before the quarter: what *diagnose*, *propose* and *target* may see."""
        return self.measured.history

    @cached_property
    def ledger(self) -> Ledger | None:
        from kpi_toolkit.goals import Ledger

        path = self.root / "ledger.jsonl"
        return Ledger(path) if path.is_file() else None

    @property
    def ledger_head(self) -> str:
        return self.ledger.head if self.ledger else ""

    @cached_property
    def agreed(self) -> Agreed:
        from kpi_toolkit.goals import agreed

        return agreed(self.ledger, self.measured)

    @cached_property
    def start(self) -> Start | None:
        """What the last renewal recommended for this quarter."""
        from kpi_toolkit.start import Start

        path = start_of(self.root, self.quarter)
        return Start.read(path) if path else None

    # ---- the steps' results, rebuilt from their tables

    @cached_property
    def diagnosis(self) -> Diagnosis:
        from kpi_toolkit.diagnose import Diagnosis

        return Diagnosis.from_tables(self.quarter, {"diagnosis": self.table("diagnosis")})

    @cached_property
    def proposal(self) -> Proposal:
        from kpi_toolkit.propose import Proposal

        return Proposal.from_tables(self.quarter, {"proposal": self.table("proposal")})

    @cached_property
    def targets(self) -> Targets:
        from kpi_toolkit.targets import Targets

        return Targets.from_tables(self.quarter, self._tables("targets", "company_targets"))

    @cached_property
    def evaluation(self) -> Evaluation:
        from kpi_toolkit.evaluate import Evaluation

        return Evaluation.from_tables(self.quarter, self._tables("evaluation", "groups", "scores"))

    @cached_property
    def exceptions(self) -> Exceptions:
        from kpi_toolkit.exceptions import Exceptions

        return Exceptions.from_tables(self.quarter, self._tables("exceptions"))

    @cached_property
    def actions(self) -> Actions:
        from kpi_toolkit.act import Actions

        return Actions.from_tables(self.quarter, self._tables("actions"))

    @cached_property
    def renewal(self) -> Renewal:
        from kpi_toolkit.renew import Renewal

        saved = [name for name in ("renewal", "outlook", "outlook_people") if name == "renewal" or self.has(name)]
        return Renewal.from_tables(self.quarter, self._tables(*saved))

    def _tables(self, *names: str) -> dict[str, pd.DataFrame]:
        return {name: self.table(name) for name in names}

    # ---- saving

    def save(self, result: Result) -> None:
        """Write a step's tables, and note them in the manifest; a renewal also leaves the next quarter's `start.yml`."""
        for name, table in result.tables().items():
            artifacts.save(self.results, name, table)
            self._read.pop(name, None)
        start = getattr(result, "start", None)
        if start is not None:
            folder = self.root / str(self.quarter.next)
            folder.mkdir(parents=True, exist_ok=True)
            start.write(folder / "start.yml")
        note(self.folder, results=result_digests(self.folder))


def open(client: str | Path, quarter: str, lang: str | None = None) -> Workspace:
    """Open a quarter. CLIENT is an existing path, else a folder under `client_data/`, looked for upward from where one stands."""
    root = engagement.find(client, Path.cwd())
    own = engagement.load(root)
    at = Quarter.parse(quarter, own.fiscal)
    settled = engagement.for_quarter(root, at)
    return Workspace(settled, at, language.load(lang or settled.language))


def start_of(root: Path, quarter: Quarter) -> Path | None:
    """The quarter's own `start.yml`, else that of the quarter before (goals drafted in week 10), else none."""
    paths = (root / str(at) / "start.yml" for at in (quarter, quarter.previous))
    return next((path for path in paths if path.is_file()), None)


# ---- the manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The quarter's manifest, empty where there is none. Raises `BrokenManifest`."""
    path = folder / "manifest.json"
    if not path.is_file():
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as problem:
        raise BrokenManifest(path=path, problem=problem, client=folder.parent.name, quarter=folder.name) from problem
    if not isinstance(manifest, dict):
        raise BrokenManifest(path=path, problem="not an object", client=folder.parent.name, quarter=folder.name)
    return manifest


def note(folder: Path, **entries: object) -> dict[str, Any]:
    """Put entries into the quarter's manifest; `steps` is merged, the rest replaced."""
    manifest = read_manifest(folder)
    steps = entries.pop("steps", None)
    manifest.update(entries)
    manifest["steps"] = {**manifest.get("steps", {}), **(steps if isinstance(steps, dict) else {})}
    artifacts.write_json(folder / "manifest.json", manifest)
    return manifest


def result_digests(folder: Path) -> dict[str, str]:
    """File name → SHA-256 of every result table of the quarter."""
    return {path.name: artifacts.digest(path) for path in sorted((folder / "results").glob("*.parquet"))}


def versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in VERSIONS}


def now() -> str:
    """The present moment, for the manifest only: no number depends on it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
