"""How sure a result is: `p_met`, the chance that a usual quarter of this person reaches the target.

The method, a simple empirical Bayes (contract, section 4, *Certainty*). What peers share is taken out: season and trend stay
with the quarter, its common shock does not. Peers of the same country and role give the prior, the person's own quarters the
evidence, older ones counting less by a drift that is estimated from the whole role. Then p_met = P(median of the person's
quarter ≥ prorated target), ≤ where lower is better.

Its limits, with what simulations of known levels showed (24 people, 13 quarters). Of the sure verdicts 1 to 5 in 100 are wrong
on steady people. The drift is one for all of a role and steady: a jump is met by widening, and of people who changed by 30 %
within the quarter 5 to 14 in 100 are called sure and wrong. With fewer than two years before the quarter a season cannot be
told from a common shock, and 10 % is granted for the mistake; 5 to 8 in 100 sure verdicts are then wrong. Sums are taken for
lognormal: 10 in 100 with eight very uneven orders a quarter, 13 with four. Peers who all fall for good look like a shock until
the trend has seen it. Money is judged at the agreed rates. The KPIs of one person are judged one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kpi_toolkit.evaluate import levels
from kpi_toolkit.evaluate.course import Course, course
from kpi_toolkit.evaluate.panel import LEAST_PART, Family, Panel

FloatArray = NDArray[np.float64]

MIN_PEERS = 5  # people from which a group has a course and shocks of its own; below it the whole company's serves
MIN_POOL = 8  # people from which a role has a drift of its own
SHOCK_UNKNOWN = 0.10  # part of a level granted to season and shock where history is too short to tell them apart
NOISE_UNKNOWN = 0.50  # part of a level by which quarters differ, where nobody has two of them
MIN_PRIOR = 3  # people from which a country and role has a prior of its own; below it everyone's serves
LEAST_SPREAD = 0.05  # part of a level by which peers differ at least
OWN_WAY = 1.0  # standard deviation of the prior, in parts of a level, where there is no peer at all
LEAST_RUN, LEAST_SKEW = 4, 60  # quarters of a person, and of all together, from which skewness is estimated
LOW, HIGH = 0.10, 0.90  # the interval that is shown
RANKS = np.arange(1, 100) / 100.0  # at which a level's distribution is kept


@dataclass(frozen=True)
class Chance:
    """Per entity: `met` `(entities,)`, and the level of a usual quarter, shortened as this one was, at `RANKS` `(entities, 99)`.

    Levels are in the KPI's unit (money in the reporting currency at the agreed rates). NaN where there is no evidence at all.
    """

    met: FloatArray
    level: FloatArray


def chances(panel: Panel, target: FloatArray, *, higher: bool) -> Chance:
    """The chance that a usual quarter reaches the prorated target; `target` `(entities,)`, NaN where there is none."""
    z, weights = _adding(panel)
    usual, taken, doubt, usual_doubt, start, start_variance = _shared(panel, z, weights)
    told = bool((np.isfinite(z).sum(axis=1) > 1).any())
    if (
        not told
    ):  # one quarter a person: no noise is likelier than another, and how people differ in it is no prior of their levels
        start_variance = np.maximum(start_variance, (OWN_WAY * _unit(panel, z)) ** 2)
    if panel.family == Family.COUNTS:
        level = levels.count_levels(panel.value, panel.exposure * np.exp(taken), doubt, start, start_variance)
    elif panel.family == Family.SHARES:
        level = levels.share_levels(panel.value, panel.looks, taken, doubt, start, start_variance)
    else:
        noise, uneven = _noise(panel, z - taken, _unit(panel, z))
        level = levels.normal_levels(z, noise, uneven, taken, doubt, start, start_variance)
    likelihood = level.likelihood if told else np.zeros_like(level.likelihood)
    weight = levels.grid_weights(likelihood, panel.pool, MIN_POOL)
    mean, variance = level.mean + usual[:, -1] + _median_over_mean(panel, z - taken), level.variance + usual_doubt
    with np.errstate(invalid="ignore", divide="ignore"):
        met = (weight * _reached(panel, mean, variance, level.noise, target, higher=higher)).sum(axis=0)
        middle = (weight * mean).sum(axis=0)
        spread = np.sqrt(np.maximum((weight * (variance + mean**2)).sum(axis=0) - middle**2, 0.0))
        known = np.isfinite(panel.value[:, -1]) & np.isfinite(target) & (panel.factor > 0)
        ranks = _back(panel, middle[:, None] + _normal_quantiles() * spread[:, None])
    return Chance(np.where(known, np.clip(met, 0.0, 1.0), np.nan), np.where(known[:, None], ranks, np.nan))


def _adding(panel: Panel) -> tuple[FloatArray, FloatArray]:
    """The values on the scale on which season, shock and level add, and weights that do not depend on the single value."""
    y, known = panel.value, np.isfinite(panel.value)
    with np.errstate(invalid="ignore", divide="ignore"):
        if panel.family == Family.COUNTS:
            rate = np.nansum(y, axis=1) / np.maximum(np.nansum(np.where(known, panel.exposure, 0.0), axis=1), 1e-9)
            return np.log((y + 0.5) / panel.exposure), np.where(known, rate[:, None] * panel.exposure + 0.5, 0.0)
        if panel.family == Family.SHARES:
            n = np.where(known & (panel.looks > 0), panel.looks, np.nan)
            p = (np.nansum(np.where(np.isfinite(n), y, 0.0), axis=1) + 0.5) / (np.nansum(n, axis=1) + 1)
            z = np.log((y + 0.5) / (n - y + 0.5))
            return z, np.where(np.isfinite(z), n * (p * (1 - p))[:, None] + 0.25, 0.0)
        z = y
        if panel.family == Family.LOGS:
            usual = np.array([np.median(row[row > 0]) if (row > 0).any() else 1.0 for row in np.nan_to_num(y)])
            z = np.log(np.maximum(y, LEAST_PART * usual[:, None]))
        return z, np.where(known, 1.0, 0.0)


def _shared(panel: Panel, z: FloatArray, weights: FloatArray) -> tuple[FloatArray, ...]:
    """What peers share, and what they say of a person.

    Season and trend, what observations are freed of, its doubt (all `(entities, periods)`), the doubt of season and trend in the
    last period, and mean and variance of the prior of each level (`(entities,)`).
    """
    n, periods = z.shape
    unit, seen = _unit(panel, z), np.asarray((weights > 0).any(axis=1), dtype=bool)
    everyone = _course(panel, z, weights, np.ones(n, dtype=bool), unit)
    usual, taken, doubt = (np.empty((n, periods)) for _ in range(3))
    usual_doubt, levels_here, doubts_here = (np.empty(n) for _ in range(3))
    for peer in np.unique(panel.peers):
        mine = panel.peers == peer
        own = int((mine & (weights[:, -1] > 0)).sum()) >= MIN_PEERS
        shared = _course(panel, z, weights, mine, unit) if own else everyone
        usual[mine], taken[mine], doubt[mine], usual_doubt[mine] = shared.usual, shared.taken, shared.doubt, shared.usual_doubt
        levels_here[mine] = shared.levels if own else shared.levels[mine]
        doubts_here[mine] = shared.level_doubt if own else shared.level_doubt[mine]
    many = np.bincount(panel.peers, weights=seen)[panel.peers] >= MIN_PRIOR
    together = np.zeros(n, dtype=np.int64)
    start, start_variance = _prior(everyone.levels, everyone.level_doubt, together, seen, unit)
    near, near_variance = _prior(levels_here, doubts_here, panel.peers, np.logical_and(seen, many), unit)
    return usual, taken, doubt, usual_doubt, np.where(many, near, start), np.where(many, near_variance, start_variance)


def _course(panel: Panel, z: FloatArray, weights: FloatArray, mine: NDArray[np.bool_], unit: float) -> Course:
    few = int((mine & (weights[:, -1] > 0)).sum()) < MIN_PEERS
    return course(z[mine], weights[mine], panel.season, (SHOCK_UNKNOWN * unit) ** 2, few=few)


def _prior(
    level: FloatArray, doubt: FloatArray, group: NDArray[np.int64], known: NDArray[np.bool_], unit: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the levels of a person's group without the person themself; shapes `(entities,)`.

    The spread within groups is pooled over all of them, by the method of moments: what the doubt of each level does not explain.
    """
    size, total = (np.bincount(group, weights=np.where(known, part, 0.0))[group] for part in (np.ones(level.size), level))
    inside = np.where(known, level - total / np.maximum(size, 1), 0.0)
    freedom = max(int(known.sum()) - np.unique(group[known]).size, 1)
    spread = float((inside**2).sum()) / freedom * (1 + 2 / freedom)  # a spread of few people may well be larger than it looks
    spread -= float(doubt[known].mean()) if known.any() else 0.0
    others = size - known
    mean = (total - np.where(known, level, 0.0)) / np.maximum(others, 1)
    variance = max(spread, (LEAST_SPREAD * unit) ** 2) * (1 + 1 / np.maximum(others, 1))
    alone = others < MIN_PRIOR - 1
    own = np.where(np.isfinite(level), level, 0.0)
    return np.where(alone, own, mean), np.where(alone, (OWN_WAY * unit) ** 2, variance)


