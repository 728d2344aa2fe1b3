"""What a usual quarter gives over the days a person was there."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.kpis import Measured, measure
from kpi_toolkit.kpis.proration import mirrored
from kpi_toolkit.quarter import Quarter
from tests.kpis.client import days, engagement, tables

SEED = 5
QUARTER = Quarter.parse("2025Q3")
FILL = (0.2, 0.3, 0.5)  # of a quarter's orders, by month


@cache
def client() -> dict[str, pd.DataFrame]:
    """Six reps of two years whose quarters fill by 20, 30 and 50 %; R1 joins in the last month, R2 is away in the first."""
    draw = np.random.default_rng(SEED)
    rows = []
    for start in pd.period_range("2023Q3", "2025Q3", freq="Q"):
        for rep in range(2, 8):
            months = draw.choice(3, 120, p=FILL)
            for number, month in enumerate(months):
                first = start.start_time + pd.DateOffset(months=int(month))
                day = first + pd.Timedelta(days=int(draw.integers(0, 28)))
                rows.append(
                    (f"{start}-{rep}-{number}", day, f"R{rep}", f"C{draw.integers(0, 80)}", float(draw.integers(50, 150)))
                )
    orders = pd.DataFrame(rows, columns=["order_id", "ordered_on", "person_id", "customer_id", "amount"])
    last = orders[(orders["person_id"] == "R2") & (orders["ordered_on"] >= "2025-09-01")].assign(person_id="R1")
    last["order_id"] = last["order_id"] + "-1"
    people = pd.DataFrame({"person_id": [f"R{i}" for i in range(1, 9)], "country": "Germany", "role": "rep", "iso": "DE",
                           "currency": "USD"})  # fmt: skip
    people["joined_on"] = days(["2025-09-01", *["2020-01-01"] * 6, "2020-01-01"])
    people["left_on"] = days([*["2199-01-01"] * 7, "2025-06-30"]).where(people["person_id"] == "R8")
    absences = pd.DataFrame({"person_id": ["R2", "R2"], "starts_on": days(["2025-07-01", "2025-07-10"]),
                             "ends_on": days(["2025-07-31", "2025-07-20"])})  # fmt: skip
    return {"people": people, "orders": pd.concat([orders, last], ignore_index=True), "absences": absences}


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure(tables(**client()), engagement(), QUARTER)


def factor(measured: Measured, person: str, kpi: str) -> tuple[float, str]:
    table = measured.proration
    row = table[(table["person_id"] == person) & (table["kpi"] == kpi)].iloc[0]
    return float(row["factor"]), str(row["method"])


def over_days(kpi: str, first: str) -> float:
    """The KPI from that day of the quarter on ÷ over whole quarters, over the past eight, in plain pandas: a day of a quarter of
    another length lies where the day of 2025Q3 at its relative position does. All peers were there the whole time.
    """
    orders = client()["orders"]
    orders = orders[(orders["ordered_on"] < "2025-07-01") & (orders["ordered_on"] >= "2023-07-01")].copy()
    orders["quarter"] = orders["ordered_on"].dt.to_period("Q")
    there = []
    for day, quarter in zip(orders["ordered_on"], orders["quarter"], strict=True):
        length = (quarter.end_time.normalize() - quarter.start_time).days + 1
        position = ((day - quarter.start_time).days + 0.5) / length * 92
        there.append(pd.Timestamp("2025-07-01") + pd.Timedelta(days=int(position)) >= pd.Timestamp(first))
    values = []
    for part in (orders[there], orders):
        customers = part.groupby(["person_id", "quarter"])["customer_id"].nunique().sum()
        values.append({"revenue": part["amount"].sum(), "orders": len(part), "active_customers": customers,
                       "revenue_per_customer": part["amount"].sum() / customers}[kpi])  # fmt: skip
    return values[0] / values[1]


@pytest.mark.parametrize("kpi", ["revenue", "orders", "active_customers", "revenue_per_customer"])
@pytest.mark.parametrize(("person", "first"), [("R1", "2025-09-01"), ("R2", "2025-08-01")])
def test_the_factor_is_the_kpi_over_the_days_present_against_whole_quarters_of_peers(
    measured: Measured, person: str, first: str, kpi: str
) -> None:
    found, method = factor(measured, person, kpi)
    assert method == "fill"
    assert found == pytest.approx(over_days(kpi, first), rel=1e-9)


def test_a_quarter_that_fills_late_prorates_a_joiner_of_the_last_month_to_half(measured: Measured) -> None:
    assert factor(measured, "R1", "revenue")[0] == pytest.approx(FILL[2], abs=0.03)


def test_growth_is_not_prorated_and_full_presence_changes_nothing(measured: Measured) -> None:
    assert factor(measured, "R1", "revenue_growth") == (1.0, "none")
    assert factor(measured, "R3", "revenue") == (1.0, "none")


def test_who_was_not_there_has_no_factor(measured: Measured) -> None:
    found, method = factor(measured, "R8", "revenue")
    assert np.isnan(found) and method == "none"


def test_presence_counts_working_days_of_the_country_without_absences_and_outside_employment(measured: Measured) -> None:
    table = measured.presence[measured.presence["quarter"] == "2025Q3"].set_index("person_id")
    weekdays = len(pd.bdate_range("2025-07-01", "2025-09-30"))  # Germany has no nationwide holiday in the third quarter
    assert table.loc["R3", ["working_days", "present_days", "presence"]].tolist() == [weekdays, weekdays, 1.0]
    assert table.loc["R1", "present_days"] == len(pd.bdate_range("2025-09-01", "2025-09-30"))
    assert table.loc["R2", "present_days"] == len(pd.bdate_range("2025-08-01", "2025-09-30"))
    assert table.loc["R8", "presence"] == 0.0
    assert measured.presence[measured.presence["person_id"] == "R1"]["quarter"].tolist() == ["2025Q3"]


def test_without_history_counts_and_sums_are_prorated_by_working_days_and_ratios_not_at_all() -> None:
    given = dict(client())
    given["orders"] = given["orders"][given["orders"]["ordered_on"] >= "2025-07-01"]
    fresh = measure(tables(**given), engagement(), QUARTER)
    share = len(pd.bdate_range("2025-09-01", "2025-09-30")) / len(pd.bdate_range("2025-07-01", "2025-09-30"))
    assert factor(fresh, "R1", "revenue") == (pytest.approx(share), "working_days")
    assert factor(fresh, "R1", "average_order_value") == (1.0, "none")


@given(st.lists(st.booleans(), min_size=90, max_size=92), st.integers(90, 92))
def test_a_share_keeps_its_relative_position_in_a_quarter_of_another_length(there: list[bool], length: int) -> None:
    mirror = mirrored(np.array(there), length)
    assert len(mirror) == length
    for day, flag in enumerate(mirror):
        assert flag == there[int((day + 0.5) / length * len(there))]
    if length == len(there):
        assert mirror.tolist() == there
