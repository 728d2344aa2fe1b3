"""The step *target*: a predictive distribution for every person and chosen KPI, and targets from it.

Only quarters before the target's are read. Codes of `method`, `status` and `flag` carry their figures behind a colon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from kpi_toolkit.artifacts import conform
from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_, absent
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.targets.asked import Asked, asked
from kpi_toolkit.targets.company import CHOICES
from kpi_toolkit.targets.groups import group_rows
from kpi_toolkit.targets.people import Set, set_targets
from kpi_toolkit.targets.whole import company_row

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.kpis.measured import Measured
    from kpi_toolkit.start import Start

BASE = "base"
LEVELS_ABOVE = ("team", "country", "company")


class ScenarioNotModelled(KpiError):
    code = "K451"
    message = N_(
        "policy.scenario is {scenario!r}: scenarios other than 'base' are not modelled yet. Set policy.scenario to base; targets "
        "then follow what people's own quarters foretell."
    )


class HasTables(Protocol):
    """A step's result, such as the proposal."""

    def tables(self) -> Mapping[str, pd.DataFrame]: ...


@dataclass(frozen=True)
class Option:
    """A company goal that leadership may choose and its chance (0..1)."""

    goal: float
    chance: float


@dataclass(frozen=True)
class Targets:
    """Targets of one quarter; columns as in `artifacts.SCHEMAS`.

    `people`: a row a person and chosen KPI at full presence, in the person's currency; further columns `flag` (chance outside
    policy.p_hit_range) and `basis` (own quarters or peers behind it). `company`: a row a chosen KPI in the reporting currency;
    further columns `q30`, `q70`, `outside`, `flag`, `last_factor`, `last_share_met`.
    """

    quarter: Quarter
    people: pd.DataFrame
    company: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """A row a KPI: goal, sum of the targets, chances, status, people with a row and with a target."""
        count = self.people.groupby("kpi", observed=True).agg(people=("person_id", "nunique"), with_target=("target", "count"))
        columns = ["kpi", "goal", "allocated", "q50", "chance", "p_goal", "status"]
        return self.company[columns].merge(count.reset_index(), on="kpi", how="left")

    def tables(self) -> dict[str, pd.DataFrame]:
        return {"targets": self.people, "company_targets": self.company}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Targets:
        return cls(quarter, tables["targets"], tables["company_targets"])


def model_targets(history: Measured, proposal: HasTables, engagement: Engagement, start: Start | None = None) -> Targets:
    """Targets of `history.quarter` for everyone employed in it (unless their goals are `none`) and every chosen KPI.

    `history` holds complete quarters before it. With a company goal (`engagement.company_goals`) targets are of equal
    difficulty; without one they have the chance `policy.healthy_share`. `start` is shown, not applied: its factor tells how
    hard the last targets were, and this forecast has seen the quarter that told it. Raises `ScenarioNotModelled`, `NoRate`.
    """
    if engagement.policy.scenario != BASE:
        raise ScenarioNotModelled(scenario=engagement.policy.scenario)
    table = proposal.tables()["proposal"]
    chosen = table[table["chosen"].astype(bool)]
    rows: list[dict[str, Any]] = []
    company: list[dict[str, Any]] = []
    for kpi_id in sorted(set(chosen["kpi"].astype(str)) & set(history.catalogue)):
        one = asked(history, engagement, history.catalogue[kpi_id], chosen[chosen["kpi"].eq(kpi_id)])
        made = set_targets(one)
        rows += _rows(one, made)
        for level in LEVELS_ABOVE:
            rows += group_rows(one, level)
        company.append({**company_row(one, made), **_last(start, kpi_id)})
    people = conform("targets", _frame(rows, "targets", flag="text", basis="text"))
    whole = conform(
        "company_targets",
        _frame(company, "company_targets", q30="number", q70="number", outside="number", flag="text", last_factor="number",
               last_share_met="number"),
    )  # fmt: skip
    return Targets(history.quarter, people, whole)


def goal_options(targets: Targets, kpi: str) -> list[Option]:
    """Goals for the leadership's choice: what the company reaches with a chance of 70, 50 and 30 %; empty without history.

    In the reporting currency; surest first. Whoever works less than the full quarter is counted as far as is known.
    """
    row = targets.company[targets.company["kpi"].eq(kpi)]
    if not len(row) or absent(row["q50"].iloc[0]):
        return []
    lower = str(row["better"].iloc[0]) == "lower"
    return [Option(float(row[f"q{round(100 * (one if lower else 1 - one))}"].iloc[0]), one) for one in CHOICES]


def _rows(one: Asked, made: Set) -> list[dict[str, Any]]:
    """The rows at person level."""
    x = made.distribution
    quantiles = {f"q{level}": x.quantile(level / 100) for level in (10, 50, 90)}
    low, high = one.policy.p_hit_range
    fixed = {"kpi": one.kpi.id, "measured_at": "person", "quarter": str(one.quarter), "better": str(one.kpi.better)}
    return [
        {
            **fixed, "person_id": person, "target": made.target[at], "p_hit": made.p_hit[at],
            **{name: values[at] for name, values in quantiles.items()},
            "unit": str(one.kpi.unit), "currency": one.currencies[at], "method": made.method[at],
            "flag": flag_of(float(made.p_hit[at]), low, high), "basis": one.basis(at),
        }
        for at, person in enumerate(one.holders)
    ]  # fmt: skip


def flag_of(chance: float, low: float, high: float) -> str | None:
    """A code where a chance is outside the range that the policy finds right."""
    if not low <= chance <= high and chance == chance:
        return f"{'p_hit_low' if chance < low else 'p_hit_high'}:{chance:.2f}"
    return None


def _last(start: Start | None, kpi: str) -> dict[str, Any]:
    found = start.recalibration(kpi) if start else None
    return {"last_factor": found.factor if found else None, "last_share_met": found.share_met if found else None}


def _frame(rows: list[dict[str, Any]], name: str, **further: str) -> pd.DataFrame:
    """The rows as a table with every column of the schema and the further ones, kinds as stated, also where there is no row."""
    from kpi_toolkit.artifacts import SCHEMAS

    table = pd.DataFrame(rows, columns=[*SCHEMAS[name].columns, *further])
    for column, kind in further.items():
        table[column] = table[column].astype("string") if kind == "text" else pd.to_numeric(table[column]).astype("float64")
    return table
