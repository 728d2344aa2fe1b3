"""Revenue of a real client's export against pandas on its CSV."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit.engagement import load
from kpi_toolkit.intake import read
from kpi_toolkit.kpis import measure
from kpi_toolkit.quarter import Quarter

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY.parent / "shared" / "data" / "adventureworks"
ENGAGEMENT = REPOSITORY / "tests" / "engagements" / "adventureworks"


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/adventureworks is not beside the repository")
def test_revenue_of_each_person_and_quarter_equals_pandas_on_the_csv_and_the_last_quarter_is_incomplete() -> None:
    rows = pd.read_csv(DATA / "FactResellerSales.csv", parse_dates=["OrderDate"], dtype={"EmployeeKey": str, "ResellerKey": str})
    quarter = rows["OrderDate"].dt.to_period("Q").astype(str)
    by_hand = rows.groupby([rows["EmployeeKey"], quarter])["SalesAmount"].sum()
    engagement = load(ENGAGEMENT)
    measured = measure(read(engagement, None), engagement, Quarter.parse("2020Q2"))
    table = measured.measures[(measured.measures["level"] == "person") & (measured.measures["grain"] == "quarter")]
    revenue = table[table["kpi"] == "revenue"].set_index(["entity_id", "period"])["value"]
    assert set(by_hand.index) <= set(revenue.index)
    for key, amount in by_hand.items():
        assert revenue[key] == pytest.approx(amount, rel=1e-9), key
    assert revenue[~revenue.index.isin(by_hand.index)].eq(0).all()
    customers = rows.groupby([rows["EmployeeKey"], quarter])["ResellerKey"].nunique()
    active = table[table["kpi"] == "active_customers"].set_index(["entity_id", "period"])["value"]
    assert all(active[key] == count for key, count in customers.items())
    countries = measured.coverage[measured.coverage["quarter"] == "2020Q2"]
    assert not countries["complete"].any()
    assert measured.coverage.loc[measured.coverage["quarter"] == "2020Q1", "complete"].all()
