"""The evaluation of small clients against results written out in plain Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kpi_toolkit.evaluate import TargetError, evaluate
from kpi_toolkit.evaluate.actuals import NoAgreedRate, UnknownGoal
from tests.evaluate.small_client import engagement, goals, measured, row

NAN = float("nan")
TWO = {"p1": {"team": "t1", "country": "VN"}, "p2": {"team": "t1", "country": "TR"}}


def result(rows, people, agreed, *, policy=None, **client):
    return evaluate(measured(rows, people, **client), agreed, engagement(**(policy or {})))


def goal(person, kpi, target, **more):
    return {"person_id": person, "kpi": kpi, "target": target, **more}


def at(table: pd.DataFrame, *key: str) -> pd.Series:
    columns = (
        ["person_id", "kpi"]
        if "person_id" in table
        else ["level", "entity_id", "kpi"]
        if "kpi" in table
        else ["level", "entity_id"]
    )
    return table.set_index(columns).loc[key]


def test_a_score_is_the_weighted_attainment_within_zero_and_the_cap():
    rows = [row("p1", "revenue", 180.0), row("p1", "new_customers", 4.0), row("p1", "sales_cycle_days", 50.0, below=3.0)]
    agreed = goals(
        goal("p1", "revenue", 100.0, weight=50.0), goal("p1", "new_customers", 5.0, weight=30.0),
        goal("p1", "sales_cycle_days", 40.0, weight=20.0),
    )  # fmt: skip
    found = result(rows, {"p1": {}}, agreed)
    attained = [at(found.goals, "p1", kpi)["attainment"] for kpi in ("revenue", "new_customers", "sales_cycle_days")]
    assert attained == pytest.approx([1.8, 0.8, 2 - 50 / 40])
    own = at(found.scores, "person", "p1")
    assert own["score"] == pytest.approx(0.5 * 1.5 + 0.3 * 0.8 + 0.2 * 0.75) and own["goals"] == 3
    assert (own["band"], own["payout"]) == ("exceeded", pytest.approx(own["score"]))
    assert list(found.goals["band"]) == ["missed", "exceeded", "missed"]


def test_decisions_show_in_scores_and_never_in_what_was_measured_or_is_owed():
    rows = [row("p1", "revenue", 50.0), row("p1", "new_customers", 4.0)]
    agreed = goals(
        goal("p1", "revenue", 100.0), goal("p1", "new_customers", 5.0),
        decisions=[
            {"exception_id": "a", "person_id": "p1", "kpi": "revenue", "decision": "excuse"},
            {"exception_id": "b", "person_id": "p1", "kpi": "new_customers", "decision": "adjust", "adjusted": 6.0},
            {"exception_id": "c", "person_id": "p1", "kpi": "new_customers", "decision": "keep"},
        ],
    )  # fmt: skip
    found = result(rows, {"p1": {}}, agreed)
    own = at(found.scores, "person", "p1")
    assert own["score"] == pytest.approx(1.2) and own["score_raw"] == pytest.approx((0.5 + 0.8) / 2)
    assert (own["goals"], own["excused"], own["payout"]) == (1, 1, pytest.approx(0.65))
    assert list(found.goals["attainment"]) == pytest.approx([0.8, 0.5])
    assert at(found.groups, "company", "company", "new_customers")["mean_attainment"] == pytest.approx(0.8)


def test_goals_that_weigh_less_than_half_give_no_score_but_a_row():
    rows = [row("p1", "revenue", 110.0), row("p1", "win_rate", NAN, below=NAN)]
    agreed = goals(goal("p1", "revenue", 100.0, weight=49.0), goal("p1", "win_rate", 0.3, weight=51.0))
    own = at(result(rows, {"p1": {}}, agreed).scores, "person", "p1")
    assert np.isnan(own["score"]) and pd.isna(own["band"]) and own["goals"] == 1


@pytest.mark.parametrize(("missing", "expected"), [("redistribute", 1.2), ("zero", 0.6 * 1.2), ("block", NAN)])
def test_a_goal_without_data_does_to_the_score_what_the_policy_says(missing, expected):
    rows = [row("p1", "revenue", 120.0), row("p1", "win_rate", NAN, below=NAN)]
    agreed = goals(goal("p1", "revenue", 100.0, weight=60.0), goal("p1", "win_rate", 0.3, weight=40.0))
    found = result(rows, {"p1": {}}, agreed, policy={"missing": missing})
    assert at(found.scores, "person", "p1")["score"] == pytest.approx(expected, nan_ok=True)
    assert np.isnan(at(found.goals, "p1", "win_rate")["attainment"])


def test_targets_marks_and_baselines_are_shortened_together_but_growth_is_not():
    rows = [row("p1", "revenue", 45.0), row("p1", "revenue_growth", 0.05, below=100.0), row("p1", "win_rate", 0.25, below=20.0)]
    agreed = goals(
        goal("p1", "revenue", 100.0, threshold=80.0, stretch=120.0),
        goal("p1", "revenue_growth", 0.10),
        goal("p1", "win_rate", 0.25),
    )
    found = result(
        rows, {"p1": {}}, agreed, presence={("p1", "2026Q3"): 0.5}, factor={("p1", "revenue"): 0.45, ("p1", "win_rate"): 0.9}
    )
    revenue = at(found.goals, "p1", "revenue")
    assert (revenue["prorated_target"], revenue["attainment"], revenue["payout"]) == pytest.approx((45.0, 1.0, 1.0))
    assert at(found.goals, "p1", "revenue_growth")["prorated_target"] == pytest.approx(0.10)
    assert at(found.goals, "p1", "win_rate")["prorated_target"] == pytest.approx(0.225)


def test_a_person_who_was_never_there_has_undefined_goals_outside_all_sums():
    rows = [row("p1", "revenue", 0.0), row("p2", "revenue", 90.0)]
    agreed = goals(goal("p1", "revenue", 100.0), goal("p2", "revenue", 100.0))
    found = result(rows, TWO, agreed, presence={("p1", "2026Q3"): 0.0}, policy={"missing": "zero"})
    gone = at(found.goals, "p1", "revenue")
    assert gone[["prorated_target", "attainment", "payout", "p_met"]].isna().all() and pd.isna(gone["band"])
    assert np.isnan(at(found.scores, "person", "p1")["score"]) and at(found.scores, "company", "company")[
        "score"
    ] == pytest.approx(0.9)
    assert at(found.groups, "company", "company", "revenue")["people"] == 1


def test_a_source_that_stops_early_in_a_country_leaves_its_people_unjudged():
    rows = [row("p1", "revenue", 90.0), row("p2", "revenue", 90.0), row("p1", "win_rate", 0.4, below=10.0)]
    agreed = goals(
        goal("p1", "revenue", 100.0, weight=40.0), goal("p1", "win_rate", 0.3, weight=60.0), goal("p2", "revenue", 100.0)
    )
    found = result(rows, TWO, agreed, incomplete=[("orders", "VN", "2026Q3")])
    cut = at(found.goals, "p1", "revenue")
    assert not cut["complete"] and cut["actual"] == 90 and cut["attainment"] == pytest.approx(0.9)
    assert pd.isna(cut["band"]) and pd.isna(cut["verdict"]) and np.isnan(cut["p_met"]) and np.isnan(cut["payout"])
    assert at(found.scores, "person", "p1")["score"] == pytest.approx(0.4 / 0.3)
    assert at(found.groups, "company", "company", "revenue")["people"] == 1
    assert at(found.goals, "p2", "revenue")["complete"]


def test_where_countries_are_unknown_a_source_is_asked_as_a_whole_and_one_that_never_came_is_not_complete():
    client = measured([row("p1", "revenue", 90.0), row("p2", "revenue", 90.0)], TWO)
    agreed = goals(goal("p1", "revenue", 100.0), goal("p2", "revenue", 100.0))
    whole = client.coverage[client.coverage["country"].isna()]
    assert evaluate(replace(client, coverage=whole), agreed, engagement()).goals["complete"].tolist() == [True, True]
    cut = whole.assign(complete=False)
    assert evaluate(replace(client, coverage=cut), agreed, engagement()).goals["complete"].tolist() == [False, False]
    only_tr = client.coverage[client.coverage["country"].eq("TR").fillna(False)]
    assert evaluate(replace(client, coverage=only_tr), agreed, engagement()).goals["complete"].tolist() == [False, True]


def test_a_country_that_never_had_a_source_does_not_hold_back_the_companys_goal_but_one_that_broke_off_does():
    rows = [row("company", "revenue", 90.0, level="company")]
    client = measured(rows, TWO)
    agreed = goals(goal("p1", "revenue", 100.0, measured_at="company"))
    first = client.coverage["country"].eq("VN").fillna(False).map({True: pd.Timestamp("2024-01-02").date(), False: None})
    never = client.coverage.assign(first_fact=first, complete=client.coverage["country"].eq("VN").fillna(False).astype(bool))
    assert evaluate(replace(client, coverage=never), agreed, engagement()).goals["complete"].tolist() == [True]
    assert evaluate(replace(client, coverage=never.assign(complete=False)), agreed, engagement()).goals["complete"].tolist() == [
        False
    ]


def test_sums_of_people_are_added_at_the_agreed_rates_in_the_groups_currency():
    people = {"p1": {"team": "t1", "country": "VN", "currency": "VND"}, "p2": {"team": "t1", "country": "TR", "currency": "TRY"}}
    rows = [
        row("p1", "revenue", 2_000_000.0, currency="VND"), row("p2", "revenue", 900.0, currency="TRY"),
        row("VN", "revenue", 2_000_000.0, level="country", currency="VND"),
        row("t1", "revenue", 999.0, level="team", currency="USD"),
        row("company", "revenue", 999.0, level="company", currency="USD"),
    ]  # fmt: skip
    agreed = goals(goal("p1", "revenue", 2_500_000.0), goal("p2", "revenue", 600.0))
    groups = result(rows, people, agreed, rates={"VND": 0.00004, "TRY": 0.05}).groups
    vn, company = at(groups, "country", "VN", "revenue"), at(groups, "company", "company", "revenue")
    assert (vn["actual"], vn["target"], vn["currency"]) == (pytest.approx(2e6), pytest.approx(2.5e6), "VND")
    assert company["actual"] == pytest.approx(2e6 * 0.00004 + 900 * 0.05) and company["target"] == pytest.approx(
        2.5e6 * 0.00004 + 30
    )
    assert company["sum_ratio"] == pytest.approx(125 / 130)
    assert company["mean_attainment"] == pytest.approx((0.8 + 1.5) / 2) and company["share_met"] == 0.5 and company["people"] == 2


def test_ratios_of_a_group_are_sums_over_sums_and_its_target_is_weighed_by_the_actual_denominators():
    rows = [
        row("p1", "win_rate", 0.5, below=4.0), row("p2", "win_rate", 0.25, below=40.0),
        row("p1", "revenue_growth", 0.20, below=100.0), row("p2", "revenue_growth", -0.10, below=300.0),
        row("p1", "sales_cycle_days", 30.0, below=2.0), row("p2", "sales_cycle_days", 60.0, below=8.0),
    ]  # fmt: skip
    agreed = goals(
        *[goal(p, k, t) for p, k, t in [
            ("p1", "win_rate", 0.4), ("p2", "win_rate", 0.3), ("p1", "revenue_growth", 0.1), ("p2", "revenue_growth", 0.0),
            ("p1", "sales_cycle_days", 40.0), ("p2", "sales_cycle_days", 50.0),
        ]]
    )  # fmt: skip
    groups = result(rows, TWO, agreed).groups
    wins, growth, days = (at(groups, "company", "company", kpi) for kpi in ("win_rate", "revenue_growth", "sales_cycle_days"))
    assert (wins["actual"], wins["target"]) == pytest.approx(((2 + 10) / 44, (0.4 * 4 + 0.3 * 40) / 44))
    assert (growth["actual"], growth["target"]) == pytest.approx((390 / 400 - 1, 0.1 * 100 / 400))
    assert growth["sum_ratio"] == pytest.approx((1 + growth["actual"]) / (1 + growth["target"]))
    assert days["sum_ratio"] == pytest.approx(2 - ((30 * 2 + 60 * 8) / 10) / ((40 * 2 + 50 * 8) / 10))


def test_money_below_a_ratio_is_brought_to_one_currency_before_it_weighs():
    people = {"p1": {"currency": "VND"}, "p2": {"currency": "USD"}}
    rows = [row("p1", "gross_margin", 0.2, below=1_000_000.0), row("p2", "gross_margin", 0.4, below=60.0)]
    agreed = goals(goal("p1", "gross_margin", 0.3), goal("p2", "gross_margin", 0.3))
    company = at(result(rows, people, agreed, rates={"VND": 0.00004}).groups, "company", "company", "gross_margin")
    assert company["actual"] == pytest.approx((0.2 * 40 + 0.4 * 60) / 100)


def test_a_goal_measured_at_team_country_or_company_takes_the_groups_measure_at_the_agreed_rates():
    rows = [
        row("p1", "revenue", 10.0), row("t1", "revenue", 310.0, constant=300.0, level="team"),
        row("VN", "revenue", 400.0, level="country"), row("company", "revenue", 500.0, level="company"),
    ]  # fmt: skip
    agreed = goals(
        *[goal("p1", "revenue", 100.0, measured_at=level, weight=25.0) for level in ("person", "team", "country", "company")]
    )
    found = result(rows, TWO, agreed, presence={("p1", "2026Q3"): 0.5})
    actual = found.goals.set_index("measured_at")
    assert actual.loc[["person", "team", "country", "company"], "actual"].tolist() == [10, 300, 400, 500]
    assert actual.loc["team", "prorated_target"] == 100 and actual.loc["person", "prorated_target"] == 50
    assert at(found.groups, "company", "company", "revenue")["people"] == 1


def test_a_goal_in_another_currency_is_held_against_the_actual_at_the_agreed_rates():
    rows = [row("p1", "revenue", 900.0, currency="TRY")]
    agreed = goals(goal("p1", "revenue", 50.0, currency="USD"))
    found = result(rows, {"p1": {"currency": "TRY"}}, agreed, rates={"TRY": 0.05}).goals
    assert at(found, "p1", "revenue")["actual"] == pytest.approx(45.0)
    with pytest.raises(NoAgreedRate, match="K402: Goal revenue of p1"):
        result(rows, {"p1": {"currency": "TRY"}}, goals(goal("p1", "revenue", 50.0, currency="EUR")), rates={"TRY": 0.05})


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"kpi": "revenue", "target": 0.0}, "target 0 is 0 or less"),
        ({"kpi": "revenue", "target": NAN}, "no target"),
        ({"kpi": "revenue_growth", "target": -1.0}, "loss of everything"),
        ({"kpi": "sales_cycle_days", "target": 40.0, "rule": "progress"}, "baseline is missing"),
        ({"kpi": "sales_cycle_days", "target": 40.0, "rule": "progress", "baseline": 40.0}, "not worse"),
        ({"kpi": "revenue", "target": 10.0, "rule": "perhaps"}, "not known"),
    ],
)
def test_a_goal_that_cannot_be_used_is_one_error_that_names_it(bad, named):
    with pytest.raises(TargetError, match=f"K401: Goal {bad['kpi']} of p1, 2026Q3, in ledger.jsonl: .*{named}"):
        result([], {"p1": {}}, goals({"person_id": "p1", **bad}))


def test_an_unknown_kpi_is_an_error_but_a_goal_in_own_words_waits_for_its_result():
    with pytest.raises(UnknownGoal, match="K403: Goal revenu of p1"):
        result([], {"p1": {}}, goals(goal("p1", "revenu", 1.0)))
    found = result([row("p1", "revenue", 90.0)], {"p1": {}}, goals(goal("p1", "revenue", 100.0), goal("p1", "own_1", 1.0)))
    assert np.isnan(at(found.goals, "p1", "own_1")["attainment"]) and at(found.scores, "person", "p1")["score"] == pytest.approx(
        0.9
    )


def test_quotas_are_evaluated_like_goals_but_pay_nothing_out():
    found = result([row("p1", "revenue", 120.0)], {"p1": {}}, goals(goal("p1", "revenue", 100.0), signed=False))
    assert not at(found.goals, "p1", "revenue")["agreed"] and at(found.goals, "p1", "revenue")["payout"] == pytest.approx(1.2)
    assert np.isnan(at(found.scores, "person", "p1")["payout"]) and at(found.scores, "person", "p1")["score"] == pytest.approx(
        1.2
    )


def test_a_kpi_through_zero_is_held_on_its_own_scale_and_has_no_ratio_of_sums():
    found = result([row("p1", "balance", -10.0)], {"p1": {}}, goals(goal("p1", "balance", 15.0)))
    assert at(found.goals, "p1", "balance")["attainment"] == pytest.approx(0.5)
    assert np.isnan(at(found.groups, "company", "company", "balance")["sum_ratio"])


def test_a_quarter_without_goals_leaves_empty_tables_and_the_companys_row():
    found = result([row("p1", "revenue", 10.0)], {"p1": {}}, goals())
    assert found.goals.empty and found.groups.empty
    assert found.scores[["level", "entity_id"]].values.tolist() == [["company", "company"]] and found.scores["score"].isna().all()
    assert found.summary.empty


def test_group_scores_are_means_of_peoples_scores():
    people = {"p1": {"team": "t1", "country": "VN"}, "p2": {"team": "t1", "country": "TR"}, "p3": {"country": "TR"}}
    rows = [row("p1", "revenue", 80.0), row("p2", "revenue", 100.0), row("p3", "revenue", 150.0)]
    scores = result(rows, people, goals(*[goal(p, "revenue", 100.0) for p in people])).scores
    assert at(scores, "team", "t1")["score"] == pytest.approx(0.9) and at(scores, "country", "TR")["score"] == pytest.approx(1.25)
    assert (
        at(scores, "company", "company")["score"] == pytest.approx(1.1) and at(scores, "company", "company")["band"] == "exceeded"
    )
