"""Units in which targets are said aloud, and exact multiples of them."""

from __future__ import annotations

import math

import numpy as np

from kpi_toolkit.series import FloatArray

SPOKEN_PART = 0.014  # of the median forecast: the middle of 1 to 2 %
SPOKEN = (1.0, 2.0, 5.0, 10.0)
SMALL_SHARE = 0.2  # shares below are said to a tenth of a point, larger ones to half a point
TENTH_OF_A_POINT, HALF_A_POINT = 0.001, 0.005
DIGITS = 10  # decimals that no unit needs: it takes the binary tail of a product off


def spoken(amount: float) -> float:
    """The number 1, 2 or 5 × 10^k nearest (by ratio) to 1.4 % of an amount; 1 for an amount of 0."""
    size = abs(amount) * SPOKEN_PART
    if not size > 0 or not math.isfinite(size):
        return 1.0
    power = math.floor(math.log10(size))
    nearest = min(SPOKEN, key=lambda one: abs(math.log(one * 10.0**power / size)))
    return float(f"{nearest:g}e{power}")


def unit_of_rounding(unit: str, shape: str, median: float) -> float:
    """The unit u of a person's target, in the KPI's unit: 1 for counts and sums of pieces, 0.1 or 0.5 of a point for shares,
    else spoken.

    `unit` is money, count, share or days; `shape` as in the KPI; `median` the person's median forecast in own currency.
    """
    if unit == "count" and shape != "ratio":
        return 1.0
    if unit == "share":
        return TENTH_OF_A_POINT if shape != "growth" and abs(median) < SMALL_SHARE else HALF_A_POINT
    return spoken(median)


def multiple(count: FloatArray, unit: FloatArray) -> FloatArray:
    """`count` × `unit` without a binary tail; shapes `(n,)`."""
    return np.round(count * unit, DIGITS)
