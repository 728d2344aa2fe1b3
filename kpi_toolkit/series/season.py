"""Season and trend of series."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kpi_toolkit.series.arrays import FloatArray, as_floats


@dataclass(frozen=True)
class Season:
    """Seasonal indices of one year: ratios to the level with mean 1, or (`additive`) differences from it with mean 0.

    `indices` and `errors` (standard errors before shrinkage) have shape `(period,)`, the first for season 0; `cycles` says how
    often a season was seen at least; `kept` is the share of the raw season that shrinkage left (0: no season was found).
    """

    indices: FloatArray
    errors: FloatArray
    cycles: int
    kept: float
    additive: bool = False

    def removed(self, values: ArrayLike, first: int = 0) -> FloatArray:
        """The values without season, shape `(…, periods)`, the first period of season `first`; NaN where the index is 0."""
        values = as_floats(values)
        at = self.at(values.shape[-1], first)
        return values - at if self.additive else values / np.where(at > 0, at, math.nan)

    def at(self, periods: int, first: int = 0) -> FloatArray:
        """The index of each of so many periods from season `first` on, shape `(periods,)`."""
        return self.indices[(first + np.arange(periods)) % self.indices.size]


def centred_average(values: ArrayLike, period: int) -> FloatArray:
    """Centred moving average over a year, half a weight at both ends of an even period; shape as given, NaN at the ends.

    Source: the 2 × m moving average of classical decomposition (Hyndman & Athanasopoulos, Forecasting, 3rd edition, 3.3).
    """
    values = as_floats(values)
    weights = np.full(period + 1 if period % 2 == 0 else period, 1.0 / period)
    if period % 2 == 0:
        weights[[0, -1]] /= 2
    half = weights.size // 2
    out = np.full(values.shape, math.nan)
    if values.shape[-1] >= weights.size:
        windows = np.lib.stride_tricks.sliding_window_view(values, weights.size, axis=-1)
        out[..., half : half + windows.shape[-2]] = windows @ weights
    return out


def seasonal_indices(values: ArrayLike, first: int = 0, period: int = 4, *, additive: bool = False) -> Season:
    """Seasonal indices pooled over series (persons of a country and role, say), robust and shrunk towards no season.

    Shapes: `values` `(series, periods)` or `(periods,)`, whole periods, oldest first, the first of season `first` (from 0).
    A period's ratio to its centred yearly average is the mean over the series, each weighing as its median level, a series' ratio
    held to 4 median deviations of its peers' (one windfall is not a season); a season's index is the median over the years.
    The indices are shrunk by the share of their variance that the differences between years do not explain (method of moments):
    few years of noise give no season. Less than one year that has an average: indices of 1 (0 if additive), `cycles` 0.
    Source: classical decomposition, as in `centred_average`; shrinkage as in `empirical_bayes`.
    """
    table = np.atleast_2d(as_floats(values))
    plain = np.full(period, 0.0 if additive else 1.0)
    yearly = centred_average(table, period)
    ratios = _pooled_ratios(table, yearly, additive)
    seasons = (first + np.arange(table.shape[1])) % period
    by_season = [ratios[(seasons == season) & np.isfinite(ratios)] for season in range(period)]
    cycles = min((one.size for one in by_season), default=0)
    if cycles == 0:
        return Season(plain, np.full(period, math.nan), 0, 0.0, additive)
    raw = np.array([np.median(one) for one in by_season])
    if not additive and not raw.mean() > 0:
        return Season(plain, np.full(period, math.nan), cycles, 0.0, additive)
    raw = raw - raw.mean() if additive else raw / raw.mean()
    freedom = sum(one.size - 1 for one in by_season)
    if freedom == 0:  # each season seen once: nothing tells season from chance, so half of it is believed
        return Season(plain + 0.5 * (raw - plain), np.full(period, math.nan), cycles, 0.5, additive)
    within = sum(float(((one - one.mean()) ** 2).sum()) for one in by_season) / freedom
    within *= (freedom + 2) / freedom  # few years know their own scatter badly
    errors = np.sqrt(within / np.array([one.size for one in by_season]))
    spread = float(((raw - plain) ** 2).sum() / (period - 1))
    kept = max(0.0, 1.0 - float((errors**2).mean()) / spread) if spread > 0 else 0.0
    return Season(plain + kept * (raw - plain), errors, cycles, kept, additive)


def _pooled_ratios(table: FloatArray, yearly: FloatArray, additive: bool) -> FloatArray:
    """Per period the series' common ratio to (difference from) their yearly average, outliers held in; shape `(periods,)`."""
    out = np.full(table.shape[1], math.nan)
    size = np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else math.nan for row in yearly])
    for period in range(table.shape[1]):
        value, level = table[:, period], yearly[:, period]
        known = np.isfinite(value) & np.isfinite(level) & (additive | ((level > 0) & (size > 0)))
        if not known.any():
            continue
        value, level, weight = value[known], level[known], size[known]
        ratio = value - level if additive else value / level
        middle = float(np.median(ratio))
        deviation = 1.4826 * float(np.median(np.abs(ratio - middle)))
        if ratio.size >= 5 and deviation > 0:
            ratio = np.clip(ratio, middle - 4 * deviation, middle + 4 * deviation)
        out[period] = float(ratio.mean()) if additive else float((ratio * weight).sum() / weight.sum())
    return out


@dataclass(frozen=True)
class Trend:
    """Change per period with its interval, in the values' unit; `level` is the median value; `points` were used."""

    slope: float
    low: float
    high: float
    level: float
    points: int


def trend(values: ArrayLike, level: float = 0.80) -> Trend:
    """Median slope between all pairs of points, with an interval of the given level; `values` `(periods,)`, season taken out.

    The interval takes the points for independent: where quarters hang together it is too narrow. Fewer than 4 points: NaN.
    Source: Theil 1950; interval by the variance of Kendall's statistic, Sen 1968.
    """
    values = as_floats(values)
    at = np.flatnonzero(np.isfinite(values))
    if at.size < 4:
        return Trend(math.nan, math.nan, math.nan, float(np.median(values[at])) if at.size else math.nan, int(at.size))
    known = values[at]
    early, late = np.triu_indices(at.size, 1)
    slopes = np.sort((known[late] - known[early]) / (at[late] - at[early]))
    n = at.size
    half = _normal_quantile(0.5 + level / 2) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((slopes.size - half) / 2))
    high = min(slopes.size - 1, math.ceil((slopes.size + half) / 2))
    return Trend(float(np.median(slopes)), float(slopes[low]), float(slopes[high]), float(np.median(known)), int(n))


def _normal_quantile(p: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)
