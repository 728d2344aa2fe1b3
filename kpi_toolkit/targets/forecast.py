"""The coming quarter of every person for one KPI: shared course, own level, noise, and what is not known of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kpi_toolkit.series import FloatArray
from kpi_toolkit.targets.course import Course, course
from kpi_toolkit.targets.distribution import NORMAL, Distribution, Family
from kpi_toolkit.targets.levels import USUAL_BETWEEN, USUAL_NOISE, Levels, levels, two_way
from kpi_toolkit.targets.panel import LATEST, Panel
from kpi_toolkit.targets.working import Working, working

LEAST_PEERS = 5  # people with history that make a group of their own; a smaller one is read together with everybody
ROUNDS = 4  # of the response of what moves with what is expected: the fourth changes nothing that shows
ROUNDED_SHIFT = 4.0  # such a count is nearly normal around its mean
UNDERDISPERSED = 0.8  # below this part of the Poisson variance a count is a rounded amount
STEADY = 0.08  # relative noise of a quarter at least, for the weights
FEW = 8.0  # degrees of freedom of what one series tells of its noise


@dataclass(frozen=True)
class Forecast:
    """The predictive distributions of a KPI in the target quarter at full presence; money in the reporting currency.

    `(n,)` in the order of `entities`: `quarters` of own history, `group` (numbers of `courses`), `peers` (people whose history
    serves). `shared` is the variance that all of a group have in common, `own` the rest without the Poisson part of counts.
    `floor` as in Distribution.
    """

    entities: tuple[str, ...]
    distribution: Distribution
    quarters: NDArray[np.int64]
    group: NDArray[np.int64]
    peers: NDArray[np.int64]
    courses: tuple[Course, ...]
    shared: FloatArray
    own: FloatArray

    @property
    def known(self) -> bool:
        """Whether anybody has history."""
        return bool(np.isfinite(self.distribution.location).any())

    @property
    def own_variance(self) -> FloatArray:
        """Variance of a person's result around what the group shares, in squared units; `(n,)`."""
        poisson = self.distribution.mean if self.distribution.family == Family.COUNT else 0.0
        return self.distribution.slope**2 * self.own + poisson


@dataclass(frozen=True)
class _Block:
    """People who are read together: arrays of the panel's rows."""

    course: Course
    location: FloatArray
    shared: FloatArray
    own: FloatArray
    freedom: FloatArray
    excess: float


def forecast(past: Panel) -> Forecast:
    """Foretell the last period of a panel from those before. Nobody with history: every location is NaN."""
    n = len(past.entities)
    quarters = np.isfinite(past.value).sum(axis=1)
    nothing = np.full(n, np.nan)
    scale = working(past.family, past.value)
    floor = not bool((past.value < 0).any())
    unit = np.full(n, scale.unit)
    empty = Distribution(past.family, nothing, nothing, nothing, scale.shift, unit, floor)
    zero = np.zeros(n, dtype=np.int64)
    if not quarters.any():
        return Forecast(past.entities, empty, quarters, zero, zero, (), nothing, nothing)
    location, shared, own, freedom = (nothing.copy() for _ in range(4))
    group, peers = zero.copy(), zero.copy()
    courses: list[Course] = []
    excesses: list[float] = []
    for asked, read in _groups(past.peers, quarters > 0):
        block = _block(past, scale, read)
        inside = np.isin(read, asked)
        location[asked], freedom[asked] = block.location[inside], block.freedom[inside]
        shared[asked], own[asked] = block.shared[inside], block.own[inside]
        group[asked] = len(courses)
        peers[asked] = int((quarters[read] > 0).sum())
        courses.append(block.course)
        excesses.append(block.excess)
    family = past.family
    if family == Family.COUNT and float(np.mean(excesses)) < UNDERDISPERSED:
        family = Family.ROUNDED  # its own noise holds all of its variance
        own = own + float(np.mean(excesses)) / np.exp(location)
    elif family == Family.COUNT:
        freedom = np.full(n, NORMAL)
    spread = np.sqrt(shared + own)
    shift = ROUNDED_SHIFT if family == Family.ROUNDED else scale.shift
    made = Distribution(family, location, spread, freedom, shift, unit, floor)
    return Forecast(past.entities, made, quarters, group, peers, tuple(courses), shared, own)


