"""Attainment, payout and bands against figures written out by hand and published ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_toolkit.engagement import Bands
from kpi_toolkit.evaluate import attainment
from kpi_toolkit.evaluate.attainment import attained, banded, fault, paid, verdicts

NAN = float("nan")
numbers = st.floats(0.01, 1e6)


def one(rule: str, actual: float, target: float, *, baseline=NAN, step=NAN, higher=True, cap=1.5) -> float:
    return float(
        attained(
            np.array([rule], dtype=object), np.array([actual]), np.array([target]), baseline=np.array([baseline]),
            step=np.array([step]), higher=np.array([higher]), cap=cap,
        )[0]
    )  # fmt: skip


def test_each_rule_gives_what_the_contract_writes():
    assert one("ratio", 90, 120) == pytest.approx(0.75)
    assert one("linear", 48.9, 42.0, higher=False) == pytest.approx(2 - 48.9 / 42.0)
    assert one("inverse", 50, 40, higher=False) == pytest.approx(0.8)
    assert one("inverse", 0, 40, higher=False) == 1.5
    assert one("progress", 45, 40, baseline=50, higher=False) == pytest.approx(0.5)
    assert one("growth", -0.05, 0.10) == pytest.approx(0.95 / 1.10)
    assert one("growth", 0.05, 0.0) == pytest.approx(1.05)
    assert one("scale", -10, 15, step=50) == pytest.approx(0.5)
    assert one("scale", 15, -10, step=50, higher=False) == pytest.approx(0.5)


def test_spider_impact_scores_by_progress():
    """Green 700, red 500: 300 scores 0 % and 900 scores 10 of 10 (its documentation, values.md).

    Progress within 0 and the cap.
    """
    reached = [np.clip(one("progress", actual, 900, baseline=300), 0, 1.5) for actual in (300, 500, 700, 900)]
    assert reached == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_a_missing_actual_or_target_stays_missing_and_no_rule_divides_by_zero():
    for rule in attainment.Rule:
        assert np.isnan(one(str(rule), NAN, 10, baseline=20, step=5))
        assert np.isnan(one(str(rule), 10, NAN, baseline=20, step=5))
    assert np.isnan(one("ratio", 10, 0)) and np.isnan(one("progress", 10, 20, baseline=20))


def test_an_attainment_at_the_edge_of_a_band_belongs_to_it_whatever_floating_point_says():
    values = np.array(
        [one("ratio", 0.99, 0.90), one("ratio", 77, 70), one("ratio", 21.0, 30 * 0.7), one("ratio", 0.27, 0.30), NAN]
    )
    assert list(banded(values, Bands())) == ["exceeded", "exceeded", "met", "near", None]
    assert list(banded(np.array([1.0999, 0.9999, 0.8999, -1.0]), Bands())) == ["met", "near", "missed", "missed"]


def test_a_verdict_follows_from_the_chance_alone():
    assert list(verdicts(np.array([0.9, 0.8999, 0.5, 0.4999, 0.1001, 0.1, 0.0, 1.0, NAN]))) == [
        "met_sure", "met_unsure", "met_unsure", "missed_unsure", "missed_unsure", "missed_sure", "missed_sure", "met_sure", None,
    ]  # fmt: skip


def payout(actual: float, target: float, threshold=NAN, stretch=NAN, *, higher=True, cap=1.5) -> float:
    reached = one("ratio" if higher else "linear", actual, target, higher=higher, cap=cap)
    array = [np.array([value]) for value in (reached, actual, target, threshold, stretch)]
    return float(paid(*array, higher=np.array([higher]), cap=cap)[0])


@pytest.mark.parametrize(
    ("actual", "expected"), [(79.9, 0.0), (80, 0.5), (90, 0.75), (100, 1.0), (105, 1.25), (110, 1.5), (200, 1.5), (-5, 0.0)]
)
def test_payout_runs_from_half_at_the_threshold_to_one_and_a_half_at_the_stretch(actual, expected):
    assert payout(actual, 100, 80, 110) == pytest.approx(expected)


def test_payout_by_sap_interpolation():
    """620 → 50 %, 1,997 → 100 %, 1,313 → 75.16 % (values.md)."""
    assert payout(1313, 1997, 620) == pytest.approx(0.7516, abs=5e-5)


def test_payout_where_lower_is_better_runs_the_other_way():
    assert [payout(x, 40, 50, 30, higher=False) for x in (51, 50, 45, 40, 35, 30, 10)] == pytest.approx(
        [0, 0.5, 0.75, 1, 1.25, 1.5, 1.5]
    )


def test_payout_without_marks_is_attainment_within_zero_and_the_cap():
    assert [payout(x, 100) for x in (-20, 0, 93, 120, 400)] == pytest.approx([0, 0, 0.93, 1.2, 1.5])
    assert payout(90, 100, stretch=120) == pytest.approx(0.9) and payout(110, 100, stretch=120) == pytest.approx(1.25)


@given(numbers, numbers, st.floats(0.5, 0.99), st.floats(1.01, 2.0))
def test_payout_never_falls_when_the_result_rises(actual, target, low, high):
    more = [payout(actual * part, target, target * low, target * high) for part in (1.0, 1.01, 1.5)]
    assert more == sorted(more) and 0 <= more[0] <= 1.5


@given(numbers, numbers)
def test_reaching_the_target_is_one_by_every_rule(target, step):
    assert one("ratio", target, target) == one("linear", target, target, higher=False) == one("growth", target, target) == 1
    assert one("inverse", target, target, higher=False) == 1 and one("scale", target, target, step=step) == 1
    assert one("progress", target, target, baseline=2 * target, higher=False) == 1


def test_a_goal_that_its_rule_cannot_use_is_told_with_what_was_expected():
    def told(rule, target=10.0, *, higher=True, baseline=NAN, step=NAN, threshold=NAN, stretch=NAN):
        found = fault(rule, higher=higher, target=target, baseline=baseline, step=step, threshold=threshold, stretch=stretch)
        return found[0] if found else None

    assert told("ratio") is None and told("growth", -0.5) is None and told("scale", -3.0, step=5.0) is None
    assert "no target" in told("ratio", NAN)
    assert "0 or less" in told("ratio", 0.0) and "0 or less" in told("inverse", -1.0, higher=False)
    assert "loss of everything" in told("growth", -1.0)
    assert "baseline is missing" in told("progress", higher=False).replace("the baseline", "baseline")
    assert "not worse" in told("progress", higher=False, baseline=9.0) and told("progress", higher=False, baseline=11.0) is None
    assert "scale" in told("scale") and "not known" in told("best_effort")
    assert "does not fit" in told("ratio", higher=False) and "does not fit" in told("linear")
    assert "threshold" in told("ratio", threshold=11.0) and "stretch" in told("ratio", stretch=9.0)
    assert told("linear", higher=False, threshold=12.0, stretch=8.0) is None
