"""How far each source's facts reach in each country, and which quarters they fill (contract, section 1, Incomplete quarter)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.intake.calendar import weekdays_after
from kpi_toolkit.quarter import Quarter, quarters_between

STOPPED_AFTER = 5  # working days (Monday to Friday) before the quarter's end
GAPS_SEEN_IN = 365  # days that end with the last fact, in which the longest usual gap is sought
TOGETHER = ""  # the country under which the facts of all countries stand together

Days = NDArray[np.datetime64]


def is_complete(days: Days, quarter: Quarter, as_of: date | None) -> bool:
    """Whether facts on these days (sorted, distinct, `datetime64[D]`) fill the quarter.

    They do not where `as_of` cuts it, where they begin after it, or where they stop more than 5 working days before its end and
    longer before than the longest gap between fact days in the 365 days that end with the last.
    """
    if not len(days) or (as_of is not None and as_of < quarter.last_day):
        return False
    first, last = days[0].astype(date), days[-1].astype(date)
    if first > quarter.last_day:
        return False
    if last >= quarter.last_day or weekdays_after(last, quarter.last_day) <= STOPPED_AFTER:
        return True
    recent = days[days > np.datetime64(last - timedelta(days=GAPS_SEEN_IN), "D")]
    longest = int(np.diff(recent).astype(int).max()) if len(recent) > 1 else 0
    return bool((quarter.last_day - last).days <= longest)


def coverage_of(
    fact_days: pd.DataFrame, sources: list[str], countries: list[str], first: Quarter, quarter: Quarter, as_of: date | None
) -> pd.DataFrame:
    """A row a source, country and quarter (`TOGETHER`: all countries): source, country, quarter, first_fact, last_fact, complete.

    `fact_days`: source, country (None where unknown), day. Quarters before the run's are judged by the facts before it alone, so
    that what later steps learn from them does not change when facts come in; the run's by all facts up to `as_of`.
    """
    rows = []
    for source in sources:
        of_source = fact_days[fact_days["source"] == source]
        for country in [TOGETHER, *countries]:
            here = of_source if country == TOGETHER else of_source[of_source["country"] == country]
            days = np.unique(here["day"].to_numpy().astype("datetime64[D]"))
            earlier = days[days < np.datetime64(quarter.first_day, "D")]
            for each in quarters_between(first, quarter):
                known = days if each == quarter else earlier
                begins = known[0].astype(date) if len(known) else None
                ends = known[-1].astype(date) if len(known) else None
                rows.append((source, country, str(each), begins, ends, is_complete(known, each, as_of)))
    table = pd.DataFrame(rows, columns=["source", "country", "quarter", "first_fact", "last_fact", "complete"])
    return table.astype({"complete": "bool"})
