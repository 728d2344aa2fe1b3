"""Money of the rows into the currency of the entity that is measured: at the rates of the day and at the agreed rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pandas as pd

from kpi_toolkit.intake.money import RateBook

CONSTANT, LATER = "_constant", "_later"
"""Endings of columns: at the agreed rates; at the day's rates in the entity's currency a year later (for growth)."""


class Exchange(Protocol):
    def convert(self, rows: Any, columns: Iterable[str]) -> Any:
        """Rows with each of the columns converted, and beside it the column with the endings `_constant` and `_later`."""
        ...


@dataclass(frozen=True)
class OneCurrency:
    """All rows and entities have the same currency."""

    def convert(self, rows: Any, columns: Iterable[str]) -> Any:
        return rows.mutate(**{f"{name}{ending}": rows[name] for name in columns for ending in (CONSTANT, LATER)})


@dataclass(frozen=True)
class AgreedRates:
    """All into one currency at the agreed rates. `constants`: currency, rate."""

    constants: Any

    def convert(self, rows: Any, columns: Iterable[str]) -> Any:
        constants = self.constants.rename(code="currency")
        joined = rows.left_join(constants, rows.currency == constants.code)
        money = {f"{name}{ending}": joined[name] * joined.rate for name in columns for ending in ("", CONSTANT, LATER)}
        return joined.mutate(**money).drop("code", "rate")


@dataclass(frozen=True)
class EntityRates:
    """Into each entity's currency. `targets`: level, grain, period, entity_id, target, later; `rates`: currency, cell, target, rate;
    `constants`: currency, target, constant.
    """

    targets: Any
    rates: Any
    constants: Any

    def convert(self, rows: Any, columns: Iterable[str]) -> Any:
        columns = tuple(columns)
        rows = rows.inner_join(self.targets, ["level", "grain", "period", "entity_id"])
        now = self.rates.rename(now_currency="currency", now_cell="cell", now_target="target", now_rate="rate")
        later = self.rates.rename(later_currency="currency", later_cell="cell", later_target="target", later_rate="rate")
        agreed = self.constants.rename(agreed_currency="currency", agreed_target="target")
        rows = rows.left_join(
            now, [rows.currency == now.now_currency, rows.cell == now.now_cell, rows.target == now.now_target]
        )
        rows = rows.left_join(
            later, [rows.currency == later.later_currency, rows.cell == later.later_cell, rows.later == later.later_target]
        )
        rows = rows.left_join(agreed, [rows.currency == agreed.agreed_currency, rows.target == agreed.agreed_target])
        money = {}
        for name in columns:
            money[name] = rows[name] * rows.now_rate
            money[name + CONSTANT] = rows[name] * rows.constant
            money[name + LATER] = rows[name] * rows.later_rate
        gone = ("now_currency", "now_cell", "now_target", "now_rate", "later_currency", "later_cell", "later_target",
                "later_rate", "agreed_currency", "agreed_target", "constant", "target", "later")  # fmt: skip
        return rows.mutate(**money).drop(*gone)


def needed(found: pd.DataFrame, windows: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Which conversions the rows need: currency, cell, target; from the owners, currencies and cells that occur (`found`:
    person_id, team, country, currency, cell)."""
    rows = found.merge(windows[["cell", "grain", "period"]], on="cell")
    columns = {"person": "person_id", "team": "team", "country": "country"}
    seen = []
    for level, part in targets.groupby("level"):
        keys = ["grain", "period"]
        if level in columns:
            part = part.rename(columns={"entity_id": columns[str(level)]})
            keys.append(columns[str(level)])
        pairs = rows.merge(part[[*keys, "target", "later"]], on=keys)
        for target in ("target", "later"):
            seen.append(pairs[["currency", "cell", target]].set_axis(["currency", "cell", "target"], axis=1))
    return pd.concat(seen, ignore_index=True).dropna().drop_duplicates().sort_values(["cell", "currency", "target"])


def rates_of(pairs: pd.DataFrame, cells: pd.DataFrame, book: RateBook) -> pd.DataFrame:
    """The rate of each pair in each cell (`cells`: cell, day); columns currency, cell, target, rate. Raises `MissingRate`."""
    table = pairs.merge(cells, on="cell").sort_values(["day", "currency", "target"])
    table["rate"] = [
        book.exchange(currency, target, day.date())
        for currency, target, day in zip(table["currency"], table["target"], table["day"], strict=True)
    ]
    return table[["currency", "cell", "target", "rate"]].reset_index(drop=True)


def constants_of(pairs: pd.DataFrame, day: date, book: RateBook) -> pd.DataFrame:
    """The agreed rate of each pair, of the last day before the run's quarter; columns currency, target, constant.

    Raises `MissingRate`.
    """
    table = pairs[["currency", "target"]].drop_duplicates().sort_values(["currency", "target"]).reset_index(drop=True)
    table["constant"] = [
        book.exchange(currency, target, day) for currency, target in zip(table["currency"], table["target"], strict=True)
    ]
    return table


def agreed_rates(day: date, book: RateBook) -> pd.DataFrame:
    """The agreed rates of all currencies that have one: columns currency, rate."""
    found = [(currency, book.find(currency, day)) for currency in book.currencies]
    return pd.DataFrame([(currency, rate) for currency, rate in found if rate is not None], columns=["currency", "rate"])
