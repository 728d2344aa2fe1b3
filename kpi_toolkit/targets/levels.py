"""People's own levels beside what they share: empirical Bayes with a level that drifts.

A person's quarter, less the shared course, is own level + noise; levels start from the peers' distribution and take a small step
each quarter (local level model, Harvey 1989, 2.2). The variances are the group's, found on a grid; a person's own
noise is drawn to the group's as in Smyth 2004 (Statistical Applications in Genetics and Molecular Biology 3, equation 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from kpi_toolkit.series import FloatArray, empirical_bayes

NOISES = (0.03, 0.3, 0.55, 0.75, 0.9, 1.1, 1.4)  # × half the mean squared difference of neighbouring quarters
STEPS = (0.0, 0.02, 0.06, 0.15, 0.35)  # variance of a step of the level, × the same
BETWEEN = (0.2, 0.5, 0.8, 1.1, 1.6, 2.5)  # variance between levels, × its estimate by moments
USUAL_NOISE, USUAL_WEIGHT = 0.35, 2.0  # relative noise of a quarter believed before any is seen, and as many observations' worth
USUAL_BETWEEN = 0.5  # relative spread of levels, where fewer than three people tell
HELD = 3.0  # standard deviations: what lies farther from what was foretold moves a level no more than that
FREEDOMS = (3.0, 5.0, 8.0, 15.0, 30.0, 100.0)  # degrees of freedom of the group's distribution of noises
MOST_SEARCHED = 400  # people from whom the group's variances are learnt: more tell no more, and take longer
LEAST = 1e-8
ROUNDS = 30


@dataclass(frozen=True)
class Levels:
    """Own levels in the last period on the even scale, shapes `(n,)`: `mean`, `variance` (doubt, and the steps up to then).

    `noise` is the variance of a quarter, `freedom` how well it is known; `peers` the mean and `between` the variance of the
    group's levels; a person without quarters has the group's. `excess` scales known variances below what they say (counts that
    vary less than Poisson).
    """

    mean: FloatArray
    variance: FloatArray
    noise: FloatArray
    freedom: FloatArray
    peers: float
    between: float
    excess: float


def two_way(value: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Persons' `(n,)` and periods' `(periods,)` effects by weighted least squares, NaN where there is none.

    `value`, `weight` `(n, periods)`. The persons' effects have the (unweighted) mean 0 over people seen.
    """
    known = np.isfinite(value) & (weight > 0)
    w, v = np.where(known, weight, 0.0), np.where(known, value, 0.0)
    rows, columns = w.sum(axis=1), w.sum(axis=0)
    person, period = np.zeros(rows.size), np.zeros(columns.size)
    for _ in range(ROUNDS):
        period = (w * (v - person[:, None])).sum(axis=0) / np.maximum(columns, 1e-300)
        before = person
        person = (w * (v - period)).sum(axis=1) / np.maximum(rows, 1e-300)
        if np.abs(person - before).max(initial=0.0) < 1e-10:
            break
    middle = float(person[rows > 0].mean()) if (rows > 0).any() else 0.0
    return np.where(rows > 0, person - middle, np.nan), np.where(columns > 0, period + middle, np.nan)


def half_squared_steps(left: FloatArray) -> tuple[float, int]:
    """Half the mean squared difference of neighbouring known quarters `(n, periods)`, screened once, and how many there are."""
    steps = np.diff(left, axis=1)
    squares = steps[np.isfinite(steps)] ** 2 / 2
    if not squares.size:
        return math.nan, 0
    usual = squares[squares <= HELD**2 * squares.mean()]
    return float(usual.mean()), int(squares.size)


def levels(left: FloatArray, known_variance: FloatArray, share: FloatArray, *, own_noise: bool) -> Levels:
    """Filter people's levels.

    Shapes `(n, periods)`: `left` what the shared course leaves of the responses, NaN where none; `known_variance` of each
    (Poisson, binomial); `share` a person's part in the period's effect (0..1), by which that effect has swallowed part of the
    noise. `own_noise`: people's noises differ. The last column is the target quarter, in which nothing is known.
    """
    known = np.isfinite(left)
    swallowed = np.sqrt(np.maximum(1.0 - share, 0.25))
    steps, count = half_squared_steps(left / swallowed)
    sampling = float(known_variance[known].mean()) if known.any() else 0.0
    excess = 1.0
    if count and sampling > 0:
        excess = min(1.0, max(0.1, (steps * count + sampling * USUAL_WEIGHT) / (count + USUAL_WEIGHT) / sampling))
    usual = USUAL_NOISE**2 if sampling == 0 else 0.05**2
    more = max((steps if count else 0.0) - excess * sampling, 0.02 * max(sampling, LEAST))
    base = (count * more + USUAL_WEIGHT * usual) / (count + USUAL_WEIGHT)
    variance_known = excess * known_variance
    own = np.array([row[one].mean() if one.any() else np.nan for row, one in zip(left, known, strict=True)])
    doubts = (base + np.where(known, variance_known, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)) / np.maximum(
        known.sum(axis=1), 1
    )
    seen = int(np.isfinite(own).sum())
    first = empirical_bayes(own, np.where(np.isfinite(own), doubts, np.nan)) if seen else None
    peers = first.mean if first else 0.0
    # few people tell little of the spread between people: a prior of three people's worth beside it
    between = ((first.between if first else 0.0) * max(seen - 1, 0) + 1.5 * USUAL_BETWEEN**2) / (max(seen - 1, 0) + 1.5)
    between = max(between, 0.01 * base)
    noise, step, between = _pooled(left / swallowed, variance_known, peers, base, between)
    mean, variance, squares, looks = _filtered(left, variance_known, peers, noise, step, between)
    freedom, scale = _own_noise(squares, looks) if own_noise else (np.full(own.size, 100.0), np.ones(own.size))
    if own_noise:
        mean, variance, _, _ = _filtered(left, variance_known, peers, noise * scale, step, between)
    new = ~known.any(axis=1)
    variance = variance + np.where(new, between / max(seen, 1), 0.0)
    return Levels(mean, variance, noise * scale, freedom, peers, between, excess)


