"""The choice of KPIs against pasts in which the right choice is planted, and its rules as properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit.diagnose import diagnose
from kpi_toolkit.propose import BadKpiRules, Proposal, propose, weigh
from kpi_toolkit.start import Recommended, Start
from tests.simulated_past import KPIS, QUARTER, engagement, past, skills


def proposed(values, start=None, **given) -> Proposal:
    kept = {key: given.pop(key) for key in ("missing", "events", "presence", "countries") if key in given}
    history = past(values, **kept)
    client = engagement(**given)
    return propose(history, diagnose(history, client), client, start)


def reason(proposal: Proposal, kpi: str) -> str:
    return str(proposal.table.set_index("kpi").loc[kpi, "reason"])


def orders_only(seed: int = 1) -> dict[str, np.ndarray]:
    """What orders alone give: revenue, orders and active customers tell the same, the rest tell something of their own."""
    rng = np.random.default_rng(seed)
    customers = skills(seed, level=60)
    orders = 2 * customers * rng.gamma(4000, 1 / 4000, customers.shape)
    value = skills(seed + 1, level=500, lasting=0.3) / 500 * 20 + 480
    return {
        "revenue": orders * value,
        "revenue_growth": rng.normal(0.05, 0.1, customers.shape),
        "orders": orders,
        "active_customers": customers,
        "average_order_value": skills(seed + 2),
        "gross_margin": skills(seed + 3) / 400,
        "discount_rate": skills(seed + 4) / 1000,
        "customer_retention": skills(seed + 5) / 200,
        "repeat_purchase_rate": skills(seed + 6) / 300,
        "products_per_customer": skills(seed + 7) / 20,
        "new_customers": np.round(skills(seed + 8) / 5),
    }


def test_every_candidate_has_a_row_and_a_reason():
    proposal = proposed(orders_only())
    assert sorted(proposal.table["kpi"]) == sorted(KPIS) and proposal.table["reason"].notna().all()
    assert set(proposal.chosen) <= set(orders_only())
    assert proposal.table["role"].isna().all()


def test_five_to_seven_are_chosen_with_weights_that_add_to_100():
    table = proposed(orders_only()).table
    chosen = table[table["chosen"]]
    assert 5 <= len(chosen) <= 7 and chosen["weight"].sum() == 100
    assert (chosen["weight"] % 5 == 0).all() and (chosen["weight"] >= 10).all()
    assert table.loc[~table["chosen"], "weight"].isna().all()


def test_of_kpis_that_tell_the_same_one_is_chosen_and_the_outcome_is_in():
    proposal = proposed(orders_only())
    assert "revenue" in proposal.chosen and reason(proposal, "revenue") == "chosen:outcome"
    assert not {"orders", "active_customers"} & set(proposal.chosen)
    assert reason(proposal, "orders").startswith("redundant_with:revenue:0.9")
    assert proposal.table.set_index("kpi").loc["orders", "redundancy"] >= 0.85
    heaviest = proposal.summary.iloc[0]
    assert heaviest["kpi"] == "revenue"


def test_what_does_not_last_is_unreliable():
    assert reason(proposed(orders_only()), "revenue_growth").startswith("unreliable:")


def test_what_cannot_be_measured_is_never_chosen_even_if_asked_for():
    proposal = proposed(orders_only(), missing={"visits": "activities, orders.discount"}, kpis={"include": ["visits"]})
    assert reason(proposal, "visits") == "not_available:activities+orders.discount" and "visits" not in proposal.chosen


def test_rare_counts_and_gaps_keep_a_kpi_out():
    values = orders_only()
    values["new_customers"] = np.round(skills(3, level=3))
    values["customer_retention"][:6] = math.nan
    proposal = proposed(values)
    assert reason(proposal, "new_customers") == "too_few_events:3"
    assert reason(proposal, "customer_retention") == "incomplete:0.7"


def test_what_others_control_is_left_out():
    values = orders_only() | {"campaign_roi": skills(9) / 100}
    assert reason(proposed(values), "campaign_roi") == "not_controlled:team"


def test_include_and_exclude_are_obeyed():
    proposal = proposed(orders_only(), kpis={"include": ["revenue_growth", "orders"], "exclude": ["gross_margin"]})
    assert {"revenue_growth", "orders"} <= set(proposal.chosen)
    assert reason(proposal, "revenue_growth").startswith("chosen:included;unreliable:")
    assert reason(proposal, "gross_margin") == "excluded"


def test_every_objective_and_a_leading_kpi_have_a_place_where_they_can():
    values = orders_only() | {"visits": np.round(skills(20)), "calls": np.round(skills(21))}
    chosen = proposed(values).table.query("chosen")
    assert {"growth", "acquisition", "retention", "activity"} <= set(chosen["serves"])
    assert "leading" in set(chosen["kind"])
    assert (chosen["serves"].value_counts() <= 4).all()


def test_the_client_s_weights_hold():
    proposal = proposed(orders_only(), kpis={"weights": {"revenue": 35}})
    chosen = proposal.table.query("chosen").set_index("kpi")["weight"]
    assert chosen["revenue"] == 35 and chosen.sum() == 100


def test_what_the_last_renewal_ends_is_out_and_what_it_keeps_is_preferred():
    values = orders_only() | {"top_customer_share": skills(31) / 400, "reactivated_customers": np.round(skills(32) / 4)}
    first = proposed(values)
    left_out = next(kpi for kpi in values if reason(first, kpi).startswith("below_cut"))
    ended = next(kpi for kpi in first.chosen if kpi != "revenue")
    start = Start(
        str(QUARTER), str(QUARTER.previous),
        (
            Recommended(ended, "retire", "no_spread", "no_spread:0.01"),
            Recommended(left_out, "keep", "fine", "share_met:0.6", 10.0),
        ),
    )  # fmt: skip
    second = proposed(values, start=start)
    assert reason(second, ended) == "ended:retire:no_spread" and ended not in second.chosen
    assert reason(second, left_out).endswith("kept_on") and left_out in second.chosen


def test_balance_gives_way_before_redundancy_and_both_say_so():
    values = {kpi: skills(at) for at, kpi in enumerate(("revenue", "units", "collections", "average_order_value"))}
    values["gross_margin"] = skills(7) / 300
    proposal = proposed(values)
    assert len(proposal.chosen) == 5
    assert [one for one in proposal.chosen if "loosened:balance" in reason(proposal, one)]
    assert not [one for one in proposal.chosen if "loosened:redundancy" in reason(proposal, one)]
    twins = proposed({**values, "gross_margin": values["revenue"] / 300, "collections": values["units"] * 1.01})
    said = [reason(twins, one) for one in twins.chosen]
    assert len(said) == 5 and sum("loosened:redundancy" in one for one in said) == 2


def test_the_least_weight_gives_way_last():
    chosen = proposed(orders_only(), kpis={"min_weight": 25}).table.query("chosen")
    assert len(chosen) == 5 and (chosen["weight"] == 20).all()
    assert chosen["reason"].str.endswith("loosened:min_weight:20").all()


def test_without_history_nothing_is_chosen_and_it_says_so():
    proposal = proposed({})
    assert not proposal.chosen and reason(proposal, "revenue").startswith("not_available")
    empty = {kpi: np.full((20, 4), math.nan) for kpi in ("revenue", "gross_margin")}
    nothing = proposed(empty)
    assert not nothing.chosen and reason(nothing, "revenue") == "no_history"
    few = proposed({kpi: skills(1) for kpi in ("revenue", "average_order_value")})
    assert not few.chosen and reason(few, "revenue") == "no_history:2:5"


def test_rules_that_contradict_each_other_are_one_clear_error():
    for rules in (
        {"include": ["revenue"], "exclude": ["revenue"]},
        {"count": [7, 5]},
        {"count": [1, 2], "include": ["revenue", "orders", "gross_margin"]},
        {"weights": {"revenue": 60, "orders": 60}},
    ):
        with pytest.raises(BadKpiRules):
            proposed(orders_only(), kpis=rules)


def test_the_choice_does_not_depend_on_the_order_of_rows():
    import dataclasses

    history, client = past(orders_only()), engagement()
    shuffled = dataclasses.replace(history, measures=history.measures.sample(frac=1, random_state=3).reset_index(drop=True))
    one, other = (propose(each, diagnose(each, client), client, None).table for each in (history, shuffled))
    assert one[["kpi", "chosen", "reason"]].equals(other[["kpi", "chosen", "reason"]])


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(KPIS)), st.floats(0.01, 2), min_size=1, max_size=9),
    st.floats(1, 30),
    st.dictionaries(st.sampled_from(sorted(KPIS)), st.sampled_from([5, 10, 12.5, 33, 40]), max_size=3),
)
def test_weights_add_to_100_and_none_is_below_the_least(importance, least, given):
    found = weigh(importance, least, given)
    assert set(found.of) == set(importance) and sum(found.of.values()) == pytest.approx(100, abs=1e-9)
    fixed = set() if found.given_up else set(given)
    assert all(weight >= found.least for kpi, weight in found.of.items() if kpi not in fixed)
    assert found.least >= min(least, 5 * (100 // len(importance) // 5))
    if not fixed & set(importance):
        assert all(weight % 5 == 0 for weight in found.of.values())
    for kpi in fixed & set(importance):
        assert found.of[kpi] == given[kpi]
