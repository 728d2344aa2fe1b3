"""Where the team stands: levels, trends, seasons, spread, what drives revenue, and how far the data can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpi_toolkit.artifacts import SCHEMAS, conform
from kpi_toolkit.diagnose.courses import courses
from kpi_toolkit.diagnose.drivers import drivers
from kpi_toolkit.diagnose.findings import Finding, Row, code
from kpi_toolkit.diagnose.panel import Panel, Past, worth
from kpi_toolkit.diagnose.people import (
    LEAST_PEOPLE,
    Completeness,
    Lasting,
    completeness,
    lasting,
    likeness,
    recent,
    standing,
)
from kpi_toolkit.quarter import Quarter, quarters_between

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.kpis.measured import Measured

__all__ = [
    "LEAST_PEOPLE",
    "Completeness",
    "Diagnosis",
    "Finding",
    "Lasting",
    "Panel",
    "Past",
    "code",
    "completeness",
    "diagnose",
    "lasting",
    "likeness",
    "recent",
    "standing",
    "worth",
]

LEVELS = ("company", "country", "team")
LOOKBACK_GAPS = 8  # quarters in which a gap of a source still matters


@dataclass(frozen=True)
class Diagnosis:
    """The findings on the past before a quarter; columns as in the contract, section 6, with unit and currency behind."""

    quarter: Quarter
    table: pd.DataFrame  # one row a level, entity, KPI and finding

    @property
    def summary(self) -> pd.DataFrame:
        """The company, a row a KPI: usual quarter, change a year, season, what lasts between people, data, latest point."""
        rows = self.table[self.table["level"].eq("company") & self.table["kpi"].notna()]
        wide = rows.pivot_table(index="kpi", columns="finding", values="value", aggfunc="first")
        wanted = [Finding.LEVEL, Finding.TREND, Finding.SEASON, Finding.RELIABILITY, Finding.COMPLETENESS]
        out = wide.reindex(columns=[str(one) for one in wanted]).rename_axis(columns=None)
        said = rows[rows["finding"].eq(str(Finding.VARIATION))].set_index("kpi")["evidence"].str.split(";").str[0]
        return out.assign(variation=said.reindex(out.index)).reset_index()

    def value(self, finding: Finding, kpi: str) -> float:
        """The company's value of a finding on a KPI; NaN where it was not found."""
        rows = self.table
        rows = rows[rows["level"].eq("company") & rows["kpi"].eq(kpi) & rows["finding"].eq(str(finding))]
        return float(rows["value"].iloc[0]) if len(rows) else math.nan

    def tables(self) -> dict[str, pd.DataFrame]:
        """The result tables, by the names of `artifacts.SCHEMAS`."""
        return {"diagnosis": self.table}

    @classmethod
    def from_tables(cls, quarter: Quarter, tables: Mapping[str, pd.DataFrame]) -> Diagnosis:
        """A diagnosis as it was saved."""
        return cls(quarter, tables["diagnosis"])


def diagnose(history: Measured, engagement: Engagement) -> Diagnosis:
    """What the complete periods before the quarter say.

    `history` holds only what may be seen (`Measured.history`); an empty one gives an empty table. Quarantined rows are not told
    here: `intake` counts them over all days, and nothing after the quarter's first day may change a diagnosis.
    """
    past = Past.of(history)
    rows = [
        *(row for kpi in past.available() for row in courses(past, kpi, engagement)),
        *(row for kpi in past.available() for row in _people(past, kpi)),
        *drivers(past),
        *_gaps(past),
    ]
    return Diagnosis(history.quarter, _table(rows))


def _table(rows: list[Row]) -> pd.DataFrame:
    """The rows in a stable order: company first, then by entity, KPI and the order of the findings."""
    columns = [*SCHEMAS["diagnosis"].columns, "unit", "currency"]
    table = pd.DataFrame([asdict(row) for row in rows], columns=pd.Index(columns))
    order = [str(one) for one in Finding]
    table["finding"] = table["finding"].astype(str)
    table = table.assign(_level=table["level"].map(LEVELS.index), _finding=table["finding"].map(order.index))
    table = table.sort_values(["_level", "entity_id", "kpi", "_finding"], kind="stable").drop(columns=["_level", "_finding"])
    for column in ("unit", "currency"):
        table[column] = table[column].astype("string").where(table[column] != "")
    return conform("diagnosis", table)


