"""Process limits: months or quarters in which a person's own process left its usual course.

A pattern says that something changed, never why, and never whose doing it is. Over many charts some patterns come by chance
alone, most often "2 of 3 in the outer third": the rows carry no false-discovery claim (`q_value` is empty).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit import series
from kpi_toolkit.evaluate import covering
from kpi_toolkit.kpis.declaration import KPI, Shape
from kpi_toolkit.quarter import FiscalYear, Quarter

if TYPE_CHECKING:
    from kpi_toolkit.kpis.measured import Measured

FloatArray = NDArray[np.float64]

LEAST_EVENTS = 5.0  # mean events behind a point; below it the grain is made coarser (contract, section 5)
LEAST_POINTS = {"month": 12, "quarter": 8}  # points of a chart; fewer give limits that say nothing
LONGEST = {"month": 36, "quarter": 16}  # points of a chart at most: older ones are another process
SEASONS = {"month": 12, "quarter": 4}
FULL_ENOUGH = 0.9  # presence in a quarter; months of a shorter one are left out of sums, an absence is no signal
RULES = (series.Rule.OUTSIDE, series.Rule.RUN, series.Rule.TREND, series.Rule.OUTER_THIRD)  # the first found holds
ADD_UP = (Shape.COUNT, Shape.SUM, Shape.DISTINCT)
MID_MONTH = 15


@dataclass(frozen=True)
class Chart:
    """A person's points of one KPI with the season taken out, oldest first, and their limits.

    `events` is the mean behind a point.
    """

    person_id: str
    kpi: str
    grain: str
    periods: tuple[str, ...]
    values: FloatArray
    limits: series.Limits
    events: float


def charts(measured: Measured, wanted: pd.DataFrame) -> list[Chart]:
    """The charts of persons and KPIs (`wanted`.

    Person_id, kpi) at the finest grain whose points hold 5 events or more on average.
    """
    out = []
    for kpi, part in wanted.drop_duplicates(["person_id", "kpi"]).groupby("kpi", sort=True):
        left = set(part["person_id"].astype(str))
        for grain in ("month", "quarter"):
            drawn = [chart for chart in _of_kpi(measured, measured.catalogue[str(kpi)], grain) if chart.person_id in left]
            left -= {chart.person_id for chart in drawn}
            out += drawn
    return sorted(out, key=lambda chart: (chart.person_id, chart.kpi))


def patterns(measured: Measured, wanted: pd.DataFrame) -> pd.DataFrame:
    """One row a chart whose pattern reaches into the quarter: person_id, kpi, period, rule, evidence."""
    rows = []
    for chart in charts(measured, wanted):
        inside = _inside(measured.quarter, chart.grain, chart.periods)
        found = [signal for signal in series.signals(chart.values, chart.limits) if inside[signal.last]]
        if not found:
            continue
        signal = min(found, key=lambda one: (RULES.index(one.rule), -one.last))
        words = ("falling", "rising") if signal.rule == series.Rule.TREND else ("below", "above")
        limits = chart.limits
        figures = [chart.values[signal.last], limits.centre, limits.lower, limits.upper]
        code = ":".join([words[signal.side > 0], *(f"{figure:.6g}" for figure in figures)])
        about = f"points:{signal.last - signal.first + 1};grain:{chart.grain};periods:{int(np.isfinite(chart.values).sum())}"
        rows.append(
            {
                "person_id": chart.person_id,
                "kpi": chart.kpi,
                "period": chart.periods[signal.last],
                "rule": f"process_limit_{signal.rule}",
                "evidence": f"{code};{about};events:{chart.events:.1f}",
            }
        )
    return pd.DataFrame(rows, columns=pd.Index(["person_id", "kpi", "period", "rule", "evidence"]))


def _of_kpi(measured: Measured, entry: KPI, grain: str) -> list[Chart]:
    """Every chart of a KPI at one grain."""
    rows = measured.measures
    rows = rows[rows["kpi"].eq(entry.id) & rows["level"].eq("person") & rows["grain"].eq(grain)]
    if not len(rows):
        return []
    periods = tuple(sorted(rows["period"].astype(str).unique()))[-LONGEST[grain] :]
    people = pd.Index(sorted(rows["entity_id"].astype(str).unique()))
    values, events = (
        rows.pivot_table(index="entity_id", columns="period", values=column, aggfunc="first")
        .reindex(index=people, columns=list(periods))
        .to_numpy(dtype=np.float64, na_value=np.nan)
        for column in ("value_constant", "events")
    )
    values = np.where(_usable(measured, entry, grain, people, periods), values, np.nan)
    if grain == "quarter" and entry.shape in ADD_UP:
        values = values / _presence(measured, people, periods)
    additive = entry.shape not in ADD_UP
    out = []
    for members in _peers(measured, people):
        season = series.seasonal_indices(values[members], _season(grain, periods[0]), SEASONS[grain], additive=additive)
        usual = season.removed(values[members], _season(grain, periods[0]))
        for row, points, behind in zip(members, usual, events[members], strict=True):
            known = np.isfinite(points)
            mean = float(behind[known].mean()) if known.any() else 0.0
            if known.sum() >= LEAST_POINTS[grain] and mean >= LEAST_EVENTS:
                out.append(Chart(str(people[row]), entry.id, grain, periods, points, series.process_limits(points), mean))
    return out


def _usable(measured: Measured, entry: KPI, grain: str, people: pd.Index[str], periods: tuple[str, ...]) -> NDArray[np.bool_]:
    """Periods that no source cut short, and of sums and counts only those in which the person was there."""
    fiscal = measured.quarter.fiscal
    quarters = [str(_quarter(period, grain, fiscal)) for period in periods]
    country = measured.people.set_index("person_id")["country"].reindex(people).fillna("").astype(str)
    covered = covering(measured, entry.id)
    whole = {(one, quarter): covered(one, quarter) for one in sorted(set(country)) for quarter in sorted(set(quarters))}
    usable: NDArray[np.bool_] = np.array([[whole[one, quarter] for quarter in quarters] for one in country], dtype=bool)
    if entry.shape in ADD_UP:
        presence = _presence(measured, people, tuple(quarters))
        usable &= presence >= (FULL_ENOUGH if grain == "month" else 1 - FULL_ENOUGH)
    return usable


def _presence(measured: Measured, people: pd.Index[str], quarters: tuple[str, ...]) -> FloatArray:
    table = measured.presence.pivot_table(index="person_id", columns="quarter", values="presence", aggfunc="first")
    filled = table.reindex(index=people, columns=sorted(set(quarters)))[list(quarters)]
    return np.asarray(np.nan_to_num(filled.to_numpy(dtype=np.float64, na_value=np.nan), nan=0.0), dtype=np.float64)


def _peers(measured: Measured, people: pd.Index[str]) -> list[NDArray[np.int64]]:
    """Rows of each country and role."""
    of = measured.people.set_index("person_id").reindex(people)[["country", "role"]].fillna("").astype(str)
    numbers = pd.factorize(of["country"] + "\x1f" + of["role"], sort=True)[0]
    return [np.flatnonzero(numbers == one) for one in range(int(numbers.max()) + 1)]


def _season(grain: str, period: str) -> int:
    return int(period[5:]) - 1


def _quarter(period: str, grain: str, fiscal: FiscalYear) -> Quarter:
    """The quarter of a period; a month belongs to that of its middle."""
    if grain == "quarter":
        return Quarter.parse(period, fiscal)
    return Quarter.of(date(int(period[:4]), int(period[5:]), MID_MONTH), fiscal)


def _inside(quarter: Quarter, grain: str, periods: tuple[str, ...]) -> list[bool]:
    return [_quarter(period, grain, quarter.fiscal) == quarter for period in periods]