def _pooled(
    left: FloatArray, known_variance: FloatArray, peers: float, base: float, between: float
) -> tuple[float, float, float]:
    """The group's variances of noise, step and level: means over the grid, each point weighed by how well it foretold."""
    with_some = np.flatnonzero(np.isfinite(left).sum(axis=1) > 0)
    if not with_some.size:
        return base, 0.05 * base, between
    rows = with_some[np.unique(np.linspace(0, with_some.size - 1, min(with_some.size, MOST_SEARCHED)).astype(int))]
    grid = np.array(list(product(NOISES, STEPS, BETWEEN)))
    noise, step, spread = grid[:, [0]] * base, grid[:, [1]] * base, grid[:, [2]] * between
    # the priors: noise around its moments, small steps, spread around its moments
    weight = -0.5 * ((np.log(grid[:, 0]) / 1.2) ** 2 + (grid[:, 1] / 0.2) ** 2 + (np.log(grid[:, 2]) / 0.8) ** 2)
    y, v = left[rows], known_variance[rows]
    mean = np.full((grid.shape[0], rows.size), peers)
    doubt = np.broadcast_to(spread, mean.shape).copy()
    fit = np.zeros_like(mean)
    for period in range(left.shape[1]):
        if period:
            doubt = doubt + step
        known = np.isfinite(y[:, period])
        spread_now = doubt + noise + v[:, period]
        error = np.where(known, y[:, period] - mean, 0.0)
        error = np.clip(error, -HELD * np.sqrt(spread_now), HELD * np.sqrt(spread_now))
        fit += np.where(known, -0.5 * (np.log(spread_now) + error**2 / spread_now), 0.0)
        gain = np.where(known, doubt / spread_now, 0.0)
        mean, doubt = mean + gain * error, doubt * (1 - gain)
    weight = weight + fit.sum(axis=1)
    belief = np.exp(weight - weight.max())
    belief /= belief.sum()
    return float(belief @ noise[:, 0]), float(belief @ step[:, 0]), float(belief @ spread[:, 0])


def _filtered(
    left: FloatArray, known_variance: FloatArray, peers: float, noise: float | FloatArray, step: float, between: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Levels after the last period, their variance, and each person's squared surprises (but the first) with their number."""
    n = left.shape[0]
    mean, doubt = np.full(n, peers), np.full(n, between)
    squares, looks, begun = np.zeros(n), np.zeros(n), np.zeros(n, dtype=bool)
    for period in range(left.shape[1]):
        doubt = doubt + step * (begun if period else 0)
        known = np.isfinite(left[:, period])
        spread = doubt + noise + known_variance[:, period]
        error = np.where(known, left[:, period] - mean, 0.0)
        again = known & begun
        squares += np.where(again, np.minimum(error**2 / spread, 4 * HELD**2), 0.0)
        looks += again
        held = np.clip(error, -HELD * np.sqrt(spread), HELD * np.sqrt(spread))
        gain = np.where(known, doubt / spread, 0.0)
        mean, doubt = mean + gain * held, doubt * (1 - gain)
        begun |= known
    return mean, doubt, squares, looks


def _own_noise(squares: FloatArray, looks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Degrees of freedom and factor of each person's noise: own squared surprises drawn to the group's (scaled F, Smyth 2004)."""
    lgamma = np.vectorize(math.lgamma, otypes=[np.float64])
    best, fit = FREEDOMS[0], -math.inf
    seen = looks > 0
    for one in FREEDOMS:
        n, s = looks[seen], squares[seen]
        score = float(
            (lgamma((n + one) / 2) - math.lgamma(one / 2) - n / 2 * math.log(one) - (n + one) / 2 * np.log1p(s / one)).sum()
        )
        score -= 0.5 * (math.log(one / 12.0) / 1.0) ** 2
        if score > fit:
            best, fit = one, score
    return best + looks, (best + squares) / (best + looks)
