"""Equal difficulty: a company goal split so that everyone has the same chance (contract, section 4).

Everything is said by the *level* of a target in a person's distribution: P(X < target). A higher level means a higher target;
it is harder where higher is better and easier where lower is better, so that one arithmetic serves both.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit.series import FloatArray
from kpi_toolkit.targets.distribution import Distribution
from kpi_toolkit.targets.rounding import DIGITS, multiple

EDGE_LEVEL = 1e-9
HALVINGS = 50
SAME = 1e-9  # relative: nearer than this a wish is at its bound
NOBODY = -1
CARRIED_DIGITS = 12  # significant digits of the named row's target at most


@dataclass(frozen=True)
class Split:
    """A goal split. `(n,)`: `target`, and `clipped` where a growth bound stopped it. `level` is the common one, `named` the row
    that takes what rounding leaves (`NOBODY` where nothing is left or nobody can take it), `allocated` Σ weight × target +
    `carried`, `carried` what people without a goal are expected to bring at the same level."""

    target: FloatArray
    clipped: NDArray[np.bool_]
    level: float
    named: int
    allocated: float
    carried: float


def bounded(
    median: FloatArray, bounds: tuple[float, float], *, unit: str, growth: bool, lower: bool
) -> tuple[FloatArray, FloatArray]:
    """The lowest and highest target that the growth bounds allow around each median forecast; `(n,)` each.

    `bounds` such as (−0.2, 0.5) count on the value, on 1 + g for growth, on the odds for shares; mirrored where lower is better
    (a target may be half below the median and a fifth above). A median that the scale does not hold (a share of 0, say) is not
    bounded by odds but by points: ± the bounds themselves.
    """
    down, up = (-bounds[1], -bounds[0]) if lower else bounds
    if growth:
        return (1 + median) * (1 + down) - 1, (1 + median) * (1 + up) - 1
    if unit == "share":
        inside = (median > 0) & (median < 1)
        odds = np.where(inside, median, 0.5) / (1 - np.where(inside, median, 0.5))
        low, high = odds * (1 + down), odds * (1 + up)
        return np.where(inside, low / (1 + low), median + down), np.where(inside, high / (1 + high), median + up)
    return median + np.abs(median) * down, median + np.abs(median) * up


def split(
    forecast: Distribution, weight: FloatArray, goal: float, unit: FloatArray, low: FloatArray, high: FloatArray,
    holds: NDArray[np.bool_], *, whole: bool = False, tolerance: float = 0.005,
) -> Split:  # fmt: skip
    """Split a company goal over people at one common level, in multiples of each person's unit.

    Shapes `(n,)`, rows in the order of ids (it breaks ties): `weight` what one unit of a person's target adds to the company's
    goal (presence × rate; for ratios the share of the expected denominators), `unit` of rounding, `low` and `high` bounds of
    targets, `holds` False for those who are counted at the common level without a goal of their own (their part is rounded
    where `whole`). `tolerance` is how exact the sum must be, in the goal's unit. Out of reach: everyone stands at a bound.
    """
    level = _common_level(forecast, weight, goal, low, high, holds)
    wanted = np.clip(forecast.quantile(level), low, high)
    at_level = np.where(holds, 0.0, weight * forecast.quantile(level))
    carried = float(np.sum(at_level))
    carried = float(round(carried)) if whole else carried
    rows = np.flatnonzero(holds)
    least, most = np.ceil(low / unit - 1e-9), np.floor(high / unit + 1e-9)
    most = np.maximum(least, most)
    count = np.clip(np.floor(wanted / unit + 1e-9), least, most)
    rows = rows[weight[rows] > 0]
    remaining = goal - carried - float(np.sum(np.where(holds, weight * multiple(count, unit), 0.0)))
    _take_back(forecast, weight, unit, least, rows, count, remaining, tolerance)
    remaining = goal - carried - float(np.sum(np.where(holds, weight * multiple(count, unit), 0.0)))
    named = NOBODY
    if remaining > tolerance * 1e-3:
        named = _hand_out(forecast, weight, unit, most, rows, count, remaining, tolerance)
        remaining = goal - carried - float(np.sum(np.where(holds, weight * multiple(count, unit), 0.0)))
        slack = np.where(holds, weight * (high - multiple(count, unit)), 0.0)
        if named == NOBODY and rows.size and remaining > tolerance and remaining <= float(slack.sum()):
            named = int(rows[np.argmax(slack[rows])])  # everyone stands at the last unit below a bound
    target = np.where(holds, multiple(count, unit), np.nan)
    if named != NOBODY:
        target[named] = _carried(target[named] + remaining / weight[named], weight[named], tolerance)
    allocated = float(np.sum(np.where(holds, weight * np.where(holds, target, 0.0), 0.0))) + carried
    short = abs(allocated - goal) > tolerance
    above = (count >= most) & ((wanted >= high * (1 - SAME)) | (short & (allocated < goal)))
    below = (count <= least) & ((wanted <= low * (1 + SAME)) | (short & (allocated > goal)))
    clipped = holds & (above | below)
    if named != NOBODY:
        clipped[named] = False
    return Split(target, clipped, level, named, allocated, carried)


def at_chance(
    forecast: Distribution, chance: float, unit: FloatArray, low: FloatArray, high: FloatArray, *, lower: bool
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Targets of a chance: multiples of the unit within the bounds, the nearest by chance; and what a bound stopped. `(n,)`."""
    wanted = forecast.quantile(chance if lower else 1 - chance)
    clipped = (wanted < low) | (wanted > high)
    count = np.floor(np.clip(wanted, low, high) / unit + 1e-9)
    below, above = multiple(count, unit), multiple(count + 1, unit)
    off_below, off_above = (np.abs(forecast.chance(one, lower=lower) - chance) for one in (below, above))
    use_above = (below < low * (1 - 1e-9)) | ((off_above < off_below) & (above <= high * (1 + 1e-9)))
    return np.where(use_above, above, below), clipped


