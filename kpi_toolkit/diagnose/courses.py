"""Where teams, countries and the company stand and how they got there: level, trend, season, variation, assurance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from kpi_toolkit import series
from kpi_toolkit.diagnose.findings import Finding, Row, code
from kpi_toolkit.diagnose.panel import ADD_UP, PERIODS_IN_YEAR, Line, Panel, Past, lines, season_of_group, worth
from kpi_toolkit.kpis.declaration import Better, Unit

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement

LEAST_EVENTS = 5.0  # mean events behind a point of a chart; below, the grain is made coarser (contract, section 5)
LEAST_POINTS = {"month": 12, "quarter": 8}  # points of a chart: fewer give limits that say nothing
COVERED = (
    0.95  # share of the last year's value that people with a quota must have brought, for their sum to be the company's line
)


def courses(past: Past, kpi: str, engagement: Engagement) -> Iterator[Row]:
    """The findings on groups for one KPI."""
    people = past.panel(kpi)
    groups = list(lines(past, kpi, ("company", "country", "team")))
    yield from (_level(past, kpi, line) for line in groups)
    for line in groups:
        if line.level == "team":
            continue
        season = season_of_group(past, kpi, line, "quarter", people)
        if line.level == "company":
            yield _season(past, kpi, line, season)
        yield from _trend(past, kpi, line, season)
        if line.level == "company":
            yield from _assurance(past, kpi, line, season, engagement)
    yield from _variation(past, kpi)


def _row(past: Past, kpi: str, line: Line, finding: Finding, value: float, low: float, high: float, evidence: str) -> Row:
    unit = str(past.catalogue[kpi].unit)
    return Row(line.level, line.entity_id, kpi, finding, value, low, high, evidence, unit, line.currency or "")


def _level(past: Past, kpi: str, line: Line) -> Row:
    """A usual quarter: the mean of the last year's, so that every season is in it."""
    last = slice(-PERIODS_IN_YEAR["quarter"], None)
    known = np.isfinite(line.values[last])
    values = line.values[last][known]
    periods = [period for period, one in zip(line.periods[last], known, strict=True) if one]
    evidence = code("quarters", len(periods), periods[0], periods[-1])
    events = np.nan_to_num(line.events[last][known]).mean()
    evidence += ";" + code("events", float(events))
    return _row(past, kpi, line, Finding.LEVEL, float(values.mean()), float(values.min()), float(values.max()), evidence)


def _season(past: Past, kpi: str, line: Line, season: series.Season) -> Row:
    low, high = float(season.indices.min()), float(season.indices.max())
    if season.kept == 0:
        return _row(past, kpi, line, Finding.SEASON, math.nan, math.nan, math.nan, code("no_season", season.cycles))
    peak, trough = int(season.indices.argmax()) + 1, int(season.indices.argmin()) + 1
    parts = [code("peak", peak, high), code("trough", trough, low), code("years", season.cycles), code("kept", season.kept)]
    return _row(past, kpi, line, Finding.SEASON, high - low, low, high, ";".join(parts))


def _trend(past: Past, kpi: str, line: Line, season: series.Season) -> Iterator[Row]:
    found = series.trend(season.removed(line.values, line.first_season))
    points = past.catalogue[kpi].unit == Unit.SHARE
    if math.isnan(found.slope) or not (points or found.level > 0):
        return
    scale = PERIODS_IN_YEAR["quarter"] / (1.0 if points else found.level)
    direction = "rising" if found.low > 0 else "falling" if found.high < 0 else "no_trend"
    evidence = code(direction, found.points) + ";" + code("per_year", "points" if points else "share")
    yield _row(past, kpi, line, Finding.TREND, found.slope * scale, found.low * scale, found.high * scale, evidence)


def _variation(past: Past, kpi: str) -> Iterator[Row]:
    """What the latest point of each chart says, at the finest grain whose points hold enough events."""
    seen: set[tuple[str, str]] = set()
    higher = past.catalogue[kpi].better == Better.HIGHER
    for grain in ("month", "quarter"):
        people: Panel | None = None
        for line in lines(past, kpi, ("company", "country"), grain):
            known = np.isfinite(line.values)
            if (line.level, line.entity_id) in seen or known.sum() < LEAST_POINTS[grain]:
                continue
            if np.nan_to_num(line.events[known]).mean() < LEAST_EVENTS:
                continue
            if people is None and past.catalogue[kpi].shape in ADD_UP:
                people = past.panel(kpi, grain)
            usual = season_of_group(past, kpi, line, grain, people).removed(line.values, line.first_season)
            limits = series.process_limits(usual)
            if not limits.upper > limits.lower:  # a series that never moves tells nothing
                continue
            seen.add((line.level, line.entity_id))
            said, signal = series.variation(usual, limits, higher_is_better=higher)
            evidence = code(said, *([signal.rule] if signal else []))
            about = [code("grain", grain), code("points", int(known.sum())), code("centre", limits.centre)]
            row = ";".join([evidence, *about])
            yield _row(past, kpi, line, Finding.VARIATION, float(usual[-1]), limits.lower, limits.upper, row)


def _assurance(past: Past, kpi: str, line: Line, season: series.Season, engagement: Engagement) -> Iterator[Row]:
    """Whether the company's process as it runs passes the quarter's line, season taken out of both."""
    known = np.isfinite(line.values)
    target, named = _target_line(past, kpi, season, engagement)
    if math.isnan(target) or known.sum() < LEAST_POINTS["quarter"] or np.nan_to_num(line.events[known]).mean() < LEAST_EVENTS:
        return
    limits = series.process_limits(season.removed(line.values, line.first_season))
    said = series.assurance(limits, target, higher_is_better=past.catalogue[kpi].better == Better.HIGHER)
    if said is not None:
        evidence = code(said) + ";" + code("line", named)
        yield _row(past, kpi, line, Finding.ASSURANCE, target, limits.lower, limits.upper, evidence)


def _target_line(past: Past, kpi: str, season: series.Season, engagement: Engagement) -> tuple[float, str]:
    """The company's line of the quarter without season, and where it comes from; NaN where there is none.

    A year's goal of what adds up is four usual quarters; of anything else it is the line itself.
    """
    quarter, entry = past.quarter, past.catalogue[kpi]
    goals = engagement.company_goals.get(kpi, {})
    if str(quarter) in goals:
        return float(season.removed([goals[str(quarter)]], quarter.number - 1)[0]), "company_goal"
    if str(quarter.year) in goals:
        return goals[str(quarter.year)] / (PERIODS_IN_YEAR["quarter"] if entry.shape in ADD_UP else 1), "company_goal"
    quotas = past.quotas
    quotas = quotas[quotas["kpi"].eq(kpi) & quotas["quarter"].eq(str(quarter))]
    if entry.shape not in ADD_UP or not len(quotas):
        return math.nan, ""
    people = past.panel(kpi).last(PERIODS_IN_YEAR["quarter"])
    brought = np.nansum(people.values, axis=1)
    with_quota = np.asarray(people.people.isin(quotas["person_id"]))
    if not brought.sum() > 0 or brought[with_quota].sum() < COVERED * brought.sum():
        return math.nan, ""
    rate = worth(past, quotas["currency"]) if entry.unit == Unit.MONEY else 1.0
    total = float((quotas["target"] * rate).sum(skipna=False))
    return float(season.removed([total], quarter.number - 1)[0]), "quotas"
