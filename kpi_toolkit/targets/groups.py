"""Targets of goals that a person shares with a team, a country or the company."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpi_toolkit.series.arrays import as_floats
from kpi_toolkit.targets.allocate import at_chance, bounded
from kpi_toolkit.targets.asked import Asked
from kpi_toolkit.targets.distribution import Family
from kpi_toolkit.targets.forecast import forecast, in_currency
from kpi_toolkit.targets.panel import panel, worths
from kpi_toolkit.targets.rounding import unit_of_rounding


def group_rows(one: Asked, level: str) -> list[dict[str, Any]]:
    """Rows measured at a level for the holders whose goal is measured there: the group's own quarters foretold, the same for
    all in it.

    The target is the company's goal (level company) where there is one, else that of the healthy share's chance.
    """
    mine = [at for at, where in enumerate(one.measured_at) if where == level]
    if not mine:
        return []
    past = panel(one.history, one.kpi, level)
    found = forecast(past)
    measures = one.history.measures
    of = measures[measures["kpi"].eq(one.kpi.id) & measures["level"].eq(level) & measures["grain"].eq("quarter")]
    latest = of.sort_values("period", kind="stable").groupby(of["entity_id"].astype(str))["currency"].last()
    currency = pd.Series([latest.get(entity) for entity in past.entities], dtype="object")
    x = in_currency(found.distribution, as_floats(worths(one.history, one.kpi, currency)))
    median = x.quantile(0.5)
    growth = x.family == Family.GROWTH
    shape = "growth" if growth else str(one.kpi.shape)
    unit = np.array([unit_of_rounding(str(one.kpi.unit), shape, float(value)) for value in median])
    low, high = bounded(median, one.policy.growth_bounds, unit=str(one.kpi.unit), growth=growth, lower=one.lower)
    target, clipped = at_chance(x, one.policy.healthy_share, unit, low, high, lower=one.lower)
    name = "healthy_share"
    if level == "company" and one.goal is not None:
        target, clipped, name = np.full(len(x), one.goal), np.zeros(len(x), dtype=bool), "company_goal"
    p_hit = x.chance(target, lower=one.lower)
    quantiles = {f"q{share}": x.quantile(share / 100) for share in (10, 50, 90)}
    position = {entity: at for at, entity in enumerate(past.entities)}
    rows = []
    for at in mine:
        person = one.people.iloc[one.rows[at]]
        entity = "company" if level == "company" else str(person[level])
        row: dict[str, Any] = {
            "person_id": one.holders[at], "kpi": one.kpi.id, "measured_at": level, "quarter": str(one.quarter),
            "better": str(one.kpi.better), "unit": str(one.kpi.unit), "method": "no_history",
        }  # fmt: skip
        group = position.get(entity)
        if group is not None and np.isfinite(x.location[group]):
            chance = one.policy.healthy_share if name == "healthy_share" and not clipped[group] else p_hit[group]
            code = "healthy_clipped" if clipped[group] else name
            row |= {name: values[group] for name, values in quantiles.items()}
            row |= {
                "target": target[group],
                "p_hit": p_hit[group],
                "currency": currency.iloc[group],
                "method": f"{code}:{chance:.2f}",
            }
        rows.append(row)
    return rows