def _common_level(
    forecast: Distribution, weight: FloatArray, goal: float, low: FloatArray, high: FloatArray, holds: NDArray[np.bool_]
) -> float:
    """The level at which the weighted sum of (bounded) quantiles first reaches the goal; at an edge where it never does."""

    def total(level: float) -> float:
        quantile = forecast.quantile(level)
        return float(np.sum(weight * np.where(holds, np.clip(quantile, low, high), quantile)))

    under, over = EDGE_LEVEL, 1 - EDGE_LEVEL
    if total(under) >= goal:
        return under
    if total(over) <= goal:
        return over
    for _ in range(HALVINGS):
        middle = (under + over) / 2
        under, over = (middle, over) if total(middle) < goal else (under, middle)
    return under


def _hand_out(
    forecast: Distribution, weight: FloatArray, unit: FloatArray, most: FloatArray, rows: NDArray[np.int64], count: FloatArray,
    remaining: float, tolerance: float,
) -> int:  # fmt: skip
    """Hand units out in the order of P(X ≥ k·u), into `count`, until the next does not fit; that person is named for the rest.

    The rest is then less than one unit of the very person whose turn it is, so that chances stay equal within one unit.
    """
    first = 1.0 - forecast.at_least(multiple(count + 1, unit))
    turn = [(float(first[row]), row) for row in rows.tolist() if count[row] + 1 <= most[row]]
    heapq.heapify(turn)
    while turn:
        _, row = turn[0]
        step = float(weight[row] * unit[row])
        if step > remaining + tolerance * 1e-3:
            return row if remaining > tolerance * 1e-3 else NOBODY
        count[row] += 1
        remaining -= step
        if count[row] + 1 <= most[row]:
            heapq.heapreplace(turn, (_level(forecast, row, count[row] + 1, unit), row))
        else:
            heapq.heappop(turn)
    return NOBODY


def _take_back(
    forecast: Distribution, weight: FloatArray, unit: FloatArray, least: FloatArray, rows: NDArray[np.int64], count: FloatArray,
    remaining: float, tolerance: float,
) -> None:  # fmt: skip
    """Where bounds rounded up ask for more than the goal: units are taken back in the order of the highest level."""
    first = 1.0 - forecast.at_least(multiple(count, unit))
    turn = [(-float(first[row]), row) for row in rows.tolist() if count[row] - 1 >= least[row]]
    heapq.heapify(turn)
    while turn and remaining < -tolerance * 1e-3:
        _, row = turn[0]
        count[row] -= 1
        remaining += float(weight[row] * unit[row])
        if count[row] - 1 >= least[row]:
            heapq.heapreplace(turn, (-_level(forecast, row, count[row], unit), row))
        else:
            heapq.heappop(turn)


def _level(forecast: Distribution, row: int, count: float, unit: FloatArray) -> float:
    """P(X < count × unit) of one person."""
    target = np.round(count * unit[row], DIGITS)
    return 1.0 - float(forecast.take(np.array([row])).at_least(np.array([target]))[0])


def _carried(target: float, weight: float, tolerance: float) -> float:
    """The named row's target with no more digits than the sum needs: off by less than the tolerance ÷ 2 in the goal's unit."""
    needed = max(0, math.ceil(math.log10(max(weight, 1e-12) / tolerance)))
    limit = CARRIED_DIGITS - math.ceil(math.log10(max(abs(target), 1.0)))
    return round(target, max(min(needed, limit), 0))
