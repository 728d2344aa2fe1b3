"""The health of KPIs against quarters in which the fault is planted, and start.yml there and back."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kpi_toolkit import artifacts
from kpi_toolkit.propose import Proposal
from kpi_toolkit.renew import Renewal, renew
from kpi_toolkit.start import BadStart, Recalibrated, Recommended, Start
from tests.simulated_past import QUARTER, engagement, past, skills


def evaluation(attainments, *, complete=True, rule="ratio", better="higher", weights=None, actual=None) -> SimpleNamespace:
    """Goals of persons with the attainments by KPI; targets of 100."""
    rows = []
    for kpi, values in attainments.items():
        for at, value in enumerate(values):
            reached = 100 * value if rule == "ratio" else 100 * (2 - value)
            rows.append(
                {
                    "person_id": f"p{at:02d}", "kpi": kpi, "measured_at": "person", "quarter": str(QUARTER), "better": better,
                    "target": 100.0, "prorated_target": 100.0, "actual": reached if actual is None else actual[at],
                    "attainment": value, "rule": rule, "weight": (weights or {}).get(kpi, 20.0), "payout": value, "band": None,
                    "p_met": None, "verdict": None, "complete": complete, "agreed": True, "currency": None,
                }
            )  # fmt: skip
    goals = artifacts.conform("evaluation", pd.DataFrame(rows) if rows else None)
    groups = [
        {
            "level": "company", "entity_id": "company", "kpi": kpi, "quarter": str(QUARTER), "better": better,
            "actual": 100.0 * float(np.nansum(values)), "target": 100.0 * len(values), "sum_ratio": float(np.nanmean(values)),
            "mean_attainment": float(np.nanmean(values)), "share_met": 0.5, "people": float(len(values)), "currency": None,
        }
        for kpi, values in attainments.items()
    ]  # fmt: skip
    return SimpleNamespace(goals=goals, groups=artifacts.conform("groups", pd.DataFrame(groups) if groups else None))


def around(share: float, people: int = 20) -> np.ndarray:
    """Attainments of which a share reaches 1."""
    reached = round(share * people)
    return np.concatenate([np.linspace(1.0, 1.3, reached), np.linspace(0.6, 0.99, people - reached)])


def measured(*kpis: str, **given):
    values = {kpi: skills(at, quarters=9) for at, kpi in enumerate(kpis or ("revenue",))}
    return past({**values, **given.pop("values", {})}, through=True, **given)


def row(renewal: Renewal, kpi: str = "revenue") -> pd.Series:
    return renewal.table.set_index("kpi").loc[kpi]


def renewed(attainments, tables=None, exceptions=None, client=None, **given) -> Renewal:
    return renew(tables or measured(*attainments), evaluation(attainments, **given), None, exceptions, client or engagement())


@pytest.mark.parametrize(
    ("share", "health", "what"), [(0.6, "fine", "keep"), (1.0, "too_easy", "adjust"), (0.1, "too_hard", "adjust")]
)
def test_the_share_who_reached_is_held_against_the_healthy_share(share, health, what):
    found = row(renewed({"revenue": around(share)}))
    assert (found["health"], found["recommendation"]) == (health, what)
    assert found["reason"].startswith(f"share_met:{share:.4g}:20:")


def test_few_people_or_a_share_within_chance_are_not_judged():
    assert row(renewed({"revenue": around(0.0, 4)}))["reason"] == "too_few:4"
    five = row(renewed({"revenue": around(0.4, 5)}))
    assert five["health"] == "fine"


def test_a_share_at_its_healthy_level_is_seldom_called_a_fault():
    rng = np.random.default_rng(21)
    tables, wrong = measured("revenue"), 0
    for _ in range(40):
        reached = rng.random(20) < 0.6
        wrong += row(renewed({"revenue": np.where(reached, 1.1, 0.8)}, tables))["health"] != "fine"
    assert wrong <= 4


def test_a_kpi_without_data_is_broken_and_one_that_is_gone_is_replaced():
    broken = row(renewed({"revenue": np.array([1.1] * 4 + [math.nan] * 16)}))
    assert (broken["health"], broken["recommendation"], broken["reason"]) == ("data_broken", "adjust", "no_data:0.2:20")
    gone = row(renewed({"visits": around(0.6)}, measured("revenue", missing={"visits": "activities"})), "visits")
    assert (gone["health"], gone["recommendation"], gone["reason"]) == ("data_broken", "replace", "not_available:activities")


def test_the_lighter_of_two_that_tell_the_same_is_retired():
    twin = skills(0, quarters=9)
    tables = measured("revenue", values={"orders": twin * 2})
    found = renewed({"revenue": around(0.6), "orders": around(0.6)}, tables, weights={"revenue": 15, "orders": 30})
    assert row(found)["health"] == "fine"  # the outcome stays whatever its weight
    assert row(found, "orders")["health"] == "redundant" and row(found, "orders")["recommendation"] == "retire"
    assert row(found, "orders")["reason"] == "redundant_with:revenue:1"
    kept = renewed({"revenue": around(0.6), "orders": around(0.6)}, tables, client=engagement(kpis={"include": ["orders"]}))
    assert row(kept, "orders")["recommendation"] == "adjust" and row(kept, "orders")["reason"].endswith(";included")


def test_chance_alone_is_unreliable_and_no_spread_is_seen():
    noise = measured("revenue", values={"average_order_value": skills(31, people=60, quarters=9, lasting=0.0)[:20]})
    many = past({"revenue": skills(0, 60, 9), "average_order_value": skills(32, 60, 9, lasting=0.0)}, through=True)
    found = row(renewed({"revenue": around(0.6, 60), "average_order_value": around(0.6, 60)}, many), "average_order_value")
    assert (found["health"], found["recommendation"]) == ("unreliable", "replace")
    flat = row(renewed({"revenue": np.full(20, 1.001)}, noise))
    assert flat["health"] == "no_spread" and flat["recommendation"] == "adjust" and flat["reason"].endswith(";outcome")


def test_many_cases_of_unusual_timing_replace_a_kpi_unless_dismissed():
    cases = pd.DataFrame(
        {"person_id": [f"p{at:02d}" for at in range(5)], "kpi": "orders", "rule": "gaming_pulled_forward", "decision": [None] * 5}
    )
    both = {"revenue": around(0.6), "orders": around(0.6)}
    found = row(renewed(both, exceptions=SimpleNamespace(cases=cases)), "orders")
    assert (found["health"], found["recommendation"], found["reason"]) == ("gamed", "replace", "gamed:5:20")
    dismissed = SimpleNamespace(cases=cases.assign(decision="keep"))
    assert row(renewed(both, exceptions=dismissed), "orders")["health"] == "fine"


def test_the_factor_is_what_the_healthy_share_would_have_reached():
    attained = around(0.2)
    start = renewed({"revenue": attained}).start
    assert start is not None and start.quarter == "2026Q4" and start.from_quarter == "2026Q3"
    recalibrated = start.recalibration("revenue")
    assert recalibrated is not None and recalibrated.share_met == 0.2
    share = (attained >= recalibrated.factor).mean()
    assert share == pytest.approx(0.6, abs=0.051)
    less = renewed({"discount_rate": attained}, measured("discount_rate"), rule="linear", better="lower").start
    assert less is not None and less.targets[0].factor is not None and less.targets[0].factor > 1
    reached = (100 * (2 - attained)) <= 100 * less.targets[0].factor
    assert reached.mean() == pytest.approx(0.6, abs=0.051)


def test_goals_in_own_words_are_nobody_else_s_kpi():
    assert list(renewed({"revenue": around(0.6), "own_1": around(0.6)}, measured("revenue")).table["kpi"]) == ["revenue"]


def test_a_chosen_kpi_on_which_nobody_had_a_goal_is_kept_and_not_judged():
    rows = pd.DataFrame({"kpi": ["orders", "revenue"], "chosen": True, "weight": [40.0, 60.0], "measured_at": "person"})
    table = artifacts.conform("proposal", rows.reindex(columns=list(artifacts.SCHEMAS["proposal"].columns)))
    found = renew(
        measured("revenue", "orders"), evaluation({"revenue": around(0.6)}), Proposal(QUARTER, table), None, engagement()
    )
    assert row(found, "orders")[["health", "recommendation", "reason"]].tolist() == ["fine", "keep", "no_goals"]
    assert found.start is not None and found.start.of("orders").weight == 40 and found.start.of("revenue").weight == 20


def test_a_quarter_without_goals_leaves_an_empty_table():
    found = renewed({}, measured("revenue"))
    assert len(found.table) == 0 and found.start is not None and found.start.kpis == ()


def test_an_incomplete_quarter_is_not_judged_and_breaks_no_kpi():
    found = row(renewed({"revenue": around(0.1)}, complete=False))
    assert found[["health", "recommendation", "reason"]].tolist() == ["fine", "keep", "incomplete_quarter"]
    empty = row(renewed({"revenue": np.array([1.1] + [math.nan] * 19)}, complete=False))
    assert empty["reason"] == "incomplete_quarter"


def test_a_complete_quarter_without_data_is_broken():
    found = row(renewed({"revenue": np.array([1.1] + [math.nan] * 19)}))
    assert found[["health", "recommendation", "reason"]].tolist() == ["data_broken", "adjust", "no_data:0.05:20"]


def test_people_whose_country_stops_early_are_not_counted_as_without_data():
    tables, goals = measured("revenue"), evaluation({"revenue": around(0.6)})
    goals.goals.loc[6:, "complete"] = False
    found = row(renew(tables, goals, None, None, engagement()))
    assert found["health"] != "data_broken" and found["reason"].startswith("share_met:1:6:")


def test_start_yml_reads_back_as_it_was_written(tmp_path):
    start = Start(
        "2026Q4", "2026Q3",
        (Recommended("revenue", "keep", "fine", "share_met:0.6:20:0.46:0.73:0.6", 30.0),
            Recommended("NO", "retire", "gamed", "gamed:3:20")),
        (Recalibrated("revenue", 20, 0.6, 1.02, 1.5e6, 1.4e6, "USD"), Recalibrated("orders", 3, 0.3333)),
    )  # fmt: skip
    path = start.write(tmp_path / "start.yml")
    assert Start.read(path) == start and start.write(tmp_path / "again.yml").read_bytes() == path.read_bytes()
    assert start.preferred == {"revenue"} and start.out == {"NO"} and start.of("x") is None


@pytest.mark.parametrize(
    "text",
    [
        "", "- a list", "quarter: [", "quarter: 2026Q4\nfrom_quarter: 2026Q3\nkpis: {a: 1}",
        "quarter: 2026Q4\nfrom_quarter: 2026Q3\nkpis: [{kpi: revenue}]",
        "quarter: 2026Q4\nfrom_quarter: 2026Q3\nkpis: [{kpi: revenue, recommendation: drop, health: fine, reason: x}]",
        "quarter: 2026Q4\nfrom_quarter: 2026Q3\ntargets: [{kpi: revenue, colour: red}]",
        "quarter: 2026Q4\nfrom_quarter: !!python/object:os.system {}",
    ],
)  # fmt: skip
def test_a_damaged_start_yml_is_one_clear_error(tmp_path, text):
    path = tmp_path / "start.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadStart, match=r"start\.yml"):
        Start.read(path)


def test_the_renewal_fits_its_schema_and_reads_back(tmp_path):
    found = renewed({"revenue": around(0.6), "orders": around(0.9)})
    artifacts.save(tmp_path, "renewal", found.table)
    again = Renewal.from_tables(QUARTER, {"renewal": artifacts.load(tmp_path, "renewal")})
    assert again.table.equals(found.table) and again.start is None
