"""Predictive distributions against SciPy's own and against themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kpi_toolkit.targets.distribution import NORMAL, Distribution, Family

LEVELS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)


def one(family, location, spread, freedom=9.0, shift=0.0, unit=1.0):
    return Distribution(family, np.array([location]), np.array([spread]), np.array([freedom]), shift, np.array([unit]))


@pytest.mark.parametrize("level", LEVELS)
def test_an_amount_with_known_noise_is_lognormal(level):
    x = one(Family.AMOUNT, 3.0, 0.4, NORMAL)
    assert x.quantile(level)[0] == pytest.approx(stats.lognorm(0.4, scale=np.exp(3.0)).ppf(level), rel=1e-5)
    assert x.mean[0] == pytest.approx(stats.lognorm(0.4, scale=np.exp(3.0)).mean())


@pytest.mark.parametrize("level", LEVELS)
def test_a_count_is_negative_binomial(level):
    x, known = one(Family.COUNT, np.log(7.0), 0.5), stats.nbinom(4.0, 4.0 / 11.0)
    assert x.quantile(level)[0] == known.ppf(level)
    assert x.at_least(8.0)[0] == pytest.approx(known.sf(7))
    assert x.mean[0] == pytest.approx(known.mean())


@pytest.mark.parametrize("level", LEVELS)
def test_a_plain_number_is_a_scaled_t(level):
    x = one(Family.PLAIN, 20.0, 2.0, 5.0, unit=3.0)
    assert x.quantile(level)[0] == pytest.approx(stats.t(5.0, loc=60.0, scale=6.0).ppf(level))


def test_growth_is_an_amount_less_one():
    amount, growth = (one(family, 0.1, 0.2) for family in (Family.AMOUNT, Family.GROWTH))
    assert growth.quantile(0.3)[0] == pytest.approx(amount.quantile(0.3)[0] - 1)
    assert growth.chance(np.array([0.05]), lower=False)[0] == pytest.approx(amount.chance(np.array([1.05]), lower=False)[0])


def test_what_cannot_be_negative_has_its_chance_at_zero():
    x = one(Family.AMOUNT, 1.0, 2.0, shift=1.0)
    assert x.quantile(0.01)[0] == 0
    assert 0 < x.at_most(0.0)[0] < 0.5
    assert x.at_least(0.0)[0] == 1


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    family=st.sampled_from(list(Family)), location=st.floats(-1.5, 4), spread=st.floats(0.02, 1.2),
    shift=st.sampled_from([0.0, 1.0]), target=st.floats(-0.9, 60), lower=st.booleans(),
)  # fmt: skip
def test_chances_agree_with_quantiles(family, location, spread, shift, target, lower):
    """The clauses of the contract's check of targets, without its slack."""
    x = one(family, location, spread, shift=shift)
    chance = float(x.chance(np.array([target]), lower=lower)[0])
    assert 0 <= chance <= 1
    before = -np.inf
    for level in LEVELS:
        q = float(x.quantile(level)[0])
        assert q >= before
        before = q
        near = 1e-9 * max(1.0, abs(q))
        if lower and target >= q + near:
            assert chance >= level - 1e-9
        elif lower and target < q - near:
            assert chance <= level + 1e-9
        elif not lower and target <= q - near:
            assert chance >= 1 - level - 1e-9
        elif not lower and target > q + near:
            assert chance <= 1 - level + 1e-9
