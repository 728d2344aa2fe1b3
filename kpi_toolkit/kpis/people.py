"""People over time: which of their rows is valid on a day, when they are employed, and what they are in each period."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpi_toolkit.kpis.timeline import DAY, Timeline
from kpi_toolkit.quarter import FiscalYear, Quarter

FIRST_OF_DAYS, LAST_OF_DAYS = pd.Timestamp("1900-01-01"), pd.Timestamp("2199-12-31")
NO_GOALS = "none"
ATTRIBUTES = ["name", "manager_id", "team", "country", "region", "role", "currency", "language", "goals", "variable_pay",
              "potential", "iso"]  # fmt: skip


@dataclass(frozen=True)
class People:
    """`spans`: a row a person and validity, with its attributes, starts and ends; a person's spans cover all days: before the
    first row its first holds, in a gap the row before. `employment`: person_id, starts, ends; a row an unbroken employment.
    `first_facts`: person_id, first_fact, only of people who have facts.
    """

    spans: pd.DataFrame
    employment: pd.DataFrame
    first_facts: pd.DataFrame
    joined: pd.DataFrame  # person_id, joined_on, left_on as the client says

    @classmethod
    def of(cls, rows: pd.DataFrame, first_facts: pd.DataFrame, fiscal: FiscalYear) -> People:
        """From the rows of people and the day of each person's first fact (person_id, first_fact)."""
        rows = rows.copy()
        for column in ("valid_from", "valid_to", "joined_on", "left_on"):
            rows[column] = rows[column].astype(DAY)
        rows = rows.sort_values(["person_id", "valid_from"], na_position="first", kind="stable").reset_index(drop=True)
        first = ~rows["person_id"].duplicated()
        rows["starts"] = rows["valid_from"].where(~first, FIRST_OF_DAYS).astype(DAY)
        until = rows.groupby("person_id")["starts"].shift(-1) - pd.Timedelta(days=1)
        rows["ends"] = until.fillna(LAST_OF_DAYS).astype(DAY)
        spans = rows[["person_id", "starts", "ends", *ATTRIBUTES]]
        joined = _joined(rows)
        return cls(spans, _employment(joined, first_facts, fiscal), first_facts, joined)

    def on(self, days: pd.DataFrame) -> pd.DataFrame:
        """A table with person_id and day, with the attributes of the row valid on that day put beside."""
        ordered = days.sort_values(["day", "person_id"], kind="stable")
        spans = self.spans.drop(columns="ends").sort_values(["starts", "person_id"], kind="stable")
        ordered = ordered.astype(
            {"person_id": spans["person_id"].dtype, "day": spans["starts"].dtype}
        )  # a table without rows has none
        return pd.merge_asof(ordered, spans, left_on="day", right_on="starts", by="person_id").drop(columns="starts")

    @cached_property
    def employments(self) -> dict[str, list[tuple[np.datetime64, np.datetime64]]]:
        """By person the first and last days of their employments."""
        found: dict[str, list[tuple[np.datetime64, np.datetime64]]] = {}
        rows = (self.employment[name].to_numpy() for name in ("person_id", "starts", "ends"))
        for person, starts, ends in zip(*rows, strict=True):
            found.setdefault(str(person), []).append((starts, ends))
        return found

    def employed_days(self, person_id: str, days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """On which of the days a person is employed; shape `(n,)`."""
        inside = np.zeros(len(days), dtype=bool)
        for starts, ends in self.employments.get(person_id, []):
            inside |= (days >= starts) & (days <= ends)
        return inside


def _joined(rows: pd.DataFrame) -> pd.DataFrame:
    """One row an employment: of the rows that share a joining day the latest says when it ended."""
    known = rows["joined_on"].fillna(FIRST_OF_DAYS)
    latest = rows.assign(known=known).drop_duplicates(["person_id", "known"], keep="last")
    some = latest["joined_on"].notna().groupby(latest["person_id"]).transform("any")
    return latest.loc[latest["joined_on"].notna() | ~some, ["person_id", "joined_on", "left_on"]].reset_index(drop=True)


def _employment(joined: pd.DataFrame, first_facts: pd.DataFrame, fiscal: FiscalYear) -> pd.DataFrame:
    table = joined.merge(first_facts, on="person_id", how="left")
    begun = [None if pd.isna(day) else Quarter.of(day.date(), fiscal).first_day for day in table["first_fact"]]
    table["starts"] = table["joined_on"].fillna(pd.Series(begun, dtype=DAY))
    table["ends"] = table["left_on"].fillna(LAST_OF_DAYS).astype(DAY)
    table = table[table["starts"].notna() & (table["starts"] <= table["ends"])]
    return table[["person_id", "starts", "ends"]].reset_index(drop=True)


def in_periods(people: People, timeline: Timeline, touched: pd.DataFrame) -> pd.DataFrame:
    """A row for each person and period in which they are employed or have facts (`touched`: person_id, grain, period).

    Attributes are those of the row valid on the last day of the period in which they are employed, else on its last day.
    """
    periods = timeline.periods[["grain", "period", "first", "last"]]
    pairs = people.employment.merge(periods, how="cross")
    pairs = pairs[(pairs["starts"] <= pairs["last"]) & (pairs["ends"] >= pairs["first"])]
    pairs = pairs.assign(employed=True, day=pairs[["ends", "last"]].min(axis=1))
    pairs = pairs.groupby(["person_id", "grain", "period"], as_index=False).agg(employed=("employed", "any"), day=("day", "max"))
    rows = pairs.merge(touched.drop_duplicates(), on=["person_id", "grain", "period"], how="outer").merge(periods)
    rows["employed"] = rows["employed"].eq(True).astype(bool)
    rows["day"] = rows["day"].fillna(rows["last"]).astype(DAY)
    rows = rows[rows["person_id"].isin(people.spans["person_id"])]
    return people.on(rows).sort_values(["person_id", "grain", "period"]).reset_index(drop=True)


def as_of_quarter(people: People, quarter: Quarter) -> pd.DataFrame:
    """One row a person, as they are at the end of the quarter (its last day in which they are employed); columns of artifacts."""
    first, last = pd.Timestamp(quarter.first_day), pd.Timestamp(quarter.last_day)
    inside = people.employment[(people.employment["starts"] <= last) & (people.employment["ends"] >= first)]
    inside = inside.assign(day=inside["ends"].where(inside["ends"] < last, last))
    last_days = inside.groupby("person_id", as_index=False).agg(day=("day", "max"))
    table = people.spans[["person_id"]].drop_duplicates().merge(last_days, on="person_id", how="left")
    table["employed"] = table["day"].notna()
    table["day"] = table["day"].fillna(last).astype(DAY)
    table = people.on(table)
    known = people.joined.sort_values(["person_id", "joined_on"], na_position="first", kind="stable")
    begun = known[known["joined_on"].isna() | (known["joined_on"] <= last)]
    latest = pd.concat([known.drop_duplicates("person_id"), begun]).drop_duplicates("person_id", keep="last")
    table = table.merge(latest, on="person_id", how="left").merge(people.first_facts, on="person_id", how="left")
    table["has_goals"] = table["goals"].fillna("").ne(NO_GOALS)
    return table.sort_values("person_id").reset_index(drop=True)
