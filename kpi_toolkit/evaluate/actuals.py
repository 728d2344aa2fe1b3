"""Verbs on the table of goals: checked, with actuals, prorated, attained, decided. Each adds columns and returns the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpi_toolkit.errors import KpiError
from kpi_toolkit.evaluate import attainment
from kpi_toolkit.evaluate.panel import FloatArray, countries_of, reaching
from kpi_toolkit.kpis.declaration import Shape, Unit
from kpi_toolkit.language import N_

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Policy
    from kpi_toolkit.kpis.measured import Measured

OWN_GOAL = "own_"  # goals in the employee's own words begin so; their results come from the ledger, not from measures
LEVELS = ("person", "team", "country", "company")
COMPANY = "company"
STRENGTH = {"excuse": 2, "adjust": 1, "keep": 0}  # of several decisions on one goal the strongest holds, then the latest


class NoAgreedRate(KpiError):
    code = "K402"
    message = N_(
        "Goal {kpi} of {person}, {quarter}: no agreed rate for {currency}. Add it to the rates, or name the goal's currency."
    )


class UnknownGoal(KpiError):
    code = "K403"
    message = N_("Goal {kpi} of {person}, {quarter}, in {source}: no such KPI. Declare it under kpis.custom, or mend the goal.")


def agreed_rates(measured: Measured) -> dict[str, float]:
    """What one unit of a currency is worth in the reporting currency on the last day before the quarter."""
    table = measured.rates.dropna(subset=["currency", "rate"])
    known = dict(zip(table["currency"].astype(str), table["rate"].astype(float), strict=True))
    return {measured.reporting_currency: 1.0} | known if measured.reporting_currency else known


def with_kpis(goals: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """Each goal with what its KPI is: better, unit, shape, step (its `scale`). Raises `UnknownGoal`."""
    out = goals.reset_index(drop=True).copy()
    for column in ("person_id", "kpi", "measured_at", "rule", "currency", "quarter"):
        out[column] = out[column].astype("object").where(out[column].notna(), None)
    for column in ("target", "weight", "threshold", "stretch", "baseline"):
        out[column] = pd.to_numeric(out[column]).astype("float64")
    out["measured_at"] = out["measured_at"].fillna("person")
    better, unit, shape, step = [], [], [], []
    for row in out.itertuples():
        entry = measured.catalogue.get(str(row.kpi))
        if entry is None and not str(row.kpi).startswith(OWN_GOAL):
            raise UnknownGoal(kpi=row.kpi, person=row.person_id, quarter=measured.quarter, source=_source(row.agreed))
        better.append(str(entry.better) if entry else "higher")
        unit.append(str(entry.unit) if entry else "")
        shape.append(str(entry.shape) if entry else "")
        step.append(entry.scale if entry and entry.scale else np.nan)
    out["better"], out["unit"], out["shape"] = (pd.Series(part, dtype="object") for part in (better, unit, shape))
    out["step"] = pd.Series(step, dtype="float64")
    rules = {kpi: str(entry.default_rule) for kpi, entry in measured.catalogue.items()}
    out["rule"] = out["rule"].fillna(out["kpi"].map(rules)).fillna(str(attainment.Rule.RATIO))
    return out


def checked(goals: pd.DataFrame) -> pd.DataFrame:
    """The goals, each of which its rule can use. Raises `TargetError`, which names the goal."""
    figures = ["target", "baseline", "step", "threshold", "stretch"]
    for row in goals.to_dict("records"):
        numbers = {name: float(row[name]) for name in figures}
        fault = attainment.fault(str(row["rule"]), higher=bool(row["better"] == "higher"), **numbers)
        if fault:
            named = {"kpi": row["kpi"], "person": row["person_id"], "quarter": row["quarter"], "source": _source(row["agreed"])}
            raise attainment.TargetError(**named, problem=fault[0], expected=fault[1])
    return goals


def with_actuals(goals: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """Adds entity_id (whose measure it is), actual in the goal's currency, denominator, complete.

    A person's actual is the measure in their own currency; that of a team, country or company is taken at the agreed rates. A
    goal signed in another currency is held against the actual at the agreed rates. Raises `NoAgreedRate`.
    """
    out = goals.copy()
    people = measured.people.set_index("person_id")
    out["entity_id"] = out["person_id"]
    for level in ("team", "country"):
        at = out["measured_at"].eq(level)
        out.loc[at, "entity_id"] = out.loc[at, "person_id"].map(people[level].astype("object"))
    out.loc[out["measured_at"].eq(COMPANY), "entity_id"] = COMPANY
    rows = measured.measures
    rows = rows[rows["grain"].eq("quarter") & rows["period"].eq(str(measured.quarter)) & rows["kpi"].isin(set(out["kpi"]))]
    own = rows[["level", "entity_id", "kpi", "value", "value_constant", "denominator", "currency"]].astype(
        {"level": "object", "entity_id": "object", "kpi": "object", "currency": "object"}
    )
    own = own.rename(columns={"level": "measured_at", "currency": "own_currency"})
    out = out.merge(own, on=["measured_at", "entity_id", "kpi"], how="left", validate="many_to_one")
    out["actual"] = out["value"].where(out["measured_at"].eq("person"), out["value_constant"]).astype("float64")
    money = out["unit"].eq(str(Unit.MONEY))
    out["currency"] = out["currency"].where(money, None)
    out["currency"] = out["currency"].where(out["currency"].notna(), out["own_currency"].where(money, None))
    other = money & out["actual"].notna() & out["currency"].ne(out["own_currency"]).fillna(False)
    rates = agreed_rates(measured)
    for at in out.index[other]:
        row = out.loc[at]
        for currency in (row["own_currency"], row["currency"]):
            if currency not in rates:
                raise NoAgreedRate(kpi=row["kpi"], person=row["person_id"], quarter=measured.quarter, currency=currency)
        out.loc[at, "actual"] = row["actual"] * rates[row["own_currency"]] / rates[row["currency"]]
    out["complete"] = _complete(out, measured)
    return out.drop(columns=["value", "value_constant"])


def prorated(goals: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """Adds presence, factor, prorated_target; threshold_here, stretch_here and baseline_here, shortened with it.

    Growth and the goals of groups are not shortened. Presence 0: the goal is undefined and the target empty. So it is where a
    usual quarter gives nothing over the days present.
    """
    out = goals.copy()
    here = measured.presence[measured.presence["quarter"].eq(str(measured.quarter))]
    there = dict(zip(here["person_id"].astype(str), here["presence"].astype(float), strict=True))
    out["presence"] = out["person_id"].map(there).astype("float64").fillna(0.0)
    factors = measured.proration[["person_id", "kpi", "factor"]].astype({"person_id": "object", "kpi": "object"})
    out = out.merge(factors, on=["person_id", "kpi"], how="left", validate="many_to_one")
    whole = out["measured_at"].ne("person") | out["shape"].eq(str(Shape.GROWTH))
    out["factor"] = out["factor"].astype("float64").mask(whole, 1.0).fillna(1.0).where(out["presence"] > 0, np.nan)
    out["factor"] = out["factor"].where(out["factor"] > 0, np.nan)
    out["prorated_target"] = out["target"] * out["factor"]
    for mark in ("threshold", "stretch", "baseline"):
        out[f"{mark}_here"] = out[mark] * out["factor"]
    return out


def attained(goals: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Adds attainment, payout (only where complete) and band (only where complete)."""
    out = goals.copy()
    out["attainment"] = _attainment(out, out["actual"], policy)
    payout = attainment.paid(
        _array(out["attainment"]), _array(out["actual"]), _array(out["prorated_target"]), _array(out["threshold_here"]),
        _array(out["stretch_here"]), higher=out["better"].eq("higher").to_numpy(dtype=bool), cap=policy.cap,
    )  # fmt: skip
    complete = out["complete"].astype(bool)
    out["payout"] = pd.Series(payout, out.index).where(complete, np.nan)
    out["band"] = attainment.banded(_array(out["attainment"].where(complete, np.nan)), policy.bands)
    return out


