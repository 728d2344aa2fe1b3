"""Where an engagement stands and what comes next; and whether its ledger and results are as they were written."""

from __future__ import annotations

from pathlib import Path

from kpi_toolkit import artifacts, cycle, intake, workspace
from kpi_toolkit.engagement import Engagement
from kpi_toolkit.quarter import BadQuarter, Quarter

NEXT_STEP = {
    "measure": "kpi run {client} {quarter}",
    "diagnose": "kpi run {client} {quarter} --step propose --step target",
    "propose": "kpi run {client} {quarter} --step target",
    "target": "agree the goals, then after the quarter: kpi run {client} {quarter} --step evaluate --step act --step renew",
    "evaluate": "kpi run {client} {quarter} --step act --step renew",
    "act": "kpi run {client} {quarter} --step renew",
    "renew": "kpi report {client} {quarter}; then the next quarter: kpi run {client} {next}",
}


def quarters(engagement: Engagement) -> list[Quarter]:
    """The quarters that have a manifest, oldest first."""
    found = []
    for folder in sorted(engagement.root.iterdir()):
        try:
            quarter = Quarter.parse(folder.name, engagement.fiscal)
        except BadQuarter:
            continue
        if (folder / "manifest.json").is_file():
            found.append(quarter)
    return found


def standing(engagement: Engagement) -> list[str]:
    """One paragraph a quarter: the steps that ended, goals signed, exceptions open, reports; then the next command."""
    client, lines = artifacts.client_of(engagement.root), [f"{engagement.client}  ({engagement.root})"]
    known = quarters(engagement)
    if not known:
        return [*lines, f"No quarter has been run. Next: kpi check {client}, then kpi run {client} QUARTER"]
    for quarter in known:
        here = workspace.open(engagement.root, str(quarter))
        ended = [step for step, times in here.manifest.get("steps", {}).items() if times.get("ended")]
        lines.append(f"{quarter}: steps done: {', '.join(_in_order(ended)) or 'none'}")
        stale = cycle.of_other_inputs(here.manifest)
        if stale:
            lines.append(f"    of other inputs than the measures that stand now, run again: {', '.join(stale)}")
        lines.extend(f"    {line}" for line in _details(here))
    step = _in_order(ended)[-1] if ended else "measure"
    lines.append("Next: " + NEXT_STEP[step].format(client=client, quarter=known[-1], next=known[-1].next))
    return lines


def _in_order(steps: list[str]) -> list[str]:
    return [step for step in NEXT_STEP if step in steps]


def _details(here: workspace.Workspace) -> list[str]:
    lines = []
    if here.manifest.get("as_of"):
        lines.append(f"facts hidden after {here.manifest['as_of']}")
    if here.has("intake"):
        table = here.table("intake")
        lines.append(f"{table['used'].sum():,.0f} rows used, {table['quarantined'].sum():,.0f} quarantined")
    if here.has("people") and here.has("evaluation"):
        people, goals = here.table("people"), here.table("evaluation")
        asked = people.loc[people["employed"] & people["has_goals"], "person_id"]
        signed = goals.loc[goals["agreed"], "person_id"].nunique()
        lines.append(f"{signed} of {len(asked)} people have signed goals; {goals['person_id'].nunique()} are evaluated")
    if here.has("exceptions"):
        exceptions = here.table("exceptions")
        lines.append(f"{int(exceptions['status'].eq('open').sum())} of {len(exceptions)} exceptions are open")
    reports = sorted(path.name for path in (here.folder / "reports").glob("*.*"))
    lines.append(f"reports: {', '.join(reports)}" if reports else "no report rendered")
    return lines


def verified(engagement: Engagement) -> tuple[bool, list[str]]:
    """Whether the ledger's chain and every result are as written, and a line for each thing looked at.

    A changed result is broken; a changed input is only "changed since".
    """
    good, lines = _ledger(engagement.root)
    now: dict[str, str] | None = None
    for quarter in quarters(engagement):
        folder = engagement.root / str(quarter)
        manifest = workspace.read_manifest(folder)
        found = workspace.result_digests(folder)
        broken = [name for name, digest in manifest.get("results", {}).items() if found.get(name) != digest]
        broken += [name for name in found if name not in manifest.get("results", {})]
        good = good and not broken
        lines.append(f"{quarter}: " + (f"BROKEN: {', '.join(sorted(broken))}" if broken else f"{len(found)} results as written"))
        copy = folder / "engagement.yml"
        told = copy if copy.is_file() else engagement.path
        if manifest.get("engagement") != artifacts.digest(told):
            lines.append(f"{quarter}: {told.name} changed since the run")
        now = intake.sources_digest(engagement) if now is None else now
        changed = [name for name, digest in manifest.get("inputs", {}).items() if now.get(name) != digest]
        lines.extend(f"{quarter}: input changed since the run: {name}" for name in changed)
    return good, lines


def _ledger(root: Path) -> tuple[bool, list[str]]:
    from kpi_toolkit.goals import Ledger

    path = root / "ledger.jsonl"
    if not path.is_file():
        return True, ["ledger: none yet"]
    ledger = Ledger(path)
    checked = ledger.verify()
    if checked.ok:
        return True, [f"ledger: {checked.events} events, unbroken, head {ledger.head}"]
    return False, [f"ledger: BROKEN at line {checked.line}: {checked.error}"]
