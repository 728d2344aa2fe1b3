"""Orders of the demo: who sells, when, to whom. Every draw comes from the generator that is given."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi_toolkit.demo.cast import FIRST_DAY, JOINER, LAST_DAY, LEAVER, SELLERS, Member
from kpi_toolkit.demo.levels import days_of, present, true_levels
from kpi_toolkit.demo.lines import credit_notes, lines_of, numbered, shared, windfall
from kpi_toolkit.demo.season import Days, FloatArray, selling_weights
from kpi_toolkit.quarter import Quarter, quarters_between

CHURN = 0.10  # of a person's customers, a quarter
FIRST_CUSTOMERS = 48
ORDER_COLUMNS = (
    "order_id", "line_id", "ordered_on", "person_id", "customer_id", "product", "quantity", "amount", "discount", "cost",
    "status", "credit",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Order lines (one a person for shared ones), customers, true levels: see `Truths`."""

    orders: pd.DataFrame
    customers: pd.DataFrame
    levels: pd.DataFrame
    windfall_order: str


def draw(rng: np.random.Generator) -> Drawn:
    """All orders of all people, sorted by day and number."""
    quarters = list(quarters_between(Quarter.of(FIRST_DAY), Quarter.of(LAST_DAY)))
    levels = true_levels(rng, quarters)
    heads, customers = _heads(rng, quarters, levels)
    lines = lines_of(rng, heads)
    lines = numbered(pd.concat([lines, windfall(lines, levels)], ignore_index=True))
    windfall_order = str(lines.loc[lines["windfall"], "order_id"].iloc[0])
    orders = pd.concat([shared(rng, lines), credit_notes(rng, lines)], ignore_index=True)
    orders = orders.sort_values(["ordered_on", "order_id", "line_id", "person_id"], kind="stable", ignore_index=True)
    return Drawn(orders[list(ORDER_COLUMNS)], customers, levels, windfall_order)


class _Customers:
    """Customers as they are acquired, and whose they are; numbers count from 0."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.appetite: FloatArray = np.empty(0)  # how readily each one orders
        self.parts: list[pd.DataFrame] = []
        self.pools: dict[str, npt.NDArray[np.int64]] = {}

    def acquire(self, member: Member, days: Days) -> npt.NDArray[np.int64]:
        new = np.arange(len(self.appetite), len(self.appetite) + len(days))
        self.appetite = np.concatenate([self.appetite, self.rng.gamma(0.8, 1.0, len(days)) + 0.05])
        part = pd.DataFrame({"customer_id": _named(new), "country": member.country, "acquired_on": days})
        self.parts.append(part.assign(person_id=member.person_id))
        return new


def _named(numbers: npt.NDArray[np.int64]) -> pd.Series[str]:
    return "C" + pd.Series(numbers + 1).astype(str).str.zfill(5)


def _heads(rng: np.random.Generator, quarters: list[Quarter], levels: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row an order: who, when, to whom; and the customers. New ones come with their first order; old ones drop out."""
    drawn = {(row["person_id"], row["quarter"]): row for row in levels.to_dict("records")}
    orders: list[pd.DataFrame] = []
    known = _Customers(rng)
    for member in SELLERS:
        if member.person_id != JOINER:
            before = np.datetime64(FIRST_DAY) - rng.integers(20, 1500, FIRST_CUSTOMERS)
            known.pools[member.person_id] = known.acquire(member, before)
    for quarter in quarters:
        for member in SELLERS:
            part = _of_person(rng, member, days_of(quarter), drawn[member.person_id, str(quarter)], known)
            if part is not None:
                orders.append(part)
    return pd.concat(orders, ignore_index=True), pd.concat(known.parts, ignore_index=True)


def _of_person(
    rng: np.random.Generator, member: Member, days: Days, row: Mapping[Hashable, Any], known: _Customers
) -> pd.DataFrame | None:
    """One person's orders of a quarter; None where there is none."""
    weights = selling_weights(member.country, days) * present(member, days)
    if not weights.sum():
        return None
    if member.person_id not in known.pools:
        known.pools[member.person_id] = known.pools[LEAVER]  # who comes takes over the customers of who went
    count = int(rng.poisson(row["mean_orders"]))
    pool = known.pools[member.person_id]
    appetite = known.appetite[pool]
    on = np.sort(rng.choice(days, count, p=weights / weights.sum()))
    whom = rng.choice(pool, count, p=appetite / appetite.sum())
    new = rng.permutation(count)[: min(int(rng.poisson(row["mean_new"])), count // 2)]
    whom[new] = known.acquire(member, on[new])
    known.pools[member.person_id] = np.concatenate([pool[rng.random(len(pool)) >= CHURN], whom[new]])
    part = pd.DataFrame({"customer_id": _named(whom), "ordered_on": on, "person_id": member.person_id, "country": member.country})
    return part.assign(value=row["order_value"], index=row["index"])
