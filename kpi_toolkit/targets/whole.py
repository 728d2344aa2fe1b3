"""The company's row of one KPI: its goal, what the targets add to, its distribution and chances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kpi_toolkit.series import FloatArray
from kpi_toolkit.targets.asked import Asked
from kpi_toolkit.targets.company import Outside, company, without_person
from kpi_toolkit.targets.distribution import Distribution
from kpi_toolkit.targets.panel import worths
from kpi_toolkit.targets.people import Set

SHOWN = (10, 30, 50, 70, 90)  # per cent
NEAR_SUM, NEAR_RATIO = 0.5, 1e-5  # a split that is off by more did not reach the goal


def company_row(one: Asked, made: Set) -> dict[str, Any]:
    """A row of `company_targets` (its last two columns aside)."""
    lower = one.lower
    row: dict[str, Any] = {
        "kpi": one.kpi.id, "quarter": str(one.quarter), "better": str(one.kpi.better), "goal": one.goal,
        "unit": str(one.kpi.unit), "currency": one.reporting,
    }  # fmt: skip
    outside, x = _outside(one), None
    if one.forecast.known and one.spread:
        x = company(one.forecast, one.weight, outside) if one.splits else one.company_forecast.distribution
    if x is not None and np.isfinite(x.location).any():
        row |= {f"q{level}": float(x.quantile(level / 100)[0]) for level in SHOWN}
        if one.goal is not None:
            row["p_goal"] = float(x.chance(np.array([one.goal]), lower=lower)[0])
    row["allocated"] = _allocated(one, made)
    row["outside"] = _beside(one, made, outside)
    row["status"], row["chance"] = _status(one, made, row.get("p_goal", math.nan))
    low, high = one.policy.p_hit_range
    if made.split is not None and not low <= row["chance"] <= high:
        row["flag"] = f"{'p_hit_low' if row['chance'] < low else 'p_hit_high'}:{row['chance']:.2f}"
    return row


def _status(one: Asked, made: Set, p_goal: float) -> tuple[str, float]:
    """The status code and the persons' common chance."""
    if not one.holders:
        return "no_people", math.nan
    if not one.forecast.known:
        return "no_history", math.nan
    if not one.spread:
        return "no_spread", math.nan
    if made.split is not None and one.goal is not None:
        chance = made.chance(lower=one.lower)
        off = abs(made.split.allocated - one.goal)
        if off > (1e-6 * abs(one.goal) + NEAR_SUM if one.adds else NEAR_RATIO):
            return f"clipped:{made.split.allocated / one.goal if one.goal else math.inf:.2f}", math.nan
        return f"equal_difficulty:{chance:.2f}", chance
    if one.goal is not None:
        return f"checked:{p_goal:.2f}", one.policy.healthy_share if np.isfinite(made.target).any() else math.nan
    if not np.isfinite(made.target).any():
        first = made.method[0].partition(":")[0]
        return (made.method[0] if first == "measured_at" else f"too_few:{float(np.max(made.distribution.mean)):.1f}"), math.nan
    return f"healthy_share:{one.policy.healthy_share:.2f}", one.policy.healthy_share


def _allocated(one: Asked, made: Set) -> float:
    """What the targets add to, in the unit of the goal: Σ presence × target at agreed rates, for ratios a weighted mean."""
    has = np.isfinite(made.target)
    if not one.splits or not has.any():
        return math.nan
    weight = one.weight[one.rows] * one.worth[one.rows]
    total = float(np.sum(np.where(has, weight * np.where(has, made.target, 0.0), 0.0)))
    if one.adds:
        return total
    below = float(one.weight[one.rows][has].sum())
    return total / below if below > 0 else math.nan


def _outside(one: Asked) -> Outside:
    """What the company's quarters hold beyond the sum of its people's."""
    if not one.adds:
        return Outside()
    past = one.company_past
    mine = dict(zip(past.periods, past.value[0], strict=True)) if past.value.shape[0] else {}
    rows = one.history.measures
    rows = rows[rows["kpi"].eq(one.kpi.id) & rows["level"].eq("person") & rows["grain"].eq("quarter") & rows["value"].notna()]
    values = rows["value_constant"].fillna(rows["value"]) * worths(one.history, one.kpi, rows["currency"])
    of_people = values.groupby(rows["period"].astype(str)).sum()
    periods = [period for period in one.past.periods[:-1] if period in mine]
    total: FloatArray = np.array([mine[period] for period in periods], dtype=np.float64)
    people: FloatArray = np.array([float(of_people.get(period, 0.0)) for period in periods], dtype=np.float64)
    return without_person(total, people)


def _beside(one: Asked, made: Set, outside: Outside) -> float:
    """The expected part of the company's value that no target covers: no person, no goal, or too few events for one."""
    if not one.adds or not one.forecast.known:
        return math.nan
    x: Distribution = one.forecast.distribution
    covered = np.zeros(len(x), dtype=bool)
    covered[one.rows] = np.isfinite(made.target)
    expected = np.where(covered | ~np.isfinite(x.location), 0.0, one.weight * np.nan_to_num(x.mean))
    return float(expected.sum()) + outside.mean
