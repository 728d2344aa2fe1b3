"""From a KPI's values to the even scale on which season, shocks and levels add up, and back.

An amount's logarithm serves where all amounts are positive. With empty quarters among them a shifted logarithm around the
expected value serves, and for counts and shares the working response of a generalised linear model (McCullagh & Nelder 1989,
2.5): linear around what is expected, so that a zero is an ordinary number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpi_toolkit.series import FloatArray
from kpi_toolkit.targets.distribution import Family

EMPTY_SHIFT = 1.0  # shift of the logarithm where amounts may be 0: between the logarithm (0) and no logarithm at all (∞)
NEAR_NOTHING = 0.02  # of a person's own mean: a smaller amount makes the plain logarithm unsafe too
LOWEST = -0.95  # times what is expected: credit notes beyond that count as that
FARTHEST = 4.0  # a count further above what is expected, in its multiples, counts as that: one freak is not a level
FARTHEST_ODDS = 3.0  # on log-odds, the same for shares
EDGE = 1e-4  # shares are expected no nearer to 0 and 1


@dataclass(frozen=True)
class Working:
    """The even scale of one KPI: its `family`, the `shift` of its logarithm, the `unit` of plain numbers."""

    family: Family
    shift: float = 0.0
    unit: float = 1.0

    @property
    def moves(self) -> bool:
        """Whether the response depends on what is expected, so that it is fitted in rounds."""
        return self.family in (Family.COUNT, Family.ROUNDED, Family.SHARE) or self.shift > 0

    def start(self, value: FloatArray, weight: FloatArray) -> FloatArray:
        """A first location `(n,)` of every person: own mean, drawn a little to that of all so that it is never at an edge."""
        known = np.isfinite(value)
        weight = np.where(known, weight, 0.0)
        total, sums = weight.sum(axis=1), np.where(known, weight * np.where(known, value, 0.0), 0.0).sum(axis=1)
        if self.family == Family.PLAIN:
            return np.where(total > 0, sums / np.maximum(total, 1e-300), np.nan) / self.unit
        everyone = sums.sum() / max(float(total.sum()), 1e-300)
        usual = float(total[total > 0].mean()) / max(1, int(known.sum(axis=1).max(initial=1))) if known.any() else 1.0
        own = (sums + 0.5 * usual * everyone) / (total + 0.5 * usual)
        if self.family == Family.SHARE:
            own = np.clip(own, EDGE, 1 - EDGE)
            return np.where(total > 0, np.log(own / (1 - own)), np.nan)
        return np.where(total > 0, np.log(np.maximum(own, 1e-300)), np.nan)

    def response(self, value: FloatArray, exposure: FloatArray, expected: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The response on the even scale and its known variance; shapes `(n, periods)`, NaN where there is no value.

        `value` is a count in `exposure` (counts), a share of `exposure` (shares; NaN: not a share of counted things), or an
        amount at full presence; `expected` are locations.
        """
        none = np.zeros_like(value)
        if self.family == Family.PLAIN:
            return value / self.unit, none
        if self.family == Family.SHARE:
            p = np.clip(1.0 / (1.0 + np.exp(-expected)), EDGE, 1 - EDGE)
            step = np.clip((value - p) / (p * (1 - p)), -FARTHEST_ODDS, FARTHEST_ODDS)
            looks = np.where(np.isfinite(exposure) & (exposure > 0), exposure, np.inf)
            return np.log(p / (1 - p)) + step, 1.0 / (looks * p * (1 - p))
        if self.family in (Family.COUNT, Family.ROUNDED):
            usual = np.where(exposure > 0, np.exp(expected) * exposure, np.nan)
            return expected + np.minimum(value / usual - 1.0, FARTHEST), 1.0 / usual
        if self.shift == 0:
            return np.log(np.where(value > 0, value, np.nan)), none
        k = 1.0 + self.shift
        ratio = np.maximum(value / np.exp(expected), LOWEST * self.shift)
        return expected + k * np.log((ratio + self.shift) / k), none


def working(family: Family, value: FloatArray) -> Working:
    """The even scale that fits the values `(n, periods)` of a KPI."""
    known = value[np.isfinite(value)]
    if family == Family.PLAIN:
        # a fifth of the spread stands for 1 as a fifth of an amount does, so that the same priors serve
        spread = float(known.std()) if known.size > 1 else abs(float(known.mean())) if known.size else 1.0
        return Working(family, unit=max(5 * spread, 1e-12))
    if family in (Family.AMOUNT, Family.GROWTH) and known.size:
        own = _row_means(value)
        with np.errstate(invalid="ignore"):
            unsafe = (value <= 0) | (value < NEAR_NOTHING * own[:, None])
        return Working(family, shift=EMPTY_SHIFT if unsafe.any() else 0.0)
    return Working(family)


def _row_means(value: FloatArray) -> FloatArray:
    known = np.isfinite(value)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, value, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
