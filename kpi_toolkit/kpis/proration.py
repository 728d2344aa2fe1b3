"""What a usual quarter gives over the days on which a person was there, against the whole quarter (contract, section 4, Proration)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

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


def shares_of(
    there: Mapping[str, Flags], places: pd.DataFrame, past: pd.DataFrame, people: People, quarter: Quarter
) -> Shares:
    """The shares of past quarters that match the days of those who were there for part of the quarter.

    `there`: by person, their days of the quarter. `places`: person_id, country, role in the quarter. `past`: person_id, period,
    country, role in the quarters that may be pooled; of them those count in which the person was employed from the first day to the last.
    """
    past = _whole_quarters(past, people, quarter)
    by_place = {key: part for key, part in past.groupby(["country", "role"], dropna=False)}
    names: dict[tuple[object, ...], str] = {}
    rows, of = [], {}
    for place in places.sort_values("person_id").itertuples():
        days = there.get(place.person_id)
        if days is None or days.all() or not days.any():
            continue
        peers = _at(by_place, place.country, place.role)
        if peers is None:
            continue
        key = (str(place.country), str(place.role), days.tobytes())
        if key not in names:
            names[key] = f"share {len(names):04d}"
            rows.append(peers[["person_id", "period"]].assign(share=names[key], days=names[key], country=str(place.country)))
            rows[-1]["mask"] = [days] * len(peers)
        of[place.person_id] = names[key]
    if not rows:
        return Shares(_no_windows(), _no_windows(), pd.DataFrame(columns=["share", "person_id", "period"]), {})
    peers = pd.concat(rows, ignore_index=True)
    whole = peers.drop_duplicates(["person_id", "period"]).assign(share=WHOLE, mask=None)
    both = pd.concat([peers, whole], ignore_index=True)
    windows = _windows(both, quarter, back=0)
    before = _windows(both.assign(mask=None), quarter, back=1)
    return Shares(windows, before, both[["share", "person_id", "period"]], of)


def _at(by_place: Mapping[object, pd.DataFrame], country: object, role: object) -> pd.DataFrame | None:
    for (there, as_role), part in by_place.items():  # type: ignore[misc]
        if _same(there, country) and _same(as_role, role):
            return part
    return None


def _same(one: object, other: object) -> bool:
    return bool(pd.isna(one) and pd.isna(other)) or bool(one == other and not pd.isna(one))  # type: ignore[call-overload]


def _no_windows() -> pd.DataFrame:
    columns = {"day": DAY, "person_id": "str", "grain": "str", "period": "int64", "last_day": DAY}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _whole_quarters(past: pd.DataFrame, people: People, quarter: Quarter) -> pd.DataFrame:
    ends = {period: as_quarter(period, quarter.fiscal) for period in past["period"].unique()}
    rows = past.merge(people.employment, on="person_id")
    first = pd.Series([pd.Timestamp(ends[period].first_day) for period in rows["period"]], index=rows.index, dtype=DAY)
    last = pd.Series([pd.Timestamp(ends[period].last_day) for period in rows["period"]], index=rows.index, dtype=DAY)
    return rows[(rows["starts"] <= first) & (rows["ends"] >= last)]


def _windows(peers: pd.DataFrame, quarter: Quarter, back: int) -> pd.DataFrame:
    """Days by share, person and quarter; `back` takes the days of that many quarters before."""
    tables = []
    for (share, period), part in peers.groupby(["share", "period"], sort=True):
        own = as_quarter(int(period), quarter.fiscal)
        days = quarter_days(own.shifted(-back))
        mask = part["mask"].iloc[0]
        if mask is not None:
            days = days[mirrored(mask, len(days))]
        frame = part[["person_id"]].merge(pd.DataFrame({"day": days}), how="cross")
        tables.append(frame.assign(grain=share, period=period, last_day=pd.Timestamp(own.last_day)))
    return pd.concat(tables, ignore_index=True).astype({"last_day": DAY})


def proration_of(
    kpis: Iterable[KPI], people: pd.DataFrame, presence: Mapping[str, float], shares: Shares, parts: pd.DataFrame,
    counts: Callable[[KPI, str | None], set[int]],
) -> pd.DataFrame:
    """A row a person and KPI: person_id, kpi, presence, factor, method.

    `people`: person_id, country. `presence`: by person in the quarter. `parts`: the parts by share (`grain`), period and person.
    `counts`: the quarters (their numbers) that are pooled for a KPI in a country. Without presence there is no factor.
    """  # fmt: skip
    by_share = {str(share): part for share, part in parts.groupby("grain")}
    factors: dict[tuple[str, str, str], tuple[float, str]] = {}
    rows = []
    for person in people.sort_values("person_id").itertuples():
        present = presence.get(person.person_id, 0.0)
        share = shares.of.get(person.person_id)
        country = None if pd.isna(person.country) else str(person.country)
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
            rows.append((person.person_id, kpi.id, present, factor, method))
    return pd.DataFrame(rows, columns=["person_id", "kpi", "presence", "factor", "method"])


def _fallback(kpi: KPI, present: float) -> tuple[float, str]:
    """Without history: the share of working days, and 1 for ratios."""
    return (present, WORKING_DAYS) if kpi.shape in ADDING else (1.0, NONE)


def _pooled(kpi: KPI, by_share: Mapping[str, pd.DataFrame], share: str, quarters: set[int]) -> float | None:
    """The KPI over the share ÷ over whole quarters, pooled over peers and quarters; None where either is not above 0."""
    if share not in by_share:
        return None
    over = by_share[share]
    over = over[over["period"].isin(quarters)]
    whole = by_share[WHOLE].merge(over[["entity_id", "period"]], on=["entity_id", "period"])
    values = []
    for table in (over, whole):
        value = sum(sign * float(table[part.name].sum()) for sign, part in Amount.of(kpi.numerator).terms)
        if kpi.denominator is not None:
            below = float(table[kpi.denominator.name].sum())
            value = value / below if below > 0 else 0.0
        values.append(value)
    return values[0] / values[1] if values[1] > 0 and (values[0] > 0 or kpi.shape in ADDING) else None
