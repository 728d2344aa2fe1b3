"""Reads a client's sources: files to typed rows, rows checked, bad ones to quarantine, the rest to the canonical tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kpi_toolkit.engagement import TABLES, Engagement
from kpi_toolkit.intake import backend, canonical, checks, quarantine, staging
from kpi_toolkit.intake.contract import CANONICAL, Tables

FINDINGS = ["table", "code", "where", "detail", "rows"]


def read(engagement: Engagement, quarantine_folder: Path | None = None) -> Tables:
    """The canonical tables of an engagement; bad rows are written to `quarantine_folder`, where one is given.

    Raises a `KpiError` of the codes K102 and K112 to K132 for what stops a run: a file missing, empty or unreadable, a column
    absent, dates or decimals that nothing decides, more bad rows than `policy.max_bad_rows`, currencies without one to report in.
    """
    canonical.check_currencies(engagement)
    engine = backend.connect(engagement.engine)
    at = staging.Stage(engine.con, engagement)
    staging.prepare(engine.con)
    mapped = [table for table in TABLES if table in engagement.sources]  # people first: the others name them
    for table in mapped:
        staging.staged(at, table)
        checks.check_rows(at, table)
    if quarantine_folder is not None:
        quarantine.write(at, quarantine_folder)
    quarantine.refuse_too_many(at, quarantine_folder)
    for table in mapped:
        checks.note_oddities(at, table)
    reporting = canonical.reporting_currency(at)
    canonical.make_people(at, reporting)
    for table in mapped:
        if table == "customers":
            canonical.make_customers(at)
        elif table != "people":
            canonical.make_table(at, table, reporting)
    intake, faults = quarantine.counted(at), quarantine.faults(at)
    _cleared(at)
    tables = {table: engine.table(table) if table in at.mapped or table == "people" else None for table in CANONICAL}
    return Tables(
        backend=engine,
        **tables,
        mapped={table: frozenset(columns | _same(table, columns)) for table, columns in at.mapped.items()},
        reporting_currency=reporting,
        intake=intake,
        findings=pd.DataFrame(at.findings, columns=FINDINGS),
        faults=faults,
    )


def _same(table: str, columns: set[str]) -> set[str]:
    """What stands in a table because something else was mapped."""
    return {"discount"} if table == "orders" and "discount_share" in columns else set()


def _cleared(at: staging.Stage) -> None:
    """Only the canonical tables stay in the engine."""
    for (table,) in at.run("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' OR temporary"):
        if table not in CANONICAL:
            at.run(f"DROP TABLE {backend.name(table)}")
