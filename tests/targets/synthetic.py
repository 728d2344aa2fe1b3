"""Clients with known truth: measures, people, presence and rates written by hand, for the tests of targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from kpi_toolkit.artifacts import conform, empty
from kpi_toolkit.engagement import Engagement
from kpi_toolkit.kpis.measured import Measured
from kpi_toolkit.quarter import Quarter

TARGET = "2026Q3"
ARRAY = np.ndarray[Any, np.dtype[np.float64]]


def kpi(kpi_id: str, shape: str, unit: str, better: str = "higher", scale: float | None = None) -> Any:
    """As much of a KPI's declaration as targets read."""
    return SimpleNamespace(id=kpi_id, shape=shape, unit=unit, better=better, scale=scale)


CATALOGUE = {
    one.id: one
    for one in (
        kpi("revenue", "sum", "money"),
        kpi("new_customers", "count", "count"),
        kpi("active_customers", "distinct", "count"),
        kpi("win_rate", "ratio", "share"),
        kpi("discount_rate", "ratio", "share", "lower"),
        kpi("cost_per_lead", "ratio", "money", "lower"),
        kpi("revenue_growth", "growth", "share"),
        kpi("average_order_value", "ratio", "money"),
        kpi("sales_cycle_days", "ratio", "days", "lower"),
    )
}


@dataclass
class Client:
    """People `(n,)`; for each KPI values `(n, quarters)` before the target, in `parts` their numerators and denominators."""

    values: Mapping[str, ARRAY]
    parts: Mapping[str, tuple[ARRAY, ARRAY]] = field(default_factory=dict)
    countries: Sequence[str] | None = None
    roles: Sequence[str] | None = None
    currencies: Sequence[str] | None = None
    rates: Mapping[str, float] = field(default_factory=lambda: {"USD": 1.0})
    presence: ARRAY | None = None  # (n, quarters + 1), the last of the target quarter
    has_goals: Sequence[bool] | None = None
    employed: Sequence[bool] | None = None
    company: Mapping[str, ARRAY] = field(default_factory=dict)  # (quarters,); the sum of people's where absent

    @property
    def n(self) -> int:
        return int(next(iter(self.values.values())).shape[0])

    @property
    def ids(self) -> list[str]:
        return [f"P{number:04d}" for number in range(self.n)]

    def measured(self, target: str = TARGET, order: Sequence[int] | None = None) -> Measured:
        """The history, its rows in the order asked for."""
        quarter = Quarter.parse(target)
        quarters = next(iter(self.values.values())).shape[1]
        names = [str(quarter.shifted(back - quarters)) for back in range(quarters + 1)]
        currencies = self.currencies or ["USD"] * self.n
        rows: list[dict[str, Any]] = []
        for name, table in self.values.items():
            money = CATALOGUE[name].unit == "money"
            top, bottom = self.parts.get(name, (table, np.full(table.shape, np.nan)))
            for at, person in enumerate(self.ids):
                for period in range(quarters):
                    if not np.isnan(table[at, period]):
                        one = {"entity_id": person, "value": table[at, period], "numerator": top[at, period]}
                        one |= {"denominator": bottom[at, period], "currency": currencies[at] if money else None}
                        rows.append({**one, "level": "person", "period": names[period], "kpi": name})
            worth = np.array([self.rates[one] for one in currencies]) if money else np.ones(self.n)
            total = self.company.get(name, np.nansum(table * worth[:, None], axis=0))
            for period in range(quarters):
                one = {"entity_id": "company", "value": total[period], "currency": "USD" if money else None}
                rows.append({**one, "level": "company", "period": names[period], "kpi": name, "numerator": total[period]})
        measures = pd.DataFrame(rows).assign(grain="quarter", entity_name=None, events=1.0)
        measures["value_constant"] = measures["value"]
        measures["unit"] = measures["kpi"].map({name: one.unit for name, one in CATALOGUE.items()})
        for column in ("denominator", "numerator"):
            measures[column] = measures.get(column, np.nan)
        measures = conform("measures", measures)
        people = pd.DataFrame({
            "person_id": self.ids, "name": self.ids, "manager_id": None, "team": "T1",
            "country": self.countries or ["VN"] * self.n, "region": None, "role": self.roles or ["rep"] * self.n,
            "currency": currencies, "language": None, "joined_on": None, "left_on": None, "first_fact": None,
            "employed": self.employed or [True] * self.n, "has_goals": self.has_goals or [True] * self.n,
            "variable_pay": 0.0, "potential": 0.0,
        })  # fmt: skip
        there = self.presence if self.presence is not None else np.ones((self.n, quarters + 1))
        presence = pd.DataFrame([
            {"person_id": person, "quarter": names[period], "working_days": 60.0, "present_days": 60 * there[at, period],
             "presence": there[at, period]}
            for at, person in enumerate(self.ids)
            for period in range(quarters + 1)
        ])  # fmt: skip
        rates = pd.DataFrame({"currency": list(self.rates), "rate": list(self.rates.values())})
        tables = {"measures": measures, "people": people, "presence": presence, "rates": rates}
        if order is not None:
            rng = np.random.default_rng(order)
            tables = {name: table.iloc[rng.permutation(len(table))].reset_index(drop=True) for name, table in tables.items()}
        rest = {name: empty(name) for name in ("proration", "coverage", "availability", "quotas", "intake", "findings")}
        return Measured(quarter, "Test", "USD", None, **tables, **rest, catalogue=CATALOGUE)


class Chosen:
    """A proposal that chooses KPIs."""

    def __init__(self, *kpis: str, **columns: Any) -> None:
        self.kpis, self.columns = kpis, columns

    def tables(self) -> dict[str, pd.DataFrame]:
        table = pd.DataFrame({"kpi": list(self.kpis)}).assign(
            role=None, chosen=True, weight=20.0, measured_at="person", reason="chosen", kind="lagging", serves="growth",
            completeness=1.0, reliability=1.0, redundancy=0.0, relevance=1.0,
        )  # fmt: skip
        return {"proposal": conform("proposal", table.assign(**self.columns))}


def engagement(goals: Mapping[str, Mapping[str, float]] | None = None, **policy: Any) -> Engagement:
    return Engagement.model_validate({
        "path": Path("/tmp/engagement.yml"), "client": "Test", "reporting_currency": "USD",
        "sources": {"people": {"file": "p.csv"}}, "company_goals": goals or {}, "policy": policy,
    })  # fmt: skip


@dataclass
class World:
    """People whose next quarter is known: levels, drift, season, growth and shared shocks on the logarithm."""

    people: int
    quarters: int
    level: float = 11.0
    between: float = 0.5
    drift: float = 0.04
    shock: float = 0.05
    growth: float = 0.01
    season: tuple[float, float, float, float] = (-0.15, 0.05, -0.05, 0.15)

    def expected(self, rng: np.random.Generator) -> ARRAY:
        """Logarithms of what is expected, `(people, quarters + 1)`; the last is the target's (quarter 3 of a year)."""
        periods = self.quarters + 1
        own = self.level + self.between * rng.standard_normal((self.people, 1))
        own = own + np.cumsum(self.drift * rng.standard_normal((self.people, periods)), axis=1)
        season = np.array([self.season[(2 - back) % 4] for back in range(periods - 1, -1, -1)])
        return own + season + self.growth * np.arange(periods) + self.shock * rng.standard_normal(periods)
