"""Made-up artifacts of one quarter: a client with four countries, 24 people and six KPIs, as the steps would leave them.

Everything is drawn from one seed; what the tests hold against it stands in constants. `Here` stands in for an opened quarter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from kpi_toolkit import artifacts, engagement, language
from kpi_toolkit.language import Language
from kpi_toolkit.quarter import Quarter

SEED = 7
QUARTER = "2026Q3"
COUNTRIES = {"Việt Nam": "VND", "Türkiye": "TRY", "Thailand": "THB", "Germany": "EUR"}
PER_COUNTRY = 6
KPIS = {
    "revenue": 35.0, "new_customers": 20.0, "customer_retention": 15.0, "win_rate": 10.0,
    "sales_cycle_days": 10.0, "visits": 10.0,
}  # fmt: skip
RATES = {"VND": 1 / 26000, "TRY": 1 / 45, "THB": 1 / 36, "EUR": 1.1, "USD": 1.0}
GOAL = 1_200_000.0
ENGAGEMENT = """\
client: Minh Khê & Sons
language: vi
reporting_currency: USD
company_goals: {revenue: {2026Q3: 1200000}}
sources:
  people: {file: raw/people.csv}
  orders: {file: raw/orders.csv}
"""
VERDICT_AT = (0.9, 0.5, 0.1)


@dataclass(frozen=True)
class Here:
    """An opened quarter as the report sees it, over a folder of artifacts."""

    root: Path
    quarter: Quarter
    language: Language
    engagement: Any
    manifest: Mapping[str, Any] = field(default_factory=dict)
    ledger_head: str = ""

    @property
    def as_of(self) -> date | None:
        return None

    @property
    def folder(self) -> Path:
        return self.root / str(self.quarter)

    @property
    def measured(self) -> Any:
        return SimpleNamespace(catalogue={})

    @property
    def results(self) -> Path:
        return self.root / str(self.quarter) / "results"

    def has(self, name: str) -> bool:
        return (self.results / f"{name}.parquet").is_file()

    def table(self, name: str) -> pd.DataFrame:
        return artifacts.load(self.results, name)


def opened(root: Path, lang: str = "en", quarter: str = QUARTER) -> Here:
    """The quarter of a folder, opened in a language."""
    manifest = {"versions": {"kpi-toolkit": "0.1.0", "pandas": "3.1.1"}, "seed": 20260701, "inputs": {"raw/orders.csv": "00"}}
    return Here(root, Quarter.parse(quarter), language.load(lang), engagement.load(root), manifest, "90f8073301bf" + "0" * 52)


def bare(root: Path, text: str = "client: Nobody\nsources:\n  orders: {file: raw/orders.csv}\n") -> Path:
    """A client for whom no step has left anything."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "engagement.yml").write_text(text, encoding="utf-8")
    return root


def write(root: Path) -> Path:
    """Write the client's artifacts below a folder."""
    bare(root, ENGAGEMENT)
    rng = np.random.default_rng(SEED)
    people = _people()
    goals = _goals(people, rng)
    tables = {
        "people": people,
        "measures": _measures(goals, rng),
        "evaluation": goals,
        "groups": _groups(goals, people),
        "scores": _scores(goals, people),
        "coverage": _coverage(),
        "availability": _availability(),
        "intake": _intake(),
        "findings": _findings(),
        "rates": pd.DataFrame({"currency": list(RATES), "rate": list(RATES.values())}),
        "proposal": _proposal(),
        "company_targets": _company_targets("2026Q3", 1.0),
        "exceptions": _exceptions(),
        "renewal": _renewal(),
    }
    tables["actions"] = _actions(tables["scores"], "2026Q3", "open")
    for name, table in tables.items():
        artifacts.save(root / QUARTER / "results", name, table)
    artifacts.save(root / "2026Q2" / "results", "actions", _actions(tables["scores"], "2026Q2", "done"))
    artifacts.save(root / "2026Q4" / "results", "company_targets", _company_targets("2026Q4", 1.04))
    artifacts.save(root / "2026Q4" / "results", "targets", _targets(goals))
    return root