def _reached(
    panel: Panel, mean: FloatArray, variance: FloatArray, noise: FloatArray, target: FloatArray, *, higher: bool
) -> FloatArray:
    """P(median of a quarter at this level reaches the target) at each point of the grid, shape `(grid, entities)`."""
    from scipy.special import betainc, betaincinv, gammainc, ndtr

    if panel.family == Family.COUNTS:
        shape = (1 + np.sqrt(1 + 2 * variance)) / (2 * variance)
        rate = shape / (np.exp(mean) * panel.factor)
        needed = target if higher else np.floor(target + levels.LEAST) + 1
        below = _array(gammainc(shape, rate * levels.median_line(np.broadcast_to(needed, mean.shape), noise)))
        return 1 - below if higher else below
    if panel.family == Family.SHARES:
        line = target / panel.factor
        p = 1 / (1 + np.exp(-mean))
        a, b = 1 / (variance * (1 - p)), 1 / (variance * p)
        n = np.array([max(1.0, round(float(np.median(row[row > 0])))) if (row > 0).any() else 1.0 for row in panel.looks])
        k = np.ceil(n * line - levels.LEAST) if higher else np.floor(n * line + levels.LEAST) + 1
        inside = np.clip(k, 1, n)
        edge = np.where(k > n, 1.0, np.where(k < 1, 0.0, betaincinv(inside, n - inside + 1, 0.5)))
        below = _array(betainc(a, b, edge))
        return 1 - below if higher else below
    line = _line(panel, target)
    above = _array(ndtr((mean - line) / np.sqrt(variance)))
    return above if higher else 1 - above


