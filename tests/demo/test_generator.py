"""The demo is the same bytes from its seed, and what was planted is to be seen in its files in plain pandas."""

import csv
import hashlib

import numpy as np
import pandas as pd
import pytest
import yaml

from kpi_toolkit.demo import generate
from kpi_toolkit.demo.cast import CAST, SELLERS
from kpi_toolkit.demo.season import selling_weights, usual_quarter

SEED = 20260701


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, generate(folder, SEED)


@pytest.fixture(scope="module")
def exported(demo):
    """orders.csv as it stands, all text; `line` is the line of the file."""
    table = pd.read_csv(demo[0] / "raw" / "orders.csv", dtype=str, keep_default_na=False)
    return table.assign(line=range(2, len(table) + 2))


@pytest.fixture(scope="module")
def revenue(demo, exported):
    """Revenue of a person and quarter from the file alone: the bad rows out, orders that count, shares credited."""
    dirty = demo[1].dirty.query("table == 'orders'")["row"]
    clean = exported[~exported["line"].isin(dirty) & exported["state"].eq("Hoàn thành")]
    quarter = pd.PeriodIndex(pd.to_datetime(clean["order_date"]), freq="Q").astype(str)
    by = [clean["rep"].rename("person_id"), pd.Series(quarter, index=clean.index, name="quarter")]
    return (clean["net_amount"].astype(float) * clean["share"].astype(float)).groupby(by).sum()


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def ratio_to_truth(demo, revenue, person, column, quarter="2026Q3"):
    levels = demo[1].levels.set_index(["person_id", "quarter"])
    row = levels.loc[(person, quarter)]
    return revenue[person, quarter] / (row[column] * row["presence"])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(demo, tmp_path):
    generate(tmp_path / "again", SEED)
    generate(tmp_path / "other", SEED + 1)
    assert digests(demo[0]) == digests(tmp_path / "again")
    assert digests(demo[0])["orders.csv"] != digests(tmp_path / "other")["orders.csv"]


def test_only_the_client_s_files_are_written_and_no_truth_beside_them(demo):
    names = {path.relative_to(demo[0]).as_posix() for path in demo[0].rglob("*") if path.is_file()}
    tables = ("people", "customers", "orders", "absences", "events", "quotas", "rates")
    assert names == {"engagement.yml", *(f"raw/{table}.csv" for table in tables)}


def test_the_files_are_as_large_as_the_demo_is_said_to_be(exported):
    assert 12_000 <= len(exported) <= 25_000
    assert len(SELLERS) == 26 and {member.country for member in CAST} == {"VN", "TR", "TH", "DE"}
    sellers = sum(not member.left_on or member.left_on.isoformat() > "2026-09-30" for member in SELLERS)
    assert sellers == 25  # one left, one came for them


