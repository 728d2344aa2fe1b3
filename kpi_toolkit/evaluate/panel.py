"""A KPI's quarters as arrays: one row an entity, one column a quarter, the last column the quarter that is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.kpis.declaration import KPI, Shape, Unit
from kpi_toolkit.quarter import QUARTERS_IN_YEAR, Quarter

if TYPE_CHECKING:
    from kpi_toolkit.kpis.measured import Measured

FloatArray = NDArray[np.float64]

LOOKBACK = 20  # quarters of evidence at most; the level's drift makes older ones worth nothing
LEAST_PRESENCE = 0.2  # of a quarter; a shorter one says too little of a full one
LEAST_PART = 0.05  # of an entity's usual value: a logarithm is taken of no less, so that one empty quarter is not minus infinity


class Family(StrEnum):
    """Which model fits a KPI's draws."""

    COUNTS = "counts"  # gamma–Poisson, over- or underdispersed
    SHARES = "shares"  # beta–binomial
    LOGS = "logs"  # normal on logarithms: sums and money ratios
    PLAIN = "plain"  # normal: what may be negative, and shares of money


@dataclass(frozen=True)
class Panel:
    """Shapes `(entities, periods)` unless said otherwise; money in the reporting currency at the agreed rates.

    NaN where there is nothing.

    `value` at full presence, `looks` the denominators (shares), `exposure` the part of the quarter that was worked (counts),
    `events` the facts behind a value. `(entities,)`: `factor` by which the judged quarter is shortened, `before` (growth: what
    the judged quarter is held against), `peers` and `pool` (numbers of the country and role, and of the role). `season`
    `(periods,)` is 0 … 3.
    """

    family: Family
    entities: pd.Index[str]
    season: NDArray[np.int64]
    value: FloatArray
    looks: FloatArray
    exposure: FloatArray
    events: FloatArray
    factor: FloatArray
    before: FloatArray
    peers: NDArray[np.int64]
    pool: NDArray[np.int64]


def panel(measured: Measured, kpi: str, level: str, rule: str, rates: dict[str, float]) -> Panel | None:
    """The quarters of every entity of a level that has the KPI; None where there is none.

    Quarters cut short by a source are left out.
    """
    rows = measured.measures
    rows = rows[rows["kpi"].eq(kpi) & rows["level"].eq(level) & rows["grain"].eq("quarter")]
    if not len(rows):
        return None
    fiscal = measured.quarter.fiscal
    periods = [measured.quarter.shifted(-back) for back in range(LOOKBACK - 1, -1, -1)]
    entry = measured.catalogue[kpi]
    first = min(Quarter.parse(text, fiscal) for text in rows["period"].unique())
    first = first.shifted(-QUARTERS_IN_YEAR if entry.shape == Shape.GROWTH else 0)
    periods = [period for period in periods if period >= first or period == measured.quarter]
    names = [str(period) for period in periods]
    entities = pd.Index(sorted(rows["entity_id"].unique()), dtype="object")

    def wide(column: pd.Series[float]) -> FloatArray:
        frame = pd.DataFrame({"entity": rows["entity_id"], "period": rows["period"], "value": column})
        table = frame.pivot_table(index="entity", columns="period", values="value", aggfunc="sum", min_count=1)
        return table.reindex(index=entities, columns=names).to_numpy(dtype=np.float64, na_value=np.nan, copy=True)

    worth = rows["currency"].map(rates).astype("float64").fillna(1.0) if entry.unit == Unit.MONEY else pd.Series(1.0, rows.index)
    value, top, bottom = wide(rows["value_constant"] * worth), wide(rows["numerator"]), wide(rows["denominator"])
    events = wide(rows["events"])
    family = family_of(entry, rule)
    presence, factor = _presence(measured, kpi, level, entities, names)
    before = np.full(len(entities), np.nan)
    if entry.shape == Shape.GROWTH:
        value, before = _with_first_year(top, bottom), bottom[:, -1]
        factor = presence[:, -1]
    shortened = presence.copy()
    shortened[:, -1] = factor
    usable = (shortened >= LEAST_PRESENCE) & _covered(measured, kpi, level, entities, names)
    usable[:, -1] = (factor > 0) & np.isfinite(value[:, -1])
    adds = entry.shape in (Shape.SUM, Shape.GROWTH)
    if family == Family.SHARES:
        value = np.clip(top, 0.0, bottom)
        value[:, -1] = np.minimum(value[:, -1] / np.where(factor > 0, factor, np.nan), bottom[:, -1])
    elif family != Family.COUNTS:
        value = value / np.where(shortened > 0, shortened, np.nan) if adds else value
        if not adds:
            value[:, -1] = value[:, -1] / np.where(factor > 0, factor, np.nan)
    peers, pool = _peers(measured, level, entities)
    return Panel(
        family, entities, np.array([period.number - 1 for period in periods]), np.where(usable, value, np.nan),
        bottom, np.where(usable, shortened, np.nan), events, factor, before, peers, pool,
    )  # fmt: skip


