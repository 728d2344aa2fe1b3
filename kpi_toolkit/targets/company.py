"""The company's quarter: the sum of its people's, whose quarters share a shock, and what comes beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpi_toolkit.quarter import QUARTERS_IN_YEAR
from kpi_toolkit.series import FloatArray, seasonal_indices
from kpi_toolkit.targets.course import Course
from kpi_toolkit.targets.distribution import NORMAL, Distribution, Family
from kpi_toolkit.targets.forecast import Forecast
from kpi_toolkit.targets.panel import LATEST, Panel

CHOICES = (0.7, 0.5, 0.3)  # chances of the goals that leadership may choose from
USUAL_TOGETHER, USUAL_WEIGHT = 0.5, 4.0  # correlation of two groups' shocks before any is seen, and as many quarters' worth
LONG = 8  # quarters behind the spread of what comes without a person


@dataclass(frozen=True)
class Outside:
    """What the company gets without a person (rows that name none, people who left): mean and variance of a quarter."""

    mean: float = 0.0
    variance: float = 0.0


def company(forecast: Forecast, weight: FloatArray, outside: Outside) -> Distribution:
    """The distribution of Σ weight × X + outside, `(1,)`; `weight` `(n,)` is 0 for those who are not there.

    The mean is the sum of the means; the variance that of people's own parts (independent) and of their groups' shared parts
    (course and shock), which go together as they did in the past. The shape is matched by moments: lognormal for
    amounts and counts, log-odds for shares, else normal.
    """
    one = forecast.distribution
    there = (weight > 0) & np.isfinite(one.location)
    part = np.where(there, weight, 0.0)
    mean = float(np.sum(np.where(there, part * one.mean, 0.0))) + outside.mean
    own = float(np.sum(np.where(there, part**2 * forecast.own_variance, 0.0)))
    pull = np.zeros(len(forecast.courses))
    np.add.at(pull, forecast.group[there], (part * one.slope * np.sqrt(forecast.shared))[there])
    variance = own + float(pull @ together(forecast.courses) @ pull) + outside.variance
    return matched(one.family, mean, variance)


def matched(family: Family, mean: float, variance: float) -> Distribution:
    """A distribution `(1,)` of this mean and variance for a company's value of the family."""
    family = Family.AMOUNT if family in (Family.COUNT, Family.ROUNDED) else family
    at, spread, unit = np.array([mean]), np.sqrt(np.array([max(variance, 0.0)])), np.ones(1)
    shifted = mean + 1.0 if family == Family.GROWTH else mean
    if family == Family.SHARE and 0 < mean < 1:
        at, spread = np.log(at / (1 - at)), spread / (at * (1 - at))
    elif family in (Family.AMOUNT, Family.GROWTH) and shifted > 0:
        spread = np.sqrt(np.log1p((spread / shifted) ** 2))
        at = np.log(np.array([shifted])) - spread**2 / 2
    else:
        family = Family.PLAIN
    return Distribution(family, at, spread, np.array([NORMAL]), 0.0, unit, floor=family == Family.AMOUNT)


def together(courses: tuple[Course, ...]) -> FloatArray:
    """Correlations `(groups, groups)` of the groups' shared parts: one common figure, from what was not foretold of each quarter.

    Few quarters tell little: half correlation is believed before any is seen, worth four quarters; never below 0.
    """
    n = len(courses)
    out = np.eye(n)
    if n < 2:
        return out
    table = np.array([one.surprises for one in courses])
    found, weight = USUAL_TOGETHER * USUAL_WEIGHT, USUAL_WEIGHT
    pairs = n * (n - 1) / 2
    for first in range(n):
        for second in range(first):
            both = np.isfinite(table[first]) & np.isfinite(table[second])
            both[: np.argmax(both) + 1] = False  # the first quarter begins the level: it is no surprise
            quarters = int(both.sum())
            if quarters:
                a, b = table[first][both], table[second][both]
                size = np.sqrt(float(a @ a) * float(b @ b))
                found += quarters * (float(a @ b) / size if size > 0 else 0.0) / pairs
                weight += quarters / pairs
    out[:] = float(np.clip(found / weight, 0.0, 1.0))
    np.fill_diagonal(out, 1.0)
    return out


def without_person(total: FloatArray, people: FloatArray) -> Outside:
    """What the company's past quarters `(periods,)` hold beyond the sum of its people's; NaN where unknown."""
    known = np.isfinite(total) & np.isfinite(people)
    rest = (total - people)[known][-LONG:]
    if not rest.size or np.abs(rest).max() <= 1e-6 * np.abs(total[known]).max():
        return Outside()
    return Outside(float(rest[-LATEST:].mean()), float(rest.var(ddof=1)) if rest.size > 1 else float(rest[0] ** 2) / 4)


def season_share(past: Panel, number: int) -> float:
    """The part (0..1) of a year's goal that falls to quarter 1..4, by the company's seasonal indices; ¼ where none is known."""
    if past.value.shape[0] != 1 or not past.season.size:
        return 1.0 / QUARTERS_IN_YEAR
    season = seasonal_indices(past.value[:, :-1], first=int(past.season[0]))
    indices = np.maximum(season.indices, 0.0)
    return float(indices[number - 1] / indices.sum()) if indices.sum() > 0 else 1.0 / QUARTERS_IN_YEAR
