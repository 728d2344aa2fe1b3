"""What is ordered in the demo: lines with quantity, amount, discount and cost; shared deals, credit notes, a windfall."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kpi_toolkit.demo.cast import COUNTRIES, LAST_DAY, LAST_QUARTER, SELLERS, WINDFALL, WINDFALL_ON, WINDFALL_SHARE, Member
from kpi_toolkit.demo.levels import CANCELLED, CREDIT_NOTE, CREDITED, RETURNED, present
from kpi_toolkit.demo.season import FloatArray

VALUE_SPREAD = 0.35  # standard deviation of the logarithm of an order's value
LINES = (0.82, 0.15, 0.03)  # chance of one, two, three lines
SHARED, SHARES = 0.015, (0.6, 0.4)  # orders shared by two persons, and how
DISCOUNT_HABIT, DISCOUNT_SPREAD, MOST_DISCOUNT = (0.03, 0.09), 0.02, 0.25
PRODUCTS = 14
_PRICED_BY = ("order_value", "price_growth", "price_step", "decimals")


def lines_of(rng: np.random.Generator, heads: pd.DataFrame) -> pd.DataFrame:
    """One to three lines an order: product, quantity, net amount, discount and cost, rounded as the currency is."""
    heads = heads.copy()
    n = len(heads)
    heads["order"] = np.arange(n)
    noise = np.exp(rng.normal(-(VALUE_SPREAD**2) / 2, VALUE_SPREAD, n))
    habit = pd.Series(rng.uniform(*DISCOUNT_HABIT, len(SELLERS)), index=[member.person_id for member in SELLERS])
    heads["share"] = np.clip(rng.normal(heads["person_id"].map(habit), DISCOUNT_SPREAD), 0.0, MOST_DISCOUNT)
    heads["net"] = heads["value"].to_numpy() * noise
    heads["status"] = rng.choice(["", "returned", "cancelled"], n, p=[1 - RETURNED - CANCELLED, RETURNED, CANCELLED])
    count = rng.choice([1, 2, 3], n, p=LINES)
    lines = heads.loc[heads.index.repeat(count)].reset_index(drop=True)
    lines["line_id"] = lines.groupby("order").cumcount() + 1
    part = rng.uniform(0.5, 1.5, len(lines))
    lines["net"] *= part / pd.Series(part).groupby(lines["order"]).transform("sum").to_numpy()
    lines["k"] = rng.choice(PRODUCTS, len(lines), p=_popularity())
    lines["windfall"] = False
    return _priced(lines)


def _popularity() -> FloatArray:
    weights = 1.0 / np.arange(2, PRODUCTS + 2)
    return np.asarray(weights / weights.sum())


def _priced(lines: pd.DataFrame) -> pd.DataFrame:
    """Quantity at the list price of product and quarter, nearest to the wanted net amount; then amount, discount, cost."""
    of = {name: lines["country"].map({c.code: getattr(c, name) for c in COUNTRIES}).to_numpy() for name in _PRICED_BY}
    k = lines["k"].to_numpy()
    price = of["order_value"] * (0.02 + 0.012 * k) * (1 + of["price_growth"]) ** lines["index"].to_numpy()
    price = np.maximum(np.round(price / of["price_step"]), 1) * of["price_step"]
    share = lines["share"].to_numpy()
    quantity = np.maximum(np.round(lines["net"].to_numpy() / (1 - share) / price), 1)
    listed = quantity * price
    decimals = 10.0 ** of["decimals"].astype("float64")
    lines["product"] = "MK-" + pd.Series(110 + 10 * k, index=lines.index).astype(str)
    lines["quantity"] = quantity
    lines["discount"] = np.round(listed * share * decimals) / decimals
    lines["amount"] = np.round((listed - lines["discount"]) * decimals) / decimals
    lines["cost"] = np.round(listed * (0.58 + 0.008 * k) * decimals) / decimals
    lines["credit"] = 1.0
    return lines


def windfall(lines: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """One order as large as most of a usual quarter, by a customer of long standing."""
    mine = lines[lines["person_id"].eq(WINDFALL)]
    usual = levels.loc[levels["person_id"].eq(WINDFALL) & levels["quarter"].eq(LAST_QUARTER), "usual"].iloc[0]
    customer = mine["customer_id"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index[0]
    row = mine.tail(1).assign(ordered_on=np.datetime64(WINDFALL_ON), customer_id=customer, net=usual * WINDFALL_SHARE)
    return _priced(row.assign(share=0.05, k=9, line_id=1, status="", order=len(lines), windfall=True))


def numbered(lines: pd.DataFrame) -> pd.DataFrame:
    """Order numbers in the order of the days."""
    heads = lines.drop_duplicates("order").sort_values(["ordered_on", "person_id", "order"], kind="stable")
    number = pd.Series(np.arange(len(heads)) + 100_001, index=heads["order"])
    return lines.assign(order_id="SO" + lines["order"].map(number).astype(str))


def shared(rng: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    """Some orders are shared with a colleague of the team who is there that day: a row each, 60 to 40."""
    teams: Mapping[str, list[Member]] = {m.team: [c for c in SELLERS if c.team == m.team] for m in SELLERS}
    by_id = {member.person_id: member for member in SELLERS}
    heads = lines[~lines["windfall"]].drop_duplicates("order_id")
    chosen = heads[rng.random(len(heads)) < SHARED]
    partner: dict[str, str] = {}
    for order_id, person, on in zip(chosen["order_id"], chosen["person_id"], chosen["ordered_on"], strict=True):
        day = np.array([on], dtype="datetime64[D]")
        others = [c.person_id for c in teams[by_id[person].team] if c.person_id != person and present(c, day)[0]]
        if others:
            partner[order_id] = others[int(rng.integers(len(others)))]
    both = lines["order_id"].isin(partner)
    other = lines[both].assign(person_id=lines.loc[both, "order_id"].map(partner), credit=SHARES[1])
    return pd.concat([lines.assign(credit=np.where(both, SHARES[0], 1.0)), other], ignore_index=True)


def credit_notes(rng: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    """Part of an order's first line is credited 5 to 40 days later, under a number of its own."""
    first = lines[lines["line_id"].eq(1) & lines["status"].eq("") & ~lines["windfall"]]
    notes = first[rng.random(len(first)) < CREDITED].copy()
    part = rng.uniform(*CREDIT_NOTE, len(notes))
    notes["ordered_on"] = notes["ordered_on"] + pd.to_timedelta(rng.integers(5, 41, len(notes)), unit="D")
    decimals = 10.0 ** notes["country"].map({c.code: c.decimals for c in COUNTRIES}).to_numpy()
    for column in ("amount", "cost"):
        notes[column] = -np.round(notes[column] * part * decimals) / decimals
    notes["quantity"] = -np.maximum(np.round(notes["quantity"] * part), 1)
    notes["discount"] = 0.0
    notes["order_id"] = "CN" + notes["order_id"].str[2:]
    left = {member.person_id: member.left_on or LAST_DAY for member in SELLERS}
    last = pd.to_datetime(notes["person_id"].map(left))
    return notes[notes["ordered_on"].le(last)]
