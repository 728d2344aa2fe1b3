"""Scores of people and groups: the weighted attainment of what counts, with and without decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.evaluate import attainment
from kpi_toolkit.evaluate.actuals import COMPANY
from kpi_toolkit.evaluate.certainty import HIGH, LOW, RANKS
from kpi_toolkit.evaluate.panel import FloatArray

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Policy
    from kpi_toolkit.kpis.measured import Measured

LEAST_WEIGHT = 50.0  # of the goals that count; below it a score says too little of a person and stays empty
GROUP_LEVELS = ("team", "country")
EXCUSE = "excuse"
COLUMNS = ["score", "score_raw", "goals", "excused", "weight", "payout", "low", "high", "p_met"]


def counted(goals: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Adds missing (no data though the person was there), counts_raw, and counts (which follows decisions).

    Counts: complete, defined and, in `counts`, not excused. With `policy.missing` zero a missing goal counts, as an attainment
    of 0.
    """
    out = goals.copy()
    complete, target = out["complete"].astype(bool), out["prorated_target"].notna()
    out["missing"] = complete & target & out["attainment"].isna()
    counts = complete & target & (out["attainment"].notna() | (policy.missing == "zero"))
    out["counts_raw"] = counts
    out["counts"] = counts & out["decision"].ne(EXCUSE).fillna(True)
    return out


def scored(goals: pd.DataFrame, levels: FloatArray, measured: Measured, policy: Policy) -> pd.DataFrame:
    """The scores of persons with goals, of their teams, countries and the company: `artifacts.SCHEMAS["scores"]` and more.

    `levels` `(goals, 99)` are the levels at `RANKS`. Further columns: `weight` that counts, `payout` owed by signed goals
    (share of the variable pay), and for persons `low`, `high`, `p_met`, `verdict`: the score that a usual quarter of theirs
    would give, and the chance that it reaches 1, from their own goals, as though these moved together: the widest, most
    cautious reading.
    """
    quarter = str(measured.quarter)
    rows = [
        {"level": "person", "entity_id": person, **_score(part, levels[part.index], policy)}
        for person, part in goals.groupby("person_id", sort=True)
    ]
    persons = pd.DataFrame(rows, columns=pd.Index(["level", "entity_id", *COLUMNS]))
    of = measured.people.set_index("person_id")
    groups = [{"level": "company", "entity_id": COMPANY, **_mean(persons)}]
    for level in GROUP_LEVELS:
        group = persons["entity_id"].map(of[level].astype("object"))
        groups += [{"level": level, "entity_id": name, **_mean(part)} for name, part in persons.groupby(group, sort=True)]
    parts = [part for part in (persons, pd.DataFrame(groups).reindex(columns=persons.columns)) if len(part)]
    out = pd.concat(parts, ignore_index=True)
    out[COLUMNS] = out[COLUMNS].astype("float64")
    out.insert(2, "quarter", quarter)
    out["band"] = attainment.banded(out["score"].to_numpy(dtype=np.float64), policy.bands)
    out["verdict"] = attainment.verdicts(out["p_met"].to_numpy(dtype=np.float64))
    return out


def _score(goals: pd.DataFrame, levels: FloatArray, policy: Policy) -> dict[str, float]:
    """One person's row."""
    counts, signed = goals["counts"].to_numpy(dtype=bool), goals["agreed"].astype(bool) & goals["payout"].notna()
    blocked_raw = policy.missing == "block" and bool(goals["missing"].any())
    blocked = policy.missing == "block" and bool((goals["missing"] & goals["decision"].ne(EXCUSE).fillna(True)).any())
    score, weight = _weighted(goals["attainment_decided"], goals["weight"], counts, policy.cap, blocked)
    raw, _ = _weighted(goals["attainment"], goals["weight"], goals["counts_raw"].to_numpy(dtype=bool), policy.cap, blocked_raw)
    owed = goals[signed]
    payout = (
        float((owed["payout"] * owed["weight"]).sum() / owed["weight"].sum()) if owed["weight"].sum() >= LEAST_WEIGHT else np.nan
    )
    low, high, met = _usual(goals, levels, policy)
    return {
        "score": score, "score_raw": raw, "goals": float(counts.sum()), "excused": float(goals["decision"].eq(EXCUSE).sum()),
        "weight": weight, "payout": payout, "low": low, "high": high, "p_met": met,
    }  # fmt: skip


def _weighted(
    reached: pd.Series[float], weights: pd.Series[float], counts: NDArray[np.bool_], cap: float, blocked: bool
) -> tuple[float, float]:
    """Score and the weight that counts; an attainment that is missing and counts is 0."""
    weight = float(weights[counts].sum())
    if blocked or weight < LEAST_WEIGHT - 1e-9:
        return np.nan, weight
    held = reached[counts].fillna(0.0).clip(0.0, cap)
    return round(float((weights[counts] * held).sum()) / weight, attainment.DECIMALS), weight


def _usual(goals: pd.DataFrame, levels: FloatArray, policy: Policy) -> tuple[float, float, float]:
    """The score of a usual quarter.

    Its 10 % and 90 % marks and the chance that it reaches 1, from goals judged by their level.
    """
    own = goals["counts"] & goals["p_met"].notna() & goals["measured_at"].eq("person") & goals["adjusted"].isna()
    part, levels = goals[own], levels[own.to_numpy(dtype=bool)]
    if part["weight"].sum() < LEAST_WEIGHT - 1e-9:
        return np.nan, np.nan, np.nan
    ladder = np.zeros(RANKS.size)
    for row, level in zip(part.itertuples(), levels, strict=True):
        higher = row.better == "higher"

        def wide(value: object) -> FloatArray:
            return np.full(RANKS.size, value, dtype=np.float64)

        reached = attainment.attained(
            np.full(RANKS.size, row.rule, dtype=object), level if higher else level[::-1], wide(row.prorated_target),
            baseline=wide(row.baseline_here), step=wide(row.step), higher=np.full(RANKS.size, higher), cap=policy.cap,
        )  # fmt: skip
        ladder += float(str(row.weight)) * np.clip(reached, 0.0, policy.cap)
    ladder /= float(part["weight"].sum())
    short = float(np.interp(1.0, ladder, RANKS, left=0.0, right=1.0))  # the part of usual quarters that fall short of 1
    return float(np.interp(LOW, RANKS, ladder)), float(np.interp(HIGH, RANKS, ladder)), round(1 - short, 9)


def _mean(persons: pd.DataFrame) -> dict[str, float]:
    """A group's row: the mean of its people's scores, and their goals counted together."""
    means = {name: round(float(persons[name].astype("float64").mean()), attainment.DECIMALS) for name in ("score", "score_raw")}
    return means | {name: float(persons[name].sum()) for name in ("goals", "excused")}
