"""A KPI's past as arrays: persons by period, and the series of teams, countries and the company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit import series
from kpi_toolkit.kpis.declaration import Shape, Unit
from kpi_toolkit.kpis.measured import Measured
from kpi_toolkit.quarter import Quarter, quarters_between
from kpi_toolkit.series import FloatArray

LONGEST = {"quarter": 20, "month": 36}  # periods looked back at most: older ones are another business
PERIODS_IN_YEAR = {"quarter": 4, "month": 12}
LEAST_PRESENCE = 0.6  # of a quarter, below which a person's result does not stand for a usual one (contract, section 4)
ADD_UP = (Shape.COUNT, Shape.SUM, Shape.DISTINCT)  # what is 0 without facts and grows with the days present


@dataclass(frozen=True)
class Panel:
    """A KPI of persons; `values` and `events` have shape `(persons, periods)`, oldest first.

    Money in the reporting currency at the agreed rates; what adds up, by quarter, at full presence. NaN: no data, or a person who
    was there for too little of the quarter, who has no goals (`goals: none`), or whose country's source was cut. `country`
    `(persons,)` numbers the persons' countries.
    """

    kpi: str
    people: pd.Index[str]
    periods: tuple[str, ...]
    values: FloatArray
    events: FloatArray
    country: NDArray[np.int64]

    def last(self, periods: int) -> Panel:
        """The latest periods only."""
        part = slice(-periods, None)
        return replace(self, periods=self.periods[part], values=self.values[:, part], events=self.events[:, part])

    @property
    def usual(self) -> FloatArray:
        """Each person's mean over the last year of the panel, shape `(persons,)`; NaN without data."""
        year = self.values[:, -PERIODS_IN_YEAR["quarter"] :]
        known = np.isfinite(year).sum(axis=1)
        return np.where(known > 0, np.nansum(year, axis=1) / np.maximum(known, 1), np.nan)


@dataclass(frozen=True)
class Line:
    """One entity's series; `values`, `events` `(periods,)` without gaps in time, NaN where a period has no value."""

    level: str
    entity_id: str
    currency: str | None
    periods: tuple[str, ...]
    values: FloatArray
    events: FloatArray

    @property
    def first_season(self) -> int:
        return season_of(self.periods[0])


def season_of(period: str) -> int:
    """Which part of the year a period is, from 0: of `2026Q3` 2, of `2026-07` 6."""
    return int(period[5:]) - 1


