"""Runs the notebooks of a quarter in order, resumes where a run stopped, and keeps the manifest.

Every run first reads the sources and writes the measures anew; the six steps are notebooks that Papermill carries out on them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kpi_toolkit import artifacts, engagement, workspace
from kpi_toolkit.engagement import Engagement
from kpi_toolkit.errors import KpiError, nearest
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter

Say = Callable[[str], None]

STEPS = {
    "diagnose": "01_diagnose",
    "propose": "02_propose_kpis",
    "target": "03_model_targets",
    "evaluate": "04_evaluate_quarter",
    "act": "05_exceptions_and_actions",
    "renew": "06_renew",
}
BEFORE_GOALS = ("diagnose", "propose", "target")  # these read nothing of the ledger
GROUND = (
    "inputs",
    "engagement",
    "as_of",
    "prepared",
    "start",
    "versions",
)  # entries of the manifest that a step's result depends on


class UnknownStep(KpiError):
    code = "K601"
    message = N_("There is no step {step!r}. Steps: {steps}. Nearest: {near}.")


class OtherInputs(KpiError):
    code = "K602"
    message = N_(
        "{step} would build on {earlier}, which ended on other inputs than the measures that stand now. Run both: "
        "kpi run {client} {quarter} --step {earlier} --step {step}"
    )


@dataclass(frozen=True)
class Run:
    """What a run did: the steps that were carried out, those that stood already, and where the results lie."""

    quarter: Quarter
    folder: Path
    done: tuple[str, ...]
    kept: tuple[str, ...]


def chosen_steps(names: Sequence[str]) -> tuple[str, ...]:
    """The steps named, in the order of the cycle; none named, or `all`, means all six. Raises `UnknownStep`."""
    for name in names:
        if name not in STEPS and name != "all":
            raise UnknownStep(step=name[:40], steps=", ".join([*STEPS, "all"]), near=nearest(name, STEPS))
    return tuple(step for step in STEPS if not names or "all" in names or step in names)


def run(
    client: str | Path,
    quarter: str,
    steps: Sequence[str] = (),
    *,
    as_of: date | None = None,
    resume: bool = False,
    say: Say = lambda line: None,
) -> Run:
    """Measure a quarter and carry out its steps.

    `as_of` hides every fact after that day. With `resume`, steps that ended on the same sources, engagement and day are kept.
    """
    root = engagement.find(client, Path.cwd())
    own = engagement.load(root)
    at = Quarter.parse(quarter, own.fiscal)
    wanted = chosen_steps(steps)
    folder = root / str(at)
    before = workspace.read_manifest(folder)
    entries = _prepare(own, at, as_of, wanted, say)
    kept = _standing(before, entries, wanted) if resume else ()
    _check_ground(root, at, wanted)
    for number, step in enumerate(wanted, start=1):
        if step in kept:
            say(f"[{number}/{len(wanted)}] {step}: stands since the last run")
            continue
        say(f"[{number}/{len(wanted)}] {step}")
        _carry_out(root, at, step)
    return Run(at, folder, tuple(step for step in wanted if step not in kept), kept)


def _standing(before: Mapping[str, Any], entries: Mapping[str, object], wanted: Sequence[str]) -> tuple[str, ...]:
    """The first of the steps that ended on the same inputs: what comes after a step that is done anew is done anew too."""
    standing: list[str] = []
    for step in wanted:
        depends_on = GROUND if step in BEFORE_GOALS else (*GROUND, "ledger")
        ended = before.get("steps", {}).get(step, {}).get("ended")
        if not ended or any(before.get(name) != entries[name] for name in depends_on):
            break
        standing.append(step)
    return tuple(standing)


def ground(manifest: Mapping[str, Any]) -> str:
    """A digest of what the results of *evaluate* and the steps after it depend on, as the manifest says it now."""
    told = {name: manifest.get(name) for name in (*GROUND, "ledger")}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def of_other_inputs(manifest: Mapping[str, Any]) -> list[str]:
    """The steps from *evaluate* on that ended on other inputs than the measures that stand now."""
    now, steps = ground(manifest), manifest.get("steps", {})
    return [step for step in STEPS if step not in BEFORE_GOALS and steps.get(step, {}).get("ground", now) != now]


def _check_ground(root: Path, at: Quarter, wanted: Sequence[str]) -> None:
    """Refuse to build a step on an evaluation of other inputs."""
    stale = [step for step in of_other_inputs(workspace.read_manifest(root / str(at))) if step not in wanted]
    later = [step for step in wanted if step not in BEFORE_GOALS]
    order = list(STEPS)
    for step in later:
        before = [one for one in stale if order.index(one) < order.index(step)]
        if before:
            raise OtherInputs(step=step, earlier=before[0], client=artifacts.client_of(root), quarter=at)


def _prepare(own: Engagement, at: Quarter, as_of: date | None, steps: Sequence[str], say: Say) -> dict[str, object]:
    """Read the sources, write the measures and what goes with them; returns what the manifest says of it."""
    from kpi_toolkit import intake, kpis

    folder = own.root / str(at)
    copy = folder / "engagement.yml"
    free = not _has_goals(own.root, at)  # until the first goal the client's own file holds, and the copy follows it
    settled = own if free else engagement.for_quarter(own.root, at)
    if not free and copy.is_file() and artifacts.digest(copy) != artifacts.digest(own.path):
        say(f"goals of {at} are in the ledger: KPIs, policy and company goals are those of {copy}")
    say(f"reading the sources of {own.client}")
    tables = intake.read(settled, folder / "quarantine")
    say(f"measuring {at}" + (f" as of {as_of}" if as_of else ""))
    measured = kpis.measure(tables, settled, at, as_of)
    for name in workspace.PREPARED:
        artifacts.save(folder / "results", name, getattr(measured, name))
    if free and ("target" in steps or copy.is_file()):
        artifacts.write_text(copy, own.path.read_text(encoding="utf-8"))
    digests = workspace.result_digests(folder)
    entries: dict[str, object] = {
        "quarter": str(at),
        "as_of": as_of.isoformat() if as_of else None,
        "inputs": intake.sources_digest(settled),
        "engagement": artifacts.digest(copy if copy.is_file() else own.path),
        "prepared": {name: digests[f"{name}.parquet"] for name in workspace.PREPARED},
        "ledger": _ledger_head(own.root),
        "start": _start_digest(own.root, at),
        "versions": workspace.versions(),
        "seed": settled.seed,
        "results": digests,
    }
    before = workspace.read_manifest(folder)
    workspace.note(folder, renderer=before.get("renderer"), **entries)
    return entries


def _carry_out(root: Path, at: Quarter, step: str) -> None:
    from kpi_toolkit.report.execute import run_notebook

    name, folder = STEPS[step], root / str(at)
    started = workspace.now()
    workspace.note(folder, steps={step: {"started": started, "ended": None}})
    parameters = {"client": str(root.resolve()), "quarter": str(at)}
    run_notebook(notebooks() / f"{name}.ipynb", folder / "notebooks" / f"{name}.ipynb", parameters)
    workspace.note(
        folder,
        steps={step: {"started": started, "ended": workspace.now(), "ground": ground(workspace.read_manifest(folder))}},
        results=workspace.result_digests(folder),
    )


def notebooks() -> Path:
    """The notebooks' folder, in the checkout or in the installed package."""
    package = Path(__file__).parent
    for folder in (package.parent / "notebooks", package / "_shipped" / "notebooks"):
        if (folder / f"{STEPS['diagnose']}.ipynb").is_file():
            return folder
    raise FileNotFoundError("the notebooks are neither in the checkout nor in the package: install kpi-toolkit again")


def _has_goals(root: Path, at: Quarter) -> bool:
    from kpi_toolkit.goals import Ledger

    path = root / "ledger.jsonl"
    return path.is_file() and Ledger(path).has_goals(str(at))


def _ledger_head(root: Path) -> str | None:
    from kpi_toolkit.goals import Ledger

    path = root / "ledger.jsonl"
    return Ledger(path).head if path.is_file() else None


def _start_digest(root: Path, at: Quarter) -> str | None:
    path = workspace.start_of(root, at)
    return artifacts.digest(path) if path else None
