"""What a usual quarter gives over the days on which a person was there, against the whole quarter.

Definition: contract, section 4, Proration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.kpis.declaration import KPI, Amount, Shape
from kpi_toolkit.kpis.people import People
from kpi_toolkit.kpis.timeline import DAY, as_quarter, quarter_days
from kpi_toolkit.quarter import Quarter

QUARTERS_POOLED = 8  # the past complete quarters that say how a quarter fills
FILL, WORKING_DAYS, NONE = "fill", "working_days", "none"
WHOLE = "whole"
UNKNOWN = "\0"  # stands for a country or role that is not known
ADDING = (Shape.COUNT, Shape.SUM, Shape.DISTINCT)
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Shares:
    """Which shares of past quarters are to be measured: `windows` and `before` as of a lens, day instead of cell;
    `peers`: share (its name), person_id, period; `of`: by person in the run's quarter, the share that is theirs.
    """

    windows: pd.DataFrame
    before: pd.DataFrame
    peers: pd.DataFrame
    of: Mapping[str, str]


def mirrored(there: Flags, days: int) -> Flags:
    """The days of a quarter of another length that lie where `there` is true, by their relative position; shape `(days,)`."""
    position = (np.arange(days) + 0.5) / days
    mirror: Flags = there[(position * len(there)).astype(int)]
    return mirror


def shares_of(there: Mapping[str, Flags], places: pd.DataFrame, past: pd.DataFrame, people: People, quarter: Quarter) -> Shares:
    """The shares of past quarters that match the days of those who were there for part of the quarter.

    `there`: by person, their days of the quarter. `places`: person_id, country, role in the quarter. `past`: person_id, period,
    country, role in the quarters that may be pooled; those count in which the person was employed from the first day to the last.
    """
    past = _whole_quarters(past, people, quarter)
    pools = {
        place: past.loc[rows, ["person_id", "period"]] for place, rows in _places(past).groupby(_places(past)).groups.items()
    }
    names: dict[tuple[object, bytes], str] = {}
    masks: dict[str, Flags] = {}
    peers, of = [], {}
    for person, place in zip(places["person_id"], _places(places), strict=True):
        days = there.get(person)
        if days is None or days.all() or not days.any() or place not in pools:
            continue
        key = (place, days.tobytes())
        if key not in names:
            names[key] = f"share {len(names):04d}"
            masks[names[key]] = days
            peers.append(pools[place].assign(share=names[key]))
        of[str(person)] = names[key]
    if not peers:
        return Shares(_no_windows(), _no_windows(), pd.DataFrame(columns=["share", "person_id", "period"]), {})
    whole = pd.concat(peers, ignore_index=True).drop_duplicates(["person_id", "period"]).assign(share=WHOLE)
    table = pd.concat([*peers, whole], ignore_index=True)
    return Shares(_windows(table, masks, quarter, back=0), _windows(table, {}, quarter, back=1), table, of)


def _places(table: pd.DataFrame) -> pd.Series[Any]:
    """Country and role as one key; where both are unknown that is a place too."""
    pairs = zip(table["country"].fillna(UNKNOWN), table["role"].fillna(UNKNOWN), strict=True)
    return pd.Series([f"{country}\n{role}" for country, role in pairs], index=table.index, dtype="object")


def _no_windows() -> pd.DataFrame:
    columns = {"day": DAY, "person_id": "str", "grain": "str", "period": "int64", "last_day": DAY}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _whole_quarters(past: pd.DataFrame, people: People, quarter: Quarter) -> pd.DataFrame:
    """Of these quarters of people (person_id, period) those in which they were employed from the first day to the last."""
    rows = past.merge(people.employment, on="person_id")
    quarters = [as_quarter(int(period), quarter.fiscal) for period in rows["period"]]
    first = pd.Series([each.first_day for each in quarters], index=rows.index, dtype=DAY)
    last = pd.Series([each.last_day for each in quarters], index=rows.index, dtype=DAY)
    return rows[(rows["starts"] <= first) & (rows["ends"] >= last)].drop_duplicates(["person_id", "period"])


def _windows(peers: pd.DataFrame, masks: Mapping[str, Flags], quarter: Quarter, back: int) -> pd.DataFrame:
    """Days by share, person and quarter: those of the share's mask, all where it has none; `back`: of as many quarters before."""
    tables = [_no_windows()]
    for key, part in peers.groupby(["share", "period"], sort=True):
        share, period = str(key[0]), int(str(key[1]))
        own = as_quarter(period, quarter.fiscal)
        days = quarter_days(own.shifted(-back))
        if share in masks:
            days = days[mirrored(masks[share], len(days))]
        table = part[["person_id"]].merge(pd.DataFrame({"day": days}), how="cross")
        tables.append(table.assign(grain=share, period=period, last_day=pd.Timestamp(own.last_day)))
    return pd.concat(tables[1:] or tables, ignore_index=True).astype({"last_day": DAY})


