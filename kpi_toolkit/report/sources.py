"""What the data can bear: rows in and out, sources that stop early, countries that reported. Counts only, nothing is worded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from kpi_toolkit.language import absent
from kpi_toolkit.report.facts import NAN, Facts, records

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sources:
    """The sources of a quarter."""

    facts: Facts

    @cached_property
    def rows(self) -> dict[str, float]:
        """Rows in, used, left out and quarantined over all files."""
        table = self.facts.table("intake")
        return {name: float(table[name].sum()) for name in ("rows_in", "used", "left_out", "quarantined")}

    @property
    def bad_share(self) -> float:
        """Quarantined rows, as a share of the rows that came in; NaN where none came."""
        return self.rows["quarantined"] / self.rows["rows_in"] if self.rows["rows_in"] else NAN

    @cached_property
    def files(self) -> pd.DataFrame:
        """A row a table: files, rows in, used, left out, quarantined."""
        table = self.facts.table("intake")
        counts = table.groupby("table", sort=True)[["rows_in", "used", "left_out", "quarantined"]].sum()
        counts.insert(0, "files", table.groupby("table", sort=True).size())
        return counts.reset_index()

    @cached_property
    def quarantined(self) -> list[tuple[str, int]]:
        """Tables with quarantined rows, the most first."""
        rows = self.files[self.files["quarantined"].gt(0)].sort_values(["quarantined", "table"], ascending=[False, True])
        return [(str(row.table), int(row.quarantined)) for row in records(rows)]

    @cached_property
    def reporting(self) -> tuple[int, int]:
        """Countries whose sources are all complete in the quarter, of all; (0, 0) where sources name no country."""
        table = self.coverage[self.coverage["country"].notna()]
        complete = table.groupby("country")["complete"].all()
        return int(complete.sum()), len(complete)

    @property
    def coverage(self) -> pd.DataFrame:
        """Source and country of the quarter with last fact and completeness."""
        return self.facts.coverage

    @cached_property
    def has_facts(self) -> bool:
        return len(self.coverage) > 0

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What intake noticed without stopping, the most rows first."""
        table = self.facts.table("findings")
        return table.sort_values(["rows", "table", "code"], ascending=[False, True, True], na_position="last", kind="stable")

    def incomplete_by_source(self) -> list[tuple[str, list[str], date | None]]:
        """Source → countries and the last day of its facts, where they stop before the quarter's end."""
        table = self.coverage[~self.coverage["complete"].astype(bool)]
        out = []
        for source, part in table.groupby("source", sort=True):
            countries = [str(country) for country in part["country"] if not absent(country)]
            days = [day for day in part["last_fact"] if not absent(day)]
            out.append((str(source), countries, max(days) if days else None))
        return out
