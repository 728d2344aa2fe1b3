"""Arithmetic of series against published figures, closed forms and simulations with known truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kpi_toolkit import series
from kpi_toolkit.series import Assurance, Rule, Variation

NIST = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
EFRON_MORRIS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45
REST_OF_SEASON = [
    0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269,
    0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.285, 0.316, 0.200,
]  # fmt: skip


# --- process limits ---


def test_process_limits_equal_nist_6_3_2_2():
    limits = series.process_limits(NIST)
    assert limits.centre == pytest.approx(50.81)
    assert limits.mean_range == pytest.approx(1.87778, abs=5e-6)
    assert (limits.lower, limits.upper) == pytest.approx((45.8151, 55.8049), abs=5e-5)
    assert limits.range_limit == pytest.approx(6.1347, abs=5e-5)
    assert limits.dropped == 0 and series.signals(NIST, limits) == []


def test_a_shock_is_screened_out_of_its_own_limits():
    values = [*NIST[:5], 90, *NIST[5:]]
    limits = series.process_limits(values)
    assert limits.centre == pytest.approx(54.3727, abs=5e-5)
    assert limits.upper == pytest.approx(58.8615, abs=5e-5)
    unscreened = limits.centre + 2.66 * float(series.moving_ranges(values).mean())
    assert unscreened == pytest.approx(79.51, abs=5e-3)
    assert series.Signal(Rule.OUTSIDE, 5, 5, 1) in series.signals(values, limits)
    assert values[5] > unscreened > limits.upper


def _limits(centre: float = 0.0, half: float = 3.0) -> series.Limits:
    return series.Limits(centre, centre - half, centre + half, half / 2.66, half * 1.23, 0)


def test_seven_on_one_side_are_a_run_and_a_point_on_the_centre_breaks_it():
    assert [(s.rule, s.first, s.last, s.side) for s in series.signals([0.5, 0.7] * 3 + [0.5], _limits())] == [(Rule.RUN, 0, 6, 1)]
    assert series.signals([0.5, 0.7, 0.5, 0.0, 0.5, 0.7, 0.5], _limits()) == []
    assert series.signals([0.5, 0.7, 0.5, math.nan, 0.5, 0.7, 0.5], _limits()) == []
    assert series.signals([0.5, 0.7] * 3, _limits()) == []


def test_six_steps_down_are_a_trend_and_an_equal_step_breaks_it():
    falling = [0.3, 0.2, 0.1, -0.1, -0.2, -0.3, -0.4]
    assert [(s.rule, s.first, s.last, s.side) for s in series.signals(falling, _limits())] == [(Rule.TREND, 0, 6, -1)]
    assert series.signals([0.3, 0.2, 0.1, 0.1, -0.2, -0.3, -0.4], _limits()) == []


def test_two_of_three_in_the_outer_third_signal_on_one_side_only():
    assert [(s.rule, s.first, s.last) for s in series.signals([2.5, 0.1, 2.1], _limits())] == [(Rule.OUTER_THIRD, 0, 2)]
    assert series.signals([2.5, 0.1, -2.1], _limits()) == []
    assert series.signals([2.5, 0.1, 0.1, 2.5], _limits()) == []
    assert series.signals([1.9, 0.1, 1.9], _limits()) == []


def test_a_constant_series_signals_nothing_whatever_its_rounding():
    values = [0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2, 0.3, 0.3, 0.3, 0.3, 0.3]
    assert series.signals(values, series.process_limits(values)) == []


def test_normal_noise_signals_as_rarely_as_the_rules_promise():
    """With known limits one point in 370 lies outside (1 in 740 each side)."""
    rng = np.random.default_rng(11)
    outside = sum(
        sum(one.rule is Rule.OUTSIDE for one in series.signals(row, _limits())) for row in rng.standard_normal((400, 50))
    )
    assert outside / 20_000 == pytest.approx(1 / 370, rel=0.35)


def test_variation_is_read_by_what_is_better():
    values = [0.0, 0.3, -0.3, 4.0]
    assert series.variation(values, _limits())[0] is Variation.IMPROVING
    assert series.variation(values, _limits(), higher_is_better=False)[0] is Variation.WORSENING
    assert series.variation(values[:3], _limits()) == (Variation.COMMON, None)


@pytest.mark.parametrize(
    ("target", "higher", "lower"), [(-4, "passes", "fails"), (0, "hit_or_miss", "hit_or_miss"), (4, "fails", "passes")]
)
def test_assurance_compares_all_the_limits_with_the_target(target, higher, lower):
    assert series.assurance(_limits(), target) is Assurance(higher)
    assert series.assurance(_limits(), target, higher_is_better=False) is Assurance(lower)
    assert series.assurance(_limits(), math.nan) is None


def test_too_short_a_series_has_no_limits_and_no_signals():
    for values in ([], [1.0], [1.0, math.nan, 2.0]):
        limits = series.process_limits(values)
        assert math.isnan(limits.upper) and series.signals(values, limits) == []


# --- season and trend ---


def test_centred_average_is_the_plain_two_by_four_average():
    values = np.arange(8.0) ** 2
    by_hand = (values[0] / 2 + values[1] + values[2] + values[3] + values[4] / 2) / 4
    averaged = series.centred_average(values, 4)
    assert averaged[2] == pytest.approx(by_hand)
    assert np.isnan(averaged[[0, 1, 6, 7]]).all() and np.isfinite(averaged[2:6]).all()


def test_a_season_without_noise_is_found_exactly_and_removed():
    truth = np.array([0.8, 1.3, 0.9, 1.0])
    people = np.array([10.0, 250.0, 40.0])[:, None] * truth[(2 + np.arange(16)) % 4]
    season = series.seasonal_indices(people, first=2)
    assert season.indices == pytest.approx(truth) and season.kept == pytest.approx(1.0)
    assert season.removed(people, first=2) == pytest.approx(np.repeat([[10.0], [250.0], [40.0]], 16, axis=1))


def test_one_windfall_moves_a_pooled_season_little():
    rng = np.random.default_rng(12)
    truth = np.array([0.8, 1.2, 0.9, 1.1])
    people = 100 * truth[np.arange(16) % 4] * rng.gamma(50, 1 / 50, (20, 16))
    clean = series.seasonal_indices(people)
    people[3, 9] *= 40
    assert series.seasonal_indices(people).indices == pytest.approx(clean.indices, abs=0.05)
    assert clean.indices == pytest.approx(truth, abs=0.05)


def test_noise_gives_nearly_no_season_and_a_real_one_is_kept():
    rng = np.random.default_rng(13)
    noise = [series.seasonal_indices(100 * rng.gamma(10, 1 / 10, (1, 12))).kept for _ in range(200)]
    planted = 100 * np.array([0.6, 1.4, 0.8, 1.2])[np.arange(12) % 4]
    real = [series.seasonal_indices(planted * rng.gamma(100, 1 / 100, (10, 12))).kept for _ in range(50)]
    assert np.mean(noise) < 0.55 and np.mean(real) > 0.95


def test_additive_seasons_serve_values_that_pass_through_zero():
    truth = np.array([-0.1, 0.2, 0.0, -0.1])
    season = series.seasonal_indices(0.02 + truth[np.arange(16) % 4], additive=True)
    assert season.indices == pytest.approx(truth)


def test_less_than_a_year_has_no_season():
    season = series.seasonal_indices(np.ones((3, 4)))
    assert (season.indices == 1).all() and season.cycles == 0 and season.kept == 0


def test_the_trend_of_a_line_is_its_slope_and_one_outlier_does_not_move_it():
    values = 5 + 2.0 * np.arange(12)
    assert series.trend(values).slope == pytest.approx(2)
    values[6] = 900
    assert series.trend(values).slope == pytest.approx(2)
    assert math.isnan(series.trend([1, 2, 3]).slope)


def test_the_interval_of_the_trend_covers_as_often_as_it_says():
    rng = np.random.default_rng(14)
    covered = 0
    for _ in range(400):
        found = series.trend(3 * np.arange(12) + 10 * rng.standard_normal(12), level=0.80)
        covered += found.low <= 3 <= found.high
    assert 0.77 <= covered / 400 <= 0.90


# --- shrinkage and lasting differences ---


def test_james_stein_equals_efron_and_morris_1975():
    mean = EFRON_MORRIS.mean()
    found = series.james_stein(EFRON_MORRIS, mean * (1 - mean) / 45)
    assert found.mean == pytest.approx(0.26543, abs=5e-6)
    assert found.kept[0] == pytest.approx(0.2117, abs=5e-5)
    assert (found.values[0], found.values[-1]) == pytest.approx((0.294, 0.242), abs=5e-4)
    assert ((EFRON_MORRIS - REST_OF_SEASON) ** 2).sum() == pytest.approx(0.0753, abs=5e-5)
    assert ((found.values - REST_OF_SEASON) ** 2).sum() == pytest.approx(0.0213, abs=5e-5)


def test_empirical_bayes_finds_the_variance_between_and_shrinks_the_vague_more():
    rng = np.random.default_rng(15)
    truth = rng.normal(10, 2, 400)
    variances = rng.choice([1.0, 9.0], 400)
    found = series.empirical_bayes(truth + rng.normal(0, np.sqrt(variances)), variances)
    assert found.between == pytest.approx(4, rel=0.2) and found.mean == pytest.approx(10, abs=0.4)
    assert found.kept[variances == 1].mean() == pytest.approx(0.8, abs=0.05)
    assert found.kept[variances == 9].mean() == pytest.approx(4 / 13, abs=0.06)


def test_empirical_bayes_gives_the_mean_where_a_value_is_missing():
    found = series.empirical_bayes([1.0, math.nan, 3.0, 8.0], [0.1, 0.1, 0.1, 0.1])
    assert found.values[1] == found.mean
    assert np.isnan(series.empirical_bayes([math.nan], [1.0]).mean)


def test_intraclass_correlations_equal_shrout_and_fleiss_1979():
    found = series.intraclass(SHROUT_FLEISS)
    assert (found.one, found.two, found.three) == pytest.approx((0.16574, 0.28976, 0.71484), abs=5e-6)
    assert (found.one_k, found.two_k, found.three_k) == pytest.approx((0.44280, 0.62005, 0.90932), abs=5e-6)
    assert (found.between, found.within) == pytest.approx((11.2417, 6.2639), abs=5e-5)
    assert found.low < found.one < found.high


def test_intraclass_with_gaps_finds_the_planted_share():
    rng = np.random.default_rng(16)
    table = rng.normal(0, 1, (600, 1)) + rng.normal(0, math.sqrt(3), (600, 8))
    table[rng.random(table.shape) < 0.3] = math.nan
    found = series.intraclass(table)
    assert found.one == pytest.approx(0.25, abs=0.04) and math.isnan(found.two)
    assert found.low < 0.25 < found.high


def test_the_interval_of_the_intraclass_correlation_covers_as_often_as_it_says():
    rng = np.random.default_rng(17)
    covered = 0
    for _ in range(300):
        found = series.intraclass(rng.normal(0, 1, (20, 1)) + rng.normal(0, 1, (20, 6)))
        covered += found.low <= 0.5 <= found.high
    assert 0.74 <= covered / 300 <= 0.86


# --- many looks, shares, losses, parts ---


def test_benjamini_hochberg_equals_its_1995_example():
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
    q = [
        0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.063857, 0.063857, 0.0645, 0.0765,
        0.486, 0.581182, 0.714875, 0.753231, 0.813214, 1,
    ]  # fmt: skip
    found = series.benjamini_hochberg(p)
    assert found == pytest.approx(q, abs=5e-7)
    assert (found <= 0.05).sum() == 4
    shuffled = np.random.default_rng(18).permutation(15)
    assert series.benjamini_hochberg(np.array(p)[shuffled]) == pytest.approx(np.array(q)[shuffled], abs=5e-7)


def test_a_missing_p_value_stays_missing_and_is_not_counted():
    found = series.benjamini_hochberg([0.01, math.nan, 0.02])
    assert found[[0, 2]] == pytest.approx([0.02, 0.02]) and math.isnan(found[1])


def test_jeffreys_covers_and_ends_at_the_ends():
    from scipy.stats import beta

    assert series.jeffreys(7, 20, 0.8) == pytest.approx((beta.ppf(0.1, 7.5, 13.5), beta.ppf(0.9, 7.5, 13.5)))
    assert series.jeffreys(0, 5)[0] == 0 and series.jeffreys(5, 5)[1] == 1 and series.jeffreys(0, 0) == (0, 1)


def test_pinball_loss_equals_the_published_values():
    assert series.pinball_loss([1, 2, 3], [0, 2, 3], 0.1) == pytest.approx(0.033333, abs=5e-7)
    assert series.pinball_loss([1, 2, 3], [0, 2, 3], 0.9) == pytest.approx(0.3)
    assert series.pinball_loss([1, math.nan], [0, 2], 0.9) == pytest.approx(0.9)


def test_pinball_loss_of_the_normal_distribution_at_its_own_quantiles():
    """A fine grid of the distribution stands for its draws. The published values are of 2 × the loss."""
    from scipy.stats import norm

    y = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    for level, published in ((0.1, 0.175498), (0.5, 0.398942), (0.9, 0.175498)):
        loss = series.pinball_loss(y, np.full(y.shape, norm.ppf(level)), level)
        assert loss == pytest.approx(published, abs=2e-5)


@settings(max_examples=60, deadline=None)
@given(
    arrays(float, 3, elements=st.floats(0.01, 1e6)),
    arrays(float, 3, elements=st.floats(0.01, 1e6)),
)
def test_the_parts_of_a_change_add_to_it(before, after):
    parts = series.parts_of_change(before, after)
    change = after.prod() - before.prod()
    assert parts.sum() == pytest.approx(change, rel=1e-7, abs=1e-9 * max(after.prod(), before.prod()))
    assert (np.sign(parts) == np.sign(np.log(after / before))).all()
