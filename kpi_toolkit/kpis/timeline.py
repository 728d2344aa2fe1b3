"""Periods and the days they hold: quarters and months, and the cells into which facts are gathered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from kpi_toolkit.quarter import MONTHS_IN_QUARTER, QUARTERS_IN_YEAR, FiscalYear, Quarter, quarters_between

DAY: Final = "datetime64[us]"
YEAR = {"quarter": QUARTERS_IN_YEAR, "month": QUARTERS_IN_YEAR * MONTHS_IN_QUARTER}
"""Periods in a year, by grain."""


@dataclass(frozen=True)
class Timeline:
    """The periods of a run, and its cells: the longest runs of days within one quarter, one month and one set of rates.

    A cell's days are alike to every period and every conversion, so facts are added up by cell before anything else.
    `periods`: grain, period (its number; neighbours differ by 1), label, first, last. `days`: day, cell.
    `windows`: cell, grain, period, last_day: to which periods the days of a cell belong.
    """

    quarter: Quarter
    periods: pd.DataFrame
    days: pd.DataFrame
    windows: pd.DataFrame
    cells: pd.DataFrame  # cell, day (its first)

    @classmethod
    def of(cls, first_fact: date | None, quarter: Quarter, rate_changes: Iterable[date] = ()) -> Timeline:
        """From the quarter of the first fact to the run's. A month counts that ends with or before the run's quarter."""
        begin = quarter if first_fact is None else min(Quarter.of(first_fact, quarter.fiscal), quarter)
        periods = _periods(begin, quarter)
        days = pd.DataFrame({"day": pd.date_range(begin.first_day, quarter.last_day, unit="us")})
        for grain, table in periods.groupby("grain"):
            starts = table["first"].to_numpy()
            found = np.searchsorted(starts, days["day"].to_numpy(), side="right") - 1
            inside = days["day"].to_numpy() <= table["last"].to_numpy()[found.clip(0)]
            days[str(grain)] = np.where(inside & (found >= 0), table["period"].to_numpy()[found.clip(0)], -1)
        changes = np.array(sorted(rate_changes), dtype=DAY)
        days["rates"] = np.searchsorted(changes, days["day"].to_numpy(), side="right")
        days["cell"] = days.groupby(["quarter", "month", "rates"], sort=False).ngroup()
        long = days.melt(["cell"], ["quarter", "month"], "grain", "period").drop_duplicates()
        windows = long.merge(periods[["grain", "period", "last"]], on=["grain", "period"]).rename(columns={"last": "last_day"})
        cells = days.groupby("cell", as_index=False).agg(day=("day", "min"))
        return cls(quarter, periods, days[["day", "cell"]], windows, cells)

    @property
    def first_day(self) -> date:
        first: date = self.days["day"].iloc[0].date()
        return first


def _periods(first: Quarter, last: Quarter) -> pd.DataFrame:
    rows = [("quarter", each.ordinal, str(each), each.first_day, each.last_day) for each in quarters_between(first, last)]
    day = first.first_day.replace(day=1)
    while (month_end := (day + timedelta(days=31)).replace(day=1) - timedelta(days=1)) <= last.last_day:
        rows.append(("month", day.year * 12 + day.month - 1, f"{day:%Y-%m}", day, month_end))
        day = month_end + timedelta(days=1)
    table = pd.DataFrame(rows, columns=["grain", "period", "label", "first", "last"])
    return table.astype({"first": DAY, "last": DAY})


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """A table out of the engine with its texts as plain objects: pandas cannot join empty text columns of Arrow."""
    texts = [str(name) for name, kind in table.dtypes.items() if isinstance(kind, pd.StringDtype)]
    out = table.astype(dict.fromkeys(texts, "object"))
    out[texts] = out[texts].where(out[texts].notna(), None)
    return out


def quarter_days(quarter: Quarter) -> pd.DatetimeIndex:
    """The days of a quarter."""
    return pd.date_range(quarter.first_day, quarter.last_day, unit="us")


def as_quarter(ordinal: int, fiscal: FiscalYear) -> Quarter:
    """The quarter with an ordinal."""
    return Quarter(ordinal // QUARTERS_IN_YEAR, ordinal % QUARTERS_IN_YEAR + 1, fiscal)
