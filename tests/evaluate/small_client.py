"""A small client made of tables, with whatever values a test gives it: no files, no engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from kpi_toolkit.kpis.measured import Measured

from kpi_toolkit import artifacts
from kpi_toolkit.engagement import Engagement, Policy
from kpi_toolkit.goals.agreed import DECISION_COLUMNS, GOAL_COLUMNS, Agreed
from kpi_toolkit.kpis.declaration import KPI, Better, Kind, Part, Shape, Unit
from kpi_toolkit.quarter import Quarter

QUARTER = Quarter.parse("2026Q3")


def kpi(
    id: str, unit: str, shape: str, *, better: str = "higher", needs: Sequence[str] = ("orders",), money_below: bool = False,
    scale: float | None = None,
) -> KPI:  # fmt: skip
    """A declaration whose arithmetic no test here runs."""
    money = unit == "money" or money_below or shape == "growth"
    top = Part(id, "orders", lambda t: t, money=money)
    below = Part(f"{id}_below", "orders", lambda t: t, money=money_below) if shape == "ratio" else None
    return KPI(
        id=id, name=id, needs=tuple(needs), numerator=top, denominator=below, unit=Unit(unit), better=Better(better),
        kind=Kind.LAGGING, serves="growth", shape=Shape(shape), events=Part("rows", "orders", lambda t: t), scale=scale,
    )  # fmt: skip


CATALOGUE = {
    entry.id: entry
    for entry in (
        kpi("revenue", "money", "sum"),
        kpi("orders", "count", "distinct"),
        kpi("new_customers", "count", "count"),
        kpi("win_rate", "share", "ratio", needs=("opportunities",)),
        kpi("gross_margin", "share", "ratio", money_below=True),
        kpi("average_order_value", "money", "ratio"),
        kpi("sales_cycle_days", "days", "ratio", better="lower", needs=("opportunities",)),
        kpi("revenue_growth", "share", "growth"),
        kpi("balance", "money", "sum", scale=50.0),
    )
}


def row(
    person: str, kpi_id: str, value: float, period: str = str(QUARTER), *, level: str = "person", grain: str = "quarter",
    constant: float | None = None, below: float | None = None, events: float = 20.0, currency: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One measure; `below` is the denominator of a ratio, and for growth what was before."""
    entry = CATALOGUE[kpi_id]
    top = value if below is None else value * below if entry.shape == Shape.RATIO else (1 + value) * below
    return {
        "level": level, "entity_id": person, "entity_name": person, "grain": grain, "period": period, "kpi": kpi_id,
        "value": value,
        "value_constant": value if constant is None else constant, "numerator": top, "denominator": below, "events": events,
        "unit": str(entry.unit), "currency": (currency or "USD") if entry.unit == Unit.MONEY else None,
    }  # fmt: skip


def measured(
    rows: Sequence[Mapping[str, Any]],
    people: Mapping[str, Mapping[str, Any]],
    *,
    quarter: Quarter = QUARTER,
    presence: Mapping[tuple[str, str], float] | None = None,
    factor: Mapping[tuple[str, str], float] | None = None,
    incomplete: Sequence[tuple[str, str, str]] = (),
    rates: Mapping[str, float] | None = None,
    unavailable: Mapping[str, str] | None = None,
) -> Measured:
    """The tables that intake and the measures leave. Everyone is there in full unless `presence` or `factor` says otherwise."""
    measures = pd.DataFrame(list(rows), columns=pd.Index(list(artifacts.MEASURES.columns)))
    quarters = sorted({str(quarter), *(str(p) for p in measures.loc[measures["grain"].eq("quarter"), "period"])})
    standing = pd.DataFrame(
        [
            {
                "person_id": person, "name": person.upper(), "manager_id": about.get("manager"), "team": about.get("team"),
                "country": about.get("country"), "region": None, "role": about.get("role"),
                "currency": about.get("currency", "USD"),
                "language": "en", "joined_on": None, "left_on": None, "first_fact": None, "employed": True, "has_goals": True,
                "variable_pay": None, "potential": None,
            }
            for person, about in people.items()
        ]
    )  # fmt: skip
    there = [
        {"person_id": person, "quarter": name, "working_days": 64.0, "presence": (presence or {}).get((person, name), 1.0)}
        for person in people
        for name in quarters
    ]
    present = pd.DataFrame(there, columns=pd.Index(["person_id", "quarter", "working_days", "presence"]))
    present["present_days"] = (present["presence"] * 64).round()
    share = present[present["quarter"].eq(str(quarter))].set_index("person_id")["presence"]
    shortened = [
        {
            "person_id": person, "kpi": entry, "factor": (factor or {}).get((person, entry), float(share[person])),
            "presence": float(share[person]), "method": "working_days",
        }
        for person in people
        for entry in CATALOGUE
    ]  # fmt: skip
    countries = sorted({str(about.get("country") or "") for about in people.values()} | {""})
    coverage = [
        {
            "source": source, "country": country, "quarter": name, "first_fact": None, "last_fact": None,
            "complete": (source, country, name) not in incomplete,
        }
        for source in ("orders", "opportunities")
        for country in countries
        for name in quarters
    ]  # fmt: skip
    available = [
        {"kpi": entry, "available": entry not in (unavailable or {}), "missing": (unavailable or {}).get(entry)}
        for entry in CATALOGUE
    ]
    worth = pd.DataFrame([{"currency": code, "rate": value} for code, value in {"USD": 1.0, **(rates or {})}.items()])
    tables = {
        "measures": measures, "people": standing, "presence": present, "proration": pd.DataFrame(shortened),
        "coverage": pd.DataFrame(coverage), "availability": pd.DataFrame(available), "rates": worth,
    }  # fmt: skip
    full = {name: artifacts.conform(name, table) for name, table in tables.items()}
    full |= {name: artifacts.empty(name) for name in ("quotas", "intake", "findings")}
    return Measured(quarter=quarter, client="Test", reporting_currency="USD", as_of=None, catalogue=CATALOGUE, **full)


def goals(*rows: Mapping[str, Any], signed: bool = True, decisions: Sequence[Mapping[str, Any]] = ()) -> Agreed:
    """What was agreed: rows of person_id, kpi, target and whatever else a goal has.

    Weights shared equally where none is given.
    """
    table = pd.DataFrame(
        [{"measured_at": "person", "agreed": signed, "quarter": str(QUARTER), **goal} for goal in rows],
    ).reindex(columns=list(GOAL_COLUMNS))
    if len(table):
        equal = 100.0 / table.groupby("person_id")["kpi"].transform("size")
        table["weight"] = pd.to_numeric(table["weight"]).fillna(equal)
    decided = pd.DataFrame(list(decisions)).reindex(columns=list(DECISION_COLUMNS))
    states = pd.DataFrame(columns=pd.Index(["person_id", "state"]))
    return Agreed(QUARTER, table.astype({"agreed": "bool"}), decided, states, head="0" * 64)


def engagement(**policy: Any) -> Engagement:
    """An engagement with default rules but those given."""
    return Engagement(
        path=Path("engagement.yml"), client="Test", sources={"people": [{"file": "p.csv"}]}, policy=Policy(**policy)
    )
