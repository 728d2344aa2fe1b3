"""What intake and the KPIs leave for the steps of a quarter: small tables, no facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import pandas as pd

from kpi_toolkit.artifacts import empty
from kpi_toolkit.kpis.coverage import TOGETHER
from kpi_toolkit.kpis.declaration import KPI
from kpi_toolkit.quarter import Quarter

TABLES = ("measures", "people", "presence", "proration", "coverage", "availability", "quotas", "rates", "intake", "findings")


@dataclass(frozen=True)
class Measured:
    """The measures of a quarter and all before it, and what goes with them; columns as in `artifacts.SCHEMAS`."""

    quarter: Quarter
    client: str
    reporting_currency: str
    as_of: date | None
    measures: pd.DataFrame  # one row an entity, grain, period and KPI
    people: pd.DataFrame  # one row a person, as they are in the quarter
    presence: pd.DataFrame  # one row a person and quarter
    proration: pd.DataFrame  # one row a person and KPI, for the quarter
    coverage: pd.DataFrame  # one row a source, country and quarter
    availability: pd.DataFrame  # one row a KPI
    quotas: pd.DataFrame
    rates: pd.DataFrame  # the agreed rates
    intake: pd.DataFrame
    findings: pd.DataFrame
    catalogue: Mapping[str, KPI]

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the names of their artifacts."""
        return {name: getattr(self, name) for name in TABLES}

    def available(self) -> list[str]:
        """The KPIs that the client's tables allow, in the order of the catalogue."""
        there = set(self.availability.loc[self.availability["available"], "kpi"])
        return [kpi for kpi in self.catalogue if kpi in there]

    def complete(self, source: str, country: str | None, quarter: str) -> bool:
        """Whether a source's facts fill a quarter in a country; None, or a country without a row: all countries together."""
        return self._complete.get((source, country or TOGETHER, quarter), self._complete.get((source, TOGETHER, quarter), False))

    @cached_property
    def _complete(self) -> dict[tuple[str, str, str], bool]:
        table = self.coverage
        keys = zip(table["source"], table["country"].fillna(TOGETHER), table["quarter"], strict=True)
        return dict(zip(keys, table["complete"], strict=True))

    @cached_property
    def ahead(self) -> Measured:
        """The next quarter as far as it is known at the end of this one.

        Who has not left stays, everyone is taken to be there throughout, and money stands at this quarter's agreed rates.
        """
        left = pd.to_datetime(self.people["left_on"]) <= pd.Timestamp(self.quarter.last_day)
        people = self.people.assign(employed=self.people["employed"] & ~left)
        return replace(self, quarter=self.quarter.next, people=people, proration=empty("proration"))

    @cached_property
    def history(self) -> Measured:
        """What may be known before the quarter begins: nothing in it changes when facts of the quarter come in or change.

        Measures of complete periods that end before the quarter's first day (of an incomplete quarter the months before the facts
        stop); who is known by then; no quarantine and no findings, which speak of all rows.
        """
        first_day = self.quarter.first_day
        fact = pd.to_datetime(self.people["first_fact"])
        unknown = fact.isna() | (fact >= pd.Timestamp(first_day))
        people = self.people.copy()
        people.loc[unknown, "first_fact"] = None
        nobody_yet = unknown & people["joined_on"].isna()
        people.loc[nobody_yet, "employed"] = False
        hidden = set(people.loc[nobody_yet, "person_id"])
        coverage = self.coverage[self.coverage["quarter"].isin(self._earlier)]
        return replace(
            self,
            measures=self._before(),
            people=people,
            presence=_without(self.presence, hidden),
            proration=_without(self.proration, hidden),
            coverage=coverage.reset_index(drop=True),
            intake=empty("intake"),
            findings=empty("findings"),
        )

    @cached_property
    def _earlier(self) -> set[str]:
        quarters = self.coverage["quarter"].dropna().unique()
        return {text for text in quarters if Quarter.parse(text, self.quarter.fiscal) < self.quarter}

    def _before(self) -> pd.DataFrame:
        """Measures of complete periods before the quarter."""
        table = self.measures
        ends, quarters = _period_ends(table["period"].unique(), self.quarter)
        last = table["period"].map(ends)
        table, last = table[last < self.quarter.first_day], last[last < self.quarter.first_day]
        country = self._countries()
        places = pd.Series(list(zip(table["level"], table["entity_id"], strict=True)), index=table.index).map(country)
        keys = pd.DataFrame({
            "kpi": table["kpi"], "place": places.fillna(TOGETHER), "quarter": table["period"].map(quarters), "last": last,
        })  # fmt: skip
        keys["whole"] = table["grain"] == "quarter"
        distinct = keys.drop_duplicates()
        distinct = distinct.assign(keep=[self._known(*row) for row in distinct.itertuples(index=False)])
        keep = keys.merge(distinct, how="left")["keep"].to_numpy(dtype=bool)
        return table[keep].reset_index(drop=True)

    def _known(self, kpi: str, place: str, quarter: str, last: date, whole: bool) -> bool:
        sources = self.catalogue[kpi].sources
        if all(self.complete(source, place, quarter) for source in sources):
            return True
        return not whole and all(self._reached(source, place) >= last for source in sources)

    def _reached(self, source: str, place: str) -> date:
        """The last fact of a source in a country before the quarter."""
        table = self.coverage[(self.coverage["source"] == source) & self.coverage["quarter"].isin(self._earlier)]
        here = table[table["country"].fillna(TOGETHER) == place]
        days = (here if len(here) else table[table["country"].fillna(TOGETHER) == TOGETHER])["last_fact"].dropna()
        return days.max() if len(days) else date.min

    def _countries(self) -> dict[tuple[str, str], str]:
        """The country by whose sources an entity's completeness is judged; a team of several countries: all together."""
        people = self.people[["person_id", "team", "country"]]
        known = people.dropna(subset=["country"])
        found = {("person", str(who)): str(country) for who, country in zip(known["person_id"], known["country"], strict=True)}
        for team, part in people.dropna(subset=["team"]).groupby("team"):
            if part["country"].nunique(dropna=False) == 1 and part["country"].notna().all():
                found["team", str(team)] = str(part["country"].iloc[0])
        found |= {("country", str(name)): str(name) for name in known["country"].unique()}
        return found


def _without(table: pd.DataFrame, people: set[str]) -> pd.DataFrame:
    return table[~table["person_id"].isin(people)].reset_index(drop=True)


def _period_ends(periods: object, quarter: Quarter) -> tuple[dict[str, date], dict[str, str]]:
    """By period: its last day, and the quarter in which that day falls."""
    ends: dict[str, date] = {}
    for text in periods:  # type: ignore[attr-defined]
        if "Q" in text:
            ends[text] = Quarter.parse(text, quarter.fiscal).last_day
        else:
            ends[text] = (pd.Timestamp(f"{text}-01") + pd.offsets.MonthEnd(0)).date()
    return ends, {text: text if "Q" in text else str(Quarter.of(day, quarter.fiscal)) for text, day in ends.items()}
