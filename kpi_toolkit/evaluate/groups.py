"""A KPI over many people: the ratio of sums, the mean of attainments and the share who met.

The three differ, and people confuse them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpi_toolkit.evaluate import attainment
from kpi_toolkit.evaluate.actuals import COMPANY, agreed_rates
from kpi_toolkit.kpis.declaration import KPI, Amount, Shape, Unit

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Policy
    from kpi_toolkit.kpis.measured import Measured

ADD_UP = (Shape.COUNT, Shape.SUM, Shape.DISTINCT)


def grouped(goals: pd.DataFrame, measured: Measured, policy: Policy) -> pd.DataFrame:
    """Rows of `artifacts.SCHEMAS["groups"]` over the people with a goal measured at person level that counts, as measured.

    Counts and sums: Σ actual and Σ prorated target; ratios and growth: Σ numerators ÷ Σ denominators and Σ target · denominator
    ÷ Σ denominator; money at the agreed rates, in the group's currency. Source: contract, section 4, *Groups*.
    """
    own = goals[goals["measured_at"].eq("person") & goals["complete"].astype(bool) & goals["attainment"].notna()].copy()
    people = measured.people.set_index("person_id")
    own["team"], own["country"] = (own["person_id"].map(people[level].astype("object")) for level in ("team", "country"))
    own["company"] = COMPANY
    rates, currencies = agreed_rates(measured), _currencies(measured)
    own["worth"] = _worth(own["currency"], rates)
    own["own_worth"] = _worth(own["person_id"].map(people["currency"].astype("object")), rates)
    rows = []
    for level in ("team", "country", "company"):
        for (name, kpi), part in own.groupby([level, "kpi"], sort=True):
            entry = measured.catalogue[str(kpi)]
            currency = None
            if entry.unit == Unit.MONEY:
                currency = currencies.get((level, str(name), str(kpi))) or measured.reporting_currency
            rows.append(
                {"level": level, "entity_id": name, "kpi": kpi, "quarter": str(measured.quarter), "better": str(entry.better)}
                | _together(part, entry, rates.get(currency or "", 1.0), policy)
                | {"currency": currency}
            )
    columns = ["level", "entity_id", "kpi", "quarter", "better", "actual", "target", "sum_ratio"]
    return pd.DataFrame(rows, columns=pd.Index([*columns, "mean_attainment", "share_met", "people", "currency"]))


def _together(goals: pd.DataFrame, entry: KPI, rate: float, policy: Policy) -> dict[str, float]:
    """One KPI of one group; `rate` is what its currency is worth."""
    money = goals["worth"] / rate if entry.unit == Unit.MONEY else pd.Series(1.0, goals.index)
    actual, target, baseline = (goals[column] * money for column in ("actual", "prorated_target", "baseline_here"))
    if entry.shape not in ADD_UP:
        parts = goals["denominator"].astype("float64")
        if _money_below(entry):
            parts = parts * goals["own_worth"]
        total = float(parts.sum())
        weights = parts / total if total else parts * np.nan
    else:
        weights = pd.Series(1.0, goals.index)
    sums = [float((column * weights).sum(skipna=False)) for column in (actual, target, baseline)]
    rules = goals["rule"].unique()
    ratio = np.nan
    if len(rules) == 1 and rules[0] != attainment.Rule.SCALE:
        one = [np.array([value]) for value in sums]
        ratio = float(
            attainment.attained(
                np.array([rules[0]], dtype=object), one[0], one[1], baseline=one[2], step=np.array([np.nan]),
                higher=np.array([entry.better == "higher"]), cap=policy.cap,
            )[0]
        )  # fmt: skip
    return {
        "actual": sums[0], "target": sums[1], "sum_ratio": ratio,
        "mean_attainment": float(goals["attainment"].clip(0.0, policy.cap).mean()),
        "share_met": float((goals["attainment"] >= 1.0).mean()), "people": float(len(goals)),
    }  # fmt: skip


def _money_below(entry: KPI) -> bool:
    """Whether the denominators of a ratio are money: then people's must be brought to one currency before they weigh."""
    if entry.shape == Shape.GROWTH:
        return any(part.money for part in Amount.of(entry.numerator).parts)
    return entry.denominator is not None and entry.denominator.money


def _currencies(measured: Measured) -> dict[tuple[str, str, str], str]:
    rows = measured.measures
    rows = rows[rows["grain"].eq("quarter") & rows["period"].eq(str(measured.quarter)) & rows["currency"].notna()]
    keys = zip(rows["level"].astype(str), rows["entity_id"].astype(str), rows["kpi"].astype(str), strict=True)
    return dict(zip(keys, rows["currency"].astype(str), strict=True))


def _worth(currency: pd.Series[str], rates: dict[str, float]) -> pd.Series[float]:
    """What one unit of each currency is worth; 1 where a KPI is no money."""
    return currency.map(rates).astype("float64").fillna(1.0)