def _line(panel: Panel, target: FloatArray) -> FloatArray:
    """Where on the adding scale the target of a whole quarter lies, `(entities,)`; growth is what its quarter must reach."""
    if panel.family == Family.PLAIN:
        return target / panel.factor
    needed = np.where(np.isfinite(panel.before), (1 + target) * panel.before, target) / panel.factor
    return np.where(needed > 0, np.log(np.maximum(needed, 1e-300)), np.where(np.isfinite(needed), -np.inf, np.nan))


def _back(panel: Panel, z: FloatArray) -> FloatArray:
    """Levels in the KPI's unit, shortened as the quarter was, from the adding scale; shape `(entities, ranks)`."""
    factor = panel.factor[:, None]
    if panel.family == Family.SHARES:
        return np.asarray(factor / (1 + np.exp(-z)))
    if panel.family == Family.PLAIN:
        return z * factor
    level = np.exp(z) * factor
    before = panel.before[:, None]
    return np.where(np.isfinite(before), level / before - 1, level)


def _noise(panel: Panel, z: FloatArray, unit: float) -> tuple[float, FloatArray]:
    """The variance around which the grid is laid, and how much noisier an entity is for its events `(entities, periods)`.

    Half the mean squared difference of neighbouring quarters: the noise, and half a step of the drift. Where nobody has two
    quarters the data know neither, and `NOISE_UNKNOWN` stands for everyone alike.
    """
    squares = np.diff(z, axis=1) ** 2
    known = squares[np.isfinite(squares)]
    if known.size < 2:
        return (NOISE_UNKNOWN * unit) ** 2, np.ones_like(z)
    return max(0.5 * float(np.minimum(known, 25 * np.median(known) + 1e-12).mean()), 1e-10), _per_event(panel)


def _median_over_mean(panel: Panel, z: FloatArray) -> float:
    """How far the median of a quarter lies from its mean on the adding scale.

    −third moment ÷ (6 · variance), pooled over all.

    Cornish & Fisher 1938. A sum of few orders is skewed even in its logarithm. Counts and shares know the skewness of their own
    models.
    """
    if panel.family in (Family.COUNTS, Family.SHARES):
        return 0.0
    known = np.isfinite(z)
    many = known.sum(axis=1) >= LEAST_RUN
    if not many.any():
        return 0.0
    z, known = z[many], known[many]
    left = z - (np.where(known, z, 0.0).sum(axis=1) / known.sum(axis=1))[:, None]
    left = left[known]
    deviation = float(left.std())
    if left.size < LEAST_SKEW or not deviation > 0:
        return 0.0
    left = np.clip(left, -3 * deviation, 3 * deviation)
    return -float(((left - left.mean()) ** 3).mean()) / (6 * float(left.var()))


def _per_event(panel: Panel) -> FloatArray:
    """How much noisier an entity's values are for the events behind them, mean 1.

    Shape `(entities, periods)`, constant over periods.
    """
    with np.errstate(invalid="ignore"):
        events = np.array([np.mean(row[np.isfinite(row)]) if np.isfinite(row).any() else 0.0 for row in panel.events])
    if not (events > 0).any():
        return np.ones_like(panel.value)
    ratio = 1 / np.clip(events, max(float(np.median(events)) / 25, 0.5), None)
    return np.repeat((ratio / ratio.mean())[:, None], panel.value.shape[1], axis=1)


def _unit(panel: Panel, z: FloatArray) -> float:
    """What one part of a level is on the adding scale: 1 on logarithms and log-odds, the usual size of a value else."""
    if panel.family != Family.PLAIN:
        return 1.0
    size = np.abs(z[np.isfinite(z)])
    return max(float(np.median(size)), 1e-6) if size.size else 1.0


def _normal_quantiles() -> FloatArray:
    from scipy.special import ndtri

    return _array(ndtri(RANKS))


def _array(values: ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
