"""From parts to the table of measures: a row an entity, period and KPI."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pandas as pd

from kpi_toolkit.artifacts import empty
from kpi_toolkit.kpis.declaration import KPI, Amount, Shape, Unit
from kpi_toolkit.kpis.exchange import CONSTANT, LATER
from kpi_toolkit.kpis.timeline import YEAR
from kpi_toolkit.kpis.views import KEYS

NOBODY_KNOWN_NEW = 365  # days from the first order in which nobody is known to be new (contract, section 3)


def measures_of(parts: pd.DataFrame, kpis: Iterable[KPI], first_order: date | None, acquired_known: bool) -> pd.DataFrame:
    """The table of measures (columns of `artifacts.MEASURES`).

    `parts`: a row an entity and period with `KEYS`, entity_name, label, first (day), target (currency) and the parts.
    """
    before = _year_before(parts)
    known = np.ones(len(parts), dtype=bool)
    if first_order is not None and not acquired_known:
        known = (parts["first"] >= pd.Timestamp(first_order + timedelta(days=NOBODY_KNOWN_NEW))).to_numpy()
    tables = []
    for kpi in kpis:
        table = parts[["level", "entity_id", "entity_name", "grain"]].copy()
        table["period"], table["kpi"] = parts["label"], kpi.id
        numbers = _growth(parts, before, kpi) if kpi.shape == Shape.GROWTH else _plain(parts, kpi)
        if kpi.needs_firsts:
            numbers.loc[~known] = np.nan
        numbers["events"] = parts[kpi.events.name].where(known) if kpi.needs_firsts else parts[kpi.events.name]
        table = pd.concat([table, numbers], axis=1)
        table["unit"] = str(kpi.unit)
        table["currency"] = parts["target"] if kpi.unit == Unit.MONEY else None
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else empty("measures")


def _sum(parts: pd.DataFrame, amount: Amount, ending: str = "") -> pd.Series[float]:
    total = pd.Series(0.0, index=parts.index)
    for sign, part in amount.terms:
        name = f"{part.name}{ending}"
        total += sign * parts[name if name in parts else part.name]
    return total


def _over(numerator: pd.Series[float], denominator: pd.Series[float]) -> pd.Series[float]:
    """The quotient, empty where the denominator is 0 or missing."""
    return numerator / denominator.where(denominator != 0)


def _plain(parts: pd.DataFrame, kpi: KPI) -> pd.DataFrame:
    amount = Amount.of(kpi.numerator)
    numerator, constant = _sum(parts, amount), _sum(parts, amount, CONSTANT if kpi.unit == Unit.MONEY else "")
    if kpi.denominator is None:
        return pd.DataFrame({"value": numerator, "value_constant": constant, "numerator": numerator, "denominator": np.nan})
    denominator = parts[kpi.denominator.name]
    value = _over(numerator, denominator)
    agreed = _over(constant, denominator) if kpi.unit == Unit.MONEY else value
    return pd.DataFrame({"value": value, "value_constant": agreed, "numerator": numerator, "denominator": denominator})


def _year_before(parts: pd.DataFrame) -> pd.DataFrame:
    """The parts of the same entity a year before, row by row; empty where it has none."""
    shifted = parts.assign(period=parts["period"] + parts["grain"].map(YEAR))
    numbers = [name for name in parts.columns if name not in (*KEYS, "entity_name", "label", "first", "target", "later")]
    return parts[[*KEYS]].merge(shifted[[*KEYS, *numbers]], on=[*KEYS], how="left").set_index(parts.index)


def _growth(parts: pd.DataFrame, before: pd.DataFrame, kpi: KPI) -> pd.DataFrame:
    """Now ÷ a year before − 1, both in today's currency of the entity; empty where the year before is absent, 0 or negative."""
    amount = Amount.of(kpi.numerator)
    now, then = _sum(parts, amount), _sum(before, amount, LATER)
    if kpi.denominator is not None:
        now, then = _over(now, parts[kpi.denominator.name]), _over(then, before[kpi.denominator.name])
    then = then.where(then > 0)
    value = now / then - 1
    return pd.DataFrame({"value": value, "value_constant": value, "numerator": now, "denominator": then})
