"""A KPI's past quarters as arrays: a row a person (or team, country, the company), a column a quarter, the last the target's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_
from kpi_toolkit.quarter import Quarter
from kpi_toolkit.series import FloatArray
from kpi_toolkit.targets.distribution import Family

if TYPE_CHECKING:
    from kpi_toolkit.kpis.declaration import KPI
    from kpi_toolkit.kpis.measured import Measured

LEAST_PRESENCE = 0.6  # of a past quarter: a shorter one says too little of a full one (contract, section 4: context exception)
LOOKBACK = 20  # quarters of history at most: five years
LATEST = 4  # quarters whose mean denominator stands for the coming one
THROUGH_ZERO = frozenset({"revenue_growth", "revenue_per_customer_growth", "campaign_roi"})
ADDS = ("count", "sum")  # shapes whose values of persons add to the company's


class NoRate(KpiError):
    code = "K452"
    message = N_("{kpi}: no agreed rate for {currency}, in which people are measured. Add it to the table rates.")


@dataclass(frozen=True)
class Panel:
    """The past of one KPI at one level; shapes `(n, periods)` unless said otherwise, NaN where there is nothing.

    `value` is at full presence (sums) and, for money, in the reporting currency at agreed rates; for counts it is what was
    counted, in `exposure` parts of the quarter. For shares of counted things `exposure` is the denominator. `denominator`
    serves the weights of ratios. `season` `(periods,)` is 0..3; `entities` and `peers` (number of the group) have shape `(n,)`.
    """

    family: Family
    entities: tuple[str, ...]
    periods: tuple[str, ...]
    season: NDArray[np.int64]
    value: FloatArray
    exposure: FloatArray
    denominator: FloatArray
    peers: NDArray[np.int64]

    @property
    def expected_denominator(self) -> FloatArray:
        """Mean of each entity's latest denominators, the others' median where it has none; `(n,)`, 1 where nobody has any."""
        own = np.array([_mean(row[np.isfinite(row)][-LATEST:]) for row in self.denominator])
        known = own[np.isfinite(own)]
        return np.where(np.isfinite(own), own, float(np.median(known)) if known.size else 1.0)


def panel(history: Measured, kpi: KPI, level: str = "person") -> Panel:
    """The KPI's quarters before the target's. At level person everyone of `history.people` has a row, in the order of ids.

    Raises `NoRate` where people are measured in a currency without an agreed rate.
    """
    rows = history.measures
    rows = rows[rows["kpi"].eq(kpi.id) & rows["level"].eq(level) & rows["grain"].eq("quarter") & rows["value"].notna()]
    fiscal, target = history.quarter.fiscal, history.quarter
    ordinals = {text: Quarter.parse(text, fiscal).ordinal for text in rows["period"].unique()}
    ordinal = rows["period"].map(ordinals).astype("int64")
    kept = (ordinal < target.ordinal) & (ordinal >= target.ordinal - LOOKBACK)
    rows, ordinal = rows[kept], ordinal[kept]
    first = int(ordinal.min()) if len(rows) else target.ordinal
    periods = tuple(str(target.shifted(back)) for back in range(first - target.ordinal, 1))
    season = np.array([(target.number - 1 + back) % 4 for back in range(first - target.ordinal, 1)])
    people = history.people
    listed = people["person_id"] if level == "person" else pd.Series([], dtype="object")
    entities = tuple(sorted({*rows["entity_id"].astype(str), *listed.astype(str)}))
    at = pd.Index(entities).get_indexer(rows["entity_id"].astype(str)), ordinal.to_numpy() - first

    def wide(column: pd.Series[float]) -> FloatArray:
        table = np.full((len(entities), len(periods)), np.nan)
        table[at] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return table

    worth = worths(history, kpi, rows["currency"])
    value, top, bottom = (
        wide(rows["value_constant"].fillna(rows["value"]) * worth),
        wide(rows["numerator"]),
        wide(rows["denominator"]),
    )
    family = family_of(kpi, value, top, bottom)
    presence = _presence(history, entities, periods) if level == "person" else np.ones(value.shape)
    value = np.where(presence >= LEAST_PRESENCE, value, np.nan)
    exposure = np.ones(value.shape)
    if family in (Family.COUNT, Family.ROUNDED):
        exposure = presence
    elif str(kpi.shape) == "sum":
        value = value / np.where(presence > 0, presence, np.nan)
    elif family == Family.SHARE:
        exposure = bottom if _counted(top, bottom) else np.full(value.shape, np.nan)
    if family == Family.GROWTH:
        value = value + 1.0
    return Panel(family, entities, periods, season, value, exposure, bottom, _peers(people, entities, level))


def family_of(kpi: KPI, value: FloatArray, top: FloatArray, bottom: FloatArray) -> Family:
    """The kind of number: by the KPI's shape and unit, and for ratios by what its values have been."""
    shape, known = str(kpi.shape), value[np.isfinite(value)]
    if kpi.scale is not None:
        return Family.PLAIN
    if shape == "growth" or kpi.id in THROUGH_ZERO:
        return Family.GROWTH
    if shape in ("count", "distinct"):
        return Family.COUNT
    if str(kpi.unit) == "share":
        return Family.SHARE if ((known >= 0) & (known <= 1)).all() else Family.PLAIN
    return Family.PLAIN if shape == "ratio" and (known < 0).any() else Family.AMOUNT


