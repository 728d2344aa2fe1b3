"""What speaks for and against each candidate: data, reliability, relevance, likeness to the others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kpi_toolkit.diagnose import Diagnosis, Finding, Panel, Past, code, likeness, recent, standing
from kpi_toolkit.kpis.declaration import KPI, Kind, Level, Shape, Unit
from kpi_toolkit.series import FloatArray
from kpi_toolkit.start import Start

if TYPE_CHECKING:
    from kpi_toolkit.engagement import Engagement
    from kpi_toolkit.kpis.measured import Measured

OUTCOMES = ("revenue", "collections", "units", "revenue_growth")  # what the rest serves: the first of them that can be had
LEAST_COMPLETENESS = 0.80  # share of person-quarters with data
LEAST_RELIABILITY = 0.10  # share of the spread between people that lasts; below, a rank is nearly a lottery
MOST_ALIKE = 0.5  # share of person-quarters with one and the same value, from which a KPI tells people apart no more
MOST_AT_ZERO = 0.1  # share of people whose usual value is 0 or below: no target can be divided by it
LEAST_EVENTS = 5.0  # expected count of a person and quarter below which there is no target (contract, section 4)
RELEVANCE, RELIABILITY, COMPLETENESS = 0.4, 0.4, 0.2  # parts of the score
KEPT_ON = 0.15  # added to the score of what the last renewal keeps: people should not meet a new set each quarter
UNKNOWN_RELIABILITY = 0.3  # stands where too few people or quarters tell


@dataclass(frozen=True)
class Candidate:
    """A KPI as a candidate; shares 0..1, NaN unknown. `gate` is the code of what keeps it out, empty where nothing does."""

    kpi: KPI
    gate: str
    included: bool
    kept_on: bool
    completeness: float
    reliability: float
    relevance: float
    warning: str = ""  # a gate that `kpis.include` overrides
    standing: FloatArray = field(default_factory=lambda: np.empty((0, 0)), repr=False)

    @property
    def id(self) -> str:
        return self.kpi.id

    @property
    def score(self) -> float:
        """How much a place in the set it deserves, 0 … 1.15."""
        reliability = UNKNOWN_RELIABILITY if math.isnan(self.reliability) else min(max(self.reliability, 0.0), 1.0)
        parts = RELEVANCE * self.relevance + RELIABILITY * reliability + COMPLETENESS * np.nan_to_num(self.completeness)
        return float(parts) + (KEPT_ON if self.kept_on else 0.0)


def candidates(history: Measured, diagnosis: Diagnosis, engagement: Engagement, start: Start | None) -> list[Candidate]:
    """Every KPI of the catalogue, in its order, with what the history says of it."""
    past = Past.of(history)
    stand = {kpi: standing(past, recent(past, kpi)) for kpi in past.available()}
    known = [kpi for kpi in OUTCOMES if kpi in stand and kpi not in engagement.kpis.exclude]
    outcome = stand[known[0]] if known else None
    rows = past.availability
    missing = dict(zip(rows["kpi"].astype(str), rows["missing"].fillna("").astype(str), strict=True))
    return [_assessed(past, kpi, diagnosis, engagement, start, stand, outcome, missing) for kpi in past.catalogue]


def _assessed(
    past: Past, kpi: str, diagnosis: Diagnosis, engagement: Engagement, start: Start | None,
    stand: Mapping[str, FloatArray], outcome: FloatArray | None, missing: Mapping[str, str],
) -> Candidate:  # fmt: skip
    entry = past.catalogue[kpi]
    included = kpi in engagement.kpis.include
    reliability, complete = (diagnosis.value(finding, kpi) for finding in (Finding.RELIABILITY, Finding.COMPLETENESS))
    if kpi not in stand:
        gate = code("not_available", missing.get(kpi, "").replace(", ", "+"))
        return Candidate(entry, gate, included, False, math.nan, math.nan, math.nan)
    gate = _gate(past, entry, engagement, start, reliability, complete)
    overridden = included and gate not in ("", "no_history")
    return Candidate(
        entry, "" if overridden else gate, included, start is not None and kpi in start.preferred, complete, reliability,
        _relevance(entry, engagement, stand[kpi], outcome), gate if overridden else "", stand[kpi],
    )  # fmt: skip


def _gate(past: Past, entry: KPI, engagement: Engagement, start: Start | None, reliability: float, complete: float) -> str:
    """The first thing that keeps a candidate out, as a code; empty where nothing does."""
    if entry.id in engagement.kpis.exclude:
        return "excluded"
    before = start.of(entry.id) if start else None
    if start is not None and before is not None and entry.id in start.out:
        return code("ended", before.recommendation, before.health)
    if entry.controlled_at != Level.PERSON:
        return code("not_controlled", entry.controlled_at)
    if math.isnan(complete):
        return "no_history"
    if complete < LEAST_COMPLETENESS:
        return code("incomplete", complete)
    untellable = _untellable(recent(past, entry.id), entry)
    if untellable:
        return untellable
    if reliability < LEAST_RELIABILITY and entry.id not in OUTCOMES[:1]:
        return code("unreliable", reliability)
    return ""


def _untellable(people: Panel, entry: KPI) -> str:
    """Why no fair target can be set on a KPI: too few events, nothing below zero to divide by, one value for nearly all."""
    usual = people.usual[np.isfinite(people.usual)]
    if entry.unit == Unit.COUNT and entry.shape in (Shape.COUNT, Shape.DISTINCT) and np.median(usual) < LEAST_EVENTS:
        return code("too_few_events", float(np.median(usual)))
    values = np.round(people.values[np.isfinite(people.values)], 12)
    commonest = np.unique(values, return_counts=True)[1].max() / values.size
    if commonest >= MOST_ALIKE:
        return code("no_spread", float(commonest))
    at_zero = float((usual <= 0).mean())
    return code("through_zero", at_zero) if at_zero > MOST_AT_ZERO and entry.default_rule in ("ratio", "linear") else ""


def _relevance(entry: KPI, engagement: Engagement, own: FloatArray, outcome: FloatArray | None) -> float:
    """Half for serving an objective, half for going with the outcome (leading KPIs: with that of the next quarter too); 0..1."""
    serves = float(entry.serves in engagement.objectives)
    if outcome is None:
        return serves
    together = [abs(likeness(own, outcome))]
    if entry.kind == Kind.LEADING and own.shape[1] > 1:
        together.append(abs(likeness(own[:, :-1], outcome[:, 1:])))
    found = [one for one in together if not math.isnan(one)]
    return 0.5 * serves + 0.5 * max(found, default=0.0)
