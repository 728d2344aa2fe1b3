"""The next quarter: its company goal as a choice with chances, and what the renewal hands over."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kpi_toolkit.language import absent
from kpi_toolkit.report.facts import FIRST_KPI, NAN, Facts

if TYPE_CHECKING:
    import pandas as pd

    from kpi_toolkit.start import Recalibrated

# company_targets' quantiles and the chance that the quarter reaches them (where more is better)
QUANTILES = (("q10", 0.9), ("q30", 0.7), ("q50", 0.5), ("q70", 0.3), ("q90", 0.1))
APART = 0.08  # options whose chance is nearer to that of the goal that stands say nothing new
BROAD = ("q10", "q90")  # offered only where the finer ones are not given


@dataclass(frozen=True)
class Option:
    """A goal and the chance of reaching it; `chosen`: the goal that stands in the targets."""

    goal: float
    chance: float
    chosen: bool = False


@dataclass(frozen=True)
class Outlook:
    """What the next quarter may bring."""

    facts: Facts

    @property
    def goals(self) -> pd.DataFrame:
        return self.facts.next_goals

    @cached_property
    def kpi(self) -> str:
        """The KPI whose goal is asked: the main one, or the first that the next quarter's targets hold."""
        known = [str(kpi) for kpi in self.goals["kpi"]]
        if not known or self.facts.main in known:
            return self.facts.main
        return FIRST_KPI if FIRST_KPI in known else known[0]

    @cached_property
    def row(self) -> pd.Series | None:
        rows = self.goals[self.goals["kpi"].eq(self.kpi)]
        return rows.iloc[0] if len(rows) else None

    @property
    def currency(self) -> str:
        currency = None if self.row is None else self.row["currency"]
        return "" if absent(currency) else str(currency)

    @cached_property
    def goal(self) -> Option | None:
        """The goal in the next quarter's targets, with its chance."""
        if self.row is None or absent(self.row["goal"]):
            return None
        return Option(float(self.row["goal"]), self._number("p_goal"), chosen=True)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """Goals with their chances, the surest first; the goal that stands among them. Empty without a forecast."""
        if self.row is None:
            return ()
        lower = str(self.row["better"]) == "lower"
        found = []
        for column, chance in QUANTILES:
            value = self._number(column)
            if not math.isnan(value):
                found.append((column, Option(value, 1 - chance if lower else chance)))
        if len(found) > 3:
            found = [(column, one) for column, one in found if column not in BROAD]
        options = [one for _, one in found]
        if self.goal is not None:
            options = [one for one in options if not abs(one.chance - self.goal.chance) < APART] + [self.goal]
        return tuple(sorted(options, key=lambda one: (-one.chance, one.goal)))

    def _number(self, column: str) -> float:
        if self.row is None or column not in self.row.index or absent(self.row[column]):
            return NAN
        return float(self.row[column])

    @cached_property
    def recalibrated(self) -> tuple[Recalibrated, ...]:
        """How hard this quarter's targets were, as the renewal found."""
        start = self.facts.next_start
        return start.targets if start else ()