def _people() -> pd.DataFrame:
    rows = []
    for country, currency in COUNTRIES.items():
        for at in range(PER_COUNTRY + (1 if country == "Germany" else 0)):
            number = len(rows) + 1
            rows.append(
                {
                    "person_id": f"P{number:02d}", "name": f"Nguyễn Thị Số {number}", "manager_id": "P01", "team": f"{country} 1",
                    "country": country, "currency": currency, "employed": True, "has_goals": True,
                    "variable_pay": 1000.0 / RATES[currency],
                }
            )  # fmt: skip
            assert at < 99
    rows[-1]["name"] = "Hans *Unscored* @home"
    return pd.DataFrame(rows).reindex(columns=list(artifacts.SCHEMAS["people"].columns))


def _goals(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    level = {"Việt Nam": 1.06, "Türkiye": 0.84, "Thailand": 1.03, "Germany": 0.98}
    target = {
        "revenue": 50_000.0, "new_customers": 12.0, "customer_retention": 0.88, "win_rate": 0.26,
        "sales_cycle_days": 42.0, "visits": 180.0,
    }  # fmt: skip
    rows = []
    for person in people.head(len(people) - 1).itertuples(index=False):
        for kpi, weight in KPIS.items():
            worth = 1 / RATES[person.currency] if kpi == "revenue" else 1.0
            wanted = target[kpi] * worth
            share = level[person.country] * float(rng.normal(1.0, 0.09))
            lower = kpi == "sales_cycle_days"
            actual = wanted * (2 - share if lower else share)
            attainment = 2 - actual / wanted if lower else actual / wanted
            p_met = float(np.clip(0.5 + (attainment - 1) * 4, 0.02, 0.98))
            rows.append(
                {
                    "person_id": person.person_id, "kpi": kpi, "measured_at": "person", "quarter": QUARTER,
                    "better": "lower" if lower else "higher", "target": wanted, "prorated_target": wanted, "actual": actual,
                    "attainment": attainment, "rule": "linear" if lower else "ratio", "weight": weight,
                    "payout": min(max(attainment, 0), 1.5), "band": _band(attainment), "p_met": p_met, "verdict": _verdict(p_met),
                    "complete": True, "agreed": True, "currency": person.currency if kpi == "revenue" else None,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _band(attainment: float) -> str:
    return "exceeded" if attainment >= 1.1 else "met" if attainment >= 1 else "near" if attainment >= 0.9 else "missed"


def _verdict(p: float) -> str:
    sure, half, low = VERDICT_AT
    return "met_sure" if p >= sure else "met_unsure" if p >= half else "missed_unsure" if p > low else "missed_sure"


def _groups(goals: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    country = people.set_index("person_id")["country"]
    goals = goals.assign(country=goals["person_id"].map(country), rate=goals["currency"].map(RATES).fillna(1.0))
    rows = []
    for level, key in (("company", None), ("country", "country")):
        for kpi in KPIS:
            part = goals[goals["kpi"].eq(kpi)]
            for entity, own in [("company", part)] if key is None else list(part.groupby(key)):
                add = kpi in ("revenue", "new_customers", "visits")
                rate = own["rate"] if level == "company" else 1.0
                actual, target = (
                    float((own[name] * rate).sum() if add else own[name].mean()) for name in ("actual", "prorated_target")
                )
                ratio = 2 - actual / target if kpi == "sales_cycle_days" else actual / target
                currency = None if kpi != "revenue" else "USD" if level == "company" else COUNTRIES[str(entity)]
                rows.append(
                    {
                        "level": level, "entity_id": entity, "kpi": kpi, "quarter": QUARTER,
                        "better": "lower" if kpi == "sales_cycle_days" else "higher", "actual": actual, "target": target,
                        "sum_ratio": ratio, "mean_attainment": own["attainment"].mean(),
                        "share_met": own["attainment"].ge(1).mean(),
                        "people": len(own), "currency": currency,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _scores(goals: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for person, own in goals.groupby("person_id"):
        score = float((own["weight"] * own["attainment"].clip(0, 1.5)).sum() / own["weight"].sum())
        p = float(np.clip(0.5 + (score - 1) * 6, 0.01, 0.99))
        rows.append(
            {
                "level": "person", "entity_id": person, "quarter": QUARTER, "score": score, "score_raw": score,
                "band": _band(score),
                "goals": len(own), "excused": 0, "p_met": p, "verdict": _verdict(p), "low": score - 0.08, "high": score + 0.08,
                "payout": float((own["weight"] * own["payout"]).sum() / own["weight"].sum()),
            }
        )  # fmt: skip
    mean = float(np.mean([row["score"] for row in rows]))
    rows.append(
        {"level": "company", "entity_id": "company", "quarter": QUARTER, "score": mean, "score_raw": mean, "band": _band(mean),
         "goals": len(goals), "excused": 0}
    )  # fmt: skip
    return pd.DataFrame(rows)


def _measures(goals: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rate = goals["currency"].map(RATES).fillna(1.0)
    now = float((goals["actual"] * rate)[goals["kpi"].eq("revenue")].sum())
    level = {
        "revenue": now / 3, "new_customers": 100.0, "customer_retention": 0.86, "win_rate": 0.27, "sales_cycle_days": 44.0,
        "visits": 1450.0, "orders": 900.0, "active_customers": 410.0,
    }  # fmt: skip
    rows = []
    months = [f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)][:33]
    for kpi, at in level.items():
        unit = "money" if kpi == "revenue" else "share" if kpi in ("customer_retention", "win_rate") else "count"
        for number, month in enumerate(months):
            drift = 1 + (0.02 * max(number - 24, 0) if kpi == "sales_cycle_days" else 0.003 * (number - 32))
            rows.append(_measure("month", month, kpi, at * drift * float(rng.normal(1, 0.04)), unit))
        for number, year in enumerate((2024, 2025, 2026)):
            for quarter in range(1, 5 if year < 2026 else 4):
                value = at * (3 if unit != "share" and kpi != "sales_cycle_days" else 1) * (0.86 + 0.07 * number)
                rows.append(
                    _measure(
                        "quarter", f"{year}Q{quarter}", kpi, now if (kpi, year, quarter) == ("revenue", 2026, 3) else value, unit
                    )
                )
    return pd.DataFrame(rows)


def _measure(grain: str, period: str, kpi: str, value: float, unit: str) -> dict[str, object]:
    return {
        "level": "company", "entity_id": "company", "entity_name": "Minh Khê", "grain": grain, "period": period, "kpi": kpi,
        "value": value, "value_constant": value, "numerator": value, "denominator": None, "events": 100, "unit": unit,
        "currency": "USD" if unit == "money" else None,
    }  # fmt: skip


def _coverage() -> pd.DataFrame:
    rows = [
        {"source": source, "country": country, "quarter": QUARTER, "first_fact": date(2023, 7, 1),
         "last_fact": date(2026, 8, 21) if (source, country) == ("activities", "Türkiye") else date(2026, 9, 30),
         "complete": (source, country) != ("activities", "Türkiye")}
        for source in ("orders", "activities")
        for country in COUNTRIES
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _availability() -> pd.DataFrame:
    known = dict.fromkeys((*KPIS, "orders", "active_customers"), "")
    missing = {"leads": "leads", "discount_rate": "orders.discount", "campaign_roi": "leads,spend"}
    return pd.DataFrame([{"kpi": kpi, "available": not text, "missing": text} for kpi, text in (known | missing).items()])


def _intake() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"table": "orders", "file": "raw/orders.csv", "rows_in": 12000, "used": 11852, "left_out": 100, "quarantined": 48},
            {"table": "people", "file": "raw/people.csv", "rows_in": 25, "used": 25, "left_out": 0, "quarantined": 0},
        ]
    )


def _findings() -> pd.DataFrame:
    row = {"table": "orders", "code": "outside_employment", "where": "P03", "detail": "", "rows": 4}
    return pd.DataFrame([row, row | {"code": "a_code_of_tomorrow", "detail": "x", "rows": 1}])


def _proposal() -> pd.DataFrame:
    chosen = [
        {"kpi": kpi, "role": None, "chosen": True, "weight": weight, "measured_at": "person", "reason": "no_such_reason:0.94",
         "kind": "lagging", "serves": "growth", "completeness": 1.0, "reliability": 0.7, "redundancy": 0.2, "relevance": 0.5}
        for kpi, weight in KPIS.items()
    ]  # fmt: skip
    other = {**chosen[0], "kpi": "orders", "chosen": False, "weight": None, "reason": "redundant_with:revenue:0.94"}
    return pd.DataFrame([*chosen, other])


def _company_targets(quarter: str, factor: float) -> pd.DataFrame:
    rows = []
    for kpi, low, middle, high in (("revenue", 1.10e6, 1.16e6, 1.23e6), ("new_customers", 270.0, 290.0, 312.0)):
        at = GOAL if kpi == "revenue" else 288.0
        rows.append(
            {
                "kpi": kpi, "quarter": quarter, "better": "higher", "goal": at * factor if kpi == "revenue" else None,
                "allocated": at * factor, "q10": low * factor, "q30": middle * factor * 0.98, "q50": middle * factor,
                "q70": middle * factor * 1.02, "q90": high * factor, "p_goal": 0.31 if kpi == "revenue" else None, "chance": 0.41,
                "unit": "money" if kpi == "revenue" else "count", "currency": "USD" if kpi == "revenue" else None,
                "status": "equal_difficulty:0.41" if kpi == "revenue" else "healthy_share:0.60",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _targets(goals: pd.DataFrame) -> pd.DataFrame:
    part = goals[goals["kpi"].eq("revenue")]
    return pd.DataFrame(
        {
            "person_id": part["person_id"], "kpi": "revenue", "measured_at": "person", "quarter": "2026Q4", "better": "higher",
            "target": part["target"] * 1.03, "p_hit": 0.41, "q10": part["target"] * 0.85,
            "q50": part["target"], "q90": part["target"] * 1.2,
            "unit": "money", "currency": part["currency"], "method": "equal_difficulty:0.41",
        }
    )  # fmt: skip


def _exceptions() -> pd.DataFrame:
    first = {
        "exception_id": "a1", "person_id": "P03", "kpi": "revenue", "period": "2026-08", "rule": "process_limit_outside",
        "evidence": "above:1950000000:1300000000:900000000:1700000000;points:1;grain:month;periods:24;events:9.5",
        "q_value": None,
        "proposed_treatment": "keep", "status": "open", "decision": None, "adjusted": None,
        "decided_by": None, "decided_on": None,
    }  # fmt: skip
    second = first | {
        "exception_id": "b2", "person_id": "P09", "kpi": None, "period": QUARTER, "rule": "context_presence",
        "evidence": "presence:0.45;days:29:64", "status": "decided", "decision": "excuse", "decided_by": "Deniz Aydın",
        "decided_on": date(2026, 10, 2),
    }  # fmt: skip
    third = first | {"exception_id": "c3", "person_id": "P12", "rule": "gaming_pulled_forward", "evidence": "share_late:0.41"}
    return pd.DataFrame([first, second, third])


def _renewal() -> pd.DataFrame:
    rows = [{"kpi": kpi, "health": "fine", "recommendation": "keep", "reason": "healthy:0.6"} for kpi in KPIS]
    rows[2] |= {"health": "too_hard", "recommendation": "adjust", "reason": "too_hard:0.2"}
    rows[5] |= {"health": "no_spread", "recommendation": "retire", "reason": "no_spread:0.01"}
    return pd.DataFrame(rows)


def _actions(scores: pd.DataFrame, quarter: str, status: str) -> pd.DataFrame:
    rows = []
    for row in scores[scores["level"].eq("person")].itertuples(index=False):
        kind, reason = "coaching", "score:0.93;chance:0.31;payout:0.93"
        if row.payout >= 1:
            kind, reason = "reward", "payout:1.12;score:1.08"
        elif row.verdict == "missed_sure":
            kind, reason = "development_plan", "score:0.71;chance:0.02;payout:0.71"
        rows.append(
            {
                "action_id": f"{quarter}-{row.entity_id}", "person_id": row.entity_id, "quarter": quarter, "action": kind,
                "reason": reason, "owner": "P01", "due_on": date(2026, 10, 20), "status": status,
                "done_on": date(2026, 9, 1) if status == "done" else None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
