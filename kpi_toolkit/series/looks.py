"""Many looks, intervals of shares, losses of forecasts, parts of a product."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from kpi_toolkit.series.arrays import FloatArray, as_floats, mean_known


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Adjusted p-values (q-values) of `(n,)` p-values; a missing one stays missing and is not counted.

    Source: Benjamini & Hochberg 1995: q of the i-th smallest is the least of p_j · n ÷ j over j ≥ i.
    """
    p = as_floats(p)
    out = np.full(p.shape, math.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * known.size / np.arange(1, known.size + 1)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out


def jeffreys(hits: int, looks: int, level: float = 0.80) -> tuple[float, float]:
    """Interval of a share: `hits` of `looks`, equal tails of Beta(hits + ½, misses + ½). Source: Brown, Cai & DasGupta 2001."""
    from scipy.special import betaincinv

    if looks <= 0:
        return 0.0, 1.0
    a, b, tail = hits + 0.5, looks - hits + 0.5, (1 - level) / 2
    low = 0.0 if hits == 0 else float(betaincinv(a, b, tail))
    return low, 1.0 if hits == looks else float(betaincinv(a, b, 1 - tail))


def pinball_loss(actual: ArrayLike, quantile: ArrayLike, level: float) -> float:
    """Mean loss of quantile forecasts of a level (0..1), in the values' unit; pairs with a gap are left out.

    Source: Koenker & Bassett 1978: level · (y − q) where y ≥ q, else (1 − level) · (q − y).
    """
    over = as_floats(actual) - as_floats(quantile)
    return mean_known(np.where(over >= 0, level * over, (level - 1) * over))


def log_mean(a: ArrayLike, b: ArrayLike) -> FloatArray:
    """Logarithmic mean (a − b) ÷ ln(a ÷ b) of positive numbers, a where they are equal; shape of both."""
    one, other = np.broadcast_arrays(as_floats(a), as_floats(b))
    log = np.log(one / other)
    near = np.abs(log) < 1e-6  # the quotient loses its digits there; the series of the mean does not
    mean = np.where(near, np.sqrt(one * other) * (1 + log**2 / 24), (one - other) / np.where(near, 1.0, log))
    return as_floats(mean)


def parts_of_change(before: ArrayLike, after: ArrayLike) -> FloatArray:
    """How much each factor of a product changed it; `(factors,)` positive → `(factors,)`, adding exactly to the change.

    Source: logarithmic mean Divisia index, additive (LMDI-I), Ang 2005: L(after, before) · ln(factor after ÷ factor before).
    """
    before, after = as_floats(before), as_floats(after)
    change = log_mean(after.prod(), before.prod())
    return as_floats(change * np.log(after / before))
