"""A real client's export, read as it stands, against pandas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit import engagement, intake
from tests.intake.client import finding, frame

HERE = Path(__file__).parents[1] / "engagements" / "adventureworks"
DATA = HERE / "../../../../shared/data/adventureworks"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")


@pytest.fixture(scope="module")
def tables():
    return intake.read(engagement.load(HERE))


def test_every_row_of_every_file_is_used(tables):
    counts = tables.intake.set_index("table")
    assert counts["rows_in"].to_dict() == {"people": 39, "customers": 701, "orders": 57_851, "quotas": 163}
    assert counts["used"].equals(counts["rows_in"]) and tables.faults.empty


def test_orders_equal_the_file(tables):
    theirs = pd.read_csv(DATA / "FactResellerSales.csv", dtype=str, keep_default_na=False)
    ours = frame(tables.orders)
    assert ours["order_id"].tolist() == theirs["SalesOrderNumber"].tolist()
    assert ours["product"].tolist() == theirs["ProductKey"].tolist()
    assert ours["amount"].tolist() == theirs["SalesAmount"].astype(float).tolist()
    assert pd.to_datetime(ours["ordered_on"]).dt.strftime("%Y-%m-%d").tolist() == theirs["OrderDate"].tolist()
    assert ours["cost"].isna().tolist() == theirs["TotalProductCost"].eq("NULL").tolist()
    assert set(ours["currency"]) == {"USD"} and ours["counts"].all()


def test_a_person_of_several_territories_is_one_and_keeps_what_they_share(tables):
    people = frame(tables.people).set_index("person_id")
    assert len(people) == 18
    sold = set(frame(tables.orders)["person_id"]) | set(frame(tables.quotas)["person_id"])
    assert sold == set(people.index) - {"277"}
    pairs = pd.read_csv(DATA / "DimEmployeeSalesTerritory.csv").merge(pd.read_csv(DATA / "DimSalesTerritory.csv"))
    shared = pairs.groupby(pairs["EmployeeKey"].astype(str)).agg(lambda column: column.iloc[0] if column.nunique() == 1 else "-")
    for ours, theirs in {"team": "Group", "country": "Country", "region": "Region"}.items():
        assert people[ours].fillna("-").to_dict() == shared[theirs].to_dict()
    assert finding(tables, "rows_differ")["detail"] == "team: 1, country: 4, region: 7"
    assert people["iso"].dropna().unique().tolist() == ["US", "CA", "FR", "AU", "DE"]


def test_quotas_are_of_revenue(tables):
    quotas = frame(tables.quotas)
    theirs = pd.read_csv(DATA / "FactSalesQuota.csv", dtype={"EmployeeKey": str})
    assert quotas["target"].tolist() == theirs["SalesAmountQuota"].tolist() and set(quotas["kpi"]) == {"revenue"}
    assert quotas["quarter"].tolist() == theirs["Quarter"].tolist()


def test_the_digests_are_of_every_file_that_is_read():
    digests = intake.sources_digest(engagement.load(HERE))
    assert {Path(name).name for name in digests} == {
        "DimEmployeeSalesTerritory.csv", "DimSalesTerritory.csv", "DimReseller.csv", "FactResellerSales.csv",
        "FactSalesQuota.csv",
    }  # fmt: skip
    assert all(name.startswith("../../../../shared/") for name in digests)


SHARED = HERE / "../../../../shared/data"
SUPERSTORE = SHARED / "superstore_eu" / "Sample - EU Superstore.xls"
VIETNAM = SHARED / "vn_sales"


def engaged(folder: Path, text: str) -> engagement.Engagement:
    (folder / "engagement.yml").write_text(text, encoding="utf-8")
    return engagement.load(folder)


@pytest.mark.skipif(not SUPERSTORE.is_file(), reason=f"{SUPERSTORE} is not there")
def test_an_old_workbook_gives_the_known_sales_of_each_person(tmp_path):
    text = f"""
client: Superstore
reporting_currency: EUR
sources:
  people: {{file: "{SUPERSTORE.resolve()}", sheet: People, columns: {{person_id: People, region: Region}}}}
  orders:
    file: "{SUPERSTORE.resolve()}"
    sheet: Orders
    columns: {{order_id: Order ID, ordered_on: Order Date, customer_id: Customer ID, amount: Sales, discount_share: Discount}}
    lookup:
      person_id: {{sheet: People, match: {{Region: Region}}, take: People}}
      status: {{sheet: Returns, match: {{Order ID: Order ID}}, take: Returned, values: {{"Yes": returned}}}}
"""
    orders = frame(intake.read(engaged(tmp_path, text)).orders)
    day = pd.to_datetime(orders["ordered_on"])
    quarter = orders[day.between("2017-10-01", "2017-12-31")]
    net = quarter[quarter["counts"]].groupby("person_id")["amount"].sum()
    assert quarter["amount"].sum() == pytest.approx(306_383.07, abs=0.01)
    assert net.sum() == pytest.approx(287_607.62, abs=0.01) and net["Emily Burns"] == pytest.approx(179_569.70, abs=0.01)
    assert quarter["discount"].sum() / (quarter["amount"] + quarter["discount"]).sum() == pytest.approx(0.13952, abs=1e-5)


@pytest.mark.skipif(not VIETNAM.is_dir(), reason=f"{VIETNAM} is not there")
def test_workbooks_with_days_and_months_changed_over_stop_and_then_give_the_known_sales(tmp_path):
    head = f"""
client: Bán hàng
reporting_currency: VND
sources:
  orders:
    file: "{VIETNAM.resolve()}/*.xlsx"
    columns:
      order_id: ID đơn hàng
      ordered_on: Ngày đặt
      person_id: Nhân viên
      customer_id: ID khách hàng
      product: Mã hàng
      quantity: Số lượng đặt
      price: Giá bán
      discount_share: Giảm giá
    derive: {{amount: quantity * price * (1 - discount_share)}}
"""
    with pytest.raises(engagement.KpiError, match="K124"):
        intake.read(engaged(tmp_path, head))
    orders = frame(intake.read(engaged(tmp_path, head + "    dates: swapped\n")).orders)
    day = pd.to_datetime(orders["ordered_on"])
    quarter = orders[day.between("2020-10-01", "2020-12-31")].groupby("person_id")["amount"].sum()
    assert quarter["Lan Anh"] == pytest.approx(432_894.61, abs=0.01) and quarter["Hà Chi"] == pytest.approx(245_730.79, abs=0.01)
