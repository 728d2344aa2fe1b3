"""A client in memory: canonical tables built from plain frames, without a file, and a random client that has everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kpi_toolkit.artifacts import empty
from kpi_toolkit.engagement import Engagement
from kpi_toolkit.intake import ADDED, CANONICAL, Tables
from kpi_toolkit.intake.backend import connect

NO_ORDER = {"cancelled", "canceled", "returned", "void"}
KINDS = {"DATE": "datetime64[us]", "DOUBLE": "float64", "VARCHAR": "str", "BIGINT": "int64", "BOOLEAN": "bool"}


def engagement(**keys: Any) -> Engagement:
    given = {"client": "Acme", "reporting_currency": "USD", "sources": {"people": {"file": "people.csv"}}, **keys}
    return Engagement.model_validate({"path": Path("engagement.yml"), **given})


def tables(reporting: str | None = "USD", threads: int | None = 2, **frames: pd.DataFrame) -> Tables:
    """Tables as intake leaves them; what a frame lacks is an empty column."""
    import ibis

    backend = connect(threads=threads)
    found: dict[str, Any] = {}
    mapped = {}
    for name in CANONICAL:
        if name not in frames:
            found[name] = None
            continue
        frame = frames[name].copy()
        mapped[name] = frozenset(frame.columns)
        if name == "orders":
            frame["row_id"] = range(len(frame))
            status = frame["status"] if "status" in frame else pd.Series(None, index=frame.index, dtype="object")
            frame["counts"] = ~status.isin(NO_ORDER)
            frame["credit"] = frame["credit"].fillna(1.0) if "credit" in frame else 1.0
        if "currency" in CANONICAL[name] and name not in ("people", "quotas") and "currency" not in frame:
            frame["currency"] = reporting
        kinds = {**{column: field.sql for column, field in CANONICAL[name].items()}, **ADDED.get(name, {})}
        typed = {}
        for column, sql in kinds.items():
            given = frame[column] if column in frame else pd.Series([None] * len(frame), index=frame.index, dtype="object")
            typed[column] = given.astype("object").where(given.notna(), None) if sql == "VARCHAR" else given.astype(KINDS[sql])
        schema = {c: {"DATE": "timestamp(6)", "DOUBLE": "float64", "VARCHAR": "string", "BIGINT": "int64",
                      "BOOLEAN": "boolean"}[sql] for c, sql in kinds.items()}  # fmt: skip
        rows = ibis.memtable(pd.DataFrame(typed), schema=schema)
        rows = rows.mutate(**{column: rows[column].cast("date") for column, sql in kinds.items() if sql == "DATE"})
        rows = rows.mutate(**{column: rows[column].nullif(float("nan")) for column, sql in kinds.items() if sql == "DOUBLE"})
        found[name] = backend.create_table(f"in_{name}", rows)
    return Tables(
        backend=backend, mapped=mapped, reporting_currency=reporting, intake=empty("intake"), findings=empty("findings"),
        faults=pd.DataFrame(), **found,
    )  # fmt: skip


def days(texts: list[str] | np.ndarray) -> pd.Series:
    return pd.Series(pd.to_datetime(texts)).astype("datetime64[us]")
