"""Forecasts of people whose next quarter is known: the 80 % interval holds what it says, and honest widening. Seeds are named."""

from __future__ import annotations

import numpy as np
import pytest

from kpi_toolkit.targets.company import Outside, company, together
from kpi_toolkit.targets.course import course
from kpi_toolkit.targets.distribution import Family
from kpi_toolkit.targets.forecast import forecast
from kpi_toolkit.targets.levels import two_way
from kpi_toolkit.targets.panel import panel
from tests.targets.synthetic import CATALOGUE, Client, World

SEED = 20260701
WORLDS = 10  # clients simulated for each claim


def lognormal(rng, expected):
    noise = 0.22 * np.exp(0.3 * rng.standard_normal((expected.shape[0], 1)))  # people differ in how steady they are
    return np.exp(expected + noise * rng.standard_normal(expected.shape)), None


def few_deals(rng, expected):
    """Sums of about four deals a quarter; some quarters have none."""
    deals = rng.poisson(4.0, expected.shape)
    return np.exp(expected) * rng.gamma(1.5 * np.maximum(deals, 1e-9), 1 / 6.0), None


def counts(rng, expected):
    return rng.poisson(np.exp(expected) * rng.gamma(20.0, 0.05, expected.shape)).astype(float), None


def shares(rng, expected):
    looks = rng.poisson(40.0, expected.shape) + 1
    hits = rng.binomial(looks, 1 / (1 + np.exp(-expected)))
    return hits / looks, (hits.astype(float), looks.astype(float))


CASES = {
    "sums of one size": ("revenue", lognormal, {}),
    "sums of few deals": ("revenue", few_deals, {}),
    "counts": ("new_customers", counts, {"level": 2.6}),
    "shares": ("win_rate", shares, {"level": -0.8, "between": 0.3}),
}


def simulated(kpi, draw, world, seed):
    rng = np.random.default_rng([SEED, seed])
    values, parts = draw(rng, world.expected(rng))
    past = {kpi: (parts[0][:, :-1], parts[1][:, :-1])} if parts else {}
    history = Client({kpi: values[:, :-1]}, parts=past).measured()
    return forecast(panel(history, CATALOGUE[kpi])), values[:, -1]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("people", "quarters"), [(24, 11), (8, 7)])
def test_four_fifths_of_results_fall_within_the_interval(name, people, quarters):
    kpi, draw, settings = CASES[name]
    inside, ends = [], []
    for seed in range(WORLDS if people > 10 else 3 * WORLDS):
        found, result = simulated(kpi, draw, World(people, quarters, **settings), seed)
        x = found.distribution
        whole = x.family in (Family.COUNT, Family.ROUNDED)
        # of whole numbers half of what lies on an end counts: the interval cannot hold exactly four fifths of them
        low, high = x.quantile(0.1), x.quantile(0.9)
        hit = (
            ((result > low) & (result < high)) + 0.5 * ((result == low) | (result == high))
            if whole
            else (result >= low) & (result <= high)
        )
        inside.append(hit.mean())
        ends.append(float(np.mean((x.at_most(result) + 1 - x.at_least(result)) / 2)))
    assert 0.74 <= np.mean(inside) <= 0.88
    assert 0.42 <= np.mean(ends) <= 0.58  # neither too high nor too low on the whole


def test_the_company_s_interval_knows_the_shared_shock():
    """Sums of 30 people with a shared shock of 10 %: independent people would make the interval far too narrow."""
    inside, narrow = [], []
    for seed in range(30):
        found, result = simulated("revenue", lognormal, World(30, 8, shock=0.10), seed)
        x = company(found, np.ones(30), Outside())
        inside.append(x.quantile(0.1)[0] <= result.sum() <= x.quantile(0.9)[0])
        alone = np.sqrt(np.sum(found.own_variance)) * 1.2816
        narrow.append(abs(result.sum() - x.mean[0]) <= alone)
    assert 0.70 <= np.mean(inside) <= 0.97
    assert np.mean(narrow) < 0.55


def test_a_short_history_is_said_to_be_uncertain():
    widths = []
    for quarters in (1, 4, 12):
        found, _ = simulated("revenue", lognormal, World(20, quarters), 3)
        x = found.distribution
        widths.append(float(np.median((x.quantile(0.9) - x.quantile(0.1)) / x.quantile(0.5))))
    assert widths[0] > widths[1] > widths[2]


