"""Targets of the people who hold a goal of one KPI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit.series import FloatArray
from kpi_toolkit.targets.allocate import NOBODY, Split, at_chance, bounded, split
from kpi_toolkit.targets.asked import Asked
from kpi_toolkit.targets.distribution import Distribution, Family
from kpi_toolkit.targets.rounding import unit_of_rounding

LEAST_COUNT = 5.0  # expected events below which a count is no goal of a person (contract, section 4)
EXACT_RATIO = 1e-7  # how exact a split ratio is, in its own unit
EXACT_SUM = 0.005  # how exact a split sum is, in the reporting currency or in pieces


@dataclass(frozen=True)
class Set:
    """What is set for the holders, `(holders,)` in the order of ids; `split` where a company goal was split."""

    distribution: Distribution
    target: FloatArray
    p_hit: FloatArray
    method: tuple[str, ...]
    split: Split | None = None

    def chance(self, *, lower: bool) -> float:
        """The common chance of a split goal; NaN without one."""
        return float("nan") if self.split is None else self.split.level if lower else 1 - self.split.level


def set_targets(one: Asked) -> Set:
    """Targets of one KPI: of equal difficulty where a company goal can be split, else of the healthy share's chance."""
    x, n = one.own, len(one.holders)
    nothing = np.full(n, np.nan)
    if not one.forecast.known:
        return Set(x, nothing, nothing, ("no_history",) * n)
    if not one.spread:
        return Set(x, nothing, nothing, ("no_spread",) * n)
    median, expected = x.quantile(0.5), x.mean
    here = np.array([level == "person" for level in one.measured_at], dtype=bool)
    few = _counts(one) & (expected < LEAST_COUNT)
    holds = here & ~few
    unit = np.array([unit_of_rounding(str(one.kpi.unit), _shape(one), float(value)) for value in median])
    low, high = bounded(
        median, one.policy.growth_bounds, unit=str(one.kpi.unit), growth=x.family == Family.GROWTH, lower=one.lower
    )
    if _counts(one):
        low = np.maximum(low, 1.0)
    if one.goal is not None and one.splits and holds.any() and float(_weights(one)[holds].sum()) > 0:
        weight = _weights(one)
        tolerance = EXACT_SUM if one.adds else EXACT_RATIO
        counted = here
        made = split(
            x.take(counted), weight[counted], one.goal, unit[counted], low[counted], high[counted], holds[counted],
            whole=_counts(one), tolerance=tolerance,
        )  # fmt: skip
        target, clipped = nothing.copy(), np.zeros(n, dtype=bool)
        target[counted], clipped[counted] = made.target, made.clipped
        chance = made.level if one.lower else 1 - made.level
        common, stopped = f"equal_difficulty:{chance:.2f}", "clipped"
        named = int(np.flatnonzero(counted)[made.named]) if made.named != NOBODY else NOBODY
    else:
        made, named, chance = None, NOBODY, one.policy.healthy_share
        target, clipped = at_chance(x, chance, unit, low, high, lower=one.lower)
        target = np.where(holds, target, np.nan)
        common, stopped = f"healthy_share:{chance:.2f}", "healthy_clipped"
    p_hit = x.chance(target, lower=one.lower)
    method = tuple(
        f"measured_at:{one.measured_at[at]}" if not here[at]
        else f"too_few:{expected[at]:.1f}" if few[at]
        else f"remainder:{chance:.2f}" if at == named
        else f"{stopped}:{p_hit[at]:.2f}" if clipped[at]
        else common
        for at in range(n)
    )  # fmt: skip
    return Set(x, target, p_hit, method, made)


def _counts(one: Asked) -> bool:
    return str(one.kpi.unit) == "count" and str(one.kpi.shape) != "ratio"


def _shape(one: Asked) -> str:
    return "growth" if one.forecast.distribution.family == Family.GROWTH else str(one.kpi.shape)


def _weights(one: Asked) -> NDArray[np.float64]:
    """What a unit of each holder's target (own currency) adds to the company's goal; a ratio's weights add to 1 over holders."""
    weight = one.weight[one.rows]
    if not one.adds and weight.sum() > 0:
        weight = weight / weight.sum()
    return weight * one.worth[one.rows]
