"""A client's folder, really written: an engagement.yml and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from kpi_toolkit import engagement, intake

PEOPLE = "person_id,name,country,joined_on\nP1,Lan,VN,2024-01-01\nP2,Can,TR,2024-01-01\nP3,Uwe,DE,\n"
ORDERS = (
    "order_id,ordered_on,person_id,customer_id,amount\n"
    "A1,2026-01-05,P1,C1,100.5\nA2,2026-01-16,P2,C2,200\nA3,2026-02-07,P1,C1,300\nA4,2026-03-28,P3,C3,400\n"
)


def written(
    folder: Path, files: dict[str, str | bytes], sources: dict[str, Any] | None = None, **keys: Any
) -> engagement.Engagement:
    """Write files and an engagement that names them (people and orders unless `sources` says otherwise), and load it."""
    for name, content in {"people.csv": PEOPLE, "orders.csv": ORDERS, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    named = {"people": {"file": "people.csv"}, "orders": {"file": "orders.csv"}, **(sources or {})}
    with (folder / "engagement.yml").open("w", encoding="utf-8") as file:
        YAML().dump({"client": "Small", "reporting_currency": "EUR", "sources": named, **keys}, file)
    return engagement.load(folder)


def read(folder: Path, files: dict[str, str | bytes], sources: dict[str, Any] | None = None, **keys: Any) -> intake.Tables:
    """Write, and read with the quarantine in `<folder>/quarantine`."""
    return intake.read(written(folder, files, sources, **keys), folder / "quarantine")


def with_column(name: str, *cells: str) -> str:
    """The orders with one more column behind."""
    return "".join(f"{line},{cell}\n" for line, cell in zip(ORDERS.splitlines(), (name, *cells), strict=True))


def frame(table: Any) -> pd.DataFrame:
    """A table of the engine as pandas."""
    return table.execute()


def codes(tables: intake.Tables) -> list[str]:
    """The reasons of the bad rows, in order."""
    return tables.faults["code"].tolist()


def finding(tables: intake.Tables, code: str) -> pd.Series:
    """The one finding of a code."""
    found = tables.findings[tables.findings["code"].eq(code)]
    assert len(found) == 1, tables.findings
    return found.iloc[0]