def worths(history: Measured, kpi: KPI, currencies: pd.Series[str]) -> pd.Series[float]:
    """What one unit of each row's currency is worth in the reporting currency at agreed rates; 1 for what is not money."""
    if str(kpi.unit) != "money" or not history.reporting_currency:
        return pd.Series(1.0, index=currencies.index)
    rates = dict(zip(history.rates["currency"].astype(str), history.rates["rate"].astype(float), strict=True))
    named = currencies.fillna("").astype(str)
    rates |= {"": 1.0, history.reporting_currency: 1.0}
    absent = sorted(set(named) - set(rates))
    if absent:
        raise NoRate(kpi=kpi.id, currency=absent[0])
    return named.map(rates).astype("float64")


def presences(history: Measured, entities: tuple[str, ...], quarter: str) -> FloatArray:
    """Presence (0..1) of people in a quarter, 1 where it is not known; `(n,)`."""
    return _presence(history, entities, (quarter,), unknown=1.0)[:, 0]


def _presence(history: Measured, entities: tuple[str, ...], periods: tuple[str, ...], unknown: float | None = None) -> FloatArray:
    """Presence `(n, periods)`. Unlisted: 0 for a person who has other quarters listed, else 1."""
    rows = history.presence
    table = np.full((len(entities), len(periods)), np.nan)
    row = pd.Index(entities).get_indexer(pd.Index(rows["person_id"].astype(str)))
    column = pd.Index(periods).get_indexer(pd.Index(rows["quarter"].astype(str)))
    inside = (row >= 0) & (column >= 0)
    table[row[inside], column[inside]] = rows["presence"].to_numpy(dtype=np.float64)[inside]
    listed = np.zeros(len(entities), dtype=bool)
    listed[row[row >= 0]] = True
    missing = np.where(listed, 0.0, 1.0)[:, None] if unknown is None else unknown
    return np.asarray(np.where(np.isfinite(table), table, missing), dtype=np.float64)


def _peers(people: pd.DataFrame, entities: tuple[str, ...], level: str) -> NDArray[np.int64]:
    """The group of each person: country and role; of anything else: one."""
    if level != "person":
        return np.zeros(len(entities), dtype=np.int64)
    table = people.assign(person_id=people["person_id"].astype(str)).set_index("person_id").reindex(entities)
    country, role = (table[column].fillna("").astype(str) for column in ("country", "role"))
    return np.asarray(pd.factorize(country + "\x1f" + role, sort=True)[0], dtype=np.int64)


def _counted(top: FloatArray, bottom: FloatArray) -> bool:
    """Whether both parts of a ratio are whole numbers: then chance alone moves a share of few."""
    known = np.isfinite(top) & np.isfinite(bottom)
    return bool(known.any() and (top[known] == np.round(top[known])).all() and (bottom[known] == np.round(bottom[known])).all())


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")
