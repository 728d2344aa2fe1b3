"""Process limits of individual values and the signals in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from kpi_toolkit.series.arrays import FloatArray, as_floats, mean_known

LIMIT_FACTOR = 2.66  # mean moving ranges from the centre to a limit: 3 / d2(2), Wheeler; NIST handbook 6.3.2.2
RANGE_FACTOR = 3.267  # mean moving ranges to the limit of a moving range: D4(2), same source
RUN_LENGTH = 7  # points on one side, or in one direction, that make a signal (contract, section 5)
ZONES = 3  # equal zones between the centre and a limit
SAME = 1e-9  # relative to the largest value: nearer than this is on the line, whatever the rounding of a sum


class Rule(StrEnum):
    """The patterns of the contract, section 5."""

    OUTSIDE = "outside"
    RUN = "run"
    TREND = "trend"
    OUTER_THIRD = "outer_third"


class Variation(StrEnum):
    """What the latest point of a chart says: a signal for the better, one for the worse, or ordinary variation."""

    COMMON = "common"
    IMPROVING = "improving"
    WORSENING = "worsening"


class Assurance(StrEnum):
    """Whether the process as it runs passes a target line."""

    PASSES = "passes"
    FAILS = "fails"
    HIT_OR_MISS = "hit_or_miss"


@dataclass(frozen=True)
class Limits:
    """XmR limits; `mean_range` after screening, `range_limit` before it, `dropped` moving ranges screened out."""

    centre: float
    lower: float
    upper: float
    mean_range: float
    range_limit: float
    dropped: int


@dataclass(frozen=True)
class Signal:
    """A pattern over the points `first` … `last` (positions, both in), `side` +1 above or rising, −1 below or falling."""

    rule: Rule
    first: int
    last: int
    side: int


def moving_ranges(values: ArrayLike) -> FloatArray:
    """Absolute differences of neighbours; `(n,)` → `(n − 1,)`, NaN beside a gap."""
    return np.abs(np.diff(as_floats(values)))


def process_limits(values: ArrayLike) -> Limits:
    """Process limits of individual values: mean ± 2.66 × mean moving range, the ranges screened once.

    `values` `(n,)` in time order, season taken out. Moving ranges above 3.267 × their mean are dropped and the mean is taken
    again, so that one shock does not widen the limits that should show it. Fewer than two neighbours: limits NaN.
    Source: contract, section 5; NIST/SEMATECH handbook 6.3.2.2.
    """
    values = as_floats(values)
    ranges = moving_ranges(values)
    ranges = ranges[np.isfinite(ranges)]
    centre = mean_known(values)
    if ranges.size == 0:
        return Limits(centre, math.nan, math.nan, math.nan, math.nan, 0)
    limit = RANGE_FACTOR * float(ranges.mean())
    usual = ranges[ranges <= limit]
    mean = float(usual.mean())
    return Limits(centre, centre - LIMIT_FACTOR * mean, centre + LIMIT_FACTOR * mean, mean, limit, int(ranges.size - usual.size))


def signals(values: ArrayLike, limits: Limits) -> list[Signal]:
    """The patterns in a series, by rule and time; a missing point breaks a run. One signal per longest run, one per point else.

    Rules: a point outside the limits; 7 or more in a row on one side of the centre; 7 or more points (6 steps) rising or falling;
    2 of 3 neighbours beyond two thirds of the way to one limit. Source: contract, section 5.
    """
    values = as_floats(values)
    if not np.isfinite(limits.upper):
        return []
    near = SAME * float(np.nanmax(np.abs(values), initial=0.0))
    off = values - limits.centre
    off = np.where(np.abs(off) <= near, 0.0, off)
    half = limits.upper - limits.centre
    found: list[Signal] = []
    found.extend(Signal(Rule.OUTSIDE, at, at, int(np.sign(off[at]))) for at in np.flatnonzero(np.abs(off) > half + near).tolist())
    for first, last, side in _runs(np.sign(off)):
        if last - first + 1 >= RUN_LENGTH:
            found.append(Signal(Rule.RUN, first, last, side))
    steps = np.diff(values)
    for first, last, side in _runs(np.sign(np.where(np.abs(steps) <= near, 0.0, steps))):
        if last - first + 1 >= RUN_LENGTH - 1:
            found.append(Signal(Rule.TREND, first, last + 1, side))
    outer = np.where(np.abs(off) > half * (ZONES - 1) / ZONES + near, np.sign(off), 0.0)
    for at in np.flatnonzero(outer).tolist():
        before = [one for one in range(max(0, at - 2), at) if outer[one] == outer[at]]
        if before:
            found.append(Signal(Rule.OUTER_THIRD, before[0], at, int(outer[at])))
    return found


def _runs(signs: FloatArray) -> list[tuple[int, int, int]]:
    """Longest stretches of one sign (never 0 or NaN): first, last, sign."""
    out: list[tuple[int, int, int]] = []
    for at, sign in enumerate(signs):
        if not np.isfinite(sign) or sign == 0:
            continue
        if out and out[-1][1] == at - 1 and out[-1][2] == int(sign):
            out[-1] = (out[-1][0], at, int(sign))
        else:
            out.append((at, at, int(sign)))
    return out


def variation(values: ArrayLike, limits: Limits, *, higher_is_better: bool = True) -> tuple[Variation, Signal | None]:
    """What the last point says: the signal that reaches it (in the order of the rules), read by what is better."""
    values = as_floats(values)
    last = values.size - 1
    signal = next((one for one in signals(values, limits) if one.last == last), None)
    if signal is None:
        return Variation.COMMON, None
    good = (signal.side > 0) == higher_is_better
    return (Variation.IMPROVING if good else Variation.WORSENING), signal


def assurance(limits: Limits, target: float, *, higher_is_better: bool = True) -> Assurance | None:
    """Both limits on the target's good side: passes; both on the bad: fails; else hit or miss. None where one is unknown."""
    if not (np.isfinite(limits.lower) and np.isfinite(limits.upper) and np.isfinite(target)):
        return None
    low, high = (limits.lower, limits.upper) if higher_is_better else (-limits.upper, -limits.lower)
    line = target if higher_is_better else -target
    if low >= line:
        return Assurance.PASSES
    return Assurance.FAILS if high < line else Assurance.HIT_OR_MISS
