"""How much of a spread is lasting: shrinkage and intraclass correlation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kpi_toolkit.series.arrays import FloatArray, as_floats


@dataclass(frozen=True)
class Shrunk:
    """Values drawn towards their mean; `kept` (share of the distance kept) has the shape of `values`, `between` is a variance."""

    values: FloatArray
    mean: float
    kept: FloatArray
    between: float


def james_stein(values: ArrayLike, variance: float) -> Shrunk:
    """James–Stein towards the mean, for `(n,)` values of one known variance; n ≥ 4, else nothing is kept.

    The share kept is 1 − (n − 3) · variance ÷ Σ (value − mean)², never below 0. Source: Efron & Morris 1975, equation 1.4.
    """
    values = as_floats(values)
    mean, n = float(values.mean()), values.size
    spread = float(((values - mean) ** 2).sum())
    kept = max(0.0, 1.0 - (n - 3) * variance / spread) if n > 3 and spread > 0 else 0.0
    return Shrunk(mean + kept * (values - mean), mean, np.full(n, kept), max(0.0, spread / max(n - 1, 1) - variance))


def empirical_bayes(values: ArrayLike, variances: ArrayLike) -> Shrunk:
    """Normal empirical Bayes for `(n,)` values whose known variances differ: the variance between them by the method of moments.

    A missing value becomes the mean.
    Source: Paule & Mandel 1982: Σ (value − mean)² ÷ (variance + between) = n − 1, the mean weighted.
    """
    values, variances = as_floats(values), as_floats(variances)
    known = np.isfinite(values) & np.isfinite(variances)
    if not known.any():
        return Shrunk(values.copy(), math.nan, np.zeros(values.shape), math.nan)
    y, v = values[known], np.maximum(variances[known], 0.0)

    def excess(between: float) -> tuple[float, float]:
        weights = 1.0 / np.maximum(v + between, 1e-300)
        mean = float((weights * y).sum() / weights.sum())
        return float((weights * (y - mean) ** 2).sum()) - (y.size - 1), mean

    low, high = 0.0, float(((y - y.mean()) ** 2).sum()) + float(v.max())
    between = 0.0
    if y.size > 1 and excess(0.0)[0] > 0:
        for _ in range(200):
            between = (low + high) / 2
            low, high = (between, high) if excess(between)[0] > 0 else (low, between)
    mean = excess(between)[1]
    kept = np.zeros(values.shape)
    kept[known] = between / np.maximum(v + between, 1e-300) if between > 0 else 0.0
    return Shrunk(np.where(known, mean + kept * (values - mean), mean), mean, kept, between)


@dataclass(frozen=True)
class Intraclass:
    """Intraclass correlations of a table of targets × ratings and their mean squares.

    `one`, `two`, `three` for one rating, `one_k`, `two_k`, `three_k` for the mean of `k`; the two-way ones are NaN where the
    table has gaps. `low`, `high`: interval of `one`. `k` is the (effective) number of ratings a target.
    """

    one: float
    one_k: float
    low: float
    high: float
    two: float
    two_k: float
    three: float
    three_k: float
    between: float
    within: float
    k: float
    targets: int


def intraclass(table: ArrayLike, level: float = 0.80) -> Intraclass:
    """How much of the variance is between targets; `table` `(targets, ratings)`, NaN where a rating is missing.

    With persons as targets and quarters as ratings, ICC(1,1) is the share of the spread between persons that lasts, ICC(1,k) the
    reliability of their mean. Fewer than two targets with two ratings: NaN.
    Source: Shrout & Fleiss 1979; with gaps the one-way analysis with n0 = (N − Σ nᵢ² ÷ N) ÷ (n − 1) (Donner 1986).
    """
    rows = as_floats(table)
    rows = rows[np.isfinite(rows).sum(axis=1) >= 2]
    n, nan = rows.shape[0], math.nan
    if n < 2:
        return Intraclass(nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, n)
    known = np.isfinite(rows)
    counts = known.sum(axis=1)
    total = int(counts.sum())
    means = np.nansum(rows, axis=1) / counts
    grand = float(np.nansum(rows)) / total
    between = float((counts * (means - grand) ** 2).sum()) / (n - 1)
    errors = float(np.nansum((rows - means[:, None]) ** 2))
    within = errors / (total - n)
    k = (total - float((counts**2).sum()) / total) / (n - 1)
    bottom = between + (k - 1) * within
    one = (between - within) / bottom if bottom > 0 else nan
    one_k = (between - within) / between if between > 0 else nan
    low, high = _intraclass_interval(between, within, n, total, k, level)
    two = two_k = three = three_k = nan
    if known.all():
        k = float(rows.shape[1])
        columns = float(n * ((rows.mean(axis=0) - grand) ** 2).sum())
        judges, rest = columns / (k - 1), (errors - columns) / ((n - 1) * (k - 1))
        three = (between - rest) / (between + (k - 1) * rest) if between + (k - 1) * rest > 0 else nan
        three_k = (between - rest) / between if between > 0 else nan
        two = (between - rest) / (between + (k - 1) * rest + k * (judges - rest) / n) if bottom > 0 else nan
        two_k = (between - rest) / (between + (judges - rest) / n) if between > 0 else nan
    return Intraclass(one, one_k, low, high, two, two_k, three, three_k, between, within, k, n)


def _intraclass_interval(between: float, within: float, n: int, total: int, k: float, level: float) -> tuple[float, float]:
    """Interval of ICC(1,1) from the F distribution of the ratio of mean squares (Shrout & Fleiss 1979, page 424)."""
    from scipy.special import fdtri

    if not within > 0:
        return math.nan, math.nan
    ratio, tail = between / within, (1 - level) / 2
    low = ratio / float(fdtri(n - 1, total - n, 1 - tail))
    high = ratio / float(fdtri(n - 1, total - n, tail))
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
