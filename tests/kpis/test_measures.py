"""Every KPI against plain pandas (`by_hand.py`), for every level and both grains."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from kpi_toolkit.kpis import CATALOGUE, measure
from kpi_toolkit.quarter import FiscalYear, Quarter
from tests.kpis.by_hand import ByHand, periods
from tests.kpis.client import engagement, tables
from tests.kpis.random_client import frames

CASES = {
    "seed 1, calendar year": (1, "01-01", "2025Q3", False),
    "seed 2, a year that begins in April, customers with the day they were acquired": (2, "04-01", "2026Q2", True),
}


@pytest.mark.parametrize("case", CASES)
def test_each_kpi_equals_plain_pandas_for_every_level_and_grain(case: str) -> None:
    seed, starts, text, acquired = CASES[case]
    given = frames(seed, orders=260, acquired=acquired)
    quarter = Quarter.parse(text, FiscalYear.parse(starts))
    measured = measure(tables(**given), engagement(fiscal_year_starts=starts), quarter)
    rows = measured.measures.to_dict("records")
    found = {(row["level"], row["entity_id"], row["grain"], row["period"], row["kpi"]): row for row in rows}
    hand = ByHand(given, quarter, acquired)
    wrong, seen = [], set()
    first = Quarter.of(hand.dated["day"].min().date(), quarter.fiscal)
    for number, (grain, label, begin, end) in enumerate(periods(first, quarter)):
        for level, entity, currency in hand.entities(begin, end):
            # values of a part of the periods, for speed; who has a row is seen for all
            if number % 7 != seed if grain == "month" else number < 3:
                seen |= {(level, entity, grain, label, kpi.id) for kpi in CATALOGUE}
                continue
            by_hand = hand.values(level, entity, currency, grain, begin, end)
            assert set(by_hand) == {kpi.id for kpi in CATALOGUE}
            for kpi, (value, constant) in by_hand.items():
                key = (level, entity, grain, label, kpi)
                seen.add(key)
                row = found[key]
                if not (same(row["value"], value) and same(row["value_constant"], constant)):
                    wrong.append((key, row["value"], value, row["value_constant"], constant))
                if row["unit"] == "money":
                    assert row["currency"] == currency, key
    assert not wrong, f"{len(wrong)} of {len(seen)}: {wrong[:5]}"
    assert set(found) == seen


def same(one: float, other: float | None) -> bool:
    if other is None or math.isnan(other):
        return bool(pd.isna(one))
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