def _groups(peers: NDArray[np.int64], seen: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(people asked about, people whose history is read for them): each large group by itself, the rest from everybody."""
    found, small = [], []
    for one in np.unique(peers):
        rows = np.flatnonzero(peers == one)
        if seen[rows].sum() >= LEAST_PEERS:
            found.append((rows, rows))
        else:
            small.append(rows)
    if small:
        found.append((np.sort(np.concatenate(small)), np.arange(peers.size)))
    return found


def _block(past: Panel, scale: Working, rows: NDArray[np.int64]) -> _Block:
    """Read some people together: responses, shared course, levels; in rounds where the response moves with what is expected."""
    value, exposure = past.value[rows], past.exposure[rows]
    if scale.family == Family.COUNT:
        first = scale.start(value / np.where(exposure > 0, exposure, np.nan), exposure)
    elif scale.family == Family.SHARE:
        first = scale.start(value, np.where(np.isfinite(exposure), exposure, 1.0))
    else:
        first = scale.start(value, np.ones(value.shape))
    expected = np.repeat(first[:, None], value.shape[1], axis=1)
    for _ in range(ROUNDS if scale.moves else 1):
        response, sampling = scale.response(value, exposure, expected)
        known = np.isfinite(response)
        sampling = np.where(known, sampling, 0.0)
        noise = _first_noise(response, sampling)
        weight = np.where(known, 1.0 / (noise + sampling), 0.0)
        person, period = two_way(response, weight)
        shown = np.where(np.isfinite(period), period, 0.0)
        left = response - shown
        share = weight / np.maximum(weight.sum(axis=0), 1e-300)
        alone = int((weight.sum(axis=1) > 0).sum()) == 1
        found = _single(left) if alone else levels(left, sampling, share, own_noise=_own(scale))
        # what is expected of a past quarter: its shared part and the person's level, drawn to the peers'
        kept = found.between / (found.between + (found.noise + sampling.mean(axis=1)) / np.maximum(known.sum(axis=1), 1))
        middle = found.peers + kept * (np.where(np.isfinite(person), person, found.peers) - found.peers)
        expected = shown + middle[:, None]
    precision = np.where(known, 1.0 / np.maximum(found.noise[:, None] + found.excess * sampling, 1e-12), 0.0).sum(axis=0)
    chance = np.where(precision > 0, 1.0 / np.maximum(precision, 1e-300), 0.0)
    way = course(period, chance, past.season)
    own = found.variance + found.noise
    if scale.family == Family.SHARE:
        own = own + found.excess * _coming_sampling(way.mean + found.mean, exposure)
    shared = np.full(rows.size, way.variance)
    return _Block(way, way.mean + found.mean, shared, own, found.freedom, found.excess)


def _own(scale: Working) -> bool:
    """Whether people's noises are told apart: not where chance (Poisson, binomial) is much of it."""
    return scale.family not in (Family.COUNT, Family.SHARE)


def _first_noise(response: FloatArray, sampling: FloatArray) -> float:
    """A rough variance of a quarter beyond sampling, for weights: from neighbouring quarters, with season and shocks."""
    steps = np.diff(response, axis=1)
    squares = steps[np.isfinite(steps)] ** 2 / 2
    rough = float(np.median(squares)) / 0.4549 if squares.size else 0.0  # the median of a chi-square of 1 degree
    known = np.isfinite(response)
    typical = float(sampling[known].mean()) if known.any() else 0.0
    return max(rough - typical, 0.1 * typical, STEADY**2)


def _single(left: FloatArray) -> Levels:
    """One series alone: level and noise stand in the course; a colleague without history may differ as people do."""
    seen = np.isfinite(left).any(axis=1)
    n = left.shape[0]
    return Levels(
        np.zeros(n), np.where(seen, 0.0, USUAL_BETWEEN**2), np.where(seen, 0.0, USUAL_NOISE**2), np.full(n, FEW), 0.0, 0.25, 1.0
    )


def _coming_sampling(location: FloatArray, looks: FloatArray) -> FloatArray:
    """Binomial variance of the coming quarter's log-odds; 0 where a share is not one of counted things."""
    latest = np.array(
        [row[np.isfinite(row) & (row > 0)][-LATEST:].mean() if (np.isfinite(row) & (row > 0)).any() else np.nan for row in looks]
    )
    if not np.isfinite(latest).any():
        return np.zeros(location.size)
    latest = np.where(np.isfinite(latest), latest, np.nanmedian(latest))
    p = 1.0 / (1.0 + np.exp(-location))
    return 1.0 / np.maximum(latest * p * (1 - p), 1e-9)


def in_currency(distribution: Distribution, worth: FloatArray) -> Distribution:
    """The same distributions in people's own currencies: `worth` `(n,)` is what a unit is worth in the reporting currency."""
    if distribution.family == Family.AMOUNT:
        return replace(distribution, location=distribution.location - np.log(worth))
    return replace(distribution, unit=distribution.unit / worth) if distribution.family == Family.PLAIN else distribution
