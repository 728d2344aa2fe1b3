"""Cases in which the number alone would mislead, laid before someone who decides. Nothing here accuses anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kpi_toolkit.artifacts import SCHEMAS, conform
from kpi_toolkit.exceptions.context import no_data, short_presence
from kpi_toolkit.exceptions.limits import patterns
from kpi_toolkit.exceptions.review import exception_id, family, reviewed
from kpi_toolkit.quarter import Quarter

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.evaluate import Evaluation
    from kpi_toolkit.goals.agreed import Agreed
    from kpi_toolkit.kpis.measured import Measured

__all__ = ["Exceptions", "exception_id", "family", "find_exceptions"]


@dataclass(frozen=True)
class Exceptions:
    """The cases of one quarter; columns as in the contract, section 6.

    `q_value` is empty: the rules claim no rate of false alarms.
    """

    quarter: Quarter
    cases: pd.DataFrame  # one row a person, KPI, family and period

    @property
    def open(self) -> pd.DataFrame:
        """The cases that wait for a decision."""
        return self.cases[self.cases["status"].eq("open")]

    @property
    def summary(self) -> pd.DataFrame:
        """Cases by rule: how many, how many people, how many still open."""
        table = self.cases.assign(is_open=self.cases["status"].eq("open").astype("int64"))
        by_rule = table.groupby("rule", sort=True)
        return by_rule.agg(cases=("exception_id", "size"), people=("person_id", "nunique"), open=("is_open", "sum")).reset_index()

    def tables(self) -> dict[str, pd.DataFrame]:
        """The result table, by its name in `artifacts.SCHEMAS`."""
        return {"exceptions": self.cases}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Exceptions:
        """The cases as they were saved."""
        return cls(quarter, tables["exceptions"])


def find_exceptions(measured: Measured, evaluation: Evaluation, agreed: Agreed, engagement: Engagement) -> Exceptions:
    """Find the cases among the evaluated goals: process limits, short presence, goals without data.

    And what was decided on them.

    `engagement` is taken for the rules that a client sets; this version has none. Single large orders, timing within the
    quarter and targets that the market has overtaken are not looked for: they cannot be told from the measures alone.
    """
    goals = evaluation.goals
    charted = goals[
        goals["measured_at"].eq("person")
        & goals["complete"].astype(bool)
        & goals["actual"].notna()
        & goals["kpi"].isin(list(measured.catalogue))
    ]
    found = [patterns(measured, charted), short_presence(goals, measured), no_data(goals, measured)]
    table = pd.concat([part.astype("object") for part in found], ignore_index=True)
    table = reviewed(table, agreed.decisions, str(measured.quarter))
    return Exceptions(measured.quarter, conform("exceptions", table[[*SCHEMAS["exceptions"].columns]]))
