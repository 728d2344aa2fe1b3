"""Chances as they reach the tables: growth, groups, currencies, incomplete quarters, and the score's own chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kpi_toolkit.evaluate import evaluate
from kpi_toolkit.quarter import quarters_between
from tests.evaluate.small_client import QUARTER, engagement, goals, measured, row

QUARTERS = [str(quarter) for quarter in quarters_between(QUARTER.shifted(-11), QUARTER)]
PEOPLE = {f"p{at}": {"country": "VN", "role": "sales", "team": f"t{at % 2}"} for at in range(8)}


def revenues(seed: int) -> dict[str, np.ndarray]:
    """Twelve quarters a person: levels differ by a fifth, quarters by a tenth."""
    draw = np.random.default_rng(seed)
    return {person: 100 * np.exp(draw.normal(0, 0.2) + draw.normal(0, 0.1, 12)) for person in PEOPLE}


def rows_of(values: dict[str, np.ndarray], *, worth: float = 1.0, currency: str | None = None) -> list[dict]:
    return [
        row(person, "revenue", float(value * worth), quarter, currency=currency)
        for person, own in values.items()
        for quarter, value in zip(QUARTERS, own, strict=True)
    ]


def chances(rows: list[dict], agreed, *, people=PEOPLE, **client) -> pd.Series:
    found = evaluate(measured(rows, people, **client), agreed, engagement()).goals
    return found.set_index(["person_id", "measured_at"])["p_met"]


def same_for_all(kpi: str, target: float, **more) -> object:
    return goals(*[{"person_id": person, "kpi": kpi, "target": target, **more} for person in PEOPLE])


def test_a_growth_goal_has_the_chance_of_the_revenue_it_asks_for():
    """Seed 1: growth of 5 % asks for 1.05 times the revenue of the same quarter a year before."""
    values = revenues(1)
    growth = [
        row(person, "revenue_growth", float(own[at] / own[at - 4] - 1), QUARTERS[at], below=float(own[at - 4]))
        for person, own in values.items()
        for at in range(4, 12)
    ]
    growth += [row(person, "revenue_growth", float("nan"), quarter) for person in PEOPLE for quarter in QUARTERS[:4]]
    by_growth = chances(growth, same_for_all("revenue_growth", 0.05))
    asked = goals(*[{"person_id": person, "kpi": "revenue", "target": 1.05 * own[7]} for person, own in values.items()])
    assert by_growth.to_numpy() == pytest.approx(chances(rows_of(values), asked).to_numpy(), abs=1e-6)


def test_money_in_another_currency_has_the_same_chances():
    """Seed 2."""
    values = revenues(2)
    people = {person: {**about, "currency": "VND"} for person, about in PEOPLE.items()}
    dong = chances(
        rows_of(values, worth=25_000.0, currency="VND"),
        same_for_all("revenue", 2_500_000.0),
        people=people,
        rates={"VND": 0.00004},
    )
    assert dong.to_numpy() == pytest.approx(chances(rows_of(values), same_for_all("revenue", 100.0)).to_numpy(), abs=1e-6)


def test_many_people_may_hold_goals_on_one_groups_measure_with_targets_of_their_own():
    """Seed 3: the company's chance falls as the target rises, and two who ask the same have the same."""
    values = revenues(3)
    total = sum(values.values())
    rows = [
        row("company", "revenue", float(value), quarter, level="company") for quarter, value in zip(QUARTERS, total, strict=True)
    ]
    targets = {"p0": 700.0, "p1": 1000.0, "p2": 1000.0}
    agreed = goals(*[{"person_id": p, "kpi": "revenue", "target": t, "measured_at": "company"} for p, t in targets.items()])
    found = chances(rows_of(values) + rows, agreed).droplevel("measured_at")
    assert found["p0"] > 0.9 > 0.1 > found["p1"] and found["p1"] == found["p2"]


def test_a_quarter_that_a_source_cut_short_is_no_evidence():
    """Seed 4: a quarter of last year that broke off and shows nothing changes no chance."""
    values, cut = revenues(4), [("orders", "VN", QUARTERS[6])]
    broken = {person: np.where(np.arange(12) == 6, 0.0, own) for person, own in values.items()}
    first, second = (chances(rows_of(one), same_for_all("revenue", 100.0), incomplete=cut) for one in (values, broken))
    assert first.to_numpy() == pytest.approx(second.to_numpy(), abs=1e-12)


def test_a_scores_chance_is_that_of_its_goal_where_there_is_one_and_lies_between_where_there_are_two():
    """Seed 5."""
    values = revenues(5)
    one = evaluate(measured(rows_of(values), PEOPLE), same_for_all("revenue", 100.0), engagement())
    persons = one.scores[one.scores["level"].eq("person")]
    assert persons["p_met"].to_numpy() == pytest.approx(one.goals["p_met"].to_numpy(), abs=0.02)
    assert (persons["low"] < persons["high"]).all() and one.scores.loc[one.scores["level"].ne("person"), "p_met"].isna().all()
    draw = np.random.default_rng(5)
    counts = [row(p, "new_customers", float(draw.poisson(12)), q) for p in PEOPLE for q in QUARTERS]
    both = [{"person_id": p, "kpi": k, "target": t} for p in PEOPLE for k, t in (("revenue", 100.0), ("new_customers", 12.0))]
    two = evaluate(measured(rows_of(values) + counts, PEOPLE), goals(*both), engagement())
    ends = two.goals.groupby("person_id")["p_met"].agg(["min", "max"])
    own = two.scores[two.scores["level"].eq("person")].set_index("entity_id")["p_met"]
    assert ((own >= ends["min"] - 0.02) & (own <= ends["max"] + 0.02)).all()


def test_two_runs_give_the_same_bytes(tmp_path):
    """Seed 6."""
    from kpi_toolkit import artifacts

    def digests(folder):
        found = evaluate(measured(rows_of(revenues(6)), PEOPLE), same_for_all("revenue", 100.0), engagement())
        return [artifacts.digest(artifacts.save(folder, name, table)) for name, table in sorted(found.tables().items())]

    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_what_was_saved_is_read_back_as_the_same_evaluation(tmp_path):
    """Seed 7."""
    from kpi_toolkit import artifacts
    from kpi_toolkit.evaluate import Evaluation

    found = evaluate(measured(rows_of(revenues(7)), PEOPLE), same_for_all("revenue", 100.0), engagement())
    for name, table in found.tables().items():
        artifacts.save(tmp_path, name, table)
    again = Evaluation.from_tables(QUARTER, {name: artifacts.load(tmp_path, name) for name in found.tables()})
    pd.testing.assert_frame_equal(again.summary, found.summary)
