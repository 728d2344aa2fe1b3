"""What is true of the demo's people: when they are there, and what they may be expected to sell in each quarter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from kpi_toolkit.demo.cast import (
    ABSENCES,
    COUNTRIES,
    COUNTRY,
    FALL,
    FALLER,
    LAST_QUARTER,
    RISE,
    RISE_QUARTERS,
    RISER,
    SELLERS,
    Member,
)
from kpi_toolkit.demo.season import Days, selling_weights, usual_quarter
from kpi_toolkit.quarter import Quarter

ORDERS_A_QUARTER = 55.0  # of an average person in a usual quarter
NEW_CUSTOMERS = 6.5  # a quarter, of an average person
PERSON_SPREAD = 0.22  # standard deviation of the logarithm of people's levels
VALUE_HABIT = 0.10  # the same of their mean order value
DRIFT = 0.025  # of the logarithm of a level, a quarter
SHOCK = 0.02  # common to a country, a quarter
RETURNED, CANCELLED = 0.012, 0.010  # of orders
CREDITED = 0.015  # orders that are followed by a credit note on their first line
CREDIT_NOTE = (0.3, 1.0)  # the part of that line
KEPT = (1 - RETURNED - CANCELLED) * (1 - CREDITED * 0.65 * 0.905)  # of what is ordered; a first line is 90.5 % of its order


def present(member: Member, days: Days) -> npt.NDArray[np.bool_]:
    """The days on which a person is employed and not absent; shape as `days`."""
    there = days >= np.datetime64(member.joined_on)
    if member.left_on:
        there &= days <= np.datetime64(member.left_on)
    for person, start, end, _ in ABSENCES:
        if person == member.person_id:
            there &= (days < np.datetime64(start)) | (days > np.datetime64(end))
    return there


def days_of(quarter: Quarter) -> Days:
    return np.arange(np.datetime64(quarter.first_day), np.datetime64(quarter.last_day) + 1)


def true_levels(rng: np.random.Generator, quarters: list[Quarter]) -> pd.DataFrame:
    """A row a person and quarter: presence, season, expected orders and revenue (see `Truths.levels`), and what draws need."""
    shocks = {(c.code, str(q)): float(rng.normal(0, SHOCK)) for c in COUNTRIES for q in quarters}
    rows = []
    for member in SELLERS:
        country = COUNTRY[member.country]
        base = float(np.exp(rng.normal(0, PERSON_SPREAD)))
        value = country.order_value * float(np.exp(rng.normal(0, VALUE_HABIT)))
        drift = np.cumsum(rng.normal(0, DRIFT, len(quarters)))
        for n, quarter in enumerate(quarters):
            days = days_of(quarter)
            weights = selling_weights(country.code, days)
            season = float(weights.sum()) / usual_quarter(country.code)
            presence = float(weights[present(member, days)].sum() / weights.sum())
            level = base * float(np.exp(drift[n])) * (1 + country.volume_growth) ** n
            if member.person_id == RISER:
                level *= RISE ** max(0, n - (len(quarters) - 1 - RISE_QUARTERS))
            planted = FALL if member.person_id == FALLER and str(quarter) == LAST_QUARTER else 1.0
            worth = value * (1 + country.price_growth) ** n
            orders = ORDERS_A_QUARTER * level * season
            rows.append(
                {
                    "person_id": member.person_id,
                    "country": country.code,
                    "quarter": str(quarter),
                    "presence": presence,
                    "season": season,
                    "usual": orders * worth * KEPT,
                    "expected": orders * worth * KEPT * planted,
                    "order_value": worth,
                    "mean_orders": orders * presence * planted * float(np.exp(shocks[country.code, str(quarter)])),
                    "mean_new": NEW_CUSTOMERS * level * season * presence * planted,
                    "index": n,
                }
            )
    return pd.DataFrame(rows)


def expected_of_company(levels: pd.DataFrame, quarter: str, rates: Mapping[str, float]) -> float:
    """Expected revenue of all, those absent for their days there, at given rates (currency → reporting currency)."""
    part = levels[levels["quarter"].eq(quarter)]
    rate = part["country"].map({country.code: rates[country.currency] for country in COUNTRIES})
    return float((part["usual"] * part["presence"] * rate).sum())
