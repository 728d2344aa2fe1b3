"""What was reached: attainment by rule, payout and bands.

Plain functions of arrays; the rules are those of the contract, section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit.errors import KpiError
from kpi_toolkit.language import N_

FloatArray = NDArray[np.float64]

PAYOUT_AT_THRESHOLD, PAYOUT_AT_TARGET, PAYOUT_AT_STRETCH = 0.5, 1.0, 1.5
DECIMALS = 12  # an attainment is kept to so many, so that 0.99 of 0.90 is 1.1 and not a hair below a band


class Rule(StrEnum):
    """How an actual is held against a target."""

    RATIO = "ratio"
    LINEAR = "linear"
    INVERSE = "inverse"
    PROGRESS = "progress"
    GROWTH = "growth"
    SCALE = "scale"


class Band(StrEnum):
    """What was reached."""

    EXCEEDED = "exceeded"
    MET = "met"
    NEAR = "near"
    MISSED = "missed"


class Verdict(StrEnum):
    """What can be said of the level behind a result."""

    MET_SURE = "met_sure"
    MET_UNSURE = "met_unsure"
    MISSED_UNSURE = "missed_unsure"
    MISSED_SURE = "missed_sure"


SURE, EVEN, HARDLY = (
    0.90,
    0.50,
    0.10,
)  # chances: `met_sure` from the first, `met_unsure` from the second, `missed_sure` up to the last
FOR_LOWER = frozenset({Rule.LINEAR, Rule.INVERSE})  # rules that mean something only where lower is better
FOR_HIGHER = frozenset({Rule.RATIO, Rule.GROWTH})


class TargetError(KpiError):
    """A goal whose figures its rule cannot use."""

    code = "K401"
    message = N_("Goal {kpi} of {person}, {quarter}, in {source}: {problem}. Expected: {expected}.")


class Bands(Protocol):
    """Lower edges of the bands, as attainment (`policy.bands`)."""

    @property
    def exceeded(self) -> float: ...
    @property
    def met(self) -> float: ...
    @property
    def near(self) -> float: ...


def ratio(actual: FloatArray, target: FloatArray) -> FloatArray:
    """Attainment where higher is better: ``actual / target``.

    Shapes `(n,)`, no unit; missing where either is missing or the target is 0.
    """
    return _divided(actual, target)


def linear(actual: FloatArray, target: FloatArray) -> FloatArray:
    """Attainment where lower is better: ``2 − actual / target``. Shapes and gaps as in `ratio`."""
    return 2 - _divided(actual, target)


def inverse(actual: FloatArray, target: FloatArray, *, cap: float) -> FloatArray:
    """Attainment where lower is better: ``target / actual``, the cap where the actual is 0. Shapes and gaps as in `ratio`."""
    out = _divided(target, actual)
    return np.where((actual == 0) & np.isfinite(target), cap, out)


def progress(actual: FloatArray, target: FloatArray, baseline: FloatArray) -> FloatArray:
    """Share of the way from the baseline to the target: ``(baseline − actual) / (baseline − target)``.

    Shapes and gaps as in `ratio`.
    """
    return _divided(baseline - actual, baseline - target)


def growth(actual: FloatArray, target: FloatArray) -> FloatArray:
    """Attainment of a change that may be negative: ``(1 + actual) / (1 + target)``. Shapes and gaps as in `ratio`."""
    return _divided(1 + actual, 1 + target)


def scale(actual: FloatArray, target: FloatArray, step: FloatArray) -> FloatArray:
    """Attainment of a KPI that passes through zero: ``1 + (actual − target) / step``.

    `step` is in the KPI's unit. Gaps as in `ratio`.
    """
    return 1 + _divided(actual - target, step)


def attained(
    rules: NDArray[np.object_],
    actual: FloatArray,
    target: FloatArray,
    *,
    baseline: FloatArray,
    step: FloatArray,
    higher: NDArray[np.bool_],
    cap: float,
) -> FloatArray:
    """Attainment by each goal's own rule; shapes `(n,)`, to 12 decimals.

    `scale` of a KPI that is better when lower runs the other way.
    """
    by_rule: Mapping[Rule, Callable[[], FloatArray]] = {
        Rule.RATIO: lambda: ratio(actual, target),
        Rule.LINEAR: lambda: linear(actual, target),
        Rule.INVERSE: lambda: inverse(actual, target, cap=cap),
        Rule.PROGRESS: lambda: progress(actual, target, baseline),
        Rule.GROWTH: lambda: growth(actual, target),
        Rule.SCALE: lambda: scale(actual, target, np.where(higher, step, -step)),
    }
    out = np.full(actual.shape, np.nan)
    for rule, formula in by_rule.items():
        mine = rules == rule
        if mine.any():
            out = np.where(mine, formula(), out)
    return np.round(out, DECIMALS)


def paid(
    attainment: FloatArray,
    actual: FloatArray,
    target: FloatArray,
    threshold: FloatArray,
    stretch: FloatArray,
    *,
    higher: NDArray[np.bool_],
    cap: float,
) -> FloatArray:
    """Payout, as a share of the variable pay of each goal.

    Shapes `(n,)`, figures in the target's unit, missing where there is no attainment.

    By threshold and stretch where given: 0 below the threshold, linear from 50 % there to 100 % at the target to 150 % at the
    stretch, flat beyond. A side without its mark is paid by attainment, within 0 and the cap. Source: contract, section 4.
    """
    sign = np.where(higher, 1.0, -1.0)
    done, goal, low, high = sign * actual, sign * target, sign * threshold, sign * stretch
    plain = np.clip(attainment, 0.0, cap)
    reached = done >= goal
    share_below = np.clip(_divided(done - low, goal - low), 0.0, 1.0)
    share_above = np.clip(_divided(done - goal, high - goal), 0.0, 1.0)
    below = np.where(done >= low, PAYOUT_AT_THRESHOLD + (PAYOUT_AT_TARGET - PAYOUT_AT_THRESHOLD) * share_below, 0.0)
    above = PAYOUT_AT_TARGET + (PAYOUT_AT_STRETCH - PAYOUT_AT_TARGET) * share_above
    above = np.where(high == goal, PAYOUT_AT_STRETCH, above)
    out = np.where(reached, np.where(np.isnan(high), plain, above), np.where(np.isnan(low), plain, below))
    return np.where(np.isnan(attainment), np.nan, out)


def banded(attainment: FloatArray, bands: Bands) -> NDArray[np.object_]:
    """The band of each attainment, shape `(n,)`; None where there is none. An edge belongs to the better band."""
    out = np.full(attainment.shape, None, dtype=object)
    known = np.isfinite(attainment)
    out[known] = Band.MISSED.value
    for edge, band in ((bands.near, Band.NEAR), (bands.met, Band.MET), (bands.exceeded, Band.EXCEEDED)):
        out[known & (attainment >= edge)] = band.value
    return out


def verdicts(chance: FloatArray) -> NDArray[np.object_]:
    """The verdict of each chance of having met, shape `(n,)`, from the chance alone; None where there is none."""
    out = np.full(chance.shape, None, dtype=object)
    known = np.isfinite(chance)
    out[known] = Verdict.MISSED_SURE.value
    out[known & (chance > HARDLY)] = Verdict.MISSED_UNSURE.value
    out[known & (chance >= EVEN)] = Verdict.MET_UNSURE.value
    out[known & (chance >= SURE)] = Verdict.MET_SURE.value
    return out


def fault(
    rule: str, *, higher: bool, target: float, baseline: float, step: float, threshold: float, stretch: float
) -> tuple[str, str] | None:
    """What is wrong with the figures of one goal as it was signed, and what was expected; None where nothing is."""
    if rule not in set(Rule):
        return f"the rule {rule!r} is not known", ", ".join(Rule)
    if rule in (FOR_LOWER if higher else FOR_HIGHER):
        return f"the rule {rule} does not fit a KPI where {'higher' if higher else 'lower'} is better", "another rule, or none"
    if not np.isfinite(target):
        return "no target", "a number"
    if rule in (Rule.RATIO, Rule.LINEAR, Rule.INVERSE) and target <= 0:
        return f"the target {target:g} is 0 or less and the rule {rule} divides by it", "a target above 0"
    if rule == Rule.GROWTH and target <= -1:
        return f"a growth target of {target:g} is a loss of everything", "a target above -1 (that is, above -100 %)"
    sign = 1.0 if higher else -1.0
    if rule == Rule.PROGRESS and not sign * (target - baseline) > 0:
        shown = "is missing" if np.isnan(baseline) else f"{baseline:g} is not worse than the target {target:g}"
        return f"the baseline {shown}", "a baseline worse than the target"
    if rule == Rule.SCALE and not step > 0:
        return "the rule scale needs the scale of a KPI that declares one", "`scale:` above 0 under kpis.custom, or another rule"
    if np.isfinite(threshold) and sign * (target - threshold) < 0:
        return f"the threshold {threshold:g} is better than the target {target:g}", "a threshold worse than the target"
    if np.isfinite(stretch) and sign * (stretch - target) < 0:
        return f"the stretch {stretch:g} is worse than the target {target:g}", "a stretch better than the target"
    return None


def _divided(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """The quotient, missing where the divisor is 0 or missing."""
    out = np.full(np.broadcast(top, bottom).shape, np.nan)
    return np.asarray(np.divide(top, bottom, out=out, where=bottom != 0), dtype=np.float64)
