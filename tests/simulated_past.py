"""A client's past as tables, from arrays of persons by quarters: what a test plants is all there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kpi_toolkit import artifacts
from kpi_toolkit.engagement import Engagement
from kpi_toolkit.kpis.catalogue import CATALOGUE
from kpi_toolkit.kpis.declaration import Shape, Unit
from kpi_toolkit.kpis.measured import Measured
from kpi_toolkit.quarter import Quarter

QUARTER = Quarter.parse("2026Q3")
KPIS = {entry.id: entry for entry in CATALOGUE}


def engagement(**given: Any) -> Engagement:
    """An engagement with default rules but those given."""
    return Engagement(path=Path("engagement.yml"), client="Test", sources={"people": [{"file": "p.csv"}]}, **given)


def past(
    values: Mapping[str, np.ndarray],
    *,
    quarter: Quarter = QUARTER,
    countries: Sequence[str] | None = None,
    company: Mapping[str, np.ndarray] | None = None,
    events: float = 20.0,
    presence: np.ndarray | None = None,
    incomplete: Sequence[tuple[str, str, str]] = (),
    quotas: pd.DataFrame | None = None,
    missing: Mapping[str, str] | None = None,
    through: bool = False,
) -> Measured:
    """Persons p00, p01 … whose quarters end with the one before `quarter` (`through`: with `quarter` itself).

    `values` by KPI, `(persons, quarters)`, NaN for no value. Groups: sums of what adds up, means of the rest, unless
    `company` gives the company's own. KPIs without values are not available (`missing` says why).
    """
    shape = next(iter(values.values())).shape if values else (0, 0)
    last = quarter if through else quarter.previous
    periods = [str(last.shifted(-back)) for back in range(shape[1] - 1, -1, -1)]
    ids = [f"p{at:02d}" for at in range(shape[0])]
    lands = list(countries or ["VN"] * shape[0])
    rows: list[dict[str, Any]] = []

    def put(level: str, entity: str, kpi: str, series: np.ndarray) -> None:
        unit = KPIS[kpi].unit
        for period, value in zip(periods, series, strict=True):
            rows.append(
                {
                    "level": level, "entity_id": entity, "entity_name": entity, "grain": "quarter", "period": period, "kpi": kpi,
                    "value": value, "value_constant": value, "numerator": value, "denominator": None,
                    "events": 0.0 if np.isnan(value) or value == 0 else events, "unit": str(unit),
                    "currency": "USD" if unit == Unit.MONEY else None,
                }
            )  # fmt: skip

    for kpi, table in values.items():
        adds = KPIS[kpi].shape in (Shape.COUNT, Shape.SUM, Shape.DISTINCT)
        for person, series in zip(ids, table, strict=True):
            put("person", person, kpi, series)
        groups = {("country", land): np.array([one == land for one in lands]) for land in sorted(set(lands))}
        for (level, entity), members in {**groups, ("company", "company"): np.ones(shape[0], dtype=bool)}.items():
            known = np.isfinite(table[members])
            total = np.where(known.any(axis=0), np.nansum(table[members], axis=0), np.nan)
            own = total if adds else total / np.maximum(known.sum(axis=0), 1)
            put(level, entity, kpi, (company or {}).get(kpi, own) if level == "company" else own)
    every = sorted({*periods, str(quarter)})
    there = presence if presence is not None else np.ones((shape[0], len(periods)))
    tables = {
        "measures": pd.DataFrame(rows, columns=pd.Index(list(artifacts.MEASURES.columns))),
        "people": pd.DataFrame(
            [
                {
                    "person_id": person, "name": person, "manager_id": None, "team": None, "country": land, "region": None,
                    "role": None, "currency": "USD", "language": "en", "joined_on": "2020-01-01", "left_on": None,
                    "first_fact": "2020-01-01", "employed": True, "has_goals": True, "variable_pay": None, "potential": None,
                }
                for person, land in zip(ids, lands, strict=True)
            ]
        ) if ids else None,
        "presence": pd.DataFrame(
            [
                {"person_id": person, "quarter": period, "working_days": 64.0, "present_days": 64 * share, "presence": share}
                for person, row in zip(ids, there, strict=True)
                for period, share in zip(periods, row, strict=True)
            ]
        ) if ids else None,
        "coverage": pd.DataFrame(
            [
                {
                    "source": source, "country": land, "quarter": period,
                    "first_fact": Quarter.parse(periods[0]).first_day if periods else None, "last_fact": None,
                    "complete": (source, land, period) not in incomplete,
                }
                for source in ("orders", "activities", "opportunities", "payments", "leads", "spend")
                for land in sorted({*lands, ""})
                for period in every
            ]
        ),
        "availability": pd.DataFrame(
            [
                {"kpi": kpi, "available": kpi in values, "missing": None if kpi in values else (missing or {}).get(kpi, "leads")}
                for kpi in KPIS
            ]
        ),
        "quotas": quotas,
        "rates": pd.DataFrame([{"currency": "USD", "rate": 1.0}]),
    }  # fmt: skip
    full = {
        name: artifacts.conform(name, tables.get(name))
        for name in (
            "measures",
            "people",
            "presence",
            "proration",
            "coverage",
            "availability",
            "quotas",
            "rates",
            "intake",
            "findings",
        )
    }
    return Measured(quarter=quarter, client="Test", reporting_currency="USD", as_of=None, catalogue=KPIS, **full)


def skills(seed: int, people: int = 20, quarters: int = 12, lasting: float = 0.6, level: float = 100.0) -> np.ndarray:
    """Values `(people, quarters)` around a level of which the share `lasting` of the variance between people lasts."""
    rng = np.random.default_rng(seed)
    spread = 0.2 * level
    between = rng.normal(0, spread * np.sqrt(lasting), (people, 1))
    return level + between + rng.normal(0, spread * np.sqrt(1 - lasting), (people, quarters))
