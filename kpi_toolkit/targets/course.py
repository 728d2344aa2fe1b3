"""What a group of people shares: level, damped trend, season and the shock of a quarter, filtered and foretold.

A structural model (Harvey 1989, chapter 2; the damped trend: Gardner & McKenzie 1985). History is short, so that nothing is
maximised: every point of a grid of variances is filtered and weighs by its prior and by how well it foretold each next quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit.quarter import QUARTERS_IN_YEAR
from kpi_toolkit.series import FloatArray

SHOCKS = (0.01, 0.02, 0.04, 0.08, 0.15, 0.30, 0.55)  # standard deviation of a quarter's shared shock, relative (or on log-odds)
USUAL_SHOCK, SHOCK_DOUBT = 0.06, 0.9  # centre of the prior of the shock and its standard deviation on logarithms
LEVEL_STEPS = (0.0, 0.4, 1.0)  # standard deviation of a lasting step of the level ÷ that of the shock
SLOPES = (0.0, 0.02, 0.06)  # standard deviation of the growth of a quarter
SEASONS = (0.04, 0.12, 0.30)  # standard deviation of seasonal effects before any is seen
DAMPING = 0.85  # part of the growth that lasts to the next quarter
LEVEL_DOUBT = 4.0  # variance of the first level: as good as unknown


@dataclass(frozen=True)
class Course:
    """The shared part of the target quarter on the even scale: `mean`, `variance` (with shock, trend, season and their doubt).

    `season` `(4,)` are the seasonal effects (sum 0); `surprises` `(periods,)` what was not foretold ÷ its standard deviation.
    """

    mean: float
    variance: float
    season: FloatArray
    surprises: FloatArray


def course(shared: FloatArray, chance: FloatArray, season: NDArray[np.int64]) -> Course:
    """Foretell the last period from those before.

    Shapes: `shared` `(periods,)` the group's effect of each quarter, NaN where unknown and in the last; `chance` `(periods,)`
    its known sampling variance, 0 where nothing is known; `season` `(periods,)` quarters of the year, 0..3. Nothing known: NaN.
    """
    known = np.isfinite(shared)
    if not known.any():
        return Course(np.nan, np.nan, np.zeros(QUARTERS_IN_YEAR), np.full(shared.size, np.nan))
    grid = np.array(list(product(SHOCKS, LEVEL_STEPS, SLOPES, SEASONS)))
    shock, step, slope, seasonal = grid.T
    weight = -0.5 * (np.log(shock / USUAL_SHOCK) / SHOCK_DOUBT) ** 2
    state, doubt = _begin(float(np.mean(shared[known])), slope, seasonal)
    growth = (1 - DAMPING**2) * slope**2
    surprises = np.full((grid.shape[0], shared.size), np.nan)
    for period in range(shared.size):
        if period:
            state, doubt = _moved(state, doubt, (step * shock) ** 2, growth)
        seen = _seen(season[period])
        foretold = state @ seen
        spread = np.einsum("i,gij,j->g", seen, doubt, seen) + shock**2 + chance[period]
        if not known[period]:
            continue
        error = shared[period] - foretold
        weight = weight - 0.5 * (np.log(spread) + error**2 / spread)
        surprises[:, period] = error / np.sqrt(spread)
        gain = doubt @ seen / spread[:, None]
        state = state + gain * error[:, None]
        doubt = doubt - gain[:, :, None] * (doubt @ seen)[:, None, :]
    belief = np.exp(weight - weight.max())
    belief /= belief.sum()
    mean = float(belief @ foretold)
    variance = float(belief @ (spread + (foretold - mean) ** 2))
    effects = belief @ state[:, 2:]
    return Course(mean, variance, np.append(effects, -effects.sum()), belief @ surprises)


def _begin(level: float, slope: FloatArray, seasonal: FloatArray) -> tuple[FloatArray, FloatArray]:
    """State (level, growth, three seasonal effects; the fourth is less their sum) and its variance, a grid point a row."""
    size = QUARTERS_IN_YEAR + 1
    state = np.zeros((slope.size, size))
    state[:, 0] = level
    doubt = np.zeros((slope.size, size, size))
    doubt[:, 0, 0] = LEVEL_DOUBT
    doubt[:, 1, 1] = slope**2
    # four alike effects held to a sum of 0: variance s², covariance −s² ÷ 3
    block = np.full((3, 3), -1.0 / 3)
    np.fill_diagonal(block, 1.0)
    doubt[:, 2:, 2:] = seasonal[:, None, None] ** 2 * block
    return state, doubt


def _moved(state: FloatArray, doubt: FloatArray, level: FloatArray, growth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One quarter on: the level grows, the growth is damped."""
    move = np.eye(state.shape[1])
    move[0, 1], move[1, 1] = 1.0, DAMPING
    doubt = move @ doubt @ move.T
    doubt[:, 0, 0] += level
    doubt[:, 1, 1] += growth
    return state @ move.T, doubt


def _seen(season: np.int64) -> FloatArray:
    """What of the state shows in a quarter of the year."""
    effect = [-1.0] * 3 if season == QUARTERS_IN_YEAR - 1 else [float(season == one) for one in range(3)]
    return np.array([1.0, 0.0, *effect])
