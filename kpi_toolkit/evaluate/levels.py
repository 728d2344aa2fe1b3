"""The level behind a person's quarters: three filters on plain arrays, for counts, for shares of counts, and for all else.

A level follows a random walk, so older quarters count less. The size of its steps, and of the noise, are not known: each filter
runs over a grid of them, and every point of the grid is weighed by how well it foretold each next quarter of the whole pool.
The filters are the dynamic generalised linear models of West, Harrison & Migon (1985), with gamma, beta and normal levels. A
quarter further from what was foretold than `HELD` deviations may be a jump of the level or a freak of the quarter; both are
granted an equal part of the surprise, which leaves the level uncertain.

Results have the shape `(grid, persons)`, observations `(persons, periods)`, NaN where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

HELD = 2.5  # standard deviations of what was foretold
# standard deviation of a quarter's step of the level, on logarithms or log-odds
DRIFTS = (0.0, 0.03, 0.06, 0.10, 0.15, 0.22, 0.32)
DISPERSIONS = (0.3, 0.6, 1.0, 1.5, 2.5, 4.0)  # variance ÷ mean of a count; 1 is Poisson
CLUMPS = (0.0, 0.01, 0.04, 0.10)  # squared coefficient of variation of a quarter's own luck, beside it
TOGETHER = (0.0, 0.02, 0.06, 0.15)  # correlation within a quarter of the yes and no behind a share
NOISES = (0.3, 0.5, 0.7, 0.85, 1.0, 1.25)  # variance ÷ (half the mean squared difference of neighbouring quarters)
STEPS = (0.0, 0.12, 0.25, 0.4, 0.7, 1.1)  # standard deviation of a step ÷ that of the noise
BY_EVENTS = (0.0, 0.5, 1.0)  # part of the noise that shrinks with the number of events behind a value
LEAST = 1e-9


@dataclass(frozen=True)
class Level:
    """What is believed of the level in the last period, before its season: mean and variance on the adding scale.

    `likelihood` says how well each point of the grid foretold the person's quarters (a sum of logarithms, up to a constant),
    `noise` is the dispersion (counts), correlation (shares) or variance (all else) at that point.
    """

    mean: FloatArray
    variance: FloatArray
    likelihood: FloatArray
    noise: FloatArray


def count_levels(
    counts: FloatArray, exposure: FloatArray, doubt: FloatArray, start: FloatArray, start_variance: FloatArray
) -> Level:
    """Gamma levels of counts with mean level × `exposure` (presence, season and shock), shapes `(persons, periods)`.

    `doubt` is the variance of the shock on logarithms; `start` and `start_variance` `(persons,)` the peers' prior of the
    logarithm of the level. `noise` of the result is the dispersion: variance = noise · mean + clump · mean².
    """
    grid = np.array(list(product(DRIFTS, DISPERSIONS, CLUMPS)))
    drift, dispersion, clump = (grid[:, [at]] for at in range(3))
    mean, variance, likelihood, begun = _begin(grid, start, start_variance)
    for period in range(counts.shape[1]):
        y, e = counts[:, period], np.maximum(exposure[:, period], LEAST)
        known = np.isfinite(y) & np.isfinite(exposure[:, period])
        y, e = np.where(known, y, 0.0), np.where(known, e, 1.0)
        variance = variance + drift**2 * begun
        foretold = np.exp(mean) * e
        factor = dispersion + (clump + doubt[:, period]) * foretold
        spread = factor * foretold + variance * foretold**2
        to_level, to_noise = _surprise(y - foretold, spread, begun)
        widened = variance + to_level / foretold**2
        factor = factor + to_noise / foretold
        shape = (1 + np.sqrt(1 + 2 * widened)) / (2 * widened)  # the gamma whose logarithm has this variance, to second order
        rate = shape * np.exp(-mean)
        shape, rate = shape + y / factor, rate + e / factor
        off, moved = np.log((y + 0.5) / foretold), np.log(shape / rate) - mean
        spread = spread + to_level + to_noise
        deviance = 2 * (np.where(y > 0, y * np.log(np.maximum(y, LEAST) / foretold), 0.0) - (y - foretold))
        likelihood += np.where(known, _quasi(deviance, spread / foretold), 0.0)
        mean = np.where(known, mean + moved, mean)
        variance = np.where(known, 1 / shape + 1 / (2 * shape**2) + _apart(off, moved, to_noise / spread), variance)
        begun = begun | known
    return Level(mean, variance, likelihood, np.broadcast_to(dispersion, mean.shape))


def share_levels(
    hits: FloatArray, looks: FloatArray, offset: FloatArray, doubt: FloatArray, start: FloatArray, start_variance: FloatArray
) -> Level:
    """Beta levels of shares `hits` ÷ `looks`; the log-odds of a quarter are the level + `offset`.

    Shapes `(persons, periods)`.

    `doubt`, `start`, `start_variance` are as in `count_levels`, on log-odds. `noise` of the result is the correlation within a
    quarter.
    """
    grid = np.array(list(product(DRIFTS, TOGETHER)))
    drift, together = grid[:, [0]], grid[:, [1]]
    mean, variance, likelihood, begun = _begin(grid, start, start_variance)
    for period in range(hits.shape[1]):
        n, y = looks[:, period], hits[:, period]
        known = np.isfinite(n) & np.isfinite(y) & (n > 0)
        n, y = np.where(known, n, 1.0), np.where(known, y, 0.0)
        variance = variance + drift**2 * begun
        p = 1 / (1 + np.exp(-(mean + offset[:, period])))
        p = np.clip(p, 1e-6, 1 - 1e-6)
        plain = n * p * (1 - p)
        factor = 1 + (n - 1) * together + doubt[:, period] * plain
        spread = factor * plain + variance * plain**2
        to_level, to_noise = _surprise(y - n * p, spread, begun)
        widened = variance + to_level / plain**2
        factor = factor + to_noise / plain
        a, b = 1 / (widened * (1 - p)), 1 / (widened * p)  # the beta of these log-odds, to first order
        a, b = a + y / factor, b + (n - y) / factor
        spread = spread + to_level + to_noise
        off, moved = np.log((y + 0.5) / (n - y + 0.5)) - np.log(p / (1 - p)), np.log(a / b) - offset[:, period] - mean
        deviance = 2 * (_entropy(y, n * p) + _entropy(n - y, n * (1 - p)))
        likelihood += np.where(known, _quasi(deviance, spread / plain), 0.0)
        mean = np.where(known, mean + moved, mean)
        variance = np.where(known, 1 / a + 1 / b + _apart(off, moved, to_noise / spread), variance)
        begun = begun | known
    return Level(mean, variance, likelihood, np.broadcast_to(together, mean.shape))


def normal_levels(
    values: FloatArray,
    noise: float,
    per_event: FloatArray,
    offset: FloatArray,
    doubt: FloatArray,
    start: FloatArray,
    start_variance: FloatArray,
) -> Level:
    """Normal levels of values on their adding scale; a quarter's mean is the level + `offset`; shapes `(persons, periods)`.

    `noise` is the pooled variance that the grid is laid around, `per_event` `(persons, periods)` how much noisier a value is
    for the events behind it (mean 1 over persons). `noise` of the result is the variance of a value of the last period.
    """
    grid = np.array(list(product(NOISES, STEPS, BY_EVENTS)))
    scale, step, by_events = (grid[:, [at]] for at in range(3))
    mean, variance, likelihood, begun = _begin(grid, start, start_variance)
    around = np.full_like(mean, noise)
    for period in range(values.shape[1]):
        z = values[:, period] - offset[:, period]
        known = np.isfinite(z)
        z = np.where(known, z, 0.0)
        around = noise * scale * (by_events * per_event[:, period] + 1 - by_events)
        variance = variance + step**2 * scale * noise * begun
        spread = variance + around + doubt[:, period]
        off = z - mean
        to_level, to_noise = _surprise(off, spread, begun)
        spread = spread + to_level + to_noise
        moved = off * (variance + to_level) / spread
        likelihood += np.where(known, -0.5 * (np.log(spread) + off**2 / spread), 0.0)
        kept = (variance + to_level) * (around + doubt[:, period] + to_noise) / spread
        mean = np.where(known, mean + moved, mean)
        variance = np.where(known, kept + _apart(off, moved, to_noise / spread), variance)
        begun = begun | known
    return Level(mean, variance, likelihood, around)


def grid_weights(likelihood: FloatArray, pool: NDArray[np.int64], least: int) -> FloatArray:
    """The weight of each point of the grid, `(grid, persons)`, adding to 1.

    From the likelihoods of all persons of one pool together.

    A pool of fewer than `least` persons is weighed by everyone's.
    """
    out = np.empty_like(likelihood)
    for one in np.unique(pool):
        members = pool == one
        total = likelihood[:, members if members.sum() >= least else slice(None)].sum(axis=1)
        weight = np.exp(total - total.max())
        out[:, members] = (weight / weight.sum())[:, None]
    return out


def median_line(target: FloatArray, noise: FloatArray) -> FloatArray:
    """The mean a count must have for its median to reach `target`.

    K − ½ + (2 · dispersion − 1) ÷ 6, k the least whole number that reaches it.

    Median = mean − skewness · deviation ÷ 6 (Cornish & Fisher 1938), with the skewness of the Poisson, binomial and negative
    binomial; for Poisson k − 1/3.
    """
    whole = np.ceil(target - LEAST)
    return np.asarray(np.maximum(whole - 0.5 + (2 * noise - 1) / 6, 0.05), dtype=np.float64)


def _begin(
    grid: FloatArray, start: FloatArray, start_variance: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
    shape = (grid.shape[0], start.size)
    mean, variance = np.broadcast_to(start, shape).copy(), np.broadcast_to(np.maximum(start_variance, LEAST), shape).copy()
    return mean, variance, np.zeros(shape), np.zeros(start.size, dtype=bool)


def _surprise(off: FloatArray, spread: FloatArray, begun: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Variance that a quarter beyond `HELD` deviations adds: half to the level, half to the quarter.

    A person's first quarter says nothing of a jump: what surprises there is that this person is unlike the peers.
    """
    extra = np.maximum(off**2 / HELD**2 - spread, 0.0)
    to_level = np.where(begun, extra / 2, extra)
    return to_level, extra - to_level


def _apart(off: FloatArray, moved: FloatArray, surprised: FloatArray) -> FloatArray:
    """Variance between the two readings of a surprise, a jump or a freak: the level was put between them.

    `surprised` is the part of the variance that the surprise gave to the quarter, 0 … ½.
    """
    return np.asarray(2 * surprised * np.maximum(moved * (off - moved), 0.0), dtype=np.float64)


def _quasi(deviance: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Logarithm of the extended quasi-likelihood (Nelder & Pregibon 1987), up to a constant."""
    return np.asarray(-0.5 * (deviance / dispersion + np.log(dispersion)), dtype=np.float64)


def _entropy(seen: FloatArray, foretold: FloatArray) -> FloatArray:
    return np.asarray(np.where(seen > 0, seen * np.log(np.maximum(seen, LEAST) / foretold), 0.0), dtype=np.float64)
