"""Why revenue changed: customers × orders per customer × order value, last complete quarter against the year before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kpi_toolkit import series
from kpi_toolkit.diagnose.findings import Finding, Row, code
from kpi_toolkit.diagnose.panel import PERIODS_IN_YEAR, Line, Past, lines

FACTORS = (  # the code of a factor, and the KPI whose row it stands in
    ("customers", "active_customers"),
    ("orders_per_customer", "orders"),
    ("order_value", "average_order_value"),
)


def drivers(past: Past) -> Iterator[Row]:
    """The change of revenue of the company and each country, and its parts, which add up to it exactly.

    Parts by the logarithmic mean Divisia index (`series.parts_of_change`): no rest, and no order of the factors.
    Where a factor is 0 or negative the change stands undivided. Money at the agreed rates, so that no part is currency.
    """
    wanted = ("revenue", "active_customers", "orders")
    if not set(wanted) <= set(past.available()):
        return
    of = {kpi: {(line.level, line.entity_id): line for line in lines(past, kpi, ("company", "country"))} for kpi in wanted}
    for key, revenue in of["revenue"].items():
        year = PERIODS_IN_YEAR["quarter"]
        if revenue.values.size <= year or not np.isfinite(revenue.values[[-1 - year, -1]]).all():
            continue
        periods = [revenue.periods[-1 - year], revenue.periods[-1]]
        value = revenue.values[[-1 - year, -1]]
        change, said = float(value[1] - value[0]), code("year_before", *periods)
        counts = [_at(of[kpi].get(key), periods) for kpi in ("active_customers", "orders")]
        factors = np.array([counts[0], counts[1] / _safe(counts[0]), value / _safe(counts[1])])
        divided = bool(np.isfinite(factors).all() and (factors > 0).all())
        about = f"{said};not_split" if not divided else said
        place, currency = (revenue.level, revenue.entity_id), revenue.currency or ""
        yield Row(*place, "revenue", Finding.DRIVER_CHANGE, change, float(value[0]), float(value[1]), about, "money", currency)
        if not divided:
            continue
        parts = series.parts_of_change(factors[:, 0], factors[:, 1])
        for (name, kpi), part, (before, after) in zip(FACTORS, parts, factors, strict=True):
            evidence = f"{name};{said}"
            yield Row(*place, kpi, Finding.DRIVER_PART, float(part), float(before), float(after), evidence, "money", currency)


def _at(line: Line | None, periods: list[str]) -> series.FloatArray:
    if line is None:
        return np.full(len(periods), np.nan)
    known = dict(zip(line.periods, line.values, strict=True))
    return np.array([known.get(period, np.nan) for period in periods], dtype=np.float64)


def _safe(values: series.FloatArray) -> series.FloatArray:
    return np.where(values > 0, values, np.nan)