class Past(Measured):
    """A history with what is asked of it again and again, worked out once."""

    @classmethod
    def of(cls, history: Measured) -> Past:
        """The history itself where it is a past already."""
        if isinstance(history, Past):
            return history
        return cls(**{one.name: getattr(history, one.name) for one in fields(Measured)})

    @cached_property
    def _parts(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        parts = self.measures.groupby(["kpi", "grain", "level"], sort=False)
        return {(str(kpi), str(grain), str(level)): part for (kpi, grain, level), part in parts}

    def rows(self, kpi: str, grain: str, level: str) -> pd.DataFrame:
        """The measures of a KPI at a grain and a level."""
        return self._parts.get((kpi, grain, level), self.measures.iloc[:0])

    @cached_property
    def roster(self) -> pd.Index[str]:
        """Ids of all people that measures tell of, but those without goals; sorted. Every panel has these rows."""
        ids = self.measures.loc[self.measures["level"].eq("person"), "entity_id"].astype(str).unique()
        without = set(self.people.loc[~self.people["has_goals"].astype(bool), "person_id"].astype(str))
        own: pd.Index[str] = pd.Index(sorted(set(ids) - without), dtype="object")
        return own

    @cached_property
    def country(self) -> pd.Series[str]:
        """The country of each of the roster, "" where unknown."""
        of = self.people.drop_duplicates("person_id").set_index("person_id")["country"]
        return of.reindex(self.roster).fillna("").astype(str)

    @cached_property
    def _periods(self) -> dict[str, tuple[str, ...]]:
        return {grain: _every_period(self, grain) for grain in LONGEST}

    def periods(self, grain: str) -> tuple[str, ...]:
        """Every period of a grain from the first to the last that has measures, the latest `LONGEST` of them."""
        return self._periods[grain]

    @cached_property
    def attendance(self) -> FloatArray:
        """Presence of the roster in the quarters of `periods`, 0..1, NaN where not employed; shape `(persons, quarters)`."""
        there = self.presence
        return wide(there["presence"], there["person_id"], there["quarter"], self.roster, self.periods("quarter"))

    @cached_property
    def _covered(self) -> dict[str, NDArray[np.bool_]]:
        return {}

    def covered(self, source: str) -> NDArray[np.bool_]:
        """Where there is any measure of a person from a source, `(persons, quarters)`: a quarter that was cut has none."""
        if source not in self._covered:
            periods = self.periods("quarter")
            out = np.zeros((len(self.roster), len(periods)), dtype=np.bool_)
            for kpi in self.available():
                if self.catalogue[kpi].source == source:
                    rows = self.rows(kpi, "quarter", "person")
                    there = pd.Series(1.0, rows.index)
                    out |= np.isfinite(wide(there, rows["entity_id"], rows["period"], self.roster, periods))
            self._covered[source] = out
        return self._covered[source]

    @cached_property
    def _panels(self) -> dict[tuple[str, str], Panel]:
        return {}

    def panel(self, kpi: str, grain: str = "quarter") -> Panel:
        """The persons' values of a KPI over the periods."""
        if (kpi, grain) not in self._panels:
            self._panels[kpi, grain] = _panel(self, kpi, grain)
        return self._panels[kpi, grain]


def _every_period(history: Measured, grain: str) -> tuple[str, ...]:
    periods = history.measures.loc[history.measures["grain"].eq(grain), "period"].astype(str)
    if not len(periods):
        return ()
    first, last = periods.min(), periods.max()
    if grain == "quarter":
        fiscal = history.quarter.fiscal
        every = [str(one) for one in quarters_between(Quarter.parse(first, fiscal), Quarter.parse(last, fiscal))]
    else:
        every = [str(one) for one in pd.period_range(first, last, freq="M")]
    return tuple(every[-LONGEST[grain] :])


def wide(
    values: pd.Series[float], entity: pd.Series[str], period: pd.Series[str], entities: pd.Index[str], periods: Sequence[str]
) -> FloatArray:
    """A long column as an array `(entities, periods)`, NaN where there is no row; rows of others are left out."""
    out = np.full((len(entities), len(periods)), np.nan)
    row = entities.get_indexer(pd.Index(entity, dtype="object"))
    column = pd.Index(list(periods), dtype="object").get_indexer(pd.Index(period, dtype="object"))
    known = (row >= 0) & (column >= 0)
    out[row[known], column[known]] = values.to_numpy(dtype=np.float64, na_value=np.nan)[known]
    return out


def _panel(past: Past, kpi: str, grain: str) -> Panel:
    rows, periods, entry = past.rows(kpi, grain, "person"), past.periods(grain), past.catalogue[kpi]
    place = (rows["entity_id"], rows["period"], past.roster, periods)
    value = rows["value_constant"] * (worth(past, rows["currency"]) if entry.unit == Unit.MONEY else 1.0)
    values = wide(value, *place)
    if grain == "quarter":
        enough = past.attendance >= LEAST_PRESENCE
        full = values / np.where(enough, past.attendance, 1.0) if entry.shape in ADD_UP else values
        values = np.where(enough, full, np.nan)
    country = pd.factorize(past.country, sort=True)[0].astype(np.int64)
    return Panel(kpi, past.roster, periods, values, wide(rows["events"], *place), country)


def worth(history: Measured, currency: pd.Series[str]) -> pd.Series[float]:
    """What one unit of each row's currency is worth in the reporting currency; NaN where no rate is agreed."""
    known = currency.dropna().unique()
    if len(known) <= 1 and (not history.reporting_currency or set(known) <= {history.reporting_currency}):
        return pd.Series(1.0, currency.index)
    rates = history.rates.set_index("currency")["rate"].astype("float64")
    return currency.map(rates.to_dict()).astype("float64").where(currency.notna(), 1.0)


def lines(past: Past, kpi: str, levels: tuple[str, ...], grain: str = "quarter") -> Iterator[Line]:
    """The series of every entity of the levels that has a value; money in its own currency, at the agreed rates."""
    periods = past.periods(grain)
    for level in levels:
        for entity, own in past.rows(kpi, grain, level).groupby("entity_id", sort=True):
            own = own.set_index("period").reindex(list(periods))
            values = own["value_constant"].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
            known = np.flatnonzero(np.isfinite(values))
            if not known.size:
                continue
            currencies = own["currency"].dropna().unique()
            if len(currencies) > 1:  # the entity's people once shared a currency and later did not: not one series
                values = np.where(own["currency"].eq(currencies[-1]), values, np.nan)
            span = slice(int(known[0]), int(known[-1]) + 1)
            events = own["events"].to_numpy(dtype=np.float64, na_value=np.nan)[span]
            currency = str(currencies[-1]) if len(currencies) else None
            yield Line(level, str(entity), currency, periods[span], values[span], events)


def season_of_group(past: Past, kpi: str, line: Line, grain: str, people: Panel | None) -> series.Season:
    """The season of a group: pooled over its people where the KPI adds up, else of the group's own series.

    What passes through zero or is a share has a season of differences, the rest one of ratios.
    """
    entry = past.catalogue[kpi]
    period = PERIODS_IN_YEAR[grain]
    additive = entry.unit == Unit.SHARE
    if people is not None and entry.shape in ADD_UP and line.level in ("company", "country"):
        members = people.values
        if line.level == "country":
            members = members[past.country.eq(line.entity_id).to_numpy()]
        if members.size:
            return series.seasonal_indices(members, season_of(people.periods[0]), period, additive=additive)
    return series.seasonal_indices(line.values, line.first_season, period, additive=additive)


def stabilised(values: FloatArray, unit: Unit) -> FloatArray:
    """Values on a scale on which their chance spread hardly depends on their size; shape as given, no unit.

    Counts: square root (Poisson; Anscombe 1948). Money: inverse hyperbolic sine of the value in medians, a logarithm that bears
    zeros and credit notes. Shares and days as they are.
    """
    if unit == Unit.COUNT:
        return np.sqrt(np.maximum(values, 0.0))
    if unit == Unit.MONEY:
        positive = values[np.isfinite(values) & (values > 0)]
        return np.arcsinh(values / (float(np.median(positive)) if positive.size else 1.0))
    return values


def among_peers(values: FloatArray, country: NDArray[np.int64], least: int = 3) -> FloatArray:
    """Values less the mean of the period's people of the same country (of all people where a country has fewer than `least`).

    Shapes `(persons, periods)` and `(persons,)`. What all share (season, market, trend) and what divides countries goes out.
    """
    out = values - _mean(values)
    for one in np.unique(country):
        members = np.flatnonzero(country == one)
        if members.size >= least:
            counts = np.isfinite(values[members]).sum(axis=0)
            own = values[members] - _mean(values[members])
            out[members] = np.where(counts >= least, own, out[members])
    return out


def _mean(values: FloatArray) -> FloatArray:
    known = np.isfinite(values).sum(axis=0)
    return np.asarray(np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan), dtype=np.float64)
