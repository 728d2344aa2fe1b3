"""Cases found in clients where it is known what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kpi_toolkit.evaluate import evaluate
from kpi_toolkit.exceptions import Exceptions, exception_id, find_exceptions
from kpi_toolkit.exceptions.limits import charts
from kpi_toolkit.quarter import quarters_between
from tests.evaluate.small_client import QUARTER, engagement, goals, measured, row

MONTHS = [str(month) for month in pd.period_range("2023-10", "2026-09", freq="M")]
QUARTERS = [str(quarter) for quarter in quarters_between(QUARTER.shifted(-11), QUARTER)]
SEASON = 1 + 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)
PEOPLE = {f"p{at}": {"country": "VN", "role": "sales"} for at in range(6)}


def monthly(
    seed: int, kpi: str = "revenue", *, events: float = 30.0, planted: dict[tuple[str, str], float] | None = None
) -> list[dict]:
    """Three years of months of six people with one season, 5 % of noise, and what is planted: (person, month) → factor."""
    draw = np.random.default_rng(seed)
    rows = []
    for person in PEOPLE:
        values = 100 * SEASON[np.arange(len(MONTHS)) % 12] * draw.normal(1, 0.05, len(MONTHS))
        for at, month in enumerate(MONTHS):
            values[at] *= (planted or {}).get((person, month), 1.0)
            rows.append(row(person, kpi, float(values[at]), month, grain="month", events=events))
        for at, quarter in enumerate(QUARTERS):
            rows.append(row(person, kpi, float(values[3 * at : 3 * at + 3].sum()), quarter, events=3 * events))
    return rows


def found(
    rows: list[dict], *, decisions=(), people=PEOPLE, kpi="revenue", target=300.0, **client
) -> tuple[Exceptions, pd.DataFrame]:
    table = measured(rows, people, **client)
    agreed = goals(*[{"person_id": person, "kpi": kpi, "target": target} for person in people], decisions=decisions)
    result = find_exceptions(table, evaluate(table, agreed, engagement()), agreed, engagement())
    return result, result.cases


def test_a_month_far_outside_is_found_with_its_figures_and_a_season_is_not():
    """Seed 1; the season moves values by 30 %, the planted fall by 50 %."""
    _, cases = found(monthly(1, planted={("p2", "2026-08"): 0.5}))
    planted = cases[cases["person_id"].eq("p2")].iloc[0]
    assert (planted["period"], planted["rule"], planted["status"]) == ("2026-08", "process_limit_outside", "open")
    code, points, grain, periods, events = planted["evidence"].split(";")
    side, value, centre, lower, upper = code.split(":")
    assert side == "below" and float(value) < float(lower) < float(centre) < float(upper)
    assert (points, grain, periods, events) == ("points:1", "grain:month", "periods:36", "events:30.0")
    assert np.isnan(planted["q_value"]) and planted["proposed_treatment"] == "keep"
    assert cases["rule"].str.startswith("process_limit").all() and len(cases) <= 2


def test_seven_months_on_one_side_are_a_run_and_only_those_that_reach_into_the_quarter_count():
    """Seed 2."""
    lasting = {("p1", month): 1.2 for month in MONTHS[-8:]}
    _, cases = found(monthly(2, planted=lasting | {("p4", "2025-02"): 0.4}))
    assert cases.set_index("person_id").loc["p1", "rule"] in ("process_limit_run", "process_limit_outside")
    assert cases.set_index("person_id").loc["p1", "evidence"].startswith("above:")
    assert "p4" not in set(cases["person_id"])


def test_few_events_make_the_grain_coarser_and_too_few_give_no_chart():
    """Seed 3."""
    wanted = pd.DataFrame({"person_id": list(PEOPLE), "kpi": "revenue"})
    grains = {
        events: {chart.grain for chart in charts(measured(monthly(3, events=events), PEOPLE), wanted)} for events in (6, 2, 1)
    }
    assert grains == {6: {"month"}, 2: {"quarter"}, 1: set()}


def test_on_pure_noise_few_charts_speak():
    """Seeds 10 to 19: 60 charts of people to whom nothing happened. No rate is claimed; this holds it below one in eight."""
    speaking = sum(len(found(monthly(seed))[1]) for seed in range(10, 20))
    assert speaking / 60 < 0.125


def test_an_absence_is_no_signal_and_short_presence_is_a_context_case_that_names_days_only():
    """Seed 4: p3 was there for a third of the quarter and sold a third."""
    away = {("p3", month): 0.33 for month in MONTHS[-3:]}
    _, cases = found(monthly(4, planted=away), presence={("p3", "2026Q3"): 1 / 3})
    own = cases[cases["person_id"].eq("p3")]
    assert own["rule"].tolist() == ["context_presence"] and own["period"].tolist() == ["2026Q3"]
    assert own["evidence"].tolist() == ["presence:0.333;days:21:64"]


@pytest.mark.parametrize(("presence", "cases"), [(0.59, 1), (0.6, 0), (1.0, 0), (0.0, 0)])
def test_a_context_case_opens_below_presence_of_six_tenths(presence, cases):
    _, table = found([row("p1", "revenue", 10.0)], people={"p1": {}}, presence={("p1", "2026Q3"): presence})
    assert len(table) == cases


def test_a_ratio_with_nothing_to_divide_by_and_a_kpi_that_cannot_be_measured_are_data_cases():
    _, table = found([row("p1", "win_rate", float("nan"))], people={"p1": {}}, kpi="win_rate", target=0.3)
    assert table["rule"].tolist() == ["data_no_denominator"] and table["evidence"].tolist() == ["no_denominator"]
    _, table = found([], people={"p1": {}}, kpi="win_rate", target=0.3, unavailable={"win_rate": "opportunities, orders.cost"})
    assert table["evidence"].tolist() == ["not_available:opportunities+orders.cost"]
    _, table = found([row("p1", "win_rate", float("nan"))], people={"p1": {}}, kpi="win_rate", target=0.3,
                     presence={("p1", "2026Q3"): 0.0})  # fmt: skip
    assert table.empty


def test_a_case_keeps_its_identity_and_a_decision_closes_it_and_stays_visible():
    own = exception_id("context_presence", "p1", "revenue", "2026Q3")
    decisions = [
        {"exception_id": own, "person_id": "p1", "kpi": "revenue", "period": "2026Q3", "decision": "excuse", "decided_by": "m1",
         "decided_on": pd.Timestamp("2026-10-05").date()},
        {"exception_id": "found-before", "person_id": "p1", "kpi": "revenue", "period": "2026Q3", "decision": "adjust",
         "adjusted": 99.0, "decided_by": "m1", "decided_on": pd.Timestamp("2026-10-04").date()},
    ]  # fmt: skip
    result, table = found([row("p1", "revenue", 10.0)], people={"p1": {}}, presence={("p1", "2026Q3"): 0.4}, decisions=decisions)
    case = table.set_index("exception_id").loc[own]
    assert (case["status"], case["decision"], case["decided_by"], str(case["decided_on"])) == (
        "decided",
        "excuse",
        "m1",
        "2026-10-05",
    )
    gone = table.set_index("exception_id").loc["found-before"]
    assert (gone["rule"], gone["adjusted"], gone["status"]) == ("data_found_no_more", 99.0, "decided")
    assert result.open.empty and result.summary["open"].tolist() == [0, 0]


def test_an_identity_depends_on_the_rules_family_and_not_on_the_pattern():
    assert exception_id("process_limit_run", "p", "k", "t") == exception_id("process_limit_outside", "p", "k", "t")
    assert len({exception_id(rule, "p", "k", "t") for rule in ("process_limit_run", "context_presence", "data_x")}) == 3


def test_no_goals_give_an_empty_table_with_every_column():
    table = measured([], {"p1": {}})
    empty = find_exceptions(table, evaluate(table, goals(), engagement()), goals(), engagement()).cases
    assert empty.empty and {"exception_id", "evidence", "decided_on"} <= set(empty.columns)
