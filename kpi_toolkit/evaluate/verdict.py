"""The chance and the verdict of each goal, in the goal's own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.evaluate.actuals import agreed_rates
from kpi_toolkit.evaluate.attainment import verdicts
from kpi_toolkit.evaluate.certainty import HIGH, LOW, RANKS, chances
from kpi_toolkit.evaluate.panel import FloatArray, panel
from kpi_toolkit.kpis.declaration import Unit

if TYPE_CHECKING:
    from kpi_toolkit.kpis.measured import Measured

DECIMALS = 9  # of a chance, so that the last bits of a sum decide no verdict


def with_certainty(goals: pd.DataFrame, measured: Measured) -> tuple[pd.DataFrame, FloatArray]:
    """Adds p_met, verdict, level, level_low, level_high.

    Beside it the levels at `RANKS`, shape `(goals, 99)`, in the goal's unit.

    For every complete goal with data, agreed or not; that of a team, country or company is the group's own.
    """
    out = goals.reset_index(drop=True)
    met, levels = np.full(len(out), np.nan), np.full((len(out), RANKS.size), np.nan)
    rates = agreed_rates(measured)
    wanted = out["complete"].astype(bool) & out["actual"].notna() & out["prorated_target"].notna()
    for (kpi, level, rule), part in out[wanted].groupby(["kpi", "measured_at", "rule"], sort=True):
        quarters = panel(measured, str(kpi), str(level), str(rule), rates)
        if quarters is None:
            continue
        money = measured.catalogue[str(kpi)].unit == Unit.MONEY
        worth = part["currency"].map(rates).astype("float64") if money else pd.Series(1.0, part.index)
        rows = quarters.entities.get_indexer(pd.Index(part["entity_id"].astype(str)))
        higher = bool(part["better"].eq("higher").all())
        target = np.full(len(quarters.entities), np.nan)
        for same in _one_target_an_entity(part, str(level)):
            at, here = rows[same], part.index[same]
            target[at] = (part["prorated_target"] * worth).to_numpy(dtype=np.float64)[same]
            found = chances(quarters, target, higher=higher)
            met[here] = found.met[at]
            levels[here] = found.level[at] / worth.to_numpy(dtype=np.float64)[same][:, None]
    out["p_met"] = np.round(met, DECIMALS)
    out["verdict"] = verdicts(out["p_met"].to_numpy(dtype=np.float64))
    for name, rank in (("level", 0.5), ("level_low", LOW), ("level_high", HIGH)):
        out[name] = levels[:, int(np.argmin(np.abs(RANKS - rank)))]
    return out, levels


def _one_target_an_entity(goals: pd.DataFrame, level: str) -> list[NDArray[np.int64]]:
    """Positions in turns: many people may hold goals on one group's measure, and their targets may differ."""
    if level == "person":
        return [np.arange(len(goals))]
    turn = goals.groupby(["entity_id"])["prorated_target"].rank(method="dense").to_numpy()
    return [np.flatnonzero(turn == one) for one in np.unique(turn)]
