"""Actual against agreed target, and how sure we are: the evaluation of a quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kpi_toolkit.artifacts import conform
from kpi_toolkit.evaluate.actuals import attained, checked, decided, prorated, with_actuals, with_kpis
from kpi_toolkit.evaluate.attainment import Band, Rule, TargetError, Verdict
from kpi_toolkit.evaluate.groups import grouped
from kpi_toolkit.evaluate.panel import covering
from kpi_toolkit.evaluate.scores import counted, scored
from kpi_toolkit.evaluate.verdict import with_certainty
from kpi_toolkit.quarter import Quarter

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.goals.agreed import Agreed
    from kpi_toolkit.kpis.measured import Measured

__all__ = ["Band", "Evaluation", "Rule", "TargetError", "Verdict", "covering", "evaluate"]

FURTHER = [
    "threshold", "stretch", "baseline", "presence", "factor", "decision", "adjusted", "level", "level_low", "level_high",
]  # fmt: skip
FURTHER_SCORES = ["weight", "payout", "low", "high", "p_met", "verdict"]


@dataclass(frozen=True)
class Evaluation:
    """Actual against agreed target for one quarter; columns as in the contract, section 6, and further ones behind them.

    `goals`: also threshold, stretch, baseline, presence, factor (target × factor = prorated_target), decision, adjusted, and
    level, level_low, level_high: the level of a usual quarter (50, 10 and 90 %) in the unit of `actual`. `scores`: also weight,
    payout (of signed goals; persons), low, high, p_met, verdict (persons; see `scores.scored`).
    """

    quarter: Quarter
    goals: pd.DataFrame  # one row a person, KPI and level at which it is measured
    groups: pd.DataFrame  # one row a group and KPI
    scores: pd.DataFrame  # one row a person or group

    @property
    def summary(self) -> pd.DataFrame:
        """The company, KPI by KPI: actual, target, the three ways to sum up, and how many people are sure on either side."""
        company = self.groups[self.groups["level"].eq("company")]
        own = self.goals[self.goals["measured_at"].eq("person")]
        sure = own.groupby("kpi")["verdict"].value_counts().unstack(fill_value=0)
        table = company[["kpi", "actual", "target", "currency", "sum_ratio", "mean_attainment", "share_met", "people"]]
        for verdict in Verdict:
            column = sure[str(verdict)] if str(verdict) in sure else pd.Series(0, sure.index)
            table = table.assign(**{str(verdict): table["kpi"].map(column).fillna(0).astype("int64")})
        return table.reset_index(drop=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The result tables, by the names of `artifacts.SCHEMAS`."""
        return {"evaluation": self.goals, "groups": self.groups, "scores": self.scores}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Evaluation:
        """An evaluation as it was saved."""
        return cls(quarter, tables["evaluation"], tables["groups"], tables["scores"])


def evaluate(measured: Measured, agreed: Agreed, engagement: Engagement) -> Evaluation:
    """Hold the quarter's measures against the agreed goals.

    Goals are checked once; actuals, prorated targets, attainment, payout and band follow from them; then what was decided, and
    the chance and verdict. Scores follow decisions, groups and the goals themselves stay as measured. Raises `TargetError`,
    `UnknownGoal`, `NoAgreedRate`, each of which names the goal.
    """
    policy = engagement.policy
    goals, levels = (
        agreed.table.pipe(with_kpis, measured)
        .pipe(checked)
        .pipe(with_actuals, measured)
        .pipe(prorated, measured)
        .pipe(attained, policy)
        .pipe(decided, agreed.decisions, policy)
        .pipe(counted, policy)
        .pipe(with_certainty, measured)
    )
    return Evaluation(
        measured.quarter,
        _kept("evaluation", goals.assign(quarter=str(measured.quarter)), FURTHER),
        _kept("groups", grouped(goals, measured, policy), []),
        _kept("scores", scored(goals, levels, measured, policy), FURTHER_SCORES),
    )


def _kept(name: str, table: pd.DataFrame, further: list[str]) -> pd.DataFrame:
    """The schema's columns and the named further ones, texts as texts."""
    from kpi_toolkit.artifacts import SCHEMAS

    table = table[[*SCHEMAS[name].columns, *further]].copy()
    for column in further:
        table[column] = table[column].astype("string" if column in ("decision", "verdict") else "float64")
    return conform(name, table)