def _people(past: Past, kpi: str) -> Iterator[Row]:
    """Spread between people, how much of it lasts, and how complete the data are; no person is named."""
    people, entry = recent(past, kpi), past.catalogue[kpi]
    place = ("company", "company", kpi)
    money = str(past.reporting_currency) if str(entry.unit) == "money" and past.reporting_currency else ""
    complete = completeness(past, people)
    if not complete.person_quarters:
        return
    yield from _spread(past, people, money)
    last = lasting(past, people)
    if math.isnan(last.share):
        yield Row(*place, Finding.RELIABILITY, math.nan, evidence=code("too_few", last.people, last.quarters))
    else:
        evidence = ";".join([code("people", last.people), code("quarters", last.quarters), code("mean_of", last.mean_of)])
        yield Row(*place, Finding.RELIABILITY, last.share, last.low, last.high, evidence, "share")
    evidence = code("person_quarters", complete.person_quarters) + ";" + code("quarters", complete.quarters)
    yield Row(*place, Finding.COMPLETENESS, complete.share, evidence=evidence, unit="share")


def _spread(past: Past, people: Panel, currency: str) -> Iterator[Row]:
    """The median person's usual quarter with the quartiles, of all people and of each country."""
    usual, unit = people.usual, str(past.catalogue[people.kpi].unit)
    groups = [("company", "company", np.isfinite(usual))]
    for country in sorted(set(past.country) - {""}):
        groups.append(("country", str(country), np.isfinite(usual) & past.country.eq(country).to_numpy()))
    for level, entity, members in groups:
        if members.sum() < LEAST_PEOPLE:
            continue
        low, middle, high = (float(one) for one in np.quantile(usual[members], [0.25, 0.5, 0.75]))
        ratio = low > 0 and unit != "share"  # of shares and growth only the distance tells
        evidence = code("people", int(members.sum())) + (";" + code("ratio", high / low) if ratio else "")
        yield Row(level, entity, people.kpi, Finding.SPREAD, middle, low, high, evidence, unit, currency)


def _gaps(past: Past) -> Iterator[Row]:
    """Quarters that a source of a country cuts or leaves empty since its first fact, among the last before the quarter."""
    rows = past.coverage.dropna(subset=["first_fact"])
    rows = rows.assign(country=rows["country"].fillna("").astype(str))
    for (source, country), own in rows.groupby(["source", "country"], sort=True):
        begun = Quarter.of(min(own["first_fact"]), past.quarter.fiscal)
        first = max(begun, past.quarter.shifted(-LOOKBACK_GAPS))
        window = [str(one) for one in quarters_between(first, past.quarter.previous)]
        complete = dict(zip(own["quarter"].astype(str), own["complete"].astype(bool), strict=True))
        cut = [quarter for quarter in window if not complete.get(quarter, True)]
        level, entity = ("country", str(country)) if country else ("company", "company")
        events = _events(past, str(source), level, entity)
        empty = [quarter for quarter in window if events.get(quarter, 1.0) == 0]
        for name, found in (("incomplete", cut), ("no_facts", empty)):
            if found:
                yield Row(level, entity, "", Finding.DATA_GAP, float(len(found)), evidence=code(name, source, found[-1]))


def _events(past: Past, source: str, level: str, entity: str) -> dict[str, float]:
    """How many events of a source stand behind an entity's measures, by quarter (events behind several KPIs count for each)."""
    out: dict[str, float] = {}
    for kpi in past.available():
        if past.catalogue[kpi].source == source:
            rows = past.rows(kpi, "quarter", level)
            rows = rows[rows["entity_id"].eq(entity)]
            for period, events in zip(rows["period"].astype(str), rows["events"].fillna(0.0), strict=True):
                out[period] = out.get(period, 0.0) + float(events)
    return out
