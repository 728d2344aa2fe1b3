"""Equal difficulty against closed forms and by properties that hold for any people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_toolkit.targets.allocate import NOBODY, at_chance, bounded, split
from kpi_toolkit.targets.distribution import NORMAL, Distribution, Family
from kpi_toolkit.targets.rounding import spoken, unit_of_rounding


def normals(mean, sd):
    mean, sd = np.asarray(mean, dtype=float), np.asarray(sd, dtype=float)
    return Distribution(Family.PLAIN, mean, sd, np.full(mean.size, NORMAL), 0.0, np.ones(mean.size), floor=False)


def wide(x):
    return np.zeros(len(x)), x.quantile(0.5) * 50 + 50, np.ones(len(x), dtype=bool)


def test_normals_share_a_goal_in_proportion_to_their_spread():
    """Σ (mean + z · sd) = G gives z = (G − Σ mean) ÷ Σ sd: everyone the same z, hence the same chance."""
    mean, sd, weight = [100.0, 300.0, 80.0], [10.0, 60.0, 30.0], np.array([1.0, 0.5, 2.0])
    x = normals(mean, sd)
    low, high = np.full(3, -1e6), np.full(3, 1e6)
    made = split(x, weight, 480.0, np.full(3, 1e-6), low, high, np.ones(3, dtype=bool))
    z = (480.0 - weight @ mean) / (weight @ sd)
    assert made.target == pytest.approx(np.asarray(mean) + z * np.asarray(sd), abs=2e-5)
    chances = x.chance(made.target, lower=False)
    assert chances == pytest.approx(np.full(3, 0.5 * math.erfc(z / math.sqrt(2))), abs=1e-5)
    assert 1 - made.level == pytest.approx(chances[0], abs=1e-6)


@st.composite
def teams(draw):
    n = draw(st.integers(1, 14))
    size = st.floats(1.5, 6.0)
    family = draw(st.sampled_from([Family.AMOUNT, Family.COUNT, Family.ROUNDED]))
    location = np.array([draw(size) for _ in range(n)])
    spread = np.array([draw(st.floats(0.05, 0.8)) for _ in range(n)])
    weight = np.array([draw(st.sampled_from([0.0, 0.35, 0.7, 1.0, 1.0, 1.0])) for _ in range(n)])
    if not weight.any():
        weight[0] = 1.0
    if family == Family.AMOUNT and draw(st.booleans()):
        weight = weight * np.array([draw(st.sampled_from([1.0, 0.037, 25.4])) for _ in range(n)])
    x = Distribution(family, location, spread, np.full(n, 12.0), 0.0, np.ones(n))
    kind = "money" if family == Family.AMOUNT else "count"
    unit = np.array([unit_of_rounding(kind, "sum", float(value)) for value in x.quantile(0.5)])
    return x, weight, unit, draw(st.floats(0.6, 1.6))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(team=teams())
def test_the_sum_is_exact_and_all_but_one_target_are_multiples_of_their_unit(team):
    x, weight, unit, ambition = team
    goal = round(ambition * float(weight @ x.quantile(0.5)))
    made = split(x, weight, goal, unit, *wide(x))
    assert float(weight @ made.target) == pytest.approx(goal, abs=0.01)
    odd = np.flatnonzero(np.abs(made.target / unit - np.round(made.target / unit)) > 1e-6)
    assert set(odd) <= {made.named}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(team=teams())
def test_no_unit_is_asked_that_is_harder_than_one_that_was_not(team):
    """Chances are equal within one unit: nobody's target is harder than any colleague's would be with one unit more."""
    x, weight, unit, ambition = team
    goal = round(ambition * float(weight @ x.quantile(0.5)))
    made = split(x, weight, goal, unit, *wide(x))
    there = weight > 0
    assert x.at_least(made.target)[there].min() >= x.at_least(made.target + unit)[there].max() - 1e-9


@settings(max_examples=60, deadline=None, derandomize=True)
@given(team=teams(), more=st.floats(1.02, 1.5))
def test_a_higher_goal_lowers_the_common_chance(team, more):
    x, weight, unit, ambition = team
    goal = ambition * float(weight @ x.quantile(0.5))
    first, second = (split(x, weight, one, unit, *wide(x)) for one in (goal, goal * more))
    assert second.level >= first.level
    assert (second.target >= first.target - unit)[weight > 0].all()


def test_units_go_to_whoever_has_the_best_chance_of_the_next():
    """Three equal people and one more unit than can be shared evenly: it goes to the one with the widest upside."""
    x = Distribution(Family.COUNT, np.log([20.0, 20.0, 20.0]), np.array([0.1, 0.1, 0.3]), np.full(3, 9.0), 0.0, np.ones(3))
    made = split(x, np.ones(3), 70.0, np.ones(3), *wide(x))
    assert made.target.sum() == 70
    assert made.named == NOBODY
    assert made.target[2] > made.target[0] == made.target[1]
    reached = x.at_least(made.target).min()
    assert reached >= x.at_least(made.target + 1).max() - 1e-12  # no unit given has a lower chance than one that was not


def test_out_of_reach_everyone_stands_at_the_bound():
    x = normals([100.0, 200.0], [10.0, 20.0])
    low, high = bounded(x.quantile(0.5), (-0.2, 0.5), unit="money", growth=False, lower=False)
    made = split(x, np.ones(2), 1000.0, np.array([1.0, 2.0]), low, high, np.ones(2, dtype=bool))
    assert made.target.tolist() == [150.0, 300.0]
    assert made.clipped.all() and made.allocated == 450.0
    made = split(x, np.ones(2), 10.0, np.array([1.0, 2.0]), low, high, np.ones(2, dtype=bool))
    assert made.target.tolist() == [80.0, 160.0] and made.clipped.all()


def test_people_without_a_goal_of_their_own_carry_their_part_of_the_goal():
    x = Distribution(Family.COUNT, np.log([2.0, 20.0, 30.0]), np.full(3, 0.2), np.full(3, 9.0), 0.0, np.ones(3))
    low, high, _ = wide(x)
    made = split(x, np.ones(3), 55.0, np.ones(3), low, high, np.array([False, True, True]), whole=True)
    assert np.isnan(made.target[0])
    assert np.nansum(made.target) + made.carried == 55
    assert 1 <= made.carried <= 4


def test_bounds_count_on_one_plus_growth_on_odds_and_mirrored():
    low, high = bounded(np.array([0.1]), (-0.2, 0.5), unit="share", growth=True, lower=False)
    assert (low[0], high[0]) == pytest.approx((-0.12, 0.65))
    low, high = bounded(np.array([0.4]), (-0.2, 0.5), unit="share", growth=False, lower=False)
    odds = 0.4 / 0.6
    assert low[0] / (1 - low[0]) == pytest.approx(0.8 * odds) and high[0] / (1 - high[0]) == pytest.approx(1.5 * odds)
    low, high = bounded(np.array([50.0]), (-0.2, 0.5), unit="days", growth=False, lower=True)
    assert (low[0], high[0]) == pytest.approx((25.0, 60.0))


@pytest.mark.parametrize("lower", [False, True])
def test_without_a_goal_the_target_has_the_healthy_chance(lower):
    x = normals([100.0, 5000.0], [10.0, 900.0])
    target, clipped = at_chance(x, 0.6, np.array([1.0, 50.0]), np.array([0.0, 0.0]), np.array([1e6, 1e6]), lower=lower)
    assert not clipped.any()
    assert x.chance(target, lower=lower) == pytest.approx([0.6, 0.6], abs=0.03)
    assert (target > [100, 5000]).all() == lower


@pytest.mark.parametrize(
    ("median", "unit"), [(98_000_000, 1_000_000), (1_250_000_000, 20_000_000), (45, 0.5), (0.0, 1.0), (740_000, 10_000)]
)
def test_units_are_what_people_say_aloud(median, unit):
    assert spoken(median) == unit


@settings(max_examples=100, deadline=None, derandomize=True)
@given(median=st.floats(1e-3, 1e12))
def test_a_unit_is_between_one_half_and_two_and_a_half_per_cent(median):
    assert 0.008 <= spoken(median) / median <= 0.0225
