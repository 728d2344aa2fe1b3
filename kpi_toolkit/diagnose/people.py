"""What the past says of a KPI as a measure of people: spread, how much of it lasts, completeness, likeness to other KPIs.

Read by *diagnose*, *propose* and *renew*, so that a KPI is chosen and judged by the same arithmetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit import series
from kpi_toolkit.diagnose.panel import ADD_UP, LEAST_PRESENCE, Panel, Past, among_peers, stabilised
from kpi_toolkit.series import FloatArray

LOOKBACK = 8  # quarters that tell of people as they are now
LEAST_PEOPLE = 5  # below this nothing is said of people in general
LEAST_QUARTERS = 3  # of a person with data, for a statement on what lasts
LEAST_PAIRS = 12  # person-quarters in which both of two KPIs have data


@dataclass(frozen=True)
class Lasting:
    """How much of the spread between people lasts: ICC(1,1) with its interval, of how many people and quarters.

    `mean_of` is the reliability of a person's mean over those quarters, ICC(1,k). NaN where too few people or quarters tell.
    """

    share: float
    low: float
    high: float
    mean_of: float
    people: int
    quarters: int


def recent(past: Past, kpi: str) -> Panel:
    """The persons' quarters that tell of people as they are now."""
    return past.panel(kpi).last(LOOKBACK)


def standing(past: Past, people: Panel) -> FloatArray:
    """Where people stand among their peers, shape `(persons, quarters)`, on a scale of even spread, season and market out."""
    return among_peers(stabilised(people.values, past.catalogue[people.kpi].unit), people.country)


def lasting(past: Past, people: Panel) -> Lasting:
    """How much of the spread between people of a country lasts over quarters."""
    values = standing(past, people)
    values = values[np.isfinite(values).sum(axis=1) >= LEAST_QUARTERS]
    quarters = int(np.isfinite(values).any(axis=0).sum()) if values.size else 0
    if values.shape[0] < LEAST_PEOPLE or quarters < LEAST_QUARTERS or not np.nanstd(values) > 0:
        return Lasting(math.nan, math.nan, math.nan, math.nan, int(values.shape[0]), quarters)
    found = series.intraclass(values)
    return Lasting(found.one, found.low, found.high, found.one_k, int(values.shape[0]), quarters)


def with_data(past: Past, people: Panel) -> NDArray[np.bool_]:
    """Where a person has data, shape `(persons, quarters)`: a value, and for what is 0 without facts, any fact in the panel."""
    there: NDArray[np.bool_] = np.isfinite(people.values)
    if past.catalogue[people.kpi].shape in ADD_UP and there.size:
        recorded = (np.nan_to_num(people.events) > 0).any(axis=1) | (np.nan_to_num(people.values) != 0).any(axis=1)
        there = there & recorded[:, None]
    return there


@dataclass(frozen=True)
class Completeness:
    """Share of person-quarters with data, of how many, in how many quarters; NaN where the KPI has no quarter yet."""

    share: float
    person_quarters: int
    quarters: int


def completeness(past: Past, people: Panel) -> Completeness:
    """Of the person-quarters that were worked and that the KPI's source covers, those with data.

    Quarters in which nobody has a value are left out: nobody is known to be new in the first year, growth needs a year before.
    """
    there = with_data(past, people)
    quarters = there.any(axis=0)
    latest = slice(past.attendance.shape[1] - len(people.periods), None)
    covered = past.covered(past.catalogue[people.kpi].source)[:, latest]
    asked = covered & (past.attendance[:, latest] >= LEAST_PRESENCE) & quarters
    number = int(asked.sum())
    return Completeness(float((there & asked).sum() / number) if number else math.nan, number, int(quarters.sum()))


def likeness(one: FloatArray, other: FloatArray) -> float:
    """Spearman's rank correlation of two `standing`s of one roster; NaN below `LEAST_PAIRS` pairs or without spread."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < LEAST_PAIRS:
        return math.nan
    a, b = (_ranks(values[known]) for values in (one, other))
    spread = float(np.std(a) * np.std(b))
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else math.nan


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks from 1, ties sharing their mean rank; near-equal values (rounding of means) are ties."""
    _, where, counts = np.unique(np.round(values, 12), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[where], dtype=np.float64)
