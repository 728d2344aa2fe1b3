"""The course that peers share: season and trend, which belong to a quarter, and the shock that hit all at once, which does not.

Plain arrays on the scale on which the parts add (logarithms, log-odds, or the values themselves).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit.quarter import QUARTERS_IN_YEAR

FloatArray = NDArray[np.float64]

YEARS_OF_SEASON = 2  # full years before the quarter from which season and shock can be told apart
HELD = 2.5  # deviations beyond which one person's quarter no longer pulls the course of all
ROUNDS = 12  # alternating means; they settle well before


@dataclass(frozen=True)
class Course:
    """What peers share, per period, shape `(periods,)`, and each person's own mean level, shape `(persons,)`.

    `usual` is season and trend; `taken` is what an observation is freed of: `usual` and the shock as far as it can be told from
    chance. `doubt` is the variance of that shock, `usual_doubt` that of `usual` in the last period. `told` says whether there was
    history enough to tell season from shock.
    """

    usual: FloatArray
    taken: FloatArray
    doubt: FloatArray
    usual_doubt: float
    levels: FloatArray
    level_doubt: FloatArray
    told: bool


def course(values: FloatArray, weights: FloatArray, season: NDArray[np.int64], doubt: float, *, few: bool = False) -> Course:
    """The shared course of `(persons, periods)` values; the last period is the quarter that is judged.

    `weights` are precisions that do not depend on the value itself, 0 where there is none; `season` `(periods,)` is 0 … 3;
    `doubt` is the variance granted to the shock where history is too short. Persons' means and periods' means are fitted in
    turn, one person's pull being held in. Then season (an index a quarter of the year) and a straight trend are fitted to the
    periods before the last; what is left over is shock and chance, parted by the method of moments. With `few` people no shock
    is told from a person's own way: season and trend alone are taken out, and nothing where history is too short for them.
    """
    levels, shared, noise, chance = _two_way(values, weights, shared=True)
    level_doubt = noise / _total(weights, axis=1)
    past = np.isfinite(shared)
    past[-1] = False
    seen = np.bincount(season[past], minlength=QUARTERS_IN_YEAR)
    if past.sum() < YEARS_OF_SEASON * QUARTERS_IN_YEAR or seen.min() < YEARS_OF_SEASON:
        if few:
            return _none(values, weights, doubt)
        usual = np.where(np.isfinite(shared), shared, 0.0)
        return Course(usual, usual, np.zeros_like(usual), doubt, levels, level_doubt, False)
    periods = np.arange(shared.size, dtype=np.float64)
    design = np.column_stack([season == quarter for quarter in range(QUARTERS_IN_YEAR)] + [periods - periods[-1]]).astype(float)
    fitted = design[past]
    inverse = np.linalg.pinv(fitted.T @ fitted)
    usual = design @ (inverse @ (fitted.T @ shared[past]))
    left = shared - usual
    freedom = max(1, int(past.sum()) - design.shape[1])
    spread = float((left[past] ** 2).sum()) / freedom
    shock = max(0.0, spread - float(chance[past].mean()))
    kept = np.divide(shock, shock + chance, out=np.zeros_like(chance), where=shock + chance > 0)
    kept = np.zeros_like(kept) if few else kept
    taken = usual + np.where(np.isfinite(left), kept * left, 0.0)
    usual_doubt = max(spread, 0.0 if few else float(chance[past].mean())) * float(design[-1] @ inverse @ design[-1])
    return Course(usual, taken, kept * chance, usual_doubt, levels, level_doubt, True)


def _none(values: FloatArray, weights: FloatArray, doubt: float) -> Course:
    """No shared course; `doubt` is the variance that stands for it."""
    levels, _, noise, _ = _two_way(values, weights, shared=False)
    zero = np.zeros(values.shape[1])
    return Course(zero, zero, zero, doubt, levels, noise / _total(weights, axis=1), False)


def _two_way(values: FloatArray, weights: FloatArray, *, shared: bool) -> tuple[FloatArray, FloatArray, float, FloatArray]:
    """Person means, period means, the variance of one observation of weight 1, and the sampling variance of the period means."""
    known = np.isfinite(values) & (weights > 0)
    weight = np.where(known, weights, 0.0)
    value = np.where(known, values, 0.0)
    persons = (weight * value).sum(axis=1) / _total(weight, axis=1)
    periods = np.zeros(values.shape[1])
    noise = 1.0
    for _ in range(ROUNDS if shared else 1):
        if shared:
            left = np.where(known, value - persons[:, None] - periods, 0.0)
            bound = HELD * np.sqrt(noise / np.where(known, weight, 1.0))
            periods += (weight * np.clip(left, -bound, bound)).sum(axis=0) / _total(weight, axis=0)
        persons = (weight * (value - periods)).sum(axis=1) / _total(weight, axis=1)
        left = np.where(known, value - persons[:, None] - periods, 0.0)
        freedom = max(1, int(known.sum()) - int(known.any(axis=1).sum()) - shared * int(known.any(axis=0).sum()))
        noise = max(float((weight * left**2).sum()) / freedom, 1e-12)
    persons = np.where(known.any(axis=1), persons, np.nan)
    chance = noise / _total(weight, axis=0)
    return persons, np.where(known.any(axis=0), periods, np.nan), noise, np.where(known.any(axis=0), chance, 0.0)


def _total(weights: FloatArray, axis: int) -> FloatArray:
    """Sums of weights, never 0."""
    return np.asarray(np.maximum(np.where(np.isfinite(weights), weights, 0.0).sum(axis=axis), 1e-300), dtype=np.float64)