def family_of(entry: KPI, rule: str) -> Family:
    """The model for a KPI, by its shape, its unit and whether money is among its parts."""
    if rule == "scale" or entry.id == "campaign_roi":
        return Family.PLAIN
    if entry.shape in (Shape.COUNT, Shape.DISTINCT):
        return Family.COUNTS
    if entry.unit == Unit.SHARE and entry.shape == Shape.RATIO:
        return Family.PLAIN if any(part.money for part in entry.parts) else Family.SHARES
    return Family.LOGS


def covering(measured: Measured, kpi: str) -> Callable[[str, str], bool]:
    """Whether every source of a KPI has its facts of a country ('' unknown) to the end of a quarter; answers are remembered."""
    sources = measured.catalogue[kpi].sources

    @cache
    def covered(country: str, quarter: str) -> bool:
        return all(measured.complete(source, country or None, quarter) for source in sources)

    return covered


def reaching(measured: Measured, kpi: str, level: str) -> Callable[[frozenset[str], str], bool]:
    """Whether the KPI's sources reach a quarter's end in all countries of an entity.

    Of a group's countries those count in which the sources ever had a fact: one without leads does not hold back the others'.
    """
    covered = covering(measured, kpi)
    sources = measured.catalogue[kpi].sources
    rows = measured.coverage[measured.coverage["source"].isin(sources) & measured.coverage["first_fact"].notna()]
    known = set(rows["country"].fillna("").astype(str))

    @cache
    def reached(countries: frozenset[str], quarter: str) -> bool:
        asked = countries & known if level != "person" and countries & known else countries
        return all(covered(country, quarter) for country in asked)

    return reached


def countries_of(measured: Measured, level: str, entities: pd.Index[str]) -> list[frozenset[str]]:
    """The countries whose facts an entity's measure rests on; '' for people without one."""
    people = measured.people.assign(country=measured.people["country"].fillna("").astype(str))
    if level == "country":
        return [frozenset({str(entity)}) for entity in entities]
    if level == "company":
        return [frozenset(people["country"])] * len(entities)
    column = "person_id" if level == "person" else "team"
    of = people.dropna(subset=[column]).groupby(people[column].astype("object"))["country"].agg(frozenset)
    return [of[entity] if entity in of.index else frozenset({""}) for entity in entities]


def _covered(measured: Measured, kpi: str, level: str, entities: pd.Index[str], names: list[str]) -> NDArray[np.bool_]:
    reached = reaching(measured, kpi, level)
    rows = [[reached(countries, name) for name in names] for countries in countries_of(measured, level, entities)]
    return np.array(rows, dtype=bool).reshape(len(entities), len(names))


def _with_first_year(now: FloatArray, before: FloatArray) -> FloatArray:
    """Growth's own quarters as a series.

    What is now, and for the first year, which has no growth, what the next year is held against.
    """
    out = now.copy()
    for back in range(out.shape[1] - QUARTERS_IN_YEAR):
        out[:, back] = np.where(np.isfinite(out[:, back]), out[:, back], before[:, back + QUARTERS_IN_YEAR])
    return out


def _presence(
    measured: Measured, kpi: str, level: str, entities: pd.Index[str], names: list[str]
) -> tuple[FloatArray, FloatArray]:
    """Presence per quarter, and the factor of the judged one; groups are always there in full."""
    if level != "person":
        return np.ones((len(entities), len(names))), np.ones(len(entities))
    table = measured.presence.pivot_table(index="person_id", columns="quarter", values="presence", aggfunc="first")
    presence = table.reindex(index=entities, columns=names).to_numpy(dtype=np.float64, na_value=np.nan)
    own = measured.proration[measured.proration["kpi"].eq(kpi)].set_index("person_id")["factor"]
    factor = own.reindex(entities).to_numpy(dtype=np.float64, na_value=np.nan)
    last = np.nan_to_num(presence[:, -1], nan=0.0)
    return np.nan_to_num(presence, nan=0.0), np.where(last > 0, np.where(np.isfinite(factor), factor, 1.0), 0.0)


def _peers(measured: Measured, level: str, entities: pd.Index[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if level != "person":
        return np.zeros(len(entities), dtype=np.int64), np.zeros(len(entities), dtype=np.int64)
    people = measured.people.set_index("person_id").reindex(entities)
    country, role = (people[column].fillna("").astype(str) for column in ("country", "role"))
    return pd.factorize(country + "\x1f" + role, sort=True)[0], pd.factorize(role, sort=True)[0]
