"""From declarations to one grouped query a view: parts by entity and period."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from kpi_toolkit.kpis.declaration import KPI, Amount, Part, Shape, Unit
from kpi_toolkit.kpis.exchange import CONSTANT, LATER
from kpi_toolkit.kpis.timeline import plain
from kpi_toolkit.kpis.views import KEYS, Lens, view_of


class _At:
    """The columns of a view at the rates of an ending, the plain ones where a column is not money."""

    def __init__(self, table: Any, ending: str) -> None:
        self._table, self._ending = table, ending

    def __getattr__(self, name: str) -> Any:
        columns = self._table.columns
        if name + self._ending in columns:
            return self._table[name + self._ending]
        return self._table[name] if name in columns else getattr(self._table, name)


def parts_of(kpis: Iterable[KPI]) -> dict[Part, set[str]]:
    """Every part once, with the endings at which it is taken."""
    wanted: dict[Part, set[str]] = {}
    for kpi in kpis:
        for part in kpi.parts:
            wanted.setdefault(part, {""})
        for part in Amount.of(kpi.numerator).parts:
            if part.money and kpi.unit == Unit.MONEY:
                wanted[part].add(CONSTANT)
            if kpi.shape == Shape.GROWTH:
                wanted[part].add(LATER)
    return wanted


def taken(lens: Lens, kpis: Iterable[KPI], endings: tuple[str, ...] | None = None) -> dict[str, pd.DataFrame]:
    """The parts of the KPIs, one grouped query a view: by view a table with `KEYS` and a column a part and ending.

    `endings` takes money at these rates alone.
    """
    by_view: dict[str, list[tuple[Part, str]]] = {}
    for part, wanted in parts_of(kpis).items():
        for ending in sorted(wanted if endings is None else endings if part.money else {""}):
            by_view.setdefault(part.view, []).append((part, ending))
    return {name: _grouped(view_of(lens, name), parts) for name, parts in sorted(by_view.items())}


def _grouped(view: Any, parts: list[tuple[Part, str]]) -> pd.DataFrame:
    numbers = {f"{part.name}{ending}": part.aggregate(_At(view, ending)).cast("float64") for part, ending in parts}
    return plain(view.group_by([*KEYS]).aggregate(**numbers).execute())


def joined(rows: pd.DataFrame, found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows (with `KEYS`) with the parts of every view beside them; 0 where a view has nothing for an entity and period."""
    for table in found.values():
        names = [name for name in table.columns if name not in KEYS]
        rows = rows.merge(table, on=[*KEYS], how="left")
        rows[names] = rows[names].astype("float64").fillna(0.0)
    return rows