def test_a_quarter_that_is_not_over_yet_makes_the_next_less_certain():
    """Drafted in week 10 the running quarter is not in the history: the target lies two quarters ahead."""
    values = np.exp(World(15, 12, drift=0.1).expected(np.random.default_rng([SEED, 4])))[:, :-1]
    near = forecast(panel(Client({"revenue": values}).measured(), CATALOGUE["revenue"])).distribution
    values = np.column_stack([values[:, 1:], np.full(15, np.nan)])
    history = Client({"revenue": values}, company={"revenue": np.append(np.nansum(values[:, :-1], axis=0), np.nan)}).measured()
    far = forecast(panel(history, CATALOGUE["revenue"])).distribution
    assert np.isfinite(far.quantile(0.5)).all()
    assert np.median(far.spread) > 1.1 * np.median(near.spread)


def test_season_and_steady_growth_are_carried_on():
    """Twelve quarters without noise, 3 % growth, a strong third quarter: the forecast misses by less than 4 %."""
    growth, season = 1.03, np.array([0.8, 1.0, 1.3, 0.9])
    periods = np.arange(13)
    values = 1000.0 * np.linspace(0.5, 2, 10)[:, None] * growth**periods * season[(periods + 2) % 4]
    history = Client({"revenue": values[:, :-1]}).measured()
    x = forecast(panel(history, CATALOGUE["revenue"])).distribution
    assert x.quantile(0.5) == pytest.approx(values[:, -1], rel=0.04)


def test_a_new_colleague_gets_the_peers_and_is_less_certain():
    rng = np.random.default_rng(SEED)
    values = np.exp(World(12, 8).expected(rng))[:, :-1]
    values[4] = np.nan
    roles = ["rep"] * 6 + ["key account"] * 6
    values[6:] *= 20
    x = forecast(panel(Client({"revenue": values}, roles=roles).measured(), CATALOGUE["revenue"])).distribution
    peers = x.quantile(0.5)[[0, 1, 2, 3, 5]]
    assert peers.min() < x.quantile(0.5)[4] < peers.max()  # of the own role, not of everybody
    relative = (x.quantile(0.9) - x.quantile(0.1)) / x.quantile(0.5)
    assert relative[4] > 1.5 * np.median(relative)


def test_a_level_is_drawn_to_the_peers_more_where_history_is_short():
    rng = np.random.default_rng([SEED, 1])
    values = 1000.0 * np.exp(0.1 * rng.standard_normal((12, 1)) + 0.3 * rng.standard_normal((12, 8)))
    values[0] = 3000.0 * np.exp(0.3 * rng.standard_normal(8))
    long = forecast(panel(Client({"revenue": values}).measured(), CATALOGUE["revenue"])).distribution.quantile(0.5)[0]
    values[0, :-1] = np.nan
    short = forecast(panel(Client({"revenue": values}).measured(), CATALOGUE["revenue"])).distribution.quantile(0.5)[0]
    assert 1000 < short < values[0, -1]
    assert short < long


def test_a_quarter_half_worked_is_read_at_full_presence_or_left_out():
    values = np.full((6, 8), 1000.0) * np.exp(0.05 * np.random.default_rng(SEED).standard_normal((6, 8)))
    presence = np.ones((6, 9))
    whole = forecast(panel(Client({"revenue": values}).measured(), CATALOGUE["revenue"])).distribution.quantile(0.5)
    cut, presence[0, 6], presence[1, 7] = values.copy(), 0.7, 0.4
    cut[0, 6] *= 0.7
    cut[1, 7] = 0.0
    found = forecast(panel(Client({"revenue": cut}, presence=presence).measured(), CATALOGUE["revenue"]))
    assert found.distribution.quantile(0.5) == pytest.approx(whole, rel=0.02)
    assert found.quarters.tolist() == [8, 7, 8, 8, 8, 8]


def test_two_way_effects_equal_least_squares():
    rng = np.random.default_rng([SEED, 2])
    value = rng.standard_normal((5, 6))
    value[1, :3] = value[4, 5] = np.nan
    person, period = two_way(value, np.ones(value.shape))
    rows, columns = np.nonzero(np.isfinite(value))
    design = np.zeros((rows.size, 11))
    design[np.arange(rows.size), rows] = design[np.arange(rows.size), 5 + columns] = 1
    fitted = design @ np.linalg.lstsq(design, value[rows, columns], rcond=None)[0]
    assert person[rows] + period[columns] == pytest.approx(fitted, abs=1e-6)


def test_groups_that_move_together_are_seen_to():
    rng = np.random.default_rng([SEED, 3])
    season = np.arange(17) % 4
    shocks = 0.1 * rng.standard_normal((3, 17))
    shocks[:, -1] = np.nan
    alike = tuple(course(one, np.zeros(17), season) for one in (shocks[0], shocks[0], shocks[0]))
    apart = tuple(course(one, np.zeros(17), season) for one in shocks)
    assert together(alike)[0, 1] > 0.8
    assert together(apart)[0, 1] < 0.5
