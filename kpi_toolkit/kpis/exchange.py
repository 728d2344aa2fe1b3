"""Money of the rows into the currency of the entity that is measured: at the rates of the day and at the agreed rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pandas as pd

from kpi_toolkit.intake.money import RateBook

PAIR = ("currency", "cell", "target", "later")
"""What a conversion depends on: the row's currency and cell, the entity's currency now and a year later."""
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
    """Into each entity's currency. `targets`: level, grain, period, entity_id, target, later; `rates`: currency, cell, target,
    later, rate, rate_later, constant.
    """

    targets: Any
    rates: Any

    def convert(self, rows: Any, columns: Iterable[str]) -> Any:
        rows = rows.inner_join(self.targets, ["level", "grain", "period", "entity_id"])
        renamed = {f"{key}_there": key for key in PAIR}
        rates = self.rates.rename(renamed)
        joined = rows.left_join(rates, [rows[key] == rates[f"{key}_there"] for key in PAIR])
        money = {}
        for name in columns:
            money[name] = joined[name] * joined.rate
            money[name + CONSTANT] = joined[name] * joined.constant
            money[name + LATER] = joined[name] * joined.rate_later
        return joined.mutate(**money).drop(*renamed, "rate", "rate_later", "constant", "target", "later")


def needed(found: pd.DataFrame, windows: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Which conversions the rows need (columns `PAIR`), from the owners, currencies and cells that occur.

    `found`: person_id, team, country, currency, cell.
    """
    rows = found.merge(windows[["cell", "grain", "period"]], on="cell")
    columns = {"person": "person_id", "team": "team", "country": "country"}
    seen = [pd.DataFrame(columns=[*PAIR])]
    for level, part in targets.groupby("level"):
        keys = ["grain", "period"]
        if level in columns:
            part = part.rename(columns={"entity_id": columns[str(level)]})
            keys.append(columns[str(level)])
        seen.append(rows.merge(part[[*keys, "target", "later"]], on=keys)[[*PAIR]].drop_duplicates())
    return pd.concat(seen, ignore_index=True).dropna().drop_duplicates()


def rates_of(pairs: pd.DataFrame, cells: pd.DataFrame, agreed_on: date, book: RateBook) -> pd.DataFrame:
    """The rates of each conversion in each cell (`cells`: cell, day): `PAIR`, rate, rate_later, and constant, the agreed rate, of
    the last day before the run's quarter. Raises `MissingRate`, for the earliest day.
    """
    table = pairs.astype({"cell": "int64"}).merge(cells, on="cell").sort_values(["day", *PAIR], ignore_index=True)
    days = [day.date() for day in table["day"]]
    table["rate"] = [book.exchange(*row) for row in zip(table["currency"], table["target"], days, strict=True)]
    table["rate_later"] = [book.exchange(*row) for row in zip(table["currency"], table["later"], days, strict=True)]
    known: dict[tuple[str, str], float] = {}
    for currency, target in zip(table["currency"], table["target"], strict=True):
        if (currency, target) not in known:
            known[currency, target] = book.exchange(currency, target, agreed_on)
    table["constant"] = [known[pair] for pair in zip(table["currency"], table["target"], strict=True)]
    return table[[*PAIR, "rate", "rate_later", "constant"]]


def agreed_rates(day: date, book: RateBook) -> pd.DataFrame:
    """The agreed rates of all currencies that have one: columns currency, rate."""
    found = [(currency, book.find(currency, day)) for currency in book.currencies]
    return pd.DataFrame([(currency, rate) for currency, rate in found if rate is not None], columns=["currency", "rate"])
