"""A first look at the facts: who has any, on which days, in which currencies; small tables that lay the measures out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from kpi_toolkit.intake.contract import FACT_DAY, MONEY_TABLES, Tables
from kpi_toolkit.kpis.facts import OWNER, Facts, in_cells
from kpi_toolkit.kpis.timeline import DAY, plain


def survey_of(facts: Facts, days: Any) -> pd.DataFrame:
    """Who has facts in which cells: source, event, person_id, team, country, cell, currency (of money that counts).

    `days`: day, cell. An event is a table and one of its days, `leads.qualified_on`.
    """
    import ibis

    found = []
    for event, rows in facts.events().items():
        source = event.partition(".")[0]
        currency = ibis.null("string")
        if source in MONEY_TABLES:
            money = rows.amount.notnull() & (rows["counts"] if source == "orders" else ibis.literal(True))
            currency = money.ifelse(rows.currency, ibis.null("string"))
        named = {"money_in": currency, "source": ibis.literal(source), "event": ibis.literal(event)}
        rows = in_cells(rows.mutate(**named), days)
        found.append(rows.select(*OWNER, "cell", "source", "event", currency="money_in").distinct())
    columns = [*OWNER, "cell", "currency", "source", "event"]
    table = _rows(found, columns).drop_duplicates()
    return table.sort_values(columns, na_position="first", ignore_index=True)


def first_facts_of(tables: Tables, as_of: date | None) -> pd.DataFrame:
    """The day of each person's first fact: person_id, first_fact."""
    import ibis

    found = []
    for name, day in FACT_DAY.items():
        rows = tables.table(name)
        if rows is not None:
            rows = rows.filter(rows.person_id.notnull() & rows[day].notnull())
            rows = rows if as_of is None else rows.filter(rows[day] <= ibis.literal(as_of))
            found.append(rows.group_by("person_id").aggregate(first_fact=rows[day].min()))
    table = _rows(found, ["person_id", "first_fact"]).astype({"first_fact": DAY})
    return table.groupby("person_id", as_index=False).agg(first_fact=("first_fact", "min"))


def fact_days_of(facts: Facts) -> pd.DataFrame:
    """The days on which a source has facts in a country: source, country, day."""
    import ibis

    found = [
        facts.rows(name, day).select("country", "day", source=ibis.literal(name)).distinct()
        for name, day in FACT_DAY.items()
        if facts.tables.table(name) is not None
    ]
    return _rows(found, ["source", "country", "day"]).astype({"day": DAY})


def _rows(found: list[Any], columns: list[str]) -> pd.DataFrame:
    """The rows of several expressions, computed as one query."""
    import ibis

    return plain(ibis.union(*found).execute())[columns] if found else pd.DataFrame(columns=columns)
