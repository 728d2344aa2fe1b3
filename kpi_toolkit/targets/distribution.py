"""Predictive distributions in closed form: quantiles, chances and means of one KPI for many people come from the same object.

No draws are needed for a person: that makes results independent of a seed and of the order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from kpi_toolkit.series import FloatArray

NORMAL = 1e6  # degrees of freedom at which Student's t is the normal to seven digits
SMALLEST_SPREAD = 1e-6
LARGEST_EXPONENT = 60.0  # e^60 is beyond any amount; it keeps far quantiles finite


class Family(StrEnum):
    """What kind of number a KPI is, hence the scale on which its noise is even."""

    AMOUNT = "amount"  # never negative as a rule; (shifted) logarithm
    COUNT = "count"  # whole numbers, negative binomial
    ROUNDED = "rounded"  # whole numbers that vary less than Poisson: a rounded amount
    SHARE = "share"  # between 0 and 1; log-odds
    GROWTH = "growth"  # 1 + g is an amount
    PLAIN = "plain"  # any number


@dataclass(frozen=True)
class Distribution:
    """One predictive distribution a person, shapes `(n,)`; a person without any has `location` NaN.

    With T = `spread` × Student's t of `freedom` and k = `shift`: AMOUNT is e^location · ((1 + k) · e^(T ÷ (1 + k)) − k),
    lognormal for k = 0 and nearly normal around its median for a large one; ROUNDED is it rounded; GROWTH is it less 1; SHARE
    is the logistic function of location + T; PLAIN is `unit` · (location + T). COUNT is negative binomial with mean e^location
    and variance mean + (mean · spread)². With `floor` no value is below 0 (AMOUNT, PLAIN).
    """

    family: Family
    location: FloatArray
    spread: FloatArray
    freedom: FloatArray
    shift: float
    unit: FloatArray
    floor: bool = True

    def __len__(self) -> int:
        return int(self.location.size)

    def take(self, rows: ArrayLike) -> Distribution:
        """The distributions of some people (positions or flags)."""
        at = np.asarray(rows)
        return Distribution(
            self.family, self.location[at], self.spread[at], self.freedom[at], self.shift, self.unit[at], self.floor
        )

    def quantile(self, level: ArrayLike) -> FloatArray:
        """Inverse distribution function: the smallest x with P(X ≤ x) ≥ level (0..1); `(n,)`, in the KPI's unit."""
        level = np.broadcast_to(np.asarray(level, dtype=np.float64), self.location.shape)
        if self.family == Family.COUNT:
            return self._count_quantile(level)
        from scipy.special import stdtrit

        x = self._forward(self._scale * stdtrit(self.freedom, level))
        if self.family == Family.ROUNDED:
            return np.maximum(np.ceil(x - 0.5), 0.0)
        return np.maximum(x, 0.0) if self.floor and self.family in (Family.AMOUNT, Family.PLAIN) else x

    def at_most(self, x: ArrayLike) -> FloatArray:
        """P(X ≤ x); `(n,)`."""
        return self._below(np.asarray(x, dtype=np.float64), inclusive=True)

    def at_least(self, x: ArrayLike) -> FloatArray:
        """P(X ≥ x); `(n,)`."""
        return 1.0 - self._below(np.asarray(x, dtype=np.float64), inclusive=False)

    def chance(self, target: ArrayLike, *, lower: bool) -> FloatArray:
        """The chance to reach a target: P(X ≥ target), or P(X ≤ target) where lower is better; NaN without a target."""
        target = np.asarray(target, dtype=np.float64)
        out = self.at_most(target) if lower else self.at_least(target)
        return np.where(np.isfinite(target), out, np.nan)

    @property
    def mean(self) -> FloatArray:
        """Expected values (for t-distributed logarithms, whose mean does not exist, that of the lognormal of the same spread)."""
        if self.family == Family.PLAIN:
            return np.asarray(self.unit * self.location, dtype=np.float64)
        if self.family == Family.COUNT:
            return np.asarray(np.exp(self.location), dtype=np.float64)
        if self.family == Family.SHARE:
            p = self._forward(np.zeros_like(self.location))
            curve = 0.5 * p * (1 - p) * (1 - 2 * p)  # half the second derivative of the logistic function
            return np.asarray(p + curve * np.minimum(self.spread, 1.0) ** 2, dtype=np.float64)
        k = 1.0 + self.shift
        one = np.exp(self.location) * (k * np.exp(np.minimum(self.spread, 2.0) ** 2 / (2 * k**2)) - self.shift)
        return one - 1.0 if self.family == Family.GROWTH else one

    @property
    def slope(self) -> FloatArray:
        """How much the expected value moves with the location: what a shared shock on the location does to a person."""
        if self.family == Family.PLAIN:
            return self.unit
        if self.family == Family.SHARE:
            return self.mean * (1 - self.mean)
        return self.mean + 1.0 if self.family == Family.GROWTH else self.mean

    @property
    def _scale(self) -> FloatArray:
        return np.maximum(self.spread, SMALLEST_SPREAD)

    def _forward(self, t: FloatArray) -> FloatArray:
        """From the even scale, as a distance from the location, to the KPI's unit."""
        if self.family == Family.PLAIN:
            return self.unit * (self.location + t)
        if self.family == Family.SHARE:
            return 1.0 / (1.0 + np.exp(-np.clip(self.location + t, -LARGEST_EXPONENT, LARGEST_EXPONENT)))
        k = 1.0 + self.shift
        one = np.exp(self.location) * (k * np.exp(np.minimum(t / k, LARGEST_EXPONENT)) - self.shift)
        return one - 1.0 if self.family == Family.GROWTH else one

    def _backward(self, x: FloatArray) -> FloatArray:
        """From the KPI's unit to the even scale, as a distance from the location; ∓∞ beyond the possible."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.family == Family.PLAIN:
                return x / self.unit - self.location
            if self.family == Family.SHARE:
                inside = np.clip(x, 0.0, 1.0)
                return np.log(inside) - np.log1p(-inside) - self.location
            x = x + 1.0 if self.family == Family.GROWTH else x
            k = 1.0 + self.shift
            part = (x / np.exp(self.location) + self.shift) / k
            return np.where(part > 0, k * np.log(np.where(part > 0, part, 1.0)), np.where(np.isnan(part), np.nan, -np.inf))

    def _below(self, x: FloatArray, *, inclusive: bool) -> FloatArray:
        """P(X ≤ x), or P(X < x)."""
        from scipy.special import stdtr

        x = np.broadcast_to(x, self.location.shape)
        out: FloatArray
        if self.family in (Family.COUNT, Family.ROUNDED):
            whole = np.floor(x) if inclusive else np.ceil(x) - 1.0
            if self.family == Family.COUNT:
                return self._count_at_most(whole)
            out = stdtr(self.freedom, self._backward(whole + 0.5) / self._scale)
            return np.where(whole < 0, 0.0, out)
        out = stdtr(self.freedom, self._backward(x) / self._scale)
        if self.floor and self.family in (Family.AMOUNT, Family.PLAIN):
            impossible = x < 0 if inclusive else x <= 0
            out = np.where(impossible, 0.0, out)
        return np.asarray(np.where(np.isnan(self.location), np.nan, out), dtype=np.float64)

    def _count_parameters(self) -> tuple[FloatArray, FloatArray]:
        size = 1.0 / self._scale**2
        return size, size / (size + np.exp(self.location))

    def _count_at_most(self, whole: FloatArray) -> FloatArray:
        from scipy.special import betainc

        size, p = self._count_parameters()
        out = betainc(size, np.maximum(whole, 0.0) + 1.0, p)
        return np.where(np.isnan(self.location), np.nan, np.where(whole < 0, 0.0, out))

    def _count_quantile(self, level: FloatArray) -> FloatArray:
        """Bisection on whole numbers: the smallest x with P(X ≤ x) ≥ level."""
        known = np.isfinite(self.location)
        low = np.full(self.location.shape, -1.0)
        high = np.ones(self.location.shape)
        for _ in range(60):
            short = known & (self._count_at_most(high) < level)
            if not short.any():
                break
            low, high = np.where(short, high, low), np.where(short, 2 * high, high)
        while bool((known & (high - low > 1)).any()):
            middle = np.floor((low + high) / 2)
            enough = self._count_at_most(middle) >= level
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.where(known, high, np.nan)
