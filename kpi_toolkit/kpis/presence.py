"""Working days on which people were there: employed and not absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.intake.calendar import working_days
from kpi_toolkit.kpis.people import People
from kpi_toolkit.kpis.timeline import Timeline, as_quarter, quarter_days
from kpi_toolkit.quarter import quarters_between

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Presence:
    """`table`: person_id, quarter, working_days (of the country), present_days, presence (0 to 1), for every quarter from the
    first in which a person is employed. `there`: by person, on which days of the run's quarter they were employed and not absent.
    """

    table: pd.DataFrame
    there: Mapping[str, Flags]


def presence_of(people: People, in_quarters: pd.DataFrame, absences: pd.DataFrame, timeline: Timeline) -> Presence:
    """Presence in every quarter of the timeline.

    `in_quarters`: person_id, period (the quarter's number), iso, a row for the quarters with employment or facts; in others the
    country of the quarter before holds. `absences`: person_id, starts_on, ends_on; an open one lasts.
    """
    first = as_quarter(int(timeline.periods.loc[timeline.periods["grain"] == "quarter", "period"].min()), timeline.quarter.fiscal)
    quarters = list(quarters_between(first, timeline.quarter))
    days = {quarter.ordinal: quarter_days(quarter).to_numpy() for quarter in quarters}
    away = {str(person): part for person, part in absences.groupby("person_id")}
    places = zip(in_quarters["person_id"], in_quarters["period"], in_quarters["iso"], strict=True)
    iso = {(person, period): place for person, period, place in places}
    worked: dict[tuple[str | None, int], Flags] = {}
    rows, there = [], {}
    for person in sorted(people.employments):
        begins, country = min(people.employments[person])[0], None
        for quarter in quarters:
            if begins > days[quarter.ordinal][-1]:
                continue
            found = iso.get((person, quarter.ordinal), country)
            country = found if isinstance(found, str) else None
            key = (country, quarter.ordinal)
            if key not in worked:
                worked[key] = working_days(country, quarter.first_day, quarter.last_day)
            present = people.employed_days(person, days[quarter.ordinal]) & ~_absent(away.get(person), days[quarter.ordinal])
            whole, own = int(worked[key].sum()), int((worked[key] & present).sum())
            rows.append((person, str(quarter), whole, own, own / whole if whole else np.nan))
            if quarter == timeline.quarter:
                there[person] = present
    columns = ["person_id", "quarter", "working_days", "present_days", "presence"]
    return Presence(pd.DataFrame(rows, columns=columns), there)


def _absent(absences: pd.DataFrame | None, days: NDArray[np.datetime64]) -> Flags:
    away = np.zeros(len(days), dtype=bool)
    if absences is not None:
        for starts, ends in zip(absences["starts_on"].to_numpy(), absences["ends_on"].to_numpy(), strict=True):
            away |= (days >= starts) & ((days <= ends) | np.isnat(ends))
    return away
