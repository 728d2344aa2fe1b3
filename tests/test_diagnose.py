"""Findings of the diagnosis against what was planted."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit.artifacts import conform
from kpi_toolkit.diagnose import Diagnosis, diagnose
from tests.simulated_past import QUARTER, engagement, past, skills


def found(diagnosis: Diagnosis, finding: str, kpi: str | None = None, level: str = "company") -> pd.Series:
    rows = diagnosis.table
    rows = rows[rows["finding"].eq(finding) & rows["level"].eq(level)]
    rows = rows if kpi is None else rows[rows["kpi"].eq(kpi)]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_the_level_is_the_mean_of_the_last_four_quarters():
    table = skills(1)
    row = found(diagnose(past({"revenue": table}), engagement()), "level", "revenue")
    by_hand = table.sum(axis=0)[-4:]
    assert (row["value"], row["low"], row["high"]) == pytest.approx((by_hand.mean(), by_hand.min(), by_hand.max()))
    assert row["evidence"] == "quarters:4:2025Q3:2026Q2;events:20" and row["currency"] == "USD"


def test_a_planted_growth_and_season_are_found_apart():
    rng = np.random.default_rng(2)
    truth = np.array([0.8, 1.25, 0.9, 1.05])
    course = truth[(2 + np.arange(16)) % 4] * 1.02 ** np.arange(16)  # 8 % a year; the first quarter is a third one
    table = rng.uniform(50, 150, (20, 1)) * course * rng.gamma(400, 1 / 400, (20, 16))
    diagnosis = diagnose(past({"revenue": table}), engagement())
    trend, season = found(diagnosis, "trend", "revenue"), found(diagnosis, "season", "revenue")
    assert trend["low"] < trend["value"] < trend["high"] and trend["value"] == pytest.approx(0.08, abs=0.015)
    assert trend["evidence"] == "rising:16;per_year:share"
    assert season["low"] == pytest.approx(0.8, abs=0.04) and season["high"] == pytest.approx(1.25, abs=0.04)
    assert season["evidence"].startswith("peak:2:") and "trough:1:" in season["evidence"]


def test_without_a_trend_the_interval_holds_zero_and_says_so():
    diagnosis = diagnose(past({"revenue": 100 + np.zeros((8, 1)) + np.tile([1.0, -1.0, 2.0], (8, 4))}), engagement())
    assert found(diagnosis, "trend", "revenue")["evidence"].startswith("no_trend:12")


def test_what_lasts_between_people_is_found():
    row = found(diagnose(past({"revenue": skills(3, people=200, quarters=8)}), engagement()), "reliability", "revenue")
    assert row["value"] == pytest.approx(0.6, abs=0.08) and row["low"] < 0.6 < row["high"]
    assert row["evidence"].startswith("people:200;quarters:8;mean_of:0.9")


def test_a_lasting_difference_between_countries_is_not_one_between_people():
    rng = np.random.default_rng(4)
    table = np.repeat([100.0, 300.0], 30)[:, None] + rng.normal(0, 10, (60, 8))
    history = past({"revenue": table}, countries=["DE"] * 30 + ["VN"] * 30)
    assert found(diagnose(history, engagement()), "reliability", "revenue")["value"] == pytest.approx(0, abs=0.08)


def test_too_few_people_give_no_reliability():
    row = found(diagnose(past({"revenue": skills(5, people=4)}), engagement()), "reliability", "revenue")
    assert math.isnan(row["value"]) and row["evidence"] == "too_few:4:8"


def test_completeness_counts_person_quarters_with_data():
    table = skills(6, people=10, quarters=8)
    table[:2] = np.nan  # two of ten never have a value
    row = found(diagnose(past({"win_rate": table / 1000, "orders": skills(7, 10, 8)}), engagement()), "completeness", "win_rate")
    assert row["value"] == pytest.approx(0.8)


def test_people_who_record_nothing_have_no_data_though_their_counts_are_zero():
    table = skills(8, people=10, quarters=8)
    table[:4] = 0
    assert diagnose(past({"visits": table}), engagement()).value("completeness", "visits") == pytest.approx(0.6)


def test_a_short_presence_is_no_data_and_a_longer_one_is_filled_up():
    presence = np.ones((10, 8))
    presence[0], presence[1] = 0.3, 0.8
    table = np.full((10, 8), 100.0)
    table[0], table[1] = 1.0, 80.0
    row = found(diagnose(past({"revenue": table}, presence=presence), engagement()), "spread", "revenue")
    assert (row["value"], row["low"], row["high"]) == pytest.approx((100, 100, 100)) and row["evidence"] == "people:9;ratio:1"


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.floats(1, 1e3), min_size=2, max_size=2),
    st.lists(st.floats(1, 20), min_size=2, max_size=2),
    st.lists(st.floats(1, 1e5), min_size=2, max_size=2),
)
def test_the_parts_of_the_driver_tree_add_to_the_change(customers, per_customer, value):
    def course(pair):
        return np.array([[pair[0], 1.0, 1.0, 1.0, pair[1]]])

    orders = course([customers[0] * per_customer[0], customers[1] * per_customer[1]])
    revenue = course([orders[0, 0] * value[0], orders[0, -1] * value[1]])
    values = {"revenue": revenue, "orders": orders, "active_customers": course(customers)}
    table = diagnose(past(values), engagement()).table
    table = table[table["level"].eq("company")]
    change = table.loc[table["finding"].eq("driver_change"), "value"].item()
    parts = table[table["finding"].eq("driver_part")]
    size = max(revenue[0, 0], revenue[0, -1])
    assert change == pytest.approx(revenue[0, -1] - revenue[0, 0])
    assert len(parts) == 3 and parts["value"].sum() == pytest.approx(change, rel=1e-7, abs=1e-9 * size)


def test_customers_alone_carry_a_change_of_customers_alone():
    course = np.array([[10.0, 9, 8, 9, 12]])
    table = diagnose(past({"revenue": 600 * course, "orders": 3 * course, "active_customers": course}), engagement()).table
    parts = table[table["finding"].eq("driver_part") & table["level"].eq("company")].set_index("kpi")
    assert parts["value"].to_dict() == pytest.approx(
        {"active_customers": 1200.0, "orders": 0.0, "average_order_value": 0.0}, abs=1e-6
    )
    assert parts.loc["orders", ["low", "high"]].tolist() == pytest.approx([3, 3])
    assert parts.loc["active_customers", "evidence"] == "customers;year_before:2025Q2:2026Q2"


def test_a_factor_of_zero_leaves_the_change_undivided():
    course = np.array([[0.0, 9, 8, 9, 12]])
    table = diagnose(past({"revenue": 600 * course, "orders": 3 * course, "active_customers": course}), engagement()).table
    row = table[table["finding"].eq("driver_change") & table["level"].eq("company")].iloc[0]
    assert row["value"] == 7200 and row["evidence"] == "year_before:2025Q2:2026Q2;not_split"
    assert not table["finding"].eq("driver_part").any()


def test_a_drop_of_the_last_quarter_is_worsening_and_less_discount_improving():
    rng = np.random.default_rng(9)
    table = 100 + rng.normal(0, 3, (1, 12))
    table[0, -1] = 60
    values = {"revenue": table, "discount_rate": table / 1000}
    diagnosis = diagnose(past(values), engagement())
    assert found(diagnosis, "variation", "revenue")["evidence"].startswith("worsening:outside;grain:quarter;points:12")
    assert found(diagnosis, "variation", "discount_rate")["evidence"].startswith("improving:outside")


def test_few_events_draw_no_chart():
    diagnosis = diagnose(past({"revenue": skills(10)}, events=4.0), engagement())
    assert not diagnosis.table["finding"].eq("variation").any()


@pytest.mark.parametrize(("goal", "said"), [(1000, "passes"), (2000, "hit_or_miss"), (3000, "fails")])
def test_assurance_holds_the_limits_against_the_company_goal(goal, said):
    history = past({"revenue": skills(11, people=20)})
    row = found(diagnose(history, engagement(company_goals={"revenue": {str(QUARTER): goal}})), "assurance", "revenue")
    assert row["value"] == pytest.approx(goal, rel=0.1) and row["evidence"] == f"{said};line:company_goal"
    year = diagnose(history, engagement(company_goals={"revenue": {"2026": 4 * goal}}))
    assert found(year, "assurance", "revenue")["value"] == pytest.approx(goal)


def test_quotas_are_the_line_only_where_they_cover_nearly_everyone():
    def quotas(people):
        columns = {"quarter": str(QUARTER), "kpi": "revenue", "target": 150.0, "currency": "USD"}
        table = pd.DataFrame([{"person_id": f"p{at:02d}", **columns} for at in range(people)])
        return table.assign(weight=None, threshold=None, stretch=None, baseline=None, rule=None)

    covered = diagnose(past({"revenue": skills(12)}, quotas=quotas(20)), engagement())
    assert found(covered, "assurance", "revenue")["evidence"] == "fails;line:quotas"
    half = diagnose(past({"revenue": skills(12)}, quotas=quotas(10)), engagement())
    assert not half.table["finding"].eq("assurance").any()


def test_a_source_that_stops_early_is_a_gap():
    history = past({"revenue": skills(13)}, incomplete=[("orders", "VN", "2026Q1")]).history
    row = diagnose(history, engagement()).table.query("finding == 'data_gap'").iloc[0]
    assert (row["level"], row["entity_id"], row["evidence"], row["value"]) == ("country", "VN", "incomplete:orders:2026Q1", 1)
    assert pd.isna(row["kpi"])


def test_a_quarter_without_a_fact_between_others_is_a_gap():
    table = skills(18)
    table[:10, 8] = 0
    history = past({"revenue": table}, countries=["DE"] * 10 + ["VN"] * 10)
    gaps = diagnose(history, engagement()).table.query("finding == 'data_gap'")
    assert gaps[["entity_id", "evidence", "value"]].to_numpy().tolist() == [["DE", "no_facts:orders:2025Q3", 1.0]]


def test_no_history_gives_an_empty_table_of_the_schema():
    diagnosis = diagnose(past({}), engagement())
    assert len(diagnosis.table) == 0 and list(diagnosis.table.columns[:8]) == list(conform("diagnosis", None).columns)
    assert diagnosis.summary.empty


def test_no_person_is_named():
    diagnosis = diagnose(past({"revenue": skills(14), "visits": skills(15)}), engagement())
    assert set(diagnosis.table["level"]) <= {"company", "country", "team"}
    assert not diagnosis.table.astype(str).apply(lambda column: column.str.contains("p0")).any().any()


def test_a_diagnosis_reads_back_as_it_was_saved(tmp_path):
    from kpi_toolkit import artifacts

    diagnosis = diagnose(past({"revenue": skills(16), "win_rate": skills(17) / 500}), engagement())
    artifacts.save(tmp_path, "diagnosis", diagnosis.table)
    again = Diagnosis.from_tables(QUARTER, {"diagnosis": artifacts.load(tmp_path, "diagnosis")})
    tables = [one.table.astype(object).where(one.table.notna(), None) for one in (again, diagnosis)]
    pd.testing.assert_frame_equal(*tables, check_dtype=False)
    assert again.value("reliability", "revenue") == diagnosis.value("reliability", "revenue")