def test_engagement_names_every_file_and_column_that_is_there(demo):
    folder = demo[0]
    engagement = yaml.safe_load((folder / "engagement.yml").read_text(encoding="utf-8"))
    assert engagement["language"] == "vi" and set(engagement["company_goals"]["revenue"]) == {"2026Q2", "2026Q3"}
    for source in engagement["sources"].values():
        with (folder / source["file"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert set(source.get("columns", {}).values()) <= set(header)


def test_clean_rows_and_dirty_rows_are_all_the_rows(demo, exported):
    truths = demo[1]
    dirty = truths.dirty.query("table == 'orders'")
    assert len(exported) == len(truths.orders) + len(dirty)
    clean = exported[~exported["line"].isin(dirty["row"])]
    assert clean["order_no"].tolist() == truths.orders["order_id"].tolist()
    assert clean["net_amount"].astype(float).to_numpy() == pytest.approx(truths.orders["amount"].to_numpy())


def test_every_dirty_row_is_bad_for_the_reason_that_is_said(demo, exported):
    truths = demo[1]
    known = {member.person_id for member in CAST}
    quotas = pd.read_csv(demo[0] / "raw" / "quotas.csv")
    assert sorted(truths.dirty["reason"]) == sorted(
        ["unknown_person", "unknown_person", "not_a_number", "far_date", "duplicate", "duplicate", "not_positive"]
    )
    for row in truths.dirty.itertuples():
        if row.table == "quotas":
            assert quotas.loc[row.row - 2, "target"] <= 0
            continue
        bad = exported.loc[row.row - 2]
        before = exported.loc[: row.row - 3].drop(columns="line")
        holds = {
            "unknown_person": bad["rep"] not in known,
            "not_a_number": not bad["net_amount"].lstrip("-").replace(".", "").isdigit(),
            "far_date": bad["order_date"] > "2060",
            "duplicate": before.eq(bad.drop("line")).all(axis=1).any(),
        }
        assert [reason for reason, so in holds.items() if so] == [row.reason]


def test_no_clean_row_is_bad(demo, exported):
    clean = exported[~exported["line"].isin(demo[1].dirty.query("table == 'orders'")["row"])]
    customers = pd.read_csv(demo[0] / "raw" / "customers.csv", dtype=str)
    assert set(clean["rep"]) <= {member.person_id for member in SELLERS}
    assert set(clean["customer"]) <= set(customers["customer_id"]) and customers["customer_id"].is_unique
    assert clean["order_date"].between("2023-07-01", "2026-09-30").all()
    assert not clean.duplicated(["order_no", "line_no", "rep"]).any()
    assert (clean["qty"].astype(float) != 0).all() and (clean["discount"].astype(float) >= 0).all()


def test_revenue_follows_the_true_levels(demo, revenue):
    levels = demo[1].levels.set_index(["person_id", "quarter"])
    truth = (levels["expected"] * levels["presence"]).loc[lambda expected: expected.gt(0)]
    ratio = (revenue / truth).drop((demo[1].windfall, "2026Q3"))
    assert ratio.notna().all()
    assert ratio.mean() == pytest.approx(1.0, abs=0.04)
    assert 0.11 < ratio.std() < 0.19  # a quarter of 55 orders is a draw


def test_the_faller_s_last_quarter_follows_the_fallen_level(demo, revenue):
    truths = demo[1]
    before = [ratio_to_truth(demo, revenue, truths.faller, "usual", f"2025Q{n}") for n in (1, 2, 3, 4)]
    assert np.mean(before) == pytest.approx(1.0, abs=0.2)
    assert ratio_to_truth(demo, revenue, truths.faller, "usual") < 0.8
    row = truths.levels.query("person_id == @truths.faller and quarter == '2026Q3'").iloc[0]
    assert row["expected"] == pytest.approx(row["usual"] * truths.fall)


def test_the_riser_sold_far_more_in_the_last_year_than_their_colleagues_did(demo, revenue):
    truths = demo[1]

    def grown(person):
        return sum(revenue[person, f"2026Q{n}"] for n in (2, 3)) / sum(revenue[person, f"2025Q{n}"] for n in (2, 3))

    peers = [grown(member.person_id) for member in SELLERS if member.country == "VN" and member.person_id != truths.riser]
    assert grown(truths.riser) > 1.15 and grown(truths.riser) > np.median(peers) + 0.1


def test_the_windfall_is_one_order_worth_most_of_a_quarter(demo, exported, revenue):
    truths = demo[1]
    order = exported[exported["order_no"].eq(truths.windfall_order)]
    usual = truths.levels.query("person_id == @truths.windfall and quarter == '2026Q3'")["usual"].iloc[0]
    assert order["rep"].tolist() == [truths.windfall] and order["order_date"].tolist() == [truths.windfall_on.isoformat()]
    assert 0.8 < float(order["net_amount"].iloc[0]) / usual < 1.0
    clean = exported[~exported["line"].isin(truths.dirty["row"])]
    others = clean[clean["rep"].eq(truths.windfall) & clean["order_no"].ne(truths.windfall_order)]
    assert float(order["net_amount"].iloc[0]) > 4 * others["net_amount"].astype(float).max()


def test_who_is_away_or_gone_or_not_yet_there_sells_nothing(demo, exported):
    truths = demo[1]
    clean = exported[~exported["line"].isin(truths.dirty["row"])]
    orders = clean[~clean["order_no"].str.startswith("CN")]  # a credit note comes when the customer sends it

    def between(person, first, last):
        return orders[orders["rep"].eq(person) & orders["order_date"].between(first, last)]

    assert between(truths.long_leave, "2026-07-13", "2026-09-11").empty
    assert between(truths.short_leave, "2026-08-03", "2026-08-14").empty
    assert (
        between(truths.joiner, "2023-01-01", "2026-08-09").empty and len(between(truths.joiner, "2026-08-10", "2026-09-30")) > 10
    )
    assert clean[clean["rep"].eq(truths.leaver)]["order_date"].max() <= "2026-05-15"
    presence = truths.levels.set_index(["person_id", "quarter"])["presence"]
    assert presence[truths.long_leave, "2026Q3"] < 0.6 < presence[truths.short_leave, "2026Q3"] < 1
    assert presence[truths.leaver, "2026Q3"] == 0 == presence[truths.joiner, "2026Q2"]


def test_shared_deals_credit_notes_and_returns_are_there(demo, exported):
    exported = exported[~exported["line"].isin(demo[1].dirty["row"])]
    shared = exported[exported["share"].isin(["0.6", "0.4"])]
    sums = shared["share"].astype(float).groupby([shared["order_no"], shared["line_no"]]).sum()
    assert 100 < shared["order_no"].nunique() < 400 and sums.to_numpy() == pytest.approx(1.0)
    notes = exported[exported["order_no"].str.startswith("CN")]
    assert 100 < len(notes) < 400 and notes["net_amount"].astype(float).lt(0).all()
    assert exported["state"].value_counts().index[0] == "Hoàn thành"
    assert {"Trả hàng", "Đã hủy"} < set(exported["state"])


def test_company_goals_are_what_the_true_levels_give_and_one_per_cent(demo):
    folder, truths = demo
    goals = yaml.safe_load((folder / "engagement.yml").read_text(encoding="utf-8"))["company_goals"]["revenue"]
    rates = pd.read_csv(folder / "raw" / "rates.csv").set_index(["currency", "quarter"])["rate"]
    currency = {"VN": None, "TR": "TRY", "TH": "THB", "DE": "EUR"}
    for quarter, before in (("2026Q2", "2026Q1"), ("2026Q3", "2026Q2")):
        part = truths.levels[truths.levels["quarter"].eq(quarter)]
        rate = part["country"].map({c: 1.0 if code is None else rates[code, before] for c, code in currency.items()})
        expected = (part["usual"] * part["presence"] * rate).sum()
        assert goals[quarter] / expected == pytest.approx(1.01, abs=0.005)


def test_the_lira_falls_from_quarter_to_quarter(demo):
    rates = pd.read_csv(demo[0] / "raw" / "rates.csv").query("currency == 'TRY'").sort_values("quarter")
    assert len(rates) == 13 and (rates["rate"].diff().dropna() < 0).all()


def test_feasts_move_with_their_calendars():
    def sum_of(country, first, last):
        return selling_weights(country, np.arange(np.datetime64(first), np.datetime64(last) + 1)).sum()

    assert sum_of("VN", "2025-01-29", "2025-02-02") < 0.1 * sum_of("VN", "2024-01-29", "2024-02-02")  # Tết 2025
    assert sum_of("TR", "2026-03-20", "2026-03-22") < 0.1 * sum_of("TR", "2025-03-20", "2025-03-22")  # Ramazan Bayramı 2026
    assert sum_of("TH", "2026-04-13", "2026-04-15") < 0.2 * sum_of("TH", "2026-04-20", "2026-04-22")  # Songkran
    for country in ("VN", "TR", "TH", "DE"):
        assert sum_of(country, "2025-01-01", "2025-12-31") == pytest.approx(4 * usual_quarter(country))
