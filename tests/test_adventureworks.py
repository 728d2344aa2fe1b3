"""The real thread: AdventureWorks reseller sales as its files came, from export to evaluation.

The expected figures are computed here from the CSV files alone. Skipped where the folder with the data is absent.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit import artifacts, engagement, intake, kpis
from kpi_toolkit.evaluate import evaluate
from kpi_toolkit.goals import agreed
from kpi_toolkit.quarter import Quarter, quarters_between

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data" / "adventureworks"
CLIENT = ROOT / "tests" / "engagements" / "adventureworks"
FIRST, LAST, INCOMPLETE = Quarter(2017, 3), Quarter(2020, 2), "2020Q2"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/adventureworks is not here")


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    """Sales ÷ quota for each person and quarter that has a quota: 163 of them."""
    sales = pd.read_csv(DATA / "FactResellerSales.csv", usecols=["OrderDate", "EmployeeKey", "SalesAmount"])
    day = pd.to_datetime(sales["OrderDate"])
    sales["quarter"] = day.dt.year.astype(str) + "Q" + day.dt.quarter.astype(str)
    total = sales.groupby(["EmployeeKey", "quarter"])["SalesAmount"].sum().rename("sales").reset_index()
    quota = pd.read_csv(DATA / "FactSalesQuota.csv").rename(columns={"Quarter": "quarter"})
    both = quota.merge(total, how="left", on=["EmployeeKey", "quarter"])
    both["attainment"] = both["sales"].fillna(0) / both["SalesAmountQuota"]
    return both.assign(person_id=both["EmployeeKey"].astype(str)).set_index(["person_id", "quarter"])


@pytest.fixture(scope="module")
def evaluations():
    """Every quarter evaluated, by function; the files are read once."""
    settled = engagement.load(CLIENT)
    tables = intake.read(settled, None)
    out = {}
    for quarter in quarters_between(FIRST, LAST):
        measured = kpis.measure(tables, settled, quarter)
        out[str(quarter)] = (measured, evaluate(measured, agreed(None, measured), settled))
    return out


def test_the_163_attainments_equal_sales_over_quota(evaluations, expected):
    got = pd.concat([evaluation.tables()["evaluation"] for _, evaluation in evaluations.values()])
    got = got.set_index(["person_id", "quarter"])["attainment"]
    assert len(got) == len(expected) == 163
    difference = (got - expected["attainment"].reindex(got.index)).abs()
    assert difference.max() < 1e-9
    assert int((got >= 1).sum()) == int((expected["attainment"] >= 1).sum())


def test_the_last_quarter_is_incomplete_and_neither_banded_nor_judged_nor_scored(evaluations):
    for quarter, (_, evaluation) in evaluations.items():
        table = evaluation.tables()["evaluation"]
        assert table["complete"].eq(quarter != INCOMPLETE).all()
        assert table["band"].notna().all() == (quarter != INCOMPLETE)
    tables = evaluations[INCOMPLETE][1].tables()
    assert tables["evaluation"][["band", "verdict"]].isna().all(axis=None)
    assert tables["evaluation"]["attainment"].between(0.36, 2.47).all()
    assert tables["scores"]["score"].isna().all() and len(tables["groups"]) == 0


def test_revenue_of_every_level_adds_up_to_the_file(evaluations):
    sales = pd.read_csv(DATA / "FactResellerSales.csv", usecols=["OrderDate", "SalesAmount"], parse_dates=["OrderDate"])
    measures = evaluations["2020Q1"][0].measures
    revenue = measures[measures["kpi"].eq("revenue") & measures["grain"].eq("quarter")]
    for level in ("person", "company"):
        total = revenue.loc[revenue["level"].eq(level), "value"].sum()
        assert total == pytest.approx(sales.loc[sales["OrderDate"] < "2020-04-01", "SalesAmount"].sum(), abs=1e-4)


def test_kpis_that_need_activities_or_leads_are_not_available_and_say_what_is_missing(evaluations):
    listed = evaluations["2020Q1"][0].availability.set_index("kpi")
    for kpi, needed in {"visits": "activities", "leads": "leads", "win_rate": "opportunities", "collections": "payments"}.items():
        assert not listed.loc[kpi, "available"] and needed in listed.loc[kpi, "missing"]
    assert listed.loc[["revenue", "orders", "active_customers", "average_order_value"], "available"].all()


@pytest.fixture
def client(tmp_path) -> Path:
    """The engagement in a folder of its own, on the files as they stand."""
    root = tmp_path / "adventureworks"
    root.mkdir()
    text = (CLIENT / "engagement.yml").read_text(encoding="utf-8")
    (root / "engagement.yml").write_text(text.replace("../../../../shared/data", str(DATA.parent)), encoding="utf-8")
    return root


def kpi(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "kpi_toolkit", *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
    )


def test_a_quarter_by_command_with_its_report_and_the_same_bytes_twice(client):
    done = kpi("run", client, "2020Q1")
    assert done.returncode == 0, done.stderr
    results = client / "2020Q1" / "results"
    first = {path.name: artifacts.digest(path) for path in results.glob("*.parquet")}
    assert {"evaluation.parquet", "groups.parquet", "scores.parquet", "renewal.parquet"} <= set(first)
    assert len(artifacts.load(results, "evaluation")) == 17

    reported = kpi("report", client, "2020Q1", "--lang", "en", "--renderer", "pandoc", "--to", "html")
    assert reported.returncode == 0, reported.stderr
    page = (client / "2020Q1" / "reports" / "quarterly_report.en.html").read_text(encoding="utf-8")
    assert "not available" in page.lower()

    shutil.rmtree(results)
    again = kpi("run", client, "2020Q1")
    assert again.returncode == 0, again.stderr
    assert first == {path.name: artifacts.digest(path) for path in results.glob("*.parquet")}
    assert kpi("verify", client).returncode == 0


@pytest.mark.slow
def test_the_first_quarter_has_no_history_and_the_run_ends_well_and_says_so(client):
    done = kpi("run", client, "2017Q3")
    assert done.returncode == 0, done.stderr
    proposal = artifacts.load(client / "2017Q3" / "results", "proposal")
    assert not proposal["chosen"].any() and proposal["reason"].str.startswith("no_history").any()
    assert kpi("report", client, "2017Q3", "--lang", "vi", "--renderer", "pandoc").returncode == 0


def test_a_quarter_far_in_the_future_is_one_clear_message(client):
    done = kpi("run", client, "2021Q4")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert "2020Q2" in done.stderr
