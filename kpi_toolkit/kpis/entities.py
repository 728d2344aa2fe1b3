"""Who is measured: persons, teams, countries and the company in each period, and the currency of each."""

from __future__ import annotations

import pandas as pd

from kpi_toolkit.kpis.timeline import YEAR, Timeline
from kpi_toolkit.kpis.views import COMPANY

GROUPS = {"team": "team", "country": "country"}
PERIOD = ["grain", "period"]


def touched_periods(survey: pd.DataFrame, timeline: Timeline) -> pd.DataFrame:
    """In which periods people have facts: person_id, grain, period (`survey`: person_id, cell)."""
    cells = survey[["person_id", "cell"]].dropna().drop_duplicates()
    return cells.merge(timeline.windows, on="cell")[["person_id", *PERIOD]].drop_duplicates()


def entities_of(persons: pd.DataFrame, survey: pd.DataFrame, timeline: Timeline, reporting: str, client: str) -> pd.DataFrame:
    """A row an entity and period: level, grain, period, entity_id, entity_name, target, later, label, first.

    `persons`: a row a person and period (`people.in_periods`). A group has a row where one of its people has one, or a fact names
    it; the company in every period. `target` is its currency: a person's own; a group's where all its people in that period share
    one, else the reporting currency. `later` is its currency a year later.
    """
    own = persons.assign(level="person", entity_id=persons["person_id"], entity_name=persons["name"].fillna(persons["person_id"]))
    own["target"] = own["currency"]
    tables = [own]
    for level, column in GROUPS.items():
        shared = _shared(persons.dropna(subset=[column]), [column], reporting).rename(columns={column: "entity_id"})
        named = survey[[column, "cell"]].dropna().drop_duplicates().merge(timeline.windows, on="cell")
        named = named.rename(columns={column: "entity_id"})[["entity_id", *PERIOD]].drop_duplicates()
        table = shared.merge(named, on=["entity_id", *PERIOD], how="outer")
        tables.append(table.assign(level=level, entity_name=table["entity_id"], target=table["target"].fillna(reporting)))
    company = timeline.periods[PERIOD].merge(_shared(persons, [], reporting), on=PERIOD, how="left")
    tables.append(
        company.assign(level=COMPANY, entity_id=COMPANY, entity_name=client, target=company["target"].fillna(reporting))
    )
    columns = ["level", *PERIOD, "entity_id", "entity_name", "target"]
    rows = pd.concat([table[columns] for table in tables], ignore_index=True)
    later = rows[["level", *PERIOD, "entity_id", "target"]].rename(columns={"target": "later"})
    later["period"] -= later["grain"].map(YEAR)
    rows = rows.merge(later, on=["level", *PERIOD, "entity_id"], how="left")
    rows["later"] = rows["later"].fillna(rows["target"])
    rows = rows.merge(timeline.periods[[*PERIOD, "label", "first"]], on=PERIOD)
    return rows.sort_values(["level", "entity_id", "grain", "period"], ignore_index=True)


def _shared(persons: pd.DataFrame, by: list[str], reporting: str) -> pd.DataFrame:
    """The currency that all people of a group share in a period, else the reporting currency."""
    grouped = persons.groupby([*by, *PERIOD], as_index=False)["currency"].agg(["nunique", "first"])
    grouped["target"] = grouped["first"].where(grouped["nunique"] == 1, reporting)
    return grouped[[*by, *PERIOD, "target"]]


def membership_of(persons: pd.DataFrame, timeline: Timeline) -> pd.DataFrame:
    """To which entities people belong in each period: person_id, level, grain, period, entity_id, last_day."""
    rows = persons[["person_id", "team", "country", *PERIOD, "last"]].rename(columns={"last": "last_day"})
    columns = {"person": "person_id", **GROUPS, COMPANY: None}
    tables = []
    for level, column in columns.items():
        entity = COMPANY if column is None else rows[column]
        tables.append(rows[["person_id", *PERIOD, "last_day"]].assign(level=level, entity_id=entity))
    return pd.concat(tables, ignore_index=True).dropna(subset=["entity_id"])