def proration_of(
    kpis: Iterable[KPI],
    people: pd.DataFrame,
    presence: Mapping[str, float],
    shares: Shares,
    parts: pd.DataFrame,
    counts: Callable[[KPI, str | None], set[int]],
) -> pd.DataFrame:
    """A row a person and KPI: person_id, kpi, presence, factor, method.

    `people`: person_id, country. `presence`: by person in the quarter. `parts`: the parts by share (`grain`), period and person.
    `counts`: the quarters (their numbers) that are pooled for a KPI in a country. Without presence there is no factor.
    """  # fmt: skip
    by_share = _by_share(parts)
    factors: dict[tuple[str, str, str], tuple[float, str]] = {}
    rows = []
    for person, place in zip(people["person_id"], people["country"], strict=True):
        present, share = presence.get(person, 0.0), shares.of.get(person)
        country = None if pd.isna(place) else str(place)
        for kpi in kpis:
            factor, method = np.nan, NONE
            if present >= 1 or (present > 0 and kpi.shape == Shape.GROWTH):
                factor = 1.0
            elif present > 0:
                factor, method = _fallback(kpi, present)
                if share is not None:
                    key = (share, kpi.id, country or "")
                    if key not in factors:
                        pooled = _pooled(kpi, by_share, share, counts(kpi, country))
                        factors[key] = (pooled, FILL) if pooled is not None else (np.nan, "")
                    factor, method = factors[key] if factors[key][1] else (factor, method)
            rows.append((person, kpi.id, present, factor, method))
    return pd.DataFrame(rows, columns=["person_id", "kpi", "presence", "factor", "method"])


def _fallback(kpi: KPI, present: float) -> tuple[float, str]:
    """Without history: the share of working days, and 1 for ratios."""
    return (present, WORKING_DAYS) if kpi.shape in ADDING else (1.0, NONE)


def _by_share(parts: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """By share the parts of all peers by quarter: over the share, and over the whole quarters of the same peers."""
    found = {}
    numbers = [name for name in parts.columns if name not in ("level", "grain", "period", "entity_id")]
    whole = parts[parts["grain"] == WHOLE]
    for share, over in parts[parts["grain"] != WHOLE].groupby("grain"):
        same = whole.merge(over[["entity_id", "period"]], on=["entity_id", "period"])
        found[str(share)] = (over.groupby("period")[numbers].sum(), same.groupby("period")[numbers].sum())
    return found


def _pooled(kpi: KPI, by_share: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], share: str, quarters: set[int]) -> float | None:
    """The KPI over the share ÷ over whole quarters, pooled over peers and quarters; None where there is nothing to compare."""
    values = []
    for table in by_share[share]:
        pooled = table[table.index.isin(quarters)].sum()
        value = sum(sign * float(pooled[part.name]) for sign, part in Amount.of(kpi.numerator).terms)
        if kpi.denominator is not None:
            below = float(pooled[kpi.denominator.name])
            value = value / below if below > 0 else 0.0
        values.append(value)
    over, whole = values
    return over / whole if whole > 0 and (over > 0 or kpi.shape in ADDING) else None