def decided(goals: pd.DataFrame, decisions: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Adds decision, adjusted, and attainment_decided: the attainment with the actual that counts.

    Measured columns stay as they are.
    """
    out = goals.copy()
    table = decisions.assign(strength=decisions["decision"].map(STRENGTH).astype("float64"))
    table = table.sort_values(["strength", "decided_on", "exception_id"], kind="stable", na_position="first")
    table = table[table["person_id"].notna() & table["kpi"].notna()]
    holds = {
        (str(row["person_id"]), str(row["kpi"])): (str(row["decision"]), float(row["adjusted"]))
        for row in table.astype({"adjusted": "float64"}).to_dict("records")
    }
    own = out["measured_at"].eq("person")
    found = [
        holds.get((str(row.person_id), str(row.kpi)), (None, np.nan)) if mine else (None, np.nan)
        for row, mine in zip(out.itertuples(), own, strict=True)
    ]
    out["decision"] = pd.Series([decision for decision, _ in found], out.index, dtype="object")
    out["adjusted"] = pd.Series([value for _, value in found], out.index, dtype="float64").where(
        out["decision"].eq("adjust"), np.nan
    )
    out["attainment_decided"] = _attainment(out, out["actual"].where(out["adjusted"].isna(), out["adjusted"]), policy)
    return out


def _attainment(goals: pd.DataFrame, actual: pd.Series[float], policy: Policy) -> FloatArray:
    return attainment.attained(
        goals["rule"].to_numpy(dtype=object), _array(actual), _array(goals["prorated_target"]),
        baseline=_array(goals["baseline_here"]), step=_array(goals["step"]),
        higher=goals["better"].eq("higher").to_numpy(dtype=bool), cap=policy.cap,
    )  # fmt: skip


def _complete(goals: pd.DataFrame, measured: Measured) -> pd.Series[bool]:
    """Whether the sources of each goal reach the quarter's end; a KPI that is measured from nothing (own words) is complete."""
    out = pd.Series(True, goals.index)
    for (kpi, level), part in goals.groupby(["kpi", "measured_at"], sort=True):
        if kpi in measured.catalogue:
            reached = reaching(measured, str(kpi), str(level))
            entities = pd.Index(part["entity_id"].astype(str), dtype="object")
            whole = [reached(one, str(measured.quarter)) for one in countries_of(measured, str(level), entities)]
            out.loc[part.index] = pd.Series(whole, part.index)
    return out.astype(bool)


def _source(agreed: object) -> str:
    return "ledger.jsonl" if agreed else "quotas"


def _array(column: pd.Series[float]) -> FloatArray:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
