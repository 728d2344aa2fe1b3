"""Weights of a set of KPIs: multiples of 5 that people can say aloud, none below the least, together 100."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

STEP = 5  # percentage points
MOST = 40  # per cent of one KPI: no single number decides alone


@dataclass(frozen=True)
class Weights:
    """Per cent by KPI, adding to 100; `least` is the minimum that held, `given_up`: the client's own weights did not fit."""

    of: Mapping[str, float]
    least: float
    given_up: bool


def weigh(importance: Mapping[str, float], least: float, given: Mapping[str, float]) -> Weights:
    """Share 100 by importance (positive, by KPI, at least one of them), in steps of 5, none below `least` where that fits.

    `given` weights of the client stand as they are where they leave room for the rest, else they are taken as importance. Where
    n · `least` is more than 100, the minimum becomes the highest multiple of 5 that fits (more than 20 KPIs: equal weights).
    """
    n = len(importance)
    floor = _floor(n, least)
    fixed = {kpi: given[kpi] for kpi in importance if kpi in given}
    free = [kpi for kpi in importance if kpi not in fixed]
    room = 100 - sum(fixed.values())
    fits = room >= floor * len(free) if free else math.isclose(room, 0.0, abs_tol=1e-9)
    if not fits:
        taken = {kpi: fixed.get(kpi, 100 * one / sum(importance.values())) for kpi, one in importance.items()}
        return Weights(_shared(taken, 100.0, floor), floor, True)
    return Weights(
        {kpi: {**fixed, **_shared({kpi: importance[kpi] for kpi in free}, room, floor)}[kpi] for kpi in importance}, floor, False
    )


def said_aloud(least: float) -> int:
    """The least weight as a multiple of 5, rounded up."""
    return STEP * math.ceil(max(least, STEP) / STEP)


def _floor(n: int, least: float) -> float:
    wanted = said_aloud(least)
    return float(wanted if wanted * n <= 100 else max(STEP * (100 // n // STEP), 0))


def _shared(importance: Mapping[str, float], room: float, floor: float) -> dict[str, float]:
    """Steps of 5 to whoever is furthest below its part; what is no multiple of 5 goes to the most important."""
    if not importance:
        return {}
    total = sum(importance.values())
    part = {kpi: room * one / total for kpi, one in importance.items()}
    if floor == 0:
        return {kpi: room / len(part) for kpi in part}
    given = dict.fromkeys(part, floor)
    most = MOST if MOST * len(part) >= room else 100
    left = room - sum(given.values())
    while left >= STEP:
        open_ = [kpi for kpi in part if given[kpi] + STEP <= most] or list(part)
        furthest = max(open_, key=lambda kpi: part[kpi] - given[kpi])  # the first of equals, as chosen
        given[furthest] += STEP
        left -= STEP
    if left > 0:
        given[max(part, key=lambda kpi: part[kpi])] += left
    return given
